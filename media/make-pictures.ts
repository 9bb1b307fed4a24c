// Makes the pictures of the README, from a real run: `npm run media`, about five minutes. The demo's cluster is started,
// the built program watches it in pseudo terminals as a person would, and at moments of the story what they show is
// written as SVG; the failover as a film as well. Numbers and times differ from run to run, the form does not;
// test/media.test.ts says when a picture is not the program's any more.

import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pty from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { type Demo, startDemo } from '../source/demo/demo.ts';
import { type FoundServer, findServer } from '../source/demo/find-server.ts';
import { anyServer } from '../test/servers/servers.ts';
import { filmOf, type Model, pictureOf, type Shot, shotOf } from './svg.ts';

const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
/** Seconds of calm before the story, which has 15 itself: the charts beside the rows show two minutes. */
const calmSeconds = Number(process.argv[2] ?? 135);
const longestMilliseconds = 60_000;
const mostBytes = { picture: 100_000, film: 2_000_000 };

type Terminal = {
	readonly model: Model;
	readonly text: () => string;
	/** Until the pattern is to be seen. */
	readonly shows: (pattern: RegExp) => Promise<void>;
	readonly press: (...keys: string[]) => Promise<void>;
	readonly close: () => Promise<void>;
};

async function makePictures(): Promise<void> {
	if (!existsSync(program)) throw new Error('there is no dist/cli.js: npm run build');
	const server = findServer(process.env) ?? (await aTestServer());
	const onProblem = console.error;
	const startedAt = performance.now();
	const demo = await startDemo({ scenario: 'story', server, repeats: false, calmSeconds, onProblem });
	/** Until so many seconds of the story, which begins when the calm is over. */
	const storyAt = (seconds: number) =>
		pause(Math.max(0, (calmSeconds + seconds) * 1000 - (performance.now() - startedAt)));
	try {
		const wide = openTerminal(140, 40, demo);
		const small = openTerminal(80, 24, demo);
		const change = openTerminal(80, 24, demo, '--allow-changes');
		await wide.shows(/slots 16384\/16384 ok/);
		await keyPictures(demo);
		await nodePicture(demo, storyAt);
		await storyAt(14);
		save('fleet-calm', 'redis-top on a calm cluster of six nodes', wide);
		const asked = changePicture(change);
		await storyAt(27);
		const film = filmed(small);
		await wide.shows(/promoted/);
		// The traffic is back, the finding of the dead node still there.
		await pause(3000);
		save('fleet-failover', 'redis-top after a failover, with a shard that evicts', wide);
		save('fleet-80x24', 'redis-top in a terminal of 80x24', small);
		await Promise.all([wide.press('3'), small.press('3')]);
		await wide.shows(/elected, epoch/);
		await pause(2500);
		save('cluster-failover', 'the cluster screen of redis-top with the story of a failover', wide);
		await Promise.all([pause(6000), asked]);
		write('failover.svg', film(), mostBytes.film);
		await Promise.all([wide, small, change].map(terminal => terminal.close()));
	} finally {
		await demo.stop();
	}
}

/** A window of what clients ask, and the scan of one shard. */
async function keyPictures(demo: Demo): Promise<void> {
	const terminal = openTerminal(80, 24, demo);
	await terminal.shows(/slots 16384\/16384 ok/);
	await terminal.press('4', 's');
	await terminal.shows(/s stops it/);
	await terminal.shows(/^(?![\s\S]*s stops it)/);
	await pause(1500);
	save('hot-keys', 'the hot keys of a shard', terminal);
	await terminal.press('5', 's');
	await terminal.shows(/scanned \d+ shards?[\s\S]*s scan/);
	await pause(500);
	save('big-keys', 'the big keys of a shard', terminal);
	await terminal.close();
}

async function nodePicture(demo: Demo, storyAt: (seconds: number) => Promise<void>): Promise<void> {
	const terminal = openTerminal(140, 40, demo);
	await terminal.shows(/slots 16384\/16384 ok/);
	await terminal.press('2');
	// The charts of a node that was watched for a while.
	await storyAt(12);
	save('node', 'one node: its charts, memory, commands and clients', terminal);
	await terminal.close();
}

const right = '\x1b[C';
const asks = /Enter runs it/;

/** The memory runbook of the shard that evicts, with the prompt of a change that waits for its word. */
async function changePicture(terminal: Terminal): Promise<void> {
	// The story fills the second shard.
	await terminal.press('j', 'j', 'r');
	await terminal.shows(/evicted under/);
	await terminal.press(...Array(4).fill(right), 'x');
	// What is not offered now stands before what is.
	for (let tries = 0; tries < 5 && !asks.test(terminal.text()); tries++) await terminal.press('j', 'x');
	await terminal.shows(asks);
	await terminal.press('127.');
	save('runbook-confirm', 'the memory runbook, with a change that waits to be confirmed', terminal);
}

async function aTestServer(): Promise<FoundServer> {
	const { server, version } = await anyServer();
	return { name: 'redis', path: server, version };
}

function save(name: string, title: string, { model }: Terminal): void {
	write(`${name}.svg`, pictureOf(model, title), mostBytes.picture);
}

function write(name: string, svg: string, most: number): void {
	const bytes = Buffer.byteLength(svg);
	if (bytes > most) throw new Error(`${name} would have ${bytes} bytes`);
	writeFileSync(new URL(name, import.meta.url), svg);
	console.log(`media/${name}  ${bytes} bytes`);
}

/** Looks four times a second from now on; what comes back ends it and makes the film. */
function filmed({ model }: Terminal): () => string {
	const shots: Shot[] = [];
	const look = () => {
		const shot = shotOf(model, performance.now(), shots.at(-1));
		if (shot) shots.push(shot);
	};
	look();
	const timer = setInterval(look, 250);
	return () => {
		clearInterval(timer);
		return filmOf(model, 'a failover as redis-top shows it, from its first sign to its report', shots, 4);
	};
}

function openTerminal(columns: number, rows: number, { seeds }: Demo, ...flags: string[]): Terminal {
	const model = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
	const child = pty.spawn(process.execPath, [program, seeds[0]!, ...flags], {
		cols: columns,
		rows,
		name: 'xterm-256color',
		env: {
			PATH: process.env.PATH!,
			XDG_CONFIG_HOME: '/nonexistent',
			TERM: 'xterm-256color',
			LANG: 'C.UTF-8',
		},
		encoding: null,
	});
	child.onData(data => model.write(data as unknown as Buffer));
	const exited = new Promise<void>(resolve => child.onExit(() => resolve()));
	const text = () =>
		Array.from({ length: rows }, (_, y) => model.buffer.active.getLine(y)?.translateToString(true)).join(
			'\n',
		);
	return {
		model,
		text,
		async shows(pattern) {
			const deadline = performance.now() + longestMilliseconds;
			while (!pattern.test(text())) {
				if (performance.now() > deadline) throw new Error(`never saw ${pattern}; the screen:\n${text()}`);
				await pause(50);
			}
		},
		async press(...keys) {
			for (const key of keys) {
				child.write(key);
				await pause(600);
			}
		},
		async close() {
			child.kill('SIGTERM');
			await exited;
		},
	};
}

await makePictures();
