// The failover on the cluster screen: the one that is looked at with its lanes and its events, what it was like before
// and after, those that are over, and whether one would be possible now. Words for what happened are the core's.

import { type Failovers, toldFailovers } from '../../../core/failover/failover.ts';
import { type FailoverOutlook, failoverOutlook } from '../../../core/failover/failover-possible.ts';
import type { Failover, FailoverNode, LaneName } from '../../../core/failover/failover-record.ts';
import {
	grouped,
	lossText,
	outcomeText,
	type StoryLine,
	storyLines,
} from '../../../core/failover/failover-words.ts';
import { fitMiddle, printable, printableText } from '../../../core/text/printable.ts';
import { bytes, count } from '../../../core/text/quantity.ts';
import { fleetIndex, isKept, shownAt } from '../../../state/shown.ts';
import type { FleetTrack, State } from '../../../state/state.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { clock } from '../../format.ts';
import { blocks, wrapped } from '../../parts/text-lines.ts';
import {
	asEntry,
	blank,
	bold,
	dim,
	glyphsFor,
	type Line,
	lineWidth,
	plain,
	type Span,
	spread,
	textWidth,
} from '../../theme.ts';
import { axisOf, axisText, laneIndent, laneLabel, laneText } from './failover-lanes.ts';
import { gutter, markOf, namesOf, sentence, titled } from './lines.ts';

/** Of the moment that is shown, newest first; what came to nothing is not among them. */
export function failoversOf(state: State, fleet: FleetTrack): Failovers {
	const then = state.paused?.snapshot.fleets[fleetIndex(state, fleet)];
	return toldFailovers((state.paused ? then?.failovers : fleet.failovers) ?? []);
}

/** The one that is looked at. */
export function failoverOf(state: State, fleet: FleetTrack): Failover | undefined {
	const told = failoversOf(state, fleet);
	return told.find(({ id }) => id === state.cluster?.failover) ?? told[0];
}

/** The event of it that is read in full. */
export function storyOf(state: State, failover: Failover): StoryLine | undefined {
	const read = state.cluster?.event;
	return read === undefined ? undefined : storyLines(failover).find(story => story.kinds.includes(read));
}

const laneLabels: readonly (readonly [lane: LaneName, inCluster: string, underSentinels?: string])[] = [
	['link', 'link', 'link'],
	['failFlag', 'fail flag', 'down flag'],
	['state', 'state'],
	['writes', 'no writes', 'no writes'],
];

/** What stands above its events: the title, the time, the lanes. */
export function failoverHead(state: State, fleet: FleetTrack, failover: Failover): readonly Line[] {
	const told = failoversOf(state, fleet);
	const place = told.length > 1 ? `${told.indexOf(failover) + 1} of ${told.length}` : undefined;
	const axis = axisOf(failover, state.size.columns - laneIndent, shownAt(state));
	const lanes = laneLabels.flatMap(([lane, inCluster, underSentinels]): readonly Line[] => {
		const label = failover.group === undefined ? inCluster : underSentinels;
		if (label === undefined) return [];
		return [[dim(laneLabel(label)), plain(laneText(failover, lane, axis, glyphsFor(state.isAscii)))]];
	});
	return [
		headLine(state, fleet, failover, place),
		[dim(`${' '.repeat(laneIndent)}${axisText(axis)}`)],
		...lanes,
	];
}

function placeOf({ group, shard }: Failover): string {
	if (group !== undefined) return printable(group);
	return shard === undefined ? 'shard' : `shard ${shard}`;
}

/** Where, between which nodes, what it came to. */
function failoverWords(state: State, fleet: FleetTrack, failover: Failover): [string, string, string] {
	const nameOf = namesOf(fleet, state.size.columns);
	const { oldPrimary, newPrimary } = failover;
	const to = newPrimary === undefined ? '' : ` ${glyphsFor(state.isAscii).arrow} ${nameOf(newPrimary)}`;
	return [placeOf(failover), `${nameOf(oldPrimary)}${to}`, outcomeText(failover)];
}

/** `FAILOVER  shard 2   10.0.1.12 → 10.0.1.22   slots unserved 9.1s     started 14:31:02` */
function headLine(state: State, fleet: FleetTrack, failover: Failover, place: string | undefined): Line {
	const { columns } = state.size;
	const all = failoverWords(state, fleet, failover);
	const [where, , outcome] = all;
	const started = clock(failover.startedAt, state.clockOffset);
	// What it came to is never cut: the nodes stand in the events, too.
	const many = place === undefined ? '' : `${place}  `;
	const choices: readonly (readonly [words: string, edge: string])[] = [
		[all.join('   '), `${many}started ${started}`],
		[all.join('   '), started],
		[all.join('  '), ''],
		[`${where}  ${outcome}`, started],
		[`${where}  ${outcome}`, ''],
		[outcome, ''],
	];
	const [words, edge] = choices.find(([left, right]) => fits(left, right, columns)) ?? choices.at(-1)!;
	return spread([bold('FAILOVER'), plain(`  ${words}`)], [dim(edge)], columns, state.isAscii);
}

const fits = (left: string, right: string, columns: number) =>
	10 + textWidth(left) + (right === '' ? 0 : 2 + textWidth(right)) <= columns;

/** Cells of the node in front of the words of an event, by the nodes there are and not by the events. */
export function nameWidth(state: State, fleet: FleetTrack): number {
	const { columns } = state.size;
	if (isNarrow(columns)) return 0;
	const nameOf = namesOf(fleet, columns);
	const nodes = [...fleet.tracks.keys(), 'all'];
	return Math.min(isWide(columns) ? 21 : 17, Math.max(...nodes.map(node => nameOf(node).length)));
}

/** The mark, the time, the node. */
const storyIndent = (name: number): number => (name === 0 ? 12 : 14 + name);

/** Its events; the one that is read has all its words. */
export function failoverStory(state: State, fleet: FleetTrack, failover: Failover): readonly Line[] {
	const read = storyOf(state, failover)?.kinds[0];
	const indent = storyIndent(nameWidth(state, fleet));
	const room = state.size.columns - indent;
	const lines = storyLines(failover).flatMap((story): readonly Line[] => {
		const isRead = story.kinds[0] === read;
		const texts = isRead ? wrapped(story.text, room) : [story.text];
		return texts.map((text, index) => {
			const words = cutAtWord(printableText(text, 600), room, state.isAscii);
			const front: Line =
				index === 0 ? storyFront(state, fleet, failover, story, isRead) : [plain(' '.repeat(indent))];
			return asEntry([...front, plain(words)], story.kinds[0]!);
		});
	});
	// A tall screen sets them apart from the lanes.
	return state.size.rows >= 36 ? [blank, ...lines] : lines;
}

/** A number that lost its last digits would be read as another one. */
function cutAtWord(text: string, width: number, isAscii: boolean): string {
	if (textWidth(text) <= width) return text;
	const end = text.lastIndexOf(' ', width - 2);
	return end > width / 2 ? `${text.slice(0, end)} ${isAscii ? '~' : '…'}` : text;
}

/** ` !! +8.16s  all        ` */
function storyFront(
	state: State,
	fleet: FleetTrack,
	failover: Failover,
	story: StoryLine,
	isRead: boolean,
): Line {
	const { columns } = state.size;
	const room = nameWidth(state, fleet);
	const time: Span = { text: story.since.padStart(7), style: isRead ? 'inverse' : undefined };
	const mark = gutter(columns, story.mark, failover.isOver).slice(0, -1);
	const front = [
		...mark,
		plain(' '.repeat(Math.max(0, 3 - mark.reduce((sum, each) => sum + each.text.length, 0)))),
		time,
	];
	if (isNarrow(columns)) return [...front, plain('  ')];
	const name = story.node === 'all' ? 'all' : namesOf(fleet, columns)(story.node);
	const node = textWidth(name) > room ? fitMiddle(name, room, state.isAscii) : name;
	return [...front, plain(`  ${node}${' '.repeat(Math.max(0, room - textWidth(node)))}  `)];
}

/** Everything behind its events. */
export function failoverRest(state: State, fleet: FleetTrack, failover: Failover): readonly Line[] {
	const loss = lossText(failover);
	return blocks([
		loss === undefined ? [] : sentence(loss, state.size.columns),
		momentLines(state, failover),
		pastLines(state, fleet, failover),
		outlookLines(state, fleet),
	]);
}

function momentLines(state: State, { before, after }: Failover): readonly Line[] {
	const [then, since] = [servingFirst(before.nodes), servingFirst(after?.nodes ?? [])];
	if (isWide(state.size.columns)) {
		const rows = Math.max(then.length, since.length);
		return [
			momentsHead(state, before.at, after?.at),
			...Array.from({ length: rows }, (_, index) => besideLine(state, then[index], since[index])),
		];
	}
	const line = (node: FailoverNode): Line => [plain(nodeWords(node, state.size.columns))];
	return [
		momentHead(state, 'BEFORE', before.at),
		...then.map(line),
		...(after ? [momentHead(state, 'AFTER', after.at)] : []),
		...since.map(line),
	];
}

const momentHead = (state: State, word: string, at: number): Line => [
	bold(word),
	dim(`  ${clock(at, state.clockOffset)}`),
];

function momentsHead(state: State, before: number, after: number | undefined): Line {
	const left = momentHead(state, 'BEFORE', before);
	if (after === undefined) return left;
	const gap = Math.floor(state.size.columns / 2) - lineWidth(left);
	return [...left, plain(' '.repeat(gap)), ...momentHead(state, 'AFTER', after)];
}

/** A node of the shard before and after. */
function besideLine(state: State, before: FailoverNode | undefined, after: FailoverNode | undefined): Line {
	const half = Math.floor(state.size.columns / 2);
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

const servingFirst = (nodes: readonly FailoverNode[]) =>
	[...nodes].sort((a, b) => Number(b.role === 'primary') - Number(a.role === 'primary'));

function pastLines(state: State, fleet: FleetTrack, looked: Failover): readonly Line[] {
	const told = failoversOf(state, fleet);
	if (told.length < 2) return [];
	return [
		titled('FAILOVERS', `${told.length} seen`),
		...told.map(
			(failover): Line => [
				...gutter(state.size.columns, failover === looked ? '>' : ''),
				dim(`${clock(failover.startedAt, state.clockOffset)}  `),
				plain(failoverWords(state, fleet, failover).join('   ')),
			],
		),
	];
}

/** In the place of one while none was seen. */
export function noFailoverLines(state: State, fleet: FleetTrack): readonly Line[] {
	const since = Math.min(shownAt(state), ...[...fleet.tracks.values()].map(track => track.firstSeenAt));
	const watched = `watched since ${clock(since, state.clockOffset)}`;
	return blocks([
		[spread(titled('FAILOVER', 'none seen'), [dim(watched)], state.size.columns, state.isAscii)],
		outlookLines(state, fleet),
	]);
}

// ---------------------------------------------------------------------------------------------------------
// Possible now?

const outlookShown = 8;

/** Whether a failover of each shard is possible; none of them where that is well and there are many. */
function outlookLines(state: State, fleet: FleetTrack): readonly Line[] {
	if (!isKept(state)) return [];
	const { now, tracks } = fleet;
	const all = failoverOutlook(now.fleet, tracks, state.limits, now.fleet.at);
	if (all.length === 0) return [];
	const well = all.filter(each => each.possible === true);
	const others = all.filter(each => each.possible !== true);
	const quiet = all.length <= outlookShown ? well : well.filter(each => each.reasons.length > 0);
	// In the order of the shards: lines that change places cannot be read.
	const chosen = new Set([...others, ...quiet].slice(0, outlookShown));
	const shownLines = all.filter(each => chosen.has(each));
	const isCritical = others.some(each => each.severity === 'crit');
	return [
		titled('FAILOVER POSSIBLE', titleText(all, well), isCritical ? '!!' : others.length > 0 ? '!' : ''),
		...shownLines.flatMap(each => outlookLine(state, each)),
	];
}

function titleText(all: readonly FailoverOutlook[], well: readonly FailoverOutlook[]): string {
	const what = all[0]!.name === undefined ? 'shard' : 'group';
	if (well.length === all.length)
		return all.length === 1 ? 'yes' : `yes, for all ${count(all.length)} ${what}s`;
	if (all.length === 1) return all[0]!.possible === false ? 'no' : 'not known';
	// What is not known is not judged: with none that is impossible, "for none" would say that all are.
	if (well.length === 0 && all.every(each => each.possible === undefined)) return `not known for any ${what}`;
	return `for ${well.length === 0 ? 'none' : count(well.length)} of ${count(all.length)} ${what}s`;
}

function outlookLine(state: State, outlook: FailoverOutlook): readonly Line[] {
	const { reasons, name, shard, severity } = outlook;
	const place = name === undefined ? `shard ${shard}` : printable(name);
	const why = [...heirText(outlook), ...reasons].join('; ');
	const mark = markOf(severity);
	const text = `${place}  ${answerOf(outlook)}${why === '' ? '' : `: ${why}`}`;
	return sentence(printableText(text, 400), state.size.columns, { mark, isQuiet: mark === '' });
}

function answerOf({ possible, isDue }: FailoverOutlook): string {
	if (possible === undefined) return 'not known';
	if (!isDue) return possible ? 'yes' : 'no';
	return possible
		? 'its primary is lost, a failover is due'
		: 'its primary is lost, and no failover is possible';
}

const heirsNamed = 3;

function heirText({ isDue, candidates }: FailoverOutlook): readonly string[] {
	if (candidates.length === 0) return [];
	const who = candidates.length > heirsNamed ? `one of ${candidates.length}` : candidates.join(' or ');
	return [`${who} ${isDue ? 'is to' : 'would'} take over`];
}
