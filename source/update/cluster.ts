// What the keys do on the screen of the cluster: parts, failovers and their events, the report on the clipboard or in a
// file. Nothing here asks a server anything: that the views are asked closely follows from the screen being seen.

import { failoverReport, storyLines } from '../core/failover/failover-words.ts';
import type { ClusterPart, ClusterState } from '../state/cluster-screen.ts';
import { fleetWith } from '../state/shown.ts';
import type { FleetTrack, State, Step } from '../state/state.ts';
import { failoverOf, failoversOf, storyOf } from '../view/screens/cluster/failover.ts';
import type { ClusterCommand } from '../view/screens/cluster/keys.ts';
import { clusterFleet, clusterPanel, partOf, partsOf } from '../view/screens/cluster/panel.ts';
import { cursorOf } from '../view/screens/fleet/rows.ts';
import { entryOf, type Line } from '../view/theme.ts';
import type { Act, ScreenActs } from './acts.ts';
import { scrolledTo, turned } from './move.ts';
import { copied, say } from './toast.ts';

/** Opens it for the fleet of the node under the cursor, as it was left if it was that fleet's. */
function openCluster(state: State): Step {
	const address = cursorOf(state);
	const fleet = fleetWith(state, address);
	if (!fleet || address === undefined) return [state, []];
	const cluster: ClusterState = state.cluster?.fleet === fleet.id ? state.cluster : { fleet: fleet.id };
	return [{ ...state, screen: 'cluster', helpFrom: undefined, toast: undefined, cluster }, []];
}

/** Undefined while there is no fleet. */
const withFleet =
	(act: (state: State, fleet: FleetTrack) => State | Step): Act =>
	state => {
		const fleet = clusterFleet(state);
		return fleet && act(state, fleet);
	};

export const clusterActs: ScreenActs<ClusterCommand> = {
	open: openCluster,
	move(state, rows) {
		const fleet = clusterFleet(state);
		return fleet ? change(state, { top: scrolledTo(clusterPanel(state, fleet), rows) }) : state;
	},
	page(state) {
		const fleet = clusterFleet(state);
		return fleet ? clusterPanel(state, fleet).room - 1 : 1;
	},
	acts: {
		'part-next': withFleet((state, fleet) => turnPart(state, fleet, 1)),
		'part-before': withFleet((state, fleet) => turnPart(state, fleet, -1)),
		'event-after': withFleet((state, fleet) => walk(state, fleet, 1)),
		'event-before': withFleet((state, fleet) => walk(state, fleet, -1)),
		'failover-after': withFleet((state, fleet) => turnFailover(state, fleet, 1)),
		'failover-before': withFleet((state, fleet) => turnFailover(state, fleet, -1)),
		copy: withFleet(copy),
		escape: state => (isAstray(state) ? change(state, { event: undefined, top: undefined }) : undefined),
	},
};

const change = (state: State, more: Partial<ClusterState>): State => ({
	...state,
	cluster: { ...state.cluster!, ...more },
	toast: undefined,
});

/** Scrolled, or an event is read: Esc goes back to following first. */
const isAstray = ({ cluster }: State) => cluster?.event !== undefined || cluster?.top !== undefined;

// ---------------------------------------------------------------------------------------------------------
// Moving

const partWords: Readonly<Record<ClusterPart, string>> = {
	failover: 'failovers, and whether one is possible now',
	views: 'what each node believes',
	migrations: 'slots on their way',
	slots: 'load by slot',
	sentinels: 'Sentinels and their quorum',
	log: 'what the Sentinels said',
	replication: 'links and resyncs',
	shards: 'all shards',
};

function turnPart(state: State, fleet: FleetTrack, step: 1 | -1): State {
	const parts = partsOf(state, fleet);
	const part = turned(parts, partOf(state, fleet), step);
	if (parts.length < 2) return say(state, 'this is all there is to see of it');
	return say(change(state, { part, top: undefined, event: undefined }), partWords[part]);
}

/** The next event of the failover that is looked at, and behind its last one the first of the failover before it. */
function walk(state: State, fleet: FleetTrack, step: 1 | -1): State {
	const failover = failoverOf(state, fleet);
	if (!failover) return say(state, 'no failover was seen');
	const stories = storyLines(failover);
	const read = storyOf(state, failover)?.kinds[0];
	const at = stories.findIndex(story => story.kinds[0] === read);
	const to = at < 0 ? (step > 0 ? 0 : stories.length - 1) : at + step;
	const story = stories[to];
	if (story) return follow(change(state, { part: 'failover', event: story.kinds[0] }), fleet);
	const told = failoversOf(state, fleet);
	const beside = told[told.indexOf(failover) + step];
	if (!beside) return say(state, step > 0 ? 'this is the last event' : 'this is the first event');
	const events = storyLines(beside);
	const event = (step > 0 ? events[0] : events.at(-1))?.kinds[0];
	return follow(change(state, { part: 'failover', failover: beside.id, event, top: undefined }), fleet);
}

/** Scrolled so far that the event that is read is seen. */
function follow(state: State, fleet: FleetTrack): State {
	const { lines, room, top } = clusterPanel(state, fleet);
	const failover = failoverOf(state, fleet);
	const read = failover && storyOf(state, failover)?.kinds[0];
	const isRead = (line: Line) => read !== undefined && entryOf(line) === read;
	const first = lines.findIndex(isRead);
	const last = lines.findLastIndex(isRead);
	if (first < 0) return state;
	return change(state, { top: Math.min(Math.max(top, last + 1 - room), first) });
}

function turnFailover(state: State, fleet: FleetTrack, step: 1 | -1): State {
	const told = failoversOf(state, fleet);
	if (told.length < 2)
		return say(state, told.length === 0 ? 'no failover was seen' : 'one failover was seen');
	const to = told.indexOf(failoverOf(state, fleet)!) + step;
	const failover = told[to];
	if (!failover) return say(state, step > 0 ? 'this is the oldest that is kept' : 'this is the newest');
	return change(state, { part: 'failover', failover: failover.id, event: undefined, top: undefined });
}

// ---------------------------------------------------------------------------------------------------------
// Taking it along

function copy(state: State, fleet: FleetTrack): Step {
	const failover = failoverOf(state, fleet);
	if (!failover) return [say(state, 'no failover was seen: there is no report to copy'), []];
	const told = `the report of the failover of ${failover.oldPrimary}`;
	return copied(state, failoverReport(failover).join('\n'), told);
}
