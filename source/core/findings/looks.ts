// What is worth one question more, beyond the plan of a refresh: CLIENT LIST of a node whose clients wait or come and go
// by the hundred, and the counters of commands right after keys were lost. Decided from the memories alone; how often
// it is asked is bounded here, and a node with many clients is not asked at all.

import { manyClients, ownName } from '../node/client-groups.ts';
import type { Client } from '../parse/parse-client-list.ts';
import type { Address, Info, NodeTrack } from '../types.ts';
import type { DeniedSeen } from './denied-logins.ts';
import type { NodeMemory } from './findings-memory.ts';
import type { ClientsSeen } from './key-loss.ts';

/** `loss`: who deleted; `clients`: CLIENT LIST alone; `logins`: whose logins were denied, and who is logged in. */
export type Look = { readonly node: Address; readonly at: 'loss' | 'clients' | 'logins' };

/** Only a suspicion: blocked clients are mostly workers that wait for a list. */
const suspicionMilliseconds = 10_000;
const churnMilliseconds = 30_000;
/** Logins that fail do so again and again. */
const loginMilliseconds = 10_000;
const missedMilliseconds = 3000;

export function looksOf(
	input: {
		readonly tracks: ReadonlyMap<Address, NodeTrack>;
		readonly freshNodes: ReadonlySet<Address>;
		readonly at: number;
		readonly clientsOf?: (node: Address) => ClientsSeen;
		readonly deniedOf?: (node: Address) => DeniedSeen;
	},
	memories: ReadonlyMap<Address, NodeMemory>,
	crossed: (id: 'connections-churn' | 'paused', node: Address) => number,
): readonly Look[] {
	const { freshNodes, tracks, at } = input;
	return [...freshNodes].flatMap((node): Look[] => {
		const info = tracks.get(node)?.lastGood?.info;
		const loss = memories.get(node)?.data?.loss;
		if (loss && loss.at === at && !loss.isRestart) return [{ node, at: 'loss' }];
		const hasDenied = (memories.get(node)?.refusals?.byKind?.get('WRONGPASS')?.count ?? 0) > 0;
		const deniedAge = at - (input.deniedOf?.(node)?.at ?? Number.NEGATIVE_INFINITY);
		const mayAsk = !isRefused(tracks.get(node)!, 'acl log');
		if (hasDenied && mayAsk && deniedAge > loginMilliseconds) return [{ node, at: 'logins' }];
		if (!info || !mayListClients(tracks.get(node)!)) return [];
		const age = at - (input.clientsOf?.(node)?.at ?? Number.NEGATIVE_INFINITY);
		const isChurning = crossed('connections-churn', node) >= 2 && age > churnPause(input.clientsOf?.(node));
		const isWaiting = mayBePaused(info) && age > suspicionMilliseconds;
		return isChurning || isWaiting ? [{ node, at: 'clients' }] : [];
	});
}

/** Of one with many clients it is not asked by itself. */
export const mayListClients = (track: NodeTrack): boolean =>
	(track.lastGood?.info?.connectedClients ?? 0) <= manyClients && !isRefused(track, 'client list');

/** What this user may not ask is not asked again, and the visit that it would cost is not made. */
const isRefused = ({ refused }: NodeTrack, asked: string) => refused.some(({ command }) => command === asked);

/** Connections that live for milliseconds are rarely in a list: until one was caught it is read again soon. */
function churnPause(clients: ClientsSeen): number {
	const isYoung = ({ ageSeconds, name }: Client) =>
		ageSeconds !== undefined && ageSeconds <= 1 && name !== ownName;
	return clients?.list.some(isYoung) ? churnMilliseconds : missedMilliseconds;
}

/** Or waits for a replica where there is none. */
const mayBePaused = ({ pausedReason, blockedClients, role, connectedReplicas }: Info) =>
	(blockedClients ?? 0) > 0 &&
	(pausedReason === undefined || (role === 'primary' && connectedReplicas === 0));
