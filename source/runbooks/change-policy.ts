// Changing maxmemory-policy: what makes room at once, and deletes keys at once. How many bytes are over the limit and
// about how many keys would go is computed from this node; that nothing brings them back is said in each. A policy that
// takes only keys with a TTL comes before one that takes any.

import { evictableKeys } from '../core/findings/eviction.ts';
import type { BigKey } from '../core/keys/big-keys.ts';
import { countedBytes } from '../core/node/memory.ts';
import { bytes, count, percent } from '../core/text/quantity.ts';
import type { Info } from '../core/types.ts';
import { diagnose } from './cause.ts';
import { isBesideData, nounOf } from './cause-words.ts';
import { infoOf, limitsOf, settingOf, textOf, trackOf } from './reading.ts';
import type { Change, RunbookInput } from './runbook.ts';
import { scanHere } from './scan-here.ts';

/** The policies that servers know; a word that is none of them never becomes part of a command. */
export const policies = [
	'noeviction',
	'volatile-ttl',
	'volatile-lru',
	'volatile-lfu',
	'volatile-random',
	'volatile-lrm',
	'allkeys-lru',
	'allkeys-lfu',
	'allkeys-random',
	'allkeys-lrm',
] as const;
export type Policy = (typeof policies)[number];

const policyOf = (info: Info): Policy | undefined => policies.find(policy => policy === info.maxmemoryPolicy);

export type Overrun = {
	/** Over the limit now: what the first second would evict. */
	readonly bytes: number;
	/** About how many keys that is; undefined where the key space is not told. */
	readonly keys?: number;
	/** Keys that a volatile policy could take, and about how much they hold. */
	readonly withTtl?: number;
	readonly withTtlBytes?: number;
};

/** What a scan has sized goes by its own figures; the mean is of the rest, for one large key would spoil it. */
export function overrunOf(info: Info, sized: readonly BigKey[] = []): Overrun {
	const over = Math.max(0, countedBytes(info) - (info.maxmemoryBytes ?? Number.POSITIVE_INFINITY));
	const space = evictableKeys(info);
	const data = info.datasetBytes ?? info.usedMemoryBytes ?? 0;
	if (!space || space.keys === 0 || data <= 0) return { bytes: over };
	const known = sized.filter(({ ttlSeconds }) => ttlSeconds !== undefined);
	const passing = known.filter(({ ttlSeconds }) => ttlSeconds !== null);
	const sum = (keys: readonly BigKey[]) => keys.reduce((all, key) => all + key.bytes, 0);
	// Keys come and go after a scan: where its figures no longer fit, the mean of all is all there is.
	const isFitting = known.length < space.keys && sum(known) < data && passing.length <= space.withTtl;
	const rest = isFitting
		? { bytes: data - sum(known), keys: space.keys - known.length }
		: { bytes: data, keys: space.keys };
	const eachBytes = rest.bytes / rest.keys;
	const withTtlBytes = isFitting
		? sum(passing) + (space.withTtl - passing.length) * eachBytes
		: space.withTtl * eachBytes;
	return {
		bytes: over,
		keys: Math.min(space.keys, Math.ceil(over / eachBytes)),
		withTtl: space.withTtl,
		withTtlBytes,
	};
}

/** Both kinds, the milder first; empty without a limit. */
export function changePolicy(input: RunbookInput): readonly Change[] {
	const info = infoOf(input);
	if (!info.maxmemoryBytes || info.usedMemoryBytes === undefined) return [];
	return [policyChange(input, 'volatile-ttl', 50), policyChange(input, 'allkeys-lru', 60)];
}

function policyChange(input: RunbookInput, to: Policy, order: number): Change {
	const info = infoOf(input);
	const from = policyOf(info);
	const over = overrunOf(info, scanHere(input, input.scan)?.keys);
	const reason = notOfferedBecause(input, to, over);
	return {
		id: `policy-${to}`,
		title: `evict: ${to}`,
		command: ['CONFIG', 'SET', 'maxmemory-policy', to],
		node: input.node.address,
		effect: effectOf(to),
		now: `${textOf(info.maxmemoryPolicy ?? 'policy not known')}, ${bytes(over.bytes)} over the limit`,
		after: `${goingText(info, over)}, then as much as is written`,
		risk: riskOf(input, to),
		...(from !== undefined && { undo: ['CONFIG', 'SET', 'maxmemory-policy', from] }),
		lostAtRestart: true,
		also: [
			'Replicas follow with the DELs their primary sends, and keep their own policy: set it there too, or a failover brings the old one back.',
			...((input.fleet?.shards.length ?? 0) > 1 ? ['Other shards keep their policy.'] : []),
		],
		order,
		evictsBytes: over.bytes,
		isOffered: reason === undefined,
		...(reason !== undefined && { reason }),
	};
}

function effectOf(to: Policy): string {
	return to === 'volatile-ttl'
		? 'Keys with a TTL are evicted, those nearest to their end first: they would have gone anyway.'
		: 'Any key may be evicted, about the least recently used first. It is sampled (maxmemory-samples), and keys nobody touched since the server started are ordered badly.';
}

/** `evicts 120M at once, about 4.6k of 30.0k keys`. */
function goingText(info: Info, over: Overrun): string {
	if (over.bytes <= 0) return 'evicts nothing at this moment, for used memory is not over the limit';
	const space = evictableKeys(info);
	const keys =
		over.keys === undefined || !space ? '' : `, about ${count(over.keys)} of ${count(space.keys)} keys`;
	return `evicts ${bytes(over.bytes)} at once${keys}`;
}

function riskOf(input: RunbookInput, to: Policy): string {
	const isDatabase = isKeptOnDisk(input);
	const data =
		to === 'allkeys-lru' && isDatabase
			? ' This server keeps its data on disk, so it may be more than a cache: what is evicted is deleted from the next save too.'
			: '';
	return `Eviction begins at once and by itself, without waiting for a write, and cannot be taken back: the undo stops it, and brings no key back.${data}`;
}

function isKeptOnDisk(input: RunbookInput): boolean {
	const save = settingOf(trackOf(input), 'save');
	return infoOf(input).isAofEnabled === true || (save !== undefined && save !== '');
}

function notOfferedBecause(input: RunbookInput, to: Policy, over: Overrun): string | undefined {
	const info = infoOf(input);
	const from = policyOf(info);
	if (from === undefined) return 'the present policy is not known, so there would be no undo';
	if (from === to || (to === 'allkeys-lru' && from.startsWith('allkeys-'))) return `already set: ${from}`;
	if (to === 'volatile-ttl' && from !== 'noeviction')
		return `${from} evicts keys with a TTL already or more than those`;
	if (input.node.role === 'replica') return 'this is a replica: it evicts nothing itself, its primary does';
	const seen = diagnose(input);
	if (!seen?.isTight) return 'nothing presses: memory is below its limit';
	if (isBesideData(seen.cause))
		return `what presses is ${nounOf(seen.cause)}: evicting pushes the data out and frees none of them`;
	return to === 'volatile-ttl' ? tooFewTtl(input, over) : undefined;
}

function tooFewTtl(input: RunbookInput, over: Overrun): string | undefined {
	const space = evictableKeys(infoOf(input));
	const { warn } = limitsOf(input)['volatile-without-ttl'];
	if (!space || space.keys === 0) return 'how many keys have a TTL is not known';
	const share = space.withTtl / space.keys;
	if (share < warn) return `only ${percent(share)} of the keys have a TTL: it would go on refusing writes`;
	if ((over.withTtlBytes ?? 0) < over.bytes)
		return 'the keys with a TTL hold less than what is over the limit';
	return undefined;
}
