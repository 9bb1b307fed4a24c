// MONITOR: every command of two seconds, by asking only. It is the dearest thing that redis-top can do to a server, and
// the last resort.

import { type Answer, type NodeFacts, type RungOf, refusedBecause } from './rung.ts';

type Facts = NodeFacts & {
	/** ACL DRYRUN of MONITOR; undefined where that cannot be asked. */
	readonly monitor?: Answer<true>;
};

export type MonitorRung = RungOf<'monitor', never, Shows, Cost, BlindSpot>;

/** Whichever is first. */
type Shows = { readonly kind: 'commands'; readonly seconds: number; readonly commands: number };
/** Of the peak throughput while it runs, 0 to 1, from and to. */
type Cost = {
	readonly kind: 'throughput';
	readonly share: readonly [least: number, most: number];
	readonly shareOfPipelinedWrites: readonly [least: number, most: number];
};
type BlindSpot = 'outside-the-window' | 'reads-of-primary';

/** Seconds and commands a MONITOR window has at most. */
export const monitorSeconds = 2;
export const monitorCommands = 20_000;
export const monitorCost: Cost = {
	kind: 'throughput',
	share: [0.2, 0.35],
	shareOfPipelinedWrites: [0.5, 0.7],
};

export const monitor = { method: 'monitor', name: 'MONITOR', rungOf } as const;

function rungOf(facts: Facts): MonitorRung {
	const { monitor: answer } = facts;
	const rung: Omit<MonitorRung, 'state'> = {
		method: 'monitor',
		shows: { kind: 'commands', seconds: monitorSeconds, commands: monitorCommands },
		cost: monitorCost,
		blindSpots: facts.isReplica ? ['outside-the-window', 'reads-of-primary'] : ['outside-the-window'],
	};
	if (answer && 'error' in answer) return { ...rung, ...refusedBecause('monitor', answer.error) };
	return { ...rung, state: 'asks' };
}
