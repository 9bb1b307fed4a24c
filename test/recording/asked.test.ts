// What was asked for beside the polling, through a recording and back: the screens of a replay are those of the live run,
// values stay out, a long scan is few lines, and what only a newer redis-top writes is left out and said.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import type { HotKeysResult } from '../../source/core/keys/hot-keys.ts';
import { packAsked, unpackAsked } from '../../source/recording/asked/asked.ts';
import { createAskedTeller } from '../../source/recording/asked/tell-asked.ts';
import { openRecording } from '../../source/recording/playable.ts';
import { format, lineFrom } from '../../source/recording/recorded.ts';
import type { Asked } from '../../source/state/asked.ts';
import type { State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { often } from '../lane.ts';
import * as hot from '../view/build-hot-keys.ts';
import * as keys from '../view/build-keys.ts';
import { calm, now } from '../view/build-state.ts';

const replay = { speed: 1, isPaused: false };
const wide = { columns: 140, rows: 40 };
const small = { columns: 80, rows: 24 };

/** As a file holds it. */
function written(asked: Asked): Asked {
	const { changes, ...rest } = asked;
	const back = unpackAsked(JSON.parse(JSON.stringify(packAsked(rest))));
	assert.ok(back, 'it is read again');
	return { ...back, ...(changes && { changes }) };
}

const allOf = (state: State): Asked => {
	const teller = createAskedTeller();
	teller.next(state, state.at);
	return written(teller.all(state)!);
};

/** The same screen, of what a recording told. */
function played(live: State, asked: Asked): State {
	const before: State = { ...live, replay, bigKeys: undefined, hotKeys: undefined, screen: 'fleet' };
	const [told, effects] = update(before, { type: 'asked', at: live.at, asked });
	assert.deepEqual(effects, [], 'a replay sends nothing');
	const { bigKeys, hotKeys } = live;
	return {
		...told,
		screen: live.screen,
		...(bigKeys && { bigKeys: { ...told.bigKeys!, view: bigKeys.view, cursor: bigKeys.cursor } }),
		...(hotKeys && { hotKeys: { ...told.hotKeys!, view: hotKeys.view, cursor: hotKeys.cursor } }),
	};
}

const scenes = {
	'big keys: at work': keys.scanning,
	'big keys: held': keys.heldBack,
	'big keys: done': keys.done,
	'big keys: partial': keys.partial,
	'big keys: patterns': keys.patternsList,
	'big keys: by items': keys.itemsList,
	'big keys: an opened key': keys.openedKey,
	'big keys: an opened stream': keys.openedStream,
	'big keys: a key that is gone': keys.openedGone,
	'big keys: hostile names': keys.hostile,
	'hot keys: nothing sampled yet': hot.hotBefore,
	'hot keys: a window is open': hot.hotSampling,
	'hot keys: MONITOR': hot.hotSampled,
	'hot keys: windows repeat': hot.hotRepeating,
	'hot keys: counters': hot.hotCounters,
	'hot keys: by the server': hot.hotByServer,
	'hot keys: slots': hot.hotSlots,
	'hot keys: denied': hot.hotDenied,
	'hot keys: the ways': hot.hotWays,
	'hot keys: an opened key': hot.hotOpened,
	'hot keys: hostile names': hot.hotHostile,
	'fleet: hot keys': hot.fleetWithHotKeys,
} as const;

describe('a replay shows what the live screen showed', () => {
	for (const [name, build] of Object.entries(scenes))
		test(name, () => {
			for (const size of [small, wide]) {
				const live = build({ size });
				const seen = frameOf(played(live, allOf(live)));
				assert.deepEqual(seen, frameOf({ ...live, replay }));
			}
		});

	test('in the words of the ways to sample, whatever a node cannot do', () => {
		for (const build of [hot.hotDenied, hot.hotSlots, hot.hotByServer, hot.hotWays]) {
			const state = build({ size: wide });
			const live = { ...state, hotKeys: { ...state.hotKeys!, view: 'ways' as const } };
			assert.deepEqual(frameOf(played(live, allOf(live))), frameOf({ ...live, replay }));
		}
	});
});

test('how the nodes were before a scan is known of one that begins here, not of one that a key frame tells of', () => {
	const live = keys.scanning({ size: wide });
	const [scan] = live.bigKeys!.scans;
	const before = (at: number) =>
		played({ ...live, at }, { ...allOf(live), at }).bigKeys!.scans.find(({ id }) => id === scan!.id)!.before;
	assert.ok(before(scan!.startedAt));
	assert.equal(before(scan!.startedAt + 60_000), undefined);
});

test('a replay promises nothing that only a server could keep', () => {
	for (const scene of [hot.hotBefore, hot.hotSampling, hot.hotRepeating, hot.hotCounters, hot.hotByServer]) {
		const live = scene({ size: wide });
		const [, ...seen] = frameOf(played(live, allOf(live)));
		assert.doesNotMatch(seen.slice(0, -1).join('\n'), /press s|stops it|by itself|s samples/i);
	}
});

test('elements are values: a recording has none, and says that they were read', () => {
	const live = keys.openedElements({ size: wide });
	const asked = allOf(live);
	assert.doesNotMatch(JSON.stringify(packAsked(asked)), /sku:1|aaaa|elements"/);
	const seen = frameOf(played(live, asked)).join('\n');
	assert.match(seen, /a few of its elements were read: a recording holds no values/);
	assert.doesNotMatch(seen, /sku:1/);
});

describe('line by line', () => {
	const told = (states: readonly (readonly [State, at: number])[]) => {
		const teller = createAskedTeller();
		return states.flatMap(([state, at]) => teller.next(state, at) ?? []);
	};
	const someFound = keys.found();
	const base = calm();
	const scanAt = (seconds: number, scanned: number, isOver = false): readonly [State, number] => [
		keys.withBigKeys(base, [
			keys.trackOf({
				progress: keys.progressOf({ scanned, seconds, state: isOver ? 'done' : 'scanning' }),
				found: { ...someFound, scanned },
				isOver,
				...(isOver && { endedAt: now + seconds * 1000 }),
			}),
		]),
		now + seconds * 1000,
	];

	test('a long scan is not as many lists, and its end is whole', () => {
		const steps = Array.from({ length: 4 * 300 }, (_, step) => scanAt(step / 4, 5000 * (step + 1)));
		const lines = told([...steps, scanAt(300, 72e6, true)]);
		const lists = lines.filter(({ scans }) => scans?.some(({ found }) => found)).length;
		assert.ok(lists < 80, `${lists} lists`);
		assert.ok(lines.length <= 301 + lists, `${lines.length} lines`);
		const last = lines.at(-1)!.scans![0]!;
		assert.deepEqual([last.isOver, last.found?.scanned, last.progress?.scanned], [true, 72e6, 72e6]);
	});

	// A watch puts the same sample together anew at each status.
	test('a sample that has ended is told once, however long it is looked at', () => {
		const minute = Array.from({ length: 60 }, (_, second): readonly [State, number] => [
			structuredClone(hot.hotSampled()),
			now + second * 1000,
		]);
		const lines = told(minute).filter(({ watches }) => watches?.some(({ result }) => result));
		assert.equal(lines.length, 1);
	});

	test('what is told one after the other is what is told at once', () => {
		const steps = [
			scanAt(0, 10),
			scanAt(1, 5000),
			scanAt(1.2, 5100),
			scanAt(2.5, 5200),
			scanAt(9, 9000, true),
		];
		let [state] = [{ ...calm(), replay } as State];
		for (const asked of told(steps))
			[state] = update(state, { type: 'asked', at: asked.at, asked: written(asked) });
		const [live] = steps.at(-1)!;
		assert.equal(state.at, now + 9000);
		const all = played({ ...live, at: state.at }, allOf(live));
		assert.deepEqual(frameOf({ ...state, screen: 'big-keys' }), frameOf({ ...all, screen: 'big-keys' }));
	});

	test('a window that opens and ends is told at once; how busy a node is now and then', () => {
		const of = (state: State, seconds: number) =>
			[{ ...state, at: now + seconds * 1000 }, now + seconds * 1000] as const;
		const busy = (percent: number): State => {
			const state = hot.hotBefore();
			const [watch] = state.hotKeys!.watches;
			const ladders = watch!.status!.ladders.map(one => ({ ...one, load: { cpuPercent: percent } }));
			return {
				...state,
				hotKeys: { ...state.hotKeys!, watches: [{ ...watch!, status: { ...watch!.status!, ladders } }] },
			};
		};
		const lines = told([
			of(busy(10), 0),
			of(busy(11), 0.5),
			of(busy(12), 1),
			of(busy(13), 6),
			of(hot.hotSampling(), 6.1),
			of(hot.hotSampled(), 6.2),
		]);
		assert.deepEqual(
			lines.map(({ at }) => (at - now) / 1000),
			[0, 0.5, 6, 6.1, 6.2],
		);
		assert.ok(lines[1]!.watches![0]!.loads);
		assert.ok(lines[3]!.watches![0]!.windows?.sampling);
		assert.ok(lines[4]!.watches![0]!.result);
	});

	const withResult = (change: (result: HotKeysResult) => HotKeysResult): State => {
		const state = hot.hotSampled();
		const [watch] = state.hotKeys!.watches;
		const result = change(watch!.result!);
		const status = { ...watch!.status!, result };
		return { ...state, hotKeys: { ...state.hotKeys!, watches: [{ ...watch!, status, result }] } };
	};

	test('what became known of the keys of a sample that has ended is told at once', () => {
		const bare = withResult(result => ({
			...result,
			keys: result.keys.map(({ exists: _, type: __, ttlSeconds: ___, ...key }) => key),
		}));
		const lines = told([
			[bare, now],
			[
				withResult(result => ({ ...result, keys: result.keys.map(key => ({ ...key, exists: true })) })),
				now + 100,
			],
		]);
		assert.ok(lines[0]!.watches![0]!.result!.keys.every(({ type }) => type === undefined));
		assert.ok(lines[1]!.watches![0]!.result!.keys.some(({ type }) => type !== undefined));
	});

	test('what waits is told before a key frame, so that it is known also to whoever plays on through that', () => {
		const teller = createAskedTeller();
		const next = (commands: number): State =>
			withResult(result => ({
				...result,
				commands,
				nodes: result.nodes.map(node => ({ ...node, endedBy: 'going-on' as const })),
			}));
		const lines = [
			teller.next(next(10), now),
			teller.next(next(11), now + 10),
			teller.next(next(12), now + 20),
		];
		assert.deepEqual(
			lines.map(line => line?.watches?.[0]?.result?.commands),
			[10, undefined, undefined],
		);
		const last = next(12);
		const rest = teller.rest(last, now + 30);
		const [all] = teller.all(last)!.watches!;
		assert.deepEqual([rest?.watches?.[0]?.result, all!.result!.commands], [all!.result, 12]);
		assert.equal(teller.rest(last, now + 40), undefined);
		const [live, at] = scanAt(0.3, 105);
		teller.next(scanAt(0, 100)[0], now);
		assert.equal(teller.next(live, at)?.scans, undefined);
		assert.equal(teller.rest(live, at)?.scans?.[0]?.progress?.scanned, 105);
	});

	test('nothing is told twice', () => {
		const state = hot.hotOpened();
		assert.equal(
			told([
				[state, now],
				[state, now + 60_000],
			]).length,
			1,
		);
	});
});

describe('in a recording that is played', () => {
	const press = (state: State, ...pressed: string[]) =>
		update(state, { type: 'keys', at: state.at, keys: pressed });

	test('Enter opens what a key was found to be then, and sends nothing', () => {
		const live = keys.openedKey({ size: wide });
		const closed = press({ ...played(live, allOf(live)), screen: 'big-keys' }, 'escape')[0];
		assert.equal(closed.bigKeys!.open, undefined);
		const key = live.bigKeys!.open!.key;
		const at = { ...closed, bigKeys: { ...closed.bigKeys!, cursor: `${key.node} ${key.db} ${key.key}` } };
		const [opened, effects] = press(at, 'enter');
		assert.deepEqual(effects, []);
		assert.equal(opened.bigKeys!.open?.look?.bytes, live.bigKeys!.open!.look!.bytes);
		const [other, none] = press(press(at, 'down')[0], 'enter');
		assert.deepEqual([other.bigKeys!.open, none], [undefined, []]);
		assert.match(other.toast!.text, /not looked at up to this moment/);
	});

	test('the screens open once there is something on them', () => {
		const live = hot.hotSampled({ size: wide });
		const before: State = { ...calm({ size: wide }), replay };
		assert.equal(press(before, '4')[0].screen, 'fleet');
		const [told] = update(before, { type: 'asked', at: live.at, asked: allOf(live) });
		const [opened, effects] = press(told, '4');
		assert.deepEqual([opened.screen, effects], ['hot-keys', []]);
	});

	test('keys of the live screens do nothing in it', () => {
		for (const build of [hot.hotOpened, keys.openedKey]) {
			const live = build({ size: wide });
			const state = played(live, allOf(live));
			for (const key of ['s', 't', 'a', 'x', 'enter', 'e']) {
				const [, effects] = press(state, key, key);
				assert.deepEqual(
					effects.filter(({ type }) => !['advance', 'play', 'seek', 'copy'].includes(type)),
					[],
					key,
				);
			}
		}
	});
});

describe('lines that somebody else has written', () => {
	const folder = mkdtempSync(join(tmpdir(), 'redis-top-asked-'));
	after(() => rmSync(folder, { recursive: true, force: true }));

	test('whatever stands in one, it is read or left out, and the screens draw what was read', () => {
		const live = hot.hotOpened({ size: wide });
		const packed = JSON.stringify(packAsked({ ...allOf(live), ...allOf(keys.openedStream({ size: wide })) }));
		const before: State = { ...calm({ size: wide }), replay };
		let values = 0;
		JSON.parse(packed, (_, value) => {
			if (typeof value !== 'object') values++;
			return value;
		});
		const other = fc.constantFrom<unknown>(null, -1, 'x', [], {}, 1e308, true, 'none');
		fc.assert(
			fc.property(fc.nat(values - 1), other, (place, value) => {
				let index = 0;
				const isHere = (each: unknown) => typeof each !== 'object' && index++ === place;
				const changed = JSON.parse(packed, (_, each) => (isHere(each) ? value : each));
				const told = lineFrom({ asked: changed });
				if (told === 'unknown' || 'wrong' in told || !('asked' in told)) return;
				const [state] = update(before, { type: 'asked', at: now, asked: told.asked });
				if (state.hotKeys) frameOf({ ...state, screen: 'hot-keys' });
				if (state.bigKeys) frameOf({ ...state, screen: 'big-keys' });
			}),
			{ numRuns: often(100, 3000) },
		);
	});

	test('of a newer redis-top it is left out, counted, and the rest is played', async () => {
		const path = join(folder, 'newer.jsonl');
		const head = {
			...{ redisTopRecording: format, version: '9.0.0', at: now, delaySeconds: 1 },
			fleets: [{ id: 1, name: 'x', seeds: ['127.0.0.1:1'] }],
		};
		const round = { round: { at: now, fleet: 1, isExtra: false, isSettled: true, readings: [] } };
		const lines = [head, { asked: { at: now, scans: 7 } }, { dreams: 1 }, round];
		writeFileSync(path, lines.map(line => `${JSON.stringify(line)}\n`).join(''));
		const playable = await openRecording(path);
		assert.ok(!('problem' in playable));
		assert.ok('round' in (await playable.next())!);
		assert.equal(playable.leftOut(), 2);
		playable.close();
	});
});
