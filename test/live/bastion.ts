// A bastion for tests: a real sshd, run by the user who runs the tests, with keys of its own, and an `ssh` on the PATH
// that has a configuration of its own in place of the user's. On loopback, or in a network namespace (test/root).
// It knows three hosts: `bastion` lets in; `stranger` is the same with a key that nobody lets in; `changed` is the same
// where another host key was known.

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
import { startDelay } from '../big-keys/delay.ts';
import { findFreePort, isAlive } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { watch } from '../servers/watchdog.ts';

const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find(existsSync);

export type Bastion = {
	/** For redis-top: its ssh is ours. */
	readonly env: Readonly<Record<string, string>>;
	/** Folders of logins that are there now; that of the markers stays for the next redis-top. */
	readonly logins: () => readonly string[];
	/** Processes of ssh, and of what waits to end them, that a redis-top has begun. */
	readonly processes: () => readonly number[];
	/** It stands still, with all who are logged in: nobody is told. */
	readonly freeze: () => void;
	readonly thaw: () => void;
	/** It is gone, with all who are logged in. */
	readonly kill: () => void;
	readonly restart: () => Promise<void>;
	readonly isRunning: () => boolean;
	readonly stop: () => void;
};

/**
 * Ready when it resolves. `inside` are the words that run a program where it is, and `host` is its address there. Of one
 * on loopback the round trip to it can be as long as that to another city.
 */
export async function startBastion({
	host = '127.0.0.1',
	inside = [],
	tripMilliseconds = 0,
}: {
	readonly host?: string;
	readonly inside?: readonly string[];
	readonly tripMilliseconds?: number;
} = {}): Promise<Bastion> {
	if (!sshd) throw new Error('no sshd on this machine: apt-get install openssh-server openssh-client');
	// As root it wants this folder for its own.
	if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
	const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-ssh-'));
	const port = await findFreePort();
	const line = tripMilliseconds > 0 ? await startDelay(port, tripMilliseconds / 2) : undefined;
	const run = path.join(folder, 'run');
	writeFiles(folder, host, port, line?.port ?? port);
	mkdirSync(run);
	let listener: ChildProcess | undefined;
	const restart = async () => {
		const [program, ...words] = [...inside, sshd, '-D', '-e', '-f', path.join(folder, 'sshd.conf')];
		listener = spawn(program!, words, { stdio: 'ignore' });
		watch(listener);
		await until(() => isAnswering(inside, host, port), { what: 'the bastion answers' });
	};
	const all = () => [listener!.pid!, ...processesWith('sshd').filter(pid => isBelow(pid, listener!.pid!))];
	const tell = (signal: NodeJS.Signals) => {
		for (const pid of all())
			try {
				process.kill(pid, signal);
			} catch {
				// It has ended since it was found.
			}
	};
	await restart();
	return {
		env: { PATH: `${folder}:${process.env.PATH}`, XDG_RUNTIME_DIR: run },
		logins: () => readdirSync(run).filter(name => name !== 'redis-top'),
		processes: () => processesWith(run),
		freeze: () => tell('SIGSTOP'),
		thaw: () => tell('SIGCONT'),
		kill: () => tell('SIGKILL'),
		restart,
		isRunning: () => isAlive(listener!.pid!),
		stop() {
			tell('SIGKILL');
			line?.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** Keys, the configuration of both sides, and the `ssh` that reads it. It listens on `port` and is reached by `from`. */
function writeFiles(folder: string, host: string, port: number, from: number): void {
	const at = (name: string) => path.join(folder, name);
	const write = (name: string, lines: readonly string[]) => writeFileSync(at(name), `${lines.join('\n')}\n`);
	for (const name of ['host', 'other', 'user', 'stranger'])
		execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
	const ssh = execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim();
	write('ssh', ['#!/bin/sh', `exec ${ssh} -F ${at('config')} "$@"`]);
	chmodSync(at('ssh'), 0o700);
	write('known', [`[${host}]:${from} ${readFileSync(at('host.pub'), 'utf8').trim()}`]);
	write('changed', [`[${host}]:${from} ${readFileSync(at('other.pub'), 'utf8').trim()}`]);
	const entry = (name: string, identity: string, known: string) => [
		...[`Host ${name}`, ` HostName ${host}`, ` Port ${from}`, ` IdentityFile ${at(identity)}`],
		...[' IdentitiesOnly yes', ` UserKnownHostsFile ${at(known)}`, ' BatchMode yes'],
	];
	write('config', [
		...entry('bastion', 'user', 'known'),
		...entry('stranger', 'stranger', 'known'),
		...entry('changed', 'user', 'changed'),
	]);
	write('sshd.conf', [
		...[`Port ${port}`, `ListenAddress ${host}`, `HostKey ${at('host')}`, `PidFile ${at('pid')}`],
		...[`AuthorizedKeysFile ${at('user.pub')}`, 'StrictModes no', 'UsePAM no', 'PasswordAuthentication no'],
		...['KbdInteractiveAuthentication no', 'MaxSessions 100', 'MaxStartups 100'],
	]);
}

function isAnswering(inside: readonly string[], host: string, port: number): boolean {
	const [program, ...words] = [...inside, 'ssh-keyscan', '-p', String(port), host];
	return execFileSync(program!, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }) !== '';
}

/** That are alive and have these words on their command line. */
function processesWith(words: string): readonly number[] {
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

/** Down the line of parents. */
function isBelow(pid: number, ancestor: number): boolean {
	for (let at = pid; at > 1; ) {
		at = parentOf(at);
		if (at === ancestor) return true;
	}
	return false;
}

/** 0 where it has ended meanwhile. */
function parentOf(pid: number): number {
	try {
		return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
	} catch {
		return 0;
	}
}
