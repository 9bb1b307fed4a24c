// Words of the node screen that both its overview and its parts use: what a percentile's bucket says, how long a call
// took, why there is no percentile.

import type { LatencyBound } from '../../../core/node/latency-histogram.ts';
import { versionOf } from '../../../core/parse/versions.ts';
import { count, duration } from '../../../core/text/quantity.ts';
import type { NodeFacts } from './facts.ts';

/** `2.1us`, `412us`, `4.1ms`: microseconds, finer than `duration` where a call takes only a few. */
export function microseconds(value: number): string {
	if (value >= 999.5) return duration(value / 1e6);
	return `${value < 9.95 ? Number(value.toFixed(1)) : Math.round(value)}us`;
}

/** Calls, commands or errors a second. */
export function perSecond(value: number): string {
	if (value > 0 && value < 0.05) return '<0.1';
	return value > 0 && value < 9.95 ? value.toFixed(1) : count(value);
}

/** Microseconds a call. */
export const callTime = (value: number): string => (value < 99.95 ? value.toFixed(1) : count(value));

/** One decimal under ten: the parts of used_memory are small beside the dataset. */
export const sharePercent = (share: number): string => `${(share * 100).toFixed(1)}%`;

/** `<=132us`: at most that; `>541ms` for the last bucket, which has no upper end. */
export function boundWords(bound: LatencyBound | undefined): string | undefined {
	if (!bound) return undefined;
	return bound.atMostMicroseconds === undefined
		? `>${microseconds(bound.overMicroseconds)}`
		: `<=${microseconds(bound.atMostMicroseconds)}`;
}

/** Of a node that is down nothing comes in a moment. */
export const isDown = ({ row }: NodeFacts) => row?.health === 'down';
export const notRead = 'not read: it is down';

/** Why what comes of the difference of two readings is not there. */
export const readingsMissing = (facts: NodeFacts) =>
	isDown(facts) ? notRead : 'two readings are needed: a moment';

/** Why there are no percentiles, where that is known. */
export function latencyFacts(facts: NodeFacts): { readonly without?: string } {
	const { track, info, latency } = facts;
	if (track?.config?.['latency-tracking'] === 'no') return { without: 'latency-tracking is off' };
	// Of other servers what they are compatible with says which calls they know.
	const version = (info?.server !== 'valkey' && info?.compatibleVersion) || info?.version;
	if (versionOf(version).major < 7) return { without: 'percentiles need 7.0 or later' };
	return latency ? {} : { without: readingsMissing(facts) };
}
