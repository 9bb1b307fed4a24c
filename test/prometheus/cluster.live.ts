// A real cluster under load, scraped by a real Prometheus through a real redis_exporter, with a node that is killed and comes
// back and a failover in the scraped time. What the charts are given of it is what Prometheus answers, figure by figure
// and point by point. And the rows of an address-less start beside those of a poll of the same moment: the table says
// which figures are the same, which nearly, and which nobody but a poll has.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type FigureId, figures } from '../../source/core/figures.ts';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import {
	type EarlierFigure,
	earlierFigureNames,
	earlierMetrics,
} from '../../source/core/prometheus/queries.ts';
import type { Span } from '../../source/core/prometheus/span.ts';
import type { Fleet, RedisNode } from '../../source/core/types.ts';
import { checkResult } from '../../source/output/check.ts';
import { createPrometheus } from '../../source/prometheus/client.ts';
import { createFleetSource } from '../../source/prometheus/fleet-source.ts';
import { createHistory } from '../../source/prometheus/history.ts';
import { noEarlier } from '../../source/state/earlier.ts';
import type { Message, State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { watchFleet } from '../live/watch-fleet.ts';
import { startCluster } from '../servers/fleets.ts';
import { startExporter, startPrometheus } from '../servers/prometheus.ts';
import { testServers } from '../servers/servers.ts';
import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';

const [server] = await testServers('redis');
const cluster = await startCluster(server!, { nodeTimeout: 60_000 });
after(() => cluster.stop());
const addresses = cluster.nodes.map(({ address }) => address);

/** A key that this primary serves. */
async function keyOf(node: RunningServer): Promise<string> {
	for (let id = 0; id < 1000; id++) {
		const key = `page:${id}`;
		const isTaken = await node.call('SET', key, 'x').then(
			() => true,
			() => false,
		);
		if (isTaken) return key;
	}
	throw new Error('no slot of it was found');
}

// Counters stand high before they begin anew: taken for a rise that would be ten thousand a second and more.
const before = 100_000;
const keys = new Map(
	await Promise.all(cluster.primaries.map(async node => [node, await keyOf(node)] as const)),
);
const many = `for i = 1, ${before} do redis.call('get', KEYS[1]) end`;
await Promise.all([...keys].map(([node, key]) => node.call('EVAL', many, 1, key)));

let isOver = false;
/** One command after the other, so that nothing adds up while a server or the machine stands still. */
async function load(node: RunningServer, key: string): Promise<void> {
	for (let turn = 0; !isOver; turn++) {
		await node.call('GET', turn % 4 === 0 ? `${key}:none` : key).catch(() => pause(100));
		await node.call('SET', key, turn).catch(() => {});
		await pause(20);
	}
}
const loads = [...keys].map(([node, key]) => load(node, key));
after(async () => {
	isOver = true;
	await Promise.all(loads);
});

const exporter = await startExporter(addresses, { labels: { cluster: 'cart' } });
after(() => exporter.stop());
const prometheus = await startPrometheus({ scrapeConfig: [exporter.scrapeConfig] });
after(() => prometheus.stop());
/** Over how long each figure was asked for last, seconds: a step, or so much that two scrapes are in it. */
const windows = new Map<string, number>();
const client = createPrometheus({
	url: prometheus.url,
	onAsked(_, [, expression = '']) {
		const [, name, seconds] = /\b(redis_\w+)\{[^}]*\}\[(\d+)s\]/.exec(expression) ?? [];
		if (name) windows.set(name, Number(seconds));
	},
});
after(() => client.close());

async function scrapes(most: number): Promise<void> {
	await until(
		async () => {
			const [one] = await prometheus.query(`min(count_over_time(redis_up{job="redis"}[1h])) >= ${most}`);
			return one !== undefined;
		},
		{ what: `each has been scraped ${most} times`, every: 200 },
	);
}

const scraped = async () =>
	Number((await prometheus.query('min(count_over_time(redis_up[1h]))'))[0]!.value[1]);

/** The text of each question, by hand: what an operator would ask for. */
const asked: Readonly<Record<EarlierFigure, (selector: string, seconds: number) => string>> = {
	ops: (of, seconds) => `rate(redis_commands_processed_total${of}[${seconds}s])`,
	hits: (of, seconds) => `rate(redis_keyspace_hits_total${of}[${seconds}s])`,
	misses: (of, seconds) => `rate(redis_keyspace_misses_total${of}[${seconds}s])`,
	evicted: (of, seconds) => `rate(redis_evicted_keys_total${of}[${seconds}s])`,
	memory: (of, seconds) => `avg_over_time(redis_memory_used_bytes${of}[${seconds}s])`,
	clients: (of, seconds) => `avg_over_time(redis_connected_clients${of}[${seconds}s])`,
};
const isPrimary = ' and on (instance) redis_instance_info{role="master"}';
const ofFleet = (figure: EarlierFigure, seconds: number) => {
	const each = asked[figure](`{instance=~"${addresses.join('|')}"}`, seconds);
	return `sum(${each}${figure === 'clients' ? '' : isPrimary})`;
};

async function theirs(expression: string, { from, step, values }: Span): Promise<Map<number, number>> {
	const [start, end] = [from / 1000, (from + (values.length - 1) * step) / 1000];
	const words = `query=${encodeURIComponent(expression)}&start=${start}&end=${end}&step=${step / 1000}`;
	const { result } = (await prometheus.api(`/api/v1/query_range?${words}`)) as {
		result: { values: [number, string][] }[];
	};
	return new Map((result[0]?.values ?? []).map(([at, value]) => [Math.round(at * 1000), Number(value)]));
}

test('a killed node and a failover in the scraped time: each figure is what Prometheus answers, and nothing is a spike', async () => {
	await scrapes(8);
	const [, restarted, replaced] = cluster.primaries as [RunningServer, RunningServer, RunningServer];
	const ended = Date.now();
	await restarted.kill();
	await until(
		async () => (await prometheus.query(`redis_up{instance="${restarted.address}"} == 0`)).length === 1,
		{
			what: 'the scrape of a dead node has failed',
		},
	);
	await restarted.restart();
	const heir = cluster.replicas[2]!;
	await until(() => heir.call('CLUSTER', 'FAILOVER').then(String), { what: 'a failover is taken' });
	await until(async () => (await heir.info()).role === 'master', { what: 'the replica is promoted' });
	await scrapes((await scraped()) + 12);
	const begun = Date.now();

	const history = createHistory(client, {});
	const named = addresses.map(address => ({ address, names: [address] }));
	for (const nodes of [named, [named[1]!], [named[2]!]]) {
		const isFleet = nodes.length > 1;
		const answer = await history.ask({ nodes, isFleet, seconds: 300, until: begun });
		assert.ok('spans' in answer && answer.note === undefined);
		for (const figure of earlierFigureNames) {
			const span = answer.spans[figure]!;
			const seconds = windows.get(earlierMetrics[figure].name)!;
			assert.ok(seconds >= span.step / 1000 && seconds <= 60, `${seconds}`);
			const expression = isFleet
				? ofFleet(figure, seconds)
				: asked[figure](`{instance="${nodes[0]!.address}"}`, seconds);
			const told = await theirs(expression, span);
			assert.ok(told.size >= 3, `${figure} has ${told.size} points`);
			span.values.forEach((value, index) => {
				const known = told.get(span.from + index * span.step);
				const isSame =
					known === undefined ? Number.isNaN(value) : Math.abs(value - known) <= 1e-9 * (1 + known);
				assert.ok(isSame, `${figure} of ${nodes.length} nodes at ${index}: ${value}, not ${known}`);
			});
			const values = [...span.values].filter(value => !Number.isNaN(value));
			if (figure !== 'memory') assert.ok(Math.max(...values) < 2000, `${figure}: ${Math.max(...values)}`);
		}
	}
	assert.ok(begun - ended < 290_000, 'all of it is in the window');
	assert.ok(replaced.isRunning);
});

test('the charts have it up to the seam, and our own behind it', async () => {
	const history = createHistory(client, {});
	const at = Date.now();
	const watched = watchFleet(cluster.nodes[0]!, {
		state: { fleets: [{ ...newFleetTrack(0, 'test', [addresses[0]!], at), earlier: noEarlier }] },
		engine: { historyOf: () => history },
	});
	try {
		const isKnown = (node: string | undefined) =>
			[...watched.fleet().earlier!.kept].some(
				([key, { spans }]) => key.startsWith(`${node ?? ''} `) && spans?.ops?.values.some(value => value > 0),
			);
		for (const node of [undefined, addresses[0]!]) {
			if (node !== undefined) watched.press('enter');
			await until(() => isKnown(node) && watched.screen().includes('╎'), {
				what: () => `the past of ${node ?? 'the fleet'} and a seam:\n${watched.screen()}`,
				every: 100,
			});
		}
		assert.equal(watched.fleet().earlier!.trouble, undefined);
	} finally {
		await watched.stop();
	}
});

/** How a figure by Prometheus is beside that of a poll of the same moment. */
type Beside =
	| 'same'
	/** It goes on between the two readings: off by no more than this, or a quarter. */
	| { readonly within: number }
	/** Over a scrape beside a refresh, and what Prometheus tells has our own polls in it. */
	| 'rate'
	/** A replica's own offset is of another scrape than its primary's. */
	| 'of primaries'
	/** Nobody but a poll has it, and why. */
	| { readonly none: string };

const onlyPolled: Beside = { none: 'it is measured by who asks' };
const untold: Beside = { none: 'redis_exporter does not tell it' };
const memory: Beside = { within: 5e6 };
const pages: Beside = { within: 3e7 };
const lag: Beside = { within: 1e6 };

const besides: Readonly<Record<FigureId, Beside>> = {
	// A refresh of all figures takes as long as the machine lets it.
	uptimeSeconds: { within: 120 },
	epoch: 'same',
	opsPerSecond: 'rate',
	hitRate: { within: 0.15 },
	evictedPerSecond: 'rate',
	expiredPerSecond: 'rate',
	expiredFieldsPerSecond: untold,
	inputBytesPerSecond: 'rate',
	outputBytesPerSecond: 'rate',
	usedMemoryBytes: memory,
	rssBytes: pages,
	peakBytes: memory,
	datasetBytes: memory,
	maxmemoryBytes: 'same',
	maxmemoryPolicy: 'same',
	memoryShare: { within: 0.1 },
	fragmentationRatio: { within: 5 },
	fragmentedBytes: memory,
	retainedBytes: pages,
	connectedClients: { within: 8 },
	maxClients: 'same',
	blockedClients: 'same',
	rejectedPerSecond: 'rate',
	connectionsPerSecond: 'rate',
	errorsPerSecond: 'rate',
	pubsubClients: untold,
	clientsBytes: memory,
	keys: 'same',
	keysWithTtl: 'same',
	cpuPercent: { within: 100 },
	cpuOf: 'same',
	pingMilliseconds: onlyPolled,
	stallsLastMinute: onlyPolled,
	stalledSecondsLastMinute: onlyPolled,
	replicationLagBytes: lag,
	replicationLagMostBytes: lag,
	replicationLagSeconds: { within: 60 },
	isLinkUp: 'same',
	linkDownSeconds: 'same',
	isSyncing: 'same',
	connectedReplicas: 'same',
	backlogBytes: 'same',
	replicationOffset: 'of primaries',
	isSaving: 'same',
	lastSaveAt: { within: 1000 },
	lastSaveStatus: 'same',
	changesSinceSave: { within: 1e5 },
	isAofEnabled: 'same',
	aofStatus: 'same',
	forkMicroseconds: { within: 1 },
	cowBytes: memory,
};

function differs(beside: Beside, told: unknown, polled: unknown, role: string | undefined): boolean {
	if (beside === 'same') return told !== polled;
	if (beside === 'of primaries')
		return role === 'primary' ? differs(lag, told, polled, role) : told !== undefined;
	if (typeof beside === 'object' && 'none' in beside) return told !== undefined;
	if (typeof told !== 'number' || typeof polled !== 'number') return told !== polled;
	const most = beside === 'rate' ? 100 + 3 * polled : Math.max(beside.within, polled / 4);
	// Each INFO is 7 kB: of bytes only that they are counted.
	if (beside === 'rate' && polled > 10_000) return told <= 0;
	return Math.abs(told - polled) > most;
}

/** Sums as the rows they are made of; of views and slow logs nothing. */
const totals = {
	opsPerSecond: 'rate',
	hitRate: { within: 0.15 },
	evictedPerSecond: 'rate',
	expiredPerSecond: 'rate',
	usedMemoryBytes: { within: 15e6 },
	rssBytes: { within: 9e7 },
	connectedClients: { within: 50 },
	blockedClients: 'same',
	keys: 'same',
	keysWithTtl: 'same',
} as const satisfies Partial<Record<keyof Fleet['totals'], Beside>>;

/** A poll that is late has no rates of now. */
const isLate = ({ opsPerSecond }: RedisNode) => opsPerSecond === undefined;
const ofAnInterval = (id: FigureId) =>
	besides[id] === 'rate' || ['hitRate', 'cpuPercent', 'cpuOf'].includes(id);

function differencesOf(told: Fleet, polled: Fleet): string[] {
	const rows = new Map(polled.nodes.map(node => [node.address, node]));
	const say = (what: string, id: string, ours: unknown, its: unknown) =>
		`${what} ${id}: ${String(ours)} by Prometheus, ${String(its)} by a poll`;
	const ofNodes = told.nodes.flatMap(node => {
		const row = rows.get(node.address)!;
		const names = ['role', 'health', 'server', 'version', 'primary'] as const;
		const words = names
			// The exporter knows no other server than Redis.
			.filter(
				name => !(row.server !== 'redis' && /^(server|version)$/.test(name) && node[name] === undefined),
			)
			.filter(name => node[name] !== row[name])
			.map(name => [name, node[name], row[name]] as const);
		const figureIds = Object.keys(figures) as FigureId[];
		const others = figureIds
			.filter(id => !(isLate(row) && ofAnInterval(id)) && differs(besides[id], node[id], row[id], row.role))
			.map(id => [id, node[id], row[id]] as const);
		return [...words, ...others].map(([id, ours, its]) => say(node.address, id, ours, its));
	});
	const sums = Object.entries(totals) as readonly (readonly [keyof typeof totals, Beside])[];
	const ofAll = sums
		.filter(([id, beside]) => beside !== 'rate' || polled.totals[id] !== undefined)
		.filter(([id, beside]) => differs(beside, told.totals[id], polled.totals[id], undefined))
		.map(([id]) => say('fleet', id, told.totals[id], polled.totals[id]));
	return [...ofNodes, ...ofAll];
}

test('rows, totals and findings of an address-less start beside those of a poll', async () => {
	const polled = watchFleet(cluster.nodes[0]!);
	let state: State = {
		...polled.state(),
		fleets: [],
		prometheus: { url: prometheus.url },
		isDiscoveryOn: false,
	};
	const dispatch = (message: Message) => {
		[state] = update(state, message);
	};
	const own = createPrometheus({ url: prometheus.url });
	const source = createFleetSource({
		...{ client: own, settings: {}, delaySeconds: () => 1 },
		onFleets: fleets => dispatch({ type: 'fleets-found', at: Date.now(), fleets, hasEarlier: false }),
		onRound(fleet, { readings, delaySeconds: paceSeconds, ...round }) {
			dispatch({ type: 'round', fleet, samples: readings.map(sampleOf), paceSeconds, ...round });
		},
		onTrouble: text => assert.equal(text, undefined),
	});
	source.start();
	try {
		const told = () => state.fleets[0]?.now;
		let last: readonly string[] = ['nothing yet'];
		await until(
			() => {
				const [ours, its] = [told()?.fleet, polled.fleet().now.fleet];
				if (ours?.nodes.length !== 6 || its.nodes.length !== 6) return false;
				last = differencesOf(ours, its);
				return last.length === 0;
			},
			{ what: () => `no figure differs:\n${last.join('\n')}`, every: 250 },
		);
		assert.equal(state.fleets[0]!.name, 'cart');
		assert.deepEqual(told()!.fleet.said?.state, 'ok');
		assert.equal(told()!.fleet.said?.epoch, polled.fleet().now.fleet.agreement?.epoch);
		assert.equal(
			checkResult(state, true).code,
			told()!.findings.some(({ severity }) => severity === 'crit') ? 2 : 3,
		);

		const full = cluster.primaries[0]!;
		const id = 'memory-high';
		await full.call('SETRANGE', `{${keys.get(full)!}}:big`, 20_000_000, 'x');
		const used = Number((await full.info()).used_memory);
		await full.call('CONFIG', 'SET', 'maxmemory', Math.round(used / 0.94));
		// A slot that nobody owns: each says that its cluster has failed.
		const [slot] = [Number(await full.call('CLUSTER', 'KEYSLOT', keys.get(full)!))];
		const free = slot === 0 ? 1 : 0;
		await Promise.all(cluster.nodes.map(node => node.call('CLUSTER', 'DELSLOTS', free).catch(() => {})));
		for (const [what, findings] of [
			['Prometheus', () => told()!.findings],
			['a poll', () => polled.fleet().now.findings],
		] as const) {
			const found = (wanted: string, node?: string) =>
				findings().find(one => one.id === wanted && (node === undefined || one.node === node));
			const memoryHigh = await until(() => found(id, full.address), { what: `${id} by ${what}` });
			assert.equal(memoryHigh.severity, 'crit');
			assert.ok(Math.abs(memoryHigh.value! - 0.94) < 0.05, `${memoryHigh.value}`);
			const uncovered = await until(() => found('slots-uncovered'), { what: `slots-uncovered by ${what}` });
			assert.deepEqual([uncovered.value, uncovered.severity], [1, 'crit']);
		}
		assert.equal(checkResult(state, true).code, 2);
	} finally {
		source.stop();
		await polled.stop();
	}
});
