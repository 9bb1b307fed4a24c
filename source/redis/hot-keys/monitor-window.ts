// One MONITOR window on one node: asked for, capped and watched. MONITOR is the dearest thing redis-top can do to a
// server, and a reader that falls behind fills its memory without limit. So it ends at 2 s, 20,000 commands or 32 MB,
// and at once when the server suffers or we cannot keep up: the socket is destroyed, never paused and never read slowly.
// Should we be stopped ourselves (^Z, a lid that closes, a terminal that blocks), nobody here can destroy anything:
// therefore WAIT and QUIT leave in the same write behind MONITOR. The server blocks in WAIT, the stream going on, until
// a time that we chose, then reads QUIT and writes no more to us. A replica does not take WAIT; there it is said.
// When to begin, what to do with the counts and whether ops are back afterwards is the caller's.

import { performance } from 'node:perf_hooks';
import { argsNeeded, builtinCommands, type CommandTable } from '../../core/command-keys.ts';
import type { HotNode, HotTarget } from '../../core/hot-keys.ts';
import { createHitReader } from '../../core/monitor-hits.ts';
import { createTally, loadOf, type MonitorTally } from '../../core/monitor-tally.ts';
import { ownLines } from '../../core/own-lines.ts';
import { addOwn } from '../../core/own-use.ts';
import { classifyError, refusalOf } from '../../core/parse-error.ts';
import { createMonitorParser, leavesQuotes, type MonitorLine } from '../../core/parse-monitor.ts';
import { duration } from '../../core/quantity.ts';
import type { Address, NodeError, OwnUse, Reply } from '../../core/types.ts';
import { type Call, call } from '../commands.ts';
import type { DialSettings } from '../dial.ts';
import { isLost, type LeanConnection, type Lost, openLean } from '../lean-connection.ts';
import { type ServerWatch, type Usual, watchServer } from './server-watch.ts';

/** Where a window ends by itself, whichever is first. */
export type MonitorLimits = {
	readonly milliseconds: number;
	readonly commands: number;
	readonly bytes: number;
};

/** As the contract has it; a window may have less, never more. */
export const fullLimits: MonitorLimits = { milliseconds: 2000, commands: 20_000, bytes: 32 * 2 ** 20 };

export type MonitorOptions = {
	readonly dial: DialSettings;
	/** Smaller than the full ones: a window of 250 ms. */
	readonly limits?: Partial<MonitorLimits>;
	/** Our other connections to this node as it names them: `127.0.0.1:42360`. Their commands are not counted. */
	readonly ownClients?: () => Iterable<string>;
	/** The built-in one unless given. */
	readonly table?: CommandTable;
	/** Keys that may be listed; 1000 unless given. */
	readonly listed?: number;
	readonly onSent?: (address: Address, calls: readonly Call[]) => void;
};

export type MonitorWindow = {
	/** `since` is epoch ms of its begin (of the opening, until it began); `commands` are those that count for the limit. */
	progress(): { readonly since: number; readonly commands: number; readonly bytes: number };
	/** Ends it at once; what was counted stays. */
	stop(): void;
	/** When it has ended, however. Never rejects. */
	readonly result: Promise<MonitorTally>;
};

type EndedBy = HotNode['endedBy'];
type Ending = { readonly by: EndedBy; readonly text?: string };

/** Behind the server's clock, or held up ourselves: in this time a busy server has written 25 MB to us. */
const mostLagMilliseconds = 250;
const tickMilliseconds = 20;
const slowTickMilliseconds = 100;
/** For an answer outside the window; in it the watch is stricter. */
const patienceMilliseconds = 1500;
/** No replica count that is ever reached: WAIT blocks until its time. */
const noSuchReplicas = 2_147_483_647;
/** What a reader that is stopped may cost the server before WAIT is over. */
const mostUnreadBytes = 48 * 2 ** 20;
const leastSwitchMilliseconds = 150;
const slackMilliseconds = 250;
/** MONITOR writes a command out with its time, its client and quotes: so many bytes more than came in. */
const bytesMorePerCommand = 40;

/** Starts at once. */
export function openMonitorWindow(target: HotTarget, options: MonitorOptions): MonitorWindow {
	const limits = limitsOf(options.limits);
	const table = options.table ?? builtinCommands;
	const tally = createTally(limits.commands);
	const hits = createHitReader(table);
	const parser = createMonitorParser({
		argsWanted: command => argsNeeded(command, table),
		hasBareQuotes: leavesQuotes(target.server, target.version),
	});
	const notes: string[] = [];
	const openedAt = Date.now();
	let beganAt: number | undefined;
	let beganClock = 0;
	let lines = 0;
	let ending: Ending | undefined;
	let whenEnded: (() => void) | undefined;
	let stream: LeanConnection | undefined;
	let watch: ServerWatch | undefined;
	let endedClock = 0;
	let tickedClock = 0;

	/** The first call decides. The socket is gone when it returns. */
	function end(by: EndedBy, text?: string): void {
		if (ending) return;
		ending = { by, text };
		endedClock = performance.now();
		stream?.close();
		whenEnded?.();
	}

	// -----------------------------------------------------------------------------------------------------
	// The stream

	const head = new ReplyHead();
	let isOwn: (line: MonitorLine) => boolean = () => false;
	/** Least difference of our clock to the server's so far: what is more is how far behind we read. */
	let leastOffset = Number.POSITIVE_INFINITY;
	let newest: MonitorLine | undefined;
	let oldest: MonitorLine | undefined;
	let endsAfter: number | undefined;

	function take(chunk: Buffer): void {
		if (ending) return;
		const rest = head.isOver ? chunk : begin(chunk);
		if (!rest) return;
		parser.push(rest, visit);
		if (ending) return;
		if (parser.read().bytes >= limits.bytes) end('bytes');
		else checkLag();
	}

	/** `+OK`, or why not. */
	function begin(chunk: Buffer): Buffer | undefined {
		const rest = head.take(chunk);
		if (rest === undefined) return undefined;
		if (head.line.startsWith('-')) {
			end('refused', refusedText(head.line.slice(1)));
			return undefined;
		}
		beganAt = Date.now();
		beganClock = performance.now();
		return rest;
	}

	function visit(line: MonitorLine): boolean {
		oldest ??= line;
		if (!line.isScript) newest = line;
		if (isOwn(line)) return false;
		hits.read(line, tally.add);
		lines++;
		if (lines < limits.commands) return false;
		end('commands');
		return true;
	}

	function checkLag(): void {
		if (!newest) return;
		const offset = performance.now() - newest.at;
		leastOffset = Math.min(leastOffset, offset);
		const lag = offset - leastOffset;
		if (lag <= mostLagMilliseconds) return;
		// Held up ourselves, its answers wait in the socket like its lines.
		const isOurs = performance.now() - tickedClock > slowTickMilliseconds;
		if (!isOurs && watch?.isWaiting())
			end('event-loop', 'its event loop slowed: it wrote late and did not answer');
		else fellBehind(lag);
	}

	const fellBehind = (milliseconds: number) =>
		end('fell-behind', `redis-top was ${duration(milliseconds / 1000)} behind and closed the window`);

	function lostStream(error: NodeError | undefined): void {
		// The replies of WAIT and QUIT: the server's clock was first, for we were held up or the traffic grew less.
		const isAsArranged = endsAfter !== undefined && parser.read().strays >= 2;
		if (isAsArranged)
			end('time', `the server ended the window after ${duration(endsAfter! / 1000)}, as arranged`);
		else end('lost', error?.text);
	}

	// -----------------------------------------------------------------------------------------------------
	// The whole

	async function run(): Promise<MonitorTally> {
		const lean = {
			dial: options.dial,
			onSent: options.onSent,
			deadlineMilliseconds: patienceMilliseconds,
		};
		const [watching, streaming] = await Promise.all([
			openLean(target.address, lean),
			openLean(target.address, { ...lean, isEvictable: true }),
		]);
		if (isLost(watching) || isLost(streaming)) end(...openFailed(watching, streaming));
		else await watchAndRead(watching, streaming);
		const after = ending!.by === 'lost' ? undefined : await watch?.end();
		for (const connection of [watching, streaming]) if (!isLost(connection)) connection.close();
		return resultOf([watching, streaming], beganAt === undefined ? undefined : after);
	}

	let usual: Usual | undefined;

	async function watchAndRead(watching: LeanConnection, streaming: LeanConnection): Promise<void> {
		watch = watchServer(watching);
		const [asked, seen] = await Promise.all([
			streaming.send([call('clientId'), call('wait', '0', '0')]),
			addressSeen(watching),
		]);
		if (isLost(asked)) return end('lost', asked.lost.text);
		const [id, mayWait] = asked;
		const before = await watch.before();
		if ('kind' in before) return end('lost', before.text);
		usual = before;
		// A question that is refused is not asked every 50 ms.
		await watch.start(typeof id === 'number' && seen !== undefined ? id : undefined);
		if (ending) return;
		isOwn = ownLines({
			clients: () =>
				[streaming.clientName, watching.clientName, ...(options.ownClients?.() ?? [])].filter(isText),
			known: watching.clientName,
			seen,
		});
		open(streaming, typeof mayWait === 'number');
		await ended();
	}

	function open(streaming: LeanConnection, mayWait: boolean): void {
		stream = streaming;
		const calls = [call('monitor')];
		if (mayWait) {
			endsAfter = switchMilliseconds(limits, usual);
			calls.push(call('wait', String(noSuchReplicas), String(endsAfter)), call('quit'));
		} else
			notes.push(
				'the server could not be told to end the window by itself (WAIT, on primaries): it ended by redis-top alone',
			);
		streaming.stream(calls, { onChunk: take, onEnd: lostStream });
	}

	function ended(): Promise<void> {
		const openedClock = performance.now();
		tickedClock = openedClock;
		const timer = setInterval(() => {
			const now = performance.now();
			const late = Math.max(0, now - tickedClock - tickMilliseconds);
			tickedClock = now;
			if (late > mostLagMilliseconds) return fellBehind(late);
			const strain = watch!.look(late);
			if (strain) return end(strain.kind, strain.text);
			if (beganAt !== undefined && now - beganClock >= limits.milliseconds) end('time');
			if (beganAt === undefined && now - openedClock >= patienceMilliseconds)
				end('lost', 'no answer to MONITOR');
		}, tickMilliseconds);
		return new Promise<void>(resolve => {
			whenEnded = resolve;
			if (ending) resolve();
		}).finally(() => clearInterval(timer));
	}

	function resultOf(
		connections: readonly (LeanConnection | Lost)[],
		during: { readonly opsPerSecond?: number; readonly seconds: number } = { seconds: 0 },
	): MonitorTally {
		hits.end(tally.add);
		const own = connections.reduce<OwnUse | undefined>(
			(sum, connection) => addOwn(sum, isLost(connection) ? undefined : { ...connection.use(), hits: 0 }),
			undefined,
		);
		const counted = tally.counts(options.listed);
		const { by, text } = ending!;
		const node: HotNode = {
			node: target.address,
			method: 'monitor',
			seconds: secondsOpen(),
			commands: tally.commands(),
			bytes: parser.read().bytes,
			endedBy: by,
			text,
			opsBefore: usual?.opsPerSecond,
			opsDuring: during.opsPerSecond,
		};
		return {
			...counted,
			node,
			at: beganAt ?? openedAt,
			load: usual && loadOf(usual, during, { commands: tally.commands(), lines }),
			notes: [...counted.notes, ...notes],
			own: own ?? nothing,
		};
	}

	/** By the server's clock from the first line to the last, where it did not end by the time. */
	function secondsOpen(): number {
		if (beganAt === undefined) return 0;
		const isByClock = ending!.by === 'time' || ending!.by === 'stopped' || ending!.by === 'lost';
		const open = Math.max(endedClock - beganClock, 0.001);
		if (isByClock || !oldest || !newest) return open / 1000;
		return Math.max(0.001, Math.min(open, newest.at - oldest.at)) / 1000;
	}

	return {
		progress: () => ({ since: beganAt ?? openedAt, commands: lines, bytes: parser.read().bytes }),
		stop: () => end('stopped'),
		result: run(),
	};
}

const nothing: OwnUse = { commands: 0, hits: 0, inputBytes: 0, outputBytes: 0, calls: {} };

const isText = (text: string | undefined): text is string => text !== undefined;

/** The first line of the reply, which may come in pieces. */
class ReplyHead {
	line = '';
	isOver = false;

	/** What is behind it; undefined while it has not come. */
	take(chunk: Buffer): Buffer | undefined {
		const end = chunk.indexOf(10);
		this.line += chunk.toString('latin1', 0, end < 0 ? chunk.length : end);
		if (end < 0) return undefined;
		this.isOver = true;
		this.line = this.line.trimEnd();
		return chunk.subarray(end + 1);
	}
}

function limitsOf(asked: Partial<MonitorLimits> = {}): MonitorLimits {
	const least = (name: keyof MonitorLimits) =>
		Math.max(1, Math.min(fullLimits[name], asked[name] ?? Infinity));
	return { milliseconds: least('milliseconds'), commands: least('commands'), bytes: least('bytes') };
}

/**
 * How long the server shall write at most, by its own clock: as the traffic is, four times what the limits need, and
 * less where it would write more than a reader that is stopped may cost.
 */
function switchMilliseconds(limits: MonitorLimits, usual: Usual | undefined): number {
	const ops = usual?.opsPerSecond ?? 0;
	const bytesPerSecond = (usual?.inputBytesPerSecond ?? 0) + ops * bytesMorePerCommand;
	const needed = 1000 * Math.min(limits.commands / ops, limits.bytes / bytesPerSecond);
	const affordable = (1000 * mostUnreadBytes) / bytesPerSecond;
	const wanted = Math.min(limits.milliseconds, 4 * needed) + slackMilliseconds;
	return Math.ceil(Math.max(leastSwitchMilliseconds, Math.min(wanted, affordable)));
}

/** How the server names the connection that asks, where it may be asked. */
async function addressSeen(connection: LeanConnection): Promise<string | undefined> {
	const asked = await connection.send([call('clientId')]);
	const id: Reply | undefined = isLost(asked) ? undefined : asked[0];
	if (typeof id !== 'number') return undefined;
	const answer = await connection.send([call('clientList', 'ID', String(id))]);
	const line = isLost(answer) ? undefined : answer[0];
	return typeof line === 'string' ? /(?:^| )addr=(\S+)/.exec(line)?.[1] : undefined;
}

/** A node that is not there is lost; one that does not let us in refuses. */
function openFailed(...opened: readonly (LeanConnection | Lost)[]): [EndedBy, string] {
	const error = opened.find(isLost)!.lost;
	const isRefusal = ['needs-password', 'wrong-password', 'no-permission', 'max-clients'].includes(
		error.reason,
	);
	return [isRefusal ? 'refused' : 'lost', error.text];
}

function refusedText(line: string): string {
	const refusal = refusalOf('monitor', line);
	if (!refusal) return `MONITOR was refused: ${classifyError(line).text}`;
	return refusal.why === 'no-permission'
		? `MONITOR is not allowed for this user: ${refusal.word}`
		: 'this server has no MONITOR';
}
