// Looks at the bytes of a connection before the client library parses them, and tells the moment a reply goes beyond
// its limit (core/reply-limits.ts): the library would build whatever comes, and parse what is nested without end until the
// stack is full. It reads the heads of RESP2 and jumps over what they announce; it builds nothing and keeps nothing.

import {
	deepest,
	longestLine,
	longestReply,
	mostItems,
	type ReplyLimits,
	TooMuch,
} from '../core/reply-limits.ts';

const [CR, LF, PLUS, MINUS, COLON, DOLLAR, STAR] = [13, 10, 43, 45, 58, 36, 42] as const;

/** What was asked, by the number of whole replies since the last call of the guard; undefined where that is not known. */
export type FeatureOf = (repliesSince: number) => string | undefined;

/** Takes chunks as they come; gives what is wrong, once. */
export function guardReplies(
	featureOf: FeatureOf,
	set?: ReplyLimits,
): (chunk: Uint8Array) => Error | undefined {
	/** Parts still to come of each array around the place that is read. */
	const open: number[] = [];
	let head = 0;
	let number = 0;
	let isNegative = false;
	let lineLength = 0;
	/** Bytes to pass over: a bulk and its line end. */
	let skip = 0;
	let length = 0;
	let items = 0;
	let isOver = false;

	return chunk => {
		if (isOver) return undefined;
		let replies = 0;
		const refuse = (what: ConstructorParameters<typeof TooMuch>[1]) => {
			isOver = true;
			return new TooMuch(featureOf(replies), what, set);
		};
		/** One part is whole, and with it the arrays whose last it was. */
		const close = () => {
			for (;;) {
				const left = open.pop();
				if (left === undefined) break;
				if (left > 1) {
					open.push(left - 1);
					return;
				}
			}
			replies++;
			length = 0;
			items = 0;
		};
		const isTooLong = (bytes: number) => bytes > longestReply(featureOf(replies), set);
		for (let at = 0; at < chunk.length; ) {
			if (skip > 0) {
				const passed = Math.min(skip, chunk.length - at);
				skip -= passed;
				at += passed;
				length += passed;
				if (skip === 0) close();
				continue;
			}
			const byte = chunk[at++]!;
			length++;
			if (head === 0) {
				head = byte;
				number = 0;
				lineLength = 0;
				isNegative = false;
				// The types of RESP3 are not for us; of what is no protocol at all the library says so.
				if (byte !== PLUS && byte !== MINUS && byte !== COLON && byte !== DOLLAR && byte !== STAR) {
					isOver = true;
					return /[%~>|(,#_=!]/.test(String.fromCharCode(byte)) ? new Error('Protocol error') : undefined;
				}
				continue;
			}
			if (byte !== LF) {
				if (byte === MINUS && lineLength === 0) isNegative = true;
				else if (byte >= 48 && byte <= 57) number = number * 10 + byte - 48;
				if (byte !== CR && ++lineLength > longestLine) return refuse('line');
				continue;
			}
			const type = head;
			head = 0;
			if (type === DOLLAR && !isNegative) {
				if (isTooLong(length + number)) return refuse('long');
				skip = number + 2;
			} else if (type === STAR && !isNegative && number > 0) {
				items += number;
				if (open.length >= deepest) return refuse('deep');
				if (items > mostItems(featureOf(replies))) return refuse('many');
				open.push(number);
			} else close();
		}
		return isTooLong(length) ? refuse('long') : undefined;
	};
}
