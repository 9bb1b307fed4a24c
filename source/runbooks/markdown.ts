// Text → Markdown that shows it as it is. Reports end in tickets and chats: a key named like a link, a heading or a
// mention must stay a name. Figures and commands go into code spans, sentences are escaped.

import { printableText } from '../core/text/printable.ts';

/** A code span around any one line of text: its fence is longer than any run of backticks in it. */
export function code(text: string): string {
	const safe = printableText(text);
	const longest = Math.max(0, ...(safe.match(/`+/g) ?? []).map(run => run.length));
	const fence = '`'.repeat(longest + 1);
	const needsSpace = longest > 0 || /^ .* $/.test(safe) || safe === '';
	return needsSpace ? `${fence} ${safe} ${fence}` : `${fence}${safe}${fence}`;
}

/** A sentence, escaped: it begins no list, heading, table or quotation, links nothing, mentions nobody. */
export function prose(text: string): string {
	return printableText(text)
		.replace(/[\\`*[\]<>|~$]/g, '\\$&')
		.replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
		.replace(/&(?=[#\w]+;)/g, '\\&')
		.replace(/:\/\//g, '\\://')
		.replace(/\bwww\./gi, match => `${match.slice(0, -1)}\\.`)
		.replace(/@(?=\w)/g, '`@`')
		.replace(/#(?=\w)/g, '\\#')
		.replace(/^(\s*)([#+=-])/, '$1\\$2')
		.replace(/^(\s*\d+)([.)])(?=\s|$)/, '$1\\$2');
}
