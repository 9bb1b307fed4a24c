// What the keys do on the screen of the cluster: parts, failovers and their events, the report on the clipboard or in a
// file. Nothing here asks a server anything: that the views are asked closely follows from the screen being seen.

import { failoverReport, storyLines } from '../core/failover/failover-words.ts';
import { clockDigits } from '../core/text/local-time.ts';
import type { ClusterPart, ClusterState } from '../state/cluster-screen.ts';
import { fleetWith } from '../state/shown.ts';
import type { FleetTrack, State, Step } from '../state/state.ts';
import type { Command } from '../view/keymap.ts';
import { failoverOf, failoversOf, storyOf } from '../view/screens/cluster/failover.ts';
import { clusterFleet, clusterPanel, partOf, partsOf } from '../view/screens/cluster/panel.ts';
import { cursorOf } from '../view/screens/fleet/rows.ts';
import { isMoving, rowsMoved } from './rows-moved.ts';

const toastMilliseconds = 3000;

/** Opens it for the fleet of the node under the cursor, as it was left if it was that fleet's. */
export function openCluster(state: State): Step {
	const address = cursorOf(state);
	const fleet = fleetWith(state, address);
	if (!fleet || address === undefined) return [state, []];
	const cluster: ClusterState = state.cluster?.fleet === fleet.id ? state.cluster : { fleet: fleet.id };
	return [{ ...state, screen: 'cluster', helpFrom: undefined, toast: undefined, cluster }, []];
}

/** Undefined for a command that means here what it means everywhere. */
export function clusterCommand(state: State, command: Command): Step | undefined {
	const fleet = clusterFleet(state);
	if (state.cluster === undefined || !fleet) return undefined;
	if (isMoving(command)) return [scroll(state, fleet, rowsMoved(command, pageOf(state, fleet))), []];
	switch (command) {
		case 'view-next':
			return [turnPart(state, fleet, 1), []];
		case 'view-previous':
			return [turnPart(state, fleet, -1), []];
		case 'event-next':
			return [walk(state, fleet, 1), []];
		case 'event-previous':
			return [walk(state, fleet, -1), []];
		case 'next-scope':
			return [turnFailover(state, fleet, 1), []];
		case 'previous-scope':
			return [turnFailover(state, fleet, -1), []];
		case 'copy':
			return copy(state, fleet);
		case 'write':
			return write(state, fleet);
		case 'escape':
			return isAstray(state) ? [change(state, { event: undefined, top: undefined }), []] : undefined;
		default:
			return undefined;
	}
}

const say = (state: State, text: string): State => ({
	...state,
	toast: { text, until: state.at + toastMilliseconds },
});

const change = (state: State, more: Partial<ClusterState>): State => ({
	...state,
	cluster: { ...state.cluster!, ...more },
	toast: undefined,
});

/** Scrolled, or an event is read: Esc goes back to following first. */
const isAstray = ({ cluster }: State) => cluster?.event !== undefined || cluster?.top !== undefined;

// ---------------------------------------------------------------------------------------------------------
// Moving

const pageOf = (state: State, fleet: FleetTrack) => Math.max(1, clusterPanel(state, fleet).room - 1);

function scroll(state: State, fleet: FleetTrack, lines: number): State {
	const panel = clusterPanel(state, fleet);
	const last = Math.max(0, panel.lines.length - panel.room);
	return change(state, { top: Math.min(Math.max(panel.top + lines, 0), last) });
}

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
	const at = parts.indexOf(partOf(state, fleet));
	const part = parts[(at + step + parts.length) % parts.length]!;
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
	const isRead = (line: (typeof lines)[number]) => line.kind === 'story' && line.isRead;
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
	const text = failoverReport(failover).join('\n');
	return [
		say(state, `copied the report of the failover of ${failover.oldPrimary}`),
		[{ type: 'copy', text }],
	];
}

function write(state: State, fleet: FleetTrack): Step {
	const failover = failoverOf(state, fleet);
	if (!failover) return [say(state, 'no failover was seen: there is no report to write'), []];
	const prompt = {
		kind: 'write',
		text: `failover-${clockDigits(failover.startedAt, state.clockOffset)}.txt`,
	} as const;
	return [{ ...state, prompt, toast: undefined }, []];
}
