// What a runbook is given: everything known of one node and of the fleet around it, as the polling, the close look and
// the scans of the key screens have left it. Nothing is asked for it here; what was not asked is undefined, and the
// checks say so.

import { comebackOf } from '../core/findings/findings.ts';
import { type ProcessChange, processChange } from '../core/fleet/process-change.ts';
import { isSameRun } from '../core/fleet/same-run.ts';
import { infoDetailsOf } from '../core/fleet/sample.ts';
import { primaryNow } from '../core/fleet/serving.ts';
import { printableText } from '../core/text/printable.ts';
import { bytes, count, percent } from '../core/text/quantity.ts';
import type { Address, NodeTrack, RedisNode, Sample } from '../core/types.ts';
import type { Change, ChangeMade, NodeExtra, RunbookInput } from '../runbooks/runbook.ts';
import type { BigKeysTrack, KeyScope } from './key-screens.ts';
import type { ChangeTrack } from './runbook-screen.ts';
import type { FleetTrack, State } from './state.ts';

/** Where a runbook looks: a node of a fleet. */
export type RunbookPlace = {
	readonly fleet: number;
	readonly address: Address;
	/** The newest reading of the node when it was begun: what it says is of that process and of no other. */
	readonly began?: Sample;
};

/** The fleet of a runbook; undefined once it is no longer watched. */
export const fleetOfRunbook = (state: State, place: RunbookPlace): FleetTrack | undefined =>
	state.fleets.find(({ id }) => id === place.fleet);

/** The node of a runbook, under the name it has now. */
export function nodeOfRunbook(state: State, place: RunbookPlace): RedisNode | undefined {
	const fleet = fleetOfRunbook(state, place);
	const address = fleet?.aliases.get(place.address) ?? place.address;
	return fleet?.now.fleet.nodes.find(node => node.address === address);
}

/** Undefined where the node is not known any more. */
export function runbookInput(state: State, place: RunbookPlace): RunbookInput | undefined {
	const fleet = fleetOfRunbook(state, place);
	const node = nodeOfRunbook(state, place);
	if (!fleet || !node) return undefined;
	const track = fleet.tracks.get(node.address);
	const close = fleet.close.get(node.address);
	const scan = scanOfProcess(scanOfRunbook(state, place), track);
	const changed = processSince(place, track);
	const comeback = comebackOf(fleet.holds, node.address);
	return {
		node,
		tracks: fleet.tracks,
		fleet: fleet.now.fleet,
		extras: extrasOf(fleet),
		findings: fleet.now.findings,
		limits: state.limits,
		clients: close?.clients?.list,
		memoryStats: close?.memory?.stats,
		details: close?.details,
		keysizes: close?.keysizes,
		scan: scan?.found,
		earlierScan: scan?.earlier,
		beforeScan: scan?.before?.get(node.address),
		// Of a scan that is over the result says it all.
		scanProgress: scan?.isOver ? undefined : scan?.progress,
		changesMade: changesOf(state, place).map(asMade),
		at: state.at,
		...(comeback && { comeback }),
		...(changed && { changed }),
		...(track && { track, usedHistory: track.counted }),
	};
}

/** What has become of the process that a runbook was begun with, or a change was sent to; undefined where it is there. */
export const processSince = (
	{ began }: { readonly began?: Sample },
	track: NodeTrack | undefined,
): ProcessChange | undefined => began && track?.lastGood && processChange(began, track.lastGood);

/** Keys that were read before another process took the address are none of its keys. */
function scanOfProcess(
	scan: BigKeysTrack | undefined,
	track: NodeTrack | undefined,
): BigKeysTrack | undefined {
	const before = track && scan?.before?.get(track.address)?.info.runId;
	return isSameRun(before, track?.lastGood?.info?.runId) ? scan : undefined;
}

/** What a scan for this node reads: its shard, which is the whole fleet where there is one shard. */
export function scopeOfRunbook(state: State, place: RunbookPlace): KeyScope {
	const fleet = fleetOfRunbook(state, place)?.now.fleet;
	const node = nodeOfRunbook(state, place);
	if (!fleet || !node) return { fleet: place.fleet };
	const primaries = fleet.nodes.filter(({ role, isGone }) => role === 'primary' && !isGone);
	return primaries.length > 1
		? { fleet: place.fleet, primary: primaryNow(fleet, node.address) }
		: { fleet: place.fleet };
}

/** The newest scan that read this node's keys. */
export function scanOfRunbook(state: State, place: RunbookPlace): BigKeysTrack | undefined {
	const fleet = fleetOfRunbook(state, place)?.now.fleet;
	const { primary } = scopeOfRunbook(state, place);
	const reads = ({ scope, only }: BigKeysTrack) =>
		only === undefined &&
		scope.fleet === place.fleet &&
		(scope.primary === undefined ||
			primary === undefined ||
			(fleet !== undefined && primaryNow(fleet, scope.primary) === primary));
	return state.bigKeys?.scans
		.filter(reads)
		.reduce<BigKeysTrack | undefined>(
			(newest, scan) => (newest && newest.startedAt >= scan.startedAt ? newest : scan),
			undefined,
		);
}

/** Changes sent to a node, oldest first. */
export const changesOf = (state: State, place: RunbookPlace): readonly ChangeTrack[] =>
	(state.changes ?? []).filter(({ fleet }) => fleet === place.fleet);

export const asMade = ({ change, sentAt, reply, before, after }: ChangeTrack): ChangeMade => ({
	change,
	at: sentAt,
	reply: reply ?? 'no reply yet',
	before,
	...(after !== undefined && { after }),
});

// ---------------------------------------------------------------------------------------------------------
// What nodes tell beyond their rows

function extrasOf(fleet: FleetTrack): ReadonlyMap<Address, NodeExtra> {
	return new Map([...fleet.tracks].map(([address, track]) => [address, extraOf(fleet, address, track)]));
}

function extraOf(fleet: FleetTrack, address: Address, track: NodeTrack): NodeExtra {
	const { lastGood, retainedSince } = track;
	if (!lastGood) return {};
	const { allocator, configFile, expiredStaleShare } = infoDetailsOf(lastGood);
	const expiryCapsPerSecond = capsPerSecond(fleet, address);
	return {
		...(allocator !== undefined && { allocator }),
		...(configFile !== undefined && { configFile }),
		...(expiredStaleShare !== undefined && { expiredStaleShare }),
		...(expiryCapsPerSecond !== undefined && { expiryCapsPerSecond }),
		...(retainedSince !== undefined && { retainedSince }),
		isPasswordless: lastGood.isPasswordless === true,
	};
}

function capsPerSecond(fleet: FleetTrack, address: Address): number | undefined {
	const caps = fleet.close.get(address)?.expiryCaps ?? [];
	const [first, last] = [caps[0], caps.at(-1)];
	if (!first || !last || last.at <= first.at) return undefined;
	return (last.count - first.count) / ((last.at - first.at) / 1000);
}

// ---------------------------------------------------------------------------------------------------------
// Before and after a change

/** How it stands where a change is to be sent: of one that keeps keys, the keys of each node; else memory. */
export function measureOfChange(state: State, fleet: number, { id, node }: Change): string {
	const nodes = state.fleets.find(each => each.id === fleet)?.now.fleet.nodes ?? [];
	if (!id.startsWith('keep-')) return measureOf(state, { fleet, address: node });
	const told = nodes.map(
		({ address, role, keys }) =>
			`${printableText(address)} ${role ?? ''} ${keys === undefined ? '-' : `${count(keys)} keys`}`,
	);
	return told.slice(0, 6).join(', ') || 'nothing is known yet';
}

/** How memory stands on a node: `maxmemory 12.0G, used 11.2G, rss 17.1G, 1.2k evicted/s, hit rate 84%`. */
function measureOf(state: State, place: RunbookPlace): string {
	const node = nodeOfRunbook(state, place);
	const fleet = fleetOfRunbook(state, place);
	if (!node || !fleet || node.health === 'down') return 'the node does not answer';
	const rates = fleet.tracks.get(node.address)?.rates;
	const told = [
		node.maxmemoryBytes === undefined ? undefined : `maxmemory ${limitWords(node.maxmemoryBytes)}`,
		node.usedMemoryBytes === undefined ? undefined : `used ${bytes(node.usedMemoryBytes)}`,
		node.rssBytes === undefined ? undefined : `rss ${bytes(node.rssBytes)}`,
		node.clientsBytes ? `client buffers ${bytes(node.clientsBytes)}` : undefined,
		node.evictedPerSecond === undefined ? undefined : `${count(node.evictedPerSecond)} evicted/s`,
		rates?.oomErrors === undefined ? undefined : `${count(rates.oomErrors)} OOM/s`,
		node.hitRate === undefined ? undefined : `hit rate ${percent(node.hitRate)}`,
	];
	return told.filter(text => text !== undefined).join(', ') || 'nothing is known yet';
}

const limitWords = (limit: number) => (limit === 0 ? 'none' : bytes(limit));
