// What clients do, from two CLIENT LISTs of Redis 8.6 ten seconds apart: four of `app` with 50 GETs a second each, two
// of `reports` with 20 GETs of 20,000 bytes, one `writer` with 300 SETs of 30 bytes. And what no rate can be made of.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupClients } from '../../../source/core/node/client-groups.ts';
import { busiestClients, countersOf, loadsBetween, sumLoads } from '../../../source/core/node/client-load.ts';
import { type Client, parseClientList } from '../../../source/core/parse/parse-client-list.ts';
import { captureText } from '../captures.ts';
import { nodeText } from '../node-captures.ts';

const reading = (number: 1 | 2) => parseClientList(captureText(`redis-8.6.3/node/client-list-${number}.txt`));
const [before, after] = [reading(1), reading(2)];
const milliseconds = 10_016;
const counters = countersOf(before, { at: 0, runId: 'a' })!;
const loads = loadsBetween(counters, after, { at: milliseconds, runId: 'a' })!;

const isNear = (value: number | undefined, expected: number, share = 0.02) =>
	assert.ok(value !== undefined && Math.abs(value / expected - 1) <= share, `${value}, not ${expected}`);

test('commands and bytes a second by name are those of the load', () => {
	const byName = new Map(
		groupClients(after, 'name').map(({ key, members }) => [key, sumLoads(members, loads)]),
	);
	isNear(byName.get('app')?.commandsPerSecond, 200);
	isNear(byName.get('reports')?.commandsPerSecond, 40);
	isNear(byName.get('reports')?.outputPerSecond, 40 * 20_010);
	isNear(byName.get('writer')?.commandsPerSecond, 300);
	// `*3 $3 SET $1 w $30 …` is 57 bytes, its reply `+OK` 5.
	isNear(byName.get('writer')?.inputPerSecond, 300 * 57);
	isNear(byName.get('writer')?.outputPerSecond, 300 * 5);
});

test('the busiest first, by the largest of its shares', () => {
	const busy = busiestClients(after, loads, 3).map(({ client }) => client.name);
	assert.deepEqual(busy, ['writer', 'reports', 'reports']);
});

test('one that came in between did all in that time; one of ours is left out', () => {
	const more = (over: Partial<Client>): Client => ({ ...after[0]!, id: 900, ...over });
	const own = more({ id: 901, name: 'redis-top' });
	const found = loadsBetween(counters, [more({ commandsRun: 20 }), own], { at: 10_000, runId: 'a' })!;
	assert.equal(found.byId.get(900)?.commandsPerSecond, 2);
	assert.equal(found.byId.has(901), false);
});

test('a list that was read late is of the server’s time, unless that was stepped', () => {
	const at = (ours: number, theirs: number) => ({
		at: ours,
		serverAt: 1_796_005_000_000 + theirs,
		runId: 'a',
	});
	const early = countersOf(before, at(0, 0))!;
	assert.equal(loadsBetween(early, after, at(12_000, milliseconds))?.seconds, milliseconds / 1000);
	assert.equal(loadsBetween(early, after, at(milliseconds, 3_600_000))?.seconds, milliseconds / 1000);
});

test('no rate over a restart, without time between, of a counter that fell, or where none is told', () => {
	assert.equal(loadsBetween(counters, after, { at: milliseconds, runId: 'b' }), undefined);
	assert.equal(loadsBetween(counters, after, { at: 0, runId: 'a' }), undefined);
	const fallen = loadsBetween(countersOf(after, { at: 0, runId: 'a' })!, before, { at: 10_000, runId: 'a' })!;
	assert.equal(
		sumLoads(
			before.filter(({ name }) => name !== undefined),
			fallen,
		),
		undefined,
	);
	const older = parseClientList(nodeText('redis-7.0.15', 'client-list', 1));
	assert.equal(countersOf(older, { at: 0, runId: 'a' }), undefined);
	assert.equal(sumLoads(older, undefined), undefined);
	assert.equal(sumLoads([], loads), undefined);
});
