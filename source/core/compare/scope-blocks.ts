// The tapes of some nodes as rows of blocks, before and after: each block the mean of what was read in it, node by node,
// then put together (a sum, the most, a quotient of sums). A block in which one of the nodes is missing is no reading:
// the sum of the others would look like a fall.

import { compareLimits } from '../thresholds.ts';
import type { Address } from '../types.ts';
import type { Tapes } from './read-tape.ts';
import type { Blocks } from './robust.ts';
import { type Block, type ColumnKind, keyOf, type Tape, type TapeFigure, valueIn } from './tape.ts';

/** From, up to and not including, ms. */
export type TimeSpan = { readonly from: number; readonly to: number };

/** Whose figures: those of primaries, of replicas, or of whatever the node is. */
export type Of = 'primaries' | 'replicas' | 'all';

/** What was read of the nodes in a window. */
export type ScopeBlocks = {
	readonly sum: (kind: ColumnKind, name: string, of: Of) => Blocks;
	readonly most: (kind: ColumnKind, name: string, of: Of) => Blocks;
	readonly blockSeconds: number;
};

/** Names of a kind that any of the nodes has. */
export function namesOf(tapes: readonly Tape[], kind: ColumnKind): readonly string[] {
	const names = tapes.flatMap(({ columns }) =>
		[...columns.values()].flatMap(column =>
			column.kind === kind && column.name !== '' ? [column.name] : [],
		),
	);
	return [...new Set(names)].sort();
}

export const tapesOf = (tapes: Tapes, nodes: readonly Address[]): readonly Tape[] =>
	nodes.flatMap(node => tapes.get(node) ?? []);

/** How long a block is where the shorter window is so long; never shorter than what was kept. */
export function blockSecondsFor(tapes: readonly Tape[], windowSeconds: number): number {
	const wanted: number = compareLimits.blockSeconds.find(({ below }) => windowSeconds < below)!.seconds;
	return Math.max(wanted, ...tapes.map(({ blocks }) => blocks.at(-1)?.seconds ?? 0));
}

export function scopeBlocks(tapes: readonly Tape[], span: TimeSpan, blockSeconds: number): ScopeBlocks {
	const count = Math.max(0, Math.floor((span.to - span.from) / (blockSeconds * 1000)));
	const cut = tapes.map(tape => ({ tape, cells: cellsOf(tape, span, blockSeconds, count) }));
	const known = new Map<string, Blocks>();
	const joined = (how: 'sum' | 'most', kind: ColumnKind, name: string, of: Of): Blocks => {
		const key = `${how} ${of} ${keyOf(kind, name)}`;
		const made = known.get(key) ?? join(cut, count, how, { kind, name, of });
		known.set(key, made);
		return made;
	};
	return {
		blockSeconds,
		sum: (kind, name, of) => joined('sum', kind, name, of),
		most: (kind, name, of) => joined('most', kind, name, of),
	};
}

type Cells = readonly (readonly Block[])[];
type Cut = readonly { readonly tape: Tape; readonly cells: Cells }[];
type Asked = { readonly kind: ColumnKind; readonly name: string; readonly of: Of };

/** Blocks of the tape that lie wholly in the window, by the block of the window that their middle is in. */
function cellsOf({ blocks }: Tape, { from, to }: TimeSpan, blockSeconds: number, count: number): Cells {
	const cells: Block[][] = Array.from({ length: count }, () => []);
	for (const block of blocks) {
		const end = block.at + block.seconds * 1000;
		if (block.at < from || end > to) continue;
		const place = Math.floor((block.at + block.seconds * 500 - from) / (blockSeconds * 1000));
		cells[place]?.push(block);
	}
	return cells;
}

function join(cut: Cut, count: number, how: 'sum' | 'most', asked: Asked): Blocks {
	const values = Array.from({ length: count }, (_, place) =>
		cut.flatMap(({ tape, cells }) => cellValue(tape, cells[place]!, asked) ?? []),
	);
	const nodes = usual(values.map(({ length }) => length));
	return values.map(each => {
		if (each.length === 0 || each.length !== nodes) return undefined;
		return how === 'sum' ? each.reduce((sum, value) => sum + value, 0) : Math.max(...each);
	});
}

/** The count that most blocks have; 0 is none. */
function usual(counts: readonly number[]): number {
	const seen = new Map<number, number>();
	for (const count of counts) if (count > 0) seen.set(count, (seen.get(count) ?? 0) + 1);
	return [...seen].sort(([a, times], [b, more]) => more - times || b - a)[0]?.[0] ?? 0;
}

function cellValue(tape: Tape, blocks: readonly Block[], { kind, name, of }: Asked): number | undefined {
	const column = tape.columns.get(keyOf(kind, name));
	const sign = readSign(tape, kind);
	let [sum, read] = [0, 0];
	for (const block of blocks) {
		if (of !== 'all' && block.isPrimary !== (of === 'primaries')) continue;
		// Where all of its kind was read and nothing of it, there was none.
		const none = sign !== undefined && valueIn(block, sign) !== undefined ? 0 : undefined;
		const value = valueIn(block, column) ?? none;
		if (value === undefined) continue;
		sum += value;
		read++;
	}
	return read > 0 ? sum / read : undefined;
}

const alwaysRead: TapeFigure = 'connectedClients';

/** The column that tells that all of a kind was read. */
const readSign = ({ columns }: Tape, kind: ColumnKind) => {
	switch (kind) {
		case 'figure':
		case 'p99':
			return undefined;
		case 'keys':
		case 'keys-with-ttl':
			return columns.get(keyOf('figure', alwaysRead));
		case 'client-host':
			return columns.get(keyOf('client-name', ''));
		default:
			return columns.get(keyOf(kind, ''));
	}
};

/** One row over another, where the other is more than `least`. */
export const quotient = (above: Blocks, below: Blocks, least = 0): Blocks =>
	above.map((value, index) => {
		const by = below[index];
		return value === undefined || by === undefined || !(by > least) ? undefined : value / by;
	});

export const less = (from: Blocks, what: Blocks): Blocks =>
	from.map((value, index) => {
		const by = what[index];
		return value === undefined || by === undefined ? undefined : value - by;
	});

export const scaled = (row: Blocks, by: number): Blocks => row.map(value => value && value * by);

/** How much it rises from block to block, a minute. */
export const risePerMinute = (row: Blocks, blockSeconds: number): Blocks =>
	row.slice(1).map((value, index) => {
		const before = row[index];
		return value === undefined || before === undefined ? undefined : ((value - before) * 60) / blockSeconds;
	});
