// The keys in the help: of which groups, in which order, for the screen that it was opened on.

import { screenBehind } from '../../../state/shown.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { type Group, helpEntries } from '../../keymap.ts';

/** Groups of keys of the screen that the help was opened on, from left to right, and which stand above each other. */
export function helpColumns(state: State): readonly (readonly Group[])[] {
	const { columns } = state.size;
	const groups: readonly (readonly Group[])[] = isWide(columns)
		? [
				['SCREENS', 'ACT'],
				['MOVE', 'TIME'],
				['TABLE', 'REST'],
			]
		: isNarrow(columns)
			? [['ACT', 'SCREENS', 'MOVE', 'TABLE', 'TIME', 'REST']]
			: [
					['SCREENS', 'MOVE'],
					['TABLE', 'ACT', 'TIME', 'REST'],
				];
	return groups.map(column => column.filter(group => helpKeys(state, group).length > 0));
}

/** The keys of a group that work on the screen that the help was opened on. */
export const helpKeys = (state: State, group: Group) =>
	helpEntries(group, screenBehind(state), state.replay !== undefined);
