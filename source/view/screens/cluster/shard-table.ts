// The table of shards: slots, primary, epoch, replica, lag; on a wide screen also ops, keys, how many peers hold the link
// to the primary, and since when it is one. Under Sentinels a shard is a group with its name, and has no slots.

import { doubtedIn, myselfIn } from '../../../core/cluster/agreement.ts';
import { isUnserved } from '../../../core/fleet/serving.ts';
import { slotsIn } from '../../../core/slots.ts';
import { fitCell } from '../../../core/text/fit-cell.ts';
import { fitMiddle, printableText } from '../../../core/text/printable.ts';
import { bytes, count } from '../../../core/text/quantity.ts';
import { rangesText } from '../../../core/text/slot-words.ts';
import type { Address, Fleet, RedisNode, Shard } from '../../../core/types.ts';
import { fleetIndex, isKept, shown, shownAt } from '../../../state/shown.ts';
import type { FleetTrack, State } from '../../../state/state.ts';
import { gutterWidth, isNarrow, isWide } from '../../columns.ts';
import { age, none, orDash } from '../../format.ts';
import { severityStyle } from '../../severity.ts';
import { bold, crop, type Line, plain, type Span, type Style, textWidth } from '../../theme.ts';
import { failoversOf } from './failover.ts';
import { viewsOf } from './parts.ts';

/** As it is drawn: of now, or of the moment where time stands. */
export const shownFleet = (state: State, fleet: FleetTrack): Fleet =>
	shown(state).fleets[fleetIndex(state, fleet)]?.fleet ?? fleet.now.fleet;

type Column = { readonly title: string; readonly width: number; readonly align: 'left' | 'right' };

const text = (title: string, width: number): Column => ({ title, width, align: 'left' });
const figure = (title: string, width: number): Column => ({ title, width, align: 'right' });

function columnsOf(state: State, fleet: Fleet): readonly Column[] {
	const { columns } = state.size;
	const slots = fleet.mode === 'cluster' ? [text('SLOTS', slotsWidth), figure('COUNT', 5)] : [];
	const name = fleet.mode === 'sentinel' ? text('GROUP', isNarrow(columns) ? 8 : 16) : text('SHARD', 5);
	const node = isWide(columns) || fleet.mode !== 'cluster' ? 19 : 15;
	if (isNarrow(columns)) return [name, text('PRIMARY', 15), text('REPLICA', 15), figure('LAG', 4)];
	const own = [
		name,
		...slots,
		text('PRIMARY', node),
		// Epochs are of clusters and Sentinels.
		...(fleet.mode === 'standalone' ? [] : [figure('EPOCH', 5)]),
		text('REPLICA', node),
		figure('LAG', 5),
	];
	if (!isWide(columns)) return own;
	const links = fleet.mode === 'cluster' ? [figure('LINKS', 10)] : [];
	return fitting([...own, figure('OPS/S', 6), figure('KEYS', 6), ...links, figure('SINCE', 13)], columns);
}

/** The last ones go where there is no room for all: nothing is cut in the middle. */
function fitting(all: readonly Column[], columns: number): readonly Column[] {
	const wide = all.reduce((sum, { width }) => sum + width + 2, gutterWidth(columns) - 2);
	return wide <= columns ? all : fitting(all.slice(0, -1), columns);
}

export function shardHead(state: State, fleet: FleetTrack): Line {
	const columns = columnsOf(state, shownFleet(state, fleet));
	const gutter = plain(' '.repeat(gutterWidth(state.size.columns)));
	return [
		gutter,
		bold(
			columns
				.map(column => padded(column, column.title))
				.join('  ')
				.trimEnd(),
		),
	];
}

const padded = ({ width, align }: Column, value: string): string => {
	const blanks = ' '.repeat(Math.max(0, width - textWidth(value)));
	return align === 'left' ? value + blanks : blanks + value;
};

type Cell = { readonly text: string; readonly style?: Style };

export function shardLine(state: State, track: FleetTrack, shard: Shard): Line {
	const fleet = shownFleet(state, track);
	const nodes = new Map(fleet.nodes.map(node => [node.address, node]));
	const primary = nodes.get(shard.primary ?? '');
	const replica = bestReplica(shard, nodes);
	const at = shownAt(state);
	const cells: Readonly<Record<string, Cell>> = {
		SHARD: { text: String(shard.number) },
		GROUP: { text: printableText(shard.name ?? String(shard.number)) },
		SLOTS: { text: slotsCell(shard) },
		COUNT: { text: String(slotsIn(shard.slots)) },
		PRIMARY: nodeCell(primary, shard.primary, 'crit'),
		EPOCH: { text: orDash(primary?.epoch ?? epochOf(track, shard), String) },
		REPLICA: replicaCell(shard, replica),
		LAG: lagCell(replica),
		'OPS/S': { text: orDash(primary?.opsPerSecond, count) },
		KEYS: { text: orDash(primary?.keys, count) },
		LINKS: isKept(state) ? linksCell(track, shard.primary) : { text: none },
		SINCE: { text: sinceText(state, track, primary, at) },
	};
	const spans = columnsOf(state, fleet).flatMap((column, index): Span[] => {
		const { text: full, style } = cells[column.title]!;
		const value = fitCell(full, column.width, state.isAscii, fitMiddle);
		const blanks = plain(' '.repeat(Math.max(0, column.width - textWidth(value))));
		const cell: Span = { text: value, style };
		const both = column.align === 'left' ? [cell, blanks] : [blanks, cell];
		return index === 0 ? both : [plain('  '), ...both];
	});
	return crop(
		[markCell(state, fleet, primary, shard, nodes, at), ...spans],
		state.size.columns,
		state.isAscii,
	);
}

const slotsWidth = 13;

/** A range that lost its middle would be read as another one. */
function slotsCell({ slots }: Shard): string {
	const ranges = rangesText(slots, 2);
	return slots.length > 2 || ranges.length > slotsWidth ? `${slots.length} ranges` : ranges;
}

/** `*` another primary than a minute ago, `!!` none that answers, `!` nobody to take its place. */
function markCell(
	state: State,
	fleet: Fleet,
	primary: RedisNode | undefined,
	shard: Shard,
	nodes: ReadonlyMap<Address, RedisNode>,
	at: number,
): Span {
	const width = gutterWidth(state.size.columns);
	const mark = (sign: string, style: Style): Span => ({ text: ` ${sign}`.padEnd(width), style });
	if (!primary || isUnserved(fleet, shard)) return mark('!!', 'crit');
	if (primary.health === 'down') return mark('!', 'warn');
	const isAlone = shard.replicas.every(each => nodes.get(each)?.health !== 'up');
	if (
		isAlone &&
		(primary.connectedReplicas ?? 0) === 0 &&
		(primary.group !== undefined || shard.slots.length > 0)
	)
		return mark('!', 'warn');
	const isNew = primary.changedAt !== undefined && at - primary.changedAt < 60_000;
	return isNew ? mark('*', 'changed') : plain(' '.repeat(width));
}

/** The one that answers and is nearest to its primary. */
function bestReplica(shard: Shard, nodes: ReadonlyMap<Address, RedisNode>): RedisNode | undefined {
	const known = shard.replicas.flatMap(address => nodes.get(address) ?? []);
	const rank = (node: RedisNode) => (node.health === 'up' ? 0 : 1);
	return [...known].sort(
		(a, b) => rank(a) - rank(b) || (a.replicationLagBytes ?? 0) - (b.replicationLagBytes ?? 0),
	)[0];
}

function nodeCell(
	node: RedisNode | undefined,
	address: Address | undefined,
	severity: 'warn' | 'crit',
): Cell {
	if (address === undefined) return { text: 'none', style: severityStyle(severity) };
	return node?.health === 'up' ? { text: address } : { text: address, style: severityStyle(severity) };
}

function replicaCell(shard: Shard, replica: RedisNode | undefined): Cell {
	const cell = nodeCell(replica, replica?.address, 'warn');
	const more = shard.replicas.length - 1;
	return more > 0 ? { ...cell, text: `${cell.text} +${more}` } : cell;
}

function lagCell(replica: RedisNode | undefined): Cell {
	if (!replica) return { text: none };
	if (replica.health === 'down') return { text: replica.isSeenWell ? none : 'down', style: 'warn' };
	if (replica.isSyncing) return { text: 'sync', style: 'warn' };
	if (replica.isLinkUp === false) return { text: 'link', style: 'crit' };
	const { replicationLagSeconds: seconds, replicationLagBytes: behind } = replica;
	return { text: seconds === undefined && behind !== undefined ? bytes(behind) : orDash(seconds, age) };
}

/** Of the nodes that tell their view, how many hold their link to it. */
function linksCell(fleet: FleetTrack, address: Address | undefined): Cell {
	const views = viewsOf(fleet).filter(view => view.node !== address);
	if (views.length === 0 || address === undefined) return { text: none };
	const id = myselfIn(fleet.tracks.get(address)?.cluster?.peers ?? [])?.id;
	const lost = views.filter(view =>
		doubtedIn(view.peers).some(peer => (peer.id === id || peer.address === address) && !peer.isLinkUp),
	);
	const held = views.length - lost.length;
	return { text: `${held} of ${views.length}`, style: held < views.length ? 'warn' : undefined };
}

const epochOf = (fleet: FleetTrack, shard: Shard): number | undefined => {
	const epochs = [...fleet.tracks.values()].flatMap(
		track => track.sentinel?.masters.find(master => master.name === shard.name)?.configEpoch ?? [],
	);
	return epochs.length > 0 ? Math.max(...epochs) : undefined;
};

/** A restart is noticed a few readings later. */
const restartSeconds = 10;

/** `8s, failover`, or since its role changed while it was watched: for how long it has run says nothing of that. */
function sinceText(state: State, fleet: FleetTrack, primary: RedisNode | undefined, at: number): string {
	if (primary?.health !== 'up') return none;
	const failover = failoversOf(state, fleet).find(each => each.newPrimary === primary.address);
	const promoted = failover?.steps.find(step => step.kind === 'promoted')?.at;
	if (promoted !== undefined) return `${age((at - promoted) / 1000)}, failover`;
	const changed = primary.changedAt === undefined ? undefined : (at - primary.changedAt) / 1000;
	// One that changed for it was restarted may have been the primary before.
	const isRestart = changed !== undefined && (primary.uptimeSeconds ?? 0) <= changed + restartSeconds;
	return changed === undefined || isRestart ? none : age(changed);
}
