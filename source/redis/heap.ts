// How lazily our own memory is collected. What is live of six nodes is 20 to 35 MB, but V8 lets the garbage of a refresh
// pile up as long as the host has room: 190 MB resident after three minutes at 0.25 s. On a bastion that is memory of
// somebody else, so it is told to prefer space: 75 to 100 MB, for a tenth as much CPU again (1.8% of a core at 1 s). With many
// nodes that CPU is what is short. There V8 is told how far its heap may grow over what is live before it looks for what is
// not, which it would do at twice as much or more: 200 nodes, of which 45 MB are live, take 175 MB and not 250 to 300, for the same CPU.

import { setFlagsFromString } from 'node:v8';
import { calmCompiler } from './compiler.ts';

/** A scan reads millions of names and leaves: the garbage of a second is worth more than the memory. */
const kinds = ['few nodes', 'many nodes', 'very many nodes', 'scan'] as const;
type HeapKind = (typeof kinds)[number];

/** What came later in that list stays: fleets of one process add up, and a flag that flips would help neither. */
let kind: HeapKind | undefined;

/**
 * A start makes little garbage, and what V8 has compiled by then is kept for the next one (loader.cjs): it would take nothing
 * back that was made under other flags.
 */
const afterStartMilliseconds = 3000;
const keepCode = Symbol.for('redis-top.keepCode');

/** Tells V8 what to prefer from here on. */
export function sizeHeapFor(wanted: HeapKind): void {
	if (kind !== undefined && kinds.indexOf(kind) >= kinds.indexOf(wanted)) return;
	if (kind === undefined) setTimeout(setFlags, afterStartMilliseconds).unref();
	kind = wanted;
	if (areSet) setFlags();
}

/** Of a thousand nodes looking for garbage is a fifth of all work at 40, a sixth at 99, and there CPU is short. 0: as V8 has it. */
const growingPercent: { readonly [Kind in HeapKind]?: number } = { 'many nodes': 70, 'very many nodes': 99 };

let areSet = false;

function setFlags(): void {
	if (!areSet) (globalThis as { [keepCode]?: () => void })[keepCode]?.();
	areSet = true;
	calmCompiler();
	setFlagsFromString(kind === 'few nodes' ? '--optimize-for-size' : '--no-optimize-for-size');
	setFlagsFromString(`--heap-growing-percent=${(kind && growingPercent[kind]) ?? 0}`);
}
