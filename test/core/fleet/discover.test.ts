// Who belongs to the fleet by the words of its nodes, and in which order they stand in the table.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findNodes } from '../../../source/core/fleet/discover.ts';
import { buildFleet } from '../../../source/core/fleet/fleet.ts';
import { emptySeries } from '../../../source/core/fleet/history.ts';
import type { NodeTrack } from '../../../source/core/types.ts';
import { downTrack, peerOf, start, trackOf, tracksOf } from '../build.ts';

const namesOf = (...tracks: NodeTrack[]) => [...findNodes(tracksOf(...tracks)).keys()].sort();

test('a node of a cluster names its peers, but for itself and those that have not answered it yet', () => {
	const peers = [
		peerOf('A', 'other-name:1', { isMyself: true }),
		peerOf('B', 'b:1'),
		peerOf('C', 'c:1', { isHandshake: true }),
		{ ...peerOf('D', 'd:1'), address: undefined },
	];
	assert.deepEqual(namesOf(trackOf('a:1', {}, { cluster: { peers } })), ['a:1', 'b:1']);
});

test('the last word of a node that is silent, or that nobody names any more, does not count', () => {
	const cluster = { peers: [peerOf('B', 'b:1')] };
	assert.deepEqual(namesOf(downTrack('a:1', { cluster })), ['a:1']);
	assert.deepEqual(namesOf(trackOf('a:1', {}, { cluster, gone: { at: start, text: 'gone' } })), ['a:1']);
});

test('a primary names its replicas, a replica its primary, and what those name belongs to it too', () => {
	const replicas = [{ address: 'r:1' }, { address: 's:1' }];
	const below = trackOf('r:1', { role: 'replica', primary: 'p:1', replicas: [{ address: 'below:1' }] });
	assert.deepEqual(namesOf(trackOf('p:1', { replicas }), { ...below, origin: 'replication' }), [
		'below:1',
		'p:1',
		'r:1',
		's:1',
	]);
	assert.deepEqual(namesOf(below), ['below:1', 'p:1', 'r:1']);
});

test('a primary stands first and its replicas behind it, by their addresses', () => {
	const replica = { role: 'replica', primary: 'p:1', isLinkUp: true } as const;
	const tracks = tracksOf(
		trackOf('c:1', replica),
		trackOf('a:1', replica),
		trackOf('p:1'),
		trackOf('b:1', replica),
	);
	const fleet = buildFleet({
		...{ name: 'set', at: start, delaySeconds: 1, tracks },
		...{ opsHistory: emptySeries, hitRateHistory: emptySeries },
	});
	assert.deepEqual(
		fleet.nodes.map(({ address }) => address),
		['p:1', 'a:1', 'b:1', 'c:1'],
	);
	assert.deepEqual(
		fleet.shards.map(({ primary, replicas }) => [primary, replicas]),
		[['p:1', ['a:1', 'b:1', 'c:1']]],
	);
});
