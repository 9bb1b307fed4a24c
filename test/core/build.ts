// Small makers of tracks, rows and fleets for the tests of findings and events: calm by default, so that a test
// changes only the figure it is about. They go through the program's own rowOf, so that a row is as it would be drawn.

import type { Migration } from '../../source/core/cluster/migration-record.ts';
import type { Holds } from '../../source/core/findings/findings.ts';
import { judge, noHolds } from '../../source/core/findings/findings.ts';
import { emptySeries } from '../../source/core/fleet/history.ts';
import { rowOf } from '../../source/core/fleet/node-row.ts';
import { newTrack } from '../../source/core/fleet/track.ts';
import { defaultLimits } from '../../source/core/thresholds.ts';
import type {
	Address,
	Agreement,
	Finding,
	Fleet,
	FleetEvent,
	Info,
	NodeTrack,
	Peer,
	Pending,
	Rates,
	RedisNode,
	Sample,
	Series,
} from '../../source/core/types.ts';

export const start = 1_800_000_000_000;
export const noOwn = { commands: 0, hits: 0, inputBytes: 0, outputBytes: 0, calls: {} };
export const megabyte = 1024 * 1024;
export const gigabyte = 1024 * megabyte;

/** A node of 1 GB that is well. */
export const calmInfo: Info = {
	server: 'redis',
	version: '7.0.15',
	mode: 'standalone',
	runId: 'a',
	role: 'primary',
	uptimeSeconds: 86_400,
	connectedClients: 10,
	maxClients: 10_000,
	connectedReplicas: 1,
	usedMemoryBytes: gigabyte,
	rssBytes: 1.1 * gigabyte,
	datasetBytes: 0.9 * gigabyte,
	maxmemoryBytes: 4 * gigabyte,
	maxmemoryPolicy: 'noeviction',
	allocatedBytes: gigabyte,
	activeBytes: 1.05 * gigabyte,
	clientsNormalBytes: megabyte,
	lastSaveStatus: 'ok',
	backlogBytes: megabyte,
	databases: [{ db: 0, keys: 1000, expires: 500 }],
};

export const sampleOf = (address: Address, at: number, more: Partial<Sample> = {}): Sample => ({
	node: address,
	at,
	clock: at,
	refused: [],
	own: noOwn,
	...more,
});

/** A track whose newest INFO is the calm one with `info` over it. */
export function trackOf(
	address: Address,
	info: Info = {},
	more: Partial<NodeTrack> = {},
	at = start,
): NodeTrack {
	const sample = sampleOf(address, at, { info: { ...calmInfo, ...info }, pingMilliseconds: 0.4 });
	return { ...newTrack(address, 'data', 'seed', at), latest: sample, lastGood: sample, ...more };
}

export const downTrack = (address: Address, more: Partial<NodeTrack> = {}): NodeTrack => ({
	...trackOf(address),
	error: { reason: 'refused', text: 'connect ECONNREFUSED', retryAt: start + 2000 },
	...more,
});

export const ratesOf = (rates: Partial<Rates>): Rates => ({ seconds: 1, ...rates });

/** Intervals of one second up to `at`, all alike. */
export const intervalsOf = (
	seconds: number,
	each: { hits?: number; misses?: number; evicted?: number; expired?: number },
	at = start,
) =>
	Array.from({ length: seconds }, (_, index) => ({
		at: at - (seconds - 1 - index) * 1000,
		seconds: 1,
		hits: 0,
		misses: 0,
		evicted: 0,
		expired: 0,
		...each,
	}));

/** A history of equal values over the last `buckets` buckets before `at`. */
export const seriesOf = (value: number, buckets: number, at = start): Series => ({
	...emptySeries,
	openedAt: at,
	closed: new Float64Array(buckets).fill(value),
});

export const tracksOf = (...tracks: NodeTrack[]) => new Map(tracks.map(track => [track.address, track]));

export function fleetOf(
	tracks: ReadonlyMap<Address, NodeTrack>,
	more: Partial<Fleet> = {},
	nodes: Readonly<Record<Address, Partial<RedisNode>>> = {},
	at = start,
): Fleet {
	const rows = [...tracks.values()].filter(track => track.kind === 'data');
	return {
		name: 'test',
		at,
		mode: 'standalone',
		nodes: rows.map(track => ({ ...rowOf(track, undefined, at, 1), ...nodes[track.address] })),
		shards: [],
		totals: {},
		cost: {},
		opsHistory: emptySeries,
		hitRateHistory: emptySeries,
		...more,
	};
}

export const agreementOf = (more: Partial<Agreement> = {}): Agreement => ({
	state: 'ok',
	slotsCovered: 16384,
	epoch: 3,
	viewsAgreeing: 6,
	viewsAsked: 6,
	minority: [],
	doubleOwners: [],
	staleOwners: [],
	disputes: [],
	claims: [],
	primaries: 3,
	primariesReachable: 3,
	lostPrimaries: [],
	isUnsettled: false,
	busGaps: [],
	...more,
});

export const peerOf = (id: string, address: Address, more: Partial<Peer> = {}): Peer => ({
	id,
	address,
	flags: [],
	role: 'primary',
	isMyself: false,
	isPfail: false,
	isFail: false,
	isHandshake: false,
	epoch: 1,
	isLinkUp: true,
	slots: [],
	migrating: [],
	importing: [],
	...more,
});

export type Round = {
	readonly tracks: ReadonlyMap<Address, NodeTrack>;
	readonly fleet?: Fleet;
	readonly fresh?: boolean;
	readonly seconds?: number;
	readonly migrations?: readonly Migration[];
};
export type Told = {
	readonly findings: readonly Finding[];
	readonly events: readonly FleetEvent[];
	readonly pending: readonly Pending[];
	readonly holds: Holds;
};

/** Judges rounds one after the other, a second apart, all nodes fresh unless said; gives what each one found. */
export function judgeRounds(rounds: readonly Round[], limits = defaultLimits): Told[] {
	let holds = noHolds;
	let at = start;
	return rounds.map(round => {
		const fleet = round.fleet ?? fleetOf(round.tracks);
		const freshNodes = new Set(round.fresh === false ? [] : round.tracks.keys());
		const { tracks, migrations } = round;
		const judged = judge({ fleet, tracks, holds, limits, at, freshNodes, migrations });
		holds = judged.holds;
		at += (round.seconds ?? 1) * 1000;
		return judged;
	});
}

export const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
export const idsOf = (told: Told | undefined) => (told?.findings ?? []).map(finding => finding.id);
