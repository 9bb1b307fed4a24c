// Line 4: the worst finding, the others as far as they fit, how many more there are, and the key that leads on.
// It stands at the same place when there is nothing to say, and says so: an empty line could mean anything.

import { printableText } from '../../core/text/printable.ts';
import type { Address, Finding } from '../../core/types.ts';
import { shown, worstFindings } from '../../state/selectors.ts';
import type { State } from '../../state/state.ts';
import { markerOf, severityStyle } from '../columns.ts';
import { bold, crop, dim, type Line, lineWidth, plain } from '../theme.ts';

export function findingLine(state: State, nameOf: (address: Address) => string): Line {
	const findings = worstFindings(state);
	const [worst, ...others] = findings;
	if (worst === undefined) return [isBlind(state) ? dim('no reading yet') : plain('no findings')];
	const { columns, rows: _rows } = state.size;
	const first = crop(sentence(worst, undefined, nameOf), columns - moreWidth(others.length), state.isAscii);
	return withOthers(first, worst, others, columns, nameOf);
}

const isBlind = (state: State) =>
	shown(state).fleets.every(({ fleet }) => fleet.nodes.every(node => node.ageSeconds === undefined));

const more = (left: number): Line => (left > 0 ? [plain(`  ${left} more`)] : []);
const moreWidth = (left: number) => lineWidth(more(left));
const onward: Line = [plain('   '), bold('n'), dim(' next')];

function withOthers(
	first: Line,
	worst: Finding,
	others: readonly Finding[],
	width: number,
	nameOf: (address: Address) => string,
): Line {
	let line = first;
	let before = worst;
	let left = others.length;
	for (const finding of others) {
		const longer = [...line, plain('   '), ...sentence(finding, before.node, nameOf)];
		if (lineWidth(longer) + moreWidth(left - 1) > width) break;
		line = longer;
		before = finding;
		left--;
	}
	line = [...line, ...more(left)];
	const leadsOn = [worst, ...others].some(finding => finding.node !== undefined);
	return leadsOn && lineWidth(line) + lineWidth(onward) <= width ? [...line, ...onward] : line;
}

/** The node is left out where the finding before was of the same one. */
function sentence(finding: Finding, before: Address | undefined, nameOf: (address: Address) => string): Line {
	const { node, severity, text } = finding;
	const where = node === undefined || node === before ? '' : ` on ${printableText(nameOf(node))}`;
	return [
		{ text: markerOf(severity), style: severityStyle(severity) },
		plain(` ${printableText(text)}${where}`),
	];
}
