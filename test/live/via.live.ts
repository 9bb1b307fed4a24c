// --via on real servers: every connection of every mode goes through the command, also to nodes that were found later;
// what it says is the row's reason; nothing of it is left when redis-top is gone, however it went.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from '../built.ts';
import { type RunningCluster, startCluster } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { isAlive, startServer, tlsFiles } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type Printed, runJson, runOnce } from './redis-top.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-via-'));
after(() => rmSync(folder, { recursive: true, force: true }));
before(buildIfStale);

const relay = fileURLToPath(new URL('../via/relay.mjs', import.meta.url));
const gate = path.join(folder, 'gate');
let logs = 0;

/** The words for redis-top, and what went through. */
function bastion() {
	const log = path.join(folder, `log-${++logs}`);
	const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
	return {
		words: ['--via', `${process.execPath} ${relay} %h %p ${log} ${gate}`],
		pids: () => lines().map(line => Number(line.split(' ')[0])),
		hosts: () => new Set(lines().map(line => line.split(' ')[1])),
	};
}

/** Nobody reaches it but through the relay. */
const behind = (port: number) => `10.255.0.1:${port}`;

for (const server of await testServers('both')) {
	let cluster: RunningCluster;
	before(async () => {
		cluster = await startCluster(server);
		await cluster.primaries[0]!.cli('-c', 'SET', 'a', 'x'.repeat(5000));
	});
	after(() => cluster?.stop());

	test(`${server.id}: the fleet, scans and the runbook through it; a bastion that closes and is back`, async () => {
		const seed = behind(cluster.primaries[0]!.port);
		const way = bastion();
		const run = runJson([...way.words, '-d', '0.25', seed]);
		try {
			await run.when(
				'six nodes',
				object => object.nodes.filter((node: { health: string }) => node.health === 'up').length === 6,
			);
			for (const { port } of cluster.nodes)
				assert.ok(
					[...way.hosts()].some(host => host!.endsWith(`:${port}`)),
					`${port} in ${[...way.hosts()]}`,
				);
			writeFileSync(gate, '');
			for (const pid of way.pids().filter(isAlive)) process.kill(pid);
			await run.when('the reason', object =>
				object.nodes.every((node: Printed) => node.error?.text === 'via: bastion: administratively closed'),
			);
			rmSync(gate);
			await run.when(
				'back',
				object => object.nodes.every((node: { health: string }) => node.health === 'up'),
				{
					from: run.objects.length,
					timeout: 60_000,
				},
			);
		} finally {
			rmSync(gate, { force: true });
			run.child.kill('SIGKILL');
			await run.exited;
		}
		await until(() => !way.pids().some(isAlive), { what: 'none of its commands is left after kill -9' });
		for (const mode of [['--bigkeys'], ['--hotkeys'], ['--runbook', 'memory'], ['--check']]) {
			const other = bastion();
			const { code, stdout, stderr } = await runOnce([...mode, ...other.words, seed]);
			// That the way was held up on a busy machine is rightly told, and nothing else.
			const found = stdout.split('\n').filter(line => /^(WARNING|CRITICAL) /.test(line));
			const isHeldUp =
				mode[0] === '--check' && code === 1 && found.every(line => /^WARNING stalled /.test(line));
			assert.ok(
				code !== null && code < 3 && (mode[0] === '--runbook' || code === 0 || isHeldUp),
				`${mode}: ${code} ${stdout}${stderr}`,
			);
			assert.ok(other.hosts().size >= 3, `${mode}: ${[...other.hosts()]}`);
			assert.ok(
				!other.pids().some(isAlive) || (await until(() => !other.pids().some(isAlive), { what: 'its end' })),
			);
		}
	});

	test(`${server.id}: a way in that takes its time is waited for`, async () => {
		const slow = bastion();
		const words = ['--via', `sh -c "sleep 3; exec ${slow.words[1]}"`];
		const { code, stderr } = await runOnce(['--bigkeys', ...words, behind(cluster.primaries[0]!.port)]);
		assert.equal(code, 0, stderr);
	});

	test(`${server.id}: TLS runs inside`, async () => {
		const node = await startServer(server, { tls: true });
		try {
			const way = bastion();
			const tls = ['--tls', '--cacert', tlsFiles['ca.crt'], '--sni', 'localhost'];
			const { stdout, code, stderr } = await runOnce([
				...way.words,
				...tls,
				'--json',
				'-n',
				'1',
				behind(node.port),
			]);
			assert.equal(code, 0, stderr);
			assert.equal(JSON.parse(stdout).nodes[0].health, 'up');
			const scan = await runOnce([...way.words, ...tls, '--bigkeys', behind(node.port)]);
			assert.equal(scan.code, 0, scan.stderr);
		} finally {
			await node.stop();
		}
	});
}

test('a command that does not mind the end of its input ends with a redis-top that is killed, and has no password', async () => {
	const log = path.join(folder, 'stubborn');
	const script = path.join(folder, 'stubborn.sh');
	writeFileSync(script, `echo "$$ $REDISCLI_AUTH" >>${log}\nexec sleep 100000\n`);
	const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
	const run = runJson(['--via', `sh ${script} %h`, 'a:1', 'b:1', 'c:1'], { REDISCLI_AUTH: 'secret' });
	await until(() => lines().length >= 3, { what: 'they run' });
	run.child.kill('SIGKILL');
	await run.exited;
	await until(() => !lines().some(line => isAlive(Number(line.split(' ')[0]))), { what: 'their end' });
	assert.ok(!readFileSync(log, 'utf8').includes('secret'));
});

test('it ends with a redis-top that is killed before it could take notice of it', async () => {
	const log = path.join(folder, 'early');
	const script = path.join(folder, 'early.sh');
	writeFileSync(script, `echo "$$" >>${log}\nkill -9 $PPID\nexec sleep 100000\n`);
	const run = runJson(['--via', `sh ${script}`, 'a:1'], {});
	await run.exited;
	const pids = readFileSync(log, 'utf8').trim().split('\n').map(Number);
	await until(() => !pids.some(isAlive), { what: () => `the end of ${pids}` });
});
