// The part of the node screen about replication: at a replica its link, how far it is behind and what a break would
// cost, at a primary the same for each of its replicas, and the backlog that decides between a moment and a full resync.

import type {
	Backlog,
	Lag,
	Reconnect,
	ReplicaLink,
	ReplicationState,
} from '../../../core/node/replication-state.ts';
import { printable, printableText } from '../../../core/text/printable.ts';
import { bytes, count, duration, percent } from '../../../core/text/quantity.ts';
import type { RedisNode } from '../../../core/types.ts';
import { none } from '../../format.ts';
import type { Line } from '../../theme.ts';
import type { NodeFacts } from './facts.ts';
import { by, fact, left, type Page, restOf, right, sentences, stacked, table, titled } from './lines.ts';

export function replicationLines({ replication, track, row }: NodeFacts, page: Page): readonly Line[] {
	if (!replication) return [];
	return stacked(
		replication.link ? linkLines(page, replication.link, row) : [],
		replicaLines(page, replication),
		backlogLines(page, replication, track?.rates?.replicationBytes),
	);
}

function linkLines(page: Page, link: ReplicaLink, row: RedisNode | undefined): readonly Line[] {
	const { sync } = link;
	const since = link.downSeconds === undefined ? '' : ` for ${duration(link.downSeconds)}`;
	const io = link.lastIoSeconds === undefined ? undefined : `last heard ${duration(link.lastIoSeconds)} ago`;
	return [
		titled('LINK', `to ${link.primary ?? '-'}`),
		link.isUp === false
			? fact(page, 'link', `down${since}`, undefined, 'crit')
			: fact(page, 'link', link.isUp ? 'up' : undefined, io),
		fact(page, 'lag', link.sync ? undefined : lagWords(link.lag), boundWords(row)),
		...(sync
			? [
					fact(
						page,
						'full sync',
						sync.share === undefined ? bytes(sync.readBytes ?? 0) : percent(sync.share),
						sync.totalBytes === undefined
							? 'read; the total is not told'
							: `${bytes(sync.readBytes ?? 0)} of ${bytes(sync.totalBytes)}`,
					),
				]
			: []),
		fact(page, 'if it breaks now', reconnectWords(link.reconnect), reconnectNote(link.reconnect)),
	];
}

/** Under this a bound tells nobody anything. */
const smallBytes = 10_000;

/** Readings that take long, or lie apart, leave room for more. */
function boundWords(row: RedisNode | undefined): string {
	const { replicationLagBytes: least = 0, replicationLagMostBytes: most = 0 } = row ?? {};
	return `behind its primary${most - least < smallBytes ? '' : `, at most ${bytes(most)}`}`;
}

/** `1.2M, 3s`: bytes, and seconds at the rate that is written. */
function lagWords(lag: Lag | undefined): string | undefined {
	if (!lag) return undefined;
	return lag.seconds === undefined ? bytes(lag.bytes) : `${bytes(lag.bytes)}, ${duration(lag.seconds)}`;
}

function reconnectWords({ answer }: Reconnect): string | undefined {
	return answer === 'unknown' ? undefined : answer === 'full' ? 'full resync' : 'partial resync';
}

const reasons = {
	outrun: 'what it lacks is no longer in the backlog',
	'other-history': 'its history is another (replication id)',
	'no-backlog': 'the primary has no backlog',
} as const;

function reconnectNote({ why, headroomBytes, headroomSeconds, answer }: Reconnect): string | undefined {
	if (why) return reasons[why];
	if (answer !== 'partial' || headroomBytes === undefined) return undefined;
	const time = headroomSeconds === undefined ? '' : `, ${duration(headroomSeconds)} at this rate`;
	return `until ${bytes(headroomBytes)} more are written${time}`;
}

function replicaLines(page: Page, { replicas, role }: ReplicationState): readonly Line[] {
	if (replicas.length === 0)
		return role === 'primary' ? [titled('REPLICAS'), ...sentences('none is connected', page)] : [];
	const { head, row } = table(page, [
		...[left('REPLICA', by(page, 15, 20, 28)), left('STATE', by(page, 8, 10, 10))],
		...[right('LAG', by(page, 9, 12, 12)), right('ACK', 4), left('ON RECONNECT', by(page, 0, 14, 14))],
		// Under a sentence's width it would say nothing.
		left('', by(page, 0, page.columns < 100 ? 0 : restOf(page, 74), restOf(page, 82))),
	]);
	return [
		titled('REPLICAS', `${replicas.length} connected`),
		head,
		...replicas.map(({ address, state, lag, ackSeconds, reconnect }) =>
			row(
				...[printableText(address), printable(state ?? none), lagWords(lag) ?? none],
				ackSeconds === undefined ? none : `${ackSeconds}s`,
				...[reconnectWords(reconnect) ?? none, reconnectNote(reconnect) ?? ''],
			),
		),
	];
}

function backlogLines(
	page: Page,
	{ backlog, resyncs }: ReplicationState,
	written: number | undefined,
): readonly Line[] {
	const number = (value: number | undefined) => (value === undefined ? '-' : String(value));
	const rate = written === undefined ? undefined : `${bytes(written)}/s`;
	return [
		titled('BACKLOG'),
		...sizeLines(page, backlog),
		fact(page, 'written', rate, 'replication stream'),
		fact(
			page,
			'resyncs',
			`${number(resyncs.full)} full, ${number(resyncs.partial)} partial`,
			`since the start; ${number(resyncs.refused)} partial refused`,
		),
	];
}

function sizeLines(page: Page, backlog: Backlog | undefined): readonly Line[] {
	if (!backlog) return [fact(page, 'size', 'none', 'it is made when the first replica comes')];
	const held = backlog.heldBytes === undefined ? undefined : `${bytes(backlog.heldBytes)} in it`;
	const covers = backlog.coversSeconds;
	return [
		fact(page, 'size', bytes(backlog.sizeBytes), held),
		fact(page, 'covers', covers === undefined ? undefined : coverWords(covers), 'max disconnect'),
	];
}

const coverWords = (seconds: number) => (seconds > 30 * 86_400 ? 'over a month' : duration(seconds));

/** For the head of the screen: `replica 10.0.1.22:6379 online lag 0s`, `link up lag 12K, 0.1s`. */
export function replicationInBrief(state: ReplicationState | undefined): string | undefined {
	if (!state) return undefined;
	if (state.link) {
		if (state.link.isUp === false) return 'link down';
		const behind = lagWords(state.link.lag);
		return state.link.sync ? 'full sync under way' : `link up${behind === undefined ? '' : ` lag ${behind}`}`;
	}
	const [first, ...others] = state.replicas;
	if (!first) return 'no replica';
	const lag = first.lag?.seconds ?? (first.lag?.bytes === 0 ? 0 : undefined);
	const late = lag === undefined ? '' : ` lag ${duration(lag)}`;
	const more = others.length > 0 ? ` and ${count(others.length)} more` : '';
	const stands = first.state === undefined ? '' : ` ${first.state}`;
	return `replica ${first.address}${stands}${late}${more}`;
}
