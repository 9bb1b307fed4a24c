// The two lines at the head of the cluster screen: what the cluster or the Sentinels say in a few facts, and below it
// what that means where it is not well. `cluster_state` is never taken at its word: what is behind it is said.

import { diagnoses } from '../../../core/cluster/view-groups.ts';
import type { FleetSnapshot } from '../../../core/fleet/snapshot.ts';
import { slotsInCluster } from '../../../core/slots.ts';
import { printableText } from '../../../core/text/printable.ts';
import { count, duration } from '../../../core/text/quantity.ts';
import type { Agreement, Finding, Severity } from '../../../core/types.ts';
import type { FleetTrack, State } from '../../../state/state.ts';
import { gutterWidth, isNarrow } from '../../columns.ts';
import { fact, factsLine } from '../../parts/cells.ts';
import { markerOf, severityStyle } from '../../severity.ts';
import { crop, dim, type Line, plain } from '../../theme.ts';
import { byText, runningOf, viewsOf } from './parts.ts';

export function clusterFacts(state: State, fleet: FleetTrack, snapshot: FleetSnapshot): Line {
	const facts = factsOf(state, fleet, snapshot);
	return factsLine(facts, state.size.columns, isNarrow(state.size.columns) ? 2 : 3);
}

function factsOf(state: State, fleet: FleetTrack, snapshot: FleetSnapshot): readonly Line[] {
	switch (snapshot.fleet.mode) {
		case 'cluster':
			return clusterFactsOf(state, fleet, snapshot);
		case 'sentinel':
			return sentinelFacts(fleet, snapshot);
		case 'standalone':
			return replicationFacts(snapshot);
	}
}

function clusterFactsOf(state: State, track: FleetTrack, { fleet }: FleetSnapshot): readonly Line[] {
	const { agreement } = fleet;
	if (!agreement || agreement.viewsAsked === 0)
		return [[plain('no node tells its view of the cluster (+cluster|info, +cluster|nodes)')]];
	const { state: said, slotsCovered, epoch, viewsAgreeing, viewsAsked, primaries } = agreement;
	const isWhole = slotsCovered === slotsInCluster;
	const timeout = Number(settingOf(track, 'cluster-node-timeout')) / 1000;
	const coverage = settingOf(track, 'cluster-require-full-coverage');
	const majority = Math.floor(primaries / 2) + 1;
	const running = runningOf(state, track).length;
	return [
		fact('state', said ?? '-', said === 'fail' ? 'crit' : undefined),
		fact('slots', `${slotsCovered}/${slotsInCluster}`, isWhole ? undefined : 'crit'),
		fact('epoch', epoch === undefined ? '-' : String(epoch)),
		fact(
			'views agree',
			`${viewsAgreeing} of ${viewsAsked}${ageOf(agreement, fleet.at)}`,
			viewsAgreeing < viewsAsked ? 'warn' : undefined,
		),
		...(timeout > 0 ? [fact('node timeout', duration(timeout))] : []),
		fact('quorum', `${majority} of ${primaries}`),
		...(coverage === undefined
			? []
			: [fact('full coverage', coverage === 'yes' ? 'required' : 'not required')]),
		fact('migrating', String(running)),
	];
}

/** Of many nodes each is asked in turn: what was told longer ago than two refreshes says how long. */
function ageOf({ oldestViewAt: oldest }: Agreement, at: number): string {
	const seconds = oldest === undefined ? 0 : Math.round((at - oldest) / 1000);
	return seconds > oldSeconds ? `, told in the last ${duration(seconds)}` : '';
}
const oldSeconds = 5;

/** As the nodes have it that let us read it; several values where they differ. */
function settingOf(fleet: FleetTrack, name: string): string | undefined {
	const values = new Set([...fleet.tracks.values()].flatMap(track => track.config?.[name] ?? []));
	return values.size === 0 ? undefined : [...values].join(' or ');
}

function sentinelFacts(track: FleetTrack, { fleet }: FleetSnapshot): readonly Line[] {
	const { sentinels = [], masters = [] } = fleet.sentinel ?? {};
	const up = sentinels.filter(({ health, isSeenWell }) => health === 'up' || isSeenWell).length;
	const needed = Math.floor(sentinels.length / 2) + 1;
	const first = masters[0];
	const lost = masters.filter(({ isQuorumReachable }) => isQuorumReachable === false).length;
	const replicas = fleet.nodes.filter(node => node.role === 'replica' && !node.isGone).length;
	const reach = lost > 0 ? 'lost' : masters.every(each => each.isQuorumReachable) ? 'ok' : '-';
	const heard = track.sentinelLog.length;
	return [
		fact('sentinels', `${up} of ${sentinels.length} up`, up < sentinels.length ? 'warn' : undefined),
		fact(
			'quorum',
			`${first?.quorum ?? '-'}${masters.length > 1 ? '…' : ''} ${reach}`,
			lost > 0 ? 'crit' : undefined,
		),
		fact('majority', `${needed} of ${sentinels.length}`, up < needed ? 'crit' : undefined),
		fact('masters', String(masters.length)),
		fact('replicas', String(replicas)),
		...(heard > 0 ? [fact('events heard', count(heard))] : []),
	];
}

function replicationFacts({ fleet }: FleetSnapshot): readonly Line[] {
	const primaries = fleet.nodes.filter(node => node.role === 'primary');
	const replicas = fleet.nodes.filter(node => node.role === 'replica');
	const down = replicas.filter(
		node => (node.health === 'down' && !node.isSeenWell) || node.isLinkUp === false,
	).length;
	return [
		fact('primaries', String(primaries.length)),
		fact('replicas', String(replicas.length)),
		...(replicas.length > 0
			? [fact('links up', `${replicas.length - down} of ${replicas.length}`, down > 0 ? 'crit' : undefined)]
			: []),
		[dim('no cluster, no Sentinel')],
	];
}

/** What stands behind cluster_state where it is not ok, else the worst that is found of the whole fleet. */
export function diagnosisLine(state: State, fleet: FleetTrack, snapshot: FleetSnapshot): Line {
	const said = state.paused === undefined ? diagnosis(fleet) : undefined;
	const found = worstFinding(snapshot);
	const isWorse = found?.severity === 'crit' && said?.severity !== 'crit';
	const told = said && !isWorse ? said : (found ?? said);
	if (!told) return [];
	const marker = markerOf(told.severity);
	const width = gutterWidth(state.size.columns);
	return crop(
		[
			plain(' '),
			...(marker === '' ? [] : [{ text: marker, style: severityStyle(told.severity) }]),
			plain(' '.repeat(Math.max(1, width - 1 - marker.length))),
			plain(printableText(told.text, 400)),
		],
		state.size.columns,
		state.isAscii,
	);
}

type Said = { readonly text: string; readonly severity?: Severity };

/** What most nodes say that do not say ok. */
function diagnosis(fleet: FleetTrack): Said | undefined {
	if (fleet.now.fleet.mode !== 'cluster') return undefined;
	const all = diagnoses(viewsOf(fleet));
	const odd = byText(all.filter(({ diagnosis }) => diagnosis.kind !== 'ok'));
	const worst = odd.sort(
		(a, b) =>
			Number(b.severity === 'crit') - Number(a.severity === 'crit') || b.nodes.length - a.nodes.length,
	)[0];
	if (!worst) return undefined;
	const who =
		worst.nodes.length === all.length
			? 'all nodes'
			: worst.nodes.length === 1
				? worst.nodes[0]!
				: `${worst.nodes.length} of ${all.length} nodes`;
	return { text: `${who} say${worst.nodes.length === 1 ? 's' : ''} ${worst.text}`, severity: worst.severity };
}

/** Findings about the fleet as a whole, which no column of a node has: what is worse for all of it comes first. */
const aboutFleet: readonly string[] = [
	'slots-uncovered',
	'two-owners',
	'failover-impossible',
	'quorum-lost',
	'sentinel-tilt',
	'views-differ',
	'stale-primary',
	'no-replica',
	'replication-link',
	'resync-loop',
	'unreachable',
	'not-reached',
];

function worstFinding({ findings }: FleetSnapshot): Said | undefined {
	const own = findings
		.filter(({ id }) => aboutFleet.includes(id))
		.sort((a, b) => aboutFleet.indexOf(a.id) - aboutFleet.indexOf(b.id));
	const worst: Finding | undefined = own.find(({ severity }) => severity === 'crit') ?? own[0];
	if (!worst) return undefined;
	const more = own.length > 1 ? `   +${own.length - 1} more` : '';
	return { ...worst, text: `${worst.node === undefined ? '' : `${worst.node}  `}${worst.text}${more}` };
}
