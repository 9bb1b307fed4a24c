// How many keys a node has, as far as a loss can be told from it: those that stay, and those with a TTL, which may go
// by themselves while nobody looks; so may hashes whose fields expire, with the last of these. Pure arithmetic on the
// keyspace of INFO; it judges nothing.

import type { Info } from '../types.ts';

export type Keys = {
	readonly all: number;
	readonly withTtl: number;
	/** Hashes with a TTL on a field; undefined where no database tells it. */
	readonly withFieldTtl?: number;
	/** Of all databases, weighed by their keys; undefined where no database tells it. */
	readonly meanTtlSeconds?: number;
	/** Of each database. */
	readonly byDatabase: ReadonlyMap<number, number>;
};

/** Undefined while the server loads: what it has then is on its way. */
export function keysOf(info: Info | undefined): Keys | undefined {
	if (!info?.databases || info.isLoading) return undefined;
	const byDatabase = new Map<number, number>();
	let all = 0;
	let withTtl = 0;
	let withFieldTtl: number | undefined;
	let weighed = 0;
	let told = 0;
	for (const { db, keys, expires = keys, avgTtlMilliseconds: ttl, withFieldTtl: fading } of info.databases) {
		// One number that was not read, and the sum is none; where only those with a TTL were not, it may be all of them.
		if (keys === undefined || expires === undefined) return undefined;
		byDatabase.set(db, keys);
		all += keys;
		withTtl += expires;
		if (fading !== undefined) withFieldTtl = (withFieldTtl ?? 0) + fading;
		if (!ttl) continue;
		weighed += ttl * expires;
		told += expires;
	}
	return {
		all,
		withTtl,
		...(withFieldTtl !== undefined && { withFieldTtl }),
		...(told > 0 && { meanTtlSeconds: weighed / told / 1000 }),
		byDatabase,
	};
}

/** A quarter of the mean TTL: until then most of those keys are still there. */
const ttlShare = 0.25;

/** The keys that must still be there after so many seconds; those with a TTL only where it cannot be over. */
export function lastingKeys(
	{ all, withTtl, withFieldTtl = 0, meanTtlSeconds }: Keys,
	seconds: number,
	patience: number,
): number {
	const limit = meanTtlSeconds === undefined ? patience : Math.max(patience, meanTtlSeconds * ttlShare);
	// Of the TTLs of fields the server tells no mean.
	const lasting = seconds <= patience ? all : all - withFieldTtl;
	return Math.max(0, seconds <= limit ? lasting : lasting - withTtl);
}

/** A process that started since then: one that runs for longer is another server under the same name. */
export const startedWithin = (info: Info | undefined, seconds: number): boolean =>
	(info?.uptimeSeconds ?? 0) <= seconds + 2;
