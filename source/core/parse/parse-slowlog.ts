// SLOWLOG GET (and COMMANDLOG GET, of the same shape) → entries, newest first as the server tells them. Before 4.0 an
// entry had four fields; since then the client's address and name follow. An entry of another shape is passed over.
// The arguments stay byte strings, because they may be keys that are asked for again: `printable` before they are shown.

import { asCount, asText, isArray } from '../reply.ts';
import { printable } from '../text/printable.ts';
import type { Reply, SlowlogEntry } from '../types.ts';

/** The reply of SLOWLOG GET; `at` of an entry in milliseconds, on the server's clock. Nothing for an error reply. */
export function parseSlowlog(reply: Reply): SlowlogEntry[] {
	return isArray(reply) ? reply.flatMap(entry => parseEntry(entry) ?? []) : [];
}

function parseEntry(reply: Reply): SlowlogEntry | undefined {
	if (!isArray(reply)) return undefined;
	const [id, seconds, microseconds] = reply.slice(0, 3).map(asCount);
	if (id === undefined || seconds === undefined || microseconds === undefined || !isArray(reply[3]))
		return undefined;
	const args = reply[3].map(arg => asText(arg) ?? '');
	return {
		id,
		at: seconds * 1000,
		microseconds,
		args,
		client: nameIn(reply[4]),
		clientName: nameIn(reply[5]),
	};
}

function nameIn(reply: Reply | undefined): string | undefined {
	const name = asText(reply);
	return name ? printable(name) : undefined;
}
