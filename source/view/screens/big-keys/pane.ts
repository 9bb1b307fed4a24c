// The opened key: what it was found to be, what to know about it, and a few of its elements when they were asked for.
// It stands below the list, in the place of the sums. Values are an application's own: they are quoted like names and
// cut short.

import { adviceOn } from '../../../core/keys/big-key-advice.ts';
import { type FieldTtls, fieldsDrawn } from '../../../core/keys/field-ttls.ts';
import type { KeyLook } from '../../../core/keys/key-look.ts';
import { sizeWords } from '../../../core/keys/size-words.ts';
import type { IdempotentProducers } from '../../../core/keys/stream-groups.ts';
import { fitMiddle, printable, printableText } from '../../../core/text/printable.ts';
import { bytes as bytesText, count, counted, duration, thousands } from '../../../core/text/quantity.ts';
import { fleetOf } from '../../../state/key-scope.ts';
import type { OpenKey } from '../../../state/key-screens.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow } from '../../columns.ts';
import { clock, none, orDash } from '../../format.ts';
import { fact, factsLine } from '../../parts/cells.ts';
import { textLines } from '../../parts/text-lines.ts';
import { blank, bold, dim, type Line, plain } from '../../theme.ts';
import { lookWords } from './look-words.ts';
import { groupLines } from './stream-groups.ts';
import { itemsText, ttlText } from './table.ts';

/** At most `height` lines; elements before advice where there is no room for both. */
export function keyPane(state: State, open: OpenKey, height: number): readonly Line[] {
	const { columns } = state.size;
	const { look } = open;
	const title: Line = [bold(fitMiddle(printable(open.key.key, 400) || '""', columns, state.isAscii))];
	if (look === undefined) return [title, [dim('  asked…')]].slice(0, height);
	const notes = [...absentNotes(state, look), ...sizeNotes(look), ...look.notes.map(lookWords)].flatMap(
		note => textLines(printableText(note), columns),
	);
	const head = [title, ...factLines(state, open, look), ...notes];
	const elements = elementLines(state, look);
	const advice = adviceLines(state, look);
	const foot = footLine(state, look);
	const gap = isNarrow(columns) ? [] : [blank];
	const groups = groupLines(state, look);
	const body = [
		...(groups.length > 0 ? [...gap, ...groups] : []),
		...(elements.length > 0 ? [...gap, ...elements] : []),
		...(advice.length > 0 ? [...gap, ...advice] : []),
	];
	const room = Math.max(0, height - head.length - 1 - gap.length);
	return [...head, ...body.slice(0, room), ...gap, foot].slice(0, height);
}

/** A listed big key was there when it was sized; a hot one may be read and never have been. */
function absentNotes(state: State, { exists }: KeyLook): readonly string[] {
	if (exists !== false) return [];
	return [state.screen === 'hot-keys' ? 'it is not there now' : 'gone since it was listed'];
}

/** What an estimate rests on, and where the server's own cannot be. */
function sizeNotes({ type, samples, serverBytes, isExact }: KeyLook): readonly string[] {
	if (serverBytes !== undefined)
		return [
			`the server's estimate is ${bytesText(serverBytes)}, more than it uses in all: it counts pending entries too high`,
		];
	if (isExact !== false) return [];
	if (samples === undefined) return ["the size is the server's estimate: it counts pending entries too high"];
	const which =
		type === 'zset' ? `its ${thousands(samples)} lowest scores` : `${thousands(samples)} of its elements`;
	return [`the size is by ${which}: all of them would block the server for too long`];
}

/** Those whose elements can be read a few at a time. */
const hasElements = new Set(['string', 'hash', 'list', 'set', 'zset', 'stream']);

function footLine(state: State, { type, elements, isTouched }: KeyLook): Line {
	const isSmall = isNarrow(state.size.columns);
	// A recording holds no values.
	const isReadable = state.replay === undefined && hasElements.has(type ?? '');
	const reading = isTouched
		? isSmall
			? ' elements, resets idle   '
			: ' reads elements and resets its idle time   '
		: isSmall
			? ' elements   '
			: ' reads a few of its elements (values)   ';
	return [
		plain('  '),
		...(!isReadable
			? []
			: [bold('e'), dim(elements === undefined || isSmall || isTouched ? reading : ' reads them again   ')]),
		...(isSmall ? [] : [bold('y'), dim(' copies its name   ')]),
		bold('Esc'),
		dim(isSmall ? ' close' : ' closes it'),
	];
}

function factLines(state: State, open: OpenKey, look: KeyLook): readonly Line[] {
	const { columns } = state.size;
	if (look.type === undefined && look.bytes === undefined) return [];
	const fleet = fleetOf(state, scopeOf(state))?.now.fleet;
	const owner = look.owner ?? look.node;
	const shard = fleet?.nodes.find(node => node.address === owner)?.shard;
	const isElsewhere = look.node !== owner;
	const facts: readonly Line[] = [
		fact('size', sizeText(look)),
		fact('type', `${printableText(look.type ?? none)}, ${printableText(look.encoding ?? none)}`),
		fact('items', orDash(look.items, itemsText)),
		...(look.producers === undefined ? [] : [fact('idempotent producers', producersText(look.producers))]),
		fact('ttl', ttlText(look.ttlSeconds)),
		...(look.fields === undefined ? [] : [fact('its fields', fieldsText(look.fields, look.items))]),
		...(look.frequency === undefined
			? [fact(look.isIdleSinceWrite ? 'not written for' : 'idle', orDash(look.idleSeconds, idleText))]
			: []),
		...(look.frequency === undefined ? [] : [fact('freq', `${look.frequency} of 255`)]),
		...(look.slot === undefined ? [] : [fact('slot', String(look.slot))]),
		...(open.key.db === 0 ? [] : [fact('db', String(open.key.db))]),
		fact(
			'owner',
			`${printableText(owner)}${shard !== undefined && fleet?.mode === 'cluster' ? ` (shard ${shard})` : ''}`,
		),
		...(isElsewhere
			? [fact('asked', `${printableText(look.node)} (replica: its idle time is its own)`)]
			: []),
		fact('at', clock(look.at, state.clockOffset)),
	];
	return flowed(facts, columns);
}

/** `2, 150 marks kept, 3 duplicates refused`. */
const producersText = ({ producers, marks, duplicates }: IdempotentProducers): string =>
	[
		String(producers),
		...(marks === undefined ? [] : [`${counted(marks, 'mark', count)} kept`]),
		...(duplicates ? [`${counted(duplicates, 'duplicate', count)} refused`] : []),
	].join(', ');

/** `all expire, the last in 9m`; of a large hash some were drawn. */
function fieldsText(
	{ expire, drawn, lastMilliseconds }: FieldTtls,
	items = drawn === fieldsDrawn ? Number.POSITIVE_INFINITY : drawn,
): string {
	const isSome = items > drawn;
	if (expire === 'none') return isSome ? `none of ${drawn} drawn has a ttl` : 'none has a ttl';
	const last = lastMilliseconds === undefined ? '' : `, the last in ${duration(lastMilliseconds / 1000)}`;
	const which = isSome ? `${expire} of ${drawn} drawn expire` : `${expire} expire`;
	return `${which}${expire === 'some' ? ', so it stays' : last}`;
}

/** `3.1M, exact`, `~3.1M +-4%`: as in the list. */
function sizeText({ bytes, isExact, sizeMargin }: KeyLook): string {
	if (bytes === undefined) return none;
	if (isExact) return `${bytesText(bytes)}, exact`;
	return sizeWords({ bytes, sizeEstimated: isExact === false, sizeMargin });
}

/** Both key screens open keys. */
const scopeOf = (state: State) => (state.screen === 'hot-keys' ? state.hotKeys : state.bigKeys)!.scope;

const idleText = (seconds: number) => duration(seconds);

/** Facts on as many lines as they need, none broken. */
function flowed(facts: readonly Line[], width: number): readonly Line[] {
	const lines: Line[] = [];
	let rest = facts;
	while (rest.length > 0) {
		let fitting = rest.length;
		while (
			fitting > 1 &&
			factsLine(rest.slice(0, fitting), width - 2).length < spansOf(rest.slice(0, fitting))
		)
			fitting--;
		lines.push([plain('  '), ...factsLine(rest.slice(0, fitting), width - 2, 2)]);
		rest = rest.slice(fitting);
	}
	return lines;
}

const spansOf = (facts: readonly Line[]) =>
	facts.reduce((sum, spans) => sum + spans.length, Math.max(0, facts.length - 1));

function adviceLines(state: State, look: KeyLook): readonly Line[] {
	const fleet = fleetOf(state, scopeOf(state))?.now.fleet;
	const isReplica = fleet?.nodes.find(node => node.address === look.node)?.role === 'replica';
	return adviceOn(look, { isCluster: fleet?.mode === 'cluster', isReplica }).flatMap(text =>
		textLines(text, state.size.columns),
	);
}

/** A pair of field and value, member and score or id and entry on a line, or one element. */
function elementLines(state: State, { elements, type, items }: KeyLook): readonly Line[] {
	if (elements === undefined) return [];
	const { columns } = state.size;
	const isPaired = type === 'hash' || type === 'zset' || type === 'stream';
	const shown = type === 'string' ? 'FIRST 100 BYTES' : 'ELEMENTS';
	const isSome = type !== 'string' && (items ?? 0) > elements.length / (isPaired ? 2 : 1);
	const title: Line = [plain('  '), bold(shown), dim(isSome ? '  a few of them' : '')];
	const step = isPaired ? 2 : 1;
	const first = isPaired ? Math.floor((columns - 6) * 0.35) : columns - 4;
	const lines: Line[] = [];
	for (let index = 0; index < elements.length; index += step) {
		const left = fitMiddle(printable(elements[index]!, 200), first, state.isAscii);
		if (!isPaired) lines.push([plain(`    ${left}`)]);
		else lines.push([plain(`    ${left}`), dim('  '), plain(printable(elements[index + 1] ?? '', 200))]);
	}
	return [title, ...lines];
}
