// `w`: what a screen shows, to a file. The end of its name says how: .json the object that --json prints, .csv one line
// a key, .md Markdown, else text as it is printed without a screen. A file that is there is not written over.

import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { ScreenName, State } from '../state/state.ts';
import { foundOnScreen } from '../view/screens/big-keys/rows.ts';
import { hotResult, hotStatus } from '../view/screens/hot-keys/rows.ts';
import { bigKeysJson, bigKeysText } from './big-keys.ts';
import { bigKeysCsv } from './big-keys-csv.ts';
import { failoverAs } from './failover.ts';
import { hotKeysJson, hotKeysText } from './hot-keys.ts';
import { hotKeysCsv } from './hot-keys-csv.ts';
import { markdownForm } from './page-form.ts';
import { runbookText } from './runbook.ts';

/** Settled with a sentence for the message line, whatever happened. */
export async function writeScreen(state: State, screen: ScreenName, path: string): Promise<string> {
	const text = textOf(state, screen, formOf(path));
	if (text === undefined) return 'there is nothing to write yet';
	try {
		await writeFile(path.replace(/^~(?=\/)/, homedir()), `${text}\n`, { flag: 'wx' });
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

function textOf(state: State, screen: ScreenName, form: Form): string | undefined {
	switch (screen) {
		case 'big-keys':
			return bigKeysAs(state, form);
		case 'hot-keys':
			return hotKeysAs(state, form);
		case 'cluster':
			return failoverAs(state, form === 'json');
		case 'runbook':
			return runbookText(state);
		default:
			return undefined;
	}
}

function bigKeysAs(state: State, form: Form): string | undefined {
	const found = foundOnScreen(state);
	if (found === undefined) return undefined;
	switch (form) {
		case 'json':
			return JSON.stringify(bigKeysJson(found), null, '\t');
		case 'csv':
			return bigKeysCsv(found);
		case 'markdown':
			return bigKeysText(found, markdownForm);
		case 'text':
			return bigKeysText(found);
	}
}

function hotKeysAs(state: State, form: Form): string | undefined {
	const result = hotResult(state);
	const ladders = hotStatus(state)?.ladders ?? [];
	if (result === undefined) return undefined;
	switch (form) {
		case 'json':
			return JSON.stringify(hotKeysJson(result, ladders), null, '\t');
		case 'csv':
			return hotKeysCsv(result);
		case 'markdown':
			return hotKeysText(result, ladders, markdownForm);
		case 'text':
			return hotKeysText(result, ladders);
	}
}
