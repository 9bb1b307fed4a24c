// The lines of a frame, given to Ink as they are: it repaints only what differs.

import { Box, Text, Transform } from 'ink';
import type { State } from '../state/state.ts';
import { frameOf } from '../view/frame.ts';

/**
 * The whole frame is one text of constant size whose lines are put in last. Given as texts of their own, Ink would
 * measure, lay out and take apart every changed line twice a frame: two thirds of what a calm second costs.
 */
export function Frame({ state }: { readonly state: State }) {
	const lines = frameOf(state);
	return (
		<Box width={state.size.columns} height={state.size.rows}>
			<Transform transform={(_, row) => lines[row] ?? ''}>
				<Text>{lines.map(() => ' ').join('\n')}</Text>
			</Transform>
		</Box>
	);
}
