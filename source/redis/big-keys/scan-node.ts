// One shard, read to its end: SCAN for the next names and MEMORY USAGE of the last ones in the same write, so a batch
// costs one round trip, and the server has the next batch before it is done with this one. Every database in turn.
// A lost connection is opened again and the cursor goes on where the same process answers. Where it does not come
// back, another node with the same keys is read from the beginning, for a cursor means nothing there: what was counted
// is known and not counted again. LOADING, BUSY and the like stop the questions until they pass.

import { performance } from 'node:perf_hooks';
import type { CommandName } from '../../core/commands.ts';
import type {
	NodeProgress,
	NodeScanState,
	Pressure,
	ScanLimits,
	ScanPoint,
	ScanTarget,
} from '../../core/keys/big-keys.ts';
import type { FieldTtls } from '../../core/keys/field-ttls.ts';
import type { ScanNote } from '../../core/keys/scan-notes.ts';
import { isError } from '../../core/reply.ts';
import type { Address, OwnUse, Reply } from '../../core/types.ts';
import { call } from '../commands.ts';
import { isLost, type LeanOptions } from '../lean-connection.ts';
import { type NameList, noNames, packCalls } from '../name-list.ts';
import { KeyQuestions, type QuestionOptions, sizing, type Work } from './key-questions.ts';
import type { NewNames } from './names.ts';
import { isPassing, type MarkedInfo, NodeLine } from './node-line.ts';
import { createSleeper, holdSeconds, judgeError, reachNode } from './reach-node.ts';
import { ScanPace } from './scan-pace.ts';

export type NodeScanOptions = Omit<QuestionOptions, 'line' | 'onRefused'> & {
	readonly lean: LeanOptions;
	/** Keys a second; 0 = no ceiling. */
	readonly rate: number;
	readonly only?: ScanLimits;
	/** Where an earlier scan ended; undefined: at the beginning. */
	readonly begin?: ScanPoint;
	/** So long it is tried to reach a node that was lost. */
	readonly patienceSeconds: number;
	readonly pressure?: (node: Address) => Pressure | undefined;
	/** Which of them were not returned before. */
	readonly newOf: (names: NameList, db: number) => NewNames;
	/** All that was counted is remembered, so that a walk from the beginning counts nothing twice. */
	readonly mayBeginAgain: () => boolean;
	/**
	 * What there is to scan, whenever a node was opened for the first time. What it asks leaves before anything is
	 * read, and is not waited for.
	 */
	readonly onOpen: (line: NodeLine) => void;
};

const holdPauseMilliseconds = 1000;
/** With another node to go on at, so long at most the lost one is waited for. */
const patienceWithStandInSeconds = 5;
/** When it is to stop, so long what is under way may still be answered. */
const stopMilliseconds = 1500;

type Ended = {
	readonly state: 'done' | 'partial';
	readonly reason?: string;
	/** The node is gone, not the will or the right: another one may do. */
	readonly isLost?: boolean;
};

export class NodeScan {
	readonly target: ScanTarget;
	of: number | undefined;
	ended: Ended | undefined;
	line: NodeLine;
	/** What happened to it that the figures do not tell. */
	readonly notes: ScanNote[] = [];
	private readonly past: NodeProgress[] = [];
	private readonly lines: NodeLine[];
	private readonly questions: KeyQuestions;
	private readonly pace: ScanPace;
	private readonly others: Address[];
	private db = 0;
	/** What SCAN is asked by next. */
	private cursor = '0';
	/** From where an earlier scan had come to. */
	private hasGoneOn = false;
	/** Keys that SCAN has passed, as far as can be told: COUNT of each call. */
	private passed = 0;
	private state: NodeScanState = 'waiting';
	private reason: string | undefined;
	private isPaused = false;
	private stopReason: string | undefined;
	private readonly sleeper = createSleeper();
	private trouble: Ended | undefined;
	private held: string | undefined;
	private ping: number | undefined;
	/** Counted on the nodes before this one. */
	private scannedBefore = 0;

	constructor(
		target: ScanTarget,
		private readonly options: NodeScanOptions,
	) {
		this.target = target;
		this.of = target.keys;
		this.others = [...(target.standIns ?? [])];
		this.line = new NodeLine(target.address, options.lean);
		this.line.isReplica = target.isReplica;
		this.lines = [this.line];
		this.pace = new ScanPace(options.rate);
		this.questions = new KeyQuestions({
			...options,
			line: () => this.line,
			onRefused: (error, feature) => {
				this.refuse(error, feature);
			},
		});
	}

	get scanned(): number {
		return this.questions.scanned;
	}

	/** With a pattern: keys that were passed, matching or not. */
	get walked(): number | undefined {
		if (this.options.only?.pattern === undefined) return undefined;
		if (this.ended?.state === 'done') return this.of;
		return Math.max(this.scanned, Math.min(this.passed, this.of ?? 0));
	}

	/** Keys that will be counted, as far as can be told. */
	get expected(): number {
		const { of = 0, scanned, walked } = this;
		if (walked === undefined || walked === 0) return Math.max(of, scanned);
		return Math.max(scanned, (scanned * of) / walked);
	}

	/** Where another scan would go on. */
	get point(): ScanPoint {
		const { line, db, target } = this;
		const { begin } = this.options;
		// Nothing was read: with the cursor of its beginning all would be counted once more.
		if (begin !== undefined && !this.hasGoneOn) return begin;
		const cursor = this.questions.restCursor ?? this.cursor;
		const isDone = this.ended?.state === 'done';
		return {
			...{ primary: target.primary, node: line.address, db, cursor, isDone },
			...(line.process !== undefined && { runId: line.process }),
		};
	}

	get gone(): number {
		return this.questions.gone;
	}

	get forbidden(): number {
		return this.questions.forbidden;
	}

	get hits(): number {
		return this.lines.reduce((sum, { hits }) => sum + hits, 0);
	}

	/** Never rejects. Afterwards `ended` says how it went; the connection stays open for `ask`. */
	async run(): Promise<void> {
		this.ended = await this.scanAll();
		this.state = this.ended.state;
		this.reason = this.ended.reason;
	}

	pause(): void {
		this.isPaused = true;
	}

	resume(): void {
		this.isPaused = false;
		this.sleeper.wake();
	}

	/** What was found stays. A server that does not answer is not waited for. */
	stop(reason: string): void {
		if (this.stopReason !== undefined) return;
		this.stopReason = reason;
		this.sleeper.wake();
		setTimeout(() => this.close(), stopMilliseconds).unref();
	}

	/** For good. */
	close(): void {
		this.line.end();
	}

	/** The nodes that were read, the one that is read now last. */
	progress(): readonly NodeProgress[] {
		const { pace } = this;
		const now: NodeProgress = {
			node: this.line.address,
			primary: this.target.primary,
			isReplica: this.line.isReplica,
			state: this.ended ? this.state : this.isPaused ? 'paused' : this.state,
			reason: this.reason ?? this.stopReason ?? pace.reason,
			scanned: this.scanned - this.scannedBefore,
			of: this.of === undefined ? undefined : Math.max(0, this.of - this.scannedBefore),
			...(this.walked !== undefined && { walked: this.walked }),
			db: this.db,
			batch: pace.batch,
			pace: pace.keysPerSecond,
			pingMilliseconds: this.ping,
			slowsAboveMilliseconds: pace.slowsAboveMilliseconds,
			own: this.line.own(),
		};
		return [...this.past, now];
	}

	/** What was done on a node so far; undefined where it was not read. */
	own(node: Address): OwnUse | undefined {
		return this.lines.find(({ address }) => address === node)?.own();
	}

	/** INFO of a node, and what was done there before the server wrote it. */
	async markedInfo(node: Address): Promise<MarkedInfo | undefined> {
		return this.lines.find(({ address }) => address === node)?.markedInfo();
	}

	/** The call for each key of a database; undefined where the node cannot be asked. Only when the walk is over. */
	async ask(db: number, name: CommandName, keys: readonly string[]): Promise<readonly Reply[] | undefined> {
		if (!this.line.isOpen && (this.stopReason !== undefined || (await this.line.open()))) return undefined;
		if (await this.line.select(db)) return undefined;
		const answer = await this.line.askEach(name, keys);
		return isLost(answer) ? undefined : answer;
	}

	/** Of hashes of a database; nothing where it has none whose fields expire, or may not be asked. */
	async askFieldTtls(db: number, hashes: readonly string[]): Promise<ReadonlyMap<string, FieldTtls>> {
		const none = new Map<string, FieldTtls>();
		if (hashes.length === 0 || !this.line.mayAskFields(db)) return none;
		if (!this.line.isOpen && (this.stopReason !== undefined || (await this.line.open()))) return none;
		return (await this.line.select(db)) ? none : this.line.askFieldTtls(hashes);
	}

	/**
	 * MEMORY USAGE of keys of a database by so many samples, and what it cost the server by its own count where that
	 * was asked and answered. Undefined where it cannot be asked, or now is no time for it.
	 */
	async askSizes(
		db: number,
		keys: readonly string[],
		samples: number,
		isTimed: boolean,
	): Promise<{ readonly replies: readonly Reply[]; readonly microseconds?: number } | undefined> {
		if (this.stopReason !== undefined && !this.line.isOpen) return undefined;
		const pressure = this.options.pressure?.(this.line.address);
		if (pressure) this.pace.judge(performance.now(), pressure);
		if (this.pace.reason !== undefined) return undefined;
		if (!this.line.isOpen && (await this.line.open())) return undefined;
		if (await this.line.select(db)) return undefined;
		return this.line.askSizes(keys, samples, isTimed);
	}

	/** The same beside the walk; undefined where that would disturb it: another database, a pause, no connection. */
	async askNow(
		db: number,
		name: CommandName,
		keys: readonly string[],
	): Promise<readonly Reply[] | undefined> {
		const isFree = this.state === 'scanning' && !this.isPaused && this.stopReason === undefined;
		if (!isFree || this.ended || !this.line.isAt(db)) return undefined;
		const answer = await this.line.askEach(name, keys);
		return isLost(answer) ? undefined : answer;
	}

	// -----------------------------------------------------------------------------------------------------
	// The walk

	private async scanAll(): Promise<Ended> {
		const failed = await this.reach();
		if (!failed) this.begin();
		else if (!(await this.moveOn(failed))) return this.without(failed);
		const { begin } = this.options;
		if (begin?.runId !== undefined && begin.runId !== this.line.process)
			return this.partial(`${begin.node} was restarted since: its cursor no longer holds, scan it anew`);
		this.hasGoneOn = true;
		this.state = 'scanning';
		for (const db of this.databases()) {
			if (begin !== undefined && db < begin.db) continue;
			this.db = db;
			this.cursor = begin?.db === db ? begin.cursor : '0';
			for (;;) {
				const ended = await this.scanDatabase(db);
				if (!ended) break;
				if (!(await this.moveOn(ended))) return ended;
			}
		}
		return { state: 'done' };
	}

	/** A cursor of it that is kept means nothing on another node. */
	private without(failed: Ended): Ended {
		if (this.options.begin === undefined || failed.reason === undefined) return failed;
		return { ...failed, reason: `${failed.reason}: the scan goes on when it is back, or scan anew` };
	}

	/** The one that was asked for is read also where INFO has none of it: whether there is one SELECT says. */
	private databases(): readonly number[] {
		const { db } = this.options.only ?? {};
		return db === undefined ? this.line.databases.map(each => each.db) : [db];
	}

	/** A node that was opened for the first time. */
	private begin(): void {
		const wanted = this.databases();
		this.reason = undefined;
		this.of = this.line.databases.reduce((sum, { db, keys }) => sum + (wanted.includes(db) ? keys : 0), 0);
		this.options.onOpen(this.line);
	}

	/**
	 * From the beginning of this database on another node with the same keys; false where there is none, or where not
	 * all that was counted is remembered.
	 */
	private async moveOn(ended: Ended): Promise<boolean> {
		for (let why = ended; why.isLost && this.others.length > 0 && this.options.mayBeginAgain(); ) {
			const next = this.others.shift()!;
			this.leave(why, next);
			const failed = await this.reach();
			if (failed) {
				why = failed;
				continue;
			}
			this.begin();
			this.state = 'scanning';
			return true;
		}
		return false;
	}

	private leave(why: Ended, next: Address): void {
		const counted = this.scanned - this.scannedBefore;
		this.reason = `${why.reason}: went on at ${next}`;
		const [last] = this.progress().slice(-1);
		this.past.push({ ...last!, state: 'partial', of: counted });
		if (counted > 0)
			this.notes.push({
				...{ kind: 'went-on', node: this.line.address, keys: counted },
				...{ why: why.reason!, at: next },
			});
		this.line.end();
		this.scannedBefore = this.scanned;
		this.cursor = '0';
		this.passed = 0;
		this.trouble = undefined;
		this.held = undefined;
		this.reason = undefined;
		this.line = new NodeLine(next, this.options.lean);
		this.lines.push(this.line);
	}

	private async scanDatabase(db: number): Promise<Ended | undefined> {
		const { pattern } = this.options.only ?? {};
		const match = pattern === undefined ? [] : ['MATCH', pattern];
		let from = this.cursor;
		let names = noNames;
		for (;;) {
			const interrupted = await this.gate();
			if (interrupted) return this.finish(this.newOf(db, names, from), interrupted);
			const failed = await this.line.select(db);
			if (failed) return this.partial(failed);
			const asked = performance.now();
			const { batch } = this.pace;
			const answering = this.line.askNames(call('scan', this.cursor, ...match, 'COUNT', String(batch)));
			// To know the new names takes as long as the server needs to find the next: it must not wait for that.
			if (this.pace.isFree) this.line.flush();
			this.questions.ask(this.newOf(db, names, from));
			const answer = await answering;
			names = noNames;
			if (answer && isLost(answer)) {
				const gone = await this.reconnect();
				if (gone) return gone;
				continue;
			}
			this.pace.answered(performance.now() - asked);
			if (!answer) return this.partial('the answer to SCAN is not one');
			if ('error' in answer) {
				const ended = this.refuse(answer.error, 'scan');
				if (ended) return ended;
				continue;
			}
			const next = answer.cursor;
			from = this.cursor;
			this.cursor = next;
			names = answer.names;
			this.passed += Math.max(names.length, batch);
			// A thin table is walked at the same cost and gives few keys.
			this.pace.left(asked, Math.max(names.length, pattern === undefined ? batch / 4 : batch));
			if (next === '0') return this.finish(this.newOf(db, names, from));
		}
	}

	private newOf(db: number, names: NameList, from: string): Work {
		const { isNew, kinds } = this.options.newOf(names, db);
		return { db, from, keys: packCalls(sizing.words, names, isNew), kinds };
	}

	/** The last sizes of a database, asked until they are known; then the sample of what is left of the block. */
	private async finish(work: Work, interrupted?: Ended): Promise<Ended | undefined> {
		this.questions.put(work);
		while (!this.questions.isDone) {
			if (this.trouble) return this.trouble;
			if (this.held !== undefined) {
				const ended = interrupted ?? (await this.gate());
				if (ended) return ended;
			}
			if (!this.line.isOpen) {
				const gone = interrupted ?? (await this.reconnect());
				if (gone) return gone;
			}
			const failed = await this.line.select(work.db);
			if (failed) return this.partial(failed);
			this.questions.ask();
			await this.questions.settle();
		}
		this.questions.drawSample(work.db);
		await this.questions.settle();
		return interrupted ?? this.trouble;
	}

	// -----------------------------------------------------------------------------------------------------
	// Waiting

	/** Waits while it is paused, the pace says so, or the server has no time. What ends the scan comes back. */
	private async gate(): Promise<Ended | undefined> {
		for (;;) {
			if (this.trouble) return this.trouble;
			if (this.stopReason !== undefined) return this.partial(this.stopReason);
			if (this.isPaused) {
				await this.sleeper.sleep(3_600_000);
				continue;
			}
			if (this.held !== undefined) {
				const ended = await this.hold();
				if (ended) return ended;
				continue;
			}
			this.state = 'scanning';
			this.reason = undefined;
			const now = performance.now();
			const pressure = this.options.pressure?.(this.line.address);
			this.ping = pressure?.pingMilliseconds;
			if (pressure) this.pace.judge(now, pressure);
			const wait = this.pace.wait(now);
			if (wait < 1) return undefined;
			await this.sleeper.sleep(wait);
		}
	}

	/** Until the server takes again what it refused. */
	private async hold(): Promise<Ended | undefined> {
		const since = performance.now();
		this.state = 'held';
		while (this.held !== undefined) {
			this.reason = this.held;
			if (this.stopReason !== undefined) return this.partial(this.stopReason);
			if (performance.now() - since > holdSeconds * 1000) return this.partial(this.held, true);
			await this.sleeper.sleep(holdPauseMilliseconds);
			if (this.isPaused) continue;
			const reply = await this.probe();
			if (!isError(reply)) this.held = undefined;
			else if (this.refuse(reply.error, 'scan')) return this.trouble;
		}
		return undefined;
	}

	/** CLUSTERDOWN stands before what is about a key, and not before SCAN. A lost connection is no refusal. */
	private async probe(): Promise<Reply | undefined> {
		const key = this.questions.anyUnsized;
		if (key === undefined) return (await this.line.tell([call('scan', '0', 'COUNT', '1')]))?.[0];
		const answer = await this.line.askEach('memoryUsage', [key]);
		const reply = isLost(answer) ? undefined : answer[0];
		return isError(reply) && !isPassing(reply.error) ? undefined : reply;
	}

	// -----------------------------------------------------------------------------------------------------
	// What went wrong

	/** The same process again, or the end of this node's part. */
	private async reconnect(): Promise<Ended | undefined> {
		this.state = 'held';
		await this.questions.settle();
		const failed = await this.reach('connection lost: ');
		if (failed) return failed;
		this.state = 'scanning';
		this.reason = undefined;
		return undefined;
	}

	/** Undefined when the line is open. */
	private async reach(begin = ''): Promise<Ended | undefined> {
		const { patienceSeconds } = this.options;
		const failed = await reachNode(this.line, {
			patienceSeconds:
				this.others.length > 0 ? Math.min(patienceSeconds, patienceWithStandInSeconds) : patienceSeconds,
			sleep: this.sleeper.sleep,
			isStopped: () => this.stopReason !== undefined,
			onFailed: ({ reason }) => {
				this.reason = begin + reason;
			},
		});
		if (this.stopReason !== undefined) return this.partial(this.stopReason);
		return failed && this.partial(failed.isFinal ? failed.reason : begin + failed.reason, true);
	}

	/** An error of the server: it passes (held), or ends this node's part (given back). */
	private refuse(text: string, feature: string): Ended | undefined {
		const { reason, passes } = judgeError(text, feature);
		if (passes) this.held = reason;
		else this.trouble = this.partial(reason);
		return passes ? undefined : this.trouble;
	}

	private partial(reason: string, isGone = false): Ended {
		return { state: 'partial', reason, isLost: isGone && this.stopReason === undefined };
	}
}
