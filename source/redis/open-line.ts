// A connection to a node, by the first way that leads there.

import type { Redis } from 'ioredis';
import type { Address } from '../core/types.ts';
import { NoAnswer, NoHandshake, withDeadline } from './deadline.ts';
import { type DialSettings, notAllowed, openClient, otherWays, type Route, routesTo } from './dial.ts';
import { type PollLine, takeLine } from './poll-line.ts';

export type Opened = {
	readonly client: Redis;
	readonly line: PollLine;
	readonly route: Route;
	/** What the socket said, where the client only says that it is closed. */
	readonly failure: () => Error | undefined;
	/** Something was answered on it. */
	hasAnswered: boolean;
};

type Watch = {
	readonly settings: DialSettings;
	/** Another try is about to begin. */
	readonly onTry: () => void;
	/** What the server said before it was asked, or before it hung up on us. */
	readonly onFirstWord: (word: Error) => void;
	/** Nobody wants it any more. */
	readonly isClosed: () => boolean;
};

/** Rejects, where no way leads there, with why the first did not. */
export async function openLine(address: Address, watch: Watch): Promise<Opened> {
	const [first, ...others] = routesTo(address, watch.settings);
	if (!first) throw notAllowed();
	try {
		return await openRoute(first, watch);
	} catch (thrown) {
		for (const route of otherWays(thrown, others)) {
			if (watch.isClosed()) break;
			const opened = await openRoute(route, watch).catch(() => undefined);
			if (opened) return opened;
		}
		throw thrown;
	}
}

async function openRoute(route: Route, { settings, onTry, onFirstWord }: Watch): Promise<Opened> {
	let socketFailure: Error | undefined;
	let line: PollLine | undefined;
	const onError = (error: Error) => {
		socketFailure ??= error;
	};
	const client = openClient(route, settings, onError, connected => {
		line = takeLine(connected, settings.replyLimits);
	});
	onTry();
	try {
		await withDeadline(client.connect(), settings.connectTimeoutMilliseconds + 500);
	} catch (thrown) {
		client.disconnect();
		const isSilent =
			thrown instanceof NoAnswer ||
			(socketFailure as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT';
		// A plain server waits for the end of what it takes for a command: a TLS greeting gets no answer there.
		if (isSilent && settings.tls) throw new NoHandshake(settings.connectTimeoutMilliseconds);
		throw socketFailure ?? thrown;
	}
	// What comes before anything was asked is the reason of the close that follows.
	client.stream.once('data', (chunk: Buffer) => {
		const [line] = chunk.toString('latin1', 0, 500).split('\r\n', 1);
		if (line?.startsWith('-')) onFirstWord(Object.assign(new Error(line.slice(1)), { name: 'ReplyError' }));
	});
	return { client, line: line!, route, failure: () => socketFailure, hasAnswered: false };
}
