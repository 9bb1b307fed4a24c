// Lines of MONITOR, as real servers wrote them and as bytes gone wild: cut anywhere, never a throw, every access once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { argsNeeded } from '../../../source/core/keys/command-keys.ts';
import { createHitReader, type Hit } from '../../../source/core/keys/monitor-hits.ts';
import {
	createMonitorParser,
	type MonitorLine,
	type MonitorSettings,
} from '../../../source/core/parse/parse-monitor.ts';

const bytesOf = (text: string) => Uint8Array.from(text, char => char.charCodeAt(0));

function linesIn(text: string, settings?: MonitorSettings, chunk = Number.POSITIVE_INFINITY): MonitorLine[] {
	const parser = createMonitorParser(settings);
	const bytes = bytesOf(text);
	const lines: MonitorLine[] = [];
	for (let start = 0; start < bytes.length; start += chunk)
		parser.push(bytes.subarray(start, start + chunk), line => void lines.push(line));
	return lines;
}

// Redis 8.0.2, as it came over the wire.
const real = [
	'+OK',
	String.raw`+1795465929.162656 [0 127.0.0.1:57868] "set" "hot key" "a\n\x01\"\\\xff"`,
	`+1795465929.179689 [0 127.0.0.1:57876] "eval" "redis.call('SET',KEYS[1],'x'); return redis.call('GET',KEYS[1])" "1" "k"`,
	'+1795465929.179793 [0 lua] "SET" "k" "x"',
	'+1795465929.179806 [0 lua] "GET" "k"',
	'+1795465929.189145 [0 unix:/tmp/a b]/s.sock] "get" "k"',
	'+1795465929.198778 [0 [::1]:57824] "get" "k"',
	'+1795465929.216863 [0 127.0.0.1:57892] "MULTI"',
	'+1795465929.217120 [0 127.0.0.1:57892] "SET" "a" "1"',
	'+1795465929.217129 [0 127.0.0.1:57892] "EXEC"',
	'+1795465929.228888 [3 127.0.0.1:57898] "get" "x"',
	'+1795465929.300000 [0 127.0.0.1:57898] "evalsha" "abc" "1" "declared"',
	'+1795465929.400000 [0 127.0.0.1:57898] "mget" "b" "c" "b"',
	'+1795465929.500000 [0 127.0.0.1:57898] "get" ""',
	'',
].join('\r\n');

test('real lines', () => {
	const lines = linesIn(real);
	assert.equal(lines.length, 13);
	assert.deepEqual(lines[0], {
		at: 1795465929162.656,
		db: 0,
		client: '127.0.0.1:57868',
		isScript: false,
		args: ['set', 'hot key', 'a\n\x01"\\\xff'],
		isCut: false,
	});
	assert.deepEqual(
		lines.slice(3, 6).map(line => line.client),
		['lua', 'unix:/tmp/a b]/s.sock', '[::1]:57824'],
	);
	assert.deepEqual(lines.map(line => line.isScript).indexOf(true), 2);
	assert.equal(lines[9]!.db, 3);
});

test('cut anywhere it reads the same', () => {
	const whole = linesIn(real);
	for (let chunk = 1; chunk < 200; chunk++) assert.deepEqual(linesIn(real, undefined, chunk), whole);
});

test('only the arguments that are wanted', () => {
	const wanted = linesIn(real, { argsWanted: argsNeeded }).map(line => line.args.length);
	assert.deepEqual(wanted, [2, 4, 2, 2, 2, 2, 1, 2, 1, 2, 4, 4, 2]);
});

test('of a value of 32 MB nothing is kept, and its key is there before it ends', () => {
	const parser = createMonitorParser({ argsWanted: argsNeeded, longestLine: 4096 });
	const lines: MonitorLine[] = [];
	const push = (text: string) => parser.push(bytesOf(text), line => void lines.push(line));
	push('+1.5 [0 127.0.0.1:1] "SET" "big" "');
	const megabyte = new Uint8Array(1024 * 1024).fill(120);
	for (let index = 0; index < 32; index++) parser.push(megabyte, line => void lines.push(line));
	assert.deepEqual(
		lines.map(line => [line.args, line.isCut]),
		[[['SET', 'big'], false]],
	);
	push('"\r\n+1.6 [0 127.0.0.1:1] "GET" "next"\r\n');
	assert.deepEqual(lines[1]!.args, ['GET', 'next']);
	push(`+1.7 [0 127.0.0.1:1] "MSET" "a" "${'v'.repeat(5000)}`);
	push('" "b" "v"\r\n');
	assert.deepEqual([lines[2]!.args, lines[2]!.isCut], [['MSET', 'a'], true]);
	assert.equal(parser.read().lines, 3);
});

test('visit may stop it', () => {
	const parser = createMonitorParser();
	parser.push(bytesOf(real), () => true);
	assert.equal(parser.read().lines, 1);
});

// As sdscatrepr of the server writes a byte string.
const escaped: Readonly<Record<string, string>> = {
	'\\': '\\\\',
	'"': '\\"',
	'\n': '\\n',
	'\r': '\\r',
	'\t': '\\t',
	'\x07': '\\a',
	'\b': '\\b',
};
const repr = (bytes: string) =>
	`"${bytes.replace(/[^\x20-\x7e]|["\\]/g, char => escaped[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
const anyBytes = fc.string({
	unit: fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code)),
	maxLength: 50,
});

test('what a server writes of any arguments is read back', () => {
	fc.assert(
		fc.property(
			fc.array(fc.array(anyBytes, { minLength: 1, maxLength: 6 }), { maxLength: 8 }),
			fc.integer({ min: 1, max: 99 }),
			(calls, chunk) => {
				const text = calls.map(args => `+1.000001 [0 127.0.0.1:1] ${args.map(repr).join(' ')}\r\n`).join('');
				assert.deepEqual(
					linesIn(text, undefined, chunk).map(line => line.args),
					calls,
				);
			},
		),
	);
});

test('any bytes: never a throw, every line is counted once', () => {
	const pieces = fc.constantFrom(
		'+1.5 [0 lua] ',
		'"GET" ',
		'"',
		'\\',
		'\\x',
		'\n',
		'\r\n',
		'[',
		'] "',
		'7',
		' ',
	);
	const wild = fc.array(fc.oneof(anyBytes, pieces), { maxLength: 60 }).map(parts => parts.join(''));
	fc.assert(
		fc.property(
			wild,
			fc.integer({ min: 1, max: 50 }),
			fc.integer({ min: 16, max: 100 }),
			(text, chunk, longestLine) => {
				const parser = createMonitorParser({ longestLine });
				const hits = createHitReader();
				const bytes = bytesOf(text);
				for (let start = 0; start < bytes.length; start += chunk)
					parser.push(bytes.subarray(start, start + chunk), line => hits.read(line, () => {}));
				hits.end(() => {});
				const { lines, strays } = parser.read();
				const ends = text.split('\n').length - 1;
				assert.ok(lines + strays >= ends && lines + strays <= ends + 1, `${lines} and ${strays} of ${ends}`);
			},
		),
	);
});

function hitsIn(text: string): Hit[] {
	const reader = createHitReader();
	const hits: Hit[] = [];
	for (const line of linesIn(text)) reader.read(line, hit => hits.push(hit));
	reader.end(hit => hits.push(hit));
	return hits;
}

test('a script counts once: its calls, or what it declared where it made none', () => {
	const told = hitsIn(real).map(hit => `${hit.command} ${hit.keys.map(use => use.key).join(',')}`);
	assert.deepEqual(told, [
		...['set hot key', 'set k', 'get k', 'get k', 'get k', 'multi ', 'set a', 'exec ', 'get x'],
		...['evalsha declared', 'mget b,c', 'get '],
	]);
});

test("a call of a script is its client's", () => {
	const hits = hitsIn(real).filter(hit => hit.isScript);
	assert.deepEqual(
		hits.map(hit => hit.client),
		['127.0.0.1:57876', '127.0.0.1:57876'],
	);
	assert.equal(hitsIn('+1.5 [0 lua] "GET" "k"\r\n')[0]!.client, undefined);
	const last = hitsIn('+1.5 [0 127.0.0.1:1] "FCALL" "f" "1" "k"\r\n');
	assert.deepEqual(
		last.map(hit => hit.keys),
		[[{ key: 'k', isWrite: true }]],
	);
});

test('calls of a form that nobody knows are counted, and are no end of the stream', () => {
	const parser = createMonitorParser();
	parser.push(bytesOf('+OK\r\n+1795465929.1 {db} get k\r\n+1795465929.2 [0 a:1] get k\r\n:0\r\n'), () => {});
	assert.deepEqual([parser.read().strays, parser.read().unread], [4, 2]);
});
