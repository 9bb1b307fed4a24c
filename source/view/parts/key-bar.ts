// The last line: the keys of this screen, from the table of keys. Those everybody looks for (help, quit) are at the
// right edge and stay the longest; of the others as many as fit, by rank.

import type { State } from '../../state/state.ts';
import { type Binding, barEntries, type Entry, keyName } from '../keymap.ts';
import { bold, dim, type Line, lineWidth, plain, spread } from '../theme.ts';

const anchored: ReadonlySet<string> = new Set(['back', 'help']);

type Bar = { readonly entries: readonly Entry[]; readonly columns: number; readonly isAscii: boolean };
/** The bar is the same for hours: the last one is kept with what it was made of. */
let drawn: (Bar & { readonly line: Line }) | undefined;

export function keyBar(state: State, bindings: readonly Binding[]): Line {
	const { isAscii } = state;
	const { columns } = state.size;
	const bar = { entries: barEntries(bindings, state), columns, isAscii };
	if (!drawn || !isAlike(drawn, bar)) drawn = { ...bar, line: barLine(state, bar.entries) };
	return drawn.line;
}

const isAlike = (one: Bar, other: Bar): boolean =>
	one.columns === other.columns &&
	one.isAscii === other.isAscii &&
	one.entries.length === other.entries.length &&
	one.entries.every((entry, index) => isSameEntry(entry, other.entries[index]!));

const isSameEntry = (one: Entry, other: Entry): boolean =>
	one.label === other.label &&
	one.command === other.command &&
	one.rank === other.rank &&
	one.keys.length === other.keys.length &&
	one.keys.every((key, index) => key === other.keys[index]);

function barLine(state: State, entries: readonly Entry[]): Line {
	const { columns } = state.size;
	const gap = columns >= 120 ? 3 : 2;
	const right = joined(entries.filter(entry => anchored.has(entry.command)).reverse(), state, gap);
	let left = entries.filter(entry => !anchored.has(entry.command));
	const room = columns - lineWidth(right) - gap;
	while (left.length > 0 && lineWidth(joined(left, state, gap)) > room) left = withoutLast(left);
	return spread(joined(left, state, gap), right, columns, state.isAscii);
}

function withoutLast(entries: readonly Entry[]): Entry[] {
	const last = Math.max(...entries.map(({ rank }) => rank));
	return entries.filter(({ rank }) => rank !== last);
}

function joined(entries: readonly Entry[], state: State, gap: number): Line {
	return entries.flatMap((entry, index) => {
		const keys = entry.keys.map(key => keyName(key, state.isAscii)).join(' ');
		return [plain(' '.repeat(index === 0 ? 0 : gap)), bold(keys), dim(` ${entry.label}`)];
	});
}
