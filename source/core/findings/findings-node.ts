// The rules on one node. First those that a reading of INFO decides (`readingRules`), then those that go on while a
// node is silent (`presenceRules`), judged every round. Each looks at one id of the table in thresholds.ts and gives
// nothing where a figure is missing. No rule here knows of another node, but for the backlog of a replica's primary.

import { lookupsWithin } from '../fleet/rates.ts';
import { pingOfTrack } from '../fleet/track.ts';
import { countedBytes, fragmentedBytesOf, memoryShareOf } from '../node/memory.ts';
import { dataBytesOf } from '../node/memory-kinds.ts';
import { hasPrimary } from '../node/replication-state.ts';
import {
	awayText,
	isLeftOut,
	isSilent,
	isSilentError,
	leftOutText,
	servesNobody,
	servesNobodyText,
	troubleText,
} from '../text/node-trouble.ts';
import { bytes, count, duration, percent } from '../text/quantity.ts';
import type { FindingId, Limits } from '../thresholds.ts';
import type { Address, ErrorReason, Info, NodeTrack, Rates, Severity } from '../types.ts';
import { circleOf, circleText, isSaidSince } from './circles.ts';
import { buffersOf, type EvictionVerdict, evictableKeys, judgeEviction, riseOfEviction } from './eviction.ts';
import { cameBackEmpty, keysLost } from './findings-data.ts';
import { isHandingOver, type NodeMemory } from './findings-memory.ts';
import { infoOf, measure, type NodeRule, type NodeView, type Observation } from './findings-rule.ts';
import { saveRules } from './findings-save.ts';
import { clientsDropped, connectionsChurn, paused, pausedWhole, replicaEvicts } from './findings-signs.ts';
import { fsyncRules } from './findings-stall.ts';
import { isServing } from './unmeasured.ts';

type Rules = { readonly [Id in FindingId]?: NodeRule };

const isCache = (info: Info) => info.maxmemoryPolicy?.startsWith('allkeys-') ?? false;

const memoryHigh: NodeRule = ({ track, limits }) => {
	const info = track.lastGood?.info;
	if (!info) return undefined;
	const isUnlimited =
		info.maxmemoryBytes === 0 || (info.maxmemoryBytes ?? 0) > (info.systemMemoryBytes ?? Infinity);
	if (isUnlimited) return hostMemoryHigh(info, limits);
	// A full allkeys-* cache does its work; what may be wrong there the eviction verdict says.
	if (isCache(info)) return undefined;
	const seen = measure(limits, 'memory-high', memoryShareOf(info), share => ({
		text: `memory ${percent(share)} of maxmemory`,
		told: severity => `memory over ${percent(limits['memory-high'][severity])} of maxmemory`,
		calm: `${percent(share)} of maxmemory`,
	}));
	// A replica ignores maxmemory by default: it refuses nothing, so its primary's row is the critical one.
	return seen?.severity === 'crit' && info.role === 'replica' ? { ...seen, severity: 'warn' } : seen;
};

/** Nothing stops it before the host has none left, and then the kernel ends it. In a container the host's is the larger. */
function hostMemoryHigh(info: Info, limits: Limits): Observation | undefined {
	const { rssBytes: rss, systemMemoryBytes: host, maxmemoryBytes: most } = info;
	if (rss === undefined || !host) return undefined;
	const why = most ? `maxmemory ${bytes(most)} is more` : 'no maxmemory';
	return measure(limits, 'memory-high', rss / host, share => ({
		text: `rss ${percent(share)} of the host's ${bytes(host)}, ${why}`,
		told: severity => `rss over ${percent(limits['memory-high'][severity])} of the host's memory, ${why}`,
		calm: `rss ${percent(share)} of the host's memory`,
	}));
}

/** `cache full: 76% of maxmemory, policy allkeys-lru`, or undefined: normal, so it is said once and never coloured. */
export function cacheFullText({ track, limits }: Pick<NodeView, 'track' | 'limits'>): string | undefined {
	const info = track.lastGood?.info;
	const share = info && isCache(info) ? memoryShareOf(info) : undefined;
	if (share === undefined || share < limits['memory-high'].warn) return undefined;
	return `cache full: ${percent(share)} of maxmemory, policy ${info?.maxmemoryPolicy}`;
}

const overLimit: NodeRule = ({ track, limits }) => {
	const info = track.lastGood?.info;
	if (!info || ignoresMaxmemory(track) || !hasNothingToEvict(info)) return undefined;
	return measure(limits, 'over-limit', memoryShareOf(info), share => ({
		text: `memory ${percent(share)} of maxmemory, nothing left to evict${heldBy(info)}`,
		calm: `${percent(share)} of maxmemory`,
	}));
};

const ignoresMaxmemory = ({ lastGood, config }: NodeTrack) =>
	lastGood?.info?.role === 'replica' && config?.['replica-ignore-maxmemory'] !== 'no';

/** Not one key that the policy may take, or all of them together are less than what is over. */
function hasNothingToEvict(info: Info): boolean {
	if (info.maxmemoryPolicy === 'noeviction') return true;
	const space = evictableKeys(info);
	if (!space || info.maxmemoryPolicy === undefined) return false;
	const over = countedBytes(info) - (info.maxmemoryBytes ?? 0);
	const held = (dataBytesOf(info) * space.evictable) / Math.max(1, space.keys);
	return space.evictable === 0 || (info.datasetBytes !== undefined && over > held);
}

/** `: client buffers 180M`, where what is no data holds most of the limit. */
function heldBy(info: Info): string {
	const [largest] = buffersOf(info);
	return largest && largest.bytes >= (info.maxmemoryBytes ?? 0) / 2
		? `: ${largest.name} ${bytes(largest.bytes)}`
		: '';
}

const evicting: NodeRule = ({ track, limits, at }) => {
	const judged = judgeEviction(track, limits, at);
	if (judged.verdict === 'none') return undefined;
	const isFalling = judged.hitRateFall !== undefined && judged.hitRateFall >= limits.evicting.warn;
	const speed =
		judged.evictedPerSecond > 0 ? `evicting ${count(judged.evictedPerSecond)}/s` : 'nothing to evict';
	const policy = infoOf({ track }).maxmemoryPolicy;
	return {
		severity: judged.verdict === 'bug' ? 'crit' : isFalling ? 'warn' : undefined,
		...evictionMeasure(judged, isFalling, limits.evicting.warn),
		text:
			judged.verdict === 'bug' ? `${speed}: ${judged.reason}` : `${speed}, ${fallWords(judged, isFalling)}`,
		told: severity => tellEviction(judged, severity, track, policy, at),
		calm: speed,
		...(judged.evictedPerSecond > 0 && { over: overWords(judged) }),
	};
};

/** A falling hit rate is held against its limit; that eviction is a bug is no comparison of one number with another. */
const evictionMeasure = (judged: EvictionVerdict, isFalling: boolean, warn: number) =>
	isFalling && judged.verdict !== 'bug'
		? { value: judged.hitRateFall, limits: { warn } }
		: { value: judged.evictedPerSecond, limits: {}, unit: 'per second' as const };

const fallWords = ({ hitRateFall = 0, reason }: EvictionVerdict, isFalling: boolean) =>
	isFalling ? `hit rate down ${Math.round(hitRateFall * 100)} points` : reason;

/** Evictions go on: what is over is that they do harm. */
const overWords = ({ evictedPerSecond, hitRateFall }: EvictionVerdict) =>
	`still evicting ${count(evictedPerSecond)}/s, ${
		hitRateFall === undefined ? 'too few lookups to tell whether it does harm' : 'hit rate not falling now'
	}`;

function tellEviction(
	judged: EvictionVerdict,
	severity: 'warn' | 'crit',
	track: NodeTrack,
	policy: string | undefined,
	at: number,
): string {
	const now = judged.evictedPerSecond;
	const rise = riseOfEviction(track.intervals, at);
	const hasRisen = rise !== undefined && now > 0 && rise.from < now / 2;
	const course = hasRisen
		? `${count(rise.from)}/s to ${count(now)}/s in ${duration(rise.seconds)}`
		: `${count(now)}/s`;
	if (severity === 'crit') return now > 0 ? `evicting: ${course}, ${judged.reason}` : judged.reason;
	return `evicting: ${course}${policy ? `, policy ${policy}` : ''}`;
}

/** How many happened since the reading that was judged before, from a rate: whole, for 1 / 1.003 s must still be one. */
const countOf = (rates: Rates | undefined, rate: number | undefined) =>
	rate === undefined ? undefined : Math.round(rate * (rates?.seconds ?? 0));

/** `5 in 1s`: what was counted, not a rate that nobody compares. */
const inInterval = (rates: Rates | undefined, rate: number | undefined) =>
	`${count(countOf(rates, rate) ?? 0)} in ${duration(rates?.seconds ?? 0)}`;

const oomErrors: NodeRule = ({ track, memory: { since }, limits }) => {
	if (since?.oomErrors === undefined) return likelyOomErrors(track, since, limits);
	return measure(limits, 'oom-errors', countOf(since, since.oomErrors), () => ({
		text: `writes refused, out of memory: ${inInterval(since, since.oomErrors)}`,
	}));
};

/**
 * Where the server has stopped to count errors by code: it is over its limit, finds nothing to evict, and answers more
 * errors. That they are of memory is then likely and not certain, and said so.
 */
function likelyOomErrors(
	track: NodeTrack,
	since: Rates | undefined,
	limits: NodeView['limits'],
): ReturnType<NodeRule> {
	const info = track.lastGood?.info;
	const isFull = info !== undefined && (memoryShareOf(info) ?? 0) >= 1 && (since?.evicted ?? 0) === 0;
	if (info?.errorsStopped === undefined || info.role === 'replica' || !isFull) return undefined;
	const errors = since?.errors;
	return measure(limits, 'oom-errors', countOf(since, errors), () => ({
		text: `full, ${count(errors ?? 0)} errors/s: writes refused? the server has stopped to count errors by code`,
	}));
}

const clientsRejected: NodeRule = ({ memory: { since }, limits }) =>
	measure(limits, 'clients-rejected', countOf(since, since?.rejected), () => ({
		text: `clients rejected at maxclients: ${inInterval(since, since?.rejected)}`,
	}));

const hitRateLow: NodeRule = ({ track, limits, at }) => {
	const { windowSeconds, lookups, uptimeSeconds } = limits['hit-rate-low'].extra;
	const window = lookupsWithin(track.intervals, at, windowSeconds);
	const uptime = track.lastGood?.info?.uptimeSeconds ?? 0;
	if (uptime < uptimeSeconds) return undefined;
	const words = (rate: number) => ({
		text: `hit rate ${percent(rate)}, ${missedBecause({ track, limits, at })}`,
		calm: percent(rate),
	});
	const seen = measure(limits, 'hit-rate-low', window.hits / window.lookups, words);
	if (window.lookups >= lookups) return seen;
	// Too few lookups to judge, and soon enough: at this speed within half of the window.
	const watched = track.intervals.reduce((sum, { seconds }) => sum + seconds, 0);
	const isSoon = (window.lookups / watched) * (windowSeconds / 2) >= lookups;
	return seen?.severity && isSoon ? { text: seen.text, isPending: true } : undefined;
};

/** More memory helps only where misses follow evictions. */
function missedBecause({ track, limits, at }: Pick<NodeView, 'track' | 'limits' | 'at'>): string {
	const { windowSeconds, causeShare } = limits['hit-rate-low'].extra;
	const window = track.intervals.filter(interval => at - interval.at < windowSeconds * 1000 - 1);
	const sum = (name: 'misses' | 'evicted' | 'expired') =>
		window.reduce((total, interval) => total + interval[name], 0);
	if (sum('evicted') >= sum('misses') * causeShare) return 'keys were evicted';
	return sum('expired') >= sum('misses') * causeShare ? 'keys had expired' : 'keys were never there';
}

const fragmented: NodeRule = ({ track, limits }) => {
	const info = track.lastGood?.info ?? {};
	const used = info.usedMemoryBytes;
	if (!used) return undefined;
	const { warnShare, critShare } = limits.fragmented.extra;
	const seen = measure(limits, 'fragmented', fragmentedBytesOf(info), wasted => ({
		text: `fragmented ${bytes(wasted)}, ${percent(wasted / used)} of used`,
		calm: bytes(wasted),
	}));
	const share = (seen?.value ?? 0) / used;
	const allowed = share >= critShare ? 'crit' : share >= warnShare ? 'warn' : undefined;
	return (
		seen && { ...seen, severity: allowed === 'warn' && seen.severity ? 'warn' : allowed && seen.severity }
	);
};

const swapped: NodeRule = ({ track, limits }) => {
	const { usedMemoryBytes: used, rssBytes: rss } = track.lastGood?.info ?? {};
	if (used === undefined || rss === undefined || used <= limits.swapped.extra.usedBytes) return undefined;
	return measure(limits, 'swapped', rss / used, () => ({
		text: `rss ${bytes(rss)} under used ${bytes(used)}: swapped?`,
		calm: `rss ${bytes(rss)}, used ${bytes(used)}`,
	}));
};

const clientsHigh: NodeRule = ({ track, limits }) => {
	const info = track.lastGood?.info ?? {};
	// Before 7.0 INFO does not tell it, CONFIG does; 0 or no number is not measured.
	const most = info.maxClients ?? (Number(track.config?.maxclients) || undefined);
	if (info.connectedClients === undefined || !most) return undefined;
	const all = info.connectedClients + (info.connectedReplicas ?? 0) + (info.clusterConnections ?? 0);
	return measure(limits, 'clients-high', all / most, share => ({
		text: `clients ${count(all)}, ${percent(share)} of maxclients`,
		told: severity => `clients over ${percent(limits['clients-high'][severity])} of maxclients`,
		calm: `${percent(share)} of maxclients`,
	}));
};

const outputBuffers: NodeRule = ({ track, limits }) => {
	const { clientsNormalBytes: held, maxmemoryBytes: most } = track.lastGood?.info ?? {};
	if (held === undefined || most === undefined) return undefined;
	const text = `${bufferWords(track.lastGood!.info!)} ${bytes(held)}`;
	if (most > 0)
		return measure(limits, 'output-buffers', held / most, share => ({
			text: `${text}, ${percent(share)} of maxmemory`,
			calm: `${percent(share)} of maxmemory`,
		}));
	const { bytes: warn, critBytes: crit } = limits['output-buffers'].extra;
	const severity = held >= crit ? 'crit' : held >= warn ? 'warn' : undefined;
	return { severity, value: held, limits: { warn, crit }, unit: 'bytes', text, calm: bytes(held) };
};

/** By the largest of each that the server has seen lately: which of the two fills up. */
function bufferWords({ largestInputBytes: input = 0, largestOutputBytes: output = 0 }: Info): string {
	return input >= megabyte && input > output ? 'query buffers of clients' : 'client buffers';
}

const megabyte = 1024 * 1024;

const lagHigh: NodeRule = ({ node, fleet, tracks, limits }) => {
	if (node.role !== 'replica' || node.isLinkUp === false || node.replicationLagBytes === undefined)
		return undefined;
	const primary = fleet.nodes.find(candidate => candidate.address === node.primary);
	const backlog = primary?.backlogBytes ?? tracks.get(node.primary ?? '')?.lastGood?.info?.backlogBytes;
	if (!backlog) return undefined;
	const lag = node.replicationLagBytes;
	return measure(limits, 'lag-high', lag / backlog, share => ({
		text: `lag ${bytes(lag)}, ${percent(share)} of the backlog`,
		calm: `${percent(share)} of the backlog`,
	}));
};

const forkSlow: NodeRule = ({ memory, limits, at }) => {
	const fork = memory.fork;
	if (!fork || at - fork.at >= limits['fork-slow'].extra.shownSeconds * 1000) return undefined;
	return measure(limits, 'fork-slow', fork.seconds, seconds => ({ text: `fork took ${duration(seconds)}` }));
};

const cpuHigh: NodeRule = ({ track, limits }) =>
	// Of all threads together it says nothing of the one that runs the commands.
	measure(
		limits,
		'cpu-high',
		track.rates?.cpuOf === 'process' ? undefined : track.rates?.cpuPercent,
		used => ({
			text: `main thread ${percent(used / 100)} busy`,
			calm: percent(used / 100),
		}),
	);

const pingHigh: NodeRule = ({ track, limits }) => {
	const ping = pingOfTrack(track);
	const { warn, crit, extra } = limits['ping-high'];
	if (ping === undefined) return undefined;
	const usual = medianOf(track.pings);
	const text = `ping ${duration(ping / 1000)}, usually ${duration(usual / 1000)}`;
	// What is usual is not known yet; a ping under the limit is not over it against any.
	if (track.pings.length < extra.readings)
		return ping >= warn ? { text, isPending: true, atWorst: ping >= crit ? 'crit' : 'warn' } : undefined;
	// A node that is far answers late and is well: its best answers tell how far it is, whatever it does meanwhile.
	const far = (track.lastGood?.tripMilliseconds ?? 0) * extra.trips;
	const judgedBy = { warn: usual + warn, crit: Math.max(crit, far) };
	const severity = ping >= judgedBy.crit ? 'crit' : ping >= judgedBy.warn ? 'warn' : undefined;
	return { severity, value: ping, limits: judgedBy, text, calm: duration(ping / 1000) };
};

function medianOf(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const resyncLoop: NodeRule = view => {
	const { track, memory, limits, at } = view;
	const info = track.lastGood?.info;
	const { notOnlineSeconds, windowSeconds } = limits['resync-loop'].extra;
	const waiting = [...memory.notOnline].find(([, since]) => at - since >= notOnlineSeconds * 1000);
	if (waiting) {
		const seconds = (at - waiting[1]) / 1000;
		const text = `replica ${waiting[0]} not online for ${duration(seconds)}`;
		const limit = { limits: { warn: notOnlineSeconds }, unit: 'seconds' as const };
		return { severity: 'warn', value: seconds, ...limit, text };
	}
	const syncs = memory.fullSyncsAt.length;
	// Each replica may have needed one; between two tries of a loop it is not listed at all.
	const allowed = Math.max(1, info?.replicas?.length ?? info?.connectedReplicas ?? 0);
	const warn = allowed + limits['resync-loop'].warn;
	if (syncs < warn && isUnfinished(view))
		return { value: syncs, limits: { warn }, text: 'a full sync has not come to its end', isPending: true };
	if (syncs < warn) return brokenLinks(memory, allowed, limits);
	return {
		severity: 'warn',
		value: syncs,
		limits: { warn },
		text: `${count(syncs)} full syncs in ${duration(windowSeconds)}: resync loop`,
	};
};

/** One was begun a moment ago: whether it begins again, also after the replica was online, the next seconds tell. */
function isUnfinished({ memory, limits, at }: NodeView): boolean {
	const { unfinishedSeconds } = limits['resync-loop'].extra;
	const begun = [...memory.fullSyncsAt, ...memory.notOnline.values()];
	return begun.some(since => at - since < unfinishedSeconds * 1000);
}

/** A link that breaks again and again; a failover breaks that of each replica once. */
function brokenLinks({ partialSyncsAt = [] }: NodeMemory, allowed: number, limits: Limits): Observation {
	const { partials, partialSeconds } = limits['resync-loop'].extra;
	const warn = allowed + partials - 1;
	const breaks = partialSyncsAt.length;
	const text = `links to replicas broke ${count(breaks)} times in ${duration(partialSeconds)}`;
	if (breaks >= warn) return { severity: 'warn', value: breaks, limits: { warn }, text };
	return { value: breaks, limits: { warn }, text, isPending: breaks > allowed };
}

const volatileWithoutTtl: NodeRule = view => {
	const info = infoOf(view);
	if (!info.maxmemoryPolicy?.startsWith('volatile-') || !info.maxmemoryBytes) return undefined;
	const space = evictableKeys(info);
	if (!space || space.keys < view.limits['volatile-without-ttl'].extra.keys) return undefined;
	return measure(view.limits, 'volatile-without-ttl', space.withTtl / space.keys, share => ({
		text: `${percent(share)} of keys have a TTL, policy ${info.maxmemoryPolicy}`,
		calm: `${percent(share)} of keys have a TTL`,
	}));
};

/** Judged at each fresh INFO of the node, dropped while it is not measured. */
export const readingRules: Rules = {
	'memory-high': memoryHigh,
	'over-limit': overLimit,
	evicting,
	'oom-errors': oomErrors,
	'hit-rate-low': hitRateLow,
	fragmented,
	swapped,
	'clients-high': clientsHigh,
	'clients-rejected': clientsRejected,
	'output-buffers': outputBuffers,
	'lag-high': lagHigh,
	...saveRules,
	'fork-slow': forkSlow,
	'cpu-high': cpuHigh,
	'ping-high': pingHigh,
	'resync-loop': resyncLoop,
	'volatile-without-ttl': volatileWithoutTtl,
	...fsyncRules,
	paused,
	'clients-dropped': clientsDropped,
	'connections-churn': connectionsChurn,
	'replica-evicts': replicaEvicts,
};

const unreachable: NodeRule = view => {
	const { node, at } = view;
	if (!node.isGone && servesNobody(node)) return { severity: 'crit', value: 1, text: servesNobodyText };
	if (!isSilent(node) || !node.error) return undefined;
	const severity = node.error.reason === 'no-address' ? withoutAddress(view) : 'crit';
	return severity && { severity, value: 1, text: troubleText(node.error, at) };
};

/**
 * A primary that Sentinels watch, slots and copies of them are missed. What is on its primary's list without a port reads
 * the replication stream (redis-cli --rdb) and is no node that could be down; on a Sentinel's list it stays as a ghost.
 */
function withoutAddress({ node, track, fleet }: NodeView): Severity | undefined {
	if (track.origin === 'replication') return undefined;
	if (fleet.mode === 'cluster') return node.slots.length > 0 || node.role === 'replica' ? 'crit' : 'warn';
	return node.address.endsWith(':0') ? 'warn' : 'crit';
}

const notReached: NodeRule = ({ node, fleet }) => {
	const { error, isGone, isSeenWell, isSeenIll } = node;
	if (!error || isGone) return undefined;
	if (!isLeftOut(error))
		return isSeenWell && !error.isAccepted
			? { severity: 'warn', value: 1, text: awayText(error) }
			: undefined;
	return isSeenIll || isServing(node, fleet.mode)
		? { severity: 'warn', value: 1, text: leftOutText(error, isSeenIll) }
		: undefined;
};

const loading: NodeRule = ({ node, track }) => {
	if (node.isGone || node.health !== 'loading') return undefined;
	const { loadingPercent: done, loadingEtaSeconds: left } = track.lastGood?.info ?? {};
	const progress = done === undefined ? '' : ` ${percent(done / 100)}`;
	return { severity: 'warn', value: 1, text: `loading${progress}${left ? `, ${duration(left)} to go` : ''}` };
};

const blockedByScript: NodeRule = ({ node: { isGone, error } }) =>
	!isGone && error?.reason === 'busy'
		? {
				...{ severity: 'crit', value: 1 },
				text: error.isFunction
					? 'blocked by a function, FUNCTION KILL ends one that has written nothing'
					: 'blocked by a script, SCRIPT KILL would end it',
			}
		: undefined;

const replicationLink: NodeRule = view => {
	const { node, track, memory, limits, at } = view;
	if (node.isGone || node.health === 'loading') return undefined;
	if (node.error?.reason === 'masterdown')
		return { severity: 'crit', text: 'link to its primary is down, reads refused' };
	const info = track.lastGood?.info;
	if (node.error || !info) return undefined;
	// It has stepped down and waits for its replica to take over: that is told as what it is.
	if (isHandingOver(info.failoverState)) return undefined;
	if (!hasPrimary(info)) return unheardReplica(view, info);
	const inCircle = replicatesInCircle(view, info);
	if (inCircle) return inCircle;
	if (isNeverUp(view, info)) {
		const why = whyNever(view);
		// The counters that tell it have to be read twice.
		const isPending = why === '' && watchedDown(view) < limits['replication-link'].crit;
		return { severity: 'crit', text: `link to its primary never came up${why}`, isPending };
	}
	const silent = silentLink(view, info);
	if (silent) return silent;
	const seen = measure(limits, 'replication-link', downSeconds(info, memory.linkDownSince, at), seconds => ({
		text: linkText(info, seconds),
		calm: 'link is up',
	}));
	return seen && { ...seen, isPending: info.isLinkUp === false && !seen.severity };
};

/** Roles swap one after the other, and are read one after the other: it is a circle when it stays. */
function replicatesInCircle(view: NodeView, { isLinkUp }: Info): Observation | undefined {
	const { node, fleet, tracks, memory, limits, at } = view;
	const { circleSince } = memory;
	const circle = circleSince === undefined ? undefined : circleOf(node, fleet);
	if (!circle) return undefined;
	const text = `no primary, writes are refused: ${circleText(circle)}`;
	// Of a link that is down more is known.
	if (!isSaidSince(circle, circleSince!, tracks)) return isLinkUp ? { isPending: true, text } : undefined;
	const seen = measure(limits, 'replication-link', (at - circleSince!) / 1000, () => ({ text }));
	return seen && { ...seen, isPending: !seen.severity };
}

/** Of the others the figure is one of bytes or records, or of nobody knows what. */
const tellsSeconds: ReadonlySet<string> = new Set(['redis', 'valkey', 'redict', 'keydb']);

/** A replica that we do not ask ourselves (not discovered, not allowed): it tells its primary every second that it is there. */
function unheardReplica({ node, limits, tracks }: NodeView, { replicas = [] }: Info): ReturnType<NodeRule> {
	if (!tellsSeconds.has(node.server ?? 'redis')) return undefined;
	const silent = replicas
		.filter(
			({ address, state, lagSeconds }) =>
				state === 'online' && lagSeconds !== undefined && !isAsked(tracks, address),
		)
		.sort((a, b) => b.lagSeconds! - a.lagSeconds!);
	const [worst] = silent;
	return measure(limits, 'replication-link', worst?.lagSeconds ?? 0, seconds => ({
		text: `its replica ${worst?.address} has been silent for ${duration(seconds)}`,
		calm: 'its replicas are heard',
	}));
}

const isAsked = (tracks: NodeView['tracks'], address: Address): boolean => {
	const track = tracks.get(address);
	return track !== undefined && !track.gone && track.error?.reason !== 'not-allowed';
};

/** By the server's word or our own watching, whichever is longer: it says nothing of a link that never was up. */
function downSeconds(info: Info, since: number | undefined, at: number): number {
	if (info.isLinkUp !== false) return 0;
	return Math.max(info.linkDownSeconds ?? 0, since === undefined ? 0 : (at - since) / 1000);
}

/**
 * The server says -1, and has had its time: it runs for longer, nothing we saw says that it was asked to follow just
 * now, and its primary does not have it in the list of those that wait for a sync.
 */
function isNeverUp(view: NodeView, info: Info): boolean {
	const { node, memory, tracks, limits } = view;
	if (info.isLinkUp !== false || info.linkDownSeconds !== undefined || info.isSyncing) return false;
	if (memory.wasLinked) return false;
	const lines = tracks.get(node.primary ?? '')?.lastGood?.info?.replicas ?? [];
	if (lines.some(({ address }) => address === node.address)) return false;
	const { crit } = limits['replication-link'];
	return watchedDown(view) >= crit || (info.uptimeSeconds ?? crit) >= crit;
}

/**
 * Up in both their eyes, and nothing goes over it: a route that is lost without a word, until repl-timeout (60 s and more).
 * A primary sends at least its pings, a replica says once a second how far it is.
 */
function silentLink(view: NodeView, info: Info): Observation | undefined {
	const { node, track, tracks, limits } = view;
	const { lastIoSeconds: heard = 0, isLinkUp } = info;
	if (isLinkUp !== true || !tellsSeconds.has(node.server ?? 'redis')) return undefined;
	const { silentSeconds, bothSeconds, pings } = limits['replication-link'].extra;
	const primary = tracks.get(node.primary ?? info.primary ?? '');
	const line = primary?.error ? undefined : lineOf(primary, node.address);
	const isUnheard = line?.state === 'online' && (line.lagSeconds ?? 0) >= bothSeconds;
	const period = Number((primary?.config ?? track.config)?.['repl-ping-replica-period']) || 0;
	const crit = isUnheard ? bothSeconds : Math.max(silentSeconds, period * pings);
	if (heard < crit) return undefined;
	const text = `nothing from its primary for ${duration(heard)}, and the link counts as up`;
	return { severity: 'crit', value: heard, limits: { crit }, text };
}

const lineOf = (primary: NodeTrack | undefined, address: Address) =>
	primary?.lastGood?.info?.replicas?.find(line => line.address === address);

const watchedDown = ({ memory, at }: NodeView): number =>
	memory.linkDownSince === undefined ? 0 : (at - memory.linkDownSince) / 1000;

/** What the primary's own counters tell: a replica tries once a second, and each try is an error there. */
function whyNever({ node, track, tracks, memoryOf, at }: NodeView): string {
	const address = node.primary ?? track.lastGood?.info?.primary;
	if (address === undefined) return '';
	const trouble = tracks.get(address)?.error;
	// What keeps us out may let the replica in: that a password is asked for is all it tells.
	if (trouble?.reason === 'needs-password') return `: ${address} asks for a password (masterauth)`;
	if (isSilentError(trouble) && isOfEverybody.has(trouble.reason))
		return `: ${address} gives ${troubleText({ ...trouble, retryAt: undefined }, at)}`;
	const grown = memoryOf(address)?.grownErrors ?? [];
	if (grown.includes('WRONGPASS')) return `: ${address} refuses its password (masterauth, masteruser)`;
	if (grown.includes('NOAUTH')) return `: ${address} asks for a password (masterauth)`;
	if (grown.includes('NOPERM')) return `: its user may not PSYNC on ${address}`;
	return '';
}

/** What anybody meets who tries, and not only we with our own address, password and certificate. */
const isOfEverybody: ReadonlySet<ErrorReason> = new Set(['refused', 'timeout', 'max-clients']);

function linkText(info: Info, seconds: number): string {
	if (!info.isSyncing) return `link to its primary down ${duration(Math.floor(seconds))}`;
	return `full sync under way for ${duration(Math.floor(seconds))}${info.syncPercent ? `, ${percent(info.syncPercent / 100)}` : ''}`;
}

/** Judged every round while the node makes all its clients wait: no reading tells of it then. */
export const heldRules: Rules = { paused: pausedWhole };

/** Judged every round, for what they tell of is that there is no reading. */
export const presenceRules: Rules = {
	unreachable,
	'not-reached': notReached,
	loading,
	'blocked-by-script': blockedByScript,
	'replication-link': replicationLink,
	'came-back-empty': cameBackEmpty,
	'keys-lost': keysLost,
};
