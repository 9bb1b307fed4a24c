// A server that speaks RESP and says what a function tells it to: for the kinds of servers in kinds.ts. One process may
// have many of them. It knows no command.

import { createServer, type Server, type Socket } from 'node:net';

/** What a server answers: bytes as they go out, or `hang-up`. */
export type Answer = (words: readonly string[], socket: Socket) => string | 'hang-up';

export const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
export const error = (text: string) => `-${text}\r\n`;
export const list = (...items: readonly string[]) => `*${items.length}\r\n${items.join('')}`;
export const ok = '+OK\r\n';

export type RespServer = { readonly port: number; readonly stop: () => Promise<void> };

/** Port 0 is any that is free. */
export async function serveResp(answer: Answer, port = 0, host = '127.0.0.1'): Promise<RespServer> {
	const sockets = new Set<Socket>();
	const server: Server = createServer(socket => {
		sockets.add(socket);
		let held = '';
		socket.setEncoding('latin1');
		socket.on('error', () => {});
		socket.on('close', () => sockets.delete(socket));
		socket.on('data', chunk => {
			const read = commandsIn(held + chunk);
			held = read.rest;
			for (const words of read.commands) {
				const said = answer(words, socket);
				if (said === 'hang-up') return void socket.end();
				if (!socket.destroyed) socket.write(said, 'latin1');
			}
		});
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, host, () => resolve());
	});
	return {
		port: (server.address() as { port: number }).port,
		stop: () =>
			new Promise(resolve => {
				server.close(() => resolve());
				for (const socket of sockets) socket.destroy();
			}),
	};
}

/** The commands that are whole, and the rest. */
function commandsIn(text: string): { readonly commands: readonly string[][]; readonly rest: string } {
	const commands: string[][] = [];
	let at = 0;
	for (;;) {
		const head = /^\*(\d+)\r\n/.exec(text.slice(at, at + 16));
		if (!head) return { commands, rest: text.slice(at) };
		const words: string[] = [];
		let end = at + head[0].length;
		for (let left = Number(head[1]); left > 0; left--) {
			const size = /^\$(\d+)\r\n/.exec(text.slice(end, end + 16));
			const from = end + (size?.[0].length ?? 0);
			const to = from + Number(size?.[1] ?? Number.NaN);
			if (!size || text.length < to + 2) return { commands, rest: text.slice(at) };
			words.push(text.slice(from, to));
			end = to + 2;
		}
		commands.push(words);
		at = end;
	}
}
