// Changing a server: the one way from a key to it. `x` asks, and only where --allow-changes was given; the node's
// address typed in full is the yes; then exactly the command that was shown leaves as an effect, once. Afterwards the
// reply is kept, and how memory stood before and a minute later. Held by a property test over any keys.

import { printableText } from '../core/text/printable.ts';
import type { Address, FleetEvent } from '../core/types.ts';
import { commandText } from '../runbooks/report.ts';
import type { Change } from '../runbooks/runbook.ts';
import { nextId } from './key-screens.ts';
import { fleetOfRunbook, measureOfChange, nodeOfRunbook } from './runbook-input.ts';
import { changeNow, stepNow } from './runbook-runs.ts';
import { type ChangeTrack, measuredMilliseconds } from './runbook-screen.ts';
import type { Message, Prompt, State, Step } from './state.ts';
import { say } from './update-big-key.ts';

type ChangePrompt = Extract<Prompt, { kind: 'change' }>;

/** Keys typed sooner than this after the question was asked were meant for something else. */
export const ignoredMilliseconds = 300;
const eventsKept = 500;
const longReply = 5000;

/** Opens the question, or says why there is none. */
export function askForConsent(state: State): State {
	if (state.replay !== undefined) return say(state, 'a recording has no server to change');
	const change = changeNow(state);
	if (!change) return say(state, 'this step offers no change');
	if (state.isChangesAllowed !== true) return say(state, 'read-only: restart with --allow-changes');
	if (!change.isOffered) return say(state, `not offered: ${change.reason ?? 'it does not fit here'}`);
	if (pendingOn(state, change)) return say(state, 'a change is being sent to this node: wait for its reply');
	const prompt: ChangePrompt = { kind: 'change', text: '', change, from: state.at + ignoredMilliseconds };
	return { ...state, toast: undefined, prompt };
}

const pendingOn = (state: State, { node }: Change) =>
	(state.changes ?? []).some(track => track.change.node === node && track.reply === undefined);

/** The prompt was answered: the change as an effect where the address is right, else why it was not sent. */
export function answerConsent(state: State, { change, text }: ChangePrompt): Step {
	const address = printableText(change.node);
	const why = whyNot(state, change, text.trim(), address);
	if (why !== undefined) return [say(state, `not sent: ${why}`, longReply), []];
	const { fleet } = state.runbook!;
	const id = nextId(state);
	const track: ChangeTrack = {
		id,
		fleet,
		change,
		sentAt: state.at,
		before: measureOfChange(state, fleet, change),
	};
	const next = say(
		{ ...state, lastId: id, changes: [...(state.changes ?? []), track] },
		`sent to ${address}: ${commandText(change.command)}`,
	);
	return [next, [{ type: 'change', id, fleet, node: change.node, command: change.command }]];
}

function whyNot(state: State, change: Change, typed: string, address: string): string | undefined {
	if (state.isChangesAllowed !== true || state.replay !== undefined) return 'changes are not allowed';
	if (typed !== address) return typed === '' ? 'no address was typed' : `that is not ${address}`;
	if (state.screen !== 'runbook' || !state.runbook) return 'the runbook was left';
	if (!answersNow(state, state.runbook.fleet, change.node)) return `${address} does not answer now`;
	// What was shown must still be so: with another value now, its undo would be wrong.
	const now = stepNow(state)?.changes.find(({ id }) => id === change.id);
	if (now && JSON.stringify(now.undo) !== JSON.stringify(change.undo))
		return 'the setting has changed meanwhile: look again';
	if (change.mustStillFit && !now?.isOffered) return now?.reason ?? 'it is not offered any more';
	return undefined;
}

/** A change may be for a Sentinel, which is no row of its own. */
function answersNow(state: State, fleet: number, address: Address): boolean {
	const node = nodeOfRunbook(state, { fleet, address });
	if (node) return !node.isGone && node.health !== 'down';
	const sentinels = fleetOfRunbook(state, { fleet, address })?.now.fleet.sentinel?.sentinels ?? [];
	return sentinels.some(each => each.node === address && !each.error && each.health !== 'down');
}

// ---------------------------------------------------------------------------------------------------------
// What came of it

export function takeChanged(state: State, message: Extract<Message, { type: 'changed' }>): State {
	const { id, reply, isDone, recorded } = message;
	const changes = state.changes ?? [];
	const known = recorded ?? changes.find(track => track.id === id);
	if (!known || (!recorded && known.reply !== undefined)) return state;
	const answered: ChangeTrack = { ...known, reply, isDone };
	const told = `${commandText(known.change.command)}: ${printableText(reply)}`;
	const event: FleetEvent = {
		at: message.at,
		kind: 'change',
		node: known.change.node,
		severity: 'warn',
		text: told,
	};
	return say(
		{
			...state,
			changes: recorded ? [...changes, answered] : changes.map(track => (track === known ? answered : track)),
			fleets: state.fleets.map(fleet => {
				if (fleet.id !== known.fleet) return fleet;
				const events = [event, ...fleet.events].slice(0, eventsKept);
				return { ...fleet, events, now: { ...fleet.now, events } };
			}),
		},
		`${printableText(known.change.node)} ${told}`,
		longReply,
	);
}

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
