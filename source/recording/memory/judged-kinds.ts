// What judging remembers from one reading to the next: findings that wait for their readings or show, and of each node
// what INFO alone does not tell.

import type { Before, Comeback } from '../../core/findings/came-back.ts';
import type { Keys } from '../../core/findings/data-keys.ts';
import type { DataMemory } from '../../core/findings/data-memory.ts';
import type { Holds } from '../../core/findings/findings.ts';
import type { NodeMemory } from '../../core/findings/findings-memory.ts';
import type { Observation, Said } from '../../core/findings/findings-rule.ts';
import type { KeyLoss, KeysReading } from '../../core/findings/key-loss.ts';
import type { Mostly, Refusals, Refused } from '../../core/findings/refusals.ts';
import type { ChildMemory } from '../../core/findings/save-memory.ts';
import type { SlowLoss, SlowReading } from '../../core/findings/slow-loss.ts';
import { defaultLimits, type FindingId, thresholds } from '../../core/thresholds.ts';
import type { NodeTrack, Severity } from '../../core/types.ts';
import { severity } from './fleet-kinds.ts';
import {
	bytes,
	dictionary,
	flag,
	type Kind,
	list,
	mapOf,
	maybe,
	number,
	oneOf,
	record,
	text,
	time,
} from './kinds.ts';
import { rates } from './node-kinds.ts';
import { commandStats, ownUse, sample } from './sample-kinds.ts';

type Hold = Holds['holds'] extends ReadonlyMap<string, infer Each> ? Each : never;

const findingId = oneOf(...(Object.keys(defaultLimits) as FindingId[]));

const limits = record<NonNullable<Observation['limits']>>({ warn: maybe(number), crit: maybe(number) });

const words = record<Record<Severity, string>>({ warn: text, crit: text });

/** What is said of each severity: a function while it is judged, its two answers where it is kept. */
const told: Kind<NonNullable<Observation['told']>> = {
	pack: (say, into) => words.pack({ warn: say('warn'), crit: say('crit') }, into),
	unpack(packed, from) {
		const said = words.unpack(packed, from);
		return each => said[each];
	},
	told: words.told,
};

const observation = record<Said>({
	severity: maybe(severity),
	value: maybe(number),
	limits: maybe(limits),
	unit: maybe(oneOf(...new Set(thresholds.map(({ unit }) => unit)))),
	isPending: maybe(flag),
	atWorst: maybe(severity),
	text,
	told: maybe(told),
	calm: maybe(text),
	over: maybe(text),
});

const hold = record<Hold>({
	id: findingId,
	node: maybe(text),
	kind: maybe(text),
	crossed: number,
	critical: number,
	milder: number,
	absent: number,
	absentSince: maybe(time),
	since: time,
	shown: maybe(severity),
	last: observation,
});

const keys = record<Keys>({
	all: number,
	withTtl: number,
	withFieldTtl: maybe(number),
	meanTtlSeconds: maybe(number),
	byDatabase: mapOf(number, number),
});

const stats = record<NonNullable<NodeTrack['commands']>>({ at: number, stats: commandStats, own: ownUse });

const keysReading = record<KeysReading>({
	at: time,
	runId: maybe(text),
	uptimeSeconds: maybe(number),
	keys,
	expired: number,
	evicted: number,
	expiredFields: number,
	fleetKeys: maybe(number),
	commands: maybe(stats),
	replicas: maybe(list(text)),
});

const data = record<DataMemory>({
	asPrimary: maybe(keysReading),
	before: maybe(
		record<Before>({ runId: maybe(text), uptimeSeconds: maybe(number), keys: maybe(keys), at: time }),
	),
	comeback: maybe(
		record<Comeback>({
			at: time,
			keys: number,
			keysNow: number,
			holder: text,
			holderWas: maybe(
				record<NonNullable<Comeback['holderWas']>>({
					at: time,
					runId: maybe(text),
					uptimeSeconds: maybe(number),
				}),
			),
			holderKeys: number,
			isHeld: flag,
			isAboutToLoad: flag,
			isHolderLoading: flag,
			waitsSince: maybe(time),
			isSeen: flag,
		}),
	),
	readings: list(keysReading),
	slow: maybe(
		record<SlowLoss>({
			readings: list(
				record<SlowReading>({
					at: time,
					expired: number,
					evicted: number,
					expiredFields: number,
					fleetKeys: maybe(number),
					keys: record<SlowReading['keys']>({ all: number, withFieldTtl: maybe(number) }),
					usedBytes: maybe(number),
					dataBytes: maybe(number),
					slots: maybe(text),
					isFreeing: flag,
				}),
			),
			toldAt: maybe(time),
			said: maybe(record<NonNullable<SlowLoss['said']>>({ kind: oneOf('keys-lost', 'finding'), text })),
		}),
	),
	loss: maybe(
		record<KeyLoss>({
			at: time,
			before: number,
			after: number,
			seconds: number,
			db: maybe(number),
			isRestart: flag,
			clock: number,
			commandsBefore: maybe(stats),
			by: maybe(text),
			isTold: flag,
		}),
	),
});

const refusals = record<Refusals>({
	from: sample,
	byKind: maybe(mapOf(bytes, record<Refused>({ count: number, perSecond: number, share: maybe(number) }))),
	isOld: maybe(flag),
	isAwaited: maybe(flag),
	commands: maybe(commandStats),
	mostly: maybe(record<Mostly>({ rejected: maybe(bytes), failed: maybe(bytes) })),
});

const counted = list(record<{ readonly at: number; readonly count: number }>({ at: time, count: number }));

const memory = record<NodeMemory>({
	delayedFsyncs: maybe(counted),
	busy: maybe(record<NonNullable<NodeMemory['busy']>>({ at: time, share: number })),
	last: maybe(
		record<NonNullable<NodeMemory['last']>>({
			at: time,
			fsyncs: maybe(number),
			loopMicroseconds: maybe(number),
			usualLoop: maybe(number),
		}),
	),
	runId: maybe(text),
	reading: maybe(sample),
	since: maybe(rates),
	forkMicroseconds: maybe(number),
	lastSaveAt: maybe(number),
	fork: maybe(record<NonNullable<NodeMemory['fork']>>({ at: time, seconds: number })),
	child: maybe(
		record<ChildMemory>({
			file: oneOf('rdb', 'aof'),
			begunAt: time,
			keys: maybe(number),
			allKeys: maybe(number),
			seenAt: time,
			movedAt: time,
			reportSeconds: maybe(number),
			lastSeconds: maybe(number),
		}),
	),
	aofScheduledAt: maybe(time),
	linkDownSince: maybe(time),
	circleSince: maybe(time),
	pausedSince: maybe(time),
	notOnline: mapOf(text, time),
	fullSyncsAt: list(time),
	partialSyncsAt: maybe(list(time)),
	partialSyncs: maybe(number),
	fullReadings: number,
	isFullSaid: flag,
	refusals: maybe(refusals),
	wasPrimary: maybe(flag),
	primary: maybe(
		record<NonNullable<NodeMemory['primary']>>({ since: time, isPromoted: flag, wroteAt: maybe(time) }),
	),
	aloneSince: maybe(time),
	hasReceived: maybe(flag),
	followed: maybe(text),
	data: maybe(data),
	wasLinked: maybe(flag),
	errors: maybe(dictionary(maybe(number))),
	grownErrors: maybe(list(bytes)),
	dropped: maybe(counted),
	users: maybe(list(bytes)),
	removedAt: maybe(time),
	failedBefore: maybe(number),
});

export const holds = record<Holds>({ holds: mapOf(text, hold), memories: mapOf(text, memory) });
