// A recording to play, as a file or as a folder of them, from its start or from any moment: nothing before the key frame
// that is nearest has to be read, but for what the charts show of the hour before it.

import { statSync } from 'node:fs';
import { joinedSlices, type KeyFrame, type KeyNode } from '../state/key-frame.ts';
import type { Overview, OverviewMark } from '../state/overview.ts';
import { eventsTold, markersTold } from './make-key-frame.ts';
import { type Place, placesIn } from './places.ts';
import { chartsAt, lastDateIn, openRecording, type Playable } from './playable.ts';
import type { RecordedLine } from './recorded.ts';
import { segmentsIn } from './segments.ts';

export type Span = { readonly from: number; readonly to: number };

export type Replayable = Playable & {
	/** The next line is the last key frame that lies so far before this time of day, or what comes nearest to it. */
	readonly seek: (date: number) => Promise<void>;
	/** When such came, in order, of what the key frames tell; undefined where there are none. */
	readonly moments: (kind: 'event' | 'finding' | 'marker') => Promise<readonly number[] | undefined>;
	/** What happened in all of it; undefined where there are no key frames to tell. */
	readonly overview: () => Promise<Overview | undefined>;
	/** Times of day of its begin and its end. */
	readonly span: () => Promise<Span>;
};

type Part = { readonly path: string; readonly from: number };

/**
 * What is played before the moment that is asked for: findings have had their readings, rates their two. A key frame may
 * say that less will do.
 */
const runUpMilliseconds = 30_000;
/** Nodes times key frames whose charts are read. */
const mostChartParts = 1200;
/** Of frames that lie nearer together one tells what the others do: each tells its last two minutes. */
const chartStepMilliseconds = 55_000;
const chartMilliseconds = 3_600_000;

/** The problem is one line. */
export async function openReplayable(path: string): Promise<Replayable | { readonly problem: string }> {
	const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
	let parts: readonly Part[];
	try {
		parts = isFolder ? segmentsIn(path) : [{ path, from: Number.NEGATIVE_INFINITY }];
	} catch {
		return { problem: `${path}: no permission` };
	}
	if (parts.length === 0) return { problem: `${path}: no recording of redis-top in this folder` };
	// A segment that was begun and killed before its first word is none.
	for (let index = 0; index < parts.length; index++) {
		const opened = await openRecording(parts[index]!.path);
		if (!('problem' in opened)) return replayable(parts, index, opened);
		if (!isFolder || index === parts.length - 1) return opened;
	}
	return { problem: `${path}: no recording of redis-top in this folder` };
}

function replayable(parts: readonly Part[], first: number, opened: Playable): Replayable {
	const { head } = opened;
	let current = opened;
	let index = first;
	let place = { session: head.session, segment: head.segment };
	/** Of the part before something is missing. */
	let isGap = false;
	let ahead: RecordedLine[] = [];
	const places = new Map<string, readonly Place[]>();
	const placesOf = ({ path }: Part) => {
		const known = places.get(path) ?? placesIn(path);
		places.set(path, known);
		return known;
	};

	/** The next part that can be read; false after the last. */
	const openNext = async (): Promise<boolean> => {
		while (index + 1 < parts.length) {
			index++;
			const next = await openRecording(parts[index]!.path);
			if ('problem' in next) {
				isGap = true;
				continue;
			}
			const { session, segment } = next.head;
			const isNext =
				session !== undefined && session === place.session && segment === (place.segment ?? 0) + 1 && !isGap;
			current.close();
			current = next;
			place = { session, segment };
			isGap = false;
			if (!isNext) ahead.push({ head: next.head });
			return true;
		}
		return false;
	};

	const next = async (): Promise<RecordedLine | undefined> => {
		const waiting = ahead.shift();
		if (waiting) return waiting;
		const line = await current.next();
		if (line !== undefined || current.wrong() !== undefined) return line;
		isGap ||= current.cut() !== undefined;
		return (await openNext()) ? next() : undefined;
	};

	/** Which part a moment is in: the last that began before it. */
	const partAt = (date: number): number => {
		const found = parts.findLastIndex(({ from }) => from <= date);
		return Math.max(found, 0);
	};

	const begin = async (at: number, from: Place | undefined): Promise<void> => {
		const part = parts[at]!;
		const opened = await openRecording(part.path, from?.offset);
		if ('problem' in opened) return;
		current.close();
		current = opened;
		index = at;
		place = { session: opened.head.session, segment: opened.head.segment };
		isGap = false;
		ahead = [];
	};

	/** At the last key frame that lies so far before as it says itself, or half a minute where not `isShort`. */
	const beginBefore = async (date: number, isShort = true): Promise<void> => {
		const wanted = date - runUpMilliseconds;
		const runUpOf = (key: Place) => (isShort ? key.runUpMilliseconds : undefined) ?? runUpMilliseconds;
		for (let at = partAt(date); at >= 0; at--) {
			const found = placesOf(parts[at]!).findLast(
				each => each.kind === 'key' && each.date <= date - runUpOf(each),
			);
			if (!found && at > 0) continue;
			// Nearer to the begin than the run-up: from the begin, or the head of the session it is in.
			const head = placesOf(parts[at]!).findLast(({ date, kind }) => kind === 'head' && date <= wanted);
			await begin(at, found && (!head || head.offset < found.offset) ? found : head);
			if (!found) {
				ahead.unshift({ head: current.head });
				return;
			}
			const line = await current.next();
			if (!line || !('key' in line)) return line && void ahead.push(line);
			// What another redis-top remembered is none here: rates and findings need their readings.
			const isForgotten = line.key.fleets.some(({ memory }) => !memory);
			if (isForgotten && runUpOf(found) < runUpMilliseconds) return beginBefore(date, false);
			const earlier = await framesBefore(parts, at, found, placesOf, line.key);
			ahead.push({ head: current.head }, { key: withCharts(line.key, earlier) });
			return;
		}
	};

	let marks: Promise<readonly OverviewMark[] | undefined> | undefined;
	const told = () => {
		marks ??= timeline(parts, placesOf);
		return marks;
	};
	let ends: Promise<Span> | undefined;
	const span = () => {
		ends ??= endOf(parts, placesOf).then(to => ({ from: head.at, to: Math.max(head.at, to) }));
		return ends;
	};

	return {
		head,
		next,
		cut: () => current.cut(),
		wrong: () => current.wrong(),
		leftOut: () => current.leftOut(),
		close: () => current.close(),
		seek: date => beginBefore(date),
		async moments(kind) {
			const marks = await told();
			return marks?.filter(mark => isOf(mark, kind)).map(({ at }) => at);
		},
		async overview() {
			const marks = await told();
			return marks && { ...(await span()), marks };
		},
		span,
	};
}

/**
 * Of all that key frames tell, oldest first. Each tells the newest events of before it, so few have to be read: the last of
 * each session, and of a session with more events than one tells those that go on where it ends.
 */
async function timeline(
	parts: readonly Part[],
	placesOf: (part: Part) => readonly Place[],
): Promise<readonly OverviewMark[] | undefined> {
	const found = new Map<string, OverviewMark>();
	let hasKeys = false;
	for (const part of parts) {
		// A large folder is looked through between what is drawn and typed.
		await new Promise(resolve => setImmediate(resolve));
		const places = placesOf(part).toReversed();
		let knownFrom = Number.POSITIVE_INFINITY;
		for (const [index, { kind, offset, date }] of places.entries()) {
			if (kind === 'head') knownFrom = Number.POSITIVE_INFINITY;
			if (kind === 'head' || knownFrom === Number.NEGATIVE_INFINITY) continue;
			hasKeys = true;
			const before = places[index + 1];
			const isBetterBefore = before?.kind === 'key' && before.date >= knownFrom;
			if (date >= knownFrom && isBetterBefore) continue;
			const frame = await chartsAt(part.path, offset);
			if (!frame) continue;
			for (const mark of marksOf(frame)) found.set(`${mark.at} ${mark.kind} ${mark.severity ?? ''}`, mark);
			knownFrom = toldFrom(frame);
		}
	}
	return hasKeys ? [...found.values()].sort((a, b) => a.at - b.at) : undefined;
}

const marksOf = ({ fleets, markers, clockOffset = 0 }: KeyFrame): readonly OverviewMark[] => [
	...fleets
		.flatMap(({ events }) => events)
		.filter(({ kind }) => kind !== 'marker')
		.map(({ at, kind, severity }): OverviewMark => {
			const told = kind === 'finding' ? 'finding' : 'event';
			return { at: at + clockOffset, kind: told, ...(severity && { severity }) };
		}),
	...markers.map(({ at }): OverviewMark => ({ at: at + clockOffset, kind: 'marker' })),
];

/** Of what was before this time of day it may not tell all. */
function toldFrom({ fleets, markers, clockOffset = 0 }: KeyFrame): number {
	const cut = [
		...fleets.flatMap(({ events }) => (events.length < eventsTold ? [] : [events.at(-1)!.at])),
		...(markers.length < markersTold ? [] : [markers[0]!.at]),
	];
	return Math.max(Number.NEGATIVE_INFINITY, ...cut) + clockOffset;
}

/** A finding is an event as well; a node that is down is told as an event and is a finding, too. */
function isOf({ kind, severity }: OverviewMark, wanted: OverviewMark['kind']): boolean {
	if (wanted === 'event') return kind !== 'marker';
	return wanted === 'finding' ? severity !== undefined : kind === wanted;
}

/** The time of day of the last line. */
async function endOf(parts: readonly Part[], placesOf: (part: Part) => readonly Place[]): Promise<number> {
	for (const part of parts.toReversed()) {
		const from = placesOf(part).findLast(({ kind }) => kind === 'key')?.offset ?? 0;
		const last = await lastDateIn(part.path, from);
		if (last !== undefined) return last;
	}
	return Number.NEGATIVE_INFINITY;
}

/** Key frames of the hour before one, oldest first, as many as charts are worth. */
async function framesBefore(
	parts: readonly Part[],
	at: number,
	place: Place,
	placesOf: (part: Part) => readonly Place[],
	{ fleets }: KeyFrame,
): Promise<readonly KeyFrame[]> {
	const nodes = fleets.reduce((sum, fleet) => sum + fleet.nodes.length, 0);
	let left = Math.floor(mostChartParts / Math.max(1, nodes));
	const frames: KeyFrame[] = [];
	let last = place.date;
	for (let index = at; index >= 0 && index >= at - 1; index--) {
		const part = parts[index]!;
		const before = placesOf(part).filter(
			({ kind, offset, date }) =>
				kind === 'key' && place.date - date <= chartMilliseconds && (index < at || offset < place.offset),
		);
		for (const { offset, date } of before.toReversed()) {
			if (last - date < chartStepMilliseconds) continue;
			if (left-- <= 0) return frames.toReversed();
			last = date;
			const frame = await chartsAt(part.path, offset);
			if (frame) frames.push(frame);
		}
	}
	return frames.toReversed();
}

/** The frame with the charts of those before it. */
function withCharts(frame: KeyFrame, earlier: readonly KeyFrame[]): KeyFrame {
	if (earlier.length === 0) return frame;
	const all = [...earlier, frame];
	const fleets = frame.fleets.map(fleet => {
		const same = all.flatMap(({ fleets }) => fleets.find(({ id }) => id === fleet.id) ?? []);
		const nodes = fleet.nodes.map((node): KeyNode => {
			const own = same.flatMap(({ nodes }) => nodes.find(({ address }) => address === node.address) ?? []);
			return { ...node, series: joinedSlices(own.map(({ series }) => series)) };
		});
		return { ...fleet, nodes, series: joinedSlices(same.map(({ series }) => series)) };
	});
	return { ...frame, fleets };
}
