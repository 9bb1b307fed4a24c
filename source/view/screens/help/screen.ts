// The help of the screen it was opened on: what each key does there, what each column means, what is sent to the
// servers. Made from the table of keys, from the columns and from that of commands, so it cannot say anything else than what
// the program does. It scrolls where the terminal is too small for it.

import { occasions, sentWords } from '../../../core/commands.ts';
import { zone } from '../../../core/text/local-time.ts';
import { repeatingTrack } from '../../../state/hot-keys-found.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { type Binding, type Entry, type Group, helpEntries, keyName } from '../../keymap.ts';
import { beside } from '../../parts/beside.ts';
import { spokenWords } from '../../parts/message-line.ts';
import type { Screen, SeenScreen } from '../../screen.ts';
import { blank, bold, dim, type Line, plain, spread } from '../../theme.ts';
import { repeatWords } from '../hot-keys/ways.ts';

export const helpScreen: Screen = {
	name: 'help',
	title: 'help',
	keys: [],
	path: () => ['help'],
	lines: helpLines,
};

function helpLines(state: State, seen: SeenScreen): readonly Line[] {
	const { columns } = state.size;
	const body = helpBody(state, seen);
	const height = helpHeight(state);
	const last = lastTop(state, body);
	const top = Math.min(Math.max(0, state.helpTop ?? 0), last);
	const title: Line = [bold('redis-top'), dim(' > '), plain(seen.screen.title), dim(' > '), bold('help')];
	return [
		spread(title, [...repeated(state), dim(zoneAndVersion(state))], columns, state.isAscii),
		blank,
		...Array.from({ length: height }, (_, index) => body[top + index] ?? blank),
		spread(footer(state, top, height, body.length), [bold('Esc'), dim(' close')], columns, state.isAscii),
	];
}

/** Lines between the title and the footer. */
export const helpHeight = ({ size }: State): number => size.rows - 3;

/** The first line of the help when its last one is on the screen. */
export const lastHelpTop = (state: State, seen: SeenScreen): number => lastTop(state, helpBody(state, seen));

const lastTop = (state: State, body: readonly Line[]): number => Math.max(0, body.length - helpHeight(state));

/** The one place that names the zone of all times on the screens. */
function zoneAndVersion({ at, clockOffset, size, version }: State): string {
	const times = `times ${zone(at, clockOffset)}`;
	return isNarrow(size.columns) ? times : `${times}   redis-top ${version}`;
}

/** What costs the servers something is said on line 1 of every screen. */
function repeated(state: State): Line {
	const repeating = repeatingTrack(state)?.status?.repeating;
	return repeating === undefined ? [] : [plain(`${repeatWords(repeating)}  `)];
}

function footer(state: State, top: number, height: number, length: number): Line {
	const spoken = spokenWords(state);
	if (spoken !== undefined) return spoken;
	if (length > height)
		return [plain(`lines ${top + 1}-${Math.min(length, top + height)} of ${length}`), dim('   j k scroll')];
	return isNarrow(state.size.columns) ? [] : [dim('? on another screen tells the keys of that one.')];
}

function helpBody(state: State, { screen, bindings }: SeenScreen): readonly Line[] {
	const own = screen.help?.(state) ?? [];
	return [
		...keysPart(state, bindings),
		blank,
		...(own.length > 0 ? [...own, blank] : []),
		...marksPart(state),
		blank,
		...sendsPart(state),
	];
}

// ---------------------------------------------------------------------------------------------------------
// Keys

function keysPart(state: State, bindings: readonly Binding[]): readonly Line[] {
	const entriesOf = (group: Group) => helpEntries(group, bindings, state.replay !== undefined);
	const parts = groupColumns(state.size.columns).map(groups =>
		groups
			.filter(group => entriesOf(group).length > 0)
			.flatMap((group, index) => groupLines(state, group, entriesOf(group), index > 0)),
	);
	return beside(parts, state.size.columns, state.isAscii);
}

/** Groups from left to right, and which stand above each other. */
function groupColumns(columns: number): readonly (readonly Group[])[] {
	if (isNarrow(columns)) return [['ACT', 'SCREENS', 'MOVE', 'TABLE', 'TIME', 'REST']];
	return isWide(columns)
		? [
				['SCREENS', 'ACT'],
				['MOVE', 'TIME'],
				['TABLE', 'REST'],
			]
		: [
				['SCREENS', 'MOVE'],
				['TABLE', 'ACT', 'TIME', 'REST'],
			];
}

function groupLines(
	state: State,
	group: Group,
	entries: readonly Entry[],
	isLater: boolean,
): readonly Line[] {
	return [...(isLater ? [blank] : []), [bold(group)], ...entries.map(entry => entryLine(state, entry))];
}

const keysWidth = 15;

function entryLine(state: State, entry: Entry): Line {
	const keys = entry.keys.map(key => keyName(key, state.isAscii)).join(' ');
	return [plain('  '), bold(keys.padEnd(keysWidth)), plain(` ${entry.label}`)];
}

// ---------------------------------------------------------------------------------------------------------
// Marks, what is sent

function marksPart(state: State): readonly Line[] {
	const marks: Line = [
		plain('  '),
		bold('!'),
		plain(' warning   '),
		bold('!!'),
		plain(' critical   '),
		bold('*'),
		plain(' changed in the last minute   '),
		bold('-'),
		plain(' not measured'),
	];
	const stale: Line = [plain('  a dimmed row is stale: no reading for 3 delays')];
	if (isWide(state.size.columns)) return [[...marks, plain(' '), ...stale]];
	if (!isNarrow(state.size.columns)) return [marks, stale];
	return [[...marks.slice(0, 5)], [plain('  '), ...marks.slice(5)], stale];
}

const sendsWidth = 40;

/** Where what is sent begins, and how much room it has before the reason. */
const sendsIndent = (columns: number) => (isNarrow(columns) ? 14 : 16);

/** The reason stands behind what is sent, or below it where either is too long. */
const isReasonBelow = (what: string, why: string, columns: number) =>
	why !== '' && (what.length >= sendsWidth || sendsIndent(columns) + sendsWidth + why.length > columns);

function sendsPart(state: State): readonly Line[] {
	const { columns } = state.size;
	const indent = sendsIndent(columns);
	const lines = occasions.flatMap((occasion): Line[] => {
		const { when, why = '' } = occasion;
		const what = sentWords(occasion);
		const head = [plain('  '), plain(when.padEnd(indent - 2))];
		if (why === '') return [[...head, plain(what)]];
		if (isReasonBelow(what, why, columns))
			return [
				[...head, plain(what)],
				[plain(' '.repeat(indent)), dim(why)],
			];
		return [[...head, plain(what.padEnd(sendsWidth)), dim(why)]];
	});
	return [[bold('WHAT IT SENDS')], ...lines];
}
