// Replies of real servers, as test/fixtures keeps them: version/kind/name.resp2 (exact bytes) or .txt (what redis-cli
// printed, its command on the first line). All as byte strings.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Reply } from '../../source/core/types.ts';
import { parseResp2 } from './resp2.ts';

const folder = fileURLToPath(new URL('../fixtures/', import.meta.url));

export const redises = ['redis-6.0.16', 'redis-7.0.15', 'redis-8.0.2'] as const;
export const versions = [...redises, 'valkey-8.1.1'] as const;

/** Paths (version/kind/file) of the captures whose path matches, in order. */
export function captures(pattern: RegExp): string[] {
	const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(path =>
		path.replaceAll('\\', '/'),
	);
	return all.filter(path => pattern.test(path)).sort();
}

/** The bytes of one capture; a .txt without the line that names the command. */
export function capture(path: string): string {
	const bytes = readFileSync(folder + path, 'latin1');
	return path.endsWith('.txt') && bytes.startsWith('> ') ? bytes.slice(bytes.indexOf('\n') + 1) : bytes;
}

export function captureReply(path: string): Reply {
	return parseResp2(capture(path));
}

/** A capture that is a text, from either form. */
export function captureText(path: string): string {
	if (path.endsWith('.txt')) return capture(path);
	const reply = captureReply(path);
	if (typeof reply !== 'string') throw new Error(`${path} is no text`);
	return reply;
}
