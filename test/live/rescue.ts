// A primary that is killed and comes back without its keys, watched, and the offered command run by consent: the way of
// the tests of every topology. The keys are counted at the end by asking the servers themselves.

import assert from 'node:assert/strict';
import { timeNow } from '../../source/redis/clock.ts';
import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

export const keyCount = 5000;

/** Each primary waits for its replicas before it sends them what it has: time to act in. */
export const withTime = { 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': 5 };

/** The same for longer, once the replica is in step; also after a restart. */
export async function delaySync(primary: RunningServer, seconds: number): Promise<void> {
	await primary.call('CONFIG', 'SET', 'repl-diskless-sync-delay', seconds);
	await primary.call('CONFIG', 'REWRITE');
}

export async function fill(node: RunningServer, tag = 'k'): Promise<void> {
	const values = Array.from({ length: keyCount }, (_, index) => [`{${tag}}${index}`, 'x']).flat();
	await node.call('MSET', ...values);
}

export async function keysOf(node: RunningServer): Promise<number> {
	return Number(/keys=(\d+)/.exec((await node.info('keyspace')).db0 ?? '')?.[1] ?? 0);
}

const lostOf = (watched: WatchedFleet) =>
	watched.fleet().now.findings.find(({ id }) => id === 'came-back-empty');

export type Rescue = {
	readonly seed: RunningServer;
	readonly primary: RunningServer;
	readonly holder: RunningServer;
	/** The command that is expected, and where. */
	readonly command: readonly string[];
	readonly on: (node: string) => boolean;
};

/** Kills it, lets it come back empty, and saves the keys as an operator would: `x`, the address, Enter. */
export async function rescue({ seed, primary, holder, command, on }: Rescue): Promise<void> {
	const watched = watchFleet(seed, { state: { isChangesAllowed: true } });
	try {
		const isKnown = () => watched.fleet().now.fleet.nodes.filter(({ keys }) => keys === keyCount).length >= 2;
		await until(isKnown, { what: 'the primary and its replica are watched with their keys' });
		await primary.kill();
		await primary.restart();
		await until(() => lostOf(watched), { what: 'it came back empty', timeout: 4000, every: 5 });
		assert.equal(await keysOf(holder), keyCount, 'it is said while the replica has them');
		watched.press('x');
		const { prompt } = watched.state();
		assert.ok(prompt?.kind === 'change', watched.state().toast?.text);
		assert.deepEqual(prompt.change.command, command);
		assert.ok(on(prompt.change.node), prompt.change.node);
		await until(() => timeNow() > prompt.from, { what: 'keys are taken' });
		watched.press(...prompt.change.node, 'enter');
		const answer = () => watched.state().changes?.[0]?.reply;
		assert.equal(await until(answer, { what: 'the server answers' }), 'OK');
		await until(async () => (await holder.info('replication')).role === 'master', {
			what: 'the replica is a primary',
		});
		assert.equal(await keysOf(holder), keyCount);
	} finally {
		await watched.stop();
	}
}
