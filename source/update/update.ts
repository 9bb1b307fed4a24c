// The one function that makes a new State. Pure: what a key or a reading can lead to is decided here, as data, so a
// test can prove what can never happen. Effects are performed by the engine.

import type { Effect, Message, State, Step } from '../state/state.ts';
import { takeKeyLook } from './big-key.ts';
import { takeScan } from './big-keys.ts';
import { followChanges } from './change.ts';
import { followConsent, takeConsent } from './consent.ts';
import { followEarlier, takeEarlier } from './earlier.ts';
import { followFocus } from './focus.ts';
import { takeHotLook } from './hot-key.ts';
import { takeHotKeys } from './hot-keys.ts';
import { followHotKeys } from './hot-keys-watch.ts';
import { updateKeys } from './keys.ts';
import { followMarkers } from './markers.ts';
import { atTime, takeOutside } from './outside.ts';
import { pasteInto } from './prompt.ts';
import { openRunbookOf } from './runbook.ts';
import { copiedTo } from './toast.ts';

export function update(state: State, message: Message): [State, Effect[]] {
	const [taken, effects] = take(state, message);
	return followConsent(state, followEarlier(followFocus([followMarkers(state, taken), effects])));
}

function take(state: State, message: Message): Step {
	const outside = takeOutside(state, message);
	if (outside) return message.type === 'round' ? followRound(outside) : outside;
	switch (message.type) {
		case 'keys':
			return updateKeys(atTime(state, message.at), message.keys);
		case 'paste':
			return [pasteInto(atTime(state, message.at), message.text), []];
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
		case 'earlier':
			return [takeEarlier(state, message), []];
		default:
			return [state, []];
	}
}

/** What the screens make of it. */
function followRound([state, effects]: Step): Step {
	const [followed, more] = followHotKeys(followChanges(state));
	return [followed, [...effects, ...more]];
}
