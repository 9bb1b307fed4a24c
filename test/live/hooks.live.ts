// --on-finding of the program itself, on a real server: each finding begins once and is over once, in order, and neither
// a password nor a value is on a hook's input or in its environment. A hook that hangs ends with the program.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { buildIfStale } from '../built.ts';
import { having } from '../servers/having.ts';
import { testServers } from '../servers/servers.ts';
import { isAlive, type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type Printed, type Run, runJson } from './redis-top.ts';

before(buildIfStale);
const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-hooks-live-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const words = ['hush-password', 'hush-value', 'hush-guess'] as const;
const [password, value, guess] = words;

const linesOf = (file: string) =>
	existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];

const ids = ['memory-high', 'oom-errors', 'unreachable'] as const;
const has = ({ findings }: Printed, id: string) => findings.some((finding: Printed) => finding.id === id);

/** Memory, refused writes, denied logins, and a crash: each begins and is over. */
async function trouble(node: RunningServer, run: Run) {
	const options = { timeout: 60_000 };
	const over = (id: string) =>
		until(() => !has(run.objects.at(-1), id), { what: `${id} is over`, ...options });
	await node.call('CONFIG', 'SET', 'maxmemory', '1');
	const refused = async () => {
		await node.call('SET', 'key', value).catch(() => {});
		return ids.slice(0, 2).every(id => run.objects.some(object => has(object, id)));
	};
	await until(refused, { what: 'it is full and refuses writes', ...options });
	for (let count = 0; count < 20; count++) await node.call('AUTH', guess).catch(() => {});
	await node.call('CONFIG', 'SET', 'maxmemory', '0');
	for (const id of ids.slice(0, 2)) await over(id);
	await node.kill();
	await run.when('it is gone', object => has(object, 'unreachable'), options);
	await node.restart();
	await until(() => run.objects.at(-1).findings.length === 0, { what: 'nothing is left', timeout: 180_000 });
}

const servers = await testServers('both');
// Before 6.2 refused writes are not counted.
for (const server of having('errors by code', { redis: 6.2, valkey: 0, redict: 0 }, servers))
	test(`${server.id}: a beginning and an end of each, in order, and nothing secret`, async () => {
		const node = await startServer(server, {
			config: { requirepass: password, 'maxmemory-policy': 'noeviction', 'slowlog-log-slower-than': 0 },
		});
		const file = path.join(folder, server.id);
		const run = runJson(
			['-d', '0.25', '-p', String(node.port), '--on-finding', `{ cat; env | sed 's/^/# /'; } >>${file}`],
			{ REDISCLI_AUTH: password },
		);
		const told = () => linesOf(file).flatMap(line => (line.startsWith('{') ? [JSON.parse(line)] : []));
		const open = (lines: readonly Printed[]) =>
			lines.reduce((sum, { status }) => sum + (status === 'begun' ? 1 : -1), 0);
		try {
			await run.when('it is read', () => true);
			await trouble(node, run);
			const isAllTold = () =>
				open(told()) === 0 && ids.every(id => told().some(line => line.id === id && line.status === 'over'));
			await until(isAllTold, { what: () => `all have run:\n${JSON.stringify(told())}`, timeout: 60_000 });
			const seen = told();
			for (const id of ids) {
				const of = seen.filter(each => each.id === id).map(({ status }) => status);
				assert.deepEqual(
					of,
					of.map((_, index) => (index % 2 === 0 ? 'begun' : 'over')),
					id,
				);
			}
			const times = seen.map(({ at }) => at);
			assert.deepEqual(times, [...times].sort());
			const all = readFileSync(file, 'utf8');
			assert.match(all, /^# PATH=/m);
			for (const word of words) assert.ok(!all.includes(word), word);
			assert.doesNotMatch(run.stderr(), /hook/);
		} finally {
			await run.stop();
			await node.stop();
		}
	});

for (const server of servers)
	test(`${server.id}: a hook that hangs ends with the program`, async () => {
		const node = await startServer(server, { config: { 'maxmemory-policy': 'noeviction' } });
		const file = path.join(folder, `${server.id}-hangs`);
		const words = ['-d', '0.25', '-p', String(node.port), '--on-finding'];
		const run = runJson([...words, `sleep 1000 & echo $! >>${file}; wait`]);
		try {
			await run.when('it is read', () => true);
			await node.call('CONFIG', 'SET', 'maxmemory', '1');
			const [pid] = await until(() => (linesOf(file).length > 0 ? linesOf(file) : undefined), {
				what: 'it has begun',
			});
			await run.stop();
			await until(() => !isAlive(Number(pid)), { what: 'what it started has ended' });
		} finally {
			await run.stop();
			await node.stop();
		}
	});
