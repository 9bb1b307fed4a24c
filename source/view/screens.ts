// The ONE table of screens. Whatever there is for each of them is a loop over it.

import { screenBehind } from '../state/shown.ts';
import type { ScreenName, State } from '../state/state.ts';
import { type Binding, withCommonKeys } from './keymap.ts';
import type { Screen, SeenScreen } from './screen.ts';
import { bigKeysScreen } from './screens/big-keys/screen.ts';
import { clusterScreen } from './screens/cluster/screen.ts';
import { compareScreen } from './screens/compare/screen.ts';
import { fleetScreen } from './screens/fleet/screen.ts';
import { helpScreen } from './screens/help/screen.ts';
import { hotKeysScreen } from './screens/hot-keys/screen.ts';
import { nodeScreen } from './screens/node/screen.ts';
import { runbookScreen } from './screens/runbook/screen.ts';

/** In the order of the keys that open them. */
const byName: Readonly<Record<ScreenName, Screen>> = {
	fleet: fleetScreen,
	node: nodeScreen,
	cluster: clusterScreen,
	'hot-keys': hotKeysScreen,
	'big-keys': bigKeysScreen,
	runbook: runbookScreen,
	compare: compareScreen,
	help: helpScreen,
};
export const screens: readonly Screen[] = Object.values(byName);

const opening = screens.flatMap(({ name, opens }): Binding[] =>
	opens === undefined ? [] : [{ ...opens, command: `to-${name}`, group: 'SCREENS' }],
);

const seen = new Map<ScreenName, SeenScreen>(
	screens.map(screen => [screen.name, { screen, bindings: withCommonKeys(opening, screen.keys) }]),
);

/** A screen with all keys that work on it. */
export const screenOf = (name: ScreenName): SeenScreen => seen.get(name)!;

/** What the screen that is seen, or that the help covers, is polled closely for. */
export const wantedFocus = (state: State) => screenOf(screenBehind(state)).screen.needs?.(state);
