// A scan for big keys as it stands in a recording: how far it was, and what it had found. Key names are in it, and no
// value. Lists are as long as a screen and its reader can use.

import { noUse } from '../../core/fleet/own-use.ts';
import type {
	BigKey,
	BigKeysProgress,
	BigKeysResult,
	DatabaseGroup,
	KeyGroup,
	NodeKeysizes,
	NodeProgress,
	PartialNode,
	PatternGroup,
	ScanCost,
	ScanLimits,
	TypeGroup,
	TypeRecord,
} from '../../core/keys/big-keys.ts';
import { scanNoteOf } from '../../core/keys/scan-note-words.ts';
import type { ScanNote } from '../../core/keys/scan-notes.ts';
import type { Spread } from '../../core/keys/size-spread.ts';
import type { Keysizes, SizeBin } from '../../core/parse/keysizes.ts';
import type { AskedScan } from '../../state/asked.ts';
import type { KeyScope } from '../../state/key-screens.ts';
import {
	bytes,
	few,
	flag,
	type Kind,
	left,
	maybe,
	named,
	number,
	oneOf,
	orNone,
	type TaggedOf,
	tagged,
	text,
	time,
} from '../memory/kinds.ts';

/** Of one list: keys, patterns. `--top` may ask for far more than is looked at again. */
export const mostListed = 100;
export const mostNodes = 1000;
const mostNotes = 50;
const mostBins = 200;

/** Of a key or pattern: longer names are cut, as they are on the screen. */
const longestName = 4096;
export const name: Kind<string> = {
	...bytes,
	pack: (value, into) => bytes.pack(value.slice(0, longestName), into),
};

export const scope = named<KeyScope>({ fleet: number, primary: maybe(text) });

export const key = {
	type: maybe(bytes),
	encoding: maybe(bytes),
	items: maybe(number),
	ttlSeconds: maybe(orNone(number)),
} as const;

const bigKey = named<BigKey>({
	...{ key: name, node: text, db: number, slot: maybe(number), bytes: number },
	...key,
	walkedBytes: maybe(number),
	sizeEstimated: maybe(flag),
	sizeMargin: maybe(number),
	fieldsExpire: maybe(oneOf('all', 'some')),
	fieldsTtlSeconds: maybe(number),
	pendingEntries: maybe(number),
	groups: maybe(number),
	serverBytes: maybe(number),
});

const group = {
	keys: number,
	bytes: number,
	sizeEstimated: maybe(flag),
	sizeMargin: maybe(number),
	keysWithoutTtl: maybe(number),
	bytesWithoutTtl: maybe(number),
	estimated: flag,
	margin: maybe(number),
	bytesMargin: maybe(number),
} as const satisfies { readonly [Name in keyof KeyGroup]-?: unknown };

const standing = named<TypeRecord>({ key: name, node: text, db: number, value: number });

const cost = named<ScanCost>({
	commands: number,
	inputBytes: number,
	outputBytes: number,
	serverMicroseconds: maybe(number),
});

const keysizes = few(
	named<NodeKeysizes>({
		node: text,
		keysizes: few(
			named<Keysizes>({
				db: number,
				type: oneOf('strings', 'lists', 'sets', 'zsets', 'hashes'),
				unit: oneOf('bytes', 'items'),
				bins: few(named<SizeBin>({ from: number, below: number, keys: number }), mostBins),
			}),
			mostBins,
		),
	}),
	mostNodes,
);

const limits = named<ScanLimits>({ pattern: maybe(name), db: maybe(number) });

const spread = named<Spread>({
	count: number,
	sum: number,
	mean: number,
	deviation: number,
	least: number,
	most: number,
	percentiles: few(named<Spread['percentiles'][number]>({ share: number, size: number }), mostBins),
	steps: few(named<Spread['steps'][number]>({ share: number, size: number, keys: number }), mostBins),
	doublings: few(named<Spread['doublings'][number]>({ size: number, keys: number }), mostBins),
	// To go on by, which a replay does not.
	counts: left<Spread['counts']>(undefined),
});

const nodeProgress = named<NodeProgress>({
	node: text,
	primary: text,
	isReplica: flag,
	state: oneOf('waiting', 'scanning', 'paused', 'held', 'done', 'partial'),
	reason: maybe(bytes),
	scanned: number,
	of: maybe(number),
	walked: maybe(number),
	db: number,
	batch: number,
	pace: number,
	pingMilliseconds: maybe(number),
	slowsAboveMilliseconds: maybe(number),
	// Its readings have it already.
	own: left(noUse),
});

const progress = named<BigKeysProgress>({
	state: oneOf('scanning', 'paused', 'details', 'done'),
	nodes: few(nodeProgress, mostNodes),
	scanned: number,
	of: maybe(number),
	walked: maybe(number),
	keysPerSecond: maybe(number),
	secondsLeft: maybe(number),
	seconds: number,
	hitsAdded: number,
	cost,
	keysizes: maybe(keysizes),
});

const keys = few(bigKey, mostListed);

const counted = named<{ readonly keys: number }>({ keys: number });

type Noted<Word extends ScanNote['kind']> = Omit<TaggedOf<ScanNote, 'kind', Word>, 'kind'>;

const noteKind = tagged<ScanNote, 'kind'>('kind', {
	'went-on': named<Noted<'went-on'>>({ node: text, keys: number, why: bytes, at: text }),
	emptied: named<Noted<'emptied'>>({ node: text, db: number, before: number, after: number }),
	'slots-moved': named<{ readonly slots: number }>({ slots: number }),
	unacknowledged: named<Noted<'unacknowledged'>>({
		key: name,
		pending: number,
		groups: number,
		entries: number,
	}),
	overcounted: named<{ readonly key: string; readonly bytes: number }>({ key: name, bytes: number }),
	'items-not-read': named<object>({}),
	repeated: counted,
	gone: counted,
	astray: counted,
	told: named<{ readonly text: string }>({ text: bytes }),
});

/** Recordings of before have the sentence. */
const note: Kind<ScanNote> = {
	...noteKind,
	unpack: (packed, from) => (typeof packed === 'string' ? scanNoteOf(packed) : noteKind.unpack(packed, from)),
};

const found = named<BigKeysResult>({
	at: time,
	scanned: number,
	isExact: maybe(flag),
	of: maybe(number),
	walked: maybe(number),
	only: maybe(limits),
	// Cursors of servers: nothing goes on from a recording.
	rest: left<BigKeysResult['rest']>(undefined),
	complete: flag,
	partial: few(named<PartialNode>({ node: text, reason: bytes, scanned: number }), mostNodes),
	notes: few(note, mostNotes),
	seconds: number,
	totalBytes: number,
	sizeEstimated: maybe(flag),
	sizeMargin: maybe(number),
	keys,
	keysByItems: keys,
	itemsOfAll: maybe(flag),
	types: few(
		named<TypeGroup>({
			...group,
			type: bytes,
			length: maybe(number),
			longest: maybe(standing),
			largest: maybe(standing),
			walkedBytes: maybe(number),
		}),
		mostListed,
	),
	patterns: few(named<PatternGroup>({ ...group, pattern: name }), mostListed),
	databases: few(named<DatabaseGroup>({ ...group, node: text, db: number }), mostNodes),
	sampled: number,
	hitsAdded: number,
	cost,
	sizeSpread: maybe(spread),
	nameSpread: maybe(spread),
	keysizes: maybe(keysizes),
});

export const scan = named<AskedScan>({
	id: number,
	scope: maybe(scope),
	startedAt: maybe(time),
	isExact: maybe(flag),
	only: maybe(limits),
	progress: maybe(progress),
	found: maybe(found),
	earlier: maybe(found),
	isOver: maybe(flag),
	endedAt: maybe(time),
});
