// HOTKEYS GET. Two commands share the name and nothing else: Redis 8.6 measures time and bytes of each key in a session
// that somebody starts; Valkey (after 9.1) counts accesses in windows of its own, always, where hotkey-top-k is above
// 0. The reply tells which: fields of a session, flat or in an array of one, against a list of entries; nothing (nil,
// an empty list) tells nothing. Redis reports a sampled key with the share it sampled, and its totals whole
// (redis#15837): the figures of keys are multiplied here, and nowhere else.

import { asCount, asText, fieldsOf, isArray } from '../reply.ts';
import type { Reply } from '../types.ts';

/** A session of Redis: at work, or over with its result kept. */
export type HotkeysSession = {
	readonly kind: 'session';
	readonly isActive: boolean;
	/** 10: one command of ten was looked at. */
	readonly sampleRatio: number;
	/** On the server's clock, epoch ms: by it a session is known again. */
	readonly startedAt?: number;
	readonly seconds: number;
	/** Of all commands, on the keys' scale. */
	readonly allMicroseconds?: number;
	readonly allNetBytes?: number;
	/** Undefined where the metric was not asked for. */
	readonly byCpu?: readonly { readonly key: string; readonly microseconds: number }[];
	readonly byNet?: readonly { readonly key: string; readonly bytes: number }[];
};

/** The last whole window of Valkey. */
export type HotkeysWindow = {
	readonly kind: 'window';
	readonly keys: readonly { readonly key: string; readonly db: number; readonly perSecond: number }[];
};

/** `nothing`: nil or an empty list, which is "no session", "switched off" or "nothing was used". */
export type HotkeysReply = HotkeysSession | HotkeysWindow | { readonly kind: 'nothing' };

/** Undefined for what is none of them. */
export function parseHotkeys(reply: Reply | undefined): HotkeysReply | undefined {
	if (reply === null) return { kind: 'nothing' };
	if (!isArray(reply)) return undefined;
	if (reply.length === 0) return { kind: 'nothing' };
	const fields = fieldsOf(reply);
	if (fields.has('tracking-active')) return sessionOf(fields);
	const inner = isArray(reply[0]) ? fieldsOf(reply[0]) : undefined;
	if (inner?.has('tracking-active')) return sessionOf(inner);
	return inner?.has('qps') ? windowOf(reply) : undefined;
}

function sessionOf(fields: ReadonlyMap<string, Reply>): HotkeysSession {
	const number = (name: string) => asCount(fields.get(name));
	const sampleRatio = Math.max(1, number('sample-ratio') ?? 1);
	const times = keysOf(fields.get('by-cpu-time-us'));
	const sizes = keysOf(fields.get('by-net-bytes'));
	const allMicroseconds = number('all-commands-all-slots-us');
	const allNetBytes = number('net-bytes-all-commands-all-slots');
	const cpuScale = scaleOf(times, sampleRatio, allMicroseconds);
	const netScale = scaleOf(sizes, sampleRatio, allNetBytes);
	return {
		kind: 'session',
		isActive: number('tracking-active') === 1,
		sampleRatio,
		startedAt: number('collection-start-time-unix-ms'),
		seconds: (number('collection-duration-ms') ?? 0) / 1000,
		allMicroseconds,
		allNetBytes,
		byCpu: times?.map(([key, value]) => ({ key, microseconds: value * cpuScale })),
		byNet: sizes?.map(([key, value]) => ({ key, bytes: value * netScale })),
	};
}

/** Keys that would be far more than all there was have been multiplied by the server already. */
function scaleOf(
	keys: readonly (readonly [string, number])[] | undefined,
	ratio: number,
	all: number | undefined,
): number {
	const sum = (keys ?? []).reduce((total, [, value]) => total + value, 0);
	return all !== undefined && all > 0 && sum * ratio > all * 1.5 ? 1 : ratio;
}

function keysOf(reply: Reply | undefined): (readonly [string, number])[] | undefined {
	if (!isArray(reply)) return undefined;
	const keys: (readonly [string, number])[] = [];
	for (let index = 0; index + 1 < reply.length; index += 2) {
		const key = asText(reply[index]);
		const value = asCount(reply[index + 1]);
		if (key !== undefined && value !== undefined) keys.push([key, value]);
	}
	return keys;
}

function windowOf(entries: readonly Reply[]): HotkeysWindow {
	const keys = entries.flatMap(entry => {
		const fields = fieldsOf(entry);
		const key = asText(fields.get('key'));
		const perSecond = Number(asText(fields.get('qps')));
		if (key === undefined || !Number.isFinite(perSecond) || perSecond < 0) return [];
		return [{ key, db: asCount(fields.get('db')) ?? 0, perSecond }];
	});
	return { kind: 'window', keys };
}
