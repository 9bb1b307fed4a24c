// What holds used_memory beside keys, kind by kind: the buffers of clients by what fills them, subscriptions, tables
// that the server counts as data and that are none, replication, scripts, files, links. Each kind has another cure, so
// each is told apart. Kinds of one whole never exceed it together. What the server does not size (channels, tracked
// keys, keys that blocked clients wait for) is reckoned from its own counts and says so.

import type { InfoDetails } from '../info.ts';
import type { Client } from '../parse/parse-client-list.ts';
import type { Info } from '../types.ts';
import { isApplication, isOwn } from './client-groups.ts';
import type { MemoryStats } from './memory-parts.ts';

export type ClientUse = 'output-buffers' | 'query-buffers' | 'transactions' | 'subscriptions' | 'connections';

export type MemoryKindId =
	| ClientUse
	/** Of clients, without a list that says what. */
	| 'client-buffers'
	| 'tracking'
	| 'blocking'
	| 'backlog'
	| 'replica-buffers'
	| 'sync-buffer'
	| 'scripts'
	| 'functions'
	| 'aof-buffer'
	| 'cluster-links'
	/** Of atomic slot migrations: writes to the slots on their way, at the source and at the target. */
	| 'migration-output'
	| 'migration-input';

export type MemoryKind = {
	readonly id: MemoryKindId;
	readonly bytes: number;
	/** Reckoned from counts, not told by the server. */
	readonly isEstimated?: true;
	/** maxmemory does not count it: it evicts nothing and has nothing refused. */
	readonly isUncounted?: true;
};

export type KindSources = {
	readonly info: Info;
	readonly details?: InfoDetails;
	readonly stats?: MemoryStats;
	/** CLIENT LIST. */
	readonly clients?: readonly Client[];
};

/** The kinds that hold anything, the largest first. */
export function memoryKinds(sources: KindSources): readonly MemoryKind[] {
	const kinds = [
		...clientKinds(sources),
		...tableKinds(sources),
		...replicationKinds(sources),
		...scriptKinds(sources),
		...fileKinds(sources),
		...migrationKinds(sources),
	];
	return together(kinds)
		.filter(({ bytes }) => bytes > 0 && Number.isFinite(bytes))
		.sort((a, b) => b.bytes - a.bytes);
}

/** Subscriptions are in two places: what the client holds, and the tables of the server. */
function together(kinds: readonly MemoryKind[]): readonly MemoryKind[] {
	const byId = new Map<MemoryKindId, MemoryKind>();
	for (const kind of kinds) {
		const known = byId.get(kind.id);
		byId.set(kind.id, known ? { ...known, ...kind, bytes: known.bytes + kind.bytes } : kind);
	}
	return [...byId.values()];
}

// ---------------------------------------------------------------------------------------------------------
// Clients

/** More subscriptions than this, and what a client holds beyond its buffers is held for them. */
const manySubscriptions = 100;

/** What one client's memory is used for; the parts add up to `totalBytes` where that is told. */
export function usesOf(client: Client): Readonly<Record<ClientUse, number>> {
	const output = client.outputBytes ?? 0;
	const query = (client.queryBufferBytes ?? 0) + (client.queryBufferFreeBytes ?? 0) + (client.argvBytes ?? 0);
	const queued = client.queuedBytes ?? 0;
	const rest = Math.max(0, (client.totalBytes ?? 0) - output - query - queued);
	const subscribed = (client.channels ?? 0) + (client.patterns ?? 0) + (client.shardChannels ?? 0);
	const isSubscriber = subscribed > manySubscriptions;
	return {
		'output-buffers': output,
		'query-buffers': query,
		transactions: queued,
		subscriptions: isSubscriber ? rest : 0,
		connections: isSubscriber ? 0 : rest,
	};
}

/**
 * The shares are those of the list, the whole is INFO's: the list is some seconds older, and has our own connections,
 * which are nobody's cause.
 */
function clientKinds({ info, clients }: KindSources): readonly MemoryKind[] {
	const whole = info.clientsNormalBytes;
	if (whole === undefined) return [];
	const listed = (clients ?? []).filter(isApplication);
	const uses = listed.map(client => ({ client, use: usesOf(client) }));
	const all = uses.reduce((sum, { use }) => sum + sumOf(use), 0);
	if (all === 0) return [{ id: likelyUse(info, whole), bytes: whole }];
	const others = uses.filter(({ client }) => !isOwn(client));
	return clientUses.map(id => ({
		id,
		bytes: (whole * others.reduce((sum, { use }) => sum + use[id], 0)) / all,
	}));
}

/**
 * Over 1,000 clients are not listed unasked: then by the largest request and the largest reply of any client lately. Where
 * both are small and each has its few kilobytes, it is their number.
 */
function likelyUse(info: Info, whole: number): MemoryKindId {
	const { largestInputBytes: input, largestOutputBytes: output, connectedClients: clients = 0 } = info;
	if (input === undefined || output === undefined) return 'client-buffers';
	if (Math.max(input, output) >= largeBuffer) return input > output ? 'query-buffers' : 'output-buffers';
	return clients > 0 && whole / clients < usualClient ? 'connections' : 'client-buffers';
}

const largeBuffer = 1024 * 1024;
/** A connection that is used holds 1.8 to 40 KB. */
const usualClient = 64 * 1024;

const clientUses = [
	'output-buffers',
	'query-buffers',
	'transactions',
	'subscriptions',
	'connections',
] as const;

const sumOf = (uses: Readonly<Record<ClientUse, number>>) =>
	Object.values(uses).reduce((sum, bytes) => sum + bytes, 0);

// ---------------------------------------------------------------------------------------------------------
// Tables that the server counts as data

/**
 * Bytes an entry at the least, without its name: measured with names of 30 bytes, a channel takes 180 to 200 on Redis
 * 7.0 and 8.0 and Valkey 8.1, a pattern 180 to 210, a tracked key 130 with one client, an awaited key 195.
 */
const entryBytes = {
	channel: 150,
	pattern: 150,
	trackedKey: 80,
	trackedItem: 40,
	awaitedKey: 160,
} as const;

function tableKinds({ info, details = {} }: KindSources): readonly MemoryKind[] {
	const { channels = 0, patterns = 0, shardChannels = 0 } = details;
	const told = [
		['subscriptions', (channels + shardChannels) * entryBytes.channel + patterns * entryBytes.pattern],
		[
			'tracking',
			(details.trackedKeys ?? 0) * entryBytes.trackedKey +
				(details.trackedItems ?? 0) * entryBytes.trackedItem,
		],
		['blocking', (details.awaitedKeys ?? 0) * entryBytes.awaitedKey],
	] as const;
	const all = told.reduce((sum, [, bytes]) => sum + bytes, 0);
	// What is reckoned never exceeds what the server counts as data, for it lies in there.
	const scale = Math.min(1, dataBytesOf(info) / Math.max(1, all));
	return told.map(([id, bytes]) => ({ id, bytes: bytes * scale, isEstimated: true }));
}

/** Of one reply of INFO a negative dataset is told as 2^64 less something; it is never more than what is used. */
export const dataBytesOf = ({ datasetBytes, usedMemoryBytes: used = 0 }: Info): number =>
	Math.min(Math.max(0, datasetBytes ?? used), used);

// ---------------------------------------------------------------------------------------------------------
// All else

function replicationKinds({ info, details, stats }: KindSources): readonly MemoryKind[] {
	const backlog = info.backlogMemoryBytes ?? 0;
	const replicas = Math.max(info.clientsReplicasBytes ?? 0, stats?.replicasBytes ?? 0);
	const buffers = Math.max(0, (info.replicationBuffersBytes ?? 0) - backlog);
	return [
		{ id: 'backlog', bytes: backlog },
		{ id: 'replica-buffers', bytes: Math.max(replicas, buffers), isUncounted: true },
		{ id: 'sync-buffer', bytes: details?.syncBufferBytes ?? 0, isUncounted: true },
	];
}

/** Both kinds share what is counted, by what each says of itself. */
function scriptKinds({ info, details = {} }: KindSources): readonly MemoryKind[] {
	const counted = info.scriptsBytes ?? info.scriptTextsBytes ?? 0;
	const texts = (details.evalScriptsBytes ?? 0) + (details.functionsBytes ?? 0);
	if (texts === 0) return [{ id: 'scripts', bytes: counted }];
	const ofFunctions = (counted * (details.functionsBytes ?? 0)) / texts;
	return [
		{ id: 'scripts', bytes: counted - ofFunctions },
		{ id: 'functions', bytes: ofFunctions },
	];
}

/** Redis counts only what the target holds against maxmemory: measured on 8.6. */
const migrationKinds = ({ info }: KindSources): readonly MemoryKind[] => [
	{
		id: 'migration-output',
		bytes: info.migrationOutputBytes ?? 0,
		...(info.server === 'redis' && { isUncounted: true }),
	},
	{ id: 'migration-input', bytes: info.migrationInputBytes ?? 0 },
];

const fileKinds = ({ info, stats }: KindSources): readonly MemoryKind[] => [
	{ id: 'aof-buffer', bytes: info.aofBufferBytes ?? 0, isUncounted: true },
	{ id: 'cluster-links', bytes: Math.max(info.clusterLinksBytes ?? 0, stats?.clusterBytes ?? 0) },
];
