// The parts of the node screen about what went slow, large or wrong within the window: the slow log as it grows, large
// requests and replies where the server keeps them (Valkey 8.1 and later), errors by their prefix.

import { slowWords } from '../../../core/node/slowlog.ts';
import { count, duration } from '../../../core/text/quantity.ts';
import type { Info, SlowlogEntry } from '../../../core/types.ts';
import {
	largeInWindow,
	type NodeFacts,
	refusedWords,
	slowCountInWindow,
	slowInWindow,
	slowOfOthers,
} from './facts.ts';
import { fact, type NodeLine, sentences, stacked, titled } from './lines.ts';
import { isDown, microseconds, notRead, readingsMissing } from './words.ts';

export function slowlogLines(facts: NodeFacts, columns: number): readonly NodeLine[] {
	if (!facts.info) return [];
	return stacked(slowLines(facts, columns), largeLines(facts), olderLines(facts));
}

function slowLines(facts: NodeFacts, columns: number): readonly NodeLine[] {
	const refused = refusedWords(facts, 'slowlog get');
	const entries = slowInWindow(facts);
	const all = slowCountInWindow(facts);
	const read = slowOfOthers(facts).length;
	const unread = all.count > read ? `, ${read} of ${slowWords(all)}` : '';
	const note = refused ?? `last ${facts.window.words}, newest first${unread}; ${thresholdWords(facts)}`;
	return [
		titled('SLOWLOG', note),
		...(entries.length > 0 ? [{ kind: 'head', table: 'slow' } as const] : []),
		...entries.map((entry): NodeLine => ({ kind: 'slow', entry })),
		...(entries.length === 0 && !refused
			? sentences(isDown(facts) ? notRead : 'nothing was slow', columns)
			: []),
	];
}

/** `over 10ms`: what the server takes for slow. */
export function thresholdWords({ track }: NodeFacts): string {
	const limit = Number(track?.config?.['slowlog-log-slower-than'] ?? Number.NaN);
	if (Number.isNaN(limit)) return 'by the limit of the server';
	if (limit < 0) return 'it is off: slowlog-log-slower-than is -1';
	return limit === 0 ? 'every command is logged' : `what took over ${microseconds(limit)}`;
}

function largeLines(facts: NodeFacts): readonly NodeLine[] {
	const refused = refusedWords(facts, 'commandlog get');
	if (refused?.includes('not allowed')) return [titled('LARGE REQUESTS AND REPLIES', refused)];
	const entries = largeInWindow(facts);
	if (entries.length === 0) return [];
	return [
		titled('LARGE REQUESTS AND REPLIES', `last ${facts.window.words}, newest first, by COMMANDLOG`),
		{ kind: 'head', table: 'large' },
		...entries.map((entry): NodeLine => ({ kind: 'large', entry })),
	];
}

function olderLines(facts: NodeFacts): readonly NodeLine[] {
	const shown = new Set(slowInWindow(facts));
	const older = (facts.track?.slowlog ?? []).filter(entry => !shown.has(entry));
	if (older.length === 0) return [];
	return [
		titled('BEFORE', 'outside of the window'),
		{ kind: 'head', table: 'slow' },
		...older.map((entry): NodeLine => ({ kind: 'slow', entry, isOld: true })),
	];
}

/** The longest of the window. */
export const worstOfWindow = (entries: readonly SlowlogEntry[]): SlowlogEntry | undefined =>
	entries.reduce<SlowlogEntry | undefined>(
		(worst, entry) => (worst && worst.microseconds >= entry.microseconds ? worst : entry),
		undefined,
	);

// ---------------------------------------------------------------------------------------------------------
// Errors

export function errorLines(facts: NodeFacts, columns: number): readonly NodeLine[] {
	const { errors: window, info } = facts;
	if (!info) return [];
	return stacked(
		[titled('ERRORS', errorNote(facts)), ...prefixLines(facts, columns)],
		deniedLines(facts),
		window || !info.errors ? sinceStart(info) : [],
	);
}

function errorNote(facts: NodeFacts): string {
	const { errors: window, info } = facts;
	if (!info?.errors) return errorsMissing(info);
	if (!window) return readingsMissing(facts);
	return `over ${duration(window.seconds)}: ${count(window.total)} error replies`;
}

/** Why errors are not told by prefix. */
const errorsMissing = (info: Info | undefined): string =>
	info?.errorsStopped === 'off'
		? 'not told: scripts answered over 128 codes of their own, CONFIG RESETSTAT starts anew'
		: 'by prefix from 6.2 on, where INFO tells errorstats';

function prefixLines({ errors: window }: NodeFacts, columns: number): readonly NodeLine[] {
	if (!window) return [];
	if (window.prefixes.length === 0) return sentences('none', columns);
	return [
		{ kind: 'head', table: 'errors' },
		...window.prefixes.map(
			(each): NodeLine => ({ kind: 'error', ...each, share: each.count / window.total }),
		),
	];
}

/** Whom it refused what, by its own log; nothing where it refused nobody. */
function deniedLines(facts: NodeFacts): readonly NodeLine[] {
	const refused = refusedWords(facts, 'acl log');
	if (refused?.includes('not allowed')) return [titled('DENIED', refused)];
	const { at = 0, list = [] } = facts.close.denied ?? {};
	if (list.length === 0) return [];
	const since = Math.max(0, facts.at - at) / 1000;
	return [
		titled('DENIED', 'by ACL LOG, newest first'),
		...list.map(({ user, reason, object, count: times, ageSeconds, client }) =>
			fact(
				user,
				reason === 'auth' ? 'login' : `${reason} ${object}`,
				`${count(times)} times, ${duration(ageSeconds + since)} ago${client ? `, from ${client}` : ''}`,
			),
		),
	];
}

function sinceStart(info: Info): readonly NodeLine[] {
	const all = info.errorReplies;
	return [
		titled('SINCE THE START'),
		fact('error replies', all === undefined ? undefined : String(all)),
		...Object.entries(info.errors ?? {})
			.sort(([, a = 0], [, b = 0]) => b - a)
			.slice(0, 20)
			.map(([prefix, times]) => fact(prefix, times === undefined ? undefined : String(times))),
	];
}
