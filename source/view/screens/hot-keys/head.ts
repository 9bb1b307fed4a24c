// Lines 2 and 3 of the hot keys screen: what was sampled, when and by which method, and what a sample will cost before
// it starts, or how far it is. Pieces that do not fit go as a whole; the list of ways (Tab) has all of them.

import type { HotKeysResult, HotKeysStatus } from '../../../core/keys/hot-keys.ts';
import {
	type HotKeysMethod,
	hardlyNotices,
	isFree,
	type Ladder,
	methodName,
	type Rung,
} from '../../../core/keys/hot-ladder.ts';
import { sessionBytes } from '../../../core/keys/rungs/hotkeys.ts';
import { monitorCommands, monitorSeconds } from '../../../core/keys/rungs/monitor.ts';
import type { SessionOwner } from '../../../core/keys/rungs/rung.ts';
import { fit, printableText } from '../../../core/text/printable.ts';
import { bytes, count, counted, percent } from '../../../core/text/quantity.ts';
import { fleetOf } from '../../../state/key-scope.ts';
import type { State } from '../../../state/state.ts';
import { progressBar } from '../../chart.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { age, clock } from '../../format.ts';
import { bold, dim, type Line, plain, textWidth } from '../../theme.ts';
import { type Clauses, fittingClauses, said } from './clauses.ts';
import { endWords, isEarlyEnd, noteWords } from './note-words.ts';
import {
	askedRungs,
	hotResult,
	hotStatus,
	hotTargetsOf,
	hotTrack,
	hotView,
	isAsked,
	openWindow,
} from './rows.ts';
import { blindSpotWords, briefCost, commandsWord, costWords, lossWords, whyWords } from './rung-words.ts';
import { nodesWord, spanWord, whole } from './ways.ts';

/** As many of the pieces as fit, none of them cut but the first. */
function fitting(
	first: string,
	others: readonly (readonly [gap: string, text: string])[],
	width: number,
): string {
	let text = first;
	for (const [gap, piece] of others)
		if (textWidth(text) + textWidth(gap) + textWidth(piece) <= width) text += gap + piece;
	return text;
}

// ---------------------------------------------------------------------------------------------------------
// Line 2

export function sampleLine(state: State): Line {
	if (state.replay && hotTrack(state) === undefined) return [plain(notThen)];
	const status = hotStatus(state);
	const result = hotResult(state);
	const window = openWindow(status);
	if (status && window) return samplingLine(state, status, window);
	if (result) return [plain(resultWords(state, result, status))];
	const track = hotTrack(state);
	return [plain(status && track && isAsked(track) ? nothingYet(status) : waitingWords(state))];
}

/** In a recording, of a scope that nobody looked at. */
const notThen = 'hot keys: not looked for up to this moment';

function waitingWords(state: State): string {
	const scope = state.hotKeys?.scope;
	const nodes = scope === undefined ? [] : hotTargetsOf(state, scope).map(({ address }) => address);
	if (nodes.length === 0)
		return state.isDiscovering ? 'finding the nodes' : 'no node here answers that could be sampled';
	return `asking ${nodesWord(nodes)} which methods they have`;
}

function nothingYet(status: HotKeysStatus): string {
	const used = status.ladders.flatMap(ladder => ladder.used ?? []);
	if (used.length === 0) return 'nothing sampled: no method available';
	const methods = methodsOf(used);
	const isFree = status.ladders.some(ladder => isByItself(ladder.used, status));
	return isFree ? `nothing seen yet   ${methods}, by itself` : `nothing sampled yet   method: ${methods}`;
}

/** `MONITOR`, `MONITOR on 2 nodes, OBJECT FREQ on 1`. */
function methodsOf(methods: readonly HotKeysMethod[]): string {
	const counts = new Map<HotKeysMethod, number>();
	for (const method of methods) counts.set(method, (counts.get(method) ?? 0) + 1);
	const sorted = [...counts].sort((a, b) => b[1] - a[1]);
	if (sorted.length < 2) return sorted.map(([method]) => methodName(method)).join('');
	return sorted.map(([method, nodes]) => `${methodName(method)} on ${counted(nodes, 'node')}`).join(', ');
}

function resultWords(state: State, result: HotKeysResult, status: HotKeysStatus | undefined): string {
	const { columns } = state.size;
	const gap = isNarrow(columns) ? '  ' : '   ';
	const seconds = (state.at - result.at) / 1000;
	const old = seconds >= 60 ? `, ${age(seconds)} ago` : '';
	const by = methodsOf(result.nodes.map(({ method }) => method)) || methodName(result.method);
	const isFree = result.nodes.some(({ endedBy }) => endedBy === 'going-on');
	return fitting(
		seenWords(result, isNarrow(columns)),
		[
			[gap, `at ${clock(result.at, state.clockOffset)}${old}`],
			...(walkWords(result) === undefined ? [[gap, `by ${by}`] as const] : []),
			...sessionPieces(result, gap),
			...(isFree && !state.replay ? [[gap, 'refreshes by itself'] as const] : []),
			...againWords(state.replay ? undefined : status),
			...(isWide(columns) && status ? capsAndReasons(status, result.method) : []),
		],
		columns,
	);
}

/** Whose the session is where it is not ours, and how much of the commands it looked at. */
function sessionPieces({ nodes }: HotKeysResult, gap: string): readonly (readonly [string, string])[] {
	const sessions = nodes.flatMap(({ session }) => session ?? []);
	const other = sessions.find(({ whose }) => whose !== 'ours');
	const ratio = Math.max(1, ...sessions.map(({ sampleRatio }) => sampleRatio));
	if (sessions.length === 0) return [];
	return [
		...(other ? [[', ', ownerWords[other.whose]] as const] : []),
		[other ? ', ' : gap, commandsWord(ratio)],
	];
}

const ownerWords: Readonly<Record<SessionOwner, string>> = {
	ours: 'our session',
	left: "a killed redis-top's session",
	sibling: "another redis-top's session",
	somebody: "somebody else's session",
};

/** Windows that go on, and how they end. */
function againWords(status: HotKeysStatus | undefined): readonly (readonly [string, string])[] {
	if (status?.repeating === undefined) return [];
	return [
		['   ', 'a stops it'],
		[
			': ',
			status.repeating.methods?.includes('hotkeys')
				? 'again and again'
				: `every ${status.repeating.everySeconds}s`,
		],
	];
}

function seenWords(result: HotKeysResult, isShort: boolean): string {
	const span = spanWord(result.seconds);
	const walk = walkWords(result);
	if (walk !== undefined) return walk;
	if (result.shareOf === 'accesses' && result.method === 'lfu') return `read counters for ${span}`;
	if (result.commands <= 0 || result.shareOf !== 'commands') return `sampled for ${span}`;
	return isShort
		? `${whole(result.commands)} commands in ${span}`
		: `sampled ${whole(result.commands)} commands in ${span}`;
}

/** `OBJECT FREQ, 2,000 of 61,000 keys read so far`; undefined when all were, or where none is walked over. */
function walkWords({ method, nodes }: HotKeysResult): string | undefined {
	const open = nodes.flatMap(({ walk }) => walk ?? []);
	if (method !== 'lfu' || open.length === 0) return undefined;
	const sum = (counts: readonly number[]) => counts.reduce((total, one) => total + one, 0);
	const keys = sum(open.map(one => one.keys));
	const isKnown = open.every(({ of }) => of !== undefined);
	const of = isKnown ? ` of ${whole(sum(open.map(one => Math.max(one.keys, one.of!))))}` : '';
	return `${methodName('lfu')}, ${whole(keys)}${of} keys read so far`;
}

const isByItself = (method: HotKeysMethod | undefined, { ladders }: HotKeysStatus) =>
	ladders.some(({ rungs }) => rungs.some(rung => rung.method === method && isFree(rung)));

/** Where a window ends, and why a better way was not taken: the reason's first clause, the whole stands in the ways. */
function capsAndReasons(
	status: HotKeysStatus,
	method: HotKeysMethod,
): readonly (readonly [string, string])[] {
	const caps =
		method === 'monitor' ? `stops at ${monitorSeconds}s or ${whole(monitorCommands)} commands` : undefined;
	const rungs = status.ladders[0]?.rungs ?? [];
	const better = rungs.slice(
		0,
		Math.max(
			0,
			rungs.findIndex(rung => rung.method === method),
		),
	);
	const reasons = better
		.filter(({ state, why }) => state === 'unavailable' && why !== undefined)
		// The way that a setting would open is worth most.
		.sort((a, b) => Number(b.enable !== undefined) - Number(a.enable !== undefined))
		.map(reasonWords);
	const [first, ...others] = [...(caps === undefined ? [] : [caps]), ...reasons];
	if (first === undefined) return [];
	return [['   ', first], ...others.map(reason => ['; ', reason] as const)];
}

function reasonWords(rung: Rung): string {
	const name = methodName(rung.method);
	const clause = printableText(whyWords(rung)?.[0] ?? '');
	return clause.includes(name) ? clause : `${name}: ${clause}`;
}

type Sampling = NonNullable<HotKeysStatus['sampling']>;

function samplingLine(state: State, status: HotKeysStatus, sampling: Sampling): Line {
	// After its end the servers are looked at once more: that is not of the window.
	const seconds = Math.min(sampling.mostSeconds, Math.max(0, (state.at - sampling.since) / 1000));
	const asked = methodsNow(status, sampling);
	const isCounted = sampling.commands > 0 || asked.includes('monitor');
	const seen = isCounted
		? `sampling: ${whole(sampling.commands)} commands in ${spanWord(seconds)}`
		: `sampling for ${spanWord(seconds)}`;
	const more: (readonly [string, string])[] = [
		['   ', `by ${methodsOf(asked) || 'MONITOR'}`],
		...(sampling.bytes > 0 ? [['   ', bytes(sampling.bytes)] as const] : []),
		...(asked.includes('hotkeys')
			? [['   ', `costs ${bytes(sessionBytes)} a node until it is reset at its end`] as const]
			: []),
	];
	return [plain(fitting(seen, more, state.size.columns))];
}

/** What the open window looks by: a rung at work is none that would be asked for. */
const methodsNow = (status: HotKeysStatus, { methods }: Sampling): readonly HotKeysMethod[] =>
	methods ?? askedRungs(status).map(({ rung }) => rung.method);

// ---------------------------------------------------------------------------------------------------------
// Line 3

export function costLine(state: State): Line {
	const { columns } = state.size;
	const status = hotStatus(state);
	if (status === undefined && state.replay) return [dim('A replay sends nothing.')];
	if (status === undefined) return [dim(isNarrow(columns) ? 'Nothing is sampled until s.' : promise)];
	const window = openWindow(status);
	if (window) return progressLine(state, status, window);
	const asks = askWords(state, status, columns);
	const used = usedRung(state);
	const tail = used === undefined ? [] : ([['   ', `Blind spot: ${said(blindSpotWords(used))}.`]] as const);
	if (asks !== undefined) return [plain(fitting(asks, isWide(columns) ? tail : [], columns))];
	return [plain(fitting(freeWords(state), tail, columns))];
}

const promise = 'Nothing is sampled until you press s.';

/** How far the window is, by whichever cap is nearer, and the key that ends it. */
function progressLine(state: State, status: HotKeysStatus, sampling: Sampling): Line {
	const { columns } = state.size;
	const { since, commands, mostSeconds, mostCommands } = sampling;
	const share = Math.min(
		1,
		Math.max(
			0,
			(state.at - since) / 1000 / Math.max(mostSeconds, 1e-3),
			commands / Math.max(mostCommands, 1),
		),
	);
	const isCounted = methodsNow(status, sampling).includes('monitor');
	const caps = isCounted
		? `stops at ${spanWord(mostSeconds)} or ${whole(mostCommands)} commands`
		: `stops at ${spanWord(mostSeconds)}`;
	const width = isWide(columns) ? 40 : isNarrow(columns) ? 10 : 20;
	const drawn = `${progressBar(share, width, state.isAscii)} ${percent(share).padStart(4)}`;
	const words = fitting(drawn, [['  ', caps]], columns - textWidth('   s stops it'));
	return state.replay ? [plain(words)] : [plain(words), plain('   '), bold('s'), dim(' stops it')];
}

/** What `s` would do to the nodes as they are now, in at most `width`; undefined where there is nothing to ask for. */
function askWords(state: State, status: HotKeysStatus, width: number): string | undefined {
	const asked = askedRungs(status);
	const first = asked[0];
	if (first === undefined) return undefined;
	if (asked.every(({ rung }) => rung.method !== 'monitor'))
		return fitting(
			`${methodName(first.rung.method)} costs ${costWords(first.rung)}.`,
			state.replay ? [] : [[' ', promise]],
			width,
		);
	const monitored = asked.filter(({ rung }) => rung.method === 'monitor');
	const busy = monitored.find(({ ladder }) => ladder.isBusy);
	const worst = busy ?? monitored.find(({ ladder }) => !hardlyNotices(ladder)) ?? monitored[0]!;
	const loss = lossWords(worst.ladder) ?? [`MONITOR takes ${costWords(worst.rung)}`];
	const calm = status.repeating === undefined ? promise : `s samples for ${monitorSeconds}s.`;
	const nodes = monitored.map(({ ladder }) => ladder.node);
	// A recording has nobody to ask.
	const twice = state.replay ? '' : busy === undefined ? calm : 'Busy: press s twice.';
	const forms = [
		...(monitored.length === 1 ? [`${said(loss)}. ${twice}`, `${loss[0]}. ${twice}`] : []),
		`${loadWords(state, nodes)}${briefLoss(worst.ladder)}. ${twice}`,
		`MONITOR slows the server while it runs. ${twice}`,
		`${loadWords(state, nodes)}${briefLoss(worst.ladder)} (s).`,
		'MONITOR slows the server (s).',
		twice,
	];
	return (forms.find(form => textWidth(form) <= width) ?? twice).trimEnd();
}

/** `42.1k/s on 3 nodes; `: what the nodes do together. */
function loadWords(state: State, nodes: readonly string[]): string {
	const all = fleetOf(state, state.hotKeys!.scope)?.now.fleet.nodes ?? [];
	const known = all.filter(
		({ address, opsPerSecond }) => nodes.includes(address) && opsPerSecond !== undefined,
	);
	if (known.length === 0) return '';
	const ops = count(known.reduce((sum, { opsPerSecond }) => sum + opsPerSecond!, 0));
	return isWide(state.size.columns) && nodes.length > 1
		? `${ops} ops/s on ${nodes.length} nodes; `
		: `${ops}/s; `;
}

/** In a few words: `MONITOR costs 20-35% of peak`. */
const briefLoss = (ladder: Ladder): string =>
	hardlyNotices(ladder) ? 'MONITOR will hardly be noticed' : `MONITOR costs ${briefCost()} of peak`;

/** What goes on by itself and its cost, or why there is no way at all. */
function freeWords(state: State): string {
	const rung = usedRung(state);
	if (rung !== undefined)
		return state.replay ? `Costs ${costWords(rung)}.` : `Refreshes by itself; costs ${costWords(rung)}.`;
	const rungs = hotStatus(state)?.ladders.flatMap(ladder => ladder.rungs) ?? [];
	// The last resort is the one that is easiest to allow.
	const way = rungs.findLast(({ enable }) => enable !== undefined);
	if (way === undefined) return 'Nothing can be sampled here.';
	return `Nothing can be sampled here; with ${printableText(way.enable!)} ${methodName(way.method)} could.`;
}

function usedRung(state: State) {
	const result = hotResult(state);
	const ladders = hotStatus(state)?.ladders ?? [];
	const method = result?.method ?? ladders.find(({ used }) => used !== undefined)?.used;
	const rungs = ladders.flatMap(ladder => ladder.rungs);
	return rungs.find(rung => rung.method === method && rung.state !== 'unavailable');
}

// ---------------------------------------------------------------------------------------------------------
// The message line, while nobody speaks

/** What went wrong with the last look, else what its figures cannot say. */
export function quietLine(state: State): Line {
	const result = hotTrack(state)?.result;
	if (result === undefined || openWindow(hotStatus(state))) return [];
	const early = result.nodes.filter(isEarlyEnd);
	if (early.length > 0) {
		const [first] = early;
		const more = early.length > 1 ? ` and ${early.length - 1} more nodes` : '';
		const who = result.nodes.length > 1 ? `${printableText(first!.node)}${more}: ` : '';
		const line = `${who}${printableText(endWords(first!))}`;
		return [{ text: '!', style: 'warn' }, plain(` ${line}`)];
	}
	if (state.hotKeys?.view === 'keys' && hotView(state) === 'slots')
		return [dim('the hot slots are known, not their keys: s samples keys')];
	const { columns } = state.size;
	const used = isWide(columns) ? undefined : usedRung(state);
	const [first, ...others] = [
		...result.notes.map(noteWords),
		...(used === undefined ? [] : [labelled('blind spot: ', blindSpotWords(used))]),
	];
	if (first === undefined) return [];
	const more = others.length > 0 ? `   ${others.length} more: Tab` : '';
	const clauses = first.map(clause => printableText(clause));
	const note = said(clauses);
	if (textWidth(note) <= columns || isNarrow(columns))
		return [dim(fitting(note, more === '' ? [] : [['', more]], columns))];
	const room = columns - rowsWidth;
	const clause = fittingClauses(clauses, room) ?? fit(note, room - textWidth(wholeAt), state.isAscii);
	return [dim(fitting(clause, [['', wholeAt]], room))];
}

const wholeAt = '   all of it: Tab';
/** `rows 1-10 of 100` at the right end of the line. */
const rowsWidth = 20;

const labelled = (label: string, [first = '', ...rest]: Clauses): Clauses => [label + first, ...rest];
