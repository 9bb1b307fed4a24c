// The record of one failover, and the few ways in which it grows: a step is told once, with the moment it was learnt; a
// lane is a list of spans that a screen draws over time; a snapshot is what the nodes of the shard were like. All
// immutable, and bounded whatever the servers do. What is told and when is decided in failover-cluster and
// failover-sentinel; words and lines for people are in failover-words.

import type { Address, Fleet, Health, NodeTrack, Severity, SlotRange } from '../types.ts';

/**
 * `crash`: replaced after it was lost or frozen. `manual`: replaced while it was well. `lost`: nobody can take over.
 * `back`: it came back itself, and nobody has replaced it.
 */
export type FailoverKind = 'under-way' | 'crash' | 'manual' | 'lost' | 'back';

export type StepKind =
	| 'unreachable'
	| 'link-lost'
	| 'pfail'
	| 'pfail-majority'
	| 'fail'
	| 'sdown'
	| 'odown'
	| 'leader'
	| 'selected'
	| 'aborted'
	| 'slots-uncovered'
	| 'state-fail'
	| 'majority-lost'
	| 'majority-back'
	| 'no-candidate'
	| 'promoted'
	| 'switch'
	| 'state-ok'
	| 'slots-covered'
	| 'reconfigured'
	| 'stale'
	| 'returned'
	| 'resynced'
	| 'restored';

export type FailoverStep = {
	/** When we learnt it: the time of the sample that told, on our own clock. */
	readonly at: number;
	/** The node it is about, or that said it; undefined is all of them. */
	readonly node?: Address;
	readonly kind: StepKind;
	readonly text: string;
	readonly severity?: Severity;
};

/** `some`: a part of the nodes; `stale`: writes are taken by a node that has been replaced, and will be lost. */
export type SpanLevel = 'some' | 'lost' | 'pfail' | 'fail' | 'refused' | 'stale';

/** `until` is undefined while it lasts. */
export type Span = { readonly from: number; readonly until?: number; readonly level: SpanLevel };

export type LaneName = 'link' | 'failFlag' | 'state' | 'writes';
export type Lanes = Readonly<Record<LaneName, readonly Span[]>>;

/** A node of the shard at one moment. */
export type FailoverNode = {
	readonly node: Address;
	readonly role?: 'primary' | 'replica';
	readonly health: Health;
	readonly epoch?: number;
	readonly offset?: number;
	/** When the offset was read. */
	readonly offsetAt?: number;
	readonly lagBytes?: number;
	readonly lagSeconds?: number;
	readonly isLinkUp?: boolean;
	readonly keys?: number;
};
export type FailoverMoment = { readonly at: number; readonly nodes: readonly FailoverNode[] };

/** A replication offset and when it was read; final: its stream had ended by then. */
export type KnownOffset = { readonly offset: number; readonly at: number; readonly isFinal?: boolean };

export type Failover = {
	/** Stays the same through the rounds; no two failovers of a fleet share it. */
	readonly id: string;
	readonly kind: FailoverKind;
	readonly shard?: number;
	/** The Sentinels' name for the master, where Sentinels watch it. */
	readonly group?: string;
	/** Of the cluster node that is replaced. */
	readonly primaryId?: string;
	readonly oldPrimary: Address;
	readonly newPrimary?: Address;
	/** Those the old primary served; none outside clusters. */
	readonly slots: readonly SlotRange[];
	readonly oldEpoch?: number;
	readonly newEpoch?: number;
	/** The first sign. */
	readonly startedAt: number;
	/** The last step. */
	readonly changedAt: number;
	/** Not followed any more; one that ended without its old primary goes on when that comes back. */
	readonly isOver: boolean;
	readonly endedAt?: number;
	/** So far only signs that often mean nothing: our own connection, or a few links. */
	readonly isSuspicion: boolean;
	/** The most links that were lost, nodes that said fail (Sentinels: sdown), Sentinels that had switched, at a time. */
	readonly peaks: { readonly links: number; readonly state: number; readonly switched: number };
	/** In the order of time. */
	readonly steps: readonly FailoverStep[];
	readonly lanes: Lanes;
	readonly before: FailoverMoment;
	/** Undefined until somebody serves again. */
	readonly after?: FailoverMoment;
	/** How long nobody served its slots (a Sentinel's clients: had no primary), up to the last round. */
	readonly unservedMilliseconds: number;
	/** The newest offset of what the old primary wrote as a primary. */
	readonly oldOffset?: KnownOffset;
	/** Up to where the promoted replica had its primary's data. */
	readonly heirOffset?: KnownOffset;
	/** What the old primary wrote into the replication stream before the first sign, bytes a second. */
	readonly oldBytesPerSecond?: number;
	readonly oldRunId?: string;
	/** Resyncs that the new primary had served before the old one came back. */
	readonly resyncs?: { readonly full: number; readonly partial: number };
	readonly hasRestarted?: boolean;
	/** When the new primary first said that it serves. */
	readonly servingSince?: number;
	/** When all signs were gone again, without a failover. */
	readonly calmSince?: number;
};

export const noLanes: Lanes = { link: [], failFlag: [], state: [], writes: [] };

const stepsKept = 60;
const spansKept = 60;

export type Tracks = ReadonlyMap<Address, NodeTrack>;

type Told = Omit<FailoverStep, 'kind'>;

/** With the step, once a kind: told again it only changes its words (3 of 5 links become 5 of 5), never its time. */
export function tell(failover: Failover, kind: StepKind, told: Told): Failover {
	const known = stepOf(failover, kind);
	if (known) {
		const { text, severity } = told;
		if (known.text === text && known.severity === severity) return failover;
		const steps = failover.steps.map(step => (step === known ? { ...known, text, severity } : step));
		return { ...failover, steps };
	}
	if (failover.steps.length >= stepsKept) return failover;
	// Nodes are read some milliseconds apart: a step that follows from another is never told before it.
	const causes = failover.steps.filter(step => follows[kind]?.includes(step.kind));
	const at = Math.max(told.at, failover.startedAt, ...causes.map(step => step.at));
	const steps = [...failover.steps, { kind, ...told, at }].sort((a, b) => a.at - b.at);
	return { ...failover, steps, changedAt: Math.max(failover.changedAt, at) };
}

const doubts: readonly StepKind[] = ['unreachable', 'link-lost', 'pfail', 'pfail-majority', 'sdown', 'odown'];
const downs: readonly StepKind[] = [...doubts, 'fail', 'slots-uncovered', 'state-fail', 'leader', 'selected'];
const ups: readonly StepKind[] = [...downs, 'no-candidate', 'promoted', 'switch'];

/** What a step follows from. */
const follows: Partial<Record<StepKind, readonly StepKind[]>> = {
	'pfail-majority': ['pfail'],
	odown: ['sdown'],
	fail: doubts,
	leader: ['sdown', 'odown'],
	selected: ['leader'],
	promoted: downs,
	switch: [...downs, 'promoted'],
	'state-ok': ['state-fail', 'promoted', 'restored'],
	'slots-covered': ups,
	reconfigured: ups,
	returned: ups,
	restored: downs,
	resynced: [...ups, 'returned'],
	'majority-back': ['majority-lost'],
};

export const stepOf = (failover: Failover, kind: StepKind): FailoverStep | undefined =>
	failover.steps.find(step => step.kind === kind);

export const has = (failover: Failover, ...kinds: readonly StepKind[]): boolean =>
	failover.steps.some(step => kinds.includes(step.kind));

/** The lane with this level from `at` on; undefined ends what lasted. */
export function draw(failover: Failover, lane: LaneName, level: SpanLevel | undefined, at: number): Failover {
	const spans = failover.lanes[lane];
	const last = spans.at(-1);
	const isOpen = last !== undefined && last.until === undefined;
	if (isOpen ? last.level === level : level === undefined) return failover;
	const ended = isOpen ? [...spans.slice(0, -1), { ...last, until: Math.max(last.from, at) }] : spans;
	const next = level === undefined ? ended : begun(ended, level, at);
	return { ...failover, lanes: { ...failover.lanes, [lane]: next } };
}

/** Links to a frozen node come and go for minutes: beyond the limit the last span is drawn on instead. */
function begun(spans: readonly Span[], level: SpanLevel, at: number): readonly Span[] {
	const last = spans.at(-1);
	const from = Math.max(at, last?.until ?? at);
	if (spans.length < spansKept || !last) return [...spans, { from, level }];
	return [...spans.slice(0, -1), { from: last.from, level }];
}

/** A level that lasts, from an earlier moment on: what was known only later to have begun then. */
export function drawFrom(failover: Failover, lane: LaneName, level: SpanLevel, at: number): Failover {
	const spans = failover.lanes[lane];
	const last = spans.at(-1);
	if (last?.level !== level || last.until !== undefined) return draw(failover, lane, level, at);
	const from = Math.max(at, spans.at(-2)?.until ?? at);
	if (from >= last.from) return failover;
	return { ...failover, lanes: { ...failover.lanes, [lane]: [...spans.slice(0, -1), { ...last, from }] } };
}

/** Where the time axis begins: slots may have been lost before the first sign of it. */
export const beginOf = ({ startedAt, lanes }: Failover): number =>
	Math.min(startedAt, ...Object.values(lanes).flatMap(spans => spans[0]?.from ?? []));

/** The level that lasts now. */
export function levelOf(failover: Failover, lane: LaneName): SpanLevel | undefined {
	const last = failover.lanes[lane].at(-1);
	return last?.until === undefined ? last?.level : undefined;
}

/** How long the lane had one of these levels, up to `at`. */
export const lasted = (spans: readonly Span[], levels: readonly SpanLevel[], at: number): number =>
	spans
		.filter(span => levels.includes(span.level))
		.reduce((sum, span) => sum + Math.max(0, (span.until ?? at) - span.from), 0);

/** The nodes as they were: those of the shard at the first sign, and whoever joined it since. */
export function momentOf(
	fleet: Fleet,
	tracks: Tracks,
	nodes: ReadonlySet<Address>,
	at: number,
): FailoverMoment {
	return {
		at,
		nodes: fleet.nodes
			.filter(row => nodes.has(row.address))
			.slice(0, nodesKept)
			.map(row => {
				const info = tracks.get(row.address)?.lastGood;
				return {
					node: row.address,
					role: row.role,
					health: row.health,
					epoch: row.epoch,
					offset: row.replicationOffset,
					offsetAt: row.replicationOffset === undefined ? undefined : info?.at,
					lagBytes: row.replicationLagBytes,
					lagSeconds: row.replicationLagSeconds,
					isLinkUp: row.isLinkUp,
					keys: row.keys,
				};
			}),
	};
}

const nodesKept = 16;

/** The addresses of the shard that a node stands in. */
export function shardNodes(fleet: Fleet, address: Address): ReadonlySet<Address> {
	const shard = fleet.nodes.find(row => row.address === address)?.shard;
	const mates = fleet.nodes.filter(row => row.shard === shard && shard !== undefined && !row.isGone);
	return new Set([address, ...mates.map(row => row.address)]);
}

/** The newest offset that a node told while it had this role. */
export function offsetAs(
	role: 'primary' | 'replica',
	...tracks: readonly (NodeTrack | undefined)[]
): KnownOffset | undefined {
	let newest: KnownOffset | undefined;
	for (const track of tracks) {
		const info = track?.lastGood?.info;
		if (!track?.lastGood || info?.role !== role) continue;
		const offset = role === 'replica' ? info.replicaOffset : info.replicationOffset;
		const at = track.lastGood.at;
		if (offset !== undefined && (!newest || at > newest.at)) newest = { offset, at };
	}
	return newest;
}

/** What the old primary had written and the new one never got, as far as the offsets that were read tell. */
export type Unreplicated = {
	/** Exactly, when both ends are known; at least, when only the new primary's is; at most, when only the old one's. */
	readonly bytes: number;
	/** The old primary told where its stream had ended. */
	readonly isEndKnown: boolean;
	/** How long before the first sign the old primary's offset was read, ms; negative: it told after that, too. */
	readonly ageMilliseconds: number;
	/** The new primary told where it took over, or its offset was read when nothing reached it any more. */
	readonly isHeirExact: boolean;
};

/** Undefined while nobody was promoted, or where an offset was never read. */
export function unreplicatedOf(failover: Failover): Unreplicated | undefined {
	const { oldOffset, heirOffset, startedAt } = failover;
	if (!oldOffset || !heirOffset || failover.newPrimary === undefined) return undefined;
	return {
		bytes: Math.max(0, oldOffset.offset - heirOffset.offset),
		isEndKnown: oldOffset.isFinal === true,
		ageMilliseconds: startedAt - oldOffset.at,
		isHeirExact: heirOffset.isFinal === true || (failover.kind !== 'manual' && heirOffset.at >= startedAt),
	};
}
