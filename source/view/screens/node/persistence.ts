// The part of the node screen about persistence: the last snapshot, the append-only file, what a fork costs, and what
// would be lost if the node had to start from its own files now.

import type {
	AofState,
	Fork,
	Loss,
	PersistenceState,
	SnapshotState,
} from '../../../core/node/persistence-state.ts';
import { bytes, duration, percent } from '../../../core/text/quantity.ts';
import type { Line } from '../../theme.ts';
import type { NodeFacts } from './facts.ts';
import { fact, type Page, sentences, stacked, titled } from './lines.ts';
import { microseconds } from './words.ts';

export function persistenceLines({ persistence, info }: NodeFacts, page: Page): readonly Line[] {
	if (!persistence) return [];
	const { snapshot, aof, fork, loss } = persistence;
	return stacked(
		[titled('WHAT WOULD BE LOST NOW'), ...sentences(lossWords(loss, persistence), page, false)],
		snapshotLines(page, snapshot),
		aofLines(page, aof),
		forkLines(page, fork, info?.rssBytes),
	);
}

/** In a sentence: what a restart from this node's own files would lose. */
export function lossWords(loss: Loss, { aof }: PersistenceState): string {
	const failing = loss.isFailing ? ' The last write or save failed: it grows until one succeeds.' : '';
	const changes = loss.changes === undefined ? '' : `, ${loss.changes} changes`;
	switch (loss.restoresFrom) {
		case 'aof': {
			const policy = aof.policy === undefined ? '' : ` (appendfsync ${aof.policy})`;
			if (loss.seconds === undefined)
				return `If the machine dies, what the kernel had not written yet, up to about 30s${policy}; if the process dies, next to nothing.${failing}`;
			if (loss.seconds === 0) return `Nothing that was acknowledged${policy}.${failing}`;
			return `If the machine dies, at most ${duration(loss.seconds)} of writes${policy}; if the process dies, next to nothing.${failing}`;
		}
		case 'snapshot':
			return `Everything since the last snapshot: ${duration(loss.seconds ?? 0)}${changes}.${failing}`;
		case 'nothing':
			return `Everything: it never saves (no save points, no AOF)${changes}.`;
		case 'unknown':
			return `Not known: whether it saves stands in its settings (+config|get)${changes}.`;
	}
}

function snapshotLines(page: Page, snapshot: SnapshotState): readonly Line[] {
	const { agoSeconds, running, points, changesSince } = snapshot;
	const took =
		snapshot.seconds === undefined || agoSeconds === undefined
			? undefined
			: `took ${duration(snapshot.seconds)}`;
	const progress = running
		? [running.share === undefined ? 'saving' : `saving, ${percent(running.share)}`]
		: [];
	const told = points?.map(point => `${point.changes} changes in ${duration(point.seconds)}`).join(', ');
	return [
		titled('SNAPSHOT (RDB)', progress.join('')),
		fact(
			page,
			'last',
			agoSeconds === undefined ? 'none since the start' : `${duration(agoSeconds)} ago`,
			took,
		),
		fact(
			...([page, 'status', snapshot.status] as const),
			(snapshot.failures ?? 0) > 1 ? `${snapshot.failures} failed one after the other` : undefined,
			snapshot.status === 'err' ? 'crit' : undefined,
		),
		fact(page, 'changes since', changesSince === undefined ? undefined : String(changesSince)),
		fact(page, 'saves after', told === '' ? 'never by itself' : told),
	];
}

function aofLines(page: Page, aof: AofState): readonly Line[] {
	if (!aof.isEnabled) return [titled('APPEND-ONLY FILE', aof.isEnabled === false ? 'off' : 'not told')];
	const size = aof.sizeBytes === undefined ? undefined : bytes(aof.sizeBytes);
	const base = aof.baseBytes === undefined ? undefined : `${bytes(aof.baseBytes)} at the last rewrite`;
	const grown = aof.growth === undefined ? '' : `, ${aof.growth.toFixed(1)} times that now`;
	const rewriting = aof.isRewriting
		? `rewriting${aof.rewritingSeconds === undefined ? '' : ` for ${duration(aof.rewritingSeconds)}`}`
		: undefined;
	const isBad = aof.writeStatus === 'err' || aof.rewriteStatus === 'err';
	return [
		titled('APPEND-ONLY FILE', rewriting ?? 'on'),
		fact(page, 'appendfsync', aof.policy),
		fact(
			...([page, 'status', `write ${aof.writeStatus ?? '-'}, rewrite ${aof.rewriteStatus ?? '-'}`] as const),
			...([undefined, isBad ? 'crit' : undefined] as const),
		),
		fact(page, 'size', size, base === undefined ? undefined : `${base}${grown}`),
		fact(
			page,
			'delayed',
			aof.delayedFsyncs === undefined ? undefined : String(aof.delayedFsyncs),
			`writes waited for the disk; ${aof.pendingFsyncs ?? '-'} fsyncs pending`,
		),
	];
}

function forkLines(page: Page, fork: Fork, rss: number | undefined): readonly Line[] {
	const each = fork.microsecondsPerGigabyte;
	const known = (value: number | undefined) => (value ? bytes(value) : undefined);
	const now =
		fork.cowNowBytes === undefined
			? []
			: [fact(page, 'copied now', bytes(fork.cowNowBytes), 'by the child that runs')];
	return [
		titled('FORK'),
		fact(
			page,
			'last',
			fork.microseconds === undefined ? 'none' : microseconds(fork.microseconds),
			each === undefined ? undefined : `blocks the server, ${microseconds(each)} per GB`,
		),
		...now,
		fact(page, 'copy on write', known(fork.cowLastSaveBytes), 'of the last save; it may grow to all of rss'),
		fact(page, 'of a rewrite', known(fork.cowLastRewriteBytes)),
		...(rss === undefined ? [] : [fact(page, 'rss', bytes(rss))]),
	];
}

/** For the head of the screen: `aof everysec ok`, `rdb 6m ago, 8.2s`. */
export function persistenceInBrief(state: PersistenceState | undefined): readonly string[] {
	if (!state) return [];
	const { aof, snapshot } = state;
	const policy = aof.policy === undefined ? '' : ` ${aof.policy}`;
	const isOff = aof.isEnabled === false ? 'aof off' : 'aof -';
	return [aof.isEnabled ? `aof${policy} ${aof.writeStatus ?? ''}`.trimEnd() : isOff, rdbInBrief(snapshot)];
}

function rdbInBrief({ agoSeconds, seconds, points }: SnapshotState): string {
	const took = seconds === undefined ? '' : `, ${duration(seconds)}`;
	if (agoSeconds !== undefined) return `rdb ${duration(agoSeconds)} ago${took}`;
	// None since the start: whether one will come stands in its settings alone.
	if (points === undefined) return 'rdb -';
	return points.length === 0 ? 'rdb off' : 'rdb not yet';
}
