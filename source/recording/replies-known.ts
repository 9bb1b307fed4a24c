// The replies that were last recorded of each node, on both sides of a recording: what is written is what has changed
// since (from format 2 on), and what is read is put together again. What they know together is also where a replay can begin.

import type { Address, OwnUse, Reading, Reply } from '../core/types.ts';
import { ownBetween, ownGrown } from './own-delta.ts';
import { noPlaces, type Places, patched, patchedBy, patchFrom } from './reply-delta.ts';
import { createViewsRead, createViewsTold } from './views-known.ts';

/**
 * In a recording: the reply, nothing where it is the one before, or what has changed of it (null: as in format 2; false:
 * a view of a fleet of many, see views-known.ts).
 */
export type RecordedReply =
	| readonly [command: string]
	| readonly [command: string, reply: Reply]
	| readonly [command: string, how: null | boolean, patch: string];

/** `ownBy`: what our own use grew by since the reading before, in place of it. */
export type DeltaReading = Omit<Reading, 'replies' | 'own'> & {
	readonly replies: readonly RecordedReply[];
	readonly own?: OwnUse;
	readonly ownBy?: OwnUse;
};

/** Longer replies stand whole each time, and are not kept. */
const longestKept = 65_536;
/** Of all replies together, characters. */
const mostKept = 24 * 1024 * 1024;

type Known = {
	reading: Reading;
	/** Of what was read since the start, or the last key frame, anew. */
	isNew: boolean;
	readonly replies: Map<string, KnownReply>;
};

type KnownReply = { readonly reply: Reply; readonly text: string; readonly places: Places };

export type RepliesKnown = {
	/** As it is written; from here on it is known. */
	readonly encode: (fleet: number, reading: Reading) => DeltaReading;
	/** As it was; undefined where it rests on what was never read. */
	readonly decode: (fleet: number, reading: DeltaReading) => Reading | undefined;
	/** The newest reading of each node that has answered since, with all that is known of it but views of many nodes. */
	readonly all: (since: number) => readonly { readonly fleet: number; readonly reading: Reading }[];
	readonly forget: () => void;
	/** As they are written into a key frame, which a reader may begin at: he knows what stands in it and nothing else. */
	readonly restart: (
		all: ReturnType<RepliesKnown['all']>,
	) => readonly { readonly fleet: number; readonly reading: DeltaReading }[];
};

/** `most` characters are kept; who reads keeps whatever the writer can have kept. */
export function createRepliesKnown(most = mostKept): RepliesKnown {
	const nodes = new Map<string, Known>();
	let kept = 0;
	const viewsTold = createViewsTold();
	const viewsRead = createViewsRead();

	const keyOf = (fleet: number, node: Address) => `${fleet} ${node}`;

	const drop = (known: Known, command: string) => {
		kept -= known.replies.get(command)?.text.length ?? 0;
		known.replies.delete(command);
	};

	const keep = (known: Known, command: string, reply: Reply, text: string, places = noPlaces) => {
		drop(known, command);
		if (text.length > longestKept || kept + text.length > most) return;
		kept += text.length;
		known.replies.set(command, { reply, text, places });
	};

	const knownOf = (fleet: number, reading: Reading): Known => {
		const key = keyOf(fleet, reading.node);
		const known = nodes.get(key) ?? { reading, isNew: true, replies: new Map() };
		nodes.set(key, known);
		return known;
	};

	const encodeReply = (fleet: number, known: Known, command: string, reply: Reply): RecordedReply => {
		if (command === viewCommand && typeof reply === 'string') {
			const { node } = known.reading;
			const view = viewsTold.tell(fleet, node, reply);
			if (view !== undefined) {
				drop(known, command);
				return [command, false, view];
			}
			viewsTold.drop(fleet, node);
		}
		const before = known.replies.get(command);
		const text = textOf(reply);
		if (before?.text === text) return [command];
		const patch =
			typeof reply === 'string' && typeof before?.reply === 'string'
				? patchFrom(before.reply, reply, before.places)
				: undefined;
		keep(known, command, reply, text, patch?.places);
		return patch === undefined || !known.replies.has(command)
			? [command, reply]
			: [command, true, patch.text];
	};

	/** Undefined where there is none it rests on. */
	const decodeReply = (
		fleet: number,
		node: Address,
		known: Known | undefined,
		told: RecordedReply,
	): Omit<KnownReply, 'text'> | undefined => {
		const [command, reply, patch] = told;
		if (reply === false && patch !== undefined) {
			const view = viewsRead.read(fleet, node, patch);
			return view === undefined ? undefined : { reply: view, places: noPlaces };
		}
		if (command === viewCommand) viewsRead.drop(fleet, node);
		if (told.length === 2) return { reply: told[1], places: noPlaces };
		const before = known?.replies.get(command);
		if (before === undefined || patch === undefined) return before;
		if (typeof before.reply !== 'string') return undefined;
		if (reply === null) {
			const text = patched(before.reply, patch);
			return text === undefined ? undefined : { reply: text, places: noPlaces };
		}
		const made = patchedBy(before.reply, patch, before.places);
		return made && { reply: made.text, places: made.places };
	};

	return {
		encode(fleet, reading) {
			const known = knownOf(fleet, reading);
			const { own, replies, ...rest } = reading;
			const by = known.isNew ? undefined : ownBetween(known.reading.own, own);
			known.reading = { ...reading, replies: [] };
			known.isNew = false;
			return {
				...rest,
				replies: replies.map(([command, reply]) => encodeReply(fleet, known, command, reply)),
				...(by ? { ownBy: by } : { own }),
			};
		},
		decode(fleet, reading) {
			const known = nodes.get(keyOf(fleet, reading.node));
			const { own: toldOwn, ownBy, ...rest } = reading;
			const own = toldOwn ?? (known && ownBy && ownGrown(known.reading.own, ownBy));
			if (!own) return undefined;
			const replies: (readonly [string, Reply])[] = [];
			const places = new Map<string, Places>();
			for (const told of reading.replies) {
				const made = decodeReply(fleet, reading.node, known, told);
				if (made === undefined) return undefined;
				replies.push([told[0], made.reply]);
				places.set(told[0], made.places);
			}
			const whole: Reading = { ...rest, own, replies };
			const next = knownOf(fleet, whole);
			next.reading = { ...whole, replies: [] };
			for (const [index, [command, reply]] of replies.entries())
				if (reading.replies[index]![1] === false) drop(next, command);
				else keep(next, command, reply, textOf(reply), places.get(command));
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
			viewsRead.forget();
			kept = 0;
		},
		restart(all) {
			for (const known of nodes.values())
				for (const [command, { reply, text }] of known.replies)
					known.replies.set(command, { reply, text, places: noPlaces });
			const viewAgain = viewsTold.tellAgain();
			return all.map(({ fleet, reading }) => {
				const view = viewAgain(fleet, reading.node);
				if (view === undefined) return { fleet, reading };
				return { fleet, reading: { ...reading, replies: [...reading.replies, [viewCommand, false, view]] } };
			});
		},
	};
}

const viewCommand = 'cluster nodes';

const textOf = (reply: Reply): string => (typeof reply === 'string' ? reply : JSON.stringify(reply));
