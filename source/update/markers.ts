// Markers in the state: asked for by `m`, set from outside, and those that events are of their own.

import { addMarkers, eventMarkers, longestMarker, type Marker, markerEvent } from '../core/markers.ts';
import type { FleetEvent } from '../core/types.ts';
import { shownAt } from '../state/shown.ts';
import type { FleetTrack, State, Step } from '../state/state.ts';
import { clock } from '../view/format.ts';
import { say } from './toast.ts';

const eventsKept = 500;

export const askForMarker = (state: State): State => ({
	...state,
	toast: undefined,
	prompt: { kind: 'marker', text: '' },
});

/** Sets one at this moment, and has it recorded; an empty text is none. */
export function setMarker(state: State, typed: string | undefined): Step {
	const text = typed === undefined ? '' : [...typed.trim()].slice(0, longestMarker).join('');
	const marker: Marker = {
		// What is seen of a recording is marked where it is seen.
		at: state.replay ? shownAt(state) : state.at,
		text: text === '' ? undefined : text,
		kind: 'set',
		node: undefined,
	};
	const told = `marker set at ${clock(marker.at, state.clockOffset)}${text === '' ? '' : `: ${text}`}`;
	return [say(takeMarker(state, marker), told), [{ type: 'record-marker', marker }]];
}

/** One that was set, here or in the recording that is played. All fleets have it among their events. */
export function takeMarker(state: State, marker: Marker): State {
	const event = markerEvent(marker);
	const fleets = state.fleets.map((fleet): FleetTrack => {
		const events = [event, ...fleet.events].slice(0, eventsKept);
		return { ...fleet, events, now: { ...fleet.now, events } };
	});
	return { ...state, fleets, markers: addMarkers(state.markers ?? [], [marker]) };
}

/** After a message: what has happened of weight since the state before it. */
export function followMarkers(before: State, state: State): State {
	if (before.fleets === state.fleets) return state;
	const known = new Map(before.fleets.map(({ id, events }) => [id, events]));
	const fresh = state.fleets.flatMap(({ id, events }) => newEvents(known.get(id) ?? [], events));
	const added = eventMarkers(fresh);
	return added.length === 0 ? state : { ...state, markers: addMarkers(state.markers ?? [], added) };
}

function newEvents(before: readonly FleetEvent[], now: readonly FleetEvent[]): readonly FleetEvent[] {
	if (before === now) return [];
	const end = before.length === 0 ? now.length : now.indexOf(before[0]!);
	return end < 0 ? now : now.slice(0, end);
}
