// What is remembered of a fleet as a whole, beside its nodes: failovers, slots on their way, what Sentinels said, what
// slots take. One call a round, the extra rounds of a fast phase too; everything is read from the samples of the round
// and from what the round before knew. What of it is an event is told in failover-events.

import { type Failovers, foldFailovers, noFailovers } from '../failover/failover.ts';
import type { RoundMoment } from '../failover/failover-fold.ts';
import { noteSentinelMessage } from '../failover/failover-messages.ts';
import {
	mergeSentinelMessage,
	noSentinelLog,
	type SentinelLog,
	type SentinelMessage,
} from '../failover/sentinel-messages.ts';
import type { Moment } from '../findings/events-cluster.ts';
import { viewsNow } from '../findings/findings-fleet.ts';
import { type AtomicMigration, parseMigrations } from '../parse/parse-migrations.ts';
import { asText, isArray } from '../reply.ts';
import type { Address, Reply, Sample } from '../types.ts';
import { foldMigrations, type Migrations, noMigrations } from './migrations.ts';
import { countsIn } from './slot-counts.ts';
import { addSlotCounts, addSlotStats, type SlotLoad } from './slot-load.ts';

export type ClusterTrack = {
	readonly failovers: Failovers;
	readonly migrations: Migrations;
	/** What each node told last of atomic migrations. */
	readonly atomicJobs: ReadonlyMap<
		Address,
		{ readonly at: number; readonly list: readonly AtomicMigration[] }
	>;
	/** Newest first. */
	readonly sentinelLog: SentinelLog;
	readonly slotLoads: ReadonlyMap<Address, SlotLoad>;
};

export const noClusterTrack: ClusterTrack = {
	failovers: noFailovers,
	migrations: noMigrations,
	atomicJobs: new Map(),
	sentinelLog: noSentinelLog,
	slotLoads: new Map(),
};

/** Every node is asked for its atomic migrations once a second: older than this, its word is not of now. */
const jobsMilliseconds = 10_000;

/** What is remembered after one more round. The samples carry the names that the tracks have. */
export function followRound(
	before: ClusterTrack,
	then: Moment,
	now: RoundMoment & { readonly samples: readonly Sample[] },
): ClusterTrack {
	const replies = repliesIn(now.samples);
	const messages = replies.flatMap(messageIn);
	// A message is older than the poll that it brought about: the nodes of then are those it is about.
	const noted = messages.reduce(
		(failovers, message) => noteSentinelMessage(failovers, message, then),
		before.failovers,
	);
	const jobs = jobsAfter(before.atomicJobs, replies, now.at);
	return {
		failovers: foldFailovers(noted, then, now),
		migrations: migrationsAfter(
			before.migrations,
			then,
			now,
			jobs === before.atomicJobs ? undefined : jobs,
			replies,
		),
		atomicJobs: jobs,
		sentinelLog: messages.reduce(mergeSentinelMessage, before.sentinelLog),
		slotLoads: loadsAfter(before.slotLoads, replies, now),
	};
}

type Told = { readonly sample: Sample; readonly command: string; readonly reply: Reply };

const repliesIn = (samples: readonly Sample[]): Told[] =>
	samples.flatMap(sample => (sample.others ?? []).map(([command, reply]) => ({ sample, command, reply })));

function messageIn({ sample, command, reply }: Told): SentinelMessage[] {
	const at = Number(/^event (\d{1,15})$/.exec(command)?.[1] ?? Number.NaN);
	if (Number.isNaN(at) || !isArray(reply)) return [];
	const [channel, text] = [asText(reply[0]), asText(reply[1])];
	return channel === undefined || text === undefined ? [] : [{ at, sentinel: sample.node, channel, text }];
}

// ---------------------------------------------------------------------------------------------------------
// Migrations

function migrationsAfter(
	before: Migrations,
	then: Moment,
	now: RoundMoment,
	jobs: ClusterTrack['atomicJobs'] | undefined,
	replies: readonly Told[],
): Migrations {
	if (now.fleet.mode !== 'cluster') return before;
	return foldMigrations(before, {
		at: now.at,
		views: viewsNow(now.tracks, now.at),
		viewsBefore: viewsNow(then.tracks, then.at),
		atomic: jobs && [...jobs.values()].flatMap(({ list }) => list),
		counts: countsIn(replies),
	});
}

/** The same map where no node was asked in this round. */
function jobsAfter(
	before: ClusterTrack['atomicJobs'],
	replies: readonly Told[],
	at: number,
): ClusterTrack['atomicJobs'] {
	const told = replies.flatMap(({ sample, command, reply }) => {
		const isAbout = command === 'cluster getslotmigrations' || /^cluster migration status /i.test(command);
		const list = isAbout ? parseMigrations(reply) : undefined;
		return list ? [[sample.node, { at: sample.at, list }] as const] : [];
	});
	if (told.length === 0) return before;
	const kept = [...before].filter(([, word]) => at - word.at <= jobsMilliseconds);
	return new Map([...kept, ...told]);
}

// ---------------------------------------------------------------------------------------------------------
// Load of slots

function loadsAfter(
	before: ClusterTrack['slotLoads'],
	replies: readonly Told[],
	{ tracks }: Moment,
): ClusterTrack['slotLoads'] {
	const told = replies.filter(({ command }) => command.startsWith('cluster slot-stats '));
	if (told.length === 0) return before;
	const loads = new Map([...before].filter(([node]) => tracks.has(node)));
	for (const node of new Set(told.map(({ sample }) => sample.node))) {
		const ofNode = told.filter(({ sample }) => sample.node === node);
		const { at, clock } = ofNode[0]!.sample;
		const runId = tracks.get(node)?.lastGood?.info?.runId;
		const isCounts = ({ command }: Told) => command.includes(' KEY-COUNT ');
		const orders = ofNode.filter(each => !isCounts(each)).map(({ reply }) => reply);
		const read = { node, at, clock, runId };
		for (const { reply } of ofNode.filter(isCounts))
			loads.set(node, addSlotCounts(loads.get(node), at, reply));
		if (orders.length > 0) loads.set(node, addSlotStats(loads.get(node), { ...read, replies: orders }));
	}
	return loads;
}
