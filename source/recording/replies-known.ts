// The replies that were last recorded of each node, on both sides of a recording: what is written is what has changed
// since (format 2), and what is read is put together again. What they know together is also where a replay can begin.

import type { Address, Reading, Reply } from '../core/types.ts';
import { patched, patchOf } from './reply-delta.ts';

/** In a recording: the reply, nothing where it is the one before, or what has changed of it. */
export type RecordedReply =
	| readonly [command: string]
	| readonly [command: string, reply: Reply]
	| readonly [command: string, reply: null, patch: string];

export type DeltaReading = Omit<Reading, 'replies'> & { readonly replies: readonly RecordedReply[] };

/** Longer replies (views of a cluster of hundreds of nodes) stand whole each time, and are not kept. */
const longestKept = 65_536;
/** Of all replies together, characters. */
const mostKept = 24 * 1024 * 1024;

type Known = {
	reading: Reading;
	readonly replies: Map<string, { readonly reply: Reply; readonly text: string }>;
};

export type RepliesKnown = {
	/** As it is written; from here on it is known. */
	readonly encode: (fleet: number, reading: Reading) => DeltaReading;
	/** As it was; undefined where it rests on what was never read. */
	readonly decode: (fleet: number, reading: DeltaReading) => Reading | undefined;
	/** The newest reading of each node that has answered since, with all that is known of it. */
	readonly all: (since: number) => readonly { readonly fleet: number; readonly reading: Reading }[];
	readonly forget: () => void;
};

/** `most` characters are kept; who reads keeps whatever the writer can have kept. */
export function createRepliesKnown(most = mostKept): RepliesKnown {
	const nodes = new Map<string, Known>();
	let kept = 0;

	const keyOf = (fleet: number, node: Address) => `${fleet} ${node}`;

	const drop = (known: Known, command: string) => {
		kept -= known.replies.get(command)?.text.length ?? 0;
		known.replies.delete(command);
	};

	const keep = (known: Known, command: string, reply: Reply, text: string) => {
		drop(known, command);
		if (text.length > longestKept || kept + text.length > most) return;
		kept += text.length;
		known.replies.set(command, { reply, text });
	};

	const knownOf = (fleet: number, reading: Reading): Known => {
		const key = keyOf(fleet, reading.node);
		const known = nodes.get(key) ?? { reading, replies: new Map() };
		nodes.set(key, known);
		known.reading = reading;
		return known;
	};

	return {
		encode(fleet, reading) {
			const known = knownOf(fleet, reading);
			const replies = reading.replies.map(([command, reply]): RecordedReply => {
				const before = known.replies.get(command);
				const text = textOf(reply);
				if (before?.text === text) return [command];
				keep(known, command, reply, text);
				const patch =
					typeof reply === 'string' && typeof before?.reply === 'string'
						? patchOf(before.reply, reply)
						: undefined;
				return patch === undefined || !known.replies.has(command) ? [command, reply] : [command, null, patch];
			});
			return { ...reading, replies };
		},
		decode(fleet, reading) {
			const known = nodes.get(keyOf(fleet, reading.node));
			const replies: (readonly [string, Reply])[] = [];
			for (const [command, reply, patch] of reading.replies) {
				if (reply !== undefined && patch === undefined) {
					replies.push([command, reply]);
					continue;
				}
				const before = known?.replies.get(command)?.reply;
				if (before === undefined) return undefined;
				const now =
					patch === undefined ? before : typeof before === 'string' ? patched(before, patch) : undefined;
				if (now === undefined) return undefined;
				replies.push([command, now]);
			}
			const whole: Reading = { ...reading, replies };
			const next = knownOf(fleet, whole);
			for (const [command, reply] of replies) keep(next, command, reply, textOf(reply));
			return whole;
		},
		all(since) {
			const found: { fleet: number; reading: Reading }[] = [];
			for (const [key, { reading, replies }] of nodes) {
				if (reading.at < since) {
					for (const { text } of replies.values()) kept -= text.length;
					nodes.delete(key);
					continue;
				}
				const all = [...replies].map(([command, { reply }]) => [command, reply] as const);
				found.push({ fleet: Number(key.slice(0, key.indexOf(' '))), reading: { ...reading, replies: all } });
			}
			return found;
		},
		forget() {
			nodes.clear();
			kept = 0;
		},
	};
}

const textOf = (reply: Reply): string => (typeof reply === 'string' ? reply : JSON.stringify(reply));
