// Draws the lines of the lower part of the cluster screen (lines.ts), one line each. Marks have a colour
// only while what they say is so: of a failover that is over they are history.

import type { Failover, FailoverNode } from '../../../core/failover/failover-record.ts';
import { grouped, outcomeText } from '../../../core/failover/failover-words.ts';
import type { SentinelEntry, SentinelEvent } from '../../../core/failover/sentinel-messages.ts';
import { sentinelEventText } from '../../../core/failover/sentinel-words.ts';
import { fitMiddle, printable, printableText } from '../../../core/text/printable.ts';
import { bytes } from '../../../core/text/quantity.ts';
import type { Address } from '../../../core/types.ts';
import { shownAt } from '../../../state/shown.ts';
import type { FleetTrack, State } from '../../../state/state.ts';
import { gutterWidth, isNarrow } from '../../columns.ts';
import { clock } from '../../format.ts';
import {
	blank,
	bold,
	crop,
	dim,
	glyphsFor,
	type Line,
	plain,
	type Span,
	type Style,
	spread,
	textWidth,
} from '../../theme.ts';
import { nameWidth, storyIndent } from './failover.ts';
import { axisOf, axisText, laneIndent, laneLabel, laneText } from './failover-lanes.ts';
import { type ClusterLine, type ClusterMark, namesOf } from './lines.ts';
import { shardHead, shardLine } from './shard-table.ts';

export function clusterLine(state: State, fleet: FleetTrack, line: ClusterLine): Line {
	return crop(drawn(state, fleet, line), state.size.columns, state.isAscii);
}

function drawn(state: State, fleet: FleetTrack, line: ClusterLine): Line {
	const { columns } = state.size;
	switch (line.kind) {
		case 'blank':
			return blank;
		case 'title':
			return titleLine(state, line);
		case 'failover':
			return failoverLine(state, fleet, line);
		case 'axis': {
			const axis = axisOf(line.failover, columns - laneIndent, shownAt(state));
			return [dim(`${' '.repeat(laneIndent)}${axisText(axis)}`)];
		}
		case 'lane': {
			const axis = axisOf(line.failover, columns - laneIndent, shownAt(state));
			const text = laneText(line.failover, line.lane, axis, glyphsFor(state.isAscii));
			return [dim(laneLabel(line.label)), plain(text)];
		}
		case 'story':
			return storyLine(state, fleet, line);
		case 'moments-head':
			return momentsHead(state, line);
		case 'moments':
			return momentsLine(state, line);
		case 'shards-head':
			return shardHead(state, fleet);
		case 'shard':
			return shardLine(state, fleet, line.shard);
		case 'said':
			return saidLine(state, fleet, line.entry);
		case 'text': {
			const text = printableText(line.text, 600);
			const words = line.isHead ? bold(text) : line.isQuiet ? dim(text) : plain(text);
			return [...gutter(columns, line.mark), words];
		}
	}
}

const styles: Readonly<Record<Exclude<ClusterMark, ''>, Style | undefined>> = {
	'!!': 'crit',
	'!': 'warn',
	'*': 'changed',
	'>': undefined,
};

/** ` !! `, in colour where it is so now. */
function gutter(columns: number, mark: ClusterMark = '', isPast = false): Span[] {
	const width = gutterWidth(columns);
	const rest = plain(' '.repeat(Math.max(0, width - 1 - mark.length)));
	if (mark === '') return [plain(' '), rest];
	return [plain(' '), { text: mark, style: isPast ? undefined : styles[mark] }, rest];
}

function titleLine(state: State, line: Extract<ClusterLine, { kind: 'title' }>): Line {
	const mark = line.mark ?? '';
	const style = mark === '' ? undefined : styles[mark];
	const words: Span = { text: line.text, style: mark === '' ? undefined : style };
	const left: Line = [
		bold(line.title),
		plain('  '),
		...(mark === '' ? [] : [{ text: mark, style }, plain(' ')]),
		mark === '' ? words : plain(line.text),
	];
	const edge = line.edge ? [dim(`${line.edge.word} ${clock(line.edge.at, state.clockOffset)}`)] : [];
	return spread(left, edge, state.size.columns, state.isAscii);
}

// ---------------------------------------------------------------------------------------------------------
// A failover

function placeOf({ group, shard }: Failover): string {
	if (group !== undefined) return printable(group);
	return shard === undefined ? 'shard' : `shard ${shard}`;
}

/** `FAILOVER  shard 2   10.0.1.12 → 10.0.1.22   slots unserved 9.1s     started 14:31:02`, or one of the list. */
function failoverLine(
	state: State,
	fleet: FleetTrack,
	{ failover, isTitle, isLooked, place }: Extract<ClusterLine, { kind: 'failover' }>,
): Line {
	const { columns } = state.size;
	const nameOf = namesOf(fleet, columns);
	const { arrow } = glyphsFor(state.isAscii);
	const { oldPrimary, newPrimary, startedAt } = failover;
	const nodes =
		newPrimary === undefined ? nameOf(oldPrimary) : `${nameOf(oldPrimary)} ${arrow} ${nameOf(newPrimary)}`;
	const parts = [placeOf(failover), nodes, outcomeText(failover)];
	if (!isTitle)
		return [
			...gutter(columns, isLooked ? '>' : ''),
			dim(`${clock(startedAt, state.clockOffset)}  `),
			plain(parts.join('   ')),
		];
	// What it came to is never cut: the nodes stand in the events, too.
	const many = place === undefined ? '' : `${place}  `;
	const choices: readonly (readonly [words: string, edge: string])[] = [
		[parts.join('   '), `${many}started ${clock(startedAt, state.clockOffset)}`],
		[parts.join('   '), clock(startedAt, state.clockOffset)],
		[parts.join('  '), ''],
		[[parts[0], parts[2]].join('  '), clock(startedAt, state.clockOffset)],
		[[parts[0], parts[2]].join('  '), ''],
		[parts[2]!, ''],
	];
	const [words, edge] = choices.find(([left, right]) => fits(left, right, columns)) ?? choices.at(-1)!;
	return spread([bold('FAILOVER'), plain(`  ${words}`)], [dim(edge)], columns, state.isAscii);
}

const fits = (left: string, right: string, columns: number) =>
	10 + textWidth(left) + (right === '' ? 0 : 2 + textWidth(right)) <= columns;

/** A number that lost its last digits would be read as another one. */
function cutAtWord(text: string, width: number, isAscii: boolean): string {
	if (textWidth(text) <= width) return text;
	const end = text.lastIndexOf(' ', width - 2);
	return end > width / 2 ? `${text.slice(0, end)} ${isAscii ? '~' : '…'}` : text;
}

/** ` !! +8.16s  all        majority agrees: fail`. */
function storyLine(
	state: State,
	fleet: FleetTrack,
	{ story, failover, text, isFirst, isRead }: Extract<ClusterLine, { kind: 'story' }>,
): Line {
	const { columns } = state.size;
	const room = nameWidth(state, fleet);
	const indent = storyIndent(room);
	const words = cutAtWord(printableText(text, 600), columns - indent, state.isAscii);
	if (!isFirst) return [plain(' '.repeat(indent)), plain(words)];
	const time: Span = { text: story.since.padStart(7), style: isRead ? 'inverse' : undefined };
	const mark = gutter(columns, story.mark, failover.isOver).slice(0, -1);
	const front = [
		...mark,
		plain(' '.repeat(Math.max(0, 3 - mark.reduce((sum, each) => sum + each.text.length, 0)))),
	];
	if (isNarrow(columns)) return [...front, time, plain(`  ${words}`)];
	const name = story.node === 'all' ? 'all' : namesOf(fleet, columns)(story.node);
	const node = textWidth(name) > room ? fitMiddle(name, room, state.isAscii) : name;
	return [...front, time, plain(`  ${node}${' '.repeat(Math.max(0, room - textWidth(node)))}  ${words}`)];
}

// ---------------------------------------------------------------------------------------------------------
// Before and after

function momentsHead(state: State, { before, after }: Extract<ClusterLine, { kind: 'moments-head' }>): Line {
	const half = Math.floor(state.size.columns / 2);
	const left: Line = [bold('BEFORE'), dim(`  ${clock(before, state.clockOffset)}`)];
	if (after === undefined) return left;
	const right: Line = [bold('AFTER'), dim(`  ${clock(after, state.clockOffset)}`)];
	if (state.size.columns < 120) return right;
	return [...left, plain(' '.repeat(half - 'BEFORE  00:00:00'.length)), ...right];
}

function momentsLine(state: State, { before, after }: Extract<ClusterLine, { kind: 'moments' }>): Line {
	const { columns } = state.size;
	if (columns < 120) return [plain(nodeWords(before ?? after!, columns))];
	const half = Math.floor(columns / 2);
	const left = before ? nodeWords(before, half) : '';
	const fitted = textWidth(left) > half - 2 ? left.slice(0, half - 2) : left;
	return [plain(fitted.padEnd(half)), plain(after ? nodeWords(after, half) : '')];
}

/** `  10.0.1.12:6379  primary  epoch 2  offset 14,508,791`. */
function nodeWords(node: FailoverNode, width: number): string {
	const name = width < 60 ? node.node : node.node.padEnd(21);
	const role = node.health === 'up' ? (node.role ?? '-') : node.health;
	return [
		`  ${name}`,
		role.padEnd(7),
		...(node.epoch === undefined || node.role !== 'primary' ? [] : [`epoch ${node.epoch}`]),
		...(node.lagBytes === undefined ? [] : [`lag ${bytes(node.lagBytes)}`]),
		...(node.offset === undefined ? [] : [`offset ${grouped(node.offset)}`]),
	].join('  ');
}

// ---------------------------------------------------------------------------------------------------------
// What Sentinels said

function saidLine(state: State, fleet: FleetTrack, { at, event, by }: SentinelEntry): Line {
	const { columns } = state.size;
	const who = subjectOf(event);
	const name = who === undefined ? '' : namesOf(fleet, columns)(who);
	const room = nameWidth(state, fleet);
	const node =
		room === 0
			? ''
			: `${fitMiddle(name, room, state.isAscii)}${' '.repeat(Math.max(0, room - textWidth(name)))}  `;
	const tellers = by.length === 1 ? '1 Sentinel' : `${by.length} Sentinels`;
	const left: Line = [
		...gutter(columns, markOf(event)),
		dim(`${clock(at, state.clockOffset)}  `),
		plain(`${node}${printableText(sentinelEventText(event), 300)}`),
	];
	return isNarrow(columns) ? left : spread(left, [dim(tellers)], columns, state.isAscii);
}

function subjectOf(event: SentinelEvent): Address | undefined {
	if (event.kind === 'switch') return event.to;
	return 'instance' in event ? event.instance.address : undefined;
}

function markOf(event: SentinelEvent): ClusterMark {
	switch (event.kind) {
		case 'odown':
			return event.isOver ? '' : '!!';
		case 'sdown':
		case 'tilt':
			return event.isOver ? '' : '!';
		case 'failover-abort':
			return '!!';
		case 'switch':
		case 'promoted-replica':
			return '*';
		default:
			return '';
	}
}
