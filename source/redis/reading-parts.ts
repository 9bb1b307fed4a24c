// What a Reading says of how it was come by: when it was answered, how long that took, which address was reached.

import { performance } from 'node:perf_hooks';
import type { Reading, Reply } from '../core/types.ts';
import { timeNow } from './clock.ts';
import { reachedBy } from './dial.ts';
import type { Opened } from './open-line.ts';
import type { Silence } from './silence.ts';

/** Calls that left in one write, and their replies; times as in a Reading, not rounded yet. */
export type Sent = {
	readonly replies: readonly [string, Reply][];
	readonly at: number;
	readonly clock: number;
	readonly pingMilliseconds?: number;
	readonly waitedMilliseconds?: number;
	readonly infoMilliseconds?: number;
};

/** No clock of ours is finer, and a recording holds every digit. */
export function toMicroseconds(milliseconds: number): number;
export function toMicroseconds(milliseconds: number | undefined): number | undefined;
export function toMicroseconds(milliseconds: number | undefined): number | undefined {
	return milliseconds === undefined ? undefined : Math.round(milliseconds * 1000) / 1000;
}

type Times = Pick<Reading, 'at' | 'clock' | 'pingMilliseconds' | 'waitedMilliseconds' | 'infoMilliseconds'>;

/** Of an error there is no round trip to tell. */
export function timesOf(sent: Sent, isGood: boolean): Times {
	return {
		at: sent.at,
		clock: toMicroseconds(sent.clock),
		pingMilliseconds: isGood ? toMicroseconds(sent.pingMilliseconds) : undefined,
		waitedMilliseconds: isGood ? toMicroseconds(sent.waitedMilliseconds) : undefined,
		...(sent.infoMilliseconds !== undefined && { infoMilliseconds: toMicroseconds(sent.infoMilliseconds) }),
	};
}

/** Of all calls since the reading before; it is taken from the silence. */
export function takeWaits(
	silence: Silence,
	isGood: boolean,
): Pick<Reading, 'longestWaitMilliseconds' | 'tripMilliseconds' | 'stalls'> {
	const { longestMilliseconds, stalls } = silence.take();
	const tripMilliseconds = silence.trip();
	const ago = (clock: number) => timeNow() - Math.round(performance.now() - clock);
	return {
		...(isGood &&
			longestMilliseconds !== undefined && {
				longestWaitMilliseconds: toMicroseconds(longestMilliseconds),
			}),
		...(isGood && tripMilliseconds !== undefined && { tripMilliseconds: toMicroseconds(tripMilliseconds) }),
		...(stalls.length > 0 && {
			stalls: stalls.map(({ endedAt, milliseconds }) => ({
				at: ago(endedAt),
				seconds: milliseconds / 1000,
			})),
		}),
	};
}

export function reachedOf(opened: Opened | undefined): Pick<Reading, 'reached'> {
	const { client, route } = opened ?? {};
	const stream = client?.stream;
	const reached = route && stream && 'remoteAddress' in stream ? reachedBy(route, stream) : undefined;
	return reached === undefined ? {} : { reached };
}
