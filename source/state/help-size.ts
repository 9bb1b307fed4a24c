// How many lines the help has on a screen of this width, so that scrolling stops at its end and the first `k` after
// `G` is seen. It counts what ui/screens/help.tsx draws, which `update` may not look at; test/state/help.test.ts
// holds the two together on every width.

import { columnFacts, isNarrow, isWide } from './columns.ts';
import { type Group, helpEntries } from './keymap.ts';
import { visibleColumns } from './selectors.ts';
import { whatItSends } from './sends.ts';
import type { State } from './state.ts';

/** The first line of the help when its last one is on the screen. */
export function lastHelpTop(state: State): number {
	return Math.max(0, helpLength(state) - helpHeight(state));
}

/** Which groups of keys stand above each other, from left to right. */
export function helpColumns(columns: number): readonly (readonly Group[])[] {
	if (isWide(columns))
		return [
			['SCREENS', 'ACT'],
			['MOVE', 'TIME'],
			['TABLE', 'REST'],
		];
	if (isNarrow(columns)) return [['SCREENS', 'MOVE', 'ACT', 'TABLE', 'TIME', 'REST']];
	return [
		['SCREENS', 'MOVE', 'ACT'],
		['TABLE', 'TIME', 'REST'],
	];
}

/** Lines between the title and the footer. */
export const helpHeight = ({ size }: State): number => size.rows - 3;

const blank = 1;
const title = 1;

function helpLength(state: State): number {
	const marks = isWide(state.size.columns) ? 1 : isNarrow(state.size.columns) ? 3 : 2;
	return keyLines(state) + blank + columnLines(state) + blank + marks + blank + sendsLines(state);
}

function keyLines({ size: { columns }, replay }: State): number {
	const group = (name: Group) => title + helpEntries(name, replay !== undefined).length;
	return Math.max(
		...helpColumns(columns).map(
			groups => groups.reduce((sum, name) => sum + group(name), 0) + (groups.length - 1) * blank,
		),
	);
}

function columnLines(state: State): number {
	const titled = visibleColumns(state).filter(({ id }) => columnFacts.get(id)!.title !== '');
	return title + Math.ceil(titled.length / (isWide(state.size.columns) ? 2 : 1));
}

/** The reason stands behind what is sent, or below it where it is too long. */
function sendsLines({ size: { columns } }: State): number {
	const indent = isNarrow(columns) ? 14 : 16;
	const isTwo = ({ what, why = '' }: (typeof whatItSends)[number]) =>
		why !== '' && indent + Math.max(40, what.length) + why.length > columns;
	return title + whatItSends.reduce((sum, sent) => sum + (isTwo(sent) ? 2 : 1), 0);
}
