// Every node of a Prometheus: which rows there are, in which groups, and what redis_exporter tells of each in INFO's words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseClusterInfo } from '../../../source/core/parse/parse-cluster.ts';
import { parseInfo } from '../../../source/core/parse/parse-info.ts';
import type { Labels, PromSeries } from '../../../source/core/prometheus/answer.ts';
import { listNodes } from '../../../source/core/prometheus/listing.ts';
import {
	addValue,
	clusterTextOf,
	counterNames,
	infoTextOf,
	metricNames,
	noFields,
} from '../../../source/core/prometheus/metrics.ts';

const series = (labels: Labels, value = 1, at = 60_000): PromSeries => ({
	labels,
	times: [at],
	values: [value],
});
const rowsOf = (up: readonly PromSeries[], settings = {}, stamps: readonly PromSeries[] = []) =>
	listNodes(up, stamps, [], settings).nodes.map(({ group, address, scrapedAt }) => [
		group,
		address,
		scrapedAt,
	]);

test('two servers of one address in two clusters are two rows; one that is scraped twice is one, the newer', () => {
	const a = { instance: '10.0.0.1:6379', cluster: 'a' };
	const up = [series(a), series({ ...a, cluster: 'b' }), series({ ...a, replica: '2' })];
	const stamps = [series(a, 50), series({ ...a, cluster: 'b' }, 51), series({ ...a, replica: '2' }, 55)];
	assert.deepEqual(rowsOf(up, {}, stamps), [
		['a', '10.0.0.1:6379', 55_000],
		['b', '10.0.0.1:6379', 51_000],
	]);
	const { keyOf } = listNodes(up, [], [], {});
	assert.notEqual(keyOf({ ...a, role: 'master' }), keyOf({ ...a, cluster: 'b', role: 'master' }));
	assert.equal(keyOf({ ...a, role: 'master', db: 'db0' }), keyOf(a));
});

test('groups: by the label that nearly all have, or by the labels of the settings; a name is printable', () => {
	const up = (labels: Labels) => series({ instance: '10.0.0.1:6379', ...labels });
	assert.deepEqual(rowsOf([up({ job: 'redis', env: 'prod' })])[0]![0], 'prod');
	assert.deepEqual(rowsOf([up({ job: 'redis' })])[0]![0], 'redis');
	assert.deepEqual(rowsOf([up({})])[0]![0], '-');
	assert.deepEqual(rowsOf([up({ env: 'prod', team: 'cart' })], { groups: 'env/team' })[0]![0], 'prod/cart');
	assert.deepEqual(rowsOf([up({ env: 'prod' })], { groups: 'env/team' })[0]![0], 'prod/-');
	assert.match(String(rowsOf([up({ cluster: '\x1b[2J\n' })])[0]![0]), /^"\\x1b\[2J\\n"$/);
	assert.deepEqual(rowsOf([series({ job: 'redis' })])[0]![1], '-');
	// Who relabels the address away is a row all the same, and a rule of the settings may find it.
	const pod = { job: 'redis', pod: 'cart-0', namespace: 'shop' };
	assert.deepEqual(rowsOf([series(pod)])[0]!.slice(0, 2), ['shop', 'pod=cart-0,namespace=shop']);
	assert.deepEqual(rowsOf([series(pod)], { node: '{pod}.redis:6379' })[0]![1], 'cart-0.redis:6379');
	assert.deepEqual(rowsOf([series({ instance: 'no place' })])[0]![1], 'no place');
});

test('what the exporter tells is read as INFO, and what it does not tell is not measured', () => {
	const node = noFields();
	const tell = (metric: string, value: number, labels: Labels = {}) => addValue(node, metric, labels, value);
	tell('redis_instance_info', 1, {
		role: 'slave',
		run_id: 'ab'.repeat(20),
		redis_version: '7.0.15',
		maxmemory_policy: 'allkeys-lru',
	});
	tell('redis_master_link_up', 0, { master_host: '::1', master_port: '7000' });
	tell('redis_memory_used_bytes', 2.09136e6);
	tell('redis_commands_processed_total', 1.5e12);
	tell('redis_cpu_user_seconds_total', 1.217271);
	tell('redis_latest_fork_seconds', 0.25);
	tell('redis_rdb_last_bgsave_status', 0);
	tell('redis_db_keys', 41, { db: 'db0' });
	tell('redis_db_keys_expiring', 4, { db: 'db0' });
	tell('redis_db_keys', 0, { db: 'db1' });
	tell('redis_errors_total', 3, { err: 'OOM' });
	tell('redis_errors_total', 3, { err: 'x:\r\nrole' });
	tell('redis_nothing_we_know', 9);
	const info = parseInfo(infoTextOf(node));
	assert.deepEqual(
		[
			info.role,
			info.primary,
			info.isLinkUp,
			info.usedMemoryBytes,
			info.commandsProcessed,
			info.lastForkMicroseconds,
		],
		['replica', '[::1]:7000', false, 2_091_360, 1.5e12, 250_000],
	);
	assert.deepEqual(info.databases, [{ db: 0, keys: 41, expires: 4, avgTtlMilliseconds: 0 }]);
	assert.deepEqual([info.lastSaveStatus, info.errors, info.version], ['err', { OOM: 3 }, '7.0.15']);
	assert.deepEqual(
		[
			info.maxmemoryBytes,
			info.connectedClients,
			info.keyspaceHits,
			info.isClusterEnabled,
			info.replicaOffset,
		],
		[undefined, undefined, undefined, undefined, undefined],
	);
	assert.equal(parseInfo(infoTextOf(noFields())).databases, undefined);
});

test('what is told of the cluster is CLUSTER INFO, and of replicas what their primary knows in one scrape', () => {
	const node = noFields();
	assert.equal(clusterTextOf(node), undefined);
	const told: readonly (readonly [string, number])[] = [
		['state', 0],
		['slots_assigned', 16_384],
		['slots_fail', 5461],
		['current_epoch', 7],
	];
	for (const [name, value] of told) addValue(node, `redis_cluster_${name}`, {}, value);
	const replica = { slave_ip: '10.0.0.2', slave_port: '6379', slave_state: 'online' };
	addValue(node, 'redis_connected_slave_offset_bytes', replica, 4000);
	addValue(node, 'redis_connected_slave_lag_seconds', replica, 1);
	addValue(
		node,
		'redis_connected_slave_lag_seconds',
		{ ...replica, slave_ip: '::1', slave_state: 'wait' },
		-1,
	);
	addValue(node, 'redis_connected_slave_lag_seconds', { ...replica, slave_state: 'x\r\nrole:x' }, 1);
	addValue(node, 'redis_connected_slave_lag_seconds', {}, 1);
	addValue(node, 'redis_master_repl_offset', {}, 5000);
	assert.deepEqual(parseClusterInfo(clusterTextOf(node)!), {
		...{ state: 'fail', slotsAssigned: 16_384, slotsFail: 5461, epoch: 7 },
	});
	const info = parseInfo(infoTextOf(node));
	assert.deepEqual(
		[info.replicationOffset, info.role, info.replicas],
		[
			5000,
			undefined,
			[
				{ address: '10.0.0.2:6379', state: 'online', offset: 4000, lagSeconds: 1 },
				{ address: '[::1]:6379', state: 'wait', offset: undefined, lagSeconds: undefined },
			],
		],
	);
});

test('a label cannot forge a line, and every Valkey says that it is a Redis 7.2.4', () => {
	const node = noFields();
	addValue(node, 'redis_instance_info', { role: 'master\r\nmaxmemory:1', redis_version: '7.2.4' }, 1);
	const info = parseInfo(infoTextOf(node));
	assert.deepEqual([info.maxmemoryBytes, info.version], [undefined, undefined]);
});

test('the reading before the first has all that a rate is made of', () => {
	const rates = [
		'commands_processed',
		'keyspace_hits',
		'evicted_keys',
		'net_output_bytes',
		'cpu_sys_seconds',
	];
	for (const name of rates) assert.ok(counterNames.includes(`redis_${name}_total`), name);
	assert.ok(counterNames.length < metricNames.length / 2);
});
