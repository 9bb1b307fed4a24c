// LATENCY LATEST → the kinds of events that took longer than latency-monitor-threshold, with the last and the longest of
// each. What the server itself knows of why it stood still: `fork`, `aof-fsync-always`, `command`, `expire-cycle`.

import { asCount, asText, isArray, type Reply } from '../reply.ts';
import { printable } from '../text/printable.ts';

export type LatencyEvent = {
	/** Printable. */
	readonly name: string;
	/** The last one, by the server's clock, ms since the epoch. */
	readonly at: number;
	readonly milliseconds: number;
	readonly longestMilliseconds: number;
};

const longestName = 40;

/** Undefined where it is no such list; a line that is not understood is left out. Newest first. */
export function parseLatencyLatest(reply: Reply): readonly LatencyEvent[] | undefined {
	if (!isArray(reply)) return undefined;
	return reply.flatMap(eventOf).sort((a, b) => b.at - a.at);
}

function eventOf(line: Reply): LatencyEvent[] {
	if (!isArray(line)) return [];
	const name = asText(line[0]);
	const [seconds, milliseconds, longest] = [asCount(line[1]), asCount(line[2]), asCount(line[3])];
	if (name === undefined || seconds === undefined || milliseconds === undefined) return [];
	return [
		{
			name: printable(name, longestName),
			at: seconds * 1000,
			milliseconds,
			longestMilliseconds: longest ?? milliseconds,
		},
	];
}
