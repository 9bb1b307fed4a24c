// A State as a frame: exactly as many lines as the terminal has, none wider than it is. Each line is one pre-styled
// text remembered by its string, so a line that did not change costs nothing (nested texts cost three
// times as much). Ink repaints only what differs.

import { Box, Text } from 'ink';
import { memo } from 'react';
import { isTooSmall, smallest } from '../state/selectors.ts';
import type { State } from '../state/state.ts';
import { fleetLines } from './screens/fleet.tsx';
import { helpLines } from './screens/help.tsx';
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
	return state.screen === 'help' ? helpLines(state) : fleetLines(state);
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

const ScreenLine = memo(function ScreenLine({ text }: { readonly text: string }) {
	// An empty Text has no height, and the lines below it would move up.
	return <Text wrap="truncate">{text === '' ? ' ' : text}</Text>;
});

export function Frame({ state }: { readonly state: State }) {
	const lines = frameOf(state);
	return (
		<Box flexDirection="column" width={state.size.columns} height={state.size.rows}>
			{lines.map((text, row) => (
				<ScreenLine key={row} text={text} />
			))}
		</Box>
	);
}
