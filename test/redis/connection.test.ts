// One connection and its visits, against a server that does as it is told.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import type { Round } from '../../source/core/types.ts';
import { timeNow } from '../../source/redis/clock.ts';
import { NodeConnection } from '../../source/redis/connection.ts';
import { type DialSettings, routesTo } from '../../source/redis/dial.ts';
import { whatIsHeld } from '../../source/redis/held.ts';
import { Poller } from '../../source/redis/poller.ts';
import { plainDial } from '../big-keys/scan.ts';
import { bulk, error, ok, serveResp } from '../kinds/resp-server.ts';
import { type Scripted, startScripted } from '../scale/scripted.ts';
import { until } from '../servers/until.ts';

const connectionTo = (
	{ addresses: [address] }: Pick<Scripted, 'addresses'>,
	isFast: boolean,
	onLost = () => {},
	dial: DialSettings = plainDial,
) =>
	new NodeConnection(address!, 'data', dial, {
		onLost,
		onTold: () => {},
		onSent: () => {},
		nodesInFleet: () => 2,
		isOpen: () => false,
		isClusterOpen: () => false,
		isFast: () => isFast,
		delaySeconds: () => 1,
		besides: () => undefined,
	});

const wrong = '-ERR wrong number';
const heldCases: readonly (readonly [
	name: string,
	lines: readonly string[],
	held?: string,
	password?: string,
])[] = [
	['paused', [wrong], 'all'],
	['well', [wrong, '+PONG']],
	['still', []],
	['busy', [wrong, '-BUSY a script']],
	['paused, with a password', [wrong], 'all', 'pw'],
	['well, with a password', [wrong, '+RESET', '+OK', '+PONG'], undefined, 'pw'],
	['a password that is refused', [wrong, '+RESET', '-WRONGPASS', '-NOAUTH'], undefined, 'pw'],
	['a login that waits for somebody else', [wrong, '+RESET'], 'login', 'pw'],
	['RESET renamed: nothing tells', [wrong, '-ERR unknown command'], undefined, 'pw'],
];

test('a server that makes its clients wait, or their logins, answers what it refuses; one that stands still, or is well, is told from it', async () => {
	const refused: string[] = [];
	for (const [name, lines, expected, password] of heldCases) {
		const server = createServer(socket => {
			socket.on('error', () => {});
			socket.once('data', () => socket.write(lines.map(line => `${line}\r\n`).join('')));
		});
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const { port } = server.address() as AddressInfo;
		const route = routesTo(`127.0.0.1:${port}`, plainDial)[0]!;
		const held = await whatIsHeld({
			...{ route, settings: plainDial, credentials: { password }, onSent: () => {} },
			onRefused: (_, text) => refused.push(`${name} ${text}`),
		});
		assert.equal(held, expected, name);
		server.close();
	}
	assert.deepEqual(
		refused,
		heldCases.filter(([, lines]) => lines.length > 0).map(([name]) => `${name} ERR wrong number`),
	);
});

test('a connection that ends as soon as it is made is opened again within a second, in a failover sooner', async () => {
	const scripted = await startScripted({ kind: 'cluster', nodes: 2 });
	const pauseAfterLoss = async (isFast: boolean) => {
		let milliseconds: number | undefined;
		const node = connectionTo(scripted, isFast, () => {
			milliseconds = node.pauseMilliseconds();
		});
		await scripted.tell([0], {});
		assert.equal((await node.visit('full'))?.error, undefined);
		await scripted.tell([0], { mode: 'refuse' });
		await until(() => milliseconds !== undefined, { what: 'the loss is noticed' });
		node.close();
		return milliseconds!;
	};
	try {
		assert.ok((await pauseAfterLoss(true)) <= 200);
		assert.ok((await pauseAfterLoss(false)) <= 1000);
	} finally {
		await scripted.stop();
	}
});

// The line is closed on our side, and the server writes to it still: what it says is no answer to anything by then.
test('what is answered to a question that was given up counts for nothing, and nobody waits for it', async () => {
	let isAsked = false;
	const server = createServer({ allowHalfOpen: true }, socket => {
		socket
			.on('error', () => {})
			.once('data', () => {
				isAsked = true;
			});
		socket.on('end', () => socket.end('+OK\r\n'.repeat(20)));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const node = connectionTo({ addresses: [`127.0.0.1:${(server.address() as AddressInfo).port}`] }, false);
	const visit = node.visit('full');
	await until(() => isAsked, { what: 'it is asked' });
	node.close();
	assert.equal((await visit)?.error?.reason, 'closed');
	assert.equal(node.heardAt, Number.NEGATIVE_INFINITY);
	server.close();
	await once(server, 'close');
});

/** Before a server: connections that it ends as soon as they are made, so many from now on, and those that are open. */
async function startCutter(port: number, onCut: () => void) {
	const open = new Set<Socket>();
	let toCut = 0;
	const listening = createServer(client => {
		if (toCut > 0) {
			toCut--;
			onCut();
			return void client.destroy();
		}
		const server = connect(port, '127.0.0.1');
		for (const each of [client, server]) {
			open.add(each);
			each
				.on('error', () => {})
				.on('close', () => {
					client.destroy();
					server.destroy();
				});
		}
		client.pipe(server).pipe(client);
	});
	await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve));
	return {
		address: `127.0.0.1:${(listening.address() as AddressInfo).port}`,
		cut(times: number) {
			toCut = times;
			for (const socket of open) socket.destroy();
		},
		stop() {
			listening.close();
			for (const socket of open) socket.destroy();
		},
	};
}

// Each of three Sentinels ends our connection to the primary that it replaces, in a turn of its own; so may a script.
test('a node that is well is not missed for six connections that are ended before they are answered', async context => {
	const scripted = await startScripted({ kind: 'cluster', nodes: 2 });
	const real = performance.now;
	let [now, each] = [real.call(performance), 100];
	const cutter = await startCutter(Number(scripted.addresses[0]!.split(':')[1]), () => {
		now += each;
	});
	performance.now = () => now;
	context.after(() => {
		performance.now = real;
	});
	const node = connectionTo({ ...scripted, addresses: [cutter.address] }, false);
	try {
		assert.equal((await node.visit('full'))?.error, undefined);
		cutter.cut(6);
		assert.equal((await node.visit('full'))?.error, undefined);
		assert.equal(node.isWaiting, false, 'what was lost with a connection is not waited for');
		each = 300;
		cutter.cut(9);
		assert.equal((await node.visit('full'))?.error?.reason, 'closed', 'but not for ever');
	} finally {
		node.close();
		cutter.stop();
		await scripted.stop();
	}
});

// A kill, or a second one, comes between two replies of one write.
test('a node that is well is not missed for a connection that ends when a part of the question is answered', async () => {
	let toCut = 0;
	const server = await serveResp(words => {
		const command = words.join(' ').toLowerCase();
		// Behind CLUSTER INFO, in one write with it.
		if (command === 'cluster nodes' && toCut > 0) {
			toCut--;
			return 'hang-up';
		}
		if (command === 'info') return bulk('redis_version:7.0.0\r\ncluster_enabled:1\r\n');
		if (command.startsWith('cluster')) return bulk('cluster_state:ok\r\n');
		return command.startsWith('client') ? ok : error('ERR unknown command');
	});
	const node = connectionTo({ addresses: [`127.0.0.1:${server.port}`] }, false);
	try {
		assert.equal((await node.visit('full'))?.error, undefined);
		toCut = 2;
		assert.equal((await node.visit('fast'))?.error, undefined);
		assert.equal(toCut, 0, 'both were cut');
		toCut = 99;
		assert.equal((await node.visit('fast'))?.error?.reason, 'closed', 'but not for ever');
	} finally {
		node.close();
		await server.stop();
	}
});

test('a cluster node that died as we came back is tried between the rounds, too', async () => {
	const scripted = await startScripted({ kind: 'cluster', nodes: 2 });
	const node = connectionTo(scripted, true);
	try {
		assert.equal((await node.visit('full'))?.error, undefined);
		await scripted.tell([0], { mode: 'refuse' });
		assert.ok((await node.visit('full'))?.error);
		// The kernel still accepts for a process that is being killed.
		await scripted.tell([0], { mode: 'close' });
		assert.ok((await node.visit('full'))?.error);
		await scripted.tell([0], { mode: 'refuse' });
		assert.equal((await node.visit('fast'))?.error?.reason, 'refused');
		await scripted.tell([0], {});
		const back = await node.visit('fast');
		assert.equal(back?.error, undefined);
		assert.ok(back?.replies.some(([command]) => command === 'cluster nodes'));
	} finally {
		node.close();
		await scripted.stop();
	}
});

test('no answer on a new connection is told apart where the address itself took it, and not what --nat leads to', async () => {
	const server = createServer(socket => socket.on('error', () => {}));
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const visit = async (address: string, nat: ReadonlyMap<string, string>) => {
		const node = new NodeConnection(
			address,
			'data',
			{ ...plainDial, nat },
			{
				...{ onLost: () => {}, onTold: () => {}, onSent: () => {}, nodesInFleet: () => 1 },
				...{ isOpen: () => false, isClusterOpen: () => false, isFast: () => false },
				...{ delaySeconds: () => 1, besides: () => undefined },
			},
		);
		const reading = await node.visit('full');
		node.close();
		return [reading?.error?.reason, reading?.error?.isAccepted];
	};
	const real = `127.0.0.1:${port}`;
	const told = await Promise.all([
		visit(real, new Map()),
		visit('10.0.0.1:6379', new Map([['10.0.0.1:6379', real]])),
	]);
	assert.deepEqual(told, [
		['timeout', true],
		['timeout', undefined],
	]);
	server.close();
});

test('the limit that was set for a kind of command is held on the connection, and said by its name', async () => {
	const long = 'x'.repeat(20_000);
	const server = await serveResp(words => {
		const command = words.join(' ').toLowerCase();
		if (command === 'info') return bulk(`redis_version:7.0.0\r\ncluster_enabled:1\r\n# ${long}\r\n`);
		if (command === 'cluster nodes') return bulk(long);
		return command.startsWith('client') ? ok : error('ERR unknown command');
	});
	const visit = async (replyLimits: DialSettings['replyLimits']) => {
		const addresses = [`127.0.0.1:${server.port}`];
		const node = connectionTo({ addresses }, false, () => {}, { ...plainDial, replyLimits });
		const reading = await node.visit('full');
		node.close();
		return reading?.error?.text;
	};
	const told = 'the answer to CLUSTER NODES is longer than 9.8K: not read on';
	assert.equal(await visit({ 'cluster nodes': 10_000 }), told);
	assert.equal(await visit({ other: 10_000 }), undefined);
	assert.match((await visit({ info: 10_000 })) ?? '', /the answer to INFO is longer/);
	await server.stop();
});

test('an answer that comes when its round is closed is told at once where the next round is a minute away', async () => {
	let heldUntil: number | undefined;
	const server = await serveResp(([name], socket) => {
		// Longer than a first round waits.
		heldUntil ??= performance.now() + 2300;
		const said = name === 'info' ? bulk('redis_version:8.0.2\r\nrole:master\r\n') : ok;
		setTimeout(() => socket.write(said), Math.max(0, heldUntil - performance.now()));
		return '';
	});
	const rounds: Round[] = [];
	const poller = new Poller({
		...{ dial: plainDial, delaySeconds: 60, onSent: () => {} },
		onRound: round => rounds.push(round),
	});
	try {
		poller.watch([{ address: `127.0.0.1:${server.port}`, kind: 'data' }]);
		const told = () => rounds.flatMap(({ readings }) => readings);
		await until(() => told().some(({ error: why }) => why !== undefined), { what: 'it is said to be late' });
		await until(() => told().some(({ error: why }) => why === undefined), { what: 'its answer is told' });
	} finally {
		poller.stop();
		await server.stop();
	}
});

test('the next refresh waits for the time that is asked for', async () => {
	const server = await serveResp(([name]) =>
		name === 'info' ? bulk('redis_version:8.0.2\r\nrole:master\r\n') : ok,
	);
	let due = Number.POSITIVE_INFINITY;
	let isInTime = false;
	const poller = new Poller({
		...{ dial: plainDial, delaySeconds: 0.6, onSent: () => {} },
		onRound({ isExtra, readings: [read] }) {
			if (isExtra) return;
			isInTime ||= read !== undefined && read.at - (read.pingMilliseconds ?? 0) >= due;
			// Further away than the next would be, and not by half a delay; a refresh that is late itself is none of these.
			due = timeNow() + 750;
			poller.refreshAt(due);
		},
	});
	try {
		poller.watch([{ address: `127.0.0.1:${server.port}`, kind: 'data' }]);
		await until(() => isInTime, { what: 'it is asked when it is time, and not before' });
	} finally {
		poller.stop();
		await server.stop();
	}
});

test('a connection that was ended is told only where the new one gets no answer: a slow one is no lost one', async () => {
	const sockets = new Set<Socket>();
	let answerAfter: number | undefined = 0;
	const server = await serveResp(([name], socket) => {
		sockets.add(socket);
		const said = name === 'info' ? bulk('redis_version:8.0.2\r\nrole:master\r\n') : ok;
		// Each of greeting and INFO within a second, and together not.
		if (answerAfter !== undefined) setTimeout(() => socket.write(said), answerAfter);
		return '';
	});
	const firstSaidOnceEnded = async (after: number | undefined) => {
		answerAfter = 0;
		const rounds: Round[] = [];
		const poller = new Poller({
			...{ dial: plainDial, delaySeconds: 60, onSent: () => {} },
			onRound: round => rounds.push(round),
		});
		const readings = () => rounds.flatMap(round => round.readings);
		poller.watch([{ address: `127.0.0.1:${server.port}`, kind: 'data' }]);
		await until(() => rounds.some(({ isSettled }) => isSettled), { what: 'it is known' });
		const before = readings().length;
		answerAfter = after;
		for (const socket of sockets) socket.destroy();
		const said = await until(() => readings()[before], { what: 'something is said of it' });
		poller.stop();
		return said.error?.reason;
	};
	try {
		assert.equal(await firstSaidOnceEnded(700), undefined);
		assert.equal(await firstSaidOnceEnded(undefined), 'closed');
	} finally {
		await server.stop();
	}
});
