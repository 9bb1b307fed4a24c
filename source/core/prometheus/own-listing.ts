// What redis-tops as services tell of their fleets, for one in front of them: rows under the exporter's names, the figures
// that no exporter has, and their verdicts, which are made of more than its figures and stand as they are. A fleet is one
// service's: where two watch the same, the one that comes first by name is believed.

import { type FigureId, figures } from '../figures.ts';
import { figureMetrics, findingUnits, prefix } from '../metric-names.ts';
import { hasPlace } from '../parse/parse-address.ts';
import { printableText } from '../text/printable.ts';
import { thresholds } from '../thresholds.ts';
import type { Address, FindingUnit } from '../types.ts';
import type { Labels, PromSeries } from './answer.ts';
import type { ListedNode } from './listing.ts';
import { addValue, type NodeFields } from './metrics.ts';
import { exporterNames, infoName, keysName, keysWithTtlName } from './own-names.ts';
import type { ToldFinding, ToldFleet } from './told.ts';

export const ownUp = `${prefix}up`;
const ageName = `${prefix}reading_age_seconds`;
const verdictName = `${prefix}verdict`;
const findingName = `${prefix}finding`;
const fleetFindingName = `${prefix}fleet_finding`;
const unmeasuredName = `${prefix}fleet_nodes_unmeasured`;
const hitName = `${prefix}fleet_hit_ratio`;
const clusterOk = `${prefix}cluster_ok`;
const clusterEpoch = `${prefix}cluster_epoch`;

const byOwnName = new Map(Object.entries(exporterNames).map(([theirs, ours]) => [ours, theirs]));

/** Figures that are told as they are, where nothing of the exporter's makes them. */
const gauges = new Map(
	[...figureMetrics].flatMap(([id, metric]) =>
		metric.type === 'gauge' &&
		!byOwnName.has(metric.name) &&
		![keysName, keysWithTtlName].includes(metric.name)
			? [[metric.name, { id, scale: metric.scale, isFlag: isFlag(id) }] as const]
			: [],
	),
);

function isFlag(id: FigureId): boolean {
	return figures[id].unit === 'flag';
}

/** All that is asked for beside who is there. */
export const ownMetricNames: readonly string[] = [
	...Object.values(exporterNames).filter(name => name !== ownUp),
	...[keysName, keysWithTtlName, ...gauges.keys()],
	...[verdictName, findingName, `${findingName}_value`, `${findingName}_limit`],
	...[fleetFindingName, unmeasuredName, hitName, clusterOk, clusterEpoch],
];

/** What a rate is made of. */
export const ownCounterNames: readonly string[] = Object.values(exporterNames).filter(
	name => name.endsWith('_total') || name === exporterNames.redis_uptime_in_seconds,
);

/** Of which node, in which fleet, by which service. */
export const fleetOf = ({ fleet = '', instance = '', job = '' }: Labels) => `${fleet}\0${instance}\0${job}`;
const keyOf = (labels: Labels) => `redis-top\0${fleetOf(labels)}\0${labels.node ?? ''}`;

export type OwnListing = {
	readonly nodes: readonly ListedNode[];
	/** Name of the group of a series. */
	readonly groupOf: (labels: Labels) => string | undefined;
	/** Fleets that are known, and of which no node is told. */
	readonly lost: readonly Labels[];
};

/**
 * From the answers to `redis_top_node_info`, its timestamps, `redis_top_up` and `redis_top_reading_age_seconds`; `known` is
 * each fleet that was there of late.
 */
export function listOwn({
	infos,
	stamps,
	up,
	ages,
	known = [],
}: {
	readonly [Name in 'infos' | 'stamps' | 'up' | 'ages']: readonly PromSeries[];
} & { readonly known?: readonly PromSeries[] }): OwnListing {
	const told = (series: readonly PromSeries[]) =>
		new Map(series.map(({ labels, values }) => [keyOf(labels), values.at(-1)]));
	const [stamped, upness, aged] = [told(stamps), told(up), told(ages)];
	// With those that are lost, so that no other takes the name of one.
	const groups = groupNames([...infos, ...known.filter(({ labels }) => labels.fleet)]);
	const there = new Set(infos.map(({ labels }) => fleetOf(labels)));
	const lost = known.filter(({ labels }) => labels.fleet && !there.has(fleetOf(labels)));
	const nodes = new Map<string, ListedNode>();
	for (const { labels, times } of infos) {
		if (!labels.node || times.length === 0) continue;
		const key = keyOf(labels);
		const group = groups.get(fleetOf(labels))!;
		const at = (stamped.get(key) ?? times.at(-1)! / 1000) * 1000;
		const scrapedAt = at - (aged.get(key) ?? 0) * 1000;
		const address = printableText(labels.node);
		nodes.set(key, {
			key,
			group,
			address,
			scrapedAt,
			isUp: (upness.get(key) ?? 0) > 0,
			by: labels.instance ?? '',
		});
	}
	return {
		nodes: [...nodes.values()],
		groupOf: labels => groups.get(fleetOf(labels)),
		lost: lost.map(({ labels }) => labels),
	};
}

/** Two services with a fleet of one name may watch two fleets: the second and further are told apart by their instance. */
function groupNames(infos: readonly PromSeries[]): ReadonlyMap<string, string> {
	const fleets = new Map(infos.map(({ labels }) => [fleetOf(labels), labels]));
	const taken = new Set<string>();
	const names = new Map<string, string>();
	for (const [key, { fleet = '-', instance = '-' }] of [...fleets].sort(([a], [b]) => (a < b ? -1 : 1))) {
		const name = printableText(taken.has(fleet) ? `${fleet} by ${instance}` : fleet, 120) || '-';
		taken.add(fleet);
		names.set(key, name);
	}
	return names;
}

export const ownKeyOf = keyOf;

/** The words of redis_top_node_info, and whom a replica follows: the primary of its shard. */
export function addOwnInfo(infos: readonly PromSeries[], nodes: ReadonlyMap<string, NodeFields>): void {
	const shardOf = (labels: Labels) => `${fleetOf(labels)}\0${labels.group ?? ''}\0${labels.shard ?? ''}`;
	const primaries = new Map<string, Address>();
	for (const { labels } of infos)
		if (labels.role === 'primary' && labels.node) primaries.set(shardOf(labels), labels.node);
	for (const { labels } of infos) {
		const fields = nodes.get(keyOf(labels));
		if (!fields) continue;
		const { role, version, server, maxmemory_policy, node = '' } = labels;
		const theirs = role === 'primary' ? 'master' : role === 'replica' ? 'slave' : '';
		const place = placeOf(node);
		addValue(
			fields,
			'redis_instance_info',
			{
				...{ role: theirs, redis_version: version ?? '', maxmemory_policy: maxmemory_policy ?? '' },
				...(place && { tcp_port: place.port }),
			},
			1,
		);
		if (server === 'valkey' && version) {
			fields.fields.set('server_name', 'valkey');
			fields.fields.set('valkey_version', version.slice(0, 40));
		}
		const primary = role === 'replica' && labels.shard ? primaries.get(shardOf(labels)) : undefined;
		const above = primary === undefined ? undefined : placeOf(primary);
		if (!above) continue;
		fields.fields.set('master_host', above.host);
		fields.fields.set('master_port', above.port);
	}
}

function placeOf(address: Address): { readonly host: string; readonly port: string } | undefined {
	if (!hasPlace(address)) return undefined;
	const colon = address.lastIndexOf(':');
	return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: address.slice(colon + 1) };
}

/** Takes in one metric of a node that an exporter has as well. */
export function addOwnValue(node: NodeFields, metric: string, value: number): void {
	const theirs = byOwnName.get(metric);
	if (theirs) addValue(node, theirs, {}, value);
	else if (metric === keysName) addValue(node, 'redis_db_keys', { db: 'db0' }, value);
	else if (metric === keysWithTtlName) addValue(node, 'redis_db_keys_expiring', { db: 'db0' }, value);
}

type Answers = ReadonlyMap<string, readonly PromSeries[]>;

/** What the services say of each group beside that, by the answers to `ownMetricNames`. */
export function toldBy(listing: OwnListing, answers: Answers): ReadonlyMap<string, ToldFleet> {
	const groups = new Map<string, ListedNode[]>();
	for (const node of listing.nodes) groups.set(node.group, [...(groups.get(node.group) ?? []), node]);
	return new Map([...groups].map(([group, nodes]) => [group, toldOf(group, nodes, listing, answers)]));
}

function toldOf(
	group: string,
	nodes: readonly ListedNode[],
	{ groupOf }: OwnListing,
	answers: Answers,
): ToldFleet {
	const of = (metric: string) =>
		(answers.get(metric) ?? []).filter(
			({ labels, values }) => values.length > 0 && groupOf(labels) === group,
		);
	const first = (metric: string) => of(metric)[0]?.values.at(-1);
	const told = new Map<Address, Record<string, number | boolean>>(nodes.map(({ address }) => [address, {}]));
	for (const [metric, { id, scale, isFlag: isYes }] of gauges)
		for (const { labels, values } of of(metric)) {
			const row = told.get(labels.node ?? '');
			if (row) row[id] = isYes ? values.at(-1)! > 0 : Number((values.at(-1)! / scale).toPrecision(12));
		}
	const judged = new Set(of(verdictName).map(({ labels }) => labels.node ?? ''));
	const verdicts = new Set(of(fleetFindingName).map(({ labels }) => labels.finding));
	const ok = first(clusterOk);
	const epoch = first(clusterEpoch);
	const hitRate = first(hitName);
	return {
		figures: told,
		judged,
		findings: findingsIn(of, nodes),
		isWhole: thresholds.every(({ id }) => verdicts.has(id)) && first(unmeasuredName) === 0,
		...(hitRate !== undefined && { hitRate }),
		...(ok !== undefined && {
			said: { state: ok > 0 ? 'ok' : 'fail', ...(epoch !== undefined && { epoch }) },
		}),
	};
}

function findingsIn(
	of: (metric: string) => readonly PromSeries[],
	nodes: readonly ListedNode[],
): readonly ToldFinding[] {
	const by = nodes[0]?.by ?? '';
	const keyOfFinding = ({ node = '', finding = '' }: Labels) => `${node}\0${finding}`;
	const values = new Map(of(`${findingName}_value`).map(each => [keyOfFinding(each.labels), each]));
	const limits = new Map(of(`${findingName}_limit`).map(each => [keyOfFinding(each.labels), each]));
	const named = of(findingName).map(({ labels, values: [severity] }): ToldFinding => {
		const key = keyOfFinding(labels);
		const unit = unitOf(values.get(key)?.labels.unit);
		return {
			...{ id: printableText(labels.finding ?? '-', 60), by, ...(labels.node && { node: labels.node }) },
			...{ severity: severity! >= 2 ? 'crit' : 'warn', unit },
			...{ value: values.get(key)?.values.at(-1), limit: limits.get(key)?.values.at(-1) },
		};
	});
	const known = new Set(named.map(({ id }) => id));
	// Of a node the worst three are told, of the fleet the worst of each.
	const others = of(fleetFindingName).flatMap(({ labels, values: [severity] }): ToldFinding[] => {
		const id = printableText(labels.finding ?? '-', 60);
		if (!severity || known.has(id)) return [];
		return [{ id, by, severity: severity >= 2 ? 'crit' : 'warn', unit: 'count' }];
	});
	return [...named, ...others];
}

const units = Object.entries(findingUnits) as readonly (readonly [FindingUnit, readonly [string, number]])[];

/** The units of a metric are base units: shares, seconds. */
const unitOf = (label: string | undefined): FindingUnit =>
	units.find(([, [name, scale]]) => name === label && scale === 1)?.[0] ?? 'count';

export const ownNames = { up: ownUp, info: infoName, age: ageName } as const;
