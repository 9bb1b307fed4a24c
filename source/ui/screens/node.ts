// The screen of one node.

import type { State } from '../../state/state.ts';
import { plainMessageLine } from '../parts/message-line.ts';
import { screenFrame } from '../parts/screen-frame.ts';
import { type Line, plain } from '../theme.ts';

export function nodeLines(state: State): readonly Line[] {
	return screenFrame(state, { head: [], body: [], message: plainMessageLine(state, [plain('')]) });
}
