// The bytes of a MONITOR stream → counts, on the event loop and as fast as they come: 100,000 to 800,000 lines a second,
// where a server that is watched writes 10,000 to 400,000. It knows how far behind the server it reads, by the times
// in the lines: our clock less the server's is least where nothing waits, and what is over that is the lag. It asks
// nobody and ends nothing; it says when a limit is reached.

import { performance } from 'node:perf_hooks';
import { argsNeeded } from '../../core/keys/command-keys.ts';
import type { HotNote } from '../../core/keys/hot-facts.ts';
import type { HotTarget } from '../../core/keys/hot-keys.ts';
import { createHitReader } from '../../core/keys/monitor-hits.ts';
import { type Counts, createTally } from '../../core/keys/monitor-tally.ts';
import { type OwnLines, ownLines } from '../../core/parse/own-lines.ts';
import { createMonitorParser, leavesQuotes, type MonitorLine } from '../../core/parse/parse-monitor.ts';
import { timeNow } from '../clock.ts';
import type { MonitorLimits } from './monitor-limits.ts';

export type MonitorReader = {
	readonly take: (chunk: Buffer) => void;
	/** How far behind the server's clock the newest line was when it was read, milliseconds. */
	readonly lag: () => number;
	/** Lines that count for the limit, and all bytes. */
	readonly progress: () => { readonly lines: number; readonly bytes: number };
	/** Epoch ms and our monotonic clock when the server began to write; undefined until then. */
	readonly began: () => { readonly at: number; readonly clock: number } | undefined;
	/** By the server's clock, from the first line to the newest; undefined without two. */
	readonly milliseconds: () => number | undefined;
	/** The server answered what was sent behind MONITOR: it has ended the stream itself. */
	readonly isOver: () => boolean;
	readonly commands: () => number;
	/** Of all that was read. */
	readonly counts: (listed?: number) => Counts;
};

export type ReaderOptions = {
	readonly target: HotTarget;
	readonly limits: MonitorLimits;
	readonly own: OwnLines;
	/** The error line in place of `+OK`. */
	readonly onRefused: (line: string) => void;
	readonly onLimit: (limit: 'commands' | 'bytes') => void;
};

export function createMonitorReader(options: ReaderOptions): MonitorReader {
	const { target, limits, own } = options;
	const hasBareQuotes = leavesQuotes(target.server, target.version);
	const parser = createMonitorParser({
		argsWanted: argsNeeded,
		hasBareQuotes,
	});
	const hits = createHitReader();
	const tally = createTally(limits.commands);
	let isOwn = ownLines(own);
	let head = '';
	let began: { at: number; clock: number } | undefined;
	let lines = 0;
	let isFull = false;
	let oldest: MonitorLine | undefined;
	let newest: MonitorLine | undefined;
	let leastOffset = Number.POSITIVE_INFINITY;
	let lag = 0;

	function take(chunk: Buffer): void {
		if (isFull) return;
		const rest = began ? chunk : readHead(chunk);
		if (!rest) return;
		parser.push(rest, visit);
		measureLag();
		const reached = isFull ? 'commands' : parser.read().bytes >= limits.bytes ? 'bytes' : undefined;
		if (!reached) return;
		isFull = true;
		options.onLimit(reached);
	}

	/** `+OK`, or why not; it may come in pieces. Gives what is behind it. */
	function readHead(chunk: Buffer): Buffer | undefined {
		const end = chunk.indexOf(10);
		head += chunk.toString('latin1', 0, end < 0 ? chunk.length : end);
		if (end < 0) return undefined;
		if (head.startsWith('-')) {
			isFull = true;
			options.onRefused(head.slice(1).trimEnd());
			return undefined;
		}
		began = { at: timeNow(), clock: performance.now() };
		return chunk.subarray(end + 1);
	}

	function visit(line: MonitorLine): boolean {
		if (!oldest) readFirst(line);
		// The calls of a script carry the time at which it began.
		if (!line.isScript) newest = line;
		if (isOwn(line)) return false;
		hits.read(line, tally.add);
		lines++;
		isFull = lines >= limits.commands;
		return isFull;
	}

	/** Our WAIT: a server that could not be asked how it names us (before 6.2, a right that is missing) tells it here. */
	function readFirst(line: MonitorLine): void {
		oldest = line;
		if (own.seen === undefined && line.args[0] === 'WAIT')
			isOwn = ownLines({ ...own, seen: line.client, known: own.streamed });
	}

	function measureLag(): void {
		if (!newest) return;
		const offset = performance.now() - newest.at;
		leastOffset = Math.min(leastOffset, offset);
		lag = offset - leastOffset;
	}

	return {
		take,
		lag: () => lag,
		progress: () => ({ lines, bytes: parser.read().bytes }),
		began: () => began,
		milliseconds: () => (oldest && newest && newest !== oldest ? newest.at - oldest.at : undefined),
		// One each of WAIT and QUIT.
		isOver: () => parser.read().strays - parser.read().unread >= 2,
		commands: tally.commands,
		counts(listed) {
			hits.end(tally.add);
			const counts = tally.counts(listed);
			const { unread } = parser.read();
			const notes: readonly HotNote[] = [
				...counts.notes,
				...(hasBareQuotes && began ? [{ kind: 'bare-quotes' } as const] : []),
				...(unread > 0 ? [{ kind: 'unread-lines', lines: unread } as const] : []),
			];
			return { ...counts, notes };
		},
	};
}
