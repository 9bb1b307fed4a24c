// What is not there says why, what would enable it and what is next: policies, ACLs, versions, and services that deny
// commands each in their own words.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HotTarget } from '../../source/core/keys/hot-keys.ts';
import {
	askedRung,
	type HotKeysMethod,
	type Ladder,
	ladderOf,
	withPressure,
} from '../../source/core/keys/hot-ladder.ts';
import { ratioFor } from '../../source/core/keys/rungs/hotkeys.ts';
import type { SessionOwner } from '../../source/core/keys/rungs/rung.ts';
import { type Asked, askLadder } from '../../source/redis/hot-keys/ladder.ts';
import { NodeLink } from '../../source/redis/hot-keys/node-link.ts';
import { said } from '../../source/view/screens/hot-keys/clauses.ts';
import { costWords, lossWords, showsWords, whyText } from '../../source/view/screens/hot-keys/rung-words.ts';
import { plainDial } from '../big-keys/scan.ts';
import {
	type Answer,
	array,
	bulk,
	error,
	type InfoFields,
	integer,
	nil,
	ok,
	startNode,
} from './scripted-node.ts';

const target = (address: string): HotTarget => ({
	address,
	isReplica: false,
	isCluster: false,
	replicas: [],
});

async function asked(
	info: InfoFields,
	answer: Answer,
	user = 'default',
	whose: SessionOwner = 'somebody',
): Promise<{ asked: Asked; ladder: Ladder; commands: readonly string[] }> {
	const node = await startNode(info, answer);
	const link = new NodeLink(target(node.address), { dial: plainDial });
	const questions = { lfuPace: 2000, whose: async () => whose };
	try {
		const found = await askLadder(link, { ...questions, target: link.target, user });
		if ('failed' in found) throw new Error(found.failed.text);
		// Asked again, only what may have changed is.
		await askLadder(link, { ...questions, target: link.target, user, before: found.facts });
		return { asked: found, ladder: ladderOf(found.facts), commands: node.asked };
	} finally {
		link.close();
		await node.close();
	}
}

const rungOf = (ladder: Ladder, method: HotKeysMethod) => ladder.rungs.find(rung => rung.method === method)!;
const redis7: InfoFields = {
	redis_version: '7.0.15',
	cluster_enabled: 0,
	maxmemory_policy: 'noeviction',
	maxmemory: 0,
};
const redis86: InfoFields = { ...redis7, redis_version: '8.6.0' };
const valkey: InfoFields = {
	...redis7,
	server_name: 'valkey',
	valkey_version: '9.2.0',
	redis_version: '7.2.4',
};

const unknownSub = (command: string) => error(`ERR unknown subcommand '${command}'. Try CLUSTER HELP.`);
const noperm = (name: string) => error(`NOPERM User watcher has no permissions to run the '${name}' command`);

describe('a plain Redis 7.0', () => {
	test('HOTKEYS and LFU say why, MONITOR is next', async () => {
		const { ladder, commands } = await asked(redis7, (_, command) =>
			command.startsWith('acl dryrun') ? ok : undefined,
		);
		assert.match(
			whyText(rungOf(ladder, 'hotkeys'))!,
			/came with Redis 8\.6 and after Valkey 9\.1; this is redis 7\.0\.15/,
		);
		assert.match(whyText(rungOf(ladder, 'slot-stats'))!, /not a cluster/);
		assert.match(whyText(rungOf(ladder, 'lfu'))!, /the policy is noeviction/);
		// There it would begin to evict.
		assert.equal(rungOf(ladder, 'lfu').enable, undefined);
		assert.equal(rungOf(ladder, 'monitor').state, 'asks');
		assert.deepEqual([ladder.used, askedRung(ladder)], ['monitor', 'monitor']);
		assert.deepEqual(
			commands.filter(command => command.startsWith('hotkeys')).length,
			1,
			'what is unknown is asked once',
		);
		assert.ok(!commands.some(command => /^(monitor|scan|object|cluster)/.test(command)), commands.join());
	});

	for (const [policy, enable] of [
		['allkeys-lru', 'CONFIG SET maxmemory-policy allkeys-lfu'],
		['volatile-ttl', 'CONFIG SET maxmemory-policy volatile-lfu'],
	])
		test(`${policy}: what would enable the counters`, async () => {
			const { ladder } = await asked({ ...redis7, maxmemory_policy: policy! }, () => undefined);
			assert.equal(rungOf(ladder, 'lfu').enable, enable);
			assert.match(whyText(rungOf(ladder, 'lfu'))!, new RegExp(policy!));
		});
});

describe('LFU', () => {
	const lfu = { ...redis7, maxmemory_policy: 'allkeys-lfu', db0: 'keys=10,expires=0,avg_ttl=0' };
	const scan = (_: readonly string[], command: string) =>
		command.startsWith('scan')
			? array(bulk('0'), array(bulk('a')))
			: command.startsWith('object freq')
				? integer(7)
				: undefined;

	test('is used before MONITOR, with its settings', async () => {
		const {
			ladder,
			asked: found,
			commands,
		} = await asked(lfu, (words, command) =>
			command === 'config get lfu-log-factor'
				? array(bulk('lfu-log-factor'), bulk('20'))
				: scan(words, command),
		);
		assert.equal(ladder.used, 'lfu');
		assert.equal(askedRung(ladder), 'monitor');
		assert.deepEqual(found.lfu, { logFactor: 20, decayMinutes: undefined });
		assert.match(costWords(rungOf(ladder, 'lfu')), /2\.0k keys a second/);
		assert.equal(commands.filter(command => command.startsWith('object freq')).length, 1);
	});

	for (const [denied, word] of [
		['scan', '+scan'],
		['object|freq', '+object|freq'],
	])
		test(`without ${word}: the word, and MONITOR`, async () => {
			const { ladder, commands } = await asked(lfu, (words, command) =>
				command.startsWith(denied!.replace('|', ' ')) ? noperm(denied!) : scan(words, command),
			);
			const rung = rungOf(ladder, 'lfu');
			assert.deepEqual([rung.state, rung.enable], ['unavailable', word]);
			assert.equal(ladder.used, 'monitor');
			assert.equal(
				commands.filter(command => command.startsWith('scan')).length,
				1,
				'a refusal is asked for once',
			);
		});

	test('without a right to the keys', async () => {
		const { ladder } = await asked(lfu, (words, command) =>
			command.startsWith('object') ? error('NOPERM No permissions to access a key') : scan(words, command),
		);
		assert.equal(rungOf(ladder, 'lfu').enable, '%R~*');
	});
});

describe('HOTKEYS', () => {
	const session = (isActive: number) =>
		array(
			array(bulk('tracking-active'), integer(isActive), bulk('collection-start-time-unix-ms'), integer(99)),
		);
	const get =
		(reply: string): Answer =>
		(_, command) =>
			command === 'hotkeys get' ? reply : undefined;

	test('Redis 8.6 without a session: asks', async () => {
		const { ladder } = await asked(redis86, get(nil));
		assert.equal(rungOf(ladder, 'hotkeys').state, 'asks');
		assert.deepEqual([ladder.used, askedRung(ladder)], ['hotkeys', 'hotkeys']);
		assert.match(showsWords(rungOf(ladder, 'hotkeys')), /10 s/);
	});

	test('a session of somebody else is read', async () => {
		const { ladder } = await asked(redis86, get(session(1)));
		assert.equal(rungOf(ladder, 'hotkeys').state, 'running');
		assert.deepEqual([ladder.used, askedRung(ladder)], ['hotkeys', 'monitor']);
	});

	test('and one that is over is not overwritten', async () => {
		const { ladder } = await asked(redis86, get(session(0)));
		const rung = rungOf(ladder, 'hotkeys');
		assert.deepEqual([rung.state, rung.enable], ['unavailable', 'HOTKEYS RESET']);
		assert.match(whyText(rung)!, /would discard it/);
		assert.equal(askedRung(ladder), 'monitor');
	});

	test('one that a killed redis-top left is read where it is over; one of another redis-top is let alone', async () => {
		const left = await asked(redis86, get(session(0)), 'default', 'left');
		const rung = rungOf(left.ladder, 'hotkeys');
		assert.deepEqual([rung.state, left.ladder.used], ['ready', 'hotkeys']);
		assert.match(showsWords(rung), /a redis-top left when it was killed/);
		const sibling = await asked(redis86, get(session(1)), 'default', 'sibling');
		assert.match(showsWords(rungOf(sibling.ladder, 'hotkeys')), /a session of another redis-top/);
		assert.equal(askedRung(sibling.ladder), 'monitor');
	});

	test('every command is looked at wherever that is cheap, and it is said how many are', async () => {
		for (const [ops, ratio] of [
			[0, 1],
			[1000, 1],
			[20_000, 1],
			[200_000, 1],
			[200_001, 2],
			[1_000_000, 5],
			[undefined, 10],
		] as const)
			assert.equal(ratioFor(ops), ratio, `${ops}`);
		const { asked: found } = await asked(redis86, get(nil));
		const windowAt = (opsPerSecond: number) =>
			showsWords(rungOf(ladderOf(found.facts, { opsPerSecond }), 'hotkeys'));
		assert.match(windowAt(900), /of 10 s, every command$/);
		assert.match(windowAt(700_000), /of 10 s, one command of 4$/);
	});

	test('no right to it', async () => {
		const { ladder } = await asked(redis86, get(noperm('hotkeys|get')));
		assert.deepEqual(
			[rungOf(ladder, 'hotkeys').state, rungOf(ladder, 'hotkeys').enable],
			['unavailable', '+hotkeys|get'],
		);
	});

	for (const [what, config, state] of [
		['on', '16', 'ready'],
		['off', '0', 'unavailable'],
	])
		test(`Valkey, switched ${what}`, async () => {
			const { ladder } = await asked(valkey, (_, command) =>
				command === 'hotkeys get'
					? array()
					: command === 'config get hotkey-top-k'
						? array(bulk('hotkey-top-k'), bulk(config!))
						: undefined,
			);
			const rung = rungOf(ladder, 'hotkeys');
			assert.equal(rung.state, state);
			assert.equal(rung.enable, state === 'ready' ? undefined : 'CONFIG SET hotkey-top-k 16');
			assert.match(showsWords(rung), /its last window/);
		});

	test('Valkey that says so, and one whose settings may not be read', async () => {
		const off = await asked(valkey, get(error('ERR Hotkey detection is disabled')));
		assert.equal(rungOf(off.ladder, 'hotkeys').enable, 'CONFIG SET hotkey-top-k 16');
		const listed = await asked(
			valkey,
			get(array(array(bulk('key'), bulk('a'), bulk('db'), integer(0), bulk('qps'), integer(9)))),
		);
		assert.equal(rungOf(listed.ladder, 'hotkeys').state, 'ready');
	});

	test('the reply tells which it is where the server does not say who it is', async () => {
		const { ladder } = await asked(
			{ cluster_enabled: 0 },
			get(array(array(bulk('key'), bulk('a'), bulk('db'), integer(0), bulk('qps'), integer(9)))),
		);
		assert.equal(rungOf(ladder, 'hotkeys').state, 'ready');
		assert.match(showsWords(rungOf(ladder, 'hotkeys')), /its last window/);
	});
});

describe('SLOT-STATS', () => {
	const cluster = { ...redis7, redis_version: '8.2.1', cluster_enabled: 1 };
	const answers =
		(reply: string): Answer =>
		(_, command) =>
			command.startsWith('cluster slot-stats') ? reply : undefined;

	const counted = (...fields: readonly string[]) =>
		answers(
			array(
				array(
					integer(7),
					array(bulk('key-count'), integer(2), ...fields.flatMap(name => [bulk(name), integer(9)])),
				),
			),
		);
	const yes = 'CONFIG SET cluster-slot-stats-enabled yes';
	const words = 'CONFIG SET cluster-slot-stats-enabled "cpu net"';
	const net = ['network-bytes-in', 'network-bytes-out'];
	const redis = { ...cluster, redis_version: '8.6.3' };
	const valkey9 = { ...valkey, cluster_enabled: 1 };

	for (const [what, info, fields, state, enable] of [
		['Redis, nothing', redis, [], 'unavailable', words],
		// The two words alone would end the count of memory, which begins with the server only.
		['Redis, memory alone', redis, ['memory-bytes'], 'unavailable', yes],
		['Redis, bytes alone', redis, net, 'ready', words],
		['Redis, time alone', redis, ['cpu-usec'], 'ready', undefined],
		['Redis, all', redis, ['memory-bytes', 'cpu-usec', ...net], 'ready', undefined],
		['Valkey, nothing', valkey9, [], 'unavailable', yes],
		['Valkey, all', valkey9, ['cpu-usec', ...net], 'ready', undefined],
	] as const)
		test(`what is counted by slot, and the setting that counts the rest: ${what}`, async () => {
			const { ladder } = await asked(info, counted(...fields));
			const rung = rungOf(ladder, 'slot-stats');
			assert.deepEqual([rung.state, rung.enable], [state, enable]);
			assert.equal(ladder.used, state === 'ready' ? 'slot-stats' : 'monitor');
		});

	test('too old, not allowed', async () => {
		const old = await asked({ ...cluster, redis_version: '7.0.15' }, answers(unknownSub('SLOT-STATS')));
		assert.match(
			whyText(rungOf(old.ladder, 'slot-stats'))!,
			/Valkey 8\.0 and Redis 8\.2; this is redis 7\.0\.15/,
		);
		const denied = await asked(cluster, answers(noperm('cluster|slot-stats')));
		assert.equal(rungOf(denied.ladder, 'slot-stats').enable, '+cluster|slot-stats');
	});

	test('of Redis 8.2: ready, and no key by itself', async () => {
		const reply = array(
			array(integer(7), array(bulk('key-count'), integer(2), bulk('cpu-usec'), integer(90))),
		);
		const { ladder } = await asked(cluster, answers(reply));
		assert.equal(rungOf(ladder, 'slot-stats').state, 'ready');
		assert.deepEqual([ladder.used, askedRung(ladder)], ['slot-stats', 'monitor']);
	});
});

describe('MONITOR', () => {
	const dryrun =
		(reply: string): Answer =>
		(_, command) =>
			command.startsWith('acl dryrun') ? reply : undefined;

	test('not allowed: known before it is tried', async () => {
		const { ladder, commands } = await asked(
			redis7,
			dryrun(bulk("User watcher has no permissions to run the 'monitor' command")),
			'watcher',
		);
		assert.deepEqual(
			[rungOf(ladder, 'monitor').state, rungOf(ladder, 'monitor').enable],
			['unavailable', '+monitor'],
		);
		assert.equal(ladder.used, undefined);
		assert.ok(commands.includes('acl dryrun watcher monitor'));
	});

	for (const [what, reply] of [
		['renamed', error("ERR Command 'MONITOR' not found")],
		['denied by a service', error("ERR Command 'monitor' not found")],
	])
		test(`${what}: this server has none`, async () => {
			const { ladder } = await asked(redis7, dryrun(reply!));
			assert.match(whyText(rungOf(ladder, 'monitor'))!, /this server has no MONITOR/);
		});

	test('where it cannot be asked it may be tried, and asking is not repeated', async () => {
		const { ladder, commands } = await asked(redis7, dryrun(noperm('acl|dryrun')));
		assert.equal(rungOf(ladder, 'monitor').state, 'asks');
		assert.equal(commands.filter(command => command.startsWith('acl')).length, 1);
	});

	test('what it is going to cost, by how busy the node is', async () => {
		const { ladder } = await asked(redis7, () => undefined);
		const at = (cpuPercent: number) => withPressure(ladder, { opsPerSecond: 42_000, cpuPercent });
		assert.equal(said(lossWords(at(12))!), '42.0k ops/s now, CPU 12%: MONITOR will hardly be noticed');
		assert.match(
			said(lossWords(at(63))!),
			/^42\.0k ops\/s now, CPU 63%: .*20-35%.*50-70% with pipelined writes/,
		);
		assert.deepEqual([at(63).isBusy, at(71).isBusy], [false, true]);
	});
});

test('a service that denies everything: no way, and each rung says why', async () => {
	const { ladder } = await asked({}, (words, command) =>
		command === 'info' ? undefined : error(`ERR This command is not available: '${words[0]}'`),
	);
	assert.equal(askedRung(ladder), 'monitor');
	for (const method of ['hotkeys', 'slot-stats', 'lfu'] as const) {
		assert.equal(rungOf(ladder, method).state, 'unavailable', method);
		assert.ok(rungOf(ladder, method).why, method);
	}
});
