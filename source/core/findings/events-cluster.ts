// What changed between two rounds in what the nodes of a cluster believe: links lost, suspicions, a failed node, slots
// without an owner, maps that part and meet, migrations. One event for a node or the fleet with how many see it, not
// one for each that does. Counted are nodes that answer; what a node says of itself does not count.

import { doubtedIn, myselfIn } from '../cluster/agreement.ts';
import { diagnoseState } from '../cluster/state-diagnosis.ts';
import { slotsInCluster } from '../slots.ts';
import type { Address, EventKind, Fleet, FleetEvent, NodeTrack, Peer, Severity, View } from '../types.ts';
import { viewsNow } from './findings-fleet.ts';

export type Moment = {
	readonly fleet: Fleet;
	readonly tracks: ReadonlyMap<Address, NodeTrack>;
	readonly at: number;
};

export function findClusterEvents(before: Moment, now: Moment): FleetEvent[] {
	const viewsBefore = viewsNow(before.tracks, before.at);
	const views = viewsNow(now.tracks, now.at);
	return [
		...findPeerEvents(viewsBefore, views, now),
		...findSlotEvents(before.fleet, now),
		...findStateEvents(before.fleet, now, views),
		...findViewEvents(before.fleet, now),
		...findMigrationEvents(viewsBefore, views, now),
	];
}

type Opinions = { readonly peer: Peer; asked: number; unlinked: number; pfail: number; fail: number };

/** Ids of the nodes that any of the views doubts: only of those is there anything to tell. */
const doubtedIds = (views: readonly View[]): ReadonlySet<string> =>
	new Set(views.flatMap(({ peers }) => doubtedIn(peers).map(peer => peer.id)));

/** What the views say of each of these nodes, not asking the node itself, by node id. */
function opinionsOf(views: readonly View[], ids: ReadonlySet<string>): Map<string, Opinions> {
	const opinions = new Map<string, Opinions>();
	if (ids.size === 0) return opinions;
	for (const { peers } of views)
		for (const peer of peers) {
			if (peer.isMyself || peer.isHandshake || !ids.has(peer.id)) continue;
			const of = opinions.get(peer.id) ?? { peer, asked: 0, unlinked: 0, pfail: 0, fail: 0 };
			of.asked += 1;
			of.unlinked += peer.isLinkUp ? 0 : 1;
			of.pfail += peer.isPfail ? 1 : 0;
			of.fail += peer.isFail ? 1 : 0;
			opinions.set(peer.id, of);
		}
	return opinions;
}

function findPeerEvents(viewsBefore: readonly View[], views: readonly View[], now: Moment): FleetEvent[] {
	const ids = doubtedIds(views);
	const known = opinionsOf(viewsBefore, ids);
	return [...opinionsOf(views, ids)].flatMap(([id, is]) => {
		const was = known.get(id);
		return was ? tellOpinions(was, is, now) : [];
	});
}

function tellOpinions(was: Opinions, is: Opinions, { fleet, at }: Moment): FleetEvent[] {
	const node = is.peer.address;
	const shard = fleet.nodes.find(candidate => candidate.address === node)?.shard;
	const event = (kind: EventKind, severity: Severity, text: string): FleetEvent => ({
		at,
		kind,
		node,
		shard,
		severity,
		text,
	});
	const events: FleetEvent[] = [];
	// The links to a frozen node come and go: once it is suspected that is no news.
	const isSuspected = was.pfail > 0 || was.fail > 0;
	if (is.unlinked > 0 && was.unlinked === 0 && !isSuspected)
		events.push(event('link-lost', 'warn', `${is.unlinked} of ${is.asked} nodes lost the link to it`));
	if (is.pfail > 0 && !isSuspected)
		events.push(event('pfail', 'warn', `pfail: ${is.pfail} of ${is.asked} nodes get no answer from it`));
	if (is.fail > 0 && was.fail === 0)
		events.push(event('fail', 'crit', 'fail: a majority agrees that it is down'));
	return events;
}

function findSlotEvents(before: Fleet, { fleet, at }: Moment): FleetEvent[] {
	const was = before.agreement;
	const is = fleet.agreement;
	if (!was?.viewsAsked || !is?.viewsAsked) return [];
	if (is.slotsCovered < was.slotsCovered)
		return [
			{
				at,
				kind: 'slots-uncovered',
				severity: 'crit',
				text: `${slotsInCluster - is.slotsCovered} of ${slotsInCluster} slots uncovered`,
			},
		];
	if (is.slotsCovered < slotsInCluster || was.slotsCovered >= slotsInCluster) return [];
	return [{ at, kind: 'slots-covered', text: `all ${slotsInCluster} slots covered` }];
}

function findStateEvents(before: Fleet, { fleet, at }: Moment, views: readonly View[]): FleetEvent[] {
	const was = before.agreement?.state ?? before.said?.state;
	const is = fleet.agreement?.state ?? fleet.said?.state;
	if (was === undefined || is === undefined || was === is) return [];
	if (is === 'ok') return [{ at, kind: 'cluster-state', text: 'cluster_state ok' }];
	const view = views.find(candidate => candidate.cluster.state === 'fail');
	const said = view ? diagnoseState(view.cluster, view.peers).text : 'fail';
	return [{ at, kind: 'cluster-state', severity: 'crit', text: `cluster_state ${said}` }];
}

function findViewEvents(before: Fleet, { fleet, at }: Moment): FleetEvent[] {
	const was = before.agreement;
	const is = fleet.agreement;
	if (!was?.viewsAsked || !is?.viewsAsked) return [];
	const differedBefore = was.viewsAgreeing < was.viewsAsked;
	const differs = is.viewsAgreeing < is.viewsAsked;
	if (differs === differedBefore) return [];
	if (!differs)
		return [{ at, kind: 'view-joined', text: `views agree, ${is.viewsAgreeing} of ${is.viewsAsked}` }];
	const text = `${is.viewsAsked - is.viewsAgreeing} of ${is.viewsAsked} nodes disagree on slot owners`;
	return [{ at, kind: 'view-split', severity: 'warn', node: is.minority[0], text }];
}

type Migration = { readonly from: string; readonly to: string; readonly slots: Set<number> };

/** Markers stand only in the views of the two nodes concerned; a pair of nodes is one migration, however many slots. */
function migrationsOf(views: readonly View[]): Map<string, Migration> {
	const migrations = new Map<string, Migration>();
	const mark = (from: string, to: string, slot: number) => {
		const key = `${from} ${to}`;
		const migration = migrations.get(key) ?? { from, to, slots: new Set<number>() };
		migration.slots.add(slot);
		migrations.set(key, migration);
	};
	for (const { peers } of views) {
		const myself = myselfIn(peers);
		for (const { slot, to } of myself?.migrating ?? []) mark(myself!.id, to, slot);
		for (const { slot, from } of myself?.importing ?? []) mark(from, myself!.id, slot);
	}
	return migrations;
}

function findMigrationEvents(
	viewsBefore: readonly View[],
	views: readonly View[],
	{ at }: Moment,
): FleetEvent[] {
	// Only of nodes whose view is there both times: one that is silent has not ended its migration.
	const nodes = new Set(viewsBefore.map(view => view.node));
	const both = new Set(views.filter(view => nodes.has(view.node)).map(view => view.node));
	const was = migrationsOf(viewsBefore.filter(view => both.has(view.node)));
	const is = migrationsOf(views.filter(view => both.has(view.node)));
	const nameOf = addressNames(views);
	const tell = (kind: EventKind, { from, to, slots }: Migration): FleetEvent => {
		const what = slots.size === 1 ? `slot ${[...slots][0]}` : `${slots.size} slots`;
		const how = kind === 'migration-started' ? 'started' : 'ended';
		return { at, kind, node: addressOf(views, from), text: `migration of ${what} to ${nameOf(to)} ${how}` };
	};
	return [
		...[...is].filter(([key]) => !was.has(key)).map(([, migration]) => tell('migration-started', migration)),
		...[...was].filter(([key]) => !is.has(key)).map(([, migration]) => tell('migration-ended', migration)),
	];
}

function addressOf(views: readonly View[], id: string): Address | undefined {
	for (const { node, peers } of views) {
		const peer = peers.find(candidate => candidate.id === id);
		if (peer) return peer.isMyself ? node : peer.address;
	}
	return undefined;
}

const addressNames = (views: readonly View[]) => (id: string) => addressOf(views, id) ?? id.slice(0, 8);
