// What is asked of a node, and how often: the one table behind every command that a refresh sends. The costs that
// justify it were measured on five server versions: INFO 20-40 us, CLUSTER NODES 15-100 us (0.8 ms when every slot
// is its own range), INFO commandstats 20-70 us, SLOWLOG GET 16 about 5 us. All calls of a visit leave in one write.

import { type Call, call } from './commands.ts';

/** What is known of a node when its calls are chosen. */
export type Asked = {
	/** `unknown` until its INFO has told: then only that is asked. */
	readonly kind: 'unknown' | 'data' | 'sentinel' | 'cluster';
	/** Names of the masters a Sentinel watches. */
	readonly masters: readonly string[];
	readonly nodesInFleet: number;
	/** INFO's redis_version has a multi-name CONFIG GET from 7.0. */
	readonly hasManyConfigNames: boolean;
};

type Planned = {
	/** Seconds between two of them; 0 is every refresh. */
	readonly every: (asked: Asked) => number;
	readonly of: readonly Asked['kind'][];
	readonly calls: (asked: Asked) => readonly Call[];
};

/** Over this many nodes CLUSTER NODES is asked every 2 s: its reply grows with the nodes, and so do the askers. */
export const manyNodes = 50;

/** Settings that INFO does not tell and that a finding or a screen needs. */
export const configNames = [
	'maxclients',
	'save',
	'appendonly',
	'slowlog-log-slower-than',
	'cluster-node-timeout',
	'cluster-require-full-coverage',
	'repl-backlog-size',
	'latency-monitor-threshold',
] as const;

const plan: Readonly<Record<string, Planned>> = {
	info: { every: () => 0, of: ['unknown', 'data', 'cluster', 'sentinel'], calls: () => [call('info')] },
	// Once a connection, out of courtesy: our connection is not what is evicted, and our reads touch no LRU clock.
	courtesy: {
		every: () => Number.POSITIVE_INFINITY,
		of: ['data', 'cluster'],
		calls: () => [call('clientNoEvict', 'on'), call('clientNoTouch', 'on')],
	},
	clusterInfo: { every: () => 0, of: ['cluster'], calls: () => [call('clusterInfo')] },
	clusterNodes: {
		every: asked => (asked.nodesInFleet > manyNodes ? 2 : 0),
		of: ['cluster'],
		calls: () => [call('clusterNodes')],
	},
	sentinelMasters: { every: () => 0, of: ['sentinel'], calls: () => [call('sentinelMasters')] },
	sentinelDetails: {
		every: () => 5,
		of: ['sentinel'],
		calls: asked =>
			asked.masters.flatMap(name => [
				call('sentinelReplicas', name),
				call('sentinelSentinels', name),
				call('sentinelCkquorum', name),
			]),
	},
	commandstats: { every: () => 5, of: ['data', 'cluster'], calls: () => [call('infoCommandstats')] },
	slowlog: { every: () => 5, of: ['data', 'cluster'], calls: () => [call('slowlogGet', '16')] },
	config: {
		every: () => 60,
		of: ['data', 'cluster'],
		calls: asked =>
			asked.hasManyConfigNames
				? [call('configGet', ...configNames)]
				: configNames.map(name => call('configGet', name)),
	},
};

/** When each line of the plan was last asked of a node, by our monotonic clock in seconds. */
export type LastAsked = Map<string, number>;

/** The calls due now; `lastAsked` is updated. A call is due a little early rather than a whole delay late. */
export function dueCalls(
	asked: Asked,
	lastAsked: LastAsked,
	now: number,
	delaySeconds: number,
): readonly Call[] {
	const due: Call[] = [];
	for (const [name, planned] of Object.entries(plan)) {
		if (!planned.of.includes(asked.kind)) continue;
		const every = planned.every(asked);
		const last = lastAsked.get(name);
		if (every > 0 && last !== undefined && now - last < every - Math.min(delaySeconds, every) / 2) continue;
		const calls = planned.calls(asked);
		if (calls.length === 0) continue;
		// What is asked every 2 s of 200 nodes is asked of 100 in each round, so that one round costs what the next does.
		const isFirst = last === undefined && asked.nodesInFleet > manyNodes;
		lastAsked.set(name, isFirst ? now - Math.random() * every : now);
		due.push(...calls);
	}
	return due;
}

/** What is asked four times a second while a failover is under way: the transitions, nothing else. */
export const fastCalls: readonly Call[] = [call('clusterInfo'), call('clusterNodes')];
