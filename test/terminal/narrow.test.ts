// A pane is made narrower and wider, one column at a time, at the same height, as tmux and a mouse do it: at once every
// line is what a drawing from nothing gives. Held on a model of a terminal, on every screen. A frame that was on its way
// at the old size, and colours, are part of it.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import xterm from '@xterm/headless';
import type { State } from '../../source/state/state.ts';
import { openDrawing } from '../../source/terminal/drawing.tsx';
import { frameOf } from '../../source/view/frame.ts';
import { often } from '../lane.ts';
import { calmCluster, openScreen } from '../view/build-cluster.ts';
import * as hot from '../view/build-hot-keys.ts';
import * as keys from '../view/build-keys.ts';
import { nodeIncident } from '../view/build-node.ts';
import { runbookScope } from '../view/build-runbook.ts';
import { calm, incident } from '../view/build-state.ts';

const rows = 40;
const widest = 140;
const narrowest = 40;

const screens: Readonly<Record<string, () => State>> = {
	fleet: () => incident({}),
	help: () => calm({ screen: 'help' }),
	cluster: () => openScreen(calmCluster(), {}),
	node: () => nodeIncident({}),
	runbook: () => runbookScope({}),
	'hot keys': () => hot.hotSampled({}),
	'hot keys, names that would draw': () => hot.hotHostile({}),
	'big keys': () => keys.done({}),
	// At length: what else the screen of hot keys shows.
	...(often(0, 1) === 1 && {
		'hot keys, before': () => hot.hotBefore({}),
		'hot keys, sampling': () => hot.hotSampling({}),
		'hot keys, again and again': () => hot.hotRepeating({}),
		'hot keys, by counters': () => hot.hotCounters({}),
		'hot keys, by the server': () => hot.hotByServer({}),
		'hot keys, by slots': () => hot.hotSlots({}),
		'hot keys, denied': () => hot.hotDenied({}),
		'hot keys, ways': () => hot.hotWays({}),
		'a hot key': () => hot.hotOpened({}),
	}),
};

/** What the program writes to, and what is to be seen then. */
function terminalOf(columns: number) {
	const model = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
	let written = Promise.resolve();
	const stdout = Object.assign(new EventEmitter(), {
		isTTY: true,
		columns,
		rows,
		writableLength: 0,
		write(bytes: string, taken?: () => void) {
			written = new Promise(resolve =>
				model.write(bytes.replaceAll('\n', '\r\n'), () => {
					taken?.();
					resolve();
				}),
			);
			return true;
		},
	});
	const cells = () =>
		Array.from({ length: rows }, (_, y) =>
			Array.from({ length: model.cols }, (_, x) => {
				const cell = model.buffer.active.getLine(model.buffer.active.baseY + y)!.getCell(x)!;
				return `${cell.getChars() || (cell.getWidth() === 0 ? '' : ' ')}${cell.isInverse() ? '~' : ''}${cell.getFgColor()}`;
			}).join('|'),
		);
	return {
		stdout: stdout as unknown as NodeJS.WriteStream,
		/** A terminal that moves its lines about leaves the cursor where it likes. */
		resize(to: number) {
			model.resize(to, rows);
			model.write(`\x1b[${1 + (to % rows)};${1 + (to % 7)}H`);
		},
		write: (bytes: string) => stdout.write(bytes),
		seen: async () => {
			await written;
			return cells();
		},
		close: () => model.dispose(),
	};
}

/** The frame on an empty terminal. */
async function fresh(state: State): Promise<readonly string[]> {
	const terminal = terminalOf(state.size.columns);
	terminal.write(`\x1b[?7l\x1b[H${frameOf(state).join('\n')}`);
	const seen = await terminal.seen();
	terminal.close();
	return seen;
}

const sized = (state: State, columns: number): State => ({ ...state, size: { columns, rows } });

/** Down by every step and up again; fewer steps where it is only looked whether the screen takes part. */
function widths(step: number): readonly number[] {
	const down = Array.from(
		{ length: Math.floor((widest - narrowest) / step) },
		(_, index) => widest - (index + 1) * step,
	);
	return [...down, ...down.toReversed().slice(1), widest];
}

for (const [name, build] of Object.entries(screens)) {
	test(`${name}: narrower and wider by every step, each line is that of a fresh drawing`, async () => {
		const state = build();
		const terminal = terminalOf(widest);
		const drawing = openDrawing(terminal.stdout, sized(state, widest), {
			// What is drawn once more a moment later is not to be what makes it right.
			settleMilliseconds: 3_600_000,
		});
		const drawn = async (next: State) => {
			drawing.draw(next);
			await turn();
			await pause(4);
			return terminal.seen();
		};
		try {
			assert.deepEqual(await drawn(sized(state, widest)), await fresh(sized(state, widest)));
			let before = widest;
			for (const columns of widths(often(name === 'fleet' ? 10 : 34, 1))) {
				// The terminal is narrower already, and we have not heard of it.
				terminal.resize(columns);
				const late = sized({ ...state, at: state.at + 1000, isAscii: columns % 4 < 2 }, before);
				await drawn(late);
				drawing.resized();
				assert.deepEqual(
					await drawn(sized(late, columns)),
					await fresh(sized(late, columns)),
					`${before} to ${columns}`,
				);
				before = columns;
			}
		} finally {
			drawing.close();
			await drawing.exited;
			terminal.close();
		}
	});
}
