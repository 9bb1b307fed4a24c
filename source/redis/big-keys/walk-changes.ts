// What changed on the servers while they were scanned, so that the figures do not say more than they can: slots that
// moved to another node (a key that went where the walk had already been is missing) and databases that held far fewer
// keys at the end than at the beginning (FLUSHALL: what is listed may be gone). Two readings of each node, before and
// after, each from its own mouth; what differs, not judgements.

import type { ScanNote } from '../../core/keys/scan-notes.ts';
import { parseClusterNodes } from '../../core/parse/parse-cluster.ts';
import type { Reply, SlotRange } from '../../core/types.ts';
import { call } from '../commands.ts';
import { type Database, databasesOf, type NodeLine } from './node-line.ts';

type Slots = { readonly ranges: readonly SlotRange[]; readonly leaving: readonly number[] };

export type WalkChanges = {
	/** Before anything is read of a shard; only the first time counts. */
	readonly begin: (shard: number, line: NodeLine) => Promise<void>;
	readonly end: (shard: number, line: NodeLine) => Promise<void>;
	readonly notes: () => readonly ScanNote[];
};

/** A database that lost a smaller part of its keys is one that lives. */
const muchLess = 0.75;
const leastKeys = 100;

export function createWalkChanges(): WalkChanges {
	const first = new Map<number, Slots>();
	const moved = new Set<number>();
	const said: ScanNote[] = [];

	const slots = async (line: NodeLine) =>
		line.isCluster ? slotsOf((await line.tell([call('clusterNodes')]))?.[0]) : undefined;

	return {
		async begin(shard, line) {
			if (first.has(shard)) return;
			const before = await slots(line);
			if (!before) return;
			first.set(shard, before);
			for (const slot of before.leaving) moved.add(slot);
		},
		async end(shard, line) {
			const info = (await line.tell([call('info')]))?.[0];
			if (typeof info === 'string') said.push(...emptied(line, databasesOf(info)));
			const before = first.get(shard);
			const after = before && (await slots(line));
			if (!before || !after) return;
			for (const slot of [...missing(before.ranges, after.ranges), ...after.leaving]) moved.add(slot);
		},
		notes() {
			return moved.size === 0 ? said : [...said, { kind: 'slots-moved', slots: moved.size }];
		},
	};
}

/** Those of its shard, as the node itself says. */
function slotsOf(reply: Reply | undefined): Slots | undefined {
	if (typeof reply !== 'string') return undefined;
	const peers = parseClusterNodes(reply);
	const own = peers.find(({ isMyself }) => isMyself);
	const primary = own?.primaryId === undefined ? own : peers.find(({ id }) => id === own.primaryId);
	return primary && { ranges: primary.slots, leaving: primary.migrating.map(({ slot }) => slot) };
}

function* missing(before: readonly SlotRange[], after: readonly SlotRange[]): Generator<number> {
	for (const [from, to] of before)
		for (let slot = from; slot <= to; slot++)
			if (!after.some(([first, last]) => slot >= first && slot <= last)) yield slot;
}

function emptied({ address, databases }: NodeLine, now: readonly Database[]): ScanNote[] {
	return databases.flatMap(({ db, keys }) => {
		const after = now.find(one => one.db === db)?.keys ?? 0;
		if (after >= keys * muchLess || keys - after < leastKeys) return [];
		return [{ kind: 'emptied', node: address, db, before: keys, after }];
	});
}
