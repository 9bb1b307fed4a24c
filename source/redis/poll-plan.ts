// What is asked of a node, and how often: the one table behind every command that a refresh sends. The costs that
// justify it were measured on five server versions: INFO 20-40 us, CLUSTER NODES 15-100 us (0.8 ms when every slot
// is its own range), INFO commandstats 20-70 us, SLOWLOG GET 16 about 5 us. All calls of a visit leave in one write.

import { settingNames } from '../core/fleet/setting-names.ts';
import { manyClients } from '../core/node/client-groups.ts';
import type { SlotCounts } from '../core/parse/parse-slot-stats.ts';
import type { ServerName } from '../core/types.ts';
import { type Call, call } from './commands.ts';

/** What is known of a node when its calls are chosen. */
export type Asked = {
	/** `unknown` until its INFO has told: then only that is asked. */
	readonly kind: 'unknown' | 'data' | 'sentinel' | 'cluster';
	/** Names of the masters a Sentinel watches. */
	readonly masters: readonly string[];
	/** Of the process that answered last. */
	readonly runId?: string;
	readonly nodesInFleet: number;
	readonly server?: ServerName;
	/** As INFO tells it: [7, 0]. Valkey's own, not the frozen redis_version; of other servers what they are compatible with. */
	readonly version: readonly [major: number, minor: number];
	readonly connectedClients?: number;
	readonly isReplica?: boolean;
	/** Slots that this node's own line of CLUSTER NODES calls migrating or importing. */
	readonly openSlots: readonly string[];
	/** As its own line of CLUSTER NODES has them; left out until it has told. */
	readonly ownSlots?: string;
	/** So many more times it is asked for atomic migrations though nobody looks at the cluster. */
	readonly migrationLooks: number;
	/** Those that hold keys; left out until INFO has told. */
	readonly databases?: readonly number[];
	/** A screen or a runbook looks at this node closely. */
	readonly isOpen: boolean;
	/** The screen of the cluster is seen. */
	readonly isClusterOpen: boolean;
	/** What its slots are counted by, as they told last; undefined until they did. */
	readonly slotCounts?: SlotCounts;
};

type Planned = {
	/** Seconds between two of them; 0 is every refresh. */
	readonly every: (asked: Asked) => number;
	readonly of: readonly Asked['kind'][];
	/** Undefined is always. */
	readonly when?: (asked: Asked) => boolean;
	readonly calls: (asked: Asked) => readonly Call[];
};

/** A reshard has one or two slots open at a time; a crashed one may leave many. */
const mostOpenSlots = 16;
/** A cluster has one database, or some (Valkey 9): where it has more than these, nothing is said of its open slots. */
const mostDatabases = 16;

const isSince = (asked: Asked, redis: readonly [number, number], valkey: readonly [number, number]) => {
	const [major, minor] = asked.server === 'valkey' ? valkey : redis;
	return asked.version[0] > major || (asked.version[0] === major && asked.version[1] >= minor);
};
const never = [Number.POSITIVE_INFINITY, 0] as const;

/** Over this many nodes CLUSTER NODES is asked every 2 s: its reply grows with the nodes, and so do the askers. */
export const manyNodes = 50;

const isOpen = (asked: Asked) => asked.isOpen;

const plan: Readonly<Record<string, Planned>> = {
	info: { every: () => 0, of: ['unknown', 'data', 'cluster', 'sentinel'], calls: () => [call('info')] },
	// Once a connection, out of courtesy: our connection is not what is evicted. What reads keys has its own connections.
	courtesy: {
		every: () => Number.POSITIVE_INFINITY,
		of: ['data', 'cluster'],
		calls: () => [call('clientNoEvict', 'on')],
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
	commandstats: {
		every: asked => (asked.isOpen ? 2 : 5),
		of: ['data', 'cluster'],
		calls: () => [call('infoCommandstats')],
	},
	slowlog: {
		every: asked => (asked.isOpen ? 0 : 5),
		of: ['data', 'cluster'],
		calls: () => [call('slowlogGet', '16')],
	},
	config: {
		every: () => 60,
		of: ['data', 'cluster'],
		calls: asked =>
			asked.version[0] >= 7
				? [call('configGet', ...settingNames)]
				: settingNames.map(name => call('configGet', name)),
	},
	aclUsers: { every: () => 60, of: ['data', 'cluster'], calls: () => [call('aclUsers')] },
	// Only while a node is looked at closely.
	memoryStats: { every: () => 2, of: ['data', 'cluster'], when: isOpen, calls: () => [call('memoryStats')] },
	latencyHistogram: {
		every: () => 5,
		of: ['data', 'cluster'],
		when: asked => asked.isOpen && isSince(asked, [7, 0], [7, 0]),
		calls: () => [call('latencyHistogram')],
	},
	// What the server says of its own delays, and whom it refuses.
	latencyLatest: {
		every: () => 5,
		of: ['data', 'cluster'],
		when: isOpen,
		calls: () => [call('latencyLatest')],
	},
	aclLog: {
		every: () => 5,
		of: ['data', 'cluster'],
		when: asked => asked.isOpen && isSince(asked, [6, 0], [7, 0]),
		calls: () => [call('aclLog', '16')],
	},
	keysizes: {
		every: () => 10,
		of: ['data', 'cluster'],
		when: asked => asked.isOpen && isSince(asked, [8, 0], never),
		calls: () => [call('infoKeysizes')],
	},
	clientList: {
		every: () => 5,
		of: ['data', 'cluster'],
		when: asked => asked.isOpen && (asked.connectedClients ?? 0) <= manyClients,
		calls: () => [call('clientList')],
	},
	commandlog: {
		every: () => 5,
		of: ['data', 'cluster'],
		when: asked => asked.isOpen && isSince(asked, never, [8, 1]),
		calls: () => [call('commandlogGet', '16', 'large-request'), call('commandlogGet', '16', 'large-reply')],
	},
	// Only while the screen of the cluster is seen.
	slotCounts: {
		every: ({ slotCounts }) => (hasOrder(slotCounts) ? 60 : 5),
		of: ['cluster'],
		when: asked => asked.isClusterOpen && isSince(asked, [8, 2], [8, 0]),
		// Keys are counted whatever is switched on: what else is in the answer is what there is.
		calls: () => [slotsBy('KEY-COUNT', 1)],
	},
	slotStats: {
		every: () => 5,
		of: ['cluster'],
		when: asked => asked.isClusterOpen && hasOrder(asked.slotCounts),
		calls: ({ slotCounts }) => slotStatsCalls(slotCounts!),
	},
	// And while there is a sign of one, so that each is an event, whatever is looked at.
	slotMigrations: {
		every: () => 1,
		of: ['cluster'],
		when: asked => (asked.isClusterOpen || asked.migrationLooks > 0) && isSince(asked, [8, 4], [9, 0]),
		calls: asked => [
			asked.server === 'valkey' ? call('clusterGetslotmigrations') : call('clusterMigrationStatus', 'ALL'),
		],
	},
	openSlots: {
		// Seldom where nobody looks: it tells whether a slot that is open makes progress.
		every: asked => (asked.isClusterOpen ? 1 : 10),
		of: ['cluster'],
		calls: countCalls,
	},
};

/** By what is counted: an order by anything else is an error, which counts as the server's. */
function slotStatsCalls({ time, bytes, memory }: SlotCounts): readonly Call[] {
	const metrics = [
		...(time ? ['CPU-USEC'] : bytes ? ['NETWORK-BYTES-OUT', 'NETWORK-BYTES-IN'] : []),
		...(memory ? ['MEMORY-BYTES'] : []),
	];
	return metrics.map(metric => slotsBy(metric, 20));
}

const slotsBy = (metric: string, limit: number) =>
	call('clusterSlotStats', 'ORDERBY', metric, 'LIMIT', String(limit), 'DESC');

const hasOrder = (counts: SlotCounts | undefined) =>
	counts !== undefined && (counts.time || counts.bytes || counts.memory);

/** Each open slot is counted in each database that holds keys; the connection is back in the first one afterwards. */
function countCalls({ openSlots, databases = [] }: Asked): readonly Call[] {
	const counts = openSlots.slice(0, mostOpenSlots).map(slot => call('clusterCountkeysinslot', slot));
	const others = databases.filter(db => db !== 0).slice(0, mostDatabases);
	if (counts.length === 0 || others.length === 0) return counts;
	return [...counts, ...others.flatMap(db => [call('select', String(db)), ...counts]), call('select', '0')];
}

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
		if (!planned.of.includes(asked.kind) || planned.when?.(asked) === false) continue;
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

/** What was refused and is to be asked again is due, by the names of its commands. */
export function forgetLines(lastAsked: LastAsked, asked: Asked, features: readonly string[]): void {
	if (features.length === 0) return;
	for (const [name, planned] of Object.entries(plan))
		if (lastAsked.has(name) && planned.calls(asked).some(({ feature }) => features.includes(feature)))
			lastAsked.delete(name);
}

/**
 * What is asked four times a second while a failover is under way: where its transitions show, and nothing else. Under
 * Sentinels a role is only in INFO, and a switch only in their own lists.
 */
export function fastCalls(kind: Asked['kind']): readonly Call[] {
	switch (kind) {
		case 'cluster':
			return [call('clusterInfo'), call('clusterNodes')];
		case 'sentinel':
			return [call('sentinelMasters')];
		case 'data':
			return [call('info')];
		case 'unknown':
			return [];
	}
}
