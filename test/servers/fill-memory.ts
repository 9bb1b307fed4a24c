// Fills the memory of a real server with anything but plain data: cached scripts, function libraries, half-sent
// commands, subscriptions, tracked keys, queued transactions, connections. Each hands back how to let go of it, and
// resolves when the server has taken it. The amounts are the caller's; nothing here judges what a server does.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { RunningServer } from './start.ts';

/** Ends the connections that hold it. */
export type Release = () => void;

type Words = readonly (string | number)[];

const encode = (words: Words): string =>
	`*${words.length}\r\n${words.map(word => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`).join('')}`;

/** A connection without a parser: what is sent may be half a command, and replies are only counted by their end. */
async function open({ host, port }: RunningServer): Promise<Socket> {
	const socket = connect({ host, port, noDelay: true });
	socket.on('error', () => {});
	await once(socket, 'connect');
	return socket;
}

/** Sends them all and waits for the PONG behind them, so that all were taken. */
async function send(socket: Socket, commands: readonly Words[]): Promise<void> {
	let seen = '';
	const answered = new Promise<void>((resolve, reject) => {
		const read = (chunk: Buffer) => {
			seen = (seen + chunk.toString('latin1')).slice(-64);
			if (!seen.endsWith('$3\r\nend\r\n')) return;
			socket.off('data', read);
			resolve();
		};
		socket.on('data', read);
		socket.once('close', () => reject(new Error('the server has closed the connection')));
	});
	for (let from = 0; from < commands.length; from += 500)
		socket.write(
			commands
				.slice(from, from + 500)
				.map(encode)
				.join(''),
		);
	// ECHO is answered also in between; within MULTI or a subscription the caller ends otherwise.
	socket.write(encode(['ECHO', 'end']));
	await answered;
}

const range = (amount: number) => Array.from({ length: amount }, (_, index) => index);

/** Different bodies by EVAL, as a client does that puts values into its scripts. From 7.4 on only 500 of them stay. */
export async function fillByEval(server: RunningServer, scripts: number, from = 0): Promise<void> {
	const socket = await open(server);
	const pad = 'pad'.repeat(150);
	await send(
		socket,
		range(scripts).map(id => [
			'EVAL',
			`local a=redis.call('GET','order:${from + id}'); return a or '${pad}'`,
			0,
		]),
	);
	socket.destroy();
}

/** Different bodies by SCRIPT LOAD, which no server lets go of by itself. */
export async function fillByScriptLoad(server: RunningServer, scripts: number, from = 0): Promise<void> {
	const socket = await open(server);
	const pad = 'pad'.repeat(150);
	await send(
		socket,
		range(scripts).map(id => [
			'SCRIPT',
			'LOAD',
			`local a=redis.call('GET','order:${from + id}'); return a or '${pad}'`,
		]),
	);
	socket.destroy();
}

/** Function libraries of some kilobytes each (7.0 and later). */
export async function fillWithFunctions(server: RunningServer, libraries: number): Promise<void> {
	const socket = await open(server);
	const pad = `-- ${'pad '.repeat(1500)}`;
	await send(
		socket,
		range(libraries).map(id => [
			'FUNCTION',
			'LOAD',
			`#!lua name=lib${id}\n${pad}\nredis.register_function('f${id}', function(keys) return '${'v'.repeat(2000)}' end)`,
		]),
	);
	socket.destroy();
}

/** Connections that have sent most of a large SET and not its end. */
export async function fillQueryBuffers(
	server: RunningServer,
	clients: number,
	bytes: number,
): Promise<Release> {
	const sockets = await Promise.all(range(clients).map(() => open(server)));
	for (const [index, socket] of sockets.entries()) {
		socket.write(encode(['CLIENT', 'SETNAME', `uploader-${index}`]));
		socket.write(
			`*3\r\n$3\r\nSET\r\n$5\r\nblob${index % 10}\r\n$${bytes}\r\n${'z'.repeat(Math.floor(bytes * 0.97))}`,
		);
	}
	return () => sockets.forEach(socket => void socket.destroy());
}

/** One connection that listens to so many channels or patterns. */
export async function fillWithSubscriptions(
	server: RunningServer,
	how: 'SUBSCRIBE' | 'PSUBSCRIBE' | 'SSUBSCRIBE',
	amount: number,
): Promise<Release> {
	const socket = await open(server);
	let seen = '';
	const last = `:${amount}\r\n`;
	const isDone = new Promise<void>(resolve => {
		socket.on('data', (chunk: Buffer) => {
			seen = (seen + chunk.toString('latin1')).slice(-64);
			if (seen.endsWith(last)) resolve();
		});
	});
	for (let from = 0; from < amount; from += 1000)
		socket.write(
			encode([how, ...range(Math.min(1000, amount - from)).map(id => `presence:room:${from + id}:events`)]),
		);
	await isDone;
	return () => void socket.destroy();
}

/** One connection that reads keys under CLIENT TRACKING: the server remembers every one. */
export async function fillTrackingTable(server: RunningServer, keys: number): Promise<Release> {
	const socket = await open(server);
	await send(socket, [
		['HELLO', 3],
		['CLIENT', 'TRACKING', 'ON'],
	]);
	await send(
		socket,
		range(keys).map(id => ['GET', `profile:of:user:number:${id}:settings`]),
	);
	return () => void socket.destroy();
}

/** Connections with commands queued in a MULTI that nobody ends. */
export async function fillTransactions(
	server: RunningServer,
	clients: number,
	commands: number,
	bytes: number,
): Promise<Release> {
	const sockets = await Promise.all(range(clients).map(() => open(server)));
	await Promise.all(
		sockets.map(async socket => {
			const queued = new Promise<void>(resolve => {
				let text = '';
				let seen = 0;
				socket.on('data', (chunk: Buffer) => {
					text += chunk.toString('latin1');
					const replies = text.split('+QUEUED\r\n');
					seen += replies.length - 1;
					text = replies.at(-1)!;
					if (seen >= commands) resolve();
				});
			});
			socket.write(encode(['MULTI']));
			for (const id of range(commands)) socket.write(encode(['SET', `job:${id}`, 'q'.repeat(bytes)]));
			await queued;
		}),
	);
	return () => sockets.forEach(socket => void socket.destroy());
}

/** Connections that do nothing. */
export async function fillWithConnections(server: RunningServer, clients: number): Promise<Release> {
	const sockets: Socket[] = [];
	for (let from = 0; from < clients; from += 200)
		sockets.push(...(await Promise.all(range(Math.min(200, clients - from)).map(() => open(server)))));
	await Promise.all(sockets.map(socket => send(socket, [])));
	return () => sockets.forEach(socket => void socket.destroy());
}

/** Connections that wait in BLPOP for so many keys each. */
export async function fillWithBlocked(
	server: RunningServer,
	clients: number,
	keys: number,
): Promise<Release> {
	const sockets = await Promise.all(range(clients).map(() => open(server)));
	for (const [index, socket] of sockets.entries())
		socket.write(encode(['BLPOP', ...range(keys).map(id => `queue:${index}:${id}`), 0]));
	return () => sockets.forEach(socket => void socket.destroy());
}

/** Entries of a trimmed stream that its group `billing` has been given and never confirms. */
export async function fillPending(server: RunningServer, entries: number): Promise<void> {
	const socket = await open(server);
	const value = 'z'.repeat(20);
	const read = ['XREADGROUP', 'GROUP', 'billing', 'pod', 'COUNT', 100, 'STREAMS', 'events:orders', '>'];
	for (let from = 0; from < entries; from += 500)
		await send(
			socket,
			range(500).flatMap((id): Words[] => [
				['XADD', 'events:orders', 'MAXLEN', 1000, '*', 'o', from + id, 'p', value],
				...(id % 100 === 99 ? [read] : []),
			]),
		);
	socket.destroy();
}

/** Keys that have expired and are still there: the active cycle is off, and nobody reads them. */
export async function fillWithExpired(server: RunningServer, keys: number, bytes: number): Promise<void> {
	await server.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
	const socket = await open(server);
	const value = 'x'.repeat(bytes);
	await send(
		socket,
		range(keys).map(id => ['SET', `sess:${id}`, value, 'PX', 500]),
	);
	socket.destroy();
}

/** A primary that has sent its replica more than the backlog holds: one key, written again and again. */
export async function fillBacklog(primary: RunningServer): Promise<void> {
	const value = 'x'.repeat(1_000_000);
	for (let times = 0; times < 60; times++) await primary.call('SET', 'page', value);
}

/** Messages for a node of the cluster that does not read: they wait in the link to it. */
export async function fillClusterLinks(node: RunningServer, megabytes: number): Promise<void> {
	const message = 'x'.repeat(1_000_000);
	for (let times = 0; times < megabytes; times++) await node.call('PUBLISH', 'news', message);
}
