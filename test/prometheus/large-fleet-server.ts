// A Prometheus of many nodes, in a process of its own: nodes and groups by the command line. Counters rise with time.
// What it answers is made once for each metric but for the value: a real one has it at hand as well.

import { metricNames } from '../../source/core/prometheus/metrics.ts';
import { simulatePrometheus } from './simulated.ts';

const [nodes, groups] = process.argv.slice(2).map(Number) as [number, number];
const prometheus = await simulatePrometheus(() => []);

const made = new Map<string, readonly string[]>();

function headsOf(name: string): readonly string[] {
	const known = made.get(name);
	if (known) return known;
	const heads = Array.from({ length: nodes }, (_, index) =>
		JSON.stringify({
			__name__: name,
			instance: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:6379`,
			job: 'redis',
			cluster: `cart-${index % groups}`,
			...extraOf(name, index),
		}),
	);
	made.set(name, heads);
	return heads;
}

function extraOf(name: string, index: number): Record<string, string> {
	const isReplica = index >= nodes / 2;
	if (name === 'redis_instance_info')
		return {
			role: isReplica ? 'slave' : 'master',
			redis_version: '7.0.15',
			run_id: String(index).padStart(40, 'a'),
		};
	if (name.startsWith('redis_db')) return { db: 'db0' };
	return name === 'redis_errors_total' ? { err: 'ERR' } : {};
}

/** Neither loading nor at its limit, and nothing of it is refused: a calm fleet. */
const values: Readonly<Record<string, number>> = {
	redis_loading_dump_file: 0,
	redis_memory_max_bytes: 8e9,
	redis_memory_used_bytes: 2e9,
	redis_memory_used_rss_bytes: 2.2e9,
	redis_config_maxclients: 10_000,
	redis_errors_total: 0,
	redis_rejected_connections_total: 0,
	redis_evicted_keys_total: 0,
	redis_evicted_clients_total: 0,
	redis_client_output_buffer_limit_disconnections_total: 0,
	redis_acl_access_denied_auth_total: 0,
	redis_blocked_clients: 0,
	redis_cluster_slots_assigned: 16_384,
	redis_cluster_slots_ok: 16_384,
	redis_cluster_slots_pfail: 0,
	redis_cluster_slots_fail: 0,
};

prometheus.answer(async (request, response) => {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	const form = new URLSearchParams(Buffer.concat(chunks).toString());
	const query = form.get('query')!;
	const at = Number(form.get('time') ?? Date.now() / 1000);
	const name = /redis_\w+/.exec(query)![0];
	const value = query.startsWith('timestamp')
		? at - 3
		: name.endsWith('_total') && values[name] === undefined
			? Math.round((at % 1e6) * (name.includes('cpu') ? 0.1 : 1000))
			: (values[name] ?? 1);
	const isOurs = name.startsWith('redis_top_');
	const one = isOurs
		? undefined
		: query.startsWith('count(')
			? nodes
			: query.startsWith('max(')
				? 40
				: undefined;
	const isKnown = name === 'redis_up' || metricNames.includes(name);
	const result =
		one !== undefined
			? `{"metric":{},"value":[${at},"${one}"]}`
			: isKnown && !/^redis_(master_|connected_slave_)/.test(name)
				? headsOf(name)
						.map(head => `{"metric":${head},"value":[${at},"${value}"]}`)
						.join()
				: '';
	response.end(`{"status":"success","data":{"resultType":"vector","result":[${result}]}}`);
});

process.send!({ url: prometheus.url });
