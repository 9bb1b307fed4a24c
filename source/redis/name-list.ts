// Names of keys as they came from a server or leave for it: places in one piece of memory. A name that is only counted, as
// nearly all of a million are, never becomes a string.

export type NameList = {
	readonly length: number;
	readonly bytes: Buffer;
	/** Two for each: where it begins, and where it ends. */
	readonly places: Int32Array;
};

export const noNames: NameList = { length: 0, bytes: Buffer.alloc(0), places: new Int32Array(0) };

/** As a byte string that stands on its own. */
export const nameAt = ({ bytes, places }: NameList, index: number): string =>
	bytes.toString('latin1', places[2 * index], places[2 * index + 1]);

export const namesOf = (list: NameList): string[] =>
	Array.from({ length: list.length }, (_, index) => nameAt(list, index));

/** Of byte strings. */
export function nameList(names: readonly string[]): NameList {
	const places = new Int32Array(2 * names.length);
	let at = 0;
	for (const [index, name] of names.entries()) {
		places[2 * index] = at;
		at += name.length;
		places[2 * index + 1] = at;
	}
	return { length: names.length, bytes: Buffer.from(names.join(''), 'latin1'), places };
}

/**
 * The call of these words once for each of the names that are wanted (1), as it leaves: the list of them is that of their
 * places in it. Written four bytes at a time: a call into the engine's copying costs more than so few.
 */
export function packCalls(words: readonly string[], names: NameList, isWanted: Uint8Array): NameList {
	const head = Buffer.from(
		`*${words.length + 1}\r\n${words.map(word => `$${word.length}\r\n${word}\r\n`).join('')}$`,
		'latin1',
	);
	const headWords = wordsOf(head);
	const from = new DataView(names.bytes.buffer, names.bytes.byteOffset, names.bytes.length);
	const bytes = Buffer.allocUnsafeSlow(from.byteLength + names.length * (head.length + longestCount + 4) + 4);
	const to = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const places = new Int32Array(2 * names.length);
	let at = 0;
	let length = 0;
	for (let index = 0; index < names.length; index++) {
		if (isWanted[index] !== 1) continue;
		const begin = names.places[2 * index]!;
		const end = names.places[2 * index + 1]!;
		for (let word = 0; word < headWords.length; word++) to.setInt32(at + 4 * word, headWords[word]!, true);
		at = writeCount(to, at + head.length, end - begin);
		to.setUint16(at, lineEnd, true);
		at += 2;
		places[2 * length] = at;
		at =
			end - begin > longName
				? at + names.bytes.copy(bytes, at, begin, end)
				: copyName(from, begin, end, to, at);
		places[2 * length + 1] = at;
		to.setUint16(at, lineEnd, true);
		at += 2;
		length++;
	}
	return { length, bytes: bytes.subarray(0, at), places };
}

const longName = 200;
const lineEnd = 0x0a0d;
const longestCount = 10;

/** As whole numbers, the last one filled up. */
function wordsOf(head: Buffer): Int32Array {
	const words = new Int32Array(Math.ceil(head.length / 4));
	new Uint8Array(words.buffer).set(head);
	return words;
}

/** Gives the place behind it. */
function copyName(from: DataView, begin: number, end: number, to: DataView, at: number): number {
	let place = begin;
	let next = at;
	for (; place + 4 <= end; place += 4, next += 4) to.setInt32(next, from.getInt32(place, true), true);
	for (; place < end; place++, next++) to.setUint8(next, from.getUint8(place));
	return next;
}

/** In digits; gives the place behind them. */
function writeCount(to: DataView, from: number, count: number): number {
	let digits = 1;
	for (let least = 10; count >= least; least *= 10) digits++;
	let left = count;
	for (let at = from + digits - 1; at >= from; at--) {
		to.setUint8(at, 48 + (left % 10));
		left = Math.trunc(left / 10);
	}
	return from + digits;
}
