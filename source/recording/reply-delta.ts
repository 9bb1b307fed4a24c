// A reply as what has changed since the one before: of an INFO of 200 lines some forty figures grow a little each
// second. A patch of format 3 names the figures once: those that ever changed stand in a list that both sides keep (the
// places), and a patch is what each of them grew by, in that order, `5,,-3`. Behind that, a line each: `+16.0 17.0` more
// places (`~` behind one that keeps its length, as behind a decimal point), `LINE =TEXT` lines that differ otherwise.
// What the patch makes is the reply byte for byte, or there is no patch. In format 2 each patch names its figures.

const figures = /\d+/g;

/** `LINE.FIGURE` in the order they came, and where each stands in it. */
export type Places = ReadonlyMap<string, number>;

export const noPlaces: Places = new Map();

export type Patched = { readonly text: string; readonly places: Places };

/** More figures than a reply that is kept can have are in a file that somebody made. */
const mostPlaces = 65_536;

/** Undefined where the reply has to stand whole. */
export function patchFrom(before: string, now: string, known: Places): Patched | undefined {
	const from = before.split('\n');
	const to = now.split('\n');
	if (from.length !== to.length) return undefined;
	const grown: string[] = [];
	const places = new Map(known);
	const others: string[] = [];
	for (let line = 0; line < to.length; line++) {
		if (from[line] === to[line]) continue;
		const changes = changesOf(from[line]!, to[line]!);
		if (!changes) others.push(`${line} =${to[line]}`);
		for (const { figure, by } of changes ?? []) {
			const place = `${line}.${figure}`;
			const index = places.get(place) ?? places.size;
			places.set(place, index);
			grown[index] = by;
		}
	}
	const added = [...places.keys()].slice(known.size);
	const more = added.length > 0 ? [`+${added.join(' ')}`] : [];
	const text = [Array.from(grown, by => by ?? '').join(','), ...more, ...others].join('\n');
	if (text.length >= now.length || places.size > mostPlaces) return undefined;
	return { text, places: added.length > 0 ? places : known };
}

/** Undefined where the patch is not one of this reply: then the recording is damaged. */
export function patchedBy(before: string, patch: string, known: Places): Patched | undefined {
	const [grown = '', ...others] = patch.split('\n');
	const lines = before.split('\n');
	const places = others[0]?.startsWith('+') ? withPlaces(known, others.shift()!.slice(1)) : known;
	const changes = places && changesAt(grown, places);
	if (!changes) return undefined;
	for (const [line, figuresOfLine] of changes) {
		const next = lines[line] === undefined ? undefined : grownIn(lines[line], figuresOfLine);
		if (next === undefined) return undefined;
		lines[line] = next;
	}
	for (const other of others) {
		const [, line, text] = /^(\d+) =(.*)$/s.exec(other) ?? [];
		if (text === undefined || lines[Number(line)] === undefined) return undefined;
		lines[Number(line)] = text;
	}
	return { text: lines.join('\n'), places };
}

function withPlaces(known: Places, added: string): Places | undefined {
	const places = new Map(known);
	for (const place of added.split(' ')) {
		if (!/^\d{1,6}\.\d{1,6}~?$/.test(place) || places.has(place) || places.size >= mostPlaces)
			return undefined;
		places.set(place, places.size);
	}
	return places;
}

/** Which figures of which line grew by how much. */
function changesAt(text: string, places: Places): ReadonlyMap<number, Changes> | undefined {
	const grown = text === '' ? [] : text.split(',');
	if (grown.length > places.size) return undefined;
	const changes = new Map<number, Map<number, Change>>();
	let index = 0;
	for (const place of places.keys()) {
		const by = grown[index++];
		if (by === undefined) break;
		if (by === '') continue;
		if (!/^-?\d{1,16}$/.test(by)) return undefined;
		const [line, figure] = place.split('.') as [string, string];
		const ofLine = changes.get(Number(line)) ?? new Map<number, Change>();
		changes.set(Number(line), ofLine);
		ofLine.set(Number.parseInt(figure, 10), { by: Number(by), isPadded: figure.endsWith('~') });
	}
	return changes;
}

/** A patch of format 2. Undefined where the reply has to stand whole. */
export function patchOf(before: string, now: string): string | undefined {
	const from = before.split('\n');
	const to = now.split('\n');
	if (from.length !== to.length) return undefined;
	const changes: string[] = [];
	for (let line = 0; line < to.length; line++) {
		if (from[line] === to[line]) continue;
		const figures = changesOf(from[line]!, to[line]!)?.map(({ figure, by }) => inLine(figure, by));
		changes.push(`${line} ${figures?.join(' ') ?? `=${to[line]}`}`);
	}
	const patch = changes.join('\n');
	return patch.length < now.length ? patch : undefined;
}

/** `0+1`, `2~-3`. */
const inLine = (figure: string, by: string) => `${figure}${by.startsWith('-') ? '' : '+'}${by}`;

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

type Grown = readonly { readonly figure: string; readonly by: string }[];

/** Which figures of a line grew by how much, `~` behind one that keeps its length; undefined where more differs. */
function changesOf(before: string, now: string): Grown | undefined {
	return counterChange(before, now) ?? anyChanges(before, now);
}

/** Most lines that change are `name:COUNTER`, and there are thousands a second: undefined where this is none of them. */
function counterChange(before: string, now: string): Grown | undefined {
	const value = before.indexOf(':') + 1;
	const name = before.slice(0, value);
	if (value === 0 || !now.startsWith(name) || /\d/.test(name)) return undefined;
	const from = counterIn(before.slice(value));
	const to = counterIn(now.slice(value));
	return from === undefined || to === undefined ? undefined : [{ figure: '0', by: String(to - from) }];
}

/** Of a text that is this number and the end of its line, so that it can be printed again. */
function counterIn(text: string): number | undefined {
	const number = Number(text);
	return Number.isSafeInteger(number) && number >= 0 && `${number}\r` === text ? number : undefined;
}

function anyChanges(before: string, now: string): Grown | undefined {
	if (before.replace(figures, '0') !== now.replace(figures, '0')) return undefined;
	const from = before.match(figures) ?? [];
	const to = now.match(figures) ?? [];
	const changes: { figure: string; by: string }[] = [];
	for (const [index, figure] of to.entries()) {
		const known = from[index]!;
		if (figure === known) continue;
		const by = Number(figure) - Number(known);
		if (!Number.isSafeInteger(Number(figure)) || !Number.isSafeInteger(Number(known))) return undefined;
		const isKept = isPadded(figure);
		if (isKept && figure.length !== known.length) return undefined;
		changes.push({ figure: `${index}${isKept ? '~' : ''}`, by: String(by) });
	}
	return changes;
}

/** Printed again as a number it would lose its zeros. */
const isPadded = (figure: string) => figure.length > 1 && figure.startsWith('0');

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
