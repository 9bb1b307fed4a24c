// One file that needs no Node: the runtime with the program in it, for Linux. And of that a Debian package.
//   npm run binary                dist/redis-top for this machine's processor
//   npm run binary -- arm64       dist/redis-top-arm64, from any machine
//   npm run deb                   dist/redis-top_VERSION_ARCH.deb
// The runtime is Node 24 from npm, for newer ones want a library that a bare Debian lacks (libatomic). The code that V8
// compiled when it was built is in it, part by part, and that halves the start.

import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	copyFileSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import pty from '@lydell/node-pty';

const nodeVersion = '24.22.3';
const words = process.argv.slice(2);
const arch = words.find(word => word === 'x64' || word === 'arm64') ?? process.arch;
const isOwn = arch === process.arch;
const { version, description } = JSON.parse(readFileSync('package.json', 'utf8'));
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'redis-top', 'nodes');

/** The folder of the npm package that holds this Node. */
function runtime() {
	const name = `node-linux-${arch}`;
	const folder = join(cache, isOwn ? nodeVersion : `${nodeVersion}-${arch}`);
	const found = join(folder, 'node_modules', name);
	if (existsSync(join(found, 'bin/node'))) return found;
	const partial = `${folder}.partial-${process.pid}`;
	mkdirSync(partial, { recursive: true });
	const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--force'];
	execFileSync('npm', ['install', '--prefix', partial, ...flags, `${name}@${nodeVersion}`], {
		stdio: ['ignore', 'ignore', 'inherit'],
	});
	rmSync(folder, { recursive: true, force: true });
	renameSync(partial, folder);
	return found;
}

/** What the executable runs before the program: it finds there the code of each part. */
const head = `{
	const sea = require('node:sea');
	const has = new Set(sea.getAssetKeys());
	globalThis.redisTopCode = { of: name => (has.has(name) ? Buffer.from(sea.getRawAsset(name)) : undefined) };
}
`;

/** Runs the program once, and keeps the code of all that it came by. V8 takes it back only under the flags it was made with. */
const compile = `
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const [, , program, into, ...words] = process.argv;
require('node:v8').setFlagsFromString = () => {};
let scripts;
// What a run before it came by is kept.
const of = name => (existsSync(into + '/' + name) ? readFileSync(into + '/' + name) : undefined);
globalThis.redisTopCode = { of, isMade: made => (scripts = made) };
process.argv.splice(1, Infinity, program, ...words);
process.on('exit', () => {
	for (const [name, script] of scripts) writeFileSync(into + '/' + name, script.createCachedData());
});
require(program);
`;

/** The same on a screen, until it has drawn some frames and was told to go. */
function drawn(node, words, home) {
	const terminal = pty.spawn(node, words, {
		cols: 140,
		rows: 40,
		env: { HOME: home, TERM: 'xterm-256color' },
	});
	let frames = 0;
	terminal.onData(() => {
		if (++frames === framesDrawn) terminal.write('q');
	});
	return new Promise((resolve, reject) =>
		terminal.onExit(({ exitCode }) =>
			exitCode === 0 ? resolve() : reject(new Error(`on a screen it ended with ${exitCode}`)),
		),
	);
}

/** By then it runs as it does for hours. */
const framesDrawn = 12;

async function binary() {
	const node = runtime();
	const folder = mkdtempSync(join(tmpdir(), 'redis-top-binary-'));
	const at = name => join(folder, name);
	try {
		// Without the line for the shell; the lines keep their numbers.
		const program = readFileSync('dist/cli.js', 'utf8').replace(/^#!.*/, '');
		writeFileSync(at('cli.cjs'), program);
		writeFileSync(at('main.cjs'), head.replaceAll(/\s*\n\s*/g, ' ') + program);
		writeFileSync(at('compile.cjs'), compile);
		mkdirSync(at('code'));
		const own = isOwn ? join(node, 'bin/node') : undefined;
		const words = [at('compile.cjs'), at('cli.cjs'), at('code'), '--replay', resolve('dist/demo.jsonl.gz')];
		if (own) {
			execFileSync(own, [...words, '--batch', '-n', '20'], {
				stdio: ['ignore', 'ignore', 'inherit'],
				env: { HOME: folder },
			});
			await drawn(own, words, folder);
		}
		const assets = {
			'demo.jsonl.gz': 'dist/demo.jsonl.gz',
			...Object.fromEntries(readdirSync(at('code')).map(name => [name, join(at('code'), name)])),
		};
		writeFileSync(
			at('config.json'),
			JSON.stringify({
				...{ main: at('main.cjs'), output: at('blob'), disableExperimentalSEAWarning: true, assets },
				// Nobody else's NODE_OPTIONS get into it.
				...{ execArgv: ['--no-warnings'], execArgvExtension: 'none' },
			}),
		);
		execFileSync(own ?? process.execPath, ['--experimental-sea-config', at('config.json')], {
			stdio: ['ignore', 'ignore', 'inherit'],
		});
		const to = isOwn ? 'dist/redis-top' : `dist/redis-top-${arch}`;
		copyFileSync(join(node, 'bin/node'), at('program'));
		chmodSync(at('program'), 0o755);
		execFileSync(
			process.execPath,
			[
				...['node_modules/postject/dist/cli.js', at('program'), 'NODE_SEA_BLOB', at('blob')],
				...['--sentinel-fuse', 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'],
			],
			{ stdio: ['ignore', 'ignore', 'inherit'] },
		);
		// In one step: the one that is there may be running.
		const fresh = `${to}.${process.pid}`;
		copyFileSync(at('program'), fresh);
		renameSync(fresh, to);
		const papers = ['dist/THIRD-PARTY-NOTICES', join(node, 'LICENSE')].map(path =>
			readFileSync(path, 'utf8'),
		);
		writeFileSync(
			'dist/redis-top.NOTICES',
			[
				papers[0],
				`${'-'.repeat(78)}\nNode.js ${nodeVersion}, which dist/redis-top runs on\n\n${papers[1]}`,
			].join('\n'),
		);
		return to;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** The program, its man page, completions and licences where Debian wants them. */
function deb(program) {
	const folder = mkdtempSync(join(tmpdir(), 'redis-top-deb-'));
	const architecture = { x64: 'amd64', arm64: 'arm64' }[arch];
	const place = (path, content, mode = 0o644) => {
		const to = join(folder, path);
		mkdirSync(join(to, '..'), { recursive: true });
		writeFileSync(to, content, { mode });
	};
	try {
		chmodSync(folder, 0o755);
		mkdirSync(join(folder, 'usr/bin'), { recursive: true });
		cpSync(program, join(folder, 'usr/bin/redis-top'));
		chmodSync(join(folder, 'usr/bin/redis-top'), 0o755);
		place('usr/share/man/man1/redis-top.1.gz', gzipSync(readFileSync('dist/redis-top.1'), { level: 9 }));
		// The program itself is asked, at the first Tab: it knows the fleets of whoever presses it.
		const asked = shell => `redis-top --completion ${shell} 2>/dev/null`;
		place('usr/share/bash-completion/completions/redis-top', `source <(${asked('bash')})\n`);
		place(
			'usr/share/zsh/vendor-completions/_redis-top',
			`#compdef redis-top\nsource <(${asked('zsh')})\n(( $+functions[_redis_top] )) && _redis_top "$@"\n`,
		);
		place('usr/share/fish/vendor_completions.d/redis-top.fish', `${asked('fish')} | source\n`);
		place(
			'usr/share/doc/redis-top/copyright',
			`${readFileSync('LICENSE', 'utf8')}\n${readFileSync('dist/redis-top.NOTICES', 'utf8')}`,
		);
		place('usr/share/doc/redis-top/changelog.gz', gzipSync(readFileSync('CHANGELOG.md'), { level: 9 }));
		place(
			'DEBIAN/control',
			[
				...[
					'Package: redis-top',
					`Version: ${version}`,
					`Architecture: ${architecture}`,
					'Section: database',
					'Priority: optional',
				],
				...[
					'Maintainer: the redis-top developers <redis-top@localhost>',
					'Depends: libc6 (>= 2.28), libstdc++6',
					'Suggests: openssh-client',
				],
				...[
					`Description: ${description}`,
					' Polls Redis and Valkey nodes and draws a refreshing top-style view.',
					'',
				],
			].join('\n'),
		);
		const to = `dist/redis-top_${version}_${architecture}.deb`;
		execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-z3', '--build', folder, to], {
			stdio: ['ignore', 'ignore', 'inherit'],
		});
		return to;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

const made = await binary();
console.log(made);
if (words.includes('--deb')) console.log(deb(made));
