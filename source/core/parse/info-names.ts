// The names in front of the colons of INFO: which field of the table each is, and which line is one of a list (replicas,
// databases, commands). Each is looked up once and known by its place behind the one before, for INFO has its lines in
// the same order each time: no regular expression and no lookup on the way of the lines that are expected.

import { closeInfoFields, type InfoField, type InfoKind, infoFields, infoIngredients } from '../info.ts';
import { countIn } from '../reply.ts';
import { isOfIdentity } from './server-identity.ts';

export type Kind = InfoKind | 'ingredient';
export type Entry = { readonly kind: Kind; readonly field: string };

/** By the names that servers have for them; `closeEntries` those that only one node's screen and the runbooks read. */
const entries: ReadonlyMap<string, Entry> = new Map<string, Entry>([
	...rows(infoFields),
	...infoIngredients.map((name): [string, Entry] => [name, { kind: 'ingredient', field: name }]),
]);
export const closeEntries: ReadonlyMap<string, Entry> = new Map(rows(closeInfoFields));

function rows(table: Readonly<Record<string, InfoField>>): [string, Entry][] {
	return Object.entries(table).flatMap(([field, { kind, names }]) =>
		names.map((name): [string, Entry] => [name, { kind: kind === 'cpu' ? 'ingredient' : kind, field }]),
	);
}

/** A name in front of a colon, and which one followed it last: INFO has its lines in the same order each time. */
export type Name = {
	readonly name: string;
	readonly head: string;
	readonly entry?: Entry;
	readonly isIdentity: boolean;
	readonly listed?: Listed;
	next?: Name;
};

export const firstName: Name = { name: '', head: ':', isIdentity: false };
const names = new Map<string, Name>();
/** A server has 200; what it and its clients make up is not remembered without end. */
export const mostNames = 2000;
export const longestName = 256;

export function nameIn(text: string, start: number, end: number, last: Name): Name | undefined {
	if (last.next !== undefined && text.startsWith(last.next.head, start)) return last.next;
	const colon = colonIn(text, start, Math.min(end, start + longestName));
	if (colon === -1) return undefined;
	const name = text.slice(start, colon);
	const known = names.get(name) ?? newName(name);
	last.next = known;
	return known;
}

function newName(text: string): Name {
	// A copy: any piece of a reply keeps all of it.
	const name = text.split('').join('');
	const [entry, isIdentity] = [entries.get(name), isOfIdentity(name)];
	const made: Name = {
		...{ name, head: `${name}:`, entry, isIdentity },
		listed: entry || isIdentity ? undefined : listedAs(name),
		next: undefined,
	};
	if (names.size < mostNames) names.set(name, made);
	return made;
}

// Not indexOf, which would look for a colon to the end of 10 MB of garbage once a line.
export function colonIn(text: string, start: number, end: number): number {
	for (let index = start; index < end; index++) if (text.charCodeAt(index) === 58) return index;
	return -1;
}

export type Listed = 'command' | 'module' | 'error' | 'replica' | 'database' | 'primary';

/** slave0, db0, errorstat_OOM, cmdstat_get: names with a number or another name in them. */
function listedAs(name: string): Listed | undefined {
	if (name.startsWith('cmdstat_')) return 'command';
	if (name === 'module') return 'module';
	if (name.startsWith('errorstat_')) return 'error';
	if (isNumbered(name, 'slave')) return 'replica';
	if (isNumbered(name, 'db')) return 'database';
	return /^master_?\d{1,3}_(host|port)$/.test(name) ? 'primary' : undefined;
}

function isNumbered(name: string, prefix: string): boolean {
	return name.startsWith(prefix) && countIn(name, prefix.length, name.length) !== undefined;
}
