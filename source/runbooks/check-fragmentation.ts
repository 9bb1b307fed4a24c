// Memory outside used_memory, in bytes and in its three kinds, for each has another cure. A ratio is shown and
// never judged: an empty server has 13 to 21. The sentence that matters at 3 a.m. is always there: none of this is
// counted against maxmemory, so none of it evicts a key.

import { bytes, duration, percent } from '../core/text/quantity.ts';
import type { Info } from '../core/types.ts';
import { wastes } from './cause.ts';
import { retainedFor, retainedIsLarge } from './change-allocator.ts';
import { runbookLimits } from './limits.ts';
import { type OutsideUsed, outsideUsed } from './memory-limit.ts';
import {
	extraOf,
	fact,
	factOf,
	infoOf,
	limitsOf,
	notTold,
	sentences,
	settingOf,
	textOf,
	trackOf,
} from './reading.ts';
import type { Answer, Fact, RunbookInput, Verdict } from './runbook.ts';

const why =
	'It is the first suspect in most guides and rarely the culprit: memory that is not counted against maxmemory evicts nothing. It is looked at early to be put aside, or to save the host from running out.';

const neverEvicts =
	'Fragmentation does not cause evictions: what lies outside used memory is not counted against maxmemory.';

export function checkFragmentation(input: RunbookInput): Verdict {
	const info = infoOf(input);
	const { usedMemoryBytes: used, rssBytes: rss } = info;
	if (used === undefined || rss === undefined)
		return {
			answer: 'unknown',
			facts: [],
			text: `The resident set is not known: ${used === undefined ? notTold(input, 'INFO') : 'INFO memory of this server does not tell used_memory_rss'}. ${neverEvicts}`,
			why,
		};
	const { swapped } = limitsOf(input);
	const outside = outsideUsed(info, { warn: swapped.warn, usedBytes: swapped.extra.usedBytes });
	const isSplitKnown = outside.fragmentedBytes !== undefined && outside.retainedBytes !== undefined;
	const answer = answerOf(input, info, outside);
	return {
		answer: answer === 'fine' && !isSplitKnown ? 'unknown' : answer,
		facts: factsOf(input, info, outside),
		text: sentences(
			outside.isSwapped && swapText,
			fragmentedText(info, outside),
			retainedText(input, info, outside),
			pendingText(info),
			answer === 'fine' && isSplitKnown && 'Nothing outside used memory is large.',
			!isSplitKnown &&
				'This server does not tell allocator_active and allocator_resident, so fragmentation and retained pages cannot be told apart.',
			neverEvicts,
		),
		why,
	};
}

function answerOf(input: RunbookInput, info: Info, outside: OutsideUsed): Answer {
	const used = info.usedMemoryBytes ?? 0;
	const { fragmented } = limitsOf(input);
	const wasted = outside.fragmentedBytes ?? 0;
	if (outside.isSwapped) return 'act';
	if (wasted >= fragmented.crit && wasted >= used * fragmented.extra.critShare) return 'act';
	return wastes(info, wasted) > 0 || wastes(info, outside.retainedBytes) > 0 ? 'look' : 'fine';
}

function factsOf(input: RunbookInput, info: Info, outside: OutsideUsed): readonly Fact[] {
	const extra = extraOf(input);
	const memory = 'INFO memory';
	const ofUsed = (value: number) =>
		`${bytes(value)}, ${percent(value / Math.max(1, info.usedMemoryBytes ?? 0))} of used`;
	const defrag = settingOf(trackOf(input), 'activedefrag');
	return [
		fact('used_memory', bytes(info.usedMemoryBytes!), memory),
		fact('used_memory_rss', bytes(info.rssBytes!), memory, 'what the host sees'),
		...factOf(
			'fragmented',
			outside.fragmentedBytes,
			ofUsed,
			memory,
			'allocator_active - allocator_allocated',
		),
		...factOf('retained', outside.retainedBytes, ofUsed, memory, retainedNote(input)),
		...factOf('outside the allocator', outside.overheadBytes, bytes, memory, 'rss - allocator_resident'),
		...factOf(
			'mem_fragmentation_ratio',
			info.fragmentationRatio,
			value => value.toFixed(2),
			memory,
			'not judged: the bytes above are; an empty server has 13 to 21',
		),
		...factOf('used_memory_peak', info.peakBytes, bytes, memory, peakNote(info)),
		...factOf('lazyfree_pending_objects', info.lazyfreePendingObjects || undefined, String, memory),
		...(extra.allocator === undefined ? [] : [fact('mem_allocator', textOf(extra.allocator), memory)]),
		...(defrag === undefined ? [] : [fact('activedefrag', textOf(defrag), 'CONFIG GET activedefrag')]),
	];
}

function peakNote({ usedMemoryBytes: used, peakBytes: peak }: Info): string {
	return peak !== undefined && used !== undefined && peak > used * 1.5
		? 'it once held more: pages are left over from then'
		: 'a past peak is not the reason';
}

function retainedNote(input: RunbookInput): string {
	const seconds = retainedFor(input);
	const since = seconds === undefined ? '' : `, for ${duration(seconds)}`;
	return `allocator_resident - allocator_active${since}`;
}

const swapText =
	'Less is resident than used: part of the process is in swap, or was a moment ago. Every access to such a page waits for the disk. Free memory on the host, or move the node; nothing sent to the server brings it back.';

function fragmentedText(info: Info, { fragmentedBytes }: OutsideUsed): string {
	if (wastes(info, fragmentedBytes) === 0) return '';
	return `${bytes(fragmentedBytes!)} are holes in pages that are partly in use. The host lacks them, the data does not: new keys of like sizes fill them. MEMORY PURGE does not cure it. Active defragmentation does where the build allows it; else fail over to a replica and restart this node in a quiet hour.`;
}

function retainedText(input: RunbookInput, info: Info, { retainedBytes }: OutsideUsed): string {
	if (wastes(info, retainedBytes) === 0) return '';
	const amount = bytes(retainedBytes!);
	if (retainedIsLarge(input) && (retainedFor(input) ?? 0) >= runbookLimits.retainedSeconds)
		return `${amount} are free pages that the allocator keeps and has not given back: MEMORY PURGE returns these.`;
	return `${amount} are free pages that the allocator keeps; its background thread gives them back within about 10 seconds. If they are still there after ${runbookLimits.retainedSeconds} s, MEMORY PURGE returns them.`;
}

const pendingText = ({ lazyfreePendingObjects: pending }: Info) =>
	pending ? 'Objects are being freed in the background: wait until that is done before judging.' : '';
