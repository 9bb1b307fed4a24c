// What is shipped: the packed file holds the one built program and its papers and nothing else, needs no other
// package, and runs where it was installed, in an empty folder. Nothing is fetched: there is nothing to fetch.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
	chmodSync,
	copyFileSync,
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { helpText } from '../source/flag-table.ts';
import { programVersion } from '../source/version.ts';
import { buildIfStale, root } from './built.ts';
import { anyServer } from './servers/servers.ts';
import { startServer } from './servers/start.ts';

const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** npm in a folder; its stdout. What it warns of is the machine's. */
async function npm(cwd: string, ...args: readonly string[]): Promise<string> {
	// As a user's npm and not as one that runs inside `npm test`.
	const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
	const { stdout } = await run('npm', [...args], { cwd, env, timeout: 120_000 });
	return stdout;
}

describe('the package', () => {
	const folder = mkdtempSync(join(tmpdir(), 'redis-top-package-'));
	const home = join(folder, 'home');
	let packed = '';
	before(async () => {
		buildIfStale();
		mkdirSync(home);
		const [file] = JSON.parse(await npm(root, 'pack', '--json', '--pack-destination', folder));
		packed = join(folder, file.filename);
		writeFileSync(join(home, 'package.json'), '{"name": "empty", "private": true}');
		await npm(home, 'install', packed, '--offline', '--no-audit', '--no-fund');
	});
	after(() => rmSync(folder, { recursive: true, force: true }));

	const redisTop = (...args: readonly string[]) =>
		run(join(home, 'node_modules/.bin/redis-top'), [...args], {
			cwd: home,
			env: { PATH: process.env.PATH, HOME: home },
			timeout: 30_000,
		});

	test('exactly the program and its papers', async () => {
		const [{ files }] = JSON.parse(await npm(root, 'pack', '--dry-run', '--json'));
		assert.deepEqual(files.map(({ path }: { path: string }) => path).sort(), [
			'CHANGELOG.md',
			'LICENSE',
			'README.md',
			'SECURITY.md',
			'dist/THIRD-PARTY-NOTICES',
			'dist/cli.js',
			'dist/demo.jsonl.gz',
			'dist/redis-top.1',
			'package.json',
		]);
	});

	test('every package in the bundle has its notice: name, version, and the text of its licence', () => {
		const inputs: string[] = JSON.parse(readFileSync(join(root, 'dist/inputs.json'), 'utf8'));
		const folders = new Set(
			inputs.flatMap(path => /.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? []),
		);
		assert.ok(folders.size > 20, `${folders.size} packages`);
		const [, ...notices] = readFileSync(join(root, 'dist/THIRD-PARTY-NOTICES'), 'utf8').split(/^-{78}\n/m);
		const byHead = new Map(notices.map(text => [text.slice(0, text.indexOf('\n')), text]));
		for (const folder of folders) {
			const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
			const text = byHead.get(`${name} ${version} (${license})`) ?? '';
			assert.ok(text.length > 500 && /copyright/i.test(text), `${name} ${version}: ${text}`);
		}
		// Two of the inputs that are sure to be there: an empty list would pass all of the above.
		for (const head of [/^ink 8/m, /^ioredis 6/m]) assert.match([...byHead.keys()].join('\n'), head);
	});

	test('needs nothing: no dependencies, none installed', () => {
		for (const name of ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundleDependencies'])
			assert.equal(manifest[name], undefined, name);
		assert.equal(manifest.files, undefined, '.npmignore decides, which a root `files` would override');
		assert.deepEqual(
			readdirSync(join(home, 'node_modules')).filter(name => !name.startsWith('.')),
			['redis-top'],
		);
	});

	test('nothing of it runs at installation', () => {
		for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
			assert.equal(manifest.scripts[name], undefined, name);
	});

	test('--version and --help', async () => {
		assert.equal(programVersion(), manifest.version, 'from source');
		const version = await redisTop('--version');
		assert.deepEqual([version.stdout, version.stderr], [`redis-top ${manifest.version}\n`, '']);
		const help = await redisTop('--help');
		assert.deepEqual([help.stdout, help.stderr], [`${helpText()}\n`, '']);
	});

	test('the file alone, by whatever name: it runs, and so does what it loads later', async () => {
		const alone = join(folder, 'redis-top');
		copyFileSync(join(root, 'dist/cli.js'), alone);
		const { stdout } = await run(alone, ['--version'], { env: { PATH: process.env.PATH, HOME: home } });
		assert.equal(stdout, `redis-top ${manifest.version}\n`);
		const completion = await run(alone, ['--completion', 'bash'], {
			env: { PATH: process.env.PATH, HOME: home },
		});
		assert.match(completion.stdout, /complete -F/);
	});

	test('one refresh of a real server', async () => {
		const server = await anyServer();
		const node = await startServer(server);
		try {
			const { stdout, stderr } = await redisTop('-b', '-n', '1', '-d', '0.5', '-p', String(node.port));
			assert.equal(stderr, '');
			assert.match(stdout, new RegExp(`^ {4}${node.address} +primary +0 `, 'm'));
		} finally {
			await node.stop();
		}
	});
});

describe('code that V8 has compiled is kept for the next start', () => {
	const home = mkdtempSync(join(tmpdir(), 'redis-top-code-'));
	const own = join(home, '.cache/redis-top');
	after(() => rmSync(home, { recursive: true, force: true }));
	const completion = async (env: Readonly<Record<string, string>> = {}) => {
		const args = [join(root, 'dist/cli.js'), '--completion', 'bash'];
		const { stdout, stderr } = await run(process.execPath, args, { env: { HOME: home, ...env } });
		assert.equal(stderr, '');
		assert.match(stdout, /^complete -F _redis_top redis-top$/m);
	};
	const kept = () => (existsSync(own) ? readdirSync(own).map(name => join(own, name)) : []);
	const file = () => {
		assert.equal(kept().length, 1, kept().join());
		return kept()[0]!;
	};

	test('not where it was told off, nor with flags of V8, nor for what answers at once', async () => {
		buildIfStale();
		await completion({ NODE_DISABLE_COMPILE_CACHE: '1' });
		await completion({ NODE_OPTIONS: '--max-old-space-size=500' });
		await run(process.execPath, [join(root, 'dist/cli.js'), '--help'], { env: { HOME: home } });
		assert.deepEqual(kept(), []);
	});

	test('for its user alone, of this version alone, and taken as it is the next time', async () => {
		mkdirSync(own, { recursive: true });
		writeFileSync(join(own, 'code-of-another-version'), '');
		await completion();
		assert.equal(statSync(file()).mode & 0o777, 0o600);
		const before = statSync(file()).mtimeMs;
		await completion();
		assert.equal(statSync(file()).mtimeMs, before);
	});

	test('what is damaged is not run, but made anew', async () => {
		const good = readFileSync(file());
		const torn = [
			good.subarray(0, good.length - 5000),
			Buffer.from(good).fill(0, 8192, 12288),
			Buffer.from('{'),
		];
		for (const bytes of torn) {
			writeFileSync(file(), bytes);
			await completion();
			assert.ok(readFileSync(file()).length > good.length / 2);
		}
	});

	test('what others could have written is neither read nor written over', async () => {
		const good = readFileSync(file());
		chmodSync(file(), 0o666);
		const before = statSync(file()).ino;
		await completion();
		assert.notEqual(statSync(file()).ino, before, 'another one in its place');
		writeFileSync(file(), 'of somebody else');
		chmodSync(own, 0o777);
		await completion();
		assert.equal(readFileSync(file(), 'utf8'), 'of somebody else');
		chmodSync(own, 0o700);
		const elsewhere = join(home, 'elsewhere');
		writeFileSync(elsewhere, good);
		const name = file();
		rmSync(name);
		symlinkSync(elsewhere, name);
		await completion();
		assert.ok(lstatSync(name).isFile());
		assert.deepEqual(readFileSync(elsewhere), good);
	});
});
