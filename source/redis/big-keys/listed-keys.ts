// What is known of the largest keys beside their size: type, TTL, items, encoding. A hit each, so only those listed
// are asked, and each thing once: some while the walk goes on (`lookAhead`), so that a screen can show them, the rest
// when it is over (`complete`); what the sample was told of a key that is listed counts as asked. By items is looked
// for among more keys than are listed by bytes. What a replica that was lost had answered stays. Their sizes are
// measured again when the walk is over (true-sizes.ts), and the list is by those.

import { performance } from 'node:perf_hooks';
import type { CommandName } from '../../core/commands.ts';
import type { BigKey } from '../../core/keys/big-keys.ts';
import type { FieldTtls } from '../../core/keys/field-ttls.ts';
import { slotOf } from '../../core/keys/key-slot.ts';
import type { ScanNote } from '../../core/keys/scan-notes.ts';
import { isOneBlock, keySize, usualSamples } from '../../core/keys/size-estimate.ts';
import {
	countsPending,
	isOutweighed,
	parseGroups,
	pendingOf,
	type StreamSize,
	streamSize,
} from '../../core/keys/stream-groups.ts';
import type { Address, Reply } from '../../core/types.ts';
import { timeNow } from '../clock.ts';
import type { Counts, Found } from './counts.ts';
import type { HitBudget } from './hit-budget.ts';
import { lengthCommands } from './key-questions.ts';
import type { NodeScan } from './scan-node.ts';
import type { Drawn } from './strata.ts';
import { createTrueSizes, type Sizing } from './true-sizes.ts';

export type ListedKeys = {
	/** Starts to ask those that would be listed now, as far as the budget goes. Cheap where all are known. */
	readonly lookAhead: () => void;
	/** What keys of the sample answered: some of them are listed, and are not asked again. */
	readonly learn: (
		node: number,
		db: number,
		drawn: readonly Drawn[],
		ttls: readonly Reply[],
		types: ReadonlyMap<string, Reply>,
		fields: ReadonlyMap<string, FieldTtls>,
	) => void;
	/** Asks for all that is missing. */
	readonly complete: () => Promise<void>;
	/** The candidates, largest first, with what is known of them. */
	readonly list: () => ListedKey[];
};

/** `walkedBytes`: as the walk sized it, which is in its sums. `place`: the number of its node, and its database. */
export type ListedKey = BigKey & {
	readonly walkedBytes: number;
	readonly place: { readonly node: number; readonly db: number };
};

type Details = Sizing & {
	readonly id: string;
	readonly found: Found;
	/** What was asked, answered or not. */
	readonly asked: Set<CommandName>;
	type?: string;
	encoding?: string;
	/** As they are listed; `items` are those that are walked. */
	listedItems?: number;
	/** Epoch ms; null: it has no TTL. */
	expiresAt?: number | null;
	/** Of a hash without a TTL; when they were read. */
	fields?: FieldTtls & { readonly at: number };
	/** Of a stream: of all its groups. */
	pending?: number;
	groups?: number;
	/** The server takes pending entries for more than they have. */
	isOvercounted?: boolean;
	/** More it cannot have. */
	limitBytes?: number;
};

/** null: it has no type any more. */
type Answered = {
	readonly type?: string | null;
	readonly expiresAt?: number | null;
	readonly fields?: Details['fields'];
};

type Ask = (
	scan: NodeScan,
	db: number,
	name: CommandName,
	keys: readonly string[],
) => Promise<readonly Reply[] | undefined>;

const whenOver: Ask = (scan, db, name, keys) => scan.ask(db, name, keys);
const meanwhile: Ask = (scan, db, name, keys) => scan.askNow(db, name, keys);

/** Names in one write. */
const batchKeys = 200;
/** Type, TTL, encoding, items. */
const hitsOfKey = 4;

const { string: _, ...itemCommands } = lengthCommands;

export function createListedKeys(options: {
	readonly scans: readonly NodeScan[];
	readonly counts: Counts;
	readonly budget: HitBudget;
	readonly top: number;
	/** HLEN and its like also where they set the clock of the key. */
	readonly mayTouch: boolean;
	/** Keys a second have a ceiling: the server is to rest. */
	readonly isPaced: boolean;
}): ListedKeys {
	const { scans, counts, budget, top } = options;
	let known = new Map<string, Details>();
	let isLooking = false;
	const startedAt = performance.now();
	const sampled = new Map<string, Answered>();
	const trueSizes = createTrueSizes(scans, options.isPaced);

	/** The largest now, and others that may be; what is known of the rest is forgotten. */
	function possible(): Details[] {
		const next = new Map<string, Details>();
		for (const { key: id, value } of [...counts.largest(), ...counts.longest()]) {
			const details = known.get(id) ?? detailsOf(id, value);
			const answered = sampled.get(id);
			if (answered) take(details, answered);
			next.set(id, details);
		}
		known = next;
		return [...next.values()].sort((a, b) => bytesOf(b) - bytesOf(a));
	}

	/** The largest, and where every key was asked for its length the longest too. */
	function candidates(): Details[] {
		const all = possible();
		const many = budget.candidates();
		const longest = new Set(counts.longest().map(({ key }) => key));
		return all.filter(({ id }, index) => index < many || longest.has(id));
	}

	const mayAskItems = (scan: NodeScan) =>
		// A replica's clocks decide nothing while it is one.
		scan.line.leavesClocksAlone || scan.line.isReplica || options.mayTouch;

	async function askTypes(ask: Ask, keys: readonly Details[]): Promise<void> {
		await askEach(ask, 'type', keys, (key, type) => {
			if (typeof type === 'string' && type !== 'none') key.type = type;
		});
	}

	async function askItems(ask: Ask, keys: readonly Details[]): Promise<void> {
		for (const key of keys) if (key.type === 'string') key.listedItems = 1;
		const open = keys.filter(({ found }) => mayAskItems(scans[found.node]!));
		await Promise.all(
			Object.entries(itemCommands).map(([type, name]) =>
				askEach(
					ask,
					name,
					open.filter(key => key.type === type),
					(key, items) => {
						if (typeof items !== 'number') return;
						key.listedItems = items;
						if (walkedByItem.has(type)) key.items = items;
					},
				),
			),
		);
	}

	/** The consumer groups of streams, and where anything is or may be pending the bound of what they can have. */
	async function askGroups(keys: readonly Details[]): Promise<void> {
		const streams = keys.filter(({ type }) => type === 'stream');
		const open = streams.filter(({ node }) => mayAskItems(scans[node]!));
		await askEach(whenOver, 'xinfoGroups', open.slice(0, mostStreams), (key, reply) => {
			const groups = parseGroups(reply);
			if (groups.length === 0) return;
			key.groups = groups.length;
			key.pending = pendingOf(groups);
		});
		const pending = streams.filter(key => (open.includes(key) ? (key.pending ?? 0) > 0 : true));
		for (const node of new Set(pending.map(key => key.node))) {
			const marked = await scans[node]!.line.markedInfo();
			const used = Number(/^used_memory:(\d+)/m.exec(marked?.info ?? '')?.[1] ?? Number.NaN);
			const isRight = marked !== undefined && countsPending(marked.info);
			for (const key of pending) if (key.node === node) key.isOvercounted = !isRight;
			if (Number.isNaN(used) || isRight) continue;
			const walked = counts
				.databases()
				.reduce((sum, database) => sum + (database.node === node ? database.bytes : 0), 0);
			const ofStreams = pending.reduce((sum, key) => sum + (key.node === node ? key.found.bytes : 0), 0);
			for (const key of pending)
				if (key.node === node) key.limitBytes = Math.max(0, used - (walked - ofStreams));
		}
	}

	async function askRest(ask: Ask, keys: readonly Details[]): Promise<void> {
		await Promise.all([
			askEach(ask, 'pttl', keys, (key, ttl) => {
				key.expiresAt = expiryOf(ttl);
			}),
			askEach(ask, 'objectEncoding', keys, (key, encoding) => {
				if (typeof encoding === 'string') key.encoding = encoding;
			}),
		]);
	}

	/** Each of the keys that was not asked so before, by node and database. */
	async function askEach(
		ask: Ask,
		name: CommandName,
		keys: readonly Details[],
		take: (key: Details, reply: Reply) => void,
	): Promise<void> {
		const groups = new Map<string, Details[]>();
		for (const key of keys) {
			if (key.asked.has(name)) continue;
			const group = `${key.found.node}/${key.found.db}`;
			groups.set(group, [...(groups.get(group) ?? []), key]);
		}
		await Promise.all(
			[...groups.values()].map(async group => {
				const { node, db } = group[0]!.found;
				for (let at = 0; at < group.length; at += batchKeys)
					await askSome(ask, scans[node]!, db, name, group.slice(at, at + batchKeys), take);
			}),
		);
	}

	async function askSome(
		ask: Ask,
		scan: NodeScan,
		db: number,
		name: CommandName,
		keys: readonly Details[],
		take: (key: Details, reply: Reply) => void,
	): Promise<void> {
		const names = keys.map(({ key }) => key);
		const replies = await ask(scan, db, name, names);
		if (!replies) return;
		for (const [index, key] of keys.entries()) {
			key.asked.add(name);
			take(key, replies[index]!);
		}
	}

	/** Of hashes without a TTL, where the server says that some have fields with one. */
	async function askFields(db: number, keys: readonly Details[]): Promise<void> {
		const open = keys.filter(key => key.type === 'hash' && key.expiresAt === null && !key.fields);
		for (const node of new Set(open.map(key => key.node))) {
			const own = open.filter(key => key.node === node);
			const known = await scans[node]!.askFieldTtls(
				db,
				own.map(({ key }) => key),
			);
			for (const key of own) key.fields = readNow(known.get(key.key));
		}
	}

	async function look(keys: readonly Details[]): Promise<void> {
		await Promise.all([askTypes(meanwhile, keys), askRest(meanwhile, keys)]);
		await askItems(meanwhile, keys);
	}

	function lookAhead(): void {
		if (isLooking) return;
		const open = candidates()
			.slice(0, top)
			.filter(({ asked }) => !asked.has('type') || !asked.has('pttl'));
		const few: Details[] = [];
		for (const key of open) {
			if (!budget.spendEarly(hitsOfKey)) break;
			few.push(key);
		}
		if (few.length === 0) return;
		isLooking = true;
		void look(few).finally(() => {
			isLooking = false;
		});
	}

	function learn(...[node, db, drawn, ttls, types, fields]: Parameters<ListedKeys['learn']>): void {
		for (const [index, { key, bytes }] of drawn.entries()) {
			const id = `${node}/${db}/${key}`;
			if (!counts.mayBeLargest(bytes, id)) continue;
			const told = readNow(fields.get(key));
			sampled.set(id, { ...answerOf(types.get(key), ttls[index]), ...(told && { fields: told }) });
		}
	}

	return {
		lookAhead,
		learn,
		async complete() {
			for (const key of known.values()) settle(key);
			await trueSizes.glance(possible());
			const all = candidates();
			// In turn over the databases: a connection has one selected.
			for (const db of new Set(all.map(({ found }) => found.db))) {
				const own = all.filter(({ found }) => found.db === db);
				await askTypes(whenOver, own);
				await askItems(whenOver, own);
			}
			for (const db of new Set(all.map(key => key.db))) await askGroups(all.filter(key => key.db === db));
			for (const key of all) settle(key);
			await trueSizes.measure(mayBeListed(all, top), performance.now() - startedAt);
			const largest = candidates().slice(0, top);
			const listed = new Set([...largest, ...byItems(all.map(itemsOf), top).map(({ details }) => details)]);
			for (const db of new Set(all.map(({ found }) => found.db))) {
				const own = [...listed].filter(({ found }) => found.db === db);
				await askRest(whenOver, own);
				// Of the candidates too: what is known of them is in the sums.
				await askFields(
					db,
					all.filter(({ found }) => found.db === db),
				);
			}
		},
		list() {
			const now = timeNow();
			return candidates().map(key => bigKeyOf(key, scans[key.node]!, now));
		},
	};
}

/** MEMORY USAGE walks their elements; of lists and streams blocks of them. */
const walkedByItem = new Set(['hash', 'set', 'zset']);

/** The listed, and those that may turn out to be larger than the last of them. */
function mayBeListed(keys: readonly Details[], top: number): readonly Details[] {
	const last = keys[top - 1];
	const least = last === undefined ? 0 : bytesOf(last) / likelyFactor;
	return keys.filter((key, index) => index < top || bytesOf(key) >= least);
}

/** What 64 elements make of a size is rarely further off. */
const likelyFactor = 2;

const bytesOf = (details: Details) => sizeOf(details).bytes;
const itemsOf = (details: Details) => ({ details, items: details.listedItems, bytes: bytesOf(details) });

/** Where one more question would say the same. */
function settle(key: Details): void {
	if (isOneBlock(key.type, key.encoding)) key.isSettled = true;
}

function sizeOf({
	type,
	encoding,
	readings,
	items,
	pending,
	limitBytes,
	isOvercounted,
}: Details): StreamSize {
	const { bytes } = readings.at(-1)!;
	if (isOneBlock(type, encoding)) return { bytes, isEstimated: false };
	const size = keySize(readings, { type, items })!;
	if (!isOvercounted) return size;
	const bounded = streamSize(size, pending ?? 0, limitBytes);
	// How many are pending is not known, and so not how far it is off.
	return pending === undefined && bounded !== size ? { ...bounded, margin: undefined } : bounded;
}

function detailsOf(id: string, found: Found): Details {
	const key = id.slice(id.indexOf('/', id.indexOf('/') + 1) + 1);
	const readings = [{ samples: usualSamples, bytes: found.bytes }];
	const details: Details = { id, key, node: found.node, db: found.db, found, readings, asked: new Set() };
	take(details, answerOf(found.type, found.ttl));
	details.fields = readNow(found.fields);
	if (found.length !== undefined) takeLength(details, found.length);
	return details;
}

function takeLength(details: Details, length: number): void {
	const { type = '' } = details;
	const name = lengthCommands[type];
	if (type === 'string' || name === undefined) return;
	details.asked.add(name);
	details.listedItems = length;
	if (walkedByItem.has(type)) details.items = length;
}

/** Left out is what was not asked, or not answered. */
const answerOf = (type: Reply | undefined, ttl: Reply | undefined): Answered => ({
	...(type !== undefined && { type: typeof type === 'string' && type !== 'none' ? type : null }),
	...(ttl !== undefined && { expiresAt: expiryOf(ttl) }),
});

/** What was asked before is not asked again, and not forgotten. */
function take(details: Details, answered: Answered): void {
	const { type, expiresAt, fields } = answered;
	details.fields ??= fields;
	if (type !== undefined && !details.asked.has('type')) {
		details.asked.add('type');
		details.type = type ?? undefined;
	}
	if (!('expiresAt' in answered) || details.asked.has('pttl')) return;
	details.asked.add('pttl');
	details.expiresAt = expiresAt;
}

const readNow = (fields: FieldTtls | undefined): Details['fields'] => fields && { ...fields, at: timeNow() };

function fieldsOf(
	{ expire, lastMilliseconds, at }: NonNullable<Details['fields']>,
	now: number,
): Pick<BigKey, 'fieldsExpire' | 'fieldsTtlSeconds'> {
	if (expire === 'none') return {};
	if (expire === 'some' || lastMilliseconds === undefined) return { fieldsExpire: expire };
	const left = Math.max(0, Math.ceil((lastMilliseconds - (now - at)) / 1000));
	return { fieldsExpire: expire, fieldsTtlSeconds: left };
}

function bigKeyOf(key: Details, scan: NodeScan, now: number): ListedKey {
	const { expiresAt, fields, found } = key;
	const { bytes, isEstimated, margin, serverBytes } = sizeOf(key);
	return {
		key: key.key,
		node: scan.line.address as Address,
		db: found.db,
		...(scan.target.isCluster && { slot: slotOf(key.key) }),
		bytes,
		walkedBytes: found.bytes,
		place: found,
		sizeEstimated: isEstimated,
		sizeMargin: margin,
		type: key.type,
		encoding: key.encoding,
		items: key.listedItems,
		...(key.groups !== undefined && { groups: key.groups, pendingEntries: key.pending }),
		...(serverBytes !== undefined && { serverBytes }),
		...(expiresAt === null && fields && fieldsOf(fields, now)),
		ttlSeconds: typeof expiresAt === 'number' ? Math.max(0, Math.ceil((expiresAt - now) / 1000)) : expiresAt,
	};
}

/** What is to be said of the streams among them: what nobody acknowledges stays in memory, whatever is trimmed. */
export const streamNotes = (keys: readonly BigKey[]): ScanNote[] =>
	keys.flatMap(({ key, pendingEntries: pending, items: entries, groups, serverBytes }) => {
		const notes: ScanNote[] = [];
		if (isOutweighed(pending, entries))
			notes.push({
				...{ kind: 'unacknowledged', key },
				...{ pending: pending!, groups: groups!, entries: entries! },
			});
		if (serverBytes !== undefined) notes.push({ kind: 'overcounted', key, bytes: serverBytes });
		return notes;
	});

/** Each is a hit. */
const mostStreams = 100;

/** Of PTTL's answer: a moment, null for none, undefined where it is not known or the key is gone. */
function expiryOf(ttl: Reply | undefined): number | null | undefined {
	if (typeof ttl !== 'number' || ttl === -2) return undefined;
	return ttl === -1 ? null : timeNow() + ttl;
}

/** Those that are known to have several, most first: what is one item, as every string is, is no ranking. */
export function byItems<T extends { readonly items?: number; readonly bytes?: number }>(
	keys: readonly T[],
	limit: number,
): T[] {
	return keys
		.filter(({ items }) => (items ?? 0) > 1)
		.sort((a, b) => b.items! - a.items! || (b.bytes ?? 0) - (a.bytes ?? 0))
		.slice(0, limit);
}
