// What rounds of readings leave on the tape of a node: rates, levels, commands without our own, errors, databases,
// settings that changed. The same reading is counted once, and a node that does not answer adds nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scopeBlocks } from '../../source/core/compare/scope-blocks.ts';
import type { Answer } from './play-fleet.ts';
import { infoText, playFleet } from './play-fleet.ts';

const node = '10.0.0.1:6379';

/** The second of the play; a server that has 100 calls of GET a second, half of them hits. */
function answers(
	second: () => number,
	over: (second: number) => Record<string, string | number> = () => ({}),
) {
	return (): Answer => {
		const now = second();
		const info = infoText({
			run_id: 'a'.repeat(40),
			role: 'master',
			total_commands_processed: 101 * now,
			keyspace_hits: 50 * now,
			keyspace_misses: 50 * now,
			total_connections_received: 2 * now,
			...over(now),
		});
		const text = `${info}\r\n# Errorstats\r\nerrorstat_OOM:count=${3 * now}\r\n# Keyspace\r\ndb0:keys=1000,expires=400,avg_ttl=0\r\n`;
		const stats = `# Commandstats\r\ncmdstat_get:calls=${100 * now},usec=${250 * now},usec_per_call=2.5\r\n`;
		return {
			replies: {
				info: text,
				...(now % 5 === 0 && { 'info commandstats': stats }),
				...(now % 20 === 0 && { 'config get maxmemory': ['maxmemory', now > 40 ? '2' : '1'] }),
			},
		};
	};
}

test('rates, levels, commands, errors and databases, in blocks of five seconds', () => {
	let second = 0;
	const played = playFleet(
		[node],
		answers(() => second),
	);
	for (; second < 70; second++) played.play(1);
	const tapes = played.fleet().tapes!;
	const tape = tapes.get(node)!;
	const last = tape.blocks.at(-1)!;
	const span = { from: last.at - 40_000, to: last.at + 5000 };
	const blocks = scopeBlocks([tape], span, 15);
	const near = (row: readonly (number | undefined)[], wanted: number) => {
		assert.equal(row.length, 3);
		for (const value of row)
			assert.ok(Math.abs((value ?? Number.NaN) - wanted) < 0.03 * wanted, `${row} ${wanted}`);
	};
	near(blocks.sum('figure', 'hits', 'primaries'), 50);
	near(blocks.sum('figure', 'lookups', 'primaries'), 100);
	near(blocks.sum('figure', 'connectionsPerSecond', 'all'), 2);
	near(blocks.sum('figure', 'connectedClients', 'all'), 2);
	near(blocks.sum('keys', '0', 'primaries'), 1000);
	near(blocks.sum('keys-with-ttl', '0', 'primaries'), 400);
	near(blocks.sum('calls', 'get', 'primaries'), 100);
	near(blocks.sum('microseconds', 'get', 'primaries'), 250);
	near(blocks.sum('error', 'OOM', 'all'), 3);
	assert.deepEqual(blocks.sum('calls', 'hgetall', 'primaries'), [0, 0, 0]);
	assert.deepEqual(blocks.sum('figure', 'usedMemoryBytes', 'replicas'), [undefined, undefined, undefined]);
});

test('a node that does not answer adds nothing; a restart ends what was counted', () => {
	let second = 0;
	const up = answers(
		() => second,
		now => ({ run_id: (now < 30 ? 'a' : 'b').repeat(40) }),
	);
	const played = playFleet([node], () => (second >= 20 && second < 30 ? undefined : up()));
	for (; second < 50; second++) played.play(1);
	const tape = played.fleet().tapes!.get(node)!;
	const times = tape.blocks.map(({ at }) => at);
	const holes = times.slice(1).filter((at, index) => at - times[index]! > 5000);
	assert.equal(holes.length, 1);
	for (const { values } of tape.blocks) for (const value of values) assert.ok(!(value < 0), String(value));
});
