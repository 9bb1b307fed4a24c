// CLUSTER SLOT-STATS: what each slot of a cluster took, by itself and for next to nothing. It tells slots and no keys,
// so it stands beside whatever finds keys.

import { refusalOf } from '../../parse/parse-error.ts';
import type { SlotCounts } from '../../parse/parse-slot-stats.ts';
import type { ServerName } from '../../types.ts';
import {
	type Answer,
	type NodeFacts,
	notKnown,
	type RungOf,
	refusedBecause,
	type TooOld,
	tooOld,
} from './rung.ts';

type Facts = NodeFacts & {
	/** What it counts of each slot, beside its keys. */
	readonly slotStats?: Answer<SlotCounts>;
};

export type SlotStatsRung = RungOf<'slot-stats', Why, Shows, Cost, 'key-of-slot'>;

type Why = TooOld | { readonly kind: 'no-cluster' | 'bytes-only' | 'keys-only' };
/** Bytes of each slot, and its time where that is counted. */
type Shows = { readonly kind: 'slots'; readonly seconds: number; readonly hasTime: boolean };
type Cost = { readonly kind: 'slots'; readonly milliseconds: number; readonly everySeconds: number };

export const slotStats = {
	method: 'slot-stats',
	name: 'SLOT-STATS',
	/** A slot is no key. */
	tells: 'slots',
	rungOf,
} as const;

const turnSeconds = 5;

function rungOf(facts: Facts): SlotStatsRung {
	const rung: Omit<SlotStatsRung, 'state'> = {
		method: 'slot-stats',
		shows: { kind: 'slots', seconds: turnSeconds, hasTime: true },
		cost: { kind: 'slots', milliseconds: 1, everySeconds: turnSeconds },
		blindSpots: ['key-of-slot'],
	};
	const { slotStats: answer } = facts;
	if (!facts.isCluster) return { ...rung, state: 'unavailable', why: { kind: 'no-cluster' } };
	if (!answer) return { ...rung, ...notKnown };
	if ('error' in answer) {
		const isOld = refusalOf('cluster slot-stats', answer.error)?.why === 'unknown-command';
		return isOld
			? { ...rung, state: 'unavailable', why: tooOld(facts) }
			: { ...rung, ...refusedBecause('cluster slot-stats', answer.error) };
	}
	const { time, bytes, memory } = answer.got;
	if (time) return { ...rung, state: 'ready' };
	const enable = enableSlotStats(facts.server, memory);
	if (!bytes) return { ...rung, state: 'unavailable', enable, why: { kind: 'keys-only' } };
	return {
		...{ ...rung, state: 'ready', enable, why: { kind: 'bytes-only' } },
		shows: { ...rung.shows, hasTime: false },
	};
}

/**
 * What switches it on while the server runs. Redis has a word for each kind and refuses `yes` then, for that would count
 * memory too; where it counts memory since its start, the two words alone would end that for good.
 */
export function enableSlotStats(server: ServerName | undefined, hasMemory = false): string {
	const words = server === 'valkey' || hasMemory ? 'yes' : '"cpu net"';
	return `CONFIG SET cluster-slot-stats-enabled ${words}`;
}
