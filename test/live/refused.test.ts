// What a real server refuses to its clients, and what redis-top says of it: by kind and rate, while the server answers
// redis-top as if nothing were wrong. Loads stop as soon as the finding is there, and with them it goes.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Redis } from 'ioredis';
import type { Finding } from '../../source/core/types.ts';
import { startPair } from '../servers/fleets.ts';
import { countsErrors } from '../servers/having.ts';
import { testServers } from '../servers/servers.ts';
import { aclUser, type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { type WatchedFleet, watchFleet } from './watch-fleet.ts';

const begun: (() => Promise<void>)[] = [];
after(async () => {
	for (const stop of begun.reverse()) await stop();
});

/** Sends these again and again until it is stopped; what is refused is what is wanted. */
function load(client: Redis, commands: readonly (readonly string[])[]): () => Promise<void> {
	let isOver = false;
	const loop = (async () => {
		while (!isOver) {
			const pipeline = client.pipeline();
			for (const [name, ...words] of commands) pipeline.call(name!, ...words);
			await pipeline.exec().catch(() => {});
			await new Promise(resolve => setTimeout(resolve, 20));
		}
	})();
	return ended(async () => {
		isOver = true;
		await loop;
	});
}

/** Also where its test failed before: a loop that goes on keeps the file from its end. */
function ended(stop: () => Promise<void>): () => Promise<void> {
	begun.push(stop);
	return stop;
}

/** Logs in as nobody that is there again and again, each time on a connection of its own: newer servers close it. */
function failingLogins(server: RunningServer): () => Promise<void> {
	let isOver = false;
	const loop = (async () => {
		while (!isOver) {
			const client = server.connect();
			await client.call('AUTH', 'nobody', 'nope').catch(() => {});
			client.disconnect();
			await new Promise(resolve => setTimeout(resolve, 50));
		}
	})();
	return ended(async () => {
		isOver = true;
		await loop;
	});
}

function watch(server: RunningServer): WatchedFleet {
	const watched = watchFleet(server);
	begun.push(() => watched.stop());
	return watched;
}

const findingOf = (watched: WatchedFleet, id: string, kind: string): Finding | undefined =>
	watched.fleet().now.findings.find(finding => finding.id === id && finding.kind === kind);

async function shown(
	watched: WatchedFleet,
	id: string,
	kind: string,
	severity: Finding['severity'],
): Promise<Finding> {
	const isIt = (finding: Finding | undefined) => finding?.severity === severity && finding;
	return until(() => isIt(findingOf(watched, id, kind)), {
		what: `${kind} is ${severity}, not ${JSON.stringify(watched.fleet().now.findings)}`,
	});
}

for (const server of await testServers('redis')) {
	const skip = !countsErrors(server) && 'errors are not counted before 6.2';
	test(`${server.id}: a user without a right, and a login that fails, are told by kind and go again`, {
		skip,
	}, async () => {
		const running = await startServer(server);
		begun.push(() => running.stop());
		await aclUser(running, 'app', 'pw', ['~*', '+@read', '+ping', '+auth']);
		const client = running.connect({ username: 'app', password: 'pw' });
		const watched = watch(running);
		const stop = load(client, [
			['SET', 'cart:1', 'x'],
			['GET', 'user:1'],
		]);
		const stopLogins = failingLogins(running);
		const denied = await shown(watched, 'commands-refused', 'NOPERM', 'crit');
		assert.match(denied.text, /^refused, user without permission: NOPERM \d+\/s, \d+% of commands/);
		const login = await shown(watched, 'auth-failing', 'WRONGPASS', 'warn');
		assert.match(login.text, /^logins fail, wrong user or password: WRONGPASS \d+\/s/);
		await Promise.all([stop(), stopLogins()]);
		await until(() => watched.fleet().now.findings.length === 0, { what: 'nothing is refused any more' });
	});

	test(`${server.id}: writes without enough replicas are refused, whether somebody writes or not`, {
		skip,
	}, async () => {
		const running = await startServer(server, { config: { 'min-replicas-to-write': 1 } });
		begun.push(() => running.stop());
		const watched = watch(running);
		const idle = await shown(watched, 'commands-refused', 'NOREPLICAS', 'crit');
		assert.match(idle.text, /^writes refused, 0 of 1 replicas in sync/);
		const stop = load(running.connect(), [['SET', 'a', '1']]);
		await until(
			() => /NOREPLICAS \d+\/s/.test(findingOf(watched, 'commands-refused', 'NOREPLICAS')?.text ?? ''),
			{
				what: 'its rate is told',
			},
		);
		await running.call('CONFIG', 'SET', 'min-replicas-to-write', '0');
		await until(() => watched.fleet().now.findings.length === 0, { what: 'writes are taken again' });
		await stop();
	});

	test(`${server.id}: writes to a replica are told where they are refused`, { skip }, async () => {
		const pair = await startPair(server);
		begun.push(() => pair.stop());
		const watched = watch(pair.replica);
		const stop = load(pair.replica.connect(), [['SET', 'cart:1', 'x']]);
		const refused = await shown(watched, 'commands-refused', 'READONLY', 'crit');
		assert.equal(refused.node, pair.replica.address);
		assert.match(refused.text, /^writes refused, this is a replica: READONLY \d+\/s/);
		await stop();
	});
}
