// --cursor FILE: a scan that was stopped or cut off, as a file that the next one goes on from. What was found so far and
// where each node's cursor stood; made new and then put in place, so that there is always a whole one. It has names of
// keys and no values. The file is gone when the scan is complete.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { BigKeysResult, ScanLimits } from '../core/keys/big-keys.ts';
import { scanNoteOf } from '../core/keys/scan-note-words.ts';
import type { ScanNote } from '../core/keys/scan-notes.ts';

/** Raised when an older redis-top could not read what is written. */
const format = 2;
/** Of format 1: notes as sentences. */
const formats: readonly unknown[] = [1, format];

export type KeptScan = { readonly found: BigKeysResult };

type Problem = { readonly problem: string };

/** Nothing where there is no such file yet; the problem is one line. */
export function readScanFile(path: string): KeptScan | Problem | undefined {
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch (thrown) {
		const { code } = thrown as NodeJS.ErrnoException;
		return code === 'ENOENT' ? undefined : { problem: `--cursor: cannot read ${path}: ${code}` };
	}
	const no = { problem: `--cursor: ${path} is no stopped scan: name another file, or remove it` };
	try {
		const kept = JSON.parse(text);
		if (kept?.redisTopScan > format)
			return { problem: `--cursor: ${path} is of a newer redis-top: scan anew, or use that one` };
		return formats.includes(kept?.redisTopScan) && isFound(kept.found) ? { found: readable(kept.found) } : no;
	} catch {
		return no;
	}
}

const isFound = (found: BigKeysResult | undefined): boolean =>
	typeof found?.scanned === 'number' &&
	[
		found.rest,
		found.keys,
		found.keysByItems,
		found.types,
		found.patterns,
		found.databases,
		found.notes,
	].every(Array.isArray);

const readable = (found: BigKeysResult): BigKeysResult => ({
	...found,
	notes: found.notes.map((note: ScanNote | string) => (typeof note === 'string' ? scanNoteOf(note) : note)),
});

/** Mode 600. The problem, where it could not be written. */
export function writeScanFile(path: string, found: BigKeysResult): string | undefined {
	const made = `${path}.${process.pid}.new`;
	try {
		writeFileSync(made, `${JSON.stringify({ redisTopScan: format, found })}\n`, { flag: 'wx', mode: 0o600 });
		renameSync(made, path);
		return undefined;
	} catch (thrown) {
		rmSync(made, { force: true });
		return `cannot write ${path}: ${(thrown as NodeJS.ErrnoException).code}`;
	}
}

export const removeScanFile = (path: string): void => rmSync(path, { force: true });

/** Why the kept scan is not what is asked for now; undefined where it is. */
export function whyNotKept(
	path: string,
	{ found }: KeptScan,
	only: ScanLimits | undefined,
	isExact: boolean,
): string | undefined {
	const isOther = found.only?.pattern !== only?.pattern || found.only?.db !== only?.db;
	if (isOther) return `--cursor: ${path} is a scan with another --pattern or --db: give the same`;
	if ((found.isExact ?? false) !== isExact)
		return `--cursor: ${path} is a scan ${found.isExact ? 'with' : 'without'} --exact: ${found.isExact ? 'add it' : 'leave it out'}`;
	return undefined;
}
