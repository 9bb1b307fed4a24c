// How far a replica is behind its primary, from readings of two moments. A reading was made at some moment between the
// question and its answer, so an offset that is subtracted from another is off by what was written in between: 3 MB/s
// over a round trip of 0.2 s are 600 KB that no replica lacks. So what the primary had written by the time the replica
// read is taken from the primary's readings around it, and the lag is a range: at least what was there when the replica
// was asked, at most what may have been there when it had answered.

import type { OffsetReading, ReplicaLine, Sample } from '../types.ts';

/** An answer comes within 5 s, an acknowledgement is credited with 2.5 s: what is older is not asked for. */
const keptMilliseconds = 8000;
/** Four a second while a failover is watched. */
const mostKept = 48;

/** Readings further apart say nothing of a moment between them. */
const evenMilliseconds = 6000;

/** A replica's offset, read at some moment from `from` to `to` of our monotonic clock, milliseconds. */
export type OffsetWord = { readonly offset: number; readonly from: number; readonly to: number };

/** Bytes behind: certainly `least`, possibly `most`. */
export type Behind = { readonly least: number; readonly most: number };

/** The readings of a primary's offset with one more; another history (a new replication id) begins anew. */
export function keepOffset(before: readonly OffsetReading[], sample: Sample): readonly OffsetReading[] {
	const { info, clock } = sample;
	// Nobody can be behind a node without replicas.
	if (info?.replicationOffset === undefined || info.connectedReplicas === 0) return [];
	const last = before.at(-1);
	const isSame = last?.history === info.replicationId && (last?.offset ?? 0) <= info.replicationOffset;
	const known = isSame ? before : [];
	const oldest = known.findLastIndex(reading => clock - reading.at > keptMilliseconds);
	const next: OffsetReading = {
		askedAt: askedAtOf(sample),
		at: clock,
		offset: info.replicationOffset,
		history: info.replicationId,
	};
	return [...known.slice(Math.max(0, oldest)), next].slice(-mostKept);
}

const askedAtOf = ({ clock, pingMilliseconds, infoMilliseconds }: Sample) =>
	clock - (infoMilliseconds ?? pingMilliseconds ?? 0);

/** The replica's own word of its newest reading. */
export function ownWord(sample: Sample | undefined): OffsetWord | undefined {
	const offset = sample?.info?.replicaOffset;
	return sample === undefined || offset === undefined
		? undefined
		: { offset, from: askedAtOf(sample), to: sample.clock };
}

/**
 * Acknowledgements come once a second, and their age is told in whole seconds of a clock that ticks ten times a second.
 * What was written since the last one is no lag; a replica that missed one is credited for no more than this.
 */
const betweenAcks = 1500;
const creditedAtMost = 2500;

/** What the primary knows of a replica that does not answer us: its last acknowledgement. */
export function acknowledgedWord(
	line: ReplicaLine | undefined,
	readings: readonly OffsetReading[],
): OffsetWord | undefined {
	const newest = readings.at(-1);
	// 0 until the first acknowledgement after a sync.
	if (!newest || !line?.offset) return undefined;
	const age = Math.min((line.lagSeconds ?? 0) * 1000 + betweenAcks, creditedAtMost);
	return { offset: line.offset, from: newest.askedAt - age, to: newest.askedAt };
}

/** Undefined where the primary was not read before the replica was asked: then nothing is known of that moment. */
export function behindOf(readings: readonly OffsetReading[], word: OffsetWord): Behind | undefined {
	const least = offsetAt(readings, word.from, 'at');
	if (least === undefined) return undefined;
	const most = Math.max(least, offsetAt(readings, word.to, 'askedAt') ?? least);
	return { least: Math.max(0, least - word.offset), most: Math.max(0, most - word.offset) };
}

/**
 * What the primary had written by then, at least (`at`: each reading as late as it may have been made) or at most
 * (`askedAt`: as early). Between two readings as if it had been written evenly, where they are near: of what was written
 * within a scrape of 15 s all may have come at its end.
 */
function offsetAt(
	readings: readonly OffsetReading[],
	moment: number,
	by: 'at' | 'askedAt',
): number | undefined {
	const newest = readings.at(-1);
	if (!newest) return undefined;
	const next = readings.findIndex(reading => reading[by] > moment);
	if (next === 0) return by === 'at' ? undefined : readings[0]!.offset;
	// Behind the newest reading it is certain that there is as much, and likely that it went on as before.
	const [from, to] = next > 0 ? [readings[next - 1]!, readings[next]!] : [readings.at(-2), newest];
	if (!from || (next < 0 && by === 'at')) return newest.offset;
	const span = to[by] - from[by];
	// A replica that is read beside its primary is asked while that one answers: its moment is that of the reading.
	if (by === 'at' && span > evenMilliseconds && moment < to.askedAt) return from.offset;
	return span > 0 ? from.offset + ((to.offset - from.offset) * (moment - from[by])) / span : to.offset;
}
