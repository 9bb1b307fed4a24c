// A reply as what has changed since the one before: of an INFO of 200 lines some forty figures grow a little each
// second. A patch of format 3 names the figures once: those that ever changed stand in a list that both sides keep (the
// places), and a patch is what each of them grew by, in that order, `5,,-3`. Behind that, a line each: `+16.0 17.0` more
// places (`~` behind one that keeps its length, as behind a decimal point), `LINE =TEXT` lines that differ otherwise.
// What the patch makes is the reply byte for byte, or there is no patch. In format 2 each patch names its figures.

const figures = /\d+/g;

/** Figures of lines (see `placeAt`) in the order they came, and where each stands in it. */
export type Places = ReadonlyMap<number, number>;

export const noPlaces: Places = new Map();

export type Patched = { readonly text: string; readonly places: Places };

/** More figures than a reply that is kept can have are in a file that somebody made. */
const mostPlaces = 65_536;

/** Undefined where the reply has to stand whole. */
export function patchFrom(before: string, now: string, known: Places): Patched | undefined {
	const grown: number[] = [];
	let places = known;
	const others: string[] = [];
	const note = (line: number, { figure, isPadded, by }: Grown) => {
		const place = placeAt(line, figure, isPadded);
		let index = places.get(place);
		if (index === undefined) {
			index = places.size;
			if (places === known) places = new Map(known);
			(places as Map<number, number>).set(place, index);
		}
		grown[index] = by;
	};
	const isSame = eachChangedLine(before, now, (line, from, to) => {
		const changes = changesOf(from, to);
		if (!changes) others.push(`${line} =${to}`);
		for (const change of changes ?? []) note(line, change);
	});
	if (!isSame) return undefined;
	const added = [...places.keys()].slice(known.size);
	const more = added.length > 0 ? [`+${added.map(wordOf).join(' ')}`] : [];
	const text = [grown.join(','), ...more, ...others].join('\n');
	if (text.length >= now.length || places.size > mostPlaces) return undefined;
	return { text, places };
}

/** Undefined where the patch is not one of this reply: then the recording is damaged. */
export function patchedBy(before: string, patch: string, known: Places): Patched | undefined {
	const [grown = '', ...others] = patch.split('\n');
	const places = others[0]?.startsWith('+') ? withPlaces(known, others.shift()!.slice(1)) : known;
	const by = grown === '' ? [] : grown.split(',');
	if (!places || by.length > places.size || !by.every(isGrowth)) return undefined;
	const text = withGrown(before, by, placesInOrder(places));
	const whole = text === undefined || others.length === 0 ? text : withLines(text, others);
	return whole === undefined ? undefined : { text: whole, places };
}

/** `` or `5` or `-3`, sixteen digits at most. */
function isGrowth(by: string): boolean {
	if (by === '') return true;
	const first = by.charCodeAt(0) === minus ? 1 : 0;
	return by.length > first && by.length - first <= 16 && endOfFigure(by, first) === by.length;
}

/** `index`: where in a patch it is told what the figure grew by. */
type Figure = { readonly index: number; readonly figure: number; readonly isPadded: boolean };
type FiguresOfLine = { readonly line: number; readonly figures: readonly Figure[] };

const inOrder = new WeakMap<Places, readonly FiguresOfLine[]>();

/** As they stand in the reply: it is gone through once, thousands of times a second where a replay goes to a moment. */
function placesInOrder(places: Places): readonly FiguresOfLine[] {
	const known = inOrder.get(places);
	if (known) return known;
	const lines = new Map<number, Figure[]>();
	for (const [place, index] of [...places].sort(([a], [b]) => a - b)) {
		const figures = lines.get(lineOf(place)) ?? [];
		lines.set(lineOf(place), figures);
		figures.push({ index, figure: figureOf(place), isPadded: place % 2 === 1 });
	}
	const made = [...lines].map(([line, figures]) => ({ line, figures }));
	inOrder.set(places, made);
	return made;
}

function withGrown(
	before: string,
	by: readonly string[],
	lines: readonly FiguresOfLine[],
): string | undefined {
	const parts: string[] = [];
	let [start, line, copied] = [0, 0, 0];
	for (const { line: wanted, figures } of lines) {
		if (!figures.some(({ index }) => by[index])) continue;
		for (; line < wanted; line++) {
			start = before.indexOf('\n', start) + 1;
			if (start === 0) return undefined;
		}
		const end = before.indexOf('\n', start);
		const whole = before.slice(start, end < 0 ? before.length : end);
		const next = lineGrown(whole, by, figures);
		if (next === undefined) return undefined;
		parts.push(before.slice(copied, start), next);
		copied = start + whole.length;
	}
	return parts.length === 0 ? before : parts.join('') + before.slice(copied);
}

/** Undefined where the line has not all of the figures. By hand: see `changesOf`. */
function lineGrown(line: string, by: readonly string[], figures: readonly Figure[]): string | undefined {
	let made = '';
	let [end, passed, copied] = [0, 0, 0];
	for (const { index, figure, isPadded } of figures) {
		if (!by[index]) continue;
		let at = end;
		for (; passed <= figure; passed++) {
			at = startOfFigure(line, end);
			end = endOfFigure(line, at);
		}
		if (at === end) return undefined;
		const grown = String(numberIn(line, at, end) + Number(by[index]));
		made += line.slice(copied, at) + (isPadded ? grown.padStart(end - at, '0') : grown);
		copied = end;
	}
	return made + line.slice(copied);
}

/** What differs in more than its figures: `LINE =TEXT`. */
function withLines(text: string, others: readonly string[]): string | undefined {
	const lines = text.split('\n');
	for (const other of others) {
		const [, line, now] = /^(\d+) =(.*)$/s.exec(other) ?? [];
		if (now === undefined || lines[Number(line)] === undefined) return undefined;
		lines[Number(line)] = now;
	}
	return lines.join('\n');
}

/** A number for a figure of a line, small where both are. */
const placeAt = (line: number, figure: number, isPadded: boolean) =>
	line * placesOfLine + figure * 2 + (isPadded ? 1 : 0);
const placesOfLine = 2 ** 21;
const lineOf = (place: number) => Math.floor(place / placesOfLine);
const figureOf = (place: number) => Math.floor((place % placesOfLine) / 2);
const wordOf = (place: number) => `${lineOf(place)}.${figureOf(place)}${place % 2 ? '~' : ''}`;

function withPlaces(known: Places, added: string): Places | undefined {
	const places = new Map(known);
	for (const word of added.split(' ')) {
		const [, line, figure, padded] = /^(\d{1,6})\.(\d{1,6})(~?)$/.exec(word) ?? [];
		if (line === undefined) return undefined;
		const place = placeAt(Number(line), Number(figure), padded !== '');
		if (places.has(place) || places.size >= mostPlaces) return undefined;
		places.set(place, places.size);
	}
	return places;
}

/** A patch of format 2. Undefined where the reply has to stand whole. */
export function patchOf(before: string, now: string): string | undefined {
	const changes: string[] = [];
	const isSame = eachChangedLine(before, now, (line, from, to) => {
		const figures = changesOf(from, to)?.map(inLine);
		changes.push(`${line} ${figures?.join(' ') ?? `=${to}`}`);
	});
	const patch = changes.join('\n');
	return isSame && patch.length < now.length ? patch : undefined;
}

/** `0+1`, `2~-3`. */
const inLine = ({ figure, isPadded, by }: Grown) =>
	`${figure}${isPadded ? '~' : ''}${by < 0 ? '' : '+'}${by}`;

/** Undefined where the patch is not one of this reply: then the recording is damaged. */
export function patched(before: string, patch: string): string | undefined {
	const lines = before.split('\n');
	if (patch === '') return before;
	for (const change of patch.split('\n')) {
		const space = change.indexOf(' ');
		const line = Number(change.slice(0, space));
		const known = lines[line];
		if (space < 1 || known === undefined) return undefined;
		const what = change.slice(space + 1);
		const next = what.startsWith('=') ? what.slice(1) : withFigures(known, what);
		if (next === undefined) return undefined;
		lines[line] = next;
	}
	return lines.join('\n');
}

/** Calls with each line that differs; false where one has more lines than the other, and what was told is of no use. */
function eachChangedLine(
	before: string,
	now: string,
	tell: (line: number, before: string, now: string) => void,
): boolean {
	let [a, b] = [0, 0];
	for (let line = 0; ; line++) {
		const [endA, endB] = [before.indexOf('\n', a), now.indexOf('\n', b)];
		if (endA < 0 !== endB < 0) return false;
		const from = before.slice(a, endA < 0 ? before.length : endA);
		const to = now.slice(b, endB < 0 ? now.length : endB);
		if (from !== to) tell(line, from, to);
		if (endA < 0) return true;
		[a, b] = [endA + 1, endB + 1];
	}
}

/** `isPadded`: it keeps its length, for printed again as a number it would lose its zeros. */
type Grown = { readonly figure: number; readonly isPadded: boolean; readonly by: number };

/** Which figures of a line grew by how much; undefined where more differs. By hand: there are thousands a second. */
function changesOf(before: string, now: string): readonly Grown[] | undefined {
	const changes: Grown[] = [];
	let [a, b] = [0, 0];
	for (let figure = 0; a < before.length && b < now.length; ) {
		if (!isDigit(now.charCodeAt(b))) {
			if (before.charCodeAt(a++) !== now.charCodeAt(b++)) return undefined;
			continue;
		}
		const endA = endOfFigure(before, a);
		const endB = endOfFigure(now, b);
		if (endA === a) return undefined;
		const was = numberIn(before, a, endA);
		const is = numberIn(now, b, endB);
		const isUnsafe = was > Number.MAX_SAFE_INTEGER || is > Number.MAX_SAFE_INTEGER;
		if (was !== is || endA - a !== endB - b || isUnsafe) {
			const isPadded = endB - b > 1 && now.charCodeAt(b) === zero;
			const isKept = isUnsafe ? before.slice(a, endA) === now.slice(b, endB) : endA - a === endB - b;
			if (!isKept && (isUnsafe || isPadded)) return undefined;
			if (!isUnsafe) changes.push({ figure, isPadded, by: is - was });
		}
		a = endA;
		b = endB;
		figure++;
	}
	return a === before.length && b === now.length ? changes : undefined;
}

function startOfFigure(text: string, from: number): number {
	let start = from;
	while (start < text.length && !isDigit(text.charCodeAt(start))) start++;
	return start;
}

function endOfFigure(text: string, from: number): number {
	let end = from;
	while (end < text.length && isDigit(text.charCodeAt(end))) end++;
	return end;
}

/** Exact up to the greatest safe integer. */
function numberIn(text: string, from: number, to: number): number {
	let number = 0;
	for (let at = from; at < to; at++) number = number * 10 + text.charCodeAt(at) - zero;
	return number;
}

const zero = 48;
const minus = 45;
const isDigit = (code: number) => code >= zero && code <= 57;

type Change = { readonly by: number; readonly isPadded: boolean };
type Changes = ReadonlyMap<number, Change>;

function withFigures(line: string, changes: string): string | undefined {
	const grown = new Map<number, Change>();
	for (const change of changes.split(' ')) {
		const [, index, padded, by] = /^(\d+)(~?)([+-]\d+)$/.exec(change) ?? [];
		if (index === undefined) return undefined;
		grown.set(Number(index), { by: Number(by), isPadded: padded !== '' });
	}
	return grownIn(line, grown);
}

/** Undefined where the line has not all of the figures. */
function grownIn(line: string, changes: Changes): string | undefined {
	let index = 0;
	let made = 0;
	const next = line.replace(figures, figure => {
		const change = changes.get(index++);
		if (!change) return figure;
		made++;
		const grown = String(Number(figure) + change.by);
		return change.isPadded ? grown.padStart(figure.length, '0') : grown;
	});
	return made === changes.size ? next : undefined;
}
