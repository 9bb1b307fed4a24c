// Example States for the tests of the screen: the calm fleet and one in an incident, a moment that is
// paused with a node down and one stale, Sentinels, several fleets, a lone server, and the first second of all.
// Built by hand and not from readings, so that a frame changes only when the screen does.

import { noClusterTrack } from '../../source/core/cluster/cluster-track.ts';
import { noHolds } from '../../source/core/findings/findings.ts';
import { bucketSeconds, emptySeries } from '../../source/core/fleet/history.ts';
import type { FleetSnapshot, Snapshot } from '../../source/core/fleet/snapshot.ts';
import { defaultLimits } from '../../source/core/thresholds.ts';
import type {
	Address,
	Finding,
	Fleet,
	FleetEvent,
	RedisNode,
	Series,
	Totals,
} from '../../source/core/types.ts';
import type { FleetTrack, State } from '../../source/state/state.ts';
import { agreementOf } from '../core/build.ts';

// The times on a frame are local ones.
process.env.TZ = 'UTC';

const megabyte = 1024 ** 2;
const gigabyte = 1024 ** 3;

/** 14:33:20 UTC; the tests run in UTC. */
export const now = Date.UTC(2026, 10, 23, 14, 33, 20);
const at = (clock: string) => Date.parse(`2026-11-23T${clock}Z`);

/** A series of the last `seconds` up to `end`, by a function of how long ago. */
export function seriesOf(end: number, seconds: number, value: (secondsAgo: number) => number): Series {
	const openedAt = Math.floor(end / (bucketSeconds * 1000)) * bucketSeconds * 1000;
	const length = Math.floor(seconds / bucketSeconds);
	const closed = Float64Array.from({ length }, (_, index) => value((length - index) * bucketSeconds));
	return { bucketSeconds, openedAt, closed, openSum: value(0), openCount: 1 };
}

const waves = (base: number, height: number) => (ago: number) =>
	base + height * Math.sin(ago / 55) + (height / 3) * Math.sin(ago / 13);

export function nodeOf(address: Address, over: Partial<RedisNode> = {}): RedisNode {
	return {
		address,
		health: 'up',
		since: at('14:02:11'),
		isGone: false,
		slots: [],
		ops: emptySeries,
		refused: [],
		...over,
	};
}

type Figures = {
	ops: number;
	hit?: number;
	evict?: number;
	expire?: number;
	mem: number;
	used: number;
	frag: number;
	conn: number;
	keys: number;
	ping: number;
};

function measured(
	address: Address,
	shard: number,
	slots: RedisNode['slots'],
	figures: Figures,
	over: Partial<RedisNode> = {},
): RedisNode {
	return nodeOf(address, {
		role: 'primary',
		ageSeconds: 0.4,
		server: 'redis',
		version: '7.2.5',
		shard,
		slots,
		epoch: shard,
		uptimeSeconds: 864_000,
		opsPerSecond: figures.ops,
		hitRate: figures.hit,
		evictedPerSecond: figures.evict ?? 0,
		expiredPerSecond: figures.expire ?? 0,
		inputBytesPerSecond: figures.ops * 780,
		outputBytesPerSecond: figures.ops * 2900,
		usedMemoryBytes: figures.used * gigabyte,
		rssBytes: figures.used * figures.frag * gigabyte,
		maxmemoryBytes: 12 * gigabyte,
		maxmemoryPolicy: 'allkeys-lru',
		memoryShare: figures.mem / 100,
		fragmentationRatio: figures.frag,
		fragmentedBytes: 210 * megabyte,
		retainedBytes: 90 * megabyte,
		connectedClients: figures.conn,
		maxClients: 10_000,
		blockedClients: 0,
		keys: figures.keys * 1e6,
		keysWithTtl: figures.keys * 0.92e6,
		cpuPercent: figures.ops / 400,
		pingMilliseconds: figures.ping,
		ops: seriesOf(now, 900, waves(figures.ops * 0.93, figures.ops * 0.06)),
		...over,
	});
}

const replicaOf = (primary: Address, over: Partial<RedisNode> = {}): Partial<RedisNode> => ({
	role: 'replica',
	primary,
	replicationLagSeconds: 0,
	replicationLagBytes: 0,
	isLinkUp: true,
	...over,
});

const slotRanges = [[[0, 5460]], [[5461, 10922]], [[10923, 16383]]] as const;
const hosts = [11, 12, 13].map(host => `10.0.1.${host}:6379`);
const replicaHosts = [21, 22, 23].map(host => `10.0.1.${host}:6379`);

const calmFigures: readonly Figures[] = [
	{ ops: 14_200, hit: 0.974, expire: 104, mem: 68, used: 8.2, frag: 1.06, conn: 412, keys: 39.6, ping: 0.4 },
	{ ops: 13_900, hit: 0.971, expire: 98, mem: 71, used: 8.5, frag: 1.08, conn: 398, keys: 41.2, ping: 0.4 },
	{ ops: 14_000, hit: 0.976, expire: 108, mem: 66, used: 7.9, frag: 1.04, conn: 405, keys: 37.6, ping: 0.5 },
];

function calmNodes(): RedisNode[] {
	return calmFigures.flatMap((figures, index) => {
		const followed = {
			...figures,
			hit: undefined,
			expire: 0,
			ops: [310, 295, 302][index]!,
			conn: [18, 17, 17][index]!,
			ping: 0.3,
		};
		return [
			measured(hosts[index]!, index + 1, slotRanges[index]!, figures),
			measured(replicaHosts[index]!, index + 1, slotRanges[index]!, followed, replicaOf(hosts[index]!)),
		];
	});
}

const calmTotals: Totals = {
	opsPerSecond: 42_100,
	hitRate: 0.974,
	lookupsPerSecond: 30_000,
	evictedPerSecond: 0,
	expiredPerSecond: 310,
	usedMemoryBytes: 24.6 * gigabyte,
	maxmemoryBytes: 36 * gigabyte,
	memoryShare: 0.68,
	rssBytes: 26 * gigabyte,
	fragmentationRatio: 1.06,
	connectedClients: 1215,
	blockedClients: 0,
	keys: 118.4e6,
	keysWithTtl: 108.9e6,
	inputBytesPerSecond: 31 * megabyte,
	outputBytesPerSecond: 118 * megabyte,
	errorsPerSecond: 0,
	slowlogIn15m: 1,
};

const calmEvents: readonly FleetEvent[] = [
	{ at: at('14:31:12'), kind: 'saved', node: replicaHosts[2], text: 'rdb saved in 8.2s, fork 41ms' },
	{ at: at('14:26:40'), kind: 'slowlog', node: hosts[1], text: 'slowlog +1: HGETALL cart:{8841}:items 38ms' },
	{ at: at('14:02:11'), kind: 'connected', text: 'connected to 6 of 6 nodes, seed 10.0.1.11:6379' },
];

export function fleetOf(nodes: readonly RedisNode[], over: Partial<Fleet> = {}): Fleet {
	return {
		name: 'cart-prod',
		at: now,
		mode: 'standalone',
		nodes,
		shards: [],
		totals: {},
		cost: {},
		opsHistory: emptySeries,
		hitRateHistory: emptySeries,
		...over,
	};
}

function clusterOf(nodes: readonly RedisNode[], over: Partial<Fleet> = {}): Fleet {
	const shards = slotRanges.map((slots, index) => ({
		number: index + 1,
		primary: hosts[index]!,
		replicas: [replicaHosts[index]!],
		slots,
	}));
	return fleetOf(nodes, {
		mode: 'cluster',
		shards,
		totals: calmTotals,
		agreement: agreementOf(),
		opsHistory: seriesOf(now, 900, waves(41_600, 2400)),
		hitRateHistory: seriesOf(now, 900, waves(0.973, 0.003)),
		...over,
	});
}

function trackOf(now: FleetSnapshot, seeds: readonly Address[] = ['10.0.1.11:6379']): FleetTrack {
	return {
		id: 1,
		name: now.fleet.name,
		seeds,
		tracks: new Map(),
		aliases: new Map(),
		close: new Map(),
		...noClusterTrack,
		holds: noHolds,
		pending: [],
		events: now.events,
		opsHistory: now.fleet.opsHistory,
		hitsHistory: emptySeries,
		lookupsHistory: emptySeries,
		now,
		isDiscovered: true,
		rounds: 100,
	};
}

export function stateOf(snapshots: readonly FleetSnapshot[], over: Partial<State> = {}): State {
	return {
		at: now,
		version: '0.1.0',
		fleets: snapshots.map(snapshot => trackOf(snapshot)),
		past: [],
		delaySeconds: 1,
		isFast: false,
		isDiscovering: false,
		isDiscoveryOn: true,
		limits: defaultLimits,
		size: { columns: 140, rows: 40 },
		isAscii: false,
		isColour: true,
		screen: 'fleet',
		scanRate: 20_000,
		scanTop: 100,
		top: 0,
		sort: { by: 'shards', isReversed: false },
		columnSet: 'overview',
		filter: '',
		...over,
	};
}

export const calm = (over: Partial<State> = {}): State =>
	stateOf([{ fleet: clusterOf(calmNodes()), findings: [], events: calmEvents }], {
		cursor: hosts[0],
		...over,
	});

function incidentSnapshot(): FleetSnapshot {
	const nodes = calmNodes().map(node => {
		if (node.address === hosts[1]) {
			return {
				...node,
				opsPerSecond: 14_600,
				hitRate: 0.841,
				evictedPerSecond: 1210,
				memoryShare: 0.93,
				usedMemoryBytes: 11.2 * gigabyte,
				fragmentationRatio: 1.53,
				connectedClients: 1204,
				pingMilliseconds: 3.1,
			};
		}
		if (node.address !== replicaHosts[1]) return node;
		return { ...node, memoryShare: 0.93, usedMemoryBytes: 11.2 * gigabyte, fragmentationRatio: 1.11 };
	});
	const finding = (
		id: string,
		severity: Finding['severity'],
		clock: string,
		column: string,
		text: string,
		node = hosts[1]!,
	): Finding => ({ id, severity, node, since: at(clock), column, text });
	const findings: Finding[] = [
		{
			...finding('memory-high', 'crit', '14:33:04', 'mem', 'memory 93% of maxmemory'),
			value: 0.93,
			limit: 0.9,
		},
		{
			...finding('hit-rate-low', 'warn', '14:32:51', 'hit', 'hit rate 84.1%, keys evicted'),
			value: 0.841,
			limit: 0.85,
		},
		finding('evicting', 'warn', '14:32:52', 'evict', 'evicting 1.2k/s'),
		{
			...finding('fragmented', 'warn', '14:33:00', 'frag', 'fragmentation 1.2G'),
			value: 1.2 * gigabyte,
			limit: 256 * megabyte,
		},
		{
			...finding('memory-high', 'warn', '14:33:04', 'mem', 'memory 93% of maxmemory', replicaHosts[1]!),
			value: 0.93,
			limit: 0.75,
		},
	];
	const events: FleetEvent[] = [
		{
			at: at('14:33:04'),
			kind: 'finding',
			severity: 'crit',
			node: hosts[1],
			text: 'memory over 90% of maxmemory',
		},
		{
			at: at('14:32:51'),
			kind: 'finding',
			severity: 'warn',
			node: hosts[1],
			text: 'evicting: 0/s to 1.2k/s in 20s, policy allkeys-lru',
		},
		{
			at: at('14:32:40'),
			kind: 'finding',
			severity: 'warn',
			node: hosts[1],
			text: 'clients 398 to 1204 in 1m',
		},
		...calmEvents,
	];
	const totals: Totals = {
		...calmTotals,
		opsPerSecond: 42_800,
		hitRate: 0.929,
		evictedPerSecond: 1210,
		expiredPerSecond: 302,
		usedMemoryBytes: 27.3 * gigabyte,
		memoryShare: 0.76,
		rssBytes: 33.6 * gigabyte,
		fragmentationRatio: 1.23,
		connectedClients: 2021,
		keys: 119e6,
		keysWithTtl: 96.4e6,
		inputBytesPerSecond: 33 * megabyte,
		outputBytesPerSecond: 121 * megabyte,
		slowlogIn15m: 6,
	};
	const hitRateHistory = seriesOf(now, 900, ago => (ago > 300 ? 0.974 : 0.929 + (0.045 * ago) / 300));
	return { fleet: clusterOf(nodes, { totals, hitRateHistory }), findings, events };
}

export const incident = (over: Partial<State> = {}): State =>
	stateOf([incidentSnapshot()], { cursor: hosts[1], ...over });

/** Time stands; a primary does not answer, a replica is late. */
export function paused(over: Partial<State> = {}): State {
	const incidentNow = incidentSnapshot();
	const stoodAt = at('14:33:02');
	const nodes = incidentNow.fleet.nodes.map(node => {
		if (node.address === hosts[2]) {
			const error = { reason: 'refused', text: 'connect ECONNREFUSED' } as const;
			return { ...node, health: 'down', since: at('14:33:01'), error } as const;
		}
		if (node.address !== replicaHosts[2]) return node;
		return { ...node, health: 'stale', ageSeconds: 9, pingMilliseconds: undefined } as const;
	});
	const down: Finding = {
		id: 'unreachable',
		severity: 'crit',
		node: hosts[2],
		since: at('14:33:01'),
		text: 'no answer: connection refused',
		column: 'role',
	};
	const event: FleetEvent = {
		at: at('14:33:01'),
		kind: 'unreachable',
		node: hosts[2],
		severity: 'crit',
		text: 'no answer: connect ECONNREFUSED, retry in 2s',
	};
	const snapshot: Snapshot = {
		at: stoodAt,
		fleets: [
			{
				fleet: { ...incidentNow.fleet, at: stoodAt, nodes },
				findings: [down, ...incidentNow.findings.slice(1)],
				events: [event, ...incidentNow.events.slice(1)],
			},
		],
	};
	return { ...incident(over), paused: { at: stoodAt, snapshot }, ...over };
}

/** A primary and two replicas under three Sentinels. */
export function sentinel(over: Partial<State> = {}): State {
	const primary = '10.0.2.1:6379';
	const figures = calmFigures[0]!;
	const nodes = [
		measured(primary, 1, [], figures, { group: 'mymaster', shard: 1, slots: [] }),
		measured(
			'10.0.2.2:6379',
			1,
			[],
			{ ...figures, hit: undefined, ops: 210 },
			{ ...replicaOf(primary), group: 'mymaster' },
		),
		measured(
			'10.0.2.3:6379',
			1,
			[],
			{ ...figures, hit: undefined, ops: 208 },
			{ ...replicaOf(primary), group: 'mymaster' },
		),
	];
	const fleet = fleetOf(nodes, {
		name: '10.0.2.1:26379',
		mode: 'sentinel',
		totals: {
			...calmTotals,
			opsPerSecond: 14_200,
			maxmemoryBytes: 12 * gigabyte,
			usedMemoryBytes: 8.2 * gigabyte,
		},
		sentinel: {
			masters: [{ name: 'mymaster', primary, quorum: 2, isQuorumReachable: true, flags: [] }],
			sentinels: [1, 2, 3].map(host => ({ node: `10.0.2.${host}:26379`, health: 'up' as const })),
		},
		opsHistory: seriesOf(now, 900, waves(14_000, 800)),
		hitRateHistory: seriesOf(now, 300, waves(0.973, 0.003)),
	});
	const event: FleetEvent = {
		at: at('14:02:11'),
		kind: 'connected',
		text: 'connected to 3 of 3 nodes, seed 10.0.2.1:26379',
	};
	return stateOf([{ fleet, findings: [], events: [event] }], over);
}

/** One server without a limit, whose user may not read everything. */
export function standalone(over: Partial<State> = {}): State {
	const refused = ['+slowlog|get', '+config|get'].map(word => ({
		command: word,
		why: 'no-permission' as const,
		word,
	}));
	const node = measured('127.0.0.1:6379', 1, [], calmFigures[0]!, {
		maxmemoryBytes: 0,
		memoryShare: undefined,
		shard: undefined,
		epoch: undefined,
		refused,
	});
	const totals: Totals = {
		...calmTotals,
		maxmemoryBytes: undefined,
		memoryShare: undefined,
		slowlogIn15m: undefined,
	};
	const fleet = fleetOf([node], { name: '127.0.0.1:6379', totals });
	return stateOf([{ fleet, findings: [], events: [] }], over);
}

/** A cluster, a lone server and Sentinels side by side. */
export function several(over: Partial<State> = {}): State {
	const one = calm().fleets[0]!.now;
	const two = standalone().fleets[0]!.now;
	const three = sentinel().fleets[0]!.now;
	return stateOf([one, two, three], over);
}

/** The first frame: the seed is known and nothing else. */
export const starting = (over: Partial<State> = {}): State =>
	stateOf(
		[{ fleet: fleetOf([nodeOf('127.0.0.1:6379')], { name: '127.0.0.1:6379' }), findings: [], events: [] }],
		{
			isDiscovering: true,
			...over,
		},
	);
