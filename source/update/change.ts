// Changing a server: the one way from a key to it. `x` asks, and only where --allow-changes was given; the node's
// address typed in full is the yes; then the node is read once more (consent.ts), and where nothing differs exactly the
// command that was shown leaves as an effect, once. Afterwards the reply is kept, and how memory stood before and a
// minute later. Held by a property test over any keys.

import { printableText } from '../core/text/printable.ts';
import type { Address } from '../core/types.ts';
import { commandText } from '../runbooks/command-text.ts';
import { groundsOf } from '../runbooks/grounds.ts';
import type { Change } from '../runbooks/runbook.ts';
import { undoOf, whomUndoFollows } from '../runbooks/undo.ts';
import { nextId } from '../state/key-screens.ts';
import {
	changesOf,
	fleetOfRunbook,
	measureOfChange,
	processSince,
	runbookInput,
} from '../state/runbook-input.ts';
import { changeNow } from '../state/runbook-runs.ts';
import { type ChangeTrack, measuredMilliseconds } from '../state/runbook-screen.ts';
import type { ChangePrompt, State, Step } from '../state/state.ts';
import { say } from './toast.ts';

/** Keys typed sooner than this after the question was asked were meant for something else. */
const ignoredMilliseconds = 300;
const longReply = 5000;

/** Opens the question, or says why there is none. */
export function askForConsent(state: State): State {
	if (state.replay !== undefined) return say(state, 'a recording has no server to change');
	const change = changeNow(state);
	return change ? askFor(state, change) : say(state, 'this step offers no change');
}

/** The same for taking back the change that was made last from this runbook and can be taken back. */
export function askForUndo(state: State): State {
	if (state.replay !== undefined) return say(state, 'a recording has no server to change');
	const input = state.runbook && runbookInput(state, state.runbook);
	const made = lastToUndo(state);
	const undo = made && input && undoOf(made.change, input);
	return undo ? askFor(state, undo) : say(state, 'no change was made that can be taken back');
}

const newestOf = (state: State, fleet: number, node: Address) =>
	state.fleets.find(({ id }) => id === fleet)?.tracks.get(node)?.lastGood;

/** What a process was told is over with it, and no other that took its address has anything to take back, or to give. */
function isThere(state: State, { began, beside = [], fleet, change: { node } }: ChangeTrack): boolean {
	const tracks = state.fleets.find(({ id }) => id === fleet)?.tracks;
	return [[node, began] as const, ...beside].every(
		([address, was]) => processSince({ began: was }, tracks?.get(address)) === undefined,
	);
}

function lastToUndo(state: State): ChangeTrack | undefined {
	const isUndone = ({ change }: ChangeTrack, index: number, all: readonly ChangeTrack[]) =>
		all
			.slice(index + 1)
			.some(
				later =>
					later.isDone === true && later.change.undoes?.id === change.id && later.change.node === change.node,
			);
	return changesOf(state, state.runbook!)
		.filter((track, index, all) => !isUndone(track, index, all) && isThere(state, track))
		.findLast(({ change, isDone }) => isDone === true && change.undo !== undefined && !change.undoes);
}

function askFor(state: State, change: Change): State {
	if (state.isChangesAllowed !== true) return say(state, 'read-only: restart with --allow-changes');
	if (!change.isOffered) return say(state, `not offered: ${change.reason ?? 'it does not fit here'}`);
	if (pendingOn(state, change)) return say(state, 'a change is being sent to this node: wait for its reply');
	const place = state.runbook!;
	const tracks = fleetOfRunbook(state, place)?.tracks;
	const id = nextId(state);
	const prompt: ChangePrompt = {
		...{ kind: 'change', id, text: '', change, from: state.at + ignoredMilliseconds },
		...{ place, grounds: groundsOf(change, tracks) },
	};
	return { ...state, toast: undefined, lastId: id, prompt };
}

const pendingOn = (state: State, { node }: Change) =>
	(state.changes ?? []).some(track => track.change.node === node && track.reply === undefined);

/** The prompt was answered: where the address is right the nodes are read once more, else why it was not sent. */
export function answerConsent(state: State, prompt: ChangePrompt): Step {
	const address = printableText(prompt.change.node);
	const why = whyNot(state, prompt.text.trim(), address);
	if (why !== undefined) return [say(state, `not sent: ${why}`, longReply), []];
	return [{ ...state, prompt: { ...prompt, isChecking: true } }, [{ type: 'consent-check', id: prompt.id }]];
}

/** What was read for the yes is what was shown: the change as an effect, once. */
export function sendAgreed(state: State, { id, place, change }: ChangePrompt): Step {
	if (state.isChangesAllowed !== true || state.replay !== undefined) return [state, []];
	const { fleet } = place;
	const track: ChangeTrack = {
		...{ id, fleet, change, sentAt: state.at },
		before: measureOfChange(state, fleet, change),
		began: newestOf(state, fleet, change.node),
		beside: whomUndoFollows(change).map(address => [address, newestOf(state, fleet, address)] as const),
	};
	const next = say(
		{ ...state, prompt: undefined, changes: [...(state.changes ?? []), track] },
		`sent to ${printableText(change.node)}: ${commandText(change.command)}`,
	);
	return [next, [{ type: 'change', id, fleet, node: change.node, command: change.command }]];
}

function whyNot(state: State, typed: string, address: string): string | undefined {
	if (state.isChangesAllowed !== true || state.replay !== undefined) return 'changes are not allowed';
	if (typed !== address) return typed === '' ? 'no address was typed' : `that is not ${address}`;
	if (state.screen !== 'runbook' || !state.runbook) return 'the runbook was left';
	return undefined;
}

// ---------------------------------------------------------------------------------------------------------
// What came of it

/** After a round: what a minute has made of a change. */
export function followChanges(state: State): State {
	const { changes } = state;
	const isDue = (track: ChangeTrack) =>
		track.isDone === true && track.after === undefined && state.at - track.sentAt >= measuredMilliseconds;
	if (!changes?.some(isDue)) return state;
	const measured = (track: ChangeTrack): ChangeTrack => ({
		...track,
		after: measureOfChange(state, track.fleet, track.change),
	});
	return { ...state, changes: changes.map(track => (isDue(track) ? measured(track) : track)) };
}
