// What a round of readings does to the state: tracks, discovery, the fleet, events, findings, the snapshots to step
// back through. Pure. The engine hands rounds in as they come, live or from a file; here they are the same.

import { followRound, noClusterTrack } from '../core/cluster/cluster-track.ts';
import { keepTapes } from '../core/compare/read-tape.ts';
import { isUnderWay } from '../core/failover/failover.ts';
import { failoverEvents } from '../core/failover/failover-events.ts';
import type { Failover } from '../core/failover/failover-record.ts';
import { connectedEvent, findEvents } from '../core/findings/events.ts';
import { findAtomicEvents } from '../core/findings/events-migrations.ts';
import {
	type Holds,
	type Judged,
	judge,
	keepComebacks,
	noHolds,
	renameHolds,
	urgentFindings,
} from '../core/findings/findings.ts';
import type { Look } from '../core/findings/looks.ts';
import { type Bounds, hostInClear } from '../core/fleet/allow.ts';
import { buildFleet } from '../core/fleet/fleet.ts';
import { addPoint, emptySeries } from '../core/fleet/history.ts';
import { seenIll, seenWell } from '../core/fleet/reach.ts';
import type { Snapshot } from '../core/fleet/snapshot.ts';
import { absorb, newTrack } from '../core/fleet/track.ts';
import { addCloseLook, type CloseLook, noCloseLook } from '../core/node/close-look.ts';
import { hasPlace } from '../core/parse/parse-address.ts';
import { toldEvents, withTold, withToldFindings } from '../core/prometheus/told.ts';
import { isLeftOut, isSilent } from '../core/text/node-trouble.ts';
import { printableText } from '../core/text/printable.ts';
import type { Limits } from '../core/thresholds.ts';
import type {
	Address,
	Finding,
	Fleet,
	FleetEvent,
	NodeTrack,
	RedisNode,
	Sample,
	Series,
	Unwatched,
} from '../core/types.ts';
import type { Effect, FleetTrack, Message, State } from '../state/state.ts';
import { markGone } from './leaving.ts';
import { followNode } from './node.ts';
import { addFound, inRowNames, nameNodes, underNewNames } from './round-names.ts';
import { takeSource } from './source.ts';

type RoundMessage = Extract<Message, { type: 'round' }>;
type Tracks = Map<Address, NodeTrack>;

const eventsKept = 500;
/** Up to so many nodes keep an hour of commands and errors each, about 100 KB. */
const fewNodes = 50;
/** Rows of all snapshots together, about 1.5 KB each: half an hour of six nodes at 1 s, one minute of 200. */
const rowsKept = 12_000;
/** The fast phase ends after this long, failover or not: a shard that is lost for good is not polled fast for ever. */
const fastAtMostMilliseconds = 60_000;

export function newFleetTrack(
	id: number,
	name: string,
	seeds: readonly Address[],
	at: number,
	bounds?: Bounds,
): FleetTrack {
	const tracks = new Map(seeds.map(seed => [seed, newTrack(seed, 'data', 'seed', at)]));
	const fleet = buildFleet({
		name,
		at,
		delaySeconds: 1,
		tracks,
		opsHistory: emptySeries,
		hitRateHistory: emptySeries,
	});
	return {
		id,
		name,
		seeds,
		bounds,
		tracks,
		aliases: new Map(),
		close: new Map(),
		...noClusterTrack,
		holds: noHolds,
		pending: [],
		events: [],
		opsHistory: emptySeries,
		hitsHistory: emptySeries,
		lookupsHistory: emptySeries,
		now: { fleet, findings: [], events: [] },
		isDiscovered: false,
		rounds: 0,
	};
}

/** The state after a round, and whom to watch, rename or leave. */
export function updateRound(state: State, message: RoundMessage): [State, Effect[]] {
	const known = state.fleets.find(fleet => fleet.id === message.fleet);
	if (!known) return [state, []];
	const effects: Effect[] = [];
	const taken = takeSource(known, message);
	const after = nextFleetTrack(taken.before, taken.message, state, effects);
	const next = state.fleets.map(fleet => (fleet === known ? after : fleet));
	// The groups of a Prometheus are what its labels say.
	const merged = known.source || isApart(after, next) ? next : mergeFleets(next, effects);
	return stateAfter(state, message, merged, after, effects);
}

function stateAfter(
	state: State,
	message: RoundMessage,
	merged: readonly FleetTrack[],
	{ source }: FleetTrack,
	effects: Effect[],
): [State, Effect[]] {
	const paceSeconds = source?.paceSeconds ?? message.paceSeconds;
	const next: State = {
		...state,
		cursor: cursorAfter(state, merged, effects),
		node: followNode(state.node, effects),
		at: Math.max(state.at, message.at),
		clockOffset: message.clockOffset,
		fleets: merged,
		paceSeconds: paceSeconds !== undefined && paceSeconds > state.delaySeconds ? paceSeconds : undefined,
		isDiscovering: merged.some(fleet => !fleet.isDiscovered),
		isFast: merged.some(fleet => fleet.fastSince !== undefined),
	};
	return [message.isExtra ? next : keepSnapshot(next), effects];
}

/** On the first node as soon as one is known, and with it when it gets its announced name. */
function cursorAfter(
	state: State,
	fleets: readonly FleetTrack[],
	effects: readonly Effect[],
): Address | undefined {
	if (state.cursor === undefined) return fleets[0]?.now.fleet.nodes[0]?.address;
	const renamed = effects.find(effect => effect.type === 'rename' && effect.from === state.cursor);
	return renamed?.type === 'rename' ? renamed.to : state.cursor;
}

function nextFleetTrack(
	before: FleetTrack,
	message: RoundMessage,
	state: State,
	effects: Effect[],
): FleetTrack {
	const { at } = message;
	const tracks = takeSamples(before, message.samples);
	const round = nameNodes(before, tracks, effects);
	let moved: readonly FleetEvent[] = [];
	let unwatched: Unwatched | undefined;
	if (state.isDiscoveryOn && !before.source) {
		const discovered = addFound(before, tracks, round, at, effects);
		moved = discovered.moved;
		unwatched = discovered.unwatched;
		markGone(before, tracks, discovered.named, at, effects);
	}
	noteReach(tracks, round.aliases, state.limits, at);
	const then = underNewNames(
		{ fleet: before.now.fleet, tracks: before.tracks, at: before.now.fleet.at },
		round.renamed,
	);
	const fresh = freshNodes(before, tracks);
	// A scrape is as old as it is: the age of its row says so, and it is stale when others are missing.
	const unread = before.source ? noNodes : unreadNodes(before, tracks, fresh, message);
	const seen = buildFleet({
		name: before.name,
		at,
		delaySeconds: before.source?.paceSeconds ?? message.paceSeconds ?? state.delaySeconds,
		tracks,
		aliases: round.aliases,
		before: then.fleet,
		unread,
		unwatched,
		opsHistory: before.opsHistory,
		hitRateHistory: before.now.fleet.hitRateHistory,
	});
	const { told, live = noNodes } = before.source ?? {};
	const whole = withTold(seen, told, live);
	const histories = addHistories(before, whole, message);
	const fleet: Fleet = {
		...whole,
		opsHistory: histories.opsHistory,
		hitRateHistory: rateSeries(histories, before),
	};
	const isDiscovered = before.isDiscovered || message.isSettled;
	const samples = named(before, message.samples);
	const followed = followRound(before, then, { fleet, tracks, at, samples });
	const { failovers, migrations } = followed;
	const close = closeLooks(before, message.samples, tracks);
	const holds = renameHolds(before.holds, round.renamed);
	const judgeNow = () =>
		judge({
			fleet,
			tracks,
			holds,
			limits: state.limits,
			at,
			freshNodes: fresh,
			migrations: migrations.list,
			clientsOf: node => close.get(node)?.clients,
			deniedOf: node => close.get(node)?.denied,
			elsewhere: () =>
				state.fleets
					.filter(({ id }) => id !== before.id)
					.map(other => ({ tracks: other.tracks, memories: other.holds.memories })),
			isUrgentOnly: message.isExtra,
		});
	// A hold counts readings at the delay, not the fast ones of a failover: between rounds only what cannot wait is a
	// finding at once, and nothing else is judged.
	const judged = message.isExtra ? judgeExtra(before, holds, judgeNow()) : judgeNow();
	askMore(before, judged.looks, effects);
	const awaited = followAwaited(before, fleet, effects);
	const findings = withToldFindings(judged.findings, told, before.now.findings, live, at);
	const atomic = findAtomicEvents(before.migrations, migrations, { since: newsSince(before, then, at), at });
	const inClear = isDiscovered && !before.isClearTold ? clearEvent(tracks, before.bounds, at) : undefined;
	const news = isDiscovered
		? [
				...moved,
				...tell(before, then, fleet, tracks, failovers, at),
				...atomic,
				...toldEvents(before.now.findings, findings, told, at),
				...(inClear ? [inClear] : []),
			]
		: [];
	const fastSince = fastSinceOf(before, fleet, failovers, at);
	if ((fastSince === undefined) !== (before.fastSince === undefined))
		effects.push({ type: 'fast', fleet: before.id, isFast: fastSince !== undefined });
	// Newest first, and of one moment what follows from the rest: what a failover came to is told after it.
	const events = [...judged.events, ...news].reverse().sort((a, b) => b.at - a.at);
	const allEvents = events.length > 0 ? [...events, ...before.events].slice(0, eventsKept) : before.events;
	return {
		...before,
		...histories,
		tracks,
		unread,
		...(inClear && { isClearTold: true }),
		aliases: round.aliases,
		names: round.names,
		holds: judged.holds,
		pending: judged.pending,
		judgedAt: message.isExtra ? before.judgedAt : clocksOf(tracks),
		events: allEvents,
		now: { fleet, findings, events: allEvents, failovers, migrations },
		close,
		tapes: keepTapes(before.tapes ?? new Map(), {
			...{ at, tracks, close, rows: fleet.nodes, renamed: round.renamed },
			...{ tracksBefore: before.tracks, closeBefore: before.close },
		}),
		...followed,
		isDiscovered,
		rounds: isDiscovered && !message.isExtra ? before.rounds + 1 : before.rounds,
		fastSince,
		awaited,
	};
}

const noNodes: ReadonlySet<Address> = new Set();

const hostsNamed = 3;

/** Said once: whoever announces a host is given the password by it. */
function clearEvent(tracks: Tracks, bounds: Bounds | undefined, at: number): FleetEvent | undefined {
	if (!bounds?.isPasswordInClear) return undefined;
	const all = [...tracks.values()];
	// A seed that was named goes by its announced address here, or by where its name led.
	const known = all.filter(({ origin }) => origin === 'seed');
	const seeds = known.flatMap(({ address, reached }) => [address, ...(reached ? [reached] : [])]);
	const named = { ...bounds, seeds: [...bounds.seeds, ...seeds] };
	const asked = all.filter(({ address, error }) => hasPlace(address) && !isLeftOut(error));
	const hosts = [...new Set(asked.flatMap(({ address }) => hostInClear(address, named) ?? []))];
	if (hosts.length === 0) return undefined;
	const more = hosts.length > hostsNamed ? ` and ${hosts.length - hostsNamed} more` : '';
	const names = hosts.slice(0, hostsNamed).map(host => printableText(host));
	const text = `the password goes unencrypted to announced hosts: ${names.join(', ')}${more} (--tls, or allow in the settings)`;
	return { at, kind: 'node-added', text };
}

function judgeExtra(before: FleetTrack, holds: Holds, now: Judged): Judged {
	return {
		findings: withUrgent(before.now.findings, now.findings),
		holds: keepComebacks(holds, now.holds),
		events: [],
		looks: [],
		pending: before.pending,
	};
}

const keyOf = ({ id, node = '' }: Finding) => `${id} ${node}`;

function withUrgent(before: readonly Finding[], now: readonly Finding[]): readonly Finding[] {
	const told = new Map(
		now.filter(({ id }) => urgentFindings.has(id)).map(finding => [keyOf(finding), finding]),
	);
	if (told.size === 0) return before;
	const known = new Set(before.map(keyOf));
	const added = [...told].flatMap(([key, finding]) => (known.has(key) ? [] : [finding]));
	// Who came back is not unreachable any more.
	const back = new Set(added.flatMap(({ id, node }) => (id === 'unreachable' ? [] : [node])));
	const kept = before.filter(({ id, node }) => id !== 'unreachable' || !back.has(node));
	return [...added, ...kept.map(finding => told.get(keyOf(finding)) ?? finding)];
}

/** What would tell more of a finding is asked at once. */
function askMore({ id }: FleetTrack, looks: readonly Look[], effects: Effect[]): void {
	for (const { node, at } of looks) effects.push({ type: `ask-${at}`, fleet: id, node });
}

/**
 * Primaries that are gone while a replica holds their keys are tried again many times a second: one that comes back
 * empty leaves a second to save them.
 */
function followAwaited(before: FleetTrack, fleet: Fleet, effects: Effect[]): readonly Address[] {
	const holds = (node: RedisNode) =>
		node.role === 'replica' && !node.isGone && node.health !== 'down' && (node.keys ?? 0) > 0;
	const kept = new Set(fleet.nodes.filter(holds).map(({ primary }) => primary));
	const awaited = fleet.nodes
		.filter(node => isSilent(node) && kept.has(node.address))
		.map(({ address }) => address);
	const known = before.awaited ?? [];
	if (awaited.join() === known.join()) return known;
	effects.push({ type: 'await', fleet: before.id, nodes: awaited });
	return awaited;
}

/** A node that was read within this time is of now, however short the delay is. */
const newEnoughMilliseconds = 500;

/** Nodes whose rates are not of this refresh: what was said of them before stands, and is not said again as new. */
function unreadNodes(
	before: FleetTrack,
	tracks: Tracks,
	fresh: ReadonlySet<Address>,
	{ at, isExtra }: RoundMessage,
): ReadonlySet<Address> {
	const unread = new Set<Address>();
	for (const { address, kind, lastGood, silentSince } of tracks.values()) {
		if (kind !== 'data' || !lastGood || fresh.has(address)) continue;
		const isDue = isExtra ? before.unread?.has(address) || silentSince !== undefined : true;
		if (isDue && at - lastGood.at > newEnoughMilliseconds) unread.add(address);
	}
	return unread;
}

/** Nodes with another INFO than at the last round that was judged. */
function freshNodes(before: FleetTrack, tracks: Tracks): ReadonlySet<Address> {
	const fresh = new Set<Address>();
	for (const [address, track] of tracks) {
		const last = before.judgedAt?.get(address);
		if (track.lastGood && track.lastGood.clock !== last) fresh.add(address);
	}
	return fresh;
}

const clocksOf = (tracks: Tracks) =>
	new Map(
		[...tracks.values()].flatMap(track =>
			track.lastGood ? [[track.address, track.lastGood.clock] as const] : [],
		),
	);

function takeSamples(before: FleetTrack, samples: readonly Sample[]): Tracks {
	const tracks: Tracks = new Map(before.tracks);
	for (const sample of samples) {
		const address = nameOf(before, sample);
		const track = tracks.get(address);
		if (!track || track.gone) continue;
		const next = absorb(track, inRowNames(sample, before.aliases), before.rounds);
		tracks.set(
			address,
			sample.info?.mode === 'sentinel' && next.kind !== 'sentinel' ? { ...next, kind: 'sentinel' } : next,
		);
	}
	return tracks;
}

/** A node that only we do not reach is none that is lost; one that we may not ask may be, by the word of the others. */
function noteReach(tracks: Tracks, aliases: ReadonlyMap<Address, Address>, limits: Limits, at: number): void {
	const nameOf = (address: Address) => aliases.get(address) ?? address;
	const { heardSeconds } = limits['not-reached'].extra;
	const well = seenWell(tracks, nameOf, heardSeconds, at);
	const ill = seenIll(tracks, nameOf, heardSeconds, at);
	for (const [address, track] of tracks) {
		// Who has no address is not looked for: whether it is missed is another question.
		const isSeenWell = (well.has(address) && hasPlace(address)) || undefined;
		const isSeenIll = ill.has(address) || undefined;
		if (track.isSeenWell !== isSeenWell || track.isSeenIll !== isSeenIll)
			tracks.set(address, { ...track, isSeenWell, isSeenIll });
	}
}

/** Of nodes that are there. A fleet that is too many to be looked at one by one is not remembered by the hour. */
/** Nodes are asked for their tasks at the first sign of one, some rounds after it at most. */
const newsMilliseconds = 15_000;

/** What was over before is no news: in the first round all. */
const newsSince = ({ rounds }: FleetTrack, then: { readonly fleet: Fleet }, at: number) =>
	rounds > 0 ? then.fleet.at - newsMilliseconds : at;

function closeLooks(
	before: FleetTrack,
	samples: readonly Sample[],
	tracks: Tracks,
): ReadonlyMap<Address, CloseLook> {
	const told = samples.filter(sample => sample.info && tracks.get(nameOf(before, sample))?.kind === 'data');
	if (told.length === 0) return before.close;
	const close = new Map([...before.close].filter(([address]) => tracks.has(address)));
	for (const sample of told) {
		const address = nameOf(before, sample);
		close.set(address, addCloseLook(close.get(address) ?? noCloseLook, sample, tracks.size <= fewNodes));
	}
	return close;
}

const nameOf = (before: FleetTrack, { node }: Sample): Address => before.aliases.get(node) ?? node;

/** The samples under the names of the rows they belong to. */
const named = (before: FleetTrack, samples: readonly Sample[]): readonly Sample[] =>
	before.aliases.size === 0 ? samples : samples.map(sample => ({ ...sample, node: nameOf(before, sample) }));

type Histories = Pick<FleetTrack, 'opsHistory' | 'hitsHistory' | 'lookupsHistory'>;

/** A chart goes on with the figure that stands above it: the sum over the same nodes. */
function addHistories(before: FleetTrack, { totals }: Fleet, message: RoundMessage): Histories {
	const { opsHistory, hitsHistory, lookupsHistory } = before;
	if (message.isExtra) return { opsHistory, hitsHistory, lookupsHistory };
	const { opsPerSecond, hitRate, lookupsPerSecond } = totals;
	const lookups = hitRate === undefined ? undefined : lookupsPerSecond;
	const hits = lookups === undefined ? undefined : lookups * hitRate!;
	return {
		opsHistory: addPoint(opsHistory, message.at, opsPerSecond),
		hitsHistory: addPoint(hitsHistory, message.at, hits),
		lookupsHistory: addPoint(lookupsHistory, message.at, lookups),
	};
}

/** Hits over lookups, bucket by bucket: sums first, then the ratio. Closed buckets are divided once, when they close. */
export function rateSeries(
	{ hitsHistory: hits, lookupsHistory: lookups }: Omit<Histories, 'opsHistory'>,
	before?: FleetTrack,
): Series {
	const isSame =
		hits.closed === before?.hitsHistory.closed && lookups.closed === before.lookupsHistory.closed;
	return {
		...hits,
		closed: isSame
			? before.now.fleet.hitRateHistory.closed
			: hits.closed.map((value, index) => value / (lookups.closed[index] || Number.NaN)),
		openSum: lookups.openSum > 0 ? hits.openSum / lookups.openSum : 0,
		openCount: lookups.openSum > 0 ? 1 : 0,
	};
}

function tell(
	before: FleetTrack,
	then: { readonly fleet: Fleet; readonly tracks: ReadonlyMap<Address, NodeTrack> },
	fleet: Fleet,
	tracks: Tracks,
	failovers: readonly Failover[],
	at: number,
): FleetEvent[] {
	if (!before.isDiscovered) return before.source ? [] : [connectedEvent(fleet, before.seeds[0]!, at)];
	return [
		...findEvents(then.fleet, fleet, then.tracks, tracks, at),
		...failoverEvents(before.failovers, failovers, before.events),
	];
}

/** When the fast phase began; undefined while nothing is doubted, or when it has lasted its minute. */
function fastSinceOf(
	before: FleetTrack,
	fleet: Fleet,
	failovers: readonly Failover[],
	at: number,
): number | undefined {
	if (!isUnsettled(fleet, failovers)) return undefined;
	if (isAnother(before.failovers, failovers)) return at;
	if (before.fastSince === undefined) {
		// Unsettled for more than a minute already, and still: it stays slow until it has been settled once.
		return isUnsettled(before.now.fleet, before.failovers) ? undefined : at;
	}
	return at - before.fastSince > fastAtMostMilliseconds ? undefined : before.fastSince;
}

const isUnsettled = (fleet: Fleet, failovers: readonly Failover[]) =>
	fleet.agreement?.isUnsettled === true || isPrimaryLost(fleet) || isUnderWay(failovers);

/** One more has begun in earnest while the first goes on: it gets a minute of its own. */
const isAnother = (before: readonly Failover[], now: readonly Failover[]) =>
	before !== now &&
	now.some(
		each =>
			!each.isOver && !each.isSuspicion && !before.some(known => known.id === each.id && !known.isSuspicion),
	);

const isPrimaryLost = (fleet: Fleet) =>
	fleet.mode === 'cluster' &&
	fleet.nodes.some(
		node => node.slots.length > 0 && node.health === 'down' && !node.isSeenWell && hasPlace(node.address),
	);

/** Two seeds of one fleet are one fleet: the one that knows more nodes stays, for a seed that is dead knows only itself. */
function mergeFleets(fleets: readonly FleetTrack[], effects: Effect[]): readonly FleetTrack[] {
	if (fleets.length < 2) return fleets;
	const taken = new Set<string>();
	const kept = new Set<FleetTrack>();
	const seeds = new Set<Address>();
	for (const fleet of [...fleets].sort((a, b) => b.tracks.size - a.tracks.size || a.id - b.id)) {
		const addresses = [...fleet.tracks.keys()];
		const marks = [...fleet.tracks.values()].flatMap(marksOf);
		if (marks.some(mark => taken.has(mark))) {
			for (const { address, origin } of fleet.tracks.values()) if (origin === 'seed') seeds.add(address);
			effects.push({ type: 'unwatch', fleet: fleet.id, nodes: addresses });
			continue;
		}
		kept.add(fleet);
		for (const mark of marks) taken.add(mark);
	}
	if (kept.size === fleets.length) return fleets;
	return fleets.filter(fleet => kept.has(fleet)).map(fleet => withSeeds(fleet, seeds));
}

const marksKnown = new WeakMap<FleetTrack['tracks'], ReadonlySet<string>>();

function marksIn({ tracks }: FleetTrack): ReadonlySet<string> {
	const known = marksKnown.get(tracks);
	if (known) return known;
	const marks = new Set([...tracks.values()].flatMap(marksOf));
	marksKnown.set(tracks, marks);
	return marks;
}

/** The other fleets are as they were: whether two are one only this one can tell anew, at each round of dozens of fleets. */
function isApart(fleet: FleetTrack, fleets: readonly FleetTrack[]): boolean {
	const marks = [...marksIn(fleet)];
	return fleets.every(other => other === fleet || marks.every(mark => !marksIn(other).has(mark)));
}

/**
 * What a node of one fleet and of another have in common when it is one node: an address, or the process behind two
 * names. One that has left a fleet may be of the other now.
 */
function marksOf({ address, lastGood, error, gone }: NodeTrack): string[] {
	if (gone) return [];
	const runId = error ? undefined : lastGood?.info?.runId;
	return [...(hasPlace(address) ? [address] : []), ...(runId === undefined ? [] : [`run id ${runId}`])];
}

/** A node that somebody named is watched also when the others no longer know it. */
function withSeeds(fleet: FleetTrack, seeds: ReadonlySet<Address>): FleetTrack {
	const tracks = [...fleet.tracks].map(([address, track]): [Address, NodeTrack] => [
		address,
		seeds.has(address) ? { ...track, origin: 'seed' } : track,
	]);
	return { ...fleet, tracks: new Map(tracks) };
}

function keepSnapshot(state: State): State {
	const snapshot: Snapshot = { at: state.at, fleets: state.fleets.map(fleet => fleet.now) };
	const rows = Math.max(
		1,
		snapshot.fleets.reduce((sum, each) => sum + each.fleet.nodes.length, 0),
	);
	// With several fleets each round brings the others along unchanged: one snapshot a moment is enough.
	const last = state.past.at(-1);
	const isSame = last !== undefined && state.at - last.at < state.delaySeconds * 500;
	const past = [...(isSame ? state.past.slice(0, -1) : state.past), snapshot];
	const most = Math.max(2, Math.floor(rowsKept / rows));
	return { ...state, past: past.length > most ? past.slice(past.length - most) : past };
}
