// The promise that MONITOR never becomes the outage: under the server's own benchmark, pipelined too, a window ends by
// itself at its cap, the memory for clients stays within 64 MB, and the ops are back within a second. Then what must
// hold when redis-top itself is stopped or held up in the middle of the stream, where nobody is left to close anything.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { endText } from '../../source/view/screens/hot-keys/note-words.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type FullLoad, opsOf, startFullLoad } from './full-load.ts';
import { startWindowProcess } from './window-process.ts';
import { hotTarget, windowOn } from './windows.ts';

const promisedBytes = 64 * 2 ** 20;
/** Ends that are ours: the cap, or that the server or we ourselves could not keep up. */
const byItself = ['commands', 'time', 'fell-behind', 'event-loop', 'client-memory'];

const memoryOf = async (node: RunningServer) => Number((await node.info('memory')).mem_clients_normal);

/** Reads the memory for clients every few milliseconds; `grown` is the most it was over the beginning. */
async function watchMemory(node: RunningServer) {
	const before = await memoryOf(node);
	let most = before;
	let isOver = false;
	const watching = (async () => {
		while (!isOver && node.isRunning) {
			most = Math.max(most, await memoryOf(node).catch(() => 0));
			await new Promise(resolve => setTimeout(resolve, 5));
		}
	})();
	return {
		async end() {
			isOver = true;
			await watching;
			return Math.max(most, await memoryOf(node)) - before;
		},
	};
}

async function underLoad(
	server: Awaited<ReturnType<typeof testServers>>[number],
	pipeline: number,
	act: (node: RunningServer) => Promise<void>,
): Promise<void> {
	const node = await startServer(server);
	let load: FullLoad | undefined;
	try {
		load = await startFullLoad(node, { pipeline });
		await act(node);
	} finally {
		load?.stop();
		await node.stop();
	}
}

async function windowUnderLoad(t: TestContext, node: RunningServer): Promise<void> {
	const before = await opsOf(node);
	const memory = await watchMemory(node);
	const { node: how, own } = await windowOn(hotTarget(node));
	const endedAt = performance.now();
	const after: { at: number; ops: number }[] = [];
	while (after.length < 5) {
		const ops = await opsOf(node);
		after.push({ at: performance.now() - endedAt, ops });
	}
	// What the machine gives is not the same from second to second: at least as much as later, or as before.
	const usual = Math.min(before, await opsOf(node), await opsOf(node));
	const isBack = after.find(({ ops }) => ops > usual * 0.7)?.at ?? Number.POSITIVE_INFINITY;
	const grown = await memory.end();
	const share = ((how.opsDuring ?? 0) / (how.opsBefore ?? 1) - 1) * 100;
	t.diagnostic(
		`${how.commands} commands in ${how.seconds.toFixed(2)} s, ended by ${how.endedBy} (${endText(how) ?? 'its cap'}); ` +
			`${Math.round(how.opsBefore ?? 0)} ops/s before, ${Math.round(how.opsDuring ?? 0)} during (${share.toFixed(0)}%), ` +
			`back after ${isBack.toFixed(0)} ms; memory for clients grew by ${(grown / 2 ** 20).toFixed(1)} MB`,
	);
	assert.ok(byItself.includes(how.endedBy), `${how.endedBy}: ${endText(how)}`);
	assert.ok(how.commands <= 20_000 && how.commands > 100, `${how.commands} commands`);
	assert.ok(how.seconds < 2.1, `${how.seconds} s`);
	assert.ok(how.opsBefore! > 5000 && how.opsDuring! > 0);
	assert.ok(own.outputBytes >= how.bytes);
	assert.ok(grown < promisedBytes, `${grown} bytes`);
	assert.ok(isBack < 1000, `back after ${isBack} ms`);
	const clients = String(await node.call('CLIENT', 'LIST'));
	assert.doesNotMatch(clients, /flags=\S*O|name=redis-top/, 'nothing of the window is left');
}

/** The server writes nothing more to the client that watched: it hangs up, or only waits for it to read. */
async function feedsNobody(node: RunningServer): Promise<boolean> {
	const monitors = String(await node.call('CLIENT', 'LIST'))
		.split('\n')
		.filter(line => / flags=\S*O/.test(line));
	return monitors.every(line => / flags=\S*c/.test(line));
}

async function heldUp(t: TestContext, node: RunningServer, fate: 'stop' | 'block'): Promise<void> {
	const memory = await watchMemory(node);
	// On a machine that is busy otherwise a window may end before it was held up.
	for (let tries = 0; tries < 4; tries++) {
		const how = await heldWindow(node, fate);
		if (!how.isHeld) continue;
		const grown = await memory.end();
		t.diagnostic(
			`${how.endedBy}: ${endText(how)}; memory for clients grew by ${(grown / 2 ** 20).toFixed(1)} MB`,
		);
		assert.equal(how.endedBy, 'fell-behind', endText(how));
		assert.ok(grown < promisedBytes, `${grown} bytes`);
		return;
	}
	assert.fail('no window was long enough to be held up');
}

async function heldWindow(node: RunningServer, fate: 'stop' | 'block') {
	const child = await startWindowProcess({ target: hotTarget(node), fate, atCommands: 500 });
	try {
		await until(async () => !(await feedsNobody(node)), { what: 'the window is open', every: 1 });
		await until(() => feedsNobody(node), { what: 'the server has ended it', every: 5 });
		let how: Awaited<typeof child.ended> | undefined;
		void child.ended.then(node => {
			how = node;
		});
		// It may come to its own stop only now, with what it had read before.
		const resumed = () => {
			child.resume();
			return how;
		};
		await until(resumed, { what: 'the window has ended', every: 100 });
		await until(async () => !/flags=\S*O/.test(String(await node.call('CLIENT', 'LIST'))), {
			what: 'the connection is gone',
		});
		return how!;
	} finally {
		child.kill();
	}
}

for (const server of await testServers('both'))
	describe(`${server.name} ${server.version} under full load`, () => {
		for (const pipeline of [1, 16])
			test(`-P ${pipeline}: a window ends by itself, in time, in memory, and leaves nothing behind`, t =>
				underLoad(server, pipeline, node => windowUnderLoad(t, node)));
		test('redis-top is stopped in the middle: the server ends the window', t =>
			underLoad(server, 16, node => heldUp(t, node, 'stop')));
		test('redis-top is held up for a second: it ends the window itself or finds it ended', t =>
			underLoad(server, 16, node => heldUp(t, node, 'block')));
	});
