// The screen of hot keys: what was sampled and what a sample costs, the keys with their shares, the one under the
// cursor with what could be done about it, and who and what they are used by. Its parts are hot-*.ts; how many lines
// each has is rows.ts. While there is no result it shows the ways there are to get one.

import type { HotKeysResult } from '../../../core/keys/hot-keys.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow } from '../../columns.ts';
import { clockDigits } from '../../format.ts';
import { plainMessageLine, type RowsSeen } from '../../parts/message-line.ts';
import { scopePath } from '../../parts/paths.ts';
import { filled, screenFrame } from '../../parts/screen-frame.ts';
import type { Screen, SeenScreen } from '../../screen.ts';
import { blank, dim, type Line, plain } from '../../theme.ts';
import { hotDetail } from './detail.ts';
import { costLine, quietLine, sampleLine } from './head.ts';
import { hotKeysKeys } from './keys.ts';
import { isEarlyEnd } from './note-words.ts';
import {
	hotCursor,
	hotLayout,
	hotLength,
	hotResult,
	hotRows,
	hotStatus,
	hotText,
	hotTop,
	hotView,
	isText,
} from './rows.ts';
import { patternLines, sumLines } from './sums.ts';
import { hotHead, hotRowLine, hotTable, otherLine, wayLine } from './table.ts';

export const hotKeysScreen: Screen = {
	name: 'hot-keys',
	title: 'hot keys',
	opens: { keys: ['4'], label: 'hot keys', bar: 'hot keys', short: 'hot', rank: 6 },
	keys: hotKeysKeys,
	path: state => scopePath(state, state.hotKeys?.scope, 'hot keys'),
	hasOwnPace: true,
	lines: hotKeysLines,
	writes: {
		file: state => hotResult(state) && `hot-keys-${clockDigits(state.at, state.clockOffset)}.json`,
		nothing: 'there is nothing to write yet',
		what: state => {
			const result = hotResult(state);
			return result && { kind: 'hot-keys', result, ladders: hotStatus(state)?.ladders ?? [] };
		},
	},
};

function hotKeysLines(state: State, seen: SeenScreen): readonly Line[] {
	const result = hotResult(state);
	const head = [sampleLine(state), costLine(state)];
	const body = result === undefined || isText(state) ? textBody(state) : listBody(state, result);
	return screenFrame(state, seen, {
		head,
		body,
		message: plainMessageLine(state, quietLine(state), rowsSeen(state)),
	});
}

function textBody(state: State): readonly Line[] {
	const { gap, table } = hotLayout(state, 0);
	const top = hotTop(state, []);
	return [
		...blanks(gap),
		...hotText(state)
			.slice(top, top + table)
			.map(wayLine),
	];
}

function listBody(state: State, result: HotKeysResult): readonly Line[] {
	const rows = hotRows(state);
	const layout = hotLayout(state, rows.length);
	const table = hotTable(state, result, hotView(state));
	const cursor = hotCursor(state, rows);
	const top = hotTop(state, rows);
	const lines = rows.slice(top, top + layout.table).map(row => hotRowLine(table, row, row === cursor));
	const listed = rows.length === 0 ? [[plain('    '), dim(emptyWords(state, result))]] : lines;
	const others = layout.other > 0 ? [otherLine(state, result)] : [];
	return [
		...blanks(layout.gap),
		...(layout.head > 0 ? [hotHead(table)] : []),
		...filled([...listed, ...others], layout.table + layout.other),
		...detailOf(state, result, cursor, layout.detail),
		...(layout.patterns > 0 ? filled(patternLines(state, result, layout.patterns), layout.patterns + 3) : []),
		...(layout.sums > 0 ? sumLines(state, result, layout.sums) : []),
	];
}

/** Its lines are kept free also where there is no key, so that what stands below does not move. */
function detailOf(
	state: State,
	result: HotKeysResult,
	cursor: ReturnType<typeof hotCursor>,
	height: number,
): readonly Line[] {
	if (height === 0) return [];
	const lines = cursor?.kind === 'key' ? hotDetail(state, cursor.key, result, height) : [];
	return filled(lines, height + (isNarrow(state.size.columns) ? 0 : 1));
}

function emptyWords(state: State, result: HotKeysResult): string {
	const view = hotView(state);
	if (view === 'keys' && result.commands > 0) return 'no key was used';
	// A look that did not happen, or was cut off, is no quiet server.
	if (view === 'keys') return result.nodes.some(isEarlyEnd) ? 'nothing was seen' : 'nothing was used';
	const by = {
		bytes: 'bytes',
		patterns: 'patterns',
		commands: 'commands',
		clients: 'clients',
		slots: 'slots',
		ways: 'ways',
	}[view];
	return view === 'slots'
		? 'no figures by slot: CLUSTER SLOT-STATS has them, where it is switched on'
		: `no ${by} seen this way`;
}

const blanks = (count: number): readonly Line[] => Array.from({ length: count }, () => blank);

function rowsSeen(state: State): RowsSeen | undefined {
	const rows = hotRows(state);
	const all = hotLength(state, rows);
	const { table } = hotLayout(state, rows.length);
	const top = hotTop(state, rows);
	return { first: top + 1, last: Math.min(all, top + table), all };
}
