// A run of a runbook as Markdown, for the ticket: each question with its verdict, the facts with the command they came
// from, what could be changed, what was changed and when, and the findings. It prints what it is given and judges
// nothing; whatever a server named is shown as it is, and never as markup.

import { counted } from '../core/text/quantity.ts';
import type { Address, Finding } from '../core/types.ts';
import type { AuditLine, AuditTopic } from './audit.ts';
import { commandText } from './command-text.ts';
import { nodesText } from './config-audit.ts';
import { code, prose } from './markdown.ts';
import { timeText } from './reading.ts';
import type {
	Answer,
	Change,
	ChangeMade,
	Fact,
	InShort,
	Runbook,
	RunbookInput,
	Step,
	Verdict,
} from './runbook.ts';

/** One step as it was answered. */
export type StepRun = {
	readonly step: Pick<Step, 'id' | 'title' | 'question'>;
	readonly verdict: Verdict;
	readonly changes: readonly Change[];
	readonly at: number;
};

export type Run = {
	readonly runbook: Pick<Runbook, 'id' | 'title' | 'answers'>;
	readonly fleetName: string;
	readonly node?: Address;
	readonly startedAt: number;
	readonly endedAt: number;
	/** `redis-top 0.1.0`. */
	readonly writtenBy: string;
	readonly inShort?: InShort;
	readonly steps: readonly StepRun[];
	readonly changesMade: readonly ChangeMade[];
	readonly findings: readonly Finding[];
};

/** Asks every step of a runbook what it makes of one input. */
export function runSteps(runbook: Runbook, input: RunbookInput, at: number): readonly StepRun[] {
	return runbook.steps.map(step => ({
		step,
		verdict: step.check(input),
		changes: step.changes?.(input) ?? [],
		at,
	}));
}

const answerWords: { readonly [A in Answer]: string } = {
	fine: 'fine',
	look: 'look',
	act: 'ACT',
	unknown: 'unknown',
};

/** The whole run; ends with a newline. */
export function runReport(run: Run): string {
	const where = run.node === undefined ? '' : ` of ${code(run.node)}`;
	return joined([
		`# ${prose(run.runbook.title)}${where}`,
		headText(run),
		run.inShort ? shortText(run.inShort) : prose(run.runbook.answers),
		['## Verdicts', '', ...run.steps.map(verdictLine)].join('\n'),
		...run.steps.flatMap(stepText),
		changesText(run.changesMade),
		findingsText(run.findings),
	]);
}

const joined = (parts: readonly string[]) => `${parts.filter(part => part !== '').join('\n\n')}\n`;

function headText({ fleetName, startedAt, endedAt, writtenBy }: Run): string {
	const until = endedAt > startedAt ? ` to ${timeText(endedAt)}` : '';
	return `Fleet ${code(fleetName)}, ${timeText(startedAt)}${until}, by ${prose(writtenBy)}. Nothing was changed unless it stands under Changes.`;
}

function shortText({ what, why, now, first }: InShort): string {
	const offer = first
		? ` The least that can be sent: ${code(commandText(first.command))} on ${code(first.node)} (${prose(first.title)}; its risk and undo stand below).`
		: '';
	return [
		'## In short',
		'',
		`- what: ${prose(what)}`,
		...(why === '' ? [] : [`- why: ${prose(why)}`]),
		`- now: ${prose(now)}${offer}`,
	].join('\n');
}

const verdictLine = ({ step, verdict }: StepRun, index: number) =>
	`${index + 1}. **${answerWords[verdict.answer]}** ${prose(step.question)}`;

function stepText({ step, verdict, changes, at }: StepRun, index: number): string[] {
	return [
		`## ${index + 1}. ${prose(step.title)}: ${answerWords[verdict.answer]}`,
		`*${prose(step.question)}* (${timeText(at)})`,
		prose(verdict.text),
		verdict.facts.map(factLine).join('\n'),
		changes.length === 0 ? '' : ['### Changes that could be made', '', ...changes.map(changeText)].join('\n'),
	];
}

function factLine({ name, value, note, sources }: Fact): string {
	const aside = note === undefined ? '' : ` (${prose(note)})`;
	return `- ${prose(name.trim())}: ${code(value)}${aside}, from ${code(sources.join(', '))}`;
}

function changeText(change: Change): string {
	const { title, command, node, effect, now, after, risk, undo, also, reason } = change;
	if (!change.isOffered)
		return `- ${code(commandText(command))} ${prose(title)}: not offered, ${prose(reason ?? '')}`;
	const lines = [
		`- ${code(commandText(command))} on ${code(node)}: ${prose(title)}`,
		`  - effect: ${prose(effect)}`,
		`  - now: ${prose(now)}; after: ${prose(after)}`,
		`  - risk: ${prose(risk)}`,
		`  - undo: ${undo ? code(commandText(undo)) : 'none'}${change.lostAtRestart ? '; lost at a restart unless CONFIG REWRITE' : ''}`,
		...also.map(line => `  - also: ${prose(line)}`),
	];
	return lines.join('\n');
}

function changesText(made: readonly ChangeMade[]): string {
	const lines = made.map(({ change, at, reply, before, after }) =>
		[
			`- ${timeText(at)} ${code(commandText(change.command))} on ${code(change.node)}: reply ${code(reply)}`,
			...(before === undefined ? [] : [`  - before: ${code(before)}`]),
			...(after === undefined ? [] : [`  - a minute later: ${code(after)}`]),
			`  - undo: ${change.undo ? code(commandText(change.undo)) : 'none'}`,
		].join('\n'),
	);
	return ['## Changes', '', ...(lines.length === 0 ? ['None was made.'] : lines)].join('\n');
}

function findingsText(findings: readonly Finding[]): string {
	const lines = findings.map(({ id, severity, node, text, since }) => {
		const where = node === undefined ? '' : ` ${code(node)}`;
		return `- ${severity === 'crit' ? '**critical**' : 'warning'} ${code(id)}${where}: ${prose(text)}, since ${timeText(since)}`;
	});
	return ['## Findings', '', ...(lines.length === 0 ? ['None.'] : lines)].join('\n');
}

// ---------------------------------------------------------------------------------------------------------
// The audit

export type AuditRun = {
	readonly fleetName: string;
	readonly at: number;
	readonly writtenBy: string;
	readonly nodeCount: number;
	readonly lines: readonly AuditLine[];
};

const topicOrder: readonly AuditTopic[] = [
	'topology',
	'persistence',
	'memory',
	'clients',
	'latency',
	'security',
];

/** The audit as Markdown: what is set, what it means here, what would be better and why, the command. */
export function auditReport(run: AuditRun): string {
	const tally = (answer: Answer) => run.lines.filter(({ severity }) => severity === answer).length;
	return joined([
		'# Configuration audit',
		`Fleet ${code(run.fleetName)}, ${counted(run.nodeCount, 'node')}, ${timeText(run.at)}, by ${prose(run.writtenBy)}. Read only: nothing was changed.`,
		`**${tally('act')} to act on, ${tally('look')} to look at, ${tally('unknown')} unknown, ${tally('fine')} fine.**`,
		...topicOrder.flatMap(topic =>
			topicText(
				run.lines.filter(line => line.topic === topic),
				topic,
			),
		),
	]);
}

function topicText(lines: readonly AuditLine[], topic: AuditTopic): string[] {
	if (lines.length === 0) return [];
	const faults = lines.filter(({ severity }) => severity !== 'fine');
	const well = lines.filter(({ severity }) => severity === 'fine');
	return [
		`## ${topic[0]!.toUpperCase()}${topic.slice(1)}`,
		faults.map(faultText).join('\n'),
		fineTexts(well).join('\n'),
	];
}

const mostSets = 2;

/** One line for each point that is well, however many values it has on a hundred nodes. */
function fineTexts(lines: readonly AuditLine[]): string[] {
	const points = new Map<string, AuditLine[]>();
	for (const line of lines) points.set(line.id, [...(points.get(line.id) ?? []), line]);
	return [...points].map(([id, same]) => {
		const sets = same.slice(0, mostSets).map(({ set }) => code(set));
		const more = same.length > mostSets ? ` and ${same.length - mostSets} more` : '';
		return `- fine ${code(id)}: ${sets.join(', ')}${more}. ${prose(same[0]!.means)}`;
	});
}

function faultText(line: AuditLine): string {
	const where = line.nodes.length === 0 ? '' : ` on ${code(nodesText(line.nodes))}`;
	return [
		`- **${answerWords[line.severity]}** ${code(line.id)}${where}: ${code(line.set)}`,
		`  - means: ${prose(line.means)}`,
		...(line.better === undefined ? [] : [`  - better: ${prose(line.better)}`]),
		...(line.command === undefined ? [] : [`  - how: ${code(line.command)}`]),
	].join('\n');
}
