// What is read, as the lines of a recording, to whoever takes them: the file of --record, the segments of a folder, the
// last minutes that are kept in memory. It is made into text and compressed once for all of them. Compressed it comes
// in members of some minutes, each a gzip of its own that begins with a key frame: whoever has one can play from it.

import { constants, createGzip, type Gzip } from 'node:zlib';
import type { Marker } from '../core/markers.ts';
import type { Round } from '../core/types.ts';
import type { Asked } from '../state/asked.ts';
import type { KeyFrame } from '../state/key-frame.ts';
import { type ChangeTrack, recordedChange } from '../state/runbook-screen.ts';
import type { State } from '../state/state.ts';
import { packAsked } from './asked/asked.ts';
import { createAskedTeller } from './asked/tell-asked.ts';
import { longestLine } from './lines-of-file.ts';
import { keyFrameOf } from './make-key-frame.ts';
import type { Packed } from './memory/kinds.ts';
import type { PackedMemory } from './memory/memory.ts';
import { createRepliesKnown } from './replies-known.ts';

/** What the engine hands on. */
export type Recorder = {
	readonly round: (fleet: number, round: Round) => void;
	readonly delay: (seconds: number, at: number) => void;
	readonly change: (change: ChangeTrack, at: number) => void;
	readonly marker: (marker: Marker) => void;
	/** After a message: what was asked for beside the polling, and what came of it, is in the state. */
	readonly asked: (state: State, at: number) => void;
};

export type Sink = {
	/** Each line as it is, for a file that is not compressed. */
	readonly line?: (text: string) => void;
	/** Compressed. `member` counts up; a new one began at `at`. */
	readonly bytes?: (chunk: Buffer, member: number, at: number) => void;
	/** Nothing of it is to be lost with the process: each round is written out at once. */
	readonly isFlushed: boolean;
	/** It cannot go on. */
	readonly stop: (reason: string) => void;
	readonly isStopped: () => boolean;
};

export type Tape = Recorder & {
	/** Begins a member, with a key frame; settled when what came before has left the compressor. */
	readonly cut: () => Promise<void>;
	/** Settled with the last member when all that came so far has been handed on, whole and with a key frame at its end. */
	readonly finish: () => Promise<number>;
	/** Settled when all that came so far has been handed on. */
	readonly flush: () => Promise<void>;
	readonly close: () => Promise<void>;
};

export type TapeOptions = {
	readonly sinks: readonly Sink[];
	/** As of before the next round; undefined: no key frames. */
	readonly state?: () => State;
	/** More waiting to be compressed than this is given up. */
	readonly mostWaiting?: number;
	/** Characters: a key frame of more has no memory. */
	readonly mostFrame?: number;
};

/** A key frame is as large as a minute of what follows it. */
const memberMilliseconds = 120_000;
const hour = 3_600_000;
/**
 * Of a minute of fifty nodes: what is played from a key frame on must not take long. Where it does not remember all of them
 * a minute all the same: a frame of a thousand is as much work as some refreshes, and half a minute is played before any
 * moment.
 */
const memberReadings = 3000;
const memberCharacters = 8 * 1024 * 1024;
const leastMilliseconds = 60_000;
const leastRemembered = 20_000;
/** Compressed it is half of what is kept in memory. */
const mostCharacters = 64 * 1024 * 1024;
/** Characters of what was asked for beside the polling: a line of more is left out. */
const mostAsked = 8 * 1024 * 1024;
/** A node that did not answer for so long is told of by the others alone. */
const forgottenMilliseconds = 600_000;
/** Where nothing has to be written out at once it is compressed in pieces: the compressor is another thread, to be woken. */
const pieceCharacters = 65_536;

export function createTape({
	sinks,
	state,
	mostWaiting = 32 * 1024 * 1024,
	mostFrame = longestLine / 2,
}: TapeOptions): Tape {
	const known = createRepliesKnown();
	const teller = createAskedTeller();
	const compressing = sinks.filter(({ bytes }) => bytes);
	let gzip: Gzip | undefined;
	/** Of the member that is being written: what the compressor has not been given yet. */
	let piece = '';
	let member = 0;
	let memberAt = 0;
	let readings = 0;
	let characters = 0;
	let keyAt: number | undefined;
	/** Of the member that is written; whether all is remembered its frame tells. */
	let least = leastRemembered;
	/** A member is being ended: what comes meanwhile is of the next. */
	let waiting: (() => void)[] | undefined;

	const later = (act: () => void) => (waiting ? waiting.push(act) : act());

	const begin = (at: number): Gzip => {
		const stream = createGzip();
		const number = ++member;
		memberAt = at;
		stream.on('data', chunk => {
			for (const sink of compressing) if (!sink.isStopped()) sink.bytes!(chunk, number, at);
		});
		stream.on('error', error => {
			for (const sink of compressing) sink.stop(error.message);
		});
		return stream;
	};

	const compress = (text: string, at: number) => {
		gzip ??= begin(at);
		piece += text;
		const isFlushed = sinks.some(sink => sink.isFlushed && !sink.isStopped());
		if (isFlushed || piece.length >= pieceCharacters) givePiece();
		if (gzip.writableLength > mostWaiting)
			for (const sink of compressing) sink.stop('it cannot be compressed fast enough');
		// What is written so far can be read even when this process is killed.
		if (isFlushed) gzip.flush(constants.Z_SYNC_FLUSH);
	};

	const givePiece = () => {
		if (piece !== '') gzip?.write(piece);
		piece = '';
	};

	const areStopped = () => sinks.every(sink => sink.isStopped());

	const write = (line: object, at: number) => {
		if (!areStopped()) writeText(textOf(line), at);
	};

	const writeText = (text: string, at: number) => {
		if (text.length > longestLine) {
			for (const sink of sinks) sink.stop(`a reading is larger than ${longestLine / 2 ** 20}M`);
			return;
		}
		characters += text.length;
		for (const sink of sinks) if (!sink.isStopped()) sink.line?.(text);
		if (!compressing.some(sink => !sink.isStopped())) return;
		later(() => compress(text, at));
	};

	/** What waited, in its order, until one of them ends a member itself. */
	const goOn = () => {
		const acts = waiting ?? [];
		waiting = undefined;
		for (let next = acts.shift(); next; next = acts.shift()) {
			next();
			if (waiting) return void (waiting as (() => void)[]).push(...acts);
		}
	};

	/** Ends the member; what it still holds comes before what is of the next. */
	const endMember = (): Promise<void> =>
		new Promise(resolve =>
			later(() => {
				if (!gzip) return resolve();
				givePiece();
				const ending = gzip;
				gzip = undefined;
				waiting = [resolve];
				ending.once('end', goOn);
				ending.end();
			}),
		);

	const cut = (at: number): Promise<void> => {
		const rest = state && askedIn(teller.rest(state(), at));
		if (rest?.asked) write(rest, at);
		const ended = endMember();
		memberAt = at;
		const all = known.all(at - forgottenMilliseconds);
		if (state && all.length > 0 && !areStopped()) {
			const frame = {
				...keyFrameOf(state(), all, keyAt),
				...{ readings: known.restart(all), ...askedIn(teller.all(state())) },
			};
			const text = textOf({ key: frame });
			const isFit = text.length <= mostFrame;
			least = isFit && frame.runUpSeconds !== undefined ? leastRemembered : leastMilliseconds;
			writeText(isFit ? text : textOf({ key: withoutMemory(frame) }), at);
			keyAt = at;
		}
		// The frame itself does not count: one that is larger than a member would be written at each round.
		readings = 0;
		characters = 0;
		return ended;
	};

	const isDue = (at: number) =>
		memberAt > 0 &&
		(at - memberAt >= memberMilliseconds ||
			// A file of an hour begins with a member.
			Math.floor(at / hour) !== Math.floor(memberAt / hour) ||
			characters >= mostCharacters ||
			((readings >= memberReadings || characters >= memberCharacters) && at - memberAt >= least));

	return {
		round(fleet, round) {
			if (isDue(round.at)) void cut(round.at);
			if (memberAt === 0) memberAt = round.at;
			readings += round.readings.length;
			const encoded = round.readings.map(reading => known.encode(fleet, reading));
			write({ round: { ...round, readings: encoded, fleet } }, round.at);
		},
		delay: (delaySeconds, at) => write({ delaySeconds, at }, at),
		change(track, at) {
			const change = recordedChange(track);
			write({ round: { at, isExtra: true, isSettled: true, readings: [], fleet: change.fleet, change } }, at);
		},
		marker: ({ at, text }) => write({ marker: { at, text } }, at),
		asked(now, at) {
			const line = askedIn(teller.next(now, at));
			if (line.asked) write(line, at);
		},
		cut: () => cut(state?.().at ?? memberAt),
		async finish() {
			const at = state?.().at ?? memberAt;
			await cut(at);
			const last = member;
			await cut(at);
			return last;
		},
		flush: () =>
			new Promise(resolve => {
				later(() => {
					if (!gzip) return resolve();
					givePiece();
					gzip.flush(constants.Z_SYNC_FLUSH, () => setImmediate(resolve));
				});
			}),
		close() {
			// What happened in the last minute stands in a key frame, too: it is what a reader looks through.
			const last = memberAt;
			if (state && last > 0 && state().at > last) void cut(state().at);
			return endMember();
		},
	};
}

const textOf = (line: object) => `${JSON.stringify(line)}\n`;

type Told = Pick<KeyFrame<PackedMemory>, 'runUpSeconds' | 'fleets'>;

const withoutMemory = ({ runUpSeconds: _, fleets, ...frame }: Told) => ({
	...frame,
	fleets: fleets.map(({ memory: _, ...fleet }) => fleet),
});

/** As it stands in a file; changes beside it, in the words of their rounds. */
function askedIn(told: Asked | undefined): { readonly asked?: Packed; readonly changes?: Asked['changes'] } {
	if (!told) return {};
	const { changes, ...rest } = told;
	const asked = packAsked(rest);
	const isFit = JSON.stringify(asked).length <= mostAsked;
	return { ...(isFit && { asked }), ...(changes && { changes }) };
}
