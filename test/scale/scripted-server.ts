// A process that answers as many Redis servers at once: a cluster of N nodes (half primaries, half replicas), N
// standalone servers, or one Sentinel. Its replies are made before they are asked for, so that 1,000 nodes cost it
// little; counters grow with the clock. What it says to any command can be replaced by any bytes, and a node can
// refuse, freeze, hang up, be slow or talk nonsense: for the states and texts of servers that cannot be had.
// Started and told by scripted.ts. It ends with its parent.

import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Behaviour, Plan, Told, World } from './scripted.ts';

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const array = (...items: readonly string[]) => `*${items.length}\r\n${items.join('')}`;

type Node = {
	readonly index: number;
	readonly isPrimary: boolean;
	port: number;
	server: Server;
	readonly sockets: Set<Socket>;
	behaviour: Behaviour;
};

const plan: Plan = JSON.parse(process.argv[2]!);
const nodes: Node[] = [];
const startedAt = Date.now();
const host = '127.0.0.1';
const isCluster = plan.kind === 'cluster';
const primaries = isCluster ? Math.max(1, Math.ceil(plan.nodes / 2)) : plan.nodes;

const idOf = (index: number) => index.toString(16).padStart(40, '0');
const primaryOf = (node: Node) => nodes[node.index % primaries]!;

const asItBegan: World = {};
let world: World = asItBegan;
const isReplaced = (index: number, seen: World) => seen.replaced?.includes(index) === true;
/** Whether it is a primary now, and by what others believe. */
const leads = (node: Node, seen = world) =>
	node.isPrimary ? !isReplaced(node.index, seen) : isReplaced(node.index % primaries, seen);
const worldOf = (node: Node) => (world.unheard?.includes(node.index) ? asItBegan : world);

// ---------------------------------------------------------------------------------------------------------
// INFO: a real one, with the lines that grow or differ between nodes moved to its end

const infoFile = new URL('../fixtures/redis-7.0.15/standalone/info-default.txt', import.meta.url);
const varying =
	/^(>|run_id|tcp_port|server_time_usec|uptime_in|total_commands|total_net_(in|out)put|keyspace_|used_memory:|used_memory_rss:|maxmemory|role|connected_slaves|slave\d|master_repl|aof_|rdb_changes|cluster_enabled|redis_mode|used_cpu_(sys|user)|allocator_|# Keyspace|db\d|evicted_keys|mem_frag|total_error|blocked_clients|active_defrag)/;
const steadyInfo = readFileSync(infoFile, 'latin1')
	.split(/\r?\n/)
	.filter(line => line !== '' && !varying.test(line))
	.join('\r\n');

/** Lines of INFO that are this node's own. */
function varyingInfo(node: Node): string {
	const seconds = (Date.now() - startedAt) / 1000;
	const ops = Math.floor(seconds * (400 + (node.index % 97) * 3));
	const offset = Math.floor(seconds * 20_000);
	const replica = nodes[node.index + primaries];
	const isReplicated = isCluster && leads(node) && replica !== undefined;
	const role = leads(node)
		? `role:master\r\nconnected_slaves:${isReplicated ? 1 : 0}\r\n${
				isReplicated ? `slave0:ip=${host},port=${replica.port},state=online,offset=${offset},lag=0\r\n` : ''
			}`
		: `role:slave\r\nmaster_host:${host}\r\nmaster_port:${primaryOf(node).port}\r\nmaster_link_status:up\r\nmaster_last_io_seconds_ago:0\r\nmaster_sync_in_progress:0\r\nslave_repl_offset:${offset}\r\nconnected_slaves:0\r\n`;
	return (
		`\r\nrun_id:${idOf(node.index)}\r\ntcp_port:${node.port}\r\nserver_time_usec:${Date.now() * 1000}\r\n` +
		`uptime_in_seconds:${90_000 + Math.floor(seconds)}\r\nredis_mode:${isCluster ? 'cluster' : 'standalone'}\r\n` +
		`total_commands_processed:${ops}\r\ntotal_net_input_bytes:${ops * 70}\r\ntotal_net_output_bytes:${ops * 220}\r\n` +
		`keyspace_hits:${Math.floor(ops * 0.8)}\r\nkeyspace_misses:${Math.floor(ops * 0.02)}\r\nevicted_keys:0\r\n` +
		`used_memory:${50_000_000 + (ops % 1_000_000)}\r\nused_memory_rss:${60_000_000 + (node.index % 50) * 4096}\r\n` +
		`mem_fragmentation_ratio:1.19\r\nmaxmemory:104857600\r\nmaxmemory_policy:allkeys-lru\r\nblocked_clients:0\r\n` +
		`rdb_changes_since_last_save:${ops}\r\naof_enabled:0\r\ntotal_error_replies:4\r\n${role}` +
		`master_replid:${idOf(node.index % primaries)}\r\nmaster_repl_offset:${offset}\r\n` +
		`used_cpu_sys_main_thread:${(seconds * 0.03).toFixed(6)}\r\nused_cpu_user_main_thread:${(seconds * 0.05).toFixed(6)}\r\n` +
		`cluster_enabled:${isCluster ? 1 : 0}\r\ndb0:keys=${100_000 + node.index},expires=40000,avg_ttl=90000\r\n`
	);
}

// ---------------------------------------------------------------------------------------------------------
// CLUSTER NODES: the lines of all, made anew once a second (ping times change); each node's own is put in between

type Lines = { readonly lines: readonly string[]; readonly before: readonly number[]; readonly all: string };
const made = new Map<World, Lines>();
let linesMadeAt = 0;

function nodeLine(node: Node, isMyself: boolean, seen: World): string {
	const shard = node.index % primaries;
	const isLeading = leads(node, seen);
	const slots = isLeading
		? ` ${Math.round((16_384 * shard) / primaries)}-${Math.round((16_384 * (shard + 1)) / primaries) - 1}`
		: '';
	const isFailed = seen.failed?.includes(node.index) === true;
	// One that was replaced and has failed does not know of it.
	const isFormer = node.isPrimary && isFailed;
	const flags = `${isMyself ? 'myself,' : ''}${isLeading || isFormer ? 'master' : 'slave'}${isFailed ? ',fail' : ''}`;
	const pong = isMyself ? 0 : linesMadeAt - ((node.index * 37) % 900);
	const leader = isReplaced(shard, seen) ? shard + primaries : shard;
	const primary = isLeading || isFormer ? '-' : idOf(leader);
	const epoch = !node.isPrimary && isLeading ? primaries + 1 : 1 + shard;
	return `${idOf(node.index)} ${host}:${node.port}@${node.port + 10_000} ${flags} ${primary} 0 ${pong} ${epoch} ${isFailed ? 'disconnected' : 'connected'}${slots}\n`;
}

function linesOf(seen: World): Lines {
	if (Date.now() - linesMadeAt > 1000) {
		linesMadeAt = Date.now();
		made.clear();
	}
	const known = made.get(seen);
	if (known) return known;
	const lines = nodes.map(each => nodeLine(each, false, seen));
	const before: number[] = [];
	let length = 0;
	for (const line of lines) {
		before.push(length);
		length += line.length;
	}
	const added = { lines, before, all: lines.join('') };
	made.set(seen, added);
	return added;
}

function clusterNodes(node: Node): readonly string[] {
	const seen = worldOf(node);
	const { lines, before, all } = linesOf(seen);
	const mine = nodeLine(node, true, seen);
	const start = before[node.index]!;
	const end = start + lines[node.index]!.length;
	return [
		`$${start + mine.length + all.length - end}\r\n`,
		all.slice(0, start),
		mine,
		all.slice(end),
		'\r\n',
	];
}

function clusterInfo(node: Node): string {
	const { failed = [], replaced = [] } = worldOf(node);
	const lost = failed.filter(index => index < primaries && !replaced.includes(index)).length;
	const slotsLost = Math.round((16_384 * lost) / primaries);
	return bulk(
		`cluster_state:${lost > 0 ? 'fail' : 'ok'}\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:${16_384 - slotsLost}\r\n` +
			`cluster_slots_pfail:0\r\ncluster_slots_fail:${slotsLost}\r\ncluster_known_nodes:${nodes.length}\r\n` +
			`cluster_size:${primaries}\r\ncluster_current_epoch:${primaries + replaced.length}\r\ncluster_my_epoch:1\r\n` +
			`cluster_stats_messages_sent:${Date.now()}\r\n`,
	);
}

const commandstats = bulk(
	`# Commandstats\r\n${[
		'get',
		'set',
		'info',
		'cluster|nodes',
		'cluster|info',
		'slowlog|get',
		'expire',
		'hget',
	]
		.map(name => `cmdstat_${name}:calls=1000,usec=20000,usec_per_call=20.00,rejected_calls=0,failed_calls=0`)
		.join('\r\n')}\r\n`,
);
const config = array(
	...['maxclients', '10000', 'cluster-node-timeout', '15000', 'repl-backlog-size', '1048576'].map(bulk),
);

// ---------------------------------------------------------------------------------------------------------
// Answers

const firstInfo = `# Server\r\n${steadyInfo}`;

function answer(node: Node, words: readonly string[]): readonly string[] {
	const command = words.join(' ').toLowerCase();
	const own = node.behaviour.replies;
	for (const [prefix, bytes] of Object.entries(own ?? {})) if (command.startsWith(prefix)) return [bytes];
	// Whoever else knocks at one of a thousand ports may say anything.
	const [name = ''] = words;
	switch (name.toLowerCase()) {
		case 'info': {
			if (words[1]?.toLowerCase() === 'commandstats') return [commandstats];
			const more = varyingInfo(node) + (node.behaviour.info ?? '');
			return [`$${firstInfo.length + more.length}\r\n`, firstInfo, more, '\r\n'];
		}
		case 'ping':
			return ['+PONG\r\n'];
		case 'auth':
		case 'client':
			return ['+OK\r\n'];
		case 'cluster':
			if (!isCluster) return ['-ERR This instance has cluster support disabled\r\n'];
			return words[1]?.toLowerCase() === 'nodes' ? clusterNodes(node) : [clusterInfo(node)];
		case 'config':
			return [config];
		case 'slowlog':
			return ['*0\r\n'];
		default:
			return [`-ERR unknown command '${name.slice(0, 128)}', with args beginning with: \r\n`];
	}
}

/** The commands that are whole in what has arrived, and the rest. */
function readCommands(text: string): { commands: string[][]; rest: string } {
	const commands: string[][] = [];
	let start = 0;
	for (;;) {
		const command = readCommand(text, start);
		if (!command) return { commands, rest: text.slice(start) };
		commands.push(command.words);
		start = command.end;
	}
}

function readCommand(text: string, start: number): { words: string[]; end: number } | undefined {
	let at = text.indexOf('\r\n', start) + 2;
	if (at < 2) return undefined;
	const words: string[] = [];
	const count = Number(text.slice(start + 1, at - 2));
	for (let index = 0; index < count; index++) {
		const end = text.indexOf('\r\n', at);
		if (end < 0) return undefined;
		const length = Number(text.slice(at + 1, end));
		if (text.length < end + 4 + length) return undefined;
		words.push(text.slice(end + 2, end + 2 + length));
		at = end + 4 + length;
	}
	return { words, end: at };
}

function serve(node: Node, socket: Socket): void {
	node.sockets.add(socket);
	// First of all: whoever is hung up on may answer with a reset.
	socket.on('error', () => {});
	if (node.behaviour.mode === 'close') return void socket.end(node.behaviour.greeting ?? '', 'latin1');
	let rest = '';
	socket.setNoDelay(true);
	socket.setEncoding('latin1');
	socket.on('close', () => node.sockets.delete(socket));
	socket.on('data', chunk => {
		if (node.behaviour.mode === 'freeze') return;
		const read = readCommands(rest + chunk);
		rest = read.rest;
		const { delayMilliseconds } = node.behaviour;
		const reply = () => {
			if (socket.destroyed) return;
			socket.cork();
			for (const words of read.commands) {
				asked.set(node.index, (asked.get(node.index) ?? 0) + 1);
				for (const part of answer(node, words)) socket.write(part, 'latin1');
				if (node.behaviour.mode === 'close-after') socket.end();
			}
			socket.uncork();
		};
		if (delayMilliseconds) setTimeout(reply, delayMilliseconds);
		else reply();
	});
}
const asked = new Map<number, number>();
const connected = new Map<number, number>();

function listen(node: Node): Promise<void> {
	node.server = createServer(socket => {
		connected.set(node.index, (connected.get(node.index) ?? 0) + 1);
		serve(node, socket);
	});
	return new Promise(resolve => {
		node.server.listen(node.port, host, () => {
			node.port = (node.server.address() as { port: number }).port;
			resolve();
		});
	});
}

async function behave(node: Node, next: Behaviour): Promise<void> {
	const wasRefusing = node.behaviour.mode === 'refuse';
	node.behaviour = next;
	if (next.mode === 'refuse') {
		node.server.close();
		for (const socket of node.sockets) socket.destroy();
	} else if (wasRefusing) await listen(node);
}

process.on('disconnect', () => process.exit(0));
process.on('message', (told: Told) => {
	const chosen = told.nodes === 'all' ? nodes : told.nodes.map(index => nodes[index]!);
	if (told.world) {
		world = told.world;
		made.clear();
	}
	const { behaviour = {} } = told;
	void Promise.all(chosen.map(node => behave(node, behaviour))).then(() =>
		process.send!({
			id: told.id,
			asked: nodes.map(node => asked.get(node.index) ?? 0),
			connected: nodes.map(node => connected.get(node.index) ?? 0),
		}),
	);
});

for (let index = 0; index < plan.nodes; index++) {
	const isPrimary = index < primaries;
	nodes.push({
		index,
		isPrimary,
		port: 0,
		server: undefined as unknown as Server,
		sockets: new Set(),
		behaviour: plan.behaviour ?? {},
	});
}
await Promise.all(nodes.map(listen));
process.send!({ ports: nodes.map(node => node.port) });
