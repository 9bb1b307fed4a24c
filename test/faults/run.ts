// `npm run faults [WORD…]`: makes every fault of the rows beside it (files with `rows`; only those whose words hold a
// WORD), a few at a time, for most of it is waiting, and prints a table with a figure for each, in the order of the
// rows. Ends with 1 when a row does not hold. What cannot be made here is named with the reason.

import { readdirSync } from 'node:fs';
import type { Row } from './row.ts';

const here = new URL('.', import.meta.url);
const words = process.argv.slice(2);
const others = new Set(['run.ts', 'row.ts', 'follow.ts']);
const files = readdirSync(here)
	.filter(file => file.endsWith('.ts') && !others.has(file))
	.sort();
const rows = (
	await Promise.all(files.map(async file => (await import(new URL(file, here).href)).rows as readonly Row[]))
).flat();
const chosen = rows.filter(({ what }) => words.length === 0 || words.some(word => what.includes(word)));
const width = Math.max(...chosen.map(({ what }) => what.length));

type Told = { readonly verdict: 'holds' | 'FAILS' | 'NOT MADE'; readonly figure: string };

async function tell({ run, isNotMade }: Row): Promise<Told> {
	if (isNotMade) return { verdict: 'NOT MADE', figure: isNotMade };
	try {
		const { figure, holds } = await run();
		return { verdict: holds ? 'holds' : 'FAILS', figure };
	} catch (thrown) {
		const why = thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown);
		return { verdict: 'FAILS', figure: `threw ${why}` };
	}
}

const atOnce = 4;
const waiting = [...chosen.entries()];
const told: (Told | undefined)[] = [];
let printed = 0;

const print = () => {
	for (; told[printed] !== undefined; printed++) {
		const { verdict, figure } = told[printed]!;
		process.stdout.write(`${verdict.padEnd(8)}  ${chosen[printed]!.what.padEnd(width)}  ${figure}\n`);
	}
};

const work = async () => {
	for (let next = waiting.shift(); next; next = waiting.shift()) {
		told[next[0]] = await tell(next[1]);
		print();
	}
};
await Promise.all(Array.from({ length: atOnce }, work));

const count = (verdict: Told['verdict']) => told.filter(each => each?.verdict === verdict).length;
const left = count('NOT MADE');
process.stdout.write(
	`${count('holds')} of ${chosen.length} hold${left === 0 ? '' : `, ${left} could not be made here`}\n`,
);
process.exit(count('FAILS') > 0 || chosen.length === 0 ? 1 : 0);
