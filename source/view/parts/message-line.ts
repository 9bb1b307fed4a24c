// The line above the key bar: the question that is asked, what was just done, that time stands, what is hidden by a
// filter, what the servers do not allow; at its right which rows are seen. It is reserved, so that nothing jumps.

import { printableText } from '../../core/text/printable.ts';
import { delayLimits } from '../../core/thresholds.ts';
import type { Address } from '../../core/types.ts';
import { shown } from '../../state/shown.ts';
import type { ChangePrompt, Prompt, State } from '../../state/state.ts';
import { isNarrow, isWide } from '../columns.ts';
import { clock, seconds } from '../format.ts';
import { fleetOfCharts } from '../screens/fleet/charts.ts';
import { visibleTop } from '../screens/fleet/layout.ts';
import { quietWords, type TableLine } from '../screens/fleet/rows.ts';
import { liveWords } from '../screens/runbook/lines.ts';
import { bold, dim, type Line, lineWidth, plain, spread, textWidth } from '../theme.ts';
import { earlierTrouble, earlierWords } from './earlier.ts';
import { overviewLine } from './overview-line.ts';

export function messageLine(
	state: State,
	lines: readonly TableLine[],
	height: number,
	cursor: Address | undefined,
): Line {
	// A question has the line for itself: its hint says how to get out of it.
	const rows = state.prompt === undefined ? rowsWords(state, lines, height, cursor) : [];
	return spread(words(state, lines, lineWidth(rows)), rows, state.size.columns, state.isAscii);
}

/** The message line of a screen of its own: what is asked or was just done, else `quiet`; at its right the rows seen. */
export function plainMessageLine(state: State, quiet: Line, rows?: RowsSeen): Line {
	const seen = state.prompt === undefined ? rowsSeenWords(rows) : [];
	const said =
		spokenWords(state) ?? (quiet.length > 0 ? quiet : (overviewBeside(state, lineWidth(seen)) ?? []));
	return spread(said, seen, state.size.columns, state.isAscii);
}

/** What goes before anything else on every screen: the question that is asked, what was just done. */
export function spokenWords(state: State): Line | undefined {
	if (state.prompt !== undefined) return promptLine(state, state.prompt);
	if (state.toast !== undefined && state.toast.until > state.at)
		return [plain(printableText(state.toast.text))];
	return undefined;
}

/** What of the line is not the rows that are seen. */
const overviewBeside = (state: State, right: number): Line | undefined =>
	overviewLine(state, state.size.columns - (right > 0 ? right + 2 : 0));

function words(state: State, lines: readonly TableLine[], right: number): Line {
	const spoken = spokenWords(state);
	if (spoken !== undefined) return spoken;
	if (state.replay?.endText !== undefined && state.paused === undefined)
		return [plain(`${printableText(state.replay.endText)}. [ steps back, q leaves.`)];
	const overview = state.filter === '' ? overviewBeside(state, right) : undefined;
	if (overview) return overview;
	if (state.replay !== undefined && (state.paused !== undefined || state.replay.isPaused))
		return [dim('[ ] step, e next event, + - speed, p plays on')];
	if (state.paused !== undefined) return [plain(pausedWords(state, state.paused.at))];
	if (state.filter !== '') return filterLine(state, lines);
	const quiet = [pastTrouble(state), quietWords(state)].filter(each => each !== undefined);
	const told = quiet.length > 0 ? quiet.join('; ') : pastWords(state);
	return told === undefined ? [] : [dim(told)];
}

/** Also where no charts are seen. */
function pastTrouble(state: State): string | undefined {
	const fleet = fleetOfCharts(state);
	return fleet && earlierTrouble(state, fleet);
}

/** Only where the charts are seen is there something else to say of the time before. */
function pastWords(state: State): string | undefined {
	const fleet = isWide(state.size.columns) ? fleetOfCharts(state) : undefined;
	return fleet && earlierWords(state, fleet);
}

/** The node as it is, as far as it was read: `primary, up; Enter runs it, Esc cancels`. */
function changeHint({ at }: State, { live, isChecking }: ChangePrompt): string {
	if (isChecking) return 'reading it once more; Esc cancels';
	if (!live) return 'its address in full, Enter runs it, Esc cancels';
	return `${liveWords(live, at)}; Enter runs it, Esc cancels`;
}

/** An answer is not taken any more: why, and the way out. */
const closedLine = (why: string): Line => [bold('not sent: '), plain(`${printableText(why)}`), dim('   Esc')];

function promptLine(state: State, prompt: Prompt): Line {
	if (prompt.kind === 'change' && prompt.closed !== undefined) return closedLine(prompt.closed);
	const { question, hint } = promptWords(state, prompt);
	const typed: Line = [bold(question), plain(printableText(prompt.text)), { text: ' ', style: 'inverse' }];
	// A path may be longer than the line: its end is what is being typed.
	const room = state.size.columns - textWidth(question) - 1;
	if (textWidth(prompt.text) > room)
		return [bold(question), plain(lastCells(prompt.text, room)), { text: ' ', style: 'inverse' }];
	return [...typed, dim(`   ${hint}`)];
}

const lastCells = (text: string, width: number) => {
	let tail = printableText(text);
	while (textWidth(tail) > width) tail = [...tail].slice(1).join('');
	return tail;
};

function promptWords(state: State, prompt: Prompt): { question: string; hint: string } {
	switch (prompt.kind) {
		case 'filter':
			return { question: 'filter: ', hint: 'Enter keeps it, Esc clears' };
		case 'delay':
			return {
				question: `delay in seconds (now ${seconds(state.delaySeconds)}): `,
				hint: `${delayLimits.shortest} to ${delayLimits.longest}, Enter sets it, Esc leaves it`,
			};
		case 'write':
			if (state.screen === 'fleet')
				return { question: 'write the last minutes to: ', hint: 'a recording, Enter writes, Esc leaves it' };
			return { question: 'write to: ', hint: '.json .csv .md .txt, Enter writes, Esc leaves it' };
		case 'seek':
			return { question: 'jump to: ', hint: '03:12 -90m <5m >5m; e f m next event, finding, marker' };
		case 'marker':
			return { question: 'marker: ', hint: 'a word, Enter sets it now, Esc leaves it' };
		case 'change':
			return { question: 'node: ', hint: changeHint(state, prompt) };
	}
}

function pausedWords(state: State, at: number): string {
	if (isNarrow(state.size.columns)) return 'still polling  [ ] step, p back to now';
	return `paused at ${clock(at, state.clockOffset)}, still polling. [ ] step, p back to now.`;
}

function filterLine(state: State, lines: readonly TableLine[]): Line {
	const all = shown(state).fleets.reduce((sum, { fleet }) => sum + fleet.nodes.length, 0);
	const rows = lines.filter(line => line.kind === 'row').length;
	return [bold('filter '), plain(printableText(state.filter)), dim(`   ${rows} of ${all} nodes, Esc clears`)];
}

export type RowsSeen = { readonly first: number; readonly last: number; readonly all: number };

/** `rows 1-18 of 54`, only when not all are seen. */
function rowsSeenWords(rows: RowsSeen | undefined): Line {
	if (rows === undefined || rows.last - rows.first + 1 >= rows.all) return [];
	return [plain(`rows ${rows.first}-${rows.last} of ${rows.all}`)];
}

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
	return rowsSeenWords({ first: before + Math.min(1, seen), last: before + seen, all: rowCount(lines) });
}

const rowCount = (lines: readonly TableLine[]) => lines.filter(line => line.kind === 'row').length;
