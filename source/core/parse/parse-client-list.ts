// CLIENT LIST → clients. A line is `name=value name=value…`, and what stands in it differs: 6.0 tells no laddr, 7.0 added
// the reply buffer and MULTI's memory, Redis 8 the I/O thread, Valkey 8 the traffic. Unknown fields are passed by, absent
// ones stay undefined, a line without an id is no client. 5,000 clients are more than a megabyte, and all lines of a reply
// have the same fields in the same order: so the order is learnt from the first and only checked in the others.
// Names are chosen by clients and stay byte strings (`printable` before they are shown). No value but the path of a
// socket may hold a space, so no name can pass for another field; of two fields of one name the first counts.

import { countIn } from '../reply.ts';
import { finish, type Steps } from '../steps.ts';

export type ClientKind = 'normal' | 'pubsub' | 'monitor' | 'replica' | 'primary';

export type Client = {
	/** Undefined where it cannot be read. */
	readonly id?: number;
	/** Of the client, without its port: `10.0.4.17`, `::1`, `unix:/run/redis.sock`; empty where the server has none. */
	readonly host: string;
	readonly port?: number;
	/** The address of the server it came to (6.2 and later), as the server writes it. */
	readonly localAddress?: string;
	/** By CLIENT SETNAME; undefined when it has none. */
	readonly name?: string;
	readonly kind: ClientKind;
	/** The server's letters, `N` for none. */
	readonly flags: string;
	/** Waits for a key, for replicas, or for the end of a CLIENT PAUSE: `command` says which. */
	readonly isBlocked: boolean;
	readonly ageSeconds?: number;
	/** Since its last command. */
	readonly idleSeconds?: number;
	readonly db?: number;
	/** Subscriptions: channels, patterns, shard channels. */
	readonly channels?: number;
	readonly patterns?: number;
	readonly shardChannels?: number;
	readonly watchedKeys?: number;
	/** Commands queued in a MULTI; undefined when it is in none. */
	readonly queuedCommands?: number;
	readonly queryBufferBytes?: number;
	/** Allocated for more of the request, and still empty. */
	readonly queryBufferFreeBytes?: number;
	readonly argvBytes?: number;
	readonly queuedBytes?: number;
	/** Replies that wait to be read: in the buffer of its own, and in the list behind it. Dragonfly does not tell. */
	readonly outputBytes?: number;
	readonly outputBufferBytes?: number;
	/** Of a replica from 7.0 on: what it still has to read of the buffer that all replicas and the backlog share. */
	readonly outputListBytes?: number;
	readonly outputListLength?: number;
	/** All that the server holds for it (6.0 and later). */
	readonly totalBytes?: number;
	/** The last command, lower case, `client|list` with its subcommand from 7.0 on; undefined before the first. */
	readonly command?: string;
	readonly user?: string;
	/** Id of the client that gets its invalidation messages. */
	readonly redirectTo?: number;
	readonly protocol?: number;
	readonly library?: string;
	readonly libraryVersion?: string;
	readonly inputTotalBytes?: number;
	readonly outputTotalBytes?: number;
	readonly commandsRun?: number;
};

const known = [
	...['id', 'addr', 'laddr', 'name', 'age', 'idle', 'flags', 'db', 'sub', 'psub', 'ssub', 'watch', 'multi'],
	...['qbuf', 'qbuf-free', 'argv-mem', 'multi-mem', 'obl', 'oll', 'omem', 'tot-mem', 'cmd', 'user'],
	...['redir', 'resp', 'lib-name', 'lib-ver', 'tot-net-in', 'tot-net-out', 'tot-cmds', 'obuf'],
] as const;
type Name = (typeof known)[number];

/** A field of the line: `prefix` is its name with the equals sign, `slot` its place among the known ones, or -1. */
type Field = { readonly prefix: string; readonly slot: number };

const slots: Readonly<Record<Name, number>> = Object.fromEntries(
	known.map((name, slot) => [name, slot]),
) as Record<Name, number>;
const fields: ReadonlyMap<string, Field> = new Map(
	known.map((name, slot) => [`${name}=`, { prefix: `${name}=`, slot }]),
);

/** Where the values of one line begin and end in the text; -1 where there is none. */
type Line = { readonly text: string; readonly starts: Int32Array; readonly ends: Int32Array };

/** The reply of CLIENT LIST as it came (a byte string), in the server's order. Never throws, whatever the text. */
export function parseClientList(text: string): Client[] {
	const known = ahead?.text === text ? ahead.clients : undefined;
	if (known) ahead = undefined;
	return known ?? finish(clientsInSteps(text));
}

let ahead: { readonly text: string; readonly clients: Client[] } | undefined;

/** Reads a long reply: whoever asks for the clients of this text next has them at once. */
export function* readClientsAhead(text: string): Steps {
	ahead = { text, clients: yield* clientsInSteps(text) };
}

const linesAStep = 100;

function* clientsInSteps(text: string): Steps<Client[]> {
	const clients: Client[] = [];
	const order: Field[] = [];
	const line: Line = { text, starts: new Int32Array(known.length), ends: new Int32Array(known.length) };
	for (let start = 0, lines = 1; start < text.length; lines++) {
		if (lines % linesAStep === 0) yield;
		const feed = text.indexOf('\n', start);
		const end = feed === -1 ? text.length : feed;
		readLine(line, start, text.charCodeAt(end - 1) === 13 ? end - 1 : end, order);
		const client = clientOf(line);
		if (client) clients.push(client);
		start = end + 1;
	}
	return clients;
}

function readLine({ text, starts, ends }: Line, start: number, end: number, order: Field[]): void {
	starts.fill(-1);
	let step = 0;
	for (let at = start; at < end; step++) {
		const field = fieldAt(text, at, end, order, step);
		const from = at + field.prefix.length;
		const stop = endOfValue(text, from, end, order[step + 1]);
		if (field.slot !== -1 && starts[field.slot] === -1) {
			starts[field.slot] = from;
			ends[field.slot] = stop;
		}
		at = stop + 1;
	}
}

const nameless: Field = { prefix: '', slot: -1 };

function fieldAt(text: string, at: number, end: number, order: Field[], step: number): Field {
	const expected = order[step];
	if (expected && expected !== nameless && text.startsWith(expected.prefix, at)) return expected;
	const equals = equalsIn(text, at, end);
	const prefix = text.slice(at, equals + 1);
	const field = equals === -1 ? nameless : (fields.get(prefix) ?? { prefix, slot: -1 });
	// A line of more fields than any server tells would grow the order without end.
	if (step < mostFields) order[step] = field;
	return field;
}

const mostFields = 100;
const longestName = 16;

// A word without `name=` in front belongs to the value before it: the path of a socket may hold spaces.
function endOfValue(text: string, from: number, end: number, next: Field | undefined): number {
	for (let at = from; ; ) {
		const space = text.indexOf(' ', at);
		if (space === -1 || space >= end) return end;
		const isNext = next && next !== nameless && text.startsWith(next.prefix, space + 1);
		if (isNext || equalsIn(text, space + 1, end) !== -1) return space;
		at = space + 1;
	}
}

function equalsIn(text: string, start: number, end: number): number {
	const last = Math.min(end, start + longestName);
	for (let at = start; at < last; at++) {
		const char = text.charCodeAt(at);
		if (char === 61) return at === start ? -1 : at;
		const isOfName = (char >= 97 && char <= 122) || char === 45 || (char >= 48 && char <= 57);
		if (!isOfName) return -1;
	}
	return -1;
}

/** A whole number; undefined for -1, by which the server says "none". */
function count({ text, starts, ends }: Line, name: Name): number | undefined {
	const slot = slots[name];
	return starts[slot] === -1 ? undefined : countIn(text, starts[slot]!, ends[slot]!);
}

function word({ text, starts, ends }: Line, name: Name): string | undefined {
	const slot = slots[name];
	return starts[slot] === -1 || starts[slot] === ends[slot]
		? undefined
		: text.slice(starts[slot], ends[slot]);
}

function clientOf(line: Line): Client | undefined {
	const id = count(line, 'id');
	// One whose id cannot be read is a client all the same.
	if (id === undefined && (line.starts[slots.id] === -1 || line.starts[slots.addr] === -1)) return undefined;
	const flags = word(line, 'flags') ?? '';
	const command = word(line, 'cmd');
	// `obuf` is Kvrocks's word for it.
	const outputBufferBytes = count(line, 'obl') ?? count(line, 'obuf');
	const outputListBytes = count(line, 'omem');
	const { host, port } = placeOf(word(line, 'addr') ?? '');
	return {
		id,
		host,
		port,
		localAddress: word(line, 'laddr'),
		name: word(line, 'name'),
		kind: kindOf(flags),
		flags,
		isBlocked: flags.includes('b'),
		ageSeconds: count(line, 'age'),
		idleSeconds: count(line, 'idle'),
		db: count(line, 'db'),
		channels: count(line, 'sub'),
		patterns: count(line, 'psub'),
		shardChannels: count(line, 'ssub'),
		watchedKeys: count(line, 'watch'),
		queuedCommands: count(line, 'multi'),
		queryBufferBytes: count(line, 'qbuf'),
		queryBufferFreeBytes: count(line, 'qbuf-free'),
		argvBytes: count(line, 'argv-mem'),
		queuedBytes: count(line, 'multi-mem'),
		outputBytes:
			outputBufferBytes === undefined && outputListBytes === undefined
				? undefined
				: (outputBufferBytes ?? 0) + (outputListBytes ?? 0),
		outputBufferBytes,
		outputListBytes,
		outputListLength: count(line, 'oll'),
		totalBytes: count(line, 'tot-mem'),
		command: command === 'NULL' ? undefined : command,
		user: word(line, 'user'),
		redirectTo: count(line, 'redir'),
		protocol: count(line, 'resp'),
		library: word(line, 'lib-name'),
		libraryVersion: word(line, 'lib-ver'),
		inputTotalBytes: count(line, 'tot-net-in'),
		outputTotalBytes: count(line, 'tot-net-out'),
		commandsRun: count(line, 'tot-cmds'),
	};
}

// A MONITOR is a replica without data to the server: its letter stands instead of the replica's.
function kindOf(flags: string): ClientKind {
	if (flags.includes('M')) return 'primary';
	if (flags.includes('O')) return 'monitor';
	if (flags.includes('S')) return 'replica';
	return flags.includes('P') ? 'pubsub' : 'normal';
}

// `10.0.4.17:40312`, `[::1]:40312`, `/run/redis.sock:0`, and since Valkey 9 `[/run/redis.sock:0]:0`.
function placeOf(address: string): Pick<Client, 'host' | 'port'> {
	if (address.startsWith('/') || address.startsWith('[/'))
		return { host: `unix:${address.replace(/^\[/, '').replace(/(:0)?(\]:0)?$/, '')}` };
	const colon = address.lastIndexOf(':');
	if (colon === -1) return { host: address };
	const host = address.slice(0, colon);
	const port = countIn(address, colon + 1, address.length) || undefined;
	return { host: host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host, port };
}
