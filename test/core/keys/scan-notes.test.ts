// What a scan's figures cannot say: each kind in its words, through a recording and back, and as the sentence that
// recordings and files of --cursor had before.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { joinScans } from '../../../source/core/keys/join-scans.ts';
import { scanNoteOf, scanNoteWords } from '../../../source/core/keys/scan-note-words.ts';
import type { ScanNote } from '../../../source/core/keys/scan-notes.ts';
import { readScanFile, writeScanFile } from '../../../source/modes/scan-file.ts';
import { scan as scanKind } from '../../../source/recording/asked/scan-kinds.ts';
import { found } from '../../view/build-keys.ts';

const node = '10.0.0.1:6379';
const said: Readonly<Record<ScanNote['kind'], readonly [note: ScanNote, words: string]>> = {
	'went-on': [
		{ kind: 'went-on', node, keys: 12_000, why: 'connection refused', at: '10.0.0.2:6379' },
		'10.0.0.1:6379 was lost after 12,000 keys (connection refused): read from the beginning at 10.0.0.2:6379, each key counted once',
	],
	emptied: [
		{ kind: 'emptied', node, db: 3, before: 12_000, after: 0 },
		'db3 of 10.0.0.1:6379 held 12,000 keys when it was opened and 0 at the end: what is listed may be gone',
	],
	'slots-moved': [
		{ kind: 'slots-moved', slots: 1 },
		'1 slot moved to another node meanwhile: keys in them may be missing',
	],
	unacknowledged: [
		{ kind: 'unacknowledged', key: 'jobs\x1b', pending: 100_000, groups: 2, entries: 1000 },
		'stream "jobs\\x1b": 100,000 pending entries of 2 groups outweigh its 1,000 entries (XACK is missing)',
	],
	overcounted: [
		{ kind: 'overcounted', key: 'jobs', bytes: 3 * 1024 ** 3 },
		"stream jobs: the server's estimate is 3.0G, more than it can have: pending entries are counted too high",
	],
	'items-not-read': [
		{ kind: 'items-not-read' },
		'items are not read where CLIENT NO-TOUCH cannot be used: HLEN would set the clock of a key',
	],
	repeated: [{ kind: 'repeated', keys: 1204 }, '1,204 names were returned more than once and counted once'],
	gone: [{ kind: 'gone', keys: 31 }, '31 keys were gone before they were sized'],
	astray: [
		{ kind: 'astray', keys: 2 },
		'2 keys moved to another node before they were sized and were not met there',
	],
	told: [{ kind: 'told', text: 'as it was' }, 'as it was'],
};
const notes = Object.values(said).map(([note]) => note);
const sentences = Object.values(said).map(([, words]) => words);

test('each in its words', () => assert.deepEqual(notes.map(scanNoteWords), sentences));

/** As a recording has it; `change` is made to what stands in it. */
function played(change: (packed: { notes: unknown }) => void): readonly ScanNote[] | undefined {
	const into = { pool: [], known: new Map(), infoOf: () => undefined };
	const scan = { id: 1, found: found({ notes }) } as Parameters<typeof scanKind.pack>[0];
	const packed = JSON.parse(JSON.stringify(scanKind.pack(scan, into)));
	change(packed.found);
	return scanKind.unpack(packed, { pool: [], made: new Map(), infoOf: () => undefined }).found?.notes;
}

test('a recording has them as they are', () =>
	assert.deepEqual(
		played(() => {}),
		notes,
	));

test('a recording of before has sentences: they are said again, and that items were not read is known', () => {
	const told = played(packed => {
		packed.notes = sentences;
	});
	assert.deepEqual(told?.map(scanNoteWords), sentences);
	assert.deepEqual(
		told?.filter(({ kind }) => kind !== 'told'),
		[{ kind: 'items-not-read' }],
	);
});

test('what only a newer redis-top says is left out', () => {
	const told = played(packed => {
		packed.notes = [{ kind: 'dreamt' }, 7, { kind: 'gone', keys: 31 }];
	});
	assert.deepEqual(told, [{ kind: 'gone', keys: 31 }]);
});

test('a kept scan is read with its notes, and so is one of before with sentences', () => {
	const folder = mkdtempSync(join(tmpdir(), 'redis-top-notes-'));
	try {
		const path = join(folder, 'scan');
		const kept = () => {
			const read = readScanFile(path);
			assert.ok(read && 'found' in read);
			return read.found.notes;
		};
		assert.equal(writeScanFile(path, { ...found({ notes }), rest: [] }), undefined);
		assert.deepEqual(kept(), notes);
		const before = { ...found(), rest: [], notes: sentences };
		writeFileSync(path, JSON.stringify({ redisTopScan: 1, found: before }));
		assert.deepEqual(kept(), sentences.map(scanNoteOf));
	} finally {
		rmSync(folder, { recursive: true });
	}
});

test('what both parts of a scan say is said once, in the order it came', () => {
	const gone: ScanNote = { kind: 'gone', keys: 31 };
	const moved: ScanNote = { kind: 'slots-moved', slots: 2 };
	const earlier = found({ notes: [scanNoteOf(scanNoteWords(gone)), { kind: 'items-not-read' }] });
	const joined = joinScans(earlier, found({ notes: [moved, gone, { kind: 'items-not-read' }] }), 10);
	assert.deepEqual(joined.notes, [gone, { kind: 'items-not-read' }, moved]);
});
