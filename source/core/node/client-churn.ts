// Connections that came and went between two readings of CLIENT LIST. A server counts its clients up, so an id is never
// used again while it runs: an id that is new came, one that is missing went. Those that came and went in between are in
// neither list: INFO's connections_received has them, and where it is far above what is seen here, nobody is pooling.
// Of a reading only the ids are kept, not the clients: it is a minute's worth of lists that are compared.

import { isSameRun } from '../fleet/same-run.ts';
import type { Client } from '../parse/parse-client-list.ts';
import { type ClientGroup, groupClients } from './client-groups.ts';

/** What is kept of a list. `at` is Sample.clock; both lists of a comparison are of the same kinds of clients. */
export type ClientIds = { readonly at: number; readonly runId?: string; readonly ids: ReadonlySet<number> };

export type ClientChurn = {
	readonly seconds: number;
	/** Came and are still there. */
	readonly opened: number;
	readonly closed: number;
	/** Were there both times. */
	readonly stayed: number;
	/** Those that came, by host. */
	readonly openedByHost: readonly ClientGroup[];
};

export function idsOf(clients: readonly Client[], at: number, runId?: string): ClientIds {
	return { at, runId, ids: new Set(clients.flatMap(({ id }) => id ?? [])) };
}

/** What changed since `before`; undefined when the server restarted in between, for its ids start anew. */
export function churnSince(
	before: ClientIds,
	clients: readonly Client[],
	at: number,
	runId?: string,
): ClientChurn | undefined {
	const seconds = (at - before.at) / 1000;
	if (!isSameRun(before.runId, runId) || !(seconds > 0)) return undefined;
	// One whose id cannot be read neither came nor stayed.
	const known = clients.filter(({ id }) => id !== undefined);
	const opened = known.filter(({ id }) => !before.ids.has(id!));
	const stayed = new Set(known.map(({ id }) => id)).size - new Set(opened.map(({ id }) => id)).size;
	return {
		seconds,
		opened: opened.length,
		closed: before.ids.size - stayed,
		stayed,
		openedByHost: groupClients(opened, 'host'),
	};
}
