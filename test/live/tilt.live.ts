// Real Sentinels in TILT: they were stopped for longer than 2 s, so that for 30 s they trust nothing and do nothing. That
// is a finding, no failover is said to be possible, and --check ends with 2.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failoverOutlook } from '../../source/core/failover/failover-possible.ts';
import { defaultLimits } from '../../source/core/thresholds.ts';
import { startSentinels } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { until } from '../servers/until.ts';
import { runOnce } from './redis-top.ts';
import { watchFleet } from './watch-fleet.ts';

for (const server of await testServers('both'))
	test(`${server.name} ${server.version}: stopped and continued Sentinels`, async () => {
		const trio = await startSentinels(server, { replicas: 1 });
		const [first] = trio.sentinels;
		const watched = watchFleet(first!);
		try {
			const fleet = () => watched.fleet().now.fleet;
			const tilt = () => watched.fleet().now.findings.find(({ id }) => id === 'sentinel-tilt');
			await until(() => fleet().sentinel?.sentinels.length === 3 && fleet().nodes.length === 2, {
				what: 'all are watched',
			});
			const possible = () =>
				failoverOutlook(fleet(), watched.fleet().tracks, defaultLimits, watched.state().at)[0];
			await until(() => possible()?.possible === true, { what: 'a failover is possible' });
			const tilted = async () => {
				const told = await Promise.all(trio.sentinels.map(each => each.info('sentinel')));
				return told.filter(info => info.sentinel_tilt === '1').length;
			};
			const freeze = async (which: typeof trio.sentinels) => {
				for (const { pid } of which) process.kill(pid, 'SIGSTOP');
				// What a Sentinel takes for a clock that cannot be trusted (SENTINEL_TILT_TRIGGER is 2000 ms).
				await new Promise(resolve => setTimeout(resolve, 2600));
				for (const { pid } of which) process.kill(pid, 'SIGCONT');
			};
			await freeze([first!]);
			await until(async () => (await tilted()) === 1, { what: 'one is in TILT' });
			await until(() => tilt()?.severity === 'warn', { what: 'a warning' });
			await freeze(trio.sentinels);
			await until(async () => (await tilted()) === 3, { what: 'all are in TILT' });
			await until(() => tilt()?.severity === 'crit', { what: 'critical' });
			assert.match(tilt()!.text, /all 3 Sentinels are in TILT/);
			assert.equal(possible()?.possible, false);
			assert.match(possible()!.reasons.join(), /3 of 3 Sentinels in TILT/);
			const { stdout, code } = await runOnce(['-p', String(first!.port), '--check']);
			assert.equal(code, 2, stdout);
			assert.match(stdout, /^CRITICAL sentinel-tilt 127\.0\.0\.1:\d+: .*in TILT/m);
			await until(() => tilt() === undefined, { what: 'it is over', timeout: 60_000 });
			await until(() => possible()?.possible === true, { what: 'a failover is possible again' });
		} finally {
			await watched.stop();
			await trio.stop();
		}
	});
