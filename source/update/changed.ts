// What came of a change: an event, also in a recording that is played without a screen.

import { printableText } from '../core/text/printable.ts';
import type { FleetEvent } from '../core/types.ts';
import { commandText } from '../runbooks/command-text.ts';
import type { ChangeTrack } from '../state/runbook-screen.ts';
import type { Message, State } from '../state/state.ts';
import { say } from './toast.ts';

const eventsKept = 500;
const longReply = 5000;

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
