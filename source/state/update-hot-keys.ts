// The screen of hot keys: what its keys do, and what a watch tells. The nodes are asked which ways they have when the
// screen is opened, and what costs next to nothing then refreshes by itself; MONITOR only ever by `s` and `a`, after
// the screen has said what it costs, and on a busy node only at the second press.

import type { HotKeysStatus } from '../core/hot-keys.ts';
import { pasteText } from '../core/paste.ts';
import { printable, printableText } from '../core/printable.ts';
import { percent } from '../core/quantity.ts';
import type { Address } from '../core/types.ts';
import { repeatingTrack } from './hot-keys-found.ts';
import {
	askedRungs,
	type HotRow,
	hotCursor,
	hotKeyAtCursor,
	hotLayout,
	hotLength,
	hotRows,
	hotTargetsOf,
	hotTop,
	hotTrack,
	isAsked,
	isOutdated,
	isText,
	openHere,
	openWindow,
} from './hot-keys-rows.ts';
import { fleetOf, scopeBeside, scopeUnderCursor, shardName } from './key-scope.ts';
import {
	type HotKeysState,
	type HotKeysTrack,
	hotKeysViews,
	isSameScope,
	type KeyScope,
	nextId,
} from './key-screens.ts';
import type { Command } from './keymap.ts';
import type { Effect, Message, State, Step } from './state.ts';

const toastMilliseconds = 3000;
const heldMilliseconds = 3000;
/** A second press sooner than this is the same press: a key held down repeats itself. */
const confirmFrom = 300;
const confirmUntil = 5000;

const say = (state: State, text: string, milliseconds = toastMilliseconds): State => ({
	...state,
	toast: { text, until: state.at + milliseconds },
});

const withHot = (state: State, change: Partial<HotKeysState>): State => ({
	...state,
	hotKeys: { ...state.hotKeys!, ...change },
});

// ---------------------------------------------------------------------------------------------------------
// Coming and going

/** Opens the screen for the fleet under the cursor, as it was left if it was that fleet's. */
export function openHotKeys(state: State): Step {
	if (state.replay)
		return [say(state, 'a recording holds no keys: hot keys are looked for on a live fleet'), []];
	const { fleet } = scopeUnderCursor(state, 'fleet');
	const before = state.hotKeys;
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

/** What is to rest when the screen is left. */
export function leaveHotKeys(state: State): Effect[] {
	const track = hotTrack(state);
	return track === undefined || state.replay ? [] : [{ type: 'hot-keys-rest', id: track.id }];
}

/** Wakes the watch of the scope, or begins one where there is none or where other nodes serve now. */
function begin(state: State): Step {
	const { scope, watches } = state.hotKeys!;
	const targets = hotTargetsOf(state, scope);
	// Nodes that are still being found are waited for, or each of them would begin it anew.
	const isKnown = fleetOf(state, scope)?.isDiscovered === true;
	if (state.replay || !isKnown || targets.length === 0) return [state, []];
	const known = hotTrack(state);
	const watch = (id: number): Effect => ({ type: 'hot-keys-watch', id, fleet: scope.fleet, targets });
	if (known !== undefined && !isOutdated(known, targets)) return [state, [watch(known.id)]];
	const id = nextId(state);
	const track: HotKeysTrack = {
		id,
		scope,
		nodes: targets.map(({ address }) => address),
		result: known?.result,
	};
	const next = withHot(
		{ ...state, lastId: id },
		{ watches: [track, ...watches.filter(one => one !== known)], confirm: undefined },
	);
	return [next, [...(known === undefined ? [] : ended(known)), watch(id)]];
}

/** A watch that nobody comes back to. */
const ended = (track: HotKeysTrack): Effect[] => [
	...(track.status?.repeating ? [{ type: 'hot-keys-repeat', id: track.id, isOn: false } as const] : []),
	{ type: 'hot-keys-rest', id: track.id },
];

/** After a round: the nodes that serve may be others now, or known only since now. */
export function followHotKeys(state: State): Step {
	if (state.screen !== 'hot-keys' || state.hotKeys === undefined || state.replay) return [state, []];
	const targets = hotTargetsOf(state, state.hotKeys.scope);
	const known = hotTrack(state);
	return targets.length > 0 && (known === undefined || isOutdated(known, targets))
		? begin(state)
		: [state, []];
}

// ---------------------------------------------------------------------------------------------------------
// Keys

/** What a key does on this screen; undefined where it does what it does anywhere. */
export function hotKeysCommand(state: State, command: Command): Step | undefined {
	if (state.hotKeys === undefined) return undefined;
	switch (command) {
		case 'cursor-up':
			return [moveBy(state, -1), []];
		case 'cursor-down':
			return [moveBy(state, 1), []];
		case 'page-up':
			return [moveBy(state, -pageOf(state)), []];
		case 'page-down':
			return [moveBy(state, pageOf(state)), []];
		case 'first':
			return [moveBy(state, Number.NEGATIVE_INFINITY), []];
		case 'last':
			return [moveBy(state, Number.POSITIVE_INFINITY), []];
		case 'view-next':
			return [turnView(state, 1), []];
		case 'view-previous':
			return [turnView(state, -1), []];
		case 'next-scope':
			return turnScope(state, 1);
		case 'previous-scope':
			return turnScope(state, -1);
		case 'sample':
			return sample(state);
		case 'repeat':
			return repeat(state);
		case 'open':
			return look(state, false);
		case 'elements':
			return look(state, true);
		case 'copy':
			return copy(state);
		case 'write':
			return write(state);
		case 'escape':
			return close(state);
		default:
			return undefined;
	}
}

const pageOf = (state: State) => Math.max(1, hotLayout(state).table - 1);

function moveBy(state: State, lines: number): State {
	const rows = hotRows(state);
	if (isText(state)) {
		const last = Math.max(0, hotLength(state, rows) - hotLayout(state, 0).table);
		return withHot(state, { top: Math.min(Math.max(hotTop(state, rows) + lines, 0), last) });
	}
	if (rows.length === 0) return state;
	const from = rows.indexOf(hotCursor(state, rows)!);
	const to = Math.min(Math.max(from + lines, 0), rows.length - 1);
	const held = { until: state.at + heldMilliseconds, order: rows.map(({ id }) => id) };
	const moved = withHot(state, { cursor: rows[to]!.id, held });
	return withHot(moved, { top: hotTop(moved) });
}

const viewWords = {
	keys: 'keys',
	patterns: 'by pattern',
	commands: 'by command',
	clients: 'by client',
	slots: 'by slot',
	ways: 'ways to sample, and what they cost',
} as const;

function turnView(state: State, step: 1 | -1): State {
	const at = hotKeysViews.indexOf(state.hotKeys!.view);
	const view = hotKeysViews[(at + step + hotKeysViews.length) % hotKeysViews.length]!;
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

/** `shard 2`, `all of cart-prod`. */
const nameOf = (state: State, scope: KeyScope): string =>
	printableText(shardName(state, scope) ?? `all of ${fleetOf(state, scope)?.name}`);

function close(state: State): Step | undefined {
	if (state.hotKeys?.confirm !== undefined && state.at < state.hotKeys.confirm.until)
		return [{ ...withHot(state, { confirm: undefined }), toast: undefined }, []];
	if (openHere(state) !== undefined) return [withHot(state, { open: undefined }), []];
	return undefined;
}

// ---------------------------------------------------------------------------------------------------------
// Sampling: asked for, and said what it costs before

function sample(state: State): Step {
	const ready = readyFor(state);
	if ('step' in ready) return ready.step;
	const { track, status } = ready;
	if (openWindow(status))
		return [say(without(state), 'stopping: what was seen stays'), [{ type: 'hot-keys-stop', id: track.id }]];
	const other = state.hotKeys!.watches.find(watch => watch !== track && openWindow(watch.status));
	if (other) return [say(state, `a window is open on ${nameOf(state, other.scope)}: wait for its end`), []];
	const asked = askedRungs(status);
	if (asked.length === 0) return [say(state, nothingAsked(status)), []];
	const unsure = confirming(state, asked, 'sample');
	return unsure ?? [without(state), [{ type: 'hot-keys-sample', id: track.id }]];
}

function repeat(state: State): Step {
	const ready = readyFor(state);
	if ('step' in ready) return ready.step;
	const { track, status } = ready;
	if (status.repeating)
		return [say(without(state), 'no more windows'), [{ type: 'hot-keys-repeat', id: track.id, isOn: false }]];
	const asked = askedRungs(status);
	if (asked.length === 0) return [say(state, nothingAsked(status)), []];
	const unsure = confirming(state, asked, 'repeat');
	if (unsure) return unsure;
	// One at a time: the windows of two watches would add up on the nodes they share.
	const other = repeatingTrack(state);
	return [
		say(without(state), 'a short window now and then, until a is pressed again'),
		[
			...(other ? [{ type: 'hot-keys-repeat', id: other.id, isOn: false } as const] : []),
			{ type: 'hot-keys-repeat', id: track.id, isOn: true },
		],
	];
}

const without = (state: State): State => ({ ...withHot(state, { confirm: undefined }), toast: undefined });

/** A watch that has said what it would cost, or what to do first. */
function readyFor(state: State): { track: HotKeysTrack; status: HotKeysStatus } | { step: Step } {
	const { scope } = state.hotKeys!;
	const targets = hotTargetsOf(state, scope);
	if (targets.length === 0) return { step: [say(state, 'no node here answers that could be sampled'), []] };
	const track = hotTrack(state);
	if (track === undefined || isOutdated(track, targets)) {
		const [begun, effects] = begin(state);
		return { step: [say(begun, 'other nodes serve now: they are asked what a sample would cost'), effects] };
	}
	if (track.status === undefined || !isAsked(track))
		return { step: [say(state, 'the nodes are still asked what a sample would cost: a moment'), []] };
	return { track, status: track.status };
}

/** The first press on a busy node only says so; a step where it is not yet, or not long enough, confirmed. */
function confirming(
	state: State,
	asked: ReturnType<typeof askedRungs>,
	key: 'sample' | 'repeat',
): Step | undefined {
	const busy = asked
		.filter(({ ladder, rung }) => ladder.isBusy && rung.method === 'monitor')
		.map(({ ladder }) => ladder.node);
	if (busy.length === 0) return undefined;
	const { confirm } = state.hotKeys!;
	const isPressed = confirm?.key === key && state.at < confirm.until;
	if (isPressed && state.at >= confirm.from) return undefined;
	if (isPressed) return [state, []];
	const next = withHot(state, {
		confirm: { key, from: state.at + confirmFrom, until: state.at + confirmUntil },
	});
	return [
		say(
			next,
			`${busyWords(state, busy)} ${key === 'sample' ? 's' : 'a'} again does it all the same.`,
			confirmUntil,
		),
		[],
	];
}

/** `10.0.1.12:6379 is at 84% of a core: MONITOR would slow it down most.` */
function busyWords(state: State, busy: readonly Address[]): string {
	const nodes = fleetOf(state, state.hotKeys!.scope)?.now.fleet.nodes ?? [];
	const [first] = busy;
	const cpu = nodes.find(({ address }) => address === first)?.cpuPercent;
	const load = cpu === undefined ? 'is busy' : `is at ${percent(cpu / 100)} of a core`;
	const more = busy.length > 1 ? ` and ${busy.length - 1} more` : '';
	return `${printableText(first!)}${more} ${load}: MONITOR hurts there.`;
}

/** Why there is nothing that `s` could start. */
function nothingAsked({ ladders }: HotKeysStatus): string {
	if (ladders.length === 0) return 'no node here answers that could be sampled';
	const monitor = ladders.flatMap(({ rungs }) => rungs).find(({ method }) => method === 'monitor');
	const enable = monitor?.enable === undefined ? '' : ` (${monitor.enable})`;
	const why =
		monitor?.why === undefined ? 'there is nothing to ask for' : `no MONITOR: ${monitor.why}${enable}`;
	return ladders.some(({ used }) => used !== undefined) ? `it refreshes by itself; ${why}` : why;
}

// ---------------------------------------------------------------------------------------------------------
// The key under the cursor

function look(state: State, withElements: boolean): Step {
	const key = hotKeyAtCursor(state);
	if (key === undefined) return [say(state, 'no key under the cursor'), []];
	const id = nextId(state);
	const db = key.db ?? 0;
	// What was seen of it stays until it has been asked anew.
	const open = { id, key: { key: key.key, node: key.node, db }, look: openHere(state, key)?.look };
	const { fleet } = state.hotKeys!.scope;
	return [
		withHot({ ...state, lastId: id }, { open }),
		[{ type: 'key-look', id, fleet, node: key.node, db, key: key.key, withElements }],
	];
}

function copy(state: State): Step {
	const row = hotCursor(state);
	if (row === undefined) return [say(state, 'nothing to copy'), []];
	const text = copyText(row);
	if (text === undefined) return [say(state, 'the name is too long for a clipboard'), []];
	return [say(state, `copied ${text}`), [{ type: 'copy', text }]];
}

function copyText(row: HotRow): string | undefined {
	switch (row.kind) {
		case 'key':
			return pasteText(row.key.key);
		case 'pattern':
			return printable(row.pattern.pattern);
		case 'command':
			return printable(row.command.command);
		case 'client':
			return printable(row.client.client);
		case 'slot':
			return String(row.slot.slot);
	}
}

function write(state: State): Step {
	if (hotTrack(state)?.result === undefined) return [say(state, 'there is nothing to write yet'), []];
	const prompt = { kind: 'write', text: `hot-keys-${clockDigits(state.at)}.json` } as const;
	return [{ ...state, prompt, toast: undefined }, []];
}

/** `143602`, in the time of the operator. */
function clockDigits(at: number): string {
	const time = new Date(at);
	const two = (value: number) => String(value).padStart(2, '0');
	return two(time.getHours()) + two(time.getMinutes()) + two(time.getSeconds());
}

// ---------------------------------------------------------------------------------------------------------
// What a watch tells

export function takeHotKeys(state: State, message: Extract<Message, { type: 'hot-keys' }>): State {
	const { hotKeys } = state;
	const track = hotKeys?.watches.find(({ id }) => id === message.id);
	if (hotKeys === undefined || track === undefined) return state;
	const { status } = message;
	const at = Math.max(state.at, message.at);
	const told: HotKeysTrack = { ...track, status, result: status.result ?? track.result };
	const next = withHot(
		{ ...state, at },
		{ watches: hotKeys.watches.map(one => (one === track ? told : one)) },
	);
	return isSameScope(track.scope, hotKeys.scope) ? stayNear(state, next) : next;
}

/** A row that went away leaves the cursor to the one that takes its place. */
function stayNear(before: State, next: State): State {
	const { cursor } = before.hotKeys!;
	const rows = hotRows(next);
	if (cursor === undefined || rows.length === 0 || rows.some(({ id }) => id === cursor)) return next;
	const at = hotRows(before).findIndex(({ id }) => id === cursor);
	return withHot(next, { cursor: rows[Math.min(Math.max(at, 0), rows.length - 1)]!.id });
}

/** An opened key was asked. */
export function takeHotLook(state: State, message: Extract<Message, { type: 'key-look' }>): State {
	const open = state.hotKeys?.open;
	return open?.id === message.id ? withHot(state, { open: { ...open, look: message.look } }) : state;
}
