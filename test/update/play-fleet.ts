// A fleet that is only told of: who answers at which address with which replies. Plays the part of the poller, round by
// round, on what `update` asks for (watch, unwatch, rename), so that a test sees discovery, names, rows and findings as
// the program makes them, without a socket.

import type { Bounds } from '../../source/core/fleet/allow.ts';
import { sampleOf } from '../../source/core/fleet/sample.ts';
import type { Address, NodeError, Reading, Reply } from '../../source/core/types.ts';
import { checkResult } from '../../source/output/check.ts';
import type { FleetTrack, State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { noOwn } from '../core/build.ts';
import { calm, now } from '../view/build-state.ts';

/** Replies by command, and where a name leads to. Undefined: nobody is there. */
export type Answer =
	| { readonly replies: Readonly<Record<string, Reply>>; readonly reached?: Address }
	| { readonly error: NodeError }
	| undefined;

export type Played = {
	readonly state: () => State;
	readonly fleet: () => FleetTrack;
	/** Row and what is dialled for it, of all that are asked. */
	readonly dialled: ReadonlyMap<Address, Address>;
	/** Plays so many rounds, a second apart; `answer` may be another from now on. Late: not yet answered in a round. */
	readonly play: (rounds: number, answer?: (dialled: Address) => Answer | 'late') => void;
	readonly row: (address: Address) => ReturnType<typeof rowsIn>[number] | undefined;
	readonly rows: () => readonly string[];
	/** `unreachable crit NODE: text`. */
	readonly findings: () => readonly string[];
	readonly check: () => ReturnType<typeof checkResult>;
	readonly events: () => readonly string[];
};

const rowsIn = (state: State) => state.fleets.flatMap(fleet => fleet.now.fleet.nodes);

export function playFleet(
	seeds: readonly Address[] | readonly (readonly Address[])[],
	first: (dialled: Address) => Answer,
	bounds?: Partial<Bounds>,
): Played {
	const lists = (typeof seeds[0] === 'string' ? [seeds] : seeds) as readonly (readonly Address[])[];
	let at = now;
	let answer: (dialled: Address) => Answer | 'late' = first;
	const dialled = new Map<Address, Address>(lists.flat().map(seed => [seed, seed]));
	const fleetOf = new Map<Address, number>();
	for (const [id, list] of lists.entries()) for (const seed of list) fleetOf.set(seed, id);
	let state: State = {
		...calm({ isDiscoveryOn: true, isDiscovering: true, past: [] }),
		fleets: lists.map((list, id) =>
			newFleetTrack(
				id,
				list[0]!,
				list,
				at,
				bounds && { seeds: list, isDiscoveryOn: true, mostNodes: 1000, ...bounds },
			),
		),
	};

	const readingOf = (row: Address, got: Answer): Reading => {
		const error: NodeError | undefined =
			got === undefined
				? { reason: 'refused', text: 'connection refused' }
				: 'error' in got
					? got.error
					: undefined;
		return {
			...{ node: row, at, clock: at, pingMilliseconds: error ? undefined : 0.4, refused: [], own: noOwn },
			replies: got && 'replies' in got ? Object.entries(got.replies) : [],
			...(got && 'replies' in got && got.reached !== undefined && { reached: got.reached }),
			...(error && { error }),
		};
	};

	const round = () => {
		at += 1000;
		for (const { id } of state.fleets) {
			const mine = [...dialled].filter(([row]) => fleetOf.get(row) === id);
			const samples = mine.flatMap(([row, dial]) => {
				const got = answer(dial);
				return got === 'late' ? [] : [sampleOf(readingOf(row, got))];
			});
			const [next, effects] = update(state, {
				...{ type: 'round', at, fleet: id, samples, isExtra: false, isSettled: true },
			});
			state = next;
			for (const effect of effects) {
				if (effect.type === 'watch')
					for (const { address } of effect.nodes) {
						if (dialled.has(address)) continue;
						dialled.set(address, address);
						fleetOf.set(address, effect.fleet);
					}
				if (effect.type === 'unwatch')
					for (const address of effect.nodes)
						if (fleetOf.get(address) === effect.fleet) dialled.delete(address);
				if (effect.type !== 'rename') continue;
				const dial = dialled.get(effect.from);
				if (dial === undefined || dialled.has(effect.to)) continue;
				dialled.delete(effect.from);
				dialled.set(effect.to, dial);
				fleetOf.set(effect.to, effect.fleet);
			}
		}
	};

	return {
		state: () => state,
		fleet: () => state.fleets[0]!,
		dialled,
		play(rounds, other) {
			answer = other ?? answer;
			for (let count = 0; count < rounds; count++) round();
		},
		row: address => rowsIn(state).find(row => row.address === address),
		rows: () =>
			rowsIn(state).map(row => `${row.address} ${row.role ?? '-'} ${row.isGone ? 'gone' : row.health}`),
		findings: () =>
			state.fleets.flatMap(fleet =>
				fleet.now.findings.map(({ id, severity, node, text }) => `${severity} ${id} ${node ?? '-'}: ${text}`),
			),
		check: () => checkResult(state, true),
		events: () =>
			state.fleets.flatMap(fleet =>
				fleet.events.map(({ kind, node, text }) => `${kind} ${node ?? '-'}: ${text}`),
			),
	};
}

/** INFO with what a test is about; the rest of a calm server. */
export const infoText = (fields: Readonly<Record<string, string | number>>): string =>
	Object.entries({
		redis_version: '7.0.15',
		redis_mode: 'standalone',
		uptime_in_seconds: 86_400,
		connected_clients: 2,
		used_memory: 1_000_000,
		used_memory_rss: 1_000_000,
		maxmemory: 0,
		maxmemory_policy: 'noeviction',
		role: 'master',
		...fields,
	})
		.map(([name, value]) => `${name}:${value}`)
		.join('\r\n');

/** A node of a cluster: INFO, its view, and settings. */
export const clusterAnswer = (
	runId: string,
	nodes: readonly string[],
	settings: Readonly<Record<string, string>> = {},
	info: Readonly<Record<string, string | number>> = {},
): Answer => ({
	replies: {
		info: infoText({ run_id: runId, redis_mode: 'cluster', cluster_enabled: 1, ...info }),
		'cluster info':
			'cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\ncluster_current_epoch:3',
		'cluster nodes': `${nodes.join('\n')}\n`,
		...(Object.keys(settings).length > 0 && { 'config get *': Object.entries(settings).flat() }),
	},
});

/** One entry of SENTINEL MASTERS, REPLICAS or SENTINELS. */
export const sentinelEntry = (fields: Readonly<Record<string, string | number>>): Reply =>
	Object.entries(fields).flatMap(([name, value]) => [name, String(value)]);
