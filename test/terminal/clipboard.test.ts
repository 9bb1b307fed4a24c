// Where `y` puts a text, by what there is: what is run, what is written to the terminal, and the words. That tmux does
// as is taken for granted here is held in tmux.live.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyText, type Environment } from '../../source/terminal/clipboard.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { calm } from '../view/build-state.ts';

const text = '10.0.1.12:6379';
const code = `\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`;

type Case = {
	readonly what: string;
	readonly env: Environment;
	/** What tmux answers to the command that begins so; to all others it fails. */
	readonly answers?: Readonly<Record<string, string>>;
	readonly written: string;
	readonly words: string;
};

const tmux = { TMUX: '/tmp/tmux-0/default,1,0', TERM: 'tmux-256color' };
const missing = 'Terminal 0: rxvt for /dev/pts/0, flags=0x20:\n 191: Mode: (x)\n 192: Ms: [missing]\n';
const known = 'Terminal 1: xterm for /dev/pts/1, flags=0x20:\n 192: Ms: (string) \\033]52;%p1%s;%p2%s\\a\n';

const cases: readonly Case[] = [
	{
		what: 'a terminal',
		env: { TERM: 'xterm-256color' },
		written: code,
		words: 'to the clipboard, where the terminal allows it (OSC 52)',
	},
	{
		what: 'GNU screen',
		env: { TERM: 'screen', STY: '12.pts-0' },
		written: `\x1bP${code}\x1b\\`,
		words: 'to the clipboard, where the terminal allows it (OSC 52)',
	},
	{
		what: 'tmux whose terminal has a clipboard',
		env: tmux,
		answers: { 'load-buffer -w -': '', 'show-messages -T': missing + known },
		written: '',
		words: 'to tmux, and the clipboard where the terminal allows it',
	},
	{
		what: 'tmux whose terminals have none that it knows of',
		env: tmux,
		answers: { 'load-buffer -w -': '', 'show-messages -T': missing + missing },
		written: '',
		words: "to tmux only: set -as terminal-features ',*:clipboard', reattach",
	},
	{
		what: 'tmux that does not tell what its terminals have',
		env: tmux,
		answers: { 'load-buffer -w -': '' },
		written: '',
		words: 'to tmux, and the clipboard where the terminal allows it',
	},
	{
		what: 'tmux before 3.2',
		env: tmux,
		answers: { 'load-buffer -': '', 'show-options -sv set-clipboard': 'external\n' },
		written: code,
		words: 'to tmux; for the clipboard: tmux set -s set-clipboard on',
	},
	{
		what: 'tmux before 3.2 that hands on what programs send',
		env: tmux,
		answers: { 'load-buffer -': '', 'show-options -sv set-clipboard': 'on\n' },
		written: code,
		words: 'to tmux, and the clipboard where the terminal allows it',
	},
	{
		what: 'tmux that cannot be asked: in a container',
		env: tmux,
		written: code,
		words: 'by OSC 52; tmux takes it with: tmux set -s set-clipboard on',
	},
	{
		what: 'a pane of tmux on another host, or behind sudo',
		env: { TERM: 'screen-256color' },
		written: code,
		words: 'by OSC 52; tmux passes it on with: tmux set -s set-clipboard on',
	},
];

for (const { what, env, answers = {}, written, words } of cases)
	test(what, async () => {
		let sent = '';
		const inputs: string[] = [];
		const where = await copyText(text, {
			env,
			write(bytes) {
				sent += bytes;
			},
			async run(program, args, input) {
				assert.equal(program, 'tmux');
				const answer = answers[args.join(' ')];
				if (answer !== undefined && input !== undefined) inputs.push(input);
				return answer;
			},
		});
		assert.equal(where, words);
		assert.equal(sent, written);
		const isLoaded = Object.keys(answers).some(command => command.startsWith('load-buffer'));
		assert.deepEqual(inputs, isLoaded ? [text] : []);
	});

test('however long the text is: where it went is to be read', () => {
	for (const columns of [80, 140])
		for (const { words } of cases) {
			const copied = {
				...calm(),
				toast: { text: `copied ${'k'.repeat(300)}`, until: calm().at + 3000, isCopy: true },
			};
			const sized = { ...copied, size: { columns, rows: 24 } };
			const [next] = update(sized, { type: 'copied', at: sized.at, where: words });
			const line = frameOf(next).find(each => each.includes('copied'));
			assert.ok(line?.includes(words), line);
			assert.match(line!, /copied kk/);
		}
});
