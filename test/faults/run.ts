// `npm run faults [WORD…]`: makes every fault of the rows beside it (files with `rows`; only those whose words hold a WORD)
// one after the other, and prints a table with a figure for each. Ends with 1 when a row does not hold.

import { readdirSync } from 'node:fs';
import type { Row } from './row.ts';

const here = new URL('.', import.meta.url);
const words = process.argv.slice(2);
const others = new Set(['run.ts', 'row.ts']);
const files = readdirSync(here)
	.filter(file => file.endsWith('.ts') && !others.has(file))
	.sort();
const rows = (
	await Promise.all(files.map(async file => (await import(new URL(file, here).href)).rows as readonly Row[]))
).flat();
const chosen = rows.filter(({ what }) => words.length === 0 || words.some(word => what.includes(word)));
const width = Math.max(...chosen.map(({ what }) => what.length));

let failed = 0;
for (const { what, run } of chosen) {
	const { figure, holds } = await run().catch((thrown: unknown) => ({
		figure: `threw ${thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown)}`,
		holds: false,
	}));
	if (!holds) failed++;
	process.stdout.write(`${holds ? 'holds' : 'FAILS'}  ${what.padEnd(width)}  ${figure}\n`);
}
process.stdout.write(`${chosen.length - failed} of ${chosen.length} hold\n`);
process.exit(failed > 0 || chosen.length === 0 ? 1 : 0);
