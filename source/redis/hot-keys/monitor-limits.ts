// Where a MONITOR window ends by itself, on our side and on the server's. The limits are the contract's and can only be
// made smaller. The server's own end is for the case that we cannot end anything any more: so late that it does not cut
// a window short whose traffic goes on as it is, so early that a reader that stands still costs the server little.

import { monitorLimits } from '../../core/thresholds.ts';
import type { Usual } from './server-watch.ts';

/** Whichever is first. */
export type MonitorLimits = {
	readonly milliseconds: number;
	readonly commands: number;
	readonly bytes: number;
};

/** What a reader that stands still may cost the server: the promise is 64 MB, and traffic may grow. */
const mostUnreadBytes = 48 * 2 ** 20;
const leastMilliseconds = 150;
const slackMilliseconds = 250;
/** MONITOR writes a command out with its time, its client and quotes: so many bytes more than came in. */
const bytesMorePerCommand = 40;

export function limitsOf(asked: Partial<MonitorLimits> = {}): MonitorLimits {
	const least = (name: keyof MonitorLimits) =>
		Math.max(1, Math.min(monitorLimits[name], asked[name] ?? Number.POSITIVE_INFINITY));
	return { milliseconds: least('milliseconds'), commands: least('commands'), bytes: least('bytes') };
}

/**
 * How long the server shall write at most, by its own clock, milliseconds: as the traffic is, four times what the limits
 * need, and less where it would write more than a reader that stands still may cost.
 */
export function serverEndMilliseconds(limits: MonitorLimits, usual: Usual | undefined): number {
	const ops = usual?.opsPerSecond ?? 0;
	const bytesPerSecond = (usual?.inputBytesPerSecond ?? 0) + ops * bytesMorePerCommand;
	const needed = 1000 * Math.min(limits.commands / ops, limits.bytes / bytesPerSecond);
	const affordable = (1000 * mostUnreadBytes) / bytesPerSecond;
	const wanted = Math.min(limits.milliseconds, 4 * needed) + slackMilliseconds;
	return Math.ceil(Math.max(leastMilliseconds, Math.min(wanted, affordable)));
}
