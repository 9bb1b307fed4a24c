// The command line to the letter of the contract: every flag, short and long and joined, every way to write an address,
// the defaults, and every wrong use, which gives one line that says what is wrong and what would be right, without a
// stack and without a password. The second half asks the built program: exit code 1, that line on stderr, nothing on
// stdout, nothing connected.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { flagTable, helpText } from '../source/flag-table.ts';
import { type Flags, readFlags } from '../source/flags.ts';
import { parseSeed } from '../source/seed.ts';
import { buildIfStale, builtProgram } from './built.ts';
import { often } from './lane.ts';

type Around = {
	env?: Record<string, string>;
	isTerminal?: boolean;
	fleets?: Record<string, readonly string[]>;
};

const read = (argv: readonly string[], { env = {}, isTerminal = true, fleets }: Around = {}) =>
	readFlags(argv, {
		env: { TERM: 'xterm-256color', ...env },
		isTerminal,
		version: '1.2.3',
		fleets,
		configFile: '/settings.json',
	});

function flagsOf(argv: readonly string[], around?: Around): Flags {
	const result = read(argv, around);
	if (result.kind !== 'run')
		assert.fail(`${argv.join(' ')}: ${'text' in result ? result.text : result.kind}`);
	return result.flags;
}

/** The one line. */
function wrongOf(argv: readonly string[], around?: Around): string {
	const result = read(argv, around);
	if (result.kind !== 'wrong') assert.fail(`${argv.join(' ')}: was taken`);
	assertOneLine(result.text);
	return result.text;
}

function assertOneLine(text: string): void {
	assert.doesNotMatch(text, /[\x00-\x1f\x7f-\x9f]/);
	assert.doesNotMatch(text, /node_modules|file:\/\/|\bat \w+ \(/);
	assert.ok(text.length > 0);
}

const addressesOf = (argv: readonly string[]) => flagsOf(argv).seeds.map(({ address }) => address);

const folder = mkdtempSync(join(tmpdir(), 'redis-top-flags-'));
const file = (name: string) => join(folder, name);
for (const name of ['ca.crt', 'client.crt', 'client.key']) writeFileSync(file(name), name);
mkdirSync(file('folder'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('what is taken', () => {
	test('nothing at all: the defaults', () => {
		const { nat, ...flags } = flagsOf([]);
		assert.deepEqual([...nat], []);
		const given = Object.entries(flags).filter(([, value]) => value !== undefined);
		assert.deepEqual(Object.fromEntries(given), {
			mode: 'live',
			lacksScreen: false,
			seeds: [{ address: '127.0.0.1:6379', isTls: false, fleet: undefined }],
			isPasswordOnCommandLine: false,
			asksPassword: false,
			isTls: false,
			isInsecure: false,
			isDiscoveryOn: true,
			isAscii: false,
			isColourOff: false,
			rings: false,
			isAppended: false,
			scansBigKeys: false,
			findsHotKeys: false,
			scansInRunbook: true,
			isChangesAllowed: false,
			rate: 20_000,
			top: 100,
			isJson: false,
			isExact: false,
		});
	});

	test('--bigkeys with its pace, and its flags only with it', () => {
		const { scansBigKeys, mode, rate, top, isExact } = flagsOf([
			'--bigkeys',
			'--json',
			'--rate',
			'0',
			'--top',
			'5',
			'--exact',
		]);
		assert.deepEqual(
			{ scansBigKeys, mode, rate, top, isExact },
			{ scansBigKeys: true, mode: 'json', rate: 0, top: 5, isExact: true },
		);
	});

	test('--hotkeys is a mode of its own, as text or as JSON', () => {
		const { findsHotKeys, scansBigKeys, mode, rate, top } = flagsOf(['--hotkeys', '--json', '--top', '7']);
		assert.deepEqual(
			{ findsHotKeys, scansBigKeys, mode, rate, top },
			{ findsHotKeys: true, scansBigKeys: false, mode: 'json', rate: 20_000, top: 7 },
		);
		assert.equal(flagsOf([]).findsHotKeys, false);
	});

	test('--runbook is a mode of its own, and changes are allowed only by word', () => {
		const { runbook, scansInRunbook, mode } = flagsOf(['--runbook', 'high-memory', '--no-scan']);
		assert.deepEqual([runbook, scansInRunbook], ['high-memory', false]);
		assert.equal(flagsOf(['--runbook', 'memory', '--no-scan']).runbook, 'high-memory', 'its other name');
		assert.equal(mode, flagsOf([]).mode);
		assert.equal(flagsOf(['--runbook', 'config-audit']).scansInRunbook, true);
		assert.deepEqual(
			[flagsOf(['--allow-changes']).isChangesAllowed, flagsOf([]).isChangesAllowed],
			[true, false],
		);
		for (const argv of [
			['--runbook', 'disk'],
			['--runbook', 'high-memory', '--json'],
			['--runbook', 'high-memory', '-n', '2'],
			['--runbook', 'config-audit', '--no-scan'],
			['--runbook', 'high-memory', '--allow-changes'],
			['--runbook', 'high-memory', '--bigkeys'],
		])
			assert.throws(() => flagsOf(argv), argv.join(' '));
	});

	test('-h -p -s -u name the server', () => {
		assert.deepEqual(addressesOf(['-h', '10.0.1.11']), ['10.0.1.11:6379']);
		assert.deepEqual(addressesOf(['-p', '7000']), ['127.0.0.1:7000']);
		assert.deepEqual(addressesOf(['-h', 'cache', '-p', '7000']), ['cache:7000']);
		assert.deepEqual(addressesOf(['--host', '::1', '--port=7000']), ['[::1]:7000']);
		assert.deepEqual(addressesOf(['-s', '/run/redis.sock']), ['unix:/run/redis.sock']);
		// As redis-cli takes it.
		assert.deepEqual(addressesOf(['-s', 'redis.sock']), [`unix:${resolve('redis.sock')}`]);
		assert.deepEqual(addressesOf(['-u', 'redis://cache:7000']), ['cache:7000']);
		assert.deepEqual(addressesOf(['--uri', 'redis://cache']), ['cache:6379']);
		assert.deepEqual(
			addressesOf(['-p', '7000', 'a', 'b:1']),
			['a:7000', 'b:1'],
			'-p is the port of the others',
		);
	});

	test('several addresses are several seeds, and -- ends the flags', () => {
		assert.deepEqual(addressesOf(['a:1', 'b:2', 'unix:/c']), ['a:1', 'b:2', 'unix:/c']);
		assert.deepEqual(addressesOf(['a:1', '-d', '2', 'b:2']), ['a:1', 'b:2']);
		assert.deepEqual(addressesOf(['-b', '--', 'a:1', 'b:2']), ['a:1', 'b:2']);
	});

	test('-a --pass --user --askpass, and REDISCLI_AUTH', () => {
		const given = flagsOf(['--user', 'ops', '-a', 'secret']);
		assert.deepEqual([given.user, given.password, given.isPasswordOnCommandLine], ['ops', 'secret', true]);
		const env = { REDISCLI_AUTH: 'quiet' };
		const quiet = flagsOf([], { env });
		assert.deepEqual([quiet.password, quiet.isPasswordOnCommandLine], ['quiet', false]);
		assert.equal(flagsOf(['--pass', 'loud'], { env }).password, 'loud');
		assert.equal(flagsOf([], { env: { REDISCLI_AUTH: '' } }).password, undefined);
		assert.equal(flagsOf(['--askpass']).asksPassword, true);
	});

	test('VALKEYCLI_AUTH and REDICTCLI_AUTH are read too, and first of an address of that kind', () => {
		for (const name of ['REDISCLI_AUTH', 'VALKEYCLI_AUTH', 'REDICTCLI_AUTH'])
			assert.equal(flagsOf([], { env: { [name]: 'quiet' } }).password, 'quiet', name);
		const env = { REDISCLI_AUTH: 'r', VALKEYCLI_AUTH: 'v', REDICTCLI_AUTH: 'd' };
		const passwordOf = (...argv: string[]) => flagsOf(argv, { env }).password;
		assert.equal(passwordOf(), 'r');
		assert.equal(passwordOf('valkey://a:1', 'valkeys://b:2'), 'v');
		assert.equal(passwordOf('-u', 'redict://a:1'), 'd');
		assert.equal(passwordOf('valkey://a:1', 'redict://b:2'), 'r');
		assert.equal(passwordOf('valkey://a:1', 'b:2'), 'r');
		assert.equal(passwordOf('-a', 'loud', 'valkey://a:1'), 'loud');
		const empty = { ...env, VALKEYCLI_AUTH: '', REDISCLI_AUTH: '' };
		assert.equal(flagsOf(['valkey://a:1'], { env: empty }).password, 'd');
	});

	test('any password arrives as it was typed', () => {
		const odd = [
			'-secret',
			'--',
			'-p',
			'"quoted"',
			"'",
			'a=b',
			'a,b',
			'1e3',
			'true',
			' ',
			'é\n',
			'$(x)',
			'@',
		];
		for (const password of odd) {
			assert.equal(flagsOf([`--pass=${password}`]).password, password);
			if (!password.startsWith('--')) assert.equal(flagsOf(['-a', password]).password, password);
		}
		fc.assert(
			fc.property(fc.string({ unit: 'binary', minLength: 1 }), password => {
				assert.equal(flagsOf([`--pass=${password}`, '-n', '1']).password, password);
				assert.equal(flagsOf([`--sentinel-pass=${password}`]).sentinelPassword, password);
			}),
		);
	});

	test('--tls and its files', () => {
		const flags = flagsOf([
			...['--tls', '--cacert', file('ca.crt'), '--cert', file('client.crt')],
			...['--key', file('client.key'), '--sni', 'cache.prod', '--insecure'],
		]);
		assert.deepEqual([flags.isTls, flags.isInsecure, flags.serverName], [true, true, 'cache.prod']);
		assert.deepEqual([flags.ca, flags.cert, flags.key].map(String), ['ca.crt', 'client.crt', 'client.key']);
	});

	test('rediss:// is TLS for that seed alone, and takes the files too', () => {
		const flags = flagsOf(['rediss://a', 'redis://b', '--cacert', file('ca.crt')]);
		assert.deepEqual(
			flags.seeds.map(({ isTls }) => isTls),
			[true, false],
		);
		assert.equal(flags.isTls, false);
		assert.equal(String(flags.ca), 'ca.crt');
	});

	test('--sentinel-user --sentinel-pass --nat --no-discover', () => {
		const flags = flagsOf([
			...['--sentinel-user', 'watch', '--sentinel-pass', 'dog', '--no-discover'],
			...['--nat', '10.0.1.11:6379=bastion:16379', '--nat=10.0.1.12=127.0.0.1'],
		]);
		assert.deepEqual([flags.sentinelUser, flags.sentinelPassword], ['watch', 'dog']);
		assert.equal(flags.isDiscoveryOn, false);
		assert.deepEqual(
			[...flags.nat],
			[
				['10.0.1.11:6379', 'bastion:16379'],
				['10.0.1.12', '127.0.0.1'],
			],
		);
	});

	for (const argv of [['-d', '0.5'], ['-d0.5'], ['-d=0.5'], ['--delay', '0.5'], ['--delay=0.5']])
		test(argv.join(' '), () => assert.equal(flagsOf(argv).delaySeconds, 0.5));
	for (const argv of [['-n', '1', '-b'], ['-bn1'], ['-b', '-n=1'], ['-bn', '1'], ['--batch', '--count=1']])
		test(argv.join(' '), () => {
			const { mode, count } = flagsOf(argv);
			assert.deepEqual([mode, count], ['batch', 1]);
		});
	test('the ends of the ranges', () => {
		assert.equal(flagsOf(['-d', '0.25']).delaySeconds, 0.25);
		assert.equal(flagsOf(['-d', '3600']).delaySeconds, 3600);
		assert.deepEqual(addressesOf(['-p', '65535']), ['127.0.0.1:65535']);
		assert.deepEqual(addressesOf(['cache:1', 'cache:65535']), ['cache:1', 'cache:65535']);
	});

	test('--config --log --ascii --no-color', () => {
		const flags = flagsOf(['--config', 'a.json', '--log', 'b.log', '--ascii', '--no-color']);
		assert.deepEqual(
			[flags.configFile, flags.logFile, flags.isAscii, flags.isColourOff],
			[...['a.json', 'b.log'], ...[true, true]],
		);
		assert.equal(flagsOf([], { env: { NO_COLOR: '1' } }).isColourOff, true);
		assert.equal(flagsOf([], { env: { NO_COLOR: '' } }).isColourOff, false, 'empty is unset (no-color.org)');
	});

	test('--metrics has a port, and a host where one is named', () => {
		assert.deepEqual(flagsOf(['--metrics', '9399']).metrics, { port: 9399 });
		assert.deepEqual(flagsOf(['--metrics', '[::]:1']).metrics, { host: '::', port: 1 });
		assert.deepEqual(flagsOf(['--metrics', 'top-1.prod:9399']).metrics, { host: 'top-1.prod', port: 9399 });
		assert.equal(flagsOf([]).metrics, undefined);
	});

	test('the mode: live on a terminal, else batch; --json anywhere', () => {
		assert.equal(flagsOf([]).mode, 'live');
		assert.equal(flagsOf([], { isTerminal: false }).mode, 'batch');
		assert.equal(flagsOf([], { env: { TERM: 'dumb' } }).mode, 'batch');
		assert.equal(flagsOf(['-b']).mode, 'batch');
		for (const isTerminal of [true, false]) assert.equal(flagsOf(['--json'], { isTerminal }).mode, 'json');
	});

	test('--check --record --replay --bell', () => {
		assert.equal(flagsOf(['--check']).mode, 'check');
		assert.equal(flagsOf(['--metrics', '9399']).mode, 'live');
		assert.equal(flagsOf(['--metrics', '9399'], { isTerminal: false }).mode, 'service');
		assert.equal(flagsOf(['--metrics', '9399', '-b'], { isTerminal: false }).mode, 'batch');
		assert.equal(flagsOf(['--metrics', '9399'], { env: { TERM: 'dumb' } }).mode, 'batch');
		const endless = read(['--metrics', '9399', '-n', '2'], { isTerminal: false });
		assert.ok(endless.kind === 'wrong' && /runs until it is ended/.test(endless.text));
		assert.deepEqual(
			[flagsOf(['--check', '--json']).mode, flagsOf(['--check', '--json']).isJson],
			['check', true],
		);
		assert.equal(flagsOf(['--record', 'a.gz']).recordFile, 'a.gz');
		assert.deepEqual(flagsOf(['--record', 'd', '--keep', '48h']).recordFolder, {
			...{ path: 'd', keep: { seconds: 172_800 } },
		});
		assert.deepEqual(flagsOf(['--record', 'd/', '--keep', '1.5G']).recordFolder?.keep, {
			bytes: 1_610_612_736,
		});
		assert.deepEqual(read(['--mark', ' v42 ', '--to', 'prod']), { kind: 'mark', text: 'v42', to: 'prod' });
		assert.equal(flagsOf(['--keep-on', 'critical', '/tmp', 'a:1']).keepOn, '/tmp');
		assert.equal(flagsOf(['--replay', 'a.gz', '--json']).replayFile, 'a.gz');
		assert.equal(flagsOf(['--bell']).rings, true);
	});

	test('--compare and --report play a recording; their windows', () => {
		const compared = flagsOf(['--compare', 'a.gz', '--marker', 'v42', '--of', 'a:1', '--json']);
		assert.equal(compared.replayFile, 'a.gz');
		assert.deepEqual(compared.past, {
			...{ kind: 'compare', marker: 'v42', node: 'a:1' },
			...{ windowSeconds: 300, settlingSeconds: 30 },
		});
		const report = flagsOf(['--report', 'a.gz', '--window', '15m', '--settling', '1m']).past;
		assert.deepEqual([report?.kind, report?.windowSeconds, report?.settlingSeconds], ['report', 900, 60]);
		assert.equal(flagsOf(['--replay', 'a.gz']).past, undefined);
		for (const [words, said] of [
			[['--compare', 'a', '--report', 'a'], /different modes/],
			[['--compare', 'a', '--replay', 'a'], /--compare and --replay are different modes/],
			[['--compare', 'a', '--check'], /--compare and --check are different modes/],
			[['--report', 'a', 'cache:1'], /--report has its servers in the file/],
			[['--report', 'a', '--marker', 'x'], /--marker is for --compare/],
			[['--window', '5m'], /--window is for a recording/],
			[['--compare', 'a', '--window', '1h'], /--window 1h: must be 40s to 15m/],
			[['--compare', 'a', '--settling', 'soon'], /--settling soon: must be a time/],
		] as const) {
			const result = read(words);
			assert.ok(result.kind === 'wrong' && said.test(result.text), JSON.stringify(result));
		}
	});

	test('@NAME stands for the words of a fleet of the settings file', () => {
		const fleets = { prod: ['10.0.1.11', '--tls'], loop: ['@loop'] };
		const flags = flagsOf(['@prod', 'b:1'], { fleets });
		assert.equal(flags.isTls, true);
		assert.deepEqual(
			flags.seeds.map(({ address, fleet }) => [address, fleet]),
			[
				['10.0.1.11:6379', 'prod'],
				['b:1', undefined],
			],
		);
		assert.equal(flagsOf(['-a', '@prod'], { fleets }).password, '@prod', 'a value is no fleet');
		assert.equal(wrongOf(['@tset'], { fleets }), 'no fleet @tset in /settings.json; there are @prod, @loop');
		assert.match(wrongOf(['@prod']), /^no fleet @prod in \/settings\.json: it has no "fleets"$/);
		assert.match(wrongOf(['@constructor'], { fleets }), /^no fleet @constructor/);
		assert.match(wrongOf(['@prod', '@prod'], { fleets }), /^@prod is given twice/);
		assert.match(wrongOf(['@loop'], { fleets }), /^@loop is given twice/);
	});

	test('each @fleet may be behind a bastion of its own; what is typed is for all', () => {
		const fleets = {
			prod: ['10.0.1.11', '10.0.1.12:7000', '--ssh', 'ops@bastion'],
			dev: ['--via=nc %h %p', '10.9.0.1'],
			both: ['a:1', '--ssh', 'b', '--via', 'nc %h %p'],
			bad: ['a:1', '--ssh', '-oProxyCommand=x'],
			cut: ['a:1', '--via'],
			near: ['a:1', 'b:1', '--via', 'nc bastion 1'],
		};
		const ways = (...argv: string[]) =>
			flagsOf(argv, { fleets }).seeds.map(({ address, via, ssh }) => [address, via, ssh]);
		assert.deepEqual(ways('@prod', '@dev', 'c:1'), [
			['10.0.1.11:6379', undefined, 'ops@bastion'],
			['10.0.1.12:7000', undefined, 'ops@bastion'],
			['10.9.0.1:6379', 'nc %h %p', undefined],
			['c:1', undefined, undefined],
		]);
		const typed = flagsOf(['@dev', '--ssh', 'other'], { fleets });
		assert.deepEqual([typed.ssh, typed.seeds[0]?.via], ['other', undefined]);
		assert.match(wrongOf(['@both'], { fleets }), /^--ssh is a --via of its own/);
		assert.match(wrongOf(['@bad'], { fleets }), /^--ssh -oProxyCommand=x: must be/);
		assert.match(wrongOf(['@cut'], { fleets }), /^--via needs a value/);
		assert.match(wrongOf(['@near'], { fleets }), /^--via without %h leads to one server/);
	});

	test('-v and -V are the version, as in valkey-cli', () => {
		for (const word of ['-v', '-V'])
			assert.deepEqual(read([word]), { kind: 'print', text: 'redis-top 1.2.3' });
	});

	test('--wait: goal, hold and timeout; a finding too; with JSON', () => {
		const { mode, wait } = flagsOf(['--wait', 'healthy', 'a']);
		assert.deepEqual([mode, wait], ['wait', { goal: 'healthy', seconds: 10, timeoutSeconds: 300 }]);
		const other = flagsOf(['--wait', 'lag-high', '--for', '250ms', '--timeout', '1h', '--json', 'a']);
		assert.deepEqual(other.wait, { goal: 'lag-high', seconds: 0.25, timeoutSeconds: 3600 });
		assert.deepEqual([other.mode, other.isJson], ['wait', true]);
	});

	test('-4, -6 and the ciphers', () => {
		assert.deepEqual(
			[flagsOf(['-4']).ipFamily, flagsOf(['-6']).ipFamily, flagsOf([]).ipFamily],
			[4, 6, undefined],
		);
		const both = flagsOf([
			'--tls',
			'--tls-ciphers',
			'ECDHE-RSA-AES256-GCM-SHA384',
			'--tls-ciphersuites',
			'TLS_AES_256_GCM_SHA384',
		]);
		assert.equal(both.ciphers, 'TLS_AES_256_GCM_SHA384:ECDHE-RSA-AES256-GCM-SHA384');
	});

	test('--cacertdir: every certificate of the folder once, beside --cacert', () => {
		const dir = file('authorities');
		mkdirSync(dir, { recursive: true });
		const certificate = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
		writeFileSync(join(dir, 'a.pem'), certificate('a'));
		writeFileSync(join(dir, 'b.crt'), certificate('b'));
		writeFileSync(join(dir, '1234abcd.0'), certificate('a'));
		writeFileSync(join(dir, 'notes'), 'none');
		const { ca, files } = flagsOf(['--tls', '--cacertdir', dir, '--cacert', file('ca.crt')]);
		assert.equal(files?.caFolder, dir);
		assert.deepEqual(
			[
				String(ca)
					.match(/^[ab]$/gm)
					?.sort(),
				String(ca).startsWith('ca.crt'),
			],
			[['a', 'b'], true],
		);
		mkdirSync(join(dir, 'none'), { recursive: true });
		assert.match(wrongOf(['--tls', '--cacertdir', join(dir, 'none')]), /no certificate in/);
	});

	test('--prometheus: its URL without the login that was in it, and the files of one', () => {
		const url = 'https://ops:a%3Ab@prom.example/prod/api/v1/';
		assert.deepEqual(flagsOf(['--prometheus', url, 'a']).prometheus, {
			...{ url: 'https://prom.example/prod', user: 'ops', password: 'a:b' },
			...{ passfile: undefined, bearerFile: undefined },
		});
		const bearer = ['--prometheus-bearer', file('ca.crt')];
		assert.equal(
			flagsOf(['--prometheus', 'http://p:9090', ...bearer, 'a']).prometheus?.bearerFile,
			file('ca.crt'),
		);
		// Its certificate may be of the same authority.
		assert.equal(String(flagsOf(['--prometheus', url, '--cacert', file('ca.crt'), 'a']).ca), 'ca.crt');
	});

	test('--from prometheus: its fleets, those of the flag or of the settings', () => {
		for (const words of [
			['--prometheus', 'http://p'],
			['--from', 'prometheus'],
		])
			assert.deepEqual([flagsOf(words).isFromPrometheus, flagsOf(words).seeds], [true, []]);
		assert.equal(flagsOf(['--prometheus', 'http://p', 'a']).isFromPrometheus, undefined);
	});

	test('a database of a URL is for scans', () => {
		assert.deepEqual(flagsOf(['redis://a/3']).scanOnly, { db: 3 });
		assert.deepEqual(flagsOf(['redis://a/3', '--bigkeys', '--db', '2']).scanOnly, { db: 2 });
		assert.equal(flagsOf(['redis://a']).scanOnly, undefined);
	});

	test('a flag of the table is read: with it something else comes than without', () => {
		for (const { name, value } of flagTable)
			assert.notDeepEqual(read([value === 'none' ? `--${name}` : `--${name}=7`]), read([]), name);
	});

	test('--help and --version print and connect nothing', () => {
		assert.deepEqual(read(['--version']), { kind: 'print', text: 'redis-top 1.2.3' });
		assert.deepEqual(read(['--help', 'a:1']), { kind: 'print', text: helpText() });
		for (const { name, short } of flagTable) {
			assert.match(helpText(), new RegExp(`--${name}\\b`));
			if (short) assert.match(helpText(), new RegExp(`^ +-${short}, --${name}\\b`, 'm'));
		}
		for (const line of helpText().split('\n')) assert.ok(line.length <= 110, line);
	});
});

describe('addresses', () => {
	const good: readonly (readonly [text: string, address: string, more?: object])[] = [
		['cache', 'cache:6400'],
		['cache:7000', 'cache:7000'],
		['10.0.1.11:1', '10.0.1.11:1'],
		['2001:db8::1', '[2001:db8::1]:6400'],
		['::1', '[::1]:6400'],
		['[::1]', '[::1]:6400'],
		['[2001:db8::1]:7000', '[2001:db8::1]:7000'],
		['unix:/run/redis.sock', 'unix:/run/redis.sock'],
		['unix:///run/redis.sock', 'unix:/run/redis.sock'],
		['redis://', '127.0.0.1:6400'],
		['redis://cache', 'cache:6400'],
		['redis://cache:7000/0', 'cache:7000', { db: 0 }],
		['redis://cache:7000/', 'cache:7000'],
		['redis://cache/12', 'cache:6400', { db: 12 }],
		['redis://[::1]:7000', '[::1]:7000'],
		['REDIS://cache', 'cache:6400'],
		['rediss://cache:7000', 'cache:7000', { isTls: true }],
		['redis://ops:secret@cache', 'cache:6400', { user: 'ops', password: 'secret' }],
		['redis://:secret@cache', 'cache:6400', { password: 'secret' }],
		['redis://ops@cache', 'cache:6400', { user: 'ops' }],
		['redis://o%70s:p%40s%2Fs%3A%25@cache:1', 'cache:1', { user: 'ops', password: 'p@s/s:%' }],
	];
	for (const [text, address, more] of good)
		test(text, () => {
			const seed = parseSeed(text, 6400);
			const given = Object.entries(seed).filter(([, value]) => value !== undefined);
			assert.deepEqual(Object.fromEntries(given), { address, isTls: false, ...more });
		});

	const bad: readonly (readonly [text: string, says: RegExp])[] = [
		['', /must be host, host:port, a URL or unix:\/path/],
		[':6379', /must be host/],
		['a b:6379', /must be host/],
		['cache/0', /must be host/],
		['cache:', /the port must be 1 to 65535/],
		['cache:0', /the port must be 1 to 65535/],
		['cache:65536', /the port must be 1 to 65535/],
		['cache:http', /the port must be 1 to 65535/],
		['[::1]:0', /the port must be 1 to 65535/],
		['10.0.1.11:6379:6380', /not an IPv6 address/],
		['[cache]:7000', /not an IPv6 address/],
		['unix:', /must be unix:\/path/],
		['unix:run/redis.sock', /must be unix:\/path/],
		['http://cache', /must be redis:\/\//],
		['redis://cache:99999', /not a URL/],
		['redis://cache:0', /the port must be 1 to 65535/],
	];
	for (const [text, says] of bad)
		test(`${JSON.stringify(text)} is refused`, () => {
			const seed = parseSeed(text, 6379);
			assert.ok('problem' in seed);
			assert.match(seed.problem, says);
		});

	const leaky = [
		'redis://ops:SECRET@cache:99999',
		'redis://ops:SEC%RET@cache',
		'redis://ops:SEC@RET@cache:99999',
		'redis://ops:SEC@RET@[cache',
		'redis://:SECRET',
		'redis://ops:SEC:RET',
		'http://ops:SECRET@cache',
		'ops:SECRET@cache:6379',
		'ops:SEC@RET@cache',
		'SECRET@cache',
	];
	for (const text of leaky)
		test(`no password in what is said of ${text}`, () => {
			for (const argv of [[text], ['-u', text]]) assert.doesNotMatch(wrongOf(argv), /SEC|RET/);
		});

	test('any text is an address or one line', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), text => {
				const result = read(['--', text]);
				if (result.kind === 'wrong') assertOneLine(result.text);
			}),
		);
	});
});

/** Flags of the contract that belong to later parts. One that has come is in the table, and held there. */
const later = [
	...['--record', '--replay', '--demo', '--check', '--bell'],
	...['--runbook', '--allow-changes'],
].filter(name => !flagTable.some(flag => `--${flag.name}` === name));

const wrongUses: readonly (readonly [argv: readonly string[], says: RegExp])[] = [
	...later.map(name => [[name], new RegExp(`^unknown flag ${name}`)] as const),
	[['--jsn'], /^unknown flag --jsn \(--json\?\); redis-top --help lists all$/],
	[['--hotkyes'], /\(--hotkeys\?\)/],
	[['--nonsense'], /^unknown flag --nonsense; redis-top --help lists all$/],
	[['--wait', 'ready'], /^--wait ready: wait for healthy, or the id of a finding/],
	[['--wait', 'healthy', '--for', 'long'], /^--for long: must be a time like 10s/],
	[['--wait', 'healthy', '--for', '10m'], /^--timeout is shorter than --for/],
	[['--wait', 'healthy', '--timeout', '30d'], /^--timeout 30d: must be 24d at most$/],
	[['--for', '1s'], /^--for is for --wait/],
	[['--wait', 'healthy', '-n', '2'], /^--wait takes as many refreshes as it needs/],
	[['--wait', 'healthy', '--check'], /^--wait and --check are different modes/],
	[['--wait', 'healthy', '--bigkeys'], /^--bigkeys and --wait are different modes/],
	[['--on-finding', 'x', '--check'], /^--on-finding is for live servers that are watched/],
	[['--on-finding', ' '], /^--on-finding needs a command/],
	[['--on-finding', 'x', '--runbook', 'memory'], /^--runbook and --on-finding are different modes/],
	[['--metrics', ':9399'], /^--metrics :9399: must be \[HOST:\]PORT, like 9399/],
	[['--metrics', '70000'], /^--metrics 70000: must be/],
	[['--metrics', 'host'], /^--metrics host: must be/],
	...['--check', '--bigkeys', '--hotkeys'].map(
		flag =>
			[
				['--metrics', '1', flag],
				new RegExp(`^--metrics is for live servers .*: leave it out with ${flag}$`),
			] as const,
	),
	[['--metrics', '1', '--replay', 'f'], /^--metrics is for live servers .*: leave it out with --replay$/],
	[
		['--metrics', '1', '--runbook', 'memory'],
		/^--metrics is for live servers .*: leave it out with --runbook$/,
	],
	[['--metrics', '1', '--wait', 'healthy'], /^--metrics is for live servers .*: leave it out with --wait$/],
	[['-4', '-6'], /^-4 and -6: give one$/],
	[['--tls-ciphers', 'x'], /^--tls-ciphers is for TLS: add --tls$/],
	[['--tls', '--tls-ciphers', 'NONSENSE'], /^--tls-ciphers NONSENSE: OpenSSL knows no such cipher$/],
	[['--cacertdir', '/nonexistent', '--tls'], /^--cacertdir: cannot read .nonexistent: no such file$/],
	[['--completion', 'csh'], /^--completion csh: the shells are bash, zsh, fish$/],
	[['redis://a/1', 'redis://b/2'], /^the URLs name several databases/],
	[['redis://a/one'], /behind the address stands a database: a number$/],
	[['--js'], /^unknown flag --js \(--json\?\)/],
	[['--sentinel'], /\(--sentinel-user\?\)/],
	[['-x'], /^unknown flag -x; /],
	[['-bx'], /^unknown flag -x; /],
	[['-json'], /^unknown flag -json \(--json\?\)/],
	[['-help'], /^unknown flag -help \(--help\?\)/],
	[['--no-json'], /^unknown flag --no-json/],
	[['--color'], /^unknown flag --color/],
	[['-h'], /^-h needs a value: -h HOST; --help is the help$/],
	[['-p'], /^-p needs a value: -p PORT$/],
	[['--delay'], /^--delay needs a value: --delay SEC$/],
	[['--pass', '--tls'], /^--pass needs a value/],
	[['-d', '1', '-d', '2'], /^-d is given twice: once is right$/],
	[['-d', '1', '--delay=2'], /^--delay is given twice/],
	[['--json', '--json'], /^--json is given twice/],
	[['-bb'], /^-b is given twice/],
	[['--tls=yes'], /^--tls takes no value$/],
	[['--json='], /^--json takes no value$/],
	[['-d', 'fast'], /^-d fast: not a number \(0\.25 to 3600\)$/],
	[['-d', ''], /^-d is empty: -d SEC$/],
	[['-d', 'NaN'], /not a number/],
	[['-d', 'Infinity'], /not a number/],
	[['-d', '0.2'], /^-d 0\.2: must be 0\.25 to 3600$/],
	[['-d', '-1'], /^-d -1: must be 0\.25 to 3600$/],
	[['-d', '3601'], /must be 0\.25 to 3600/],
	[['-n', '0'], /^-n 0: must be 1 to/],
	[['-n', '1.5'], /^-n 1\.5: must be a whole number$/],
	[['-n', 'all'], /^-n all: not a number/],
	[['-p', '0'], /^-p 0: must be 1 to 65535$/],
	[['-p', '65536'], /must be 1 to 65535/],
	[['-p', 'http'], /^-p http: not a number/],
	[['-b', '--json'], /^--batch and --json are different modes: give one$/],
	[['--check', '--batch'], /^--check and --batch are different modes: give one$/],
	[['--check', '-n', '2'], /^--check takes as many refreshes as it needs/],
	[['--replay', 'f', 'a:1'], /^--replay has its servers in the file/],
	[['--replay', 'f', '-p', '1'], /^--replay has its servers in the file/],
	[['--mark', 'x', 'a:1'], /^--mark goes to a redis-top that runs, with --to NAME alone: leave out a:1$/],
	[['--mark', 'x', '-p', '1'], /leave out --port$/],
	[['--mark', 'x'.repeat(61)], /60 characters at most$/],
	[['--to', 'x'], /^--to is for --replay or --mark$/],
	[['--at', '03:12'], /^--at is for --replay: add --replay FILE$/],
	[['--replay', 'f', '--at', 'noon'], /^--at noon: must be like 03:12/],
	[['--replay', 'f', '--at', '1:00', '--from', '1:00'], /are the same here: give one$/],
	[['--keep', '48h'], /^--keep is for a recording: add --record DIR$/],
	[['--record', 'd', '--keep', '48'], /must be a time like 48h or 7d, or a size like 500M or 2G$/],
	[['--record', 'd', '--keep', '1M'], /must be 10M at least$/],
	[['--record', 'd', '--keep', '1h', '--append'], /^--append is for a file/],
	[['--keep-on', 'critical'], /needs what on, and a folder: --keep-on critical DIR$/],
	[['--keep-on', 'critical', '/no/such'], /is no folder$/],
	[['--replay', 'f', '--record', 'g'], /^--replay and --record are different modes: give one$/],
	[['--replay', 'f', '-d', '2'], /^--replay keeps the delay/],
	[['-h', 'a', '-s', '/b'], /give one of them/],
	[['-p', '1', '-u', 'redis://a'], /give one of them/],
	[['-s', '/a', '-u', 'redis://b'], /give one of them/],
	[['-h', 'a', 'b'], /^the server is named twice/],
	[['-s', '/a', 'b'], /^the server is named twice/],
	[['-u', 'redis://a', 'b'], /^the server is named twice/],
	[['-s', ''], /^-s is empty: -s PATH$/],
	[['--record', ''], /^--record is empty: --record FILE\|DIR$/],
	[['--port='], /^--port is empty: --port PORT$/],
	[['--tls', '--cert', file('client.crt')], /^--cert and --key go together$/],
	[['--tls', '--key', file('client.key')], /^--cert and --key go together$/],
	[['--cacert', file('ca.crt')], /^--cacert is for TLS: add --tls$/],
	[['--sni', 'cache'], /^--sni is for TLS: add --tls$/],
	[['--tls', '--cacert', file('none')], /^--cacert: cannot read .*none: no such file$/],
	[['--tls', '--cacert', file('folder')], /^--cacert: cannot read .*folder: it is a folder$/],
	[['--nat', '10.0.1.11'], /^--nat 10\.0\.1\.11: must be FROM=TO, e\.g\./],
	[['--nat', 'a='], /must be FROM=TO/],
	[['--nat', '=a'], /must be FROM=TO/],
	[['--nat', 'a=b=c'], /must be FROM=TO/],
	[['--nat', 'a:1=b'], /both sides with a port, or both without/],
	[['--nat', 'a=b:1'], /both sides with a port, or both without/],
	[['a\nb:x'], /must be host, host:port/],
	[['--prometheus', 'prom:9090', 'a'], /^--prometheus: prom:9090: must be http:\/\/HOST:9090 or https/],
	[['--prometheus', 'u:secret@prom', 'a'], /^--prometheus: must be http:\/\/HOST:9090 or https:\/\/…$/],
	[['--prometheus', 'http://p', '--metrics', '9399'], /^--metrics asks the servers, not Prometheus/],
	[['--prometheus-user', 'ops'], /^--prometheus-user is for --prometheus URL: add it$/],
	[['--prometheus', 'http://p', '--prometheus-bearer', file('none')], /^--prometheus-bearer: cannot read/],
	[
		['--prometheus', 'http://u@p', '--prometheus-bearer', file('ca.crt')],
		/^--prometheus-bearer is a login of its own: leave out the user$/,
	],
	[['--prometheus', 'http://p', '--from', 'prometheus', 'a'], /^--from prometheus .* leave out the address/],
	[['--from', 'prometheus', '--metrics', '9399'], /^--metrics asks the servers, not Prometheus/],
	[['--from', 'prometheus', '--replay', 'f'], /^--from prometheus: must be like 03:12/],
	[['--prometheus', 'http://p', '--replay', 'f'], /^--prometheus is for live servers/],
	[['--\x1b[2J'], /^"?unknown flag/],
];

describe('wrong use: one line', () => {
	for (const [argv, says] of wrongUses)
		test(JSON.stringify(argv.join(' ').replaceAll(folder, '')), () => assert.match(wrongOf(argv), says));

	test('whatever is typed: flags, a text, or one line; never a throw', () => {
		const names = flagTable.flatMap(({ name, short }) => [`--${name}`, ...(short ? [`-${short}`] : [])]);
		const word = fc.oneof(
			fc.constantFrom(...names),
			fc.tuple(fc.constantFrom(...names), fc.string()).map(([name, value]) => `${name}=${value}`),
			fc.constantFrom('--', '-', '', '1', '-1', 'a:1', '-bn1', '__proto__', '--__proto__=1', '--constructor'),
			fc.string({ unit: 'binary' }),
		);
		fc.assert(
			fc.property(fc.array(word, { maxLength: 6 }), argv => {
				const result = read(argv);
				if (result.kind === 'wrong') assertOneLine(result.text);
			}),
			{ numRuns: 2000 },
		);
	});
});

describe('the built program', () => {
	before(buildIfStale);

	type Ended = { code: number; stdout: string; stderr: string };
	const env = { ...process.env, XDG_CONFIG_HOME: file('config') };
	const run = (argv: readonly string[]) =>
		new Promise<Ended>(resolve => {
			const ran = execFile(
				process.execPath,
				[builtProgram, ...argv],
				{ env, timeout: 20_000 },
				(error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
			);
			ran.stdin!.end();
		});

	async function assertRefused(argv: readonly string[], says: RegExp): Promise<void> {
		const { code, stdout, stderr } = await run(argv);
		assert.equal(code, 1, stderr);
		assert.equal(stdout, '');
		assert.match(stderr, /^redis-top: [^\n]+\n$/);
		assertOneLine(stderr.trimEnd());
		assert.match(stderr, says);
	}

	writeFileSync(file('broken.json'), '{\n"delay": }\n');
	const cases: readonly (readonly [argv: readonly string[], says: RegExp])[] = [
		[['--nope'], /unknown flag --nope/],
		[['-d', 'x'], /not a number/],
		[['-d'], /needs a value/],
		[['-b', '--json'], /different modes/],
		[['-d', '1', '-d', '1'], /twice/],
		[['redis://ops:SECRET@cache:99999'], /not a URL/],
		[['--config', file('none.json')], /--config: cannot read .*none\.json: no such file/],
		[['--config', file('broken.json')], /broken\.json: line \d+: not JSON/],
		[['--config', file('folder')], /--config: cannot read .*folder/],
		[['--log', file('none/a.log'), '-p', '1'], /--log: cannot write/],
		[['--tls', '--cacert', file('none')], /no such file/],
		[['--rate', '5'], /--rate is for scans: add --bigkeys or --hotkeys/],
		[['--hotkeys', '--bigkeys'], /--bigkeys and --hotkeys are different modes: give one/],
		[['--hotkeys', '--exact'], /--exact is for scans: add --bigkeys/],
		[['--cursor', 'f'], /--cursor is for scans: add --bigkeys/],
		[['--bigkeys', '--cursor', 'f', 'a:1', 'b:2'], /--cursor keeps the scan of one fleet: name one/],
		[['--bigkeys', '--pattern', ''], /--pattern is empty: give a glob, e\.g\. user:\*/],
		[['--bigkeys', '--db', 'x'], /--db x: not a number/],
		[['--bigkeys', '--db', '-1'], /--db -1: must be 0 to/],
		[['--bigkeys', '--db', '1.5'], /--db 1\.5: must be a whole number/],
		[['--json', '--db', '1'], /--db is for scans for big keys: leave it out with --json/],
		[
			['--hotkeys', '--pattern', 'a*'],
			/--pattern is for scans for big keys: servers tell their hottest keys of all; .*redis-top --hotkeys --json \| jq/,
		],
		[
			['--hotkeys', '--db', '1'],
			/--db is for scans .*HOTKEYS does not tell a key's database; .*select\(\.db == 0\)/,
		],
		[['--hotkeys', '--batch'], /--hotkeys and --batch are different modes/],
		[['--hotkeys', '--replay', file('none')], /different modes|leave out/],
		[['--bigkeys', '-n', '2'], /leave out -n/],
		[['--bigkeys', '-b'], /different modes/],
		[['--bigkeys', '--allow-changes'], /--allow-changes is for the screen: leave it out with --bigkeys/],
		[['--json', '--allow-changes'], /--allow-changes is for the screen/],
		[['--no-scan'], /--no-scan is for a runbook/],
	];
	// The words are held above; that the program ends with them is of all of them alike.
	for (const [argv, says] of cases.filter((_, index) => index % often(4, 1) === 0))
		test(`1: ${argv.join(' ').replaceAll(folder, '')}`, () => assertRefused(argv, says));

	test('wrong use connects nothing', async () => {
		let connections = 0;
		const server = createServer(socket => {
			connections++;
			socket.destroy();
		});
		const port = await new Promise<number>(resolve => {
			server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
		});
		await assertRefused(['-p', String(port), '--nope'], /unknown flag/);
		assert.equal(connections, 0);
		// And the same address without the mistake is tried, so the count means something.
		assert.equal((await run(['-p', String(port), '-n', '1', '-d', '0.25'])).code, 2);
		server.close();
		assert.ok(connections > 0);
	});

	test('0: --help and --version', async () => {
		const version = await run(['--version']);
		assert.deepEqual([version.code, version.stderr], [0, '']);
		assert.match(version.stdout, /^redis-top \d+\.\d+\.\d+\n$/);
		assert.deepEqual(await run(['--help']), { code: 0, stdout: `${helpText()}\n`, stderr: '' });
	});

	test('-a is taken with the warning redis-cli gives', async () => {
		const { code, stderr } = await run(['-a', 'SECRET', '-p', '1', '-n', '1', '-d', '0.25']);
		assert.equal(code, 2);
		assert.match(stderr, /^Warning: Using a password with '-a' .* may not be safe\.\n$/);
	});
});
