// How sure a share of a HOTKEYS session is: the interval holds what the load was, a command that the machine held up
// makes no key hot, and a slow command that is one stays first. By loads that are drawn here, so that the truth is known:
// what a key takes of the time in the long run, and its share of the commands.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
	type Reading,
	type SessionShare,
	sharesOf,
	timeKind,
} from '../../../source/core/keys/session-shares.ts';

/** The same figures on every machine. */
function randomOf(seed: number) {
	let state = seed;
	const random = () => {
		state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
		return (state + 0.5) / 4_294_967_296;
	};
	const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
	/** Of about so many, as many as chance would have it. */
	const drawn = (mean: number) =>
		mean > 20 ? Math.max(0, Math.round(mean + Math.sqrt(mean) * normal())) : few(mean);
	const few = (mean: number) => {
		let [count, left] = [0, Math.exp(-mean)];
		for (let product = random(); product > left; product *= random()) count++;
		return count;
	};
	return { random, drawn };
}

type Load = {
	readonly perSecond: number;
	/** Commands a second that the machine holds up, and for how many milliseconds on average. */
	readonly heldUp?: readonly [perSecond: number, milliseconds: number];
	readonly ratio?: number;
	/** Milliseconds of one command every two seconds, for `slow`. */
	readonly slow?: number;
	/** So many readings in ten seconds. */
	readonly pieces?: number;
	/** False: it is not told how long the process ran. */
	readonly isRanTold?: boolean;
	/** One reading of six comes late, and after one wait of three the process has more to do, as where others use the machine. */
	readonly isUneven?: boolean;
};

const keys = 200;
const weights = Array.from({ length: keys }, (_, index) => 1 / (index + 1));
const all = weights.reduce((sum, weight) => sum + weight, 0);
/** Where each key begins on the line of all weights. */
const starts = weights.map((_, index) => weights.slice(0, index).reduce((sum, weight) => sum + weight, 0));
const commandsOf = (key: string) => weights[Number(key)]! / all;
/** Microseconds of one command: less for those that the processor has in its caches. */
const costOf = (index: number) => 0.3 * (index < 20 ? 0.8 : 1.1);
const costAll = weights.reduce((sum, weight, index) => sum + weight * costOf(index), 0);
const timeOf = (key: string) => (weights[Number(key)]! * costOf(Number(key))) / costAll;
/** Of a command, what is outside of its time. */
const aroundMicroseconds = 3;

/** Readings as a server gives them: whole sums of what was looked at, the first twenty keys of each. */
function readingsOf(load: Load, seed: number): Reading[] {
	const { perSecond, heldUp: [times, milliseconds] = [0, 0], ratio = 1, slow, pieces = 100 } = load;
	const { random, drawn } = randomOf(seed);
	const usual = 10 / pieces;
	const sums = new Map<string, number>();
	let [of, ran, at] = [0, 0, 0];
	const take = (key: string, microseconds: number, looked = microseconds / ratio) => {
		of += microseconds / ratio;
		if (looked > 0) sums.set(key, (sums.get(key) ?? 0) + looked);
	};
	const keyAt = (at: number) => String(starts.findLastIndex(start => start <= at * all));
	return Array.from({ length: pieces }, (_, piece) => {
		const seconds = usual * (load.isUneven && random() < 1 / 6 ? 1 + random() : 1);
		at += seconds;
		for (const [index, weight] of weights.entries()) {
			const count = drawn((perSecond * seconds * weight) / all);
			const looked = ratio === 1 ? count : Math.min(count, drawn(count / ratio));
			// The clock ticks in microseconds: on average it is right.
			const told = (commands: number) => drawn(commands * costOf(index));
			const [sampled, others] = [told(looked), ratio === 1 ? 0 : told(count - looked)];
			take(String(index), sampled + others, sampled);
			ran += count * aroundMicroseconds + sampled + others;
		}
		for (let count = drawn(times * seconds); count > 0; count--) {
			const wait = Math.round(-milliseconds * 1000 * Math.log(random()));
			take(keyAt(random()), wait, random() < 1 / ratio ? wait : 0);
			if (load.isUneven && random() < 1 / 3) ran += wait;
		}
		if (slow !== undefined && piece % Math.round(2 / usual) === 1) {
			take('slow', slow * 1000, slow * 1000);
			ran += slow * 1000;
		}
		const listed = [...sums].sort((a, b) => b[1] - a[1]);
		return {
			...{ of, seconds: at, values: new Map(listed.slice(0, 20)) },
			...(load.isRanTold !== false && { ran: Math.floor(ran / 1000) * 1000 }),
		};
	});
}

const runs = 5;
const sharesIn = (load: Load) =>
	Array.from({ length: runs }, (_, seed) => sharesOf(readingsOf(load, seed + 1), timeKind, load.ratio));

const isTold = ({ isUnsure, isHeldUp }: SessionShare) => !isUnsure && !isHeldUp;

describe('what a share may be', () => {
	for (const [what, load, most] of [
		['a quiet server, every command', { perSecond: 1000 }, 8],
		['few commands, some held up', { perSecond: 1000, heldUp: [0.5, 5] }, 8],
		['20,000 a second', { perSecond: 20_000 }, 2],
		['20,000 a second, on a machine that is busy', { perSecond: 20_000, heldUp: [1, 20] }, 10],
		['90,000 a second, on one that is full', { perSecond: 90_000, heldUp: [10, 20] }, 20],
		['20,000 a second, read late', { perSecond: 20_000, heldUp: [1.5, 12], isUneven: true }, 10],
		['60,000 a second, read late', { perSecond: 60_000, heldUp: [2, 12], isUneven: true }, 10],
		['one of four is looked at', { perSecond: 20_000, heldUp: [0.3, 10], ratio: 4 }, 12],
		['not told how long it ran', { perSecond: 5000, isRanTold: false }, 4],
		['read twenty times', { perSecond: 5000, heldUp: [0.2, 20], pieces: 20 }, 8],
	] as const)
		test(`holds the truth in nine of ten: ${what}`, () => {
			let [inTime, inCommands, told] = [0, 0, 0];
			for (const shares of sharesIn(load))
				for (const [key, share] of shares) {
					const { low, high } = share;
					assert.ok(
						0 <= low && low <= share.share && share.share <= high && high <= 1,
						JSON.stringify(share),
					);
					if (!isTold(share)) continue;
					told++;
					if (low <= timeOf(key) && timeOf(key) <= high) inTime++;
					if (low <= commandsOf(key) && commandsOf(key) <= high) inCommands++;
				}
			assert.ok(told >= runs * (20 - most), `${told} of ${runs * 20} are told`);
			assert.ok(told - inTime <= 0.1 * told + 1, `time: ${inTime} of ${told}`);
			// Where it is not told how long the process ran, nobody knows how short commands are.
			if (!('isRanTold' in load))
				assert.ok(told - inCommands <= 0.1 * told + 1, `commands: ${inCommands} of ${told}`);
		});

	test('of a key that was held up is no time; what the others take is told without it', () => {
		const readings = readingsOf({ perSecond: 2000 }, 3);
		// One command of 8 ms, of a key that takes next to nothing, while the process ran no longer than before.
		const held = readings.map(({ of, values, ran }, at) => ({
			...{ of: of + (at >= 40 ? 8000 : 0), ran },
			values: at >= 40 ? new Map([...values, ['rare', 8002]]) : values,
		}));
		const found = sharesOf(held, timeKind);
		const rare = found.get('rare')!;
		assert.deepEqual(
			[rare.isHeldUp, rare.isUnsure, rare.share < 0.01],
			[true, false, true],
			JSON.stringify(rare),
		);
		const [first, before] = [found.get('0')!, sharesOf(readings, timeKind).get('0')!];
		assert.ok(
			Math.abs(first.share - before.share) < 0.01 && !first.isUnsure,
			JSON.stringify([first, before]),
		);
		// Where it is not told how long it ran, it may have been either.
		const open = sharesOf(
			held.map(({ of, values }) => ({ of, values })),
			timeKind,
		);
		assert.deepEqual(
			[open.get('rare')!.isUnsure, open.get('rare')!.low, open.get('0')!.isUnsure],
			[true, 0, false],
		);
		assert.ok(open.get('0')!.low <= timeOf('0') && timeOf('0') <= open.get('0')!.high);
	});

	for (const [what, load] of [
		['few commands', { perSecond: 200, slow: 40 }],
		['some that are held up', { perSecond: 1000, heldUp: [0.5, 5], slow: 40 }],
		['a busy machine', { perSecond: 20_000, heldUp: [2, 20], slow: 40 }],
		['a full one', { perSecond: 90_000, heldUp: [5, 20], slow: 40 }],
		['nothing told of the process', { perSecond: 1000, heldUp: [0.5, 5], slow: 40, isRanTold: false }],
	] as const)
		test(`of a slow command that comes again is sure, and leads: ${what}`, () => {
			for (const shares of sharesIn(load)) {
				const [first] = [...shares]
					.filter(([, share]) => isTold(share))
					.sort((a, b) => b[1].share - a[1].share);
				assert.equal(first![0], 'slow');
				const truth = 200 / (200 + (load.perSecond * 10 * costAll) / all / 1000);
				const { low, high } = first![1];
				assert.ok(low > truth / 5 && low <= truth && truth <= high, `${truth} ${JSON.stringify(first)}`);
			}
		});

	test('of one long command is sure as far as no machine holds one up so long, or as the process ran', () => {
		const readings = readingsOf({ perSecond: 2000 }, 1);
		const once = (milliseconds: number, isRan: boolean) =>
			readings.map(({ of, values, ran }, at) => {
				const more = at < 45 ? 0 : milliseconds * 1000;
				return {
					of: of + more,
					values: more > 0 ? new Map([...values, ['report', more]]) : values,
					...(isRan && { ran: ran! + more }),
				};
			});
		const report = sharesOf(once(2000, false), timeKind).get('report')!;
		assert.ok(report.low > 0.85 && isTold(report), JSON.stringify(report));
		const short = sharesOf(once(15, true), timeKind).get('report')!;
		assert.ok(short.low > 0.5 && isTold(short), JSON.stringify(short));
		assert.equal(sharesOf(once(15, false), timeKind).get('report')!.isUnsure, true);
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
