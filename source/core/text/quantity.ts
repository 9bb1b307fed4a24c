// Numbers as people read them, in at most five characters, so that no column ever jumps: `1.2k`, `8.2G`, `93%`,
// `41ms`. Findings, events and every cell of the screen use these and nothing else, so a number looks the same
// wherever it stands. One rule for counts and bytes: under a thousand plain, one decimal up to 99.9, none above.
// It does not know "not measured": that is `undefined`, and view/format makes a dash of it.

export const countUnits = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
export const byteUnits = ['B', 'K', 'M', 'G', 'T', 'P', 'E'];

/** 1000-based: `999`, `1.2k`, `14.2k`, `119k`, `1.0M`. More than nothing is never shown as `0`: `<1`. */
export function count(value: number): string {
	if (value > 0 && value < 0.5) return '<1';
	return scaled(value, 1000, countUnits);
}

/** 1024-based, as Redis's own `_human` fields: `512B`, `8.2G`, `1023K`. */
export function bytes(value: number): string {
	return scaled(value, 1024, byteUnits);
}

/** As `count`, without a decimal from ten on: `1.2k`, `24k`. */
export const briefCount = (value: number): string => scaled(value, 1000, countUnits, true);

/** As `bytes`, without a decimal from ten on: `8.2M`, `31M`. */
export const briefBytes = (value: number): string => scaled(value, 1024, byteUnits, true);

/** `18,204`: without a formatter of languages, whose first use takes ten milliseconds. */
export const thousands = (value: number): string =>
	String(Math.round(value)).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');

/** A share as whole percent: `93%`. Never `100%` before it is full, never `0%` while there is some: `<1%`. */
export function percent(share: number): string {
	if (!Number.isFinite(share)) return '-';
	if (share > 0 && share < 0.005) return '<1%';
	const whole = Math.round(share * 100);
	return `${share < 1 && whole === 100 ? 99 : whole}%`;
}

/** Seconds as `0.4ms`, `41ms`, `8.2s`, `14s`, `3m`, `2h`, `5d`; whole units are those that have passed. */
export function duration(seconds: number): string {
	if (!Number.isFinite(seconds)) return '-';
	if (seconds <= 0) return '0s';
	if (seconds < 0.9995) return `${short(seconds * 1000)}ms`;
	if (seconds < 60) return `${short(seconds)}s`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
	if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
	return `${Math.floor(seconds / 86_400)}d`;
}

/** One decimal under ten where it says something (8.2, but 9), else whole: 59.7 s have not been a minute yet. */
function short(value: number): string {
	const tenths = Math.round(value * 10) / 10;
	if (tenths >= 10) return String(Math.floor(value < 10 ? tenths : value));
	return String(Math.max(tenths, 0.1));
}

/** `1 key`, `3 keys`, `3 entries`: a counted noun. */
export const counted = (amount: number, noun: string, show: (value: number) => string = String): string =>
	`${show(amount)} ${amount === 1 ? noun : pluralOf(noun)}`;

function pluralOf(noun: string): string {
	if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
	return /(s|sh|ch|x)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

function scaled(value: number, base: number, units: readonly string[], isBrief = false): string {
	if (!Number.isFinite(value)) return '-';
	const sign = value < 0 ? '-' : '';
	let rest = Math.abs(value);
	let unit = 0;
	// Rounded before it is compared, or 99.96k would become `100.0k` and 999.7k `1000k`.
	while (Math.round(rest) >= base && unit < units.length - 1) {
		rest /= base;
		unit += 1;
	}
	if (unit === 0 || rest >= 99.95) return `${sign}${Math.round(rest)}${units[unit]}`;
	return `${sign}${isBrief && rest >= 9.95 ? Math.floor(Number(rest.toFixed(1))) : rest.toFixed(1)}${units[unit]}`;
}
