// MONITOR windows of several nodes, or of one, as one result. Shares are of the fleet's commands: each node counts with
// its commands a second, for a window that ended after 20,000 commands does not say how many a second there are. A key
// is on one node (in a cluster by its slot; elsewhere each primary has keys of its own), so it keeps its own figures and
// gets its advice from them. Windows that never opened are named and left out. Pure.

import { sum } from '../sums.ts';
import type { OwnUse } from '../types.ts';
import { distinctNotes, type HotNote } from './hot-facts.ts';
import type {
	HotClient,
	HotCommand,
	HotKey,
	HotKeysCost,
	HotKeysResult,
	HotPattern,
	HotTarget,
} from './hot-keys.ts';
import { adviseOn } from './key-advice.ts';
import { createPatternTable, listPatterns, mergePatterns, type PatternTable } from './key-patterns.ts';
import { slotOf } from './key-slot.ts';
import type { MonitorTally, NodeLoad, TalliedKey } from './monitor-tally.ts';
import { combineShares, type ShareInterval } from './shares.ts';

export type TalliedNode = {
	readonly target: HotTarget;
	readonly tally: MonitorTally;
	/** Its commands a second without the window, over a second or more; as the window measured them, unless given. */
	readonly weight?: number;
};

/** What the advice needs to know beyond the nodes that were looked at. */
export type FleetFacts = {
	/** Primaries that share the slots: over how many a key could be spread. */
	readonly primaries?: number;
	/** Commands a second of a primary on average. */
	readonly meanOpsPerSecond?: number;
};

const z = 1.959964;
/** Counts by chance have a relative variance of one over what was counted; commands come in transactions and pipelines. */
const groupedCommands = 2;
const mostNames = 100;

type Part = {
	readonly target: HotTarget;
	readonly tally: MonitorTally;
	readonly ops: number;
	/** Of the fleet's commands, 0 to 1, and its standard error. */
	readonly weight: number;
	readonly weightError: number;
};

/** The `top` hottest keys and all else, with advice for what is known; `described` keys are worth a second `withAdvice`. */
export function mergeTallies(
	parts: readonly TalliedNode[],
	top: number,
	facts: FleetFacts = {},
): HotKeysResult {
	const opened = weighed(parts.filter(({ tally }) => isOpen(tally)));
	const all = opened.flatMap(part => part.tally.keys.map(key => ({ part, key, share: shareOf(part, key) })));
	all.sort((a, b) => b.share.share - a.share.share || b.key.hits - a.key.hits);
	const listed = all.slice(0, Math.max(0, top));
	const commands = sum(opened, ({ tally }) => tally.node.commands);
	const nodes = parts.map(({ tally }) => tally.node);
	const result: HotKeysResult = {
		method: 'monitor',
		at: Math.min(...parts.map(({ tally }) => tally.at)),
		seconds: Math.max(0, ...nodes.map(({ seconds }) => seconds)),
		commands,
		shareOf: 'commands',
		keys: listed.map(({ part, key, share }) => hotKey(part, key, share)),
		others: othersOf(
			opened,
			listed.map(({ part, key }) => ({ part, key })),
		),
		patterns: patternsOf(opened),
		byCommand: byName(opened, tally => tally.byCommand).map(
			([command, hits, share]): HotCommand => ({ command, hits, share }),
		),
		byClient: byName(opened, tally => tally.byHost).map(
			([client, hits, share]): HotClient => ({ client, hits, share }),
		),
		slots: [],
		nodes,
		notes: notesOf(parts),
		cost: costOf(parts.map(({ tally }) => tally.own)),
	};
	return withAdvice(result, { primaries: clusterPrimaries(parts), ...facts });
}

/** The same with the mitigations made anew from each key's own numbers: when its TTL has become known. */
export function withAdvice(result: HotKeysResult, facts: FleetFacts = {}): HotKeysResult {
	const ops = new Map(result.nodes.map(({ node, opsBefore }) => [node, opsBefore]));
	const known = [...ops.values()].filter(each => each !== undefined);
	const mean =
		facts.meanOpsPerSecond ?? (known.length > 0 ? sum(known, each => each) / known.length : undefined);
	return {
		...result,
		keys: result.keys.map(key => {
			const { hitsPerSecond, readShare } = key;
			if (hitsPerSecond === undefined || readShare === undefined) return key;
			const mitigations = adviseOn({
				key: key.key,
				hitsPerSecond,
				readShare,
				clients: key.clients,
				ttlSeconds: key.ttlSeconds ?? undefined,
				isAbsent: key.exists === false,
				topWrite: key.topWrite,
				nodeOpsPerSecond: ops.get(key.node),
				meanOpsPerSecond: mean,
				primaries: facts.primaries ?? 1,
				replicas: key.replicas.map(address => ({ address, isUp: true })),
			});
			return { ...key, mitigations };
		}),
	};
}

/** A window that was open and saw nothing says something; one that never began says nothing. */
const isOpen = ({ node }: MonitorTally) => node.seconds > 0;

function weighed(parts: readonly TalliedNode[]): Part[] {
	const loads = parts.map(({ weight, tally: { node, load } }): NodeLoad => {
		// What was counted is less than what the server counts where there are scripts.
		const share = load && node.opsBefore ? Math.min(1, load.opsPerSecond / node.opsBefore) : 1;
		if (weight !== undefined) return { opsPerSecond: weight * share, seen: weight };
		const inWindow = node.seconds > 0 ? node.commands / node.seconds : 0;
		return load ?? { opsPerSecond: inWindow, seen: node.commands };
	});
	const total = sum(loads, load => load.opsPerSecond);
	const shares = loads.map(load => (total > 0 ? load.opsPerSecond / total : 1 / parts.length));
	const variances = loads.map(load => groupedCommands / Math.max(1, load.seen));
	return parts.map(({ target, tally }, index) => {
		const terms = shares.map(
			(share, other) => (other === index ? (1 - share) ** 2 : share ** 2) * variances[other]!,
		);
		const weight = shares[index]!;
		return {
			target,
			tally,
			ops: loads[index]!.opsPerSecond,
			weight,
			weightError: parts.length > 1 ? weight * Math.sqrt(sum(terms, each => each)) : 0,
		};
	});
}

const none: ShareInterval = { share: 0, low: 0, high: 0 };

function shareOf({ weight, weightError }: Part, { interval }: TalliedKey): ShareInterval {
	const { share, low, high } = combineShares([
		{ weight, interval },
		{ weight: 1 - weight, interval: none },
	]);
	const byWeight = interval.share * weightError * z;
	return {
		share,
		low: Math.max(0, share - Math.hypot(share - low, byWeight)),
		high: Math.min(1, share + Math.hypot(high - share, byWeight)),
	};
}

function hotKey({ target, ops }: Part, key: TalliedKey, { share, low, high }: ShareInterval): HotKey {
	return {
		key: key.key,
		node: target.address,
		method: 'monitor',
		db: key.db,
		...(target.isCluster && { slot: slotOf(key.key) }),
		share,
		low,
		high,
		hits: key.hits,
		error: key.error,
		hitsPerSecond: key.interval.share * ops,
		readShare: key.readShare,
		topCommand: key.topCommand,
		topCommandShare: key.topCommandShare,
		topWrite: key.topWrite,
		clients: key.clients,
		replicas: target.replicas,
		mitigations: [],
	};
}

function othersOf(
	parts: readonly Part[],
	listed: readonly { readonly part: Part; readonly key: TalliedKey }[],
): HotKeysResult['others'] {
	const left = parts.map(part => {
		const own = listed.filter(each => each.part === part);
		const hits = Math.max(0, part.tally.keyHits - sum(own, ({ key }) => key.hits - key.error));
		return { part, hits, keys: Math.max(0, part.tally.distinctKeys - own.length) };
	});
	return {
		hits: sum(left, ({ hits }) => hits),
		// A command with several keys is several hits: never more than all.
		share: Math.min(
			1,
			sum(left, ({ part, hits }) => hits * perHit(part)),
		),
		keys: sum(left, ({ keys }) => keys),
	};
}

/** What one hit on this node is of the fleet's commands. */
const perHit = ({ weight, tally }: Part) => weight / Math.max(1, tally.node.commands);

function patternsOf(parts: readonly Part[]): HotPattern[] {
	const merged = createPatternTable();
	for (const part of parts) mergePatterns(merged, withShares(part.tally.patterns, perHit(part)));
	return listPatterns(merged)
		.map(({ pattern, hits, keys, bytes }) => ({ pattern, hits, keys, share: Math.min(1, bytes) }))
		.filter(({ hits }) => hits > 0)
		.sort((a, b) => b.share - a.share || b.hits - a.hits || (a.pattern < b.pattern ? -1 : 1));
}

/** A copy whose column of bytes, which no key of a window has, carries the shares. */
function withShares(table: PatternTable, share: number): PatternTable {
	type Branch = PatternTable['root'];
	const walk = (branch: Branch): Branch => ({
		...branch,
		own: branch.own && { ...branch.own, bytes: branch.own.hits * share },
		children: branch.children && new Map([...branch.children].map(([part, child]) => [part, walk(child)])),
	});
	return { ...table, root: walk(table.root), total: { ...table.total } };
}

function byName(
	parts: readonly Part[],
	counts: (tally: MonitorTally) => ReadonlyMap<string, number>,
): [name: string, hits: number, share: number][] {
	const names = new Map<string, [string, number, number]>();
	for (const part of parts)
		for (const [name, hits] of counts(part.tally)) {
			const [, before, share] = names.get(name) ?? [name, 0, 0];
			names.set(name, [name, before + hits, share + hits * perHit(part)]);
		}
	const sorted = [...names.values()].sort((a, b) => b[2] - a[2] || b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
	return sorted.slice(0, mostNames);
}

function notesOf(parts: readonly TalliedNode[]): readonly HotNote[] {
	const notes = parts.flatMap(({ tally }): HotNote[] => {
		const { node, endedBy, why } = tally.node;
		const isOut = !isOpen(tally) && endedBy !== 'stopped';
		return [...(isOut ? [{ kind: 'not-in-figures', node, why } as const] : []), ...tally.notes];
	});
	return distinctNotes(notes);
}

const costOf = (own: readonly OwnUse[]): HotKeysCost => ({
	commands: sum(own, each => each.commands),
	inputBytes: sum(own, each => each.inputBytes),
	outputBytes: sum(own, each => each.outputBytes),
	hitsAdded: sum(own, each => each.hits),
});

/** Only a cluster spreads the parts of a key over its primaries. */
function clusterPrimaries(parts: readonly TalliedNode[]): number {
	return Math.max(1, parts.filter(({ target }) => target.isCluster && !target.isReplica).length);
}
