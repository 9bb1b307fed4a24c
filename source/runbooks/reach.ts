// How far a memory problem reaches: this node, its shard, or the fleet. A key, a slot or a client hits one shard; a
// deployment, a limit or the growth of everything hits them all, and the cure is another one.

import { bytes } from '../core/text/quantity.ts';
import type { RedisNode } from '../core/types.ts';
import { fact, limitsOf, textOf } from './reading.ts';
import type { Fact, RunbookInput } from './runbook.ts';

type Reach = { readonly primaries: readonly RedisNode[]; readonly high: readonly RedisNode[] };

function reachOf(input: RunbookInput): Reach | undefined {
	// Of one that is down nothing is known, and it may have been replaced.
	const primaries = input.fleet?.nodes.filter(
		node => node.role === 'primary' && !node.isGone && node.health !== 'down',
	);
	if (!primaries || primaries.length < 2) return undefined;
	const { warn } = limitsOf(input)['memory-high'];
	const high = primaries.filter(node => (node.memoryShare ?? 0) >= warn || (node.evictedPerSecond ?? 0) > 0);
	return { primaries, high };
}

export function reachFacts(input: RunbookInput): readonly Fact[] {
	const reach = reachOf(input);
	const mates = input.fleet?.nodes.filter(
		node =>
			node.shard !== undefined && node.shard === input.node.shard && node.address !== input.node.address,
	);
	const shard = (mates ?? []).map(node =>
		fact(
			`${node.role ?? 'node'} of this shard`,
			`${textOf(node.address)}: ${node.usedMemoryBytes === undefined ? 'not known' : bytes(node.usedMemoryBytes)}${node.maxmemoryBytes ? ` of ${bytes(node.maxmemoryBytes)}` : ''}`,
			'INFO memory',
		),
	);
	if (!reach) return shard;
	return [
		...shard,
		fact(
			'primaries high or evicting',
			`${reach.high.length} of ${reach.primaries.length}`,
			'INFO memory',
			reach.high
				.slice(0, 4)
				.map(node => textOf(node.address))
				.join(', ') || undefined,
		),
	];
}

export function reachText(input: RunbookInput): string {
	const reach = reachOf(input);
	if (!reach) return '';
	const { primaries, high } = reach;
	const shard = input.fleet?.shards.find(({ number }) => number === input.node.shard);
	const isOurs = high.some(node => node.address === input.node.address || node.address === shard?.primary);
	if (high.length === 0) return '';
	if (high.length === primaries.length)
		return 'Every primary is high or evicting: it is the fleet, not this node.';
	if (high.length === 1 && isOurs)
		return `Of ${primaries.length} primaries only this one is high or evicting: a key, a slot or a client of this shard.`;
	const share = `${high.length} of ${primaries.length} primaries ${high.length === 1 ? 'is' : 'are'} high or evicting`;
	if (isOurs) return `${share}, this one among them.`;
	const names = high.slice(0, 2).map(node => textOf(node.address));
	return `${share}, not this one: ${names.join(', ')}${high.length > 2 ? ` and ${high.length - 2} more` : ''}.`;
}
