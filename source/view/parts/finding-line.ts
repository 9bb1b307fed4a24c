// Line 4: the worst finding, the others as far as they fit, how many more there are, and the key that leads on.
// It stands at the same place when there is nothing to say, and says so: an empty line could mean anything.

import { comebackOf } from '../../core/findings/findings.ts';
import { whyUnmeasured } from '../../core/findings/unmeasured.ts';
import { calmSource, notJudged } from '../../core/prometheus/judged.ts';
import { fit, printableText } from '../../core/text/printable.ts';
import type { Address, Finding } from '../../core/types.ts';
import { shown, unmeasured, worstFindings } from '../../state/shown.ts';
import type { State } from '../../state/state.ts';
import { markerOf, severityStyle } from '../severity.ts';
import { bold, crop, dim, type Line, lineWidth, plain } from '../theme.ts';

export function findingLine(state: State, nameOf: (address: Address) => string): Line {
	const findings = worstFindings(state);
	const [worst, ...others] = findings;
	const { columns } = state.size;
	if (state.prometheus?.trouble !== undefined) {
		// What was found is known, whatever is missing now.
		const known = worst ? [...sentence(worst, undefined, nameOf), ...more(others.length), plain('   ')] : [];
		return crop([...known, ...troubleLine(state)], columns, state.isAscii);
	}
	if (worst === undefined) return crop(calmLine(state, nameOf), columns, state.isAscii);
	const isToSave = canSave(state, worst);
	// There are seconds: the key that saves them is never what is cut off.
	const taken = moreWidth(others.length) + (isToSave ? lineWidth(saving) : 0);
	const room = columns - taken;
	// There the text says at whom to do what.
	const told = isToSave
		? sentence(worst, undefined, nameOf)
		: firstSentence(worst, nameOf, room, state.isAscii);
	const first = crop(told, room, state.isAscii);
	return withOthers(first, worst, others, columns, nameOf, isToSave);
}

/** Nothing is found, as far as there are readings. */
function calmLine(state: State, nameOf: (address: Address) => string): Line {
	const blind = shown(state).fleets.find(
		({ fleet }) => fleet.mode === 'sentinel' && fleet.nodes.length === 0,
	);
	if (blind) return [plain('not measured: the Sentinels watch no primary')];
	const lost = state.fleets.find(({ source }) => source?.told?.lost !== undefined);
	if (lost)
		return [
			plain(`not measured: ${printableText(lost.name)}`),
			dim(`   ${printableText(lost.source!.told!.lost!)}`),
		];
	if (isBlind(state)) return [dim('no reading yet')];
	const [first, ...others] = unmeasured(state);
	const isWhole = state.fleets.every(({ source }) => source?.told?.isWhole === true);
	if (first === undefined && state.prometheus && !isWhole) return [plain(calmSource), dim(`   ${notJudged}`)];
	if (first === undefined) return [plain('no findings')];
	const who = `${printableText(nameOf(first.address))}${others.length > 0 ? ` and ${others.length} more` : ''}`;
	return [plain(`not measured: ${who}`), dim(`   ${printableText(whyUnmeasured(first))}`)];
}

/** What is shown grows old. */
const troubleLine = ({ prometheus }: State): Line => [
	plain('not measured: '),
	plain(`Prometheus: ${printableText(prometheus?.trouble ?? '')}`),
];

const isBlind = (state: State) =>
	shown(state).fleets.every(({ fleet }) => fleet.nodes.every(node => node.ageSeconds === undefined));

const more = (left: number): Line => (left > 0 ? [plain(`  ${left} more`)] : []);
const moreWidth = (left: number) => lineWidth(more(left));
const saving: Line = [plain('   '), bold('x'), dim(' saves them')];
const onward: Line = [plain('   '), bold('n'), dim(' next')];

function withOthers(
	first: Line,
	worst: Finding,
	others: readonly Finding[],
	width: number,
	nameOf: (address: Address) => string,
	isToSave: boolean,
): Line {
	let line = first;
	let before = worst;
	let left = others.length;
	for (const finding of others) {
		const longer = [...line, plain('   '), ...sentence(finding, before.node, nameOf)];
		if (isToSave || lineWidth(longer) + moreWidth(left - 1) > width) break;
		line = longer;
		before = finding;
		left--;
	}
	line = [...line, ...more(left)];
	if (isToSave && lineWidth(line) + lineWidth(saving) <= width) line = [...line, ...saving];
	const leadsOn = [worst, ...others].some(finding => finding.node !== undefined);
	return leadsOn && lineWidth(line) + lineWidth(onward) <= width ? [...line, ...onward] : line;
}

/** A replica still has what the primary lost, and is about to lose it. */
const canSave = (state: State, { id, node }: Finding) =>
	state.replay === undefined &&
	id === 'came-back-empty' &&
	node !== undefined &&
	state.fleets.some(({ holds }) => comebackOf(holds, node)?.isAboutToLoad === true);

/** Where there is no room for all of it, which node it is says more than the end of the text. */
function firstSentence(
	finding: Finding,
	nameOf: (address: Address) => string,
	width: number,
	isAscii: boolean,
): Line {
	const whole = sentence(finding, undefined, nameOf);
	const over = lineWidth(whole) - width;
	const text = printableText(finding.text);
	const room = lineWidth([plain(text)]) - over;
	if (over <= 0 || finding.node === undefined || room < shortestText) return whole;
	return sentence({ ...finding, text: fit(text, room, isAscii).trimEnd() }, undefined, nameOf);
}

/** Less of a text tells nothing. */
const shortestText = 12;

/** The node is left out where the finding before was of the same one. */
function sentence(finding: Finding, before: Address | undefined, nameOf: (address: Address) => string): Line {
	const { node, severity, text } = finding;
	const where = node === undefined || node === before ? '' : ` on ${printableText(nameOf(node))}`;
	return [
		{ text: markerOf(severity), style: severityStyle(severity) },
		plain(` ${printableText(text)}${where}`),
	];
}
