// The table of limits holds together, and a settings file can change any number of it but nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeLimits, defaultLimits, rankOf, thresholds } from '../../source/core/thresholds.ts';

const problemOf = (settings: unknown) => {
	const changed = changeLimits(defaultLimits, settings);
	return 'problem' in changed ? changed.problem : undefined;
};

test('every threshold has a reason, a limit and a whole hold, and its id only once', () => {
	assert.equal(new Set(thresholds.map(({ id }) => id)).size, thresholds.length);
	for (const { id, why, warn, crit, hold } of thresholds) {
		assert.ok(why.length > 30, id);
		assert.ok(warn !== undefined || crit !== undefined, id);
		assert.ok(Number.isInteger(hold) && hold >= 1, id);
	}
});

test('the numbers are those of the contract', () => {
	const contract: Record<string, [number | undefined, number | undefined, number]> = {
		'memory-high': [0.75, 0.9, 2],
		'hit-rate-low': [0.85, undefined, 5],
		fragmented: [256 * 1024 ** 2, 1024 ** 3, 10],
		swapped: [0.9, undefined, 30],
		'clients-high': [0.8, 0.95, 2],
		'output-buffers': [0.25, 0.5, 3],
		'replication-link': [undefined, 5, 1],
		'lag-high': [0.5, 1, 3],
		'fork-slow': [0.3, 1, 1],
		'cpu-high': [80, 95, 5],
		'ping-high': [50, 500, 5],
		'no-replica': [1, undefined, 5],
		'volatile-without-ttl': [0.05, undefined, 5],
		unreachable: [undefined, 1, 1],
		'oom-errors': [undefined, 1, 1],
		'clients-rejected': [undefined, 1, 1],
		'came-back-empty': [undefined, 0.5, 1],
		'keys-lost': [undefined, 0.5, 1],
		'slot-open': [60, undefined, 2],
		'connections-churn': [100, undefined, 5],
		paused: [0, 10, 1],
	};
	for (const [id, [warn, crit, hold]] of Object.entries(contract)) {
		const threshold = thresholds.find(candidate => candidate.id === id);
		assert.deepEqual([threshold?.warn, threshold?.crit, threshold?.hold], [warn, crit, hold], id);
	}
	assert.deepEqual(defaultLimits.fragmented.extra, { warnShare: 0.25, critShare: 1 });
	assert.equal(defaultLimits['hit-rate-low'].extra.lookups, 1000);
	assert.equal(defaultLimits['hit-rate-low'].extra.uptimeSeconds, 1800);
});

test('data that can still be saved is the most urgent, then who is unreachable; what is not in the table comes last', () => {
	assert.equal(rankOf('came-back-empty'), 0);
	assert.equal(rankOf('unreachable'), 1);
	assert.ok(rankOf('memory-high') < rankOf('fragmented'));
	assert.equal(rankOf('audit-bind'), thresholds.length);
});

test('settings change what they name and leave the rest, and the default stays', () => {
	const changed = changeLimits(defaultLimits, {
		'memory-high': { warn: 0.7, crit: 0.85 },
		'hit-rate-low': { lookups: 500, hold: 2 },
	});
	assert.ok('limits' in changed);
	assert.deepEqual(changed.limits['memory-high'], { warn: 0.7, crit: 0.85, hold: 2 });
	assert.equal(changed.limits['hit-rate-low'].extra.lookups, 500);
	assert.equal(changed.limits['hit-rate-low'].extra.windowSeconds, 60);
	assert.equal(changed.limits['hit-rate-low'].hold, 2);
	assert.equal(defaultLimits['memory-high'].warn, 0.75);
});

const wrong: [settings: unknown, says: RegExp][] = [
	[5, /must be an object, like \{"memory-high"/],
	[[], /must be an object/],
	[null, /must be an object/],
	[{ memory: { warn: 1 } }, /"memory" is not known; did you mean memory-high\?/],
	[{ zzz: {} }, /"zzz" is not known; known are came-back-empty, /],
	[JSON.parse('{"__proto__": {"warn": 1}}'), /not known/],
	[{ constructor: { warn: 1 } }, /not known/],
	[{ 'memory-high': 0.7 }, /memory-high: must be an object, like \{"warn": 0.75\}/],
	[{ 'memory-high': { warn: '70%' } }, /warn must be a number/],
	[{ 'memory-high': { warn: Number.NaN } }, /warn must be a number/],
	[{ 'memory-high': { warn: -1 } }, /warn must be a number/],
	[{ 'memory-high': { warn: 75 } }, /warn is a share: write 0.75 for 75%/],
	[{ 'memory-high': { warn: 0.95 } }, /warn must be below crit, not 0.95 and 0.9/],
	[{ 'memory-high': { hold: 0 } }, /hold must be a whole number/],
	[{ 'memory-high': { hold: 1.5 } }, /hold must be a whole number/],
	[{ 'hit-rate-low': { crit: 0.5 } }, /has no "crit"; it has warn, hold, windowSeconds, lookups/],
	[{ unreachable: { extra: 1 } }, /has no "extra"; it has crit, hold/],
];
for (const [settings, says] of wrong)
	test(`wrong settings are said in one line: ${says.source.slice(0, 50)}`, () => {
		const problem = problemOf(settings);
		assert.match(problem ?? '', says);
		assert.doesNotMatch(problem ?? '', /\n/);
	});

test('a control character in an id does not reach the terminal', () => {
	assert.doesNotMatch(problemOf({ '\x1b[2J': {} }) ?? '', /\x1b/);
});
