// Every key of every screen, for tests that press them all.

import type { Key } from '../../source/state/state.ts';
import { screenOf, screens } from '../../source/view/screens.ts';

export const allKeys: readonly Key[] = [
	...new Set(screens.flatMap(({ name }) => screenOf(name).bindings).flatMap(({ keys }) => keys)),
];
