// The keys of one node with the highest LFU counters: SCAN over every database and OBJECT FREQ of what it returns, at a
// pace that leaves the server alone, so that the first list is there after a second and the whole one after the walk.
// Afterwards only the top is read again. Counters are 8 bits and mean a logarithm of accesses over minutes
// (core/keys/lfu.ts); reading one changes none of them, and costs a keyspace hit, which is counted.

import { performance } from 'node:perf_hooks';
import type { Pressure } from '../../core/keys/big-keys.ts';
import { classifyError } from '../../core/parse/parse-error.ts';
import { asText, isArray, isError } from '../../core/reply.ts';
import { ownText } from '../../core/text/own-text.ts';
import type { Reply } from '../../core/types.ts';
import { largestBatch, ScanPace } from '../big-keys/scan-pace.ts';
import { call } from '../commands.ts';
import { isLost, type Lost } from '../lean-connection.ts';
import type { NodeLink } from './node-link.ts';

export type CountedKey = { readonly key: string; readonly db: number; readonly counter: number };

export type LfuWalkOptions = {
	/** Keys a second. */
	readonly rate: number;
	/** Keys kept. */
	readonly top: number;
	readonly databases: readonly number[];
	readonly pressure?: () => Pressure | undefined;
	/** The list of the walk before: known until they are read again. */
	readonly keep?: readonly CountedKey[];
	/** Told after every batch. */
	readonly onBatch?: () => void;
};

/** How a walk ended: at the end of the keyspace, by a word, or by the server. */
export type WalkEnd =
	| { readonly kind: 'whole' | 'stopped' }
	| { readonly kind: 'refused'; readonly error: string }
	| Lost;

/** So many of the top are read again. */
const rereadKeys = 50;
/** Until it is woken. */
const restMilliseconds = 3_600_000;
/** In one write: the server answers nobody else while it works through it. */
const keysAtOnce = 200;

/** `isRead`: by this walk, not only by the one before. */
type Counted = { readonly key: string; readonly db: number; counter: number; isRead: boolean };

export class LfuWalk {
	/** Names that SCAN returned. */
	walked = 0;
	private readonly pace: ScanPace;
	private kept = new Map<string, Counted>();
	private least = 0;
	private isStopped = false;
	private isResting = false;
	/** Of the walk and of a look beside it. */
	private readonly sleepers = new Set<() => void>();
	private asking: Promise<unknown> | undefined;

	constructor(
		private readonly link: NodeLink,
		private readonly options: LfuWalkOptions,
	) {
		this.pace = new ScanPace(options.rate);
		for (const { key, db, counter } of options.keep ?? []) this.keep(db, key, counter, false);
	}

	/** The highest first, equals by name, each once. */
	keys(): readonly CountedKey[] {
		const list = [...this.kept.values()].sort(highestFirst).slice(0, this.options.top);
		return list.map(({ key, db, counter }) => ({ key, db, counter }));
	}

	/** Through all databases once. Never rejects. */
	async run(): Promise<WalkEnd> {
		for (const db of this.options.databases) {
			const ended = await this.walk(db);
			if (ended) return ended;
		}
		// Not met any more: gone, in a database that is empty now.
		for (const [id, { isRead }] of this.kept) if (!isRead) this.kept.delete(id);
		return { kind: 'whole' };
	}

	stop(): void {
		this.isStopped = true;
		this.wake();
	}

	/** Settled when no key is being read; with `rest` none will be. */
	async isIdle(): Promise<void> {
		await this.asking;
	}

	/** Nothing is asked until it is woken; the place is kept. */
	rest(isResting: boolean): void {
		this.isResting = isResting;
		if (!isResting) this.wake();
	}

	/** Keys that something else found hot: at once into the list, before the walk comes by. */
	async look(db: number, keys: readonly string[]): Promise<WalkEnd | undefined> {
		const many = this.pace.isFree ? largestBatch : keysAtOnce;
		for (let at = 0; at < keys.length; at += many) {
			const part = keys.slice(at, at + many);
			while (this.isResting && !this.isStopped) await this.sleep(restMilliseconds);
			if (this.isStopped) return { kind: 'stopped' };
			const asking = this.link.askEach(call('objectFreq'), db, part);
			this.asking = asking;
			const answer = await asking;
			const ended = isLost(answer) ? answer : this.take(db, part, answer);
			if (ended) return ended;
		}
		return undefined;
	}

	/** The top again: counters that fell fall here too. */
	async reread(): Promise<WalkEnd | undefined> {
		const top = this.keys().slice(0, rereadKeys);
		for (const db of new Set(top.map(key => key.db))) {
			const keys = top.filter(key => key.db === db).map(({ key }) => key);
			const ended = await this.look(db, keys);
			if (ended) return ended;
		}
		return undefined;
	}

	private async walk(db: number): Promise<WalkEnd | undefined> {
		let cursor = '0';
		let ahead: ReturnType<LfuWalk['scan']> | undefined;
		do {
			await this.gate();
			if (this.isStopped) return { kind: 'stopped' };
			const { answer, asked, batch, milliseconds } = await (ahead ?? this.scan(db, cursor));
			ahead = undefined;
			if (isLost(answer)) return answer;
			this.pace.answered(milliseconds);
			const reply = answer[0]!;
			if (isError(reply)) return { kind: 'refused', error: reply.error };
			const next = isArray(reply) ? asText(reply[0]) : undefined;
			const names = isArray(reply) && isArray(reply[1]) ? reply[1] : undefined;
			if (next === undefined || !names) return { kind: 'refused', error: 'the answer to SCAN is not one' };
			cursor = next;
			const keys = names.filter(name => typeof name === 'string');
			// A thin table is walked at the same cost and gives few keys.
			this.pace.left(asked, Math.max(keys.length, batch / 4));
			// Without a ceiling the server looks for the next names while these are read.
			if (this.pace.isFree && cursor !== '0' && !this.isResting) ahead = this.scan(db, cursor);
			const ended = await this.look(db, keys);
			if (ended) return ended;
			this.walked += keys.length;
			this.options.onBatch?.();
		} while (cursor !== '0');
		return undefined;
	}

	/** Never rejects; `milliseconds`: until it was answered, whenever that is looked at. */
	private async scan(db: number, cursor: string) {
		const asked = performance.now();
		const { batch } = this.pace;
		const answer = await this.link.sendIn(db, [call('scan', cursor, 'COUNT', String(batch))]);
		return { answer, asked, batch, milliseconds: performance.now() - asked };
	}

	private take(db: number, keys: readonly string[], replies: readonly Reply[]): WalkEnd | undefined {
		let refused: string | undefined;
		for (let index = 0; index < replies.length; index++) {
			const key = keys[index]!;
			const reply = replies[index]!;
			if (typeof reply === 'number') this.keep(db, key, reply);
			else if (reply === null) this.kept.delete(idOf(db, key));
			else if (isError(reply) && !isAboutOneKey(reply.error)) refused ??= reply.error;
		}
		return refused === undefined ? undefined : { kind: 'refused', error: refused };
	}

	private keep(db: number, key: string, counter: number, isRead = true): void {
		const known = this.kept.get(idOf(db, key));
		if (known) {
			known.counter = counter;
			known.isRead ||= isRead;
		} else if (counter >= this.least) {
			const own = ownText(key);
			this.kept.set(idOf(db, own), { key: own, db, counter, isRead });
			if (this.kept.size >= this.options.top * 2 + 16) this.trim();
		}
	}

	private trim(): void {
		const list = [...this.kept.values()].sort(highestFirst).slice(0, this.options.top);
		this.kept = new Map(list.map(each => [idOf(each.db, each.key), each]));
		this.least = list.at(-1)?.counter ?? 0;
	}

	private async gate(): Promise<void> {
		while (!this.isStopped) {
			if (this.isResting) {
				await this.sleep(restMilliseconds);
				continue;
			}
			const now = performance.now();
			const pressure = this.options.pressure?.();
			if (pressure) this.pace.judge(now, pressure);
			const wait = this.pace.wait(now);
			if (wait < 1) return;
			await this.sleep(wait);
		}
	}

	private sleep(milliseconds: number): Promise<void> {
		return new Promise(resolve => {
			const done = () => {
				clearTimeout(timer);
				this.sleepers.delete(done);
				resolve();
			};
			const timer = setTimeout(done, milliseconds);
			this.sleepers.add(done);
		});
	}

	private wake(): void {
		for (const done of [...this.sleepers]) done();
	}
}

/** Moved to another node, or moving: nothing is wrong with the others. */
const isAboutOneKey = (text: string) => /^(MOVED|ASK|TRYAGAIN)/.test(text);

const idOf = (db: number, key: string) => `${db}/${key}`;

const highestFirst = (a: CountedKey, b: CountedKey) =>
	b.counter - a.counter || (a.key < b.key ? -1 : a.key > b.key ? 1 : a.db - b.db);

/** Why a walk ended early, in a sentence; undefined where it did not. */
export function walkTrouble(end: WalkEnd): string | undefined {
	if ('lost' in end) return end.lost.text;
	return end.kind === 'refused' ? classifyError(end.error).text : undefined;
}
