// INFO keysizes (Redis 8.0 and later) → the largest of each type, for nothing: the server counts sizes in bins of
// powers of two. Strings are in bytes, everything else in items. A bin says "at least": 1 hash with 16K items or more.

export type KeySizes = {
	readonly db: number;
	/** As the server names it: `strings`, `hashes`. */
	readonly type: string;
	readonly unit: 'bytes' | 'items';
	/** Lower end of the largest bin that holds a key, and how many it holds. */
	readonly largest: number;
	readonly keys: number;
};

const longestText = 65_536;
const suffixes: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** The largest bin of each type and database. What is no such line is passed by; never throws. */
export function parseKeysizes(text: string): readonly KeySizes[] {
	return text.slice(0, longestText).split('\n').flatMap(parseLine);
}

function parseLine(line: string): readonly KeySizes[] {
	const found = /^db(\d{1,5})_distrib_([a-z]{1,20})_(sizes|items):(.+)$/.exec(line.trim());
	if (!found) return [];
	const bins = found[4]!.split(',').flatMap(parseBin);
	const last = bins.reduce((a, b) => (b.from >= a.from ? b : a), { from: -1, keys: 0 });
	if (last.keys === 0) return [];
	const unit = found[3] === 'sizes' ? 'bytes' : 'items';
	return [{ db: Number(found[1]), type: found[2]!, unit, largest: last.from, keys: last.keys }];
}

function parseBin(bin: string): readonly { from: number; keys: number }[] {
	const found = /^(\d{1,15})([KMGT]?)=(\d{1,15})$/.exec(bin);
	if (!found) return [];
	return [{ from: Number(found[1]) * (suffixes[found[2]!] ?? 1), keys: Number(found[3]) }];
}
