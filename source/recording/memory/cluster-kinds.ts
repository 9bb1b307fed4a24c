// What is remembered of a fleet as a whole: failovers with all that is told of them, slots on their way, what Sentinels
// said.

import type { ClusterTrack } from '../../core/cluster/cluster-track.ts';
import type { Migration, SlotCount } from '../../core/cluster/migration-record.ts';
import type { Migrations } from '../../core/cluster/migrations.ts';
import type {
	Failover,
	FailoverMoment,
	FailoverNode,
	FailoverStep,
	KnownOffset,
	Lanes,
	Span,
	StepKind,
} from '../../core/failover/failover-record.ts';
import type { Instance, SentinelEntry, SentinelEvent } from '../../core/failover/sentinel-messages.ts';
import type { AtomicMigration } from '../../core/parse/parse-migrations.ts';
import { severity } from './fleet-kinds.ts';
import {
	flag,
	left,
	list,
	mapOf,
	maybe,
	number,
	oneOf,
	record,
	text,
	time,
	type VariantOf,
	variants,
} from './kinds.ts';
import { health, role, slotRanges } from './node-kinds.ts';

/** Each once: the compiler misses one that is not here. */
const stepKinds: Readonly<Record<StepKind, true>> = {
	unreachable: true,
	'link-lost': true,
	pfail: true,
	'pfail-majority': true,
	fail: true,
	sdown: true,
	odown: true,
	leader: true,
	selected: true,
	aborted: true,
	'slots-uncovered': true,
	'state-fail': true,
	'majority-lost': true,
	'majority-back': true,
	'no-candidate': true,
	promoted: true,
	switch: true,
	'state-ok': true,
	'slots-covered': true,
	reconfigured: true,
	stale: true,
	returned: true,
	resynced: true,
	restored: true,
};

const step = record<FailoverStep>({
	at: time,
	node: maybe(text),
	kind: oneOf(...(Object.keys(stepKinds) as StepKind[])),
	text,
	severity: maybe(severity),
});

const spans = list(
	record<Span>({
		from: time,
		until: maybe(time),
		level: oneOf('some', 'lost', 'pfail', 'fail', 'refused', 'stale'),
	}),
);

const moment = record<FailoverMoment>({
	at: time,
	nodes: list(
		record<FailoverNode>({
			node: text,
			role: maybe(role),
			health,
			epoch: maybe(number),
			offset: maybe(number),
			offsetAt: maybe(number),
			lagBytes: maybe(number),
			lagSeconds: maybe(number),
			isLinkUp: maybe(flag),
			keys: maybe(number),
		}),
	),
});

const offset = record<KnownOffset>({ offset: number, at: number, isFinal: maybe(flag) });

const failover = record<Failover>({
	id: text,
	kind: oneOf('under-way', 'crash', 'manual', 'lost', 'back'),
	shard: maybe(number),
	group: maybe(text),
	primaryId: maybe(text),
	oldPrimary: text,
	newPrimary: maybe(text),
	slots: slotRanges,
	oldEpoch: maybe(number),
	newEpoch: maybe(number),
	startedAt: time,
	changedAt: time,
	isOver: flag,
	endedAt: maybe(time),
	isSuspicion: flag,
	peaks: record<Failover['peaks']>({ links: number, state: number, switched: number }),
	steps: list(step),
	lanes: record<Lanes>({ link: spans, failFlag: spans, state: spans, writes: spans }),
	before: moment,
	after: maybe(moment),
	unservedMilliseconds: number,
	oldOffset: maybe(offset),
	heirOffset: maybe(offset),
	oldBytesPerSecond: maybe(number),
	oldRunId: maybe(text),
	resyncs: maybe(record<NonNullable<Failover['resyncs']>>({ full: number, partial: number })),
	hasRestarted: maybe(flag),
	servingSince: maybe(time),
	calmSince: maybe(time),
});

const migration = record<Migration>({
	id: text,
	kind: oneOf('classic', 'left-open', 'atomic'),
	sourceId: text,
	targetId: text,
	source: text,
	target: text,
	slots: slotRanges,
	state: text,
	startedAt: time,
	seenAt: time,
	endedAt: maybe(time),
	progressAt: maybe(time),
	keysCounted: maybe(number),
	hasFailed: flag,
	slotsDone: number,
	flips: list(record<Migration['flips'][number]>({ at: time, slots: number })),
	slotsPerSecond: maybe(number),
	slotsPlanned: maybe(number),
	keysLeft: maybe(number),
	keysPerSecond: maybe(number),
	secondsLeft: maybe(number),
	bytesLeft: maybe(number),
	retries: maybe(number),
	leftTask: maybe(text),
	openAt: maybe(oneOf('source', 'target')),
});

const migrations = record<Migrations>({
	list: list(migration),
	counts: list(record<SlotCount>({ slot: number, node: text, keys: number, at: time })),
	halves: mapOf(text, time),
});

const job = record<AtomicMigration>({
	name: text,
	side: oneOf('source', 'target'),
	source: text,
	target: text,
	slots: slotRanges,
	state: text,
	text,
	isOver: flag,
	hasFailed: flag,
	startedAt: maybe(time),
	endedAt: maybe(time),
	bytesLeft: maybe(number),
	retries: maybe(number),
	message: maybe(text),
	writePauseMilliseconds: maybe(number),
});

const instance = record<Instance>({
	role: oneOf('primary', 'replica', 'sentinel'),
	name: text,
	address: text,
	group: text,
	primary: text,
});

type Told<Word extends SentinelEvent['kind']> = Omit<VariantOf<SentinelEvent, Word>, 'kind'>;
const ofInstance = record<{ readonly instance: Instance }>({ instance });

const sentinelEvent = variants<SentinelEvent>({
	sdown: record<Told<'sdown'>>({ isOver: flag, instance }),
	odown: record<Told<'odown'>>({ isOver: flag, instance, votes: maybe(number), quorum: maybe(number) }),
	'try-failover': ofInstance,
	'elected-leader': ofInstance,
	'failover-state': record<Told<'failover-state'>>({ state: text, instance }),
	'selected-replica': ofInstance,
	'promoted-replica': ofInstance,
	reconf: record<Told<'reconf'>>({ stage: oneOf('sent', 'inprog', 'done'), instance }),
	'failover-end': record<Told<'failover-end'>>({ isTimeout: flag, instance }),
	'failover-abort': record<Told<'failover-abort'>>({ why: text, instance }),
	switch: record<Told<'switch'>>({ group: text, from: text, to: text }),
	converted: ofInstance,
	reboot: ofInstance,
	'role-change': record<Told<'role-change'>>({ isExpected: flag, role: maybe(text), instance }),
	found: ofInstance,
	'fixed-config': ofInstance,
	reset: ofInstance,
	monitor: ofInstance,
	'config-update': ofInstance,
	'new-epoch': record<Told<'new-epoch'>>({ epoch: number }),
	vote: record<Told<'vote'>>({ leader: text, epoch: number }),
	tilt: record<Told<'tilt'>>({ isOver: flag }),
	other: record<Told<'other'>>({ channel: text, text }),
});

export const clusterTrack = record<ClusterTrack>({
	failovers: list(failover),
	migrations,
	atomicJobs: mapOf(
		text,
		record<{ readonly at: number; readonly list: readonly AtomicMigration[] }>({ at: time, list: list(job) }),
	),
	sentinelLog: list(record<SentinelEntry>({ at: time, event: sentinelEvent, by: list(text) })),
	// Asked again within a minute, and judged by nobody.
	slotLoads: left<ClusterTrack['slotLoads']>(new Map()),
});
