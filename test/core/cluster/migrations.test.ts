// Migrations: the markers of real nodes on every server version, a reshard slot by slot, one broken off in the middle,
// and the atomic ones of Valkey 9.1 and Redis 8.6 (captured).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Migration, SlotCount } from '../../../source/core/cluster/migration-record.ts';
import {
	foldMigrations,
	type MigrationRound,
	type Migrations,
	noMigrations,
} from '../../../source/core/cluster/migrations.ts';
import { findAtomicEvents } from '../../../source/core/findings/events-migrations.ts';
import { parseClusterNodes } from '../../../source/core/parse/parse-cluster.ts';
import { parseMigrations } from '../../../source/core/parse/parse-migrations.ts';
import { rangesOf, rangesText, slotsText } from '../../../source/core/text/slot-words.ts';
import type { Peer, Reply, SlotRange, View } from '../../../source/core/types.ts';
import { peerOf, start } from '../build.ts';
import { capture, captureText, versions } from '../captures.ts';

const viewOf = (peers: readonly Peer[]): View => {
	const myself = peers.find(peer => peer.isMyself)!;
	return { node: myself.address!, cluster: { peers }, peers };
};

/** Rounds a second apart; each is its views and what else was told. */
function fold(
	rounds: readonly (Partial<MigrationRound> & { views: readonly View[]; seconds?: number })[],
): Migrations[] {
	const told: Migrations[] = [];
	let at = start;
	let viewsBefore: readonly View[] = [];
	for (const { seconds = 1, ...round } of rounds) {
		told.push(foldMigrations(told.at(-1) ?? noMigrations, { viewsBefore, ...round, at }));
		viewsBefore = round.views;
		at += seconds * 1000;
	}
	return told;
}

for (const version of versions) {
	const views = ['source', 'dest', 'thirdnode'].map(who =>
		viewOf(parseClusterNodes(captureText(`${version}/cluster/migrating-${who}-cluster-nodes.resp2`))),
	);
	const [source, target, third] = views as [View, View, View];

	test(`${version}: both ends have the marker: a migration that runs`, () => {
		const [told, later] = fold([{ views }, { views }]);
		assert.equal(told?.list.length, 1);
		const migration = told!.list[0]!;
		assert.equal(migration.kind, 'classic');
		assert.deepEqual([migration.source, migration.target], [source.node, target.node]);
		assert.equal(migration.slots.length, 1);
		assert.equal(migration.state, 'moving keys');
		assert.equal(later?.list[0]?.startedAt, start);
		assert.equal(later?.list[0]?.kind, 'classic');
	});

	test(`${version}: a marker at one end alone, for seconds: left open by a reshard that broke off`, () => {
		const unmarked = (view: View) =>
			viewOf(view.peers.map(peer => (peer.isMyself ? { ...peer, importing: [], migrating: [] } : peer)));
		const half = [source, unmarked(target), third];
		const told = fold([1, 2, 3, 4].map(() => ({ views: half })));
		assert.equal(told[0]!.list[0]!.kind, 'classic', 'at first it may be on its way');
		const left = told.at(-1)!.list.filter(each => each.endedAt === undefined);
		assert.equal(left.length, 1);
		assert.equal(left[0]!.kind, 'left-open');
		assert.equal(left[0]!.openAt, 'source');
		assert.match(left[0]!.state, /^open at the source only: a reshard was broken off/);
		const other = fold([1, 2, 3, 4].map(() => ({ views: [unmarked(source), target, third] }))).at(-1)!;
		assert.equal(other.list[0]!.openAt, 'target');
	});

	test(`${version}: the other end does not answer: nothing is said of it`, () => {
		const told = fold([1, 2, 3, 4, 5].map(() => ({ views: [source, third] })));
		assert.equal(told.at(-1)!.list[0]!.kind, 'classic');
	});
}

// ---------------------------------------------------------------------------------------------------------
// A reshard, slot by slot

const border = (at: number, open: boolean): View[] =>
	['a', 'b', 'c'].map(me => {
		const peer = (id: string, slots: SlotRange[], more: Partial<Peer>): Peer =>
			peerOf(id, `${id}:1`, { isMyself: id === me, slots, ...(id === me && more) });
		return viewOf([
			peer('a', [[0, at]], open ? { migrating: [{ slot: at, to: 'b' }] } : {}),
			peer('b', [[at + 1, 12_000]], open ? { importing: [{ slot: at, from: 'a' }] } : {}),
			peer('c', [[12_001, 16_383]], {}),
		]);
	});
const counted = (slot: number, keys: number, second: number): SlotCount => ({
	slot,
	node: 'a:1',
	keys,
	at: start + second * 1000,
});

test('progress: fewer keys left, or another slot open; a count that is seldom made stands until the next', () => {
	const told = fold([
		{ views: border(100, true), counts: [counted(100, 1000, 0)] },
		{ views: border(100, true), seconds: 19 },
		{ views: border(100, true), counts: [counted(100, 1000, 20)] },
		{ views: border(100, true), counts: [counted(100, 999, 21)] },
		{ views: border(100, true), seconds: 60 },
		{ views: border(99, true) },
	]);
	const at = told.map(({ list }) => (list[0]!.progressAt! - start) / 1000);
	assert.deepEqual(at, [0, 0, 0, 21, 21, 82]);
	assert.deepEqual(
		told.map(({ list }) => list[0]!.keysCounted),
		[1000, 1000, 1000, 999, 999, undefined],
	);
});

test('a reshard: keys left, keys a second, time left, slots done, and its end', () => {
	const told = fold([
		{ views: border(100, true), counts: [counted(100, 1000, 0)] },
		{ views: border(100, true), counts: [counted(100, 800, 1)] },
		{ views: border(100, true), counts: [counted(100, 600, 2)] },
		{ views: border(99, false) },
		{ views: border(99, true), counts: [counted(99, 900, 4)] },
		{ views: border(95, true), counts: [counted(95, 500, 5)] },
		{ views: border(94, false) },
		...Array.from({ length: 8 }, () => ({ views: border(94, false) })),
	]);
	assert.deepEqual(
		told.map(({ list }) => list.length),
		told.map(() => 1),
	);
	const [, , third, pause, , sixth] = told.map(({ list }) => list[0]!) as Migration[];
	assert.equal(third!.keysLeft, 600);
	assert.equal(third!.keysPerSecond, 200);
	assert.equal(third!.secondsLeft, 3);
	assert.equal(pause!.state, 'between two slots');
	assert.equal(pause!.endedAt, undefined);
	assert.equal(pause!.slotsDone, 1);
	assert.equal(sixth!.slotsDone, 5);
	assert.deepEqual(sixth!.slots, [[95, 95]]);
	const last = told.at(-1)!.list[0]!;
	assert.equal(last.slotsDone, 6);
	assert.equal(last.endedAt, start + 6000, 'the last slot that changed hands');
	assert.equal(last.startedAt, start);
	assert.equal(last.state, 'ended');
});

test('a marker that a replica kept is named with it, once it is no news on its way', () => {
	const views = border(100, false);
	const replica = viewOf([
		...views[0]!.peers.map(peer => ({ ...peer, isMyself: false })),
		peerOf('r', 'r:1', {
			isMyself: true,
			role: 'replica',
			primaryId: 'a',
			migrating: [{ slot: 100, to: 'b' }],
		}),
	]);
	const told = fold(Array.from({ length: 5 }, () => ({ views: [...views, replica] })));
	assert.deepEqual(told[0]!.list, []);
	const [left, ...more] = told.at(-1)!.list;
	assert.deepEqual(
		[left?.kind, left?.slots, left?.source, left?.openAt, more],
		['left-open', [[100, 100]], 'a:1', undefined, []],
	);
	assert.match(left!.state, /^open at the replica r:1 only/);
	const moving = fold(Array.from({ length: 5 }, () => ({ views: [...border(100, true), replica] })));
	assert.deepEqual(
		moving.at(-1)!.list.map(({ kind }) => kind),
		['classic'],
		'its primary has it, too',
	);
});

test('slots that are gone between two counts: slots a second, and no keys a second that nobody measured', () => {
	const told = fold([
		{ views: border(400, true), counts: [counted(400, 30, 0)] },
		{ views: border(310, true), counts: [counted(310, 30, 1)] },
		{ views: border(220, true), counts: [counted(220, 12, 2)] },
		{ views: border(220, true), counts: [counted(220, 2, 3)] },
	]).map(({ list }) => list[0]!);
	assert.equal(told[0]!.slotsPerSecond, undefined);
	assert.equal(told[1]!.slotsPerSecond, 90);
	assert.equal(told[2]!.slotsPerSecond, 90);
	assert.equal(told[2]!.slotsDone, 180);
	assert.deepEqual(
		[told[2]!.keysLeft, told[2]!.keysPerSecond, told[2]!.secondsLeft],
		[12, undefined, undefined],
	);
	assert.equal(told[3]!.keysPerSecond, 10, 'of the open slot');
});

test('a source that falls silent has not ended its migration', () => {
	const told = fold([
		{ views: border(100, true) },
		...Array.from({ length: 10 }, () => ({ views: border(100, true).slice(2) })),
	]);
	assert.equal(told.at(-1)!.list[0]!.endedAt, undefined);
});

test('no migration: the same value', () => {
	assert.equal(
		foldMigrations(noMigrations, { at: start, views: border(5, false), viewsBefore: border(5, false) }),
		noMigrations,
	);
});

// ---------------------------------------------------------------------------------------------------------
// Atomic

type Told = { readonly at: number; readonly jobs: Reply };

/** `[['name', 'a0f…', 'create_time', 1795452661], …]`, as the capture prints them. */
const jobsIn = (text: string): Reply => JSON.parse(text.replaceAll("'", '"')) as Reply;

function atomicTimeline(): Told[] {
	return capture('valkey-9.1.2/cluster/atomic-slot-migration-timeline.txt')
		.split('\n')
		.flatMap(line => {
			const [, seconds, jobs] = /^([\d.]+)s (?:src|dst) \d+ GETSLOTMIGRATIONS (.*)$/.exec(line) ?? [];
			return jobs ? [{ at: Number(seconds) * 1000, jobs: jobsIn(jobs) }] : [];
		});
}

test('valkey-9.1.2: an atomic migration from the first state to the last, told by both ends', () => {
	const timeline = atomicTimeline();
	assert.ok(timeline.length > 10);
	let migrations = noMigrations;
	const states: string[] = [];
	for (const { at, jobs } of timeline) {
		const atomic = parseMigrations(jobs)!;
		assert.equal(atomic.length, 1);
		migrations = foldMigrations(migrations, { at: start + at, views: [], viewsBefore: [], atomic });
		const state = `${atomic[0]!.side} ${migrations.list[0]!.state}`;
		if (!states.includes(state)) states.push(state);
	}
	assert.deepEqual(states, [
		'source connecting',
		'target receiving the keys',
		'source waiting for a snapshot to begin',
		'source sending the keys',
		'target receiving what is written meanwhile',
		'source done',
		'target done',
	]);
	assert.equal(migrations.list.length, 1);
	const [migration] = migrations.list;
	assert.deepEqual(migration?.slots, [[5461, 5461]]);
	assert.equal(migration?.startedAt, 1_795_452_661_000);
	assert.equal(migration?.endedAt, 1_795_452_662_000);
	assert.equal(migration?.hasFailed, false);
	assert.deepEqual([migration?.slotsDone, migration?.slotsPlanned], [1, 1]);
});

test('valkey-9.1.2: one that was cancelled, one that was done', () => {
	const [, , source, target] = capture('valkey-9.1.2/cluster/asm-cancel.txt').split('\n');
	const told = parseMigrations(jobsIn(source!))!;
	assert.deepEqual(
		told.map(job => [job.text, job.isOver, job.hasFailed]),
		[
			['cancelled', true, true],
			['done', true, false],
		],
	);
	const other = parseMigrations(jobsIn(target!))!;
	assert.match(other[0]!.text, /^failed: Connection lost to source/);
	const { list } = foldMigrations(noMigrations, {
		at: start,
		views: [],
		viewsBefore: [],
		atomic: [...told, ...other],
	});
	assert.equal(list.length, 2);
	assert.ok(list.every(each => each.endedAt !== undefined));
});

const redisJob = (more: readonly Reply[] = []): Reply => [
	...['id', '7003cd8d', 'slots', '0-100 200-210', 'source', 'a6f8', 'dest', '7c5a'],
	...['operation', 'migrate', 'state', 'send-stream', 'last_error', '', 'retries', 0],
	...['create_time', 1_790_405_105_443, 'start_time', 1_790_405_105_500, 'end_time', 0, 'write_pause_ms', 0],
	...more,
];

test('redis 8.4: CLUSTER MIGRATION STATUS, flat and as pairs', () => {
	const flat = redisJob() as readonly Reply[];
	const pairs = flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1]!] as Reply] : []));
	for (const reply of [flat, pairs]) {
		const [job] = parseMigrations([reply])!;
		assert.deepEqual(job, {
			name: '7003cd8d',
			side: 'source',
			source: 'a6f8',
			target: '7c5a',
			slots: [
				[0, 100],
				[200, 210],
			],
			state: 'send-stream',
			text: 'sending what is written meanwhile',
			isOver: false,
			hasFailed: false,
			// Its start_time is that of the last try.
			startedAt: 1_790_405_105_443,
			endedAt: undefined,
			bytesLeft: undefined,
			retries: 0,
			writePauseMilliseconds: undefined,
		});
	}
	const [done] = parseMigrations([
		redisJob(['state', 'completed', 'end_time', 1_790_405_106_000, 'write_pause_ms', 12]),
	])!;
	assert.deepEqual(
		[done!.text, done!.endedAt, done!.writePauseMilliseconds],
		['done', 1_790_405_106_000, 12],
	);
});

/** What redis-cli printed of CLUSTER MIGRATION STATUS ALL: twelve names and values a task. */
function redisTasks(name: string): Reply {
	const lines = captureText(`redis-8.6.3/cluster/${name}.txt`).split('\n');
	const tasks: string[][] = [];
	for (let at = 0; lines[at] === 'id'; at += 24) tasks.push(lines.slice(at, at + 24));
	return tasks;
}
const redisViews = ['source', 'target'].map(who => {
	const peers = parseClusterNodes(captureText(`redis-8.6.3/cluster/nodes-${who}.txt`));
	return viewOf(peers.map(peer => ({ ...peer, address: peer.address?.split('@')[0] })));
});
const redisNow = (...names: readonly string[]) =>
	names.flatMap(name => parseMigrations(redisTasks(`asm-${name}`))!);
const taskAfter = (id: string, ...rounds: readonly (readonly string[])[]) => {
	const told = fold(rounds.map(names => ({ views: redisViews, atomic: redisNow(...names) })));
	return told.map(({ list }) => list.find(each => each.id.startsWith(`atomic ${id}`))!);
};
const running = ['running-source', 'running-target'];
const cancelledThere = ['cancelled-at-source-source', 'cancelled-at-source-target'];
const cancelledHere = ['cancelled-at-target-source', 'cancelled-at-target-target'];

test('redis 8.6: cancelled at its source it goes on, for the target tries again under the same id', () => {
	const [first, then, after] = taskAfter(
		'0e9c5a',
		running,
		['cancelled-at-source-then-target'],
		cancelledThere,
	);
	assert.deepEqual(
		[first!.source, first!.target, first!.slots, first!.endedAt],
		['127.0.0.1:26320', '127.0.0.1:26324', [[300, 301]], undefined],
	);
	assert.equal(first!.state, 'receiving the keys');
	assert.deepEqual([then!.endedAt, then!.hasFailed], [undefined, false]);
	assert.equal(then!.state, 'failed, tries again: RDB channel - Connection is closed');
	assert.deepEqual([after!.endedAt, after!.retries, after!.startedAt], [undefined, 1, first!.startedAt]);
	assert.equal(after!.state, 'receiving the keys, retry 1 after: RDB channel - Connection is closed');
});

test('redis 8.6: who cancelled it at the source is said while the target tries again', () => {
	const [, cancelled] = redisTasks('asm-cancelled-at-source-source') as readonly Reply[];
	const atomic = [...redisNow('cancelled-at-source-then-target'), ...parseMigrations([cancelled!])!];
	const [told] = fold([{ views: redisViews, atomic }]);
	assert.equal(
		told!.list[0]?.state,
		'cancelled by CLUSTER MIGRATION CANCEL at the source, the target tries again',
	);
	assert.equal(told!.list[0]?.endedAt, undefined);
});

test('redis 8.6: cancelled at its target it is over, by whom, and the task at the source is left', () => {
	const [, , over] = taskAfter('0e9c5a', running, cancelledThere, cancelledHere);
	assert.deepEqual([over!.endedAt, over!.hasFailed], [1_796_005_413_902, true]);
	assert.equal(over!.state, 'cancelled by CLUSTER MIGRATION CANCEL at the target');
	assert.equal(over!.leftTask, '0e9c5aeff24eeb8790e80729b186de04240d65dd');
	// Cancelled there too, or gone with a restart of the source: nothing is left.
	const [, freed] = taskAfter('0e9c5a', cancelledHere, ['cancelled-at-target-target']);
	assert.deepEqual([freed!.leftTask, freed!.endedAt], [undefined, over!.endedAt]);
	// Where only the source is heard, it may be tried again.
	const [heard] = taskAfter('0e9c5a', ['cancelled-at-target-source']);
	assert.deepEqual([heard!.endedAt, heard!.leftTask], [undefined, undefined]);
	assert.equal(heard!.state, 'failed: Main and RDB channel clients are disconnected');
});

test('redis 8.6: an atomic migration as events: start, retry, end; what was over before is no news', () => {
	const told = fold(
		[running, cancelledThere, cancelledHere].map(names => ({
			views: redisViews,
			atomic: redisNow(...names),
		})),
	);
	const at = 1_796_005_414_000;
	const events = told.flatMap((now, index) =>
		findAtomicEvents(told[index - 1] ?? noMigrations, now, { since: 1_796_005_400_000, at }),
	);
	assert.deepEqual(
		events.map(({ at: time, kind, severity, text }) => [time, kind, severity, text]),
		[
			[
				1_796_005_411_721,
				'migration-started',
				undefined,
				'migration of slots 300-301 to 127.0.0.1:26324 started',
			],
			[
				at,
				'migration-started',
				'warn',
				'migration of slots 300-301 to 127.0.0.1:26324: receiving the keys, retry 1 after: RDB channel - Connection is closed',
			],
			[
				1_796_005_413_902,
				'migration-ended',
				'warn',
				'migration of slots 300-301 to 127.0.0.1:26324: cancelled by CLUSTER MIGRATION CANCEL at the target, after 2.2s',
			],
		],
	);
});

test('replies of other shapes: no list is no answer, a strange job is passed over', () => {
	assert.equal(
		parseMigrations({ error: "ERR unknown subcommand 'MIGRATION'. Try CLUSTER HELP." }),
		undefined,
	);
	assert.equal(parseMigrations(undefined), undefined);
	assert.deepEqual(parseMigrations([['name', 'x'], 'y', 7, null, redisJob(['slots', '9-5 70000 x'])]), []);
});

test('any replies: never throws, and what is kept is bounded', () => {
	const word = fc.oneof(
		fc.constantFrom(
			'name',
			'id',
			'slots',
			'slot_ranges',
			'0-100',
			'operation',
			'IMPORT',
			'EXPORT',
			'state',
			'success',
		),
		fc.string(),
		fc.integer(),
	);
	const job = fc.array(word, { maxLength: 12 });
	fc.assert(
		fc.property(
			fc.array(fc.tuple(fc.array(job, { maxLength: 5 }), fc.nat(10_000)), { maxLength: 30 }),
			rounds => {
				let migrations = noMigrations;
				let at = start;
				for (const [jobs, later] of rounds) {
					at += later;
					const atomic = parseMigrations([...jobs, redisJob(['id', `j${at}`, 'state', 'failed'])]);
					const counts = [counted(later % 200, later, (at - start) / 1000)];
					migrations = foldMigrations(migrations, {
						at,
						views: border(later % 200, later % 3 > 0),
						viewsBefore: [],
						atomic,
						counts,
					});
					assert.ok(migrations.list.length <= 220 && migrations.counts.length <= 400);
					assert.ok(migrations.list.filter(each => each.endedAt !== undefined).length <= 20);
				}
			},
		),
		{ numRuns: 100 },
	);
});

test('slots in words', () => {
	assert.equal(slotsText([[5461, 10_922]]), 'slots 5461-10922');
	assert.equal(slotsText([[7, 7]]), 'slot 7');
	assert.equal(
		slotsText([
			[0, 1],
			[3, 3],
			[5, 6],
			[8, 8],
			[10, 20],
		]),
		'17 slots (0-1, 3, 5-6 and 2 ranges more)',
	);
	assert.equal(
		rangesText(
			[
				[0, 1],
				[3, 3],
			],
			1,
		),
		'0-1 and 1 range more',
	);
	assert.deepEqual(rangesOf([5, 3, 4, 9, 9]), [
		[3, 5],
		[9, 9],
	]);
});
