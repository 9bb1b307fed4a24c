// A primary that came back with few or no keys while a replica still holds them: the replica is about to load what its
// primary has now, and then there is no copy. Recognised at the first reading of the new process, by what was known
// of it before, or, where nothing was, by a replica whose link broke when it went. Remembered until the keys are back
// or somebody has seen it. What can be done is in runbooks/; the text is made in findings-data.ts.

import { isSameProcess } from '../fleet/same-run.ts';
import type { Limits } from '../thresholds.ts';
import type { Address, Fleet, NodeTrack, RedisNode } from '../types.ts';
import { type Keys, keysOf, lastingKeys, startedWithin } from './data-keys.ts';

export type Comeback = {
	readonly at: number;
	/** Keys that were there before. */
	readonly keys: number;
	/** What it came back with, and what it has now. */
	readonly keysNow: number;
	/** The replica that holds or held the most of them. */
	readonly holder: Address;
	/** The process that held them, as it told last. */
	readonly holderWas?: Pick<Before, 'runId' | 'uptimeSeconds' | 'at'>;
	/** What it has now. */
	readonly holderKeys: number;
	/** It answers and still has them. */
	readonly isHeld: boolean;
	/** It follows this primary and will load what that has. */
	readonly isAboutToLoad: boolean;
	/** It loads its own file at this moment, and takes no command before it has. */
	readonly isHolderLoading: boolean;
	/** Since when the primary has it in its list of replicas that wait for a sync. */
	readonly waitsSince?: number;
	readonly isSeen: boolean;
};

export type KeysView = {
	readonly node: RedisNode;
	readonly track: NodeTrack;
	readonly fleet: Fleet;
	readonly tracks: ReadonlyMap<Address, NodeTrack>;
	readonly limits: Limits;
	readonly at: number;
};

/** As it was known before this reading. */
export type Before = {
	readonly runId?: string;
	readonly uptimeSeconds?: number;
	readonly keys?: Keys;
	readonly at: number;
};

/** Undefined where nothing is lost, or all is back. */
export function followComeback(
	known: Comeback | undefined,
	before: Before | undefined,
	view: KeysView,
	isFresh: boolean,
): Comeback | undefined {
	const { info } = view.track.lastGood ?? {};
	const isAnother =
		before?.keys !== undefined &&
		info !== undefined &&
		!isSameProcess(before, info, (view.at - before.at) / 1000);
	// Who took its address has keys of its own: nothing of them is lost, and nothing is to be loaded over them.
	if (isAnother && !startedWithin(info, (view.at - before.at) / 1000)) return undefined;
	const fresh =
		isFresh && (isAnother || !known) ? findComeback(isAnother ? before : undefined, view) : undefined;
	const now = fresh ?? known;
	return now && renewed(now, view);
}

/** Where nothing is known of it before, one that has run for so long did not just come back. */
const longestUptimeSeconds = 3600;

/** `before`: what was known of the process that ran before this one. */
function findComeback(before: Before | undefined, view: KeysView): Comeback | undefined {
	const { track, limits, at } = view;
	const info = track.lastGood?.info;
	const now = keysOf(info);
	const uptime = info?.uptimeSeconds ?? Number.POSITIVE_INFINITY;
	if (!now || info?.role !== 'primary' || track.error) return undefined;
	if (before === undefined && uptime > longestUptimeSeconds) return undefined;
	if (before && !startedWithin(info, (at - before.at) / 1000)) return undefined;
	const { crit, extra } = limits['came-back-empty'];
	const isFew = (keys: number) => now.all < keys * crit;
	const holder = holdersOf(view, before !== undefined, uptime).find(({ keys }) => isFew(keys));
	if (!holder) return undefined;
	const lasting =
		before?.keys === undefined
			? holder.keys
			: lastingKeys(before.keys, (at - before.at) / 1000, extra.ttlSeconds);
	if (!isFew(lasting)) return undefined;
	return {
		...{ at, keys: before?.keys?.all ?? holder.keys, keysNow: now.all },
		...{ holder: holder.address, holderKeys: holder.keys },
		...{ isHeld: true, isAboutToLoad: true, isHolderLoading: holder.isLoading, isSeen: false },
	};
}

type Holder = { readonly address: Address; readonly keys: number; readonly isLoading: boolean };

/** Replicas of this node by their own word, with what they hold for sure; the most first. */
function holdersOf(view: KeysView, isKnown: boolean, uptime: number): readonly Holder[] {
	const { node, fleet, tracks, limits } = view;
	const { ttlSeconds } = limits['came-back-empty'].extra;
	return fleet.nodes
		.filter(replica => replica.primary === node.address && replica.address !== node.address)
		.flatMap(replica => {
			const track = tracks.get(replica.address);
			const keys = heldBy(track);
			const info = track?.lastGood?.info;
			if (!keys || info?.role !== 'replica' || (!isKnown && !brokeWith(info, uptime))) return [];
			const away = info.linkDownSeconds ?? 0;
			const isLoading = isLoadingNow(track);
			// What it counts with a TTL may long be over: a replica deletes nothing by itself.
			const sure = isKnown ? keys.all : lastingKeys(keys, away, ttlSeconds);
			return [{ address: replica.address, keys: sure, isLoading }];
		})
		.sort((a, b) => b.keys - a.keys);
}

const isLoadingNow = (track: NodeTrack | undefined) =>
	track?.error?.reason === 'loading' || track?.lastGood?.info?.isLoading === true;

/** While it loads its own file as well: that is not its primary's. */
function heldBy(track: NodeTrack | undefined): Keys | undefined {
	if (!track || track.gone || (track.error && track.error.reason !== 'loading')) return undefined;
	const info = track.lastGood?.info;
	return info && keysOf({ ...info, isLoading: false });
}

/** Its link broke when the primary went away, and not before or never: else it is no copy of what that had. */
function brokeWith(
	info: { isLinkUp?: boolean; linkDownSeconds?: number; isLoading?: boolean },
	uptime: number,
): boolean {
	if (info.isLinkUp !== false) return false;
	if (info.isLoading) return true;
	return info.linkDownSeconds !== undefined && uptime <= info.linkDownSeconds + 2;
}

/** How it stands now; undefined when the keys are back. */
export function renewed(known: Comeback, view: KeysView): Comeback | undefined {
	const { node, track, tracks, limits, at } = view;
	const now = keysOf(track.lastGood?.info)?.all;
	if (now !== undefined && !track.error && now >= known.keys * limits['came-back-empty'].crit)
		return undefined;
	const holder = tracks.get(known.holder);
	const isStranger = hasChanged(known, holder);
	const held = isStranger ? undefined : heldBy(holder);
	const info = isStranger ? undefined : holder?.lastGood?.info;
	const keys = held?.all ?? known.holderKeys;
	const isHeld = held ? keys >= known.keys * limits['came-back-empty'].crit : known.isHeld && !isStranger;
	const follows =
		info?.role === 'replica' &&
		view.fleet.nodes.some(each => each.address === known.holder && each.primary === node.address);
	const isAboutToLoad = isHeld && follows && track.lastGood?.info?.role === 'primary';
	const isWaiting =
		track.lastGood?.info?.replicas?.some(({ state }) => state !== undefined && state !== 'online') === true;
	return {
		...known,
		// One that loads its own file has more of them with each reading.
		keys: isAboutToLoad ? Math.max(known.keys, keys) : known.keys,
		keysNow: now ?? known.keysNow,
		holderKeys: keys,
		holderWas: isStranger ? known.holderWas : processOf(holder),
		isHeld,
		isAboutToLoad,
		isHolderLoading: isLoadingNow(holder),
		waitsSince: isWaiting ? (known.waitsSince ?? at) : undefined,
	};
}

function processOf(track: NodeTrack | undefined): Comeback['holderWas'] {
	const { at, info } = track?.lastGood ?? {};
	return at === undefined || !info ? undefined : { at, runId: info.runId, uptimeSeconds: info.uptimeSeconds };
}

/** Another server answers where the keys were held: what it has is none of them. One that was started again has its file. */
function hasChanged({ holderWas: was }: Comeback, track: NodeTrack | undefined): boolean {
	const now = processOf(track);
	if (!was || !now) return false;
	const seconds = (now.at - was.at) / 1000;
	return !isSameProcess(was, now, seconds) && !startedWithin(now, seconds);
}
