// Every finding: under its limit, at it, over it, what must hold before it shows and goes, and the traps that make
// other monitors cry wolf. A case gives one round; the harness repeats it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judge, noHolds } from '../../../source/core/findings/findings.ts';
import { classifyError } from '../../../source/core/parse/parse-error.ts';
import { parseInfo } from '../../../source/core/parse/parse-info.ts';
import { defaultLimits, type FindingId, limitOf } from '../../../source/core/thresholds.ts';
import type { Fleet, Info, NodeError, NodeTrack, RedisNode, Severity } from '../../../source/core/types.ts';
import {
	agreementOf,
	calmInfo,
	downTrack,
	fleetOf,
	gigabyte,
	idsOf,
	intervalsOf,
	judgeRounds,
	megabyte,
	peerOf,
	type Round,
	ratesOf,
	sampleOf,
	seriesOf,
	start,
	times,
	trackOf,
	tracksOf,
} from '../build.ts';
import { capture, captures } from '../captures.ts';

const node = '10.0.0.1:6379';
const busyWithFunction =
	'BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.';
const one = (info: Info, more: Partial<NodeTrack> = {}): Round => ({
	tracks: tracksOf(trackOf(node, info, more)),
});
const calm = one({});
const withFleet = (more: Partial<Fleet>, info: Info = {}): Round => {
	const { tracks } = one(info);
	return { tracks, fleet: fleetOf(tracks, more) };
};
const withNode = (more: Partial<RedisNode>, tracks = calm.tracks): Round => ({
	tracks,
	fleet: fleetOf(tracks, {}, { [node]: more }),
});

const memory = (share: number, more: Info = {}) => one({ usedMemoryBytes: share * 4 * gigabyte, ...more });
const host = (more: Info) => one({ maxmemoryBytes: 0, systemMemoryBytes: 8 * gigabyte, ...more });
const fragments = (wasted: number, used: number) =>
	one({ usedMemoryBytes: used, allocatedBytes: used, activeBytes: used + wasted, rssBytes: 2 * used });
const clients = (all: number, more: Info = {}) =>
	one({ connectedClients: all - 6, connectedReplicas: 2, clusterConnections: 4, maxClients: 1000, ...more });
const rate = (hits: number, misses: number, more: Info = {}, each = {}) =>
	one(more, { intervals: intervalsOf(60, { hits, misses, ...each }) });
const pings = (now: number, usual = 1, tripMilliseconds?: number) => {
	const track = trackOf(node, {}, { pings: times(20, usual) });
	return {
		tracks: tracksOf({ ...track, lastGood: { ...track.lastGood!, pingMilliseconds: now, tripMilliseconds } }),
	};
};
const lag = (share: number, more: Partial<RedisNode> = {}): Round => {
	const primary = trackOf('10.0.0.2:6379');
	const tracks = tracksOf(trackOf(node, { role: 'replica', isLinkUp: true }), primary);
	const row = { primary: primary.address, replicationLagBytes: share * megabyte, ...more };
	return { tracks, fleet: fleetOf(tracks, {}, { [node]: row }) };
};
const volatile = (expires: number, keys = 1000, more: Info = {}) =>
	one({ maxmemoryPolicy: 'volatile-lru', databases: [{ db: 0, keys, expires }], ...more });
const link = (linkDownSeconds: number | undefined, more: Info = {}) =>
	one({ role: 'replica', isLinkUp: false, linkDownSeconds, ...more });

type Case = [id: FindingId, name: string, round: Round, severity: Severity | undefined, text?: RegExp];
const cases: Case[] = [
	['memory-high', 'under', memory(0.749), undefined],
	['memory-high', 'at 75%', memory(0.75), 'warn', /^memory 75% of maxmemory$/],
	['memory-high', 'at 90%', memory(0.9), 'crit', /^memory 90% of maxmemory$/],
	['memory-high', 'volatile-*', memory(0.93, { maxmemoryPolicy: 'volatile-ttl' }), 'crit'],
	['memory-high', 'allkeys-* is a cache', memory(0.99, { maxmemoryPolicy: 'allkeys-lru' }), undefined],
	['memory-high', 'no limit', memory(0.99, { maxmemoryBytes: 0 }), undefined],
	// Without one the kernel ends it (redis/redis#4743), and at 99% of the host nothing was said.
	['memory-high', 'host, under', host({ rssBytes: 5.9 * gigabyte }), undefined],
	[
		...(['memory-high', 'host', host({ rssBytes: 6 * gigabyte })] as const),
		...(['warn', /^rss 75% of the host's 8\.0G, no maxmemory$/] as const),
	],
	[
		'memory-high',
		'host, a cache and a replica',
		host({ rssBytes: 7.5 * gigabyte, maxmemoryPolicy: 'allkeys-lru', role: 'replica', isLinkUp: true }),
		'crit',
	],
	[
		...([
			'memory-high',
			'host, a limit over it',
			host({ rssBytes: 7.5 * gigabyte, maxmemoryBytes: 9 * gigabyte }),
		] as const),
		...(['crit', /^rss 94% of the host's 8\.0G, maxmemory 9\.0G is more$/] as const),
	],
	[
		'memory-high',
		'host not told',
		host({ rssBytes: 7.5 * gigabyte, systemMemoryBytes: undefined }),
		undefined,
	],
	['memory-high', 'limit not told', memory(0.99, { maxmemoryBytes: undefined }), undefined],
	['memory-high', 'not counted', memory(0.95, { notCountedForEvictBytes: gigabyte }), undefined],
	['memory-high', 'a replica', memory(0.95, { role: 'replica', isLinkUp: true }), 'warn'],
	['oom-errors', 'none', one({}, { rates: ratesOf({ oomErrors: 0 }) }), undefined],
	['oom-errors', 'one', one({}, { rates: ratesOf({ oomErrors: 0.333, seconds: 3.003 }) }), 'crit'],
	['clients-rejected', 'none', one({}, { rates: ratesOf({ rejected: 0 }) }), undefined],
	['clients-rejected', 'one', one({}, { rates: ratesOf({ rejected: 1 }) }), 'crit'],
	['hit-rate-low', 'at 85%', rate(85, 15), undefined],
	['hit-rate-low', 'under', rate(84, 16), 'warn', /^hit rate 84%, keys were never there$/],
	['hit-rate-low', 'evicted', rate(84, 16, {}, { evicted: 10 }), 'warn', /keys were evicted/],
	['hit-rate-low', 'expired', rate(84, 16, {}, { expired: 10 }), 'warn', /keys had expired/],
	['hit-rate-low', 'few lookups', rate(0, 16), undefined],
	['hit-rate-low', 'cold', rate(10, 90, { uptimeSeconds: 1799 }), undefined],
	['hit-rate-low', 'uptime not told', rate(10, 90, { uptimeSeconds: undefined }), undefined],
	['fragmented', 'few bytes, high ratio', fragments(13 * megabyte, megabyte), undefined],
	['fragmented', 'under a quarter', fragments(gigabyte, 5 * gigabyte), undefined],
	['fragmented', 'both', fragments(256 * megabyte, gigabyte), 'warn', /^fragmented 256M, 25% of used$/],
	['fragmented', 'under 100%', fragments(1.5 * gigabyte, 2 * gigabyte), 'warn'],
	['fragmented', 'under 1 GB', fragments(900 * megabyte, 500 * megabyte), 'warn'],
	['fragmented', 'crit', fragments(1.5 * gigabyte, gigabyte), 'crit'],
	['fragmented', 'no allocator figures', one({ activeBytes: undefined, rssBytes: 9 * gigabyte }), undefined],
	['swapped', 'at 0.9', one({ rssBytes: 0.9 * gigabyte }), undefined],
	['swapped', 'under', one({ rssBytes: 0.8 * gigabyte }), 'warn'],
	['swapped', 'small', one({ usedMemoryBytes: 90 * megabyte, rssBytes: megabyte }), undefined],
	['clients-high', 'under', clients(799), undefined],
	['clients-high', 'with replicas and links', clients(800), 'warn', /^clients 800, 80% of maxclients$/],
	['clients-high', 'crit', clients(950), 'crit'],
	['clients-high', 'maxclients not told', clients(950, { maxClients: undefined }), undefined],
	[
		'clients-high',
		'from CONFIG',
		one({ maxClients: undefined, connectedClients: 99 }, { config: { maxclients: '100' } }),
		'crit',
	],
	['output-buffers', 'under', one({ clientsNormalBytes: 0.9 * gigabyte }), undefined],
	['output-buffers', 'at a quarter', one({ clientsNormalBytes: gigabyte }), 'warn'],
	['output-buffers', 'at half', one({ clientsNormalBytes: 2 * gigabyte }), 'crit'],
	[
		'output-buffers',
		'no limit',
		one({ maxmemoryBytes: 0, clientsNormalBytes: 100 * megabyte }),
		'warn',
		/^client buffers 100M$/,
	],
	[
		'output-buffers',
		'no limit, little',
		one({ maxmemoryBytes: 0, clientsNormalBytes: 99 * megabyte }),
		undefined,
	],
	[
		'replication-link',
		'a replica that is not watched, heard',
		one({ replicas: [{ address: '10.0.0.9:6379', state: 'online', lagSeconds: 4 }] }),
		undefined,
	],
	[
		'replication-link',
		'a replica that is not watched, silent',
		one({ replicas: [{ address: '10.0.0.9:6379', state: 'online', lagSeconds: 15 }] }),
		'crit',
		/^its replica 10\.0\.0\.9:6379 has been silent for 15s$/,
	],
	[
		'replication-link',
		'a replica that syncs',
		one({ replicas: [{ address: '10.0.0.9:6379', state: 'wait_bgsave', lagSeconds: 15 }] }),
		undefined,
	],
	['replication-link', 'up', one({ role: 'replica', isLinkUp: true, linkDownSeconds: 9 }), undefined],
	['replication-link', '4 s', link(4), undefined],
	['replication-link', '5 s', link(5), 'crit', /^link to its primary down 5s$/],
	[
		'replication-link',
		'syncing',
		link(9, { isSyncing: true, syncPercent: 43 }),
		'crit',
		/^full sync under way for 9s, 43%$/,
	],
	[
		'replication-link',
		'masterdown',
		{ tracks: tracksOf(downTrack(node, { error: { reason: 'masterdown', text: '' } })) },
		'crit',
	],
	['lag-high', 'under', lag(0.49), undefined],
	['lag-high', 'half the backlog', lag(0.5), 'warn', /^lag 512K, 50% of the backlog$/],
	['lag-high', 'all of it', lag(1), 'crit'],
	['lag-high', 'link down', lag(1, { isLinkUp: false }), undefined],
	['save-failing', 'ok', one({ lastSaveStatus: 'ok' }), undefined],
	['save-failing', 'err', one({ lastSaveStatus: 'err' }), 'crit'],
	[
		'aof-failing',
		'write',
		one({ isAofEnabled: true, lastAofWriteStatus: 'err' }),
		'crit',
		/^aof write failed$/,
	],
	['aof-failing', 'rewrite', one({ isAofEnabled: true, lastAofRewriteStatus: 'err' }), 'crit', /rewrite/],
	['aof-failing', 'off', one({ isAofEnabled: false, lastAofRewriteStatus: 'err' }), undefined],
	['cpu-high', 'under', one({}, { rates: ratesOf({ cpuPercent: 79 }) }), undefined],
	['cpu-high', 'warn', one({}, { rates: ratesOf({ cpuPercent: 80 }) }), 'warn', /^main thread 80% busy$/],
	['cpu-high', 'crit', one({}, { rates: ratesOf({ cpuPercent: 95 }) }), 'crit'],
	['ping-high', 'usual', pings(50), undefined],
	['ping-high', '50 ms over', pings(51), 'warn', /^ping 51ms, usually 1ms$/],
	['ping-high', 'half a second', pings(500), 'crit'],
	['ping-high', 'far', pings(1300, 1300, 1290), undefined],
	['ping-high', 'far, and 60 ms more', pings(1360, 1300, 1290), 'warn'],
	['ping-high', 'far, and twice that', pings(2600, 1300, 1290), 'crit'],
	['ping-high', 'always slow, not far', pings(1300, 1300, 200), 'crit'],
	['ping-high', 'always slow', one({}, { pings: times(20, 200) }), undefined],
	['volatile-without-ttl', 'at 5%', volatile(50), undefined],
	['volatile-without-ttl', 'under', volatile(49), 'warn', /^5% of keys have a TTL, policy volatile-lru$/],
	['volatile-without-ttl', 'empty', volatile(0, 0), undefined],
	['volatile-without-ttl', 'a handful', volatile(0, 9), undefined],
	['volatile-without-ttl', 'no limit', volatile(0, 1000, { maxmemoryBytes: 0 }), undefined],
	['volatile-without-ttl', 'allkeys', volatile(0, 1000, { maxmemoryPolicy: 'allkeys-lru' }), undefined],
	['loading', 'loading', withNode({ health: 'loading' }), 'warn', /^loading$/],
	[
		'blocked-by-script',
		'busy',
		withNode({ health: 'stale', error: { reason: 'busy', text: 'BUSY' } }),
		'crit',
		/SCRIPT KILL/,
	],
	[
		'blocked-by-script',
		'busy with a function',
		withNode({ health: 'stale', error: classifyError(busyWithFunction) }),
		'crit',
		/FUNCTION KILL ends one that has written nothing$/,
	],
	[
		'unreachable',
		'refused',
		{ tracks: tracksOf(downTrack(node)) },
		'crit',
		/^no answer: connection refused, retry in 2s$/,
	],
	[
		'unreachable',
		'wrong password',
		withNode({ health: 'down', error: { reason: 'wrong-password', text: '' } }),
		'crit',
		/^refuses us/,
	],
	[
		'unreachable',
		'loading is its own',
		withNode({ health: 'loading', error: { reason: 'loading', text: '' } }),
		undefined,
	],
	['unreachable', 'busy is its own', withNode({ error: { reason: 'busy', text: '' } }), undefined],
	['unreachable', 'gone', withNode({ isGone: true, error: { reason: 'refused', text: '' } }), undefined],
	['slots-uncovered', 'covered', withFleet({ agreement: agreementOf() }), undefined],
	[
		'slots-uncovered',
		'one lost',
		withFleet({ agreement: agreementOf({ slotsCovered: 16383 }) }),
		'crit',
		/^1 of 16384/,
	],
	[
		'slots-uncovered',
		'nobody asked',
		withFleet({ agreement: agreementOf({ slotsCovered: 0, viewsAsked: 0, viewsAgreeing: 0 }) }),
		undefined,
	],
	[
		'two-owners',
		'two',
		withFleet({ agreement: agreementOf({ doubleOwners: [{ slot: 7, nodes: ['a:1', 'b:1'] }] }) }),
		'crit',
		/slot 7 owned by both a:1 and b:1/,
	],
	[
		'failover-impossible',
		'2 of 3',
		withFleet({ agreement: agreementOf({ primariesReachable: 2 }) }),
		undefined,
	],
	[
		'failover-impossible',
		'1 of 3',
		withFleet({ agreement: agreementOf({ primariesReachable: 1 }) }),
		'crit',
		/1 of 3 primaries reachable, 2 needed/,
	],
	[
		'failover-impossible',
		'two primaries, calm',
		withFleet({ agreement: agreementOf({ primaries: 2, primariesReachable: 2 }) }),
		undefined,
	],
	[
		'failover-impossible',
		'no slots yet',
		withFleet({ agreement: agreementOf({ primaries: 0, primariesReachable: 0 }) }),
		undefined,
	],
	['views-differ', 'agree', withFleet({ agreement: agreementOf() }), undefined],
	[
		'views-differ',
		'one differs',
		withFleet({ agreement: agreementOf({ viewsAgreeing: 5, minority: ['c:1'] }) }),
		'warn',
		/1 of 6 nodes disagree on slot owners, c:1/,
	],
];

const idAt = (told: ReturnType<typeof judgeRounds>, round: number, id: FindingId) =>
	told[round]?.findings.find(finding => finding.id === id);

for (const [id, name, round, severity, text] of cases)
	test(`${id}: ${name}`, () => {
		const { hold } = limitOf(defaultLimits, id);
		const told = judgeRounds([...times(hold, round), ...times(hold, calm)]);
		if (hold > 1) assert.equal(idAt(told, hold - 2, id), undefined, 'not before its hold');
		const shown = idAt(told, hold - 1, id);
		assert.equal(shown?.severity, severity);
		if (!severity) return;
		assert.equal(shown?.since, start, 'since the first crossing');
		if (text) assert.match(shown?.text ?? '', text);
		if (hold > 1) assert.ok(idAt(told, 2 * hold - 2, id), 'not gone before its hold');
		assert.equal(idAt(told, 2 * hold - 1, id), undefined, 'gone after it');
	});

test('one odd reading shows nothing, and the count begins anew', () => {
	const told = judgeRounds([memory(0.93), calm, memory(0.93), memory(0.93)]);
	assert.deepEqual(told.map(idsOf), [[], [], [], ['memory-high']]);
	assert.equal(told[3]?.findings[0]?.since, start + 2000);
});

test('only fresh readings count, and without one a finding stays', () => {
	const stale = { ...memory(0.93), fresh: false };
	const told = judgeRounds([memory(0.93), stale, stale, memory(0.93), { ...calm, fresh: false }]);
	assert.deepEqual(told.map(idsOf), [[], [], [], ['memory-high'], ['memory-high']]);
});

test('what no reading has any more says since when, until that has held', () => {
	const told = judgeRounds([...times(2, memory(0.93)), calm, memory(0.93), calm, calm]);
	assert.deepEqual(
		told.map(({ findings }) => findings[0]?.absentSince),
		[undefined, undefined, start + 2000, undefined, start + 4000, undefined],
	);
});

test('events: appears, gets worse after its own hold, does not tell of getting better, is over with the number', () => {
	const told = judgeRounds([
		...times(2, memory(0.8)),
		...times(2, memory(0.93)),
		...times(2, memory(0.8)),
		...times(2, memory(0.71)),
	]);
	const severities = told.map(({ findings }) => findings[0]?.severity);
	assert.deepEqual(severities, [undefined, 'warn', 'warn', 'crit', 'crit', 'warn', 'warn', undefined]);
	assert.deepEqual(
		told.flatMap(({ events }) => events.map(event => [event.kind, event.severity, event.text])),
		[
			['finding', 'warn', 'memory over 75% of maxmemory'],
			['finding', 'crit', 'memory over 90% of maxmemory'],
			['finding-over', undefined, 'memory-high over: 71% of maxmemory'],
		],
	);
});

test('a finding names value, limit, column and runbook', () => {
	const finding = judgeRounds(times(2, memory(0.93)))[1]?.findings[0];
	assert.deepEqual(
		[finding?.node, finding?.value, finding?.limit, finding?.column, finding?.runbook],
		[node, 0.93, 0.9, 'mem', 'high-memory'],
	);
});

test('what findEvents tells is not told twice', () => {
	const told = judgeRounds([{ tracks: tracksOf(downTrack(node)) }, one({ lastSaveStatus: 'err' }), calm]);
	assert.deepEqual(told.map(idsOf), [['unreachable'], ['save-failing'], []]);
	assert.deepEqual(
		told.flatMap(({ events }) => events),
		[],
	);
});

test('a node that goes down keeps no figures: only unreachable, and nothing is said to be over', () => {
	const down = { tracks: tracksOf(downTrack(node)), fresh: false };
	const told = judgeRounds([...times(2, memory(0.93)), down]);
	assert.deepEqual(idsOf(told[2]), ['unreachable']);
	assert.deepEqual(told[2]?.events, []);
});

test('a full cache is said once, without a colour, and again after a restart', () => {
	const full = memory(0.76, { maxmemoryPolicy: 'allkeys-lru' });
	const other = memory(0.76, { maxmemoryPolicy: 'allkeys-lru', runId: 'b' });
	const told = judgeRounds([...times(4, full), calm, ...times(3, full), ...times(3, other)]);
	assert.deepEqual(told.flatMap(idsOf), []);
	const events = told.flatMap(({ events }, round) =>
		events.map(event => [round, event.kind, event.severity, event.text]),
	);
	const text = 'cache full: 76% of maxmemory, policy allkeys-lru';
	assert.deepEqual(events, [
		[1, 'finding', undefined, text],
		[9, 'finding', undefined, text],
	]);
});

test('fork-slow: the fork that was there is not told, a new one is shown for a minute', () => {
	const old = one({ lastForkMicroseconds: 2_000_000 });
	const fresh = one({ lastForkMicroseconds: 1_200_000 });
	const told = judgeRounds([old, old, fresh, ...times(61, fresh)]);
	assert.deepEqual(idsOf(told[1]), []);
	assert.deepEqual([told[2]?.findings[0]?.severity, told[2]?.findings[0]?.text], ['crit', 'fork took 1.2s']);
	assert.deepEqual(idsOf(told[61]), ['fork-slow']);
	assert.deepEqual(idsOf(told[62]), []);
});

test('fork-slow: a save that forked as long as the last is new, a restart is not', () => {
	const fork = { lastForkMicroseconds: 400_000 };
	const told = judgeRounds([one({ ...fork, lastSaveAt: 1 }), one({ ...fork, lastSaveAt: 2 })]);
	assert.equal(told[1]?.findings[0]?.severity, 'warn');
	const restart = judgeRounds([one({ lastForkMicroseconds: 1 }), one({ ...fork, runId: 'b' })]);
	assert.deepEqual(restart.flatMap(idsOf), []);
});

test('replication-link: a link that never was up is critical at once, without a made-up duration', () => {
	const [told] = judgeRounds([link(undefined)]);
	const [finding] = told!.findings;
	assert.equal(finding?.severity, 'crit');
	assert.equal(finding?.value, undefined);
	assert.equal(finding?.text, 'link to its primary never came up');
});

test('replication-link: who just started, was just told to follow, or waits for its sync has 5 s', () => {
	const counts = (rounds: readonly Round[]) => judgeRounds(rounds).map(told => idsOf(told).length);
	const started = Array.from({ length: 7 }, (_, uptimeSeconds) => link(undefined, { uptimeSeconds }));
	assert.deepEqual(counts(started), [0, 0, 0, 0, 0, 1, 1]);
	const demoted = [one({ role: 'primary' }), ...times(7, link(undefined))];
	assert.deepEqual(counts(demoted), [0, 0, 0, 0, 0, 0, 1, 1]);
	const primary = trackOf('10.0.0.2:6379', { replicas: [{ address: node, state: 'wait_bgsave' }] });
	const tracks = tracksOf(trackOf(node, { role: 'replica', isLinkUp: false }), primary);
	const waiting = { tracks, fleet: fleetOf(tracks, {}, { [node]: { primary: primary.address } }) };
	assert.deepEqual(counts(times(7, waiting)), [0, 0, 0, 0, 0, 1, 1]);
});

test('replication-link: why it never came up, by the errors that its tries leave at the primary', () => {
	const text = (name: string) => {
		const rounds = [1, 2].map(count => {
			const primary = trackOf('10.0.0.2:6379', { errors: { [name]: count } });
			const tracks = tracksOf(trackOf(node, { role: 'replica', isLinkUp: false }), primary);
			return { tracks, fleet: fleetOf(tracks, {}, { [node]: { primary: primary.address } }) };
		});
		return judgeRounds(rounds).at(-1)?.findings[0]?.text;
	};
	assert.match(text('WRONGPASS') ?? '', /never came up: 10.0.0.2:6379 refuses its password/);
	assert.match(text('NOAUTH') ?? '', /never came up: 10.0.0.2:6379 asks for a password/);
	assert.match(text('NOPERM') ?? '', /never came up: its user may not PSYNC/);
	assert.match(text('ERR') ?? '', /never came up$/);
});

test('replication-link: what keeps us away from the primary is not said to keep its replica away', () => {
	const text = (error: NodeError) => {
		const primary = downTrack('10.0.0.2:6379', { error });
		const tracks = tracksOf(trackOf(node, { role: 'replica', isLinkUp: false }), primary);
		const fleet = fleetOf(tracks, {}, { [node]: { primary: primary.address } });
		const [told] = judgeRounds([{ tracks, fleet }]);
		return told!.findings.find(({ id }) => id === 'replication-link')?.text;
	};
	const never = 'link to its primary never came up';
	assert.equal(
		text({ reason: 'refused', text: 'x' }),
		`${never}: 10.0.0.2:6379 gives no answer: connection refused`,
	);
	assert.equal(
		text({ reason: 'needs-password', text: 'x' }),
		`${never}: 10.0.0.2:6379 asks for a password (masterauth)`,
	);
	for (const reason of ['wrong-password', 'tls', 'host-not-found', 'unreachable'] as const)
		assert.equal(text({ reason, text: 'x' }), never, reason);
});

const replicas = (state: string) => one({ replicas: [{ address: '10.0.0.9:6379', state }] });
test('resync-loop: a replica not online for a minute, and full syncs beyond one a replica', () => {
	const waiting = judgeRounds(times(61, replicas('send_bulk')));
	assert.deepEqual(idsOf(waiting[59]), []);
	assert.match(waiting[60]?.findings[0]?.text ?? '', /^replica 10.0.0.9:6379 not online for 1m$/);
	assert.deepEqual(judgeRounds(times(70, replicas('online'))).flatMap(idsOf), []);
	const sync = one({}, { rates: ratesOf({ fullSyncs: 1 }) });
	assert.deepEqual(judgeRounds([sync, sync, sync]).map(idsOf), [[], [], ['resync-loop']]);
});

test('resync-loop: a full sync that was begun is waited for: a replica that was online for a moment may begin anew', () => {
	const round = (fullSyncs: number, state?: string) =>
		one(
			{
				connectedReplicas: 0,
				replicas: state === undefined ? [] : [{ address: '10.0.0.2:6379', offset: 1, state }],
			},
			{ rates: ratesOf({ fullSyncs }) },
		);
	const isPending = (rounds: readonly Round[]) =>
		judgeRounds(rounds).map(({ pending }) => pending.some(({ id }) => id === 'resync-loop'));
	assert.deepEqual(isPending([round(1), ...times(10, round(0))]), [...times(10, true), false]);
	assert.deepEqual(isPending([round(1), ...times(10, round(0, 'online'))]), [...times(10, true), false]);
	assert.deepEqual(isPending(times(11, round(0, 'wait_bgsave'))), [...times(10, true), false]);
	assert.deepEqual(isPending([round(0), round(0)]), [false, false]);
});

// redis/redis#1400, redis/redis#12957: a link that is mended within a second is down in no reading.
test('resync-loop: a link that breaks again and again, each time mended by a partial sync', () => {
	const counted = (each: number) =>
		Array.from({ length: 9 }, (_, index) => one({ syncPartialOk: 40 + index * each }));
	const judged = judgeRounds(counted(1));
	assert.deepEqual(judged.map(idsOf), [...times(6, []), ...times(3, ['resync-loop'])]);
	assert.equal(judged[6]?.findings[0]?.text, 'links to replicas broke 6 times in 1m');
	const isPending = judged.map(({ pending }) => pending.some(({ id }) => id === 'resync-loop'));
	assert.deepEqual(isPending, [false, false, true, true, true, true, false, false, false]);
	assert.deepEqual(judgeRounds(counted(0)).flatMap(idsOf), []);
});

test('views-differ is critical when it lasts longer than the node timeout, or 15 s', () => {
	const agreement = agreementOf({ viewsAgreeing: 5 });
	const severities = (round: Round) =>
		judgeRounds(times(18, round)).map(({ findings }) => findings[0]?.severity);
	const unknown = severities(withFleet({ agreement }));
	assert.deepEqual([unknown[1], unknown[15], unknown[16]], ['warn', 'warn', 'crit']);
	const tracks = tracksOf(trackOf(node, {}, { config: { 'cluster-node-timeout': '5000' } }));
	const known = severities({ tracks, fleet: fleetOf(tracks, { agreement }) });
	assert.deepEqual([known[5], known[6]], ['warn', 'crit']);
});

const sentinelTrack = (address: string, primary: string, flags: string[] = ['master']): NodeTrack => ({
	...trackOf(address),
	kind: 'sentinel',
	sentinel: { masters: [{ name: 'mymaster', address: primary, flags }] },
});
const sentinelRound = (named: string[], role: 'primary' | 'replica' = 'primary', flags?: string[]): Round => {
	const sentinels = named.map((primary, index) => sentinelTrack(`s${index}:26379`, primary, flags));
	const tracks = tracksOf(trackOf(node, { role, isLinkUp: true }), trackOf('b:1'), ...sentinels);
	return { tracks, fleet: fleetOf(tracks, { mode: 'sentinel' }) };
};

test('stale-primary under Sentinel: warn, after 12 s critical; not during the failover, not when it is named', () => {
	const told = judgeRounds(times(16, sentinelRound(['b:1', 'b:1'])));
	const severity = told.map(
		({ findings }) => findings.find(finding => finding.id === 'stale-primary')?.severity,
	);
	assert.deepEqual(
		[severity[0], severity[1], severity[12], severity[13]],
		[undefined, 'warn', 'warn', 'crit'],
	);
	const idsAfter = (round: Round) => judgeRounds(times(3, round)).flatMap(idsOf);
	assert.deepEqual(idsAfter(sentinelRound(['b:1'], 'primary', ['master', 'failover_in_progress'])), []);
	assert.deepEqual(idsAfter(sentinelRound(['b:1'], 'replica')), []);
	assert.deepEqual(idsAfter(sentinelRound([])), []);
});

test('views-differ under Sentinel: different addresses for one master', () => {
	const told = judgeRounds(times(3, sentinelRound([node, 'b:1'])));
	assert.match(told[1]?.findings[0]?.text ?? '', /Sentinels name 10.0.0.1:6379 and b:1 for mymaster/);
});

const watching = (...views: NonNullable<NodeTrack['sentinel']>['masters'][]): Round => {
	const sentinels = views.map((masters, index): NodeTrack => {
		const address = `s${index}:26379`;
		return { ...trackOf(address), kind: 'sentinel', sentinel: { masters } };
	});
	const tracks = tracksOf(trackOf(node), trackOf('b:1'), ...sentinels);
	const masters = [{ name: 'mymaster', primary: node, flags: [] }];
	return { tracks, fleet: fleetOf(tracks, { mode: 'sentinel', sentinel: { masters, sentinels: [] } }) };
};
const master = (
	name: string,
	address: string,
	more: Partial<NonNullable<NodeTrack['sentinel']>['masters'][number]> = {},
) => ({ name, address, flags: ['master'], quorum: 2, ...more });
const clash = (rounds: number, ...views: Parameters<typeof watching>) =>
	judgeRounds(times(rounds, watching(...views)))
		.at(-1)!
		.findings.filter(({ id }) => id === 'views-differ')
		.map(({ node: of, severity, text }) => [of, severity, text]);

test('views-differ under Sentinel: one primary under two names, in one Sentinel or in two', () => {
	const told = [node, 'warn', 'one primary under 2 names, cache and mymaster: each is failed over by itself'];
	const replicas = [{ address: 'r:1', flags: ['slave'] }];
	const both = [master('mymaster', node, { replicas }), master('cache', node, { replicas })];
	assert.deepEqual(clash(20, both), [told], 'its replicas are of both names by that, and told once');
	assert.deepEqual(clash(2, [both[0]!], [both[1]!]), [told]);
	assert.deepEqual(clash(1, both), [], 'it has to hold');
	assert.deepEqual(clash(3, [master('mymaster', node)], [master('cache', 'b:1')]), []);
	const failing = master('mymaster', node, { flags: ['master', 'failover_in_progress'] });
	assert.deepEqual(clash(3, [failing, master('cache', node)]), []);
});

test('views-differ under Sentinel: a replica of two groups, critical when it stays; not one that is long gone', () => {
	const withReplica = (...flags: string[]) => {
		const replicas = [{ address: 'r:1', flags: ['slave', ...flags] }];
		return [master('mymaster', node, { replicas }), master('cache', 'b:1', { replicas })];
	};
	const text = 'a replica of cache and mymaster at once: both tell it whom to follow';
	assert.deepEqual(clash(3, withReplica()), [['r:1', 'warn', text]]);
	assert.deepEqual(clash(15, withReplica()), [['r:1', 'crit', text]]);
	assert.deepEqual(clash(15, withReplica('s_down', 'disconnected')), []);
});

test('views-differ under Sentinel: quorums that differ', () => {
	const quorum = (value: number) => [master('mymaster', node, { quorum: value })];
	const text = 'mymaster: its Sentinels have different quorums, 2 and 5';
	assert.deepEqual(clash(3, quorum(5), quorum(2), quorum(2)), [[node, 'warn', text]]);
	assert.deepEqual(clash(3, quorum(2), quorum(2)), []);
});

test('views-differ under Sentinel: one that answers and has forgotten what the others count on it for', () => {
	const sentinels = [{ address: 's1:26379', flags: ['sentinel'] }];
	const knows = [master('mymaster', node, { sentinels })];
	const text =
		'mymaster: this Sentinel does not watch it, and the other counts on its vote: was its file lost?';
	assert.deepEqual(clash(3, knows, []), [['s1:26379', 'warn', text]]);
	assert.deepEqual(clash(1, knows, []), [], 'it has to hold');
	assert.deepEqual(clash(3, knows, [master('mymaster', node)]), []);
	assert.deepEqual(clash(3, [master('mymaster', node)], []), [], 'nobody counts on it');
});

test('replication-link: replicas that follow each other, or themselves, have no primary, whatever their links say', () => {
	type Members = readonly (readonly [address: string, primary: string, isLinkUp?: false])[];
	/** In each second all of them are read but those that are silent, whose last reading is of the first one. */
	const inSecond = (members: Members, second: number, silent: readonly string[] = []): Round => {
		const tracks = tracksOf(
			...members.map(([address, primary, isLinkUp = true]) => {
				const at = silent.includes(address) ? start : start + second * 1000;
				return trackOf(address, { role: 'replica', primary, isLinkUp, linkDownSeconds: 9 }, {}, at);
			}),
		);
		const rows = Object.fromEntries(members.map(([address, primary]) => [address, { replicates: primary }]));
		return { tracks, fleet: fleetOf(tracks, {}, rows) };
	};
	const circle = (...members: Members) => members;
	const told = (members: Members, rounds = 6, silent?: readonly string[]) =>
		judgeRounds(Array.from({ length: rounds }, (_, second) => inSecond(members, second, silent)))
			.at(-1)!
			.findings.map(({ node: of, severity, text }) => `${of} ${severity} ${text}`);
	const none = 'crit no primary, writes are refused: it replicates';
	assert.deepEqual(told(circle(['a:1', 'b:1'], ['b:1', 'a:1'])), [
		`a:1 ${none} b:1, which replicates it`,
		`b:1 ${none} a:1, which replicates it`,
	]);
	assert.deepEqual(told(circle(['a:1', 'a:1'])), [`a:1 ${none} itself`]);
	// One below a circle of three is named by none.
	const three = circle(['a:1', 'b:1'], ['b:1', 'c:1'], ['c:1', 'a:1'], ['d:1', 'a:1']);
	assert.deepEqual(
		told(three).map(text => text.slice(0, 3)),
		['a:1', 'b:1', 'c:1'],
	);
	assert.match(told(three)[0]!, /it replicates b:1, which replicates c:1, which replicates it$/);
	// Roles that swap are read one after the other.
	assert.deepEqual(told(circle(['a:1', 'b:1'], ['b:1', 'a:1']), 5), []);
	assert.deepEqual(told(circle(['a:1', 'b:1'], ['b:1', 'c:1'])), []);
	const [pending] = judgeRounds([inSecond(circle(['a:1', 'b:1'], ['b:1', 'a:1']), 0)]);
	assert.deepEqual(
		pending!.pending.map(({ id }) => id),
		['replication-link', 'replication-link'],
	);
	// A failover whose new primary has not been read since: it was a replica when it last was.
	assert.deepEqual(told(circle(['a:1', 'b:1'], ['b:1', 'a:1']), 20, ['b:1']), []);
	// That link is down all the same.
	assert.deepEqual(told(circle(['a:1', 'b:1', false], ['b:1', 'a:1']), 20, ['b:1']), [
		'a:1 crit link to its primary down 19s',
	]);
});

test('quorum-lost, and a Sentinel that does not answer', () => {
	const master = { name: 'mymaster', primary: node, flags: [] };
	const sentinels = [
		{ node: 's:1', health: 'down' as const, error: { reason: 'refused' as const, text: '' } },
	];
	const round = (isQuorumReachable: boolean | undefined) =>
		withFleet({ mode: 'sentinel', sentinel: { masters: [{ ...master, isQuorumReachable }], sentinels } });
	const found = judgeRounds([round(false)])[0]?.findings.map(({ id, node }) => [id, node]);
	assert.deepEqual(found, [
		['unreachable', 's:1'],
		['quorum-lost', node],
	]);
	assert.deepEqual(judgeRounds([round(true), round(undefined)]).map(idsOf), [
		['unreachable'],
		['unreachable'],
	]);
});

test('sentinel-tilt: a warning for some Sentinels of a master, critical for all of them', () => {
	const words = { masters: [{ name: 'mymaster', address: node, flags: [] }] };
	const sentinel = (at: number, isInTilt: boolean, error?: { reason: 'refused'; text: string }) => ({
		...trackOf(`s:${at}`, { isInTilt }),
		...{ kind: 'sentinel' as const, sentinel: words, error },
	});
	const round = (...sentinels: ReturnType<typeof sentinel>[]) => {
		const fleet = {
			mode: 'sentinel',
			sentinel: { masters: [{ name: 'mymaster', primary: node, flags: [] }] },
		};
		const seen = withFleet({ ...fleet, sentinel: { ...fleet.sentinel, sentinels: [] } } as never);
		return { ...seen, tracks: tracksOf(...seen.tracks.values(), ...sentinels) };
	};
	const told = (...sentinels: ReturnType<typeof sentinel>[]) =>
		judgeRounds([round(...sentinels)])[0]!.findings.filter(({ id }) => id === 'sentinel-tilt');
	assert.deepEqual(told(sentinel(1, false), sentinel(2, false)), []);
	const [some] = told(sentinel(1, true), sentinel(2, false), sentinel(3, false));
	assert.deepEqual([some?.severity, some?.node], ['warn', node]);
	assert.match(some!.text, /^mymaster: 1 of 3 Sentinels is in TILT, it votes for no failover$/);
	const [all] = told(sentinel(1, true), sentinel(2, true), sentinel(3, true));
	assert.equal(all?.severity, 'crit');
	assert.match(all!.text, /^mymaster: all 3 Sentinels are in TILT, no failover until/);
	// One that does not answer says nothing of now.
	const away = { reason: 'refused' as const, text: '' };
	assert.equal(told(sentinel(1, true), sentinel(2, false, away))[0]?.severity, 'crit');
});

const shard = (replicas: string[], slots: [number, number][] = [[0, 16383]]) => ({
	number: 1,
	primary: node,
	replicas,
	slots,
});
const clusterRound = (
	replica: Info | undefined,
	primary: NodeTrack = trackOf(node, { connectedReplicas: 0 }),
): Round => {
	const tracks = tracksOf(
		primary,
		...(replica ? [trackOf('b:1', { role: 'replica', isLinkUp: true, ...replica })] : []),
	);
	const shards = [shard(replica ? ['b:1'] : [])];
	return { tracks, fleet: fleetOf(tracks, { mode: 'cluster', shards, agreement: agreementOf() }) };
};

test('no-replica: in a cluster, after 5 rounds; not standalone, not when the primary says it has one', () => {
	assert.deepEqual(judgeRounds(times(5, clusterRound(undefined))).map(idsOf), [
		[],
		[],
		[],
		[],
		['no-replica'],
	]);
	assert.deepEqual(judgeRounds(times(6, clusterRound({}))).flatMap(idsOf), []);
	assert.deepEqual(judgeRounds(times(6, clusterRound(undefined, trackOf(node)))).flatMap(idsOf), []);
	const alone = clusterRound(undefined);
	const standalone = {
		...alone,
		fleet: { ...alone.fleet!, mode: 'standalone' as const, agreement: undefined },
	};
	assert.deepEqual(judgeRounds(times(6, standalone)).flatMap(idsOf), []);
	const empty = { ...alone, fleet: { ...alone.fleet!, shards: [shard([], [])] } };
	assert.deepEqual(judgeRounds(times(6, empty)).flatMap(idsOf), []);
});

const barredPeers = {
	peers: [peerOf('b', 'b:1', { isMyself: true, flags: ['myself', 'slave', 'nofailover'] })],
};

// redis/redis#1893, redis/redis#7825: no Sentinel promotes what has priority 0, and says so when it is too late.
test('no-replica: where nobody tells the slots, one replica of two that are asked for is no word of none', () => {
	const limits = { ...defaultLimits, 'no-replica': { ...defaultLimits['no-replica'], warn: 2 } };
	const text = (connectedReplicas: number) => {
		const info = { isClusterEnabled: true, connectedReplicas };
		const tracks = tracksOf(trackOf(node, info, { cluster: { state: 'ok' }, clusterAt: start }));
		const told = judgeRounds(times(5, { tracks, fleet: fleetOf(tracks, { mode: 'cluster' }) }), limits);
		return told.at(-1)!.findings.map(finding => `${finding.id} ${finding.text}`);
	};
	assert.deepEqual(text(2), []);
	assert.deepEqual(text(1), ['no-replica only 1 to take over']);
	assert.deepEqual(text(0), ['no-replica no replica to take over']);
});

test('no-replica: one that is told never to take over is none', () => {
	const barred = (mode: 'cluster' | 'sentinel', primary = trackOf(node, { role: 'primary' })) => {
		const replica = trackOf(
			'b:1',
			{ role: 'replica', isLinkUp: true, ...(mode === 'sentinel' && { replicaPriority: 0 }) },
			mode === 'cluster' ? { cluster: barredPeers } : {},
		);
		const tracks = tracksOf(primary, replica);
		return { tracks, fleet: fleetOf(tracks, { mode, shards: [shard(['b:1'])] }) };
	};
	const last = (round: Round) =>
		judgeRounds(times(5, round))
			.at(-1)!
			.findings.map(({ id, text }) => `${id} ${text}`);
	assert.deepEqual(last(barred('cluster')), [
		'no-replica no replica to take over: 1 has cluster-replica-no-failover',
	]);
	assert.deepEqual(last(barred('sentinel')), [
		'no-replica no replica to take over: 1 has replica-priority 0',
	]);
	assert.ok(last(barred('sentinel', downTrack(node))).some(text => text.startsWith('failover-impossible')));
	assert.ok(last(barred('cluster', downTrack(node))).some(text => text.startsWith('failover-impossible')));
});

test('failover-impossible: the primary is down and no replica can take over', () => {
	const found = (replica: Info | undefined) =>
		judgeRounds([clusterRound(replica, downTrack(node))])[0]?.findings.some(
			({ id }) => id === 'failover-impossible',
		);
	assert.equal(found(undefined), true);
	assert.equal(found({ isLinkUp: false, linkDownSeconds: 2 }), false, 'its link broke with the primary');
	// Ten node timeouts of 15 s, where the cluster does not tell its own.
	assert.equal(found({ isLinkUp: false, linkDownSeconds: 149 }), false, 'its data is still voted for');
	assert.equal(found({ isLinkUp: false, linkDownSeconds: 150 }), true, 'its data is too old');
	assert.equal(found({ isLinkUp: false, linkDownSeconds: undefined }), true, 'it never synced');
	assert.equal(found({ isLinkUp: false, linkDownSeconds: 2, isSyncing: true }), true, 'it is syncing');
	assert.equal(judgeRounds([clusterRound(undefined)])[0]?.findings.length, 0, 'the primary is well');
});

test('what is over without a number is named in words, not by its id', () => {
	const told = judgeRounds([clusterRound(undefined, downTrack(node)), ...times(4, clusterRound({}))]);
	const said = told.flatMap(({ events }) => events).filter(({ kind }) => kind === 'finding-over');
	const appeared = told[0]!.findings.find(({ id }) => id === 'failover-impossible');
	assert.deepEqual(
		said.map(({ text }) => text),
		[`no longer: ${appeared?.text}`],
	);
});

test('stale-primary in a cluster: the majority has long given its slots to another', () => {
	const tracks = tracksOf(trackOf('A:1'), trackOf('B:1'));
	const staleOwners = [{ node: 'A:1', owner: 'B:1' }];
	const fleet = fleetOf(tracks, { mode: 'cluster', agreement: agreementOf({ staleOwners }) });
	const told = judgeRounds(times(2, { tracks, fleet }));
	assert.deepEqual(
		told[1]?.findings.map(({ id, node, severity, text }) => [id, node, severity, text]),
		[['stale-primary', 'A:1', 'warn', 'stale primary: its slots belong to B:1']],
	);
});

test('evicting: a falling hit rate warns after three readings, with where it came from; alone it is calm', () => {
	const falling = one(
		{ maxmemoryPolicy: 'allkeys-lru', databases: [{ db: 0, keys: 9e6, expires: 0 }] },
		{
			intervals: [
				...intervalsOf(20, { hits: 970, misses: 30 }, start - 20_000),
				...intervalsOf(20, { hits: 860, misses: 140, evicted: 1200 }),
			],
			hits: seriesOf(970, 30),
			lookups: seriesOf(1000, 30),
		},
	);
	const told = judgeRounds(times(3, { ...falling, seconds: 0 }));
	assert.deepEqual(told.map(idsOf), [[], [], ['evicting']]);
	const [finding] = told[2]!.findings;
	assert.deepEqual(
		[finding?.severity, finding?.text, finding?.column],
		['warn', 'evicting 1.2k/s, hit rate down 11 points', 'evict'],
	);
	assert.equal(told[2]?.events[0]?.text, 'evicting: 0/s to 1.2k/s in 20s, policy allkeys-lru');
	const steady = one({ maxmemoryPolicy: 'allkeys-lru' }, { intervals: intervalsOf(60, { evicted: 9 }) });
	const lookedUp = { hits: seriesOf(970, 30), lookups: seriesOf(1000, 30) };
	const holding = one(
		{ maxmemoryPolicy: 'allkeys-lru' },
		{ intervals: intervalsOf(40, { hits: 970, misses: 30, evicted: 84 }), ...lookedUp },
	);
	// Not `evicting over: evicting 84/s`.
	const overOf = (calmer: Round) =>
		judgeRounds([...times(3, falling), ...times(4, calmer)].map(round => ({ ...round, seconds: 0 })))
			.flatMap(({ events }) => events)
			.find(({ kind }) => kind === 'finding-over')?.text;
	assert.equal(overOf(holding), 'still evicting 84/s, hit rate not falling now');
	assert.equal(overOf(steady), 'still evicting 9/s, too few lookups to tell whether it does harm');
	assert.deepEqual(judgeRounds(times(6, { ...steady, seconds: 0 })).flatMap(idsOf), []);
});

test('sorted: critical first, then by urgency, then by node', () => {
	const bad = (address: string) =>
		trackOf(address, { usedMemoryBytes: 3.2 * gigabyte, rssBytes: 4 * gigabyte, lastSaveStatus: 'err' });
	const tracks = tracksOf(bad('b:1'), bad('a:1'), downTrack('c:1'));
	const found = judgeRounds(times(2, { tracks }))[1]?.findings.map(({ id, node }) => `${id} ${node}`);
	assert.deepEqual(found, [
		'unreachable c:1',
		'save-failing a:1',
		'save-failing b:1',
		'memory-high a:1',
		'memory-high b:1',
	]);
});

test('a fresh server of every captured version, and an idle small one, are calm', () => {
	const boots = captures(/standalone\/info-fresh-boot\.txt$/);
	assert.ok(boots.length >= 4);
	for (const path of boots) {
		const info = parseInfo(capture(path));
		assert.ok(info.usedMemoryBytes, path);
		const track = { ...trackOf(node), lastGood: sampleOf(node, start, { info, pingMilliseconds: 1 }) };
		const told = judgeRounds(times(40, { tracks: tracksOf(track) }));
		assert.deepEqual(told.flatMap(idsOf), [], path);
		assert.deepEqual(
			told.flatMap(({ events }) => events),
			[],
			path,
		);
	}
	const idle = one({
		usedMemoryBytes: megabyte,
		rssBytes: 14 * megabyte,
		fragmentationRatio: 14,
		activeBytes: 2 * megabyte,
		allocatedBytes: megabyte,
		maxmemoryBytes: 0,
	});
	assert.deepEqual(judgeRounds(times(40, idle)).flatMap(idsOf), []);
});

test('property: any figures, present or not, are judged without an error and without NaN in a text', () => {
	const names = Object.keys(calmInfo).filter(name => typeof calmInfo[name as keyof Info] === 'number');
	const figure = fc.option(fc.oneof(fc.integer(), fc.double(), fc.constant(0)), { nil: undefined });
	const numbers = fc.record(Object.fromEntries(names.map(name => [name, figure])), { requiredKeys: [] });
	const words = fc.record(
		{
			role: fc.constantFrom('primary' as const, 'replica' as const),
			maxmemoryPolicy: fc.constantFrom('noeviction', 'allkeys-lru', 'volatile-lru', ''),
			isLinkUp: fc.boolean(),
			linkDownSeconds: fc.integer(),
			lastForkMicroseconds: fc.integer(),
			replicas: fc.array(fc.record({ address: fc.string(), state: fc.string() })),
			databases: fc.array(fc.record({ db: fc.nat(), keys: fc.integer(), expires: fc.integer() })),
		},
		{ requiredKeys: [] },
	);
	const rates = fc.option(
		fc.record({ seconds: fc.double(), oomErrors: fc.double(), fullSyncs: fc.double() }),
		{ nil: undefined },
	);
	const round = fc.tuple(numbers, words, rates, fc.boolean());
	fc.assert(
		fc.property(fc.array(round, { maxLength: 8 }), rounds => {
			let holds = noHolds;
			rounds.forEach(([figures, more, rates, isDown], index) => {
				const base = trackOf(
					node,
					{},
					{ rates, intervals: intervalsOf(5, { evicted: figures.usedMemoryBytes ?? 0 }) },
				);
				const info = { ...figures, ...more } as Info;
				const track = isDown ? downTrack(node) : { ...base, lastGood: sampleOf(node, start, { info }) };
				const tracks = tracksOf(track);
				const at = start + index * 1000;
				const judged = judge({
					fleet: fleetOf(tracks),
					tracks,
					holds,
					limits: defaultLimits,
					at,
					freshNodes: new Set([node]),
				});
				holds = judged.holds;
				for (const { text } of [...judged.findings, ...judged.events])
					assert.doesNotMatch(text, /NaN|undefined/);
			});
		}),
	);
});
