// How far maxmemory can be raised, as far as it can be known from a server: the host's memory (or the limit the operator
// told), less what this process and its neighbours on the host hold, less what a fork may copy, less a reserve. INFO
// knows nothing of a container's limit and nothing of other processes: both are said beside the figure.

import { countedBytes } from '../core/node/memory.ts';
import { bytes, counted } from '../core/text/quantity.ts';
import type { Address, Info } from '../core/types.ts';
import { runbookLimits } from './limits.ts';
import { extraOf, hostOf, infoOf, settingOf, trackOf } from './reading.ts';
import type { RunbookInput } from './runbook.ts';

export type Headroom = {
	/** What the processes may use together. */
	readonly limitBytes: number;
	/** `told`: by the operator. `host`: total_system_memory, not a container's limit. */
	readonly limitKind: 'told' | 'host';
	/** Resident sets of this node and of the nodes we watch on the same host. */
	readonly heldBytes: number;
	readonly neighbours: readonly Address[];
	/** Copy-on-write of a fork. */
	readonly cowBytes: number;
	/** `reckoned`: no fork was measured. `none`: it never forks as it is set. */
	readonly cowSource: 'measured' | 'reckoned' | 'none';
	/** What is left after all of it and the reserve; below zero where there is none. */
	readonly freeBytes: number;
	/** The largest maxmemory that fits, reckoned with the present overhead of the resident set. */
	readonly largestMaxmemoryBytes: number;
};

/** Undefined where neither the host's memory nor the resident set is told. */
export function headroomOf(input: RunbookInput): Headroom | undefined {
	const info = infoOf(input);
	const told = extraOf(input).memoryLimitBytes;
	const limitBytes = told ?? info.systemMemoryBytes;
	if (!limitBytes || !info.rssBytes) return undefined;
	// What was told is this process's alone; the host is shared.
	const neighbours = told === undefined ? neighboursOf(input) : [];
	const heldBytes = info.rssBytes + neighbours.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
	const cow = cowOf(input, info);
	const reserve = limitBytes * runbookLimits.hostReserveShare;
	const freeBytes = limitBytes - heldBytes - cow.bytes - reserve;
	const overhead = Math.max(1, info.rssBytes / Math.max(1, info.usedMemoryBytes ?? info.rssBytes));
	return {
		limitBytes,
		limitKind: told === undefined ? 'host' : 'told',
		heldBytes,
		neighbours: neighbours.map(({ address }) => address),
		cowBytes: cow.bytes,
		cowSource: cow.source,
		freeBytes,
		largestMaxmemoryBytes: Math.max(0, countedBytes(info) + freeBytes / overhead),
	};
}

function neighboursOf(input: RunbookInput): readonly { address: Address; rssBytes: number }[] {
	const host = hostOf(input.node.address);
	return (input.fleet?.nodes ?? [])
		.filter(node => node.address !== input.node.address && !node.isGone && hostOf(node.address) === host)
		.filter(node => sharesMemory(input, node.address))
		.map(({ address, rssBytes = 0 }) => ({ address, rssBytes }));
}

/** The same name may be a tunnel to another machine: one with another memory is. */
function sharesMemory(input: RunbookInput, address: Address): boolean {
	const theirs = input.tracks?.get(address)?.lastGood?.info?.systemMemoryBytes;
	return theirs === undefined || theirs === infoOf(input).systemMemoryBytes;
}

function cowOf(input: RunbookInput, info: Info): { bytes: number; source: Headroom['cowSource'] } {
	const measured = Math.max(
		info.lastSaveCowBytes ?? 0,
		info.currentCowBytes ?? 0,
		input.details?.lastAofCowBytes ?? 0,
	);
	if (measured > 0) return { bytes: measured, source: 'measured' };
	return mayFork(input, info)
		? { bytes: (info.usedMemoryBytes ?? 0) * runbookLimits.cowShare, source: 'reckoned' }
		: { bytes: 0, source: 'none' };
}

/** A save, an AOF rewrite or a replica's full sync forks. Where CONFIG is not told, it may. */
function mayFork(input: RunbookInput, info: Info): boolean {
	const save = settingOf(trackOf(input), 'save');
	const isSaving = save === undefined || save !== '';
	return isSaving || info.isAofEnabled === true || (info.connectedReplicas ?? 0) > 0;
}

/** `45.8G free: host 62.9G, less 17.1G resident here, 1.2G for a fork (measured) and a tenth kept`. */
export function headroomText(room: Headroom): string {
	const limit = room.limitKind === 'told' ? 'limit you gave' : 'host';
	const others =
		room.neighbours.length > 0 ? ` with ${counted(room.neighbours.length, 'neighbour')} on it` : '';
	return `${bytes(Math.max(0, room.freeBytes))} free: ${limit} ${bytes(room.limitBytes)}, less ${bytes(room.heldBytes)} resident${others}, ${forkWords(room)} and a tenth kept`;
}

function forkWords({ cowBytes, cowSource }: Headroom): string {
	if (cowSource === 'none') return 'nothing for a fork (no saves, no AOF, no replica)';
	const source = cowSource === 'measured' ? 'the last one measured' : 'reckoned, none was measured';
	return `${bytes(cowBytes)} for a fork (${source})`;
}
