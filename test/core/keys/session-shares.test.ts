// How sure a share of a HOTKEYS session is: the interval holds what the load was, a command that the machine held up
// makes no key hot, and a slow command that is one stays first. By loads that are drawn here, so that the truth is known.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Reading, sharesOf, timeKind } from '../../../source/core/keys/session-shares.ts';

/** The same figures on every machine. */
function randomOf(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
		return state / 4_294_967_296;
	};
}

type Load = {
	readonly commands: number;
	/** Of each command: that it is held up, for three milliseconds on average. */
	readonly heldUp: number;
	readonly ratio: number;
	readonly seed: number;
	/** Microseconds of one command in every fourth piece, for `slow`. */
	readonly slow?: number;
};

const pieces = 20;
const keys = 300;
const weights = Array.from({ length: keys }, (_, index) => 1 / (index + 1));
const all = weights.reduce((sum, weight) => sum + weight, 0);
const truthOf = (key: string) => weights[Number(key)]! / all;

/** Readings as a server gives them: whole sums of what was looked at, the first twenty keys of each. */
function readingsOf({ commands, heldUp, ratio, seed, slow }: Load): Reading[] {
	const random = randomOf(seed);
	const sums = new Map<string, number>();
	let of = 0;
	const take = (key: string, microseconds: number) => {
		of += microseconds / ratio;
		if (random() < 1 / ratio) sums.set(key, (sums.get(key) ?? 0) + microseconds);
	};
	return Array.from({ length: pieces }, (_, piece) => {
		for (let index = 0; index < commands / pieces; index++) {
			const delay = random() < heldUp ? -3000 * Math.log(random() || 0.5) : 0;
			const time = 0.5 + random() * 2 + delay;
			// The clock ticks in microseconds: on average it is right.
			take(drawn(random()), Math.floor(time) + (random() < time % 1 ? 1 : 0));
		}
		if (slow !== undefined && piece % 4 === 0) take('slow', slow);
		const listed = [...sums].filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]);
		return { of, values: new Map(listed.slice(0, 20)) };
	});
}

function drawn(at: number): string {
	let left = at * all;
	for (const [index, weight] of weights.entries()) {
		left -= weight;
		if (left < 0) return String(index);
	}
	return String(keys - 1);
}

describe('what a share may be', () => {
	for (const [what, load] of [
		['a quiet server, every command', { commands: 10_000, heldUp: 0, ratio: 1 }],
		['few commands, some held up', { commands: 2000, heldUp: 0.0005, ratio: 1 }],
		['some held up', { commands: 10_000, heldUp: 0.0003, ratio: 1 }],
		['one of four is looked at', { commands: 20_000, heldUp: 0.0002, ratio: 4 }],
	] as const)
		test(`holds the truth in nine of ten: ${what}`, () => {
			let [held, told] = [0, 0];
			for (let seed = 1; seed <= 10; seed++)
				for (const [key, { low, share, high }] of sharesOf(
					readingsOf({ ...load, seed }),
					timeKind,
					load.ratio,
				)) {
					assert.ok(0 <= low && low <= share && share <= high && high <= 1, `${low} ${share} ${high}`);
					told++;
					if (low <= truthOf(key) && truthOf(key) <= high) held++;
				}
			assert.ok(held / told >= 0.9, `${held} of ${told}`);
		});

	test('of a key that was held up is said to be one of chance, those of the others are not', () => {
		const readings = readingsOf({ commands: 10_000, heldUp: 0, ratio: 1, seed: 3 });
		// One command of 8 ms, of a key that takes next to nothing.
		const held = readings.map(({ of, values }, at) => ({
			of: of + (at >= 7 ? 8000 : 0),
			values: at >= 7 ? new Map([...values, ['rare', 8002]]) : values,
		}));
		const found = sharesOf(held, timeKind);
		const rare = found.get('rare')!;
		assert.ok(rare.share > 0.2 && rare.isUnsure && rare.low === 0, JSON.stringify(rare));
		assert.equal(found.get('0')!.isUnsure, false);
		assert.ok(found.get('0')!.low <= truthOf('0') && truthOf('0') <= found.get('0')!.high);
	});

	test('of a slow command that comes again is sure, and leads', () => {
		for (let seed = 1; seed <= 5; seed++) {
			const readings = readingsOf({ commands: 2000, heldUp: 0.0005, ratio: 1, seed, slow: 40_000 });
			const found = [...sharesOf(readings, timeKind)].sort((a, b) => b[1].share - a[1].share);
			assert.equal(found[0]![0], 'slow');
			assert.ok(found[0]![1].low > 0.6 && !found[0]![1].isUnsure, JSON.stringify(found[0]));
		}
	});

	test('of one long command is sure as far as no machine holds one up so long', () => {
		const readings = readingsOf({ commands: 2000, heldUp: 0, ratio: 1, seed: 1 });
		const once = readings.map(({ of, values }, at) =>
			at < 9 ? { of, values } : { of: of + 2_000_000, values: new Map([...values, ['report', 2_000_000]]) },
		);
		const report = sharesOf(once, timeKind).get('report')!;
		assert.ok(report.low > 0.95 && !report.isUnsure, JSON.stringify(report));
	});
});

test('one reading tells shares and not how they vary; never over all there was', () => {
	const values = (b: number) =>
		new Map([
			['a', 60],
			['b', b],
		]);
	const one = sharesOf([{ of: 100, values: values(30) }], timeKind);
	assert.deepEqual([one.get('a')!.share, one.get('b')!.share], [0.6, 0.3]);
	const over = sharesOf([{ of: 100, values: values(140) }], timeKind);
	assert.deepEqual([over.get('a')!.share, over.get('b')!.share], [0.3, 0.7]);
	assert.deepEqual([one.get('a')!.low, one.get('a')!.high, one.get('a')!.isUnsure], [0, 1, true]);
	assert.equal(sharesOf([], timeKind).size, 0);
	assert.equal(sharesOf([{ of: 0, values: new Map([['a', 0]]) }], timeKind).size, 0);
});
