// What stands behind a colon of INFO, by the kind that the table gives its field. A value that is not what INFO promises
// (text for a number, NaN, -1 for "none") is undefined. Texts are made safe for a terminal here, because they land on one.

import { countIn } from '../reply.ts';
import { ownText } from '../text/own-text.ts';
import { printable } from '../text/printable.ts';
import { countOfAnySize } from './counters.ts';
import { type Kind, mostNames } from './info-names.ts';

export type Value = number | string | boolean | undefined;

export function readValue(kind: Kind, text: string, start: number, end: number): Value {
	switch (kind) {
		case 'count':
			return countOfAnySize(text, start, end).value;
		case 'fraction':
			return fractionIn(text.slice(start, Math.min(end, start + 40)));
		case 'percent':
			return shareIn(text.slice(start, Math.min(end, start + 40)));
		case 'moment':
			return momentIn(text, start, end);
		case 'text':
			return keptText(text.slice(start, end));
		case 'flag':
			return flagIn(text, start, end);
		case 'id':
			return idIn(text, start, end);
		case 'raw':
			return text.slice(start, Math.min(end, start + longestRaw));
		case 'cpu':
		case 'ingredient':
			return undefined;
	}
}

function flagIn(text: string, start: number, end: number): boolean | undefined {
	const number = countIn(text, start, end);
	return number === undefined ? undefined : number > 0;
}

/** Seconds since 1970 as milliseconds. */
function momentIn(text: string, start: number, end: number): number | undefined {
	const seconds = countIn(text, start, end);
	return seconds === undefined ? undefined : seconds * 1000;
}

function shareIn(text: string): number | undefined {
	const number = fractionIn(text);
	return number === undefined ? undefined : number / 100;
}

const idLength = 40;

// An id is compared, and only ever with another.
function idIn(text: string, start: number, end: number): string | undefined {
	const id = end - start === idLength ? text.slice(start, end) : '';
	return /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id) ? ownText(id) : undefined;
}

// Number() alone would also take '', ' 1', '0x1f' and 'Infinity'.
export function fractionIn(text: string): number | undefined {
	if (text.charCodeAt(0) < 48 || text.charCodeAt(0) > 57 || text.charCodeAt(1) === 120) return undefined;
	const number = Number(text);
	return Number.isFinite(number) ? number : undefined;
}

const longestText = 256;

const longestRaw = 4096;

export function safeText(text: string | undefined): string | undefined {
	return text ? printable(text, longestText) : undefined;
}

/** A copy: it stays while it is the same, and a piece of a reply would keep all of that one. */
function keptText(text: string): string | undefined {
	const safe = safeText(text);
	return safe && ownText(safe);
}

const keptNames = new Map<string, string>();

/** The name of a command or an error: the same hundred each time, made safe once. A copy: any piece of a reply keeps all of it. */
export function keptName(text: string): string | undefined {
	const known = keptNames.get(text);
	if (known !== undefined) return known;
	const name = safeText(text);
	if (name !== text) return name;
	const copy = name.split('').join('');
	if (keptNames.size < mostNames) keptNames.set(copy, copy);
	return copy;
}
