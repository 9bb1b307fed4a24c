// A server of one test that answers what the test's function says, with a memory: for commands of servers that cannot
// be had here (HOTKEYS of Redis 8.6 and of Valkey, SLOT-STATS of Redis 8.2) and for what services refuse. In the
// test's own process, so that it sees every command in order and can end a connection at any moment.

import { createServer, type Socket } from 'node:net';

export const bulk = (text: string) => `$${Buffer.byteLength(text, 'latin1')}\r\n${text}\r\n`;
export const integer = (value: number) => `:${value}\r\n`;
export const array = (...items: readonly string[]) => `*${items.length}\r\n${items.join('')}`;
export const error = (text: string) => `-${text}\r\n`;
export const nil = '$-1\r\n';
export const ok = '+OK\r\n';

/** The whole reply as bytes; undefined for what any server answers to it. */
export type Answer = (words: readonly string[], command: string) => string | undefined;

export type ScriptedNode = {
	readonly address: string;
	/** Every command so far, lower case, in order. */
	readonly asked: readonly string[];
	/** Of them those that begin so. */
	readonly askedFor: (prefix: string) => readonly string[];
	/** As a server counts them: not those it does not know. */
	readonly processed: () => number;
	readonly connections: () => number;
	/** Ends all connections; with `isGone` it takes no new ones. */
	readonly hangUp: (isGone?: boolean) => void;
	readonly close: () => Promise<void>;
};

export type InfoFields = Readonly<Record<string, string | number>>;

export const infoOf = (fields: InfoFields) =>
	bulk(
		Object.entries(fields)
			.map(([name, value]) => `${name}:${value}\r\n`)
			.join(''),
	);

const unknown = (words: readonly string[]) =>
	error(`ERR unknown command '${words[0]}', with args beginning with: ${words.slice(1).join(' ')}`);

export async function startNode(info: InfoFields, answer: Answer): Promise<ScriptedNode> {
	const sockets = new Set<Socket>();
	const asked: string[] = [];
	let processed = 0;
	const usual = (words: readonly string[], command: string): string => {
		if (command === 'info') return infoOf({ run_id: 'a'.repeat(40), role: 'master', ...info });
		if (/^(auth|client|select|readonly)/.test(command)) return ok;
		if (command.startsWith('config')) return array();
		return unknown(words);
	};
	const server = createServer(socket => {
		sockets.add(socket);
		let rest = '';
		socket.setEncoding('latin1');
		socket.on('error', () => {});
		socket.on('close', () => sockets.delete(socket));
		socket.on('data', chunk => {
			const read = readCommands(rest + chunk);
			rest = read.rest;
			for (const words of read.commands) {
				const command = words.join(' ').toLowerCase();
				asked.push(command);
				const reply = answer(words, command) ?? usual(words, command);
				if (!reply.startsWith('-ERR unknown')) processed++;
				socket.write(reply, 'latin1');
			}
		});
	});
	const port = await new Promise<number>(resolve => {
		server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
	});
	const hangUp = (isGone = false) => {
		if (isGone) server.close();
		for (const socket of sockets) socket.destroy();
	};
	return {
		address: `127.0.0.1:${port}`,
		asked,
		askedFor: prefix => asked.filter(command => command.startsWith(prefix)),
		processed: () => processed,
		connections: () => sockets.size,
		hangUp,
		close: () =>
			new Promise(resolve => {
				server.close(() => resolve());
				hangUp();
			}),
	};
}

function readCommands(text: string): { commands: string[][]; rest: string } {
	const commands: string[][] = [];
	let start = 0;
	for (;;) {
		let at = text.indexOf('\r\n', start) + 2;
		if (at < 2) return { commands, rest: text.slice(start) };
		const words: string[] = [];
		const length = Number(text.slice(start + 1, at - 2));
		while (words.length < length) {
			const end = text.indexOf('\r\n', at);
			const size = Number(text.slice(at + 1, end));
			if (end < 0 || text.length < end + 4 + size) return { commands, rest: text.slice(start) };
			words.push(text.slice(end + 2, end + 2 + size));
			at = end + 4 + size;
		}
		commands.push(words);
		start = at;
	}
}
