// The two scans on a terminal without the screen: what is told on stderr stands in lines of its own, whatever the line
// of the progress did before, and the result follows it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { anyServer } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { buildProgram } from './built.ts';
import { openRedisTop } from './terminal.ts';

const server = await anyServer();
let node: RunningServer;
before(async () => {
	await buildProgram();
	node = await startServer(server);
});
after(() => node.stop());

test('--hotkeys: the cost is a line of its own, and nothing is left of the progress', async () => {
	const terminal = openRedisTop(['-p', String(node.port), '--hotkeys'], { size: [120, 40] });
	const timer = setInterval(() => void node.call('GET', 'hot'), 10);
	try {
		await terminal.exit;
		await terminal.shows(/cost: /);
		const lines = terminal.lines();
		assert.ok(
			lines.some(line => /^redis-top: 127\.0\.0\.1:\d+: MONITOR for at most 2s/.test(line)),
			lines.join('\n'),
		);
		assert.ok(lines.every(line => !line.includes('sampling 1 node')));
		assert.match(lines.join('\n'), /^sampled [\d,]+ commands in/m);
	} finally {
		clearInterval(timer);
		await terminal.stop();
	}
});
