// What a MONITOR window saw of one node, counted as it comes: keys by a streaming top-k with error bars, what is done
// with them and by whom, commands, clients, patterns. Bounded whatever comes: where commands with thousands of keys
// each bring more names than are kept, the light ones go and it is said. It knows neither sockets nor time; what is our
// own is sorted out before (own-lines.ts), what a script did and did not do is monitor-hits.ts.

import { hostOf } from '../parse/own-lines.ts';
import type { OwnUse } from '../types.ts';
import type { HotNote } from './hot-facts.ts';
import type { HotNode } from './hot-keys.ts';
import { createPatternTable, mergePatterns, type PatternTable } from './key-patterns.ts';
import { countUse, type HowUsed, howUsed, type KeyUses, newUses } from './key-uses.ts';
import type { Hit } from './monitor-hits.ts';
import { countSums } from './pattern-sums.ts';
import { type ShareInterval, shareInterval, unevenness } from './shares.ts';
import { createTopKeys, type HeavyKey, type TopKeys } from './top-keys.ts';

/** One key on one node, of the commands of the window. */
export type TalliedKey = HowUsed & {
	/** A byte string. */
	readonly key: string;
	readonly db: number;
	/** Never under the truth; `hits - error` is never over it. */
	readonly hits: number;
	readonly error: number;
	/** Of the node's commands. */
	readonly interval: ShareInterval;
};

/** Commands a second as they are counted here (of a script its calls alone), and how many of them that rests on. */
export type NodeLoad = { readonly opsPerSecond: number; readonly seen: number };

/** One window on one node. */
export type MonitorTally = {
	/** How it went. `commands`: those counted, what the shares are of. */
	readonly node: HotNode;
	/** The server's own line where it refused MONITOR. */
	readonly refusal?: string;
	/** When the window began, epoch ms. */
	readonly at: number;
	/** How much of a fleet's traffic this node has; undefined where its server did not say. */
	readonly load?: NodeLoad;
	/** Hottest first, as many as may be listed. */
	readonly keys: readonly TalliedKey[];
	/** Accesses to keys, listed or not: a command with three keys is three. */
	readonly keyHits: number;
	/** Different keys seen; where `isMore`, at least as many. */
	readonly distinctKeys: number;
	readonly isMore: boolean;
	/** The different keys of each pattern, and their hits. */
	readonly patterns: PatternTable;
	/** Lower case; of all counted commands. */
	readonly byCommand: ReadonlyMap<string, number>;
	/** By host, without the port; `unix` for a socket file. */
	readonly byHost: ReadonlyMap<string, number>;
	/** What the figures cannot say. */
	readonly notes: readonly HotNote[];
	/** What the window itself did on the node: not counted in it. */
	readonly own: OwnUse;
};

/** MONITOR slows a server that is near its limit: only where it did not do so are the commands during it as telling. */
const unslowed = 0.9;

/**
 * The load of a node from its own counter, before the window and in it. The counter counts a script and its calls, so
 * it is brought down by what share of the lines was counted.
 */
export function loadOf(
	before: { readonly opsPerSecond?: number; readonly seconds: number },
	during: { readonly opsPerSecond?: number; readonly seconds: number },
	counted: { readonly commands: number; readonly lines: number },
): NodeLoad | undefined {
	if (before.opsPerSecond === undefined) return undefined;
	const share = counted.lines > 0 ? counted.commands / counted.lines : 1;
	const alone = before.opsPerSecond * before.seconds;
	const inWindow = (during.opsPerSecond ?? 0) * during.seconds;
	if ((during.opsPerSecond ?? 0) < before.opsPerSecond * unslowed)
		return { opsPerSecond: before.opsPerSecond * share, seen: alone };
	const seen = alone + inWindow;
	return { opsPerSecond: (seen / (before.seconds + during.seconds)) * share, seen };
}

export type Counts = Omit<MonitorTally, 'node' | 'at' | 'load' | 'own'>;

export type Tallier = {
	readonly add: (hit: Hit) => void;
	readonly commands: () => number;
	/** `listed`: keys that may be listed. */
	readonly counts: (listed?: number) => Counts;
};

/** Different keys that are counted, each database by itself. */
const mostKeys = 20_000;
const usualListed = 1000;
/** The window in so many pieces, by its commands, to see whether a key's hits came evenly or in bursts. */
const finest = 128;
const mostSlices = 32;
const mostNames = 4096;

type Database = { readonly db: number; readonly top: TopKeys; readonly uses: Map<string, KeyUses> };

/** For a window of at most so many commands. */
export function createTally(mostCommands: number, capacity = mostKeys): Tallier {
	const pieceSize = Math.max(1, Math.ceil(mostCommands / finest));
	const databases = new Map<number, Database>();
	const byCommand = new Map<string, number>();
	const byHost = new Map<string, number>();
	const clientIds = new Map<string, number>();
	const hostOfClient: string[] = [];
	const flushed = createPatternTable();
	let last: Database | undefined;
	let commands = 0;
	let keyHits = 0;
	let withSeveral = 0;
	let byScripts = 0;
	let cut = 0;
	let dropped = 0;
	/** Of every piece, all commands. */
	const pieces: number[] = [];

	function add(hit: Hit): void {
		const piece = Math.min(finest - 1, Math.floor(commands / pieceSize));
		pieces[piece] = (pieces[piece] ?? 0) + 1;
		commands++;
		bump(byCommand, hit.command);
		const client = hit.client === undefined ? undefined : idOf(hit.client);
		if (client !== undefined) bump(byHost, hostOfClient[client]!);
		if (hit.isScript) byScripts++;
		if (hit.isCut) cut++;
		const { keys } = hit;
		if (keys.length === 0) return;
		if (keys.length > 1) withSeveral++;
		const database = last?.db === hit.db ? last : databaseOf(hit.db);
		for (const { key, isWrite } of keys) {
			keyHits++;
			database.top.add(key);
			countUse(usesOf(database, key), { isWrite, command: hit.command, client, piece });
		}
	}

	function databaseOf(db: number): Database {
		last = databases.get(db) ?? { db, top: createTopKeys(capacity), uses: new Map() };
		databases.set(db, last);
		return last;
	}

	function idOf(client: string): number {
		const known = clientIds.get(client);
		if (known !== undefined) return known;
		const id = clientIds.size;
		clientIds.set(client, id);
		hostOfClient.push(hostOf(client));
		return id;
	}

	function usesOf(database: Database, key: string): KeyUses {
		const known = database.uses.get(key);
		if (known) return known;
		const made = newUses();
		database.uses.set(key, made);
		if (database.uses.size > capacity * 2) drop(database);
		return made;
	}

	/** What the top-k let go of: its hits go to its pattern, the rest is forgotten. */
	function drop(database: Database): void {
		const kept = new Set(database.top.top().map(({ key }) => key));
		const gone = [...database.uses].filter(([key]) => !kept.has(key));
		for (const [key] of gone) database.uses.delete(key);
		dropped += gone.length;
		countUses(flushed, gone);
	}

	function counts(listed = usualListed): Counts {
		const patterns = createPatternTable();
		for (const { uses } of databases.values()) countUses(patterns, [...uses]);
		mergePatterns(patterns, flushed);
		return {
			keys: listKeys(listed),
			keyHits,
			distinctKeys: [...databases.values()].reduce((total, { uses }) => total + uses.size, 0),
			isMore: dropped > 0,
			patterns,
			byCommand,
			byHost,
			notes: notes(),
		};
	}

	function listKeys(listed: number): TalliedKey[] {
		const heaviest = [...databases.values()].flatMap(({ db, top, uses }) =>
			top.top(listed).map(heavy => ({ db, heavy, found: uses.get(heavy.key) ?? newUses() })),
		);
		heaviest.sort((a, b) => b.heavy.count - a.heavy.count);
		return heaviest.slice(0, listed).map(({ db, heavy, found }) => tallied(db, heavy, found));
	}

	function tallied(db: number, { key, count, error }: HeavyKey, found: KeyUses): TalliedKey {
		const slices = slicesOf(found);
		return {
			...{ key, db, hits: count, error },
			interval: shareInterval({ count, error, total: commands, unevenness: unevenness(slices) }),
			...howUsed(found),
		};
	}

	function slicesOf(found: KeyUses): { hits: number; commands: number }[] {
		const width = Math.max(1, Math.ceil(pieces.length / mostSlices));
		const slices = Array.from({ length: Math.ceil(pieces.length / width) }, (_, slice) => ({
			hits: 0,
			commands: pieces.slice(slice * width, (slice + 1) * width).reduce((total, n) => total + n, 0),
		}));
		for (let index = 0; index < found.pieces.length; index += 2)
			slices[Math.floor(found.pieces[index]! / width)]!.hits += found.pieces[index + 1]!;
		return slices;
	}

	const notes = (): HotNote[] => [
		...(withSeveral > 0 ? [{ kind: 'several-keys' } as const] : []),
		...(byScripts > 0 ? [{ kind: 'script-commands' } as const] : []),
		...(cut > 0 ? [{ kind: 'cut-commands', commands: cut } as const] : []),
		...(dropped > 0 ? [{ kind: 'estimated-keys' } as const] : []),
	];

	return { add, commands: () => commands, counts };
}

function bump(counts: Map<string, number>, name: string): void {
	const known = counts.get(name);
	if (known !== undefined || counts.size < mostNames) counts.set(name, (known ?? 0) + 1);
}

function countUses(into: PatternTable, uses: readonly (readonly [string, KeyUses])[]): void {
	countSums(
		into,
		uses.map(([name, { hits }]) => ({ name, tally: { keys: 1, bytes: 0, hits, sampled: 0, withoutTtl: 0 } })),
	);
}
