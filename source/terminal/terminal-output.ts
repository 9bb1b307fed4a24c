// The terminal as the screen library has it: the library turns modes on and off, and the frame that it draws is empty:
// what is to be seen is painted beside it (painter.ts). It hears of no new size by itself. Nothing that is written here
// waits for the terminal: one that does not read must not keep the program from asking servers, nor from ending.

import { EventEmitter } from 'node:events';

export type Size = { readonly columns: number; readonly rows: number };

export type Output = {
	/** For the library. */
	readonly stream: NodeJS.WriteStream;
	readonly write: (bytes: string) => void;
	/** Calls when all that was written has been taken. */
	readonly whenTaken: (then: () => void) => void;
	/** What the library does not know of: long lines are cut and not broken, and pasted text is marked as such. */
	readonly enter: () => void;
	readonly leave: () => void;
	/** The last thing that is tried, while the process ends. */
	readonly restoreNow: () => void;
};

const modesOn = '\x1b[?7l\x1b[?2004h';
const modesOff = '\x1b[?2004l\x1b[?7h';
const screenOff = '\x1b[?2026l\x1b[?1049l\x1b[?25h\x1b[0m';

/** Modes and waits pass. Line ends and erasing, which an empty frame is made of, would move what is painted. */
const isFrame = (text: string) => text !== '' && !text.startsWith('\x1b[?');

export function createOutput(stdout: NodeJS.WriteStream, size: Size): Output {
	let isEntered = false;
	const stream = Object.assign(new EventEmitter(), {
		isTTY: true,
		...size,
		writable: true,
		destroyed: false,
		writableEnded: false,
		write: (text: string, ...rest: []): boolean => stdout.write(isFrame(text) ? '' : text, ...rest),
	});
	return {
		stream: stream as unknown as NodeJS.WriteStream,
		write: bytes => void (bytes === '' || stdout.write(bytes)),
		whenTaken: then => (stdout.writableLength === 0 ? then() : void stdout.write('', () => then())),
		enter() {
			isEntered = true;
			stdout.write(modesOn);
		},
		leave() {
			if (isEntered) stdout.write(modesOff);
			isEntered = false;
		},
		restoreNow() {
			if (isEntered) stdout.write(modesOff + screenOff);
			isEntered = false;
		},
	};
}

type Handle = { readonly fd?: number; readonly setBlocking?: (isBlocking: boolean) => void };

/**
 * Node writes to a terminal and waits until it has taken all. Where the terminal was opened anew for this process, as
 * it is wherever its name can be found out, it need not: what is not taken waits in the stream. Where the shell shares
 * it, it stays as it is, for the shell would find it changed.
 */
export function neverWaitFor(stream: NodeJS.WriteStream): void {
	const { _handle: handle } = stream as unknown as { readonly _handle?: Handle };
	if (stream.isTTY && handle?.fd !== undefined && handle.fd > 2) handle.setBlocking?.(false);
}
