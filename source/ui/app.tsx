// The whole screen: draws a State and hands on what is typed, by the names the table of keys uses. The only useInput.
// Keys typed fast come as one input (`jjj`, `q\r`) and are taken apart here. It keeps nothing and decides nothing.

import { type Key as InkKey, useInput, useStdin } from 'ink';
import type { Key, State } from '../state/state.ts';
import { Frame } from './frame.tsx';

export type AppProps = { readonly state: State; readonly onKeys: (keys: readonly Key[]) => void };

export function App({ state, onKeys }: AppProps) {
	const { isRawModeSupported } = useStdin();
	useInput(
		(input, key) => {
			const keys = keysOf(input, key);
			if (keys.length > 0) onKeys(keys);
		},
		// Without a terminal to read from useInput throws.
		{ isActive: isRawModeSupported },
	);
	return <Frame state={state} />;
}

const special = [
	['upArrow', 'up'],
	['downArrow', 'down'],
	['leftArrow', 'left'],
	['rightArrow', 'right'],
	['pageUp', 'pageup'],
	['pageDown', 'pagedown'],
	['home', 'home'],
	['end', 'end'],
	['return', 'enter'],
	['backspace', 'backspace'],
	['delete', 'backspace'],
] as const satisfies readonly (readonly [keyof InkKey, Key])[];

/** The keys of one input of Ink, by our names. */
export function keysOf(input: string, key: InkKey): readonly Key[] {
	if (key.eventType === 'release') return [];
	if (key.tab) return [key.shift ? 'shift-tab' : 'tab'];
	if (key.escape) return ['escape'];
	const named = special.find(([flag]) => key[flag] === true);
	// Escape and a key close together arrive as that key with meta: an operator who types fast meant both.
	const before: Key[] = key.meta ? ['escape'] : [];
	if (named !== undefined) return [...before, named[1]];
	if (key.ctrl)
		return input.length === 1 ? [input === ' ' ? 'ctrl-space' : `ctrl-${input.toLowerCase()}`] : [];
	// Function keys come without a name. There is one in the table, and help is what such a key is pressed for.
	if (input === '') return key.meta || key.super || key.hyper ? [] : ['f1'];
	return [...before, ...[...input].map(keyOfCharacter)];
}

const controls: Readonly<Record<string, Key>> = {
	'\r': 'enter',
	'\n': 'enter',
	'\t': 'tab',
	' ': 'space',
	'\x7f': 'backspace',
	'\b': 'backspace',
	'\x1b': 'escape',
};

function keyOfCharacter(character: string): Key {
	const control = controls[character];
	if (control !== undefined) return control;
	const code = character.codePointAt(0) ?? 0;
	return code < 0x20 ? `ctrl-${String.fromCharCode(code + 0x60)}` : character;
}
