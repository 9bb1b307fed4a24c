// The consumer groups of an opened stream, one line each: who has stopped reading, and who reads and never acknowledges.

import type { KeyLook } from '../../../core/keys/key-look.ts';
import { isOutweighed, pendingOf, type StreamGroup } from '../../../core/keys/stream-groups.ts';
import { fitMiddle, printable } from '../../../core/text/printable.ts';
import { count, duration } from '../../../core/text/quantity.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow } from '../../columns.ts';
import { none, orDash } from '../../format.ts';
import { type CellColumn, cellsHead, cellsLine } from '../../parts/cells.ts';
import { bold, type Line, plain } from '../../theme.ts';

const mostShown = 5;

/** Most pending first. */
export function groupLines(state: State, { groups, items, at }: KeyLook): readonly Line[] {
	if (groups === undefined || groups.length === 0) return [];
	const shown = [...groups].sort((a, b) => (b.pending ?? 0) - (a.pending ?? 0)).slice(0, mostShown);
	const more = groups.length - shown.length;
	const columns = columnsFor(state);
	const pending = pendingOf(groups);
	const words = [
		...(isOutweighed(pending, items)
			? [`${count(pending)} pending outweigh its ${count(items!)} entries`]
			: []),
		...(more > 0 ? [`${more} more`] : []),
	];
	return [
		[bold('GROUPS'), ...words.map(text => plain(`  ${text}`))],
		[plain('  '), ...cellsHead(columns)],
		...shown.map(
			(group): Line => [
				plain('  '),
				...cellsLine(
					columns,
					columns.map(column => column.of(group, at)),
					state.isAscii,
				),
			],
		),
	];
}

type GroupColumn = CellColumn & { readonly of: (group: StreamGroup, at: number) => string };

function columnsFor(state: State): readonly GroupColumn[] {
	const isSmall = isNarrow(state.size.columns);
	const nameWidth = isSmall ? 12 : Math.max(12, Math.min(30, state.size.columns - 66));
	const all: readonly (GroupColumn | undefined)[] = [
		{
			...{ title: 'GROUP', width: nameWidth, align: 'left', gap: 0 },
			of: ({ name }) => fitMiddle(printable(name, 200) || '""', nameWidth, state.isAscii),
		},
		isSmall
			? undefined
			: { title: 'CONSUMERS', width: 9, align: 'right', of: ({ consumers }) => orDash(consumers, count) },
		{ title: 'PENDING', width: 7, align: 'right', of: ({ pending }) => orDash(pending, count) },
		{ title: 'LAG', width: 5, align: 'right', of: ({ lag }) => orDash(lag, count) },
		{
			...{ title: 'OLDEST', width: 6, align: 'right' },
			of: ({ oldestPendingAt }, at) =>
				oldestPendingAt === undefined ? none : duration(Math.max(0, at - oldestPendingAt) / 1000),
		},
		{ title: 'IDLE', width: 5, align: 'right', of: ({ idleSeconds }) => orDash(idleSeconds, duration) },
		isSmall
			? undefined
			: {
					...{ title: 'LAST DELIVERED', width: 17, align: 'left' },
					of: ({ lastDeliveredId }) => fitMiddle(printable(lastDeliveredId ?? none), 17, state.isAscii),
				},
	];
	return all.filter(column => column !== undefined);
}
