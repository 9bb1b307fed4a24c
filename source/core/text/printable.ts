// What servers and their clients name (keys, clients, hosts, commands, errors) → text that is safe on any terminal.
// Such names are bytes anybody may choose: escape sequences that repaint the screen, characters that turn the reading
// order, letters of no width that hide. What is plain UTF-8 text is shown as it is; anything else is quoted as
// redis-cli does, so that it can be copied back. Nothing that is given back moves a cursor, and doing it twice is
// doing it once. It does not cut to a column: that is `fit`.

export { displayWidth, fit, fitMiddle, isOneCellEach } from './display-width.ts';

const plainAscii = /^[\x20-\x7e]*$/;

/** Longer names are cut, with how much is missing: a name may be 512 MB and no screen is. */
const longestName = 4096;

/** A byte string (one char a byte) as text for a terminal; quoted where it is not plain UTF-8 text; ASCII if quoted. */
export function printable(bytes: string, limit = longestName): string {
	if (bytes.length > limit) {
		const end = sequenceStart(bytes, limit);
		return `${printable(bytes.slice(0, end), limit)}... (${bytes.length - end} more)`;
	}
	if (plainAscii.test(bytes)) return bytes;
	if (/[^\x00-\xff]/.test(bytes)) return printableText(bytes, limit);
	const text = decodeUtf8(bytes);
	return text === undefined || !isHarmless(text) ? quote(bytes) : text;
}

/** The same for a string that was decoded already: an error message, a host name the user typed. */
export function printableText(text: string, limit = longestName): string {
	if (text.length > limit) {
		const end = isLowSurrogate(text, limit) ? limit - 1 : limit;
		return `${printableText(text.slice(0, end), limit)}... (${text.length - end} more)`;
	}
	return plainAscii.test(text) || isHarmless(text) ? text : quote(encodeUtf8(text));
}

// Controls (C0, DEL, C1), formats and bidi (Cf), halves of surrogates, private and unassigned code points, the line and
// paragraph separators, and all that Unicode lets a font draw as nothing.
const harmful = () => /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
// A mark in front would sit on what stands left of the name; a pile of them reaches into the rows around.
const strayMarks = () => /^\p{M}|\p{M}{8}/u;

function isHarmless(text: string): boolean {
	return !harmful().test(text) && !strayMarks().test(text);
}

const named: Readonly<Record<string, string>> = {
	'\\': '\\\\',
	'"': '\\"',
	'\n': '\\n',
	'\r': '\\r',
	'\t': '\\t',
	'\x07': '\\a',
	'\b': '\\b',
};

function quote(bytes: string): string {
	return `"${bytes.replace(/[^\x20-\x7e]|["\\]/g, char => named[char] ?? hexadecimal(char))}"`;
}

function hexadecimal(char: string): string {
	return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

// Well-formed sequences of two to four bytes (Unicode table 3-7): no overlong forms, no surrogates.
const sequences =
	/[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}/g;
const surrogateSequence = /\xed[\xa0-\xbf][\x80-\xbf]/;

function decodeUtf8(bytes: string): string | undefined {
	if (surrogateSequence.test(bytes) || /[\x80-\xff]/.test(bytes.replace(sequences, ''))) return undefined;
	return bytes.replace(sequences, decodeSequence);
}

function decodeSequence(sequence: string): string {
	const lead = sequence.charCodeAt(0) & (0x7f >> sequence.length);
	let point = lead;
	for (let index = 1; index < sequence.length; index++)
		point = (point << 6) | (sequence.charCodeAt(index) & 0x3f);
	return String.fromCodePoint(point);
}

// Where the character that spans `end` begins, so that a cut does not break it.
function sequenceStart(bytes: string, end: number): number {
	let start = end;
	while (start > end - 3 && start > 1 && (bytes.charCodeAt(start) & 0xc0) === 0x80) start--;
	return start;
}

function isLowSurrogate(text: string, index: number): boolean {
	return (text.charCodeAt(index) & 0xfc00) === 0xdc00;
}

// A lone surrogate becomes the three bytes it would have: they show which one it was.
function encodeUtf8(text: string): string {
	return text.replace(/[^\x00-\x7f]/gu, char => {
		const point = char.codePointAt(0)!;
		if (point < 0x800) return String.fromCharCode(0xc0 | (point >> 6), continuation(point));
		if (point < 0x10000)
			return String.fromCharCode(0xe0 | (point >> 12), continuation(point >> 6), continuation(point));
		const tail = [continuation(point >> 12), continuation(point >> 6), continuation(point)];
		return String.fromCharCode(0xf0 | (point >> 18), ...tail);
	});
}

function continuation(bits: number): number {
	return 0x80 | (bits & 0x3f);
}
