// Taking back a change that was made: a change like any other, asked for, read again before it and sent in the same way.
// It rests on what the change has left behind: where somebody has set another value since, or the node has another role,
// there is nothing to take back. What it costs is said, for a limit that is lowered evicts or refuses at once.

import { countedBytes } from '../core/node/memory.ts';
import { printableText } from '../core/text/printable.ts';
import { bytes } from '../core/text/quantity.ts';
import type { Address } from '../core/types.ts';
import { settingIn } from './grounds.ts';
import { infoOf } from './reading.ts';
import type { Change, RunbookInput } from './runbook.ts';

/** The change that takes back `made`, at the node as it is now; undefined where nothing does. */
export function undoOf(made: Change, input: RunbookInput): Change | undefined {
	if (!made.undo) return undefined;
	const over = overOf(made.undo, input);
	const others = whomUndoFollows(made);
	return {
		id: `undo ${made.id}`,
		title: `take back: ${made.title}`,
		command: made.undo,
		node: made.node,
		effect: `It sets back what "${made.title}" has set.`,
		now: made.after,
		after: made.now,
		risk: riskOf(made.undo, over),
		undo: made.command,
		lostAtRestart: made.lostAtRestart,
		also: [],
		order: 0,
		isOffered: true,
		...(others.length > 0 && { restsOn: others, needs: others }),
		undoes: { id: made.id, ...roleLeftBy(made.command) },
		...(over !== undefined && { evictsBytes: over }),
	};
}

/** Where taking it back makes the node follow another again: the nodes that may be that one. It loads all that has. */
export function whomUndoFollows({ undo, node, restsOn = [] }: Change): readonly Address[] {
	const follows = undo?.[0] === 'REPLICAOF' && undo[1] !== 'NO';
	return follows ? restsOn.filter(address => address !== node) : [];
}

/** What a change of role has made of the node. */
function roleLeftBy([word, host]: readonly string[]): { role?: 'primary' | 'replica' } {
	if (word !== 'REPLICAOF') return {};
	return { role: host === 'NO' ? 'primary' : 'replica' };
}

/** Bytes over a maxmemory that is set back; undefined where none is. */
function overOf(undo: readonly string[], input: RunbookInput): number | undefined {
	const info = infoOf(input);
	if (undo[2] !== 'maxmemory' || info.usedMemoryBytes === undefined) return undefined;
	const limit = Number(undo[3]);
	return limit > 0 ? Math.max(0, countedBytes(info) - limit) : 0;
}

function riskOf(undo: readonly string[], over: number | undefined): string {
	const setting = settingIn({ command: undo });
	if (undo[0] === 'REPLICAOF')
		return undo[1] === 'NO'
			? 'It follows nobody any more, and takes writes again.'
			: `It follows ${printableText(undo[1] ?? '')} and loads what that has: its own keys are gone.`;
	if (over !== undefined && over > 0)
		return `${bytes(over)} of used memory are over that limit: it evicts or refuses as much at once.`;
	return setting?.name === 'maxmemory-policy'
		? 'Keys that were evicted meanwhile do not come back.'
		: 'What it has relieved comes back.';
}
