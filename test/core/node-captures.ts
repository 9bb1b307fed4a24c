// Replies for the node screen: test/fixtures/<version>/node, of five versions. Two readings of one server a moment apart,
// each INFO, MEMORY STATS, INFO commandstats, LATENCY HISTOGRAM and CLIENT LIST of one pipeline, and between them exactly
// what `between` says. A replica follows it, one client does not read 10 MB of replies, others block, watch, queue.

import { parseInfo } from '../../source/core/parse/parse-info.ts';
import type { Info, Reply } from '../../source/core/types.ts';
import { captureReply, captureText, versions } from './captures.ts';

export const nodeVersions = [...versions, 'valkey-9.1.2'] as const;
export type NodeVersion = (typeof nodeVersions)[number];

/** Versions that have failed and rejected calls, error prefixes, LATENCY HISTOGRAM. */
export const newerVersions = nodeVersions.filter(version => version !== 'redis-6.0.16');

/** Calls a client made between the two readings; redis-top's are the five of the first reading. */
export const between = { set: 500, hgetall: 100, lpush: 50, debug: 3, get: 1002 } as const;
/** `lpush` on a string, `get` without a key, a command that is none. */
export const errorsBetween = { WRONGTYPE: 50, ERR: 14 } as const;

type Name = 'info' | 'memory-stats' | 'commandstats' | 'latency-histogram' | 'client-list';

export const nodeReply = (version: NodeVersion, name: Name, reading: 1 | 2): Reply =>
	captureReply(`${version}/node/${name}-${reading}.resp2`);

export const nodeText = (version: NodeVersion, name: Name, reading: 1 | 2): string =>
	captureText(`${version}/node/${name}-${reading}.resp2`);

export const nodeInfo = (version: NodeVersion, reading: 1 | 2): Info =>
	parseInfo(nodeText(version, 'info', reading));
