// Which of the listed patterns a key belongs to: for the sampled keys of a scan, whose weights and bytes are summed
// by pattern after the scan, when it is known what was folded. It walks the parts of the key's shape as the table
// does: the word where it is listed, else the `*` in its place. Pure, and made once for a list.

import { shapeOf, starOf } from './key-shape.ts';

/** Gives the pattern of a key among `patterns`, or undefined where none fits. */
export function patternFinder(patterns: readonly string[]): (key: string) => string | undefined {
	const sorted = [...patterns].sort();
	const listed = new Set(sorted);
	const isBegin = (text: string): boolean => {
		let low = 0;
		let high = sorted.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (sorted[middle]! < text) low = middle + 1;
			else high = middle;
		}
		return sorted[low]?.startsWith(text) ?? false;
	};
	const find = (parts: readonly string[], at: number, begin: string): string | undefined => {
		if (at === parts.length) return listed.has(begin) ? begin : undefined;
		if (!isBegin(begin)) return undefined;
		const part = parts[at]!;
		const star = starOf(part);
		return (
			find(parts, at + 1, begin + part) ?? (star === part ? undefined : find(parts, at + 1, begin + star))
		);
	};
	return key => {
		// A pattern of one key is that key.
		if (listed.has(key)) return key;
		const parts = shapeOf(key);
		const found = find(parts, 0, '');
		if (found !== undefined) return found;
		// A table that ran short keeps fewer parts, the last a `*` for all that follows.
		for (let length = parts.length - 1; length > 0; length--) {
			const cut = [...parts.slice(0, length - 1), starOf(parts[length - 1]!)];
			const shorter = find(cut, 0, '');
			if (shorter !== undefined) return shorter;
		}
		return undefined;
	};
}
