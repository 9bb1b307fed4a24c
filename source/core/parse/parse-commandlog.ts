// COMMANDLOG GET (Valkey 8.1 and later) → entries, newest first. There are three logs of one shape: slow commands, whose
// third field is microseconds as in SLOWLOG, and large requests and large replies, whose third field is bytes.
// Which log an entry is from does not stand in it: it is known from what was asked.

import type { Reply, SlowlogEntry } from '../types.ts';
import { parseSlowlog } from './parse-slowlog.ts';

export type LargeKind = 'large-request' | 'large-reply';

/** A request or a reply over the server's limit. `at` is the server's clock, ms; `args` are byte strings, cut by the server. */
export type LargeEntry = Omit<SlowlogEntry, 'microseconds'> & {
	readonly kind: LargeKind;
	readonly bytes: number;
};

/** The reply of `COMMANDLOG GET n large-request` or `… large-reply`. Nothing for an error reply. */
export function parseCommandlogLarge(reply: Reply, kind: LargeKind): LargeEntry[] {
	return parseSlowlog(reply).map(({ microseconds: bytes, ...entry }) => ({ ...entry, kind, bytes }));
}
