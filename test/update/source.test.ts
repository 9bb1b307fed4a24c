// Fleets that a Prometheus knows: rows with their rates at once and the age of the scrape, groups that fold, and Enter, which
// polls one node and no other. What is not measured is never called fine.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInfo } from '../../source/core/parse/parse-info.ts';
import type { ToldFinding, ToldFleet } from '../../source/core/prometheus/told.ts';
import type { ClusterView, OwnUse, Sample } from '../../source/core/types.ts';
import { checkResult, isDecided } from '../../source/output/check.ts';
import type { Effect, Key, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { starting } from '../view/build-state.ts';
import { framed } from '../view/frame-files.ts';

const own: OwnUse = { commands: 0, hits: 0, inputBytes: 0, outputBytes: 0, calls: {} };
const begin = Date.UTC(2026, 10, 23, 14, 33, 0);

function sampleOf(
	node: string,
	at: number,
	lines: Readonly<Record<string, string | number>>,
	clock = at,
): Sample {
	const text = Object.entries(lines).map(([name, value]) => `${name}:${value}`);
	return { node, at, clock, info: parseInfo(text.join('\r\n')), refused: [], own };
}

const scraped = (node: string, at: number, ops: number, more = {}) =>
	sampleOf(node, at, {
		...{ role: 'master', run_id: node.padEnd(40, 'a'), uptime_in_seconds: 9000, used_memory: 700e6 },
		...{ maxmemory: 1e9, maxmemory_policy: 'noeviction', connected_clients: 5, maxclients: 100 },
		...{ total_commands_processed: ops, ...more },
	});

const start = (): State => ({
	...starting({ size: { columns: 140, rows: 40 } }),
	...{ at: begin, fleets: [], cursor: undefined, prometheus: { url: 'http://prom' }, isDiscoveryOn: false },
});

/** Groups of so many nodes each, read twice: 60 s ago and now. */
function fleets(groups: number, nodes: number, more = {}): State {
	const list = Array.from({ length: groups }, (_, id) => ({ id, name: `cart-${id}` }));
	let [state] = update(start(), { type: 'fleets-found', at: begin, fleets: list, hasEarlier: false });
	for (const { id } of list) state = roundOf(state, id, nodes, 0, more);
	return state;
}

function roundOf(state: State, fleet: number, nodes: number, turn: number, more = {}): State {
	const listed = Array.from({ length: nodes }, (_, index) => `10.0.${fleet}.${index}:6379`);
	const now = begin + turn * 15_000;
	const samples = listed.flatMap(node => [
		...(turn === 0 ? [scraped(node, now - 63_000, 1000, more)] : []),
		scraped(node, now - 3000, 7000 + turn * 1500, more),
	]);
	const base = { isExtra: false, isSettled: true, paceSeconds: 15 };
	return update(state, { type: 'round', at: now, fleet, samples, listed, ...base })[0];
}

const press = (state: State, ...keys: readonly Key[]): [State, Effect[]] =>
	update(state, { type: 'keys', at: state.at, keys });
const watched = (effects: readonly Effect[]) => effects.filter(({ type }) => type === 'watch');
const rowWith = (state: State, word: string) =>
	framed(state)
		.split('\n')
		.find(line => line.includes(word)) ?? '';

test('two readings in the first round: rates at once, the age of the scrape, and rows that are no seeds', () => {
	const state = fleets(1, 3);
	const [node] = state.fleets[0]!.now.fleet.nodes;
	assert.deepEqual([node!.opsPerSecond, node!.health, node!.ageSeconds], [100, 'up', 3]);
	assert.equal(state.fleets[0]!.now.fleet.totals.opsPerSecond, 300);
	assert.deepEqual(
		[node!.pingMilliseconds, node!.replicationLagBytes, node!.hitRate],
		[undefined, undefined, undefined],
	);
	assert.equal(state.fleets[0]!.events.length, 0);
	assert.match(framed(state), /nothing past a limit by Prometheus's figures {3}unknown: views/);
	assert.doesNotMatch(framed(state), /no findings/);
});

test('findings come from the figures that there are; a check of the rest is unknown and never OK', () => {
	const calm = fleets(1, 3);
	assert.equal(isDecided(calm), true);
	const result = checkResult(calm, true);
	assert.equal(result.code, 3);
	assert.match(
		result.text,
		/^UNKNOWN 3 nodes, 300 ops\/s by Prometheus: views, slot owners, .* are not measured \|/,
	);
	let full = fleets(1, 3, { used_memory: 950e6 });
	for (let turn = 1; turn < 3; turn++) full = roundOf(full, 0, 3, turn, { used_memory: 950e6 });
	assert.ok(
		full.fleets[0]!.now.findings.some(({ id, severity }) => id === 'memory-high' && severity === 'crit'),
	);
	assert.equal(checkResult(full, true).code, 2);
	assert.equal(isDecided(start()), false);
});

/** Six nodes of which each says what it is given, CLUSTER INFO and all. */
function cluster(said: readonly Partial<ClusterView>[], more = {}, turns = 1): State {
	return saying(fleets(1, said.length, more), said, more, 1, turns);
}

/** They go on from one turn to another; of who says undefined there is INFO alone. */
function saying(
	before: State,
	said: readonly (Partial<ClusterView> | undefined)[],
	more: object,
	first: number,
	turns: number,
): State {
	let state = before;
	for (let turn = first; turn <= turns; turn++) {
		const at = begin + turn * 15_000;
		const samples = said.map((view, index) => ({
			...scraped(`10.0.0.${index}:6379`, at - 3000, 9000 * turn, more),
			cluster: view && {
				...{ state: 'ok' as const, slotsAssigned: 16_384, slotsFail: 0, slotsPfail: 0, epoch: 7 },
				...view,
			},
		}));
		const base = {
			isExtra: false,
			isSettled: true,
			paceSeconds: 15,
			listed: samples.map(({ node }) => node),
		};
		[state] = update(state, { type: 'round', at, fleet: 0, samples, ...base });
	}
	return state;
}

const foundIn = (state: State) =>
	state.fleets[0]!.now.findings.map(({ id, severity, node, value, text }) =>
		[id, severity, node?.slice(0, 8), value, text].join(' '),
	);
const calm = {};
const failed = { state: 'fail', slotsFail: 5461 } as const;
const words: readonly [what: string, state: State, found: readonly string[], said: unknown][] = [
	['all say ok', cluster([calm, calm, calm]), [], { state: 'ok', epoch: 7 }],
	[
		'two of three say that slots have failed',
		cluster([calm, failed, { ...failed, epoch: 8 }]),
		[
			'slots-uncovered crit 10.0.0.1 5461 5461 of 16384 slots uncovered, cluster_state fail, as 2 of 3 nodes say',
		],
		{ state: 'fail' },
	],
	[
		'slots are nobody’s, and the cluster serves the others',
		cluster([{ slotsAssigned: 16_000 }]),
		['slots-uncovered crit 10.0.0.0 384 384 of 16384 slots uncovered, cluster_state ok, as the node says'],
		{ state: 'ok', epoch: 7 },
	],
	[
		'a spare node, or one that was reset, is in no cluster yet',
		cluster([calm, calm, { state: 'fail', slotsAssigned: 0, epoch: 0 }]),
		[],
		{ state: 'ok', epoch: 7 },
	],
	[
		'one that knows of others has forgotten all slots, and refuses what it is asked',
		cluster([calm, calm, { state: 'fail', slotsAssigned: 0, knownNodes: 3 }]),
		[
			'slots-uncovered crit 10.0.0.2 16384 16384 of 16384 slots uncovered, cluster_state fail, as 1 of 3 nodes says',
		],
		{ state: 'fail', epoch: 7 },
	],
	[
		'nobody has a slot',
		cluster([0, 1].map(() => ({ state: 'fail', slotsAssigned: 0 }) as const)),
		[
			'slots-uncovered crit 10.0.0.0 16384 16384 of 16384 slots uncovered, cluster_state fail, as 2 of 2 nodes say',
		],
		{ state: 'fail', epoch: 7 },
	],
	[
		'one refuses, and has lost nothing by its word',
		cluster([calm, { state: 'fail' }]),
		['slots-uncovered crit 10.0.0.1  cluster_state fail, commands refused, as 1 of 2 nodes says'],
		{ state: 'fail', epoch: 7 },
	],
	[
		'it has just started: it has not heard of the others yet',
		cluster([{ state: 'fail' }], { uptime_in_seconds: 2 }),
		[],
		{ state: 'fail', epoch: 7 },
	],
	[
		'a link of the bus, after two readings',
		cluster([calm, { slotsPfail: 100 }], {}, 2),
		['views-differ warn 10.0.0.1 15 1 of 2 nodes do not reach the primary of 100 slots (pfail)'],
		{ state: 'ok', epoch: 7 },
	],
	[
		'a primary with keys and without a replica, after five',
		cluster([calm], { connected_slaves: 0, db0: 'keys=5,expires=0,avg_ttl=0' }, 5),
		['no-replica warn 10.0.0.0 0 no replica to take over'],
		{ state: 'ok', epoch: 7 },
	],
	[
		'one that has not told it for two readings still has its word',
		saying(cluster([calm, failed]), [calm, undefined], {}, 2, 3),
		[
			'slots-uncovered crit 10.0.0.1 5461 5461 of 16384 slots uncovered, cluster_state fail, as 1 of 2 nodes says',
		],
		{ state: 'fail', epoch: 7 },
	],
	[
		'that it said so long ago is no word of now',
		saying(cluster([calm, failed]), [calm, undefined], {}, 2, 5),
		[],
		{ state: 'ok', epoch: 7 },
	],
	[
		'nobody tells it any more: neither fail nor ok',
		saying(cluster([calm, calm]), [undefined, undefined], {}, 2, 5),
		[],
		undefined,
	],
	['the state was not told', cluster([{ state: undefined }]), [], { epoch: 7 }],
	['no cluster', fleets(1, 2), [], undefined],
];
for (const [what, state, found, said] of words)
	test(`the word of a cluster's nodes: ${what}`, () => {
		assert.deepEqual(foundIn(state), found);
		assert.deepEqual(state.fleets[0]!.now.fleet.said, said);
	});

const told = (over: Partial<ToldFleet> = {}): ToldFleet => ({
	...{ figures: new Map(), judged: new Set(), findings: [], isWhole: true },
	...over,
});
const lost = told({ isWhole: false, lost: '10.0.9.2:9399 tells nothing of it now' });
const toldRound = (
	state: State,
	fleet: number,
	seconds: number,
	said: ToldFleet,
	listed: readonly string[],
) =>
	update(state, {
		...{ type: 'round', at: begin + seconds * 1000, fleet, listed, told: said, paceSeconds: 15 },
		...{ isExtra: false, isSettled: true },
		samples: listed.map(node => scraped(node, begin + seconds * 1000 - 3000, 7000 + seconds * 100)),
	})[0];

test('a check in front of services is fine when all have judged; one that is lost is unknown beside those that are', () => {
	const first = fleets(2, 1);
	const whole = toldRound(toldRound(first, 0, 15, told(), ['10.0.0.0:6379']), 1, 15, told(), [
		'10.0.1.0:6379',
	]);
	assert.match(checkResult(whole, true).text, /^OK 2 nodes/);
	const list = [0, 1].map(id => ({ id, name: `cart-${id}` }));
	let [state] = update(start(), { type: 'fleets-found', at: begin, fleets: list, hasEarlier: false });
	for (const seconds of [0, 15]) state = toldRound(state, 0, seconds, told(), ['10.0.0.0:6379']);
	state = toldRound(state, 1, 15, lost, []);
	const result = checkResult(state, true);
	assert.equal(result.code, 3);
	assert.match(result.text, /^UNKNOWN cart-1: 10\.0\.9\.2:9399 tells nothing of it now \| [^\n]*$/);
	assert.match(framed(state), /not measured: cart-1 {3}10\.0\.9\.2:9399 tells nothing of it now/);
	const none = checkResult({ ...state, fleets: state.fleets.slice(1) }, false);
	assert.match(none.text, /^UNKNOWN cart-1: 10\.0\.9\.2:9399 tells nothing of it now \|/);
});

test('what a service has found stands until the rows are stale, and then it is said that it is told no more', () => {
	const node = '10.0.0.0:6379';
	const crit: ToldFinding = {
		...({ id: 'came-back-empty', by: '10.0.9.2:9399', node, severity: 'crit', unit: 'count' } as const),
		...{ value: 0, limit: 1 },
	};
	let state = toldRound(fleets(1, 1), 0, 15, told({ judged: new Set([node]), findings: [crit] }), [node]);
	const found = () => state.fleets[0]!.now.findings.filter(({ by }) => by !== undefined).length;
	assert.equal(found(), 1);
	for (const seconds of [30, 45]) state = toldRound(state, 0, seconds, lost, []);
	assert.deepEqual([found(), checkResult(state, true).code], [1, 2]);
	for (const seconds of [60, 75]) state = toldRound(state, 0, seconds, lost, []);
	assert.deepEqual([found(), checkResult(state, true).code], [0, 3]);
	assert.deepEqual(
		state.fleets[0]!.events.filter(({ kind }) => kind === 'finding-over').map(({ text }) => text),
		['no longer told: came-back-empty: 0, limit 1 (by 10.0.9.2:9399)'],
	);
});

test('a scrape that is missing makes the row stale with its age, and a node that left is forgotten after an hour', () => {
	const before = fleets(1, 2);
	const round = (at: number) =>
		update(before, {
			...{ type: 'round', at, fleet: 0, samples: [], listed: ['10.0.0.0:6379'] },
			...{ isExtra: false, isSettled: true, paceSeconds: 15 },
		})[0];
	assert.deepEqual(
		round(begin + 30_000).fleets[0]!.now.fleet.nodes.map(({ health }) => health),
		['up', 'up'],
	);
	const late = round(begin + 90_000);
	assert.deepEqual(
		late.fleets[0]!.now.fleet.nodes.map(({ health, opsPerSecond }) => [health, opsPerSecond]),
		[
			['stale', undefined],
			['stale', undefined],
		],
	);
	assert.match(rowWith(late, '10.0.0.1:6379'), /stale/);
	assert.equal(round(begin + 3_700_000).fleets[0]!.tracks.size, 1);
});

test('a group of which nothing is told goes with its last row after an hour, that is said, and it may come back', () => {
	const before = fleets(2, 2);
	const empty = (state: State, fleet: number, at: number, told?: ToldFleet) =>
		update(state, {
			...{ type: 'round', at, fleet, samples: [], listed: [], isExtra: false, isSettled: true },
			...{ paceSeconds: 15, ...(told && { told }) },
		})[0];
	const names = ({ fleets }: State) => fleets.map(({ name }) => name);
	assert.deepEqual(names(empty(before, 1, begin + 3_500_000)), ['cart-0', 'cart-1']);
	const left = empty(before, 1, begin + 3_700_000);
	assert.deepEqual(names(left), ['cart-0']);
	assert.match(framed(left), /cart-1: nothing was told of it for an hour, it is left out/);
	// Of one that is lost something is told; and a screen without a fleet tells nothing.
	const lost: ToldFleet = {
		...{ figures: new Map(), judged: new Set(), findings: [], isWhole: false },
		lost: '10.0.9.2:9399 tells nothing of it now',
	};
	assert.deepEqual(names(empty(before, 1, begin + 3_700_000, lost)), ['cart-0', 'cart-1']);
	assert.deepEqual(names(empty(left, 0, begin + 3_700_000)), ['cart-0']);
	const found = [
		{ id: 0, name: 'cart-0' },
		{ id: 1, name: 'cart-1' },
	];
	const [again] = update(left, { type: 'fleets-found', at: left.at, fleets: found, hasEarlier: false });
	assert.deepEqual(names(again), ['cart-0', 'cart-1']);
	assert.match(rowWith(roundOf(again, 1, 2, 300), '10.0.1.1:6379'), /primary/);
});

test('many nodes are folded by group, with totals; Enter and f unfold and fold, and the cursor stays', () => {
	const state = fleets(20, 5);
	assert.match(rowWith(state, '+ cart-3 (5)'), / 500 /);
	assert.equal(
		framed(state)
			.split('\n')
			.filter(line => /\+ cart-\d+/.test(line)).length,
		20,
	);
	assert.doesNotMatch(framed(state), /10\.0\.3\.0/);
	const onThird = press(state, 'down', 'down', 'down')[0];
	const [open, effects] = press(onThird, 'enter');
	assert.deepEqual([open.screen, open.cursor, watched(effects).length], ['fleet', '10.0.3.0:6379', 0]);
	assert.match(rowWith(open, '10.0.3.4:6379'), /primary/);
	assert.match(rowWith(open, 'cart-3  '), /5 nodes/);
	const [closed] = press(open, 'down', 'f');
	assert.equal(closed.cursor, 'cart-3');
	assert.match(rowWith(closed, '+ cart-3 (5)'), /^>/);
	assert.match(rowWith({ ...state, filter: '10.0.7.2' }, '10.0.7.2:6379'), /primary/);
	// Few rows are not folded.
	assert.match(framed(fleets(2, 3)), /10\.0\.1\.2:6379/);
});

test('a finding within a folded group is marked on its row and colours none of its totals', () => {
	let state = fleets(20, 5);
	for (let turn = 1; turn < 3; turn++) state = roundOf(state, 7, 5, turn, { used_memory: 950e6 });
	assert.match(rowWith(state, '+ cart-7 (5)'), /^ !!/);
	const [sorted] = press(state, 'A');
	assert.match(framed(sorted), /\+ cart-7 \(5\)[\s\S]*\+ cart-0 \(5\)/);
});

test('Enter on a node polls it and it alone; from its first answer on what Prometheus says of it counts no more', () => {
	const state = fleets(1, 3);
	const [open, effects] = press(state, 'enter');
	const node = open.cursor!;
	assert.deepEqual(watched(effects), [{ type: 'watch', fleet: 0, nodes: [{ address: node, kind: 'data' }] }]);
	const base = { type: 'round' as const, fleet: 0, isExtra: false, isSettled: true, paceSeconds: 1 };
	const refused = { reason: 'refused' as const, text: 'connection refused' };
	const failing: Sample = { node, at: begin + 500, clock: 10, refused: [], own, error: refused };
	const [failed] = update(open, { ...base, at: begin + 500, samples: [failing] });
	assert.equal(failed.fleets[0]!.now.fleet.nodes[0]!.health, 'up');
	assert.match(
		failed.toast!.text,
		/not polled from here: connection refused; these are Prometheus's figures/,
	);
	let live = failed;
	for (const [second, ops] of [
		[1, 50_000],
		[2, 50_400],
	] as const) {
		const sample = sampleOf(
			node,
			begin + second * 1000,
			{ role: 'master', total_commands_processed: ops },
			second * 1000,
		);
		[live] = update(live, { ...base, at: begin + second * 1000, samples: [sample] });
	}
	const own1 = live.fleets[0]!.now.fleet.nodes.find(({ address }) => address === node)!;
	assert.deepEqual([own1.opsPerSecond, own1.health], [400, 'up']);
	const others = live.fleets[0]!.now.fleet.nodes.filter(({ address }) => address !== node);
	assert.ok(others.every(({ health, opsPerSecond }) => health === 'up' && opsPerSecond === 100));
	const after = roundOf(live, 0, 3, 1).fleets[0]!.now.fleet.nodes.find(({ address }) => address === node)!;
	assert.deepEqual(after.opsPerSecond, 400);
	assert.equal(watched(press(live, '1', 'enter')[1]).length, 0);
});

test('a Prometheus that fails is one line, the rows stay and grow old; it goes when it answers again', () => {
	const state = fleets(1, 3);
	const [failed] = update(state, { type: 'source-trouble', at: begin + 1000, text: 'connection refused' });
	assert.match(framed(failed), /not measured: Prometheus: connection refused/);
	assert.match(rowWith(failed, '10.0.0.1:6379'), /100/);
	const [again] = update(failed, { type: 'source-trouble', at: begin + 2000 });
	assert.doesNotMatch(framed(again), /not measured/);
	assert.match(framed(start()), /waiting for http:\/\/prom/);
	let full = fleets(1, 3, { used_memory: 950e6 });
	for (let turn = 1; turn < 3; turn++) full = roundOf(full, 0, 3, turn, { used_memory: 950e6 });
	const text = 'its answer may be partial: store-1 is away';
	const [partial] = update(full, { type: 'source-trouble', at: begin + 31_000, text });
	assert.match(framed(partial), /!! memory 95% .* {3}not measured: Prometheus: its answer may be partial/);
	assert.match(
		checkResult(partial, true).text,
		/^CRITICAL memory-high[\s\S]*not measured; its answer may be/,
	);
});
