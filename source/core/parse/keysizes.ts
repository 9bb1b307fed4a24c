// INFO keysizes (Redis 8 and later) → how large the keys of each type are, for free: the server keeps the counts up to
// date. A line is `db0_distrib_strings_sizes:0=7,1=3,64=448,2K=1`. A label is the lower end of a bin that reaches to
// twice as much: `64` is 64 to 127, `2K` 2048 to 4095; `0` is empty strings. Strings are counted in bytes (their text's),
// all others in items, and where the server was started with key-memory-histograms (8.6) in a second line by the bytes
// they take. Streams, vector sets and the types of modules are in none. It tells no names: which keys they are takes a
// scan.

import { countIn } from '../reply.ts';
import { counted } from '../text/quantity.ts';

export type KeysizesType = 'strings' | 'lists' | 'sets' | 'zsets' | 'hashes';

export type SizeBin = {
	/** Bytes or items, as `unit` says. */
	readonly from: number;
	/** The first size that is no longer in it. */
	readonly below: number;
	readonly keys: number;
};

/** The keys of one type in one database, smallest first; bins without keys are left out. */
export type Keysizes = {
	readonly db: number;
	readonly type: KeysizesType;
	readonly unit: 'bytes' | 'items';
	readonly bins: readonly SizeBin[];
};

const types: readonly KeysizesType[] = ['strings', 'lists', 'sets', 'zsets', 'hashes'];
const line = /^db(\d{1,9})_distrib_([a-z]{1,20})_(sizes|items):([^\r\n]{0,4096})\r?$/gm;

/** The lines of INFO keysizes within any INFO text; by database, then by type. Types we do not know are left out. */
export function parseKeysizes(text: string): Keysizes[] {
	const found: Keysizes[] = [];
	for (const [, db, name, unit, list] of text.matchAll(line)) {
		const type = types.find(each => each === name);
		const bins = type && binsIn(list!);
		if (!type || !bins?.length) continue;
		found.push({ db: Number(db), type, unit: unit === 'sizes' ? 'bytes' : 'items', bins });
	}
	return found.sort(
		(a, b) =>
			a.db - b.db ||
			types.indexOf(a.type) - types.indexOf(b.type) ||
			Number(a.unit === 'items') - Number(b.unit === 'items'),
	);
}

function binsIn(list: string): SizeBin[] {
	const bins = list.split(',').flatMap(pair => {
		const equals = pair.indexOf('=');
		const from = sizeIn(pair.slice(0, Math.max(0, equals)));
		const keys = countIn(pair, equals + 1, pair.length);
		return from === undefined || !keys ? [] : [{ from, below: Math.max(1, from * 2), keys }];
	});
	return bins.sort((a, b) => a.from - b.from);
}

const units = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

function sizeIn(label: string): number | undefined {
	const unit = units.indexOf(label.replace(/^\d+/, ''));
	const number = countIn(label, 0, label.length - (unit > 0 ? 1 : 0));
	return unit === -1 || number === undefined ? undefined : number * 1024 ** unit;
}

/** The largest bin there is a key in. */
export const largestBin = ({ bins }: Keysizes): SizeBin | undefined => bins.at(-1);

export const keysOf = ({ bins }: Keysizes): number => bins.reduce((sum, { keys }) => sum + keys, 0);

const elements: Readonly<Record<KeysizesType, readonly [one: string, many: string]>> = {
	strings: ['byte', 'bytes'],
	lists: ['item', 'items'],
	sets: ['member', 'members'],
	zsets: ['member', 'members'],
	hashes: ['field', 'fields'],
};

/** The largest keys in words: `hashes: 3 keys with 512K-1M fields`, `strings: 1 key of 1K-2K bytes`. */
export function largestInWords(keysizes: Keysizes): string | undefined {
	const bin = largestBin(keysizes);
	if (!bin) return undefined;
	const keys = counted(bin.keys, 'key');
	const [one, many] = elements[keysizes.unit === 'bytes' ? 'strings' : keysizes.type];
	const unit = rangeOf(bin) === '1' ? one : many;
	return `${keysizes.type}: ${keys} ${keysizes.unit === 'bytes' ? 'of' : 'with'} ${rangeOf(bin)} ${unit}`;
}

/** Bytes before items, then the largest first: what is counted in bytes can be compared over all types. */
export const bySize = (a: Keysizes, b: Keysizes): number =>
	Number(a.unit === 'items') - Number(b.unit === 'items') ||
	(largestBin(b)?.from ?? 0) - (largestBin(a)?.from ?? 0);

/** Those in bytes, where the server tells of every type what it takes (key-memory-histograms); else undefined. */
export function allInBytes(sizes: readonly Keysizes[]): readonly Keysizes[] | undefined {
	const inBytes = sizes.filter(({ unit }) => unit === 'bytes');
	const isTold = ({ db, type }: Keysizes) => inBytes.some(each => each.db === db && each.type === type);
	const collections = sizes.filter(({ unit }) => unit === 'items');
	return collections.length > 0 && collections.every(isTold) ? [...inBytes].sort(bySize) : undefined;
}

/** `0`, `1`, `2-3`, `64-127`, `512K-1M`: from 1K on the end of a bin is where the next begins. */
export function rangeOf({ from, below }: SizeBin): string {
	if (below - from <= 1) return String(from);
	return from < 1024 ? `${from}-${below - 1}` : `${labelOf(from)}-${labelOf(below)}`;
}

function labelOf(size: number): string {
	let rest = size;
	let unit = 0;
	while (rest >= 1024 && unit < units.length - 1) {
		rest /= 1024;
		unit++;
	}
	return `${rest}${units[unit]}`;
}
