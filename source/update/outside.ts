// What comes by itself: readings, time, the size of the terminal, files of ours. It is all that a run without a screen has
// to take, and all that comes before the screen is loaded.

import type { Effect, Message, State, Step } from '../state/state.ts';
import { takeAsked } from './asked.ts';
import { beginAt } from './begin.ts';
import { takeChanged } from './changed.ts';
import { followMarkers, setMarker, takeMarker } from './markers.ts';
import { beginSegment, noteGoesOn, noteStopped } from './own-files.ts';
import { newFleetTrack, updateRound } from './round.ts';
import { leaveForgotten, takeFleets, takeTrouble, tellUnreached, unfoldFew } from './source.ts';
import { say } from './toast.ts';

/** Makes a new State of the State and a message, as `update` does while no screen was used. */
export type Update = (state: State, message: Message) => [State, Effect[]];

export const updateOutside: Update = (state, message) => {
	const [taken, effects] = takeOutside(state, message) ?? [state, []];
	return [followMarkers(state, taken), effects];
};

/** Undefined for what is not from outside: keys, and what comes of them. */
export function takeOutside(state: State, message: Message): Step | undefined {
	switch (message.type) {
		case 'round': {
			const [taken, effects] = updateRound(state, message);
			const next = state.prometheus
				? unfoldFew(leaveForgotten(tellUnreached(taken, message), message))
				: taken;
			return [expire(next, message.at), effects];
		}
		case 'fleets-found':
			return [takeFleets(state, message, (id, name, at) => newFleetTrack(id, name, [], at)), []];
		case 'source-trouble':
			return [takeTrouble(state, message.text), []];
		case 'clock':
			return [atTime(state, message.at), []];
		case 'resize':
			return [{ ...state, size: { columns: message.columns, rows: message.rows } }, []];
		case 'told':
			return [say({ ...state, at: Math.max(state.at, message.at) }, message.text), []];
		case 'mark':
			return setMarker(atTime(state, message.at), message.text);
		case 'marker':
			return [takeMarker(state, message.marker), []];
		case 'asked':
			return [takeAsked(atTime(state, message.at), message.asked), []];
		case 'begin':
			return [beginAt(state, message), []];
		case 'segment':
			return [beginSegment(state, message), []];
		case 'changed':
			return [takeChanged(state, message), []];
		case 'file-stopped':
			return [noteStopped(state, message.what, message.reason), []];
		case 'file-goes-on':
			return [noteGoesOn(state, message.what), []];
		case 'replay-at': {
			const { replay } = state;
			return [{ ...state, paused: undefined, replay: replay && { ...replay, endText: undefined } }, []];
		}
		case 'overview': {
			const { replay } = state;
			return [{ ...state, replay: replay && { ...replay, overview: message.overview } }, []];
		}
		case 'delay-was':
			return [{ ...state, delaySeconds: message.seconds }, []];
		case 'replay-over':
			return [state.replay ? { ...state, replay: { ...state.replay, endText: message.text } } : state, []];
		default:
			return undefined;
	}
}

/** Time goes on with the message, and what was only for a moment goes with it. */
export const atTime = (state: State, at: number): State =>
	expire({ ...state, at: Math.max(state.at, at) }, at);

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
