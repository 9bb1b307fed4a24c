// What is new of what was asked for beside the polling, message by message, for a recording. What is measured goes in at
// once where a scan or a window ends, begins or waits; how far it is, and what it has so far, now and then: a scan of an
// hour is not an hour of lists.

import type { BigKeysProgress } from '../../core/keys/big-keys.ts';
import type { HotKeysResult, HotKeysStatus } from '../../core/keys/hot-keys.ts';
import type { Ladder } from '../../core/keys/hot-ladder.ts';
import {
	type Asked,
	type AskedLook,
	type AskedScan,
	type AskedWatch,
	changesTold,
	looksTold,
	scansTold,
	watchesTold,
} from '../../state/asked.ts';
import type { BigKeysTrack, HotKeysTrack } from '../../state/key-screens.ts';
import { type RunbookState, recordedChange } from '../../state/runbook-screen.ts';
import type { State } from '../../state/state.ts';

export type AskedTeller = {
	/** What is new at `at` since the last call; undefined where nothing is that is worth a line. */
	readonly next: (state: State, at: number) => Asked | undefined;
	/** What waits to be told: before a key frame, so that whoever plays on through it has what the frame has. */
	readonly rest: (state: State, at: number) => Asked | undefined;
	/** All of it, for a key frame. */
	readonly all: (state: State) => Asked | undefined;
};

/** How far something is, and what it has so far. */
type Due = 'now-and-then' | 'at-once';

const progressMilliseconds = 1000;
const loadMilliseconds = 1000;
/** What a scan has so far: when it has read a tenth more, or after this long. */
const foundGrowth = 1.1;
const foundMilliseconds = 30_000;
/** What refreshes by itself: each time a little later, at most after this long. */
const resultStepMilliseconds = 2000;
const resultMilliseconds = 30_000;

export function createAskedTeller(): AskedTeller {
	const scans = new Map<number, ScanTold>();
	const watches = new Map<number, WatchTold>();
	const looks = new Map<AskedLook['screen'], AskedLook>();
	const opened: AskedLook[] = [];
	let runbook: RunbookState | undefined;

	const newLooks = (state: State): Pick<Asked, 'looks' | 'closed'> => {
		const open = openKeys(state);
		const closed = [...looks.values()].filter(look => !open.some(({ screen }) => screen === look.screen));
		for (const { screen } of closed) looks.delete(screen);
		const now = open.filter(look => !isSameLook(looks.get(look.screen), look));
		for (const look of now) {
			looks.set(look.screen, look);
			const at = opened.findIndex(one => isOfKey(one, look));
			if (at >= 0) opened.splice(at, 1);
			opened.push(look);
			if (opened.length > looksTold) opened.shift();
		}
		return {
			...some('looks', now),
			...some(
				'closed',
				closed.map(({ id }) => id),
			),
		};
	};

	const newRunbook = (state: State): Asked['runbook'] => {
		const now = state.runbook;
		const isSame =
			now?.fleet === runbook?.fleet && now?.address === runbook?.address && now?.runbook === runbook?.runbook;
		runbook = now;
		return isSame ? undefined : placeOf(now);
	};

	const news = (state: State, at: number, due: Due): Asked | undefined => {
		const told: Asked = {
			at,
			...some(
				'scans',
				newestScans(state).flatMap(track => newOfScan(scans, track, at, due) ?? []),
			),
			...some(
				'watches',
				newestWatches(state).flatMap(track => newOfWatch(watches, track, at, due) ?? []),
			),
			...newLooks(state),
		};
		const place = newRunbook(state);
		const all = place ? { ...told, runbook: place } : told;
		return Object.keys(all).length > 1 ? all : undefined;
	};

	return {
		next: (state, at) => news(state, at, 'now-and-then'),
		rest: (state, at) => news(state, at, 'at-once'),
		all(state) {
			const { at } = state;
			const told: Asked = {
				at,
				...some('scans', newestScans(state).map(wholeScan)),
				...some('watches', newestWatches(state).map(wholeWatch)),
				...some('looks', opened),
				...some(
					'closed',
					opened.filter(({ id, screen }) => looks.get(screen)?.id !== id).map(({ id }) => id),
				),
				...(state.runbook && { runbook: placeOf(state.runbook) }),
				...some('changes', (state.changes ?? []).slice(-changesTold).map(recordedChange)),
			};
			return Object.keys(told).length > 1 ? told : undefined;
		},
	};
}

const some = <Name extends string, T>(name: Name, list: readonly T[]) =>
	list.length === 0 ? {} : ({ [name]: list } as { readonly [N in Name]: readonly T[] });

const none = [] as const;

// ---------------------------------------------------------------------------------------------------------
// Scans

type ScanTold = {
	readonly track: BigKeysTrack;
	readonly progressAt: number;
	readonly foundAt: number;
	readonly scanned: number;
};

const newestScans = ({ bigKeys }: State): readonly BigKeysTrack[] =>
	bigKeys === undefined ? none : bigKeys.scans.slice(0, scansTold);

function wholeScan({ before: _, ...scan }: BigKeysTrack): AskedScan {
	return scan;
}

function newOfScan(
	known: Map<number, ScanTold>,
	track: BigKeysTrack,
	at: number,
	due: Due,
): AskedScan | undefined {
	const told = known.get(track.id);
	if (told?.track === track) return undefined;
	const isEnd = track.isOver && told?.track.isOver !== true;
	const isFirst = told === undefined;
	const hasProgress = isFirst || isEnd || isProgressDue(told, track, at, due);
	const hasFound = isFirst || isEnd || isFoundDue(told, track, at, due);
	if (!hasProgress && !hasFound) return undefined;
	known.set(track.id, {
		// What was left out is still new at the next call.
		track: {
			...track,
			...(!hasFound && { found: told.track.found }),
			...(!hasProgress && { progress: told.track.progress }),
		},
		progressAt: hasProgress ? at : told.progressAt,
		foundAt: hasFound ? at : told.foundAt,
		scanned: hasFound ? (track.found?.scanned ?? 0) : told.scanned,
	});
	if (isFirst) return wholeScan(track);
	return {
		id: track.id,
		...(hasProgress && track.progress && { progress: track.progress }),
		...(hasFound && track.found && { found: track.found }),
		...(isEnd && { isOver: true, endedAt: track.endedAt }),
	};
}

const isProgressDue = (
	{ track: before, progressAt }: ScanTold,
	{ progress }: BigKeysTrack,
	at: number,
	due: Due,
) =>
	progress !== undefined &&
	progress !== before.progress &&
	(due === 'at-once' ||
		at - progressAt >= progressMilliseconds ||
		standsOf(progress) !== standsOf(before.progress));

/** What is told at once: that a node waits, and why. */
const standsOf = (progress: BigKeysProgress | undefined): string =>
	progress === undefined
		? ''
		: [progress.state, ...progress.nodes.flatMap(({ state, reason = '' }) => [state, reason])].join('\n');

const isFoundDue = (
	{ track: before, foundAt, scanned }: ScanTold,
	{ found }: BigKeysTrack,
	at: number,
	due: Due,
) =>
	found !== undefined &&
	found !== before.found &&
	(due === 'at-once' || found.scanned >= scanned * foundGrowth || at - foundAt >= foundMilliseconds);

// ---------------------------------------------------------------------------------------------------------
// Watches

type WatchTold = {
	readonly status: HotKeysStatus | undefined;
	readonly ladders: ReadonlyMap<string, Ladder>;
	readonly loadsAt: number;
	readonly windows: AskedWatch['windows'];
	readonly windowsAt: number;
	readonly result: HotKeysResult | undefined;
	readonly resultAt: number;
	readonly results: number;
};

const noWatch: WatchTold = {
	...{ status: undefined, ladders: new Map(), loadsAt: Number.NEGATIVE_INFINITY },
	...{ windows: undefined, windowsAt: Number.NEGATIVE_INFINITY },
	...{ result: undefined, resultAt: Number.NEGATIVE_INFINITY, results: 0 },
};

const newestWatches = ({ hotKeys }: State): readonly HotKeysTrack[] =>
	hotKeys === undefined ? none : hotKeys.watches.slice(0, watchesTold);

function wholeWatch({ id, scope, nodes, status, result }: HotKeysTrack): AskedWatch {
	return {
		...{ id, scope, nodes, ladders: status?.ladders, windows: windowsOf(status) },
		...(result && { result }),
	};
}

function newOfWatch(
	known: Map<number, WatchTold>,
	track: HotKeysTrack,
	at: number,
	due: Due,
): AskedWatch | undefined {
	const { id, scope, nodes, status, result } = track;
	const told = known.get(id) ?? noWatch;
	const isFirst = !known.has(id);
	if (!isFirst && status === told.status && result === told.result) return undefined;
	const ladders = newLadders(told, status);
	const loads = newLoads(told, status, ladders, at, due);
	const windows = newWindows(told, status, at, due);
	const hasResult = result !== undefined && result !== told.result && isResultDue(told, result, at, due);
	const isAll = isNothingLeft(told, status, [...ladders, ...loads], windows);
	known.set(id, {
		status: isAll ? status : told.status,
		ladders: new Map([...told.ladders, ...[...ladders, ...loads].map(one => [one.node, one] as const)]),
		loadsAt: loads.length > 0 ? at : told.loadsAt,
		windows: windows ?? told.windows,
		windowsAt: windows ? at : told.windowsAt,
		...(hasResult
			? { result, resultAt: at, results: told.results + 1 }
			: { result: told.result, resultAt: told.resultAt, results: told.results }),
	});
	const isNew = isFirst || ladders.length > 0 || loads.length > 0 || windows !== undefined || hasResult;
	if (!isNew) return undefined;
	return {
		id,
		...(isFirst && { scope, nodes }),
		...some('ladders', ladders),
		...some(
			'loads',
			loads.map(({ node, load }) => ({ node, load })),
		),
		...(windows && { windows }),
		...(hasResult && { result }),
	};
}

const windowsOf = (status: HotKeysStatus | undefined): AskedWatch['windows'] =>
	status && { sampling: status.sampling, repeating: status.repeating };

/** Which ways a node has: at once. */
function newLadders({ ladders }: WatchTold, status: HotKeysStatus | undefined): readonly Ladder[] {
	return (status?.ladders ?? none).filter(ladder => {
		const before = ladders.get(ladder.node);
		return ladder !== before && (!before || !isSameWays(before, ladder));
	});
}

/** How busy the others are: now and then. */
function newLoads(
	{ ladders, loadsAt }: WatchTold,
	status: HotKeysStatus | undefined,
	others: readonly Ladder[],
	at: number,
	due: Due,
): readonly Ladder[] {
	if (due !== 'at-once' && at - loadsAt < loadMilliseconds) return none;
	return (status?.ladders ?? none).filter(
		ladder => ladder !== ladders.get(ladder.node) && !others.includes(ladder),
	);
}

const isSameWays = (a: Ladder, b: Ladder): boolean =>
	a.used === b.used &&
	a.isBusy === b.isBusy &&
	a.isIdle === b.isIdle &&
	(a.rungs === b.rungs || JSON.stringify(a.rungs) === JSON.stringify(b.rungs));

/** That a window opens or ends at once; what it has seen so far now and then. */
function newWindows(
	{ windows: before, windowsAt }: WatchTold,
	status: HotKeysStatus | undefined,
	at: number,
	due: Due,
): AskedWatch['windows'] {
	const now = windowsOf(status);
	if (now === undefined) return undefined;
	const isSame = before?.sampling === now.sampling && before?.repeating === now.repeating;
	if (before && isSame) return undefined;
	const isOther =
		before === undefined ||
		before.sampling?.since !== now.sampling?.since ||
		(before.repeating === undefined) !== (now.repeating === undefined);
	return isOther || due === 'at-once' || at - windowsAt >= progressMilliseconds ? now : undefined;
}

function isResultDue(
	{ result: before, resultAt, results }: WatchTold,
	result: HotKeysResult,
	at: number,
	due: Due,
): boolean {
	const goesOn = result.nodes.some(({ endedBy }) => endedBy === 'going-on');
	if (before === undefined) return true;
	const isOther = before.at !== result.at || before.nodes.length !== result.nodes.length;
	if (!goesOn && (isOther || described(result) > described(before))) return true;
	// One that has ended is put together anew each time: told again is what else became known of its keys.
	const isTime =
		due === 'at-once' || at - resultAt >= Math.min(resultMilliseconds, results * resultStepMilliseconds);
	return isTime && (isOther || JSON.stringify(before) !== JSON.stringify(result));
}

/** How many of its keys have been looked at: in a few goes, soon after a window has ended. */
const described = ({ keys }: HotKeysResult): number =>
	keys.filter(({ exists }) => exists !== undefined).length;

/** What waits for its time is looked at again. */
function isNothingLeft(
	told: WatchTold,
	status: HotKeysStatus | undefined,
	ladders: readonly Ladder[],
	windows: AskedWatch['windows'],
): boolean {
	if (status === undefined) return true;
	const isLadderLeft = status.ladders.some(
		ladder => told.ladders.get(ladder.node) !== ladder && !ladders.includes(ladder),
	);
	const { sampling, repeating } = windows ?? told.windows ?? {};
	return !isLadderLeft && sampling === status.sampling && repeating === status.repeating;
}

// ---------------------------------------------------------------------------------------------------------
// Keys that were opened, runbooks

function openKeys({ bigKeys, hotKeys }: State): readonly AskedLook[] {
	const big = bigKeys?.open && { ...bigKeys.open, screen: 'big-keys' as const, scope: bigKeys.scope };
	const hot = hotKeys?.open && { ...hotKeys.open, screen: 'hot-keys' as const, scope: hotKeys.scope };
	return [...(big ? [big] : none), ...(hot ? [hot] : none)];
}

const isSameLook = (a: AskedLook | undefined, b: AskedLook): boolean => a?.id === b.id && a.look === b.look;

const isOfKey = (a: AskedLook, b: AskedLook): boolean =>
	a.screen === b.screen && a.key.key === b.key.key && a.key.node === b.key.node && a.key.db === b.key.db;

const placeOf = (place: RunbookState | undefined): Asked['runbook'] =>
	place && {
		fleet: place.fleet,
		address: place.address,
		runbook: place.runbook,
		startedAt: place.startedAt,
	};
