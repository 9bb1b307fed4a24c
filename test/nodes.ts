// The versions of Node that the program promises to run on: each runs the pure tests and a smoke of the built program on
// a real server. Their binaries come from npm (a package holds one binary and no script) into the user's cache. The
// version that runs this has run the pure tests in `npm test` and is smoked only.
//
//   node --import tsx test/nodes.ts [MAJOR ...]

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { anyServer } from './servers/servers.ts';
import { startServer } from './servers/start.ts';

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

function run(node: string, args: readonly string[]): string {
	const { stdout, stderr, status } = spawnSync(node, [path.join(root, 'dist/cli.js'), ...args], {
		encoding: 'utf8',
		env: { ...process.env, XDG_CONFIG_HOME: '/nonexistent' },
		maxBuffer: 2 ** 28,
	});
	assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
	return stdout;
}

const server = await startServer(await anyServer());
const chosen = process.argv.slice(2);
let isWrong = false;
const replayed = new Set<string>();
try {
	await server.call('SET', 'key', 'value');
	for (const [major, version] of Object.entries(versions)) {
		if (chosen.length > 0 && !chosen.includes(major)) continue;
		const node = nodeOf(version);
		assert.equal(execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(), `v${version}`);
		const port = ['-p', String(server.port)];
		assert.match(run(node, ['--version']), /^redis-top \d/);
		assert.match(run(node, ['-b', '-n', '2', '-d', '0.5', ...port]), /^mem .*clients 2/m);
		assert.equal(JSON.parse(run(node, ['--json', '-n', '1', ...port])).nodes[0].health, 'up');
		assert.equal(JSON.parse(run(node, ['--bigkeys', '--json', ...port])).keys[0].key, 'key');
		replayed.add(run(node, ['--replay', path.join(root, 'media/demo.jsonl.gz'), '--json']));
		assert.equal(replayed.size, 1, 'every version replays to the same');
		console.log(`Node ${version}: the built program answers`);
		if (node === process.execPath) continue;
		const lane = spawnSync(node, ['--import', 'tsx', 'test/lanes.ts', 'pure'], {
			cwd: root,
			stdio: 'inherit',
		});
		console.log(`Node ${version}: the pure tests ended with ${lane.status}`);
		isWrong ||= lane.status !== 0;
	}
} finally {
	await server.stop();
}
process.exitCode = isWrong ? 1 : 0;
