// Markers: moments that time is parted at. Those that somebody set (a deploy begins), and those that the events set by
// themselves: a failover, a restart, a change of role or settings. They are drawn on every chart, and what was before is
// held against what came after.

import type { Address, EventKind, FleetEvent } from './types.ts';

export type Marker = {
	/** On the program's own clock, ms, as `State.at`. */
	readonly at: number;
	/** Undefined: set without a word. */
	readonly text: string | undefined;
	readonly kind: 'set' | 'event';
	/** The node that the event is of; undefined of one that was set, or that is of a whole fleet. */
	readonly node: Address | undefined;
};

/** Of each kind, so that a fleet that restarts all the time pushes out no marker that somebody set. */
const markersKept = 200;
/** As the prompt takes it; also of one that is set from outside. */
export const longestMarker = 60;

const ofWeight: ReadonlySet<EventKind> = new Set([
	...(['failover', 'switch', 'promoted', 'demoted', 'restarted', 'other-server'] as const),
	...(['config-changed', 'change'] as const),
]);

/** The markers that events are of their own; several of one moment and node are one. */
export const eventMarkers = (events: readonly FleetEvent[]): readonly Marker[] =>
	events
		.filter(({ kind }) => ofWeight.has(kind))
		.map(({ at, text, node }): Marker => ({ at, text, kind: 'event', node }))
		.filter(
			(marker, index, all) =>
				all.findIndex(({ at, node }) => at === marker.at && node === marker.node) === index,
		);

/** Oldest first. Neither kind pushes out the other. */
export function addMarkers(markers: readonly Marker[], more: readonly Marker[]): readonly Marker[] {
	if (more.length === 0) return markers;
	const all = [...markers, ...more].sort((a, b) => a.at - b.at);
	return [...newest(all, 'set'), ...newest(all, 'event')].sort((a, b) => a.at - b.at);
}

const newest = (markers: readonly Marker[], kind: Marker['kind']) =>
	markers.filter(marker => marker.kind === kind).slice(-markersKept);

/** A marker that was set, as a line of the event log. */
export const markerEvent = ({ at, text }: Marker): FleetEvent => ({
	at,
	kind: 'marker',
	text: text === undefined ? 'marker' : `marker: ${text}`,
});
