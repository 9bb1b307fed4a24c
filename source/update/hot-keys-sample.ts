// `s` and `a`: what a sample of hot keys needs before it begins. Every node has said what it would cost, no other
// window is open, and on a busy node the key is pressed twice. All MONITOR that a key can begin is decided here.

import type { HotKeysStatus } from '../core/keys/hot-keys.ts';
import { silentSources } from '../core/keys/hot-targets.ts';
import { printableText } from '../core/text/printable.ts';
import { percent } from '../core/text/quantity.ts';
import type { Address } from '../core/types.ts';
import { repeatingTrack } from '../state/hot-keys-found.ts';
import { fleetOf, shardName } from '../state/key-scope.ts';
import type { HotKeysTrack, KeyScope } from '../state/key-screens.ts';
import type { State, Step } from '../state/state.ts';
import { runningScans } from '../view/screens/big-keys/rows.ts';
import {
	askedRungs,
	hotTargetsOf,
	hotTrack,
	isAsked,
	isOutdated,
	openWindow,
} from '../view/screens/hot-keys/rows.ts';
import { whyText } from '../view/screens/hot-keys/rung-words.ts';
import { askedAt, confirmMilliseconds, pressOf } from './confirm.ts';
import { begin, keptMilliseconds, withHot } from './hot-keys-watch.ts';
import { say } from './toast.ts';

/** As long as the window that it is about. */
const leftOutMilliseconds = 5000;

/** `s`: one window, or the end of the one that is open. */
export function sample(state: State): Step {
	const ready = readyFor(state);
	if ('step' in ready) return ready.step;
	const { track, status } = ready;
	if (openWindow(status))
		return [say(without(state), 'stopping: what was seen stays'), [{ type: 'hot-keys-stop', id: track.id }]];
	const elsewhere = openElsewhere(state, track);
	if (elsewhere) return elsewhere;
	const asked = askedRungs(status);
	if (asked.length === 0) return [say(state, nothingAsked(status)), []];
	const reading = scanAtWork(state, asked);
	if (reading) return reading;
	const unsure = confirming(state, asked, 'sample');
	if (unsure) return unsure;
	const left = leftOut(state, asked);
	const calm = without(kept(state, track));
	const next = left === undefined ? calm : say(calm, left, leftOutMilliseconds);
	return [next, [{ type: 'hot-keys-sample', id: track.id }]];
}

/** Until the watch has told that the window is open. */
const kept = (state: State, track: HotKeysTrack): State =>
	withHot(state, {
		watches: state.hotKeys!.watches.map(one =>
			one === track ? { ...track, keepUntil: state.at + keptMilliseconds } : one,
		),
	});

/** `1 of 3 is not sampled: 127.0.0.1:7002 is down`: primaries with traffic that the window does not see. */
function leftOut(state: State, asked: ReturnType<typeof askedRungs>): string | undefined {
	const { scope } = state.hotKeys!;
	const fleet = fleetOf(state, scope)?.now.fleet;
	const sampled = new Set(asked.map(({ ladder }) => ladder.node));
	const down = fleet === undefined ? [] : silentSources(fleet, scope.primary).map(({ address }) => address);
	const up = hotTargetsOf(state, scope).map(({ address }) => address);
	const missing = [...down, ...up.filter(address => !sampled.has(address))];
	const [first] = missing;
	if (first === undefined) return undefined;
	const why = down.includes(first) ? 'is down' : 'has no such way: Tab says why';
	const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
	const [all, are] = [down.length + up.length, missing.length === 1 ? 'is' : 'are'];
	return `${missing.length} of ${all} ${are} not sampled: ${printableText(first)}${more} ${why}`;
}

/** `a`: short windows until it is pressed again. */
export function repeat(state: State): Step {
	const ready = readyFor(state);
	if ('step' in ready) return ready.step;
	const { track, status } = ready;
	if (status.repeating)
		return [say(without(state), 'no more windows'), [{ type: 'hot-keys-repeat', id: track.id, isOn: false }]];
	const elsewhere = openElsewhere(state, track);
	if (elsewhere) return elsewhere;
	const asked = askedRungs(status);
	if (asked.length === 0) return [say(state, nothingAsked(status)), []];
	const reading = scanAtWork(state, asked);
	if (reading) return reading;
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

/** A window that was asked for in another scope: it may be on the same nodes. */
function openElsewhere(state: State, track: HotKeysTrack): Step | undefined {
	const other = state.hotKeys!.watches.find(watch => watch !== track && openWindow(watch.status));
	if (other === undefined) return undefined;
	return [say(state, `a window is open on ${nameOf(state, other.scope)}: wait for its end`), []];
}

/** HOTKEYS counts whoever uses a key: our own scan would be the hottest. */
function scanAtWork(state: State, asked: ReturnType<typeof askedRungs>): Step | undefined {
	const { fleet } = state.hotKeys!.scope;
	const isTracked = asked.some(({ rung }) => rung.method === 'hotkeys');
	if (!isTracked || !runningScans(state).some(({ scope }) => scope.fleet === fleet)) return undefined;
	return [say(state, 'a scan of big keys is at work: its reads would be told as hot. Stop it first (5)'), []];
}

const without = (state: State): State => ({ ...withHot(state, { confirm: undefined }), toast: undefined });

/** A watch that has said what it would cost, or what to do first. */
function readyFor(state: State): { track: HotKeysTrack; status: HotKeysStatus } | { step: Step } {
	const { scope } = state.hotKeys!;
	const targets = hotTargetsOf(state, scope);
	if (targets.length === 0) return { step: [say(state, 'no node here answers that could be sampled'), []] };
	const track = hotTrack(state);
	if (track === undefined || isOutdated(track, targets, state.at)) {
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
	if (pressOf(state.hotKeys!.confirm, key, state.at) === 'second') return undefined;
	const text = `${busyWords(state, busy)} ${key === 'sample' ? 's' : 'a'} again does it all the same.`;
	return [say(withHot(state, { confirm: askedAt(key, state.at) }), text, confirmMilliseconds), []];
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
export function nothingAsked({ ladders }: HotKeysStatus): string {
	if (ladders.length === 0) return 'no node here answers that could be sampled';
	const monitor = ladders.flatMap(({ rungs }) => rungs).find(({ method }) => method === 'monitor');
	const enable = monitor?.enable === undefined ? '' : ` (${monitor.enable})`;
	const reason = monitor && whyText(monitor);
	const why = reason === undefined ? 'there is nothing to ask for' : `no MONITOR: ${reason}${enable}`;
	return ladders.some(({ used }) => used !== undefined) ? `it refreshes by itself; ${why}` : why;
}

/** `shard 2`, `all of cart-prod`. */
const nameOf = (state: State, scope: KeyScope): string =>
	printableText(shardName(state, scope) ?? `all of ${fleetOf(state, scope)?.name}`);
