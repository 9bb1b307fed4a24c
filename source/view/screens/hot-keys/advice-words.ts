// The words for one key: what could be done about it, each with this key's own numbers, and what its counter means. The
// facts are core/keys/key-advice.ts and core/keys/lfu.ts.

import type { HotKey } from '../../../core/keys/hot-keys.ts';
import {
	type CacheAdvice,
	type HotMitigation,
	isMissed,
	type ReplicaAdvice,
	type SplitAdvice,
} from '../../../core/keys/key-advice.ts';
import type { LfuMeans } from '../../../core/keys/lfu.ts';
import { count, counted, duration, percent } from '../../../core/text/quantity.ts';

/** What to do, or what does not help, and behind it what comes of it or why. */
type Advice = readonly [clause: string, rest: string];

/** One line, without the key's name. */
export function adviceText(mitigation: HotMitigation): string {
	const [clause, rest] = adviceWords(mitigation);
	return `${clause}: ${rest}`;
}

export function adviceWords(mitigation: HotMitigation): Advice {
	switch (mitigation.id) {
		case 'cache':
			return cacheWords(mitigation);
		case 'replica':
			return replicaWords(mitigation);
		case 'split':
			return splitWords(mitigation);
	}
}

function cacheWords(advice: CacheAdvice): Advice {
	if (!advice.helps) {
		const little = 'a cache in the application helps little';
		if (advice.why === 'written') return [little, writtenWords(advice)];
		const { clients, readsPerSecondEach } = advice;
		const who = clients === 1 ? 'its one client' : `each of ${count(clients)} clients`;
		return [little, `${who} reads it ${often(readsPerSecondEach)} only`];
	}
	const { keepSeconds, isOfAbsence, reads } = advice;
	const span = keepSeconds > 1 ? `1-${duration(keepSeconds)}` : '1s';
	const clause = `cache ${isOfAbsence ? 'that it is absent' : 'it'} in the application for ${span}`;
	if (reads === undefined) return [clause, 'each process then reads it once in that time'];
	const [shortest, longest] = reads.leftPerSecond;
	const becomes =
		keepSeconds > 1
			? `${few(shortest)}/s (1s) to ${few(longest)}/s (${duration(keepSeconds)})`
			: `${few(shortest)}/s`;
	return [
		clause,
		`${count(reads.perSecond)} reads/s of ${counted(reads.clients, 'client', count)} become ${becomes}`,
	];
}

const writtenWords = ({ writeShare }: { readonly writeShare: number }) =>
	`${percent(writeShare)} of its commands write`;

function replicaWords(advice: ReplicaAdvice): Advice {
	if (advice.helps) {
		const { address, others, lagSeconds, readsPerSecond } = advice;
		const more = others > 0 ? ` or ${others} more` : '';
		const lag = lagSeconds === undefined ? '' : `, ${duration(lagSeconds)} behind`;
		return [
			`read it from the replica ${address}${more} (READONLY${lag})`,
			`up to ${count(readsPerSecond)}/s less here`,
		];
	}
	const no = 'replicas do not help';
	switch (advice.why) {
		case 'written':
			return [no, writtenWords(advice)];
		case 'none':
			return [no, 'the node has none'];
		case 'down':
			return [no, advice.replicas > 1 ? 'none of them is up' : 'it is not up'];
		case 'behind':
			return [no, `${duration(advice.lagSeconds)} behind at best`];
	}
}

const howToSplit = {
	'read-one': 'write all, read one at random',
	'write-one': 'write one at random, read all and add up',
	'by-field': 'choose the part by a hash of the field or member',
} as const;

function splitWords(advice: SplitAdvice): Advice {
	if (advice.helps) {
		const { parts, perSecondEach, how } = advice;
		return [`split it in ${parts} (:0 to :${parts - 1}), ${count(perSecondEach)}/s each`, howToSplit[how]];
	}
	switch (advice.why) {
		case 'absent':
			return ['splitting it does not help', 'it is not there'];
		case 'one-node':
			return ['splitting it does not help', 'all parts would be on this one node'];
		case 'even-already':
			return ['splitting it is not needed', 'it is less than an even part already'];
	}
}

/** Of one client in five seconds a fifth is left, and not `<1`. */
const few = (perSecond: number) =>
	perSecond < 1 ? String(Number(perSecond.toPrecision(1))) : count(perSecond);

const often = (perSecond: number) =>
	perSecond >= 1
		? `${count(perSecond)} times a second`
		: `once in ${duration(1 / Math.max(perSecond, 1e-9))}`;

/** Of a key that was not there when it was asked. */
export const absentWords = ({ readShare }: { readonly readShare?: number }): string =>
	isMissed({ isAbsent: true, readShare: readShare ?? 0 })
		? 'not there: its reads miss'
		: 'not there when asked';

/** `~1.0k accesses lately`, `310k accesses lately or more`, `untouched for 3m or more`; undefined without a counter. */
export function counterWords({
	counterMeans,
	isCounterShared,
}: Pick<HotKey, 'counterMeans' | 'isCounterShared'>): string | undefined {
	if (counterMeans === undefined) return undefined;
	const means = meansWords(counterMeans);
	return isCounterShared ? `${means}, or of a key with the same number` : means;
}

export function meansWords(means: LfuMeans): string {
	switch (means.kind) {
		case 'accesses': {
			const rough = count(Number(means.accesses.toPrecision(2)));
			return means.isMore ? `${rough} accesses lately or more` : `~${rough} accesses lately`;
		}
		case 'hardly-read':
			return 'new or hardly read';
		case 'untouched':
			return `untouched for ${duration(means.seconds)} or more`;
		case 'not-counted':
			return 'no count yet: the policy was changed after it was last used';
	}
}
