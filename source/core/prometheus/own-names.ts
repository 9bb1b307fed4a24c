// What redis-top's own metrics (metric-names.ts) are called by redis_exporter, where both know the same: so what a redis-top
// as a service has measured is read in front as what an exporter tells. Counters count from the service's start: only
// their rates are the same.

import { figureMetrics, prefix } from '../metric-names.ts';

const named = (id: Parameters<typeof figureMetrics.get>[0]): string => figureMetrics.get(id)!.name;

/** By the exporter's name. */
export const exporterNames: Readonly<Record<string, string>> = {
	redis_up: `${prefix}up`,
	redis_uptime_in_seconds: named('uptimeSeconds'),
	redis_connected_clients: named('connectedClients'),
	redis_blocked_clients: named('blockedClients'),
	redis_config_maxclients: named('maxClients'),
	redis_memory_used_bytes: named('usedMemoryBytes'),
	redis_memory_used_rss_bytes: named('rssBytes'),
	redis_memory_max_bytes: named('maxmemoryBytes'),
	redis_mem_fragmentation_ratio: named('fragmentationRatio'),
	redis_commands_processed_total: named('opsPerSecond'),
	redis_connections_received_total: named('connectionsPerSecond'),
	redis_rejected_connections_total: named('rejectedPerSecond'),
	redis_evicted_keys_total: named('evictedPerSecond'),
	redis_expired_keys_total: named('expiredPerSecond'),
	redis_net_input_bytes_total: named('inputBytesPerSecond'),
	redis_net_output_bytes_total: named('outputBytesPerSecond'),
	redis_total_error_replies: named('errorsPerSecond'),
	redis_rdb_last_save_timestamp_seconds: named('lastSaveAt'),
	redis_master_link_up: named('isLinkUp'),
};

export const keysName = named('keys');
export const keysWithTtlName = named('keysWithTtl');
export const infoName = `${prefix}node_info`;
