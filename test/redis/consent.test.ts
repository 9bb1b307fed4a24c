// What a question reads of a server from before 6.2, which lists all clients and no single one; and what it says of one
// that stands still before the connection is open.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reading } from '../../source/core/types.ts';
import { openConsent } from '../../source/redis/consent.ts';
import { plainDial } from '../big-keys/scan.ts';
import { bulk } from '../scale/scripted.ts';
import { until } from '../servers/until.ts';
import { startRogue } from './rogue.ts';

test('a server that has no list of one client is asked for all of them, right before the change and not every second', async () => {
	const asked: string[] = [];
	const old = await startRogue((_, command) => {
		asked.push(command);
		if (command === 'client list') return bulk('id=7 addr=127.0.0.1:5 age=3 idle=0\n');
		if (command.startsWith('client list ')) return '-ERR syntax error\r\n';
		return command.startsWith('info') ? bulk('redis_version:6.0.16\r\nrole:master\r\n') : '+OK\r\n';
	});
	const readings: (readonly [readings: readonly Reading[], isFinal: boolean])[] = [];
	const consent = openConsent({
		dial: plainDial,
		nodes: [{ address: `127.0.0.1:${old.port}`, kind: 'data' }],
		command: ['CLIENT', 'KILL', 'ID', '7', 'ADDR', '127.0.0.1:5'],
		onRead: (read, isFinal) => readings.push([read, isFinal]),
	});
	try {
		await until(() => readings.length > 0, { what: 'it is read' });
		await consent.check();
		const [first] = readings[0]!;
		assert.deepEqual(
			first[0]!.replies.map(([label]) => label),
			['info'],
		);
		const [last, isFinal] = readings.at(-1)!;
		assert.equal(isFinal, true);
		assert.match(String(last[0]!.replies.find(([label]) => label === 'client list')?.[1]), /^id=7 addr=127/);
		assert.equal(asked.filter(command => command === 'client list').length, 1);
		assert.equal(asked.filter(command => command.startsWith('client list id')).length, 1);
	} finally {
		consent.close();
		old.stop();
	}
});

test('a server that stands still before it greets is told after the 3 s of a reading, also for the yes', async () => {
	let isFrozen = true;
	const asked: string[] = [];
	const server = await startRogue((_, command) => {
		asked.push(command);
		if (isFrozen) return '';
		return command.startsWith('info') ? bulk('redis_version:7.0.15\r\nrole:master\r\n') : '+OK\r\n';
	});
	const readings: (readonly [readings: readonly Reading[], isFinal: boolean])[] = [];
	const consent = openConsent({
		dial: plainDial,
		nodes: [{ address: `127.0.0.1:${server.port}`, kind: 'data' }],
		command: ['MEMORY', 'PURGE'],
		onRead: (read, isFinal) => readings.push([read, isFinal]),
	});
	try {
		await consent.check();
		await until(() => readings.length >= 2, { what: 'both are told' });
		assert.deepEqual(readings.map(([[first], isFinal]) => [first!.error?.text, isFinal]).sort(), [
			['no answer for 3s', false],
			['no answer for 3s', true],
		]);
		// The one connection that is being opened is waited for; what was given up asks nothing when it comes.
		assert.equal(server.connections(), 1);
		isFrozen = false;
		server.hangUp();
		await until(() => readings.at(-1)![0][0]!.error === undefined, { what: 'it is read again' });
		assert.equal(asked.filter(command => command === 'info').length, 1);
	} finally {
		consent.close();
		server.stop();
	}
});
