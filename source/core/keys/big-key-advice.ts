// What to know and do about one big key, with its own numbers: how to delete it without a pause, which commands answer
// with all of it at once, that it stays for ever, that a slot moves with it. Only what follows from what was asked of
// this key; a small key has nothing to be said about it.

import { bytes, duration, thousands } from '../text/quantity.ts';
import type { KeyLook } from './key-look.ts';

export type KeyPlace = {
	readonly isCluster: boolean;
	/** Idle times of a replica say nothing of reads. */
	readonly isReplica: boolean;
};

/** Freed in one go by DEL, while nobody else is served. */
const manyItems = 10_000;
const largeBytes = 1024 ** 2;
const longIdleSeconds = 86_400;

/** Whole sentences, the most urgent first; none is longer than 76 characters with the usual numbers. */
export function adviceOn(look: KeyLook, place: KeyPlace): readonly string[] {
	return [...staying(look, place), ...deleting(look), ...reading(look), ...moving(look, place)];
}

function staying(look: KeyLook, { isReplica }: KeyPlace): string[] {
	const { ttlSeconds, idleSeconds, fields, isIdleSinceWrite } = look;
	if (ttlSeconds !== null) return [];
	if (fields?.expire === 'all') return ['no ttl of its own: it leaves with the last of its fields'];
	if (idleSeconds !== undefined && idleSeconds >= longIdleSeconds && !isReplica && !isIdleSinceWrite)
		return [`not used for ${duration(idleSeconds)} and no ttl: nothing will ever remove it`];
	return ['no ttl: it stays until somebody deletes it'];
}

const isCollection = (type: string | undefined) =>
	type === 'hash' || type === 'set' || type === 'zset' || type === 'list' || type === 'stream';

function deleting({ type, items }: KeyLook): string[] {
	if (!isCollection(type) || items === undefined || items < manyItems) return [];
	return [`to delete it: UNLINK; DEL frees ${thousands(items)} items while all others wait`];
}

const wholeReads: Readonly<Record<string, readonly [all: string, part: string]>> = {
	hash: ['HGETALL', 'HMGET or HSCAN'],
	set: ['SMEMBERS', 'SSCAN'],
	zset: ['ZRANGE 0 -1', 'ZRANGE with a range'],
	list: ['LRANGE 0 -1', 'LRANGE with a range'],
	stream: ['XRANGE - +', 'XRANGE with COUNT'],
	string: ['GET', 'GETRANGE, or compress or split it'],
};

function reading({ type, bytes: size }: KeyLook): string[] {
	if (size === undefined || size < largeBytes || !Object.hasOwn(wholeReads, type ?? '')) return [];
	const [all, part] = wholeReads[type!]!;
	return [`${all} answers with about ${bytes(size)} at once: ${part}`];
}

function moving({ bytes: size, slot }: KeyLook, { isCluster }: KeyPlace): string[] {
	if (!isCluster || size === undefined || size < largeBytes) return [];
	return [`no reshard splits it: slot ${slot ?? '-'} moves with all ${bytes(size)} of it`];
}
