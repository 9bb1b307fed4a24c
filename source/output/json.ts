// The fleet as one JSON object a refresh and line, after the contract to the letter: names carry units, a rate is
// over the last interval, what is not known is null. A node's figures are those of core/figures.ts. Of a node these are additions to the contract: `refused` (the ACL
// words this user lacks there), `untold` (what its server does not tell), `cpuOf`, `nodeId` (in a cluster) and `ip`
// (ip:port, where it goes by a host name). Writes nothing itself.

import { printedFigures } from '../core/figures.ts';
import type { FleetSnapshot } from '../core/fleet/snapshot.ts';
import type { HotKeysResult } from '../core/keys/hot-keys.ts';
import type { Fleet, FleetEvent, RedisNode } from '../core/types.ts';
import { hotKeysJson } from './hot-keys.ts';

/** undefined and what is no number become null; measured values keep at most six decimals. */
const number = (value: number | undefined) =>
	value === undefined || !Number.isFinite(value)
		? null
		: Number.isInteger(value)
			? value
			: Math.round(value * 1e6) / 1e6;

const printed = (value: number | string | boolean | undefined) =>
	typeof value === 'number' ? number(value) : (value ?? null);

/**
 * One refresh of one fleet. `events` are those since the object before, oldest first; `hotKeys` the last result;
 * `clockOffset` what the machine's clock was set since the start.
 */
export function jsonOf(
	snapshot: FleetSnapshot,
	delaySeconds: number,
	events: readonly FleetEvent[],
	hotKeys?: HotKeysResult,
	clockOffset = 0,
): object {
	const { fleet } = snapshot;
	const iso = (at: number) => new Date(at + clockOffset).toISOString();
	return {
		version: 1,
		at: iso(fleet.at),
		delaySeconds,
		mode: fleet.mode,
		fleet: fleetOf(fleet),
		nodes: fleet.nodes.map(nodeOf),
		sentinel: sentinelOf(fleet),
		findings: snapshot.findings.map(finding => ({
			id: finding.id,
			severity: finding.severity,
			node: finding.node ?? null,
			kind: finding.kind ?? null,
			value: number(finding.value),
			limit: number(finding.limit),
			unit: finding.unit ?? null,
			since: iso(finding.since),
			text: finding.text,
		})),
		events: events.map(event => ({
			at: iso(event.at),
			kind: event.kind,
			node: event.node ?? null,
			shard: event.shard ?? null,
			severity: event.severity ?? null,
			text: event.text,
		})),
		hotKeys: hotKeys
			? { ...hotKeysJson(hotKeys), ageSeconds: number(Math.max(0, fleet.at - hotKeys.at) / 1000) }
			: null,
		cost: {
			commandsPerSecond: number(fleet.cost.commandsPerSecond),
			serverMicrosecondsPerSecond: number(fleet.cost.serverMicrosecondsPerSecond),
			bytesPerSecond: number(fleet.cost.bytesPerSecond),
		},
	};
}

function fleetOf(fleet: Fleet) {
	const { totals, agreement } = fleet;
	return {
		name: fleet.name,
		opsPerSecond: number(totals.opsPerSecond),
		hitRate: number(totals.hitRate),
		evictedPerSecond: number(totals.evictedPerSecond),
		expiredPerSecond: number(totals.expiredPerSecond),
		usedMemoryBytes: number(totals.usedMemoryBytes),
		maxmemoryBytes: number(totals.maxmemoryBytes),
		rssBytes: number(totals.rssBytes),
		fragmentationRatio: number(totals.fragmentationRatio),
		connectedClients: number(totals.connectedClients),
		blockedClients: number(totals.blockedClients),
		keys: number(totals.keys),
		keysWithTtl: number(totals.keysWithTtl),
		inputBytesPerSecond: number(totals.inputBytesPerSecond),
		outputBytesPerSecond: number(totals.outputBytesPerSecond),
		clusterState: agreement?.state ?? fleet.said?.state ?? null,
		slotsCovered: agreement ? agreement.slotsCovered : null,
		epoch: number(agreement?.epoch ?? fleet.said?.epoch),
		viewsAgreeing: agreement ? agreement.viewsAgreeing : null,
		viewsAsked: agreement ? agreement.viewsAsked : null,
	};
}

function nodeOf(node: RedisNode) {
	return {
		node: node.address,
		role: node.role ?? null,
		health: node.isUnread ? 'stale' : node.health,
		server: node.server ?? node.unknownServer ?? null,
		serverVersion: node.version ?? null,
		group: node.group ?? null,
		nodeId: node.nodeId ?? null,
		ip: node.ip ?? null,
		shard: node.shard ?? null,
		slots: node.slots,
		primary: node.primary ?? node.replicates ?? null,
		...Object.fromEntries(printedFigures.map(id => [id, printed(node[id])])),
		error: node.error ? { reason: node.error.reason, text: node.error.text } : null,
		refused: node.refused.map(refusal => refusal.word),
		untold: node.untold ?? [],
	};
}

function sentinelOf(fleet: Fleet) {
	if (!fleet.sentinel) return null;
	return {
		masters: fleet.sentinel.masters.map(master => ({
			name: master.name,
			primary: master.primary,
			quorum: number(master.quorum),
			quorumReachable: master.isQuorumReachable ?? null,
		})),
		sentinels: fleet.sentinel.sentinels.map(sentinel => ({ node: sentinel.node, health: sentinel.health })),
	};
}

/** Tells the events since the last call, oldest first. One for each fleet that is printed. */
export function eventsSince(): (events: readonly FleetEvent[]) => FleetEvent[] {
	let newest: FleetEvent | undefined;
	return events => {
		const known = newest === undefined ? events.length : events.indexOf(newest);
		const fresh = events.slice(0, known < 0 ? events.length : known);
		newest = events[0] ?? newest;
		return fresh.reverse();
	};
}
