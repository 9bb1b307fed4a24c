// Sizes in words: what is an estimate carries `~`, and its margin where there is one. The list, the opened key, the
// runbook and the output without a screen all say it so.

import { printable } from '../text/printable.ts';
import { bytes, percent } from '../text/quantity.ts';
import type { ScanLimits } from './big-keys.ts';

const longestPattern = 24;

/** `user:*`, `db 3`, `user:* in db 3`: what a scan was limited to; undefined where to nothing. */
export function limitWords(only: ScanLimits | undefined): string | undefined {
	const db = only?.db === undefined ? undefined : `db ${only.db}`;
	if (only?.pattern === undefined) return db;
	const pattern = printable(only.pattern, longestPattern);
	return db === undefined ? pattern : `${pattern} in ${db}`;
}

export type SizeFigure = {
	readonly bytes: number;
	readonly sizeEstimated?: boolean;
	readonly sizeMargin?: number;
};

/** `3.1M`, `~3.1M`. */
export const sizeWord = (size: SizeFigure): string => `${size.sizeEstimated ? '~' : ''}${bytes(size.bytes)}`;

/** `3.1M`, `~3.1M +-4%`; `~3.1M` where nothing can be said of how far off it may be. */
export function sizeWords(size: SizeFigure): string {
	const margin = size.sizeEstimated ? marginWord(size.sizeMargin) : undefined;
	return margin === undefined ? sizeWord(size) : `${sizeWord(size)} ${margin}`;
}

/** `+-4%`: never rounded down. */
const marginWord = (margin: number | undefined): string | undefined =>
	margin === undefined ? undefined : `+-${percent(Math.ceil(margin * 100) / 100)}`;
