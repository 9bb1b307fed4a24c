// Texts made to do harm on a terminal, as byte strings, and what may stand in the bytes that redis-top writes to one.

/** Each would move, hide, recolour, rename, copy, answer or misalign something if it were written raw. */
export const hostile: readonly string[] = [
	'\x1b[2J\x1b[H\x1b[31mred',
	'\x1b]0;owned\x07\x1b]52;c;ZXZpbA==\x07',
	'\x1bP+q544e\x1b\\\x1b[?1049l\x1b[?2026h\x1bc',
	'\x9b2J\x9d0;c1\x9c',
	'\xc2\x9b2Jc1-as-utf8\xc2\x85',
	'\xff\xfe\x80\xc0\xafbroken\xe2\x28',
	'\xe2\x80\xaertl\xe2\x80\xac\xd7\x90\xd7\x91',
	'\xe6\x95\xb0\xe6\x8d\xae\xe5\xba\x93'.repeat(20),
	`e${'\xcc\x81'.repeat(60)}`,
	'zero\xe2\x80\x8b\xe2\x80\x8d\xef\xbb\xbfwidth\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9',
	'\t\x08\x08\x7f\x0e\x0f\x00tabs',
	`${'A'.repeat(1_000_000)}\x1b[2J`,
];

/** For replies that are cut at spaces or lines: there these would only be another shape. */
export const asWord = (text: string) => text.replaceAll(/[ \r\n,@]/g, '_');

/** What a calm redis-top writes: colours, cursor, erasing, the alternate screen, no wrapping, synchronized output. */
const allowed =
	/\x1b\[[\d;]*m|\x1b\[\d*(?:;\d*)?[ABCDEFGHJK]|\x1b\[\?(?:7|25|1049|2004|2026)[hl]|\x1b\[\?2026\$p|\x1b\[\?u|\x1b\[[<>]\d*u/g;

/** Controls of either set, reading order, and what is drawn as nothing. */
const unsafe =
	/[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffd]/u;

/** Their own sequences, which are not to be seen raw even where redis-top may write such a one itself. */
const sequences = ['\x1b[31mred', '\x1b[2J\x1b[H', 'A\x1b[2J'];

/** The first thing in the output that should not be there, with what stands around it; undefined when all is well. */
export function unexpectedIn(output: string): string | undefined {
	const raw = sequences.find(text => output.includes(text));
	if (raw !== undefined) return JSON.stringify(raw);
	const text = output.replaceAll(allowed, '').replaceAll('\r', '');
	const at = text.search(unsafe);
	return at < 0 ? undefined : JSON.stringify(text.slice(Math.max(0, at - 40), at + 40));
}
