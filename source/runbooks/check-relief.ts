// What can be done now, the least risk first. Disconnecting a client harms no key; returning pages harms none
// and helps only the host; more memory harms none while the host has it; evicting deletes. Rewriting the AOF stands in
// many guides as relief for memory: it is named here with the reason why it is none.

import { bytes, percent } from '../core/text/quantity.ts';
import { type Cause, type Diagnosis, diagnose } from './cause.ts';
import { causeWords, goesWithClients, isBesideData, isData, nounOf } from './cause-words.ts';
import { changesOfFragmentation } from './change-allocator.ts';
import { boundClients, boundTracking, flushScripts } from './change-buffers.ts';
import { killHolders } from './change-clients.ts';
import { raiseMaxmemory, raiseOf } from './change-maxmemory.ts';
import { changePolicy, overrunOf } from './change-policy.ts';
import { decidingKey } from './check-large-keys.ts';
import { headroomText } from './headroom.ts';
import { fact, infoOf, limitsOf, nameOf, notTold, sentences, textOf, timeText } from './reading.ts';
import { replicationAdvice } from './replication-words.ts';
import type { Answer, Change, Fact, RunbookInput, Verdict } from './runbook.ts';
import { scanHere } from './scan-here.ts';

const why =
	'Only now: the cause is known, so that the change fits it. From the one that can harm nothing to the one that deletes keys; each is one command on one node.';

export function checkRelief(input: RunbookInput): Verdict {
	const seen = diagnose(input);
	if (!seen)
		return {
			answer: 'unknown',
			facts: [],
			text: `What would help is not known: ${notTold(input, 'INFO')}.`,
			why,
		};
	const offered = reliefChanges(input).filter(change => change.isOffered);
	return {
		answer: answerOf(input, seen),
		facts: reliefFacts(input),
		text: sentences(reliefAdvice(input, seen), choiceText(seen, offered), madeText(input)),
		why,
	};
}

function answerOf(input: RunbookInput, seen: Diagnosis): Answer {
	const isHurt = (seen.refusedPerSecond ?? 0) > 0 || seen.eviction.verdict === 'bug';
	if (isHurt) return 'act';
	const isWorking = seen.isCache && seen.limit?.kind === 'maxmemory' && !seen.isHitRateFalling;
	if (isWorking || !seen.isTight) return seen.cause === 'none' || isData(seen.cause) ? 'fine' : 'look';
	const isCritical = (seen.limit?.share ?? 0) >= limitsOf(input)['memory-high'].crit && !seen.isCache;
	return isCritical && input.node.role !== 'replica' ? 'act' : 'look';
}

function reliefFacts(input: RunbookInput): readonly Fact[] {
	const info = infoOf(input);
	const raise = raiseOf(input);
	const sized = scanHere(input, input.scan)?.keys;
	const over = overrunOf(info, sized);
	return [
		...(raise?.room
			? [
					fact(
						'headroom',
						headroomText(raise.room),
						['INFO memory', 'INFO persistence'],
						'of a container and of other processes nothing is known',
					),
				]
			: raise
				? [fact('headroom', 'not known', 'INFO memory', 'the server does not tell total_system_memory')]
				: []),
		...(info.maxmemoryBytes ? [fact('over the limit', bytes(over.bytes), 'INFO memory')] : []),
		...(over.withTtl !== undefined && over.withTtlBytes !== undefined
			? [
					fact(
						'in keys with a TTL',
						`about ${bytes(over.withTtlBytes)}`,
						'INFO keyspace',
						sized
							? 'largest keys as the scan has sized them, the rest by their mean'
							: 'by the mean size of a key',
					),
				]
			: []),
	];
}

/** What to do about the cause. */
export function reliefAdvice(input: RunbookInput, seen: Diagnosis): string {
	const { info } = seen;
	switch (seen.cause) {
		case 'clients':
			return `Free the buffers first: they go with their connection, and no key is touched. Raising maxmemory or evicting would feed them.${input.clients === undefined ? ` ${unknownHolder(input)}` : ''}`;
		case 'replication':
			return replicationAdvice(seen);
		case 'swap':
			return 'Nothing sent to this server brings pages back from swap: free memory on the host, or fail over to a replica that is resident.';
		case 'fragmentation':
			return 'Nothing is evicted and nothing is refused: there is no hurry. What it takes from the host, active defragmentation (step 2) or a restart of this node behind its replica gives back.';
		case 'retained':
			return 'Nothing is evicted and nothing is refused. The pages come back by themselves or by MEMORY PURGE.';
		case 'none':
			return 'Nothing presses: no relief is needed.';
		case 'data':
			return dataAdvice(input, seen, info.maxmemoryBytes ?? 0);
		default:
			return sentences(
				causeWords(seen.cause).now(input, seen),
				goesWithClients(seen.cause) && input.clients === undefined && unknownHolder(input),
			);
	}
}

const unknownHolder = (input: RunbookInput) =>
	`Which client it is, is not known: ${notTold(input, 'CLIENT LIST')}.`;

function dataAdvice(input: RunbookInput, seen: Diagnosis, maxmemory: number): string {
	if (maxmemory === 0)
		return 'There is no maxmemory to raise. Setting one below what is used would evict or refuse at once: make room first, then set it (step 6).';
	if (input.node.role === 'replica')
		return 'This replica follows its primary: what is changed here holds only after a failover.';
	const key = decidingKey(input);
	if (key && seen.eviction.evictedPerSecond > 0)
		return `The cause is ${nameOf(key.key)}: bound it where it is written, or take it away with UNLINK. More memory only buys the time until it has grown into that as well.`;
	if (seen.isCache && seen.eviction.evictedPerSecond === 0)
		return `It is at ${percent(seen.limit?.share ?? 0)} and evicts nothing: a cache may fill, and nothing needs relief now.`;
	if (seen.isCache && seen.hitRates.before === undefined)
		return 'The cache is full and evicts; whether its hit rate falls is not known. If it does, more memory helps, or less data: bound the key or the pattern that step 3 names.';
	if (seen.isCache && !seen.isHitRateFalling)
		return 'The cache is full and evicts, and the hit rate holds: it works as it is meant to.';
	if (seen.isCache)
		return 'The policy evicts already, so what helps is more memory, or less data: bound the key or the pattern that step 3 names. More memory helps the hit rate only because keys were evicted that are read again.';
	if ((seen.refusedPerSecond ?? 0) > 0)
		return 'Writes fail until there is room. More memory harms nothing while the host has it; evicting deletes data for good.';
	return `It is at ${percent(seen.limit?.share ?? 0)}: there is time to choose. Raise the limit where the host has room, or make room by deleting what steps 3 and 4 name.`;
}

function choiceText(seen: Diagnosis, offered: readonly Change[]): string {
	if (seen.cause === 'none') return '';
	const [first] = offered;
	return first
		? `Least risk first: ${first.title}.`
		: 'None of the changes below fits this node now; each says why.';
}

function madeText({ changesMade }: RunbookInput): string {
	const last = changesMade?.at(-1);
	return last
		? `Last change: ${textOf(last.change.title)}, ${timeText(last.at)}: ${textOf(last.reply)}.`
		: '';
}

/** Everything that could be done now, the least risk first; what is not offered says why. */
export function reliefChanges(input: RunbookInput): readonly Change[] {
	if (infoOf(input).usedMemoryBytes === undefined) return [];
	const changes = [
		...killHolders(input),
		...flushScripts(input),
		...boundClients(input),
		...boundTracking(input),
		...changesOfFragmentation(input).filter(({ id }) => id === 'memory-purge'),
		...whereItHelps(input),
		rewriteAof(input),
	];
	return [...changes].sort((a, b) => a.order - b.order);
}

/** More memory and eviction are relief where data presses; a node that is well gets no such offer. */
function whereItHelps(input: RunbookInput): readonly Change[] {
	const seen = diagnose(input);
	// A cache that only fills has room left, and evicting is what it does when it has none.
	const isFilling = seen?.isCache === true && seen.eviction.evictedPerSecond === 0;
	const isPressed = seen?.isTight === true && seen.limit?.kind === 'maxmemory' && !isFilling;
	const feeds = seen && isBesideData(seen.cause) ? feedsText(seen.cause) : undefined;
	const calm = 'nothing presses: memory is below its limit';
	const raise = raiseMaxmemory(input).map(change =>
		!change.isOffered || (isPressed && feeds === undefined)
			? change
			: { ...change, isOffered: false, reason: feeds ?? calm },
	);
	return [...raise, ...changePolicy(input)];
}

const feedsText = (cause: Cause) =>
	cause === 'clients'
		? 'the buffers would take that too: disconnect the client first'
		: cause === 'backlog'
			? 'it is the backlog that fills it, and no data: see first whether repl-backlog-size can be smaller'
			: `${nounOf(cause)} would take that too: it is they that fill it, and no data`;

function rewriteAof(input: RunbookInput): Change {
	const size = infoOf(input).aofSizeBytes;
	return {
		id: 'bgrewriteaof',
		title: 'rewrite the append-only file',
		command: ['BGREWRITEAOF'],
		node: input.node.address,
		effect: 'The append-only file gets smaller on disk. Memory stays as it is.',
		now: size === undefined ? 'no append-only file is told' : `append-only file ${bytes(size)} on disk`,
		after: 'less disk, the same memory',
		risk: 'It forks: pages written meanwhile are copied, which takes memory at the worst moment.',
		lostAtRestart: false,
		also: [],
		order: 90,
		isOffered: false,
		reason: 'it frees disk, not memory, and forks',
	};
}
