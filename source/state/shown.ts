// The moment on the screen, now or where time stands, and what of it stands there: fleets, findings, events. It knows
// neither rows nor columns.

import { unmeasuredNodes } from '../core/findings/unmeasured.ts';
import type { Snapshot } from '../core/fleet/snapshot.ts';
import { rankOf } from '../core/thresholds.ts';
import type { Address, Finding, FleetEvent, RedisNode } from '../core/types.ts';
import type { FleetTrack, ScreenName, State } from './state.ts';

/** The moment on the screen: now, or where time stands. */
export function shown(state: State): Snapshot {
	return state.paused?.snapshot ?? { at: state.at, fleets: state.fleets.map(fleet => fleet.now) };
}

/** Whether what is not kept of the past (the tracks of a fleet) is of the moment that is shown. */
export const isKept = ({ paused }: State): boolean => paused === undefined || paused.fleets !== undefined;

/** Its place among the fleets of a snapshot; it may be as it was when the screen was stopped. */
export const fleetIndex = (state: State, { id }: FleetTrack): number =>
	state.fleets.findIndex(fleet => fleet.id === id);

/** The moment the times on the screen are told from. While paused time stands. */
export const shownAt = (state: State): number => state.paused?.at ?? state.at;

/** The fleet that has a node of this name. */
export const fleetWith = (state: State, address: Address | undefined): FleetTrack | undefined =>
	state.fleets.find(({ now }) => now.fleet.nodes.some(node => node.address === address));

/** All findings of the moment, the worst first, then the most urgent. */
export function worstFindings(state: State): readonly Finding[] {
	const all = shown(state).fleets.flatMap(({ findings }) => findings);
	return all.sort((a, b) => severityWeight(b) - severityWeight(a) || rankOf(a.id) - rankOf(b.id));
}

/** Nodes of which nothing is known now and no finding says so: what is not measured is not fine. */
export const unmeasured = (state: State): readonly RedisNode[] =>
	shown(state).fleets.flatMap(({ fleet, findings }) => unmeasuredNodes(fleet, findings));

/** A critical finding outweighs any number of warnings that a screen has. */
export const severityWeight = (finding: Finding) => (finding.severity === 'crit' ? 100 : 1);

/** Events of all fleets, newest first. */
export function eventsOf(state: State): readonly FleetEvent[] {
	const { fleets } = shown(state);
	if (fleets.length === 1) return fleets[0]!.events;
	// A marker is one event of all fleets.
	return [...new Set(fleets.flatMap(({ events }) => events))].sort((a, b) => b.at - a.at);
}

/** The screen that is seen, or that the help was opened on. */
export const screenBehind = (state: State): ScreenName =>
	state.screen === 'help' ? (state.helpFrom ?? 'fleet') : state.screen;
