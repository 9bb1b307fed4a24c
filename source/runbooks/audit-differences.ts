// Nodes of one fleet that are set differently: what works on one shard and fails on the next, or changes with a
// failover. The odd ones are named, the setting that most have is taken as the one that is meant. What is rightly
// different from node to node (ports, folders, priorities) is not compared.

import type { Address } from '../core/types.ts';
import { type AuditFleet, type AuditNode, configSet, type FleetPoint, fine, look } from './audit.ts';
import { textOf } from './reading.ts';

/** Compared over all nodes. */
const compared = [
	'maxmemory-samples',
	'maxclients',
	'client-output-buffer-limit',
	'maxmemory-clients',
	'timeout',
	'tcp-keepalive',
	'slowlog-log-slower-than',
	'latency-monitor-threshold',
	'hz',
	'cluster-node-timeout',
	'cluster-require-full-coverage',
	'cluster-allow-reads-when-down',
	'appendfsync',
	'aof-use-rdb-preamble',
	'stop-writes-on-bgsave-error',
	'min-replicas-to-write',
	'repl-backlog-size',
	'replica-ignore-maxmemory',
	'activedefrag',
	'disable-thp',
	'protected-mode',
	'lazyfree-lazy-eviction',
	'notify-keyspace-events',
] as const;

/** Compared among primaries, for replicas may save while primaries do not; a replica's limits are compared with its primary's. */
const comparedPrimaries = ['maxmemory', 'maxmemory-policy', 'save', 'appendonly'] as const;

const onlyCluster = /^cluster-/;

const differs: FleetPoint = {
	id: 'audit-differs',
	names: [...compared, ...comparedPrimaries],
	check: ({ nodes, fleet }: AuditFleet) => {
		const readable = nodes.filter(({ isReadable, node }) => isReadable && !node.isGone);
		const primaries = readable.filter(({ node }) => node.role === 'primary');
		const lines = [
			...compared
				.filter(name => fleet.mode === 'cluster' || !onlyCluster.test(name))
				.flatMap(name => differing(name, readable)),
			...comparedPrimaries.flatMap(name => differing(name, primaries)),
			...versions(nodes.filter(({ node }) => !node.isGone)),
		];
		if (lines.length > 0 || readable.length < 2) return lines;
		return [
			{
				nodes: readable.map(({ node }) => node.address),
				...fine(
					`${compared.length + comparedPrimaries.length} settings alike on ${readable.length} nodes`,
					'A failover or another shard behaves as this one does.',
				),
			},
		];
	},
};

function differing(name: string, views: readonly AuditNode[]) {
	const groups = groupsOf(views, view => view.setting(name));
	const odd = oddOnes(groups);
	if (!odd) return [];
	const means =
		'Nodes of one fleet behave differently: what holds on one shard does not on the next, or not after a failover.';
	return [
		{
			nodes: odd.nodes,
			...look(
				`${name} ${odd.words}`,
				means,
				`one value for all${odd.usual === undefined ? '' : `, as most have it: ${quoted(odd.usual)}`}`,
				odd.usual === undefined ? undefined : configSet(name, textOf(odd.usual)),
			),
		},
	];
}

function versions(views: readonly AuditNode[]) {
	const odd = oddOnes(
		groupsOf(views, ({ info }) =>
			info.version === undefined ? undefined : `${info.server ?? 'server'} ${info.version}`,
		),
	);
	if (!odd) return [];
	return [
		{
			nodes: odd.nodes,
			...look(
				`version ${odd.words}`,
				'A replica older than its primary may not be able to load what the primary sends; a newer primary may know what the others do not.',
				'one version, replicas first',
				'upgrade, fail over, upgrade',
			),
		},
	];
}

type Groups = ReadonlyMap<string, readonly Address[]>;

function groupsOf(views: readonly AuditNode[], valueIn: (view: AuditNode) => string | undefined): Groups {
	const groups = new Map<string, Address[]>();
	for (const view of views) {
		const value = valueIn(view);
		if (value !== undefined) groups.set(value, [...(groups.get(value) ?? []), view.node.address]);
	}
	return groups;
}

const quoted = (value: string) => (value === '' ? '""' : textOf(value));

/** `10 on most, 500 on 10.0.1.12:6379`; undefined where all are alike. Where no value has the most nodes, none is meant. */
function oddOnes(
	groups: Groups,
): { words: string; nodes: readonly Address[]; usual: string | undefined } | undefined {
	if (groups.size < 2) return undefined;
	const sorted = [...groups].sort((a, b) => b[1].length - a[1].length);
	const [first, second] = sorted as [[string, Address[]], [string, Address[]]];
	const usual = first[1].length > second[1].length ? first[0] : undefined;
	const others = usual === undefined ? sorted : sorted.slice(1);
	const words = others
		.slice(0, 4)
		.map(
			([value, nodes]) =>
				`${quoted(value)} on ${nodes.slice(0, 3).map(textOf).join(', ')}${nodes.length > 3 ? ` and ${nodes.length - 3} more` : ''}`,
		)
		.join('; ');
	return {
		words: usual === undefined ? words : `${words}; ${quoted(usual)} on the others`,
		nodes: others.flatMap(([, nodes]) => nodes),
		usual,
	};
}

/** Beside the topics, for it looks across all of them. */
export const differencePoints: readonly FleetPoint[] = [differs];
