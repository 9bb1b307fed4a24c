// What is drawn where colour, UTF-8 or a screen is not wanted or not there: NO_COLOR, --no-color, --ascii, a locale
// that is not UTF-8, a dumb terminal. With a finding on the screen, so that there is something that would be coloured.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { anyServer } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { buildProgram } from './built.ts';
import { bytesOf, openRedisTop, type TerminalOptions } from './terminal.ts';

const server = await anyServer();
let node: RunningServer;
before(async () => {
	await buildProgram();
	node = await startServer(server);
	// A critical finding that stays: the memory is nearly full, and nothing may be evicted.
	await node.call('SETRANGE', 'ballast', 20 * 2 ** 20, 'x');
	const { used_memory } = await node.info('memory');
	await node.call('CONFIG', 'SET', 'maxmemory', Math.round(Number(used_memory) / 0.94));
});
after(() => node.stop());

/** The screens one after the other, with the finding on them; then it is left. All the bytes of it. */
async function drawn(args: readonly string[], options: TerminalOptions = {}) {
	const terminal = openRedisTop(['-p', String(node.port), ...args], { size: [140, 40], ...options });
	try {
		await terminal.shows(/!!/);
		const cells = terminal.cells();
		terminal.type('\t');
		await terminal.shows(/columns: /);
		terminal.type('?');
		await terminal.shows(/WHAT IT SENDS|MOVE/);
		terminal.type('q');
		await terminal.shows(/NODE/);
		terminal.type('q');
		await terminal.exit;
		return { bytes: bytesOf(terminal), cells };
	} finally {
		await terminal.stop();
	}
}

/** SGR parameters that choose a colour. */
const coloursIn = (bytes: string): string[] =>
	[...bytes.matchAll(/\x1b\[([\d;:]*)m/g)]
		.flatMap(([, parameters]) => parameters!.split(/[;:]/))
		.filter(parameter => /^(3[0-8]|4[0-8]|9\d|10\d)$/.test(parameter));

test('with colours a finding has one: the tests below would see it', async () => {
	const { bytes, cells } = await drawn([]);
	assert.ok(coloursIn(bytes).length > 0);
	const coloured = cells.flat().filter(cell => cell.isColoured && cell.text !== ' ');
	assert.ok(coloured.length > 0 && coloured.length < 60, `${coloured.length} coloured cells`);
	assert.match(bytes, /[\x80-\xff]/);
});

describe('no colour', () => {
	for (const [what, args, env] of [
		['--no-color', ['--no-color'], {}],
		['NO_COLOR', [], { NO_COLOR: '1' }],
		['NO_COLOR against FORCE_COLOR', [], { NO_COLOR: '1', FORCE_COLOR: '3' }],
	] as const) {
		test(what, async () => {
			const { bytes, cells } = await drawn(args, { env });
			assert.deepEqual(coloursIn(bytes), []);
			assert.ok(
				cells.flat().some(cell => cell.isBold),
				'attributes stay',
			);
		});
	}

	test('an empty NO_COLOR means nothing', async () => {
		const { bytes } = await drawn([], { env: { NO_COLOR: '' } });
		assert.ok(coloursIn(bytes).length > 0);
	});
});

describe('ASCII', () => {
	for (const [what, args, env] of [
		['--ascii', ['--ascii'], {}],
		['by itself with LANG=C', [], { LANG: 'C' }],
		['by itself where LC_ALL says so', [], { LANG: 'C.UTF-8', LC_ALL: 'POSIX' }],
		['by itself in a locale where the glyphs are wide', [], { LANG: 'ja_JP.UTF-8' }],
	] as const) {
		test(what, async () => {
			const { bytes } = await drawn(args, { env });
			assert.deepEqual([...bytes.matchAll(/[^\x00-\x7e]/g)].map(String), []);
		});
	}
});

test('a dumb terminal gets text, and no code at all', async () => {
	const terminal = openRedisTop(['-p', String(node.port), '-n', '2', '-d', '0.25'], {
		env: { TERM: 'dumb' },
	});
	try {
		assert.deepEqual(await terminal.exit, { code: 0, signal: 0 });
		const bytes = bytesOf(terminal);
		assert.doesNotMatch(bytes, /\x1b/);
		assert.match(bytes, /^redis-top 127\S+ \S+ every 0\.25s sample 2 of 2\r$/m);
		assert.match(bytes, /^!! memory-high /m);
	} finally {
		await terminal.stop();
	}
});
