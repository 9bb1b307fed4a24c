// A primary and its replica watched for two seconds; then the primary is back without its keys, and the replica holds them.

import assert from 'node:assert/strict';
import { defaultLimits } from '../../source/core/thresholds.ts';
import type { Info } from '../../source/core/types.ts';
import type { Effect, State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { calmInfo, sampleOf, start } from '../core/build.ts';

export const primary = '10.0.0.1:6379';
export const replica = '10.0.0.2:6379';

export const initial = (over: Partial<State> = {}): State => ({
	...{ at: start, version: '0', past: [], delaySeconds: 1, isFast: false, isDiscovering: true },
	...{ isDiscoveryOn: true, limits: defaultLimits, size: { columns: 120, rows: 40 } },
	...{ isAscii: false, isColour: false, screen: 'fleet', scanRate: 20_000, scanTop: 100, top: 0 },
	...{ sort: { by: 'shards', isReversed: false }, columnSet: 'overview', filter: '' },
	fleets: [newFleetTrack(0, 'test', [primary, replica], start)],
	...over,
});

export const keys = (count: number): Info => ({
	databases: count === 0 ? [] : [{ db: 0, keys: count, expires: 0 }],
});
export const above = (more: Info = {}): Info => ({ ...calmInfo, ...keys(5000), ...more });
export const below = (more: Info = {}): Info => ({
	...{
		...calmInfo,
		runId: 'r',
		role: 'replica',
		primary,
		isLinkUp: true,
		connectedReplicas: 0,
		...keys(5000),
	},
	...more,
});
export const empty = above({ runId: 'b', uptimeSeconds: 0, ...keys(0) });
export const holding = below({ isLinkUp: false, linkDownSeconds: 1 });
export const wiped = below(keys(0));

type Told = Readonly<Record<string, Info | 'silent'>>;

/** The state after what the nodes tell at this second, and all that was to be done. */
export function round(
	state: State,
	seconds: number,
	told: Told,
	isExtra = false,
): { state: State; effects: Effect[] } {
	const at = start + seconds * 1000;
	const samples = Object.entries(told).map(([node, info]) =>
		sampleOf(node, at, info === 'silent' ? { error: { reason: 'refused', text: 'refused' } } : { info }),
	);
	const [next, effects] = update(state, { type: 'round', at, fleet: 0, samples, isExtra, isSettled: true });
	return { state: next, effects };
}

/** Watched for two seconds, then the primary goes and comes back empty between two rounds. */
export function backEmpty(over: Partial<State> = {}): State {
	const calm = round(round(initial(over), 0, { [primary]: above(), [replica]: below() }).state, 1, {
		[primary]: above(),
		[replica]: below(),
	}).state;
	const gone = round(calm, 1.2, { [primary]: 'silent' }, true);
	assert.deepEqual(
		gone.effects.filter(({ type }) => type === 'await'),
		[{ type: 'await', fleet: 0, nodes: [primary] }],
	);
	const back = round(
		round(gone.state, 1.3, { [replica]: holding }, true).state,
		1.5,
		{ [primary]: empty },
		true,
	);
	assert.deepEqual(
		back.effects.filter(({ type }) => type === 'await'),
		[{ type: 'await', fleet: 0, nodes: [] }],
	);
	return back.state;
}
