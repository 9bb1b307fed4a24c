// --ssh: one login to a host in between, which all connections share. ssh itself asks for passwords, second factors and
// unknown hosts, on the terminal, before the screen is opened; keys, agents, jump hosts and known_hosts are its business.
// The login is a master of ssh (ControlMaster) whose socket is in a private folder. It must end with us however we end,
// so a small shell waits for the end of its input, which is the end of our process, and then tells the master to go. It is
// there before the login is: who ends us while ssh asks leaves nothing behind either.

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printableText } from '../core/text/printable.ts';
import { environmentForOthers } from '../redis/child-environment.ts';

/** `via` is the command for every connection. */
export type Bastion = { readonly via: string } | { readonly problem: string };

/** A bastion that stands still is given up after three of these: its rows say so, as of any other lost connection. */
const aliveSeconds = 5;

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Logs in. `target` is [USER@]HOST[:PORT], as the command line has checked it. */
export function openBastion(target: string): Bastion {
	const folder = privateFolder([process.env.XDG_RUNTIME_DIR, tmpdir(), '/tmp']);
	if (folder === undefined)
		return { problem: `--ssh ${target}: no folder can be made in /tmp for its socket` };
	const socket = join(folder, 's');
	const said = join(folder, 'said');
	const words = wordsFor(target);
	const to = openSync(said, 'w', 0o600);
	const alive = ['-o', `ServerAliveInterval=${aliveSeconds}`, '-o', 'ServerAliveCountMax=3'];
	const master = ['-M', '-S', socket, '-o', 'ControlPersist=yes', ...alive, '-f', '-N', '-T', ...words];
	const shell = `cat >/dev/null; ssh -S ${quoted(socket)} -O exit ${words.map(quoted).join(' ')} 2>/dev/null; rm -rf ${quoted(folder)}`;
	const env = environmentForOthers();
	const guard = spawn('/bin/sh', ['-c', shell], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env });
	guard.unref();
	(guard.stdin as unknown as { unref: () => void }).unref();
	const login = spawnSync('ssh', master, { stdio: ['inherit', 'ignore', to], env });
	closeSync(to);
	if (login.status !== 0) {
		const why = login.error ? noSsh(login.error) : lastLine(readFileSync(said, 'utf8'));
		rmSync(folder, { recursive: true, force: true });
		return { problem: `--ssh ${target}: ${why || `ssh ended with exit code ${login.status}`}` };
	}
	const each = ['ssh', '-S', socket, '-o', 'BatchMode=yes', ...alive, '-T', '-W'];
	return {
		via: `${each.map(word => quoted(word)).join(' ')} %h:%p ${words.map(word => quoted(word).replaceAll('%', '%%')).join(' ')}`,
	};
}

/** With what follows it and what ssh adds for a moment, the path of a socket has 108 bytes at most. */
const longestFolder = 70;

/**
 * One of our own in the first of these that is there and may be written: an environment that came from another user names
 * a folder of that one. ssh and our own command read a `%`, and shells other letters, as more than themselves.
 */
export function privateFolder(parents: readonly (string | undefined)[]): string | undefined {
	for (const parent of parents) {
		if (parent === undefined || parent.length > longestFolder || !/^\/[\w./+@=-]*$/.test(parent)) continue;
		try {
			return mkdtempSync(join(parent, 'redis-top-'));
		} catch {
			// The next may do.
		}
	}
	return undefined;
}

/** `-p PORT -- USER@HOST`: what comes after it is no flag of ssh. */
function wordsFor(target: string): readonly string[] {
	const [, host = target, port] = /^(.*?[^:\]]|.*\]):(\d+)$/.exec(target) ?? [];
	const bare = host.replace(/\[([^\]]*)\]$/, '$1');
	return [...(port === undefined ? [] : ['-p', port]), '--', bare];
}

const noSsh = (error: Error) =>
	(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no ssh on this host' : error.message;

/** The last one is what ssh gave up for. */
const lastLine = (text: string) =>
	printableText(
		text
			.split(/\r?\n/)
			.map(line => line.trim())
			.filter(line => line !== '')
			.at(-1) ?? '',
	);
