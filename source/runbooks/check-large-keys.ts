// Is it one key, or one pattern? From a scan by bytes (not by element count, as --bigkeys of redis-cli ranks),
// from what grew between two scans, and on Redis 8 from INFO keysizes, which is free. A scan that is still going or
// that could not read a node says so, and what it has is used.

import type { BigKey, BigKeysResult, PatternGroup } from '../core/keys/big-keys.ts';
import { scanNoteWords } from '../core/keys/scan-note-words.ts';
import { sizeWord, sizeWords } from '../core/keys/size-words.ts';
import { keysIn } from '../core/node/keyspace.ts';
import {
	allInBytes,
	bySize,
	type Keysizes,
	keysOf,
	largestBin,
	largestInWords,
} from '../core/parse/keysizes.ts';
import { bytes, count, counted, duration, percent } from '../core/text/quantity.ts';
import { diagnose } from './cause.ts';
import { type Comparison, compareScans } from './growth.ts';
import { runbookLimits } from './limits.ts';
import { fact, infoOf, missingWord, nameOf, sentences, textOf } from './reading.ts';
import type { Answer, Fact, RunbookInput, Verdict } from './runbook.ts';
import { expiredInScan } from './scan-effect.ts';
import { nodesBeyond, scanHere } from './scan-here.ts';

const why =
	'If it is data, it is some data: often one collection that nothing bounds, or one pattern. Deleting blindly and adding memory both come after knowing which.';

const source = ['SCAN', 'MEMORY USAGE'];
const twoScans = ['two scans: SCAN', 'MEMORY USAGE'];

export function checkLargeKeys(input: RunbookInput): Verdict {
	const free = input.keysizes ?? [];
	const scan = scanHere(input, input.scan);
	if (!scan || scan.scanned === 0)
		return {
			answer: scan?.complete ? 'fine' : freeAnswer(input, free),
			facts: [...progressFacts(input), ...sizeFacts(free)],
			text: sentences(noScanText(input), !scan?.complete && freeText(input, free)),
			why,
		};
	const growth = compareScans(scanHere(input, input.earlierScan), scan);
	const largest = scan.keys[0];
	const held = heldBytes(input, scan);
	return {
		answer: answerOf(input, scan, held, growth),
		facts: [
			...progressFacts(input),
			...scanFacts(input, scan, held),
			...growthFacts(growth),
			...sizeFacts(free),
		],
		text: sentences(
			keyText(input, scan, held, growth),
			patternText(scan),
			partialText(input, scan),
			adviceText(largest, held),
		),
		why,
	};
}

/** What the shares of keys are of: maxmemory where this node has one, else what the scan found in all. */
const heldBytes = (input: RunbookInput, scan: BigKeysResult) =>
	infoOf(input).maxmemoryBytes || scan.totalBytes;
const hasLimit = (input: RunbookInput) => (infoOf(input).maxmemoryBytes ?? 0) > 0;

function answerOf(
	input: RunbookInput,
	scan: BigKeysResult,
	held: number,
	growth: Comparison | undefined,
): Answer {
	const [largest] = scan.keys;
	// The one that matters may be in what was not read.
	const unread: Answer = scan.complete ? 'fine' : 'unknown';
	if (!largest || held <= 0) return unread;
	const share = largest.bytes / held;
	const isTight = diagnose(input)?.isTight ?? false;
	const isGrowing = (growth?.keys[0]?.grownBytes ?? 0) > largest.bytes * runbookLimits.keyShareLook;
	if (share >= runbookLimits.keyShareAct && (isTight || isGrowing)) return 'act';
	if (share >= runbookLimits.keyShareLook || largest.bytes >= runbookLimits.keyBytesLook || isGrowing)
		return 'look';
	return unread;
}

function noScanText(input: RunbookInput): string {
	const word = missingWord(input, 'scan') ?? missingWord(input, 'memory usage');
	if (word?.startsWith('+')) return `The keys cannot be sized: the user needs ${word}.`;
	if (word !== undefined) return `The keys cannot be sized: SCAN or MEMORY USAGE is ${word}.`;
	const failed = input.scan?.partial.find(({ node }) => node !== '');
	if (failed) return `The scan has read nothing: ${textOf(failed.node)}: ${textOf(failed.reason)}.`;
	if (input.scan?.complete) return emptyScanText(input);
	return input.scanProgress && input.scanProgress.state !== 'done'
		? 'The scan has begun; nothing is sized yet.'
		: 'No scan has been made: start one here. It is paced, asks a replica where there is one, and changes nothing.';
}

function emptyScanText(input: RunbookInput): string {
	const found = expiredInScan(input);
	return found
		? `The scan is over and has met no live key: all ${count(found.keys)} had expired.`
		: 'The scan is over: there is no key.';
}

function progressFacts({ scanProgress: progress }: RunbookInput): readonly Fact[] {
	if (!progress || progress.state === 'done') return [];
	const of = progress.of ? ` of ${count(progress.of)}` : '';
	const left =
		progress.secondsLeft === undefined ? undefined : `about ${duration(progress.secondsLeft)} to go`;
	const held = progress.nodes.find(node => node.reason !== undefined);
	return [
		fact('scan under way', `${count(progress.scanned)}${of} keys`, source, left),
		...(held ? [fact('waits', `${textOf(held.node)}: ${textOf(held.reason!)}`, source)] : []),
	];
}

function scanFacts(input: RunbookInput, scan: BigKeysResult, held: number): readonly Fact[] {
	const of = scan.of && !scan.complete ? ` of ${count(scan.of)}` : '';
	const beyond = nodesBeyond(input, input.scan ?? scan).length;
	return [
		fact(
			'sized',
			`${count(scan.scanned)}${of} keys, ${sizeWords({ ...scan, bytes: scan.totalBytes })}`,
			source,
			scan.complete ? undefined : 'not all: shares are of what was read',
		),
		...(beyond > 0
			? [
					fact(
						'read as well',
						counted(beyond, 'node'),
						source,
						'of other shards: patterns and types are sums over all',
					),
				]
			: []),
		...scan.keys
			.slice(0, 5)
			.filter((key, index) => index === 0 || key.bytes >= held * runbookLimits.keyShareTold)
			.map(key => fact('key', keyLine(input, key, held), source)),
		...scan.patterns.slice(0, 5).map(group => fact('pattern', patternLine(group, scan.totalBytes), source)),
		...scan.types
			.slice(0, 3)
			.map(group =>
				fact(
					'type',
					`${textOf(group.type)}: ${sizeWords(group)} in ${counted(group.keys, 'key', count)}`,
					source,
				),
			),
		...scan.notes.slice(0, 3).map(note => fact('note', textOf(scanNoteWords(note)), source)),
	];
}

function keyLine(input: RunbookInput, key: BigKey, held: number): string {
	const type = key.type ? `, ${textOf(key.type)}` : '';
	const items = key.items === undefined ? '' : ` of ${counted(key.items, 'item', count)}`;
	const share =
		held > 0 ? ` (${percent(key.bytes / held)} of ${hasLimit(input) ? 'maxmemory' : 'sized'})` : '';
	return `${nameOf(key.key)}: ${sizeWords(key)}${share}${type}${items}, ${ttlText(key)}`;
}

function ttlText({ ttlSeconds, fieldsTtlSeconds }: BigKey): string {
	if (fieldsTtlSeconds !== undefined) return `its fields expire, the last in ${duration(fieldsTtlSeconds)}`;
	if (ttlSeconds === undefined) return 'TTL not known';
	return ttlSeconds === null ? 'no TTL' : `TTL ${duration(ttlSeconds)}`;
}

function patternLine(group: PatternGroup, total: number): string {
	const share = total > 0 ? ` (${percent(group.bytes / total)} of sized)` : '';
	const withoutTtl =
		group.keysWithoutTtl === undefined
			? ''
			: `, ${percent(group.keysWithoutTtl / Math.max(1, group.keys))} without TTL`;
	return `${nameOf(group.pattern)}: ${sizeWords(group)}${share} in ${counted(group.keys, 'key', count)}${withoutTtl}`;
}

function growthFacts(growth: Comparison | undefined): readonly Fact[] {
	if (!growth) return [];
	const line = (name: string, grown: number) =>
		`${nameOf(name)}: +${bytes(grown)} in ${duration(growth.seconds)}`;
	return [
		...growth.keys
			.slice(0, 3)
			.map(({ name, grownBytes }) => fact('key grows', line(name, grownBytes), twoScans)),
		...growth.patterns
			.slice(0, 3)
			.map(({ name, grownBytes }) => fact('pattern grows', line(name, grownBytes), twoScans)),
	];
}

/** The largest bin by bytes over all types, and whether a key of a type that is not counted may be larger. */
function largestFree(input: RunbookInput, free: readonly Keysizes[]) {
	const one = allInBytes(free)?.[0];
	const bin = one && largestBin(one);
	if (!bin) return undefined;
	const counted = allInBytes(free)!.reduce((sum, each) => sum + keysOf(each), 0);
	const keys = keysIn(infoOf(input).databases, 'keys');
	return { one, bin, others: keys === undefined ? undefined : Math.max(0, keys - counted) };
}

const heldWithout = (input: RunbookInput) =>
	infoOf(input).maxmemoryBytes || (infoOf(input).datasetBytes ?? 0);

/** From the histograms alone: as much as holds for any size within the bin. */
function freeAnswer(input: RunbookInput, free: readonly Keysizes[]): Answer {
	const found = largestFree(input, free);
	const held = heldWithout(input);
	if (!found || held <= 0) return 'unknown';
	const { from, below } = found.bin;
	const { keyShareAct, keyShareLook, keyBytesLook } = runbookLimits;
	if (from / held >= keyShareAct && diagnose(input)?.isTight) return 'act';
	if (from / held >= keyShareLook || from >= keyBytesLook) return 'look';
	return found.others === 0 && below / held < keyShareLook && below <= keyBytesLook ? 'fine' : 'unknown';
}

function freeText(input: RunbookInput, free: readonly Keysizes[]): string {
	if (free.length === 0) return '';
	const found = largestFree(input, free);
	if (!found) return 'INFO keysizes tells the largest of each type without a scan, though not their names.';
	const held = heldWithout(input);
	const share =
		held > 0
			? `, at most ${percent(found.bin.below / held)} of ${hasLimit(input) ? 'maxmemory' : 'the data'} each`
			: '';
	const others = found.others
		? ` ${counted(found.others, 'key', count)} of types that are not counted there (streams, vector sets, modules) may be larger.`
		: '';
	return `Without a scan INFO keysizes tells the largest by bytes, though not their names: ${largestInWords(found.one)}${share}.${others}`;
}

const byNumber = (a: Keysizes, b: Keysizes) => (largestBin(b)?.from ?? 0) - (largestBin(a)?.from ?? 0);

function sizeFacts(sizes: readonly Keysizes[]): readonly Fact[] {
	const inOrder = allInBytes(sizes) ? bySize : byNumber;
	return [...sizes]
		.sort(inOrder)
		.slice(0, 6)
		.flatMap(each => {
			const words = largestInWords(each);
			return words === undefined ? [] : [fact(`largest in db${each.db}`, words, 'INFO keysizes')];
		});
}

/** The one key that decides whether there is room; undefined where none does, or no scan told. */
export function decidingKey(input: RunbookInput): BigKey | undefined {
	const scan = scanHere(input, input.scan);
	const largest = scan?.keys[0];
	const held = scan ? heldBytes(input, scan) : 0;
	return largest && held > 0 && largest.bytes / held >= runbookLimits.keyShareAct ? largest : undefined;
}

/** The key that stands out, else the pattern that does; what a scan would tell where there was none. */
export function keyInShort(input: RunbookInput): string {
	const scan = scanHere(input, input.scan);
	if (!scan || scan.scanned === 0) return '';
	const held = heldBytes(input, scan);
	const growth = compareScans(scanHere(input, input.earlierScan), scan);
	return sentences(keyText(input, scan, held, growth), patternText(scan));
}

function keyText(
	input: RunbookInput,
	scan: BigKeysResult,
	held: number,
	growth: Comparison | undefined,
): string {
	const [largest] = scan.keys;
	if (!largest) return scan.complete ? 'No key was found.' : `No key was found in ${readOf(scan)}.`;
	const grower = growth?.keys[0];
	const grows = grower
		? ` ${nameOf(grower.name)} grew by ${bytes(grower.grownBytes)} in the ${duration(growth.seconds)} between two scans: nothing seems to bound it.`
		: '';
	const share = held > 0 ? largest.bytes / held : 0;
	if (share < runbookLimits.keyShareLook && largest.bytes < runbookLimits.keyBytesLook)
		return `${noneLarge(scan)}: the largest, ${nameOf(largest.key)}, has ${sizeWord(largest)}.${grows}`;
	const type = largest.type ? `the ${textOf(largest.type)} ` : '';
	return `One key stands out: ${type}${nameOf(largest.key)} has ${sizeWord(largest)}, ${percent(share)} of ${hasLimit(input) ? 'maxmemory' : 'what was sized'}, ${ttlText(largest)}.${grows}`;
}

/** What was not read may hold the one that matters. */
const noneLarge = (scan: BigKeysResult) =>
	scan.complete ? 'No single key is large' : `No large key in ${readOf(scan)}`;
const readOf = ({ scanned, of }: BigKeysResult) =>
	`the ${counted(scanned, 'key', count)}${of && of > scanned ? ` of ${count(of)}` : ''} read so far`;

function patternText({ patterns, totalBytes }: BigKeysResult): string {
	const first = patterns[0];
	// A pattern of one key is that key, which the sentence before named; `*` is all that have nothing in common.
	if (
		!first ||
		first.keys === 1 ||
		first.pattern === '*' ||
		totalBytes <= 0 ||
		first.bytes / totalBytes < runbookLimits.patternShareLook
	)
		return '';
	return `The pattern ${nameOf(first.pattern)} holds ${percent(first.bytes / totalBytes)} of what was sized, ${sizeWord(first)} in ${counted(first.keys, 'key', count)}.`;
}

function partialText(input: RunbookInput, scan: BigKeysResult): string {
	const [failed] = scan.partial;
	if (failed)
		return `Not all was read: ${textOf(failed.node)}: ${textOf(failed.reason)} (${counted(failed.scanned, 'key', count)} before that).`;
	return scan.complete || input.scanProgress?.state === 'done'
		? ''
		: 'The scan is not over: this may change.';
}

function adviceText(largest: BigKey | undefined, held: number): string {
	if (!largest || held <= 0 || largest.bytes / held < runbookLimits.keyShareLook) return '';
	return 'A collection is never evicted in part: eviction takes it whole or leaves it, and takes small useful keys instead. Bound it where it is written (trim, cap, split by time with a TTL); to delete it use UNLINK, which frees in the background, never DEL.';
}
