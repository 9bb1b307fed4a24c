// The row under the cursor of the hot keys screen: a closer look at its key, and its name on the clipboard.

import { pasteText } from '../core/text/paste.ts';
import { printable } from '../core/text/printable.ts';
import { isTrackingKeys } from '../state/hot-keys-found.ts';
import { nextId } from '../state/key-screens.ts';
import type { Message, State, Step } from '../state/state.ts';
import { type HotRow, hotCursor, hotKeyAtCursor, openHere } from '../view/screens/hot-keys/rows.ts';
import { lookInRecording, notLookedAt } from './asked.ts';
import { withHot } from './hot-keys-watch.ts';
import { copied, say } from './toast.ts';

export function look(state: State, withElements: boolean): Step {
	const key = hotKeyAtCursor(state);
	if (key === undefined) return [say(state, 'no key under the cursor'), []];
	const db = key.db ?? 0;
	if (state.replay) {
		const named = { key: key.key, node: key.node, db };
		const seen = lookInRecording(state, named);
		if (!seen) return [say(state, notLookedAt), []];
		return [
			withHot({ ...state, toast: undefined }, { open: { id: seen.id, key: named, look: seen.look } }),
			[],
		];
	}
	if (isTrackingKeys(state, state.hotKeys!.scope.fleet))
		return [say(state, 'HOTKEYS is at work: it would count this look as a use of the key'), []];
	const id = nextId(state);
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
	return copied(state, text);
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

/** An opened key was asked. */
export function takeHotLook(state: State, message: Extract<Message, { type: 'key-look' }>): State {
	const open = state.hotKeys?.open;
	return open?.id === message.id ? withHot(state, { open: { ...open, look: message.look } }) : state;
}
