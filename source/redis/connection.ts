// One node, watched over one connection: opened when it is needed, greeted once, asked one thing at a time, given
// up at a deadline, tried again with patience. Everything that can go wrong comes back in the Reading as a value.
// It counts what it sends and receives, so that the monitor can take itself out of what it shows.

import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { addOwn } from '../core/fleet/own-use.ts';
import { readAhead } from '../core/fleet/read-ahead.ts';
import { classifyError, explain, refusalOf } from '../core/parse/parse-error.ts';
import type { Address, NodeError, OwnUse, Reading, Reply } from '../core/types.ts';
import { errorText } from './client-replies.ts';
import { passed, timeNow } from './clock.ts';
import { type Call, call } from './commands.ts';
import type { Besides, ConnectionWatch } from './connection-watch.ts';
import { NoAnswer, soon, withDeadline } from './deadline.ts';
import {
	asOfNow,
	type Credentials,
	clientNameOf,
	credentialsFor,
	type DialSettings,
	hasTwoLogins,
} from './dial.ts';
import { whatIsHeld } from './held.ts';
import { inSteps } from './in-steps.ts';
import { greeting, loginFor, readGreeting } from './login.ts';
import { LoginCheck, loginAgain } from './login-check.ts';
import { NodePlan } from './node-plan.ts';
import { type Opened, openLine } from './open-line.ts';
import { OwnCounter } from './own-counter.ts';
import { Patience } from './patience.ts';
import { fastCalls } from './poll-plan.ts';
import { reachedOf, type Sent, takeWaits, timesOf, toMicroseconds } from './reading-parts.ts';
import { SentinelEvents } from './sentinel-events.ts';
import { stallMilliseconds, watchSilence } from './silence.ts';
import { socketError } from './socket-error.ts';

/** A LOADING server answers between chunks, one that runs a script only after 5 s: sooner is not yet no answer. */
const answerDeadlineMilliseconds = 5000;
/** A command that logs in before it connects may take as long over a slow line: so long it is not asked what is the matter. */
const loginMilliseconds = 5000;

/** An INFO behind a batch of a scan, beyond three round trips; a connection that takes longer tells too late. */
const besidesMilliseconds = 300;
/**
 * Connections that may end under one question, however long that takes. One is a death or a kill, and of a failover
 * each of three Sentinels may end ours, each in a turn of its own (a tenth of a second).
 */
const mostLost = 4;
/** More of them are a node that does not answer only after so long: whoever kills ours may do so several times. */
const mostLostMilliseconds = 1000;
/** A server that is going still accepts for a moment, and hangs up; each time it is waited for longer. */
const hangUpMilliseconds = 50;
/** Three seconds of them at the usual beat. */
const mostPingsOut = 16;
/** A near server has answered by then. */
const surelyAwaitedMilliseconds = 100;

const loginError: NodeError = {
	...{ reason: 'timeout', isLogin: true },
	text: 'answers, but not our login (AUTH): LDAP or a module behind it may hang',
};

const heldError: NodeError = { reason: 'paused', text: explain('paused') };

export type Visit = 'full' | 'fast';

export class NodeConnection {
	address: Address;
	readonly kind: 'data' | 'sentinel';
	/** With what its files held when it was last dialled. */
	private settings: DialSettings;
	private opened: Opened | undefined;
	private readonly plan: NodePlan;
	private readonly counter = new OwnCounter();
	private readonly patience = new Patience();
	private isVisiting = false;
	private isClosed = false;
	/** Of the connection that is open. */
	private login: Credentials = {};
	/** Good ones on this connection. */
	private visits = 0;
	/** The last visit was answered, whatever the answer. */
	private isAnswering = false;
	private wasTried = false;
	/** What the server said before it hung up on us, or before it was asked: max clients, protected mode. */
	private firstWord: Error | undefined;
	private isPasswordless = false;
	private readonly loginCheck: LoginCheck;
	private events: SentinelEvents | undefined;
	private readonly silence = watchSilence((from, now) => this.watch.unread?.(from, now) ?? 0);
	/** Between two visits it may be asked whether it answers. */
	private isWell = false;
	/** PINGs that are not answered yet. */
	private pingsOut = 0;
	/** Since when the first reply of a visit is awaited; undefined while it is not. */
	private awaitedSince: number | undefined;
	private mayPing = true;
	/** It answers errors and nothing else, as it was last asked; see held.ts. */
	private isHeld = false;
	private hasLoginHeld = false;
	private isHeldAsked = false;
	/** Not yet in the log. */
	private pings = 0;
	/** When it last began to answer, whatever it was asked and on whichever connection. */
	heardAt = Number.NEGATIVE_INFINITY;

	constructor(
		address: Address,
		kind: 'data' | 'sentinel',
		private readonly given: DialSettings,
		private readonly watch: ConnectionWatch,
	) {
		this.address = address;
		this.kind = kind;
		this.settings = given;
		this.plan = new NodePlan(kind === 'sentinel', watch);
		this.loginCheck = new LoginCheck(watch.logins);
	}

	/** True when a visit now would do something: none is under way, and the pause after a failure is over. */
	isReady(): boolean {
		return !this.isVisiting && !this.isClosed && this.patience.isOver();
	}

	/** By its newest INFO. */
	get isReplica(): boolean {
		return this.plan.asked.isReplica === true;
	}

	/** Something, on the connection that is open. */
	get hasAnswered(): boolean {
		return this.opened?.hasAnswered === true;
	}

	/** The next visit asks CLIENT LIST, however many there are. */
	askClients(): void {
		this.plan.askClients();
	}

	/** Its return must be seen at once. */
	hasten(): void {
		this.patience.hasten();
	}

	/** Somebody says that what kept us out or was not allowed is repaired. */
	tryNow(): void {
		this.patience.tryNow();
		this.plan.refusals.tryNow();
		this.loginCheck.tryNow();
	}

	/** Not let in or not reached, and the pause is over; or it is time to ask again for what was not allowed. */
	isRetryDue(): boolean {
		if (!this.isReady()) return false;
		return this.opened ? this.plan.refusals.due().length > 0 : this.wasTried;
	}

	/** The next visit asks who deleted: the counters of commands, the slow log, and the clients where they are not too many. */
	askLoss(): void {
		this.plan.askLoss();
	}

	/** The next visit asks ACL LOG, and the clients where they are not too many. */
	askLogins(): void {
		this.plan.askLogins();
	}

	/** Asks the node what is due. Never rejects; what failed is in the reading. Undefined when a fast visit has nothing to ask. */
	async visit(kind: Visit): Promise<Reading | undefined> {
		if (kind === 'fast' && fastCalls(this.plan.knownKind()).length === 0) return undefined;
		this.isVisiting = true;
		this.wasTried = true;
		try {
			return await this.askUntilAnswered(kind);
		} catch (thrown) {
			return this.fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
		} finally {
			this.isVisiting = false;
		}
	}

	/** How long until a new connection is to be opened after one was lost. */
	pauseMilliseconds(): number {
		return this.patience.remaining();
	}

	/** What is said of a node that hung up and gives a new connection no answer yet. */
	lostReading(): Reading {
		return this.badReading({
			reason: 'closed',
			text: 'the connection was closed, and a new one gets no answer',
		});
	}

	/** What is said of a node whose first answer is still awaited when the others have been told. */
	waitingReading(): Reading {
		return this.badReading(this.heldUp() ?? { reason: 'timeout', text: 'no answer yet' });
	}

	/**
	 * A PING between two visits, where the node is well: so a freeze that begins and ends between them is seen. Others
	 * follow while it is not answered: of a server that stands still again and again the last of them waits a little, over
	 * a long way all of them wait as long. It is counted as ours and has no other use.
	 */
	ping(): void {
		const opened = this.opened;
		const { kind } = this.plan.asked;
		const isData = kind === 'data' || kind === 'cluster';
		if (!opened || !this.isFreeToPing() || !this.isWell || !this.mayPing || !isData) return;
		const item = call('ping');
		this.pingsOut++;
		this.pings++;
		this.counter.note(item);
		this.silence.sent(performance.now());
		this.watch.onWaiting?.();
		opened.line.askOne(item, reply => this.pinged(opened, reply));
	}

	/** Not behind the work of our own visit, but where that waits for its first reply. */
	private isFreeToPing(): boolean {
		if (this.pingsOut >= mostPingsOut) return false;
		if (!this.isVisiting) return true;
		return (
			this.awaitedSince !== undefined && performance.now() - this.awaitedSince >= surelyAwaitedMilliseconds
		);
	}

	private pinged(opened: Opened, reply: Reply | undefined): void {
		this.pingsOut--;
		if (this.opened !== opened || reply === undefined) return;
		this.silence.answered(performance.now());
		this.isHeld = false;
		const error = errorText(reply);
		if (error === undefined) return;
		this.counter.noteError(call('ping'), error);
		this.isWell = false;
		if (refusalOf('ping', error)) this.mayPing = false;
	}

	/** It has answered nobody for so long that it counts, and still does not. Undefined where it never answered. */
	silentReading(): Reading | undefined {
		if (this.visits === 0) return undefined;
		const silentMilliseconds = this.silence.lastsFor(performance.now());
		if (silentMilliseconds < stallMilliseconds) return undefined;
		return { ...this.reading([]), silentMilliseconds, ...(this.isHeld && { isHeld: true }) };
	}

	/** An answer is due. */
	get isWaiting(): boolean {
		return this.silence.isDue();
	}

	/** The way there and back, the best of the last minute; undefined before the first answer. */
	get tripMilliseconds(): number | undefined {
		return this.silence.trip();
	}

	/** They are asked for with the next visit. */
	forgetSettings(): void {
		this.plan.forgetSettings();
	}

	close(): void {
		this.isClosed = true;
		this.drop();
	}

	/** A connection that ends under the question tells nothing of the node: only that a new one gets no answer does. */
	private async askUntilAnswered(kind: Visit): Promise<Reading> {
		const from = performance.now();
		for (let lost = 0, paused = 1; ; ) {
			const before = this.opened;
			try {
				// One that was lost is asked who it is now, as soon as it is back.
				const reading = await this.ask(before ? kind : 'full');
				this.isAnswering = true;
				return reading;
			} catch (thrown) {
				const isOften = ++lost > mostLost;
				const isTooOften = isOften && performance.now() - from > mostLostMilliseconds;
				const isAgain = thrown instanceof Error && !isTooOften && this.isWorthAnother(thrown);
				if (!isAgain) throw thrown;
				const hadAnswered = (this.opened ?? before)?.hasAnswered === true;
				this.silence.dropped(performance.now(), false);
				this.drop();
				if (!hadAnswered || isOften) await pause(hangUpMilliseconds * paused++);
			}
		}
	}

	/** It hung up on us; of one that did not answer before either that is all there is to say. */
	private isWorthAnother(thrown: Error): boolean {
		if (this.isClosed || !this.isAnswering) return false;
		return socketError(this.firstWord ?? thrown, this.settings.tls !== undefined).reason === 'closed';
	}

	private async ask(kind: Visit): Promise<Reading> {
		const opened = this.opened ?? (await this.open());
		const replies: [string, Reply][] = [];
		if (this.opened === undefined) {
			this.opened = opened;
			const refusal = await this.greet(opened);
			if (refusal) return this.refusedReading(refusal);
		}
		if (kind === 'full' && this.visits > 0 && this.plan.asked.kind !== 'sentinel')
			await this.checkLogin(opened);
		const calls = kind === 'fast' ? this.plan.fastCalls() : this.plan.dueCalls(this.address);
		const own = this.ownNow(opened);
		const sent = await this.send(opened, calls);
		const besides = this.watch.besides(this.address);
		const counted = await this.counted(sent, addOwn(own, besides?.own)!, besides);
		replies.push(...counted.sent.replies);
		this.plan.refusals.learn(calls, sent.replies);
		// The first INFO tells what the node is, a Sentinel's first answer whom it watches: what follows from that is
		// asked at once, not a delay later.
		for (
			let last = sent.replies, passes = 0;
			kind === 'full' && passes < 3 && this.plan.describe(last);
			passes++
		) {
			const more = this.plan
				.dueCalls(this.address)
				.filter(item => !replies.some(([label]) => label === item.label));
			last = (await this.send(opened, more)).replies;
			this.plan.refusals.learn(more, last);
			replies.push(...last);
		}
		await inSteps(readAhead(this.address, replies));
		return this.goodReading([...this.listen(), ...replies], counted.sent, counted.own);
	}

	private async greet(opened: Opened): Promise<NodeError | undefined> {
		this.login = await loginFor(
			this.address,
			this.kind,
			this.settings,
			async calls => (await this.send(opened, calls)).replies,
		);
		const { replies } = await this.send(opened, greeting(this.login));
		this.firstWord = undefined;
		const { isPasswordless, refusal } = readGreeting(replies);
		this.isPasswordless = isPasswordless;
		return refusal;
	}

	/**
	 * What else of ours is at work on the node does thousands of commands a second: which of them an INFO has counted
	 * only their own connection can tell. So that one asks it once more, behind all that this one has asked.
	 */
	private async counted(
		sent: Sent,
		own: OwnUse,
		besides: Besides | undefined,
	): Promise<{ readonly sent: Sent; readonly own: OwnUse }> {
		const at = sent.replies.findIndex(([label, reply]) => label === 'info' && typeof reply === 'string');
		if (at < 0 || !besides?.info || !this.opened) return { sent, own };
		const mine = this.ownNow(this.opened);
		const deadline = besidesMilliseconds + 3 * (sent.pingMilliseconds ?? 0);
		const askedAt = passed();
		const marked = await soon(besides.info(), deadline);
		if (!marked) return { sent, own };
		const replies = sent.replies.with(at, ['info', marked.info]);
		const clock = passed();
		const now = { at: timeNow(), clock, infoMilliseconds: clock - askedAt };
		return { sent: { ...sent, ...now, replies }, own: addOwn(mine, marked.own)! };
	}

	/** A Sentinel is listened to from its first good answer on. */
	private listen(): readonly [string, Reply][] {
		if (this.plan.asked.kind !== 'sentinel') return [];
		if (!this.events?.isOpen()) {
			this.events = new SentinelEvents({
				node: this.address,
				route: this.opened!.route,
				settings: this.settings,
				credentials: this.login,
				onTold: this.watch.onTold,
				onSent: this.watch.onSent,
			});
		}
		return this.events.take();
	}

	/** By itself and with nothing before it that is not answered: Valkey 8.1 loses a refusal behind another call. */
	private async checkLogin(opened: Opened): Promise<void> {
		if (this.pingsOut > 0 || !this.loginCheck.isDue(this.plan.isAskingLogins, this.watch.nodesInFleet()))
			return;
		// With what its files hold now.
		const settings = asOfNow(this.given);
		const login = hasTwoLogins(settings)
			? credentialsFor(this.address, 'data', this.kind, settings)
			: settings.credentials;
		const words = loginAgain(login, this.plan.asked, settings.tls !== undefined);
		if (words.length === 0) return;
		const { replies } = await this.send(opened, [call('auth', ...words)]);
		this.loginCheck.answered(errorText(replies[0]?.[1]));
	}

	/** Our end as the server names it; undefined while there is no connection. */
	get clientName(): string | undefined {
		const stream = this.opened?.client.stream;
		return stream && 'localAddress' in stream ? clientNameOf(stream) : undefined;
	}

	private async open(): Promise<Opened> {
		this.settings = asOfNow(this.given);
		const opened = await openLine(this.address, {
			settings: this.settings,
			onTry: () => this.counter.begin(),
			onFirstWord: word => {
				this.firstWord = word;
			},
			isClosed: () => this.isClosed,
		});
		this.beginAnew();
		opened.client.on('close', () => this.noteClose(opened));
		return opened;
	}

	/** What was learned on the connection before is not true of this one. */
	private beginAnew(): void {
		this.plan.beginAnew();
		this.mayPing = true;
		this.isWell = false;
		this.loginCheck.begin();
		this.visits = 0;
	}

	private noteClose({ client }: Opened): void {
		if (this.opened?.client !== client) return;
		if (!this.isVisiting) this.silence.dropped(performance.now(), false);
		this.drop();
		if (this.isVisiting || this.isClosed) return;
		this.patience.noteLoss(this.watch.isFast(), this.watch.delaySeconds());
		this.watch.onLost();
	}

	/** Sends calls in one write and waits for all replies, at most until the deadline. */
	private async send(opened: Opened, calls: readonly Call[]): Promise<Sent> {
		if (calls.length === 0) return { replies: [], at: timeNow(), clock: passed() };
		this.watch.onSent(this.address, [...this.pingsToTell(), ...calls]);
		// What a command takes until it is connected is no silence of the server.
		const isLoggingIn = this.settings.via !== undefined && !opened.hasAnswered;
		let firstReplyAt = 0;
		let idleAtReply = 0;
		const noteReply = () => {
			firstReplyAt = performance.now();
			this.heardAt = firstReplyAt;
			opened.hasAnswered = true;
			clearTimeout(asking);
			this.awaitedSince = undefined;
			this.isHeld = false;
			this.hasLoginHeld = false;
			if (!isLoggingIn) this.silence.answered(firstReplyAt);
			idleAtReply = performance.nodeTiming.idleTime;
		};
		const sentAt = performance.now();
		this.awaitedSince = sentAt;
		if (!isLoggingIn) this.silence.sent(sentAt);
		this.watch.onWaiting?.();
		const silent = this.silence.lastsFor(sentAt);
		const due = silent > 0 ? 0 : (this.silence.trip() ?? (isLoggingIn ? loginMilliseconds : 0));
		const asking = setTimeout(() => void this.askWhetherHeld(opened), due + stallMilliseconds - silent);
		const idleBefore = performance.nodeTiming.idleTime;
		const deadline = isLoggingIn ? this.settings.connectTimeoutMilliseconds : answerDeadlineMilliseconds;
		let answers: readonly Reply[];
		try {
			answers = await withDeadline(opened.line.ask(calls, noteReply), deadline);
		} catch (thrown) {
			throw thrown instanceof NoAnswer ? thrown : (opened.failure() ?? thrown);
		} finally {
			clearTimeout(asking);
			this.awaitedSince = undefined;
		}
		const replies = calls.map((item, index): [string, Reply] => [item.label, answers[index]!]);
		this.counter.count(calls, replies);
		this.counter.countBytes(opened.client);
		// Replies of one write come together; the first one is the round trip.
		return {
			replies,
			at: timeNow(),
			clock: passed(firstReplyAt || undefined),
			pingMilliseconds: firstReplyAt - sentAt,
			// The rest of that time our event loop was at work: the reply may have been there, unread.
			waitedMilliseconds: Math.min(firstReplyAt - sentAt, idleAtReply - idleBefore),
		};
	}

	/** It has answered nobody for a second: does it stand still, or does it make its clients wait? */
	private async askWhetherHeld(opened: Opened): Promise<void> {
		if (this.kind !== 'data' || this.isHeldAsked || this.isClosed) return;
		this.isHeldAsked = true;
		const held = await whatIsHeld({
			route: opened.route,
			settings: this.settings,
			credentials: this.login,
			onSent: calls => this.watch.onSent(this.address, calls),
			onRefused: (item, text) => {
				this.counter.note(item);
				this.counter.noteError(item, text);
			},
		});
		this.isHeldAsked = false;
		// What was answered meanwhile is newer.
		if (this.opened !== opened || this.silence.lastsFor(performance.now()) < stallMilliseconds) return;
		this.isHeld = held === 'all';
		this.hasLoginHeld = held === 'login';
	}

	private heldUp(): NodeError | undefined {
		if (this.isHeld) return heldError;
		return this.hasLoginHeld ? loginError : undefined;
	}

	/** For the log: those since the last visit, as one line. */
	private pingsToTell(): readonly Call[] {
		const times = this.pings;
		this.pings = 0;
		if (times === 0) return [];
		const item = call('ping');
		return [times === 1 ? item : { ...item, words: [...item.words, `(${times} times)`] }];
	}

	private ownNow({ client }: Opened): OwnUse {
		this.counter.countBytes(client);
		return this.counter.use();
	}

	private goodReading(replies: [string, Reply][], sent: Sent, own: OwnUse): Reading {
		const info = replies.find(([command]) => command === 'info')?.[1];
		const text = errorText(info);
		// An INFO that this user may not call leaves nothing to show; any other error is a state of the server.
		const error = text === undefined ? undefined : classifyError(text);
		if (!error && ++this.visits >= 2) this.patience.noteGood();
		const reached = reachedOf(this.opened);
		// A password was set meanwhile: this connection is good for nothing any more.
		if (error?.reason === 'needs-password') {
			this.drop();
			this.patience.noteRefusal();
		}
		this.isWell = !error && !(typeof info === 'string' && info.includes('\nloading:1'));
		return {
			...this.reading(replies),
			...timesOf(sent, !error),
			own,
			...takeWaits(this.silence, !error),
			...(this.isPasswordless && { isPasswordless: true }),
			...(this.loginCheck.isRefused && { isLoginRefused: true }),
			...reached,
			error: error && this.patience.withRetry(error),
		};
	}

	private refusedReading(error: NodeError): Reading {
		this.drop();
		this.patience.noteRefusal();
		return this.badReading(this.patience.withRetry(error));
	}

	private fail(thrown: Error): Reading {
		const heldUp = thrown instanceof NoAnswer ? this.heldUp() : undefined;
		const isAccepted = thrown instanceof NoAnswer && this.isTakenByItself();
		if (heldUp?.isLogin) this.silence.excused();
		else this.silence.dropped(performance.now(), thrown instanceof NoAnswer);
		this.drop();
		this.isAnswering = false;
		const error = heldUp ?? socketError(this.firstWord ?? thrown, this.settings.tls !== undefined);
		this.firstWord = undefined;
		this.patience.noteFailure(error, this.watch.isFast() || this.settings.isReturnAwaited === true);
		const isMute = isAccepted && error.reason === 'timeout' && !error.isLogin;
		const told: NodeError = isMute ? { ...error, isAccepted } : error;
		return this.badReading(this.patience.withRetry(told));
	}

	/** By the address that was announced or typed, and by nothing that stands between; it has answered nothing yet. */
	private isTakenByItself(): boolean {
		const { opened, settings } = this;
		return opened?.hasAnswered === false && !opened.route.isMapped && settings.via === undefined;
	}

	private badReading(error: NodeError): Reading {
		return { ...this.reading([]), ...takeWaits(this.silence, false), error };
	}

	private reading(replies: Reading['replies']): Reading {
		return {
			node: this.address,
			at: timeNow(),
			clock: toMicroseconds(passed()),
			replies,
			refused: this.plan.refusals.all,
			own: this.counter.use(),
		};
	}

	private drop(): void {
		const opened = this.opened;
		this.opened = undefined;
		this.events?.close();
		this.events = undefined;
		if (!opened) return;
		this.counter.countBytes(opened.client);
		opened.line.leave();
		opened.client.disconnect();
	}
}
