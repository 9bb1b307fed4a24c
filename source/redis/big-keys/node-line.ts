// The connection by which one node is scanned: opened, known by its run id, and opened again as long as the same
// process answers there, for only it knows the order in which its cursor walks (the seed of its hash). It keeps which
// database is selected and what was asked on this node, over all its connections. It does not walk and never decides
// what a failure means for the scan: it says whether trying again may help.

import type { CommandName } from '../../core/commands.ts';
import { addOwn, noUse } from '../../core/fleet/own-use.ts';
import type { FieldTtls } from '../../core/keys/field-ttls.ts';
import { classifyError } from '../../core/parse/parse-error.ts';
import { runIdIn } from '../../core/parse/server-identity.ts';
import { isError } from '../../core/reply.ts';
import type { Address, ErrorReply, OwnUse, Reply } from '../../core/types.ts';
import { type Call, call } from '../commands.ts';
import { askFieldTtls } from '../field-ttls.ts';
import { isLost, type LeanConnection, type LeanOptions, type Lost, openLean } from '../lean-connection.ts';
import type { NameList } from '../name-list.ts';
import type { NamesReply } from '../packed-replies.ts';
import { timeBetween } from '../sizing-time.ts';

export type Database = {
	readonly db: number;
	readonly keys: number;
	readonly expires: number;
	/** Hashes with fields that expire; 0 where the server has none, or does not tell. */
	readonly withFieldTtl: number;
};

export type Failure = {
	readonly reason: string;
	/** Trying again would not help: no right, another process. */
	readonly isFinal: boolean;
	/** The server is there and has no time: it is waited for longer. */
	readonly isPassing: boolean;
};

const finalReasons = ['needs-password', 'wrong-password', 'no-permission', 'tls', 'host-not-found'];
const passingReasons = ['loading', 'busy', 'paused', 'masterdown'];

export const isPassing = (text: string): boolean =>
	text.startsWith('CLUSTERDOWN') || passingReasons.includes(classifyError(text).reason);

/** What the server counted, and what of it was ours on the connection that asked. */
export type MarkedInfo = { readonly info: string; readonly own: OwnUse };

export class NodeLine {
	readonly address: Address;
	isReplica = false;
	isCluster = false;
	/** May HLEN and its like be asked without a key's clock being set? */
	leavesClocksAlone = false;
	/** Has INFO keysizes: Redis from 8.0 on. */
	hasKeysizes = false;
	databases: readonly Database[] = [];
	/** HRANDFIELD or HPTTL may not be asked. */
	refusesFields = false;
	/** Commands that this user may not call here, or the server does not have; of those that are asked of every key. */
	readonly refused = new Set<CommandName>();
	private connection: LeanConnection | undefined;
	private runId: string | undefined;
	/** Undefined while a SELECT is under way. */
	private db: number | undefined = 0;
	private isOver = false;
	private endOpening = () => {};
	private readonly over = new Promise<undefined>(resolve => {
		this.endOpening = () => resolve(undefined);
	});
	private before: OwnUse | undefined;

	constructor(
		address: Address,
		private readonly options: LeanOptions,
	) {
		this.address = address;
	}

	get isOpen(): boolean {
		return this.connection?.isOpen ?? false;
	}

	/** Of the process that answers here. */
	get process(): string | undefined {
		return this.runId;
	}

	/** Opens it, anew where it was open, and asks who answers. */
	async open(): Promise<Failure | undefined> {
		this.close();
		const opening = openLean(this.address, this.options);
		const connection = await Promise.race([opening, this.over]);
		if (!connection || this.isOver) {
			void opening.then(late => {
				if (!isLost(late)) late.close();
			});
			return { reason: 'stopped', isFinal: true, isPassing: false };
		}
		if (isLost(connection)) {
			const { reason, text } = connection.lost;
			const isFinal = finalReasons.includes(reason);
			return { reason: text, isFinal, isPassing: passingReasons.includes(reason) };
		}
		this.connection = connection;
		this.db = 0;
		const info = (await this.tell([call('info')]))?.[0];
		const failed = this.refusal(info);
		if (failed) {
			this.close();
			return failed;
		}
		this.learn(String(info));
		this.leavesClocksAlone = connection.leavesClocksAlone;
		if (this.isReplica && this.isCluster) await this.tell([call('readonly')]);
		return undefined;
	}

	private refusal(info: Reply | undefined): Failure | undefined {
		if (isError(info))
			return {
				reason: classifyError(info.error).text,
				isFinal: info.error.startsWith('NOPERM'),
				isPassing: isPassing(info.error),
			};
		if (typeof info !== 'string') return { reason: 'no answer to INFO', isFinal: false, isPassing: false };
		if (this.runId !== undefined && runIdIn(info) !== this.runId)
			return {
				reason: 'restarted while it was scanned: the cursor no longer holds',
				isFinal: true,
				isPassing: false,
			};
		if (/^loading:1/m.test(info)) return { reason: 'loading its data set', isFinal: false, isPassing: true };
		return undefined;
	}

	private learn(info: string): void {
		this.runId = runIdIn(info);
		this.isReplica = /^role:slave/m.test(info);
		this.isCluster = /^cluster_enabled:1/m.test(info);
		this.hasKeysizes =
			Number(/^redis_version:(\d+)/m.exec(info)?.[1]) >= 8 && !/^valkey_version:/m.test(info);
		this.databases = databasesOf(info);
	}

	/** Undefined, or why it cannot be. A connection that is lost meanwhile is noticed by what is asked next. */
	async select(db: number): Promise<string | undefined> {
		if (this.db === db || !this.connection) return undefined;
		this.db = undefined;
		const answer = await this.connection.send([call('select', String(db))]);
		if (isLost(answer)) return undefined;
		if (isError(answer[0])) return `SELECT ${db}: ${classifyError(answer[0].error).text}`;
		this.db = db;
		return undefined;
	}

	/** Whether a question that leaves now is about this database. */
	isAt(db: number): boolean {
		return this.isOpen && this.db === db;
	}

	/** One reply for each call; undefined where the connection is or gets lost. */
	async tell(calls: readonly Call[]): Promise<readonly Reply[] | undefined> {
		const answer = await this.connection?.send(calls);
		return answer === undefined || isLost(answer) ? undefined : answer;
	}

	/** The same with words that are byte strings. */
	async tellBytes(calls: readonly Call[]): Promise<readonly Reply[] | undefined> {
		const answer = await this.connection?.sendBytes(calls);
		return answer === undefined || isLost(answer) ? undefined : answer;
	}

	/** SCAN, its words as byte strings; undefined where the answer is none of SCAN. */
	askNames(item: Call): Promise<NamesReply | ErrorReply | Lost | undefined> {
		return this.connection ? this.connection.askNames(item) : Promise.resolve(closed);
	}

	/** Of names that were packed with the words of that call. */
	askPacked(template: Call, calls: NameList): Promise<readonly Reply[] | Lost> {
		return this.connection ? this.connection.askPacked(template, calls) : Promise.resolve(closed);
	}

	/** Hashes of this database may leave by their fields, and the user may ask for it without setting a clock. */
	mayAskFields(db: number): boolean {
		const has = this.databases.some(each => each.db === db && each.withFieldTtl > 0);
		return has && !this.refusesFields && (this.leavesClocksAlone || this.isReplica);
	}

	/** Of hashes of the database that is selected; where it is refused it is not asked again. */
	async askFieldTtls(hashes: readonly string[]): Promise<ReadonlyMap<string, FieldTtls>> {
		const { known, error } = await askFieldTtls(hashes, calls => this.tellBytes(calls));
		if (error !== undefined && isForAll.test(error)) this.refusesFields = true;
		return known;
	}

	/** What was asked leaves now. */
	flush(): void {
		this.connection?.flush();
	}

	/** The call once for each key of the database that is selected; `tail`: what stands behind the key. */
	askEach(
		name: CommandName,
		keys: readonly string[],
		tail: readonly string[] = [],
	): Promise<readonly Reply[] | Lost> {
		return this.connection ? this.connection.askEach(call(name), keys, tail) : Promise.resolve(closed);
	}

	/** MEMORY USAGE of each key by so many samples; `isTimed`: between two readings of what that command cost. */
	async askSizes(
		keys: readonly string[],
		samples: number,
		isTimed: boolean,
	): Promise<{ readonly replies: readonly Reply[]; readonly microseconds?: number } | undefined> {
		const before = isTimed ? this.tell([call('infoCommandstats')]) : undefined;
		const asking = this.askEach('memoryUsage', keys, ['SAMPLES', String(samples)]);
		const after = isTimed ? this.tell([call('infoCommandstats')]) : undefined;
		const replies = await asking;
		if (isLost(replies)) return undefined;
		return { replies, microseconds: timeBetween((await before)?.[0], (await after)?.[0]) };
	}

	/** INFO, with what was done here before the server wrote it; undefined where there is no connection. */
	async markedInfo(): Promise<MarkedInfo | undefined> {
		const { before } = this;
		const answer = await this.connection?.sendMarked(call('info'));
		if (!answer || isLost(answer) || typeof answer.reply !== 'string') return undefined;
		return { info: answer.reply, own: addOwn(before, answer.before)! };
	}

	/** What was done here since the scan began, over all connections. */
	own(): OwnUse {
		return addOwn(this.before, this.connection?.use()) ?? noUse;
	}

	get hits(): number {
		return this.own().hits;
	}

	/** For good: also one that is just being opened. */
	end(): void {
		this.isOver = true;
		this.endOpening();
		this.close();
	}

	private close(): void {
		if (!this.connection) return;
		this.connection.close();
		this.before = this.own();
		this.connection = undefined;
	}
}

/** No right to the command, or a server without it; of one key that may not be read the next may be. */
const isForAll = /^(NOPERM(?!.*(access a key|one of the keys))|ERR unknown)/;

const closed: Lost = { lost: { reason: 'closed', text: 'connection closed' } };

export function databasesOf(info: string): Database[] {
	return [...info.matchAll(/^db(\d+):keys=(\d+),expires=(\d+)([^\r\n]{0,200})/gm)].map(
		([, db, keys, expires, rest]) => ({
			db: Number(db),
			keys: Number(keys),
			expires: Number(expires),
			withFieldTtl: Number(/,(?:subexpiry|keys_with_volatile_items)=(\d+)/.exec(rest!)?.[1] ?? 0),
		}),
	);
}
