// A node that lies must not make redis-top dial and log in everywhere, and no server sees a password that is not for it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DialSettings } from '../../source/redis/dial.ts';
import { array, bulk } from '../scale/scripted.ts';
import { until } from '../servers/until.ts';
import {
	type Answer,
	hostNumber,
	leadingOn,
	naming,
	noAuth,
	type Rogue,
	sentinelsLeadingOn,
	startRogue,
	unknown,
	type Watched,
	watch,
} from './rogue.ts';

const login: Partial<DialSettings> = {
	credentials: { password: 'data' },
	sentinelCredentials: { password: 'data' },
};
const twoLogins: Partial<DialSettings> = {
	credentials: { password: 'data' },
	sentinelCredentials: { password: 'sentinels' },
};

async function watching(
	answer: Answer,
	start: (rogue: Rogue) => Watched,
	check: (watched: Watched, rogue: Rogue) => Promise<void>,
): Promise<void> {
	const rogue = await startRogue(answer);
	const watched = start(rogue);
	try {
		await check(watched, rogue);
	} finally {
		await watched.stop();
		rogue.stop();
	}
}

const seedOf = ({ port }: Rogue) => `127.0.0.1:${port}`;
const rounds = (watched: Watched, count: number) =>
	until(() => watched.fleet().rounds >= count, { what: `${count} rounds`, timeout: 20_000 });

describe('a node that names more than there can be', () => {
	test('is believed up to the ceiling, and the rest is said', () =>
		watching(
			naming(300),
			rogue => watch(seedOf(rogue), login, { mostNodes: 20 }),
			async (watched, rogue) => {
				await rounds(watched, 2);
				assert.equal(rogue.hosts.size, 20);
				assert.equal(rogue.passwords.size, 20);
				const [finding] = watched.fleet().now.findings.filter(({ id }) => id === 'not-reached');
				assert.equal(
					finding?.text,
					'281 more nodes are named and not watched: the ceiling is 20 (maxNodes in the settings)',
				);
			},
		));

	test('outside the list nobody is dialled: a row says so, and it is no trouble', () =>
		watching(
			naming(12),
			rogue => watch(seedOf(rogue), login, { allow: ['127.1.0.0/30', '10.0.0.0/8'] }),
			async (watched, rogue) => {
				await rounds(watched, 2);
				assert.deepEqual([...rogue.hosts].sort(), ['127.0.0.1', ...[0, 1, 2, 3].map(hostNumber)]);
				const left = watched.fleet().now.fleet.nodes.filter(({ error }) => error?.reason === 'not-allowed');
				assert.equal(left.length, 8);
				assert.ok(left.every(({ error }) => error?.text === 'not dialled: not in allow'));
				const found = watched.fleet().now.findings.filter(({ id }) => /reach/.test(id));
				assert.deepEqual(found, []);
			},
		));

	test('--no-discover: the seed alone, where it was named', () =>
		watching(
			(host, command, port) => {
				// It calls itself another: after a reconnect that would be where the password goes.
				const answer = naming(5)(hostNumber(3), command, port);
				return host === '127.0.0.1' ? answer : naming(5)(host, command, port);
			},
			rogue => watch(seedOf(rogue), login, { isDiscoveryOn: false }),
			async (watched, rogue) => {
				await rounds(watched, 2);
				const { address } = watched.fleet().now.fleet.nodes[0]!;
				assert.equal(address, `${hostNumber(3)}:${rogue.port}`, 'its row has the name it gives itself');
				const before = rogue.connections();
				rogue.hangUp();
				await until(() => rogue.connections() > before, { what: 'a new connection' });
				await rounds(watched, 4);
				assert.deepEqual([...rogue.hosts], ['127.0.0.1']);
			},
		));
});

for (const [name, answer] of Object.entries({ replicas: leadingOn, Sentinels: sentinelsLeadingOn }))
	test(`a chain of ${name} ends, and that is said`, () =>
		watching(
			answer,
			rogue => watch(seedOf(rogue), login),
			async (watched, rogue) => {
				await rounds(watched, 3);
				const isSaid = () =>
					watched.fleet().now.findings.some(({ text }) => /over 8 steps from the seed/.test(text));
				await until(isSaid, { what: 'the end of the chain', timeout: 20_000 });
				assert.deepEqual([rogue.hosts.size, rogue.passwords.size], [9, 9]);
			},
		));

describe('a password', () => {
	const auth = '-WRONGPASS invalid username-password pair or user is disabled.\r\n';
	const data: Answer = (_, command) => {
		if (command.startsWith('auth')) return auth;
		if (command.startsWith('sentinel')) return unknown(command);
		return command === 'select' ? "-ERR wrong number of arguments for 'select' command\r\n" : noAuth;
	};
	const sentinel: Answer = (_, command) =>
		command.startsWith('auth') ? auth : command === 'select' ? unknown(command) : noAuth;
	/** Valkey 9.1. */
	const silent: Answer = (_, command) => (command.startsWith('auth') ? auth : noAuth);

	const cases: readonly (readonly [what: string, Answer, named: boolean, seen: string])[] = [
		['a data node that refuses it never sees the Sentinels’', data, false, 'data'],
		['a Sentinel that refuses its own never sees that of the data nodes', sentinel, false, 'sentinels'],
		['a server that does not tell what it is gets that of data nodes', silent, false, 'data'],
		['and that of the Sentinels where it was named as one', silent, true, 'sentinels'],
	];
	for (const [what, answer, isNamed, seen] of cases)
		test(what, () =>
			watching(
				answer,
				rogue => watch(seedOf(rogue), { ...twoLogins, ...(isNamed && { sentinelSeeds: [seedOf(rogue)] }) }),
				async (watched, rogue) => {
					const isRefused = () => {
						const { fleet } = watched.fleet().now;
						const rows = [...fleet.nodes, ...(fleet.sentinel?.sentinels ?? [])];
						return rows.some(({ error }) => error?.reason === 'wrong-password');
					};
					await until(isRefused, { what: 'the refusal' });
					assert.deepEqual(
						[...rogue.passwords.values()].map(each => [...each]),
						[[seen]],
					);
				},
			),
		);

	test('of the Sentinels goes to none that a Sentinel names and that is none', () =>
		watching(
			(host, command, port) => {
				if (host !== '127.0.0.1') return data(host, command, port);
				if (command === 'select') return unknown(command);
				if (command.startsWith('sentinel sentinels'))
					return array(
						array(...['name', 's', 'ip', hostNumber(1), 'port', String(port), 'flags', 'sentinel'].map(bulk)),
					);
				if (command.startsWith('sentinel masters'))
					return array(
						array(...['name', 'm', 'ip', hostNumber(2), 'port', String(port), 'flags', 'master'].map(bulk)),
					);
				return sentinelsLeadingOn(host, command, port);
			},
			rogue => watch(seedOf(rogue), twoLogins),
			async (watched, rogue) => {
				await until(() => rogue.hosts.size === 3, { what: 'all three dialled' });
				await rounds(watched, 1);
				assert.deepEqual([...rogue.passwords].map(([host, seen]) => [host, ...seen]).sort(), [
					['127.0.0.1', 'sentinels'],
					[hostNumber(2), 'data'],
				]);
			},
		));
});
