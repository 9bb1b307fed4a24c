// What a key does: a prompt takes the keys first, then the screen's own command, then what is the same everywhere. The
// tables of keys say which command a key is (view/); a key that means nothing says so and is not swallowed silently.

import { screenBehind } from '../state/shown.ts';
import type { Effect, Key, State, Step } from '../state/state.ts';
import { commandOf, keyName, type OpenCommand } from '../view/keymap.ts';
import { screenOf, screens } from '../view/screens.ts';
import { type Act, asStep, type CommonCommand } from './acts.ts';
import { openHelp } from './help.ts';
import { askForMarker } from './markers.ts';
import { isMoving, rowsMoved } from './move.ts';
import { typeInto } from './prompt.ts';
import { actsOf } from './screens.ts';
import { timeActs } from './time.ts';
import { say } from './toast.ts';

/** Raw mode took these from the terminal: they are given back also while something is typed. */
const worksInPrompt: readonly Key[] = ['ctrl-c', 'ctrl-z', 'ctrl-l'];

/** Keys in the order they were typed: several can arrive as one. */
export function updateKeys(state: State, keys: readonly Key[]): Step {
	let now = state;
	const effects: Effect[] = [];
	for (const key of keys) {
		const [next, more] =
			now.prompt && !worksInPrompt.includes(key) ? typeInto(now, now.prompt, key) : press(now, key);
		now = next;
		effects.push(...more);
	}
	return [now, effects];
}

function press(state: State, key: Key): Step {
	const isReplay = state.replay !== undefined;
	const { bindings } = screenOf(state.screen);
	const command = commandOf(key, bindings, isReplay);
	if (command !== undefined) return leaving(state, run(state, command));
	const name = keyName(key, state.isAscii);
	const isKnown = screens.some(screen => commandOf(key, screenOf(screen.name).bindings, isReplay));
	const why =
		isReplay && commandOf(key, bindings) !== undefined
			? `a recording has no servers to ask: ${name}`
			: isKnown
				? `${name} does nothing here`
				: `no such key: ${name}`;
	return [say(state, `${why}   ? help`), []];
}

function run(state: State, command: string): Step {
	const { acts, move, page } = actsOf(state.screen);
	if (isMoving(command)) return [move(state, rowsMoved(command, page(state))), []];
	const own = (acts as Acts)[command]?.(state);
	return asStep(own ?? ({ ...opening, ...anywhere } as Acts)[command]?.(state) ?? state);
}

type Acts = Readonly<Record<string, Act | undefined>>;

/** What asks on only while it is seen rests when another screen is opened. */
function leaving(before: State, [next, effects]: Step): Step {
	const left = screenBehind(before);
	if (screenBehind(next) === left) return [next, effects];
	return [next, [...(actsOf(left).leave?.(before) ?? []), ...effects]];
}

const opening: Acts = Object.fromEntries(
	screens.map(({ name }) => [`to-${name}`, (state: State) => actsOf(name).open?.(state)]),
);

const toFleet: Act = state => actsOf('fleet').open!(state);

/** What a command does where the screen has nothing else for it. */
const anywhere: Readonly<Record<Exclude<CommonCommand, OpenCommand>, Act>> = {
	...timeActs,
	back: toFleet,
	escape: toFleet,
	help: openHelp,
	write,
	marker: askForMarker,
	'quit-now': state => [state, [{ type: 'quit', code: 130 }]],
	redraw: state => [state, [{ type: 'redraw' }, { type: 'try-now' }]],
	suspend: state => [state, [{ type: 'suspend' }]],
	'save-settings': state => [state, [{ type: 'save-settings' }]],
	colours: state => say({ ...state, isColour: !state.isColour }, `colours ${state.isColour ? 'off' : 'on'}`),
};

/** Asks where to; what is written is the screen's record's. */
function write(state: State): State | undefined {
	const { writes } = screenOf(state.screen).screen;
	if (!writes) return undefined;
	const text = writes.file(state);
	if (text === undefined) return say(state, writes.nothing);
	return { ...state, prompt: { kind: 'write', text }, toast: undefined };
}
