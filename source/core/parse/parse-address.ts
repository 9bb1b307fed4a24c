// How a host and a port become the Address by which a node is known everywhere. Every reply that names a node
// (INFO, CLUSTER NODES, Sentinel) comes through here, so that the same node has the same name in all of them.
// It resolves nothing: a host name and its ip are two addresses until discovery finds the same run id.

import { printable } from '../text/printable.ts';
import type { Address } from '../types.ts';

const longestHost = 255;

/** A port as digits, 1..65535; undefined for 0 too, by which servers say that they do not know it. */
export function portIn(text: string): number | undefined {
	if (!/^\d{1,5}$/.test(text)) return undefined;
	const port = Number(text);
	return port > 0 && port < 65536 ? port : undefined;
}

/** `host:port`, `[v6]:port`; undefined where the host is empty, absurd, or the port is none. */
export function addressOf(host: string | undefined, port: string | undefined): Address | undefined {
	if (!host || host.length > longestHost || port === undefined) return undefined;
	const number = portIn(port);
	if (number === undefined || /\s/.test(host)) return undefined;
	const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
	return bare.includes(':') ? `[${printable(bare)}]:${number}` : `${printable(bare)}:${number}`;
}
