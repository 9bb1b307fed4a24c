// A primary that was not alone a while ago, told by one reading of it; a server that answers in a cluster without being
// in it. Seen on Redis 7.0 and Valkey 8.1: a check of such a primary alone said OK.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '../../../source/core/thresholds.ts';
import type { Info, NodeTrack } from '../../../source/core/types.ts';
import { fleetOf, judgeRounds, noOwn, type Round, sampleOf, start, trackOf, tracksOf } from '../build.ts';

type Stats = NonNullable<NodeTrack['commands']>['stats'];

const node = '10.0.0.1:6379';

function alone(
	info: Info,
	acks: number,
	backlog: 0 | 1,
	mode: 'standalone' | 'sentinel' = 'standalone',
	{ stats = {}, config = {} }: Pick<Partial<NodeTrack>, 'config'> & { stats?: Stats } = {},
): Round {
	const track: NodeTrack = trackOf(node, { connectedReplicas: 0, ...info });
	const lastGood = sampleOf(node, start, {
		info: track.lastGood!.info,
		infoText: `# Replication\r\nrepl_backlog_active:${backlog}\r\n`,
	});
	const commands = { at: start, stats: { replconf: { calls: acks }, ...stats }, own: noOwn };
	const tracks = tracksOf({ ...track, lastGood, latest: lastGood, commands, config });
	return { tracks, fleet: fleetOf(tracks, { mode }) };
}

const told = (round: Round) =>
	judgeRounds(Array.from({ length: 6 }, () => round))
		.at(-1)!
		.findings.filter(({ id }) => id === 'no-replica')
		.map(({ severity, text }) => `${severity}: ${text}`);

const left = ['warn: no replica follows it now, and one did until a while ago (repl-backlog-ttl)'];

test('a replica that was there for a minute and has left is told while the backlog is kept', () => {
	assert.deepEqual(told(alone({}, 60, 1)), left);
	assert.deepEqual(told(alone({}, 60, 0)), [], 'an hour later');
	assert.deepEqual(told(alone({}, 59, 1)), [], 'a tool that took a copy (redis-cli --rdb) left its backlog');
	assert.deepEqual(told(alone({ connectedReplicas: 1 }, 60, 1)), []);
	assert.deepEqual(told(alone({ role: 'replica', primary: 'b:1' }, 60, 1)), []);
	assert.deepEqual(told(alone({}, 60, 1, 'sentinel')), [], 'Sentinels tell');
});

test('a replica that was promoted and that nobody follows asks for its former primary', () => {
	assert.match(told(alone(promoted, 0, 0))[0] ?? '', /^warn: nobody follows it, and it was a replica until/);
	assert.deepEqual(
		told(alone({ ...promoted, connectedReplicas: 1 }, 0, 0)),
		[],
		'a switch by hand, at its end',
	);
	assert.deepEqual(told(alone({ ...promoted, replicationInputBytes: 0 }, 0, 0)), [], 'a copy of a file');
});

const promoted: Info = { previousReplicationId: 'b'.repeat(40), replicationInputBytes: 340 };

test('to be alone may be meant: it is said for ten minutes, also where the server keeps its backlog on', () => {
	for (const round of [alone({}, 60, 1), alone(promoted, 0, 1)]) {
		const rounds = judgeRounds(Array.from({ length: 130 }, () => ({ ...round, seconds: 10 })));
		const told = rounds.map(({ findings }) => findings.some(({ id }) => id === 'no-replica'));
		assert.deepEqual([told[5], told[59], told[80], told.at(-1)], [true, true, false, false]);
		const over = rounds.flatMap(({ events }) => events.filter(({ kind }) => kind === 'finding-over'));
		assert.deepEqual(
			over.map(({ text }) => text),
			['no-replica: still alone, taken as meant'],
		);
	}
});

test('a copy that was taken keeps a backlog on and its second history, and so does repl-backlog-ttl 0', () => {
	const copied = { stats: { sync: { calls: 1 } } };
	const kept = { config: { 'repl-backlog-ttl': '0' } };
	for (const [info, acks] of [[{}, 600] as const, [promoted, 0] as const])
		for (const more of [copied, kept])
			assert.deepEqual(told(alone(info, acks, 1, 'standalone', more)), [], JSON.stringify(more));
});

test('a promoted one whose own replica left is told of that', () => {
	assert.deepEqual(told(alone(promoted, 60, 1)), left);
});

test('views-differ: a node of a cluster that was started again without its mode', () => {
	const tracks = tracksOf(
		trackOf(node, { mode: 'cluster', isClusterEnabled: true }),
		trackOf('b:1', { isClusterEnabled: false }),
	);
	const round = (mode: 'cluster' | 'standalone') => ({ tracks, fleet: fleetOf(tracks, { mode }) });
	const found = (mode: 'cluster' | 'standalone') =>
		judgeRounds([round(mode), round(mode)])[1]!
			.findings.filter(({ id }) => id === 'views-differ')
			.map(({ node: of, severity }) => [of, severity]);
	assert.deepEqual(found('cluster'), [['b:1', 'crit']]);
	assert.deepEqual(found('standalone'), []);
});

test('who sets no-replica to 0 is told of none', () => {
	const limits = { ...defaultLimits, 'no-replica': { ...defaultLimits['no-replica'], warn: 0 } };
	const found = judgeRounds(
		Array.from({ length: 6 }, () => alone({}, 60, 1)),
		limits,
	).at(-1)!.findings;
	assert.deepEqual(
		found.filter(({ id }) => id === 'no-replica'),
		[],
	);
});
