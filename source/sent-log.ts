// --log: each command that was sent, with its node and time, written at once, so that a crash loses nothing.

import { appendFileSync, openSync } from 'node:fs';
import type { Address } from './core/types.ts';
import { allowed, type Call } from './redis/commands.ts';

export type SentLog = (address: Address, calls: readonly Call[]) => void;

/** Opens the log (mode 600, appended to); the problem is one line. */
export function openLog(path: string): { readonly log: SentLog } | { readonly problem: string } {
	let file: number;
	try {
		file = openSync(path, 'a', 0o600);
	} catch (thrown) {
		return { problem: `--log: cannot write ${path}: ${(thrown as NodeJS.ErrnoException).code}` };
	}
	const log: SentLog = (address, calls) => {
		const at = new Date().toISOString();
		const lines = calls.map(call => `${at} ${address} ${wordsOf(call)}\n`);
		try {
			appendFileSync(file, lines.join(''));
		} catch {
			// A full disk must not end the monitor; the log simply has a gap.
		}
	};
	return { log };
}

const wordsOf = (call: Call) =>
	'isSecret' in allowed[call.name] ? call.feature.toUpperCase() : call.words.join(' ');
