// --wait: what keeps the gate closed, how long it must hold, and what the verdict says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, FleetEvent, Info, NodeTrack, RedisNode } from '../../source/core/types.ts';
import { openGate } from '../../source/modes/gate.ts';
import {
	stillWrong,
	type WaitGoal,
	type WaitResult,
	waitJson,
	waitOn,
	waitResult,
} from '../../source/output/wait.ts';
import type { FleetTrack, State } from '../../source/state/state.ts';
import { calm } from '../view/build-state.ts';

const base = calm({ size: { columns: 80, rows: 24 } });
const goal: WaitGoal = { goal: 'healthy', seconds: 10, timeoutSeconds: 60 };

type Change = {
	readonly node?: (node: RedisNode) => Partial<RedisNode>;
	readonly findings?: readonly Finding[];
	readonly fleet?: Partial<FleetTrack['now']['fleet']>;
	readonly track?: Partial<FleetTrack>;
	readonly events?: readonly FleetEvent[];
	readonly at?: number;
};

const state = ({
	node = () => ({}),
	findings = [],
	fleet = {},
	track = {},
	events = [],
	at = base.at,
}: Change = {}): State => ({
	...base,
	at,
	isDiscovering: false,
	fleets: base.fleets.map(each => {
		const nodes = each.now.fleet.nodes.map(one => ({ ...one, ...node(one) }));
		return {
			...each,
			rounds: 5,
			pending: [],
			now: { ...each.now, findings, events, fleet: { ...each.now.fleet, nodes, ...fleet } },
			...track,
		};
	}),
});

const finding = (id: string, severity: 'warn' | 'crit'): Finding => ({
	...{ id, severity, node: '10.0.1.12:6379', since: base.at, text: `${id} text` },
});

const settled = base.fleets[0]!.now.fleet.agreement!;
const onReplica = (change: Partial<RedisNode>) => (node: RedisNode) =>
	node.address === replica.address ? change : {};
const replica = base.fleets[0]!.now.fleet.nodes.find(node => node.role === 'replica')!;

test('a healthy cluster is not wrong', () => assert.deepEqual(stillWrong(state(), 'healthy'), []));

const closed: readonly [string, Change, RegExp, boolean][] = [
	['a critical finding', { findings: [finding('memory-high', 'crit')] }, /^memory-high 10/, true],
	['slots nobody serves', { fleet: { agreement: { ...settled, slotsCovered: 16_000 } } }, /^384 slots/, true],
	['views that are not settled', { fleet: { agreement: { ...settled, isUnsettled: true } } }, /agree/, false],
	['a minority view', { fleet: { agreement: { ...settled, viewsAgreeing: 5 } } }, /agree/, false],
	['no view at all', { fleet: { agreement: undefined } }, /slots|agree/, true],
	[
		'a node that is down',
		{ node: onReplica({ health: 'down', error: { reason: 'refused', text: 'refused' } }) },
		/: refused$/,
		true,
	],
	['a node that loads', { node: onReplica({ health: 'loading' }) }, /: loading$/, false],
	['a stale node', { node: onReplica({ health: 'stale' }) }, /: no answer$/, false],
	[
		'no reading yet',
		{ node: onReplica({ usedMemoryBytes: undefined, connectedClients: undefined, keys: undefined }) },
		/not read yet$/,
		false,
	],
	['a sync', { node: onReplica({ isSyncing: true }) }, /syncing/, false],
	['a link that is down', { node: onReplica({ isLinkUp: false }) }, /link/, false],
	['a link that is not told', { node: onReplica({ isLinkUp: undefined }) }, /link/, false],
	['a replica that is behind', { node: onReplica({ replicationLagSeconds: 4 }) }, /4s behind/, false],
	[
		'a replica that is far behind a primary that writes nothing',
		{ node: onReplica({ replicationLagSeconds: undefined, replicationLagBytes: 300 * 1024 * 1024 }) },
		/300M behind its primary$/,
		false,
	],
	['nodes that have all left', { node: () => ({ isGone: true, health: 'down' }) }, /no node is known/, true],
	['a fleet without nodes', { fleet: { nodes: [] } }, /no node is known/, true],
];
for (const [what, change, text, isCritical] of closed)
	test(`closed: ${what}`, () => {
		const wrongs = stillWrong(state(change), 'healthy');
		assert.ok(wrongs.length > 0);
		assert.match(wrongs[0]!.text, text);
		assert.equal(wrongs[0]!.isCritical, isCritical);
	});

test('closed: a node whose own cluster_state is fail', () => {
	const [fleet] = base.fleets;
	const tracks = new Map(fleet!.tracks);
	tracks.set(replica.address, { ...tracks.get(replica.address)!, cluster: { state: 'fail' } });
	const [wrong] = stillWrong(state({ track: { tracks } }), 'healthy');
	assert.match(wrong!.text, /: its cluster_state is fail$/);
});

test('closed: a replica whose link is up by its own word alone, or whose lag is not measured', () => {
	const told = (above: Partial<Info>, offsets: NodeTrack['offsets']) => {
		const track = (info: Partial<Info>) => ({ lastGood: { info }, offsets }) as unknown as NodeTrack;
		const tracks = new Map([
			[replica.address, track({ replicaOffset: 5 })],
			[replica.primary!, track(above)],
		]);
		const node = onReplica({ replicationLagBytes: undefined, replicationLagSeconds: undefined });
		return stillWrong(state({ node, track: { tracks } }), 'healthy').map(({ text }) => text);
	};
	const offsets = [{ askedAt: 1, at: 1, offset: 5, history: 'a' }];
	assert.deepEqual(told({ connectedReplicas: 0 }, []), [`${replica.address}: its primary has no replica`]);
	const untold = `${replica.address}: how far it is behind its primary is not measured yet`;
	assert.deepEqual(told({ connectedReplicas: 1 }, offsets), [untold]);
	// A server that tells no offsets is waited for by its link alone.
	assert.deepEqual(told({}, []), []);
});

test('of several fleets it is said which', () => {
	const two = state({ fleet: { agreement: undefined } });
	const [fleet] = two.fleets;
	const wrongs = stillWrong({ ...two, fleets: [fleet!, fleet!] }, 'slots-uncovered');
	assert.equal(wrongs[0]!.text, `${fleet!.now.fleet.name}: no node tells of the cluster`);
});

const open: readonly [string, Change][] = [
	['a warning', { findings: [finding('no-replica', 'warn')] }],
	[
		'bytes on their way',
		{ node: onReplica({ replicationLagSeconds: undefined, replicationLagBytes: 9000 }) },
	],
	['a node that was taken out of the fleet', { node: onReplica({ isGone: true, health: 'down' }) }],
];
for (const [what, change] of open)
	test(`open: ${what}`, () => assert.deepEqual(stillWrong(state(change), 'healthy'), []));

test('a finding: until it is over, also where it is not decided or a node is silent', () => {
	const of = (change: Change) => stillWrong(state(change), 'no-replica').map(({ text }) => text);
	assert.deepEqual(of({}), []);
	assert.deepEqual(of({ findings: [finding('memory-high', 'crit')] }), []);
	assert.match(of({ findings: [finding('no-replica', 'warn')] })[0]!, /^no-replica 10/);
	assert.match(of({ track: { pending: [{ id: 'no-replica', readingsLeft: 2 }] } })[0]!, /not decided/);
	assert.match(of({ node: onReplica({ health: 'stale' }) })[0]!, /no answer/);
	assert.match(of({ fleet: { nodes: [] } })[0]!, /no node is known/);
});

test('a finding that the nodes tell of each other: not over where none of them tells', () => {
	const of = (goal: string) => stillWrong(state({ fleet: { agreement: undefined } }), goal);
	assert.match(of('slots-uncovered')[0]!.text, /^no node tells of the cluster$/);
	assert.deepEqual(of('memory-high'), []);
});

test('it must hold: what interrupts it, even between two readings, starts the time anew', () => {
	const at = (seconds: number) => base.at + seconds * 1000;
	const first = waitOn(state({ at: at(0) }), goal, undefined, at(0));
	assert.deepEqual(first, { since: at(0), wrongs: [], isMet: false });
	const later = waitOn(state({ at: at(9) }), goal, first, at(8));
	assert.equal(later.isMet, false);
	assert.equal(waitOn(state({ at: at(10) }), goal, later, at(9)).isMet, true);
	const restart = {
		at: at(9.5),
		kind: 'restarted',
		node: replica.address,
		severity: 'warn',
		text: '',
	} as const;
	const broken = waitOn(state({ at: at(10), events: [restart] }), goal, later, at(9));
	assert.deepEqual([broken.isMet, broken.since], [false, at(10)]);
	const down = waitOn(state({ at: at(10), findings: [finding('memory-high', 'crit')] }), goal, later, at(9));
	assert.deepEqual([down.isMet, down.since], [false, undefined]);
	assert.equal(waitOn(state({ at: at(11) }), goal, down, at(10)).since, at(11));
});

test('a finding that no reading has any more: closed while it is shown, and the time goes from its last', () => {
	const at = (seconds: number) => base.at + seconds * 1000;
	const fading = [{ ...finding('commands-refused', 'crit'), node: replica.address, absentSince: at(1) }];
	const first = waitOn(state({ at: at(1), findings: fading }), goal, undefined, at(0));
	assert.deepEqual([first.isMet, first.since, first.wrongs.length], [false, at(1), 1]);
	const long = waitOn(state({ at: at(60), findings: fading }), goal, first, at(59));
	assert.equal(long.isMet, false, 'what is shown is not over');
	const over = waitOn(state({ at: at(10.5) }), goal, first, at(10));
	assert.deepEqual([over.isMet, over.since], [false, at(1)]);
	assert.equal(waitOn(state({ at: at(11) }), goal, over, at(10.5)).isMet, true);
	const back = [{ ...fading[0]!, absentSince: undefined }];
	assert.equal(waitOn(state({ at: at(3), findings: back }), goal, first, at(2)).since, undefined);
	// It hides nothing else of its node.
	const behind = { at: at(3), findings: fading, node: onReplica({ isLinkUp: false }) };
	assert.equal(waitOn(state(behind), goal, first, at(2)).since, undefined);
});

const unread = { usedMemoryBytes: undefined, connectedClients: undefined, keys: undefined };

test('while nodes are looked for the gate is closed', () => {
	const looking = { ...state(), isDiscovering: true };
	assert.match(waitOn(looking, goal, undefined, 0).wrongs[0]!.text, /looking for the nodes/);
	assert.equal(waitOn(state({ track: { rounds: 0 } }), goal, undefined, 0).wrongs.length, 1);
	const nobody = { ...looking, fleets: state({ node: () => unread }).fleets };
	const [wrong] = waitOn(nobody, goal, undefined, 0).wrongs;
	assert.match(wrong!.text, /^looking for the nodes; no answer yet from 10\S+, 10\S+, 10\S+ and 3 more$/);
	assert.equal(wrong!.isCritical, true);
});

test('a gate that is given up before anybody has answered says so, and not that it was healthy', async () => {
	const first = { ...state({ node: () => unread, track: { rounds: 0 } }), isDiscovering: true };
	const result = await new Promise<WaitResult>(onDone =>
		openGate({
			...{ wait: { ...goal, timeoutSeconds: 0.01 }, isJson: false, now: () => performance.now(), onDone },
			state: () => first,
			say: () => {},
		}),
	);
	assert.match(result.text, /^CRITICAL not healthy after .*\nlooking for the nodes; no answer yet from /);
	assert.equal(result.code, 2);
});

test('the verdict: 0, 1 or 2, as text and as JSON', () => {
	const met = { since: 0, wrongs: [], isMet: true };
	assert.match(waitResult(state(), goal, met, 23).text, /^OK healthy for 10s: \d+ nodes, after 23s$/);
	const warned = { wrongs: [{ isCritical: false, text: 'a: loading' }], isMet: false };
	assert.deepEqual(waitResult(state(), goal, warned, 60), {
		text: 'WARNING not healthy after 1m\na: loading',
		code: 1,
	});
	const bad = { wrongs: [{ isCritical: true, text: 'a: \x1b[31mrefused' }], isMet: false };
	const { text, code } = waitResult(state(), { ...goal, goal: 'memory-high' }, bad, 60);
	assert.equal(code, 2);
	assert.ok(text.startsWith('CRITICAL memory-high is not over after 1m\n"a: ') && !text.includes('\x1b'));
	const short = { since: 5, wrongs: [], isMet: false };
	assert.match(waitResult(state(), goal, short, 60).text, /healthy for less than 10s$/);
	const json = JSON.parse(waitJson(state(), goal, bad, 60).text.split('\n')[0]!);
	assert.deepEqual([json.wait.goal, json.wait.met, json.wait.code], ['healthy', false, 2]);
	assert.deepEqual(json.wait.wrong, [{ severity: 'crit', text: '"a: \\x1b[31mrefused"' }]);
	const [one] = state().fleets[0]!.now.fleet.nodes;
	assert.match(waitResult(state({ fleet: { nodes: [one!] } }), goal, met, 23).text, /: 1 node, after/);
	assert.equal(json.nodes.length, state().fleets[0]!.now.fleet.nodes.length);
});
