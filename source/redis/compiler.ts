// Whether V8 optimizes what runs. Six nodes a second are 20 ms of work, spread over thousands of functions: to optimize one
// function after the other takes a third of all our CPU for the first minutes, and a quarter of an hour later it has not
// paid for itself yet. So while there is little to do nothing more is optimized; what is stays so. Where there is much (many
// nodes, a scan, MONITOR) it pays within a second, and the compiler is at work again at the next beat; after a key at once.

import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';

/** Of a second: fifty nodes take as much, a scan and a key that is held down. Six nodes four times a second take half. */
const muchShare = 0.15;
const stretchMilliseconds = 1000;
/** Of a beat: nobody waits for the second to be over. */
const allShare = 0.8;
/** So long after the last stretch with much of it there is little. */
const calmAfterMilliseconds = 10_000;
/** Shorter ones tell nothing. */
const shortestMilliseconds = 100;

let hasBegun = false;
let isAtWork = true;
/** Whoever must not wait for a beat. */
let held = 0;
let busyAt = 0;
type Mark = { readonly at: number; readonly used: number };
let beat: Mark | undefined;
let stretch: Mark | undefined;

/** The start is over, at which V8 is left as it is. */
export function calmCompiler(): void {
	hasBegun = true;
	setCompiler();
}

/** At each beat. */
export function noteWork(now = performance.now(), used = usedMilliseconds()): void {
	const mark = { at: now, used };
	beat ??= mark;
	stretch ??= mark;
	if (now - beat.at < shortestMilliseconds) return;
	const isOver = now - stretch.at >= stretchMilliseconds;
	if (shareSince(beat, mark) > allShare || (isOver && shareSince(stretch, mark) > muchShare)) busyAt = now;
	beat = mark;
	if (isOver) stretch = mark;
	setCompiler(now);
}

const shareSince = (from: Mark, to: Mark): number => (to.used - from.used) / (to.at - from.at);

/** Somebody waits for what the key does: a screen that is opened may be much work. */
export function noteKey(now = performance.now()): void {
	busyAt = now;
	setCompiler(now);
}

/** Until the function that it gives is called. */
export function keepCompiling(): () => void {
	held++;
	setCompiler();
	let isHeld = true;
	return () => {
		if (isHeld) held--;
		isHeld = false;
	};
}

/** Since it was last told to optimize nothing more it has not been told otherwise. */
export const isCompiling = (): boolean => isAtWork;

function setCompiler(now = performance.now()): void {
	const isWanted = held > 0 || now - busyAt < calmAfterMilliseconds;
	if (!hasBegun || isWanted === isAtWork) return;
	isAtWork = isWanted;
	setFlagsFromString(isAtWork ? '--opt' : '--no-opt');
}

function usedMilliseconds(): number {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000;
}
