// What is said of memory that replication takes beyond the backlog: of a replica that is behind only where one is. Each
// replica that is connected takes some memory without being behind, and a replica keeps what its primary sends while it
// loads. The backlog itself is a cause of its own (cause-words.ts).

import { bytes, counted } from '../core/text/quantity.ts';
import type { Info } from '../core/types.ts';
import type { Diagnosis } from './diagnosis.ts';

type Replica = NonNullable<Info['replicas']>[number];

/**
 * Replicas that have not got so much of the stream that it explains what is held, half of an equal share of it: 6.0
 * holds it once for each replica, 7.0 once for all. One that is being synced has all of it before it.
 */
export function laggardsIn({ info, causeBytes = 0 }: Diagnosis): readonly Replica[] {
	const replicas = info.replicas ?? [];
	const share = Math.max(1, causeBytes / (2 * replicas.length));
	return replicas.filter(replica => isSyncing(replica) || behindBytes(info, replica) >= share);
}

const isSyncing = ({ state }: Replica) => state !== undefined && state !== 'online';

/** An offset of 0 is of a replica that has acknowledged nothing yet. */
const behindBytes = ({ replicationOffset = 0 }: Info, { offset }: Replica) =>
	offset ? replicationOffset - offset : 0;

/** It is what this replica keeps while it loads what its primary sends. */
const isOwnSync = ({ kinds }: Diagnosis) =>
	kinds.find(({ id }) => id === 'sync-buffer' || id === 'replica-buffers')?.id === 'sync-buffer';

export function replicationWhy(seen: Diagnosis): string {
	const held = bytes(seen.causeBytes ?? 0);
	if (isOwnSync(seen))
		return `The cause is a full sync: ${held} of writes wait here until this replica has loaded its primary's data. It is not counted for eviction.`;
	return `The cause is replicas' buffers, ${held} beyond the backlog: ${whoText(seen)}. It is not counted for eviction.`;
}

function whoText(seen: Diagnosis): string {
	const laggards = laggardsIn(seen);
	if (seen.info.replicas === undefined || seen.info.replicas.length === 0)
		return 'which replica they are for is not told';
	return laggards.length > 0
		? `${counted(laggards.length, 'replica')} ${laggards.length === 1 ? 'has' : 'have'} not read what was written`
		: 'no replica is behind now, and each that is connected takes some';
}

export function replicationAdvice(seen: Diagnosis): string {
	if (isOwnSync(seen)) return 'It goes with the sync: nothing is to be done here, and nothing to be cut.';
	if (laggardsIn(seen).length > 0)
		return 'Look at the replica that does not keep up before anything else: its buffers go when it catches up or is gone.';
	return 'No replica is known to be behind: judge again with the next reading, for what is not read yet goes as it is read.';
}

export function replicationFix(seen: Diagnosis): string {
	if (isOwnSync(seen))
		return 'Find out why it had to sync in full: a backlog for minutes of writes lets a replica go on where it was.';
	if (laggardsIn(seen).length > 0)
		return 'Find out why the replica lags; client-output-buffer-limit replica bounds what is held for one.';
	return 'client-output-buffer-limit replica bounds what is held for one replica.';
}
