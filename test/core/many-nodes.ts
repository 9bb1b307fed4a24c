// CLUSTER NODES of a cluster of 500 nodes whose slots are scattered one by one: 250 primaries with a replica each, every
// slot a range of its own. The longest there can be, for what must be right and quick there too.

import { parseClusterInfo, parseClusterNodes } from '../../source/core/parse/parse-cluster.ts';
import type { View } from '../../source/core/types.ts';

const primaries = 250;
export const nodes = 2 * primaries;
const slotsInCluster = 16_384;

const idOf = (index: number) => index.toString(16).padStart(8, '0').repeat(5);
export const addressOf = (index: number) => `10.0.${index >> 8}.${index & 255}:6379`;

const info = parseClusterInfo(
	`cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\ncluster_known_nodes:${nodes}\r\ncluster_size:${primaries}\r\ncluster_current_epoch:250\r\n`,
);

/** As node `asked` tells it. `stolen`: slots that it gives to the first primary, as one that is cut off might. */
export function clusterNodes(asked: number, stolen = 0): string {
	const slots = Array.from({ length: primaries }, (): number[] => []);
	for (let slot = 0; slot < slotsInCluster; slot++) slots[slot < stolen ? 0 : slot % primaries]!.push(slot);
	return Array.from({ length: nodes }, (_, index) => {
		const isPrimary = index < primaries;
		const flags = `${index === asked ? 'myself,' : ''}${isPrimary ? 'master' : 'slave'}`;
		const primary = isPrimary ? '-' : idOf(index - primaries);
		const owned = isPrimary ? ` ${slots[index]!.join(' ')}` : '';
		return `${idOf(index)} ${addressOf(index)}@16379,,shard-id=${idOf(index % primaries)} ${flags} ${primary} 0 1763900000000 ${(index % primaries) + 1} connected${owned}\n`;
	}).join('');
}

/** The view of the node with this index, parsed. */
export function viewOf(index: number, text: string): View {
	const peers = parseClusterNodes(text, addressOf(index));
	return { node: addressOf(index), cluster: { ...info, peers }, peers };
}
