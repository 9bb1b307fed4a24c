// Type, TTL, encoding and size of the keys that are listed, asked after the window in one write to each node. TYPE, PTTL
// and OBJECT ENCODING count as a hit each in the server's statistics, MEMORY USAGE does not: they are counted here, to
// be taken out of the hit rate. Values are not read. What is refused or gone stays undefined, and is said once.

import type { HotKey, HotTarget } from '../../core/hot-keys.ts';
import { refusalOf } from '../../core/parse-error.ts';
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
	/** What it cost, by node; its hits are in there. */
	readonly own: ReadonlyMap<Address, OwnUse>;
};

const questions = ['type', 'pttl', 'objectEncoding', 'memoryUsage'] as const satisfies readonly CommandName[];
type Question = (typeof questions)[number];

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
			const hits = await describeOn(connection, target, ofNode, learnt, notes);
			own.set(node, { ...connection.use(), hits });
			connection.close();
		}),
	);
	return { keys: keys.map(key => ({ ...key, ...learnt.get(key) })), notes: [...notes], own };
}

/** Gives back the hits it added. */
async function describeOn(
	connection: LeanConnection,
	target: HotTarget | undefined,
	keys: readonly HotKey[],
	learnt: Map<HotKey, Partial<HotKey>>,
	notes: Set<string>,
): Promise<number> {
	if (target?.isCluster && target.isReplica) void connection.send([call('readonly')]);
	// All of it leaves together: nothing is awaited before the last question is asked.
	const visits = [...new Set(keys.map(({ db }) => db ?? 0))].map(db => {
		const ofDb = keys.filter(key => (key.db ?? 0) === db);
		if (!target?.isCluster) void connection.send([call('select', String(db))]);
		const names = ofDb.map(({ key }) => key);
		return { ofDb, answers: questions.map(name => connection.askEach(call(name), names)) };
	});
	let hits = 0;
	for (const { ofDb, answers } of visits) {
		const replies: (readonly Reply[])[] = [];
		for (const answer of answers) {
			const reply = await answer;
			if (isLost(reply))
				notes.add(`${connection.address}: type, TTL and size are not read: ${reply.lost.text}`);
			replies.push(isLost(reply) ? [] : reply);
		}
		ofDb.forEach((key, index) => {
			const own = replies.map(list => list[index]);
			hits += own.slice(0, 3).filter(isHit).length;
			noteRefusals(own, notes);
			learnt.set(key, factsOf(own));
		});
	}
	return hits;
}

function factsOf([type, ttl, encoding, size]: readonly (Reply | undefined)[]): Partial<HotKey> {
	// Deleted since, or expired: what it was is not known.
	if (type === 'none') return {};
	return {
		...(typeof type === 'string' && { type }),
		...(typeof ttl === 'number' && ttl !== -2 && { ttlSeconds: ttl < 0 ? null : Math.ceil(ttl / 1000) }),
		...(typeof encoding === 'string' && { encoding }),
		...(typeof size === 'number' && { bytes: size }),
	};
}

/** Not that of a key that is gone: none, -2, nil. */
const isHit = (reply: Reply | undefined) =>
	reply !== undefined && reply !== null && reply !== 'none' && reply !== -2 && typeof reply !== 'object';

function noteRefusals(replies: readonly (Reply | undefined)[], notes: Set<string>): void {
	questions.forEach((name, index) => {
		const reply = replies[index];
		if (!isError(reply)) return;
		const refusal = refusalOf(call(name).feature, reply.error);
		if (!refusal) return;
		const why =
			refusal.why === 'no-permission' ? `not allowed for this user: ${refusal.word}` : 'no such command';
		notes.add(`${wanted[name]} is not read: ${why}`);
	});
}
