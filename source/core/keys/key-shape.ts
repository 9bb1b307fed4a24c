// The shape of one key name, decided from the name alone: `cart:{8841}:items` → `cart:{*}:items`. A name is cut at its
// separators; what looks made by a program (numbers, dates, addresses, hex, uuids, random letters, bytes that are no
// text) becomes `*`, and so does what stands in a hash tag. Words stay: whether a word is one of many names is not seen
// in one key, key-patterns.ts finds that out from all of them.

/** Longer names are cut here, the rest is `*`: a pattern is read by people. */
const longestRead = 256;
const deepest = 12;
const longestTag = 64;

/** These part a name first: what stands between two of them is judged as a whole (`203.0.113.10`, a uuid). */
const isOuter = (code: number) => code === 58 || code === 47 || code === 124;
/** `. - _ # @ , ; = ~` and space part what is left. */
const isInner = (code: number) =>
	code === 46 ||
	code === 45 ||
	code === 95 ||
	code === 35 ||
	code === 64 ||
	code === 44 ||
	code === 59 ||
	code === 61 ||
	code === 126 ||
	code === 32;

// Made once: a text put together anew for every key would cost more than all the rest.
const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
const stars = ascii.map(separator => `${separator}*`);
const starTags = ascii.map(separator => `${separator}{*}`);

/** `*` with the separator that stands from `start` to `body`, if there is one. */
const starAt = (key: string, start: number, body: number) =>
	body > start ? stars[key.charCodeAt(start)]! : '*';

/**
 * The parts of a key's shape, each with the separator before it: `['cart', ':{*}', ':items']`. Joined they are the
 * pattern. At most 13 parts, never none.
 */
export function shapeOf(key: string): string[] {
	const parts: string[] = [];
	const end = Math.min(key.length, longestRead);
	readParts(key, 0, end, hashTag(key, end), parts);
	if (parts.length > deepest || end < key.length) {
		const rest = parts.length > deepest ? starOf(parts[deepest]!) : '*';
		parts.length = Math.min(parts.length, deepest);
		parts.push(rest);
	}
	return parts;
}

/** What stands for any part in this one's place: `:profile` → `:*`, `{user:*}` → `{*}`. */
export function starOf(part: string): string {
	const code = part.charCodeAt(0);
	const separator = isOuter(code) || isInner(code) ? part[0]! : '';
	return part.charCodeAt(separator.length) === 123 && part.endsWith('}') && part.length > separator.length + 2
		? `${separator}{*}`
		: `${separator}*`;
}

type Tag = { readonly open: number; readonly close: number };

// The part between the first { and the first } after it decides the slot, if it is not empty (keyHashSlot).
function hashTag(key: string, end: number): Tag | undefined {
	const open = key.indexOf('{');
	if (open < 0 || open >= end) return undefined;
	const close = key.indexOf('}', open + 1);
	return close < 0 || close === open + 1 || close >= end ? undefined : { open, close };
}

function readParts(key: string, from: number, end: number, tag: Tag | undefined, parts: string[]): void {
	let at = from;
	while (at < end) {
		const start = at;
		if (isOuter(key.charCodeAt(at))) at++;
		if (tag && at === tag.open) {
			parts.push(tagAt(key, start, at, tag));
			at = tag.close + 1;
			continue;
		}
		const bodyStart = at;
		while (at < end && !isOuter(key.charCodeAt(at)) && at !== tag?.open) at++;
		readSegment(key, start, bodyStart, at, parts);
	}
	if (end === from) parts.push('');
}

function tagAt(key: string, start: number, at: number, { open, close }: Tag): string {
	const isName = close - open <= longestTag && firstOuter(key, open + 2, close) < close;
	if (!isName) return at > start ? starTags[key.charCodeAt(start)]! : '{*}';
	// A tag of several parts is a name of its own: `{user:1000}` → `{user:*}`.
	const parts: string[] = [];
	readParts(key, open + 1, close, undefined, parts);
	return `${key.slice(start, at)}{${parts.join('')}}`;
}

function firstOuter(key: string, from: number, end: number): number {
	let at = from;
	while (at < end && !isOuter(key.charCodeAt(at))) at++;
	return at;
}

/** One segment between outer separators, `start` to `bodyStart` being the separator before it. */
function readSegment(key: string, start: number, bodyStart: number, end: number, parts: string[]): void {
	const inner = firstInner(key, bodyStart, end);
	if (bodyStart === end || inner === end) {
		if (end > start) parts.push(labelOf(key, start, bodyStart, end));
		return;
	}
	if (isMade(key, bodyStart, end)) {
		parts.push(starAt(key, start, bodyStart));
		return;
	}
	let partStart = start;
	let body = bodyStart;
	for (let at = inner; ; at = firstInner(key, body, end)) {
		const label = labelOf(key, partStart, body, at);
		// `2026-08-01T10` and the like: one made thing behind another says nothing more.
		const isRun =
			partStart !== start && label.endsWith('*') && label.length <= 2 && parts.at(-1)!.endsWith('*');
		if (!isRun && label !== '') parts.push(label);
		if (at >= end) return;
		partStart = at;
		body = at + 1;
	}
}

function firstInner(key: string, from: number, end: number): number {
	let at = from;
	while (at < end && !isInner(key.charCodeAt(at))) at++;
	return at;
}

// Only digits and inner separators (a date, an IPv4 address, a decimal), or hexadecimal digits and dashes (a uuid).
function isMade(key: string, from: number, end: number): boolean {
	let digits = 0;
	let letters = 0;
	for (let at = from; at < end; at++) {
		const code = key.charCodeAt(at);
		if (code >= 48 && code <= 57) digits++;
		else if (isHexLetter(code)) letters++;
		else if (!isInner(code)) return false;
	}
	return digits > 0 && (letters === 0 || (end - from >= 16 && digits >= 4));
}

const isHexLetter = (code: number) => (code >= 97 && code <= 102) || (code >= 65 && code <= 70);

/** A part without inner separators: as it is, `*`, or a word with its number taken out (`user*`). */
function labelOf(key: string, start: number, from: number, end: number): string {
	let runs = 0;
	let runStart = 0;
	let runEnd = 0;
	let hexDigits = 0;
	let isText = true;
	for (let at = from; at < end; at++) {
		const code = key.charCodeAt(at);
		if (code >= 48 && code <= 57) {
			if (runs === 0 || at !== runEnd) {
				runs++;
				runStart = at;
			}
			runEnd = at + 1;
			hexDigits++;
		} else if (isHexLetter(code)) hexDigits++;
		else if (code < 32 || code === 127) isText = false;
	}
	const length = end - from;
	const isHex = hexDigits === length && length >= 8;
	if (!isText || runs > 1 || isHex || length > 48) return starAt(key, start, from);
	if (runs === 0 || isVersion(key, from, runStart, runEnd, end)) return key.slice(start, end);
	// A number within random letters (base64 and the like), not `checkout2`.
	if (length >= 16 && isMixedCase(key, from, end)) return starAt(key, start, from);
	return `${key.slice(start, runStart)}*${key.slice(runEnd, end)}`;
}

// `v1`: the layout of the values, and there are few of them.
function isVersion(key: string, from: number, runStart: number, runEnd: number, end: number): boolean {
	const code = key.charCodeAt(from);
	return (code === 118 || code === 86) && runStart === from + 1 && runEnd === end && end - runStart <= 3;
}

function isMixedCase(key: string, from: number, end: number): boolean {
	let hasUpper = false;
	let hasLower = false;
	for (let at = from; at < end; at++) {
		const code = key.charCodeAt(at);
		if (code >= 65 && code <= 90) hasUpper = true;
		else if (code >= 97 && code <= 122) hasLower = true;
	}
	return hasUpper && hasLower;
}
