// What each client does: commands and bytes a second, from two readings of CLIENT LIST (tot-cmds, tot-net-in and
// tot-net-out of Valkey 8 and Redis 8.6), without MONITOR and without a command more. One that came in between did in
// that time all that it has done; one that has gone is in neither sum. A server never uses an id again while it runs.

import { isSameRun } from '../fleet/same-run.ts';
import type { Client } from '../parse/parse-client-list.ts';
import { isOwn } from './client-groups.ts';

/** What a client has done since it came. */
type Done = { readonly commands: number; readonly input: number; readonly output: number };

/** When and of which process a list was read: `at` is Sample.clock, `serverAt` the server's own time, ms. */
export type ListMoment = { readonly at: number; readonly serverAt?: number; readonly runId?: string };

/** Of one reading. */
export type ClientCounters = ListMoment & {
	readonly byId: ReadonlyMap<number, Done>;
};

export type ClientLoad = {
	readonly commandsPerSecond: number;
	readonly inputPerSecond: number;
	readonly outputPerSecond: number;
};

/** Of all clients but redis-top's own, between two readings. */
export type ClientLoads = { readonly seconds: number; readonly byId: ReadonlyMap<number, ClientLoad> };

/** Undefined where the server tells of none. */
export function countersOf(list: readonly Client[], moment: ListMoment): ClientCounters | undefined {
	const byId = new Map<number, Done>();
	for (const client of list) {
		const done = doneBy(client);
		if (client.id !== undefined && done) byId.set(client.id, done);
	}
	return byId.size === 0 ? undefined : { ...moment, byId };
}

function doneBy({ commandsRun, inputTotalBytes, outputTotalBytes }: Client): Done | undefined {
	if (commandsRun === undefined || inputTotalBytes === undefined || outputTotalBytes === undefined)
		return undefined;
	return { commands: commandsRun, input: inputTotalBytes, output: outputTotalBytes };
}

const nothing: Done = { commands: 0, input: 0, output: 0 };

/** Undefined where the two readings are of two runs of the server, or no time lies between them. */
export function loadsBetween(
	before: ClientCounters,
	list: readonly Client[],
	now: ListMoment,
): ClientLoads | undefined {
	const seconds = secondsBetween(before, now);
	if (!isSameRun(before.runId, now.runId) || !(seconds > 0)) return undefined;
	const byId = new Map<number, ClientLoad>();
	for (const client of list) {
		const done = isOwn(client) ? undefined : doneBy(client);
		if (client.id === undefined || !done) continue;
		const load = loadOf(before.byId.get(client.id) ?? nothing, done, seconds);
		if (load) byId.set(client.id, load);
	}
	return { seconds, byId };
}

/** By the server's clock, for a busy monitor reads late; by ours where that clock was stepped. */
function secondsBetween(before: ListMoment, now: ListMoment): number {
	const ours = (now.at - before.at) / 1000;
	const theirs = ((now.serverAt ?? Number.NaN) - (before.serverAt ?? Number.NaN)) / 1000;
	return theirs > ours / 2 && theirs < ours * 2 ? theirs : ours;
}

/** A counter that fell is none. */
function loadOf(from: Done, to: Done, seconds: number): ClientLoad | undefined {
	if (to.commands < from.commands || to.input < from.input || to.output < from.output) return undefined;
	return {
		commandsPerSecond: (to.commands - from.commands) / seconds,
		inputPerSecond: (to.input - from.input) / seconds,
		outputPerSecond: (to.output - from.output) / seconds,
	};
}

/** Together; undefined where of none of them anything is known. */
export function sumLoads(clients: readonly Client[], loads: ClientLoads | undefined): ClientLoad | undefined {
	let sum: ClientLoad | undefined;
	for (const { id } of clients) {
		const load = id === undefined ? undefined : loads?.byId.get(id);
		if (!load) continue;
		sum = {
			commandsPerSecond: (sum?.commandsPerSecond ?? 0) + load.commandsPerSecond,
			inputPerSecond: (sum?.inputPerSecond ?? 0) + load.inputPerSecond,
			outputPerSecond: (sum?.outputPerSecond ?? 0) + load.outputPerSecond,
		};
	}
	return sum;
}

export type BusyClient = { readonly client: Client; readonly load: ClientLoad };

/**
 * Who does most, at most so many: by the largest of its shares of all commands, of what came in and of what went out, so
 * that few commands with megabytes each stand beside many small ones.
 */
export function busiestClients(
	list: readonly Client[],
	loads: ClientLoads,
	most: number,
): readonly BusyClient[] {
	const all = sumLoads(list, loads);
	if (!all) return [];
	const share = (load: ClientLoad) =>
		Math.max(
			load.commandsPerSecond / (all.commandsPerSecond || 1),
			load.inputPerSecond / (all.inputPerSecond || 1),
			load.outputPerSecond / (all.outputPerSecond || 1),
		);
	return list
		.flatMap(client => {
			const load = client.id === undefined ? undefined : loads.byId.get(client.id);
			return load && share(load) > 0 ? [{ client, load }] : [];
		})
		.sort((a, b) => share(b.load) - share(a.load) || (a.client.id ?? 0) - (b.client.id ?? 0))
		.slice(0, most);
}
