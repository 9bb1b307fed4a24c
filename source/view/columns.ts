// The columns as far as the keys need them: which there are, how wide, which goes first when the screen is narrow,
// what sorting by one compares, and the one line that explains it. How a cell is written is in
// column-cells.ts.

import type { RedisNode } from '../core/types.ts';
import type { ColumnSetName } from '../state/state.ts';

export type ColumnId =
	| 'node'
	| 'role'
	| 'slots'
	| 'group'
	| 'ops'
	| 'spark'
	| 'hit'
	| 'evict'
	| 'expired'
	| 'mem'
	| 'membar'
	| 'used'
	| 'frag'
	| 'conn'
	| 'blk'
	| 'keys'
	| 'ping'
	| 'lag'
	| 'cpu'
	| 'rss'
	| 'max'
	| 'policy'
	| 'frag-bytes'
	| 'retained'
	| 'in'
	| 'out'
	| 'rejected'
	| 'connections-per-s'
	| 'errors'
	| 'max-clients'
	| 'pubsub'
	| 'client-mem'
	| 'link'
	| 'offset'
	| 'behind'
	| 'backlog'
	| 'replicas'
	| 'last-save'
	| 'changes'
	| 'aof'
	| 'fork'
	| 'cow'
	| 'epoch'
	| 'uptime'
	| 'version';

export type SortValue = number | string | undefined;

export type ColumnFacts = {
	readonly id: ColumnId;
	readonly title: string;
	readonly width: number;
	/** From 120 columns on. */
	readonly wideWidth?: number;
	readonly align: 'left' | 'right';
	/** Sorting starts with the smallest: text, and what is bad when it is low. */
	readonly isAscending?: boolean;
	readonly sort: (node: RedisNode, at: number) => SortValue;
	readonly about: string;
};

type Row = Omit<ColumnFacts, 'id' | 'align' | 'isAscending'> &
	Partial<Pick<ColumnFacts, 'align' | 'isAscending'>>;

const column = (id: ColumnId, row: Row): ColumnFacts => ({ align: 'right', ...row, id });

const text = (
	id: ColumnId,
	title: string,
	width: number,
	sort: (node: RedisNode, at: number) => SortValue,
	about: string,
) => column(id, { title, width, sort, about, align: 'left', isAscending: true });

const number = (
	id: ColumnId,
	title: string,
	width: number,
	sort: (node: RedisNode, at: number) => SortValue,
	about: string,
) => column(id, { title, width, sort, about });

const all: readonly ColumnFacts[] = [
	text('node', 'NODE', 17, node => node.address, 'address as the fleet announces it'),
	text('role', 'ROLE', 7, node => node.role, 'primary, replica, or why there is no reading'),
	text('slots', 'SLOTS', 11, node => (node.shardSlots ?? node.slots)[0]?.[0], 'hash slots of its shard'),
	text('group', 'GROUP', 11, node => node.group, "the Sentinels' name for it"),
	number('ops', 'OPS/S', 6, node => node.opsPerSecond, 'commands per second, without our own'),
	{ ...text('spark', 'LAST 2M', 16, node => node.opsPerSecond, 'OPS/S of 2 minutes, one scale from 0') },
	{
		...number('hit', 'HIT%', 5, node => node.hitRate, 'hits of all lookups, last 10 s'),
		isAscending: true,
	},
	number('evict', 'EVICT/S', 7, node => node.evictedPerSecond, 'keys dropped for maxmemory per second'),
	number('expired', 'EXP/S', 5, node => node.expiredPerSecond, 'keys expired by ttl per second'),
	number('mem', 'MEM%', 4, node => node.memoryShare, 'memory of maxmemory; - without a limit'),
	{ ...text('membar', '', 10, node => node.memoryShare, 'MEM% as a bar'), isAscending: false },
	number('used', 'USED', 5, node => node.usedMemoryBytes, 'memory the data and buffers take'),
	number('frag', 'FRAG', 4, node => node.fragmentationRatio, 'resident memory / used memory'),
	number('conn', 'CONN', 5, node => node.connectedClients, 'clients connected'),
	number('blk', 'BLK', 3, node => node.blockedClients, 'clients in a blocking call'),
	number('keys', 'KEYS', 5, node => node.keys, 'keys in all databases'),
	{
		...number('ping', 'PING', 5, node => node.pingMilliseconds, 'longest round trip from here, ms'),
		wideWidth: 4,
	},
	number('lag', 'LAG', 3, node => node.replicationLagSeconds, 'behind its primary, at its write speed'),
	number(
		'cpu',
		'CPU%',
		4,
		node => node.cpuPercent,
		'main thread, 100 is one core; 1.4c is cores of all threads',
	),
	number('rss', 'RSS', 5, node => node.rssBytes, 'resident memory of the process'),
	number('max', 'MAX', 5, node => node.maxmemoryBytes, 'maxmemory'),
	text('policy', 'POLICY', 15, node => node.maxmemoryPolicy, 'what maxmemory drops'),
	number('frag-bytes', 'FRAGB', 5, node => node.fragmentedBytes, 'bytes lost between allocations'),
	number('retained', 'RETND', 5, node => node.retainedBytes, 'pages the allocator keeps'),
	number('in', 'IN/S', 5, node => node.inputBytesPerSecond, 'bytes received per second'),
	number('out', 'OUT/S', 5, node => node.outputBytesPerSecond, 'bytes sent per second'),
	number('rejected', 'REJ/S', 5, node => node.rejectedPerSecond, 'connections refused at maxclients'),
	number('connections-per-s', 'NEW/S', 5, node => node.connectionsPerSecond, 'new connections per second'),
	number('errors', 'ERR/S', 5, node => node.errorsPerSecond, 'error replies per second'),
	number('max-clients', 'MAXCL', 5, node => node.maxClients, 'maxclients'),
	number('pubsub', 'PUBSUB', 6, node => node.pubsubClients, 'clients in pub/sub'),
	number('client-mem', 'CLMEM', 5, node => node.clientsBytes, 'memory of client buffers'),
	text('link', 'LINK', 8, linkOrder, 'link to its primary'),
	number('offset', 'OFFSET', 13, node => node.replicationOffset, 'bytes of the replication stream'),
	number('behind', 'BEHIND', 6, node => node.replicationLagBytes, 'bytes behind its primary'),
	number('backlog', 'BACKL', 5, node => node.backlogBytes, 'replication backlog'),
	number('replicas', 'REPL', 4, node => node.connectedReplicas, 'replicas attached'),
	number('last-save', 'SAVED', 6, savedAge, 'since the last rdb save'),
	number('changes', 'CHANGES', 7, node => node.changesSinceSave, 'changes since that save'),
	text('aof', 'AOF', 4, node => node.aofStatus, 'append-only file: off, ok or err'),
	number('fork', 'FORK', 5, node => node.forkMicroseconds, 'how long the last fork took'),
	number('cow', 'COW', 5, node => node.cowBytes, 'memory copied by the last save'),
	number('epoch', 'EPOCH', 5, node => node.epoch, 'cluster epoch of the shard'),
	number('uptime', 'UP', 4, node => node.uptimeSeconds, 'since the server started'),
	text('version', 'VERSION', 13, node => node.version, 'redis, valkey or another, and its version'),
];

function linkOrder(node: RedisNode): SortValue {
	if (node.isLinkUp === undefined) return undefined;
	return node.isLinkUp ? 1 : 0;
}

function savedAge(node: RedisNode, at: number): SortValue {
	return node.lastSaveAt === undefined ? undefined : at - node.lastSaveAt;
}

export const columnFacts: ReadonlyMap<string, ColumnFacts> = new Map(all.map(facts => [facts.id, facts]));
export const columnIds: readonly ColumnId[] = all.map(facts => facts.id);

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
