// Topology: what one failure would take away. Replicas and their hosts, and what a partition costs; what only a cluster
// or only Sentinels have stands in files of their own. "On the same host" is not said of loopback addresses: a demo is
// no fault.

import { counted, duration } from '../core/text/quantity.ts';
import type { Address, RedisNode } from '../core/types.ts';
import { type AuditNode, act, configSet, type FleetPoint, fine, look, type NodePoint } from './audit.ts';
import { clusterNodePoints, clusterPoints } from './audit-cluster.ts';
import { sentinelPoints } from './audit-sentinels.ts';
import { hostOf, isLoopback, textOf } from './reading.ts';

const isLive = (node: RedisNode) => !node.isGone;
const isOwner = (view: AuditNode) =>
	view.node.role === 'primary' && (view.fleet.mode !== 'cluster' || view.node.slots.length > 0);

const noReplica: NodePoint = {
	id: 'audit-no-replica',
	check: view => {
		if (!isOwner(view)) return undefined;
		if (view.replicaCount > 0)
			return fine(counted(view.replicaCount, 'replica'), 'The data is on more than one node.');
		if (view.fleet.mode === 'standalone')
			return look(
				'no replica',
				'When this node or its host dies, nothing answers until it is back, with what its last save or AOF had; with neither it comes back empty.',
				'a replica on another host, and three Sentinels to promote it',
				`REPLICAOF ${endpointOf(view.node.address)}`,
			);
		return act(
			'no replica',
			'When this primary dies nobody can take over: its keys are gone until it is back, and with full coverage (the default) every slot of a cluster stops.',
			'a replica on another host',
			view.fleet.mode === 'cluster'
				? 'CLUSTER REPLICATE <id of this primary>'
				: `REPLICAOF ${endpointOf(view.node.address)}`,
		);
	},
};

const endpointOf = (address: Address) => textOf(address).replace(/:(\d+)$/, ' $1');

const noPriority: NodePoint = {
	id: 'audit-replica-priority',
	check: view => {
		const priorities = view.replicas.map(({ address }) => priorityOf(view, address));
		if (!isOwner(view) || view.fleet.mode !== 'sentinel' || priorities.length === 0) return undefined;
		if (priorities.some(priority => priority === undefined)) return undefined;
		const able = priorities.filter(priority => priority !== 0).length;
		if (able === 0 && view.replicas.length < view.replicaCount) return undefined;
		if (able > 0)
			return fine(
				`${able} of ${priorities.length} replicas may be promoted`,
				'Sentinel chooses by replica-priority first, then by offset.',
			);
		return act(
			'replica-priority 0 on every replica',
			'Sentinel never promotes a replica with priority 0: there is no failover.',
			'100 on at least one replica',
			configSet('replica-priority', '100'),
		);
	},
};

/** From the neighbour's own INFO, which the view of a fleet carries along. */
const priorityOf = (view: AuditNode, address: Address) =>
	view.trackOf(address)?.lastGood?.info?.replicaPriority;

const minReplicas: NodePoint = {
	id: 'audit-min-replicas',
	names: ['min-replicas-to-write', 'min-replicas-max-lag'],
	check: view => {
		const wanted = view.number('min-replicas-to-write');
		const have = view.replicaCount;
		if (wanted === undefined || !isOwner(view) || have === 0) return undefined;
		const set = `min-replicas-to-write ${wanted}, ${counted(have, 'replica')}`;
		const seconds = view.number('min-replicas-max-lag') ?? 10;
		if (wanted > have)
			return act(
				set,
				'It asks for more replicas than there are: writes are refused with NOREPLICAS.',
				`at most ${have}`,
				configSet('min-replicas-to-write', '1'),
			);
		if (wanted > 0 && wanted === have)
			return have === 1
				? look(
						set,
						'When the only replica stops or is restarted, this primary refuses writes.',
						'a second replica, or 0 where writing matters more than losing some',
						configSet('min-replicas-to-write', '0'),
					)
				: fine(set, `A primary cut off from its replicas stops writing within ${seconds} s.`);
		if (wanted === 0 && have >= 2)
			return look(
				set,
				'A primary that is cut off goes on taking writes that are lost when it comes back: under Sentinel for 10 to 12 s after its return (measured), in a cluster until the node timeout.',
				'1: with two replicas or more it costs no availability when one is down',
				configSet('min-replicas-to-write', '1'),
			);
		return fine(
			set,
			wanted === 0
				? 'With one replica it would trade lost writes for refused ones: a choice.'
				: `A primary cut off from its replicas stops writing within ${seconds} s.`,
		);
	},
};

const ignoreMaxmemory: NodePoint = {
	id: 'audit-replica-ignore-maxmemory',
	names: ['replica-ignore-maxmemory'],
	check: view => {
		const setting = view.setting('replica-ignore-maxmemory');
		if (setting === undefined || view.node.role !== 'replica') return undefined;
		const set = `replica-ignore-maxmemory ${textOf(setting)}`;
		if (setting !== 'no') return fine(set, 'The replica follows its primary and evicts nothing by itself.');
		return look(
			set,
			'This replica evicts by itself: its data is no longer what its primary has.',
			'yes',
			configSet('replica-ignore-maxmemory', 'yes'),
		);
	},
};

const backlogSeconds = 60;

const backlog: NodePoint = {
	id: 'audit-backlog',
	names: ['repl-backlog-size'],
	check: view => {
		const size = view.info.backlogBytes ?? view.number('repl-backlog-size');
		const speed = view.track?.rates?.replicationBytes;
		if (!size || !speed || !isOwner(view) || view.replicaCount === 0) return undefined;
		const seconds = size / speed;
		const set = `repl-backlog-size ${size}, ${duration(seconds)} of writes at present`;
		if (seconds >= backlogSeconds)
			return fine(set, 'A replica may be away that long and come back without a full resync.');
		const wanted = Math.ceil((speed * backlogSeconds * 2) / 1048576) * 1048576;
		return look(
			set,
			'A replica that is away longer needs a full resync: a fork here and a load there.',
			`two minutes of writes, ${wanted}; it is memory that counts against maxmemory`,
			configSet('repl-backlog-size', String(wanted)),
		);
	},
};

const primaryOf = ({ primary, replicates }: RedisNode) => primary ?? replicates;

const replicaOnSameHost: FleetPoint = {
	id: 'audit-replica-same-host',
	check: ({ fleet }) => {
		const replicas = fleet.nodes.filter(
			node => isLive(node) && node.role === 'replica' && primaryOf(node) !== undefined,
		);
		const placed = replicas.filter(({ address }) => !isLoopback(address));
		const together = placed.filter(node => hostOf(node.address) === hostOf(primaryOf(node)!));
		if (placed.length === 0) return [];
		if (together.length === 0)
			return [
				{
					nodes: placed.map(({ address }) => address),
					...fine(
						'replicas on other hosts than their primaries',
						'The death of one host leaves the data on another.',
					),
				},
			];
		return [
			{
				nodes: together.map(({ address }) => address),
				...look(
					`on the host of their primary`,
					'When the host dies, primary and replica die together.',
					'replica and primary on different hosts',
				),
			},
		];
	},
};

export const topologyAudit = {
	topic: 'topology',
	ofNode: [noReplica, noPriority, minReplicas, ignoreMaxmemory, backlog, ...clusterNodePoints],
	ofFleet: [replicaOnSameHost, ...clusterPoints, ...sentinelPoints],
} as const;
