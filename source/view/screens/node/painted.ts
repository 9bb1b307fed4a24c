// How the lines of the parts of the node screen look: columns of fixed widths, names from the server made safe to show,
// `-` for what was not measured. What stands on a line is decided in state/node-*.ts.

import { isOwnEntry } from '../../../core/node/client-groups.ts';
import type { ClientLoad } from '../../../core/node/client-load.ts';
import type { Client } from '../../../core/parse/parse-client-list.ts';
import { printable, printableText } from '../../../core/text/printable.ts';
import { bytes, count, duration, percent } from '../../../core/text/quantity.ts';
import type { SlowlogEntry } from '../../../core/types.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { clock, none, orDash } from '../../format.ts';
import { shareBar } from '../../parts/bar.ts';
import { type CellColumn, cellsHead, cellsLine } from '../../parts/cells.ts';
import { severityStyle } from '../../severity.ts';
import { blank, bold, dim, type Line, lineText, plain } from '../../theme.ts';
import type { NodeLine, NodeTable } from './lines.ts';
import { lagWords, reconnectNote, reconnectWords } from './replication.ts';
import { boundWords, microseconds } from './words.ts';

export function nodeLine(state: State, line: NodeLine): Line {
	const { isAscii } = state;
	const { columns } = state.size;
	const row = (table: NodeTable, texts: readonly string[]) => {
		const all = tables(columns)[table];
		const isSeen = (_: unknown, index: number) => (all[index]?.width ?? 0) > 0;
		return cellsLine(all.filter(isSeen), texts.filter(isSeen), isAscii);
	};
	const barWidth = tables(columns).commands[1]!.width;
	switch (line.kind) {
		case 'blank':
			return blank;
		case 'title':
			return [bold(line.title), ...(line.note ? [dim(`   ${printableText(line.note)}`)] : [])];
		case 'head': {
			const [first, ...others] = tables(columns)[line.table].filter(({ width }) => width > 0);
			return cellsHead([{ ...first!, title: line.label ?? first!.title }, ...others]);
		}
		case 'words':
			return [line.isDim ? dim(`  ${printableText(line.text)}`) : plain(`  ${printableText(line.text)}`)];
		case 'fact':
			return factLine(line, columns);
		case 'part':
			return row('parts', [
				line.name,
				orDash(line.bytes, bytes),
				line.share === undefined ? none : sharePercent(line.share),
				shareBar(Math.max(0, line.share ?? 0), 20, isAscii),
			]);
		case 'database':
			return row('keyspace', [
				`db${line.db}`,
				orDash(line.keys, count),
				line.keys && line.expires !== undefined ? percent(line.expires / line.keys) : none,
				line.expires === 0 || !line.avgTtlMilliseconds ? none : duration(line.avgTtlMilliseconds / 1000),
			]);
		case 'command': {
			const { use, times } = line;
			return row('commands', [
				`${printable(use.name)}${use.runsOthers ? '*' : ''}`,
				shareBar(use.share ?? 0, barWidth, isAscii),
				orDash(use.share, percent),
				perSecond(use.callsPerSecond),
				orDash(use.microsecondsPerCall, callTime),
				orDash(use.failed, count),
				orDash(use.rejected, count),
				boundWords(times?.p50) ?? none,
				boundWords(times?.p99) ?? none,
			]);
		}
		case 'command-rest': {
			const { rest } = line;
			return row('commands', [
				`other ${rest.commands}`,
				shareBar(rest.share ?? 0, barWidth, isAscii),
				orDash(rest.share, percent),
				perSecond(rest.callsPerSecond),
				orDash(rest.microsecondsPerCall, callTime),
				orDash(rest.failed, count),
				orDash(rest.rejected, count),
			]);
		}
		case 'sum':
			return row('kinds', [
				line.name,
				String(line.sum.clients),
				String(line.sum.blocked),
				orDash(line.sum.outputBytes, bytes),
				bytes(line.sum.inputBytes),
				line.sum.totalBytes > 0 ? bytes(line.sum.totalBytes) : none,
			]);
		case 'group':
			return row('groups', groupCells(line, isAscii));
		case 'client': {
			const { client } = line;
			return row('clients', [
				clientName(client),
				orDash(client.outputBytes, bytes),
				orDash(client.totalBytes, bytes),
				orDash(client.ageSeconds, duration),
				orDash(client.idleSeconds, duration),
				client.command === undefined ? none : printable(client.command),
				printable(client.name ?? client.library ?? ''),
			]);
		}
		case 'busy': {
			const { client, load } = line;
			return row('busy', [
				clientName(client),
				...loadCells(load),
				client.command === undefined ? none : printable(client.command),
				printable(client.name ?? client.library ?? ''),
			]);
		}
		case 'slow':
			return slowLine(line.entry, columns, line.isOld === true, isAscii);
		case 'large':
			return row('large', [
				clock(line.entry.at),
				bytes(line.entry.bytes),
				line.entry.kind === 'large-reply' ? 'reply' : 'request',
				clientWords(line.entry),
				argumentWords(line.entry.args),
			]);
		case 'replica': {
			const { replica } = line;
			return row('replicas', [
				printableText(replica.address),
				printable(replica.state ?? none),
				lagWords(replica.lag) ?? none,
				replica.ackSeconds === undefined ? none : `${replica.ackSeconds}s`,
				reconnectWords(replica.reconnect) ?? none,
				reconnectNote(replica.reconnect) ?? '',
			]);
		}
		case 'error':
			return row('errors', [
				printableText(line.prefix),
				count(line.count),
				perSecond(line.perSecond),
				percent(line.share),
				shareBar(line.share, 20, isAscii),
			]);
	}
}

const clientName = ({ host, port }: Client) => printable(port === undefined ? host : `${host}:${port}`);

/** Commands, bytes in and bytes out a second. */
const loadCells = (load: ClientLoad | undefined): readonly string[] => [
	orDash(load?.commandsPerSecond, perSecond),
	orDash(load?.inputPerSecond, bytes),
	orDash(load?.outputPerSecond, bytes),
];

const left = (title: string, width: number): CellColumn => ({ title, width, align: 'left' });
const right = (title: string, width: number): CellColumn => ({ title, width, align: 'right' });

/** By the width of the screen alone, so that nothing moves with what is in them. A width of 0 is left out. */
function tables(columns: number): Readonly<Record<NodeTable, readonly CellColumn[]>> {
	const by = (narrow: number, standard: number, wide: number) =>
		isNarrow(columns) ? narrow : isWide(columns) ? wide : standard;
	const rest = (taken: number) => Math.max(4, columns - taken);
	return {
		parts: [left('', 19), right('BYTES', 8), right('OF USED', 8), left('', by(0, 20, 20))],
		keyspace: [left('DB', 6), right('KEYS', 8), right('TTL', 6), right('AVG TTL', 8)],
		commands: [
			...[left('COMMAND', by(14, 18, 28)), left('', by(0, 8, 12)), right('SHARE', by(5, 6, 6))],
			...[right('CALLS/S', by(7, 8, 8)), right('USEC/CALL', by(9, 10, 10)), right('FAILED', by(0, 7, 7))],
			...[right('REJECTED', by(0, 8, 8)), right('P50', by(0, 0, 9)), right('P99', by(0, 0, 9))],
		],
		kinds: [
			...[left('', 12), right('CLIENTS', 8), right('BLOCKED', by(0, 8, 8)), right('OUT', 6)],
			...[right('IN', by(0, 6, 6)), right('MEMORY', 7)],
		],
		groups: [
			...[left('', by(20, 21, 30)), right('CLIENTS', 7), left('', by(0, 0, 8)), right('NEW', by(0, 5, 5))],
			...[right('CMD/S', by(0, 0, 6)), right('IN/S', by(0, 0, 6)), right('OUT/S', by(0, 0, 6))],
			...[right('OUT', 6), right('IN', by(0, 6, 6)), right('AGE', by(0, 4, 5)), right('IDLE', by(0, 4, 5))],
			left(isWide(columns) ? 'WHO, WHAT THEY WAIT FOR' : 'WHO', by(0, rest(69), rest(116))),
		],
		busy: [
			...[left('CLIENT', by(22, 22, 32)), right('CMD/S', 6), right('IN/S', 6), right('OUT/S', 6)],
			...[left('COMMAND', by(0, 12, 16)), left('NAME', by(0, rest(65), rest(80)))],
		],
		clients: [
			...[left('CLIENT', by(22, 22, 32)), right('OUT', 6), right('MEMORY', 7), right('AGE', by(0, 5, 5))],
			...[
				right('IDLE', by(0, 5, 5)),
				left('COMMAND', by(0, 12, 16)),
				left('NAME', by(0, rest(71), rest(85))),
			],
		],
		slow: slowColumns(columns),
		large: [
			...[left('TIME', 8), right('BYTES', 7), left('', 7), left('CLIENT', by(0, 21, 28))],
			left('COMMAND', rest(by(30, 53, 60))),
		],
		replicas: [
			...[left('REPLICA', by(15, 20, 28)), left('STATE', by(8, 10, 10)), right('LAG', by(9, 12, 12))],
			...[
				right('ACK', by(4, 4, 4)),
				left('ON RECONNECT', by(0, 14, 14)),
				// Under a sentence's width it would say nothing.
				left('', by(0, columns < 100 ? 0 : rest(74), rest(82))),
			],
		],
		errors: [
			...[left('PREFIX', by(14, 24, 24)), right('TIMES', 7), right('A SECOND', 9), right('SHARE', 6)],
			left('', by(0, 20, 20)),
		],
	};
}

function slowColumns(columns: number): readonly CellColumn[] {
	if (isNarrow(columns)) return [left('TIME', 8), right('TOOK', 6), left('COMMAND', columns - 20)];
	const client = isWide(columns) ? 28 : 21;
	return [
		...[left('TIME', 8), right('TOOK', 6), left('COMMAND', columns - 24 - client)],
		left('CLIENT', client),
	];
}

function factLine(
	{ label, text, note, severity }: Extract<NodeLine, { kind: 'fact' }>,
	columns: number,
): Line {
	const width = isNarrow(columns) ? 14 : 18;
	const shown = printableText(text ?? none);
	const behind =
		note && !isNarrow(columns)
			? [dim(`${' '.repeat(Math.max(2, 14 - shown.length))}${printableText(note)}`)]
			: [];
	const value = severity ? { text: shown, style: severityStyle(severity) } : plain(shown);
	return [dim(`  ${printableText(label).padEnd(width)}`), value, ...behind];
}

/** One decimal under ten: the parts of used_memory are small beside the dataset. */
export function sharePercent(share: number): string {
	return `${(share * 100).toFixed(1)}%`;
}

function perSecond(value: number): string {
	if (value > 0 && value < 0.05) return '<0.1';
	return value > 0 && value < 9.95 ? value.toFixed(1) : count(value);
}

export const callTime = (value: number): string => (value < 99.95 ? value.toFixed(1) : count(value));

function groupCells(
	{ group, opened, ofMost, load }: Extract<NodeLine, { kind: 'group' }>,
	isAscii: boolean,
): readonly string[] {
	const waits = group.waits.map(({ text, clients }) => `${clients} wait in ${printable(text)}`);
	const names = group.labels.slice(0, 3).map(({ text }) => printable(text));
	const own = group.own > 0 && !names.includes('redis-top') ? [`${group.own} redis-top`] : [];
	const who = [...names, ...own, ...waits].join(', ');
	return [
		group.key === '' ? '(none)' : printable(group.key),
		String(group.clients),
		shareBar(ofMost, 8, isAscii),
		opened > 0 ? `+${opened}` : '',
		...loadCells(load),
		orDash(group.outputBytes, bytes),
		bytes(group.inputBytes),
		orDash(group.oldestSeconds, duration),
		orDash(group.idlestSeconds, duration),
		who,
	];
}

/** The client's address, and its name in front of it where it has one. */
export function clientWords({ client, clientName }: Pick<SlowlogEntry, 'client' | 'clientName'>): string {
	return [clientName, client].filter(word => word !== undefined && word !== '').join(' ');
}

const longestArgument = 200;
export const argumentWords = (args: readonly string[]): string =>
	args.map(arg => printable(arg, longestArgument)).join(' ');

/** An entry of ours is called so: it is the price of looking, and no trouble of the server. */
export const entryWords = (entry: SlowlogEntry): string =>
	`${isOwnEntry(entry) ? 'by redis-top: ' : ''}${argumentWords(entry.args)}`;

function slowLine(entry: SlowlogEntry, columns: number, isOld: boolean, isAscii: boolean): Line {
	const line = cellsLine(
		slowColumns(columns),
		[clock(entry.at), microseconds(entry.microseconds), entryWords(entry), clientWords(entry)].slice(
			0,
			slowColumns(columns).length,
		),
		isAscii,
	);
	return isOld || isOwnEntry(entry) ? [dim(lineText(line).trimEnd())] : line;
}
