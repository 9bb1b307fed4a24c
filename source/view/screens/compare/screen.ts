// The screen of before and after: one marker parts time, a figure a line, what changed first. Calm where nothing did.

import { duration } from '../../../core/text/quantity.ts';
import { type CompareState, compareWindows, settlingTimes } from '../../../state/compare-screen.ts';
import { type Compared, comparedNow } from '../../../state/compared.ts';
import type { State } from '../../../state/state.ts';
import { clock, clockDigits } from '../../format.ts';
import { plainMessageLine, type RowsSeen } from '../../parts/message-line.ts';
import { nodePath } from '../../parts/paths.ts';
import { bodyHeight, screenFrame } from '../../parts/screen-frame.ts';
import type { Screen, SeenScreen } from '../../screen.ts';
import { blank, bold, crop, dim, type Line, plain } from '../../theme.ts';
import { compareKeys } from './keys.ts';
import { compareHead, compareLines } from './lines.ts';
import { compareReport } from './report.ts';
import { markerWords, verdictWords } from './words.ts';

export const compareScreen: Screen = {
	name: 'compare',
	title: 'before and after',
	opens: { keys: ['7'], label: 'before and after', bar: 'compare', rank: 16 },
	keys: compareKeys,
	path: state => nodePath(state, state.compare && placeOf(state, state.compare), ['compare']),
	lines: screenLines,
	writes: {
		file: state => {
			const compared = comparedNow(state);
			return compared && `compare-${clockDigits(compared.marker.at, state.clockOffset)}.md`;
		},
		nothing: 'no marker yet: m sets one',
		what: state => {
			const compared = comparedNow(state);
			return compared && { kind: 'page', text: compareReport(compared, state.clockOffset) };
		},
	},
};

function placeOf(state: State, compare: CompareState) {
	const { fleet, scope, address } = compare;
	if (scope === 'fleet') return { fleet };
	const known = state.fleets.find(({ id }) => id === fleet)?.now.fleet;
	const shard = known?.nodes.find(node => node.address === address)?.shard;
	return { fleet, address: scope === 'shard' && shard !== undefined ? `shard ${shard}` : address };
}

/** Lines that stand: what is compared, what it comes to, an empty one, the titles. */
const headLines = 4;

export const compareRoom = ({ size }: State): number => bodyHeight(size.rows, headLines);

export function compareBody(state: State): readonly Line[] {
	const compared = comparedNow(state);
	return compared ? compareLines(compared.comparison, state.size.columns, state.isAscii) : [];
}

/** The first line that is seen; the last one stays at the bottom. */
export const compareTop = (state: State, lines: readonly Line[]): number =>
	Math.max(0, Math.min(state.compare?.top ?? 0, lines.length - compareRoom(state)));

function screenLines(state: State, seen: SeenScreen): readonly Line[] {
	const compared = comparedNow(state);
	if (!compared) return screenFrame(state, seen, { ...nothingYet, message: plainMessageLine(state, []) });
	const lines = compareBody(state);
	const top = compareTop(state, lines);
	const body = lines.slice(top, top + compareRoom(state));
	const rows: RowsSeen = { first: top + 1, last: top + body.length, all: lines.length };
	return screenFrame(state, seen, {
		head: [whatLine(state, compared), verdictLine(state, compared), blank, compareHead(state.size.columns)],
		body,
		message: plainMessageLine(state, [], rows),
	});
}

const nothingYet = {
	head: [blank, [plain('  no marker yet: m sets one, a failover or a changed setting is one of its own')]],
	body: [blank, [dim('  p and [ stop at a moment, which parts time as well')]],
};

/** The marker and the two windows as far as they are there. */
function whatLine(state: State, { marker, comparison }: Compared): Line {
	const { window, settling } = state.compare!;
	const long = ({ from, to }: { from: number; to: number }, words: string, most: number) => {
		const seconds = (to - from) / 1000;
		return seconds >= most ? words : duration(Math.max(0, seconds));
	};
	const { words, seconds } = compareWindows[window]!;
	const before = long(comparison.before, words, seconds);
	const after = long(comparison.after, words, seconds);
	const windows = `  before ${before}   settling ${settlingTimes[settling]!.words}   after ${after}`;
	const line = [
		bold(markerWords(marker)),
		plain(`  ${clock(marker.at, state.clockOffset)} `),
		plain(windows),
	];
	return crop(line, state.size.columns, state.isAscii);
}

function verdictLine(state: State, { comparison }: Compared): Line {
	const severities = comparison.changes.map(({ line }) => line.severity);
	const worst = severities.includes('crit') ? 'crit' : severities.includes('warn') ? 'warn' : undefined;
	const text = plain(verdictWords(comparison));
	if (worst === undefined) return crop([text], state.size.columns, state.isAscii);
	const mark = { text: worst === 'crit' ? '!!' : '!', style: worst } as const;
	return crop([mark, plain(' '), text], state.size.columns, state.isAscii);
}
