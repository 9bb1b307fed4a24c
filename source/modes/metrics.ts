// --metrics: the page that Prometheus scrapes, made anew for each scrape of what is known at that moment. It answers GET
// and HEAD of /metrics alone, on loopback unless a host was named; headers, connections and time are bounded, and what is
// sent to it is not read. The page has no secret in it: no password, key, value or address of a client.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMetricCounts } from '../output/metric-counts.ts';
import { metricsText, metricsType } from '../output/metrics.ts';
import { timeNow, wallNow } from '../redis/clock.ts';
import type { State } from '../state/state.ts';

/** Where it listens; no host is loopback. */
export type MetricsPlace = { readonly host?: string; readonly port: number };

export type MetricsPort = {
	/** `http://127.0.0.1:9399/metrics` */
	readonly url: string;
	/** Called after each round with the state it led to. */
	readonly onState: (state: State) => void;
	readonly close: () => void;
};

const limits = {
	maxHeaderSize: 8192,
	headersTimeout: 5000,
	requestTimeout: 5000,
	connectionsCheckingInterval: 1000,
} as const;
const mostConnections = 32;
/** A connection that does nothing for so long is let go, and any after the longer time. */
const idleMilliseconds = 10_000;
const longestMilliseconds = 30_000;
/** A page of a State that is still the newest is made again after this: its ages have grown. */
const freshMilliseconds = 500;

/** Listens, or says in one line why it cannot. `state` is asked at each scrape. */
export async function openMetrics(
	{ host, port }: MetricsPlace,
	state: () => State,
): Promise<MetricsPort | { readonly problem: string }> {
	const counts = createMetricCounts();
	const isLoopback = host === undefined || isOwnName(host.includes(':') ? `[${host}]` : host);
	const startedAt = wallNow() / 1000 - process.uptime();
	let made: { readonly of: State; readonly at: number; readonly page: Buffer } | undefined;
	/** Who asks a hundred times a second costs no more than who asks twice. */
	const page = () => {
		const [of, at] = [state(), timeNow()];
		if (made && made.of === of && at - made.at < freshMilliseconds) return made.page;
		const { user, system } = process.cpuUsage();
		const own = { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss(), startedAt };
		made = { of, at, page: Buffer.from(metricsText(of, counts, own, at)) };
		return made.page;
	};
	// Loaded for who asks: in the one file of the program it would cost every start.
	const { createServer } = process.getBuiltinModule('node:http');
	const server = createServer(limits, (request, response) => answer(request, response, page, isLoopback));
	server.maxConnections = mostConnections;
	server.maxHeadersCount = 50;
	server.timeout = idleMilliseconds;
	server.on('connection', socket => {
		const end = setTimeout(() => socket.destroy(), longestMilliseconds).unref();
		socket.once('close', () => clearTimeout(end));
	});
	const problem = await new Promise<string | undefined>(resolve => {
		server.once('error', (error: NodeJS.ErrnoException) => resolve(whyNot(error)));
		server.listen({ host: host ?? '127.0.0.1', port }, () => resolve(undefined));
	});
	if (problem !== undefined) return { problem: `--metrics ${host ? `${host}:` : ''}${port}: ${problem}` };
	const { address, family, port: taken } = server.address() as AddressInfo;
	return {
		url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}/metrics`,
		onState: counts.onState,
		close() {
			server.close();
			server.closeAllConnections();
		},
	};
}

function whyNot({ code, message }: NodeJS.ErrnoException): string {
	if (code === 'EADDRINUSE') return 'another program listens there';
	if (code === 'EACCES') return 'no permission to listen there';
	if (code === 'EADDRNOTAVAIL') return 'no address of this host';
	return code === 'ENOTFOUND' ? 'no such host' : message;
}

function answer(
	request: IncomingMessage,
	response: ServerResponse,
	page: () => Buffer,
	isLoopback: boolean,
): void {
	const { method = '', url = '', headers } = request;
	const end = (status: number, text: string | Buffer, more: Readonly<Record<string, string>> = {}) => {
		const body = typeof text === 'string' ? Buffer.from(text) : text;
		response.writeHead(status, {
			'content-type': 'text/plain; charset=utf-8',
			...more,
			'content-length': body.length,
			'cache-control': 'no-store',
			'x-content-type-options': 'nosniff',
			// A connection that is kept is one that another cannot have.
			connection: 'close',
		});
		response.end(method === 'HEAD' ? undefined : body);
	};
	if (isLoopback && !isOwnName(headers.host)) end(403, 'this host has no other name: --metrics HOST:PORT\n');
	else if (!/^\/metrics(\?|$)/.test(url)) end(404, 'there is /metrics\n');
	else if (method !== 'GET' && method !== 'HEAD') end(405, 'GET it\n', { allow: 'GET, HEAD' });
	else end(200, page(), { 'content-type': metricsType });
}

/** A page in a browser on this machine may give loopback a name of its own, and read what it gets. */
const isOwnName = (host: string | undefined) =>
	host === undefined || /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(host);
