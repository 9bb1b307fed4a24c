// A real server that stands still: it is told while it lasts, counted once, and not told as new figures. A stop of
// redis-top's own is not told as the server's.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildIfStale } from '../built.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { nodeOf, type Printed, runJson } from './redis-top.ts';

before(buildIfStale);
const begun: (() => Promise<void>)[] = [];
after(async () => {
	for (const stop of begun.reverse()) await stop();
});

const stalled = (object: Printed) => object.findings.find((finding: Printed) => finding.id === 'stalled');

for (const server of await testServers('valkey')) {
	test(`${server.id}: each stop of the server is told while it lasts and counted once`, async () => {
		const running = await startServer(server);
		begun.push(() => running.stop());
		const run = runJson(['-p', String(running.port)]);
		begun.push(() => run.stop());
		const isWell = (object: Printed) => nodeOf(object, running.address)?.health === 'up';
		await run.when('it is well', isWell);
		for (const times of [1, 2]) {
			const from = run.objects.length;
			running.freeze();
			const during = await run.when(
				'it does not answer',
				object => /^no answer for .* now/.test(stalled(object)?.text),
				{ from },
			);
			assert.equal(nodeOf(during, running.address).health, 'stale');
			assert.equal(nodeOf(during, running.address).opsPerSecond, null);
			running.thaw();
			const later = await run.when(`it answers, stall ${times}`, isWell, {
				from: run.objects.indexOf(during) + 1,
			});
			assert.equal(nodeOf(later, running.address).stallsLastMinute, times);
			assert.ok(nodeOf(later, running.address).stalledSecondsLastMinute >= times);
		}
		const begins = run.objects.flatMap(({ events }) => events).filter(({ kind }) => kind === 'finding');
		assert.ok(begins.length >= 1 && begins.length <= 2, JSON.stringify(begins));
	});

	test(`${server.id}: redis-top was stopped itself, and the server is not blamed`, async () => {
		const running = await startServer(server);
		begun.push(() => running.stop());
		const run = runJson(['-p', String(running.port)]);
		begun.push(() => run.stop());
		await run.when('it is well', object => nodeOf(object, running.address)?.health === 'up');
		const stoppedAt = Date.now();
		run.child.kill('SIGSTOP');
		await until(() => Date.now() - stoppedAt > 2500, { what: 'it has been stopped for a while' });
		run.child.kill('SIGCONT');
		const from = run.objects.length;
		await run.when('it has looked again', object => nodeOf(object, running.address)?.health === 'up', {
			from: from + 1,
		});
		assert.deepEqual(
			run.objects.slice(from).flatMap(({ findings }) => findings),
			[],
		);
	});
}
