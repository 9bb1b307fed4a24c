// What becomes of our own files, in the state: a recording or a log that has failed, and a recording whose next session
// begins.

import type { FleetTrack, Message, State, StoppedFile } from '../state/state.ts';
import { withoutAsked } from './asked.ts';
import { newFleetTrack } from './round.ts';
import { say } from './toast.ts';

type Segment = Extract<Message, { type: 'segment' }>;

/** The fleets anew, with what happened before: nothing is measured across the gap between two sessions. */
export function beginSegment(state: State, { at, delaySeconds, fleets, isAnew }: Segment): State {
	const known = new Map(state.fleets.map(fleet => [fleet.name, fleet]));
	const begun = fleets.map(({ id, name, seeds, bounds }): FleetTrack => {
		const before = isAnew ? undefined : known.get(name);
		return { ...newFleetTrack(id, name, seeds, at, bounds), events: before?.events ?? [] };
	});
	return {
		...withoutAsked(state),
		...(isAnew ? { markers: undefined, past: [] } : { changes: state.changes }),
		at,
		delaySeconds,
		fleets: begun,
		isDiscovering: true,
		cursor: undefined,
		heldOrder: undefined,
		toast: undefined,
	};
}

/** The first reason stands: what comes later follows from it. */
export function noteStopped(state: State, what: StoppedFile, reason: string): State {
	if (state.stopped?.[what] !== undefined) return state;
	const note = what === 'recording' && state.note === 'recording' ? undefined : state.note;
	return { ...state, note, stopped: { ...state.stopped, [what]: reason } };
}

/** After a gap: there is room again. */
export function noteGoesOn(state: State, what: StoppedFile): State {
	const { [what]: reason, ...stopped } = state.stopped ?? {};
	if (reason === undefined) return state;
	const note = what === 'recording' && state.note === undefined ? 'recording' : state.note;
	const left = Object.keys(stopped).length === 0 ? undefined : stopped;
	return say({ ...state, note, stopped: left }, `${what} goes on; it has a gap`);
}
