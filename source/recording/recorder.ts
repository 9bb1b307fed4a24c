// A session as lines of JSON: a first line that says what it is, then every round as its readings came from the
// servers, and every change of the delay. gzip when the name ends in .gz. Raw replies and not what was made of them,
// so that a recording of today still tells the truth to the parsers of tomorrow. No password is in it: replies to
// AUTH are never part of a reading, and CONFIG GET asks for harmless names only.

import { closeSync } from 'node:fs';
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { Marker } from '../core/markers.ts';
import type { Round } from '../core/types.ts';
import { createFileWriter, type FileWriter, usualLimits } from '../files/file-writer.ts';
import { type Opened, openToAppend, reasonOf } from '../files/safe-file.ts';
import type { ChangeTrack } from '../state/runbook-screen.ts';
import { longestLine } from './lines-of-file.ts';
import { openRecording } from './playable.ts';
import { format, type RecordingHead } from './recorded.ts';

export type Recorder = {
	readonly round: (fleet: number, round: Round) => void;
	readonly delay: (seconds: number, at: number) => void;
	readonly change: (change: ChangeTrack, at: number) => void;
	readonly marker: (marker: Marker) => void;
	/** Settled when everything is in the file; at the latest after `milliseconds`. */
	readonly close: (milliseconds: number) => Promise<void>;
};

/**
 * Opens the file of a recording (mode 600). One that has something in it is not touched without `isAppended`; a segment
 * is added to what is whole only. The problem is one line.
 */
export async function openRecordFile(
	path: string,
	isAppended: boolean,
): Promise<Opened | { readonly problem: string }> {
	const problem = (text: string) => ({ problem: `--record: ${path}: ${text}` });
	const opened = openToAppend(path);
	if ('problem' in opened) return problem(opened.problem);
	const refuse = (text: string) => {
		closeSync(opened.descriptor);
		return problem(text);
	};
	if (opened.size === 0) return opened;
	if (!isAppended) return refuse('it is there already: name another file, or add to it with --append');
	const playable = await openRecording(path);
	if ('problem' in playable) return refuse(playable.problem.replace(`${path}: `, ''));
	if (!path.endsWith('.gz')) {
		playable.close();
		return opened;
	}
	// Behind a compressed file that was cut off nothing can be read.
	while ((await playable.next()) !== undefined);
	return playable.cut() === undefined
		? opened
		: refuse('it was cut off, nothing can be added: name another file');
}

/** The first error while writing is told once; then nothing is written. */
export function createRecorder(
	path: string,
	opened: Opened,
	head: Omit<RecordingHead, 'redisTopRecording'>,
	onProblem: (reason: string) => void,
	limits = usualLimits,
): Recorder {
	const writer = createFileWriter(opened, onProblem, limits);
	const gzip = path.endsWith('.gz') ? createGzip() : undefined;
	gzip?.on('data', chunk => writer.write(chunk));
	gzip?.on('error', error => writer.stop(reasonOf(error)));
	const write = (line: object) => {
		if (writer.isStopped()) return;
		const text = `${JSON.stringify(line)}\n`;
		if (text.length > longestLine) return writer.stop(`a reading is larger than ${longestLine / 2 ** 20}M`);
		if (!gzip) return writer.write(Buffer.from(text));
		gzip.write(text);
		// What is written so far can be read even when this process is killed.
		gzip.flush(constants.Z_SYNC_FLUSH);
		if (gzip.writableLength > limits.bytes) writer.stop('it cannot be compressed fast enough');
	};
	// The last line may have been cut off: the segment begins on a line of its own.
	if (opened.size > 0 && !gzip) writer.write(Buffer.from('\n'));
	write({ redisTopRecording: format, ...head });
	return {
		round: (fleet, round) => write({ round: { ...round, fleet } }),
		delay: (delaySeconds, at) => write({ delaySeconds, at }),
		change: (change, at) =>
			write({ round: { at, isExtra: true, isSettled: true, readings: [], fleet: change.fleet, change } }),
		marker: ({ at, text }) => write({ marker: { at, text } }),
		close: milliseconds => end(writer, gzip, milliseconds),
	};
}

function end(writer: FileWriter, gzip: Gzip | undefined, milliseconds: number): Promise<void> {
	return new Promise(resolve => {
		const done = () => {
			clearTimeout(timer);
			resolve();
		};
		const timer = setTimeout(() => {
			writer.stop('not all of it could be written at the end');
			done();
		}, milliseconds);
		if (writer.isStopped()) return done();
		if (!gzip) return void writer.end().then(done);
		gzip.once('end', () => void writer.end().then(done));
		gzip.end();
	});
}
