// --ssh: one login to a host in between, which all connections share. ssh itself asks for passwords, second factors and
// unknown hosts, on the terminal, before the screen is opened; keys, agents, jump hosts and known_hosts are its business.
// The login is a master of ssh (ControlMaster) whose socket is in a private folder. It must end with us however we end,
// so a small shell waits for the end of its input, which is the end of our process, and then tells the master to go.

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printableText } from '../core/text/printable.ts';

/** `via` is the command for every connection. */
export type Bastion = { readonly via: string } | { readonly problem: string };

/** A bastion that stands still is given up after three of these: its rows say so, as of any other lost connection. */
const aliveSeconds = 5;

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Logs in. `target` is [USER@]HOST[:PORT], as the command line has checked it. */
export function openBastion(target: string): Bastion {
	// Short: the path of a socket has 108 bytes at most.
	const folder = mkdtempSync(join(process.env.XDG_RUNTIME_DIR || tmpdir(), 'redis-top-'));
	const socket = join(folder, 's');
	const said = join(folder, 'said');
	const words = wordsFor(target);
	const to = openSync(said, 'w', 0o600);
	const alive = ['-o', `ServerAliveInterval=${aliveSeconds}`, '-o', 'ServerAliveCountMax=3'];
	const master = ['-M', '-S', socket, '-o', 'ControlPersist=yes', ...alive, '-f', '-N', '-T', ...words];
	const login = spawnSync('ssh', master, { stdio: ['inherit', 'ignore', to] });
	closeSync(to);
	if (login.status !== 0) {
		const why = login.error ? noSsh(login.error) : lastLine(readFileSync(said, 'utf8'));
		rmSync(folder, { recursive: true, force: true });
		return { problem: `--ssh ${target}: ${why || `ssh ended with exit code ${login.status}`}` };
	}
	const shell = `cat >/dev/null; ssh -S ${quoted(socket)} -O exit ${words.map(quoted).join(' ')} 2>/dev/null; rm -rf ${quoted(folder)}`;
	const guard = spawn('/bin/sh', ['-c', shell], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
	guard.unref();
	(guard.stdin as unknown as { unref: () => void }).unref();
	const each = ['ssh', '-S', socket, '-o', 'BatchMode=yes', ...alive, '-T', '-W'];
	return {
		via: `${each.map(word => quoted(word)).join(' ')} %h:%p ${words.map(word => quoted(word).replaceAll('%', '%%')).join(' ')}`,
	};
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
