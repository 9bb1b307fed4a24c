// What changed on one node between two rounds: gone silent, back, restarted, another role, a save, slow commands.
// Compared are the newest good readings, so that a change that happened while a node was away is told when it is back.
// Each looks at two moments only and remembers nothing: a state that was there before is never told again.

import { type ProcessChange, processChange } from '../fleet/process-change.ts';
import { isOwnEntry } from '../node/client-groups.ts';
import { numberedFrom } from '../node/slowlog.ts';
import { isSilent, troubleText } from '../text/node-trouble.ts';
import { printable } from '../text/printable.ts';
import { duration, percent } from '../text/quantity.ts';
import type { Fleet, FleetEvent, Info, NodeTrack, RedisNode, SlowlogEntry } from '../types.ts';
import { configChanges } from './events-config.ts';

/** One node then and now, both times as drawn and as remembered. */
export type NodeChange = {
	readonly before: RedisNode;
	readonly now: RedisNode;
	readonly trackBefore?: NodeTrack;
	readonly track?: NodeTrack;
	readonly at: number;
};
type Told = Omit<FleetEvent, 'at' | 'node' | 'shard'>;
type Teller = (change: NodeChange) => Told | undefined;

const isLoading = (node: RedisNode) => !node.isGone && node.health === 'loading';
/** It answers, and runs nothing for us. */
const isBusy = ({ error }: RedisNode) => error?.reason === 'busy' || error?.reason === 'paused';

const wentSilent: Teller = ({ before, now, at }) =>
	isSilent(now) && !isSilent(before) && now.error
		? { kind: 'unreachable', severity: 'crit', text: troubleText(now.error, at) }
		: undefined;

const cameBack: Teller = ({ before, now, trackBefore, at }) => {
	if (now.isGone || now.error || isLoading(now)) return undefined;
	if (isLoading(before))
		return { kind: 'connected', text: `loaded after ${duration((at - before.since) / 1000)}` };
	if (!isSilent(before) && !isBusy(before)) return undefined;
	const last = trackBefore?.lastGood?.at;
	return {
		kind: 'connected',
		text: last === undefined ? 'answers now' : `answers again after ${duration((at - last) / 1000)}`,
	};
};

const restarted: Teller = change => {
	const changed = changeOf(change);
	if (changed === undefined) return undefined;
	const was = change.trackBefore!.lastGood!.info!;
	const is = change.track!.lastGood!.info!;
	if (changed === 'other-server') return { kind: changed, severity: 'warn', text: otherText(was, is) };
	const isOther = was.version !== undefined && is.version !== undefined && nameOf(was) !== nameOf(is);
	return {
		kind: 'restarted',
		severity: 'warn',
		text: isOther ? `restarted, version ${nameOf(was)} to ${nameOf(is)}` : 'restarted',
	};
};

const nameOf = ({ server, unknownServer, version }: Info) =>
	server === 'redis' || server === 'valkey' ? version : `${server ?? unknownServer ?? ''} ${version}`.trim();

function changeOf({ trackBefore, track }: NodeChange): ProcessChange | undefined {
	const [was, is] = [trackBefore?.lastGood, track?.lastGood];
	return was?.info && is?.info ? processChange(was, is) : undefined;
}

/** `another server answers here: up 3d, the one before 5h` */
function otherText(was: Info, is: Info): string {
	const before = was.uptimeSeconds === undefined ? '' : `, the one before ${duration(was.uptimeSeconds)}`;
	return `another server answers here: up ${duration(is.uptimeSeconds ?? 0)}${before}`;
}

const beganLoading: Teller = ({ before, now, track }) => {
	if (!isLoading(now) || isLoading(before)) return undefined;
	const done = track?.lastGood?.info?.loadingPercent;
	return { kind: 'loading', text: done === undefined ? 'loading' : `loading, ${percent(done / 100)} done` };
};

const changedRole: Teller = ({ before, now }) => {
	if (now.isGone || before.role === undefined || now.role === undefined || before.role === now.role)
		return undefined;
	if (now.role === 'replica') {
		const primary = now.primary ?? now.replicates;
		const of = primary === undefined ? '' : ` of ${primary}`;
		return { kind: 'demoted', severity: 'warn', text: `demoted to replica${of}` };
	}
	const shard = now.shard === undefined ? '' : ` of shard ${now.shard}`;
	const hasNewEpoch = now.epoch !== undefined && now.epoch !== before.epoch;
	return {
		kind: 'promoted',
		severity: 'warn',
		text: `promoted to primary${shard}${hasNewEpoch ? `, epoch ${now.epoch}` : ''}`,
	};
};

const disappeared: Teller = ({ before, now, track }) =>
	now.isGone && !before.isGone
		? { kind: 'node-gone', text: track?.gone?.text ?? 'no other node names it any more' }
		: undefined;

const reappeared: Teller = ({ before, now }) =>
	before.isGone && !now.isGone ? { kind: 'node-added', text: 'named again' } : undefined;

const savedOrFailed: Teller = change => {
	const was = change.trackBefore?.lastGood?.info;
	const is = change.track?.lastGood?.info;
	if (!was || !is || changeOf(change) !== undefined) return undefined;
	if (is.lastSaveStatus === 'err' && was.lastSaveStatus !== undefined && was.lastSaveStatus !== 'err')
		return { kind: 'save-failed', severity: 'warn', text: 'rdb save failed' };
	const hasSaved =
		was.lastSaveAt !== undefined && is.lastSaveAt !== undefined && is.lastSaveAt > was.lastSaveAt;
	if (!hasSaved || is.lastSaveStatus === 'err') return undefined;
	// Whole seconds: a save of under one is told as 0.
	const took =
		is.lastSaveSeconds === undefined
			? ''
			: ` in ${is.lastSaveSeconds < 1 ? '<1s' : duration(is.lastSaveSeconds)}`;
	const fork = is.lastForkMicroseconds ? `, fork ${duration(is.lastForkMicroseconds / 1e6)}` : '';
	return { kind: 'saved', text: `rdb saved${took}${fork}` };
};

const slowCommands: Teller = ({ trackBefore, track }) => {
	const last = numberBefore(trackBefore, track);
	// Without an id from before, all that is in the log was there when we came.
	if (last === undefined || !track || (track.slowlogLastId ?? -1) <= last) return undefined;
	const known = track.slowlog.filter(entry => entry.id > last);
	const read = known.filter(entry => !isOwnEntry(entry));
	const slowest = read.reduce<SlowlogEntry | undefined>(
		(worst, entry) => (!worst || entry.microseconds > worst.microseconds ? entry : worst),
		undefined,
	);
	if (!slowest) return undefined;
	// Ids count all of them; only the newest were read, and of those our own do not count.
	const added = track.slowlogLastId! - last - (known.length - read.length);
	const some = read.length === 1 ? ', the last' : `, slowest of the last ${read.length}`;
	const of = added === 1 ? '' : read.length < added ? some : ', slowest';
	const command = `${commandText(slowest.args)} ${duration(slowest.microseconds / 1e6)}`;
	return { kind: 'slowlog', text: `slowlog +${added}${of}: ${command}` };
};

function numberBefore(before: NodeTrack | undefined, now: NodeTrack | undefined): number | undefined {
	const from = now?.lastGood && numberedFrom(before?.lastGood, now.lastGood);
	return from === 'same' ? before?.slowlogLastId : from;
}

const longestCommand = 60;

/** Whole arguments are cut before they are quoted: an argument may be many megabytes, and nobody reads the rest. */
function commandText(args: readonly string[]): string {
	const text = args.map(argument => printable(argument.slice(0, longestCommand))).join(' ');
	const characters = Array.from(text);
	return characters.length <= longestCommand
		? text
		: `${characters.slice(0, longestCommand - 3).join('')}...`;
}

const tellers: readonly Teller[] = [
	wentSilent,
	disappeared,
	reappeared,
	beganLoading,
	cameBack,
	restarted,
	changedRole,
	savedOrFailed,
	slowCommands,
];

/** Everything that changed on one node, in the order it is told. */
export function findNodeEvents(change: NodeChange): FleetEvent[] {
	const { now, at } = change;
	const told = tellers.flatMap(teller => teller(change) ?? []);
	return [...told, ...configChanges(change.trackBefore, change.track)].map(each => ({
		at,
		node: now.address,
		shard: now.shard,
		...each,
	}));
}

/** Sentinels are no data nodes: of them only silence and return are told. */
export function findSentinelNodeEvents(
	before: Fleet,
	now: Fleet,
	tracksBefore: Tracks,
	at: number,
): FleetEvent[] {
	const known = new Map(before.sentinel?.sentinels.map(sentinel => [sentinel.node, sentinel]));
	return (now.sentinel?.sentinels ?? []).flatMap(({ node, error, health, isSeenWell }) => {
		const old = known.get(node);
		if (!old) return [];
		const change = {
			before: bare(node, old),
			now: bare(node, { error, health, isSeenWell }),
			trackBefore: tracksBefore.get(node),
			at,
		};
		const told = wentSilent(change) ?? cameBackSentinel(change);
		return told ? [{ at, node, ...told }] : [];
	});
}

type Tracks = ReadonlyMap<string, NodeTrack>;

const cameBackSentinel: Teller = change => (isSilent(change.before) ? cameBack(change) : undefined);

/** As much of a node as the tellers of silence look at. */
const bare = (
	address: string,
	{ error, health, isSeenWell }: Pick<RedisNode, 'error' | 'health' | 'isSeenWell'>,
) => ({ address, error, health, isSeenWell, isGone: false, since: 0 }) as RedisNode;
