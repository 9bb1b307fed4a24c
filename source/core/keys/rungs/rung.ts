// What all rungs have in common: what is known of a node before it is asked anything, and what can be said of a rung.
// Each rung is a file beside this one; hot-ladder.ts has them in their order. Facts alone: the words for them are the
// view's (view/screens/hot-keys/rung-words.ts).

import { classifyError, refusalOf } from '../../parse/parse-error.ts';
import type { Address, Refusal, ServerName } from '../../types.ts';

/** What came of a harmless question; `command` where it is not the rung's own. */
export type Answer<T> =
	| { readonly got: T }
	| { readonly error: string; readonly command?: string }
	| undefined;

/** What is known of a node, whichever rung it is about. */
export type NodeFacts = {
	readonly node: Address;
	readonly server?: ServerName;
	readonly version?: string;
	readonly isCluster: boolean;
	readonly isReplica: boolean;
	readonly maxmemoryPolicy?: string;
	readonly keys?: number;
	/** As INFO tells it, where nobody polls it. */
	readonly opsPerSecond?: number;
};

/**
 * What one rung can do on one node. `ready`: costs next to nothing, or runs already, and refreshes by itself. `asks`:
 * it must be asked for. `running`: it is at work now. `unavailable`: `why` says it, `enable` is what would change that.
 */
export type RungOf<Method extends string, Why, Shows, Cost, BlindSpot extends string> = {
	readonly method: Method;
	readonly state: 'ready' | 'asks' | 'running' | 'unavailable';
	/** Also of one that is there in part. */
	readonly why?: Why | CommonWhy;
	/** A command or an ACL word that the operator may use: `CONFIG SET cluster-slot-stats-enabled yes`, `+monitor`. Never sent. */
	readonly enable?: string;
	/** What its figures are of. */
	readonly shows: Shows;
	/** What it costs the server. */
	readonly cost: Cost;
	/** What it cannot see. */
	readonly blindSpots: readonly BlindSpot[];
	/** Until it has been through all keys of this node; undefined where it is no walk, or a short one. */
	readonly walkSeconds?: number;
};

/** Why any rung cannot run. */
export type CommonWhy =
	| { readonly kind: 'not-known' }
	/** The node does not answer. */
	| { readonly kind: 'silent'; readonly text: string }
	| { readonly kind: 'refused'; readonly refusal: Refusal }
	| { readonly kind: 'error'; readonly text: string };

/** The server has none such; it came with a later one. */
export type TooOld = {
	readonly kind: 'too-old';
	readonly server?: ServerName;
	readonly version?: string;
};

export const tooOld = ({ server, version }: NodeFacts): TooOld => ({ kind: 'too-old', server, version });

/** Whose a HOTKEYS session is. `left`: of a redis-top that was killed. `sibling`: of another one that is at work. */
export type SessionOwner = 'ours' | 'left' | 'sibling' | 'somebody';

type Unavailable = {
	readonly state: 'unavailable';
	readonly why: CommonWhy;
	readonly enable: string | undefined;
};

export const notKnown = {
	...{ state: 'unavailable', why: { kind: 'not-known' } },
} as const satisfies Partial<Unavailable>;

/** From an error line of the server; what would enable it where a right is missing. */
export function refusedBecause(command: string, error: string): Unavailable {
	const refusal = refusalOf(command, error);
	if (!refusal)
		return {
			state: 'unavailable',
			why: { kind: 'error', text: classifyError(error).text },
			enable: undefined,
		};
	const enable = refusal.why === 'unknown-command' ? undefined : refusal.word;
	return { state: 'unavailable', why: { kind: 'refused', refusal }, enable };
}
