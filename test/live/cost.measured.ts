// What redis-top says that it costs is what the server counts of it, and what it says is little.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { type Printed, runJson } from './redis-top.ts';

const close = (actual: number, expected: number, share: number, what: string) =>
	assert.ok(
		Math.abs(actual - expected) <= expected * share,
		`${what}: ${actual}, expected ${expected} within ${share * 100}%`,
	);

for (const server of await testServers('both')) {
	test(`${server.name} ${server.version}: the cost meter agrees with commandstats`, async () => {
		const node = await startServer(server);
		const run = runJson(['-p', String(node.port), '-d', '0.25']);
		try {
			// The first seconds are an estimate by the mean call since the server started; then commandstats has been read twice.
			const from0 = Date.now();
			await run.when('commandstats read twice', () => Date.now() - from0 > 7000);
			const [before, from] = [await costOf(node), Date.now()];
			await run.when('twelve seconds', () => Date.now() - from > 12_000, { timeout: 20_000 });
			const [now, to] = [await costOf(node), Date.now()];
			const span = run.objects.filter(object => object.seenAt > from && object.seenAt <= to);
			// A late refresh has a longer interval, and the one after it a shorter one.
			const lasted = span.map(object => seconds(object, run.objects));
			const whole = lasted.reduce((sum, each) => sum + each, 0);
			const mean = (name: string) =>
				span.reduce((sum, object, index) => sum + object.cost[name] * lasted[index]!, 0) / whole;
			const took = (to - from) / 1000;
			// Our own two INFO commandstats above are in the difference as well: one of them, a few dozen microseconds.
			close(mean('commandsPerSecond'), (now.calls - before.calls - 1) / took, 0.1, 'commands a second');
			close(
				mean('serverMicrosecondsPerSecond'),
				(now.usec - before.usec) / took,
				0.35,
				'microseconds a second',
			);
		} finally {
			await run.stop();
			await node.stop();
		}
	});
}

/** Seconds an object's rates are over: since the object before. */
function seconds(object: Printed, objects: readonly Printed[]): number {
	const at = objects.indexOf(object);
	return (Date.parse(object.at) - Date.parse(objects[at - 1].at)) / 1000;
}

/** Calls and microseconds of the commands redis-top sends, as the server accounts for them. */
async function costOf(node: RunningServer): Promise<{ calls: number; usec: number }> {
	const stats = await node.info('commandstats');
	let calls = 0;
	let usec = 0;
	for (const [name, text] of Object.entries(stats)) {
		if (!/^cmdstat_(info|slowlog|config|client|ping)/.test(name)) continue;
		calls += Number(/calls=(\d+)/.exec(text)![1]);
		usec += Number(/usec=(\d+)/.exec(text)![1]);
	}
	return { calls, usec };
}
