// Millions of key names → the few patterns they follow, with keys, bytes, hits and TTLs of each, in bounded memory.
// The shapes of the names (key-shape.ts) grow a tree, part by part. Where a place sees more different words than
// `mostWords` the words were names: all but the heavy ones become one `*` with their branches laid upon each other,
// and words that come later go there too. A key is always in exactly one place: sums over the patterns are the sums
// over the keys, whatever was folded and merged. What a pattern does not tell: which of its keys are big or hot.

import { ownText } from '../text/own-text.ts';
import { shapeOf, starOf } from './key-shape.ts';

/** Sums over keys. Of `sampled` keys the TTL is known, `withoutTtl` of them have none. */
export type Tally = {
	keys: number;
	bytes: number;
	/** Accesses, in a sample of commands. */
	hits: number;
	sampled: number;
	withoutTtl: number;
};

export type PatternRow = { readonly pattern: string } & Readonly<Tally>;

type Branch = {
	/** Of the keys that end here; undefined where none does. */
	own: Tally | undefined;
	children: Map<string, Branch> | undefined;
	/** Keys here and below. */
	keys: number;
	/** Of the one key that ends here, where it is one; what was laid upon it later makes it several. */
	name: string | undefined;
	/** Words that are not there yet go to the `*`. */
	isFolded: boolean;
};

/** Changed by the functions below and by nothing else. */
export type PatternTable = {
	readonly root: Branch;
	readonly total: Tally;
	readonly mostBranches: number;
	branches: number;
	/** Different words in one place, and in the first one, where they are prefixes and kept longest. */
	mostWords: number;
	mostPrefixes: number;
	deepest: number;
};

/** Of a longer name the pattern says as much. */
const longestName = 200;
const defaultBranches = 16_384;
const defaultWords = 1024;
const leastWords = 4;
/** On the screen a place with more words than this is one of names. Not so the first: prefixes are what is looked for. */
const mostListed = 32;
/** Prefixes of one key each: so few are listed by their names. */
const fewAlone = 8;

/** `mostBranches` bounds the memory: about 300 bytes each. */
export function createPatternTable(mostBranches = defaultBranches): PatternTable {
	return {
		root: newBranch(),
		total: newTally(),
		mostBranches: Math.max(128, mostBranches),
		branches: 0,
		mostWords: defaultWords,
		mostPrefixes: defaultWords,
		deepest: 13,
	};
}

/** Counts many keys of one make at once: the sums of all of them, one of them as the name. A key twice counts twice. */
export function countTally(table: PatternTable, key: string, tally: Readonly<Tally>): void {
	addTally(table.total, tally);
	place(table, shapeOf(key), tally, key);
}

/** Adds what another table counted: another node, another database. `from` stays as it is. */
export function mergePatterns(into: PatternTable, from: PatternTable): void {
	addTally(into.total, from.total);
	const walk = (branch: Branch, parts: readonly string[]): void => {
		if (branch.own) place(into, parts, branch.own, branch.name);
		for (const [part, child] of branch.children ?? []) walk(child, [...parts, part]);
	};
	walk(from.root, []);
}

/**
 * The patterns as they are shown, most keys first. Beyond what was folded for memory's sake, words at the end that
 * only one key has become `*` (`flags:ui` and its eight sisters: `flags:*`), and so do the light ones of many.
 * Their sums are those of the table. What has one key is that key by its name.
 */
export function listPatterns(table: PatternTable): PatternRow[] {
	const root = copyOf(table.root);
	tidy(root, true);
	const rows = new Map<string, { pattern: string } & Tally>();
	const alone = new Map<string, string>();
	const walk = (branch: Branch, pattern: string): void => {
		if (branch.own) {
			const row = rows.get(pattern) ?? { pattern, ...newTally() };
			addTally(row, branch.own);
			rows.set(pattern, row);
			if (branch.name !== undefined && branch.own.keys === 1) alone.set(pattern, branch.name);
		}
		for (const [part, child] of branch.children ?? []) walk(child, pattern + part);
	};
	walk(root, '');
	// A name may look like a pattern that others have, and a key that was counted twice may lie in two places.
	const taken = new Set(rows.keys());
	for (const [pattern, name] of alone) {
		const row = rows.get(pattern)!;
		if (row.keys !== 1 || taken.has(name)) continue;
		row.pattern = name;
		taken.add(name);
	}
	return [...rows.values()].sort((a, b) => b.keys - a.keys || (a.pattern < b.pattern ? -1 : 1));
}

// ---------------------------------------------------------------------------------------------------------
// The tree

function place(
	table: PatternTable,
	parts: readonly string[],
	tally: Readonly<Tally>,
	key: string | undefined,
): void {
	let branch = table.root;
	branch.keys += tally.keys;
	for (let depth = 0; depth < parts.length; depth++) {
		const part = parts[depth]!;
		const isEnd = isBeyond(table, parts, depth);
		branch = isEnd ? childFor(table, branch, starOf(part), true) : childFor(table, branch, part, false);
		branch.keys += tally.keys;
		if (isEnd) break;
	}
	branch.own ??= newTally();
	if (key !== undefined && key.length <= longestName && tally.keys === 1 && branch.own.keys === 0)
		branch.name = ownText(key);
	addTally(branch.own, tally);
	if (table.branches > table.mostBranches) shrink(table);
}

/** The last part the table keeps, with more to come. */
const isBeyond = (table: PatternTable, parts: readonly string[], depth: number) =>
	depth === table.deepest - 1 && parts.length > table.deepest;

function childFor(table: PatternTable, branch: Branch, part: string, isStar: boolean): Branch {
	branch.children ??= new Map();
	const known = branch.children.get(part);
	if (known) return known;
	if (!isStar && !branch.isFolded && branch.children.size >= wordsIn(table, branch)) fold(table, branch);
	const label = branch.isFolded ? starOf(part) : part;
	return branch.children.get(label) ?? grow(table, branch, label);
}

const wordsIn = (table: PatternTable, branch: Branch) =>
	branch === table.root ? table.mostPrefixes : table.mostWords;

function grow(table: PatternTable, branch: Branch, label: string): Branch {
	const child = newBranch();
	branch.children ??= new Map();
	branch.children.set(ownText(label), child);
	table.branches++;
	return child;
}

/** All words but those that clearly stand out become `*`. */
function fold(table: PatternTable, branch: Branch): void {
	const words = [...(branch.children ?? [])].filter(([part]) => part !== starOf(part));
	words.sort(([a, one], [b, other]) => other.keys - one.keys || (a < b ? -1 : 1));
	const median = words[words.length >> 1]?.[1].keys ?? 0;
	const isHeavy = (child: Branch, rank: number) =>
		rank < wordsIn(table, branch) / 2 && child.keys >= 4 * Math.max(1, median);
	branch.isFolded = true;
	words.forEach(([part, child], rank) => {
		if (!isHeavy(child, rank)) mergeChild(branch, part, starOf(part), table);
	});
}

/** Lays one child upon another, which is made where it is missing. */
function mergeChild(branch: Branch, part: string, label: string, table: PatternTable | undefined): void {
	const child = branch.children!.get(part)!;
	branch.children!.delete(part);
	const target = branch.children!.get(label);
	if (!target) branch.children!.set(ownText(label), child);
	else lay(target, child, table);
}

function lay(target: Branch, child: Branch, table: PatternTable | undefined): void {
	if (table) table.branches--;
	target.keys += child.keys;
	target.isFolded ||= child.isFolded;
	if (child.own) {
		target.own ??= newTally();
		addTally(target.own, child.own);
		target.name ??= child.name;
	}
	if (!child.children) return;
	target.children ??= new Map();
	for (const [part, grandchild] of child.children) {
		const known = target.children.get(part);
		if (known) lay(known, grandchild, table);
		else target.children.set(part, grandchild);
	}
}

/** Fewer words in a place, then fewer places, until the tree fits with room to grow. */
function shrink(table: PatternTable): void {
	const goal = table.mostBranches * 0.75;
	while (table.branches > goal) {
		if (table.mostWords > leastWords) {
			table.mostWords = table.mostWords >> 1;
			foldAll(table, table.root);
		} else if (table.deepest <= 3 && table.mostPrefixes > leastWords) {
			table.mostPrefixes = table.mostPrefixes >> 1;
			foldAll(table, table.root);
		} else if (table.deepest > 1) {
			table.deepest--;
			cut(table, table.root, 0);
		} else return;
	}
}

function foldAll(table: PatternTable, branch: Branch): void {
	if (!branch.children) return;
	if (branch.children.size > wordsIn(table, branch)) fold(table, branch);
	for (const child of branch.children.values()) foldAll(table, child);
}

// As `place` puts a longer name now: what lies below the last part goes to the star beside it.
function cut(table: PatternTable, branch: Branch, depth: number): void {
	for (const [part, child] of [...(branch.children ?? [])]) {
		if (depth < table.deepest - 1) cut(table, child, depth + 1);
		else if (child.children) {
			const below = newTally();
			table.branches -= gather(child, below) - 1;
			if (child.own) {
				for (const name of names) below[name] -= child.own[name];
			}
			child.children = undefined;
			child.keys = child.own?.keys ?? 0;
			if (!child.own) {
				branch.children!.delete(part);
				table.branches--;
			}
			const star = branch.children!.get(starOf(part)) ?? grow(table, branch, starOf(part));
			star.keys += below.keys;
			star.own ??= newTally();
			addTally(star.own, below);
		}
	}
}

/** Adds up a branch and all below; gives back how many branches that were. */
function gather(branch: Branch, into: Tally): number {
	if (branch.own) addTally(into, branch.own);
	let branches = 1;
	for (const child of branch.children?.values() ?? []) branches += gather(child, into);
	return branches;
}

// ---------------------------------------------------------------------------------------------------------
// As it is shown

function tidy(branch: Branch, isRoot: boolean): void {
	const children = branch.children;
	if (!children) return;
	const words = [...children].filter(([part]) => part !== starOf(part));
	const alone = words.filter(([, child]) => child.keys <= 1);
	const light = new Set([
		// `catalog:{v2}:prices` and `events:{log1}` are two keys: `*:{*}` would say nothing of either.
		...(isRoot && alone.length <= fewAlone ? [] : alone),
		...(isRoot ? [] : namesAmong(branch, words)),
	]);
	const [first] = light;
	// One name alone is no pattern of names: it says more as it is.
	if (first && (light.size > 1 || children.has(starOf(first[0]))))
		for (const [part] of light) {
			mergeChild(branch, part, starOf(part), undefined);
			flatten(children.get(starOf(part))!);
		}
	for (const child of children.values()) tidy(child, false);
}

type Word = readonly [part: string, child: Branch];

/** Words that are names: the light ones of many, and those with the same single keys below (`alice:cart`, `bob:cart`). */
function namesAmong(branch: Branch, words: readonly Word[]): readonly Word[] {
	const total = newTally();
	gather(branch, total);
	if (words.length > mostListed) return words.filter(([, child]) => isLight(child, total));
	const small = words.filter(([, child]) => child.children && mostInLeaf(child) <= 1);
	const seen = new Map<string, number>();
	for (const [, child] of small)
		for (const part of child.children!.keys()) seen.set(part, (seen.get(part) ?? 0) + 1);
	return small.filter(([, child]) => [...child.children!.keys()].some(part => seen.get(part)! > 1));
}

/** Names of different depth laid upon each other (`mail:dead`, `x`): what is below is of one key each and says nothing. */
function flatten(star: Branch): void {
	if (!star.own || !star.children) return;
	if ([...star.children.values()].some(child => mostInLeaf(child) > 1)) return;
	for (const child of star.children.values()) gather(child, star.own);
	star.children = undefined;
}

function mostInLeaf(branch: Branch): number {
	let most = branch.own?.keys ?? 0;
	for (const child of branch.children?.values() ?? []) most = Math.max(most, mostInLeaf(child));
	return most;
}

function isLight(child: Branch, total: Readonly<Tally>): boolean {
	const own = newTally();
	gather(child, own);
	return (['keys', 'bytes', 'hits'] as const).every(name => own[name] * mostListed <= total[name]);
}

function copyOf(branch: Branch): Branch {
	const children =
		branch.children && new Map([...branch.children].map(([part, child]) => [part, copyOf(child)]));
	return { ...branch, own: branch.own && { ...branch.own }, children };
}

const newBranch = (): Branch => ({
	...{ own: undefined, name: undefined, children: undefined, keys: 0, isFolded: false },
});
const newTally = (): Tally => ({ keys: 0, bytes: 0, hits: 0, sampled: 0, withoutTtl: 0 });
const names = ['keys', 'bytes', 'hits', 'sampled', 'withoutTtl'] as const;

function addTally(into: Tally, tally: Readonly<Tally>): void {
	into.keys += tally.keys;
	into.bytes += tally.bytes;
	into.hits += tally.hits;
	into.sampled += tally.sampled;
	into.withoutTtl += tally.withoutTtl;
}
