// A primary that came back without its keys, and keys that are gone at once: what is said at the first reading, for how
// long, and what explains it away. From public reports: a primary without persistence that is started again before the
// Sentinels act (redis/redis#1297, #2087), a new pod with an empty volume within down-after (apecloud/kubeblocks#10753),
// one that finds an old file of a disk-backed sync and comes back with few keys (redis/redis#6434), FLUSHALL by somebody
// who is looked for with commandstats and CLIENT LIST (redis/redis#3150, #9060).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
	comebackOf,
	judge,
	keepComebacks,
	markSeen,
	noHolds,
	renameHolds,
} from '../../../source/core/findings/findings.ts';
import { parseClientList } from '../../../source/core/parse/parse-client-list.ts';
import { parseInfo } from '../../../source/core/parse/parse-info.ts';
import { defaultLimits } from '../../../source/core/thresholds.ts';
import type { Fleet, Info, NodeTrack, RedisNode } from '../../../source/core/types.ts';
import {
	agreementOf,
	fleetOf,
	judgeRounds,
	megabyte,
	noOwn,
	type Round,
	start,
	trackOf,
	tracksOf,
} from '../build.ts';
import { captureText } from '../captures.ts';

const primary = '10.0.0.1:6379';
const replica = '10.0.0.2:6379';

const keysOf = (keys: number, expires = 0, avgTtlMilliseconds?: number): Info => ({
	databases: keys === 0 ? [] : [{ db: 0, keys, expires, avgTtlMilliseconds }],
});

type Moment = {
	readonly primary?: Info;
	readonly replica?: Info;
	readonly seconds?: number;
	readonly fleet?: Partial<Fleet>;
	readonly rows?: Readonly<Record<string, Partial<RedisNode>>>;
	readonly track?: Partial<NodeTrack>;
};

/** A primary and its replica; what is not said of them is a calm 1,000 keys. */
function round({ primary: above = {}, replica: below, seconds, fleet, rows, track }: Moment): Round {
	const tracks = tracksOf(
		trackOf(primary, { ...keysOf(1000), ...above }, { config: diskless, ...track }),
		...(below
			? [trackOf(replica, { role: 'replica', isLinkUp: true, runId: 'r', ...keysOf(1000), ...below })]
			: []),
	);
	return { tracks, fleet: fleetOf(tracks, fleet, { [replica]: { primary }, ...rows }), seconds };
}

const diskless = { 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': '5' };
const broken: Info = { isLinkUp: false, linkDownSeconds: 1 };
const before = round({ replica: {} });
const backEmpty = (more: Info = {}): Info => ({ runId: 'b', uptimeSeconds: 1, ...keysOf(0), ...more });

const findings = (rounds: readonly Round[]) =>
	judgeRounds(rounds).map(({ findings: found }) =>
		found.filter(({ id }) => id === 'came-back-empty' || id === 'keys-lost'),
	);
const texts = (rounds: readonly Round[]) =>
	findings(rounds).map(found => found.map(({ id, text }) => `${id}: ${text}`));

test('a primary back without keys is critical at its first reading, with the command and the time left', () => {
	const [, found] = findings([before, round({ primary: backEmpty(), replica: broken })]);
	assert.equal(found?.length, 1);
	const { id, severity, node, value, limit, text } = found![0]!;
	assert.deepEqual(
		{ id, severity, node, value, limit },
		{ ...{ id: 'came-back-empty', severity: 'crit' }, ...{ node: primary, value: 0, limit: 0.5 } },
	);
	assert.equal(text, `back with 0 of 1.0k keys, ~5s left: REPLICAOF NO ONE on ${replica} saves 1.0k`);
});

// Dragonfly tells no run id.
test('without run ids a restart is told by its uptime, that went back or has not grown with the time', () => {
	const none: Info = { runId: undefined };
	const calm = (uptimeSeconds: number, seconds = 1) =>
		round({ primary: { ...none, uptimeSeconds }, replica: none, seconds });
	const back = round({ primary: backEmpty({ ...none, uptimeSeconds: 2 }), replica: { ...none, ...broken } });
	const [, found] = findings([calm(500), back]);
	assert.deepEqual(
		found?.map(({ id, text }) => `${id} ${text.slice(0, 25)}`),
		['came-back-empty back with 0 of 1.0k keys,'],
	);
	// It was up for a second only when it was killed, and away for ten.
	const young = [calm(1, 12), back];
	assert.deepEqual(
		findings(young)[1]?.map(({ id }) => id),
		['came-back-empty'],
	);
	// The same process, whatever became of its keys.
	const running = round({ primary: { ...none, uptimeSeconds: 501, ...keysOf(0) }, replica: none });
	assert.deepEqual(
		findings([calm(500), running])[1]?.map(({ id }) => id),
		['keys-lost'],
	);
});

test('a number of keys that was not read is no loss', () => {
	const unread: Info = {
		databases: [
			{ db: 0, expires: 0 },
			{ db: 1, keys: 5, expires: 0 },
		],
	};
	assert.deepEqual(texts([before, round({ primary: unread, replica: {} }), before]).flat(), []);
	const unreadBack = { runId: 'b', uptimeSeconds: 1, ...unread };
	assert.deepEqual(texts([before, round({ primary: unreadBack, replica: broken })]).flat(), []);
});

test('a reading without a run id is no restart', () => {
	const lost = round({ primary: { runId: undefined, ...keysOf(900) }, replica: {} });
	assert.deepEqual(texts([before, lost, before]).flat(), []);
});

test('the command is that of the topology', () => {
	const moment = { primary: backEmpty(), replica: broken };
	const masters = [{ name: 'mymaster', primary, flags: [] as string[] }];
	const sentinels = [{ node: '10.0.0.9:26379', health: 'up' as const }];
	const sentinel = { mode: 'sentinel' as const, sentinel: { masters, sentinels } };
	const cluster = (reachable: number) => ({
		mode: 'cluster' as const,
		agreement: agreementOf({ primariesReachable: reachable }),
	});
	const text = (fleet: Partial<Fleet>, more: Info = {}) =>
		texts([before, round({ ...moment, replica: { ...broken, ...more }, fleet })])[1]![0]!;
	assert.match(text(sentinel), /: SENTINEL FAILOVER mymaster on 10.0.0.9:26379 saves 1.0k$/);
	assert.match(text(cluster(3)), /: CLUSTER FAILOVER FORCE on 10.0.0.2:6379 saves 1.0k$/);
	assert.match(text(cluster(1)), /: CLUSTER FAILOVER TAKEOVER on 10.0.0.2:6379 saves 1.0k$/);
	// Where no command would do it, why.
	assert.match(
		text(sentinel, { replicaPriority: 0 }),
		/replica 10.0.0.2:6379 has 1.0k: .* has replica-priority 0/,
	);
	const failing = {
		...sentinel,
		sentinel: { sentinels, masters: [{ ...masters[0]!, flags: ['failover_in_progress'] }] },
	};
	assert.match(text(failing), /: the Sentinels are failing over already$/);
	assert.match(text({ ...sentinel, sentinel: { masters, sentinels: [] } }), /: no Sentinel answers$/);
	assert.match(text({}, { isLoading: true }), /replica 10.0.0.2:6379 has 1.0k: .* is loading/);
});

test('the time left is that of the settings, and counts down from when the replica waits', () => {
	const text = (config: Readonly<Record<string, string>>, more: Info = {}) =>
		texts([before, round({ primary: backEmpty(more), replica: broken, track: { config } })])[1]![0]!;
	assert.match(text({ 'repl-diskless-sync': 'no' }), /keys, <1s left:/);
	assert.match(text({ 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': '30' }), /keys, ~30s left:/);
	assert.match(text({}), /keys: REPLICAOF/);
	const waiting = backEmpty({ replicas: [{ address: replica, state: 'wait_bgsave' }] });
	const rounds = [before, ...[0, 1, 2].map(() => round({ primary: waiting, replica: broken }))];
	assert.deepEqual(
		texts(rounds)
			.slice(1)
			.map(([told]) => /~(\d)s/.exec(told!)?.[1]),
		['5', '4', '3'],
	);
});

test('hashes that leave with their last field are not lost, whatever expired_keys says', () => {
	const reading = (name: string) => parseInfo(captureText(`redis-8.6.3/node/info-fields-${name}.txt`));
	const [full, gone] = [reading('before'), reading('expired')];
	assert.deepEqual(full.databases, [
		{ db: 0, keys: 20_200, expires: 100, avgTtlMilliseconds: 0, withFieldTtl: 20_000 },
	]);
	assert.deepEqual([gone.expiredKeys, gone.expiredKeysActive, gone.expiredFields], [100, 100, 40_000]);
	const rounds = (after: Info) => texts([round({ primary: full }), round({ primary: after })]).flat();
	assert.deepEqual(rounds(gone), []);
	// The same fall where no field expired, and where a database went with 300 keys that had none.
	assert.equal(rounds({ ...gone, expiredFields: 0 }).length, 1);
	assert.equal(rounds({ ...full, ...keysOf(19_700), expiredFields: 100 }).length, 0);
	assert.equal(rounds({ ...full, ...keysOf(0), expiredFields: 100 }).length, 1);
});

test('hashes whose fields expire may be gone after a restart, as keys with a TTL may', () => {
	const had = (withFieldTtl: number): Info => ({
		databases: [{ db: 0, keys: 5000, expires: 0, withFieldTtl }],
	});
	const after = (withFieldTtl: number) =>
		texts([
			round({ primary: had(withFieldTtl), seconds: 60 }),
			round({ primary: { runId: 'b', uptimeSeconds: 59, ...keysOf(5) } }),
		]).flat();
	assert.deepEqual(after(5000), []);
	assert.equal(after(0).length, 1);
});

test('it stays when the replica is empty too, until the keys are back', () => {
	const empty = round({ primary: backEmpty(), replica: { isLinkUp: true, ...keysOf(0) } });
	const rounds = [
		before,
		round({ primary: backEmpty(), replica: broken }),
		...Array.from({ length: 100 }, () => empty),
	];
	const told = texts(rounds);
	assert.deepEqual(told.at(-1), [
		`came-back-empty: back with 0 of 1.0k keys; replica ${replica} has only 0 now`,
	]);
	const back = texts([
		...rounds,
		round({ primary: backEmpty(keysOf(499)), replica: {} }),
		round({ primary: backEmpty(keysOf(500)), replica: {} }),
	]);
	assert.equal(back.at(-2)?.length, 1);
	assert.deepEqual(back.at(-1), []);
	const events = judgeRounds([...rounds.slice(0, 3), before]).flatMap(({ events: all }) =>
		all.map(({ text }) => text),
	);
	assert.deepEqual(events, [
		`came back with 0 of 1.0k keys, ${replica} holds 1.0k`,
		'came-back-empty over: its keys are back',
	]);
});

test('a replica that was promoted keeps them: that is said, until the primary has them again', () => {
	const promoted = round({
		primary: backEmpty(),
		replica: { role: 'primary', isLinkUp: undefined },
		rows: { [replica]: { primary: undefined } },
	});
	const told = texts([before, round({ primary: backEmpty(), replica: broken }), promoted]);
	assert.deepEqual(told.at(-1), [`came-back-empty: back with 0 of 1.0k keys; ${replica} keeps 1.0k`]);
});

test('somebody who has seen it is not told again, and a second time it is another one', () => {
	const judgeOne = (holds: typeof noHolds, each: Round, at: number) =>
		judge({
			fleet: each.fleet!,
			tracks: each.tracks,
			holds,
			limits: defaultLimits,
			at,
			freshNodes: new Set(each.tracks.keys()),
		});
	const lost = round({ primary: backEmpty(), replica: broken });
	let judged = judgeOne(noHolds, before, start);
	judged = judgeOne(judged.holds, lost, start + 1000);
	assert.equal(judged.findings[0]?.id, 'came-back-empty');
	judged = judgeOne(markSeen(judged.holds, primary), lost, start + 2000);
	assert.deepEqual(judged.findings, []);
	assert.equal(comebackOf(judged.holds, primary)?.isSeen, true);
	judged = judgeOne(judged.holds, before, start + 3000);
	judged = judgeOne(
		judged.holds,
		round({ primary: backEmpty({ runId: 'c' }), replica: broken }),
		start + 4000,
	);
	assert.equal(judged.findings[0]?.id, 'came-back-empty');
});

test('who comes to it later sees it too: the link of the replica broke when this process started', () => {
	const late = (above: Info, below: Info) =>
		texts([round({ primary: backEmpty(above), replica: below })])[0]!;
	assert.match(late({}, broken)[0] ?? '', /^came-back-empty: back with 0 of 1.0k keys/);
	// The link is older than the process, or younger, or never was.
	assert.match(
		late({ uptimeSeconds: 5 }, { isLinkUp: false, linkDownSeconds: 600 })[0] ?? '',
		/^came-back-empty/,
	);
	assert.deepEqual(late({ uptimeSeconds: 600 }, { isLinkUp: false, linkDownSeconds: 5 }), []);
	assert.deepEqual(late({}, { isLinkUp: false, linkDownSeconds: undefined }), []);
	assert.deepEqual(late({}, { isLinkUp: true }), []);
});

test('a replica that loads its own file at the same time: it takes no command before it has, and has more each time', () => {
	const loading = (keys: number) =>
		round({ primary: backEmpty(), replica: { isLinkUp: false, isLoading: true, ...keysOf(keys) } });
	const loaded = round({ primary: backEmpty(), replica: { ...broken, ...keysOf(5000) } });
	assert.deepEqual(texts([loading(2100), loading(4700), loaded]).flat(), [
		`came-back-empty: back with 0 of 2.1k keys, replica ${replica} has 2.1k: ${replica} is loading and takes no command yet`,
		`came-back-empty: back with 0 of 4.7k keys, replica ${replica} has 4.7k: ${replica} is loading and takes no command yet`,
		`came-back-empty: back with 0 of 5.0k keys, ~3s left: REPLICAOF NO ONE on ${replica} saves 5.0k`,
	]);
});

test('what is no loss: half is left, it still loads, keys that may have expired, another server, a replica that has none', () => {
	const told = (above: Info, below: Info = broken, seconds = 1) =>
		texts([{ ...before, seconds }, round({ primary: { ...backEmpty(), ...above }, replica: below })])[1]!;
	assert.deepEqual(told(keysOf(500)), []);
	assert.equal(told(keysOf(499)).length, 1);
	assert.deepEqual(told({ isLoading: true }), []);
	assert.deepEqual(told({ role: 'replica' }), []);
	// It runs for longer than it was away.
	assert.deepEqual(told({ uptimeSeconds: 100_000 }), []);
	const passing = round({ primary: keysOf(1000, 1000, 100_000), replica: keysOf(1000, 1000) });
	const after = (seconds: number) =>
		texts([
			{ ...passing, seconds },
			round({ primary: backEmpty({ uptimeSeconds: 1 }), replica: { ...broken, ...keysOf(1000, 1000) } }),
		])[1]!;
	assert.equal(after(29).length, 1);
	assert.deepEqual(after(31), []);
	const wiped = told({}, keysOf(0));
	assert.deepEqual(wiped, ['keys-lost: 1.0k keys to 0 over a restart']);
});

// ---------------------------------------------------------------------------------------------------------
// Keys that are gone at once

const alone = (info: Info, more: Partial<NodeTrack> = {}): Round => ({
	tracks: tracksOf(trackOf(primary, info, more)),
});
const stats = (at: number, calls: Readonly<Record<string, number>>): Partial<NodeTrack> => ({
	commands: {
		at,
		stats: Object.fromEntries(
			Object.entries(calls).map(([name, value]) => [name, { calls: value, usec: 1 }]),
		),
		own: { commands: 0, hits: 0, inputBytes: 0, outputBytes: 0, calls: {} },
	},
});
const lossOf = (...rounds: readonly Round[]) => texts(rounds).at(-1)!;

test('half of at least 1,000 keys within two readings is a loss, what expired or was evicted is none', () => {
	const from = (keys: number, info: Info = {}) =>
		alone({ ...keysOf(keys), expiredKeys: 10, evictedKeys: 10, ...info });
	assert.deepEqual(lossOf(from(5000), from(0)), [
		'keys-lost: 5.0k keys to 0 in 1s, neither expired nor evicted',
	]);
	assert.deepEqual(lossOf(from(5000), from(3000), from(1000)).length, 1);
	assert.deepEqual(lossOf(from(5000), from(2501)), []);
	assert.deepEqual(lossOf(from(999), from(0)), []);
	assert.deepEqual(lossOf(from(5000), from(0, { expiredKeys: 3010 })), []);
	assert.deepEqual(lossOf(from(5000), from(0, { evictedKeys: 3010 })), []);
	assert.deepEqual(lossOf(from(5000), from(0, { expiredKeys: 10 + 2499 })).length, 1);
	// CONFIG RESETSTAT in between: how many expired is not known.
	assert.deepEqual(lossOf(from(5000), from(0, { expiredKeys: 0 })), []);
	// A replica follows its primary: the loss is told there.
	assert.deepEqual(lossOf(from(5000, { role: 'replica' }), from(0, { role: 'replica' })), []);
});

/** A reading a second of a primary with so many keys, and what is told as an event of each. */
const slowly = (readings: readonly Info[], more: (index: number) => Partial<Round> = () => ({})) =>
	judgeRounds(readings.map((info, index) => ({ ...alone({ ...counters, ...info }), ...more(index) }))).map(
		({ events, findings: found }) => {
			assert.deepEqual(
				found.map(({ id }) => id).filter(id => id === 'keys-lost'),
				[],
			);
			return events.map(({ kind, severity, text }) => `${kind} ${severity}: ${text}`);
		},
	);
const counters: Info = { expiredKeys: 10, evictedKeys: 10, expiredFields: 0, lazyfreePendingObjects: 0 };
const fall = (
	from: number,
	by: number,
	to: number,
	still = 0,
	more: (index: number) => Info = () => ({}),
): readonly Info[] =>
	Array.from({ length: (by > 0 ? Math.ceil((from - to) / by) + 1 : 0) + still }, (_, index) => ({
		...keysOf(Math.max(to, from - by * index)),
		...more(index),
	}));

test('most keys deleted over ten seconds are one event, at half of them, and no finding', () => {
	const still = fall(12_000, 0, 12_000, 70);
	assert.deepEqual(
		slowly([...fall(100_000, 5000, 12_000), ...still]).flatMap((texts, index) =>
			texts.map(text => `${index}s ${text}`),
		),
		['10s keys-lost warn: 100k keys to 50.0k in 10s, neither expired nor evicted'],
	);
	// Just under the limits, of the share and of the number.
	assert.deepEqual(slowly(fall(100_000, 10_000, 50_001)).flat(), []);
	assert.deepEqual(slowly(fall(16_000, 1500, 6001)).flat(), []);
	assert.equal(slowly(fall(16_000, 1500, 6000)).flat().length, 1);
	// Over more than a minute it is the usual coming and going.
	assert.deepEqual(slowly(fall(100_000, 400, 40_000)).flat(), []);
});

test('a cohort that expires, what is evicted and what nobody counted is no slow loss; what expired beside one is told', () => {
	const slow = (more: (index: number) => Info) => slowly(fall(100_000, 10_000, 30_000, 0, more)).flat();
	const told = (expired: number) => slow(index => ({ expiredKeys: 10 + index * expired }));
	assert.deepEqual(told(10_000), []);
	assert.deepEqual(told(1000), ['keys-lost warn: 100k keys to 40.0k in 6s, 6.0k of them expired or evicted']);
	const evicted = slow(index => ({ evictedKeys: 10 + index * 8000, expiredKeys: 10 + index * 2000 }));
	assert.deepEqual(evicted, []);
	assert.deepEqual(
		slow(() => ({ expiredKeys: undefined })),
		[],
	);
	// CONFIG RESETSTAT in the middle: what went before it is not known.
	assert.deepEqual(
		slow(index => ({ expiredKeys: index > 3 ? 0 : 10 })),
		[],
	);
});

test('a restart, a load and a change of the role begin anew', () => {
	const after = (info: Info) =>
		slowly([...fall(100_000, 10_000, 60_000), { ...keysOf(45_000), ...info }, { ...keysOf(35_000), ...info }])
			.flat()
			.filter(text => text.startsWith('keys-lost'));
	assert.equal(after({}).length, 1);
	assert.deepEqual(after({ runId: 'b', uptimeSeconds: 90_000 }), []);
	assert.deepEqual(after({ role: 'replica', isLinkUp: true }), []);
	assert.deepEqual(after({ isLoading: true }), []);
});

test('slots that move slowly take their keys along, and where a primary is silent nobody knows', () => {
	const other = '10.0.0.3:6379';
	const moved = (arrives: number, more: Partial<NodeTrack> = {}) =>
		judgeRounds(
			fall(100_000, 10_000, 0).map(({ databases }, index) => ({
				tracks: tracksOf(
					trackOf(primary, { ...counters, databases, isClusterEnabled: true }),
					trackOf(other, { ...counters, ...keysOf(arrives * index), isClusterEnabled: true }, more),
				),
			})),
		).flatMap(({ events }) => events.filter(({ kind }) => kind === 'keys-lost'));
	assert.deepEqual(moved(10_000), []);
	assert.equal(moved(0).length, 1);
	const silent = { error: { reason: 'timeout' as const, text: 'no answer', retryAt: start } };
	assert.deepEqual(moved(0, silent), []);
});

test('one huge key that goes takes most of the memory: what was seen is told, and what else explains it is not', () => {
	const held = (data: number, keys: number, more: Info = {}): Info => ({
		...keysOf(keys),
		...{ datasetBytes: data * megabyte, usedMemoryBytes: (data + 50) * megabyte, ...more },
	});
	const full = held(1000, 500);
	const told = (...after: readonly Info[]) => slowly([full, full, ...after]).flat();
	assert.deepEqual(told(held(990, 499, { lazyfreePendingObjects: 1 }), held(100, 499)), [
		'finding warn: used memory fell from 1.0G to 150M in 3s: 1 key fewer, none expired or evicted',
	]);
	// A list that was trimmed.
	assert.match(told(held(100, 500))[0] ?? '', /no key fewer, none expired or evicted$/);
	assert.deepEqual(told(held(501, 499)), [], 'less than half');
	const small = held(190, 500);
	assert.deepEqual(slowly([small, held(91, 499)]).flat(), [], 'less than 100 MB');
	assert.equal(slowly([small, held(90, 499)]).flat().length, 1);
	// It may be the one that expired.
	assert.deepEqual(told(held(100, 499, { expiredKeys: 11 })), []);
	assert.deepEqual(told(held(100, 490, { expiredKeys: 11 })), []);
	// Fields that expired, of a hash that stays.
	assert.deepEqual(told(held(100, 500, { expiredFields: 200_000 })), []);
	// Buffers of clients are no data, and what expired before the first reading is freed later.
	assert.deepEqual(told(held(1000, 500, { usedMemoryBytes: 1010 * megabyte })), []);
	const freeing = held(1000, 500, { lazyfreePendingObjects: 1 });
	assert.deepEqual(slowly([freeing, held(100, 500)]).flat(), []);
	// A flush is told already: memory that falls behind it is of that.
	const flushed = judgeRounds(
		[held(1000, 5000), held(900, 0, { lazyfreePendingObjects: 5000 }), held(900, 0), held(0, 0)].map(info =>
			alone({ ...counters, ...info }),
		),
	);
	assert.deepEqual(
		flushed.flatMap(({ events }) => events.map(({ kind, severity }) => `${kind} ${severity}`)),
		['keys-lost crit'],
	);
});

test('it is shown for 10 minutes, and told once', () => {
	const gone = alone(keysOf(0));
	const told = judgeRounds([alone(keysOf(5000)), ...Array.from({ length: 603 }, () => gone)]);
	const shown = told.filter(({ findings: found }) => found.some(({ id }) => id === 'keys-lost')).length;
	assert.equal(shown, 601);
	const events = told.flatMap(({ events: all }) => all);
	assert.deepEqual(
		events.map(({ kind }) => kind),
		['keys-lost'],
	);
	assert.equal(events[0]?.severity, 'crit');
});

test('SWAPDB loses nothing altogether and all of one database', () => {
	const databases = (...counts: readonly number[]): Info => ({
		databases: counts.map((keys, db) => ({ db, keys, expires: 0 })).filter(({ keys }) => keys > 0),
	});
	assert.deepEqual(lossOf(alone(databases(5000, 0)), alone(databases(0, 5000))), [
		'keys-lost: db0: 5.0k keys to 0 in 1s, neither expired nor evicted',
	]);
});

test('slots that move take their keys along: the other primaries have them', () => {
	const cluster = (here: number, there: number): Round => ({
		tracks: tracksOf(
			trackOf(primary, { ...keysOf(here), isClusterEnabled: true }),
			trackOf('10.0.0.3:6379', { ...keysOf(there), isClusterEnabled: true }),
		),
	});
	assert.deepEqual(lossOf(cluster(5000, 100), cluster(0, 5100)), []);
	assert.equal(lossOf(cluster(5000, 100), cluster(0, 100)).length, 1);
});

const cases: readonly (readonly [name: string, calls: Readonly<Record<string, number>>, says: string])[] = [
	['FLUSHALL', { flushall: 1 }, 'by FLUSHALL'],
	['FLUSHDB beside normal deletes', { flushdb: 1, del: 7 }, 'by FLUSHDB'],
	['UNLINK', { unlink: 5000 }, 'by 5.0k UNLINK'],
	['a script that deletes', { eval: 1, del: 5000 }, 'by 5.0k DEL and EVAL'],
	['nothing that was counted', { get: 9 }, ', neither expired nor evicted'],
];
for (const [name, calls, says] of cases)
	test(`who did it, by the counters of the commands: ${name}`, () => {
		const rounds = [
			alone(keysOf(5000), stats(start - 1000, { get: 1, del: 0 })),
			alone(keysOf(0), stats(start - 1000, { get: 1, del: 0 })),
			alone(keysOf(0), stats(start + 5000, { get: 1, del: 0, ...calls })),
		];
		assert.deepEqual(lossOf(...rounds), [
			`keys-lost: 5.0k keys to 0 in 1s${says.startsWith(',') ? says : ` ${says}`}`,
		]);
	});

test('the client is named where one client alone ran it last', () => {
	const line = (port: number, cmd: string, name = '') =>
		`id=${port} addr=10.0.0.9:${port} name=${name} age=9 idle=1 flags=N db=0 cmd=${cmd} user=default`;
	const told = (text: string) => {
		const first = alone(keysOf(5000), stats(start - 1000, {}));
		const after = alone(keysOf(0), stats(start + 5000, { flushall: 1 }));
		const list = parseClientList(text);
		let holds = noHolds;
		let text_: string | undefined;
		for (const [index, each] of [first, after, after].entries()) {
			const at = start + index * 1000;
			const judged = judge({
				fleet: fleetOf(each.tracks),
				tracks: each.tracks,
				holds,
				limits: defaultLimits,
				at,
				freshNodes: new Set([primary]),
				clientsOf: () => ({ at, list }),
			});
			holds = judged.holds;
			text_ = judged.findings[0]?.text;
			if (index === 1) assert.deepEqual(judged.looks, [{ node: primary, at: 'loss' }]);
		}
		return text_;
	};
	assert.match(told(line(51234, 'flushall', 'batch')) ?? '', /by FLUSHALL from 10.0.0.9:51234 \(batch\)$/);
	assert.match(
		told(`${line(1, 'flushall')}\n${line(2, 'flushall')}`) ?? '',
		/by FLUSHALL from one of 2 clients$/,
	);
	assert.match(told(line(1, 'get')) ?? '', /by FLUSHALL$/);
});

// Measured on Redis 8.0.2 and Valkey 9.1: the keys of hashes whose fields all expire are counted as fields alone.
test('hashes that go with the last of their fields are not lost, and a flush of such hashes is', () => {
	const redis = (keys: number, open: number, fields: number) =>
		`role:master\nexpired_subkeys:${fields}\nexpired_keys:0\nevicted_keys:0\n# Keyspace\n${keys > 0 ? `db0:keys=${keys},expires=0,avg_ttl=0,subexpiry=${open}\n` : ''}`;
	const valkey = (...numbers: Parameters<typeof redis>) =>
		redis(...numbers)
			.replace('expired_subkeys', 'expired_fields')
			.replace('subexpiry', 'keys_with_volatile_items');
	const old = (...numbers: Parameters<typeof redis>) => redis(...numbers).replace(/,subexpiry=\d+/, '');
	const lost = (info: string) => round({ primary: parseInfo(info), replica: {} });
	for (const text of [redis, valkey, old]) {
		const read = (...numbers: Parameters<typeof redis>) => lost(text(...numbers));
		assert.deepEqual(texts([read(5001, 5000, 0), read(1, 0, 10_000)]).flat(), []);
		assert.deepEqual(texts([read(5000, 5000, 0), read(0, 0, 10_000)]).flat(), []);
		const flushed = texts([read(5001, 5000, 0), read(0, 0, 40)])[1]!;
		assert.match(flushed[0] ?? '', /^keys-lost: 5.0k keys to 0/, text.name);
	}
	// Fields that expire in hashes that stay explain nothing.
	assert.equal(texts([lost(redis(5000, 2000, 0)), lost(redis(2000, 2000, 90_000))])[1]?.length, 1);
});

test('what was lost is told under the name that the node has now', () => {
	const judgeOne = (holds: typeof noHolds, info: Info, address: string, at: number) => {
		const tracks = tracksOf(trackOf(address, { ...calm, ...info }));
		const freshNodes = new Set([address]);
		return judge({ fleet: fleetOf(tracks), tracks, holds, limits: defaultLimits, at, freshNodes });
	};
	const calm: Info = { expiredKeys: 0, evictedKeys: 0 };
	let judged = judgeOne(noHolds, keysOf(5000), primary, start);
	judged = judgeOne(judged.holds, keysOf(0), primary, start + 1000);
	assert.equal(judged.findings[0]?.id, 'keys-lost');
	const { since } = judged.findings[0]!;
	const renamed = new Map([[primary, '10.0.0.9:6379']]);
	judged = judgeOne(renameHolds(judged.holds, renamed), keysOf(0), '10.0.0.9:6379', start + 3000);
	const now = judged.findings.map(({ id, node, since: from }) => ({ id, node, from }));
	assert.deepEqual(now, [{ id: 'keys-lost', node: '10.0.0.9:6379', from: since }]);
	assert.deepEqual(
		judged.events.map(({ kind, node }) => ({ kind, node })),
		[{ kind: 'keys-lost', node: '10.0.0.9:6379' }],
	);
});

test('a comeback that was found between two refreshes is the same one at the next: its time runs, and seen is seen', () => {
	const lost = round({ primary: backEmpty(), replica: broken });
	const judgeOne = (holds: typeof noHolds, each: Round, seconds: number) =>
		judge({
			...{ fleet: each.fleet!, tracks: each.tracks, holds, limits: defaultLimits },
			...{ at: start + seconds * 1000, freshNodes: new Set(each.tracks.keys()) },
		});
	const calm = judgeOne(noHolds, before, 0);
	const between = keepComebacks(calm.holds, judgeOne(calm.holds, lost, 1).holds);
	assert.match(judgeOne(between, lost, 3).findings[0]?.text ?? '', /, ~3s left: /);
	assert.deepEqual(judgeOne(markSeen(between, primary), lost, 3).findings, []);
});

test('a primary that was told to follow one with fewer keys: said while it still has them, and when they are gone', () => {
	const other = '10.0.0.7:6379';
	const stranger = (
		own: Info,
		theirs: Info,
		more: { replicas?: Info['replicas']; seconds?: number } = {},
	): Round => {
		const tracks = tracksOf(
			trackOf(primary, { ...keysOf(5000), replicas: more.replicas, ...own }),
			trackOf(other, { runId: 'o', ...theirs }),
		);
		const rows = { [primary]: own.role === 'replica' ? { primary: other } : {} };
		return { tracks, fleet: fleetOf(tracks, {}, rows), seconds: more.seconds };
	};
	const follows: Info = { role: 'replica', primary: other, isLinkUp: false, linkDownSeconds: undefined };
	const syncs: Info = { ...follows, isSyncing: true };
	const inStep: Info = { ...follows, isLinkUp: true };
	const alone = stranger({}, keysOf(3));
	const told = texts([
		alone,
		stranger(syncs, keysOf(3)),
		stranger({ ...inStep, ...keysOf(3) }, keysOf(3)),
		stranger({ ...inStep, ...keysOf(3) }, keysOf(3)),
	]);
	const lost = `keys-lost: 5.0k keys to 3 in 2s by becoming a replica of ${other}`;
	assert.deepEqual(told, [
		[],
		[
			`keys-lost: about to lose 5.0k keys, it follows ${other}, which has 3: REPLICAOF NO ONE here keeps them`,
		],
		[lost],
		[lost],
	]);
	// It was called back in time.
	const back = [alone, stranger(syncs, keysOf(3)), stranger({}, keysOf(3)), stranger({}, keysOf(3))];
	assert.deepEqual(texts(back).at(-1), []);
	// A failover: who has taken over was its replica, and has worked off what there was meanwhile.
	const replicas = [{ address: other, state: 'online' }];
	const was = stranger({}, { ...keysOf(5000), role: 'replica', primary }, { replicas, seconds: 900 });
	assert.deepEqual(
		texts([was, stranger(syncs, keysOf(3)), stranger({ ...inStep, ...keysOf(3) }, keysOf(3))]).flat(),
		[],
	);
	// It has come back meanwhile, with what it had, and nobody follows it any more.
	const backAlone = stranger({ runId: 'b', uptimeSeconds: 1 }, keysOf(3));
	const steps = [
		was,
		backAlone,
		stranger(syncs, keysOf(3)),
		stranger({ ...inStep, ...keysOf(3) }, keysOf(3)),
	];
	assert.deepEqual(texts(steps).flat(), []);
	const masters = [{ name: 'mymaster', primary: other, flags: [] }];
	const named = ({ tracks, fleet }: Round): Round => ({
		tracks,
		fleet: { ...fleet!, mode: 'sentinel', sentinel: { masters, sentinels: [] } },
	});
	assert.deepEqual(texts([alone, stranger(syncs, keysOf(3))].map(named)).flat(), []);
	// The other has as much; or what is gone had a TTL that is over.
	const alike = [alone, stranger(syncs, keysOf(5000)), stranger({ ...inStep }, keysOf(5000))];
	assert.deepEqual(texts(alike).flat(), []);
	const fading = stranger(keysOf(5000, 5000, 60_000), keysOf(3), { seconds: 900 });
	assert.deepEqual(texts([fading, stranger({ ...inStep, ...keysOf(3) }, keysOf(3))]).flat(), []);
});

test('a primary of a cluster that gave its slots to several, and follows the last of them by itself, has lost nothing', () => {
	const takers = ['10.0.0.7:6379', '10.0.0.8:6379', '10.0.0.9:6379'] as const;
	const [last] = takers;
	const cluster = (own: Info, ...theirs: readonly number[]): Round => {
		const tracks = tracksOf(
			trackOf(primary, { isClusterEnabled: true, ...own }),
			...takers.map((taker, index) =>
				trackOf(taker, { runId: taker, isClusterEnabled: true, ...keysOf(theirs[index]!) }),
			),
		);
		const rows = { [primary]: own.role === 'replica' ? { primary: last } : {} };
		return { tracks, fleet: fleetOf(tracks, { mode: 'cluster' }, rows) };
	};
	const syncs: Info = {
		role: 'replica',
		primary: last,
		isLinkUp: false,
		isSyncing: true,
		...keysOf(100_000),
	};
	const inStep: Info = { role: 'replica', primary: last, isLinkUp: true, ...keysOf(33_000) };
	const has = cluster(keysOf(100_000), 0, 0, 0);
	const gave = [33_000, 33_000, 34_000];
	assert.deepEqual(texts([has, cluster(syncs, ...gave), cluster(inStep, ...gave)]).flat(), []);
	assert.deepEqual(texts([has, cluster(inStep, ...gave)]).flat(), []);
	// The others had theirs before: nobody has what it had.
	const had = cluster(keysOf(100_000), ...gave);
	assert.deepEqual(texts([had, cluster(syncs, ...gave), cluster(inStep, ...gave)]), [
		[],
		[`keys-lost: about to lose 100k keys, it follows ${last}, which has 33.0k`],
		[`keys-lost: 100k keys to 33.0k in 2s by becoming a replica of ${last}`],
	]);
});

// ---------------------------------------------------------------------------------------------------------
// Before anybody watched

type Shard = {
	readonly keys: number;
	readonly info?: Info;
	readonly flushes?: number;
	readonly slots?: number;
};

/** A cluster of these shards, each a primary; what is not said of one is calm. */
function shards(...all: readonly Shard[]): Round {
	const address = (index: number) => `10.0.1.${index}:6379`;
	const each = Math.floor(16384 / all.length);
	const tracks = tracksOf(
		...all.map(({ keys, info, flushes = 0 }, index) => {
			const flushall = { calls: flushes, usec: 1 };
			const commands = { at: start, stats: { flushall }, own: noOwn };
			return trackOf(address(index), { isClusterEnabled: true, ...keysOf(keys), ...info }, { commands });
		}),
	);
	const rows = Object.fromEntries(
		all.map(({ slots = each }, index) => [
			address(index),
			{ slots: [[index * each, index * each + slots - 1] as const], shard: index + 1 },
		]),
	);
	return { tracks, fleet: fleetOf(tracks, { mode: 'cluster', agreement: agreementOf() }, rows) };
}

const full: Shard = { keys: 20_000 };
const lost = (...all: readonly Shard[]) => texts([shards(...all)])[0]!;
const young: Info = { uptimeSeconds: 240 };
const missed: Info = { keyspaceHits: 10, keyspaceMisses: 2000, expiredKeys: 3 };

test('a shard that is empty beside full ones is told, with what speaks for a loss', () => {
	assert.deepEqual(lost(full, { keys: 0, info: young }, full), [
		'keys-lost: 0 keys, and 2 other shards hold at least 20.0k each: it started 4m ago',
	]);
	assert.deepEqual(lost(full, { keys: 150, flushes: 1 }, full), [
		'keys-lost: 150 keys, and 2 other shards hold at least 20.0k each: it was flushed',
	]);
	assert.deepEqual(lost(full, { keys: 0, info: missed }, full, full, full), [
		'keys-lost: 0 keys, and 4 other shards hold at least 20.0k each: clients look for keys here and find none',
	]);
	assert.equal(lost(full, full, full, { keys: 0, info: young }, { keys: 0, flushes: 1 }).length, 2);
	const [found] = findings([shards(full, { keys: 0, info: young }, full)])[0]!;
	assert.deepEqual([found!.severity, found!.value, found!.limit], ['warn', 1, 0.99]);
});

test('an empty shard that is as it should be is calm', () => {
	const calm: readonly (readonly Shard[])[] = [
		// Nothing says that it ever had one: keys of a few hash tags.
		[full, { keys: 0 }, full],
		[full, { keys: 0, flushes: 1 }, { ...full, flushes: 1 }],
		[full, { keys: 0, info: missed }, full, full],
		// A few locks and limits, which expire, or a health check.
		[full, { keys: 12, info: { ...missed, expiredKeys: 900 } }, full, full, full],
		[full, { keys: 1, info: { ...missed, keyspaceHits: 5000 } }, full, full, full],
		[full, { keys: 0, info: { keyspaceHits: 0, keyspaceMisses: 999, expiredKeys: 0 } }, full, full, full],
		// A new cluster, a cache that has expired, one that was flushed as a whole.
		[{ keys: 0 }, { keys: 0, info: young }, { keys: 0 }],
		[{ keys: 9000 }, { keys: 0, info: young }, { keys: 9000 }],
		// Keys lie unevenly, or nobody tells how.
		[{ keys: 90_000 }, { keys: 0, info: young }, full],
		[full, { keys: 0, info: young }],
		[full, { keys: 0, info: young }, { keys: 20_000, info: { databases: undefined } }],
		// It has hardly a slot yet, and gets them with their keys.
		[full, { keys: 0, info: young, slots: 10 }, full],
		[full, { keys: 300, info: young }, full],
		// All were restarted, one after the other; and one that was empty for a day is known.
		[{ ...full, info: { uptimeSeconds: 400 } }, { keys: 0, info: young }, full],
		[
			{ ...full, info: { uptimeSeconds: 9e6 } },
			{ keys: 0, info: { uptimeSeconds: 90_000 } },
			{ ...full, info: { uptimeSeconds: 9e6 } },
		],
	];
	for (const [index, all] of calm.entries()) assert.deepEqual(lost(...all), [], `row ${index}`);
});

const hadBytes = 2 ** 30;
const emptied = (more: Info = {}): Info => ({
	...{
		uptimeSeconds: 900_000,
		usedMemoryBytes: 2 ** 21,
		peakBytes: hadBytes,
		primary,
		...keysOf(0),
		...more,
	},
});

test('a primary that has just started with nothing, and its replica was large before', () => {
	const started = (info: Info = {}, below = emptied()) =>
		texts([round({ primary: { ...keysOf(0), uptimeSeconds: 120, ...info }, replica: below })])[0]!;
	assert.deepEqual(started(), [
		`keys-lost: started 2m ago with no keys: its replica ${replica}, empty too, has held up to 1.0G`,
	]);
	assert.deepEqual(started({ uptimeSeconds: 601 }), [], 'it is said for ten minutes');
	assert.deepEqual(started(keysOf(5)), []);
	for (const calm of [
		{ peakBytes: 2 ** 22 },
		{ uptimeSeconds: 150 },
		{ isLinkUp: false },
		{ isSyncing: true },
	])
		assert.deepEqual(started({}, emptied(calm)), [], JSON.stringify(calm));
});

test('a flush that took long is told for ten minutes, with who it was', () => {
	const flush = (seconds: number, ago: number, name = 'FLUSHALL', more: Info = {}) =>
		texts([
			round({
				primary: { ...keysOf(0), ...more },
				track: {
					slowlog: [
						{
							...{ id: 1, at: start - ago * 1000, microseconds: seconds * 1e6 },
							...{ args: [name], client: '10.0.0.9:51234' },
						},
					],
				},
			}),
		])[0]!;
	assert.deepEqual(flush(0.24, 180), [
		'keys-lost: keys deleted by FLUSHALL in 240ms from 10.0.0.9:51234, 3m ago',
	]);
	assert.deepEqual(flush(0.24, 601), []);
	const behind = { serverTimeMicroseconds: (start - 700_000) * 1000 };
	const ahead = { serverTimeMicroseconds: (start + 700_000) * 1000 };
	assert.match(flush(0.24, 703, 'FLUSHALL', behind)[0]!, /3s ago$/, 'by the clock of the server');
	assert.deepEqual(flush(0.24, 0, 'FLUSHALL', ahead), []);
	assert.deepEqual(flush(0.05, 3), [], 'of nothing it takes as long as a disk');
	assert.deepEqual(flush(5, 3, 'KEYS'), []);
});

test('what was lost before is told as an event, as its end is', () => {
	const rounds = [
		...[1, 2, 3].map(() => shards(full, { keys: 0, info: young }, full)),
		...[1, 2, 3].map(() => shards(full, full, full)),
	];
	const events = judgeRounds(rounds).flatMap(({ events: each }) => each);
	assert.deepEqual(
		events.map(({ kind, severity }) => [kind, severity]),
		[
			['finding', 'warn'],
			['finding-over', undefined],
		],
	);
});

test('another server at the address of a primary that was back empty has lost nothing: no keys are loaded over its own', () => {
	const back = round({ primary: backEmpty(), replica: broken, seconds: 1 });
	const stranger = { runId: 'other', uptimeSeconds: 900_000, ...keysOf(30) };
	const [, first, second] = findings([
		before,
		back,
		round({ primary: stranger, replica: broken, seconds: 1 }),
	]);
	assert.equal(first?.length, 1);
	assert.deepEqual(second, []);
});

test('another server at the address of the replica that held the keys: they are not called held, nor loaded from it', () => {
	const back = round({ primary: backEmpty(), replica: broken, seconds: 1 });
	const held = (is: Info) => {
		const rows = { [replica]: { primary: undefined } };
		const now = round({
			primary: backEmpty(),
			replica: { role: 'primary', isLinkUp: undefined, ...is },
			rows,
		});
		let holds = noHolds;
		for (const [index, { tracks, fleet }] of [before, back, now, now].entries())
			holds = judge({
				...{ fleet: fleet!, tracks, holds, limits: defaultLimits, at: start + index * 1000 },
				...{ freshNodes: new Set(tracks.keys()), migrations: [] },
			}).holds;
		return comebackOf(holds, primary)?.isHeld;
	};
	assert.equal(held({}), true, 'promoted');
	assert.equal(held({ runId: 'stranger', uptimeSeconds: 8_640_000, ...keysOf(5000) }), false);
	assert.equal(held({ runId: 'r2', uptimeSeconds: 1 }), true, 'started again, with its file');
});
