// The part of the node screen about commands: what each of them took of the server's time within the window, and how
// long a call took. redis-top's own calls are taken out, and it is said how many they were.

import { count, duration, percent } from '../../../core/text/quantity.ts';
import { type NodeFacts, refusedWords, serverAhead } from './facts.ts';
import { fact, type NodeLine, sentences, stacked, titled } from './lines.ts';
import { boundWords, latencyFacts, microseconds, readingsMissing } from './words.ts';

export function commandLines(facts: NodeFacts, columns: number): readonly NodeLine[] {
	return stacked(timesLines(facts), eventLines(facts), tableLines(facts, columns));
}

function timesLines(facts: NodeFacts): readonly NodeLine[] {
	const { latency, details, row } = facts;
	const { together } = latency ?? {};
	const refused = refusedWords(facts, 'latency histogram');
	const span = latency ? `over ${duration(latency.seconds)}, of ${count(together?.calls ?? 0)} calls` : '';
	const ping = row?.pingMilliseconds;
	return [
		titled('LATENCY', refused ?? latencyFacts(facts).without ?? span),
		fact(
			'ping',
			ping === undefined ? undefined : duration(ping / 1000),
			'longest round trip from here, with the network',
		),
		...stallLines(facts),
		fact('p50', boundWords(together?.p50), 'median, server side'),
		fact('p99', boundWords(together?.p99), '99 of 100; times to a power of two'),
		fact('p99.9', boundWords(together?.p999)),
		...(details.loopMicroseconds === undefined
			? []
			: [
					fact(
						'event loop',
						microseconds(details.loopMicroseconds),
						`a turn, ${count(details.loopsPerSecond ?? 0)} turns/s`,
					),
				]),
	];
}

function stallLines({ row }: NodeFacts): readonly NodeLine[] {
	if (!row?.stallsLastMinute) return [];
	return [
		fact(
			'stalls',
			count(row.stallsLastMinute),
			`no answer for ${duration(row.stalledSecondsLastMinute ?? 0)} of the last minute`,
		),
	];
}

/** What took longer than its limit by the server's own watch; nothing where there was nothing. */
function eventLines(facts: NodeFacts): readonly NodeLine[] {
	const refused = refusedWords(facts, 'latency latest');
	if (refused?.includes('not allowed')) return [titled('LATENCY EVENTS', refused)];
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
				event.name,
				duration(event.milliseconds / 1000),
				`${duration(Math.max(0, now - event.at) / 1000)} ago; the longest ${duration(event.longestMilliseconds / 1000)}`,
			),
		),
	];
}

function tableLines(facts: NodeFacts, columns: number): readonly NodeLine[] {
	const { commands: window, latency } = facts;
	const refused = refusedWords(facts, 'info commandstats');
	if (!window) return [titled('COMMANDS', refused ?? readingsMissing(facts))];
	const times = new Map(latency?.commands.map(each => [each.name, each]));
	const note = `over ${duration(window.seconds)}, ${percent(window.busy)} of one core; redis-top's own ${count(window.own.calls)} calls are left out`;
	return [
		titled('COMMANDS', note),
		{ kind: 'head', table: 'commands' },
		...window.commands.map((use): NodeLine => ({ kind: 'command', use, times: times.get(use.name) })),
		...(window.commands.length === 0 ? sentences('nothing was called', columns) : []),
		...(window.commands.some(use => use.runsOthers)
			? sentences('* runs others, whose time is also in rows of their own', columns)
			: []),
		...(window.isOvercounted
			? sentences(
					'This version counts commands in MULTI from its beginning: the sum is more than the time there was, and shares are not to be trusted.',
					columns,
				)
			: []),
	];
}
