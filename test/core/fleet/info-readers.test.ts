// The readers of many nodes: none loses its own to another, and those of nodes that have left go.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { infoReaders } from '../../../source/core/fleet/info-readers.ts';
import { parseInfo } from '../../../source/core/parse/parse-info.ts';

test('nodes that are more than have a reader do not take it from each other', () => {
	const readerOf = infoReaders(4);
	const nodes = ['a:1', 'b:1', 'c:1', 'd:1', 'e:1'];
	const first = nodes.map(readerOf);
	assert.equal(first[4], parseInfo);
	for (let round = 0; round < 20; round++) assert.deepEqual(nodes.map(readerOf), first);
	assert.equal(new Set(first).size, 5);
});

test('who has left does not keep its own for ever', () => {
	const readerOf = infoReaders(2);
	readerOf('a:1');
	readerOf('b:1');
	const made = Array.from({ length: 20 }, () => readerOf('c:1'));
	assert.deepEqual(
		made.map(reader => reader === parseInfo),
		[...Array<boolean>(19).fill(true), false],
	);
	assert.equal(readerOf('c:1'), made.at(-1));
});
