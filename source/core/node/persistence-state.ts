// What of a node is on its disk: the last snapshot, the append-only file, what saving costs, and what would be lost if it
// had to start again from there now. Facts only; whether they are bad is for findings and runbooks.
// INFO does not tell how often it saves and syncs: `save` and `appendfsync` come from CONFIG GET, and are unknown without.
// It looks at one node: a replica that takes over loses less, and what is lost then is a question of its lag.

import type { InfoDetails } from '../info.ts';
import type { Info } from '../types.ts';

export type PersistenceState = {
	readonly snapshot: SnapshotState;
	readonly aof: AofState;
	readonly fork: Fork;
	readonly loss: Loss;
};

export type SnapshotState = {
	/** When it was complete, epoch ms. Undefined when there was none since the start: the server then names its start. */
	readonly at?: number;
	readonly agoSeconds?: number;
	/** `ok` or `err`: of the last one that was tried. */
	readonly status?: string;
	/** Up to now, one after the other (Redis 8.6). */
	readonly failures?: number;
	/** How long the last one took. */
	readonly seconds?: number;
	readonly changesSince?: number;
	/** When it saves by itself; undefined when CONFIG GET is not allowed, empty when it never does. */
	readonly points?: readonly SavePoint[];
	readonly running?: SaveProgress;
};

/** Saves after so many seconds if there were so many changes. */
export type SavePoint = { readonly seconds: number; readonly changes: number };

export type SaveProgress = {
	readonly seconds?: number;
	/** 0..1 by keys (7.0 and later). */
	readonly share?: number;
};

export type AofState = {
	readonly isEnabled?: boolean;
	/** appendfsync: `always`, `everysec`, `no`. */
	readonly policy?: string;
	readonly writeStatus?: string;
	readonly rewriteStatus?: string;
	readonly isRewriting?: boolean;
	readonly rewritingSeconds?: number;
	readonly lastRewriteSeconds?: number;
	readonly sizeBytes?: number;
	/** At the last rewrite, or the start. */
	readonly baseBytes?: number;
	/** Size against base: 2 is twice as large; undefined while the base is empty. */
	readonly growth?: number;
	/** Since the start or a reset: writes that waited for a slow disk. */
	readonly delayedFsyncs?: number;
	readonly pendingFsyncs?: number;
};

export type Fork = {
	/** Of the last one; undefined when there was none. */
	readonly microseconds?: number;
	/** The parent is stopped for that long for each GB it holds now. */
	readonly microsecondsPerGigabyte?: number;
	/** Copied on write so far by the child that is running; undefined when none is. */
	readonly cowNowBytes?: number;
	readonly cowNowAgeSeconds?: number;
	readonly cowLastSaveBytes?: number;
	readonly cowLastRewriteBytes?: number;
};

/**
 * What a restart from this node's own files would lose.
 * `aof`: at most `seconds` of writes if the machine dies (undefined where the policy is not known, or leaves it to the
 * kernel: about 30 s); a process that dies alone loses what it had not written yet, usually nothing.
 * `snapshot`: everything since it began, `seconds` ago. `nothing`: everything, for it never saves. Both with `changes`.
 */
export type Loss = {
	readonly restoresFrom: 'aof' | 'snapshot' | 'nothing' | 'unknown';
	readonly seconds?: number;
	readonly changes?: number;
	/** The last write or save failed: the loss grows until one succeeds. */
	readonly isFailing: boolean;
};

export type PersistenceReading = {
	readonly info: Info;
	readonly details?: InfoDetails;
	/** Of CONFIG GET: `save` and `appendfsync`. */
	readonly config?: Readonly<Record<string, string>>;
	/** When INFO was read, epoch ms on our clock: used where the server does not tell its own (before 7.0). */
	readonly at: number;
};

export function persistenceStateOf(reading: PersistenceReading): PersistenceState {
	const snapshot = snapshotOf(reading);
	const aof = aofOf(reading);
	return { snapshot, aof, fork: forkOf(reading), loss: lossOf(snapshot, aof, reading) };
}

const nowOf = ({ info, at }: PersistenceReading) =>
	info.serverTimeMicroseconds === undefined ? at : info.serverTimeMicroseconds / 1000;

/** rdb_last_save_time is in whole seconds, and so is the uptime. */
const startToleranceMilliseconds = 2000;

/** A server that has just started calls that its last save: what it loaded is on its disk. */
export function hasSaved({ lastSaveAt, uptimeSeconds }: Info, now: number): boolean {
	if (lastSaveAt === undefined) return false;
	if (uptimeSeconds === undefined) return true;
	return lastSaveAt > now - uptimeSeconds * 1000 + startToleranceMilliseconds;
}

function snapshotOf(reading: PersistenceReading): SnapshotState {
	const { info, details, config } = reading;
	const at = hasSaved(info, nowOf(reading)) ? info.lastSaveAt : undefined;
	return {
		at,
		agoSeconds: at === undefined ? undefined : Math.max(0, (nowOf(reading) - at) / 1000),
		status: info.lastSaveStatus,
		...(info.failedSaves !== undefined && { failures: info.failedSaves }),
		seconds: info.lastSaveSeconds,
		changesSince: info.changesSinceSave,
		points: savePointsIn(config?.save),
		running: info.isSaving ? progressOf(details) : undefined,
	};
}

function progressOf(details: InfoDetails | undefined): SaveProgress {
	const { savedKeys, keysToSave, savingSeconds } = details ?? {};
	const share = keysToSave && savedKeys !== undefined ? Math.min(1, savedKeys / keysToSave) : undefined;
	return { seconds: savingSeconds, share };
}

/** `save` as CONFIG GET tells it, `900 1 300 10`; undefined where it is not known or not of that form. */
export function savePointsIn(value: string | undefined): SavePoint[] | undefined {
	if (value === undefined) return undefined;
	const words = value.split(' ').filter(word => word !== '');
	if (words.length % 2 !== 0 || !words.every(word => /^\d{1,15}$/.test(word))) return undefined;
	const numbers = words.map(Number);
	return Array.from({ length: numbers.length / 2 }, (_, index) => ({
		seconds: numbers[index * 2]!,
		changes: numbers[index * 2 + 1]!,
	}));
}

function aofOf({ info, details, config }: PersistenceReading): AofState {
	return {
		isEnabled: info.isAofEnabled,
		policy: config?.appendfsync,
		writeStatus: info.lastAofWriteStatus,
		rewriteStatus: info.lastAofRewriteStatus,
		isRewriting: info.isAofRewriting,
		rewritingSeconds: info.isAofRewriting ? details?.aofRewriteSeconds : undefined,
		lastRewriteSeconds: details?.lastAofRewriteSeconds,
		sizeBytes: info.aofSizeBytes,
		baseBytes: info.aofBaseBytes,
		growth: info.aofBaseBytes && info.aofSizeBytes ? info.aofSizeBytes / info.aofBaseBytes : undefined,
		delayedFsyncs: info.aofDelayedFsync,
		pendingFsyncs: details?.aofPendingFsyncs,
	};
}

const gigabyte = 1024 ** 3;
/** Under this much memory the fixed part of a fork is all that is seen. */
const telling = 64 * 1024 ** 2;

function forkOf({ info, details }: PersistenceReading): Fork {
	const microseconds = info.lastForkMicroseconds || undefined;
	const isForked = !!info.isSaving || !!info.isAofRewriting;
	const rss = info.rssBytes ?? 0;
	return {
		microseconds,
		microsecondsPerGigabyte:
			microseconds !== undefined && rss > telling ? (microseconds / rss) * gigabyte : undefined,
		cowNowBytes: isForked ? info.currentCowBytes : undefined,
		cowNowAgeSeconds: isForked ? details?.cowAgeSeconds : undefined,
		cowLastSaveBytes: info.lastSaveCowBytes,
		cowLastRewriteBytes: details?.lastAofCowBytes,
	};
}

/** A write waits for a slow fsync for two seconds at most, and then blocks. */
const worstSeconds: Readonly<Record<string, number>> = { always: 0, everysec: 2 };

function lossOf(snapshot: SnapshotState, aof: AofState, reading: PersistenceReading): Loss {
	if (aof.isEnabled) {
		const { policy = '' } = aof;
		const seconds = Object.hasOwn(worstSeconds, policy) ? worstSeconds[policy] : undefined;
		return { restoresFrom: 'aof', seconds, isFailing: aof.writeStatus === 'err' };
	}
	const changes = snapshot.changesSince;
	if (changes === undefined) return { restoresFrom: 'unknown', isFailing: false };
	const isFailing = snapshot.status === 'err';
	const sinceStart = reading.info.uptimeSeconds;
	// It holds what there was when it began, and its time is that of its end. How long it took is known of the last try.
	const took = isFailing ? 0 : (snapshot.seconds ?? 0);
	if (snapshot.agoSeconds !== undefined)
		return { restoresFrom: 'snapshot', seconds: snapshot.agoSeconds + took, changes, isFailing };
	// Nothing saved since the start: what it loaded then, if anything. Whether it will ever save is for the save points.
	if (snapshot.points === undefined)
		return { restoresFrom: 'unknown', seconds: sinceStart, changes, isFailing };
	const restoresFrom = snapshot.points.length === 0 ? 'nothing' : 'snapshot';
	return { restoresFrom, seconds: sinceStart, changes, isFailing };
}
