// Servers that lie about who else there is, all behind one port of every loopback address: each address is a host of its
// own to redis-top. Counts who was connected to and who was given which password. The whole loop is run against it.

import { createServer, type Server, type Socket } from 'node:net';
import type { Bounds } from '../../source/core/fleet/allow.ts';
import { createEngine, type Engine } from '../../source/engine.ts';
import type { DialSettings } from '../../source/redis/dial.ts';
import type { FleetTrack } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { array, bulk } from '../scale/scripted.ts';
import { calm } from '../view/build-state.ts';

export type Rogue = {
	readonly port: number;
	readonly connections: () => number;
	/** Hosts that were connected to. */
	readonly hosts: ReadonlySet<string>;
	/** Passwords by the host that saw them. */
	readonly passwords: ReadonlyMap<string, ReadonlySet<string>>;
	readonly hangUp: () => void;
	readonly stop: () => void;
};

/** The reply to a command, as RESP2; undefined for an unknown command. */
export type Answer = (host: string, command: string, port: number) => string | undefined;

export const unknown = (command: string) => `-ERR unknown command '${command.split(' ')[0]}', with args\r\n`;
export const noAuth = '-NOAUTH Authentication required.\r\n';

export async function startRogue(answer: Answer): Promise<Rogue> {
	let connections = 0;
	const hosts = new Set<string>();
	const passwords = new Map<string, Set<string>>();
	const sockets = new Set<Socket>();
	const server: Server = createServer(socket => {
		const host = socket.localAddress!.replace(/^::ffff:/, '');
		connections++;
		hosts.add(host);
		sockets.add(socket);
		socket.on('error', () => {}).on('close', () => sockets.delete(socket));
		let rest = '';
		socket.setEncoding('latin1').on('data', chunk => {
			rest += chunk;
			for (let read = commandIn(rest); read; read = commandIn(rest)) {
				rest = read.rest;
				const command = read.words.join(' ').toLowerCase();
				if (command.startsWith('auth'))
					passwords.set(host, (passwords.get(host) ?? new Set()).add(read.words.at(-1)!));
				socket.write(answer(host, command, port) ?? unknown(command), 'latin1');
			}
		});
	});
	const hangUp = () => {
		for (const socket of sockets) socket.destroy();
	};
	await new Promise<void>(resolve => server.listen(0, '0.0.0.0', 4096, resolve));
	const { port } = server.address() as { port: number };
	return {
		port,
		connections: () => connections,
		hosts,
		passwords,
		hangUp,
		stop() {
			server.close();
			hangUp();
		},
	};
}

/** The first command that is whole, and what is behind it. */
function commandIn(text: string): { words: string[]; rest: string } | undefined {
	const head = /^\*(\d+)\r\n/.exec(text);
	if (!head) return undefined;
	let at = head[0].length;
	const words: string[] = [];
	for (let index = 0; index < Number(head[1]); index++) {
		const length = /^\$(\d+)\r\n/.exec(text.slice(at, at + 16));
		const start = at + (length?.[0].length ?? 0);
		at = start + Number(length?.[1]) + 2;
		if (!length || text.length < at) return undefined;
		words.push(text.slice(start, at - 2));
	}
	return { words, rest: text.slice(at) };
}

/** `127.1.0.0` and so on. */
export const hostNumber = (index: number) => `127.1.${index >> 8}.${index & 255}`;

/** A node of a cluster that names so many peers. */
export const naming =
	(peers: number): Answer =>
	(host, command, port) => {
		if (command.startsWith('auth') || command.startsWith('client')) return '+OK\r\n';
		if (command.startsWith('info'))
			return bulk(
				`redis_version:7.0.15\r\nredis_mode:cluster\r\ncluster_enabled:1\r\nrole:master\r\nrun_id:${host}\r\n`,
			);
		if (command === 'cluster info') return bulk('cluster_state:ok\r\ncluster_current_epoch:1\r\n');
		if (command !== 'cluster nodes') return undefined;
		const nodes = ['127.0.0.1', ...Array.from({ length: peers }, (_, index) => hostNumber(index))];
		const lines = nodes.map(
			(node, index) =>
				`${index.toString(16).padStart(40, '0')} ${node}:${port}@1 ${node === host ? 'myself,' : ''}master - 0 0 1 connected\n`,
		);
		return bulk(lines.join(''));
	};

/** A replica whose primary is a replica, and so on. */
export const leadingOn: Answer = (host, command, port) => {
	if (command.startsWith('auth') || command.startsWith('client')) return '+OK\r\n';
	if (!command.startsWith('info')) return undefined;
	const [, , high, low] = host.split('.').map(Number) as [number, number, number, number];
	const next = host === '127.0.0.1' ? 0 : high * 256 + low + 1;
	return bulk(
		`redis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:${host}\r\nrole:slave\r\nmaster_link_status:up\r\nmaster_host:${hostNumber(next)}\r\nmaster_port:${port}\r\n`,
	);
};

/** A Sentinel that names one more, and so on. */
export const sentinelsLeadingOn: Answer = (host, command, port) => {
	if (command.startsWith('auth') || command.startsWith('client')) return '+OK\r\n';
	if (command.startsWith('info'))
		return bulk(`redis_version:7.0.15\r\nredis_mode:sentinel\r\nrun_id:${host}\r\n`);
	const [, , high, low] = host.split('.').map(Number) as [number, number, number, number];
	const next = host === '127.0.0.1' ? 0 : high * 256 + low + 1;
	const entry = (words: readonly string[]) => array(...words.map(bulk));
	const at = (name: string, address: string) =>
		entry(['name', name, 'ip', address, 'port', String(port), 'flags', 'sentinel', 'runid', name]);
	if (command === 'sentinel masters') return array(at('m', '127.0.0.1'));
	if (command.startsWith('sentinel sentinels')) return array(at('s', hostNumber(next)));
	return command.startsWith('sentinel replicas') ? array() : undefined;
};

export type Watched = {
	readonly engine: Engine;
	readonly fleet: () => FleetTrack;
	readonly stop: () => Promise<void>;
};

/** Watches from one seed. */
export function watch(seed: string, dial: Partial<DialSettings>, bounds: Partial<Bounds> = {}): Watched {
	const all: Bounds = { seeds: [seed], isDiscoveryOn: true, mostNodes: 1000, ...bounds };
	const fleet = newFleetTrack(0, seed, [seed], Date.now(), all);
	const state = calm({ fleets: [fleet], past: [], delaySeconds: 1 });
	const engine = createEngine({
		state: { ...state, isDiscoveryOn: all.isDiscoveryOn, isDiscovering: true, cursor: undefined },
		dials: new Map([
			[
				0,
				{
					...{ credentials: {}, sentinelCredentials: {}, nat: new Map(), connectTimeoutMilliseconds: 3000 },
					...dial,
					bounds: all,
				},
			],
		]),
		update,
		onState: () => {},
		perform: () => {},
	});
	engine.start();
	return { engine, fleet: () => engine.state().fleets[0]!, stop: () => engine.stop() };
}
