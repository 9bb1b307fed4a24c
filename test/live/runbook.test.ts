// Runbooks on real servers, by the built program: a change is made from the screen, does what it says, is written down and
// can be undone; nothing else changes a server, by its own counting. And where something may not be asked or is gone, it
// says so and goes on.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type CommandName, commandNames, commandOf } from '../../source/core/commands.ts';
import { changeCall } from '../../source/redis/change.ts';
import { call } from '../../source/redis/commands.ts';
import { openConsent } from '../../source/redis/consent.ts';
import type { DialSettings } from '../../source/redis/dial.ts';
import { startCluster, startPair, startSentinels } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { buildProgram } from '../terminal/built.ts';
import { openRedisTop, type Terminal } from '../terminal/terminal.ts';
import { runOnce } from './redis-top.ts';
import { configAudit, fullServer, highMemory, megabyte, stepText, verdictOf } from './runbook-report.ts';

before(buildProgram);
const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-runbook-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const running: RunningServer[] = [];
after(() => Promise.all(running.map(server => server.stop())));

/** What redis-top may send without consent, as servers count it (6.0: a container by its own name), and what tests ask. */
const reading = new Set([
	...commandNames
		.filter(name => !commandOf(name).changes)
		.map(name => call(name as CommandName).counted)
		.flatMap(counted => [`cmdstat_${counted}`, `cmdstat_${counted.split('|')[0]}`]),
	...['ping', 'debug', 'client|info'].map(counted => `cmdstat_${counted}`),
]);

/** Calls of commands that change a server or its data, as the server counts them. */
async function changingCalls(server: RunningServer): Promise<readonly string[]> {
	return Object.keys(await server.info('commandstats')).filter(name => !reading.has(name));
}

for (const version of await testServers('redis')) {
	const name = `${version.name} ${version.version}`;
	const isOld = version.version.startsWith('6.0');
	const start = async (config: Record<string, string>, args: readonly string[] = []) => {
		const server = await startServer(version, { config: { save: '', ...config }, args });
		running.push(server);
		return server;
	};

	describe(`${name}: changes`, () => {
		/** The runbook's fifth step of a full server, with its change asked for. */
		async function toRelief(terminal: Terminal): Promise<void> {
			await terminal.shows(/every 1s {2}\d\d:\d\d:\d\d$/m);
			terminal.type('6');
			await terminal.shows(/1 {2}How bad is it/);
			terminal.type('\x1b[C\x1b[C\x1b[C\x1b[C');
			await terminal.shows(/5 {2}What can be done now/);
			await terminal.shows(/raise maxmemory to/);
		}
		/** What is typed too early is not taken: typed again until it stands there. */
		async function typeAddress(terminal: Terminal, address: string): Promise<void> {
			const stands = () => terminal.text().includes(`node: ${address}`);
			await until(
				() => {
					if (stands()) return true;
					terminal.type(`\x15${address}`);
					return false;
				},
				{ what: 'the address stands at the prompt', every: 150 },
			);
		}
		const quit = async (terminal: Terminal) => {
			terminal.type('q');
			await terminal.shows(/q quit/);
			terminal.type('q');
			return terminal.exit;
		};

		test('maxmemory raised from the screen: sent once, logged, seen, and its undo printed and good', async () => {
			const { server, fill } = await fullServer(start);
			const log = path.join(folder, `sent-${server.port}.log`);
			const recording = path.join(folder, `recording-${server.port}.jsonl`);
			const args = ['-p', String(server.port), '--allow-changes', '--log', log, '--record', recording];
			const terminal = openRedisTop(args, { size: [140, 40] });
			try {
				await toRelief(terminal);
				terminal.type('x');
				await terminal.shows(/Send this to the server\?/);
				await typeAddress(terminal, server.address);
				assert.deepEqual(await changingCalls(server), ['cmdstat_set'], 'nothing until Enter');
				terminal.type('\r');
				await terminal.shows(/CONFIG SET maxmemory \d+: OK/);
				await terminal.shows(/reply {3}OK/);
				const [, limit] = (await server.call('CONFIG', 'GET', 'maxmemory')) as string[];
				assert.ok(Number(limit) > 20 * megabyte, limit);
				assert.equal(await fill(), 'OK');
				// The effect, as the screen shows it.
				await terminal.shows(new RegExp(`used [\\d.]+M of ${(Number(limit) / megabyte).toFixed(1)}M`));
				// Its settings are read again at once, not within the minute.
				const afterwards = () => readFileSync(log, 'utf8').split(' CONFIG SET ')[1]!;
				await until(() => afterwards().includes(' CONFIG GET '), { what: 'CONFIG GET is asked anew' });
				// A replay prints whole refreshes: one after the change is in the recording.
				await until(
					() => {
						const rounds = readFileSync(recording, 'utf8').trimEnd().split('\n').slice(1);
						const changed = rounds.findIndex(line => line.includes('"change":{'));
						return (
							changed >= 0 && rounds.some((line, at) => at > changed && !line.includes('"isExtra":true'))
						);
					},
					{ what: 'a refresh after it is recorded' },
				);
				assert.equal((await quit(terminal)).code, 0);
				const sent = readFileSync(log, 'utf8')
					.split('\n')
					.filter(line => / (CONFIG (SET|REWRITE)|MEMORY PURGE|CLIENT KILL)/.test(line));
				assert.equal(sent.length, 1, sent.join('\n'));
				assert.ok(sent[0]!.endsWith(`${server.address} CONFIG SET maxmemory ${limit}`));
				// Key frames have it as well: they hold what was before them.
				const recorded = readFileSync(recording, 'utf8')
					.split('\n')
					.filter(line => line.startsWith('{"round":') && line.includes('"change":{'));
				assert.equal(recorded.length, 1);
				const undo = new RegExp(`undo on ${server.address}: (CONFIG SET maxmemory 20971520)`);
				// The program has ended; what it wrote last may still be on its way to us.
				await terminal.shows(undo);
				const [command, ...words] = undo.exec(terminal.text())![1]!.split(' ');
				assert.equal(await server.call(command!, ...words), 'OK');
				assert.equal((await server.info('memory')).maxmemory, String(20 * megabyte));
			} finally {
				await terminal.stop();
			}
			const { stdout } = await runOnce(['--replay', recording, '--json']);
			const events = stdout
				.trim()
				.split('\n')
				.flatMap(each => JSON.parse(each).events);
			assert.equal(events.filter(({ kind }: { kind: string }) => kind === 'change').length, 1);
		});

		test('without consent nothing that changes a server is sent, by its own count', async () => {
			const { server } = await fullServer(start);
			for (const args of [[], ['--allow-changes']]) {
				const terminal = openRedisTop(['-p', String(server.port), ...args], { size: [140, 40] });
				try {
					await toRelief(terminal);
					terminal.type('x');
					await terminal.shows(args.length === 0 ? /read-only: restart with --allow-changes/ : /Send this/);
					await (args.length === 0
						? terminal.type(`${server.address}\r`)
						: typeAddress(terminal, server.address.slice(0, -1)));
					terminal.type('\r');
					await terminal.shows(
						args.length === 0 ? /no such key|does nothing|every/ : /not sent: that is not/,
					);
					assert.equal((await quit(terminal)).code, 0);
				} finally {
					await terminal.stop();
				}
			}
			await highMemory(server);
			await configAudit(server);
			assert.deepEqual(await changingCalls(server), ['cmdstat_set']);
			const config = isOld ? 'cmdstat_config' : 'cmdstat_config|get';
			assert.ok(Object.keys(await server.info('commandstats')).includes(config));
			assert.equal((await server.info('memory')).maxmemory, String(20 * megabyte));
		});

		test('a change that may not be made says why; words that are no change are never sent', async () => {
			const server = await start({});
			const dial = {
				credentials: { user: 'reader', password: 'p' },
				sentinelCredentials: {},
				nat: new Map(),
				connectTimeoutMilliseconds: 2000,
			};
			await server.call('ACL', 'SETUSER', 'reader', 'on', '>p', '+info', '+client|setname');
			const command = ['CONFIG', 'SET', 'maxmemory', '100000000'];
			const sendWith = async (settings: DialSettings, words: readonly string[], node: string) => {
				const nodes = [{ address: node, kind: 'data' as const }];
				const consent = openConsent({ dial: settings, nodes, command: words, onRead: () => {} });
				await consent.check();
				const reply = await consent.send(words);
				consent.close();
				return reply;
			};
			const send = (words: readonly string[], node = server.address) => sendWith(dial, words, node);
			assert.deepEqual(await send(command), {
				// 6.0 names the container alone.
				text: `no permission: the user needs +config${isOld ? '' : '|set'}`,
				isDone: false,
			});
			assert.match((await send(command, '127.0.0.1:1')).text, /^not sent: the node was not read/);
			await server.call('ACL', 'SETUSER', 'reader', 'allcommands');
			const renamed = await start({}, ['--rename-command', 'CONFIG', '']);
			const admin = { ...dial, credentials: {} };
			assert.match((await sendWith(admin, command, renamed.address)).text, /unknown command/i);
			for (const words of [
				['FLUSHALL'],
				['CONFIG', 'SET', 'dir', '/tmp'],
				['CONFIG', 'SET', 'maxmemory', '1', 'dir', '/'],
				['CONFIG', 'RESETSTAT'],
				['CLIENT', 'KILL', 'TYPE', 'normal'],
				['MEMORY', 'PURGE', 'x'],
				[],
			]) {
				assert.equal(changeCall(words), undefined);
				assert.match((await send(words)).text, /^not sent: /);
			}
			assert.deepEqual(await send(['MEMORY', 'PURGE']), { text: 'OK', isDone: true });
			assert.deepEqual(await send(command), { text: 'OK', isDone: true });
			const other = server.connect();
			const id = String(await other.client('ID'));
			const address = new RegExp(`^id=${id} addr=(\\S+)`, 'm').exec(String(await other.client('LIST')))![1]!;
			const kill = ['CLIENT', 'KILL', 'ID', id, 'ADDR', address];
			assert.deepEqual(await send(kill.with(5, '127.0.0.1:1')), { text: '0', isDone: false });
			assert.deepEqual(await send(kill.with(3, '99999')), { text: '0', isDone: false });
			assert.deepEqual(await send(kill), { text: '1', isDone: true });
			assert.deepEqual(await send(kill), { text: '0', isDone: false });
			assert.match((await send(kill.slice(0, 4))).text, /^not sent: /);
			assert.match((await send(['CONFIG', 'REWRITE'])).text, /^(OK|ERR)/);
		});
	});

	describe(`${name}: the audit`, { concurrency: 2 }, () => {
		const idsOf = (report: string) => [
			...new Set(
				Array.from(report.matchAll(/^- \*\*(?:ACT|look|unknown)\*\* `([a-z-]+)`/gm), each => each[1]!),
			),
		];

		test('a server that is set badly: each fault is named, and the server takes the commands that are advised', async () => {
			const always = [
				...[
					'save 3600 1',
					'appendonly yes',
					'appendfsync always',
					'aof-use-rdb-preamble no',
					'tcp-keepalive 0',
					'hz 500',
				],
				...['stop-writes-on-bgsave-error no', 'maxmemory-samples 1', 'maxmemory 100mb', 'timeout 10'],
				...['maxmemory-policy volatile-lru', 'slowlog-log-slower-than -1'],
				...['protected-mode no', 'bind 0.0.0.0', 'auto-aof-rewrite-percentage 0'],
				...['no-appendfsync-on-rewrite yes', 'maxclients 50'],
			];
			const since7 = ['latency-tracking no', 'disable-thp no', 'enable-debug-command yes'];
			const config = [...always, ...(isOld ? [] : since7)].map(line => {
				const [word, ...value] = line.split(' ');
				return [word!, value.join(' ')];
			});
			const server = await start(Object.fromEntries(config));
			const keys = Array.from({ length: 200 }, (_, index) => [`k:${index}`, 'v']).flat();
			await server.call('MSET', ...keys);
			const { stdout, code } = await configAudit(server);
			const ids = idsOf(stdout);
			for (const id of [
				...['no-replica', 'appendfsync', 'rdb-preamble', 'stop-writes', 'dir', 'aof-rewrite'],
				...['no-appendfsync-on-rewrite', 'policy', 'samples', 'output-buffers', 'timeout', 'tcp-keepalive'],
				...['slowlog', 'latency-monitor', 'hz', 'password', 'bind', 'protected-mode'],
				...(isOld ? ['version'] : ['latency-tracking', 'huge-pages', 'debug-command']),
			])
				assert.ok(ids.includes(`audit-${id}`), `audit-${id} is not among ${ids.join(' ')}\n${stdout}`);
			assert.equal(code, 2);
			const advised = Array.from(stdout.matchAll(/^ {2}- how: `(CONFIG SET [^`<]+)`$/gm), each => each[1]!);
			assert.ok(advised.length >= 10, advised.join('\n'));
			for (const command of advised) {
				const [, setting, value] = /^CONFIG SET (\S+) "?([^"]*)"?$/.exec(command)!;
				assert.equal(await server.call('CONFIG', 'SET', setting!, value!), 'OK', command);
			}
			// And they are what was wrong.
			const after = idsOf((await configAudit(server)).stdout);
			for (const id of ['appendfsync', 'tcp-keepalive', 'hz', 'slowlog', 'samples', 'output-buffers'])
				assert.ok(!after.includes(`audit-${id}`), id);
		});

		test('a cluster that is set well: quiet, but for what a test cannot help', async () => {
			const cluster = await startCluster(version, {
				nodeTimeout: 15_000,
				config: {
					...{ requirepass: 'p', masterauth: 'p', 'protected-mode': 'yes', bind: '127.0.0.1' },
					...{ appendonly: 'yes', save: '3600 1', maxmemory: '500mb', 'repl-backlog-size': '64mb' },
					...{ 'latency-monitor-threshold': '100', 'cluster-require-full-coverage': 'no' },
					'client-output-buffer-limit': 'normal 256mb 64mb 60',
				},
			});
			try {
				const [node] = cluster.nodes;
				const { stdout } = await runOnce(['--runbook', 'config-audit', node!.address], {
					REDISCLI_AUTH: 'p',
				});
				// Its data is in /tmp, and its version may be an old one.
				const ids = idsOf(stdout).filter(id => id !== 'audit-dir' && id !== 'audit-version');
				assert.deepEqual(ids, [], stdout);
				assert.match(stdout, /^- \*\*ACT\*\* `audit-dir` .*: `dir under \/tmp`$/m);
			} finally {
				await cluster.stop();
			}
		});
	});

	describe(`${name}: what may not be asked, or is not there`, { concurrency: 2 }, () => {
		test('a user who may not CONFIG: named, and the rest is answered', async () => {
			const server = await start({ maxmemory: '100mb' });
			await server.call('ACL', 'SETUSER', 'half', 'on', '>p', '~*', '+@all', '-config');
			const env = { REDISCLI_AUTH: 'p' };
			const args = ['--user', 'half', server.address];
			const audit = await runOnce(['--runbook', 'config-audit', ...args], env);
			assert.match(audit.stdout, /CONFIG GET is not allowed: the user needs \\?\+config\|get/);
			assert.match(audit.stdout, /audit-no-maxmemory|maxmemory/);
			const memory = await runOnce(['--runbook', 'high-memory', '--no-scan', ...args], env);
			assert.equal(verdictOf(memory.stdout, 1), 'fine', memory.stdout);
			assert.equal(verdictOf(memory.stdout, 6) !== undefined, true);
		});

		test('CONFIG renamed away', async () => {
			const server = await start({}, ['--rename-command', 'CONFIG', '']);
			const audit = await configAudit(server);
			assert.match(audit.stdout, /CONFIG is not known to this server/);
			assert.equal(verdictOf((await highMemory(server, '--no-scan')).stdout, 2), 'fine');
		});

		test('on a replica it says that the primary is the one to act on', async () => {
			const pair = await startPair(version);
			const { replica } = pair;
			const { stdout } = await highMemory(replica, '--no-scan').finally(() => pair.stop());
			assert.match(stdout, new RegExp(`^# Memory runbook of \`${replica.address}\``, 'm'));
			assert.match(stdout, /replica/);
		});

		test('in a cluster: the node that was named, and the audit of all', async () => {
			const cluster = await startCluster(version);
			try {
				const node = cluster.nodes[1]!;
				const memory = await highMemory(node);
				assert.match(memory.stdout, new RegExp(`^# Memory runbook of \`${node.address}\``, 'm'));
				const audit = await configAudit(node);
				assert.match(audit.stdout, /6 nodes/);
				assert.match(audit.stdout, /cluster-node-timeout/);
			} finally {
				await cluster.stop();
			}
		});

		test('a node that goes down in the middle of step 3: what was read until then, and that it is gone', async () => {
			const debug: Record<string, string> = isOld ? {} : { 'enable-debug-command': 'local' };
			const server = await start({ maxmemory: '1gb', ...debug });
			await server.call('DEBUG', 'POPULATE', '300000', 'k', '50');
			const report = highMemory(server);
			const scans = async () => (await server.info('commandstats')).cmdstat_scan !== undefined;
			await until(scans, { what: 'it is scanned' });
			await server.kill();
			const { stdout, code } = await report;
			assert.match(stepText(stdout, 1), /does not answer now: connection refused/);
			assert.equal(verdictOf(stdout, 1), 'unknown');
			assert.match(stepText(stdout, 5), /not answer/);
			assert.doesNotMatch(stepText(stdout, 5), /CONFIG SET maxmemory/, 'nothing is proposed to it');
			assert.equal(code, 3, stdout);
		});

		test('of what Sentinels watch it takes the node with the worst memory', async () => {
			const fleet = await startSentinels(version, { replicas: 1, sentinels: 1, quorum: 1 });
			try {
				await fleet.primary.call('CONFIG', 'SET', 'maxmemory', '100mb');
				const { stdout } = await runOnce([
					'--runbook',
					'high-memory',
					'--no-scan',
					fleet.sentinels[0]!.address,
				]);
				assert.match(stdout, new RegExp(`^# Memory runbook of \`${fleet.primary.address}\``, 'm'));
			} finally {
				await fleet.stop();
			}
		});
	});

	test(`${name}: exit codes: fine, unknown, wrong usage`, async () => {
		const server = await start({ maxmemory: '100mb' });
		assert.equal((await highMemory(server, '--no-scan')).code, 0);
		const [silent, wrong] = await Promise.all([
			runOnce(['--runbook', 'config-audit', '127.0.0.1:1']),
			runOnce(['--runbook', 'memories', server.address]),
		]);
		assert.deepEqual([silent.code, silent.stdout], [3, '']);
		assert.match(silent.stderr, /no node to look at: connection refused/);
		assert.deepEqual([wrong.code, wrong.stdout], [3, '']);
		assert.match(wrong.stderr, /the runbooks are high-memory, config-audit/);
		const audit = await configAudit(server);
		assert.ok(audit.code === 1 || audit.code === 2);
		assert.match(audit.stdout, /^\*\*\d+ to act on, \d+ to look at/m);
	});
}
