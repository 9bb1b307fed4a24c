// A screen of exactly as many lines as the terminal has: line 1, the lines that stand, the body, the message line and
// the key bar at the bottom. The body is cut or filled with blanks, so the last two lines never move.

import type { State } from '../../state/state.ts';
import type { SeenScreen } from '../screen.ts';
import { blank, type Line } from '../theme.ts';
import { breadcrumb } from './breadcrumb.ts';
import { keyBar } from './key-bar.ts';

export type ScreenParts = {
	/** Behind line 1: what stands while the body scrolls. */
	readonly head: readonly Line[];
	readonly body: readonly Line[];
	readonly message: Line;
};

/** Line 1, the message line and the key bar. */
const ownLines = 3;

/** Lines that are left to the body behind a head of so many. */
export const bodyHeight = (rows: number, headLines: number): number =>
	Math.max(0, rows - ownLines - headLines);

export function screenFrame(
	state: State,
	{ screen, bindings }: SeenScreen,
	{ head, body, message }: ScreenParts,
): readonly Line[] {
	const { rows } = state.size;
	const kept = head.slice(0, Math.max(0, rows - ownLines));
	return [
		breadcrumb(state, screen),
		...kept,
		...filled(body, bodyHeight(rows, kept.length)),
		message,
		keyBar(state, bindings),
	];
}

/** Exactly `height` lines. */
export const filled = (lines: readonly Line[], height: number): readonly Line[] =>
	Array.from({ length: Math.max(0, height) }, (_, index) => lines[index] ?? blank);
