// A session as lines of JSON: a first line that says what it is, then every round as its readings came from the
// servers, and every change of the delay. gzip when the name ends in .gz. Raw replies and not what was made of them,
// so that a recording of today still tells the truth to the parsers of tomorrow. No password is in it: replies to
// AUTH are never part of a reading, and CONFIG GET asks for harmless names only.

import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { constants, createGunzip, createGzip, type Gzip } from 'node:zlib';
import type { Bounds } from './core/fleet/allow.ts';
import type { Round } from './core/types.ts';
import type { ChangeTrack } from './state/runbook-screen.ts';

/** Raised when an older redis-top could not read what is written. */
const format = 1;

export type RecordingHead = {
	readonly redisTopRecording: number;
	readonly version: string;
	readonly at: number;
	readonly delaySeconds: number;
	readonly fleets: readonly {
		readonly id: number;
		readonly name: string;
		readonly seeds: readonly string[];
		/** Whom discovery could dial; not in older recordings. */
		readonly bounds?: Bounds;
	}[];
	readonly isDiscoveryOn: boolean;
};

/**
 * A round, with the fleet it is of. A change that was made stands in a round without readings, so that an older
 * redis-top reads past it.
 */
export type RecordedRound = Round & { readonly fleet: number; readonly change?: ChangeTrack };

/** One line after the head: a round, or a new delay from here on. */
export type RecordedLine =
	| { readonly round: RecordedRound }
	| { readonly delaySeconds: number; readonly at: number };

export type Recorder = {
	readonly round: (fleet: number, round: Round) => void;
	readonly delay: (seconds: number, at: number) => void;
	readonly change: (change: ChangeTrack, at: number) => void;
	/** Settled when everything is in the file; at the latest after `milliseconds`. */
	readonly close: (milliseconds: number) => Promise<void>;
};

/** Opens the file (mode 600, an existing one is replaced). The first error while writing is told once; then nothing is written. */
export function createRecorder(
	path: string,
	head: Omit<RecordingHead, 'redisTopRecording'>,
	onProblem: (text: string) => void,
): Recorder {
	const file = createWriteStream(path, { mode: 0o600 });
	const gzip = path.endsWith('.gz') ? createGzip() : undefined;
	gzip?.pipe(file);
	let isBroken = false;
	const fail = (error: NodeJS.ErrnoException) => {
		if (isBroken) return;
		isBroken = true;
		onProblem(`recording stopped: ${path}: ${reasonOf(error)}`);
	};
	file.on('error', fail);
	gzip?.on('error', fail);
	const write = (line: object) => {
		if (isBroken) return;
		(gzip ?? file).write(`${JSON.stringify(line)}\n`);
		// What is written so far can be read even when this process is killed.
		gzip?.flush(constants.Z_SYNC_FLUSH);
	};
	write({ redisTopRecording: format, ...head });
	return {
		round: (fleet, round) => write({ round: { ...round, fleet } }),
		delay: (delaySeconds, at) => write({ delaySeconds, at }),
		change: (change, at) =>
			write({ round: { at, isExtra: true, isSettled: true, readings: [], fleet: change.fleet, change } }),
		close: milliseconds => end(file, gzip, milliseconds),
	};
}

function end(file: WriteStream, gzip: Gzip | undefined, milliseconds: number): Promise<void> {
	return new Promise(resolve => {
		const timer = setTimeout(resolve, milliseconds);
		const done = () => {
			clearTimeout(timer);
			resolve();
		};
		file.on('close', done);
		file.on('error', done);
		(gzip ?? file).end();
	});
}

function reasonOf(error: NodeJS.ErrnoException): string {
	if (error.code === 'ENOSPC') return 'the disk is full';
	if (error.code === 'EACCES') return 'no permission';
	if (error.code === 'ENOENT') return 'no such folder';
	return error.code ?? error.message;
}

// ---------------------------------------------------------------------------------------------------------
// Reading

export type Playable = {
	readonly head: RecordingHead;
	/** The next line; undefined at the end. */
	readonly next: () => Promise<RecordedLine | undefined>;
	/** Why the recording ended before its end, once it has: it was cut off in the middle of a line. */
	readonly cut: () => string | undefined;
	readonly close: () => void;
};

/** Opens a recording; the problem is one line that says why it is none. Lines are read as they are needed. */
export async function openRecording(path: string): Promise<Playable | { readonly problem: string }> {
	const file = createReadStream(path);
	let broken: NodeJS.ErrnoException | undefined;
	const input = path.endsWith('.gz')
		? file.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }))
		: file;
	const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
	for (const stream of new Set<NodeJS.ReadableStream>([file, input])) {
		stream.on('error', (error: NodeJS.ErrnoException) => {
			broken ??= error;
			lines.close();
		});
	}
	const iterator = lines[Symbol.asyncIterator]();
	// A stream that breaks rejects the line that was asked for: for us that is the end, and `broken` says why.
	const nextLine = (): Promise<IteratorResult<string>> =>
		iterator.next().catch((error: NodeJS.ErrnoException) => {
			broken ??= error;
			return { done: true, value: undefined };
		});
	const first = await nextLine();
	if (broken && first.done) return { problem: `${path}: ${unreadable(broken)}` };
	const head = headOf(first.done ? '' : first.value);
	if ('problem' in head) return { problem: `${path}: ${head.problem}` };
	return { head, ...readLines(nextLine, () => broken !== undefined), close: () => lines.close() };
}

function readLines(
	nextLine: () => Promise<IteratorResult<string>>,
	isBroken: () => boolean,
): Pick<Playable, 'next' | 'cut'> {
	let cut: string | undefined;
	let lastAt: number | undefined;
	const cutOff = () => {
		const until = lastAt === undefined ? 'before its first reading' : `at ${new Date(lastAt).toISOString()}`;
		cut = `the recording is cut off ${until}`;
		return undefined;
	};
	return {
		cut: () => cut,
		async next() {
			const { value, done } = await nextLine();
			if (done) return isBroken() ? cutOff() : undefined;
			const line = lineOf(value);
			if (!line) return cutOff();
			lastAt = 'round' in line ? line.round.at : line.at;
			return line;
		},
	};
}

function headOf(text: string): RecordingHead | { readonly problem: string } {
	const notOne = { problem: 'not a recording of redis-top' };
	const head = parse(text) as Partial<RecordingHead> | undefined;
	if (typeof head?.redisTopRecording !== 'number' || !Array.isArray(head.fleets)) return notOne;
	if (head.redisTopRecording > format)
		return {
			problem: `made by a newer redis-top (${head.version}): this one reads recordings of format ${format}`,
		};
	return head as RecordingHead;
}

function lineOf(text: string): RecordedLine | undefined {
	const line = parse(text) as Partial<{ round: RecordedRound; delaySeconds: number; at: number }> | undefined;
	if (line?.round && Array.isArray(line.round.readings) && typeof line.round.at === 'number')
		return { round: line.round };
	if (typeof line?.delaySeconds === 'number' && typeof line.at === 'number')
		return { delaySeconds: line.delaySeconds, at: line.at };
	return undefined;
}

function parse(text: string): unknown {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === 'object' && value !== null ? value : undefined;
	} catch {
		return undefined;
	}
}

function unreadable(error: NodeJS.ErrnoException): string {
	if (error.code === 'ENOENT') return 'no such file';
	if (error.code === 'EACCES') return 'no permission';
	if (error.code === 'EISDIR') return 'it is a folder';
	return error.code?.startsWith('Z_')
		? 'not a recording of redis-top (not gzip either)'
		: (error.code ?? error.message);
}
