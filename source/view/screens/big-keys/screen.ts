// The screen of big keys: what is scanned and how far, the list, and below it what the whole consists of, or the key
// that was opened. It gives each part its lines; it draws what the state holds and asks nothing.

import type { BigKeysResult } from '../../../core/keys/big-keys.ts';
import { scanNoteWords } from '../../../core/keys/scan-note-words.ts';
import { limitWords } from '../../../core/keys/size-words.ts';
import type { State } from '../../../state/state.ts';
import { clockDigits } from '../../format.ts';
import { plainMessageLine, type RowsSeen } from '../../parts/message-line.ts';
import { scopePath } from '../../parts/paths.ts';
import { filled, screenFrame } from '../../parts/screen-frame.ts';
import { wrapped } from '../../parts/text-lines.ts';
import type { Screen, SeenScreen } from '../../screen.ts';
import { blank, dim, type Line, plain } from '../../theme.ts';
import { bigKeysKeys } from './keys.ts';
import { keyPane } from './pane.ts';
import {
	bigKeysLayout,
	bigKeysRows,
	bigKeysTop,
	cursorIndex,
	foundOnScreen,
	limitsOnScreen,
	scanOnScreen,
} from './rows.ts';
import { quietLine, scanHead } from './scan-head.ts';
import { introHead, introLines } from './scan-intro.ts';
import { keysizesWords, noteLines, patternLines, sentenceLine, typeLine } from './sums.ts';
import { listHead, listLine } from './table.ts';

export const bigKeysScreen: Screen = {
	name: 'big-keys',
	title: 'big keys',
	opens: { keys: ['5'], label: 'big keys', bar: 'big keys', short: 'big', rank: 7, pair: 'big' },
	keys: bigKeysKeys,
	path: state => scopePath(state, state.bigKeys?.scope, nameOf(state)),
	hasOwnPace: true,
	scan: scanOnScreen,
	lines: bigKeysLines,
	writes: {
		file: state => foundOnScreen(state) && `big-keys-${clockDigits(state.at, state.clockOffset)}.json`,
		nothing: 'there is nothing to write yet',
		what: state => {
			const found = foundOnScreen(state);
			return found && { kind: 'big-keys', found };
		},
	},
};

/** With what the scan is limited to: nobody should take a part for the whole. */
function nameOf(state: State): string {
	const limits = limitWords(limitsOnScreen(state));
	return limits === undefined ? 'big keys' : `big keys ${limits}`;
}

function bigKeysLines(state: State, seen: SeenScreen): readonly Line[] {
	const { bigKeys } = state;
	if (bigKeys === undefined) return screenFrame(state, seen, { head: [], body: [], message: [] });
	const scan = scanOnScreen(state);
	if (scan === undefined)
		return screenFrame(state, seen, {
			head: introHead(state),
			body: [blank, ...introLines(state)],
			message: plainMessageLine(state, []),
		});
	const { body, rows, hasNotes } = bodyLines(state);
	return screenFrame(state, seen, {
		head: scanHead(state, scan),
		body,
		message: plainMessageLine(state, quietLine(state, scan, hasNotes), rows),
	});
}

type Body = {
	readonly body: readonly Line[];
	readonly rows: RowsSeen | undefined;
	readonly hasNotes: boolean;
};

function bodyLines(state: State): Body {
	const { open } = state.bigKeys!;
	const rows = bigKeysRows(state);
	const layout = bigKeysLayout(state, rows.length);
	const top = bigKeysTop(state, rows);
	const cursor = cursorIndex(state, rows);
	const list = rows
		.slice(top, top + layout.table)
		.map((row, index) => listLine(state, row, top + index === cursor));
	const gap: readonly Line[] = layout.gap > 0 ? [blank] : [];
	const below =
		open === undefined
			? [
					...(layout.types > 0 ? [...gap, typeLine(state)] : []),
					...(layout.patterns > 0 ? patternLines(state, layout.patterns) : []),
					...(layout.sentence > 0 ? [...gap, sentenceLine(state)] : []),
					...(layout.notes > 0 ? [...gap, ...noteLines(state, layout.notes)] : []),
				]
			: [...gap, ...filled(keyPane(state, open, layout.pane), layout.pane)];
	return {
		body: [
			...gap,
			...(layout.head > 0 ? [listHead(state)] : []),
			...filled(rows.length > 0 ? list : emptyLines(state), layout.table),
			...below,
		],
		rows:
			layout.table === 0
				? undefined
				: { first: top + 1, last: Math.min(rows.length, top + layout.table), all: rows.length },
		hasNotes: layout.notes > 0,
	};
}

/** In the place of rows: what is known before the first key is sized. */
function emptyLines(state: State): readonly Line[] {
	const found = foundOnScreen(state);
	if (state.bigKeys!.view === 'items' && found !== undefined && found.keys.length > 0)
		return noItemsLines(state, found);
	if (found?.complete === true) return [[plain('  no keys')]];
	const words = keysizesWords(scanOnScreen(state)?.progress?.keysizes);
	if (words.length === 0) return [[dim('  nothing sized yet')]];
	return [
		[dim('  nothing sized yet; as the servers count (INFO keysizes) the largest are')],
		...words.map(text => [plain(`  ${text}`)]),
	];
}

/** Keys are sized, and none is known to have several items: why, where they were not read. */
function noItemsLines({ size }: State, { notes }: BigKeysResult): readonly Line[] {
	const unread = notes.find(({ kind }) => kind === 'items-not-read');
	const text = unread ? scanNoteWords(unread) : 'no key of several items is known among the largest';
	return wrapped(text, size.columns - 2).map(line => [dim(`  ${line}`)]);
}
