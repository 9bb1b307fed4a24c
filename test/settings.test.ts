// The settings file: what `W` writes is what the next start reads; every mistake in it is one line that names the
// file and says what would be right; a file that nobody named may be missing; it is written whole or not at all.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { defaultLimits, delayLimits } from '../source/core/thresholds.ts';
import { defaultSettingsFile, readSettings, type Settings, writeSettings } from '../source/settings.ts';
import { columnIds, columnSetNames } from '../source/view/columns.ts';
import { calm } from './view/build-state.ts';

const folder = mkdtempSync(join(tmpdir(), 'redis-top-settings-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const newPath = () => join(folder, `${++count}`, 'settings.json');

function written(value: unknown): string {
	const path = newPath();
	mkdirSync(join(path, '..'), { recursive: true });
	writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
	return path;
}

function settingsOf(path: string, isNamed = true): Settings {
	const result = readSettings(path, isNamed);
	if ('problem' in result) assert.fail(result.problem);
	return result.settings;
}

function problemOf(path: string, isNamed = true): string {
	const result = readSettings(path, isNamed);
	if (!('problem' in result)) assert.fail('was taken');
	assert.doesNotMatch(result.problem, /[\x00-\x1f\x7f-\x9f]/);
	assert.ok(result.problem.includes(path), result.problem);
	return result.problem;
}

describe('where it is', () => {
	test('in XDG_CONFIG_HOME, else in ~/.config', () => {
		assert.equal(defaultSettingsFile({ XDG_CONFIG_HOME: '/x' }), '/x/redis-top/settings.json');
		const usual = join(homedir(), '.config/redis-top/settings.json');
		assert.equal(defaultSettingsFile({}), usual);
		assert.equal(defaultSettingsFile({ XDG_CONFIG_HOME: '' }), usual);
	});

	test('missing: fine unless it was named', () => {
		const path = newPath();
		assert.deepEqual(settingsOf(path, false), { limits: defaultLimits, fleets: {} });
		assert.match(problemOf(path), /^--config: cannot read .*: no such file$/);
		assert.deepEqual(settingsOf(join(written({}), 'below-a-file'), false), {
			limits: defaultLimits,
			fleets: {},
		});
	});

	test('a folder is no file, named or not', () => {
		assert.match(problemOf(folder), /cannot read/);
		assert.match(problemOf(folder, false), /cannot read/);
	});
});

describe('reading', () => {
	test('the shortest and the longest delay are delays', () => {
		for (const delay of [delayLimits.shortest, delayLimits.longest])
			assert.equal(settingsOf(written({ delay })).delaySeconds, delay);
		for (const delay of [delayLimits.shortest - 0.01, delayLimits.longest + 1])
			assert.match(problemOf(written({ delay })), /delay must be 0\.25 to/);
	});

	test('all of it', () => {
		const sort = { by: 'column', column: 'mem', isReversed: true };
		const thresholds = { 'memory-high': { warn: 0.7, crit: 0.8, hold: 4 }, 'hit-rate-low': { lookups: 500 } };
		const settings = settingsOf(written({ delay: 2.5, columns: 'memory', sort, colors: false, thresholds }));
		assert.equal(settings.delaySeconds, 2.5);
		assert.equal(settings.columnSet, 'memory');
		assert.deepEqual(settings.sort, sort);
		assert.equal(settings.isColour, false);
		assert.deepEqual(settings.limits['memory-high'], {
			...defaultLimits['memory-high'],
			...thresholds['memory-high'],
		});
		assert.equal(settings.limits['hit-rate-low'].extra.lookups, 500);
		assert.deepEqual(settings.limits.evicting, defaultLimits.evicting);
	});

	test('nothing in it: the defaults', () => {
		const { limits, fleets, ...rest } = settingsOf(written({}));
		assert.deepEqual([limits, fleets], [defaultLimits, {}]);
		assert.deepEqual(
			Object.values(rest).filter(value => value !== undefined),
			[],
		);
	});

	test('fleets: lists of words, or one text of them', () => {
		const { fleets } = settingsOf(
			written({ fleets: { prod: ['10.0.1.11', '--tls'], test: ' a:1  --nat x=y ' } }),
		);
		assert.deepEqual(fleets, { prod: ['10.0.1.11', '--tls'], test: ['a:1', '--nat', 'x=y'] });
	});

	test('a Prometheus for a fleet, and one for all others, are written back', () => {
		const prometheus = {
			prod: {
				url: 'https://prom.example/prod',
				user: 'ops',
				passfile: '/run/secret',
				match: 'cluster="prod"',
			},
			'*': { url: 'http://127.0.0.1:9090', node: '{pod}.redis:6379', insecure: true },
		};
		const settings = settingsOf(written({ prometheus }));
		assert.deepEqual(settings.prometheus, prometheus);
		const path = newPath();
		assert.deepEqual(writeSettings(path, calm(), settings), {});
		assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')).prometheus, prometheus);
	});

	test('limits of replies: megabytes in the file, bytes for the program, and W writes what was read', () => {
		const replyLimits = { 'cluster nodes': 8, info: 0.5 };
		const settings = settingsOf(written({ replyLimits }));
		assert.deepEqual(settings.replyLimits, { 'cluster nodes': 8 * 2 ** 20, info: 2 ** 19 });
		const path = join(folder, 'limits.json');
		assert.deepEqual(writeSettings(path, calm(), settings), {});
		assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')).replyLimits, replyLimits);
	});

	for (const columns of columnSetNames)
		test(`columns ${columns}`, () => assert.equal(settingsOf(written({ columns })).columnSet, columns));
	test('every column to sort by', () => {
		for (const column of columnIds)
			assert.equal(settingsOf(written({ sort: { by: 'column', column } })).sort?.column, column);
	});

	const wrong: readonly (readonly [file: unknown, says: RegExp])[] = [
		['', /not JSON/],
		['{', /not JSON/],
		['{\n\t"delay": x\n}', /not JSON/],
		['{"delay": 1}\n\x1b[2J', /not JSON/],
		[[], /must be a JSON object$/],
		['null', /must be a JSON object$/],
		['1', /must be a JSON object$/],
		[
			{ dealy: 1 },
			/unknown setting "dealy"; there are delay, columns, sort, colors, thresholds, fleets, allow, hooks, dashcam, maxNodes, replyLimits, prometheus$/,
		],
		[{ '\n\x1b[2J': 1 }, /unknown setting "\\n\\u001b\[2J"/],
		[{ allow: '10.0.0.0/8' }, /allow must be networks and names/],
		[{ allow: ['10.0.0.0/33'] }, /allow must be networks and names/],
		[{ maxNodes: 0 }, /maxNodes must be a whole number/],
		[{ replyLimits: { info: 0 } }, /replyLimits must be megabytes, 0\.1 to 488, of info, cluster nodes, /],
		[{ replyLimits: { info: 4096 } }, /replyLimits must be megabytes/],
		[{ replyLimits: { slowlog: 1 } }, /replyLimits must be megabytes/],
		[{ replyLimits: 8 }, /replyLimits must be megabytes/],
		[{ prometheus: { '*': { url: 'prom:9090' } } }, /prometheus must be fleets, \* for all others/],
		[{ prometheus: { '*': { url: 'http://ops:secret@prom' } } }, /a password is in the file passfile names/],
		[{ prometheus: { '*': { URL: 'http://prom' } } }, /prometheus must be fleets/],
		[{ delay: '1' }, /delay must be 0\.25 to 3600$/],
		[{ delay: 0.2 }, /delay must be 0\.25 to 3600$/],
		[{ delay: 3601 }, /delay must be 0\.25 to 3600$/],
		[{ delay: null }, /delay must be/],
		[
			{ columns: 'all' },
			/columns must be one of overview, memory, traffic, clients, replication, persistence$/,
		],
		[{ colors: 'no' }, /colors must be true or false$/],
		[{ sort: 'ops' }, /sort must be \{"by": "shards"\}/],
		[{ sort: { by: 'ops' } }, /sort must be/],
		[{ sort: { by: 'column' } }, /sort must be/],
		[{ sort: { by: 'column', column: 'nothing' } }, /sort must be/],
		[{ sort: { by: 'worst', isReversed: 1 } }, /sort must be/],
		[{ fleets: [] }, /fleets must be names with lists/],
		[{ fleets: { prod: [] } }, /fleets must be names with lists/],
		[{ fleets: { prod: [1] } }, /fleets must be names with lists/],
		[{ thresholds: [] }, /thresholds: must be an object/],
		[{ thresholds: { memory: {} } }, /thresholds: "memory" is not known; did you mean memory-high\?$/],
		[{ thresholds: { 'memory-high': { warn: 75 } } }, /memory-high: warn is a share: write 0\.75 for 75%$/],
		[{ thresholds: { 'memory-high': { warn: 0.95 } } }, /warn must be below crit/],
		[{ thresholds: { 'memory-high': { limit: 1 } } }, /has no "limit"; it has warn, crit, hold/],
		[{ thresholds: { 'cpu-high': { hold: 1.5 } } }, /hold must be a whole number/],
	];
	for (const [file, says] of wrong)
		test(`one line: ${JSON.stringify(file)}`, () => {
			const path = written(file);
			const problem = problemOf(path);
			assert.ok(problem.startsWith(`${path}: `) || problem.startsWith(`"${path}: `), problem);
			assert.match(problem, says);
			// Not named makes no difference for a file that is there: what is ignored silently would be a lie.
			assert.equal(problemOf(path, false), problem);
		});

	test('any JSON is settings or one line', () => {
		const path = written({});
		const names = fc.constantFrom('delay', 'columns', 'sort', 'colors', 'thresholds', '__proto__');
		const value = fc.oneof(
			fc.jsonValue(),
			fc.dictionary(fc.constantFrom('memory-high', 'by', 'column'), fc.jsonValue()),
		);
		fc.assert(
			fc.property(
				fc.oneof(
					fc.json(),
					fc.dictionary(names, value).map(each => JSON.stringify(each)),
				),
				text => {
					writeFileSync(path, text);
					const result = readSettings(path, true);
					if ('problem' in result) assert.doesNotMatch(result.problem, /[\x00-\x1f\x7f-\x9f]/);
				},
			),
			{ numRuns: 300 },
		);
	});
});

const nothing = { fleets: {} };

describe('writing', () => {
	test('round trip, thresholds and fleets as they were written', () => {
		const fleets = { prod: ['10.0.1.11', '--tls'] };
		const thresholds = { 'memory-high': { warn: 0.5 } };
		const state = calm({
			delaySeconds: 5,
			columnSet: 'replication',
			sort: { by: 'column', column: 'lag', isReversed: true },
			isColour: false,
		});
		const path = newPath();
		const bounds = { allow: ['10.0.0.0/8'], mostNodes: 50 };
		assert.deepEqual(writeSettings(path, state, { thresholds, fleets, ...bounds }), {});
		const read = settingsOf(path);
		assert.equal(read.delaySeconds, 5);
		assert.equal(read.columnSet, 'replication');
		assert.deepEqual(read.sort, state.sort);
		assert.equal(read.isColour, false);
		assert.deepEqual(read.thresholds, thresholds);
		assert.deepEqual(read.fleets, fleets);
		assert.deepEqual([read.allow, read.mostNodes], [bounds.allow, bounds.mostNodes]);
		assert.equal(read.limits['memory-high'].warn, 0.5);
	});

	test('any state that keys can lead to is read back', () => {
		const path = newPath();
		const sort = fc.oneof(
			fc.record(
				{ by: fc.constantFrom('shards' as const, 'worst' as const), isReversed: fc.boolean() },
				{ noNullPrototype: true },
			),
			fc.record(
				{
					by: fc.constant('column' as const),
					column: fc.constantFrom(...columnIds),
					isReversed: fc.boolean(),
				},
				{ noNullPrototype: true },
			),
		);
		const state = fc.record(
			{
				delaySeconds: fc.double({ min: 0.25, max: 3600, noNaN: true }),
				columnSet: fc.constantFrom(...columnSetNames),
				sort,
				isColour: fc.boolean(),
			},
			{ noNullPrototype: true },
		);
		fc.assert(
			fc.property(state, over => {
				assert.deepEqual(writeSettings(path, calm(over), nothing), {});
				const { limits: _, thresholds: __, fleets: ___, ...read } = settingsOf(path);
				assert.deepEqual(read, over);
			}),
			{ numRuns: 100 },
		);
	});

	test('folders are made; nothing else is left beside the file', () => {
		const path = join(folder, 'deep', 'er', 'settings.json');
		assert.deepEqual(writeSettings(path, calm(), nothing), {});
		assert.deepEqual(readdirSync(join(path, '..')), ['settings.json']);
		assert.match(readFileSync(path, 'utf8'), /^\{\n\t"delay": 1,\n[\s\S]*\n\}\n$/);
		assert.doesNotMatch(readFileSync(path, 'utf8'), /thresholds/);
	});

	test('atomically: another file takes the place of the old one, which nobody sees half written', () => {
		const path = newPath();
		writeSettings(path, calm(), nothing);
		const before = statSync(path).ino;
		writeSettings(path, calm({ delaySeconds: 9 }), nothing);
		assert.notEqual(statSync(path).ino, before);
		assert.equal(settingsOf(path).delaySeconds, 9);
	});

	test('where it cannot be written: one line, and the old file is whole', () => {
		const path = written({ delay: 7 });
		const below = join(path, 'settings.json');
		assert.match(writeSettings(below, calm(), nothing).problem!, /^settings not written: .*: E[A-Z]+$/);
		assert.equal(settingsOf(path).delaySeconds, 7);
		// A folder stands where the file would go: what was half done is taken away again.
		const taken = newPath();
		mkdirSync(join(taken, 'full'), { recursive: true });
		assert.match(writeSettings(taken, calm(), nothing).problem!, /^settings not written: /);
		assert.deepEqual(readdirSync(join(taken, '..')), ['settings.json']);
	});
});
