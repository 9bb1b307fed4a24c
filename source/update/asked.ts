// In a recording: what was asked for beside the polling, put where it stood then, as if it had been asked for here.
// Nothing is sent by it. The screen stays where whoever plays the recording has it.

import { addHotSample } from '../core/compare/hot-samples.ts';
import type { HotKeysResult, HotKeysStatus } from '../core/keys/hot-keys.ts';
import type { Ladder } from '../core/keys/hot-ladder.ts';
import {
	type Asked,
	type AskedLook,
	type AskedScan,
	type AskedWatch,
	looksTold,
	scansTold,
	watchesTold,
} from '../state/asked.ts';
import { nodesBefore } from '../state/key-scope.ts';
import {
	type BigKeysState,
	type BigKeysTrack,
	type HotKeysState,
	type HotKeysTrack,
	isSameScope,
	type KeyScope,
	type OpenKey,
} from '../state/key-screens.ts';
import type { State } from '../state/state.ts';
import { keyId } from '../view/screens/hot-keys/rows.ts';

export function takeAsked(state: State, asked: Asked): State {
	let next = state;
	for (const scan of asked.scans?.toReversed() ?? []) next = takeScan(next, scan);
	for (const watch of asked.watches?.toReversed() ?? []) next = takeWatch(next, watch);
	for (const look of asked.looks ?? []) next = takeLook(next, look);
	if (asked.closed) next = withoutOpen(next, asked.closed);
	return { ...next, ...placeOf(next, asked), ...(asked.changes && { changes: asked.changes }) };
}

/** Before another moment is gone to: what came later is not known there. */
export const withoutAsked = (state: State): State => ({
	...state,
	...{ looks: undefined, changes: undefined },
	bigKeys: state.bigKeys && { ...state.bigKeys, scans: [], open: undefined, confirm: undefined },
	hotKeys: state.hotKeys && { ...state.hotKeys, watches: [], open: undefined, confirm: undefined },
});

/** Where whoever recorded it had opened a runbook: opened here, it is that one, begun when that was. */
function placeOf({ screen, runbook }: State, { runbook: told }: Asked): Pick<State, 'runbook'> {
	return told && screen !== 'runbook' ? { runbook: { ...told, step: 0, top: 0 } } : { runbook };
}

/** The screen is as it was then, where whoever plays the recording does not look at it just now. */
function lookedAt(
	state: State,
	screen: 'big-keys' | 'hot-keys',
	now: KeyScope,
	scope: KeyScope,
): Partial<Pick<BigKeysState & HotKeysState, 'scope' | 'open' | 'cursor' | 'top'>> {
	return state.screen === screen || isSameScope(now, scope)
		? {}
		: { scope, open: undefined, cursor: undefined, top: 0 };
}

// ---------------------------------------------------------------------------------------------------------
// Scans

const bigOf = (state: State, scope: KeyScope): BigKeysState =>
	state.bigKeys ?? { scope, view: 'bytes', top: 0, scans: [] };

function takeScan(state: State, told: AskedScan): State {
	const known = state.bigKeys?.scans.find(({ id }) => id === told.id);
	if (!known) return begunScan(state, told);
	const scans = state.bigKeys!.scans.map(scan => (scan === known ? { ...scan, ...told } : scan));
	return { ...state, bigKeys: { ...state.bigKeys!, scans } };
}

/** A scan is told at once: what is older was begun before what is played. */
const begunMilliseconds = 2000;

function begunScan(
	state: State,
	{ id, scope, startedAt = state.at, isExact = false, ...told }: AskedScan,
): State {
	// The line that began it is not there.
	if (!scope) return state;
	const scan: BigKeysTrack = {
		...{ id, scope, startedAt, isExact, isOver: false, ...told },
		// Of one that began before the key frame it is not known how the nodes were then.
		...(!told.isOver && state.at - startedAt < begunMilliseconds && { before: nodesBefore(state, scope) }),
	};
	const big = bigOf(state, scope);
	const others = big.scans.filter(one => !isSameScope(one.scope, scope));
	const scans = [scan, ...others].slice(0, scansTold);
	return { ...state, bigKeys: { ...big, ...lookedAt(state, 'big-keys', big.scope, scope), scans } };
}

// ---------------------------------------------------------------------------------------------------------
// Watches

const hotOf = (state: State, scope: KeyScope): HotKeysState =>
	state.hotKeys ?? { scope, view: 'keys', top: 0, watches: [] };

function takeWatch(state: State, told: AskedWatch): State {
	const known = state.hotKeys?.watches.find(({ id }) => id === told.id);
	const scope = known?.scope ?? told.scope;
	if (!scope) return state;
	const before = known ?? begunWatch(state, told, scope);
	const status = statusOf(before.status, told);
	const watch: HotKeysTrack = { ...before, status, result: told.result ?? before.result };
	const hot = hotOf(state, scope);
	const watches = known
		? hot.watches.map(one => (one === known ? watch : one))
		: [watch, ...hot.watches.filter(one => !isSameScope(one.scope, scope))].slice(0, watchesTold);
	const at = known ? {} : lookedAt(state, 'hot-keys', hot.scope, scope);
	return withHotSample({ ...state, hotKeys: { ...hot, ...at, watches } }, scope, told.result);
}

/** What the one before it of its scope had found stays until it has found something. */
function begunWatch(state: State, { id, nodes = [] }: AskedWatch, scope: KeyScope): HotKeysTrack {
	const before = state.hotKeys?.watches.find(one => isSameScope(one.scope, scope));
	return { id, scope, nodes, result: before?.result };
}

function statusOf(before: HotKeysStatus | undefined, told: AskedWatch): HotKeysStatus | undefined {
	const { ladders, loads = [], windows, result } = told;
	if (!before && !ladders && !windows && !result) return undefined;
	return {
		ladders: withLoads(withLadders(before?.ladders ?? [], ladders ?? []), loads),
		...(windows ?? { sampling: before?.sampling, repeating: before?.repeating }),
		result: result ?? before?.result,
		// Its readings have it already.
		own: new Map(),
	};
}

/** In the order of those that were there. */
function withLadders(before: readonly Ladder[], told: readonly Ladder[]): readonly Ladder[] {
	const ladders = new Map(before.map(ladder => [ladder.node, ladder]));
	for (const ladder of told) ladders.set(ladder.node, ladder);
	return [...ladders.values()];
}

function withLoads(ladders: readonly Ladder[], told: NonNullable<AskedWatch['loads']>): readonly Ladder[] {
	if (told.length === 0) return ladders;
	const loads = new Map(told.map(({ node, load }) => [node, load]));
	return ladders.map(ladder =>
		loads.has(ladder.node) ? { ...ladder, load: loads.get(ladder.node) } : ladder,
	);
}

/** What a window has told of hot keys is kept to be held against another one. */
export function withHotSample(
	state: State,
	{ fleet, primary = '' }: KeyScope,
	result?: HotKeysResult,
): State {
	if (!result) return state;
	const fleets = state.fleets.map(one =>
		one.id === fleet ? { ...one, hotSamples: addHotSample(one.hotSamples ?? [], result, primary) } : one,
	);
	return { ...state, fleets };
}

// ---------------------------------------------------------------------------------------------------------
// Keys that were opened

function takeLook(state: State, told: AskedLook): State {
	const { screen, scope, ...open } = told;
	const looks = [...(state.looks ?? []).filter(one => !isOfKey(one, told)), told].slice(-looksTold);
	const next = { ...state, looks };
	if (screen === 'big-keys') {
		const big = bigOf(state, scope);
		const at = { ...big, ...lookedAt(state, screen, big.scope, scope) };
		return isSameScope(at.scope, scope) ? { ...next, bigKeys: { ...at, open } } : next;
	}
	const hot = hotOf(state, scope);
	const at = { ...hot, ...lookedAt(state, screen, hot.scope, scope) };
	if (!isSameScope(at.scope, scope)) return next;
	// Shown under the cursor: there, where nobody has moved it.
	return { ...next, hotKeys: { ...at, open, cursor: at.cursor ?? keyId(open.key) } };
}

function withoutOpen(state: State, closed: readonly number[]): State {
	const { bigKeys, hotKeys } = state;
	const isClosed = (open: OpenKey | undefined) => open !== undefined && closed.includes(open.id);
	return {
		...state,
		...(bigKeys && isClosed(bigKeys.open) && { bigKeys: { ...bigKeys, open: undefined } }),
		...(hotKeys && isClosed(hotKeys.open) && { hotKeys: { ...hotKeys, open: undefined } }),
	};
}

const isOfKey = (a: Pick<AskedLook, 'key'>, b: Pick<AskedLook, 'key'>): boolean =>
	a.key.key === b.key.key && a.key.node === b.key.node && a.key.db === b.key.db;

export const notLookedAt = 'this key was not looked at up to this moment of the recording';

/** The newest look at a key that the recording has up to here. */
export const lookInRecording = (state: State, key: AskedLook['key']): AskedLook | undefined =>
	state.looks?.findLast(look => isOfKey(look, { key }));
