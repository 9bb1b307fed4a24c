// What goes with --metrics in media/: made from the program's tables (`npm run docs` writes it anew), and of no metric
// that there is not. That Prometheus takes it is held in the live lane.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { monitoringFiles } from '../media/monitoring.ts';
import { figureMetrics, totalMetrics } from '../source/core/metric-names.ts';
import { thresholds } from '../source/core/thresholds.ts';
import { readFlags } from '../source/flags.ts';
import { ownMetrics, processMetrics } from '../source/output/metrics.ts';

const fileOf = (name: string) => new URL(`../media/${name}`, import.meta.url);

const known = new Set(
	[
		...Object.values(ownMetrics),
		...Object.values(processMetrics),
		...figureMetrics.values(),
		...totalMetrics.values(),
	].flatMap(({ name, type }) => (type === 'summary' ? [`${name}_sum`, `${name}_count`] : [name])),
);

for (const [name, made] of Object.entries(monitoringFiles())) {
	test(`media/${name} is made from the tables of now`, () => {
		if (process.env.UPDATE_DOCS === '1') return writeFileSync(fileOf(name), made);
		assert.equal(readFileSync(fileOf(name), 'utf8'), made, `${name} is stale: npm run docs`);
	});
	test(`media/${name} names only metrics that there are`, () => {
		const named = made.match(/\b(?:redis_top_|process_)[a-z_]+/g) ?? [];
		assert.deepEqual(
			named.filter(each => !known.has(each)),
			[],
		);
	});
}

test('every finding has an alert with its reason', () => {
	const text = monitoringFiles()['redis-top-alerts.yml']!;
	for (const { id, why } of thresholds) {
		assert.ok(text.includes(JSON.stringify(`redis_top:finding{finding="${id}"} > 0`)), id);
		assert.ok(text.includes(`reason: ${JSON.stringify(why)}`), id);
	}
	const names = text.match(/alert: \w+/g)!;
	assert.equal(new Set(names).size, names.length);
});

test('the dashboard has every figure of a node, and no panel on another', () => {
	const { panels } = JSON.parse(monitoringFiles()['redis-top-dashboard.json']!);
	const text = JSON.stringify(panels);
	for (const { name } of figureMetrics.values()) assert.ok(text.includes(name), name);
	const cells = new Set<string>();
	for (const { gridPos } of panels)
		for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
			for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
				assert.ok(x < 24 && !cells.has(`${x} ${y}`), `${x} ${y}`);
				cells.add(`${x} ${y}`);
			}
});

test('the unit starts a service that the command line takes', () => {
	const [, line] = /^ExecStart=\/usr\/bin\/redis-top (.*)$/m.exec(monitoringFiles()['redis-top.service']!)!;
	const argv = line!.replace(/\S*\/password/, fileOf('redis-top.service').pathname);
	const read = readFlags(argv.split(' '), {
		...{ env: {}, isTerminal: false, version: '1', fleets: { prod: ['10.0.1.11'] } },
	});
	assert.ok(read.kind === 'run', JSON.stringify(read));
	assert.deepEqual([read.flags.mode, read.flags.metrics], ['service', { port: 9399 }]);
});
