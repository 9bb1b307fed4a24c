// Commands as the protocol wants them: RESP2 arrays of byte strings, as one latin1 text.

/** Of text: what is beyond ASCII leaves as UTF-8. `length` where more words follow than these. */
export function encoded(words: readonly string[], length = words.length): string {
	let text = `*${length}\r\n`;
	for (const word of words) {
		const bytes = /^[\x00-\x7f]*$/.test(word) ? word : Buffer.from(word, 'utf8').toString('latin1');
		text += `$${bytes.length}\r\n${bytes}\r\n`;
	}
	return text;
}

/** Of words that are byte strings, as names of keys are. */
export const encodedBytes = (words: readonly string[]): string =>
	`*${words.length}\r\n${words.map(word => `$${word.length}\r\n${word}\r\n`).join('')}`;
