// A cluster of three primaries and three replicas, and a Sentinel trio over a primary with two, told round by round
// through the program's own update: what the nodes say is made here, what the screen says of it is not. The failover is
// the one of the mock-up, second for second.

import type { Info, Peer, Sample, SentinelMaster, SlotRange } from '../../source/core/types.ts';
import type { State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { calmInfo, noOwn } from '../core/build.ts';
import { stateOf } from './build-state.ts';

/** 14:31:02 UTC: the first sign. */
export const lostAt = Date.UTC(2026, 10, 23, 14, 31, 2);

const hosts = [11, 12, 13, 21, 22, 23].map(host => `10.0.1.${host}:6379`);
const ids = hosts.map((_, index) => String(index + 1).repeat(40));
const ranges: readonly SlotRange[][] = [[[0, 5460]], [[5461, 10922]], [[10923, 16383]]];

/** What the cluster is like at a moment, as the nodes would say it. */
export type World = {
	/** Index of the node that serves shard 2: 1 before, 4 after. */
	readonly heir?: boolean;
	readonly isDown?: boolean;
	/** Indices of the nodes that suspect the old primary. */
	readonly pfail?: readonly number[];
	readonly isFail?: boolean;
	readonly isStateFail?: boolean;
	/** Nodes that still believe the map of before the failover. */
	readonly behind?: readonly number[];
	readonly more?: (sample: Sample, index: number) => Sample;
};

const lost = 1;

function peersSeenBy(viewer: number, world: World): Peer[] {
	const isNew = world.heir === true && !world.behind?.includes(viewer);
	return hosts.map((address, index) => {
		const shard = index % 3;
		const isPair = shard === 1;
		const isPrimary = isPair && isNew ? index === 4 : index < 3;
		const primary = isPair && isNew ? 4 : shard;
		const isGone = index === lost && world.isDown === true;
		const isPfail = isGone && !world.isFail && world.pfail?.includes(viewer) === true;
		const isFail = isGone && world.isFail === true;
		return {
			id: ids[index]!,
			address,
			flags: [isPrimary ? 'master' : 'slave', ...(isFail ? ['fail'] : isPfail ? ['fail?'] : [])],
			role: isPrimary ? 'primary' : 'replica',
			isMyself: index === viewer,
			isPfail,
			isFail,
			isHandshake: false,
			primaryId: isPrimary ? undefined : ids[primary],
			epoch: isPair && isNew ? 7 : shard + 1,
			isLinkUp: !(isGone && index !== viewer),
			slots: isPrimary ? ranges[shard]! : [],
			migrating: [],
			importing: [],
		};
	});
}

function infoOf(index: number, at: number, world: World): Info {
	const isPair = index % 3 === 1;
	const isPrimary = isPair && world.heir ? index === 4 : index < 3;
	const primary = hosts[isPair && world.heir ? 4 : index % 3]!;
	const offset = 14_508_791;
	const seconds = Math.floor((at - lostAt) / 1000) + 100;
	const isCut = isPair && world.isDown === true && !world.heir;
	return {
		...calmInfo,
		mode: 'cluster',
		isClusterEnabled: true,
		runId: index === lost && world.heir && !world.isDown ? 'again' : `run${index}`,
		role: isPrimary ? 'primary' : 'replica',
		uptimeSeconds: 41 * 86_400 + seconds,
		commandsProcessed: seconds * [14_200, 13_800, 14_000, 310, 13_800, 302][index]!,
		databases: [{ db: 0, keys: [39.6e6, 41.2e6, 37.6e6][index % 3]!, expires: 0 }],
		replicationOffset: offset,
		replicaOffset: isPrimary ? undefined : offset,
		secondReplicationOffset: isPair && isPrimary && world.heir ? offset + 1 : undefined,
		primary: isPrimary ? undefined : primary,
		isLinkUp: isPrimary ? undefined : !isCut,
		linkDownSeconds: isCut ? 3 : undefined,
		connectedReplicas: isPrimary ? 1 : 0,
		syncPartialOk: isPair && world.heir && !world.isDown ? 1 : 0,
	};
}

function samplesAt(at: number, world: World, isExtra: boolean): Sample[] {
	return hosts.map((node, index) => {
		const bare = { node, at, clock: at, refused: [], own: noOwn };
		if (index === lost && world.isDown)
			return { ...bare, error: { reason: 'refused', text: 'connect ECONNREFUSED', retryAt: at + 2000 } };
		const isNew = world.heir === true && !world.behind?.includes(index);
		const sample: Sample = {
			...bare,
			pingMilliseconds: 0.4,
			info: isExtra ? undefined : infoOf(index, at, world),
			config: isExtra
				? undefined
				: { 'cluster-node-timeout': '5000', 'cluster-require-full-coverage': 'yes' },
			cluster: {
				state: world.isStateFail ? 'fail' : 'ok',
				epoch: isNew ? 7 : 3,
				myEpoch: isNew && index % 3 === 1 ? 7 : (index % 3) + 1,
				slotsAssigned: 16384,
				slotsOk: world.isDown && !world.heir && world.isFail ? 16384 - 5462 : 16384,
				slotsPfail: world.pfail?.includes(index) && !world.isFail ? 5462 : 0,
				slotsFail: world.isFail && !world.heir ? 5462 : 0,
				knownNodes: 6,
				size: 3,
				peers: peersSeenBy(index, world),
			},
		};
		return world.more ? world.more(sample, index) : sample;
	});
}

/** A State is never changed: what many tests begin with is made once. */
function once(make: () => State): () => State {
	let made: State | undefined;
	return () => {
		made ??= make();
		return made;
	};
}

/** The States after each quarter of a second that followed one: a cluster's are continued by one story, a trio's by the other. */
const after = new WeakMap<State, State[]>();

function quartersUntil(seconds: number, from: State, tell: (state: State, at: number) => State): State {
	const states = after.get(from) ?? [];
	after.set(from, states);
	for (let at = states.length * 250; at <= seconds * 1000; at += 250)
		states.push(tell(states.at(-1) ?? from, at));
	return states[Math.floor(seconds * 4)] ?? from;
}

/** One round of it. */
export function told(state: State, at: number, world: World = {}, isExtra = false): State {
	const samples = samplesAt(at, world, isExtra);
	return update(state, { type: 'round', at, fleet: 1, samples, isExtra, isSettled: true })[0];
}

export const openScreen = (state: State, over: Partial<State>): State =>
	update({ ...state, ...over }, { type: 'keys', at: state.at, keys: ['3'] })[0];

const calm = once(() => tenCalmSeconds({}));

/** Ten calm seconds. */
export const calmCluster = (world?: World): State => (world ? tenCalmSeconds(world) : calm());

function tenCalmSeconds(world: World): State {
	const begin = lostAt - 10_000;
	const track = newFleetTrack(1, 'cart-prod', hosts, begin);
	let state: State = { ...stateOf([]), at: begin, fleets: [track], isDiscovering: true };
	for (let second = 0; second < 10; second++) state = told(state, begin + second * 1000, world);
	return state;
}

/** The failover of the mock-up, up to so many seconds after its first sign. */
export const failedOver = (untilSeconds: number, from: State = calmCluster()): State =>
	quartersUntil(untilSeconds, from, (state, at) => {
		const seconds = at / 1000;
		const world: World = {
			isDown: seconds < 14,
			pfail: seconds >= 7.5 ? [0, 2] : seconds >= 6 ? [2] : [],
			isFail: seconds >= 8,
			isStateFail: seconds >= 8 && seconds < 9,
			heir: seconds >= 9,
		};
		return told(state, lostAt + at, world, at % 1000 !== 0);
	});

/** One node has not heard of the failover, a minute after it: no slots of shard 2 are where it looks for them. */
export function splitViews(): State {
	let state = failedOver(15);
	for (let second = 16; second < 40; second++)
		state = told(state, lostAt + second * 1000, { heir: true, behind: [5] });
	return state;
}

/** Slots 100-103 on their way from the first primary to the third, keys being counted; and one slot left open. */
export function reshard(): State {
	let state = calmCluster();
	for (let second = 0; second < 8; second++)
		state = told(state, lostAt + second * 1000, { more: (sample, index) => moving(sample, index, second) });
	return state;
}

function moving(sample: Sample, index: number, second: number): Sample {
	const withMarkers = (more: Partial<Peer>): Sample => ({
		...sample,
		cluster: {
			...sample.cluster!,
			peers: sample.cluster!.peers!.map(peer => (peer.isMyself ? { ...peer, ...more } : peer)),
		},
	});
	const keys = (slot: number, left: number) => [`cluster countkeysinslot ${slot}`, left] as const;
	if (index === 0)
		return {
			...withMarkers({ migrating: [100, 101, 102, 103].map(slot => ({ slot, to: ids[2]! })) }),
			others: [100, 101, 102, 103].map(slot => keys(slot, Math.max(0, 900 - 60 * second))),
		};
	if (index === 2)
		return withMarkers({
			importing: [
				...[100, 101, 102, 103].map(slot => ({ slot, from: ids[0]! })),
				{ slot: 6000, from: ids[1]! },
			],
		});
	return sample;
}

/** Two readings of CLUSTER SLOT-STATS: one slot of shard 1 takes a third of a core. */
export function slotLoad(): State {
	let state = calmCluster();
	for (const second of [0, 5])
		state = told(state, lostAt + second * 1000, { more: (sample, index) => loaded(sample, index, second) });
	return state;
}

function loaded(sample: Sample, index: number, second: number): Sample {
	const stats = (slot: number, microseconds: number) => [
		slot,
		[
			'key-count',
			40 + slot,
			'cpu-usec',
			1000 + microseconds * second,
			'network-bytes-in',
			2000 * second,
			'network-bytes-out',
			90_000 * second,
		],
	];
	const reply = [stats(866 + index * 5461, index === 0 ? 333_000 : 9000), stats(12 + index * 5461, 700)];
	return {
		...sample,
		config: { ...sample.config, 'cluster-slot-stats-enabled': 'yes' },
		...(index < 3 && { others: [['cluster slot-stats ORDERBY CPU-USEC LIMIT 20 DESC', reply]] }),
	};
}

// ---------------------------------------------------------------------------------------------------------
// Sentinels

const data = ['10.0.2.1:6379', '10.0.2.2:6379', '10.0.2.3:6379'];
const sentinels = ['10.0.2.1:26379', '10.0.2.2:26379', '10.0.2.3:26379'];

export type Watch = {
	readonly isDown?: boolean;
	/** How many Sentinels say so. */
	readonly sdown?: number;
	readonly isOdown?: boolean;
	readonly isPromoted?: boolean;
	/** How many Sentinels name the new primary. */
	readonly switched?: number;
	/** Back, and still calling itself primary. */
	readonly isStale?: boolean;
	/** Sentinels that do not answer. */
	readonly silent?: readonly number[];
	readonly messages?: readonly (readonly [sentinel: number, channel: string, text: string])[];
};

function watchSamples(at: number, watch: Watch): Sample[] {
	const { isDown, sdown = 0, isOdown, isPromoted, switched = 0, isStale, silent = [] } = watch;
	const bare = (node: string) => ({ node, at, clock: at, refused: [], own: noOwn });
	const gone = { reason: 'refused', text: 'connect ECONNREFUSED' } as const;
	const ofData = data.map((node, index): Sample => {
		if (index === 0 && isDown) return { ...bare(node), error: gone };
		const isPrimary = index === 0 ? !isPromoted || isStale === true : index === 1 && isPromoted === true;
		const seconds = Math.floor((at - lostAt) / 1000) + 100;
		return {
			...bare(node),
			pingMilliseconds: 0.4,
			info: {
				...calmInfo,
				runId: index === 0 && isPromoted ? 'again' : `run${index}`,
				role: isPrimary ? 'primary' : 'replica',
				primary: isPrimary ? undefined : data[isPromoted ? 1 : 0],
				isLinkUp: isPrimary ? undefined : !isDown || isPromoted === true,
				lastIoSeconds: isPrimary ? undefined : 0,
				replicationOffset: 95_530,
				replicaOffset: isPrimary ? undefined : 95_530,
				commandsProcessed: seconds * 600,
				connectedReplicas: isPrimary && !isStale ? 2 : 0,
				syncFull: isPrimary ? 2 : 0,
				syncPartialOk: 0,
			},
		};
	});
	const ofSentinels = sentinels.map((node, index): Sample => {
		if (silent.includes(index)) return { ...bare(node), error: gone };
		const isSwitched = index < switched;
		const flags = [
			'master',
			...(!isSwitched && index < sdown ? ['s_down'] : []),
			...(!isSwitched && isOdown ? ['o_down'] : []),
		];
		const answering = sentinels.length - silent.length;
		const peers = (addresses: readonly string[]) => addresses.map(address => ({ address, flags: [] }));
		const master: SentinelMaster = {
			name: 'mymaster',
			address: isSwitched ? data[1]! : data[0]!,
			flags,
			quorum: 2,
			configEpoch: isSwitched ? 1 : 0,
			otherSentinels: 2,
			replicaCount: 2,
			downAfterMilliseconds: 5000,
			replicas: peers(isSwitched ? [data[0]!, data[2]!] : [data[1]!, data[2]!]),
			sentinels: peers(sentinels.filter(other => other !== node)),
			isQuorumReachable: answering >= 2,
			quorumText:
				answering >= 2
					? `OK ${answering} usable Sentinels. Quorum and failover authorization can be reached`
					: 'NOQUORUM 1 usable Sentinels. Not enough available Sentinels to reach the specified quorum for this master',
		};
		const others = (watch.messages ?? [])
			.filter(([sentinel]) => sentinel === index)
			.map(([, channel, text]) => [`event ${at - 20}`, [channel, text]] as const);
		return {
			...bare(node),
			info: { mode: 'sentinel', runId: `sentinel${index}` },
			sentinel: { masters: [master] },
			...(others.length > 0 && { others }),
		};
	});
	return [...ofData, ...ofSentinels];
}

export function watched(state: State, at: number, watch: Watch = {}, isExtra = false): State {
	const samples = watchSamples(at, watch);
	return update(state, { type: 'round', at, fleet: 1, samples, isExtra, isSettled: true })[0];
}

const calmTrio = once(() => tenSecondsUnderSentinels({}));

/** Ten calm seconds under three Sentinels. */
export const calmSentinels = (watch?: Watch): State => (watch ? tenSecondsUnderSentinels(watch) : calmTrio());

function tenSecondsUnderSentinels(watch: Watch): State {
	const begin = lostAt - 10_000;
	const track = newFleetTrack(1, 'sessions', sentinels, begin);
	let state: State = { ...stateOf([]), at: begin, fleets: [track], isDiscovering: true };
	for (let second = 0; second < 10; second++) state = watched(state, begin + second * 1000, watch);
	return state;
}

/** Two of three Sentinels have gone. */
export function quorumLost(): State {
	let state = calmSentinels();
	for (let second = 0; second < 8; second++)
		state = watched(state, lostAt + second * 1000, { silent: [1, 2] });
	return state;
}

/** Down after 5 s, switched 1.3 s later, back after 12 s as a primary, and a replica 10 s after that. */
export const switchedOver = (untilSeconds: number, from: State = calmSentinels()): State =>
	quartersUntil(untilSeconds, from, (state, at) => {
		const seconds = at / 1000;
		const messages: Watch['messages'] =
			seconds === 5
				? [0, 1, 2].map(sentinel => [sentinel, '+sdown', 'master mymaster 10.0.2.1 6379'] as const)
				: seconds === 6.25
					? [0, 1].map(
							sentinel => [sentinel, '+switch-master', 'mymaster 10.0.2.1 6379 10.0.2.2 6379'] as const,
						)
					: [];
		const watch: Watch = {
			isDown: seconds < 12,
			sdown: seconds >= 5 && seconds < 6.25 ? 3 : 0,
			isOdown: seconds >= 5.25 && seconds < 6.25,
			isPromoted: seconds >= 5.5,
			switched: seconds >= 6.5 ? 3 : seconds >= 6.25 ? 2 : 0,
			isStale: seconds >= 12 && seconds < 22,
			messages,
		};
		return watched(state, lostAt + at, watch, at % 1000 !== 0);
	});

// ---------------------------------------------------------------------------------------------------------
// Replicas alone

/** A primary without anybody to fail it over: one replica in sync, one that has lost its link. */
export function replicas(): State {
	const begin = lostAt - 10_000;
	const track = newFleetTrack(1, '10.0.2.1:6379', [data[0]!], begin);
	let state: State = { ...stateOf([]), at: begin, fleets: [track], isDiscovering: true };
	for (let second = 0; second < 10; second++) {
		const at = begin + second * 1000;
		const samples = watchSamples(at, {})
			.slice(0, 3)
			.map((sample, index): Sample => {
				const lines = [1, 2].map(replica => ({ address: data[replica]!, state: 'online', offset: 95_530 }));
				const info: Info = index === 0 ? { replicas: lines } : {};
				const cut: Info = index === 2 ? { isLinkUp: false, linkDownSeconds: 40 + second } : {};
				return { ...sample, info: { ...sample.info, ...info, ...cut } };
			});
		[state] = update(state, { type: 'round', at, fleet: 1, samples, isExtra: false, isSettled: true });
	}
	return state;
}
