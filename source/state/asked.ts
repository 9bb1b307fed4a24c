// What was asked for beside the polling, and what came of it, as a recording holds it: scans for big keys, watches and
// samples of hot keys, looks at a key, runbooks that were opened, changes. Values are in none of it.

import type { HotKeysResult, HotKeysStatus } from '../core/keys/hot-keys.ts';
import type { Ladder } from '../core/keys/hot-ladder.ts';
import type { BigKeysTrack, HotKeysTrack, KeyScope, OpenKey } from './key-screens.ts';
import type { ChangeTrack, RunbookState } from './runbook-screen.ts';

/** Of one scan what is new; all of it when it is told for the first time. */
export type AskedScan = Pick<BigKeysTrack, 'id'> & Partial<Omit<BigKeysTrack, 'id' | 'before'>>;

/** Of one watch what is new. */
export type AskedWatch = Pick<HotKeysTrack, 'id'> &
	Partial<Pick<HotKeysTrack, 'scope' | 'nodes'>> & {
		/** Of these nodes; those of the others stay as they are. */
		readonly ladders?: readonly Ladder[];
		/** How busy nodes are whose ways are as they were. */
		readonly loads?: readonly Pick<Ladder, 'node' | 'load'>[];
		/** Whether a window is open, or windows are repeated. */
		readonly windows?: Pick<HotKeysStatus, 'sampling' | 'repeating'>;
		readonly result?: HotKeysResult;
	};

/** A key that was opened on one of the key screens; without `look` it is still asked. */
export type AskedLook = OpenKey & {
	readonly screen: 'big-keys' | 'hot-keys';
	readonly scope: KeyScope;
};

export type AskedRunbook = Pick<RunbookState, 'fleet' | 'address' | 'runbook' | 'startedAt'>;

export type Asked = {
	readonly at: number;
	readonly scans?: readonly AskedScan[];
	readonly watches?: readonly AskedWatch[];
	readonly looks?: readonly AskedLook[];
	/** Ids of looks whose key was closed. */
	readonly closed?: readonly number[];
	readonly runbook?: AskedRunbook;
	/** In a key frame: those of before. Where they happen they stand in rounds. */
	readonly changes?: readonly ChangeTrack[];
};

/** Kept of each kind, the newest: what a key frame repeats, and a replay goes back to. */
export const scansTold = 4;
export const watchesTold = 4;
export const looksTold = 16;
export const changesTold = 50;
