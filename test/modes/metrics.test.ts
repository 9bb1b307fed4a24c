// The port of --metrics: what it answers and to whom, and that it cannot be held open, filled or made to read on.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { type MetricsPort, openMetrics } from '../../source/modes/metrics.ts';
import { until } from '../servers/until.ts';
import { calm } from '../view/build-state.ts';

const open: MetricsPort[] = [];
after(() => open.forEach(each => void each.close()));

async function start(host?: string): Promise<{ readonly port: number; readonly url: string }> {
	const opened = await openMetrics({ host, port: 0 }, () => calm());
	if ('problem' in opened) throw new Error(opened.problem);
	open.push(opened);
	return { port: Number(new URL(opened.url).port), url: opened.url };
}

type Answer = { readonly status: number; readonly headers: Record<string, unknown>; readonly text: string };

function ask(port: number, path: string, method = 'GET', headers = {}): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const asked = request({ host: '127.0.0.1', port, path, method, headers }, response => {
			let text = '';
			response.on('data', chunk => (text += chunk));
			response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
		});
		asked.on('error', reject).end();
	});
}

/** A connection as a client has it that does not keep to the protocol. */
function dial(port: number): Socket & { readonly got: () => string } {
	const socket = connect(port, '127.0.0.1');
	let text = '';
	socket.on('data', chunk => (text += chunk)).on('error', () => {});
	return Object.assign(socket, { got: () => text });
}

test('GET and HEAD of /metrics, and nothing else', async () => {
	const { port, url } = await start();
	assert.equal(url, `http://127.0.0.1:${port}/metrics`);
	const page = await ask(port, '/metrics');
	assert.equal(page.status, 200);
	assert.equal(page.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
	assert.match(page.text, /^# HELP redis_top_build_info /);
	assert.match(page.text, /\nprocess_resident_memory_bytes \d+\n/);
	assert.ok(page.text.endsWith('\n'));
	const head = await ask(port, '/metrics', 'HEAD');
	assert.deepEqual([head.status, head.text], [200, '']);
	assert.ok(Number(head.headers['content-length']) > 100);
	assert.equal((await ask(port, '/metrics?collect=all')).status, 200);
	for (const path of ['/', '/metrics/', '/metricsx', '/../metrics', '/config']) {
		const { status, text } = await ask(port, path);
		assert.deepEqual([status, text.length < 50], [404, true], path);
	}
	for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
		const { status, headers } = await ask(port, '/metrics', method);
		assert.deepEqual([status, headers.allow], [405, 'GET, HEAD'], method);
	}
});

test('loopback has no other name; a host that was named has any', async () => {
	const own = await start();
	for (const host of ['localhost:9399', '127.0.0.1', '[::1]:9399', '127.1.2.3'])
		assert.equal((await ask(own.port, '/metrics', 'GET', { host })).status, 200, host);
	for (const host of ['evil.example', 'localhost.evil.example', '10.0.0.1:80'])
		assert.equal((await ask(own.port, '/metrics', 'GET', { host })).status, 403, host);
	const loopback = await start('127.0.0.1');
	assert.equal((await ask(loopback.port, '/metrics', 'GET', { host: 'evil.example' })).status, 403);
	const named = await start('0.0.0.0');
	assert.equal((await ask(named.port, '/metrics', 'GET', { host: 'redis-top.example:9399' })).status, 200);
});

test('headers are bounded, and what is sent besides is not read', async () => {
	const { port } = await start();
	const large = dial(port);
	large.write(`GET /metrics HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}`);
	await until(() => large.closed, { what: 'large headers are hung up on' });
	assert.doesNotMatch(large.got(), / 200 /);
	const garbage = dial(port);
	garbage.write('\x16\x03\x01 hello\r\n\r\n');
	await until(() => garbage.closed, { what: 'garbage is hung up on' });
	const body = dial(port);
	body.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000000\r\n\r\nbegin');
	await until(() => /^HTTP\/1.1 200 /.test(body.got()) && body.closed, { what: 'a body is not waited for' });
	const two = dial(port);
	two.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(2));
	await until(() => two.closed, { what: 'the connection is closed behind its answer' });
	assert.equal(two.got().match(/HTTP\/1.1 /g)!.length, 1);
});

test('who holds connections open is let go, and those beyond the limit at once', async () => {
	const { port } = await start();
	const held = Array.from({ length: 50 }, () => dial(port));
	for (const socket of held) socket.write('GET /metr');
	await until(() => held.filter(socket => socket.closed).length === 50, { what: 'all are let go' });
	assert.equal((await ask(port, '/metrics')).status, 200);
});

test('a port that is taken is one line', async () => {
	const { port } = await start();
	assert.deepEqual(await openMetrics({ port }, () => calm()), {
		problem: `--metrics ${port}: another program listens there`,
	});
	assert.deepEqual(await openMetrics({ host: '192.0.2.1', port: 0 }, () => calm()), {
		problem: '--metrics 192.0.2.1:0: no address of this host',
	});
});
