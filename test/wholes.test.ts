// No figure that is a part is larger than its whole: on any screen, in the JSON of a refresh, in the parts of memory. Of
// sessions that were recorded, as they are and with one figure of every INFO damaged.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { sampleOf } from '../source/core/fleet/sample.ts';
import type { HotTarget } from '../source/core/keys/hot-keys.ts';
import { mergeTallies } from '../source/core/keys/hot-keys-merge.ts';
import { resultOfLfu, resultOfSlots, resultOfWindows } from '../source/core/keys/hot-results.ts';
import { resultOfSessions } from '../source/core/keys/hot-sessions.ts';
import type { MonitorTally } from '../source/core/keys/monitor-tally.ts';
import { memoryPartsOf } from '../source/core/node/memory-parts.ts';
import { hottestSlots } from '../source/core/parse/parse-slot-stats.ts';
import { defaultLimits, monitorLimits } from '../source/core/thresholds.ts';
import type { Reading } from '../source/core/types.ts';
import { checkJson } from '../source/output/check.ts';
import { hotKeysJson, hotKeysText } from '../source/output/hot-keys.ts';
import { jsonOf } from '../source/output/json.ts';
import { openRecording } from '../source/recording/playable.ts';
import { sizeSum } from '../source/redis/big-keys/size-sums.ts';
import { createMonitorReader } from '../source/redis/hot-keys/monitor-reader.ts';
import { nodeSections } from '../source/state/node-screen.ts';
import type { Key, Message, State } from '../source/state/state.ts';
import { newFleetTrack } from '../source/update/round.ts';
import { update } from '../source/update/update.ts';
import { frameOf } from '../source/view/frame.ts';
import { often } from './lane.ts';
import { sumsOver, wholesIn, wholesInJson } from './runbooks/wholes.ts';
import { withoutCodes } from './view/frame-files.ts';

type Round = Extract<Message, { type: 'round' }>;
type Played = {
	readonly begin: State;
	readonly rounds: readonly (Omit<Round, 'samples' | 'type'> & { readonly readings: readonly Reading[] })[];
};

async function recorded(name: string): Promise<Played> {
	const playable = await openRecording(fileURLToPath(new URL(name, import.meta.url)));
	assert.ok(!('problem' in playable));
	const { head } = playable;
	const begin: State = {
		...{ at: head.at, version: head.version, past: [], delaySeconds: head.delaySeconds, isFast: false },
		fleets: head.fleets.map(({ id, name, seeds }) => newFleetTrack(id, name, seeds, head.at)),
		...{ isDiscovering: true, isDiscoveryOn: head.isDiscoveryOn, limits: defaultLimits },
		...{ size: { columns: 150, rows: 90 }, isAscii: false, isColour: false, screen: 'fleet' },
		...{ scanRate: 20_000, scanTop: 100, top: 0, sort: { by: 'shards', isReversed: false } },
		...{ columnSet: 'overview', filter: '' },
	};
	const rounds: Played['rounds'][number][] = [];
	for (let line = await playable.next(); line !== undefined; line = await playable.next())
		if ('round' in line) rounds.push(line.round as Played['rounds'][number]);
	return { begin, rounds };
}

/** The state after these rounds, each reading changed on its way. */
const playedTo = ({ begin, rounds }: Played, count: number, change = (reading: Reading) => reading): State =>
	rounds.slice(0, count).reduce((state, { readings, ...round }) => {
		const samples = readings.map(reading => sampleOf(change(reading)));
		return update(state, { type: 'round', ...round, samples })[0];
	}, begin);

const screens: readonly (readonly Key[])[] = [
	['1'],
	...nodeSections.map((_, index): Key[] => ['2', ...Array.from({ length: index }, (): Key => 'tab')]),
	['3'],
	['4'],
	['5'],
	['6'],
];

/** All that is larger than its whole, with where it stands. */
function wrongIn(state: State, size = state.size): string[] {
	const inParts = state.fleets.flatMap(({ tracks }) =>
		[...tracks.values()].flatMap(({ lastGood, address }) => {
			const parts = lastGood?.info && memoryPartsOf(lastGood.info);
			const isWrong = ({ id, bytes }: { id: string; bytes: number }) =>
				bytes > parts!.usedBytes || (bytes < 0 && id !== 'overcounted');
			return (parts?.parts ?? [])
				.filter(isWrong)
				.map(({ id, bytes }) => `${address} ${id} ${bytes} of ${parts!.usedBytes}`);
		}),
	);
	const json = state.fleets.flatMap(({ now }) => wholesInJson(jsonOf(now, 1, now.events)));
	const check = wholesInJson(JSON.parse(checkJson(state, true).text.split('\n')[0]!));
	const drawn = screens.flatMap(keys => {
		const [shown] = update({ ...state, size }, { type: 'keys', at: state.at, keys });
		const lines = frameOf(shown).map(withoutCodes);
		return lines
			.filter(line => wholesIn(line).length > 0 || isOdd(line))
			.map(line => `${keys.join(' ')}: ${line}`);
	});
	return [...inParts, ...json, ...check, ...drawn];
}

/**
 * More than all of something that has no more. Used memory may be over its limit, and pages beside it over its size;
 * what is counted twice is below nothing.
 */
const isOdd = (line: string) =>
	/(?<![\d.-])(?:[1-9]\d{3,}|[2-9]\d\d|1[1-9]\d|10[1-9])(\.\d)?%/.test(line) &&
	!/^(mem|used) \S+ of | {2}counted |rss of the limit|maxmemory|maxclients|of used|fragment|retained|overhead|rounding|main thread|cpu/i.test(
		line,
	);

const names = [
	'../media/demo.jsonl.gz',
	'recordings/failover.jsonl.gz',
	'recordings/sentinel-failover.jsonl.gz',
];
const all = await Promise.all(names.map(recorded));

test('of recorded sessions, at every third part', () => {
	for (const { begin, rounds } of all) {
		const third = Math.ceil(rounds.length / 3);
		let state = begin;
		for (let from = 0; from < rounds.length; from += third) {
			state = playedTo({ begin: state, rounds: rounds.slice(from) }, third);
			assert.deepEqual(wrongIn(state), []);
			assert.deepEqual(wrongIn(state, { columns: 80, rows: 24 }), []);
		}
	}
});

const field = /^(?!.*(?:time|version|id|port|process))[a-z_]+:\d+(?=\r?$)|(?<==)\d+/gm;

/** One number of each INFO is another. */
const damaged =
	(which: number, value: number) =>
	(reading: Reading): Reading => ({
		...reading,
		replies: reading.replies.map(([command, reply]): [string, Reading['replies'][number][1]] => {
			if (!command.startsWith('info') || typeof reply !== 'string') return [command, reply];
			const found = [...reply.matchAll(field)];
			if (found.length === 0) return [command, reply];
			const { index, 0: text } = found[which % found.length]!;
			const colon = text.indexOf(':') + 1;
			const changed = `${text.slice(0, colon)}${value}`;
			return [command, `${reply.slice(0, index)}${changed}${reply.slice(index + text.length)}`];
		}),
	});

test('of recorded sessions with one figure of every INFO damaged', () => {
	const value = fc.oneof(fc.constantFrom(0, 1, 7, 2 ** 40, 1e15), fc.nat(), fc.maxSafeNat());
	const begun = all.map(played => ({ begin: playedTo(played, 6), rounds: played.rounds.slice(6, 8) }));
	fc.assert(
		fc.property(fc.nat(begun.length - 1), fc.nat(400), value, (index, which, to) => {
			const played = begun[index]!;
			assert.deepEqual(wrongIn(playedTo(played, 2, damaged(which, to))), []);
		}),
		{ numRuns: often(10, 100) },
	);
});

const target: HotTarget = { address: 'a:1', isReplica: false, isCluster: false, replicas: [] };
const words = fc.oneof(
	fc.tuple(fc.constantFrom('GET', 'INCR', 'DEL'), fc.nat(4)).map(([name, key]) => [name, `k:${key}`]),
	fc.array(fc.nat(4), { maxLength: 6 }).map(keys => ['MGET', ...keys.map(key => `k:${key}`)]),
	fc.array(fc.nat(3), { maxLength: 4 }).map(keys => ['MSET', ...keys.flatMap(key => [`k:${key}`, 'v'])]),
	fc.constantFrom(
		['MULTI'],
		['EXEC'],
		['PING'],
		['EVAL', 'x', '2', 'k:1', 'k:1'],
		['EVAL', 'x', '99', 'k:1'],
	),
);

/** The window of a node whose MONITOR told these commands. */
function windowOf(lines: readonly (readonly string[])[], opsPerSecond: number): MonitorTally {
	const none = { commands: 0, hits: 0, inputBytes: 0, outputBytes: 0, calls: {} };
	const options = {
		target,
		limits: monitorLimits,
		own: { clients: () => [] },
		onRefused: () => {},
		onLimit: () => {},
	};
	const reader = createMonitorReader(options);
	const quoted = (line: readonly string[]) => line.map(word => `"${word}"`).join(' ');
	const text = lines.map(
		(line, at) => `+1795465929.${162656 + at} [0 127.0.0.1:${50_000 + (at % 3)}] ${quoted(line)}\r\n`,
	);
	reader.take(Buffer.from(`+OK\r\n${text.join('')}`, 'latin1'));
	return {
		...reader.counts(),
		node: {
			...{ node: target.address, method: 'monitor', seconds: 1, commands: reader.commands(), bytes: 100 },
			...{ endedBy: 'time', opsBefore: opsPerSecond },
		},
		...{ at: 1000, load: { opsPerSecond, seen: opsPerSecond }, own: none },
	};
}

test('of hot keys: whatever MONITOR tells, no share is more than all, and no key has more hits than there were commands', () => {
	const window = fc.tuple(fc.array(words, { maxLength: 40 }), fc.nat(5000));
	fc.assert(
		fc.property(fc.array(window, { minLength: 1, maxLength: 3 }), fc.nat(5), (windows, top) => {
			const parts = windows.map(([lines, ops], index) => ({
				target: { ...target, address: `a:${index}` },
				tally: windowOf(lines, ops),
			}));
			const result = mergeTallies(parts, top);
			assert.deepEqual(wholesInJson(hotKeysJson(result)), []);
			assert.deepEqual(wholesIn(hotKeysText(result)), []);
			for (const { key, hits = 0 } of result.keys)
				assert.ok(hits <= result.commands, `${key} ${hits} of ${result.commands}`);
			for (const list of [result.byCommand, result.byClient]) {
				assert.deepEqual(sumsOver(list, 'share', 1), []);
				assert.deepEqual(sumsOver(list, 'hits', result.commands), []);
			}
		}),
		{ numRuns: often(60, 1000) },
	);
});

test('of what servers tell of their own: sessions, windows, counters and slots', () => {
	const seen = { target, at: 1, seconds: 5, endedBy: 'going-on' } as const;
	const amount = fc.oneof(fc.nat(10_000), fc.maxSafeNat(), fc.constant(0));
	const names = ['a', 'b', 'c'];
	fc.assert(
		fc.property(
			fc.array(amount, { minLength: 8, maxLength: 8 }),
			([all = 0, ops = 0, walked = 0, of = 0, ...each]) => {
				const byCpu = names.map((key, index) => ({ key, microseconds: each[index]! }));
				const session = {
					kind: 'session',
					isActive: true,
					sampleRatio: 1,
					seconds: 5,
					allMicroseconds: all,
					...{ scale: 1, timeOf: all, bytesOf: ops },
					byCpu,
					byNet: byCpu.map(({ key, microseconds }) => ({ key, bytes: microseconds })),
				} as const;
				const keys = names.map((key, index) => ({ key, db: 0, perSecond: each[index]! }));
				const counters = names.map((key, index) => ({ key, db: 0, counter: each[index]! % 256 }));
				const reading = (slot: number, cpuMicroseconds: number) => ({ slot, cpuMicroseconds });
				const changes = names.map((_, slot) => ({
					before: reading(slot, 0),
					after: reading(slot, each[slot]!),
					seconds: 5,
				}));
				const slots = hottestSlots(target.address, changes, 10, Math.max(1, all));
				const results = [
					resultOfSessions([{ ...seen, session }], 10),
					resultOfWindows([{ ...seen, window: { kind: 'window', keys }, opsPerSecond: ops }], 10),
					resultOfLfu([{ ...seen, keys: counters, settings: {}, walked, of, isWhole: false }], 10),
					resultOfSlots([{ ...seen, slots, onlyKeys: [{ slot: 0, key: 'a' }] }], 10),
				];
				for (const result of results) {
					assert.deepEqual(wholesInJson(hotKeysJson(result)), []);
					assert.deepEqual(wholesIn(hotKeysText(result)), []);
					if (result.shareOf === 'time')
						for (const list of [result.keys, result.slots]) assert.deepEqual(sumsOver(list, 'share', 1), []);
				}
			},
		),
		{ numRuns: often(60, 1000) },
	);
});

test('of big keys: a sum is no less than the keys that are listed in it', () => {
	const size = fc.record({
		...{ bytes: fc.nat(1e9), walkedBytes: fc.nat(1e9), sizeEstimated: fc.boolean() },
		sizeMargin: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
	});
	const sample = fc.record({
		bytes: fc.integer({ min: 1, max: 1e6 }),
		weight: fc.integer({ min: 1, max: 100 }),
		resizedBytes: fc.nat(1e6),
	});
	fc.assert(
		fc.property(
			fc.array(size, { maxLength: 5 }),
			fc.array(sample, { maxLength: 40 }),
			fc.nat(1e9),
			(listed, sampled, more) => {
				const walked = listed.reduce((sum, { walkedBytes }) => sum + walkedBytes, more);
				const { bytes } = sizeSum(listed.length + 100, walked, listed, sampled);
				assert.ok(bytes >= listed.reduce((sum, key) => sum + key.bytes, 0) - 1);
			},
		),
		{ numRuns: often(100, 1000) },
	);
});
