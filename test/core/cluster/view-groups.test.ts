// What the nodes of a cluster believe, in groups: a real lost majority on every version, a split made by hand, odd members,
// what cluster_state means, and the cost with 500 nodes whose slots are in fragments.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareViews, groupViews } from '../../../source/core/cluster/agreement.ts';
import { diagnoseState } from '../../../source/core/cluster/state-diagnosis.ts';
import { diagnoses, differenceText, groupsOf, odditiesOf } from '../../../source/core/cluster/view-groups.ts';
import { parseClusterInfo, parseClusterNodes } from '../../../source/core/parse/parse-cluster.ts';
import type { ClusterView, Peer, SlotRange, View } from '../../../source/core/types.ts';
import { bigAddress, bigCluster, parseBig } from '../big-cluster.ts';
import { peerOf } from '../build.ts';
import { captureText, versions } from '../captures.ts';

type Owner = readonly [id: string, slots: SlotRange, epoch: number];

const viewOf = (
	node: string,
	owners: readonly Owner[],
	more: Partial<ClusterView> = {},
	odd: readonly Peer[] = [],
): View => {
	const own = owners.map(([id, range, epoch]) =>
		peerOf(id, `${id}:1`, { isMyself: id === node, slots: [range], epoch, role: 'primary' }),
	);
	const peers = [...own, ...odd];
	const cluster: ClusterView = {
		state: 'ok',
		epoch: Math.max(...owners.map(([, , epoch]) => epoch)),
		peers,
		...more,
	};
	return { node: `${node}:1`, cluster, peers };
};

const all: readonly Owner[] = [
	['A', [0, 99], 1],
	['B', [100, 199], 2],
	['C', [200, 16_383], 3],
];
const swapped: readonly Owner[] = [
	['A', [0, 49], 1],
	['B', [50, 199], 9],
	['C', [200, 16_383], 3],
];

test('one group where all agree', () => {
	const views = ['A', 'B', 'C'].map(node => viewOf(node, all, { size: 3, knownNodes: 3 }));
	const groups = groupsOf(
		views,
		compareViews(views, () => false, 1000),
	);
	assert.equal(groups.length, 1);
	assert.deepEqual(groups[0], {
		nodes: ['A:1', 'B:1', 'C:1'],
		isMinority: false,
		since: undefined,
		owners: [],
		epoch: 3,
		size: 3,
		knownNodes: 3,
		state: 'ok',
		suspected: [],
		failed: [],
	});
	assert.deepEqual(odditiesOf(views), []);
});

test('the minority is named, with what it believes otherwise and since when', () => {
	const views = [viewOf('A', all, { state: 'fail' }), viewOf('B', swapped), viewOf('C', swapped)];
	const first = compareViews(views, () => false, 1000);
	const groups = groupsOf(
		views,
		compareViews(views, () => false, 5000, first),
	);
	assert.deepEqual(
		groups.map(({ nodes, isMinority, since, epoch, state }) => ({ nodes, isMinority, since, epoch, state })),
		[
			{ nodes: ['B:1', 'C:1'], isMinority: false, since: undefined, epoch: 9, state: 'ok' },
			{ nodes: ['A:1'], isMinority: true, since: 1000, epoch: 3, state: 'fail' },
		],
	);
	assert.deepEqual(groups[1]!.owners, [{ slots: [[50, 99]], owner: 'A:1', believedOwner: 'B:1' }]);
	assert.equal(differenceText(groups[1]!.owners[0]!), 'slots 50-99: A:1 here, B:1 with most');
});

test('slots that one side gives to nobody', () => {
	const short = all.slice(0, 2);
	const views = [viewOf('A', short), viewOf('B', all), viewOf('C', all)];
	const groups = groupsOf(views, undefined);
	assert.equal(differenceText(groups[1]!.owners[0]!), 'slots 200-16383: nobody here, C:1 with most');
});

test('forgotten, half-met, epoch collision, cut off', () => {
	const stranger = peerOf('new', 'new:1', { isHandshake: true, role: undefined });
	const failed = (view: View, id: string): View => {
		const peers = view.peers.map(peer => (peer.id === id ? { ...peer, isFail: true } : peer));
		return { ...view, peers };
	};
	const same: readonly Owner[] = [all[0]!, ['B', [100, 199], 3], all[2]!];
	const told = (views: readonly View[]) =>
		odditiesOf(views).map(({ kind, node, others }) => [kind, node, others.join()]);
	assert.deepEqual(told([viewOf('A', all), viewOf('B', all.slice(1)), viewOf('C', all)]), [
		['forgotten', 'A:1', 'B:1'],
	]);
	assert.deepEqual(told([viewOf('A', all, {}, [stranger]), viewOf('B', all)]), [
		['half-met', 'new:1', 'A:1'],
	]);
	assert.deepEqual(told(['A', 'B', 'C'].map(node => viewOf(node, same))), [
		['epoch-collision', 'B:1', 'C:1'],
	]);
	const cut = [viewOf('A', all), failed(viewOf('B', all), 'A'), failed(viewOf('C', all), 'A')];
	assert.deepEqual(told(cut), [['cut-off', 'A:1', 'B:1,C:1']]);
	assert.deepEqual(groupsOf(cut, undefined)[0]!.failed, ['A:1']);
});

for (const version of versions) {
	test(`${version}: what nodes say of cluster_state, in an operator's words`, () => {
		const diagnose = (name: string) => {
			const info = parseClusterInfo(captureText(`${version}/cluster/${name}-cluster-info.resp2`));
			const peers = parseClusterNodes(captureText(`${version}/cluster/${name}-cluster-nodes.resp2`));
			return diagnoseState(info, peers);
		};
		assert.equal(diagnose('ok-primary').kind, 'ok');
		assert.deepEqual(diagnose('majority-lost'), {
			kind: 'no-majority',
			severity: 'crit',
			text: 'fail: cannot see a majority, sees 1 of 3 primaries',
		});
		const uncovered = diagnose('slots-uncovered');
		assert.equal(uncovered.kind, 'slots-lost');
		assert.match(uncovered.text, /^fail: \d+ slots down: primary failed/);
	});
}

const said: readonly (readonly [text: string, view: ClusterView])[] = [
	['ok', { state: 'ok', slotsAssigned: 16_384, slotsOk: 16_384, slotsPfail: 0 }],
	[
		'ok, but primary unreachable (5461 slots): failover pending',
		{ state: 'ok', slotsOk: 10_923, slotsPfail: 5461 },
	],
	[
		'ok, but 100 slots served by nobody (full coverage not required)',
		{ state: 'ok', slotsOk: 16_284, slotsPfail: 0 },
	],
	['fail: 1 slot unassigned', { state: 'fail', slotsAssigned: 16_383 }],
	['fail: 1 slot down: primary failed', { state: 'fail', slotsAssigned: 16_384, slotsFail: 1 }],
	[
		'fail: cannot see a majority',
		{ state: 'fail', slotsAssigned: 16_384, slotsFail: 0, slotsPfail: 10_000, size: 3 },
	],
	[
		'fail: starting or rejoining, wait up to 5s',
		{ state: 'fail', slotsAssigned: 16_384, slotsFail: 0, slotsPfail: 0 },
	],
	['cluster_state not told', {}],
];
for (const [text, view] of said)
	test(`cluster_state: ${text}`, () => assert.equal(diagnoseState(view).text, text));

test('the diagnosis of every node', () => {
	const peers = [
		peerOf('A', 'A:1', { isMyself: true }),
		peerOf('B', 'B:1', { isPfail: true, slots: [[0, 9]] }),
	];
	const view: View = { node: 'A:1', cluster: { state: 'ok', slotsPfail: 10, peers }, peers };
	assert.equal(
		diagnoses([view])[0]!.diagnosis.text,
		'ok, but primary B:1 unreachable (10 slots): failover pending',
	);
});

test('500 nodes, every slot a fragment: parsed, compared, grouped', t => {
	const time = <T>(what: string, work: () => T): T => {
		const began = performance.now();
		const result = work();
		t.diagnostic(`${what}: ${(performance.now() - began).toFixed(1)} ms`);
		return result;
	};
	const replies = [bigCluster(500, 3), bigCluster(500, 3, 1), bigCluster(500, 3)];
	for (const [index, cluster] of replies.entries()) {
		const views = time(`round ${index + 1}, 500 replies parsed`, () => parseBig(cluster));
		const compared = time('all views changed: compared', () => compareViews(views, () => false, 1000));
		const groups = time('grouped for display', () => [groupsOf(views, compared), odditiesOf(views)] as const);
		time('the same views again: compared', () => compareViews(views, () => false, 2000, compared));
		assert.equal(compared.slotsCovered, 16_384);
		assert.equal(groups[0].length, 2);
		assert.deepEqual(groups[0][1]!.nodes, [497, 498, 499].map(bigAddress));
		assert.deepEqual(groups[0][1]!.owners, [
			{ slots: [[0, 0]], owner: bigAddress(1), believedOwner: bigAddress(0) },
		]);
		assert.deepEqual(groups[1], []);
		assert.deepEqual(groups[0][0]!.suspected, index === 1 ? [bigAddress(0)] : []);
	}
});

test('maps are told apart by one slot, and are the same in any order of lines', () => {
	const [one, other] = [bigCluster(20), bigCluster(20, 1)].map(parseBig);
	assert.equal(groupViews(one!).length, 1);
	assert.equal(groupViews(other!).length, 2);
	// Slots that are swapped between two owners, range by range.
	const swap = (first: string, second: string): readonly Owner[] => [
		[first, [0, 99], 1],
		[second, [100, 199], 2],
		['C', [200, 16_383], 3],
	];
	assert.equal(groupViews([viewOf('A', swap('A', 'B')), viewOf('B', swap('B', 'A'))]).length, 2);
});

test('slots of a failed primary: that no replica is left is said where each it had has failed too, and of no other', () => {
	const failed = peerOf('A', 'A:1', { isFail: true, slots: [[0, 5460]] });
	const other = peerOf('B', 'B:1', { isFail: true, slots: [[5461, 10_922]] });
	const replica = (primaryId: string, isFail = false) =>
		peerOf(`${primaryId}r`, `${primaryId}r:1`, { role: 'replica', primaryId, isFail });
	const said = (peers: readonly Peer[], slotsFail = 5461) =>
		diagnoseState({ state: 'fail', slotsAssigned: 16_384, slotsFail }, peers).text;
	const down = 'fail: 5461 slots down: primary failed';
	assert.equal(said([failed, replica('A')]), down);
	assert.equal(said([failed, replica('A', true), replica('A')]), down);
	assert.equal(said([failed]), `${down}, no replica left`);
	assert.equal(said([failed, replica('A', true)]), `${down}, no replica left`);
	// The replica of another primary takes nothing over.
	assert.equal(said([failed, replica('C')]), `${down}, no replica left`);
	assert.match(
		said([failed, replica('A'), other], 10_923),
		/10923 slots down: primary failed, no replica left$/,
	);
	// Who may not ask for the nodes does not know.
	assert.equal(said([]), down);
});
