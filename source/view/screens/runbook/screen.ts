// The screen of a runbook: the steps with their verdicts on the left, the step itself on the right, its lines scrolled.
// It knows nothing of memory or settings: what is asked, measured and offered comes from the runbook.

import type { State } from '../../../state/state.ts';
import { plainMessageLine, type RowsSeen } from '../../parts/message-line.ts';
import { screenFrame } from '../../parts/screen-frame.ts';
import { blank, crop, dim, type Line, lineWidth, plain } from '../../theme.ts';
import { hasStepsPane, runbookVitals, stepLine, stepsPane } from './head.ts';
import { paneHeight, paneLines, paneTop, stepsWidth } from './lines.ts';
import { paneLine } from './painted.ts';

/** Beside the pane they stand under the steps. */
const hints = 'Enter next  x run  y copy  s scan';

export function runbookLines(state: State): readonly Line[] {
	if (state.runbook === undefined) return screenFrame(state, { head: [], body: [], message: [] });
	const all = paneLines(state);
	const top = paneTop(state, all);
	const height = paneHeight(state);
	const pane = all.slice(top, top + height).map(paneLine);
	const isBeside = hasStepsPane(state);
	return screenFrame(state, {
		head: [runbookVitals(state), blank, ...(isBeside ? [] : [stepLine(state)])],
		body: isBeside ? beside(state, pane, height) : pane,
		message: plainMessageLine(state, isBeside ? [] : [dim(hints)], seenOf(top, height, all.length)),
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
