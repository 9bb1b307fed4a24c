// The part of the node screen about commands: what each of them took of the server's time within the window, and how
// long a call took. redis-top's own calls are taken out, and it is said how many they were.

import { printable } from '../../../core/text/printable.ts';
import { count, duration, percent } from '../../../core/text/quantity.ts';
import { shareBar } from '../../chart.ts';
import { none, orDash } from '../../format.ts';
import type { Line } from '../../theme.ts';
import { lackedWord, type NodeFacts, refusedWords, serverAhead } from './facts.ts';
import { by, fact, left, type Page, right, sentences, stacked, table, titled } from './lines.ts';
import { boundWords, callTime, latencyFacts, microseconds, perSecond, readingsMissing } from './words.ts';

export function commandLines(facts: NodeFacts, page: Page): readonly Line[] {
	return stacked(timesLines(page, facts), eventLines(page, facts), tableLines(page, facts));
}

function timesLines(page: Page, facts: NodeFacts): readonly Line[] {
	const { latency, details, row } = facts;
	const { together } = latency ?? {};
	const refused = refusedWords(facts, 'latency histogram');
	const span = latency ? `over ${duration(latency.seconds)}, of ${count(together?.calls ?? 0)} calls` : '';
	const ping = row?.pingMilliseconds;
	return [
		titled('LATENCY', refused ?? latencyFacts(facts).without ?? span),
		fact(
			page,
			'ping',
			ping === undefined ? undefined : duration(ping / 1000),
			'longest round trip from here, with the network',
		),
		...stallLines(page, facts),
		fact(page, 'p50', boundWords(together?.p50), 'median, server side'),
		fact(page, 'p99', boundWords(together?.p99), '99 of 100; times to a power of two'),
		fact(page, 'p99.9', boundWords(together?.p999)),
		...(details.loopMicroseconds === undefined
			? []
			: [
					fact(
						page,
						'event loop',
						microseconds(details.loopMicroseconds),
						`a turn, ${count(details.loopsPerSecond ?? 0)} turns/s`,
					),
				]),
	];
}

function stallLines(page: Page, { row }: NodeFacts): readonly Line[] {
	if (!row?.stallsLastMinute) return [];
	return [
		fact(
			page,
			'stalls',
			count(row.stallsLastMinute),
			`no answer for ${duration(row.stalledSecondsLastMinute ?? 0)} of the last minute`,
		),
	];
}

/** What took longer than its limit by the server's own watch; nothing where there was nothing. */
function eventLines(page: Page, facts: NodeFacts): readonly Line[] {
	if (lackedWord(facts, 'latency latest') !== undefined)
		return [titled('LATENCY EVENTS', refusedWords(facts, 'latency latest'))];
	const { list = [] } = facts.close.events ?? {};
	if (list.length === 0) return [];
	const now = facts.window.until + serverAhead(facts);
	return [
		titled(
			'LATENCY EVENTS',
			`over ${facts.track?.config?.['latency-monitor-threshold'] ?? '-'}ms, newest first`,
		),
		...list.map(event =>
			fact(
				page,
				event.name,
				duration(event.milliseconds / 1000),
				`${duration(Math.max(0, now - event.at) / 1000)} ago; the longest ${duration(event.longestMilliseconds / 1000)}`,
			),
		),
	];
}

function tableLines(page: Page, facts: NodeFacts): readonly Line[] {
	const { commands: window, latency } = facts;
	const refused = refusedWords(facts, 'info commandstats');
	if (!window) return [titled('COMMANDS', refused ?? readingsMissing(facts))];
	const times = new Map(latency?.commands.map(each => [each.name, each]));
	const barWidth = by(page, 0, 8, 12);
	const { head, row } = table(page, [
		...[left('COMMAND', by(page, 14, 18, 28)), left('', barWidth), right('SHARE', by(page, 5, 6, 6))],
		...[right('CALLS/S', by(page, 7, 8, 8)), right('USEC/CALL', by(page, 9, 10, 10))],
		...[right('FAILED', by(page, 0, 7, 7)), right('REJECTED', by(page, 0, 8, 8))],
		...[right('P50', by(page, 0, 0, 9)), right('P99', by(page, 0, 0, 9))],
	]);
	const note = `over ${duration(window.seconds)}, ${percent(window.busy)} of one core; redis-top's own ${count(window.own.calls)} calls are left out`;
	return [
		titled('COMMANDS', note),
		head,
		...window.commands.map(use =>
			row(
				`${printable(use.name)}${use.runsOthers ? '*' : ''}`,
				shareBar(use.share ?? 0, barWidth, page.isAscii),
				orDash(use.share, percent),
				perSecond(use.callsPerSecond),
				orDash(use.microsecondsPerCall, callTime),
				orDash(use.failed, count),
				orDash(use.rejected, count),
				boundWords(times.get(use.name)?.p50) ?? none,
				boundWords(times.get(use.name)?.p99) ?? none,
			),
		),
		...(window.commands.length === 0 ? sentences('nothing was called', page) : []),
		...(window.commands.some(use => use.runsOthers)
			? sentences('* runs others, whose time is also in rows of their own', page)
			: []),
		...(window.isOvercounted
			? sentences(
					'This version counts commands in MULTI from its beginning: the sum is more than the time there was, and shares are not to be trusted.',
					page,
				)
			: []),
	];
}
