// 500 nodes, fragmented slots: parsed whole, compared rightly. How long that takes is in the bench (views).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareViews, groupViews } from '../../../source/core/cluster/agreement.ts';
import { groupsOf } from '../../../source/core/cluster/view-groups.ts';
import { addressOf, clusterNodes, nodes, viewOf } from '../many-nodes.ts';

const stolen = 400;
const cutOff = 16;

test('500 views with every slot a range of its own: two groups, and the slots they differ on', () => {
	const views = Array.from({ length: nodes }, (_, index) =>
		viewOf(index, clusterNodes(index, index < cutOff ? stolen : 0)),
	);
	const slots = views[0]!.peers.flatMap(peer => peer.slots);
	assert.equal(views[0]!.peers.length, nodes);
	assert.equal(
		slots.reduce((sum, [first, last]) => sum + last - first + 1, 0),
		16_384,
	);
	const groups = groupsOf(
		views,
		compareViews(views, () => false, 0, undefined, groupViews(views)),
	);
	assert.deepEqual(
		groups.map(group => [group.nodes.length, group.isMinority]),
		[
			[nodes - cutOff, false],
			[cutOff, true],
		],
	);
	const differing = groups[1]!.owners.flatMap(({ slots: ranges }) => ranges);
	// Slots 0 and 250 are the first primary's in both maps.
	assert.equal(
		differing.reduce((sum, [first, last]) => sum + last - first + 1, 0),
		stolen - 2,
	);
	assert.ok(
		groups[1]!.owners.every(({ owner }) => owner === addressOf(0)),
		JSON.stringify(groups[1]!.owners[0]),
	);
});
