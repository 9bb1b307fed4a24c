// How a host and a port become the Address by which a node is known everywhere. Every reply that names a node
// (INFO, CLUSTER NODES, Sentinel) comes through here, so that the same node has the same name in all of them.
// It resolves nothing: a host name and its ip are two addresses until the connection or the run id shows them to be one.
// Who is named without an address that can be used is still a node: its name then is what else is known of it.

import { printable } from '../text/printable.ts';

/**
 * How a node is named everywhere: `host:port`, `[v6]:port` or `unix:/path`. As announced, else as the user typed it; a
 * node of which nobody knows an address is named by its id or its Sentinel's name for it (see `hasPlace`).
 */
export type Address = string;

const longestHost = 255;

/** A port as digits, 1..65535; undefined for 0 too, by which servers say that they do not know it. */
export function portIn(text: string): number | undefined {
	if (!/^\d{1,5}$/.test(text)) return undefined;
	const port = Number(text);
	return port > 0 && port < 65536 ? port : undefined;
}

/** `host:port`, `[v6]:port`; undefined where the host is empty, absurd, or the port is none. */
export function addressOf(host: string | undefined, port: string | undefined): Address | undefined {
	if (!host || host === '?' || host.length > longestHost || port === undefined) return undefined;
	const number = portIn(port);
	if (number === undefined || /\s/.test(host)) return undefined;
	const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
	return bare.includes(':') ? `[${printable(bare)}]:${number}` : `${printable(bare)}:${number}`;
}

/** False for the name of a node without a usable address: an id, a Sentinel's name, `10.0.0.1:0`. It cannot be dialled. */
export function hasPlace(address: Address): boolean {
	if (address.startsWith('unix:')) return true;
	const colon = address.lastIndexOf(':');
	if (colon <= 0 || address.includes(' ') || address.slice(0, colon) === '?') return false;
	return portIn(address.slice(colon + 1)) !== undefined;
}

/** The name of a node that is told without an address, made of an id or of a name that is its own. */
export function placelessName(name: string): Address {
	const shown = printable(name, longestHost);
	// A Sentinel may call a master `10.0.0.1:6379`: that is no place either.
	return hasPlace(shown) ? `named ${shown}` : shown;
}
