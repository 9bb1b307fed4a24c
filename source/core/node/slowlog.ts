// How many commands were slow, counted by the ids of the slow log. The server numbers its entries one by one and we read
// the newest 16 every few seconds: of a burst most are never read, but the numbers tell how many there were. So marks are
// kept, which id stood in the log at which time, for as long as the longest window that is shown. Entries of redis-top
// are numbered as all others are and do not count: each mark knows how many of those that were read were ours.

import { processChange } from '../fleet/process-change.ts';
import type { NodeTrack, Sample, SlowlogEntry, SlowlogMark } from '../types.ts';
import { isOwnEntry } from './client-groups.ts';

type Kept = Pick<NodeTrack, 'slowlog' | 'slowlogMarks' | 'slowlogLastId'>;

const entriesKept = 64;
/** A window of an hour, and a mark from before it. */
const markedMilliseconds = 3_700_000;
const betweenMarks = 15_000;

export const noSlowlog: Kept = { slowlog: [], slowlogMarks: [] };

/** The log with what was read now, newest first. */
export function keepSlowlog(before: Kept, entries: readonly SlowlogEntry[]): Kept {
	const newest = entries[0];
	// An id that fell is a log that began anew.
	const isSame = newest === undefined || newest.id >= (before.slowlogLastId ?? 0);
	const { slowlog, slowlogMarks } = isSame ? before : noSlowlog;
	const known = new Set(slowlog.map(entry => entry.id));
	return {
		slowlog: [...entries.filter(entry => !known.has(entry.id)), ...slowlog].slice(0, entriesKept),
		slowlogMarks: marksAfter(slowlogMarks, entries),
		slowlogLastId: newest?.id ?? before.slowlogLastId ?? -1,
	};
}

function marksAfter(
	before: readonly SlowlogMark[],
	entries: readonly SlowlogEntry[],
): readonly SlowlogMark[] {
	const newest = entries[0];
	const last = before.at(-1);
	if (!newest || newest.id === last?.id) return before;
	const oldest = entries.at(-1)!;
	const added = new Set([oldest, newest].filter(({ id }) => last === undefined || id > last.id));
	const marks = [...before];
	for (const { id, at, clientName } of added) {
		const [one, other] = [marks.at(-2), marks.at(-1)];
		const own = (last?.own ?? 0) + ownBetween(entries, last?.id ?? -1, id);
		if (one && other && at - one.at < betweenMarks) marks.pop();
		marks.push({ id, at, clientName, own });
	}
	return marks.filter(({ at }) => newest.at - at < markedMilliseconds);
}

/** Of ours after one number up to the other. */
const ownBetween = (entries: readonly SlowlogEntry[], after: number, upTo: number) =>
	entries.filter(entry => entry.id > after && entry.id <= upTo && isOwnEntry(entry)).length;

/**
 * Where the numbers of a log begin that another process keeps than the one before: -1 where it started since, so that all
 * of its entries are new; undefined where another server answers now, whose entries may be of any time.
 */
export function numberedFrom(before: Sample | undefined, now: Sample): 'same' | -1 | undefined {
	const change = before && processChange(before, now);
	return change === undefined ? 'same' : change === 'restarted' ? -1 : undefined;
}

export type SlowCount = {
	readonly count: number;
	/** There may be more: the log was not read before its oldest entry that we know. */
	readonly isLeast: boolean;
};

/** Entries of others after `since` up to `until`, times of the server's clock; what was never read counts as theirs. */
export function slowBetween(log: Kept, since: number, until: number): SlowCount {
	const known = [...log.slowlogMarks, ...log.slowlog].sort((a, b) => a.id - b.id);
	const entryAt = (moment: number) => known.findLast(({ at }) => at <= moment);
	const last = entryAt(until);
	if (last === undefined) return { count: 0, isLeast: false };
	const before = entryAt(since);
	if (before !== undefined)
		return { count: othersUpTo(log, last.id) - othersUpTo(log, before.id), isLeast: false };
	const first = known[0]!;
	const upTo = othersUpTo(log, last.id) - othersUpTo(log, first.id);
	return { count: upTo + (isOwnEntry(first) ? 0 : 1), isLeast: first.id > 0 };
}

/** Only differences of it mean anything. Counted back from the next mark: what is newer than an entry is kept as well. */
function othersUpTo({ slowlog, slowlogMarks }: Kept, id: number): number {
	const next = slowlogMarks.find(mark => mark.id >= id);
	return id - (next ? next.own - ownBetween(slowlog, id, next.id) : ownBetween(slowlog, -1, id));
}

/** `203`, `16+`. */
export const slowWords = ({ count, isLeast }: SlowCount) => `${count}${isLeast ? '+' : ''}`;
