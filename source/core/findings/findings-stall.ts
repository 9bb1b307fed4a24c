// The rules on a node that stands still: it answered nobody for a second or more, and what it says itself of why. A stall
// is over when it can be told, so it stays shown for a minute. A node that is unreachable has that finding alone.

import { serverAhead } from '../fleet/server-clock.ts';
import { type Stalls, stallsWithin } from '../fleet/stalls.ts';
import { printable } from '../text/printable.ts';
import { count, duration, percent } from '../text/quantity.ts';
import type { FindingId, Limits } from '../thresholds.ts';
import type { Address, NodeTrack } from '../types.ts';
import { measure, type NodeRule, type NodeView } from './findings-rule.ts';

const stalled: NodeRule = view => {
	const { track, limits, at } = view;
	const found = stallsWithin(track, at, limits.stalled.extra.windowSeconds);
	if (found.count === 0) return undefined;
	const seen = measure(limits, 'stalled', found.seconds, () => ({
		text: `${stallWords(found)}${causeWords(view, found)}`,
	}));
	return seen && { ...seen, isPending: seen.severity === 'warn' && isEarly(found, limits) };
};

/**
 * One stall of a few seconds says little: whether it was one of many, and why, the next seconds tell. Where it was more
 * of the time so far than is critical in the whole window, only the rest of that tells.
 */
function isEarly({ watchedSeconds, seconds }: Stalls, { stalled: { crit, extra } }: Limits): boolean {
	if (watchedSeconds < extra.watchedSeconds) return true;
	return watchedSeconds < extra.windowSeconds && seconds / watchedSeconds > crit / extra.windowSeconds;
}

function stallWords({ count: times, longestSeconds, nowSeconds, watchedSeconds, seconds }: Stalls): string {
	const within = duration(watchedSeconds);
	const share = watchedSeconds > 0 ? `, ${percent(Math.min(1, seconds / watchedSeconds))} of the time` : '';
	if (nowSeconds !== undefined) {
		const before = times > 1 ? `, stall ${count(times)} in ${within}` : '';
		return `no answer for ${duration(nowSeconds)} now${before}`;
	}
	if (times === 1) return `stalled for ${duration(longestSeconds)}, once in ${within}${share}`;
	return `${count(times)} stalls in ${within}, longest ${duration(longestSeconds)}${share}`;
}

/** What the server itself says of the time; nothing where it says nothing, as of one that lasts: it cannot say it yet. */
function causeWords(view: NodeView, { count: times, longestSeconds, nowSeconds }: Stalls): string {
	const { track, memory, limits, at } = view;
	if (track.heldSince !== undefined) return ': all commands wait, as under CLIENT PAUSE';
	if (isEverywhere(view)) return ': all nodes at once, the network or this host';
	if (nowSeconds !== undefined) return '';
	const { windowSeconds, causeShare } = limits.stalled.extra;
	// Who is known to have done one of several may have nothing to do with the others.
	const by = times > 1 ? '; one of them:' : ':';
	const isRecent = (time: number) => at - time < windowSeconds * 1000;
	const isLong = (seconds: number) => seconds >= longestSeconds * causeShare;
	const { lastHeld: held } = track;
	if (held && isRecent(held.to) && isLong((held.to - held.from) / 1000))
		return `${by} all commands waited, as under CLIENT PAUSE`;
	const { fork, delayedFsyncs = [], busy } = memory;
	if (fork && isRecent(fork.at) && isLong(fork.seconds)) return `${by} a fork took ${duration(fork.seconds)}`;
	if (delayedFsyncs.some(({ at: time }) => isRecent(time))) return ': the disk is slow (fsync)';
	const now = at + serverAhead(track.lastGood);
	// One of a time to come is dated by a clock that we do not know, and may be of any time (before 7.0).
	const isOfNow = (time: number) => now - time < windowSeconds * 1000 && time - now <= 2000;
	const slow = track.slowlog.find(entry => isOfNow(entry.at) && isLong(entry.microseconds / 1e6));
	if (slow)
		return `${by} ${printable(slow.args[0] ?? '', longestName)} took ${duration(slow.microseconds / 1e6)}`;
	if (!busy || !isRecent(busy.at)) return '';
	return busy.share >= causeShare ? ': its event loop was busy' : ': it did not run, or the network';
}

const longestName = 20;

type Span = { readonly from: number; readonly to: number };

function spansOf({ stalls = [], silentSince }: NodeTrack, at: number): Span[] {
	const over = stalls.map(({ at: to, seconds }) => ({ from: to - seconds * 1000, to }));
	return silentSince === undefined ? over : [...over, { from: silentSince, to: at }];
}

type Others = { readonly at: number; readonly spans: readonly (readonly [Address, readonly Span[]])[] };

// All of a thousand nodes seem to stand still where this machine does, and each is held against all the others.
const spansOfAll = new WeakMap<NodeView['tracks'], Others>();

/** Of each node that is there, made once a round: a map of tracks is filled before it is judged. */
function spansAmong(tracks: NodeView['tracks'], at: number): Others['spans'] {
	const known = spansOfAll.get(tracks);
	if (known?.at === at) return known.spans;
	const spans: [Address, readonly Span[]][] = [];
	for (const track of tracks.values())
		if (track.kind === 'data' && !track.error && !track.gone) spans.push([track.address, spansOf(track, at)]);
	spansOfAll.set(tracks, { at, spans });
	return spans;
}

/** At its last stall every other node that is there stood still, too: that is none of theirs. */
function isEverywhere({ track, tracks, at }: NodeView): boolean {
	const last = spansOf(track, at).at(-1);
	if (!last) return false;
	const isThen = ({ from, to }: Span) => from < last.to && to > last.from;
	let others = 0;
	for (const [address, spans] of spansAmong(tracks, at)) {
		if (address === track.address) continue;
		if (!spans.some(isThen)) return false;
		others++;
	}
	return others > 0;
}

const fsyncSlow: NodeRule = ({ track, memory, limits, at }) => {
	const { shownSeconds, rateSeconds } = limits['fsync-slow'].extra;
	const within = (seconds: number) =>
		(memory.delayedFsyncs ?? [])
			.filter(({ at: time }) => at - time < seconds * 1000)
			.reduce((sum, each) => sum + each.count, 0);
	const times = within(shownSeconds);
	const perSecond = within(rateSeconds) / rateSeconds;
	const isStalled = stallsWithin(track, at, limits.stalled.extra.windowSeconds).count > 0;
	const { warn, crit } = limits['fsync-slow'];
	return {
		severity: times < 1 ? undefined : perSecond >= crit || isStalled ? 'crit' : 'warn',
		value: perSecond,
		...(isStalled && { limits: { warn, crit: warn } }),
		text: `AOF fsync delayed ${times === 1 ? 'once' : `${count(times)} times`} in ${duration(shownSeconds)}: the disk is slow`,
		calm: 'no delay',
	};
};

/** Judged every round while the node is not unreachable. */
export const stallRules: { readonly [Id in FindingId]?: NodeRule } = { stalled };

/** Judged at each fresh INFO. */
export const fsyncRules: { readonly [Id in FindingId]?: NodeRule } = { 'fsync-slow': fsyncSlow };
