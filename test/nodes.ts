// The versions of Node that the program promises to run on: each runs the pure tests and a smoke of the built program on
// a real server. Their binaries come from npm (a package holds one binary and no script) into the user's cache. The
// version that runs this has run the pure tests in `npm test` and is smoked only. The single executable is built and
// smoked as well, in a root with nothing but libraries.
//
//   node --import tsx test/nodes.ts [MAJOR ... | binary]

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { anyServer } from './servers/servers.ts';
import { startServer, tlsFiles } from './servers/start.ts';
import { openTerminal } from './terminal/terminal.ts';

const versions: Readonly<Record<string, string>> = {
	20: '20.20.2',
	22: '22.23.5',
	24: '24.22.3',
	26: '26.12.1',
};

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'redis-top', 'nodes');

/** The path of that version's `node`; fetched when it is not in the cache. */
function nodeOf(version: string): string {
	if (process.version === `v${version}`) return process.execPath;
	const folder = path.join(cache, version);
	const name = `node-linux-${process.arch}`;
	const program = path.join(folder, 'node_modules', name, 'bin', 'node');
	if (existsSync(program)) return program;
	const partial = `${folder}.partial-${process.pid}`;
	mkdirSync(partial, { recursive: true });
	const words = ['install', '--prefix', partial, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
	execFileSync('npm', [...words, `${name}@${version}`], { stdio: ['ignore', 'ignore', 'inherit'] });
	rmSync(folder, { recursive: true, force: true });
	renameSync(partial, folder);
	return program;
}

/** `program` and the words before ours: a Node with the script, or the single executable. */
function run(program: readonly string[], args: readonly string[]): string {
	const [command, ...first] = program;
	const { stdout, stderr, status } = spawnSync(command!, [...first, ...args], {
		encoding: 'utf8',
		env: { ...process.env, XDG_CONFIG_HOME: '/nonexistent' },
		maxBuffer: 2 ** 28,
	});
	assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
	return stdout;
}

const recorded = path.join(root, 'media/demo.jsonl.gz');

function smoke(program: readonly string[]): void {
	const port = ['-p', String(server.port)];
	assert.match(run(program, ['--version']), /^redis-top \d/);
	assert.match(run(program, ['-b', '-n', '2', '-d', '0.5', ...port]), /^mem .*clients 2/m);
	assert.equal(JSON.parse(run(program, ['--json', '-n', '1', ...port])).nodes[0].health, 'up');
	assert.equal(JSON.parse(run(program, ['--bigkeys', '--json', ...port])).keys[0].key, 'key');
	const secure = ['--tls', '--cacert', tlsFiles['ca.crt'], '-p', String(behindTls.port)];
	assert.equal(JSON.parse(run(program, ['--json', '-n', '1', ...secure])).nodes[0].health, 'up');
	replayed.add(run(program, ['--replay', recorded, '--json']));
	assert.equal(replayed.size, 1, 'every version replays to the same');
}

/** In a root that has nothing but the libraries of a bare Debian: no Node, no files of ours. */
async function smokeInEmptyRoot(program: string): Promise<void> {
	if (process.getuid?.() !== 0) {
		console.log('the executable in an empty root: not tried, it needs root');
		return;
	}
	const empty = mkdtempSync(path.join(tmpdir(), 'redis-top-root-'));
	try {
		const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
		for (const file of [program, recorded, tlsFiles['ca.crt'], ...libraries]) {
			mkdirSync(path.join(empty, path.dirname(file)), { recursive: true });
			copyFileSync(file, path.join(empty, file));
		}
		mkdirSync(path.join(empty, 'tmp'), { recursive: true });
		const inside = ['chroot', empty, program];
		smokeDemo(inside);
		smoke(inside);
		await smokeScreen(inside);
	} finally {
		rmSync(empty, { recursive: true, force: true });
	}
}

/** Without a server on the PATH it plays the recording that it carries. */
const smokeDemo = (program: readonly string[]) =>
	assert.match(run(program, ['--demo', '-b', '-n', '1']), /slots 16384\/16384/);

async function smokeScreen([command, ...words]: readonly string[]): Promise<void> {
	const terminal = openTerminal(command!, [...words, '-p', String(server.port)]);
	try {
		await terminal.shows(new RegExp(`:${server.port} +primary`));
		terminal.type('q');
		assert.equal((await terminal.exit).code, 0);
	} finally {
		await terminal.stop();
	}
}

const server = await startServer(await anyServer());
const behindTls = await startServer(await anyServer(), { tls: true });
const chosen = process.argv.slice(2);
let isWrong = false;
const replayed = new Set<string>();
try {
	await server.call('SET', 'key', 'value');
	for (const [major, version] of Object.entries(versions)) {
		if (chosen.length > 0 && !chosen.includes(major)) continue;
		const node = nodeOf(version);
		assert.equal(execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(), `v${version}`);
		smoke([node, path.join(root, 'dist/cli.js')]);
		console.log(`Node ${version}: the built program answers`);
		if (node === process.execPath) continue;
		const lane = spawnSync(node, ['--import', 'tsx', 'test/lanes.ts', 'pure'], {
			cwd: root,
			stdio: 'inherit',
		});
		console.log(`Node ${version}: the pure tests ended with ${lane.status}`);
		isWrong ||= lane.status !== 0;
	}
	if (chosen.length === 0 || chosen.includes('binary')) {
		execFileSync(process.execPath, ['binary.mjs'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
		const program = path.join(root, 'dist/redis-top');
		smoke([program]);
		// As a shell finds it, and from elsewhere.
		smokeDemo(['/usr/bin/env', '-C', '/', `PATH=${path.dirname(program)}`, path.basename(program)]);
		await smokeInEmptyRoot(program);
		console.log('The single executable answers');
	}
} finally {
	await server.stop();
	await behindTls.stop();
}
process.exitCode = isWrong ? 1 : 0;
