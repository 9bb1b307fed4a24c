// What a scan has so far is on the screen from the first keys on, also of one that takes less than a second; and what a
// look at one key did on its node is known as our own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyWork } from '../../source/key-work.ts';
import type { Message } from '../../source/state/state.ts';
import { anyServer } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { calm, standalone } from '../view/build-state.ts';
import { fillMixed } from './fill.ts';
import { plainDial, targetOf } from './scan.ts';

type Told = Extract<Message, { type: 'scan' }>;

const server = await anyServer();

test('no progress with keys comes before the first of what was found; later it comes once a second', async () => {
	const node = await startServer(server);
	try {
		await fillMixed(node, 9000);
		const told: Told[] = [];
		const work = createKeyWork({
			dials: new Map([[0, plainDial]]),
			...{ state: () => calm(), clientNames: () => [] },
			dispatch: message => message.type === 'scan' && told.push(message),
		});
		work.perform({
			...{ type: 'scan-start', id: 1, fleet: 0, targets: [targetOf(node)] },
			...{ rate: 3000, top: 20, isExact: false },
		});
		await until(() => told.at(-1)?.isOver, { what: 'the scan is over', timeout: 30_000 });
		await work.stop();
		const running = told.filter(({ isOver, progress }) => !isOver && progress.scanned > 0);
		assert.ok(running.length > 4, `${running.length} messages while it ran`);
		assert.ok(running[0]!.found!.keys.length > 0, 'with the first keys');
		assert.ok(running.filter(({ found }) => found !== undefined).length < running.length, 'not every time');
	} finally {
		await node.stop();
	}
});

test('what a look at one key has cost the node is kept as our own', async () => {
	const node = await startServer(server);
	try {
		await node.call('SET', 'key', 'x');
		const told: Message[] = [];
		const work = createKeyWork({
			dials: new Map([[1, plainDial]]),
			...{ state: () => standalone(), clientNames: () => [] },
			dispatch: message => told.push(message),
		});
		assert.equal(work.besides(node.address), undefined);
		const look = { type: 'key-look', id: 1, fleet: 1, db: 0, key: 'key', withElements: false } as const;
		work.perform({ ...look, node: node.address });
		await until(() => told.length > 0, { what: 'it was looked at' });
		const own = work.besides(node.address)?.own;
		assert.ok((own?.commands ?? 0) > 0 && (own?.calls.ttl ?? own?.calls.pttl ?? 0) > 0, JSON.stringify(own));
		await work.stop();
	} finally {
		await node.stop();
	}
});
