// A recording to play, as a file or as a folder of them, from its start or from any moment: nothing before the key frame
// that is nearest has to be read, but for what the charts show of the hour before it.

import { statSync } from 'node:fs';
import { joinedSlices, type KeyFrame, type KeyNode } from '../state/key-frame.ts';
import { type Place, placesIn } from './places.ts';
import { openRecording, type Playable } from './playable.ts';
import type { RecordedLine } from './recorded.ts';
import { segmentsIn } from './segments.ts';

export type Span = { readonly from: number; readonly to: number };

export type Replayable = Playable & {
	/** The next line is the last key frame that lies so far before this time of day, or what comes nearest to it. */
	readonly seek: (date: number) => Promise<void>;
	/** When such came, in order, of what the key frames tell; undefined where there are none. */
	readonly moments: (kind: 'event' | 'finding' | 'marker') => Promise<readonly number[] | undefined>;
	/** Times of day of its begin and its end. */
	readonly span: () => Promise<Span>;
};

type Part = { readonly path: string; readonly from: number };

/** What is played before the moment that is asked for: findings have had their readings, rates their two. */
const runUpMilliseconds = 30_000;
/** Nodes times key frames whose charts are read. */
const mostChartParts = 1200;
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

	return {
		head,
		next,
		cut: () => current.cut(),
		wrong: () => current.wrong(),
		close: () => current.close(),
		async seek(date) {
			const wanted = date - runUpMilliseconds;
			for (let at = partAt(wanted); at >= 0; at--) {
				const found = placesOf(parts[at]!).findLast(({ date, kind }) => kind === 'key' && date <= wanted);
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
				const earlier = await framesBefore(parts, at, found, placesOf, line.key);
				ahead.push({ head: current.head }, { key: withCharts(line.key, earlier) });
				return;
			}
		},
		async moments(kind) {
			const hasKeys = parts.some(part => placesOf(part).some(place => place.kind === 'key'));
			return hasKeys ? (await timeline(parts, placesOf))[kind] : undefined;
		},
		async span() {
			const to = await endOf(parts, placesOf);
			return { from: head.at, to: Math.max(head.at, to) };
		},
	};
}

type Timeline = Readonly<Record<'event' | 'finding' | 'marker', readonly number[]>>;

/** Of all that key frames, and the markers between them, tell. */
async function timeline(
	parts: readonly Part[],
	placesOf: (part: Part) => readonly Place[],
): Promise<Timeline> {
	const found = { event: new Set<number>(), finding: new Set<number>(), marker: new Set<number>() };
	for (const part of parts) {
		for (const { offset, kind } of placesOf(part)) {
			if (kind !== 'key') continue;
			const opened = await openRecording(part.path, offset);
			const line = 'problem' in opened ? undefined : await opened.next();
			if (!('problem' in opened)) opened.close();
			if (!line || !('key' in line)) continue;
			const { fleets, markers, clockOffset = 0 } = line.key;
			for (const { kind: told, at } of fleets.flatMap(({ events }) => events)) {
				found.event.add(at + clockOffset);
				if (told === 'finding') found.finding.add(at + clockOffset);
			}
			for (const { at } of markers) found.marker.add(at + clockOffset);
		}
	}
	const sorted = (dates: ReadonlySet<number>) => [...dates].sort((a, b) => a - b);
	return { event: sorted(found.event), finding: sorted(found.finding), marker: sorted(found.marker) };
}

/** The time of day of the last line; read from the last key frame on. */
async function endOf(parts: readonly Part[], placesOf: (part: Part) => readonly Place[]): Promise<number> {
	for (const part of parts.toReversed()) {
		const opened = await openRecording(
			part.path,
			placesOf(part).findLast(({ kind }) => kind === 'key')?.offset,
		);
		if ('problem' in opened) continue;
		let last: number | undefined;
		for (let line = await opened.next(); line; line = await opened.next()) last = dateOf(line) ?? last;
		opened.close();
		if (last !== undefined) return last;
	}
	return Number.NEGATIVE_INFINITY;
}

/** Time of day, where the line tells what the clock was set. */
function dateOf(line: RecordedLine): number | undefined {
	if ('round' in line) return line.round.at + (line.round.clockOffset ?? 0);
	return 'key' in line ? line.key.at + (line.key.clockOffset ?? 0) : undefined;
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
	for (let index = at; index >= 0 && index >= at - 1; index--) {
		const part = parts[index]!;
		const before = placesOf(part).filter(
			({ kind, offset, date }) =>
				kind === 'key' && place.date - date <= chartMilliseconds && (index < at || offset < place.offset),
		);
		for (const { offset } of before.toReversed()) {
			if (left-- <= 0) return frames.toReversed();
			const opened = await openRecording(part.path, offset);
			if ('problem' in opened) continue;
			const line = await opened.next();
			opened.close();
			if (line && 'key' in line) frames.push(line.key);
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
