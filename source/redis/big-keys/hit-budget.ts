// How many keyspace hits a scan may add to the servers' statistics, and who may spend them: one of a hundred keys at
// most, in a small key space a fixed number, for there one of a hundred would say nothing. First comes the list of the
// largest; a small share is for asking listed keys while the walk goes on, some of which will not stay on the list; the
// rest is the sample's, which has some whatever the list takes. Only a list of many hundreds can cost more than that:
// then it was asked for. Pure.

/** Of the keys. */
const hitShare = 0.01;
const leastHits = 6000;
/** The sample's own: with fewer, what is said of types and of keys without a TTL would rest on the largest keys alone. */
const leastForSample = 2000;
/**
 * Of all, for keys that are asked before it is known whether they stay. Given out by the root of how far the walk is:
 * the list changes most at the beginning, by as many keys from 1% to 2% as in the whole second half.
 */
const earlyShare = 0.15;
/** By items is looked for among so many times the listed, at least so many keys. */
const candidatesPerListed = 3;
const leastCandidates = 300;
/** About 4 ms of the server, and as many names in memory. */
const leastResized = 1000;

export type HitBudget = {
	/** Keys that are asked for type and items, so that those with the most items can be listed. */
	readonly candidates: () => number;
	readonly forSample: () => number;
	/** May so many be spent on keys that are listed now? Counted as spent where it says yes. */
	readonly spendEarly: (hits: number) => boolean;
};

/** The most that are ever asked for. */
export const mostCandidates = (top: number): number => Math.max(leastCandidates, top * candidatesPerListed);

/** Sized once more by more of their elements, without a hit, before it is known which are the largest. */
export const mostResized = (top: number): number => Math.max(leastResized, mostCandidates(top));

/** `keys`: of all nodes, as far as is known by now; `done`: how much of them was read, 0 to 1. */
export function createHitBudget(top: number, keys: () => number, done: () => number): HitBudget {
	let early = 0;
	const all = () => Math.max(leastHits, keys() * hitShare);
	// TTL and encoding of those listed by bytes and by items.
	const ofListed = 4 * top;
	const candidates = () => {
		const affordable = Math.floor((all() / 2 - ofListed) / 2);
		return Math.max(top, Math.min(mostCandidates(top), affordable));
	};
	return {
		candidates,
		forSample: () => Math.max(leastForSample, all() - ofListed - 2 * candidates() - early),
		spendEarly(hits) {
			if (early + hits > all() * earlyShare * Math.sqrt(done())) return false;
			early += hits;
			return true;
		},
	};
}
