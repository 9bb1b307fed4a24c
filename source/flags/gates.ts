// What watches for somebody: --wait, which ends when a goal holds, and --on-finding.

import { thresholds } from '../core/thresholds.ts';
import { wrong } from '../flag-words.ts';
import { type Mode, secondsOf, type Text } from './given.ts';

export type Wait = {
	readonly goal: string;
	readonly seconds: number;
	readonly timeoutSeconds: number;
};

const usualHold = '10s';

const usualTimeout = '5m';

/** Seconds. A timer of Node that is longer than 2^31 ms runs out at once. */
const longestTimeout = 24 * 86_400;

export function waitOf(text: Text): Wait | undefined {
	const goal = text('wait');
	const alone = ['for', 'timeout'].find(name => text(name) !== undefined);
	if (goal === undefined) return alone ? wrong(`--${alone} is for --wait: add --wait healthy`) : undefined;
	if (goal !== 'healthy' && !thresholds.some(({ id }) => id === goal))
		wrong(`--wait ${goal}: wait for healthy, or the id of a finding, like memory-high`);
	const seconds = secondsOf('--for', text('for') ?? usualHold);
	const timeoutSeconds = secondsOf('--timeout', text('timeout') ?? usualTimeout);
	if (timeoutSeconds > longestTimeout) wrong(`--timeout ${text('timeout')}: must be 24d at most`);
	if (timeoutSeconds < seconds) wrong('--timeout is shorter than --for: nothing could hold for so long');
	return { goal, seconds, timeoutSeconds };
}

/** A gate asks live servers, and nothing else. */
export function checkWait(text: Text): void {
	const other = ['replay', 'demo', 'record'].find(name => text(name) !== undefined);
	if (other) wrong(`--wait and --${other} are different modes: give one`);
}

/** Findings begin and end where somebody looks for longer than once. */
export function checkHook(text: Text, mode: Mode | undefined): void {
	const other =
		mode === 'check' || mode === 'wait' ? mode : text('replay') !== undefined ? 'replay' : undefined;
	if (other) wrong(`--on-finding is for live servers that are watched: leave it out with --${other}`);
	if (text('onFinding')!.trim() === '') wrong('--on-finding needs a command');
}
