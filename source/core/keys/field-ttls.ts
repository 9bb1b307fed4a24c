// Hashes whose fields expire (HEXPIRE: Redis 7.4, Valkey 9). PTTL says such a key has no TTL; it leaves all the same, with
// its last field, where every field has one. Which fields it has is learnt from some drawn at random: up to as many as
// are drawn that is all of them. What they are called is asked to read their TTLs, and goes nowhere else.

import { asText, isArray } from '../reply.ts';
import type { Reply } from '../types.ts';

/** Fields drawn of one hash: under ten microseconds of the server, and all of most hashes. */
export const fieldsDrawn = 16;

export type FieldTtls = {
	/** Of the fields that were drawn: all of them expire, some, or none. */
	readonly expire: 'all' | 'some' | 'none';
	readonly drawn: number;
	/** When the last one goes that does, of those drawn. */
	readonly lastMilliseconds?: number;
};

/** HRANDFIELD's reply; undefined where it is none. */
export const fieldNames = (reply: Reply | undefined): readonly string[] | undefined =>
	isArray(reply) && reply.length > 0 ? reply.flatMap(name => asText(name) ?? []) : undefined;

/** HPTTL's reply: -1 of a field without a TTL, -2 of one that has gone meanwhile. */
export function fieldTtlsOf(reply: Reply | undefined): FieldTtls | undefined {
	if (!isArray(reply)) return undefined;
	const ttls = reply.filter(ttl => typeof ttl === 'number');
	if (ttls.length === 0) return undefined;
	const expiring = ttls.filter(ttl => ttl !== -1);
	const last = expiring.length === 0 ? undefined : Math.max(0, ...expiring);
	return {
		expire: expiring.length === 0 ? 'none' : expiring.length === ttls.length ? 'all' : 'some',
		drawn: ttls.length,
		...(last !== undefined && { lastMilliseconds: last }),
	};
}
