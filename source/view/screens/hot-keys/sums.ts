// Below the keys, where there is room: BY PATTERN as a small table on the scale of the keys above it, BY COMMAND and
// BY CLIENT as a line each. Tab opens each of them as a list of its own.

import type { HotKeysResult } from '../../../core/keys/hot-keys.ts';
import { printable } from '../../../core/text/printable.ts';
import type { State } from '../../../state/state.ts';
import { blank, bold, dim, type Line, lineWidth, plain } from '../../theme.ts';
import { sharePercent } from './cells.ts';
import { hotHead, hotRowLine, hotTable } from './table.ts';

/** Two titles and `lines` patterns, a blank above. */
export function patternLines(state: State, result: HotKeysResult, lines: number): readonly Line[] {
	const table = hotTable(state, result, 'patterns');
	const rows = result.patterns
		.slice(0, lines)
		.map(pattern => hotRowLine(table, { kind: 'pattern', id: pattern.pattern, pattern }, false));
	return [blank, [bold('BY PATTERN')], hotHead(table), ...rows];
}

/** One line each behind a blank. */
export function sumLines(state: State, result: HotKeysResult, lines: number): readonly Line[] {
	const { columns } = state.size;
	const commands = result.byCommand.map(({ command, share }) => [printable(command, 24), share] as const);
	const clients = result.byClient.map(({ client, share }) => [printable(client, 40), share] as const);
	const both = [sharesLine('BY COMMAND', commands, columns), sharesLine('BY CLIENT ', clients, columns)];
	return [blank, ...both.slice(0, lines)];
}

type Shares = readonly (readonly [name: string, share: number])[];

/** `BY COMMAND   get 61.0%    hgetall 22.3%    other 4.2%`: as many as fit, the rest together. */
function sharesLine(title: string, shares: Shares, width: number): Line {
	if (shares.length === 0) return [bold(title), dim('   none seen')];
	let line: Line = [bold(title)];
	let left = 1;
	for (const [index, [name, share]] of shares.entries()) {
		const longer = [...line, plain(`${index === 0 ? '   ' : '    '}${name} `), plain(sharePercent(share))];
		if (index >= mostShares || lineWidth(longer) + otherWidth > width) break;
		line = longer;
		left -= share;
	}
	return left >= 0.0005 ? [...line, plain(`    other ${sharePercent(left)}`)] : line;
}

const mostShares = 6;
const otherWidth = '    other 99.9%'.length;
