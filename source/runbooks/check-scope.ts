// Step 1: how bad is it, how far does it reach, and what is it? Used against maxmemory by the formula eviction uses,
// growth and time to the limit, evictions, refused writes, hit rate, and which part of memory it is.

import { type MemoryPartId, memoryPartsOf } from '../core/memory-parts.ts';
import { bytes, count, duration, percent } from '../core/quantity.ts';
import { type Cause, type Diagnosis, diagnose } from './cause.ts';
import { describeClient, heldBy, holding, holdsMuch, placeOf } from './clients.ts';
import { type MemoryLimit, replicationBytes } from './memory-limit.ts';
import { reachFacts, reachText } from './reach.ts';
import {
	fact,
	factOf,
	infoOf,
	limitsOf,
	notTold,
	sentences,
	settingOf,
	textOf,
	timeText,
	trackOf,
} from './reading.ts';
import type { Answer, Fact, RunbookInput, Verdict } from './runbook.ts';

const why =
	'Before anything is changed: one node, its shard or the fleet, and data or something else. The three most common wrong turns (evicting data that fits, purging what is not retained, adding memory to a miss that was never a key) are all taken here.';

/** Used memory stays a write below a limit that refuses writes. */
const fullShare = 0.99;

/** A limit met within this time is worth acting on before it is. */
const soonSeconds = 86_400;

export function checkScope(input: RunbookInput): Verdict {
	const seen = diagnose(input);
	if (!seen)
		return { answer: 'unknown', facts: [], text: `Memory is not known: ${notTold(input, 'INFO')}.`, why };
	return {
		answer: answerOf(input, seen),
		facts: [
			...memoryFacts(input, seen),
			...pressureFacts(seen),
			...partFacts(input),
			...holderFacts(input, seen),
			...reachFacts(input),
		],
		text: sentences(
			pressureText(input, seen),
			missText(input, seen),
			causeText(input, seen),
			soonText(seen),
			reachText(input),
			replicaText(input),
		),
		why,
		goTo: nextStep[seen.cause],
	};
}

const nextStep: { readonly [C in Cause]: string | undefined } = {
	clients: 'relief',
	replication: 'relief',
	data: 'large-keys',
	swap: 'fragmentation',
	fragmentation: 'fragmentation',
	retained: 'fragmentation',
	none: undefined,
};

function answerOf(input: RunbookInput, seen: Diagnosis): Answer {
	const { limit, eviction } = seen;
	const { 'memory-high': high } = limitsOf(input);
	if ((seen.refusedPerSecond ?? 0) > 0 || eviction.verdict === 'bug' || seen.cause === 'swap') return 'act';
	// A full cache does its work; without a maxmemory there is no cache, only the kernel.
	const isWorking = seen.isCache && limit?.kind === 'maxmemory';
	// A replica ignores maxmemory by default and refuses nothing: its primary is the one to act on.
	const isReplica = input.node.role === 'replica';
	if (limit && !isWorking && limit.share >= high.crit) return isReplica ? 'look' : 'act';
	if (eviction.verdict === 'expected' && seen.isHitRateFalling) return 'look';
	if (limit && !isWorking && limit.share >= high.warn) return 'look';
	if (!isWorking && (seen.secondsToLimit ?? Number.POSITIVE_INFINITY) < soonSeconds) return 'look';
	return seen.cause === 'none' || seen.cause === 'data' ? 'fine' : 'look';
}

const limitWords: { readonly [K in MemoryLimit['kind']]: string } = {
	maxmemory: 'maxmemory',
	told: 'the memory limit you gave',
	host: 'the memory of the host',
};

function memoryFacts(
	input: RunbookInput,
	{ info, limit, trend, secondsToLimit }: Diagnosis,
): readonly Fact[] {
	const notCounted = info.notCountedForEvictBytes;
	const formula = notCounted
		? `used ${bytes(info.usedMemoryBytes!)} less ${bytes(notCounted)} not counted for eviction`
		: undefined;
	const held = limit
		? fact(
				limit.kind === 'maxmemory' ? 'used of maxmemory' : 'rss of the limit',
				`${bytes(limit.heldBytes)} of ${bytes(limit.bytes)}, ${percent(limit.share)}`,
				'INFO memory',
				limit.kind === 'maxmemory' ? formula : `no maxmemory: ${limitWords[limit.kind]}`,
			)
		: fact('used memory', bytes(info.usedMemoryBytes!), 'INFO memory', formula);
	const policy = info.maxmemoryPolicy;
	return [
		held,
		...(policy === undefined ? [] : [fact('maxmemory-policy', textOf(policy), 'INFO memory')]),
		...(trend
			? [
					fact(
						'growth',
						trend.isFlat ? 'flat' : `${signed(trend.perSecond * 60)} a minute`,
						'INFO memory',
						`over ${duration(trend.seconds)}`,
					),
				]
			: []),
		...factOf('time to the limit', secondsToLimit, duration, 'INFO memory', 'at the present growth'),
		...ignoresMaxmemory(input),
	];
}

const signed = (amount: number) => `${amount < 0 ? '-' : '+'}${bytes(Math.abs(amount))}`;

function ignoresMaxmemory(input: RunbookInput): readonly Fact[] {
	if (input.node.role !== 'replica') return [];
	const setting = settingOf(trackOf(input), 'replica-ignore-maxmemory');
	return setting === undefined
		? []
		: [fact('replica-ignore-maxmemory', textOf(setting), 'CONFIG GET replica-ignore-maxmemory')];
}

function pressureFacts(seen: Diagnosis): readonly Fact[] {
	const { eviction, hitRates, info } = seen;
	const refusedEver = info.errors?.OOM;
	return [
		fact('evicted', `${count(eviction.evictedPerSecond)}/s`, 'INFO stats', 'over 10 s'),
		...factOf(
			'writes refused (OOM)',
			seen.refusedPerSecond,
			value => `${count(value)}/s`,
			'INFO errorstats',
			refusedEver ? `${count(refusedEver)} since the server started` : undefined,
		),
		...factOf('hit rate now', hitRates.now, percent, 'INFO stats', 'over 10 s'),
		...factOf(
			'hit rate before',
			hitRates.before,
			percent,
			'INFO stats',
			seen.isHitRateFalling && hitRates.fellAt !== undefined
				? `lower since ${timeText(hitRates.fellAt)}`
				: undefined,
		),
	];
}

const partNames: { readonly [P in MemoryPartId]: string } = {
	dataset: 'data',
	'key-tables': 'key tables',
	clients: 'client buffers',
	'replica-buffers': "replicas' buffers",
	backlog: 'replication backlog',
	'aof-buffer': 'aof buffer',
	scripts: 'scripts',
	cluster: 'cluster links',
	startup: 'server itself',
	other: 'other',
	overcounted: 'counted twice by the server',
};

/** They add up to the used_memory of their moment; what holds nothing is left out. */
function partFacts(input: RunbookInput): readonly Fact[] {
	const found = memoryPartsOf(infoOf(input), input.memoryStats, input.details);
	if (!found) return [];
	const source = found.source === 'info' ? 'INFO memory' : 'MEMORY STATS';
	const nameOfPart = (id: MemoryPartId) =>
		id === 'other' && found.source === 'info' ? 'key tables and other' : partNames[id];
	return [
		fact('used memory by part', bytes(found.usedBytes), source),
		...found.parts
			.filter(part => part.bytes !== 0)
			.map(part => fact(`  ${nameOfPart(part.id)}`, `${bytes(part.bytes)}, ${percent(part.share)}`, source)),
	];
}

function holderFacts(input: RunbookInput, { holders, limit }: Diagnosis): readonly Fact[] {
	const named = holders.filter(client => holdsMuch(client, limit)).slice(0, 3);
	if (named.length > 0)
		return named.map(client =>
			fact('client', `${holding(client)}: ${describeClient(client)}`, 'CLIENT LIST'),
		);
	return input.clients === undefined
		? [fact('clients', 'not known', 'CLIENT LIST', notTold(input, 'CLIENT LIST'))]
		: [];
}

function pressureText(input: RunbookInput, seen: Diagnosis): string {
	const { eviction, limit, info } = seen;
	const policy = textOf(info.maxmemoryPolicy ?? 'unknown');
	if ((seen.refusedPerSecond ?? 0) > 0)
		return `Writes are refused with OOM, ${count(seen.refusedPerSecond!)} a second: ${refusalReason(seen, policy)}`;
	if (eviction.evictedPerSecond > 0) {
		const fall = seen.isHitRateFalling
			? `, and the hit rate falls: ${percent(seen.hitRates.now!)} now, ${percent(seen.hitRates.before!)} before${seen.hitRates.fellAt === undefined ? '' : `, since ${timeText(seen.hitRates.fellAt)}`}.`
			: eviction.verdict === 'bug'
				? `: ${eviction.reason}.`
				: `. ${hitRateText(seen)}`;
		return `${count(eviction.evictedPerSecond)} keys a second are evicted under ${policy}${fall}`;
	}
	if (!limit) return `No limit is known: ${limitUnknown(input)}.`;
	if (limit.kind !== 'maxmemory')
		return `No maxmemory is set: the kernel's out-of-memory killer is the limit, and the process holds ${percent(limit.share)} of ${limitWords[limit.kind]}.`;
	return quietText(seen, limit, limit.share >= limitsOf(input)['memory-high'].warn);
}

function quietText({ refusedPerSecond, isCache }: Diagnosis, limit: MemoryLimit, isHigh: boolean): string {
	const share = `Memory is at ${percent(limit.share)} of maxmemory`;
	if (isHigh && isCache) return `${share} and nothing is evicted: a cache that fills.`;
	if (refusedPerSecond !== undefined)
		return `${share}; nothing is evicted or refused${isHigh ? ' yet' : ''}.`;
	const isFull = limit.share >= fullShare;
	return `${share} and nothing is evicted; whether writes are refused is not known, for this server counts no errors (before 6.2) or two readings are missing.${isFull ? ' At the limit without eviction they are.' : ''}`;
}

function hitRateText({ hitRates: { now, before } }: Diagnosis): string {
	if (now === undefined) return 'The hit rate is not known: too few lookups.';
	return before === undefined
		? `The hit rate is ${percent(now)}; what it was before is not known.`
		: `The hit rate holds at ${percent(now)}: this is what a cache does.`;
}

/** Misses that no eviction made are no reason for more memory. */
function missText(input: RunbookInput, { eviction, hitRates: { now } }: Diagnosis): string {
	if (eviction.evictedPerSecond > 0 || now === undefined || now >= limitsOf(input)['hit-rate-low'].warn)
		return '';
	return `The hit rate is ${percent(now)} and nothing is evicted: these keys have expired or were never there, and more memory does not bring them.`;
}

function refusalReason({ info, limit }: Diagnosis, policy: string): string {
	if (info.maxmemoryPolicy === 'noeviction')
		return 'maxmemory is full and the policy is noeviction, so nothing is evicted and whatever may grow memory fails. Reads, DEL and EXPIRE still work.';
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

function causeText(input: RunbookInput, seen: Diagnosis): string {
	const { info, outside } = seen;
	switch (seen.cause) {
		case 'clients':
			return `The cause is client buffers, ${bytes(info.clientsNormalBytes!)} of ${bytes(info.usedMemoryBytes!)} used${dataFits(seen)}: they count against maxmemory, and neither larger data limits nor fewer keys help. ${holderText(input, seen)}`;
		case 'replication':
			return `Replication takes ${bytes(replicationBytes(info)!)} (backlog and replicas' buffers): a replica that does not keep up, or a backlog too large for this limit. What goes beyond the backlog is not counted for eviction.${replicaHolder(input)}`;
		case 'data':
			return `It is data: ${bytes(info.datasetBytes ?? info.usedMemoryBytes!)} of ${bytes(info.usedMemoryBytes!)} used. Which keys, step 3 tells.`;
		case 'swap':
			return `Less is resident (${bytes(info.rssBytes!)}) than used: part of this process seems to be in swap, and every access to it waits for a disk.`;
		case 'fragmentation':
			return `What is large is fragmentation, ${bytes(outside.fragmentedBytes!)} outside used memory. It is not counted against maxmemory and does not cause evictions; it is a matter for the host.`;
		case 'retained':
			return `What is large are free pages the allocator keeps, ${bytes(outside.retainedBytes!)} outside used memory. They are not counted against maxmemory and do not cause evictions.`;
		case 'none':
			return '';
	}
}

function replicaHolder({ clients }: RunbookInput): string {
	const [first] = (clients ?? [])
		.filter(({ kind }) => kind === 'replica')
		.sort((a, b) => heldBy(b) - heldBy(a));
	return first ? ` The replica that has most to read is ${placeOf(first)}.` : '';
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
		? `This is a replica: by default it ignores maxmemory, evicts nothing itself and follows its primary${input.node.primary ? ` ${textOf(input.node.primary)}` : ''}, where the runbook belongs.`
		: '';
