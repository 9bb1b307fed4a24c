// The command of --via: what becomes of %h and %p, and that no announced name gets into a shell.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { privateFolder } from '../../source/modes/bastion.ts';
import { socketError } from '../../source/redis/socket-error.ts';
import { openVia, ViaFailed, viaCommand } from '../../source/redis/via.ts';

const commands: readonly [string, string, number, string | undefined][] = [
	['ssh -W %h:%p bastion', '10.0.0.1', 6379, 'ssh -W 10.0.0.1:6379 bastion'],
	['ssh -W %h:%p bastion', 'fd00::1', 6379, 'ssh -W [fd00::1]:6379 bastion'],
	['nc %h %p', 'fd00::1', 6379, 'nc fd00::1 6379'],
	[
		'kubectl exec -i redis-0 -- nc %h %p',
		'redis-0.redis.svc',
		6379,
		'kubectl exec -i redis-0 -- nc redis-0.redis.svc 6379',
	],
	['echo 100%% %h', 'a', 1, 'echo 100% a'],
	['nc %h %p', 'a_b.example', 1, 'nc a_b.example 1'],
	['nc %h %p', 'a;reboot', 1, undefined],
	['nc %h %p', '$(reboot)', 1, undefined],
	['nc %h %p', '-oProxyCommand=x', 1, undefined],
	['nc %h %p', 'a b', 1, undefined],
	['nc %h %p', 'a\nb', 1, undefined],
	['nc %h %p', '', 1, undefined],
];
for (const [via, host, port, expected] of commands)
	test(`${via} to ${JSON.stringify(host)}`, () => assert.equal(viaCommand(via, { host, port }), expected));

test('of any text as a host only plain words reach the shell', () => {
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), host => {
			const command = viaCommand('%h', { host, port: 1 });
			assert.ok(command === undefined || /^[\w.:][\w.:-]*$/.test(command));
		}),
	);
});

/** What a row says of a command that came to nothing. */
async function saidOf(command: string) {
	const stream = openVia(command, { host: 'a', port: 1 }, undefined);
	stream.resume();
	const error = await new Promise<Error>(resolve => stream.once('error', resolve));
	return socketError(error, false);
}

const failures: readonly [string, string, string][] = [
	[
		'echo "channel 0: open failed: connect failed: Connection refused" >&2; exit 1',
		'refused',
		'via: Connection refused',
	],
	[
		'echo "ssh: connect to host b port 22: Connection timed out" >&2; exit 255',
		'unreachable',
		'via: ssh: connect to host b port 22: Connection timed out',
	],
	[
		'echo "ssh: Could not resolve hostname b: Name or service not known" >&2; exit 255',
		'host-not-found',
		'via: ssh: Could not resolve hostname b: Name or service not known',
	],
	[
		'printf "Warning: Permanently added b\\nPermission denied (publickey).\\n" >&2; exit 255',
		'closed',
		'via: Permission denied (publickey).',
	],
	['exit 7', 'closed', 'via: it ended with exit code 7'],
	['kill -9 $$', 'closed', 'via: it was ended by SIGKILL'],
	['printf "\\033[31mbad\\033[0m not\\n" >&2; exit 1', 'closed', 'via: "\\x1b[31mbad\\x1b[0m not"'],
	['/nonexistent/tunnel', 'closed', 'via: /bin/sh: 1: exec: /nonexistent/tunnel: not found'],
];
for (const [command, reason, text] of failures)
	test(`${command}: ${text}`, async () => {
		const quoted = command.startsWith('/') ? command : `sh -c '${command}'`;
		const said = await saidOf(quoted);
		assert.deepEqual([said.reason, said.text, said.isOfWay], [reason, text, true]);
	});

test('what it answers arrives, and its end is an end', async () => {
	const stream = openVia('cat', { host: 'a', port: 1 }, undefined);
	await new Promise(resolve => stream.once('connect', resolve));
	stream.write('PING\r\n');
	const chunk = await new Promise<Buffer>(resolve => stream.once('data', resolve));
	assert.equal(String(chunk), 'PING\r\n');
	assert.deepEqual([stream.bytesRead, stream.bytesWritten], [6, 6]);
	const ended = new Promise(resolve => stream.once('close', resolve));
	stream.destroy();
	await ended;
});

test('one that answers and goes is closed, without an error of our own', async () => {
	const stream = openVia('echo +OK', { host: 'a', port: 1 }, undefined);
	const errors: Error[] = [];
	stream.on('error', error => errors.push(error));
	stream.resume();
	await new Promise(resolve => stream.once('close', resolve));
	assert.deepEqual(errors, []);
});

test('a host that is no name is refused before anything runs', async () => {
	const stream = openVia('touch /tmp/%h', { host: 'a;b', port: 1 }, undefined);
	const error = await new Promise<Error>(resolve => stream.once('error', resolve));
	assert.ok(error instanceof ViaFailed);
	assert.equal(error.message, 'a;b is no name of a host');
});

test('the folder of the login: the first that is there, is short, and has nothing that ssh or a shell would read', () => {
	const parent = mkdtempSync(join(tmpdir(), 'via-'));
	try {
		const odd = join(parent, '%h');
		mkdirSync(odd);
		const from = (...parents: (string | undefined)[]) => {
			const folder = privateFolder(parents);
			return folder && dirname(folder);
		};
		assert.equal(from(parent, '/tmp'), parent);
		for (const bad of [undefined, '/nonexistent', odd, 'relative', '', `/tmp/${'a'.repeat(80)}`])
			assert.equal(from(bad, parent), parent, `${bad}`);
		assert.equal(from('/nonexistent'), undefined);
	} finally {
		rmSync(parent, { recursive: true });
	}
});
