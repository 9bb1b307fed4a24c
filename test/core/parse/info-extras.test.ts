// What runbooks ask of INFO beside the rest: on every captured version as the text has it, and of any text at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addCloseLook, noCloseLook } from '../../../source/core/node/close-look.ts';
import { parseInfoDetails } from '../../../source/core/parse/parse-info.ts';
import { calmInfo, sampleOf, start } from '../build.ts';
import { captureText, versions } from '../captures.ts';

for (const version of versions)
	test(`${version}: allocator, configuration file and expiry as INFO has them`, () => {
		const text = captureText(`${version}/standalone/info-all.txt`);
		const value = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1];
		const extras = parseInfoDetails(text);
		assert.match(extras.allocator!, /^(jemalloc|libc)/);
		assert.equal(extras.allocator, value('mem_allocator'));
		assert.equal(extras.configFile, value('config_file'));
		assert.equal(extras.expiredStaleShare, Number(value('expired_stale_perc')) / 100);
		assert.equal(extras.expiryCaps, Number(value('expired_time_cap_reached_count')));
	});

test('any text is read without a throw, and what is no number is left out', () => {
	fc.assert(fc.property(fc.string({ unit: 'binary' }), text => void parseInfoDetails(text)));
	assert.deepEqual(parseInfoDetails('expired_stale_perc:nan\r\nxmem_allocator:libc\r\n'), {
		expiredStaleShare: undefined,
	});
	assert.deepEqual(parseInfoDetails('mem_allocator:libc'), { allocator: 'libc' });
});

test('how often expiry ran out of its time is kept for a minute, and begins anew with the server', () => {
	const look = (before: typeof noCloseLook, seconds: number, count: number, runId = 'a') => {
		const at = start + seconds * 1000;
		const sample = sampleOf('a:1', at, {
			info: { ...calmInfo, runId },
			infoText: `expired_time_cap_reached_count:${count}\r\n`,
			others: [['info keysizes', '']],
		});
		return addCloseLook(before, sample, true);
	};
	const counts = (each: typeof noCloseLook) => each.expiryCaps?.map(({ count }) => count);
	const two = look(look(noCloseLook, 0, 5), 5, 7);
	assert.deepEqual(counts(two), [5, 7]);
	assert.deepEqual(counts(look(two, 62, 9)), [7, 9]);
	assert.deepEqual(counts(look(two, 10, 1)), [1], 'a counter that fell');
	assert.deepEqual(counts(look(two, 10, 9, 'b')), [9], 'another process');
});
