// Keys that were lost before anybody watched, as far as one reading tells it: a shard that is empty beside full ones, a
// primary that started a moment ago with nothing while its replica has been larger, a flush that took long. None of it
// is proof, so it is a warning, and what speaks for it is said. What is seen to go is key-loss.ts.

import { printable } from '../text/printable.ts';
import { bytes, count, duration } from '../text/quantity.ts';
import type { Address, Info, NodeTrack, RedisNode, SlowlogEntry } from '../types.ts';
import { keysOf } from './data-keys.ts';
import type { FleetRule, FleetView, Observation } from './findings-rule.ts';

export const lostBefore: FleetRule = view => {
	const shards = view.fleet.mode === 'cluster' ? shardsOf(view) : [];
	const densest = shards.reduce((most, { perSlot }) => Math.max(most, perSlot), 0);
	const few = densest * view.limits['keys-lost'].extra.siblingShare;
	// Of hundreds of shards nearly none is compared with all others.
	const sparse = shards.filter(({ perSlot }) => perSlot < few);
	const full = shards.filter(({ perSlot }) => perSlot >= few);
	return view.fleet.nodes.flatMap(node => {
		const track = view.tracks.get(node.address);
		const isSure = track && node.role === 'primary' && node.health === 'up' && !node.isGone;
		if (!isSure || isToldOtherwise(view, node.address)) return [];
		const own = sparse.find(shard => shard.node === node);
		const seen =
			(own && emptyShard(view, own, full)) ?? emptyStart(view, node, track) ?? longFlush(view, track);
		return seen ? [{ ...seen, node: node.address }] : [];
	});
};

/** It was seen to lose them, or to come back without. */
function isToldOtherwise({ memoryOf }: FleetView, node: Address): boolean {
	const data = memoryOf(node)?.data;
	return data?.loss !== undefined || data?.comeback !== undefined;
}

// ---------------------------------------------------------------------------------------------------------
// A shard that is empty beside full ones

type ShardKeys = {
	readonly node: RedisNode;
	readonly track: NodeTrack;
	readonly keys: number;
	readonly slots: number;
	readonly perSlot: number;
};

/** Those whose keys were read; none where some were not, for then it is not known how evenly they lie. */
function shardsOf({ fleet, tracks }: FleetView): readonly ShardKeys[] {
	const owners = fleet.nodes.filter(
		({ role, isGone, slots }) => role === 'primary' && !isGone && slots.length > 0,
	);
	const read = owners.flatMap(node => {
		const track = tracks.get(node.address);
		const keys = keysOf(track?.lastGood?.info)?.all;
		const slots = node.slots.reduce((sum, [first, last]) => sum + last - first + 1, 0);
		return !track || track.error || keys === undefined
			? []
			: [{ node, track, keys, slots, perSlot: keys / slots }];
	});
	return read.length === owners.length ? read : [];
}

const fewestOthers = 2;
/** Keys with a few hash tags lie anywhere: those of the others must lie as evenly as hashing does. */
const evenly = 2;

function emptyShard(view: FleetView, own: ShardKeys, shards: readonly ShardKeys[]): Observation | undefined {
	const others = shards.filter(shard => shard !== own);
	if (others.length < fewestOthers) return undefined;
	const densities = others.map(({ perSlot }) => perSlot);
	const least = Math.min(...densities);
	const { siblingKeys, siblingShare } = view.limits['keys-lost'].extra;
	const due = least * own.slots;
	if (due < siblingKeys || own.keys >= due * siblingShare || Math.max(...densities) > least * evenly)
		return undefined;
	const why = whyEmpty(own, others);
	const fewest = Math.min(...others.map(({ keys }) => keys));
	return why === undefined
		? undefined
		: {
				...{ severity: 'warn', value: 1 - own.keys / due, limits: { warn: 1 - siblingShare } },
				text: `${count(own.keys)} keys, and ${others.length} other shards hold at least ${count(fewest)} each: ${why}`,
			};
}

/** A shard that has never had keys is none that lost them. */
function whyEmpty({ track }: ShardKeys, others: readonly ShardKeys[]): string | undefined {
	const info = track.lastGood?.info ?? {};
	const flushes = flushesOf(track);
	if (flushes !== undefined && others.every(other => flushes > (flushesOf(other.track) ?? flushes)))
		return 'it was flushed';
	const uptimes = others.map(other => other.track.lastGood?.info?.uptimeSeconds ?? 0);
	const uptime = info.uptimeSeconds ?? Number.POSITIVE_INFINITY;
	if (uptime < longestUptimeSeconds && uptime < Math.min(...uptimes) / 2)
		return `it started ${duration(uptime)} ago`;
	const { keyspaceHits: hits, keyspaceMisses: misses, expiredKeys: expired } = info;
	if (hits === undefined || misses === undefined || expired === undefined) return undefined;
	// A few hash tags, and keys that live for a moment, leave a shard as empty: there what is looked for is found, or expires.
	const isMissed = misses >= askedOften && Math.max(hits, expired) < misses / 100;
	return others.length >= manyOthers && isMissed ? 'clients look for keys here and find none' : undefined;
}

const longestUptimeSeconds = 86_400;
const askedOften = 1000;
/** Keys of two tags lie anywhere, and as evenly as you like. */
const manyOthers = 4;

/** Undefined where the counters of commands were not read. */
function flushesOf({ commands }: NodeTrack): number | undefined {
	if (!commands) return undefined;
	const { flushall, flushdb } = commands.stats;
	return (flushall?.calls ?? 0) + (flushdb?.calls ?? 0);
}

// ---------------------------------------------------------------------------------------------------------
// A start with nothing, and a flush

/** Its replica runs for much longer and has been many times as large: that is what both are without now. */
function emptyStart(view: FleetView, node: RedisNode, track: NodeTrack): Observation | undefined {
	const info = track.lastGood?.info;
	const uptime = info?.uptimeSeconds;
	if (keysOf(info)?.all !== 0 || uptime === undefined || uptime > view.limits['keys-lost'].extra.shownSeconds)
		return undefined;
	const once = view.fleet.nodes
		.filter(({ primary, isGone }) => primary === node.address && !isGone)
		.flatMap(({ address }) => {
			const peak = onceLarge(view.tracks.get(address), uptime);
			return peak === undefined ? [] : [{ address, peak }];
		})
		.sort((a, b) => b.peak - a.peak)[0];
	return (
		once && {
			...{ severity: 'warn', value: 1, limits: {} },
			text: `started ${duration(uptime)} ago with no keys: its replica ${once.address}, empty too, has held up to ${bytes(once.peak)}`,
		}
	);
}

const largeBytes = 64 * 1024 * 1024;
const manyTimes = 10;

function onceLarge(track: NodeTrack | undefined, uptime: number): number | undefined {
	const info: Info = track?.lastGood?.info ?? {};
	const { usedMemoryBytes: used, peakBytes: peak, uptimeSeconds: age = 0 } = info;
	if (track?.error || info.role !== 'replica' || info.isLinkUp !== true || info.isSyncing) return undefined;
	if (keysOf(info)?.all !== 0 || used === undefined || peak === undefined) return undefined;
	const isOlder = age >= Math.max(3600, uptime * manyTimes);
	return isOlder && peak >= used * manyTimes && peak - used >= largeBytes ? peak : undefined;
}

/** How many keys it took is not told, but a flush of a few takes no time. */
function longFlush(view: FleetView, track: NodeTrack): Observation | undefined {
	const { flushSeconds, shownSeconds } = view.limits['keys-lost'].extra;
	const serverTime = track.lastGood?.info?.serverTimeMicroseconds;
	const now = serverTime === undefined ? view.at : serverTime / 1000;
	const flush = track.slowlog.find(
		({ args, at, microseconds }) =>
			flushing.has((args[0] ?? '').toLowerCase()) &&
			microseconds >= flushSeconds * 1e6 &&
			now - at < shownSeconds * 1000,
	);
	return (
		flush && {
			...{
				severity: 'warn',
				value: flush.microseconds / 1e6,
				unit: 'seconds',
				limits: { warn: flushSeconds },
			},
			text: `${flushText(flush)}, ${duration(Math.max(1, (now - flush.at) / 1000))} ago`,
		}
	);
}

const flushing: ReadonlySet<string> = new Set(['flushall', 'flushdb']);

/** `keys deleted by FLUSHALL in 240ms from 10.0.0.9:51234`. */
function flushText({ args, microseconds, client }: SlowlogEntry): string {
	const from = client ? ` from ${printable(client, 64)}` : '';
	return `keys deleted by ${printable(args[0]!).toUpperCase()} in ${duration(microseconds / 1e6)}${from}`;
}
