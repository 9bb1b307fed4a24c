// Line 2 of the screen of a runbook: the node's memory in a handful of numbers by fixed names, at the right of a wide
// screen how it went in the last 15 minutes; for the audit what it came to. And the list of steps with their verdicts.

import { lastCells } from '../../../core/fleet/history.ts';
import { printableText } from '../../../core/text/printable.ts';
import { bytes, count, percent } from '../../../core/text/quantity.ts';
import type { NodeTrack, RedisNode } from '../../../core/types.ts';
import type { Answer } from '../../../runbooks/runbook.ts';
import { fleetOfRunbook, nodeOfRunbook } from '../../../state/runbook-input.ts';
import { answeredNow, runbookOf } from '../../../state/runbook-runs.ts';
import { runbookIds } from '../../../state/runbook-screen.ts';
import type { State } from '../../../state/state.ts';
import { sparkline } from '../../chart.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { hitPercent, none, orDash, ratio } from '../../format.ts';
import { fact, factsLine } from '../../parts/cells.ts';
import { bold, dim, glyphsFor, type Line, lineWidth, plain, type Span } from '../../theme.ts';
import { answerStyles, answerWords } from './lines.ts';

const chartSeconds = 900;
const chartCells = 48;
const leastCells = 12;

export function runbookVitals(state: State): Line {
	const { columns } = state.size;
	if (state.runbook?.runbook === 'config-audit') return auditVitals(state);
	if (state.runbook?.runbook === 'lost-data') return lostVitals(state);
	const place = state.runbook!;
	const node = nodeOfRunbook(state, place);
	const track = node && fleetOfRunbook(state, place)?.tracks.get(node.address);
	const vitals = factsLine(node ? memoryFacts(node, track) : [], columns, 3);
	if (!isWide(columns) || !track) return vitals;
	const label = '   mem last 15m ';
	const cells = Math.min(chartCells, columns - lineWidth(vitals) - label.length);
	if (cells < leastCells) return vitals;
	const values = lastCells(track.counted, state.at, chartSeconds, cells);
	const most = Math.max(node?.maxmemoryBytes ?? 0, ...values.map(value => value ?? 0));
	return [...vitals, dim(label), plain(sparkline(values, most, glyphsFor(state.isAscii)))];
}

function memoryFacts(node: RedisNode, track: NodeTrack | undefined): readonly Line[] {
	const perSecond = (value: number | undefined) => orDash(value, rate => `${count(rate)}/s`);
	return [
		fact('used', usedWords(node)),
		fact('evict', perSecond(node.evictedPerSecond)),
		fact(
			'hit',
			orDash(node.hitRate, share => `${hitPercent(share)}%`),
		),
		fact('frag', orDash(node.fragmentationRatio, ratio)),
		// As the other rates of a row: none of a node that does not answer.
		fact('oom', perSecond(node.health === 'up' ? track?.rates?.oomErrors : undefined)),
	];
}

/** `11.2G of 12.0G 93%`, `11.2G, no limit`. */
function usedWords({ usedMemoryBytes, maxmemoryBytes, memoryShare }: RedisNode): string {
	if (usedMemoryBytes === undefined) return none;
	if (!maxmemoryBytes) return `${bytes(usedMemoryBytes)}${maxmemoryBytes === 0 ? ', no limit' : ''}`;
	const share = memoryShare === undefined ? '' : ` ${percent(memoryShare)}`;
	return `${bytes(usedMemoryBytes)} of ${bytes(maxmemoryBytes)}${share}`;
}

/** The keys of each node of the fleet. */
function lostVitals(state: State): Line {
	const nodes = fleetOfRunbook(state, state.runbook!)?.now.fleet.nodes ?? [];
	const facts = nodes.map(({ address, keys }) => fact(printableText(address), `${orDash(keys, count)} keys`));
	return factsLine(facts, state.size.columns, 3);
}

function auditVitals(state: State): Line {
	const lines = answeredNow(state)?.lines ?? [];
	const tally = (answer: Answer) => String(lines.filter(({ severity }) => severity === answer).length);
	const nodes = fleetOfRunbook(state, state.runbook!)?.now.fleet.nodes.length ?? 0;
	return factsLine(
		[
			fact('act', tally('act')),
			fact('look', tally('look')),
			fact('unknown', tally('unknown')),
			fact('fine', tally('fine')),
			fact('nodes', String(nodes)),
		],
		state.size.columns,
		3,
	);
}

/** The words of the verdicts; what is unknown has no room for its own. */
const marks: { readonly [A in Answer]: string } = { ...answerWords, unknown: '?' };

const allSteps = [...runbookIds, 'lost-data' as const].flatMap(id => runbookOf(id).steps);

/** On the left: the runbook's name and its steps, the one on the screen marked. */
export function stepsPane(state: State): readonly Line[] {
	const { runbook, step } = state.runbook!;
	const { title, steps } = runbookOf(runbook);
	const runs = answeredNow(state)?.runs;
	const nameWidth = Math.max(...allSteps.map(({ title: name }) => name.length));
	const names = steps.map(({ title: name }, index): Line => {
		const answer = runs?.[index]?.verdict.answer;
		const text = `${index === step ? '>' : ' '} ${index + 1} ${name}`.padEnd(nameWidth + 5);
		return [index === step ? bold(text) : plain(text), ...(answer === undefined ? [] : [markOf(answer)])];
	});
	const other = runbook === 'high-memory' ? 'Tab configuration audit' : 'Tab memory runbook';
	return [
		[bold(title.toUpperCase())],
		...names,
		[],
		[dim(`Enter next   ${state.isAscii ? '<' : '←'} back`)],
		[dim(state.replay ? 'y copy' : 'y copy   x run   s scan')],
		[dim(other)],
	];
}

/** The same in one line, where there is no room beside the pane: `MEMORY RUNBOOK 2 of 6  fragmentation  look`. */
export function stepLine(state: State): Line {
	const { runbook, step } = state.runbook!;
	const { title, steps } = runbookOf(runbook);
	const answer = answeredNow(state)?.runs[step]?.verdict.answer;
	const place = ` ${step + 1} of ${steps.length} `;
	return [
		bold(title.toUpperCase()),
		dim(place),
		plain(`${steps[step]?.title ?? ''}  `),
		...(answer === undefined ? [] : [markOf(answer)]),
	];
}

const markOf = (answer: Answer): Span => ({ text: marks[answer], style: answerStyles[answer] });

export const hasStepsPane = (state: State): boolean => !isNarrow(state.size.columns);
