/** A command as it would be typed: words with spaces in quotes. */
export const commandText = (words: readonly string[]) =>
	words.map(word => (/^[\x21\x23-\x26\x28-\x7e]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
