// HOTKEYS GET. Two commands share the name and nothing else: Redis 8.6 measures time and bytes of each key in a session
// that somebody starts; Valkey (after 9.1) counts accesses in windows of its own, always, where hotkey-top-k is above
// 0. The reply tells which: fields of a session, flat or in an array of one, against a list of entries; nothing (nil,
// an empty list) tells nothing. Redis reports a sampled key with the share it sampled, and its totals whole
// (redis#15837): which of the two scales a figure has is settled here, and nowhere else.

import { asCount, asText, fieldsOf, isArray, type Reply } from '../reply.ts';

/** A session of Redis: at work, or over with its result kept. */
export type HotkeysSession = {
	readonly kind: 'session';
	readonly isActive: boolean;
	/** 10: one command of ten was looked at. */
	readonly sampleRatio: number;
	/** On the server's clock, epoch ms: by it a session is known again. */
	readonly startedAt?: number;
	readonly seconds: number;
	/** The slots it was limited to, as ranges of their first and last; undefined where it is of all. */
	readonly onlySlots?: readonly (readonly [first: number, last: number])[];
	/** Time of all commands with a key, whole. */
	readonly allMicroseconds?: number;
	readonly allNetBytes?: number;
	/** Microseconds that the server's process ran since it began, as whole milliseconds; with the metric CPU only. */
	readonly ranMicroseconds?: number;
	/** Figures of keys are given as the server told them; times this they are whole. */
	readonly scale: number;
	/** On the scale of the keys: what their shares are of. Of the selected slots where there are some. */
	readonly timeOf?: number;
	readonly bytesOf?: number;
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

/** No version so far multiplies the figures of a sampled key (redis#15837, open); one that does is named here. */
const doesServerMultiply = false;

function sessionOf(fields: ReadonlyMap<string, Reply>): HotkeysSession {
	const number = (name: string) => asCount(fields.get(name));
	const sampleRatio = Math.max(1, number('sample-ratio') ?? 1);
	const scale = doesServerMultiply ? 1 : sampleRatio;
	const some = (value: number | undefined) => (value === undefined ? undefined : value / scale);
	// These are told where SLOTS was given, and only there.
	const ofSlots = number('all-commands-selected-slots-us') ?? number('net-bytes-all-commands-selected-slots');
	const timeAll = number('all-commands-all-slots-us');
	const bytesAll = number('net-bytes-all-commands-all-slots');
	const [user, system] = [number('total-cpu-time-user-ms'), number('total-cpu-time-sys-ms')];
	const ran = user === undefined || system === undefined ? undefined : user + system;
	return {
		kind: 'session',
		isActive: number('tracking-active') === 1,
		sampleRatio,
		startedAt: number('collection-start-time-unix-ms'),
		seconds: (number('collection-duration-ms') ?? 0) / 1000,
		...(ofSlots !== undefined && { onlySlots: rangesOf(fields.get('selected-slots')) }),
		allMicroseconds: timeAll,
		allNetBytes: bytesAll,
		...(ran !== undefined && { ranMicroseconds: ran * 1000 }),
		scale,
		timeOf:
			number('sampled-commands-selected-slots-us') ??
			some(number('all-commands-selected-slots-us') ?? timeAll),
		// What the keys were counted from: told on their own scale.
		bytesOf:
			number('total-net-bytes') ??
			number('net-bytes-sampled-commands-selected-slots') ??
			some(number('net-bytes-all-commands-selected-slots') ?? bytesAll),
		byCpu: keysOf(fields.get('by-cpu-time-us'))?.map(([key, microseconds]) => ({ key, microseconds })),
		byNet: keysOf(fields.get('by-net-bytes'))?.map(([key, bytes]) => ({ key, bytes })),
	};
}

/** `[[0, 5460], [16000]]`; what is no range is left out. */
function rangesOf(reply: Reply | undefined): (readonly [number, number])[] {
	if (!isArray(reply)) return [];
	return reply.flatMap((range): (readonly [number, number])[] => {
		if (!isArray(range)) return [];
		const first = asCount(range[0]);
		return first === undefined ? [] : [[first, asCount(range[1]) ?? first]];
	});
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
