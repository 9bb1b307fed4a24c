// The one function that makes a new State. Pure: what a key or a reading can lead to is decided here, as data, so a
// test can prove what can never happen. Effects are performed by the engine.

import type { Effect, Message, State } from '../state/state.ts';
import { beginAt } from './begin.ts';
import { takeKeyLook } from './big-key.ts';
import { takeScan } from './big-keys.ts';
import { followChanges, takeChanged } from './change.ts';
import { followConsent, takeConsent } from './consent.ts';
import { followFocus } from './focus.ts';
import { takeHotLook } from './hot-key.ts';
import { takeHotKeys } from './hot-keys.ts';
import { followHotKeys } from './hot-keys-watch.ts';
import { updateKeys } from './keys.ts';
import { followMarkers, setMarker, takeMarker } from './markers.ts';
import { beginSegment, noteStopped } from './own-files.ts';
import { pasteInto } from './prompt.ts';
import { updateRound } from './round.ts';
import { openRunbookOf } from './runbook.ts';
import { copiedTo, say } from './toast.ts';

export function update(state: State, message: Message): [State, Effect[]] {
	const [taken, effects] = take(state, message);
	return followConsent(state, followFocus([followMarkers(state, taken), effects]));
}

function take(state: State, message: Message): [State, Effect[]] {
	switch (message.type) {
		case 'round': {
			const [next, effects] = updateRound(state, message);
			const [followed, more] = followHotKeys(followChanges(next));
			return [expire(followed, message.at), [...effects, ...more]];
		}
		case 'keys':
			return updateKeys(atTime(state, message.at), message.keys);
		case 'paste':
			return [pasteInto(atTime(state, message.at), message.text), []];
		case 'clock':
			return [atTime(state, message.at), []];
		case 'resize':
			return [{ ...state, size: { columns: message.columns, rows: message.rows } }, []];
		case 'told':
			return [say({ ...state, at: Math.max(state.at, message.at) }, message.text), []];
		case 'copied':
			return [copiedTo({ ...state, at: Math.max(state.at, message.at) }, message.where), []];
		case 'scan':
			return [takeScan(state, message), []];
		case 'hot-keys':
			return [takeHotKeys(state, message), []];
		case 'key-look':
			return [takeHotLook(takeKeyLook(state, message), message), []];
		case 'open-runbook':
			return [openRunbookOf(state, message), []];
		case 'consent':
			return takeConsent(state, message);
		case 'changed':
			return [takeChanged(state, message), []];
		case 'mark':
			return setMarker(atTime(state, message.at), message.text);
		case 'marker':
			return [takeMarker(state, message.marker), []];
		case 'begin':
			return [beginAt(state, message), []];
		case 'segment':
			return [beginSegment(state, message), []];
		case 'file-stopped':
			return [noteStopped(state, message.what, message.reason), []];
		case 'delay-was':
			return [{ ...state, delaySeconds: message.seconds }, []];
		case 'replay-over':
			return [state.replay ? { ...state, replay: { ...state.replay, endText: message.text } } : state, []];
	}
}

/** Time goes on with the message, and what was only for a moment goes with it. */
const atTime = (state: State, at: number): State => expire({ ...state, at: Math.max(state.at, at) }, at);

/** Drops what was only for a moment. */
function expire(state: State, at: number): State {
	const isToastOver = state.toast !== undefined && at >= state.toast.until;
	const isHoldOver = state.heldOrder !== undefined && at >= state.heldOrder.until;
	if (!isToastOver && !isHoldOver) return state;
	return {
		...state,
		toast: isToastOver ? undefined : state.toast,
		heldOrder: isHoldOver ? undefined : state.heldOrder,
	};
}
