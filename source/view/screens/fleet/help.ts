// What the help of the fleet screen says of its columns.

import type { State } from '../../../state/state.ts';
import { type Column, columnFacts, columnSetNames, isWide } from '../../columns.ts';
import { beside } from '../../parts/beside.ts';
import { bold, dim, type Line, plain } from '../../theme.ts';
import { visibleColumns } from './rows.ts';

export function columnsHelp(state: State): readonly Line[] {
	const { columns } = state.size;
	const sets = columnSetNames.filter(name => name !== state.columnSet).join(' ');
	const facts = visibleColumns(state)
		.map(column => columnFacts.get(column.id)!)
		.filter(column => column.title !== '');
	const across = isWide(columns) ? 2 : 1;
	const each = Math.ceil(facts.length / across);
	const parts = Array.from({ length: across }, (_, index) =>
		facts.slice(index * each, (index + 1) * each).map(columnLine),
	);
	return [
		[bold('COLUMNS'), dim(`  ${state.columnSet}; Tab: ${sets}`)],
		...beside(parts, columns, state.isAscii),
	];
}

const columnLine = (facts: Column): Line => [
	plain('  '),
	bold(facts.title.padEnd(8)),
	plain(` ${facts.about}`),
];
