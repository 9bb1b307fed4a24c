// The screen of a runbook: the steps with their verdicts on the left, the step itself on the right, its lines scrolled.
// It knows nothing of memory or settings: what is asked, measured and offered comes from the runbook.

import { stepNow } from '../../../state/runbook-runs.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow } from '../../columns.ts';
import { clockDigits } from '../../format.ts';
import { plainMessageLine, type RowsSeen } from '../../parts/message-line.ts';
import { nodePath } from '../../parts/paths.ts';
import { screenFrame } from '../../parts/screen-frame.ts';
import type { Screen, SeenScreen } from '../../screen.ts';
import { blank, crop, dim, type Line, lineWidth, plain } from '../../theme.ts';
import { hasStepsPane, runbookVitals, stepLine, stepsPane } from './head.ts';
import { runbookKeys } from './keys.ts';
import { paneHeight, paneLines, paneTop, stepsWidth } from './lines.ts';
import { runbookReport } from './report.ts';

export const runbookScreen: Screen = {
	name: 'runbook',
	title: 'runbook',
	opens: {
		...{ keys: ['6', 'r'], label: 'memory runbook' },
		...{ bar: 'memory runbook', short: 'memory', rank: 8 },
	},
	keys: runbookKeys,
	path: state => nodePath(state, state.runbook, [nameOf(state)]),
	needs: ({ runbook }) => runbook && { fleet: runbook.fleet, node: runbook.address, isCluster: false },
	lines: runbookLines,
	writes: {
		file: state =>
			stepNow(state) && `${state.runbook!.runbook}-${clockDigits(state.at, state.clockOffset)}.md`,
		nothing: 'there is nothing to write yet',
		what: state => {
			const report = runbookReport(state);
			return report && { kind: 'page', text: report.text };
		},
	},
};

function nameOf({ runbook, size }: State): string {
	if (runbook?.runbook === 'lost-data') return 'lost data';
	const isAudit = runbook?.runbook === 'config-audit';
	if (isNarrow(size.columns)) return isAudit ? 'audit' : 'runbook';
	return isAudit ? 'configuration audit' : 'memory runbook';
}

/** Beside the pane they stand under the steps. A recording has no server to change or scan. */
const hints = ({ replay }: State) => (replay ? 'Enter next  y copy' : 'Enter next  x run  y copy  s scan');

function runbookLines(state: State, seen: SeenScreen): readonly Line[] {
	if (state.runbook === undefined) return screenFrame(state, seen, { head: [], body: [], message: [] });
	const all = paneLines(state);
	const top = paneTop(state, all);
	const height = paneHeight(state);
	const pane = all.slice(top, top + height);
	const isBeside = hasStepsPane(state);
	return screenFrame(state, seen, {
		head: [runbookVitals(state), blank, ...(isBeside ? [] : [stepLine(state)])],
		body: isBeside ? beside(state, pane, height) : pane,
		message: plainMessageLine(state, isBeside ? [] : [dim(hints(state))], seenOf(top, height, all.length)),
	});
}

function beside(state: State, pane: readonly Line[], height: number): readonly Line[] {
	const width = stepsWidth(state.size.columns);
	const steps = stepsPane(state);
	const bar = dim(state.isAscii ? '|' : '│');
	return Array.from({ length: height }, (_, index) => {
		const left = crop(steps[index] ?? blank, width - 3, state.isAscii);
		const right = pane[index] ?? blank;
		const gap = plain(' '.repeat(width - 2 - lineWidth(left)));
		return [...left, gap, bar, ...(right.length === 0 ? [] : [plain(' '), ...right])];
	});
}

const seenOf = (top: number, height: number, all: number): RowsSeen => ({
	first: top + 1,
	last: Math.min(all, top + height),
	all,
});
