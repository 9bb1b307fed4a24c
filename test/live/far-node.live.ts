// A server that is far: each answer takes 1.3 s, and it is well. Only what it takes longer than that is a stall. A near
// server that makes everybody wait as long, from the first answer on, is not taken for a far one.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startDelay } from '../big-keys/delay.ts';
import { buildIfStale } from '../built.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { type Printed, runJson, runOnce } from './redis-top.ts';

before(buildIfStale);
const begun: (() => unknown)[] = [];
after(async () => {
	for (const stop of begun.reverse()) await stop();
});

const tripMilliseconds = 1300;
const stallOf = (object: Printed) => object.findings.find((finding: Printed) => finding.id === 'stalled');

for (const server of await testServers('valkey')) {
	test(`${server.id}: a far node is calm, and its freeze is found`, async () => {
		const node = await startServer(server);
		begun.push(() => node.stop());
		const delay = await startDelay(node.port, tripMilliseconds / 2);
		begun.push(() => delay.close());
		const { stdout, code } = await runOnce(['--check', '-p', String(delay.port)]);
		assert.match(stdout, /^OK 1 node, /);
		assert.equal(code, 0);

		const run = runJson(['-p', String(delay.port)]);
		begun.push(() => run.stop());
		const isRead = (object: Printed) => object.nodes[0]?.pingMilliseconds >= tripMilliseconds;
		await run.when('it was read six times', () => run.objects.filter(isRead).length >= 6, {
			timeout: 60_000,
		});
		assert.deepEqual(
			run.objects.flatMap(({ findings }) => findings),
			[],
		);
		node.freeze();
		const from = run.objects.length;
		const during = await run.when('the freeze is told', stallOf, { from, timeout: 30_000 });
		node.thaw();
		assert.match(stallOf(during).text, /^no answer for [\d.]+s now/);
		await run.when('it is over', object => /^stalled for/.test(stallOf(object)?.text), {
			from,
			timeout: 30_000,
		});
	});

	test(`${server.id}: a server that is held up again and again is not far`, async () => {
		const node = await startServer(server);
		begun.push(() => node.stop());
		let timer: NodeJS.Timeout;
		const stand = () => {
			node.freeze();
			timer = setTimeout(run, tripMilliseconds);
		};
		const run = () => {
			node.thaw();
			timer = setTimeout(stand, 10);
		};
		stand();
		begun.push(() => {
			clearTimeout(timer);
			node.thaw();
		});
		const { stdout, code } = await runOnce(['--check', '-p', String(node.port)]);
		assert.match(stdout, /^(CRITICAL|WARNING) stalled /m);
		assert.ok(code === 1 || code === 2, `${code}: ${stdout}`);
	});
}
