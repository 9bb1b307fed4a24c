// The hot keys of a result as CSV, one line a key, for a spreadsheet: the figures as they were measured and no words
// about them. What was seen of patterns, commands and clients is in the JSON.

import type { HotKey, HotKeysResult } from '../core/keys/hot-keys.ts';
import { type CsvCell, csvLine, csvName, isQuotedName } from './csv.ts';

const columns: readonly (readonly [title: string, read: (key: HotKey) => CsvCell])[] = [
	['key', ({ key }) => csvName(key)],
	['node', ({ node }) => csvName(node)],
	['db', ({ db }) => db],
	['slot', ({ slot }) => slot],
	['method', ({ method }) => method],
	['share', ({ share }) => share],
	['low', ({ low }) => low],
	['high', ({ high }) => high],
	['hits', ({ hits }) => hits],
	['hitsPerSecond', ({ hitsPerSecond }) => hitsPerSecond],
	['readShare', ({ readShare }) => readShare],
	['counter', ({ counter }) => counter],
	['cpuMicroseconds', ({ cpuMicroseconds }) => cpuMicroseconds],
	['netBytes', ({ netBytes }) => netBytes],
	['type', ({ type }) => type && csvName(type)],
	// -1 as TTL has it; nothing where it is not known.
	['ttlSeconds', ({ ttlSeconds }) => (ttlSeconds === null ? -1 : ttlSeconds)],
	['bytes', ({ bytes }) => bytes],
	['topCommand', ({ topCommand }) => topCommand && csvName(topCommand)],
	['clients', ({ clients }) => clients],
	['quoted', ({ key }) => String(isQuotedName(key))],
	['netShare', ({ netShare }) => netShare],
];

/** A line of titles and one of each key, without a newline at the end. */
export const hotKeysCsv = ({ keys }: HotKeysResult): string =>
	[
		csvLine(columns.map(([title]) => title)),
		...keys.map(key => csvLine(columns.map(([, read]) => read(key)))),
	].join('\n');
