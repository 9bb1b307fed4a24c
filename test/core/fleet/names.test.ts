// What is a place and what is only a name; which row a peer is, by id, address, host name or another's word.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findAliases } from '../../../source/core/fleet/aliases.ts';
import { namesOf, rowOfPeer, withRowNames } from '../../../source/core/fleet/names.ts';
import { addressOf, hasPlace, placelessName } from '../../../source/core/parse/parse-address.ts';
import type { NodeTrack, Peer } from '../../../source/core/types.ts';
import { peerOf, trackOf, tracksOf } from '../build.ts';

test('a place has a host and a port; an id, a name, a port of 0 and no host have none', () => {
	const places = ['a:1', '10.0.0.1:6379', '[::1]:6379', 'unix:/tmp/redis.sock', 'redis-0.redis:65535'];
	const others = [
		'',
		':0',
		':6379',
		'a:0',
		'a:65536',
		'mymaster',
		'f'.repeat(40),
		'named a:1',
		'a:b',
		'?',
		'?:1',
	];
	assert.deepEqual(
		places.map(hasPlace),
		places.map(() => true),
	);
	assert.deepEqual(
		others.map(hasPlace),
		others.map(() => false),
	);
	assert.equal(addressOf('?', '6379'), undefined, 'so clusters say that an endpoint is not known');
});

test('no name of a node without an address is ever dialled, whatever it is called', () => {
	fc.assert(fc.property(fc.string(), name => !hasPlace(placelessName(name))));
	assert.equal(placelessName('10.0.0.1:6379'), 'named 10.0.0.1:6379');
});

/** A node that has told its own id. */
const told = (address: string, id: string, more: Partial<NodeTrack> = {}): NodeTrack => {
	const toldPeers = [peerOf(id, address, { isMyself: true })];
	return trackOf(address, {}, { toldPeers, cluster: { peers: toldPeers }, ...more });
};
const named = (id: string, address?: string, more: Partial<Peer> = {}): Peer => ({
	...peerOf(id, address ?? '', more),
	address,
});

test('the row of a peer', () => {
	const tracks = tracksOf(told('a:1', 'x'), told('b:1', 'y'), trackOf('c:1'));
	const names = namesOf(tracks, new Map([['other:1', 'a:1']]));
	const row = (peer: Peer) => rowOfPeer(peer, names);
	assert.equal(row(named('x', 'a:1')), 'a:1');
	assert.equal(row(named('x', 'other:1')), 'a:1', 'another name of the row');
	assert.equal(row(named('z', 'c:1')), 'c:1', 'a node that has not told its id yet');
	assert.equal(row(named('z', 'd:1')), 'd:1', 'a node not seen yet');
	assert.equal(row(named('x')), 'a:1', 'without an address, but it answers us');
	assert.equal(row(named('z')), 'z');
	assert.equal(row(named('z', 'b:1')), 'z', 'y answers there');
});

test('a node that knows less of its own address than the others keeps the name by which they send clients to it', () => {
	const view = (address: string, own: string, others: readonly Peer[]) => {
		const toldPeers = [peerOf(own, `${own}:1`, { isMyself: true }), ...others];
		return trackOf(address, { runId: own }, { toldPeers });
	};
	// As 6.0.16 tells it after CONFIG SET cluster-announce-port: of itself the port that it listens on.
	const early = tracksOf(view('x:9', 'x', [named('y', 'y:9')]), view('y:9', 'y', [named('x', 'x:9')]));
	assert.deepEqual(findAliases(early), []);
	// By a name that no other says it is called as it says itself.
	const typed = tracksOf(view('door:1', 'x', [named('y', 'y:1')]), view('y:1', 'y', [named('x', 'x:1')]));
	assert.deepEqual(findAliases(typed), [{ from: 'door:1', to: 'x:1' }]);
	// One who does not answer says nothing of now.
	const silent = trackOf(
		'y:1',
		{ runId: 'y' },
		{
			toldPeers: [peerOf('y', 'y:1', { isMyself: true }), named('x', 'door:1')],
			error: { reason: 'timeout', text: '' },
		},
	);
	const left = tracksOf(view('door:1', 'x', [named('y', 'y:1')]), silent);
	assert.deepEqual(findAliases(left), [{ from: 'door:1', to: 'x:1' }]);
});

test('host names are rows where most nodes send their clients to them', () => {
	const config = (type: string) => ({ config: { 'cluster-preferred-endpoint-type': type } });
	const rowWith = (...types: readonly string[]) => {
		const tracks = tracksOf(...types.map((type, index) => told(`n${index}:1`, String(index), config(type))));
		return rowOfPeer(named('x', '10.0.0.1:7000', { hostname: 'h', port: 7000 }), namesOf(tracks, new Map()));
	};
	assert.equal(rowWith('hostname', 'hostname', 'ip'), 'h:7000');
	assert.equal(rowWith('hostname', 'ip'), '10.0.0.1:7000');
	assert.equal(rowWith('unknown-endpoint'), '10.0.0.1:7000');
});

test('while names stay, views are the same lists: 1,000 nodes are not named anew at every round', () => {
	const tracks = tracksOf(told('a:1', 'x'), told('b:1', 'y'));
	const peers = [named('x', 'a:1'), named('y'), named('z', 'a:1')];
	const names = namesOf(tracks, new Map());
	const first = withRowNames(peers, names);
	assert.deepEqual(
		first.map(peer => peer.address),
		['a:1', 'b:1', 'z'],
	);
	assert.equal(first[0], peers[0]);
	assert.equal(namesOf(tracks, new Map(), names), names);
	assert.equal(withRowNames(peers, names), first);
	const later = namesOf(tracksOf(told('a:1', 'x'), told('b:1', 'y'), told('d:1', 'w')), new Map(), names);
	assert.notEqual(later, names);
	assert.equal(withRowNames(peers, later), first, 'a new name elsewhere changes nothing here');
});
