// How many terminal cells a text takes, and cutting a text to so many. Ink counts cells by the same rules (Unicode's
// East Asian Width of each grapheme), and a test holds the two together: a row that both count alike cannot wrap.
// Cutting looks only at as much of the text as the cells could hold: a name of a megabyte costs what a short one does.
// It does not make text safe (`printable` does), but what moves a cursor and came this far is turned into '?'.

/** Code points of two cells (East Asian Width W and F, Unicode 17), hexadecimal, from-to. */
const wideRanges = `
	1100-115f 231a-231b 2329-232a 23e9-23ec 23f0 23f3 25fd-25fe 2614-2615 2630-2637 2648-2653 267f
	268a-268f 2693 26a1 26aa-26ab 26bd-26be 26c4-26c5 26ce 26d4 26ea 26f2-26f3 26f5 26fa 26fd 2705
	270a-270b 2728 274c 274e 2753-2755 2757 2795-2797 27b0 27bf 2b1b-2b1c 2b50 2b55 2e80-2e99 2e9b-2ef3
	2f00-2fd5 2ff0-303e 3041-3096 3099-30ff 3105-312f 3131-318e 3190-31e5 31ef-321e 3220-3247 3250-a48c
	a490-a4c6 a960-a97c ac00-d7a3 f900-faff fe10-fe19 fe30-fe52 fe54-fe66 fe68-fe6b ff01-ff60 ffe0-ffe6
	16fe0-16fe4 16ff0-16ff6 17000-18cda 18cff-18d20 18d80-18df2 18e00-19191 191a0-191d2 1aff0-1aff3
	1aff5-1affb 1affd-1affe 1b000-1b128 1b132 1b150-1b152 1b155 1b164-1b168 1b170-1b2fb 1d300-1d356
	1d360-1d376 1f004 1f0cf 1f18e 1f191-1f19a 1f1ae 1f200-1f202 1f210-1f23b 1f240-1f248 1f250-1f251
	1f260-1f265 1f300-1f320 1f32d-1f335 1f337-1f37c 1f37e-1f393 1f3a0-1f3ca 1f3cf-1f3d3 1f3e0-1f3f0
	1f3f4 1f3f8-1f43e 1f440 1f442-1f4fc 1f4ff-1f53d 1f54b-1f54e 1f550-1f567 1f57a 1f595-1f596 1f5a4
	1f5fb-1f64f 1f680-1f6c5 1f6cc 1f6d0-1f6d2 1f6d5-1f6d9 1f6dc-1f6df 1f6eb-1f6ec 1f6f4-1f6fc 1f7da
	1f7e0-1f7eb 1f7f0 1f90c-1f93a 1f93c-1f945 1f947-1f9ff 1fa70-1fa7c 1fa80-1fac6 1fac8 1facc-1fadd
	1fadf-1faeb 1faef-1fafa 20000-2fffd 30000-3fffd
`;

function ranges(table: string): readonly (readonly [number, number])[] {
	return table
		.trim()
		.split(/\s+/)
		.map(range => {
			const [first = '', last = first] = range.split('-');
			return [Number.parseInt(first, 16), Number.parseInt(last, 16)] as const;
		});
}

let madeRanges: ReturnType<typeof ranges> | undefined;

function isWide(point: number): boolean {
	madeRanges ??= ranges(wideRanges);
	let low = 0;
	let high = madeRanges.length - 1;
	while (low <= high) {
		const middle = (low + high) >> 1;
		const [first, last] = madeRanges[middle]!;
		if (point < first) high = middle - 1;
		else if (point > last) low = middle + 1;
		else return true;
	}
	return false;
}

const plainAscii = /^[\x20-\x7e]*$/;
// Letters, arrows, boxes, blocks and braille of one cell, none of which joins its neighbour: nearly all that is drawn,
// at a hundredth of what finding graphemes costs.
const oneCellEach =
	/^[\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0377\u0391-\u03a1\u03a3-\u0482\u2010-\u2027\u2030-\u205e\u2190-\u22ff\u2500-\u25fa\u2800-\u28ff]*$/;
// What takes milliseconds to make is made when a text first needs it, which in most runs none does.
let madeGraphemes: Intl.Segmenter | undefined;
const graphemesOf = (text: string) => {
	madeGraphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
	return madeGraphemes.segment(text);
};

/** True where each code unit is one cell of its own, on any terminal. */
export const isOneCellEach = (text: string): boolean => oneCellEach.test(text);

/** Terminal cells of a text: 2 for wide East Asian letters and emoji, 0 for combining marks. */
export function displayWidth(text: string): number {
	if (oneCellEach.test(text)) return text.length;
	let width = 0;
	for (const { segment } of graphemesOf(text)) width += graphemeWidth(segment);
	return width;
}

const invisible = /^[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{Mn}\p{Me}]$/u;
const longestEmoji = 50;
// Built from text because the flag v is newer than the language level the sources are checked at.
const setsOfStrings = 'v';
let madeEmoji: RegExp | undefined;
const pictograph = /\p{Extended_Pictographic}/gu;

function graphemeWidth(segment: string): number {
	if (segment.length === 1) return invisible.test(segment) ? 0 : cellsOf(segment);
	if (segment.length <= longestEmoji && isEmoji(segment)) return 2;
	return widthOfLetters([...segment].filter(char => !invisible.test(char)));
}

function isEmoji(segment: string): boolean {
	madeEmoji ??= new RegExp('^(?:\\p{RGI_Emoji}|[\\d#*]\\u20e3)$', setsOfStrings);
	return (
		madeEmoji.test(segment) || (segment.includes('\u200d') && (segment.match(pictograph)?.length ?? 0) > 1)
	);
}

function cellsOf(char: string): number {
	return isWide(char.codePointAt(0)!) ? 2 : 1;
}

// In a cluster only the first letter takes cells of its own, but for marks that stand beside it, half- and full-width
// forms, and Hangul letters that did not join into a syllable.
function widthOfLetters(letters: readonly string[]): number {
	let width = 0;
	letters.forEach((letter, index) => {
		const isCounted = index === 0 || standsBeside.test(letter) || jamo.test(letters[0]!);
		if (isCounted && !joinsSyllable(letters, index)) width += cellsOf(letter);
	});
	return width;
}

const standsBeside = /[\p{Mc}\uff00-\uffef]/u;
const jamo = /[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]/;
const leading = /[\u1100-\u115f\ua960-\ua97c]/;
const vowel = /[\u1160-\u11a7\ud7b0-\ud7c6]/;
const trailing = /[\u11a8-\u11ff\ud7cb-\ud7fb]/;

function joinsSyllable(letters: readonly string[], index: number): boolean {
	const before = letters[index - 1] ?? '';
	if (vowel.test(letters[index]!)) return leading.test(before);
	return trailing.test(letters[index]!) && vowel.test(before) && leading.test(letters[index - 2] ?? '');
}

/** The text in at most `width` cells, cut at its end with `…` (`~` in ASCII, where other letters become `?`). */
export function fit(text: string, width: number, isAscii = false): string {
	if (!(width >= 1)) return '';
	if (text.length <= width && plainAscii.test(text)) return text;
	const head = tame(text.slice(0, reach(width)), isAscii);
	const isWhole = head.length === text.length || text.length <= reach(width);
	if (isWhole && displayWidth(head) <= width) return head;
	return takeStart(head, width - 1, isWhole) + cutMark(isAscii);
}

/** The same, cut in the middle: a long host keeps its beginning and its port. */
export function fitMiddle(text: string, width: number, isAscii = false): string {
	const whole = fit(text, width, isAscii);
	if (!(width >= 3) || !isCut(text, whole, isAscii)) return whole;
	const tailWidth = (width - 1) >> 1;
	const head = takeStart(tame(text.slice(0, reach(width)), isAscii), width - 1 - tailWidth, true);
	const tail = takeEnd(tame(text.slice(-reach(width)), isAscii), tailWidth);
	const shown = head + cutMark(isAscii) + tail;
	return displayWidth(shown) <= width ? shown : whole;
}

/** Code units that `width` cells can need: more per cell than any writing stacks. */
function reach(width: number): number {
	return width * 8 + 64;
}

function isCut(text: string, shown: string, isAscii: boolean): boolean {
	return text.length > reach(shown.length) || tame(text, isAscii) !== shown;
}

function cutMark(isAscii: boolean): string {
	return isAscii ? '~' : '…';
}

const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function tame(text: string, isAscii: boolean): string {
	return isAscii ? text.replace(/[^\x20-\x7e]/gu, '?') : text.replace(unsafe, '?');
}

// The last grapheme of a text that was sliced may be half of one.
function takeStart(text: string, width: number, isWhole: boolean): string {
	if (oneCellEach.test(text)) return text.slice(0, Math.min(width, isWhole ? width : text.length - 1));
	let taken = 0;
	let end = 0;
	for (const { segment, index } of graphemesOf(text)) {
		if (!isWhole && index + segment.length === text.length) break;
		taken += graphemeWidth(segment);
		if (taken > width) break;
		end = index + segment.length;
	}
	return text.slice(0, end);
}

function takeEnd(text: string, width: number): string {
	if (oneCellEach.test(text)) return text.slice(Math.max(0, text.length - width));
	const segments = [...graphemesOf(text)].reverse();
	let taken = 0;
	let start = text.length;
	for (const { segment, index } of segments) {
		taken += graphemeWidth(segment);
		if (taken > width) break;
		start = index;
	}
	return text.slice(start);
}
