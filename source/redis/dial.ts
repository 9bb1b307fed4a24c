// How a node is reached: an address, the --nat map, TLS, credentials. Opens one ioredis client that neither
// retries, nor queues, nor greets with anything: the decisions are NodeConnection's.

import { Redis, type RedisOptions } from 'ioredis';

export type Credentials = { readonly user?: string; readonly password?: string };

export type TlsSettings = {
	readonly ca?: Buffer;
	readonly cert?: Buffer;
	readonly key?: Buffer;
	readonly serverName?: string;
	readonly isInsecure: boolean;
};

export type DialSettings = {
	readonly credentials: Credentials;
	readonly sentinelCredentials: Credentials;
	readonly tls?: TlsSettings;
	/** Announced address to the one it is reached by; `host` alone maps every port of it. */
	readonly nat: ReadonlyMap<string, string>;
	readonly connectTimeoutMilliseconds: number;
};

/** `host:port`, `[v6]:port` or `unix:/path` in its parts. */
export function splitAddress(address: string): { path: string } | { host: string; port: number } {
	if (address.startsWith('unix:')) return { path: address.slice(5) };
	const colon = address.lastIndexOf(':');
	const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
	return { host, port: Number(address.slice(colon + 1)) };
}

/** Our end of a connection as the server names it in CLIENT LIST and MONITOR, where no NAT is between; undefined for a socket file. */
export function clientNameOf(socket: { localAddress?: string; localPort?: number }): string | undefined {
	const { localAddress, localPort } = socket;
	if (localAddress === undefined || localPort === undefined) return undefined;
	return localAddress.includes(':') ? `[${localAddress}]:${localPort}` : `${localAddress}:${localPort}`;
}

/** The address to dial for one that was announced. */
export function throughNat(address: string, nat: ReadonlyMap<string, string>): string {
	const whole = nat.get(address);
	if (whole !== undefined) return whole;
	const colon = address.lastIndexOf(':');
	const host = nat.get(address.slice(0, colon));
	return host === undefined ? address : `${host}${address.slice(colon)}`;
}

/** A client not yet connected. Errors arrive at `onError`, for an unheard error event would end the process. */
export function openClient(address: string, settings: DialSettings, onError: (error: Error) => void): Redis {
	const target = splitAddress(address);
	const options: RedisOptions = {
		...target,
		lazyConnect: true,
		protocol: 2,
		disableClientInfo: true,
		enableReadyCheck: false,
		enableOfflineQueue: false,
		maxRetriesPerRequest: 0,
		retryStrategy: () => null,
		connectTimeout: settings.connectTimeoutMilliseconds,
		keepAlive: 30_000,
		...(settings.tls && {
			tls: {
				ca: settings.tls.ca,
				cert: settings.tls.cert,
				key: settings.tls.key,
				servername:
					settings.tls.serverName ?? ('host' in target && !isIp(target.host) ? target.host : undefined),
				rejectUnauthorized: !settings.tls.isInsecure,
			},
		}),
	};
	const client = new Redis(options);
	client.on('error', onError);
	return client;
}

const isIp = (host: string) => /^[\d.]+$/.test(host) || host.includes(':');
