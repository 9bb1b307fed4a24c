// The key under the cursor: one line of what is known of it, how much it takes, and what could be done about it in the
// order of effort, each with this key's own numbers. Where the screen is narrow a long advice is said by its first
// clause and by what would remain. An opened key shows what it was found to be in between.

import type { HotKey, HotKeysResult } from '../../../core/keys/hot-keys.ts';
import { type HotMitigation, quietKey } from '../../../core/keys/key-advice.ts';
import { fitMiddle, printable, printableText } from '../../../core/text/printable.ts';
import { bytes, count, percent } from '../../../core/text/quantity.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow } from '../../columns.ts';
import { fact, factsLine } from '../../parts/cells.ts';
import { blank, bold, dim, type Line, plain, textWidth } from '../../theme.ts';
import { keyPane } from '../big-keys/pane.ts';
import { absentWords, adviceWords, counterWords } from './advice-words.ts';
import { sharePercent, ttlWord } from './cells.ts';
import { hotView, openHere, shareOfNode } from './rows.ts';

/** Lines an opened key needs to say what it is, and with elements. */
const paneLeast = 5;
const paneWithElements = 10;

/** At most `height` lines, with a blank above them where the screen is not narrow. */
export function hotDetail(state: State, key: HotKey, result: HotKeysResult, height: number): readonly Line[] {
	const { columns } = state.size;
	const gap = isNarrow(columns) ? [] : [blank];
	const open = openHere(state, key);
	const used = effortLines(state, key, result);
	if (open === undefined) return [...gap, ...used.slice(0, height)];
	// What it was found to be in the place of what it takes, or below it.
	const left = height - used.length - 1;
	const wanted = open.look?.elements === undefined ? paneLeast : paneWithElements;
	if (left < wanted) return [...gap, ...keyPane(state, open, height)];
	return [...gap, ...used, blank, ...keyPane(state, open, left)];
}

/** The key, how much it takes, and what to do about it. */
function effortLines(state: State, key: HotKey, result: HotKeysResult): readonly Line[] {
	const { columns } = state.size;
	const isQuiet = (shareOfNode(key, result) ?? 1) < quietKey;
	const advice = (isQuiet ? [] : key.mitigations).map(each => adviceLine(each, key, columns));
	const about = aboutLine(state, key, result);
	if (isNarrow(columns)) return [about, ...advice];
	return [
		about,
		[plain(sentence(state, key, result, advice.length > 0))],
		...advice.map(line => [plain('  '), ...line]),
	];
}

// ---------------------------------------------------------------------------------------------------------
// What is known

function aboutLine(state: State, key: HotKey, result: HotKeysResult): Line {
	const { columns } = state.size;
	const name = key.key === '' ? '""' : fitMiddle(printable(key.key), Math.floor(columns / 2), state.isAscii);
	const facts: Line[] = [
		[bold(name)],
		...(key.exists === false ? [[plain(absentWords(key))]] : []),
		...(key.slot === undefined ? [] : [fact('slot', String(key.slot))]),
		...((key.db ?? 0) === 0 ? [] : [fact('db', String(key.db))]),
		...(key.topCommand === undefined ? [] : [commandFact(key)]),
		...(key.clients === undefined ? [] : [fact('clients', count(key.clients))]),
		...(key.bytes === undefined ? [] : [fact('size', bytes(key.bytes))]),
		...(key.readShare === undefined ? [] : [readsFact(key.readShare)]),
		...(key.hitsPerSecond === undefined ? [] : [[plain(`${count(key.hitsPerSecond)}/s`)]]),
		...(result.nodes.length > 1 ? [fact('on', printableText(key.node))] : []),
		...(key.encoding === undefined ? [] : [fact('encoding', printableText(key.encoding))]),
		...(isNarrow(columns) && key.ttlSeconds !== undefined ? [fact('ttl', ttlWord(key.ttlSeconds))] : []),
	];
	return factsLine(facts, columns);
}

const commandFact = ({ topCommand, topCommandShare }: HotKey): Line =>
	fact(printableText(topCommand!), topCommandShare === undefined ? '' : sharePercent(topCommandShare));

/** Of reads or of writes there are hardly any of the other. */
const nearlyAll = 0.8;

function readsFact(readShare: number): Line {
	if (readShare >= nearlyAll) return [dim('hot for '), plain('reads')];
	if (readShare <= 1 - nearlyAll) return [dim('hot for '), plain('writes')];
	return fact('reads', percent(readShare));
}

// ---------------------------------------------------------------------------------------------------------
// How much, and what to do

/** `One key takes 35% of the commands on this shard. In order of effort:` */
function sentence(state: State, key: HotKey, result: HotKeysResult, hasAdvice: boolean): string {
	const lead = hasAdvice ? ' In order of effort:' : '';
	const share = shareOfNode(key, result);
	if (share === undefined && key.netShare !== undefined)
		return `It takes ${finePercent(key.netShare)} of the bytes on ${whereWords(state, key, result)}; its time is not among the longest.`;
	if (share === undefined) {
		const means = counterWords(key) ?? 'no share';
		return `Its counter says ${means}: a rank over minutes, no rate.${lead}`;
	}
	const isByBytes = hotView(state) === 'bytes';
	const of = isByBytes ? 'bytes' : result.shareOf;
	const hottest = Math.max(
		...result.keys.map(each =>
			isByBytes ? (each.netShare ?? 0) : each.isUnsure ? 0 : (shareOfNode(each, result) ?? 0),
		),
	);
	if (key.isUnsure)
		return `Its time is too small to tell: between ${finePercent(key.low ?? 0)} and ${finePercent(key.high ?? 1)} of the ${of}.`;
	if (hottest < quietKey) return `No key stands out (hottest ${finePercent(hottest)}): the load is spread.`;
	if (share < quietKey)
		return `It takes ${finePercent(share)} of the ${of} on ${whereWords(state, key, result)}: no reason to do anything.`;
	return `One key takes ${percent(share)} of the ${of} on ${whereWords(state, key, result)}.${lead}`;
}

/** A hundredth of a percent still tells a key from none. */
function finePercent(share: number): string {
	const points = share * 100;
	if (points >= 0.95) return percent(share);
	return points > 0 && points < 0.005 ? '<0.01%' : `${Number(points.toFixed(points < 0.095 ? 2 : 1))}%`;
}

function whereWords(state: State, key: HotKey, result: HotKeysResult): string {
	if (result.nodes.length > 1) return printableText(key.node);
	const fleet = state.fleets.find(({ id }) => id === state.hotKeys?.scope.fleet);
	return fleet?.now.fleet.mode === 'cluster' ? 'this shard' : 'this node';
}

function adviceLine(mitigation: HotMitigation, key: HotKey, columns: number): Line {
	const text = printableText(fittingAdvice(mitigation, key, columns - 2));
	return [mitigation.helps ? plain(text) : dim(text)];
}

/** The whole, else its first clause with what would remain, else the clause. */
function fittingAdvice(mitigation: HotMitigation, key: HotKey, width: number): string {
	const [clause, rest] = adviceWords(mitigation);
	const { remainingPerSecond } = mitigation;
	const now = key.hitsPerSecond;
	const left = remainingPerSecond === undefined || now === undefined ? undefined : count(remainingPerSecond);
	const forms = [
		`${clause}: ${rest}`,
		...(left === undefined
			? []
			: [`${clause}: leaves ${left} of ${count(now!)}/s`, `${clause}: leaves ${left}/s`]),
	];
	return forms.find(form => textWidth(printableText(form)) <= width) ?? clause;
}
