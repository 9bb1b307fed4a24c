// Rules on what a server tells of itself and nobody asks about: clients that are made to wait, clients that it closed,
// connections that come and go, a replica that removes keys by itself, slots left open. Where INFO of a version does not
// tell, CLIENT LIST may: then it is asked (looks.ts), and what is said is no more than what it showed.

import type { Migration } from '../cluster/migration-record.ts';
import { isAsked } from '../fleet/node-row.ts';
import { groupClients, isApplication } from '../node/client-groups.ts';
import { keysIn } from '../node/keyspace.ts';
import type { Client } from '../parse/parse-client-list.ts';
import { versionOf } from '../parse/versions.ts';
import { printable } from '../text/printable.ts';
import { count, counted, duration, percent } from '../text/quantity.ts';
import { slotsText } from '../text/slot-words.ts';
import type { Address, Info } from '../types.ts';
import { isHandingOver } from './findings-memory.ts';
import {
	type FleetRule,
	type FleetView,
	infoOf,
	measure,
	type NodeRule,
	type NodeView,
} from './findings-rule.ts';
import type { ClientsSeen } from './key-loss.ts';
import { mayListClients } from './looks.ts';

// ---------------------------------------------------------------------------------------------------------
// Paused

/**
 * A failover pauses writes for a moment: that is told as the failover it is, unless it lasts. A shutdown that is overdue
 * by a moment tells its time no more.
 */
const ownPauses = new Set(['failover_in_progress', 'slot_migration_in_progress', 'shutdown_in_progress']);

export const paused: NodeRule = view => {
	const { pausedReason, pausedActions, pausedMilliseconds, failoverState, shutdownMilliseconds } =
		infoOf(view);
	if (shutdownMilliseconds !== undefined) return pausedByShutdown(view, shutdownMilliseconds / 1000);
	if (isHandingOver(failoverState)) return pausedByFailover(view);
	if (pausedReason === undefined) return pausedByClients(view);
	if (pausedReason === 'none') return { text: '', calm: 'nobody is made to wait' };
	const isOwn = ownPauses.has(pausedReason);
	// Until when a failover pauses at most says nothing: CLUSTER FAILOVER says 10 s and takes one, FAILOVER 2^63 ms.
	const left = isOwn ? 0 : (pausedMilliseconds ?? 0) / 1000;
	const lasted = (view.at - (view.memory.pausedSince ?? view.at)) / 1000;
	const value = lasted + left;
	const what = pausedActions === 'write' ? 'writes' : 'all commands';
	const why = pausedReason === 'client_pause' ? 'CLIENT PAUSE' : pausedReason.replaceAll('_', ' ');
	const text = `${what} paused by ${why}${isOwn ? ` for ${duration(lasted)}` : `, ${duration(left)} left`}`;
	const isLong = value >= view.limits.paused.crit;
	if (isOwn && !isLong) return { isPending: true, text };
	return { severity: isLong ? 'crit' : 'warn', value, text };
};

/**
 * A primary that is told to end holds all writes back until its replicas have what it wrote, by default for 10 s at most
 * (shutdown-timeout, 7.0 and later). A replica that keeps up makes it a moment that no reading meets.
 */
function pausedByShutdown(view: NodeView, left: number): ReturnType<NodeRule> {
	const value = (view.at - (view.memory.pausedSince ?? view.at)) / 1000;
	const text = `writes paused by SHUTDOWN for ${duration(value)}, waits for its replicas, ${duration(left)} at most`;
	return { severity: value >= view.limits.paused.crit ? 'crit' : 'warn', value, text };
}

/** Its end is that of a moment; what is not over after some seconds waits for a replica that does not come. */
function pausedByFailover(view: NodeView): ReturnType<NodeRule> {
	const value = (view.at - (view.memory.pausedSince ?? view.at)) / 1000;
	const state = printable(infoOf(view).failoverState ?? '').replaceAll('-', ' ');
	const text = `writes paused by FAILOVER for ${duration(value)}, ${state}: FAILOVER ABORT ends it`;
	return value >= view.limits.paused.crit ? { severity: 'crit', value, text } : { isPending: true, text };
}

const secondsOf = (view: NodeView) => (view.at - (view.since('paused', view.node.address) ?? view.at)) / 1000;

/** Judged while it lasts: nothing that is well formed is answered, INFO neither. */
export const pausedWhole: NodeRule = ({ track, limits, at }) => {
	if (track.heldSince === undefined) return undefined;
	const value = (at - track.heldSince) / 1000;
	// Who has served nobody since we came may have begun long before.
	const isFromTheStart = track.lastGood === undefined;
	const isLong = isFromTheStart || value >= limits.paused.crit;
	return {
		severity: isLong ? 'crit' : 'warn',
		value,
		...(isFromTheStart && { limits: {} }),
		isPending: !isLong,
		text: `all commands wait for ${duration(value)}, as under CLIENT PAUSE: only errors are answered`,
		told: () => 'all commands wait, as under CLIENT PAUSE: only errors are answered',
		calm: 'nobody is made to wait',
	};
};

/** A list older than this says nothing of now. */
const listMilliseconds = 15_000;

function pausedByClients(view: NodeView): ReturnType<NodeRule> {
	const { blockedClients } = infoOf(view);
	const seen = listOf(view, view.node.address);
	if (!blockedClients || !seen) return undefined;
	const waiting = seen.list.filter(isMadeToWait);
	const isOld = view.at - seen.at > listMilliseconds;
	if (waiting.length === 0 || (isOld && isOver(view, seen))) return undefined;
	// Who waits has done nothing else since it asked: the pause is at least that old, also where we only just came.
	const age = (view.at - seen.at) / 1000;
	const waits = waiting.map(({ idleSeconds = 0 }) => idleSeconds + age);
	const value = Math.max(secondsOf(view), ...waits);
	const command = printable(waiting[0]!.command ?? '').toUpperCase();
	const text = `writes paused: ${count(waiting.length)} ${waiting.length === 1 ? 'client waits' : 'clients wait'} in ${command}, as under CLIENT PAUSE`;
	return { severity: value >= view.limits.paused.crit ? 'crit' : 'warn', value, text };
}

/**
 * At a long delay the list is of the refresh before. Where fewer are blocked now than were in it, or something was changed
 * since, some of them wait no more: the pause was one of a moment.
 */
function isOver({ memory, track }: NodeView, seen: NonNullable<ClientsSeen>): boolean {
	const blocked = seen.list.filter(({ isBlocked }) => isBlocked).length;
	const isWritten = (memory.primary?.wroteAt ?? Number.NEGATIVE_INFINITY) > seen.at;
	return isWritten || blocked > (track.lastGood?.info?.blockedClients ?? 0);
}

/** What a client may wait in by its own wish, or while the server does it. */
const blocking = new Set([
	...[
		'blpop',
		'brpop',
		'brpoplpush',
		'blmove',
		'blmpop',
		'bzpopmin',
		'bzpopmax',
		'bzmpop',
		'xread',
		'xreadgroup',
	],
	...[
		'wait',
		'waitaof',
		'flushall',
		'flushdb',
		'sflush',
		'shutdown',
		'failover',
		'replicaof',
		'psync',
		'sync',
	],
	// While a module asks elsewhere whether the password is right. No pause of writes makes them wait.
	...['auth', 'hello'],
]);

/**
 * A module's command may wait for a thread of its own. Their names have a dot or capitals: vector sets are a part of
 * Redis from 8.0 on, and a client in `VSIM` is blocked for as long as the search takes.
 */
const isOfModule = (command: string) => /[.A-Z]/.test(command);

/** Blocked in a command that never blocks by itself. */
const isMadeToWait = (client: Client) =>
	client.isBlocked &&
	isApplication(client) &&
	client.command !== undefined &&
	!blocking.has(client.command) &&
	!isOfModule(client.command) &&
	!client.command.startsWith('cluster|');

/** A WAIT without a timeout never ends while there is no replica: the server counts its client as blocked, no more. */
export const waitForReplica: FleetRule = view =>
	view.fleet.nodes.flatMap(({ address, role, error, isGone, connectedReplicas, blockedClients }) => {
		if (role !== 'primary' || error || isGone || connectedReplicas !== 0 || !blockedClients) return [];
		return waitsSeen(view, address).map(seen => ({ ...seen, node: address }));
	});

function waitsSeen(view: FleetView, address: Address): ReturnType<FleetRule> {
	const undecided = [{ isPending: true, text: 'clients are blocked, and there is no replica' }];
	const track = view.tracks.get(address);
	const list = listOf(view, address)?.list;
	// It is asked right behind this refresh.
	if (!list) return track && isAsked(track) && mayListClients(track) ? undecided : [];
	const waits = list
		.filter(({ isBlocked, command }) => isBlocked && command === 'wait')
		.map(({ idleSeconds = 0 }) => idleSeconds);
	const long = waits.filter(seconds => seconds >= view.limits.paused.crit);
	// One with a timeout is through by then.
	if (long.length === 0) return waits.length > 0 ? undecided : [];
	const who = long.length === 1 ? '1 client waits' : `${count(long.length)} clients wait`;
	const text = `no replica, and ${who} for one in WAIT, for up to ${duration(Math.max(...long))}`;
	return [{ severity: 'warn', value: 0, text }];
}

/** At a long delay it is that of the refresh before. */
function listOf({ clientsOf, memoryOf, at }: FleetView, node: Address): ClientsSeen {
	const clients = clientsOf?.(node);
	const delay = (memoryOf(node)?.since?.seconds ?? 0) * 1000;
	return clients && at - clients.at <= Math.max(listMilliseconds, 2 * delay) ? clients : undefined;
}

// ---------------------------------------------------------------------------------------------------------
// Clients and connections

export const clientsDropped: NodeRule = view => {
	const { memory, limits, track } = view;
	if (track.rates?.droppedClients === undefined) return undefined;
	const dropped = (memory.dropped ?? []).reduce((sum, each) => sum + each.count, 0);
	const { windowSeconds } = limits['clients-dropped'].extra;
	return measure(limits, 'clients-dropped', dropped, value => ({
		text: `${counted(value, 'client', count)} closed in ${windowSeconds}s for their buffers: ${droppedBecause(view)}`,
		calm: 'none closed',
	}));
};

function droppedBecause(view: NodeView): string {
	const {
		evictedClients: evicted = 0,
		outputLimitDisconnections: output = 0,
		queryLimitDisconnections: query = 0,
	} = infoOf(view);
	const reasons = [
		evicted > 0 ? 'maxmemory-clients' : undefined,
		output > 0 ? 'client-output-buffer-limit' : undefined,
		query > 0 ? 'client-query-buffer-limit' : undefined,
	].filter(reason => reason !== undefined);
	return reasons.join(', ') || 'limit not told';
}

export const connectionsChurn: NodeRule = view => {
	const { connections, ops } = view.track.rates ?? {};
	const { limits } = view;
	const share = connections === undefined || !ops ? undefined : connections / ops;
	const seen = measure(limits, 'connections-churn', connections, value => ({
		text: `${count(value)} new connections/s${share === undefined ? '' : `, ${percent(Math.min(1, share))} of ops`}${fromHosts(view)}`,
		calm: `${count(value)} new connections/s`,
	}));
	const isFew = share !== undefined && share <= limits['connections-churn'].extra.opsShare;
	return seen && isFew ? { ...seen, severity: undefined } : seen;
};

const youngSeconds = 1;
const hostsTold = 2;
const hostsMilliseconds = 60_000;

/** Of those that live for a moment only some are in the list: where they come from it tells all the same. */
function fromHosts({ clientsOf, node, at }: NodeView): string {
	const clients = clientsOf?.(node.address);
	if (!clients || at - clients.at > hostsMilliseconds) return '';
	const young = clients.list.filter(
		({ ageSeconds }) => ageSeconds !== undefined && ageSeconds <= youngSeconds,
	);
	const hosts = groupClients(young, 'host').filter(({ own, clients: all }) => all > own);
	const names = hosts.slice(0, hostsTold).map(({ key }) => printable(key));
	if (names.length === 0) return '';
	return `, from ${names.join(', ')}${hosts.length > hostsTold ? ` and ${hosts.length - hostsTold} more` : ''}`;
}

// ---------------------------------------------------------------------------------------------------------
// A replica that removes keys by itself

export const replicaEvicts: NodeRule = view => {
	const { node, memory, limits, at, tracks } = view;
	const info = infoOf(view);
	if (info.role !== 'replica') return undefined;
	const { shownSeconds, lackingShare, lackingKeys } = limits['replica-evicts'].extra;
	const primary = tracks.get(node.primary ?? '');
	const whole = primary?.error ? undefined : allKeys(primary?.lastGood?.info);
	const has = allKeys(info);
	const isInStep = info.isLinkUp === true && !info.isSyncing && whole !== undefined && has !== undefined;
	const lacks = isInStep ? Math.max(0, whole - has) : undefined;
	const isNow = memory.removedAt !== undefined && at - memory.removedAt < shownSeconds * 1000;
	const least = Math.max(lackingKeys, (whole ?? 0) * lackingShare);
	const isShort = mayHaveEvicted(view) && lacks !== undefined && lacks >= least;
	const verb = (info.evictedKeys ?? 0) > 0 ? 'evicts' : 'expires';
	// Some servers let a replica count what expires (Dragonfly): where it lacks nothing by that it does no harm.
	const isHarmless = verb === 'expires' && lacks === 0;
	if (isHarmless || (!isNow && !isShort))
		return (
			failsToFollow(view) ??
			lacksMost(view, lacks, whole) ??
			holdsMore(view, isInStep ? has - whole : 0, least) ?? {
				value: lacks,
				text: '',
				calm: 'keeps what its primary has',
			}
		);
	const cause = verb === 'evicts' && info.maxmemoryBytes ? ' at its own maxmemory' : '';
	return {
		severity: 'warn',
		// That it removes keys at all is no number while none is missing yet.
		value: lacks === 0 ? undefined : lacks,
		...(!isNow && { limits: { warn: least } }),
		text: `replica ${verb} by itself${cause}${lacks === undefined ? '' : `: lacks ${count(lacks)} of ${count(whole ?? 0)} keys`}`,
	};
};

/**
 * What came from its primary was answered with an error: what it holds is not what its primary holds, and nothing but a
 * full sync makes it so again. The server says so in its log alone ("This replica is sending an error to its master").
 * A full sync leaves the count as it is, and may be over between two readings (20 ms for some keys) or before the first.
 * Before 7.0 a script is replicated as it was called, and one that fails in its middle fails alike at both ends.
 */
function failsToFollow({ memory, track }: NodeView): ReturnType<NodeRule> {
	const { failedFromPrimary: all = 0, version } = track.lastGood?.info ?? {};
	const value = all - (memory.failedBefore ?? 0);
	if (value <= 0) return undefined;
	const many = `${counted(value, 'command')} of its primary failed on it`;
	const text =
		versionOf(version).major < 7
			? `replica may differ: ${many}, as scripts do that fail at both ends`
			: `replica may differ: ${many}, and no full sync was seen since`;
	return { severity: 'warn', value, text };
}

/** In step and without most of the keys, for a reason that no counter tells: FLUSHALL where it may be written to, a fault. */
function lacksMost(view: NodeView, lacks = 0, whole = 0): ReturnType<NodeRule> {
	const { lostKeys, lostShare, lagBytes } = view.limits['replica-evicts'].extra;
	const warn = Math.max(lostKeys, whole * lostShare);
	// What is still on its way to it is not lacking.
	if (lacks < warn || (view.node.replicationLagBytes ?? 0) > lagBytes) return undefined;
	const text = `replica lacks ${count(lacks)} of ${count(whole)} keys and is in step: was it written to?`;
	return { severity: 'warn', value: lacks, limits: { warn }, text };
}

/** Clients may write to it, and did: nobody else has that, and its next full sync takes it away. */
function holdsMore(view: NodeView, more: number, warn: number): ReturnType<NodeRule> {
	const { lagBytes } = view.limits['replica-evicts'].extra;
	// What its primary has deleted may be on its way to it.
	if (infoOf(view).isReadOnly !== false || more < warn) return undefined;
	if ((view.node.replicationLagBytes ?? 0) > lagBytes) return undefined;
	const text = `replica is writable and holds ${count(more)} keys more than its primary: its next full sync deletes them`;
	return { severity: 'warn', value: more, limits: { warn }, text };
}

/** Its counters are also of a time when it was a primary: it evicts only where it has a limit and heeds it. */
function mayHaveEvicted(view: NodeView): boolean {
	const { evictedKeys = 0, maxmemoryBytes = 0 } = infoOf(view);
	const isIgnored = view.track.config?.['replica-ignore-maxmemory'] === 'yes';
	return evictedKeys > 0 && maxmemoryBytes > 0 && !isIgnored;
}

const allKeys = (info: Info | undefined) => keysIn(info?.databases, 'keys');

// ---------------------------------------------------------------------------------------------------------
// Slots left open

export const slotOpen: FleetRule = view => [...markedOpen(view), ...atomicOpen(view)];

const markedOpen: FleetRule = ({ migrations, limits, at }) =>
	migrations
		.filter(({ endedAt, kind }) => endedAt === undefined && kind !== 'atomic')
		.flatMap(migration => {
			const idle = (at - (migration.progressAt ?? migration.startedAt)) / 1000;
			const isLeft = migration.kind === 'left-open';
			// Where its keys were never counted, whether one slot makes progress is not known.
			if (!isLeft && (idle < limits['slot-open'].warn || migration.keysCounted === undefined)) return [];
			const node = migration.openAt === 'target' ? migration.target : migration.source;
			const judged = { value: Math.floor(idle), ...(isLeft && { limits: { warn: 0 } }) };
			return [{ node, severity: 'warn' as const, ...judged, text: openText(migration, idle) }];
		});

/** One that is tried again and again, and what one that is over has left at its source. */
const atomicOpen: FleetRule = ({ migrations, limits, at }) =>
	migrations.flatMap(migration => {
		const { kind, endedAt, startedAt, retries = 0, leftTask, source, target } = migration;
		const isFailing = endedAt === undefined && retries > 0;
		if (kind !== 'atomic' || (!isFailing && leftTask === undefined)) return [];
		const seconds = (at - (endedAt ?? startedAt)) / 1000;
		if (seconds < limits['slot-open'].warn) return [];
		const node = isFailing ? target : source;
		return [
			{ node, severity: 'warn' as const, value: Math.floor(seconds), text: atomicText(migration, seconds) },
		];
	});

function atomicText({ slots, target, leftTask, state, id }: Migration, seconds: number): string {
	const which = slotsText(slots);
	return leftTask === undefined
		? `${which} on the way here for ${duration(Math.floor(seconds))}, ${printable(state, 120)}: CLUSTER MIGRATION CANCEL ID ${printable(id.replace(/^atomic /, ''), 40)} ends it`
		: `${which}: its task of a migration to ${target} that is over blocks a reshard: CLUSTER MIGRATION CANCEL ID ${printable(leftTask, 40)} ends it`;
}

function openText({ kind, openAt, slots, source, target, keysLeft, state }: Migration, idle: number): string {
	const which = slotsText(slots);
	if (kind !== 'left-open') {
		const left = keysLeft === undefined ? '' : `, ${count(keysLeft)} keys left`;
		return `${which} open, ${source} to ${target}, no progress for ${duration(Math.floor(idle))}${left}: redis-cli --cluster fix`;
	}
	return openAt === undefined
		? `${which} ${printable(state)}`
		: `${which} open at the ${openAt} only: a reshard was broken off, redis-cli --cluster fix mends it`;
}
