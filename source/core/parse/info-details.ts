// What the node screen needs of INFO beyond `Info`: the backlog's contents, the progress of a sync or a save, memory of
// scripts. Read from the same text, by its own table, for one node at a time: a fleet's refresh need not carry it.
// The same rules as there: every field is optional, `-1` is "none" and undefined, what is no number is left out.

import { countIn } from '../reply.ts';
import { printable } from '../text/printable.ts';

export type InfoDetails = {
	// replication
	/** Bytes of the stream that the backlog holds, and the offset of the first of them. */
	readonly backlogHeldBytes?: number;
	readonly backlogFirstOffset?: number;
	readonly isBacklogActive?: boolean;
	/** Received by a replica; its slave_repl_offset is what it has applied (7.0 and later). */
	readonly replicaReadOffset?: number;
	/** Of a full sync under way, at the replica; the total is unknown when the primary sends without a file. */
	readonly syncTotalBytes?: number;
	readonly syncReadBytes?: number;
	readonly syncLeftBytes?: number;
	readonly syncLastIoSeconds?: number;
	/** Replicas that meet min-replicas-to-write, told only where that is set. */
	readonly goodReplicas?: number;
	readonly replicasWaiting?: number;
	/** The history it had before its last promotion, and up to which offset it can serve it. */
	readonly previousReplicationId?: string;
	readonly previousReplicationOffset?: number;
	// persistence
	/** A save that is running: since when, and how far it is. */
	readonly savingSeconds?: number;
	readonly savedKeys?: number;
	readonly keysToSave?: number;
	readonly cowPeakBytes?: number;
	readonly cowAgeSeconds?: number;
	readonly aofRewriteSeconds?: number;
	readonly lastAofRewriteSeconds?: number;
	readonly lastAofCowBytes?: number;
	readonly aofPendingFsyncs?: number;
	readonly isAofRewriteScheduled?: boolean;
	// memory
	/** Texts of cached scripts and of function libraries together, and each. */
	readonly scriptsBytes?: number;
	readonly evalScriptsBytes?: number;
	readonly functionsBytes?: number;
	readonly scripts?: number;
	readonly libraries?: number;
	/** Of the Lua interpreters; part of used_memory in Redis from 7.4 on, beside it everywhere else. */
	readonly interpretersBytes?: number;
	/** What a replica keeps of the stream while it loads a full sync (Redis 8). */
	readonly syncBufferBytes?: number;
	readonly modules?: readonly string[];
	// tables that the server counts as data
	readonly channels?: number;
	readonly patterns?: number;
	readonly shardChannels?: number;
	/** Keys, pairs of key and client, and prefixes that CLIENT TRACKING remembers. */
	readonly trackedKeys?: number;
	readonly trackedItems?: number;
	readonly trackedPrefixes?: number;
	/** Keys that blocked clients wait for (Redis 7.2, Valkey). */
	readonly awaitedKeys?: number;
	// stats
	readonly forks?: number;
	readonly evictionExceededNowMilliseconds?: number;
	readonly commandLoopMicroseconds?: number;
	/** A turn of the event loop, the mean of the last samples, and turns a second (Redis 7.2, Valkey 8 and later). */
	readonly loopMicroseconds?: number;
	readonly loopsPerSecond?: number;
};

type Kind = 'count' | 'flag' | 'id';
type FieldOf<Value> = {
	[Field in keyof InfoDetails]-?: NonNullable<InfoDetails[Field]> extends Value ? Field : never;
}[keyof InfoDetails];

const counts: Readonly<Record<string, FieldOf<number>>> = {
	repl_backlog_histlen: 'backlogHeldBytes',
	repl_backlog_first_byte_offset: 'backlogFirstOffset',
	slave_read_repl_offset: 'replicaReadOffset',
	master_sync_total_bytes: 'syncTotalBytes',
	master_sync_read_bytes: 'syncReadBytes',
	master_sync_left_bytes: 'syncLeftBytes',
	master_sync_last_io_seconds_ago: 'syncLastIoSeconds',
	min_slaves_good_slaves: 'goodReplicas',
	replicas_waiting_psync: 'replicasWaiting',
	second_repl_offset: 'previousReplicationOffset',
	rdb_current_bgsave_time_sec: 'savingSeconds',
	current_save_keys_processed: 'savedKeys',
	current_save_keys_total: 'keysToSave',
	current_cow_peak: 'cowPeakBytes',
	current_cow_size_age: 'cowAgeSeconds',
	aof_current_rewrite_time_sec: 'aofRewriteSeconds',
	aof_last_rewrite_time_sec: 'lastAofRewriteSeconds',
	aof_last_cow_size: 'lastAofCowBytes',
	aof_pending_bio_fsync: 'aofPendingFsyncs',
	used_memory_scripts: 'scriptsBytes',
	used_memory_scripts_eval: 'evalScriptsBytes',
	used_memory_functions: 'functionsBytes',
	number_of_cached_scripts: 'scripts',
	number_of_libraries: 'libraries',
	used_memory_vm_total: 'interpretersBytes',
	mem_replica_full_sync_buffer: 'syncBufferBytes',
	pubsub_channels: 'channels',
	pubsub_patterns: 'patterns',
	pubsubshard_channels: 'shardChannels',
	tracking_total_keys: 'trackedKeys',
	tracking_total_items: 'trackedItems',
	tracking_total_prefixes: 'trackedPrefixes',
	total_blocking_keys: 'awaitedKeys',
	total_forks: 'forks',
	current_eviction_exceeded_time: 'evictionExceededNowMilliseconds',
	eventloop_duration_cmd_sum: 'commandLoopMicroseconds',
	instantaneous_eventloop_duration_usec: 'loopMicroseconds',
	instantaneous_eventloop_cycles_per_sec: 'loopsPerSecond',
};

const flags: Readonly<Record<string, FieldOf<boolean>>> = {
	repl_backlog_active: 'isBacklogActive',
	aof_rewrite_scheduled: 'isAofRewriteScheduled',
};

const ids: Readonly<Record<string, FieldOf<string>>> = { master_replid2: 'previousReplicationId' };

type Entry = { readonly field: keyof InfoDetails; readonly kind: Kind };
const entries: ReadonlyMap<string, Entry> = new Map([
	...rows(counts, 'count'),
	...rows(flags, 'flag'),
	...rows(ids, 'id'),
]);

function rows(table: Readonly<Record<string, keyof InfoDetails>>, kind: Kind): [string, Entry][] {
	return Object.entries(table).map(([name, field]) => [name, { field, kind }]);
}

const longestName = 64;

/** INFO of any sections; `text` as it came. Never throws, whatever the text. */
export function parseInfoDetails(text: string): InfoDetails {
	const details: Gathered = {};
	for (let start = 0; start < text.length; ) {
		const feed = text.indexOf('\n', start);
		const next = feed === -1 ? text.length : feed;
		readLine(details, text, start, text.charCodeAt(next - 1) === 13 ? next - 1 : next);
		start = next + 1;
	}
	return details;
}

type Value = number | boolean | string | readonly string[] | undefined;
type Gathered = Record<string, Value>;

const mostModules = 16;

function readLine(details: Gathered, text: string, start: number, end: number): void {
	const last = Math.min(end, start + longestName);
	for (let at = start; at < last; at++) {
		if (text.charCodeAt(at) !== 58) continue;
		const name = text.slice(start, at);
		const entry = entries.get(name);
		if (entry) details[entry.field] = readValue(entry.kind, text, at + 1, end);
		else if (name === 'module') addModule(details, text.slice(at + 1, end));
		return;
	}
}

// `module:name=search,ver=21005,api=1,…`; the name is safe for a terminal.
function addModule(details: Gathered, line: string): void {
	const name = /^name=([^,]{1,64})/.exec(line)?.[1];
	const known = (details.modules as readonly string[] | undefined) ?? [];
	if (name && known.length < mostModules) details.modules = [...known, printable(name)];
}

const idLength = 40;

// An id is compared, and only ever with another: anything but 40 hexadecimal digits is none, and so are 40 zeros.
function readValue(kind: Kind, text: string, start: number, end: number): Value {
	if (kind === 'id') {
		const id = end - start === idLength ? text.slice(start, end) : '';
		return /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id) ? id : undefined;
	}
	const count = countIn(text, start, end);
	return kind === 'count' || count === undefined ? count : count > 0;
}
