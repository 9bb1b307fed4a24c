// The fleets as metrics, in Prometheus's text format 0.0.4: figures of nodes, verdicts, failovers, what redis-top cost. A
// fixed set of series, at most `mostSeries` a node, whatever the servers say: labels are fleets, nodes and words of ours,
// never names of keys or addresses of clients. What is not measured has no sample, so that a series ends where
// its node does; and nothing is told of a fleet that redis-top itself has not read in time. Writes nothing itself.

import { isUnderWay } from '../core/failover/failover.ts';
import type { FigureId } from '../core/figures.ts';
import { unmeasuredNodes } from '../core/findings/unmeasured.ts';
import {
	figureMetrics,
	findingUnits,
	type Metric,
	prefix,
	totalMetrics,
	wordLabels,
} from '../core/metric-names.ts';
import { isLeftOut } from '../core/text/node-trouble.ts';
import { printableText } from '../core/text/printable.ts';
import { type FindingId, thresholds } from '../core/thresholds.ts';
import type { Finding, Fleet, RedisNode } from '../core/types.ts';
import type { FleetTrack, State } from '../state/state.ts';
import { eventKinds, type FleetCounts, failoverOutcomes, type MetricCounts } from './metric-counts.ts';

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/** Series of one node; held by a test. */
export const mostSeries = 45;
/** Findings of one node that are told by themselves, the worst first, each with value and limit: 3 series. */
const mostFindings = 3;
/** Masters and Sentinels of a fleet: Sentinels name as many masters as they like. */
const mostMasters = 100;

export type OwnProcess = {
	readonly cpuSeconds: number;
	readonly residentBytes: number;
	/** Seconds since the epoch. */
	readonly startedAt: number;
};

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | undefined];

const gauge = (name: string, about: string): Metric => ({
	name: prefix + name,
	type: 'gauge',
	about,
	scale: 1,
});
const counter = (name: string, about: string): Metric => ({ ...gauge(name, about), type: 'counter' });

/** All that are not made from the table of figures; the help of each is what it means. */
export const ownMetrics = {
	build: gauge('build_info', 'the version of redis-top'),
	delay: gauge('delay_seconds', 'between two refreshes of redis-top'),
	age: gauge(
		'round_age_seconds',
		'since redis-top last read this fleet; of one not read in time nothing else is told',
	),
	fleet: gauge('fleet_info', 'a fleet that is watched, and its mode'),
	nodes: gauge('fleet_nodes', 'nodes of the fleet, without those that have left it'),
	unmeasured: gauge(
		'fleet_nodes_unmeasured',
		'of them those of which no reading is there and no finding speaks',
	),
	fleetFinding: gauge(
		'fleet_finding',
		'the worst of all nodes: 0 none, 1 warning, 2 critical; 0 is told only while every node is measured',
	),
	clusterState: gauge('cluster_ok', 'cluster_state: 1 ok, 0 fail'),
	slots: gauge('cluster_slots_covered', 'slots with a primary that serves them, of 16384'),
	epoch: gauge('cluster_epoch', 'current epoch'),
	agreeing: gauge('cluster_views_agreeing', 'nodes that see the same cluster'),
	asked: gauge('cluster_views_asked', 'nodes whose view of the cluster is known'),
	sentinelUp: gauge('sentinel_up', 'whether a Sentinel answers'),
	quorum: gauge('sentinel_quorum_reachable', 'whether the Sentinels could fail this master over'),
	events: counter('events_total', 'events by kind, as --json tells them'),
	failovers: counter('failovers_total', 'failovers by what they were: crash, manual, lost, back'),
	outage: {
		...gauge('failover_outage_seconds', 'how long nobody served, of all failovers'),
		type: 'summary',
	},
	lastOutage: gauge('failover_last_outage_seconds', 'how long nobody served, of the last failover'),
	lastFailover: gauge('failover_last_timestamp_seconds', 'when somebody served again, of the last failover'),
	underWay: gauge('failover_under_way', 'whether a failover is under way'),
	costCommands: gauge('cost_commands_per_second', 'commands of redis-top to the fleet'),
	costServer: gauge('cost_server_cpu_ratio', 'what they cost the servers, in cores'),
	costBytes: gauge('cost_bytes_per_second', 'bytes of redis-top to the fleet and back'),
	up: gauge('up', 'whether the node answers and serves: 0 is down, loading or silent'),
	info: gauge('node_info', 'who the node is'),
	nodeAge: gauge('reading_age_seconds', 'since the last good reading of the node'),
	verdict: gauge('verdict', 'the worst finding of the node: 0 none, 1 warning, 2 critical'),
	findings: gauge('findings', 'how many findings the node has'),
	finding: gauge('finding', 'a finding, while it lasts: 1 warning, 2 critical; of a node the worst three'),
	value: gauge('finding_value', 'what the finding was judged by, in the unit of the label'),
	limit: gauge('finding_limit', 'the limit that it crossed'),
} as const satisfies Readonly<Record<string, Metric>>;

export const processMetrics = {
	cpu: { name: 'process_cpu_seconds_total', type: 'counter', about: 'CPU time of redis-top', scale: 1 },
	memory: { name: 'process_resident_memory_bytes', type: 'gauge', about: 'memory of redis-top', scale: 1 },
	start: { name: 'process_start_time_seconds', type: 'gauge', about: 'when redis-top started', scale: 1 },
} as const satisfies Readonly<Record<string, Metric>>;

/** Refreshes that may be late before nothing is told of a fleet, and how much more beside. */
export const lateRefreshes = 3;
export const lateSeconds = 5;

/** The page of a scrape at `now`, on the program's own clock. Ends with a newline. */
export function metricsText(state: State, counts: MetricCounts, own: OwnProcess, now: number): string {
	const delaySeconds = state.paceSeconds ?? state.delaySeconds;
	const all = nameFleets(state.fleets).map(([name, track]) => ({
		name,
		track,
		ageSeconds: Math.max(0, now - track.now.fleet.at) / 1000,
	}));
	const isToldOf = ({ track, ageSeconds }: (typeof all)[number]) =>
		track.isDiscovered && track.rounds > 0 && ageSeconds <= delaySeconds * lateRefreshes + lateSeconds;
	const told = all.filter(isToldOf).map(one => ({ ...one, counts: counts.of(one.track.id) }));
	const page = createPage();
	page.add(ownMetrics.build, [[{ version: state.version }, 1]]);
	page.add(ownMetrics.delay, [[{}, delaySeconds]]);
	page.add(processMetrics.cpu, [[{}, own.cpuSeconds]]);
	page.add(processMetrics.memory, [[{}, own.residentBytes]]);
	page.add(processMetrics.start, [[{}, own.startedAt]]);
	page.add(
		ownMetrics.age,
		all.map(({ name, ageSeconds }) => [{ fleet: name }, ageSeconds]),
	);
	addFleets(page, told, state);
	addNodes(page, told);
	return page.text();
}

type Told = {
	readonly name: string;
	readonly track: FleetTrack;
	/** Since its last round. */
	readonly ageSeconds: number;
	readonly counts?: FleetCounts;
};

/** Two fleets of one name would be one series. */
function nameFleets(fleets: readonly FleetTrack[]): readonly (readonly [string, FleetTrack])[] {
	const taken = new Set<string>();
	return fleets.map(track => {
		const bare = track.now.fleet.name;
		const name = taken.has(bare) ? `${bare} #${track.id}` : bare;
		taken.add(name);
		return [name, track];
	});
}

// ---------------------------------------------------------------------------------------------------------
// A fleet

function addFleets(page: Page, told: readonly Told[], state: State): void {
	const each = (metric: Metric, read: (one: Told) => number | boolean | undefined) =>
		page.add(
			metric,
			told.map(one => [{ fleet: one.name }, numberOf(read(one))]),
		);
	page.add(
		ownMetrics.fleet,
		told.map(({ name, track }) => [{ fleet: name, mode: track.now.fleet.mode }, 1]),
	);
	each(ownMetrics.nodes, ({ track }) => track.now.fleet.nodes.filter(({ isGone }) => !isGone).length);
	each(ownMetrics.unmeasured, ({ track: { now } }) => unmeasuredNodes(now.fleet, now.findings).length);
	for (const [id, metric] of totalMetrics) each(metric, ({ track }) => track.now.fleet.totals[id]);
	page.add(ownMetrics.fleetFinding, told.flatMap(fleetFindings));
	each(ownMetrics.clusterState, ({ track }) => {
		const cluster = track.now.fleet.agreement?.state ?? track.now.fleet.said?.state;
		return cluster === undefined ? undefined : cluster === 'ok';
	});
	each(ownMetrics.slots, ({ track }) => track.now.fleet.agreement?.slotsCovered);
	each(ownMetrics.epoch, ({ track }) => track.now.fleet.agreement?.epoch ?? track.now.fleet.said?.epoch);
	each(ownMetrics.agreeing, ({ track }) => track.now.fleet.agreement?.viewsAgreeing);
	each(ownMetrics.asked, ({ track }) => track.now.fleet.agreement?.viewsAsked);
	addSentinels(page, told);
	page.add(
		ownMetrics.events,
		told.flatMap(({ name, counts }) =>
			eventKinds.map((kind): Sample => [{ fleet: name, kind }, counts?.events.get(kind)]),
		),
	);
	addFailovers(page, told, state);
	each(ownMetrics.costCommands, ({ track }) => track.now.fleet.cost.commandsPerSecond);
	each(ownMetrics.costServer, ({ track }) => times(track.now.fleet.cost.serverMicrosecondsPerSecond, 1e-6));
	each(ownMetrics.costBytes, ({ track }) => track.now.fleet.cost.bytesPerSecond);
}

function addSentinels(page: Page, told: readonly Told[]): void {
	page.add(
		ownMetrics.sentinelUp,
		told.flatMap(({ name, track }) =>
			(track.now.fleet.sentinel?.sentinels ?? [])
				.slice(0, mostMasters)
				.map(({ node, health }): Sample => [{ fleet: name, node }, Number(health === 'up')]),
		),
	);
	page.add(
		ownMetrics.quorum,
		told.flatMap(({ name, track }) =>
			(track.now.fleet.sentinel?.masters ?? [])
				.slice(0, mostMasters)
				.map(
					({ name: master, isQuorumReachable }): Sample => [
						{ fleet: name, master },
						numberOf(isQuorumReachable),
					],
				),
		),
	);
}

function addFailovers(page: Page, told: readonly Told[], { clockOffset = 0 }: State): void {
	page.add(
		ownMetrics.failovers,
		told.flatMap(({ name, counts }) =>
			failoverOutcomes.map((kind): Sample => [{ fleet: name, kind }, counts?.failovers.get(kind)]),
		),
	);
	const counted = told.flatMap(({ name, counts }) => (counts ? [{ name, counts }] : []));
	const sum = counted.map(({ name, counts }): Sample => [{ fleet: name }, counts.outageSeconds]);
	const count = counted.map(
		({ name, counts }): Sample => [
			{ fleet: name },
			[...counts.failovers.values()].reduce((all, one) => all + one, 0),
		],
	);
	page.add(ownMetrics.outage, sum, '_sum');
	page.add(ownMetrics.outage, count, '_count');
	const last = (read: (last: NonNullable<FleetCounts['last']>) => number) =>
		counted.map(({ name, counts }): Sample => [{ fleet: name }, counts.last && read(counts.last)]);
	page.add(
		ownMetrics.lastOutage,
		last(({ outageSeconds }) => outageSeconds),
	);
	page.add(
		ownMetrics.lastFailover,
		last(({ at }) => (at + clockOffset) / 1000),
	);
	page.add(
		ownMetrics.underWay,
		told.map(({ name, track }) => {
			const open = (track.now.failovers ?? []).filter(({ isSuspicion }) => !isSuspicion);
			return [{ fleet: name }, numberOf(isUnderWay(open))];
		}),
	);
}

const weights = { warn: 1, crit: 2 } as const;
const longestHold = Math.max(...thresholds.map(({ hold }) => hold));

/** Whether each rule has had all the readings that it waits for. */
const isJudged = (track: FleetTrack, is: (pending: FleetTrack['pending'][number]) => boolean): boolean =>
	track.rounds > longestHold || !track.pending.some(is);

/** Read now, or left out on purpose: of any other node a rule may have missed what it looks for. */
const isMeasured = ({ health, error, isGone }: RedisNode) =>
	isGone || isLeftOut(error) || (health === 'up' && error === undefined);

const isAnswering = ({ health, isGone }: RedisNode) => health === 'up' && !isGone;

function fleetFindings({ name, track }: Told): readonly Sample[] {
	const { fleet, findings } = track.now;
	// Where no node is left nobody was asked.
	const isWhole = fleet.nodes.every(isMeasured) && fleet.nodes.some(isAnswering);
	return thresholds.map(({ id }) => {
		const worst = findings.find(finding => finding.id === id);
		const isFine = isWhole && isJudged(track, pending => pending.id === id);
		return [{ fleet: name, finding: id }, worst ? weights[worst.severity] : isFine ? 0 : undefined];
	});
}

// ---------------------------------------------------------------------------------------------------------
// Nodes

type ToldNode = Told & {
	readonly node: RedisNode;
	readonly labels: Labels;
	readonly found: readonly Finding[];
};

/** `stale` in --json: its figures are not of now. */
const isRead = ({ health, isUnread }: RedisNode) =>
	(health === 'up' || health === 'loading') && isUnread !== true;

function addNodes(page: Page, told: readonly Told[]): void {
	const nodes = told.flatMap(toldNodes);
	const each = (metric: Metric, read: (one: ToldNode) => number | boolean | undefined) =>
		page.add(
			metric,
			nodes.map(one => [one.labels, times(numberOf(read(one)), metric.scale)]),
		);
	each(ownMetrics.up, ({ node }) => upOf(node));
	page.add(
		ownMetrics.info,
		nodes.map(one => [{ ...one.labels, ...who(one.node) }, 1]),
	);
	each(ownMetrics.nodeAge, ({ node, ageSeconds }) =>
		node.ageSeconds === undefined ? undefined : node.ageSeconds + ageSeconds,
	);
	each(ownMetrics.verdict, verdictOf);
	each(ownMetrics.findings, ({ node, found, track }) =>
		found.length > 0 || verdictOf({ node, found, track }) !== undefined ? found.length : undefined,
	);
	for (const [id, metric] of figureMetrics) each(metric, one => figureOf(one, id, metric));
	addFindings(page, told, nodes);
}

function toldNodes(one: Told): readonly ToldNode[] {
	const { fleet, findings } = one.track.now;
	const found = byNode(findings);
	return fleet.nodes
		.filter(({ isGone }) => !isGone)
		.map(node => ({
			...one,
			node,
			labels: { fleet: one.name, node: node.address },
			found: distinct(found.get(node.address) ?? []),
		}));
}

function byNode(findings: readonly Finding[]): ReadonlyMap<string | undefined, readonly Finding[]> {
	const groups = new Map<string | undefined, Finding[]>();
	for (const finding of findings) {
		const group = groups.get(finding.node);
		if (group) group.push(finding);
		else groups.set(finding.node, [finding]);
	}
	return groups;
}

/** One of each id: of several kinds of refused commands the worst, which comes first. */
const distinct = (findings: readonly Finding[]): readonly Finding[] =>
	findings.filter((finding, index) => findings.findIndex(({ id }) => id === finding.id) === index);

const upOf = (node: RedisNode): boolean | undefined => {
	if (node.health === 'up') return node.error === undefined || undefined;
	return node.health === 'stale' && node.error === undefined ? undefined : false;
};

/** Who it is; no word is empty in it, for an empty label is none. */
function who(node: RedisNode): Labels {
	const words = [...wordLabels].map(([id, label]) => [label, isRead(node) ? node[id] : undefined] as const);
	const labels = Object.entries({
		...{
			role: node.role,
			shard: node.shard,
			group: node.group,
			health: node.isUnread ? 'stale' : node.health,
		},
		...{ server: node.server ?? node.unknownServer, version: node.version },
		...Object.fromEntries(words),
	});
	return Object.fromEntries(
		labels.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
	);
}

/** What nobody has measured is not fine; what is found is told all the same. */
function verdictOf({ node, found, track }: Pick<ToldNode, 'node' | 'found' | 'track'>): number | undefined {
	if (found.length > 0) return Math.max(...found.map(({ severity }) => weights[severity]));
	const isFine = isMeasured(node) && !isLeftOut(node.error);
	return isFine && isJudged(track, pending => pending.node === node.address) ? 0 : undefined;
}

/** Of a node that is not read now nothing: not the last that was known, and no counter that stands still. */
function figureOf({ node, counts }: ToldNode, id: FigureId, { type }: Metric): number | boolean | undefined {
	const value = isRead(node) ? node[id] : undefined;
	if (typeof value === 'string') return undefined;
	return type === 'counter' && value !== undefined ? counts?.rises.get(node.address)?.get(id) : value;
}

/** Of the nodes and Sentinels that have some, and of the fleet itself. */
function addFindings(page: Page, told: readonly Told[], nodes: readonly ToldNode[]): void {
	const shown = new Set(nodes.map(({ name, node }) => `${name}\n${node.address}`));
	const others = told.flatMap(({ name, track }) =>
		[...byNode(track.now.findings)].flatMap(([node, found]) => {
			if (node !== undefined && (shown.has(`${name}\n${node}`) || !isSentinel(track.now.fleet, node)))
				return [];
			const labels: Labels = node === undefined ? { fleet: name } : { fleet: name, node };
			return [{ labels, found: distinct(found) }];
		}),
	);
	const all = [...nodes, ...others].flatMap(({ labels, found }) =>
		found.slice(0, mostFindings).map(finding => ({ finding, labels: { ...labels, finding: finding.id } })),
	);
	page.add(
		ownMetrics.finding,
		all.map(({ labels, finding }) => [labels, weights[finding.severity]]),
	);
	const judged = (read: (finding: Finding) => number | undefined) =>
		all.map(({ labels, finding }): Sample => {
			const [unit, scale] = findingUnits[finding.unit ?? unitOf(finding.id)];
			return [{ ...labels, unit }, times(read(finding), scale)];
		});
	page.add(
		ownMetrics.value,
		judged(({ value }) => value),
	);
	page.add(
		ownMetrics.limit,
		judged(({ limit }) => limit),
	);
}

const unitOf = (id: FindingId | string) => thresholds.find(threshold => threshold.id === id)?.unit ?? 'count';

const isSentinel = ({ sentinel }: Fleet, node: string) =>
	sentinel?.sentinels.some(one => one.node === node) === true;

// ---------------------------------------------------------------------------------------------------------
// The text

const numberOf = (value: number | boolean | undefined) =>
	typeof value === 'boolean' ? Number(value) : value;

/** To twelve digits: 0.1 ms are 0.0001 s, not what floating point makes of it. */
const times = (value: number | undefined, scale: number) =>
	value === undefined || scale === 1 ? value : Number((value * scale).toPrecision(12));

/** A name longer than this is one that nobody gave. */
const longestLabel = 200;

const escaped = (value: string) =>
	printableText(value, longestLabel).replace(/[\\"\n]/g, char => (char === '\n' ? '\\n' : `\\${char}`));

const labelsText = (labels: Labels) => {
	const words = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
	return words.length === 0 ? '' : `{${words.join(',')}}`;
};

type Page = {
	readonly add: (metric: Metric, samples: readonly Sample[], suffix?: string) => void;
	readonly text: () => string;
};

/** The lines of each metric stand together, and no series twice: a scraper throws the whole page away for either. */
function createPage(): Page {
	const lines: string[] = [];
	const named = new Set<string>();
	// A node has the same labels in forty metrics.
	const texts = new WeakMap<Labels, string>();
	const textOf = (labels: Labels) => {
		const text = texts.get(labels) ?? labelsText(labels);
		texts.set(labels, text);
		return text;
	};
	return {
		add({ name, type, about }, samples, suffix = '') {
			const seen = new Set<string>();
			for (const [labels, value] of samples) {
				if (value === undefined || !Number.isFinite(value)) continue;
				const text = textOf(labels);
				if (seen.has(text)) continue;
				seen.add(text);
				if (!named.has(name)) lines.push(`# HELP ${name} ${about}`, `# TYPE ${name} ${type}`);
				named.add(name);
				lines.push(`${name}${suffix}${text} ${value}`);
			}
		},
		text: () => `${lines.join('\n')}\n`,
	};
}
