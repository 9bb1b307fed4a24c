// What the scan of step 3 itself did to the node: it reads every key, and a server removes a key that has expired when
// it is read. So a scan can free half of a memory within seconds and leave the pages behind, and a runbook that judged
// that would judge its own doing. Where it did, the figures of before the scan stand, and the text says so.

import type { BigKeysResult } from '../core/keys/big-keys.ts';
import { keysIn } from '../core/node/keyspace.ts';
import type { Info, NodeTrack } from '../core/types.ts';
import { runbookLimits } from './limits.ts';
import type { RunbookInput } from './runbook.ts';
import { nodesBeyond } from './scan-here.ts';

export type ExpiredKeys = {
	/** Expired and still there when the scan began. */
	readonly keys: number;
	/** Of so many. */
	readonly of: number;
	/** By the mean size of a key. */
	readonly bytes: number;
	/** The scan has removed them by reading them: it was a primary that it read. */
	readonly isReclaimed: boolean;
};

const trackIn = (input: RunbookInput): NodeTrack | undefined =>
	input.track ?? input.tracks?.get(input.node.address);

const known = new WeakMap<RunbookInput, { readonly found: ExpiredKeys | undefined }>();

/** Keys that the scan met as expired; undefined where it met few, or nobody looked before it. */
export function expiredInScan(input: RunbookInput): ExpiredKeys | undefined {
	const kept = known.get(input);
	if (kept) return kept.found;
	const found = findExpired(input);
	known.set(input, { found });
	return found;
}

/** SCAN passes expired keys by: DBSIZE counts them, and the scan did not see them. */
function findExpired(input: RunbookInput): ExpiredKeys | undefined {
	const { scan, beforeScan } = input;
	const now = trackIn(input)?.lastGood?.info;
	if (!scan || scan.of === undefined || !beforeScan || !now || !isOfNow(input, scan)) return undefined;
	const unseen = scan.of - scan.scanned;
	// Of a scan that ended early only what it took away is known: what it did not see may be alive.
	const left = scan.complete ? (keysIn(now.databases, 'keys') ?? 0) - scan.scanned : 0;
	const keys = Math.min(unseen, Math.max(reclaimed(input, now), left));
	if (keys < runbookLimits.expiredKeys || keys < scan.of * runbookLimits.expiredShare) return undefined;
	const { info } = beforeScan;
	const each = (info.usedMemoryBytes ?? 0) - (info.startupBytes ?? 0) - (info.clientsNormalBytes ?? 0);
	const bytes = (Math.max(0, each) * keys) / Math.max(1, keysIn(info.databases, 'keys') ?? scan.of, keys);
	return { keys, of: scan.of, bytes, isReclaimed: reclaimed(input, now) >= keys / 2 };
}

/** Of this shard alone, and as it is now. */
const isOfNow = (input: RunbookInput, scan: BigKeysResult) =>
	nodesBeyond(input, scan).length === 0 &&
	(input.at === undefined || input.at - scan.at <= runbookLimits.scanEffectSeconds * 1000);

/** Keys that went by expiry while the scan ran, beyond those that went before it at their own pace. */
function reclaimed({ scan, beforeScan }: RunbookInput, now: Info): number {
	const { info, expiredPerSecond = 0 } = beforeScan!;
	if (info.runId !== now.runId || info.expiredKeys === undefined || now.expiredKeys === undefined) return 0;
	return Math.max(0, now.expiredKeys - info.expiredKeys - expiredPerSecond * (scan?.seconds ?? 0));
}

/** The INFO to judge by: that of before the scan where the scan has emptied the node. */
export function judgedInfo(input: RunbookInput): Info | undefined {
	const now = trackIn(input)?.lastGood?.info;
	return now && expiredInScan(input)?.isReclaimed ? input.beforeScan!.info : now;
}

/** Keys that no scan has looked at, so that nobody knows whether they are live: nothing that is said rests on them. */
export type UnreadKeys = {
	/** Live keys that a scan has met which is not whole; undefined where none was made. */
	readonly read?: number;
	/** All keys, live or not; undefined where the server does not tell. */
	readonly of?: number;
	/** With a TTL, so that they may have expired; undefined where the server does not tell. */
	readonly withTtl?: number;
};

/** Undefined where a whole scan has looked, or nobody made one and too few keys have a TTL to matter. */
export function unreadKeys(input: RunbookInput): UnreadKeys | undefined {
	const { databases } = trackIn(input)?.lastGood?.info ?? {};
	const scan = input.scan && isOfNow(input, input.scan) ? input.scan : undefined;
	if (scan?.complete && (input.beforeScan || scan.of === undefined || isAll(scan.scanned, scan.of)))
		return undefined;
	const of = scan?.of ?? keysIn(databases, 'keys');
	const withTtl = keysIn(databases, 'expires');
	if (!scan && withTtl !== undefined && withTtl <= (of ?? 0) * runbookLimits.expiredShare) return undefined;
	return { read: scan?.scanned, of, withTtl };
}

const isAll = (scanned: number, of: number) => scanned >= of * (1 - runbookLimits.expiredShare);
