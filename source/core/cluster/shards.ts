// The order of the table: shards with their primary first and its replicas behind, by slots in a cluster, by the
// Sentinels' names, else by who replicates whom. A dead node without a role keeps the place where it was last seen.

import type { Address, Peer, RedisNode, SentinelFleet, Shard, SlotRange } from '../types.ts';
import { byAddress, byId } from './peer-digest.ts';

type Placed = { readonly nodes: RedisNode[]; readonly shards: Shard[] };
type Family = {
	readonly key: string;
	readonly name?: string;
	readonly first: number;
	readonly slots: readonly SlotRange[];
	readonly members: RedisNode[];
};

/** Nodes of a cluster in shards, by the peers that most views believe. */
export function arrangeCluster(
	rows: readonly RedisNode[],
	peers: readonly Peer[],
	before: readonly RedisNode[],
): Placed {
	const peerAt = (address: Address) => byAddress(peers).get(address)?.at(-1);
	const peerOf = byId(peers);
	const families = new Map<string, Family>();
	const familyOf = (peer: Peer): string => peerOf.get(peer.primaryId ?? peer.id)?.id ?? peer.id;
	const heirs = heirsIn(before, peerAt);
	for (const row of rows) {
		const peer = peerAt(row.address);
		const isOrphan = !peer || (peer.role === 'primary' && peer.slots.length === 0);
		const key = (isOrphan ? heirs(row) : undefined) ?? (peer ? familyOf(peer) : row.address);
		const root = peerOf.get(key);
		const slots = root?.slots ?? [];
		const family = families.get(key) ?? {
			key,
			first: slots[0]?.[0] ?? Number.POSITIVE_INFINITY,
			slots,
			members: [],
		};
		families.set(key, family);
		// Of a node that answers its own word counts; of a silent one what the others say of it.
		const role = row.health === 'up' ? (row.role ?? peer?.role) : (peer?.role ?? row.role);
		family.members.push({
			...row,
			role,
			slots: peer?.role === 'primary' ? peer.slots : [],
			epoch: row.epoch ?? peer?.epoch,
		});
	}
	return place([...families.values()], member => {
		const peer = peerAt(member.address);
		return peer !== undefined && peer.role === 'primary' && peer.slots.length > 0;
	});
}

/** A primary that lost its slots to a failover stands with the shard it came from: gives the id of who has them now. */
function heirsIn(
	before: readonly RedisNode[],
	peerAt: (address: Address) => Peer | undefined,
): (row: RedisNode) => string | undefined {
	const shards = new Map<Address, number | undefined>();
	const heirs = new Map<number | undefined, string>();
	for (const { address, shard } of before) {
		if (!shards.has(address)) shards.set(address, shard);
		const peer = heirs.has(shard) ? undefined : peerAt(address);
		if (peer?.slots.length) heirs.set(shard, peer.id);
	}
	return ({ address }) => {
		const shard = shards.get(address);
		return shard === undefined ? undefined : heirs.get(shard);
	};
}

/** Nodes outside a cluster: a Sentinel's groups by name, the rest by who replicates whom. */
export function arrangeReplication(
	rows: readonly RedisNode[],
	primaryOf: (address: Address) => Address | undefined,
	sentinel: SentinelFleet | undefined,
): Placed {
	const families = new Map<string, Family>();
	const order = new Map(rows.map((row, index) => [row.address, index]));
	const named = new Map(sentinel?.masters.map(master => [master.primary, master.name]));
	const followed = new Set(rows.map(row => primaryOf(row.address)));
	const rootOf = (address: Address): Address => {
		let root = address;
		for (let steps = 0; steps < 8; steps++) {
			const above = primaryOf(root);
			if (above === undefined || above === root || !order.has(above)) break;
			root = above;
		}
		return root;
	};
	for (const row of rows) {
		const root = rootOf(row.address);
		const name = row.group ?? named.get(root);
		const key = name ?? root;
		const family = families.get(key) ?? { key, name, first: order.get(root) ?? 0, slots: [], members: [] };
		families.set(key, family);
		// Of a silent node the word of the others counts: named below another primary, it is a replica, and who was never
		// read is what the Sentinels name it.
		const isReplaced = row.health !== 'up' && root !== row.address;
		const isFollowed = row.role === undefined && followed.has(row.address) && root === row.address;
		const isNamedPrimary = row.role === undefined && row.health !== 'up' && named.has(row.address);
		const role = isReplaced ? 'replica' : isFollowed || isNamedPrimary ? 'primary' : row.role;
		family.members.push(role === row.role ? row : { ...row, role });
	}
	const isNamed = (member: RedisNode) => named.size === 0 || named.has(member.address);
	return place(
		[...families.values()],
		member => member.role === 'primary' && isNamed(member),
		member => {
			const above = primaryOf(member.address);
			return above !== undefined && order.has(above) ? above : undefined;
		},
	);
}

function place(
	families: Family[],
	isPrimary: (member: RedisNode) => boolean,
	/** Whom a node replicates, where that is not simply the primary of its family. */
	aboveOf: (member: RedisNode) => Address | undefined = () => undefined,
): Placed {
	const nodes: RedisNode[] = [];
	const shards: Shard[] = [];
	families.sort((a, b) => a.first - b.first || (a.key < b.key ? -1 : 1));
	families.forEach((family, index) => {
		const primary =
			family.members.find(isPrimary) ?? family.members.find(member => member.role === 'primary');
		const others = family.members
			.filter(member => member !== primary)
			.sort((a, b) => (a.address < b.address ? -1 : 1));
		const number = index + 1;
		for (const member of primary ? [primary, ...others] : others) {
			const above = member === primary || !primary ? undefined : (aboveOf(member) ?? primary.address);
			nodes.push({
				...member,
				shard: number,
				group: member.group ?? family.name,
				primary: above,
				...(member.role === 'replica' && { shardSlots: family.slots }),
			});
		}
		shards.push({
			number,
			name: family.name,
			primary: primary?.address,
			replicas: others.map(other => other.address),
			slots: family.slots,
		});
	});
	return { nodes, shards };
}
