// The slots of a cluster on one line: each character a stretch of them, with the last digit of the shard that serves it,
// `.` where one of them is served by nobody, `>` where some are on their way out and `<` where only the node that is to
// take them has them open.

import type { Migration } from '../../../core/cluster/migration-record.ts';
import type { FleetSnapshot } from '../../../core/fleet/snapshot.ts';
import { slotsInCluster } from '../../../core/slots.ts';
import type { State } from '../../../state/state.ts';
import { isAboutSlots, worstOf } from '../../severity.ts';
import { bold, crop, dim, type Line, plain } from '../../theme.ts';
import { cellsOf, marked } from '../fleet/strip.ts';

/** The map, and below it what its signs mean where there is room. */
export function slotMap(
	state: State,
	{ fleet, findings }: FleetSnapshot,
	running: readonly Migration[],
	lines: 0 | 1 | 2,
): readonly Line[] {
	if (lines === 0) return [];
	const { columns } = state.size;
	// Powers of two, so that every character stands for the same number of slots.
	const room = columns - 'SLOTS  '.length - ' 256'.length;
	const width = 2 ** Math.floor(Math.log2(Math.max(1, room)));
	const each = slotsInCluster / width;
	const unit = room - width >= 5 ? `  ${each}/col` : ` ${each}`;
	const cells = withMigrations(cellsOf(fleet, width), running, each);
	const severity = worstOf(findings.filter(isAboutSlots));
	const map: Line = [bold('SLOTS'), plain('  '), ...marked(cells, severity), dim(unit)];
	if (lines === 1) return [map];
	const legend = '       digit: shard serving it   . no primary   > migrating out   < importing';
	return [map, crop([dim(legend)], columns, state.isAscii)];
}

function withMigrations(cells: string, running: readonly Migration[], each: number): string {
	if (running.length === 0) return cells;
	const out = [...cells];
	for (const { slots, openAt } of running)
		for (const [first, last] of slots)
			for (let cell = Math.floor(first / each); cell <= Math.floor(last / each); cell++)
				if (out[cell] !== '.') out[cell] = openAt === 'target' ? '<' : '>';
	return out.join('');
}
