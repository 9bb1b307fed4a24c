// Which commands of the table are due at a node: those it polls, at their rhythm (core/commands.ts), and the keys of open
// slots. All calls of a visit leave in one write.

import {
	type Asked,
	type CommandName,
	commandNames,
	commandOf,
	isSince,
	type Poll,
} from '../core/commands.ts';
import { manyNodes } from '../core/thresholds.ts';
import { type Call, call } from './commands.ts';

type Line = {
	readonly name: string;
	readonly poll: Poll;
	readonly calls: (asked: Asked) => readonly Call[];
};

/** A reshard has one or two slots open at a time; a crashed one may leave many. */
const mostOpenSlots = 16;
/** A cluster has one database, or some (Valkey 9): where it has more than these, nothing is said of its open slots. */
const mostDatabases = 16;

const plan: readonly Line[] = [
	...(commandNames as readonly CommandName[]).flatMap(linesOf),
	{
		name: 'openSlots',
		// Seldom where nobody looks: it tells whether a slot that is open makes progress.
		poll: { every: asked => (asked.isClusterOpen ? 1 : 10), of: ['cluster'] },
		calls: countCalls,
	},
];

function linesOf(name: CommandName): readonly Line[] {
	const { polls = [], since } = commandOf(name);
	return polls.map((poll, index) => ({
		name: index === 0 ? name : `${name} ${index}`,
		poll: since ? { ...poll, when: asked => isSince(asked, since) && poll.when?.(asked) !== false } : poll,
		calls: asked => (poll.args?.(asked) ?? [[]]).map(args => call(name, ...args)),
	}));
}

/** Each open slot is counted in each database that holds keys; the connection is back in the first one afterwards. */
function countCalls({ openSlots, databases = [] }: Asked): readonly Call[] {
	const counts = openSlots.slice(0, mostOpenSlots).map(slot => call('clusterCountkeysinslot', slot));
	const others = databases.filter(db => db !== 0).slice(0, mostDatabases);
	if (counts.length === 0 || others.length === 0) return counts;
	return [...counts, ...others.flatMap(db => [call('select', String(db)), ...counts]), call('select', '0')];
}

/** When each line of the plan was last asked of a node, by the name of its command; our monotonic clock in seconds. */
export type LastAsked = Map<string, number>;

/** The calls due now; `lastAsked` is updated. A call is due a little early rather than a whole delay late. */
export function dueCalls(
	asked: Asked,
	lastAsked: LastAsked,
	now: number,
	delaySeconds: number,
): readonly Call[] {
	const due: Call[] = [];
	for (const { name, poll, calls: callsOf } of plan) {
		if (!poll.of.includes(asked.kind) || poll.when?.(asked) === false) continue;
		const every = typeof poll.every === 'number' ? poll.every : poll.every(asked);
		const last = lastAsked.get(name);
		if (every > 0 && last !== undefined && now - last < every - Math.min(delaySeconds, every) / 2) continue;
		const calls = callsOf(asked);
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
	for (const { name, calls } of plan)
		if (lastAsked.has(name) && calls(asked).some(({ feature }) => features.includes(feature)))
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
