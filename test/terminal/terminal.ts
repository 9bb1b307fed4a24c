// A terminal for a test: a real pseudo terminal with a program in it, and a model of what its user sees. Keys go in as
// bytes, the screen comes out as lines and cells; the bytes themselves are kept with their times. What is held is the
// screen, not the bytes, wherever possible: a code that was sent says nothing about what is still to be seen.
// Waiting is for a condition only; an error shows the screen as it was. Every program is ended by its pid.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pty from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { until } from '../servers/until.ts';
import { programWords } from './built.ts';
import { childrenOf, commandOf, familyOf } from './processes.ts';

export type Size = readonly [columns: number, rows: number];

export type TerminalOptions = {
	readonly size?: Size;
	/** Added to an environment that has a UTF-8 locale, a colour terminal and nothing else. */
	readonly env?: Readonly<Record<string, string>>;
};

export type Cell = {
	readonly text: string;
	readonly isColoured: boolean;
	readonly isInverse: boolean;
	readonly isBold: boolean;
};

export type Exit = { readonly code: number; readonly signal: number };

export type Terminal = {
	/** Of the program the terminal was opened with: redis-top itself, or the shell. */
	readonly pid: number;
	/** All that came, in pieces, with our clock. */
	readonly received: readonly { readonly at: number; readonly bytes: Buffer }[];
	/** What is to be seen, top to bottom, without blanks at the ends of lines. */
	readonly lines: () => readonly string[];
	readonly text: () => string;
	readonly cells: () => readonly (readonly Cell[])[];
	readonly isAlternateScreen: () => boolean;
	readonly isCursorVisible: () => boolean;
	/** What the program put into the clipboard (OSC 52), latest last. */
	readonly copied: readonly string[];
	readonly type: (keys: string) => void;
	/** Waits until the screen is as described. A pattern is looked for in the text. */
	readonly shows: (what: RegExp | (() => unknown), options?: { timeout?: number }) => Promise<void>;
	readonly resize: (columns: number, rows: number) => void;
	/** Stops and goes on reading, as a terminal whose window hangs. */
	readonly stopReading: () => void;
	readonly goOnReading: () => void;
	/** Settings of the line as `stty -a` prints them. */
	readonly settings: () => Promise<string>;
	/** redis-top as a child of the shell. It names itself so, for `ps` not to show what was on its command line. */
	readonly redisTopPid: () => Promise<number>;
	/** The window is closed: hang-up. */
	readonly close: () => void;
	/** Milliseconds from the call to the end, and how it ended. */
	readonly exit: Promise<Exit>;
	readonly hasExited: () => boolean;
	/** Ends whatever still runs in it. */
	readonly stop: () => Promise<void>;
};

const plainEnvironment = {
	PATH: process.env.PATH!,
	HOME: '/nonexistent',
	XDG_CONFIG_HOME: '/nonexistent',
	TERM: 'xterm-256color',
	LANG: 'C.UTF-8',
};

/** redis-top itself in a terminal. */
export function openRedisTop(args: readonly string[], options: TerminalOptions = {}): Terminal {
	const [command, ...words] = programWords;
	return openTerminal(command, [...words, ...args], options);
}

/**
 * A shell with job control, as an operator has it, at its prompt `$`. Type `redis-top …` into it. It is `sh` and not
 * bash, which edits lines in raw mode and repairs the settings of the line behind a program that left them wrong.
 */
export async function openShell(options: TerminalOptions = {}): Promise<Terminal> {
	const terminal = openTerminal('sh', ['-i'], { ...options, env: { PS1: '> ', ...options.env } });
	await terminal.shows(/^>$/m);
	terminal.type(`alias redis-top="${programWords.map(word => `'${word}'`).join(' ')}"; PS1='$ '; clear\r`);
	await terminal.shows(() => terminal.text().trimEnd() === '$');
	return terminal;
}

/** Any program in a terminal. */
export function openTerminal(
	file: string,
	args: readonly string[],
	{ size: [columns, rows] = [80, 24], env = {} }: TerminalOptions = {},
): Terminal {
	const model = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
	const child = pty.spawn(file, [...args], {
		cols: columns,
		rows,
		env: { ...plainEnvironment, ...env },
		name: env.TERM ?? plainEnvironment.TERM,
		// Bytes, not text: a frame may be cut in the middle of a character.
		encoding: null,
	});
	const received: { at: number; bytes: Buffer }[] = [];
	const copied: string[] = [];
	let isCursorVisible = true;
	let exited: Exit | undefined;

	child.onData(data => {
		const bytes = data as unknown as Buffer;
		received.push({ at: Date.now(), bytes });
		model.write(bytes);
	});
	model.onData(answer => {
		if (!exited) child.write(answer);
	});
	for (const [final, isVisible] of [
		['h', true],
		['l', false],
	] as const) {
		model.parser.registerCsiHandler({ prefix: '?', final }, params => {
			if (params.includes(25)) isCursorVisible = isVisible;
			return false;
		});
	}
	model.parser.registerOscHandler(52, data => {
		copied.push(Buffer.from(data.slice(data.indexOf(';') + 1), 'base64').toString());
		return true;
	});
	const exit = new Promise<Exit>(resolve =>
		child.onExit(({ exitCode, signal = 0 }) => {
			exited = { code: exitCode, signal };
			resolve(exited);
		}),
	);

	const row = (index: number) => model.buffer.active.getLine(model.buffer.active.baseY + index);
	const lines = () =>
		Array.from({ length: model.rows }, (_, index) => row(index)?.translateToString(true).trimEnd() ?? '');
	const text = () => lines().join('\n');

	const terminal: Terminal = {
		pid: child.pid,
		received,
		copied,
		lines,
		text,
		cells: () =>
			Array.from({ length: model.rows }, (_, y) =>
				Array.from({ length: model.cols }, (_, x) => {
					const cell = row(y)!.getCell(x)!;
					return {
						text: cell.getChars() || ' ',
						isColoured: !cell.isFgDefault() || !cell.isBgDefault(),
						isInverse: cell.isInverse() !== 0,
						isBold: cell.isBold() !== 0,
					};
				}),
			),
		isAlternateScreen: () => model.buffer.active.type === 'alternate',
		isCursorVisible: () => isCursorVisible,
		type: keys => child.write(keys),
		async shows(what, { timeout = 15_000 } = {}) {
			const isSeen = typeof what === 'function' ? what : () => what.test(text());
			try {
				await until(isSeen, { what: `the screen shows ${what}`, timeout });
			} catch (error) {
				const ended = exited ? `\nended: ${JSON.stringify(exited)}` : '';
				throw new Error(`${(error as Error).message}; it was:\n${text()}${ended}`, { cause: error });
			}
		},
		resize(columns, rows) {
			child.resize(columns, rows);
			model.resize(columns, rows);
		},
		stopReading: () => child.pause(),
		goOnReading: () => child.resume(),
		async settings() {
			const { ptsName } = child as unknown as { ptsName: string };
			return (await promisify(execFile)('stty', ['-a', '-F', ptsName])).stdout;
		},
		redisTopPid: () =>
			until(() => childrenOf(child.pid).find(pid => /^redis-top|cli\.js|\/redis-top /.test(commandOf(pid))), {
				what: 'the shell runs redis-top',
			}),
		close: () => (child as unknown as { destroy: () => void }).destroy(),
		exit,
		hasExited: () => exited !== undefined,
		async stop() {
			for (const pid of exited ? [] : familyOf(child.pid).reverse()) end(pid);
			await exit;
			model.dispose();
		},
	};
	return terminal;
}

function end(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It has ended since it was found.
	}
}

/** All bytes that came, as latin1 text: one character a byte. */
export const bytesOf = (terminal: Terminal): string =>
	Buffer.concat(terminal.received.map(({ bytes }) => bytes)).toString('latin1');

/** The shell reads lines again: echo and line editing as it had them. */
export const isCooked = (settings: string): boolean =>
	/(^|\s)icanon\b/.test(settings) && /(^|\s)echo\b/.test(settings) && /(^|\s)isig\b/.test(settings);
