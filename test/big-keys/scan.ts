// What the tests of the scan share: how a server of the tests is dialled and named as a target, and a scan to its end.

import assert from 'node:assert/strict';
import type { BigKeysProgress, BigKeysResult, ScanTarget } from '../../source/core/keys/big-keys.ts';
import { type BigKeysOptions, type BigKeysScan, scanFleet } from '../../source/redis/big-keys/scan-fleet.ts';
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

/** Follows a scan and does something once, as soon as so many keys were read; gives its result. */
export async function whenScanned(
	scan: BigKeysScan,
	keys: number,
	act: () => Promise<unknown>,
	each: (progress: BigKeysProgress) => void = () => {},
): Promise<BigKeysResult> {
	let acting: Promise<unknown> | undefined;
	for await (const progress of scan) {
		each(progress);
		if (progress.scanned < keys || acting) continue;
		acting = act();
		// Awaited below: until then a failure is not an unhandled one.
		acting.catch(() => {});
	}
	assert.ok(acting, `it has read ${keys} keys before its end`);
	await acting;
	return scan.result;
}

/** Slow enough for something to happen in the middle. */
export const slowly: BigKeysOptions = { ...usual, rate: 8000, progressMilliseconds: 20 };

export const keysByPattern = ({ patterns }: BigKeysResult): ReadonlyMap<string, number> =>
	new Map(patterns.map(({ pattern, keys }) => [pattern, keys]));
