// Changes that give memory back to the host: MEMORY PURGE for pages the allocator retains, active defragmentation for
// holes in pages. Neither makes room under maxmemory, and both say so.

import { bytes, duration } from '../core/text/quantity.ts';
import { wastes } from './cause.ts';
import { runbookLimits } from './limits.ts';
import { outsideUsed } from './memory-limit.ts';
import { extraOf, infoOf, limitsOf, settingOf, textOf, timeOf, trackOf } from './reading.ts';
import type { Change, RunbookInput } from './runbook.ts';

/** How long retained pages have been large without a break, seconds; undefined where nobody watched. */
export function retainedFor(input: RunbookInput): number | undefined {
	const since = extraOf(input).retainedSince;
	return since === undefined ? undefined : Math.max(0, (timeOf(input) - since) / 1000);
}

export const retainedIsLarge = (input: RunbookInput) =>
	wastes(infoOf(input), outsideOf(input).retainedBytes) > 0;

function outsideOf(input: RunbookInput) {
	const { swapped } = limitsOf(input);
	return outsideUsed(infoOf(input), { warn: swapped.warn, usedBytes: swapped.extra.usedBytes });
}

/** Why MEMORY PURGE is not for this node now; undefined where it is. */
function noPurgeBecause(input: RunbookInput): string | undefined {
	const { allocator } = extraOf(input);
	const seconds = retainedFor(input);
	if (!retainedIsLarge(input))
		return 'the allocator retains few pages, and it returns nothing else: it does not cure fragmentation';
	if (allocator === undefined) return 'INFO does not tell the allocator; only jemalloc has pages to purge';
	if (!allocator.startsWith('jemalloc'))
		return `the allocator is ${textOf(allocator)}: without jemalloc the server answers OK and does nothing`;
	if (seconds === undefined || seconds < runbookLimits.retainedSeconds)
		return `the pages have not stayed for ${runbookLimits.retainedSeconds} s yet${seconds === undefined ? '' : ` (${duration(seconds)})`}: jemalloc gives them back by itself within about 10 s`;
	return undefined;
}

function purge(input: RunbookInput): Change {
	const info = infoOf(input);
	const { retainedBytes } = outsideOf(input);
	const reason = noPurgeBecause(input);
	const rss = info.rssBytes;
	const saved = retainedBytes ?? 0;
	return {
		id: 'memory-purge',
		title: 'return retained pages to the host',
		command: ['MEMORY', 'PURGE'],
		node: input.node.address,
		effect:
			'The allocator gives free pages back to the host. It frees nothing under maxmemory, stops no eviction and does not cure fragmentation.',
		now: `rss ${rss === undefined ? 'not known' : bytes(rss)}, retained ${bytes(saved)}`,
		after: rss === undefined ? 'not known' : `rss down by at most ${bytes(saved)}`,
		risk: 'The server answers nobody while it runs: about a millisecond on a small heap, longer on a large one.',
		lostAtRestart: false,
		also: ['Each replica has its own pages: look at each.'],
		order: 20,
		isOffered: reason === undefined,
		...(reason !== undefined && { reason }),
	};
}

function defragment(input: RunbookInput): Change | undefined {
	const { fragmentedBytes } = outsideOf(input);
	if (wastes(infoOf(input), fragmentedBytes) === 0) return undefined;
	const setting = settingOf(trackOf(input), 'activedefrag');
	const reason =
		setting === 'yes'
			? 'it is on already: it works where fragmentation is over its own thresholds (active-defrag-*)'
			: setting === undefined
				? 'whether it is on is not known: the user needs +config|get'
				: undefined;
	return {
		id: 'activedefrag',
		title: 'defragment while it runs',
		command: ['CONFIG', 'SET', 'activedefrag', 'yes'],
		node: input.node.address,
		effect:
			'The server moves values together in small steps and frees the emptied pages. Builds with the system jemalloc (Debian, Ubuntu) refuse it with an error and change nothing.',
		now: `activedefrag ${textOf(setting ?? 'not known')}, fragmented ${bytes(fragmentedBytes!)}`,
		after: 'fragmentation falls over minutes; used memory and evictions stay as they are',
		risk: 'It takes main thread time (up to active-defrag-cycle-max, 25% of a core by default): latency rises while it works.',
		undo: ['CONFIG', 'SET', 'activedefrag', 'no'],
		lostAtRestart: true,
		also: ['Each replica is fragmented by itself and is set by itself.'],
		order: 25,
		isOffered: reason === undefined,
		...(reason !== undefined && { reason }),
	};
}

/** What step 2 can do: purge where pages stay, defragment where there are holes. */
export function changesOfFragmentation(input: RunbookInput): readonly Change[] {
	if (infoOf(input).usedMemoryBytes === undefined) return [];
	const defrag = defragment(input);
	return defrag ? [purge(input), defrag] : [purge(input)];
}
