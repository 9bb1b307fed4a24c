// The audit finds each fault that is planted, by its id and on its node, and is quiet on fleets that are set well: a
// cluster of six on six hosts, and a primary with two replicas under three Sentinels. Every plant changes one thing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingNames } from '../../source/core/fleet/setting-names.ts';
import { newTrack } from '../../source/core/fleet/track.ts';
import type { Address, Info, NodeTrack, RedisNode, SentinelMaster } from '../../source/core/types.ts';
import type { AuditLine } from '../../source/runbooks/audit.ts';
import { type AuditInput, auditFleet, configAudit } from '../../source/runbooks/config-audit.ts';
import type { NodeExtra } from '../../source/runbooks/runbook.ts';
import { fleetOf, ratesOf, trackOf, tracksOf } from '../core/build.ts';
import { defaultConfig, gigabyte, megabyte, start } from './build.ts';

/** The defaults, and what they leave to be wished. */
const goodConfig: Readonly<Record<string, string>> = {
	...defaultConfig,
	appendonly: 'yes',
	'client-output-buffer-limit':
		'normal 268435456 67108864 60 slave 268435456 67108864 60 pubsub 33554432 8388608 60',
	'latency-monitor-threshold': '100',
	'maxmemory-policy': 'noeviction',
};
const goodInfo: Info = {
	version: '8.2.2',
	isAofEnabled: true,
	lastAofWriteStatus: 'ok',
	lastAofRewriteStatus: 'ok',
	lastSaveAt: start - 600_000,
	changesSinceSave: 0,
	systemMemoryBytes: 16 * gigabyte,
	maxmemoryBytes: 4 * gigabyte,
	lastSaveCowBytes: 100 * megabyte,
	replicaPriority: 100,
};
const goodExtra: NodeExtra = {
	isPasswordless: false,
	defaultUser: { isOn: false, isWithoutPassword: false, hasAllCommands: false, hasAllKeys: false },
};

type Plant = {
	readonly config?: Readonly<Record<string, string | undefined>>;
	readonly info?: Info;
	readonly track?: Partial<NodeTrack>;
	readonly extra?: NodeExtra;
	readonly node?: Partial<RedisNode>;
};

/** Plants by address; `*` is every node. */
type Plants = Readonly<Record<Address, Plant>>;

const slots = [[[0, 5460]], [[5461, 10922]], [[10923, 16383]]] as const;
const primaries = ['10.0.1.11:6379', '10.0.1.12:6379', '10.0.1.13:6379'];
const replicas = ['10.0.1.21:6379', '10.0.1.22:6379', '10.0.1.23:6379'];

function nodeOf(
	address: Address,
	role: 'primary' | 'replica',
	plants: Plants,
): { track: NodeTrack; row: Partial<RedisNode>; extra: NodeExtra } {
	const every = plants['*'] ?? {};
	const own = plants[address] ?? {};
	const info = {
		...goodInfo,
		role,
		connectedReplicas: role === 'primary' ? 1 : 0,
		...every.info,
		...own.info,
	};
	const config = Object.entries({ ...goodConfig, ...every.config, ...own.config }).filter(
		([, value]) => value !== undefined,
	);
	const track = trackOf(address, info, {
		config: Object.fromEntries(config) as Record<string, string>,
		rates: ratesOf({ delayedFsyncs: 0, replicationBytes: 1000 }),
		...every.track,
		...own.track,
	});
	return {
		track,
		row: { role, ...every.node, ...own.node },
		extra: { ...goodExtra, ...every.extra, ...own.extra },
	};
}

/** Three primaries and their replicas, each on its own host. */
function clusterOf(plants: Plants = {}, without: readonly Address[] = []): AuditInput {
	const made = [...primaries, ...replicas]
		.filter(address => !without.includes(address))
		.map(address => ({
			address,
			...nodeOf(address, primaries.includes(address) ? 'primary' : 'replica', plants),
		}));
	const tracks = tracksOf(...made.map(({ track }) => track));
	const rows = made.map(({ address, row }): [Address, Partial<RedisNode>] => {
		const index = primaries.indexOf(address);
		const place =
			index >= 0
				? { shard: index + 1, slots: slots[index]! }
				: { shard: replicas.indexOf(address) + 1, primary: primaries[replicas.indexOf(address)]! };
		return [address, { ...place, ...row }];
	});
	return {
		fleet: fleetOf(tracks, { mode: 'cluster' }, Object.fromEntries(rows)),
		tracks,
		extras: new Map(made.map(({ address, extra }) => [address, extra])),
	};
}

const sentinelHosts = ['10.0.2.1:26379', '10.0.2.2:26379', '10.0.2.3:26379'];

/** A primary, two replicas, and Sentinels. */
function sentinelFleet(
	plants: Plants = {},
	master: Partial<SentinelMaster> = {},
	sentinels: readonly Address[] = sentinelHosts,
): AuditInput {
	const group = ['10.0.1.11:6379', '10.0.1.21:6379', '10.0.1.22:6379'];
	const good = { '*': { config: { 'min-replicas-to-write': '1' } } };
	const merged: Plants = {
		...plants,
		'*': { ...good['*'], ...plants['*'], config: { ...good['*'].config, ...plants['*']?.config } },
	};
	const made = group.map((address, index) => ({
		address,
		...nodeOf(address, index === 0 ? 'primary' : 'replica', merged),
	}));
	const watched: SentinelMaster = {
		name: 'mymaster',
		address: group[0]!,
		flags: ['master'],
		quorum: 2,
		otherSentinels: sentinels.length - 1,
		downAfterMilliseconds: 5000,
		...master,
	};
	const watchers = sentinels.map(address => ({
		...newTrack(address, 'sentinel', 'seed', start),
		sentinel: {
			masters: [
				{
					...watched,
					sentinels: sentinels
						.filter(other => other !== address)
						.map(other => ({ address: other, flags: [] })),
				},
			],
		},
	}));
	const tracks = tracksOf(...made.map(({ track }) => track), ...watchers);
	const rows = made.map(({ address, row }, index): [Address, Partial<RedisNode>] => [
		address,
		{ shard: 1, ...(index > 0 && { primary: group[0]! }), ...row },
	]);
	return {
		fleet: fleetOf(tracks, { mode: 'sentinel' }, Object.fromEntries(rows)),
		tracks,
		extras: new Map(made.map(({ address, extra }) => [address, extra])),
	};
}

function standaloneOf(plant: Plant, address = '10.0.1.11:6379'): AuditInput {
	const made = nodeOf(address, 'primary', { [address]: plant });
	const tracks = tracksOf(made.track);
	return {
		fleet: fleetOf(tracks, {}, { [address]: { shard: 1, ...made.row } }),
		tracks,
		extras: new Map([[address, made.extra]]),
	};
}

const faultsIn = (input: AuditInput) => auditFleet(input).filter(({ severity }) => severity !== 'fine');
const told = (lines: readonly AuditLine[]) =>
	lines.map(({ id, severity, nodes }) => `${severity} ${id} ${nodes.join(' ')}`);

test('a cluster that is set well has nothing to say, and every point was looked at', () => {
	assert.deepEqual(told(faultsIn(clusterOf())), []);
	const fine = new Set(auditFleet(clusterOf()).map(({ id }) => id));
	assert.ok(fine.size >= 30, [...fine].join(' '));
});

test('a server whose clock is a day off dates its saves by that', () => {
	for (const hours of [-24, 24]) {
		const now = start + hours * 3_600_000;
		const info: Info = {
			serverTimeMicroseconds: now * 1000,
			lastSaveAt: now - 600_000,
			changesSinceSave: 500,
		};
		assert.deepEqual(told(faultsIn(clusterOf({ '*': { info } }))), [], String(hours));
		const late = { ...info, lastSaveAt: now - 86_400_000, changesSinceSave: 500_000 };
		assert.deepEqual(told(faultsIn(clusterOf({ [primaries[0]!]: { info: late } }))), [
			`act audit-late-save ${primaries[0]}`,
		]);
	}
});

test('a Sentinel fleet that is set well has nothing to say', () => {
	assert.deepEqual(told(faultsIn(sentinelFleet())), []);
});

test('a demo on loopback is not told that its nodes share a host', () => {
	const input = clusterOf();
	const rename = (address: Address) => `127.0.0.1:70${address.slice(7, 9)}`;
	const nodes = input.fleet.nodes.map(node => ({
		...node,
		address: rename(node.address),
		...(node.primary && { primary: rename(node.primary) }),
	}));
	const tracks = new Map(
		[...input.tracks].map(([address, track]) => [rename(address), { ...track, address: rename(address) }]),
	);
	const lines = faultsIn({ fleet: { ...input.fleet, nodes }, tracks }).map(({ id }) => id);
	assert.deepEqual(
		lines.filter(id => /host/.test(id)),
		[],
	);
});

const one = primaries[0]!;
const odd = primaries[1]!;

/** What is planted, the line that must come of it, and on which nodes. */
const plants: readonly [what: string, input: AuditInput, line: string][] = [
	// topology
	['a primary without a replica', clusterOf({}, [replicas[1]!]), `act audit-no-replica ${odd}`],
	['standalone without a replica', standaloneOf({}), `look audit-no-replica ${one}`],
	['two primaries', clusterOf({}, [primaries[2]!, replicas[2]!]), `act audit-few-primaries ${one} ${odd}`],
	[
		'two primaries of three on one host',
		movedTo(clusterOf(), odd, '10.0.1.11:6380'),
		`act audit-primaries-one-host ${one} 10.0.1.11:6380`,
	],
	[
		'a replica on the host of its primary',
		movedTo(clusterOf(), replicas[0]!, '10.0.1.11:6380'),
		'look audit-replica-same-host 10.0.1.11:6380',
	],
	[
		'a node timeout of a minute',
		clusterOf({ '*': { config: { 'cluster-node-timeout': '60000' } } }),
		`look audit-node-timeout ${[...primaries, ...replicas].join(' ')}`,
	],
	[
		'a node timeout of half a second',
		clusterOf({ [one]: { config: { 'cluster-node-timeout': '500' } } }),
		`look audit-node-timeout ${one}`,
	],
	[
		'full coverage with a bare primary',
		clusterOf({}, [replicas[1]!]),
		`look audit-full-coverage ${[...primaries, replicas[0], replicas[2]].join(' ')}`,
	],
	[
		'reads when down',
		clusterOf({ [one]: { config: { 'cluster-allow-reads-when-down': 'yes' } } }),
		`look audit-reads-when-down ${one}`,
	],
	[
		'more replicas wanted than there are',
		clusterOf({ [one]: { config: { 'min-replicas-to-write': '2' } } }),
		`act audit-min-replicas ${one}`,
	],
	[
		'the only replica needed for writes',
		clusterOf({ [one]: { config: { 'min-replicas-to-write': '1' } } }),
		`look audit-min-replicas ${one}`,
	],
	[
		'two replicas and none needed',
		sentinelFleet({ '*': { config: { 'min-replicas-to-write': '0' } } }),
		`look audit-min-replicas ${one}`,
	],
	[
		'a replica that evicts by itself',
		clusterOf({ [replicas[0]!]: { config: { 'replica-ignore-maxmemory': 'no' } } }),
		`look audit-replica-ignore-maxmemory ${replicas[0]}`,
	],
	[
		'a backlog of a second',
		clusterOf({ [one]: { track: { rates: ratesOf({ replicationBytes: megabyte }) } } }),
		`look audit-backlog ${one}`,
	],
	[
		'two Sentinels',
		sentinelFleet({}, {}, sentinelHosts.slice(0, 2)),
		`act audit-few-sentinels ${sentinelHosts.slice(0, 2).join(' ')}`,
	],
	[
		'a quorum that cannot be reached',
		sentinelFleet({}, { quorum: 4 }),
		`act audit-quorum ${sentinelHosts.join(' ')}`,
	],
	['a quorum of all', sentinelFleet({}, { quorum: 3 }), `look audit-quorum ${sentinelHosts.join(' ')}`],
	['a quorum of one', sentinelFleet({}, { quorum: 1 }), `look audit-quorum ${sentinelHosts.join(' ')}`],
	[
		'Sentinels on one host',
		sentinelFleet({}, {}, ['10.0.2.1:26379', '10.0.2.1:26380', '10.0.2.3:26379']),
		'act audit-sentinels-one-host 10.0.2.1:26379 10.0.2.1:26380',
	],
	[
		'a death noticed after a minute',
		sentinelFleet({}, { downAfterMilliseconds: 60_000 }),
		`look audit-down-after ${sentinelHosts.join(' ')}`,
	],
	[
		'no replica that may be promoted',
		sentinelFleet({
			'10.0.1.21:6379': { info: { replicaPriority: 0 } },
			'10.0.1.22:6379': { info: { replicaPriority: 0 } },
		}),
		`act audit-replica-priority ${one}`,
	],
	// persistence
	[
		'no persistence, with replicas',
		clusterOf({ [one]: { info: { isAofEnabled: false }, config: { save: '', appendonly: 'no' } } }),
		`act audit-persistence ${one}`,
	],
	[
		'no persistence, no cache',
		standaloneOf({ info: { isAofEnabled: false }, config: { save: '', appendonly: 'no' } }),
		`act audit-persistence ${one}`,
	],
	[
		'RDB only',
		clusterOf({ [one]: { info: { isAofEnabled: false }, config: { appendonly: 'no' } } }),
		`look audit-persistence ${one}`,
	],
	[
		'fsync left to the kernel',
		clusterOf({ [one]: { config: { appendfsync: 'no' } } }),
		`look audit-appendfsync ${one}`,
	],
	[
		'fsync at every write',
		clusterOf({ [one]: { config: { appendfsync: 'always' } } }),
		`look audit-appendfsync ${one}`,
	],
	[
		'no fsync during a rewrite',
		clusterOf({ [one]: { config: { 'no-appendfsync-on-rewrite': 'yes' } } }),
		`look audit-no-appendfsync-on-rewrite ${one}`,
	],
	[
		'no preamble',
		clusterOf({ [one]: { config: { 'aof-use-rdb-preamble': 'no' } } }),
		`look audit-rdb-preamble ${one}`,
	],
	[
		'never rewritten',
		clusterOf({ [one]: { config: { 'auto-aof-rewrite-percentage': '0' } } }),
		`look audit-aof-rewrite ${one}`,
	],
	[
		'a save that failed',
		clusterOf({ [one]: { info: { lastSaveStatus: 'err' } } }),
		`act audit-save-errors ${one}`,
	],
	[
		'an AOF write that failed',
		clusterOf({ [one]: { info: { lastAofWriteStatus: 'err' } } }),
		`act audit-save-errors ${one}`,
	],
	[
		'writes go on when saves fail',
		clusterOf({ [one]: { config: { 'stop-writes-on-bgsave-error': 'no' } } }),
		`look audit-stop-writes ${one}`,
	],
	['data in /tmp', clusterOf({ [one]: { config: { dir: '/tmp/redis' } } }), `act audit-dir ${one}`],
	[
		'a disk that is too slow',
		clusterOf({ [one]: { track: { rates: ratesOf({ delayedFsyncs: 0.2 }) } } }),
		`look audit-slow-disk ${one}`,
	],
	[
		'saves that do not come',
		clusterOf({ [one]: { info: { lastSaveAt: start - 86_400_000, changesSinceSave: 500_000 } } }),
		`act audit-late-save ${one}`,
	],
	// memory
	['no maxmemory', clusterOf({ [one]: { info: { maxmemoryBytes: 0 } } }), `look audit-no-maxmemory ${one}`],
	[
		'no maxmemory and half the host in use',
		clusterOf({ [one]: { info: { maxmemoryBytes: 0, rssBytes: 9 * gigabyte } } }),
		`act audit-no-maxmemory ${one}`,
	],
	[
		'more than the host has',
		clusterOf({ [one]: { info: { systemMemoryBytes: 3 * gigabyte } } }),
		`act audit-fork-headroom ${one}`,
	],
	[
		'no room for a fork',
		clusterOf({ [one]: { info: { systemMemoryBytes: 5 * gigabyte } } }),
		`look audit-fork-headroom ${one}`,
	],
	[
		'limits of one host together',
		movedTo(
			clusterOf({ '*': { info: { systemMemoryBytes: 7 * gigabyte } } }),
			replicas[1]!,
			'10.0.1.11:6380',
		),
		`act audit-fork-headroom ${one} 10.0.1.11:6380`,
	],
	[
		'volatile without TTLs',
		clusterOf({
			[one]: { info: { maxmemoryPolicy: 'volatile-lru', databases: [{ db: 0, keys: 1000, expires: 3 }] } },
		}),
		`act audit-policy ${one}`,
	],
	[
		'noeviction on a cache',
		clusterOf({ [one]: { info: { databases: [{ db: 0, keys: 1000, expires: 990 }] } } }),
		`look audit-policy ${one}`,
	],
	[
		'evicting what looks like a database',
		clusterOf({
			[one]: { info: { maxmemoryPolicy: 'allkeys-lru', databases: [{ db: 0, keys: 1000, expires: 0 }] } },
		}),
		`look audit-policy ${one}`,
	],
	[
		'one sample',
		clusterOf({ [one]: { info: { maxmemoryPolicy: 'allkeys-lru' }, config: { 'maxmemory-samples': '1' } } }),
		`look audit-samples ${one}`,
	],
	[
		'a hundred samples',
		clusterOf({
			[one]: { info: { maxmemoryPolicy: 'allkeys-lru' }, config: { 'maxmemory-samples': '100' } },
		}),
		`look audit-samples ${one}`,
	],
	[
		'a replica with less',
		clusterOf({ [replicas[0]!]: { info: { maxmemoryBytes: 2 * gigabyte } } }),
		`look audit-replica-maxmemory ${replicas[0]}`,
	],
	[
		'a replica that the data does not fit',
		clusterOf({ [replicas[0]!]: { info: { maxmemoryBytes: 0.5 * gigabyte } } }),
		`act audit-replica-maxmemory ${replicas[0]}`,
	],
	[
		'a replica with another policy',
		clusterOf({ [replicas[0]!]: { info: { maxmemoryPolicy: 'allkeys-lru' } } }),
		`look audit-replica-maxmemory ${replicas[0]}`,
	],
	// clients
	[
		'maxclients lowered by the process limit',
		clusterOf({ [one]: { info: { maxClients: 4064 } } }),
		`look audit-maxclients ${one}`,
	],
	[
		'places nearly taken',
		clusterOf({ [one]: { info: { connectedClients: 8500 } } }),
		`look audit-maxclients ${one}`,
	],
	[
		'no limit for normal clients',
		clusterOf({
			[one]: { config: { 'client-output-buffer-limit': defaultConfig['client-output-buffer-limit']! } },
		}),
		`look audit-output-buffers ${one}`,
	],
	[
		'no limit for replicas',
		clusterOf({
			[one]: { config: { 'client-output-buffer-limit': 'normal 1000 1000 60 slave 0 0 0 pubsub 0 0 0' } },
		}),
		`look audit-replica-buffers ${one}`,
	],
	[
		'a timeout of ten seconds',
		clusterOf({ [one]: { config: { timeout: '10' } } }),
		`look audit-timeout ${one}`,
	],
	[
		'no keepalive',
		clusterOf({ [one]: { config: { 'tcp-keepalive': '0' } } }),
		`look audit-tcp-keepalive ${one}`,
	],
	// latency
	[
		'no slow log',
		clusterOf({ [one]: { config: { 'slowlog-log-slower-than': '-1' } } }),
		`look audit-slowlog ${one}`,
	],
	[
		'a slow log of everything',
		clusterOf({ [one]: { config: { 'slowlog-log-slower-than': '0' } } }),
		`look audit-slowlog ${one}`,
	],
	[
		'a slow log of a second',
		clusterOf({ [one]: { config: { 'slowlog-log-slower-than': '1000000' } } }),
		`look audit-slowlog ${one}`,
	],
	[
		'a short slow log',
		clusterOf({ [one]: { config: { 'slowlog-max-len': '8' } } }),
		`look audit-slowlog ${one}`,
	],
	[
		'no latency monitor',
		clusterOf({ [one]: { config: { 'latency-monitor-threshold': '0' } } }),
		`look audit-latency-monitor ${one}`,
	],
	[
		'no percentiles',
		clusterOf({ [one]: { config: { 'latency-tracking': 'no' } } }),
		`look audit-latency-tracking ${one}`,
	],
	['hz 500', clusterOf({ [one]: { config: { hz: '500' } } }), `look audit-hz ${one}`],
	['huge pages', clusterOf({ [one]: { config: { 'disable-thp': 'no' } } }), `look audit-huge-pages ${one}`],
	// security
	['no password', clusterOf({ [one]: { extra: { isPasswordless: true } } }), `act audit-password ${one}`],
	[
		'no password, but on loopback',
		standaloneOf({ config: { bind: '127.0.0.1 -::1' }, extra: { isPasswordless: true } }),
		`look audit-password ${one}`,
	],
	[
		'a default user with all rights',
		clusterOf({
			[one]: {
				extra: {
					defaultUser: { isOn: true, isWithoutPassword: false, hasAllCommands: true, hasAllKeys: true },
				},
			},
		}),
		`look audit-default-user ${one}`,
	],
	[
		'a default user with all rights and no password',
		clusterOf({
			[one]: {
				extra: {
					defaultUser: { isOn: true, isWithoutPassword: true, hasAllCommands: true, hasAllKeys: true },
				},
			},
		}),
		`act audit-default-user ${one}`,
	],
	['bound to everything', clusterOf({ [one]: { config: { bind: '* -::*' } } }), `look audit-bind ${one}`],
	[
		'bound to nothing in particular',
		clusterOf({ [one]: { config: { bind: '' } } }),
		`look audit-bind ${one}`,
	],
	[
		'protected mode off',
		clusterOf({ [one]: { config: { 'protected-mode': 'no' } } }),
		`look audit-protected-mode ${one}`,
	],
	[
		'protected mode off and no password',
		clusterOf({ [one]: { config: { 'protected-mode': 'no' }, extra: { isPasswordless: true } } }),
		`act audit-protected-mode ${one}`,
	],
	[
		'DEBUG for everybody',
		clusterOf({ [one]: { config: { 'enable-debug-command': 'yes' } } }),
		`look audit-debug-command ${one}`,
	],
	[
		'an old version',
		clusterOf({ '*': { info: { version: '7.2.4' } } }),
		`look audit-version ${[...primaries, ...replicas].join(' ')}`,
	],
	[
		'an old Valkey',
		clusterOf({ '*': { info: { server: 'valkey', version: '8.1.1' } } }),
		`look audit-version ${[...primaries, ...replicas].join(' ')}`,
	],
	[
		'a very old version',
		clusterOf({ '*': { info: { version: '5.0.14' } } }),
		`act audit-version ${[...primaries, ...replicas].join(' ')}`,
	],
	// differences
	[
		'one node with another keepalive',
		clusterOf({ [odd]: { config: { 'tcp-keepalive': '60' } } }),
		`look audit-differs ${odd}`,
	],
	[
		'one primary with another limit',
		clusterOf({ [odd]: { config: { maxmemory: '1073741824' } } }),
		`look audit-differs ${odd}`,
	],
	[
		'one node with another version',
		clusterOf({ [odd]: { info: { version: '8.2.3' } } }),
		`look audit-differs ${odd}`,
	],
	// what cannot be told
	['CONFIG not allowed', clusterOf({ [one]: blind('no-permission') }), `unknown audit-memory-unknown ${one}`],
	[
		'CONFIG renamed away',
		clusterOf({ [one]: blind('unknown-command') }),
		`unknown audit-persistence-unknown ${one}`,
	],
	[
		'a node that is down',
		clusterOf({
			[one]: { node: { health: 'down', error: { reason: 'refused', text: 'connect ECONNREFUSED' } } },
		}),
		`unknown audit-unreachable ${one}`,
	],
];

function blind(why: 'no-permission' | 'unknown-command'): Plant {
	return {
		config: Object.fromEntries(Object.keys(goodConfig).map(name => [name, undefined])),
		track: { refused: [{ command: 'config get', why, word: '+config|get' }] },
	};
}

/** The same fleet with one node at another address. */
function movedTo(input: AuditInput, from: Address, to: Address): AuditInput {
	const place = (address: Address) => (address === from ? to : address);
	const nodes = input.fleet.nodes.map(node => ({
		...node,
		address: place(node.address),
		...(node.primary && { primary: place(node.primary) }),
	}));
	return {
		fleet: { ...input.fleet, nodes },
		tracks: new Map(
			[...input.tracks].map(([address, track]) => [place(address), { ...track, address: place(address) }]),
		),
		extras: new Map([...(input.extras ?? [])].map(([address, extra]) => [place(address), extra])),
	};
}

for (const [what, input, line] of plants) {
	test(`planted: ${what}`, () => {
		const lines = told(faultsIn(input));
		assert.ok(lines.includes(line), `${line}\nis not among\n${lines.join('\n')}`);
	});
}

test('every line that is not fine says what it means, and each fault what would be better', () => {
	for (const [what, input] of plants)
		for (const line of faultsIn(input)) {
			assert.ok(line.set !== '' && line.means !== '', `${what}: ${line.id}`);
			if (line.severity !== 'unknown') assert.ok(line.better, `${what}: ${line.id}`);
			assert.match(line.id, /^audit-[a-z-]+$/);
		}
});

test('the same fault of several nodes is one line', () => {
	const lines = faultsIn(clusterOf({ '*': { config: { 'tcp-keepalive': '0' } } }));
	assert.deepEqual(told(lines), [`look audit-tcp-keepalive ${[...primaries, ...replicas].join(' ')}`]);
	assert.equal(lines[0]?.command, 'CONFIG SET tcp-keepalive 300');
});

test('one fault is one line: a plant does not set off others', () => {
	const lines = faultsIn(clusterOf({ '*': { config: { appendfsync: 'no' } } }));
	assert.deepEqual(
		lines.map(({ id }) => id),
		['audit-appendfsync'],
	);
});

test('an odd one among three is named against the two', () => {
	const [line] = faultsIn(clusterOf({ [odd]: { config: { hz: '50' } } }));
	assert.equal(line?.set, `hz 50 on ${odd}; 10 on the others`);
	assert.equal(line?.command, 'CONFIG SET hz 10');
});

test('a cache without persistence is no fault', () => {
	const cache: Plant = {
		info: { isAofEnabled: false, maxmemoryPolicy: 'allkeys-lru' },
		config: { save: '', appendonly: 'no' },
	};
	assert.deepEqual(told(faultsIn(standaloneOf(cache))), [`look audit-no-replica ${one}`]);
});

test('of a server that keeps nothing on disk it is not said that its disk is up to date', () => {
	const ids = (plant: Plant) =>
		auditFleet(standaloneOf(plant))
			.filter(({ topic }) => topic === 'persistence')
			.map(({ severity, id }) => `${severity} ${id}`);
	const info: Info = { isAofEnabled: false, lastSaveStatus: 'ok' };
	assert.deepEqual(ids({ info, config: { save: '', appendonly: 'no' } }), ['act audit-persistence']);
	assert.ok(ids({ info, config: { appendonly: 'no' } }).includes('fine audit-save-errors'));
	assert.ok(
		ids({ info: { ...info, lastSaveStatus: 'err' }, config: { save: '' } }).includes('act audit-save-errors'),
	);
});

test('no password behind protected mode is to look at, as long as that mode holds', () => {
	const local = '127.0.0.1:6379';
	const open: NodeExtra = {
		isPasswordless: true,
		defaultUser: { isOn: true, isWithoutPassword: true, hasAllCommands: true, hasAllKeys: true },
	};
	const judged = (address: Address, config: Plant['config'], info: Info = {}) => {
		const plant = { config: { bind: '* -::*', 'protected-mode': 'yes', ...config }, info, extra: open };
		const lines = auditFleet(standaloneOf(plant, address));
		const mode = lines.find(({ id }) => id === 'audit-protected-mode')!;
		const isSaidToHold = /^Without a password it answers its own host only/.test(mode.means);
		const isActedOn = lines.some(({ id, severity }) => id === 'audit-password' && severity === 'act');
		assert.equal(isSaidToHold, !isActedOn && mode.severity === 'fine', mode.means);
		return ['audit-password', 'audit-default-user'].map(id => lines.find(line => line.id === id)!);
	};
	const severities = (...args: Parameters<typeof judged>) => judged(...args).map(({ severity }) => severity);
	assert.deepEqual(severities(local, {}), ['look', 'look']);
	assert.match(judged(local, {})[0]!.means, /^Protected mode alone keeps other hosts out/);
	assert.deepEqual(severities(local, { bind: '' }, { version: '6.0.16' }), ['look', 'look']);
	const act = ['act', 'act'];
	assert.deepEqual(severities(local, { 'protected-mode': 'no' }), act);
	assert.deepEqual(severities(local, { bind: '0.0.0.0' }, { version: '6.0.16' }), act, 'a bind ends it');
	assert.deepEqual(severities(one, {}), act, 'we came from another host and were let in');
});

const answerOn = (input: AuditInput, topic: string) =>
	configAudit.steps.find(({ id }) => id === topic)!.check({ node: input.fleet.nodes[0]!, ...input }).answer;

test('a topic of which no more is known than not is not fine', () => {
	const isUnread = blind('no-permission');
	const info: Info = { isAofEnabled: false, lastSaveStatus: 'ok' };
	assert.equal(answerOn(standaloneOf({ ...isUnread, info }), 'persistence'), 'unknown');
	// With an AOF two points are well, and six are not judged.
	const withAof = standaloneOf({ ...isUnread, info: { lastSaveStatus: 'ok' } });
	assert.equal(answerOn(withAof, 'persistence'), 'unknown');
	assert.equal(answerOn(clusterOf({ [one]: isUnread }), 'persistence'), 'fine', 'five of six nodes are read');
	const all = [...primaries, ...replicas];
	const some = (count: number) => Object.fromEntries(all.slice(0, count).map(each => [each, isUnread]));
	assert.equal(answerOn(clusterOf(some(6)), 'persistence'), 'unknown');
});

test('whether there is an append-only file is taken from INFO where CONFIG GET is refused', () => {
	const linesOf = (info: Info) =>
		auditFleet(standaloneOf({ ...blind('no-permission'), info })).filter(
			({ topic }) => topic === 'persistence',
		);
	const on = linesOf({ isAofEnabled: true });
	assert.equal(on.find(({ id }) => id === 'audit-persistence')?.set, 'append-only file');
	const off = linesOf({ isAofEnabled: false }).find(({ id }) => id === 'audit-persistence-unknown');
	assert.match(off!.means, /save/);
	assert.doesNotMatch(off!.means, /appendonly/);
});

test('CONFIG GET is asked for what the points read, and for nothing that is secret', () => {
	for (const name of [
		'maxmemory-samples',
		'save',
		'dir',
		'bind',
		'client-output-buffer-limit',
		'cluster-node-timeout',
		'activedefrag',
	])
		assert.ok(settingNames.includes(name), name);
	assert.deepEqual(
		settingNames.filter(name => /pass|auth|secret|acl|user/.test(name)),
		[],
	);
	assert.equal(new Set(settingNames).size, settingNames.length);
});

test('as a runbook: a step for each topic, its verdict the worst line', () => {
	const input = clusterOf({ [one]: { config: { timeout: '10' }, extra: { isPasswordless: true } } });
	const answers = configAudit.steps.map(step => [
		step.id,
		step.check({ node: input.fleet.nodes[0]!, ...input }).answer,
	]);
	assert.deepEqual(Object.fromEntries(answers), {
		topology: 'look',
		persistence: 'fine',
		memory: 'fine',
		clients: 'look',
		latency: 'fine',
		security: 'act',
	});
	assert.equal(configAudit.steps[0]?.check({ node: input.fleet.nodes[0]! }).answer, 'unknown');
});

test('a policy named like something every object has is one that is not known', () => {
	for (const maxmemoryPolicy of ['__proto__', 'constructor']) {
		const tracks = tracksOf(trackOf('a:1', { maxmemoryPolicy }, { config: defaultConfig }));
		const lines = auditFleet({ fleet: fleetOf(tracks), tracks });
		assert.match(lines.find(({ id }) => id === 'audit-policy')!.means, /does not know/);
	}
});

test('replicas that are listed and not watched (--no-discover) are replicas', () => {
	const line = { address: '10.0.1.21:6379', state: 'online', offset: 1, lagSeconds: 0 };
	const found = (info: Info) =>
		auditFleet(standaloneOf({ info })).find(({ id }) => id === 'audit-no-replica');
	const alone = found({ replicas: [] });
	assert.deepEqual([alone?.severity, alone?.set], ['look', 'no replica']);
	const listed = found({ replicas: [line, { ...line, address: '10.0.1.22:6379' }] });
	assert.deepEqual([listed?.severity, listed?.set], ['fine', '2 replicas']);
});
