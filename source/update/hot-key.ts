// The row under the cursor of the hot keys screen: a closer look at its key, its name on the clipboard, and the whole
// result to a file.

import { clockDigits } from '../core/text/local-time.ts';
import { pasteText } from '../core/text/paste.ts';
import { printable } from '../core/text/printable.ts';
import { isTrackingKeys } from '../state/hot-keys-found.ts';
import { nextId } from '../state/key-screens.ts';
import type { Message, State, Step } from '../state/state.ts';
import { type HotRow, hotCursor, hotKeyAtCursor, hotTrack, openHere } from '../view/screens/hot-keys/rows.ts';
import { say, withHot } from './hot-keys-watch.ts';

export function look(state: State, withElements: boolean): Step {
	const key = hotKeyAtCursor(state);
	if (key === undefined) return [say(state, 'no key under the cursor'), []];
	if (isTrackingKeys(state, state.hotKeys!.scope.fleet))
		return [say(state, 'HOTKEYS is at work: it would count this look as a use of the key'), []];
	const id = nextId(state);
	const db = key.db ?? 0;
	// What was seen of it stays until it has been asked anew.
	const open = { id, key: { key: key.key, node: key.node, db }, look: openHere(state, key)?.look };
	const { fleet } = state.hotKeys!.scope;
	return [
		withHot({ ...state, lastId: id }, { open }),
		[{ type: 'key-look', id, fleet, node: key.node, db, key: key.key, withElements }],
	];
}

export function copy(state: State): Step {
	const row = hotCursor(state);
	if (row === undefined) return [say(state, 'nothing to copy'), []];
	const text = copyText(row);
	if (text === undefined) return [say(state, 'the name is too long for a clipboard'), []];
	return [say(state, `copied ${text}`), [{ type: 'copy', text }]];
}

function copyText(row: HotRow): string | undefined {
	switch (row.kind) {
		case 'key':
			return pasteText(row.key.key);
		case 'pattern':
			return printable(row.pattern.pattern);
		case 'command':
			return printable(row.command.command);
		case 'client':
			return printable(row.client.client);
		case 'slot':
			return String(row.slot.slot);
	}
}

export function write(state: State): Step {
	if (hotTrack(state)?.result === undefined) return [say(state, 'there is nothing to write yet'), []];
	const prompt = {
		kind: 'write',
		text: `hot-keys-${clockDigits(state.at, state.clockOffset)}.json`,
	} as const;
	return [{ ...state, prompt, toast: undefined }, []];
}

/** An opened key was asked. */
export function takeHotLook(state: State, message: Extract<Message, { type: 'key-look' }>): State {
	const open = state.hotKeys?.open;
	return open?.id === message.id ? withHot(state, { open: { ...open, look: message.look } }) : state;
}
