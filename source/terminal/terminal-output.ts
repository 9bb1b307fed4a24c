// The terminal as the screen library writes to it. The library rewrites a frame relative to where it left the cursor,
// which a pane that was made narrower has moved: so it never hears of a new size by itself, and each frame of a new size
// is put on an empty screen from its first cell. Nothing that is written here waits for the terminal: one that does not
// read must not keep the program from asking servers, nor from ending.

import { EventEmitter } from 'node:events';

export type Size = { readonly columns: number; readonly rows: number };

export type Output = {
	/** For the library: a terminal whose size is that of the frame being drawn. */
	readonly stream: NodeJS.WriteStream;
	/** The next frame has this size and is drawn on an empty screen. `forget` makes the library forget its last one. */
	readonly begin: (size: Size, forget: () => void) => void;
	/** Calls when all that was written has been taken. */
	readonly whenTaken: (then: () => void) => void;
	/** What the library does not know of: long lines are cut and not broken, and pasted text is marked as such. */
	readonly enter: () => void;
	readonly leave: () => void;
	/** The last thing that is tried, while the process ends. */
	readonly restoreNow: () => void;
};

const homeAndErase = '\x1b[H\x1b[J';
const syncBegin = '\x1b[?2026h';
const modesOn = '\x1b[?7l\x1b[?2004h';
const modesOff = '\x1b[?2004l\x1b[?7h';
const screenOff = '\x1b[?2026l\x1b[?1049l\x1b[?25h\x1b[0m';

export function createOutput(stdout: NodeJS.WriteStream, size: Size): Output {
	let isMuted = false;
	let isEraseDue = true;
	let isEntered = false;
	const stream = Object.assign(new EventEmitter(), {
		isTTY: true,
		...size,
		writable: true,
		destroyed: false,
		writableEnded: false,
		write(text: string, ...rest: []): boolean {
			if (isMuted) return true;
			const isFrame = text !== '' && text !== syncBegin;
			if (!isEraseDue || !isFrame) return stdout.write(text, ...rest);
			isEraseDue = false;
			// The alternate screen is entered first, and keeps what another program left in it.
			const isEntering = text.startsWith('\x1b[?1049h');
			return stdout.write(isEntering ? text + homeAndErase : homeAndErase + text, ...rest);
		},
	});

	const enter = () => {
		isEntered = true;
		isEraseDue = true;
		stdout.write(modesOn);
	};
	const leave = () => {
		if (isEntered) stdout.write(modesOff);
		isEntered = false;
	};
	return {
		stream: stream as unknown as NodeJS.WriteStream,
		begin(next, forget) {
			Object.assign(stream, next);
			isMuted = true;
			forget();
			isMuted = false;
			isEraseDue = true;
		},
		whenTaken: then => (stdout.writableLength === 0 ? then() : void stdout.write('', () => then())),
		enter,
		leave,
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
