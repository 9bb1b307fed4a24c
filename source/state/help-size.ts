// How many lines the help has on a screen of this width, so that scrolling stops at its end and the first `k` after
// `G` is seen. It counts what ui/screens/help.tsx draws, which `update` may not look at; test/state/help.test.ts
// holds the two together on every width.

import { columnFacts, isNarrow, isWide } from './columns.ts';
import { screenBehind } from './focus.ts';
import { type Group, helpEntries } from './keymap.ts';
import { visibleColumns } from './selectors.ts';
import { whatItSends } from './sends.ts';
import type { State } from './state.ts';

/** The first line of the help when its last one is on the screen. */
export function lastHelpTop(state: State): number {
	return Math.max(0, helpLength(state) - helpHeight(state));
}

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

/** The columns are those of the fleet's table. */
export const hasColumns = (state: State) => screenBehind(state) === 'fleet';

/** Lines between the title and the footer. */
export const helpHeight = ({ size }: State): number => size.rows - 3;

const blank = 1;
const title = 1;

function helpLength(state: State): number {
	const marks = isWide(state.size.columns) ? 1 : isNarrow(state.size.columns) ? 3 : 2;
	const table = hasColumns(state) ? columnLines(state) + blank : 0;
	return keyLines(state) + blank + table + marks + blank + sendsLines(state);
}

function keyLines(state: State): number {
	const group = (name: Group) => title + helpKeys(state, name).length;
	return Math.max(
		...helpColumns(state).map(
			groups => groups.reduce((sum, name) => sum + group(name), 0) + (groups.length - 1) * blank,
		),
	);
}

function columnLines(state: State): number {
	const titled = visibleColumns(state).filter(({ id }) => columnFacts.get(id)!.title !== '');
	return title + Math.ceil(titled.length / (isWide(state.size.columns) ? 2 : 1));
}

/** Where what is sent begins, and how much room it has before the reason. */
export const sendsIndent = (columns: number) => (isNarrow(columns) ? 14 : 16);
export const sendsWidth = 40;

/** The reason stands behind what is sent, or below it where either is too long. */
export const isReasonBelow = ({ what, why = '' }: (typeof whatItSends)[number], columns: number) =>
	why !== '' && (what.length >= sendsWidth || sendsIndent(columns) + sendsWidth + why.length > columns);

function sendsLines({ size: { columns } }: State): number {
	return title + whatItSends.reduce((sum, sent) => sum + (isReasonBelow(sent, columns) ? 2 : 1), 0);
}
