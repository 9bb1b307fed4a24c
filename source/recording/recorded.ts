// What a recording may hold, checked line by line before anything is made of it: whoever sends one may have changed it,
// and a newer redis-top writes more than this one knows. Unknown fields are left out; a wrong one is named. Texts that
// reach a screen become printable here; replies stay the bytes they were, for they go the way of live ones.

import * as v from 'valibot';
import type { Bounds } from '../core/fleet/allow.ts';
import { longestMarker, type Marker } from '../core/markers.ts';
import { printableText } from '../core/text/printable.ts';
import type { Reading, Reply, Round } from '../core/types.ts';
import type { Asked } from '../state/asked.ts';
import { fleetSeries, type KeyFleet, type KeyFrame, nodeSeries } from '../state/key-frame.ts';
import type { ChangeTrack } from '../state/runbook-screen.ts';
import { unpackAsked } from './asked/asked.ts';
import { unpackMemory } from './memory/memory.ts';
import { errorReasons } from './memory/sample-kinds.ts';
import type { DeltaReading } from './replies-known.ts';

/** Raised when an older redis-top could not read what is written. */
export const format = 4;
/**
 * Of format 1: no key frames, and every reply whole. Of format 2: every patch by itself, and our own use whole. Of format
 * 3: the views of many nodes as any other reply.
 */
const formats = [1, 2, 3, 4] as const;

export type RecordingHead = {
	readonly redisTopRecording: number;
	readonly version: string;
	readonly at: number;
	readonly delaySeconds: number;
	readonly fleets: readonly {
		readonly id: number;
		readonly name: string;
		readonly seeds: readonly string[];
		/** Whom discovery could dial; not in older recordings. */
		readonly bounds?: Bounds;
	}[];
	readonly isDiscoveryOn: boolean;
	/** Of a folder: which run, and which of its files, from 1. */
	readonly session?: string;
	readonly segment?: number;
};

/**
 * A round, with the fleet it is of. A change that was made stands in a round without readings, so that an older
 * redis-top reads past it.
 */
export type RecordedRound = Round & { readonly fleet: number; readonly change?: ChangeTrack };

/** The same as it stands in a file: of a reply what has changed since the one before. */
export type DeltaRound = Omit<RecordedRound, 'readings'> & { readonly readings: readonly DeltaReading[] };

/** As it stands in a file. */
export type FileLine = Exclude<RecordedLine, { readonly round: unknown }> | { readonly round: DeltaRound };

/**
 * One line after the head: a round, a new delay from here on, the head of a segment that was added, a marker that
 * somebody set (those of events follow from the rounds), or what was asked for beside the polling.
 */
export type RecordedLine =
	| { readonly head: RecordingHead }
	| { readonly round: RecordedRound }
	| { readonly delaySeconds: number; readonly at: number }
	| { readonly marker: Marker }
	| { readonly asked: Asked }
	| { readonly key: KeyFrame };

/** Replies of servers are five deep at most. */
const deepest = 32;
const mostFleets = 1000;
const mostNodes = 100_000;
const longestText = 65_536;
/** Of a Date. */
const latest = 8.64e15;

const number = v.pipe(v.number(), v.finite());
const time = v.pipe(number, v.minValue(-latest), v.maxValue(latest));
const seconds = v.pipe(number, v.minValue(0.001), v.maxValue(86_400));
const text = v.pipe(
	v.string(),
	v.maxLength(longestText),
	v.transform(value => printableText(value)),
);
const name = v.pipe(text, v.nonEmpty());
const words = v.pipe(v.array(text), v.maxLength(mostNodes));
const counts = v.pipe(
	v.custom<object>(value => !Array.isArray(value), 'must be an object'),
	v.record(v.string(), number),
	v.check(value => Object.keys(value).length <= mostNodes),
);

/** A reply is looked at without recursion over its end: it may be nested as deep as a file is long. */
function isReply(value: unknown, depth = 0): value is Reply {
	if (value === null || typeof value === 'string' || typeof value === 'number') return true;
	if (typeof value !== 'object' || depth > deepest) return false;
	if (Array.isArray(value)) return value.every(each => isReply(each, depth + 1));
	return typeof (value as { error?: unknown }).error === 'string';
}

const reply = v.custom<Reply>(value => isReply(value), 'must be a reply');

const bounds = v.object({
	seeds: words,
	mapped: v.optional(words),
	isDiscoveryOn: v.boolean(),
	allow: v.optional(words),
	mostNodes: v.pipe(number, v.integer(), v.minValue(1)),
	isPasswordInClear: v.optional(v.boolean()),
});

const fleetNamed = {
	id: v.pipe(number, v.integer()),
	name,
	seeds: v.pipe(v.array(name), v.minLength(1)),
	bounds: v.optional(bounds),
};

const head = v.object({
	redisTopRecording: v.picklist(formats),
	version: v.pipe(text, v.maxLength(100)),
	at: time,
	delaySeconds: seconds,
	fleets: v.pipe(
		v.array(
			v.object({
				...fleetNamed,
			}),
		),
		v.minLength(1),
		v.maxLength(mostFleets),
		v.check(fleets => new Set(fleets.map(({ id }) => id)).size === fleets.length, 'must have different ids'),
	),
	isDiscoveryOn: v.optional(v.boolean(), true),
	session: v.optional(v.pipe(text, v.maxLength(100))),
	segment: v.optional(v.pipe(number, v.integer())),
});

const error = v.object({
	// One that only a newer redis-top knows is still told by its text.
	reason: v.fallback(v.picklist(errorReasons), 'other'),
	text,
	retryAt: v.optional(time),
	isTold: v.optional(v.literal(true)),
	isOfWay: v.optional(v.literal(true)),
	isAccepted: v.optional(v.literal(true)),
	isLogin: v.optional(v.literal(true)),
	isFunction: v.optional(v.literal(true)),
});

const own = v.object({
	commands: number,
	hits: number,
	misses: v.optional(number),
	inputBytes: number,
	outputBytes: number,
	calls: counts,
	errors: v.optional(counts),
});

const command = v.pipe(v.string(), v.maxLength(longestText));
const recordedReply = v.union([
	v.strictTuple([command, reply]),
	v.strictTuple([command]),
	v.strictTuple([command, v.null(), v.string()]),
	v.strictTuple([command, v.boolean(), v.string()]),
]);

const reading = v.object({
	node: name,
	at: time,
	clock: number,
	pingMilliseconds: v.optional(number),
	waitedMilliseconds: v.optional(number),
	infoMilliseconds: v.optional(number),
	longestWaitMilliseconds: v.optional(number),
	tripMilliseconds: v.optional(number),
	stalls: v.optional(v.pipe(v.array(v.object({ at: time, seconds: number })), v.maxLength(mostNodes))),
	silentMilliseconds: v.optional(number),
	isHeld: v.optional(v.boolean()),
	replies: v.pipe(v.array(recordedReply), v.maxLength(10_000)),
	refused: v.pipe(
		v.array(v.object({ command: text, why: v.picklist(['no-permission', 'unknown-command']), word: text })),
		v.maxLength(1000),
	),
	own: v.optional(own),
	ownBy: v.optional(own),
	isPasswordless: v.optional(v.boolean()),
	isLoginRefused: v.optional(v.boolean()),
	reached: v.optional(name),
	error: v.optional(error),
});

const change = v.object({
	id: number,
	fleet: number,
	change: v.object({
		id: text,
		title: text,
		command: words,
		node: name,
		effect: text,
		now: text,
		after: text,
		risk: text,
		undo: v.optional(words),
		lostAtRestart: v.boolean(),
		also: words,
		order: number,
		isOffered: v.boolean(),
		reason: v.optional(text),
		client: v.optional(v.object({ id: number, address: text, ageSeconds: v.optional(number) })),
		evictsBytes: v.optional(number),
		undoes: v.optional(v.object({ id: text, role: v.optional(v.picklist(['primary', 'replica'])) })),
	}),
	sentAt: time,
	before: text,
	reply: v.optional(text),
	isDone: v.optional(v.boolean()),
	after: v.optional(text),
});

const round = v.object({
	at: time,
	fleet: number,
	isExtra: v.boolean(),
	isSettled: v.boolean(),
	clockOffset: v.optional(v.pipe(number, v.minValue(-latest), v.maxValue(latest))),
	delaySeconds: v.optional(seconds),
	readings: v.pipe(v.array(reading), v.maxLength(mostNodes)),
	change: v.optional(change),
});

const slice = v.object({
	from: time,
	values: v.pipe(v.array(v.nullable(number)), v.maxLength(10_000)),
});
const severity = v.picklist(['warn', 'crit']);
const event = v.object({
	at: time,
	kind: v.pipe(v.string(), v.regex(/^[a-z-]{1,40}$/)),
	node: v.optional(name),
	shard: v.optional(number),
	severity: v.optional(severity),
	text,
});
const finding = v.object({
	id: v.pipe(v.string(), v.regex(/^[a-z-]{1,40}$/)),
	severity,
	node: v.optional(name),
	value: v.optional(number),
	limit: v.optional(number),
	unit: v.optional(v.pipe(v.string(), v.maxLength(40))),
	since: time,
	absentSince: v.optional(time),
	text,
	kind: v.optional(text),
	runbook: v.optional(v.pipe(v.string(), v.maxLength(40))),
	column: v.optional(v.pipe(v.string(), v.maxLength(40))),
});
const sliced = (names: readonly string[]) =>
	v.object(Object.fromEntries(names.map(each => [each, v.optional(slice)])));
const mostTold = 1000;
const key = v.object({
	at: time,
	clockOffset: v.optional(number),
	delaySeconds: seconds,
	fleets: v.pipe(
		v.array(
			v.object({
				...fleetNamed,
				nodes: v.pipe(
					v.array(
						v.object({
							address: name,
							kind: v.picklist(['data', 'sentinel']),
							origin: v.picklist(['seed', 'cluster', 'replication', 'sentinel']),
							group: v.optional(text),
							steps: v.optional(number),
							firstSeenAt: time,
							gone: v.optional(v.object({ at: time, text })),
							series: sliced(nodeSeries),
						}),
					),
					v.maxLength(mostNodes),
				),
				events: v.pipe(v.array(event), v.maxLength(mostTold)),
				findings: v.pipe(v.array(finding), v.maxLength(mostNodes)),
				memory: v.optional(
					v.object({
						kinds: v.pipe(v.string(), v.maxLength(40)),
						pool: v.array(v.unknown()),
						fleet: v.optional(v.unknown()),
					}),
				),
				series: sliced(fleetSeries),
			}),
		),
		v.minLength(1),
		v.maxLength(mostFleets),
	),
	markers: v.pipe(
		v.array(
			v.object({
				at: time,
				text: v.optional(text),
				kind: v.picklist(['set', 'event']),
				node: v.optional(name),
			}),
		),
		v.maxLength(mostTold),
	),
	readings: v.pipe(v.array(v.object({ fleet: number, reading })), v.maxLength(mostNodes)),
	asked: v.optional(v.unknown()),
	changes: v.optional(v.pipe(v.array(change), v.maxLength(mostTold))),
});

const marker = v.pipe(
	v.object({ at: time, text: v.optional(v.pipe(text, v.maxLength(4 * longestMarker))) }),
	v.transform(({ at, text }): Marker => ({ at, text, kind: 'set', node: undefined })),
);

const lines = {
	round: v.object({ round }),
	delaySeconds: v.object({ delaySeconds: seconds, at: time }),
	marker: v.object({ marker }),
	key: v.object({ key }),
} as const;

export type Wrong = { readonly wrong: string };

/** The head of a recording or of a segment; what is wrong with it names the field. */
export function headFrom(value: unknown): RecordingHead | Wrong {
	const given = value as Partial<RecordingHead> | null | undefined;
	if (typeof given !== 'object' || given === null || typeof given.redisTopRecording !== 'number')
		return { wrong: 'not a recording of redis-top' };
	if (given.redisTopRecording > format)
		return {
			wrong: `made by a newer redis-top (${printableText(String(given.version), 40)}): this one reads recordings of format ${format}`,
		};
	const read = v.safeParse(head, value);
	return read.success ? read.output : { wrong: whatIsWrong(read.issues) };
}

/** One line after the head. Lines of a kind that is not known are left out. */
export function lineFrom(value: unknown): FileLine | 'unknown' | Wrong {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return { wrong: 'not an object' };
	if ('redisTopRecording' in value) {
		const segment = headFrom(value);
		return 'wrong' in segment ? segment : { head: segment };
	}
	if ('asked' in value) {
		const asked = unpackAsked(value.asked);
		return asked ? { asked } : 'unknown';
	}
	const kind = (Object.keys(lines) as (keyof typeof lines)[]).find(each => each in value);
	if (kind === undefined) return 'unknown';
	const read = v.safeParse(lines[kind], value);
	if (!read.success) return { wrong: whatIsWrong(read.issues) };
	return 'key' in read.output ? withMemories(read.output.key) : (read.output as FileLine);
}

/** A key frame as far as charts and what happened need it: what is judged by, most of it, is not looked at. */
export function chartsFrom(value: unknown): KeyFrame | undefined {
	const frame = (value as { readonly key?: Readonly<Record<string, unknown>> } | undefined)?.key;
	if (!Array.isArray(frame?.fleets)) return undefined;
	const fleets = frame.fleets.map(fleet => ({ ...fleet, memory: undefined }));
	const read = v.safeParse(key, { ...frame, fleets, readings: [], asked: undefined, changes: undefined });
	return read.success ? (read.output as KeyFrame) : undefined;
}

/** With what is remembered of each fleet, checked by the kinds it was packed by. */
function withMemories({
	fleets,
	asked: packed,
	changes,
	...frame
}: v.InferOutput<typeof key>): FileLine | Wrong {
	const known: KeyFleet[] = [];
	if (frame.readings.some(({ reading }) => !reading.own))
		return { wrong: 'key: a reading without our own use' };
	for (const { memory: packed, ...rest } of fleets) {
		const readings = frame.readings.flatMap(each => (each.fleet === rest.id ? [each.reading] : []));
		const memory = packed && unpackMemory(packed, readings as readonly Reading[]);
		if (memory && 'wrong' in memory) return { wrong: `key: memory of fleet ${rest.id}: ${memory.wrong}` };
		known.push({ ...(rest as KeyFleet), ...(memory && { memory }) });
	}
	return { key: { ...frame, fleets: known, asked: askedFrom(frame.at, packed, changes) } as KeyFrame };
}

/** What is not known here is left out of the frame, which can be begun at all the same. */
function askedFrom(at: number, packed: unknown, changes: Asked['changes']): Asked | undefined {
	const asked = packed === undefined ? undefined : unpackAsked(packed);
	return asked || changes ? { at, ...asked, ...(changes && { changes }) } : undefined;
}

/** `round.readings.0.at: Expected number but received "x"`. */
function whatIsWrong(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
	const [issue] = issues;
	const path = v.getDotPath(issue as never);
	return printableText(`${path ? `${path}: ` : ''}${issue.message}`, 200);
}
