// A cluster of many nodes with its slots in fragments, as CLUSTER NODES of every node tells it: what a comparison of all
// views costs at its worst, where a rebalancing tool has dealt out single slots for years.

import { joinCluster } from '../../source/core/parse/parse-cluster.ts';
import type { View } from '../../source/core/types.ts';

export const bigAddress = (index: number) => `10.${index >> 8}.${index & 255}.1:6379`;
const idOf = (index: number) => index.toString(16).padStart(40, '0');

export type BigCluster = {
	/** CLUSTER INFO and CLUSTER NODES of each node. */
	readonly replies: readonly { readonly node: string; readonly info: string; readonly nodes: string }[];
};

/**
 * Half primaries, half replicas; slot s belongs to primary s mod primaries, so no two neighbours have the same owner.
 * `odd` nodes give one slot to another owner; `doubted` primaries are suspected by everybody.
 */
export function bigCluster(count: number, odd = 0, doubted = 0): BigCluster {
	const primaries = Math.floor(count / 2);
	const slotsOf = (index: number) => {
		const slots: number[] = [];
		for (let slot = index; slot < 16_384; slot += primaries) slots.push(slot);
		return slots;
	};
	const slotText = Array.from({ length: primaries }, (_, index) => slotsOf(index).join(' '));
	const oddText = [slotsOf(0).slice(1).join(' '), [0, ...slotsOf(1)].join(' ')];
	const lineOf = (index: number, asker: number): string => {
		const isPrimary = index < primaries;
		const flags = [
			...(index === asker ? ['myself'] : []),
			isPrimary ? 'master' : 'slave',
			...(index < doubted && index !== asker ? ['fail?'] : []),
		].join(',');
		const slots = !isPrimary ? '' : asker >= count - odd && index < 2 ? oddText[index] : slotText[index];
		const above = isPrimary ? '-' : idOf(index - primaries);
		const epoch = isPrimary ? index + 1 : index - primaries + 1;
		const link = index < doubted ? 'disconnected' : 'connected';
		const times = `0 ${1_700_000_000_000 + index * 7 + asker}`;
		return `${idOf(index)} ${bigAddress(index)}@16379 ${flags} ${above} ${times} ${epoch} ${link}${slots ? ` ${slots}` : ''}`;
	};
	const indexes = Array.from({ length: count }, (_, index) => index);
	return {
		replies: indexes.map(asker => ({
			node: bigAddress(asker),
			info: `cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\ncluster_known_nodes:${count}\r\ncluster_size:${primaries}\r\ncluster_current_epoch:${primaries}\r\n`,
			// Nodes list their peers in no common order.
			nodes: indexes.map(index => lineOf((index + asker * 7) % count, asker)).join('\n'),
		})),
	};
}

export const parseBig = (cluster: BigCluster): View[] =>
	cluster.replies.map(({ node, info, nodes }) => {
		const view = joinCluster(info, nodes, node)!;
		return { node, cluster: view, peers: view.peers! };
	});
