// The fleet as it is drawn: rows in shard order, the totals, what the nodes believe. Made anew from the tracks at
// every round. Totals are sums over the primaries that answer, and ratios are made from sums: a mean of ratios
// would let an idle node hide a burning one. What is not measured is left out of a sum, never counted as zero.

import { believedPeers, compareViews, groupViews, myselfIn, viewsOf } from '../cluster/agreement.ts';
import { ownWords, saidByAll } from '../cluster/own-words.ts';
import { byId } from '../cluster/peer-digest.ts';
import { arrangeCluster, arrangeReplication } from '../cluster/shards.ts';
import { countedBytes } from '../node/memory.ts';
import { slowBetween } from '../node/slowlog.ts';
import { hasPlace } from '../parse/parse-address.ts';
import { sumOfKnown } from '../sums.ts';
import { manyNodes } from '../thresholds.ts';
import type {
	Address,
	Cost,
	Fleet,
	FleetMode,
	NodeTrack,
	RedisNode,
	SentinelFleet,
	SentinelMaster,
	Series,
	Totals,
	Unwatched,
	View,
} from '../types.ts';
import { rowOf } from './node-row.ts';
import { acknowledgedWord, behindOf, ownWord } from './offsets.ts';
import { hitRateOf } from './rates.ts';
import { serverAhead } from './server-clock.ts';
import { windowOf } from './track.ts';

export type FleetInput = {
	readonly name: string;
	readonly at: number;
	readonly delaySeconds: number;
	readonly tracks: ReadonlyMap<Address, NodeTrack>;
	/** Other names of the nodes in `tracks`. */
	readonly aliases?: ReadonlyMap<Address, Address>;
	readonly before?: Fleet;
	/** Nodes that were not read anew since the refresh before. */
	readonly unread?: ReadonlySet<Address>;
	readonly unwatched?: Unwatched;
	readonly opsHistory: Series;
	readonly hitRateHistory: Series;
};

export function buildFleet(input: FleetInput): Fleet {
	const { tracks, at, delaySeconds, before } = input;
	const nameOf = (address: Address) => input.aliases?.get(address) ?? address;
	const all = [...tracks.values()];
	const known = new Map(before?.nodes.map(node => [node.address, node]));
	const rows = all
		.filter(track => track.kind === 'data')
		.map(track => rowOf(track, known.get(track.address), at, delaySeconds, input.unread?.has(track.address)));
	const mode = modeOf(all);
	const sentinel = mode === 'sentinel' ? sentinelFleetOf(all, nameOf, at, delaySeconds) : undefined;
	const { views, groups } = currentViews(all, at, delaySeconds);
	const silent = new Set(rows.filter(row => row.health !== 'up').map(row => row.address));
	const placed =
		mode === 'cluster'
			? arrangeCluster(rows, believedPeers(groups), before?.nodes ?? [])
			: arrangeReplication(rows, primaryFinder(tracks, sentinel, nameOf), sentinel);
	const nodes = placed.nodes.map(node => withLag(withPrimary(node, tracks, nameOf), tracks, nameOf));
	const words = views.length === 0 ? ownWords(nodes, tracks) : [];
	return {
		name: input.name,
		at,
		mode,
		nodes,
		shards: placed.shards,
		totals: totalsOf(nodes, countedPrimaries(nodes, mode, sentinel), tracks, at, nameOf),
		agreement:
			mode === 'cluster'
				? compareViews(views, address => silent.has(address), at, before?.agreement, groups)
				: undefined,
		...(words.length > 0 && { said: saidByAll(words) }),
		sentinel,
		...(input.unwatched && { unwatched: input.unwatched }),
		cost: costOf(all),
		opsHistory: input.opsHistory,
		hitRateHistory: input.hitRateHistory,
	};
}

function modeOf(tracks: readonly NodeTrack[]): FleetMode {
	if (tracks.some(track => track.kind === 'sentinel')) return 'sentinel';
	return tracks.some(track => track.lastGood?.info?.isClusterEnabled) ? 'cluster' : 'standalone';
}

/**
 * The views of this round, in groups that agree. A frozen node's last view is no view of now; neither is that of a
 * node which the others have forgotten.
 */
function currentViews(
	all: readonly NodeTrack[],
	at: number,
	delaySeconds: number,
): { views: View[]; groups: View[][] } {
	const oldest = at - delaySeconds * 1020;
	// Of many nodes that do not tell CLUSTER INFO each is asked for its view every two seconds.
	const oldestUntold =
		all.length > manyNodes ? at - (Math.max(2, delaySeconds) + delaySeconds) * 1020 : oldest;
	const views = viewsOf(all, oldest, oldestUntold);
	const groups = groupViews(views);
	const members = byId(believedPeers(groups));
	const isMember = (view: View) => {
		const myself = myselfIn(view.peers);
		return myself === undefined || members.has(myself.id);
	};
	const ofMembers = views.filter(isMember);
	return ofMembers.length === views.length
		? { views, groups }
		: { views: ofMembers, groups: groupViews(ofMembers) };
}

/** Whom a node replicates: by its own word while it answers, else by who lists it as a replica, else by the Sentinels. */
function primaryFinder(
	tracks: ReadonlyMap<Address, NodeTrack>,
	sentinel: SentinelFleet | undefined,
	nameOf: (address: Address) => Address,
): (address: Address) => Address | undefined {
	const listedBy = new Map<Address, Address>();
	for (const track of tracks.values())
		for (const replica of track.lastGood?.info?.replicas ?? [])
			if (!track.error) listedBy.set(nameOf(replica.address), track.address);
	const masters = new Map(sentinel?.masters.map(master => [master.name, master.primary]));
	return address => {
		const track = tracks.get(address);
		const info = track?.lastGood?.info;
		if (info?.role === 'replica' || (info && info.role === undefined && info.primary))
			return info.primary && nameOf(info.primary);
		if (info?.role !== undefined && !track?.error) return undefined;
		const named = masters.get(track?.group ?? '');
		return listedBy.get(address) ?? (named === address ? undefined : named);
	};
}

/** Primaries whose figures add up to the fleet's: not one that a failover has replaced and that has not noticed. */
function countedPrimaries(
	nodes: readonly RedisNode[],
	mode: FleetMode,
	sentinel: SentinelFleet | undefined,
): RedisNode[] {
	// One that does not say what it is counts where nobody calls it a replica.
	const primaries = nodes.filter(
		node =>
			node.health !== 'down' &&
			(node.role === 'primary' || (node.role === undefined && node.primary === undefined)),
	);
	if (mode === 'cluster') {
		const owners = primaries.filter(node => node.slots.length > 0);
		// A cluster not yet put together, or seen by a user without CLUSTER NODES, has no owners: then every primary counts.
		return owners.length > 0 ? owners : primaries;
	}
	const named = new Set(sentinel?.masters.map(master => master.primary));
	return mode === 'sentinel' && named.size > 0
		? primaries.filter(node => named.has(node.address))
		: primaries;
}

function withPrimary(
	node: RedisNode,
	tracks: ReadonlyMap<Address, NodeTrack>,
	nameOf: (address: Address) => Address,
): RedisNode {
	const info = tracks.get(node.address)?.lastGood?.info;
	const isReplica = node.role === 'replica' && info?.role === 'replica' && info.primary !== undefined;
	return isReplica ? { ...node, replicates: nameOf(info.primary!) } : node;
}

/**
 * Bytes behind its primary by the replica's own word, else by its last acknowledgement to the primary; seconds at the
 * speed the primary writes now.
 */
function withLag(
	node: RedisNode,
	tracks: ReadonlyMap<Address, NodeTrack>,
	nameOf: (address: Address) => Address,
): RedisNode {
	if (node.role !== 'replica' || node.primary === undefined) return node;
	const primary = tracks.get(node.primary);
	const above = primary?.lastGood?.info;
	if (!above || primary.error) return node;
	const own = node.health === 'up' ? ownWord(tracks.get(node.address)?.lastGood) : undefined;
	if (own && node.isLinkUp === false) return node;
	const line = above.replicas?.find(replica => nameOf(replica.address) === node.address);
	const word = own ?? acknowledgedWord(line, primary.offsets);
	const behind = word && behindOf(primary.offsets, word);
	if (!behind) return node;
	const bytes = Math.round(behind.least);
	const speed = primary.rates?.replicationBytes;
	const seconds = bytes === 0 ? 0 : speed ? bytes / speed : undefined;
	return {
		...node,
		replicationLagBytes: bytes,
		replicationLagMostBytes: Math.round(behind.most),
		replicationLagSeconds: own || bytes === 0 ? seconds : (line?.lagSeconds ?? seconds),
	};
}

const ratio = (part: number | undefined, whole: number | undefined) =>
	part === undefined || !whole ? undefined : part / whole;

/**
 * Active replicas of each other (KeyDB) hold the same data: what they hold counts once, of the first of them, as it does
 * of a primary and its replicas. What they do counts of each, for each serves clients of its own.
 */
function oneOfEachPair(
	primaries: readonly RedisNode[],
	tracks: ReadonlyMap<Address, NodeTrack>,
	nameOf: (address: Address) => Address,
): readonly RedisNode[] {
	const counted = new Set<Address>();
	return primaries.filter(({ address, isActiveReplica }) => {
		if (!isActiveReplica) return true;
		if (counted.has(address)) return false;
		for (const mate of matesOf(address, tracks, nameOf)) counted.add(mate);
		return true;
	});
}

function matesOf(
	address: Address,
	tracks: ReadonlyMap<Address, NodeTrack>,
	nameOf: (address: Address) => Address,
): ReadonlySet<Address> {
	const mates = new Set([address]);
	for (const mate of mates) {
		const { primary, otherPrimaries = [] } = tracks.get(mate)?.lastGood?.info ?? {};
		for (const above of [...(primary ? [primary] : []), ...otherPrimaries]) mates.add(nameOf(above));
		for (const [other, { lastGood }] of tracks)
			if (lastGood?.info?.primary && nameOf(lastGood.info.primary) === mate && lastGood.info.isActiveReplica)
				mates.add(other);
	}
	return mates;
}

function totalsOf(
	nodes: readonly RedisNode[],
	primaries: readonly RedisNode[],
	tracks: ReadonlyMap<Address, NodeTrack>,
	at: number,
	nameOf: (address: Address) => Address,
): Totals {
	const holders = oneOfEachPair(primaries, tracks, nameOf);
	const up = primaries.filter(node => node.health === 'up');
	const windows = up.map(node => windowOf(tracks.get(node.address)!, at));
	const limited = holders.filter(node => node.maxmemoryBytes);
	const counted = sumOfKnown(limited, node => {
		const info = tracks.get(node.address)?.lastGood?.info;
		return info && countedBytes(info);
	});
	const slow = nodes
		.map(node => tracks.get(node.address))
		.filter(track => track?.slowlogLastId !== undefined)
		.map(track => slowBetween(track!, at + serverAhead(track!.lastGood) - 900_000, Number.POSITIVE_INFINITY));
	const used = sumOfKnown(holders, node => node.usedMemoryBytes);
	const rss = sumOfKnown(holders, node => node.rssBytes);
	return {
		opsPerSecond: sumOfKnown(primaries, node => node.opsPerSecond),
		hitRate: hitRateOf(windows),
		lookupsPerSecond: sumOfKnown(windows, window => window.lookups / window.seconds),
		evictedPerSecond: sumOfKnown(primaries, node => node.evictedPerSecond),
		expiredPerSecond: sumOfKnown(primaries, node => node.expiredPerSecond),
		usedMemoryBytes: used,
		maxmemoryBytes: sumOfKnown(holders, node => node.maxmemoryBytes),
		memoryShare: ratio(
			counted,
			sumOfKnown(limited, node => node.maxmemoryBytes),
		),
		rssBytes: rss,
		fragmentationRatio: ratio(rss, used),
		connectedClients: sumOfKnown(nodes, node => node.connectedClients),
		blockedClients: sumOfKnown(nodes, node => node.blockedClients),
		keys: sumOfKnown(holders, node => node.keys),
		keysWithTtl: sumOfKnown(holders, node => node.keysWithTtl),
		inputBytesPerSecond: sumOfKnown(primaries, node => node.inputBytesPerSecond),
		outputBytesPerSecond: sumOfKnown(primaries, node => node.outputBytesPerSecond),
		errorsPerSecond: sumOfKnown(nodes, node => node.errorsPerSecond),
		slowlogIn15m: sumOfKnown(slow, each => each.count),
		isSlowlogLeast: slow.some(each => each.isLeast),
	};
}

function costOf(tracks: readonly NodeTrack[]): Cost {
	const polled = tracks.filter(track => !track.error && !track.gone);
	return {
		commandsPerSecond: sumOfKnown(polled, track => track.costCommandsPerSecond),
		serverMicrosecondsPerSecond: sumOfKnown(polled, track => track.costMicrosecondsPerSecond),
		bytesPerSecond: sumOfKnown(polled, track => track.costBytesPerSecond),
	};
}

/** What the Sentinels say together: of each master the word with the highest configuration epoch. */
function sentinelFleetOf(
	tracks: readonly NodeTrack[],
	nameOf: (address: Address) => Address,
	at: number,
	delaySeconds: number,
): SentinelFleet {
	const sentinels = tracks.filter(track => track.kind === 'sentinel');
	const newest = new Map<string, SentinelMaster>();
	const words = new Map<string, SentinelMaster[]>();
	const answering = sentinels.filter(track => !track.error && !track.gone);
	// When none answers, what they said last still tells whom they watched; of the quorum nothing is known then.
	for (const track of answering.length > 0 ? answering : sentinels) {
		for (const master of track.sentinel?.masters ?? []) {
			const best = newest.get(master.name);
			if (!best || isNewer(master, best)) newest.set(master.name, master);
			if (answering.length > 0) words.set(master.name, [...(words.get(master.name) ?? []), master]);
		}
	}
	return {
		masters: [...newest.values()]
			.sort((a, b) => (a.name < b.name ? -1 : 1))
			.map(master => ({
				name: master.name,
				primary: nameOf(master.address),
				quorum: master.quorum,
				...quorumOf(words.get(master.name) ?? []),
				flags: master.flags,
			})),
		sentinels: sentinels.map(track => {
			const row = rowOf(track, undefined, at, delaySeconds);
			const { health, error, isSeenWell, isSeenIll } = row;
			return {
				...{ node: track.address, health, error },
				...(isSeenWell && { isSeenWell }),
				...(isSeenIll && { isSeenIll }),
			};
		}),
	};
}

/**
 * The Sentinel that runs a failover has the new epoch from the promotion on, and goes on naming the old primary for a
 * second after the others have switched: of equal epochs the word of one that is through with it counts.
 */
function isNewer(master: SentinelMaster, than: SentinelMaster): boolean {
	const [epoch, known] = [master.configEpoch ?? 0, than.configEpoch ?? 0];
	if (epoch !== known) return epoch > known;
	// Another Sentinel may still resolve its name.
	if (hasPlace(master.address) !== hasPlace(than.address)) return hasPlace(master.address);
	const isRunning = ({ flags }: SentinelMaster) => flags.includes('failover_in_progress');
	return isRunning(than) && !isRunning(master);
}

/** The quorum can be reached when one Sentinel that answers says so: each judges by those it can see itself. */
function quorumOf(words: readonly SentinelMaster[]): { isQuorumReachable?: boolean; quorumText?: string } {
	const asked = words.filter(word => word.isQuorumReachable !== undefined);
	const word = asked.find(candidate => candidate.isQuorumReachable) ?? asked[0];
	return { isQuorumReachable: word?.isQuorumReachable, quorumText: word?.quorumText };
}
