// One connection and its visits, against a server that does as it is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeConnection } from '../../source/redis/connection.ts';
import { plainDial } from '../big-keys/scan.ts';
import { type Scripted, startScripted } from '../scale/scripted.ts';
import { until } from '../servers/until.ts';

const connectionTo = (scripted: Scripted, isFast: boolean, onLost = () => {}) =>
	new NodeConnection(scripted.addresses[0]!, 'data', plainDial, {
		onLost,
		onTold: () => {},
		onSent: () => {},
		nodesInFleet: () => 2,
		isOpen: () => false,
		isClusterOpen: () => false,
		isFast: () => isFast,
		delaySeconds: () => 1,
		besides: () => undefined,
	});

test('a connection that ends as soon as it is made is opened again within a second, in a failover sooner', async () => {
	const scripted = await startScripted({ kind: 'cluster', nodes: 2 });
	const pauseAfterLoss = async (isFast: boolean) => {
		let milliseconds: number | undefined;
		const node = connectionTo(scripted, isFast, () => {
			milliseconds = node.pauseMilliseconds();
		});
		await scripted.tell([0], {});
		assert.equal((await node.visit('full'))?.error, undefined);
		await scripted.tell([0], { mode: 'refuse' });
		await until(() => milliseconds !== undefined, { what: 'the loss is noticed' });
		node.close();
		return milliseconds!;
	};
	try {
		assert.ok((await pauseAfterLoss(true)) <= 200);
		assert.ok((await pauseAfterLoss(false)) <= 1000);
	} finally {
		await scripted.stop();
	}
});

test('a cluster node that died as we came back is tried between the rounds, too', async () => {
	const scripted = await startScripted({ kind: 'cluster', nodes: 2 });
	const node = connectionTo(scripted, true);
	try {
		assert.equal((await node.visit('full'))?.error, undefined);
		await scripted.tell([0], { mode: 'refuse' });
		assert.ok((await node.visit('full'))?.error);
		// The kernel still accepts for a process that is being killed.
		await scripted.tell([0], { mode: 'close' });
		assert.ok((await node.visit('full'))?.error);
		await scripted.tell([0], { mode: 'refuse' });
		assert.equal((await node.visit('fast'))?.error?.reason, 'refused');
		await scripted.tell([0], {});
		const back = await node.visit('fast');
		assert.equal(back?.error, undefined);
		assert.ok(back?.replies.some(([command]) => command === 'cluster nodes'));
	} finally {
		node.close();
		await scripted.stop();
	}
});
