// A tmux of a test's own: a server on a socket of its own, one pane with a program in it, and what is to be seen there.
// It knows no settings but those named. Where there is no tmux the test says so.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from '../servers/until.ts';

const run = promisify(execFile);

export const hasTmux: boolean = await run('tmux', ['-V']).then(
	() => true,
	() => false,
);
export const withoutTmux = !hasTmux && 'no tmux here';

export type Pane = {
	/** Runs a command of tmux and gives its output. */
	readonly tmux: (...args: readonly string[]) => Promise<string>;
	/** What is to be seen, top to bottom, with the codes of its colours where they are asked for. */
	readonly lines: (withCodes?: boolean) => Promise<readonly string[]>;
	/** What is to be seen when it is the same twice. */
	readonly settled: (withCodes?: boolean) => Promise<readonly string[]>;
	readonly shows: (what: RegExp) => Promise<void>;
	/** Keys by tmux's names: `q`, `Enter`, `C-l`. */
	readonly press: (...keys: readonly string[]) => Promise<void>;
	/** The window alone is made so wide; the height stays. */
	readonly setWidth: (columns: number) => Promise<void>;
	/** All that the program has written. */
	readonly written: () => string;
	readonly stop: () => Promise<void>;
};

/** The words that start a tmux of its own with this command in its only pane, and what asks it. */
export function ownTmux(command: readonly string[], settings: readonly string[] = []) {
	const folder = mkdtempSync(path.join(tmpdir(), 'redis-top-tmux-'));
	const conf = path.join(folder, 'conf');
	writeFileSync(conf, settings.map(line => `${line}\n`).join(''));
	const socket = ['-S', path.join(folder, 'socket')];
	const quoted = command.map(word => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
	const tmux = async (...args: readonly string[]) => (await run('tmux', [...socket, ...args])).stdout;
	return {
		folder,
		tmux,
		words: (...more: readonly string[]) => [...socket, '-f', conf, 'new-session', ...more, quoted],
		async stop() {
			await tmux('kill-server').catch(() => {});
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** Starts a program in a pane that nobody looks at but us. */
export async function openPane(
	command: readonly string[],
	{ size: [columns, rows] }: { readonly size: readonly [columns: number, rows: number] },
): Promise<Pane> {
	const { tmux, words, folder, stop } = ownTmux(command);
	const log = path.join(folder, 'written');
	writeFileSync(log, '');
	await run('tmux', words('-d', '-x', String(columns), '-y', String(rows)));
	await tmux('pipe-pane', '-o', `exec cat >> '${log}'`);

	const lines = async (withCodes = false) =>
		(await tmux('capture-pane', '-p', ...(withCodes ? ['-e'] : []))).split('\n').slice(0, -1);
	const settled = async (withCodes = false) => {
		let last = await lines(withCodes);
		for (;;) {
			const next = await lines(withCodes);
			if (next.join('\n') === last.join('\n')) return next;
			last = next;
		}
	};
	return {
		...{ tmux, lines, settled, stop },
		async shows(what) {
			let seen = '';
			const isSeen = async () => {
				seen = (await lines()).join('\n');
				return what.test(seen);
			};
			await until(isSeen, { what: () => `the pane shows ${what}; it was:\n${seen}` });
		},
		press: async (...keys) => void (await tmux('send-keys', ...keys)),
		setWidth: async to => void (await tmux('resize-window', '-x', String(to), '-y', String(rows))),
		written: () => readFileSync(log, 'latin1'),
	};
}
