// --hotkeys as a user runs it: what it will cost first, the contract's JSON, the text, ^C, and the codes it ends with.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { measured } from '../lane.ts';
import { has } from '../servers/having.ts';
import { startLoad } from '../servers/load.ts';
import { testServers } from '../servers/servers.ts';
import { aclUser, findFreePort, type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { runJson, runOnce } from './redis-top.ts';

const hostile = 'evil\x1b[2J"\n';

for (const server of await testServers('redis')) {
	describe(`--hotkeys on ${server.name} ${server.version}`, () => {
		let node: RunningServer;
		let isOver = false;
		let hostileTraffic: Promise<void>;
		let load: Awaited<ReturnType<typeof startLoad>>;
		before(async () => {
			node = await startServer(server);
			const client = node.connect();
			await client.set(hostile, 'x', 'EX', 1000);
			load = await startLoad([node], { opsPerSecond: 1000, hotShare: 0.5 });
			hostileTraffic = (async () => {
				while (!isOver) {
					await Promise.all(Array.from({ length: 10 }, () => client.get(hostile)));
					await new Promise(resolve => setTimeout(resolve, 25));
				}
				client.disconnect();
			})();
		});
		after(async () => {
			isOver = true;
			await hostileTraffic;
			await load.stop();
			await node.stop();
		});

		/** By MONITOR and OBJECT FREQ also where there is HOTKEYS: a user that may not use that. */
		const hasHotkeys = has(server, { redis: 8.6 });
		const asked: { readonly flags: readonly string[]; readonly env: Record<string, string> } = hasHotkeys
			? { flags: ['--user', 'monitors'], env: { REDISCLI_AUTH: 'secret' } }
			: { flags: [], env: {} };
		before(async () => {
			if (hasHotkeys) await aclUser(node, 'monitors', 'secret', ['~*', '+@all', '-hotkeys']);
		});

		/** A redis-top that gets no processor falls behind and closes its window before its time: then once more. */
		const wholeWindow = (...flags: readonly string[]) =>
			until(
				async () => {
					const out = await runOnce(
						['--hotkeys', ...flags, ...asked.flags, '-p', String(node.port)],
						asked.env,
					);
					return /"endedBy":"(fell-behind|event-loop)"|behind and closed the window|its event loop slowed/.test(
						out.stdout,
					)
						? undefined
						: out;
				},
				{ what: 'a window that it keeps up with', every: 0, timeout: 120_000 },
			);

		test('by MONITOR: JSON after the contract, and on stderr what it will cost, first', async () => {
			const { stdout, stderr, code } = await wholeWindow('--json', '--top', '5');
			assert.equal(code, 0, stderr);
			assert.match(
				stderr,
				/^redis-top: 127\.0\.0\.1:\d+: MONITOR for at most 2s or 20,000 commands; .*ops\/s now/,
			);
			const result = JSON.parse(stdout);
			assert.deepEqual([result.version, result.method, result.shareOf], [1, 'monitor', 'commands']);
			assert.ok(result.seconds >= 2 && result.commands > 100, `${result.seconds} ${result.commands}`);
			measured(() => assert.ok(result.seconds < 2.5 && result.commands > 1000));
			assert.match(result.at, /^\d{4}-\d\d-\d\dT.*Z$/);
			assert.equal(result.keys.length, 5);
			const { hot, evil } = {
				hot: result.keys.find((key: { key: string }) => key.key.endsWith(':hot:0')),
				evil: result.keys.find((key: { quoted?: boolean }) => key.quoted),
			};
			assert.ok(hot.low <= hot.share && hot.share <= hot.high && hot.share > 0.2, JSON.stringify(hot));
			assert.deepEqual(
				[hot.type, hot.ttlSeconds, hot.topCommand, hot.readShare, hot.node],
				['string', null, 'get', 1, node.address],
			);
			assert.ok(hot.hits > 20 && hot.bytes > 0);
			assert.equal(evil.key, '"evil\\x1b[2J\\"\\n"');
			assert.ok(evil.ttlSeconds > 900);
			const pattern = result.patterns.find((each: { pattern: string }) => each.pattern.endsWith(':hot:0'));
			assert.equal(pattern.keys, 1);
			assert.ok(
				!result.byCommand.some(({ command }: { command: string }) => command !== 'get' && command !== 'set'),
				'our own polling is no traffic',
			);
			assert.equal(result.nodes[0].endedBy, 'time');
			assert.ok(result.cost.commands > 0);
			const lfu = result.ladders[0].rungs.find((rung: { method: string }) => rung.method === 'lfu');
			assert.match(lfu.why, /the policy is noeviction/);
		});

		test('text: the hottest with what could be done, hostile names quoted', async () => {
			const { stdout, code } = await wholeWindow('--top', '8');
			assert.equal(code, 0);
			assert.match(stdout, /^sampled [\d,]+ commands in 2.*s by MONITOR on 127\.0\.0\.1:\d+$/m);
			assert.match(stdout, /^SHARE +BETWEEN +HITS +TYPE +TTL +SIZE +TOP CMD +CLIENTS +KEY$/m);
			assert.match(stdout, /^ *\d\d\.\d% .*string +none .*get .*:hot:0$/m);
			assert.match(stdout, /"evil\\x1b\[2J\\"\\n"/);
			assert.match(stdout, /cache it in the application/);
			assert.match(stdout, /^other keys [\d,]+ hits \d+\.\d%, [\d,]+ distinct$/m);
			assert.match(stdout, /^BY COMMAND {3}get \d/m);
			assert.ok(![...stdout].some(char => char < ' ' && char !== '\n'), 'nothing a terminal would obey');
		});

		test('^C in the window prints what there is, and ends with 130', async () => {
			const run = runJson(['--hotkeys', ...asked.flags, '-p', String(node.port)], asked.env);
			await until(async () => /flags=[a-zA-Z]*O/.test(String(await node.call('CLIENT', 'LIST'))), {
				what: 'the window is open',
			});
			run.child.kill('SIGINT');
			assert.equal(await run.exited, 130);
			assert.equal(run.objects.length, 1, run.stderr());
			assert.equal(run.objects[0].method, 'monitor');
			assert.equal(run.objects[0].nodes[0].endedBy, 'stopped');
			await until(async () => !/flags=[a-zA-Z]*O/.test(String(await node.call('CLIENT', 'LIST'))), {
				what: 'it is closed',
			});
		});

		test('under an LFU policy: all keys, nothing by MONITOR', async () => {
			await node.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lfu');
			try {
				const { stdout, stderr, code } = await runOnce(
					['--hotkeys', ...asked.flags, '-p', String(node.port)],
					asked.env,
				);
				assert.equal(code, 0, stderr);
				assert.match(stderr, /OBJECT FREQ of all keys; costs 20\.0k keys a second.* a keyspace hit each/);
				assert.match(stdout, /^\d+ keys by OBJECT FREQ on/);
				assert.match(stdout, /FREQ +MEANS/);
				assert.match(stdout, /:hot:0$/m);
				assert.doesNotMatch(stdout, /so far/);
			} finally {
				await node.call('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
			}
		});

		test('a user who may do nothing of it: why, the words, and 2, as where nobody is', async () => {
			await aclUser(node, 'reader', 'secret', [
				'+info',
				'+client',
				'+acl|dryrun',
				'+config|get',
				'+slowlog|get',
			]);
			const denied = await runOnce(['--hotkeys', '--user', 'reader', '-p', String(node.port)], {
				REDISCLI_AUTH: 'secret',
			});
			assert.equal(denied.code, 2, denied.stderr);
			// Before 7.0 no server tells what a user may do: it is tried.
			if (!server.version.startsWith('6.')) assert.match(denied.stderr, /no way to its hot keys/);
			assert.match(denied.stdout, /^hot keys: nothing could be sampled/m);
			assert.match(denied.stdout, /MONITOR: this user may not use MONITOR; would enable it: \+monitor/);
			// Where ACL DRYRUN may not be asked, MONITOR is tried.
			await aclUser(node, 'weak', 'secret', ['+info', '+client']);
			const tried = await runOnce(['--hotkeys', '--user', 'weak', '-p', String(node.port)], {
				REDISCLI_AUTH: 'secret',
			});
			assert.equal(tried.code, 2, tried.stdout);
			assert.match(tried.stdout, /^hot keys: nothing could be sampled/m);
			assert.equal(tried.stdout.match(/MONITOR is not allowed for this user: \+monitor/g)?.length, 1);
			assert.match(tried.stdout, /MONITOR: this user may not use MONITOR; would enable it: \+monitor/);
			const nobody = await runOnce(['--hotkeys', '-p', String(await findFreePort())]);
			assert.equal(nobody.code, 2);
			assert.match(nobody.stderr, /no node to ask: connection refused/);
			assert.equal(nobody.stdout, '');
		});
	});
}
