// One node of a watch: its ladder, and the rungs that cost next to nothing kept going while somebody looks: HOTKEYS
// where it runs, SLOT-STATS, the walk over LFU counters. A HOTKEYS session of our own where it is asked for; while it
// runs nothing else here reads a key, for the server would tell it as hot. What was found is kept as it came; making one
// result of many nodes is the watch's. A node that is lost says so in its ladder and is tried again at the next turn;
// nothing here opens a MONITOR window.

import { performance } from 'node:perf_hooks';
import type { HotTarget } from '../../core/keys/hot-keys.ts';
import {
	askedRung,
	type HotKeysMethod,
	type HotPressure,
	isFree,
	type Ladder,
	type LadderFacts,
	ladderOf,
	silentLadder,
} from '../../core/keys/hot-ladder.ts';
import type { NodeSeen } from '../../core/keys/hot-results.ts';
import { ratioFor } from '../../core/keys/rungs/hotkeys.ts';
import type { Answer, SessionOwner } from '../../core/keys/rungs/rung.ts';
import type { HotkeysSession } from '../../core/parse/parse-hotkeys.ts';
import type { OwnUse } from '../../core/types.ts';
import { timeNow } from '../clock.ts';
import { isLost, type LeanOptions, type Lost } from '../lean-connection.ts';
import { type Asked, askLadder } from './ladder.ts';
import { LiveLfu } from './live-lfu.ts';
import { NodeLink } from './node-link.ts';
import { ownerOf } from './own-sessions.ts';
import type { Found, ReadByItself, Reader } from './reader.ts';
import { readers } from './readers.ts';
import { type OwnSession, readHotkeys, resetLeft, type SessionEnd, startSession } from './server-hotkeys.ts';

export type NodeWatchOptions = {
	readonly lean: LeanOptions;
	/** Keys listed. */
	readonly top: number;
	/** Keys a second of the walk over LFU counters. */
	readonly lfuRate: number;
	/** A HOTKEYS session will be asked for where one may be: then no counters are walked. */
	readonly prefersSession?: boolean;
	readonly pressure?: () => HotPressure | undefined;
	/** Between two turns; 5 s unless given. */
	readonly turnMilliseconds?: number;
	readonly onChange: () => void;
};

const usualTurnMilliseconds = 5000;
/** What a setting stands against may have been enabled since: after so many turns it is asked again. */
const askAgainTurns = 6;
const keptMilliseconds = 60_000;
/** A right may be granted at any time; each time it is asked for is one line in the ACL log. */
const rightsMilliseconds = 29_000;
/** A key that is held down asks no sooner. */
const byHandMilliseconds = 1000;
/** Under one command a second nobody uses it. */
const idleOpsPerSecond = 1;
/** Between two readings of a session that another redis-top has begun. */
const followMilliseconds = 1000;
/** Of a session that is not ours: five minutes of turns. */
const mostReadings = 60;

export class NodeWatch {
	readonly link: NodeLink;
	/** Settled when the ladder was asked once, or the node did not answer. */
	readonly isAsked: Promise<void>;
	private asked: Asked | undefined;
	private askedAt = Number.NEGATIVE_INFINITY;
	/** When what was not allowed was asked for last. */
	private refusalsAt = performance.now();
	private trouble: string | undefined;
	private readonly seen: { -readonly [Name in keyof NodeSeen]: NodeSeen[Name] } = {};
	private readonly readers: ReadonlyMap<ReadByItself, Reader>;
	/** What they found last. */
	private readonly read = new Map<HotKeysMethod, Found>();
	private readonly lfu: LiveLfu;
	private session: OwnSession | undefined;
	/** Being asked, which reads a key. */
	private asking: Promise<void> | undefined;
	private reading: Promise<void> | undefined;
	/** Counters are walked although a session could be asked for. */
	private prefersCounters = false;
	/** Readings of a session that is not ours, oldest first. */
	private history: readonly HotkeysSession[] = [];
	private timer: NodeJS.Timeout | undefined;
	private turning: Promise<void> | undefined;
	private isResting = false;
	private isClosed = false;

	constructor(
		readonly target: HotTarget,
		private readonly options: NodeWatchOptions,
	) {
		this.link = new NodeLink(target, options.lean);
		this.readers = new Map(
			readers.map(kind => [kind, kind.start(this.link, (db, keys) => this.lfu.look(db, keys))]),
		);
		this.lfu = new LiveLfu(this.link, {
			...{ rate: options.lfuRate, top: options.top, pressure: options.pressure },
			onSeen: options.onChange,
			onTrouble: trouble => this.take(trouble),
		});
		this.isAsked = this.ask().then(() => {
			this.turn();
		});
	}

	private get turnMilliseconds(): number {
		const usual = this.options.turnMilliseconds ?? usualTurnMilliseconds;
		return this.isFollowing() ? Math.min(usual, followMilliseconds) : usual;
	}

	/** The session of another redis-top: in some seconds it is over, and gone with what it found. */
	private isFollowing(): boolean {
		const { whose, session } = this.seen.session ?? {};
		return whose === 'sibling' && session?.isActive === true;
	}

	/** The ladder as it stands; undefined until it was asked. */
	ladder(): Ladder | undefined {
		const pressure = this.options.pressure?.();
		// Whoever polls it every second knows of its death before it is asked here the next time.
		const trouble = this.trouble ?? pressure?.down;
		if (trouble !== undefined) return silentLadder(this.target.address, trouble);
		return this.asked && ladderOf(this.asked.facts, pressure);
	}

	/** No commands but ours, as far as whoever polls it knows: a session would find nothing. */
	isIdle(): boolean {
		return (this.options.pressure?.()?.opsPerSecond ?? idleOpsPerSecond) < idleOpsPerSecond;
	}

	/** A session found nothing, or would: the counters of the minutes before are told in its place. */
	preferCounters(): void {
		this.prefersCounters = true;
		this.turn();
	}

	found(): NodeSeen {
		const { trouble, target } = this;
		const read = [...this.read.values()];
		const seen: NodeSeen = {
			...Object.assign({}, this.seen, ...read),
			lfu: this.lfu.seen,
			results: read.flatMap(({ results = [] }) => results),
		};
		return trouble === undefined ? seen : { ...seen, lost: { target, text: trouble } };
	}

	own(): OwnUse {
		return this.link.own();
	}

	/** Nobody looks: nothing is asked. */
	rest(): void {
		this.isResting = true;
		this.restCounters();
		clearTimeout(this.timer);
	}

	wake(): void {
		if (!this.isResting) return;
		this.isResting = false;
		this.restCounters();
		this.startAnew();
		this.turn();
	}

	private startAnew(): void {
		for (const reader of this.readers.values()) reader.startAnew();
	}

	private restCounters(): void {
		this.lfu.rest(this.isResting || this.session !== undefined);
	}

	/** A HOTKEYS session of our own. */
	startSession(): OwnSession {
		const ops = this.options.pressure?.()?.opsPerSecond ?? this.asked?.facts.opsPerSecond;
		this.lfu.rest(true);
		const session = startSession(this.link, {
			ratio: ratioFor(ops),
			isQuiet: Promise.all([this.lfu.isIdle(), this.asking, this.reading]),
		});
		this.session = session;
		this.history = [];
		this.seen.session = undefined;
		this.learn({ hotkeys: { got: { kind: 'session', state: 'active', whose: 'ours' } } });
		const result = session.result.then(end => {
			this.session = undefined;
			this.restCounters();
			this.learnEnd(end);
			return end;
		});
		return { stop: session.stop, result };
	}

	/** The session that a killed redis-top left, where it is over: read, and its memory given back. */
	readLeft(): Promise<void> {
		this.reading ??= this.readLeftNow().finally(() => {
			this.reading = undefined;
		});
		return this.reading;
	}

	private async readLeftNow(): Promise<void> {
		const fact = this.asked?.facts.hotkeys;
		const runId = this.asked?.info.runId;
		if (this.session || runId === undefined || !fact || !('got' in fact)) return;
		if (fact.got.kind !== 'session' || fact.got.whose !== 'left' || fact.got.state !== 'over') return;
		await this.readHotkeys();
		const { session, whose } = this.seen.session ?? {};
		if (whose !== 'left' || session?.isActive !== false || session.startedAt === undefined) return;
		await resetLeft(this.link, { runId, startedAt: session.startedAt });
		this.learn({ hotkeys: { got: { kind: 'session', state: 'none', whose: 'somebody' } } });
		this.forgetHotkeys();
	}

	/** MONITOR was refused, by this line of the server: known from now on. */
	refuseMonitor(error: string): void {
		this.learn({ monitor: { error } });
	}

	/** All that goes on by itself has been read once: a walk to its end, slots against a reading before. */
	isSettled(): boolean {
		if (this.trouble !== undefined) return true;
		const ladder = this.ladder();
		if (!ladder || this.isFollowing()) return false;
		const free = this.free(ladder);
		const { window, session } = this.seen;
		if (free.has('hotkeys') && !this.session && !window && !session) return false;
		if (readers.some(({ method }) => free.has(method) && !this.read.has(method))) return false;
		return !free.has('lfu') || this.lfu.isWhole;
	}

	/** The rungs that are kept going. Counters are walked where nothing better tells of keys. */
	private free(ladder: Ladder): ReadonlySet<HotKeysMethod> {
		const free = new Set(ladder.rungs.filter(isFree).map(({ method }) => method));
		if (free.has('hotkeys') || this.isSessionNext(ladder)) free.delete('lfu');
		return free;
	}

	private isSessionNext(ladder: Ladder): boolean {
		if (!this.options.prefersSession || this.prefersCounters) return false;
		return askedRung(ladder) === 'hotkeys' && !(this.isIdle() && hasCounters(ladder));
	}

	/** A session of ours is taken back first. */
	async close(): Promise<void> {
		this.isClosed = true;
		clearTimeout(this.timer);
		this.lfu.stop();
		if (this.session) {
			this.session.stop();
			await Promise.race([this.session.result, pause(closeMilliseconds)]);
		}
		this.link.close();
	}

	// -----------------------------------------------------------------------------------------------------
	// Turns

	private turn(): void {
		clearTimeout(this.timer);
		if (this.isClosed || this.isResting) return;
		this.turning ??= this.takeTurn().finally(() => {
			this.turning = undefined;
			clearTimeout(this.timer);
			if (this.isClosed || this.isResting) return;
			this.timer = setTimeout(() => this.turn(), this.turnMilliseconds);
		});
	}

	private async takeTurn(): Promise<void> {
		const isDue = performance.now() - this.askedAt > askAgainTurns * this.turnMilliseconds;
		if (!this.session && (!this.asked || isDue)) await this.ask();
		if (!this.asked) return;
		await this.readLeft();
		if (!this.asked) return;
		const free = this.free(ladderOf(this.asked.facts));
		if (free.has('hotkeys') && !this.session) await this.readHotkeys();
		else if (!free.has('hotkeys')) this.forgetHotkeys();
		for (const [kind, reader] of this.readers)
			if (free.has(kind.method)) await this.readBy(kind, reader);
			else this.read.delete(kind.method);
		// While a session of ours is at work the walk rests, and what it found stays.
		if (!this.session) {
			if (!free.has('lfu')) this.lfu.stop();
			else if (this.asked) this.take(await this.lfu.refresh(this.asked));
		}
		this.options.onChange();
	}

	/** A session of somebody's that is over is shown for a while, not for ever. */
	private forgetHotkeys(): void {
		this.seen.window = undefined;
		const { session } = this.seen;
		if (session && timeNow() - session.at - session.seconds * 1000 > keptMilliseconds)
			this.seen.session = undefined;
	}

	/** Somebody says that what was not allowed is granted. */
	tryNow(): void {
		if (performance.now() - this.refusalsAt < byHandMilliseconds) return;
		this.refusalsAt = Number.NEGATIVE_INFINITY;
		this.doubt();
		this.turn();
	}

	/** What was learnt, without the rights that were lacking when it is time to ask for them again. */
	private learnt(): LadderFacts | undefined {
		const facts = this.asked?.facts;
		if (!facts || performance.now() - this.refusalsAt < rightsMilliseconds) return facts;
		this.refusalsAt = performance.now();
		return withoutLacking(facts);
	}

	private ask(): Promise<void> {
		this.asking ??= this.askNow().finally(() => {
			this.asking = undefined;
		});
		return this.asking;
	}

	private async askNow(): Promise<void> {
		const asked = await askLadder(this.link, {
			target: this.target,
			user: this.options.lean.dial.credentials.user ?? 'default',
			lfuPace: this.options.lfuRate,
			before: this.learnt(),
			whose: (runId, startedAt) => this.whose(runId, startedAt),
		});
		this.askedAt = performance.now();
		if ('failed' in asked) this.lose(asked.failed.text);
		else {
			this.trouble = undefined;
			this.asked = asked;
		}
		this.options.onChange();
	}

	private async whose(runId: string | undefined, startedAt: number | undefined): Promise<SessionOwner> {
		if (this.session) return 'ours';
		return ownerOf(runId === undefined || startedAt === undefined ? undefined : { runId, startedAt });
	}

	/** What was found stays as it was; the rungs are asked anew when the node answers again. */
	private lose(text: string): void {
		if (this.isClosed) return;
		this.trouble = text;
		this.asked = undefined;
		this.startAnew();
		this.options.onChange();
	}

	private take(trouble: Lost | 'refused' | undefined): void {
		if (trouble === 'refused') this.doubt();
		else if (trouble) this.lose(trouble.lost.text);
	}

	/** Trouble with one rung: the ladder is asked again at the next turn. */
	private doubt(): void {
		this.askedAt = Number.NEGATIVE_INFINITY;
	}

	private learn(change: Partial<LadderFacts>): void {
		if (!this.asked) return;
		this.asked = { ...this.asked, facts: { ...this.asked.facts, ...change } };
		this.options.onChange();
	}

	private learnEnd({ endedBy, error, command }: SessionEnd): void {
		// Somebody was faster: theirs is read from now on.
		const isTaken = endedBy === 'refused' && /already in progress/i.test(error ?? '');
		const isRefused = endedBy === 'refused' && error !== undefined && !isTaken;
		if (isRefused) this.learn({ hotkeys: { error, command } });
		else
			this.learn({
				hotkeys: { got: { kind: 'session', state: isTaken ? 'active' : 'none', whose: 'somebody' } },
			});
		if (endedBy === 'lost' || isTaken) this.doubt();
	}

	// -----------------------------------------------------------------------------------------------------
	// Rungs

	private async readHotkeys(): Promise<void> {
		const found = await readHotkeys(this.link);
		if (isLost(found)) return this.lose(found.lost.text);
		if ('error' in found) return this.doubt();
		const { target } = this;
		if (found.kind === 'nothing' && this.seen.session) {
			// It was reset: what was read of it last is what there is.
			this.seen.session = { ...this.seen.session, endedBy: 'time', session: over(this.seen.session.session) };
			return this.doubt();
		}
		if (found.kind === 'window' || found.kind === 'nothing') {
			const window = found.kind === 'window' ? found : { kind: 'window' as const, keys: [] };
			const { share, seconds = 1 } = this.asked?.sampling ?? {};
			this.seen.window = {
				...{ target, at: timeNow() - seconds * 1000, seconds, endedBy: 'going-on', window },
				sampledShare: share,
				opsPerSecond: this.options.pressure?.()?.opsPerSecond,
			};
			if (found.kind === 'nothing') this.doubt();
			return;
		}
		const { seconds, isActive, startedAt } = found;
		const whose = await this.whose(this.asked?.info.runId, startedAt);
		const isSame = this.history.at(-1)?.startedAt === startedAt;
		const earlier = isSame ? this.history : [];
		this.history = [...earlier, found].slice(-mostReadings);
		this.seen.session = {
			...{ target, at: this.beginOf(found), seconds, session: found, earlier, whose },
			endedBy: isActive ? 'going-on' : 'time',
		};
		if (!isActive) this.doubt();
	}

	/** On our clock: the server tells when it began on its own. */
	private beginOf({ isActive, seconds, startedAt }: HotkeysSession): number {
		return isActive || startedAt === undefined ? timeNow() - seconds * 1000 : Math.min(startedAt, timeNow());
	}

	private async readBy({ method }: ReadByItself, reader: Reader): Promise<void> {
		if (!this.asked) return;
		const read = await reader.read(this.asked.info);
		if (read === undefined) return;
		if ('lost' in read) this.lose(read.lost.text);
		else if ('error' in read) this.doubt();
		else this.read.set(method, read);
	}
}

const over = (session: HotkeysSession): HotkeysSession => ({ ...session, isActive: false });

const hasCounters = ({ rungs }: Ladder) =>
	rungs.some(({ method, state }) => method === 'lfu' && state === 'ready');

const closeMilliseconds = 2000;
/** Nothing is kept running for it. */
export const pause = (milliseconds: number) =>
	new Promise<void>(resolve => {
		setTimeout(resolve, milliseconds).unref();
	});

const isLacking = (answer: Answer<unknown>) =>
	answer !== undefined && 'error' in answer && answer.error.startsWith('NOPERM');

const withoutLacking = (facts: LadderFacts): LadderFacts => ({
	...facts,
	hotkeys: isLacking(facts.hotkeys) ? undefined : facts.hotkeys,
	...Object.fromEntries(readers.map(({ fact }) => [fact, isLacking(facts[fact]) ? undefined : facts[fact]])),
	lfu: isLacking(facts.lfu) ? undefined : facts.lfu,
});
