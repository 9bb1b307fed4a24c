// The columns: each is one record, with how wide it is, what it is sorted by, how its cell is written and the line that
// explains it; and the sets they stand in, with which goes first when the screen is narrow. A column of a figure takes
// what it reads, its unit and its words from core/figures.ts.
// A cell is text, at most as wide as its column in any case: numbers by their format, names by losing their middle. The
// colour of a finding is put on by the column the finding names.

import { type FigureId, type FigureUnit, figures } from '../core/figures.ts';
import { printableText } from '../core/text/printable.ts';
import { bytes, count } from '../core/text/quantity.ts';
import type { RedisNode } from '../core/types.ts';
import type { ColumnSetName } from '../state/state.ts';
import { bar, sparkline, sparkValues } from './chart.ts';
import {
	age,
	byteRate,
	hitPercent,
	milliseconds,
	none,
	orDash,
	ratio,
	took,
	whole,
	wholePercent,
} from './format.ts';
import type { Glyphs } from './theme.ts';

/** What a cell may look at besides its node. */
export type CellContext = {
	readonly at: number;
	readonly glyphs: Glyphs;
	/** The scale all sparklines share. */
	readonly sparkMax: number;
};

export type SortValue = number | string | undefined;

export type Column = {
	readonly id: ColumnId;
	readonly title: string;
	readonly width: number;
	/** From 120 columns on. */
	readonly wideWidth?: number;
	readonly align: 'left' | 'right';
	/** Sorting starts with the smallest: text, and what is bad when it is low. */
	readonly isAscending?: boolean;
	readonly sort: (node: RedisNode, at: number) => SortValue;
	readonly cell: (node: RedisNode, context: CellContext, width: number) => string;
	readonly about: string;
	/** What it shows, where that is one figure. */
	readonly figure?: FigureId;
	/** Dim text that is the same all the time. */
	readonly isSecondary?: boolean;
	/** The columns of a finding that colour this one: itself, where nothing is said. */
	readonly findings: readonly string[];
};

/** A column without its id, and what is only said where it differs. */
type Row = Omit<Column, 'id' | 'align' | 'findings'> & Partial<Pick<Column, 'align' | 'findings'>>;

/** Of a figure: what it reads and how, unless the column says so itself. */
type Own = Partial<Omit<Row, 'title' | 'width' | 'figure'>> & { readonly write?: (value: number) => string };

function of(figure: FigureId, title: string, width: number, { write, ...own }: Own = {}): Row {
	const { unit, about } = figures[figure];
	const isText = unit === 'word';
	const written = write ?? writers[unit];
	return {
		...{ title, width, about, figure },
		...(isText && { align: 'left', isAscending: true }),
		sort: node => sortable(node[figure]),
		cell: node => cellOf(node[figure], written),
		...own,
	};
}

const sortable = (value: number | string | boolean | undefined): SortValue =>
	typeof value === 'boolean' ? Number(value) : value;

const cellOf = (value: number | string | boolean | undefined, written: (value: number) => string): string =>
	typeof value === 'string' ? word(value) : orDash(value === undefined ? value : Number(value), written);

const writers: Readonly<Record<FigureUnit, (value: number) => string>> = {
	count: whole,
	'per second': count,
	bytes,
	'bytes per second': byteRate,
	seconds: age,
	milliseconds,
	microseconds: value => took(value / 1e6),
	moment: String,
	share: wholePercent,
	ratio,
	percent: whole,
	word: String,
	flag: value => (value === 0 ? 'no' : 'yes'),
};

const text = (row: Row): Row => ({ align: 'left', isAscending: true, ...row });

const all = {
	node: text({
		...{ title: 'NODE', width: 17, about: 'address as the fleet announces it' },
		sort: node => node.address,
		cell: node => node.address,
	}),
	role: text({
		...{ title: 'ROLE', width: 7, about: 'primary, replica, or why there is no reading' },
		sort: node => node.role,
		cell: roleWord,
	}),
	slots: text({
		...{ title: 'SLOTS', width: 11, about: 'hash slots of its shard', isSecondary: true },
		sort: node => (node.shardSlots ?? node.slots)[0]?.[0],
		cell: slotsWord,
	}),
	group: text({
		...{ title: 'GROUP', width: 11, about: "the Sentinels' name for it", isSecondary: true },
		sort: node => node.group,
		cell: node => word(node.group),
	}),
	ops: of('opsPerSecond', 'OPS/S', 6),
	spark: of('opsPerSecond', 'LAST 2M', 16, {
		about: 'OPS/S of 2 minutes, one scale from 0',
		align: 'left',
		isAscending: true,
		cell: (node, context, width) =>
			sparkline(sparkValues(node.ops, context.at, width), context.sparkMax, context.glyphs),
	}),
	hit: of('hitRate', 'HIT%', 5, { isAscending: true, write: hitPercent }),
	evict: of('evictedPerSecond', 'EVICT/S', 7),
	expired: of('expiredPerSecond', 'EXP/S', 5),
	mem: of('memoryShare', 'MEM%', 4, { findings: ['mem', 'membar'] }),
	membar: of('memoryShare', '', 10, {
		about: 'MEM% as a bar',
		align: 'left',
		cell: (node, { glyphs }, width) => orDash(node.memoryShare, share => bar(share, width, glyphs)),
		findings: ['mem', 'membar'],
	}),
	used: of('usedMemoryBytes', 'USED', 5),
	frag: of('fragmentationRatio', 'FRAG', 4, { findings: ['frag', 'frag-bytes'] }),
	conn: of('connectedClients', 'CONN', 5),
	blk: of('blockedClients', 'BLK', 3, { write: narrowCount }),
	keys: of('keys', 'KEYS', 5, { write: count }),
	ping: of('pingMilliseconds', 'PING', 5, { wideWidth: 4 }),
	lag: of('replicationLagSeconds', 'LAG', 3, { findings: ['lag', 'behind'] }),
	cpu: of('cpuPercent', 'CPU%', 4, { cell: cpuWord }),
	rss: of('rssBytes', 'RSS', 5),
	max: of('maxmemoryBytes', 'MAX', 5, { write: value => (value === 0 ? 'none' : bytes(value)) }),
	policy: of('maxmemoryPolicy', 'POLICY', 15),
	'frag-bytes': of('fragmentedBytes', 'FRAGB', 5, { findings: ['frag', 'frag-bytes'] }),
	retained: of('retainedBytes', 'RETND', 5),
	in: of('inputBytesPerSecond', 'IN/S', 5),
	out: of('outputBytesPerSecond', 'OUT/S', 5),
	rejected: of('rejectedPerSecond', 'REJ/S', 5),
	'connections-per-s': of('connectionsPerSecond', 'NEW/S', 5),
	errors: of('errorsPerSecond', 'ERR/S', 5),
	'max-clients': of('maxClients', 'MAXCL', 5),
	pubsub: of('pubsubClients', 'PUBSUB', 6),
	'client-mem': of('clientsBytes', 'CLMEM', 5),
	link: of('isLinkUp', 'LINK', 8, { align: 'left', isAscending: true, cell: linkWord }),
	offset: of('replicationOffset', 'OFFSET', 13, {
		write: value => (value < 1e13 ? String(Math.round(value)) : count(value)),
	}),
	behind: of('replicationLagBytes', 'BEHIND', 6, { findings: ['lag', 'behind'] }),
	backlog: of('backlogBytes', 'BACKL', 5),
	replicas: of('connectedReplicas', 'REPL', 4),
	'last-save': of('lastSaveAt', 'SAVED', 6, {
		sort: sinceSave,
		cell: (node, { at }) =>
			node.isSaving === true ? 'saving' : orDash(sinceSave(node, at), ms => age(ms / 1000)),
	}),
	changes: of('changesSinceSave', 'CHANGES', 7, { write: count }),
	aof: of('aofStatus', 'AOF', 4, { cell: aofWord }),
	fork: of('forkMicroseconds', 'FORK', 5),
	cow: of('cowBytes', 'COW', 5),
	epoch: of('epoch', 'EPOCH', 5),
	uptime: of('uptimeSeconds', 'UP', 4),
	version: text({
		...{ title: 'VERSION', width: 13, about: 'redis, valkey or another, and its version' },
		sort: node => node.version,
		cell: node => word([node.server ?? node.unknownServer, node.version].filter(each => each).join(' ')),
	}),
} satisfies Readonly<Record<string, Row>>;

export type ColumnId = keyof typeof all;

export const columnIds = Object.keys(all) as readonly ColumnId[];

/** Every column there is, by its id. */
export const columnFacts: ReadonlyMap<string, Column> = new Map(
	columnIds.map(id => [id, { align: 'right', findings: [id], ...all[id], id }]),
);

// ---------------------------------------------------------------------------------------------------------
// Cells

/** The role, or why there is no reading of it. May be longer than its column: see `spill` in the table. */
function roleWord(node: RedisNode, { at }: CellContext): string {
	if (node.isGone) return `gone ${age((at - node.since) / 1000)}`;
	if (node.health === 'stale' || node.isUnread)
		return `stale ${age(node.ageSeconds ?? (at - node.since) / 1000)}`;
	if (node.health !== 'up' && !node.isSeenWell) return node.health;
	if (node.error?.reason === 'unknown-info') return 'no INFO';
	return node.isActiveReplica ? 'active' : (node.role ?? none);
}

/** `84`: percent of one core. `1.4c`: the cores that all threads of the process take together. */
function cpuWord({ cpuPercent: used, cpuOf }: RedisNode): string {
	if (used === undefined) return none;
	if (cpuOf !== 'process') return count(Math.round(used));
	const cores = used / 100;
	return `${cores < 9.95 ? cores.toFixed(1) : Math.round(cores)}c`;
}

/** `0-5460`, and with more ranges `0-5460 +2`, or how many there are when that is too long. */
function slotsWord(node: RedisNode, _context: CellContext, width: number): string {
	const slots = node.shardSlots ?? node.slots;
	const [first, ...others] = slots;
	if (first === undefined) return none;
	const range = first[0] === first[1] ? String(first[0]) : `${first[0]}-${first[1]}`;
	if (others.length === 0) return range;
	const more = `${range} +${others.length}`;
	return more.length <= width ? more : `${slots.length} ranges`;
}

/** What a server says of itself, as text that is safe on a terminal. */
function word(text: string | undefined): string {
	return text === undefined || text === '' ? none : printableText(text);
}

/** By the server's own clock, by which the save is dated. */
function sinceSave({ lastSaveAt, aheadMilliseconds = 0 }: RedisNode, at: number): number | undefined {
	return lastSaveAt === undefined ? undefined : at + aheadMilliseconds - lastSaveAt;
}

function aofWord({ aofStatus, isAofEnabled }: RedisNode): string {
	if (aofStatus !== undefined) return word(aofStatus);
	if (isAofEnabled === undefined) return none;
	return isAofEnabled ? 'on' : 'off';
}

function linkWord(node: RedisNode): string {
	if (node.isLinkUp === undefined) return none;
	if (node.isSyncing === true) return 'sync';
	if (node.isLinkUp) return 'up';
	return node.linkDownSeconds === undefined ? 'down' : `down ${age(node.linkDownSeconds)}`;
}

/** Three characters: `12`, `999`, `>1k`. */
function narrowCount(value: number): string {
	return value < 999.5 ? String(Math.round(value)) : '>1k';
}

// ---------------------------------------------------------------------------------------------------------
// Sets

/** A column in a set; `rank` is the order of dropping, the highest goes first. */
type Place = readonly [id: ColumnId, rank: number];

/** Reading order and ranks for 80 columns and more. */
const sets: Readonly<Record<ColumnSetName, readonly Place[]>> = {
	overview: [
		['node', 1],
		['role', 5],
		['slots', 14],
		['group', 14],
		['ops', 2],
		['spark', 15],
		['hit', 4],
		['evict', 6],
		['expired', 12],
		['mem', 3],
		['membar', 16],
		['used', 8],
		['frag', 7],
		['conn', 9],
		['blk', 13],
		['keys', 10],
		['ping', 9.5],
		['lag', 11],
		['cpu', 17],
		['uptime', 18],
		['version', 19],
	],
	memory: [
		['node', 1],
		['role', 5],
		['mem', 2],
		['membar', 13],
		['used', 3],
		['max', 4],
		['rss', 6],
		['frag', 7],
		['frag-bytes', 8],
		['retained', 9],
		['evict', 10],
		['keys', 11],
		['policy', 12],
		['client-mem', 14],
		['cow', 15],
		['hit', 16],
	],
	traffic: [
		['node', 1],
		['role', 5],
		['ops', 2],
		['spark', 12],
		['in', 3],
		['out', 4],
		['hit', 6],
		['expired', 7],
		['evict', 8],
		['errors', 9],
		['connections-per-s', 10],
		['cpu', 9.5],
		['ping', 11],
	],
	clients: [
		['node', 1],
		['role', 5],
		['conn', 2],
		['max-clients', 6],
		['blk', 3],
		['pubsub', 10],
		['connections-per-s', 4],
		['rejected', 7],
		['client-mem', 8],
		['in', 11],
		['out', 9],
		['ping', 12],
		['cpu', 13],
		['errors', 14],
	],
	replication: [
		['node', 1],
		['role', 5],
		['slots', 10],
		['group', 10],
		['link', 2],
		['lag', 3],
		['behind', 4],
		['offset', 9],
		['backlog', 8],
		['replicas', 6],
		['epoch', 7],
		['ping', 12],
		['version', 11],
		['uptime', 13],
	],
	persistence: [
		['node', 1],
		['role', 5],
		['last-save', 2],
		['changes', 3],
		['aof', 4],
		['fork', 6],
		['cow', 7],
		['used', 9],
		['keys', 8],
		['uptime', 10],
		['version', 11],
	],
};

/** Under 80 columns the overview reads in another order: memory before hits, the role late. */
const narrowOverview: readonly Place[] = [
	['node', 1],
	['role', 6],
	['ops', 2],
	['mem', 3],
	['hit', 4],
	['evict', 5],
	['used', 7],
	['frag', 8],
	['conn', 9],
];

export const columnSetNames = Object.keys(sets) as readonly ColumnSetName[];

/** What of the fleet decides whether a column would say anything. */
export type ColumnNeeds = { readonly hasSlots: boolean; readonly hasGroups: boolean };

/** A column as drawn: the facts, and the width it has on this screen. */
export type ChosenColumn = {
	readonly id: ColumnId;
	readonly title: string;
	readonly width: number;
	readonly align: 'left' | 'right';
};

export const isNarrow = (width: number) => width < 80;
export const isWide = (width: number) => width >= 120;
export const gutterWidth = (width: number) => (isNarrow(width) ? 3 : 4);

const widestNode = 32;

/** The columns of a set that fit `width`, in reading order; none is ever cut. NODE takes part of what is left over. */
export function chooseColumns(
	set: ColumnSetName,
	width: number,
	needs: ColumnNeeds,
): readonly ChosenColumn[] {
	const places = set === 'overview' && isNarrow(width) ? narrowOverview : sets[set];
	let kept = places.filter(
		([id]) => (id !== 'slots' || needs.hasSlots) && (id !== 'group' || needs.hasGroups),
	);
	const room = width - gutterWidth(width);
	while (kept.length > 1 && widthOf(kept, width) > room) {
		const last = Math.max(...kept.map(([, rank]) => rank));
		kept = kept.filter(([, rank]) => rank !== last);
	}
	const left = room - widthOf(kept, width);
	// Three stay free, so that the widest set of 137 columns looks the same at 137 and at 140.
	const grown = Math.max(
		0,
		Math.min(widestNode - columnWidth('node', width), left - (isNarrow(width) ? 6 : 3)),
	);
	return kept.map(([id]) => chosen(id, columnWidth(id, width) + (id === 'node' ? grown : 0)));
}

function chosen(id: ColumnId, width: number): ChosenColumn {
	const { title, align } = columnFacts.get(id)!;
	return { id, title, width, align };
}

function columnWidth(id: ColumnId, width: number): number {
	const facts = columnFacts.get(id)!;
	if (id === 'node' && isNarrow(width)) return 15;
	return isWide(width) ? (facts.wideWidth ?? facts.width) : facts.width;
}

const widthOf = (places: readonly Place[], width: number) =>
	places.reduce((sum, [id]) => sum + columnWidth(id, width) + 1, -1);
