// `w`: what a screen shows, to a file. The end of its name says how: .json, .csv, else text. A file that is there is
// not written over.

import { writeFile } from 'node:fs/promises';
import { hotResult, hotStatus } from '../state/hot-keys-rows.ts';
import type { ScreenName, State } from '../state/state.ts';
import { hotKeysJson, hotKeysText } from './hot-keys.ts';
import { hotKeysCsv } from './hot-keys-csv.ts';

/** Settled with a sentence for the message line, whatever happened. */
export async function writeScreen(state: State, screen: ScreenName, path: string): Promise<string> {
	const text = textOf(state, screen, path);
	if (text === undefined) return 'there is nothing to write yet';
	try {
		await writeFile(path, `${text}\n`, { flag: 'wx' });
		return `written to ${path}`;
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		return code === 'EEXIST' ? `${path} is there already: choose another name` : `not written: ${message}`;
	}
}

function textOf(state: State, screen: ScreenName, path: string): string | undefined {
	switch (screen) {
		case 'hot-keys':
			return hotKeysFile(state, path);
		case 'big-keys':
		case 'fleet':
		case 'help':
			return undefined;
	}
}

function hotKeysFile(state: State, path: string): string | undefined {
	const result = hotResult(state);
	if (result === undefined) return undefined;
	if (path.endsWith('.csv')) return hotKeysCsv(result);
	const ladders = hotStatus(state)?.ladders;
	return path.endsWith('.json')
		? JSON.stringify(hotKeysJson(result, ladders), undefined, '\t')
		: hotKeysText(result, ladders);
}
