// Replication as one node has it: at a replica its link, how far it is behind and how a sync gets on; at a primary the
// same for each of its replicas. And the question behind all of them: if the link breaks now, is the backlog enough to go
// on where it stopped, or will it be a full resync? A primary goes on with a replica when the history is the same
// (replication id) and the next byte it needs is still in the backlog; with every write the backlog loses an old byte.
// It compares offsets of one moment; how they are brought to one is in fleet/offsets.ts.

import type { InfoDetails } from '../info.ts';
import type { Address, Info } from '../types.ts';

/** A node's newest reading. `bytesPerSecond` is what is written into the replication stream (Rates.replicationBytes). */
export type ReplicationReading = {
	readonly info: Info;
	readonly details?: InfoDetails;
	readonly bytesPerSecond?: number;
};

export type ReplicationState = {
	readonly role?: 'primary' | 'replica';
	/** At a replica. */
	readonly link?: ReplicaLink;
	/** Connected to this node; a replica may have replicas too. */
	readonly replicas: readonly ReplicaState[];
	readonly backlog?: Backlog;
	/** Since the start or a reset, as this node served them. */
	readonly resyncs: {
		readonly full?: number;
		readonly partial?: number;
		/** Asked to go on where they stopped, and had to start anew. */
		readonly refused?: number;
	};
};

export type ReplicaLink = {
	readonly primary?: Address;
	readonly isUp?: boolean;
	readonly downSeconds?: number;
	/** Since anything came from the primary, which pings every 10 s; undefined while the link is down. */
	readonly lastIoSeconds?: number;
	readonly lag?: Lag;
	/** While a full sync is under way. */
	readonly sync?: SyncProgress;
	readonly reconnect: Reconnect;
};

export type ReplicaState = {
	readonly address: Address;
	/** `online`, `wait_bgsave`, `send_bulk`, `bg_transfer`… */
	readonly state?: string;
	/**
	 * By the replica's own word of the same moment; where it is not watched, by its last acknowledgement, which comes once
	 * a second: up to a second of writes when all is well, and more where much is on its way. Undefined until the first.
	 */
	readonly lag?: Lag;
	/** Since its last acknowledgement. Not a delay: 0 or 1 unless it is mute. */
	readonly ackSeconds?: number;
	readonly reconnect: Reconnect;
};

/** Behind the primary. `seconds` is the bytes at the rate they are written, undefined where nothing is. */
export type Lag = { readonly bytes: number; readonly seconds?: number };

export type SyncProgress = {
	/** 0..1; undefined when the primary sends without a file, for then nobody knows the total. */
	readonly share?: number;
	readonly readBytes?: number;
	readonly totalBytes?: number;
	/** Since something came. */
	readonly idleSeconds?: number;
};

export type Backlog = {
	readonly sizeBytes: number;
	readonly heldBytes?: number;
	/** How long a link may be down when it is full, at the rate that is written now. */
	readonly coversSeconds?: number;
};

/** What happens if the link breaks and comes back at once. */
export type Reconnect = {
	readonly answer: 'partial' | 'full' | 'unknown';
	/** `outrun`: what it needs is no longer in the backlog, or will not be once the replica no longer holds it there. */
	readonly why?: 'outrun' | 'other-history' | 'no-backlog';
	/** What may be written until it is too late: exact to the last block of the backlog, 16 KB from 7.0 on. */
	readonly headroomBytes?: number;
	/** The same at the rate that is written now. */
	readonly headroomSeconds?: number;
};

/**
 * `primary` is the reading of the replica's primary at the same moment, where it is watched as well; `ownOffset` up to
 * where a replica of this node has read by its own word of that moment.
 */
export function replicationStateOf(
	node: ReplicationReading,
	primary?: ReplicationReading,
	ownOffset: (replica: Address) => number | undefined = () => undefined,
): ReplicationState {
	const { info } = node;
	return {
		role: info.role,
		link: hasPrimary(info) ? linkOf(node, primary) : undefined,
		replicas: (info.replicas ?? []).map(replica => replicaOf(node, replica, ownOffset(replica.address))),
		backlog: backlogOf(node),
		resyncs: { full: info.syncFull, partial: info.syncPartialOk, refused: info.syncPartialErr },
	};
}

/** It replicates another: a replica, or KeyDB's active one, which is a primary as well. */
export const hasPrimary = ({ role, isActiveReplica }: Info): boolean =>
	role === 'replica' || isActiveReplica === true;

function linkOf(node: ReplicationReading, primary: ReplicationReading | undefined): ReplicaLink {
	const { info } = node;
	const place = { offset: info.replicaOffset, id: info.replicationId, isConnected: info.isLinkUp !== false };
	return {
		primary: info.primary,
		isUp: info.isLinkUp,
		downSeconds: downSecondsOf(info),
		lastIoSeconds: info.isLinkUp === false ? undefined : info.lastIoSeconds,
		lag: primary && !info.isSyncing ? lagOf(primary, info.replicaOffset) : undefined,
		sync: info.isSyncing ? syncOf(node) : undefined,
		reconnect: info.isSyncing || !primary ? { answer: 'unknown' } : reconnectOf(primary, place),
	};
}

// 6.0 counts from 1970 when the link was never up.
function downSecondsOf({
	linkDownSeconds,
	uptimeSeconds = Number.POSITIVE_INFINITY,
}: Info): number | undefined {
	return linkDownSeconds !== undefined && linkDownSeconds <= uptimeSeconds + 1 ? linkDownSeconds : undefined;
}

function replicaOf(
	node: ReplicationReading,
	{ address, state, offset, lagSeconds }: NonNullable<Info['replicas']>[number],
	ownOffset: number | undefined,
): ReplicaState {
	// 0 until the first acknowledgement after a sync, online or not.
	const read = ownOffset ?? (offset || undefined);
	const place = { offset: state === undefined || state === 'online' ? read : undefined, isConnected: true };
	return {
		address,
		state,
		lag: lagOf(node, place.offset),
		ackSeconds: lagSeconds,
		reconnect: reconnectOf(node, place),
	};
}

function lagOf({ info, bytesPerSecond }: ReplicationReading, offset: number | undefined): Lag | undefined {
	if (offset === undefined || info.replicationOffset === undefined) return undefined;
	// The replica may have been asked a moment later than its primary.
	const bytes = Math.max(0, info.replicationOffset - offset);
	return { bytes, seconds: bytes === 0 ? 0 : secondsFor(bytes, bytesPerSecond) };
}

const secondsFor = (bytes: number, bytesPerSecond: number | undefined) =>
	bytesPerSecond ? bytes / bytesPerSecond : undefined;

function syncOf({ info, details }: ReplicationReading): SyncProgress {
	const total = info.syncTotalBytes || undefined;
	const left = details?.syncLeftBytes;
	const taken = total !== undefined && left !== undefined && left <= total ? total - left : undefined;
	const read = details?.syncReadBytes ?? taken;
	return {
		share: total && read !== undefined ? Math.min(1, read / total) : undefined,
		readBytes: read,
		totalBytes: total,
		idleSeconds: details?.syncLastIoSeconds,
	};
}

function backlogOf({ info, details, bytesPerSecond }: ReplicationReading): Backlog | undefined {
	if (!info.backlogBytes || details?.isBacklogActive === false) return undefined;
	return {
		sizeBytes: info.backlogBytes,
		heldBytes: details?.backlogHeldBytes,
		coversSeconds: secondsFor(info.backlogBytes, bytesPerSecond),
	};
}

type Place = { readonly offset?: number; readonly id?: string; readonly isConnected: boolean };

// masterTryPartialResynchronization in the servers' replication.c asks the same questions in the same order.
function reconnectOf(primary: ReplicationReading, place: Place): Reconnect {
	const { info, details = {}, bytesPerSecond } = primary;
	const lag = lagOf(primary, place.offset);
	if (details.isBacklogActive === false) return { answer: 'full', why: 'no-backlog' };
	if (place.id !== undefined && info.replicationId !== undefined && !isShared(primary, place))
		return { answer: 'full', why: 'other-history' };
	if (!lag || !info.backlogBytes) return { answer: 'unknown' };
	const headroomBytes = info.backlogBytes - lag.bytes;
	const headroom = {
		headroomBytes,
		headroomSeconds: headroomBytes > 0 ? secondsFor(headroomBytes, bytesPerSecond) : undefined,
	};
	const { backlogFirstOffset: first } = details;
	if (first !== undefined && place.offset! + 1 < first) return { answer: 'full', why: 'outrun', ...headroom };
	// From 7.0 on a replica that is slow keeps more than the backlog's size in it, and lets go of it when it leaves. What
	// is there beyond the size when it has left is the rest of a block, and does count.
	const isKept = place.isConnected || first === undefined;
	if (isKept && headroomBytes < 0) return { answer: 'full', why: 'outrun', ...headroom };
	return { answer: 'partial', ...headroom };
}

// A primary that was promoted also serves the history it had as a replica, up to where it was promoted.
function isShared({ info }: ReplicationReading, { id, offset }: Place): boolean {
	if (id === info.replicationId) return true;
	const until = info.secondReplicationOffset;
	return id === info.previousReplicationId && offset !== undefined && offset + 1 <= (until ?? -1);
}
