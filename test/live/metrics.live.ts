// --metrics as an operator has it: the built program as a service, a real Prometheus that scrapes it and evaluates the
// alert rules of media/. A calm cluster raises nothing; through a failover, a node that leaves and an incident every
// series is where it should be and nowhere else. Then a hundred nodes over three services.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { thresholds } from '../../source/core/thresholds.ts';
import { buildIfStale } from '../built.ts';
import { startScripted } from '../scale/scripted.ts';
import { startCluster } from '../servers/fleets.ts';
import { getPrometheus, type RunningPrometheus, startPrometheus } from '../servers/prometheus.ts';
import { testServers } from '../servers/servers.ts';
import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { program } from './redis-top.ts';

const ofMedia = (name: string) => fileURLToPath(new URL(`../../media/${name}`, import.meta.url));
const rules = ofMedia('redis-top-alerts.yml');
const asExporter = ofMedia('redis-top-as-exporter.yml');

before(buildIfStale);
const begun: (() => Promise<unknown>)[] = [];
after(async () => {
	for (const stop of begun.reverse()) await stop();
});

/** What a machine that has much else to do makes of any fleet, and rightly. */
const slow = ['stalled', 'ping-high', 'cpu-high', 'fork-slow', 'fsync-slow', 'lag-high', 'views-differ'];
const raised = `count_over_time(ALERTS{alertname!~"RedisTop.*",finding!~"${slow.join('|')}"}[1h])`;

type Service = { readonly url: string; readonly target: string; readonly stop: () => Promise<number | null> };

/** `redis-top --metrics 0 ARGS` without a terminal, when it listens. */
async function startService(...args: readonly string[]): Promise<Service> {
	const child = spawn(process.execPath, [program, '--metrics', '0', ...args], {
		env: { ...process.env, XDG_CONFIG_HOME: '/nonexistent' },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const exited = once(child, 'close').then(([code]) => code as number | null);
	let said = '';
	child.stderr.on('data', chunk => (said += chunk));
	child.stdout.on('data', chunk => (said += chunk));
	const stop = () => {
		child.kill('SIGTERM');
		return exited;
	};
	begun.push(stop);
	const url = await until(() => /metrics on (http:\S+)/.exec(said)?.[1], {
		what: () => `it listens: ${said}`,
	});
	assert.equal(said, `redis-top: metrics on ${url}\n`);
	return { url, target: new URL(url).host, stop };
}

async function startWatching(...targets: readonly string[]): Promise<RunningPrometheus> {
	const prometheus = await startPrometheus({
		scrapeConfig: [{ job_name: 'redis-top', static_configs: [{ targets }] }],
		ruleFiles: [rules, asExporter],
	});
	begun.push(prometheus.stop);
	return prometheus;
}

/** Until the query has so many series; what it had last is in the error. */
async function count(prometheus: RunningPrometheus, query: string, wanted: number) {
	let last: readonly unknown[] = [];
	return until(
		async () => {
			const series = await prometheus.query(query);
			last = series;
			return series.length === wanted && series;
		},
		{
			what: () => `${query} has ${wanted} series, not ${last.length}: ${JSON.stringify(last).slice(0, 1000)}`,
			every: 200,
		},
	);
}

const firing = async (prometheus: RunningPrometheus) =>
	(await prometheus.query('ALERTS{alertstate="firing"}')).map(({ metric }) => metric);

async function promtool(...args: readonly string[]): Promise<void> {
	const { promtool: tool } = await getPrometheus();
	await new Promise<void>((resolve, reject) =>
		execFile(tool, args, (error, stdout, stderr) => (error ? reject(new Error(stdout + stderr)) : resolve())),
	);
}

async function checkPage(url: string): Promise<void> {
	const { promtool: tool } = await getPrometheus();
	const page = await (await fetch(url)).text();
	const child = spawn(tool, ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
	let said = '';
	child.stdout.on('data', chunk => (said += chunk));
	child.stderr.on('data', chunk => (said += chunk));
	child.stdin.end(page);
	const [code] = await once(child, 'close');
	assert.deepEqual([code, said], [0, '']);
}

/** A key of 20 MB on this node, whatever slots it has. */
async function fill(node: RunningServer): Promise<void> {
	for (let id = 0; id < 1000; id++) {
		const isTaken = await node.call('SETRANGE', `page:${id}`, 20_000_000, 'x').then(
			() => true,
			() => false,
		);
		if (isTaken) return;
	}
	throw new Error('no slot of it was found');
}

for (const server of await testServers('redis'))
	test(`${server.id}: a cluster through a failover, a node that leaves, and an incident`, async () => {
		const cluster = await startCluster(server);
		begun.push(cluster.stop);
		const service = await startService('-d', '0.5', cluster.nodes[0]!.address);
		const prometheus = await startWatching(service.target);
		await promtool('check', 'rules', rules);
		const [, old, full] = cluster.primaries;
		const address = old!.address;

		await count(prometheus, 'redis_top_up == 1', 6);
		await count(
			prometheus,
			`redis_top_fleet_finding{finding!~"${slow.join('|')}"} == 0`,
			thresholds.length - slow.length,
		);
		await count(prometheus, 'count_over_time(redis_top_delay_seconds[1h]) > 8', 1);
		await checkPage(service.url);
		const each = await prometheus.query('count by (node) ({node!="",__name__=~"redis_top_.*"})');
		assert.equal(each.length, 6);
		for (const { value } of each) assert.ok(Number(value[1]) <= 45, value[1]);
		assert.deepEqual(await prometheus.query(raised), [], 'a calm fleet raises nothing');

		await old!.kill();
		await count(prometheus, `redis_top_up{node="${address}"} == 0`, 1);
		await count(
			prometheus,
			`{node="${address}",__name__=~"redis_top_(used_memory_bytes|ops_total|keys|ping_seconds)"}`,
			0,
		);
		await count(prometheus, 'redis_top_failovers_total{kind="crash"} == 1', 1);
		const [outage] = await prometheus.query('redis_top_failover_last_outage_seconds');
		assert.ok(Number(outage!.value[1]) > 0.2, outage!.value[1]);
		const alerts = await until(
			async () => {
				const now = await firing(prometheus);
				return now.some(({ alertname }) => alertname === 'RedisFailover') && now;
			},
			{ what: 'the failover is an alert', every: 200 },
		);
		const unreachable = alerts.find(({ alertname }) => alertname === 'RedisUnreachable');
		assert.deepEqual([unreachable?.node, unreachable?.severity], [address, 'critical']);

		// Its cluster lets it go: no series of it is left.
		const id = cluster.ids[1]!;
		const rest = cluster.nodes.filter(node => node !== old);
		await Promise.all(rest.map(node => node.call('CLUSTER', 'FORGET', id)));
		await count(prometheus, `{node="${address}"}`, 0);
		await count(prometheus, 'redis_top_up == 1', 5);

		await fill(full!);
		const used = Number((await full!.info()).used_memory);
		await full!.call('CONFIG', 'SET', 'maxmemory', Math.round(used / 0.94));
		const memory = `ALERTS{alertname="RedisMemoryHigh",alertstate="firing",severity="critical",node="${full!.address}"}`;
		await count(prometheus, memory, 1);
		const { alerts: told } = (await prometheus.api('/api/v1/alerts')) as {
			alerts: readonly { labels: Record<string, string>; annotations: Record<string, string> }[];
		};
		const { annotations } = told.find(({ labels }) => labels.alertname === 'RedisMemoryHigh')!;
		assert.match(annotations.summary!, new RegExp(`^memory-high: ${full!.address} of 127`));
		assert.match(annotations.value!, /^9\d\.\d+%$/);
		assert.equal(annotations.limit, '90%');
		assert.match(annotations.reason!, /^At 100% writes are refused/);
		await full!.call('CONFIG', 'SET', 'maxmemory', 0);
		await count(prometheus, memory, 0);

		assert.equal(await service.stop(), 143);
		await count(prometheus, 'up{job="redis-top"} == 0', 1);
		await count(prometheus, '{__name__=~"redis_top_.*"}', 0);
	});

type Front = {
	readonly fleet: {
		readonly name: string;
		readonly opsPerSecond: number | null;
		readonly clusterState: string;
	};
	readonly nodes: readonly {
		readonly node: string;
		readonly health: string;
		readonly pingMilliseconds: number;
	}[];
	readonly findings: readonly {
		readonly id: string;
		readonly node: string | null;
		readonly severity: string;
		readonly value: number | null;
		readonly text: string;
	}[];
};

/** `redis-top --json --prometheus URL`: the newest object of each fleet. */
function startFront(url: string): ReadonlyMap<string, Front> {
	const child = spawn(process.execPath, [program, '--json', '--prometheus', url], {
		env: { ...process.env, XDG_CONFIG_HOME: '/nonexistent' },
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	begun.push(async () => child.kill());
	const newest = new Map<string, Front>();
	createInterface({ input: child.stdout }).on('line', line => {
		// The signal may cut its last line.
		if (child.killed) return;
		const object = JSON.parse(line) as Front;
		newest.set(object.fleet.name, object);
	});
	return newest;
}

test('a hundred nodes over three services and one Prometheus, and one in front that reads it', async () => {
	const fleets = await Promise.all([34, 33, 33].map(nodes => startScripted({ kind: 'cluster', nodes })));
	for (const fleet of fleets) begun.push(fleet.stop);
	const services = await Promise.all(fleets.map(({ addresses }) => startService('-d', '2', addresses[0]!)));
	const prometheus = await startWatching(...services.map(({ target }) => target));
	await count(prometheus, 'redis_top_up == 1', 100);
	await count(prometheus, 'redis_top_fleet_nodes_unmeasured == 0', 3);
	await count(prometheus, 'rate(redis_top_ops_total[1m])', 100);
	const sums = await prometheus.query('sum by (fleet) (redis_top_up)');
	assert.deepEqual(sums.map(({ value }) => value[1]).sort(), ['33', '33', '34']);

	// As one who knows redis_exporter alone finds them.
	await count(prometheus, 'redis_up == 1', 100);
	await count(prometheus, 'rate(redis_commands_processed_total[1m])', 100);
	const infos = await count(prometheus, 'redis_instance_info', 100);
	const known = infos.map(({ metric }) => `${metric.instance} ${metric.tcp_port} ${metric.role}`);
	const [first] = fleets[0]!.addresses;
	assert.ok(known.includes(`${first} ${first!.split(':')[1]} master`), known[0]);
	assert.equal(new Set(infos.map(({ metric }) => metric.cluster)).size, 3);

	const front = startFront(prometheus.url);
	const isWhole = ({ nodes, fleet }: Front) =>
		nodes.every(({ health, pingMilliseconds }) => health === 'up' && pingMilliseconds > 0) &&
		fleet.clusterState === 'ok' &&
		fleet.opsPerSecond !== null;
	const sizes = () => [...front.values()].filter(isWhole).map(({ nodes }) => nodes.length);
	await until(() => sizes().sort().join() === '33,33,34', {
		what: () => `the front has all fleets: ${sizes()} of ${front.size}`,
		every: 100,
	});

	const [lost] = fleets;
	await lost!.tell([5], { mode: 'refuse' });
	const down = await count(prometheus, 'redis_top_up == 0', 1);
	assert.equal(down[0]!.metric.node, lost!.addresses[5]);
	const alert = `ALERTS{alertname="RedisUnreachable",alertstate="firing",node="${lost!.addresses[5]}"}`;
	await count(prometheus, alert, 1);

	// Its peers see it well, which is told in place of the first word.
	const planted = await until(
		() =>
			[...front.values()]
				.flatMap(({ findings }) => findings)
				.find(({ id, node }) => /^(unreachable|not-reached)$/.test(id) && node === lost!.addresses[5]),
		{
			what: () => `what was planted is in front: ${JSON.stringify([...front.values()].map(f => f.findings))}`,
		},
	);
	assert.match(planted.text, new RegExp(`\\(by ${services[0]!.target}\\)$`));

	await services[2]!.stop();
	const name = [...front].find(([, { nodes }]) =>
		nodes.some(({ node }) => fleets[2]!.addresses.includes(node)),
	)![0];
	await until(() => front.get(name)!.nodes.every(({ health }) => health !== 'up'), {
		what: 'whom nobody watches any more is not up in front',
	});
	await count(prometheus, 'up{job="redis-top"} == 0', 1);
	await count(prometheus, 'redis_top_up', 67);
});
