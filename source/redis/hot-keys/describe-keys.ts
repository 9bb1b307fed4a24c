// Type, TTL, encoding and size of the keys that are listed, asked after the window in two writes to each node. TYPE, PTTL
// and OBJECT ENCODING count as a hit each in the server's statistics, or as a miss where the key is not there; MEMORY
// USAGE counts as neither. So that is asked first, and the others only of keys that are there: only one that goes in
// between is missed. Both are counted, to be taken out of the hit rate. Values are not read. What is refused stays
// undefined, and is said once.

import type { CommandName } from '../../core/commands.ts';
import { type DescribedBy, distinctNotes, type HotNote } from '../../core/keys/hot-facts.ts';
import type { HotKey, HotTarget } from '../../core/keys/hot-keys.ts';
import { refusalOf } from '../../core/parse/parse-error.ts';
import { isError } from '../../core/reply.ts';
import type { Address, OwnUse, Reply } from '../../core/types.ts';
import { type Call, call } from '../commands.ts';
import type { DialSettings } from '../dial.ts';
import { isLost, type LeanConnection, openLean } from '../lean-connection.ts';

export type DescribeOptions = {
	readonly dial: DialSettings;
	readonly onSent?: (address: Address, calls: readonly Call[]) => void;
};

export type Described = {
	/** In their order, with what could be learnt. */
	readonly keys: readonly HotKey[];
	/** What could not. */
	readonly notes: readonly HotNote[];
	/** What it cost, by node; its hits and misses are in there. */
	readonly own: ReadonlyMap<Address, OwnUse>;
};

const countedQuestions = ['type', 'pttl', 'objectEncoding'] as const satisfies readonly CommandName[];
type Question = (typeof countedQuestions)[number] | 'memoryUsage';

/** What is missing where it is refused. */
const wanted: Readonly<Record<Question, DescribedBy>> = {
	type: 'type',
	pttl: 'ttl',
	objectEncoding: 'encoding',
	memoryUsage: 'size',
};

/** Never rejects. A key keeps what it has where its node does not answer. */
export async function describeHotKeys(
	keys: readonly HotKey[],
	targets: readonly HotTarget[],
	options: DescribeOptions,
): Promise<Described> {
	const notes: HotNote[] = [];
	const own = new Map<Address, OwnUse>();
	const learnt = new Map<HotKey, Partial<HotKey>>();
	const nodes = [...new Set(keys.map(({ node }) => node))];
	await Promise.all(
		nodes.map(async node => {
			const target = targets.find(({ address }) => address === node);
			const ofNode = keys.filter(key => key.node === node);
			const connection = await openLean(node, options);
			if (isLost(connection)) {
				notes.push({ kind: 'not-described', node, text: connection.lost.text });
				return;
			}
			await describeOn(connection, target, ofNode, learnt, notes);
			connection.close();
			own.set(node, connection.use());
		}),
	);
	return { keys: keys.map(key => ({ ...key, ...learnt.get(key) })), notes: distinctNotes(notes), own };
}

type OfDatabase = { readonly db: number; readonly keys: readonly HotKey[] };

async function describeOn(
	connection: LeanConnection,
	target: HotTarget | undefined,
	keys: readonly HotKey[],
	learnt: Map<HotKey, Partial<HotKey>>,
	notes: HotNote[],
): Promise<void> {
	if (target?.isCluster && target.isReplica) void connection.send([call('readonly')]);
	const placed = await inTheirDatabases(connection, keys, notes);
	// A cluster has a SELECT where it has several databases: Valkey from 9.0 on.
	const selects = !target?.isCluster || placed.hasSelected || keys.some(({ db }) => (db ?? 0) !== 0);
	const sizes = new Map<HotKey, Reply | undefined>();
	const all = byDatabase(keys, placed.dbOf);
	for (const { ofDb, replies } of await askAll(connection, all, ['memoryUsage'], selects, notes))
		ofDb.forEach((key, index) => {
			sizes.set(key, replies[0]?.[index]);
			noteRefusal('memoryUsage', replies[0]?.[index], notes);
		});
	const there = byDatabase(
		keys.filter(key => sizes.get(key) !== null),
		placed.dbOf,
	);
	for (const key of keys) if (sizes.get(key) === null) learnt.set(key, { exists: false });
	for (const { ofDb, replies } of await askAll(connection, there, countedQuestions, selects, notes))
		ofDb.forEach((key, index) => {
			const own = replies.map(list => list[index]);
			for (const [question, name] of countedQuestions.entries()) noteRefusal(name, own[question], notes);
			const db = placed.dbOf(key);
			learnt.set(key, {
				...(key.db === undefined && db !== 0 && { db }),
				...factsOf([...own, sizes.get(key)]),
			});
		});
}

const byDatabase = (keys: readonly HotKey[], dbOf: (key: HotKey) => number): readonly OfDatabase[] =>
	[...new Set(keys.map(dbOf))].map(db => ({ db, keys: keys.filter(key => dbOf(key) === db) }));

type Placed = { readonly dbOf: (key: HotKey) => number; readonly hasSelected: boolean };

/** The server's own HOTKEYS (Redis) says no database: such a key is looked for in each that holds keys. */
async function inTheirDatabases(
	connection: LeanConnection,
	keys: readonly HotKey[],
	notes: HotNote[],
): Promise<Placed> {
	const open = keys.filter(({ db }) => db === undefined);
	const found = new Map<HotKey, number>();
	const databases = open.length === 0 ? [] : await databasesOn(connection);
	const hasSelected = databases.some(db => db !== 0);
	if (hasSelected)
		for (const { ofDb, replies, db } of await askAll(
			connection,
			databases.map(db => ({ db, keys: open })),
			['memoryUsage'],
			true,
			notes,
		))
			ofDb.forEach((key, index) => {
				if (typeof replies[0]?.[index] !== 'number') return;
				if (found.has(key)) notes.push({ kind: 'several-databases', key: key.key, db: found.get(key)! });
				else found.set(key, db);
			});
	return { dbOf: key => key.db ?? found.get(key) ?? 0, hasSelected };
}

async function databasesOn(connection: LeanConnection): Promise<readonly number[]> {
	const answer = await connection.send([call('info', 'keyspace')]);
	const text = isLost(answer) ? undefined : answer[0];
	return typeof text === 'string' ? [...text.matchAll(/^db(\d+):/gm)].map(([, db]) => Number(db)) : [];
}

/** All of it leaves together: nothing is awaited before the last question is asked. */
async function askAll(
	connection: LeanConnection,
	databases: readonly OfDatabase[],
	names: readonly Question[],
	selects: boolean,
	notes: HotNote[],
): Promise<{ db: number; ofDb: readonly HotKey[]; replies: readonly (readonly Reply[])[] }[]> {
	const visits = databases.map(({ db, keys }) => {
		if (selects) void connection.send([call('select', String(db))]);
		const asked = keys.map(({ key }) => key);
		return { db, ofDb: keys, answers: names.map(name => connection.askEach(call(name), asked)) };
	});
	const all = [];
	for (const { db, ofDb, answers } of visits) {
		const replies: (readonly Reply[])[] = [];
		for (const answer of answers) {
			const reply = await answer;
			if (isLost(reply))
				notes.push({ kind: 'not-described', node: connection.address, text: reply.lost.text });
			replies.push(isLost(reply) ? [] : reply);
		}
		all.push({ db, ofDb, replies });
	}
	return all;
}

function factsOf([type, ttl, encoding, size]: readonly (Reply | undefined)[]): Partial<HotKey> {
	if (type === 'none') return { exists: false };
	return {
		...((typeof type === 'string' || typeof size === 'number') && { exists: true }),
		...(typeof type === 'string' && { type }),
		...(typeof ttl === 'number' && ttl !== -2 && { ttlSeconds: ttl < 0 ? null : Math.ceil(ttl / 1000) }),
		...(typeof encoding === 'string' && { encoding }),
		...(typeof size === 'number' && { bytes: size }),
	};
}

function noteRefusal(name: Question, reply: Reply | undefined, notes: HotNote[]): void {
	if (!isError(reply)) return;
	const refusal = refusalOf(call(name).feature, reply.error);
	if (refusal) notes.push({ kind: 'not-read', what: wanted[name], refusal });
}
