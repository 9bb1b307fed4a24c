// Markers from outside, with the built program: two that run are told apart by what they watch and where they record,
// and what one that was killed left is no third.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { anyServer } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { buildProgram } from '../terminal/built.ts';
import { type Run, runJson, runOnce } from './redis-top.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-top-marks-live-'));
after(() => rmSync(folder, { recursive: true, force: true }));
before(buildProgram);

// What else this user runs is looked for as well, and is none of ours to mark: so no marker is for all.
const env = { XDG_RUNTIME_DIR: folder };
const socketOf = ({ child }: Run) => join(folder, 'redis-top', `${child.pid}.sock`);
const mark = (...args: readonly string[]) => runOnce(['--mark', ...args], env);
const markersIn = (run: Run): readonly string[] =>
	run.objects.flatMap(({ events }) => events).flatMap(({ kind, text }) => (kind === 'marker' ? [text] : []));

test('two run, and one that was killed is none: a marker goes to the one that is named', async () => {
	const server = await anyServer();
	const nodes = [await startServer(server), await startServer(server)] as const;
	const recording = join(folder, 'orders.jsonl.gz');
	const runs = [
		runJson(['-p', String(nodes[0].port)], env),
		runJson(['-p', String(nodes[1].port), '--record', recording], env),
		runJson(['-p', String(nodes[0].port)], env),
	] as const;
	const [one, two, killed] = runs;
	try {
		for (const run of runs) {
			await run.when('a refresh', object => object.nodes.length > 0);
			await until(() => existsSync(socketOf(run)), { what: () => `its socket\n${run.stderr()}` });
		}
		killed.child.kill('SIGKILL');
		await killed.exited;
		assert.ok(existsSync(socketOf(killed)), 'nobody tidied up');

		const unnamed = await mark('v42');
		assert.equal(unnamed.code, 1);
		assert.equal(unnamed.stdout, '');
		assert.match(unnamed.stderr, /several run: name one with --to, or --to all: /);
		for (const words of [
			`${one.child.pid} (${nodes[0].address})`,
			`${two.child.pid} (${nodes[1].address}, records ${recording})`,
		])
			assert.ok(unnamed.stderr.includes(words), unnamed.stderr);
		assert.ok(!unnamed.stderr.includes(String(killed.child.pid)), unnamed.stderr);
		assert.ok(!existsSync(socketOf(killed)), 'what it left is gone');

		const nobody = await mark('v42', '--to', 'staging');
		assert.equal(nobody.code, 1);
		assert.match(nobody.stderr, /--to staging: no such redis-top; there are /);
		for (const [word, name] of [
			['by address', nodes[0].address],
			['by process', String(one.child.pid)],
			['by recording', recording],
			['in the end', String(two.child.pid)],
			['in the end', String(one.child.pid)],
		] as const) {
			const { code, stdout, stderr } = await mark(word, '--to', name);
			assert.equal(code, 0, `${name}: ${stderr}`);
			assert.match(stdout, /^marker set at \d{4}-.*Z in \d+ \(/);
		}
		for (const run of [one, two])
			await until(() => markersIn(run).some(text => text.includes('in the end')), {
				what: 'the last of them',
			});
		const told = (run: Run) =>
			['v42', 'by address', 'by process', 'by recording', 'in the end'].filter(word =>
				markersIn(run).some(text => text.includes(word)),
			);
		assert.deepEqual(told(one), ['by address', 'by process', 'in the end']);
		assert.deepEqual(told(two), ['by recording', 'in the end']);
	} finally {
		for (const run of runs) await run.stop();
		for (const node of nodes) await node.stop();
	}
});
