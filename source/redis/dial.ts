// How a node is reached: an address, its other names, the --nat map, TLS, credentials. Opens one ioredis client that
// neither retries, nor queues, nor greets with anything: the decisions are NodeConnection's.

import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate } from 'node:tls';
import { Redis, type RedisOptions } from 'ioredis';
import { type Bounds, whyNotDialled } from '../core/fleet/allow.ts';
import { addressOf } from '../core/parse/parse-address.ts';
import type { ReplyLimits } from '../core/reply-limits.ts';
import type { Address, Announced } from '../core/types.ts';
import { guardReplies } from './reply-guard.ts';
import { viaConnector } from './via.ts';

export type Credentials = { readonly user?: string; readonly password?: string };

export type TlsSettings = {
	readonly ca?: Buffer;
	readonly cert?: Buffer;
	readonly key?: Buffer;
	readonly serverName?: string;
	/** As OpenSSL lists them. */
	readonly ciphers?: string;
	readonly isInsecure: boolean;
};

export type DialSettings = {
	readonly credentials: Credentials;
	readonly sentinelCredentials: Credentials;
	readonly tls?: TlsSettings;
	/** Announced address to the one it is reached by; `host` alone maps every port of it. */
	readonly nat: ReadonlyMap<string, string>;
	readonly connectTimeoutMilliseconds: number;
	/** Names are resolved to addresses of this kind alone. */
	readonly ipFamily?: 4 | 6;
	/** What came from files, read again: who renewed a password or a certificate need not start us anew. */
	readonly readAgain?: () => Partial<Pick<DialSettings, 'credentials' | 'sentinelCredentials' | 'tls'>>;
	/** Every connection goes through this command (`%h`, `%p`). */
	readonly via?: string;
	/** Somebody waits for a node to be back: where nothing listens it is tried all the time, as in a failover. */
	readonly isReturnAwaited?: boolean;
	/** Whom discovery may dial: held here once more, for what is announced may change between two tries. */
	readonly bounds?: Bounds;
	/** How long replies may be, where that was set. */
	readonly replyLimits?: ReplyLimits;
	/** Seeds that were named as Sentinels. */
	readonly sentinelSeeds?: readonly Address[];
	/** The other names of the node of a row, as they are known now. */
	readonly announcedOf?: (address: Address) => Announced | undefined;
};

/** For one try to connect: with its files as they are now. */
export const asOfNow = (settings: DialSettings): DialSettings => ({ ...settings, ...settings.readAgain?.() });

/** A Sentinel has credentials of its own. */
export function asSentinel(settings: DialSettings): DialSettings {
	const now = asOfNow(settings);
	return { ...now, credentials: now.sentinelCredentials, readAgain: undefined };
}

/** What a server that was asked before any password is; undefined where it does not tell. */
export type Kind = 'data' | 'sentinel' | undefined;

const sentinelPort = /:26379$/;

/**
 * What to log in with. The Sentinels' password is for Sentinels alone, and theirs is no data node's: what a server says
 * decides, then who told of it; a seed that does not tell is a Sentinel where it was named as one or has their port.
 */
export function credentialsFor(
	address: Address,
	kind: Kind,
	told: 'data' | 'sentinel',
	{ credentials, sentinelCredentials, sentinelSeeds = [] }: DialSettings,
): Credentials {
	if (kind === 'sentinel') return sentinelCredentials;
	if (kind === 'data') return told === 'sentinel' ? {} : credentials;
	const isSentinel = told === 'sentinel' || sentinelSeeds.includes(address) || sentinelPort.test(address);
	return isSentinel ? sentinelCredentials : credentials;
}

/** It matters which of the two a server is. */
export const hasTwoLogins = ({ credentials, sentinelCredentials }: DialSettings): boolean =>
	credentials.user !== sentinelCredentials.user || credentials.password !== sentinelCredentials.password;

/** One way to a node. */
export type Route = {
	readonly address: Address;
	/** The certificate must be for one of these; the first that is no ip is asked for by SNI. */
	readonly names: readonly string[];
	/** By --nat: where it ends is no address of the node. */
	readonly isMapped: boolean;
	/** By it the node was reached before its announced name was known. */
	readonly isTyped: boolean;
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

/** The address to dial for one that was announced; undefined where no rule is for it. */
function throughNat(address: string, nat: ReadonlyMap<string, string>): string | undefined {
	const whole = nat.get(address);
	if (whole !== undefined) return whole;
	const colon = address.lastIndexOf(':');
	const host = nat.get(address.slice(0, colon));
	return host === undefined ? undefined : `${host}${address.slice(colon)}`;
}

/**
 * The ways to the node of a row, in the order to try: its name, or what --nat makes of its name, its ip or its host
 * name; then its ip, for a name may be unknown here, and what it was reached by before its announced name was known. None
 * where nobody named it and it is not to be dialled.
 */
export function routesTo(address: Address, settings: DialSettings): readonly Route[] {
	const { ip, hostname, reachedAs } = settings.announcedOf?.(address) ?? {};
	const byHostname = hostname && addressOf(hostname, /\d+$/.exec(address)?.[0]);
	const known = [address, ip, byHostname].filter(name => name !== undefined && name !== '') as Address[];
	const hosts = [hostname, ...[address, ip].map(hostIn)].filter(name => name !== undefined && name !== '');
	const mapped = known.flatMap(name => throughNat(name, settings.nat) ?? [])[0];
	const routes = mapped === undefined ? [address, ip, reachedAs] : [mapped];
	const open = routes.filter(
		route =>
			route !== undefined && (mapped !== undefined || whyNotDialled(route, settings.bounds) === undefined),
	) as Address[];
	return [...new Set(open)].map(route => ({
		address: route,
		names: [...new Set([...hosts, hostIn(route)])].filter(name => name !== undefined),
		isMapped: mapped !== undefined,
		isTyped: route === reachedAs,
	}));
}

/** What is thrown where there is no route. */
export const notAllowed = () => Object.assign(new Error('not dialled'), { code: 'ENOTALLOWED' });

function hostIn(address: Address | undefined): string | undefined {
	const target = address === undefined ? undefined : splitAddress(address);
	return target && 'host' in target ? target.host : undefined;
}

/** An ip is worth a try where its name is not known here, what was typed where the announced address is not reached. */
export const otherWays = (thrown: unknown, others: readonly Route[]): readonly Route[] =>
	others.filter(route => isOtherWayDue(thrown, route));

function isOtherWayDue(thrown: unknown, route: Route): boolean {
	const { code = '', name } = thrown as NodeJS.ErrnoException;
	if (name === 'ReplyError') return false;
	return route.isTyped || code === 'ENOTFOUND' || code === 'EAI_AGAIN';
}

/** The other end of an open connection, where a name led to it: two names of one node show by that. */
export function reachedBy(
	route: Route,
	socket: Pick<Socket, 'remoteAddress' | 'remotePort'>,
): Address | undefined {
	const host = hostIn(route.address);
	if (route.isMapped || host === undefined || isIP(host) !== 0) return undefined;
	const ip = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '');
	return addressOf(ip, socket.remotePort?.toString());
}

/** TLS for one way to a node; undefined for a plain connection. */
export function tlsOptions({ names }: Route, { tls }: DialSettings): ConnectionOptions | undefined {
	if (!tls) return undefined;
	return {
		ca: tls.ca,
		cert: tls.cert,
		key: tls.key,
		servername: tls.serverName ?? names.find(name => isIP(name) === 0),
		rejectUnauthorized: !tls.isInsecure,
		...(tls.ciphers !== undefined && { ciphers: tls.ciphers }),
		...(tls.serverName === undefined && {
			checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkNames(names, certificate),
		}),
	};
}

/** A node has its ip and its host name from its peers, whom we trust: its certificate may be for either. */
function checkNames(names: readonly string[], certificate: PeerCertificate): Error | undefined {
	const failures = names.map(name => checkServerIdentity(name, certificate));
	return failures.includes(undefined) ? undefined : failures[0];
}

/**
 * A client not yet connected. Errors arrive at `onError`, for an unheard error event would end the process; `onConnect` is called
 * before anything can have come.
 */
export function openClient(
	route: Route,
	settings: DialSettings,
	onError: (error: Error) => void,
	onConnect: (client: Redis) => void = client => guardStream(client, settings.replyLimits),
): Redis {
	const target = splitAddress(route.address);
	const tls = tlsOptions(route, settings);
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
		...(settings.ipFamily !== undefined && { family: settings.ipFamily }),
		...(tls && { tls }),
		...(settings.via !== undefined &&
			'host' in target && { Connector: viaConnector(settings.via, target, tls) }),
	};
	const client = new Redis(options);
	client.on('error', onError);
	client.on('connect', () => onConnect(client));
	return client;
}

type Queue = { readonly peekAt: (index: number) => { readonly command: Asked } | undefined };
type Asked = { readonly name: string; readonly args: readonly unknown[] };

/** What goes beyond its limit does not reach the library: the connection ends, with the reason. */
function guardStream(client: Redis, limits: ReplyLimits | undefined): void {
	const { stream } = client;
	const queue = (client as unknown as { readonly commandQueue?: Queue }).commandQueue;
	const check = guardReplies(replies => featureOf(queue?.peekAt(replies)?.command), limits);
	const emit = stream.emit.bind(stream);
	stream.emit = (event: string, ...rest: unknown[]) => {
		const problem = event === 'data' ? check(rest[0] as Buffer) : undefined;
		if (!problem) return emit(event as 'data', ...(rest as [Buffer]));
		stream.destroy(problem);
		return true;
	};
}

const withSubcommand =
	/^(acl|client|cluster|commandlog|config|hotkeys|latency|memory|object|sentinel|slowlog|xinfo)$/;

function featureOf(asked: Asked | undefined): string | undefined {
	if (!asked) return undefined;
	// As it was sent: commands of ours are in capitals.
	const name = asked.name.toLowerCase();
	return withSubcommand.test(name) ? `${name} ${String(asked.args[0]).toLowerCase()}` : name;
}
