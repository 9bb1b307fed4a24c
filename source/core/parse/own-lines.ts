// Which lines of MONITOR are redis-top's own: its polling must not stand among the commands of the fleet, as it does in
// other profilers. A line is known by its client's address. Where the server sees another address than ours (NAT, a
// proxy) or none at all (a socket file, where every client has the same), only the line is left to go by: commands
// that ask about the server and use no key of anybody, from where our own connection comes from.

import type { MonitorLine } from './parse-monitor.ts';

export type OwnLines = {
	/** Our connections as the server names them. */
	readonly clients: () => Iterable<string>;
	/** The connection that watches, as the server named it to us, where it could be asked: with a NAT between, not `known`. */
	readonly seen?: string;
	/** The same by our end of it; undefined for a socket file. */
	readonly known?: string;
	/** Our end of the connection that carries the stream, likewise. */
	readonly streamed?: string;
};

/** What the poller and a scan send, as far as it stands in MONITOR. */
const asked = new Set([
	'info',
	'cluster',
	'config',
	'slowlog',
	'client',
	'latency',
	'scan',
	'memory',
	'wait',
]);

/** Tells whether a line is our own. Made once for a window; `clients` is asked again when a name is new. */
export function ownLines({ clients, seen, known }: OwnLines): (line: MonitorLine) => boolean {
	const isOwn = new Map<string, boolean>();
	const host = known === undefined ? 'unix' : seen !== undefined && seen !== known ? hostOf(seen) : undefined;
	const isNamed = (client: string) => {
		for (const own of clients()) if (own === client) return true;
		return false;
	};
	return ({ client, isScript, args }) => {
		if (isScript) return false;
		let own = isOwn.get(client);
		if (own === undefined) {
			own = isNamed(client) && !client.startsWith('unix:');
			isOwn.set(client, own);
		}
		if (own || host === undefined) return own;
		return hostOf(client) === host && asked.has(args[0]!.toLowerCase());
	};
}

/** Without the port, which differs from connection to connection: `10.0.0.7`, `::1`, `unix`. */
export function hostOf(client: string): string {
	if (client.startsWith('unix:')) return 'unix';
	const colon = client.lastIndexOf(':');
	return client.slice(0, Math.max(0, colon)).replace(/^\[|\]$/g, '') || client;
}
