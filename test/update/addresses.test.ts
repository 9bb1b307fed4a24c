// Nodes without a usable address, nodes that are announced by name, nodes under two names: what is a row, what is dialled,
// what is found and what --check says. The replies are those of real servers, cut to what the case is about.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Reply } from '../../source/core/types.ts';
import { type Answer, clusterAnswer, infoText, playFleet, sentinelEntry } from './play-fleet.ts';

const id = (letter: string) => letter.repeat(40);
const line = (
	letter: string,
	place: string,
	flags: string,
	slots: string,
	link = 'connected',
	primary = '-',
) => `${id(letter)} ${place} ${flags} ${primary} 0 0 ${letter.charCodeAt(0) - 96} ${link} ${slots}`.trimEnd();

describe('a node of a cluster without an address', () => {
	const [a, b, c] = ['10.0.0.1:7000', '10.0.0.2:7000', '10.0.0.3:7000'];
	const lines = (me: string, third: string) => [
		line('a', `${a}@17000`, me === 'a' ? 'myself,master' : 'master', '0-5460'),
		line('b', `${b}@17000`, me === 'b' ? 'myself,master' : 'master', '5461-10922'),
		third,
	];
	const known = (me: string) =>
		lines(me, line('c', `${c}@17000`, me === 'c' ? 'myself,master' : 'master', '10923-16383'));
	/** The third lost its nodes.conf: a new id at the old address, which the others no longer name. */
	const afterLoss =
		(flags: string) =>
		(node: string): Answer => {
			const lost = line('c', ':0@0', flags, '10923-16383', 'disconnected');
			if (node === a) return clusterAnswer('ra', lines('a', lost));
			if (node === b) return clusterAnswer('rb', lines('b', lost));
			return node === c ? clusterAnswer('rd', [line('d', `${c}@17000`, 'myself,master', '')]) : undefined;
		};

	// Redis 6.0 to 8.0 go on saying ok, Valkey from 8.1 on flags it: https://github.com/valkey-io/valkey/pull/1191.
	for (const flags of ['master,noaddr', 'master,fail,noaddr'])
		test(`${flags}: its slots are served by nobody, whatever cluster_state says`, () => {
			const played = playFleet([a], afterLoss(flags));
			played.play(4);
			const row = played.row(id('c'))!;
			assert.deepEqual([row.health, row.role, row.slots], ['down', 'primary', [[10923, 16383]]]);
			assert.equal(row.error?.text, 'no usable address: its peers know none');
			assert.equal(played.fleet().now.fleet.agreement?.slotsCovered, 10923);
			assert.equal(played.fleet().now.fleet.agreement?.primariesReachable, 2);
			const found = played.findings();
			assert.ok(found.includes('crit slots-uncovered -: 5461 of 16384 slots uncovered'), found.join('\n'));
			assert.ok(found.some(each => each.startsWith(`crit unreachable ${id('c')}: no usable address`)));
			assert.equal(played.check().code, 2);
			if (flags === 'master,noaddr')
				assert.equal(played.fleet().fastSince, undefined, 'nothing can come of it: no fast phase');
			assert.ok(![...played.dialled.keys()].includes(id('c')), 'an id is not dialled');
		});

	// CLUSTER RESET HARD, as in the same report: the process lives on under another id.
	test('the row says who has taken its address over, and the other rows stay', () => {
		const played = playFleet([a], node => {
			const me = node === a ? 'a' : node === b ? 'b' : 'c';
			return clusterAnswer(`r${me}`, known(me));
		});
		played.play(3);
		assert.deepEqual(played.rows(), [`${a} primary up`, `${b} primary up`, `${c} primary up`]);
		played.play(2, afterLoss('master,noaddr'));
		assert.equal(played.row(id('c'))?.error?.text, `no usable address: ${c} answers as another node now`);
		assert.ok(
			played.fleet().failovers.every(({ newPrimary }) => newPrimary === undefined),
			'nobody was elected',
		);
		assert.equal(played.fleet().now.fleet.agreement?.slotsCovered, 10923);
	});

	test('until its peers have noticed, another node at its address does not serve its slots either', () => {
		const played = playFleet([a], node => {
			if (node === c) return clusterAnswer('rd', [line('d', `${c}@17000`, 'myself,master', '')]);
			const me = node === a ? 'a' : 'b';
			return clusterAnswer(`r${me}`, known(me));
		});
		played.play(3);
		assert.equal(played.fleet().now.fleet.agreement?.slotsCovered, 10923);
	});

	test('it is told of again: the same row has the address', () => {
		const played = playFleet([a], afterLoss('master,noaddr'));
		played.play(3);
		assert.equal(played.row(id('c'))?.health, 'down');
		const moved = '10.0.0.9:7000';
		const back = (me: string) =>
			lines(me, line('c', `${moved}@17000`, me === 'c' ? 'myself,master' : 'master', '10923-16383'));
		played.play(3, node => {
			const me = node === a ? 'a' : node === b ? 'b' : node === moved ? 'c' : undefined;
			return me ? clusterAnswer(`r${me}`, back(me)) : undefined;
		});
		assert.deepEqual(
			played.rows().filter(row => !row.startsWith(c)),
			[`${a} primary up`, `${b} primary up`, `${moved} primary up`],
		);
		assert.equal(played.fleet().now.fleet.agreement?.slotsCovered, 16384);
	});

	test('a replica and a forgotten empty primary are rows, and weigh what they are', () => {
		const played = playFleet([a], node =>
			node === a
				? clusterAnswer('ra', [
						line('a', `${a}@17000`, 'myself,master', '0-16383'),
						line('e', ':0@0', 'slave,noaddr', '', 'disconnected', id('a')),
						line('f', ':0@0', 'master,noaddr', '', 'disconnected'),
					])
				: undefined,
		);
		played.play(3);
		const found = played.findings();
		assert.ok(
			found.some(each => each.startsWith(`crit unreachable ${id('e')}`)),
			found.join('\n'),
		);
		assert.ok(
			found.some(each => each.startsWith(`warn unreachable ${id('f')}`)),
			found.join('\n'),
		);
		assert.equal(played.row(id('e'))?.shard, played.row(a)?.shard);
	});
});

test('a cluster of one node that never met another is itself, under whatever name it is asked', () => {
	for (const place of [':7000@17000', ':7000@17000,']) {
		const played = playFleet(['127.0.0.1:7000'], () =>
			clusterAnswer('ra', [line('a', place, 'myself,master', '0-16383')]),
		);
		played.play(3);
		const row = played.row('127.0.0.1:7000')!;
		assert.deepEqual([row.slots, row.shard, row.nodeId], [[[0, 16383]], 1, id('a')]);
		assert.equal(played.fleet().now.fleet.agreement?.slotsCovered, 16384);
		assert.deepEqual(played.rows(), ['127.0.0.1:7000 primary up']);
		assert.deepEqual(
			played.findings().filter(each => each.startsWith('crit')),
			[],
		);
	}
});

describe('Sentinels', () => {
	const sentinels = ['10.0.1.1:26379', '10.0.1.2:26379', '10.0.1.3:26379'];
	const answering = (master: Reply, more: Readonly<Record<string, Reply>> = {}): Answer => ({
		replies: {
			info: infoText({ run_id: '', redis_mode: 'sentinel' }),
			'sentinel masters': [master],
			...more,
		},
	});
	const downMaster = (ip: string, port = 6379) =>
		sentinelEntry({
			name: 'gone',
			ip,
			port,
			runid: '',
			flags: 's_down,master,disconnected',
			quorum: 2,
			'num-slaves': 0,
		});
	const noQuorum: Reply = {
		error: 'NOQUORUM 1 usable Sentinels. Not enough available Sentinels to reach the quorum',
	};

	// https://github.com/redis/redis/issues/8300: after a pod's restart its name is gone, or leads nowhere.
	for (const [ip, port, row] of [
		['', 6379, 'gone'],
		['?', 6379, 'gone'],
		['10.0.0.5', 0, 'gone'],
		['nowhere.invalid', 6379, 'nowhere.invalid:6379'],
	] as const)
		test(`a master at ${ip || 'no address'}:${port} is down, never "OK 0 nodes"`, () => {
			const played = playFleet(sentinels, node =>
				sentinels.includes(node)
					? answering(downMaster(ip, port), { 'sentinel ckquorum gone': noQuorum })
					: { error: { reason: 'host-not-found', text: 'host not found' } },
			);
			played.play(3);
			assert.deepEqual(played.rows(), [`${row} primary down`]);
			assert.equal(played.row(row)?.group, 'gone');
			const found = played.findings();
			for (const wanted of ['unreachable', 'quorum-lost', 'failover-impossible'])
				assert.ok(
					found.some(each => each.startsWith(`crit ${wanted}`)),
					`${wanted} in\n${found.join('\n')}`,
				);
			const { code, text } = played.check();
			assert.equal(code, 2);
			assert.match(text, /^CRITICAL /);
		});

	test('a name that resolves again is the same row, and no switch of the primary', () => {
		const played = playFleet(sentinels, node =>
			sentinels.includes(node) ? answering(downMaster('')) : undefined,
		);
		played.play(3);
		const up = sentinelEntry({ name: 'gone', ip: '10.0.0.5', port: 6379, flags: 'master', quorum: 2 });
		played.play(3, node => {
			if (sentinels.includes(node)) return answering(up);
			return node === '10.0.0.5:6379' ? { replies: { info: infoText({ run_id: 'p' }) } } : undefined;
		});
		assert.deepEqual(played.rows(), ['10.0.0.5:6379 primary up']);
		assert.ok(!played.events().some(event => event.startsWith('switch')), played.events().join('\n'));
		assert.ok(played.events().some(event => event.includes('has another address now, was gone')));
	});

	test('replicas and Sentinels whose names do not resolve are rows and count', () => {
		const master = sentinelEntry({
			name: 'gone',
			ip: '10.0.0.5',
			port: 6379,
			flags: 'master',
			quorum: 2,
			'num-other-sentinels': 2,
		});
		const replica = sentinelEntry({
			name: ':6379',
			ip: '',
			port: 6379,
			runid: id('7'),
			flags: 's_down,slave,disconnected',
		});
		const other = sentinelEntry({
			name: id('8'),
			ip: '',
			port: 26379,
			runid: id('8'),
			flags: 's_down,sentinel',
		});
		const played = playFleet([sentinels[0]!], node => {
			if (node === '10.0.0.5:6379')
				return { replies: { info: infoText({ run_id: 'p', connected_slaves: 0 }) } };
			if (node !== sentinels[0]) return undefined;
			return answering(master, { 'sentinel replicas gone': [replica], 'sentinel sentinels gone': [other] });
		});
		played.play(6);
		assert.deepEqual(played.rows(), ['10.0.0.5:6379 primary up', `${id('7')} replica down`]);
		assert.deepEqual(
			played.fleet().now.fleet.sentinel?.sentinels.map(({ node, health }) => [node, health]),
			[
				[sentinels[0], 'up'],
				[id('8'), 'down'],
			],
		);
		const found = played.findings();
		for (const node of [id('7'), id('8')])
			assert.ok(
				found.some(each => each.startsWith(`crit unreachable ${node}`)),
				found.join('\n'),
			);
		assert.ok(
			found.some(each => each.includes('no replica to take over')),
			'one without an address cannot',
		);
	});

	test('Sentinels that watch nothing are no fleet that is well', () => {
		const played = playFleet([sentinels[0]!], () => ({
			replies: { info: infoText({ run_id: '', redis_mode: 'sentinel' }), 'sentinel masters': [] },
		}));
		played.play(3);
		const { check, state } = played;
		assert.deepEqual([check().code, state().fleets.length], [3, 1]);
	});

	// https://github.com/StackExchange/StackExchange.Redis/issues/2617: Sentinels announce host names, INFO has the ips,
	// and the certificates are for the names.
	test('a replica that its primary lists by ip and the Sentinels by name is one row, under the name', () => {
		const master = sentinelEntry({
			name: 'm',
			ip: 'redis-1.example',
			port: 6379,
			flags: 'master',
			quorum: 1,
		});
		const replica = sentinelEntry({
			name: 'redis-2.example:6379',
			ip: 'redis-2.example',
			port: 6379,
			flags: 'slave',
		});
		const nodes: Readonly<Record<string, Answer>> = {
			[sentinels[0]!]: answering(master, { 'sentinel replicas m': [replica] }),
			'redis-1.example:6379': {
				replies: {
					info: infoText({
						run_id: 'p',
						connected_slaves: 1,
						slave0: 'ip=10.0.0.2,port=6379,state=online,offset=1,lag=0',
					}),
				},
				reached: '10.0.0.1:6379',
			},
			'redis-2.example:6379': {
				replies: {
					info: infoText({
						run_id: 'r',
						role: 'slave',
						master_host: '10.0.0.1',
						master_port: 6379,
						master_link_status: 'up',
					}),
				},
				reached: '10.0.0.2:6379',
			},
		};
		const wrong: Answer = {
			error: { reason: 'tls', text: 'the certificate is for another name: --sni NAME' },
		};
		const played = playFleet([sentinels[0]!], node => nodes[node] ?? wrong);
		played.play(5);
		assert.deepEqual(played.rows(), ['redis-1.example:6379 primary up', 'redis-2.example:6379 replica up']);
		assert.equal(played.row('redis-2.example:6379')?.primary, 'redis-1.example:6379');
		assert.deepEqual(played.findings(), []);
		assert.equal(played.check().code, 0);
	});
});

describe('host names that a cluster announces', () => {
	const lines = (me: string) =>
		['a', 'b'].map((letter, index) =>
			line(
				letter,
				`10.0.0.${index + 1}:7000@17000,${letter}.example`,
				letter === me ? 'myself,master' : 'master',
				index === 0 ? '0-8191' : '8192-16383',
			),
		);
	const byHost: Readonly<Record<string, string>> = {
		'10.0.0.1:7000': 'a',
		'a.example:7000': 'a',
		'10.0.0.2:7000': 'b',
		'b.example:7000': 'b',
	};
	const cluster =
		(type: string | undefined) =>
		(node: string): Answer => {
			const me = byHost[node];
			const settings: Record<string, string> =
				type === undefined ? {} : { 'cluster-preferred-endpoint-type': type };
			return me === undefined ? undefined : clusterAnswer(`r${me}`, lines(me), settings);
		};

	test('are the rows, are dialled, and the ip is a detail, where clients are sent to them', () => {
		const played = playFleet(['10.0.0.1:7000'], cluster('hostname'));
		played.play(4);
		assert.deepEqual(played.rows(), ['a.example:7000 primary up', 'b.example:7000 primary up']);
		assert.equal(played.row('b.example:7000')?.ip, '10.0.0.2:7000');
		assert.equal(played.dialled.get('b.example:7000'), 'b.example:7000');
		assert.equal(played.fleet().now.fleet.agreement?.slotsCovered, 16384);
		assert.equal(played.fleet().now.fleet.shards.length, 2);
	});

	for (const type of ['ip', undefined])
		test(`are known, and not dialled, where the preferred endpoint is ${type ?? 'not told'}`, () => {
			const played = playFleet(['a.example:7000'], cluster(type));
			played.play(4);
			assert.deepEqual(played.rows(), ['10.0.0.1:7000 primary up', '10.0.0.2:7000 primary up']);
			assert.equal(played.fleet().tracks.get('10.0.0.2:7000')?.announced?.hostname, 'b.example');
		});
});

describe('one node under two names', () => {
	const [one, two] = ['10.0.0.1:7000', '10.0.0.2:7000'];
	// A pod that is started anew keeps its id and has another ip.
	test('an ip that changed: the row follows, with its past, and totals count it once', () => {
		const lines = (me: string, second: string) => [
			line('a', `${one}@17000`, me === 'a' ? 'myself,master' : 'master', '0-8191'),
			line('b', `${second}@17000`, me === 'b' ? 'myself,master' : 'master', '8192-16383'),
		];
		const before = (node: string) => {
			const me = node === one ? 'a' : node === two ? 'b' : undefined;
			return me ? clusterAnswer(`r${me}`, lines(me, two), {}, { total_commands_processed: 1 }) : undefined;
		};
		const played = playFleet([one], before);
		played.play(3);
		const moved = '10.0.7.7:7000';
		played.play(1, node => (node === one ? before(one) : undefined));
		assert.equal(played.row(two)?.health, 'down');
		played.play(4, node => {
			const me = node === one ? 'a' : node === moved ? 'b' : undefined;
			return me ? clusterAnswer(me === 'b' ? 'rc' : 'ra', lines(me, moved)) : undefined;
		});
		assert.deepEqual(played.rows(), [`${one} primary up`, `${moved} primary up`]);
		assert.equal(played.fleet().now.fleet.totals.usedMemoryBytes, 2_000_000);
		assert.equal(played.dialled.get(moved), moved);
		assert.ok(!played.dialled.has(two));
		const events = played.events();
		assert.ok(events.includes(`node-added ${moved}: has another address now, was ${two}`), events.join('\n'));
		assert.ok(!events.some(event => /left the|joined the/.test(event)), events.join('\n'));
	});

	test('two seeds of one server are one row of one fleet, counted once', () => {
		const answer = (node: string): Answer =>
			['localhost:6379', '127.0.0.1:6379'].includes(node)
				? {
						replies: { info: infoText({ run_id: 'p' }) },
						...(node === 'localhost:6379' && { reached: '127.0.0.1:6379' }),
					}
				: undefined;
		for (const seeds of [[['localhost:6379', '127.0.0.1:6379']], [['localhost:6379'], ['127.0.0.1:6379']]]) {
			const played = playFleet(seeds, answer);
			played.play(3);
			assert.equal(played.rows().length, 1, played.rows().join('\n'));
			assert.equal(played.state().fleets.length, 1);
			assert.equal(played.dialled.size, 1);
			assert.equal(played.fleet().now.fleet.totals.usedMemoryBytes, 1_000_000);
		}
	});

	test('a typed replica has the address that its primary announces', () => {
		const nodes: Readonly<Record<string, Answer>> = {
			'10.9.9.9:6379': {
				replies: {
					info: infoText({
						run_id: 'p',
						connected_slaves: 1,
						slave0: 'ip=10.0.0.2,port=6379,state=online,offset=1,lag=0',
					}),
				},
			},
		};
		const replica: Answer = {
			replies: {
				info: infoText({
					run_id: 'r',
					role: 'slave',
					master_host: '10.9.9.9',
					master_port: 6379,
					master_link_status: 'up',
				}),
			},
		};
		const played = playFleet(['bastion:16379'], node =>
			['bastion:16379', '10.0.0.2:6379'].includes(node) ? replica : nodes[node],
		);
		played.play(4);
		assert.deepEqual(played.rows(), ['10.9.9.9:6379 primary up', '10.0.0.2:6379 replica up']);
		assert.equal(played.row('10.0.0.2:6379')?.primary, '10.9.9.9:6379');
	});

	// https://github.com/valkey-io/valkey/issues/2338 and https://github.com/redis/redis/issues/14728.
	test('the second channel of a full sync is no second replica', () => {
		const announced = '10.96.0.2:6379';
		const lines = {
			connected_slaves: 2,
			slave0: 'ip=10.96.0.2,port=6379,state=wait_bgsave,offset=0,lag=0,type=main-channel',
			slave1: 'ip=10.244.0.17,port=6379,state=send_bulk_and_stream,offset=0,lag=0,type=rdb-channel',
		};
		const replica = infoText({
			run_id: 'r',
			role: 'slave',
			master_host: '10.96.0.1',
			master_port: 6379,
			master_link_status: 'down',
			master_sync_in_progress: 1,
		});
		const played = playFleet(['10.96.0.1:6379'], node => {
			if (node === '10.96.0.1:6379') return { replies: { info: infoText({ run_id: 'p', ...lines }) } };
			return node === announced || node === '10.244.0.17:6379' ? { replies: { info: replica } } : undefined;
		});
		played.play(3);
		assert.deepEqual(played.rows(), ['10.96.0.1:6379 primary up', `${announced} replica up`]);
		assert.ok(!played.events().some(event => /left the fleet|joined the fleet/.test(event)));
	});

	// https://github.com/valkey-io/valkey/pull/2833: redis-cli --rdb and tools like it listen on no port.
	test('who reads the replication stream without a port is a row, no outage, and no replica that takes over', () => {
		const slave0 = 'ip=10.0.0.8,port=0,state=online,offset=1,lag=0';
		const played = playFleet(['10.0.0.1:6379'], node =>
			node === '10.0.0.1:6379'
				? { replies: { info: infoText({ run_id: 'p', connected_slaves: 1, slave0 }) } }
				: undefined,
		);
		played.play(3);
		assert.deepEqual(played.rows(), ['10.0.0.1:6379 primary up', '10.0.0.8:0 replica down']);
		assert.equal(played.row('10.0.0.8:0')?.error?.reason, 'no-address');
		assert.deepEqual(played.findings(), []);
		assert.equal(played.check().code, 0);
	});
});

describe('whom the password goes to', () => {
	const seed = 'cache-1:7000';
	const lines = (me: string) =>
		['1', '2', '3', '4', '5'].map((host, index) => {
			const letter = 'abcde'[index]!;
			const isMe = host === me;
			return line(letter, `10.0.0.${host}:7000@17000`, isMe ? 'myself,master' : 'master', '');
		});
	const answer = (dialled: string): Answer => {
		const host = dialled === seed ? '1' : dialled.charAt(7);
		const reached = dialled === seed ? '10.0.0.1:7000' : undefined;
		const told = clusterAnswer(`r${host}`, lines(host));
		return told && 'replies' in told ? { ...told, reached } : told;
	};
	const told = (bounds: Parameters<typeof playFleet>[2]) => {
		const played = playFleet([seed], answer, bounds);
		played.play(4);
		return played.events().filter(event => event.includes('unencrypted'));
	};

	test('unencrypted, to hosts that were only announced: said once', () => {
		assert.deepEqual(told({ isPasswordInClear: true }), [
			'node-added -: the password goes unencrypted to announced hosts: 10.0.0.2, 10.0.0.3, 10.0.0.4 and 1 more (--tls, or allow in the settings)',
		]);
	});

	test('with TLS, without a password, or where the list names them: not a word', () => {
		assert.deepEqual(told({}), []);
		assert.deepEqual(told({ isPasswordInClear: true, allow: ['10.0.0.0/8'] }), []);
		const one = told({ isPasswordInClear: true, allow: ['10.0.0.0/30'] });
		assert.deepEqual(one, [], 'who is not dialled gets none');
	});
});
