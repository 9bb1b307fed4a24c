// The program without its terminal: an engine that watches real servers, whose state and frames a test can read and whose
// keys it can press. What is only in the terminal (a pty, signals) is tested in test/terminal.

import { defaultLimits } from '../../source/core/thresholds.ts';
import { createEngine, type Engine, type EngineOptions } from '../../source/engine.ts';
import { timeNow } from '../../source/redis/clock.ts';
import type { FleetTrack, Key, State } from '../../source/state/state.ts';
import { newFleetTrack } from '../../source/update/round.ts';
import { update } from '../../source/update/update.ts';
import { frameOf } from '../../source/view/frame.ts';
import { plainDial } from '../big-keys/scan.ts';
import type { RunningServer } from '../servers/start.ts';

export type WatchedFleet = {
	readonly engine: Engine;
	readonly state: () => State;
	/** The first fleet: all there is when one seed is named. */
	readonly fleet: () => FleetTrack;
	readonly press: (...keys: readonly Key[]) => void;
	/** The screen as text, lines joined. */
	readonly screen: () => string;
	readonly stop: () => Promise<void>;
};

/** Watches the fleet of this node from now on; `state` and `engine` change how. */
export function watchFleet(
	seed: Pick<RunningServer, 'address'>,
	over: { readonly state?: Partial<State>; readonly engine?: Partial<EngineOptions> } = {},
): WatchedFleet {
	const at = timeNow();
	const state: State = {
		...{ at, version: '0', past: [], delaySeconds: 1, isFast: false, isDiscovering: true },
		...{ isDiscoveryOn: true, limits: defaultLimits, size: { columns: 140, rows: 40 } },
		...{ isAscii: false, isColour: false, screen: 'fleet', scanRate: 20_000, scanTop: 100, top: 0 },
		...{ sort: { by: 'shards', isReversed: false }, columnSet: 'overview', filter: '' },
		fleets: [newFleetTrack(0, 'test', [seed.address], at)],
		...over.state,
	};
	const engine = createEngine({
		state,
		dials: new Map([[0, plainDial]]),
		update,
		onState: () => {},
		perform: () => {},
		...over.engine,
	});
	engine.start();
	return {
		engine,
		state: engine.state,
		fleet: () => engine.state().fleets[0]!,
		press: (...keys) => engine.dispatch({ type: 'keys', at: timeNow(), keys }),
		screen: () => frameOf(engine.state()).join('\n'),
		stop: () => engine.stop(),
	};
}
