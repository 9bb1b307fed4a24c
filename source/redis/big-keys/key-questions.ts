// What is asked about the names a SCAN brought: the size of each (with `exact` its type and TTL), and type and TTL of
// those drawn for the sample. It leaves behind the next SCAN in one write and is not waited for by the walk; what a
// lost connection or a server without time left unanswered is kept, to be asked again. Counts what came of it.

import type { CommandName } from '../../core/commands.ts';
import type { FieldTtls } from '../../core/keys/field-ttls.ts';
import { isError } from '../../core/reply.ts';
import type { Reply } from '../../core/types.ts';
import { call } from '../commands.ts';
import { isLost } from '../lean-connection.ts';
import { type NameList, nameAt, namesOf } from '../name-list.ts';
import type { NodeLine } from './node-line.ts';
import type { BlockSample, Drawn, Strata } from './strata.ts';

/** Names of one SCAN that were not seen before, to be sized. */
export type Work = {
	readonly db: number;
	/** Packed with the words of `sizing`. */
	readonly keys: NameList;
	/** The cursor that SCAN was asked by. */
	readonly from: string;
	/** Two for each key: the hashes of its kind. */
	readonly kinds: Int32Array;
};

/** What they brought; sizes that are no numbers are of keys that were gone or moved when they were asked. */
export type Batch = Work & {
	readonly sizes: readonly Reply[];
	/** With `exact`. */
	readonly types?: readonly Reply[];
	readonly ttls?: readonly Reply[];
	/** Elements, of strings bytes; undefined where it is not known. */
	readonly lengths?: readonly (number | undefined)[];
	/** Hashes without a TTL whose fields expire, as far as that was asked. */
	readonly fields?: ReadonlyMap<string, FieldTtls>;
};

export type QuestionOptions = {
	readonly isExact: boolean;
	/** HLEN and its like also where they set the clock of the key. */
	readonly mayTouch: boolean;
	readonly line: () => NodeLine;
	readonly onBatch: (batch: Batch) => void;
	readonly onSampled: (
		drawn: readonly Drawn[],
		ttls: readonly Reply[],
		types: ReadonlyMap<string, Reply>,
		sizes: readonly Reply[],
		db: number,
		fields: ReadonlyMap<string, FieldTtls>,
	) => void;
	/** The server sent them to another node before they could be sized: they are to be counted there. */
	readonly onMoved: (keys: readonly string[], db: number) => void;
	/** An error that is about more than one key. `feature` as the ACL names it. */
	readonly onRefused: (error: string, feature: string) => void;
	readonly sample: { readonly strata: Strata; block?: BlockSample };
};

/** What every key is asked. */
export const sizing = call('memoryUsage');
/** Names in one write of the sample's questions. */
const sampleBatch = 100;
/** Of a sampled key so many are walked: 0.05 ms on the slowest server, and a batch of nothing else 5 ms. */
const sampleElements = 128;

/** Of a key that the user's key patterns leave out, in the words of each version: the next one may be allowed. */
const isForbidden = (text: string) => /^NOPERM .* (?:access a key|one of the keys)/.test(text);

/** Moved to another node, or moving: nothing is wrong with the others. */
const isElsewhere = (text: string) => /^(MOVED|ASK|TRYAGAIN) /.test(text);
const isAboutOneKey = (text: string) =>
	isElsewhere(text) || text.startsWith('WRONGTYPE') || isForbidden(text);

export class KeyQuestions {
	scanned = 0;
	/** Returned by SCAN and not there any more when they were asked. */
	gone = 0;
	/** Not to be read by this user. */
	forbidden = 0;
	private unsized: Work[] = [];
	private readonly underWay = new Set<Promise<void>>();
	/** Without an answer so far. */
	private samplesAsked = 0;

	constructor(private readonly options: QuestionOptions) {}

	/** Nothing is left to be asked or answered. */
	get isDone(): boolean {
		return this.unsized.length === 0 && this.underWay.size === 0;
	}

	/** The cursor to go on with, so that what is not sized yet comes again. */
	get restCursor(): string | undefined {
		return this.unsized.find(({ keys }) => keys.length > 0)?.from;
	}

	/** One that has not been sized yet, of the database. */
	get anyUnsized(): string | undefined {
		const work = this.unsized.find(({ keys }) => keys.length > 0);
		return work && nameAt(work.keys, 0);
	}

	/** Asks for the sizes of these and of those left from before. */
	ask(work?: Work): void {
		for (const left of this.unsized.splice(0)) this.size(left);
		if (work) this.size(work);
	}

	/** Not now: with the next ones. */
	put(work: Work): void {
		if (work.keys.length > 0) this.unsized.push(work);
	}

	/** When what is under way is answered or lost. */
	async settle(): Promise<void> {
		await Promise.all(this.underWay);
	}

	private size(work: Work): void {
		if (work.keys.length === 0) return;
		const line = this.options.line();
		const { keys } = work;
		const names = this.options.isExact ? namesOf(keys) : [];
		const answers = Promise.all([
			line.askPacked(sizing, keys),
			...(this.options.isExact ? [line.askEach('type', names), line.askEach('pttl', names)] : []),
		]);
		this.follow(
			answers.then(all => {
				const lists: (readonly Reply[])[] = [];
				for (const answer of all) if (!isLost(answer)) lists.push(answer);
				if (lists.length < all.length) return this.put(work);
				const refused = lists.findIndex(list => list.some(isAboutAll));
				if (refused < 0)
					return this.takeWhole({ ...work, sizes: lists[0]!, types: lists[1], ttls: lists[2] }, names);
				this.put(work);
				const error = lists[refused]!.find(isAboutAll)!;
				this.options.onRefused(isError(error) ? error.error : '', features[refused]!);
			}),
		);
	}

	/** With `exact` every hash without a TTL is asked for its fields' too. */
	private async takeWhole(batch: Batch, keys: readonly string[]): Promise<void> {
		const { types, ttls, db } = batch;
		const hashes = keys.filter((_, index) => types?.[index] === 'hash' && ttls?.[index] === -1);
		const lengths = types && (await this.lengthsOf(keys, types, db));
		// Lost in between: all of it once more.
		if (lengths === 'lost') return this.put(batch);
		this.take({ ...batch, lengths, fields: await this.fieldsOf(hashes, db) });
	}

	/** How long each is, in the words of its type. */
	private async lengthsOf(
		keys: readonly string[],
		types: readonly Reply[],
		db: number,
	): Promise<readonly (number | undefined)[] | 'lost' | undefined> {
		const line = this.options.line();
		if (!this.options.mayTouch && !line.leavesClocksAlone && !line.isReplica) return undefined;
		if (!line.isAt(db)) return 'lost';
		const lengths: (number | undefined)[] = keys.map(() => undefined);
		const asked = Object.entries(lengthCommands).map(async ([type, name]) => {
			const places = keys.flatMap((_, index) => (types[index] === type ? [index] : []));
			if (places.length === 0 || line.refused.has(name)) return true;
			const replies = await line.askEach(
				name,
				places.map(index => keys[index]!),
			);
			if (isLost(replies)) return false;
			if (replies.some(isAboutAll)) line.refused.add(name);
			for (const [at, index] of places.entries()) {
				const reply = replies[at];
				if (typeof reply === 'number') lengths[index] = reply;
			}
			return true;
		});
		return (await Promise.all(asked)).includes(false) ? 'lost' : lengths;
	}

	private async fieldsOf(hashes: readonly string[], db: number): Promise<ReadonlyMap<string, FieldTtls>> {
		const line = this.options.line();
		return hashes.length > 0 && line.mayAskFields(db) && line.isAt(db) ? line.askFieldTtls(hashes) : noFields;
	}

	private take(batch: Batch): void {
		const { sizes } = batch;
		let found = 0;
		let forbidden = 0;
		const moved: string[] = [];
		for (let index = 0; index < sizes.length; index++) {
			const size = sizes[index];
			if (typeof size === 'number') found++;
			else if (isError(size) && isForbidden(size.error)) forbidden++;
			else if (isError(size)) moved.push(nameAt(batch.keys, index));
		}
		this.scanned += found;
		this.forbidden += forbidden;
		this.gone += sizes.length - found - forbidden - moved.length;
		if (moved.length > 0) this.options.onMoved(moved, batch.db);
		this.options.onBatch(batch);
		// What the last block answered says what to draw of this one: over a slow line it gets longer meanwhile.
		if (this.options.sample.block?.isFull && this.samplesAsked === 0) this.drawSample(batch.db);
	}

	/** Ends the block and asks those that were drawn. */
	drawSample(db: number): void {
		const { sample } = this.options;
		const line = this.options.line();
		if (!sample.block || !line.isAt(db)) return;
		const drawn = sample.block.draw();
		for (let at = 0; at < drawn.length; at += sampleBatch)
			this.askSample(line, sample.strata, drawn.slice(at, at + sampleBatch), db);
	}

	private askSample(line: NodeLine, strata: Strata, drawn: readonly Drawn[], db: number): void {
		// With `exact` every key is asked for both: then its size is all that is left to ask, which is no hit.
		const { isExact } = this.options;
		const typed = isExact ? [] : strata.chooseTyped(drawn);
		const keys = drawn.map(({ key }) => key);
		// Counted when they are asked: the hits are the server's, whether or not the answer comes.
		if (!isExact) strata.hits += keys.length + typed.length;
		this.samplesAsked++;
		let isLearned = false;
		const ended = () => {
			this.samplesAsked--;
			if (!isLearned) strata.drawnInVain(drawn);
		};
		this.follow(
			Promise.all([
				line.askEach('pttl', isExact ? [] : keys),
				line.askEach('type', typed),
				line.askEach('memoryUsage', keys, ['SAMPLES', String(sampleElements)]),
			])
				.then(async ([ttls, types, sizes]) => {
					if (isLost(ttls) || isLost(types) || isLost(sizes)) return;
					if (ttls.some(isAboutAll) || types.some(isAboutAll)) return;
					const typeOf = new Map(typed.map((key, index) => [key, types[index]!]));
					const lasting = drawn.filter((_, index) => ttls[index] === -1);
					const fields = await this.sampledFields(strata, lasting, typeOf, db);
					isLearned = true;
					this.options.onSampled(drawn, ttls, typeOf, sizes, db, fields);
				})
				.finally(ended),
		);
	}

	/** Of drawn keys without a TTL, those that are hashes: what is not known to be one is asked for its type first. */
	private async sampledFields(
		strata: Strata,
		drawn: readonly Drawn[],
		types: ReadonlyMap<string, Reply>,
		db: number,
	): Promise<ReadonlyMap<string, FieldTtls>> {
		const line = this.options.line();
		if (drawn.length === 0 || !line.mayAskFields(db) || !line.isAt(db)) return noFields;
		const hasHashes = ({ stratum }: Drawn) => {
			const { typed, types: seen } = strata.all[stratum]!;
			return typed === 0 || seen.has('hash');
		};
		const open = drawn.filter(one => !types.has(one.key) && hasHashes(one)).map(({ key }) => key);
		const told = await line.askEach('type', open);
		const hashes = [
			...drawn.map(({ key }) => key).filter(key => types.get(key) === 'hash'),
			...open.filter((_, index) => !isLost(told) && told[index] === 'hash'),
		];
		strata.hits += open.length + 2 * hashes.length;
		return this.fieldsOf(hashes, db);
	}

	private follow(work: Promise<void>): void {
		this.underWay.add(work);
		void work.finally(() => this.underWay.delete(work));
	}
}

/** What tells how long a key of a type is. */
export const lengthCommands: Readonly<Record<string, CommandName>> = {
	string: 'strlen',
	hash: 'hlen',
	list: 'llen',
	set: 'scard',
	zset: 'zcard',
	stream: 'xlen',
	vectorset: 'vcard',
};

const noFields: ReadonlyMap<string, FieldTtls> = new Map();

const features = ['memory usage', 'type', 'pttl'] as const;

const isAboutAll = (reply: Reply) => isError(reply) && !isAboutOneKey(reply.error);
