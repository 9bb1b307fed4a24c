// How each column writes its cell, beside the facts in columns.ts (title, width, rank, sorting, help).
// A cell is text and at most a style of its own; the colour of a finding is put on by the column the finding names.
// Every text is at most as wide as its column in any case: numbers by their format, names by losing their middle.

import { printableText } from '../core/text/printable.ts';
import { bytes, count } from '../core/text/quantity.ts';
import type { Finding, RedisNode, Severity } from '../core/types.ts';
import { bar, sparkline, sparkValues } from './chart.ts';
import { type ColumnFacts, type ColumnId, columnFacts, columnIds } from './columns.ts';
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
import type { Glyphs, Style } from './theme.ts';

/** What a cell may look at besides its node. */
export type CellContext = {
	readonly at: number;
	readonly glyphs: Glyphs;
	/** The scale all sparklines share. */
	readonly sparkMax: number;
};

export type Column = ColumnFacts & {
	readonly value: (node: RedisNode, context: CellContext, width: number) => string;
	/** Dim text that is the same all the time. */
	readonly isSecondary?: boolean;
	/** The columns of a finding that colour this one; itself when not given. */
	readonly findings?: readonly string[];
};

type Value = Column['value'];
const figure =
	(read: (node: RedisNode) => number | undefined, format: (value: number) => string): Value =>
	node =>
		orDash(read(node), format);

const values: Readonly<Record<ColumnId, Value>> = {
	node: node => node.address,
	role: roleWord,
	slots: slotsWord,
	group: node => word(node.group),
	ops: figure(node => node.opsPerSecond, count),
	spark: (node, context, width) =>
		sparkline(sparkValues(node.ops, context.at, width), context.sparkMax, context.glyphs),
	hit: figure(node => node.hitRate, hitPercent),
	evict: figure(node => node.evictedPerSecond, count),
	expired: figure(node => node.expiredPerSecond, count),
	mem: figure(node => node.memoryShare, wholePercent),
	membar: (node, { glyphs }, width) => orDash(node.memoryShare, share => bar(share, width, glyphs)),
	used: figure(node => node.usedMemoryBytes, bytes),
	frag: figure(node => node.fragmentationRatio, ratio),
	conn: figure(node => node.connectedClients, whole),
	blk: figure(node => node.blockedClients, narrowCount),
	keys: figure(node => node.keys, count),
	ping: figure(node => node.pingMilliseconds, milliseconds),
	lag: figure(node => node.replicationLagSeconds, age),
	cpu: cpuWord,
	rss: figure(node => node.rssBytes, bytes),
	max: figure(
		node => node.maxmemoryBytes,
		value => (value === 0 ? 'none' : bytes(value)),
	),
	policy: node => word(node.maxmemoryPolicy),
	'frag-bytes': figure(node => node.fragmentedBytes, bytes),
	retained: figure(node => node.retainedBytes, bytes),
	in: figure(node => node.inputBytesPerSecond, byteRate),
	out: figure(node => node.outputBytesPerSecond, byteRate),
	rejected: figure(node => node.rejectedPerSecond, count),
	'connections-per-s': figure(node => node.connectionsPerSecond, count),
	errors: figure(node => node.errorsPerSecond, count),
	'max-clients': figure(node => node.maxClients, whole),
	pubsub: figure(node => node.pubsubClients, whole),
	'client-mem': figure(node => node.clientsBytes, bytes),
	link: linkWord,
	offset: figure(
		node => node.replicationOffset,
		value => (value < 1e13 ? String(Math.round(value)) : count(value)),
	),
	behind: figure(node => node.replicationLagBytes, bytes),
	backlog: figure(node => node.backlogBytes, bytes),
	replicas: figure(node => node.connectedReplicas, whole),
	'last-save': (node, { at }) =>
		node.isSaving === true ? 'saving' : orDash(node.lastSaveAt, saved => age((at - saved) / 1000)),
	changes: figure(node => node.changesSinceSave, count),
	aof: node =>
		node.aofStatus !== undefined
			? word(node.aofStatus)
			: node.isAofEnabled === undefined
				? none
				: node.isAofEnabled
					? 'on'
					: 'off',
	fork: figure(
		node => node.forkMicroseconds,
		microseconds => took(microseconds / 1e6),
	),
	cow: figure(node => node.cowBytes, bytes),
	epoch: figure(node => node.epoch, whole),
	uptime: figure(node => node.uptimeSeconds, age),
	version: node => word([node.server ?? node.unknownServer, node.version].filter(each => each).join(' ')),
};

/** What a server says of itself, as text that is safe on a terminal. */
function word(text: string | undefined): string {
	return text === undefined || text === '' ? none : printableText(text);
}

const secondary: ReadonlySet<ColumnId> = new Set(['slots', 'group']);
const coloredBy: Readonly<Partial<Record<ColumnId, readonly string[]>>> = {
	mem: ['mem', 'membar'],
	membar: ['mem', 'membar'],
	lag: ['lag', 'behind'],
	behind: ['lag', 'behind'],
	'frag-bytes': ['frag', 'frag-bytes'],
	frag: ['frag', 'frag-bytes'],
};

/** Every column there is, by its id. */
export const columns: ReadonlyMap<ColumnId, Column> = new Map(
	columnIds.map(id => [
		id,
		{
			...columnFacts.get(id)!,
			value: values[id],
			isSecondary: secondary.has(id),
			findings: coloredBy[id] ?? [id],
		},
	]),
);

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

/** The worst finding of a node that names this column. */
export function severityOf(column: Column, findings: readonly Finding[]): Severity | undefined {
	const named = findings.filter(
		finding => finding.column !== undefined && column.findings?.includes(finding.column),
	);
	return worstOf(named);
}

/** Findings of the whole cluster have no column: the slots carry their colour. */
export const isAboutSlots = ({ id }: Finding): boolean =>
	id === 'slots-uncovered' || id === 'two-owners' || id === 'failover-impossible';

export function worstOf(findings: readonly Finding[]): Severity | undefined {
	if (findings.some(finding => finding.severity === 'crit')) return 'crit';
	return findings.length > 0 ? 'warn' : undefined;
}

export const severityStyle = (severity: Severity | undefined): Style | undefined => severity;
export const markerOf = (severity: Severity | undefined): string =>
	severity === 'crit' ? '!!' : severity === 'warn' ? '!' : '';
