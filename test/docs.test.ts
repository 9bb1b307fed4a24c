// The README says what the program does: its tables are those the program runs on, its commands are in package.json,
// its links lead somewhere, and with its ACL lines a real server refuses nothing. `npm run docs` (UPDATE_DOCS=1) writes the tables anew.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { aclWord, commandNames, commandOf, occasions } from '../source/core/commands.ts';
import { flagTable } from '../source/flag-table.ts';
import { plainWords } from '../source/flag-words.ts';
import { buildIfStale } from './built.ts';
import { madeAnew, readme } from './docs.ts';
import { runOnce } from './live/redis-top.ts';
import { startSentinels } from './servers/fleets.ts';
import { having } from './servers/having.ts';
import { type Server, testServers } from './servers/servers.ts';
import { type RunningServer, startServer } from './servers/start.ts';

before(buildIfStale);

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

test('the tables of the README are those of the program', () => {
	const text = readFileSync(readme, 'utf8');
	const made = madeAnew(text);
	if (process.env.UPDATE_DOCS === '1') return writeFileSync(readme, made);
	const [kept, wanted] = [text.split('\n'), made.split('\n')];
	const at = kept.findIndex((line, index) => line !== wanted[index]);
	assert.equal(
		made,
		text,
		`README.md is stale from line ${at + 1}: npm run docs\n- ${kept[at]}\n+ ${wanted[at]}`,
	);
});

/** What redis-cli 8.6.3 --help has of how a server is reached; its other flags are about commands, replies and modes. */
const redisCli = [
	...[
		'-h',
		'-p',
		'-t',
		'-s',
		'-a',
		'--user',
		'--pass',
		'--askpass',
		'-u',
		'-r',
		'-i',
		'-n',
		'--name',
		'-2',
		'-3',
		'-c',
	],
	...['-4', '-6', '--tls', '--sni', '--cacert', '--cacertdir', '--insecure', '--cert', '--key'],
	...['--tls-ciphers', '--tls-ciphersuites', '--no-auth-warning'],
];

test("of redis-cli's connection flags each has its row, and those that are the same are taken", () => {
	const [, table = ''] = /\| redis-cli 8 \| redis-top \|\n(.*?)\n\n/s.exec(read('README.md')) ?? [];
	const rows = table.split('\n').map(row => row.split(' | '));
	for (const flag of redisCli) {
		const [, said] = rows.find(([flags = '']) => new RegExp(`\`${flag}( |\`)`).test(flags)) ?? [];
		assert.ok(said !== undefined, `${flag} has no row`);
		if (said.startsWith('the same')) assert.ok(isTaken(flag), `${flag} is not taken`);
		else assert.equal(isTaken(flag), flag === '-n', `${flag}: ${said}`);
	}
});

const isTaken = (flag: string): boolean => {
	try {
		plainWords([flag, '1'], () => []);
		return true;
	} catch {
		return false;
	}
};

test('a stale table is found', () => {
	const text = readFileSync(readme, 'utf8');
	const stale = text.replace('| `--askpass` |', '| `--ask` |');
	assert.notEqual(stale, text);
	assert.equal(madeAnew(stale), madeAnew(text));
	assert.throws(() => madeAnew(text.replace('<!-- /flags -->', '')), /no <!-- flags -->/);
	assert.throws(() => madeAnew(`${text}\n<!-- nonsense -->\n`), /nothing is made for/);
});

for (const name of ['README.md', 'CONTRIBUTING.md']) {
	test(`${name}: every npm script, flag and file in it exists`, () => {
		const text = read(name);
		const { scripts } = JSON.parse(read('package.json'));
		for (const [, script] of text.matchAll(/npm run (?:--silent )?([a-z:-]+)/g))
			assert.ok(scripts[script!], script);
		const ours = new Set(flagTable.map(flag => `--${flag.name}`));
		for (const [line, flag] of text.matchAll(/redis-top [^\n`]*?(--[a-z-]+)/g))
			assert.ok(ours.has(flag!), line);
		for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)]+)\)/g))
			assert.ok(existsSync(new URL(`../${target}`, import.meta.url)), target);
		for (const [, heading] of text.matchAll(/\]\(#([^)]+)\)/g))
			assert.ok(headingsOf(text).has(heading!), heading);
	});
}

test('the ACL lines of the README are enough for every command there is', () => {
	const lines = read('README.md')
		.split('\n')
		.filter(line => line.startsWith('ACL SETUSER'))
		.join(' ');
	for (const name of commandNames) {
		if (name === 'auth' || name === 'reset') continue; // Always allowed.
		const rule = aclWord(commandOf(name));
		assert.ok(lines.includes(rule), rule);
	}
});

test('of every command it is told when it is sent', () => {
	const told = new Set(occasions.flatMap(({ of }) => of));
	assert.deepEqual(
		commandNames.filter(name => !told.has(name)),
		[],
	);
});

/** The line for a server, as words of the command. */
function aclLine(server: Server, isSentinel: boolean): string[] {
	const lines = read('README.md')
		.split('\n')
		.filter(line => line.startsWith('ACL SETUSER'));
	const isSeven = server.name === 'redis' && server.version.startsWith('7.0');
	const line = lines.find(text =>
		isSentinel
			? text.includes('+sentinel')
			: text.includes('+cluster') && text.includes('+client|no-touch') !== isSeven,
	);
	return line!.replace('PASSWORD', 'secret').split(' ');
}

async function assertNothingRefused(node: RunningServer, isSentinel: boolean): Promise<void> {
	const [command, ...words] = aclLine(node.server, isSentinel);
	await node.call(command!, ...words);
	const env = { REDISCLI_AUTH: 'secret' };
	const args = ['--user', 'redis-top', '-p', String(node.port), '--no-discover', '--json', '-n', '1'];
	const { stdout, code, stderr } = await runOnce([...args, '-d', '0.5'], env);
	assert.equal(code, 0, stderr);
	assert.equal(JSON.parse(stdout).mode, isSentinel ? 'sentinel' : 'cluster');
	assert.deepEqual(await node.call('ACL', 'LOG'), []);
	// That the log would have told: without a word the server notes it.
	await node.call('ACL', 'SETUSER', 'redis-top', '-client');
	await runOnce([...args, '-d', '0.5'], env);
	assert.notDeepEqual(await node.call('ACL', 'LOG'), []);
}

const servers = await testServers('redis');
for (const server of servers)
	test(`${server.name} ${server.version}: with the ACL line of the README nothing is refused`, async () => {
		const node = await startServer(server, { config: { 'cluster-enabled': 'yes' } });
		await assertNothingRefused(node, false).finally(() => node.stop());
	});
for (const server of having('ACL in a Sentinel', { redis: 6.2, valkey: 0, redict: 0 }, servers))
	test(`Sentinel of ${server.name} ${server.version}: nothing is refused`, async () => {
		const fleet = await startSentinels(server, { replicas: 0, sentinels: 1, quorum: 1 });
		await assertNothingRefused(fleet.sentinels[0]!, true).finally(() => fleet.stop());
	});

function headingsOf(text: string): ReadonlySet<string> {
	const slug = (heading: string) =>
		heading
			.toLowerCase()
			.replace(/[^a-z0-9 -]/g, '')
			.replaceAll(' ', '-');
	return new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slug(heading!)));
}
