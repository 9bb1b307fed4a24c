// The two kinds of replies that a scan has by the million, read from the bytes as they came: numbers, and names of SCAN. No
// object and no string for each. What is anything else, or longer than usual, is left to the reader of all replies
// (reply-reader.ts), which also knows the limits.

import { asText, isArray, isError } from '../core/reply.ts';
import { mostItems } from '../core/reply-limits.ts';
import type { ErrorReply, Reply } from '../core/types.ts';
import { type NameList, nameList } from './name-list.ts';

const [CR, COLON, DOLLAR, MINUS, STAR] = [13, 58, 36, 45, 42] as const;

/** Instead of a place: the rest has not come yet. */
export const unfinished = -1;
/** Instead of a place: something else, for the other reader. */
export const foreign = -2;

/** Digits of a number that is safe as it is. */
const mostDigits = 15;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/**
 * Puts numbers behind each other until there are `most`, or something else comes. Gives the place behind the last:
 * `from` where there was none.
 */
export function readNumbers(bytes: Buffer, from: number, into: Reply[], most: number): number {
	let at = from;
	while (into.length < most && at + 1 < bytes.length && bytes[at] === COLON) {
		const isNegative = bytes[at + 1] === MINUS;
		const begin = at + (isNegative ? 2 : 1);
		let end = begin;
		let number = 0;
		for (; end < bytes.length && isDigit(bytes[end]!); end++) number = number * 10 + bytes[end]! - 48;
		if (end + 2 > bytes.length || bytes[end] !== CR || end === begin || end - begin > mostDigits) return at;
		into.push(isNegative ? -number : number);
		at = end + 2;
	}
	return at;
}

/** What stands where a number could: nil or an error, of a key that is gone or not ours to read. */
export function otherThanNumber(
	bytes: Buffer,
	at: number,
): { readonly reply: Reply; readonly end: number } | typeof unfinished | typeof foreign {
	const left = bytes.length - at;
	if (bytes[at] === COLON) {
		const end = bytes.indexOf(CR, at);
		return left < mostDigits + 4 && (end < 0 || end + 1 === bytes.length) ? unfinished : foreign;
	}
	if (bytes[at] === DOLLAR) {
		if (left < nil.length) return unfinished;
		return bytes.toString('latin1', at, at + nil.length) === nil
			? { reply: null, end: at + nil.length }
			: foreign;
	}
	const end = bytes[at] === MINUS ? bytes.indexOf('\r\n', at) : -1;
	return end < 0 ? foreign : { reply: { error: bytes.toString('latin1', at + 1, end) }, end: end + 2 };
}

const nil = '$-1\r\n';

/** What SCAN answers: names, and the cursor to go on by. */
export type NamesReply = { readonly cursor: string; readonly names: NameList };

/** The same of a reply that was read otherwise; undefined where it is none of SCAN. */
export function namesReplyOf(reply: Reply | undefined): NamesReply | ErrorReply | undefined {
	if (isError(reply)) return reply;
	const cursor = isArray(reply) ? asText(reply[0]) : undefined;
	const names = isArray(reply) && isArray(reply[1]) ? reply[1] : undefined;
	if (cursor === undefined || !names) return undefined;
	return { cursor, names: nameList(names.filter(name => typeof name === 'string')) };
}

export type NamesReader = {
	/**
	 * Reads on in a reply that begins at `from`: gives the place behind it, `unfinished` (then it is asked again with
	 * more bytes of the same) or `foreign`.
	 */
	readonly read: (bytes: Buffer, from: number) => number;
	/** Of the reply that was read to its end. */
	readonly take: () => NamesReply;
	readonly reset: () => void;
};

export function createNamesReader(): NamesReader {
	let at = 0;
	/** Read so far, from where the reply begins. */
	let done = 0;
	let cursor: string | undefined;
	let places: Int32Array | undefined;
	let length = 0;
	let found: NamesReply | undefined;

	function reset(): void {
		done = 0;
		cursor = undefined;
		places = undefined;
		length = 0;
	}

	/** The number of a line like `$12`, or why there is none. */
	function count(bytes: Buffer, type: number): number {
		if (at >= bytes.length) return unfinished;
		if (bytes[at] !== type) return foreign;
		let end = at + 1;
		let number = 0;
		for (; end < bytes.length && isDigit(bytes[end]!); end++) number = number * 10 + bytes[end]! - 48;
		if (end - at > mostDigits) return foreign;
		if (end + 2 > bytes.length) return unfinished;
		if (bytes[end] !== CR || end === at + 1) return foreign;
		at = end + 2;
		return number;
	}

	function readBegin(bytes: Buffer): number {
		const parts = count(bytes, STAR);
		if (parts < 0) return parts;
		if (parts !== 2) return foreign;
		const digits = count(bytes, DOLLAR);
		if (digits < 0) return digits;
		const begin = at;
		at += digits + 2;
		const many = count(bytes, STAR);
		if (many < 0) return many;
		if (many > mostItems('scan')) return foreign;
		cursor = bytes.toString('latin1', begin, begin + digits);
		places = new Int32Array(2 * many);
		return 0;
	}

	function readNames(bytes: Buffer, from: number, into: Int32Array): number {
		while (2 * length < into.length) {
			const before = at;
			const size = count(bytes, DOLLAR);
			if (size < 0) return size;
			if (at + size + 2 > bytes.length) {
				at = before;
				return unfinished;
			}
			into[2 * length] = at - from;
			into[2 * length + 1] = at + size - from;
			length++;
			at += size + 2;
		}
		return 0;
	}

	return {
		reset,
		take: () => found!,
		read(bytes, from) {
			at = from + done;
			const begun = cursor === undefined ? readBegin(bytes) : 0;
			if (begun < 0) {
				if (begun === foreign) reset();
				return begun;
			}
			const read = readNames(bytes, from, places!);
			done = at - from;
			if (read === unfinished) return unfinished;
			if (read === 0)
				found = { cursor: cursor!, names: { length, bytes: bytes.subarray(from, at), places: places! } };
			reset();
			return read === 0 ? at : foreign;
		},
	};
}
