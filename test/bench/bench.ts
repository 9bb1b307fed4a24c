// What redis-top costs and how fast it is, beside redis-cli on the same servers in the same run, for only ratios travel
// from one machine to another. `npm run bench` runs all parts, `npm run bench -- scan` those whose names begin so, and
// prints tables. `npm run bench -- check` (and names) holds the ratios against those of baseline.json, says which got worse by
// more than noise, and ends with 1 if one did; `npm run bench -- baseline` writes that file. Linux only; some minutes.

import { buildProgram } from '../terminal/built.ts';
import { type Ratios, ratiosOf, readBaseline, verdictsOn, writeBaseline } from './baseline.ts';
import { bestScanParts } from './best-scan.ts';
import { failoverPart } from './failover.ts';
import { manyPart } from './many.ts';
import { nodePart } from './node.ts';
import { recordingPart } from './recording.ts';
import { scanParts } from './scan.ts';
import { screensPart } from './screens.ts';
import { startPart } from './start.ts';
import { type Part, print } from './table.ts';
import { viewsPart } from './views.ts';
import { watchPart } from './watch.ts';

const parts: readonly Part[] = [
	startPart,
	watchPart,
	recordingPart,
	screensPart,
	manyPart,
	failoverPart,
	viewsPart,
	nodePart,
	...scanParts,
	...bestScanParts,
];

const words = process.argv.slice(2);
const act = words[0] === 'check' || words[0] === 'baseline' ? words[0] : undefined;
const wanted = act ? words.slice(1) : words;
const chosen = parts.filter(({ name }) => wanted.length === 0 || wanted.some(word => name.startsWith(word)));
if (chosen.length === 0) {
	console.error(`no such part: there are ${parts.map(({ name }) => name).join(', ')}`);
	process.exit(1);
}
await buildProgram();
const measured: Record<string, Ratios> = {};
for (const { name, title, run } of chosen) {
	console.log(`\n${name}: ${title}\n`);
	const rows = await run();
	print(rows);
	measured[name] = ratiosOf(rows);
}
if (act === 'baseline') writeBaseline({ ...readBaseline(), ...measured });
if (act === 'check') {
	const { worse, lines } = verdictsOn(measured, readBaseline());
	console.log(`\n${lines.join('\n')}`);
	if (worse > 0) process.exitCode = 1;
}
