// One connection for throughput: a bare socket, commands as one text, replies in the order they were asked. For scans,
// where the client library's work per command is most of the time. It takes only Calls of the allow-list, singly or
// one of them for each of many keys; errors are values, a connection that ended answers `Lost` to all that waits.
// It never reconnects and never decides: that is whoever scans. What is asked in one go leaves in one write.
// The reader of the protocol is our own (reply-reader.ts): names are cut from one string a chunk, without a Buffer each.
// Numbers by the million and the names of SCAN are read without it, from the bytes (packed-replies.ts).
// With `stream` it stops reading replies and hands on the bytes as they come: for MONITOR.

import { connect as connectTcp, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { countUp } from '../core/fleet/own-use.ts';
import { isNoTouchSafe } from '../core/node/no-touch.ts';
import { classifyError } from '../core/parse/parse-error.ts';
import { isError } from '../core/reply.ts';
import { printable } from '../core/text/printable.ts';
import type { Address, ErrorReply, NodeError, OwnUse, Reply } from '../core/types.ts';
import { replyError } from './client-replies.ts';
import { type Call, call } from './commands.ts';
import { keepCompiling } from './compiler.ts';
import { NoAnswer, NoHandshake } from './deadline.ts';
import {
	asOfNow,
	clientNameOf,
	type DialSettings,
	notAllowed,
	otherWays,
	type Route,
	routesTo,
	splitAddress,
	tlsOptions,
} from './dial.ts';
import { encoded, encodedBytes } from './encode.ts';
import type { NameList } from './name-list.ts';
import {
	createNamesReader,
	foreign,
	type NamesReply,
	namesReplyOf,
	otherThanNumber,
	readNumbers,
	unfinished,
} from './packed-replies.ts';
import { replyReader } from './reply-reader.ts';
import { answersNumbers, errorCodeOf, isHit, isMiss, isRejected, looksUp } from './server-counts.ts';
import { socketError } from './socket-error.ts';
import { openVia } from './via.ts';

/** The connection ended before the answer came. */
export type Lost = { readonly lost: NodeError };

export const isLost = (value: object): value is Lost => 'lost' in value;

export type LeanOptions = {
	readonly dial: DialSettings;
	/** Without a byte for so long while answers are due, the connection is given up. */
	readonly deadlineMilliseconds?: number;
	/** Where the server bounds its clients' memory (maxmemory-clients), it may close this one before others. */
	readonly isEvictable?: boolean;
	/** What leaves; one call stands for all keys of an `askEach`, with their number in the place of the key. */
	readonly onSent?: (address: Address, calls: readonly Call[]) => void;
};

/** Bytes as they come, and the end of them: `undefined` where we closed it ourselves. */
export type StreamReader = {
	readonly onChunk: (chunk: Buffer) => void;
	readonly onEnd: (error: NodeError | undefined) => void;
};

type Awaited = {
	/** One for all, or one each. */
	readonly calls: Call | readonly Call[];
	readonly replies: Reply[];
	readonly length: number;
	/** Called when the first reply is read, before it counts. */
	readonly onReply?: () => void;
	/** It is SCAN, and its names are wanted as they came. */
	readonly onNames?: (reply: NamesReply) => void;
	readonly resolve: (answer: readonly Reply[] | Lost) => void;
};

const usualDeadlineMilliseconds = 5000;
/** A reply to SCAN that is longer comes in too many pieces to be put together for each: the other reader has it. */
const longestPacked = 256 * 1024;

/** Opens and greets. A refused password, a closed port, a TLS failure come back as values. */
export async function openLean(address: Address, given: LeanOptions): Promise<LeanConnection | Lost> {
	const options = { ...given, dial: asOfNow(given.dial) };
	const socket = await openAnyRoute(routesTo(address, options.dial), options.dial);
	if (socket instanceof Error) return { lost: socketError(socket, options.dial.tls !== undefined) };
	const connection = new LeanConnection(address, socket, options);
	const failed = await connection.greet();
	if (!failed) return connection;
	connection.close();
	return { lost: failed };
}

/** Where no way leads there, why the first did not. */
async function openAnyRoute([way, ...others]: readonly Route[], dial: DialSettings): Promise<Socket | Error> {
	if (!way) return notAllowed();
	const first = await openSocket(way, dial);
	if (!(first instanceof Error)) return first;
	for (const route of otherWays(first, others)) {
		const socket = await openSocket(route, dial);
		if (!(socket instanceof Error)) return socket;
	}
	return first;
}

function openSocket(route: Route, dial: DialSettings): Promise<Socket | Error> {
	const target = splitAddress(route.address);
	const tls = tlsOptions(route, dial);
	const socket = openTo(target, tls, dial);
	return new Promise(resolve => {
		const limit = dial.connectTimeoutMilliseconds;
		const giveUp = () => {
			socket.destroy();
			resolve(
				tls ? new NoHandshake(limit) : Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' }),
			);
		};
		const timer = setTimeout(giveUp, limit);
		const fail = (error: Error) => {
			clearTimeout(timer);
			socket.destroy();
			resolve(error);
		};
		socket.once('error', fail);
		socket.once(tls ? 'secureConnect' : 'connect', () => {
			clearTimeout(timer);
			socket.off('error', fail);
			resolve(socket);
		});
	});
}

function openTo(
	target: ReturnType<typeof splitAddress>,
	tls: ConnectionOptions | undefined,
	{ via, ipFamily: family }: DialSettings,
): Socket {
	if (via !== undefined && 'host' in target) return openVia(via, target, tls);
	const place = { ...target, ...('host' in target && { family }) };
	return tls ? connectTls({ ...place, ...tls }) : connectTcp(place);
}

export class LeanConnection {
	readonly address: Address;
	/** The server leaves the LRU and LFU clocks of keys alone that this connection reads. */
	leavesClocksAlone = false;
	private readonly awaited: Awaited[] = [];
	private first = 0;
	private outgoing: (string | Buffer)[] = [];
	private outgoingCalls: Call[] = [];
	private ended: Lost | undefined;
	private failure: Error | undefined;
	private reader: StreamReader | undefined;
	private isClosedByUs = false;
	private letCompilerGo: (() => void) | undefined;
	private timer: NodeJS.Timeout | undefined;
	private heardAt = 0;
	/** Of what was answered to the last call, or can no longer be. */
	private commands = 0;
	private hits = 0;
	private misses = 0;
	private readonly calls: Record<string, number> = {};
	private readonly errors: Record<string, number> = {};
	/** Longer for the first answer of a command that may have to log in before it connects. */
	private deadline: number;
	private readonly readReplies: ReturnType<typeof replyReader>;
	private readonly namesReader = createNamesReader();
	/** The begin of a reply that is read from the bytes. */
	private unread: Buffer | undefined;
	private isWithinReply = false;

	constructor(
		address: Address,
		private readonly socket: Socket,
		private readonly options: LeanOptions,
	) {
		this.address = address;
		const usual = options.deadlineMilliseconds ?? usualDeadlineMilliseconds;
		this.deadline = options.dial.via === undefined ? usual : options.dial.connectTimeoutMilliseconds;
		socket.once('data', () => {
			this.deadline = usual;
		});
		socket.setNoDelay(true);
		this.readReplies = replyReader(
			reply => this.take(reply),
			why => this.end(why),
			() => this.askedNow()?.feature,
			options.dial.replyLimits,
			() => this.isPacked(),
		);
		socket.on('data', chunk => {
			this.heardAt = performance.now();
			if (this.reader) this.reader.onChunk(chunk);
			else this.read(chunk);
		});
		socket.on('error', error => {
			this.failure ??= error;
		});
		socket.on('close', () => this.end(this.failure ?? new Error('Connection is closed')));
	}

	/** AUTH, name, courtesies. The reason where the server does not let us in. */
	async greet(): Promise<NodeError | undefined> {
		const { user, password } = this.options.dial.credentials;
		const words = password === undefined ? undefined : [...(user === undefined ? [] : [user]), password];
		if (words) {
			const answer = await this.send([call('auth', ...words)]);
			if (isLost(answer)) return answer.lost;
			const [said] = answer;
			const isNeedless =
				isError(said) && /no password is set|without any password configured/i.test(said.error);
			if (isError(said) && !isNeedless) return classifyError(said.error);
		}
		const answer = await this.send([
			call('clientSetname', 'redis-top'),
			call('infoServer'),
			...(this.options.isEvictable ? [] : [call('clientNoEvict', 'on')]),
		]);
		if (isLost(answer)) return answer.lost;
		const [named, server] = answer;
		if (isError(named) && named.error.startsWith('NOAUTH')) return classifyError(named.error);
		if (typeof server !== 'string' || !isNoTouchSafe(server)) return undefined;
		const untouching = await this.send([call('clientNoTouch', 'on')]);
		if (isLost(untouching)) return untouching.lost;
		this.leavesClocksAlone = untouching[0] === 'OK';
		return undefined;
	}

	/** Sends calls; one reply each, in their order. */
	send(calls: readonly Call[], onReply?: () => void): Promise<readonly Reply[] | Lost> {
		for (const item of calls) {
			this.write(encoded(item.words));
			this.note(item);
		}
		return this.await(calls, calls.length, onReply);
	}

	/** The same for words that are byte strings, as names of keys are. In the log they are quoted where they must be. */
	sendBytes(calls: readonly Call[]): Promise<readonly Reply[] | Lost> {
		for (const item of calls) {
			this.write(encodedBytes(item.words));
			this.note({ ...item, words: item.words.map(word => printable(word, longestLogged)) });
		}
		return this.await(calls, calls.length);
	}

	/** Sends the call once for each key, the key and `tail` as its last words; one reply each, in their order. */
	askEach(
		template: Call,
		keys: readonly string[],
		tail: readonly string[] = [],
	): Promise<readonly Reply[] | Lost> {
		if (keys.length === 0) return Promise.resolve([]);
		const head = encoded(template.words, template.words.length + 1 + tail.length);
		const end = tail.map(word => `$${word.length}\r\n${word}\r\n`).join('');
		let text = '';
		for (const key of keys) text += `${head}$${key.length}\r\n${key}\r\n${end}`;
		this.write(text);
		if (this.options.onSent)
			this.note({ ...template, words: [...template.words, `(${keys.length} keys)`, ...tail] });
		return this.await(template, keys.length);
	}

	/** The same for names that were packed with that call: their bytes leave as they are. */
	askPacked(template: Call, calls: NameList): Promise<readonly Reply[] | Lost> {
		if (calls.length === 0) return Promise.resolve([]);
		this.write(calls.bytes);
		if (this.options.onSent) this.note({ ...template, words: [...template.words, `(${calls.length} keys)`] });
		return this.await(template, calls.length);
	}

	/** SCAN, its words as byte strings, and its names as they came; undefined where the answer is not one. */
	async askNames(item: Call): Promise<NamesReply | ErrorReply | Lost | undefined> {
		this.write(encodedBytes(item.words));
		this.note({ ...item, words: item.words.map(word => printable(word, longestLogged)) });
		let found: NamesReply | undefined;
		const answer = await this.await([item], 1, undefined, reply => {
			found = reply;
		});
		return isLost(answer) ? answer : (found ?? namesReplyOf(answer[0]));
	}

	/**
	 * One call, and what was done here before the server came to it: it answers in the order it was asked, so however
	 * late we read, `before` is what its counters had of ours.
	 */
	async sendMarked(item: Call): Promise<{ readonly reply: Reply; readonly before: OwnUse } | Lost> {
		let before: OwnUse | undefined;
		const answering = this.send([item], () => {
			before = this.use();
		});
		const answer = await answering;
		return isLost(answer) ? answer : { reply: answer[0]!, before: before! };
	}

	/**
	 * Sends calls and gives every byte from now on to the reader: nothing may be waited for, and nothing can be asked
	 * on this connection any more. It is never paused: whoever cannot keep up closes it.
	 */
	stream(calls: readonly Call[], reader: StreamReader): void {
		if (this.ended) {
			reader.onEnd(this.ended.lost);
			return;
		}
		this.reader = reader;
		this.letCompilerGo = keepCompiling();
		void this.send(calls);
		clearTimeout(this.timer);
		this.forgetAwaited();
	}

	/** Our end as the server names it. */
	get clientName(): string | undefined {
		return clientNameOf(this.socket);
	}

	/**
	 * What it did so far. Commands and their keyspace hits and misses count when they are answered (or can no longer be): one that
	 * is still on its way is not yet in the server's counters.
	 */
	use(): OwnUse {
		const waiting = this.awaited[this.first];
		const answered = waiting?.replies.length ?? 0;
		const calls = { ...this.calls };
		if (waiting) addCalls(calls, waiting.calls, answered);
		return {
			commands: this.commands + answered,
			hits: this.hits,
			misses: this.misses,
			inputBytes: this.socket.bytesWritten,
			outputBytes: this.socket.bytesRead,
			calls,
			errors: { ...this.errors },
		};
	}

	get isOpen(): boolean {
		return this.ended === undefined;
	}

	close(): void {
		this.isClosedByUs = true;
		this.end(new Error('Connection is closed'));
	}

	/** Taken back before it is counted with its group. */
	private countRejected({ counted }: Call): void {
		this.commands--;
		this.calls[counted] = (this.calls[counted] ?? 0) - 1;
	}

	private count({ calls, length }: Awaited): void {
		this.commands += length;
		addCalls(this.calls, calls, length);
	}

	/** Their answers are no longer waited for: they count as done. */
	private forgetAwaited(): readonly Awaited[] {
		const waiting = this.awaited.slice(this.first);
		for (const one of waiting) this.count(one);
		this.awaited.length = 0;
		this.first = 0;
		return waiting;
	}

	private note(item: Call): void {
		if (this.options.onSent) this.outgoingCalls.push(item);
	}

	/** All that is asked before the next turn of the loop leaves together. */
	private write(text: string | Buffer): void {
		if (this.ended) return;
		if (this.outgoing.push(text) === 1) queueMicrotask(() => this.flush());
	}

	/** What is asked leaves now and not at the end of the turn: the server begins while we prepare what follows. */
	flush(): void {
		const pieces = this.outgoing;
		this.outgoing = [];
		if (this.ended || pieces.length === 0) return;
		this.socket.cork();
		let text = '';
		for (const piece of pieces) {
			if (typeof piece === 'string') {
				text += piece;
				continue;
			}
			if (text !== '') this.socket.write(text, 'latin1');
			text = '';
			this.socket.write(piece);
		}
		if (text !== '') this.socket.write(text, 'latin1');
		this.socket.uncork();
		if (this.outgoingCalls.length > 0) this.options.onSent?.(this.address, this.outgoingCalls);
		this.outgoingCalls = [];
	}

	private await(
		calls: Awaited['calls'],
		length: number,
		onReply?: () => void,
		onNames?: Awaited['onNames'],
	): Promise<readonly Reply[] | Lost> {
		if (this.ended) return Promise.resolve(this.ended);
		if (length === 0) return Promise.resolve([]);
		return new Promise(resolve => {
			if (this.first === this.awaited.length) this.heardAt = performance.now();
			this.awaited.push({ calls, replies: [], length, onReply, onNames, resolve });
			this.timer ??= setTimeout(() => this.checkDeadline(), this.deadline);
		});
	}

	/** What the reply is to that comes next. */
	private askedNow(): Call | undefined {
		const waiting = this.awaited[this.first];
		if (!waiting) return undefined;
		return 'name' in waiting.calls ? waiting.calls : waiting.calls[waiting.replies.length];
	}

	private read(chunk: Buffer): void {
		const bytes = this.unread ? Buffer.concat([this.unread, chunk]) : chunk;
		this.unread = undefined;
		let at = 0;
		while (at < bytes.length && !this.ended) {
			const next = this.isWithinReply ? foreign : this.readPacked(bytes, at);
			if (next === unfinished && bytes.length - at < longestPacked) {
				this.unread = bytes.subarray(at);
				return;
			}
			if (next >= 0) {
				at = next;
				continue;
			}
			this.namesReader.reset();
			const behind = this.readReplies(bytes, at);
			this.isWithinReply = behind < 0;
			if (behind < 0) return;
			at = behind;
		}
	}

	/** What comes next is read from the bytes. */
	private isPacked(): boolean {
		const waiting = this.awaited[this.first];
		if (!waiting) return false;
		return waiting.onNames !== undefined || ('name' in waiting.calls && answersNumbers(waiting.calls));
	}

	/** The place behind what was read, `unfinished`, or `foreign`: for the other reader. */
	private readPacked(bytes: Buffer, at: number): number {
		if (!this.isPacked()) return foreign;
		const waiting = this.awaited[this.first]!;
		if (!waiting.onNames) return this.readNumbers(bytes, at, waiting);
		const next = this.namesReader.read(bytes, at);
		if (next < 0) return next;
		waiting.onNames(this.namesReader.take());
		this.take(null);
		return next;
	}

	private readNumbers(bytes: Buffer, at: number, waiting: Awaited): number {
		const item = waiting.calls as Call;
		const { replies } = waiting;
		const before = replies.length;
		const next = readNumbers(bytes, at, replies, waiting.length);
		if (looksUp(item))
			for (let index = before; index < replies.length; index++) this.countHit(item, replies[index]!);
		if (replies.length === waiting.length) this.finish(waiting);
		if (next > at) return next;
		const other = otherThanNumber(bytes, at);
		if (typeof other === 'number') return other;
		this.take(other.reply);
		return other.end;
	}

	private take(reply: Reply): void {
		const waiting = this.awaited[this.first];
		// A line nobody asked for: the server says why it hangs up (max clients, protected mode).
		if (!waiting) {
			if (isError(reply)) this.failure = replyError(reply.error);
			return;
		}
		const index = waiting.replies.length;
		if (index === 0) waiting.onReply?.();
		const item = 'name' in waiting.calls ? waiting.calls : waiting.calls[index]!;
		if (isError(reply)) countUp(this.errors, errorCodeOf(reply.error));
		this.countHit(item, reply);
		if (waiting.replies.push(reply) === waiting.length) this.finish(waiting);
	}

	private countHit(item: Call, reply: Reply): void {
		if (isHit(item, reply)) this.hits++;
		else if (isMiss(item, reply)) this.misses++;
		else if (isError(reply) && isRejected(reply.error)) this.countRejected(item);
	}

	/** All its replies are there. */
	private finish(waiting: Awaited): void {
		this.count(waiting);
		this.first++;
		if (this.first > 64 || this.first === this.awaited.length) {
			this.awaited.splice(0, this.first);
			this.first = 0;
		}
		waiting.resolve(waiting.replies);
	}

	private checkDeadline(isSecond = false): void {
		this.timer = undefined;
		if (this.ended || this.first === this.awaited.length) return;
		const left = this.heardAt + this.deadline - performance.now();
		if (left > 0) this.timer = setTimeout(() => this.checkDeadline(), left);
		// A process that was stopped finds its timers due before the answers that wait in the socket are read.
		else if (!isSecond) this.timer = setTimeout(() => this.checkDeadline(true), 100);
		else this.end(new NoAnswer(this.deadline));
	}

	private end(error: Error): void {
		if (this.ended) return;
		const told = this.awaited[this.first]?.replies.find(isError);
		const reason = told && /^ERR max number|^DENIED/.test(told.error) ? replyError(told.error) : error;
		this.ended = { lost: socketError(reason, this.options.dial.tls !== undefined) };
		clearTimeout(this.timer);
		this.letCompilerGo?.();
		this.socket.destroy();
		for (const waiting of this.forgetAwaited()) waiting.resolve(this.ended);
		this.reader?.onEnd(this.isClosedByUs ? undefined : this.ended.lost);
	}
}

function addCalls(to: Record<string, number>, calls: Awaited['calls'], answered: number): void {
	const add = ({ counted }: Call, times: number) => {
		to[counted] = (to[counted] ?? 0) + times;
	};
	if ('name' in calls) add(calls, answered);
	else for (const item of calls.slice(0, answered)) add(item, 1);
}

const longestLogged = 300;
