// One key on the screen of big keys: opened, asked for a few elements, copied. Values are read by `e` alone, and only of a key that was opened before.

import { primaryNow } from '../core/fleet/serving.ts';
import type { BigKey } from '../core/keys/big-keys.ts';
import { pasteText } from '../core/text/paste.ts';
import { printable } from '../core/text/printable.ts';
import type { Address, Fleet } from '../core/types.ts';
import { isTrackingKeys } from '../state/hot-keys-found.ts';
import { fleetOf } from '../state/key-scope.ts';
import { type BigKeysState, nextId, type OpenKey } from '../state/key-screens.ts';
import type { Message, State, Step } from '../state/state.ts';
import { type BigKeysRow, bigKeysTop, rowAtCursor } from '../view/screens/big-keys/rows.ts';
import { lookInRecording, notLookedAt } from './asked.ts';
import { copied, say } from './toast.ts';

export const withBig = (state: State, change: Partial<BigKeysState>): State => ({
	...state,
	bigKeys: { ...state.bigKeys!, ...change },
});

export function openKey(state: State): Step {
	const row = rowAtCursor(state);
	if (row === undefined) return [say(state, 'no key to look at yet: s starts a scan'), []];
	if (row.kind !== 'key')
		return [say(state, 'a list of keys is behind Tab: Enter looks at one of those'), []];
	return look(state, row.key, false);
}

export function readElements(state: State): Step {
	const { open } = state.bigKeys!;
	if (open === undefined) return [say(state, 'Enter opens a key; e then reads a few of its elements'), []];
	if (open.look === undefined) return [say(state, 'it is still being asked'), []];
	return look(state, open.key, true);
}

/** What was learnt of it before stays until it has been asked anew. */
function look(
	state: State,
	{ key, node, db }: Pick<BigKey, 'key' | 'node' | 'db'>,
	withElements: boolean,
): Step {
	const { scope, open } = state.bigKeys!;
	if (state.replay) return lookThen(state, { key, node, db });
	if (isTrackingKeys(state, scope.fleet))
		return [say(state, 'HOTKEYS is at work: it would count this look as a use of the key'), []];
	const id = nextId(state);
	const isSame = open !== undefined && open.key.key === key && open.key.node === node && open.key.db === db;
	const opened = withBig(
		{ ...state, lastId: id, toast: undefined },
		{ open: { id, key: { key, node, db }, look: isSame ? open.look : undefined } },
	);
	const next = withBig(opened, { top: bigKeysTop(opened) });
	const fleet = fleetOf(state, scope)?.now.fleet;
	const asked = fleet === undefined ? node : nodeToAsk(fleet, node);
	return [next, [{ type: 'key-look', id, fleet: scope.fleet, node: asked, db, key, withElements }]];
}

/** In a recording: what it was found to be then. */
function lookThen(state: State, key: OpenKey['key']): Step {
	const seen = lookInRecording(state, key);
	if (!seen) return [say(state, notLookedAt), []];
	const { id, look } = seen;
	const opened = withBig({ ...state, toast: undefined }, { open: { id, key, look } });
	return [withBig(opened, { top: bigKeysTop(opened) }), []];
}

/** The primary, where it can be asked: a replica knows nothing of the reads that keep a key in use. */
function nodeToAsk(fleet: Fleet, scanned: Address): Address {
	const primary = primaryNow(fleet, scanned);
	return fleet.nodes.some(node => node.address === primary && node.health === 'up' && !node.isGone)
		? primary
		: scanned;
}

export function takeKeyLook(state: State, message: Extract<Message, { type: 'key-look' }>): State {
	const open = state.bigKeys?.open;
	if (open === undefined || open.id !== message.id) return state;
	const fleet = fleetOf(state, state.bigKeys!.scope)?.now.fleet;
	const { look } = message;
	const owner = look.owner ?? (fleet && primaryNow(fleet, look.node));
	return withBig(state, { open: { ...open, look: { ...look, owner } } });
}

// ---------------------------------------------------------------------------------------------------------
// Taking it along

export function copyName(state: State): Step {
	const opened = state.bigKeys!.open;
	const row = rowAtCursor(state);
	if (opened === undefined && row === undefined) return [say(state, 'nothing to copy yet'), []];
	const text = opened === undefined ? rowText(row!) : pasteText(opened.key.key);
	if (text === undefined) return [say(state, 'the name is too long for a clipboard'), []];
	return copied(state, text);
}

function rowText(row: BigKeysRow): string | undefined {
	switch (row.kind) {
		case 'key':
			return pasteText(row.key.key);
		case 'pattern':
			return pasteText(row.group.pattern);
		case 'database':
			return printable(row.group.node);
	}
}
