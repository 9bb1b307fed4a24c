// Latency: whether the server would tell of a slow moment, and settings that make such moments. Transparent huge pages
// are only told as disable-thp (6.2 and later): whether the kernel has them on is not seen from here.

import { configSet, fine, look, type NodePoint } from './audit.ts';
import { textOf } from './reading.ts';

const slowlog: NodePoint = {
	id: 'audit-slowlog',
	names: ['slowlog-log-slower-than', 'slowlog-max-len'],
	check: view => {
		const microseconds = view.number('slowlog-log-slower-than');
		const length = view.number('slowlog-max-len');
		if (microseconds === undefined) return undefined;
		const set = `slowlog-log-slower-than ${microseconds}, slowlog-max-len ${length ?? 'not known'}`;
		const better = '10000 (10 ms) and 128 entries, the defaults';
		const command = configSet('slowlog-log-slower-than', '10000');
		if (microseconds < 0)
			return look(
				set,
				'The slow log is off: after an incident nobody knows which command it was.',
				better,
				command,
			);
		if (microseconds === 0)
			return look(
				set,
				'Every command is logged: the log holds the last milliseconds and costs each command.',
				better,
				command,
			);
		if (microseconds > 100_000)
			return look(
				set,
				'Only commands over 100 ms are logged; ten of 50 ms one after the other stop everybody as long.',
				better,
				command,
			);
		if (length !== undefined && length < 64)
			return look(
				set,
				'The log is so short that one burst pushes out what came before.',
				'128 entries or more',
				configSet('slowlog-max-len', '128'),
			);
		return fine(set, 'Slow commands are kept with their arguments.');
	},
};

const latencyMonitor: NodePoint = {
	id: 'audit-latency-monitor',
	names: ['latency-monitor-threshold'],
	check: view => {
		const milliseconds = view.number('latency-monitor-threshold');
		if (milliseconds === undefined) return undefined;
		const set = `latency-monitor-threshold ${milliseconds}`;
		if (milliseconds === 0)
			return look(
				set,
				'The latency monitor is off: forks, expiry, eviction and slow disks leave no trace (the slow log sees commands only).',
				'100: it costs next to nothing',
				configSet('latency-monitor-threshold', '100'),
			);
		return fine(set, 'Pauses of the server itself are kept: LATENCY LATEST.');
	},
};

const latencyTracking: NodePoint = {
	id: 'audit-latency-tracking',
	names: ['latency-tracking'],
	check: view => {
		const setting = view.setting('latency-tracking');
		if (setting === undefined) return undefined;
		const set = `latency-tracking ${textOf(setting)}`;
		if (setting === 'no')
			return look(
				set,
				'The server keeps no percentiles of its commands: how long the slowest take is not known.',
				'yes, the default',
				configSet('latency-tracking', 'yes'),
			);
		return fine(set, 'Percentiles by command are there.');
	},
};

const hertz: NodePoint = {
	id: 'audit-hz',
	names: ['hz', 'dynamic-hz'],
	check: view => {
		const hz = view.number('hz') ?? view.info.hz;
		if (hz === undefined) return undefined;
		const set = `hz ${hz}`;
		if (hz > 100)
			return look(
				set,
				'The server wakes so often for its own chores that it takes CPU from commands, also when nothing is to be done.',
				'10, the default; up to 100 where expiry must be quicker',
				configSet('hz', '10'),
			);
		return fine(set, 'Expiry and timeouts are looked at that many times a second.');
	},
};

const hugePages: NodePoint = {
	id: 'audit-huge-pages',
	names: ['disable-thp'],
	check: view => {
		const setting = view.setting('disable-thp');
		if (setting === undefined) return undefined;
		const set = `disable-thp ${textOf(setting)}`;
		if (setting === 'no')
			return look(
				set,
				'Where the kernel has transparent huge pages on, a fork copies 2 MB for each touched byte: slow forks and much copy-on-write.',
				'yes, the default',
				'disable-thp yes in the configuration file, then a restart; or never in /sys/kernel/mm/transparent_hugepage/enabled',
			);
		return fine(set, 'The process asks the kernel for no huge pages.');
	},
};

export const latencyAudit = {
	topic: 'latency',
	ofNode: [slowlog, latencyMonitor, latencyTracking, hertz, hugePages],
	ofFleet: [],
} as const;
