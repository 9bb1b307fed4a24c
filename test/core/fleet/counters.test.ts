// Counters of any size and fields that cannot be read. Wrapped ones are of public reports: a lag of 18446744073709551607
// (apache/kvrocks#3271), used_memory:18446744073702280352 (valkey-io/valkey#2994), mem_fragmentation_bytes beyond 2^63
// (redis/redis#5580).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratesBetween } from '../../../source/core/fleet/rates.ts';
import { commandReadingOf, commandsBetween } from '../../../source/core/node/command-window.ts';
import { countOfAnySize, riseOf } from '../../../source/core/parse/counters.ts';
import { parseInfo } from '../../../source/core/parse/parse-info.ts';
import { sampleOf } from '../build.ts';

const counted = (text: string) => countOfAnySize(text, 0, text.length);

test('amounts: what no server can hold is none', () => {
	const amounts: readonly (readonly [string, number | undefined])[] = [
		['0', 0],
		['9007199254740991', 2 ** 53 - 1],
		['9007199254740993', 9007199254740992],
		['9223372036854775807', 2 ** 63],
		['9223372036854775808', undefined],
		['18446744073709551607', undefined],
		['18446744073709551616', undefined],
		['-1', undefined],
		['-5', undefined],
		['nan', undefined],
		['', undefined],
		['1e6', undefined],
		[' 1', undefined],
	];
	for (const [text, value] of amounts) assert.equal(counted(text).value, value, text);
});

test('rises: to the last unit, over 2^53, 2^63 and 2^64', () => {
	const rises: readonly (readonly [string, string, number | undefined])[] = [
		['5', '12', 7],
		['12', '5', -7],
		['9007199254740991', '9007199254740994', 3],
		['4611686018427387904', '4611686018427388011', 107],
		['9223372036854775800', '9223372036854775813', 13],
		['9223372036854775800', '-9223372036854775803', 13],
		['18446744073709551610', '4', 10],
		['-9223372036854775800', '-9223372036854775790', 10],
		['100', '18446744073709551607', undefined],
		['100', '-5', undefined],
		['18446744073709551615', '18446744073709551615', 0],
		['9007199254740995', '7', undefined],
		['-1', '5', undefined],
		['nan', '5', undefined],
	];
	for (const [from, to, rise] of rises) {
		const told = riseOf(counted(from), counted(to));
		if (rise === undefined) assert.ok(told === undefined || told < 0, `${from} ${to}`);
		else assert.equal(told, rise, `${from} ${to}`);
	}
});

const info = (commands: string, more = '') =>
	parseInfo(
		`run_id:a\nuptime_in_seconds:9\nrole:master\ntotal_commands_processed:${commands}\ntotal_net_input_bytes:100\nkeyspace_hits:50\nkeyspace_misses:5\nexpired_keys:1\nevicted_keys:1\ntotal_error_replies:3\n${more}`,
	);
const at = (clock: number, of: ReturnType<typeof info>) => sampleOf('a:1', clock, { info: of });

test('a rate is right at any size', () => {
	for (const [from, to] of [
		['4611686018427387904', '4611686018427388904'],
		['18446744073709551115', '499'],
	] as const) {
		const changes = ratesBetween(at(0, info(from)), at(1000, info(to)))!;
		assert.equal(changes.rates.ops, 1000, `${from} to ${to}`);
		assert.equal(changes.rates.inputBytes, 0);
	}
});

test('a counter that cannot be read is no reset: the others have their rates', () => {
	const [before, damaged, after] = [info('100'), info('nan'), info('300')];
	for (const [from, to] of [
		[before, damaged],
		[damaged, after],
	] as const) {
		const changes = ratesBetween(at(0, from), at(1000, to));
		assert.ok(changes, 'no break');
		assert.equal(changes.rates.ops, undefined);
		assert.equal(changes.rates.errors, 0);
	}
	const lost = { ...before, runId: undefined, uptimeSeconds: undefined, role: undefined };
	assert.ok(ratesBetween(at(0, before), at(1000, lost)));
	assert.ok(ratesBetween(at(0, lost), at(1000, after)));
});

test('commands: of any size, and a part that cannot be read costs that part', () => {
	const reading = (clock: number, line: string) =>
		commandReadingOf(at(clock, parseInfo(`run_id:a\n${line}\ncmdstat_set:calls=10,usec=100`)))!;
	const large = commandsBetween(
		reading(0, 'cmdstat_get:calls=9223372036854775000,usec=18446744073709551000'),
		reading(1000, 'cmdstat_get:calls=9223372036854775100,usec=384'),
	)!;
	assert.deepEqual([large.commands[0]!.calls, large.commands[0]!.microseconds], [100, 1000]);
	const damaged = commandsBetween(
		reading(0, 'cmdstat_get:calls=5,usec=50'),
		reading(1000, 'cmdstat_get:calls=9,usec=nan'),
	)!;
	assert.deepEqual(
		damaged.commands.map(({ name, calls, microsecondsPerCall, share }) => [
			name,
			calls,
			microsecondsPerCall,
			share,
		]),
		[['get', 4, undefined, undefined]],
	);
});

test('CPU is of what the server tells, and one field less is no thread at rest', () => {
	const used = (main: string, all: string) => info('1', `used_cpu_sys:${all}\nused_cpu_user:${all}\n${main}`);
	const main = (value: string) => `used_cpu_sys_main_thread:${value}\nused_cpu_user_main_thread:${value}`;
	const cpu = (from: ReturnType<typeof info>, to: ReturnType<typeof info>) => {
		const { cpuPercent, cpuOf } = ratesBetween(at(0, from), at(1000, to))!.rates;
		return [cpuPercent === undefined ? undefined : Math.round(cpuPercent), cpuOf];
	};
	assert.deepEqual(cpu(used(main('1.0'), '5.0'), used(main('1.2'), '7.0')), [40, 'main-thread']);
	assert.deepEqual(cpu(used('', '5.0'), used('', '6.0')), [200, 'process']);
	assert.deepEqual(cpu(used(main('1.0'), '5.0'), used(main('nan'), '6.0')), [undefined, undefined]);
	assert.deepEqual(cpu(used(main('nan'), '5.0'), used(main('1.0'), '6.0')), [undefined, undefined]);
});

test('Dragonfly writes 12 s and 93 us as 12.93, and many threads are no main thread', () => {
	const dragonfly = parseInfo(
		'dragonfly_version:df-v1.34.2\nused_cpu_sys:12.93\nused_cpu_user:3.000005\nused_cpu_sys_main_thread:1.5',
	);
	assert.deepEqual(
		[dragonfly.cpuSystemSeconds, dragonfly.cpuUserSeconds, dragonfly.cpuSystemMainSeconds],
		[12.000093, 3.000005, undefined],
	);
	assert.equal(parseInfo('redis_version:4.0.0\nused_cpu_sys:12.93').cpuSystemSeconds, 12.93);
});

test('error statistics that the server switched off are not none', () => {
	const off = parseInfo('# Errorstats\nerrorstat_ERRORSTATS_DISABLED:count=1');
	assert.deepEqual([off.errors, off.errorsStopped], [undefined, 'off']);
	const partly = parseInfo('# Errorstats\nerrorstat_OOM:count=2\nerrorstat_ERRORSTATS_OVERFLOW:count=9');
	assert.deepEqual([partly.errors?.OOM, partly.errorsStopped], [2, 'partly']);
	const changes = ratesBetween(
		at(0, info('1', 'errorstat_ERRORSTATS_DISABLED:count=1')),
		at(1000, { ...info('1', 'errorstat_ERRORSTATS_DISABLED:count=1'), errorReplies: 43 }),
	)!;
	assert.deepEqual([changes.rates.oomErrors, changes.rates.errors], [undefined, 40]);
});
