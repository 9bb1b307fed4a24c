// A recording as it is read: its head, then line by line. What is whole is played, also of a file that was cut off; what
// is wrong in the middle ends it with the number of the line. Nothing is trusted: see recorded.ts.

import type { Reading } from '../core/types.ts';
import type { KeyFrame } from '../state/key-frame.ts';
import { type FileLine, type Lines, type LinesEnd, linesOf, longestLine } from './lines-of-file.ts';
import {
	chartsFrom,
	headFrom,
	lineFrom,
	type RecordedLine,
	type RecordingHead,
	type FileLine as ToldLine,
} from './recorded.ts';
import { createRepliesKnown } from './replies-known.ts';

/** Characters: who writes keeps far less, so only a file that somebody made reaches it. */
const mostKnown = 256 * 1024 * 1024;

export type Playable = {
	readonly head: RecordingHead;
	/** The next line; undefined at the end. */
	readonly next: () => Promise<RecordedLine | undefined>;
	/** Why the recording ended before its end, once it has: it was cut off in the middle of a line. */
	readonly cut: () => string | undefined;
	/** What is wrong with the line that it ended at: `FILE: line 7: …`. */
	readonly wrong: () => string | undefined;
	/** So many lines were left out: only a newer redis-top can read them. */
	readonly leftOut: () => number;
	readonly close: () => void;
};

/**
 * Opens a recording; the problem is one line that says why it is none. Lines are read as they are needed. `from` is where
 * a key frame or a head in it begins (places.ts): what is before it is not read.
 */
export async function openRecording(
	path: string,
	from = 0,
): Promise<Playable | { readonly problem: string }> {
	const lines = linesOf(path);
	const first = await lines.next();
	const problem = (text: string) => {
		lines.close();
		return { problem: `${path}: ${text}` };
	};
	if (!('text' in first)) return problem(whyNone(first));
	const value = parsed(first.text);
	const head = headFrom(value);
	if ('wrong' in head)
		return problem(
			head.wrong.startsWith('not a') || head.wrong.startsWith('made by')
				? head.wrong
				: `line 1: ${head.wrong}`,
		);
	if (from === 0) return { head, ...readLines(path, lines), close: lines.close };
	lines.close();
	const rest = linesOf(path, longestLine, from);
	return { head, ...readLines(path, rest), close: rest.close };
}

function readLines(path: string, lines: Lines): Pick<Playable, 'next' | 'cut' | 'wrong' | 'leftOut'> {
	let cut: string | undefined;
	let problem: string | undefined;
	let lastAt: number | undefined;
	let leftOut = 0;
	let ahead: FileLine | LinesEnd | undefined;
	const cutOff = () => {
		const until = lastAt === undefined ? 'before its first reading' : `at ${new Date(lastAt).toISOString()}`;
		cut = `the recording is cut off ${until}`;
		return undefined;
	};
	const wrong = (text: string) => {
		problem = `${path}: ${text}`;
		lines.close();
		return undefined;
	};
	const take = async () => {
		const line = ahead ?? (await lines.next());
		ahead = undefined;
		return line;
	};

	const known = createRepliesKnown(mostKnown);
	/** With every reply as it was; undefined where it rests on one that is not there. */
	const whole = (line: ToldLine): RecordedLine | undefined => {
		if ('head' in line) known.forget();
		if ('key' in line) {
			known.forget();
			const readings: KeyFrame['readings'][number][] = [];
			for (const { fleet, reading } of line.key.readings) {
				const whole = known.decode(fleet, reading);
				if (!whole) return undefined;
				readings.push({ fleet, reading: whole });
			}
			return { key: { ...line.key, readings } };
		}
		if (!('round' in line)) return line;
		const readings: Reading[] = [];
		for (const each of line.round.readings) {
			const reading = known.decode(line.round.fleet, each);
			if (!reading) return undefined;
			readings.push(reading);
		}
		return { round: { ...line.round, readings } };
	};

	const next = async (): Promise<RecordedLine | undefined> => {
		if (cut ?? problem) return undefined;
		const read = await take();
		if (!('text' in read)) {
			if (read.tooLong !== undefined)
				return wrong(`line ${read.tooLong}: longer than ${longestLine / 2 ** 20}M`);
			return (read.error ?? read.isCut) ? cutOff() : undefined;
		}
		// What is between the segments.
		if (read.text === '') return next();
		const value = parsed(read.text);
		if (value === undefined) {
			// The end of a session that was killed; behind it a further one may have been added.
			if (!read.isWhole) return cutOff();
			ahead = await lines.next();
			const isSegment = 'text' in ahead && (ahead.text === '' || /^\{"redisTopRecording":/.test(ahead.text));
			return isSegment ? next() : wrong(`line ${read.number}: not JSON`);
		}
		const told = lineFrom(value);
		if (told === 'unknown') {
			leftOut++;
			return next();
		}
		if ('wrong' in told) return wrong(`line ${read.number}: ${told.wrong}`);
		const line = whole(told);
		if (line === undefined) return wrong(`line ${read.number}: what it says has changed is not there`);
		lastAt = atOf(line);
		return line;
	};
	return { next, cut: () => cut, wrong: () => problem, leftOut: () => leftOut };
}

/** The key frame that begins there (places.ts), as far as charts and what happened need it. */
export async function chartsAt(path: string, offset: number): Promise<KeyFrame | undefined> {
	const lines = linesOf(path, longestLine, offset);
	const line = await lines.next();
	lines.close();
	return 'text' in line && line.isWhole ? chartsFrom(parsed(line.text)) : undefined;
}

/** The time of day of the last round or key frame behind a place; nothing in between is looked at. */
export async function lastDateIn(path: string, offset: number): Promise<number | undefined> {
	const lines = linesOf(path, longestLine, offset);
	let last: string | undefined;
	for (let line = await lines.next(); 'text' in line; line = await lines.next())
		if (line.isWhole && /^\{"(?:round|key)":/.test(line.text)) last = line.text;
	const told = last === undefined ? undefined : (parsed(last) as Partial<Record<'round' | 'key', unknown>>);
	const { at, clockOffset = 0 } = (told?.round ?? told?.key ?? {}) as { at?: unknown; clockOffset?: unknown };
	return typeof at === 'number' && typeof clockOffset === 'number' ? at + clockOffset : undefined;
}

/** When the line is of, on the clock of its session. */
export const atOf = (line: RecordedLine): number =>
	'round' in line
		? line.round.at
		: 'head' in line
			? line.head.at
			: 'marker' in line
				? line.marker.at
				: 'asked' in line
					? line.asked.at
					: 'key' in line
						? line.key.at
						: line.at;

/** Undefined for what is not JSON. */
function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function whyNone({ error, tooLong }: LinesEnd): string {
	if (tooLong !== undefined) return `line ${tooLong}: longer than ${longestLine / 2 ** 20}M`;
	if (!error) return 'not a recording of redis-top';
	if (error.code === 'ENOENT') return 'no such file';
	if (error.code === 'EACCES') return 'no permission';
	if (error.code === 'EISDIR') return 'it is a folder';
	return error.code?.startsWith('Z_')
		? 'not a recording of redis-top (not gzip either)'
		: (error.code ?? error.message);
}
