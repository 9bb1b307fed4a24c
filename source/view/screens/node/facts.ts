// Everything the screen of one node draws from, looked up once a frame: the node's track and close look, cut to the
// window that is chosen. A node that is down keeps what was known last, with its age; what was never told is undefined.
// It makes no words but those for what is refused.

import { acknowledgedWord, behindOf } from '../../../core/fleet/offsets.ts';
import { infoDetailsOf } from '../../../core/fleet/sample.ts';
import type { InfoDetails } from '../../../core/info.ts';
import { isOwnEntry } from '../../../core/node/client-groups.ts';
import { type CloseLook, noCloseLook } from '../../../core/node/close-look.ts';
import { type CommandWindow, commandWindow } from '../../../core/node/command-window.ts';
import { type ErrorWindow, errorWindow } from '../../../core/node/error-window.ts';
import { type LatencyWindow, latencyWindow } from '../../../core/node/latency-histogram.ts';
import { type MemoryParts, memoryPartsOf } from '../../../core/node/memory-parts.ts';
import { type PersistenceState, persistenceStateOf } from '../../../core/node/persistence-state.ts';
import {
	type ReplicationReading,
	type ReplicationState,
	replicationStateOf,
} from '../../../core/node/replication-state.ts';
import { type SlowCount, slowBetween } from '../../../core/node/slowlog.ts';
import type { LargeEntry } from '../../../core/parse/parse-commandlog.ts';
import type { Address, Finding, Info, NodeTrack, RedisNode, SlowlogEntry } from '../../../core/types.ts';
import { type Earlier, windowOfNode } from '../../../state/earlier.ts';
import { type ChartWindow, type NodeState, ownWindows } from '../../../state/node-screen.ts';
import type { FleetTrack, State } from '../../../state/state.ts';

export type NodeFacts = {
	readonly node: NodeState;
	readonly fleet: FleetTrack;
	/** The moment that is drawn: now, or when time was stopped. */
	readonly at: number;
	readonly track?: NodeTrack;
	/** As the fleet's table has it; it has no figures while the node is down. */
	readonly row?: RedisNode;
	readonly close: CloseLook;
	/** The last that was read, also of a node that is down since. */
	readonly info?: Info;
	readonly details: InfoDetails;
	/** What is shown is not of now: seconds since the last answer. */
	readonly oldSeconds?: number;
	readonly findings: readonly Finding[];
	/** What the charts show: longer than the rest where a Prometheus has the time before. */
	readonly chart: ChartWindow;
	readonly earlier?: Earlier;
	/** Known by a Prometheus alone. */
	readonly isScraped: boolean;
	/** In what windows show. */
	readonly window: { readonly seconds: number; readonly words: string; readonly until: number };
	readonly isNow: boolean;
	readonly commands?: CommandWindow;
	readonly latency?: LatencyWindow;
	readonly errors?: ErrorWindow;
	readonly memory?: MemoryParts;
	readonly replication?: ReplicationState;
	readonly persistence?: PersistenceState;
};

/** Undefined while the screen was not opened, and of a node that is no longer known. */
export function nodeFacts(state: State): NodeFacts | undefined {
	const { node } = state;
	const fleet = node && shownFleet(state, node);
	if (!node || !fleet) return undefined;
	const address = knownAs(fleet, node.address);
	const track = fleet.tracks.get(address);
	const row = fleet.now.fleet.nodes.find(each => each.address === address);
	const at = state.paused?.at ?? state.at;
	const close = fleet.close.get(address) ?? noCloseLook;
	const info = track?.lastGood?.info;
	const details = track?.lastGood ? infoDetailsOf(track.lastGood) : {};
	// Of now, also while time stands: what came since is of then.
	const { earlier } = state.fleets.find(({ id }) => id === fleet.id) ?? fleet;
	const chart = windowOfNode(node, earlier !== undefined);
	const { seconds, words } = ownWindows.find(own => own.seconds >= chart.seconds) ?? ownWindows[2];
	const until = node.until ?? at;
	return {
		...{ node: { ...node, address }, fleet, at, track, row, close, info, details },
		oldSeconds: row && row.health !== 'up' && row.health !== 'loading' ? row.ageSeconds : undefined,
		findings: fleet.now.findings.filter(finding => finding.node === address),
		...{ chart, earlier, isScraped: fleet.source?.live.has(address) === false },
		window: { seconds, words, until },
		isNow: node.until === undefined,
		...windowsOf(close, track, node.until, seconds),
		memory: info && memoryPartsOf(info, close.memory?.stats),
		...statesOf(fleet, track, info, details),
	};
}

/** While time stands the fleet as it was then, where that was kept. */
function shownFleet(state: State, node: NodeState): FleetTrack | undefined {
	return (state.paused?.fleets ?? state.fleets).find(({ id }) => id === node.fleet);
}

/** A node may have got its announced name since the screen was opened. */
export const knownAs = (fleet: FleetTrack, address: Address): Address =>
	fleet.tracks.has(address) ? address : (fleet.aliases.get(address) ?? address);

function windowsOf(
	close: CloseLook,
	track: NodeTrack | undefined,
	until: number | undefined,
	seconds: number,
): Pick<NodeFacts, 'commands' | 'latency' | 'errors'> {
	const good = track?.lastGood;
	// Readings are kept by a clock that does not jump; the charts' ends are times of day.
	const clock = until === undefined || !good ? undefined : until - (good.at - good.clock);
	const cut = <Reading extends { readonly at: number }>(readings: readonly Reading[]) =>
		clock === undefined ? readings : readings.filter(reading => reading.at <= clock);
	return {
		commands: commandWindow(cut(close.commands), seconds),
		latency: latencyWindow(cut(close.latency), seconds),
		errors: errorWindow(cut(close.errors), seconds),
	};
}

function statesOf(
	fleet: FleetTrack,
	track: NodeTrack | undefined,
	info: Info | undefined,
	details: InfoDetails,
): Pick<NodeFacts, 'replication' | 'persistence'> {
	if (!track || !info) return {};
	const primary = primaryOf(fleet, track.address, info);
	const place = offsetOf(fleet, track.address, primary?.lastGood?.info);
	return {
		replication: replicationStateOf(
			{ info: { ...info, replicaOffset: place }, details, bytesPerSecond: track.rates?.replicationBytes },
			primary && readingOf(primary),
			replica => offsetOf(fleet, replica, info) ?? acknowledgedOffset(track, replica),
		),
		persistence: persistenceStateOf({ info, details, config: track.config, at: track.lastGood?.at ?? 0 }),
	};
}

/** Up to where a replica has read, as of its primary's newest reading: as far behind as its row is. */
function offsetOf(fleet: FleetTrack, replica: Address, primary: Info | undefined): number | undefined {
	const address = knownAs(fleet, replica);
	const row = fleet.now.fleet.nodes.find(each => each.address === address);
	if (row?.replicationLagBytes === undefined || primary?.replicationOffset === undefined) return undefined;
	return primary.replicationOffset - row.replicationLagBytes;
}

/** A replica that is not watched, or does not answer: without what was written since its last acknowledgement. */
function acknowledgedOffset({ lastGood, offsets }: NodeTrack, replica: Address): number | undefined {
	const line = lastGood?.info?.replicas?.find(
		({ address, state }) => address === replica && state === 'online',
	);
	const word = acknowledgedWord(line, offsets);
	const behind = word && behindOf(offsets, word);
	const end = lastGood?.info?.replicationOffset;
	return behind && end !== undefined ? end - Math.round(behind.least) : undefined;
}

function primaryOf(fleet: FleetTrack, address: Address, info: Info): NodeTrack | undefined {
	const row = fleet.now.fleet.nodes.find(each => each.address === address);
	const name = row?.primary ?? info.primary;
	const primary = name === undefined ? undefined : fleet.tracks.get(knownAs(fleet, name));
	return primary?.error ? undefined : primary;
}

function readingOf({ lastGood, rates }: NodeTrack): ReplicationReading | undefined {
	if (!lastGood?.info) return undefined;
	return { info: lastGood.info, details: infoDetailsOf(lastGood), bytesPerSecond: rates?.replicationBytes };
}

// ---------------------------------------------------------------------------------------------------------
// Logs

/** Without redis-top's own, which are listed but do not count. */
export const slowOfOthers = (facts: NodeFacts): readonly SlowlogEntry[] =>
	slowInWindow(facts).filter(entry => !isOwnEntry(entry));

/** Entries of the slow log that began in the window; `at` of an entry is the server's clock, and so is the window's. */
export function slowInWindow(facts: NodeFacts): readonly SlowlogEntry[] {
	return (facts.track?.slowlog ?? []).filter(entry => isInWindow(facts, entry.at));
}

/** How many that were, also of those that were never read. */
export function slowCountInWindow(facts: NodeFacts): SlowCount {
	if (!facts.track) return { count: 0, isLeast: false };
	const end = facts.window.until + serverAhead(facts);
	const until = facts.isNow ? Number.POSITIVE_INFINITY : end;
	return slowBetween(facts.track, end - facts.window.seconds * 1000 - 1000, until);
}

export const largeInWindow = (facts: NodeFacts): readonly LargeEntry[] =>
	facts.close.large.filter(entry => isInWindow(facts, entry.at));

/** The logs tell whole seconds, rounded down. */
function isInWindow(facts: NodeFacts, at: number): boolean {
	const end = facts.window.until + serverAhead(facts);
	return at + 1000 > end - facts.window.seconds * 1000 && (facts.isNow || at <= end);
}

/** How much the server's clock is before ours, ms. */
export function serverAhead({ info, track }: NodeFacts): number {
	const told = info?.serverTimeMicroseconds;
	return told === undefined || !track?.lastGood ? 0 : told / 1000 - track.lastGood.at;
}

// ---------------------------------------------------------------------------------------------------------
// What is not told

const refusalOf = ({ track }: NodeFacts, command: string) =>
	track?.refused.find(each => each.command === command);

/** `+slowlog|get`: what this user lacks for a command; undefined where it may be asked, or the server has not got it. */
export function lackedWord(facts: NodeFacts, command: string): string | undefined {
	const refusal = refusalOf(facts, command);
	return refusal?.why === 'no-permission' ? refusal.word : undefined;
}

/** Why a command (`slowlog get`) is not answered: what this user lacks, or that the server has not got it. */
export function refusedWords(facts: NodeFacts, command: string): string | undefined {
	const refusal = refusalOf(facts, command);
	if (!refusal) return undefined;
	return refusal.why === 'no-permission'
		? `not allowed for this user: ${refusal.word}`
		: `not known to this server: ${command.toUpperCase()}`;
}

/** All of them, for the message line. */
export function allRefused(facts: NodeFacts): string | undefined {
	const denied = facts.track?.refused.filter(each => each.why === 'no-permission') ?? [];
	return denied.length === 0
		? undefined
		: `not allowed for this user: ${denied.map(({ word }) => word).join(' ')}`;
}
