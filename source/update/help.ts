// The help: opened on a screen and closed to it. It is longer than a small terminal.

import { screenBehind } from '../state/shown.ts';
import type { State } from '../state/state.ts';
import { helpHeight, lastHelpTop } from '../view/screens/help/screen.ts';
import { screenOf } from '../view/screens.ts';
import type { ScreenActs } from './acts.ts';
import { movedTo } from './move.ts';

export const helpActs: ScreenActs<never> = {
	acts: { back: closeHelp, escape: closeHelp, help: closeHelp },
	move: scroll,
	page: state => helpHeight(state) - 1,
};

export const openHelp = (state: State): State => ({
	...state,
	...{ screen: 'help', helpFrom: state.screen, helpTop: 0, toast: undefined },
});

function closeHelp(state: State): State {
	return { ...state, screen: screenBehind(state), helpFrom: undefined, helpTop: 0 };
}

function scroll(state: State, rows: number): State {
	const last = lastHelpTop(state, screenOf(screenBehind(state)));
	return { ...state, helpTop: movedTo(Math.min(state.helpTop ?? 0, last), rows, last + 1) };
}
