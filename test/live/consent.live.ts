// A change is what was shown, or it is not sent: on real servers, while the question is open, the setting is changed by
// another client, the server is restarted, another answers at its address, roles are swapped, the policy is changed, the
// client goes and its id is another's. Each time nothing is sent, by the server's own counting, and the reason is said.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, describe, test } from 'node:test';
import { timeNow } from '../../source/redis/clock.ts';
import { changeNow } from '../../source/state/runbook-runs.ts';
import type { ChangePrompt, State } from '../../source/state/state.ts';
import { startPair } from '../servers/fleets.ts';
import { testServers } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import { fill, keysOf, withTime } from './rescue.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

const megabyte = 1024 * 1024;
const begun: (() => Promise<unknown>)[] = [];
after(async () => {
	for (const end of begun.reverse()) await end();
});

const promptIn = (state: State): ChangePrompt | undefined =>
	state.prompt?.kind === 'change' ? state.prompt : undefined;

/** Calls that change a server, as it counts them. */
async function changesOn(server: RunningServer): Promise<readonly string[]> {
	const stats = await server.info('commandstats');
	return Object.keys(stats).filter(name =>
		/^cmdstat_(client\|kill|config\|set|memory\|purge|script\|flush|replicaof|slaveof)$/.test(name),
	);
}

/** Watched with a delay so long that only what is read for the question can tell what has changed. */
function watch(seed: Pick<RunningServer, 'address'>, delaySeconds = 60): WatchedFleet {
	const watched = watchFleet(seed, { state: { isChangesAllowed: true, delaySeconds, isDiscoveryOn: false } });
	begun.push(() => watched.stop());
	return watched;
}

/** The step `number` of the runbook with this change asked for, and the question readable. */
async function ask(watched: WatchedFleet, entry: string): Promise<ChangePrompt> {
	const { state, press } = watched;
	await until(() => watched.fleet().now.fleet.nodes[0]?.health === 'up', { what: 'it is watched' });
	press('6', 'right', 'right', 'right', 'right');
	const isSelected = () => {
		// One that is offered later may stand above.
		for (let step = 0; step < 9; step++) press('up');
		for (let step = 0; step < 9 && changeNow(state())?.id !== entry; step++) press('down');
		return changeNow(state())?.id === entry && changeNow(state())?.isOffered === true;
	};
	await until(isSelected, { what: `${entry} is offered` });
	press('x');
	const open = promptIn(state());
	assert.ok(open, state().toast?.text);
	await until(() => promptIn(state())?.live?.text === 'primary, up', {
		what: 'it was read for the question',
	});
	await until(() => timeNow() > open.from, { what: 'keys are taken' });
	return open;
}

/** The address and Enter, whatever has become of the question; why it is closed. */
async function answer(watched: WatchedFleet, { change }: ChangePrompt): Promise<string> {
	// It may have been seen by itself.
	if (!promptIn(watched.state())?.closed) watched.press(...change.node, 'enter');
	return until(() => promptIn(watched.state())?.closed, {
		timeout: 15_000,
		what: () =>
			`it closes: ${watched.state().toast?.text} ${watched.state().changes?.[0]?.reply} ${JSON.stringify({ ...promptIn(watched.state()), grounds: undefined })}`,
	});
}

async function full(server: Awaited<ReturnType<typeof testServers>>[number], port?: number) {
	const config = { save: '', maxmemory: '20mb', 'maxmemory-policy': 'noeviction' };
	const running = await startServer(server, { config, port });
	begun.push(() => running.stop());
	const set = () =>
		running.call('SET', `k:${Math.random()}`, 'x'.repeat(50_000), 'EX', '5000').then(
			() => false,
			() => true,
		);
	await until(set, { what: 'it is full', every: 0 });
	return running;
}

for (const server of await testServers('both')) {
	const isOld = server.version.startsWith('6.0');
	describe(`${server.name} ${server.version}`, () => {
		const events: readonly (readonly [
			name: string,
			happens: (node: RunningServer) => Promise<unknown>,
			why: RegExp,
		])[] = [
			[
				'another client raises maxmemory',
				node => node.call('CONFIG', 'SET', 'maxmemory', String(40 * megabyte)),
				/^maxmemory is 40\.0M now, not 20\.0M$/,
			],
			[
				'another client changes the policy',
				node => node.call('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru'),
				/^maxmemory-policy is volatile-lru now, not noeviction$/,
			],
			[
				'the server is restarted',
				async node => {
					await node.kill();
					await node.restart();
				},
				/^it was restarted meanwhile$/,
			],
			[
				'it becomes a replica',
				node => node.call('REPLICAOF', '127.0.0.1', '1'),
				/^it is a replica now, not a primary$/,
			],
			[
				'its keys are deleted',
				node => node.call('FLUSHALL'),
				/nothing presses: memory is below its limit|deleted objects that are being freed/,
			],
			['it is gone', node => node.kill(), /^connection refused$/],
		];
		for (const entry of ['raise-maxmemory', 'policy-volatile-ttl'] as const)
			for (const [name, happens, why] of events)
				test(`${entry}: ${name}`, async () => {
					const node = await full(server);
					const watched = watch(node);
					const open = await ask(watched, entry);
					const before = isOld ? [] : await changesOn(node);
					await happens(node);
					assert.match(await answer(watched, open), why);
					assert.match(watched.screen(), /Not sent/);
					assert.equal(watched.state().changes, undefined);
					if (!isOld && node.isRunning) {
						const own = (await changesOn(node)).filter(each => !before.includes(each));
						const ours = own.filter(each => !/config\|set|replicaof|slaveof/.test(each));
						assert.deepEqual(ours, []);
					}
					await watched.stop();
					await node.stop();
				});

		test('another server at the address', async () => {
			const [one, other] = [await full(server), await full(server)];
			const proxy = await startCuttingProxy([one.port]);
			begun.push(() => proxy.stop());
			// For longer than what is shown is old, or it may be the same one restarted.
			await until(async () => Number((await other.info('server')).uptime_in_seconds) >= 12, {
				what: 'the other has been up for a while',
			});
			const watched = watch({ address: `127.0.0.1:${proxy.port}` });
			const open = await ask(watched, 'raise-maxmemory');
			proxy.lead(other.port);
			assert.match(await answer(watched, open), /^another server answers at this address now$/);
			assert.equal((await other.info('memory')).maxmemory, String(20 * megabyte));
		});

		test('used memory that moves a little is no difference, and the undo holds to the same', async () => {
			const node = await full(server);
			const watched = watch(node);
			const open = await ask(watched, 'raise-maxmemory');
			await node.call('SET', 'small', 'x').catch(() => {});
			await node.call('DEL', (await node.call('RANDOMKEY')) as string);
			watched.press(...open.change.node, 'enter');
			const reply = () => watched.state().changes?.[0]?.reply;
			assert.equal(await until(reply, { what: 'it is sent' }), 'OK');
			const raised = open.change.command[3]!;
			assert.equal((await node.info('memory')).maxmemory, raised);
			watched.press('u');
			const undo = promptIn(watched.state());
			assert.deepEqual(undo?.change.command, ['CONFIG', 'SET', 'maxmemory', String(20 * megabyte)]);
			await until(() => timeNow() > undo!.from, { what: 'keys are taken' });
			await node.call('CONFIG', 'SET', 'maxmemory', '90mb');
			assert.match(await answer(watched, undo!), /^maxmemory is 90\.0M now, not /);
			assert.equal((await node.info('memory')).maxmemory, String(90 * megabyte));
			await node.call('CONFIG', 'SET', 'maxmemory', raised);
			watched.press('escape', 'u');
			const again = promptIn(watched.state())!;
			await until(() => timeNow() > again.from, { what: 'keys are taken' });
			watched.press(...again.change.node, 'enter');
			await until(async () => (await node.info('memory')).maxmemory === String(20 * megabyte), {
				what: `it is taken back: ${promptIn(watched.state())?.closed}`,
			});
		});

		/** A client whose replies pile up. */
		async function deafClient(node: RunningServer) {
			const deaf = connect(node.port, node.host);
			deaf.pause();
			deaf.write('MONITOR\r\n');
			const held = async () => Number((await node.info('memory')).mem_clients_normal);
			const noise = () => node.call('SET', 'noise', 'n'.repeat(200_000));
			await until(async () => noise().then(async () => (await held()) > 30 * megabyte), {
				what: 'its buffer is large',
				every: 0,
			});
			return deaf;
		}
		const withDeaf = async () => {
			const node = await startServer(server, {
				config: { save: '', maxmemory: '60mb', 'maxmemory-policy': 'allkeys-lru' },
			});
			begun.push(() => node.stop());
			// Memory that is full is what the offer rests on.
			for (let key = 0; key < 300; key++) await node.call('SET', `data:${key}`, 'd'.repeat(100_000));
			const deaf = await deafClient(node);
			return { node, deaf };
		};

		test('the client is gone: nobody is disconnected; over a restart its id is another', async () => {
			const { node, deaf } = await withDeaf();
			const watched = watch(node, 1);
			const open = await ask(watched, 'client-kill-1');
			deaf.destroy();
			const id = open.change.command[3]!;
			await until(async () => !String(await node.call('CLIENT', 'LIST')).includes(`id=${id} `), {
				what: 'it is gone',
			});
			assert.match(
				await answer(watched, open),
				/^(client 127\.0\.0\.1:\d+ is gone|what it was offered for is over)$/,
			);
			const second = await deafClient(node);
			const other = watch(node, 1);
			const again = await ask(other, 'client-kill-1');
			second.destroy();
			await node.kill();
			await node.restart();
			const reused = `id=${again.change.command[3]} `;
			const list = async () => String(await node.call('CLIENT', 'LIST'));
			const reuse = async () => {
				await node.connect().ping();
				return (await list()).includes(reused);
			};
			await until(reuse, { what: 'its id is another client by now', every: 0 });
			assert.match(await answer(other, again), /^it was restarted meanwhile$/);
			assert.ok((await list()).includes(reused), 'and that one is still there');
		});

		test('a client is disconnected by its id and address together', async () => {
			const { node } = await withDeaf();
			const watched = watch(node, 1);
			const open = await ask(watched, 'client-kill-1');
			const [, , , id, , address] = open.change.command;
			assert.equal(await node.call('CLIENT', 'KILL', 'ID', id!, 'ADDR', '127.0.0.1:1'), 0);
			assert.equal(await node.call('CLIENT', 'KILL', 'ID', '99999', 'ADDR', address!), 0);
			watched.press(...open.change.node, 'enter');
			const reply = () => watched.state().changes?.[0]?.reply;
			assert.equal(await until(reply, { what: `it is sent: ${promptIn(watched.state())?.closed}` }), '1');
			assert.ok(!String(await node.call('CLIENT', 'LIST')).includes(`addr=${address} `));
		});

		/** A primary that came back empty, its replica a primary with the keys by now; the question to load them is open. */
		async function askToBringBack() {
			const pair = await startPair(server, { config: withTime });
			begun.push(() => pair.stop());
			const { primary, replica: holder } = pair;
			await fill(primary);
			await until(async () => (await keysOf(holder)) === 5000, { what: 'the replica has the keys' });
			const watched = watchFleet(primary, { state: { isChangesAllowed: true } });
			begun.push(() => watched.stop());
			const isKnown = () => watched.fleet().now.fleet.nodes.filter(({ keys }) => keys === 5000).length >= 2;
			await until(isKnown, { what: 'both are watched with their keys' });
			await primary.kill();
			await primary.restart();
			const isLost = () => watched.fleet().now.findings.some(({ id }) => id === 'came-back-empty');
			await until(isLost, { what: 'it came back empty', every: 5 });
			await holder.call('REPLICAOF', 'NO', 'ONE');
			const isOffered = () => {
				const now = changeNow(watched.state());
				if (now?.id === 'keep-bring-back') return now.isOffered;
				watched.press('1', '6', 'right');
				return false;
			};
			await until(isOffered, { what: () => `it is offered:\n${watched.screen()}`, every: 250 });
			watched.press('x');
			const open = promptIn(watched.state());
			assert.ok(open, watched.state().toast?.text);
			await until(() => promptIn(watched.state())?.live, { what: 'it was read for the question' });
			await until(() => timeNow() > open.from, { what: 'keys are taken' });
			return { watched, open, primary, holder };
		}
		type Asked = Awaited<ReturnType<typeof askToBringBack>>;
		const meanwhile: readonly (readonly [name: string, happens: (asked: Asked) => unknown, why: RegExp])[] = [
			[
				'another client sets a limit',
				({ primary }) => primary.call('CONFIG', 'SET', 'maxmemory', '900mb'),
				/^maxmemory is 900M now, not no limit$/,
			],
			[
				'it becomes a replica',
				({ primary }) => primary.call('REPLICAOF', '127.0.0.1', '1'),
				/^it is a replica now, not a primary$/,
			],
			[
				'it is restarted',
				async ({ primary }) => {
					await primary.kill();
					await primary.restart();
				},
				/^it was restarted meanwhile$/,
			],
			[
				'the holder loses its keys',
				({ holder }) => holder.call('FLUSHALL'),
				/does not hold them any more$|^what it was offered for is over$/,
			],
			[
				'the holder follows another',
				({ holder }) => holder.call('REPLICAOF', '127.0.0.1', '1'),
				/must be a primary first|^what it was offered for is over$/,
			],
			['the holder is gone', ({ holder }) => holder.kill(), /: connection refused$|hold|over$/],
			['nobody answers at its address', ({ primary }) => primary.kill(), /connection refused|closed/],
			['it stands still', ({ primary }) => primary.freeze(), /no answer for 3s/],
		];
		for (const [name, happens, why] of meanwhile)
			test(`keep-bring-back: ${name}`, async () => {
				const asked = await askToBringBack();
				await happens(asked);
				assert.match(await answer(asked.watched, asked.open), why);
				assert.equal(asked.watched.state().changes, undefined);
				const { primary, holder } = asked;
				if (primary.isRunning) primary.thaw();
				if (primary.isRunning)
					assert.notEqual((await primary.info('replication')).master_port, String(holder.port));
				await asked.watched.stop();
			});

		test('a primary that came back empty: the copy that went meanwhile is not kept', async () => {
			const pair = await startPair(server, { config: withTime });
			begun.push(() => pair.stop());
			const { primary, replica } = pair;
			await fill(primary);
			await until(async () => (await keysOf(replica)) === 5000, { what: 'the replica has the keys' });
			const watched = watchFleet(primary, { state: { isChangesAllowed: true } });
			begun.push(() => watched.stop());
			const isKnown = () => watched.fleet().now.fleet.nodes.filter(({ keys }) => keys === 5000).length >= 2;
			await until(isKnown, { what: 'both are watched with their keys' });
			await primary.kill();
			await primary.restart();
			const isLost = () => watched.fleet().now.findings.some(({ id }) => id === 'came-back-empty');
			await until(isLost, { what: 'it came back empty', every: 5 });
			watched.press('x');
			const open = promptIn(watched.state())!;
			await until(() => timeNow() > open.from, { what: 'keys are taken' });
			await until(async () => (await keysOf(replica)) === 0, { what: 'the replica has loaded nothing' });
			assert.match(await answer(watched, open), /does not hold them any more$/);
			assert.equal((await replica.info('replication')).role, 'slave');
		});
	});
}
