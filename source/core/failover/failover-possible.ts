// Whether a failover of each primary is possible now, said before it is needed: is there a majority to vote, and a
// replica that would be voted for. The rules are the servers' own (clusterHandleSlaveFailover, sentinelSelectSlave); what
// a user is not allowed to read leaves the answer open instead of good. It promises nothing: a lag is not a refusal.

import { believedPeers, groupViews } from '../cluster/agreement.ts';
import { hostOf, isLoopback } from '../cluster/hosts.ts';
import { viewsNow } from '../findings/findings-fleet.ts';
import { isSilent, isSilentError, notFromHere, troubleText } from '../text/node-trouble.ts';
import { bytes, counted, duration } from '../text/quantity.ts';
import type { Limits } from '../thresholds.ts';
import type {
	Address,
	Fleet,
	NodeTrack,
	Peer,
	RedisNode,
	SentinelMaster,
	Severity,
	Shard,
} from '../types.ts';

export type FailoverOutlook = {
	readonly shard: number;
	readonly name?: string;
	readonly primary?: Address;
	/** Its primary is lost now: it is not "what if" any more. */
	readonly isDue: boolean;
	/** undefined: what would decide it is not known. */
	readonly possible: boolean | undefined;
	/** `crit`: what is lost, or would be, can be replaced by nobody as things stand; `warn`: it needs a look. */
	readonly severity?: Severity;
	/** Why not, or what is against it; of a possible one, what it would cost. Empty when all is well. */
	readonly reasons: readonly string[];
	/** The replica that would be promoted; several where what is known leaves it open, none where it is not possible. */
	readonly candidates: readonly Address[];
};

type Tracks = ReadonlyMap<Address, NodeTrack>;

/** One for each shard that serves something, in the order of the shards; none where nothing fails over by itself. */
export function failoverOutlook(fleet: Fleet, tracks: Tracks, limits: Limits, at: number): FailoverOutlook[] {
	if (fleet.mode === 'standalone') return [];
	const rows = new Map(fleet.nodes.map(row => [row.address, row]));
	const judge = fleet.mode === 'cluster' ? clusterJudge(fleet, tracks, limits, at) : sentinelJudge(tracks);
	const lost = new Set(fleet.nodes.filter(row => isSilent(row)).map(row => row.address));
	return fleet.shards
		.filter(shard => fleet.mode === 'sentinel' || shard.slots.length > 0)
		.map(shard => {
			const replicas = shard.replicas.flatMap(address => rows.get(address) ?? []);
			const isDue = shard.primary !== undefined && lost.has(shard.primary);
			const votes = judge.votes(shard, isDue);
			const looked = replicas.map(row => ({
				row,
				...lookAt(row, isDue, judge.refuses(row), tracks, at),
				priority: (fleet.mode === 'sentinel' && replicaPriorityOf(row, tracks)) || usualPriority,
			}));
			return outlookOf(shard, isDue, votes, looked);
		});
}

/** `undefined` in `can` is "not known". */
type Votes = {
	readonly can: boolean | undefined;
	readonly reasons: readonly string[];
	/** The votes are gone already, whatever fails next. */
	readonly isGone?: boolean;
};
type Looked = {
	readonly row: RedisNode;
	readonly can: boolean | undefined;
	readonly why?: string;
	readonly cost?: string;
	/** Sentinels go by replica-priority before they look at offsets: the lowest first. */
	readonly priority: number;
};
type Judge = {
	readonly votes: (shard: Shard, isDue: boolean) => Votes;
	/** Why this replica would not be chosen, by rules of its own kind of fleet. */
	readonly refuses: (
		row: RedisNode,
	) => { readonly can: boolean | undefined; readonly why: string } | undefined;
};

function outlookOf(shard: Shard, isDue: boolean, votes: Votes, looked: readonly Looked[]): FailoverOutlook {
	const fit = looked.filter(each => each.can === true);
	const unknown = looked.some(each => each.can === undefined);
	const hasReplica = fit.length > 0 ? true : unknown ? undefined : false;
	const heirs = heirsAmong(fit);
	const best = heirs[0];
	const isImpossible = votes.can === false || hasReplica === false;
	const possible = isImpossible ? false : votes.can && hasReplica ? true : undefined;
	const reasons = [
		...votes.reasons,
		...(looked.length === 0 ? ['no replica'] : []),
		...looked.flatMap(each => (each.why ? [`${each.row.address} ${each.why}`] : [])),
		...(best?.cost ? [`${best.row.address} ${best.cost}`] : []),
		...(possible === true ? sameHostReason(shard, fit) : []),
	];
	const isHopeless = possible === false && (isDue || votes.isGone === true);
	return {
		...{ shard: shard.number, name: shard.name, primary: shard.primary, isDue, possible, reasons },
		severity: isHopeless ? 'crit' : possible !== true || reasons.length > 0 ? 'warn' : undefined,
		candidates: possible === true ? heirs.map(({ row }) => row.address) : [],
	};
}

/** A host that dies takes all that stands on it. */
function sameHostReason({ primary }: Shard, fit: readonly Looked[]): readonly string[] {
	if (primary === undefined || isLoopback(primary)) return [];
	if (fit.some(({ row }) => hostOf(row.address) !== hostOf(primary))) return [];
	const who = fit.length === 1 ? `${fit[0]!.row.address} is` : 'all its replicas are';
	return [`${who} on the host of its primary: both may be lost together`];
}

/** Of the lowest priority those that have most: equal ones differ by a run id, or by chance. */
function heirsAmong(fit: readonly Looked[]): readonly Looked[] {
	const priority = Math.min(...fit.map(each => each.priority));
	const first = fit.filter(each => each.priority === priority);
	const isMeasured = first.every(({ row }) => row.replicationLagBytes !== undefined);
	const behind = ({ row }: Looked) => (isMeasured ? row.replicationLagBytes! : -(row.replicationOffset ?? 0));
	const least = Math.min(...first.map(behind));
	return first.filter(each => behind(each) === least);
}

const usualPriority = 100;
const replicaPriorityOf = (row: RedisNode, tracks: Tracks): number | undefined =>
	tracks.get(row.address)?.lastGood?.info?.replicaPriority;

/** What a replica tells of itself. */
function lookAt(
	row: RedisNode,
	isDue: boolean,
	refusal: { readonly can: boolean | undefined; readonly why: string } | undefined,
	tracks: Tracks,
	at: number,
): Pick<Looked, 'can' | 'why' | 'cost'> {
	const info = tracks.get(row.address)?.lastGood?.info;
	if (row.isGone) return { can: false, why: 'is no longer named by anybody' };
	if (row.isSeenWell) return { can: undefined, why: notFromHere };
	if (row.error && isSilentError(row.error))
		return { can: false, why: `gives ${troubleText(row.error, at)}` };
	if (isSilent(row) || row.health === 'loading') return { can: false, why: 'is loading its data set' };
	if (row.isSyncing) return { can: false, why: 'is in its first sync: its data are not complete' };
	if (refusal) return refusal;
	if (info?.isLinkUp === undefined) return { can: undefined, why: 'does not tell whether its link is up' };
	const cost = costOf(row, isDue);
	return cost ? { can: true, cost } : { can: true };
}

/** Of a primary that is lost every replica has lost its link, and nothing more is written. */
function costOf(row: RedisNode, isDue: boolean): string | undefined {
	const behind = row.replicationLagBytes;
	if (!behind)
		return row.isLinkUp === false && !isDue
			? 'has lost its link: what is written now would be lost'
			: undefined;
	const seconds = row.replicationLagSeconds ? `, about ${duration(row.replicationLagSeconds)}` : '';
	return `is ${bytes(behind)} behind${seconds}: that much would be lost`;
}

// ---------------------------------------------------------------------------------------------------------
// Cluster

function clusterJudge(fleet: Fleet, tracks: Tracks, limits: Limits, at: number): Judge {
	const peers = new Map(believedPeers(groupViews(viewsNow(tracks, at))).map(peer => [peer.address, peer]));
	return {
		votes: (_, isDue) => clusterVotes(fleet, isDue),
		refuses: row => refusedByCluster(row, peers.get(row.address), tracks, limits),
	};
}

/** The primary that fails has no vote: those that are left must be a majority of all. */
function clusterVotes({ agreement }: Fleet, isDue: boolean): Votes {
	if (!agreement || agreement.viewsAsked === 0 || agreement.primaries === 0)
		return { can: undefined, reasons: ['no node tells its view of the cluster (+cluster|nodes)'] };
	const { primaries, primariesReachable } = agreement;
	const needed = Math.floor(primaries / 2) + 1;
	const left = Math.max(0, isDue ? primariesReachable : primariesReachable - 1);
	if (left >= needed) return { can: true, reasons: [] };
	if (primaries < 3) {
		const who = primaries === 1 ? 'a single primary has' : '2 primaries have';
		const text = `${who} no majority when one is lost: at least 3 are needed`;
		return { can: false, reasons: [text], isGone: primariesReachable < needed };
	}
	if (isDue || primariesReachable < needed) {
		const text = `no majority: ${primariesReachable} of ${primaries} primaries can vote, ${needed} are needed`;
		return { can: false, reasons: [text], isGone: true };
	}
	// What is lost already can be replaced: it is the next one that could not be.
	const text = `a second failure leaves ${left} of ${primaries} voters, ${needed} needed`;
	return { can: false, reasons: [text] };
}

/** A replica whose data are older than the node timeout times the validity factor does not stand for election. */
function refusedByCluster(
	row: RedisNode,
	peer: Peer | undefined,
	tracks: Tracks,
	limits: Limits,
): { readonly can: boolean | undefined; readonly why: string } | undefined {
	if (peer?.flags.includes('nofailover')) return { can: false, why: 'has cluster-replica-no-failover set' };
	if (peer?.isFail) return { can: false, why: 'is called failed by a majority' };
	if (row.isLinkUp !== false) return undefined;
	const age = row.linkDownSeconds;
	if (age === undefined)
		return { can: undefined, why: 'has lost its link to the primary, and since when is not known' };
	const { dataAgeTimeouts, nodeTimeoutSeconds } = limits['failover-impossible'].extra;
	const told = Number(tracks.get(row.address)?.config?.['cluster-node-timeout']) / 1000;
	const oldest = (told > 0 ? told : nodeTimeoutSeconds) * dataAgeTimeouts;
	if (age <= oldest) return undefined;
	const how = told > 0 ? '' : ' by the default node timeout';
	const why = `has lost its link for ${duration(age)}: data older than ${duration(oldest)} are not voted for${how}`;
	return { can: false, why };
}

// ---------------------------------------------------------------------------------------------------------
// Sentinel

function sentinelJudge(tracks: Tracks): Judge {
	const sentinels = [...tracks.values()].filter(track => track.kind === 'sentinel' && !track.gone);
	return {
		votes: shard => sentinelVotes(sentinels, shard),
		refuses: row => {
			if (replicaPriorityOf(row, tracks) === 0)
				return { can: false, why: 'has replica-priority 0: it is never promoted' };
			return row.isLinkUp === false ? refusedByLink(row, sentinels) : undefined;
		},
	};
}

/** Sentinels pass over a replica that was cut off for longer than ten times down-after, and the time of the outage. */
function refusedByLink(
	row: RedisNode,
	sentinels: readonly NodeTrack[],
): { readonly can: boolean | undefined; readonly why: string } | undefined {
	const downAfter = mastersNamed(sentinels, row.group)[0]?.downAfterMilliseconds;
	const age = row.linkDownSeconds;
	if (downAfter === undefined || age === undefined)
		return { can: undefined, why: 'has lost its link to the primary, and since when is not known' };
	const oldest = (downAfter / 1000) * 10;
	if (age <= oldest) return undefined;
	return {
		can: false,
		why: `has lost its link for ${duration(age)}: Sentinels take none over ${duration(oldest)}`,
	};
}

const mastersNamed = (sentinels: readonly NodeTrack[], name: string | undefined): SentinelMaster[] =>
	sentinels.flatMap(
		track => (track.error ? [] : track.sentinel?.masters.filter(master => master.name === name)) ?? [],
	);

/** They watch it and act on nothing. */
const tiltedAmong = (sentinels: readonly NodeTrack[], name: string | undefined): number =>
	sentinels.filter(
		({ error, sentinel, lastGood }) =>
			!error && lastGood?.info?.isInTilt && sentinel?.masters.some(master => master.name === name),
	).length;

/** The quorum makes a primary odown; to act on it takes the majority of all Sentinels ever known, dead ones included. */
function sentinelVotes(sentinels: readonly NodeTrack[], shard: Shard): Votes {
	const masters = mastersNamed(sentinels, shard.name);
	if (masters.length === 0) return { can: undefined, reasons: ['no Sentinel that watches it answers'] };
	const known = Math.max(sentinels.length, ...masters.map(master => (master.otherSentinels ?? 0) + 1));
	const quorum = Math.max(0, ...masters.map(master => master.quorum ?? 0));
	const majority = Math.floor(known / 2) + 1;
	const asked = masters.filter(master => master.isQuorumReachable !== undefined);
	// One that only we do not reach votes all the same.
	const reached = masters.length + sentinels.filter(track => track.error && track.isSeenWell).length;
	const tilted = tiltedAmong(sentinels, shard.name);
	const answering = reached - tilted;
	const reasons: string[] = [];
	if (tilted > 0 && answering < Math.max(quorum, majority))
		reasons.push(`${tilted} of ${known} Sentinels in TILT: they call nothing down and vote for nobody`);
	if (tilted === 0 && answering < quorum)
		reasons.push(`quorum lost: ${answering} of ${known} Sentinels answer, the quorum is ${quorum}`);
	if (tilted === 0 && answering < majority)
		reasons.push(`majority lost: ${answering} of ${known} Sentinels answer, ${majority} must agree to act`);
	if (reasons.length === 0 && asked.length > 0 && asked.every(master => master.isQuorumReachable === false))
		reasons.push(
			asked[0]!.quorumText
				? quorumWords(asked[0]!.quorumText)
				: 'Sentinels say that no quorum can be reached',
		);
	if (reasons.length > 0) return { can: false, reasons, isGone: true };
	const tilts = tilted > 0 ? [`${tilted} of ${known} Sentinels in TILT`] : [];
	return { can: true, reasons: [...tilts, ...warningsOf(known, quorum, majority, answering)] };
}

/** Of CKQUORUM's long line the first sentence. */
const quorumWords = (text: string) => `Sentinels say: ${text.split('. ')[0]!.replace(/\.$/, '')}`;

/** What works now and will not when one more is lost. */
function warningsOf(known: number, quorum: number, majority: number, answering: number): string[] {
	const warnings: string[] = [];
	if (known < 3) warnings.push(`${counted(known, 'Sentinel')}: none may be lost, at least 3 are needed`);
	else if (answering - 1 < Math.max(quorum, majority))
		warnings.push(
			`no Sentinel more may be lost: ${answering} of ${known} answer, ${Math.max(quorum, majority)} are needed`,
		);
	if (quorum > known) warnings.push(`the quorum of ${quorum} is more than there are Sentinels`);
	return warnings;
}
