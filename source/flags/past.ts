// --compare and --report: of a recording that is played without waiting.

import { wrong } from '../flag-words.ts';
import { dashed, type Given, pastModes, secondsOf, type Text, textOf } from './given.ts';

export type Past = {
	readonly kind: 'compare' | 'report';
	/** A part of the text of a marker, or a time of day as it is printed; undefined is the newest. */
	readonly marker?: string;
	readonly windowSeconds: number;
	readonly settlingSeconds: number;
	/** This node alone. */
	readonly node?: string;
};

/** The recording of --compare or --report. */
export function pastFile(given: Given): string | undefined {
	const [mode, second] = pastModes.filter(name => textOf(given, name) !== undefined);
	if (mode === undefined) return undefined;
	if (second) wrong('--compare and --report are different modes: give one');
	const other =
		['batch', 'check', 'bigkeys', 'hotkeys'].find(name => given.flags[name] === true) ??
		['wait', 'onFinding', 'runbook', 'replay', 'record', 'demo'].find(
			name => textOf(given, name) !== undefined,
		);
	if (other) wrong(`--${mode} and --${dashed(other)} are different modes: give one`);
	if (textOf(given, 'count') !== undefined) wrong(`--${mode} reads its recording once: leave out -n`);
	return textOf(given, mode);
}

/** From a minute, in which there are eight blocks of five seconds, to what is kept. */
const windowLimits = { shortest: 40, longest: 900 } as const;

const longestSettling = 600;

export function pastOf(text: Text): Past | undefined {
	const kind = pastModes.find(name => text(name) !== undefined);
	const unused = ['marker', 'of'].find(name => kind === 'report' && text(name) !== undefined);
	if (unused) wrong(`--${unused} is for --compare: a report compares at each marker`);
	const alone = ['marker', 'window', 'settling', 'of'].find(name => text(name) !== undefined);
	if (kind === undefined && alone !== undefined)
		wrong(`--${alone} is for a recording: add --compare FILE or --report FILE`);
	if (kind === undefined) return undefined;
	const windowSeconds = secondsOf('--window', text('window') ?? '5m');
	const settlingSeconds = secondsOf('--settling', text('settling') ?? '30s');
	const { shortest, longest } = windowLimits;
	if (windowSeconds < shortest || windowSeconds > longest)
		wrong(`--window ${text('window')}: must be ${shortest}s to ${longest / 60}m`);
	if (settlingSeconds > longestSettling)
		wrong(`--settling ${text('settling')}: must be ${longestSettling / 60}m at most`);
	return { kind, marker: text('marker'), windowSeconds, settlingSeconds, node: text('of') };
}
