// One node, read to its end: SCAN for the next names and MEMORY USAGE of the last ones in the same write, so a batch
// costs one round trip, and the server has the next batch before it is done with this one. Every database in turn.
// A lost connection is opened again, and the cursor goes on where the same process answers (the same run id: the seed
// of its hash decides the order); another process means the end of this node's part. LOADING, BUSY and the like stop
// the questions until they pass. What is found goes to a sink, batch by batch; this file sums up nothing.

import { performance } from 'node:perf_hooks';
import type { NodeProgress, NodeScanState, Pressure, ScanTarget } from '../../core/big-keys.ts';
import { classifyError, refusalOf } from '../../core/parse-error.ts';
import { asText, isArray, isError } from '../../core/reply.ts';
import type { OwnUse, Reply } from '../../core/types.ts';
import { type Call, type CommandName, call } from '../commands.ts';
import { isLost, type LeanConnection, type LeanOptions, openLean } from '../lean-connection.ts';
import { ScanPace } from './scan-pace.ts';
import type { BlockSample, Drawn, Strata } from './strata.ts';

/** What a batch brought; undefined sizes are keys that were gone when they were asked. */
export type Batch = {
	readonly db: number;
	readonly keys: readonly string[];
	/** Two for each key: the hashes of its kind. */
	readonly kinds: readonly number[];
	readonly sizes: readonly Reply[];
	/** With `exact`. */
	readonly types?: readonly Reply[];
	readonly ttls?: readonly Reply[];
};

export type Database = { readonly db: number; readonly keys: number; readonly expires: number };

export type NodeScanOptions = {
	readonly lean: LeanOptions;
	/** Keys a second; 0 = no ceiling. */
	readonly rate: number;
	readonly isExact: boolean;
	/** So long it is tried to reach a node that was lost. */
	readonly patienceSeconds: number;
	readonly pressure?: () => Pressure | undefined;
	/** Puts the hashes of a name's kind behind `kinds`. False: it was returned before. */
	readonly isNew: (key: string, db: number, kinds: number[]) => boolean;
	readonly onBatch: (batch: Batch) => void;
	/** After its INFO: what there is to scan. */
	readonly onDatabases: (databases: readonly Database[]) => void;
	readonly onSampled: (
		drawn: readonly Drawn[],
		ttls: readonly Reply[],
		types: ReadonlyMap<string, Reply>,
	) => void;
	/** Undefined: nothing is sampled (exact). */
	readonly sample?: { readonly strata: Strata; block?: BlockSample };
};

/** Pauses between tries to reach it again; the last one repeats. */
const pausesSeconds = [0, 0.2, 0.5, 1, 2, 3];
/** So long a server that is loading or busy is waited for. */
const holdSeconds = 60;
const holdPauseMilliseconds = 1000;
/** Names in one write of the sample's questions. */
const sampleBatch = 100;

type Ended = { readonly state: 'done' | 'partial'; readonly reason?: string };
type Work = { readonly db: number; readonly keys: readonly string[]; readonly kinds: readonly number[] };

export class NodeScan {
	readonly target: ScanTarget;
	of: number | undefined;
	scanned = 0;
	/** Returned by SCAN and not there any more when they were asked. */
	gone = 0;
	hits = 0;
	ended: Ended | undefined;
	/** May HLEN and its like be asked without a key's clock being set? */
	leavesClocksAlone = false;
	private readonly pace: ScanPace;
	private connection: LeanConnection | undefined;
	private db = 0;
	private runId: string | undefined;
	private isReplica: boolean;
	private state: NodeScanState = 'waiting';
	private reason: string | undefined;
	private isPaused = false;
	private stopReason: string | undefined;
	private wake: (() => void) | undefined;
	/** Sized again after a lost connection. */
	private unsized: Work[] = [];
	private readonly underWay = new Set<Promise<void>>();
	private trouble: Ended | undefined;
	private held: string | undefined;
	private ping: number | undefined;
	private useBefore = { commands: 0, inputBytes: 0, outputBytes: 0, calls: {} as Record<string, number> };

	constructor(
		target: ScanTarget,
		private readonly options: NodeScanOptions,
	) {
		this.target = target;
		this.of = target.keys;
		this.isReplica = target.isReplica;
		this.pace = new ScanPace(options.rate);
	}

	/** Never rejects. Afterwards `ended` says how it went; the connection stays open for `ask`. */
	async run(onCommandstats: (text: string) => void): Promise<void> {
		this.ended = await this.scanAll(onCommandstats);
		this.state = this.ended.state;
		this.reason = this.ended.reason;
	}

	pause(): void {
		this.isPaused = true;
	}

	resume(): void {
		this.isPaused = false;
		this.wake?.();
	}

	/** What was found stays. */
	stop(reason: string): void {
		this.stopReason ??= reason;
		this.wake?.();
	}

	close(): void {
		this.drop();
	}

	progress(): NodeProgress {
		const { pace } = this;
		return {
			node: this.target.address,
			primary: this.target.primary,
			isReplica: this.isReplica,
			state: this.ended ? this.state : this.isPaused ? 'paused' : this.state,
			reason: this.reason ?? this.stopReason ?? pace.reason,
			scanned: this.scanned,
			of: this.of,
			db: this.db,
			batch: pace.batch,
			pace: pace.keysPerSecond,
			pingMilliseconds: this.ping,
			slowsAboveMilliseconds: pace.slowsAboveMilliseconds,
			own: this.own(),
		};
	}

	own(): OwnUse {
		const now = this.connection?.use();
		if (!now) return { ...this.useBefore, hits: this.hits };
		const calls = { ...this.useBefore.calls };
		for (const [name, times] of Object.entries(now.calls)) calls[name] = (calls[name] ?? 0) + times;
		return {
			commands: this.useBefore.commands + now.commands,
			inputBytes: this.useBefore.inputBytes + now.inputBytes,
			outputBytes: this.useBefore.outputBytes + now.outputBytes,
			calls,
			hits: this.hits,
		};
	}

	/** Each call once for each key of one database, all in one write; undefined where the node cannot be asked. */
	async ask(
		db: number,
		names: readonly CommandName[],
		keys: readonly string[],
	): Promise<Reply[][] | undefined> {
		const connection = this.connection ?? ((await this.open()) ? undefined : this.connection);
		if (!connection || (await this.select(db))) return undefined;
		const answers = await Promise.all(names.map(name => connection.askEach(call(name), keys)));
		return answers.some(isLost) ? undefined : (answers as Reply[][]);
	}

	/** Single calls on the node's connection, as they are. */
	async tell(calls: readonly Call[]): Promise<readonly Reply[] | undefined> {
		const answer = await this.connection?.send(calls);
		return answer === undefined || isLost(answer) ? undefined : answer;
	}

	// -----------------------------------------------------------------------------------------------------
	// The walk

	private async scanAll(onCommandstats: (text: string) => void): Promise<Ended> {
		let databases: readonly Database[] | undefined;
		for await (const _ of this.tries()) {
			if (this.stopReason !== undefined) return this.partial(this.stopReason);
			const failed = await this.open();
			if (failed === undefined) {
				databases = this.databases;
				break;
			}
			this.reason = failed.reason;
			if (failed.isFinal) return this.partial(failed.reason);
		}
		if (!databases) return this.partial(this.reason ?? 'no connection');
		this.reason = undefined;
		this.of = databases.reduce((sum, { keys }) => sum + keys, 0);
		this.options.onDatabases(databases);
		const stats = (await this.tell([call('infoCommandstats')]))?.[0];
		if (typeof stats === 'string') onCommandstats(stats);
		this.state = 'scanning';
		for (const { db } of databases) {
			const ended = await this.scanDatabase(db);
			if (ended) return ended;
		}
		return { state: 'done' };
	}

	private async scanDatabase(db: number): Promise<Ended | undefined> {
		let cursor = '0';
		let work: Work = { db, keys: [], kinds: [] };
		for (;;) {
			const interrupted = await this.gate();
			if (interrupted) return this.finish(work, interrupted);
			const failed = await this.select(db);
			if (failed) return failed;
			const asked = performance.now();
			const { batch } = this.pace;
			const connection = this.connection!;
			const answering = connection.send([call('scan', cursor, 'COUNT', String(batch))]);
			this.size(work);
			this.sizeAgain();
			const answer = await answering;
			work = { db, keys: [], kinds: [] };
			if (isLost(answer)) {
				const gone = await this.reconnect();
				if (gone) return gone;
				continue;
			}
			this.pace.answered(performance.now() - asked);
			const reply = answer[0]!;
			if (isError(reply)) {
				const ended = this.refuse(reply.error, 'scan');
				if (ended) return ended;
				continue;
			}
			const next = isArray(reply) ? asText(reply[0]) : undefined;
			const names = isArray(reply) && isArray(reply[1]) ? reply[1] : undefined;
			if (next === undefined || !names) return this.partial('the answer to SCAN is not one');
			cursor = next;
			const fresh: string[] = [];
			const kinds: number[] = [];
			for (const name of names) {
				if (typeof name === 'string' && this.options.isNew(name, db, kinds)) fresh.push(name);
			}
			// A thin table is walked at the same cost and gives few keys.
			this.pace.left(asked, Math.max(fresh.length, batch / 4));
			work = { db, keys: fresh, kinds };
			if (cursor === '0') return this.finish(work);
		}
	}

	/** The last sizes of a database, asked until they are known; then the sample of what is left of the block. */
	private async finish(work: Work, interrupted?: Ended): Promise<Ended | undefined> {
		this.unsized.push(work);
		while (this.unsized.length > 0 || this.underWay.size > 0) {
			if (this.trouble) return this.trouble;
			if (this.held !== undefined && interrupted) return interrupted;
			if (this.held !== undefined) {
				const ended = await this.gate();
				if (ended) return ended;
			}
			if (!this.connection?.isOpen) {
				if (interrupted) return interrupted;
				const gone = await this.reconnect();
				if (gone) return gone;
			}
			const failed = await this.select(work.db);
			if (failed) return failed;
			this.sizeAgain();
			await Promise.all(this.underWay);
		}
		if (this.options.sample?.block) this.drawSample(work.db);
		await Promise.all(this.underWay);
		return interrupted ?? this.trouble;
	}

	/** Waits while it is paused, the pace says so, or the server has no time. What ends the scan comes back. */
	private async gate(): Promise<Ended | undefined> {
		for (let heldSince: number | undefined; ; ) {
			if (this.trouble) return this.trouble;
			if (this.stopReason !== undefined) return this.partial(this.stopReason);
			if (this.isPaused) {
				await this.sleep(3_600_000);
				continue;
			}
			if (this.held !== undefined) {
				heldSince ??= performance.now();
				if (performance.now() - heldSince > holdSeconds * 1000) return this.partial(this.held);
				this.state = 'held';
				this.reason = this.held;
				await this.sleep(holdPauseMilliseconds);
				if (this.connection?.isOpen) {
					const reply = (await this.tell([call('scan', '0', 'COUNT', '1')]))?.[0];
					if (isError(reply) && this.refuse(reply.error, 'scan')) return this.trouble;
					if (reply !== undefined && !isError(reply)) this.held = undefined;
				} else this.held = undefined;
				continue;
			}
			this.state = 'scanning';
			this.reason = undefined;
			const now = performance.now();
			const pressure = this.options.pressure?.();
			this.ping = pressure?.pingMilliseconds;
			if (pressure) this.pace.judge(now, pressure);
			const wait = this.pace.wait(now);
			if (wait < 1) return undefined;
			await this.sleep(wait);
		}
	}

	private sleep(milliseconds: number): Promise<void> {
		return new Promise(resolve => {
			const done = () => {
				clearTimeout(timer);
				this.wake = undefined;
				resolve();
			};
			const timer = setTimeout(done, milliseconds);
			this.wake = done;
		});
	}

	// -----------------------------------------------------------------------------------------------------
	// Sizes, types, TTLs

	private sizeAgain(): void {
		for (const work of this.unsized.splice(0)) this.size(work);
	}

	private size(work: Work): void {
		if (work.keys.length === 0) return;
		const connection = this.connection!;
		const { db, keys, kinds } = work;
		const answers = Promise.all([
			connection.askEach(call('memoryUsage'), keys),
			...(this.options.isExact
				? [connection.askEach(call('type'), keys), connection.askEach(call('pttl'), keys)]
				: []),
		]);
		this.follow(
			answers.then(([sizes, types, ttls]) => {
				if (isLost(sizes!) || (types && isLost(types)) || (ttls && isLost(ttls))) {
					this.unsized.push(work);
					return;
				}
				const refused = sizes!.find(isError) ?? types?.find(isError) ?? ttls?.find(isError);
				if (refused && !isAboutOneKey(refused.error)) {
					this.unsized.push(work);
					this.refuse(refused.error, isError(sizes!.find(isError)) ? 'memory usage' : 'type');
					return;
				}
				this.take({ db, keys, kinds, sizes: sizes!, types, ttls });
			}),
		);
	}

	private take(batch: Batch): void {
		const { sizes } = batch;
		let found = 0;
		for (const size of sizes) if (typeof size === 'number') found++;
		this.scanned += found;
		this.gone += sizes.length - found;
		if (batch.types)
			for (const type of batch.types) if (typeof type === 'string' && type !== 'none') this.hits++;
		if (batch.ttls) for (const ttl of batch.ttls) if (typeof ttl === 'number' && ttl !== -2) this.hits++;
		this.options.onBatch(batch);
		if (this.options.sample?.block?.isFull) this.drawSample(batch.db);
	}

	private drawSample(db: number): void {
		const { sample } = this.options;
		const connection = this.connection;
		if (!sample?.block || !connection?.isOpen) return;
		const drawn = sample.block.draw();
		for (let at = 0; at < drawn.length; at += sampleBatch)
			this.askSample(connection, db, sample.strata, drawn.slice(at, at + sampleBatch));
	}

	private askSample(connection: LeanConnection, db: number, strata: Strata, drawn: readonly Drawn[]): void {
		if (this.db !== db) return;
		const typed = drawn.filter(({ stratum }) => strata.wantsType(strata.all[stratum]!)).map(({ key }) => key);
		const keys = drawn.map(({ key }) => key);
		// Counted when they are asked: the hits are the server's, whether or not the answer comes.
		strata.hits += keys.length + typed.length;
		this.follow(
			Promise.all([connection.askEach(call('pttl'), keys), connection.askEach(call('type'), typed)]).then(
				([ttls, types]) => {
					if (isLost(ttls) || isLost(types)) return;
					const refused = ttls.find(isError) ?? types.find(isError);
					if (refused && !isAboutOneKey(refused.error)) return;
					for (const ttl of ttls) if (typeof ttl === 'number' && ttl !== -2) this.hits++;
					for (const type of types) if (typeof type === 'string' && type !== 'none') this.hits++;
					this.options.onSampled(drawn, ttls, new Map(typed.map((key, index) => [key, types[index]!])));
				},
			),
		);
	}

	private follow(work: Promise<void>): void {
		this.underWay.add(work);
		void work.finally(() => this.underWay.delete(work));
	}

	// -----------------------------------------------------------------------------------------------------
	// The connection

	private databases: readonly Database[] = [];

	/** Opens it and asks who it is. `isFinal`: trying again would not help. */
	private async open(): Promise<{ readonly reason: string; readonly isFinal: boolean } | undefined> {
		this.drop();
		const connection = await openLean(this.target.address, this.options.lean);
		if (isLost(connection)) {
			const { reason, text } = connection.lost;
			const isFinal = ['needs-password', 'wrong-password', 'no-permission', 'tls', 'host-not-found'].includes(
				reason,
			);
			return { reason: text, isFinal };
		}
		const answer = await connection.send([call('info')]);
		const info = isLost(answer) ? undefined : answer[0];
		if (typeof info !== 'string') {
			connection.close();
			const text = isError(info) ? info.error : undefined;
			if (text === undefined) return { reason: 'no answer to INFO', isFinal: false };
			return { reason: classifyError(text).text, isFinal: /^NOPERM/.test(text) };
		}
		const runId = /^run_id:(\w+)/m.exec(info)?.[1];
		if (this.runId !== undefined && runId !== this.runId) {
			connection.close();
			return { reason: 'restarted while it was scanned: the cursor no longer holds', isFinal: true };
		}
		if (/^loading:1/m.test(info)) {
			connection.close();
			return { reason: 'loading its data set', isFinal: false };
		}
		this.runId = runId;
		this.connection = connection;
		this.leavesClocksAlone = connection.leavesClocksAlone;
		this.db = 0;
		this.isReplica = /^role:slave/m.test(info);
		this.databases = databasesOf(info);
		if (this.isReplica && /^cluster_enabled:1/m.test(info)) await connection.send([call('readonly')]);
		return undefined;
	}

	/** The same process again, or the end of this node's part. */
	private async reconnect(): Promise<Ended | undefined> {
		this.state = 'held';
		await Promise.all(this.underWay);
		for await (const _ of this.tries()) {
			if (this.stopReason !== undefined) return this.partial(this.stopReason);
			const failed = await this.open();
			if (!failed) {
				this.state = 'scanning';
				this.reason = undefined;
				return undefined;
			}
			this.reason = `connection lost: ${failed.reason}`;
			if (failed.isFinal) return this.partial(failed.reason);
		}
		return this.partial(this.reason ?? 'connection lost');
	}

	private async *tries(): AsyncGenerator<number> {
		const until = performance.now() + this.options.patienceSeconds * 1000;
		for (let index = 0; ; index++) {
			const seconds = pausesSeconds[Math.min(index, pausesSeconds.length - 1)]!;
			if (index > 0 && performance.now() + seconds * 1000 > until) return;
			if (seconds > 0) await this.sleep(seconds * 1000);
			yield index;
		}
	}

	private async select(db: number): Promise<Ended | undefined> {
		if (this.db === db) return undefined;
		const answer = await this.connection!.send([call('select', String(db))]);
		// A lost connection is noticed by what is asked next.
		if (isLost(answer)) return undefined;
		if (isError(answer[0])) return this.partial(`SELECT ${db}: ${classifyError(answer[0].error).text}`);
		this.db = db;
		return undefined;
	}

	/** An error of the server: it passes (held), or ends this node's part (given back). */
	private refuse(text: string, command: string): Ended | undefined {
		const refusal = refusalOf(command, text);
		const { reason, text: sentence } = classifyError(text);
		if (!refusal && ['loading', 'busy', 'masterdown'].includes(reason)) {
			this.held = sentence;
			return undefined;
		}
		const why = refusal ? `${command.toUpperCase()} is refused: the user needs ${refusal.word}` : sentence;
		const isMissing = refusal?.why === 'unknown-command';
		this.trouble = this.partial(isMissing ? `this server has no ${command.toUpperCase()}` : why);
		return this.trouble;
	}

	private partial(reason: string): Ended {
		return { state: 'partial', reason };
	}

	private drop(): void {
		if (!this.connection) return;
		const { hits: _, ...use } = this.own();
		this.useBefore = { ...use, calls: { ...use.calls } };
		this.connection.close();
		this.connection = undefined;
	}
}

/** Moved to another node, or moving: nothing is wrong with the others. */
const isAboutOneKey = (text: string) => /^(MOVED|ASK|TRYAGAIN|WRONGTYPE)/.test(text);

function databasesOf(info: string): Database[] {
	return [...info.matchAll(/^db(\d+):keys=(\d+),expires=(\d+)/gm)].map(([, db, keys, expires]) => ({
		db: Number(db),
		keys: Number(keys),
		expires: Number(expires),
	}));
}
