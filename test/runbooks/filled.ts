// Replies of real servers that were filled with one kind of memory (test/fixtures/memory), as the input of a runbook.

import { readFileSync } from 'node:fs';
import { parseMemoryStats } from '../../source/core/node/memory-parts.ts';
import { parseClientList } from '../../source/core/parse/parse-client-list.ts';
import { parseInfo, parseInfoDetails } from '../../source/core/parse/parse-info.ts';
import type { Info, OffsetReading, Reply } from '../../source/core/types.ts';
import type { RunbookInput } from '../../source/runbooks/runbook.ts';
import { defaultConfig, inputOf } from './build.ts';

export const folder = new URL('../fixtures/memory/', import.meta.url);

/** `> INFO`, `> MEMORY STATS`, `> CLIENT LIST`, each with what redis-cli printed. */
export function sections(path: string): Readonly<Record<string, string>> {
	const text = readFileSync(new URL(path, folder), 'latin1');
	return Object.fromEntries(
		text
			.split(/^> /m)
			.slice(1)
			.map(part => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]),
	);
}

/** Names and values in turn, and behind `db.0` those of its tables. */
function statsReply(text: string): Reply {
	const lines = text.trim().split('\n');
	const asWord = (line: string) => (/^-?\d+$/.test(line) ? Number(line) : line);
	const reply: Reply[] = [];
	for (let at = 0; at < lines.length; at += 2) {
		if (!/^db\.\d+$/.test(lines[at]!)) {
			reply.push(lines[at]!, asWord(lines[at + 1]!));
			continue;
		}
		const tables: Reply[] = [];
		for (; lines[at + 1]?.startsWith('overhead.hashtable'); at += 2)
			tables.push(lines[at + 1]!, asWord(lines[at + 2]!));
		reply.push('db.0', tables);
		at -= 1;
	}
	return reply;
}

const offsetsOf = (end: number | undefined, writes: number, clock: number): readonly OffsetReading[] =>
	end === undefined
		? []
		: [4, 3, 2, 1, 0].map(seconds => ({
				...{ askedAt: clock - seconds * 1000, at: clock - seconds * 1000 },
				offset: end - seconds * writes,
			}));

/** A server that was filled until it is at its limit, and writes so many bytes a second to its replicas. */
export function filled(
	path: string,
	more: Partial<Info> = {},
	{ writes = 0 }: { readonly writes?: number } = {},
): RunbookInput {
	const { INFO = '', 'MEMORY STATS': stats = '', 'CLIENT LIST': clients } = sections(path);
	const info = parseInfo(INFO);
	const limit = { maxmemoryBytes: Math.round(info.usedMemoryBytes! / 0.97), maxmemoryPolicy: 'noeviction' };
	const config = { ...defaultConfig, 'client-query-buffer-limit': '1073741824' };
	const input = inputOf({
		info: { ...info, ...limit, systemMemoryBytes: 64 * 2 ** 30, lastSaveCowBytes: undefined, ...more },
		track: { config: { ...config, 'tracking-table-max-keys': '1000000' } },
		details: parseInfoDetails(INFO),
		memoryStats: parseMemoryStats(statsReply(stats)),
		clients: clients === undefined ? undefined : parseClientList(clients),
	});
	// The builder's defaults must not stand in for what this server does not tell.
	const track = {
		...input.track!,
		lastGood: { ...input.track!.lastGood!, info: { ...info, ...limit, ...more }, infoText: INFO },
		offsets: offsetsOf(more.replicationOffset, writes, input.track!.lastGood!.clock),
	};
	return { ...input, track, tracks: new Map([...input.tracks!, [track.address, track]]) };
}
