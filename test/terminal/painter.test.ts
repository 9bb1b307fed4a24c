// What the painter writes, on a model of a terminal: after any walk of frames, sizes and whatever another program did to
// the screen, each cell is as a drawing from nothing gives it; and no frame is more bytes than each changed cell at its
// own place would be.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import xterm from '@xterm/headless';
import fc from 'fast-check';
import type { State } from '../../source/state/state.ts';
import { createPainter } from '../../source/terminal/painter.ts';
import { linesOf } from '../../source/view/frame.ts';
import { codesOf, crop, type Line, paint, type Span, type Style } from '../../source/view/theme.ts';
import { often } from '../lane.ts';
import { calmCluster, openScreen, splitViews } from '../view/build-cluster.ts';
import { hotHostile, hotSampled } from '../view/build-hot-keys.ts';
import * as keys from '../view/build-keys.ts';
import { nodeHostile, nodeIncident } from '../view/build-node.ts';
import { runbookScope } from '../view/build-runbook.ts';
import { calm, incident } from '../view/build-state.ts';

type Size = State['size'];
type Frame = { readonly lines: readonly Line[]; readonly size: Size; readonly isColour: boolean };

const cutting = '\x1b[?7l';

function openModel({ columns, rows }: Size) {
	const model = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
	model.write(cutting);
	return model;
}

const seenOn = (model: xterm.Terminal): Promise<readonly string[]> =>
	new Promise(resolve =>
		model.write('', () =>
			resolve(
				Array.from({ length: model.rows }, (_, y) =>
					Array.from({ length: model.cols }, (_, x) => {
						const cell = model.buffer.active.getLine(model.buffer.active.baseY + y)!.getCell(x)!;
						const chars = cell.getChars() || (cell.getWidth() === 0 ? '' : ' ');
						return [
							chars,
							...[cell.getFgColor(), cell.getBgColor(), cell.isBold(), cell.isDim(), cell.isInverse()],
						].join();
					}).join('|'),
				),
			),
		),
	);

async function fresh({ lines, size, isColour }: Frame): Promise<readonly string[]> {
	const model = openModel(size);
	model.write(lines.map((line, row) => `\x1b[${row + 1};1H${paint(line, isColour)}`).join(''));
	const seen = await seenOn(model);
	model.dispose();
	return seen;
}

const styles: readonly (Style | undefined)[] = [
	undefined,
	...(['bold', 'dim', 'inverse', 'warn', 'crit', 'changed'] as const),
];
const style = fc.constantFrom(...styles);
const plainText = fc.oneof(
	fc.nat(9_999_999).map(String),
	fc.constantFrom(' ', '  ', '          ', '▁▂▃▅█', '│', '╭─╮', 'ops 1.2k/s', '10.0.0.1:6379', 'é·…'),
	fc.string({ maxLength: 8, unit: fc.constantFrom(...'ab 1') }),
);
const oddText = fc.oneof(
	plainText,
	fc.constantFrom('日本', 'e\u0301a', '\u0301b', '🙂', '👩‍👩‍👧', '1\ufe0f\u20e3', 'a日', 'ｱ', 'שלום'),
);
const spanOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Span> =>
	fc.record({ text, style }).map(({ text, style }) => (style === undefined ? { text } : { text, style }));
const lineOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Line> => fc.array(spanOf(text), { maxLength: 7 });

/** Lines of a frame that come after others: some new, some with another ending, the rest the same objects. */
const frames = (text: fc.Arbitrary<string>, rows: number, columns: number, count: number) =>
	fc
		.array(fc.array(fc.option(lineOf(text)), { minLength: rows, maxLength: rows }), {
			minLength: count,
			maxLength: count,
		})
		.map(steps => {
			let before: readonly Line[] = steps[0]!.map(() => []);
			return steps.map(step => {
				before = step.map((line, row) => {
					if (line === null) return before[row]!;
					const kept = line.length % 3 === 0 ? before[row]!.slice(0, 2) : [];
					return crop([...kept, ...line], columns, false);
				});
				return before;
			});
		});

test('any lines, one frame after another, are those of a fresh drawing', async () => {
	const size = { columns: 24, rows: 5 };
	await fc.assert(
		fc.asyncProperty(frames(oddText, 5, 24, 6), fc.boolean(), async (steps, isColour) => {
			const model = openModel(size);
			const painter = createPainter();
			for (const lines of steps) {
				const frame = { lines, size, isColour };
				model.write(painter.paint(frame));
				assert.deepEqual(await seenOn(model), await fresh(frame));
			}
			model.dispose();
		}),
		{ numRuns: often(30, 200) },
	);
});

/** Each run of changed cells at its place, each style put on and taken off. */
function cellDifference(before: Frame, { lines, size, isColour }: Frame): number {
	const cellsOf = (line: Line | undefined) =>
		(line ?? []).flatMap(({ text, style }) =>
			[...text].map(char => ({ char, codes: codesOf(style, isColour) })),
		);
	let bytes = 0;
	for (let row = 0; row < size.rows; row++) {
		const [was, is] = [cellsOf(before.lines[row]), cellsOf(lines[row])];
		let last: { column: number; codes: unknown } | undefined;
		for (let column = 0; column < size.columns; column++) {
			const [one, other] = [was[column] ?? { char: ' ' }, is[column] ?? { char: ' ' }];
			const codes = 'codes' in other ? other.codes : undefined;
			if (one.char === other.char && ('codes' in one ? one.codes : undefined) === codes) continue;
			if (last?.column !== column - 1) bytes += `\x1b[${row + 1};${column + 1}H`.length;
			if (codes && (last?.column !== column - 1 || last.codes !== codes))
				bytes += `\x1b[${codes[0]}m\x1b[${codes[1]}m`.length;
			bytes += Buffer.byteLength(other.char);
			last = { column, codes };
		}
	}
	return bytes;
}

test('no frame is more bytes than its changed cells, each run at its own place', () => {
	const size = { columns: 40, rows: 6 };
	fc.assert(
		fc.property(frames(plainText, 6, 40, 5), fc.boolean(), (steps, isColour) => {
			const painter = createPainter();
			let before: Frame | undefined;
			for (const lines of steps) {
				const frame = { lines, size, isColour };
				const bytes = Buffer.byteLength(painter.paint(frame).replaceAll(/\x1b\[\?2026[hl]/g, ''));
				if (before) assert.ok(bytes <= cellDifference(before, frame), `${bytes} bytes`);
				before = frame;
			}
		}),
		{ numRuns: often(200, 3000) },
	);
});

test('the same frame is no byte, and a clock in line 1 only its digits', () => {
	const size = { columns: 80, rows: 24 };
	const lines = linesOf(incident({ size }));
	const painter = createPainter();
	painter.paint({ lines, size, isColour: true });
	assert.equal(painter.paint({ lines: linesOf(incident({ size })), size, isColour: true }), '');
	const later = [[{ text: 'at 12:00:00' }], ...lines.slice(1)];
	painter.paint({ lines: later, size, isColour: true });
	const tick = [[{ text: 'at 12:00:01' }], ...lines.slice(1)];
	assert.equal(painter.paint({ lines: tick, size, isColour: true }), '\x1b[1;11H1');
});

const screens: readonly (() => State)[] = [
	() => incident({}),
	() => calm({}),
	() => calm({ screen: 'help' }),
	() => openScreen(calmCluster(), {}),
	() => openScreen(splitViews(), {}),
	() => nodeIncident({}),
	() => nodeHostile({}),
	() => runbookScope({}),
	() => hotSampled({}),
	() => hotHostile({}),
	() => keys.done({}),
	() => keys.hostile({}),
];
const sizes: readonly Size[] = [
	{ columns: 80, rows: 24 },
	{ columns: 140, rows: 40 },
	{ columns: 79, rows: 24 },
	{ columns: 40, rows: 10 },
	{ columns: 20, rows: 5 },
];

test('a walk of screens and sizes: always what a fresh drawing gives', async () => {
	const states = screens.map(build => build());
	const step = fc.record({
		state: fc.constantFrom(...states),
		/** Undefined: as it is. */
		size: fc.option(fc.constantFrom(...sizes), { nil: undefined }),
		isAscii: fc.boolean(),
		isColour: fc.boolean(),
		/** Another program has written meanwhile, and we know. */
		isLent: fc.boolean(),
	});
	await fc.assert(
		fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async steps => {
			let size = sizes[0]!;
			const model = openModel(size);
			const painter = createPainter();
			for (const { state, isAscii, isColour, isLent, ...next } of steps) {
				size = next.size ?? size;
				model.resize(size.columns, size.rows);
				if (isLent) {
					model.write(`\x1b[3;1H\x1b[7mrubbish${cutting}\r\n\n\n\n`);
					painter.forget();
				}
				const frame = { lines: linesOf({ ...state, size, isAscii }), size, isColour };
				model.write(painter.paint(frame));
				assert.deepEqual(await seenOn(model), await fresh(frame));
			}
			model.dispose();
		}),
		{ numRuns: often(12, 200) },
	);
});
