// What `y` copies, and where to: tmux's own buffer where there is one, else the clipboard of the terminal by OSC 52.
// A terminal never says whether it took it. tmux hands its buffer on to a terminal that it knows to have a clipboard,
// and what a program sends by OSC 52 only where it is told to: so the words say which way the text went, and what to set
// where it goes no further.

import { execFile } from 'node:child_process';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Runs a program with something to read; its output, or undefined where it failed. */
export type Run = (program: string, args: readonly string[], input?: string) => Promise<string | undefined>;

const clipboardWords = 'to the clipboard, where the terminal allows it (OSC 52)';
const bothWords = 'to tmux, and the clipboard where the terminal allows it';
const howToPassOn = 'tmux set -s set-clipboard on';
const howToTell = "set -as terminal-features ',*:clipboard', reattach";

/** Copies and gives the words: where to. */
export async function copyText(
	text: string,
	{ env, write, run = runProgram }: { env: Environment; write: (bytes: string) => void; run?: Run },
): Promise<string> {
	if (env.TMUX) return copyInTmux(text, write, run);
	// GNU screen hands on what stands between these, and nothing else.
	const isScreen = env.STY !== undefined && env.STY !== '';
	write(isScreen ? `\x1bP${clipboardCode(text)}\x1b\\` : clipboardCode(text));
	// By ssh or sudo from a pane: its name for the terminal is all that comes along.
	const isTmuxFar = !isScreen && /^(tmux|screen)/.test(env.TERM ?? '');
	return isTmuxFar ? `by OSC 52; tmux passes it on with: ${howToPassOn}` : clipboardWords;
}

async function copyInTmux(text: string, write: (bytes: string) => void, run: Run): Promise<string> {
	// Since 3.2 tmux hands its buffer on by itself, whatever set-clipboard says.
	if ((await run('tmux', ['load-buffer', '-w', '-'], text)) !== undefined) {
		const terminals = await run('tmux', ['show-messages', '-T']);
		return isKept(terminals) ? `to tmux only: ${howToTell}` : bothWords;
	}
	const isLoaded = (await run('tmux', ['load-buffer', '-'], text)) !== undefined;
	write(clipboardCode(text));
	if (!isLoaded) return `by OSC 52; tmux takes it with: ${howToPassOn}`;
	const setting = await run('tmux', ['show-options', '-sv', 'set-clipboard']);
	return setting?.trim() === 'on' ? bothWords : `to tmux; for the clipboard: ${howToPassOn}`;
}

/** Of all terminals that show this tmux none is known to have a clipboard: `Ms` is how it would be filled. */
const isKept = (terminals = ''): boolean =>
	terminals.includes(' Ms: [missing]') && !terminals.includes(' Ms: (string)');

const clipboardCode = (text: string): string => `\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`;

const patienceMilliseconds = 1000;

const runProgram: Run = (program, args, input) =>
	new Promise(resolve => {
		const child = execFile(program, args, { timeout: patienceMilliseconds }, (error, stdout) =>
			resolve(error ? undefined : stdout),
		);
		child.stdin?.on('error', () => {});
		child.stdin?.end(input ?? '');
	});
