// Nodes that give us no answer, and what the others say of them: cluster peers, Sentinels, the other end of replication.
// Of a node that answered us before, only what was heard of it since counts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failoverOutlook } from '../../../source/core/failover/failover-possible.ts';
import { rowOf } from '../../../source/core/fleet/node-row.ts';
import { seenWell } from '../../../source/core/fleet/reach.ts';
import { awayText } from '../../../source/core/text/node-trouble.ts';
import { defaultLimits } from '../../../source/core/thresholds.ts';
import type {
	Address,
	ErrorReason,
	Info,
	NodeTrack,
	Peer,
	SentinelMaster,
} from '../../../source/core/types.ts';
import {
	agreementOf,
	fleetOf,
	idsOf,
	judgeRounds,
	peerOf,
	sampleOf,
	start,
	times,
	trackOf,
	tracksOf,
} from '../build.ts';

const [here, away] = ['10.0.0.1:6379', '172.18.0.3:6379'];
const heardSeconds = defaultLimits['not-reached'].extra.heardSeconds;
const isSeenWell = (...tracks: NodeTrack[]) =>
	seenWell(tracksOf(...tracks), address => address, heardSeconds, start).has(away);

const failing = (reason: ErrorReason, seconds = 20): Partial<NodeTrack> => ({
	error: { reason, text: reason },
	failingSince: start - seconds * 1000,
});
/** It has never answered us. */
const never = (reason: ErrorReason = 'refused'): NodeTrack => ({
	...trackOf(away),
	lastGood: undefined,
	...failing(reason),
});
/** It did until `seconds` ago. */
const lost = (seconds: number, reason: ErrorReason = 'refused'): NodeTrack => ({
	...trackOf(away, {}, {}, start - seconds * 1000 - 500),
	...failing(reason, seconds),
});

/** A peer that answers, with its opinion of the node that is away. */
const peerWith = (opinion: Partial<Peer> = {}, address: Address = here, info: Info = {}): NodeTrack =>
	trackOf(address, info, {
		cluster: {
			state: 'ok',
			peers: [peerOf('me', address, { isMyself: true }), peerOf('away', away, opinion)],
		},
		clusterAt: start,
	});
const replicaOf = (lastIoSeconds: number, isLinkUp = true) =>
	trackOf(here, { role: 'replica', primary: away, isLinkUp, lastIoSeconds });
const primaryOf = (state: string, lagSeconds?: number) =>
	trackOf(here, { replicas: [{ address: away, state, offset: 1, lagSeconds }] });
const sentinelWith = (more: Partial<SentinelMaster>): NodeTrack => ({
	...trackOf(here),
	kind: 'sentinel',
	latest: sampleOf(here, start),
	sentinel: { masters: [{ name: 'm', address: away, flags: ['master'], okPingMilliseconds: 300, ...more }] },
});

test('never reached from here, and well for all others', () => {
	// docker-library/redis#190, redis/redis#2527: a container announces the address it has inside.
	assert.ok(isSeenWell(never(), peerWith()));
	// redis/node-redis#2815: ENETUNREACH for the address inside.
	assert.ok(isSeenWell(never('unreachable'), peerWith()));
	for (const reason of ['timeout', 'host-not-found', 'tls', 'closed', 'needs-password'] as const)
		assert.ok(isSeenWell(never(reason), peerWith()), reason);
	assert.ok(isSeenWell(never(), replicaOf(3)));
	assert.ok(isSeenWell(never(), primaryOf('online', 1)));
	assert.ok(isSeenWell(never(), sentinelWith({})));
});

test('nobody says so, or one of them doubts it', () => {
	assert.ok(!isSeenWell(never()));
	assert.ok(!isSeenWell(never(), trackOf(here)));
	assert.ok(!isSeenWell(never(), peerWith({ isLinkUp: false })));
	assert.ok(!isSeenWell(never(), peerWith({ isPfail: true })));
	assert.ok(!isSeenWell(never(), peerWith(), peerWith({ isFail: true }, '10.0.0.2:6379')));
	assert.ok(!isSeenWell(never(), peerWith({ isHandshake: true })));
	assert.ok(!isSeenWell(never(), { ...peerWith(), error: { reason: 'closed', text: '' } }), 'a silent peer');
	assert.ok(!isSeenWell(never(), replicaOf(3, false)));
	assert.ok(!isSeenWell(never(), replicaOf(30)), 'a link that is up says little for a minute');
	assert.ok(!isSeenWell(never(), primaryOf('wait_bgsave')));
	assert.ok(!isSeenWell(never(), primaryOf('online')), 'without the time of its last word');
	assert.ok(!isSeenWell(never(), sentinelWith({ flags: ['master', 's_down'] })));
	assert.ok(
		!isSeenWell(never(), sentinelWith({ okPingMilliseconds: undefined })),
		'it has not answered it yet',
	);
});

test('who owes the others an answer is not well, long before they doubt it', () => {
	const peer = peerWith();
	const owed: NodeTrack = { ...peer, cluster: { ...peer.cluster, unanswered: ['away'] } };
	assert.ok(!isSeenWell(never('timeout'), owed));
	assert.ok(
		!isSeenWell(never('timeout'), peer, { ...owed, address: '10.0.0.2:6379' }),
		'one of them is enough',
	);
	assert.ok(isSeenWell(never(), { ...peer, cluster: { ...peer.cluster, unanswered: ['other'] } }));
	const sentinel = (okPingMilliseconds: number) => ({
		...sentinelWith({ okPingMilliseconds }),
		address: '10.0.0.3:6379',
	});
	assert.ok(!isSeenWell(never('timeout'), sentinel(4000)));
	assert.ok(
		!isSeenWell(never('timeout'), sentinel(4000), replicaOf(5)),
		'a link says little for ten seconds',
	);
	assert.ok(isSeenWell(never('timeout'), sentinel(1100), replicaOf(5)));
	assert.ok(!isSeenWell(never('timeout'), primaryOf('online', 5)));
});

test('at maxclients other clients are turned away too', () => {
	assert.ok(!isSeenWell(never('max-clients'), peerWith()));
});

test('one that answered until now must have been heard of since', () => {
	assert.ok(!isSeenWell(lost(3), peerWith()), 'links that are being made are called connected');
	assert.ok(!isSeenWell(lost(5, 'timeout'), peerWith(), replicaOf(5)), 'frozen: heard of before');
	assert.ok(!isSeenWell(lost(1), replicaOf(0)), 'whole seconds: it may have been before');
	assert.ok(isSeenWell(lost(3), replicaOf(0)));
	assert.ok(isSeenWell(lost(3), peerWith(), trackOf('10.0.0.2:6379', replicaOf(1).lastGood!.info)));
	assert.ok(isSeenWell(lost(3), primaryOf('online', 0)));
	assert.ok(isSeenWell(lost(3), sentinelWith({ okPingMilliseconds: 900 })));
	assert.ok(!isSeenWell(lost(3), sentinelWith({ okPingMilliseconds: 3100 })));
	assert.ok(!isSeenWell(lost(3), replicaOf(0), peerWith({ isLinkUp: false }, '10.0.0.2:6379')));
	assert.ok(!isSeenWell(lost(3600, 'unreachable'), replicaOf(40)), 'heard of since, and not for 40 s');
});

/** It takes our connections itself, and answers nothing on them. */
const accepting = (seconds: number): NodeTrack => ({
	...never('timeout'),
	error: { reason: 'timeout', text: 'no answer for 5s', isAccepted: true },
	failingSince: start - seconds * 1000,
});

test('one that takes our connections and answers nothing may be frozen: whoever can tell must have heard from it since', () => {
	assert.ok(
		!isSeenWell(accepting(7), replicaOf(8)),
		'a link that is up, and was silent for longer than we wait',
	);
	assert.ok(isSeenWell(accepting(7), replicaOf(2)));
	assert.ok(isSeenWell(accepting(7), replicaOf(8), primaryOf('online', 0)));
	assert.ok(isSeenWell(accepting(7), peerWith()), 'its peers would say by now that it owes them an answer');
	assert.ok(!isSeenWell(accepting(7), peerWith(), trackOf('10.0.0.2:6379', replicaOf(8).lastGood!.info)));
});

test('one that takes connections and serves nobody is critical, also where its peers hear from it', () => {
	const tracks = tracksOf(peerWith(), { ...accepting(20), isSeenWell: true });
	const fleet = fleetOf(tracks, { mode: 'cluster', agreement: agreementOf() });
	const [first] = judgeRounds([{ tracks, fleet }]);
	const found = first!.findings.filter(({ node }) => node === away);
	assert.deepEqual(
		found.map(({ id, severity, text }) => [id, severity, text]),
		[
			[
				'unreachable',
				'crit',
				'takes connections and answers no command, though its peers hear from it: CLIENT PAUSE?',
			],
		],
	);
	const row = rowOf(tracks.get(away)!, undefined, start, 1);
	assert.equal(row.error?.text, 'no answer for 5s', 'no flag of ours cures it');
});

test('it is a warning with the flag that cures it, and no failover is impossible for it', () => {
	const tracks = tracksOf(peerWith(), { ...never(), isSeenWell: true });
	const shards = [
		{ number: 1, primary: here, replicas: [], slots: [[0, 8191]] as const },
		{ number: 2, primary: away, replicas: [], slots: [[8192, 16383]] as const },
	];
	const fleet = fleetOf(tracks, { mode: 'cluster', shards, agreement: agreementOf() });
	const [first, second] = judgeRounds(times(2, { tracks, fleet }));
	assert.ok(!idsOf(first).includes('unreachable'));
	const found = second!.findings.find(finding => finding.id === 'not-reached');
	assert.equal(found?.severity, 'warn');
	assert.equal(found?.node, away);
	assert.equal(found?.text, 'cannot be reached from here, but its peers reach it: --nat FROM=TO');
	const silent = { reason: 'timeout', text: 'no answer for 5s' } as const;
	assert.equal(
		awayText(silent),
		'gives us no answer, but its peers reach it: CLIENT PAUSE, or what is between',
	);
	assert.ok(!idsOf(second).includes('unreachable') && !idsOf(second).includes('failover-impossible'));
	const outlooks = failoverOutlook(fleet, tracks, defaultLimits, start);
	assert.ok(outlooks.every(outlook => !outlook.isDue));
});

test('a replica that only we do not reach may still take over', () => {
	const replica = { ...never(), isSeenWell: true };
	const down: NodeTrack = { ...trackOf('10.0.0.9:6379'), ...failing('refused') };
	const tracks = tracksOf(down, replica);
	const shards = [{ number: 1, primary: down.address, replicas: [away], slots: [[0, 16383]] as const }];
	const fleet = fleetOf(tracks, { mode: 'cluster', shards, agreement: agreementOf() });
	const [judged] = judgeRounds([{ tracks, fleet }]);
	assert.ok(!idsOf(judged).includes('failover-impossible'), idsOf(judged).join());
	const [outlook] = failoverOutlook(fleet, tracks, defaultLimits, start);
	assert.equal(outlook!.possible, undefined, 'not known, and not good either');
	assert.ok(outlook!.reasons.some(reason => reason.includes('cannot be reached from here')));
});
