// What is kept of a node to hold two times against each other: means over blocks of a few seconds, for so long that two
// windows of 15 minutes and the time between them lie in it. One number a figure and block, in columns that are numbered as
// they come, so that 40 minutes of a node with twenty commands are about 200 KB. Never changed in place.

/** What a column is of; its name says which command, error, database. */
export type ColumnKind =
	| 'figure'
	| 'calls'
	| 'microseconds'
	| 'p99'
	| 'error'
	| 'slow'
	| 'keys'
	| 'keys-with-ttl'
	| 'client-name'
	| 'client-host';

/** Of the row of a node; rates are a second. */
export const rateNames = [
	...(['opsPerSecond', 'evictedPerSecond', 'expiredPerSecond', 'inputBytesPerSecond'] as const),
	...(['outputBytesPerSecond', 'rejectedPerSecond', 'connectionsPerSecond', 'cpuPercent'] as const),
];
export const levelNames = [
	...(['usedMemoryBytes', 'rssBytes', 'connectedClients', 'blockedClients'] as const),
	...(['replicationLagBytes', 'replicationLagSeconds'] as const),
];
export type TapeFigure = (typeof rateNames)[number] | (typeof levelNames)[number] | 'hits' | 'lookups';

export type Column = { readonly kind: ColumnKind; readonly name: string; readonly index: number };

export type Block = {
	/** Its begin, ms. */
	readonly at: number;
	readonly seconds: number;
	readonly isPrimary: boolean;
	/** By the index of the column; NaN, and beyond the end, where nothing was read. */
	readonly values: Float64Array;
};

type OpenBlock = {
	readonly at: number;
	readonly seconds: number;
	readonly isPrimary: boolean;
	readonly sums: Float64Array;
	readonly weights: Float64Array;
};

export type SettingChange = {
	readonly at: number;
	readonly name: string;
	readonly from: string;
	readonly to: string;
};

export type Tape = {
	/** By kind and name. */
	readonly columns: ReadonlyMap<string, Column>;
	/** Oldest first. */
	readonly blocks: readonly Block[];
	readonly open?: OpenBlock;
	/** Oldest first. */
	readonly settings: readonly SettingChange[];
};

/** A sum over so much weight: of a rate what happened and the seconds in which it did, of a level the value and 1. */
export type Amount = {
	readonly kind: ColumnKind;
	readonly name: string;
	readonly sum: number;
	readonly weight: number;
};

/** All columns of a kind were read: those that nothing is said of had nothing in that time. */
export type WholeKind = { readonly kind: ColumnKind; readonly weight: number };

export const emptyTape: Tape = { columns: new Map(), blocks: [], settings: [] };

/** Two windows of 15 minutes, and the time between them. */
const keptMilliseconds = 40 * 60_000;
/** Commands, kinds of errors, names of clients: whoever makes up names without end fills no memory. */
const mostColumns = 240;
const mostSettings = 64;

export const keyOf = (kind: ColumnKind, name: string): string => `${kind} ${name}`;

/** Adds what was read at `at` (ms); blocks are `seconds` long and begin at whole multiples of that. */
export function addToTape(
	tape: Tape,
	at: number,
	seconds: number,
	isPrimary: boolean,
	amounts: readonly Amount[],
	whole: readonly WholeKind[],
): Tape {
	const start = Math.floor(at / (seconds * 1000)) * seconds * 1000;
	const { columns, indexes } = placed(tape.columns, amounts);
	const isNext = tape.open !== undefined && tape.open.at !== start;
	const blocks = isNext ? closed(tape.blocks, tape.open!, at) : tape.blocks;
	const base = isNext ? undefined : tape.open;
	const sums = grown(base?.sums, columns.size);
	const weights = grown(base?.weights, columns.size);
	const named = new Set<number>();
	for (const [place, { sum, weight }] of amounts.entries()) {
		const index = indexes[place];
		if (index === undefined || !Number.isFinite(sum) || !(weight > 0)) continue;
		named.add(index);
		sums[index]! += sum;
		weights[index]! += weight;
	}
	for (const { kind, weight } of whole)
		for (const column of columns.values())
			if (column.kind === kind && !named.has(column.index)) weights[column.index]! += weight;
	return { ...tape, columns, blocks, open: { at: start, seconds, isPrimary, sums, weights } };
}

/** The columns with those that are new, and the index of the column of each amount; undefined where there are too many. */
function placed(
	known: ReadonlyMap<string, Column>,
	amounts: readonly Amount[],
): { readonly columns: ReadonlyMap<string, Column>; readonly indexes: readonly (number | undefined)[] } {
	let added: Map<string, Column> | undefined;
	const indexes = amounts.map(({ kind, name }) => {
		const key = keyOf(kind, name);
		const column = (added ?? known).get(key);
		if (column !== undefined) return column.index;
		if ((added ?? known).size >= mostColumns) return undefined;
		added ??= new Map(known);
		added.set(key, { kind, name, index: added.size });
		return added.size - 1;
	});
	return { columns: added ?? known, indexes };
}

function grown(values: Float64Array | undefined, length: number): Float64Array {
	const next = new Float64Array(length);
	if (values) next.set(values);
	return next;
}

function closed(blocks: readonly Block[], open: OpenBlock, now: number): readonly Block[] {
	const kept = blocks.filter(({ at }) => now - at < keptMilliseconds && at < open.at);
	return [...kept, blockOf(open)];
}

function blockOf({ at, seconds, isPrimary, sums, weights }: OpenBlock): Block {
	const values = sums.map((sum, index) => (weights[index]! > 0 ? sum / weights[index]! : Number.NaN));
	return { at, seconds, isPrimary, values };
}

/** With settings that changed. */
export const withSettings = (tape: Tape, changes: readonly SettingChange[]): Tape =>
	changes.length === 0 ? tape : { ...tape, settings: [...tape.settings, ...changes].slice(-mostSettings) };

/** The value of a column in a block; undefined where it was not read. */
export function valueIn({ values }: Block, column: Column | undefined): number | undefined {
	const value = column === undefined ? undefined : values[column.index];
	return value === undefined || Number.isNaN(value) ? undefined : value;
}
