// The screen of the cluster: its state in words, who serves which slots, the shards, and below them one part at a time:
// failovers, what the nodes believe, migrations, the load of slots; under Sentinels these and their quorum. Which lines
// that are is panel.ts.

import type { Failover } from '../../../core/failover/failover-record.ts';
import { fleetIndex, shown } from '../../../state/shown.ts';
import type { FleetTrack, State } from '../../../state/state.ts';
import { gutterWidth } from '../../columns.ts';
import { clockDigits } from '../../format.ts';
import { plainMessageLine, type RowsSeen } from '../../parts/message-line.ts';
import { nodePath } from '../../parts/paths.ts';
import { filled, screenFrame } from '../../parts/screen-frame.ts';
import type { Screen, SeenScreen } from '../../screen.ts';
import { blank, dim, type Line, plain } from '../../theme.ts';
import { failoverOf } from './failover.ts';
import { clusterFacts, diagnosisLine } from './head.ts';
import { clusterKeys } from './keys.ts';
import { type ClusterPanel, clusterFleet, clusterLayout, clusterPanel, shardsShown } from './panel.ts';
import { runningOf } from './parts.ts';
import { shardHead, shardLine } from './shard-table.ts';
import { slotMap } from './slot-map.ts';

export const clusterScreen: Screen = {
	name: 'cluster',
	title: 'cluster',
	opens: { keys: ['3'], label: 'cluster', bar: 'cluster', rank: 5 },
	keys: clusterKeys,
	path: state => nodePath(state, state.cluster, ['cluster']),
	needs: ({ cluster }) => cluster && { fleet: cluster.fleet, isCluster: true },
	lines: clusterLines,
	writes: {
		file: state => {
			const failover = failoverSeen(state);
			return failover && `failover-${clockDigits(failover.startedAt, state.clockOffset)}.txt`;
		},
		nothing: 'no failover was seen: there is no report to write',
		what: state => {
			const failover = failoverSeen(state);
			return failover && { kind: 'failover', failover };
		},
	},
};

function failoverSeen(state: State): Failover | undefined {
	const fleet = clusterFleet(state);
	return fleet && failoverOf(state, fleet);
}

function clusterLines(state: State, seen: SeenScreen): readonly Line[] {
	const fleet = clusterFleet(state);
	const snapshot = fleet && shown(state).fleets[fleetIndex(state, fleet)];
	if (!fleet || !snapshot)
		return screenFrame(state, seen, { head: [], body: [], message: plainMessageLine(state, []) });
	const layout = clusterLayout(state, fleet);
	const panel = clusterPanel(state, fleet);
	const head = [clusterFacts(state, fleet, snapshot), diagnosisLine(state, fleet, snapshot)];
	const body = [
		...slotMap(state, snapshot, runningOf(state, fleet), layout.map),
		...tableLines(state, fleet, layout.table),
		...panel.standing,
		...panel.lines.slice(panel.top, panel.top + panel.room),
	];
	return screenFrame(state, seen, {
		head,
		body,
		message: plainMessageLine(state, pausedWords(state), rowsSeen(panel)),
	});
}

/** Between empty lines; what there is no room for is said. */
function tableLines(state: State, fleet: FleetTrack, rows: number): readonly Line[] {
	if (rows === 0) return state.size.rows < 20 || state.size.columns < 80 ? [] : [blank];
	const { shards, hidden } = shardsShown(state, fleet, rows);
	const lines = shards.map(shard => shardLine(state, fleet, shard));
	const gutter = ' '.repeat(gutterWidth(state.size.columns));
	const more = hidden > 0 ? [[dim(`${gutter}${hidden} shards more: Tab lists them`)]] : [];
	return [blank, shardHead(state, fleet), ...filled([...lines, ...more], rows), blank];
}

/** Views and load are of now, whatever moment is shown. */
function pausedWords(state: State): Line {
	if (state.paused === undefined) return [];
	return [plain('views and load are of now. [ ] step, p back to now')];
}

function rowsSeen({ lines, top, room }: ClusterPanel): RowsSeen {
	return { first: top + 1, last: Math.min(lines.length, top + room), all: lines.length };
}
