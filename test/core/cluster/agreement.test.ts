// What nodes of a cluster believe, compared over rounds: only what stays disputed is told. Slots on the move, views
// read some milliseconds apart and a frozen node's old word are no split.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareViews } from '../../../source/core/cluster/agreement.ts';
import type { Agreement, RedisNode, SlotRange, View } from '../../../source/core/types.ts';
import { agreementOf, fleetOf, judgeRounds, peerOf, start, times, trackOf, tracksOf } from '../build.ts';

type Owner = readonly [id: string, slots: SlotRange, epoch: number];

/** What `node` says: who owns what. */
const viewOf = (node: string, owners: readonly Owner[]): View => {
	const peers = owners.map(([id, range, epoch]) =>
		peerOf(id, `${id}:1`, { isMyself: id === node, slots: [range], epoch, role: 'primary' }),
	);
	return {
		node: `${node}:1`,
		cluster: { epoch: Math.max(...owners.map(([, , epoch]) => epoch)), peers },
		peers,
	};
};

const rounds = (each: readonly (readonly View[])[]): Agreement[] => {
	const told: Agreement[] = [];
	for (const [index, views] of each.entries())
		told.push(compareViews(views, () => false, 1_000_000 + index * 1000, told.at(-1)));
	return told;
};

/** Slots up to `border` belong to A, the rest to B. */
const bordered = (border: number, epochs: readonly [number, number] = [1, 2]): readonly Owner[] => [
	['A', [0, border], epochs[0]],
	['B', [border + 1, 16383], epochs[1]],
];

test('views that agree', () => {
	const [told] = rounds([[viewOf('A', bordered(100)), viewOf('B', bordered(100))]]);
	assert.equal(told?.viewsAgreeing, 2);
	assert.equal(told?.slotsCovered, 16384);
});

test('slots on the move: another slot is disputed in every round, and nobody is named', () => {
	const moving = [100, 99, 98, 97].map(border => [
		viewOf('A', bordered(border)),
		viewOf('B', bordered(border - 1)),
		viewOf('C', bordered(border - 1)),
	]);
	for (const told of rounds(moving)) {
		assert.deepEqual(told.minority, []);
		assert.deepEqual(told.doubleOwners, []);
		assert.deepEqual(told.staleOwners, []);
		assert.equal(told.viewsAgreeing, 3);
	}
});

test('the same slots disputed for a second: the minority, the two owners, the stale one by its epoch', () => {
	const split = [viewOf('A', bordered(100)), viewOf('B', bordered(50)), viewOf('C', bordered(50))];
	const [first, second] = rounds([split, split]);
	assert.deepEqual(first?.minority, []);
	assert.deepEqual(second?.minority, ['A:1']);
	assert.equal(second?.viewsAgreeing, 2);
	assert.deepEqual(second?.doubleOwners, [{ slot: 51, nodes: ['A:1', 'B:1'] }]);
	assert.deepEqual(second?.staleOwners, [{ node: 'A:1', owner: 'B:1' }]);
});

test('a node that knows already what the others have yet to hear is not stale', () => {
	const news = (border: number) => bordered(border, [9, 2]);
	const ahead = [viewOf('A', news(100)), viewOf('B', bordered(50)), viewOf('C', bordered(50))];
	const told = rounds([ahead, ahead]);
	assert.deepEqual(told[1]?.staleOwners, []);
	assert.deepEqual(told[1]?.minority, ['A:1']);
});

test('a dispute that ended is forgotten, and begins anew', () => {
	const split = [viewOf('A', bordered(100)), viewOf('B', bordered(50)), viewOf('C', bordered(50))];
	const agreed = ['A', 'B', 'C'].map(node => viewOf(node, bordered(50)));
	const told = rounds([split, split, agreed, split]);
	assert.deepEqual(told[2]?.minority, []);
	assert.deepEqual(told[3]?.minority, []);
});

test('slots that their owner says nobody owns are not covered, those that it says another has are', () => {
	const others = [viewOf('B', bordered(100)), viewOf('C', bordered(100))];
	const own = viewOf('A', bordered(100));
	const without = (slots: readonly SlotRange[]): View => {
		const peers = own.peers.map(peer => (peer.isMyself ? { ...peer, slots } : peer));
		return { ...own, cluster: { ...own.cluster, peers }, peers };
	};
	const deleted = without([
		[0, 6],
		[9, 100],
	]);
	const moved = viewOf('A', [
		['A', [0, 98], 1],
		['B', [99, 16383], 2],
	]);
	const [agreed, some, all, gone] = rounds([
		[own, ...others],
		[deleted, ...others],
		[without([]), ...others],
		[moved, ...others],
	]);
	assert.deepEqual(
		[agreed, some, all, gone].map(told => told?.slotsCovered),
		[16384, 16382, 16384 - 101, 16384],
	);
});

test('the state is what most say, fail where it is half of them, and unknown where nobody says', () => {
	const stateOf = (...states: readonly ('ok' | 'fail' | undefined)[]) => {
		const views = states.map((state, index) => {
			const view = viewOf(`N${index}`, bordered(100));
			return { ...view, cluster: { ...view.cluster, state } };
		});
		return rounds([views])[0]!.state;
	};
	assert.equal(stateOf('ok', 'ok', 'fail'), 'ok');
	assert.equal(stateOf('ok', 'fail', 'fail'), 'fail');
	assert.equal(stateOf('ok', 'fail'), 'fail');
	assert.equal(stateOf(undefined, 'ok'), 'ok');
	assert.equal(stateOf(undefined, undefined), undefined);
});

test('slots of a primary that most call failed, and that we do not reach either, are not covered', () => {
	const owners = bordered(100);
	const doubting = (...doubtful: readonly string[]) =>
		['A', 'C', 'D'].map(node => {
			const view = viewOf(node, owners);
			const peers = view.peers.map(peer =>
				peer.id === 'B' && doubtful.includes(node) ? { ...peer, isPfail: true } : peer,
			);
			return { ...view, cluster: { ...view.cluster, peers }, peers };
		});
	const covered = (views: readonly View[], silent: string) =>
		compareViews(views, address => address === silent, 1_000_000).slotsCovered;
	assert.equal(covered(doubting('A', 'C'), 'B:1'), 101);
	assert.equal(covered(doubting('A'), 'B:1'), 16384, 'most see it well: it is our way that is lost');
	assert.equal(covered(doubting('A', 'C', 'D'), ''), 16384, 'it answers us');
});

// redis/redis#15244 (a link that is refused is down for ever and nobody calls the node failing), #5881 (bus ports behind a
// firewall). Seen on Redis 7.0: `disconnected`, no `fail?`, state ok, on one of six nodes.
test('a link on the bus that stays down: told after the node timeout, of a node that answers us, and not while it is short', () => {
	const ids = ['A', 'B', 'C'];
	const nodes = (...cut: readonly (readonly [by: string, of: string])[]): View[] =>
		ids.map(node => {
			const peers = ids.map((id, index) =>
				peerOf(id, `${id}:1`, {
					isMyself: id === node,
					slots: [[index * 100, index * 100 + 99]],
					isLinkUp: !cut.some(([by, of]) => by === node && of === id),
				}),
			);
			return { node: `${node}:1`, cluster: { state: 'ok', peers }, peers };
		});
	const cut = nodes(['A', 'B']);
	const told = rounds([nodes(), ...times(17, cut), nodes()]);
	assert.deepEqual(told[1]?.busGaps, [
		{ node: 'B:1', count: 1, others: ['A:1'], isOwn: false, since: 1_001_000 },
	]);
	assert.equal(told[17]?.busGaps[0]?.since, 1_001_000);
	assert.deepEqual(told[18]?.busGaps, []);
	// One without any link is cut off itself, and what it says of the others is no news of theirs; so are all of them.
	const alone = rounds([nodes(['A', 'B'], ['A', 'C'], ['B', 'A'], ['C', 'A'])])[0]!.busGaps;
	assert.deepEqual(
		alone.map(({ node, count, isOwn }) => [node, count, isOwn]),
		[['A:1', 2, true]],
	);
	const nobody = rounds([nodes(...ids.flatMap(by => ids.map(of => [by, of] as const)))])[0]!.busGaps;
	assert.deepEqual(
		nobody.map(({ node, count, isOwn }) => [node, count, isOwn]),
		ids.map(id => [`${id}:1`, 2, true]),
	);
	const tracks = tracksOf(...ids.map(id => trackOf(`${id}:1`)));
	const judged = (gaps: Agreement[], row: Partial<RedisNode> = {}) =>
		judgeRounds(
			gaps.map((agreement, index) => {
				const more = { mode: 'cluster' as const, agreement: { ...agreement, slotsCovered: 16384 } };
				return {
					tracks,
					fleet: fleetOf(tracks, more, { 'B:1': { since: start, ...row } }, start + index * 1000),
				};
			}),
		);
	const gaps = (count: number, last = 20) =>
		Array.from({ length: last }, () =>
			agreementOf({
				viewsAgreeing: 3,
				viewsAsked: 3,
				busGaps: [{ node: 'B:1', count, others: ['A:1', 'C:1'].slice(0, count), isOwn: false, since: start }],
			}),
		);
	const texts = judged(gaps(1)).map(({ findings }) => findings.map(({ id, text }) => `${id} ${text}`));
	assert.deepEqual(texts.slice(0, 15).flat(), []);
	assert.deepEqual(texts[17], ['views-differ no link on the cluster bus from 1 of 2 nodes for 17s: A:1']);
	assert.match(judged(gaps(2)).at(-1)!.findings[0]!.text, /from 2 of 2 nodes for 19s: A:1, C:1$/);
	assert.equal(judged(gaps(1))[0]!.pending.length, 1);
	assert.deepEqual(judged(gaps(2), { since: start + 10_000 }).at(-1)!.findings, [], 'it is back for 9 s');
	const down = { error: { reason: 'refused' as const, text: '' } };
	assert.deepEqual(
		judged(gaps(2), down)
			.at(-1)!
			.findings.map(({ id }) => id),
		['unreachable'],
	);
});
