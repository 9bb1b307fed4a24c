// The last minutes of what was read, compressed, in memory: an incident is recorded before anybody looked. Whole members
// of the tape are kept, each of which can be played from; older ones go first, by time and by size.

import { closeSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { openToAppend, reasonOf } from '../files/safe-file.ts';
import { type Head, headLine } from './recorder.ts';
import type { Sink } from './tape.ts';

export type Dashcam = Sink & {
	/** Writes it as a recording, which nothing that is there is lost to; the problem is one line. */
	readonly writeTo: (
		path: string,
		head: Head,
		/** The last member that is whole; undefined: all there is, whole or not. */
		last?: number,
	) => { readonly problem: string } | { readonly from: number };
	readonly size: () => { readonly bytes: number; readonly from: number | undefined };
};

export type DashcamLimits = { readonly seconds: number; readonly bytes: number };

export const usualDashcam: DashcamLimits = { seconds: 900, bytes: 64 * 1024 * 1024 };

type Member = { readonly at: number; readonly number: number; readonly chunks: Buffer[]; bytes: number };

export function createDashcam({ seconds, bytes: mostBytes }: DashcamLimits = usualDashcam): Dashcam {
	let members: Member[] = [];
	let bytes = 0;

	const drop = () => {
		const [oldest] = members;
		bytes -= oldest?.bytes ?? 0;
		members = members.slice(1);
	};

	/** A member may go when what is behind it alone is long enough. The one that is being written stays, and the one before. */
	const prune = () => {
		const newest = members.at(-1)!;
		while (members.length > 1 && newest.at - members[1]!.at >= seconds * 1000) drop();
		while (members.length > 2 && bytes > mostBytes) drop();
	};

	return {
		bytes(chunk, number, at) {
			let last = members.at(-1);
			if (last?.number !== number) {
				last = { at, number, chunks: [], bytes: 0 };
				members.push(last);
				prune();
			}
			// Of a compressor's buffer only what is written is kept alive.
			last.chunks.push(Buffer.from(chunk));
			last.bytes += chunk.length;
			bytes += chunk.length;
			prune();
		},
		isFlushed: false,
		stop() {},
		isStopped: () => false,
		size: () => ({ bytes, from: members[0]?.at }),
		writeTo(path, head, last = Number.POSITIVE_INFINITY) {
			const [first] = members;
			if (!first) return { problem: 'nothing was read yet' };
			if (!path.endsWith('.gz')) return { problem: `${path}: a recording is compressed: name it .jsonl.gz` };
			const opened = openToAppend(path);
			if ('problem' in opened) return { problem: `${path}: ${opened.problem}` };
			try {
				if (opened.size > 0) return { problem: `${path}: it is there already: name another file` };
				const parts = [
					gzipSync(headLine({ ...head, at: first.at })),
					...members.filter(({ number }) => number <= last).flatMap(({ chunks }) => chunks),
				];
				for (const part of parts) writeWhole(opened.descriptor, part);
				return { from: first.at };
			} catch (thrown) {
				return { problem: `${path}: ${reasonOf(thrown as NodeJS.ErrnoException)}` };
			} finally {
				closeSync(opened.descriptor);
			}
		},
	};
}

function writeWhole(descriptor: number, bytes: Buffer): void {
	for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}
