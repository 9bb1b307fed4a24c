// Commands and errors within a window: two readings of real servers with a known mix between them, the breaks that must
// give nothing rather than something wrong, and any counters at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StatPart } from '../../../source/core/node/command-stat.ts';
import {
	addCommandReading,
	type CommandReading,
	commandReadingOf,
	commandsBetween,
	commandWindow,
	foldCommands,
} from '../../../source/core/node/command-window.ts';
import {
	addErrorReading,
	errorReadingOf,
	errorsBetween as errorsOf,
	errorWindow,
} from '../../../source/core/node/error-window.ts';
import { parseInfo } from '../../../source/core/parse/parse-info.ts';
import type { CommandStat } from '../../../source/core/types.ts';
import { often } from '../../lane.ts';
import { sampleOf } from '../build.ts';
import { between, errorsBetween, newerVersions, nodeInfo, nodeText, nodeVersions } from '../node-captures.ts';

const stat = (calls: number, usec: number, more: Partial<CommandStat> = {}): CommandStat => ({
	calls,
	usec,
	...more,
});
const reading = (
	at: number,
	stats: Readonly<Record<string, CommandStat>>,
	more: Partial<CommandReading> = {},
): CommandReading => ({ at, runId: 'a', stats, ownCalls: {}, ...more });

for (const version of nodeVersions) {
	const taken = (number: 1 | 2) => {
		const commands = parseInfo(nodeText(version, 'commandstats', number)).commands!;
		return reading(number * 1000, commands, {
			ownCalls:
				number === 1
					? { info: 1, 'memory|stats': 1 }
					: {
							info: 3,
							'memory|stats': 2,
							'latency|histogram': 1,
							'client|list': 1,
						},
		});
	};

	test(`${version}: the calls between two readings are those that were made`, () => {
		const window = commandsBetween(taken(1), taken(2))!;
		assert.equal(window.seconds, 1);
		const of = new Map(window.commands.map(use => [use.name, use]));
		for (const [name, calls] of Object.entries(between)) {
			assert.equal(of.get(name)?.calls, calls, name);
			assert.equal(of.get(name)?.callsPerSecond, calls, name);
		}
		// Ours alone called these.
		assert.equal(of.has('info'), false);
		assert.equal(of.has('memory'), false);
		assert.equal(of.has('memory|stats'), false);
		const times = window.commands.map(use => use.microseconds);
		assert.deepEqual(
			times,
			times.toSorted((a, b) => b - a),
		);
		assert.equal(window.commands[0]!.name, 'debug');
		assert.ok(of.get('debug')!.microsecondsPerCall! > 20_000 && of.get('debug')!.share! > 0.8);
		const shares = window.commands.reduce((sum, { share }) => sum + share!, 0);
		assert.ok(Math.abs(shares - 1) < 1e-9);
		assert.ok(window.own.calls >= 3 && window.own.microseconds > 0);
		assert.ok(Math.abs(window.busy - times.reduce((sum, time) => sum + time, 0) / 1e6) < 1e-9);
		assert.equal(window.isOvercounted, false);
	});

	test(`${version}: nothing is taken out twice, and the whole is what the server counted`, () => {
		const [before, now] = [taken(1), taken(2)];
		const window = commandsBetween(before, now)!;
		const sum = (stats: CommandReading['stats']) =>
			Object.values(stats).reduce((total, { usec }) => total + usec!, 0);
		const kept = window.commands.reduce((total, { microseconds }) => total + microseconds, 0);
		assert.ok(Math.abs(kept + window.own.microseconds - (sum(now.stats) - sum(before.stats))) < 1e-6);
	});
}

for (const version of newerVersions)
	test(`${version}: failed and rejected calls, errors by prefix`, () => {
		const [before, now] = [1, 2].map(number => nodeInfo(version, number as 1 | 2));
		const samples = [before!, now!].map((info, index) => sampleOf('a:1', index * 2000, { info }));
		const window = commandsBetween(commandReadingOf(samples[0]!)!, commandReadingOf(samples[1]!)!)!;
		const of = (name: string) => window.commands.find(use => use.name === name)!;
		assert.deepEqual([of('lpush').failed, of('lpush').rejected], [50, 0]);
		assert.deepEqual([of('get').failed, of('get').rejected], [0, 10]);

		const kept = samples.reduce(
			(all, sample) => addErrorReading(all, errorReadingOf(sample)!),
			[] as ReturnType<typeof addErrorReading>,
		);
		assert.deepEqual(errorWindow(kept, 300), {
			seconds: 2,
			total: 64,
			prefixes: Object.entries(errorsBetween).map(([prefix, count]) => ({
				prefix,
				count,
				perSecond: count / 2,
			})),
		});
	});

test('errors that were answered to redis-top are no errors of the applications', () => {
	const before = { at: 0, runId: 'a', errors: { NOPERM: 5, ERR: 1 }, own: { NOPERM: 4 } };
	const now = { at: 2000, runId: 'a', errors: { NOPERM: 9, ERR: 4 }, own: { NOPERM: 7, ERR: 3 } };
	assert.deepEqual(errorsOf(before, now), {
		seconds: 2,
		total: 1,
		prefixes: [{ prefix: 'NOPERM', count: 1, perSecond: 0.5 }],
	});
});

test('6.0 tells neither failed calls nor errors', () => {
	const info = nodeInfo('redis-6.0.16', 2);
	assert.equal(info.commands!.get!.failed, undefined);
	assert.equal(errorReadingOf(sampleOf('a:1', 0, { info })), undefined);
	const window = commandsBetween(reading(0, { get: stat(1, 1) }), reading(1, { get: stat(2, 2) }))!;
	assert.deepEqual([window.commands[0]!.failed, window.commands[0]!.rejected], [undefined, undefined]);
});

test('known shares', () => {
	const before = reading(0, { get: stat(100, 1000), set: stat(10, 100) });
	const now = reading(10_000, { get: stat(1100, 4000), set: stat(110, 1100), hgetall: stat(10, 6000) });
	const window = commandsBetween(before, now)!;
	assert.deepEqual(
		window.commands.map(({ name, calls, callsPerSecond, microsecondsPerCall, share }) => [
			name,
			calls,
			callsPerSecond,
			microsecondsPerCall,
			share,
		]),
		[
			['hgetall', 10, 1, 600, 0.6],
			['get', 1000, 100, 3, 0.3],
			['set', 100, 10, 10, 0.1],
		],
	);
	assert.equal(window.busy, 0.001);
});

test('what only redis-top called is gone, of what others called too its share of the time', () => {
	const before = reading(0, { info: stat(10, 1000), get: stat(0, 0), cluster: stat(5, 50) });
	const now = reading(
		1000,
		{ info: stat(20, 3000), get: stat(4, 100), cluster: stat(15, 150) },
		{ ownCalls: { info: 5, 'cluster|nodes': 4, 'cluster|info': 6, 'memory|stats': 3 } },
	);
	const window = commandsBetween(before, now)!;
	assert.deepEqual(
		window.commands.map(({ name, calls, microseconds, microsecondsPerCall }) => [
			name,
			calls,
			microseconds,
			microsecondsPerCall,
		]),
		[
			['info', 5, 1000, 200],
			['get', 4, 100, 25],
		],
	);
	assert.deepEqual(window.own, { calls: 15, microseconds: 1100 });
});

test('a command that others run is not counted twice: EXEC is in no sum', () => {
	const window = commandsBetween(
		reading(0, { get: stat(1, 1) }),
		reading(1000, { get: stat(1, 1), lrange: stat(20, 900), set: stat(1, 100), exec: stat(1, 910) }),
	)!;
	assert.deepEqual(
		window.commands.map(({ name, share, runsOthers }) => [name, share, runsOthers]),
		[
			['exec', 0.91, true],
			['lrange', 0.9, false],
			['set', 0.1, false],
		],
	);
	const { other } = foldCommands(window.commands, 1);
	assert.equal(other!.commands, 3);
	assert.equal(other!.share, 1);
});

test('more time than there was is said', () => {
	const before = reading(0, {});
	assert.equal(commandsBetween(before, reading(1000, { eval: stat(1, 1.2e6) }))!.isOvercounted, true);
	assert.equal(commandsBetween(before, reading(1000, { eval: stat(1, 1e6) }))!.isOvercounted, false);
});

test('a restart, a RESETSTAT, a command that has gone, a clock that stood still: no window', () => {
	const before = reading(0, { get: stat(5, 50, { failed: 1, rejected: 1 }), set: stat(1, 1) });
	const broken: CommandReading[] = [
		reading(1000, before.stats, { runId: 'b' }),
		reading(1000, { ...before.stats, get: stat(4, 60, { failed: 1, rejected: 1 }) }),
		reading(1000, { ...before.stats, get: stat(6, 49, { failed: 1, rejected: 1 }) }),
		reading(1000, { ...before.stats, get: stat(6, 60, { failed: 0, rejected: 1 }) }),
		reading(1000, { ...before.stats, get: stat(6, 60, { failed: 1, rejected: 0 }) }),
		reading(1000, { get: before.stats.get! }),
		reading(0, before.stats),
	];
	for (const now of broken) {
		assert.equal(commandsBetween(before, now), undefined);
		assert.deepEqual(addCommandReading([before], now), [now]);
	}
});

test('a reset within the window is not seen as calls, even when the counters have overtaken themselves', () => {
	const steps = [stat(100, 1000), stat(120, 1200), stat(3, 30), stat(500, 5000)];
	const kept = steps.reduce<readonly CommandReading[]>(
		(all, get, index) => addCommandReading(all, reading(index * 1000, { get })),
		[],
	);
	const window = commandWindow(kept, 3600)!;
	assert.equal(window.seconds, 1);
	assert.equal(window.commands[0]!.calls, 497);
});

test('an hour of readings shares what does not move', () => {
	const idle = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`idle${index}`, stat(1, 1)]));
	let kept: readonly CommandReading[] = [];
	for (let index = 0; index < 100; index++)
		kept = addCommandReading(
			kept,
			reading(index * 1000, structuredClone({ ...idle, get: stat(index, index) })),
		);
	const objects = new Set(kept.flatMap(({ stats }) => Object.values(stats)));
	assert.equal(objects.size, 40 + kept.length);
});

test('rows, and the last of them for all the others', () => {
	const now = reading(1000, { a: stat(1, 60), b: stat(2, 20), c: stat(4, 12), d: stat(4, 8) });
	const { commands } = commandsBetween(reading(0, {}), now)!;
	assert.deepEqual(foldCommands(commands, 4), { shown: commands });
	const { shown, other } = foldCommands(commands, 3);
	assert.deepEqual(
		shown.map(({ name }) => name),
		['a', 'b'],
	);
	assert.deepEqual(other, {
		commands: 2,
		callsPerSecond: 8,
		microsecondsPerCall: 2.5,
		share: 0.2,
		failed: undefined,
		rejected: undefined,
	});
	assert.deepEqual(foldCommands(commands, 0).shown, []);
});

const name = fc.constantFrom(
	'get',
	'set',
	'exec',
	'eval',
	'cluster|nodes',
	'cluster',
	'constructor',
	'__proto__',
);
const count = fc.nat(1000);
const stats = fc
	.array(fc.tuple(name, fc.record({ calls: count, usec: count, failed: count, rejected: count })), {
		maxLength: 8,
	})
	.map(entries => Object.fromEntries(entries));
const ownCalls = fc.array(fc.tuple(name, count)).map(entries => Object.fromEntries(entries));

test('whatever the counters: nothing negative, nothing that is no number, shares of at most all', () => {
	fc.assert(
		fc.property(stats, ownCalls, stats, ownCalls, fc.boolean(), (a, ownA, b, ownB, rises) => {
			// Half of the time the second reading can follow the first.
			const later = rises
				? Object.fromEntries(
						[...new Set([...Object.keys(a), ...Object.keys(b)])].map(key => {
							const [x, y] = [a, b].map(all => (Object.hasOwn(all, key) ? all[key]! : stat(0, 0)));
							const add = (field: StatPart) => (x![field] ?? 0) + (y![field] ?? 0);
							return [
								key,
								{ calls: add('calls'), usec: add('usec'), failed: add('failed'), rejected: add('rejected') },
							];
						}),
					)
				: b;
			const window = commandsBetween(
				reading(0, a, { ownCalls: ownA }),
				reading(1000, later, { ownCalls: ownB }),
			);
			if (rises) assert.ok(window, 'a window');
			if (!window) return;
			for (const use of window.commands) {
				for (const value of [use.calls, use.callsPerSecond, use.microseconds, use.failed!, use.rejected!])
					assert.ok(value >= 0 && Number.isFinite(value), 'nothing negative');
				assert.ok(
					use.share === undefined || (use.share >= 0 && (use.name === 'exec' || use.share <= 1)),
					'a share is at most all',
				);
			}
			assert.ok(window.own.calls >= 0 && window.own.microseconds >= 0, 'nothing negative');
		}),
		{ numRuns: often(100, 500) },
	);
});

const errors = fc.array(fc.tuple(name, count)).map(entries => Object.fromEntries(entries));

test('whatever the errors: never negative, nothing over a restart', () => {
	fc.assert(
		fc.property(errors, errors, fc.constantFrom('a', 'b'), (before, now, runId) => {
			const window = errorsOf({ at: 0, runId: 'a', errors: before }, { at: 1000, runId, errors: now });
			const fell = Object.entries(before).some(
				([key, value]) => !Object.hasOwn(now, key) || now[key]! < value,
			);
			assert.equal(window === undefined, fell || runId === 'b');
			for (const { count: each, perSecond } of window?.prefixes ?? [])
				assert.ok(each > 0 && perSecond > 0, 'only what rose');
			const sum = (all: Record<string, number>) =>
				Object.values(all).reduce((total, each) => total + each, 0);
			if (window) assert.equal(window.total, sum(now) - sum(before));
		}),
		{ numRuns: often(100, 500) },
	);
});
