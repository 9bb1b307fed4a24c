// What a scan promises about itself, measured on real servers: how many hits it adds and that it counts them rightly,
// that shares from the sample are within three points, that a screen which asks it every second changes nothing, and
// that redis-top's own figures of the servers stay those of the others' traffic.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { BigKey, BigKeysResult, PatternGroup } from '../../source/core/keys/big-keys.ts';
import { scanFleet } from '../../source/redis/big-keys/scan-fleet.ts';
import { often } from '../lane.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { fillMixed, mixedKey } from './fill.ts';
import { scanned, targetOf, usual } from './scan.ts';

const keys = often(20_000, 60_000);

const hitsOf = async (node: RunningServer) => Number((await node.info('stats')).keyspace_hits);

/** Keys of each pattern of `fillMixed`, and how many of them have no TTL. */
function truth(): Map<string, { keys: number; without: number }> {
	const patterns = new Map<string, { keys: number; without: number }>();
	for (let n = 0; n < keys; n++) {
		const { pattern, hasTtl } = mixedKey(n);
		const sums = patterns.get(pattern) ?? { keys: 0, without: 0 };
		patterns.set(pattern, sums);
		sums.keys++;
		if (!hasTtl) sums.without++;
	}
	return patterns;
}

/** 0 ≤ n < 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

for (const server of await testServers('redis')) {
	describe(`a scan of ${server.name} ${server.version} promises`, () => {
		let node: RunningServer;
		before(async () => {
			node = await startServer(server);
			await fillMixed(node, keys);
		});
		after(() => node.stop());

		test('at most 6,000 hits in a small key space, counted as the server counts; shares within three points', async () => {
			const expected = truth();
			const off: number[] = [];
			const beyond: string[] = [];
			for (let seed = 1; seed <= often(3, 8); seed++) {
				const hitsBefore = await hitsOf(node);
				const result = await scanned([node], { random: randomFrom(seed) });
				assert.equal((await hitsOf(node)) - hitsBefore, result.hitsAdded);
				assert.ok(result.hitsAdded <= 6000, `${result.hitsAdded} hits`);
				for (const { pattern, keys, keysWithoutTtl, margin } of result.patterns) {
					const share = Math.abs(keysWithoutTtl! - expected.get(pattern)!.without) / keys;
					off.push(share);
					if (share > margin!) beyond.push(`${pattern}: off by ${share}, margin ${margin}`);
					assert.ok(share <= 2.5 * margin! + 1e-9, `${pattern}: off by ${share}, margin ${margin}`);
				}
			}
			// A sample: 95 of 100 are within what is said of them, 97 of 100 of the mixed ones within three points. The
			// server's own order of the keys is another each time, so a few may be beyond: of few tries a larger part.
			const within = off.filter(share => share <= 0.03).length / off.length;
			assert.ok(within >= often(0.75, 0.9), `${within} of ${off.length} within three points`);
			assert.ok(beyond.length <= often(0.4, 0.15) * off.length, beyond.join('\n'));
		});

		test('asked every moment while it runs it tells of the listed keys, asks each once, and ends the same', async () => {
			const plain = await scanned([node], { random: randomFrom(5) });
			const asked = await monitored(node, async () => {
				const hitsBefore = await hitsOf(node);
				const scan = scanFleet([targetOf(node)], { ...usual, rate: keys / 2, progressMilliseconds: 50 });
				const seen: BigKeysResult[] = [];
				for await (const { state } of scan) if (state === 'scanning') seen.push(scan.soFar());
				const result = await scan.result;
				assert.equal((await hitsOf(node)) - hitsBefore, result.hitsAdded);
				assert.ok(result.hitsAdded <= 6000, `${result.hitsAdded} hits`);
				// On a slow machine the last look may come when all is read.
				const last = seen.findLast(({ scanned, complete }) => scanned < keys && !complete);
				assert.ok(
					last && seen.length > 2,
					`${seen.length} looks: ${seen.map(({ scanned }) => scanned).join(' ')}`,
				);
				const isKnown = ({ type, encoding, ttlSeconds }: BigKey) =>
					type !== undefined && encoding !== undefined && ttlSeconds !== undefined;
				assert.ok(last.keys.filter(isKnown).length >= 50, `${last.keys.filter(isKnown).length} known`);
				assert.ok(last.patterns.length >= 6);
				// TTLs run on.
				const without = (key: BigKey) => ({ ...key, ttlSeconds: key.ttlSeconds === null });
				assert.deepEqual(result.keys.map(without), plain.keys.map(without));
				assert.deepEqual(result.keysByItems.map(without), plain.keysByItems.map(without));
				const counts = ({ patterns }: BigKeysResult) =>
					new Map(patterns.map(one => [one.pattern, one.keys] as const));
				assert.deepEqual(counts(result), counts(plain));
				// Each scan draws a sample of its own, by which it puts the sums of collections right.
				for (const one of result.patterns) assertAlike(one, plain.patterns);
			});
			const encodings = asked.filter(words => /^object$/i.test(words[0]!)).map(words => words[2]!);
			assert.ok(encodings.length >= 100);
			assert.equal(new Set(encodings).size, encodings.length, 'each key is asked once');
		});
	});
}

const unsaid = 0.005;

/**
 * Two estimates of one sum: no further apart than twice what both say of themselves, which is one in ten thousand. Of
 * less than half a percent they say nothing.
 */
function assertAlike({ pattern, bytes, sizeMargin }: PatternGroup, others: readonly PatternGroup[]): void {
	const other = others.find(each => each.pattern === pattern)!;
	if (sizeMargin === undefined || other.sizeMargin === undefined) return;
	const apart = 2 * Math.hypot(bytes * sizeMargin, other.bytes * other.sizeMargin) + unsaid * bytes;
	assert.ok(Math.abs(bytes - other.bytes) <= apart, `${pattern}: ${bytes} and ${other.bytes}, ${apart}`);
}

/** The words of all commands others send meanwhile. */
async function monitored(node: RunningServer, act: () => Promise<void>): Promise<readonly string[][]> {
	const client = await node.connect().monitor();
	const seen: string[][] = [];
	client.on('monitor', (_time: string, words: string[]) => seen.push(words));
	try {
		await act();
		await node.call('ECHO', 'the-end');
		await until(() => seen.at(-1)?.[1] === 'the-end', { what: 'MONITOR has told all', timeout: 60_000 });
	} finally {
		client.disconnect();
	}
	return seen;
}
