// Below the list of big keys: BYTES BY TYPE, BY PATTERN, the sentence that says where the bytes are, and what the
// figures cannot say. Shares are of the bytes that were sized. What a sample said has a `~`.

import type { BigKeysResult, KeyGroup, NodeKeysizes, PatternGroup } from '../../../core/keys/big-keys.ts';
import { scanNoteWords } from '../../../core/keys/scan-note-words.ts';
import { bySize, type Keysizes, largestInWords } from '../../../core/parse/keysizes.ts';
import { printable, printableText } from '../../../core/text/printable.ts';
import { bytes, count, percent } from '../../../core/text/quantity.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow } from '../../columns.ts';
import { factsLine } from '../../parts/cells.ts';
import { packed } from '../../parts/text-lines.ts';
import { blank, bold, dim, type Line, plain } from '../../theme.ts';
import { foundOnScreen, scanOnScreen } from './rows.ts';
import { bytesOf, patternLine } from './table.ts';

/** `BYTES BY TYPE  hash 61%  string 24%`: as many as fit. */
export function typeLine(state: State): Line {
	const found = foundOnScreen(state);
	const total = bytesOf(found?.types ?? []);
	const types = (found?.types ?? []).map((group): Line => {
		const share = shareText(group.bytes, total);
		return [plain(`${printable(group.type, 20)} ${about(group, share)}`)];
	});
	const title: Line = [bold('BYTES BY TYPE'), plain('  ')];
	if (types.length === 0) return [...title, plain('-')];
	return [...title, ...factsLine(types, state.size.columns - 15, 2)];
}

const about = ({ estimated }: KeyGroup, share: string) =>
	estimated && !share.startsWith('<') ? `~${share}` : share;
const shareText = (part: number, all: number) => percent(all > 0 ? part / all : 0);

/** The title and `height` patterns. */
export function patternLines(state: State, height: number): readonly Line[] {
	const patterns = foundOnScreen(state)?.patterns ?? [];
	const more = patterns.length - height;
	const title: Line = [
		bold('BY PATTERN'),
		...(more > 0 ? [dim(`  ${count(patterns.length)} of them, Tab lists all`)] : []),
	];
	return [
		title,
		...Array.from({ length: height }, (_, index) =>
			patterns[index] === undefined ? blank : patternLine(state, patterns[index]),
		),
	];
}

/** From this share of the bytes on a pattern is worth a sentence. */
const worthSaying = 0.2;

/** `Listed keys: 4% of bytes. cart:{*}:items: 46%, and 97% of it has no ttl.` */
export function sentenceLine(state: State): Line {
	const found = foundOnScreen(state);
	if (found === undefined || found.totalBytes === 0) return [];
	if (isNarrow(state.size.columns)) return [plain(patternWords(found, 24, true))];
	const listed = found.keys.reduce((sum, key) => sum + key.bytes, 0);
	const first = `Listed keys: ${shareText(listed, found.totalBytes)} of bytes.`;
	return [plain(`${first} ${patternWords(found, 60, false)}`)];
}

function patternWords({ patterns }: BigKeysResult, longest: number, isShort: boolean): string {
	const [most] = patterns;
	const totalBytes = bytesOf(patterns);
	if (most === undefined) return '';
	if (most.bytes < totalBytes * worthSaying)
		return `No pattern has more than ${shareText(most.bytes, totalBytes)} of the bytes.`;
	const words = isShort ? shortTtlWords(most) : ttlWords(most);
	return `${printable(most.pattern, longest)}: ${shareText(most.bytes, totalBytes)}${words}.`;
}

/** Of its bytes, where that is known, else of its keys; 0 to 1. */
function withoutTtl(group: PatternGroup): number | undefined {
	const [part, all] =
		group.bytesWithoutTtl === undefined
			? [group.keysWithoutTtl, group.keys]
			: [group.bytesWithoutTtl, group.bytes];
	return part === undefined || all === 0 ? undefined : Math.min(1, part / all);
}

function ttlWords(group: PatternGroup): string {
	const share = withoutTtl(group);
	if (share === undefined) return '';
	if (share === 0) return group.estimated ? ', with a ttl as far as sampled' : ', all of it with a ttl';
	if (share === 1) return group.estimated ? ', without a ttl as far as sampled' : ', none of it with a ttl';
	return `, and ${group.estimated ? 'about ' : ''}${percent(share)} of it has no ttl`;
}

function shortTtlWords(group: PatternGroup): string {
	const share = withoutTtl(group);
	return share === undefined ? '' : `, ${about(group, percent(share))} without ttl`;
}

/** What the figures cannot say, in at most `height` lines: the scan's own notes before what is always so. */
export function noteLines(state: State, height: number): readonly Line[] {
	const found = foundOnScreen(state);
	if (found === undefined || height === 0) return [];
	const least = found.keys.at(-1);
	const isCut = found.keys.length >= state.scanTop && found.scanned > found.keys.length;
	const servers = keysizesWords(scanOnScreen(state)?.isOver ? undefined : found.keysizes);
	const sentences = [
		...(servers.length > 0 ? [`As the servers count (INFO keysizes): ${servers.join('; ')}.`] : []),
		...found.partial
			.slice(1)
			.map(
				({ node, reason, scanned }) =>
					`${printableText(node)} after ${count(scanned)} keys: ${printableText(reason)}.`,
			),
		...found.notes.map(note => `${capital(printableText(scanNoteWords(note)))}.`),
		`${sizesSentence(found)}${isCut ? ` Keys smaller than ${bytes(least!.bytes)} are counted in the totals and not listed.` : ''}`,
		...(found.types.some(({ estimated }) => estimated)
			? ['~ is from a sample, +- its margin in points at 95 of 100.']
			: []),
		'Names are shown as redis-cli quotes them: bytes outside printable text appear as \\xNN.',
	];
	return packed(sentences, state.size.columns, height).map(text => [dim(text)]);
}

/** While it runs, of the listed keys five elements are known; when it is over, all that the server's time allowed. */
function sizesSentence({ keys }: BigKeysResult): string {
	const many = keys.filter(({ sizeEstimated }) => sizeEstimated).length;
	if (many === 0) return 'Sizes by MEMORY USAGE, listed keys by all of their elements.';
	return `Sizes by MEMORY USAGE; ${count(many)} of the listed keys by some of their elements (~, +- its margin).`;
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);

/**
 * `hashes: 1 key with 256K-512K fields`: what servers from Redis 8.0 on know without a scan (INFO keysizes), of each type
 * and unit the largest bin of all nodes. Exact, but without names; it is there before the first key is sized.
 */
export function keysizesWords(nodes: readonly NodeKeysizes[] | undefined): readonly string[] {
	const largest = new Map<string, Keysizes>();
	for (const one of (nodes ?? []).flatMap(({ keysizes }) => keysizes)) {
		const name = `${one.type} ${one.unit}`;
		const known = largest.get(name);
		if (known === undefined || bySize(one, known) < 0) largest.set(name, one);
	}
	return [...largest.values()].flatMap(one => largestInWords(one) ?? []);
}
