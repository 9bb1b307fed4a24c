// The listed keys of a scan as CSV, one line a key, for a spreadsheet: the figures as they were measured and no words
// about them. Patterns, types and databases are in the JSON.

import type { BigKey, BigKeysResult } from '../core/keys/big-keys.ts';
import { type CsvCell, csvLine, csvName, isQuotedName } from './csv.ts';

const columns: readonly (readonly [title: string, read: (key: BigKey) => CsvCell])[] = [
	['key', ({ key }) => csvName(key)],
	['node', ({ node }) => csvName(node)],
	['db', ({ db }) => db],
	['slot', ({ slot }) => slot],
	['type', ({ type }) => type && csvName(type)],
	['encoding', ({ encoding }) => encoding && csvName(encoding)],
	['bytes', ({ bytes }) => bytes],
	['items', ({ items }) => items],
	// -1 as TTL has it; nothing where it is not known.
	['ttlSeconds', ({ ttlSeconds }) => (ttlSeconds === null ? -1 : ttlSeconds)],
	['quoted', ({ key }) => String(isQuotedName(key))],
	['memoryUsageBytes', ({ walkedBytes }) => walkedBytes],
];

/** A line of titles and one of each key, without a newline at the end. */
export const bigKeysCsv = ({ keys }: BigKeysResult): string =>
	[
		csvLine(columns.map(([title]) => title)),
		...keys.map(key => csvLine(columns.map(([, read]) => read(key)))),
	].join('\n');
