// What redis_exporter tells of a node, in the words of INFO: its metrics are INFO's fields under other names. So a node that
// is known by Prometheus alone is read as any other, and what the exporter has not is not measured. Of offsets only those
// that a primary tells of itself and of its replicas, in one scrape: a replica's own word is of another one, seconds apart,
// and the difference would be taken for a lag.

import type { Labels } from './answer.ts';

/** How a value is written in INFO. */
type Form = 'whole' | 'fraction' | 'status' | 'microseconds';

type Metric = { readonly field: string; readonly form: Form };

const whole = (field: string): Metric => ({ field, form: 'whole' });
const fraction = (field: string): Metric => ({ field, form: 'fraction' });
const status = (field: string): Metric => ({ field, form: 'status' });

/** One value a node. */
const nodeMetrics: Readonly<Record<string, Metric>> = {
	redis_uptime_in_seconds: whole('uptime_in_seconds'),
	redis_connected_clients: whole('connected_clients'),
	redis_blocked_clients: whole('blocked_clients'),
	redis_config_maxclients: whole('maxclients'),
	redis_cluster_connections: whole('cluster_connections'),
	redis_memory_used_bytes: whole('used_memory'),
	redis_memory_used_rss_bytes: whole('used_memory_rss'),
	redis_memory_used_peak_bytes: whole('used_memory_peak'),
	redis_memory_used_dataset_bytes: whole('used_memory_dataset'),
	redis_memory_max_bytes: whole('maxmemory'),
	redis_mem_not_counted_for_eviction_bytes: whole('mem_not_counted_for_evict'),
	redis_mem_fragmentation_ratio: fraction('mem_fragmentation_ratio'),
	redis_allocator_allocated_bytes: whole('allocator_allocated'),
	redis_allocator_active_bytes: whole('allocator_active'),
	redis_allocator_resident_bytes: whole('allocator_resident'),
	redis_mem_clients_normal: whole('mem_clients_normal'),
	redis_mem_clients_slaves: whole('mem_clients_slaves'),
	redis_loading_dump_file: whole('loading'),
	redis_rdb_changes_since_last_save: whole('rdb_changes_since_last_save'),
	redis_rdb_bgsave_in_progress: whole('rdb_bgsave_in_progress'),
	redis_rdb_last_save_timestamp_seconds: whole('rdb_last_save_time'),
	redis_rdb_last_bgsave_status: status('rdb_last_bgsave_status'),
	redis_rdb_last_cow_size_bytes: whole('rdb_last_cow_size'),
	redis_aof_enabled: whole('aof_enabled'),
	redis_aof_last_write_status: status('aof_last_write_status'),
	redis_aof_last_bgrewrite_status: status('aof_last_bgrewrite_status'),
	redis_commands_processed_total: whole('total_commands_processed'),
	redis_connections_received_total: whole('total_connections_received'),
	redis_rejected_connections_total: whole('rejected_connections'),
	redis_keyspace_hits_total: whole('keyspace_hits'),
	redis_keyspace_misses_total: whole('keyspace_misses'),
	redis_evicted_keys_total: whole('evicted_keys'),
	redis_expired_keys_total: whole('expired_keys'),
	redis_net_input_bytes_total: whole('total_net_input_bytes'),
	redis_net_output_bytes_total: whole('total_net_output_bytes'),
	redis_total_error_replies: whole('total_error_replies'),
	redis_latest_fork_seconds: { field: 'latest_fork_usec', form: 'microseconds' },
	redis_connected_slaves: whole('connected_slaves'),
	redis_replication_backlog_bytes: whole('repl_backlog_size'),
	redis_cpu_sys_seconds_total: fraction('used_cpu_sys'),
	redis_cpu_user_seconds_total: fraction('used_cpu_user'),
	redis_cpu_sys_main_thread_seconds_total: fraction('used_cpu_sys_main_thread'),
	redis_cpu_user_main_thread_seconds_total: fraction('used_cpu_user_main_thread'),
	redis_aof_delayed_fsync: whole('aof_delayed_fsync'),
	redis_master_repl_offset: whole('master_repl_offset'),
	// By newer exporters alone.
	redis_evicted_clients_total: whole('evicted_clients'),
	redis_client_output_buffer_limit_disconnections_total: whole('client_output_buffer_limit_disconnections'),
	redis_acl_access_denied_auth_total: whole('acl_access_denied_auth'),
	// By older ones; who tells both tells the same.
	redis_latest_fork_usec: whole('latest_fork_usec'),
};

/** Fields of CLUSTER INFO, one value a node; told of nodes of a cluster alone. */
const clusterMetrics: Readonly<Record<string, string>> = {
	redis_cluster_state: 'cluster_state',
	redis_cluster_slots_assigned: 'cluster_slots_assigned',
	redis_cluster_slots_ok: 'cluster_slots_ok',
	redis_cluster_slots_pfail: 'cluster_slots_pfail',
	redis_cluster_slots_fail: 'cluster_slots_fail',
	redis_cluster_current_epoch: 'cluster_current_epoch',
	redis_cluster_my_epoch: 'cluster_my_epoch',
};

/** Several values a node, told apart by a label. */
const labelledMetrics = [
	'redis_instance_info',
	'redis_master_link_up',
	'redis_master_sync_in_progress',
	'redis_db_keys',
	'redis_db_keys_expiring',
	'redis_errors_total',
	'redis_connected_slave_offset_bytes',
	'redis_connected_slave_lag_seconds',
] as const;

export const metricNames: readonly string[] = [
	...labelledMetrics,
	...Object.keys(nodeMetrics),
	...Object.keys(clusterMetrics),
];

/** What a rate is made of, and whether it is still the same process: enough of the reading before the first. */
export const counterNames: readonly string[] = metricNames.filter(
	name =>
		/_total$|error_replies$|delayed_fsync$|_repl_offset$/.test(name) || name === 'redis_uptime_in_seconds',
);

/** What was told of one node: a field of INFO a line. */
export type NodeFields = {
	readonly fields: Map<string, string>;
	readonly databases: Map<string, { keys?: number; expires?: number }>;
	/** Of CLUSTER INFO. */
	readonly cluster: Map<string, string>;
	/** By where they listen. */
	readonly replicas: Map<string, ReplicaWords>;
};

type ReplicaWords = { readonly place: string; readonly offset?: number; readonly lag?: number };

export const noFields = (): NodeFields => ({
	...{ fields: new Map(), databases: new Map() },
	...{ cluster: new Map(), replicas: new Map() },
});

/** Takes one value in. */
export function addValue(node: NodeFields, metric: string, labels: Labels, value: number): void {
	const known = nodeMetrics[metric];
	const ofCluster = clusterMetrics[metric];
	if (known) node.fields.set(known.field, written(value, known.form));
	else if (ofCluster === 'cluster_state') node.cluster.set(ofCluster, value > 0 ? 'ok' : 'fail');
	else if (ofCluster) node.cluster.set(ofCluster, written(value, 'whole'));
	else if (metric.startsWith('redis_connected_slave_')) addReplica(node, metric, labels, value);
	else addLabelled(node, metric, labels, value);
}

/** What a primary tells of one of its replicas. */
function addReplica({ replicas }: NodeFields, metric: string, labels: Labels, value: number): void {
	const { slave_ip: ip, slave_port: port, slave_state: state } = labels;
	// A comma would end a part of the line.
	if (!ip || !port || [ip, port, state ?? ''].some(text => /[,=\r\n]/.test(text))) return;
	const place = `ip=${ip},port=${port},state=${state ?? ''}`;
	const part = metric === 'redis_connected_slave_offset_bytes' ? 'offset' : 'lag';
	replicas.set(`${ip} ${port}`, { ...replicas.get(`${ip} ${port}`), place, [part]: Math.round(value) });
}

function addLabelled({ fields, databases }: NodeFields, metric: string, labels: Labels, value: number): void {
	const put = (field: string, text: string | undefined) => {
		if (text !== undefined && text !== '') fields.set(field, plain(text));
	};
	switch (metric) {
		case 'redis_instance_info':
			put('role', labels.role);
			put('run_id', labels.run_id);
			put('tcp_port', labels.tcp_port);
			put('maxmemory_policy', labels.maxmemory_policy);
			put('redis_version', versionIn(labels));
			return;
		case 'redis_master_link_up':
			put('master_host', labels.master_host);
			put('master_port', labels.master_port);
			put('master_link_status', value > 0 ? 'up' : 'down');
			return;
		case 'redis_master_sync_in_progress':
			put('master_sync_in_progress', written(value, 'whole'));
			return;
		case 'redis_errors_total':
			if (labels.err && !labels.err.includes(':'))
				put(`errorstat_${plain(labels.err)}`, `count=${written(value, 'whole')}`);
			return;
		default: {
			const database = plain(labels.db ?? '');
			const part = metric === 'redis_db_keys' ? 'keys' : 'expires';
			databases.set(database, { ...databases.get(database), [part]: Math.round(value) });
		}
	}
}

/** Every Valkey says that it is a Redis 7.2.4: of one that says so it is not known what it is. */
const versionIn = ({ redis_version: version }: Labels) => (version === '7.2.4' ? undefined : version);

/** A label is text that anybody may choose: it ends no line of INFO. */
const plain = (text: string) => text.replace(/[\r\n]+/g, ' ').slice(0, 256);

function written(value: number, form: Form): string {
	switch (form) {
		case 'whole':
			return String(Math.round(value));
		case 'fraction':
			return String(value);
		case 'microseconds':
			return String(Math.round(value * 1e6));
		case 'status':
			return value > 0 ? 'ok' : 'err';
	}
}

/** As the server would have told it. */
export function infoTextOf({ fields, databases, replicas }: NodeFields): string {
	const lines = [...fields].map(([field, text]) => `${field}:${text}`);
	[...replicas.values()].forEach(({ place, offset, lag }, index) => {
		// Who has not acknowledged anything yet has no age either.
		const told = [
			offset === undefined ? [] : `offset=${offset}`,
			lag === undefined || lag < 0 ? [] : `lag=${lag}`,
		];
		lines.push(`slave${index}:${[place, ...told.flat()].join(',')}`);
	});
	for (const [name, { keys, expires = 0 }] of databases)
		if (/^db\d+$/.test(name) && keys) lines.push(`${name}:keys=${keys},expires=${expires},avg_ttl=0`);
	// A server without keys tells of no database; where the exporter tells of none either nothing is known of keys.
	return [...lines, ...(databases.size > 0 ? ['# Keyspace'] : []), ''].join('\r\n');
}

/** What the node says of its cluster; undefined where it is of none, or nobody asks. */
export const clusterTextOf = ({ cluster }: NodeFields): string | undefined =>
	cluster.size === 0 ? undefined : [...cluster].map(([field, text]) => `${field}:${text}`).join('\r\n');
