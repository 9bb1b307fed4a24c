// What is offered when a primary came back without its keys: first to keep the copy that a replica still holds, then,
// where nobody does it by himself, to bring the keys back from there. The command depends on who leads the fleet
// (keep-data.ts). Both lose something, and say what: what was written to the primary since it is back.

import { howToKeep, secondsToKeep } from '../core/findings/keep-data.ts';
import { count } from '../core/text/quantity.ts';
import type { Address } from '../core/types.ts';
import { textOf, timeOf, trackOf } from './reading.ts';
import type { Change, RunbookInput } from './runbook.ts';

/** Host and port as REPLICAOF takes them. */
function hostAndPort(address: Address): readonly [host: string, port: string] {
	const colon = address.lastIndexOf(':');
	return [address.slice(0, colon).replace(/^\[|\]$/g, ''), address.slice(colon + 1)];
}

/** Keeps the copy; empty where nothing came back empty. */
export function changesToKeep(input: RunbookInput): readonly Change[] {
	const { comeback, fleet, tracks, node } = input;
	if (!comeback || !fleet || !tracks) return [];
	const keep = howToKeep(comeback, node.address, fleet, tracks);
	const isPlain = fleet.mode === 'standalone';
	const command = keep.isPossible ? keep.command : plainCommand(input);
	return [
		{
			id: 'keep-copy',
			title: `keep the ${count(comeback.holderKeys)} keys of ${textOf(comeback.holder)}`,
			command,
			node: keep.isPossible ? keep.node : comeback.holder,
			effect: effectOf(input, command),
			now: `${textOf(node.address)} has ${count(comeback.keysNow)} keys, ${textOf(comeback.holder)} ${count(comeback.holderKeys)}${timeText(input)}`,
			after: `${textOf(comeback.holder)} is a primary with its ${count(comeback.holderKeys)} keys`,
			risk: `What was written to ${textOf(node.address)} since it is back is not on the replica: where that primary follows it, it is gone.`,
			...(isPlain && { undo: ['REPLICAOF', ...hostAndPort(node.address)] }),
			lostAtRestart: isPlain,
			also: isPlain
				? [
						`Clients go on writing to ${textOf(node.address)}: stop them, or point them at ${textOf(comeback.holder)}.`,
						'The undo makes it follow its primary again, and it loads the few keys of that.',
					]
				: ['The others follow by themselves, and so do clients that ask where the primary is.'],
			order: 10,
			isOffered: keep.isPossible,
			restsOn: [node.address, comeback.holder],
			...(!keep.isPossible && { reason: keep.why }),
		},
	];
}

const plainCommand = ({ fleet }: RunbookInput): readonly string[] =>
	fleet?.mode === 'cluster' ? ['CLUSTER', 'FAILOVER', 'FORCE'] : ['REPLICAOF', 'NO', 'ONE'];

function timeText(input: RunbookInput): string {
	const track = trackOf(input);
	const left = input.comeback && track && secondsToKeep(input.comeback, track, timeOf(input));
	return left === undefined ? '' : left < 1 ? ', for less than a second' : `, for about ${Math.round(left)}s`;
}

function effectOf({ node, comeback }: RunbookInput, [word]: readonly string[]): string {
	const holder = textOf(comeback?.holder ?? '');
	switch (word) {
		case 'CLUSTER':
			return `${holder} takes over the slots with the keys it has; ${textOf(node.address)} becomes its replica and loads them.`;
		case 'SENTINEL':
			return `The Sentinels promote a replica, with the keys it has; ${textOf(node.address)} becomes its replica and loads them. Which replica, they choose by priority and offset.`;
		default:
			return `${holder} follows nobody any more: the sync is broken off, and the keys it has stay.`;
	}
}

/** Brings the keys back where they were; Sentinels and a cluster do that by themselves. */
export function changesToBringBack(input: RunbookInput): readonly Change[] {
	const { comeback, fleet, node } = input;
	if (!comeback || fleet?.mode !== 'standalone') return [];
	const holder = fleet.nodes.find(({ address }) => address === comeback.holder);
	const isKept = comeback.isHeld && holder?.role === 'primary';
	return [
		{
			id: 'keep-bring-back',
			title: `load the keys of ${textOf(comeback.holder)}`,
			command: ['REPLICAOF', ...hostAndPort(comeback.holder)],
			node: node.address,
			effect: `${textOf(node.address)} follows ${textOf(comeback.holder)} and loads its keys. It refuses writes until it is made a primary again.`,
			now: `${count(comeback.keysNow)} keys, a primary`,
			after: `${count(comeback.holderKeys)} keys, a replica of ${textOf(comeback.holder)}`,
			risk: `Its own ${count(comeback.keysNow)} keys are gone, with all that was written since it is back.`,
			undo: ['REPLICAOF', 'NO', 'ONE'],
			lostAtRestart: true,
			also: [
				'When its link is up, the undo makes it the primary again, with the keys; then the other one follows it.',
			],
			order: 20,
			isOffered: isKept,
			restsOn: [comeback.holder],
			needs: [comeback.holder],
			...(!isKept && {
				reason: comeback.isHeld
					? `${textOf(comeback.holder)} must be a primary first: keep its keys`
					: `${textOf(comeback.holder)} does not hold them any more`,
			}),
		},
	];
}
