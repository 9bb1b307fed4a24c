// The connection of a watch to one node: opened when something is asked, again after it was lost, and its use kept
// over all of them. Calls of several rungs share it, so the database is chosen in the same write as the calls that
// need it. Errors are values: a node that cannot be reached answers `Lost`, and is tried again by the next question.

import { addOwn, noUse } from '../../core/fleet/own-use.ts';
import type { HotTarget } from '../../core/keys/hot-keys.ts';
import { classifyError } from '../../core/parse/parse-error.ts';
import { isError } from '../../core/reply.ts';
import type { OwnUse, Reply } from '../../core/types.ts';
import { type Call, call } from '../commands.ts';
import { isLost, type LeanConnection, type LeanOptions, type Lost, openLean } from '../lean-connection.ts';

export class NodeLink {
	private connection: LeanConnection | undefined;
	private opening: Promise<LeanConnection | Lost> | undefined;
	private db = 0;
	private past = noUse;
	private isClosed = false;

	constructor(
		readonly target: HotTarget,
		private readonly options: LeanOptions,
	) {}

	/** One reply each, in their order. */
	send(calls: readonly Call[]): Promise<readonly Reply[] | Lost> {
		return this.with(connection => connection.send(calls));
	}

	/** The call once for each key of a database. */
	askEach(template: Call, db: number, keys: readonly string[]): Promise<readonly Reply[] | Lost> {
		return this.with(connection => this.inDatabase(connection, db, () => connection.askEach(template, keys)));
	}

	/** Calls that are about one database. */
	sendIn(db: number, calls: readonly Call[]): Promise<readonly Reply[] | Lost> {
		return this.with(connection => this.inDatabase(connection, db, () => connection.send(calls)));
	}

	own(): OwnUse {
		return addOwn(this.past, this.connection?.use())!;
	}

	/** As the server names this connection, `127.0.0.1:42360`; nothing while there is none. */
	names(): readonly string[] {
		const name = this.connection?.isOpen ? this.connection.clientName : undefined;
		return name === undefined ? [] : [name];
	}

	close(): void {
		this.isClosed = true;
		this.drop();
	}

	private async with(
		ask: (connection: LeanConnection) => Promise<readonly Reply[] | Lost>,
	): Promise<readonly Reply[] | Lost> {
		const connection = this.connection?.isOpen ? this.connection : await this.open();
		return isLost(connection) ? connection : ask(connection);
	}

	private open(): Promise<LeanConnection | Lost> {
		this.opening ??= this.reopen().finally(() => {
			this.opening = undefined;
		});
		return this.opening;
	}

	private async reopen(): Promise<LeanConnection | Lost> {
		this.drop();
		if (this.isClosed) return closed;
		const opened = await openLean(this.target.address, this.options);
		if (isLost(opened)) return opened;
		if (this.isClosed) {
			this.past = addOwn(this.past, opened.use())!;
			opened.close();
			return closed;
		}
		this.connection = opened;
		this.db = 0;
		// Else a replica of a cluster sends every question about a key to its primary.
		if (this.target.isReplica && this.target.isCluster) void opened.send([call('readonly')]);
		return opened;
	}

	/** SELECT leaves in the same write; where it is refused, what was asked behind it counts for nothing. */
	private async inDatabase(
		connection: LeanConnection,
		db: number,
		ask: () => Promise<readonly Reply[] | Lost>,
	): Promise<readonly Reply[] | Lost> {
		const choosing = this.db === db ? undefined : connection.send([call('select', String(db))]);
		this.db = db;
		const answering = ask();
		const chosen = await choosing;
		const refused = chosen && !isLost(chosen) && isError(chosen[0]) ? chosen[0].error : undefined;
		if (refused === undefined) return answering;
		connection.close();
		return { lost: classifyError(refused) };
	}

	private drop(): void {
		if (!this.connection) return;
		this.connection.close();
		this.past = addOwn(this.past, this.connection.use())!;
		this.connection = undefined;
	}
}

const closed: Lost = { lost: { reason: 'closed', text: 'the watch has ended' } };
