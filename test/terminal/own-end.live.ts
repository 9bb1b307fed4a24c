// What ends the program, or speaks into it, from its own side: memory that runs out, and NODE_OPTIONS that were meant for
// another program.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, test } from 'node:test';
import { bulk, error, ok, serveResp } from '../kinds/resp-server.ts';
import { until } from '../servers/until.ts';
import { buildProgram, isBinary } from './built.ts';
import { openRedisTop } from './terminal.ts';

before(buildProgram);

const view = (nodes: number, epoch: number) =>
	Array.from({ length: nodes }, (_, index) => {
		const id = index.toString(16).padStart(40, '0');
		const place = `127.1.${index >> 8}.${index & 255}:1@2`;
		return `${id} ${place} ${index === 0 ? 'myself,' : ''}master - 0 ${epoch} ${index + epoch} connected\n`;
	}).join('');

/** A cluster whose every view is long and another than the last. */
const serveLongViews = () => {
	const views = [1, 2, 3].map(epoch => bulk(view(50_000, epoch)));
	let asked = 0;
	return serveResp(words => {
		const command = words.join(' ').toLowerCase();
		if (command === 'info') return bulk('redis_version:7.0.0\r\nredis_mode:cluster\r\ncluster_enabled:1\r\n');
		if (command === 'cluster nodes') return views[asked++ % views.length]!;
		return command.startsWith('client') ? ok : error('ERR unknown command');
	});
};

test('memory runs out: it ends with its own words and 70, and the terminal is given back', {
	skip: isBinary && 'the executable takes no limit from NODE_OPTIONS',
}, async () => {
	const server = await serveLongViews();
	const terminal = openRedisTop(['-p', String(server.port), '--no-discover'], {
		env: { NODE_OPTIONS: '--max-old-space-size=90' },
	});
	try {
		const { code } = await terminal.exit;
		assert.equal(code, 70, terminal.text());
		assert.match(terminal.text().replaceAll('\n', ''), /redis-top \S+: out of memory: it holds .* of the 90/);
		assert.ok(!terminal.isAlternateScreen() && terminal.isCursorVisible());
	} finally {
		await terminal.stop();
		await server.stop();
	}
});

const isOpen = (port: number) =>
	new Promise<boolean>(resolve => {
		const socket = connect(port, '127.0.0.1', () => {
			socket.destroy();
			resolve(true);
		});
		socket.on('error', () => resolve(false));
	});

test("NODE_OPTIONS of another program: no debugger stays open, and nobody's warnings are on the screen", async () => {
	const server = await serveResp(words => (words[0] === 'INFO' ? bulk('redis_version:7.0.0\r\n') : ok));
	const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-options-'));
	const other = path.join(folder, 'other.cjs');
	writeFileSync(other, "setInterval(() => process.emitWarning('of somebody else'), 100).unref();\n");
	const terminal = openRedisTop(['-p', String(server.port), '-d', '0.25'], {
		env: { NODE_OPTIONS: `--inspect=127.0.0.1:0 --require ${other}` },
	});
	const all = () => Buffer.concat(terminal.received.map(({ bytes }) => bytes)).toString();
	try {
		await terminal.shows(/redis-top > 127\.0\.0\.1/);
		const port = Number(/Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(all())?.[1]);
		assert.equal(port > 0, !isBinary, `the executable takes none of them: ${all()}`);
		if (port) await until(async () => !(await isOpen(port)), { what: 'its port is closed' });
		const frames = () => terminal.received.length;
		const before = frames();
		await until(() => frames() > before + 4, { what: 'frames' });
		const drawn = all();
		assert.ok(!drawn.slice(drawn.indexOf('\x1b[?1049h')).includes('of somebody else'));
		terminal.type('q');
		assert.equal((await terminal.exit).code, 0);
	} finally {
		await terminal.stop();
		await server.stop();
		rmSync(folder, { recursive: true });
	}
});
