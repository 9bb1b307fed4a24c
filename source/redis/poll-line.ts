// What is asked on a connection that is polled, and what comes back. The client library opens it and sees to TLS; from then on
// the bytes are written and read here. Its commands, pipelines and promises were a sixteenth of all CPU at six nodes, where
// PINGs and questions are 36 a second. Answers come in the order of the calls; errors of the server are values, and what ends
// the connection rejects all that waits.

import type { Redis } from 'ioredis';
import type { ReplyLimits } from '../core/reply-limits.ts';
import { ownText } from '../core/text/own-text.ts';
import type { Reply } from '../core/types.ts';
import type { Call } from './commands.ts';
import { encoded } from './encode.ts';
import { replyReader } from './reply-reader.ts';

export type PollLine = {
	/** Sends the calls in one write; one reply each, in their order. `onFirst`: the first of them is being answered. */
	readonly ask: (calls: readonly Call[], onFirst: () => void) => Promise<readonly Reply[]>;
	/** The same for one call; undefined where the connection has ended, or ends before it is answered. */
	readonly askOne: (item: Call, onReply: (reply: Reply | undefined) => void) => void;
	/** Nobody waits any more: what is asked is given up now, and what still comes is no answer. */
	readonly leave: () => void;
};

type Awaited = {
	readonly calls: readonly Call[];
	readonly replies: Reply[];
	readonly onReply: (reply: Reply) => void;
	readonly onEnd: (why: Error) => void;
};

/** Takes the stream of a client at its `connect`, before anything can have come on it: the library sees no byte of it. */
export function takeLine({ stream }: Redis, limits: ReplyLimits | undefined): PollLine {
	const awaited: Awaited[] = [];
	let isEnded = false;
	/** Bytes of the text that the replies are cut from, at most. */
	let held = 0;

	const take = (reply: Reply) => {
		const waiting = awaited[0];
		// What comes before anything was asked is why the server hangs up: open-line.ts has it.
		if (!waiting) return;
		const kept = standsAlone(reply, held);
		if (waiting.replies.push(kept) === waiting.calls.length) awaited.shift();
		waiting.onReply(kept);
	};
	const read = replyReader(
		take,
		why => stream.destroy(why),
		() => awaited[0]?.calls[awaited[0].replies.length]?.feature,
		limits,
	);
	const end = () => {
		isEnded = true;
		for (const { onEnd, replies } of awaited.splice(0)) onEnd(replies.length > 0 ? aborted() : closed());
	};
	const send = (asked: Awaited) => {
		awaited.push(asked);
		let text = '';
		for (const { words } of asked.calls) text += encoded(words);
		stream.write(text, 'latin1');
	};

	stream.removeAllListeners('data');
	stream.on('data', (chunk: Buffer) => {
		if (isEnded) return;
		held += chunk.length;
		if (read(chunk) >= 0) held = 0;
	});
	stream.on('close', end);

	return {
		ask: (calls, onFirst) =>
			new Promise((resolve, reject) => {
				if (isEnded || !stream.writable) return reject(closed());
				const replies: Reply[] = [];
				const onReply = () => {
					if (replies.length === 1) onFirst();
					if (replies.length === calls.length) resolve(replies);
				};
				send({ calls, replies, onReply, onEnd: reject });
			}),
		askOne(item, onReply) {
			if (isEnded || !stream.writable) return onReply(undefined);
			send({ calls: [item], replies: [], onReply, onEnd: () => onReply(undefined) });
		},
		leave: end,
	};
}

const closed = () => new Error('Connection is closed');
/** So it spoke with us, and as we speak. */
const aborted = () => new Error('aborted due to connection close');

/** A piece of a text keeps all of it: what is a small part of what came with it is copied. */
function standsAlone(reply: Reply, held: number): Reply {
	if (typeof reply === 'string') return reply.length * 2 < held ? ownBytes(reply) : reply;
	return Array.isArray(reply) ? reply.map(part => standsAlone(part, held)) : reply;
}

const longBytes = 16_384;

/** A long one at once: letter by letter eight megabytes would keep a key waiting. */
const ownBytes = (text: string): string =>
	text.length > longBytes ? Buffer.from(text, 'latin1').toString('latin1') : ownText(text);
