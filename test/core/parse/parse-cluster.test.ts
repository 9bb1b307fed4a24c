// CLUSTER INFO and CLUSTER NODES: every captured view, the forms of a line no capture has, and a cluster of 500 nodes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
	joinCluster,
	parseClusterInfo,
	parseClusterNodes,
} from '../../../source/core/parse/parse-cluster.ts';
import type { Peer } from '../../../source/core/types.ts';
import { measured, often } from '../../lane.ts';
import { capture, captures, captureText, versions } from '../captures.ts';

const slotsOf = (peers: readonly Peer[]) =>
	peers.flatMap(peer => peer.slots).reduce((sum, [first, last]) => sum + last - first + 1, 0);

test('every captured CLUSTER NODES: six nodes, one of them myself, all slots owned', () => {
	const paths = captures(/-cluster-nodes\.(resp2|txt)$/);
	assert.ok(paths.length >= 38);
	for (const path of paths) {
		const peers = parseClusterNodes(captureText(path));
		assert.equal(peers.length, 6, path);
		assert.equal(peers.filter(peer => peer.isMyself).length, 1, path);
		assert.equal(slotsOf(peers), 16384, path);
		for (const peer of peers) {
			assert.match(peer.id, /^[0-9a-f]{40}$/);
			assert.match(peer.address!, /^127\.0\.0\.1:720[0-5]$/);
			assert.equal(peer.role === 'replica', peer.primaryId !== undefined, path);
			assert.ok(peer.role === 'primary' || peer.slots.length === 0, path);
		}
	}
});

test('every captured CLUSTER INFO agrees with the CLUSTER NODES beside it', () => {
	const paths = captures(/-cluster-info\.(resp2|txt)$/).filter(path => path.includes('/cluster/'));
	assert.ok(paths.length >= 38);
	for (const path of paths) {
		const view = joinCluster(
			captureText(path),
			captureText(path.replace('-cluster-info', '-cluster-nodes')),
		)!;
		assert.equal(view.knownNodes, view.peers!.length, path);
		assert.equal(view.slotsAssigned, 16384);
		assert.equal(view.state, /slots-uncovered|majority-lost/.test(path) ? 'fail' : 'ok', path);
		assert.ok(view.epoch! >= view.myEpoch!);
	}
});

const unansweredIn = (view: string) => joinCluster(undefined, view)?.unanswered;

test('who owes the answer to a ping: nobody of a cluster that is well, and a dead one before it is doubted', () => {
	for (const path of captures(/\/cluster\/ok-.*-cluster-nodes\.resp2$/))
		assert.equal(unansweredIn(captureText(path)), undefined, path);
	const view = (ping: number, newest: number) =>
		[
			`me 10.0.0.1:6379@16379 myself,master - 0 ${newest - 900} 1 connected 0-8191`,
			`away 10.0.0.2:6379@16379 master - ${ping} ${newest - 12_000} 2 connected 8192-16383`,
			`other 10.0.0.3:6379@16379 slave me 0 ${newest} 1 connected`,
			'cut 10.0.0.4:6379@16379 slave',
		].join('\n');
	const at = 1_795_452_719_091;
	assert.deepEqual(unansweredIn(view(0, at)), undefined);
	assert.deepEqual(unansweredIn(view(at - 1999, at)), undefined);
	assert.deepEqual(unansweredIn(view(at - 2000, at)), ['away']);
	assert.deepEqual(unansweredIn(''), undefined);
	fc.assert(fc.property(fc.string(), text => void unansweredIn(text)));
});

test('views of the same moment: every line of every view is a peer', () => {
	for (const path of captures(/-nodes-views\.txt$/)) {
		const text = capture(path);
		const lines = text.split('\n').filter(line => /^[0-9a-f]{40} /.test(line));
		assert.equal(parseClusterNodes(text).length, lines.length, path);
		assert.ok(lines.length > 0);
	}
});

for (const version of versions) {
	test(`${version}: a failed shard, a lost majority, a migration seen from both ends and from a third node`, () => {
		const peers = (name: string) =>
			parseClusterNodes(captureText(`${version}/cluster/${name}-cluster-nodes.resp2`));
		const failed = peers('slots-uncovered').filter(peer => peer.isFail);
		assert.ok(failed.length > 0 && failed.every(peer => !peer.isPfail));
		const pfail = peers('majority-lost').filter(peer => peer.isPfail);
		assert.ok(pfail.length > 0 && pfail.every(peer => !peer.isFail));
		const source = peers('migrating-source').find(peer => peer.isMyself)!;
		const target = peers('migrating-dest').find(peer => peer.isMyself)!;
		assert.deepEqual(source.migrating, [{ slot: 6093, to: target.id }]);
		assert.deepEqual(target.importing, [{ slot: 6093, from: source.id }]);
		assert.ok(
			peers('migrating-thirdnode').every(peer => peer.migrating.length + peer.importing.length === 0),
		);
	});

	test(`${version}: a node before any MEET does not know its own ip`, () => {
		const [info, line] = capture(`${version}/cluster/before-meet-info.txt`).split(/\n(?=[0-9a-f]{40} )/);
		const [myself] = parseClusterNodes(line!);
		assert.equal(myself!.address, undefined);
		assert.equal(myself!.port, 7200);
		assert.equal(parseClusterInfo(info!).state, 'fail');
		assert.equal(parseClusterInfo(info!).slotsAssigned, 0);
	});
}

const id = '07c37dfeb235213a872192d90877d0cd55635b91';
const endpoints: readonly [endpoint: string, flags: string, expected: Partial<Peer>][] = [
	[
		'10.0.0.1:6379@16379',
		'master',
		{ address: '10.0.0.1:6379', port: 6379, hostname: undefined, role: 'primary' },
	],
	['10.0.0.1:6379', 'master', { address: '10.0.0.1:6379' }],
	['2001:db8::1:6379@16379', 'master', { address: '[2001:db8::1]:6379', port: 6379 }],
	[':7200@17200', 'myself,master', { address: undefined, port: 7200, isMyself: true }],
	[':0@0', 'master,noaddr', { address: undefined, port: undefined }],
	['10.0.0.1:6379@16379', 'slave,noaddr', { address: undefined, port: 6379 }],
	['10.0.0.1:6379@16379,', 'master', { hostname: undefined }],
	['10.0.0.1:6379@16379,db-1.example', 'slave', { hostname: 'db-1.example', role: 'replica' }],
	['10.0.0.1:6379@16379,db-1.example,shard-id=69b', 'master', { hostname: 'db-1.example' }],
	['10.0.0.1:6379@16379,,shard-id=69b', 'master', { hostname: undefined }],
	['10.0.0.1:6379@16379,shard-id=69b,nodename=x', 'master', { hostname: undefined }],
	['10.0.0.1:6379@16379', 'handshake', { isHandshake: true, role: undefined }],
	['10.0.0.1:6379@16379', 'noflags', { flags: [], role: undefined }],
	[
		'10.0.0.1:6379@16379',
		'slave,fail?,nofailover',
		{ isPfail: true, isFail: false, flags: ['slave', 'fail?', 'nofailover'] },
	],
	['10.0.0.1:6379@16379', 'master,fail', { isPfail: false, isFail: true }],
	['\x1b]0;x\x07:6379@16379', 'master', { address: '"\\x1b]0;x\\a":6379' }],
];
for (const [endpoint, flags, expected] of endpoints) {
	test(`${JSON.stringify(endpoint)} ${flags}`, () => {
		const [peer] = parseClusterNodes(`${id} ${endpoint} ${flags} - 0 0 3 connected 0-5 7\r\n`);
		for (const [field, value] of Object.entries(expected))
			assert.deepEqual(peer![field as keyof Peer], value, field);
		assert.deepEqual(peer!.slots, [
			[0, 5],
			[7, 7],
		]);
	});
}

test('a node that is agreed to have failed is suspected no more', () => {
	// https://github.com/valkey-io/valkey/pull/2012: a node without an address has both flags.
	const [peer] = parseClusterNodes(
		`${'a'.repeat(40)} :0@0 master,fail?,fail,noaddr - 1 0 1993 disconnected 0-5`,
	);
	assert.deepEqual([peer?.isFail, peer?.isPfail], [true, false]);
});

test('what is no line of a node, or no slot, is passed over', () => {
	const head = `${id} 10.0.0.1:6379@16379 master - 0 0 3 connected`;
	assert.deepEqual(parseClusterNodes('vars currentEpoch 6 lastVoteEpoch 0\n\n'), []);
	assert.deepEqual(parseClusterNodes(head.replace(' 3 ', ' x ').slice(0, -3)), []);
	// One field that cannot be read costs itself: the epoch of a node that was never given one wins against nobody.
	assert.deepEqual(
		parseClusterNodes(head.replace(' 3 ', ' x ')).map(peer => [peer.address, peer.epoch]),
		[['10.0.0.1:6379', 0]],
	);
	const [peer] = parseClusterNodes(`${head} 5-3 16384 x 1-2-3 [5->-] [99999->-${id}] [7-<-${id}] 9`);
	assert.deepEqual(peer!.slots, [[9, 9]]);
	assert.deepEqual(peer!.importing, [{ slot: 7, from: id }]);
	assert.deepEqual(peer!.migrating, []);
});

test('what was not asked is not there', () => {
	assert.equal(joinCluster(undefined, undefined), undefined);
	assert.equal(joinCluster('cluster_state:ok', undefined)?.peers, undefined);
	assert.deepEqual(joinCluster(undefined, ''), { peers: [] });
	assert.equal(parseClusterInfo('cluster_state:odd\ncluster_size:-1').size, undefined);
});

/** 500 nodes, every slot its own range: the worst a server can send. */
export function fragmented(): string {
	return Array.from({ length: 500 }, (_, node) => {
		const slots = Array.from({ length: 33 }, (_, index) => node + index * 500).filter(slot => slot < 16384);
		const name = node.toString(16).padStart(40, '0');
		return `${name} 10.0.${node >> 8}.${node & 255}:6379@16379,,shard-id=x master - 0 1795452709075 ${node} connected ${slots.join(' ')}\n`;
	}).join('');
}

test('500 nodes, every slot its own range', () => {
	const text = fragmented();
	assert.equal(slotsOf(parseClusterNodes(text)), 16384);
	const started = performance.now();
	for (let round = 0; round < 20; round++) parseClusterNodes(text);
	const took = (performance.now() - started) / 20;
	measured(() => assert.ok(took < 50, `${took} ms`));
});

test('never throws, any text and mutations of real replies', () => {
	const texts = captures(/-cluster-nodes\.resp2$/).map(captureText);
	const mutation = fc.tuple(
		fc.constantFrom(...texts),
		fc.nat(),
		fc.nat(60),
		fc.string({ unit: 'binary', maxLength: 20 }),
	);
	const mutated = mutation.map(([text, where, length, inserted]) => {
		const at = where % text.length;
		return text.slice(0, at) + inserted + text.slice(at + length);
	});
	fc.assert(
		fc.property(fc.oneof(fc.string({ unit: 'binary' }), mutated), text => {
			for (const peer of joinCluster(text, text)!.peers!) {
				assert.ok(peer.slots.every(([first, last]) => first >= 0 && first <= last && last < 16384));
				assert.ok(Number.isFinite(peer.epoch));
				for (const shown of [peer.address, peer.hostname, ...peer.flags])
					assert.doesNotMatch(shown ?? '', /[\x00-\x1f\x7f-\x9f]/);
			}
		}),
		{ numRuns: often(100, 500) },
	);
});
