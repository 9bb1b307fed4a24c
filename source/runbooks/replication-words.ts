// What is said of memory that replication takes beyond the backlog: of a replica that is behind only where one is. Each
// replica that is connected takes some memory without being behind, and a replica keeps what its primary sends while it
// loads. The backlog itself is a cause of its own (cause-words.ts).

import { bytes, counted } from '../core/text/quantity.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { ReplicaBehind } from './replicas-behind.ts';

/** Half of an equal share of what is held: 6.0 holds it once for each replica, 7.0 once for all. */
const shareOf = ({ replicas = [], causeBytes = 0 }: Diagnosis) =>
	Math.max(1, causeBytes / (2 * replicas.length));

/** Replicas that have certainly not got so much of the stream that it explains what is held. */
export function laggardsIn(seen: Diagnosis): readonly ReplicaBehind[] {
	const share = shareOf(seen);
	return (seen.replicas ?? []).filter(({ isSyncing, leastBytes = 0 }) => isSyncing || leastBytes >= share);
}

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
	if (!seen.replicas?.length) return 'which replica they are for is not told';
	if (laggards.length > 0)
		return `${counted(laggards.length, 'replica')} ${laggards.length === 1 ? 'has' : 'have'} not read what was written`;
	const isSure = seen.replicas.every(({ mostBytes }) => mostBytes < shareOf(seen));
	return `no replica is ${isSure ? 'behind now' : 'known to be behind'}, and each that is connected takes some`;
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
