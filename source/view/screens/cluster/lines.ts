// The lines of the lower part of the cluster screen, as they are before they are drawn: one value a line, so that the
// keys that scroll count what is seen. What a lane, a mark or a node looks like is for painted.ts.

import type { Failover, FailoverNode, LaneName } from '../../../core/failover/failover-record.ts';
import type { StoryLine } from '../../../core/failover/failover-words.ts';
import type { SentinelEntry } from '../../../core/failover/sentinel-messages.ts';
import type { Address, Shard } from '../../../core/types.ts';
import type { FleetTrack } from '../../../state/state.ts';
import { gutterWidth, isWide } from '../../columns.ts';
import { wrapped } from '../../parts/text-lines.ts';

export type ClusterMark = '' | '!' | '!!' | '*' | '>';

export type ClusterLine =
	| { readonly kind: 'blank' }
	/** A heading with what it comes to; at the edge a time with its word. */
	| {
			readonly kind: 'title';
			readonly title: string;
			readonly text: string;
			readonly mark?: ClusterMark;
			readonly edge?: { readonly word: string; readonly at: number };
	  }
	/** A failover in one line: the heading of the one that is looked at, or one of the list. */
	| {
			readonly kind: 'failover';
			readonly failover: Failover;
			readonly isTitle: boolean;
			readonly isLooked: boolean;
			/** `2 of 3`, where there are several. */
			readonly place?: string;
	  }
	| { readonly kind: 'axis'; readonly failover: Failover }
	| { readonly kind: 'lane'; readonly lane: LaneName; readonly label: string; readonly failover: Failover }
	| {
			readonly kind: 'story';
			readonly story: StoryLine;
			readonly failover: Failover;
			/** The first of its lines has the time and the node. */
			readonly text: string;
			readonly isFirst: boolean;
			readonly isRead: boolean;
	  }
	| { readonly kind: 'moments-head'; readonly before: number; readonly after?: number }
	/** A node of the shard before and after; on a narrow screen one of them. */
	| { readonly kind: 'moments'; readonly before?: FailoverNode; readonly after?: FailoverNode }
	/** A row of the table of shards, and its titles. */
	| { readonly kind: 'shards-head' }
	| { readonly kind: 'shard'; readonly shard: Shard }
	/** What a Sentinel said. */
	| { readonly kind: 'said'; readonly entry: SentinelEntry }
	| {
			readonly kind: 'text';
			readonly text: string;
			readonly mark?: ClusterMark;
			/** Dim. */
			readonly isQuiet?: boolean;
			/** The titles of columns. */
			readonly isHead?: boolean;
	  };

export const blankLine: ClusterLine = { kind: 'blank' };

type TextMore = Omit<Extract<ClusterLine, { kind: 'text' }>, 'kind' | 'text'>;

/** One line of text. */
export const textLine = (text: string, more: TextMore = {}): ClusterLine => ({ kind: 'text', text, ...more });

/** A sentence on as many lines as it needs; the mark stands at the first. */
export function sentence(text: string, columns: number, more: TextMore = {}): ClusterLine[] {
	return wrapped(text, columns - gutterWidth(columns) - 2).map((line, index) =>
		textLine(index === 0 ? line : `  ${line}`, index === 0 ? more : { ...more, mark: undefined }),
	);
}

/** Blocks with an empty line between each two. */
export const blocks = (all: readonly (readonly ClusterLine[])[]): ClusterLine[] =>
	all
		.filter(lines => lines.length > 0)
		.flatMap((lines, index) => (index === 0 ? lines : [blankLine, ...lines]));

/**
 * Short names of the nodes of a fleet: the host where each has its own, the port where all are on one host and the
 * screen is not wide, else the whole address.
 */
export function namesOf(fleet: FleetTrack, columns: number): (address: Address) => string {
	const hosts = new Map<string, number>();
	const data = [...fleet.tracks.values()].filter(track => track.kind === 'data');
	for (const { address } of data) hosts.set(hostOf(address), (hosts.get(hostOf(address)) ?? 0) + 1);
	const isOneHost = hosts.size === 1 && data.length > 1 && !isWide(columns);
	return address => {
		const host = hostOf(address);
		if (!hosts.has(host) || host === '') return address;
		if (isOneHost) return address.slice(host.length);
		return hosts.get(host) === 1 && fleet.tracks.get(address)?.kind === 'data' ? host : address;
	};
}

/** Nothing for a socket. */
const hostOf = (address: Address): string =>
	address.startsWith('unix:') ? '' : address.slice(0, Math.max(0, address.lastIndexOf(':')));
