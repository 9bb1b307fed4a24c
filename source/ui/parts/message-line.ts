// The line above the key bar: the question that is asked, what was just done, that time stands, what is hidden by a
// filter, what the servers do not allow; at its right which rows are seen. It is reserved, so that nothing jumps.

import { printableText } from '../../core/printable.ts';
import type { Address } from '../../core/types.ts';
import { isNarrow } from '../../state/columns.ts';
import { quietWords, shown, type TableLine, visibleTop } from '../../state/selectors.ts';
import type { State } from '../../state/state.ts';
import { clock, seconds } from '../format.ts';
import { bold, dim, type Line, plain, spread } from '../theme.ts';

export function messageLine(
	state: State,
	lines: readonly TableLine[],
	height: number,
	cursor: Address | undefined,
): Line {
	return spread(
		words(state, lines),
		rowsWords(state, lines, height, cursor),
		state.size.columns,
		state.isAscii,
	);
}

function words(state: State, lines: readonly TableLine[]): Line {
	if (state.prompt !== undefined) return promptLine(state);
	if (state.toast !== undefined && state.toast.until > state.at)
		return [plain(printableText(state.toast.text))];
	if (state.replay?.endText !== undefined && state.paused === undefined)
		return [plain(`${printableText(state.replay.endText)}. [ steps back, q leaves.`)];
	if (state.replay !== undefined && (state.paused !== undefined || state.replay.isPaused))
		return [dim('[ ] step, e next event, + - speed, p plays on')];
	if (state.paused !== undefined) return [plain(pausedWords(state, state.paused.at))];
	if (state.filter !== '') return filterLine(state, lines);
	const quiet = quietWords(state);
	return quiet === undefined ? [] : [dim(quiet)];
}

function promptLine(state: State): Line {
	const { prompt } = state;
	const question =
		prompt!.kind === 'filter' ? 'filter: ' : `delay in seconds (now ${seconds(state.delaySeconds)}): `;
	const hint =
		prompt!.kind === 'filter'
			? '   Enter keeps it, Esc clears'
			: '   0.25 to 3600, Enter sets it, Esc leaves it';
	return [bold(question), plain(printableText(prompt!.text)), { text: ' ', style: 'inverse' }, dim(hint)];
}

function pausedWords(state: State, at: number): string {
	if (isNarrow(state.size.columns)) return 'polling goes on  [ ] step, p back to now';
	return `Time stands at ${clock(at)}; polling goes on. [ ] step, p back to now.`;
}

function filterLine(state: State, lines: readonly TableLine[]): Line {
	const all = shown(state).fleets.reduce((sum, { fleet }) => sum + fleet.nodes.length, 0);
	const rows = lines.filter(line => line.kind === 'row').length;
	return [bold('filter '), plain(printableText(state.filter)), dim(`   ${rows} of ${all} nodes, Esc clears`)];
}

/** `rows 1-18 of 54`, only when not all are seen. */
function rowsWords(
	state: State,
	lines: readonly TableLine[],
	height: number,
	cursor: Address | undefined,
): Line {
	if (lines.length <= height) return [];
	const top = visibleTop(lines, height, state.top, cursor);
	const before = rowCount(lines.slice(0, top));
	const seen = rowCount(lines.slice(top, top + height));
	return [plain(`rows ${before + Math.min(1, seen)}-${before + seen} of ${rowCount(lines)}`)];
}

const rowCount = (lines: readonly TableLine[]) => lines.filter(line => line.kind === 'row').length;
