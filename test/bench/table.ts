// How the bench says what it measured: a row for each figure, ours, redis-cli's, and the ratio.

export type Row = readonly [what: string, ours: string, other: string, ratio: string];

export type Part = {
	readonly name: string;
	readonly title: string;
	readonly run: () => Promise<readonly Row[]>;
};

export const median = (numbers: readonly number[]) => {
	const sorted = [...numbers].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** How many times as much we take. */
export const times = (ours: number, other: number) =>
	other > 0 && ours > 0 ? `${(ours / other).toPrecision(2)} x` : '-';

/** Two figures, and whole from ten on. */
const figures = (ratio: number) => (ratio < 10 ? ratio.toPrecision(2) : ratio.toFixed(0));

/** How many times as fast we are, by durations. */
export const faster = (ours: number, other: number) =>
	other > 0 && ours > 0 ? `${figures(other / ours)} times faster` : '-';

export function print(rows: readonly Row[]): void {
	const all: readonly Row[] = [['', 'redis-top', 'beside', 'ratio'], ...rows];
	const widths = [0, 1, 2, 3].map(column => Math.max(...all.map(row => row[column]!.length)));
	for (const row of all)
		console.log(
			row
				.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
				.join('  ')
				.trimEnd(),
		);
}
