// States → frames on a terminal: at most one for all that happens in one turn of the event loop, a whole one where the
// size is new or somebody else had the terminal. The screen library has the life cycle, the alternate screen and
// suspension; the lines are painted beside it (painter.ts), which need none of its work at each refresh. Of keys and
// signals it knows nothing.

import { render, useApp } from 'ink';
import { useLayoutEffect } from 'react';
import type { State } from '../state/state.ts';
import { linesOf } from '../view/frame.ts';
import { createPainter } from './painter.ts';
import { createOutput } from './terminal-output.ts';

export type Drawing = {
	readonly draw: (state: State) => void;
	/** The terminal said that it has another size; the state that is drawn next has it. */
	readonly resized: () => void;
	/** Gives the terminal to somebody else, and draws everything when it is back. */
	readonly lend: (act: () => void | Promise<void>) => Promise<void>;
	readonly close: () => void;
	/** Settled when the terminal has its own screen again; rejected where drawing threw. */
	readonly exited: Promise<unknown>;
	/** The last thing that is tried, while the process ends. */
	readonly restoreNow: () => void;
};

/** A terminal may still be moving lines about when it tells its new size: it is drawn once more a moment later. */
const settledMilliseconds = 100;

type App = ReturnType<typeof useApp>;

export function openDrawing(
	stdout: NodeJS.WriteStream,
	first: State,
	{ settleMilliseconds = settledMilliseconds } = {},
): Drawing {
	let app: App | undefined;
	let next = first;
	let isDrawDue = false;
	let isOpen = true;
	let isLent = false;
	let settling: NodeJS.Timeout | undefined;
	const painter = createPainter();
	const output = createOutput(stdout, first.size);

	const paint = () => {
		if (isLent) return;
		const { size, isColour } = next;
		output.write(painter.paint({ lines: linesOf(next), size, isColour }));
	};

	const Screen = (): null => {
		const opened = useApp();
		useLayoutEffect(() => {
			app = opened;
			paint();
		}, [opened]);
		return null;
	};

	output.enter();
	const instance = render(<Screen />, {
		stdout: output.stream,
		alternateScreen: true,
		exitOnCtrlC: false,
		patchConsole: false,
		interactive: true,
	});

	const drawNow = () => {
		isDrawDue = false;
		if (!isOpen) return;
		try {
			paint();
		} catch (thrown) {
			isOpen = false;
			app?.exit(thrown instanceof Error ? thrown : new Error(String(thrown)));
		}
	};

	const draw = (state: State) => {
		next = state;
		if (isDrawDue || !isOpen) return;
		isDrawDue = true;
		// A terminal that reads slowly, or not at all, gets the newest when it has taken the last.
		setImmediate(() => output.whenTaken(drawNow));
	};

	const exited = instance.waitUntilExit();
	exited.catch(() => {
		isOpen = false;
	});

	return {
		draw,
		exited,
		restoreNow: output.restoreNow,
		resized() {
			clearTimeout(settling);
			settling = setTimeout(() => {
				if (!isOpen) return;
				painter.forget();
				draw(next);
			}, settleMilliseconds);
		},
		async lend(act) {
			if (!app) return;
			isLent = true;
			output.leave();
			try {
				await app.suspendTerminal(async () => {
					await act();
					output.enter();
				});
			} finally {
				isLent = false;
				painter.forget();
				draw(next);
			}
		},
		close() {
			isOpen = false;
			clearTimeout(settling);
			output.leave();
			instance.unmount();
		},
	};
}
