// How far the replicas of a node are behind, by what they acknowledged to it: what it may have to hold for them. Bytes
// that were written since an acknowledgement are no lag, and are told apart here; what is said of it: replication-words.ts.

import { acknowledgedWord, behindOf } from '../core/fleet/offsets.ts';
import type { NodeTrack } from '../core/types.ts';

/** What may be held for a replica. An offset is what it had when it acknowledged last, a second ago and more. */
export type ReplicaBehind = {
	/** It has all of the stream before it. */
	readonly isSyncing: boolean;
	/** Without what was written since; undefined where the primary was not read before that. */
	readonly leastBytes?: number;
	/** With it. */
	readonly mostBytes: number;
};

/** By its newest reading; undefined where that names no replica. */
export function replicasBehind({ lastGood, offsets }: NodeTrack): readonly ReplicaBehind[] | undefined {
	const { replicas, replicationOffset: end = 0 } = lastGood?.info ?? {};
	return replicas?.map(replica => {
		const word = acknowledgedWord(replica, offsets);
		return {
			isSyncing: replica.state !== undefined && replica.state !== 'online',
			leastBytes: word && behindOf(offsets, word)?.least,
			// An offset of 0 is of a replica that has acknowledged nothing yet.
			mostBytes: replica.offset ? Math.max(0, end - replica.offset) : 0,
		};
	});
}
