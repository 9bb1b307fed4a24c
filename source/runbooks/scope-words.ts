// The sentences of step 1: what is hurt, what it is, where it ends. A sentence says nothing that was not seen: where the
// hit rate of before is not known it does not hold and does not fall, and misses are only called unevictable where the
// server has evicted nothing since its counters began.

import { dataBytesOf } from '../core/node/memory-kinds.ts';
import { bytes, count, counted, duration, percent } from '../core/text/quantity.ts';
import type { Info, RedisNode } from '../core/types.ts';
import { type Diagnosis, soonSeconds } from './cause.ts';
import { causeWords, goesWithClients, isBesideData, isData, nounOf } from './cause-words.ts';
import { describeClient, heldBy, holding, holdsMuch, placeOf } from './clients.ts';
import type { MemoryLimit } from './memory-limit.ts';
import { reachText } from './reach.ts';
import { extraOf, infoOf, limitsOf, notTold, sentences, textOf, timeText } from './reading.ts';
import { laggardsIn, replicationWhy } from './replication-words.ts';
import type { RunbookInput } from './runbook.ts';
import type { UnreadKeys } from './scan-effect.ts';
import type { HitRates } from './trend.ts';

/** Used memory stays a write below a limit that refuses writes. */
export const fullShare = 0.99;

export const limitWords: { readonly [K in MemoryLimit['kind']]: string } = {
	maxmemory: 'maxmemory',
	told: 'the memory limit you gave',
	host: 'the memory of the host',
};

export const scopeText = (input: RunbookInput, seen: Diagnosis): string =>
	sentences(
		pressureText(input, seen),
		causeText(input, seen),
		isData(seen.cause) && 'Which keys, step 3 tells.',
		missText(input, seen),
		soonText(seen),
		reachText(input),
		replicaText(input),
	);

/** What `before` is of, where it is not of the minutes before. */
export const beforeWords = ({ isSinceStart }: HitRates): string | undefined =>
	isSinceStart ? 'on average since the server started' : undefined;

export function pressureText(input: RunbookInput, seen: Diagnosis): string {
	const { eviction, limit, info } = seen;
	const policy = textOf(info.maxmemoryPolicy ?? 'unknown');
	if ((seen.refusedPerSecond ?? 0) > 0)
		return `Writes are refused with OOM, ${count(seen.refusedPerSecond!)} a second: ${refusalReason(seen, policy)}`;
	if (eviction.evictedPerSecond > 0) {
		const bug = eviction.verdict === 'bug' ? `: ${eviction.reason}` : '';
		return `${count(eviction.evictedPerSecond)} keys a second are evicted under ${policy}${bug}. ${hitRateText(seen)}`;
	}
	if (!limit) return `No limit is known: ${limitUnknown(input)}.`;
	if (limit.kind !== 'maxmemory')
		return `No maxmemory is set: the kernel's out-of-memory killer is the limit, and the process holds ${percent(limit.share)} of ${limitWords[limit.kind]}.`;
	return quietText(seen, limit, limit.share >= limitsOf(input)['memory-high'].warn);
}

function quietText(
	{ refusedPerSecond, isCache, cause }: Diagnosis,
	limit: MemoryLimit,
	isHigh: boolean,
): string {
	const share = `Memory is at ${percent(limit.share)} of maxmemory`;
	if (isHigh && isCache)
		return `${share} and nothing is evicted${isData(cause) ? ': a cache that fills' : ' now'}.`;
	if (refusedPerSecond !== undefined)
		return `${share}; nothing is evicted or refused${isHigh ? ' yet' : ''}.`;
	const isFull = limit.share >= fullShare;
	return `${share} and nothing is evicted; whether writes are refused is not known, for this server counts no errors (before 6.2) or two readings are missing.${isFull ? ' At the limit without eviction they are.' : ''}`;
}

function hitRateText({ hitRates, isHitRateFalling, eviction }: Diagnosis): string {
	const { now, before, fellAt } = hitRates;
	if (now === undefined) return 'The hit rate is not known: too few lookups.';
	if (before === undefined) return `The hit rate is ${percent(now)}; what it was before is not known.`;
	const then = `${percent(before)} ${beforeWords(hitRates) ?? 'before'}`;
	const isHealthy = eviction.verdict === 'expected';
	if (!isHitRateFalling)
		return `The hit rate holds at ${percent(now)} (${then})${isHealthy ? ': this is what a cache does' : ''}.`;
	return `The hit rate falls: ${percent(now)} now, ${then}${fellAt === undefined ? '' : `, since ${timeText(fellAt)}`}.`;
}

/** Misses that no eviction made are no reason for more memory. */
function missText(input: RunbookInput, { eviction, info, hitRates: { now } }: Diagnosis): string {
	if (eviction.evictedPerSecond > 0 || now === undefined || now >= limitsOf(input)['hit-rate-low'].warn)
		return '';
	const evicted = info.evictedKeys;
	if (evicted === undefined || evicted > 0)
		return `The hit rate is ${percent(now)} and nothing is evicted now${evicted ? `, but ${count(evicted)} keys were since the server started` : ''}: what is missing may be these, or have expired, or never have been there.`;
	const refused = info.errors?.OOM;
	if (refused)
		return `The hit rate is ${percent(now)} and nothing was ever evicted: what is missing has expired, was never there, or is among the ${count(refused)} writes that were refused.`;
	return `The hit rate is ${percent(now)} and nothing was ever evicted: these keys have expired or were never there, and more memory does not bring them.`;
}

function refusalReason({ info, limit, cause }: Diagnosis, policy: string): string {
	const noun = isBesideData(cause) && limit?.kind === 'maxmemory' ? nounOf(cause) : undefined;
	if (info.maxmemoryPolicy === 'noeviction' && noun)
		return `maxmemory is full of ${noun}, which no policy evicts: whatever may grow memory fails. Reads, DEL and EXPIRE still work.`;
	if (info.maxmemoryPolicy === 'noeviction')
		return 'maxmemory is full and the policy is noeviction, so nothing is evicted and whatever may grow memory fails. Reads, DEL and EXPIRE still work.';
	if (noun) return `maxmemory is full of ${noun}, and evicting all the data there is makes too little room.`;
	if (info.maxmemoryPolicy?.startsWith('volatile-'))
		return `maxmemory is full and ${policy} finds too few keys with a TTL to evict, which is noeviction by another name.`;
	return limit?.kind === 'maxmemory'
		? `maxmemory is full and eviction under ${policy} does not keep up with what is written.`
		: 'memory is full.';
}

const limitUnknown = (input: RunbookInput) =>
	infoOf(input).maxmemoryBytes === 0
		? 'maxmemory is 0 and INFO does not tell the memory of the host'
		: 'INFO does not tell maxmemory';

export function causeText(input: RunbookInput, seen: Diagnosis): string {
	const { info, outside } = seen;
	switch (seen.cause) {
		case 'clients':
			return `The cause is client buffers, ${bytes(Math.min(seen.causeBytes!, info.usedMemoryBytes!))} of ${bytes(info.usedMemoryBytes!)} used${dataFits(seen)}: they count against maxmemory, and neither larger data limits nor fewer keys help. ${holderText(input, seen)}`;
		case 'replication':
			return sentences(replicationWhy(seen), laggardsIn(seen).length > 0 && replicaHolder(input));
		case 'data':
			return dataText(input, seen);
		case 'swap':
			return `Less is resident (${bytes(info.rssBytes!)}) than used: part of this process seems to be in swap, and every access to it waits for a disk.`;
		case 'fragmentation':
			return `What is large is fragmentation, ${bytes(outside.fragmentedBytes!)} outside used memory. It is not counted against maxmemory and does not cause evictions; it is a matter for the host.`;
		case 'retained':
			return `What is large are free pages the allocator keeps, ${bytes(outside.retainedBytes!)} outside used memory. They are not counted against maxmemory and do not cause evictions.`;
		case 'none':
			return '';
		default:
			return sentences(
				causeWords(seen.cause).why(input, seen),
				goesWithClients(seen.cause) && holderText(input, seen),
			);
	}
}

function dataText(input: RunbookInput, { info, unread }: Diagnosis): string {
	const amount = `${bytes(dataBytesOf(info))} of ${bytes(info.usedMemoryBytes!)} used`;
	const told = unread ? `The server counts ${amount} as data.` : `It is data: ${amount}.`;
	return sentences(told + deletedText(info), unread && unreadText(input, unread));
}

/** What is not known of the keys, and what would tell. */
export function unreadText(input: RunbookInput, { read, of, withTtl }: UnreadKeys): string {
	const mayExpire =
		withTtl === 0 ? '' : 'how many have expired and were not reclaimed cannot be told without a whole scan';
	const estimate = input.node.role === 'replica' ? undefined : extraOf(input).expiredStaleShare;
	const words =
		estimate === undefined || withTtl === 0
			? '.'
			: `; by the server's own estimate ${percent(estimate)} are.`;
	if (read === undefined)
		return `${withTtl === undefined ? 'How many of its keys have a TTL is not told' : `${count(withTtl)} of ${counted(of ?? withTtl, 'key', count)} have a TTL`}: ${mayExpire}${words}`;
	const others = `The scan has read ${count(read)}${of === undefined ? '' : ` of ${count(of)}`} keys`;
	return `${others}: what the others hold is not known${mayExpire && `, and ${mayExpire}`}${words}`;
}

/** A few large objects may be most of it: the server tells how many, and not how large. */
const deletedText = ({ lazyfreePendingObjects: pending }: Info) =>
	pending
		? ` ${counted(pending, 'deleted object', count)} in it ${pending === 1 ? 'is' : 'are'} not freed yet, and how large is not told: judge again when lazyfree_pending_objects is 0.`
		: '';

function replicaHolder({ clients }: RunbookInput): string {
	const [first] = (clients ?? [])
		.filter(({ kind }) => kind === 'replica')
		.sort((a, b) => heldBy(b) - heldBy(a));
	return first ? `The replica that has most to read is ${placeOf(first)}.` : '';
}

function dataFits({ info, limit }: Diagnosis): string {
	const data = info.datasetBytes;
	return data !== undefined && limit?.kind === 'maxmemory' && data < limit.bytes
		? `, while the data (${bytes(data)}) would fit`
		: '';
}

function holderText(input: RunbookInput, { holders, limit }: Diagnosis): string {
	const holder = holders.find(client => holdsMuch(client, limit));
	if (holder) return `The client that holds most is ${describeClient(holder)}: it ${holding(holder)}.`;
	return input.clients === undefined
		? `Which client it is, is not known: ${notTold(input, 'CLIENT LIST')}.`
		: 'No single client holds much: it is many clients together.';
}

function soonText({ secondsToLimit, trend, limit, isCache }: Diagnosis): string {
	if (secondsToLimit === undefined || secondsToLimit >= soonSeconds || !limit || limit.share >= fullShare)
		return '';
	const end = isCache && limit.kind === 'maxmemory' ? 'eviction begins' : 'the limit is met';
	return `It grows by ${bytes(trend!.perSecond * 60)} a minute: ${end} in ${duration(secondsToLimit)} at this pace.`;
}

const replicaText = (input: RunbookInput) =>
	input.node.role === 'replica'
		? `This is a replica: by default it ignores maxmemory, evicts nothing itself and follows its primary${primaryName(input.node)}, where the runbook belongs.`
		: '';

function primaryName({ primary, replicates = primary }: RedisNode): string {
	return replicates === undefined ? '' : ` ${textOf(primary ?? replicates)}`;
}
