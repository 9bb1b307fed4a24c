// What the cluster screen shows of its state: which fleet, which parts there are, how many lines each gets, and which of
// them are seen. Pure, and shared by the keys and the drawing, so that a page is what is seen.

import { isUnderWay } from '../../../core/failover/failover.ts';
import { isSilent } from '../../../core/text/node-trouble.ts';
import type { Shard } from '../../../core/types.ts';
import type { ClusterPart } from '../../../state/cluster-screen.ts';
import { isKept, shownAt } from '../../../state/shown.ts';
import type { FleetTrack, State } from '../../../state/state.ts';
import { isNarrow } from '../../columns.ts';
import { blank, entryOf, type Line } from '../../theme.ts';
import {
	failoverHead,
	failoverOf,
	failoverRest,
	failoverStory,
	failoversOf,
	noFailoverLines,
} from './failover.ts';
import { titled } from './lines.ts';
import { isSplit, migrationLines, replicationLines, runningOf, slotLines, viewLines } from './parts.ts';
import { isSentinelTrouble, logLines, sentinelLines } from './sentinels.ts';
import { shardHead, shardLine, shownFleet } from './shard-table.ts';

/** The fleet that the screen was opened for; the first when that one is gone. */
export function clusterFleet(state: State): FleetTrack | undefined {
	const fleets = state.paused?.fleets ?? state.fleets;
	return fleets.find(({ id }) => id === state.cluster?.fleet) ?? fleets[0];
}

// ---------------------------------------------------------------------------------------------------------
// Layout

export type ClusterLayout = {
	/** The slot map and what its signs mean. */
	readonly map: 0 | 1 | 2;
	/** Rows of the table of shards; 0 is no table, not even its titles. */
	readonly table: number;
	/** Lines of the lower part. */
	readonly panel: number;
};

/** Line 1, two about the state, the message line and the key bar. */
const standing = 5;
/** The title, the time, four lanes and five events. */
const leastPanel = 11;
/** Under so many lines there is no table: Tab leads to it. */
const leastRows = 20;

export function clusterLayout(state: State, fleet: FleetTrack): ClusterLayout {
	const { columns, rows } = state.size;
	const isCluster = fleet.now.fleet.mode === 'cluster';
	const isSmall = isNarrow(columns) || rows < leastRows;
	const body = Math.max(0, rows - standing);
	const map = !isCluster || body === 0 ? 0 : isSmall ? 1 : 2;
	if (isSmall) return { map, table: 0, panel: body - map };
	const left = body - map - 3;
	const table = Math.min(shardsOf(state, fleet).length, Math.max(1, left - leastPanel));
	return { map, table, panel: body - map - (table === 0 ? 1 : 3) - table };
}

/** Those that serve something; all of them outside clusters. */
export function shardsOf(state: State, fleet: FleetTrack): readonly Shard[] {
	const { mode, shards } = shownFleet(state, fleet);
	return mode === 'cluster' ? shards.filter(shard => shard.slots.length > 0) : shards;
}

/** As many as the table has room for: those with trouble first, all in the order of their slots. */
export function shardsShown(
	state: State,
	fleet: FleetTrack,
	room: number,
): { readonly shards: readonly Shard[]; readonly hidden: number } {
	const all = shardsOf(state, fleet);
	if (all.length <= room) return { shards: all, hidden: 0 };
	const nodes = new Map(shownFleet(state, fleet).nodes.map(node => [node.address, node]));
	const at = shownAt(state);
	const weight = (shard: Shard) => {
		const primary = nodes.get(shard.primary ?? '');
		if (!primary || isSilent(primary)) return 3;
		if (shard.replicas.length === 0 || shard.replicas.some(each => isSilent(nodes.get(each)!))) return 2;
		return primary.changedAt !== undefined && at - primary.changedAt < 60_000 ? 1 : 0;
	};
	const kept = new Set(
		[...all].sort((a, b) => weight(b) - weight(a) || a.number - b.number).slice(0, Math.max(0, room - 1)),
	);
	return { shards: all.filter(shard => kept.has(shard)), hidden: all.length - kept.size };
}

// ---------------------------------------------------------------------------------------------------------
// Parts

/** What Tab goes through. */
export function partsOf(state: State, fleet: FleetTrack): readonly ClusterPart[] {
	const isCut = clusterLayout(state, fleet).table < shardsOf(state, fleet).length;
	const shards: readonly ClusterPart[] = isCut ? ['shards'] : [];
	switch (fleet.now.fleet.mode) {
		case 'cluster':
			return ['failover', 'views', 'migrations', 'slots', ...shards];
		case 'sentinel':
			return ['failover', 'sentinels', 'log', 'replication', ...shards];
		case 'standalone':
			return ['replication', ...shards];
	}
}

const recentMilliseconds = 600_000;

/** The part that is shown: as chosen, else where there is most to see. */
export function partOf(state: State, fleet: FleetTrack): ClusterPart {
	const chosen = state.cluster?.part;
	const parts = partsOf(state, fleet);
	if (chosen !== undefined && parts.includes(chosen)) return chosen;
	if (parts[0] !== 'failover') return parts[0]!;
	const told = failoversOf(state, fleet);
	const isCluster = fleet.now.fleet.mode === 'cluster';
	if (isUnderWay(told)) return 'failover';
	if (isKept(state) && isCluster && isSplit(fleet)) return 'views';
	if (isKept(state) && !isCluster && isSentinelTrouble(fleet)) return 'sentinels';
	if (told.some(each => shownAt(state) - each.changedAt < recentMilliseconds)) return 'failover';
	if (isCluster && runningOf(state, fleet).length > 0) return 'migrations';
	return told.length > 0 || isCluster ? 'failover' : 'sentinels';
}

/** Two sides that believe different things are a part of the story of a failover: neither is told without the other. */
const isSplitNow = (state: State, fleet: FleetTrack): boolean =>
	isKept(state) && (fleet.now.fleet.agreement?.minority.length ?? 0) > 0;

/** Parts that are drawn from what the nodes say now, which is not kept of the past. */
const ofNow: Partial<Record<ClusterPart, string>> = {
	views: 'VIEWS',
	slots: 'SLOT LOAD',
	sentinels: 'SENTINELS',
	replication: 'REPLICATION',
};

function linesOf(state: State, fleet: FleetTrack, part: ClusterPart): readonly Line[] {
	const title = isKept(state) ? undefined : ofNow[part];
	if (title !== undefined) return [titled(title, 'not kept of the past; p goes back to now')];
	switch (part) {
		case 'failover': {
			const failover = failoverOf(state, fleet);
			if (!failover) return noFailoverLines(state, fleet);
			const views = isSplitNow(state, fleet) ? [blank, ...viewLines(state, fleet)] : [];
			const rest = failoverRest(state, fleet, failover);
			return [
				...failoverStory(state, fleet, failover),
				...views,
				...(rest.length > 0 ? [blank, ...rest] : []),
			];
		}
		case 'views':
			return viewLines(state, fleet);
		case 'migrations':
			return migrationLines(state, fleet);
		case 'slots':
			return slotLines(state, fleet);
		case 'sentinels':
			return sentinelLines(state, fleet);
		case 'log':
			return logLines(state, fleet);
		case 'replication':
			return replicationLines(state, fleet);
		case 'shards':
			return [
				shardHead(state, fleet),
				...shardsOf(state, fleet).map(shard => shardLine(state, fleet, shard)),
			];
	}
}

// ---------------------------------------------------------------------------------------------------------
// The lower part

export type ClusterPanel = {
	readonly part: ClusterPart;
	/** They stay where they are while the others scroll. */
	readonly standing: readonly Line[];
	readonly lines: readonly Line[];
	/** Lines there is room for below those that stand. */
	readonly room: number;
	/** The first of them that is seen. */
	readonly top: number;
};

export function clusterPanel(state: State, fleet: FleetTrack): ClusterPanel {
	const { panel } = clusterLayout(state, fleet);
	const part = partOf(state, fleet);
	const failover = part === 'failover' ? failoverOf(state, fleet) : undefined;
	const head = failover ? failoverHead(state, fleet, failover) : [];
	const own = linesOf(state, fleet, part);
	// On a very small screen the lanes scroll away with the rest.
	const isStanding = panel >= head.length + 3;
	const standingLines = isStanding ? head : [];
	const room = Math.max(0, panel - standingLines.length);
	const lines = withOthers(state, fleet, part, isStanding ? own : [...head, ...own], room);
	return { part, standing: standingLines, lines, room, top: topOf(state, lines, room) };
}

/** Where there is room for all of another part, it stands below. */
function withOthers(
	state: State,
	fleet: FleetTrack,
	part: ClusterPart,
	lines: readonly Line[],
	room: number,
): readonly Line[] {
	const all = [...lines];
	for (const other of partsOf(state, fleet)) {
		if (other === part || other === 'shards' || all.length + 3 > room) continue;
		if (!isKept(state) && ofNow[other] !== undefined) continue;
		if (other === 'views' && part === 'failover' && failoverOf(state, fleet) && isSplitNow(state, fleet))
			continue;
		// The failovers are a part of their own; below others only what they come to is worth a line.
		const more = other === 'failover' && failoverOf(state, fleet) ? [] : linesOf(state, fleet, other);
		if (more.length > 0 && all.length + 1 + more.length <= room) all.push(blank, ...more);
	}
	return all;
}

function topOf(state: State, lines: readonly Line[], room: number): number {
	const last = Math.max(0, lines.length - room);
	const { top } = state.cluster ?? {};
	if (top !== undefined) return Math.min(Math.max(0, top), last);
	const newest = lines.findLastIndex(line => entryOf(line) !== undefined);
	return Math.min(Math.max(0, newest + 1 - room), last);
}
