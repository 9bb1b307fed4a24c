// Where a recording can be begun from: its heads and key frames. In a compressed file each begins a gzip of its own, so
// they are found by its first bytes and not by reading all there is.

import { readFileSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';

export type Place = {
	readonly kind: 'head' | 'key';
	readonly offset: number;
	/** Time of day. Of a head it may be off by what the clock was set since the start. */
	readonly date: number;
	/** So much has to be played of it before a moment that is to be shown, where it says so. */
	readonly runUpMilliseconds?: number;
};

/** As Node writes it: deflate, no flags, no time. What stands there by chance is no head and no key frame. */
const magic = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
const peeked = 4096;
const first =
	/^\{"(?:(key)":\{"at":(-?\d+(?:\.\d+)?)(?:,"clockOffset":(-?\d+(?:\.\d+)?))?(?:,"runUpSeconds":(\d+))?|redisTopRecording":.*?"at":(-?\d+(?:\.\d+)?))/;

/** In the order of the file; none of one that cannot be read. */
export function placesIn(path: string): readonly Place[] {
	let bytes: Buffer;
	try {
		bytes = readFileSync(path);
	} catch {
		return [];
	}
	return path.endsWith('.gz')
		? placesOf(bytes, magic, 0, peekGzip)
		: placesOf(bytes, Buffer.from('\n{"'), 1, peekText);
}

function placesOf(
	bytes: Buffer,
	mark: Buffer,
	skip: number,
	peek: (bytes: Buffer, offset: number) => string,
): readonly Place[] {
	const places: Place[] = [];
	const add = (offset: number) => {
		const found = placeAt(peek(bytes, offset), offset);
		if (found) places.push(found);
	};
	if (skip > 0) add(0);
	for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) add(at + skip);
	return places;
}

function placeAt(text: string, offset: number): Place | undefined {
	const [all, key, keyAt, clockOffset = '0', runUp, headAt] = first.exec(text) ?? [];
	if (all === undefined) return undefined;
	if (key === undefined) return { kind: 'head', offset, date: Number(headAt) };
	const date = Number(keyAt) + Number(clockOffset);
	return { kind: 'key', offset, date, ...(runUp && { runUpMilliseconds: Number(runUp) * 1000 }) };
}

const peekText = (bytes: Buffer, offset: number) => bytes.toString('latin1', offset, offset + 400);

function peekGzip(bytes: Buffer, offset: number): string {
	try {
		const part = bytes.subarray(offset, offset + peeked);
		return gunzipSync(part, { finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1', 0, 400);
	} catch {
		return '';
	}
}
