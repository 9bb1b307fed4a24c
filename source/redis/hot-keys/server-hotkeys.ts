// HOTKEYS of the server. What runs already is read: Valkey's windows, a session that somebody has started on Redis. A
// session of our own is begun only when it is asked for, always with an end (DURATION), and is known again by the time
// it began, which the server tells: only that one is ever stopped or reset. It is read some times while it runs, so
// that it is known how sure its figures are. It stays behind, over and with its result, only where the node or redis-top
// itself is lost on the way; own-sessions.ts tells whoever comes next that it was ours.

import { performance } from 'node:perf_hooks';
import type { EndWhy } from '../../core/keys/hot-facts.ts';
import { sessionSeconds } from '../../core/keys/rungs/hotkeys.ts';
import { type HotkeysReply, type HotkeysSession, parseHotkeys } from '../../core/parse/parse-hotkeys.ts';
import { parseInfo } from '../../core/parse/parse-info.ts';
import { asText, isError } from '../../core/reply.ts';
import { call } from '../commands.ts';
import { isLost, type Lost } from '../lean-connection.ts';
import type { NodeLink } from './node-link.ts';
import { forgetPlan, forgetSession, keepSession, planSession, type SessionName } from './own-sessions.ts';

export const hotkeysGet = () => call('hotkeysGet');

/** HOTKEYS GET, once. */
export async function readHotkeys(link: NodeLink): Promise<HotkeysReply | { readonly error: string } | Lost> {
	const answer = await link.send([hotkeysGet()]);
	if (isLost(answer)) return answer;
	const reply = answer[0]!;
	if (isError(reply)) return reply;
	return parseHotkeys(reply) ?? { error: 'the answer to HOTKEYS GET is not one' };
}

/** How a session of ours ended. */
export type SessionEnd = {
	readonly endedBy: 'time' | 'stopped' | 'lost' | 'refused';
	/** What it found. */
	readonly session?: HotkeysSession;
	/** What it had found before, oldest first. */
	readonly earlier?: readonly HotkeysSession[];
	/** With `lost`: the node is there, and the session is not. */
	readonly isGone?: boolean;
	/** With `lost`, and where it was stopped before it began. */
	readonly why?: EndWhy;
	/** The server's error line with `refused`. */
	readonly error?: string;
	/** The refused command, where one was. */
	readonly command?: 'hotkeys start' | 'hotkeys get';
};

export type OwnSession = {
	/** Ends it before its time; what it found until then stays. */
	stop(): void;
	/** Never rejects; at the latest some seconds after its time. The session is gone from the server by then. */
	readonly result: Promise<SessionEnd>;
};

export type SessionOptions = {
	/** One command of so many is looked at. */
	readonly ratio: number;
	readonly seconds?: number;
	/** Settled when nothing of ours reads keys on this node any more: what it read would be told as hot. */
	readonly isQuiet?: Promise<unknown>;
};

/** Keys of each metric: the server keeps as much memory as for 16. */
const keysKept = 20;
/** After its time the server needs a moment to notice. */
const graceMilliseconds = 300;
/**
 * Between two readings: a hundred of a whole session, 0.1 ms each. In so short a piece a command that the machine held up
 * stands out of thousands of others.
 */
const readingMilliseconds = 100;

/** Starts at once, or when it is quiet. */
export function startSession(link: NodeLink, options: SessionOptions): OwnSession {
	const { ratio, seconds = sessionSeconds } = options;
	const pause = pausable();

	const run = async (): Promise<SessionEnd> => {
		await options.isQuiet;
		if (pause.isOver()) return { endedBy: 'stopped', why: { kind: 'not-begun' } };
		const plan = await planned(link, seconds);
		if (plan && isLost(plan)) return { endedBy: 'lost', why: { kind: 'error', text: plan.lost.text } };
		if (pause.isOver()) {
			if (plan) await forgetPlan(plan);
			return { endedBy: 'stopped', why: { kind: 'not-begun' } };
		}
		const started = await link.send([
			call(
				'hotkeysStart',
				...['METRICS', '2', 'CPU', 'NET', 'COUNT', String(keysKept)],
				...['DURATION', String(seconds), 'SAMPLE', String(ratio)],
			),
			hotkeysGet(),
		]);
		if (isLost(started)) return { endedBy: 'lost', why: { kind: 'error', text: started.lost.text } };
		if (isError(started[0])) {
			if (plan) await forgetPlan(plan);
			return { endedBy: 'refused', error: started[0].error, command: 'hotkeys start' };
		}
		if (isError(started[1])) return { endedBy: 'refused', error: started[1].error, command: 'hotkeys get' };
		const begun = parseHotkeys(started[1]);
		const startedAt = begun?.kind === 'session' ? begun.startedAt : undefined;
		const name = plan && startedAt !== undefined ? { ...plan, startedAt } : undefined;
		if (name) await keepSession(name, seconds);
		if (plan && name) await forgetPlan(plan);
		const end = await follow(startedAt);
		if (name && (end.endedBy !== 'lost' || end.isGone)) await forgetSession(name);
		return end;
	};

	const follow = async (startedAt: number | undefined): Promise<SessionEnd> => {
		const earlier: HotkeysSession[] = [];
		const overAt = performance.now() + seconds * 1000;
		for (;;) {
			const left = overAt - performance.now();
			await pause.wait(left > readingMilliseconds * 1.5 ? readingMilliseconds : left + graceMilliseconds);
			const found = await readHotkeys(link);
			if (isLost(found)) return { endedBy: 'lost', why: { kind: 'error', text: found.lost.text } };
			if ('error' in found) return { endedBy: 'refused', error: found.error, command: 'hotkeys get' };
			if (found.kind !== 'session' || startedAt === undefined || found.startedAt !== startedAt)
				return { endedBy: 'lost', isGone: true, why: { kind: 'reset' } };
			const isOver = pause.isOver() || performance.now() >= overAt || !found.isActive;
			if (!isOver) earlier.push(found);
			else return finish(found, earlier);
		}
	};

	const finish = async (found: HotkeysSession, earlier: readonly HotkeysSession[]): Promise<SessionEnd> => {
		await link.send([...(found.isActive ? [call('hotkeysStop')] : []), call('hotkeysReset')]);
		return { endedBy: pause.isOver() ? 'stopped' : 'time', session: found, earlier };
	};

	return { stop: pause.end, result: run() };
}

/** Notes that a session is about to begin; undefined where the server does not tell its process or its time. */
async function planned(link: NodeLink, seconds: number): Promise<SessionName | Lost | undefined> {
	const answer = await link.send([call('info', 'server')]);
	if (isLost(answer)) return answer;
	const { runId, serverTimeMicroseconds: time } = parseInfo(asText(answer[0]) ?? '');
	if (runId === undefined || time === undefined) return undefined;
	const plan = { runId, startedAt: Math.floor(time / 1000) };
	await planSession(plan, seconds);
	return plan;
}

/** A session of a redis-top that was killed, over: its memory is given back. */
export async function resetLeft(link: NodeLink, name: { runId: string; startedAt: number }): Promise<void> {
	const answer = await link.send([call('hotkeysReset')]);
	if (!isLost(answer) && !isError(answer[0])) await forgetSession(name);
}

/** Waits that end when all of it is ended. */
function pausable() {
	let isOver = false;
	let wake: (() => void) | undefined;
	return {
		isOver: () => isOver,
		end: () => {
			isOver = true;
			wake?.();
		},
		wait: (milliseconds: number) =>
			new Promise<void>(resolve => {
				if (isOver) return resolve();
				const done = () => {
					clearTimeout(timer);
					resolve();
				};
				const timer = setTimeout(done, Math.max(0, milliseconds));
				wake = done;
			}),
	};
}
