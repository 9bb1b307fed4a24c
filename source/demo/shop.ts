// What lies in the demo's servers and who asks for what: an imaginary web shop. Sessions with a TTL, carts that nobody
// gave one, counters that expire by themselves, three big keys and a hot one; and `pages`, exports that someone keeps
// writing without a TTL, which fill the memory of one shard in the course of the story.
// It only makes commands; when and where they are sent is traffic.ts's.

import type { Words } from '../redis/demo-client.ts';
import { shardCount, shardOf } from './slots.ts';

/** The exports fill the second shard, the primary of the third dies: each incident is seen for itself. */
export const fullShard = 1;
export const dyingShard = 2;

const sessionsEach = 11_000;
const expiredEach = 1000;
const cartsEach = 1500;
const pageBytes = 8192;

export type Shard = {
	/** Of its reads, how many ask for `hotKey`. */
	readonly hotShare: number;
	readonly hotKey: string;
	readonly sessions: readonly string[];
	/** Sessions that are over, and whose visitors come back. */
	readonly expired: readonly string[];
	readonly carts: readonly string[];
	readonly products: readonly string[];
	readonly bigKey: BigKey;
};

type BigKey = { readonly kind: 'hash' | 'list' | 'zset'; readonly key: string };

/** The keys of each shard. Names are counted up until each shard has its share. */
export function stockShop(): readonly Shard[] {
	const sessions = spread(
		index => `session:${(index * 2_654_435_761 + 40_503).toString(16).slice(-8)}`,
		sessionsEach + expiredEach,
	);
	const carts = spread(index => `cart:{${1000 + index}}:items`, cartsEach);
	const products = spread(index => `product:${100 + index}`, 200);
	// One region in each shard; that of the first is the one everybody reads.
	const feeds = spread(index => `feed:{${['apac', 'eu', 'us'][index]}}:top`, 1);
	const bigKeys: readonly BigKey[] = [
		{ kind: 'zset', key: spread(index => `leaderboard:{${2026 - index}}:all`, 1)[0]![0]! },
		{ kind: 'list', key: spread(index => `events:{log${index}}`, 1)[1]![0]! },
		{ kind: 'hash', key: spread(index => `catalog:{v${index + 1}}:prices`, 1)[2]![0]! },
	];
	return Array.from({ length: shardCount }, (_, shard) => ({
		hotShare: shard === 0 ? 0.25 : 0.03,
		hotKey: feeds[shard]![0]!,
		sessions: sessions[shard]!.slice(0, sessionsEach),
		expired: sessions[shard]!.slice(sessionsEach),
		carts: carts[shard]!,
		products: products[shard]!,
		bigKey: bigKeys[shard]!,
	}));
}

function spread(nameOf: (index: number) => string, each: number): readonly (readonly string[])[] {
	const shards: string[][] = Array.from({ length: shardCount }, () => []);
	for (let index = 0; shards.some(names => names.length < each); index++) {
		const name = nameOf(index);
		const names = shards[shardOf(name)]!;
		if (names.length < each) names.push(name);
	}
	return shards;
}

/** Everything there is at the start, in portions small enough for one write. */
export function* stock(shard: Shard): Generator<readonly Words[]> {
	yield [
		['SET', shard.hotKey, text(4000), 'EX', 86_400],
		...shard.products.map(key => [
			'HSET',
			key,
			'name',
			`Item ${key}`,
			'price',
			1999,
			'left',
			12,
			'text',
			text(300),
		]),
	];
	yield* portions(shard.sessions.map(key => setSession(key)));
	yield* portions(
		shard.carts.map(key => ['RPUSH', key, ...['7731', '4410', '9002', '1187'].map(id => `sku:${id}:1`)]),
	);
	yield* stockBigKey(shard.bigKey);
}

function* stockBigKey({ kind, key }: BigKey): Generator<readonly Words[]> {
	const size = { hash: 20_000, list: 30_000, zset: 12_000 }[kind];
	for (let first = 0; first < size; first += 200) {
		const parts = Array.from({ length: 200 }, (_, offset) => first + offset);
		if (kind === 'hash') yield [['HSET', key, ...parts.flatMap(n => [`sku:${10_000 + n}`, (n * 37) % 9973])]];
		if (kind === 'list')
			yield [['RPUSH', key, ...parts.map(n => `{"event":"view","item":${n},"at":${n * 13}}`)]];
		if (kind === 'zset') yield [['ZADD', key, ...parts.flatMap(n => [(n * 7919) % 100_000, `player:${n}`])]];
	}
}

function* portions(commands: readonly Words[]): Generator<readonly Words[]> {
	for (let first = 0; first < commands.length; first += 500) yield commands.slice(first, first + 500);
}

/** A read of the web servers: most find their key. */
export function read(shard: Shard): Words {
	const dice = Math.random();
	if (Math.random() < shard.hotShare) return ['GET', shard.hotKey];
	if (dice < 0.06) return ['GET', pick(shard.expired)];
	if (dice < 0.72) return ['GET', session(shard)];
	if (dice < 0.86) return ['LRANGE', pick(shard.carts), 0, -1];
	return ['HGETALL', pick(shard.products)];
}

/** A write of the web servers and workers. */
export function write(shard: Shard): Words {
	const dice = Math.random();
	if (dice < 0.35) return setSession(session(shard));
	if (dice < 0.6) return rotate(pick(shard.carts));
	if (dice < 0.75) return ['HINCRBY', pick(shard.products), 'left', -1];
	if (dice < 0.8) return touchBigKey(shard.bigKey);
	return ['SET', rateKey(shardOf(shard.hotKey)), number(40), 'EX', 5 + number(10)];
}

function touchBigKey({ kind, key }: BigKey): Words {
	if (kind === 'hash') return ['HSET', key, `sku:${10_000 + number(20_000)}`, number(9973)];
	if (kind === 'list') return rotate(key);
	return ['ZINCRBY', key, 1, `player:${number(12_000)}`];
}

/** A write to a list that keeps its length and is no error where the list was evicted, as LSET would be. */
const rotate = (key: string): Words => ['RPOPLPUSH', key, key];

/** What a web server does when a session or a cart was not found: it makes it anew. Undefined for what never was. */
export function refill(words: Words, shard: Shard): Words | undefined {
	const key = String(words[1]);
	if (words[0] === 'LRANGE') return ['RPUSH', key, 'sku:7731:1', 'sku:4410:1', 'sku:9002:1', 'sku:1187:1'];
	if (words[0] === 'HGETALL') return ['HSET', key, 'name', `Item ${key}`, 'price', 1999, 'left', 12];
	if (key === shard.hotKey) return ['SET', key, text(4000), 'EX', 86_400];
	return words[0] === 'GET' && !isExpired(shard, key) ? setSession(key) : undefined;
}

/** Brings back the n-th session if it is gone; undefined behind the last one. */
export function warm(shard: Shard, n: number): Words | undefined {
	const key = shard.sessions[n];
	return key === undefined ? undefined : [...setSession(key), 'NX'];
}

/** A page of an export, without a TTL. */
export const page = (key: string): Words => ['SET', key, text(pageBytes)];

/** The n-th page of all exports, a hundred to each, by a name that lies in the full shard. */
export function pageKey(n: number): string {
	const which = Math.floor(n / 100);
	while (exportIds.length <= which) {
		let id = (exportIds.at(-1) ?? 2000) + 1;
		while (shardOf(`{${id}}`) !== fullShard) id++;
		exportIds.push(id);
	}
	return `export:{${exportIds[which]}}:page:${n % 100}`;
}
const exportIds: number[] = [];

/**
 * The slow commands: all of a big hash at once, and a list sorted anew for its first ten. The second takes longer than
 * the 10 ms from which the slow log notes a command by default; the first does so on a slow machine.
 */
export function slowRead({ bigKey }: Shard): Words | undefined {
	if (bigKey.kind === 'hash') return ['HGETALL', bigKey.key];
	return bigKey.kind === 'list' ? ['SORT', bigKey.key, 'ALPHA', 'LIMIT', 0, 10] : undefined;
}

const setSession = (key: string): Words => [
	'SET',
	key,
	`{"user":${number(90_000)},"locale":"en","state":"${text(1400 + number(800))}"}`,
	'EX',
	1800 + number(5400),
];

/** As a version writes sessions that forgot to give them a TTL; all else as it is. */
export function withoutTtl(words: Words): Words {
	const isSession = words[0] === 'SET' && String(words[1]).startsWith('session:');
	return isSession ? words.slice(0, 3) : words;
}

/** Some visitors come back again and again: half of the reads go to a fifth of the sessions. */
function session({ sessions }: Shard): string {
	const share = Math.random() < 0.5 ? 0.2 : 1;
	return sessions[Math.floor(Math.random() * share * sessions.length)]!;
}

const expiredSets = new WeakMap<Shard, ReadonlySet<string>>();
function isExpired(shard: Shard, key: string): boolean {
	const names = expiredSets.get(shard) ?? new Set(shard.expired);
	expiredSets.set(shard, names);
	return names.has(key);
}

function rateKey(shard: number): string {
	for (;;) {
		// 198.18.0.0/15 is for benchmarks: nobody's addresses.
		const key = `rate:ip:198.18.${number(256)}.${number(256)}`;
		if (shardOf(key) === shard) return key;
	}
}

const pick = (names: readonly string[]): string => names[Math.floor(Math.random() * names.length)]!;
const number = (below: number): number => Math.floor(Math.random() * below);

const filler = Array.from({ length: 2 * pageBytes }, (_, index) => ((index * 7919) % 36).toString(36)).join(
	'',
);

function text(length: number): string {
	const start = number(64);
	return filler.slice(start, start + length);
}
