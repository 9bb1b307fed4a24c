// A server that is stopped eight times in forty seconds, for 1.5 to 2.8 s each: the screen of 80x24 in a terminal, JSON
// and --check find it within two seconds of the first stop and count every one, at a delay of a second and of a quarter.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { buildIfStale } from '../built.ts';
import { testServers } from '../servers/servers.ts';
import { startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { openRedisTop } from '../terminal/terminal.ts';
import { type Printed, runJson, runOnce } from './redis-top.ts';

before(buildIfStale);
const begun: (() => Promise<void>)[] = [];
after(async () => {
	for (const stop of begun.reverse()) await stop();
});

const lengths = [1500, 2690, 1510, 1800, 2750, 2360, 1740, 2800];
const apart = 5000;
const delays = ['1', '0.25'];

const stalledIn = (object: Printed) => object.findings.find((finding: Printed) => finding.id === 'stalled');

for (const server of await testServers('redis'))
	test(`${server.id}: eight stops are found within two seconds and counted, on the screen, in JSON and by --check`, async () => {
		const node = await startServer(server);
		begun.push(() => node.stop());
		const args = (delay: string) => ['-p', String(node.port), '-d', delay];
		const screens = delays.map(delay => openRedisTop(args(delay)));
		const runs = delays.map(delay => runJson(args(delay)));
		for (const each of [...screens, ...runs]) begun.push(() => each.stop());
		for (const screen of screens) await screen.shows(/^no findings/m);
		for (const run of runs)
			await run.when('it is well', object => object.nodes[0]?.health === 'up', { from: run.objects.length });
		const known = runs.map(run => run.objects.length);
		// In the middle between two lines of the slower one.
		await runs[0]!.when('its next line', () => true, { from: known[0]! });
		await pause(400);
		const begin = Date.now();
		const checks = checkAgain(args('1'), () => Date.now() - begin < lengths.length * apart);
		const seen = screens.map(screen =>
			until(() => /no answer for|stalled for/.test(screen.lines()[3]!) && Date.now() - begin, {
				what: 'the screen says that it stands still',
				every: 10,
			}),
		);
		for (const [index, length] of lengths.entries()) {
			await pause(Math.max(0, begin + index * apart - Date.now()));
			node.freeze();
			await pause(length);
			node.thaw();
		}
		for (const [index, screen] of screens.entries()) {
			assert.ok((await seen[index]!) <= 2000, `screen at ${delays[index]}s: ${await seen[index]} ms`);
			await screen.shows(/^!! 8 stalls in \d+s, longest (2\.[789]|3\.0)s, (3|4)\d% of the time/m);
		}
		for (const [index, run] of runs.entries()) {
			const first = run.objects.slice(known[index]).find(stalledIn);
			assert.ok(first.seenAt - begin <= 2000, `JSON at ${delays[index]}s: ${first.seenAt - begin} ms`);
			const isCounted = (object: Printed) => /^8 stalls in/.test(stalledIn(object)?.text);
			const last = await run.when('all are counted', isCounted);
			assert.equal(last.nodes[0].stallsLastMinute, 8);
			// Told to the next PING, a fifth of a second.
			assert.match(stalledIn(last).text, /longest (2\.[789]|3\.0)s/);
		}
		// Each sees what falls into its own two seconds, and none says OK of a stop that it saw.
		const found = (await checks).filter(({ code }) => code !== 0);
		assert.ok(found.length > 0);
		for (const { stdout, code } of found) {
			assert.match(
				stdout,
				/^(WARNING|CRITICAL) stalled \S+: (no answer for|stalled for|\d stalls in|stall \d in) ?[\d.]*/,
			);
			assert.ok(code === 1 || code === 2, stdout);
		}
	});

/** One check after the other. */
async function checkAgain(args: readonly string[], isLeft: () => boolean) {
	const results: Awaited<ReturnType<typeof runOnce>>[] = [];
	while (isLeft()) results.push(await runOnce(['--check', ...args]));
	return results;
}
