// One node is well for us and down for those who decide: Sentinels that cannot log in to it, a node of a cluster that has
// forgotten another. Nobody is refused on our own connection, so only what they say of each other tells it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, clusterAnswer, infoText, playFleet, sentinelEntry } from './play-fleet.ts';

const [primary, replica] = ['10.0.0.1:6379', '10.0.0.2:6379'];
const sentinels = ['10.0.0.1:26379', '10.0.0.2:26379', '10.0.0.3:26379'];

type Down = { readonly master?: number; readonly slave?: number; readonly flags?: string };

function sentinel({ master, slave, flags = '' }: Down, runId: string): Answer {
	const word = (role: string, down: number | undefined) => ({
		flags: `${down === undefined ? role : `s_down,${role}`}${flags}`,
		'last-ping-sent': down === undefined ? 0 : down,
		'last-ok-ping-reply': 100,
		...(down !== undefined && { 's-down-time': down }),
	});
	return {
		replies: {
			info: infoText({ redis_mode: 'sentinel', run_id: runId }),
			'sentinel masters': [
				sentinelEntry({ name: 'm', ip: '10.0.0.1', port: 6379, quorum: 2, ...word('master', master) }),
			],
			'sentinel replicas m': [
				sentinelEntry({ name: replica, ip: '10.0.0.2', port: 6379, ...word('slave', slave) }),
			],
			'sentinel sentinels m': sentinels.map((name, index) =>
				sentinelEntry({ name, ip: `10.0.0.${index + 1}`, port: 26379, flags: 'sentinel' }),
			),
			'sentinel ckquorum m': 'OK 3 usable Sentinels',
		},
	};
}

const data = (node: string): Answer => {
	const link = { master_host: '10.0.0.1', master_port: 6379, master_link_status: 'up' };
	const slave0 = 'ip=10.0.0.2,port=6379,state=online,offset=5,lag=0';
	if (node === primary) return { replies: { info: infoText({ run_id: 'p', connected_slaves: 1, slave0 }) } };
	return node === replica
		? { replies: { info: infoText({ run_id: 'r', role: 'slave', ...link }) } }
		: undefined;
};

describe('Sentinels that call a node down which answers us', () => {
	const played = (words: readonly Down[]) => {
		const fleet = playFleet(sentinels.slice(0, 1), node =>
			sentinels.includes(node) ? sentinel(words[sentinels.indexOf(node)]!, `s ${node}`) : data(node),
		);
		fleet.play(4);
		return fleet;
	};
	const found = (...words: readonly Down[]) => played(words).findings();
	const told = (who: string, seconds: string) =>
		`m: ${who} it down for ${seconds}, and it answers us (auth-pass?)`;

	test('all of them, for longer than a failover takes: critical, and the check says so', () => {
		const down = { master: 15_000, slave: 15_000 };
		const fleet = played([down, down, down]);
		assert.deepEqual(fleet.findings(), [
			`crit views-differ ${primary}: ${told('3 of 3 Sentinels call', '15s')}`,
			`warn views-differ ${replica}: ${told('3 of 3 Sentinels call', '15s')}`,
		]);
		assert.equal(fleet.check().code, 2);
	});

	test('a moment of it, and one of them, is a warning; of a replica only what lasts', () => {
		const early = { master: 3000, slave: 3000 };
		assert.deepEqual(found(early, early, early), [
			`warn views-differ ${primary}: ${told('3 of 3 Sentinels call', '3s')}`,
		]);
		const late = { master: 60_000 };
		assert.deepEqual(found(late, {}, {}), [
			`warn views-differ ${primary}: ${told('1 of 3 Sentinels call', '1m')}`,
		]);
		assert.deepEqual(found({}, {}, {}), []);
	});

	test('while one of them fails over that is told as what it is', () => {
		const down = { master: 15_000, flags: ',failover_in_progress' };
		assert.deepEqual(found(down, down, down), []);
	});
});

describe('a node of a cluster that calls it down alone', () => {
	const nodes = ['10.0.0.1:7000', '10.0.0.2:7000', '10.0.0.3:7000'];
	const slots = ['0-5460', '5461-10922', '10923-16383'];
	const lines = (me: number) =>
		nodes.map(
			(node, index) =>
				`${'abc'[index]!.repeat(40)} ${node}@1 ${index === me ? 'myself,' : ''}master - 0 0 ${index} connected ${slots[index]}`,
		);
	const cluster = (failing: readonly number[], settings: Readonly<Record<string, string>> = {}) => {
		const played = playFleet([nodes[0]!], node => {
			const me = nodes.indexOf(node);
			const answer = clusterAnswer(`r${me}`, lines(me), settings, { connected_slaves: 1 });
			const state = `cluster_state:${failing.includes(me) ? 'fail' : 'ok'}\r\ncluster_current_epoch:3`;
			return answer && 'replies' in answer
				? { replies: { ...answer.replies, 'cluster info': state } }
				: answer;
		});
		played.play(5);
		return played.findings().filter(each => each.includes('commands-refused'));
	};

	test('refuses all, whether somebody asks or not', () => {
		const all = 'all refused, the cluster is down for this node alone (CLUSTERDOWN)';
		assert.deepEqual(cluster([1]), [`crit commands-refused ${nodes[1]}: ${all}`]);
		assert.deepEqual(cluster([1], { 'cluster-allow-reads-when-down': 'yes' }), [
			`crit commands-refused ${nodes[1]}: ${all.replace('all', 'writes')}`,
		]);
		assert.deepEqual(cluster([]), []);
	});

	test('where most say so it is no matter of one node', () => {
		assert.deepEqual(cluster([0, 1, 2]), []);
	});
});
