// HOTKEYS of the server. What runs already is read: Valkey's windows, a session that somebody has started on Redis. A
// session of our own is begun only when it is asked for, always with an end (DURATION), and is known again by the time
// it began, which the server tells: only that one is ever stopped or reset. It stays behind, over and with its result,
// only where the node or redis-top itself is lost on the way.

import { sessionRatio, sessionSeconds } from '../../core/keys/hot-ladder.ts';
import { type HotkeysReply, type HotkeysSession, parseHotkeys } from '../../core/parse/parse-hotkeys.ts';
import { isError } from '../../core/reply.ts';
import { call } from '../commands.ts';
import { isLost, type Lost } from '../lean-connection.ts';
import type { NodeLink } from './node-link.ts';

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
	/** The server's error line with `refused`, a sentence with `lost`. */
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

/** Keys of each metric. */
const keysKept = 16;
/** After its time the server needs a moment to notice. */
const graceMilliseconds = 300;

/** Starts at once. */
export function startSession(link: NodeLink, seconds = sessionSeconds): OwnSession {
	let isStopped = false;
	let wake: (() => void) | undefined;
	const wait = (milliseconds: number) =>
		new Promise<void>(resolve => {
			const done = () => {
				clearTimeout(timer);
				resolve();
			};
			const timer = setTimeout(done, milliseconds);
			wake = done;
		});

	const run = async (): Promise<SessionEnd> => {
		const started = await link.send([
			call(
				'hotkeysStart',
				...['METRICS', '2', 'CPU', 'NET', 'COUNT', String(keysKept)],
				...['DURATION', String(seconds), 'SAMPLE', String(sessionRatio)],
			),
			hotkeysGet(),
		]);
		if (isLost(started)) return { endedBy: 'lost', error: started.lost.text };
		if (isError(started[0])) return { endedBy: 'refused', error: started[0].error, command: 'hotkeys start' };
		if (isError(started[1])) return { endedBy: 'refused', error: started[1].error, command: 'hotkeys get' };
		const begun = parseHotkeys(started[1]);
		const startedAt = begun?.kind === 'session' ? begun.startedAt : undefined;
		if (!isStopped) await wait(seconds * 1000 + graceMilliseconds);
		return finish(startedAt);
	};

	const finish = async (startedAt: number | undefined): Promise<SessionEnd> => {
		const found = await readHotkeys(link);
		if (isLost(found)) return { endedBy: 'lost', error: found.lost.text };
		if ('error' in found) return { endedBy: 'refused', error: found.error, command: 'hotkeys get' };
		if (found.kind !== 'session' || startedAt === undefined || found.startedAt !== startedAt)
			return { endedBy: 'lost', error: 'the session was reset by somebody else' };
		await link.send([...(found.isActive ? [call('hotkeysStop')] : []), call('hotkeysReset')]);
		return { endedBy: isStopped ? 'stopped' : 'time', session: found };
	};

	return {
		stop() {
			isStopped = true;
			wake?.();
		},
		result: run(),
	};
}
