// `w`: what a screen shows, to a file. The end of its name says how: .json the object that --json prints, .csv one line
// a key, .md Markdown, else text as it is printed without a screen. A file that is there is not written over.

import { writeFile } from 'node:fs/promises';
import type { BigKeysResult } from '../core/keys/big-keys.ts';
import type { HotKeysResult } from '../core/keys/hot-keys.ts';
import type { Ladder } from '../core/keys/hot-ladder.ts';
import { homeFolder } from '../files/home-folder.ts';
import type { ScreenName, State } from '../state/state.ts';
import type { Written } from '../view/screen.ts';
import { screenOf } from '../view/screens.ts';
import { bigKeysJson, bigKeysText } from './big-keys.ts';
import { bigKeysCsv } from './big-keys-csv.ts';
import { drawnForm } from './drawn-table.tsx';
import { failoverJson, failoverText } from './failover.ts';
import { hotKeysJson, hotKeysText } from './hot-keys.ts';
import { hotKeysCsv } from './hot-keys-csv.ts';
import { markdownForm } from './page-form.ts';

/** Settled with a sentence for the message line, whatever happened. */
export async function writeScreen(state: State, screen: ScreenName, path: string): Promise<string> {
	const { writes } = screenOf(screen).screen;
	const written = writes?.what(state);
	if (written === undefined) return writes?.nothing ?? 'there is nothing to write here';
	const text = textOf(written, formOf(path));
	try {
		await writeFile(path.replace(/^~(?=\/)/, homeFolder()), `${text}\n`, { flag: 'wx' });
		return `written to ${path}`;
	} catch (error) {
		return `not written: ${problemOf(error as NodeJS.ErrnoException, path)}`;
	}
}

function problemOf({ code, message }: NodeJS.ErrnoException, path: string): string {
	switch (code) {
		case 'EEXIST':
			return `${path} is there already, choose another name`;
		case 'ENOENT':
		case 'ENOTDIR':
			return `there is no folder for ${path}`;
		case 'EACCES':
		case 'EPERM':
		case 'EROFS':
			return `${path} may not be written`;
		case 'EISDIR':
			return `${path} is a folder`;
		case 'ENOSPC':
			return 'the disk is full';
		default:
			return message;
	}
}

type Form = 'json' | 'csv' | 'markdown' | 'text';

function formOf(path: string): Form {
	if (/\.json$/i.test(path)) return 'json';
	if (/\.(md|markdown)$/i.test(path)) return 'markdown';
	return /\.csv$/i.test(path) ? 'csv' : 'text';
}

function textOf(written: Written, form: Form): string {
	switch (written.kind) {
		case 'big-keys':
			return bigKeysAs(written.found, form);
		case 'hot-keys':
			return hotKeysAs(written.result, written.ladders, form);
		case 'failover':
			// There is no table in it: .csv gives the text as well.
			return form === 'json' ? jsonOf(failoverJson(written.failover)) : failoverText(written.failover);
		case 'page':
			return written.text;
	}
}

const jsonOf = (value: object) => JSON.stringify(value, null, '\t');

function bigKeysAs(found: BigKeysResult, form: Form): string {
	switch (form) {
		case 'json':
			return jsonOf(bigKeysJson(found));
		case 'csv':
			return bigKeysCsv(found);
		case 'markdown':
			return bigKeysText(found, markdownForm);
		case 'text':
			return bigKeysText(found, drawnForm);
	}
}

function hotKeysAs(result: HotKeysResult, ladders: readonly Ladder[], form: Form): string {
	switch (form) {
		case 'json':
			return jsonOf(hotKeysJson(result, ladders));
		case 'csv':
			return hotKeysCsv(result);
		case 'markdown':
			return hotKeysText(result, ladders, markdownForm);
		case 'text':
			return hotKeysText(result, ladders, drawnForm);
	}
}
