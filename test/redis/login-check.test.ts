// Whether a new login would be let in: who is asked when, and with which words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Asked } from '../../source/core/commands.ts';
import { nobodyAsked } from '../../source/redis/describe-node.ts';
import { LoginCheck, LoginTurns, loginAgain } from '../../source/redis/login-check.ts';

const asked = (major: number, server: Asked['server'] = 'redis'): Asked => ({
	...nobodyAsked,
	server,
	version: [major, 0],
});

test('before 6.0 nobody is logged in again: a refused password would end the session', () => {
	assert.deepEqual(loginAgain({ password: 'pw' }, asked(5), false), []);
	assert.deepEqual(loginAgain({ password: 'pw' }, asked(6), false), ['pw']);
	assert.deepEqual(loginAgain({ user: 'watch', password: 'pw' }, asked(7), false), ['watch', 'pw']);
	assert.deepEqual(loginAgain({}, asked(7), false), ['default', 'redis-top']);
	assert.deepEqual(loginAgain({}, asked(7), true), []);
	for (const server of ['valkey', 'redict'] as const)
		assert.deepEqual(loginAgain({ password: 'pw' }, asked(7, server), false), ['pw']);
	assert.deepEqual(loginAgain({}, asked(0, undefined), false), []);
	assert.deepEqual(loginAgain({ password: 'pw' }, asked(6, 'dragonfly'), false), []);
});

test('of a fleet one is asked after the other, and rarely while it is refused', context => {
	let now = 0;
	const real = performance.now;
	performance.now = () => now;
	context.after(() => {
		performance.now = real;
	});
	const turns = new LoginTurns();
	const nodes = Array.from({ length: 100 }, () => new LoginCheck(turns));
	for (const node of nodes) node.begin();
	let isLetIn = true;
	const askedUntil = (seconds: number) => {
		let count = 0;
		let most = 0;
		for (const end = now + seconds * 1000; now < end; now += 1000) {
			const due = nodes.filter(node => node.isDue(false, nodes.length));
			for (const node of due) node.answered(isLetIn ? undefined : 'WRONGPASS invalid username-password pair');
			most = Math.max(most, due.length);
			count += due.length;
		}
		return { count, most };
	};
	assert.deepEqual(askedUntil(300), { count: 0, most: 0 });
	assert.deepEqual(askedUntil(200), { count: 100, most: 1 });
	now += 600_000;
	isLetIn = false;
	assert.deepEqual(askedUntil(290), { count: 10, most: 1 });
	nodes[7]!.tryNow();
	assert.equal(nodes[7]!.isDue(false, nodes.length), true, 'by hand at once');
	isLetIn = true;
	const again = askedUntil(300);
	assert.ok(nodes.every(({ isRefused }) => !isRefused));
	assert.equal(again.most, 1);
});
