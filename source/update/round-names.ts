// Names in a round: one process under two names becomes one row, a node that is announced at another address is dialled
// there, and every view speaks of rows. Changes the map of tracks that it is given and says what the engine is to do.

import { myselfIn } from '../core/cluster/agreement.ts';
import { findAliases } from '../core/fleet/aliases.ts';
import { mostSteps, usualMostNodes, whyNotDialled } from '../core/fleet/allow.ts';
import { type Found, findNodes, movedTo, whyPlaceless } from '../core/fleet/discover.ts';
import { type Names, namesOf, nameViews, prefersHostnames } from '../core/fleet/names.ts';
import { processChange } from '../core/fleet/process-change.ts';
import { newTrack } from '../core/fleet/track.ts';
import { hasPlace } from '../core/parse/parse-address.ts';
import type { Address, Fleet, FleetEvent, NodeError, NodeTrack, Sample, Unwatched } from '../core/types.ts';
import type { Effect, FleetTrack } from '../state/state.ts';

type Tracks = Map<Address, NodeTrack>;

export type NamedRound = {
	readonly aliases: Map<Address, Address>;
	readonly names: Names;
	/** Rows that are called otherwise than in the round before. */
	readonly renamed: Map<Address, Address>;
};

/** One row a node, under its announced name, and its name in all views. */
export function nameNodes(before: FleetTrack, tracks: Tracks, effects: Effect[]): NamedRound {
	const aliases = aliasesLeft(before, tracks);
	dropOldPlaces(before, tracks, aliases);
	const renamed = new Map<Address, Address>();
	for (const { from, to } of findAliases(tracks, prefersHostnames(tracks))) {
		const here = tracks.get(from);
		const there = tracks.get(to);
		if (from === to || (!here && !there)) continue;
		if (here) {
			renamed.set(from, to);
			if (there && isKept(there, here)) dropRow(before, tracks, here, there, effects);
			else moveRow(before, tracks, here, to, effects);
		}
		alias(aliases, from, to);
	}
	const names = namesOf(tracks, aliases, before.names);
	nameViews(tracks, names);
	return { aliases, names, renamed };
}

/** Behind a balancer one name leads to several servers, one after the other: what it was another name of is a row again. */
function aliasesLeft(before: FleetTrack, tracks: Tracks): Map<Address, Address> {
	const isOther = (address: Address) => {
		const [was, is] = [before.tracks.get(address)?.lastGood, tracks.get(address)?.lastGood];
		return was !== undefined && is !== undefined && was !== is && processChange(was, is) === 'other-server';
	};
	return new Map([...before.aliases].filter(([, address]) => !isOther(address)));
}

/** A name that leads to another ip now: the old one may be another node's by and by. */
function dropOldPlaces(before: FleetTrack, tracks: Tracks, aliases: Map<Address, Address>): void {
	for (const { address, reached } of tracks.values()) {
		const was = before.tracks.get(address)?.reached;
		if (was !== undefined && was !== reached && aliases.get(was) === address) aliases.delete(was);
	}
}

function alias(aliases: Map<Address, Address>, from: Address, to: Address): void {
	for (const [name, row] of aliases) if (row === from) aliases.set(name, to);
	aliases.set(from, to);
	aliases.delete(to);
}

/** Of two rows of one node the one that answers, and of two that answer the one with the longer past. */
function isKept(there: NodeTrack, here: NodeTrack): boolean {
	if (there.gone || there.error || !there.lastGood) return false;
	return here.error !== undefined || there.firstSeenAt <= here.firstSeenAt;
}

const originOf = (here: NodeTrack, there: NodeTrack | undefined) =>
	there?.origin === 'seed' ? 'seed' : here.origin;

function dropRow(
	before: FleetTrack,
	tracks: Tracks,
	here: NodeTrack,
	there: NodeTrack,
	effects: Effect[],
): void {
	tracks.delete(here.address);
	tracks.set(there.address, { ...there, origin: originOf(there, here) });
	effects.push({ type: 'unwatch', fleet: before.id, nodes: [here.address] });
}

/** The row goes on under another name, and so does its connection. */
function moveRow(before: FleetTrack, tracks: Tracks, here: NodeTrack, to: Address, effects: Effect[]): void {
	const there = tracks.get(to);
	if (there) effects.push({ type: 'unwatch', fleet: before.id, nodes: [to] });
	tracks.delete(to);
	const announced = {
		...there?.announced,
		...here.announced,
		reachedAs: here.announced?.reachedAs ?? here.address,
	};
	renameKey(tracks, here, { ...here, address: to, origin: originOf(here, there), announced });
	effects.push({ type: 'rename', fleet: before.id, from: here.address, to });
}

/** In its place, for the order of the rows is that in which they were found. */
function renameKey(tracks: Tracks, here: NodeTrack, track: NodeTrack): void {
	const entries = [...tracks].map(([address, value]): [Address, NodeTrack] =>
		address === here.address ? [track.address, track] : [address, value],
	);
	tracks.clear();
	for (const [address, value] of entries) tracks.set(address, value);
}

/**
 * Nodes that do not answer where they were, and that the others have at another address by now: a new ip after a
 * restart, or the first that is known of a node that had none. The same row is dialled there.
 */
function followMoves(
	before: FleetTrack,
	tracks: Tracks,
	named: NamedRound,
	found: ReadonlyMap<Address, Found>,
	effects: Effect[],
): FleetEvent[] {
	const moves = [...tracks.values()].flatMap(track => {
		if (track.gone || !track.error || found.get(track.address)?.isNamed) return [];
		const to = placeNow(track, tracks, named);
		const isOpen = to !== undefined && whyNotDialled(to, before.bounds) === undefined;
		return !isOpen || to === track.address ? [] : [{ track, to }];
	});
	return moves.flatMap(({ track, to }) => moveElsewhere(before, tracks, named, track, to, effects));
}

function placeNow(track: NodeTrack, tracks: Tracks, { names, aliases }: NamedRound): Address | undefined {
	const isPlaced = hasPlace(track.address);
	const id = isPlaced ? track.toldPeers && myselfIn(track.toldPeers)?.id : track.address;
	const told = id === undefined ? undefined : movedTo(id, tracks, names.prefersHostnames);
	const place = told ?? (isPlaced ? undefined : placeOfMaster(track, tracks));
	return place && (aliases.get(place) ?? place);
}

/** A Sentinel's master whose name resolves again. */
function placeOfMaster({ address, group }: NodeTrack, tracks: Tracks): Address | undefined {
	if (group === undefined) return undefined;
	for (const { error, gone, sentinel } of tracks.values()) {
		const master = error || gone ? undefined : sentinel?.masters.find(each => each.name === group);
		if (master && master.address !== address && hasPlace(master.address)) return master.address;
	}
	return undefined;
}

function moveElsewhere(
	before: FleetTrack,
	tracks: Tracks,
	{ renamed, aliases }: NamedRound,
	track: NodeTrack,
	to: Address,
	effects: Effect[],
): FleetEvent[] {
	const { address: from, kind } = track;
	renamed.set(from, to);
	for (const [name, row] of aliases) if (row === from) aliases.set(name, to);
	if (hasPlace(from)) effects.push({ type: 'unwatch', fleet: before.id, nodes: [from] });
	if (tracks.has(to)) {
		tracks.delete(from);
		return [];
	}
	renameKey(tracks, track, { ...track, address: to, announced: undefined });
	effects.push({ type: 'rename', fleet: before.id, from, to });
	effects.push({ type: 'watch', fleet: before.id, nodes: [{ address: to, kind }] });
	return [
		{ at: before.now.fleet.at, kind: 'node-added', node: to, text: `has another address now, was ${from}` },
	];
}

/** The nodes that INFO and a Sentinel name, by their rows; CLUSTER NODES has its own rules, see names.ts. */
export function inRowNames(sample: Sample, aliases: ReadonlyMap<Address, Address>): Sample {
	if (aliases.size === 0 || (!sample.info && !sample.sentinel)) return sample;
	const nameOf = (address: Address) => aliases.get(address) ?? address;
	const named = <Subject extends { readonly address: Address }>(subject: Subject): Subject =>
		aliases.has(subject.address) ? { ...subject, address: nameOf(subject.address) } : subject;
	const { info, sentinel } = sample;
	const masters = sentinel?.masters.map(master => ({
		...named(master),
		...(master.replicas && { replicas: master.replicas.map(named) }),
		...(master.sentinels && { sentinels: master.sentinels.map(named) }),
	}));
	return {
		...sample,
		...(info && {
			info: {
				...info,
				...(info.primary !== undefined && { primary: nameOf(info.primary) }),
				...(info.replicas && { replicas: info.replicas.map(named) }),
			},
		}),
		...(sentinel && masters && { sentinel: { ...sentinel, masters } }),
	};
}

export type Discovered = {
	/** Rows that somebody names, or that were typed. */
	readonly named: Pick<ReadonlySet<Address>, 'has'>;
	readonly moved: readonly FleetEvent[];
	/** Named, and beyond what may be watched. */
	readonly unwatched?: Unwatched;
};

/**
 * Everybody who is named becomes a row and is watched; who has no address, or is not to be dialled, is a row that says so.
 * Of those that would be too many, or lead too far, there is no row.
 */
export function addFound(
	before: FleetTrack,
	tracks: Tracks,
	round: NamedRound,
	at: number,
	effects: Effect[],
): Discovered {
	const found = findNodes(tracks, round.aliases);
	const moved = followMoves(before, tracks, round, found, effects).map(event => ({ ...event, at }));
	const added: { address: Address; kind: 'data' | 'sentinel' }[] = [];
	const room = roomFor(before, tracks);
	for (const node of found.values()) {
		const address = round.renamed.get(node.address) ?? node.address;
		const track = tracks.get(address);
		if (track && !track.gone) {
			const next = told(track, node);
			if (next !== track) tracks.set(address, next);
			continue;
		}
		if (!room.take(node, track !== undefined)) continue;
		const error = whyNotAsked(node, address, tracks, before);
		const fresh = track
			? { ...track, gone: undefined }
			: newTrack(address, node.kind, node.origin, at, node.group, node.steps);
		tracks.set(address, told(error ? { ...fresh, error } : fresh, node));
		if (!error) added.push({ address, kind: node.kind });
	}
	if (added.length > 0) effects.push({ type: 'watch', fleet: before.id, nodes: added });
	dropPlaceless(tracks, found);
	const { renamed } = round;
	const named =
		renamed.size === 0 ? found : new Set([...found.keys()].map(name => renamed.get(name) ?? name));
	return { named, moved, unwatched: room.unwatched() };
}

function whyNotAsked(
	node: Found,
	address: Address,
	tracks: Tracks,
	{ bounds }: FleetTrack,
): NodeError | undefined {
	const placeless = whyPlaceless(node, tracks);
	if (placeless !== undefined) return { reason: 'no-address', text: placeless };
	const kept = whyNotDialled(address, bounds);
	return kept === undefined ? undefined : { reason: 'not-allowed', text: kept };
}

/** Rows of nodes that left count for less: a fleet whose every node gets a new address must fit in. */
const mostWithGone = 2;

function roomFor({ bounds }: FleetTrack, tracks: Tracks) {
	const most = bounds?.mostNodes ?? usualMostNodes;
	let there = 0;
	for (const { gone } of tracks.values()) if (!gone) there++;
	let rows = tracks.size;
	let tooMany = 0;
	let tooFar = 0;
	return {
		/** False where the node finds no place. */
		take({ origin, steps }: Found, isRow: boolean): boolean {
			if (origin === 'seed') return true;
			if (steps > mostSteps) tooFar++;
			else if (there >= most || (!isRow && rows >= mostWithGone * most)) tooMany++;
			else {
				there++;
				if (!isRow) rows++;
				return true;
			}
			return false;
		},
		unwatched(): Unwatched | undefined {
			if (tooMany > 0) return { nodes: tooMany + tooFar, most, isTooFar: false };
			return tooFar > 0 ? { nodes: tooFar, most: mostSteps, isTooFar: true } : undefined;
		},
	};
}

/** Of a node without an address nothing is known but that it is named: by whoever answers. */
function dropPlaceless(tracks: Tracks, found: ReadonlyMap<Address, Found>): void {
	if (![...tracks.values()].some(({ error, gone, latest }) => latest && !error && !gone)) return;
	for (const address of [...tracks.keys()])
		if (!hasPlace(address) && !found.has(address)) tracks.delete(address);
}

/** The track with what else is told of its node. */
function told(track: NodeTrack, { group, ip, hostname }: Found): NodeTrack {
	const isOther =
		(hostname !== undefined && hostname !== track.announced?.hostname) ||
		(ip !== undefined && hostname !== undefined && ip !== track.announced?.ip);
	const named = isOther ? { ...track, announced: { ...track.announced, ip, hostname } } : track;
	return group === undefined || group === named.group ? named : { ...named, group };
}

/** The round before, under the names of now: what is called otherwise has neither left nor joined. */
export function underNewNames<
	Before extends { readonly fleet: Fleet; readonly tracks: ReadonlyMap<Address, NodeTrack> },
>(before: Before, renamed: ReadonlyMap<Address, Address>): Before {
	if (renamed.size === 0) return before;
	const nameOf = (address: Address) => renamed.get(address) ?? address;
	const isDouble = (address: Address) => renamed.has(address) && before.tracks.has(nameOf(address));
	const nodes = before.fleet.nodes.filter(({ address }) => !isDouble(address));
	const tracks = [...before.tracks.values()].filter(({ address }) => !isDouble(address));
	const rename = <Subject extends { readonly address: Address }>(subject: Subject): Subject =>
		renamed.has(subject.address) ? { ...subject, address: nameOf(subject.address) } : subject;
	return {
		...before,
		fleet: { ...before.fleet, nodes: nodes.map(rename) },
		tracks: new Map(tracks.map(track => [nameOf(track.address), rename(track)])),
	};
}
