// A reply that is longer, has more parts or is nested deeper than its command allows is not read to its end, whatever
// pieces it comes in; what is within its limits passes. Held for both readers of the protocol: ours, and the guard
// before the client library's.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepest, longestLine, longestReply, mostItems } from '../../source/core/reply-limits.ts';
import type { Reply } from '../../source/core/types.ts';
import { guardReplies } from '../../source/redis/reply-guard.ts';
import { replyReader } from '../../source/redis/reply-reader.ts';
import { socketError } from '../../source/redis/socket-error.ts';

type Seen = { readonly problem?: string; readonly taken: number };

/** What one of the two says of these chunks, and how many bytes it took for it. */
type Reader = (chunks: Iterable<string>, feature: string) => Seen;

const guard: Reader = (chunks, feature) => {
	const check = guardReplies(() => feature);
	let taken = 0;
	for (const chunk of chunks) {
		taken += chunk.length;
		const problem = check(Buffer.from(chunk, 'latin1'));
		if (problem) return { problem: socketError(problem, false).text, taken };
	}
	return { taken };
};

const reader: Reader = (chunks, feature) => {
	let problem: Error | undefined;
	const read = replyReader(
		() => {},
		why => {
			problem = why;
		},
		() => feature,
	);
	let taken = 0;
	for (const chunk of chunks) {
		taken += chunk.length;
		read(Buffer.from(chunk, 'latin1'));
		if (problem) return { problem: socketError(problem, false).text, taken };
	}
	return { taken };
};

const readers = { guard, reader };
const chunkBytes = 65_536;

/** So many chunks of it. */
function* forever(begin: string, piece: string, times = 100_000): Generator<string> {
	yield begin;
	const chunk = piece.repeat(Math.ceil(chunkBytes / piece.length));
	for (let index = 0; index < times; index++) yield chunk;
}

/** As a socket gives it. */
function* inChunks(text: string): Generator<string> {
	for (let at = 0; at < text.length; at += chunkBytes) yield text.slice(at, at + chunkBytes);
}

for (const [name, read] of Object.entries(readers)) {
	test(`${name}: what never ends is left at its limit`, () => {
		const line = read(forever('+', 'a'), 'ping');
		assert.equal(line.problem, 'the answer to PING has a line without end: not read on');
		assert.ok(line.taken < longestLine + 3 * chunkBytes);
		const error = read(forever('-ERR ', 'a'), 'info');
		assert.equal(error.problem, 'the answer to INFO has a line without end: not read on');
		const bulk = read(forever('$99999999999\r\n', 'a'), 'info');
		assert.equal(bulk.problem, 'the answer to INFO is longer than 4.0M: not read on');
		assert.ok(bulk.taken < 100, 'as soon as it is announced');
		const array = read(forever('*30000\r\n', '$5\r\nhello\r\n', 6), 'config get');
		assert.equal(array.problem, undefined, 'it is whole before');
		const endless = read(forever('*200000\r\n', `$1000\r\n${'x'.repeat(1000)}\r\n`), 'config get');
		assert.equal(endless.problem, 'the answer to CONFIG GET is longer than 16.0M: not read on');
		assert.ok(endless.taken <= longestReply('config get') + 3 * chunkBytes, `${endless.taken}`);
		const items = read(forever('*2000001\r\n', ':1\r\n'), 'slowlog get');
		assert.equal(items.problem, 'the answer to SLOWLOG GET has more than 250k parts: not read on');
		assert.ok(items.taken < 100);
	});

	test(`${name}: two million arrays within each other`, () => {
		const seen = read(inChunks('*1\r\n'.repeat(2_000_000)), 'latency histogram');
		assert.equal(seen.problem, 'the answer to LATENCY HISTOGRAM is nested more than 8 deep: not read on');
		assert.ok(seen.taken <= chunkBytes);
		assert.equal(read([`${'*1\r\n'.repeat(deepest)}:1\r\n`], 'x').problem, undefined);
		assert.ok(read([`${'*2\r\n:1\r\n'.repeat(deepest + 1)}`], 'x').problem);
	});

	test(`${name}: parts are counted over the whole of a reply, and anew for the next`, () => {
		const many = `*2\r\n*${mostItems('x') - 2}\r\n${':1\r\n'.repeat(mostItems('x') - 2)}`;
		assert.equal(read(inChunks(`${many}:1\r\n${many}:1\r\n`), 'x').problem, undefined);
		assert.match(read(inChunks(`${many}*1\r\n:1\r\n`), 'x').problem ?? '', /more than 250k parts/);
	});

	test(`${name}: what is within its limit passes, by kind of command`, () => {
		const bulk = (length: number) => inChunks(`$${length}\r\n${'n'.repeat(length)}\r\n+OK\r\n`);
		for (const feature of ['info', 'info commandstats', 'ping'])
			assert.equal(read(bulk(longestReply(feature) - 1_000_000), feature).problem, undefined, feature);
		assert.match(read(bulk(50_000_000), 'info keysizes').problem ?? '', /INFO KEYSIZES is longer than 4/);
		assert.equal(read(bulk(20_000_000), 'scan').problem, undefined);
	});
}

const anyReply = fc.letrec<{ reply: string }>(tie => ({
	reply: fc.oneof(
		{ maxDepth: 4 },
		fc.constantFrom('+OK\r\n', '-ERR x\r\n', ':-7\r\n', '$-1\r\n', '*-1\r\n', '*0\r\n', '$0\r\n\r\n'),
		fc.string({ unit: 'binary', maxLength: 30 }).map(text => {
			const bytes = Buffer.from(text);
			return `$${bytes.length}\r\n${bytes.toString('latin1')}\r\n`;
		}),
		fc.array(tie('reply'), { maxLength: 4 }).map(items => `*${items.length}\r\n${items.join('')}`),
	),
})).reply;

test('replies of any form pass the guard in any pieces, and it knows which of them it is at', () => {
	fc.assert(
		fc.property(
			fc.array(anyReply, { maxLength: 8 }),
			fc.array(fc.nat(12), { minLength: 1 }),
			(replies, sizes) => {
				const text = replies.join('');
				const asked: number[] = [];
				let whole = 0;
				const check = guardReplies(since => {
					asked.push(whole + since);
					return 'x';
				});
				const read: Reply[] = [];
				const take = replyReader(
					reply => read.push(reply),
					() => assert.fail('no nonsense'),
				);
				for (let at = 0, index = 0; at < text.length; index++) {
					const chunk = Buffer.from(text.slice(at, at + 1 + sizes[index % sizes.length]!), 'latin1');
					assert.equal(check(chunk), undefined);
					take(chunk);
					// As the library's queue: what was read is no longer in it.
					whole = read.length;
					at += chunk.length;
				}
				assert.equal(read.length, replies.length);
				assert.ok(asked.every(index => index <= replies.length));
				assert.deepEqual(
					asked,
					asked.toSorted((a, b) => a - b),
				);
			},
		),
	);
});

test('types of another protocol end the connection, and what is no protocol is left to the library', () => {
	assert.match(guard(['%1\r\n'], 'x').problem ?? '', /not Redis protocol/);
	assert.equal(guard(['HTTP/1.1 400 Bad Request\r\n'], 'x').problem, undefined);
});

test('a limit that was set holds for its kind alone, and the words tell it', () => {
	const set = { 'cluster nodes': 1024, info: 50_000_000 };
	const seen = (feature: string, length: number) => {
		const told = guardReplies(() => feature, set)(Buffer.from(`$${length}\r\n`));
		let read: Error | undefined;
		const take = replyReader(
			() => {},
			why => {
				read = why;
			},
			() => feature,
			set,
		);
		take(Buffer.from(`$${length}\r\n`));
		assert.equal(read?.message, told?.message);
		return told?.message;
	};
	assert.equal(seen('cluster nodes', 2000), 'the answer to CLUSTER NODES is longer than 1.0K: not read on');
	assert.equal(seen('cluster nodes', 1000), undefined);
	assert.equal(seen('info commandstats', 40_000_000), undefined);
	assert.equal(
		seen('slowlog get', 20_000_000),
		'the answer to SLOWLOG GET is longer than 16.0M: not read on',
	);
});
