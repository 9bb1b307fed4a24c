// What of the time before is asked for and when: what is seen, once, and again when it is old; a Prometheus that fails is
// left alone for a while and costs the charts their past and nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Spans } from '../../source/core/prometheus/span.ts';
import { noEarlier } from '../../source/state/earlier.ts';
import type { Effect, Key, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { nodeCalm } from '../view/build-node.ts';
import { calm } from '../view/build-state.ts';
import { framed } from '../view/frame-files.ts';

type Asked = Extract<Effect, { type: 'ask-earlier' }>;

const size = { columns: 140, rows: 40 };
const withPrometheus = (state: State): State => ({
	...state,
	fleets: state.fleets.map(fleet => ({ ...fleet, earlier: noEarlier, isDiscovered: true })),
});
const asks = (effects: readonly Effect[]) =>
	effects.filter((effect): effect is Asked => effect.type === 'ask-earlier');
const clock = (state: State, seconds: number) =>
	update(state, { type: 'clock', at: state.at + seconds * 1000 });
const press = (state: State, ...keys: readonly Key[]) => update(state, { type: 'keys', at: state.at, keys });
const drawn = framed;

function answered(state: State, { fleet, stretch, question }: Asked, value = 9000): State {
	const step = 60_000;
	const values = new Float64Array(question.seconds / 60 + 1).fill(value);
	const span = { from: question.until - question.seconds * 1000, step, values };
	const spans: Spans = { ops: span, hits: span, misses: span, memory: span, evicted: span, clients: span };
	return update(state, { type: 'earlier', at: state.at, fleet, stretch, answer: { spans } })[0];
}

test('the charts of a fleet that is seen are asked for once; with nothing named nothing is', () => {
	const [state, effects] = clock(withPrometheus(calm({ size })), 1);
	const [ask] = asks(effects);
	assert.deepEqual(ask?.stretch, { seconds: 900, until: undefined, before: 0 });
	assert.equal(ask.question.nodes.length, state.fleets[0]!.tracks.size);
	assert.equal(asks(clock(state, 1)[1]).length, 0);
	assert.equal(asks(clock(answered(state, ask), 60)[1]).length, 0);
	assert.equal(asks(clock(answered(state, ask), 601)[1]).length, 1);
	assert.equal(asks(clock(calm({ size }), 1)[1]).length, 0);
	// Also where no charts are drawn: that it cannot be had is said there, and nothing else.
	const [small, others] = clock(withPrometheus(calm({ size: { columns: 80, rows: 24 } })), 1);
	assert.equal(asks(others).length, 1);
	assert.doesNotMatch(drawn(answered(small, asks(others)[0]!)), /Prometheus/);
	const { fleet, stretch } = asks(others)[0]!;
	const problem = 'connection refused';
	const [failed] = update(small, { type: 'earlier', at: small.at, fleet, stretch, answer: { problem } });
	assert.match(drawn(failed), /\nno past: Prometheus: connection refused *\n/);
});

test('t goes through the windows, up to seven days where a Prometheus is; v lays another day beside them', () => {
	let state = withPrometheus(calm({ size }));
	const windows: (number | undefined)[] = [];
	for (let turn = 0; turn < 6; turn++) {
		const [next, effects] = press(state, 't');
		windows.push(asks(effects)[0]?.stretch.seconds);
		state = next;
	}
	assert.deepEqual(windows, [3600, 21_600, 86_400, 604_800, 300, 900]);
	const [beside, effects] = press(state, 'v');
	assert.deepEqual(
		asks(effects).map(({ stretch, question }) => [stretch.before, question.until]),
		[[86_400, state.at - 86_400_000]],
	);
	assert.match(beside.toast!.text, /yesterday/);
	assert.equal(press(beside, 'v', 'v')[0].comparison, undefined);
	const without = press(calm({ size }), 'v')[0];
	assert.equal(without.comparison, undefined);
	assert.match(without.toast!.text, /--prometheus/);
	let own = calm({ size });
	const three = [0, 1, 2].map(() => {
		own = press(own, 't')[0];
		return own.chartWindow;
	});
	assert.deepEqual(three, [2, 0, 1]);
});

test('one line for a failure, nothing else changes, and it is asked again after half a minute', () => {
	const [state, effects] = clock(withPrometheus(calm({ size })), 1);
	const [{ fleet, stretch }] = asks(effects) as [Asked];
	const problem = 'it wants a login (401)';
	const [failed] = update(state, { type: 'earlier', at: state.at, fleet, stretch, answer: { problem } });
	const without = drawn({
		...failed,
		fleets: failed.fleets.map(each => ({ ...each, earlier: undefined })),
		chartWindow: 1,
	});
	const lines = drawn(failed).split('\n');
	const others = lines.filter(line => !line.startsWith('no past: Prometheus: it wants a login (401)'));
	assert.equal(others.length, lines.length - 1);
	assert.deepEqual(
		others,
		without.split('\n').filter((_, index) => index !== lines.findIndex(line => line.startsWith('no past'))),
	);
	assert.equal(asks(clock(failed, 10)[1]).length, 0);
	const [again, more] = clock(failed, 31);
	assert.equal(asks(more).length, 1);
	assert.doesNotMatch(drawn(answered(again, asks(more)[0]!)), /no past/);
});

test('a node: its own stretch, what time it stands at, and a figure of before that is of before', () => {
	const opened = withPrometheus(nodeCalm({ size }));
	const [state, effects] = press(opened, 't', 't', 't', 't', 't');
	assert.deepEqual(
		asks(effects).map(({ stretch }) => [stretch.node, stretch.seconds]),
		[[opened.node!.address, 604_800]],
	);
	const shown = drawn(clock(answered(state, asks(effects)[0]!), 4)[0]);
	assert.match(shown, /OPS\/S .* 1d 9\.0k .*7d/);
	assert.match(shown, /┤.*╎/);
	assert.match(shown, /╎ before it Prometheus/);
	const [back, more] = press(state, '[');
	assert.equal(asks(more)[0]?.stretch.until, state.at - 604_800_000 / 5);
	assert.equal(asks(clock(back, 700)[1]).length, 0);
});
