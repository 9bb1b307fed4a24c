// A string that stands on its own. The engine keeps a piece cut out of a longer string as a view of it: a key of 20
// bytes that came in a reply of 64 kB would hold all 64 kB for as long as it is remembered. What is kept beyond the
// reply it came in (a label, a name in a list of the largest) is copied with this first.

const atOnce = 4096;

/** The same text, sharing no memory with a longer one. For byte strings and any other. */
export function ownText(text: string): string {
	if (text.length <= atOnce) return copy(text, 0, text.length);
	const pieces: string[] = [];
	for (let start = 0; start < text.length; start += atOnce)
		pieces.push(copy(text, start, Math.min(start + atOnce, text.length)));
	return pieces.join('');
}

function copy(text: string, start: number, end: number): string {
	const codes = new Array<number>(end - start);
	for (let index = start; index < end; index++) codes[index - start] = text.charCodeAt(index);
	return String.fromCharCode.apply(null, codes);
}
