// How lazily our own memory is collected. What is live of six nodes is 20 to 35 MB, but V8 lets the garbage of a refresh
// pile up as long as the host has room: 190 MB resident after three minutes at 0.25 s. On a bastion that is memory of
// somebody else, so it is told to prefer space: 100 to 130 MB, for half as much CPU again (4% of a core at 1 s). With many
// nodes that CPU is what is short, and the memory is theirs by right.

import { setFlagsFromString } from 'node:v8';
import { calmCompiler } from './compiler.ts';

/** Once large, never small again: fleets of one process add up, and a flag that flips would help neither. */
let kind: 'small' | 'large' | undefined;

/**
 * A start makes little garbage, and what V8 has compiled by then is kept for the next one (loader.cjs): it would take nothing
 * back that was made under other flags.
 */
const afterStartMilliseconds = 3000;
const keepCode = Symbol.for('redis-top.keepCode');

/** Tells V8 what to prefer for a fleet of this size. */
export function sizeHeapFor(isSmallFleet: boolean): void {
	if (kind === 'large' || (kind === 'small' && isSmallFleet)) return;
	if (kind === undefined) setTimeout(setFlags, afterStartMilliseconds).unref();
	kind = isSmallFleet ? 'small' : 'large';
	if (areSet) setFlags();
}

let areSet = false;

function setFlags(): void {
	if (!areSet) (globalThis as { [keepCode]?: () => void })[keepCode]?.();
	areSet = true;
	calmCompiler();
	setFlagsFromString(kind === 'small' ? '--optimize-for-size' : '--no-optimize-for-size');
}
