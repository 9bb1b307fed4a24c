// What a node is, by what it answered: whether a cluster, a Sentinel or neither, which server of which version, which
// slots it has open, whom it watches. It decides what is asked of it next; nothing of it is shown.

import { isUnfinishedView, saidIn as saidOf } from '../core/cluster/view-rhythm.ts';
import type { Asked } from '../core/commands.ts';
import { parseMigrations } from '../core/parse/parse-migrations.ts';
import { countsOf, parseSlotStats } from '../core/parse/parse-slot-stats.ts';
import { identityIn, runIdIn } from '../core/parse/server-identity.ts';
import type { Reply } from '../core/types.ts';
import { errorText } from './client-replies.ts';

export type Described = {
	readonly asked: Asked;
	/** Where a Sentinel's masters are: its replicas are asked anew when one moves. */
	readonly masterAddresses: string;
	/** Something else is asked of it from now on, at once. */
	readonly isOther: boolean;
	/** A Sentinel's replicas, Sentinels and quorum are not what they were. */
	readonly isMoved: boolean;
	/** Another process than last time: restarted, or another server at this address. */
	readonly isOtherProcess: boolean;
};

export const nobodyAsked: Asked = {
	kind: 'unknown',
	masters: [],
	nodesInFleet: 1,
	version: [0, 0],
	openSlots: [],
	isUnfinished: false,
	isRestless: false,
	migrationLooks: 0,
	isOpen: false,
	isClusterOpen: false,
};

/** `before` with what `replies` tell; `isSentinel` where it is known to be one by whoever named it. */
export function describeNode(
	before: Asked,
	addressesBefore: string,
	replies: readonly (readonly [string, Reply])[],
	isSentinel: boolean,
): Described {
	const told = (name: string) => replies.find(([command]) => command === name)?.[1];
	const [info, view, masters] = [told('info'), told('cluster nodes'), told('sentinel masters')];
	const asked: Asked = {
		...before,
		...(typeof info === 'string' && {
			...serverIn(before, info, isSentinel),
			runId: runIdIn(info),
			databases: databasesIn(info),
		}),
		...(typeof view === 'string' && ownSlots(view)),
		...saidIn(before, told('cluster info'), view),
		...(Array.isArray(masters) && { masters: masters.flatMap(nameOfMaster) }),
		...slotCountsIn(replies),
	};
	const masterAddresses = Array.isArray(masters) ? masters.map(addressOfMaster).join() : addressesBefore;
	const isElsewhere = masterAddresses !== addressesBefore;
	const isQuorumLost = replies.some(
		([command, reply]) => command.startsWith('sentinel ckquorum') && errorText(reply),
	);
	// Keys in a slot are counted from the moment it is open.
	const isOpened = before.openSlots.length === 0 && asked.openSlots.length > 0;
	const migrationLooks = looksAfter(before, asked, replies);
	const isMigrating = before.migrationLooks === 0 && migrationLooks > 0;
	const { runId } = asked;
	const isOtherProcess = before.runId !== undefined && runId !== undefined && before.runId !== runId;
	return {
		asked: { ...asked, migrationLooks },
		masterAddresses,
		isOther:
			before.kind !== asked.kind ||
			isElsewhere ||
			isOpened ||
			isMigrating ||
			isOtherProcess ||
			(asked.said !== before.said && asked.said !== asked.saidWithView),
		isMoved: isElsewhere || isQuorumLost,
		isOtherProcess,
	};
}

/** What the node says of the cluster now, and what it said with its last view. */
function saidIn(before: Asked, info: Reply | undefined, view: Reply | undefined): Partial<Asked> {
	const said = typeof info === 'string' ? saidOf(info) : before.said;
	if (typeof view !== 'string') return { said };
	return { said, saidWithView: said };
}

/** What is switched off is no order any more: then it is asked what there is. */
function slotCountsIn(replies: readonly (readonly [string, Reply])[]): Pick<Asked, 'slotCounts'> {
	const told = replies.filter(([command]) => command.startsWith('cluster slot-stats '));
	if (told.length === 0) return {};
	const readings = told.map(([, reply]) => parseSlotStats(reply));
	return { slotCounts: readings.includes(undefined) ? undefined : countsOf(readings.flatMap(all => all!)) };
}

/** After the last sign of one: it may end between two rounds, and its end is told by both ends. */
const looksAfterSign = 5;

/**
 * How many more times the node is asked for its atomic migrations though nobody looks. Signs of one are what comes with
 * every round: its count of tasks (Redis), what one holds (Valkey), slots that it won or lost.
 */
function looksAfter(
	before: Asked,
	now: Pick<Asked, 'ownSlots'>,
	replies: readonly (readonly [string, Reply])[],
): number {
	const isSign = replies.some(
		([command, reply]) =>
			(command === 'cluster info' && /^cluster_slot_migration_active_tasks:[1-9]/m.test(String(reply))) ||
			(command === 'info' && isMigratingSlots(String(reply))) ||
			(isAboutMigrations(command) && parseMigrations(reply)?.some(({ isOver }) => !isOver)),
	);
	const hasMoved = before.ownSlots !== undefined && now.ownSlots !== before.ownSlots;
	return isSign || hasMoved ? looksAfterSign : Math.max(0, before.migrationLooks - 1);
}

// Looked for before it is read: most servers have no such line, and a regular expression tries each.
const isMigratingSlots = (info: string) =>
	(info.includes('mem_cluster_slot_') || info.includes('slot_migration_fork')) &&
	/^(mem_cluster_slot_(import|export)|slot_migration_fork_in_progress):[1-9]/m.test(info);

const isAboutMigrations = (command: string) => /^cluster (getslotmigrations|migration status)/.test(command);

/** The slots of its own line, as they stand there. */
const ownSlotsIn = (line: string) => / connected([^\n]*)/.exec(line)?.[1]?.replace(/ \[.*\]/, '');

/** Of its own line, the only one that tells them; the others may be thousands. */
function ownSlots(view: string): Pick<Asked, 'openSlots' | 'ownSlots' | 'isUnfinished'> {
	const line = ownLineIn(view);
	const openSlots = openSlotsIn(line);
	return { openSlots, ownSlots: ownSlotsIn(line), isUnfinished: isUnfinishedView(view, openSlots) };
}

function ownLineIn(view: string): string {
	const at = view.indexOf('myself');
	if (at < 0) return '';
	const end = view.indexOf('\n', at);
	return view.slice(view.lastIndexOf('\n', at) + 1, end < 0 ? undefined : end);
}

/** What is asked of a server by its kind and version: only what would else be one refusal more in its statistics. */
function serverIn(
	before: Asked,
	info: string,
	isSentinel: boolean,
): Pick<Asked, 'kind' | 'server' | 'version' | 'connectedClients' | 'isReplica'> {
	const changing = {
		isReplica: /\nrole:slave/.test(info),
		connectedClients: Number(/^connected_clients:(\d+)/m.exec(info)?.[1] ?? 0),
	};
	const { kind, server, version, runId } = before;
	// What a process is it stays.
	const isKnown = kind !== 'unknown' && runId !== undefined && runId === runIdIn(info);
	return isKnown ? { kind, server, version, ...changing } : { ...identityOf(info, isSentinel), ...changing };
}

function identityOf(info: string, isSentinel: boolean): Pick<Asked, 'kind' | 'server' | 'version'> {
	const { server, mode, version, compatibleVersion } = identityIn(info);
	const isCluster = /^cluster_enabled:1/m.test(info);
	const [, major, minor] =
		/^(\d+)\.(\d+)/.exec((server !== 'valkey' && compatibleVersion) || version || '') ?? [];
	return {
		kind: isSentinel || mode === 'sentinel' ? 'sentinel' : isCluster ? 'cluster' : 'data',
		server,
		version: [Number(major ?? 0), Number(minor ?? 0)],
	};
}

const databasesIn = (info: string) => [...info.matchAll(/^db(\d+):keys=[1-9]/gm)].map(([, db]) => Number(db));

/** `[6093->-id]` and `[6093-<-id]` stand on a node's own line alone. */
const openSlotsIn = (line: string) => [...line.matchAll(/ \[(\d+)-[<>]-/g)].map(([, slot]) => slot!);

function addressOfMaster(master: Reply): string {
	if (!Array.isArray(master)) return '';
	return ['name', 'ip', 'port'].map(field => master[master.indexOf(field) + 1]).join(' ');
}

function nameOfMaster(master: Reply): string[] {
	if (!Array.isArray(master)) return [];
	const at = master.indexOf('name');
	const name = at >= 0 ? master[at + 1] : undefined;
	return typeof name === 'string' ? [name] : [];
}
