// Clients: how many fit, what one that does not read may take, and whether a dead one is ever noticed.

import { bytes, percent } from '../core/text/quantity.ts';
import { act, configSet, fine, look, type NodePoint } from './audit.ts';
import { outputLimitOf } from './change-clients.ts';
import { textOf } from './reading.ts';

/** Files a server keeps back for itself (CONFIG_MIN_RESERVED_FDS). */
const reservedFiles = 32;
const usualProcessLimits = [1024, 2048, 4096, 8192, 10_000, 16_384, 32_768, 65_535, 65_536];

const maxclients: NodePoint = {
	id: 'audit-maxclients',
	names: ['maxclients'],
	check: view => {
		const most = view.info.maxClients ?? view.number('maxclients');
		if (!most) return undefined;
		const used =
			(view.info.connectedClients ?? 0) +
			(view.info.connectedReplicas ?? 0) +
			(view.info.clusterConnections ?? 0);
		const set = `maxclients ${most}, ${used} in use (clients, replicas and cluster links)`;
		const limit = usualProcessLimits.find(files => files - reservedFiles === most);
		if (limit !== undefined)
			return (used >= most * 0.8 ? act : look)(
				set,
				`That is a process limit of ${limit} files less ${reservedFiles}: the server lowered it by itself at the start, whatever its file says.`,
				'a larger limit of open files for the process, then maxclients',
				'LimitNOFILE=65536 in the unit, then a restart',
			);
		if (used >= most * 0.8)
			return look(
				set,
				`${percent(used / most)} of the places are taken: the next deployment is turned away.`,
				'twice what is used, as far as the process limit allows',
				configSet('maxclients', String(Math.max(10_000, used * 2))),
			);
		return fine(`maxclients ${most}`, 'There is room for more.');
	},
};

const normalBuffers: NodePoint = {
	id: 'audit-output-buffers',
	names: ['client-output-buffer-limit', 'maxmemory-clients'],
	check: view => {
		const limit = outputLimitOf(view.setting('client-output-buffer-limit'), 'normal');
		if (!limit) return undefined;
		const together = view.setting('maxmemory-clients');
		const set = `client-output-buffer-limit normal ${limit.hard} ${limit.soft} ${limit.seconds}${together === undefined ? '' : `, maxmemory-clients ${textOf(together)}`}`;
		if (limit.hard > 0 || limit.soft > 0 || (together !== undefined && together !== '0'))
			return fine(set, 'A client that does not read is disconnected before it takes all memory.');
		return look(
			set,
			'A client that does not read its replies (a stalled consumer, a MONITOR left open) takes memory without a limit, counted against maxmemory: it pushes the data out (192 MB in 9 to 16 s, measured).',
			together === undefined
				? 'a limit for normal clients'
				: 'maxmemory-clients, which disconnects the largest first, or a limit for normal clients',
			together === undefined
				? configSet('client-output-buffer-limit', 'normal 268435456 67108864 60')
				: configSet('maxmemory-clients', '10%'),
		);
	},
};

const replicaBuffers: NodePoint = {
	id: 'audit-replica-buffers',
	names: ['client-output-buffer-limit'],
	check: view => {
		const limit = outputLimitOf(view.setting('client-output-buffer-limit'), 'slave');
		if (!limit || view.replicaCount === 0) return undefined;
		const set = `client-output-buffer-limit replica ${limit.hard} ${limit.soft} ${limit.seconds}`;
		if (limit.hard === 0 && limit.soft === 0)
			return look(
				set,
				'A replica that hangs lets the primary buffer without a limit, until the host is full: this memory is not counted against maxmemory.',
				'256mb 64mb 60, the default, or more where full syncs take long',
				configSet('client-output-buffer-limit', 'replica 268435456 67108864 60'),
			);
		const data = view.info.usedMemoryBytes ?? 0;
		const speed = view.track?.rates?.replicationBytes ?? 0;
		if (speed > 0 && limit.hard > 0 && limit.hard / speed < 30)
			return look(
				set,
				`At ${bytes(speed)} a second it is full in ${Math.floor(limit.hard / speed)} s: a full sync of ${bytes(data)} that takes longer is cut off and begins again, for ever.`,
				'writes of the time a full sync takes',
				configSet(
					'client-output-buffer-limit',
					`replica ${Math.ceil((speed * 120) / 1048576) * 1048576} ${limit.soft} ${limit.seconds}`,
				),
			);
		return fine(set, 'A hanging replica is cut off before it fills the host.');
	},
};

const idleTimeout: NodePoint = {
	id: 'audit-timeout',
	names: ['timeout'],
	check: view => {
		const seconds = view.number('timeout');
		if (seconds === undefined) return undefined;
		const set = `timeout ${seconds}`;
		if (seconds > 0 && seconds < 60)
			return look(
				set,
				'Connections that rest in a pool are closed: clients find them dead and connect anew.',
				'0, or more than the pool keeps them (300)',
				configSet('timeout', '300'),
			);
		return fine(
			set,
			seconds === 0
				? 'Idle connections stay; tcp-keepalive finds the dead ones.'
				: 'Idle connections are closed after that.',
		);
	},
};

const keepalive: NodePoint = {
	id: 'audit-tcp-keepalive',
	names: ['tcp-keepalive'],
	check: view => {
		const seconds = view.number('tcp-keepalive');
		if (seconds === undefined) return undefined;
		const set = `tcp-keepalive ${seconds}`;
		if (seconds === 0)
			return look(
				set,
				'A client whose host died, or whose firewall forgot it, keeps its place and its buffers for ever.',
				'300, the default',
				configSet('tcp-keepalive', '300'),
			);
		if (seconds > 3600)
			return look(
				set,
				'Dead connections are noticed after hours only; firewalls forget idle ones sooner.',
				'300, the default',
				configSet('tcp-keepalive', '300'),
			);
		return fine(set, 'Dead connections are noticed.');
	},
};

export const clientsAudit = {
	topic: 'clients',
	ofNode: [maxclients, normalBuffers, replicaBuffers, idleTimeout, keepalive],
	ofFleet: [],
} as const;
