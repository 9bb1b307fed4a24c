// Clients put together: by the host they come from, by their names, by what they are to the server. A thousand lines of
// CLIENT LIST become the ten that say who fills the buffers, who is many, and what they wait for.
// Replicas and the link to the primary are apart: what they have to read is the stream of all writes, from 7.0 on in one
// buffer that they share, so that adding it up counts the same bytes again. redis-top's own connections are marked.

import type { Client, ClientKind } from '../parse/parse-client-list.ts';
import type { SlowlogEntry } from '../types.ts';

/** As every redis-top names its connections: those of others who watch as well. */
export const ownName = 'redis-top';

/** Of the slow log: redis-top's own command, as the name of its connection says (4.0 and later tell it). */
export const isOwnEntry = ({ clientName }: Pick<SlowlogEntry, 'clientName'>) => clientName === ownName;

/** CLIENT LIST costs 0.7 to 3.5 us a client and walks them all: over so many it is asked for by hand. */
export const manyClients = 1000;

export const isOwn = (client: Client) => client.name === ownName;

export type ClientAxis = 'host' | 'name' | 'library' | 'user' | 'command';

export type ClientSum = {
	readonly clients: number;
	readonly blocked: number;
	/** Replies that wait to be read; undefined where the server tells it of none of them. */
	readonly outputBytes?: number;
	/** Requests that are being read, with their arguments and what is queued in a MULTI. */
	readonly inputBytes: number;
	/** All that the server holds for them. */
	readonly totalBytes: number;
};

export type ClientGroup = ClientSum & {
	/** The host, name, library… they have in common: a byte string, empty for those who have none. */
	readonly key: string;
	/** How many of them are redis-top's. */
	readonly own: number;
	/** What the blocked ones wait in, most first: `blpop`. A plain command (`set`) waits for a CLIENT PAUSE to end. */
	readonly waits: readonly Tally[];
	readonly oldestSeconds?: number;
	/** The longest time since a command. */
	readonly idlestSeconds?: number;
	/** Of a host the names of its clients (else their library, else their user), of all else the hosts; most first. */
	readonly labels: readonly Tally[];
	/** Its clients, redis-top's among them. */
	readonly members: readonly Client[];
};

/** A byte string and how many clients have it. */
export type Tally = { readonly text: string; readonly clients: number };

export type ClientKinds = Readonly<Record<ClientKind, ClientSum>> & { readonly own: ClientSum };

/** What makes a client one of the applications': not a replica, not the link to the primary. */
export const isApplication = ({ kind }: Client) => kind !== 'replica' && kind !== 'primary';

/** Clients and bytes of each kind; `own` are redis-top's, which are in their kind too. */
export function sumByKind(clients: readonly Client[]): ClientKinds {
	const of = (kind: ClientKind) => sumOf(clients.filter(client => client.kind === kind));
	return {
		normal: of('normal'),
		pubsub: of('pubsub'),
		monitor: of('monitor'),
		replica: of('replica'),
		primary: of('primary'),
		own: sumOf(clients.filter(isOwn)),
	};
}

/** The applications' clients in groups; the most clients first, or the most bytes that wait to be read. */
export function groupClients(
	clients: readonly Client[],
	axis: ClientAxis,
	first: 'clients' | 'output' = 'clients',
): ClientGroup[] {
	const members = new Map<string, Client[]>();
	for (const client of clients) {
		if (!isApplication(client)) continue;
		const key = client[axis] ?? '';
		const group = members.get(key);
		if (group) group.push(client);
		else members.set(key, [client]);
	}
	const groups = [...members].map(([key, group]) => groupOf(key, group, axis));
	return groups.sort(
		(a, b) =>
			(first === 'output' ? (b.outputBytes ?? 0) - (a.outputBytes ?? 0) : 0) ||
			b.clients - a.clients ||
			(b.outputBytes ?? 0) - (a.outputBytes ?? 0) ||
			(a.key < b.key ? -1 : 1),
	);
}

/** How many of the applications' clients have what in common, redis-top's left out: of 60,000 names as well. */
export function countClients(clients: readonly Client[], axis: ClientAxis): ReadonlyMap<string, number> {
	const counts = new Map<string, number>();
	for (const client of clients) {
		if (!isApplication(client) || isOwn(client)) continue;
		const key = client[axis] ?? '';
		counts.set(key, (counts.get(key) ?? 0) + 1);
	}
	return counts;
}

function groupOf(key: string, clients: readonly Client[], axis: ClientAxis): ClientGroup {
	// Everybody without a name of his own is the user `default`.
	const user = ({ user }: Client) => (user === 'default' ? undefined : user);
	const label = (client: Client) =>
		axis === 'host' ? (client.name ?? client.library ?? user(client)) : client.host;
	// Who works here comes before who watches.
	const labels = [false, true].flatMap(own => tally(clients.filter(each => isOwn(each) === own).map(label)));
	return {
		key,
		...sumOf(clients),
		own: clients.filter(isOwn).length,
		waits: tally(clients.filter(client => client.isBlocked).map(client => client.command)),
		oldestSeconds: largest(clients, client => client.ageSeconds),
		idlestSeconds: largest(clients, client => client.idleSeconds),
		labels,
		members: clients,
	};
}

function sumOf(clients: readonly Client[]): ClientSum {
	let [blocked, inputBytes, totalBytes] = [0, 0, 0];
	let outputBytes = clients.length === 0 ? 0 : undefined;
	for (const client of clients) {
		if (client.isBlocked) blocked++;
		if (client.outputBytes !== undefined) outputBytes = (outputBytes ?? 0) + client.outputBytes;
		inputBytes += inputBytesOf(client);
		totalBytes += client.totalBytes ?? 0;
	}
	return { clients: clients.length, blocked, outputBytes, inputBytes, totalBytes };
}

const inputBytesOf = (client: Client) =>
	(client.queryBufferBytes ?? 0) + (client.argvBytes ?? 0) + (client.queuedBytes ?? 0);

function tally(texts: readonly (string | undefined)[]): Tally[] {
	const counts = new Map<string, number>();
	for (const text of texts) if (text) counts.set(text, (counts.get(text) ?? 0) + 1);
	return [...counts]
		.map(([text, clients]) => ({ text, clients }))
		.sort((a, b) => b.clients - a.clients || (a.text < b.text ? -1 : 1));
}

function largest(
	clients: readonly Client[],
	value: (client: Client) => number | undefined,
): number | undefined {
	let most: number | undefined;
	for (const client of clients) {
		const is = value(client);
		if (is !== undefined && (most === undefined || is > most)) most = is;
	}
	return most;
}

/** The groups on that many rows: the last of them holds all the others together, if they do not have one each. */
export function foldGroups(
	groups: readonly ClientGroup[],
	rows: number,
): { readonly shown: readonly ClientGroup[]; readonly other?: ClientSum & { readonly groups: number } } {
	if (groups.length <= rows) return { shown: groups };
	const shown = groups.slice(0, Math.max(0, rows - 1));
	const folded = groups.slice(shown.length);
	const sum = (field: keyof ClientSum) => folded.reduce((total, group) => total + (group[field] ?? 0), 0);
	return {
		shown,
		other: {
			groups: folded.length,
			clients: sum('clients'),
			blocked: sum('blocked'),
			outputBytes: folded.some(group => group.outputBytes !== undefined) ? sum('outputBytes') : undefined,
			inputBytes: sum('inputBytes'),
			totalBytes: sum('totalBytes'),
		},
	};
}

/** The clients with the most bytes that wait to be read, at most so many, none that has nothing; replicas are no part. */
export function outputHolders(clients: readonly Client[], most: number): Client[] {
	return clients
		.filter(client => isApplication(client) && (client.outputBytes ?? 0) > 0)
		.sort((a, b) => (b.outputBytes ?? 0) - (a.outputBytes ?? 0) || (a.id ?? 0) - (b.id ?? 0))
		.slice(0, most);
}
