// The screen of big keys: what its keys do, and what a scan's messages change. A scan belongs to a scope (the fleet or
// a shard), goes on when the screen is left, and what it found stays until the next one of that scope. Opening the
// screen sends nothing; `s` does, `t` only at the second press, and so does `s` where a result would be lost by mistake.

import type { BigKeysResult } from '../core/keys/big-keys.ts';
import { printableText } from '../core/text/printable.ts';
import { count, duration } from '../core/text/quantity.ts';
import { isTrackingKeys } from '../state/hot-keys-found.ts';
import {
	fleetOf,
	isOverlapping,
	nodesBefore,
	scopeBeside,
	shardName,
	targetsOf,
} from '../state/key-scope.ts';
import {
	type BigKeysState,
	type BigKeysTrack,
	bigKeysViews,
	type KeyScope,
	nextId,
} from '../state/key-screens.ts';
import { scanOfRunbook } from '../state/runbook-input.ts';
import type { Message, State, Step } from '../state/state.ts';
import type { BigKeysCommand } from '../view/screens/big-keys/keys.ts';
import {
	bigKeysLayout,
	bigKeysRows,
	bigKeysTop,
	costAhead,
	cursorIndex,
	runningScans,
	scanOfScope,
	scanOnScreen,
} from '../view/screens/big-keys/rows.ts';
import { scopeUnderCursor } from '../view/screens/fleet/rows.ts';
import type { ScreenActs } from './acts.ts';
import { copyName, openKey, readElements, withBig } from './big-key.ts';
import { askedAt, confirmMilliseconds, pressOf } from './confirm.ts';
import { movedTo, turned } from './move.ts';
import { say } from './toast.ts';

/** Sooner after its end `s` was meant to stop the scan. */
const justOverMilliseconds = 2000;
/** What took longer to find is not thrown away by one press. */
const longSeconds = 10;
/** Scans remembered: one of each scope, and this many at most. */
const scansKept = 32;

// ---------------------------------------------------------------------------------------------------------
// Coming

/** Opens the screen, for the whole fleet under the cursor or for its shard. What was found before is still there. */
export function openBigKeys(state: State, reach: 'fleet' | 'shard'): Step {
	const before = state.bigKeys;
	const scope = scopeToOpen(state, reach);
	const isScanned = before?.scans.some(scan => scan.scope.fleet === scope.fleet) === true;
	if (state.replay !== undefined && !isScanned)
		return [say(state, 'no keys were scanned up to this moment of the recording'), []];
	const isSame =
		before !== undefined && before.scope.fleet === scope.fleet && before.scope.primary === scope.primary;
	const bigKeys: BigKeysState = isSame
		? { ...before, confirm: undefined }
		: { scope, view: before?.view ?? 'bytes', top: 0, scans: before?.scans ?? [] };
	return [
		{ ...state, screen: 'big-keys', bigKeys, toast: undefined, paused: undefined, helpFrom: undefined },
		[],
	];
}

/** From elsewhere `5` comes back to a scan that is at work; on the screen itself it widens to the whole fleet. */
function scopeToOpen(state: State, reach: 'fleet' | 'shard'): KeyScope {
	if (reach === 'fleet' && state.screen === 'big-keys') return { fleet: state.bigKeys!.scope.fleet };
	const scope = scopeUnderCursor(state, reach);
	if (reach === 'shard') return scope;
	// What was looked at when it was recorded.
	if (state.replay && state.bigKeys?.scope.fleet === scope.fleet) return state.bigKeys.scope;
	return runningScans(state).find(scan => scan.scope.fleet === scope.fleet)?.scope ?? scope;
}

// ---------------------------------------------------------------------------------------------------------
// Keys

export const bigKeysActs: ScreenActs<BigKeysCommand> = {
	open: state => openBigKeys(state, 'fleet'),
	move: moveBy,
	page: state => bigKeysLayout(state).table - 1,
	acts: {
		'list-next': state => turnView(state, 1),
		'list-before': state => turnView(state, -1),
		'scope-after': state => turnScope(state, 1),
		'scope-before': state => turnScope(state, -1),
		scan: startOrStop,
		exact: startExact,
		'pause-scan': pauseOrResume,
		look: openKey,
		elements: readElements,
		copy: copyName,
		escape: closeKey,
		back: closeKey,
	},
};

function closeKey(state: State): State | undefined {
	return state.bigKeys?.open === undefined ? undefined : withBig(state, { open: undefined });
}

function moveBy(state: State, step: number): State {
	const rows = bigKeysRows(state);
	if (rows.length === 0) return state;
	const to = movedTo(cursorIndex(state, rows), step, rows.length);
	const moved = withBig(state, { cursor: rows[to]!.id });
	return withBig(moved, { top: bigKeysTop(moved, rows) });
}

function turnView(state: State, step: 1 | -1): State {
	return withBig(state, { view: turned(bigKeysViews, state.bigKeys!.view, step), top: 0, open: undefined });
}

function turnScope(state: State, step: 1 | -1): State {
	const scope = scopeBeside(state, state.bigKeys!.scope, step);
	if (scope === undefined) return say(state, 'there is one node to scan, and this is it');
	return withBig(
		{ ...state, toast: undefined },
		{ scope, top: 0, cursor: undefined, open: undefined, confirm: undefined },
	);
}

// ---------------------------------------------------------------------------------------------------------
// The scan

function startOrStop(state: State): Step {
	const scan = scanOnScreen(state);
	if (scan === undefined) return startScan(state, state.bigKeys!.scope, false);
	if (scan.isOver) return startAgain(state, scan);
	return [say(state, 'stopping scan, results kept'), [{ type: 'scan-stop', id: scan.id }]];
}

function startAgain(state: State, { endedAt, found }: BigKeysTrack): Step {
	const isJustOver = endedAt !== undefined && state.at - endedAt < justOverMilliseconds;
	const isLong = found !== undefined && found.seconds > longSeconds;
	const press = pressOf(state.bigKeys!.confirm, 'scan', state.at);
	if (press === 'second' || (press === 'first' && !isJustOver && !isLong))
		return startScan(state, state.bigKeys!.scope, false);
	const why = isJustOver || !isLong ? 'the scan is over' : `this took ${duration(found.seconds)}`;
	return askTwice(state, 'scan', `${why}: press s again to rescan`);
}

function askTwice(state: State, key: 'exact' | 'scan', text: string): Step {
	return [say(withBig(state, { confirm: askedAt(key, state.at) }), text, confirmMilliseconds), []];
}

function startExact(state: State): Step {
	const scan = scanOnScreen(state);
	if (scan !== undefined && !scan.isOver) return [say(state, 'a scan is at work: s stops it'), []];
	const { scope } = state.bigKeys!;
	const press = pressOf(state.bigKeys!.confirm, 'exact', state.at);
	if (press === 'second') return startScan(state, scope, true);
	const { hits } = costAhead(targetsOf(state, scope), state, true);
	const cost = hits === undefined ? '3 hits a key' : `${count(hits)} hits`;
	return askTwice(state, 'exact', `t again: type, TTL and length of every key, ${cost}`);
}

/** Begins a scan of a scope, which need not be the one that the screen of big keys shows. */
export function startScan(state: State, scope: KeyScope, isExact: boolean, from?: BigKeysResult): Step {
	const { scans } = state.bigKeys!;
	const targets = targetsOf(state, scope);
	if (targets.length === 0) return [say(state, whyNobody(state, scope)), []];
	const other = runningScans(state).find(scan => isOverlapping(scan.scope, scope));
	if (other !== undefined)
		return [
			say(state, `${nameOf(state, other.scope)} is being scanned: its nodes would be read twice at once`),
			[],
		];
	if (isTrackingKeys(state, scope.fleet))
		return [say(state, 'HOTKEYS is at work for some seconds: it would tell what a scan reads as hot'), []];
	const id = nextId(state);
	const known = scanOfScope(state, scope);
	const only = from ? from.only : state.scanOnly;
	// What grew since: of the same keys alone.
	const isSameKeys = only?.pattern === known?.only?.pattern && only?.db === known?.only?.db;
	const before = from ? known?.earlier : (known?.found ?? known?.earlier);
	const earlier = isSameKeys ? before : undefined;
	const scan: BigKeysTrack = {
		...{ id, scope, startedAt: state.at, isExact, isOver: false },
		before: nodesBefore(state, scope),
		...(earlier !== undefined && { earlier }),
		...(only && { only }),
		...(from && { found: from }),
	};
	const isSeen = known === undefined || known === scanOnScreen(state);
	const next = withBig(
		{ ...state, lastId: id, toast: undefined },
		{
			scans: [scan, ...scans.filter(one => one !== known)].slice(0, scansKept),
			...(isSeen && { cursor: undefined, top: 0, open: undefined, confirm: undefined }),
		},
	);
	const { scanRate: rate, scanTop: top } = state;
	return [
		next,
		[{ type: 'scan-start', id, fleet: scope.fleet, targets, rate, top, isExact, only, earlier: from }],
	];
}

function whyNobody(state: State, scope: KeyScope): string {
	const error = fleetOf(state, scope)?.now.fleet.nodes.find(node => node.error)?.error;
	return `no node to scan: ${error === undefined ? 'none has answered yet' : printableText(error.text)}`;
}

/** `shard 2`, `all of cart-prod`. */
function nameOf(state: State, scope: KeyScope): string {
	return printableText(shardName(state, scope) ?? `all of ${fleetOf(state, scope)?.name}`);
}

function pauseOrResume(state: State): Step {
	const scan = scanOnScreen(state);
	if (scan?.isOver && scan.found?.rest) return startScan(state, scan.scope, scan.isExact, scan.found);
	if (scan === undefined || scan.isOver) return [say(state, 'no scan is at work here: s starts one'), []];
	const { progress } = scan;
	if (progress?.state === 'details') return [say(state, 'it is nearly done: the listed keys are asked'), []];
	const isPaused = progress?.state === 'paused';
	// As it will be: the scan says so itself a moment later.
	const told = progress && {
		...{ ...progress, state: isPaused ? ('scanning' as const) : ('paused' as const) },
		keysPerSecond: undefined,
	};
	const next = withScan(state, { ...scan, progress: told });
	return [
		say(next, isPaused ? 'the scan goes on' : 'the scan is held; p goes on'),
		[{ type: isPaused ? 'scan-resume' : 'scan-pause', id: scan.id }],
	];
}

const withScan = (state: State, scan: BigKeysTrack): State =>
	withBig(state, { scans: state.bigKeys!.scans.map(one => (one.id === scan.id ? scan : one)) });

export function takeScan(state: State, message: Extract<Message, { type: 'scan' }>): State {
	const scan = state.bigKeys?.scans.find(({ id }) => id === message.id);
	if (scan === undefined || scan.isOver) return state;
	const { progress, found, isOver } = message;
	const endedAt = isOver ? Math.max(state.at, message.at) : undefined;
	const next = withScan(state, { ...scan, progress, found: found ?? scan.found, isOver, endedAt });
	const isSeen =
		(state.screen === 'big-keys' && scanOnScreen(next)?.id === scan.id) ||
		(state.screen === 'runbook' &&
			state.runbook !== undefined &&
			scanOfRunbook(next, state.runbook)?.id === scan.id);
	if (!isOver || isSeen) return next;
	return say(next, `the scan of ${nameOf(state, scan.scope)} is over: 5 shows what it found`);
}
