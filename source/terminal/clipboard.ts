// What `y` copies, and where to: tmux's own buffer where there is one, else the clipboard of the terminal by OSC 52.
// A terminal never says whether it took it, and tmux keeps it from the terminal unless it is told otherwise: so the
// words say which way it went, and what to set where it goes no further.

import { execFile } from 'node:child_process';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Runs a program with something to read; its output, or undefined where it failed. */
export type Run = (program: string, args: readonly string[], input?: string) => Promise<string | undefined>;

/** Copies and gives the words: where to. */
export async function copyText(
	text: string,
	{ env, write, run = runProgram }: { env: Environment; write: (bytes: string) => void; run?: Run },
): Promise<string> {
	if (env.TMUX && (await loadBuffer(text, run)))
		return tmuxWords(await run('tmux', ['show-options', '-sv', 'set-clipboard']));
	const code = `\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`;
	// GNU screen hands on what stands between these, and nothing else.
	const isScreen = env.STY !== undefined && env.STY !== '';
	write(isScreen ? `\x1bP${code}\x1b\\` : code);
	if (env.TMUX) return 'to tmux, which keeps it unless: tmux set -s set-clipboard on';
	return 'to the clipboard, where the terminal allows it (OSC 52)';
}

/** Since 3.2 tmux can hand it on to the terminal's clipboard as well. */
const loadBuffer = async (text: string, run: Run) =>
	(await run('tmux', ['load-buffer', '-w', '-'], text)) !== undefined ||
	(await run('tmux', ['load-buffer', '-'], text)) !== undefined;

function tmuxWords(setting: string | undefined): string {
	return setting?.trim() === 'off'
		? "to tmux's buffer; for the clipboard: tmux set -s set-clipboard on"
		: "to tmux's buffer, and the clipboard where the terminal allows it";
}

const patienceMilliseconds = 1000;

const runProgram: Run = (program, args, input) =>
	new Promise(resolve => {
		const child = execFile(program, args, { timeout: patienceMilliseconds }, (error, stdout) =>
			resolve(error ? undefined : stdout),
		);
		child.stdin?.on('error', () => {});
		child.stdin?.end(input ?? '');
	});
