// Memory: a limit, room for a fork beside it, a policy that fits what the keys look like, and replicas set like their
// primaries. Nodes that we watch on one host share its memory; of anything else on it nothing is known.

import { evictableKeys } from '../core/findings/eviction.ts';
import { keysIn } from '../core/node/keyspace.ts';
import { bytes, percent } from '../core/text/quantity.ts';
import type { RedisNode } from '../core/types.ts';
import { type AuditNode, act, configSet, type FleetPoint, fine, look, type NodePoint } from './audit.ts';
import { runbookLimits } from './limits.ts';
import { hostOf, textOf } from './reading.ts';

const megabyte = 1024 * 1024;

const noMaxmemory: NodePoint = {
	id: 'audit-no-maxmemory',
	check: ({ info, extra }) => {
		if (info.maxmemoryBytes === undefined) return undefined;
		if (info.maxmemoryBytes > 0)
			return fine(`maxmemory ${bytes(info.maxmemoryBytes)}`, 'The server stops before the host does.');
		const room = extra.memoryLimitBytes ?? info.systemMemoryBytes;
		const wanted = room ? Math.floor((room * 0.6) / (64 * megabyte)) * 64 * megabyte : undefined;
		const better = `a limit with room for a fork beside it${wanted ? `, here at most ${bytes(wanted)}` : ''}, above what is used: below it, it evicts or refuses at once`;
		const command = wanted ? configSet('maxmemory', String(wanted)) : 'CONFIG SET maxmemory <bytes>';
		const means =
			'Nothing stops it from growing: when the host is full, the kernel kills a process, this one first.';
		const isNear = room !== undefined && (info.rssBytes ?? 0) > room / 2;
		return (isNear ? act : look)(
			'maxmemory 0',
			isNear ? `${means} It holds ${percent((info.rssBytes ?? 0) / room)} of the host already.` : means,
			better,
			command,
		);
	},
};

const forkHeadroom: FleetPoint = {
	id: 'audit-fork-headroom',
	check: ({ nodes }) =>
		[
			...groupBy(
				nodes.filter(view => !view.node.isGone),
				machineOf,
			).values(),
		].flatMap(together => {
			const limit = Math.max(
				...together.map(({ info, extra }) => extra.memoryLimitBytes ?? info.systemMemoryBytes ?? 0),
			);
			const limited = together.filter(({ info }) => info.maxmemoryBytes);
			if (limit <= 0 || limited.length < together.length) return [];
			const sum = limited.reduce((total, { info }) => total + info.maxmemoryBytes!, 0);
			// Not all fork at once: the largest one is reckoned with.
			const fork = Math.max(
				0,
				...limited
					.filter(mayFork)
					.map(({ info }) =>
						Math.max(info.lastSaveCowBytes ?? 0, info.maxmemoryBytes! * runbookLimits.cowShare),
					),
			);
			const addresses = limited.map(({ node }) => node.address);
			const set = `maxmemory ${bytes(sum)}${limited.length > 1 ? ` in ${limited.length} nodes on one host` : ''} of ${bytes(limit)}`;
			if (sum > limit)
				return [
					{
						nodes: addresses,
						...act(
							set,
							'The limits together are more than the host has: full, the kernel kills one of them.',
							`${bytes(limit * 0.6)} together at most, with room for a fork`,
							'CONFIG SET maxmemory <bytes>',
						),
					},
				];
			if (sum + fork > limit * (1 - runbookLimits.hostReserveShare))
				return [
					{
						nodes: addresses,
						...look(
							set,
							`Full, a fork that copies ${bytes(fork)} does not fit beside it, with a tenth for the rest: a save or a resync may end in the kernel's killer.`,
							`${bytes(Math.max(0, limit * (1 - runbookLimits.hostReserveShare) - fork))} together at most`,
							'CONFIG SET maxmemory <bytes>',
						),
					},
				];
			return [
				{
					nodes: addresses,
					...fine(
						set,
						fork > 0
							? `Room for a fork of ${bytes(fork)} stays, as far as the host is known.`
							: 'Nothing here forks.',
					),
				},
			];
		}),
};

/** The same name may be a tunnel to another machine: one with another memory is. */
const machineOf = ({ node, info }: AuditNode) => `${hostOf(node.address)} ${info.systemMemoryBytes ?? 0}`;

function mayFork(view: AuditNode): boolean {
	const save = view.setting('save');
	return save === undefined || save !== '' || view.info.isAofEnabled === true || view.replicaCount > 0;
}

function groupBy<T>(list: readonly T[], keyOf: (entry: T) => string): Map<string, T[]> {
	const groups = new Map<string, T[]>();
	for (const entry of list) groups.set(keyOf(entry), [...(groups.get(keyOf(entry)) ?? []), entry]);
	return groups;
}

/** Under so many keys the share with a TTL says nothing of what they are. */
const keysNeeded = 100;

const policyWords: Readonly<Record<string, string>> = {
	'allkeys-lru': 'Any key may go, about the least recently used first.',
	'allkeys-lfu': 'Any key may go, about the least frequently used first.',
	'allkeys-lrm': 'Any key may go, about the least recently modified first.',
	'allkeys-random': 'Any key may go, by chance: busy keys as well.',
	'volatile-lru': 'Keys with a TTL may go, about the least recently used first.',
	'volatile-lfu': 'Keys with a TTL may go, about the least frequently used first.',
	'volatile-lrm': 'Keys with a TTL may go, about the least recently modified first.',
	'volatile-random': 'Keys with a TTL may go, by chance.',
	'volatile-ttl': 'Keys with a TTL may go, those nearest to their end first.',
	noeviction:
		'Nothing is evicted: at the limit whatever may grow memory is refused; reads, DEL and EXPIRE work.',
};

const policy: NodePoint = {
	id: 'audit-policy',
	check: view => {
		const { info } = view;
		const set = info.maxmemoryPolicy;
		if (set === undefined || !info.maxmemoryBytes || view.node.role === 'replica') return undefined;
		const space = evictableKeys(info);
		const share = space && space.keys >= keysNeeded ? space.withTtl / space.keys : undefined;
		const known = Object.hasOwn(policyWords, set) ? policyWords[set] : undefined;
		const meaning = known ?? 'A policy this version of redis-top does not know.';
		const told = share === undefined ? '' : ` ${percent(share)} of the keys have a TTL.`;
		const line = `maxmemory-policy ${textOf(set)}`;
		if (share === undefined) return fine(line, meaning);
		if (set.startsWith('volatile-') && share < 0.05)
			return act(
				line,
				`${meaning}${told} At the limit writes fail as with noeviction.`,
				'allkeys-lru where the keys are a cache, else TTLs, or noeviction said plainly',
				configSet('maxmemory-policy', 'allkeys-lru'),
			);
		if (set === 'noeviction' && share > 0.9)
			return look(
				line,
				`${meaning}${told} That looks like a cache, and a cache should not refuse writes.`,
				'volatile-lru or volatile-ttl: it takes only keys that go anyway',
				configSet('maxmemory-policy', 'volatile-lru'),
			);
		// Hashes whose fields expire are no data of a database either.
		const fading = (keysIn(info.databases, 'withFieldTtl') ?? 0) / space!.keys;
		if (set.startsWith('allkeys-') && share + fading < 0.05 && info.isAofEnabled)
			return look(
				line,
				`${meaning}${told} The data is kept on disk and has no TTL: it looks like a database, which would lose keys at the limit.`,
				'noeviction and an alert at 75%, if it is one',
				configSet('maxmemory-policy', 'noeviction'),
			);
		return fine(line, `${meaning}${told}`);
	},
};

const samples: NodePoint = {
	id: 'audit-samples',
	names: ['maxmemory-samples'],
	check: view => {
		const amount = view.number('maxmemory-samples');
		const set = view.info.maxmemoryPolicy;
		if (
			amount === undefined ||
			!view.info.maxmemoryBytes ||
			set === undefined ||
			set === 'noeviction' ||
			set.endsWith('-random')
		)
			return undefined;
		const line = `maxmemory-samples ${amount}`;
		if (amount < 5)
			return look(
				line,
				'LRU and LFU are approximated by so few samples that useful keys go.',
				'5, the default',
				configSet('maxmemory-samples', '5'),
			);
		if (amount > 16)
			return look(
				line,
				'Each eviction looks at so many keys that it costs the main thread, for hardly a better choice.',
				'5 to 10',
				configSet('maxmemory-samples', '10'),
			);
		return fine(line, 'The least used key is found about as well as sampling can.');
	},
};

const replicaLimits: FleetPoint = {
	id: 'audit-replica-maxmemory',
	check: ({ nodes, fleet }) =>
		fleet.nodes.flatMap(primary => {
			if (primary.role !== 'primary' || primary.isGone || primary.maxmemoryBytes === undefined) return [];
			const replicas = nodes.filter(
				({ node }) =>
					node.role === 'replica' && node.primary === primary.address && node.maxmemoryBytes !== undefined,
			);
			if (replicas.length === 0) return [];
			const others = replicas.filter(
				({ node }) =>
					node.maxmemoryBytes !== primary.maxmemoryBytes || node.maxmemoryPolicy !== primary.maxmemoryPolicy,
			);
			if (others.length === 0)
				return [
					{
						nodes: replicas.map(({ node }) => node.address),
						...fine('maxmemory and policy as on the primary', 'A failover changes nothing about memory.'),
					},
				];
			return others.map(({ node }) => ({ nodes: [node.address], ...differentLimits(primary, node) }));
		}),
};

function differentLimits(primary: RedisNode, replica: RedisNode) {
	const words = (node: RedisNode) =>
		`${node.maxmemoryBytes ? bytes(node.maxmemoryBytes) : 'no maxmemory'}, ${textOf(node.maxmemoryPolicy ?? 'policy not known')}`;
	const set = `${words(replica)}; its primary ${textOf(primary.address)} has ${words(primary)}`;
	const isSmaller =
		replica.maxmemoryBytes! > 0 &&
		(primary.maxmemoryBytes === 0 || replica.maxmemoryBytes! < primary.maxmemoryBytes!);
	const isOver = isSmaller && (primary.usedMemoryBytes ?? 0) > replica.maxmemoryBytes!;
	const means = isOver
		? 'The data of the primary does not fit here: after a failover this node evicts or refuses at once.'
		: 'After a failover another limit or policy holds than today.';
	return (isOver ? act : look)(
		set,
		means,
		'as on the primary',
		replica.maxmemoryBytes === primary.maxmemoryBytes
			? configSet('maxmemory-policy', textOf(primary.maxmemoryPolicy ?? 'noeviction'))
			: configSet('maxmemory', String(primary.maxmemoryBytes)),
	);
}

export const memoryAudit = {
	topic: 'memory',
	ofNode: [noMaxmemory, policy, samples],
	ofFleet: [forkHeadroom, replicaLimits],
} as const;
