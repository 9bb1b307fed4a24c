// The overview of one node: four charts, then where the memory goes, which commands take the time, what the clients do,
// what was slow. On a wide screen as tables side by side, else one line for each; it never scrolls, and what it leaves
// out stands in full in the parts behind Tab. How many lines each has is panel.ts.

import { foldGroups, groupClients } from '../../../core/node/client-groups.ts';
import { foldCommands } from '../../../core/node/command-window.ts';
import { keysIn } from '../../../core/node/keyspace.ts';
import { slowWords } from '../../../core/node/slowlog.ts';
import { printable, printableText } from '../../../core/text/printable.ts';
import { bytes, count, duration, percent } from '../../../core/text/quantity.ts';
import type { State } from '../../../state/state.ts';
import { shareBar } from '../../chart.ts';
import { clock, hitPercent, none, orDash, ratio, whole } from '../../format.ts';
import { type CellColumn, cellsHead, cellsLine, fact as factOf, factsLine } from '../../parts/cells.ts';
import { filled } from '../../parts/screen-frame.ts';
import { blank, bold, crop, dim, type Line, lineWidth, plain } from '../../theme.ts';
import { type NodeChart, nodeChart } from './charts.ts';
import { applicationsIn, churnWords, unlistedWords } from './clients.ts';
import {
	lackedWord,
	type NodeFacts,
	refusedWords,
	slowCountInWindow,
	slowInWindow,
	slowOfOthers,
} from './facts.ts';
import { left, right } from './lines.ts';
import { clientWords, entryWords, worstOfWindow } from './logs.ts';
import { type OutsideStepId, outsideSteps, partNames } from './memory.ts';
import { type NodeLayout, nodeLayout } from './panel.ts';
import {
	boundWords,
	callTime,
	isDown,
	latencyFacts,
	microseconds,
	notRead,
	readingsMissing,
	sharePercent,
} from './words.ts';

export function nodeOverview(state: State, facts: NodeFacts): readonly Line[] {
	const layout = nodeLayout(state);
	switch (layout.kind) {
		case 'wide':
			return wideOverview(state, facts, layout);
		case 'standard':
			return [
				...chartRows(state, facts, layout.chart, false),
				...filled(factLines(state, facts, state.size.columns), layout.facts),
				...(layout.tables > 0
					? [blank, ...filled(commandTable(state, facts, state.size.columns, layout.tables), layout.tables)]
					: []),
			];
		case 'narrow':
			return [
				...(layout.chart > 0 ? nodeChart(state, facts, 'ops', state.size.columns, layout.chart) : []),
				...filled(factLines(state, facts, state.size.columns), layout.facts),
			];
	}
}

const between = 4;

function wideOverview(
	state: State,
	facts: NodeFacts,
	{ chart, tables, logs }: Extract<NodeLayout, { kind: 'wide' }>,
): readonly Line[] {
	const half = Math.floor((state.size.columns - between) / 2);
	const beside = (left: readonly Line[], right: readonly Line[], rows: number) =>
		paired(state, filled(left, rows), filled(right, rows), half);
	const lines = factLines(state, facts, half);
	const [, keys = blank, clients = blank, latency = blank] = lines;
	return [
		...chartRows(state, facts, chart, true),
		blank,
		...beside(memoryTable(state, facts, tables), commandTable(state, facts, half, tables), tables + 1),
		blank,
		...beside([clients, keys], [latency, errorsLine(facts, half)], 2),
		blank,
		...beside(slowTable(state, facts, half, logs), clientTable(state, facts, half, logs), logs + 1),
	];
}

function paired(
	state: State,
	lefts: readonly Line[],
	rights: readonly Line[],
	half: number,
): readonly Line[] {
	return lefts.map((line, index) => {
		const left = crop(line, half, state.isAscii);
		const gap = plain(' '.repeat(half + between - lineWidth(left)));
		return [...left, gap, ...crop(rights[index] ?? blank, half, state.isAscii)];
	});
}

const chartPairs: readonly (readonly [NodeChart, NodeChart])[] = [
	['ops', 'hit'],
	['memory', 'evicted'],
];

function chartRows(state: State, facts: NodeFacts, rows: number, isApart: boolean): readonly Line[] {
	if (rows === 0) return [];
	const half = Math.floor((state.size.columns - between) / 2);
	return chartPairs.flatMap(([left, right], index) => [
		...(isApart && index > 0 ? [blank] : []),
		...paired(
			state,
			nodeChart(state, facts, left, half, rows),
			nodeChart(state, facts, right, half, rows),
			half,
		),
	]);
}

// ---------------------------------------------------------------------------------------------------------
// A line for each part

const labelWidth = 9;

/** The label, bold, then facts as far as they fit. */
function labelled(label: string, facts: readonly Line[], width: number): Line {
	return [bold(label.padEnd(labelWidth)), ...factsLine(facts, width - labelWidth)];
}

/** MEMORY, KEYS, CLIENTS, LATENCY, COMMANDS, SLOWLOG: always in this order. */
function factLines(state: State, facts: NodeFacts, width: number): readonly Line[] {
	return [
		memoryLine(facts, width),
		keysLine(facts, width),
		clientsLine(facts, width),
		latencyLine(facts, width),
		commandsLine(facts, width),
		slowLine(state, facts, width),
	];
}

function memoryLine({ info, memory }: NodeFacts, width: number): Line {
	const { usedMemoryBytes: used, maxmemoryBytes: limit } = info ?? {};
	const apart = info?.notCountedForEvictBytes ?? 0;
	const share = used !== undefined && limit ? ` of ${bytes(limit)} ${percent((used - apart) / limit)}` : '';
	const largest = [...(memory?.parts ?? [])].sort((a, b) => b.bytes - a.bytes)[0];
	return labelled(
		'MEMORY',
		[
			factOf('used', `${orDash(used, bytes)}${share}`),
			factOf('rss', orDash(info?.rssBytes, bytes)),
			factOf('frag', orDash(info?.fragmentationRatio, ratio)),
			factOf('peak', orDash(info?.peakBytes, bytes)),
			...(largest ? [factOf(partNames[largest.id], percent(largest.share))] : []),
		],
		width,
	);
}

function keysLine({ info, row }: NodeFacts, width: number): Line {
	const databases = info?.databases ?? [];
	const [keys, expires] = [keysIn(databases, 'keys'), keysIn(databases, 'expires')];
	const [first, ...others] = databases;
	const name = first && others.length === 0 ? `db${first.db}` : `${databases.length} dbs`;
	const ttl = others.length === 0 ? first?.avgTtlMilliseconds : undefined;
	return labelled(
		'KEYS',
		[
			info?.databases && first === undefined
				? [plain('none')]
				: factOf(name, info?.databases ? orDash(keys, count) : none),
			...(info?.isHotkeysTracking ? [[plain('HOTKEYS tracks them')]] : []),
			factOf('ttl', keys && expires !== undefined ? percent(expires / keys) : none),
			...(ttl && expires ? [factOf('avg ttl', duration(ttl / 1000))] : []),
			factOf(
				'hit',
				orDash(row?.hitRate, share => `${hitPercent(share)}%`),
			),
			factOf(
				'expire',
				orDash(row?.expiredPerSecond, rate => `${count(rate)}/s`),
			),
			...(row?.expiredFieldsPerSecond
				? [factOf('fields expire', `${count(row.expiredFieldsPerSecond)}/s`)]
				: []),
		],
		width,
	);
}

function clientsLine({ info, row }: NodeFacts, width: number): Line {
	const most = row?.maxClients ?? (info?.maxClients || undefined);
	const of = most === undefined ? '' : ` of ${most}`;
	const rate = (value: number | undefined) => orDash(value, each => `${bytes(each)}/s`);
	return labelled(
		'CLIENTS',
		[
			factOf('conn', `${orDash(info?.connectedClients, whole)}${of}`),
			factOf('blocked', orDash(info?.blockedClients, whole)),
			factOf('in', rate(row?.inputBytesPerSecond)),
			factOf('out', rate(row?.outputBytesPerSecond)),
			factOf(
				'reject',
				orDash(row?.rejectedPerSecond, each => `${count(each)}/s`),
			),
		],
		width,
	);
}

function latencyLine(facts: NodeFacts, width: number): Line {
	const { row, latency, details, window } = facts;
	const slow = slowOfOthers(facts);
	const worst = worstOfWindow(slow);
	const lacked = lackedWord(facts, 'latency histogram');
	const refusal = lacked ? `percentiles need ${lacked}` : refusedWords(facts, 'latency histogram');
	const why = refusal ?? latencyFacts(facts).without;
	// Instead of two dashes, where there is room for it.
	const without = why && !latency ? [[dim(why)]] : [];
	const isRefused = refusedWords(facts, 'slowlog get') !== undefined;
	const isUnread = isRefused || (isDown(facts) && slow.length === 0);
	const slowText =
		facts.info && !isUnread ? `+${slowWords(slowCountInWindow(facts))} in ${window.words}` : none;
	return labelled(
		'LATENCY',
		[
			factOf(
				'ping',
				orDash(row?.pingMilliseconds, each => duration(each / 1000)),
			),
			...(without.length > 0
				? []
				: [
						factOf('p50', boundWords(latency?.together?.p50) ?? none),
						factOf('p99', boundWords(latency?.together?.p99) ?? none),
					]),
			factOf('slowlog', slowText),
			...without,
			...(worst
				? [factOf('worst', `${microseconds(worst.microseconds)} ${printable(worst.args[0] ?? '', 40)}`)]
				: []),
			...(details.loopMicroseconds === undefined
				? []
				: [factOf('loop', microseconds(details.loopMicroseconds))]),
		],
		width,
	);
}

function commandsLine(facts: NodeFacts, width: number): Line {
	const { commands } = facts;
	if (!commands) return labelled('COMMANDS', [[dim(commandsMissing(facts))]], width);
	const used = commands.commands.filter(({ share }) => share !== undefined);
	const parts = used.slice(0, 12).map(({ name, share }) => factOf(printable(name), percent(share!)));
	return labelled(
		'COMMANDS',
		[factOf('busy', percent(commands.busy)), ...(parts.length > 0 ? parts : [[plain('none')]])],
		width,
	);
}

function slowLine(state: State, facts: NodeFacts, width: number): Line {
	const refused = refusedWords(facts, 'slowlog get');
	const [newest] = slowOfOthers(facts);
	if (!newest) {
		const nothing = isDown(facts) ? notRead : `nothing in ${facts.window.words}`;
		const words = facts.info ? (refused ?? nothing) : none;
		return [bold('SLOWLOG  '), refused ? dim(words) : plain(words)];
	}
	const text = `${clock(newest.at)}  ${microseconds(newest.microseconds)}  ${entryWords(newest)}`;
	return crop([bold('SLOWLOG  '), plain(text)], width, state.isAscii);
}

/** Errors by prefix, where the wide screen has room for them beside the keys. */
function errorsLine({ errors, window, info, row }: NodeFacts, width: number): Line {
	if (!errors) {
		const why =
			info?.errorsStopped === 'off' ? 'not told: switched off by the server' : 'not told before 6.2';
		const rate = row?.errorsPerSecond;
		const words = info && !info.errors ? why : none;
		return labelled(
			'ERRORS',
			[...(rate === undefined || !info || info.errors ? [] : [[plain(`${count(rate)}/s`)]]), [dim(words)]],
			width,
		);
	}
	if (errors.total === 0) return labelled('ERRORS', [[plain(`none in ${window.words}`)]], width);
	const parts = errors.prefixes.map(({ prefix, count: times }) =>
		factOf(printableText(prefix), count(times)),
	);
	return labelled('ERRORS', [[plain(`${count(errors.total)} in ${window.words}`)], ...parts], width);
}

// ---------------------------------------------------------------------------------------------------------
// Tables of the wide screen

const memoryColumns = (half: number): readonly CellColumn[] => [
	{ ...left('MEMORY', 18), gap: 0 },
	right('BYTES', 7),
	left('SHARE OF USED', Math.max(8, half - 38)),
	right('', 7),
];

/** The parts, the largest first; in its last two lines what lies outside of used_memory. */
function memoryTable(state: State, facts: NodeFacts, rows: number): readonly Line[] {
	const columns = memoryColumns(Math.floor((state.size.columns - between) / 2));
	const { memory } = facts;
	if (!memory) return [cellsHead(columns), [plain(`  ${none}`)]];
	const parts = [...memory.parts].filter(part => part.bytes !== 0).sort((a, b) => b.bytes - a.bytes);
	const room = rows - 2;
	const shown = parts.length > room ? parts.slice(0, room - 1) : parts;
	const rest = parts.slice(shown.length).reduce((sum, part) => sum + part.bytes, 0);
	const all = [
		...shown.map(part => ({ name: partNames[part.id], bytes: part.bytes })),
		...(parts.length > room ? [{ name: 'other parts', bytes: rest }] : []),
	];
	const barWidth = columns[2]!.width;
	const lines = all.map(part => {
		const share = memory.usedBytes > 0 ? part.bytes / memory.usedBytes : 0;
		const bar = shareBar(Math.max(0, share), barWidth, state.isAscii);
		return cellsLine(columns, [`  ${part.name}`, bytes(part.bytes), bar, sharePercent(share)], state.isAscii);
	});
	return [cellsHead(columns), ...filled(lines, room), ...outsideLines(facts, columns)];
}

function outsideLines({ memory, info }: NodeFacts, columns: readonly CellColumn[]): readonly Line[] {
	const width = columns.reduce((sum, column) => sum + column.width + (column.gap ?? 2), 0);
	const steps = outsideSteps(memory!.outside, memory!.usedBytes);
	const step = (id: OutsideStepId) => steps.find(each => each.id === id);
	const of = (id: OutsideStepId) => orDash(step(id)?.bytes, bytes);
	const swapped = step('swapped');
	return [
		factsLine(
			[
				[plain('  '), ...factOf('rss', orDash(info?.rssBytes, bytes))],
				factOf('frag', orDash(info?.fragmentationRatio, ratio)),
				factOf('peak', orDash(info?.peakBytes, bytes)),
				...(swapped ? [factOf('swapped', bytes(swapped.bytes!), 'warn')] : []),
			],
			width,
		),
		factsLine(
			[
				[dim('  outside')],
				factOf('fragmented', of('fragmentation')),
				factOf('retained', of('retained')),
				factOf('process', of('process')),
			],
			width,
		),
	];
}

const commandsMissing = (facts: NodeFacts) =>
	refusedWords(facts, 'info commandstats') ?? (facts.info ? readingsMissing(facts) : none);

function commandTable(state: State, facts: NodeFacts, width: number, rows: number): readonly Line[] {
	const isTight = width < 64;
	const columns: readonly CellColumn[] = [
		{ ...left(`COMMANDS  ${facts.window.words}`, isTight ? 16 : 18), gap: 0 },
		...[right('CALLS/S', 7), right('USEC/CALL', 9), right('FAIL', 5), right('REJ', 5)],
		...[left('OF TIME', Math.max(4, width - (isTight ? 16 : 18) - 43)), right('', 5)],
	];
	const { commands } = facts;
	if (!commands) return [cellsHead(columns), [plain('  '), dim(commandsMissing(facts))]];
	const { shown, other } = foldCommands(commands.commands, rows);
	const barWidth = columns[5]!.width;
	const cells = (name: string, use: (typeof shown)[number] | NonNullable<typeof other>) =>
		cellsLine(
			columns,
			[
				`  ${name}`,
				use.callsPerSecond > 0 && use.callsPerSecond < 9.95
					? use.callsPerSecond.toFixed(1)
					: count(use.callsPerSecond),
				orDash(use.microsecondsPerCall, callTime),
				orDash(use.failed, count),
				orDash(use.rejected, count),
				shareBar(use.share ?? 0, barWidth, state.isAscii),
				orDash(use.share, percent),
			],
			state.isAscii,
		);
	return [
		cellsHead(columns),
		...shown.map(use => cells(`${printable(use.name)}${use.runsOthers ? '*' : ''}`, use)),
		...(other ? [cells(`other ${other.commands}`, other)] : []),
	];
}

function slowTable(state: State, facts: NodeFacts, width: number, rows: number): readonly Line[] {
	const refused = refusedWords(facts, 'slowlog get');
	const entries = slowInWindow(facts);
	const hidden = entries.length - rows;
	const more = hidden > 0 ? `, ${hidden} more: Tab` : '';
	const title: Line = [bold('SLOWLOG'), dim(`   last ${facts.window.words}, newest first${more}`)];
	if (refused) return [title, [plain('  '), dim(refused)]];
	if (entries.length === 0) {
		const nothing = isDown(facts) ? notRead : 'nothing was slow';
		return [title, [plain(`  ${facts.info ? nothing : none}`)]];
	}
	const client = 21;
	const columns: readonly CellColumn[] = [
		...[left('', 8), right('', 6), left('', width - 22 - client), left('', client)],
	];
	const lines = entries
		.slice(0, rows)
		.map(entry =>
			cellsLine(
				columns,
				[clock(entry.at), microseconds(entry.microseconds), entryWords(entry), clientWords(entry)],
				state.isAscii,
			),
		);
	return [title, ...lines];
}

function clientTable(state: State, facts: NodeFacts, width: number, rows: number): readonly Line[] {
	const list = facts.close.clients?.list;
	const words = list ? [String(applicationsIn(list)), churnWords(facts)].filter(each => each !== '') : [];
	const note = words.length === 0 ? [] : [dim(`   ${words.join(', ')}`)];
	const title: Line = [bold('CLIENTS BY ADDRESS'), ...note];
	if (!list) return [title, [plain('  '), dim(facts.info ? unlistedWords(facts) : none)]];
	const { shown, other } = foldGroups(groupClients(list, 'host'), rows);
	const most = shown[0]?.clients ?? 1;
	const columns: readonly CellColumn[] = [
		...[left('', 16), right('', 5), left('', 12), left('', Math.max(6, width - 53)), right('', 10)],
	];
	const line = (name: string, clients: number, who: string, output: number | undefined) =>
		cellsLine(
			columns,
			[
				name,
				String(clients),
				shareBar(clients / most, 12, state.isAscii),
				who,
				`out ${orDash(output, bytes)}`,
			],
			state.isAscii,
		);
	return [
		title,
		...shown.map(group => {
			const label = group.labels[0];
			const waits = group.waits[0];
			const who = [label && printable(label.text), waits && `${waits.clients} in ${printable(waits.text)}`];
			const name = group.key === '' ? '(none)' : printable(group.key);
			return line(name, group.clients, who.filter(each => each).join(', '), group.outputBytes);
		}),
		...(other ? [line(`other ${other.groups}`, other.clients, '', other.outputBytes)] : []),
	];
}
