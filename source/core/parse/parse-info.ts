// INFO as text → Info, by the table of its fields (info.ts). Servers, versions and managed services differ, so every field
// may be absent, and one whose value is not what INFO promises is left undefined while the rest stays. Unknown fields are
// passed by. It judges nothing and computes no ratio. A node that is read again and again has an `infoReader`.

import type { Info, InfoDetails } from '../info.ts';
import { infoOf } from './info-joined.ts';
import { eachLine, gather } from './info-lines.ts';
import { closeEntries, colonIn, longestName } from './info-names.ts';
import { readValue, type Value } from './info-values.ts';

/** INFO of any sections, any version; `text` as it came (a byte string). Never throws, whatever the text. */
export const parseInfo = (text: string): Info => infoOf(gather(text));

/** What the screen and the runbooks of one node read besides; `text` as it came. Never throws, whatever the text. */
export function parseInfoDetails(text: string): InfoDetails {
	const details: Record<string, Value> = {};
	eachLine(text, (start, end) => {
		const colon = colonIn(text, start, Math.min(end, start + longestName));
		const entry = colon === -1 ? undefined : closeEntries.get(text.slice(start, colon));
		if (entry) details[entry.field] = readValue(entry.kind, text, colon + 1, end);
	});
	return details;
}
