// A reply as what has changed since the one before: of an INFO of 200 lines some forty figures grow a little each
// second. A patch is text: one line for each line that differs, `LINE FIGURE+N FIGURE-N` where only figures did,
// `LINE =TEXT` where more did. What the patch makes is the reply byte for byte, or there is no patch.

const figures = /\d+/g;
/** Beyond this a number of JavaScript is not exact. */
const mostDigits = 15;

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
	if (before.replace(figures, '0') !== now.replace(figures, '0')) return undefined;
	const from = before.match(figures) ?? [];
	const to = now.match(figures) ?? [];
	const changes: string[] = [];
	for (const [index, figure] of to.entries()) {
		const known = from[index]!;
		if (figure === known) continue;
		if (!isExact(figure) || !isExact(known)) return undefined;
		const grown = Number(figure) - Number(known);
		changes.push(`${index}${grown < 0 ? '' : '+'}${grown}`);
	}
	return changes.join(' ');
}

/** As it is printed again: no leading zero, and not too long. */
const isExact = (figure: string) =>
	figure.length <= mostDigits && (figure.length === 1 || !figure.startsWith('0'));

function withFigures(line: string, changes: string): string | undefined {
	const grown = new Map<number, number>();
	for (const change of changes.split(' ')) {
		const [, index, by] = /^(\d+)([+-]\d+)$/.exec(change) ?? [];
		if (index === undefined) return undefined;
		grown.set(Number(index), Number(by));
	}
	let index = 0;
	return line.replace(figures, figure => {
		const by = grown.get(index++);
		return by === undefined ? figure : String(Number(figure) + by);
	});
}
