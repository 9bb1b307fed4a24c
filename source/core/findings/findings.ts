// What is wrong now: the rules of findings-node and findings-fleet, held against time. One odd reading shows nothing;
// a finding shows after its threshold was crossed for `hold` readings and goes when it was not for as many. What must
// be known from one round to the next is in Holds, a value like all others. A node that stops answering loses the
// findings that were measured on it, without an event: they are not over, they are not known.
// Nothing is sent to anybody, hence findings and not alerts.

import type { Migration } from '../cluster/migration-record.ts';
import { rowAt } from '../fleet/rows.ts';
import { isMeasured, isSilent } from '../text/node-trouble.ts';
import { type FindingId, type Limits, limitOf, rankOf, unitOf } from '../thresholds.ts';
import type {
	Address,
	Finding,
	Fleet,
	FleetEvent,
	NodeTrack,
	Pending,
	RedisNode,
	Severity,
} from '../types.ts';
import { circleOf } from './circles.ts';
import { rememberData } from './data-memory.ts';
import { type DeniedSeen, usersIn } from './denied-logins.ts';
import { lossEventText } from './findings-data.ts';
import { fleetRules } from './findings-fleet.ts';
import { type NodeMemory, noMemory, remember } from './findings-memory.ts';
import { cacheFullText, heldRules, presenceRules, readingRules } from './findings-node.ts';
import { kindRules } from './findings-refused.ts';
import {
	type Elsewhere,
	type FleetView,
	type KindRule,
	type NodeRule,
	type NodeView,
	type Observation,
	type Said,
	wordsOf,
} from './findings-rule.ts';
import { stallRules } from './findings-stall.ts';
import type { ClientsSeen } from './key-loss.ts';
import { type Look, looksOf } from './looks.ts';

type Hold = {
	readonly id: FindingId;
	readonly node?: Address;
	readonly kind?: string;
	/** Readings in a row: crossed at all, crossed critically, not critically, not at all. */
	readonly crossed: number;
	readonly critical: number;
	readonly milder: number;
	readonly absent: number;
	/** The first of those in a row that do not have it. */
	readonly absentSince?: number;
	/** First crossing. */
	readonly since: number;
	readonly shown?: Severity;
	/** As it was when it last crossed, as severely as is shown. */
	readonly last: Said;
};

/** Opaque: what `judge` must know again next time. */
export type Holds = {
	readonly holds: ReadonlyMap<string, Hold>;
	readonly memories: ReadonlyMap<Address, NodeMemory>;
};
export const noHolds: Holds = { holds: new Map(), memories: new Map() };

export type JudgeInput = {
	readonly fleet: Fleet;
	readonly tracks: ReadonlyMap<Address, NodeTrack>;
	readonly holds: Holds;
	readonly limits: Limits;
	readonly at: number;
	/** Nodes with a new INFO in this round: only their readings count as one more. */
	readonly freshNodes: ReadonlySet<Address>;
	/** Migrations as the round shows them; none where there is no cluster. */
	readonly migrations?: readonly Migration[];
	/** CLIENT LIST as it was last read of a node. */
	readonly clientsOf?: (node: Address) => ClientsSeen;
	/** ACL LOG as it was last read of a node. */
	readonly deniedOf?: (node: Address) => DeniedSeen;
	/** The nodes of the other fleets that are watched. */
	readonly elsewhere?: () => readonly Elsewhere[];
	/** Only what cannot wait is judged: between rounds nothing else is heeded, and a thousand nodes have many rules. */
	readonly isUrgentOnly?: boolean;
};
export type Judged = {
	/** What would tell more, to be asked once. */
	readonly looks: readonly Look[];
	readonly findings: readonly Finding[];
	readonly holds: Holds;
	readonly events: readonly FleetEvent[];
	/** What may still be found without anything getting worse. */
	readonly pending: readonly Pending[];
};

/** The column of the overview whose cell carries the colour. */
export const findingColumns: { readonly [Id in FindingId]?: string } = {
	unreachable: 'role',
	'not-reached': 'role',
	loading: 'role',
	'blocked-by-script': 'role',
	'stale-primary': 'role',
	'two-primaries': 'role',
	'memory-high': 'mem',
	'over-limit': 'mem',
	evicting: 'evict',
	'oom-errors': 'evict',
	'hit-rate-low': 'hit',
	fragmented: 'frag',
	swapped: 'frag',
	'came-back-empty': 'role',
	'keys-lost': 'keys',
	paused: 'conn',
	'clients-dropped': 'conn',
	'connections-churn': 'conn',
	'replica-evicts': 'evict',
	'clients-high': 'conn',
	'clients-rejected': 'conn',
	'output-buffers': 'conn',
	'cpu-high': 'cpu',
	'ping-high': 'ping',
	stalled: 'ping',
	'commands-refused': 'errors',
	'auth-failing': 'errors',
	'lag-high': 'lag',
	'replication-link': 'lag',
	'resync-loop': 'lag',
};

const memoryFindings: ReadonlySet<FindingId> = new Set([
	'over-limit',
	'memory-high',
	'evicting',
	'oom-errors',
	'output-buffers',
	'fragmented',
	'swapped',
	'volatile-without-ttl',
]);

/** Their coming and going is told by findEvents, in its own kinds. */
const toldAsEvents: ReadonlySet<FindingId> = new Set([
	'unreachable',
	'loading',
	'slots-uncovered',
	'views-differ',
	'save-failing',
	'keys-lost',
]);

/** A node that does not answer, or stands still, and one that came back without its data: the next round may be too late. */
export const urgentFindings: ReadonlySet<string> = new Set<FindingId>([
	'unreachable',
	'stalled',
	'came-back-empty',
]);

type Listed<Rule> = readonly (readonly [FindingId, Rule])[];
type Rules = {
	readonly presence: Listed<NodeRule>;
	readonly stall: Listed<NodeRule>;
	readonly held: Listed<NodeRule>;
	readonly reading: Listed<NodeRule>;
	readonly kinds: Listed<KindRule>;
	readonly fleet: typeof fleetRules;
};

const listed = <Rule>(rules: { readonly [Id in FindingId]?: Rule }) => Object.entries(rules) as Listed<Rule>;

const allRules: Rules = {
	presence: listed(presenceRules),
	stall: listed(stallRules),
	held: listed(heldRules),
	reading: listed(readingRules),
	kinds: listed<KindRule>(kindRules),
	fleet: fleetRules,
};

const urgentOf = <Rule>(rules: Listed<Rule>): Listed<Rule> => rules.filter(([id]) => urgentFindings.has(id));

const urgentRules: Rules = {
	presence: urgentOf(allRules.presence),
	stall: urgentOf(allRules.stall),
	held: urgentOf(allRules.held),
	reading: urgentOf(allRules.reading),
	kinds: urgentOf(allRules.kinds),
	fleet: fleetRules.filter(([id]) => urgentFindings.has(id)),
};

/** Judges one round: what is found, what must be known next time, and what to tell of changes. */
export function judge(input: JudgeInput): Judged {
	const memories = rememberAll(input);
	const seen = observe(input, memories);
	const holds = new Map<string, Hold>();
	const events: FleetEvent[] = [];
	const pending: Pending[] = [];
	for (const [key, observed] of seen.observations) {
		const before = input.holds.holds.get(key);
		const next = advance(before, observed, input);
		if (next) holds.set(key, next);
		const event = tell(before, next, observed.observation, input);
		if (event) events.push(event);
		pending.push(...pendingOf(next, observed, input.limits));
	}
	for (const [key, hold] of input.holds.holds) {
		if (seen.observations.has(key) || !seen.kept.has(key)) continue;
		holds.set(key, hold);
		pending.push(...pendingOf(hold, undefined, input.limits));
	}
	const losses = sayLosses(input, memories);
	const notes = sayCacheFull(input, losses.memories);
	return {
		findings: listFindings(holds, input.limits),
		holds: { holds, memories: notes.memories },
		events: [...events, ...losses.events, ...notes.events],
		pending,
		looks: looksOf(input, memories, (id, node) => holds.get(keyOf(id, node))?.crossed ?? 0),
	};
}

/** What was shown goes on, with the time since when: a replay that begins in the middle has not seen it come. */
export function resumeHolds(known: Holds, findings: readonly Finding[], limits: Limits): Holds {
	const holds = new Map(known.holds);
	for (const { id, node, kind, severity, since, value, limit, text, unit } of findings) {
		if (!Object.hasOwn(limits, id)) continue;
		const { hold } = limitOf(limits, id as FindingId);
		const last = {
			severity,
			value,
			text,
			...(limit !== undefined && { limits: { [severity]: limit } }),
			unit,
		};
		holds.set(keyOf(id, node, kind), {
			...{ id: id as FindingId, node, kind, since, shown: severity, last },
			...{ crossed: hold, critical: severity === 'crit' ? hold : 0, milder: 0, absent: 0 },
		});
	}
	return { ...known, holds };
}

/** What a hold still waits for: to show, or to show as critical. */
function pendingOf(hold: Hold | undefined, observed: Observed | undefined, limits: Limits): Pending[] {
	const { id, node } = hold ?? observed!;
	const readingsLeft = observed?.observation?.isPending ? 1 : readingsLeftOf(hold, limits);
	const isCritical = mayBeCritical(hold, observed, limits);
	return readingsLeft > 0 ? [{ id, node, readingsLeft, ...(isCritical && { isCritical }) }] : [];
}

/** By what was read last: a critical value that has yet to hold, or nothing that says how bad it is. */
function mayBeCritical(hold: Hold | undefined, observed: Observed | undefined, limits: Limits): boolean {
	if (hold && hold.critical > 0) return true;
	const { isPending, severity, atWorst = 'crit' } = observed?.observation ?? {};
	return (
		isPending === true &&
		!severity &&
		atWorst === 'crit' &&
		limitOf(limits, (hold ?? observed!).id).crit !== undefined
	);
}

function readingsLeftOf(hold: Hold | undefined, limits: Limits): number {
	if (!hold || hold.crossed === 0) return 0;
	const needed = limitOf(limits, hold.id).hold;
	if (!hold.shown) return needed - hold.crossed;
	return hold.shown === 'warn' && hold.critical > 0 ? needed - hold.critical : 0;
}

const keyOf = (id: string, node: Address | undefined, kind?: string) =>
	kind === undefined ? `${id} ${node ?? ''}` : `${id} ${node ?? ''} ${kind}`;

function rememberAll(input: JudgeInput): Map<Address, NodeMemory> {
	const { fleet, tracks, holds, limits, at, freshNodes } = input;
	const memories = new Map<Address, NodeMemory>();
	for (const node of fleet.nodes) {
		const { address } = node;
		const before = holds.memories.get(address);
		const track = tracks.get(address);
		const isFresh = track !== undefined && freshNodes.has(address);
		const memory = isFresh ? remember(before, track, limits, at) : before;
		if (!memory || !track) continue;
		const view = { node, track, fleet, tracks, limits, at };
		const data = rememberData(before?.data, view, isFresh, input.clientsOf?.(address));
		const users = usersIn(before?.users, input.clientsOf?.(address)?.list);
		const circleSince = circleOf(node, fleet) && (before?.circleSince ?? at);
		memories.set(address, { ...memory, users, data, circleSince });
	}
	return memories;
}

type Observed = {
	readonly id: FindingId;
	readonly node?: Address;
	readonly kind?: string;
	readonly observation: Observation | undefined;
};
type Seen = {
	/** What was looked at in this round, by key; an undefined observation is one more reading without. */
	readonly observations: Map<string, Observed>;
	/** Keys that were not looked at and stay as they are; any other hold is dropped. */
	readonly kept: Set<string>;
	/** The holds of each node that has some: nearly all have none, and of those nothing that is not seen is kept. */
	readonly held: ReadonlyMap<Address, readonly (readonly [key: string, hold: Hold])[]>;
};

function heldByNode(holds: ReadonlyMap<string, Hold>): Seen['held'] {
	const held = new Map<Address, (readonly [string, Hold])[]>();
	for (const entry of holds) {
		const { node } = entry[1];
		if (node === undefined) continue;
		const known = held.get(node);
		if (known) known.push(entry);
		else held.set(node, [entry]);
	}
	return held;
}

function observe(input: JudgeInput, memories: ReadonlyMap<Address, NodeMemory>): Seen {
	const { fleet, tracks, limits, at, holds } = input;
	const since = (id: FindingId, node?: Address) => holds.holds.get(keyOf(id, node))?.since;
	const { migrations = [], clientsOf, deniedOf, elsewhere } = input;
	const memoryOf = (node: Address) => memories.get(node);
	const seenOf = { clientsOf, deniedOf, elsewhere };
	const view: FleetView = { fleet, tracks, limits, at, since, migrations, memoryOf, ...seenOf };
	const seen: Seen = { observations: new Map(), kept: new Set(), held: heldByNode(holds.holds) };
	const rules = input.isUrgentOnly ? urgentRules : allRules;
	for (const node of fleet.nodes) {
		const track = tracks.get(node.address);
		if (!track) continue;
		observeNode(input, { ...view, node, track, memory: memories.get(node.address) ?? noMemory }, rules, seen);
	}
	for (const [id, rule] of rules.fleet)
		for (const { node, ...observation } of rule(view)) {
			const key = keyOf(id, node);
			// What one rule has found stands while another is not decided.
			if (!observation.severity && seen.observations.get(key)?.observation?.severity) continue;
			seen.observations.set(key, { id, node, observation });
		}
	noteMissing(input, seen);
	return seen;
}

function observeNode(input: JudgeInput, view: NodeView, rules: Rules, seen: Seen): void {
	const { address } = view.node;
	observeRules(rules.presence, view, seen);
	if (!isSilent(view.node)) observeRules(rules.stall, view, seen);
	if (view.track.heldSince !== undefined) observeRules(rules.held, view, seen);
	if (!isMeasured(view.node)) return;
	const isFresh = input.freshNodes.has(address);
	if (isFresh) observeRules(rules.reading, view, seen);
	else if (seen.held.has(address)) for (const [id] of rules.reading) seen.kept.add(keyOf(id, address));
	for (const [id, rule] of rules.kinds) observeKinds(id, isFresh ? rule(view) : 'as it was', view, seen);
}

/** A kind that was there and is not seen now: one more reading without. */
function observeKinds(
	id: FindingId,
	found: ReturnType<KindRule>,
	{ node: { address: node } }: NodeView,
	seen: Seen,
): void {
	if (found !== 'as it was')
		for (const { kind, ...observation } of found)
			seen.observations.set(keyOf(id, node, kind), { id, node, kind, observation });
	for (const [key, hold] of seen.held.get(node) ?? []) {
		if (hold.id !== id || seen.observations.has(key)) continue;
		if (found === 'as it was') seen.kept.add(key);
		else seen.observations.set(key, { id, node, kind: hold.kind, observation: undefined });
	}
}

function observeRules(rules: Listed<NodeRule>, view: NodeView, seen: Seen): void {
	const node = view.node.address;
	const isHeld = seen.held.has(node);
	for (const [id, rule] of rules) {
		const observation = rule(view);
		// Sixty rules on a thousand nodes: what crosses nothing and is not held is nothing to remember.
		if (observation?.severity || observation?.isPending || isHeld)
			seen.observations.set(keyOf(id, node), { id, node, observation });
	}
}

const fleetWide: ReadonlySet<FindingId> = new Set(fleetRules.map(([id]) => id));

/** A fleet-wide finding that was there and is not seen now: one more round without. Of a silent node it is dropped. */
function noteMissing({ fleet, holds }: JudgeInput, seen: Seen): void {
	if (holds.holds.size === 0) return;
	const silent = new Set(fleet.nodes.filter(node => !isMeasured(node)).map(node => node.address));
	for (const [key, { id, node }] of holds.holds) {
		if (seen.observations.has(key) || !fleetWide.has(id)) continue;
		if (node !== undefined && silent.has(node)) continue;
		seen.observations.set(key, { id, node, observation: undefined });
	}
}

/** A hold after one more reading; undefined when there is nothing to hold. */
function advance(
	before: Hold | undefined,
	{ id, node, kind, observation }: Observed,
	input: JudgeInput,
): Hold | undefined {
	const severity = observation?.severity;
	if (!before && !severity) return undefined;
	const counted = {
		id,
		node,
		kind,
		crossed: severity ? (before?.crossed ?? 0) + 1 : 0,
		critical: severity === 'crit' ? (before?.critical ?? 0) + 1 : 0,
		milder: severity === 'crit' ? 0 : (before?.milder ?? 0) + 1,
		absent: severity ? 0 : (before?.absent ?? 0) + 1,
		...(!severity && { absentSince: before?.absentSince ?? input.at }),
		since: before?.since ?? input.at,
	};
	const shown = shownAfter(before?.shown, counted, limitOf(input.limits, id).hold);
	// A milder reading does not take the place of the one that a critical finding was judged by.
	const isMilder = !severity || (shown === 'crit' && severity !== 'crit');
	const last = isMilder && before ? before.last : observation!;
	// What never showed and is not there now is forgotten, so that its first crossing is counted anew.
	return shown || counted.crossed > 0 ? { ...counted, shown, last } : undefined;
}

function shownAfter(
	shown: Severity | undefined,
	{ crossed, critical, milder, absent }: Pick<Hold, 'crossed' | 'critical' | 'milder' | 'absent'>,
	hold: number,
): Severity | undefined {
	if (critical >= hold) return 'crit';
	if (!shown) return crossed >= hold ? 'warn' : undefined;
	if (absent >= hold) return undefined;
	return shown === 'crit' && milder >= hold ? 'warn' : shown;
}

/** The event of a finding that appeared, got worse or is over; undefined where nothing changed or another kind tells it. */
function tell(
	before: Hold | undefined,
	next: Hold | undefined,
	observation: Observation | undefined,
	{ at, fleet }: JudgeInput,
): FleetEvent | undefined {
	const hold = next ?? before;
	if (!hold || isToldElsewhere(hold.id, before?.shown ?? next?.shown)) return undefined;
	const shard = rowAt(fleet, hold.node)?.shard;
	const place = { at, node: hold.node, shard };
	if (before?.shown && !next?.shown)
		return { ...place, kind: 'finding-over', text: overText(hold, observation) };
	const severity = next?.shown;
	const isWorse = severity && severity !== before?.shown && before?.shown !== 'crit';
	if (!isWorse) return undefined;
	return { ...place, kind: 'finding', severity, text: next.last.told?.(severity) ?? next.last.text };
}

/** What was lost before anybody watched is a warning that no other kind of event tells. */
const isToldElsewhere = (id: FindingId, shown: Severity | undefined) =>
	toldAsEvents.has(id) && (id !== 'keys-lost' || shown !== 'warn');

/** Without a number of now it is named by what was said of it: the id alone tells nobody what is over. */
function overText({ id, last }: Hold, observation: Observation | undefined): string {
	const { over, calm } = observation ? wordsOf(observation) : {};
	if (over !== undefined) return over;
	return calm === undefined ? `no longer: ${last.text}` : `${id} over: ${calm}`;
}

/** Worst first, then by urgency, then by node: the first is what line 4 says. */
function listFindings(holds: ReadonlyMap<string, Hold>, limits: Limits): Finding[] {
	const findings: Finding[] = [];
	for (const hold of holds.values()) if (hold.shown) findings.push(findingOf(hold, hold.shown, limits));
	return findings.sort(
		(a, b) =>
			Number(b.severity === 'crit') - Number(a.severity === 'crit') ||
			rankOf(a.id) - rankOf(b.id) ||
			compare(a.node ?? '', b.node ?? '') ||
			compare(a.kind ?? '', b.kind ?? ''),
	);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function findingOf(
	{ id, node, kind, since, absentSince, last }: Hold,
	severity: Severity,
	limits: Limits,
): Finding {
	return {
		id,
		severity,
		node,
		value: last.value,
		limit: last.value === undefined ? undefined : (last.limits ?? limitOf(limits, id))[severity],
		unit: last.unit ?? unitOf(id),
		since,
		...(absentSince !== undefined && { absentSince }),
		text: last.text,
		...(kind !== undefined && { kind }),
		runbook: id === 'came-back-empty' ? 'lost-data' : memoryFindings.has(id) ? 'high-memory' : undefined,
		column: findingColumns[id],
	};
}

/** Told when it is known who did it, or when that is asked for in vain. */
const awaitedMilliseconds = 1500;

function sayLosses(
	{ fleet, at }: JudgeInput,
	before: ReadonlyMap<Address, NodeMemory>,
): { memories: ReadonlyMap<Address, NodeMemory>; events: FleetEvent[] } {
	let memories = before;
	const events: FleetEvent[] = [];
	for (const node of fleet.nodes) {
		const memory = before.get(node.address);
		const { loss, slow } = memory?.data ?? {};
		if (slow?.said)
			events.push({ ...noteOf(node, at, slow.said.text), kind: slow.said.kind, severity: 'warn' });
		if (!loss || loss.isTold || (loss.by === undefined && at - loss.at < awaitedMilliseconds)) continue;
		const told = { ...memory!, data: { ...memory!.data!, loss: { ...loss, isTold: true } } };
		memories = withMemory(before, memories, node.address, told);
		events.push({ ...noteOf(node, at, lossEventText(loss)), kind: 'keys-lost', severity: 'crit' });
	}
	return { memories, events };
}

type Memories = ReadonlyMap<Address, NodeMemory>;

/** Copied with the first that changes: in nearly all rounds none does. */
function withMemory(before: Memories, now: Memories, node: Address, memory: NodeMemory): Memories {
	const copy = now === before ? new Map(before) : (now as Map<Address, NodeMemory>);
	return copy.set(node, memory);
}

/** Somebody has seen that a primary came back empty: it is not shown any more, and stays in the events. */
export function markSeen({ holds, memories }: Holds, node: Address): Holds {
	const memory = memories.get(node);
	const comeback = memory?.data?.comeback;
	if (!memory?.data || !comeback) return { holds, memories };
	const seen = { ...memory, data: { ...memory.data, comeback: { ...comeback, isSeen: true } } };
	const left = [...holds].filter(([key]) => key !== keyOf('came-back-empty', node));
	return { holds: new Map(left), memories: new Map([...memories, [node, seen]]) };
}

/** Holds of before with what cannot be seen again later: the first keys of a node, a comeback between two rounds. */
export function keepComebacks(before: Holds, now: Holds): Holds {
	const memories = new Map(before.memories);
	for (const [node, { data }] of now.memories) {
		const known = memories.get(node);
		const isFirst = known === undefined && data?.before !== undefined;
		const isBack = data?.comeback !== undefined && data.comeback.at !== known?.data?.comeback?.at;
		if (!data || (!isFirst && !isBack)) continue;
		memories.set(node, {
			...(known ?? noMemory),
			// With the process that it is of: else the next reading would find it once more, with all of its time left.
			data: isFirst
				? data
				: { ...(known?.data ?? { readings: [] }), before: data.before, comeback: data.comeback },
		});
	}
	return { holds: before.holds, memories };
}

/** Of nodes that are called otherwise now: what is shown of them goes on, and what they were is not forgotten. */
export function renameHolds(before: Holds, renamed: ReadonlyMap<Address, Address>): Holds {
	if (renamed.size === 0) return before;
	const holds = new Map<string, Hold>();
	const memories = new Map<Address, NodeMemory>();
	// Of two rows that become one the row that stays has the word.
	const take = (isMoved: boolean) => {
		for (const hold of before.holds.values()) {
			const to = hold.node === undefined ? undefined : renamed.get(hold.node);
			const node = to ?? hold.node;
			const key = keyOf(hold.id, node, hold.kind);
			if ((to !== undefined) === isMoved && !holds.has(key)) holds.set(key, { ...hold, node });
		}
		for (const [node, memory] of before.memories) {
			const to = renamed.get(node);
			if ((to !== undefined) === isMoved && !memories.has(to ?? node)) memories.set(to ?? node, memory);
		}
	};
	take(false);
	take(true);
	return { holds, memories };
}

/** What is remembered of a primary that came back empty, seen or not. */
export const comebackOf = ({ memories }: Holds, node: Address) => memories.get(node)?.data?.comeback;

/** A full cache is normal and said once for each run of the server, when it has held as memory-high would. */
function sayCacheFull(
	{ fleet, tracks, limits, at, freshNodes }: JudgeInput,
	before: ReadonlyMap<Address, NodeMemory>,
): { memories: ReadonlyMap<Address, NodeMemory>; events: FleetEvent[] } {
	let memories = before;
	const events: FleetEvent[] = [];
	for (const node of fleet.nodes) {
		const track = tracks.get(node.address);
		const memory = before.get(node.address);
		if (!track || !memory || memory.isFullSaid || !freshNodes.has(node.address) || !isMeasured(node))
			continue;
		const text = cacheFullText({ track, limits });
		const fullReadings = text === undefined ? 0 : memory.fullReadings + 1;
		const isFullSaid = fullReadings >= limits['memory-high'].hold;
		if (fullReadings !== memory.fullReadings || isFullSaid !== memory.isFullSaid)
			memories = withMemory(before, memories, node.address, { ...memory, fullReadings, isFullSaid });
		if (isFullSaid && text !== undefined) events.push(noteOf(node, at, text));
	}
	return { memories, events };
}

const noteOf = (node: RedisNode, at: number, text: string): FleetEvent => ({
	at,
	kind: 'finding',
	node: node.address,
	shard: node.shard,
	text,
});
