// Hosts of addresses: what says that two nodes share a machine. Of loopback addresses nothing is said: a demo is not
// production.

import type { Address } from '../types.ts';

/** Without the port; a socket is on this host. */
export function hostOf(address: Address): string {
	if (address.startsWith('unix:')) return 'localhost';
	const colon = address.lastIndexOf(':');
	return colon < 0 ? address : address.slice(0, colon);
}

export function isLoopback(address: Address): boolean {
	const host = hostOf(address);
	return host === 'localhost' || host === '[::1]' || host === '::1' || /^127\./.test(host);
}
