// What the lower part of the cluster screen can show besides failovers: what the nodes believe, slots on their way, what
// slots take, and of a primary without a cluster its replicas.

import type { Migration } from '../../../core/cluster/migration-record.ts';
import type { SlotLoad } from '../../../core/cluster/slot-load.ts';
import {
	diagnoses,
	differenceText,
	groupsOf,
	odditiesOf,
	type ViewGroup,
} from '../../../core/cluster/view-groups.ts';
import { viewsNow } from '../../../core/findings/findings-fleet.ts';
import { enableSlotStats } from '../../../core/keys/rungs/slot-stats.ts';
import { replicationStateOf } from '../../../core/node/replication-state.ts';
import { type HotSlot, noisyMicroseconds } from '../../../core/parse/parse-slot-stats.ts';

import { awayWords, isLeftOut } from '../../../core/text/node-trouble.ts';
import { printableText } from '../../../core/text/printable.ts';
import { bytes, count, counted, duration, percent } from '../../../core/text/quantity.ts';
import { slotsText } from '../../../core/text/slot-words.ts';
import type { Address, Agreement, Fleet } from '../../../core/types.ts';
import { fleetIndex } from '../../../state/shown.ts';
import type { FleetTrack, State } from '../../../state/state.ts';
import { isNarrow } from '../../columns.ts';
import type { Line } from '../../theme.ts';
import { type ClusterMark, markOf, sentence, textLine, titled } from './lines.ts';

// ---------------------------------------------------------------------------------------------------------
// Views

/** The views of now, whatever moment is shown: they are not kept. */
export const viewsOf = (fleet: FleetTrack) => viewsNow(fleet.tracks, fleet.now.fleet.at);

/** Something in the views that a human should look at. */
export function isSplit(fleet: FleetTrack): boolean {
	const { agreement } = fleet.now.fleet;
	if (!agreement) return false;
	return agreement.minority.length > 0 || odditiesOf(viewsOf(fleet)).length > 0;
}

export function viewLines(state: State, fleet: FleetTrack): readonly Line[] {
	const { agreement } = fleet.now.fleet;
	const views = viewsOf(fleet);
	const { columns } = state.size;
	if (!agreement || views.length === 0)
		return [titled('VIEWS', 'no node tells its view (+cluster|nodes)', '!')];
	const groups = lastingGroups(groupsOf(views, agreement), agreement);
	const agrees = groups.length === 1;
	const oddities = odditiesOf(views);
	const odd = diagnoses(views).filter(({ diagnosis }) => diagnosis.kind !== 'ok');
	return [
		titled('VIEWS', `${agreement.viewsAgreeing} of ${agreement.viewsAsked} nodes agree`, agrees ? '' : '!'),
		...groups.flatMap(group => groupLines(columns, group, groups.length, fleet.now.fleet.at)),
		...oddities.flatMap(({ node, text }) => sentence(`${node}  ${text}`, columns, { mark: '!' })),
		...byText(odd).flatMap(({ nodes, text, severity }) =>
			sentence(`${namesText(nodes)}  ${text}`, columns, { mark: markOf(severity) }),
		),
	];
}

/** A slot that changes hands is known to some before others: what does not last is no split. */
function lastingGroups(groups: readonly ViewGroup[], { minority }: Agreement): readonly ViewGroup[] {
	const [first, ...others] = groups;
	if (!first || minority.length > 0) return groups;
	return [{ ...first, nodes: [first, ...others].flatMap(({ nodes }) => nodes) }];
}

type Odd = ReturnType<typeof diagnoses>[number];

/** What several nodes say is said once. */
export function byText(odd: readonly Odd[]) {
	const texts = new Map<string, { nodes: Address[]; text: string; severity?: 'warn' | 'crit' }>();
	for (const { node, diagnosis } of odd) {
		const known = texts.get(diagnosis.text) ?? { nodes: [], ...diagnosis };
		known.nodes.push(node);
		texts.set(diagnosis.text, known);
	}
	return [...texts.values()];
}

/** `10.0.1.11:6379, 10.0.1.12:6379 and 4 more`. */
export function namesText(nodes: readonly Address[], most = 3): string {
	const more = nodes.length - most;
	const names = nodes.slice(0, most).join(', ');
	return more > 0 ? `${names} and ${more} more` : names;
}

function groupLines(columns: number, group: ViewGroup, groups: number, at: number): readonly Line[] {
	const { nodes, isMinority, since, owners, epoch, size, knownNodes, state, suspected, failed } = group;
	const who = groups === 1 ? 'all' : isMinority ? 'minority' : 'majority';
	const facts = [
		`${counted(nodes.length, 'node', count)}: ${namesText(nodes)}`,
		...(epoch === undefined ? [] : [`epoch ${epoch}`]),
		...(state === undefined ? [] : [state === 'both' ? 'some say state fail' : `state ${state}`]),
		...(size === undefined ? [] : [`${size} primaries`]),
		...(knownNodes === undefined ? [] : [`knows ${knownNodes} nodes`]),
		...(since === undefined ? [] : [`for ${duration((at - since) / 1000)}`]),
	];
	return [
		...sentence(`${who}  ${facts.join(', ')}`, columns, { mark: isMinority ? '!' : '' }),
		...owners.slice(0, 6).flatMap(each => sentence(`  ${differenceText(each)}`, columns)),
		...(owners.length > 6 ? [textLine(`  ${owners.length - 6} differences more`, columns)] : []),
		...(failed.length > 0 ? sentence(`  marks FAIL: ${namesText(failed, 6)}`, columns) : []),
		...(suspected.length > 0 ? sentence(`  suspects (pfail): ${namesText(suspected, 6)}`, columns) : []),
	];
}

// ---------------------------------------------------------------------------------------------------------
// Migrations

/** Of the moment that is shown, those that go on first. */
export function migrationsOf(state: State, fleet: FleetTrack): readonly Migration[] {
	const then = state.paused?.snapshot.fleets[fleetIndex(state, fleet)];
	return (state.paused ? then?.migrations : fleet.migrations)?.list ?? [];
}

export const runningOf = (state: State, fleet: FleetTrack): readonly Migration[] =>
	migrationsOf(state, fleet).filter(({ endedAt }) => endedAt === undefined);

export function migrationLines(state: State, fleet: FleetTrack): readonly Line[] {
	const all = migrationsOf(state, fleet);
	const running = all.filter(({ endedAt }) => endedAt === undefined);
	const open = running.filter(({ kind }) => kind === 'left-open');
	const text =
		running.length === 0
			? 'none under way'
			: [
					...(running.length > open.length ? [`${running.length - open.length} under way`] : []),
					...(open.length > 0 ? [`${open.length} left open`] : []),
				].join(', ');
	return [
		titled('MIGRATIONS', text, open.length > 0 ? '!' : ''),
		...all.flatMap(migration => migrationLine(state.size.columns, migration, fleet.now.fleet.at)),
	];
}

function migrationLine(columns: number, migration: Migration, at: number): readonly Line[] {
	const { source, target, slots, kind, endedAt, hasFailed, startedAt } = migration;
	const mark: ClusterMark = hasFailed ? '!!' : kind === 'left-open' ? '!' : endedAt === undefined ? '*' : '';
	const what = slots.length === 0 ? '' : `${slotsText(slots)}  `;
	const lasted = duration(Math.max(0, (endedAt ?? at) - startedAt) / 1000);
	const progress = progressText(migration);
	const when = endedAt === undefined ? `${lasted} so far` : `took ${lasted}`;
	return [
		...sentence(`${what}${source} > ${target}  ${printableText(migration.state, 200)}`, columns, {
			mark,
			isQuiet: endedAt !== undefined,
		}),
		...sentence(`    ${[...progress, when].join(', ')}`, columns, { isQuiet: true }),
		...(migration.leftTask === undefined
			? []
			: sentence(
					`    its task is left at ${source} and blocks a reshard: CLUSTER MIGRATION CANCEL ID ${printableText(migration.leftTask, 40)} there ends it`,
					columns,
					{ mark: '!' },
				)),
	];
}

function progressText(migration: Migration): string[] {
	const { slotsDone, slotsPlanned, slotsPerSecond, keysLeft, keysPerSecond, secondsLeft, bytesLeft } =
		migration;
	const planned = slotsPlanned === undefined ? '' : ` of ${count(slotsPlanned)}`;
	return [
		`${count(slotsDone)}${planned} ${slotsDone === 1 && planned === '' ? 'slot' : 'slots'} moved`,
		...(slotsPerSecond === undefined ? [] : [`${count(slotsPerSecond)} slots/s`]),
		...(keysLeft === undefined ? [] : [`${counted(keysLeft, 'key', count)} left in the open slots`]),
		...(keysPerSecond === undefined ? [] : [`${count(keysPerSecond)} keys/s`]),
		...(secondsLeft === undefined ? [] : [`${duration(secondsLeft)} left`]),
		...(bytesLeft === undefined ? [] : [`${bytes(bytesLeft)} to send`]),
	];
}

// ---------------------------------------------------------------------------------------------------------
// Load of slots

const slotsShown = 12;

export function slotLines(state: State, fleet: FleetTrack): readonly Line[] {
	const loads = [...fleet.slotLoads.values()];
	const measured = loads.filter(load => load.seconds !== undefined);
	const biggest = biggestSlotLines(state, loads);
	if (measured.length === 0) return [...noSlotLines(state, fleet), ...biggest];
	// Those without a time stand behind, by their bytes.
	const slots = measured
		.flatMap(load => load.slots)
		.sort(
			(a, b) =>
				(b.cpuMicrosecondsPerSecond ?? 0) - (a.cpuMicrosecondsPerSecond ?? 0) || slotBytes(b) - slotBytes(a),
		);
	const seconds = Math.max(...measured.map(load => load.seconds ?? 0));
	const text = `hottest of the last ${duration(seconds)}, of ${counted(measured.length, 'node')}`;
	const untimed = measured.filter(({ counts }) => counts !== undefined && !counts.time);
	return [
		titled('SLOT LOAD', text),
		slotLine(state, ['SLOT', 'NODE', 'CPU', 'IN/S', 'OUT/S', 'KEYS'], true),
		...slots.slice(0, slotsShown).map(slot => slotLine(state, slotCells(slot))),
		...(slots.length === 0
			? [textLine('no slot used any time worth telling', state.size.columns, { isQuiet: true })]
			: []),
		...(untimed.length > 0
			? sentence(
					`time is not counted on ${untimed.length} of ${measured.length} nodes: ${slotsEnable(fleet)} counts it too`,
					state.size.columns,
					{ isQuiet: true },
				)
			: []),
		...(slots.length > 0 && isNoisy(slots, seconds)
			? sentence('so little time that shares are noisy: bytes are surer', state.size.columns, {
					isQuiet: true,
				})
			: []),
		...biggest,
	];
}

const slotBytes = ({ inputBytesPerSecond = 0, outputBytesPerSecond = 0 }: HotSlot) =>
	inputBytesPerSecond + outputBytesPerSecond;

/** One command that the machine held up outweighs all of them. */
function isNoisy(slots: readonly HotSlot[], seconds: number): boolean {
	const times = slots.flatMap(({ cpuMicrosecondsPerSecond }) => cpuMicrosecondsPerSecond ?? []);
	const all = times.reduce((sum, each) => sum + each, 0) * seconds;
	return times.length > 0 && all < noisyMicroseconds;
}

const biggestShown = 6;

/** Where memory is counted by slot: the biggest, without a scan. */
function biggestSlotLines(state: State, loads: readonly SlotLoad[]): readonly Line[] {
	const slots = loads
		.flatMap(({ biggest }) => biggest ?? [])
		.sort((a, b) => (b.memoryBytes ?? 0) - (a.memoryBytes ?? 0));
	if (slots.length === 0) return [];
	const cells = ({ slot, node, memoryBytes, keys }: HotSlot) => [
		String(slot),
		node,
		bytes(memoryBytes ?? 0),
		keys === undefined ? '-' : count(keys),
	];
	return [
		titled('BIGGEST SLOTS', 'by the memory of their keys'),
		slotLine(state, ['SLOT', 'NODE', 'SIZE', 'KEYS'], true),
		...slots.slice(0, biggestShown).map(slot => slotLine(state, cells(slot))),
	];
}

/** What switches it on while the servers run, by what they are and count. */
function slotsEnable(fleet: FleetTrack): string {
	const counts = [...fleet.slotLoads.values()].flatMap(load => load.counts ?? []);
	const node = fleet.now.fleet.nodes.find(({ server }) => server !== undefined);
	return enableSlotStats(
		node?.server,
		counts.some(({ memory }) => memory),
	);
}

const slotCells = (slot: HotSlot): readonly string[] => [
	String(slot.slot),
	slot.node,
	slot.cpuMicrosecondsPerSecond === undefined ? '-' : percent(slot.cpuMicrosecondsPerSecond / 1e6),
	slot.inputBytesPerSecond === undefined ? '-' : bytes(slot.inputBytesPerSecond),
	slot.outputBytesPerSecond === undefined ? '-' : bytes(slot.outputBytesPerSecond),
	slot.keys === undefined ? '-' : count(slot.keys),
];

function slotLine(
	state: State,
	[slot = '', node = '', cpu = '', ...figures]: readonly string[],
	isHead = false,
): Line {
	const wide = isNarrow(state.size.columns) ? 16 : 21;
	const name = node.length > wide ? `${node.slice(0, wide - 1)}~` : node;
	const cells = [slot.padEnd(6), name.padEnd(wide), cpu.padStart(5)];
	const text = [...cells, ...figures.map(each => each.padStart(7))].join(' ');
	return textLine(text, state.size.columns, { isHead });
}

/** Why there is nothing, and what would change that. */
function noSlotLines(state: State, fleet: FleetTrack): readonly Line[] {
	const { columns } = state.size;
	const title = (text: string) => titled('SLOT LOAD', text);
	const nodes = [...fleet.tracks.values()].filter(track => track.kind === 'data' && !track.gone);
	const settings = nodes.flatMap(track => track.config?.['cluster-slot-stats-enabled'] ?? []);
	const lacking = nodes.flatMap(track => track.refused).find(each => each.command === 'cluster slot-stats');
	if (lacking?.why === 'no-permission')
		return [title('not allowed'), ...sentence(`this user lacks ${lacking.word}`, columns, { isQuiet: true })];
	const loads = [...fleet.slotLoads.values()];
	const counts = loads.flatMap(load => load.counts ?? []);
	const isOff =
		counts.length > 0
			? counts.every(({ time, bytes: net }) => !time && !net)
			: settings.length > 0 && settings.every(setting => setting === 'no');
	if (isOff)
		return [
			title('switched off'),
			...sentence(
				`the servers can count what each slot takes: ${slotsEnable(fleet)} on every primary switches it on`,
				columns,
				{ isQuiet: true },
			),
		];
	const problem = loads.find(load => load.problem !== undefined)?.problem;
	if (problem !== undefined) return [title(printableText(problem))];
	if (loads.length > 0 || settings.length > 0) return [title('two readings are awaited')];
	return [
		title('not counted by these servers'),
		...sentence(
			'CLUSTER SLOT-STATS comes with Valkey 8.0 and Redis 8.2; the screen of hot keys (4) samples keys on every version',
			columns,
			{ isQuiet: true },
		),
	];
}

// ---------------------------------------------------------------------------------------------------------
// A primary with replicas, and nobody to fail it over

export function replicationLines(state: State, fleet: FleetTrack): readonly Line[] {
	const { columns } = state.size;
	const { nodes, mode } = fleet.now.fleet;
	const replicas = nodes.filter(node => node.role === 'replica');
	if (replicas.length === 0) return [titled('REPLICATION', 'no replica is known')];
	return [
		titled(
			'REPLICATION',
			`${counted(replicas.length, 'replica')}${mode === 'standalone' ? ', and nothing that fails over by itself' : ''}`,
		),
		...replicas.flatMap(node => replicaLine(columns, fleet, node.address)),
		...resyncLines(columns, fleet),
	];
}

function replicaLine(columns: number, fleet: FleetTrack, address: Address): readonly Line[] {
	const row = fleet.now.fleet.nodes.find(node => node.address === address)!;
	if (isLeftOut(row.error)) return sentence(`${address}  ${printableText(row.error!.text)}`, columns);
	if (row.isSeenWell) return sentence(`${address}  ${awayWords(row)}`, columns, { mark: '!' });
	if (row.health === 'down') return sentence(`${address}  down`, columns, { mark: '!' });
	const info = fleet.tracks.get(address)?.lastGood?.info;
	if (!info) return [];
	const details = fleet.close.get(address)?.details;
	const link = replicationStateOf({ info, details }).link;
	const sync = link?.sync;
	const words = [
		sync
			? `full sync${sync.share === undefined ? '' : ` ${percent(sync.share)}`}${sync.readBytes === undefined ? '' : `, ${bytes(sync.readBytes)} read`}`
			: row.isLinkUp === false
				? `link down${link?.downSeconds === undefined ? '' : ` for ${duration(link.downSeconds)}`}`
				: 'link up',
		...(row.replicationLagBytes === undefined ? [] : [`${bytes(row.replicationLagBytes)} behind`]),
		...(row.replicationLagSeconds === undefined ? [] : [`lag ${duration(row.replicationLagSeconds)}`]),
		...(link?.lastIoSeconds === undefined
			? []
			: [`last heard of its primary ${duration(link.lastIoSeconds)} ago`]),
	];
	const mark: ClusterMark = row.isLinkUp === false ? '!!' : sync ? '!' : '';
	return sentence(`${address} of ${row.primary ?? row.replicates ?? '-'}  ${words.join(', ')}`, columns, {
		mark,
	});
}

/** Full syncs that a primary served: one after the other is a loop. */
function resyncLines(columns: number, fleet: FleetTrack): readonly Line[] {
	const loops = fleet.now.findings.filter(({ id }) => id === 'resync-loop');
	return [
		...loops.flatMap(({ node, text, severity }) =>
			sentence(`${node ?? ''}  ${text}`, columns, { mark: markOf(severity) }),
		),
		...primariesOf(fleet.now.fleet).flatMap(address => {
			const info = fleet.tracks.get(address)?.lastGood?.info;
			if (info?.syncFull === undefined) return [];
			const text = `${address}  resyncs served since it started: ${count(info.syncFull)} full, ${count(info.syncPartialOk ?? 0)} partial`;
			return sentence(text, columns, { isQuiet: true });
		}),
	];
}

const primariesOf = (fleet: Fleet): Address[] =>
	fleet.nodes.filter(node => node.role === 'primary' && node.health === 'up').map(node => node.address);
