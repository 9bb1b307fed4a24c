// What a screen's keys do, by the names of their commands. The keys themselves stand in the screen's record in view/.

import type { Effect, State, Step } from '../state/state.ts';
import type { OpenCommand, RestCommand, TimeCommand } from '../view/keymap.ts';

/** A State alone has no effects. Undefined: here and now it does what it does everywhere, or nothing. */
export type Act = (state: State) => State | Step | undefined;

/** Commands that are the same on every screen that has their keys. */
export type CommonCommand = OpenCommand | RestCommand | TimeCommand | 'write';

export type ScreenActs<Own extends string = string> = {
	/** Opens it, for what the cursor is on. */
	readonly open?: Act;
	/** Its own commands; of the common ones those that do more here. */
	readonly acts: Readonly<Record<Exclude<Own, CommonCommand>, Act>> &
		Readonly<Partial<Record<CommonCommand, Act>>>;
	/** The cursor or the text, by so many rows; a page is `page`. */
	readonly move: (state: State, rows: number) => State;
	readonly page: (state: State) => number;
	/** What rests when another screen is opened. */
	readonly leave?: (state: State) => readonly Effect[];
};

export const asStep = (done: State | Step): Step => (Array.isArray(done) ? done : [done as State, []]);
