// Results of several nodes or of several kinds as one, where nodes of a fleet have different rungs. Shares of commands,
// of time, of accesses and ranks are not put into one scale: a key says by its method what its figures are, and those
// without a share stand behind.

import { sum } from '../sums.ts';
import type { OwnUse } from '../types.ts';
import { distinctNotes } from './hot-facts.ts';
import type { HotKey, HotKeysCost, HotKeysResult, HotNode } from './hot-keys.ts';
import { tellsKeys } from './hot-ladder.ts';

/** Results of different nodes, or of different kinds, as one; undefined of none. Slots of all stand beside the keys. */
export function joinResults(results: readonly HotKeysResult[], top: number): HotKeysResult | undefined {
	const [first] = results;
	if (!first || results.length === 1) return first;
	const told = results.filter(hasFigures);
	const byKey = told.filter(({ method }) => tellsKeys(method));
	const found = byKey.length > 0 ? byKey : told.length > 0 ? told : results;
	const leading = [...found].sort((a, b) => b.nodes.length - a.nodes.length)[0]!;
	const isMixed = new Set(found.map(({ method }) => method)).size > 1;
	const detailed = results.find(({ byCommand }) => byCommand.length > 0) ?? leading;
	return {
		...leading,
		at: Math.min(...found.map(({ at }) => at)),
		seconds: Math.max(...found.map(({ seconds }) => seconds)),
		commands: sum(results, ({ commands }) => commands),
		keys: hottestFirst(keysOf(results)).slice(0, top),
		others: detailed.others,
		patterns: detailed.patterns,
		byCommand: detailed.byCommand,
		byClient: detailed.byClient,
		slots: results.flatMap(({ slots }) => slots).sort((a, b) => b.share - a.share),
		nodes: nodesOf(results),
		notes: [
			...(isMixed ? [{ kind: 'mixed-methods' } as const] : []),
			...distinctNotes(found.flatMap(({ notes }) => notes)),
		],
		cost: results.map(({ cost }) => cost).reduce(addCosts),
	};
}

/** False where no window opened, or each was refused: its method is not how anything was found. */
const hasFigures = ({ keys, slots, nodes }: HotKeysResult) =>
	keys.length > 0 || slots.length > 0 || nodes.some(hasLooked);

const hasLooked = ({ seconds, endedBy }: HotNode) => seconds > 0 && endedBy !== 'refused';

/** A node once for each way; its slots stand beside what told of its keys. */
function nodesOf(results: readonly HotKeysResult[]): HotNode[] {
	const all = results.flatMap(({ nodes }) => nodes);
	const covered = new Set(all.filter(one => tellsKeys(one.method) && hasLooked(one)).map(({ node }) => node));
	return all.filter(({ node, method }) => tellsKeys(method) || !covered.has(node));
}

/** A slot's time and a key's share are no pair: where anything else tells of a node's keys, that is listed. */
function keysOf(results: readonly HotKeysResult[]): HotKey[] {
	const covered = new Set(
		results.filter(({ method }) => tellsKeys(method)).flatMap(({ keys }) => keys.map(({ node }) => node)),
	);
	return results.flatMap(({ method, keys }) =>
		tellsKeys(method) ? keys : keys.filter(({ node }) => !covered.has(node)),
	);
}

/** By share, then by counter, rate and bytes: figures of one kind stand together, those of chance behind the others. */
export function hottestFirst(keys: readonly HotKey[]): HotKey[] {
	return [...keys].sort(
		(a, b) =>
			Number(a.isUnsure ?? false) - Number(b.isUnsure ?? false) ||
			(b.share ?? -1) - (a.share ?? -1) ||
			(b.counter ?? -1) - (a.counter ?? -1) ||
			(b.hitsPerSecond ?? -1) - (a.hitsPerSecond ?? -1) ||
			(b.netShare ?? -1) - (a.netShare ?? -1) ||
			(b.netBytes ?? -1) - (a.netBytes ?? -1) ||
			(a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
	);
}

/** Those whose bytes are known, most first: the second order of a HOTKEYS session. */
export function byBytesFirst(keys: readonly HotKey[]): HotKey[] {
	return keys
		.filter(({ netShare }) => netShare !== undefined)
		.sort((a, b) => b.netShare! - a.netShare! || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** The result with what else was asked for it. */
export const plusCost = (result: HotKeysResult, own: readonly OwnUse[]): HotKeysResult => ({
	...result,
	cost: addCosts(result.cost, costOf(own)),
});

const costOf = (own: readonly OwnUse[]): HotKeysCost => ({
	commands: sum(own, ({ commands }) => commands),
	inputBytes: sum(own, ({ inputBytes }) => inputBytes),
	outputBytes: sum(own, ({ outputBytes }) => outputBytes),
	hitsAdded: sum(own, ({ hits }) => hits),
});

function addCosts(a: HotKeysCost, b: HotKeysCost): HotKeysCost {
	const isTimed = a.serverMicroseconds !== undefined || b.serverMicroseconds !== undefined;
	return {
		commands: a.commands + b.commands,
		inputBytes: a.inputBytes + b.inputBytes,
		outputBytes: a.outputBytes + b.outputBytes,
		hitsAdded: a.hitsAdded + b.hitsAdded,
		...(isTimed && { serverMicroseconds: (a.serverMicroseconds ?? 0) + (b.serverMicroseconds ?? 0) }),
	};
}
