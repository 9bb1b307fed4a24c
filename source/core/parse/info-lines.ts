// INFO line by line: into what is gathered of it. One pass and no copy of the lines, for a fleet of 100 nodes means 100
// of these a second.

import { ownText } from '../text/own-text.ts';
import { countOfAnySize } from './counters.ts';
import { blankInfo, type Gathered, noIngredients, nothingListed } from './info-gathered.ts';
import { readAsListed } from './info-listed.ts';
import { type Entry, firstName, longestName, type Name, nameIn } from './info-names.ts';
import { readValue } from './info-values.ts';
import { keepOfIdentity } from './server-identity.ts';

export function gather(text: string, each?: (start: number, name: Name | undefined) => void): Gathered {
	const gathered: Gathered = { fields: { ...blankInfo }, ...nothingListed(), exact: {}, ...noIngredients() };
	let last = firstName;
	eachLine(text, (start, end) => {
		const name = readLine(gathered, text, start, end, last);
		last = name ?? last;
		each?.(start, name);
	});
	return gathered;
}

export function eachLine(text: string, read: (start: number, end: number) => void): void {
	for (let start = 0; start < text.length; ) {
		const end = endOfLine(text, start);
		read(start, end.text);
		start = end.next;
	}
}

/** Of the line that begins at `start`: of its text, and where the next one begins. */
export function endOfLine(text: string, start: number): { readonly text: number; readonly next: number } {
	const feed = text.indexOf('\n', start);
	const next = feed === -1 ? text.length : feed;
	return { text: text.charCodeAt(next - 1) === 13 ? next - 1 : next, next: next + 1 };
}

const hash = 35;

/** `last` is the name of the field before; gives that of this one, undefined where the line is none. */
function readLine(
	gathered: Gathered,
	text: string,
	start: number,
	end: number,
	last: Name,
): Name | undefined {
	if (text.charCodeAt(start) === hash) {
		readHeading(gathered, text.slice(start, Math.min(end, start + longestName)));
		return undefined;
	}
	const known = nameIn(text, start, end, last);
	if (known === undefined) return undefined;
	const { name, entry, isIdentity, listed } = known;
	const from = start + name.length + 1;
	if (isIdentity) keepOfIdentity(gathered.identity, name, text.slice(from, Math.min(end, from + 256)));
	else if (entry) readField(gathered, entry, text, from, end);
	else if (listed) readAsListed[listed](gathered, name, text.slice(start, end));
	return known;
}

// A section without a line under it still says something: no keys, no errors.
function readHeading(gathered: Gathered, heading: string): void {
	if (heading === '# Keyspace') gathered.hasKeyspace = true;
	if (heading === '# Errorstats') gathered.hasErrors = true;
	if (heading === '# Modules') gathered.hasModules = true;
}

export function readField(gathered: Gathered, entry: Entry, text: string, start: number, end: number): void {
	if (entry.kind === 'ingredient') gathered.ingredients.set(entry.field, ownText(text.slice(start, end)));
	else if (entry.kind === 'count') readCount(gathered, entry.field, text, start, end);
	else gathered.fields[entry.field] = readValue(entry.kind, text, start, end);
}

function readCount(gathered: Gathered, field: string, text: string, start: number, end: number): void {
	const { value, exact } = countOfAnySize(text, start, end);
	gathered.fields[field] = value;
	if (exact !== undefined) gathered.exact[field] = exact;
	else if (field in gathered.exact) delete gathered.exact[field];
}
