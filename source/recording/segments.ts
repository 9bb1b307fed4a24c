// --record DIR: a recorder that stays. A file an hour, each of which can be read by itself, for it begins with a head and
// a key frame; what is older or more than asked for is deleted, and of the folder nothing but such files. Where a file
// can take nothing any more (a full disk) it is said, and a new one is begun when there is room again.

import { lstatSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createFileWriter, type FileWriter } from '../files/file-writer.ts';
import { openToAppend } from '../files/safe-file.ts';
import { type Head, headLine } from './recorder.ts';
import type { Sink } from './tape.ts';

/** By time, by size, or neither. */
export type Keep = { readonly seconds?: number; readonly bytes?: number };

export type Segments = Sink & {
	/** A new file with the next member: see `cut` of the tape. */
	readonly beginNew: () => void;
	readonly close: (milliseconds: number) => Promise<void>;
};

export type SegmentsOptions = {
	readonly folder: string;
	readonly keep: Keep;
	readonly head: () => Head;
	/** Of all files of this run: who reads them knows that nothing is missing between them. */
	readonly session: string;
	/** The time of day. */
	readonly now: () => number;
	/** The time of day of a moment. */
	readonly toDate: (at: number) => number;
	readonly onProblem: (reason: string) => void;
	readonly onRecovered: () => void;
	/** So that a member begins, and a file with it. */
	readonly cut: () => void;
	readonly retryMilliseconds?: number;
	/** As much room as a file needs to be begun with. */
	readonly leastRoom?: number;
	readonly limits?: Parameters<typeof createFileWriter>[2];
};

const hour = 3_600_000;
/** With --keep SIZE a file is at most this part of it: files are what is deleted. */
const partOfSize = 8;
const usualRetry = 5000;
const usualRoom = 4 * 1024 * 1024;

const ownName = /^redis-top-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:-(\d+))?\.jsonl\.gz$/;

type Current = { readonly writer: FileWriter; readonly path: string; readonly hour: number; bytes: number };

export function createSegments(options: SegmentsOptions): Segments {
	const { folder, keep, toDate, cut } = options;
	const { retryMilliseconds = usualRetry, leastRoom = usualRoom } = options;
	let current: Current | undefined;
	let member = 0;
	let segment = 0;
	let isNewWanted = false;
	/** Why nothing can be written now. */
	let problem: string | undefined;
	let isClosed = false;
	let timer: NodeJS.Timeout | undefined;

	const failed = (reason: string) => {
		current = undefined;
		if (isClosed) return;
		if (problem === undefined) options.onProblem(reason);
		problem = reason;
		clearTimeout(timer);
		timer = setTimeout(retry, retryMilliseconds).unref();
	};

	/** A member begins; where there is room a file is begun with it. */
	const retry = () => {
		if (isClosed) return;
		deleteOld(folder, keep, options.now(), undefined);
		if (hasRoom(folder, leastRoom)) return cut();
		timer = setTimeout(retry, retryMilliseconds).unref();
	};

	const open = (at: number): Current | undefined => {
		const date = toDate(at);
		const opened = openNew(folder, date);
		if ('problem' in opened) {
			failed(opened.problem);
			return undefined;
		}
		const writer = createFileWriter(opened.file, failed, options.limits);
		const head = gzipSync(headLine({ ...options.head(), at, session: options.session, segment: ++segment }));
		writer.write(head);
		if (problem !== undefined) options.onRecovered();
		problem = undefined;
		return { writer, path: opened.path, hour: Math.floor(date / hour), bytes: head.length };
	};

	const isOver = ({ hour: began, bytes }: Current, at: number) =>
		isNewWanted ||
		Math.floor(toDate(at) / hour) !== began ||
		(keep.bytes !== undefined && bytes > keep.bytes / partOfSize);

	const beginMember = (at: number) => {
		if (current && isOver(current, at)) {
			void current.writer.end().then(current.writer.close);
			current = undefined;
		}
		isNewWanted = false;
		// It is not said to go on, nor an empty file left behind, each time a member begins while the disk is full.
		if (problem === undefined || hasRoom(folder, leastRoom)) current ??= open(at);
		else if (!current) failed(problem);
		deleteOld(folder, keep, toDate(at), current?.path);
	};

	return {
		bytes(chunk, number, at) {
			// A file begins with a member, or it could not be read.
			if (number !== member) beginMember(at);
			member = number;
			if (!current) return;
			current.writer.write(chunk);
			current.bytes += chunk.length;
		},
		isFlushed: true,
		stop: reason => current?.writer.stop(reason),
		isStopped: () => isClosed,
		beginNew() {
			isNewWanted = true;
		},
		async close(milliseconds) {
			isClosed = true;
			clearTimeout(timer);
			const late = new Promise<void>(resolve => void setTimeout(resolve, milliseconds).unref());
			if (current) await Promise.race([current.writer.end(), late]);
		},
	};
}

const two = (value: number) => String(value).padStart(2, '0');

/** `redis-top-20261130T130000Z`: names are in the order of time in every zone. */
export function segmentName(date: number): string {
	const time = new Date(date);
	const day = `${time.getUTCFullYear()}${two(time.getUTCMonth() + 1)}${two(time.getUTCDate())}`;
	return `redis-top-${day}T${two(time.getUTCHours())}${two(time.getUTCMinutes())}${two(time.getUTCSeconds())}Z`;
}

function openNew(folder: string, date: number) {
	for (let copy = 1; copy < 100; copy++) {
		const path = join(folder, `${segmentName(date)}${copy === 1 ? '' : `-${copy}`}.jsonl.gz`);
		if (lstatSync(path, { throwIfNoEntry: false })) continue;
		const file = openToAppend(path);
		return 'problem' in file ? file : { file, path };
	}
	return { problem: 'too many files of one second' };
}

export type SegmentFile = {
	readonly path: string;
	readonly name: string;
	/** When it began, a time of day. */
	readonly from: number;
	readonly bytes: number;
};

/** The segments of a folder, oldest first: plain files with such a name, and of this user where `isOwn`. */
export function segmentsIn(folder: string, isOwn = false): readonly SegmentFile[] {
	const found = readdirSync(folder).flatMap((name): SegmentFile[] => {
		const from = beganAt(name);
		const path = join(folder, name);
		const stats = from === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
		if (from === undefined || !stats?.isFile()) return [];
		if (isOwn && stats.uid !== process.getuid?.()) return [];
		return [{ path, name, from, bytes: stats.size }];
	});
	return found.sort((a, b) => a.from - b.from || a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
}

function beganAt(name: string): number | undefined {
	const [, year, month, day, hours, minutes, seconds] = (ownName.exec(name) ?? []).map(Number);
	if (year === undefined) return undefined;
	return Date.UTC(year, month! - 1, day, hours, minutes, seconds);
}

/** What is older, or more, than is to be kept. A segment ends where the next one begins; the newest always stays. */
function deleteOld(folder: string, { seconds, bytes }: Keep, now: number, current: string | undefined): void {
	if (seconds === undefined && bytes === undefined) return;
	try {
		const files = segmentsIn(folder, true);
		let all = files.reduce((sum, file) => sum + file.bytes, 0);
		for (const [index, file] of files.entries()) {
			const next = files[index + 1];
			if (!next || file.path === current) break;
			const isOld = seconds !== undefined && now - next.from > seconds * 1000;
			const isTooMuch = bytes !== undefined && all > bytes;
			if (!isOld && !isTooMuch) break;
			rmSync(file.path, { force: true });
			all -= file.bytes;
		}
	} catch {
		// A folder that cannot be read is told of by whoever writes to it.
	}
}

function hasRoom(folder: string, least: number): boolean {
	try {
		const { bavail, bsize } = statfsSync(folder);
		return statSync(folder).isDirectory() && Number(bavail) * Number(bsize) >= least;
	} catch {
		return false;
	}
}
