// Replication of real primaries and replicas: caught up, within a sync of each kind, and the arithmetic of the backlog.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ReplicationReading, replicationStateOf } from '../../../source/core/node/replication-state.ts';
import { parseInfo, parseInfoDetails } from '../../../source/core/parse/parse-info.ts';
import { often } from '../../lane.ts';
import { captures, captureText } from '../captures.ts';
import { nodeVersions } from '../node-captures.ts';

const readingIn = (text: string, bytesPerSecond?: number): ReplicationReading => ({
	info: parseInfo(text),
	details: parseInfoDetails(text),
	bytesPerSecond,
});
const captured = (path: string) => readingIn(captureText(path));

for (const version of nodeVersions) {
	const primary = captured(`${version}/node/info-2.resp2`);
	const replica = captured(`${version}/node/replica-info.resp2`);

	test(`${version}: a replica that is well`, () => {
		const { role, link, replicas, backlog } = replicationStateOf(replica, primary);
		assert.equal(role, 'replica');
		assert.deepEqual(replicas, []);
		assert.equal(link!.isUp, true);
		assert.equal(link!.sync, undefined);
		assert.ok(link!.lastIoSeconds! < 10);
		// The replica was asked a moment after the primary.
		assert.deepEqual(link!.lag, { bytes: 0, seconds: 0 });
		const size = primary.info.backlogBytes!;
		assert.deepEqual(link!.reconnect, { answer: 'partial', headroomBytes: size, headroomSeconds: undefined });
		assert.ok(backlog!.sizeBytes >= 1024 ** 2 && backlog!.heldBytes! > 0);
	});

	test(`${version}: its primary: nothing is said of a replica that has not acknowledged anything`, () => {
		const [line] = primary.info.replicas!;
		const { role, link, replicas, resyncs } = replicationStateOf(primary);
		assert.equal(role, 'primary');
		assert.equal(link, undefined);
		assert.equal(replicas.length, 1);
		assert.deepEqual(resyncs, { full: 1, partial: 0, refused: 0 });
		const [only] = replicas;
		assert.equal(only!.address, replica.info.port ? `127.0.0.1:${replica.info.port}` : '');
		assert.equal(only!.state, 'online');
		const lag = line!.offset ? primary.info.replicationOffset! - line!.offset : undefined;
		assert.equal(only!.lag?.bytes, lag);
		assert.equal(only!.reconnect.answer, lag === undefined ? 'unknown' : 'partial');
	});
}

test('a replica that is watched as well is as far behind as it says itself, not as its last acknowledgement', () => {
	const primary = captured('redis-7.0.15/standalone/info-everything.txt');
	const end = primary.info.replicationOffset!;
	const replicaAt = (offset: number | undefined) =>
		replicationStateOf({ ...primary, bytesPerSecond: 1000 }, undefined, () => offset).replicas[0]!;
	assert.deepEqual(replicaAt(end).lag, { bytes: 0, seconds: 0 });
	assert.deepEqual(replicaAt(end - 5).lag, { bytes: 5, seconds: 0.005 });
	assert.equal(replicaAt(end).reconnect.headroomBytes, primary.info.backlogBytes);
	assert.equal(replicaAt(undefined).lag?.bytes, 797);
});

test('a primary with a replica that acknowledges: bytes behind, and what may still be written', () => {
	const primary = captured('redis-7.0.15/standalone/info-everything.txt');
	const state = replicationStateOf({ ...primary, bytesPerSecond: 1000 });
	assert.deepEqual(state.replicas, [
		{
			address: '127.0.0.1:7101',
			state: 'online',
			lag: { bytes: 797, seconds: 0.797 },
			ackSeconds: 1,
			reconnect: { answer: 'partial', headroomBytes: 1_047_779, headroomSeconds: 1047.779 },
		},
	]);
	assert.deepEqual(state.backlog, {
		sizeBytes: 1_048_576,
		heldBytes: 1_056_723,
		coversSeconds: 1048.576,
	});
});

test('a full sync from a file has an end, one without does not', () => {
	const kinds = captures(/node\/replica-info-syncing-.*\.resp2$/);
	assert.ok(kinds.length >= 9);
	for (const path of kinds) {
		const { link } = replicationStateOf(
			captured(path),
			captured(path.replace('replica-info-syncing', 'info-sending')),
		);
		assert.equal(link!.isUp, false, path);
		assert.equal(link!.lag, undefined, path);
		assert.deepEqual(link!.reconnect, { answer: 'unknown' }, path);
		assert.equal(link!.sync!.idleSeconds, 0, path);
		// 6.0 tells neither what was read nor the total, and when the link was never up the time since 1970.
		assert.equal(link!.downSeconds, undefined, path);
		assert.equal(link!.lastIoSeconds, undefined, path);
		const isTold = !path.startsWith('redis-6');
		const hasTotal = isTold && path.includes('-file');
		assert.equal(link!.sync!.readBytes! > 0, isTold, path);
		assert.equal(link!.sync!.totalBytes! > 3_000_000, hasTotal, path);
		const share = link!.sync!.share;
		assert.equal(share !== undefined && share > 0 && share < 1, hasTotal, path);
	}
	const { link } = replicationStateOf(captured('redis-7.0.15/node/replica-info-syncing-file.resp2'));
	assert.deepEqual(link!.sync, {
		share: 2_670_592 / 3_157_956,
		readBytes: 2_670_592,
		totalBytes: 3_157_956,
		idleSeconds: 0,
	});
});

const id = (digit: string) => digit.repeat(40);
const primaryText = (more: Readonly<Record<string, string | number>> = {}) =>
	Object.entries({
		role: 'master',
		master_replid: id('a'),
		master_replid2: id('b'),
		second_repl_offset: 500,
		master_repl_offset: 10_000,
		repl_backlog_active: 1,
		repl_backlog_size: 4000,
		repl_backlog_first_byte_offset: 6001,
		repl_backlog_histlen: 4000,
		...more,
	})
		.map(([name, value]) => `${name}:${value}\r\n`)
		.join('');
const replicaAt = (offset: number, history = id('a')): ReplicationReading => ({
	info: { role: 'replica', isLinkUp: true, replicaOffset: offset, replicationId: history },
});

test('a reconnect is partial while the next byte is in the backlog', () => {
	const reconnect = (offset: number, history?: string, more?: Readonly<Record<string, string | number>>) =>
		replicationStateOf(replicaAt(offset, history), readingIn(primaryText(more), 100)).link!.reconnect;
	assert.deepEqual(reconnect(9900), { answer: 'partial', headroomBytes: 3900, headroomSeconds: 39 });
	assert.deepEqual(reconnect(6000), { answer: 'partial', headroomBytes: 0, headroomSeconds: undefined });
	assert.deepEqual(reconnect(5999), {
		answer: 'full',
		why: 'outrun',
		headroomBytes: -1,
		headroomSeconds: undefined,
	});
	// A backlog that began late has less than its size.
	assert.equal(reconnect(8000, undefined, { repl_backlog_first_byte_offset: 9001 }).why, 'outrun');
	// One that a slow replica keeps beyond its size is gone when that replica is.
	assert.equal(reconnect(5000, undefined, { repl_backlog_first_byte_offset: 4000 }).why, 'outrun');
	const cut = (offset: number) => ({ info: { ...replicaAt(offset).info, isLinkUp: false } });
	const held = readingIn(primaryText({ repl_backlog_first_byte_offset: 4000 }));
	assert.equal(replicationStateOf(cut(3999), held).link!.reconnect.answer, 'partial');
	assert.equal(replicationStateOf(cut(3998), held).link!.reconnect.answer, 'full');
	assert.deepEqual(reconnect(9900, id('c')), { answer: 'full', why: 'other-history' });
	assert.deepEqual(reconnect(9900, id('b')), { answer: 'full', why: 'other-history' });
	assert.deepEqual(reconnect(9900, undefined, { repl_backlog_active: 0 }), {
		answer: 'full',
		why: 'no-backlog',
	});
	// What the primary had as a replica it serves up to where it was promoted.
	const promoted = { second_repl_offset: 9951 };
	assert.equal(reconnect(9950, id('b'), promoted).answer, 'partial');
	assert.equal(reconnect(9951, id('b'), promoted).answer, 'full');
	assert.equal(replicationStateOf(replicaAt(9900)).link!.reconnect.answer, 'unknown');
});

test('a link that is down, and one that never was up', () => {
	const link = (text: string) =>
		replicationStateOf(readingIn(`role:slave\r\nmaster_link_status:down\r\nuptime_in_seconds:100\r\n${text}`))
			.link!;
	assert.equal(link('master_link_down_since_seconds:40').downSeconds, 40);
	assert.equal(link('master_link_down_since_seconds:1795480362').downSeconds, undefined);
	assert.equal(link('master_link_down_since_seconds:-1').downSeconds, undefined);
});

test('seconds behind need a rate', () => {
	const lag = (bytesPerSecond?: number) =>
		replicationStateOf(replicaAt(9900), readingIn(primaryText(), bytesPerSecond)).link!.lag;
	assert.deepEqual(lag(50), { bytes: 100, seconds: 2 });
	assert.deepEqual(lag(0), { bytes: 100, seconds: undefined });
	assert.deepEqual(lag(), { bytes: 100, seconds: undefined });
});

const number = fc.oneof(fc.nat(20_000), fc.constantFrom(-1, 2 ** 53, 'x', ''));
const anyInfo = fc.record(
	{
		role: fc.constantFrom('master', 'slave', 'x'),
		master_replid: fc.constantFrom(id('a'), id('b'), 'x', ''),
		master_replid2: fc.constantFrom(id('a'), id('b'), id('0'), 'x\x1b'),
		master_repl_offset: number,
		slave_repl_offset: number,
		repl_backlog_active: number,
		repl_backlog_size: number,
		repl_backlog_first_byte_offset: number,
		master_sync_in_progress: number,
		master_sync_total_bytes: number,
		master_sync_left_bytes: number,
		slave0: fc.constantFrom('ip=a,port=1,state=online,offset=5,lag=0', 'ip=a,port=1,state=x', 'y'),
	},
	{ requiredKeys: [] },
);
const textOf = (fields: object) =>
	Object.entries(fields)
		.map(([name, value]) => `${name}:${value}\r\n`)
		.join('');

test('any INFO: nothing throws, no lag is negative, every answer has its reason', () => {
	const any = fc.oneof(anyInfo.map(textOf), fc.string({ unit: 'binary' }));
	fc.assert(
		fc.property(any, any, fc.option(fc.nat(1000), { nil: undefined }), (a, b, rate) => {
			const state = replicationStateOf(readingIn(a, rate), readingIn(b, rate));
			const each = [...state.replicas, ...(state.link ? [state.link] : [])];
			for (const { lag, reconnect } of each) {
				assert.ok(lag === undefined || (lag.bytes >= 0 && (lag.seconds ?? 0) >= 0), 'no negative lag');
				if (reconnect.answer === 'partial')
					assert.ok(reconnect.headroomBytes !== undefined, 'partial says its room');
				if (reconnect.answer === 'full') assert.ok(reconnect.why, 'full says why');
			}
			const share = state.link?.sync?.share;
			assert.ok(share === undefined || (share >= 0 && share <= 1), 'a share');
		}),
		{ numRuns: often(100, 500) },
	);
});
