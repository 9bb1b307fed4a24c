// The step on the screen as lines of a width: question, verdict, facts with the command each came from, what could be
// changed or what the audit says, and why the check comes here. What can be
// selected is an entry. Texts come safe from the runbooks.

import { displayWidth, printableText } from '../../../core/text/printable.ts';
import type { AuditLine } from '../../../runbooks/audit.ts';
import { commandText } from '../../../runbooks/command-text.ts';
import { nodesText } from '../../../runbooks/config-audit.ts';
import type { StepRun } from '../../../runbooks/report.ts';
import type { Answer, Change, Fact } from '../../../runbooks/runbook.ts';
import { asMade, changesOf } from '../../../state/runbook-input.ts';
import { auditLinesNow, changeNow, stepNow } from '../../../state/runbook-runs.ts';
import { type ChangeTrack, measuredMilliseconds } from '../../../state/runbook-screen.ts';
import type { ChangePrompt, State } from '../../../state/state.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { blocks, wrapped } from '../../parts/text-lines.ts';
import { asEntry, blank, bold, dim, entryOf, type Line, plain, type Span, type Style } from '../../theme.ts';

/** Columns of the list of steps with what parts it from the pane; on a narrow screen there is none. */
export function stepsWidth(columns: number): number {
	if (isNarrow(columns)) return 0;
	return isWide(columns) ? 42 : 28;
}

/** Columns of the pane. */
export const paneWidth = (state: State): number => state.size.columns - stepsWidth(state.size.columns);

/** Line 1, the vitals, an empty line, the message line, the key bar; on a narrow screen the step's name as well. */
export const paneHeight = (state: State): number =>
	Math.max(1, state.size.rows - 5 - (isNarrow(state.size.columns) ? 1 : 0));

/** Everything the pane says, whether it is in view or not. */
export function paneLines(state: State): readonly Line[] {
	const step = stepNow(state);
	if (!step) return [[plain('This node is not known any more: Esc goes back.')]];
	const width = paneWidth(state);
	const { prompt } = state;
	if (prompt?.kind === 'change') return confirmLines(prompt, state.at, width);
	const facts = state.runbook!.runbook === 'config-audit' ? auditBlock(state, width) : factLines(step, width);
	const changes = changeBlock(state, step, width);
	return blocks([
		questionLines(state.runbook!.step + 1, step.step.question, width),
		verdictLines(step.verdict.answer, verdictText(state, step), width),
		// A step with a choice of changes is about them; else they follow from the facts.
		...(step.changes.length > 1
			? [changes, madeLines(state, width), facts]
			: [facts, changes, madeLines(state, width)]),
		whyLines(step, width),
	]);
}

const sentence = (text: string, width: number, indent = 0): readonly Line[] =>
	wrapped(text, width - indent - 1).map(part => [plain(' '.repeat(indent) + part)]);

function questionLines(number: number, question: string, width: number): readonly Line[] {
	return wrapped(question, width - 4).map((part, index) => [bold(`${index === 0 ? number : ' '}  ${part}`)]);
}

/** The style of what a check says. */
export const answerStyles: { readonly [A in Answer]: Style | undefined } = {
	fine: undefined,
	look: 'warn',
	act: 'crit',
	unknown: undefined,
};

const answered = (text: string, answer: Answer): Span => ({ text, style: answerStyles[answer] });
const inverse = (text: string): Span => ({ text, style: 'inverse' });

export const answerWords: { readonly [A in Answer]: string } = {
	fine: 'fine',
	look: 'look',
	act: 'act',
	unknown: 'unknown',
};

function verdictLines(answer: Answer, text: string, width: number): readonly Line[] {
	const word = answerWords[answer];
	return wrapped(`${word}: ${text}`, width - 1).map((part, index) =>
		index === 0 ? [answered(word, answer), plain(part.slice(word.length))] : [plain(part)],
	);
}

/** The lines of the audit say for themselves what is wrong: there the verdict only counts them. */
function verdictText(state: State, { verdict }: StepRun): string {
	const lines = auditLinesNow(state);
	const tally = (answer: Answer) => lines.filter(({ severity }) => severity === answer).length;
	const counts = (['act', 'look', 'unknown', 'fine'] as const).filter(answer => tally(answer) > 0);
	return lines.length === 0
		? verdict.text
		: `${counts.map(answer => `${tally(answer)} ${answerWords[answer]}`).join(', ')}.`;
}

function whyLines({ verdict }: StepRun, width: number): readonly Line[] {
	return [[bold('Why this check comes here')], ...sentence(verdict.why, width)];
}

// ---------------------------------------------------------------------------------------------------------
// Facts

const longestName = 27;
const leastValue = 16;

function factLines({ verdict }: StepRun, width: number): readonly Line[] {
	const { facts } = verdict;
	const names = Math.max(0, ...facts.map(({ name }) => displayWidth(name)));
	const nameWidth = Math.min(names, longestName, Math.max(8, width - 2 - leastValue));
	const isBeside = width >= 96;
	const sources = [...new Set(facts.flatMap(({ sources }) => sources))];
	return [
		...facts.flatMap(fact => factText(fact, nameWidth, width, isBeside)),
		...(isBeside || facts.length === 0
			? []
			: wrapped(`from ${sources.join(', ')}`, width - 3).map(part => [dim(`  ${part}`)])),
	];
}

/** The note behind the value where both fit on a line, else on lines of its own: it is another sentence. */
function valueLines(value: string, note: string | undefined, width: number): readonly string[] {
	if (note === undefined) return wrapped(value, width);
	const together = `${value}  ${note}`;
	return displayWidth(together) <= width ? [together] : [...wrapped(value, width), ...wrapped(note, width)];
}

/** The name, then value and note in a column of their own; where there is room the command at the edge. */
function factText(fact: Fact, nameWidth: number, width: number, isBeside: boolean): readonly Line[] {
	const { name, value, note } = fact;
	const source = fact.sources.join(', ');
	const room = width - 2 - nameWidth - 2 - 1 - (isBeside ? displayWidth(source) + 2 : 0);
	const isLong = displayWidth(name) > nameWidth;
	const texts = valueLines(value, note, Math.max(leastValue, room));
	const rest = texts.slice(1).map(text => [plain(' '.repeat(nameWidth + 4) + text)]);
	if (isLong) return [[dim(`  ${name}`)], ...texts.map(text => [plain(' '.repeat(nameWidth + 4) + text)])];
	const padded = name + ' '.repeat(nameWidth - displayWidth(name));
	const first = [dim(`  ${padded}  `), plain(texts[0]!)];
	const gap = Math.max(2, room - displayWidth(texts[0]!) + 2);
	return [isBeside ? [...first, dim(' '.repeat(gap) + source)] : [...first], ...rest];
}

// ---------------------------------------------------------------------------------------------------------
// Changes

function changeBlock(state: State, { changes }: StepRun, width: number): readonly Line[] {
	const selected = changeNow(state);
	if (!selected) return [];
	const list =
		changes.length > 1
			? [
					[bold('What could be changed, least risk first')],
					...changes.flatMap((change, index) => listLines(state, change, index, width)),
					blank,
				]
			: [];
	return [...list, ...changeLines(selected, width), ...consentLines(state, selected, width)];
}

/** On as many lines as its name takes: what cannot be sent is never without its mark behind it. */
function listLines(state: State, change: Change, index: number, width: number): readonly Line[] {
	const isSelected = change === changeNow(state);
	const letter = String.fromCharCode(97 + (index % 26));
	const room = width - 6 - (change.isOffered ? 0 : notOffered.length);
	const name = wrapped(change.title, Math.max(leastValue, room));
	// An address may be a word longer than that.
	const parts = change.isOffered || displayWidth(name.at(-1)!) <= room ? name : [...name, ''];
	return parts.map((part, at) => {
		const text = at === 0 ? `${letter}  ${part}` : part;
		const isLast = at === parts.length - 1;
		const aside = change.isOffered || !isLast ? '' : asideOf(change, width - displayWidth(part) - 6);
		const front = at > 0 ? '     ' : isSelected ? '> ' : '  ';
		return asEntry([plain(front), isSelected ? inverse(text) : plain(text), dim(aside)], change.id);
	});
}

const notOffered = '  not offered';

/** Why it is not offered, as a whole or not at all: what is selected says it in full. */
function asideOf({ reason }: Change, room: number): string {
	const long = `  not offered: ${reason ?? 'it does not fit here'}`;
	return displayWidth(long) <= room ? long : notOffered;
}

/** Everything about one change: what is sent, where, and what it does. */
function changeLines(change: Change, width: number): readonly Line[] {
	const { command, effect, reason } = change;
	if (!change.isOffered)
		return [
			...commandLines(commandText(command), width),
			...aboutLines('why not', reason ?? 'it does not fit here', width),
			...aboutLines('effect', effect, width),
		];
	return [...sentLines(change, width), ...effectLines(change, width)];
}

/** The command, its node, now and after, and the way back. */
function sentLines({ command, node, now, after, undo, lostAtRestart }: Change, width: number) {
	const about = (label: string, text: string) => aboutLines(label, text, width);
	return [
		...commandLines(commandText(command), width),
		...about('on', printableText(node)),
		...about('now', now),
		...about('after', after),
		...about('undo', undo ? commandText(undo) : 'nothing takes it back'),
		...(lostAtRestart ? [[plain('  lost at restart unless CONFIG REWRITE')]] : []),
	];
}

function effectLines({ effect, risk, also }: Change, width: number): readonly Line[] {
	const about = (label: string, text: string) => aboutLines(label, text, width);
	return [...about('effect', effect), ...about('risk', risk), ...also.flatMap(text => about('also', text))];
}

function commandLines(command: string, width: number): readonly Line[] {
	const aside = '   changes the server';
	const [first, ...rest] = wrapped(command, width - 1);
	const isShort = rest.length === 0 && displayWidth(first!) + aside.length < width;
	return [[bold(first!), dim(isShort ? aside : '')], ...rest.map(part => [bold(`  ${part}`)])];
}

const labelWidth = 8;
/** Of a screen that is narrow the message line alone shows what is typed. */
const tightWidth = 52;

function aboutLines(label: string, text: string, width: number): readonly Line[] {
	return wrapped(text, Math.max(leastValue, width - labelWidth - 3)).map((part, index) => [
		dim(`  ${(index === 0 ? label : '').padEnd(labelWidth)}`),
		plain(part),
	]);
}

function consentLines(state: State, change: Change, width: number): readonly Line[] {
	if (!change.isOffered) return [];
	if (state.replay !== undefined) return [];
	if (state.isChangesAllowed !== true)
		return [blank, ...sentence('read-only: restart with --allow-changes to run it', width)];
	return [blank, ...sentence('x runs it, after you have typed its address; y copies it', width)];
}

/** What is sent, where, and the way back stand last: of a pane that is too small the end is in view. */
function confirmLines(prompt: ChangePrompt, at: number, width: number): readonly Line[] {
	const { change, closed } = prompt;
	return [
		[bold(closed === undefined ? 'Send this to the server?' : 'Not sent')],
		...effectLines(change, width),
		blank,
		...sentLines(change, width),
		...liveLines(prompt, at, width),
		...(width < tightWidth ? [] : [blank]),
		...(closed === undefined ? answerLines(prompt, width) : closedLines(prompt, closed, width)),
	];
}

/** The node as it was read last for this question. */
function liveLines({ live, closed }: ChangePrompt, at: number, width: number): readonly Line[] {
	if (closed !== undefined) return [];
	const now = live?.now === undefined ? '' : `; ${live.now}`;
	return aboutLines('live', live ? `${liveWords(live, at)}${now}` : 'being read', width);
}

/** Older than this it is said how old: it is read every second. */
const liveMilliseconds = 2500;

/** `primary, up`, and how old that is where it could not be read since. */
export function liveWords(live: NonNullable<ChangePrompt['live']>, at: number): string {
	const age = at - live.at;
	return `${printableText(live.text)}${age > liveMilliseconds ? ` ${Math.round(age / 1000)}s ago` : ''}`;
}

function answerLines({ change, text, isChecking }: ChangePrompt, width: number): readonly Line[] {
	if (isChecking) return sentence('Reading it once more before it is sent.', width);
	const typed = [dim('node: '), plain(printableText(text)), inverse(' ')];
	return [
		...sentence(`Type ${printableText(change.node)} to run it there, Esc to cancel.`, width),
		...(width < tightWidth ? [] : [typed]),
	];
}

const closedLines = ({ change }: ChangePrompt, why: string, width: number): readonly Line[] =>
	wrapped(`${printableText(change.node)}: ${printableText(why)}. Esc goes back.`, width - 1).map(part => [
		answered(part, 'act'),
	]);

/** What was sent to this node and what came of it, newest first. */
function madeLines(state: State, width: number): readonly Line[] {
	const step = stepNow(state);
	const isListed = step?.step.id === 'relief' || step?.step.id === 'durable';
	const all = changesOf(state, state.runbook!);
	const shown = all.filter(
		({ change }) => isListed || step?.changes.some(({ id }) => id === change.id) === true,
	);
	if (shown.length === 0) return [];
	return [
		[bold('Changes that were made')],
		...[...shown].reverse().flatMap(track => madeText(state, track, width)),
	];
}

function madeText(state: State, track: ChangeTrack, width: number): readonly Line[] {
	const { change, reply } = asMade(track);
	const about = (label: string, text: string) => aboutLines(label, text, width);
	return [
		[plain(`${commandText(change.command)} on ${printableText(change.node)}`)],
		...about('reply', printableText(reply)).map(([label, { text } = plain('')]) => [
			label!,
			track.isDone === false ? answered(text, 'look') : plain(text),
		]),
		...about('before', track.before),
		...(track.isDone === false ? [] : about('after', afterWords(state, track))),
		...(track.isDone === true && change.undo ? about('undo', commandText(change.undo)) : []),
	];
}

function afterWords(state: State, track: ChangeTrack): string {
	if (track.after !== undefined) return `${track.after} (a minute later)`;
	const left = Math.max(0, Math.ceil((track.sentAt + measuredMilliseconds - state.at) / 1000));
	return `measured in ${left}s`;
}

// ---------------------------------------------------------------------------------------------------------
// The audit

/** Names a line of the audit while it may move. */
const auditEntry = ({ id, nodes, set }: AuditLine): string => `${id} ${nodes[0] ?? ''} ${set}`;

/** The line that is selected: the one chosen, else the first. */
export function auditLineNow(state: State): AuditLine | undefined {
	const lines = auditLinesNow(state);
	return lines.find(each => auditEntry(each) === state.runbook?.entry) ?? lines[0];
}

function auditBlock(state: State, width: number): readonly Line[] {
	const selected = auditLineNow(state);
	return auditLinesNow(state).flatMap(each => auditText(each, each === selected, width));
}

function auditText(each: AuditLine, isSelected: boolean, width: number): readonly Line[] {
	const word = answerWords[each.severity];
	const where = each.nodes.length === 0 ? '' : ` on ${nodesText(each.nodes)}`;
	const [first, ...rest] = wrapped(`${each.set}${where}`, width - 12);
	const entry = auditEntry(each);
	const about = (label: string, text: string) => aboutLines(label, text, width);
	const head = [
		plain(isSelected ? '> ' : '  '),
		answered(word, each.severity),
		plain(' '.repeat(9 - word.length)),
		isSelected ? inverse(first!) : plain(first!),
	];
	const lines = [head, ...rest.map(part => [plain(' '.repeat(11) + part)])];
	const more =
		each.severity === 'fine'
			? []
			: [
					...about('means', each.means),
					...(each.better === undefined ? [] : about('better', each.better)),
					...(each.command === undefined ? [] : about('how', each.command)),
				];
	return [...lines, ...more].map(line => asEntry(line, entry));
}

// ---------------------------------------------------------------------------------------------------------
// Scrolling

/** The entries of the pane in order. */
export function entriesOf(lines: readonly Line[]): readonly string[] {
	return [...new Set(lines.flatMap(line => entryOf(line) ?? []))];
}

/** The entry that is selected; undefined where there is none. */
export function entryNow(state: State): string | undefined {
	if (state.runbook?.runbook === 'config-audit') {
		const selected = auditLineNow(state);
		return selected && auditEntry(selected);
	}
	return changeNow(state)?.id;
}

/** The first line drawn: the one kept, as far as there are lines. Of a confirmation the last ones are what counts. */
export function paneTop(state: State, lines: readonly Line[]): number {
	const last = Math.max(0, lines.length - paneHeight(state));
	if (state.prompt?.kind === 'change') return last;
	return Math.min(Math.max(0, state.runbook?.top ?? 0), last);
}
