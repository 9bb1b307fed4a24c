// The help of the screen it was opened on: what each key does there, what each column means, what is sent to the
// servers. Made from the table of keys, from the columns and from sends.ts, so it cannot say anything else than what
// the program does. It scrolls where the terminal is too small for it.

import { zone } from '../../../core/text/local-time.ts';
import { printableText } from '../../../core/text/printable.ts';
import { repeatingTrack } from '../../../state/hot-keys-found.ts';
import { screenBehind } from '../../../state/shown.ts';
import type { State } from '../../../state/state.ts';
import { type ColumnFacts, columnFacts, columnSetNames, isNarrow, isWide } from '../../columns.ts';
import { type Entry, type Group, keyName } from '../../keymap.ts';
import { blank, bold, crop, dim, type Line, lineWidth, plain, spread } from '../../theme.ts';
import { visibleColumns } from '../fleet/rows.ts';
import { repeatWords } from '../hot-keys/ways.ts';
import { helpColumns, helpKeys } from './groups.ts';
import { whatItSends } from './sends.ts';

export function helpLines(state: State): readonly Line[] {
	const { columns } = state.size;
	const body = helpBody(state);
	const height = helpHeight(state);
	const last = lastTop(state, body);
	const top = Math.min(Math.max(0, state.helpTop ?? 0), last);
	const title: Line = [
		bold('redis-top'),
		dim(' > '),
		plain(screenBehind(state).replace('-', ' ')),
		dim(' > '),
		bold('help'),
	];
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
export const lastHelpTop = (state: State): number => lastTop(state, helpBody(state));

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
	if (state.toast !== undefined && state.toast.until > state.at)
		return [plain(printableText(state.toast.text))];
	if (length > height)
		return [plain(`lines ${top + 1}-${Math.min(length, top + height)} of ${length}`), dim('   j k scroll')];
	return isNarrow(state.size.columns) ? [] : [dim('? on another screen tells the keys of that one.')];
}

function helpBody(state: State): readonly Line[] {
	return [
		...keysPart(state),
		blank,
		...(screenBehind(state) === 'fleet' ? [...columnsPart(state), blank] : []),
		...marksPart(state),
		blank,
		...sendsPart(state),
	];
}

// ---------------------------------------------------------------------------------------------------------
// Keys

function keysPart(state: State): readonly Line[] {
	const parts = helpColumns(state).map(groups =>
		groups.flatMap((group, index) => groupLines(state, group, index > 0)),
	);
	return beside(parts, state.size.columns, state.isAscii);
}

function groupLines(state: State, group: Group, isLater: boolean): readonly Line[] {
	const entries = helpKeys(state, group).map(entry => entryLine(state, entry));
	return [...(isLater ? [blank] : []), [bold(group)], ...entries];
}

const keysWidth = 15;

function entryLine(state: State, entry: Entry): Line {
	const keys = entry.keys.map(key => keyName(key, state.isAscii)).join(' ');
	return [plain('  '), bold(keys.padEnd(keysWidth)), plain(` ${entry.label}`)];
}

/** Parts next to each other, each in an equal share of the width. */
function beside(parts: readonly (readonly Line[])[], width: number, isAscii: boolean): readonly Line[] {
	const share = Math.floor(width / parts.length);
	const height = Math.max(...parts.map(part => part.length));
	return Array.from({ length: height }, (_, index) =>
		parts.flatMap(part => cellIn(part[index] ?? blank, share, isAscii)),
	);
}

function cellIn(line: Line, width: number, isAscii: boolean): Line {
	const fitted = crop(line, width - 1, isAscii);
	return [...fitted, plain(' '.repeat(width - lineWidth(fitted)))];
}

// ---------------------------------------------------------------------------------------------------------
// Columns, marks, what is sent

function columnsPart(state: State): readonly Line[] {
	const { columns } = state.size;
	const sets = columnSetNames.filter(name => name !== state.columnSet).join(' ');
	const facts = visibleColumns(state)
		.map(column => columnFacts.get(column.id)!)
		.filter(column => column.title !== '');
	const across = isWide(columns) ? 2 : 1;
	const each = Math.ceil(facts.length / across);
	const parts = Array.from({ length: across }, (_, index) =>
		facts.slice(index * each, (index + 1) * each).map(columnLine),
	);
	return [
		[bold('COLUMNS'), dim(`  ${state.columnSet}; Tab: ${sets}`)],
		...beside(parts, columns, state.isAscii),
	];
}

const columnLine = (facts: ColumnFacts): Line => [
	plain('  '),
	bold(facts.title.padEnd(8)),
	plain(` ${facts.about}`),
];

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
const isReasonBelow = ({ what, why = '' }: (typeof whatItSends)[number], columns: number) =>
	why !== '' && (what.length >= sendsWidth || sendsIndent(columns) + sendsWidth + why.length > columns);

function sendsPart(state: State): readonly Line[] {
	const { columns } = state.size;
	const indent = sendsIndent(columns);
	const lines = whatItSends.flatMap((sent): Line[] => {
		const { when, what, why = '' } = sent;
		const head = [plain('  '), plain(when.padEnd(indent - 2))];
		if (why === '') return [[...head, plain(what)]];
		if (isReasonBelow(sent, columns))
			return [
				[...head, plain(what)],
				[plain(' '.repeat(indent)), dim(why)],
			];
		return [[...head, plain(what.padEnd(sendsWidth)), dim(why)]];
	});
	return [[bold('WHAT IT SENDS')], ...lines];
}
