// Small readings of a Reply, for the parsers that take replies apart. A reply comes from a server we do not
// trust to be well: every function here answers `undefined` (or nothing) for a shape it did not expect.
// It does not read the wire: bytes become a Reply in redis/, where the client library lives.

/** An error reply of the server. `text` is the whole line, code first: `NOPERM User x has no permissions…`. */
export type ErrorReply = { readonly error: string };

/** A reply as it came. Strings are byte strings (one char a byte, latin1), so nothing is lost before `printable`. */
export type Reply = string | number | null | ErrorReply | readonly Reply[];

export const isArray = (reply: Reply | undefined): reply is readonly Reply[] => Array.isArray(reply);

/** True for an error reply of the server, whose line is in `error`. */
export function isError(reply: Reply | undefined): reply is ErrorReply {
	return typeof reply === 'object' && reply !== null && !isArray(reply);
}

/** The reply as a byte string; a number in its digits; undefined for nil, errors and arrays. */
export function asText(reply: Reply | undefined): string | undefined {
	if (typeof reply === 'number') return String(reply);
	return typeof reply === 'string' ? reply : undefined;
}

/** A whole number, zero or more, as an integer reply or as digits; undefined for all else. */
export function asCount(reply: Reply | undefined): number | undefined {
	if (typeof reply === 'string') return countIn(reply, 0, reply.length);
	return typeof reply === 'number' && Number.isSafeInteger(reply) && reply >= 0 ? reply : undefined;
}

/**
 * The digits of `text` from `start` to before `end` as a number. Undefined where anything but digits stands there
 * (the `-1` by which servers say "none" too) and beyond 2^53, where a wrapped counter would end.
 */
export function countIn(text: string, start: number, end: number): number | undefined {
	if (start >= end || end - start > 16) return undefined;
	let value = 0;
	for (let index = start; index < end; index++) {
		const digit = text.charCodeAt(index) - 48;
		if (!(digit >= 0 && digit <= 9)) return undefined;
		value = value * 10 + digit;
	}
	return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** `[name, value, name, value…]` as a Map; what is not text and an odd last name are left out. */
export function pairsOf(reply: Reply | undefined): Map<string, string> {
	const pairs = new Map<string, string>();
	if (!isArray(reply)) return pairs;
	for (let index = 0; index + 1 < reply.length; index += 2) {
		const name = asText(reply[index]);
		const value = asText(reply[index + 1]);
		if (name !== undefined && value !== undefined) pairs.set(name, value);
	}
	return pairs;
}

/** Name, value, name, value… with values of any kind. Whatever is not of that form is left out. */
export function fieldsOf(reply: Reply | undefined): ReadonlyMap<string, Reply> {
	const fields = new Map<string, Reply>();
	if (!isArray(reply)) return fields;
	for (let index = 0; index + 1 < reply.length; index += 2) {
		const name = asText(reply[index]);
		if (name !== undefined) fields.set(name, reply[index + 1]!);
	}
	return fields;
}
