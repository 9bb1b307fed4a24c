// How bad is it, how far does it reach, and what is it? Used against maxmemory by the formula eviction uses,
// growth and time to the limit, evictions, refused writes, hit rate, and which part of memory it is. Its sentences are
// in scope-words.ts.

import { type MemoryPartId, memoryPartsOf } from '../core/node/memory-parts.ts';
import { bytes, count, duration, percent } from '../core/text/quantity.ts';
import { type Cause, type Diagnosis, diagnose, soonSeconds } from './cause.ts';
import { causeWords, isBesideData, isData } from './cause-words.ts';
import { describeClient, holding, holdsMuch } from './clients.ts';
import { reachFacts } from './reach.ts';
import { fact, factOf, infoOf, limitsOf, notTold, settingOf, textOf, timeText, trackOf } from './reading.ts';
import type { Answer, Fact, RunbookInput, Verdict } from './runbook.ts';
import { beforeWords, fullShare, limitWords, scopeText } from './scope-words.ts';

const why =
	'Before anything is changed: one node, its shard or the fleet, and data or something else. The three most common wrong turns (evicting data that fits, purging what is not retained, adding memory for misses that were never keys) are taken by those who skip this.';

export function checkScope(input: RunbookInput): Verdict {
	const seen = diagnose(input);
	if (!seen)
		return { answer: 'unknown', facts: [], text: `Memory is not known: ${notTold(input, 'INFO')}.`, why };
	return {
		answer: answerOf(input, seen),
		facts: [
			...memoryFacts(input, seen),
			...pressureFacts(input, seen),
			...partFacts(input),
			...holderFacts(input, seen),
			...reachFacts(input),
		],
		text: scopeText(input, seen),
		why,
		goTo: nextStep(seen.cause),
	};
}

function nextStep(cause: Cause): string | undefined {
	switch (cause) {
		case 'clients':
		case 'replication':
			return 'relief';
		case 'data':
			return 'large-keys';
		case 'swap':
		case 'fragmentation':
		case 'retained':
			return 'fragmentation';
		case 'none':
			return undefined;
		default:
			return causeWords(cause).next;
	}
}

function answerOf(input: RunbookInput, seen: Diagnosis): Answer {
	const { limit, eviction } = seen;
	const { 'memory-high': high } = limitsOf(input);
	if ((seen.refusedPerSecond ?? 0) > 0 || eviction.verdict === 'bug' || seen.cause === 'swap') return 'act';
	if (isBesideData(seen.cause) && causeShare(seen) >= limitsOf(input)['output-buffers'].crit) return 'act';
	// A full cache does its work; without a maxmemory there is no cache, only the kernel.
	const isWorking = seen.isCache && limit?.kind === 'maxmemory';
	// A replica ignores maxmemory by default and refuses nothing: its primary is the one to act on.
	const isReplica = input.node.role === 'replica';
	if (limit && !isWorking && limit.share >= high.crit) return isReplica ? 'look' : 'act';
	if (eviction.verdict === 'expected' && seen.isHitRateFalling) return 'look';
	if (limit && !isWorking && limit.share >= high.warn) return 'look';
	if (!isWorking && (seen.secondsToLimit ?? Number.POSITIVE_INFINITY) < soonSeconds) return 'look';
	return seen.cause === 'none' || isData(seen.cause) ? 'fine' : 'look';
}

/** Of maxmemory; without one no share of it is taken. */
const causeShare = ({ causeBytes = 0, limit }: Diagnosis) =>
	limit?.kind === 'maxmemory' ? causeBytes / limit.bytes : 0;

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
	// What is full grows no more: eviction or refusal holds it where it is.
	const isFull = limit !== undefined && limit.share >= fullShare;
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
		...factOf(
			'time to the limit',
			isFull ? undefined : secondsToLimit,
			duration,
			'INFO memory',
			'at the present growth',
		),
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

function pressureFacts({ node }: RunbookInput, seen: Diagnosis): readonly Fact[] {
	// A rate of a node that does not answer is of nothing.
	if (node.health === 'down' || node.isGone) return [];
	const { eviction, hitRates, info } = seen;
	const refusedEver = info.errors?.OOM;
	const evictedEver = info.evictedKeys;
	return [
		fact(
			'evicted',
			`${count(eviction.evictedPerSecond)}/s`,
			'INFO stats',
			`over 10 s${evictedEver ? `; ${count(evictedEver)} since the server started` : ''}`,
		),
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
				: beforeWords(hitRates),
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
	const found = memoryPartsOf(infoOf(input), input.memoryStats);
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
