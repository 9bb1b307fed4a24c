// The lines of a file that somebody else may have made: gzip or not, as they are needed, each no longer than a limit, so
// that a line of gigabytes in a small gzip costs what the limit costs.

import { createReadStream, statSync } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip } from 'node:zlib';

export type FileLine = {
	readonly text: string;
	/** From 1. */
	readonly number: number;
	/** False of the last one when it does not end. */
	readonly isWhole: boolean;
};

export type LinesEnd = {
	/** Undefined where the file ended as it should. */
	readonly error?: NodeJS.ErrnoException;
	/** The line with this number is longer than the limit. */
	readonly tooLong?: number;
	/** The gzip ended before its end. */
	readonly isCut?: boolean;
};

export type Lines = {
	readonly next: () => Promise<FileLine | LinesEnd>;
	readonly close: () => void;
};

export const longestLine = 64 * 1024 * 1024;

/** From `start` on, which is where a line begins, or a gzip. */
export function linesOf(path: string, limit = longestLine, start = 0): Lines {
	const file = createReadStream(path, start > 0 ? { start } : undefined);
	const gunzip = path.endsWith('.gz') ? createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }) : undefined;
	let error: NodeJS.ErrnoException | undefined;
	const input = gunzip ? file.pipe(gunzip) : file;
	// A stream that breaks rejects whoever reads it.
	file.on('error', thrown => gunzip?.destroy(thrown));
	const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
	let rest: Buffer[] = [];
	let length = 0;
	let chunk: Buffer | undefined;
	let number = 0;
	let isOver = false;

	const more = async (): Promise<boolean> => {
		try {
			const { value, done } = await chunks.next();
			chunk = done ? undefined : value;
			return !done;
		} catch (thrown) {
			error = thrown as NodeJS.ErrnoException;
			return false;
		}
	};

	const taken = (isWhole: boolean): FileLine => {
		const text = Buffer.concat(rest, length).toString('utf8').replace(/\r$/, '');
		rest = [];
		length = 0;
		return { text, number: ++number, isWhole };
	};

	const keep = (part: Buffer) => {
		if (part.length > 0) rest.push(part);
		length += part.length;
	};

	const close = () => {
		isOver = true;
		rest = [];
		file.destroy();
		gunzip?.destroy();
	};

	return {
		async next() {
			while (!isOver && ((chunk?.length ?? 0) > 0 || (await more()))) {
				const end = chunk!.indexOf(10);
				keep(end < 0 ? chunk! : chunk!.subarray(0, end));
				chunk = end < 0 ? undefined : chunk!.subarray(end + 1);
				if (length > limit) {
					close();
					return { tooLong: number + 1 };
				}
				if (end >= 0) return taken(true);
			}
			if (isOver) return {};
			if (length > 0) return taken(false);
			isOver = true;
			if (error) return { error };
			return gunzip && (await isCutGzip(path, start)) ? { isCut: true } : {};
		},
		close,
	};
}

/**
 * What there is of a gzip is read without asking for its end, or the last lines would be lost with the error. Where
 * they end with a whole line only a second look can tell. A pipe is over when it is over.
 */
async function isCutGzip(path: string, start: number): Promise<boolean> {
	if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
	const drain = new Writable({ write: (_chunk, _encoding, done) => done() });
	return pipeline(createReadStream(path, start > 0 ? { start } : undefined), createGunzip(), drain).then(
		() => false,
		() => true,
	);
}
