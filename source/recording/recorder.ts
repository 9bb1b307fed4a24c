// The file of --record: a first line that says what it is, then what the tape brings (see tape.ts). gzip when the name
// ends in .gz. Raw replies and not what was made of them, so that a recording of today still tells the truth to the
// parsers of tomorrow. No password is in it: replies to AUTH are never part of a reading, and CONFIG GET asks for
// harmless names only.

import { closeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { createFileWriter, type FileWriter, usualLimits } from '../files/file-writer.ts';
import { type Opened, openToAppend } from '../files/safe-file.ts';
import { openRecording } from './playable.ts';
import { format, type RecordingHead } from './recorded.ts';
import type { Sink } from './tape.ts';

export type Head = Omit<RecordingHead, 'redisTopRecording'>;

export type FileSink = Sink & {
	/** Settled when everything is in the file; at the latest after `milliseconds`. The tape is closed before. */
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

export const headLine = (head: Head): string => `${JSON.stringify({ redisTopRecording: format, ...head })}\n`;

/** The first error while writing is told once; then nothing is written. */
export function createFileSink(
	path: string,
	opened: Opened,
	head: Head,
	onProblem: (reason: string) => void,
	limits = usualLimits,
): FileSink {
	const writer = createFileWriter(opened, onProblem, limits);
	const isCompressed = path.endsWith('.gz');
	const text = Buffer.from(headLine(head));
	// The last line may have been cut off: the segment begins on a line of its own.
	if (opened.size > 0 && !isCompressed) writer.write(Buffer.from('\n'));
	writer.write(isCompressed ? gzipSync(text) : text);
	return {
		...(isCompressed
			? { bytes: (chunk: Buffer) => writer.write(chunk) }
			: { line: (line: string) => writer.write(Buffer.from(line)) }),
		isFlushed: true,
		stop: writer.stop,
		isStopped: writer.isStopped,
		close: milliseconds => end(writer, milliseconds),
	};
}

function end(writer: FileWriter, milliseconds: number): Promise<void> {
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
		void writer.end().then(done);
	});
}
