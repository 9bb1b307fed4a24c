// A real Prometheus that scrapes a real redis_exporter: what the charts are given is what Prometheus itself answers, point by
// point, also over a restart of the counters; and the rows it gives are those that a poll reads, figure by figure.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import { parseInfo } from '../../source/core/parse/parse-info.ts';
import { createPrometheus } from '../../source/prometheus/client.ts';
import { createFleetSource, type SourceRound } from '../../source/prometheus/fleet-source.ts';
import { createHistory } from '../../source/prometheus/history.ts';
import { startPair } from '../servers/fleets.ts';
import { startExporter, startPrometheus } from '../servers/prometheus.ts';
import { testServers } from '../servers/servers.ts';
import { until } from '../servers/until.ts';

const [server] = await testServers('redis');
const pair = await startPair(server!);
after(() => pair.stop());
const [primary, replica] = [pair.primary, pair.replica].map(({ port }) => `127.0.0.1:${port}`) as [
	string,
	string,
];
const exporter = await startExporter([primary, replica], { labels: { cluster: 'cart' } });
after(() => exporter.stop());

/** Two days until ten minutes ago, every half a minute, with a restart a day ago: the counter begins anew. */
const now = Math.floor(Date.now() / 1000);
const [from, restart, to] = [now - 2 * 86_400, now - 86_400, now - 600];
function written(name: string, type: string, value: (at: number) => number, labels = ''): string[] {
	const lines = [`# TYPE ${name.replace(/_total$/, '')} ${type}`];
	for (const node of [primary, replica])
		for (let at = from; at < to; at += 30)
			lines.push(`${name}{instance="${node}",job="redis",cluster="cart"${labels}} ${value(at)} ${at}`);
	return lines;
}
const counter = (rate: number) => (at: number) => Math.round((at - (at < restart ? from : restart)) * rate);
const history = [
	...written('redis_commands_processed_total', 'counter', counter(500)),
	...written('redis_memory_used_bytes', 'gauge', at => 1e6 + (at % 3600)),
	...['# EOF', ''],
].join('\n');
const prometheus = await startPrometheus({ scrapeConfig: [exporter.scrapeConfig], history });
after(() => prometheus.stop());
const client = createPrometheus({ url: prometheus.url });
after(() => client.close());
await until(async () => (await prometheus.query('count(redis_instance_info)')).at(0)?.value[1] === '2', {
	what: 'both servers are scraped',
});

test('the spans of a node are what Prometheus answers, point by point, with no spike at the restart', async () => {
	const question = { nodes: [{ address: primary, names: [primary] }], isFleet: false };
	const answer = await createHistory(client, {}).ask({ ...question, seconds: 604_800, until: Date.now() });
	assert.ok('spans' in answer && answer.note === undefined);
	const { ops, memory } = answer.spans as Required<typeof answer.spans>;
	for (const [span, expression] of [
		[ops, `rate(redis_commands_processed_total{instance="${primary}"}[${ops.step / 1000}s])`],
		[memory, `avg_over_time(redis_memory_used_bytes{instance="${primary}"}[${memory.step / 1000}s])`],
	] as const) {
		const [start, end] = [span.from / 1000, (span.from + (span.values.length - 1) * span.step) / 1000];
		const path = `/api/v1/query_range?query=${encodeURIComponent(expression)}&start=${start}&end=${end}&step=${span.step / 1000}`;
		const { result } = (await prometheus.api(path)) as { result: { values: [number, string][] }[] };
		const told = new Map(result[0]!.values.map(([at, value]) => [at * 1000, Number(value)]));
		assert.ok(told.size > 60);
		span.values.forEach((value, index) => {
			const theirs = told.get(span.from + index * span.step);
			assert.ok(theirs === undefined ? Number.isNaN(value) : Math.abs(value - theirs) < 1e-9);
		});
	}
	const known = [...ops.values].filter(value => !Number.isNaN(value));
	assert.ok(Math.max(...known) < 520, `${Math.max(...known)}`);
	// Five days ago there was nothing.
	assert.ok(Number.isNaN(ops.values[60]!));
});

test('the rows of its fleets are those of a poll, figure by figure', async () => {
	const rounds: SourceRound[] = [];
	const names: string[] = [];
	const source = createFleetSource({
		...{ client, settings: {}, delaySeconds: () => 1 },
		onFleets: fleets => names.push(...fleets.map(({ name }) => name)),
		onRound: (_, round) => rounds.push(round),
		onTrouble: text => assert.equal(text, undefined),
	});
	source.start();
	await until(() => rounds.length > 1, { what: 'two refreshes' });
	source.stop();
	assert.deepEqual(names, ['cart']);
	const reading = rounds.at(-1)!.readings.find(({ node }) => node === replica)!;
	const told = sampleOf(reading).info!;
	const polled = parseInfo(await pair.replica.cli('info'));
	for (const name of [
		...(['role', 'primary', 'isLinkUp', 'runId', 'maxmemoryBytes', 'maxmemoryPolicy'] as const),
		...(['databases', 'isLoading', 'isAofEnabled', 'lastSaveStatus', 'evictedKeys', 'keyspaceHits'] as const),
		...(['backlogBytes', 'lastForkMicroseconds', 'connectedReplicas'] as const),
	])
		assert.deepEqual(told[name], polled[name], name);
	// The exporter asks CONFIG where INFO does not tell it (before 7.0).
	assert.equal(
		told.maxClients,
		polled.maxClients ?? Number(((await pair.replica.call('CONFIG', 'GET', 'maxclients')) as string[])[1]),
	);
	// Valkey and Redict give themselves out for a Redis of long ago, and the exporter has no other word of them.
	const named = polled.server === 'redis' ? [polled.server, polled.version] : [undefined, undefined];
	assert.deepEqual([told.server, told.version], named);
	assert.ok(told.usedMemoryBytes! > 0 && Math.abs(told.usedMemoryBytes! - polled.usedMemoryBytes!) < 1e6);
	assert.ok(told.commandsProcessed! > 0 && told.commandsProcessed! <= polled.commandsProcessed!);
});
