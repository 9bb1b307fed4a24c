// That the Prometheus and the exporter of the live tests are what they say: one scrape of a real server, a past that was
// planted, and nothing left.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { startExporter, startPrometheus } from './prometheus.ts';
import { anyServer } from './servers.ts';
import { isAlive, startServer } from './start.ts';
import { until } from './until.ts';

test('a Prometheus over an exporter of a server, with a past', async () => {
	const server = await startServer(await anyServer(), { config: { requirepass: 'secret' } });
	const exporter = await startExporter([server.address], { password: 'secret', labels: { env: 'prod' } });
	const yesterday = Math.floor(Date.now() / 1000) - 86_400;
	const prometheus = await startPrometheus({
		scrapeConfig: [exporter.scrapeConfig],
		history: `# TYPE redis_up gauge\nredis_up{instance="before"} 1 ${yesterday}\n# EOF\n`,
	});
	try {
		const up = await until(async () => (await prometheus.query('redis_up == 1'))[0], { what: 'redis is up' });
		assert.equal(up.metric.instance, server.address);
		assert.equal(up.metric.env, 'prod');
		const [past] = await prometheus.query(`redis_up{instance="before"} @ ${yesterday + 1}`);
		assert.equal(past?.value[1], '1');
	} finally {
		await Promise.all([prometheus.stop(), exporter.stop(), server.stop()]);
	}
	assert.deepEqual([prometheus.pid, exporter.pid].filter(isAlive), []);
	assert.ok(!existsSync(prometheus.dir));
});
