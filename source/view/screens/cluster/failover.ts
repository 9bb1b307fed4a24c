// The failover on the cluster screen: the one that is looked at with its lanes and its events, what it was like before
// and after, those that are over, and whether one would be possible now. Words for what happened are the core's.

import { type Failovers, toldFailovers } from '../../../core/failover/failover.ts';
import { type FailoverOutlook, failoverOutlook } from '../../../core/failover/failover-possible.ts';
import type { Failover, FailoverNode, LaneName } from '../../../core/failover/failover-record.ts';
import { lossText, type StoryLine, storyLines } from '../../../core/failover/failover-words.ts';
import { printable, printableText } from '../../../core/text/printable.ts';
import { count } from '../../../core/text/quantity.ts';
import { fleetIndex, isKept, shownAt } from '../../../state/shown.ts';
import type { FleetTrack, State } from '../../../state/state.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { wrapped } from '../../parts/text-lines.ts';
import { blankLine, blocks, type ClusterLine, namesOf, sentence } from './lines.ts';

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
export function failoverHead(state: State, fleet: FleetTrack, failover: Failover): ClusterLine[] {
	const told = failoversOf(state, fleet);
	const place = told.length > 1 ? `${told.indexOf(failover) + 1} of ${told.length}` : undefined;
	const lanes = laneLabels.flatMap(([lane, inCluster, underSentinels]): ClusterLine[] => {
		const label = failover.group === undefined ? inCluster : underSentinels;
		return label === undefined ? [] : [{ kind: 'lane', lane, label, failover }];
	});
	return [
		{ kind: 'failover', failover, isTitle: true, isLooked: true, place },
		{ kind: 'axis', failover },
		...lanes,
	];
}

/** Cells of the node in front of the words of an event, by the nodes there are and not by the events. */
export function nameWidth(state: State, fleet: FleetTrack): number {
	const { columns } = state.size;
	if (isNarrow(columns)) return 0;
	const nameOf = namesOf(fleet, columns);
	const nodes = [...fleet.tracks.keys(), 'all'];
	return Math.min(isWide(columns) ? 21 : 17, Math.max(...nodes.map(node => nameOf(node).length)));
}

/** The mark, the time, the node. */
export const storyIndent = (name: number): number => (name === 0 ? 12 : 14 + name);

/** Its events; the one that is read has all its words. */
export function failoverStory(state: State, fleet: FleetTrack, failover: Failover): ClusterLine[] {
	const read = storyOf(state, failover)?.kinds[0];
	const room = state.size.columns - storyIndent(nameWidth(state, fleet));
	const lines = storyLines(failover).flatMap((story): ClusterLine[] => {
		const isRead = story.kinds[0] === read;
		const texts = isRead ? wrapped(story.text, room) : [story.text];
		return texts.map((text, index) => ({
			kind: 'story',
			story,
			failover,
			text,
			isFirst: index === 0,
			isRead,
		}));
	});
	// A tall screen sets them apart from the lanes.
	return state.size.rows >= 36 ? [blankLine, ...lines] : lines;
}

/** Everything behind its events. */
export function failoverRest(state: State, fleet: FleetTrack, failover: Failover): ClusterLine[] {
	const loss = lossText(failover);
	return blocks([
		loss === undefined ? [] : sentence(loss, state.size.columns),
		momentLines(state, failover),
		pastLines(state, fleet, failover),
		outlookLines(state, fleet),
	]);
}

function momentLines(state: State, { before, after }: Failover): ClusterLine[] {
	const [then, since] = [servingFirst(before.nodes), servingFirst(after?.nodes ?? [])];
	if (isWide(state.size.columns)) {
		const rows = Math.max(then.length, since.length);
		return [
			{ kind: 'moments-head', before: before.at, after: after?.at },
			...Array.from(
				{ length: rows },
				(_, index): ClusterLine => ({ kind: 'moments', before: then[index], after: since[index] }),
			),
		];
	}
	return [
		{ kind: 'moments-head', before: before.at },
		...then.map((node): ClusterLine => ({ kind: 'moments', before: node })),
		...(after ? [{ kind: 'moments-head' as const, after: after.at, before: before.at }] : []),
		...since.map((node): ClusterLine => ({ kind: 'moments', after: node })),
	];
}

const servingFirst = (nodes: readonly FailoverNode[]) =>
	[...nodes].sort((a, b) => Number(b.role === 'primary') - Number(a.role === 'primary'));

function pastLines(state: State, fleet: FleetTrack, looked: Failover): ClusterLine[] {
	const told = failoversOf(state, fleet);
	if (told.length < 2) return [];
	return [
		{ kind: 'title', title: 'FAILOVERS', text: `${told.length} seen` },
		...told.map(
			(failover): ClusterLine => ({
				kind: 'failover',
				failover,
				isTitle: false,
				isLooked: failover === looked,
			}),
		),
	];
}

/** In the place of one while none was seen. */
export function noFailoverLines(state: State, fleet: FleetTrack): ClusterLine[] {
	const since = Math.min(shownAt(state), ...[...fleet.tracks.values()].map(track => track.firstSeenAt));
	return blocks([
		[{ kind: 'title', title: 'FAILOVER', text: 'none seen', edge: { word: 'watched since', at: since } }],
		outlookLines(state, fleet),
	]);
}

// ---------------------------------------------------------------------------------------------------------
// Possible now?

const outlookShown = 8;

/** Whether a failover of each shard is possible; none of them where that is well and there are many. */
export function outlookLines(state: State, fleet: FleetTrack): ClusterLine[] {
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
		{
			kind: 'title',
			title: 'FAILOVER POSSIBLE',
			text: titleText(all, well),
			mark: isCritical ? '!!' : others.length > 0 ? '!' : '',
		},
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

const marks = { crit: '!!', warn: '!' } as const;

function outlookLine(state: State, outlook: FailoverOutlook): ClusterLine[] {
	const { reasons, name, shard, severity } = outlook;
	const place = name === undefined ? `shard ${shard}` : printable(name);
	const why = [...heirText(outlook), ...reasons].join('; ');
	const mark = severity === undefined ? '' : marks[severity];
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
