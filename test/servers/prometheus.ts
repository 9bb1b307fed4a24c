// A real Prometheus and a real redis_exporter on loopback, for live tests: on free ports, in folders of their own, ready
// when the promise resolves, ended by their pid. Debian 12 has both; they are fetched as the servers are (servers.ts),
// and only when a test asks for them. A scrape configuration is a value here: JSON is YAML.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { fetchServers, serversFolder } from './servers.ts';
import { findFreePort } from './start.ts';
import { until } from './until.ts';
import { watch, watchedFolder } from './watchdog.ts';

const run = promisify(execFile);
const id = 'prometheus-bookworm';
const loopback = '127.0.0.1';

export type PrometheusPrograms = {
	readonly prometheus: string;
	readonly promtool: string;
	readonly exporter: string;
};

/** One entry of `scrape_configs`, as Prometheus documents it. */
export type ScrapeConfig = { readonly job_name: string; readonly [setting: string]: unknown };

/** One series of an instant query. */
export type Series = { readonly metric: Readonly<Record<string, string>>; readonly value: [number, string] };

type RunningProgram = {
	readonly pid: number;
	readonly port: number;
	/** `http://127.0.0.1:port` */
	readonly url: string;
	/** SIGKILL, and its folder is gone. May be called twice. */
	stop(): Promise<void>;
};

export type RunningPrometheus = RunningProgram & {
	readonly dir: string;
	/** PromQL, now. */
	query(expression: string): Promise<readonly Series[]>;
	/** Any path of the HTTP API, its `data`. */
	api(path: string): Promise<unknown>;
	freeze(): void;
	thaw(): void;
};

export type RunningExporter = RunningProgram & {
	/** For Prometheus: all its addresses by this one exporter, `instance` is the address. */
	readonly scrapeConfig: ScrapeConfig;
};

/** The programs, as absolute paths; fetched if they are not in the cache. */
export async function getPrometheus(): Promise<PrometheusPrograms> {
	if (!(await answers(programs()))) {
		await fetchServers([id]);
		if (!(await answers(programs()))) throw new Error(`no Prometheus in ${serversFolder()}/${id}/bin`);
	}
	return programs();
}

function programs(): PrometheusPrograms {
	const program = (name: string) => path.join(serversFolder(), id, 'bin', name);
	return {
		prometheus: program('prometheus'),
		promtool: program('promtool'),
		exporter: program('prometheus-redis-exporter'),
	};
}

async function answers(all: PrometheusPrograms): Promise<boolean> {
	const each = Object.values(all).map(program => run(program, ['--version']));
	return (await Promise.allSettled(each)).every(({ status }) => status === 'fulfilled');
}

/**
 * Starts a Prometheus and waits until it is ready. It evaluates rules, and scrapes where a job says nothing else, every
 * second. `history` is a text in OpenMetrics with times, which it then has as if it had scraped it.
 */
export async function startPrometheus({
	scrapeConfig = [],
	interval = '1s',
	ruleFiles = [],
	history,
	args = [],
}: {
	readonly scrapeConfig?: readonly ScrapeConfig[];
	readonly interval?: string;
	/** Absolute paths. */
	readonly ruleFiles?: readonly string[];
	readonly history?: string;
	/** Further words of the command line: `--web.config.file=…`. */
	readonly args?: readonly string[];
} = {}): Promise<RunningPrometheus> {
	const { prometheus, promtool } = await getPrometheus();
	const dir = folder('prometheus');
	const config = path.join(dir, 'prometheus.yml');
	const data = path.join(dir, 'data');
	writeFileSync(
		config,
		JSON.stringify({
			global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
			rule_files: ruleFiles,
			scrape_configs: scrapeConfig,
		}),
	);
	if (history !== undefined) {
		const file = path.join(dir, 'history');
		writeFileSync(file, history);
		await run(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', file, data]);
	}
	const words = [
		`--config.file=${config}`,
		`--storage.tsdb.path=${data}`,
		'--storage.tsdb.retention.time=5y',
	];
	const { child, ...started } = await start('Prometheus', prometheus, dir, '/-/ready', port => [
		...[...words, `--web.listen-address=${loopback}:${port}`],
		...args,
	]);
	const api = async (what: string): Promise<unknown> => {
		const answer = await fetch(`${started.url}${what}`);
		const body = (await answer.json()) as { data?: unknown; error?: string };
		if (!answer.ok) throw new Error(`Prometheus: ${body.error ?? answer.status}`);
		return body.data;
	};
	return {
		...started,
		dir,
		api,
		query: async expression => {
			const data = await api(`/api/v1/query?query=${encodeURIComponent(expression)}`);
			return (data as { result: readonly Series[] }).result;
		},
		freeze: () => void child.kill('SIGSTOP'),
		thaw: () => void child.kill('SIGCONT'),
	};
}

/** Starts one redis_exporter for all these addresses (`127.0.0.1:7000`). */
export async function startExporter(
	addresses: readonly string[],
	{
		job = 'redis',
		password,
		labels = {},
	}: {
		readonly job?: string;
		readonly password?: string;
		/** On every series of it. */
		readonly labels?: Readonly<Record<string, string>>;
	} = {},
): Promise<RunningExporter> {
	const { exporter } = await getPrometheus();
	const dir = folder('exporter');
	const secret = password === undefined ? [] : [`--redis.password=${password}`];
	const { child: _, ...started } = await start('redis_exporter', exporter, dir, '/health', port => [
		`--web.listen-address=${loopback}:${port}`,
		'--redis.addr=',
		...secret,
	]);
	return {
		...started,
		scrapeConfig: {
			job_name: job,
			metrics_path: '/scrape',
			static_configs: [{ targets: addresses.map(address => `redis://${address}`), labels }],
			relabel_configs: [
				{ source_labels: ['__address__'], target_label: '__param_target' },
				{ source_labels: ['__param_target'], regex: 'redis://(.*)', target_label: 'instance' },
				{ target_label: '__address__', replacement: `${loopback}:${started.port}` },
			],
		},
	};
}

const folder = (name: string): string => mkdtempSync(path.join(watchedFolder(), `${name}-`));

/** On a free port; on another where that is taken in between. */
async function start(
	name: string,
	program: string,
	dir: string,
	readyPath: string,
	words: (port: number) => readonly string[],
): Promise<RunningProgram & { readonly child: ChildProcess }> {
	const logfile = path.join(dir, 'log');
	for (let attempt = 1; ; attempt++) {
		const port = await findFreePort();
		const log = openSync(logfile, 'w');
		const child = spawn(program, words(port), { cwd: dir, stdio: ['ignore', log, log], detached: true });
		closeSync(log);
		if (child.pid !== undefined) watch(child);
		child.unref();
		const url = `http://${loopback}:${port}`;
		const isOver = () => child.exitCode !== null || child.signalCode !== null;
		await until(async () => isOver() || (await fetch(url + readyPath)).ok, { what: `${name} is ready` });
		if (!isOver()) {
			const stop = async () => {
				child.kill('SIGKILL');
				await until(isOver, { what: `${name} has ended`, every: 2 });
				rmSync(dir, { recursive: true, force: true });
			};
			return { child, pid: child.pid!, port, url, stop };
		}
		const said = readFileSync(logfile, 'utf8').slice(-2000);
		if (!said.includes('address already in use') || attempt >= 10) throw new Error(`${name} ended:\n${said}`);
	}
}
