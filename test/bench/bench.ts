// What redis-top costs and how fast it is, beside redis-cli on the same servers in the same run, for only ratios travel
// from one machine to another. `npm run bench` runs all parts, `npm run bench -- scan` those whose names begin so.
// Prints tables and judges nothing. Linux only; some minutes.

import { buildProgram } from '../terminal/built.ts';
import { failoverPart } from './failover.ts';
import { nodePart } from './node.ts';
import { scanParts } from './scan.ts';
import { type Part, print } from './table.ts';
import { viewsPart } from './views.ts';
import { watchPart } from './watch.ts';

const parts: readonly Part[] = [watchPart, failoverPart, viewsPart, nodePart, ...scanParts];

const wanted = process.argv.slice(2);
const chosen = parts.filter(({ name }) => wanted.length === 0 || wanted.some(word => name.startsWith(word)));
if (chosen.length === 0) {
	console.error(`no such part: there are ${parts.map(({ name }) => name).join(', ')}`);
	process.exit(1);
}
await buildProgram();
for (const { name, title, run } of chosen) {
	console.log(`\n${name}: ${title}\n`);
	print(await run());
}
