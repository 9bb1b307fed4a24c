// The screen in a real tmux: narrower and wider at the same height each line is that of a fresh drawing, and what `y`
// copies goes where the words say. Widths by every step: REDIS_TOP_TEST_WIDTHS=1.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { anyServer } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { buildProgram, programWords } from './built.ts';
import { openTerminal } from './terminal.ts';
import { ownTmux, withoutTmux } from './tmux.ts';
import { narrow, screens } from './widths.ts';

const step = Number(process.env.REDIS_TOP_TEST_WIDTHS ?? 33);

describe('in tmux', { skip: withoutTmux, concurrency: 4 }, () => {
	let node: RunningServer;
	before(async () => {
		await buildProgram();
		node = await startServer(await anyServer());
		await node.call('EVAL', "for i=1,200 do redis.call('SET','k:'..i,i) end return 1", '0');
	});
	after(() => node.stop());

	for (const screen of screens)
		test(`${screen.name}, narrower and wider`, async () => {
			await narrow(screen, node, step);
		});

	const isKept = /copied \S+ to tmux only: set -as terminal-features ',\*:clipboard', reattach/;
	const isBoth = /copied \S+ to tmux, and the clipboard where the terminal allows it/;
	const terminals = [
		['xterm-256color', ['set -s set-clipboard on'], isBoth],
		['xterm-256color', ['set -s set-clipboard external'], isBoth],
		['xterm-256color', ['set -s set-clipboard off'], isBoth],
		['rxvt-unicode', [], isKept],
		['rxvt-unicode', ["set -as terminal-features ',*:clipboard'"], isBoth],
	] as const;
	for (const [term, settings, words] of terminals)
		test(`y in a pane on ${term}${settings.map(line => `, ${line}`)}`, async () => {
			const own = ownTmux([...programWords, '-p', String(node.port)], settings);
			const terminal = openTerminal('tmux', own.words(), { size: [100, 30], env: { TERM: term } });
			try {
				await terminal.shows(/no findings/);
				terminal.type('y');
				await terminal.shows(words);
				assert.equal((await own.tmux('show-buffer')).trim(), node.address);
				if (words === isKept) return assert.deepEqual(terminal.copied, []);
				await terminal.shows(() => terminal.copied.length > 0);
				assert.deepEqual(terminal.copied, [node.address]);
			} finally {
				await own.stop();
				await terminal.stop();
			}
		});
});
