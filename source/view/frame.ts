// A State as a frame: exactly as many lines as the terminal has, none wider than it is.

import { screenBehind } from '../state/shown.ts';
import type { State } from '../state/state.ts';
import { wrapped } from './parts/text-lines.ts';
import { screenOf } from './screens.ts';
import { blank, crop, type Line, paint, plain } from './theme.ts';

/** The smallest screen anything is drawn on. */
export const smallest = { columns: 40, rows: 10 };

const isTooSmall = ({ size }: State) => size.columns < smallest.columns || size.rows < smallest.rows;

/** The lines of the screen, with SGR codes. */
export const frameOf = (state: State): readonly string[] =>
	linesOf(state).map(line => paint(line, state.isColour));

/** The same as spans: what a terminal is painted from. */
export function linesOf(state: State): readonly Line[] {
	const { columns, rows } = state.size;
	const lines = screenLines(state);
	return Array.from({ length: Math.max(0, rows) }, (_, index) =>
		crop(lines[index] ?? blank, columns, state.isAscii),
	);
}

function screenLines(state: State): readonly Line[] {
	if (isTooSmall(state)) return tooSmallLines(state);
	return screenOf(state.screen).screen.lines(state, screenOf(screenBehind(state)));
}

/** One sentence, broken between words where it must be. */
function tooSmallLines({ size, isAscii }: State): readonly Line[] {
	const sentence = `redis-top needs ${smallest.columns}x${smallest.rows}, this is ${size.columns}x${size.rows}`;
	return wrapped(sentence, size.columns).map(line => crop([plain(line)], size.columns, isAscii));
}
