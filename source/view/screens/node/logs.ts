// The parts of the node screen about what went slow, large or wrong within the window: the slow log as it grows, large
// requests and replies where the server keeps them (Valkey 8.1 and later), errors by their prefix.

import { isOwnEntry } from '../../../core/node/client-groups.ts';
import { slowWords } from '../../../core/node/slowlog.ts';
import { printable, printableText } from '../../../core/text/printable.ts';
import { bytes, count, duration, percent } from '../../../core/text/quantity.ts';
import type { Info, SlowlogEntry } from '../../../core/types.ts';
import { shareBar } from '../../chart.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { clock } from '../../format.ts';
import { dim, type Line, lineText } from '../../theme.ts';
import {
	lackedWord,
	largeInWindow,
	type NodeFacts,
	refusedWords,
	slowCountInWindow,
	slowInWindow,
	slowOfOthers,
} from './facts.ts';
import { by, fact, left, type Page, restOf, right, sentences, stacked, table, titled } from './lines.ts';
import { isDown, microseconds, notRead, perSecond, readingsMissing } from './words.ts';

export function slowlogLines(facts: NodeFacts, page: Page): readonly Line[] {
	if (!facts.info) return [];
	return stacked(slowLines(page, facts), largeLines(page, facts), olderLines(page, facts));
}

function slowLines(page: Page, facts: NodeFacts): readonly Line[] {
	const refused = refusedWords(facts, 'slowlog get');
	const entries = slowInWindow(facts);
	const all = slowCountInWindow(facts);
	const read = slowOfOthers(facts).length;
	const unread = all.count > read ? `, ${read} of ${slowWords(all)}` : '';
	const note = refused ?? `last ${facts.window.words}, newest first${unread}; ${thresholdWords(facts)}`;
	return [
		titled('SLOWLOG', note),
		...(entries.length > 0 ? slowTable(page, entries) : []),
		...(entries.length === 0 && !refused
			? sentences(isDown(facts) ? notRead : 'nothing was slow', page)
			: []),
	];
}

/** An old entry is dim, and one of ours: it is the price of looking, and no trouble of the server. */
function slowTable(page: Page, entries: readonly SlowlogEntry[], isOld = false): readonly Line[] {
	const { columns } = page;
	const client = isWide(columns) ? 28 : 21;
	const { head, row } = table(page, [
		...[left('TIME', 8), right('TOOK', 6)],
		...(isNarrow(columns)
			? [left('COMMAND', columns - 20)]
			: [left('COMMAND', columns - 24 - client), left('CLIENT', client)]),
	]);
	return [
		head,
		...entries.map(entry => {
			const took = microseconds(entry.microseconds);
			const line = row(clock(entry.at), took, entryWords(entry), clientWords(entry));
			return isOld || isOwnEntry(entry) ? [dim(lineText(line).trimEnd())] : line;
		}),
	];
}

/** The client's address, and its name in front of it where it has one. */
export const clientWords = ({ client, clientName }: Pick<SlowlogEntry, 'client' | 'clientName'>): string =>
	[clientName, client].filter(word => word !== undefined && word !== '').join(' ');

const longestArgument = 200;
const argumentWords = (args: readonly string[]): string =>
	args.map(arg => printable(arg, longestArgument)).join(' ');

/** An entry of ours is called so. */
export const entryWords = (entry: SlowlogEntry): string =>
	`${isOwnEntry(entry) ? 'by redis-top: ' : ''}${argumentWords(entry.args)}`;

/** `over 10ms`: what the server takes for slow. */
function thresholdWords({ track }: NodeFacts): string {
	const limit = Number(track?.config?.['slowlog-log-slower-than'] ?? Number.NaN);
	if (Number.isNaN(limit)) return 'by the limit of the server';
	if (limit < 0) return 'it is off: slowlog-log-slower-than is -1';
	return limit === 0 ? 'every command is logged' : `what took over ${microseconds(limit)}`;
}

function largeLines(page: Page, facts: NodeFacts): readonly Line[] {
	if (lackedWord(facts, 'commandlog get') !== undefined)
		return [titled('LARGE REQUESTS AND REPLIES', refusedWords(facts, 'commandlog get'))];
	const entries = largeInWindow(facts);
	if (entries.length === 0) return [];
	const { head, row } = table(page, [
		...[left('TIME', 8), right('BYTES', 7), left('', 7), left('CLIENT', by(page, 0, 21, 28))],
		left('COMMAND', restOf(page, by(page, 30, 53, 60))),
	]);
	return [
		titled('LARGE REQUESTS AND REPLIES', `last ${facts.window.words}, newest first, by COMMANDLOG`),
		head,
		...entries.map(entry =>
			row(
				...[clock(entry.at), bytes(entry.bytes), entry.kind === 'large-reply' ? 'reply' : 'request'],
				...[clientWords(entry), argumentWords(entry.args)],
			),
		),
	];
}

function olderLines(page: Page, facts: NodeFacts): readonly Line[] {
	const shown = new Set(slowInWindow(facts));
	const older = (facts.track?.slowlog ?? []).filter(entry => !shown.has(entry));
	if (older.length === 0) return [];
	return [titled('BEFORE', 'outside of the window'), ...slowTable(page, older, true)];
}

/** The longest of the window. */
export const worstOfWindow = (entries: readonly SlowlogEntry[]): SlowlogEntry | undefined =>
	entries.reduce<SlowlogEntry | undefined>(
		(worst, entry) => (worst && worst.microseconds >= entry.microseconds ? worst : entry),
		undefined,
	);

// ---------------------------------------------------------------------------------------------------------
// Errors

export function errorLines(facts: NodeFacts, page: Page): readonly Line[] {
	const { errors: window, info } = facts;
	if (!info) return [];
	return stacked(
		[titled('ERRORS', errorNote(facts)), ...prefixLines(page, facts)],
		deniedLines(page, facts),
		window || !info.errors ? sinceStart(page, info) : [],
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

function prefixLines(page: Page, { errors: window }: NodeFacts): readonly Line[] {
	if (!window) return [];
	if (window.prefixes.length === 0) return sentences('none', page);
	const { head, row } = table(page, [
		...[left('PREFIX', by(page, 14, 24, 24)), right('TIMES', 7), right('A SECOND', 9), right('SHARE', 6)],
		left('', by(page, 0, 20, 20)),
	]);
	return [
		head,
		...window.prefixes.map(each => {
			const share = each.count / window.total;
			return row(
				...[printableText(each.prefix), count(each.count), perSecond(each.perSecond), percent(share)],
				shareBar(share, 20, page.isAscii),
			);
		}),
	];
}

/** Whom it refused what, by its own log; nothing where it refused nobody. */
function deniedLines(page: Page, facts: NodeFacts): readonly Line[] {
	if (lackedWord(facts, 'acl log') !== undefined) return [titled('DENIED', refusedWords(facts, 'acl log'))];
	const { at = 0, list = [] } = facts.close.denied ?? {};
	if (list.length === 0) return [];
	const since = Math.max(0, facts.at - at) / 1000;
	return [
		titled('DENIED', 'by ACL LOG, newest first'),
		...list.map(({ user, reason, object, count: times, ageSeconds, client }) =>
			fact(
				page,
				user,
				reason === 'auth' ? 'login' : `${reason} ${object}`,
				`${count(times)} times, ${duration(ageSeconds + since)} ago${client ? `, from ${client}` : ''}`,
			),
		),
	];
}

function sinceStart(page: Page, info: Info): readonly Line[] {
	const all = info.errorReplies;
	return [
		titled('SINCE THE START'),
		fact(page, 'error replies', all === undefined ? undefined : String(all)),
		...Object.entries(info.errors ?? {})
			.sort(([, a = 0], [, b = 0]) => b - a)
			.slice(0, 20)
			.map(([prefix, times]) => fact(page, prefix, times === undefined ? undefined : String(times))),
	];
}
