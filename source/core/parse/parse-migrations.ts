// CLUSTER GETSLOTMIGRATIONS (Valkey 9) and CLUSTER MIGRATION STATUS ALL (Redis 8.4) → one type. Both reply a list of jobs,
// each a flat list of names and values (a list of pairs where a client makes maps into pairs); the words of Valkey are
// taken, the states of both are said in an operator's. Valkey tells seconds, Redis milliseconds. A job of another shape
// is passed over. Both ends of a migration tell of it: putting the two together is for migrations.ts.
// On Redis a task that failed or was cancelled is over only when it has an end time: the target tries again, under the
// same id, and the source then lists each try, the newest first.

import { asCount, asText, isArray } from '../reply.ts';
import { slotsInCluster } from '../slots.ts';
import { printable } from '../text/printable.ts';
import type { Reply, SlotRange } from '../types.ts';

export type AtomicMigration = {
	/** The job's own id. */
	readonly name: string;
	/** Which end tells. */
	readonly side: 'source' | 'target';
	/** Node ids. */
	readonly source: string;
	readonly target: string;
	readonly slots: readonly SlotRange[];
	/** As the server calls it. */
	readonly state: string;
	/** In words. */
	readonly text: string;
	readonly isOver: boolean;
	readonly hasFailed: boolean;
	/** By the server's clock, ms. */
	readonly startedAt?: number;
	readonly endedAt?: number;
	/** Not yet sent, bytes (Valkey 9.1, at the source). */
	readonly bytesLeft?: number;
	/** Tries after the first one; told by Redis alone, whose targets try again. */
	readonly retries?: number;
	/** What the server says of it, without its own states. */
	readonly message?: string;
	/** How long writes to the slots were held up, ms (Redis, at the source, when it is over). */
	readonly writePauseMilliseconds?: number;
};

/** The jobs in a reply; undefined when it is no list: an error, or a server that has no such command. */
export function parseMigrations(reply: Reply | undefined): AtomicMigration[] | undefined {
	if (!isArray(reply)) return undefined;
	const newest = new Map<string, AtomicMigration>();
	for (const each of reply.slice(0, jobsRead)) {
		const job = parseJob(each);
		if (job && !newest.has(`${job.side} ${job.name}`)) newest.set(`${job.side} ${job.name}`, job);
	}
	return [...newest.values()];
}

/** Finished jobs are kept by servers for long; the newest stand first. */
const jobsRead = 500;

function parseJob(reply: Reply): AtomicMigration | undefined {
	const fields = fieldsOf(reply);
	const text = (...names: readonly string[]) =>
		asText(names.map(name => fields.get(name)).find(value => value !== undefined));
	const side = sideOf(text('operation'));
	const name = text('name', 'id');
	const slots = parseRanges(text('slot_ranges', 'slots', 'slots_range') ?? '');
	if (!side || !name || slots.length === 0) return undefined;
	const state = printable(text('state') ?? '', 64);
	const ended = timeOf(fields.get('end_time') ?? fields.get('done_time'));
	const isOver = fields.has('end_time')
		? ended !== undefined
		: /^(success|completed|cancell?ed|failed)$/.test(state);
	const message = messageOf(printable(text('message', 'last_error', 'error') ?? '', 200));
	const retries = asCount(fields.get('retries'));
	return {
		name: printable(name, 64),
		side,
		source: printable(text('source_node', 'source') ?? '', 64),
		target: printable(text('target_node', 'dest') ?? '', 64),
		slots,
		state,
		text: wordsFor({ state, message, side, isOver, retries }),
		...(message !== '' && { message }),
		isOver,
		hasFailed: isOver && !/^(success|completed)$/.test(state),
		startedAt: timeOf(fields.get('create_time')) ?? timeOf(fields.get('start_time')),
		endedAt: isOver ? (ended ?? timeOf(fields.get('last_update_time'))) : undefined,
		bytesLeft: isOver ? undefined : asCount(fields.get('remaining_repl_size')),
		retries,
		writePauseMilliseconds: isOver ? asCount(fields.get('write_pause_ms')) : undefined,
	};
}

/** `[name, value, …]`, or `[[name, value], …]`. */
function fieldsOf(reply: Reply): ReadonlyMap<string, Reply> {
	const fields = new Map<string, Reply>();
	if (!isArray(reply)) return fields;
	if (reply.length > 0 && reply.every(each => isArray(each) && each.length === 2)) {
		for (const each of reply) {
			const [name, value] = each as readonly Reply[];
			fields.set(asText(name) ?? '', value ?? null);
		}
		return fields;
	}
	for (let index = 0; index + 1 < reply.length; index += 2) {
		const name = asText(reply[index]);
		if (name !== undefined) fields.set(name.toLowerCase(), reply[index + 1]!);
	}
	return fields;
}

const sides: Readonly<Record<string, AtomicMigration['side']>> = {
	export: 'source',
	migrate: 'source',
	migrating: 'source',
	import: 'target',
	importing: 'target',
};

function sideOf(operation: string | undefined): AtomicMigration['side'] | undefined {
	const word = operation?.toLowerCase() ?? '';
	return Object.hasOwn(sides, word) ? sides[word] : undefined;
}

/** `0-100 200 300-310`; commas are taken too. */
function parseRanges(text: string): SlotRange[] {
	return text.split(/[ ,]+/).flatMap(token => {
		const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(token) ?? [];
		const from = Number(first);
		const to = Number(last);
		return first !== '' && from <= to && to < slotsInCluster ? [[from, to] as const] : [];
	});
}

/** Seconds or milliseconds; 0 and -1 are "not yet". */
function timeOf(reply: Reply | undefined): number | undefined {
	const time = asCount(reply);
	if (!time) return undefined;
	return time < 100_000_000_000 ? time * 1000 : time;
}

const states: Readonly<Record<string, string>> = {
	// Valkey, the source
	connecting: 'connecting',
	'sending-auth-command': 'connecting',
	'reading-auth-response': 'connecting',
	'sending-establish-command': 'connecting',
	'reading-establish-response': 'connecting',
	'waiting-to-snapshot': 'waiting for a snapshot to begin',
	snapshotting: 'sending the keys',
	replicating: 'sending what is written meanwhile',
	'waiting-to-pause': 'about to hold up writes',
	'failover-paused': 'writes held up, handing over',
	'failover-granted': 'handing over',
	// Valkey, the target
	'waiting-for-ack': 'connecting',
	'receiving-snapshot': 'receiving the keys',
	'waiting-for-paused': 'receiving what is written meanwhile',
	'failover-requested': 'taking over',
	'cleaning-up': 'removing what is left',
	// Redis
	none: 'waiting',
	'auth-reply': 'connecting',
	'handshake-reply': 'connecting',
	'sync-reply': 'connecting',
	'rdbchannel-connect': 'connecting',
	'rdbchannel-reply': 'connecting',
	'rdbchannel-transfer': 'receiving the keys',
	'accumulate-buffer': 'receiving the keys',
	'ready-to-stream': 'receiving what is written meanwhile',
	'streaming-buffer': 'receiving what is written meanwhile',
	'wait-stream-eof': 'receiving what is written meanwhile',
	'wait-rdbchannel': 'connecting',
	'wait-bgsave-start': 'waiting for a snapshot to begin',
	'send-bulk-and-stream': 'sending the keys',
	'send-stream': 'sending what is written meanwhile',
	'handoff-prep': 'about to hold up writes',
	handoff: 'writes held up, handing over',
	'stream-eof': 'handing over',
	takeover: 'taking over',
	// both
	success: 'done',
	completed: 'done',
	cancelled: 'cancelled',
	canceled: 'cancelled',
	failed: 'failed',
};

/** `RDB channel - Connection is closed (state: …)`: the states are the server's own business. */
const messageOf = (text: string) => text.replace(/ \(state: [^()]*\)$/, '').replace(/\.$/, '');

type Words = Pick<AtomicMigration, 'state' | 'side' | 'isOver' | 'retries'> & { readonly message: string };

/** Who cancelled it, by the reasons that Redis gives. */
const cancelledBy: Readonly<Record<string, string>> = {
	'Cancelled due to user request': 'by CLUSTER MIGRATION CANCEL at the SIDE',
	'Cancelled due to new migration requested': 'by a newer migration of these slots',
	'Cancelled due to switching to replica': 'by a failover: the SIDE became a replica',
};

function wordsFor({ state, message, side, isOver, retries }: Words): string {
	const words = Object.hasOwn(states, state) ? states[state]! : state || 'not told';
	if (Object.hasOwn(cancelledBy, message)) return `cancelled ${cancelledBy[message]!.replace('SIDE', side)}`;
	// Of a task that goes on the message is that of the try before.
	if (!isOver && retries !== undefined && state === 'failed')
		return `${side === 'target' ? 'failed, tries again' : 'failed'}: ${message}`;
	if (retries && !isOver) return `${words}, retry ${retries} after: ${message}`;
	return message === '' ? words : `${words}: ${message}`;
}
