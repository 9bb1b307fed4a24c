// --mark: sets a marker in a redis-top that runs or records on this machine. Which one is said by --to where several do:
// its process, its fleet, its recording; `all` are all of them.

import { basename } from 'node:path';
import { printableText } from '../core/text/printable.ts';
import { findRunning, type Running, setMarkIn } from './mark-socket.ts';

export type MarkEnd = { readonly text: string; readonly isDone: boolean };

/** One line that says what was marked, or why nothing was. */
export async function setMark(
	text: string,
	to: string | undefined,
	folders?: readonly string[],
): Promise<MarkEnd> {
	const running = await findRunning(folders);
	const meant = to === undefined || to === 'all' ? running : running.filter(each => isCalled(each, to));
	const problem = whyNone(running, meant, to);
	if (problem !== undefined) return { text: problem, isDone: false };
	const ends = await Promise.all(meant.map(each => setMarkIn(each, text)));
	const lines = meant.map((each, index) => {
		const at = ends[index]?.at;
		return at === undefined ? `no answer from ${nameOf(each)}` : `marker set at ${at} in ${nameOf(each)}`;
	});
	return { text: printableText(lines.join('; ')), isDone: ends.every(end => end?.at !== undefined) };
}

function whyNone(running: readonly Running[], meant: readonly Running[], to: string | undefined) {
	const all = running.map(nameOf).join('; ');
	if (running.length === 0) return '--mark: no redis-top of this user runs here';
	if (meant.length === 0) return printableText(`--to ${to}: no such redis-top; there are ${all}`);
	if (meant.length > 1 && to !== 'all')
		return printableText(
			`${to === undefined ? '--mark: several run' : `--to ${to}: several match`}: name one with --to, or --to all: ${all}`,
		);
	return undefined;
}

const isCalled = ({ pid, fleets, recording }: Running, name: string): boolean =>
	String(pid) === name ||
	fleets.some(fleet => fleet === name || `@${fleet}` === name) ||
	(recording !== undefined && (recording === name || basename(recording) === name));

const nameOf = ({ pid, fleets, recording }: Running): string =>
	`${pid} (${fleets.join(', ')}${recording === undefined ? '' : `, records ${recording}`})`;
