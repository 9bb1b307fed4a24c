// Failovers of clusters: real ones, from captures of four server versions played at the pace of the fast phase and of a
// slow delay, and made ones for what no capture holds. The order and the times are what is held, and who is named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
	foldFailovers,
	isUnderWay,
	noFailovers,
	toldFailovers,
} from '../../../source/core/failover/failover.ts';
import {
	beginOf,
	type Failover,
	type StepKind,
	stepOf,
	unreplicatedOf,
} from '../../../source/core/failover/failover-record.ts';
import {
	failoverReport,
	lossText,
	newSteps,
	sinceText,
	storyLines,
} from '../../../source/core/failover/failover-words.ts';
import type { ErrorReason, Info, Peer, Sample } from '../../../source/core/types.ts';
import { often } from '../../lane.ts';
import { noOwn, peerOf, sampleOf, start } from '../build.ts';
import { versions } from '../captures.ts';
import { nodeOf, playTimeline } from '../cluster-timeline.ts';
import { type Playing, playRound, startPlay } from '../play.ts';

const kindsOf = (failover: Failover) => failover.steps.map(step => step.kind);
const atOf = (failover: Failover, kind: StepKind) => {
	const step = stepOf(failover, kind);
	assert.ok(step, `${kind} in ${kindsOf(failover)}`);
	return step.at;
};

/** Each of these steps is there, and none before the one in front of it. */
function assertOrder(failover: Failover, ...kinds: StepKind[]): void {
	const times = kinds.map(kind => atOf(failover, kind));
	assert.deepEqual(
		[...times].sort((a, b) => a - b),
		times,
		storyLines(failover)
			.map(line => `${line.since} ${line.kinds} ${line.text}`)
			.join('\n'),
	);
}

const only = (playing: Playing): Failover => {
	const told = toldFailovers(playing.failovers);
	assert.equal(told.length, 1, told.map(each => `${each.kind} ${kindsOf(each)}`).join('\n'));
	return told[0]!;
};

for (const version of versions) {
	test(`${version}: a primary is killed, and comes back`, () => {
		const killed = playTimeline(`${version}/cluster/kill-primary-timeline.txt`);
		const failover = only(killed);
		assert.equal(failover.kind, 'crash');
		assert.equal(failover.oldPrimary, nodeOf('7200'));
		assert.ok(!failover.isOver && isUnderWay(killed.failovers), 'its old primary is not back');
		assertOrder(failover, 'unreachable', 'fail', 'promoted', 'slots-covered');
		assertOrder(failover, 'link-lost', 'slots-uncovered', 'state-fail', 'state-ok');
		assert.equal(stepOf(failover, 'link-lost')?.text, 'link lost, 5 of 5 peers');
		assert.match(stepOf(failover, 'state-fail')!.text, /^cluster_state fail on every node/);
		assert.match(stepOf(failover, 'promoted')!.text, /^elected, epoch 1 to 7$/);
		assert.equal(stepOf(failover, 'slots-covered')?.text, 'slots 0-5460 served again');
		assert.equal(failover.newPrimary, stepOf(failover, 'promoted')?.node);
		// As long as the 30 ms poller of the capture saw it, with half a second for our own pace.
		const served = atOf(failover, 'slots-covered') - failover.startedAt;
		assert.equal(failover.unservedMilliseconds, served);
		assert.ok(served > 3000 && served < 5000, `${served} ms`);

		const back = playTimeline(`${version}/cluster/rejoin-timeline.txt`, {
			from: killed,
			runIds: { 7200: 'another process' },
		});
		const whole = only(back);
		assert.equal(whole.id, failover.id);
		assertOrder(whole, 'promoted', 'slots-covered', 'returned', 'resynced');
		assert.match(stepOf(whole, 'returned')!.text, /^back as replica of .*, restarted$/);
		assert.ok(whole.isOver && !isUnderWay(back.failovers));
		assert.equal(whole.unservedMilliseconds, served, 'not counted on after it was over');
	});

	test(`${version}: pfail is told where it lasted longer than a poll, with who was first`, () => {
		const failover = only(playTimeline(`${version}/cluster/kill-primary-timeline.txt`, { every: 50 }));
		assertOrder(failover, 'link-lost', 'pfail', 'pfail-majority', 'fail', 'promoted');
		assert.match(stepOf(failover, 'pfail-majority')!.text, /^2 of 3 primaries flag it/);
		assert.match(stepOf(failover, 'pfail')!.text, /^(first to flag|flags) 127\.0\.0\.1:7200 pfail/);
	});

	test(`${version}: a failover that fits between two readings is told all the same`, () => {
		const failover = only(playTimeline(`${version}/cluster/kill-primary-timeline.txt`, { every: 5000 }));
		assert.equal(failover.kind, 'crash');
		assertOrder(failover, 'unreachable', 'promoted');
	});

	test(`${version}: a manual failover is no crash`, () => {
		const playing = playTimeline(`${version}/cluster/manual-failover-timeline.txt`, { after: 12_000 });
		const failover = only(playing);
		assert.equal(failover.kind, 'manual');
		assertOrder(failover, 'promoted', 'slots-covered', 'returned');
		assert.match(
			stepOf(failover, 'promoted')!.text,
			/^promoted by hand \(CLUSTER FAILOVER: no link was lost\)/,
		);
		assert.match(stepOf(failover, 'returned')!.text, /^now replica of /);
		assert.equal(failover.unservedMilliseconds, 0);
		assert.ok(failover.isOver);
	});

	test(`${version}: a shard lost with its replica`, () => {
		const failovers = toldFailovers(playTimeline(`${version}/cluster/kill-shard-timeline.txt`).failovers);
		const lost = failovers.find(failover => failover.kind === 'lost');
		assert.ok(lost, failovers.map(kindsOf).join('\n'));
		assertOrder(lost, 'unreachable', 'slots-uncovered', 'no-candidate');
		assertOrder(lost, 'pfail', 'fail', 'state-fail');
		assert.match(stepOf(lost, 'no-candidate')!.text, /cannot take over; slots .* stay unserved/);
		assert.equal(lost.newPrimary, undefined);
		assert.ok(lost.lanes.writes.at(-1)!.until === undefined, 'still unserved');
	});

	test(`${version}: two of three primaries frozen, and back: a majority lost, nobody failed over`, () => {
		const frozen = playTimeline(`${version}/cluster/majority-lost-timeline.txt`);
		assert.equal(toldFailovers(frozen.failovers).length, 2);
		for (const failover of toldFailovers(frozen.failovers)) {
			assertOrder(failover, 'pfail', 'state-fail');
			// The timelines were read with patience, so the frozen ones seem to be well for a second yet.
			assertOrder(failover, 'pfail', 'majority-lost');
			assert.match(stepOf(failover, 'majority-lost')!.text, /sees 1 of 3 primaries; no failover is possible/);
			assert.ok(!stepOf(failover, 'fail'), 'the flag is never set');
			assert.equal(failover.kind, 'under-way');
		}
		const back = playTimeline(`${version}/cluster/majority-back-timeline.txt`, {
			from: frozen,
			after: 6000,
			without: /fail\?/,
		});
		assert.equal(toldFailovers(back.failovers).length, 2);
		for (const failover of toldFailovers(back.failovers)) {
			assertOrder(failover, 'majority-lost', 'majority-back', 'restored');
			assert.equal(failover.kind, 'back');
			assert.ok(failover.isOver);
			assert.ok(
				failover.lanes.writes.every(span => span.until !== undefined),
				'served again',
			);
		}
	});
}

// ---------------------------------------------------------------------------------------------------------
// Made: three primaries with a replica each, told node by node

const ids = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const address = (id: string) => `10.0.0.${ids.indexOf(id as 'a') + 1}:6379`;
const replicaOf: Readonly<Record<string, string>> = { d: 'a', e: 'b', f: 'c' };
const slotsOf: Readonly<Record<string, readonly [number, number]>> = {
	a: [0, 5460],
	b: [5461, 10_922],
	c: [10_923, 16_383],
};

type World = {
	/** Who serves a's slots. */
	readonly owner: string;
	/** No answer to us, and why. */
	readonly silent?: Readonly<Record<string, ErrorReason>>;
	/** Read 5 ms before the others. */
	readonly early?: readonly string[];
	/** Asked, and has not answered yet: no sample at all. */
	readonly mute?: readonly string[];
	/** What the others say of `a`, all alike unless `by` names them. */
	readonly link?: boolean;
	readonly flag?: 'fail?' | 'fail';
	readonly by?: readonly string[];
	readonly state?: 'ok' | 'fail';
	readonly ownerEpoch?: number;
	/** What a says of itself, when it answers. */
	readonly ownWord?: 'primary' | 'replica';
	readonly info?: Readonly<Record<string, Info>>;
	readonly config?: Readonly<Record<string, string>>;
};

const calm: World = { owner: 'a' };

function peersFor(asker: string, world: World): Peer[] {
	return ids.map(id => {
		const isDoubted = id === 'a' && asker !== 'a' && (world.by?.includes(asker) ?? true);
		const above = id === 'a' ? (world.owner === 'a' ? undefined : world.owner) : replicaOf[id];
		const ownWord = id === 'a' && asker === 'a' ? world.ownWord : undefined;
		const isOwner = world.owner === id;
		const isPrimary = ownWord
			? ownWord === 'primary'
			: id in slotsOf
				? id !== 'a' || isOwner || world.flag === 'fail'
				: isOwner;
		const slots =
			ownWord === 'primary' || isOwner ? [slotsOf.a!] : id !== 'a' && slotsOf[id] ? [slotsOf[id]!] : [];
		return peerOf(id, address(id), {
			isMyself: id === asker,
			role: isPrimary ? 'primary' : 'replica',
			primaryId: isPrimary ? undefined : above,
			slots,
			epoch: isOwner ? (world.ownerEpoch ?? 1) : 1,
			isLinkUp: !(isDoubted && world.link === false),
			isPfail: isDoubted && world.flag === 'fail?',
			isFail: isDoubted && world.flag === 'fail',
		});
	});
}

function samplesOf(world: World, round: number): Sample[] {
	return ids.flatMap(id => {
		if (world.mute?.includes(id)) return [];
		const at = world.early?.includes(id) ? round - 5 : round;
		const silence = world.silent?.[id];
		if (silence) return sampleOf(address(id), at, { error: { reason: silence, text: silence } });
		const peers = peersFor(id, world);
		const role = peers.find(peer => peer.isMyself)!.role!;
		const info: Info = {
			isClusterEnabled: true,
			mode: 'cluster',
			runId: `run-${id}`,
			role,
			...(role === 'replica' && { isLinkUp: true }),
			...world.info?.[id],
		};
		const pfail = world.flag === 'fail?' ? 5461 : 0;
		return sampleOf(address(id), at, {
			info,
			config: world.config,
			cluster: {
				state: world.state ?? 'ok',
				size: 3,
				epoch: world.ownerEpoch ?? 3,
				slotsAssigned: 16_384,
				slotsPfail: pfail,
				slotsFail: world.flag === 'fail' && world.owner === 'a' ? 5461 : 0,
				peers,
			},
		});
	});
}

/** Plays worlds, each from its second on, four rounds a second, until `seconds`. */
function play(worlds: readonly (readonly [second: number, world: World])[], seconds: number): Playing {
	let playing = startPlay(ids.map(address), [], start);
	for (let step = 0; step <= seconds * 4; step++) {
		const at = start + step * 250;
		const world = worlds.findLast(([second]) => second * 4 <= step)?.[1] ?? calm;
		playing = playRound(playing, samplesOf(world, at), at);
	}
	return playing;
}

const promoted: World = { owner: 'd', ownerEpoch: 7 };
const offsets = (primary: number | undefined, replica: number, role: 'primary' | 'replica' = 'replica') => ({
	...(primary !== undefined && { a: { replicationOffset: primary } }),
	d: { ...(role === 'replica' ? { replicaOffset: replica } : { replicationOffset: replica }) },
});

test('a frozen primary: our connection first, links later, replaced, and back without a restart', () => {
	const frozen: World = { owner: 'a', silent: { a: 'timeout' } };
	const failover = only(
		play(
			[
				[0, { ...calm, info: offsets(5000, 5000) }],
				[2, { ...frozen, info: offsets(undefined, 5000) }],
				[4, { ...frozen, flag: 'fail?', by: ['b'], info: offsets(undefined, 5000) }],
				[5, { ...frozen, flag: 'fail', link: false, state: 'fail', info: offsets(undefined, 5000) }],
				[
					6,
					{
						...promoted,
						silent: { a: 'timeout' },
						flag: 'fail',
						link: false,
						info: offsets(undefined, 5100, 'primary'),
					},
				],
				[9, { ...promoted, ownWord: 'replica', info: { a: { isLinkUp: true, replicaOffset: 5200 } } }],
			],
			22,
		),
	);
	assertOrder(failover, 'unreachable', 'pfail', 'fail', 'promoted', 'slots-covered', 'returned', 'resynced');
	assert.equal(failover.kind, 'crash');
	assert.equal(stepOf(failover, 'unreachable')?.text, 'no answer for 250ms: frozen, busy or cut off');
	assert.equal(stepOf(failover, 'pfail')?.text, 'first to flag 10.0.0.1:6379 pfail');
	assert.match(stepOf(failover, 'returned')!.text, /not restarted: it was frozen or cut off$/);
	// From its last answer on.
	assert.equal(failover.unservedMilliseconds, 4250);
	assert.match(lossText(failover)!, /answered OK, and is lost/);
	assert.deepEqual(failover.lanes.writes, [{ from: start + 1750, until: start + 6000, level: 'refused' }]);
	assert.ok(failover.isOver);
});

test('a primary that keeps us waiting is mute after two readings, long before our own timeout', () => {
	const mute: World = { owner: 'a', mute: ['a'] };
	const failover = only(
		play(
			[
				[2, mute],
				[3, { ...mute, flag: 'fail?', by: ['b', 'c', 'd', 'e'] }],
				[4, { ...promoted, silent: { a: 'timeout' }, flag: 'fail' }],
			],
			6,
		),
	);
	// Readings every 250 ms here; the last answer at 1.75 s.
	assert.equal(atOf(failover, 'unreachable'), start + 2250);
	assert.equal(stepOf(failover, 'unreachable')?.text, 'no answer for 500ms: frozen, busy or cut off');
	assertOrder(failover, 'unreachable', 'pfail', 'promoted');
	assert.equal(failover.lanes.writes[0]!.from, start + 1750);
	assert.equal(beginOf(failover), start + 1750);
	assert.equal(failover.unservedMilliseconds, 2250);
});

test('where its stream ended is told by the old primary itself, in the moment before it is in sync again', () => {
	const info = (a: Info | undefined, d: Info) => ({ ...(a && { a }), d });
	const frozen: World = { owner: 'a', silent: { a: 'timeout' } };
	const failover = only(
		play(
			[
				[0, { ...calm, info: info({ replicationOffset: 1000 }, { replicaOffset: 1000 }) }],
				[2, { ...frozen, flag: 'fail', info: info(undefined, { replicaOffset: 1200 }) }],
				[
					3,
					{
						...promoted,
						silent: { a: 'timeout' },
						flag: 'fail',
						info: info(undefined, { replicationOffset: 1200 }),
					},
				],
				[
					5,
					{
						...promoted,
						ownWord: 'replica',
						info: info({ isLinkUp: false, replicationOffset: 7825 }, { replicationOffset: 1300 }),
					},
				],
				[
					6,
					{
						...promoted,
						ownWord: 'replica',
						info: info({ isLinkUp: true, replicationOffset: 1300 }, { replicationOffset: 1300 }),
					},
				],
			],
			9,
		),
	);
	assert.deepEqual(unreplicatedOf(failover)?.bytes, 6625);
	assert.match(
		lossText(failover)!,
		/^bytes never replicated: 6,625 \(by the offset that the old primary told when it was back;/,
	);
});

test('bytes that were never replicated: by both offsets, with the age of what was read', () => {
	const failover = only(
		play(
			[
				[0, { ...calm, info: offsets(14_508_791, 14_500_000) }],
				[2, { ...calm, silent: { a: 'refused' }, link: false, info: offsets(undefined, 14_500_100) }],
				[
					3,
					{
						...promoted,
						silent: { a: 'refused' },
						link: false,
						info: offsets(undefined, 14_600_000, 'primary'),
					},
				],
			],
			6,
		),
	);
	assert.deepEqual(unreplicatedOf(failover), {
		bytes: 8691,
		isEndKnown: false,
		ageMilliseconds: 250,
		isHeirExact: true,
	});
	const text = lossText(failover)!;
	assert.match(text, /^bytes never replicated: at least 8,691 \(/);
	assert.match(text, /old primary was last read 0\.3s before the first sign\)/);
});

test('where the new primary took over it tells itself, whenever its INFO is read', () => {
	const failover = only(
		play(
			[
				[0, { ...calm, info: offsets(14_508_791, 14_500_000) }],
				[
					2,
					{
						...promoted,
						silent: { a: 'refused' },
						info: { d: { replicationOffset: 14_700_000, secondReplicationOffset: 14_508_001 } },
					},
				],
			],
			6,
		),
	);
	assert.deepEqual(failover.heirOffset, { offset: 14_508_000, at: start + 2000, isFinal: true });
	assert.equal(unreplicatedOf(failover)?.bytes, 791);
	assert.ok(unreplicatedOf(failover)?.isHeirExact);
});

test('a primary cut off from its peers that we still reach: what it goes on writing is counted as lost', () => {
	const cut: World = { owner: 'a', link: false, by: ['b', 'c', 'd', 'e', 'f'] };
	const failover = only(
		play(
			[
				[0, { ...calm, info: offsets(1000, 1000) }],
				[2, { ...cut, info: offsets(1500, 1000) }],
				[4, { ...cut, flag: 'fail', state: 'fail', info: offsets(2500, 1000) }],
				[
					5,
					{
						...promoted,
						flag: 'fail',
						link: false,
						ownWord: 'primary',
						info: { a: { replicationOffset: 4000 }, d: { replicationOffset: 1000 } },
					},
				],
				[8, { ...promoted, ownWord: 'replica', info: { a: { isLinkUp: true, replicaOffset: 1200 } } }],
			],
			22,
		),
	);
	assertOrder(failover, 'link-lost', 'fail', 'promoted', 'stale', 'returned');
	assert.deepEqual(unreplicatedOf(failover)?.bytes, 3000);
	assert.ok(
		failover.lanes.writes.some(span => span.level === 'stale'),
		JSON.stringify(failover.lanes.writes),
	);
	assert.ok(!stepOf(failover, 'unreachable'));
});

test('a primary that restarts within the node timeout: back, and no failover', () => {
	const gone: World = { owner: 'a', silent: { a: 'refused' }, link: false };
	const keys = (count: number) => [{ db: 0, keys: count, expires: 0 }];
	const restarted = { info: { a: { runId: 'another', databases: keys(100) } } };
	const failover = only(
		play(
			[
				[0, { ...calm, info: { a: { databases: keys(2000) } } }],
				[2, gone],
				[3, { ...calm, ...restarted }],
			],
			12,
		),
	);
	assert.equal(failover.kind, 'back');
	assertOrder(failover, 'unreachable', 'link-lost', 'restored');
	assertOrder(failover, 'slots-uncovered', 'slots-covered');
	assert.match(
		stepOf(failover, 'restored')!.text,
		/still primary, restarted with 100 keys, had 2\.0k: no failover$/,
	);
	assert.equal(failover.unservedMilliseconds, 1000);
});

test('a link that is lost for a moment, and a slow answer to us, leave no trace', () => {
	for (const blip of [
		{ owner: 'a', link: false, by: ['b', 'c', 'd'] },
		{ owner: 'a', silent: { a: 'timeout' } },
	] satisfies World[]) {
		const during = play([[2, blip]], 2);
		assert.equal(during.failovers.length, 1);
		assert.ok(during.failovers[0]!.isSuspicion && isUnderWay(during.failovers));
		assert.deepEqual(
			play(
				[
					[2, blip],
					[3, calm],
				],
				12,
			).failovers,
			[],
		);
	}
});

test('the doubt of one about a primary that serves and answers us begins nothing', () => {
	assert.deepEqual(play([[2, { owner: 'a', link: false, by: ['b'] }]], 2).failovers, []);
});

test('when nobody answers any more it is we who are cut off', () => {
	const all = Object.fromEntries(ids.map(id => [id, 'timeout' as const]));
	assert.deepEqual(play([[2, { owner: 'a', silent: all }]], 6).failovers, []);
});

test('nodes are read some milliseconds apart: what follows is never told before what it follows from', () => {
	const all: World = {
		...promoted,
		silent: { a: 'refused' },
		flag: 'fail',
		by: ['b', 'c', 'e', 'f'],
		early: ['d'],
	};
	const failover = only(play([[2, all]], 3));
	assertOrder(failover, 'unreachable', 'fail', 'promoted', 'slots-covered');
	assert.equal(atOf(failover, 'promoted'), start + 2000);
});

test('a replica that dies is no failover', () => {
	assert.deepEqual(play([[2, { owner: 'a', silent: { d: 'refused' } }]], 6).failovers, []);
});

test('a node that was replaced by hand and then stopped stays replaced by hand', () => {
	const syncing = { info: { a: { isLinkUp: false } } };
	const worlds: [number, World][] = [
		[2, { ...promoted, ownWord: 'replica', ...syncing }],
		[3, { ...promoted, silent: { a: 'refused' } }],
	];
	assert.ok(!only(play(worlds, 4)).isOver);
	assert.equal(only(play(worlds, 14)).kind, 'manual');
});

test('a failover that happened between two readings, seen by the new process of the old primary', () => {
	const failover = only(
		play([[2, { ...promoted, ownWord: 'replica', info: { a: { runId: 'another', isLinkUp: true } } }]], 14),
	);
	assert.equal(failover.kind, 'crash');
	assert.match(stepOf(failover, 'promoted')!.text, /^elected, epoch/);
});

test('a resync is named only where the counters of the new primary leave no doubt', () => {
	const how = (before: Info, after: Info) => {
		const failover = only(
			play(
				[
					[2, { ...calm, silent: { a: 'refused' }, link: false, info: { d: before } }],
					[3, { ...promoted, silent: { a: 'refused' }, link: false, info: { d: before } }],
					[6, { ...promoted, ownWord: 'replica', info: { d: after, a: { isLinkUp: true, runId: 'x' } } }],
				],
				9,
			),
		);
		return stepOf(failover, 'resynced')?.text;
	};
	assert.match(
		how({ syncFull: 1, syncPartialOk: 2 }, { syncFull: 1, syncPartialOk: 3 })!,
		/by a partial resync/,
	);
	assert.match(
		how({ syncFull: 1, syncPartialOk: 2 }, { syncFull: 2, syncPartialOk: 2 })!,
		/by a full resync/,
	);
	assert.match(
		how({ syncFull: 1, syncPartialOk: 2 }, { syncFull: 2, syncPartialOk: 3 })!,
		/^in sync again(,|$)/,
	);
});

test('after a minute without a step it is over, and goes on when the old primary is back at last', () => {
	const dead: World = { ...promoted, silent: { a: 'refused' }, link: false, flag: 'fail' };
	const kill: [number, World][] = [
		[2, { owner: 'a', silent: { a: 'refused' }, link: false }],
		[3, dead],
	];
	const over = only(play(kill, 70));
	assert.ok(over.isOver && !stepOf(over, 'returned'));
	const back = only(
		play([...kill, [80, { ...promoted, ownWord: 'replica', info: { a: { isLinkUp: true } } }]], 84),
	);
	assert.equal(back.id, over.id);
	assert.equal(atOf(back, 'returned'), start + 80_000);
});

test('a shard that was down when we came is told from then on', () => {
	const failover = only(
		play([[0, { owner: 'a', silent: { a: 'refused' }, link: false, flag: 'fail', state: 'fail' }]], 3),
	);
	assertOrder(failover, 'link-lost', 'fail');
});

test('slots that migrate one by one are no failover', () => {
	let playing = startPlay(ids.map(address), [], start);
	for (let step = 0; step < 40; step++) {
		const at = start + step * 250;
		const samples = samplesOf(calm, at).map(sample => ({
			...sample,
			cluster: {
				...sample.cluster,
				peers: sample.cluster!.peers!.map(peer =>
					peer.id === 'a'
						? { ...peer, slots: [[0, 5460 - step] as const] }
						: peer.id === 'b'
							? { ...peer, slots: [[5461 - step, 10_922] as const] }
							: peer,
				),
			},
		}));
		playing = playRound(playing, samples, at);
	}
	assert.deepEqual(playing.failovers, []);
});

test('calm rounds give the same list back', () => {
	const playing = play([], 3);
	assert.equal(playing.failovers, noFailovers);
});

test('the full coverage that is required, and the node timeout, stand in the words', () => {
	const config = { 'cluster-node-timeout': '5000', 'cluster-require-full-coverage': 'yes' };
	const down: World = { owner: 'a', silent: { a: 'refused' }, link: false, config };
	const failover = only(
		play(
			[
				[0, { ...calm, config }],
				[2, { ...down, flag: 'fail?', by: ['c'] }],
				[3, { ...down, flag: 'fail', state: 'fail' }],
			],
			4,
		),
	);
	assert.equal(stepOf(failover, 'pfail')?.text, 'first to flag 10.0.0.1:6379 pfail (node timeout 5s)');
	assert.equal(
		stepOf(failover, 'state-fail')?.text,
		'cluster_state fail on every node, writes refused everywhere (full coverage required)',
	);
});

// ---------------------------------------------------------------------------------------------------------
// Words

test('the report: one line a moment, for a ticket', () => {
	const killed = playTimeline('redis-7.0.15/cluster/kill-primary-timeline.txt', { every: 50 });
	const report = failoverReport(only(killed)).join('\n');
	assert.match(
		report,
		/^FAILOVER {2}shard 1 {2}127\.0\.0\.1:7200 > 127\.0\.0\.1:7205 {2}slots unserved 3\.[67]s {2}started 20/,
	);
	assert.match(
		report,
		/\n!! {2}\+0\.00s {2}127\.0\.0\.1:7200 {2}link lost, 5 of 5 peers; .*connection.*; slots 0-5460 unserved\n/,
	);
	assert.match(
		report,
		/\n!! {2}\+2\.7\ds {2}all {13}majority agrees: fail; cluster_state fail on every node/,
	);
	assert.match(
		report,
		/\n\* {3}\+3\.7\ds {2}127\.0\.0\.1:7205 {2}elected.*epoch 1 to 7; cluster_state ok; slots 0-5460 served again\n/,
	);
	assert.match(report, /\nBEFORE {2}/);
	assert.match(report, /\nAFTER {2}/);
	assert.doesNotMatch(report, /[\x00-\x09\x0b-\x1f\x7f-\xff]/);
});

test('steps are told once, in the round that brought them', () => {
	let before = noFailovers;
	const told: StepKind[] = [];
	const full = playTimeline('redis-7.0.15/cluster/kill-primary-timeline.txt').failovers;
	told.push(...newSteps(before, full).map(({ step }) => step.kind));
	before = full;
	assert.deepEqual(newSteps(before, full), []);
	assert.deepEqual(told, [...full[0]!.steps.map(step => step.kind)]);
});

test('times since the first sign', () => {
	const each = [0, 994, 9994, 9995, 14_230, 99_949, 125_000].map(sinceText);
	assert.deepEqual(each, ['+0.00s', '+0.99s', '+9.99s', '+10.0s', '+14.2s', '+99.9s', '+125s']);
});

// ---------------------------------------------------------------------------------------------------------
// Any sequence

const anyWorld: fc.Arbitrary<World> = fc.record(
	{
		owner: fc.constantFrom('a', 'd', 'b', 'nobody'),
		mute: fc.subarray([...ids]),
		silent: fc.dictionary(
			fc.constantFrom(...ids),
			fc.constantFrom('refused', 'timeout', 'loading', 'other'),
			{ maxKeys: 6 },
		),
		link: fc.boolean(),
		flag: fc.constantFrom('fail?', 'fail'),
		by: fc.subarray([...ids]),
		state: fc.constantFrom('ok', 'fail'),
		ownerEpoch: fc.nat(9),
		ownWord: fc.constantFrom('primary', 'replica'),
		info: fc.dictionary(
			fc.constantFrom(...ids),
			fc.record(
				{
					runId: fc.string({ maxLength: 3 }),
					role: fc.constantFrom('primary', 'replica'),
					replicationOffset: fc.nat(),
					replicaOffset: fc.nat(),
					isLinkUp: fc.boolean(),
					isSyncing: fc.boolean(),
					syncFull: fc.nat(3),
					mode: fc.constantFrom('cluster', 'standalone', 'sentinel'),
				},
				{ requiredKeys: [] },
			),
		),
	},
	{ requiredKeys: ['owner'] },
);

test('any sequence of rounds: never throws, steps in order of time, memory bounded', () => {
	fc.assert(
		fc.property(
			fc.array(fc.tuple(anyWorld, fc.integer({ min: -500, max: 40_000 })), { maxLength: 60 }),
			rounds => {
				let playing = startPlay(ids.map(address), [], start);
				let at = start;
				for (const [world, later] of rounds) {
					at += later;
					const samples = samplesOf(world, at).map(sample => ({ ...sample, own: noOwn }));
					playing = playRound(playing, samples, at);
					assert.ok(playing.failovers.length <= 52);
					for (const failover of playing.failovers) {
						assert.ok(failover.steps.length <= 60);
						for (const lane of Object.values(failover.lanes)) {
							assert.ok(lane.length <= 60);
							for (const span of lane) assert.ok(span.until === undefined || span.until >= span.from);
						}
						const times = failover.steps.map(step => step.at);
						assert.deepEqual(
							times,
							[...times].sort((a, b) => a - b),
						);
						assert.equal(new Set(kindsOf(failover)).size, failover.steps.length);
						assert.ok(failoverReport(failover).length < 200);
					}
				}
			},
		),
		{ numRuns: often(15, 80) },
	);
});

test('past failovers: twenty are kept, the newest', () => {
	const one = only(
		play(
			[
				[2, { owner: 'a', silent: { a: 'refused' }, link: false }],
				[3, calm],
			],
			12,
		),
	);
	const over = Array.from({ length: 30 }, (_, index) => ({
		...one,
		id: `f${index}`,
		startedAt: start + index,
	}));
	const playing = play([[2, { ...promoted, ownWord: 'replica' }]], 3);
	const moment = { fleet: playing.fleet, tracks: playing.tracks, at: playing.at };
	const quiet = play([], 3);
	const kept = foldFailovers(over, { fleet: quiet.fleet, tracks: quiet.tracks, at: quiet.at }, moment);
	assert.equal(kept.filter(failover => failover.isOver).length, 20);
	assert.ok(kept.some(failover => failover.id === 'f29') && !kept.some(failover => failover.id === 'f9'));
});
