// INFO of one node, one text after the other: what has changed is read, the rest is known.

import type { Info } from '../info.ts';
import { type Gathered, nothingListed } from './info-gathered.ts';
import { infoOf } from './info-joined.ts';
import { endOfLine, gather, readField } from './info-lines.ts';
import { readAsListed } from './info-listed.ts';
import { firstName, type Name } from './info-names.ts';

/**
 * A text in parts, and what was gathered of it: the reader's own, written over at each text. A part is a line that has
 * changed before or one of a list, else as many lines as lie between two of those: they are compared at once.
 */
type Known = {
	text: string;
	/** Of each line; undefined where it is no field. */
	readonly names: readonly (Name | undefined)[];
	/** Of each part its first line, and where in the text it begins. */
	readonly parts: number[];
	readonly starts: number[];
	readonly gathered: Gathered;
};

/**
 * `parseInfo` for one text after the other of one node: of 200 lines some forty are not what they were a second ago, and
 * only those are read. It holds the last text.
 */
export function infoReader(): (text: string) => Info {
	let known: Known | undefined;
	return text => {
		if (known && gatherChanges(known, text)) return infoOf(known.gathered);
		known = undefined;
		const names: (Name | undefined)[] = [];
		const parts: number[] = [];
		const starts: number[] = [];
		const gathered = gather(text, (start, name) => {
			const line = names.length;
			if (line > mostLines) return;
			if (line === 0 || name?.listed || names[line - 1]?.listed) {
				parts.push(line);
				starts.push(start);
			}
			names.push(name);
		});
		if (names.length <= mostLines) known = { text, names: sameNames(names), parts, starts, gathered };
		return infoOf(gathered);
	};
}

/** Ten times as many as a server with all its sections has; of more each text is read by itself. */
const mostLines = 10_000;

/**
 * Takes over what a text says; false where its lines are not those of before: then all of it is read anew, and what is
 * known is of no more use. Written into what is known: a copy of all of it at each text lives for one round, which is what
 * a collection of garbage takes longest over.
 */
function gatherChanges(known: Known, text: string): boolean {
	const { text: before, names, parts, starts, gathered } = known;
	if (!isEachOnce(names)) return false;
	let isListChanged = false;
	let at = 0;
	for (let part = 0; part < parts.length; ) {
		const same = before.slice(starts[part], starts[part + 1]);
		// Cut and compared: it is faster than startsWith, which goes letter by letter.
		const isSame = text.slice(at, at + same.length) === same;
		if (!isSame && (parts[part + 1] ?? names.length) - parts[part]! > 1) {
			fallApart(known, part, text, at);
			continue;
		}
		const name = names[parts[part]!];
		starts[part++] = at;
		if (isSame) {
			at += same.length;
			continue;
		}
		if (name === undefined || name.isIdentity || !text.startsWith(name.head, at)) return false;
		const end = endOfLine(text, at);
		if (name.entry) readField(gathered, name.entry, text, at + name.head.length, end.text);
		else if (name.listed) isListChanged = true;
		at = end.next;
	}
	if (at < text.length) return false;
	known.text = text;
	if (isListChanged) relist(known);
	return true;
}

/** Of a part of several lines: each that is another in `text` becomes one of its own. */
function fallApart(
	{ text: before, names, parts, starts }: Known,
	part: number,
	text: string,
	at: number,
): void {
	const behind = parts[part + 1] ?? names.length;
	const lines: number[] = [];
	const begins: number[] = [];
	let isRun = false;
	let from = starts[part]!;
	for (let line = parts[part]!; line < behind; line++) {
		const { next } = endOfLine(before, from);
		const same = before.slice(from, next);
		const isSame = text.slice(at, at + same.length) === same;
		if (!isSame || !isRun) {
			lines.push(line);
			begins.push(from);
		}
		isRun = isSame;
		at = isSame ? at + same.length : endOfLine(text, at).next;
		from = next;
	}
	parts.splice(part, 1, ...lines);
	starts.splice(part, 1, ...begins);
}

/** Replicas, databases and errors are as many as there are lines of them. */
function relist({ text, names, parts, starts, gathered }: Known): void {
	const { hasErrors, hasKeyspace, hasModules } = gathered;
	Object.assign(gathered, nothingListed(), { hasErrors, hasKeyspace, hasModules });
	for (let part = 0; part < parts.length; part++) {
		const { name, listed: as } = names[parts[part]!] ?? firstName;
		const start = starts[part]!;
		if (as) readAsListed[as](gathered, name, text.slice(start, endOfLine(text, start).text));
	}
}

const knownOnce = new WeakMap<Known['names'], boolean>();

/** Of a field that stands there twice the last counts, whichever of them has changed. */
function isEachOnce(names: Known['names']): boolean {
	const known = knownOnce.get(names);
	if (known !== undefined) return known;
	const fields = names.flatMap(name => name?.entry?.field ?? []);
	const isOnce = new Set(fields).size === fields.length;
	knownOnce.set(names, isOnce);
	return isOnce;
}

/** The nodes of a fleet have one list of names. */
function sameNames(names: Known['names']): Known['names'] {
	const same = lists.find(
		list => list.length === names.length && list.every((name, index) => name === names[index]),
	);
	if (same) return same;
	lists = [names, ...lists].slice(0, mostLists);
	return names;
}

let lists: readonly Known['names'][] = [];

const mostLists = 8;
