// The ratios of a run beside those that are committed. A ratio travels from one machine to another, but not exactly: what is
// said to be worse is so by more than a machine that does other things can make of it.

import { readFileSync, writeFileSync } from 'node:fs';
import type { Row } from './table.ts';

/** What was measured → how many times as much, or as fast. */
export type Ratios = Readonly<Record<string, { readonly ratio: number; readonly isFaster: boolean }>>;

const file = new URL('./baseline.json', import.meta.url);
/** Medians of five on a machine with other work differ by up to a quarter from run to run. */
const noise = 1.3;

/** Rows without a ratio are for the reader alone. */
export function ratiosOf(rows: readonly Row[]): Ratios {
	const found = rows.flatMap(([what, , , text]) => {
		const [, number, unit] = /^([\d.e+]+) (x|times faster)$/.exec(text) ?? [];
		return number === undefined
			? []
			: [[what, { ratio: Number(number), isFaster: unit === 'times faster' }] as const];
	});
	return Object.fromEntries(found);
}

export const readBaseline = (): Record<string, Ratios> => JSON.parse(readFileSync(file, 'utf8'));

export const writeBaseline = (all: Readonly<Record<string, Ratios>>): void =>
	writeFileSync(file, `${JSON.stringify(all, null, '\t')}\n`);

/** A line for each ratio, the worse ones marked, and how many those are. */
export function verdictsOn(
	measured: Readonly<Record<string, Ratios>>,
	baseline: Readonly<Record<string, Ratios>>,
): { readonly worse: number; readonly lines: readonly string[] } {
	let worse = 0;
	const lines = Object.entries(measured).flatMap(([part, ratios]) =>
		Object.entries(ratios).map(([what, { ratio, isFaster }]) => {
			const before = baseline[part]?.[what]?.ratio;
			if (before === undefined) return `new    ${part}: ${what}: ${ratio}`;
			const factor = isFaster ? before / ratio : ratio / before;
			const verdict = factor > noise ? 'WORSE' : factor < 1 / noise ? 'better' : 'same';
			if (verdict === 'WORSE') worse++;
			return `${verdict.padEnd(6)} ${part}: ${what}: ${ratio}, was ${before}`;
		}),
	);
	return { worse, lines };
}
