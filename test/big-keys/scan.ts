// What the tests of the scan share: how a server of the tests is dialled and named as a target, and a scan to its end.

import type { BigKeysResult, ScanTarget } from '../../source/core/big-keys.ts';
import { type BigKeysOptions, scanFleet } from '../../source/redis/big-keys/scan-fleet.ts';
import type { DialSettings } from '../../source/redis/dial.ts';
import type { RunningServer } from '../servers/start.ts';

export const plainDial: DialSettings = {
	credentials: {},
	sentinelCredentials: {},
	nat: new Map(),
	connectTimeoutMilliseconds: 3000,
};

export const targetOf = (node: RunningServer): ScanTarget => ({
	address: node.address,
	primary: node.address,
	isReplica: false,
	isCluster: false,
});

export const usual: BigKeysOptions = { dial: plainDial, rate: 0, top: 100, isExact: false };

export const scanned = (
	nodes: readonly RunningServer[],
	options: Partial<BigKeysOptions> = {},
): Promise<BigKeysResult> => scanFleet(nodes.map(targetOf), { ...usual, ...options }).result;
