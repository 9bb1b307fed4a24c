// Replies that are read from their bytes: the same as what the reader of all replies makes of them, whatever the pieces are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Reply } from '../../source/core/types.ts';
import { nameAt, nameList, namesOf, packCalls } from '../../source/redis/name-list.ts';
import { createNamesReader, foreign, readNumbers, unfinished } from '../../source/redis/packed-replies.ts';

const names = fc.array(
	fc.string({ unit: fc.nat(255).map(code => String.fromCharCode(code)), maxLength: 300 }),
	{
		maxLength: 30,
	},
);
const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const scanReply = (cursor: string, all: readonly string[]) =>
	Buffer.from(`*2\r\n${bulk(cursor)}*${all.length}\r\n${all.map(bulk).join('')}`, 'latin1');

test('names of SCAN, in any pieces and behind other bytes', () => {
	fc.assert(
		fc.property(names, fc.array(fc.nat(3000), { maxLength: 4 }), fc.nat(9), (all, cuts, before) => {
			const bytes = Buffer.concat([Buffer.alloc(before, ':'), scanReply('4711', all), Buffer.from(':1\r\n')]);
			const reader = createNamesReader();
			const end = bytes.length - 4;
			for (const cut of [...cuts].sort((a, b) => a - b))
				if (cut >= before && cut < end)
					assert.equal(reader.read(bytes.subarray(0, cut), before), unfinished, `${cut}`);
			assert.equal(reader.read(bytes, before), end);
			const { cursor, names: found } = reader.take();
			assert.equal(cursor, '4711');
			assert.deepEqual(namesOf(found), all);
		}),
	);
});

test('what is no list of names is left to the other reader, and the next one is read', () => {
	for (const other of [
		'-NOPERM no\r\n',
		'*3\r\n$1\r\n0\r\n',
		'*2\r\n:0\r\n',
		'*2\r\n$1\r\n0\r\n*1\r\n:5\r\n',
		'$-1\r\n',
	]) {
		const reader = createNamesReader();
		assert.equal(reader.read(Buffer.from(other), 0), foreign, other);
		const next = scanReply('0', ['a']);
		assert.equal(reader.read(next, 0), next.length);
		assert.deepEqual(namesOf(reader.take().names), ['a']);
	}
});

test('numbers are read up to what is whole, to what is something else, to as many as are awaited', () => {
	const read = (text: string, most = 9) => {
		const into: Reply[] = [];
		return [readNumbers(Buffer.from(text), 0, into, most), into];
	};
	assert.deepEqual(read(':1\r\n:-2\r\n:9007199254\r\n'), [22, [1, -2, 9_007_199_254]]);
	assert.deepEqual(read(':1\r\n:2\r'), [4, [1]]);
	assert.deepEqual(read(':1\r\n$-1\r\n'), [4, [1]]);
	assert.deepEqual(read(':1\r\n:2\r\n:3\r\n', 2), [8, [1, 2]]);
	assert.deepEqual(read(':\r\n'), [0, []]);
	assert.deepEqual(read(':12345678901234567890\r\n'), [0, []]);
});

test('packed calls are the words with each name that is wanted, and know where it stands', () => {
	fc.assert(
		fc.property(names, fc.nat(3), (all, nth) => {
			const isWanted = Uint8Array.from(all, (_, index) => (index % 3 === nth ? 0 : 1));
			const packed = packCalls(['MEMORY', 'USAGE'], nameList(all), isWanted);
			const wanted = all.filter((_, index) => index % 3 !== nth);
			assert.deepEqual(namesOf(packed), wanted);
			assert.deepEqual(
				wanted.map((_, index) => nameAt(packed, index)),
				wanted,
			);
			const sent = wanted.map(name => `*3\r\n${['MEMORY', 'USAGE', name].map(bulk).join('')}`).join('');
			assert.equal(packed.bytes.toString('latin1'), sent);
		}),
	);
});
