// Who reads the INFO of which node: a reader that knows its last text is only faster, and tells what `parseInfo` would. So many
// nodes have one; of more the others are read without, for whoever makes room for one by another's would keep none of them.

import { infoReader } from '../parse/info-reader.ts';
import { parseInfo } from '../parse/parse-info.ts';
import type { Address, Info } from '../types.ts';

type Reader = (text: string) => Info;

/** So many times as many readings without one, and all are forgotten: those of nodes that have left must be. */
const unkeptTimes = 10;

/** `most` nodes have a reader of their own. */
export function infoReaders(most: number): (node: Address) => Reader {
	const readers = new Map<Address, Reader>();
	let unkept = 0;
	return node => {
		const known = readers.get(node);
		if (known) return known;
		if (readers.size >= most) {
			unkept++;
			if (unkept < unkeptTimes * most) return parseInfo;
			readers.clear();
		}
		unkept = 0;
		const made = infoReader();
		readers.set(node, made);
		return made;
	};
}
