// What a runbook is: questions in an order, each answered from measured facts, each leading somewhere. A runbook is
// data and pure functions; the screen, the report and the exit code know these types and nothing of memory.
// A check looks at a RunbookInput, a plain value made from what is known: where a fact is missing it says `unknown`,
// what would be needed, and the next check goes on. Nothing here sends a command: a Change is words on paper until
// the operator has allowed changes and typed the node's address.

import type { Comeback } from '../core/findings/came-back.ts';
import type { ProcessChange } from '../core/fleet/process-change.ts';
import type { InfoDetails } from '../core/info.ts';
import type { BigKeysProgress, BigKeysResult } from '../core/keys/big-keys.ts';
import type { MemoryStats } from '../core/node/memory-parts.ts';
import type { Keysizes } from '../core/parse/keysizes.ts';
import type { Client } from '../core/parse/parse-client-list.ts';
import type { Limits } from '../core/thresholds.ts';
import type { Address, Finding, Fleet, Info, NodeTrack, RedisNode, Series } from '../core/types.ts';

export type Answer = 'fine' | 'look' | 'act' | 'unknown';

/** One measured figure. All texts are safe for a terminal. */
export type Fact = {
	readonly name: string;
	readonly value: string;
	readonly note?: string;
	/** The commands it came from: `INFO memory`. */
	readonly sources: readonly string[];
};

export type Verdict = {
	readonly answer: Answer;
	readonly facts: readonly Fact[];
	/** What it comes to, in whole sentences. */
	readonly text: string;
	/** Why this check comes here. */
	readonly why: string;
	/** Id of the step that follows from the answer, when that is not simply the next. */
	readonly goTo?: string;
};

/** Something that could be done to a server. */
export type Change = {
	readonly id: string;
	readonly title: string;
	/** Exactly what would be sent, word by word: ['CONFIG', 'SET', 'maxmemory', '17179869184']. */
	readonly command: readonly string[];
	/** The node it would be sent to, and no other. */
	readonly node: Address;
	readonly effect: string;
	readonly now: string;
	readonly after: string;
	readonly risk: string;
	/** The words that take it back; undefined where nothing does. */
	readonly undo?: readonly string[];
	readonly lostAtRestart: boolean;
	/** What replicas and other nodes need. */
	readonly also: readonly string[];
	/** By risk, the least first. */
	readonly order: number;
	/** False: named so that nobody has to ask, and not to be run from here. */
	readonly isOffered: boolean;
	/** Why it is not offered. */
	readonly reason?: string;
	/** The one that is disconnected, as CLIENT LIST told of it. */
	readonly client?: { readonly id: number; readonly address: string; readonly ageSeconds?: number };
	/** Bytes of keys that it would evict at once: what would by now evict much more is not what was shown. */
	readonly evictsBytes?: number;
	/** The largest value that fits the host, bytes. */
	readonly roomBytes?: number;
	/** Other nodes that the offer rests on: they are read again with its own. */
	readonly restsOn?: readonly Address[];
	/** Those of them without which it does harm: where one cannot be read, it is not sent. */
	readonly needs?: readonly Address[];
	/** Of an undo: what the change has left behind, and must still be so. */
	readonly undoes?: { readonly id: string; readonly role?: 'primary' | 'replica' };
};

export type Step = {
	readonly id: string;
	readonly title: string;
	readonly question: string;
	readonly check: (input: RunbookInput) => Verdict;
	readonly changes?: (input: RunbookInput) => readonly Change[];
};

export type Runbook = {
	readonly id: string;
	readonly title: string;
	/** The question it answers as a whole. */
	readonly answers: string;
	readonly steps: readonly Step[];
	/** All steps in a few lines, for the head of a report. */
	readonly inShort?: (input: RunbookInput) => InShort | undefined;
};

export type InShort = {
	readonly what: string;
	readonly why: string;
	readonly now: string;
	/** The change with the least risk of those that fit. */
	readonly first?: Change;
};

/** What a node tells beyond core's Info and InfoDetails. */
export type NodeExtra = Pick<InfoDetails, 'allocator' | 'configFile' | 'expiredStaleShare'> & {
	/** INFO stats, growth a second of expired_time_cap_reached_count. */
	readonly expiryCapsPerSecond?: number;
	/** What the operator told of the memory this process may use (a container's limit); INFO does not know it. */
	readonly memoryLimitBytes?: number;
	/** Since when the allocator holds large retained pages without a break, ms. */
	readonly retainedSince?: number;
	/** Our connection was let in without AUTH. */
	readonly isPasswordless?: boolean;
	/** ACL GETUSER default. Its password hashes are not kept. */
	readonly defaultUser?: {
		readonly isOn: boolean;
		readonly isWithoutPassword: boolean;
		readonly hasAllCommands: boolean;
		readonly hasAllKeys: boolean;
	};
};

/** A change that was made in this run. */
export type ChangeMade = {
	readonly change: Change;
	readonly at: number;
	/** The server's reply, as text. */
	readonly reply: string;
	readonly before?: string;
	readonly after?: string;
};

/** Everything a check may look at. Only the node is sure to be there. */
export type RunbookInput = {
	readonly node: RedisNode;
	/** Another process answers at its address than when the runbook was begun: nothing that was read before is of it. */
	readonly changed?: ProcessChange;
	/** Its track: newest INFO, CONFIG GET, rates, windows, histories, what was refused. */
	readonly track?: NodeTrack;
	/** Tracks of the whole fleet: what replicas and neighbours on the host are set to. */
	readonly tracks?: ReadonlyMap<Address, NodeTrack>;
	readonly fleet?: Fleet;
	readonly extras?: ReadonlyMap<Address, NodeExtra>;
	readonly findings?: readonly Finding[];
	readonly limits?: Limits;
	/** Bytes that eviction looks at (used - not counted), through time. */
	readonly usedHistory?: Series;
	/** Connections of this node; undefined where CLIENT LIST was not asked or not allowed. */
	readonly clients?: readonly Client[];
	/** MEMORY STATS, up to ten seconds old; without it the key tables are in `other`. */
	readonly memoryStats?: MemoryStats;
	/** Of the newest INFO. */
	readonly details?: InfoDetails;
	/** INFO keysizes (Redis 8 and later). */
	readonly keysizes?: readonly Keysizes[];
	readonly scan?: BigKeysResult;
	/** An older scan of the same nodes: what grew between them. */
	readonly earlierScan?: BigKeysResult;
	readonly scanProgress?: BigKeysProgress;
	/** The node as it was when that scan began. */
	readonly beforeScan?: { readonly info: Info; readonly expiredPerSecond?: number };
	readonly changesMade?: readonly ChangeMade[];
	readonly at?: number;
	/** This node came back without its keys. */
	readonly comeback?: Comeback;
};

/** The answers of a run as an exit code: 2 act, 1 look, 0 fine, 3 where nothing could be answered. */
export function worstAnswer(verdicts: readonly Pick<Verdict, 'answer'>[]): 0 | 1 | 2 | 3 {
	const has = (answer: Answer) => verdicts.some(verdict => verdict.answer === answer);
	if (has('act')) return 2;
	if (has('look')) return 1;
	return has('fine') ? 0 : 3;
}
