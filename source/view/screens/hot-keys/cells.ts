// What the cells of the lists of hot things say: the name, its share with a bar, and what the method counts. Numbers
// as they are where they fit their column; a bar is solid up to what is sure and light up to what may be.

import type { HotKeysResult } from '../../../core/keys/hot-keys.ts';
import { printable, printableText } from '../../../core/text/printable.ts';
import { bytes, count, duration } from '../../../core/text/quantity.ts';
import { none, orDash } from '../../format.ts';
import { glyphsFor } from '../../theme.ts';
import type { HotRow } from './rows.ts';
import { whole } from './ways.ts';

export type HotContext = {
	readonly result: HotKeysResult;
	readonly isAscii: boolean;
	/** The share that fills a bar. */
	readonly fullShare: number;
};

export function shareOf(row: HotRow): number | undefined {
	switch (row.kind) {
		case 'key':
			return row.key.share;
		case 'pattern':
			return row.pattern.share;
		case 'command':
			return row.command.share;
		case 'client':
			return row.client.share;
		case 'slot':
			return row.slot.share;
	}
}

/** As text that is safe on a terminal; the whole name, the column cuts it. */
export function nameOf(row: HotRow): string {
	switch (row.kind) {
		case 'key':
			return row.key.key === '' ? '""' : printable(row.key.key);
		case 'pattern':
			return printable(row.pattern.pattern);
		case 'command':
			return printable(row.command.command);
		case 'client':
			return printable(row.client.client);
		case 'slot':
			return `${row.slot.slot}  ${printableText(row.slot.node)}`;
	}
}

/** `18,204`, and from a million on `1.2M`. */
export const figure = (value: number): string => (value < 99_999.5 ? whole(value) : count(value));

/** Hits, else what the method counts in their place: hits a second, time, bytes. */
export function amountOf(row: HotRow): string {
	if (row.kind === 'slot') return none;
	if (row.kind !== 'key') return figure(countOf(row));
	const { hits: seen, hitsPerSecond, cpuMicroseconds, netBytes } = row.key;
	if (seen !== undefined) return figure(seen);
	if (hitsPerSecond !== undefined) return count(hitsPerSecond);
	if (cpuMicroseconds !== undefined) return duration(cpuMicroseconds / 1e6);
	return orDash(netBytes, bytes);
}

function countOf(row: Exclude<HotRow, { kind: 'key' | 'slot' }>): number {
	switch (row.kind) {
		case 'pattern':
			return row.pattern.hits;
		case 'command':
			return row.command.hits;
		case 'client':
			return row.client.hits;
	}
}

export function amountTitle({ keys }: HotKeysResult): string {
	if (keys.length === 0 || keys.some(({ hits: seen }) => seen !== undefined)) return 'HITS';
	if (keys.some(({ hitsPerSecond }) => hitsPerSecond !== undefined)) return 'HITS/S';
	return keys.some(({ cpuMicroseconds }) => cpuMicroseconds !== undefined) ? 'TIME' : 'BYTES';
}

/** Never `0.0%` while there is some: `<0.1%`. */
export function sharePercent(value: number): string {
	return value > 0 && value < 0.0005 ? '<0.1%' : `${tenths(value)}%`;
}

/** `35.2`, `100`. */
export function tenths(value: number): string {
	const points = Math.round(value * 1000) / 10;
	return points >= 100 ? '100' : points.toFixed(1);
}

/** Light from what is sure to what may be; one cell is as much as a bar can tell. */
export function errorBar(row: HotRow, { fullShare, isAscii, result }: HotContext, width: number): string {
	const glyphs = glyphsFor(isAscii);
	if (row.kind === 'key' && result.shareOf === 'accesses')
		return glyphs.bar.repeat(cellsOf((row.key.counter ?? 0) / 255, width));
	const value = shareOf(row) ?? 0;
	const [low, high] = row.kind === 'key' ? [row.key.low ?? value, row.key.high ?? value] : [value, value];
	if (!(fullShare > 0)) return '';
	const cells = width / fullShare;
	// An interval of less than half a cell is none to the eye; the figures beside it have it.
	const sure = cellsOf((value - low) * cells < 0.5 ? value / fullShare : low / fullShare, width);
	const most = cellsOf((high - value) * cells < 0.5 ? value / fullShare : high / fullShare, width);
	return glyphs.bar.repeat(sure) + glyphs.barRest.repeat(Math.max(0, most - sure));
}

const cellsOf = (part: number, width: number) =>
	Number.isFinite(part) ? Math.min(width, Math.max(0, Math.round(part * width))) : 0;

export const word = (text: string | undefined) =>
	text === undefined || text === '' ? none : printableText(text);

/** `none` has no end; a dash is not known. */
export const ttlWord = (seconds: number | null | undefined): string =>
	seconds === undefined ? none : seconds === null ? 'none' : duration(seconds);
