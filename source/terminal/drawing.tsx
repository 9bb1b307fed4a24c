// States → frames on a terminal, by the screen library: the alternate screen, at most one frame for all that happens in
// one turn of the event loop, a whole frame where the size is a new one. Of keys and signals it knows nothing.

import { render, useApp } from 'ink';
import { type ReactElement, useEffect } from 'react';
import type { State } from '../state/state.ts';
import { Frame } from './frame.tsx';
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

type Suspend = ReturnType<typeof useApp>['suspendTerminal'];

export function openDrawing(
	stdout: NodeJS.WriteStream,
	first: State,
	{ maxFps = 30, settleMilliseconds = settledMilliseconds } = {},
): Drawing {
	let suspend: Suspend | undefined;
	let next = first;
	let drawn = first.size;
	let isDrawDue = false;
	let isOpen = true;
	let settling: NodeJS.Timeout | undefined;

	const Root = ({ state }: { state: State }): ReactElement => {
		const { suspendTerminal } = useApp();
		useEffect(() => {
			suspend = suspendTerminal;
		}, [suspendTerminal]);
		return <Frame state={state} />;
	};

	const output = createOutput(stdout, drawn);
	output.enter();
	const instance = render(<Root state={next} />, {
		stdout: output.stream,
		alternateScreen: true,
		incrementalRendering: true,
		exitOnCtrlC: false,
		patchConsole: false,
		interactive: true,
		maxFps,
	});

	const drawWhole = () => output.begin(next.size, instance.clear);

	const drawNow = () => {
		isDrawDue = false;
		if (!isOpen) return;
		if (next.size.columns !== drawn.columns || next.size.rows !== drawn.rows) drawWhole();
		drawn = next.size;
		instance.rerender(<Root state={next} />);
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
				drawWhole();
				draw(next);
			}, settleMilliseconds);
		},
		async lend(act) {
			if (!suspend) return;
			output.leave();
			await suspend(async () => {
				await act();
				output.enter();
			});
		},
		close() {
			isOpen = false;
			clearTimeout(settling);
			output.leave();
			instance.unmount();
		},
	};
}
