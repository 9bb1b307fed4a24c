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

/**
 * `0+1 3-12`: which figures of a line grew or shrank by how much; undefined where something else differs. Both lines are
 * walked once: of six nodes it is done two hundred times a second.
 */
function figureChanges(before: string, now: string): string | undefined {
	let changes = '';
	let figure = 0;
	let from = 0;
	let to = 0;
	while (from < before.length && to < now.length) {
		if (!isDigit(before, from) || !isDigit(now, to)) {
			if (before.charCodeAt(from++) !== now.charCodeAt(to++)) return undefined;
			continue;
		}
		const [fromEnd, toEnd] = [figureEnd(before, from), figureEnd(now, to)];
		const by = changeOf(before.slice(from, fromEnd), now.slice(to, toEnd));
		if (by === undefined) return undefined;
		if (by !== '') changes += `${changes === '' ? '' : ' '}${figure}${by}`;
		figure++;
		from = fromEnd;
		to = toEnd;
	}
	return from === before.length && to === now.length ? changes : undefined;
}

function isDigit(text: string, index: number): boolean {
	const code = text.charCodeAt(index);
	return code >= 48 && code <= 57;
}

function figureEnd(text: string, start: number): number {
	let end = start + 1;
	while (end < text.length && isDigit(text, end)) end++;
	return end;
}

/** `+5`, `-3`; `~+5` where it keeps its length, as behind a decimal point; nothing where it is the same. */
function changeOf(known: string, figure: string): string | undefined {
	if (known === figure) return '';
	const grown = Number(figure) - Number(known);
	if (!Number.isSafeInteger(Number(figure)) || !Number.isSafeInteger(Number(known))) return undefined;
	const signed = `${grown < 0 ? '' : '+'}${grown}`;
	if (!isPadded(figure)) return signed;
	return figure.length === known.length ? `~${signed}` : undefined;
}

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
