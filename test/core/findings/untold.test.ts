// What is not told is not zero: findings fall back to what still counts, a server without INFO is no server that is
// down, and what could not be measured is named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noMemory } from '../../../source/core/findings/findings-memory.ts';
import { readingRules } from '../../../source/core/findings/findings-node.ts';
import { healthOf } from '../../../source/core/fleet/node-row.ts';
import { sampleOf as parsed } from '../../../source/core/fleet/sample.ts';
import { untoldOf, untoldWords } from '../../../source/core/fleet/untold.ts';
import { parseInfo } from '../../../source/core/parse/parse-info.ts';
import { isSilentError } from '../../../source/core/text/node-trouble.ts';
import { defaultLimits } from '../../../source/core/thresholds.ts';
import type { Info, Rates, Reading } from '../../../source/core/types.ts';
import { gigabyte, noOwn, ratesOf, start, trackOf } from '../build.ts';
import { captureText, versions } from '../captures.ts';

const judge = (id: 'oom-errors' | 'cpu-high', info: Info, rates: Partial<Rates>) =>
	readingRules[id]!({
		track: trackOf('a:1', info, { rates: ratesOf(rates) }),
		memory: { ...noMemory, since: ratesOf(rates) },
		limits: defaultLimits,
		at: start,
	} as never);

test('OOM errors, where errors are no longer counted by code', () => {
	const full: Info = { errorsStopped: 'off', usedMemoryBytes: 4 * gigabyte };
	assert.equal(judge('oom-errors', full, { errors: 5 })?.severity, 'crit');
	assert.match(judge('oom-errors', full, { errors: 5 })!.text, /5 errors\/s: writes refused\?/);
	assert.equal(judge('oom-errors', full, { errors: 0 })?.severity, undefined);
	assert.equal(judge('oom-errors', full, {}), undefined);
	assert.equal(judge('oom-errors', full, { errors: 5, evicted: 9 }), undefined, 'there is what to evict');
	assert.equal(judge('oom-errors', { ...full, usedMemoryBytes: gigabyte }, { errors: 5 }), undefined);
	assert.equal(judge('oom-errors', { ...full, errorsStopped: undefined }, { errors: 5 }), undefined);
	assert.equal(judge('oom-errors', { errors: {} }, { errors: 5, oomErrors: 0 })?.severity, undefined);
});

test('cpu-high judges the main thread alone', () => {
	assert.equal(judge('cpu-high', {}, { cpuPercent: 99, cpuOf: 'main-thread' })?.severity, 'crit');
	assert.equal(judge('cpu-high', {}, { cpuPercent: 300, cpuOf: 'process' }), undefined);
});

const reading = (more: Partial<Reading>): Reading => ({
	...{ node: 'a:1', at: start, clock: 0, replies: [], refused: [], own: noOwn },
	...more,
});

test('INFO that a server does not know is not a right that the user lacks', () => {
	const unknown = [
		"ERR unknown command 'info', with args beginning with: ",
		"unsupported command 'info'",
		'ERR unknown command `INFO`, with args beginning with: ',
	];
	for (const error of unknown) {
		const { error: told } = parsed(
			reading({ replies: [['info', { error }]], error: { reason: 'other', text: error } }),
		);
		assert.equal(told?.reason, 'unknown-info', error);
		assert.match(told!.text, /does not know INFO/);
		assert.equal(isSilentError(told), false);
		assert.equal(healthOf({ ...trackOf('a:1'), lastGood: undefined, error: told }, start, 1), 'up');
	}
	const later = parsed(reading({ refused: [{ command: 'info', why: 'unknown-command', word: '+info' }] }));
	assert.equal(later.error?.reason, 'unknown-info');
	const denied = parsed(reading({ refused: [{ command: 'info', why: 'no-permission', word: '+info' }] }));
	assert.equal(denied.error?.reason, 'no-permission');
});

for (const version of versions)
	test(`${version} tells all there is to tell`, () => {
		assert.deepEqual(untoldOf(parseInfo(captureText(`${version}/standalone/info-default.txt`))), []);
	});

test('a section that is left out is named', () => {
	const whole = captureText('redis-7.0.15/standalone/info-default.txt');
	const info = parseInfo(whole.replace(/# Memory[^#]*/, '').replace(/# Keyspace[^#]*/, ''));
	const untold = untoldOf(info);
	assert.deepEqual(untold, ['memory used', 'resident memory', 'maxmemory', 'maxmemory policy', 'keys']);
	assert.match(untoldWords({ ...info, untold })!, /^Redis does not tell memory used, resident memory/);
});
