// Every figure of the JSON objects and every column, held against what the servers say themselves at that second. The
// test reads INFO of each server ten times a second on a connection of its own and knows what it expects of each field;
// the lists of fields are taken from the objects and the columns themselves, so a field without a row here fails.
// A gauge must lie between the readings around its moment; a rate between the slopes over windows of about that length.

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import type { Redis } from 'ioredis';
import type { PrintedFigureId } from '../../source/core/figures.ts';
import { defaultLimits, type FindingId, limitOf } from '../../source/core/thresholds.ts';
import type { RedisNode } from '../../source/core/types.ts';
import { eventsSince, jsonOf } from '../../source/output/json.ts';
import { timeNow } from '../../source/redis/clock.ts';
import type { FleetTrack } from '../../source/state/state.ts';
import { columnFacts, columnIds } from '../../source/view/columns.ts';
import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { watchFleet } from './watch-fleet.ts';

/** What the test knows of a node because it made it. */
export type Place = {
	readonly server: RunningServer;
	readonly primary?: RunningServer;
	readonly group?: string;
	readonly shard: number;
	/** Of its shard. */
	readonly slots: readonly (readonly [number, number])[];
	/** Keys with this in their name are its shard's. */
	readonly tag: string;
	/** In a cluster: its own id. */
	readonly id?: string;
};
export type Form = {
	readonly mode: 'standalone' | 'sentinel' | 'cluster';
	readonly seed: RunningServer;
	readonly places: readonly Place[];
	/** The Sentinels, and what they say of themselves and of their master in the words of the object. */
	readonly sentinels?: readonly RunningServer[];
	readonly sentinel?: object;
};

export const maxClients = 50;
const delaySeconds = 0.5;
/** A field is right when it was so three times, and more often than not. */
const timesRight = 3;

type Told = Readonly<Record<string, string>>;
type Reading = {
	readonly at: number;
	readonly info: Told;
	/** What the test itself had asked and moved there before: INFOs, bytes in both directions. */
	readonly asked: number;
	readonly moved: number;
};
type Range = { readonly low: number; readonly high: number };
/** Of a rate: what was counted up to the moment, and what is too little a second to matter. */
type Counted = { readonly counted: number; readonly slack: number };
type Expected =
	| Range
	| (Range & Counted)
	| { readonly is: readonly unknown[] }
	| { readonly like: (value: unknown) => boolean };
type Truth = {
	readonly place: Place;
	readonly at: number;
	/** Around the moment of the object. */
	readonly around: readonly Told[];
	/** Long enough for rates. */
	readonly before: readonly Reading[];
	readonly primary?: Truth;
};
type Row = (truth: Truth) => Expected;

// ---------------------------------------------------------------------------------------------------------
// What is expected

const is =
	(value: (truth: Truth) => unknown): Row =>
	truth => ({ is: [value(truth)] });
const words =
	(value: (info: Told) => unknown): Row =>
	({ around }) => ({ is: around.map(value) });
const rangeOf = (values: readonly number[]): Range => ({
	low: Math.min(...values),
	high: Math.max(...values),
});
const unknown: Expected = { is: [null, undefined] };

const numberIn = (info: Told, name: string): number | undefined =>
	info[name] === undefined || !/^\d/.test(info[name]) ? undefined : Number(info[name]);

/** By one field, or a sum that is made of several; unknown where the server does not tell. `slack`: either way. */
const gauge =
	(value: string | ((info: Told) => number | undefined), slack = 0): Row =>
	({ around }) => {
		const read = typeof value === 'string' ? (info: Told) => numberIn(info, value) : value;
		const values = around.map(read).filter(number => number !== undefined);
		if (values.length === 0) return unknown;
		const { low, high } = rangeOf(values);
		return { low: low - slack, high: high + slack };
	};
/** used_memory has in it what is just being answered, so it differs by who asks. */
const ofAnswer = 4096;

/** Per second, over any window of about the delay; `slack` is what our own two connections may add. */
const rate = (value: (info: Told) => number | undefined, slack = 0): Row =>
	rateOf(({ info }) => value(info), slack);
const rateOf =
	(value: (reading: Reading) => number | undefined, slack: number): Row =>
	({ before, at }) => {
		const slopes: number[] = [];
		const read = before.flatMap(reading => {
			const number = value(reading);
			return number === undefined ? [] : [{ at: reading.at, number }];
		});
		for (const from of read)
			for (const to of read) {
				const seconds = (to.at - from.at) / 1000;
				if (seconds >= delaySeconds * 0.6 && seconds <= delaySeconds * 2.5)
					slopes.push((to.number - from.number) / seconds);
			}
		if (slopes.length === 0) return unknown;
		const { low, high } = rangeOf(slopes);
		return { low: low * 0.8 - slack, high: high * 1.25 + slack, counted: countedAt(read, at), slack };
	};
function countedAt(read: readonly { at: number; number: number }[], at: number): number {
	const from = read.findLast(each => each.at <= at) ?? read[0]!;
	const to = read.find(each => each.at > at) ?? from;
	const share = to.at > from.at ? Math.min(1, Math.max(0, (at - from.at) / (to.at - from.at))) : 0;
	return from.number + (to.number - from.number) * share;
}
const counter = (name: string, slack?: number) => rate(info => numberIn(info, name), slack);

const databases = (info: Told, field: 'keys' | 'expires') =>
	Object.entries(info)
		.filter(([name]) => /^db\d+$/.test(name))
		.reduce((sum, [, text]) => sum + Number(new RegExp(`${field}=(\\d+)`).exec(text)?.[1]), 0);

const hitShare: Row = ({ before }) => {
	const [from, to] = [before[0]!.info, before.at(-1)!.info];
	const rise = (name: string) => Number(to[name]) - Number(from[name]);
	const [hits, misses] = [rise('keyspace_hits'), rise('keyspace_misses')];
	return hits + misses < 20
		? unknown
		: { low: hits / (hits + misses) - 0.1, high: hits / (hits + misses) + 0.1 };
};

const cpu = (info: Told): number | undefined => {
	const active = numberIn(info, 'used_active_time_main_thread');
	if (active !== undefined) return active / 1e4;
	const main = numberIn(info, 'used_cpu_user_main_thread');
	const parts =
		main === undefined
			? ['used_cpu_user', 'used_cpu_sys']
			: ['used_cpu_user_main_thread', 'used_cpu_sys_main_thread'];
	return 100 * parts.reduce((sum, name) => sum + (numberIn(info, name) ?? 0), 0);
};

const counted = (info: Told) => Number(info.used_memory) - (numberIn(info, 'mem_not_counted_for_evict') ?? 0);
const memoryShare = (info: Told) => {
	const most = numberIn(info, 'maxmemory');
	return most ? counted(info) / most : undefined;
};
const difference = (most: string, least: string) => (info: Told) => {
	const [a, b] = [numberIn(info, most), numberIn(info, least)];
	return a === undefined || b === undefined ? undefined : Math.max(0, a - b);
};
const role = (info: Told) => (info.role === 'master' ? 'primary' : 'replica');
const isReplica = ({ around }: Truth) => around[0]?.role === 'slave';
const version = (info: Told) => info.valkey_version ?? info.redict_version ?? info.redis_version;
const serverName = (info: Told) =>
	info.valkey_version ? 'valkey' : info.redict_version ? 'redict' : 'redis';
const isOfMain = (info: Told) =>
	(info.used_active_time_main_thread ?? info.used_cpu_user_main_thread) !== undefined;
const ofReplica =
	(row: Row): Row =>
	truth =>
		isReplica(truth) ? row(truth) : unknown;

/** Its primary's own word: not more than what the replica had not acknowledged. */
const lagBytes: Row = ofReplica(({ place, primary }) => {
	const unacknowledged = primary!.around.flatMap(info => {
		const line = Object.values(info).find(
			text => text.includes(`port=${place.server.port},`) && text.includes('offset='),
		);
		const offset = /offset=(\d+)/.exec(line ?? '')?.[1];
		return offset ? [Number(info.master_repl_offset) - Number(offset)] : [];
	});
	return { low: 0, high: Math.max(0, ...unacknowledged) };
});
const offset = (info: Told) =>
	numberIn(info, info.role === 'slave' ? 'slave_repl_offset' : 'master_repl_offset');
const pings: Row = () => ({ low: 0, high: 5000 });

const nodeRows: Readonly<Record<string, Row> & Record<PrintedFigureId, Row>> = {
	node: is(({ place }) => place.server.address),
	role: words(role),
	health: is(() => 'up'),
	server: words(serverName),
	serverVersion: words(version),
	group: is(({ place }) => place.group ?? null),
	nodeId: is(({ place }) => place.id ?? null),
	ip: is(() => null),
	shard: is(({ place }) => place.shard),
	slots: is(({ place }) => JSON.stringify(place.primary ? [] : place.slots)),
	primary: is(({ place }) => place.primary?.address ?? null),
	uptimeSeconds: gauge('uptime_in_seconds'),
	opsPerSecond: counter('total_commands_processed', 30),
	hitRate: hitShare,
	evictedPerSecond: counter('evicted_keys', 2),
	expiredPerSecond: counter('expired_keys', 2),
	expiredFieldsPerSecond: rate(info => numberIn(info, 'expired_subkeys') ?? numberIn(info, 'expired_fields')),
	inputBytesPerSecond: counter('total_net_input_bytes', 5000),
	outputBytesPerSecond: counter('total_net_output_bytes', 200_000),
	usedMemoryBytes: gauge('used_memory', ofAnswer),
	rssBytes: gauge('used_memory_rss'),
	maxmemoryBytes: gauge('maxmemory'),
	maxmemoryPolicy: words(info => info.maxmemory_policy),
	fragmentationRatio: gauge('mem_fragmentation_ratio', 0.01),
	connectedClients: gauge('connected_clients'),
	maxClients: is(() => maxClients),
	blockedClients: gauge('blocked_clients'),
	rejectedPerSecond: counter('rejected_connections', 2),
	keys: gauge(info => databases(info, 'keys')),
	keysWithTtl: gauge(info => databases(info, 'expires')),
	cpuPercent: rate(cpu, 8),
	cpuOf: words(info => (isOfMain(info) ? 'main-thread' : 'process')),
	pingMilliseconds: pings,
	// Whether it stalled is whether the machine gave it time.
	stallsLastMinute: () => ({ low: 0, high: 60 }),
	stalledSecondsLastMinute: () => ({ low: 0, high: 60 }),
	replicationLagBytes: lagBytes,
	replicationLagMostBytes: ofReplica(() => ({ low: 0, high: 10_000_000 })),
	replicationLagSeconds: ofReplica(() => ({ low: 0, high: 2 })),
	error: is(() => null),
	refused: is(() => '[]'),
	untold: is(() => '[]'),
};

/** Of columns whose figure is not printed, or that are of more than one. */
const columnRows: Readonly<Record<string, Row>> = {
	...Object.fromEntries(
		[...columnFacts.values()].flatMap(({ id, figure }) => {
			const row = nodeRows[figure ?? ''];
			return row ? [[id, row]] : [];
		}),
	),
	node: nodeRows.node!,
	role: nodeRows.role!,
	slots: is(({ place }) => place.slots[0]?.[0]),
	group: is(({ place }) => place.group),
	mem: gauge(memoryShare, 0.001),
	membar: gauge(memoryShare, 0.001),
	'frag-bytes': gauge(difference('allocator_active', 'allocator_allocated')),
	retained: gauge(difference('allocator_resident', 'allocator_active')),
	'connections-per-s': counter('total_connections_received', 2),
	errors: counter('total_error_replies', 5),
	pubsub: gauge('pubsub_clients'),
	'client-mem': gauge('mem_clients_normal'),
	link: ofReplica(words(info => (info.master_link_status === 'up' ? 1 : 0))),
	offset: gauge(offset),
	backlog: gauge('repl_backlog_size'),
	replicas: gauge('connected_slaves'),
	'last-save': ({ around, at }) => {
		const saved = around.map(info => at - Number(info.rdb_last_save_time) * 1000);
		return { low: Math.min(...saved) - 2000, high: Math.max(...saved) + 2000 };
	},
	changes: gauge('rdb_changes_since_last_save'),
	aof: is(() => undefined),
	fork: gauge('latest_fork_usec'),
	cow: gauge(info => numberIn(info, 'current_cow_size') || numberIn(info, 'rdb_last_cow_size')),
	epoch: words(info => (info.cluster_my_epoch === undefined ? undefined : Number(info.cluster_my_epoch))),
	version: nodeRows.serverVersion!,
};

type FleetRow = (truths: readonly Truth[]) => Expected;

/** Of the primaries; ranges add up, as the figures do. */
const sumOf =
	(name: string, isOfAll = false): FleetRow =>
	truths => {
		const parts = truths.filter(truth => isOfAll || !isReplica(truth)).map(nodeRows[name]!);
		const ranges = parts.filter(part => 'low' in part);
		if (ranges.length === 0) return unknown;
		const add = (end: 'low' | 'high') => ranges.reduce((sum, range) => sum + range[end], 0);
		return { low: add('low'), high: add('high') };
	};
const ratioOf =
	(part: FleetRow, whole: FleetRow): FleetRow =>
	truths => {
		const [a, b] = [part(truths) as Range, whole(truths) as Range];
		return { low: a.low / b.high, high: a.high / b.low };
	};
const inCluster =
	(value: (truths: readonly Truth[]) => unknown): FleetRow =>
	truths => ({ is: truths.some(({ place }) => place.slots.length > 0) ? [value(truths)] : [null] });

const fleetRows: Readonly<Record<string, FleetRow>> = {
	name: () => ({ is: ['test'] }),
	opsPerSecond: sumOf('opsPerSecond'),
	hitRate: truths => {
		const parts = truths
			.filter(truth => !isReplica(truth))
			.map(hitShare)
			.filter(part => 'low' in part);
		return parts.length === 0
			? unknown
			: { low: Math.min(...parts.map(part => part.low)), high: Math.max(...parts.map(part => part.high)) };
	},
	evictedPerSecond: sumOf('evictedPerSecond'),
	expiredPerSecond: sumOf('expiredPerSecond'),
	usedMemoryBytes: sumOf('usedMemoryBytes'),
	maxmemoryBytes: sumOf('maxmemoryBytes'),
	rssBytes: sumOf('rssBytes'),
	fragmentationRatio: ratioOf(sumOf('rssBytes'), sumOf('usedMemoryBytes')),
	connectedClients: sumOf('connectedClients', true),
	blockedClients: sumOf('blockedClients', true),
	keys: sumOf('keys'),
	keysWithTtl: sumOf('keysWithTtl'),
	inputBytesPerSecond: sumOf('inputBytesPerSecond'),
	outputBytesPerSecond: sumOf('outputBytesPerSecond'),
	clusterState: inCluster(() => 'ok'),
	slotsCovered: inCluster(() => 16_384),
	epoch: inCluster(truths => Number(truths[0]!.around[0]!.cluster_current_epoch)),
	viewsAgreeing: inCluster(truths => truths.length),
	viewsAsked: inCluster(truths => truths.length),
};

// What the load, replication and the Sentinels send, and we do not. PING comes from all.
const isOfOthers = (command: string) =>
	/^(get|set|lpush|blpop|del|unlink|select|multi|exec|replconf|p?sync|publish|subscribe|config.set)$/.test(
		command,
	);
const isOfTest = (command: string) => /^(info|cluster.info|cluster)$/.test(command);

/** Calls or microseconds of the commands that redis-top may have sent, by the server's own commandstats. */
const ofCommands =
	(field: 'calls' | 'usec', isCounted: (command: string) => boolean) =>
	({ info }: Reading): number =>
		Object.entries(info)
			.filter(([name]) => name.startsWith('cmdstat_') && isCounted(name.slice('cmdstat_'.length)))
			.reduce((sum, [, text]) => sum + Number(new RegExp(`${field}=(\\d+)`).exec(text)?.[1] ?? 0), 0);

/** A second, over all that is known before the moment. */
const meanRate = ({ before }: Truth, value: (reading: Reading) => number): number => {
	const [from, to] = [before[0]!, before.at(-1)!];
	return ((value(to) - value(from)) * 1000) / (to.at - from.at);
};

const ownCommands: Row = truth => {
	const calls = ofCommands('calls', command => !isOfOthers(command));
	// A Sentinel has no commandstats: there the others' PING and PUBLISH are among them.
	const isSentinel = truth.place.shard === 0;
	// Of the three that the test sends each time a Sentinel knows two.
	const count = (reading: Reading) =>
		isSentinel
			? Number(reading.info.total_commands_processed) - 2 * reading.asked
			: calls(reading) - 3 * reading.asked;
	const { low, high } = rateOf(count, 2)(truth) as Range;
	return { low: Math.max(0, isSentinel ? low - 10 : low), high };
};
const ownMicroseconds: Row = truth => {
	const surely = ofCommands('usec', command => !isOfOthers(command) && !isOfTest(command));
	const atMost = ofCommands('usec', command => !isOfOthers(command));
	return { low: 0.2 * meanRate(truth, surely), high: 3 * meanRate(truth, atMost) + 200 };
};
/** All that moved but replication and what the test itself moved. Before 7.0 replication is not told apart. */
const ownBytes: Row = truth => {
	const all = meanRate(truth, ({ info, moved }) => {
		const sum = (...names: readonly string[]) =>
			names.reduce((bytes, name) => bytes + Number(info[name] ?? 0), 0);
		const net = sum('total_net_input_bytes', 'total_net_output_bytes');
		return net - moved - sum('total_net_repl_input_bytes', 'total_net_repl_output_bytes');
	});
	const isAlone = truth.around[0]?.connected_slaves === '0' && !isReplica(truth);
	const isTold = isAlone || truth.around[0]?.total_net_repl_input_bytes !== undefined;
	return { low: isTold ? Math.max(0, 0.3 * all - 5000) : 0, high: 2.5 * all + 15_000 };
};
const sumOfAll =
	(row: Row): FleetRow =>
	truths => {
		const ranges = truths.map(row) as Range[];
		const add = (end: 'low' | 'high') => ranges.reduce((sum, range) => sum + range[end], 0);
		return { low: Math.max(1, add('low')), high: add('high') };
	};

/** Of the data nodes and the Sentinels. */
const costRows: Readonly<Record<string, FleetRow>> = {
	commandsPerSecond: sumOfAll(ownCommands),
	// Of a Sentinel's time nothing is told.
	serverMicrosecondsPerSecond: truths =>
		sumOfAll(ownMicroseconds)(truths.filter(({ place }) => place.shard > 0)),
	bytesPerSecond: sumOfAll(ownBytes),
};

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isTextOrNull = (value: unknown) => value === null || isText(value);
const isNumberOrNull = (value: unknown) => value === null || typeof value === 'number';
const isOneOf = (truths: readonly Truth[]) => (value: unknown) =>
	value === null || truths.some(({ place }) => place.server.address === value);
const isBefore =
	(at = 0) =>
	(value: unknown) =>
		Date.parse(String(value)) <= at;
const like =
	(check: (value: unknown) => boolean): FleetRow =>
	() => ({ like: check });

/** What this load makes a node say, and no more: who is turned away, and the memory that it fills. */
const findingRows = ({ id, node, severity }: Fields): Readonly<Record<string, FleetRow>> => ({
	id: like(isText),
	severity: () => ({ is: ['warn', 'crit'] }),
	node: truths => ({ like: isOneOf(truths) }),
	kind: like(isTextOrNull),
	value: truths => {
		const truth = truths.find(({ place }) => place.server.address === node);
		const row = judgedFigures[String(id)];
		return truth && row ? row(truth) : { like: isNumberOrNull };
	},
	limit: () =>
		String(id) in judgedFigures
			? { is: [limitOf(defaultLimits, id as FindingId)[severity === 'crit' ? 'crit' : 'warn']] }
			: { like: isNumberOrNull },
	unit: like(isTextOrNull),
	since: truths => ({ like: isBefore(truths[0]?.at) }),
	text: like(isText),
});

/** By which figure a finding is judged, where its limit is the table's. */
const judgedFigures: Readonly<Record<string, Row>> = {
	'memory-high': truth => gauge(memoryShare, 0.001)(truth),
	'clients-high': gauge(info => Number(info.connected_clients) / maxClients, 0.25),
};
const eventRows: Readonly<Record<string, FleetRow>> = {
	at: truths => ({ like: isBefore(truths[0]?.at) }),
	kind: like(isText),
	node: truths => ({ like: isOneOf(truths) }),
	shard: like(isNumberOrNull),
	severity: () => ({ is: ['warn', 'crit', null] }),
	text: like(isText),
};

/** The object itself. Where a part has a table of its own, that judges it. */
const objectRows = (form: Form): Readonly<Record<string, FleetRow>> => ({
	version: () => ({ is: [1] }),
	at: truths => ({ is: [new Date(truths[0]!.at).toISOString()] }),
	delaySeconds: () => ({ is: [delaySeconds] }),
	mode: () => ({ is: [form.mode] }),
	fleet: like(value => typeof value === 'object'),
	nodes: like(value => Array.isArray(value) && value.length === form.places.length),
	sentinel: () => ({ is: [form.sentinel === undefined ? null : JSON.stringify(form.sentinel)] }),
	findings: like(Array.isArray),
	events: like(Array.isArray),
	hotKeys: () => ({ is: [null] }),
	cost: like(value => typeof value === 'object'),
});

// ---------------------------------------------------------------------------------------------------------
// How it is compared

function isRight(value: unknown, expected: Expected): boolean {
	if ('like' in expected) return expected.like(value);
	const seen = typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
	if ('is' in expected)
		return expected.is.includes(seen) || (seen === undefined && expected.is.includes(null));
	// Six decimals are printed.
	return typeof seen === 'number' && seen >= expected.low - 1e-6 && seen <= expected.high + 1e-6;
}

type Score = { right: number; wrong: number; last: string; sum?: Sum };

/**
 * What a rate shows added up over its time, beside what was counted in it. What comes in bursts has slopes of any height:
 * evictions a second passed for expiries.
 */
type Sum = { readonly from: number; counted: number; shown: number; at: number; most: number; slack: number };
const sumSeconds = 4;
const sumShare = 0.35;

function addTo(sum: Sum | undefined, value: number, { counted, slack }: Counted, at: number): Sum {
	if (sum === undefined) return { from: at, counted, shown: 0, at, most: counted, slack };
	return { ...sum, at, most: counted, shown: sum.shown + (value * (at - sum.at)) / 1000 };
}

function isSum({ from, at, counted, most, shown, slack }: Sum): boolean {
	const seconds = (at - from) / 1000;
	const rise = most - counted;
	return seconds >= sumSeconds && Math.abs(shown - rise) <= sumShare * rise + slack * seconds;
}

/** Watches until every field was right, and fails with those that were not. */
export async function showFigures(form: Form): Promise<void> {
	const scores = new Map<string, Score>();
	let moment = 0;
	let isCompared = false;
	const note = (name: string, value: unknown, expected: Expected) => {
		const score = scores.get(name) ?? { right: 0, wrong: 0, last: '' };
		scores.set(name, score);
		if ('counted' in expected && typeof value === 'number' && !name.startsWith('cost'))
			score.sum = addTo(score.sum, value, expected, moment);
		if (isRight(value, expected)) score.right++;
		else {
			score.wrong++;
			score.last = `${name}: ${JSON.stringify(value)}, expected ${JSON.stringify(expected)}`;
		}
	};
	const sentinels = (form.sentinels ?? []).map((server): Place => ({ server, shard: 0, slots: [], tag: '' }));
	const asked = [...form.places, ...sentinels];
	const samplers = asked.map(({ server }) => sampler(server));
	let roundsFrom = Number.POSITIVE_INFINITY;
	const pending: { at: number; fleet: FleetTrack }[] = [];
	const watched = watchFleet(form.seed, {
		state: { delaySeconds },
		engine: {
			onState: (state, message) => {
				const [fleet] = state.fleets;
				if (message.type === 'round' && !message.isExtra && fleet && fleet.rounds > roundsFrom)
					pending.push({ at: fleet.now.fleet.at, fleet });
			},
		},
	});
	let load: Awaited<ReturnType<typeof startLoad>> | undefined;
	const compare = ({ at, fleet }: { at: number; fleet: FleetTrack }) => {
		moment = at;
		const all = truthsAt(asked, samplers, at);
		// The machine gave us no time to ask around that moment.
		if (all.some(({ around, before }) => around.length === 0 || before.length < 2)) return;
		const truths = all.slice(0, form.places.length);
		const object = jsonOf(fleet.now, delaySeconds, eventsSince()(fleet.events)) as Printed;
		compareFields('object', withSorted(object), objectRows(form), truths, note);
		compareFields('fleet', object.fleet, fleetRows, truths, note);
		compareFields('cost', object.cost, costRows, all, note);
		for (const each of object.findings)
			compareFields(`finding ${each.id}`, each, findingRows(each), truths, note);
		for (const each of object.events) compareFields(`event ${each.kind}`, each, eventRows, truths, note);
		for (const [index, truth] of truths.entries()) {
			const { address } = form.places[index]!.server;
			const printed = object.nodes.find(({ node }) => node === address);
			const drawn = fleet.now.fleet.nodes.find(node => node.address === address);
			assert.ok(printed && drawn, `${address} is watched`);
			compareFields(address, printed, nodeRows, truth, note);
			compareFields(`${address} column`, columnsOf(drawn, at), columnRows, truth, note);
		}
		isCompared = true;
	};
	// What is thrown while it is awaited would be tried again: a field without a row is no moment's fault.
	let broken: Error | undefined;
	const compareOrEnd = (moment: { at: number; fleet: FleetTrack }) => {
		try {
			compare(moment);
		} catch (error) {
			broken = error as Error;
		}
	};
	// A finding or an event may come but once.
	const isDone = ({ right, wrong, sum }: Score, name: string) =>
		right > wrong &&
		(right >= timesRight || /^(finding|event) /.test(name)) &&
		(sum === undefined || isSum(sum));
	const failed = () =>
		[...scores]
			.filter(([name, score]) => !isDone(score, name))
			.map(([name, { last, sum }]) => last || `${name}: ${JSON.stringify(sum)}`);
	try {
		// The load takes every place that maxclients has: who is to be in must be in before.
		const isIn = (node: RedisNode) => node.health === 'up' && node.opsPerSecond !== undefined;
		await until(() => watched.fleet().now.fleet.nodes.filter(isIn).length === form.places.length, {
			what: 'all nodes are watched',
		});
		load = await startLoad(form.places, samplers);
		// A window for rates under load.
		roundsFrom = watched.fleet().rounds + 8;
		await until(
			() => {
				// What follows a moment belongs to what is known of it.
				const isDue = () => pending[0] && timeNow() - pending[0].at > 400;
				// On a busy machine some are left out: each that is compared takes its time.
				if (isDue() && pending.length > 3) pending.splice(0, pending.length - 3);
				if (isDue()) compareOrEnd(pending.shift()!);
				return broken !== undefined || (isCompared && failed().length === 0);
			},
			{ what: 'every figure is the server’s own', timeout: 40_000, every: 50 },
		);
		if (broken) throw broken;
	} catch (error) {
		if (error === broken) throw error;
		assert.deepEqual(failed(), [], (error as Error).message);
		throw (error as Error).cause ?? error;
	} finally {
		await watched.stop();
		load?.stop();
		for (const each of samplers) each.stop();
	}
}

type Fields = Readonly<Record<string, unknown>>;
type Printed = Fields & {
	readonly fleet: Fields;
	readonly nodes: readonly Fields[];
	readonly sentinel: { readonly sentinels: readonly { readonly node: string }[] } | null;
	readonly findings: readonly Fields[];
	readonly events: readonly Fields[];
	readonly cost: Fields;
};

/** Which Sentinel was found first is chance. */
function withSorted(object: Printed): Fields {
	if (object.sentinel === null) return object;
	const sentinels = [...object.sentinel.sentinels].sort((a, b) => (a.node < b.node ? -1 : 1));
	return { ...object, sentinel: { ...object.sentinel, sentinels } };
}

function compareFields<Of>(
	what: string,
	object: Readonly<Record<string, unknown>>,
	rows: Readonly<Record<string, (of: Of) => Expected>>,
	of: Of,
	note: (name: string, value: unknown, expected: Expected) => void,
): void {
	assert.deepEqual(
		Object.keys(object).sort(),
		Object.keys(rows).sort(),
		`${what}: each field has its row in this test`,
	);
	for (const [name, value] of Object.entries(object)) note(`${what} ${name}`, value, rows[name]!(of));
}

const columnsOf = (node: RedisNode, at: number): Readonly<Record<string, unknown>> =>
	Object.fromEntries(columnIds.map(id => [id, columnFacts.get(id)!.sort(node, at)]));

function truthsAt(places: readonly Place[], samplers: readonly Sampler[], at: number): readonly Truth[] {
	const truths = places.map((place, index): Truth => {
		const seen = samplers[index]!.seen;
		const within = (from: number, to: number) =>
			seen.filter(reading => reading.at >= at + from && reading.at <= at + to);
		const around = within(-delaySeconds * 1000 - 400, 300).map(({ info }) => info);
		return { place, at, around, before: within(-3000, 300) };
	});
	return truths.map(truth => ({
		...truth,
		primary: truths.find(({ place }) => place.server === truth.place.primary),
	}));
}

// ---------------------------------------------------------------------------------------------------------
// What the servers say, and what they have to do

type Sampler = {
	readonly seen: readonly Reading[];
	/** Connections whose bytes are the test's, not ours. */
	readonly clients: Redis[];
	readonly stop: () => void;
};

const bytesOf = ({ stream }: Redis) => (stream ? stream.bytesRead + stream.bytesWritten : 0);

function sampler(server: RunningServer): Sampler {
	const client = server.connect();
	const clients = [client];
	const seen: Reading[] = [];
	let isAsking = false;
	let asked = 0;
	const timer = setInterval(async () => {
		if (isAsking) return;
		isAsking = true;
		// Memory by the INFO that redis-top sends too: a longer one counts what it is made of.
		const [info, ...more] = await Promise.all(
			[client.info(), client.info('commandstats'), client.call('CLUSTER', 'INFO')].map(reply =>
				reply.catch(() => ''),
			),
		);
		isAsking = false;
		if (!info) return;
		const told = Object.assign({}, ...[info, ...more].map(text => fieldsOf(String(text)))) as Told;
		const moved = clients.reduce((bytes, each) => bytes + bytesOf(each), 0);
		seen.push({ at: timeNow(), info: told, asked, moved });
		asked++;
		if (seen.length > 200) seen.shift();
	}, 100);
	return {
		seen,
		clients,
		stop() {
			clearInterval(timer);
			client.disconnect();
		},
	};
}

const fieldsOf = (text: string): Told =>
	Object.fromEntries(
		text
			.split('\r\n')
			.filter(line => line.includes(':'))
			.map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
	);

/** Hits, misses, expiry, eviction, errors, blocked and refused clients on every primary; a few refused on replicas. */
async function startLoad(
	places: readonly Place[],
	samplers: readonly Sampler[],
): Promise<{ stop: () => void }> {
	const stops = await Promise.all(places.map((place, index) => loadOn(place, samplers[index]!)));
	return {
		stop() {
			for (const stop of stops) stop();
		},
	};
}

async function loadOn({ server, tag, primary }: Place, { clients }: Sampler): Promise<() => void> {
	const client = server.connect();
	clients.push(client);
	const name = (key: string) => `{${tag}}${key}`;
	const blocked = primary ? [] : [server.connect(), server.connect({ commandTimeout: undefined })];
	for (const one of blocked) one.blpop(name('never'), 0).catch(() => {});
	const idle: Socket[] = [];
	if (!primary) {
		await client.set(name('value'), 'v'.repeat(1000));
		// As many as those with a TTL, or more: all keys must not pass for these.
		for (let each = 0; each < 1000; each++) client.set(name(`kept${each}`), '1').catch(() => {});
		await client.ping();
		const { used_memory: used } = fieldsOf(await client.info('memory'));
		await client.config('SET', 'maxmemory-policy', 'volatile-lru');
		await client.config('SET', 'maxmemory', String(Number(used) + 3_000_000));
	}
	let tick = 0;
	const timer = setInterval(() => {
		tick++;
		if (!primary) {
			const pipeline = client.pipeline();
			for (let each = 0; each < 20; each++) pipeline.get(name('value'));
			for (let each = 0; each < 5; each++) pipeline.get(name('absent'));
			// Far more than are evicted: one must not pass for the other.
			for (let each = 0; each < 60; each++) pipeline.set(name(`soon${tick}.${each}`), '1', 'PX', 300);
			for (let each = 0; each < 10; each++)
				pipeline.set(name(`later${tick}.${each}`), 'x'.repeat(8000), 'EX', 600);
			pipeline.lpush(name('value'), '1');
			pipeline.exec().catch(() => {});
		}
		// Up to maxclients they stay; from there on each is turned away.
		for (let each = 0; each < 3; each++) {
			const socket = connect(server.port, server.host);
			socket.on('error', () => {});
			socket.on('data', () => socket.destroy());
			idle.push(socket);
			if (idle.length > 200) idle.shift();
		}
	}, 100);
	return () => {
		clearInterval(timer);
		for (const socket of idle) socket.destroy();
		for (const one of blocked) one.disconnect();
		client.disconnect();
	};
}
