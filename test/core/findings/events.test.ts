// What is told of two rounds: every kind on its transition, nothing of what was there before, nothing twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diagnoseState } from '../../../source/core/cluster/state-diagnosis.ts';
import { connectedEvent, findEvents } from '../../../source/core/findings/events.ts';
import type {
	ClusterView,
	Fleet,
	Info,
	NodeTrack,
	Peer,
	RedisNode,
	SlowlogEntry,
} from '../../../source/core/types.ts';
import { agreementOf, downTrack, fleetOf, peerOf, sampleOf, start, trackOf, tracksOf } from '../build.ts';

const node = '10.0.0.1:6379';
type Moment = { tracks: Map<string, NodeTrack>; fleet: Fleet };
const moment = (track: NodeTrack, more: Partial<RedisNode> = {}, fleet: Partial<Fleet> = {}): Moment => {
	const tracks = tracksOf(track);
	return { tracks, fleet: fleetOf(tracks, fleet, { [track.address]: more }) };
};
const one = (info: Info = {}, more: Partial<NodeTrack> = {}, row: Partial<RedisNode> = {}) =>
	moment(trackOf(node, info, more), row);
const between = (before: Moment, now: Moment, at = start + 14_000) =>
	findEvents(before.fleet, now.fleet, before.tracks, now.tracks, at);
const told = (before: Moment, now: Moment) =>
	between(before, now).map(event => [event.kind, event.severity, event.text] as const);

const down = moment(downTrack(node, { error: { reason: 'refused', text: '', retryAt: start + 16_000 } }));
const entry = (id: number, microseconds: number, ...args: string[]): SlowlogEntry => ({
	id,
	at: start,
	microseconds,
	args,
});
const log = (...slowlog: SlowlogEntry[]) => one({}, { slowlog, slowlogLastId: slowlog[0]?.id ?? -1 });
const long = entry(5, 38_000, 'GET', 'k'.repeat(500));

const transitions: [
	name: string,
	before: Moment,
	now: Moment,
	expected: (readonly [string, string | undefined, string])[],
][] = [
	['unreachable', one(), down, [['unreachable', 'crit', 'no answer: connection refused, retry in 2s']]],
	['still unreachable', down, down, []],
	['back', down, one(), [['connected', undefined, 'answers again after 14s']]],
	['restarted', one(), one({ runId: 'b', uptimeSeconds: 1 }), [['restarted', 'warn', 'restarted']]],
	// A balancer or a name: haproxy/haproxy#51 (k8s), haproxy/haproxy#962 (a switched primary).
	[
		'another server',
		one(),
		one({ runId: 'b', uptimeSeconds: 600 }),
		[['other-server', 'warn', 'another server answers here: up 10m, the one before 1d']],
	],
	[
		'another server that tells no run id',
		one({ runId: undefined }),
		one({ runId: undefined, uptimeSeconds: 600 }),
		[['other-server', 'warn', 'another server answers here: up 10m, the one before 1d']],
	],
	[
		'restarted with another version',
		one(),
		one({ runId: 'b', uptimeSeconds: 1, version: '7.2.5' }),
		[['restarted', 'warn', 'restarted, version 7.0.15 to 7.2.5']],
	],
	[
		'uptime fell, no run id',
		one({ runId: undefined }),
		one({ runId: undefined, uptimeSeconds: 3 }),
		[['restarted', 'warn', 'restarted']],
	],
	[
		'back and restarted',
		down,
		one({ runId: 'b', uptimeSeconds: 1 }),
		[
			['connected', undefined, 'answers again after 14s'],
			['restarted', 'warn', 'restarted'],
		],
	],
	[
		'loading',
		one(),
		one({ loadingPercent: 43 }, {}, { health: 'loading' }),
		[['loading', undefined, 'loading, 43% done']],
	],
	[
		'loaded',
		one({}, {}, { health: 'loading', since: start + 6000 }),
		one(),
		[['connected', undefined, 'loaded after 8s']],
	],
	[
		'promoted',
		one({}, {}, { role: 'replica', epoch: 2 }),
		one({}, {}, { role: 'primary', shard: 2, epoch: 7 }),
		[['promoted', 'warn', 'promoted to primary of shard 2, epoch 7']],
	],
	[
		'demoted',
		one({}, {}, { role: 'primary' }),
		one({}, {}, { role: 'replica', primary: 'b:1' }),
		[['demoted', 'warn', 'demoted to replica of b:1']],
	],
	['role not known before', one({}, {}, { role: undefined }), one({}, {}, { role: 'primary' }), []],
	[
		'gone',
		one(),
		one({}, { gone: { at: start, text: 'forgotten by the cluster' } }),
		[['node-gone', undefined, 'forgotten by the cluster']],
	],
	[
		'named again',
		one({}, { gone: { at: start, text: '' } }),
		one(),
		[['node-added', undefined, 'named again']],
	],
	[
		'saved',
		one({ lastSaveAt: 1 }),
		one({ lastSaveAt: 2, lastSaveSeconds: 8, lastForkMicroseconds: 41_000 }),
		[['saved', undefined, 'rdb saved in 8s, fork 41ms']],
	],
	['saved before', one({ lastSaveAt: 2 }), one({ lastSaveAt: 2, lastSaveSeconds: 8 }), []],
	['not seen before', one({ lastSaveAt: undefined }), one({ lastSaveAt: 2 }), []],
	[
		'save of a restart',
		one({ lastSaveAt: 1 }),
		one({ lastSaveAt: 2, runId: 'b', uptimeSeconds: 1 }),
		[['restarted', 'warn', 'restarted']],
	],
	['save failed', one(), one({ lastSaveStatus: 'err' }), [['save-failed', 'warn', 'rdb save failed']]],
	['save failed before', one({ lastSaveStatus: 'err' }), one({ lastSaveStatus: 'err' }), []],
	[
		'slow log',
		log(entry(4, 1, 'OLD')),
		log(entry(5, 38_000, 'HGETALL', 'cart:{8841}:items'), entry(4, 1, 'OLD')),
		[['slowlog', undefined, 'slowlog +1: HGETALL cart:{8841}:items 38ms']],
	],
	[
		'slow log, several',
		log(),
		log(entry(2, 9000, 'A'), entry(1, 38_000, 'B'), entry(0, 10, 'C')),
		[['slowlog', undefined, 'slowlog +3, slowest: B 38ms']],
	],
	['slow log, first reading', one(), log(entry(2, 9000, 'A')), []],
	['slow log, nothing new', log(entry(2, 9000, 'A')), log(entry(2, 9000, 'A')), []],
	['slow log of a new process', log(entry(9, 1, 'OLD')), log(entry(2, 9000, 'A')), []],
	[
		'slow log, long',
		log(entry(4, 1, 'OLD')),
		log(long),
		[['slowlog', undefined, `slowlog +1: GET ${'k'.repeat(53)}... 38ms`]],
	],
];
for (const [name, before, now, expected] of transitions)
	test(name, () => {
		assert.deepEqual(told(before, now), expected);
		assert.deepEqual(told(now, now), [], 'never twice');
	});

test('control characters of a command do not reach the terminal', () => {
	const [event] = between(log(), log(entry(1, 9000, 'GET', '\x1b[2J\n')));
	assert.doesNotMatch(event?.text ?? '', /[\x00-\x1f]/);
});

test('nothing is an event before discovery is done, then one says who is there', () => {
	assert.deepEqual(findEvents(undefined, down.fleet, new Map(), down.tracks, start), []);
	const tracks = tracksOf(
		trackOf('a:1'),
		trackOf('b:1'),
		downTrack('c:1'),
		downTrack('d:1', { gone: { at: 0, text: '' } }),
	);
	assert.equal(connectedEvent(fleetOf(tracks), 'a:1', start).text, 'connected to 2 of 3 nodes, seed a:1');
});

test('nodes join and leave; the state of one that joined is no event', () => {
	const two = tracksOf(trackOf(node), downTrack('b:1'));
	const more = { tracks: two, fleet: fleetOf(two) };
	assert.deepEqual(told(one(), more), [['node-added', undefined, 'joined the fleet']]);
	assert.deepEqual(told(more, one()), [['node-gone', undefined, 'left the fleet']]);
});

const cluster = (
	views: Readonly<Record<string, Partial<Peer>[]>>,
	more: Partial<Fleet> = {},
	view: ClusterView = {},
): Moment => {
	const names = Object.keys(views);
	const tracks = tracksOf(
		...names.map(id => ({
			...trackOf(`${id}:1`),
			clusterAt: start,
			cluster: {
				...view,
				peers: names.map((other, index) =>
					peerOf(other, `${other}:1`, { isMyself: other === id, ...views[id]?.[index] }),
				),
			},
		})),
	);
	return { tracks, fleet: fleetOf(tracks, { mode: 'cluster', agreement: agreementOf(), ...more }) };
};
const well = cluster({ A: [], B: [], C: [] });
const seen = (peer: Partial<Peer>) => cluster({ A: [{}, {}, peer], B: [{}, {}, peer], C: [] });
const said = (before: Moment, now: Moment) =>
	findEvents(before.fleet, now.fleet, before.tracks, now.tracks, start).map(event => [
		event.kind,
		event.node,
		event.text,
	]);

test('link lost, pfail, fail: one event a node with how many see it, each once', () => {
	const lost = seen({ isLinkUp: false });
	const pfail = seen({ isLinkUp: false, isPfail: true });
	const fail = seen({ isLinkUp: false, isFail: true });
	assert.deepEqual(said(well, lost), [['link-lost', 'C:1', '2 of 2 nodes lost the link to it']]);
	assert.deepEqual(said(lost, pfail), [['pfail', 'C:1', 'pfail: 2 of 2 nodes get no answer from it']]);
	assert.deepEqual(said(pfail, fail), [['fail', 'C:1', 'fail: a majority agrees that it is down']]);
	for (const same of [lost, pfail, fail]) assert.deepEqual(said(same, same), []);
	assert.deepEqual(said(seen({ isPfail: true }), pfail), [], 'the links to a suspected node come and go');
	assert.deepEqual(
		said(cluster({ A: [], B: [] }), lost).filter(([kind]) => kind === 'link-lost'),
		[],
		'found so',
	);
});

test('a node that all flag while their links to it stand is told as failed, and it alone', () => {
	// https://github.com/redis/redis/issues/8057: `master,fail` with the link connected, for days.
	const fail = seen({ isLinkUp: true, isFail: true });
	assert.deepEqual(said(well, fail), [['fail', 'C:1', 'fail: a majority agrees that it is down']]);
	assert.deepEqual(said(fail, fail), []);
});

const agreed = (more: Parameters<typeof agreementOf>[0], view: ClusterView = {}) =>
	cluster({ A: [], B: [], C: [] }, { agreement: agreementOf(more) }, view);
test('slots, state and views: told when they turn', () => {
	const uncovered = agreed({ slotsCovered: 10923 });
	assert.deepEqual(said(well, uncovered), [['slots-uncovered', undefined, '5461 of 16384 slots uncovered']]);
	assert.deepEqual(said(uncovered, uncovered), []);
	assert.deepEqual(said(uncovered, well), [['slots-covered', undefined, 'all 16384 slots covered']]);
	const failed = agreed({ state: 'fail' }, { state: 'fail', slotsAssigned: 16384, slotsFail: 5461 });
	assert.deepEqual(said(well, failed), [
		['cluster-state', undefined, 'cluster_state fail: 5461 slots down: primary failed'],
	]);
	assert.deepEqual(said(failed, failed), []);
	assert.deepEqual(said(failed, well), [['cluster-state', undefined, 'cluster_state ok']]);
	const split = agreed({ viewsAgreeing: 5, minority: ['C:1'] });
	assert.deepEqual(said(well, split), [['view-split', 'C:1', '1 of 6 nodes disagree on slot owners']]);
	assert.deepEqual(said(split, well), [['view-joined', undefined, 'views agree, 6 of 6']]);
	assert.deepEqual(
		said(well, agreed({ viewsAsked: 0, viewsAgreeing: 0, slotsCovered: 0, state: undefined })),
		[],
		'nobody answers',
	);
});

test('why a node says fail', () => {
	const owner = (isPfail: boolean) => peerOf('x', 'x:1', { slots: [[0, 1]], isPfail });
	const oneOfThree = [owner(false), owner(true), owner(true)];
	const twoOfThree = [owner(false), owner(false), owner(true)];
	const why = (view: ClusterView, peers = oneOfThree) =>
		diagnoseState({ state: 'fail', ...view }, peers).text;
	assert.equal(why({ slotsAssigned: 16000 }), 'fail: 384 slots unassigned');
	assert.equal(
		why({ slotsAssigned: 16384, slotsFail: 9, slotsPfail: 9 }),
		'fail: 9 slots down: primary failed',
	);
	assert.equal(
		why({ slotsFail: 0, slotsPfail: 9, size: 3 }),
		'fail: cannot see a majority, sees 1 of 3 primaries',
	);
	assert.equal(
		why({ slotsFail: 0, slotsPfail: 9, size: 3 }, twoOfThree),
		'fail: rejoining, sees a majority again (2 of 3 primaries), wait up to 5s',
	);
	// Half of them is no majority.
	assert.equal(
		why({ slotsFail: 0, slotsPfail: 9, size: 4 }, [...twoOfThree, owner(true)]),
		'fail: cannot see a majority, sees 2 of 4 primaries',
	);
	assert.equal(why({}), 'fail: starting or rejoining, wait up to 5s');
});

test('a migration is one event for its pair of nodes at each end of it', () => {
	const moving = cluster({
		A: [
			{
				migrating: [
					{ slot: 7, to: 'B' },
					{ slot: 8, to: 'B' },
				],
			},
		],
		B: [{}, { importing: [{ slot: 7, from: 'A' }] }],
		C: [],
	});
	assert.deepEqual(said(well, moving), [['migration-started', 'A:1', 'migration of 2 slots to B:1 started']]);
	assert.deepEqual(said(moving, moving), []);
	assert.deepEqual(said(moving, well), [['migration-ended', 'A:1', 'migration of 2 slots to B:1 ended']]);
	const silent = { ...well, tracks: new Map([...well.tracks].filter(([address]) => address === 'C:1')) };
	assert.deepEqual(said(moving, silent), [], 'a node that is silent has not ended it');
});

const sentinels = (named: readonly [address: string, flags: string][], isUp = true): Moment => {
	const list = named.map(
		([address, flags], index): NodeTrack => ({
			...trackOf(`s${index}:1`),
			kind: 'sentinel',
			sentinel: { masters: [{ name: 'mymaster', address, flags: flags.split(','), quorum: 2 }] },
		}),
	);
	const tracks = tracksOf(trackOf(node), ...list);
	const sentinel = {
		masters: [{ name: 'mymaster', primary: named[0]![0], flags: [] }],
		sentinels: [
			{
				node: 's0:1',
				health: isUp ? ('up' as const) : ('down' as const),
				error: isUp ? undefined : { reason: 'timeout' as const, text: '' },
			},
		],
	};
	return { tracks, fleet: fleetOf(tracks, { mode: 'sentinel', sentinel }) };
};
test('Sentinel: sdown, odown, switch, split, and a Sentinel that goes silent', () => {
	const calm = sentinels([
		['a:1', 'master'],
		['a:1', 'master'],
	]);
	const sdown = sentinels([
		['a:1', 'master,s_down'],
		['a:1', 'master'],
	]);
	const odown = sentinels([
		['a:1', 'master,s_down,o_down'],
		['a:1', 'master,s_down'],
	]);
	const switched = sentinels([
		['b:1', 'master'],
		['b:1', 'master'],
	]);
	const split = sentinels([
		['a:1', 'master'],
		['b:1', 'master'],
	]);
	assert.deepEqual(said(calm, sdown), [['sdown', 'a:1', 'sdown: 1 of 2 Sentinels get no answer']]);
	assert.deepEqual(said(sdown, odown), [
		['odown', 'a:1', 'odown: a quorum of 2 agrees that mymaster is down'],
	]);
	assert.deepEqual(said(odown, odown), []);
	assert.deepEqual(said(calm, switched), [['switch', 'b:1', 'mymaster: primary was a:1']]);
	assert.deepEqual(said(calm, split), [['view-split', undefined, 'Sentinels name a:1 and b:1 for mymaster']]);
	assert.deepEqual(said(split, calm), [['view-joined', undefined, 'Sentinels agree on a:1 for mymaster']]);
	const silent = sentinels(
		[
			['a:1', 'master'],
			['a:1', 'master'],
		],
		false,
	);
	assert.deepEqual(said(calm, silent), [['unreachable', 's0:1', 'no answer: no reply in time']]);
	assert.deepEqual(
		said(silent, calm).map(([kind]) => kind),
		['connected'],
	);
});

test('property: any two moments are compared without an error and without NaN in a text', () => {
	const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
	const info = fc.record(
		{
			runId: fc.string(),
			role: fc.constantFrom('primary' as const, 'replica' as const),
			uptimeSeconds: fc.integer(),
			lastSaveAt: fc.integer(),
			lastSaveSeconds: fc.double(),
			lastForkMicroseconds: fc.double(),
			lastSaveStatus: fc.string(),
			loadingPercent: fc.double(),
		},
		{ requiredKeys: [] },
	);
	const slot = fc.nat(16383);
	const peer = fc.record({
		id: fc.string(),
		isMyself: fc.boolean(),
		isPfail: fc.boolean(),
		isFail: fc.boolean(),
		isLinkUp: fc.boolean(),
		slot: maybe(slot),
	});
	const track = fc.record({
		info: maybe(info),
		peers: maybe(fc.array(peer)),
		isDown: fc.boolean(),
		log: maybe(fc.array(fc.string())),
	});
	const momentOf = (
		parts: { info?: Info; peers?: { id: string; slot?: number }[]; isDown: boolean; log?: string[] }[],
	): Moment => {
		const tracks = tracksOf(
			...parts.map(
				({ info, peers, isDown, log }, index): NodeTrack => ({
					...trackOf(`n${index}:1`),
					lastGood: info && sampleOf(`n${index}:1`, start, { info }),
					error: isDown ? { reason: 'other', text: log?.[0] ?? '' } : undefined,
					clusterAt: start,
					cluster: peers && {
						peers: peers.map(({ slot, ...more }) =>
							peerOf(more.id, `${more.id}:1`, {
								...more,
								slots: slot === undefined ? [] : [[slot, slot]],
								migrating: slot === undefined ? [] : [{ slot, to: 'x' }],
							}),
						),
					},
					slowlog: log ? [entry(log.length, 1, ...log)] : [],
					slowlogLastId: log?.length,
				}),
			),
		);
		return {
			tracks,
			fleet: fleetOf(tracks, {
				mode: 'cluster',
				agreement: parts.length > 2 ? agreementOf({ slotsCovered: parts.length }) : undefined,
			}),
		};
	};
	fc.assert(
		fc.property(fc.array(track, { maxLength: 5 }), fc.array(track, { maxLength: 5 }), (before, now) => {
			for (const { text } of between(momentOf(before), momentOf(now)))
				assert.doesNotMatch(text, /NaN|undefined|[\x00-\x1f]/);
		}),
	);
});
