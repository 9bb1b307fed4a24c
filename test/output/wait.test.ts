// --wait: what keeps the gate closed, how long it must hold, and what the verdict says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, FleetEvent, Info, NodeTrack, RedisNode, Sample } from '../../source/core/types.ts';
import { openGate } from '../../source/modes/gate.ts';
import {
	stillWrong,
	type WaitGoal,
	type WaitResult,
	waitJson,
	waitOn,
	waitResult,
} from '../../source/output/wait.ts';
import type { FleetTrack, Message, State } from '../../source/state/state.ts';
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
	/** When each node was read last; all at `at` unless it is said. */
	readonly read?: (address: string) => Partial<Sample> | undefined;
	/** Whether the last refresh has judged what was read. */
	readonly isJudged?: boolean;
};

const state = ({
	node = () => ({}),
	findings = [],
	fleet = {},
	track = {},
	events = [],
	at = base.at,
	read = () => ({}),
	isJudged = true,
}: Change = {}): State => ({
	...base,
	at,
	isDiscovering: false,
	fleets: base.fleets.map(each => {
		const nodes = each.now.fleet.nodes.map(one => ({ ...one, ...node(one) }));
		const tracks = new Map(
			nodes.map(({ address }) => {
				const told = read(address);
				const lastGood = told && { at, clock: 7, ...told };
				return [address, { address, kind: 'data', lastGood } as NodeTrack];
			}),
		);
		return {
			...each,
			...{ rounds: 5, pending: [], tracks },
			judgedAt: new Map(nodes.map(({ address }) => [address, isJudged ? 7 : 6])),
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
	tracks.set(replica.address, { cluster: { state: 'fail' } } as NodeTrack);
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

const onReplicaGone: Change = { node: onReplica({ isGone: true, health: 'down' }) };
const open: readonly [string, Change][] = [
	['a warning', { findings: [finding('no-replica', 'warn')] }],
	[
		'bytes on their way',
		{ node: onReplica({ replicationLagSeconds: undefined, replicationLagBytes: 9000 }) },
	],
	['a node that was taken out of the fleet', onReplicaGone],
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

const at = (seconds: number) => base.at + seconds * 1000;

test('it must hold: what interrupts it, even between two readings, starts the time anew', () => {
	const first = waitOn(state({ at: at(0) }), goal);
	assert.deepEqual(first, { since: at(0), wrongs: [], events: [], isMet: false });
	const later = waitOn(state({ at: at(9) }), goal, first);
	assert.equal(later.isMet, false);
	assert.equal(waitOn(state({ at: at(10) }), goal, later).isMet, true);
	for (const told of [at(9.5), at(9), at(2)]) {
		// As late as it is told, also of the same moment as the reading before.
		const restart: FleetEvent = { at: told, kind: 'restarted', node: replica.address, text: '' };
		const broken = waitOn(state({ at: at(10), events: [restart] }), goal, later);
		assert.deepEqual([broken.isMet, broken.since], [false, at(10)]);
		const known = waitOn(state({ at: at(19), events: [restart] }), goal, broken);
		assert.deepEqual([known.isMet, known.since], [false, at(10)], 'it is told once');
	}
	const down = waitOn(state({ at: at(10), findings: [finding('memory-high', 'crit')] }), goal, later);
	assert.deepEqual([down.isMet, down.since], [false, undefined]);
	assert.equal(waitOn(state({ at: at(11) }), goal, down).since, at(11));
});

test('it is not met by the clock: each node was asked again when the time was over, and that was judged', () => {
	const first = waitOn(state({ at: at(0) }), goal);
	const is = (change: Change, of = goal) => waitOn(state({ at: at(60), ...change }), of, first);
	const ofReplica = (told: Partial<Sample> | undefined) => (address: string) =>
		address === replica.address ? told : {};
	assert.equal(is({}).isMet, true);
	const closed: readonly [string, Change][] = [
		['one was read too early', { read: ofReplica({ at: at(9.999) }) }],
		['one was asked too early', { read: ofReplica({ at: at(10.2), pingMilliseconds: 300 }) }],
		['one was never read', { read: ofReplica(undefined) }],
		['none was read again', { read: () => ({ at: at(0) }) }],
		['what was read is not judged yet', { isJudged: false }],
	];
	for (const [what, change] of closed)
		for (const of of [goal, { ...goal, goal: 'slots-uncovered' }]) {
			const { isMet, since } = is(change, of);
			assert.deepEqual([isMet, since], [false, at(0)], `${what}: ${of.goal}`);
		}
	assert.equal(is({ read: ofReplica({ at: at(10.3), pingMilliseconds: 300 }) }).isMet, true);
	const gone = { ...onReplicaGone, read: ofReplica(undefined) };
	assert.equal(is(gone).isMet, true, 'who has left is not read');
});

test('a Sentinel that is silent keeps it closed, one that is down does not', () => {
	const first = waitOn(state({ at: at(0) }), goal);
	const withSentinel = (sentinel: Partial<NodeTrack>) => {
		const now = state({ at: at(60) });
		const track = { address: 's:26379', kind: 'sentinel', ...sentinel } as NodeTrack;
		const fleets = now.fleets.map(fleet => ({
			...fleet,
			tracks: new Map([...fleet.tracks, [track.address, track]]),
			judgedAt: new Map([...fleet.judgedAt!, [track.address, 7]]),
		}));
		return waitOn({ ...now, fleets }, goal, first).isMet;
	};
	const read = (seconds: number) => ({ lastGood: { at: at(seconds), clock: 7 } as Sample });
	assert.deepEqual([withSentinel(read(10)), withSentinel(read(9))], [true, false]);
	assert.equal(withSentinel({ ...read(9), error: { reason: 'refused', text: '' } }), true);
});

test('a critical finding that has not held yet keeps it closed, and its time goes on', () => {
	const first = waitOn(state({ at: at(0) }), goal);
	const of = (pending: FleetTrack['pending'], findings: readonly Finding[] = []) =>
		waitOn(state({ at: at(60), findings, track: { pending } }), goal, first);
	const one = { id: 'memory-high', node: replica.address, readingsLeft: 1 };
	const critical = of([{ ...one, isCritical: true }]);
	assert.deepEqual([critical.isMet, critical.since], [false, at(0)]);
	assert.equal(critical.wrongs[0]!.text, `${replica.address}: memory-high is not decided yet`);
	const milder = { ...finding('memory-high', 'warn'), node: replica.address };
	assert.equal(of([{ ...one, isCritical: true }], [milder]).isMet, false, 'a warning that may be more');
	assert.equal(of([one]).isMet, true, 'a warning is no reason');
	assert.equal(waitOn(state({ at: at(61) }), goal, critical).isMet, true);
});

test('the refresh is asked for when the time is over, by a refresh and by no reading between two', () => {
	const asked: (readonly [number, number])[] = [];
	const gate = openGate({
		...{ wait: goal, isJson: false, now: () => at(0), state: () => state(), say: () => {}, onDone: () => {} },
		refreshAt: (fleet, time) => asked.push([fleet, time]),
	});
	const told = (change: Change, isExtra: boolean) =>
		gate.onState(state(change), { type: 'round', fleet: 3, isExtra } as Message);
	told({ at: at(1), findings: [finding('memory-high', 'crit')] }, false);
	told({ at: at(2) }, true);
	assert.deepEqual(asked, []);
	told({ at: at(3) }, false);
	assert.deepEqual(asked, [[3, at(12)]]);
	gate.close();
});

test('a finding that no reading has any more: closed while it is shown, and the time goes from its last', () => {
	const fading = [{ ...finding('commands-refused', 'crit'), node: replica.address, absentSince: at(1) }];
	const first = waitOn(state({ at: at(1), findings: fading }), goal, undefined);
	assert.deepEqual([first.isMet, first.since, first.wrongs.length], [false, at(1), 1]);
	const long = waitOn(state({ at: at(60), findings: fading }), goal, first);
	assert.equal(long.isMet, false, 'what is shown is not over');
	const over = waitOn(state({ at: at(10.5) }), goal, first);
	assert.deepEqual([over.isMet, over.since], [false, at(1)]);
	assert.equal(waitOn(state({ at: at(11) }), goal, over).isMet, true);
	const back = [{ ...fading[0]!, absentSince: undefined }];
	assert.equal(waitOn(state({ at: at(3), findings: back }), goal, first).since, undefined);
	// It hides nothing else of its node.
	const behind = { at: at(3), findings: fading, node: onReplica({ isLinkUp: false }) };
	assert.equal(waitOn(state(behind), goal, first).since, undefined);
});

const unread = { usedMemoryBytes: undefined, connectedClients: undefined, keys: undefined };

test('while nodes are looked for the gate is closed', () => {
	const looking = { ...state(), isDiscovering: true };
	assert.match(waitOn(looking, goal).wrongs[0]!.text, /looking for the nodes/);
	assert.equal(waitOn(state({ track: { rounds: 0 } }), goal).wrongs.length, 1);
	const nobody = { ...looking, fleets: state({ node: () => unread }).fleets };
	const [wrong] = waitOn(nobody, goal).wrongs;
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
			refreshAt: () => {},
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
