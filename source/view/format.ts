// Values as text: the one place that turns "not measured" into `-`. The words for numbers come from core/text/quantity;
// here only what the cells of a table and the line of vitals want of them: clock times, ages of three characters,
// short names of nodes. It looks at no State and no clock.

import { count, duration } from '../core/text/quantity.ts';
import type { Address } from '../core/types.ts';

export { clock, clockDigits } from '../core/text/local-time.ts';

export const none = '-';

/** `format(value)`, or a dash for a value that was not measured. */
export function orDash(value: number | undefined, format: (value: number) => string): string {
	return value === undefined || !Number.isFinite(value) ? none : format(value);
}

/** Plain up to 9999, as people count clients: `1204`, `12.3k`. */
export const whole = (value: number): string =>
	Math.abs(value) < 9999.5 ? String(Math.round(value)) : count(value);

/** One decimal under a hundred: `97.4`, `100`. Never `100` before every lookup hit. */
export function hitPercent(share: number): string {
	const tenths = Math.round(share * 1000) / 10;
	if (share < 1 && tenths >= 100) return '99.9';
	return tenths >= 100 ? String(Math.round(tenths)) : tenths.toFixed(1);
}

/** `68`, `112`; the unit stands in the title. */
export const wholePercent = (share: number): string => count(Math.round(share * 100));

/** `1.06`, `12.3`, `123`. */
export function ratio(value: number): string {
	if (value < 9.995) return value.toFixed(2);
	return value < 99.95 ? value.toFixed(1) : count(value);
}

/** Milliseconds: `0.4`, `12.3`, `812`, `3.2k`. */
export function milliseconds(value: number): string {
	return value < 99.95 ? value.toFixed(1) : count(value);
}

/** Bytes a second: `8.2M`, `31M`, `118M`. */
export { briefBytes as byteRate } from '../core/text/quantity.ts';

/** Three characters at most where it is under a hundred days: `0s`, `12s`, `3m`, `2h`. */
export function age(seconds: number): string {
	return seconds < 60 ? `${Math.max(0, Math.floor(seconds))}s` : duration(seconds);
}

/** Of a sum of seconds or microseconds as `41ms`, `0.4s`. */
export const took = (seconds: number): string => duration(seconds);

/** `1`, `0.25`. */
export const seconds = (value: number): string => `${Number(value.toFixed(2))}s`;

/** The host of an address: `10.0.1.12`, `[fe80::1]`; a socket has none. */
export function hostOf(address: Address): string | undefined {
	if (address.startsWith('unix:')) return undefined;
	const colon = address.lastIndexOf(':');
	return colon > 0 ? address.slice(0, colon) : undefined;
}

/** Names for sentences: the host alone where no two nodes share it, else the whole address. */
export function shortNames(addresses: Iterable<Address>): (address: Address) => string {
	const hosts = new Map<string, number>();
	for (const address of new Set(addresses)) {
		const host = hostOf(address);
		if (host !== undefined) hosts.set(host, (hosts.get(host) ?? 0) + 1);
	}
	return address => {
		const host = hostOf(address);
		return host !== undefined && hosts.get(host) === 1 ? host : address;
	};
}
