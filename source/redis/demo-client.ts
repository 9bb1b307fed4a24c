// A connection that may write, for the servers of --demo and for no others. It stands outside the allow-list of
// commands.ts, so it must be impossible to reach a user's server with it: it takes no address, only a child process
// that this program has started and the port it was told; it dials 127.0.0.1 alone; and before it is handed out it
// asks who answers there (INFO's process_id) and hangs up unless that is the child. Somebody else's server on that
// port is asked this one question and nothing else. Only demo/ starts processes, so only demo/ can open one.
// It speaks over a bare socket: at 3,000 commands a second the traffic would otherwise cost twice the CPU.

import type { ChildProcess } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { isError } from '../core/reply.ts';
import type { Reply } from '../core/types.ts';
import { replyReader } from './reply-reader.ts';

/** A server of the demo: a running child of this process, and the port it was started on. */
export type DemoServer = { readonly child: ChildProcess; readonly port: number };

export type Words = readonly (string | number)[];

export type DemoClient = {
	readonly isOpen: boolean;
	/** Commands that were sent and not yet answered. */
	readonly unanswered: number;
	/** One command; an error reply rejects. */
	readonly call: (...words: Words) => Promise<Reply>;
	/** All in one write; each reply, errors too, with its command. What the end of the connection cuts off gets none. */
	readonly send: (commands: readonly Words[], onReply?: (reply: Reply, words: Words) => void) => void;
	/** Called once when the connection ends, by whichever side. */
	readonly onEnd: (act: () => void) => void;
	readonly close: () => void;
};

/** Connects, and rejects unless it is the child that answers. */
export async function openDemoClient({ child, port }: DemoServer): Promise<DemoClient> {
	if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null)
		throw new Error(`the demo's server on port ${port} is not running`);
	const socket = connect({ host: '127.0.0.1', port, noDelay: true });
	const client = clientOn(socket);
	try {
		await new Promise<void>((resolve, reject) => {
			socket.once('connect', resolve);
			socket.once('error', reject);
			client.onEnd(() => reject(new Error(`the demo's server on port ${port} closed the connection`)));
		});
		const info = await client.call('INFO', 'server');
		const pid = /^process_id:(\d+)/m.exec(String(info))?.[1];
		if (pid !== String(child.pid)) throw new Error(`port ${port} is not the demo's own server`);
		return client;
	} catch (thrown) {
		client.close();
		throw thrown;
	}
}

/** What went out in one write; `next` is the command whose reply comes next. */
type Batch = {
	readonly commands: readonly Words[];
	next: number;
	readonly onReply?: (reply: Reply, words: Words) => void;
	readonly onLost?: () => void;
};

function clientOn(socket: Socket): DemoClient {
	const batches: Batch[] = [];
	const endings: (() => void)[] = [];
	let isOpen = true;
	let unanswered = 0;

	const end = () => {
		if (!isOpen) return;
		isOpen = false;
		socket.destroy();
		for (const batch of batches.splice(0)) batch.onLost?.();
		for (const act of endings) act();
	};
	const write = (batch: Batch) => {
		batches.push(batch);
		unanswered += batch.commands.length;
		socket.write(batch.commands.map(encoded).join(''), 'latin1');
	};
	const onReply = (reply: Reply) => {
		const batch = batches[0];
		if (!batch) return end();
		const words = batch.commands[batch.next++]!;
		unanswered--;
		if (batch.next === batch.commands.length) batches.shift();
		batch.onReply?.(reply, words);
	};
	socket.on('data', replyReader(onReply, end));
	// A close follows every error.
	socket.on('error', () => {});
	socket.on('close', end);

	const client: DemoClient = {
		get isOpen() {
			return isOpen;
		},
		get unanswered() {
			return unanswered;
		},
		call: (...words) =>
			new Promise((resolve, reject) => {
				const onLost = () => reject(new Error('the connection to a server of the demo ended'));
				if (!isOpen) return onLost();
				const onReply = (reply: Reply) => (isError(reply) ? reject(new Error(reply.error)) : resolve(reply));
				write({ commands: [words], next: 0, onReply, onLost });
			}),
		send(commands, onReply) {
			if (isOpen && commands.length > 0) write({ commands, next: 0, onReply });
		},
		onEnd: act => void endings.push(act),
		close: end,
	};
	return client;
}

/** As the protocol wants it. The demo's words are all ASCII, so a length in characters is one in bytes. */
function encoded(words: Words): string {
	let text = `*${words.length}\r\n`;
	for (const word of words) {
		const written = String(word);
		text += `$${written.length}\r\n${written}\r\n`;
	}
	return text;
}
