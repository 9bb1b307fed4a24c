// Real servers filled with one thing, and what `--runbook high-memory` says of each: the cause in its first lines, and
// no change offered that does not touch it. The table is shared: a few of its rows run in `npm test`, all of them in the
// lane of long tests.

import assert from 'node:assert/strict';
import * as fill from '../servers/fill-memory.ts';
import { startCluster, startPair } from '../servers/fleets.ts';
import { has, type Since } from '../servers/having.ts';
import type { Server } from '../servers/servers.ts';
import { canSlowDown, startOnSlowDisk } from '../servers/slow-disk.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { runOnce } from './redis-top.ts';

export type MemoryCase = {
	readonly name: string;
	readonly maxmemory: string;
	readonly fill: (server: RunningServer) => Promise<unknown>;
	/** Where one server is not enough: which of them it is. */
	readonly start?: (
		server: Server,
		config: Readonly<Record<string, string>>,
	) => Promise<{ readonly filled: RunningServer; stop(): Promise<void> }>;
	/** In the first lines. */
	readonly says: RegExp;
	/** Commands that must be offered, and such as must not. */
	readonly offers?: RegExp;
	readonly isScanned?: true;
	/** It comes and goes: one of some runs must meet it. */
	readonly isFleeting?: true;
	/** The servers that have or tell it. */
	readonly since?: Since;
	/** What the others say instead; without it the case is not made there. */
	readonly otherwise?: Pick<MemoryCase, 'says' | 'offers'>;
	/** Not made here, with the reason. */
	readonly isNotMade?: string | false;
};

const from62 = { redis: 6.2, valkey: 0, redict: 0 };
const from7 = { redis: 7, valkey: 0, redict: 0 };
/** Counted as data and in no key: more is not told. */
const untold = /The cause is in no key: .* as data, and there are no keys.*the server does not tell/s;

const keepsEval = ({ server }: RunningServer) => server.name === 'redis' && server.version.startsWith('7.');

export const memoryCases: readonly MemoryCase[] = [
	{
		name: 'script cache',
		maxmemory: '30mb',
		// Redis from 7.4 and Valkey keep 500 texts of EVAL; what is loaded stays everywhere.
		fill: server =>
			keepsEval(server) ? fill.fillByEval(server, 25_000) : fill.fillByScriptLoad(server, 25_000),
		says: /The cause is the script cache.*SCRIPT FLUSH ASYNC frees them/s,
		offers: /- `SCRIPT FLUSH ASYNC` on/,
		since: from62,
		otherwise: {
			says: /The cause is the script cache.*now: SCRIPT FLUSH frees them/s,
			offers: /- `SCRIPT FLUSH` on/,
		},
	},
	{
		name: 'query buffers',
		maxmemory: '60mb',
		fill: server => fill.fillQueryBuffers(server, 30, 2_000_000),
		says: /The cause is query buffers.*maxmemory-clients/s,
		offers: /- `CONFIG SET maxmemory-clients \d+` on/,
		since: from7,
		otherwise: { says: /The cause is query buffers.*From 7\.0 on maxmemory-clients/s },
	},
	{
		name: 'function libraries',
		maxmemory: '30mb',
		fill: server => fill.fillWithFunctions(server, 2000),
		says: /The cause is function libraries.*FUNCTION DELETE/s,
		since: from7,
	},
	{
		name: 'channel subscriptions',
		maxmemory: '120mb',
		fill: server => fill.fillWithSubscriptions(server, 'SUBSCRIBE', 400_000),
		says: /The cause is subscriptions, about .*400k channels/,
	},
	{
		name: 'tracking table',
		maxmemory: '60mb',
		fill: server => fill.fillTrackingTable(server, 300_000),
		says: /The cause is the table of CLIENT TRACKING, about .*300k keys/,
		offers: /- `CONFIG SET tracking-table-max-keys 30000` on/,
	},
	{
		name: 'MULTI state',
		maxmemory: '60mb',
		fill: server => fill.fillTransactions(server, 20, 200, 10_000),
		says: /The cause is commands queued in MULTI/,
		offers: /- `CONFIG SET maxmemory-clients \d+` on/,
		since: from7,
		otherwise: { says: untold },
	},
	{
		name: 'very many small keys',
		maxmemory: '0',
		// A key costs half as much on Valkey 8.1 as on others: the limit is set by what they take.
		fill: async server => {
			await server.call('DEBUG', 'POPULATE', '600000', 'k', '1');
			const { used_memory: used } = await server.info('memory');
			await server.call('CONFIG', 'SET', 'maxmemory', Math.round(Number(used) / 0.9));
		},
		says: /data in very many small keys: the tables that find 600k keys/,
	},
	{
		name: 'expired keys that nobody reclaimed',
		maxmemory: '60mb',
		fill: async server => {
			await fill.fillWithExpired(server, 30_000, 800);
			await new Promise(resolve => setTimeout(resolve, 600));
		},
		// So many as the scan came to in its time.
		says: /The cause is keys that have expired and were not reclaimed, about .*: \d+(\.\d)?k of 30\.0k keys/,
		isScanned: true,
	},
	{
		name: 'replication backlog',
		maxmemory: '50mb',
		fill: fill.fillBacklog,
		async start(server, config) {
			const pair = await startPair(server, { config: { ...config, 'repl-backlog-size': '40mb' } });
			return { filled: pair.primary, stop: pair.stop };
		},
		says: /The cause is the replication backlog, \S+ of/,
	},
	{
		name: 'cluster links',
		maxmemory: '60mb',
		fill: primary => fill.fillClusterLinks(primary, 24),
		async start(server, config) {
			const cluster = await startCluster(server, { replicasEach: 0, nodeTimeout: 60_000, config });
			cluster.primaries[1]!.freeze();
			return { filled: cluster.primaries[0]!, stop: cluster.stop };
		},
		says: /The cause is .*(cluster|bus)/,
		since: from7,
		otherwise: { says: untold },
	},
	{
		name: 'AOF buffer',
		maxmemory: '60mb',
		isNotMade: !canSlowDown && 'no C compiler for a slow disk',
		// What is written while the disk syncs waits in the buffer, for two seconds at most.
		async start(server, config) {
			const filled = await startOnSlowDisk(server, { milliseconds: 1900 }, config);
			return { filled, stop: () => filled.stop() };
		},
		async fill(server) {
			const client = server.connect({ commandTimeout: undefined });
			const value = 'x'.repeat(1_000_000);
			const write = async () => {
				while (server.isRunning && client.status !== 'end') {
					await client.set('page', value);
					await new Promise(resolve => setTimeout(resolve, 20));
				}
			};
			void write().catch(() => {});
			await until(async () => Number((await server.info('memory')).mem_aof_buffer) > 20_000_000, {
				what: 'the buffer grows',
			});
		},
		isFleeting: true,
		says: /The cause is the buffer of the append-only file, \d.*the disk does not take the writes/,
	},
	{
		name: 'copy-on-write of a child that saves',
		maxmemory: '0',
		async start(server, config) {
			return startAlone(server, { ...config, 'rdb-key-save-delay': '2000' });
		},
		async fill(server) {
			await server.call('DEBUG', 'POPULATE', '30000', 'k', '4000');
			await server.call('BGSAVE');
			const overwrite = `local v=string.rep('y',4000) for i=0,29999 do redis.call('SETRANGE','k:'..i,0,v) end`;
			await server.call('EVAL', overwrite, 0);
			await until(async () => Number((await server.info('persistence')).current_cow_size) > 110_000_000, {
				what: 'the child tells what was copied',
			});
		},
		since: from62,
		// The child gives back what it has written, so it is less by and by.
		says: /What is large is copy-on-write: the child that saves now has made the server copy \d{2,3}(\.\d)?M/,
	},
];

const forKeys = /- `CONFIG SET (maxmemory \d+|maxmemory-policy \S+)` on/;

/** Why the case is not made on this server. */
export const notMade = (server: Server, { since, otherwise, isNotMade }: MemoryCase): string | false =>
	isNotMade ||
	(since && !otherwise && !has(server, since) && 'the server has it not, or does not tell it') ||
	false;

/** Fills a server, runs the runbook, and holds it against the row; gives its first lines. */
export async function assertNamed(
	server: Server,
	{ maxmemory, fill: make, ...row }: MemoryCase,
): Promise<string> {
	const { says, offers } = (row.since && !has(server, row.since) && row.otherwise) || row;
	const config = { save: '', maxmemory, 'enable-debug-command': 'local' };
	const { filled: running, stop } = await (row.start ?? startAlone)(server, config);
	try {
		await make(running);
		// The server looks at the memory of its clients once a second.
		await until(async () => Number((await running.info('memory')).used_memory) > 10_000_000, {
			what: 'it is filled',
		});
		const args = row.isScanned ? [] : ['--no-scan'];
		const report = async () => (await runOnce(['--runbook', 'high-memory', ...args, running.address])).stdout;
		const shortOf = (text: string) => text.slice(0, text.indexOf('\n## Verdicts'));
		let stdout = await report();
		for (let run = 1; row.isFleeting && run < 15 && !says.test(shortOf(stdout)); run++)
			stdout = await report();
		const short = shortOf(stdout);
		assert.match(short, says, stdout);
		if (offers) assert.match(stdout, offers);
		if (!/small keys/.test(row.name)) assert.doesNotMatch(stdout, forKeys);
		if (row.isScanned) assert.doesNotMatch(stdout, /No scan has been made|Expiry keeps up/);
		assert.doesNotMatch(stdout, /client-output-buffer-limit normal \d+ \d+ \d+` on/);
		return short;
	} finally {
		await stop();
	}
}

async function startAlone(server: Server, config: Readonly<Record<string, string>>) {
	const filled = await startServer(server, { config });
	return { filled, stop: () => filled.stop() };
}
