// A watch of hot keys as it stands in a recording: which ways each node had, the windows, and what they told. Key names
// are in it, and no value and no argument.

import type { EndWhy, HotNote, NoWay, SlotRanges } from '../../core/keys/hot-facts.ts';
import type {
	HotClient,
	HotCommand,
	HotKey,
	HotKeysCost,
	HotKeysResult,
	HotKeysStatus,
	HotNode,
	HotPattern,
	HotSession,
} from '../../core/keys/hot-keys.ts';
import type { LfuMeans } from '../../core/keys/lfu.ts';
import type { HotSlot } from '../../core/parse/parse-slot-stats.ts';
import type { AskedWatch } from '../../state/asked.ts';
import {
	bytes,
	few,
	flag,
	type Kind,
	maybe,
	named,
	number,
	oneOf,
	pair,
	tagged,
	text,
	time,
	type VariantOf,
	yes,
} from '../memory/kinds.ts';
import { mitigation } from './advice-kinds.ts';
import { refusal } from './look-kinds.ts';
import { ladder, load, method, rungWhy, sessionOwner } from './rung-kinds.ts';
import { key as keyFields, mostListed, mostNodes, name, scope } from './scan-kinds.ts';

const mostNotes = 50;
const mostRanges = 200;

const means = tagged<LfuMeans, 'kind'>('kind', {
	accesses: named<Omit<VariantOf<LfuMeans, 'accesses'>, 'kind'>>({ accesses: number, isMore: flag }),
	'hardly-read': named<object>({}),
	untouched: named<Omit<VariantOf<LfuMeans, 'untouched'>, 'kind'>>({ seconds: number }),
	'not-counted': named<object>({}),
});

const key = named<HotKey>({
	...{ key: name, node: text, method, db: maybe(number), slot: maybe(number) },
	share: maybe(number),
	low: maybe(number),
	high: maybe(number),
	hits: maybe(number),
	error: maybe(number),
	hitsPerSecond: maybe(number),
	readShare: maybe(number),
	isUnsure: maybe(yes),
	isHeldUp: maybe(yes),
	cpuMicroseconds: maybe(number),
	netBytes: maybe(number),
	netShare: maybe(number),
	netLow: maybe(number),
	netHigh: maybe(number),
	counter: maybe(number),
	counterMeans: maybe(means),
	isCounterShared: maybe(yes),
	exists: maybe(flag),
	type: keyFields.type,
	encoding: keyFields.encoding,
	ttlSeconds: keyFields.ttlSeconds,
	bytes: maybe(number),
	topCommand: maybe(bytes),
	topCommandShare: maybe(number),
	topWrite: maybe(bytes),
	clients: maybe(number),
	replicas: few(text, mostNodes),
	mitigations: few(mitigation, 10),
});

const ranges: Kind<SlotRanges> = few(pair(number, number), mostRanges);

type Ended<Word extends EndWhy['kind']> = Omit<VariantOf<EndWhy, Word>, 'kind'>;
const nothing = named<object>({});
const milliseconds = named<{ readonly milliseconds: number }>({ milliseconds: number });

const endWhy = tagged<EndWhy, 'kind'>('kind', {
	behind: milliseconds,
	'wrote-late': nothing,
	'slow-answer': named<Ended<'slow-answer'>>({ milliseconds: number, usualMilliseconds: number }),
	'clients-grew': named<Ended<'clients-grew'>>({ bytes: number }),
	'by-server': milliseconds,
	'no-answer': nothing,
	refused: named<Ended<'refused'>>({ refusal: maybe(refusal), text: bytes }),
	'not-begun': nothing,
	reset: nothing,
	error: named<Ended<'error'>>({ text: bytes }),
});

const node = named<HotNode>({
	node: text,
	method,
	seconds: number,
	commands: number,
	bytes: number,
	endedBy: oneOf(
		...(['time', 'commands', 'bytes', 'client-memory', 'event-loop', 'fell-behind'] as const),
		...(['stopped', 'lost', 'refused', 'going-on'] as const),
	),
	why: maybe(endWhy),
	opsBefore: maybe(number),
	opsDuring: maybe(number),
	walk: maybe(named<NonNullable<HotNode['walk']>>({ keys: number, of: maybe(number) })),
	session: maybe(
		named<HotSession>({
			whose: sessionOwner,
			isActive: flag,
			startedAt: maybe(number),
			seconds: number,
			sampleRatio: number,
			onlySlots: maybe(ranges),
		}),
	),
	weight: maybe(number),
});

type Noted<Word extends HotNote['kind']> = Omit<VariantOf<HotNote, Word>, 'kind'>;

const note = tagged<HotNote, 'kind'>('kind', {
	'mixed-methods': nothing,
	'node-silent': named<Noted<'node-silent'>>({ node: text, text: bytes }),
	'no-way': named<Noted<'no-way'>>({
		node: text,
		whys: few(named<NoWay>({ method, why: rungWhy }), 10),
	}),
	'counters-of-before': named<Noted<'counters-of-before'>>({ seconds: number }),
	'not-in-figures': named<Noted<'not-in-figures'>>({ node: text, why: maybe(endWhy) }),
	'several-keys': nothing,
	'script-commands': nothing,
	'cut-commands': named<Noted<'cut-commands'>>({ commands: number }),
	'estimated-keys': nothing,
	'bare-quotes': nothing,
	'unread-lines': named<Noted<'unread-lines'>>({ lines: number }),
	'no-server-end': nothing,
	'sampled-accesses': nothing,
	'time-untold': nothing,
	'held-up': named<Noted<'held-up'>>({ keys: number }),
	'time-unsure': named<Noted<'time-unsure'>>({ isAll: flag, commandsMilliseconds: number }),
	'short-commands': named<Noted<'short-commands'>>({ commandShare: number }),
	'only-slots': named<Noted<'only-slots'>>({ node: maybe(text), slots: ranges }),
	'shares-of-time': nothing,
	'one-command-of': named<Noted<'one-command-of'>>({ sampleRatio: number }),
	'walk-open': named<Noted<'walk-open'>>({ node: text, keys: number, of: maybe(number) }),
	'counters-rank': nothing,
	'counters-at-end': nothing,
	'shared-integers': nothing,
	'noisy-slots': nothing,
	'slots-by-bytes': nothing,
	'slots-not-keys': nothing,
	'not-described': named<Noted<'not-described'>>({ node: text, text: bytes }),
	'not-read': named<Noted<'not-read'>>({ what: oneOf('type', 'ttl', 'encoding', 'size'), refusal }),
	'several-databases': named<Noted<'several-databases'>>({ key: name, db: number }),
});

const slot = named<HotSlot>({
	slot: number,
	node: text,
	share: number,
	shareOf: maybe(oneOf('bytes')),
	cpuMicrosecondsPerSecond: maybe(number),
	inputBytesPerSecond: maybe(number),
	outputBytesPerSecond: maybe(number),
	keys: maybe(number),
	memoryBytes: maybe(number),
});

const result = named<HotKeysResult>({
	method,
	at: time,
	seconds: number,
	commands: number,
	shareOf: oneOf('commands', 'time', 'accesses'),
	keys: few(key, mostListed),
	others: maybe(
		named<NonNullable<HotKeysResult['others']>>({ hits: maybe(number), share: number, keys: maybe(number) }),
	),
	patterns: few(named<HotPattern>({ pattern: name, share: number, hits: number, keys: number }), mostListed),
	byCommand: few(named<HotCommand>({ command: bytes, share: number, hits: number }), mostListed),
	byClient: few(named<HotClient>({ client: bytes, share: number, hits: number }), mostListed),
	slots: few(slot, mostListed),
	nodes: few(node, mostNodes),
	notes: few(note, mostNotes),
	cost: named<HotKeysCost>({
		commands: number,
		inputBytes: number,
		outputBytes: number,
		hitsAdded: number,
		serverMicroseconds: maybe(number),
	}),
});

const methods = maybe(few(method, mostNodes));

const windows = named<NonNullable<AskedWatch['windows']>>({
	sampling: maybe(
		named<NonNullable<HotKeysStatus['sampling']>>({
			methods,
			since: time,
			commands: number,
			bytes: number,
			mostSeconds: number,
			mostCommands: number,
		}),
	),
	repeating: maybe(
		named<NonNullable<HotKeysStatus['repeating']>>({
			everySeconds: number,
			windowMilliseconds: number,
			methods,
		}),
	),
});

export const watch = named<AskedWatch>({
	id: number,
	scope: maybe(scope),
	nodes: maybe(few(text, mostNodes)),
	ladders: maybe(few(ladder, mostNodes)),
	loads: maybe(few(load, mostNodes)),
	windows: maybe(windows),
	result: maybe(result),
});
