// Who holds the buffers: a client in words, and whether it may be disconnected at all. A replica's link and the link
// to the primary are connections too, and cutting one starts a resync at the worst moment.

import { isApplication, isOwn } from '../core/node/client-groups.ts';
import type { Client, ClientKind } from '../core/parse/parse-client-list.ts';
import { bytes, duration } from '../core/text/quantity.ts';
import { runbookLimits } from './limits.ts';
import type { MemoryLimit } from './memory-limit.ts';
import { nameOf } from './reading.ts';

/** All that the server holds for it; before 6.0 only what waits to be read is told. */
export const heldBy = (client: Client) => Math.max(client.totalBytes ?? 0, client.outputBytes ?? 0);

/** Those that hold most, the largest first; replication links and redis-top's own are not among them. */
export const holdersOf = (clients: readonly Client[]): readonly Client[] =>
	clients.filter(client => isApplication(client) && !isOwn(client)).sort((a, b) => heldBy(b) - heldBy(a));

/** `10.0.3.7:51422`, `[::1]:51422`, `unix:/run/redis.sock`; safe for a terminal. */
export function placeOf({ host, port }: Client): string {
	if (port === undefined) return nameOf(host);
	return host.includes(':') ? `[${nameOf(host)}]:${port}` : `${nameOf(host)}:${port}`;
}

const kindWords: { readonly [K in ClientKind]: string } = {
	normal: '',
	pubsub: ', pub/sub',
	monitor: ', MONITOR',
	replica: ', a replica',
	primary: ', the link to its primary',
};

/** `10.0.3.7:51422 (web-1), last command get, connected 3h`. */
export function describeClient(client: Client): string {
	const name = client.name ? ` (${nameOf(client.name)})` : '';
	const command = client.command ? `, last command ${nameOf(client.command)}` : '';
	const age = client.ageSeconds === undefined ? '' : `, connected ${duration(client.ageSeconds)}`;
	return `${placeOf(client)}${name}${kindWords[client.kind]}${command}${age}`;
}

/** Holds so much that it is worth a name. */
export function holdsMuch(client: Client, limit: MemoryLimit | undefined): boolean {
	const held = heldBy(client);
	return limit?.kind === 'maxmemory'
		? held >= limit.bytes * runbookLimits.clientShare
		: held >= runbookLimits.clientBytes;
}

/** `holds 210M`. */
export const holding = (client: Client) => `holds ${bytes(heldBy(client))}`;
