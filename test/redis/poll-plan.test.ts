// What is asked of a node within a minute, counted by the plan itself: how often of which kind and version, and what only
// while somebody looks closely.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewsARefresh } from '../../source/core/cluster/view-rhythm.ts';
import type { Asked } from '../../source/core/commands.ts';
import type { Reply } from '../../source/core/types.ts';
import { describeNode, nobodyAsked } from '../../source/redis/describe-node.ts';
import { dueCalls, fastCalls, type LastAsked } from '../../source/redis/poll-plan.ts';

/** How often each command is sent in the 60 s after the first refresh, by its words without arguments. */
function countsOf(more: Partial<Asked>, delaySeconds = 1): Readonly<Record<string, number>> {
	const asked: Asked = { ...nobodyAsked, version: [7, 0], server: 'redis', ...more };
	const lastAsked: LastAsked = new Map();
	dueCalls(asked, lastAsked, 0, delaySeconds);
	const counts: Record<string, number> = {};
	for (let now = delaySeconds; now <= 60; now += delaySeconds)
		for (const { feature, words } of dueCalls(asked, lastAsked, now, delaySeconds)) {
			const name = feature === 'commandlog get' ? words.join(' ').toLowerCase() : feature;
			counts[name] = (counts[name] ?? 0) + 1;
		}
	return counts;
}

const plain = { 'info commandstats': 12, 'slowlog get': 12, 'config get': 1, 'acl users': 1 };
const close = { info: 60, 'info commandstats': 30, 'slowlog get': 60, 'config get': 1, 'acl users': 1 };

test('a data node: INFO at each refresh, the rest seldom', () => {
	assert.deepEqual(countsOf({ kind: 'data' }), { info: 60, ...plain });
	assert.deepEqual(countsOf({ kind: 'data' }, 10), {
		info: 6,
		...plain,
		'info commandstats': 6,
		'slowlog get': 6,
	});
	assert.deepEqual(countsOf({ kind: 'unknown' }), { info: 60 });
});

test('once a connection: out of courtesy', () => {
	const first = dueCalls({ ...nobodyAsked, kind: 'data', version: [7, 0] }, new Map(), 0, 1);
	assert.ok(first.some(({ words }) => words.join(' ') === 'CLIENT NO-EVICT on'));
});

test('a node of a cluster: its view at each refresh; of many in turn, and at once when it says something else', () => {
	const view = { info: 60, 'cluster info': 60, 'cluster nodes': 60, ...plain };
	assert.deepEqual(countsOf({ kind: 'cluster', nodesInFleet: 50 }), view);
	const viewsOf = (more: Partial<Asked>) => countsOf({ kind: 'cluster', ...more })['cluster nodes'] ?? 0;
	const calm = { said: 'epoch:1', saidWithView: 'epoch:1' };
	// Without a word of it nothing tells that it changed.
	assert.ok(viewsOf({ nodesInFleet: 1000 }) >= 29);
	assert.ok(viewsOf({ nodesInFleet: 200, ...calm }) >= 29, 'where there are not that many it costs little');
	assert.ok(viewsOf({ nodesInFleet: 1000, ...calm }) <= 3);
	assert.equal(viewsOf({ nodesInFleet: 1000, ...calm, said: 'epoch:2' }), 60);
	assert.ok(viewsOf({ nodesInFleet: 1000, ...calm, isRestless: true }) >= 29);
	assert.ok(viewsOf({ nodesInFleet: 1000, ...calm, isUnfinished: true }) >= 29);
});

test('a refresh asks for as many views as every two seconds of all, of a long delay for all', () => {
	assert.deepEqual(viewsARefresh(1000, 1), { all: 500, inTurn: 35 });
	assert.equal(viewsARefresh(1000, 0.25).all, 500, 'what changed does not wait for a turn');
	assert.ok(viewsARefresh(1000, 2).all >= 1000);
	assert.ok(viewsARefresh(1000, 60).all >= 1000);
	assert.equal(viewsARefresh(60, 1).all, 50);
});

test('what a node says of the cluster is held against what it said with its view', () => {
	const info = (epoch: number, messages: number) =>
		`cluster_state:ok\r\ncluster_current_epoch:${epoch}\r\ncluster_stats_messages_sent:${messages}\r\n`;
	const view = 'a 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-16383\n';
	const after = (before: Asked, ...replies: readonly [string, Reply][]) =>
		describeNode(before, '', replies, false);
	const first = after(nobodyAsked, ['cluster info', info(1, 1)], ['cluster nodes', view]).asked;
	assert.equal(first.said, first.saidWithView);
	const calm = after(first, ['cluster info', info(1, 2)]);
	assert.equal(calm.isOther, false);
	const moved = after(calm.asked, ['cluster info', info(2, 3)]);
	assert.equal(moved.isOther, true, 'its view is asked in the same visit');
	assert.notEqual(moved.asked.said, moved.asked.saidWithView);
	assert.equal(after(moved.asked, ['cluster info', info(2, 4)]).isOther, false, 'once');
	const told = after(moved.asked, ['cluster nodes', view]).asked;
	assert.equal(told.said, told.saidWithView);
	const half = 'b 10.0.0.2:6379@16379 handshake - 0 0 0 connected\n';
	assert.equal(after(first, ['cluster nodes', view + half]).asked.isUnfinished, true);
	assert.equal(first.isUnfinished, false);
});

test('a Sentinel: its masters at each refresh, whom they have every five seconds', () => {
	const details = { 'sentinel replicas': 24, 'sentinel sentinels': 24, 'sentinel ckquorum': 24 };
	assert.deepEqual(countsOf({ kind: 'sentinel', masters: ['a', 'b'] }), {
		...{ info: 60, 'sentinel masters': 60 },
		...details,
	});
});

test('looked at closely: what this version has, and the clients where they are not too many', () => {
	const logs = { 'latency latest': 12, 'acl log': 12 };
	const more = { 'memory stats': 30, 'latency histogram': 12, 'client list': 12 };
	const open = { kind: 'data', isOpen: true } as const;
	assert.deepEqual(countsOf(open), { ...close, ...more, ...logs });
	assert.deepEqual(countsOf({ ...open, version: [8, 0] }), {
		...{ ...close, ...more, ...logs },
		'info keysizes': 6,
	});
	assert.deepEqual(countsOf({ ...open, server: 'valkey', version: [8, 1] }), {
		...{ ...close, ...more, ...logs },
		'commandlog get 16 large-request': 12,
		'commandlog get 16 large-reply': 12,
	});
	assert.equal(countsOf({ ...open, connectedClients: 1_000_000 })['client list'], undefined);
	const old = countsOf({ ...open, version: [6, 0] });
	assert.equal(old['latency histogram'], undefined);
	// 6.0 takes one name a call.
	assert.ok(old['config get']! > 10);
});

test('open slots are counted in each database that holds keys, and the first one is selected again', () => {
	const asked: Asked = { ...nobodyAsked, kind: 'cluster', openSlots: ['7'], databases: [0, 3] };
	const sent = dueCalls(asked, new Map(), 0, 1).map(({ words }) => words.join(' '));
	assert.deepEqual(sent.slice(sent.indexOf('CLUSTER COUNTKEYSINSLOT 7')), [
		...['CLUSTER COUNTKEYSINSLOT 7', 'SELECT 3', 'CLUSTER COUNTKEYSINSLOT 7', 'SELECT 0'],
	]);
	assert.equal(countsOf({ kind: 'cluster', openSlots: ['7'] })['cluster countkeysinslot'], 6);
	assert.equal(
		countsOf({ kind: 'cluster', openSlots: ['7'], isClusterOpen: true })['cluster countkeysinslot'],
		60,
	);
});

test('atomic migrations are asked for at any sign of one, and some times after the last', () => {
	const view = (slots: string) => `a1 10.0.0.1:6379@16379 myself,master - 0 0 1 connected ${slots}\n`;
	const task = (end: number): Reply => [
		...['id', 't', 'slots', '0-9', 'source', 'a1', 'dest', 'b2', 'operation', 'migrate', 'state', 'failed'],
		...['retries', 0, 'create_time', 1_796_005_411_721, 'end_time', end],
	];
	const calm: readonly (readonly [string, Reply])[] = [
		['info', 'redis_version:8.6.3\r\nredis_mode:cluster\r\ncluster_enabled:1\r\n'],
		['cluster info', 'cluster_state:ok\r\ncluster_slot_migration_active_tasks:0\r\n'],
		['cluster nodes', view('0-5460')],
	];
	const looksAfter = (before: Asked, replies: typeof calm) => describeNode(before, '', replies, false);
	const { asked } = looksAfter(nobodyAsked, calm);
	assert.deepEqual([asked.migrationLooks, looksAfter(asked, calm).asked.migrationLooks], [0, 0]);
	const signs: readonly (readonly [string, Reply])[] = [
		['cluster info', 'cluster_slot_migration_active_tasks:1\r\n'],
		['info', 'valkey_version:9.1.2\r\ncluster_enabled:1\r\nmem_cluster_slot_export:4096\r\n'],
		['cluster nodes', view('0-75 100-5460')],
		['cluster migration status ALL', [task(-1)]],
	];
	const isAsked = (of: Asked) =>
		dueCalls(of, new Map(), 0, 1).some(({ name }) => name === 'clusterMigrationStatus');
	assert.equal(isAsked(asked), false);
	for (const sign of signs) {
		const found = looksAfter(asked, [sign]);
		assert.deepEqual([found.asked.migrationLooks, found.isOther], [5, true], sign[0]);
		assert.equal(isAsked({ ...found.asked, server: 'redis', version: [8, 6] }), true);
		assert.equal(looksAfter(found.asked, []).asked.migrationLooks, 4);
	}
	assert.equal(
		looksAfter(asked, [['cluster migration status ALL', [task(1_796_005_413_902)]]]).asked.migrationLooks,
		0,
	);
	// A slot that is open is another kind of migration, with its own questions.
	assert.equal(looksAfter(asked, [['cluster nodes', view('0-5460 [7->-b2]')]]).asked.migrationLooks, 0);
});

test('while a failover is under way: only what it changes', () => {
	const labels = (kind: Asked['kind']) => fastCalls(kind).map(({ label }) => label);
	assert.deepEqual(labels('cluster'), ['cluster info', 'cluster nodes']);
	assert.deepEqual(labels('sentinel'), ['sentinel masters']);
	assert.deepEqual(labels('data'), ['info']);
	assert.deepEqual(labels('unknown'), []);
});

test('slots are asked for by what is counted, which is asked first: nothing that the server has to refuse', () => {
	const cluster = {
		...nobodyAsked,
		kind: 'cluster',
		server: 'redis',
		version: [8, 6],
		isClusterOpen: true,
	} as const;
	const asked = (slotCounts: Asked['slotCounts']) =>
		dueCalls({ ...cluster, slotCounts }, new Map(), 0, 1)
			.filter(({ feature }) => feature === 'cluster slot-stats')
			.map(({ words }) => words[3]);
	const none = { time: false, bytes: false, memory: false };
	assert.deepEqual(asked(undefined), ['KEY-COUNT']);
	assert.deepEqual(asked(none), ['KEY-COUNT']);
	assert.deepEqual(asked({ ...none, time: true, bytes: true }), ['KEY-COUNT', 'CPU-USEC']);
	assert.deepEqual(asked({ ...none, bytes: true }), ['KEY-COUNT', 'NETWORK-BYTES-OUT', 'NETWORK-BYTES-IN']);
	assert.deepEqual(asked({ ...none, time: true, memory: true }), ['KEY-COUNT', 'CPU-USEC', 'MEMORY-BYTES']);
	const told = (reply: Reply) =>
		describeNode(cluster, '', [['cluster slot-stats ORDERBY KEY-COUNT LIMIT 1 DESC', reply]], false).asked
			.slotCounts;
	assert.deepEqual(told([[7, ['key-count', 1, 'cpu-usec', 5]]]), { ...none, time: true });
	// Switched off since: it is asked anew what there is.
	assert.equal(told({ error: 'ERR Unrecognized sort metric for ORDERBY.' }), undefined);
});
