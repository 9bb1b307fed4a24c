// Which tests run in which lane, and how. `npm test` is the one that everybody runs at every step: every part of the
// program, each live file on one kind of server, files side by side. What it leaves out runs in the others:
//
//   live      the live files on the other kind of server, the long ones (X.live.ts) on both, and whole what tries
//             values at random or as `often` says
//   measured  what rests on how fast the machine is and needs it for itself: X.measured.ts, and files that ask lane.ts;
//             a file that failed is measured once more, and only what fails twice has failed
//   matrix    the live files, also the long ones, on every server there is (or those that REDIS_TOP_TEST_SERVERS names),
//             each file once a server in a process of its own, server by server; and the servers that cannot be had:
//             scripted ones (kinds/) and the table of those that are known
//   binary    the tests on a terminal, with the single executable in place of the script under Node
//   pure      no server, no program, no clock: what runs on every version of Node
//
// A lane runs `node --test` over its files. At the end stand the ten slowest tests, then the runner's own summary.
//
//   node --import tsx test/lanes.ts LANE [WORD ...]     only files whose path holds one of the words

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundle } from './bundle.ts';
import { serverIds } from './servers/servers.ts';

type Lane = {
	readonly files: readonly string[];
	/** Files at the same time. Most of a live test is waiting. */
	readonly atOnce: number;
	readonly env?: Readonly<Record<string, string>>;
	/** A file that starts servers is run once for each of them: of seven, one process after the other took half an hour. */
	readonly servers?: readonly string[];
	/** A machine that is shared takes a second from one of them now and then. */
	readonly isTriedTwice?: boolean;
};

const folder = fileURLToPath(new URL('.', import.meta.url));
const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => path.join(folder, name));
const tests = all.filter(file => /\.test\.tsx?$/.test(file));
const isTestOrLive = (file: string) => /\.(test|live)\.tsx?$/.test(file);
const says = (pattern: RegExp) => (file: string) => pattern.test(readFileSync(file, 'utf8'));

/** Starts nothing and waits for nothing: only calls of what it imports. */
const isLive = says(/servers\/|\/scripted\.ts|terminal\.ts|node:child_process|built\.ts|live\//);

/** The demo starts Redis and Valkey alone, and has their versions in its own tests. */
const isOfMatrix = (file: string): boolean =>
	/^(servers|live|kinds)\/|known-servers|server-identity/.test(path.relative(folder, file)) ||
	(says(/\btestServers\(/)(file) && !file.includes('/demo/'));

const lanes: Readonly<Record<string, () => Lane>> = {
	test: () => ({ files: tests, atOnce: 7 }),
	live: () => ({
		files: [
			...all.filter(file => file.endsWith('.live.ts')),
			...tests.filter(says(/\btestServers\(|\boften\(|\bfc\.assert\(/)),
		],
		atOnce: 6,
		env: { REDIS_TOP_TEST_LANE: 'live' },
	}),
	measured: () => ({
		files: [
			...all.filter(file => file.endsWith('.measured.ts')),
			...all.filter(isTestOrLive).filter(says(/\bmeasured\(|\bisMeasured\b/)),
		],
		atOnce: 1,
		env: { REDIS_TOP_TEST_LANE: 'measured' },
		isTriedTwice: true,
	}),
	matrix: () => ({
		files: all.filter(file => isTestOrLive(file) && isOfMatrix(file)),
		atOnce: 4,
		servers: (process.env.REDIS_TOP_TEST_SERVERS || serverIds.join()).split(',').map(id => id.trim()),
	}),
	binary: () => ({
		files: all.filter(file => isTestOrLive(file) && path.relative(folder, file).startsWith('terminal/')),
		atOnce: 3,
		env: { REDIS_TOP_TEST_LANE: 'binary' },
	}),
	pure: () => ({ files: tests.filter(file => !isLive(file)), atOnce: 2 }),
};

/** A file that does not end by itself: what a failed test left running must not keep the whole run from its end. */
const longestMilliseconds = 30 * 60_000;

/** Processes for the files that are not live: to start one for each would take longer than most of them do. */
const processes = 6;

/** Files that import one of `built`, each for one server, in the order of the servers. */
function eachOn(
	servers: readonly string[],
	files: readonly string[],
	built: readonly string[],
	into: string,
): readonly string[] {
	const startsServers = says(/\btestServers\(/);
	const of = (file: string) => built[files.indexOf(file)]!;
	const wrapped = servers.flatMap((id, index) =>
		files.filter(startsServers).map(file => {
			const name = path.relative(folder, file).replaceAll(path.sep, '.');
			const wrapper = path.join(into, `${index + 1} ${id} ${name.replace(/ts$/, 'mjs')}`);
			const setting = `process.env.REDIS_TOP_TEST_SERVERS='${id}'`;
			const lines = [`data:text/javascript,${setting}`, pathToFileURL(of(file)).href];
			writeFileSync(wrapper, importing(lines));
			return wrapper;
		}),
	);
	return [...wrapped, ...files.filter(file => !startsServers(file)).map(of)];
}

const importing = (urls: readonly string[]) => urls.map(url => `import ${JSON.stringify(url)};\n`).join('');

/** The files as they are run: those that are not live by files that import many of them. */
function grouped(files: readonly string[], into: string): readonly string[] {
	const pure = files.filter(file => !isLive(file));
	const groups = Array.from({ length: Math.min(processes, pure.length) }, (_, index) => {
		const group = path.join(into, `pure-${index + 1}.test.mjs`);
		writeFileSync(group, importing(pure.filter((_, at) => at % processes === index)));
		return group;
	});
	return [...files.filter(isLive), ...groups];
}

/** Ends with the runner's exit code, and the files of the tests that failed. */
async function run({
	files,
	atOnce,
	env,
	servers,
}: Lane): Promise<{ code: number; failed: readonly string[] }> {
	const root = path.join(folder, '..');
	const into = mkdtempSync(path.join(root, '.tests-built-'));
	const remove = () => rmSync(into, { recursive: true, force: true });
	process.once('exit', remove);
	const failures = path.join(into, 'failures');
	const entries = servers ? files : grouped(files, into);
	const [seed, ...built] = await bundle([path.join(folder, 'seed.ts'), ...entries], into);
	const words = ['--enable-source-maps', '--import', seed!, '--test', `--test-concurrency=${atOnce}`];
	words.push(`--test-timeout=${longestMilliseconds}`);
	const reporter = ['--test-reporter=./test/reporter.mjs', '--test-reporter-destination=stdout'];
	const asRun = servers ? eachOn(servers, files, built, into) : built;
	const child = spawn(process.execPath, [...words, ...reporter, ...asRun], {
		cwd: root,
		stdio: 'inherit',
		env: { ...process.env, ...env, REDIS_TOP_TEST_FAILURES: failures },
	});
	kill = signal => child.kill(signal);
	const [code, signal] = await once(child, 'exit');
	kill = undefined;
	const failed = existsSync(failures) ? readFileSync(failures, 'utf8').trim().split('\n') : [];
	remove();
	process.off('exit', remove);
	// As written: what is run of a file may be named instead.
	const written = (file: string) => entries[built.indexOf(file)] ?? file;
	return { code: code ?? (signal === null ? 1 : 130), failed: [...new Set(failed.map(written))] };
}

let kill: ((signal: NodeJS.Signals) => void) | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
	process.on(signal, () => (kill ? kill(signal) : process.exit(130)));

const [name = '', ...words] = process.argv.slice(2);
const lane = lanes[name]?.();
if (lane === undefined) throw new Error(`a lane is one of ${Object.keys(lanes).join(', ')}, not '${name}'`);
const files = lane.files.filter(file => words.length === 0 || words.some(word => file.includes(word)));
if (files.length === 0) throw new Error(`no file of the lane ${name} has ${words.join(' or ')} in its path`);
let { code, failed } = await run({ ...lane, files });
if (code === 1 && lane.isTriedTwice && failed.length > 0 && failed.every(file => files.includes(file))) {
	console.log(`\nmeasured once more: ${failed.map(file => path.relative(folder, file)).join(', ')}\n`);
	({ code, failed } = await run({ ...lane, files: failed }));
}
process.exitCode = code;
