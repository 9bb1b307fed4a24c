// One line that shows the shape of the fleet under the cursor: the slots of a cluster, each character a stretch of
// slots with the last digit of the shard that serves it and `.` where none does; or the Sentinels and what they
// agree on. A stretch with one slot uncovered shows the `.`: the hole is what a human must see.

import { isUnserved } from '../../../core/fleet/serving.ts';
import type { FleetSnapshot } from '../../../core/fleet/snapshot.ts';
import { slotsInCluster } from '../../../core/slots.ts';
import { fit, printableText } from '../../../core/text/printable.ts';
import type { Fleet, Severity, Shard } from '../../../core/types.ts';
import type { State } from '../../../state/state.ts';
import { merged } from '../../parts/cells.ts';
import { isAboutSlots, severityStyle, worstOf } from '../../severity.ts';
import { bold, dim, type Line, lineWidth, plain, type Span } from '../../theme.ts';

/** Of the fleet's name, where there are several. */
const nameWidth = 20;

export function strip(state: State, snapshot: FleetSnapshot): Line {
	const { fleet, findings } = snapshot;
	if (fleet.mode !== 'cluster') return sentinelLine(state, fleet);
	const severity = worstOf(findings.filter(isAboutSlots));
	return slotsLine(fleet, state, severity);
}

function slotsLine(fleet: Fleet, state: State, severity: Severity | undefined): Line {
	const { columns } = state.size;
	const name = state.fleets.length > 1 ? `  ${fit(printableText(fleet.name), nameWidth, state.isAscii)}` : '';
	// Powers of two, so that every character stands for the same number of slots.
	const room = columns - 'SLOTS  '.length - ' 256'.length - (name === '' ? 0 : nameWidth + 2);
	const width = 2 ** Math.floor(Math.log2(Math.max(1, room)));
	const each = slotsInCluster / width;
	const unit = room - width >= 5 ? `  ${each}/col` : ` ${each}`;
	return [bold('SLOTS'), plain('  '), ...marked(cellsOf(fleet, width), severity), dim(unit + name)];
}

/** The digit of the shard that serves each stretch of slots. */
export function cellsOf(fleet: Fleet, width: number): string {
	const served = servedIn(fleet);
	if (drawn?.width === width && isAlike(drawn.served, served)) return drawn.cells;
	const owners = ownersOf(served);
	const each = slotsInCluster / width;
	let cells = '';
	for (let cell = 0; cell < width; cell++) cells += cellOf(owners.subarray(cell * each, (cell + 1) * each));
	drawn = { width, served, cells };
	return cells;
}

/** Slots move seldom, and 16,384 of them are looked through: the last drawing is kept with what it was made of. */
let drawn: { readonly width: number; readonly served: readonly Shard[]; readonly cells: string } | undefined;

const servedIn = (fleet: Fleet): readonly Shard[] => fleet.shards.filter(shard => !isUnserved(fleet, shard));

const isAlike = (some: readonly Shard[], others: readonly Shard[]): boolean =>
	some.length === others.length &&
	some.every(({ number, slots }, index) => {
		const other = others[index]!;
		return number === other.number && isSameSlots(slots, other.slots);
	});

const isSameSlots = (some: Shard['slots'], others: Shard['slots']): boolean =>
	some === others ||
	(some.length === others.length &&
		some.every(([first, last], index) => first === others[index]![0] && last === others[index]![1]));

/** The number of the shard that serves each slot, 0 for none. */
function ownersOf(served: readonly Shard[]): Uint16Array {
	const owners = new Uint16Array(slotsInCluster);
	for (const { number, slots } of served)
		for (const [first, last] of slots) owners.fill(number, first, last + 1);
	return owners;
}

/** `.` when any is uncovered, else the shard that has most of them. */
function cellOf(owners: Uint16Array): string {
	const counts = new Map<number, number>();
	for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
	if (counts.has(0)) return '.';
	const [most] = [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best));
	return String(most % 10);
}

/** The holes take the colour of the finding that names them. */
export function marked(cells: string, severity: Severity | undefined): readonly Span[] {
	if (severity === undefined) return [plain(cells)];
	const style = severityStyle(severity);
	return merged([...cells].map(text => (text === '.' ? { text, style } : plain(text))));
}

/** `SENTINELS  3 of 3 up   mymaster quorum 2 ok` */
function sentinelLine(state: State, fleet: Fleet): Line {
	const { sentinels = [], masters = [] } = fleet.sentinel ?? {};
	const up = sentinels.filter(sentinel => sentinel.health === 'up').length;
	let line: Line = [bold('SENTINELS'), plain(`  ${up} of ${sentinels.length} up`)];
	for (const [index, group] of masters.entries()) {
		const longer = [...line, plain('   '), ...groupSpans(group)];
		const left = masters.length - index;
		if (lineWidth(longer) > state.size.columns - (left > 1 ? 9 : 0)) return [...line, dim(`  ${left} more`)];
		line = longer;
	}
	return line;
}

function groupSpans(group: NonNullable<Fleet['sentinel']>['masters'][number]): Line {
	const reach = group.isQuorumReachable === undefined ? '-' : group.isQuorumReachable ? 'ok' : 'lost';
	return [plain(printableText(group.name)), dim(' quorum '), plain(`${group.quorum ?? '-'} ${reach}`)];
}
