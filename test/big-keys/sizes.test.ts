// The list of big keys against the truth, on a real server: hashes of which one field in twenty is large, streams and
// zsets. By five elements of each, as MEMORY USAGE takes them by default, none of the hashes was within 5% of its size
// and the first of the list was the wrong key. Reports of the same kind: https://github.com/redis/redis/issues/3638
// (lists a thousand times too large), https://github.com/redis/redis/pull/13783 (lists by uneven nodes).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bigKeysJson, bigKeysText } from '../../source/output/big-keys.ts';
import type { Call } from '../../source/redis/commands.ts';
import { isMeasured, measured } from '../lane.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { fillMixed, send, type Words } from './fill.ts';
import { scanned } from './scan.ts';

const elements = 10_000;
const large = 'x'.repeat(4096);

/** One in twenty is large, in another order in each key. */
const contentOf = (key: number, element: number) =>
	(element * 7919 + key * 104_729) % 20 === 0 ? large : `value ${element}`;

function* collections(): Iterable<Words> {
	for (let key = 0; key < 10; key++) {
		const many = elements + key * 150;
		for (let from = 0; from < many; from += 500) {
			const part = Array.from({ length: Math.min(500, many - from) }, (_, index) => from + index);
			yield ['HSET', `profile:${key}`, ...part.flatMap(at => [`field ${at}`, contentOf(key, at)])];
			if (key >= 5) continue;
			yield ['ZADD', `board:${key}`, ...part.flatMap(at => [at, `${at} ${contentOf(key + 10, at)}`])];
			for (const at of part) yield ['XADD', `events:${key}`, `${at + 1}-0`, 'v', contentOf(key + 20, at)];
		}
	}
}

/**
 * How many elements there is time for is the server's to say, and one that was just filled has little at first; on a
 * slow machine for dozens of scans. Beside other tests some may be left out, and what is said of them is held.
 */
const mostTries = isMeasured ? 100 : 2;

const names = [
	...Array.from({ length: 10 }, (_, key) => `profile:${key}`),
	...Array.from({ length: 5 }, (_, key) => `board:${key}`),
	...Array.from({ length: 5 }, (_, key) => `events:${key}`),
];

for (const server of await testServers('redis'))
	describe(`sizes of big keys on ${server.name} ${server.version}`, () => {
		let node: RunningServer;
		before(async () => {
			node = await startServer(server);
			await fillMixed(node, 20_000);
			assert.equal(await send(node, collections()), 0);
		});
		after(() => node.stop());

		const truth = async () => {
			const client = node.connect();
			const pipeline = client.pipeline();
			for (const name of names) pipeline.call('MEMORY', 'USAGE', name, 'SAMPLES', '0');
			const replies = await pipeline.exec();
			client.disconnect();
			return new Map(names.map((name, index) => [name, Number(replies![index]![1])]));
		};

		for (const isExact of [false, true])
			test(`their order and their sizes are true${isExact ? ', --exact' : ''}`, async () => {
				const sizes = await truth();
				const sent: string[] = [];
				const onSent = (_: string, calls: readonly Call[]) =>
					sent.push(...calls.map(({ words }) => words.join(' ')));
				let result = await scanned([node], { top: 20, isExact, onSent });
				const isAll = () => result.keys.every(({ sizeEstimated }) => sizeEstimated === false);
				for (let tries = 0; tries < mostTries && !isAll(); tries++)
					result = await scanned([node], { top: 20, isExact, onSent });
				measured(() => assert.ok(isAll(), 'all elements are looked at'));
				const wrong = result.keys.filter(({ key, bytes, sizeEstimated, sizeMargin = 1 }) => {
					const margin = sizeEstimated ? sizeMargin * bytes : 0;
					return Math.abs(bytes - sizes.get(key)!) > margin;
				});
				assert.ok(
					wrong.every(({ sizeEstimated }) => sizeEstimated),
					JSON.stringify(wrong),
				);
				// Of a hundred margins 95 hold.
				assert.ok(wrong.length <= 2, JSON.stringify(wrong));
				if (!isAll()) return;
				const wanted = [...sizes].sort((a, b) => b[1] - a[1]).map(([name]) => name);
				assert.deepEqual(
					result.keys.map(({ key }) => key),
					wanted,
				);
				// Never without a bound: what is all of a small collection is a pause of a huge one.
				const samples = sent.flatMap(words => /SAMPLES (\d+)$/.exec(words)?.[1] ?? []).map(Number);
				assert.ok(samples.length > 0 && samples.every(many => many > 0 && many <= 262_144), samples.join());
				assert.ok(!bigKeysText(result).split('\n\n')[1]!.includes('~'), bigKeysText(result));
				const json = bigKeysJson(result) as { keys: { sizeEstimated: boolean }[] };
				assert.ok(json.keys.every(key => key.sizeEstimated === false));
			});

		test('sums hold what they are made of, and their margin holds the truth', async () => {
			// Without processor for the server nothing but the list may have been measured anew: then there is no margin to
			// hold anything, and it is asked again.
			let result = await scanned([node]);
			for (let tries = 0; tries < mostTries && result.sizeMargin === undefined; tries++)
				result = await scanned([node]);
			const client = node.connect();
			let all = 0;
			let cursor = '0';
			do {
				const [next, keys] = await client.scan(cursor, 'COUNT', 1000);
				const pipeline = client.pipeline();
				for (const key of keys) pipeline.call('MEMORY', 'USAGE', key, 'SAMPLES', '0');
				for (const [, bytes] of (await pipeline.exec()) ?? []) all += Number(bytes);
				cursor = next;
			} while (cursor !== '0');
			client.disconnect();
			const off = Math.abs(result.totalBytes - all) / all;
			const says = `${off} off, margin ${result.sizeMargin}`;
			if (result.sizeMargin === undefined) assert.ok(result.sizeEstimated, `sure without a margin: ${says}`);
			else assert.ok(off <= result.sizeMargin + 0.005 && result.sizeMargin < 0.1, says);
			measured(() => assert.ok(result.sizeMargin !== undefined, 'a margin'));
			for (const parts of [result.types, result.patterns, result.databases]) {
				const sum = parts.reduce((total, part) => total + part.bytes, 0);
				assert.ok(Math.abs(sum - result.totalBytes) <= parts.length, `${sum} of ${result.totalBytes}`);
			}
			const hashes = result.types.find(({ type }) => type === 'hash')!;
			const listed = result.keys.filter(({ type }) => type === 'hash');
			assert.ok(listed.reduce((total, key) => total + key.bytes, 0) <= hashes.bytes);
			assert.ok(result.keys[0]!.bytes <= result.totalBytes);
		});
	});
