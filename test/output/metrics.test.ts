// The page that Prometheus scrapes: every figure under the name that its table gives it, in base units; nothing of what
// was not measured, of nodes that are down, late or gone; no more series than there may be, whatever servers say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type FigureId, figures } from '../../source/core/figures.ts';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import { figureMetrics } from '../../source/core/metric-names.ts';
import { parseInfo } from '../../source/core/parse/parse-info.ts';
import type { Labels, PromSeries } from '../../source/core/prometheus/answer.ts';
import { infoTextOf, noFields } from '../../source/core/prometheus/metrics.ts';
import {
	addOwnInfo,
	addOwnValue,
	listOwn,
	ownKeyOf,
	ownMetricNames,
	ownNames,
	toldBy,
} from '../../source/core/prometheus/own-listing.ts';
import { toldEvents, withToldFindings } from '../../source/core/prometheus/told.ts';
import { thresholds } from '../../source/core/thresholds.ts';
import type { Finding, FleetEvent, RedisNode } from '../../source/core/types.ts';
import { createMetricCounts, type MetricCounts } from '../../source/output/metric-counts.ts';
import { metricsText, mostSeries } from '../../source/output/metrics.ts';
import { openRecording } from '../../source/recording/playable.ts';
import type { FleetTrack, State } from '../../source/state/state.ts';
import { newFleetTrack, updateRound } from '../../source/update/round.ts';
import { trackOf } from '../core/build.ts';
import { calm, incident, nodeOf, now, paused, sentinel, several } from '../view/build-state.ts';

const own = { cpuSeconds: 1.5, residentBytes: 1000, startedAt: 1_700_000_000 };

type Page = ReadonlyMap<string, number>;

/** `name{labels}` to value; no line is there twice. */
function read(text: string): Page {
	const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
	const page = new Map(
		lines.map(line => {
			const [, series, value] = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
			assert.ok(series !== undefined && Number.isFinite(Number(value)), line);
			return [series, Number(value)] as const;
		}),
	);
	assert.equal(page.size, lines.length, 'a series twice');
	return page;
}

function pageOf(state: State, counts: MetricCounts = createMetricCounts(), at = now): Page {
	counts.onState(state);
	return read(metricsText(state, counts, own, at));
}

/** The state with its first fleet changed. */
const withFleet = (state: State, change: (fleet: FleetTrack) => Partial<FleetTrack>): State => ({
	...state,
	fleets: state.fleets.map((fleet, index) => (index === 0 ? { ...fleet, ...change(fleet) } : fleet)),
});

const withNodes = (nodes: readonly RedisNode[], findings: readonly Finding[] = []): State =>
	withFleet(calm(), ({ now: snapshot }) => ({
		now: { ...snapshot, findings, fleet: { ...snapshot.fleet, nodes } },
	}));

const withNode = (over: Partial<RedisNode>) => withNodes([nodeOf('a:1', over)]);

const ofNode = (page: Page, node: string) =>
	[...page.keys()].filter(series => series.includes(`node="${node}"`));

const at = (name: string, node: string, fleet = 'cart-prod') =>
	`redis_top_${name}{fleet="${fleet}",node="${node}"}`;

const findingOf = (over: Partial<Finding>): Finding => ({
	...{ id: 'memory-high', severity: 'crit', node: 'a:1', since: now, text: 'memory 93% of maxmemory' },
	...over,
});

test('names and units are those of Prometheus', () => {
	const names = Object.fromEntries([...figureMetrics].map(([id, { name, type }]) => [id, `${name} ${type}`]));
	assert.deepEqual(names, {
		uptimeSeconds: 'redis_top_uptime_seconds gauge',
		opsPerSecond: 'redis_top_ops_total counter',
		hitRate: 'redis_top_hit_ratio gauge',
		evictedPerSecond: 'redis_top_evicted_total counter',
		expiredPerSecond: 'redis_top_expired_total counter',
		expiredFieldsPerSecond: 'redis_top_expired_fields_total counter',
		inputBytesPerSecond: 'redis_top_input_bytes_total counter',
		outputBytesPerSecond: 'redis_top_output_bytes_total counter',
		usedMemoryBytes: 'redis_top_used_memory_bytes gauge',
		rssBytes: 'redis_top_rss_bytes gauge',
		maxmemoryBytes: 'redis_top_maxmemory_bytes gauge',
		fragmentationRatio: 'redis_top_fragmentation_ratio gauge',
		connectedClients: 'redis_top_connected_clients gauge',
		maxClients: 'redis_top_max_clients gauge',
		blockedClients: 'redis_top_blocked_clients gauge',
		rejectedPerSecond: 'redis_top_rejected_total counter',
		keys: 'redis_top_keys gauge',
		keysWithTtl: 'redis_top_keys_with_ttl gauge',
		cpuPercent: 'redis_top_cpu_ratio gauge',
		pingMilliseconds: 'redis_top_ping_seconds gauge',
		stallsLastMinute: 'redis_top_stalls_last_minute gauge',
		stalledSecondsLastMinute: 'redis_top_stalled_seconds_last_minute gauge',
		replicationLagBytes: 'redis_top_replication_lag_bytes gauge',
		replicationLagMostBytes: 'redis_top_replication_lag_most_bytes gauge',
		replicationLagSeconds: 'redis_top_replication_lag_seconds gauge',
		memoryShare: 'redis_top_memory_ratio gauge',
		connectionsPerSecond: 'redis_top_connections_total counter',
		errorsPerSecond: 'redis_top_errors_total counter',
		isLinkUp: 'redis_top_link_up gauge',
		lastSaveAt: 'redis_top_last_save_timestamp_seconds gauge',
	});
});

test('a figure has its sample in base units, and none where it was not measured', () => {
	const page = pageOf(
		withNode({
			pingMilliseconds: 0.4,
			cpuPercent: 84,
			memoryShare: 0.93,
			isLinkUp: false,
			lastSaveAt: 1.5e12,
		}),
	);
	assert.equal(page.get(at('ping_seconds', 'a:1')), 0.0004);
	assert.equal(page.get(at('cpu_ratio', 'a:1')), 0.84);
	assert.equal(page.get(at('memory_ratio', 'a:1')), 0.93);
	assert.equal(page.get(at('link_up', 'a:1')), 0);
	assert.equal(page.get(at('last_save_timestamp_seconds', 'a:1')), 1.5e9);
	assert.equal(page.get(at('up', 'a:1')), 1);
	const bare = ofNode(pageOf(withNode({})), 'a:1').map(series => /^redis_top_(\w+)/.exec(series)![1]);
	assert.deepEqual(bare, ['up', 'node_info', 'verdict', 'findings']);
});

test('a node that is down, silent or not read is 0 or absent, with no figure of before', () => {
	const figure = { usedMemoryBytes: 5, opsPerSecond: 3 };
	const error = { reason: 'timeout', text: 'no answer' } as const;
	const cases: readonly (readonly [over: Partial<RedisNode>, up: number | undefined, figures: boolean])[] = [
		[{ health: 'up' }, 1, true],
		[{ health: 'loading' }, 0, true],
		[{ health: 'down', error }, 0, false],
		[{ health: 'stale', error }, 0, false],
		[{ health: 'stale' }, undefined, false],
		[{ health: 'up', isUnread: true }, 1, false],
		[{ health: 'up', error: { reason: 'unknown-info', text: 'what is it' } }, undefined, true],
	];
	for (const [over, up, hasFigures] of cases) {
		const page = pageOf(withNode({ ...figure, ...over }));
		assert.equal(page.get(at('up', 'a:1')), up, JSON.stringify(over));
		assert.equal(page.get(at('used_memory_bytes', 'a:1')), hasFigures ? 5 : undefined, JSON.stringify(over));
		const isFine = over.health === 'up' && over.error === undefined;
		assert.equal(page.get(at('verdict', 'a:1')), isFine ? 0 : undefined, JSON.stringify(over));
	}
});

test('a node that has left has no series', () => {
	const gone = nodeOf('a:1', { health: 'down', isGone: true, usedMemoryBytes: 5 });
	const page = pageOf(withNodes([gone, nodeOf('a:2')], [findingOf({ node: 'a:1' })]));
	assert.deepEqual(ofNode(page, 'a:1'), []);
	assert.equal(page.get('redis_top_fleet_nodes{fleet="cart-prod"}'), 1);
});

test('nothing is told of a fleet that is not read in time, or not yet', () => {
	const only = (page: Page) => [...page.keys()].filter(series => series.includes('fleet='));
	const age = 'redis_top_round_age_seconds{fleet="cart-prod"}';
	const late = pageOf(calm(), undefined, now + 20_000);
	assert.deepEqual(only(late), [age]);
	assert.equal(late.get(age), 20);
	assert.ok(only(pageOf(calm({ delaySeconds: 60 }), undefined, now + 20_000)).length > 100);
	assert.ok(only(pageOf(calm({ paceSeconds: 60 }), undefined, now + 20_000)).length > 100);
	assert.deepEqual(only(pageOf(withFleet(calm(), () => ({ isDiscovered: false, rounds: 0 })))), [age]);
});

test('the screen that stands still stops no figure', () => {
	const stopped = pageOf(paused());
	assert.deepEqual(stopped, pageOf(incident()));
});

test('a finding has its severity, value and limit in base units', () => {
	const found = [
		findingOf({ value: 0.93, limit: 0.9, unit: 'share' }),
		findingOf({ id: 'ping-high', severity: 'warn', value: 80, limit: 50, unit: 'milliseconds' }),
		findingOf({ id: 'cpu-high', severity: 'warn', value: 85, limit: 80, unit: 'percent' }),
		findingOf({ id: 'slots-uncovered', node: undefined, value: 5461, limit: 1, unit: 'count' }),
	];
	const page = pageOf(withNodes([nodeOf('a:1'), nodeOf('a:2')], found));
	const told = (name: string, id: string, unit = '') =>
		page.get(`redis_top_${name}{fleet="cart-prod",node="a:1",finding="${id}"${unit && `,unit="${unit}"`}}`);
	assert.deepEqual([told('finding', 'memory-high'), told('finding', 'ping-high')], [2, 1]);
	assert.equal(told('finding_value', 'memory-high', 'ratio'), 0.93);
	assert.equal(told('finding_limit', 'memory-high', 'ratio'), 0.9);
	assert.equal(told('finding_value', 'ping-high', 'seconds'), 0.08);
	assert.equal(told('finding_limit', 'cpu-high', 'ratio'), 0.8);
	assert.equal(page.get('redis_top_finding{fleet="cart-prod",finding="slots-uncovered"}'), 2);
	assert.deepEqual([page.get(at('verdict', 'a:1')), page.get(at('verdict', 'a:2'))], [2, 0]);
	assert.deepEqual([page.get(at('findings', 'a:1')), page.get(at('findings', 'a:2'))], [3, 0]);
});

test('a fleet has each finding: 0 only while every node is measured and every rule has its readings', () => {
	const fleetFindings = (state: State) => {
		const page = pageOf(state);
		const of = (id: string) => page.get(`redis_top_fleet_finding{fleet="cart-prod",finding="${id}"}`);
		return new Map(thresholds.map(({ id }) => [id as string, of(id)]));
	};
	const fine = fleetFindings(calm());
	assert.deepEqual([...new Set(fine.values())], [0]);
	const bad = fleetFindings(incident());
	assert.deepEqual([bad.get('memory-high'), bad.get('evicting'), bad.get('cpu-high')], [2, 1, 0]);
	const partly = fleetFindings(
		withNodes([nodeOf('a:1', { health: 'stale' }), nodeOf('a:2')], [findingOf({ node: 'a:2' })]),
	);
	assert.deepEqual([partly.get('memory-high'), partly.get('cpu-high')], [2, undefined]);
	const empty = fleetFindings(withNodes([nodeOf('a:1', { health: 'down', isGone: true })]));
	assert.deepEqual([...new Set(empty.values())], [undefined]);
	const pending = [{ id: 'cpu-high', node: '10.0.1.11:6379', readingsLeft: 3 }];
	const young = fleetFindings(withFleet(calm(), () => ({ rounds: 2, pending })));
	assert.deepEqual([young.get('memory-high'), young.get('cpu-high')], [0, undefined]);
	const old = fleetFindings(withFleet(calm(), () => ({ rounds: 100, pending })));
	assert.equal(old.get('cpu-high'), 0);
});

test('at most so many series a node, with every figure and every finding there is', () => {
	const values = Object.fromEntries(
		Object.entries(figures).map(([id, { unit }]) => [id, unit === 'word' ? 'w' : unit === 'flag' ? true : 7]),
	);
	const found = thresholds.map(({ id }) => findingOf({ id, value: 2, limit: 1, unit: 'count' }));
	const kinds = thresholds.map(({ id }) =>
		findingOf({ id, kind: 'NOPERM', value: 2, limit: 1, unit: 'count' }),
	);
	const state = withNodes(
		[nodeOf('a:1', { ...values, ageSeconds: 1, role: 'primary' })],
		[...found, ...kinds],
	);
	const rates = { seconds: 1, ...{ ops: 1, evicted: 1, expired: 1, expiredFields: 1, inputBytes: 1 } };
	const more = { outputBytes: 1, rejected: 1, connections: 1, errors: 1 };
	const track = trackOf('a:1', {}, { rates: { ...rates, ...more } });
	const series = ofNode(pageOf(withFleet(state, () => ({ tracks: new Map([['a:1', track]]) }))), 'a:1');
	assert.ok(series.length > 40 && series.length <= mostSeries, `${series.length}`);
});

test('counters add up every interval once, over gaps and restarts, and end with their node', () => {
	const counts = createMetricCounts();
	const node = nodeOf('a:1', { opsPerSecond: 10 });
	const state = (rates: Parameters<typeof trackOf>[2], over: Partial<RedisNode> = {}) =>
		withFleet(withNodes([{ ...node, ...over }]), () => ({
			tracks: new Map([['a:1', trackOf('a:1', {}, rates)]]),
		}));
	const ops = (one: State) => pageOf(one, counts).get(at('ops_total', 'a:1'));
	const first = { rates: { seconds: 2, ops: 5.1 } };
	assert.equal(ops(state({})), undefined);
	assert.equal(ops(state(first)), 10);
	assert.equal(ops(state(first)), 10);
	assert.equal(ops(state({ rates: { seconds: 1, ops: 7 } })), 17);
	// No rate after a restart, none while it is down: no sample, and no step back.
	assert.equal(ops(state({}, { opsPerSecond: undefined })), undefined);
	assert.equal(ops(state({}, { health: 'down', opsPerSecond: undefined })), undefined);
	assert.equal(ops(state({ rates: { seconds: 1, ops: 3 } })), 20);
	counts.onState(withFleet(withNodes([]), () => ({ tracks: new Map() })));
	assert.equal(ops(state({ rates: { seconds: 1, ops: 4 } })), 4);
});

test('events are counted by kind, each once', () => {
	const counts = createMetricCounts();
	const event = (kind: FleetEvent['kind'], text: string): FleetEvent => ({ at: now, kind, text });
	const first = [event('saved', '1')];
	const second = [event('saved', '3'), event('promoted', '2'), ...first];
	const told = (events: readonly FleetEvent[]) => {
		const page = pageOf(
			withFleet(calm(), () => ({ events })),
			counts,
		);
		return ['saved', 'promoted', 'keys-lost'].map(kind =>
			page.get(`redis_top_events_total{fleet="cart-prod",kind="${kind}"}`),
		);
	};
	assert.deepEqual(told(first), [1, 0, 0]);
	assert.deepEqual(told(second), [2, 1, 0]);
	assert.deepEqual(told(second), [2, 1, 0]);
});

test('no name breaks a line, makes a label or two series of one name', () => {
	const name = 'a"},x="\\\n\u202e:1';
	const hostile = withNodes([nodeOf(name), nodeOf(`${'b'.repeat(5000)}1`), nodeOf(`${'b'.repeat(5000)}2`)]);
	const text = metricsText(hostile, createMetricCounts(), own, now);
	const page = read(text);
	assert.equal(
		page.get(
			`redis_top_up{fleet="cart-prod",node="${String.raw`\"a\\\"},x=\\\"\\\\\\n\\xe2\\x80\\xae:1\"`}"}`,
		),
		1,
	);
	assert.ok(text.split('\n').every(line => line.length < 700));
	const twins = several();
	const same = { ...twins, fleets: [twins.fleets[0]!, { ...twins.fleets[0]!, id: 7 }] };
	assert.equal(pageOf(same).get(at('up', '10.0.1.11:6379', 'cart-prod #7')), 1);
});

test('Sentinels and what they can do', () => {
	const page = pageOf(sentinel());
	assert.equal(page.get(at('sentinel_up', '10.0.2.2:26379', '10.0.2.1:26379')), 1);
	assert.equal(page.get('redis_top_sentinel_quorum_reachable{fleet="10.0.2.1:26379",master="mymaster"}'), 1);
});

test('a recorded failover: nothing of the node while it is down, one failover with its outage', async () => {
	const file = fileURLToPath(new URL('../recordings/failover.jsonl.gz', import.meta.url));
	const playable = await openRecording(file);
	assert.ok(!('problem' in playable));
	const { head } = playable;
	const [seed] = head.fleets;
	const counts = createMetricCounts();
	let state = calm({ at: head.at, fleets: [newFleetTrack(seed!.id, 'f', seed!.seeds, head.at)], past: [] });
	const old = '127.0.0.1:11184';
	const ops = new Map<string, number>();
	let pages = 0;
	let wasDown = false;
	let page: Page = new Map();
	for (let line = await playable.next(); line !== undefined; line = await playable.next()) {
		if (!('round' in line)) continue;
		[state] = updateRound(state, {
			type: 'round',
			...line.round,
			samples: line.round.readings.map(sampleOf),
		});
		page = pageOf(state, counts, state.at);
		const row = state.fleets[0]!.now.fleet.nodes.find(({ address }) => address === old);
		if (state.fleets[0]!.rounds === 0) continue;
		pages++;
		for (const { address } of state.fleets[0]!.now.fleet.nodes) {
			const value = page.get(at('ops_total', address, 'f'));
			assert.ok(value === undefined || value >= (ops.get(address) ?? 0), `${address} fell`);
			if (value !== undefined) ops.set(address, value);
		}
		if (row?.health !== 'down') continue;
		wasDown = true;
		assert.equal(page.get(at('up', old, 'f')), 0);
		const figuresTold = [...figureMetrics.values()].filter(({ name }) =>
			page.has(`${name}{fleet="f",node="${old}"}`),
		);
		assert.deepEqual(figuresTold, []);
	}
	assert.ok(pages > 10 && wasDown);
	assert.equal(page.get('redis_top_failovers_total{fleet="f",kind="crash"}'), 1);
	assert.equal(page.get('redis_top_failover_outage_seconds_sum{fleet="f"}'), 4.145);
	assert.equal(page.get('redis_top_failover_outage_seconds_count{fleet="f"}'), 1);
	assert.equal(page.get('redis_top_failover_last_outage_seconds{fleet="f"}'), 4.145);
	assert.equal(page.get('redis_top_events_total{fleet="f",kind="fail"}'), 1);
});

test('each figure of --json that is a number or a flag is a metric', () => {
	const missing = (Object.keys(figures) as FigureId[]).filter(
		id => figures[id].isPrinted && figures[id].unit !== 'word' && !figureMetrics.has(id),
	);
	assert.deepEqual(missing, []);
});

/** The page as a Prometheus has it that scraped it from `instance`. */
function scraped(page: Page, instance: string): (metric: string) => readonly PromSeries[] {
	const seconds = now / 1000;
	const all = [...page].map(([series, value]) => {
		const [, name = '', words = ''] = /^([a-z_]+)(?:\{(.*)\})?$/.exec(series) ?? [];
		const pairs = [...words.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label!, text!]);
		const labels = { ...Object.fromEntries(pairs), instance, job: 'redis-top' } as Labels;
		return { name, series: { labels, times: [now], values: [value] } };
	});
	return metric =>
		metric.startsWith('timestamp')
			? all
					.filter(({ name }) => metric.includes(name))
					.map(({ series }) => ({ ...series, values: [seconds] }))
			: all.filter(({ name }) => name === metric).map(({ series }) => series);
}

test('one in front reads it: who there is, the figures, findings and verdicts as they are here', () => {
	const state = incident();
	const { fleet, findings } = state.fleets[0]!.now;
	const told = scraped(pageOf(state), '10.0.9.1:9399');
	const infos = told(ownNames.info);
	const listing = listOwn({ infos, stamps: [], up: told(ownNames.up), ages: told(ownNames.age) });
	const fields = new Map(listing.nodes.map(({ key }) => [key, noFields()]));
	addOwnInfo(infos, fields);
	for (const metric of ownMetricNames)
		for (const { labels, values } of told(metric)) {
			const node = fields.get(ownKeyOf(labels));
			if (node) addOwnValue(node, metric, values[0]!);
		}
	const verdicts = toldBy(listing, new Map(ownMetricNames.map(name => [name, told(name)])));
	const { figures: figuresTold, ...verdict } = verdicts.get('cart-prod')!;
	const present = fleet.nodes.filter(({ isGone }) => !isGone);
	assert.deepEqual(
		listing.nodes.map(({ address, group, isUp }) => [address, group, isUp]),
		present.map(({ address, health }) => [address, 'cart-prod', health === 'up']),
	);
	for (const node of present.filter(({ health }) => health === 'up')) {
		const { key } = listing.nodes.find(({ address }) => address === node.address)!;
		const info = parseInfo(infoTextOf(fields.get(key)!));
		assert.deepEqual(
			[info.role, info.usedMemoryBytes, info.connectedClients, info.primary],
			[node.role, Math.round(node.usedMemoryBytes!), node.connectedClients, node.primary],
			node.address,
		);
		const figure = figuresTold.get(node.address)!;
		for (const id of ['hitRate', 'cpuPercent', 'pingMilliseconds', 'replicationLagBytes'] as const)
			assert.equal(figure[id], node[id], `${id} of ${node.address}`);
	}
	const nowhere = { node: undefined, value: undefined, limit: undefined };
	const words = (list: readonly Pick<Finding, 'id' | 'severity' | 'node' | 'value' | 'limit'>[]) =>
		list.map(({ id, severity, node, value, limit }) => [id, severity, node, value, limit].join(' ')).sort();
	// Of a node the worst three are named, the fourth is the fleet's.
	const expected = findings.map(each => (each.id === 'fragmented' ? { ...each, ...nowhere } : each));
	assert.deepEqual(words(verdict.findings), words(expected));
	assert.equal(verdict.isWhole, true);
	const shown = withToldFindings([], verdicts.get('cart-prod'), [], new Set(), now);
	assert.equal(shown[0]!.severity, 'crit');
	assert.match(shown[0]!.text, /^[a-z-]+(: \S+, limit \S+)? \(by 10\.0\.9\.1:9399\)$/);
	assert.equal(toldEvents([], shown, verdicts.get('cart-prod'), now).length, shown.length);
	assert.deepEqual(toldEvents(shown, shown, verdicts.get('cart-prod'), now), []);
	const over = { ...verdicts.get('cart-prod')!, findings: [] };
	assert.ok(toldEvents(shown, [], over, now).every(({ kind }) => kind === 'finding-over'));
	// A second service with a fleet of this name may watch another.
	const two = [...infos, ...scraped(pageOf(state), '10.0.9.2:9399')(ownNames.info)];
	const groups = new Set(
		listOwn({ infos: two, stamps: [], up: [], ages: [] }).nodes.map(({ group }) => group),
	);
	assert.deepEqual([...groups], ['cart-prod', 'cart-prod by 10.0.9.2:9399']);
});
