// The keys of the node screen: walking takes the cursor along, parts and windows turn, time goes back as far as it was
// watched, CLIENT LIST is asked by hand only where it is not asked by itself, and never twice in a moment.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { persistenceStateOf } from '../../source/core/node/persistence-state.ts';
import type { Info, RedisNode } from '../../source/core/types.ts';
import { nodeSections } from '../../source/state/node-screen.ts';
import type { Effect, Key, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { type NodeFacts, nodeFacts, slowInWindow } from '../../source/view/screens/node/facts.ts';
import { nodePanel } from '../../source/view/screens/node/panel.ts';
import { persistenceInBrief } from '../../source/view/screens/node/persistence.ts';
import { replicationLines } from '../../source/view/screens/node/replication.ts';
import { lineText } from '../../source/view/theme.ts';
import { looked, nodeCrowded, nodeDown, nodeIncident, nodeRefused } from '../view/build-node.ts';
import { calm } from '../view/build-state.ts';

const small = { size: { columns: 80, rows: 24 } };

function press(state: State, ...keys: readonly Key[]): { state: State; effects: Effect[] } {
	const [next, effects] = update(state, { type: 'keys', at: state.at, keys });
	return { state: next, effects };
}
const later = (state: State, milliseconds: number) =>
	update(state, { type: 'clock', at: state.at + milliseconds })[0];
const asked = (effects: readonly Effect[]) => effects.filter(({ type }) => type === 'ask-clients');

test('a lag that may be more says so', () => {
	const told = (replicationLagMostBytes: number) => {
		const replication = {
			link: { reconnect: { answer: 'unknown' }, lag: { bytes: 0, seconds: 0 } },
			replicas: [],
			resyncs: {},
		};
		const row = { replicationLagBytes: 0, replicationLagMostBytes };
		const lines = replicationLines({ replication, row } as unknown as NodeFacts, {
			...{ columns: 80, isAscii: false },
		});
		return lines.map(lineText).find(line => line.startsWith('  lag'))!;
	};
	assert.match(told(617_000), / 0B, 0s {2,}behind its primary, at most 603K$/);
	assert.match(told(900), /behind its primary$/);
});

test('the lag of a replica is what its own row says, and its last acknowledgement where it does not answer', () => {
	const state = nodeIncident(small);
	const fleet = state.fleets[0]!;
	const lagWith = (over: Partial<RedisNode>) => {
		const nodes = fleet.now.fleet.nodes.map(row =>
			row.address === '10.0.1.22:6379' ? { ...row, ...over } : row,
		);
		const now = { ...fleet.now, fleet: { ...fleet.now.fleet, nodes } };
		return nodeFacts({ ...state, fleets: [{ ...fleet, now }] })!.replication!.replicas[0]!.lag!.bytes;
	};
	assert.equal(lagWith({ replicationLagBytes: 3 }), 3);
	assert.equal(lagWith({ replicationLagBytes: undefined }), 10_000);
});

test('the head tells a server that has only not saved yet from one that never does, and from one that may not be asked', () => {
	const at = 1_800_000_000_000;
	const brief = (save: string | undefined, info: Info = {}) => {
		const started: Info = { uptimeSeconds: 60, lastSaveAt: at - 60_000, changesSinceSave: 5, ...info };
		const config = save === undefined ? undefined : { save };
		return persistenceInBrief(persistenceStateOf({ info: started, config, at }));
	};
	assert.deepEqual(brief('3600 1 300 100', { isAofEnabled: false }), ['aof off', 'rdb not yet']);
	assert.deepEqual(brief('', { isAofEnabled: false }), ['aof off', 'rdb off']);
	assert.deepEqual(brief(undefined), ['aof -', 'rdb -']);
	assert.equal(brief('', { lastSaveAt: at - 10_000, lastSaveSeconds: 1 })[1], 'rdb 10s ago, 1s');
});

describe('moving', () => {
	test('Enter opens the node under the cursor, and it is asked closely', () => {
		const { state, effects } = press(calm(small), 'down', 'enter');
		assert.equal(state.screen, 'node');
		assert.equal(state.node?.address, '10.0.1.21:6379');
		assert.deepEqual(effects, [{ type: 'focus', fleet: 1, node: '10.0.1.21:6379', isCluster: false }]);
		assert.deepEqual(press(state, 'q').effects, [{ type: 'focus', fleet: 1, isCluster: false }]);
	});

	test('right and left walk the rows of the fleet, whose cursor follows; the part stays', () => {
		const { state, effects } = press({ ...calm(small), cursor: looked }, '2', 'tab', 'right');
		assert.equal(state.node?.address, '10.0.1.22:6379');
		assert.equal(state.cursor, '10.0.1.22:6379');
		assert.equal(state.node?.section, 'memory');
		assert.equal(effects.filter(({ type }) => type === 'focus').at(-1)?.type, 'focus');
		const back = press(state, 'left').state;
		assert.equal(back.node?.address, looked);
		assert.equal(press(back, '1').state.cursor, looked);
		const end = press(state, ...Array.from({ length: 9 }, () => 'right')).state;
		assert.match(end.toast!.text, /the last node/);
	});

	test('Tab goes through the parts and back', () => {
		let state = nodeIncident(small);
		for (const section of [...nodeSections.slice(1), nodeSections[0]]) {
			state = press(state, 'tab').state;
			assert.equal(state.node?.section, section);
		}
		assert.equal(press(state, 'shift-tab').state.node?.section, nodeSections.at(-1));
	});

	test('a part longer than the screen scrolls to its end and no further', () => {
		const clients = nodeIncident(small, { section: 'clients' });
		const { lines, room } = nodePanel(clients);
		assert.ok(lines.length > room, `${lines.length} lines on ${room}`);
		const end = press(clients, 'G', 'down').state;
		assert.equal(nodePanel(end).top, lines.length - room);
		assert.equal(nodePanel(press(end, 'up').state).top, lines.length - room - 1);
		assert.equal(nodePanel(press(end, 'g').state).top, 0);
		assert.equal(nodePanel(press(clients, 'pagedown').state).top, Math.min(room - 1, lines.length - room));
	});

	test('y copies the address', () => {
		const [copied] = press(nodeIncident(small), 'y').effects;
		assert.deepEqual(copied, { type: 'copy', text: looked });
	});
});

describe('time', () => {
	test('t changes the window, and what is told over it', () => {
		const five = nodeIncident(small);
		assert.equal(nodeFacts(five)!.window.words, '5m');
		assert.equal(slowInWindow(nodeFacts(five)!).length, 4);
		const { state } = press(five, 't', 't');
		assert.equal(nodeFacts(state)!.window.words, '1h');
		assert.equal(slowInWindow(nodeFacts(state)!).length, 5);
		assert.equal(nodeFacts(press(state, 't').state)!.window.words, '5m');
	});

	test('[ goes back as far as was watched, ] to now again, Esc at once', () => {
		const one = press(nodeIncident(small), '[').state;
		assert.equal(nodeFacts(one)!.window.until, one.at - 60_000);
		assert.equal(slowInWindow(nodeFacts(one)!).length, 1, 'of what was slow by then');
		assert.equal(nodeFacts(press(one, ']').state)!.isNow, true);
		const far = press(one, ...Array.from({ length: 40 }, () => '[')).state;
		assert.match(far.toast!.text, /as far back/);
		assert.ok(far.at - nodeFacts(far)!.window.until <= 900_000);
		const now = press(far, 'escape').state;
		assert.equal(nodeFacts(now)!.isNow, true);
		assert.equal(now.screen, 'node');
		assert.equal(press(now, 'escape').state.screen, 'fleet');
	});

	test('p holds what is drawn while polling goes on', () => {
		const before = nodeIncident(small);
		const past = [{ at: before.at, fleets: before.fleets.map(({ now }) => now) }];
		const held = press({ ...before, past }, 'p').state;
		const emptied = { ...held, fleets: held.fleets.map(fleet => ({ ...fleet, tracks: new Map() })) };
		assert.equal(nodeFacts(emptied)!.info?.connectedClients, 1204);
		assert.equal(nodeFacts(press(emptied, 'p').state)!.info, undefined);
	});
});

describe('CLIENT LIST by hand', () => {
	test('up to 1000 clients it is asked by itself', () => {
		const { state, effects } = press(nodeCrowded(1000, small), 's');
		assert.deepEqual(asked(effects), []);
		assert.match(state.toast!.text, /by itself/);
	});

	test('over that s asks it once, says what it costs, and not again at once', () => {
		const { state, effects } = press(nodeCrowded(3000, small), 's');
		assert.deepEqual(asked(effects), [{ type: 'ask-clients', fleet: 1, node: looked }]);
		assert.match(state.toast!.text, /2\.1ms to 10ms/);
		assert.deepEqual(asked(press(state, 's').effects), []);
		assert.equal(asked(press(later(state, 5000), 's').effects).length, 1);
	});

	test('over 5000 a second press is wanted, not too soon and not too late', () => {
		const { state, effects } = press(nodeCrowded(12_000, small), 's');
		assert.deepEqual(asked(effects), []);
		assert.match(state.toast!.text, /8\.4ms to 42ms/);
		assert.deepEqual(asked(press(state, 's').effects), [], 'a key held down');
		assert.equal(asked(press(later(state, 400), 's').effects).length, 1);
		assert.deepEqual(asked(press(later(state, 6000), 's').effects), []);
	});

	test('where it is refused, or nobody answers, nothing is asked and it says why', () => {
		const refused = press(nodeRefused(small), 's');
		assert.deepEqual(asked(refused.effects), []);
		assert.match(refused.state.toast!.text, /\+client\|list/);
		const down = press(nodeDown(small), 's');
		assert.deepEqual(asked(down.effects), []);
		assert.match(down.state.toast!.text, /does not answer/);
	});
});
