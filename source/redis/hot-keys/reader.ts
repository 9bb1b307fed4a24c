// A rung that goes on by itself: one harmless question says whether it is there, and while it costs next to nothing it is
// read at every turn. What it found is a part of what is known of its node; a rung whose figures have no place there yet
// gives a result of its own.

import type { HotKeysMethod, LadderFacts } from '../../core/keys/hot-ladder.ts';
import type { NodeSeen } from '../../core/keys/hot-results.ts';
import type { Answer } from '../../core/keys/rungs/rung.ts';
import type { Info, Reply } from '../../core/types.ts';
import type { Call } from '../commands.ts';
import type { Lost } from '../lean-connection.ts';
import type { NodeLink } from './node-link.ts';

export type Found = Pick<NodeSeen, 'slots' | 'results'>;

export type Reader = {
	/** One turn; undefined where there is nothing to tell yet. */
	read(info: Info): Promise<Found | { readonly error: string } | Lost | undefined>;
	/** What comes next has nothing to be compared with. */
	startAnew(): void;
};

type AnswerName = {
	[Name in keyof LadderFacts]-?: LadderFacts[Name] extends Answer<unknown> ? Name : never;
}[keyof LadderFacts];

export type ReadByItself<Method extends HotKeysMethod = HotKeysMethod> = {
	readonly method: Method;
	/** Where its answer stands in the facts of the ladder. */
	readonly fact: AnswerName;
	/** Of the question, as a refusal names it. */
	readonly command: string;
	/** Undefined where it cannot be there. */
	question(node: { readonly isCluster: boolean; readonly info: Info }): Call | undefined;
	answer(reply: Reply): Partial<LadderFacts>;
	/** `look`: names that turned hot, for their counters. */
	start(link: NodeLink, look: (db: number, keys: readonly string[]) => Promise<void>): Reader;
};
