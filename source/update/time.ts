// Time on the screen: pausing and looking back, which asks no server anything; how often is polled; and in a recording
// its playing.

import { isMoment } from '../core/text/moment.ts';
import { comparisons } from '../state/earlier.ts';
import type { State, Step } from '../state/state.ts';
import type { TimeCommand } from '../view/keymap.ts';
import type { Act } from './acts.ts';
import { say } from './toast.ts';

/** Of `+` and `-`, in seconds. */
const delaySteps = [0.25, 0.5, 1, 2, 5, 10, 30, 60] as const;

const slowest = 0.25;
const fastest = 64;
/** Behind the fastest: without waiting. */
const unbound = Number.POSITIVE_INFINITY;

export const timeActs: Readonly<Record<TimeCommand, Act>> = {
	pause(state) {
		if (state.replay) return play(state, state.paused === undefined && !state.replay.isPaused);
		return state.paused ? { ...state, paused: undefined } : pauseAt(state, 0);
	},
	'step-back': state => (state.replay ? stepInReplay(state, -1) : pauseAt(state, -1)),
	'step-forward': state => (state.replay ? stepInReplay(state, 1) : pauseAt(state, 1)),
	'next-event': state => replayTo(state, 'event'),
	'event-before': state => jump(state, 'event', -1),
	'event-after': state => jump(state, 'event', 1),
	'finding-before': state => jump(state, 'finding', -1),
	'finding-after': state => jump(state, 'finding', 1),
	'marker-prior': state => jump(state, 'marker', -1),
	'marker-next': state => jump(state, 'marker', 1),
	seek: state => ({ ...state, toast: undefined, prompt: { kind: 'seek', text: '' } }),
	delay: state => ({ ...state, prompt: { kind: 'delay', text: '' } }),
	slower(state) {
		if (state.replay)
			return setSpeed(state, state.replay.speed === unbound ? fastest : state.replay.speed / 2);
		return setDelay(state, delaySteps.find(step => step > state.delaySeconds) ?? state.delaySeconds);
	},
	faster(state) {
		if (state.replay) return setSpeed(state, state.replay.speed < fastest ? state.replay.speed * 2 : unbound);
		return setDelay(state, delaySteps.findLast(step => step < state.delaySeconds) ?? state.delaySeconds);
	},
};

/** Stops the screen `step` snapshots from where it stands. Polling goes on, and stepping needs no reading anew. */
function pauseAt(state: State, step: -1 | 0 | 1): State {
	const { past, paused } = state;
	if (past.length === 0) return say(state, 'nothing to look back at yet');
	const newest = past.length - 1;
	const found = paused ? past.findLastIndex(snapshot => snapshot.at <= paused.at) : newest;
	if (step > 0 && !paused) return say(state, 'this is now');
	// Paused for so long that what is shown is no longer among the readings kept: older there is nothing.
	if (found < 0 && step < 0) return say(state, 'this is the oldest reading kept');
	const to = Math.min(Math.max(found + step, 0), newest);
	const snapshot = past[to]!;
	// What is not kept of the past (what each node believes) stands still where the screen was stopped, and only there.
	const fleets = step === 0 ? state.fleets : undefined;
	const next: State = { ...state, paused: { at: snapshot.at, snapshot, fleets } };
	if (paused && to === found && step < 0) return say(next, 'this is the oldest reading kept');
	return paused && to === found && step > 0 ? say(next, 'this is the newest; p goes back to now') : next;
}

function play(state: State, isPaused: boolean): Step {
	const next: State = { ...state, paused: undefined, replay: { ...state.replay!, isPaused } };
	return [next, [{ type: 'play', isPaused }]];
}

function setSpeed(state: State, speed: number): Step {
	if (speed < slowest) return [say(state, `${slowest} times is the slowest`), []];
	const words = speed === unbound ? 'as fast as it can' : `${speed} times as fast`;
	return [say({ ...state, replay: { ...state.replay!, speed } }, words), [{ type: 'speed', speed }]];
}

/** Plays on to the next round or event and holds there. */
function replayTo(state: State, until: 'round' | 'event'): Step {
	if (state.replay?.endText) return [say(state, state.replay.endText), []];
	const [held, effects] = play(state, true);
	return [held, [...effects, { type: 'advance', until }]];
}

/** Back through what was played, which is kept; forward through it, and at its end on in the recording. */
function stepInReplay(state: State, step: -1 | 1): Step {
	const newest = state.past.at(-1);
	const isAtNewest = !state.paused || state.paused.at >= (newest?.at ?? 0);
	if (step > 0 && isAtNewest) return replayTo(state, 'round');
	const looked = pauseAt(
		state.paused ? state : { ...state, paused: newest && { at: newest.at, snapshot: newest } },
		step,
	);
	return [{ ...looked, replay: { ...state.replay!, isPaused: true } }, [{ type: 'play', isPaused: true }]];
}

export function setDelay(state: State, seconds: number): Step {
	if (seconds === state.delaySeconds)
		return [
			say(state, `${seconds}s is the ${seconds <= 1 ? 'shortest' : 'longest'} step; d sets any delay`),
			[],
		];
	return [say({ ...state, delaySeconds: seconds }, `every ${seconds}s`), [{ type: 'delay', seconds }]];
}

/** The second line of the charts: none, yesterday, a week ago. Only a Prometheus knows those. */
export function turnComparison(state: State, hasEarlier: boolean): State {
	if (!hasEarlier)
		return say(state, 'another day is compared with where a Prometheus is named: --prometheus URL');
	const next = (state.comparison ?? -1) + 1;
	const comparison = next < comparisons.length ? next : undefined;
	const words = comparison === undefined ? 'nothing' : comparisons[comparison]!.words;
	return say({ ...state, comparison }, `beside the charts: ${words}`);
}

type Happening = 'event' | 'finding' | 'marker';

/** From the moment that is looked at, and holds where it leads to: what it was is to be looked at. */
function jump(state: State, kind: Happening, step: 1 | -1): Step {
	const held: State = { ...state, replay: { ...state.replay!, isPaused: true } };
	return [
		held,
		[
			{ type: 'play', isPaused: true },
			{ type: 'seek', to: { kind, step } },
		],
	];
}

const kinds = { e: 'event', f: 'finding', m: 'marker' } as const;

/** A moment, `<5m` and `>5m` from here, `e` `f` `m` for the next event, finding or marker, upper case for the prior. */
export function seekTo(state: State, text: string): Step {
	const kind = kinds[text.toLowerCase() as keyof typeof kinds];
	if (kind !== undefined) return jump(state, kind, text === text.toLowerCase() ? 1 : -1);
	const isThere = isMoment(text.replace(/^[<>]/, '+')) || isMoment(text);
	if (!isThere) return [say(state, 'where to: 03:12, -90m, <5m, >5m; e f m, or E F M for the prior one'), []];
	return [state, [{ type: 'seek', to: { kind: 'moment', text } }]];
}
