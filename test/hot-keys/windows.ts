// What the tests of MONITOR windows share: how a server of the tests is named as a target, and a window to its end.

import type { HotTarget } from '../../source/core/keys/hot-keys.ts';
import type { MonitorTally } from '../../source/core/keys/monitor-tally.ts';
import { type MonitorOptions, openMonitorWindow } from '../../source/redis/hot-keys/monitor-window.ts';
import { plainDial } from '../big-keys/scan.ts';
import type { RunningServer } from '../servers/start.ts';

export const hotTarget = (node: RunningServer, more: Partial<HotTarget> = {}): HotTarget => ({
	address: node.address,
	isReplica: false,
	isCluster: false,
	replicas: [],
	server: node.server.name,
	version: node.server.version,
	...more,
});

/** One window, on the whole. */
export const windowOn = (target: HotTarget, options: Partial<MonitorOptions> = {}): Promise<MonitorTally> =>
	openMonitorWindow(target, { dial: plainDial, ...options }).result;
