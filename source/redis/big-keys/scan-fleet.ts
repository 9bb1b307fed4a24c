// The scan for big keys over a whole fleet: every node at once, one sum. An async iterator of progress that can be
// paused, resumed and stopped; whenever it ends, by itself, by a word or by the loss of a node, `result` has what was
// found, and says which nodes are not complete and why. After the walk the listed keys are asked for what a hit each
// would have been too much for all: type, TTL, encoding, items. Hits and commands are counted, to be taken out again.

import { performance } from 'node:perf_hooks';
import type {
	BigKey,
	BigKeysProgress,
	BigKeysResult,
	DatabaseGroup,
	Pressure,
	ScanCost,
	ScanTarget,
	TypeGroup,
} from '../../core/big-keys.ts';
import { createPatternTable, listPatterns } from '../../core/key-patterns.ts';
import { slotOf } from '../../core/key-slot.ts';
import { patternFinder } from '../../core/pattern-finder.ts';
import { countSums } from '../../core/pattern-sums.ts';
import { createLargest } from '../../core/top-keys.ts';
import type { Address, Reply } from '../../core/types.ts';
import { type Call, type CommandName, call } from '../commands.ts';
import type { DialSettings } from '../dial.ts';
import { type Asked, patternShares, typeShares } from './estimates.ts';
import { NameHash } from './name-hash.ts';
import { NameKinds } from './name-kinds.ts';
import { type Batch, type Database, NodeScan } from './scan-node.ts';
import { SeenKeys } from './seen-keys.ts';
import { BlockSample, type Drawn, Strata, stratumOf } from './strata.ts';

export type BigKeysOptions = {
	readonly dial: DialSettings;
	/** Keys a second and node; 0 = no ceiling. */
	readonly rate: number;
	/** Keys listed. */
	readonly top: number;
	/** Type and TTL of every key. */
	readonly isExact: boolean;
	/** Ends by itself, partial, after so long. */
	readonly mostSeconds?: number;
	/** How the node does, by the address of the target. */
	readonly pressure?: (node: Address) => Pressure | undefined;
	readonly onSent?: (address: Address, calls: readonly Call[]) => void;
	/** HLEN and its like on a server without CLIENT NO-TOUCH set the clocks of the listed keys: only when asked for. */
	readonly mayTouch?: boolean;
	/** A node that cannot be reached is given up after so long. */
	readonly patienceSeconds?: number;
	readonly progressMilliseconds?: number;
	/** 0 ≤ n < 1; for tests. */
	readonly random?: () => number;
};

export type BigKeysScan = AsyncIterable<BigKeysProgress> & {
	pause(): void;
	resume(): void;
	/** Ends it soon; what was found stays, marked partial. */
	stop(reason?: string): void;
	/** When it has ended, however. Never rejects for what servers do. */
	readonly result: Promise<BigKeysResult>;
	progress(): BigKeysProgress;
};

/** Of the keys that may be hit by the sample and the list together. */
const hitShare = 0.01;
/** In a small key space one of a hundred says nothing: then so many. */
const leastHits = 6000;
/** By items is looked for among so many times the listed, at least so many keys. */
const candidatesPerListed = 3;
const leastCandidates = 300;
const detailBatch = 200;
const usualProgressMilliseconds = 250;
/** A replica that restarts, a switch that reboots. */
const usualPatienceSeconds = 20;
const rateSeconds = 5;

type Found = {
	key: string;
	bytes: number;
	node: number;
	db: number;
	type?: string;
	ttlSeconds?: number | null;
};

/** Starts at once. */
export function scanFleet(targets: readonly ScanTarget[], options: BigKeysOptions): BigKeysScan {
	const startedAt = Date.now();
	const started = performance.now();
	const random = options.random ?? Math.random;
	const hash = new NameHash(Math.floor(random() * 2 ** 32));
	const seen = new SeenKeys();
	const patterns = createPatternTable();
	// With `exact` the column of hits carries the bytes without TTL: whatever is folded, its sum stays whole.
	const kinds = new NameKinds(sums =>
		countSums(
			patterns,
			sums.map(({ name, keys, bytes, withoutTtl, bytesWithoutTtl }) => ({
				name,
				tally: { keys, bytes, hits: bytesWithoutTtl, sampled: options.isExact ? keys : 0, withoutTtl },
			})),
		),
	);
	const largest = createLargest<Found>(Math.max(leastCandidates, options.top * candidatesPerListed));
	const groups = new Map<
		string,
		{ node: number; db: number; keys: number; bytes: number; start?: Database }
	>();
	const types = new Map<string, { keys: number; bytes: number; withoutTtl: number }>();
	const asked: (Drawn & { readonly hasTtl: boolean })[] = [];
	let totalBytes = 0;
	let state: BigKeysProgress['state'] = 'scanning';
	let stopped: string | undefined;

	const strata = new Strata({
		expected: () => sum(scans, scan => scan.of ?? scan.scanned),
		hitsAllowed: () => {
			const keys = Math.max(
				sum(scans, scan => scan.of ?? 0),
				sum(scans, scan => scan.scanned),
			);
			return Math.max(leastHits, keys * hitShare - reservedHits(options.top));
		},
		random,
	});

	const scans: NodeScan[] = targets.map((target, index) => {
		// In a cluster a name is one key wherever it lies; elsewhere each primary has its own.
		const space = target.isCluster ? 0 : index;
		const sample: { strata: Strata; block?: BlockSample } = { strata };
		const group = (db: number) => {
			const name = `${index}/${db}`;
			const known = groups.get(name);
			if (known) return known;
			const made = { node: index, db, keys: 0, bytes: 0 };
			groups.set(name, made);
			return made;
		};
		const scan: NodeScan = new NodeScan(target, {
			lean: { dial: options.dial, onSent: options.onSent },
			rate: options.rate,
			isExact: options.isExact,
			patienceSeconds: options.patienceSeconds ?? usualPatienceSeconds,
			pressure: options.pressure && (() => options.pressure!(target.address)),
			isNew: (key, db, kindHashes) => {
				hash.read(key, space * 65_536 + db);
				if (!seen.add(hash.low, hash.high)) return false;
				kindHashes.push(hash.kindLow, hash.kindHigh);
				return true;
			},
			onDatabases: databases => {
				for (const database of databases) Object.assign(group(database.db), { start: database });
				if (!options.isExact) sample.block = new BlockSample(strata, scan.of ?? 0);
			},
			onBatch: batch => takeBatch(batch, index, group(batch.db), sample.block),
			onSampled: takeSample,
			sample: options.isExact ? undefined : sample,
		});
		return scan;
	});

	function takeBatch(
		batch: Batch,
		node: number,
		group: { keys: number; bytes: number },
		block: BlockSample | undefined,
	): void {
		const { keys, sizes, db } = batch;
		for (let index = 0; index < keys.length; index++) {
			const bytes = sizes[index];
			if (typeof bytes !== 'number') continue;
			const key = keys[index]!;
			const type = batch.types?.[index];
			const ttl = batch.ttls?.[index];
			const withoutTtl = ttl === -1;
			const place = kinds.find(batch.kinds[index * 2]!, batch.kinds[index * 2 + 1]!, key);
			const sums = kinds.sumsAt(place);
			sums.keys++;
			sums.bytes += bytes;
			if (withoutTtl) {
				sums.withoutTtl++;
				sums.bytesWithoutTtl += bytes;
			}
			group.keys++;
			group.bytes += bytes;
			totalBytes += bytes;
			if (typeof type === 'string') addType(type, bytes, withoutTtl);
			block?.offer(key, bytes, kinds.stratumAt(place));
			if (!largest.wants(bytes)) continue;
			largest.add(`${node}/${db}/${key}`, bytes, {
				key: '',
				bytes,
				node,
				db,
				type: known(type),
				ttlSeconds: secondsOf(ttl),
			});
		}
	}

	function addType(type: string, bytes: number, withoutTtl: boolean): void {
		const counted = types.get(type) ?? { keys: 0, bytes: 0, withoutTtl: 0 };
		types.set(type, counted);
		counted.keys++;
		counted.bytes += bytes;
		if (withoutTtl) counted.withoutTtl++;
	}

	function takeSample(
		drawn: readonly Drawn[],
		ttls: readonly Reply[],
		typed: ReadonlyMap<string, Reply>,
	): void {
		drawn.forEach((one, index) => {
			const stratum = strata.all[one.stratum]!;
			const ttl = ttls[index];
			// -2: gone since it was sized.
			if (typeof ttl === 'number' && ttl !== -2) {
				stratum.asked++;
				if (ttl === -1) stratum.withoutTtl++;
				asked.push({ ...one, hasTtl: ttl !== -1 });
			}
			const type = typed.get(one.key);
			if (typeof type !== 'string' || type === 'none') return;
			const counted = stratum.types.get(type) ?? { keys: 0, bytes: 0 };
			stratum.types.set(type, counted);
			counted.keys++;
			counted.bytes += one.bytes;
			stratum.typed++;
		});
	}

	// -----------------------------------------------------------------------------------------------------
	// The listed keys

	/** The candidates, largest first, with what could be learnt of them. */
	async function describe(): Promise<BigKey[]> {
		const found = largest.list().map(({ key, value }) => {
			const name = key.slice(key.indexOf('/', key.indexOf('/') + 1) + 1);
			return { ...value, key: name, isCluster: targets[value.node]!.isCluster };
		});
		const described: (Writable<BigKey> & { nodeIndex: number })[] = found.map(one => ({
			key: one.key,
			node: targets[one.node]!.address,
			nodeIndex: one.node,
			db: one.db,
			...(one.isCluster && { slot: slotOf(one.key) }),
			bytes: one.bytes,
			type: one.type,
			ttlSeconds: one.ttlSeconds,
		}));
		await inGroups(described, async (scan, db, keys) => {
			const untyped = keys.filter(({ type }) => type === undefined);
			for (const [key, [type]] of await askAll(scan, db, ['type'], untyped)) key.type = known(type);
			await askItems(scan, db, keys);
		});
		const listed = [...described.slice(0, options.top), ...byItems(described, options.top)];
		await inGroups([...new Set(listed)], async (scan, db, keys) => {
			const unasked = keys.filter(({ ttlSeconds }) => ttlSeconds === undefined);
			for (const [key, [ttl]] of await askAll(scan, db, ['pttl'], unasked)) key.ttlSeconds = secondsOf(ttl);
			for (const [key, [encoding]] of await askAll(scan, db, ['objectEncoding'], keys))
				if (typeof encoding === 'string') key.encoding = encoding;
		});
		return described.map(({ nodeIndex: _, ...key }) => key);
	}

	type Described = Writable<BigKey> & { nodeIndex: number };

	async function askItems(scan: NodeScan, db: number, keys: readonly Described[]): Promise<void> {
		for (const key of keys) if (key.type === 'string') key.items = 1;
		// A replica's clocks decide nothing while it is one.
		if (!scan.leavesClocksAlone && !scan.target.isReplica && !options.mayTouch) return;
		for (const [type, command] of Object.entries(itemCommands)) {
			const ofType = keys.filter(key => key.type === type);
			for (const [key, [items]] of await askAll(scan, db, [command], ofType))
				if (typeof items === 'number') key.items = items;
		}
	}

	async function inGroups(
		keys: readonly Described[],
		act: (scan: NodeScan, db: number, keys: readonly Described[]) => Promise<void>,
	): Promise<void> {
		await Promise.all(
			scans.map(async (scan, index) => {
				const own = keys.filter(({ nodeIndex }) => nodeIndex === index);
				for (const db of new Set(own.map(key => key.db)))
					await act(
						scan,
						db,
						own.filter(key => key.db === db),
					);
			}),
		);
	}

	async function askAll(
		scan: NodeScan,
		db: number,
		names: readonly CommandName[],
		keys: readonly Described[],
	): Promise<[Described, Reply[]][]> {
		const answers: [Described, Reply[]][] = [];
		for (let at = 0; at < keys.length; at += detailBatch) {
			const part = keys.slice(at, at + detailBatch);
			const replies = await scan.ask(
				db,
				names,
				part.map(({ key }) => key),
			);
			if (!replies) return answers;
			for (const [index, key] of part.entries()) {
				const own = replies.map(list => list[index]!);
				const hits = own.filter(reply => isHit(reply)).length;
				scan.hits += hits;
				answers.push([key, own]);
			}
		}
		return answers;
	}

	// -----------------------------------------------------------------------------------------------------
	// Cost

	const statsBefore = new Map<NodeScan, Map<string, Stat>>();
	let serverMicroseconds: number | undefined;

	const commandStats = async (scan: NodeScan): Promise<Map<string, Stat> | undefined> => {
		const reply = (await scan.tell([call('infoCommandstats')]))?.[0];
		return typeof reply === 'string' ? statsOf(reply) : undefined;
	};

	async function measureCost(): Promise<void> {
		await Promise.all(
			scans.map(async scan => {
				const after = await commandStats(scan);
				const before = statsBefore.get(scan);
				if (!after || !before) return;
				for (const [name, times] of Object.entries(scan.own().calls)) {
					const calls = (after.get(name)?.calls ?? 0) - (before.get(name)?.calls ?? 0);
					const usec = (after.get(name)?.usec ?? 0) - (before.get(name)?.usec ?? 0);
					if (calls > 0 && usec >= 0) serverMicroseconds = (serverMicroseconds ?? 0) + (usec * times) / calls;
				}
			}),
		);
	}

	function cost(): ScanCost {
		const own = scans.map(scan => scan.own());
		return {
			commands: sum(own, ({ commands }) => commands),
			inputBytes: sum(own, ({ inputBytes }) => inputBytes),
			outputBytes: sum(own, ({ outputBytes }) => outputBytes),
			serverMicroseconds: serverMicroseconds === undefined ? undefined : Math.round(serverMicroseconds),
		};
	}

	// -----------------------------------------------------------------------------------------------------
	// Progress

	const past: { at: number; scanned: number }[] = [];

	function progress(): BigKeysProgress {
		const now = performance.now();
		const nodes = scans.map(scan => scan.progress());
		const scanned = sum(nodes, node => node.scanned);
		const isKnown = nodes.some(({ of }) => of !== undefined);
		const of = isKnown ? sum(nodes, node => Math.max(node.of ?? 0, node.scanned)) : undefined;
		if (past.length === 0 || now - past.at(-1)!.at >= 200) past.push({ at: now, scanned });
		while (past.length > 2 && now - past[0]!.at > rateSeconds * 1000) past.shift();
		const first = past[0]!;
		const seconds = (now - first.at) / 1000;
		const keysPerSecond = seconds > 0.1 ? (scanned - first.scanned) / seconds : undefined;
		// Each node goes at its own pace: the slowest is the one that is waited for.
		const left = of === undefined || !keysPerSecond ? undefined : Math.max(0, of - scanned) / keysPerSecond;
		return {
			state,
			nodes,
			scanned,
			of,
			keysPerSecond,
			secondsLeft: state === 'scanning' ? left : undefined,
			seconds: (now - started) / 1000,
			hitsAdded: sum(scans, scan => scan.hits),
			cost: cost(),
		};
	}

	// -----------------------------------------------------------------------------------------------------
	// The whole

	async function run(): Promise<BigKeysResult> {
		const timer =
			options.mostSeconds === undefined
				? undefined
				: setTimeout(() => stop(`stopped after ${options.mostSeconds}s`), options.mostSeconds * 1000);
		await Promise.all(scans.map(scan => scan.run(stats => statsBefore.set(scan, statsOf(stats)))));
		clearTimeout(timer);
		state = 'details';
		const described = await describe();
		await measureCost();
		for (const scan of scans) scan.close();
		state = 'done';
		return resultOf(described);
	}

	function resultOf(described: readonly BigKey[]): BigKeysResult {
		kinds.flush();
		const rows = listPatterns(patterns);
		const find = patternFinder(rows.map(({ pattern }) => pattern));
		const partial = scans.flatMap(scan =>
			scan.ended?.state === 'partial'
				? [{ node: scan.target.address, reason: scan.ended.reason ?? 'ended early', scanned: scan.scanned }]
				: [],
		);
		const sampled: Asked[] = asked.map(one => ({ ...one, pattern: find(one.key) }));
		const patternGroups = options.isExact
			? rows.map(({ pattern, keys, bytes, withoutTtl, hits }) => ({
					...{ pattern, keys, bytes, keysWithoutTtl: withoutTtl, bytesWithoutTtl: hits },
					estimated: false,
				}))
			: patternShares(
					rows,
					sampled,
					described.map(key => ({ ...key, pattern: find(key.key) })),
				);
		return {
			at: startedAt,
			scanned: sum(scans, scan => scan.scanned),
			of: scans.some(scan => scan.of !== undefined) ? sum(scans, scan => scan.of ?? 0) : undefined,
			complete: partial.length === 0,
			partial,
			notes: notes(described),
			seconds: (performance.now() - started) / 1000,
			totalBytes,
			keys: described.slice(0, options.top),
			keysByItems: byItems(described, options.top),
			types: (options.isExact ? exactTypes() : sampledTypes(described)).sort((a, b) => b.bytes - a.bytes),
			patterns: [...patternGroups].sort((a, b) => b.bytes - a.bytes),
			databases: databases(),
			sampled: options.isExact ? sum(scans, scan => scan.scanned) : asked.length,
			hitsAdded: sum(scans, scan => scan.hits),
			cost: cost(),
		};
	}

	function exactTypes(): TypeGroup[] {
		return [...types].map(([type, { keys, bytes, withoutTtl }]) => ({
			...{ type, keys, bytes, keysWithoutTtl: withoutTtl },
			estimated: false,
		}));
	}

	function sampledTypes(described: readonly BigKey[]): TypeGroup[] {
		const byStratum = new Map<number, BigKey[]>();
		for (const key of described) {
			const index = stratumOf(key.key);
			byStratum.set(index, [...(byStratum.get(index) ?? []), key]);
		}
		// A stratum's share without TTL is its types' too, in proportion to the types it was seen to hold.
		const without = new Map<string, number>();
		for (const stratum of strata.all) {
			const typed = sum([...stratum.types.values()], ({ keys }) => keys);
			if (typed === 0 || stratum.asked === 0) continue;
			const share = stratum.withoutTtl / stratum.asked;
			for (const [type, { keys }] of stratum.types)
				without.set(type, (without.get(type) ?? 0) + (stratum.keys * share * keys) / typed);
		}
		const used = strata.all.map((stratum, index) => ({ stratum, known: byStratum.get(index) ?? [] }));
		const groups = typeShares(
			used.filter(({ stratum }) => stratum.keys > 0),
			type => {
				const keys = without.get(type);
				return keys === undefined ? undefined : Math.round(keys);
			},
		);
		return groups.map(group =>
			group.keysWithoutTtl === undefined
				? group
				: { ...group, keysWithoutTtl: Math.min(group.keys, group.keysWithoutTtl) },
		);
	}

	function databases(): DatabaseGroup[] {
		return [...groups.values()].map(({ node, db, keys, bytes, start }) => ({
			node: targets[node]!.address,
			db,
			keys,
			bytes,
			// The server counts its keys with a TTL itself; as of the begin of the scan.
			keysWithoutTtl: start && Math.min(keys, start.keys - start.expires),
			estimated: true,
		}));
	}

	function notes(described: readonly BigKey[]): string[] {
		const all: string[] = [];
		const isUnread = described.some(
			({ type, items }) => type !== undefined && type !== 'string' && items === undefined,
		);
		if (isUnread && scans.some(scan => !scan.leavesClocksAlone))
			all.push(
				'items are not read where the server has no CLIENT NO-TOUCH: HLEN would set the clock of a key',
			);
		if (seen.repeated > 0) all.push(`${seen.repeated} names were returned more than once and counted once`);
		const gone = sum(scans, scan => scan.gone);
		if (gone > 0) all.push(`${gone} keys were gone before they were sized`);
		return all;
	}

	function stop(reason = 'stopped'): void {
		stopped ??= reason;
		for (const scan of scans) scan.stop(stopped);
	}

	const result = run();

	async function* iterate(): AsyncGenerator<BigKeysProgress> {
		const every = options.progressMilliseconds ?? usualProgressMilliseconds;
		let hasEnded = false;
		const ended = result.then(() => {
			hasEnded = true;
		});
		while (!hasEnded) {
			yield progress();
			let timer: NodeJS.Timeout | undefined;
			await Promise.race([
				ended,
				new Promise<void>(resolve => {
					timer = setTimeout(resolve, every);
				}),
			]);
			clearTimeout(timer);
		}
		yield progress();
	}

	return {
		[Symbol.asyncIterator]: iterate,
		result,
		progress,
		stop,
		pause() {
			if (state === 'scanning') state = 'paused';
			for (const scan of scans) scan.pause();
		},
		resume() {
			if (state === 'paused') state = 'scanning';
			for (const scan of scans) scan.resume();
		},
	};
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };
type Stat = { readonly calls: number; readonly usec: number };

const itemCommands: Readonly<Record<string, CommandName>> = {
	hash: 'hlen',
	list: 'llen',
	set: 'scard',
	zset: 'zcard',
	stream: 'xlen',
};

/** Those of whom it is known, most first; strings are one item each and stand behind. */
function byItems<T extends BigKey>(keys: readonly T[], limit: number): T[] {
	return keys
		.filter(({ items }) => items !== undefined)
		.sort((a, b) => b.items! - a.items! || b.bytes - a.bytes)
		.slice(0, limit);
}

/** What the list of the largest costs at most: types and items of the candidates, TTL and encoding of the listed. */
const reservedHits = (top: number) => 2 * Math.max(leastCandidates, candidatesPerListed * top) + 4 * top;

const known = (type: Reply | undefined) => (typeof type === 'string' && type !== 'none' ? type : undefined);

function secondsOf(ttl: Reply | undefined): number | null | undefined {
	if (typeof ttl !== 'number' || ttl === -2) return undefined;
	return ttl === -1 ? null : Math.ceil(ttl / 1000);
}

/** Not that of a key that is gone: none, -2, nil. */
const isHit = (reply: Reply) =>
	reply !== null && reply !== 'none' && reply !== -2 && typeof reply !== 'object';

function statsOf(text: string): Map<string, Stat> {
	const lines = text.matchAll(/^cmdstat_(.+):calls=(\d+),usec=(\d+)/gm);
	return new Map(
		[...lines].map(([, name, calls, usec]) => [name!, { calls: Number(calls), usec: Number(usec) }]),
	);
}

function sum<T>(list: readonly T[], value: (item: T) => number): number {
	let total = 0;
	for (const item of list) total += value(item);
	return total;
}
