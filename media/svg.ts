// From the cells of a terminal to SVG: text as text, and the glyphs of charts and bars as shapes, so that no font puts
// gaps into them. A film is the lines of many screens, each shown at its times: whatever plays SVG plays it.

import type xterm from '@xterm/headless';

export type Model = InstanceType<typeof xterm.Terminal>;

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
type BufferOf = Model['buffer']['active'];

/** The screen of a terminal as a picture. */
export function pictureOf(model: Model, title: string): string {
	return drawing(model, title, linesOf(model).flatMap(drawn));
}

/** What a terminal showed at a moment: its lines, each a run of cells that look alike after the other. */
export type Shot = { readonly milliseconds: number; readonly lines: readonly (readonly Run[])[] };

/** The screen as it is now; undefined where it is what the last shot shows. */
export function shotOf(model: Model, milliseconds: number, last: Shot | undefined): Shot | undefined {
	const lines = linesOf(model);
	if (last && JSON.stringify(last.lines) === JSON.stringify(lines)) return undefined;
	return { milliseconds, lines };
}

/** Shots one after the other, again and again; the last one stands for `restSeconds`. Where nothing moves the first one is seen. */
export function filmOf(model: Model, title: string, shots: readonly Shot[], restSeconds: number): string {
	const [start, end] = [shots[0]!.milliseconds, shots.at(-1)!.milliseconds + restSeconds * 1000];
	const ends = [...shots.slice(1).map(({ milliseconds }) => milliseconds), end];
	const parts = new Map<string, { readonly runs: readonly Run[]; readonly spans: [number, number][] }>();
	shots.forEach(({ milliseconds, lines }, index) => {
		for (const runs of lines) {
			const key = JSON.stringify(runs);
			const part = parts.get(key) ?? { runs, spans: [] };
			parts.set(key, part);
			const span = part.spans.at(-1);
			const [from, to] = [milliseconds - start, ends[index]! - start];
			if (span?.[1] === from) span[1] = to;
			else part.spans.push([from, to]);
		}
	});
	const shown = [...parts.values()].flatMap(({ runs, spans }) => {
		const drawing = drawn(runs).join('');
		if (drawing === '') return [];
		return [`<g${timesOf(spans, end - start)}${drawing}</g>`];
	});
	return drawing(model, title, shown);
}

/** When a part of a film is to be seen, of `length` milliseconds. */
function timesOf(spans: readonly (readonly [number, number])[], length: number): string {
	if (spans.length === 1 && spans[0]![0] === 0 && spans[0]![1] === length) return '>';
	const changes = spans.flatMap(([from, to]) => [
		{ at: from, value: 'inline' },
		...(to < length ? [{ at: to, value: 'none' }] : []),
	]);
	const isFirst = changes[0]!.at === 0;
	const all = isFirst ? changes : [{ at: 0, value: 'none' }, ...changes];
	const times = all.map(({ at }) => Math.round((at / length) * 1e5) / 1e5).join(';');
	const values = all.map(({ value }) => value).join(';');
	const what = 'attributeName="display" calcMode="discrete" repeatCount="indefinite"';
	return `${isFirst ? '' : ' display="none"'}><animate ${what} dur="${Math.round(length)}ms" keyTimes="${times}" values="${values}"/>`;
}

function drawing(model: Model, title: string, parts: readonly string[]): string {
	const width = round(model.cols * cell.width + 2 * margin);
	const height = round(model.rows * cell.height + 2 * margin);
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
		`<title>${escaped(title)}</title>`,
		`<rect width="100%" height="100%" rx="8" fill="${ground}"/>`,
		'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" ' +
			`font-size="14" xml:space="preserve" transform="translate(${margin} ${margin})">`,
		...parts,
		'</g>',
		'</svg>',
		'',
	].join('\n');
}

const linesOf = (model: Model) => Array.from({ length: model.rows }, (_, y) => runsOf(model, y));
const drawn = (runs: readonly Run[]): string[] => [
	...runs.flatMap(groundOf),
	...shapesOf(runs),
	...runs.flatMap(textOf),
];

/** The text of a picture, line by line: what `pictureOf` wrote, read back. For the test that holds it against the program. */
export function textOfPicture(svg: string): readonly string[] {
	const lines: string[][] = [];
	for (const { groups } of svg.matchAll(
		/<text x="(?<x>[\d.]+)" y="(?<y>[\d.]+)"[^>]*>(?<text>[^<]*)<\/text>/g,
	)) {
		const y = Math.round((Number(groups!.y) - cell.baseline) / cell.height);
		const line = lines[y] ?? [];
		lines[y] = line;
		const column = Math.round(Number(groups!.x) / cell.width);
		[...plainOf(groups!.text!)].forEach((char, offset) => {
			line[column + offset] = char;
		});
	}
	return Array.from(lines, line => Array.from(line ?? [], char => char ?? ' ').join(''));
}

const plainOf = (text: string) =>
	text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** Cells of one line that look alike, together. */
function runsOf(model: Model, y: number): Run[] {
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
			else if (shades[char]) add(areas, look, shades[char], area(left, top, 1));
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

const shades: Readonly<Record<string, number>> = { '░': 0.25, '▒': 0.5, '▓': 0.75 };
const isShape = (char: string): boolean => '▁▂▃▄▅▆▇█'.includes(char) || char in shades || char in strokes;
const round = (value: number): number => Math.round(value * 100) / 100;
const escaped = (text: string): string =>
	text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
