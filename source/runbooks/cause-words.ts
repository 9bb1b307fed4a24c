// What is said of each cause that is no plain data: why it is the cause, what to do now, how to prevent a repeat, and
// where the runbook goes on. One row a cause, so that a sentence for one never ends in the cure of another.

import type { Info } from '../core/info.ts';
import { keysIn } from '../core/node/keyspace.ts';
import { dataBytesOf } from '../core/node/memory-kinds.ts';
import { versionOf } from '../core/parse/versions.ts';
import { bytes, count, counted, percent } from '../core/text/quantity.ts';
import { unacknowledgedIn } from './cause-kinds.ts';
import type { Cause, Diagnosis } from './diagnosis.ts';
import { nameOf, sentences, textOf } from './reading.ts';
import type { RunbookInput } from './runbook.ts';

/** Causes with a row of their own here; the others are told where their steps are. */
export type NamedCause = Exclude<
	Cause,
	'clients' | 'replication' | 'data' | 'swap' | 'fragmentation' | 'retained' | 'none'
>;

type Words = {
	/** In `maxmemory is full of …`. */
	readonly noun: string;
	readonly why: (input: RunbookInput, seen: Diagnosis) => string;
	readonly now: (input: RunbookInput, seen: Diagnosis) => string;
	readonly fix: (input: RunbookInput, seen: Diagnosis) => string;
	/** Step that follows from step 1. */
	readonly next: string;
};

/** `about 61.0M of 88.3M used`. */
function amount({ causeBytes = 0, isEstimated, info }: Diagnosis): string {
	const held = Math.min(causeBytes, info.usedMemoryBytes ?? causeBytes);
	return `${isEstimated ? 'about ' : ''}${bytes(held)} of ${bytes(info.usedMemoryBytes!)} used`;
}

const countsFully =
	'They count against maxmemory, no policy evicts them, and more memory is filled by them too.';

const queryBuffers: Words = {
	noun: 'query buffers',
	why: (_, seen) =>
		`The cause is query buffers, ${amount(seen)}: requests that clients have begun to send and not ended. ${countsFully}`,
	now: () =>
		'Disconnect who sends them: a query buffer goes with its connection, and no key is touched. From 7.0 on maxmemory-clients disconnects the largest by itself.',
	fix: () =>
		'Bound them: client-query-buffer-limit for one client (1 GB by default), maxmemory-clients for all together (7.0 and later). Send large values in parts.',
	next: 'relief',
};

const transactions: Words = {
	noun: 'queued transactions',
	why: (_, seen) =>
		`The cause is commands queued in MULTI, ${amount(seen)}: transactions that no EXEC has ended. ${countsFully}`,
	now: () => 'Disconnect who holds them open: the queue goes with its connection, and nothing of it has run.',
	fix: () =>
		'Send EXEC or DISCARD soon and queue less at a time; a connection given back to its pool within MULTI is a bug of its application. maxmemory-clients bounds all clients together (7.0 and later).',
	next: 'relief',
};

const connections: Words = {
	noun: 'connections',
	why: (input, seen) =>
		`The cause is the connections themselves, ${amount(seen)}: ${connectionsText(input, seen)}. Each takes memory before it sends anything.`,
	now: () =>
		'Close what nobody uses: screen 2 groups the clients by address and by name. No key is touched by it.',
	fix: () =>
		'Bound the pools of the applications; timeout closes connections that are idle, maxclients bounds their number.',
	next: 'relief',
};

function connectionsText({ clients = [] }: RunbookInput, { info }: Diagnosis): string {
	const idle = clients.filter(({ idleSeconds = 0 }) => idleSeconds >= idleLong).length;
	const all = info.connectedClients ?? clients.length;
	const blocked = info.blockedClients ? `, ${count(info.blockedClients)} of them blocked` : '';
	return `${counted(all, 'client', count)}${blocked}${idle > 0 ? `, ${count(idle)} idle for over 5m` : ''}`;
}

const idleLong = 300;

const subscriptions: Words = {
	noun: 'subscriptions',
	why: (input, seen) =>
		`The cause is subscriptions, ${amount(seen)}: ${subscribedText(input)}. ${inNoKey}${countsFully}`,
	now: () =>
		'Let the subscriber unsubscribe, or disconnect it: both free its channels at once, and no key is touched.',
	fix: () =>
		'Subscribe to one channel for a user or a process and put the object into the message, instead of one channel for each object.',
	next: 'relief',
};

const inNoKey = 'The server counts most of it as data, though no key holds it. ';

function subscribedText({ details = {} }: RunbookInput): string {
	const told = [
		[details.channels, 'channel'],
		[details.patterns, 'pattern'],
		[details.shardChannels, 'shard channel'],
	] as const;
	const texts = told.flatMap(([many, noun]) => (many ? [counted(many, noun, count)] : []));
	return texts.length > 0 ? texts.join(', ') : 'channels and patterns that clients listen to';
}

const tracking: Words = {
	noun: 'tracked keys',
	why: ({ details = {} }, seen) =>
		`The cause is the table of CLIENT TRACKING, ${amount(seen)}: ${counted(details.trackedKeys ?? 0, 'key', count)} remembered for ${counted(seen.info.trackingClients ?? 0, 'client', count)}, ${entriesText(details.trackedItems ?? 0)}. ${inNoKey}${countsFully}`,
	now: () =>
		'Lower tracking-table-max-keys: the server forgets tracked keys until it fits, and tells the clients that cached them.',
	fix: () =>
		'Track less: BCAST with the prefixes that are cached, or OPTIN, instead of every key that is read. tracking-table-max-keys bounds the keys, not the clients of each.',
	next: 'relief',
};

const entriesText = (entries: number) => counted(entries, 'entry', count);

const blocking: Words = {
	noun: 'keys that blocked clients wait for',
	why: ({ details = {} }, seen) =>
		`The cause is what blocked clients wait for, ${amount(seen)}: ${counted(details.awaitedKeys ?? 0, 'key', count)} named by ${counted(seen.info.blockedClients ?? 0, 'client', count)} in BLPOP and its like. ${inNoKey}${countsFully}`,
	now: () => 'Disconnect the clients that wait for most keys: what is kept for them goes with them.',
	fix: () => 'Wait for few keys: one queue for many producers, or a stream with a group.',
	next: 'relief',
};

const isBefore62 = ({ version }: Info): boolean => {
	const { major, minor } = versionOf(version);
	return major < 6 || (major === 6 && minor < 2);
};

/** What empties the script cache of this server: before 6.2 it takes no ASYNC. */
export const scriptFlush = (info: Info): readonly string[] =>
	isBefore62(info) ? ['SCRIPT', 'FLUSH'] : ['SCRIPT', 'FLUSH', 'ASYNC'];

const scripts: Words = {
	noun: 'cached scripts',
	why: ({ details = {} }, seen) =>
		`The cause is the script cache, ${amount(seen)}${details.scripts ? ` in ${counted(details.scripts, 'script', count)}` : ''}: a client that writes values into the text of its scripts adds one with each call. ${countsFully}`,
	now: (_, { info }) =>
		`${scriptFlush(info).join(' ')} frees them, and no key is touched; who calls by EVALSHA loads its scripts again. It fills again until the caller is mended.`,
	fix: () =>
		'Load one text once and call it by EVALSHA, with values in KEYS and ARGV and never in the text. Redis from 7.4 and Valkey from 8.0 on keep only 500 texts of EVAL by themselves; those of SCRIPT LOAD all stay.',
	next: 'relief',
};

const functions: Words = {
	noun: 'function libraries',
	why: (_, seen) =>
		`The cause is function libraries, ${amount(seen)}${librariesText(seen.info.functionLibraries)}. ${countsFully}`,
	now: () =>
		'FUNCTION LIST names them; FUNCTION DELETE takes away one that nobody calls. They are saved and replicated like data, so do not flush what an application may call.',
	fix: () =>
		'Deploy a library under one name with FUNCTION LOAD REPLACE: a name for each release keeps all releases.',
	next: 'relief',
};

const librariesText = (libraries = 0) =>
	libraries === 0 ? '' : libraries === 1 ? ' in one library' : ` in ${count(libraries)} libraries`;

const aofBuffer: Words = {
	noun: 'the buffer of the append-only file',
	why: (_, seen) =>
		`The cause is the buffer of the append-only file, ${amount(seen)}: the disk does not take the writes as fast as they come. It is not counted for eviction; the host has to hold it.`,
	now: () => 'Look at the disk first: the buffer is written out as soon as it keeps up.',
	fix: () =>
		'Give the file a disk of its own; where a rewrite slows it down, no-appendfsync-on-rewrite trades safety for room.',
	next: 'relief',
};

const backlog: Words = {
	noun: 'the replication backlog',
	why: ({ node }, seen) =>
		`The cause is the replication backlog, ${amount(seen)}: the last writes, kept for a replica that comes back${seen.info.backlogBytes ? `, up to repl-backlog-size (${bytes(seen.info.backlogBytes)})` : ''}. It counts against maxmemory and no policy evicts it. No replica has to be behind for it.${isForNobody(node, seen) ? ' None is connected now.' : ''}`,
	now: ({ node }, seen) =>
		`Make repl-backlog-size smaller, or maxmemory larger where the host has room; no key is touched. A replica that was away for longer than the backlog holds needs a full sync.${isForNobody(node, seen) ? ' Where no replica comes back, the server frees it by itself repl-backlog-ttl after the last has left (an hour by default).' : ''}`,
	fix: () =>
		'Size repl-backlog-size for minutes of writes, and maxmemory for the data and the backlog together.',
	next: 'relief',
};

const isForNobody = ({ role }: RunbookInput['node'], { info }: Diagnosis) =>
	role !== 'replica' && info.connectedReplicas === 0;

const clusterLinks: Words = {
	noun: 'cluster links',
	why: (_, seen) =>
		`The cause is the cluster bus, ${amount(seen)}: messages that another node does not read, often those of PUBLISH, which go to every node. ${countsFully}`,
	now: () =>
		'Find the node that does not read: screen 3 shows who is not answering. It is freed with the link.',
	fix: () =>
		'cluster-link-sendbuf-limit bounds each link (7.0 and later); SPUBLISH sends a message to one shard only.',
	next: 'relief',
};

const expired: Words = {
	noun: 'expired keys',
	why: (_, seen) =>
		`The cause is keys that have expired and were not reclaimed, ${amount(seen)}${expiredText(seen)}.${seen.expired?.isReclaimed ? ' The scan of this run has removed them by reading them; these figures are of before it.' : ''}`,
	now: (_, { expired: found }) =>
		found?.isReclaimed
			? 'They are gone now: reading an expired key removes it. Without a cure of the cause they come back.'
			: 'Reading an expired key on its primary removes it: a whole scan there frees them.',
	fix: () =>
		'Look why expiry does not keep up: active-expire-effort makes it work harder (1 to 10), a busy main thread leaves it no time, and DEBUG SET-ACTIVE-EXPIRE 0 turns it off.',
	next: 'ttl',
};

const expiredText = ({ expired: found }: Diagnosis) =>
	found ? `: ${count(found.keys)} of ${counted(found.of, 'key', count)}` : '';

const lazyfree: Words = {
	noun: 'deleted objects that are being freed',
	why: (_, seen) =>
		`The cause is a deletion under way, ${amount(seen)}: ${counted(seen.info.lazyfreePendingObjects ?? 0, 'object', count)} wait to be freed in the background.`,
	now: () => 'Wait: it is freed by itself, and judge again when lazyfree_pending_objects is 0.',
	fix: () => 'Delete large amounts in steps, so that what is freed keeps up with what is written.',
	next: 'relief',
};

const pendingEntries: Words = {
	noun: 'pending entries of streams',
	why: (input, seen) =>
		`The cause is entries of streams that were delivered and never acknowledged, ${amount(seen)}: ${pendingText(input)}. They stay, whatever the stream is trimmed to.${estimateText(input)}`,
	now: (input, { info }) =>
		sentences(
			`XPENDING ${textOf(unacknowledgedIn(input)[0]?.key ?? '')} and a group names the consumers: XACK what is done, ${isBefore62(info) ? 'XCLAIM' : 'XAUTOCLAIM'} what is not.`,
			'XGROUP DELCONSUMER frees what a dead consumer holds, and XGROUP DESTROY a group that nobody reads.',
		),
	fix: () =>
		'Acknowledge each entry when it is done (XACK), or read with NOACK where a lost one does no harm. Drop consumers with their pods; MAXLEN bounds the stream alone.',
	next: 'large-keys',
};

function estimateText(input: RunbookInput): string {
	const told = unacknowledgedIn(input)[0]?.serverBytes;
	return told === undefined
		? ''
		: ` MEMORY USAGE says ${bytes(told)}, more than the server uses: it counts them too high.`;
}

function pendingText(input: RunbookInput): string {
	const [first, ...others] = unacknowledgedIn(input);
	if (!first) return 'no stream is known any more';
	const { pendingEntries: pending, groups = 0, items = 0 } = first;
	const more = others.length > 0 ? `, and ${counted(others.length, 'stream')} more` : '';
	return pending === undefined
		? `${nameOf(first.key)}, whose groups were not read here (XINFO GROUPS)${more}`
		: `${nameOf(first.key)} has ${count(pending)} pending in ${counted(groups, 'group')} and ${count(items)} entries${more}`;
}

const unexplained: Words = {
	noun: 'memory that is in no key',
	why: (input, seen) =>
		sentences(
			`The cause is in no key: the server counts ${bytes(dataBytesOf(seen.info))} of ${bytes(seen.info.usedMemoryBytes!)} used as data, and ${keysText(input, seen)}.`,
			moduleText(seen.info),
			countsFully,
		),
	now: () =>
		'What it is, the server does not tell: MEMORY DOCTOR and MEMORY MALLOC-STATS look closer. A failover to a replica, where that is smaller, and a restart free it.',
	fix: () =>
		'Compare the replica: memory that it does not have belongs to clients or modules of this process.',
	next: 'large-keys',
};

function moduleText({ modules = [] }: Info): string {
	return modules.length === 0
		? ''
		: `Modules keep memory of their own there: ${modules.map(textOf).join(', ')}.`;
}

function keysText({ scan }: RunbookInput, { info }: Diagnosis): string {
	const hasKeys = (info.databases ?? []).some(({ keys }) => keys !== 0);
	return hasKeys && scan ? `the keys hold ${bytes(scan.totalBytes)} by a whole scan` : 'there are no keys';
}

const keyTables: Words = {
	noun: 'very many small keys',
	why: (_, seen) =>
		`It is data in very many small keys: the tables that find ${keysOf(seen)} take ${bytes(seen.causeBytes ?? 0)} of ${bytes(seen.info.usedMemoryBytes!)} used (${percent((seen.causeBytes ?? 0) / Math.max(1, seen.info.usedMemoryBytes ?? 0))}).`,
	now: () =>
		'Room comes from fewer keys: delete by the patterns that steps 3 and 4 name, or give them a TTL.',
	fix: () =>
		'Put small values together: hashes of some dozen fields (hash-max-listpack-entries) hold the same in a fraction, for a key alone costs about 70 bytes.',
	next: 'large-keys',
};

function keysOf({ info }: Diagnosis): string {
	const keys = keysIn(info.databases, 'keys');
	return keys === undefined ? 'them' : counted(keys, 'key', count);
}

const copyOnWrite: Words = {
	noun: 'copy-on-write',
	why: (_, seen) =>
		`What is large is copy-on-write: the child that saves now has made the server copy ${bytes(seen.causeBytes ?? 0)} of pages beside used memory. It is not counted against maxmemory and evicts nothing; it is a matter for the host.`,
	now: () => 'It ends with the child: start no other save or rewrite meanwhile.',
	fix: () =>
		'Leave the host room for it, save when little is written, and keep transparent huge pages off: with them a small write copies 2 MB.',
	next: 'fragmentation',
};

const interpreters: Words = {
	noun: 'Lua interpreters',
	why: (_, seen) =>
		`What is large are the Lua interpreters, ${bytes(seen.causeBytes ?? 0)} beside used memory: what they have compiled of the cached scripts. It is not counted against maxmemory and evicts nothing.`,
	now: scripts.now,
	fix: scripts.fix,
	next: 'relief',
};

const slotMigration: Words = {
	noun: 'buffers of a slot migration',
	why: (_, { info, causeBytes = 0 }) =>
		(info.migrationOutputBytes ?? 0) >= (info.migrationInputBytes ?? 0)
			? `It is an atomic slot migration: ${bytes(causeBytes)} of writes to slots on their way wait to be sent to the target${info.server === 'redis' ? '. It is not counted against maxmemory and evicts nothing; it is a matter for the host' : ''}.`
			: `It is an atomic slot migration: ${bytes(causeBytes)} of writes to slots on their way here wait until their keys have come.`,
	now: () =>
		'It ends with the migration: screen 3 says how far it is. CLUSTER MIGRATION CANCEL (Redis, at the target) or CLUSTER CANCELSLOTMIGRATIONS (Valkey, at the source) frees it at once, and the slots stay where they were.',
	fix: () => 'Move fewer slots at a time, and when little is written to them.',
	next: 'relief',
};

const words: { readonly [C in NamedCause]: Words } = {
	'query-buffers': queryBuffers,
	transactions,
	connections,
	subscriptions,
	tracking,
	blocking,
	scripts,
	functions,
	'aof-buffer': aofBuffer,
	backlog,
	'cluster-links': clusterLinks,
	'slot-migration': slotMigration,
	expired,
	lazyfree,
	'pending-entries': pendingEntries,
	unexplained,
	'key-tables': keyTables,
	'copy-on-write': copyOnWrite,
	interpreters,
};

export const causeWords = (cause: NamedCause): Words => words[cause];

/** What the cause is called in a sentence; undefined for data and where nothing is. */
export function nounOf(cause: Cause): string | undefined {
	if (cause === 'clients') return 'client buffers';
	if (cause === 'replication') return 'replication buffers beyond the backlog';
	return Object.hasOwn(words, cause) ? words[cause as NamedCause].noun : undefined;
}

/** Keys hold it: what makes room for keys, or takes some away, helps. */
export const isData = (cause: Cause): boolean => cause === 'data' || cause === 'key-tables';

const outsideUsed: ReadonlySet<Cause> = new Set([
	'swap',
	'fragmentation',
	'retained',
	'copy-on-write',
	'interpreters',
]);

/** It is in used memory and in no key: evicting keys does not free it, and more memory feeds it. */
export const isBesideData = (cause: Cause): boolean =>
	cause !== 'none' && !isData(cause) && !outsideUsed.has(cause);

/** It is held for clients, and goes with their connections. */
export const goesWithClients = (cause: Cause): boolean =>
	['clients', 'query-buffers', 'transactions', 'connections', 'subscriptions', 'blocking'].includes(cause);
