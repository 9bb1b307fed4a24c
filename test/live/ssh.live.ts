// --ssh against a real sshd on loopback, as the user who runs the tests: one login that all connections share, a failover
// watched through it, a login that is denied and a host key that changed, a bastion that stands still and is back, and
// nothing left when redis-top is killed.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { buildIfStale } from '../built.ts';
import { startCluster } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { findFreePort } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type Printed, runJson, runOnce } from './redis-top.ts';

const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find(existsSync);
if (!sshd) throw new Error('no sshd on this machine: apt-get install openssh-server openssh-client');

const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-ssh-'));
/** Folders of logins; that of the markers stays for the next redis-top. */
const leftIn = (run: string) => readdirSync(run).filter(name => name !== 'redis-top');
const inFolder = (name: string) => path.join(folder, name);
let bastion: ChildProcess;
let port: number;

/** ssh with a configuration of its own, in place of the user's. */
const env = () => ({ PATH: `${folder}:${process.env.PATH}`, XDG_RUNTIME_DIR: inFolder('run') });

before(async () => {
	await buildIfStale();
	port = await findFreePort();
	mkdirSync(inFolder('run'));
	// As root it wants this folder for its own.
	if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
	for (const name of ['host', 'other', 'user', 'stranger'])
		execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', inFolder(name)]);
	const ssh = execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim();
	writeFileSync(inFolder('ssh'), `#!/bin/sh\nexec ${ssh} -F ${inFolder('config')} "$@"\n`);
	chmodSync(inFolder('ssh'), 0o700);
	const key = readFileSync(inFolder('host.pub'), 'utf8');
	const other = readFileSync(inFolder('other.pub'), 'utf8');
	writeFileSync(inFolder('known'), `[127.0.0.1]:${port} ${key}`);
	writeFileSync(inFolder('changed'), `[127.0.0.1]:${port} ${other}`);
	const host = (name: string, identity: string, known: string) =>
		`Host ${name}\n HostName 127.0.0.1\n Port ${port}\n IdentityFile ${inFolder(identity)}\n IdentitiesOnly yes\n UserKnownHostsFile ${inFolder(known)}\n BatchMode yes\n`;
	writeFileSync(
		inFolder('config'),
		[
			host('bastion', 'user', 'known'),
			host('stranger', 'stranger', 'known'),
			host('changed', 'user', 'changed'),
		].join(''),
	);
	writeFileSync(
		inFolder('sshd.conf'),
		[
			...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${inFolder('host')}`],
			...[
				`AuthorizedKeysFile ${inFolder('user.pub')}`,
				'StrictModes no',
				'UsePAM no',
				'PasswordAuthentication no',
			],
			...['KbdInteractiveAuthentication no', `PidFile ${inFolder('pid')}`, 'MaxSessions 100', ''],
		].join('\n'),
	);
	bastion = spawn(sshd!, ['-D', '-e', '-f', inFolder('sshd.conf')], { stdio: 'ignore' });
	await until(
		() =>
			execFileSync('ssh-keyscan', ['-p', String(port), '127.0.0.1'], {
				encoding: 'utf8',
				stdio: ['ignore', 'pipe', 'ignore'],
			}) !== '',
		{
			what: 'the bastion answers',
		},
	);
});

after(async () => {
	bastion?.kill();
	rmSync(folder, { recursive: true, force: true });
});

/** Processes that are alive and have these words. */
function alive(words: string): readonly number[] {
	return readdirSync('/proc')
		.filter(name => /^\d+$/.test(name))
		.filter(pid => {
			try {
				const isZombie = /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
				return !isZombie && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(words);
			} catch {
				return false;
			}
		})
		.map(Number);
}

const isUp = (node: Printed) => node.health === 'up';

for (const server of await testServers('redis'))
	test(`${server.id}: a failover through it, the bastion frozen and back, and nothing left after kill -9`, async () => {
		const cluster = await startCluster(server);
		const run = runJson(['--ssh', 'bastion', '-d', '0.5', cluster.primaries[0]!.address], env());
		try {
			await run.when('six nodes', object => object.nodes.filter(isUp).length === 6, { timeout: 60_000 });
			assert.ok(alive(inFolder('run')).length >= 7, 'a master, its guard, and one for each node');
			const [lost] = cluster.primaries.slice(1);
			await lost!.kill();
			await run.when(
				'the failover',
				object => object.events.some((event: Printed) => event.kind === 'promoted'),
				{
					timeout: 60_000,
				},
			);
			await lost!.restart();
			await run.when('six again', object => object.nodes.filter(isUp).length === 6, {
				from: run.objects.length,
				timeout: 60_000,
			});
			const sessions = alive('sshd').filter(pid => pid !== bastion.pid && isOf(pid, bastion.pid!));
			for (const pid of sessions) process.kill(pid, 'SIGSTOP');
			await run.when('no row is up', object => !object.nodes.some(isUp), {
				from: run.objects.length,
				timeout: 60_000,
			});
			for (const pid of sessions) process.kill(pid, 'SIGCONT');
			await run.when('six after it', object => object.nodes.filter(isUp).length === 6, {
				from: run.objects.length,
				timeout: 90_000,
			});
		} finally {
			run.child.kill('SIGKILL');
			await run.exited;
			await cluster.stop();
		}
		await until(() => alive(inFolder('run')).length === 0, { what: 'no ssh of it is left', timeout: 30_000 });
		assert.deepEqual(leftIn(inFolder('run')), []);
	});

/** Down the line of parents. */
function isOf(pid: number, ancestor: number): boolean {
	for (let at = pid; at > 1; ) {
		if (at === ancestor) return true;
		at = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${at}/status`, 'utf8'))?.[1] ?? 0);
	}
	return false;
}

test('modes that end by themselves leave nothing', async () => {
	const [server] = await testServers('redis');
	const cluster = await startCluster(server!);
	try {
		for (const mode of ['--bigkeys', '--hotkeys', '--check']) {
			const { code, stderr } = await runOnce(
				['--ssh', 'bastion', mode, cluster.primaries[0]!.address],
				env(),
			);
			assert.equal(code, 0, `${mode}: ${stderr}`);
		}
		await until(() => alive(inFolder('run')).length === 0, { what: 'no ssh of it is left' });
	} finally {
		await cluster.stop();
	}
});

for (const [host, words] of [
	['stranger', /^redis-top: --ssh stranger: .*Permission denied \(publickey\)\.\n$/],
	['changed', /^redis-top: --ssh changed: Host key verification failed\.\n$/],
	['nowhere.invalid', /^redis-top: --ssh nowhere\.invalid: ssh: Could not resolve hostname/],
] as const)
	test(`${host}: one line before anything is connected`, async () => {
		const { code, stderr, stdout } = await runOnce(['--ssh', host, '-b', '127.0.0.1:1'], env());
		assert.deepEqual([code, stdout], [2, '']);
		assert.match(stderr, words);
		assert.deepEqual(leftIn(inFolder('run')), []);
	});
