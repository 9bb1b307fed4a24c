// Does the screen of before and after find a deploy, and does it leave a quiet minute alone? Each run has a cluster of
// its own with the demo's traffic, redis-top in a terminal, and a marker set from outside by --mark. Of each pair one
// deploys the new version a minute behind the marker, the other does not: the screen must name the three mistakes of the
// new version in its first five lines and nothing else, and nothing at all of the other. Real time passes: about four
// minutes a pair.
//
//   node --import tsx test/demo/deploys.ts [PAIRS] [FOLDER]      one pair; recordings and screens into FOLDER
//
// With a folder each run leaves its recording there, to compare once more without waiting:
//   node dist/cli.js --compare FOLDER/deploy-….jsonl.gz

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startDemoCluster } from '../../source/demo/cluster.ts';
import { calm, deployed } from '../../source/demo/scenario.ts';
import { startTraffic } from '../../source/demo/traffic.ts';
import { anyServer } from '../servers/servers.ts';
import { buildProgram, programWords } from '../terminal/built.ts';
import { openRedisTop } from '../terminal/terminal.ts';

/** Seconds of each part of a run. */
const seconds = { before: 60, untilDeploy: 60, after: 60 } as const;
const mistakes = { connections: /clients|connections/, ttl: /without ttl/, command: /hgetall/ } as const;
const linesLookedAt = 5;

type Kind = 'deploy' | 'control';
type Outcome = {
	readonly kind: Kind;
	readonly verdict: string;
	/** Of the first five lines of what changed. */
	readonly missed: readonly string[];
	/** Lines that say something else changed. */
	readonly others: readonly string[];
};

async function oneRun(kind: Kind, folder: string, name: string): Promise<Outcome> {
	const { server, version } = await anyServer();
	const cluster = await startDemoCluster({ name: 'redis', path: server, version });
	const traffic = await startTraffic(cluster, calm);
	// --mark of this run finds this redis-top alone.
	const runtime = mkdtempSync(path.join(tmpdir(), 'deploys-'));
	const recording = path.join(folder, `${name}.jsonl.gz`);
	const terminal = openRedisTop(['-u', cluster.nodes[0]!.address, '--record', recording], {
		size: [100, 50],
		env: { XDG_RUNTIME_DIR: runtime },
	});
	try {
		await terminal.shows(/^ops \d/m);
		await pause(seconds.before * 1000);
		await mark(terminal.pid, runtime);
		await pause(seconds.untilDeploy * 1000);
		if (kind === 'deploy') traffic.setMix(deployed);
		await pause(seconds.after * 1000);
		terminal.type('7');
		await terminal.shows(/^AS BEFORE|^ *FIGURE/m);
		const screen = terminal.text();
		writeFileSync(path.join(folder, `${name}.txt`), `${screen}\n`);
		// The recording is whole only when it has left.
		terminal.type('Q');
		await Promise.race([terminal.exit, pause(5000)]);
		return outcomeOf(kind, screen.split('\n'));
	} finally {
		await terminal.stop();
		traffic.stop();
		await cluster.stop();
		rmSync(runtime, { recursive: true, force: true });
	}
}

async function mark(pid: number, runtime: string): Promise<void> {
	const [command, ...words] = programWords;
	const args = [...words, '--mark', 'v42 start', '--to', String(pid)];
	await promisify(execFile)(command, args, { env: { ...process.env, XDG_RUNTIME_DIR: runtime } });
}

function outcomeOf(kind: Kind, screen: readonly string[]): Outcome {
	const head = screen.findIndex(line => /^ *FIGURE/.test(line));
	const rest = screen.slice(head + 1);
	const end = rest.indexOf('');
	// Behind an empty line comes what is as before; where nothing changed it comes at once.
	const told = /^AS BEFORE/.test(rest[0] ?? '') ? [] : rest.slice(0, end < 0 ? rest.length : end);
	const wanted = kind === 'deploy' ? Object.entries(mistakes) : [];
	const first = told.slice(0, linesLookedAt);
	const isWanted = (line: string) => wanted.some(([, words]) => words.test(line));
	return {
		...{ kind, verdict: screen[2] ?? '' },
		missed: wanted.flatMap(([name, words]) => (first.some(line => words.test(line)) ? [] : [name])),
		others: told.filter(line => !/^ +with it: /.test(line) && !isWanted(line)),
	};
}

const isRight = ({ missed, others }: Outcome) => missed.length === 0 && others.length === 0;

const pairs = Number(process.argv[2] ?? 1);
const folder = process.argv[3] ?? mkdtempSync(path.join(tmpdir(), 'redis-top-deploys-'));
mkdirSync(folder, { recursive: true });
await buildProgram();
const outcomes: Outcome[] = [];
for (let pair = 1; pair <= pairs; pair++) {
	const stamp = new Date().toISOString().slice(11, 19).replaceAll(':', '');
	const both = (['deploy', 'control'] as const).map(kind => oneRun(kind, folder, `${kind}-${stamp}`));
	for (const outcome of await Promise.all(both)) {
		outcomes.push(outcome);
		const { kind, verdict, missed, others } = outcome;
		const wrong = [...missed.map(each => `missed ${each}`), ...others.map(line => `also ${line.trim()}`)];
		console.log(`${pair} ${kind}: ${isRight(outcome) ? 'right' : wrong.join('; ')}: ${verdict}`);
	}
}
for (const kind of ['deploy', 'control'] as const) {
	const all = outcomes.filter(outcome => outcome.kind === kind);
	console.log(`${kind}: ${all.filter(isRight).length} of ${all.length} right`);
}
if (process.argv[3] === undefined) rmSync(folder, { recursive: true, force: true });
const falseChanges = outcomes.filter(outcome => outcome.kind === 'control' && !isRight(outcome)).length;
const isMissed = outcomes.some(({ missed }) => missed.length > 0);
process.exit(isMissed || falseChanges * 20 > Math.max(20, pairs) ? 1 : 0);
