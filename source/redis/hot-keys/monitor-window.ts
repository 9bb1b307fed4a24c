// One MONITOR window on one node: asked for, capped and watched. MONITOR is the dearest thing redis-top can do to a
// server, and a reader that falls behind fills its memory without limit. So it ends at 2 s, 20,000 commands or 32 MB,
// and at once when the server suffers or we cannot keep up: the socket is destroyed, never paused and never read slowly.
// Should we stand still ourselves (^Z, a lid that closes, a terminal that blocks), nobody here can destroy anything:
// therefore WAIT and QUIT leave in the same write behind MONITOR. The server blocks in WAIT, the stream going on, until
// a time that we chose, then reads QUIT and writes no more to us. A replica does not take WAIT; there it is said.
// When to begin, what to do with the counts and whether ops are back afterwards is the caller's.

import { performance } from 'node:perf_hooks';
import { addOwn, noUse } from '../../core/fleet/own-use.ts';
import type { EndWhy } from '../../core/keys/hot-facts.ts';
import type { HotNode, HotTarget } from '../../core/keys/hot-keys.ts';
import { loadOf, type MonitorTally } from '../../core/keys/monitor-tally.ts';
import { classifyError, refusalOf } from '../../core/parse/parse-error.ts';
import type { Address, NodeError, OwnUse } from '../../core/types.ts';
import { timeNow } from '../clock.ts';
import { type Call, call } from '../commands.ts';
import type { DialSettings } from '../dial.ts';
import { isLost, type LeanConnection, type Lost, openLean } from '../lean-connection.ts';
import { limitsOf, type MonitorLimits, serverEndMilliseconds } from './monitor-limits.ts';
import { createMonitorReader, type MonitorReader } from './monitor-reader.ts';
import { type Spell, watchServer } from './server-watch.ts';

export type { MonitorLimits } from './monitor-limits.ts';

export type MonitorOptions = {
	readonly dial: DialSettings;
	/** Smaller than the full ones: a window of 250 ms. */
	readonly limits?: Partial<MonitorLimits>;
	/** Our other connections to this node as it names them: `127.0.0.1:42360`. Their commands are not counted. */
	readonly ownClients?: () => Iterable<string>;
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
type Opened = readonly (LeanConnection | Lost)[];

/** Behind the server's clock, or held up ourselves: in this time a busy server has written 25 MB to us. */
const mostLagMilliseconds = 250;
const tickMilliseconds = 20;
/** Held up so long, what waits in the sockets waits for us. */
const heldUpMilliseconds = 100;
/** For an answer outside the window; in it the watch is stricter. */
const patienceMilliseconds = 1500;
/** No replica count that is ever reached: WAIT blocks until its time. */
const noSuchReplicas = 2_147_483_647;

/** Starts at once. */
export function openMonitorWindow(target: HotTarget, options: MonitorOptions): MonitorWindow {
	const limits = limitsOf(options.limits);
	const openedAt = timeNow();
	let hasServerEnd = true;
	let ending: { readonly by: EndedBy; readonly why?: EndWhy; readonly clock: number } | undefined;
	let whenEnded: (() => void) | undefined;
	let stream: LeanConnection | undefined;
	let reader: MonitorReader | undefined;
	let before: Spell | undefined;
	let during: Spell | undefined;
	let refusal: string | undefined;

	/** The first call decides. The socket is gone when it returns. */
	function end(by: EndedBy, why?: EndWhy): void {
		if (ending) return;
		ending = { by, why, clock: performance.now() };
		stream?.close();
		whenEnded?.();
	}

	const fellBehind = (milliseconds: number) => end('fell-behind', { kind: 'behind', milliseconds });

	async function run(): Promise<MonitorTally> {
		const { dial, onSent } = options;
		const lean = { dial, onSent, deadlineMilliseconds: patienceMilliseconds };
		const opened = await Promise.all([
			openLean(target.address, lean),
			openLean(target.address, { ...lean, isEvictable: true }),
		]);
		const [watching, streaming] = opened;
		if (isLost(watching) || isLost(streaming)) end(...openFailed(opened));
		else await watchAndRead(watching, streaming);
		for (const connection of opened) if (!isLost(connection)) connection.close();
		return resultOf(opened);
	}

	async function watchAndRead(watching: LeanConnection, streaming: LeanConnection): Promise<void> {
		const [asked, seen] = await Promise.all([
			streaming.send([call('clientId'), call('wait', '0', '0')]),
			addressSeen(watching),
		]);
		if (isLost(asked)) return end('lost', { kind: 'error', text: asked.lost.text });
		const [id, mayWait] = asked;
		// A question that is refused is not asked every 50 ms.
		const watch = watchServer(watching, typeof id === 'number' && seen !== undefined ? id : undefined);
		const usual = await watch.before();
		if ('why' in usual) return end('lost', usual.why);
		before = usual;
		if (ending) return;
		reader = createMonitorReader({
			...{ target, limits },
			own: {
				clients: () => [streaming, watching].flatMap(namesOf).concat([...(options.ownClients?.() ?? [])]),
				known: watching.clientName,
				streamed: streaming.clientName,
				seen,
			},
			onRefused(line) {
				refusal = line;
				end('refused', refusedWhy(line));
			},
			onLimit: end,
		});
		await watch.start();
		const endsAfter = typeof mayWait === 'number' ? serverEndMilliseconds(limits, usual) : undefined;
		await read(streaming, reader, watch, endsAfter);
		during = ending!.by === 'lost' || !reader.began() ? undefined : await watch.end();
	}

	/** Until it ends. `endsAfter`: when the server is to end it. */
	function read(
		streaming: LeanConnection,
		{ take, lag, isOver, began }: MonitorReader,
		watch: ReturnType<typeof watchServer>,
		endsAfter: number | undefined,
	): Promise<void> {
		if (ending) return Promise.resolve();
		const opened = performance.now();
		let ticked = opened;
		const onChunk = (chunk: Buffer) => {
			take(chunk);
			if (lag() <= mostLagMilliseconds) return;
			const isHeldUp = performance.now() - ticked > heldUpMilliseconds;
			if (watch.isWaiting() && !isHeldUp) end('event-loop', { kind: 'wrote-late' });
			else fellBehind(lag());
		};
		const onEnd = (error: NodeError | undefined) => {
			// By its clock, for we were held up or the traffic grew less.
			if (endsAfter !== undefined && isOver()) end('time', { kind: 'by-server', milliseconds: endsAfter });
			else end('lost', error && { kind: 'error', text: error.text });
		};
		const tick = () => {
			const now = performance.now();
			const late = Math.max(0, now - ticked - tickMilliseconds);
			ticked = now;
			if (late > mostLagMilliseconds) return fellBehind(late);
			const strain = watch.look(late);
			if (strain) return end(strain.by, strain.why);
			if (now - (began()?.clock ?? now) >= limits.milliseconds) return end('time');
			if (!began() && now - opened >= patienceMilliseconds) end('lost', { kind: 'no-answer' });
		};
		stream = streaming;
		streaming.stream(callsFor(endsAfter), { onChunk, onEnd });
		hasServerEnd = endsAfter !== undefined;
		const timer = setInterval(tick, tickMilliseconds);
		return new Promise<void>(resolve => {
			whenEnded = resolve;
			if (ending) resolve();
		}).finally(() => clearInterval(timer));
	}

	function resultOf(opened: Opened): MonitorTally {
		const { by, why } = ending!;
		const began = reader?.began();
		const counts = (reader ?? createMonitorReader(unread)).counts(options.listed);
		const { lines, bytes } = progress();
		const commands = reader?.commands() ?? 0;
		return {
			...counts,
			node: {
				...{ node: target.address, method: 'monitor', seconds: secondsOpen(), commands, bytes },
				...{ endedBy: by, why, opsBefore: before?.opsPerSecond, opsDuring: during?.opsPerSecond },
			},
			refusal,
			at: began?.at ?? openedAt,
			load: before && loadOf(before, during ?? { seconds: 0 }, { commands, lines }),
			// Of a window that never opened there is nothing to say of its end.
			notes: [...counts.notes, ...(began && !hasServerEnd ? [{ kind: 'no-server-end' } as const] : [])],
			own: ownOf(opened),
		};
	}

	const unread = { target, limits, own: { clients: () => [] }, onRefused: () => {}, onLimit: () => {} };

	const progress = () => reader?.progress() ?? { lines: 0, bytes: 0 };

	/** By the server's clock from the first line to the last, where it did not end by the time. */
	function secondsOpen(): number {
		const began = reader?.began();
		if (!began) return 0;
		const { by, clock } = ending!;
		const open = Math.max(clock - began.clock, 0.001);
		const isByTime = by === 'time' || by === 'stopped' || by === 'lost';
		const written = isByTime ? undefined : reader!.milliseconds();
		return Math.max(0.001, Math.min(open, written ?? open)) / 1000;
	}

	return {
		progress: () => ({
			since: reader?.began()?.at ?? openedAt,
			commands: progress().lines,
			bytes: progress().bytes,
		}),
		stop: () => end('stopped'),
		result: run(),
	};
}

function callsFor(endsAfter: number | undefined): Call[] {
	const monitor = call('monitor');
	if (endsAfter === undefined) return [monitor];
	return [monitor, call('wait', String(noSuchReplicas), String(endsAfter)), call('quit')];
}

const namesOf = ({ clientName }: LeanConnection) => (clientName === undefined ? [] : [clientName]);

function ownOf(opened: Opened): OwnUse {
	const uses = opened.map(each => (isLost(each) ? noUse : each.use()));
	return uses.reduce((sum, use) => addOwn(sum, use)!, noUse);
}

/** How the server names the connection that asks, where it may be asked. */
async function addressSeen(connection: LeanConnection): Promise<string | undefined> {
	const asked = await connection.send([call('clientId')]);
	const id = isLost(asked) ? undefined : asked[0];
	if (typeof id !== 'number') return undefined;
	const answer = await connection.send([call('clientList', 'ID', String(id))]);
	const line = isLost(answer) ? undefined : answer[0];
	return typeof line === 'string' ? /(?:^| )addr=(\S+)/.exec(line)?.[1] : undefined;
}

/** A node that is not there is lost; one that does not let us in refuses. */
function openFailed(opened: Opened): [EndedBy, EndWhy] {
	const error = opened.find(isLost)!.lost;
	const isRefusal = ['needs-password', 'wrong-password', 'no-permission', 'max-clients'].includes(
		error.reason,
	);
	return [isRefusal ? 'refused' : 'lost', { kind: 'error', text: error.text }];
}

const refusedWhy = (line: string): EndWhy => ({
	kind: 'refused',
	refusal: refusalOf('monitor', line),
	text: classifyError(line).text,
});
