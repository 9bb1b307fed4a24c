// The second connection of a MONITOR window: how the server does while it is watched. Before the window it learns what
// is usual (commands and bytes a second, memory for clients, round trip), during it asks every 50 ms and says at once
// when the server suffers, after it what was lost. A question costs the server 60 to 80 µs, 0.15% of a core.
// It asks; it ends nothing: that is the window's.

import { performance } from 'node:perf_hooks';
import type { EndWhy } from '../../core/keys/hot-facts.ts';
import { parseInfo } from '../../core/parse/parse-info.ts';
import type { Info, Reply } from '../../core/types.ts';
import { call } from '../commands.ts';
import { isLost, type LeanConnection } from '../lean-connection.ts';

/** The server suffers, or cannot be watched any more. */
export type Strain = {
	readonly by: 'client-memory' | 'event-loop' | 'lost';
	readonly why: EndWhy;
};

/** Commands a second, and over how long; what a server does not tell is undefined. */
export type Spell = { readonly opsPerSecond?: number; readonly seconds: number };

/** What was usual before the window. */
export type Usual = Spell & {
	/** Commands as they come in: MONITOR writes them out again. */
	readonly inputBytesPerSecond?: number;
	readonly roundTripMilliseconds: number;
	readonly clientsBytes?: number;
};

export type ServerWatch = {
	/** Takes a fifth of a second. */
	readonly before: () => Promise<Usual | Strain>;
	/** The window opens. */
	readonly start: () => Promise<void>;
	/** To be called as often as wanted; asks again when it is time. `late`: our own event loop was held up so long. */
	readonly look: (lateMilliseconds: number) => Strain | undefined;
	/** An answer is due longer than is usual. */
	readonly isWaiting: () => boolean;
	/** From `start` to now. */
	readonly end: () => Promise<Spell>;
};

const readingsBefore = 5;
const pauseMilliseconds = 50;
/**
 * The promise is 64 MB. A server that writes 100 MB a second to us grows by 5 MB from look to look and by as much
 * again until it notices the closed socket: so a quarter of it.
 */
const mostGrowthBytes = 16 * 2 ** 20;
/** As the finding `ping-high` has it: over its own usual. Twice in a row, for one may be a fork or a slow command. */
const slowerMilliseconds = 50;
/** Over the usual, for one answer: nobody waits for the second. */
const muchSlowerMilliseconds = 200;

type Totals = {
	/** Milliseconds of the server, which an answer that we read late does not bend; of ours before 7.0. */
	readonly clock: number;
	readonly commands?: number;
	readonly inputBytes?: number;
	/** Of the commands, those of this connection. */
	readonly own: number;
};

/**
 * On a connection of its own that is open; it is not closed here. `monitorId` is the connection whose output buffer is
 * looked at, where that is allowed.
 */
export function watchServer(connection: LeanConnection, monitorId: number | undefined): ServerWatch {
	let usual: Usual = { roundTripMilliseconds: 0, seconds: 0 };
	let began: Totals | undefined;
	let askedAt: number | undefined;
	let nextAt = 0;
	let slow = 0;
	/** Of the time an answer took, what we were held up ourselves. */
	let late = 0;
	let strain: Strain | undefined;

	async function totals(): Promise<Totals | Strain> {
		const answer = await connection.send([call('info', 'server'), call('info', 'stats')]);
		if (isLost(answer)) return lost(answer.lost.text);
		const [server, info] = answer.map(infoOf) as [Info, Info];
		const { serverTimeMicroseconds: time } = server;
		return {
			clock: time === undefined ? performance.now() : time / 1000,
			commands: info.commandsProcessed,
			inputBytes: info.inputBytes,
			own: connection.use().commands,
		};
	}

	async function before(): Promise<Usual | Strain> {
		const readings: Totals[] = [];
		const trips: number[] = [];
		for (let index = 0; index < readingsBefore; index++) {
			if (index > 0) await new Promise(resolve => setTimeout(resolve, pauseMilliseconds));
			const at = performance.now();
			const reading = await totals();
			if ('why' in reading) return reading;
			trips.push(performance.now() - at);
			readings.push(reading);
		}
		const memory = await connection.send([call('info', 'memory')]);
		if (isLost(memory)) return lost(memory.lost.text);
		const [first, last] = [readings[0]!, readings.at(-1)!];
		usual = {
			opsPerSecond: rateOf(first, last, 'commands'),
			seconds: (last.clock - first.clock) / 1000,
			inputBytesPerSecond: rateOf(first, last, 'inputBytes'),
			roundTripMilliseconds: trips.sort((a, b) => a - b)[Math.floor(trips.length / 2)]!,
			clientsBytes: infoOf(memory[0]).clientsNormalBytes,
		};
		return usual;
	}

	async function start(): Promise<void> {
		const reading = await totals();
		if ('why' in reading) strain = reading;
		else began = reading;
	}

	function look(lateMilliseconds: number): Strain | undefined {
		const now = performance.now();
		late += lateMilliseconds;
		if (strain) return strain;
		if (askedAt === undefined) {
			if (now >= nextAt) void ask(now);
			return undefined;
		}
		const over = now - askedAt - late - usual.roundTripMilliseconds;
		return over > muchSlowerMilliseconds ? slowed(over) : undefined;
	}

	async function ask(now: number): Promise<void> {
		askedAt = now;
		late = 0;
		const calls = [call('info', 'memory')];
		if (monitorId !== undefined) calls.push(call('clientList', 'ID', String(monitorId)));
		const answer = await connection.send(calls);
		const took = performance.now() - now - late;
		askedAt = undefined;
		nextAt = now + pauseMilliseconds;
		strain ??= isLost(answer) ? lost(answer.lost.text) : strainOf(answer, took);
	}

	function strainOf([memory, client]: readonly Reply[], took: number): Strain | undefined {
		const held = typeof client === 'string' ? Number(/ omem=(\d+)/.exec(client)?.[1] ?? 0) : 0;
		const all = infoOf(memory).clientsNormalBytes ?? 0;
		const grown = Math.max(held, usual.clientsBytes === undefined ? 0 : all - usual.clientsBytes);
		if (grown > mostGrowthBytes) return { by: 'client-memory', why: { kind: 'clients-grew', bytes: grown } };
		const over = took - usual.roundTripMilliseconds;
		slow = over > slowerMilliseconds ? slow + 1 : 0;
		return slow >= 2 || over > muchSlowerMilliseconds ? slowed(over) : undefined;
	}

	const slowed = (over: number): Strain => ({
		by: 'event-loop',
		why: {
			kind: 'slow-answer',
			milliseconds: over + usual.roundTripMilliseconds,
			usualMilliseconds: usual.roundTripMilliseconds,
		},
	});

	async function end(): Promise<Spell> {
		const reading = await totals();
		if ('why' in reading || !began) return { seconds: 0 };
		return {
			opsPerSecond: rateOf(began, reading, 'commands'),
			seconds: (reading.clock - began.clock) / 1000,
		};
	}

	const isWaiting = () =>
		askedAt !== undefined &&
		performance.now() - askedAt - late > usual.roundTripMilliseconds + slowerMilliseconds;

	return { before, start, look, isWaiting, end };
}

const lost = (text: string): Strain => ({ by: 'lost', why: { kind: 'error', text } });

const infoOf = (reply: Reply | undefined) => parseInfo(typeof reply === 'string' ? reply : '');

/** A second, from the first to the last; a counter that was set back in between tells nothing. */
function rateOf(first: Totals, last: Totals, name: 'commands' | 'inputBytes'): number | undefined {
	const [from, to] = [first[name], last[name]];
	const seconds = (last.clock - first.clock) / 1000;
	if (from === undefined || to === undefined || to < from || seconds <= 0) return undefined;
	const ours = name === 'commands' ? last.own - first.own : 0;
	return Math.max(0, to - from - ours) / seconds;
}
