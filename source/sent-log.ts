// --log: each command that was sent, with its node and time, written at once, so that a crash loses nothing. A change is
// written before it is sent, and not sent where that fails: what changed a server is always in it.

import { appendFileSync, openSync } from 'node:fs';
import type { Address } from './core/types.ts';
import { allowed, type Call } from './redis/commands.ts';

/** Writes the calls; the problem where it could not. A full disk must not end the monitor: then the log has a gap. */
export type SentLog = (address: Address, calls: readonly Call[]) => string | undefined;

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
		} catch (thrown) {
			return `the log cannot be written: ${reasonOf(thrown as NodeJS.ErrnoException)}`;
		}
		return undefined;
	};
	return { log };
}

const reasonOf = ({ code, message }: NodeJS.ErrnoException) =>
	code === 'ENOSPC' ? 'the disk is full' : (code ?? message);

const wordsOf = (call: Call) =>
	'isSecret' in allowed[call.name] ? call.feature.toUpperCase() : call.words.join(' ');
