// Fleets that a Prometheus knows: a group is a fleet, its nodes are rows that nobody polls. Whom somebody opens is polled by
// ourselves from then on, and what Prometheus says of it counts no more; where it cannot be reached from here its row stays
// what Prometheus says, and why is said.

import { delaysUntilStale } from '../core/fleet/node-row.ts';
import { newTrack } from '../core/fleet/track.ts';
import { hasPlace } from '../core/parse/parse-address.ts';
import type { ToldFleet } from '../core/prometheus/told.ts';
import type { Address, NodeTrack, Sample } from '../core/types.ts';
import { noEarlier } from '../state/earlier.ts';
import { fleetWith } from '../state/shown.ts';
import type { Effect, FleetTrack, Message, State } from '../state/state.ts';
import { say } from './toast.ts';

type Tracks = ReadonlyMap<Address, NodeTrack>;
type RoundMessage = Extract<Message, { type: 'round' }>;

/** Up to so many rows are seen one by one from the start. */
const unfoldedRows = 30;

/** The fleets of a Prometheus as they come; `newFleet` makes the track of one. */
export function takeFleets(
	state: State,
	{ fleets, hasEarlier, at }: Extract<Message, { type: 'fleets-found' }>,
	newFleet: (id: number, name: string, at: number) => FleetTrack,
): State {
	const isKnown = new Set(state.fleets.map(({ id }) => id));
	const added = fleets
		.filter(({ id }) => !isKnown.has(id))
		.map(
			({ id, name }): FleetTrack => ({
				...newFleet(id, name, at),
				source: { paceSeconds: state.delaySeconds, live: new Set() },
				...(hasEarlier && { earlier: noEarlier }),
			}),
		);
	return { ...state, fleets: [...state.fleets, ...added], unfolded: state.unfolded ?? new Set() };
}

/** What a round of it changes before it is taken in: rows for who is new, nothing for who is polled, a start for who is now. */
export function takeSource(
	before: FleetTrack,
	message: RoundMessage,
): { before: FleetTrack; message: RoundMessage } {
	const { source } = before;
	if (!source) return { before, message };
	if (message.listed) {
		const { listed, paceSeconds = source.paceSeconds } = message;
		const samples = message.samples.filter(({ node }) => !source.live.has(node));
		const tracks = withListed(before.tracks, listed, message.at);
		return {
			before: { ...before, tracks, source: { ...source, paceSeconds, told: toldNow(before, message) } },
			message: { ...message, samples },
		};
	}
	const isTold = ({ node, info }: Sample) => source.live.has(node) || info !== undefined;
	const samples = message.samples.filter(isTold);
	const begun = samples.filter(({ node }) => !source.live.has(node)).map(({ node }) => node);
	if (begun.length === 0) return { before, message: { ...message, samples } };
	const live = new Set([...source.live, ...begun]);
	const tracks = new Map(before.tracks);
	for (const address of begun) {
		const track = tracks.get(address);
		if (track) tracks.set(address, startingAnew(track));
	}
	const close = new Map([...before.close].filter(([address]) => !begun.includes(address)));
	return {
		before: { ...before, tracks, close, source: { ...source, live } },
		message: { ...message, samples },
	};
}

/** Of whom nobody is told any more what was found stands for as long as the figures do: until the rows are stale. */
function toldNow({ source, tracks }: FleetTrack, { listed, told, at }: RoundMessage): ToldFleet | undefined {
	const { told: before, paceSeconds } = source!;
	const isGone = listed?.length === 0 && (told === undefined || told.lost !== undefined);
	if (!isGone || !before) return told;
	const since = at - delaysUntilStale * paceSeconds * 1000;
	const isOfNow = [...tracks.values()].some(({ latest }) => latest && latest.at >= since);
	return isOfNow ? { ...before, isWhole: false, lost: told?.lost } : told;
}

/** Two clocks measure nothing together: what was scraped is no beginning of a rate of ours. */
const startingAnew = (track: NodeTrack): NodeTrack => ({
	...track,
	...{ lastGood: undefined, ratedFrom: undefined, latest: undefined, rates: undefined, intervals: [] },
	...{ error: undefined, failingSince: undefined, offsets: [] },
});

/** Rows of those that it knows; who is not there any more is kept with its age, and forgotten after an hour. */
function withListed(tracks: Tracks, listed: readonly Address[], at: number): Tracks {
	const next = new Map(tracks);
	for (const address of listed)
		if (!next.has(address)) next.set(address, newTrack(address, 'data', 'seed', at));
	const isListed = new Set(listed);
	for (const [address, { latest, firstSeenAt }] of tracks)
		if (!isListed.has(address) && at - (latest?.at ?? firstSeenAt) > forgottenMilliseconds)
			next.delete(address);
	return next;
}

const forgottenMilliseconds = 3_600_000;

/** A group of which nothing was told for an hour goes with the last of its rows, and that is said; one alone stays. */
export function leaveForgotten(state: State, { fleet, listed, told }: RoundMessage): State {
	if (!listed || listed.length > 0 || told) return state;
	const over = state.fleets.find(({ id, tracks }) => id === fleet && tracks.size === 0);
	if (!over?.source || state.fleets.length === 1) return state;
	const fleets = state.fleets.filter(each => each !== over);
	return say({ ...state, fleets }, `${over.name}: nothing was told of it for an hour, it is left out`);
}

/** Somebody opens it: it is polled from now on, and it alone. */
export function pollOpened(state: State, address: Address): Effect[] {
	const fleet = fleetWith(state, address);
	if (!fleet?.source || fleet.source.live.has(address) || !hasPlace(address)) return [];
	return [{ type: 'watch', fleet: fleet.id, nodes: [{ address, kind: 'data' }] }];
}

/** That an opened node cannot be reached from here, where it is looked at. */
export function tellUnreached(state: State, message: RoundMessage): State {
	const fleet = state.fleets.find(({ id }) => id === message.fleet);
	if (!fleet?.source || message.listed || state.screen !== 'node') return state;
	const failed = message.samples.find(
		({ node, error }) => error && node === state.node?.address && !fleet.source!.live.has(node),
	);
	return failed
		? say(state, `not polled from here: ${failed.error!.text}; these are Prometheus's figures`)
		: state;
}

/** A few rows need no folding. */
export function unfoldFew(state: State): State {
	if (!state.unfolded || state.unfolded.size > 0 || state.isDiscovering) return state;
	const rows = state.fleets.reduce((sum, { tracks }) => sum + tracks.size, 0);
	if (rows > unfoldedRows && state.fleets.length > 1) return state;
	return { ...state, unfolded: new Set(state.fleets.map(({ id }) => id)) };
}

export const takeTrouble = (state: State, trouble: string | undefined): State =>
	state.prometheus ? { ...state, prometheus: { url: state.prometheus.url, trouble } } : state;
