// OBJECT FREQ: the counters that a server keeps of its keys under an -lfu policy, read by a walk over all of them. A
// rank over minutes; what a counter means is core/keys/lfu.ts.

import { type Answer, type NodeFacts, type RungOf, refusedBecause } from './rung.ts';

type Facts = NodeFacts & {
	/** SCAN and OBJECT FREQ of one key. */
	readonly lfu?: Answer<true>;
	/** Keys a second of the walk; 0 = no ceiling. */
	readonly lfuPace: number;
};

export type LfuRung = RungOf<'lfu', Why, Shows, Cost, BlindSpot>;

type Why = { readonly kind: 'policy-unknown' } | { readonly kind: 'policy'; readonly policy: string };
/** Accesses of the last minutes. */
type Shows = { readonly kind: 'minutes' };
/** And a keyspace hit each; `corePart` undefined without a ceiling. */
type Cost = { readonly kind: 'walk'; readonly keysPerSecond: number; readonly corePart?: number };
type BlindSpot = 'no-rate' | 'absent-and-new' | 'reads-elsewhere';

export const lfu = { method: 'lfu', name: 'OBJECT FREQ', rungOf } as const;

/** Not worth a word. */
const shortWalkSeconds = 5;
/** Server time of SCAN and OBJECT FREQ per key, upper end of what was measured on 6.0 to 9.1. */
const lfuMicroseconds = 4;

function rungOf(facts: Facts): LfuRung {
	const { maxmemoryPolicy: policy, lfuPace, keys, lfu: answer } = facts;
	const walkSeconds = keys === undefined || lfuPace === 0 ? undefined : keys / lfuPace;
	const rung: Omit<LfuRung, 'state'> = {
		method: 'lfu',
		shows: { kind: 'minutes' },
		cost: {
			...{ kind: 'walk', keysPerSecond: lfuPace },
			...(lfuPace > 0 && { corePart: (lfuPace * lfuMicroseconds) / 1e6 }),
		},
		blindSpots: ['no-rate', 'absent-and-new'],
		...(walkSeconds !== undefined && walkSeconds >= shortWalkSeconds && { walkSeconds }),
	};
	if (policy === undefined) return { ...rung, state: 'unavailable', why: { kind: 'policy-unknown' } };
	if (!policy.endsWith('-lfu'))
		return { ...rung, state: 'unavailable', why: { kind: 'policy', policy }, enable: enableLfu(policy) };
	if (answer && 'error' in answer)
		return { ...rung, ...refusedBecause(answer.command ?? 'object freq', answer.error) };
	if (!facts.isReplica) return { ...rung, state: 'ready' };
	return { ...rung, state: 'ready', blindSpots: [...rung.blindSpots, 'reads-elsewhere'] };
}

/** Never for noeviction: there it would begin to evict. */
function enableLfu(policy: string): string | undefined {
	const kind = /^(allkeys|volatile)-/.exec(policy)?.[1];
	return kind && `CONFIG SET maxmemory-policy ${kind}-lfu`;
}
