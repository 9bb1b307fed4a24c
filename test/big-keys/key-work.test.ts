// What a scan has so far is on the screen from the first keys on, also of one that takes less than a second.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyWork } from '../../source/key-work.ts';
import type { Message } from '../../source/state/state.ts';
import { anyServer } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { calm } from '../ui/build-state.ts';
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
