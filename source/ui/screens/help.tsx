// The help: what each key does, what each column means, what is sent to the servers. Made from the table of keys,
// from the columns and from state/sends.ts, so it cannot say anything else than what the program does.
// It scrolls where the terminal is too small for it.

import { printableText } from '../../core/printable.ts';
import { type ColumnFacts, columnFacts, columnSetNames, isNarrow, isWide } from '../../state/columns.ts';
import { helpColumns } from '../../state/help-size.ts';
import { repeatingTrack } from '../../state/hot-keys-found.ts';
import { repeatWords } from '../../state/hot-keys-ways.ts';
import { type Entry, type Group, helpEntries, keyName } from '../../state/keymap.ts';
import { visibleColumns } from '../../state/selectors.ts';
import { whatItSends } from '../../state/sends.ts';
import type { State } from '../../state/state.ts';
import { blank, bold, crop, dim, type Line, lineWidth, plain, spread } from '../theme.ts';

export function helpLines(state: State): readonly Line[] {
	const { columns, rows } = state.size;
	const body = helpBody(state);
	const height = rows - 3;
	const last = Math.max(0, body.length - height);
	const top = Math.min(Math.max(0, state.helpTop ?? 0), last);
	const title: Line = [bold('redis-top'), dim(' > '), bold('help')];
	return [
		spread(title, [...repeated(state), dim(`redis-top ${state.version}`)], columns, state.isAscii),
		blank,
		...Array.from({ length: height }, (_, index) => body[top + index] ?? blank),
		spread(footer(state, top, height, body.length), [bold('Esc'), dim(' close')], columns, state.isAscii),
	];
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
	return isNarrow(state.size.columns)
		? []
		: [dim('This list is made from the same table that reads the keys.')];
}

function helpBody(state: State): readonly Line[] {
	return [
		...keysPart(state),
		blank,
		...columnsPart(state),
		blank,
		...marksPart(state),
		blank,
		...sendsPart(state),
	];
}

// ---------------------------------------------------------------------------------------------------------
// Keys

function keysPart(state: State): readonly Line[] {
	const { columns } = state.size;
	const parts = helpColumns(columns).map(groups =>
		groups.flatMap((group, index) => groupLines(state, group, index > 0)),
	);
	return beside(parts, columns, state.isAscii);
}

function groupLines(state: State, group: Group, isLater: boolean): readonly Line[] {
	const entries = helpEntries(group, state.replay !== undefined).map(entry => entryLine(state, entry));
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

function sendsPart(state: State): readonly Line[] {
	const isShort = isNarrow(state.size.columns);
	const lines = whatItSends.flatMap(({ when, what, why = '' }) => {
		const head: Line = [plain('  '), plain(when.padEnd(isShort ? 12 : 14)), plain(what)];
		if (why === '') return [head];
		const together: Line = [
			plain('  '),
			plain(when.padEnd(isShort ? 12 : 14)),
			plain(what.padEnd(40)),
			dim(why),
		];
		return lineWidth(together) <= state.size.columns
			? [together]
			: [head, [plain(' '.repeat(isShort ? 14 : 16)), dim(why)]];
	});
	return [[bold('WHAT IT SENDS')], ...lines];
}
