// Before and after on a cluster whose truth is known: a deploy that doubles a command, leaks connections and drops a TTL
// is named in full and nothing beside it; without one nothing is. Then what must not look like a change: a node that was
// not read, a failover, a command whose share falls because another's rose.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Comparison, compareTimes, type Split } from '../../../source/core/compare/compare.ts';
import { addHotSample, type HotSample } from '../../../source/core/compare/hot-samples.ts';
import type { Tapes } from '../../../source/core/compare/read-tape.ts';
import { addToTape, emptyTape, type Tape, withSettings } from '../../../source/core/compare/tape.ts';
import type { HotKey, HotKeysResult } from '../../../source/core/keys/hot-keys.ts';
import type { Address } from '../../../source/core/types.ts';
import { often } from '../../lane.ts';
import { begin, shopNodes, shopTapes } from './shop-tapes.ts';

const marker = 300;
/** Fleets that differ in all that chance decides. */
const seeds = often(6, 20);

function compared(tapes: Tapes, over: Partial<Split> = {}, nodes: readonly string[] = shopNodes): Comparison {
	const at = begin + 1000 * marker;
	const split = { at, windowSeconds: 300, settlingSeconds: 30, until: begin + 3_600_000, ...over };
	return compareTimes(tapes, nodes, split);
}

const linesOf = ({ changes }: Comparison) => changes.map(({ line }) => line.figure.id);
const familiesOf = ({ changes }: Comparison) => changes.map(({ line }) => line.figure.family);

test('a deploy 60 s after the marker: its three mistakes first, nothing else', () => {
	for (let seed = 1; seed <= seeds; seed++) {
		const tapes = shopTapes({ seed, seconds: 640, deployAt: marker + 60 });
		const families = familiesOf(compared(tapes));
		assert.deepEqual([...families].sort(), ['command hgetall', 'connections', 'keys'], `seed ${seed}`);
	}
});

test('without a deploy nothing changed; at most one of twenty', () => {
	const falseOnes = Array.from({ length: seeds }, (_, seed) =>
		familiesOf(compared(shopTapes({ seed: seed + 100, seconds: 640 }))),
	).filter(families => families.length > 0);
	assert.ok(falseOnes.length <= 1, JSON.stringify(falseOnes));
});

test('a minute before and a minute of the new version are enough: the swing that all commands share hides none of them', () => {
	const short = { at: begin + 60_000 };
	let falseOnes = 0;
	for (let seed = 1; seed <= seeds; seed++) {
		const families = familiesOf(compared(shopTapes({ seed, seconds: 180, deployAt: 120 }), short));
		assert.deepEqual([...families].sort(), ['command hgetall', 'connections', 'keys'], `seed ${seed}`);
		if (linesOf(compared(shopTapes({ seed: seed + 100, seconds: 180 }), short)).length > 0) falseOnes++;
	}
	assert.ok(falseOnes <= 1, String(falseOnes));
});

test('keys with a TTL that pile up until they are expired hide none of those that have none', () => {
	const filling = (second: number) => 1200 * Math.min(1, second / 70);
	for (let seed = 1; seed <= seeds; seed++) {
		const deploys = { seed, seconds: 200, deployAt: 120, expiring: filling };
		const families = familiesOf(compared(shopTapes(deploys), { at: begin + 60_000 }));
		assert.ok(families.includes('keys'), `seed ${seed}: ${families}`);
		const control = compared(shopTapes({ seed, seconds: 200, expiring: filling }), { at: begin + 60_000 });
		assert.deepEqual(
			control.changes.filter(({ line }) => line.severity),
			[],
			`seed ${seed}`,
		);
	}
});

test('windows of a minute, and with no time to settle', () => {
	const tapes = shopTapes({ seed: 3, seconds: 640, deployAt: marker + 5 });
	for (const over of [{ windowSeconds: 60 }, { settlingSeconds: 0 }, { windowSeconds: 900 }])
		assert.deepEqual(
			[...familiesOf(compared(tapes, over))].sort(),
			['command hgetall', 'connections', 'keys'],
			JSON.stringify(over),
		);
});

test('ops that rose by the calls of one command go with it; its share of the others is no change of theirs', () => {
	const comparison = compared(shopTapes({ seed: 8, seconds: 640, deployAt: marker }));
	const hgetall = comparison.changes.find(({ line }) => line.figure.family === 'command hgetall')!;
	const all = [hgetall.line, ...hgetall.besides].map(({ figure }) => figure.id);
	assert.ok(all.includes('calls hgetall') && all.includes('time hgetall'), all.join());
	assert.equal(linesOf(comparison).includes('ops'), false);
	assert.equal(linesOf(comparison).includes('time get'), false);
	assert.equal(hgetall.line.verdict, 'worse');
	assert.equal(hgetall.line.severity, 'warn');
});

test('a node that was not read for a while is no fall of the sums, on either side', () => {
	const missing = (node: number, second: number) => node === 1 && second % 60 < 15;
	assert.deepEqual(linesOf(compared(shopTapes({ seed: 4, seconds: 640, missing }))), []);
});

test('a failover: the replica stands for its primary, the sums go on', () => {
	const tapes = shopTapes({
		seed: 5,
		seconds: 640,
		missing: (node, second) => node === 0 && second >= marker,
		isPrimary: (node, second) => (second < marker ? node < 3 : node === 1 || node === 2 || node === 3),
	});
	const comparison = compared(tapes);
	assert.equal(linesOf(comparison).includes('ops'), false);
	const ops = comparison.asBefore.find(({ figure }) => figure.id === 'ops');
	assert.ok((ops?.before ?? 0) > 2500 && (ops?.after ?? 0) > 2500, JSON.stringify(ops));
});

test('of one node', () => {
	const tapes = shopTapes({ seed: 6, seconds: 640, deployAt: marker });
	assert.ok(familiesOf(compared(tapes, {}, ['10.0.0.2:6379'])).includes('connections'));
	assert.deepEqual(compared(tapes, {}, ['10.9.9.9:1']).judged, 0);
});

test('too few readings on either side: no figure is called anything', () => {
	const early = compared(shopTapes({ seed: 7, seconds: marker + 50, deployAt: marker }));
	assert.equal(early.judged, 0);
	assert.equal(early.changes.length, 0);
	assert.ok(early.tooFew.length > 20);
	const late = compared(shopTapes({ seed: 7, seconds: 640 }), { at: begin + 20_000 });
	assert.equal(late.judged, 0);
});

test('the after window ends at the next marker', () => {
	const tapes = shopTapes({ seed: 9, seconds: 640, deployAt: marker + 200 });
	assert.deepEqual(linesOf(compared(tapes, { until: begin + 1000 * (marker + 190) })), []);
});

function tapeOf(
	value: (
		second: number,
	) => readonly (readonly [kind: 'calls' | 'error' | 'client-name', name: string, perSecond: number])[],
): Tape {
	let tape = emptyTape;
	for (let second = 0; second < 640; second += 5) {
		const amounts = value(second).map(([kind, name, sum]) => ({ kind, name, sum: 5 * sum, weight: 5 }));
		const whole = (['calls', 'error', 'client-name'] as const).map(kind => ({ kind, weight: 5 }));
		const all = (['calls', 'error', 'client-name'] as const).map(kind => ({
			kind,
			name: '',
			sum: 50,
			weight: 5,
		}));
		tape = addToTape(tape, begin + 1000 * second, 5, true, [...all, ...amounts], whole);
	}
	return tape;
}

test('errors that begin are critical and first; those of a cluster that moves are only told', () => {
	const tape = tapeOf(second =>
		second < marker
			? [['error', 'ERR', 2]]
			: [
					['error', 'ERR', 2],
					['error', 'NOAUTH', 41],
					['error', 'MOVED', 9],
				],
	);
	const comparison = compared(new Map([['a:1', tape]]), {}, ['a:1']);
	assert.deepEqual(
		comparison.changes.map(({ line }) => [line.figure.id, line.verdict, line.severity]),
		[
			['error NOAUTH', 'worse', 'crit'],
			['error MOVED', 'other', undefined],
		],
	);
});

test('one burst of errors is no change', () => {
	const tape = tapeOf(second => (second === 400 ? [['error', 'OOM', 500]] : []));
	assert.deepEqual(linesOf(compared(new Map([['a:1', tape]]), {}, ['a:1'])), []);
});

test('commands and clients that came or went; one that is called now and then has done neither', () => {
	const tape = tapeOf(second => [
		...(second < marker ? ([['calls', 'evalsha', 3]] as const) : ([['calls', 'fcall', 3]] as const)),
		...(second >= marker ? ([['client-name', 'checkout-api', 4]] as const) : []),
		...(second % 150 === 0 && second > marker ? ([['calls', 'keys', 1]] as const) : []),
		['calls', 'get', 10],
	]);
	const { came, gone } = compared(new Map([['a:1', tape]]), {}, ['a:1']);
	assert.deepEqual(came, [
		{ kind: 'command', name: 'fcall' },
		{ kind: 'client-name', name: 'checkout-api' },
	]);
	assert.deepEqual(gone, [{ kind: 'command', name: 'evalsha' }]);
});

test('settings that differ, by node; one that was set back does not', () => {
	const change = (second: number, name: string, from: string, to: string) => ({
		...{ at: begin + 1000 * second, name, from, to },
	});
	const tape = withSettings(
		tapeOf(() => []),
		[
			change(100, 'hz', '10', '50'),
			change(310, 'maxmemory', '1', '2'),
			change(320, 'timeout', '0', '9'),
			change(330, 'timeout', '9', '0'),
		],
	);
	const { settings } = compared(
		new Map([
			['a:1', tape],
			['b:1', tape],
		]),
		{},
		['a:1', 'b:1'],
	);
	assert.deepEqual(settings, [{ name: 'maxmemory', from: '1', to: '2', nodes: ['a:1', 'b:1'] }]);
});

test('40 minutes are kept, and no more columns than there is room for', () => {
	let tape = emptyTape;
	for (let second = 0; second < 3600; second += 5)
		tape = addToTape(
			tape,
			begin + 1000 * second,
			5,
			true,
			[{ kind: 'calls', name: `c${second}`, sum: 1, weight: 5 }],
			[],
		);
	assert.equal(tape.blocks.length, 479);
	assert.equal(tape.columns.size, 240);
});

describe('hot keys, where samples lie in both times', () => {
	const nodes = shopNodes.slice(0, 3);
	const sampled = (
		second: number,
		shares: Readonly<Record<string, number>>,
		more: Partial<HotKeysResult> = {},
	) => ({
		...({
			method: 'monitor',
			shareOf: 'commands',
			at: begin + 1000 * second,
			seconds: 2,
			commands: 6000,
		} as const),
		keys: Object.entries(shares).map(([key, share]): HotKey => {
			const bar = 2 * Math.sqrt((share * (1 - share)) / 6000);
			const measured = { share, low: share - bar, high: share + bar };
			return { key, node: nodes[0]!, method: 'monitor', ...measured, replicas: [], mitigations: [] };
		}),
		patterns: [],
		...{ byCommand: [], byClient: [], slots: [], notes: [] },
		nodes: nodes.map(
			node => ({ node, method: 'monitor', seconds: 2, commands: 2000, bytes: 1, endedBy: 'time' }) as const,
		),
		cost: { commands: 1, inputBytes: 1, outputBytes: 1, hitsAdded: 0 },
		...more,
	});
	const hotCompared = (results: readonly HotKeysResult[], chosen: readonly Address[] = shopNodes) => {
		const samples = results.reduce<readonly HotSample[]>((all, one) => addHotSample(all, one, ''), []);
		const split = {
			at: begin + 1000 * marker,
			windowSeconds: 300,
			settlingSeconds: 30,
			until: begin + 3_600_000,
		};
		return compareTimes(shopTapes({ seed: 1, seconds: 640 }), chosen, split, samples);
	};
	const named = ({ hot }: Comparison) =>
		hot?.lines.map(({ figure, verdict }) => `${figure.words}: ${verdict}`);

	test('what moved beyond all error bars has changed, and is neither good nor bad; what came is there, too', () => {
		const result = hotCompared([
			sampled(100, { feed: 0.2, cart: 0.05 }),
			sampled(200, { feed: 0.21, cart: 0.052 }),
			sampled(400, { feed: 0.2, cart: 0.14, new: 0.08 }),
		]);
		assert.deepEqual(named(result), ['hot key cart: other', 'hot key new: other', 'hot key feed: as-before']);
		assert.deepEqual([result.hot?.samplesBefore, result.hot?.samplesAfter], [2, 1]);
		assert.deepEqual(result.changes.map(({ line }) => [line.figure.id, line.severity]).sort(), [
			['hot-key cart', undefined],
			['hot-key new', undefined],
		]);
		assert.equal(result.hot?.lines[1]?.before, undefined, 'not measured is not 0');
	});

	test('of keys of one name the hottest is meant, and those of another database have its number', () => {
		const withTwins = (second: number, share: number) => {
			const result = sampled(second, { feed: share });
			const [feed] = result.keys;
			const twins = [
				{ ...feed!, node: nodes[1]!, share: 0.01, low: 0.005, high: 0.015 },
				{ ...feed!, db: 1, share: 0.02, low: 0.015, high: 0.025 },
			];
			return { ...result, keys: [feed!, ...twins] };
		};
		const { hot } = hotCompared([withTwins(100, 0.2), withTwins(400, 0.21)]);
		assert.deepEqual(
			hot?.lines.map(({ figure, before }) => [figure.words, before]),
			[
				['hot key feed', 0.2],
				['hot key feed (db 1)', 0.02],
			],
		);
	});

	test('none where samples lie in one time alone, in another way, or in the time to settle', () => {
		const before = sampled(100, { feed: 0.2 });
		const rows: readonly (readonly HotKeysResult[])[] = [
			[before],
			[before, sampled(400, { feed: 0.4 }, { shareOf: 'time' })],
			[before, sampled(310, { feed: 0.4 })],
			[before, sampled(400, {})],
			[
				sampled(100, { feed: 0.2 }, { shareOf: 'accesses' }),
				sampled(400, { feed: 0.4 }, { shareOf: 'accesses' }),
			],
		];
		for (const results of rows) assert.equal(hotCompared(results).hot, undefined);
		assert.deepEqual(
			named(hotCompared([before, sampled(400, { feed: 0.4 })], [nodes[1]!])),
			[],
			'of another node',
		);
	});

	test('a window that goes on is one sample, however often it is told', () => {
		const result = hotCompared([
			...[0.2, 0.21, 0.2].map(feed => sampled(100, { feed })),
			// Of a window that slides only what is of another time.
			...[101, 103, 105].map(second => sampled(second, { feed: 0.2 })),
			sampled(400, { feed: 0.2 }),
		]);
		assert.equal(result.hot?.samplesBefore, 2);
	});
});
