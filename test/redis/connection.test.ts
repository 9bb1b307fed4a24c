// One connection and its visits, against a server that does as it is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeConnection } from '../../source/redis/connection.ts';
import { plainDial } from '../big-keys/scan.ts';
import { startScripted } from '../scale/scripted.ts';

test('a cluster node that died as we came back is tried between the rounds, too', async () => {
	const scripted = await startScripted({ kind: 'cluster', nodes: 2 });
	const node = new NodeConnection(scripted.addresses[0]!, 'data', plainDial, {
		onLost: () => {},
		onTold: () => {},
		onSent: () => {},
		nodesInFleet: () => 2,
		isOpen: () => false,
		isClusterOpen: () => false,
		isFast: () => true,
		delaySeconds: () => 1,
		besides: () => undefined,
	});
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
