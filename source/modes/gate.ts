// --wait while it runs: looks after each reading, says on stderr what is still wrong when that changes, and ends when
// the gate is open or the time is up.

import { printableText } from '../core/text/printable.ts';
import { duration } from '../core/text/quantity.ts';
import {
	goalText,
	type WaitGoal,
	type Waiting,
	type WaitResult,
	waitJson,
	waitOn,
	waitResult,
} from '../output/wait.ts';
import type { Message, State } from '../state/state.ts';

export type Gate = {
	/** Called after each message with the state it led to. */
	readonly onState: (state: State, message: Message) => void;
	readonly close: () => void;
};

export type GateOptions = {
	readonly wait: WaitGoal;
	readonly isJson: boolean;
	readonly now: () => number;
	readonly state: () => State;
	readonly say: (line: string) => void;
	/** The next refresh of a fleet, milliseconds of the clock of `now`; it may be some of a delay away from there. */
	readonly refreshAt: (fleet: number, at: number) => void;
	readonly onDone: (result: WaitResult) => void;
};

export function openGate({ wait, isJson, now, state, say, refreshAt, onDone }: GateOptions): Gate {
	const begun = now();
	let waiting: Waiting | undefined;
	let said = '';
	let isDone = false;

	const waited = () => (now() - begun) / 1000;
	const done = () => {
		if (isDone) return;
		isDone = true;
		clearTimeout(timer);
		const result = isJson ? waitJson : waitResult;
		// Nobody has answered yet.
		waiting ??= waitOn(state(), wait);
		onDone(result(state(), wait, waiting, waited()));
	};
	const timer = setTimeout(done, wait.timeoutSeconds * 1000);

	/** The first three, for a line. */
	const progressOf = ({ wrongs }: Waiting): string => {
		const texts = wrongs.slice(0, 3).map(({ text }) => printableText(text));
		const more = wrongs.length > 3 ? `; ${wrongs.length - 3} more` : '';
		return texts.length > 0
			? `waiting: ${texts.join('; ')}${more}`
			: `${goalText(wait)}: for ${duration(wait.seconds)} it is to stay so`;
	};

	return {
		close: () => clearTimeout(timer),
		onState(next, message) {
			if (isDone || message.type !== 'round') return;
			waiting = waitOn(next, wait, waiting);
			const line = progressOf(waiting);
			if (line !== said && !waiting.isMet) say(line);
			said = line;
			if (waiting.isMet) return done();
			// When the time is over all are to be read, and not at the refresh after that.
			if (waiting.since !== undefined && !message.isExtra)
				refreshAt(message.fleet, waiting.since + wait.seconds * 1000);
		},
	};
}
