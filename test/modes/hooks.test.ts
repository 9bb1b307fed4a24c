// Hooks: one run for each beginning and each end, in order, one at a time; one that hangs is ended; nothing secret.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { Finding } from '../../source/core/types.ts';
import { type HookOptions, openHooks } from '../../source/modes/hooks.ts';
import type { State } from '../../source/state/state.ts';
import { often } from '../lane.ts';
import { until } from '../servers/until.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-hooks-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const finding = (id: string, severity: 'warn' | 'crit' = 'warn'): Finding => ({
	...{ id, severity, node: '10.0.0.1:6379', value: 0.8, limit: 0.75, unit: 'share', since: 1000 },
	text: 'memory 80% of maxmemory\x1b[31m',
});

const state = (findings: readonly Finding[], at = 2000) =>
	({ at, fleets: [{ name: 'shop', now: { findings } }] }) as unknown as State;

function hooksTo(command: string, more: Partial<HookOptions> = {}) {
	const told: string[] = [];
	const hooks = openHooks({
		hooks: [{ command }],
		now: () => performance.now(),
		toDate: at => new Date(at).toISOString(),
		tell: text => told.push(text),
		gapMilliseconds: 0,
		...more,
	});
	return { hooks, told };
}

const linesOf = (file: string) =>
	existsSync(file)
		? readFileSync(file, 'utf8')
				.split('\n')
				.filter(line => line !== '')
		: [];

test('a beginning and an end, with the finding on its input', async () => {
	const file = path.join(folder, 'one');
	const { hooks, told } = hooksTo(`cat >>${file}`);
	hooks.onState(state([finding('memory-high')]));
	hooks.onState(state([finding('memory-high')], 3000));
	hooks.onState(state([], 4000));
	await until(() => linesOf(file).length === 2, { what: 'both ran' });
	const [begun, over] = linesOf(file).map(line => JSON.parse(line));
	assert.deepEqual(begun, {
		...{ version: 1, status: 'begun', at: '1970-01-01T00:00:02.000Z', fleet: 'shop', id: 'memory-high' },
		...{ severity: 'warn', node: '10.0.0.1:6379', value: 0.8, limit: 0.75, unit: 'share' },
		...{ since: '1970-01-01T00:00:01.000Z', text: begun.text },
	});
	assert.ok(!begun.text.includes('\x1b'), 'nothing that a terminal obeys');
	assert.equal(over.status, 'over');
	assert.deepEqual(told, []);
	hooks.close();
});

test('a storm of findings: each once, in order, never two at once', async () => {
	const file = path.join(folder, 'storm');
	// A second one at the same time would find the folder there, and say so.
	const { hooks, told } = hooksTo(
		`mkdir ${file}.lock || echo twice >>${file}; cat >>${file}; rmdir ${file}.lock`,
	);
	const all = Array.from({ length: often(40, 250) }, (_, index) => finding(`audit-${index}`));
	hooks.onState(state(all));
	hooks.onState(state([]));
	await until(() => linesOf(file).length >= 2 * all.length, { what: 'all ran', timeout: 120_000 });
	const seen = linesOf(file).map(line => JSON.parse(line));
	assert.deepEqual(
		seen.map(({ id, status }) => `${id} ${status}`),
		[...all.map(({ id }) => `${id} begun`), ...all.map(({ id }) => `${id} over`)],
	);
	assert.deepEqual(told, []);
	hooks.close();
});

test('one that hangs is ended with what it started, and said once', async () => {
	const file = path.join(folder, 'hang');
	const { hooks, told } = hooksTo(`sleep 1000 & echo $! >>${file}; wait`, { limitMilliseconds: 500 });
	hooks.onState(state([finding('a')]));
	hooks.onState(state([]));
	await until(() => linesOf(file).length === 2, { what: 'both began' });
	await until(() => linesOf(file).every(pid => !isThere(Number(pid))), {
		what: 'what they started has ended',
	});
	await until(() => told.length > 0, { what: 'it is told' });
	assert.equal(told.length, 1, told.join('\n'));
	assert.match(told[0]!, /ended after 500ms/);
	hooks.close();
});

function isThere(pid: number): boolean {
	try {
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
}

for (const [command, words] of [
	['exit 3', /exit code 3/],
	['/nonexistent/pager', /exit code 127/],
] as const)
	test(`${command} is said once`, async () => {
		const { hooks, told } = hooksTo(command);
		hooks.onState(state([finding('a'), finding('b')]));
		await until(() => told.length > 0, { what: 'it is told' });
		assert.match(told[0]!, words);
		hooks.close();
	});

test('by severity and id; one that becomes critical begins for who wants those', async () => {
	const file = path.join(folder, 'which');
	const { hooks } = hooksTo('', {
		hooks: [
			{ command: `sed s/^/crit/ >>${file}`, severity: 'crit' },
			{ command: `sed s/^/own/ >>${file}`, ids: ['b'] },
		],
	});
	hooks.onState(state([finding('a'), finding('b')]));
	hooks.onState(state([finding('a', 'crit'), finding('b')]));
	hooks.onState(state([finding('b')]));
	hooks.onState(state([]));
	await until(() => linesOf(file).length === 4, { what: 'four ran' });
	const seen = linesOf(file).map(line => {
		const brace = line.indexOf('{');
		return `${line.slice(0, brace)} ${JSON.parse(line.slice(brace)).status}`;
	});
	assert.deepEqual(seen, ['own begun', 'crit begun', 'crit over', 'own over']);
	hooks.close();
});

test('one waits for the next second, and no more than so many wait', async () => {
	const file = path.join(folder, 'gap');
	const { hooks, told } = hooksTo(`cat >>${file}`, {
		now: () => 0,
		gapMilliseconds: 3_600_000,
		mostWaiting: 3,
	});
	hooks.onState(state(['a', 'b', 'c', 'd', 'e'].map(id => finding(id))));
	await until(() => linesOf(file).length === 1, { what: 'the first ran' });
	assert.match(told.join(), /cannot keep up: 3 are waiting/);
	hooks.onState(state([]));
	assert.equal(linesOf(file).length, 1);
	hooks.close();
});

test('passwords of the environment are not handed on', async () => {
	const file = path.join(folder, 'env');
	process.env.REDISCLI_AUTH = 'secret';
	const { hooks } = hooksTo(`env >${file}.part; mv ${file}.part ${file}`);
	hooks.onState(state([finding('a')]));
	await until(() => existsSync(file), { what: 'it ran' });
	delete process.env.REDISCLI_AUTH;
	assert.ok(!readFileSync(file, 'utf8').includes('secret'));
	hooks.close();
});

test('where no file is left for pipes a hook and a tunnel fail with the reason, and nothing else does', () => {
	const script = `
		import { openSync } from 'node:fs';
		import { openHooks } from './source/modes/hooks.ts';
		import { openVia } from './source/redis/via.ts';
		const finding = { id: 'a', severity: 'warn', since: 0, text: 'a' };
		const hooks = openHooks({
			hooks: [{ command: 'true' }],
			now: () => 0,
			toDate: () => '',
			tell: text => console.log(text),
		});
		try { for (;;) openSync('/dev/null'); } catch {}
		hooks.onState({ at: 0, fleets: [{ name: 'shop', now: { findings: [finding] } }] });
		const stream = openVia('cat', { host: 'a', port: 1 }, undefined);
		stream.write('PING');
		stream.on('error', error => console.log(error.code));
	`;
	const said = execFileSync(
		'/bin/sh',
		[
			'-c',
			'ulimit -n 100; exec "$@"',
			'sh',
			process.execPath,
			'--import',
			'tsx',
			'--input-type=module',
			'-e',
			script,
		],
		{ encoding: 'utf8' },
	);
	assert.match(said, /^hook true: spawn .*EMFILE/m);
	assert.match(said, /^EMFILE$/m);
});
