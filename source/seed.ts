// An address as people type it: host, host:port, [v6]:port, redis://user:password@host:port, rediss://…, unix:/path.
// valkey:// and redict:// are the same, as their own tools take them; sentinel:// and sentinels:// name a Sentinel.

import { isIPv6 } from 'node:net';

export type Seed = {
	/** How the node is named from here on. */
	readonly address: string;
	readonly isTls: boolean;
	/** sentinel://…: some do not tell it before the login, and have a password of their own. */
	readonly isSentinel?: true;
	readonly user?: string;
	readonly password?: string;
	/** Of a URL with a path: `redis://host/3`. */
	readonly db?: number;
	/** Whose scheme its URL has: of which command line the password is meant. */
	readonly family?: 'valkey' | 'redict';
	/** Named fleet of the settings file that it belongs to. */
	readonly fleet?: string;
	/** --via or --ssh of that fleet; from the login on --ssh is a --via, too. */
	readonly via?: string;
	readonly ssh?: string;
};

/** The seeds of one fleet: one address, or all that a named fleet of the settings file stands for. */
export type FleetSeeds = {
	readonly name: string;
	readonly addresses: readonly string[];
	readonly seed: Seed;
};

/** Each address is its own fleet, but those of a named one belong together. */
export function fleetsOf(seeds: readonly Seed[]): readonly FleetSeeds[] {
	const names = [...new Set(seeds.map(seed => seed.fleet ?? seed.address))];
	return names.map(name => {
		const own = seeds.filter(seed => (seed.fleet ?? seed.address) === name);
		return { name, addresses: [...new Set(own.map(seed => seed.address))], seed: own[0]! };
	});
}

/** Reads one address; a host alone gets `defaultPort`. The problem is one line that says what would be right. */
export function parseSeed(text: string, defaultPort: number): Seed | { readonly problem: string } {
	if (/^(redis|valkey|redict|sentinel)s?:\/\//i.test(text)) return parseUrl(text, defaultPort);
	if (text.startsWith('unix:')) {
		const path = text.slice(5).replace(/^\/\/(?=\/)/, '');
		return path.startsWith('/')
			? { address: `unix:${path}`, isTls: false }
			: { problem: `${text}: must be unix:/path` };
	}
	if (/^[a-z]+:\/\//i.test(text))
		return { problem: `${withoutPassword(text)}: must be redis://…, rediss://…, host:port or unix:/path` };
	return parseHost(text, defaultPort);
}

function parseHost(text: string, defaultPort: number): Seed | { readonly problem: string } {
	// Not repeated: what stands before the @ is a secret.
	if (text.includes('@'))
		return {
			problem: 'user and password go into a URL, redis://user:password@host:port, or better REDISCLI_AUTH',
		};
	const bracketed = /^\[([^\]]+)\](?::(.+))?$/.exec(text);
	const isBareV6 = !bracketed && text.split(':').length > 2;
	const [host, port] = bracketed
		? [bracketed[1]!, bracketed[2]]
		: isBareV6
			? [text, undefined]
			: splitLast(text);
	if (host === '' || /[\s/]/.test(host))
		return { problem: `${text || '""'}: must be host, host:port, a URL or unix:/path` };
	if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65536))
		return { problem: `${text}: the port must be 1 to 65535` };
	if ((bracketed || isBareV6) && !isIPv6(host))
		return { problem: `${text}: not an IPv6 address; host:port, or [IPv6]:port` };
	const name = host.includes(':') ? `[${host}]` : host;
	return { address: `${name}:${port ?? defaultPort}`, isTls: false };
}

function splitLast(text: string): [string, string | undefined] {
	const colon = text.lastIndexOf(':');
	return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

function parseUrl(text: string, defaultPort: number): Seed | { readonly problem: string } {
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		return { problem: `${withoutPassword(text)}: not a URL: redis://user:password@host:port` };
	}
	const port = url.protocol.startsWith('sentinel') ? 26_379 : defaultPort;
	const host = parseHost(url.host || '127.0.0.1', port);
	if ('problem' in host) return host;
	const [, db, wrong] = /^\/?(?:(\d{1,9})|(.+))?$/.exec(url.pathname) ?? [];
	if (wrong !== undefined)
		return { problem: `${withoutPassword(text)}: behind the address stands a database: a number` };
	try {
		return {
			address: host.address,
			isTls: /^(rediss|valkeys|redicts|sentinels):$/.test(url.protocol),
			...(url.protocol.startsWith('sentinel') && { isSentinel: true as const }),
			user: url.username ? decodeURIComponent(url.username) : undefined,
			password: url.password ? decodeURIComponent(url.password) : undefined,
			...(db !== undefined && { db: Number(db) }),
			...familyOf(url.protocol),
		};
	} catch {
		return { problem: `${withoutPassword(text)}: a % in user or password must be written %25` };
	}
}

function familyOf(protocol: string): Pick<Seed, 'family'> {
	if (/^valkeys?:/.test(protocol)) return { family: 'valkey' };
	return /^redicts?:/.test(protocol) ? { family: 'redict' } : {};
}

/** Up to the last @, for a password may hold one that was not written as %40; and where the @host was forgotten. */
const withoutPassword = (text: string) =>
	text.includes('@') ? text.replace(/:\/\/.*@/s, '://…@') : text.replace(/:\/\/.*:(?!\d+\/?$).*/s, '://…');
