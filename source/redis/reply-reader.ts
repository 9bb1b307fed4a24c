// RESP2 as it comes in pieces → replies, for the connections where throughput is the point. Made for many small
// replies: a chunk becomes one latin1 string, from which numbers are read in place and names are cut without a copy.
// So a name holds its whole chunk (64 KB): whoever keeps names for long keeps `ownText` of them.
// It tells errors as `{error}` and does not know which command a reply belongs to.

import {
	deepest,
	longestLine,
	longestReply,
	mostItems,
	type ReplyLimits,
	TooMuch,
} from '../core/reply-limits.ts';
import type { Reply } from '../core/types.ts';

type Open = { readonly items: Reply[]; readonly length: number };

const [CR, PLUS, MINUS, COLON, DOLLAR, STAR] = [13, 43, 45, 58, 36, 42] as const;

/** A copy that does not hold the chunk it was cut from. */
const ownCopy = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

/**
 * Gives a function that takes chunks; `onNonsense` once, when what came is not the protocol, or is more than its limit.
 * `featureOf` says what the reply is to that is being read. Asked after each reply, `isEnough` ends it there: the function
 * says where in the chunk the next one begins, or -1 where it is within one.
 */
export function replyReader(
	onReply: (reply: Reply) => void,
	onNonsense: (why: Error) => void,
	featureOf: () => string | undefined = () => undefined,
	set?: ReplyLimits,
	isEnough: () => boolean = () => false,
): (chunk: Buffer, from?: number) => number {
	const open: Open[] = [];
	/** The begin of a reply whose end has not come, in pieces so that a long one is joined once. */
	let pieces: string[] = [];
	let have = 0;
	/** Characters without which it makes no sense to look again. */
	let need = 0;
	let isBroken = false;
	/** Of the reply that is read: the bytes of it that were read before this text, where in the text it goes on, its limit. */
	let before = 0;
	let begin = 0;
	let limit: number | undefined;
	let items = 0;

	/** A whole value: into the innermost open array, and that one, when full, into the one around it. */
	const take = (value: Reply): void => {
		let whole = value;
		for (;;) {
			const around = open.at(-1);
			if (!around) {
				items = 0;
				limit = undefined;
				onReply(whole);
				return;
			}
			around.items.push(whole);
			if (around.items.length < around.length) return;
			open.pop();
			whole = around.items;
		}
	};
	const giveUp = (why: Error = new Error('Protocol error')): number => {
		isBroken = true;
		onNonsense(why);
		return -1;
	};
	const tooMuch = (what: ConstructorParameters<typeof TooMuch>[1]) =>
		giveUp(new TooMuch(featureOf(), what, set));
	const isTooLong = (end: number) => {
		limit ??= longestReply(featureOf(), set);
		return before + end - begin > limit;
	};

	return (chunk, from = 0) => {
		if (isBroken) return -1;
		let text = chunk.toString('latin1', from);
		if (pieces.length > 0) {
			pieces.push(text);
			have += text.length;
			if (have < need) return -1;
			if (need === 0 && have > longestLine) return tooMuch('line');
			text = pieces.join('');
			pieces = [];
		}
		let at = 0;
		begin = 0;
		need = 0;
		while (at < text.length) {
			const type = text.charCodeAt(at);
			let end = at + 1;
			let number = 0;
			if (type === COLON || type === DOLLAR || type === STAR) {
				const isNegative = text.charCodeAt(end) === MINUS;
				if (isNegative) end++;
				let code = text.charCodeAt(end);
				while (code >= 48 && code <= 57) {
					number = number * 10 + code - 48;
					code = text.charCodeAt(++end);
				}
				if (end + 2 > text.length) break;
				if (code !== CR) return giveUp();
				if (isNegative) number = -number;
				const next = end + 2;
				if (type === COLON) {
					take(number);
					at = next;
				} else if (number < 0) {
					take(null);
					at = next;
				} else if (type === DOLLAR) {
					end = next + number + 2;
					if (isTooLong(end)) return tooMuch('long');
					if (end > text.length) {
						need = end - at;
						break;
					}
					take(text.slice(next, next + number));
					at = end;
				} else {
					if (number === 0) take([]);
					else if (open.length >= deepest) return tooMuch('deep');
					else {
						items += number;
						if (items > mostItems(featureOf())) return tooMuch('many');
						open.push({ items: [], length: number });
					}
					at = next;
				}
			} else if (type === PLUS || type === MINUS) {
				end = text.indexOf('\r\n', at);
				if (end < 0) break;
				const line = ownCopy(text.slice(at + 1, end));
				take(type === PLUS ? line : { error: line });
				at = end + 2;
			} else return giveUp();
			if (isBroken) return -1;
			if (open.length > 0) continue;
			before = 0;
			begin = at;
			if (isEnough()) return chunk.length - (text.length - at);
		}
		if (open.length > 0 && isTooLong(at)) return tooMuch('long');
		before += at - begin;
		if (at >= text.length) return open.length === 0 ? chunk.length : -1;
		const rest = ownCopy(text.slice(at));
		pieces = [rest];
		have = rest.length;
		return -1;
	};
}
