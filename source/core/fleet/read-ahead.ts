// What is so long that to parse it would keep a key waiting, parsed in steps before a reading is handed on: sampleOf
// and whoever else asks for the same text then has it at once.

import { readClientsAhead } from '../parse/parse-client-list.ts';
import { readNodesAhead } from '../parse/parse-cluster.ts';
import { longText, type Steps } from '../steps.ts';
import type { Address, Reading } from '../types.ts';

/** The work on all of these replies; it ends at once where none is long. */
export function* readAhead(node: Address, replies: Reading['replies']): Steps {
	for (const [command, reply] of replies) {
		if (typeof reply !== 'string' || reply.length < longText) continue;
		if (command === 'cluster nodes') yield* readNodesAhead(reply, node);
		if (command === 'client list') yield* readClientsAhead(reply);
	}
}
