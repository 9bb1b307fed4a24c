// A scan for big keys without a screen: its result as a table for people, as JSON after the contract, and its progress
// as one line that is written over itself on stderr. Beside the contract the JSON has `partial`, `notes`,
// `keysByItems`, `databases`, `bytesWithoutTtl`, `margin`, `bytesMargin`, `sizeEstimated`, `sizeMargin`, `sizeSpread`,
// `nameSpread`, and `keysizes` where a server tells them. Names are what anybody may have written: as text where they
// are harmless UTF-8, else quoted as redis-cli does, with `"quoted": true`. Writes nothing itself.

import {
	type BigKey,
	type BigKeysProgress,
	type BigKeysResult,
	type KeyGroup,
	type NodeKeysizes,
	type PatternGroup,
	type ScanCost,
	type ScanLimits,
	shareRead,
	type TypeGroup,
	type TypeRecord,
} from '../core/keys/big-keys.ts';
import { scanNoteWords } from '../core/keys/scan-note-words.ts';
import type { ScanNote } from '../core/keys/scan-notes.ts';
import type { Spread } from '../core/keys/size-spread.ts';
import { limitWords, sizeWord, sizeWords } from '../core/keys/size-words.ts';
import { bySize, type Keysizes, largestBin, largestInWords } from '../core/parse/keysizes.ts';
import { fit, printableText } from '../core/text/printable.ts';
import { bytes as bytesText, count, duration, percent } from '../core/text/quantity.ts';
import { named, number, shownName } from './names.ts';
import { type PageForm, textForm } from './page-form.ts';
import { whole } from './text-table.ts';

// ---------------------------------------------------------------------------------------------------------
// JSON

export function bigKeysJson(result: BigKeysResult): object {
	return {
		version: 1,
		at: new Date(result.at).toISOString(),
		scanned: result.scanned,
		complete: result.complete,
		...(result.only && { only: onlyOf(result.only) }),
		...(result.walked !== undefined && { walked: result.walked }),
		partial: result.partial.map(({ node, reason, scanned }) => ({ node, reason, scanned })),
		notes: result.notes.map(scanNoteWords),
		seconds: number(result.seconds),
		totalBytes: result.totalBytes,
		...sizeOf(result),
		keys: result.keys.map(keyOf),
		keysByItems: result.keysByItems.map(keyOf),
		keysByItemsOf: result.itemsOfAll ? 'all' : 'largest',
		types: result.types.map(typeOf),
		patterns: result.patterns.map(group => ({ ...named('pattern', group.pattern), ...groupOf(group) })),
		databases: result.databases.map(group => ({ node: group.node, db: group.db, ...groupOf(group) })),
		sampled: result.sampled,
		hitsAdded: result.hitsAdded,
		cost: costOf(result.cost),
		...(result.sizeSpread && { sizeSpread: spreadOf(result.sizeSpread) }),
		...(result.nameSpread && { nameSpread: spreadOf(result.nameSpread) }),
		...(result.keysizes && { keysizes: result.keysizes.flatMap(largestBins) }),
	};
}

const onlyOf = ({ pattern, db }: ScanLimits) => ({
	...(pattern !== undefined && named('pattern', pattern)),
	...(db !== undefined && { db }),
});

const recordOf = ({ key, node, db, value }: TypeRecord) => ({ ...named('key', key), node, db, value });

/** `length`: elements, of strings bytes; the sums are `null` where not every key was asked. */
const typeOf = (group: TypeGroup) => ({
	type: group.type,
	...groupOf(group),
	...(group.walkedBytes !== undefined && {
		memoryUsageBytes: group.walkedBytes,
		length: number(group.length),
		lengthUnit: lengthUnit(group.type),
		longest: group.longest ? recordOf(group.longest) : null,
		largest: group.largest ? recordOf(group.largest) : null,
	}),
});

/** As redis-cli names them. */
const lengthUnits: Readonly<Record<string, string>> = {
	...{ string: 'bytes', hash: 'fields', list: 'items', set: 'members', zset: 'members', stream: 'entries' },
	vectorset: 'elements',
};

const lengthUnit = (type: string) => lengthUnits[type] ?? 'elements';

const spreadOf = ({ mean, deviation, percentiles, counts: _, steps, doublings, ...rest }: Spread) => ({
	...rest,
	mean: Math.round(mean * 100) / 100,
	deviation: Math.round(deviation * 100) / 100,
	percentiles: Object.fromEntries(percentiles.map(({ share, size }) => [percentileName(share), size])),
	steps,
	doublings,
});

/** `p50`, `p99.9`. */
const percentileName = (share: number) => `p${Number((share * 100).toFixed(2))}`;

/** `mean 151B, deviation 42B, p50 128B …, largest 3.1M`. */
function spreadLines({ sizeSpread, nameSpread }: BigKeysResult, form: PageForm): string[] {
	const words = (spread: Spread, most: string) =>
		[
			`mean ${bytesText(spread.mean)}`,
			`deviation ${bytesText(spread.deviation)}`,
			...spread.percentiles.map(({ share, size }) => `${percentileName(share)} ${bytesText(size)}`),
			`${most} ${bytesText(spread.most)}`,
		].join('  ');
	if (!sizeSpread || !nameSpread) return [];
	return [
		form.title('SIZES, as MEMORY USAGE has them by itself'),
		...form.lines([
			`  keys   ${words(sizeSpread, 'largest')}`,
			`  names  ${words(nameSpread, 'longest')}, ${bytesText(nameSpread.sum)} in all`,
		]),
	];
}

/** The largest sizes a node knows of by itself: exact, but without names. */
function largestBins({ node, keysizes }: NodeKeysizes) {
	return keysizes.flatMap(one => {
		const bin = largestBin(one);
		return bin ? [{ node, db: one.db, type: one.type, unit: one.unit, ...bin }] : [];
	});
}

function keyOf(key: BigKey) {
	return {
		...named('key', key.key),
		node: key.node,
		db: key.db,
		slot: number(key.slot),
		type: key.type ?? null,
		encoding: key.encoding ?? null,
		bytes: key.bytes,
		...sizeOf(key),
		...(key.walkedBytes !== undefined && { memoryUsageBytes: key.walkedBytes }),
		items: number(key.items),
		...(key.groups !== undefined && { groups: key.groups, pendingEntries: number(key.pendingEntries) }),
		...(key.serverBytes !== undefined && { serverBytes: key.serverBytes }),
		ttlSeconds: number(key.ttlSeconds ?? undefined),
		// null would also be "has none".
		...(key.ttlSeconds === undefined && { ttlKnown: false }),
		...(key.fieldsExpire !== undefined && {
			fieldsExpire: key.fieldsExpire,
			fieldsTtlSeconds: number(key.fieldsTtlSeconds),
		}),
	};
}

const share4 = (value: number) => Math.round(value * 1e4) / 1e4;

function groupOf(group: KeyGroup) {
	const { keys, bytes, keysWithoutTtl, bytesWithoutTtl, estimated, margin, bytesMargin } = group;
	return {
		keys,
		bytes,
		...sizeOf(group),
		keysWithoutTtl: number(keysWithoutTtl),
		...(bytesWithoutTtl !== undefined && { bytesWithoutTtl }),
		estimated,
		...(margin !== undefined && { margin: share4(margin) }),
		...(bytesMargin !== undefined && { bytesMargin: share4(bytesMargin) }),
	};
}

/** Whether `bytes` is an estimate, and how far off it may be where that can be said. */
const sizeOf = ({ sizeEstimated, sizeMargin }: { sizeEstimated?: boolean; sizeMargin?: number }) => ({
	...(sizeEstimated !== undefined && { sizeEstimated }),
	...(sizeEstimated && { sizeMargin: sizeMargin === undefined ? null : share4(sizeMargin) }),
});

const costOf = (cost: ScanCost) => ({
	commands: cost.commands,
	inputBytes: cost.inputBytes,
	outputBytes: cost.outputBytes,
	serverMicroseconds: number(cost.serverMicroseconds),
});

// ---------------------------------------------------------------------------------------------------------
// Text

const mostPatterns = 20;
const mostByItems = 10;

type Cell = { readonly title: string; readonly isText?: boolean; readonly of: (key: BigKey) => string };

/** The result as tables, without a newline at its end. */
export function bigKeysText(result: BigKeysResult, form: PageForm = textForm): string {
	const sections = [
		[
			form.head(headOf(result)),
			...form.lines([...result.partial.map(partialLine), ...result.notes.map(noteLine)]),
		],
		keyTable(result.keys, form),
		byItems(result, form),
		typeLines(result, form),
		lengthLines(result, form),
		patternLines(result, form),
		databaseLines(result, form),
		spreadLines(result, form),
		stepLines(result, form),
		keysizesLines(result, form),
		form.lines([costLine(result)]),
	];
	return sections
		.filter(lines => lines.length > 0)
		.map(lines => lines.join('\n'))
		.join('\n\n');
}

function headOf(result: BigKeysResult): string {
	const { scanned, totalBytes, seconds, complete, only } = result;
	const read = shareRead(result);
	const how = complete ? 'all' : read === undefined ? 'partial' : `partial: ${percent(read)}`;
	const limits = limitWords(only);
	return `${whole(scanned)} keys${limits === undefined ? '' : ` of ${limits}`}, ${sizeWords({ ...result, bytes: totalBytes })} by MEMORY USAGE, in ${duration(seconds)} (${how})`;
}

const partialLine = ({ node, reason, scanned }: BigKeysResult['partial'][number]) =>
	`partial: ${printableText(node)} after ${whole(scanned)} keys: ${printableText(reason)}`;

const noteLine = (note: ScanNote) => `note: ${printableText(scanNoteWords(note))}`;

function keyTable(keys: readonly BigKey[], form: PageForm): string[] {
	if (keys.length === 0) return form.lines(['no keys']);
	const nodes = new Set(keys.map(({ node }) => node));
	const cells: readonly Cell[] = [
		{ title: 'BYTES', of: sizeWords },
		{ title: 'TYPE', isText: true, of: key => printableText(key.type ?? '-') },
		{ title: 'ITEMS', of: key => (key.items === undefined ? '-' : whole(key.items)) },
		{ title: 'TTL', of: ttlText },
		...(keys.some(({ slot }) => slot !== undefined)
			? [{ title: 'SLOT', of: (key: BigKey) => String(key.slot ?? '-') }]
			: []),
		...(keys.some(({ db }) => db !== 0) ? [{ title: 'DB', of: (key: BigKey) => String(key.db) }] : []),
		{ title: 'ENCODING', isText: true, of: key => printableText(key.encoding ?? '-') },
		...(nodes.size > 1
			? [{ title: 'NODE', isText: true, of: (key: BigKey) => printableText(key.node) }]
			: []),
		{ title: 'KEY', isText: true, of: key => shownName(key.key) },
	];
	const rows = keys.map(key => cells.map(cell => cell.of(key)));
	return form.table([cells.map(({ title }) => title), ...rows], cells);
}

const ttlText = ({ ttlSeconds, fieldsTtlSeconds }: BigKey): string => {
	const left = fieldsTtlSeconds ?? ttlSeconds;
	return left === undefined ? '-' : left === null ? 'none' : duration(left);
};

function byItems({ keysByItems, keys, itemsOfAll }: BigKeysResult, form: PageForm): string[] {
	const listed = keysByItems.slice(0, Math.min(mostByItems, keys.length));
	if (listed.length === 0) return [];
	const among = itemsOfAll ? 'of all keys' : 'among the largest by bytes; --exact looks at all keys';
	return [form.title(`MOST ITEMS, ${among}`), ...keyTable(listed, form)];
}

function typeLines({ types, totalBytes }: BigKeysResult, form: PageForm): string[] {
	if (types.length === 0) return [];
	const rows = types.map(group => [
		printableText(group.type),
		sizeWords(group),
		share(group.bytes, totalBytes),
		`${about(group)}${whole(group.keys)}`,
		withoutTtl(group),
	]);
	return form.table([['TYPE', 'BYTES', '%', 'KEYS', 'NO TTL'], ...rows], [{ isText: true }, {}, {}, {}, {}]);
}

/** Of each type, where every key was asked: how long they are in all, and the longest and largest of them. */
function lengthLines({ types }: BigKeysResult, form: PageForm): string[] {
	const known = types.filter(({ walkedBytes }) => walkedBytes !== undefined);
	if (known.length === 0) return [];
	const nameOf = (record: TypeRecord | undefined) => (record ? shownName(record.key) : '-');
	const rows = known.map(({ type, keys, length, longest, largest, walkedBytes = 0 }) => [
		printableText(type),
		length === undefined ? '-' : whole(length),
		length === undefined ? '-' : (length / keys).toFixed(2),
		lengthUnit(type),
		longest ? whole(longest.value) : '-',
		nameOf(longest),
		bytesText(walkedBytes / keys),
		largest ? bytesText(largest.value) : '-',
		nameOf(largest),
	]);
	return [
		form.title('LENGTHS, of every key; BYTES as MEMORY USAGE has them by itself'),
		...form.table(
			[['TYPE', 'LENGTH', 'AVG', 'OF', 'MOST', 'LONGEST', 'AVG', 'MOST', 'LARGEST'], ...rows],
			[{ isText: true }, {}, {}, { isText: true }, {}, { isText: true }, {}, {}, { isText: true }],
		),
	];
}

/** How many keys are no larger, at each halving of the rest, and how many have no longer name; with `exact` only. */
function stepLines({ isExact, sizeSpread, nameSpread }: BigKeysResult, form: PageForm): string[] {
	if (!isExact || !sizeSpread || !nameSpread) return [];
	const shareOf = (part: number, all: number) => `${((part / all) * 100).toFixed(4)}%`;
	const sizes = sizeSpread.steps.map(({ share, size, keys }) => [
		`${whole(size)}B`,
		shareOf(share, 1),
		whole(keys),
	]);
	const names = nameSpread.doublings.map(({ size, keys }) => [
		`${whole(Math.min(size, nameSpread.most))}B`,
		shareOf(keys, nameSpread.count),
		whole(keys),
	]);
	return [
		...form.table([['SIZE UP TO', '%', 'KEYS'], ...sizes], [{}, {}, {}]),
		'',
		...form.table([['NAME UP TO', '%', 'KEYS'], ...names], [{}, {}, {}]),
	];
}

function patternLines({ patterns, totalBytes }: BigKeysResult, form: PageForm): string[] {
	if (patterns.length === 0) return [];
	const row = (group: PatternGroup) => [
		sizeWords(group),
		share(group.bytes, totalBytes),
		whole(group.keys),
		withoutTtl(group),
		group.bytesWithoutTtl === undefined
			? '-'
			: sizeWord({ bytes: group.bytesWithoutTtl, sizeEstimated: group.estimated || group.sizeEstimated }),
		shownName(group.pattern),
	];
	const lines = form.table(
		[['BYTES', '%', 'KEYS', 'NO TTL', 'BYTES', 'PATTERN'], ...patterns.slice(0, mostPatterns).map(row)],
		[{}, {}, {}, {}, {}, { isText: true }],
	);
	const more = patterns.length - mostPatterns;
	return more > 0 ? [...lines, form.foot(`and ${whole(more)} more`)] : lines;
}

function databaseLines({ databases }: BigKeysResult, form: PageForm): string[] {
	if (databases.length < 2) return [];
	const rows = databases.map(group => [
		printableText(group.node),
		String(group.db),
		sizeWords(group),
		whole(group.keys),
		withoutTtl(group),
	]);
	return form.table([['NODE', 'DB', 'BYTES', 'KEYS', 'NO TTL'], ...rows], [{ isText: true }, {}, {}, {}, {}]);
}

/** Of each type the largest bin of all nodes: a collection with many items may be none of the largest by bytes. */
function keysizesLines({ keysizes = [] }: BigKeysResult, form: PageForm): string[] {
	const all = keysizes.flatMap(({ node, keysizes }) => keysizes.map(one => ({ node, one })));
	const nameOf = ({ type, unit }: Keysizes) => `${type} ${unit}`;
	const names = [...new Set(all.map(({ one }) => nameOf(one)))];
	const lines = names.map(name => {
		const [largest] = all.filter(({ one }) => nameOf(one) === name).sort((a, b) => bySize(a.one, b.one));
		return `  ${largestInWords(largest!.one)} on ${printableText(largest!.node)}, db${largest!.one.db}`;
	});
	return lines.length > 0
		? [form.title('LARGEST, as the servers count them (INFO keysizes)'), ...form.lines(lines)]
		: [];
}

function costLine({ sampled, hitsAdded, cost, isExact }: BigKeysResult): string {
	const server =
		cost.serverMicroseconds === undefined
			? ''
			: `, ${duration(cost.serverMicroseconds / 1e6)} of the servers' time`;
	const how = isExact
		? 'type, TTL and length of every key'
		: `TTL and type by a sample of ${whole(sampled)} keys (~ is an estimate, +- its margin at 95 of 100)`;
	return `${how}; ${whole(hitsAdded)} keyspace hits added, ${whole(cost.commands)} commands${server}`;
}

const about = (group: KeyGroup) => (group.estimated ? '~' : '');
const share = (part: number, all: number) => (all > 0 ? percent(part / all) : '-');

/** Share of the keys without a TTL; with `~` from a sample. */
function withoutTtl(group: KeyGroup): string {
	if (group.keysWithoutTtl === undefined || group.keys === 0) return '-';
	return `${about(group)}${percent(group.keysWithoutTtl / group.keys)}`;
}

// ---------------------------------------------------------------------------------------------------------
// Progress

/** One line, at most `columns` wide; the caller writes `\r` and clears what stood there. */
export function bigKeysProgressLine(progress: BigKeysProgress, columns = 79): string {
	const read = shareRead(progress);
	const { nodes, scanned, of, walked, keysPerSecond, secondsLeft, hitsAdded, state } = progress;
	const held = nodes.find(node => node.reason !== undefined && node.state !== 'done');
	const where = nodes.length === 1 ? printableText(nodes[0]!.node) : `${nodes.length} nodes`;
	const parts = [
		state === 'details' ? `asking the listed keys of ${where}` : `${state} ${where}`,
		read === undefined || of === undefined
			? `${count(scanned)} keys`
			: walked === undefined
				? `${percent(read)} of ${count(of)} keys`
				: `${count(scanned)} keys in ${percent(read)} of ${count(of)}`,
		...(keysPerSecond === undefined ? [] : [`${count(keysPerSecond)}/s`]),
		...(secondsLeft === undefined ? [] : [`left ${duration(Math.max(1, Math.ceil(secondsLeft)))}`]),
		`hits ${count(hitsAdded)}`,
		...(held
			? [`${nodes.length > 1 ? `${printableText(held.node)} ` : ''}${printableText(held.reason!)}`]
			: []),
	];
	return fit(parts.join('  '), columns).trimEnd();
}
