// The live screen on a real terminal: keys and sizes in, frames out, and the terminal given back as it was whatever
// happens. All terminal manners are here; what is drawn is view/'s, what a key does is update/'s.

import type { OuterEffect } from '../engine.ts';
import type { State } from '../state/state.ts';
import { copyText } from '../terminal/clipboard.ts';
import { openDrawing } from '../terminal/drawing.tsx';
import type { Typed } from '../terminal/key-decoder.ts';
import { createKeyboard } from '../terminal/keyboard.ts';
import { neverWaitFor } from '../terminal/terminal-output.ts';

export type Live = {
	/** Draws the state, at most once for all changes of one turn of the event loop. */
	readonly draw: (state: State) => void;
	readonly perform: (effect: Extract<OuterEffect, { type: 'copy' | 'redraw' | 'suspend' }>) => void;
	/** Leaves the alternate screen; settled when the terminal is as it was. */
	readonly close: () => Promise<void>;
};

export type LiveOptions = {
	readonly state: State;
	readonly onTyped: (typed: Typed) => void;
	readonly onResize: (columns: number, rows: number) => void;
	/** The terminal is gone (end of input, EPIPE, EIO). */
	readonly onGone: () => void;
	/** Drawing threw: the screen is closed already. */
	readonly onCrash: (error: Error) => void;
	/** A word for the message line. */
	readonly onTold: (text: string) => void;
	/** Where what was copied went. */
	readonly onCopied: (where: string) => void;
};

export function openLive(options: LiveOptions): Live {
	const { stdin, stdout } = process;
	let isOpen = true;

	for (const stream of [stdout, process.stderr]) neverWaitFor(stream);
	const keyboard = createKeyboard(stdin, options.onTyped);
	const drawing = openDrawing(stdout, options.state);
	keyboard.open();
	process.once('exit', drawing.restoreNow);
	const exited = drawing.exited.catch((error: unknown) => {
		isOpen = false;
		options.onCrash(error instanceof Error ? error : new Error(String(error)));
	});

	const onResize = () => {
		options.onResize(stdout.columns, stdout.rows);
		drawing.resized();
	};
	stdout.on('resize', onResize);
	// Resized while the screen library was loaded.
	const { columns, rows } = options.state.size;
	if (stdout.columns > 0 && (stdout.columns !== columns || stdout.rows !== rows)) setImmediate(onResize);
	for (const stream of [stdin, stdout]) stream.on('error', options.onGone);
	stdin.on('end', options.onGone);
	stdin.on('close', options.onGone);

	const close = async () => {
		isOpen = false;
		stdout.off('resize', onResize);
		process.off('SIGCONT', onContinued);
		for (const event of ['end', 'close'] as const) stdin.off(event, options.onGone);
		drawing.close();
		keyboard.close();
		await exited;
	};

	/** While we are stopped the shell hears of new sizes in our place: have Node look again. */
	const lookAtSize = () => void process.emit('SIGWINCH', 'SIGWINCH');

	let isHandedOver = false;
	/** Lends the terminal out and draws everything when it is back. Pressed twice, the first one counts. */
	const handOver = async (act: () => void | Promise<void>) => {
		if (isHandedOver || !isOpen) return;
		isHandedOver = true;
		keyboard.close();
		try {
			await drawing.lend(act);
		} finally {
			if (isOpen) keyboard.open();
			isHandedOver = false;
		}
	};

	const stop = async () => {
		let wasStopped = true;
		await handOver(async () => {
			wasStopped = await stopUntilContinued();
			lookAtSize();
		});
		if (!wasStopped && isOpen) options.onTold('^Z: no shell to come back from');
	};

	// Stopped from outside (kill -STOP) and continued: the shell has used the terminal meanwhile.
	const onContinued = () => void handOver(lookAtSize);
	process.on('SIGCONT', onContinued);

	const perform: Live['perform'] = effect => {
		switch (effect.type) {
			case 'copy':
				return void copyText(effect.text, { env: process.env, write: text => stdout.write(text) }).then(
					options.onCopied,
				);
			case 'redraw':
				return void handOver(() => {});
			case 'suspend':
				return void stop();
		}
	};

	return { draw: drawing.draw, close, perform };
}

/** A signal to oneself stops at once: who still runs after this was not stopped. */
const stopMilliseconds = 100;

/**
 * Raw mode took ^Z from the kernel: stop as it would have, and come back when the shell says so. Without a shell with
 * job control (`ssh -t host redis-top`, docker exec) the kernel drops the signal and nobody would ever say so: false.
 */
function stopUntilContinued(): Promise<boolean> {
	return new Promise(resolve => {
		const onContinued = () => {
			clearTimeout(timer);
			resolve(true);
		};
		process.once('SIGCONT', onContinued);
		process.kill(0, 'SIGTSTP');
		const timer = setTimeout(() => {
			// The timer is over too when we were stopped for long: SIGCONT is heard before this.
			setImmediate(() => {
				process.off('SIGCONT', onContinued);
				resolve(false);
			});
		}, stopMilliseconds);
	});
}
