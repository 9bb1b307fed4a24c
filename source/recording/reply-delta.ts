// A reply as what has changed since the one before: of an INFO of 200 lines some forty figures grow a little each
// second. A patch is text: one line for each line that differs, `LINE FIGURE+N FIGURE-N` where only figures did,
// `LINE =TEXT` where more did. What the patch makes is the reply byte for byte, or there is no patch.

const figures = /\d+/g;

/** Undefined where the reply has to stand whole. */
export function patchOf(before: string, now: string): string | undefined {
	const from = before.split('\n');
	const to = now.split('\n');
	if (from.length !== to.length) return undefined;
	const changes: string[] = [];
	for (let line = 0; line < to.length; line++) {
		if (from[line] === to[line]) continue;
		changes.push(`${line} ${figureChanges(from[line]!, to[line]!) ?? `=${to[line]}`}`);
	}
	const patch = changes.join('\n');
	return patch.length < now.length ? patch : undefined;
}

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

/** `0+1 3-12`: which figures of a line grew or shrank by how much; undefined where something else differs. */
function figureChanges(before: string, now: string): string | undefined {
	return counterChange(before, now) ?? anyChanges(before, now);
}

/** Most lines that change are `name:COUNTER`, and there are thousands a second: undefined where this is none of them. */
function counterChange(before: string, now: string): string | undefined {
	const value = before.indexOf(':') + 1;
	const name = before.slice(0, value);
	if (value === 0 || !now.startsWith(name) || /\d/.test(name)) return undefined;
	const from = counterIn(before.slice(value));
	const to = counterIn(now.slice(value));
	return from === undefined || to === undefined ? undefined : `0${signed(to - from)}`;
}

/** Of a text that is this number and the end of its line, so that it can be printed again. */
function counterIn(text: string): number | undefined {
	const number = Number(text);
	return Number.isSafeInteger(number) && number >= 0 && `${number}\r` === text ? number : undefined;
}

function anyChanges(before: string, now: string): string | undefined {
	if (before.replace(figures, '0') !== now.replace(figures, '0')) return undefined;
	const from = before.match(figures) ?? [];
	const to = now.match(figures) ?? [];
	const changes: string[] = [];
	for (const [index, figure] of to.entries()) {
		const known = from[index]!;
		if (figure === known) continue;
		const by = changeOf(known, figure);
		if (by === undefined) return undefined;
		changes.push(`${index}${by}`);
	}
	return changes.join(' ');
}

/** `+5`, `-3`; `~+5` where it keeps its length, as behind a decimal point. */
function changeOf(known: string, figure: string): string | undefined {
	const grown = Number(figure) - Number(known);
	if (!Number.isSafeInteger(Number(figure)) || !Number.isSafeInteger(Number(known))) return undefined;
	if (!isPadded(figure)) return signed(grown);
	return figure.length === known.length ? `~${signed(grown)}` : undefined;
}

const signed = (change: number): string => `${change < 0 ? '' : '+'}${change}`;

/** Printed again as a number it would lose its zeros. */
const isPadded = (figure: string) => figure.length > 1 && figure.startsWith('0');

function withFigures(line: string, changes: string): string | undefined {
	const grown = new Map<number, { readonly by: number; readonly isPadded: boolean }>();
	for (const change of changes.split(' ')) {
		const [, index, padded, by] = /^(\d+)(~?)([+-]\d+)$/.exec(change) ?? [];
		if (index === undefined) return undefined;
		grown.set(Number(index), { by: Number(by), isPadded: padded !== '' });
	}
	let index = 0;
	return line.replace(figures, figure => {
		const change = grown.get(index++);
		if (!change) return figure;
		const next = String(Number(figure) + change.by);
		return change.isPadded ? next.padStart(figure.length, '0') : next;
	});
}
