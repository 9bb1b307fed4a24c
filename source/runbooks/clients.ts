// Who holds the buffers: a client in words, and whether it may be disconnected at all. A replica's link and the link
// to the primary are connections too, and cutting one starts a resync at the worst moment.

import { bytes, duration } from '../core/quantity.ts';
import { heldBy } from './cause.ts';
import { runbookLimits } from './limits.ts';
import type { MemoryLimit } from './memory-parts.ts';
import { nameOf } from './reading.ts';
import type { ClientUse } from './runbook.ts';

/** `10.0.3.7:51422 (web-1), last command monitor, connected 3h`. */
export function describeClient(client: ClientUse): string {
	const name = client.name ? ` (${nameOf(client.name)})` : '';
	const kind = kindOf(client);
	const command = client.command ? `, last command ${nameOf(client.command)}` : '';
	const age = client.ageSeconds === undefined ? '' : `, connected ${duration(client.ageSeconds)}`;
	return `${nameOf(client.address)}${name}${kind ? `, ${kind}` : ''}${command}${age}`;
}

function kindOf(client: ClientUse): string | undefined {
	const flags = client.flags ?? '';
	if (isReplicaLink(client)) return 'a replica';
	if (flags.includes('M')) return 'the link to its primary';
	if (flags.includes('O')) return 'MONITOR';
	return flags.includes('P') ? 'pub/sub' : undefined;
}

const isReplicaLink = (client: ClientUse) => (client.flags ?? '').includes('S');

/** Replication links are not clients to be disconnected. */
export const isReplicationLink = (client: ClientUse) =>
	isReplicaLink(client) || (client.flags ?? '').includes('M');

/** Holds so much that it is worth a name. */
export function holdsMuch(client: ClientUse, limit: MemoryLimit | undefined): boolean {
	const held = heldBy(client);
	return limit?.kind === 'maxmemory'
		? held >= limit.bytes * runbookLimits.clientShare
		: held >= runbookLimits.clientBytes;
}

/** `holds 210M`. */
export const holding = (client: ClientUse) => `holds ${bytes(heldBy(client))}`;
