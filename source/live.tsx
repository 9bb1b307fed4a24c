// The live screen on a real terminal: keys and sizes in, frames out, and the terminal given back as it was whatever
// happens. All terminal manners are here; what is drawn is ui/'s, what a key does is state/'s.

import { render, useApp } from 'ink';
import { type ReactElement, useEffect } from 'react';
import type { OuterEffect } from './engine.ts';
import type { Key, State } from './state/state.ts';
import { App } from './ui/app.tsx';

export type Live = {
	/** Draws the state, at most once for all changes of one turn of the event loop. */
	readonly draw: (state: State) => void;
	readonly perform: (effect: Extract<OuterEffect, { type: 'copy' | 'redraw' | 'suspend' }>) => void;
	/** Leaves the alternate screen; settled when the terminal is as it was. */
	readonly close: () => Promise<void>;
};

export type LiveOptions = {
	readonly state: State;
	readonly onKeys: (keys: readonly Key[]) => void;
	readonly onResize: (columns: number, rows: number) => void;
	/** The terminal is gone (end of input, EPIPE, EIO). */
	readonly onGone: () => void;
	/** Drawing threw: the screen is closed already. */
	readonly onCrash: (error: Error) => void;
};

type Suspend = ReturnType<typeof useApp>['suspendTerminal'];

export function openLive(options: LiveOptions): Live {
	const { stdin, stdout } = process;
	let suspend: Suspend | undefined;
	let next = options.state;
	let isDrawDue = false;
	let isOpen = true;

	const Root = ({ state }: { state: State }): ReactElement => {
		const { suspendTerminal } = useApp();
		useEffect(() => {
			suspend = suspendTerminal;
		}, [suspendTerminal]);
		return <App state={state} onKeys={options.onKeys} />;
	};

	const instance = render(<Root state={next} />, {
		alternateScreen: true,
		incrementalRendering: true,
		exitOnCtrlC: false,
		patchConsole: false,
		interactive: true,
	});
	const exited = instance.waitUntilExit().catch((error: unknown) => {
		isOpen = false;
		options.onCrash(error instanceof Error ? error : new Error(String(error)));
	});

	const draw = (state: State) => {
		next = state;
		if (isDrawDue || !isOpen) return;
		isDrawDue = true;
		setImmediate(() => {
			isDrawDue = false;
			if (isOpen) instance.rerender(<Root state={next} />);
		});
	};

	const onResize = () => options.onResize(stdout.columns, stdout.rows);
	stdout.on('resize', onResize);
	for (const stream of [stdin, stdout]) stream.on('error', options.onGone);
	stdin.on('end', options.onGone);
	stdin.on('close', options.onGone);

	const close = async () => {
		isOpen = false;
		stdout.off('resize', onResize);
		for (const event of ['end', 'close'] as const) stdin.off(event, options.onGone);
		instance.unmount();
		await exited;
	};

	return { draw, close, perform: effect => void performOnTerminal(effect, suspend, onResize) };
}

async function performOnTerminal(
	effect: Extract<OuterEffect, { type: 'copy' | 'redraw' | 'suspend' }>,
	suspend: Suspend | undefined,
	onResize: () => void,
): Promise<void> {
	switch (effect.type) {
		case 'copy':
			// OSC 52: the terminal's own clipboard, through ssh and tmux.
			process.stdout.write(`\x1b]52;c;${Buffer.from(effect.text).toString('base64')}\x07`);
			return;
		case 'redraw':
			await suspend?.(() => {});
			return;
		case 'suspend':
			await suspend?.(stopUntilContinued);
			onResize();
			return;
	}
}

/** Raw mode took ^Z from the kernel: stop as it would have, and come back when the shell says so. */
function stopUntilContinued(): Promise<void> {
	return new Promise(resolve => {
		process.once('SIGCONT', () => resolve());
		process.kill(0, 'SIGTSTP');
	});
}
