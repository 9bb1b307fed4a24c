// A State as a frame: exactly as many lines as the terminal has, none wider than it is, each painted here. Ink gets
// them as they are and repaints only what differs.

import { Box, Text, Transform } from 'ink';
import { isTooSmall, smallest } from '../state/selectors.ts';
import type { State } from '../state/state.ts';
import { bigKeysLines } from './screens/big-keys.ts';
import { clusterLines } from './screens/cluster.ts';
import { fleetLines } from './screens/fleet.tsx';
import { helpLines } from './screens/help.tsx';
import { hotKeysLines } from './screens/hot-keys.ts';
import { nodeLines } from './screens/node.ts';
import { runbookLines } from './screens/runbook.ts';
import { blank, crop, type Line, paint, plain } from './theme.ts';

/** The lines of the screen, with SGR codes. */
export function frameOf(state: State): readonly string[] {
	const { columns, rows } = state.size;
	const lines = screenLines(state);
	return Array.from({ length: Math.max(0, rows) }, (_, index) =>
		paint(crop(lines[index] ?? blank, columns, state.isAscii), state.isColour),
	);
}

function screenLines(state: State): readonly Line[] {
	if (isTooSmall(state)) return tooSmallLines(state);
	switch (state.screen) {
		case 'fleet':
			return fleetLines(state);
		case 'node':
			return nodeLines(state);
		case 'cluster':
			return clusterLines(state);
		case 'runbook':
			return runbookLines(state);
		case 'hot-keys':
			return hotKeysLines(state);
		case 'big-keys':
			return bigKeysLines(state);
		case 'help':
			return helpLines(state);
	}
}

/** One sentence, broken between words where it must be. */
function tooSmallLines({ size, isAscii }: State): readonly Line[] {
	const sentence = `redis-top needs ${smallest.columns}x${smallest.rows}, this is ${size.columns}x${size.rows}`;
	const lines: string[] = [''];
	for (const word of sentence.split(' ')) {
		const longer = lines.at(-1) === '' ? word : `${lines.at(-1)} ${word}`;
		if (longer.length <= size.columns || lines.at(-1) === '') lines[lines.length - 1] = longer;
		else lines.push(word);
	}
	return lines.map(line => crop([plain(line)], size.columns, isAscii));
}

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
