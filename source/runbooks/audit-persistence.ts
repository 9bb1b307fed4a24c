// Persistence: what would be lost now, and whether what is meant to be kept is kept. A cache (allkeys-*) without disk is
// no fault; a primary without disk that has replicas is one in any case, for it comes back empty and they copy that.

import { serverAhead } from '../core/fleet/server-clock.ts';
import { hasSaved } from '../core/node/persistence-state.ts';
import { bytes, duration } from '../core/text/quantity.ts';
import { type AuditNode, act, configSet, fine, look, type NodePoint } from './audit.ts';
import { textOf } from './reading.ts';

const isCache = ({ info }: AuditNode) => info.maxmemoryPolicy?.startsWith('allkeys-') ?? false;

const isAof = (view: AuditNode) => view.info.isAofEnabled ?? view.setting('appendonly') === 'yes';

type SavePoint = { readonly seconds: number; readonly changes: number };

/** `3600 1 300 100` → its points; undefined where it is not told. */
function savePoints(view: AuditNode): readonly SavePoint[] | undefined {
	const setting = view.setting('save');
	if (setting === undefined) return undefined;
	const numbers = setting
		.split(' ')
		.filter(word => /^\d{1,12}$/.test(word))
		.map(Number);
	return numbers.flatMap((seconds, index) =>
		index % 2 === 0 && numbers[index + 1] !== undefined ? [{ seconds, changes: numbers[index + 1]! }] : [],
	);
}

/** Longest time between two saves while anything is written at all. */
const lossSeconds = (points: readonly SavePoint[]) => Math.max(...points.map(({ seconds }) => seconds));

const persistence: NodePoint = {
	id: 'audit-persistence',
	names: ['save', 'appendonly'],
	check: view => {
		if (isAof(view)) return fine('append-only file', 'Writes are on disk as the fsync policy says.');
		const points = savePoints(view);
		if (points === undefined) return undefined;
		if (points.length === 0) return withoutAny(view);
		const loss = duration(lossSeconds(points));
		const set = `RDB only: save ${points.map(({ seconds, changes }) => `${seconds} ${changes}`).join(' ')}`;
		if (isCache(view)) return fine(set, `A crash loses up to ${loss} of writes: for a cache, fine.`);
		return look(
			set,
			`A crash loses what was written since the last save: up to ${loss}, sooner only after more changes. Each save forks.`,
			'an append-only file as well where this is more than a cache: everysec loses up to 2 s',
			configSet('appendonly', 'yes'),
		);
	},
};

function withoutAny(view: AuditNode) {
	const set = 'no persistence: save "", appendonly no';
	if (view.replicaCount > 0)
		return act(
			set,
			'After a crash this primary starts empty; if it is back before a failover, its replicas copy the empty data set. Everything is gone.',
			'RDB or AOF on primaries with replicas, or no automatic restart',
			configSet('appendonly', 'yes'),
		);
	if (view.node.role === 'replica' || isCache(view))
		return fine(
			set,
			view.node.role === 'replica'
				? 'A replica loads from its primary.'
				: 'A cache that starts cold after a crash.',
		);
	return act(
		set,
		`A crash or a restart loses every key, and the policy ${textOf(view.info.maxmemoryPolicy ?? 'noeviction')} says that they are not a cache.`,
		'RDB or AOF where the data matters; allkeys-lru where it does not',
		configSet('appendonly', 'yes'),
	);
}

const fsync: NodePoint = {
	id: 'audit-appendfsync',
	names: ['appendfsync'],
	check: view => {
		const setting = view.setting('appendfsync');
		if (setting === undefined || !isAof(view)) return undefined;
		const set = `appendfsync ${textOf(setting)}`;
		if (setting === 'no')
			return look(
				set,
				'The kernel decides when writes reach the disk: a power failure loses up to about 30 s.',
				'everysec: up to 2 s, at little cost',
				configSet('appendfsync', 'everysec'),
			);
		if (setting === 'always')
			return look(
				set,
				'Every write waits for the disk: nothing is lost, and throughput is what the disk can sync.',
				'everysec, unless two seconds may never be lost',
				configSet('appendfsync', 'everysec'),
			);
		return fine(
			set,
			'A crash of the host loses up to 2 s: a write waits at most that long behind a slow disk.',
		);
	},
};

const syncOnRewrite: NodePoint = {
	id: 'audit-no-appendfsync-on-rewrite',
	names: ['no-appendfsync-on-rewrite'],
	check: view => {
		const setting = view.setting('no-appendfsync-on-rewrite');
		if (setting === undefined || !isAof(view)) return undefined;
		const set = `no-appendfsync-on-rewrite ${textOf(setting)}`;
		if (setting !== 'yes') return fine(set, 'A rewrite or a save does not change what a crash loses.');
		return look(
			set,
			'While a child writes, nothing is synced: a power failure then loses up to about 30 s.',
			'no, unless the disk stalls the server meanwhile',
			configSet('no-appendfsync-on-rewrite', 'no'),
		);
	},
};

const preamble: NodePoint = {
	id: 'audit-rdb-preamble',
	names: ['aof-use-rdb-preamble'],
	check: view => {
		const setting = view.setting('aof-use-rdb-preamble');
		if (setting === undefined || !isAof(view)) return undefined;
		const set = `aof-use-rdb-preamble ${textOf(setting)}`;
		if (setting !== 'no')
			return fine(set, 'The rewritten file begins with an RDB image: small and quick to load.');
		return look(
			set,
			'Rewriting and loading go command by command: slower, larger, and a restart takes longer.',
			'yes, the default since Redis 5.0',
			configSet('aof-use-rdb-preamble', 'yes'),
		);
	},
};

const rewrite: NodePoint = {
	id: 'audit-aof-rewrite',
	names: ['auto-aof-rewrite-percentage'],
	check: view => {
		const percentage = view.number('auto-aof-rewrite-percentage');
		if (percentage === undefined || !isAof(view)) return undefined;
		const set = `auto-aof-rewrite-percentage ${percentage}`;
		if (percentage > 0) return fine(set, `The file is rewritten when it has grown by ${percentage}%.`);
		const size = view.info.aofSizeBytes === undefined ? '' : ` It has ${bytes(view.info.aofSizeBytes)} now.`;
		return look(
			set,
			`The append-only file is never rewritten and grows until the disk is full.${size}`,
			'100, with an eye on the fork',
			configSet('auto-aof-rewrite-percentage', '100'),
		);
	},
};

const failing: NodePoint = {
	id: 'audit-save-errors',
	names: ['save'],
	check: view => {
		const { lastSaveStatus: save, lastAofWriteStatus: write, lastAofRewriteStatus: rewritten } = view.info;
		const broken = [
			save === 'err' && 'rdb_last_bgsave_status:err',
			isAof(view) && write === 'err' && 'aof_last_write_status:err',
			isAof(view) && rewritten === 'err' && 'aof_last_bgrewrite_status:err',
		].filter(text => text !== false);
		if (save === undefined) return undefined;
		// The status is `ok` from the start on: of a server that never saves it says nothing.
		if (broken.length === 0 && !isAof(view) && !savePoints(view)?.length) return undefined;
		if (broken.length === 0)
			return fine('last save and AOF write ok', 'What is on disk is as new as it should be.');
		return act(
			broken.join(', '),
			'The disk is full, not writable or too slow, or the fork was refused memory (vm.overcommit_memory). By default writes are refused (MISCONF) from then on.',
			'read the server log, make room, then save',
			'BGSAVE',
		);
	},
};

const stopWrites: NodePoint = {
	id: 'audit-stop-writes',
	names: ['stop-writes-on-bgsave-error'],
	check: view => {
		const setting = view.setting('stop-writes-on-bgsave-error');
		const points = savePoints(view);
		if (setting === undefined || points === undefined || points.length === 0) return undefined;
		const set = `stop-writes-on-bgsave-error ${textOf(setting)}`;
		if (setting !== 'no') return fine(set, 'A save that fails is noticed, for writes stop.');
		return look(
			set,
			'Saves may fail for weeks and nobody notices until the data is needed.',
			'yes, or an alert on rdb_last_bgsave_status',
			configSet('stop-writes-on-bgsave-error', 'yes'),
		);
	},
};

const directory: NodePoint = {
	id: 'audit-dir',
	names: ['dir'],
	check: view => {
		const dir = view.setting('dir');
		const points = savePoints(view);
		if (dir === undefined || (!isAof(view) && (points === undefined || points.length === 0)))
			return undefined;
		const root = /^\/(tmp|dev\/shm|run|var\/run)(?=\/|$)/.exec(dir)?.[0];
		if (root === undefined)
			return fine(`dir ${textOf(dir)}`, 'What is saved outlives a reboot, as far as the name tells.');
		// The root alone: a folder for each node would make a line for each.
		return act(
			`dir under ${root}`,
			'That folder is emptied at a reboot: what was saved is gone with it.',
			'a folder on a disk',
			'dir /var/lib/redis in the configuration file, then a restart (from 7.0 on CONFIG SET dir is refused); replicas first',
		);
	},
};

const slowDisk: NodePoint = {
	id: 'audit-slow-disk',
	check: view => {
		const delayed = view.track?.rates?.delayedFsyncs;
		if (!isAof(view) || delayed === undefined) return undefined;
		const ever = view.info.aofDelayedFsync ?? 0;
		const set = `aof_delayed_fsync ${ever}`;
		if (delayed <= 0) return fine(set, 'The disk keeps up with the AOF now.');
		return look(
			`${set} and growing`,
			'An fsync takes over two seconds: every write of the server waits for it.',
			'a faster or less shared disk for the AOF',
		);
	},
};

const lateSaveFactor = 3;

const lateSave: NodePoint = {
	id: 'audit-late-save',
	names: ['save'],
	check: view => {
		const points = savePoints(view);
		const { lastSaveAt, changesSinceSave } = view.info;
		const good = view.track?.lastGood;
		// By its own clock, as it dates the save.
		const at = good && good.at + serverAhead(good);
		if (
			points === undefined ||
			points.length === 0 ||
			lastSaveAt === undefined ||
			at === undefined ||
			changesSinceSave === undefined
		)
			return undefined;
		const age = (at - lastSaveAt) / 1000;
		const due = points.filter(({ changes }) => changesSinceSave >= changes).map(({ seconds }) => seconds);
		const last = hasSaved(view.info, at) ? 'last save' : 'no save since the start';
		const set = `${last} ${duration(age)} ago, ${changesSinceSave} changes since`;
		if (due.length === 0 || view.info.isSaving || age < Math.min(...due) * lateSaveFactor + 60)
			return fine(set, 'Saves come as they are set.');
		return act(
			set,
			'Saves are due and do not come: a crash loses all of it.',
			'read the server log: a fork that is refused, or a disk that is full',
			'BGSAVE',
		);
	},
};

export const persistenceAudit = {
	topic: 'persistence',
	ofNode: [
		persistence,
		fsync,
		syncOnRewrite,
		preamble,
		rewrite,
		failing,
		stopWrites,
		directory,
		slowDisk,
		lateSave,
	],
	ofFleet: [],
} as const;
