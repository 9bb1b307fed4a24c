// Sessions of HOTKEYS as one result: both orders, what is in no listed key, whose they are, what they cover; on replies
// of Redis 8.6.3.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byBytesFirst } from '../../../source/core/keys/hot-join.ts';
import type { HotTarget } from '../../../source/core/keys/hot-keys.ts';
import { resultOfSessions, type SessionSeen } from '../../../source/core/keys/hot-sessions.ts';
import { type HotkeysSession, parseHotkeys } from '../../../source/core/parse/parse-hotkeys.ts';
import { hotKeysJson, hotKeysText } from '../../../source/output/hot-keys.ts';
import { noteTexts, slotsWord } from '../../../source/view/screens/hot-keys/note-words.ts';
import { captureReply } from '../captures.ts';

const target = (address: string): HotTarget => ({
	...{ address, isReplica: false, isCluster: false, replicas: [] },
});

function captured(name: string): HotkeysSession {
	const found = parseHotkeys(captureReply(`redis-8.6.3/hot-keys/${name}.resp2`));
	assert.ok(found?.kind === 'session');
	return found;
}

const seen = (session: HotkeysSession, over: Partial<SessionSeen> = {}): SessionSeen => ({
	...{ target: target('a:1'), at: 1000, seconds: session.seconds, endedBy: 'time', session },
	...over,
});

test('replies of Redis 8.6.3: none, at work, over, of one metric', () => {
	assert.deepEqual(parseHotkeys(captureReply('redis-8.6.3/hot-keys/hotkeys-get-none.resp2')), {
		kind: 'nothing',
	});
	const [active, over, net] = ['active', 'over', 'net-only'].map(name => captured(`hotkeys-get-${name}`));
	assert.deepEqual([active!.isActive, over!.isActive], [true, false]);
	assert.equal(active!.startedAt, over!.startedAt);
	assert.deepEqual([active!.scale, active!.onlySlots], [1, undefined]);
	assert.equal(active!.timeOf, active!.allMicroseconds);
	// Of a session by bytes alone it is not told.
	assert.deepEqual([active!.ranMicroseconds !== undefined, net!.ranMicroseconds], [true, undefined]);
	assert.deepEqual([net!.byCpu, net!.byNet!.length > 0], [undefined, true]);
});

test('the slow key leads by time, both orders stand there, and what is in no listed key', () => {
	const session = captured('hotkeys-get-over');
	const result = resultOfSessions([seen(session)], 3);
	assert.equal(result.keys[0]!.key, 'slow');
	assert.equal(byBytesFirst(result.keys)[0]!.key, 'slow');
	const listed = result.keys.reduce((sum, { share = 0 }) => sum + share, 0);
	assert.ok(Math.abs(result.others!.share - (1 - listed)) < 1e-9);
	assert.ok(result.keys.every(({ share = 0, netShare = 0 }) => share <= 1 && netShare <= 1));
	const text = hotKeysText(result);
	assert.match(text, /^every command, our own session, /m);
	assert.match(text, /^BYTES +BETWEEN +NET +KEY$/m);
	assert.match(text, /^other keys \d+\.\d% of the time$/m);
});

test('a session that was sampled: figures are whole, shares are of what was looked at', () => {
	const result = resultOfSessions([seen(captured('hotkeys-get-sample-10'))], 20);
	const hot = result.keys.find(({ key }) => key === 'hot')!;
	assert.deepEqual([hot.cpuMicroseconds, hot.netBytes], [70, 4860]);
	assert.equal(hot.netShare, 486 / 1648);
	assert.ok(result.keys.every(({ share = 0 }) => share <= 1));
	assert.match(noteTexts(result).join('\n'), /one command of 10 was looked at: a slow one that seldom comes/);
});

test('so little time that the order is one of chance is said, and one key of chance is told from the others', () => {
	const short = resultOfSessions([seen(captured('hotkeys-get-net-only'))], 20);
	assert.doesNotMatch(noteTexts(short).join('\n'), /too little time/);
	const tiny = resultOfSessions([seen(captured('hotkeys-get-sample-10'))], 20);
	assert.match(
		noteTexts(tiny)[0]!,
		/^too little time to tell: commands took under 1ms.*that of bytes is surer$/,
	);
});

test('where most keys are listed for a few calls that were held up, the order is that of bytes and says so', () => {
	const last = captured('hotkeys-get-over');
	/** The tenth part of it each time: nothing of it is chance, but what `heldUp` names comes at once. */
	const readings = (heldUp: readonly string[]) =>
		Array.from({ length: 12 }, (_, index): HotkeysSession => {
			const part = (index + 1) / 12;
			const late = index >= 7 ? 1 : 0;
			const byCpu = ['a', 'b', 'c', 'd'].map((key, at) => ({
				key,
				microseconds: heldUp.includes(key) ? 90 + 9000 * late : (40_000 - at * 1000) * part,
			}));
			const byNet = ['d', 'c', 'b', 'a'].map((key, at) => ({ key, bytes: (9000 - at * 1000) * part }));
			const timeOf = byCpu.reduce((sum, { microseconds }) => sum + microseconds, 0);
			return { ...last, byCpu, byNet, timeOf, bytesOf: 40_000 * part };
		});
	const resultOf = (heldUp: readonly string[]) => {
		const all = readings(heldUp);
		return resultOfSessions([seen(all.at(-1)!, { earlier: all.slice(0, -1) })], 20);
	};
	const [calm, mixed, spiky] = [resultOf([]), resultOf(['d']), resultOf(['b', 'c', 'd'])];
	assert.deepEqual(
		[calm, mixed, spiky].map(({ keys }) => keys.map(({ key }) => key).join('')),
		['abcd', 'abcd', 'adcb'],
	);
	assert.ok(calm.keys.every(({ share, isUnsure }) => share !== undefined && !isUnsure));
	assert.deepEqual(
		spiky.keys.map(({ share }) => share !== undefined),
		[true, false, false, false],
		'what is sure keeps its share',
	);
	assert.match(noteTexts(spiky)[0]!, /^time cannot tell the order/);
	assert.deepEqual([spiky.others, calm.others !== undefined], [undefined, true]);
	assert.doesNotMatch(noteTexts(mixed).join(), /cannot tell/);
});

test('a session of some slots is of those and says so', () => {
	for (const name of ['hotkeys-get-slots', 'hotkeys-get-slots-sample-4']) {
		const session = captured(name);
		const result = resultOfSessions([seen(session, { whose: 'somebody' })], 20);
		assert.match(
			noteTexts(result).join('\n'),
			/the session is of slots 7-9, 15495 alone: shares are of their time/,
		);
		assert.match(
			hotKeysText(result),
			/^(every command|one command of 4), of slots 7-9, 15495 alone, a session/m,
		);
		assert.ok(result.keys.every(({ key }) => key.startsWith('{a}')));
	}
	const sampled = captured('hotkeys-get-slots-sample-4');
	assert.equal(sampled.timeOf, 28);
	const { keys } = resultOfSessions([seen(sampled)], 20);
	assert.equal(keys.find(({ key }) => key === '{a}hot')!.share, 11 / 28);
	assert.equal(slotsWord([[5, 5]]), 'slot 5');
	assert.equal(
		slotsWord([
			[0, 1],
			[3, 3],
			[5, 5],
			[7, 7],
			[9, 9],
		]),
		'slots 0-1, 3, 5, 7 and 1 more ranges',
	);
});

test('whose it is stands in the text and in the JSON', () => {
	const session = captured('hotkeys-get-active');
	for (const [whose, words] of [
		['somebody', 'a session that somebody else has started, at work, '],
		['sibling', 'a session of another redis-top, at work, '],
		['left', 'a session that a redis-top left when it was killed, at work, '],
		['ours', 'our own session, '],
	] as const) {
		const result = resultOfSessions([seen(session, { whose, endedBy: 'going-on' })], 20);
		assert.ok(hotKeysText(result).includes(`every command, ${words}`), hotKeysText(result));
		const { nodes } = hotKeysJson(result) as { nodes: { session: Record<string, unknown> }[] };
		assert.deepEqual([nodes[0]!.session.whose, nodes[0]!.session.sampleRatio], [whose, 1]);
		assert.match(String(nodes[0]!.session.startedAt), /^2026-/);
	}
});

test('nodes count by the time that their commands took', () => {
	const session = captured('hotkeys-get-over');
	const half = { ...session, timeOf: session.timeOf! / 3, byCpu: [], byNet: [] };
	const result = resultOfSessions([seen(session), seen(half, { target: target('b:1') })], 20);
	const alone = resultOfSessions([seen(session)], 20);
	assert.ok(Math.abs(result.keys[0]!.share! - alone.keys[0]!.share! * 0.75) < 1e-9);
	assert.deepEqual(
		result.nodes.map(({ weight }) => weight),
		[0.75, 0.25],
	);
});

test('a key that the machine held up is left out, said so, and what short commands are not is said', () => {
	const begun = captured('hotkeys-get-over');
	const readings = Array.from({ length: 100 }, (_, index): HotkeysSession => {
		const part = (index + 1) / 100;
		const held = index >= 50 ? [{ key: 'held up', microseconds: 30_000 }] : [];
		const byCpu = ['a', 'b'].map(key => ({ key, microseconds: 5000 * part }));
		const all = 20_000 * part + (index >= 50 ? 30_000 : 0);
		return {
			...{ ...begun, byCpu: [...held, ...byCpu], byNet: [{ key: 'a', bytes: 100 * (index + 1) }] },
			...{ allMicroseconds: all, timeOf: all, bytesOf: 400 * (index + 1), ranMicroseconds: 200_000 * part },
		};
	});
	const result = resultOfSessions([seen(readings.at(-1)!, { earlier: readings.slice(0, -1) })], 20);
	assert.deepEqual(
		result.keys.map(({ key }) => key),
		['a', 'b'],
	);
	assert.ok(Math.abs(result.keys[0]!.share! - 0.25) < 0.001, JSON.stringify(result.keys[0]));
	const notes = noteTexts(result).join('\n');
	assert.match(
		notes,
		/^the machine held the server up in commands of 1 key: that is no time of theirs, and is left out$/m,
	);
	assert.match(notes, /^commands are short: of the server's processor time 25% went into them/m);
});
