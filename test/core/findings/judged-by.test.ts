// What a finding says it was judged by: value, limit, unit and text of every id, at every severity, as JSON prints them.
// The table is held against thresholds.ts: an id without a row fails, so no new finding can be left out.
// From reports: github.com/willixix/WL-NagiosPlugins/issues/15 (a plugin that prints the wrong count beside the right one).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Migration } from '../../../source/core/cluster/migration-record.ts';
import { bytes, duration, percent } from '../../../source/core/text/quantity.ts';
import { defaultLimits, type FindingId, limitOf, thresholds } from '../../../source/core/thresholds.ts';
import type { FindingUnit, Fleet, Info, NodeTrack, RedisNode, Severity } from '../../../source/core/types.ts';
import {
	agreementOf,
	downTrack,
	fleetOf,
	gigabyte,
	intervalsOf,
	judgeRounds,
	megabyte,
	type Round,
	ratesOf,
	seriesOf,
	start,
	times,
	trackOf,
	tracksOf,
} from '../build.ts';

const node = '10.0.0.1:6379';
const one = (info: Info, more: Partial<NodeTrack> = {}): Round => ({
	tracks: tracksOf(trackOf(node, info, more)),
});
const rated = (rates: Parameters<typeof ratesOf>[0]) => one({}, { rates: ratesOf(rates) });
const ofFleet = (more: Partial<Fleet>, ...tracks: NodeTrack[]): Round => {
	const all = tracksOf(...(tracks.length > 0 ? tracks : [trackOf(node, { connectedReplicas: 0 })]));
	return { tracks: all, fleet: fleetOf(all, more) };
};
const ofNode = (more: Partial<RedisNode>): Round => {
	const tracks = tracksOf(trackOf(node));
	return { tracks, fleet: fleetOf(tracks, {}, { [node]: more }) };
};
const cluster = (more: Parameters<typeof agreementOf>[0], ...tracks: NodeTrack[]) =>
	ofFleet({ mode: 'cluster', agreement: agreementOf(more) }, ...tracks);
const timeout = (seconds: number) =>
	trackOf(node, {}, { config: { 'cluster-node-timeout': `${seconds * 1000}` } });
const sentinel = (name: string, primary: string): NodeTrack => ({
	...trackOf(name),
	kind: 'sentinel',
	sentinel: { masters: [{ name: 'mymaster', address: primary, flags: ['master'] }] },
});
const inTilt = (...are: readonly boolean[]): Round =>
	ofFleet(
		{
			mode: 'sentinel',
			sentinel: { masters: [{ name: 'mymaster', primary: node, flags: [] }], sentinels: [] },
		},
		trackOf(node, { connectedReplicas: 1 }),
		...are.map((isInTilt, index) => ({
			...sentinel(`s:${index + 1}`, node),
			lastGood: trackOf(`s:${index + 1}`, { isInTilt }).lastGood,
		})),
	);
const shards = [{ number: 1, primary: node, replicas: [], slots: [[0, 16383] as const] }];
const behind = (share: number): Round => {
	const tracks = tracksOf(trackOf(node, { role: 'replica', isLinkUp: true }), trackOf('p:1'));
	const row = { primary: 'p:1', replicationLagBytes: share * megabyte };
	return { tracks, fleet: fleetOf(tracks, {}, { [node]: row }) };
};
/** A replica that was promoted, with so many changes a second at both. */
const promotedBeside = (changes: number): Round[] =>
	[0, 1, 2, 3].map(second => ({
		tracks: tracksOf(
			trackOf('10.0.0.2:6379', { replicationId: 'x', changesSinceSave: second * changes }),
			trackOf(node, {
				...{ runId: 'b', previousReplicationId: 'x', connectedReplicas: 0 },
				changesSinceSave: second * changes,
			}),
		),
	}));
const ping = (now: number): Round => {
	const track = trackOf(node, {}, { pings: times(20, 30) });
	return { tracks: tracksOf({ ...track, lastGood: { ...track.lastGood!, pingMilliseconds: now } }) };
};
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
const refusing = one({ maxmemoryPolicy: 'noeviction' }, { rates: ratesOf({ oomErrors: 7, seconds: 2 }) });
/** A row of seconds in which the counters of INFO rise by so much each. */
const rising = (seconds: number, from: Info, counters: (second: number) => Info): readonly Round[] =>
	Array.from({ length: seconds + 1 }, (_, second) => {
		const at = start + second * 1000;
		return { tracks: tracksOf(trackOf(node, { ...from, ...counters(second) }, {}, at)) };
	});
const answering = (code: string, perSecond: number) =>
	rising(limitOf(defaultLimits, 'commands-refused').hold, {}, second => ({
		errors: { [code]: perSecond * second },
		commandsProcessed: 1000 * second,
	}));
const stalledFor = (seconds: number) => one({}, { stalls: [{ at: start, seconds }] });
const delayedFsyncs = (first: number, next: number) => [
	one({ aofDelayedFsync: first }),
	one({ aofDelayedFsync: next }),
];
const withKeys = (keys: number, more: Info = {}): Info => ({
	...more,
	databases: [{ db: 0, keys, expires: 0 }],
});
/** A replica of p:1, which has 10,000 keys unless said. */
const following = (replica: Info, more: Partial<NodeTrack> = {}, primary: Info = withKeys(10_000)): Round => {
	const tracks = tracksOf(
		trackOf(node, { role: 'replica', isLinkUp: true, ...replica }, more),
		trackOf('p:1', primary),
	);
	return { tracks, fleet: fleetOf(tracks, {}, { [node]: { primary: 'p:1' } }) };
};
const paused = (milliseconds: number) =>
	one({ pausedReason: 'client_pause', pausedActions: 'write', pausedMilliseconds: milliseconds });
const dropped = (droppedClients: number) =>
	one({ outputLimitDisconnections: 1 }, { rates: ratesOf({ droppedClients }) });
const leftOpen: Migration = {
	...{ id: 'm', kind: 'classic', sourceId: 'a', targetId: 'b', source: node, target: '10.0.0.2:6379' },
	...{ slots: [[100, 100]], state: 'moving keys', startedAt: start, seenAt: start, progressAt: start },
	...{ hasFailed: false, slotsDone: 0, flips: [], keysCounted: 5, keysLeft: 5 },
};
const moving = (migration: Migration): Round => ({ ...one({}), migrations: [migration] });
const replicaState = (state: string) => one({ replicas: [{ address: 'r:1', state }] });
const forked = [one({ lastForkMicroseconds: 1 }), one({ lastForkMicroseconds: 1_200_000 })];
const down = downTrack(node);

type Row = readonly [
	id: FindingId,
	severity: Severity,
	rounds: readonly Round[],
	value: number | undefined,
	limit: number | undefined,
	unit: FindingUnit,
	text: RegExp,
];
/** Rounds at the delay of one second until it must be there. */
const held = (id: FindingId, round: Round, more = 0) => times(limitOf(defaultLimits, id).hold + more, round);

const row = (
	id: FindingId,
	severity: Severity,
	rounds: Round | readonly Round[],
	value: number | undefined,
	limit: number | undefined,
	unit: FindingUnit,
	text: RegExp,
): Row => [
	id,
	severity,
	Array.isArray(rounds) ? rounds : held(id, rounds as Round),
	value,
	limit,
	unit,
	text,
];

const rows: readonly Row[] = [
	row('unreachable', 'crit', { tracks: tracksOf(down) }, 1, 1, 'count', /^no answer/),
	row('slots-uncovered', 'crit', cluster({ slotsCovered: 16_000 }), 384, 1, 'count', /^384 of 16384 slots/),
	row(
		'failover-impossible',
		'crit',
		cluster({ primariesReachable: 1 }),
		1,
		2,
		'count',
		/1 of 3 .*, 2 needed/,
	),
	row(
		'failover-impossible',
		'crit',
		ofFleet({ mode: 'cluster', shards, agreement: agreementOf() }, down),
		0,
		1,
		'count',
		/shard 1 has no usable replica/,
	),
	row(
		'quorum-lost',
		'crit',
		ofFleet({
			mode: 'sentinel',
			sentinel: {
				masters: [{ name: 'm', primary: node, flags: [], isQuorumReachable: false }],
				sentinels: [],
			},
		}),
		1,
		1,
		'count',
		/^m: Sentinels have no quorum/,
	),
	row('sentinel-tilt', 'warn', inTilt(true, false, false), 1, 1, 'count', /1 of 3 Sentinels is in TILT/),
	row('sentinel-tilt', 'crit', inTilt(true, true, true), 3, 1, 'count', /all 3 Sentinels are in TILT/),
	row(
		'two-owners',
		'crit',
		cluster({
			doubleOwners: [
				{ slot: 7, nodes: ['a:1', 'b:1'] },
				{ slot: 9, nodes: ['a:1', 'b:1'] },
			],
		}),
		2,
		1,
		'count',
		/^slot 7 and 1 more owned by both/,
	),
	row('oom-errors', 'crit', rated({ oomErrors: 1.5, seconds: 2 }), 3, 1, 'count', /: 3 in 2s$/),
	row(
		'blocked-by-script',
		'crit',
		ofNode({ health: 'stale', error: { reason: 'busy', text: '' } }),
		1,
		1,
		'count',
		/blocked by a script/,
	),
	row('stalled', 'warn', stalledFor(2), 2, 1, 'seconds', /^stalled for 2s, once/),
	row('stalled', 'crit', stalledFor(9), 9, 6, 'seconds', /^stalled for 9s, once/),
	row('commands-refused', 'warn', answering('NOPERM', 3), 3, 1, 'per second', /NOPERM 3\/s/),
	// What it means makes it critical, or its share: the limit of the rate is the same.
	row('commands-refused', 'crit', answering('MISCONF', 3), 3, 1, 'per second', /MISCONF 3\/s/),
	row('commands-refused', 'crit', answering('NOPERM', 500), 500, 1, 'per second', /NOPERM 500\/s, 33% of/),
	row(
		'commands-refused',
		'crit',
		rising(2, { goodReplicas: 0 }, () => ({})),
		1,
		1,
		'count',
		/^writes refused, 0 of 1 replicas in sync/,
	),
	row('auth-failing', 'warn', answering('WRONGPASS', 7), 7, 1, 'per second', /WRONGPASS 7\/s/),
	row('fsync-slow', 'warn', delayedFsyncs(3, 5), 0.2, 0, 'per second', /^AOF fsync delayed 2 times/),
	row('fsync-slow', 'crit', delayedFsyncs(0, 15), 1.5, 1, 'per second', /^AOF fsync delayed 15 times/),
	row(
		'came-back-empty',
		'crit',
		[
			following(withKeys(10_000)),
			following(
				withKeys(10_000, { isLinkUp: false, linkDownSeconds: 1 }),
				{},
				withKeys(2500, { runId: 'b', uptimeSeconds: 1 }),
			),
		],
		0.25,
		0.5,
		'share',
		/^back with 2.5k of 10.0k keys/,
	),
	row(
		'keys-lost',
		'crit',
		[one(withKeys(10_000)), one(withKeys(2000))],
		0.8,
		0.5,
		'share',
		/^10.0k keys to 2.0k in 1s/,
	),
	row('paused', 'warn', paused(9000), 9, 0, 'seconds', /^writes paused by CLIENT PAUSE, 9s left/),
	row('paused', 'crit', paused(11_000), 11, 10, 'seconds', /11s left/),
	row('slot-open', 'warn', times(63, moving(leftOpen)), 62, 60, 'seconds', /^slot 100 open, .* no progress/),
	// Whose reshard was broken off is open for nothing at once.
	row(
		'slot-open',
		'warn',
		moving({ ...leftOpen, kind: 'left-open', openAt: 'target' }),
		1,
		0,
		'seconds',
		/^slot 100 open at the target only/,
	),
	row('clients-dropped', 'warn', dropped(3), 3, 1, 'count', /^3 clients closed in 10s/),
	row('clients-dropped', 'crit', dropped(12), 12, 10, 'count', /^12 clients closed in 10s/),
	row(
		'replica-evicts',
		'warn',
		following(withKeys(9990, { evictedKeys: 10 }), { rates: ratesOf({ evicted: 5 }) }),
		10,
		1,
		'count',
		/lacks 10 of 10.0k keys$/,
	),
	row(
		'replica-evicts',
		'warn',
		following(withKeys(10_000, { evictedKeys: 10 }), { rates: ratesOf({ evicted: 5 }) }),
		undefined,
		undefined,
		'count',
		/^replica evicts by itself/,
	),
	row(
		'replica-evicts',
		'warn',
		following(withKeys(9000, { evictedKeys: 1000 })),
		1000,
		100,
		'count',
		/lacks 1.0k of 10.0k keys$/,
	),
	row(
		'connections-churn',
		'warn',
		rated({ connections: 150, ops: 300 }),
		150,
		100,
		'per second',
		/^150 new connections\/s, 50% of ops/,
	),
	// The node timeout in force, not the table's 12 s.
	row(
		'stale-primary',
		'crit',
		times(6, cluster({ staleOwners: [{ node, owner: 'b:1' }] }, timeout(4))),
		5,
		4,
		'seconds',
		/^stale primary/,
	),
	row('two-primaries', 'warn', promotedBeside(0), 2, 2, 'count', /^two primaries of one data set: a replica/),
	row('two-primaries', 'crit', promotedBeside(1), 2, 2, 'count', /^two primaries take writes: a replica of/),
	row(
		'stale-primary',
		'crit',
		times(14, ofFleet({ mode: 'sentinel' }, trackOf(node), sentinel('s:1', 'b:1'))),
		13,
		12,
		'seconds',
		/no Sentinel names it/,
	),
	row(
		'stale-primary',
		'warn',
		cluster({ staleOwners: [{ node, owner: 'b:1' }] }, timeout(4)),
		1,
		0,
		'seconds',
		/^stale/,
	),
	row(
		'replication-link',
		'crit',
		one({ role: 'replica', isLinkUp: false, linkDownSeconds: 9 }),
		9,
		5,
		'seconds',
		/down 9s$/,
	),
	row(
		'replication-link',
		'crit',
		{ tracks: tracksOf(downTrack(node, { error: { reason: 'masterdown', text: '' } })) },
		undefined,
		undefined,
		'seconds',
		/reads refused/,
	),
	row(
		'over-limit',
		'crit',
		times(2, one({ usedMemoryBytes: 4.4 * gigabyte, maxmemoryPolicy: 'noeviction' })),
		1.1,
		1,
		'share',
		/^memory 110% of maxmemory, nothing left to evict$/,
	),
	row('memory-high', 'crit', one({ usedMemoryBytes: 3.72 * gigabyte }), 0.93, 0.9, 'share', /^memory 93%/),
	row('memory-high', 'warn', one({ usedMemoryBytes: 3.2 * gigabyte }), 0.8, 0.75, 'share', /^memory 80%/),
	row(
		'memory-high',
		'warn',
		one({ usedMemoryBytes: 3.8 * gigabyte, role: 'replica', isLinkUp: true }),
		0.95,
		0.75,
		'share',
		/^memory 95%/,
	),
	row(
		'evicting',
		'warn',
		held('evicting', { ...falling, seconds: 0 }),
		0.11,
		0.05,
		'share',
		/hit rate down 11 points$/,
	),
	row('evicting', 'crit', refusing, 0, undefined, 'per second', /^nothing to evict: .*writes refused/),
	row('save-failing', 'crit', one({ lastSaveStatus: 'err' }), 1, 1, 'count', /save failed/),
	row(
		...(['save-failing', 'crit', one({ lastSaveStatus: 'err', failedSaves: 3 })] as const),
		...([1, 1, 'count', /the last 3 rdb saves failed/] as const),
	),
	row('aof-failing', 'crit', one({ isAofEnabled: true, lastAofWriteStatus: 'err' }), 1, 1, 'count', /aof/),
	row('clients-rejected', 'crit', rated({ rejected: 2, seconds: 2.5 }), 5, 1, 'count', /: 5 in 2.5s$/),
	row(
		'clients-high',
		'warn',
		one({ connectedClients: 8499, maxClients: 10_000 }),
		0.85,
		0.8,
		'share',
		/85% of maxclients/,
	),
	row(
		'clients-high',
		'crit',
		one({ connectedClients: 9699, maxClients: 10_000 }),
		0.97,
		0.95,
		'share',
		/97%/,
	),
	row(
		'output-buffers',
		'warn',
		one({ clientsNormalBytes: gigabyte }),
		0.25,
		0.25,
		'share',
		/25% of maxmemory$/,
	),
	row('output-buffers', 'crit', one({ clientsNormalBytes: 2 * gigabyte }), 0.5, 0.5, 'share', /50%/),
	row(
		'output-buffers',
		'warn',
		one({ maxmemoryBytes: 0, clientsNormalBytes: 130 * megabyte }),
		130 * megabyte,
		100 * megabyte,
		'bytes',
		/^client buffers 130M$/,
	),
	row(
		'output-buffers',
		'crit',
		one({ maxmemoryBytes: 0, clientsNormalBytes: 200 * megabyte }),
		200 * megabyte,
		200 * megabyte,
		'bytes',
		/200M$/,
	),
	row('lag-high', 'warn', behind(0.6), 0.6, 0.5, 'share', /60% of the backlog$/),
	row('lag-high', 'crit', behind(1.5), 1.5, 1, 'share', /150% of the backlog$/),
	row('views-differ', 'warn', cluster({ viewsAgreeing: 5 }), 1, 0, 'seconds', /1 of 6 nodes/),
	row(
		'views-differ',
		'crit',
		times(10, cluster({ viewsAgreeing: 5 }, timeout(8))),
		9,
		8,
		'seconds',
		/1 of 6/,
	),
	row('views-differ', 'crit', times(17, cluster({ viewsAgreeing: 5 })), 16, 15, 'seconds', /1 of 6/),
	row(
		'views-differ',
		'crit',
		times(14, ofFleet({ mode: 'sentinel' }, trackOf(node), sentinel('s:1', node), sentinel('s:2', 'b:1'))),
		13,
		12,
		'seconds',
		/Sentinels name/,
	),
	row(
		'not-reached',
		'warn',
		ofNode({ health: 'down', isSeenWell: true, error: { reason: 'refused', text: '' } }),
		1,
		1,
		'count',
		/reached/,
	),
	row('resync-loop', 'warn', times(62, replicaState('send_bulk')), 61, 60, 'seconds', /not online for 1m$/),
	row('resync-loop', 'warn', times(4, rated({ fullSyncs: 1 })), 4, 3, 'count', /^4 full syncs/),
	row('cpu-high', 'warn', rated({ cpuPercent: 85 }), 85, 80, 'percent', /85%/),
	row('cpu-high', 'crit', rated({ cpuPercent: 98 }), 98, 95, 'percent', /98%/),
	row('ping-high', 'warn', ping(90), 90, 80, 'milliseconds', /^ping 90ms, usually 30ms$/),
	row('ping-high', 'crit', ping(600), 600, 500, 'milliseconds', /^ping 0?\.?600ms|^ping 0.6s|^ping 600ms/),
	row(
		'hit-rate-low',
		'warn',
		one({}, { intervals: intervalsOf(60, { hits: 70, misses: 30 }) }),
		0.7,
		0.85,
		'share',
		/70%/,
	),
	row('fork-slow', 'crit', forked, 1.2, 1, 'seconds', /^fork took 1.2s$/),
	row(
		'fragmented',
		'warn',
		one({ allocatedBytes: gigabyte, activeBytes: 1.5 * gigabyte }),
		0.5 * gigabyte,
		256 * megabyte,
		'bytes',
		/^fragmented 512M/,
	),
	row('swapped', 'warn', one({ rssBytes: 0.8 * gigabyte }), 0.8, 0.9, 'share', /under used/),
	row('loading', 'warn', ofNode({ health: 'loading' }), 1, 1, 'count', /^loading/),
	row(
		'no-replica',
		'warn',
		ofFleet({ mode: 'cluster', shards, agreement: agreementOf() }),
		0,
		1,
		'count',
		/^no replica/,
	),
	row(
		'volatile-without-ttl',
		'warn',
		one({ maxmemoryPolicy: 'volatile-lru', databases: [{ db: 0, keys: 1000, expires: 20 }] }),
		0.02,
		0.05,
		'share',
		/^2% of keys/,
	),
];

for (const [id, severity, rounds, value, limit, unit, text] of rows)
	test(`${id}, ${severity}: ${value} over ${limit} ${unit}`, () => {
		const found = judgeRounds(rounds)
			.at(-1)
			?.findings.find(finding => finding.id === id);
		assert.deepEqual([found?.severity, found?.unit], [severity, unit]);
		const rounded = found?.value === undefined ? undefined : Math.round(found.value * 1e4) / 1e4;
		assert.deepEqual([rounded, found?.limit], [value, limit]);
		assert.match(found!.text, text);
		assert.ok(isCrossed(id, value, limit), 'the value crosses the limit that is told');
	});

/** Below is the bad side of some: then a value over its limit would be no finding. */
function isCrossed(id: FindingId, value: number | undefined, limit: number | undefined): boolean {
	if (value === undefined || limit === undefined) return true;
	const isBelow = id === 'failover-impossible' || thresholds.find(row => row.id === id)!.worse === 'below';
	return isBelow ? value < limit : value >= limit;
}

test('every id of the table has a row here, and each severity that it can have', () => {
	const told = new Set(rows.map(([id, severity]) => `${id} ${severity}`));
	const missing = thresholds.flatMap(({ id, warn, crit }) => {
		const severities = [warn !== undefined && 'warn', crit !== undefined && 'crit'].filter(Boolean);
		return severities.map(severity => `${id} ${severity}`).filter(each => !told.has(each));
	});
	assert.deepEqual(missing, ['fork-slow warn', 'fragmented crit']);
});

test('changed limits are those that are told', () => {
	const limits = {
		...defaultLimits,
		'no-replica': { ...defaultLimits['no-replica'], warn: 3, hold: 1 },
		'cpu-high': { warn: 40, crit: 70, hold: 1 },
	};
	const withOne = ofFleet(
		{ mode: 'cluster', shards: [{ ...shards[0]!, replicas: ['r:1'] }], agreement: agreementOf() },
		trackOf(node, { connectedReplicas: 1 }, { rates: ratesOf({ cpuPercent: 50 }) }),
		trackOf('r:1', { role: 'replica', isLinkUp: true }),
	);
	const found = judgeRounds([withOne], limits)[0]!.findings.map(({ id, value, limit, text }) => [
		id,
		value,
		limit,
		text,
	]);
	assert.deepEqual(found, [
		['cpu-high', 50, 40, 'main thread 50% busy'],
		['no-replica', 1, 3, 'only 1 to take over'],
	]);
});

test('while a critical finding fades, it shows what made it critical', () => {
	const at = (share: number) => one({ usedMemoryBytes: share * 4 * gigabyte });
	const found = judgeRounds([at(0.93), at(0.93), at(0.8), at(0.8)]).map(({ findings }) => findings[0]);
	const seen = found.map(
		each => each && [each.severity, Math.round(each.value! * 100), each.limit, each.text],
	);
	assert.deepEqual(seen, [
		undefined,
		['crit', 93, 0.9, 'memory 93% of maxmemory'],
		['crit', 93, 0.9, 'memory 93% of maxmemory'],
		['warn', 80, 0.75, 'memory 80% of maxmemory'],
	]);
});

test('a unit has its own words: the text of a share is percent, of bytes bytes, of seconds a duration', () => {
	const words: Partial<Record<FindingUnit, (value: number) => string>> = {
		share: percent,
		bytes,
		seconds: seconds => duration(Math.floor(seconds)),
		percent: value => percent(value / 100),
	};
	// Those whose text is about something else than the number: who, not how long.
	const silent = new Set([
		...['stale-primary', 'views-differ', 'evicting', 'swapped', 'fork-slow'],
		...['came-back-empty', 'keys-lost', 'slot-open'],
	]);
	for (const [id, , rounds, value, , unit] of rows) {
		const word = words[unit];
		if (!word || value === undefined || silent.has(id)) continue;
		const text = judgeRounds(rounds)
			.at(-1)!
			.findings.find(finding => finding.id === id)!.text;
		assert.ok(text.includes(word(value)), `${id}: ${text} does not say ${word(value)}`);
	}
});

test('pending: what has crossed and not held, and what needs more time to be judged', () => {
	const pending = (...rounds: Round[]) =>
		judgeRounds(rounds)
			.at(-1)!
			.pending.map(({ id, readingsLeft }) => `${id} ${readingsLeft}`);
	assert.deepEqual(pending(one({})), []);
	assert.deepEqual(pending(one({ rssBytes: 0.8 * gigabyte })), ['swapped 29']);
	assert.deepEqual(pending(...times(29, one({ rssBytes: 0.8 * gigabyte }))), ['swapped 1']);
	assert.deepEqual(pending(...times(30, one({ rssBytes: 0.8 * gigabyte }))), []);
	const high = one({ usedMemoryBytes: 3.2 * gigabyte, rssBytes: 4 * gigabyte });
	const higher = one({ usedMemoryBytes: 3.8 * gigabyte, rssBytes: 4 * gigabyte });
	assert.deepEqual(pending(high, high, higher), ['memory-high 1'], 'shown, and about to be critical');
	assert.deepEqual(
		pending(high, { ...high, fresh: false }),
		['memory-high 1'],
		'a late reading decides nothing',
	);
	const link = (linkDownSeconds: number) => one({ role: 'replica', isLinkUp: false, linkDownSeconds });
	assert.deepEqual(pending(link(2)), ['replication-link 1']);
	assert.deepEqual(pending(link(6)), []);
	const slow = (readings: number, milliseconds: number) => {
		const track = trackOf(node, {}, { pings: times(readings, milliseconds) });
		return {
			tracks: tracksOf({ ...track, lastGood: { ...track.lastGood!, pingMilliseconds: milliseconds } }),
		};
	};
	assert.deepEqual(pending(slow(1, 300)), ['ping-high 1'], 'is it always so slow?');
	assert.deepEqual(pending(slow(5, 300)), [], 'it is');
	assert.deepEqual(pending(slow(1, 30)), []);
	const lookups = (perSecond: number, seconds: number) =>
		one({}, { intervals: intervalsOf(seconds, { hits: perSecond / 2, misses: perSecond / 2 }) });
	assert.deepEqual(pending(lookups(100, 3)), ['hit-rate-low 1']);
	assert.deepEqual(pending(lookups(100, 12)), ['hit-rate-low 4'], 'enough lookups: now its readings');
	assert.deepEqual(pending(lookups(10, 3)), [], 'too few for a check');
	const dispute = { node, slots: new Set([1]), since: start };
	assert.deepEqual(pending(cluster({ disputes: [dispute] })), ['views-differ 1']);
	const claim = { slot: 7, nodes: ['a:1', 'b:1'], since: start };
	assert.deepEqual(pending(cluster({ claims: [claim] })), ['two-owners 1']);
	// What may come to be critical is told apart: by the value that has yet to hold, or where none is known yet.
	const critical = (...rounds: Round[]) =>
		judgeRounds(rounds)
			.at(-1)!
			.pending.flatMap(each => (each.isCritical ? [each.id] : []));
	assert.deepEqual(critical(higher), ['memory-high']);
	assert.deepEqual(critical(high, high, higher), ['memory-high']);
	assert.deepEqual(critical(higher, { ...higher, fresh: false }), ['memory-high']);
	assert.deepEqual([critical(high), critical(one({ rssBytes: 0.8 * gigabyte }))], [[], []]);
	assert.deepEqual([critical(slow(1, 300)), critical(slow(1, 600))], [[], ['ping-high']]);
	assert.deepEqual(critical(cluster({ claims: [claim] })), ['two-owners']);
	assert.deepEqual(critical(link(2)), ['replication-link']);
	assert.deepEqual(critical(lookups(100, 3)), [], 'a hit rate is never critical');
});
