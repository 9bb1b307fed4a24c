// The test of a change, on rows whose truth is known: what only varies is never called a change, whatever way it varies,
// and what doubled, leaked or began is. Seeded, so that it says the same each time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Blocks, criticalT, judgeChange } from '../../../source/core/compare/robust.ts';
import { randomFrom } from './noise.ts';

const figures = 40;
const gap = 2;

type Row = (length: number, random: () => number) => number[];

const normal = (random: () => number) =>
	Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const alike =
	(part: number): Row =>
	(length, random) => {
		let last = 0;
		return Array.from({ length }, () => {
			last = part * last + Math.sqrt(1 - part ** 2) * normal(random);
			return 100 + 5 * last;
		});
	};

/** What only varies. */
const calm: Readonly<Record<string, Row>> = {
	constant: length => Array.from({ length }, () => 7),
	noise: (length, random) => Array.from({ length }, () => 100 + 5 * normal(random)),
	'neighbours alike': alike(0.4),
	'a swell of two and a half blocks': (length, random) => {
		const phase = 7 * random();
		return Array.from(
			{ length },
			(_, x) => 100 + 7 * Math.sin((2 * Math.PI * x) / 2.5 + phase) + normal(random),
		);
	},
	'a swell of seven blocks': (length, random) => {
		const phase = 7 * random();
		return Array.from(
			{ length },
			(_, x) => 100 + 7 * Math.sin((2 * Math.PI * x) / 7.5 + phase) + normal(random),
		);
	},
	'a steady rise': (length, random) => Array.from({ length }, (_, x) => 1000 + 3 * x + normal(random)),
	'a steady fall': (length, random) => Array.from({ length }, (_, x) => 1000 - 3 * x + normal(random)),
	'rare bursts': (length, random) => Array.from({ length }, () => (random() < 0.1 ? 50 * random() : 0)),
	'heavy tails': (length, random) => Array.from({ length }, () => 100 + normal(random) / (0.2 + random())),
	'a small share': (length, random) => Array.from({ length }, () => 0.03 + 0.004 * normal(random)),
};

function falseChanges(row: Row, blocks: number, rounds: number, isBursty = false): number {
	const random = randomFrom(11);
	let changes = 0;
	for (let round = 0; round < rounds; round++) {
		const all = row(2 * blocks + gap, random);
		const options = { gap, figures, floor: () => 0, isBursty };
		if (judgeChange(all.slice(0, blocks), all.slice(blocks + gap), options)?.isOutside) changes++;
	}
	return changes;
}

for (const [name, row] of Object.entries(calm))
	for (const blocks of [12, 24])
		test(`${name}, ${blocks} blocks: not a change, in 400 comparisons of a figure`, () => {
			assert.ok(falseChanges(row, blocks, 400) <= 1);
			if (name === 'rare bursts') assert.ok(falseChanges(row, blocks, 400, true) <= 1);
		});

test('a drift that noise hides is seldom called a change', () => {
	for (const slope of [0.05, 0.1, 0.2, 0.3])
		for (const blocks of [12, 24]) {
			const drift: Row = (length, random) =>
				Array.from({ length }, (_, x) => 1000 + slope * x + normal(random));
			assert.ok(falseChanges(drift, blocks, 400) <= 6, `${slope} a block, ${blocks} blocks`);
		}
});

test('what hardly has a level (neighbours very alike) is seldom called a change', () => {
	assert.ok(falseChanges(alike(0.8), 20, 1000) <= 15);
});

const changes: Readonly<
	Record<string, { readonly was: Row; readonly is: (x: number, value: number) => number }>
> = {
	'a level that doubles': { was: calm.noise!, is: (_, value) => 2 * value },
	'a level that doubles on a swell': {
		was: calm['a swell of two and a half blocks']!,
		is: (_, value) => 2 * value,
	},
	'a constant that leaks': { was: calm.constant!, is: (x, value) => value + 2 * x },
	'errors that begin': { was: length => Array.from({ length }, () => 0), is: () => 40 },
	'a rise that steepens': { was: calm['a steady rise']!, is: (x, value) => value + 30 * x },
	'a share from 3 to 9 of 100': { was: calm['a small share']!, is: (_, value) => value + 0.06 },
	'a fall by half': { was: calm.noise!, is: (_, value) => value / 2 },
};

for (const [name, { was, is }] of Object.entries(changes))
	test(`${name}: a change, each time`, () => {
		const random = randomFrom(5);
		for (let round = 0; round < 100; round++) {
			const all = was(42, random);
			const after = all.slice(22).map((value, x) => is(x, value));
			const judged = judgeChange(all.slice(0, 20), after, { gap, figures, floor: () => 0.001 });
			assert.equal(judged?.isOutside, true, `round ${round}`);
		}
	});

test('an odd block, a gap and a number that is none decide nothing', () => {
	const random = randomFrom(3);
	const all = calm.noise!(40, random);
	const before: (number | undefined)[] = all.slice(0, 20);
	const after: (number | undefined)[] = all.slice(20);
	before[3] = undefined;
	after[4] = 9000;
	after[5] = Number.NaN;
	const judged = judgeChange(before, after, { gap: 0, figures, floor: () => 0 });
	assert.equal(judged?.isOutside, false);
	assert.equal(judged?.readingsBefore, 19);
	assert.equal(judged?.readingsAfter, 19);
});

test('under eight readings on either side nothing is said', () => {
	const long: Blocks = Array.from({ length: 20 }, () => 1);
	const short: Blocks = Array.from({ length: 7 }, () => 9);
	const options = { gap, figures, floor: () => 0 };
	assert.equal(judgeChange(long, short, options), undefined);
	assert.equal(judgeChange(short, long, options), undefined);
	assert.equal(judgeChange([...short, 9], long, options)?.isOutside, true);
});

test('a difference below the floor is none, however steady the figure was', () => {
	const was: Blocks = Array.from({ length: 20 }, () => 100);
	const is: Blocks = Array.from({ length: 20 }, () => 103);
	const judged = judgeChange(was, is, { gap, figures, floor: before => 0.05 * before });
	assert.equal(judged?.isOutside, false);
	assert.equal(judged?.varied, 5);
});

test("the limit is that of Student's t", () => {
	// Of tables of its quantiles.
	for (const [tail, freedom, wanted] of [
		[0.005, 5, 4.032],
		[0.005, 20, 2.845],
		[0.0005, 10, 4.587],
		[0.0005, 30, 3.646],
	] as const)
		assert.ok(Math.abs(criticalT(tail, freedom) - wanted) < 0.03 * wanted, `${tail} ${freedom}`);
});
