// Replies as they come in pieces: the same whatever the pieces are, and nonsense is told once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Reply } from '../../source/core/types.ts';
import { replyReader } from '../../source/redis/reply-reader.ts';

const sent =
	'+OK\r\n-ERR no such thing\r\n:42\r\n:-7\r\n$5\r\nhello\r\n$0\r\n\r\n$-1\r\n*0\r\n*-1\r\n' +
	'$8\r\na\r\nb\r\n\xffz\r\n*3\r\n$1\r\n0\r\n*2\r\n$3\r\nkey\r\n$4\r\nkey2\r\n:1\r\n+end\r\n';
const replies: readonly Reply[] = [
	...['OK', { error: 'ERR no such thing' }, 42, -7, 'hello', '', null, [], null],
	...['a\r\nb\r\n\xffz', ['0', ['key', 'key2'], 1], 'end'],
];

function read(chunks: readonly string[]): { told: Reply[]; nonsense: number } {
	const told: Reply[] = [];
	let nonsense = 0;
	const take = replyReader(
		reply => told.push(reply),
		() => nonsense++,
	);
	for (const chunk of chunks) take(Buffer.from(chunk, 'latin1'));
	return { told, nonsense };
}

test('all at once, byte by byte, and cut in two anywhere', () => {
	assert.deepEqual(read([sent]), { told: replies, nonsense: 0 });
	assert.deepEqual(read([...sent]), { told: replies, nonsense: 0 });
	for (let at = 1; at < sent.length; at++)
		assert.deepEqual(read([sent.slice(0, at), sent.slice(at)]).told, replies, `cut at ${at}`);
});

test('in any pieces', () => {
	fc.assert(
		fc.property(fc.array(fc.nat(sent.length), { maxLength: 12 }), cuts => {
			const ends = [...cuts.sort((a, b) => a - b), sent.length];
			const chunks = ends.map((end, index) => sent.slice(index === 0 ? 0 : ends[index - 1], end));
			assert.deepEqual(read(chunks).told, replies);
		}),
	);
});

test('what is no reply is told once, and nothing is read behind it', () => {
	for (const nonsense of ['HTTP/1.1 400 Bad Request\r\n', '$5x\r\n', '*1\r\n'.repeat(9), ':1x\r\n'])
		assert.deepEqual(read(['+OK\r\n', nonsense, '+OK\r\n', nonsense]), { told: ['OK'], nonsense: 1 });
});
