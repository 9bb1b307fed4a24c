// Type, TTL, encoding and size of the keys that are listed, asked after the window in two writes to each node. TYPE, PTTL
// and OBJECT ENCODING count as a hit each in the server's statistics, or as a miss where the key is not there; MEMORY
// USAGE counts as neither. So that is asked first, and the others only of keys that are there: only one that goes in
// between is missed. Both are counted, to be taken out of the hit rate. Values are not read. What is refused stays
// undefined, and is said once.

import type { HotKey, HotTarget } from '../../core/keys/hot-keys.ts';
import { refusalOf } from '../../core/parse/parse-error.ts';
import { isError } from '../../core/reply.ts';
import type { Address, OwnUse, Reply } from '../../core/types.ts';
import { type Call, type CommandName, call } from '../commands.ts';
import type { DialSettings } from '../dial.ts';
import { isLost, type LeanConnection, openLean } from '../lean-connection.ts';

export type DescribeOptions = {
	readonly dial: DialSettings;
	readonly onSent?: (address: Address, calls: readonly Call[]) => void;
};

export type Described = {
	/** In their order, with what could be learnt. */
	readonly keys: readonly HotKey[];
	/** What could not, a sentence each. */
	readonly notes: readonly string[];
	/** What it cost, by node; its hits and misses are in there. */
	readonly own: ReadonlyMap<Address, OwnUse>;
};

const countedQuestions = ['type', 'pttl', 'objectEncoding'] as const satisfies readonly CommandName[];
type Question = (typeof countedQuestions)[number] | 'memoryUsage';

/** What is missing where it is refused. */
const wanted: Readonly<Record<Question, string>> = {
	type: 'the type',
	pttl: 'the TTL',
	objectEncoding: 'the encoding',
	memoryUsage: 'the size',
};

/** Never rejects. A key keeps what it has where its node does not answer. */
export async function describeHotKeys(
	keys: readonly HotKey[],
	targets: readonly HotTarget[],
	options: DescribeOptions,
): Promise<Described> {
	const notes = new Set<string>();
	const own = new Map<Address, OwnUse>();
	const learnt = new Map<HotKey, Partial<HotKey>>();
	const nodes = [...new Set(keys.map(({ node }) => node))];
	await Promise.all(
		nodes.map(async node => {
			const target = targets.find(({ address }) => address === node);
			const ofNode = keys.filter(key => key.node === node);
			const connection = await openLean(node, options);
			if (isLost(connection)) {
				notes.add(`${node}: type, TTL and size are not read: ${connection.lost.text}`);
				return;
			}
			await describeOn(connection, target, ofNode, learnt, notes);
			connection.close();
			own.set(node, connection.use());
		}),
	);
	return { keys: keys.map(key => ({ ...key, ...learnt.get(key) })), notes: [...notes], own };
}

type OfDatabase = { readonly db: number; readonly keys: readonly HotKey[] };

async function describeOn(
	connection: LeanConnection,
	target: HotTarget | undefined,
	keys: readonly HotKey[],
	learnt: Map<HotKey, Partial<HotKey>>,
	notes: Set<string>,
): Promise<void> {
	if (target?.isCluster && target.isReplica) void connection.send([call('readonly')]);
	const selects = !target?.isCluster;
	const sizes = new Map<HotKey, Reply | undefined>();
	const all = byDatabase(keys);
	for (const { ofDb, replies } of await askAll(connection, all, ['memoryUsage'], selects, notes))
		ofDb.forEach((key, index) => {
			sizes.set(key, replies[0]?.[index]);
			noteRefusal('memoryUsage', replies[0]?.[index], notes);
		});
	const there = byDatabase(keys.filter(key => sizes.get(key) !== null));
	for (const key of keys) if (sizes.get(key) === null) learnt.set(key, { exists: false });
	for (const { ofDb, replies } of await askAll(connection, there, countedQuestions, selects, notes))
		ofDb.forEach((key, index) => {
			const own = replies.map(list => list[index]);
			for (const [question, name] of countedQuestions.entries()) noteRefusal(name, own[question], notes);
			learnt.set(key, factsOf([...own, sizes.get(key)]));
		});
}

const byDatabase = (keys: readonly HotKey[]): readonly OfDatabase[] =>
	[...new Set(keys.map(({ db }) => db ?? 0))].map(db => ({
		db,
		keys: keys.filter(key => (key.db ?? 0) === db),
	}));

/** All of it leaves together: nothing is awaited before the last question is asked. */
async function askAll(
	connection: LeanConnection,
	databases: readonly OfDatabase[],
	names: readonly Question[],
	selects: boolean,
	notes: Set<string>,
): Promise<{ ofDb: readonly HotKey[]; replies: readonly (readonly Reply[])[] }[]> {
	const visits = databases.map(({ db, keys }) => {
		if (selects) void connection.send([call('select', String(db))]);
		const asked = keys.map(({ key }) => key);
		return { ofDb: keys, answers: names.map(name => connection.askEach(call(name), asked)) };
	});
	const all = [];
	for (const { ofDb, answers } of visits) {
		const replies: (readonly Reply[])[] = [];
		for (const answer of answers) {
			const reply = await answer;
			if (isLost(reply))
				notes.add(`${connection.address}: type, TTL and size are not read: ${reply.lost.text}`);
			replies.push(isLost(reply) ? [] : reply);
		}
		all.push({ ofDb, replies });
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

function noteRefusal(name: Question, reply: Reply | undefined, notes: Set<string>): void {
	if (!isError(reply)) return;
	const refusal = refusalOf(call(name).feature, reply.error);
	if (!refusal) return;
	const why =
		refusal.why === 'no-permission' ? `not allowed for this user: ${refusal.word}` : 'no such command';
	notes.add(`${wanted[name]} is not read: ${why}`);
}
