// What the keys of each screen do.

import type { ScreenName } from '../state/state.ts';
import type { ScreenActs } from './acts.ts';
import { bigKeysActs } from './big-keys.ts';
import { clusterActs } from './cluster.ts';
import { compareActs } from './compare.ts';
import { fleetActs } from './fleet.ts';
import { helpActs } from './help.ts';
import { hotKeysActs } from './hot-keys.ts';
import { nodeActs } from './node.ts';
import { runbookActs } from './runbook.ts';

const acts: Readonly<Record<ScreenName, ScreenActs<never>>> = {
	fleet: fleetActs,
	node: nodeActs,
	cluster: clusterActs,
	'hot-keys': hotKeysActs,
	'big-keys': bigKeysActs,
	runbook: runbookActs,
	compare: compareActs,
	help: helpActs,
};

export const actsOf = (name: ScreenName): ScreenActs<never> => acts[name];
