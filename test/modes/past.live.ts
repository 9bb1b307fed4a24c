// A recording looked back at, by the built program: --check on trial, the report with its charts, before and after. The
// recording is the demo's own, of a real cluster: a primary was killed at 20:41:58 and came back at 20:42:11.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildIfStale, builtProgram, root } from '../built.ts';

const recording = join(root, 'media/demo.jsonl.gz');
const folder = mkdtempSync(join(tmpdir(), 'redis-top-past-'));

before(() => buildIfStale());
after(() => rmSync(folder, { recursive: true, force: true }));

type Ended = { readonly code: number; readonly out: string; readonly err: string };

const run = (...args: string[]): Promise<Ended> =>
	new Promise(resolve => {
		const env = { ...process.env, TZ: 'UTC' };
		execFile(process.execPath, [builtProgram, ...args], { cwd: folder, env }, (error, out, err) =>
			resolve({ code: error ? Number(error.code) : 0, out, err }),
		);
	});

test('--replay --check: what the limits would have raised, when and for how long; others with other limits', async () => {
	const config = join(folder, 'settings.json');
	writeFileSync(config, JSON.stringify({ thresholds: { 'cpu-high': { warn: 2, crit: 3, hold: 1 } } }));
	const [usual, other] = await Promise.all([
		run('--replay', recording, '--check'),
		run('--config', config, '--replay', recording, '--check', '--json'),
	]);
	assert.equal(usual.code, 2, usual.err);
	assert.match(usual.out, /^CRITICAL 4 findings, 2 critical: 6 nodes, 2026-11-23 20:41:28 to 20:42:27 UTC\n/);
	assert.match(usual.out, /\nCRITICAL unreachable 127\.0\.0\.1:18413: 20:41:58 to 20:42:11, 13s: /);
	assert.match(usual.out, /\nWARNING commands-refused \S+ 20:41:54 to the end, 33s: /);
	assert.doesNotMatch(usual.out, /cpu-high/);
	const { check, rehearsal } = JSON.parse(other.out);
	assert.deepEqual([check.status, check.code, other.code], ['CRITICAL', 2, 2]);
	const raised = rehearsal.raised as { id: string; since: string; until: string | null; seconds: number }[];
	assert.ok(raised.some(({ id }) => id === 'cpu-high'));
	const down = raised.find(({ id }) => id === 'unreachable')!;
	assert.equal(down.since, '2026-11-23T20:41:58.291Z');
	assert.ok(Math.abs(down.seconds - 13) < 0.2);
});

test('--report: findings, failover with its outage, events; charts beside it; written once', async () => {
	const first = await run('--report', recording);
	assert.equal(first.code, 0, first.err);
	const files = first.out.trim().split('\n');
	assert.deepEqual(
		files.slice().sort(),
		readdirSync(folder)
			.filter(name => name.startsWith('demo-report'))
			.sort(),
	);
	const text = readFileSync(join(folder, 'demo-report.md'), 'utf8');
	assert.match(text, /slots unserved 5\.0s/);
	assert.match(
		text,
		/\| 20:41:58\.291 \| 20:42:11\.342 \| 13\.1s \| !! \| 127\.0\.0\.1:18413 \| unreachable/,
	);
	assert.match(text, /\n## Before and after: failover of 127\.0\.0\.1:18413, 20:41:58\.\d+\n/);
	assert.match(text, /`demo\.jsonl\.gz`, 59\.\ds long/);
	// What a promotion led to stands behind it, though one reading told both.
	const told = ['promoted to primary of shard', 'all 16384 slots covered'].map(words => text.indexOf(words));
	assert.ok(told[0]! > 0 && told[0]! < told[1]!, text);
	assert.match(text, /By redis-top:\n\nNothing\.\n/);
	for (const [, name] of text.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)) {
		const chart = readFileSync(join(folder, name!), 'utf8');
		assert.match(chart, /^<svg [\s\S]*<path d="M[\d.]+ [\d.]+L[\s\S]*<\/svg>\n$/);
		assert.doesNotMatch(chart, /NaN|undefined|Infinity/);
	}
	const again = await run('--report', recording);
	assert.deepEqual([again.code, again.out], [1, '']);
	assert.match(again.err, /^redis-top: not written: demo-report\.md is there already/);
});

test('--compare: at a marker by its time of day; what is wrong is said in a line', async () => {
	const [found, none] = await Promise.all([
		run('--compare', recording, '--marker', '20:42:03', '--window', '40s', '--settling', '0s', '--json'),
		run('--compare', recording, '--marker', 'v42'),
	]);
	assert.equal(found.code, 0, found.err);
	const compared = JSON.parse(found.out);
	assert.equal(compared.before.to, compared.marker.at);
	assert.deepEqual(compared.changes, []);
	assert.match(compared.verdict, /too few readings/);
	assert.equal(none.code, 1);
	assert.match(none.err, /^redis-top: --marker v42: the recording has \d+ markers: [^\n]+\n$/);
});
