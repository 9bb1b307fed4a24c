// The rules on the fleet: what no single node can know. Slots nobody serves, a majority that is gone, nodes that
// believe different things, primaries that nobody could replace. Judged every round. A node's own word counts least:
// the map that most views hold is the truth here, as it is on the screen.

import { myselfIn, viewsOf } from '../cluster/agreement.ts';
import type { BusGap } from '../cluster/bus-links.ts';
import { type OwnWord, ownWords } from '../cluster/own-words.ts';
import { rowAt } from '../fleet/rows.ts';
import { hasPlace } from '../parse/parse-address.ts';
import { slotsInCluster } from '../slots.ts';
import {
	awayText,
	isLeftOut,
	isSilent,
	isSilentError,
	leftOutText,
	troubleText,
} from '../text/node-trouble.ts';
import { printable } from '../text/printable.ts';
import { duration } from '../text/quantity.ts';
import type { FindingId } from '../thresholds.ts';
import type { Address, Fleet, NodeTrack, RedisNode, Severity, Shard, View } from '../types.ts';
import { aloneNow } from './alone-now.ts';
import { type FleetRule, type FleetView, lasted, measure } from './findings-rule.ts';
import { sentinelsClash } from './findings-sentinel.ts';
import { slotOpen, waitForReplica } from './findings-signs.ts';
import { lostBefore } from './lost-before.ts';
import { twoPrimaries } from './two-primaries.ts';

/** Views of nodes that answer; one older than this was not asked for again and says nothing of now. */
const viewsKept = 30_000;
export const viewsNow = (tracks: ReadonlyMap<Address, NodeTrack>, at: number): View[] =>
	viewsOf(tracks.values(), at - viewsKept);

const slotsUncovered: FleetRule = view => {
	const { fleet, limits } = view;
	const { agreement } = fleet;
	if (!agreement || agreement.viewsAsked === 0) return uncoveredByWord(view);
	const seen = measure(limits, 'slots-uncovered', slotsInCluster - agreement.slotsCovered, slots => ({
		text: `${slots} of ${slotsInCluster} slots uncovered`,
	}));
	return seen ? [seen] : [];
};

/** A node of a cluster says fail for its first seconds, until it has heard of the others. */
const rejoinSeconds = 5;

/** Where nobody tells who owns which slot: what a node itself calls lost, or that it refuses what it is asked. */
function uncoveredByWord(view: FleetView): ReturnType<FleetRule> {
	const words = ownWords(view.fleet.nodes, view.tracks);
	const bad = words.filter(({ view: { state }, lost = 0 }) => state === 'fail' || lost > 0);
	const worst = bad.reduce((most, word) => ((word.lost ?? 0) > (most.lost ?? 0) ? word : most), bad[0]!);
	if (!worst) return [];
	const text = `${lossText(worst)} as ${whoSays(bad, words)}`;
	const { lost = 0 } = worst;
	const node = worst.node.address;
	if (lost > 0) return [{ node, ...measure(view.limits, 'slots-uncovered', lost, () => ({ text }))! }];
	const isRejoining = bad.every(each => (each.node.uptimeSeconds ?? rejoinSeconds) < rejoinSeconds);
	return isRejoining ? [{ node, text, isPending: true }] : [{ node, severity: 'crit', text }];
}

const lossText = ({ lost = 0, view: { state } }: OwnWord) =>
	lost > 0
		? `${lost} of ${slotsInCluster} slots uncovered${state === undefined ? '' : `, cluster_state ${state},`}`
		: 'cluster_state fail, commands refused,';

const whoSays = (some: readonly OwnWord[], all: readonly OwnWord[]) =>
	some.length === 1 && all.length === 1
		? 'the node says'
		: `${some.length} of ${all.length} nodes ${some.length === 1 ? 'says' : 'say'}`;

/** Slots whose owner some do not reach, and that are not lost by that: a link of the bus, or the first moment of a failure. */
function doubtedByWord(view: FleetView): ReturnType<FleetRule> {
	const { fleet, tracks, limits, at, since } = view;
	const words = ownWords(fleet.nodes, tracks);
	const doubting = words.filter(({ doubted = 0 }) => doubted > 0);
	const most = doubting.reduce(
		(worst, word) => (word.doubted! > worst.doubted! ? word : worst),
		doubting[0]!,
	);
	if (!most) return [];
	const { warn } = limits['views-differ'];
	const text = `${doubting.length} of ${words.length} nodes do not reach the primary of ${most.doubted} slots (pfail)`;
	const node = most.node.address;
	const value = (at - (since('views-differ', node) ?? at)) / 1000;
	return [{ node, severity: 'warn', value, limits: { warn }, text }];
}

const twoOwners: FleetRule = ({ fleet }) => {
	const doubled = fleet.agreement?.doubleOwners ?? [];
	const first = doubled[0];
	// Two that claim a slot for less than a second are one that has yet to hear of the other.
	const isClaimed = (fleet.agreement?.claims.length ?? 0) > 0;
	if (!first) return isClaimed ? [{ text: 'a slot has two owners', isPending: true }] : [];
	const more = doubled.length > 1 ? ` and ${doubled.length - 1} more` : '';
	const text = `slot ${first.slot}${more} owned by both ${first.nodes.join(' and ')}`;
	return [{ severity: 'crit', value: doubled.length, text }];
};

const failoverImpossible: FleetRule = view => {
	const agreement = view.fleet.agreement;
	const reachable = agreement?.primariesReachable ?? 0;
	const needed = Math.floor((agreement?.primaries ?? 0) / 2) + 1;
	if (agreement && agreement.viewsAsked > 0 && agreement.primaries > 0 && reachable < needed) {
		const text = `failover impossible: ${reachable} of ${agreement.primaries} primaries reachable, ${needed} needed`;
		return [{ severity: 'crit', value: reachable, limits: { crit: needed }, text }];
	}
	const shard = view.fleet.shards.find(candidate => isLostForGood(view, candidate));
	if (!shard || view.fleet.mode === 'standalone') return [];
	const text = `failover impossible: ${nameOf(shard)} has no usable replica`;
	// Of the replicas that could take over one is needed.
	return [{ severity: 'crit', value: 0, limits: { crit: 1 }, text }];
};

const nameOf = (shard: Shard) => (shard.name === undefined ? `shard ${shard.number}` : printable(shard.name));

const replicasOf = (fleet: Fleet, { replicas }: Shard): readonly RedisNode[] =>
	replicas.flatMap(address => rowAt(fleet, address) ?? []);

/** Its primary is down and none of its replicas can take over. Shards that serve nothing have nothing to lose. */
function isLostForGood(view: FleetView, shard: Shard): boolean {
	const { fleet } = view;
	if (fleet.mode === 'cluster' && shard.slots.length === 0) return false;
	const primary = rowAt(fleet, shard.primary);
	if (!primary || !isSilent(primary)) return false;
	return !replicasOf(fleet, shard).some(replica => canTakeOver(view, replica));
}

/** A replica that never synced, or too long ago, is not voted for; one whose link broke with its primary is. */
function canTakeOver(view: FleetView, replica: RedisNode): boolean {
	const { tracks, limits } = view;
	if (isBarred(view, replica)) return false;
	// What its peers see well may take over, whoever reaches it.
	if (replica.isSeenWell) return true;
	if (replica.isGone || replica.error || replica.isSyncing) return false;
	if (replica.isLinkUp !== false) return true;
	const { dataAgeTimeouts, nodeTimeoutSeconds } = limits['failover-impossible'].extra;
	const timeout = nodeTimeoutOf(tracks.get(replica.address)) ?? nodeTimeoutSeconds;
	return replica.linkDownSeconds !== undefined && replica.linkDownSeconds < timeout * dataAgeTimeouts;
}

/** Seconds; undefined where CONFIG GET is not allowed. */
function nodeTimeoutOf(track: NodeTrack | undefined): number | undefined {
	const milliseconds = Number(track?.config?.['cluster-node-timeout']);
	return milliseconds > 0 ? milliseconds / 1000 : undefined;
}

const quorumLost: FleetRule = ({ fleet }) =>
	(fleet.sentinel?.masters ?? [])
		.filter(master => master.isQuorumReachable === false)
		.map(master => ({
			node: master.primary,
			severity: 'crit' as const,
			value: 1,
			text: `${printable(master.name)}: Sentinels have no quorum, no failover possible`,
		}));

/** Of each master by those of its Sentinels that answer: one in TILT neither calls it down nor votes. */
const sentinelTilt: FleetRule = ({ fleet, tracks }) => {
	// Nearly always nobody: then thousands of masters are not asked for theirs.
	if (![...tracks.values()].some(({ lastGood }) => lastGood?.info?.isInTilt)) return [];
	const watchers = watchersIn(tracks);
	return (fleet.sentinel?.masters ?? []).flatMap(({ name, primary }) => {
		const watching = watchers.get(name) ?? [];
		const tilted = watching.filter(({ lastGood }) => lastGood?.info?.isInTilt).length;
		if (tilted === 0) return [];
		const isAll = tilted === watching.length;
		const who = isAll
			? watching.length === 1
				? 'its Sentinel is'
				: `all ${watching.length} Sentinels are`
			: `${tilted} of ${watching.length} Sentinels ${tilted === 1 ? 'is' : 'are'}`;
		const they = tilted === 1 ? 'it votes' : 'they vote';
		const then = isAll ? 'no failover until 30s after their clocks are right' : `${they} for no failover`;
		const severity = isAll ? ('crit' as const) : ('warn' as const);
		return [{ node: primary, severity, value: tilted, text: `${printable(name)}: ${who} in TILT, ${then}` }];
	});
};

/** The Sentinels that answer, by the names of what they watch. */
function watchersIn(tracks: FleetView['tracks']): ReadonlyMap<string, readonly NodeTrack[]> {
	const watchers = new Map<string, NodeTrack[]>();
	for (const track of tracks.values()) {
		if (track.kind !== 'sentinel' || track.error || track.gone) continue;
		for (const name of new Set(track.sentinel?.masters.map(master => master.name)))
			watchers.set(name, [...(watchers.get(name) ?? []), track]);
	}
	return watchers;
}

/** `warn` at once, `crit` when it lasts longer than the cluster (or Sentinel) needs to put it right by itself. */
function lastingSeverity(
	view: FleetView,
	id: 'views-differ',
	patience: number,
): { severity: Severity; value: number; limits: { warn: number; crit: number } } {
	const value = lasted(view, id);
	return {
		severity: value >= patience ? 'crit' : 'warn',
		value,
		limits: { warn: view.limits[id].warn, crit: patience },
	};
}

const viewsDiffer: FleetRule = view => {
	const { fleet, tracks, limits } = view;
	const { agreement, mode } = fleet;
	if (mode === 'sentinel') return [...sentinelsDiffer(view), ...downForSentinels(view)];
	if (!agreement || agreement.viewsAsked === 0) return doubtedByWord(view);
	// A dispute that is younger than a second is not counted yet.
	if (agreement.viewsAgreeing >= agreement.viewsAsked)
		return agreement.disputes.length > 0 ? [{ text: 'views differ', isPending: true }] : [];
	const timeouts = [...tracks.values()].map(nodeTimeoutOf).filter(timeout => timeout !== undefined);
	const patience = timeouts.length > 0 ? Math.max(...timeouts) : limits['views-differ'].crit;
	const differing = agreement.viewsAsked - agreement.viewsAgreeing;
	const named = agreement.minority[0];
	const text = `views differ: ${differing} of ${agreement.viewsAsked} nodes disagree on slot owners${named ? `, ${named}` : ''}`;
	return [{ ...lastingSeverity(view, 'views-differ', patience), text }];
};

/** It was started again without its mode: it answers as a server on its own, from what keys it has, and redirects nobody. */
const outOfCluster: FleetRule = view =>
	view.fleet.mode !== 'cluster'
		? []
		: view.fleet.nodes
				.filter(node => !node.error && !node.isGone && isOutOfCluster(view, node))
				.map(({ address }) => ({
					...{
						node: address,
						severity: 'crit' as const,
						value: 1,
						limits: { crit: 1 },
						unit: 'count' as const,
					},
					text: 'it answers as a server on its own (cluster-enabled no), and the others count it in',
				}));

const isOutOfCluster = ({ tracks }: FleetView, { address }: RedisNode) =>
	tracks.get(address)?.lastGood?.info?.isClusterEnabled === false;

/** Nodes that answer us, and not all of their own cluster: a silent one is told as that. */
const cutFromBus: FleetRule = view =>
	(view.fleet.agreement?.busGaps ?? []).flatMap(gap => {
		const row = rowAt(view.fleet, gap.node);
		if (!row || row.error || row.isGone || isOutOfCluster(view, row)) return [];
		// What has just come back is linked anew within a moment.
		return busGapSeen(view, { ...gap, since: Math.max(gap.since, row.since) });
	});

/** Links break for a moment in any restart: it lasts when nodes would call it failing by now. */
function busGapSeen(
	{ fleet, tracks, limits, at }: FleetView,
	{ node, count, others, isOwn, since }: BusGap,
): ReturnType<FleetRule> {
	const warn = nodeTimeoutOf(tracks.get(node)) ?? limits['views-differ'].crit;
	const value = (at - since) / 1000;
	if (value < warn) return [{ node, text: 'a link on the cluster bus is down', isPending: true }];
	const more = count > others.length ? ` and ${count - others.length} more` : '';
	const who = `${count} of ${Math.max(count, (fleet.agreement?.viewsAsked ?? 1) - 1)} nodes`;
	const text = `no link on the cluster bus ${isOwn ? 'to' : 'from'} ${who} for ${duration(Math.floor(value))}: ${others.join(', ')}${more}`;
	return [{ node, severity: 'warn', value, limits: { warn }, text }];
}

function sentinelsDiffer(view: FleetView): ReturnType<FleetRule> {
	const { limits } = view;
	const split = [...addressesByMaster(view.tracks)].find(([, addresses]) => addresses.size > 1);
	if (!split) return [];
	const text = `views differ: Sentinels name ${[...split[1]].sort().join(' and ')} for ${printable(split[0])}`;
	return [{ ...lastingSeverity(view, 'views-differ', limits['views-differ'].extra.sentinelSeconds), text }];
}

type DownWord = { readonly asked: number; readonly seconds: readonly number[]; readonly name: string };

/**
 * Nodes that answer us and that Sentinels call down, with no failover under way: their password for it is wrong, or they
 * do not reach it. While most of them call all of its nodes down nobody takes over.
 */
function downForSentinels(view: FleetView): ReturnType<FleetRule> {
	const { fleet, tracks, limits } = view;
	if (isFailingOver(tracks)) return [];
	const { sentinelSeconds: crit } = limits['views-differ'].extra;
	const words = downWords(tracks);
	return fleet.nodes.flatMap(node => {
		const { asked, seconds, name } = words.get(node.address) ?? { asked: 0, seconds: [], name: '' };
		const value = Math.max(...seconds);
		// What has just come back is called down for a moment more; replicas are asked for every 5 s only.
		const isPrimary = node.role === 'primary';
		if (seconds.length === 0 || node.error || node.health !== 'up' || (!isPrimary && value < crit)) return [];
		const isMost = 2 * seconds.length > asked;
		const who = asked === 1 ? 'its Sentinel calls' : `${seconds.length} of ${asked} Sentinels call`;
		return [
			{
				...{ node: node.address, value, limits: { warn: limits['views-differ'].warn, crit } },
				severity: isPrimary && isMost && value >= crit ? ('crit' as const) : ('warn' as const),
				text: `${printable(name)}: ${who} it down for ${duration(value)}, and it answers us (auth-pass?)`,
			},
		];
	});
}

function downWords(tracks: FleetView['tracks']): Map<Address, DownWord> {
	const words = new Map<Address, DownWord>();
	for (const { error, gone, sentinel } of tracks.values()) {
		if (error || gone) continue;
		for (const { name, replicas = [], ...master } of sentinel?.masters ?? [])
			for (const { address, flags, downMilliseconds } of [master, ...replicas]) {
				const { asked, seconds } = words.get(address) ?? { asked: 0, seconds: [] };
				const isDown = flags.includes('s_down') && downMilliseconds !== undefined;
				const more = isDown ? [downMilliseconds / 1000] : [];
				words.set(address, { name, asked: asked + 1, seconds: [...seconds, ...more] });
			}
	}
	return words;
}

/** What the Sentinels that answer name as the primary of each master. */
export function addressesByMaster(tracks: ReadonlyMap<Address, NodeTrack>): Map<string, Set<Address>> {
	const named = new Map<string, Set<Address>>();
	for (const track of tracks.values()) {
		if (track.error || track.gone) continue;
		for (const master of track.sentinel?.masters ?? [])
			named.set(master.name, (named.get(master.name) ?? new Set()).add(master.address));
	}
	return named;
}

const stalePrimary: FleetRule = view =>
	view.fleet.mode === 'cluster'
		? staleOwners(view)
		: view.fleet.mode === 'sentinel'
			? unnamedPrimaries(view)
			: [];

/** Nodes that call themselves primary of slots which the majority gives to another. */
const staleOwners = (view: FleetView): ReturnType<FleetRule> =>
	(view.fleet.agreement?.staleOwners ?? []).map(({ node, owner }) => ({
		...staleness(view, node, nodeTimeoutOf(view.tracks.get(node))),
		node,
		text: `stale primary: its slots belong to ${owner}`,
	}));

/** Data nodes that say primary and that no Sentinel names; not during a failover, when the promoted one says it first. */
function unnamedPrimaries(view: FleetView): ReturnType<FleetRule> {
	const { fleet, tracks } = view;
	const named = new Set([...addressesByMaster(tracks).values()].flatMap(addresses => [...addresses]));
	if (named.size === 0 || isFailingOver(tracks)) return [];
	return fleet.nodes
		.filter(node => node.role === 'primary' && !node.isGone && !node.error && !named.has(node.address))
		.map(({ address }) => ({
			...staleness(view, address, undefined),
			node: address,
			text: 'stale primary: no Sentinel names it, its writes are lost',
		}));
}

function isFailingOver(tracks: ReadonlyMap<Address, NodeTrack>): boolean {
	return [...tracks.values()].some(track =>
		track.sentinel?.masters.some(master => master.flags.includes('failover_in_progress')),
	);
}

function staleness(view: FleetView, node: Address, timeout: number | undefined) {
	const since = view.since('stale-primary', node);
	const value = since === undefined ? 0 : (view.at - since) / 1000;
	const { warn, crit: usual } = view.limits['stale-primary'];
	const crit = timeout ?? usual;
	return { value, limits: { warn, crit }, severity: value >= crit ? ('crit' as const) : ('warn' as const) };
}

/** It is told never to take over: by replica-priority 0 no Sentinel promotes it, by a flag it stands for no election. */
function isBarred({ fleet, tracks }: FleetView, { address }: RedisNode): boolean {
	const track = tracks.get(address);
	return fleet.mode === 'sentinel'
		? track?.lastGood?.info?.replicaPriority === 0
		: myselfIn(track?.cluster?.peers ?? [])?.flags.includes('nofailover') === true;
}

const noReplica: FleetRule = view => {
	const { fleet, tracks, limits } = view;
	const byWord = withoutReplica(view);
	if (fleet.mode === 'standalone') return byWord;
	const known = new Set(byWord.map(({ node }) => node));
	const ofShards = fleet.shards.flatMap(shard => {
		const primary = rowAt(fleet, shard.primary);
		const isWatched = primary && !primary.isGone && !primary.error && primary.role === 'primary';
		if (!isWatched || (fleet.mode === 'cluster' && shard.slots.length === 0)) return [];
		// Where only some nodes are watched, the primary still says how many it has.
		const own = replicasOf(fleet, shard).filter(isThere);
		const barred = own.filter(node => isBarred(view, node)).length;
		const replicas = Math.max(listedReplicas(primary, tracks), own.length) - barred;
		const seen = measure(limits, 'no-replica', replicas, few => ({
			text: `${fewText(few)}${barredText(barred, fleet)}`,
		}));
		return seen?.severity && !known.has(primary.address) ? [{ ...seen, node: primary.address }] : [];
	});
	return [...byWord, ...ofShards];
};

const fewText = (few: number) => `${few === 0 ? 'no replica' : `only ${few}`} to take over`;

/** Primaries of a cluster whose slots are not told: one that holds keys has some. */
function withoutReplica({ fleet, tracks, limits }: FleetView): ReturnType<FleetRule> {
	return ownWords(fleet.nodes, tracks).flatMap(({ node }) => {
		if (node.role !== 'primary' || !node.keys) return [];
		const seen = measure(limits, 'no-replica', node.connectedReplicas, few => ({ text: fewText(few) }));
		return seen?.severity ? [{ ...seen, node: node.address }] : [];
	});
}

/** Those that could take over: a tool that reads the replication stream listens on no port. */
function listedReplicas(primary: RedisNode, tracks: ReadonlyMap<Address, NodeTrack>): number {
	const listed = tracks.get(primary.address)?.lastGood?.info?.replicas;
	return listed?.filter(replica => hasPlace(replica.address)).length ?? primary.connectedReplicas ?? 0;
}

const isThere = (node: RedisNode) => !node.isGone && hasPlace(node.address);

function barredText(barred: number, { mode }: Fleet): string {
	if (barred === 0) return '';
	const why = mode === 'sentinel' ? 'replica-priority 0' : 'cluster-replica-no-failover';
	return `: ${barred} ${barred === 1 ? 'has' : 'have'} ${why}`;
}

/** A Sentinel that does not answer is an expected node, too. */
const silentSentinels: FleetRule = ({ fleet, at }) =>
	(fleet.sentinel?.sentinels ?? []).flatMap(({ node, error, isSeenWell }) =>
		isSilentError(error) && !isSeenWell && !isLeftOut(error)
			? [{ node, severity: 'crit' as const, value: 1, text: troubleText(error, at) }]
			: [],
	);

const awaySentinels: FleetRule = ({ fleet }) =>
	(fleet.sentinel?.sentinels ?? []).flatMap(({ node, error, isSeenWell, isSeenIll }) => {
		if (!error || (isLeftOut(error) ? !isSeenIll : !isSeenWell)) return [];
		const text = isLeftOut(error) ? leftOutText(error, isSeenIll) : awayText(error);
		return [{ node, severity: 'warn' as const, value: 1, text }];
	});

/** A lie of one node, or a fleet that is larger than was thought: either way not all of it is watched. */
const unwatchedNodes: FleetRule = ({ fleet: { unwatched } }) => {
	if (!unwatched) return [];
	const { nodes, most, isTooFar } = unwatched;
	const more = `${nodes} more ${nodes === 1 ? 'node is' : 'nodes are'} named and not watched`;
	const text = isTooFar
		? `${more}: over ${most} steps from the seed`
		: `${more}: the ceiling is ${most} (maxNodes in the settings)`;
	return [{ severity: 'warn', value: nodes, text }];
};

export const fleetRules: readonly (readonly [id: FindingId, rule: FleetRule])[] = [
	['slots-uncovered', slotsUncovered],
	['two-owners', twoOwners],
	['failover-impossible', failoverImpossible],
	['quorum-lost', quorumLost],
	['sentinel-tilt', sentinelTilt],
	// Before what is worse of the same node.
	['views-differ', sentinelsClash],
	['views-differ', viewsDiffer],
	['views-differ', outOfCluster],
	['views-differ', cutFromBus],
	['stale-primary', stalePrimary],
	['two-primaries', twoPrimaries],
	['keys-lost', lostBefore],
	['no-replica', noReplica],
	['no-replica', aloneNow],
	['no-replica', waitForReplica],
	['unreachable', silentSentinels],
	['not-reached', awaySentinels],
	['not-reached', unwatchedNodes],
	['slot-open', slotOpen],
];
