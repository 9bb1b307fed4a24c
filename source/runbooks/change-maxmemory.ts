// Raising maxmemory: to how much, and where first. A replica that keeps the old limit evicts (or refuses) the moment it
// is promoted, so its change comes before the primary's. What is computed from this node and what cannot be known
// remotely stand side by side; without a known headroom it is named and not offered.

import { countedBytes } from '../core/node/memory.ts';
import { bytes, percent } from '../core/text/quantity.ts';
import type { Address, RedisNode } from '../core/types.ts';
import { type Headroom, headroomOf, headroomText } from './headroom.ts';
import { runbookLimits } from './limits.ts';
import { infoOf, textOf } from './reading.ts';
import type { Change, RunbookInput } from './runbook.ts';

const megabyte = 1024 * 1024;

export type Raise = {
	/** Undefined where there is no room worth the change. */
	readonly bytes?: number;
	/** What would bring the node under the alert. */
	readonly wantedBytes: number;
	readonly room?: Headroom;
};

/** To how much maxmemory could go; undefined where there is no maxmemory to raise. */
export function raiseOf(input: RunbookInput): Raise | undefined {
	const info = infoOf(input);
	const limit = info.maxmemoryBytes;
	if (!limit || info.usedMemoryBytes === undefined) return undefined;
	const wantedBytes = roundUp(Math.max(countedBytes(info) / runbookLimits.targetShare, limit * 1.1));
	const room = headroomOf(input);
	if (!room) return { wantedBytes };
	const possible = Math.min(wantedBytes, roundDown(room.largestMaxmemoryBytes));
	const isWorth = Number.isSafeInteger(possible) && possible >= limit * (1 + runbookLimits.raiseShare);
	return { bytes: isWorth ? possible : undefined, wantedBytes, room };
}

/** Whole steps that people can read back: of 1 MB below a gigabyte, of 64 MB above. */
const stepOf = (value: number) => (value < 1024 * megabyte ? megabyte : 64 * megabyte);
const roundUp = (value: number) => Math.ceil(value / stepOf(value)) * stepOf(value);
const roundDown = (value: number) => Math.max(0, Math.floor(value / stepOf(value)) * stepOf(value));

/** The replicas' changes first, then the primary's. */
export function raiseMaxmemory(input: RunbookInput): readonly Change[] {
	const raise = raiseOf(input);
	if (!raise) return [];
	const target = raise.bytes ?? raise.wantedBytes;
	const behind = shardMates(input).filter(
		({ role, maxmemoryBytes }) =>
			role === 'replica' && maxmemoryBytes !== undefined && maxmemoryBytes > 0 && maxmemoryBytes < target,
	);
	const reason = notOfferedBecause(raise);
	const replicas = behind.map(node => replicaChange(input.node.address, node, target, reason));
	return [...replicas, ownChange(input, raise, target, behind, reason)];
}

function notOfferedBecause({ bytes: possible, wantedBytes, room }: Raise): string | undefined {
	if (!room)
		return 'the memory of the host is not told by this server, so how much there is to give is not known';
	if (possible !== undefined) return undefined;
	return `there is no room for it: ${headroomText(room)}; ${bytes(wantedBytes)} would be needed`;
}

function shardMates(input: RunbookInput): readonly RedisNode[] {
	const { node, fleet } = input;
	return (fleet?.nodes ?? []).filter(
		mate =>
			mate.address !== node.address &&
			!mate.isGone &&
			((node.shard !== undefined && mate.shard === node.shard) || mate.primary === node.address),
	);
}

const setMaxmemory = (amount: number) => ['CONFIG', 'SET', 'maxmemory', String(Math.round(amount))];

function ownChange(
	input: RunbookInput,
	raise: Raise,
	target: number,
	behind: readonly RedisNode[],
	reason: string | undefined,
): Change {
	const info = infoOf(input);
	const held = countedBytes(info);
	return {
		id: 'raise-maxmemory',
		title: `raise maxmemory to ${bytes(target)}`,
		command: setMaxmemory(target),
		node: input.node.address,
		effect: 'Evictions and refused writes stop as soon as used memory is below the new limit.',
		now: `maxmemory ${bytes(info.maxmemoryBytes!)}, used ${bytes(held)} (${percent(held / info.maxmemoryBytes!)})`,
		after: `maxmemory ${bytes(target)}, used ${percent(held / target)}`,
		risk: riskOf(raise),
		undo: setMaxmemory(info.maxmemoryBytes!),
		lostAtRestart: true,
		also: alsoOf(input, target, behind),
		order: 31,
		...(raise.room && { roomBytes: raise.room.largestMaxmemoryBytes }),
		isOffered: reason === undefined,
		...(reason !== undefined && { reason }),
	};
}

function riskOf({ room }: Raise): string {
	const known = room ? `${headroomText(room)}. ` : '';
	const unknown =
		room?.limitKind === 'told'
			? ''
			: 'A container may have less than its host, and other processes on it are not seen from here: check both first. ';
	return `${known}${unknown}If the host runs out, the kernel kills the process. Taking it back later evicts or refuses at once what is over.`;
}

function alsoOf(input: RunbookInput, target: number, behind: readonly RedisNode[]): readonly string[] {
	const replicas = behind.map(
		({ address, maxmemoryBytes }) =>
			`${textOf(address)} (replica) keeps ${bytes(maxmemoryBytes!)} and would evict after a failover: set ${bytes(target)} there first.`,
	);
	const role =
		input.node.role === 'replica'
			? ['This is a replica: its primary is the one that evicts or refuses.']
			: [];
	const shards =
		(input.fleet?.shards.length ?? 0) > 1
			? ['Other shards keep their limits: nodes of one fleet should not differ for long.']
			: [];
	return [...role, ...replicas, ...shards];
}

function replicaChange(
	primary: Address,
	node: RedisNode,
	target: number,
	reason: string | undefined,
): Change {
	const was = node.maxmemoryBytes!;
	return {
		id: `raise-maxmemory-replica ${textOf(node.address)}`,
		title: `replica first: set maxmemory ${bytes(target)}`,
		command: setMaxmemory(target),
		node: node.address,
		effect: 'Nothing today: a replica ignores maxmemory by default. It holds after a failover.',
		now: `maxmemory ${bytes(was)}`,
		after: `maxmemory ${bytes(target)}`,
		risk: 'Its host must have the memory as well, with room for a fork; it was not measured as this node was.',
		undo: setMaxmemory(was),
		lostAtRestart: true,
		also: ['Its primary comes after it.'],
		order: 30,
		restsOn: [primary],
		needs: [primary],
		isOffered: reason === undefined,
		...(reason !== undefined && { reason }),
	};
}
