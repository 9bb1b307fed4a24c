// The consumer groups of a stream: who reads it, what was delivered and never acknowledged, what has not been read. And
// what that means for its size: Redis takes each node of its trees of pending entries for 248 bytes, which makes seven
// times what they have (object.c, streamRadixTreeMemoryUsage): of 65.7M in use it said that a stream has 421M. Valkey
// from 8.1 on counts what it has allocated.

import { asCount, asText, fieldsOf, isArray } from '../reply.ts';
import type { Reply } from '../types.ts';
import type { KeySize } from './size-estimate.ts';

export type StreamGroup = {
	/** A byte string. */
	readonly name: string;
	readonly consumers?: number;
	/** Delivered and not acknowledged. */
	readonly pending?: number;
	/** Entries not yet delivered; undefined where the server cannot tell (before 7.0, or entries were deleted). */
	readonly lag?: number;
	readonly lastDeliveredId?: string;
	/** Of the pending entry with the lowest id: when it was added by our clock, epoch ms, where its id is a time. */
	readonly oldestPendingAt?: number;
	/** Since the last of its consumers asked for anything. */
	readonly idleSeconds?: number;
};

/** Producers that mark their entries (XADD IDMP, Redis 8.6), so that one sent twice is added once. */
export type IdempotentProducers = {
	readonly producers: number;
	/** Marks that are kept now, of all producers. */
	readonly marks?: number;
	/** Entries that were not added, for they had been before. */
	readonly duplicates?: number;
};

/** XINFO STREAM; undefined where no producer marks its entries, or the server does not tell. */
export function parseProducers(reply: Reply | undefined): IdempotentProducers | undefined {
	if (!isArray(reply)) return undefined;
	const fields = fieldsOf(reply);
	const producers = asCount(fields.get('pids-tracked'));
	if (!producers && !asCount(fields.get('iids-added'))) return undefined;
	return {
		producers: producers ?? 0,
		marks: asCount(fields.get('iids-tracked')),
		duplicates: asCount(fields.get('iids-duplicates')),
	};
}

/** XINFO GROUPS. */
export function parseGroups(reply: Reply | undefined): readonly StreamGroup[] {
	if (!isArray(reply)) return [];
	return reply.flatMap(each => {
		const fields = fieldsOf(each);
		const name = asText(fields.get('name'));
		if (name === undefined) return [];
		return [
			{
				name,
				consumers: asCount(fields.get('consumers')),
				pending: asCount(fields.get('pending')),
				lag: asCount(fields.get('lag')),
				lastDeliveredId: asText(fields.get('last-delivered-id')),
			},
		];
	});
}

/** The lowest id of XPENDING key group, as epoch ms; undefined where nothing is pending, or the id is no time. */
export function oldestPending(reply: Reply | undefined): number | undefined {
	const id = isArray(reply) ? asText(reply[1]) : undefined;
	const milliseconds = Number(/^(\d{12,14})-\d+$/.exec(id ?? '')?.[1] ?? Number.NaN);
	return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** Of XINFO CONSUMERS the one that asked last, in seconds. */
export function groupIdle(reply: Reply | undefined): number | undefined {
	if (!isArray(reply)) return undefined;
	const idle = reply.flatMap(each => asCount(fieldsOf(each).get('idle')) ?? []);
	return idle.length === 0 ? undefined : Math.min(...idle) / 1000;
}

export const pendingOf = (groups: readonly StreamGroup[]): number =>
	groups.reduce((sum, { pending = 0 }) => sum + pending, 0);

/** As Redis counts at most: 552 where ids follow each other, 1,104 where each has a node of its own in both trees. */
const countedEach = 1104;
/** At least so much of it is real: 85 where ids follow each other, 155 where they do not, on five versions. */
const leastEach = 64;

/** By INFO: whether MEMORY USAGE of this server takes pending entries for what they have. */
export function countsPending(info: string): boolean {
	const [, major, minor] = /^valkey_version:(\d+)\.(\d+)/m.exec(info) ?? [];
	return Number(major) > 8 || (Number(major) === 8 && Number(minor) >= 1);
}

/** `serverBytes`: what the server says, where that cannot be. */
export type StreamSize = KeySize & { readonly serverBytes?: number };

/** `limit`: what the server uses in all, without what is known to be of others. */
export function streamSize(size: KeySize, pending: number, limit = Number.POSITIVE_INFINITY): StreamSize {
	const bytes = Math.min(size.bytes, Math.max(0, limit));
	const least = Math.max(0, size.bytes - pending * countedEach) + pending * leastEach;
	const down = bytes > 0 ? Math.max(0, bytes - least) / bytes : 0;
	if (down < 0.005 && bytes === size.bytes) return size;
	return {
		bytes,
		isEstimated: true,
		margin: Math.min(1, Math.max(size.margin ?? 0, down)),
		...(bytes < size.bytes && { serverBytes: size.bytes }),
	};
}

/** Whether what was never acknowledged is more than what the stream holds. */
export const isOutweighed = (pending: number | undefined, entries: number | undefined): boolean =>
	pending !== undefined && entries !== undefined && pending > entries;
