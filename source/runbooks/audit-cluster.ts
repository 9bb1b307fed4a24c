// What only a cluster has: a majority of its primaries, the time until a dead one is missed, and what is answered while
// slots are lost.

import { counted, duration } from '../core/text/quantity.ts';
import type { RedisNode } from '../core/types.ts';
import { type AuditNode, act, configSet, type FleetPoint, fine, look, type NodePoint } from './audit.ts';
import { isLoopback, mostOnOneHost, textOf } from './reading.ts';

const isLive = (node: RedisNode) => !node.isGone;

const nodeTimeout: NodePoint = {
	id: 'audit-node-timeout',
	names: ['cluster-node-timeout'],
	check: view => {
		const timeout = view.number('cluster-node-timeout');
		if (timeout === undefined || view.fleet.mode !== 'cluster') return undefined;
		const set = `cluster-node-timeout ${timeout}`;
		const outage = duration((timeout * 1.3) / 1000 + 2);
		if (timeout > 30_000)
			return look(
				set,
				`A dead primary is missed for about ${outage}: until then clients get MOVED to a dead address.`,
				'5000 to 15000',
				configSet('cluster-node-timeout', '15000'),
			);
		if (timeout < 2000)
			return look(
				set,
				'A fork, a long command or a short hiccup of the network is taken for a death: failovers without need.',
				'5000 to 15000',
				configSet('cluster-node-timeout', '5000'),
			);
		return fine(set, `A dead primary is replaced within about ${outage}.`);
	},
};

const fullCoverage: NodePoint = {
	id: 'audit-full-coverage',
	names: ['cluster-require-full-coverage'],
	check: view => {
		const setting = view.setting('cluster-require-full-coverage');
		if (setting === undefined || view.fleet.mode !== 'cluster') return undefined;
		const set = `cluster-require-full-coverage ${textOf(setting)}`;
		const bare = barePrimaries(view);
		if (setting === 'yes' && bare > 0)
			return look(
				set,
				`${primariesText(bare)} without a replica: when one dies, every slot of the cluster answers CLUSTERDOWN, not only its own.`,
				'a replica for each, or no where part of the data is better than none',
				configSet('cluster-require-full-coverage', 'no'),
			);
		return fine(
			set,
			setting === 'yes'
				? 'One lost shard stops all slots, so that nobody works with half the data.'
				: 'A lost shard stops its own slots only; cluster_state stays ok meanwhile, so watch cluster_slots_ok.',
		);
	},
};

const primariesText = (amount: number) => counted(amount, 'primary', String, 'primaries');

const barePrimaries = ({ fleet, trackOf }: AuditNode) =>
	fleet.nodes.filter(
		node =>
			isLive(node) &&
			node.role === 'primary' &&
			node.slots.length > 0 &&
			!trackOf(node.address)?.lastGood?.info?.replicas?.length &&
			!fleet.nodes.some(other => isLive(other) && other.role === 'replica' && other.primary === node.address),
	).length;

const readsWhenDown: NodePoint = {
	id: 'audit-reads-when-down',
	names: ['cluster-allow-reads-when-down'],
	check: view => {
		const setting = view.setting('cluster-allow-reads-when-down');
		if (setting === undefined || view.fleet.mode !== 'cluster') return undefined;
		const set = `cluster-allow-reads-when-down ${textOf(setting)}`;
		if (setting !== 'yes')
			return fine(set, 'While the cluster is down nodes answer nothing, so nobody reads old data.');
		return look(
			set,
			'While the cluster is down, nodes answer reads with data that may be old. It loses no writes: those are lost within the node timeout, and min-replicas-to-write limits them.',
			'no, unless old reads are better than none',
			configSet('cluster-allow-reads-when-down', 'no'),
		);
	},
};

const fewPrimaries: FleetPoint = {
	id: 'audit-few-primaries',
	check: ({ fleet }) => {
		if (fleet.mode !== 'cluster') return [];
		const primaries = fleet.nodes.filter(
			node => isLive(node) && node.role === 'primary' && node.slots.length > 0,
		);
		if (primaries.length === 0) return [];
		const nodes = primaries.map(({ address }) => address);
		const set = primariesText(primaries.length);
		if (primaries.length >= 3) {
			const majority = Math.floor(primaries.length / 2) + 1;
			return [
				{
					nodes,
					...fine(
						`${set} with slots`,
						`${primaries.length - majority} may fail at a time: ${majority} of ${primaries.length} must agree.`,
					),
				},
			];
		}
		return [
			{
				nodes,
				...act(
					`${set} with slots`,
					'A failover needs a majority of all primaries, the dead one counted: with fewer than three there is none, ever.',
					'at least three primaries on three hosts',
					'CLUSTER MEET, then move slots',
				),
			},
		];
	},
};

const primariesOnOneHost: FleetPoint = {
	id: 'audit-primaries-one-host',
	check: ({ fleet }) => {
		if (fleet.mode !== 'cluster') return [];
		const primaries = fleet.nodes.filter(
			node => isLive(node) && node.role === 'primary' && node.slots.length > 0,
		);
		if (primaries.length < 3 || primaries.some(({ address }) => isLoopback(address))) return [];
		const [host, together] = mostOnOneHost(primaries.map(({ address }) => address));
		const left = primaries.length - together.length;
		const majority = Math.floor(primaries.length / 2) + 1;
		if (left >= majority)
			return [
				{
					nodes: primaries.map(({ address }) => address),
					...fine('primaries on several hosts', 'No single host takes the majority with it.'),
				},
			];
		return [
			{
				nodes: together,
				...act(
					`${together.length} of ${primaries.length} primaries on ${textOf(host)}`,
					'When that host dies the rest is no majority: no replica anywhere can be promoted.',
					'no host with half of the primaries or more',
					'CLUSTER FAILOVER on a replica elsewhere',
				),
			},
		];
	},
};

export const clusterNodePoints: readonly NodePoint[] = [nodeTimeout, fullCoverage, readsWhenDown];
export const clusterPoints: readonly FleetPoint[] = [fewPrimaries, primariesOnOneHost];
