// Makes the pictures of the README, from a real run: `npm run media`, about three minutes. The demo's cluster is started,
// the built program watches it in two pseudo terminals, and at three moments of the story what they show is written
// as SVG: text as text, and the glyphs of charts and bars as shapes, so that no font puts gaps into them.
// Numbers and times differ from run to run, the form does not.

import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pty from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { startDemo } from '../source/demo/demo.ts';
import { type FoundServer, findServer } from '../source/demo/find-server.ts';
import { anyServer } from '../test/servers/servers.ts';

const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
/** Seconds of calm before the story, which has 15 itself: the charts beside the rows show two minutes. */
const calmSeconds = Number(process.argv[2] ?? 105);
const longestMilliseconds = 60_000;
const mostBytes = 100_000;

type Terminal = {
	readonly model: InstanceType<typeof xterm.Terminal>;
	readonly text: () => string;
	/** Until the pattern is to be seen. */
	readonly shows: (pattern: RegExp) => Promise<void>;
	readonly close: () => Promise<void>;
};

async function makePictures(): Promise<void> {
	if (!existsSync(program)) throw new Error('there is no dist/cli.js: npm run build');
	const server = findServer(process.env) ?? (await aTestServer());
	const onProblem = console.error;
	const demo = await startDemo({ scenario: 'story', server, repeats: false, calmSeconds, onProblem });
	const startedAt = performance.now();
	const wide = openTerminal(140, 40, demo.seeds);
	const small = openTerminal(80, 24, demo.seeds);
	try {
		await wide.shows(/slots 16384\/16384 ok/);
		// The exports begin at 15 s.
		await pause((calmSeconds + 14) * 1000 - (performance.now() - startedAt));
		save('fleet-calm', 'redis-top on a calm cluster of six nodes', wide);
		await wide.shows(/promoted/);
		// The traffic is back, the finding of the dead node still there.
		await pause(3000);
		save('fleet-failover', 'redis-top after a failover, with a shard that evicts', wide);
		save('fleet-80x24', 'redis-top in a terminal of 80x24', small);
	} finally {
		await Promise.all([wide.close(), small.close()]);
		await demo.stop();
	}
}

async function aTestServer(): Promise<FoundServer> {
	const { server, version } = await anyServer();
	return { name: 'redis', path: server, version };
}

function save(name: string, title: string, { model }: Terminal): void {
	const svg = svgOf(model, title);
	const bytes = Buffer.byteLength(svg);
	if (bytes > mostBytes) throw new Error(`${name}.svg would have ${bytes} bytes`);
	writeFileSync(new URL(`${name}.svg`, import.meta.url), svg);
	console.log(`media/${name}.svg  ${model.cols}x${model.rows}  ${bytes} bytes`);
}

function openTerminal(columns: number, rows: number, seeds: readonly string[]): Terminal {
	const model = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
	const child = pty.spawn(process.execPath, [program, seeds[0]!], {
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
		async close() {
			child.kill('SIGTERM');
			await exited;
		},
	};
}

// ---------------------------------------------------------------------------------------------------------
// From cells to SVG

const cell = { width: 8.4, height: 18, baseline: 13.5 };
const margin = 12;
const ground = '#14161b';
const ink = '#d6d8de';
/** The sixteen colours of a terminal, for a dark ground. */
const palette = [
	...['#14161b', '#c4302b', '#57b36b', '#e0b13c', '#5c9ded', '#b57edc', '#4fb8c4', '#d6d8de'],
	...['#6b7080', '#f0605a', '#7fd58f', '#f5cf6b', '#8abaf7', '#d0a5ee', '#7fdae3', '#ffffff'],
];

type Look = {
	readonly ink: string;
	readonly ground: string;
	readonly isBold: boolean;
	readonly isDim: boolean;
};
type Run = { readonly y: number; readonly x: number; readonly look: Look; text: string; width: number };
type Cell = NonNullable<ReturnType<NonNullable<ReturnType<BufferOf['getLine']>>['getCell']>>;
type BufferOf = Terminal['model']['buffer']['active'];

/** The screen of a terminal as a picture. */
function svgOf(model: Terminal['model'], title: string): string {
	const runs = Array.from({ length: model.rows }, (_, y) => runsOf(model, y)).flat();
	const width = round(model.cols * cell.width + 2 * margin);
	const height = round(model.rows * cell.height + 2 * margin);
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
		`<title>${escaped(title)}</title>`,
		`<rect width="100%" height="100%" rx="8" fill="${ground}"/>`,
		'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" ' +
			`font-size="14" xml:space="preserve" transform="translate(${margin} ${margin})">`,
		...runs.flatMap(groundOf),
		...shapesOf(runs),
		...runs.flatMap(textOf),
		'</g>',
		'</svg>',
		'',
	].join('\n');
}

/** Cells of one line that look alike, together. */
function runsOf(model: Terminal['model'], y: number): Run[] {
	const runs: Run[] = [];
	const line = model.buffer.active.getLine(y);
	for (let x = 0; line && x < model.cols; x++) {
		const one = line.getCell(x)!;
		if (one.getWidth() === 0) continue;
		const look = lookOf(one);
		const last = runs.at(-1);
		if (last && sameLook(last.look, look)) {
			last.text += one.getChars() || ' ';
			last.width += one.getWidth();
		} else runs.push({ y, x, look, text: one.getChars() || ' ', width: one.getWidth() });
	}
	return runs;
}

function lookOf(one: Cell): Look {
	const front = one.isFgPalette() ? colour(one.getFgColor()) : ink;
	const back = one.isBgPalette() ? colour(one.getBgColor()) : ground;
	const isInverse = one.isInverse() !== 0;
	return {
		ink: isInverse ? back : front,
		ground: isInverse ? front : back,
		isBold: one.isBold() !== 0,
		isDim: one.isDim() !== 0,
	};
}

const colour = (index: number): string => palette[index] ?? ink;
const sameLook = (a: Look, b: Look) =>
	a.ink === b.ink && a.ground === b.ground && a.isBold === b.isBold && a.isDim === b.isDim;

function groundOf({ x, y, width, look }: Run): string[] {
	if (look.ground === ground) return [];
	const [left, top] = [round(x * cell.width), y * cell.height];
	return [
		`<rect x="${left}" y="${top}" width="${round(width * cell.width)}" height="${cell.height}" fill="${look.ground}"/>`,
	];
}

/** Words, each word group at its place: what is a shape or two blanks wide is left out between them. */
function textOf({ x, y, look, text }: Run): string[] {
	const words = [...text].map(char => (isShape(char) ? ' ' : char)).join('');
	const style = [
		`fill="${look.ink}"`,
		look.isBold ? 'font-weight="bold"' : '',
		look.isDim ? 'opacity="0.6"' : '',
	].filter(Boolean);
	return [...words.matchAll(/\S+(?: \S+)*/g)].map(({ 0: word, index }) => {
		const left = round((x + index) * cell.width);
		const length = round(word.length * cell.width);
		const place = `x="${left}" y="${y * cell.height + cell.baseline}" textLength="${length}"`;
		return `<text ${place} ${style.join(' ')}>${escaped(word)}</text>`;
	});
}

/** One path of areas and one of lines for each colour. */
function shapesOf(runs: readonly Run[]): string[] {
	const areas = new Map<string, string>();
	const lines = new Map<string, string>();
	const add = (paths: Map<string, string>, look: Look, opacity: number, path: string) => {
		const key = `"${look.ink}" opacity="${look.isDim ? round(opacity * 0.6) : opacity}"`;
		paths.set(key, (paths.get(key) ?? '') + path);
	};
	for (const { x, y, text, look } of runs) {
		[...text].forEach((char, offset) => {
			const [left, top] = [round((x + offset) * cell.width), y * cell.height];
			const eighths = '▁▂▃▄▅▆▇█'.indexOf(char) + 1;
			if (eighths > 0) add(areas, look, 1, area(left, top, eighths / 8));
			else if (char === '░') add(areas, look, 0.25, area(left, top, 1));
			else if (strokes[char]) add(lines, look, 1, strokes[char].map(stroke => stroke(left, top)).join(''));
		});
	}
	return [
		...[...areas].map(([look, path]) => `<path fill=${look} d="${path}"/>`),
		...[...lines].map(([look, path]) => `<path fill="none" stroke-width="1.3" stroke=${look} d="${path}"/>`),
	];
}

/** A block from the bottom of the cell, a little lower than the cell so that two lines stay apart. */
function area(left: number, top: number, share: number): string {
	const height = round((cell.height - 3) * share);
	return `M${left} ${round(top + cell.height - 1)}h${cell.width}v-${height}h-${cell.width}z`;
}

type Stroke = (left: number, top: number) => string;
const middle = { x: cell.width / 2, y: cell.height / 2 };
const toLeft: Stroke = (left, top) => `M${left} ${top + middle.y}h${middle.x}`;
const toRight: Stroke = (left, top) => `M${round(left + middle.x)} ${top + middle.y}h${middle.x}`;
const up: Stroke = (left, top) => `M${round(left + middle.x)} ${top}v${middle.y}`;
const down: Stroke = (left, top) => `M${round(left + middle.x)} ${top + middle.y}v${middle.y}`;
/** A quarter turn between the middle of the top or bottom edge and that of a side. */
const turn =
	(from: 'top' | 'bottom', to: 'left' | 'right'): Stroke =>
	(left, top) => {
		const start = from === 'top' ? top : top + cell.height;
		const end = to === 'left' ? left : round(left + cell.width);
		return `M${round(left + middle.x)} ${start}Q${round(left + middle.x)} ${top + middle.y} ${end} ${top + middle.y}`;
	};
const strokes: Readonly<Record<string, readonly Stroke[]>> = {
	'─': [toLeft, toRight],
	'╴': [toLeft],
	'╶': [toRight],
	'│': [up, down],
	'┤': [up, down, toLeft],
	'┼': [up, down, toLeft, toRight],
	'╭': [turn('bottom', 'right')],
	'╮': [turn('bottom', 'left')],
	'╰': [turn('top', 'right')],
	'╯': [turn('top', 'left')],
};

const isShape = (char: string): boolean => '▁▂▃▄▅▆▇█░'.includes(char) || char in strokes;
const round = (value: number): number => Math.round(value * 100) / 100;
const escaped = (text: string): string =>
	text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

await makePictures();
