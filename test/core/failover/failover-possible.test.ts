// Whether a failover would be possible now: the answer and its reasons, by the servers' own rules. A table of shards, each
// one thing away from being well.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failoverOutlook } from '../../../source/core/failover/failover-possible.ts';
import { defaultLimits } from '../../../source/core/thresholds.ts';
import type {
	Agreement,
	Info,
	NodeTrack,
	RedisNode,
	SentinelMaster,
	Shard,
} from '../../../source/core/types.ts';
import { agreementOf, downTrack, fleetOf, peerOf, start, trackOf, tracksOf } from '../build.ts';

const [primary, replica] = ['10.0.0.1:6379', '10.0.0.2:6379'];

type Case = {
	readonly info?: Info;
	readonly row?: Partial<RedisNode>;
	readonly track?: Partial<NodeTrack>;
	readonly isReplicaDown?: boolean;
	readonly isPrimaryDown?: boolean;
	readonly agreement?: Partial<Agreement>;
	readonly replicas?: readonly string[];
	readonly flags?: readonly string[];
};

function inCluster(of: Case) {
	const peers = [
		peerOf('p', primary, { isMyself: true, slots: [[0, 16_383]] }),
		peerOf('r', replica, { role: 'replica', primaryId: 'p', flags: ['slave', ...(of.flags ?? [])] }),
	];
	const up = trackOf(replica, { role: 'replica', isLinkUp: true, ...of.info }, of.track);
	const tracks = tracksOf(
		of.isPrimaryDown ? downTrack(primary) : trackOf(primary, {}, { cluster: { peers }, clusterAt: start }),
		of.isReplicaDown ? downTrack(replica) : up,
	);
	const shard: Shard = { number: 1, primary, replicas: of.replicas ?? [replica], slots: [[0, 16_383]] };
	const fleet = fleetOf(
		tracks,
		{ mode: 'cluster', shards: [shard], agreement: agreementOf(of.agreement) },
		{ [replica]: { role: 'replica', isLinkUp: true, ...of.row } },
	);
	return failoverOutlook(fleet, tracks, defaultLimits, start)[0]!;
}

const timeout = { 'cluster-node-timeout': '2000' };

const table: readonly (readonly [name: string, of: Case, possible: boolean | undefined, reason?: RegExp])[] =
	[
		['all is well', {}, true],
		['no replica', { replicas: [] }, false, /^no replica$/],
		['its replica is down', { isReplicaDown: true }, false, /^10\.0\.0\.2:6379 gives no answer/],
		['in its first sync', { row: { isSyncing: true } }, false, /in its first sync/],
		['nofailover', { flags: ['nofailover'] }, false, /cluster-replica-no-failover/],
		[
			'data too old',
			{ row: { isLinkUp: false, linkDownSeconds: 21 }, track: { config: timeout } },
			false,
			/has lost its link for 21s: data older than 20s are not voted for$/,
		],
		[
			'link lost a moment ago',
			{ row: { isLinkUp: false, linkDownSeconds: 3 }, track: { config: timeout } },
			true,
			/has lost its link: what is written now would be lost/,
		],
		[
			'default timeout',
			{ row: { isLinkUp: false, linkDownSeconds: 151 } },
			false,
			/by the default node timeout$/,
		],
		['link lost, since when is not told', { row: { isLinkUp: false } }, undefined, /since when is not known/],
		[
			'behind',
			{ row: { replicationLagBytes: 3_000_000, replicationLagSeconds: 2 } },
			true,
			/is 2\.9M behind, about 2s: that much would be lost/,
		],
		[
			'INFO does not tell the link',
			{ info: { isLinkUp: undefined } },
			undefined,
			/does not tell whether its link is up/,
		],
		[
			'two primaries',
			{ agreement: { primaries: 2, primariesReachable: 2 } },
			false,
			/^2 primaries have no majority when one is lost: at least 3 are needed$/,
		],
		[
			'one primary',
			{ agreement: { primaries: 1, primariesReachable: 1 } },
			false,
			/^a single primary has no majority when one is lost/,
		],
		[
			'another primary is lost',
			{ agreement: { primaries: 3, primariesReachable: 2 } },
			false,
			/^a second failure leaves 1 of 3 voters, 2 needed$/,
		],
		[
			'it is lost itself, two are left',
			{ isPrimaryDown: true, agreement: { primaries: 3, primariesReachable: 2 } },
			true,
		],
		[
			'it is lost itself, one is left',
			{ isPrimaryDown: true, agreement: { primaries: 3, primariesReachable: 1 } },
			false,
			/^no majority: 1 of 3 primaries can vote, 2 are needed$/,
		],
		['no views', { agreement: { viewsAsked: 0 } }, undefined, /\+cluster\|nodes/],
		['five primaries, one lost', { agreement: { primaries: 5, primariesReachable: 4 } }, true],
	];
for (const [name, of, possible, reason] of table)
	test(`cluster: ${name}`, () => {
		const outlook = inCluster(of);
		assert.equal(outlook.possible, possible, outlook.reasons.join('; '));
		if (reason) assert.match(outlook.reasons.join('\n'), reason);
		else assert.deepEqual(outlook.reasons, []);
		assert.deepEqual(outlook.candidates, possible === true ? [replica] : []);
	});

test('replicas that all stand on the host of their primary are said to, on loopback they are not', () => {
	const onHosts = (mine: string, its: string) => {
		const tracks = tracksOf(
			trackOf(mine, {}, { cluster: { peers: [] }, clusterAt: start }),
			trackOf(its, { role: 'replica', isLinkUp: true }),
		);
		const shard: Shard = { number: 1, primary: mine, replicas: [its], slots: [[0, 16_383]] };
		const fleet = fleetOf(
			tracks,
			{ mode: 'cluster', shards: [shard], agreement: agreementOf() },
			{ [its]: { role: 'replica', isLinkUp: true } },
		);
		return failoverOutlook(fleet, tracks, defaultLimits, start)[0]!;
	};
	const same = onHosts('10.0.0.1:6379', '10.0.0.1:6380');
	assert.deepEqual([same.possible, same.severity], [true, 'warn']);
	assert.deepEqual(same.reasons, ['10.0.0.1:6380 is on the host of its primary: both may be lost together']);
	assert.deepEqual(onHosts('10.0.0.1:6379', '10.0.0.2:6379').reasons, []);
	assert.deepEqual(onHosts('127.0.0.1:6379', '127.0.0.1:6380').reasons, []);
});

test('what is due and what only could come are told apart, by colour too', () => {
	const lost = inCluster({
		isPrimaryDown: true,
		row: { isLinkUp: false, linkDownSeconds: 3 },
		track: { config: timeout },
		agreement: { primaries: 3, primariesReachable: 2 },
	});
	assert.deepEqual([lost.isDue, lost.possible, lost.reasons, lost.severity], [true, true, [], undefined]);
	const next = inCluster({ agreement: { primaries: 3, primariesReachable: 2 } });
	assert.deepEqual([next.isDue, next.possible, next.severity], [false, false, 'warn']);
	const gone = inCluster({ agreement: { primaries: 3, primariesReachable: 1 } });
	assert.deepEqual([gone.isDue, gone.possible, gone.severity], [false, false, 'crit']);
	assert.equal(inCluster({ replicas: [] }).severity, 'warn');
	assert.equal(inCluster({ isPrimaryDown: true, replicas: [] }).severity, 'crit');
	assert.equal(inCluster({}).severity, undefined);
	assert.equal(underSentinel({ answering: 1 }).severity, 'crit');
	assert.equal(underSentinel({ answering: 2 }).severity, 'warn');
});

type Watch = {
	readonly answering?: number;
	readonly known?: number;
	readonly quorum?: number;
	readonly reachable?: boolean;
	readonly priority?: number;
	/** Of those that answer. */
	readonly tilted?: number;
	readonly row?: Partial<RedisNode>;
	/** A second replica that is ahead of the first, with this priority. */
	readonly other?: number;
};
const second = '10.0.0.3:6379';

function underSentinel({
	answering = 3,
	known = 3,
	quorum = 2,
	reachable = true,
	priority = 100,
	tilted = 0,
	row,
	other,
}: Watch) {
	const master: SentinelMaster = {
		name: 'm',
		address: primary,
		flags: ['master'],
		quorum,
		otherSentinels: known - 1,
		downAfterMilliseconds: 2000,
		isQuorumReachable: reachable,
		quorumText: reachable
			? 'OK 3 usable Sentinels'
			: 'NOQUORUM 1 usable Sentinels. Not enough available Sentinels',
	};
	const sentinels = Array.from({ length: known }, (_, index) => {
		const address = `10.0.1.${index}:26379`;
		const base = index < answering ? trackOf(address, { isInTilt: index < tilted }) : downTrack(address);
		return { ...base, kind: 'sentinel' as const, sentinel: { masters: [master] } };
	});
	const tracks = tracksOf(
		trackOf(primary, {}, { group: 'm' }),
		trackOf(replica, { role: 'replica', isLinkUp: true, replicaPriority: priority }, { group: 'm' }),
		...(other === undefined
			? []
			: [trackOf(second, { role: 'replica', isLinkUp: true, replicaPriority: other }, { group: 'm' })]),
		...sentinels,
	);
	const replicas = other === undefined ? [replica] : [replica, second];
	const shard: Shard = { number: 1, name: 'm', primary, replicas, slots: [] };
	const common = { role: 'replica', group: 'm', isLinkUp: true } as const;
	const fleet = fleetOf(
		tracks,
		{ mode: 'sentinel', shards: [shard] },
		{
			[replica]: { ...common, replicationOffset: 10, ...row },
			[second]: { ...common, replicationOffset: 20 },
		},
	);
	return failoverOutlook(fleet, tracks, defaultLimits, start)[0]!;
}

const watched: readonly (readonly [name: string, of: Watch, possible: boolean, reason?: RegExp])[] = [
	['all is well', {}, true],
	[
		'one of three away',
		{ answering: 2 },
		true,
		/^no Sentinel more may be lost: 2 of 3 answer, 2 are needed$/,
	],
	[
		'quorum and majority lost',
		{ answering: 1 },
		false,
		/^quorum lost: 1 of 3 .*quorum is 2\nmajority lost: 1 of 3 .*2 must agree to act$/,
	],
	[
		'quorum kept, majority lost',
		{ answering: 2, known: 5 },
		false,
		/^majority lost: 2 of 5 Sentinels answer, 3 must agree to act$/,
	],
	[
		'majority kept, quorum lost',
		{ answering: 3, known: 5, quorum: 4 },
		false,
		/^quorum lost: 3 of 5 Sentinels answer, the quorum is 4$/,
	],
	[
		'two Sentinels',
		{ answering: 2, known: 2 },
		true,
		/^2 Sentinels: none may be lost, at least 3 are needed$/,
	],
	['one of three in TILT', { tilted: 1 }, true, /^1 of 3 Sentinels in TILT\nno Sentinel more may be lost/],
	[
		'all in TILT',
		{ tilted: 3 },
		false,
		/^3 of 3 Sentinels in TILT: they call nothing down and vote for nobody$/,
	],
	[
		'one in TILT, one away',
		{ tilted: 1, answering: 2 },
		false,
		/^1 of 3 Sentinels in TILT: they call nothing down/,
	],
	['they do not see each other', { reachable: false }, false, /^Sentinels say: NOQUORUM 1 usable Sentinels$/],
	['priority 0', { priority: 0 }, false, /replica-priority 0: it is never promoted/],
	[
		'link down too long',
		{ row: { isLinkUp: false, linkDownSeconds: 25 } },
		false,
		/for 25s: Sentinels take none over 20s/,
	],
];
for (const [name, of, possible, reason] of watched)
	test(`Sentinel: ${name}`, () => {
		const outlook = underSentinel(of);
		assert.equal(outlook.possible, possible, outlook.reasons.join('; '));
		assert.equal(outlook.name, 'm');
		if (reason) assert.match(outlook.reasons.join('\n'), reason);
		else assert.deepEqual(outlook.reasons, []);
	});

test('Sentinels take the lowest replica-priority before the highest offset', () => {
	assert.deepEqual(underSentinel({ other: 100 }).candidates, [second]);
	assert.deepEqual(underSentinel({ priority: 10, other: 100 }).candidates, [replica]);
	assert.deepEqual(underSentinel({ priority: 10, other: 0 }).candidates, [replica]);
	const equal = { row: { replicationOffset: 20 }, other: 100 };
	assert.deepEqual(underSentinel(equal).candidates, [replica, second], 'which of them is not known');
});

test('nothing fails over by itself without a cluster or Sentinels', () => {
	const tracks = tracksOf(trackOf(primary));
	assert.deepEqual(failoverOutlook(fleetOf(tracks), tracks, defaultLimits, start), []);
});
