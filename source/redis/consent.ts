// The connections of an open question whether a change is to be sent: one to the node it would go to, one to each other
// node that the offer rests on. They are read every second, once more when the answer is yes, and on the first of them
// the change itself leaves, so that nothing lies between the reading and the change but one turn of the loop and one way
// to the server. What was read is judged elsewhere (update/consent.ts).

import { performance } from 'node:perf_hooks';
import { commandOf } from '../core/commands.ts';
import { noUse } from '../core/fleet/own-use.ts';
import { isError } from '../core/reply.ts';
import type { Address, NodeError, Reading, Reply } from '../core/types.ts';
import { type ChangeReply, changeCall, notAChange, sendOn } from './change.ts';
import { passed, timeNow } from './clock.ts';
import { type Call, call } from './commands.ts';
import { soon } from './deadline.ts';
import { asSentinel, type DialSettings } from './dial.ts';
import { isLost, type LeanConnection, type Lost, openLean } from './lean-connection.ts';

export type ConsentOptions = {
	readonly dial: DialSettings;
	/** Where the change would be sent comes first. */
	readonly nodes: readonly { readonly address: Address; readonly kind: 'data' | 'sentinel' }[];
	readonly command: readonly string[];
	readonly onRead: (readings: readonly Reading[], isFinal: boolean) => void;
	/** Logs what leaves; the problem where it could not. */
	readonly onSent?: (address: Address, calls: readonly Call[]) => string | undefined;
};

export type Consent = {
	/** Reads once more, and tells of it as final. */
	readonly check: () => Promise<void>;
	/** Sends the words on the connection of the last reading; refused where that was not just now. */
	readonly send: (command: readonly string[]) => Promise<ChangeReply>;
	readonly close: () => void;
};

const everyMilliseconds = 1000;
/** Without an answer for so long it is said that there is none. */
const answerMilliseconds = 3000;
/** How much longer than the one that would be changed, or than the last time, the nodes beside it may take. */
const besideMilliseconds = 500;
/** MEMORY PURGE of a large heap takes its time. */
const deadlineMilliseconds = 30_000;
/** A yes stands for as long as the turn in which its reading was judged; this is far more. */
const freshMilliseconds = 500;

/** Opens and reads at once. Never rejects for what a server does. */
export function openConsent(options: ConsentOptions): Consent {
	const [target, ...others] = options.nodes.map(node => createLink(options, node));
	const links = [target!, ...others];
	let timer: NodeJS.Timeout | undefined;
	let isClosed = false;
	let checkedAt = Number.NEGATIVE_INFINITY;

	async function read(isFinal: boolean): Promise<void> {
		// The last of them for the yes, so that nothing but one way to it lies between its reading and the change.
		const early = isFinal ? undefined : target!.read(false);
		const beside = await Promise.all(others.map(link => inTime(link, isFinal, early)));
		const first = await (early ?? target!.read(true));
		if (isClosed) return;
		if (isFinal) checkedAt = performance.now();
		options.onRead([first, ...beside], isFinal);
	}

	/** They are not waited for: where keys are to be kept there are seconds, and one of them may be dead. The way may be far. */
	async function inTime(link: Link, isFinal: boolean, early?: Promise<Reading>): Promise<Reading> {
		const reading = link.read(isFinal);
		await early;
		const trip = isFinal ? (target!.trip() ?? answerMilliseconds) : 0;
		const milliseconds = Math.min(answerMilliseconds, Math.max(trip, link.trip() ?? 0) + besideMilliseconds);
		return (await soon(reading, milliseconds)) ?? noAnswerYet(link.address);
	}

	async function follow(): Promise<void> {
		await read(false);
		if (!isClosed) timer = setTimeout(() => void follow(), everyMilliseconds);
	}

	void follow();
	const close = () => {
		isClosed = true;
		clearTimeout(timer);
		for (const link of links) link.close();
	};
	return {
		check: () => read(true),
		async send(command) {
			const change = changeCall(command);
			if (!change) return notAChange;
			const connection = target!.open();
			if (!connection || isClosed || performance.now() - checkedAt > freshMilliseconds)
				return { text: 'not sent: the node was not read right before it', isDone: false };
			// In the log before it leaves: what cannot be written there is not sent.
			const problem = options.onSent?.(target!.address, [change]);
			if (problem !== undefined) return { text: `not sent: ${problem}`, isDone: false };
			clearTimeout(timer);
			const reply = await sendOn(connection, change);
			close();
			return reply;
		},
		close,
	};
}

const noAnswerYet = (address: Address) =>
	readingOf(address, [], { reason: 'timeout', text: 'no answer yet' });

type Link = {
	readonly address: Address;
	readonly read: (isFinal: boolean) => Promise<Reading>;
	readonly open: () => LeanConnection | undefined;
	/** Milliseconds that its last answer took on a connection that was open; undefined before the first. */
	readonly trip: () => number | undefined;
	readonly close: () => void;
};

function createLink(
	{ dial, nodes, command, onSent }: ConsentOptions,
	{ address, kind }: ConsentOptions['nodes'][number],
): Link {
	let opening: Promise<LeanConnection | Lost> | undefined;
	let opened: LeanConnection | undefined;
	let isClosed = false;
	/** Before 6.2 there is no list of one client, and the whole one is not asked every second. */
	let asksWhole = false;
	let trip: number | undefined;
	const isTarget = address === nodes[0]!.address;

	const connect = async (): Promise<LeanConnection | Lost> => {
		if (opened?.isOpen) return opened;
		opening ??= openLean(address, {
			dial: kind === 'sentinel' ? asSentinel(dial) : dial,
			deadlineMilliseconds,
			// A change is logged before it leaves.
			onSent: (at, calls) =>
				void onSent?.(
					at,
					calls.filter(({ name }) => !commandOf(name).changes),
				),
		});
		const found = await opening;
		opening = undefined;
		if (isLost(found)) return found;
		if (isClosed) found.close();
		opened = found;
		return found;
	};

	const read = (isFinal: boolean) => readBy(performance.now() + answerMilliseconds, isFinal);
	const silent = () => {
		const text = `no answer for ${answerMilliseconds / 1000}s`;
		return readingOf(address, [], { reason: 'timeout', text });
	};

	/** Opening is part of it: a server may stand still before it greets. A connection that comes later is for the next reading. */
	async function readBy(dueAt: number, isFinal: boolean): Promise<Reading> {
		const isKept = opened?.isOpen === true;
		const connection = await soon(connect(), dueAt - performance.now());
		if (connection === undefined) return silent();
		if (isLost(connection)) return readingOf(address, [], connection.lost);
		const calls = callsFor(command, isTarget, kind, asksWhole ? (isFinal ? 'whole' : 'none') : 'one');
		const askedAt = performance.now();
		const answering = connection.send(calls);
		// Also of an answer that nobody waits for any more.
		void answering.then(late => {
			if (!isLost(late)) trip = performance.now() - askedAt;
		});
		const answer = await soon(answering, dueAt - performance.now());
		if (answer === undefined) return silent();
		// A connection that ended under the question says nothing of the node: only that a new one gets no answer does.
		if (isLost(answer)) return isKept ? readBy(dueAt, isFinal) : readingOf(address, [], answer.lost);
		const replies = calls.map(({ label }, index): [string, Reply] => [label, answer[index]!]);
		if (!asksWhole && isOneRefused(replies)) {
			asksWhole = true;
			return readBy(dueAt, isFinal);
		}
		return readingOf(address, replies);
	}

	return {
		address,
		read,
		open: () => (opened?.isOpen ? opened : undefined),
		trip: () => trip,
		close() {
			isClosed = true;
			opened?.close();
		},
	};
}

/** One pipeline: what the node is, the setting that is set, the client that is disconnected. */
function callsFor(
	command: readonly string[],
	isTarget: boolean,
	kind: 'data' | 'sentinel',
	list: 'one' | 'whole' | 'none',
): readonly Call[] {
	if (kind === 'sentinel') return [call('info'), call('sentinelMasters')];
	const [first, second, name, value] = command;
	const isSetting = isTarget && first === 'CONFIG' && second === 'SET' && name !== undefined;
	const isKill =
		isTarget && first === 'CLIENT' && second === 'KILL' && value !== undefined && list !== 'none';
	return [
		call('info'),
		...(isSetting ? [call('configGet', name)] : []),
		...(isKill ? [list === 'one' ? call('clientList', 'ID', value) : call('clientList')] : []),
	];
}

const isOneRefused = (replies: readonly (readonly [string, Reply])[]) =>
	replies.some(([label, reply]) => label.startsWith('client list ID ') && isError(reply));

const readingOf = (node: Address, replies: Reading['replies'], error?: NodeError): Reading => ({
	...{ node, at: timeNow(), clock: passed(), replies, refused: [], own: noUse },
	...(error && { error }),
});
