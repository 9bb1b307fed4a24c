// The screen of hot keys: what its keys do, and what a watch tells. Whose watch is hot-keys-watch.ts, what begins a
// sample hot-keys-sample.ts, the key under the cursor hot-key.ts.

import type { HotKeysStatus } from '../core/keys/hot-keys.ts';
import { scopeBeside } from '../state/key-scope.ts';
import { type HotKeysState, type HotKeysTrack, hotKeysViews, isSameScope } from '../state/key-screens.ts';
import type { Message, State, Step } from '../state/state.ts';
import { scopeUnderCursor } from '../view/screens/fleet/rows.ts';
import type { HotKeysCommand } from '../view/screens/hot-keys/keys.ts';
import {
	askedRungs,
	hotCursor,
	hotLayout,
	hotLength,
	hotResult,
	hotRows,
	hotTop,
	isText,
	openHere,
	openWindow,
} from '../view/screens/hot-keys/rows.ts';
import type { ScreenActs } from './acts.ts';
import { withHotSample } from './asked.ts';
import { copy, look } from './hot-key.ts';
import { nothingAsked, repeat, sample } from './hot-keys-sample.ts';
import { begin, keptMilliseconds, leaveHotKeys, withHot } from './hot-keys-watch.ts';
import { movedTo, turned } from './move.ts';
import { say } from './toast.ts';

const heldMilliseconds = 3000;

// ---------------------------------------------------------------------------------------------------------
// Coming and going

/** Opens the screen for the fleet under the cursor, as it was left if it was that fleet's. */
function openHotKeys(state: State): Step {
	const { fleet } = scopeUnderCursor(state, 'fleet');
	const before = state.hotKeys;
	const isWatched = before?.watches.some(({ scope }) => scope.fleet === fleet) === true;
	if (state.replay && !isWatched)
		return [say(state, 'hot keys were not looked for up to this moment of the recording'), []];
	const hotKeys: HotKeysState =
		before?.scope.fleet === fleet
			? { ...before, confirm: undefined, held: undefined }
			: { watches: before?.watches ?? [], scope: { fleet }, view: before?.view ?? 'keys', top: 0 };
	return begin({
		...state,
		...{ screen: 'hot-keys', hotKeys },
		...{ toast: undefined, paused: undefined, helpFrom: undefined },
	});
}

// ---------------------------------------------------------------------------------------------------------
// Keys

export const hotKeysActs: ScreenActs<HotKeysCommand> = {
	open: openHotKeys,
	move: moveBy,
	page: state => hotLayout(state).table - 1,
	leave: leaveHotKeys,
	acts: {
		'list-next': state => turnView(state, 1),
		'list-before': state => turnView(state, -1),
		'scope-after': state => turnScope(state, 1),
		'scope-before': state => turnScope(state, -1),
		sample,
		repeat,
		look: state => look(state, false),
		elements: state => look(state, true),
		copy,
		escape: close,
		back: close,
	},
};

function moveBy(state: State, lines: number): State {
	const rows = hotRows(state);
	if (isText(state)) {
		const last = Math.max(0, hotLength(state, rows) - hotLayout(state, 0).table);
		return withHot(state, { top: movedTo(hotTop(state, rows), lines, last + 1) });
	}
	if (rows.length === 0) return state;
	const from = rows.indexOf(hotCursor(state, rows)!);
	const to = movedTo(from, lines, rows.length);
	const held = { until: state.at + heldMilliseconds, order: rows.map(({ id }) => id) };
	const moved = withHot(state, { cursor: rows[to]!.id, held });
	return withHot(moved, { top: hotTop(moved) });
}

const viewWords = {
	keys: 'keys',
	bytes: 'keys by their bytes',
	patterns: 'by pattern',
	commands: 'by command',
	clients: 'by client',
	slots: 'by slot',
	ways: 'ways to sample, and what they cost',
} as const;

function turnView(state: State, step: 1 | -1): State {
	const hasBytes = hotResult(state)?.keys.some(({ netShare }) => netShare !== undefined) ?? false;
	const views = hotKeysViews.filter(view => view !== 'bytes' || hasBytes || view === state.hotKeys!.view);
	const view = turned(views, state.hotKeys!.view, step);
	const next = withHot(state, { view, cursor: undefined, top: 0, held: undefined, open: undefined });
	return say(next, viewWords[view]);
}

/** All nodes, then one after the other, and around. */
function turnScope(state: State, step: 1 | -1): Step {
	const scope = scopeBeside(state, state.hotKeys!.scope, step);
	if (scope === undefined) return [say(state, 'there is one node to sample, and this is it'), []];
	const left = leaveHotKeys(state);
	const moved = withHot(
		{ ...state, toast: undefined },
		{ scope, ...{ cursor: undefined, top: 0, held: undefined, open: undefined, confirm: undefined } },
	);
	const [begun, effects] = begin(moved);
	return [begun, [...left, ...effects]];
}

function close(state: State): Step | undefined {
	if (state.hotKeys?.confirm !== undefined && state.at < state.hotKeys.confirm.until)
		return [{ ...withHot(state, { confirm: undefined }), toast: undefined }, []];
	if (openHere(state) !== undefined) return [withHot(state, { open: undefined }), []];
	return undefined;
}

// ---------------------------------------------------------------------------------------------------------
// What a watch tells

export function takeHotKeys(state: State, message: Extract<Message, { type: 'hot-keys' }>): State {
	const { hotKeys } = state;
	const track = hotKeys?.watches.find(({ id }) => id === message.id);
	if (hotKeys === undefined || track === undefined) return state;
	const { status } = message;
	const at = Math.max(state.at, message.at);
	const told: HotKeysTrack = {
		...track,
		...{ status, result: status.result ?? track.result },
		...(openWindow(status) && { keepUntil: at + keptMilliseconds }),
	};
	const next = withHot(
		withHotSample({ ...state, at }, track.scope, status.result === track.result ? undefined : status.result),
		{ watches: hotKeys.watches.map(one => (one === track ? told : one)) },
	);
	if (!isSameScope(track.scope, hotKeys.scope)) return next;
	const near = stayNear(state, next);
	return isTurnedDown(track, status, at) ? say(near, nothingAsked(status), refusedMilliseconds) : near;
}

/** As long as a sentence with its remedy takes to be read. */
const refusedMilliseconds = 5000;

/** What was asked for just now was refused: there is nothing left to ask for. */
const isTurnedDown = (track: HotKeysTrack, status: HotKeysStatus, at: number): boolean =>
	at < (track.keepUntil ?? 0) &&
	track.status !== undefined &&
	askedRungs(track.status).length > 0 &&
	!openWindow(status) &&
	askedRungs(status).length === 0;

/** A row that went away leaves the cursor to the one that takes its place. */
function stayNear(before: State, next: State): State {
	const { cursor } = before.hotKeys!;
	const rows = hotRows(next);
	if (cursor === undefined || rows.length === 0 || rows.some(({ id }) => id === cursor)) return next;
	const at = hotRows(before).findIndex(({ id }) => id === cursor);
	return withHot(next, { cursor: rows[Math.min(Math.max(at, 0), rows.length - 1)]!.id });
}
