// What is on the disk of real servers while they save, after they saved, with and without AOF, and what would be lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
	type PersistenceReading,
	persistenceStateOf,
	savePointsIn,
} from '../../../source/core/node/persistence-state.ts';
import { parseInfo, parseInfoDetails } from '../../../source/core/parse/parse-info.ts';
import { often } from '../../lane.ts';
import { captureText, versions } from '../captures.ts';
import { newerVersions, nodeVersions } from '../node-captures.ts';

const at = 1_800_000_000_000;

const readingIn = (text: string, config?: Readonly<Record<string, string>>): PersistenceReading => ({
	info: parseInfo(text),
	details: parseInfoDetails(text),
	config,
	at,
});
const stateOf = (text: string, config?: Readonly<Record<string, string>>) =>
	persistenceStateOf(readingIn(text, config));

for (const version of nodeVersions) {
	test(`${version}: a save under way`, () => {
		const { snapshot, fork, loss } = stateOf(captureText(`${version}/node/info-saving.resp2`), { save: '' });
		assert.ok(snapshot.running!.seconds! >= 0 && snapshot.running!.seconds! < 5);
		assert.equal(snapshot.at, undefined, 'none is complete since the start');
		assert.equal(snapshot.status, 'ok');
		assert.ok(snapshot.changesSince! > 6000);
		assert.ok(fork.microseconds! > 100);
		// 6.0 tells neither progress nor copy-on-write before the end.
		const isTold = version !== 'redis-6.0.16';
		assert.equal(snapshot.running!.share, isTold ? 1 / 6000 : undefined);
		assert.equal(fork.cowNowBytes! > 0, isTold);
		assert.equal(fork.cowNowAgeSeconds, isTold ? 0 : undefined);
		assert.equal(loss.restoresFrom, 'nothing');
		assert.equal(loss.changes, snapshot.changesSince);
	});

	test(`${version}: a save that is complete holds what there was when it began`, () => {
		const text = captureText(`${version}/node/info-saved.resp2`);
		const reading = readingIn(text, { save: '3600 1' });
		const now = version === 'redis-6.0.16' ? reading.info.lastSaveAt! + 500 : reading.at;
		const { snapshot, fork, loss } = persistenceStateOf({ ...reading, at: now });
		assert.equal(snapshot.at, reading.info.lastSaveAt);
		assert.ok(snapshot.agoSeconds! >= 0 && snapshot.agoSeconds! < 2, String(snapshot.agoSeconds));
		assert.ok(snapshot.seconds! >= 6);
		assert.equal(snapshot.running, undefined);
		assert.equal(fork.cowNowBytes, undefined);
		assert.ok(fork.cowLastSaveBytes! > 100_000);
		assert.deepEqual(loss, {
			restoresFrom: 'snapshot',
			seconds: snapshot.agoSeconds! + snapshot.seconds!,
			changes: snapshot.changesSince,
			isFailing: false,
		});
		assert.ok(loss.changes! > 20_000, 'written while it saved');
	});
}

for (const version of versions)
	test(`${version}: with AOF the loss is that of its policy`, () => {
		const text = captureText(`${version}/standalone/info-everything.txt`);
		const { aof, loss } = stateOf(text, { save: '', appendfsync: 'everysec' });
		assert.deepEqual([aof.isEnabled, aof.policy, aof.writeStatus], [true, 'everysec', 'ok']);
		assert.ok(aof.sizeBytes! > 50_000_000);
		assert.deepEqual([aof.baseBytes, aof.growth], [0, undefined]);
		assert.deepEqual([aof.delayedFsyncs, aof.pendingFsyncs, aof.isRewriting], [0, 0, false]);
		assert.deepEqual(loss, { restoresFrom: 'aof', seconds: 2, isFailing: false });
		assert.equal(stateOf(text, { appendfsync: 'always' }).loss.seconds, 0);
		assert.equal(stateOf(text, { appendfsync: 'no' }).loss.seconds, undefined);
		assert.deepEqual(stateOf(text).loss, { restoresFrom: 'aof', seconds: undefined, isFailing: false });
	});

test('a save that failed, of every version that was captured', () => {
	for (const version of newerVersions.filter(each => each !== 'valkey-9.1.2')) {
		const text = captureText(`${version}/standalone/misconf.txt`);
		const { snapshot, loss } = stateOf(text.slice(text.indexOf('# Persistence')), { save: '60 1' });
		assert.equal(snapshot.status, 'err', version);
		assert.equal(loss.isFailing, true, version);
	}
});

const text = (fields: Readonly<Record<string, string | number>>) =>
	Object.entries(fields)
		.map(([name, value]) => `${name}:${value}\r\n`)
		.join('');
const started = at / 1000 - 1000;
const plain = {
	uptime_in_seconds: 1000,
	rdb_last_save_time: started,
	rdb_changes_since_last_save: 42,
	rdb_last_bgsave_status: 'ok',
	rdb_last_bgsave_time_sec: -1,
	aof_enabled: 0,
};

test('what would be lost without AOF', () => {
	const loss = (fields: Readonly<Record<string, string | number>>, save?: string) =>
		stateOf(text({ ...plain, ...fields }), save === undefined ? undefined : { save }).loss;
	const failing = { isFailing: false };
	assert.deepEqual(loss({}, ''), { restoresFrom: 'nothing', seconds: 1000, changes: 42, ...failing });
	assert.deepEqual(loss({}, '3600 1'), { restoresFrom: 'snapshot', seconds: 1000, changes: 42, ...failing });
	assert.deepEqual(loss({}), { restoresFrom: 'unknown', seconds: 1000, changes: 42, ...failing });
	// A save by hand counts as well, and what was written while it ran is not in it.
	const saved = { rdb_last_save_time: started + 700, rdb_last_bgsave_time_sec: 8 };
	assert.deepEqual(loss(saved, ''), { restoresFrom: 'snapshot', seconds: 308, changes: 42, ...failing });
	assert.deepEqual(loss({ ...saved, rdb_last_bgsave_status: 'err' }), {
		restoresFrom: 'snapshot',
		seconds: 300,
		changes: 42,
		isFailing: true,
	});
	assert.deepEqual(stateOf('').loss, { restoresFrom: 'unknown', isFailing: false });
	assert.deepEqual(stateOf(text({ aof_enabled: 1, aof_last_write_status: 'err' })).loss, {
		restoresFrom: 'aof',
		seconds: undefined,
		isFailing: true,
	});
});

test('the server`s own clock, where it tells it', () => {
	const serverTime = (at + 50_000) * 1000;
	const fields = { ...plain, rdb_last_save_time: started + 900, server_time_usec: serverTime };
	assert.equal(stateOf(text(fields)).snapshot.agoSeconds, 150);
	const early = { ...plain, rdb_last_save_time: at / 1000 + 3 };
	assert.equal(stateOf(text(early)).snapshot.agoSeconds, 0, 'a clock that is ahead of ours');
});

test('AOF growth, a rewrite, what a fork costs', () => {
	const { aof, fork } = stateOf(
		text({
			...{ aof_enabled: 1, aof_current_size: 300, aof_base_size: 100, aof_rewrite_in_progress: 1 },
			...{ aof_current_rewrite_time_sec: 7, aof_last_rewrite_time_sec: 5, aof_last_cow_size: 9 },
			...{ latest_fork_usec: 20_000, used_memory_rss: 1024 ** 3 / 2, current_cow_size: 77 },
		}),
	);
	assert.deepEqual([aof.growth, aof.rewritingSeconds, aof.lastRewriteSeconds], [3, 7, 5]);
	assert.deepEqual(fork, {
		microseconds: 20_000,
		microsecondsPerGigabyte: 40_000,
		cowNowBytes: 77,
		cowNowAgeSeconds: undefined,
		cowLastSaveBytes: undefined,
		cowLastRewriteBytes: 9,
	});
	assert.equal(stateOf(text({ latest_fork_usec: 0, used_memory_rss: 2 ** 30 })).fork.microseconds, undefined);
	assert.equal(
		stateOf(text({ latest_fork_usec: 90, used_memory_rss: 2 ** 20 })).fork.microsecondsPerGigabyte,
		undefined,
	);
});

test('save points', () => {
	assert.deepEqual(savePointsIn('3600 1 300 100'), [
		{ seconds: 3600, changes: 1 },
		{ seconds: 300, changes: 100 },
	]);
	assert.deepEqual(savePointsIn(''), []);
	for (const bad of [undefined, '900', 'a b', '900 1 x', '-1 5']) assert.equal(savePointsIn(bad), undefined);
});

test('a policy that is named like a property of all objects is one that is not known', () => {
	for (const appendfsync of ['valueOf', 'constructor', '__proto__'])
		assert.equal(stateOf('aof_enabled:1\r\n', { appendfsync }).loss.seconds, undefined);
});

test('any INFO and any settings: nothing throws, no time is negative', () => {
	const number = fc.oneof(fc.nat(), fc.constantFrom(-1, 'x', '', 2 ** 60));
	const names = [
		...[
			'rdb_last_save_time',
			'uptime_in_seconds',
			'server_time_usec',
			'rdb_changes_since_last_save',
			'aof_enabled',
		],
		...[
			'rdb_bgsave_in_progress',
			'current_save_keys_processed',
			'current_save_keys_total',
			'latest_fork_usec',
		],
		...['aof_base_size', 'aof_current_size', 'used_memory_rss', 'rdb_last_bgsave_time_sec'],
	];
	const info = fc
		.array(fc.tuple(fc.constantFrom(...names), number))
		.map(pairs => text(Object.fromEntries(pairs)));
	const config = fc.record({ save: fc.string(), appendfsync: fc.string() }, { requiredKeys: [] });
	fc.assert(
		fc.property(fc.oneof(info, fc.string({ unit: 'binary' })), config, (any, settings) => {
			const { snapshot, loss } = stateOf(any, settings);
			for (const value of [snapshot.agoSeconds, loss.seconds, snapshot.running?.share])
				assert.ok(value === undefined || (value >= 0 && Number.isFinite(value)), 'no time before now');
		}),
		{ numRuns: often(100, 500) },
	);
});
