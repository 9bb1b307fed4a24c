// What a scan says of keys it did not ask: shares from the sample at the hits it may spend, how sure they are, and who
// may spend hits. Populations with known shares, drawn with fixed seeds; no server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PatternGroup } from '../../source/core/keys/big-keys.ts';
import { type Asked, margin, patternShares, typeShares } from '../../source/redis/big-keys/estimates.ts';
import { createHitBudget, mostCandidates } from '../../source/redis/big-keys/hit-budget.ts';
import {
	BlockSample,
	type Drawn,
	Strata,
	type Stratum,
	stratumOf,
} from '../../source/redis/big-keys/strata.ts';
import { nameList } from '../../source/redis/name-list.ts';
import { costAhead } from '../../source/view/screens/big-keys/rows.ts';
import { often } from '../lane.ts';
import { mixedKey } from './fill.ts';
import { randomFrom } from './random.ts';

const node = { address: 'a:1', primary: 'a:1', isReplica: false, isCluster: false };

/** The n-th of these keys, in an order of no meaning. */
const shop = (keys: number) =>
	Array.from({ length: keys }, (_, n) => {
		const { key, pattern, hasTtl } = mixedKey(n);
		return { key, pattern, hasTtl, stratum: stratumOf(key) };
	});

/** A walk over these keys with a sample; its answers come when so many blocks more were drawn. */
function sampled(
	made: ReturnType<typeof shop>,
	hits: number,
	random: () => number,
	late = 0,
): { readonly groups: readonly PatternGroup[]; readonly asked: number; readonly offs: readonly number[] } {
	const strata = new Strata({ expected: () => made.length, hitsAllowed: () => hits, random });
	const block = new BlockSample(strata, made.length);
	const asked: Asked[] = [];
	const truth = new Map<string, { keys: number; without: number }>();
	const known = new Map(made.map(one => [one.key, one]));
	const open: Drawn[][] = [];
	const answer = (drawn: readonly Drawn[]) => {
		for (const one of drawn) {
			const { hasTtl, pattern } = known.get(one.key)!;
			asked.push({ ...one, hasTtl, pattern });
			strata.all[one.stratum]!.asked++;
			if (!hasTtl) strata.all[one.stratum]!.withoutTtl++;
		}
	};
	for (const [n, { key, pattern, hasTtl, stratum }] of made.entries()) {
		const sums = truth.get(pattern) ?? { keys: 0, without: 0 };
		truth.set(pattern, sums);
		sums.keys++;
		if (!hasTtl) sums.without++;
		block.offer(nameList([key]), 0, 100, stratum);
		if (!block.isFull && n < made.length - 1) continue;
		open.push(block.draw());
		strata.hits += open.at(-1)!.length;
		if (open.length > late) answer(open.shift()!);
	}
	open.forEach(answer);
	const rows = [...truth].map(([pattern, sums]) => ({ pattern, keys: sums.keys, bytes: sums.keys * 100 }));
	const groups = patternShares(rows, asked, []);
	const offs = groups.map(
		group => Math.abs(group.keysWithoutTtl! - truth.get(group.pattern)!.without) / group.keys,
	);
	return { groups, asked: asked.length, offs };
}

test('the sample: shares within three points at the hits it is allowed', () => {
	const made = shop(often(60_000, 200_000));
	let within = 0;
	let all = 0;
	for (let run = 0; run < often(2, 20); run++) {
		const { asked, offs } = sampled(made, 9000, randomFrom(run + 1));
		assert.ok(asked <= 9000, `${asked} asked`);
		assert.ok(Math.max(...offs) < 0.045, `off by ${offs}`);
		within += offs.filter(off => off < 0.03).length;
		all += offs.length;
	}
	assert.ok(within >= 0.9 * all, `${within} of ${all} within three points`);
});

test('the sample: answers that are late make it a little worse, and no key stands for thousands', () => {
	// Drawn again and again for what was not answered, the rest got so thin a sample that a margin was 20 points.
	const made = shop(25_000);
	for (const late of [0, 1, 2, 4, 12])
		for (let run = 0; run < often(2, 40); run++) {
			const { groups, asked, offs } = sampled(made, 4100, randomFrom(run + 1), late);
			assert.ok(asked <= 4100, `${asked} asked`);
			const widest = Math.max(...groups.map(group => group.margin!));
			assert.ok(widest <= 0.055, `${late} blocks late: a margin of ${widest}`);
			assert.ok(Math.max(...offs) <= 2.5 * widest, `${late} blocks late: off by ${offs}`);
		}
});

test('margins: nothing asked says nothing, all asked says all', () => {
	assert.equal(margin(0.5, 1000, 1000), 0);
	assert.ok(margin(0.5, 1067, 1e9) < 0.031);
	assert.ok(margin(0, 10, 1e9) > 0.1);
});

test('bytes without TTL: the truth is within the margin, also where large keys have no TTL more often', () => {
	const runs = often(60, 300);
	const keys = 20_000;
	let within = 0;
	let widest = 0;
	for (let run = 0; run < runs; run++) {
		const random = randomFrom(run + 1);
		// Sizes over a factor of a hundred; nine of ten of the large and three of ten of the small have no TTL.
		const all = Array.from({ length: keys }, () => {
			const bytes = Math.round(50 * 100 ** random());
			return { bytes, hasTtl: random() > (bytes > 1000 ? 0.9 : 0.3) };
		});
		const asked: Asked[] = [];
		for (const [index, one] of all.entries())
			if (random() < 0.03) asked.push({ key: `k${index}`, pattern: 'k*', weight: 1 / 0.03, ...one });
		const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
		const truth = all.reduce((sum, one) => sum + (one.hasTtl ? 0 : one.bytes), 0);
		const [group] = patternShares([{ pattern: 'k*', keys, bytes }], asked, []);
		const off = Math.abs(group!.bytesWithoutTtl! - truth) / bytes;
		widest = Math.max(widest, group!.bytesMargin!);
		if (off <= group!.bytesMargin!) within++;
	}
	assert.ok(within >= 0.93 * runs, `${within} of ${runs} within the margin`);
	assert.ok(widest < 0.12, `${widest}: a margin that says something`);
});

test('bytes without TTL are left out where one key of the sample decides them', () => {
	const small = Array.from({ length: 400 }, (_, index) => ({ key: `k${index}`, bytes: 60, hasTtl: true }));
	const asked = [...small, { key: 'giant', bytes: 50_000_000, hasTtl: false }].map(one => ({
		...one,
		...{ pattern: 'k*', weight: 100 },
	}));
	const counted = { pattern: 'k*', keys: 40_100, bytes: 60_000_000 };
	const [group] = patternShares([counted], asked, []);
	assert.equal(group!.bytesWithoutTtl, undefined);
	assert.equal(group!.bytesMargin, undefined);
	assert.ok(group!.keysWithoutTtl! > 0 && group!.margin! < 0.05, 'the share of the keys is said');
	// Known one by one, as the largest are, it decides nothing any more.
	const giant = { key: 'giant', node: 'a:1', db: 0, bytes: 50_000_000, ttlSeconds: null, pattern: 'k*' };
	const [known] = patternShares([counted], asked, [giant]);
	assert.ok(known!.bytesWithoutTtl! >= 50_000_000);
	assert.ok(known!.bytesMargin! < 0.02, `${known!.bytesMargin}`);
});

const stratum = (over: Partial<Stratum>): Stratum => ({
	...{
		keys: 0,
		bytes: 0,
		drawn: 0,
		asked: 0,
		withoutTtl: 0,
		drawnFrom: 0,
		typed: 0,
		types: new Map(),
		...over,
	},
});
const hash = (n: number, ttlSeconds: number | null | undefined = null) => ({
	...{ key: `h${n}`, node: 'a:1', db: 0, bytes: 1000, walkedBytes: 1000, type: 'hash', ttlSeconds },
});
const asWalked = (_: string, __: number, walked: number) => ({ bytes: Math.round(walked) });

test('types: the listed keys stand for themselves, and what was not sampled is as what was', () => {
	const known = [hash(1), hash(2), hash(3, 60)];
	const shares = typeShares(
		[
			{ stratum: stratum({ keys: 3, bytes: 3000 }), known },
			{
				...{ known: [] },
				stratum: stratum({
					...{ keys: 900, bytes: 9000, asked: 10, withoutTtl: 5 },
					types: new Map([
						['string', { keys: 2, bytes: 20 }],
						['set', { keys: 1, bytes: 10 }],
					]),
				}),
			},
			{ stratum: stratum({ keys: 90, bytes: 900 }), known: [] },
		],
		asWalked,
	);
	assert.deepEqual(
		new Map(shares.map(({ type, keys, bytes, keysWithoutTtl }) => [type, [keys, bytes, keysWithoutTtl]])),
		new Map([
			['hash', [3, 3000, 2]],
			['string', [660, 6600, 330]],
			['set', [330, 3300, 165]],
		]),
	);
});

test('types: where all keys are listed nothing is an estimate', () => {
	const whole = stratum({ keys: 2, bytes: 2000 });
	const estimated = (known: Parameters<typeof typeShares>[0][number]['known'], of = whole) =>
		typeShares([{ stratum: of, known }], asWalked).map(group => group.estimated);
	assert.deepEqual(estimated([hash(1), hash(2, 60)]), [false]);
	assert.deepEqual(estimated([hash(1), { ...hash(2), ttlSeconds: undefined }]), [true], 'a TTL was not read');
	assert.deepEqual(estimated([hash(1), hash(2)], stratum({ keys: 3, bytes: 3000 })), [true, true]);
});

test('types: where nothing was sampled the rest is of no known type, and a TTL not read is not known', () => {
	const known = [hash(1), { ...hash(2), ttlSeconds: undefined }];
	const shares = typeShares([{ stratum: stratum({ keys: 10_002, bytes: 102_000 }), known }], asWalked);
	assert.deepEqual(
		shares.map(({ type, keys, keysWithoutTtl }) => [type, keys, keysWithoutTtl]),
		[
			['hash', 2, undefined],
			['unknown', 10_000, undefined],
		],
	);
});

test('the sample has its own hits, however long the list is', () => {
	for (const top of [1, 100, 1000, 10_000])
		for (const keys of [0, 100_000, 1_000_000]) {
			const budget = createHitBudget(
				top,
				() => keys,
				() => 1,
			);
			assert.ok(budget.forSample() >= 2000, `${top} of ${keys}: ${budget.forSample()}`);
			const most = 2 * budget.candidates() + 4 * top + budget.forSample();
			const told = costAhead([{ ...node, keys }], { scanRate: 0, scanTop: top }, false).hits!;
			assert.ok(told >= Math.min(most, keys * 2), `${told} of ${most} are told before`);
		}
});

test('all asked: exact, and no margin', () => {
	const asked = Array.from({ length: 50 }, (_, index) => ({
		...{ key: `k${index}`, pattern: 'k*', weight: 1, bytes: index === 0 ? 1_000_000 : 60 },
		hasTtl: index % 5 > 0,
	}));
	const [group] = patternShares([{ pattern: 'k*', keys: 50, bytes: 1_000_000 + 49 * 60 }], asked, []);
	assert.deepEqual(
		[group!.keysWithoutTtl, group!.bytesWithoutTtl, group!.margin, group!.bytesMargin, group!.estimated],
		[10, 1_000_000 + 9 * 60, 0, 0, false],
	);
});

test('the hits: one of a hundred, 6,000 in a small key space, the list and the early looks among them', () => {
	for (const keys of [0, 100, 60_000, 600_000, 1_000_000, 50_000_000])
		for (const top of [1, 20, 100, 300]) {
			let done = 0;
			const budget = createHitBudget(
				top,
				() => keys,
				() => done,
			);
			let early = 0;
			for (done = 0.01; done < 1; done += 0.01) while (budget.spendEarly(4)) early += 4;
			const list = 2 * budget.candidates() + 4 * top;
			const all = early + list + budget.forSample();
			assert.ok(all <= Math.max(6000, keys / 100), `${top} of ${keys}: ${all}`);
			assert.ok(budget.forSample() >= 0.3 * all, 'most is for the sample');
			assert.ok(budget.candidates() >= top && budget.candidates() <= mostCandidates(top));
		}
});
