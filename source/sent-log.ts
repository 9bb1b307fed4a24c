// --log: each command that was sent, and each question to a Prometheus, with its node and time, written at once, so that a crash loses nothing. A change is
// written before it is sent, and not sent where that fails: what changed a server is always in it. Words of servers and
// keys are quoted as redis-cli does, so that no name can make a line of its own.

import { writeSync } from 'node:fs';
import { commandOf } from './core/commands.ts';
import { printable } from './core/text/printable.ts';
import type { Address } from './core/types.ts';
import { openToAppend, reasonOf } from './files/safe-file.ts';
import type { Call } from './redis/commands.ts';

/** Writes the calls; the problem where it could not. A full disk must not end the monitor: then the log has a gap. */
export type SentLog = (address: Address, calls: readonly Call[]) => string | undefined;

/** Writes one question to a Prometheus, in the same way. */
export type AskedLog = (place: string, words: readonly string[]) => string | undefined;

/** Opens the log (mode 600, appended to); the problem is one line. */
export function openLog(
	path: string,
): { readonly log: SentLog; readonly asked: AskedLog } | { readonly problem: string } {
	const opened = openToAppend(path);
	if ('problem' in opened) return { problem: `--log: cannot write ${path}: ${opened.problem}` };
	let isTorn = false;
	const write = (place: string, each: readonly string[]) => {
		const at = new Date().toISOString();
		const lines = each.map(words => `${at} ${loggedWord(place)} ${words}\n`).join('');
		const bytes = Buffer.from(isTorn ? `\n${lines}` : lines);
		let written = 0;
		try {
			while (written < bytes.length) written += writeSync(opened.descriptor, bytes, written);
		} catch (thrown) {
			isTorn ||= written > 0;
			return `the log cannot be written: ${whyNot(thrown as NodeJS.ErrnoException)}`;
		}
		isTorn = false;
		return undefined;
	};
	return {
		log: (address, calls) => write(address, calls.map(wordsOf)),
		asked: (place, words) => write(place, [words.map(loggedWord).join(' ')]),
	};
}

/** Tells of each call that is not in the log. */
export const watchedLog =
	(log: SentLog, onProblem: (reason: string) => void): SentLog =>
	(address, calls) => {
		const problem = log(address, calls);
		if (problem !== undefined) onProblem(problem);
		return problem;
	};

/** It was opened so that a pipe which is not read holds nobody up: what it does not take is not in it. */
const whyNot = (error: NodeJS.ErrnoException) =>
	error.code === 'EAGAIN' ? 'it takes nothing now' : reasonOf(error);

const wordsOf = (call: Call) =>
	commandOf(call.name).isSecret ? call.feature.toUpperCase() : call.words.map(loggedWord).join(' ');

const plainWord = /^[^\s"'\\]+$/;
const quoted = /^"(?:[^"\\]|\\.)*"$/;
/** How often the command was sent, or for how many keys: our own words. */
const counted = /^\(\d+ (?:keys|times)\)$/;

/** One word as it stands in a log: nothing in it ends a line or a quote. */
export function loggedWord(word: string): string {
	const shown = printable(word);
	if (quoted.test(shown) || counted.test(word)) return shown;
	return plainWord.test(shown) ? shown : `"${shown.replace(/["\\]/g, '\\$&')}"`;
}
