// Which arguments of a command are keys, and whether it reads or may write them: the server's own key specifications
// (COMMAND, since 7.0) in a shorter spelling, built in for all commands of Redis 8 and Valkey 9 so that nothing needs
// to be asked. Channels are no keys, nor is a pattern or a cursor; what is unknown has none. It does not look at values.

import { asCount } from '../reply.ts';

export type KeyUse = { readonly key: string; readonly isWrite: boolean };

type Place = {
	readonly isWrite: boolean;
	/** Index of the first key, or the word it stands behind, looked for from `from` (from the end where negative). */
	readonly begin: number | { readonly word: string; readonly from: number };
	/** To the last key: relative to the first, from the end where negative; or as many as the number at `begin` says. */
	readonly last: number | 'counted';
	readonly step: number;
	/** 2: only the first half of what is left are keys. */
	readonly part: number;
	/** An empty name is a placeholder here. */
	readonly mayBeEmpty?: boolean;
};

type Keys = { readonly places: readonly Place[]; readonly needed: number };
type Entry = Keys & { readonly subcommands?: ReadonlyMap<string, Keys> };

// Reads `r`, writes `w`; the first key; `..` the last (-1: the last argument); `/` step; `%2` half of the rest;
// `#`: as many as the number there says, behind it; WORD@from: behind that word; `?`: not if empty.
const spelled: readonly (readonly [places: string, commands: string])[] = [
	[
		'r1',
		`bitcount bitfield_ro bitpos dump expiretime geodist geohash geopos georadius_ro georadiusbymember_ro geosearch
		get getbit getrange hexists hexpiretime hget hgetall hkeys hlen hmget hpexpiretime hpttl hrandfield hscan hstrlen
		httl hvals lindex llen lpos lrange pexpiretime pttl scard sismember smembers smismember sort_ro srandmember sscan
		strlen substr ttl type xlen xpending xrange xrevrange zcard zcount zlexcount zmscore zrandmember zrange
		zrangebylex zrangebyscore zrank zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore digest
		vcard vdim vemb vgetattr vinfo vismember vlinks vrandmember vrange vsim
		json.arrindex json.arrlen json.get json.objkeys json.objlen json.resp json.strlen json.type
		bf.card bf.exists bf.info bf.mexists bf.scandump cf.compact cf.count cf.exists cf.info cf.mexists cf.scandump
		cms.info cms.query topk.count topk.info topk.list topk.query tdigest.byrank tdigest.byrevrank tdigest.cdf
		tdigest.info tdigest.max tdigest.min tdigest.quantile tdigest.rank tdigest.revrank tdigest.trimmed_mean
		ts.get ts.info ts.range ts.revrange`,
	],
	[
		'w1',
		`append bitfield decr decrby delex delifeq expire expireat geoadd getdel getex getset hdel hexpire hexpireat
		hgetdel hgetex hincrby hincrbyfloat hmset hpersist hpexpire hpexpireat hset hsetex hsetnx incr incrby incrbyfloat
		linsert lpop lpush lpushx lrem lset ltrim move persist pexpire pexpireat pfadd psetex restore restore-asking rpop
		rpush rpushx sadd set setbit setex setnx setrange spop srem xack xackdel xadd xautoclaim xcfgset xclaim xdel
		xdelex xsetid xtrim zadd zincrby zpopmax zpopmin zrem zremrangebylex zremrangebyrank zremrangebyscore
		vadd vrem vsetattr
		json.arrappend json.arrinsert json.arrpop json.arrtrim json.clear json.del json.forget json.merge json.numincrby
		json.nummultby json.set json.strappend json.toggle
		bf.add bf.insert bf.loadchunk bf.madd bf.reserve cf.add cf.addnx cf.del cf.insert cf.insertnx cf.loadchunk
		cf.reserve cms.incrby cms.initbydim cms.initbyprob topk.add topk.incrby topk.reserve
		tdigest.add tdigest.create tdigest.reset ts.add ts.alter ts.create ts.decrby ts.del ts.incrby`,
	],
	['r1..-1', 'exists mget pfcount sdiff sinter sunion touch watch'],
	['w1..-1', 'del unlink'],
	['w1..-1/2', 'mset msetnx'],
	['w1..-1/3', 'json.mset ts.madd'],
	['r1..-2', 'json.mget'],
	['w1..-2', 'blpop brpop bzpopmax bzpopmin'],
	['r1..2', 'lcs'],
	['r1#', 'sintercard sunioncard sdiffcard zdiff zinter zintercard zunion'],
	['w1#', 'lmpop zmpop'],
	['w1#/2', 'msetex'],
	['w2#', 'blmpop bzmpop eval evalsha fcall'],
	['r2#', 'eval_ro evalsha_ro fcall_ro'],
	['w1 r2#', 'zdiffstore zinterstore zunionstore cms.merge tdigest.merge'],
	['w1 r2..-1', 'pfmerge sdiffstore sinterstore sunionstore'],
	['w1 r2', 'geosearchstore zrangestore'],
	['r1 w2', 'copy'],
	['w1 w2', 'blmove brpoplpush lmove rename renamenx rpoplpush smove ts.createrule ts.deleterule'],
	['w2 r3..-1', 'bitop'],
	['r1 wSTORE@-2', 'sort'],
	['r1 wSTORE@-2 wSTOREDIST@-2', 'georadius georadiusbymember'],
	['rSTREAMS@1..-1%2', 'xread'],
	['wSTREAMS@4..-1%2', 'xreadgroup'],
	['w3? wKEYS@-2..-1', 'migrate'],
	['w2', 'pfdebug'],
	[
		'r2',
		`object|encoding object|freq object|idletime object|refcount memory|usage debug|object debug|listpack
		xinfo|consumers xinfo|groups xinfo|stream json.debug`,
	],
	['w2', 'xgroup|create xgroup|createconsumer xgroup|delconsumer xgroup|destroy xgroup|setid'],
];

/** By name in lower case. */
const builtinCommands: ReadonlyMap<string, Entry> = tableOf(
	spelled.flatMap(([places, commands]) =>
		commands.split(/\s+/).map(name => [name, keysAt(places.split(' ').map(readPlace))] as const),
	),
);

/** Calls that run a script or function, whose own calls MONITOR shows behind them. */
const runners = new Set(['eval', 'evalsha', 'eval_ro', 'evalsha_ro', 'fcall', 'fcall_ro']);

export const runsScript = (command: string) => runners.has(command.toLowerCase());

/** The keys of one call, each once (a write if any of its uses is one), in the order they stand. Empty where it has none. */
export function keysOf(args: readonly string[]): KeyUse[] {
	const entry = entryOf(args[0]);
	const keys = entry?.subcommands?.get((args[1] ?? '').toLowerCase()) ?? entry;
	if (!keys) return [];
	const [first, ...others] = keys.places;
	if (first && others.length === 0 && first.last === 0 && typeof first.begin === 'number') {
		const key = args[first.begin];
		return key === undefined ? [] : [{ key, isWrite: first.isWrite }];
	}
	const found = new Map<string, boolean>();
	for (const place of keys.places)
		eachKey(args, place, key => found.set(key, place.isWrite || found.get(key) === true));
	return [...found].map(([key, isWrite]) => ({ key, isWrite }));
}

/** How many arguments, the command's name included, `keysOf` needs to see; Infinity where only all will do. */
export function argsNeeded(command: string): number {
	return entryOf(command)?.needed ?? 1;
}

// ---------------------------------------------------------------------------------------------------------

const spellings = new Map<string, string>();

// Clients write a command in one way each, most in capitals: to make every name small anew would cost as much as all else.
function entryOf(command: string | undefined): Entry | undefined {
	if (command === undefined || command.length > 64) return undefined;
	let name = spellings.get(command);
	if (name === undefined) {
		name = command.toLowerCase();
		if (spellings.size >= 4096) spellings.clear();
		spellings.set(command, name);
	}
	return builtinCommands.get(name);
}

function eachKey(args: readonly string[], place: Place, visit: (key: string) => void): void {
	let first = typeof place.begin === 'number' ? place.begin : behindWord(args, place.begin);
	if (first <= 0 || first >= args.length) return;
	let last = first;
	if (place.last === 'counted') {
		const count = asCount(args[first]) ?? 0;
		first++;
		last = first + (count - 1) * place.step;
	} else if (place.last >= 0) last = first + place.last;
	else if (place.part > 1) last = first + Math.floor((args.length - first) / place.part) + place.last;
	else last = args.length + place.last;
	for (let index = first; index <= last && index < args.length; index += place.step)
		if (!(place.mayBeEmpty && args[index] === '')) visit(args[index]!);
}

function behindWord(args: readonly string[], { word, from }: { word: string; from: number }): number {
	const step = from < 0 ? -1 : 1;
	for (let index = from < 0 ? args.length + from : from; index > 0 && index < args.length; index += step)
		if (args[index]!.length === word.length && args[index]!.toUpperCase() === word) return index + 1;
	return -1;
}

function readPlace(text: string): Place {
	const [, access, digits, word, from, counted, last, step, part, empty] =
		/^([rw])(?:(\d+)|([A-Z]+)@(-?\d+))(#)?(?:\.\.(-?\d+))?(?:\/(\d+))?(?:%(\d+))?(\?)?$/.exec(text)!;
	const begin = word === undefined ? Number(digits) : { word, from: Number(from) };
	const end = Number(last ?? 0);
	const relative = end > 0 ? end - Number(digits) : end;
	return {
		isWrite: access === 'w',
		begin,
		last: counted ? 'counted' : relative,
		step: Number(step ?? 1),
		part: Number(part ?? 1),
		...(empty && { mayBeEmpty: true }),
	};
}

function keysAt(places: readonly Place[]): Keys {
	const ends = places.map(({ begin, last }) =>
		typeof begin === 'number' && last !== 'counted' && last >= 0
			? begin + last + 1
			: Number.POSITIVE_INFINITY,
	);
	return { places, needed: Math.max(1, ...ends) };
}

function tableOf(commands: readonly (readonly [name: string, keys: Keys])[]): Map<string, Entry> {
	const table = new Map<string, Entry>();
	for (const [name, keys] of commands) setEntry(table, name, keys);
	return table;
}

function setEntry(table: Map<string, Entry>, name: string, keys: Keys): void {
	const [container, subcommand] = name.split('|') as [string, string | undefined];
	const entry = table.get(container);
	if (subcommand === undefined) {
		table.set(name, { ...entry, places: keys.places, needed: Math.max(keys.needed, entry?.needed ?? 1) });
		return;
	}
	const subcommands = new Map(entry?.subcommands).set(subcommand, keys);
	const needed = Math.max(2, keys.needed, entry?.needed ?? 1);
	table.set(container, { places: entry?.places ?? [], needed, subcommands });
}
