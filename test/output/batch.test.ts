// What a refresh without a screen says of a finding: the value and the limit it was judged by, in the words of its unit.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../source/core/types.ts';
import { batchText } from '../../source/output/batch.ts';
import { calm } from '../view/build-state.ts';

const base = calm({ size: { columns: 120, rows: 24 } });
const node = '10.0.1.12:6379';

function lineOf(finding: Pick<Finding, 'id' | 'value' | 'limit' | 'unit'>): string {
	const findings: Finding[] = [{ severity: 'warn', node, since: base.at, text: 'TEXT', ...finding }];
	const fleets = base.fleets.map(fleet => ({ ...fleet, now: { ...fleet.now, findings } }));
	const lines = batchText({ ...base, fleets }, { refresh: 1 }).split('\n');
	return lines.find(line => line.includes('TEXT'))!.trim();
}

const megabyte = 1024 * 1024;
const cases: readonly (readonly [Pick<Finding, 'id' | 'value' | 'limit' | 'unit'>, string])[] = [
	[{ id: 'memory-high', value: 0.93, limit: 0.9, unit: 'share' }, '93% over 90%, TEXT'],
	[{ id: 'output-buffers', value: 0.25, limit: 0.25, unit: 'share' }, '25% over 25%, TEXT'],
	// Its unit is not always that of the table.
	[
		{ id: 'output-buffers', value: 130 * megabyte, limit: 100 * megabyte, unit: 'bytes' },
		'130M over 100M, TEXT',
	],
	[{ id: 'commands-refused', value: 12, limit: 1, unit: 'per second' }, '12/s over 1/s, TEXT'],
	[{ id: 'commands-refused', value: 1, limit: 1, unit: 'count' }, 'TEXT'],
	[{ id: 'came-back-empty', value: 0.1, limit: 0.5, unit: 'share' }, '10% under 50%, TEXT'],
	// What is too few, of a row whose limit is otherwise one of too much.
	[{ id: 'failover-impossible', value: 1, limit: 2, unit: 'count' }, '1 under 2, TEXT'],
	[{ id: 'auth-failing', value: 0.996, limit: 1, unit: 'per second' }, '1/s over 1/s, TEXT'],
	[{ id: 'fsync-slow', value: 0.2, limit: 0, unit: 'per second' }, 'TEXT'],
	[{ id: 'unreachable', value: 1, limit: 1, unit: 'count' }, 'TEXT'],
];

for (const [finding, words] of cases)
	test(`${finding.id}: ${finding.value} over ${finding.limit} ${finding.unit}`, () =>
		assert.ok(lineOf(finding).endsWith(`${finding.id} ${node} ${words}`), lineOf(finding)));
