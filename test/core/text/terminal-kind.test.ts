// Which terminals get a screen, and which get text and a word about what to set.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canDrawOn, textOnlyNote } from '../../../source/core/text/terminal-kind.ts';

const table = new Set(['/usr/share/terminfo/w/wy60', '/lib/terminfo/6f/odd', '/home/me/.terminfo/m/mine']);
const draws = (TERM: string | undefined) => canDrawOn({ TERM, HOME: '/home/me' }, path => table.has(path));

test('terminals that are known, or that the machine knows, get a screen', () => {
	for (const term of [
		'xterm',
		'xterm-256color',
		'xterm-foo',
		'screen.linux',
		'tmux-256color',
		'linux',
		'vt100',
		'rxvt-unicode',
		'st-256color',
		'alacritty',
		'wy60',
		'odd',
		'mine',
	])
		assert.ok(draws(term), term);
});

test('none, a dumb one and one that nobody knows get text, and hear what to set', () => {
	for (const term of [
		undefined,
		'',
		'dumb',
		'dumb-emacs-ansi',
		'unknown',
		'network',
		'foobar',
		'../etc/passwd',
		'x',
	])
		assert.ok(!draws(term), String(term));
	assert.match(textOnlyNote(undefined), /^TERM is not set: text follows; .*TERM=xterm-256color$/);
	assert.match(textOnlyNote('dumb'), /^TERM is "dumb", which has no screen: text follows/);
	assert.doesNotMatch(textOnlyNote('\x1b[2J'), /\x1b/);
});
