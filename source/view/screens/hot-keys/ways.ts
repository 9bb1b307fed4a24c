// The ways to tell hot keys, in words: what each node could be asked and why not, what a MONITOR window would cost it,
// what was seen of it and why that ended. Shown while there is no result yet, and by Tab beside it. Lines of text, as
// wide as the screen: the keys scroll them, so they are made here and not where they are drawn.

import type { HotKeysResult, HotKeysStatus, HotNode, HotSession } from '../../../core/keys/hot-keys.ts';
import {
	askedRung,
	type HotKeysMethod,
	type Ladder,
	methodName,
	type Rung,
} from '../../../core/keys/hot-ladder.ts';
import { displayWidth, printableText } from '../../../core/text/printable.ts';
import { bytes, count, duration, thousands } from '../../../core/text/quantity.ts';
import type { Address } from '../../../core/types.ts';
import type { HotKeysTrack } from '../../../state/key-screens.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow } from '../../columns.ts';
import { wrapped } from '../../parts/text-lines.ts';
import { said } from './clauses.ts';
import { endText, endWords, isEarlyEnd, noteTexts, slotsWord } from './note-words.ts';
import {
	blindSpotWords,
	commandsWord,
	costWords,
	expectedLoss,
	nowWords,
	sessionWord,
	showsWords,
	walkText,
	whyText,
} from './rung-words.ts';

/** One line; a title is bold, what is beside the point dim. */
export type WayLine = { readonly text: string; readonly tone?: 'title' | 'dim' | 'warn' };

/** `MONITOR 250ms every 10s`, `HOTKEYS again and again`: what `a` started. */
export function repeatWords({
	windowMilliseconds,
	everySeconds,
	methods = ['monitor'],
}: NonNullable<HotKeysStatus['repeating']>): string {
	return [
		...(methods.includes('hotkeys') ? ['HOTKEYS again and again'] : []),
		...(methods.includes('monitor') ? [`MONITOR ${windowMilliseconds}ms every ${everySeconds}s`] : []),
	].join(', ');
}

const title = (text: string): WayLine => ({ text, tone: 'title' });
const blank: WayLine = { text: '' };

/** Everything about the ways of a scope, for a screen of this width. */
export function wayLines(state: State, track: HotKeysTrack | undefined): readonly WayLine[] {
	const { columns } = state.size;
	if (state.replay !== undefined && track === undefined)
		return paragraph('A replay sends nothing itself: go on to a time when somebody looked.', columns);
	if (track === undefined)
		return paragraph(
			state.isDiscovering ? 'The fleet is still being found.' : 'No node here answers that could be asked.',
			columns,
		);
	const { status, result } = track;
	if (status === undefined || status.ladders.length === 0)
		return paragraph(
			`Asking ${nodesWord(track.nodes)} which methods it has to tell its hot keys. Nothing is sampled.`,
			columns,
		);
	const parts = [
		lossLines(status, columns),
		...groupsOf(status).map(group => groupLines(group, status.ladders.length, columns)),
		result === undefined ? [] : seenLines(result, columns),
		result === undefined ? [] : noteLines(result, columns),
		result === undefined ? [] : costLines(result, columns),
	].filter(lines => lines.length > 0);
	return parts.flatMap((lines, index) => (index === 0 ? lines : [blank, ...lines]));
}

/** `10.0.1.12:6379`, `all 3 nodes`. */
export function nodesWord(nodes: readonly Address[], all = nodes.length): string {
	if (nodes.length === 1) return printableText(nodes[0]!);
	return nodes.length === all ? `all ${all} nodes` : `${nodes.length} of ${all} nodes`;
}

// ---------------------------------------------------------------------------------------------------------
// Before a window

/** What to expect once for all nodes of which it is said, and below it each of them as it is now. */
function lossLines(status: HotKeysStatus, columns: number): readonly WayLine[] {
	const asked = status.ladders.filter(ladder => ladder.load !== undefined && askedRung(ladder) === 'monitor');
	const groups = new Map<string, Ladder[]>();
	for (const ladder of asked) {
		const expected = said(expectedLoss(ladder));
		groups.set(expected, [...(groups.get(expected) ?? []), ladder]);
	}
	if (groups.size === 0) return [];
	const width = Math.max(...asked.map(({ node }) => displayWidth(printableText(node))));
	const lines = [...groups].flatMap(([expected, ladders]) => [
		...hanging('  ', sentence(expected), columns),
		...ladders.flatMap(ladder => nodeLine(ladder, width, columns)),
	]);
	return [title('BEFORE A MONITOR WINDOW'), ...lines];
}

function nodeLine(ladder: Ladder, width: number, columns: number): readonly WayLine[] {
	const name = printableText(ladder.node);
	const now = nowWords(ladder);
	if (now === '' && !ladder.isBusy) return [{ text: `    ${name}` }];
	const text = ladder.isBusy ? `${now}   busy: s wants a second press` : now;
	const head = `    ${name}${' '.repeat(Math.max(0, width - displayWidth(name)))}  `;
	return hanging(head, text, columns, ladder.isBusy ? 'warn' : undefined);
}

// ---------------------------------------------------------------------------------------------------------
// The rungs

type Group = { readonly nodes: Address[]; readonly used?: HotKeysMethod; readonly rungs: readonly Rung[] };

/** Nodes that can do the same and use the same, together. */
function groupsOf(status: HotKeysStatus): readonly Group[] {
	const groups = new Map<string, Group>();
	for (const { node, used, rungs } of status.ladders) {
		// How long a walk takes is another figure for every node, and no other way.
		const same = JSON.stringify([used, rungs.map(rung => ({ ...rung, walkSeconds: undefined }))]);
		const group = groups.get(same) ?? { nodes: [], used, rungs };
		group.nodes.push(node);
		groups.set(same, { ...group, rungs: group.rungs.map((rung, index) => longer(rung, rungs[index]!)) });
	}
	return [...groups.values()];
}

/** Nodes are walked at once: all of them are through with the slowest. */
const longer = (one: Rung, other: Rung): Rung =>
	(other.walkSeconds ?? 0) > (one.walkSeconds ?? 0) ? other : one;

function groupLines({ nodes, used, rungs }: Group, all: number, columns: number): readonly WayLine[] {
	const whys = new Set(rungs.map(rung => (rung.state === 'unavailable' ? whyText(rung) : undefined)));
	const [only] = whys;
	// A node that does not answer has one reason for everything.
	if (rungs.length > 1 && whys.size === 1 && only !== undefined)
		return [
			title(`NO METHOD on ${nodesWord(nodes, all)}`),
			...hanging('  ', sentence(printableText(only)), columns, 'warn'),
		];
	return [
		...paragraph(`METHODS, ${nodesWord(nodes, all)}, best first`, columns).map(({ text }) => title(text)),
		...rungs.flatMap(rung => rungLines(rung, rung.method === used, columns)),
	];
}

const headWidth = 15;

function rungLines(rung: Rung, isUsed: boolean, columns: number): readonly WayLine[] {
	const head = `${isUsed ? '* ' : '  '}${methodName(rung.method)}`;
	const words = rungWords(rung, isUsed);
	const tone = rung.state === 'unavailable' ? 'dim' : undefined;
	if (isNarrow(columns))
		return [{ text: head, tone }, ...words.flatMap(word => hanging('    ', word, columns, tone))];
	return words.flatMap((word, index) =>
		hanging(index === 0 ? head.padEnd(headWidth) : ' '.repeat(headWidth), word, columns, tone),
	);
}

/** Whole sentences: what stops it and what would change that, or how it works and what it hides. */
function rungWords(rung: Rung, isUsed: boolean): readonly string[] {
	const { state, enable, walkSeconds } = rung;
	const why = whyText(rung);
	const reason = why === undefined ? [] : [`${printableText(why)}.`];
	const way = enable === undefined ? [] : [`Would enable it: ${printableText(enable)}`];
	if (state === 'unavailable') return [...(reason.length > 0 ? reason : ['Not here.']), ...way];
	const walk = walkSeconds === undefined ? '' : `; all keys take ${walkText(walkSeconds)}`;
	const how = { ready: 'By itself', running: 'At work now', asks: 'When s asks for it' }[state];
	return [
		`${how}: ${showsWords(rung)}.`,
		...reason,
		...(isUsed || state !== 'ready' ? [`Costs: ${costWords(rung)}.`] : []),
		`Blind spot: ${said(blindSpotWords(rung))}${walk}.`,
		...way,
	];
}

// ---------------------------------------------------------------------------------------------------------
// What was seen

function seenLines(result: HotKeysResult, columns: number): readonly WayLine[] {
	return [
		title('SEEN'),
		...result.nodes.flatMap(node => {
			const words = [
				methodName(node.method),
				...(node.commands > 0 ? [`${whole(node.commands)} commands`] : []),
				`${spanWord(node.seconds)}`,
				...(node.bytes > 0 ? [bytes(node.bytes)] : []),
				...(node.session ? [sessionWords(node.session)] : []),
				...(node.session && endText(node) !== undefined ? [] : [printableText(endWords(node))]),
				...opsWords(node),
			];
			return hanging(
				`  ${printableText(node.node)}  `,
				words.join(', '),
				columns,
				isEarlyEnd(node) ? 'warn' : undefined,
			);
		}),
	];
}

/** `every command, our own session`, `one command of 10, of slots 0-99, a session that somebody else has started`. */
export function sessionWords({ whose, isActive, sampleRatio, onlySlots }: HotSession): string {
	return [
		commandsWord(sampleRatio),
		...(onlySlots ? [`of ${slotsWord(onlySlots)} alone`] : []),
		`${sessionWord(whose)}${whose === 'ours' ? '' : isActive ? ', at work' : ', over'}`,
	].join(', ');
}

const opsWords = ({ opsBefore, opsDuring }: HotNode): readonly string[] =>
	opsBefore === undefined || opsDuring === undefined
		? []
		: [`${count(opsBefore)}/s before it, ${count(opsDuring)}/s while it ran`];

function noteLines(result: HotKeysResult, columns: number): readonly WayLine[] {
	const notes = noteTexts(result);
	if (notes.length === 0) return [];
	return [title('NOTES'), ...notes.flatMap(note => hanging('  ', sentence(printableText(note)), columns))];
}

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

function costLines({ cost }: HotKeysResult, columns: number): readonly WayLine[] {
	const server =
		cost.serverMicroseconds === undefined
			? []
			: [`${duration(cost.serverMicroseconds / 1e6)} of the servers' time`];
	const words = [
		`${whole(cost.commands)} commands of ours`,
		`${bytes(cost.outputBytes)} read`,
		`${whole(cost.hitsAdded)} keyspace hits added`,
		...server,
	];
	return [title('COST'), ...hanging('  ', words.join(', '), columns)];
}

/** `18,204`. */
export const whole = thousands;

/** `1.25s`, `0.25s`, `2s`, `10s`: of a window. */
export const spanWord = (seconds: number): string =>
	seconds < 10 ? `${Number(seconds.toFixed(2))}s` : duration(seconds);

// ---------------------------------------------------------------------------------------------------------
// Lines

const paragraph = (text: string, columns: number) => hanging('', text, columns);

/** Words behind a head, broken between them; the lines that follow stand under the first word. */
function hanging(head: string, text: string, columns: number, tone?: WayLine['tone']): readonly WayLine[] {
	// A head that leaves no room stands alone.
	const own = displayWidth(head);
	if (own > columns / 2 && own + displayWidth(text) > columns)
		return [{ text: head.trimEnd(), tone }, ...hanging('    ', text, columns, tone)];
	return wrapped(text, columns - own).map((line, index) => ({
		text: `${index === 0 ? head : ' '.repeat(own)}${line}`.trimEnd(),
		tone,
	}));
}
