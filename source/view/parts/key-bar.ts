// The last line: the keys of this screen, from the table of keys. Those everybody looks for (help, quit) are at the
// right edge and stay the longest; of the others as many as fit, by rank.

import type { State } from '../../state/state.ts';
import { type Binding, barEntries, type Entry, keyName } from '../keymap.ts';
import { bold, dim, type Line, lineWidth, plain, spread } from '../theme.ts';

const anchored: ReadonlySet<string> = new Set(['back', 'help']);

export function keyBar(state: State, bindings: readonly Binding[]): Line {
	const { columns } = state.size;
	const gap = columns >= 120 ? 3 : 2;
	const entries = barEntries(bindings, state);
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
