// What stays in the scrollback: how long it watched, what it saw, what is still wrong, and each change with its undo.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../source/core/types.ts';
import { farewell } from '../../source/output/farewell.ts';
import type { Change } from '../../source/runbooks/runbook.ts';
import type { ChangeTrack } from '../../source/state/runbook-screen.ts';
import type { State } from '../../source/state/state.ts';
import { calm } from '../view/build-state.ts';

const base = calm();
const withFindings = (findings: readonly Finding[]): State => ({
	...base,
	fleets: base.fleets.map(fleet => ({ ...fleet, events: [], now: { ...fleet.now, findings } })),
});
const finding = (node: string | undefined, severity: 'warn' | 'crit'): Finding => ({
	...{ id: 'memory-high', severity, node, value: 1, limit: 1, since: base.at, text: `trouble of ${node}` },
});
const linesOf = (state: State) =>
	farewell(state, base.at, base.at + 150_000)
		.trimEnd()
		.split('\n');

test('nothing wrong: how long, how many nodes, and that', () => {
	const name = base.fleets[0]!.name;
	assert.deepEqual(linesOf(withFindings([])), [
		`redis-top watched ${name} (6 nodes) for 2m:`,
		'  0 events worth a look, no finding now.',
	]);
});

test('five findings are named, the others counted; one is one', () => {
	const all = Array.from({ length: 8 }, (_, index) => finding(`n${index}:1`, index === 0 ? 'crit' : 'warn'));
	const lines = linesOf(withFindings(all));
	assert.match(lines[1]!, /8 findings now\.$/);
	assert.deepEqual(lines.slice(2), [
		'  !! n0:1 trouble of n0:1',
		...[1, 2, 3, 4].map(index => `  !  n${index}:1 trouble of n${index}:1`),
		'  and 3 more',
	]);
	assert.equal(linesOf(withFindings(all.slice(0, 5))).length, 7);
	assert.match(linesOf(withFindings(all.slice(0, 1)))[1]!, /1 finding now\.$/);
});

test('each change that was sent, with what takes it back; one that was refused needs no undo', () => {
	const change: Change = {
		...{ id: 'maxmemory', title: 't', node: 'a:1', effect: 'e', now: 'n', after: 'a', risk: 'r' },
		...{ lostAtRestart: true, also: [], order: 1, isOffered: true },
		command: ['CONFIG', 'SET', 'maxmemory', '200'],
		undo: ['CONFIG', 'SET', 'maxmemory', '100'],
	};
	const sent: ChangeTrack = { id: 1, fleet: 0, change, sentAt: 0, before: 'b' };
	const changes: readonly ChangeTrack[] = [
		{ ...sent, reply: 'OK', isDone: true },
		{ ...sent, reply: 'ERR no', isDone: false },
		{ ...sent, change: { ...change, undo: undefined } },
	];
	const lines = linesOf({ ...withFindings([]), changes }).slice(2);
	const head = '    1970-01-01T00:00:00Z a:1 CONFIG SET maxmemory 200:';
	assert.deepEqual(lines, [
		'  3 changes were sent:',
		`${head} OK`,
		'      undo on a:1: CONFIG SET maxmemory 100',
		`${head} ERR no`,
		`${head} no reply came`,
		'      undo on a:1: nothing takes it back',
	]);
	assert.equal(linesOf({ ...withFindings([]), changes: changes.slice(0, 1) })[2], '  1 change was sent:');
});
