// Line 1: where you are, and whether what you see is now. Paused and fast polling are said here and nowhere else
// first, because the far end of the last line is what a narrow terminal cuts off.

import { printableText } from '../../core/printable.ts';
import { isNarrow } from '../../state/columns.ts';
import { shown } from '../../state/selectors.ts';
import type { State } from '../../state/state.ts';
import { age, clock, seconds } from '../format.ts';
import { bold, dim, type Line, plain, spread } from '../theme.ts';

export function breadcrumb(state: State): Line {
	const { columns } = state.size;
	const path = [placeName(state), ...(state.columnSet === 'overview' ? [] : [state.columnSet])];
	const note = state.note === undefined ? [] : [dim(`   ${state.note}`)];
	const left: Line = [bold('redis-top'), ...path.flatMap(step => [dim(' > '), bold(step)]), ...note];
	return spread(left, whenLine(state), columns, state.isAscii);
}

function placeName(state: State): string {
	const { fleets } = shown(state);
	if (fleets.length === 1) return printableText(fleets[0]!.fleet.name);
	return fleets.length === 0 ? 'fleet' : `${fleets.length} fleets`;
}

function whenLine(state: State): Line {
	const isShort = isNarrow(state.size.columns);
	if (state.replay !== undefined) return replayWords(state, state.replay, isShort);
	if (state.paused !== undefined) {
		const ago = age((state.at - state.paused.at) / 1000);
		return isShort
			? [bold(`PAUSED ${clock(state.paused.at)}`)]
			: [bold(`PAUSED at ${clock(state.paused.at)}, ${ago} ago`)];
	}
	const words = pace(state);
	if (isShort) return words.isUnusual ? [plain(words.text)] : [dim(clock(state.at))];
	const pad = words.isUnusual ? plain(words.text) : dim(words.text);
	return [pad, dim(`  ${clock(state.at)}`)];
}

/** In a replay time is the recording's: with its day, for a recording is seldom of today. */
function replayWords(state: State, replay: NonNullable<State['replay']>, isShort: boolean): Line {
	const at = state.paused?.at ?? state.at;
	const day = new Date(at).toISOString().slice(0, 10);
	const how = replay.isPaused || state.paused ? 'PAUSED' : replay.endText ? 'ENDED' : `x${replay.speed}`;
	return [bold(isShort ? `REPLAY ${how} ${clock(at)}` : `REPLAY ${how}  ${day} ${clock(at)}`)];
}

const nodesIn = (state: State) => shown(state).fleets.reduce((sum, { fleet }) => sum + fleet.nodes.length, 0);

function pace(state: State): { text: string; isUnusual: boolean } {
	if (state.isFast) return { text: 'every 0.25s  failover', isUnusual: true };
	if (state.isDiscovering)
		return { text: state.isAscii ? 'discovering...' : 'discovering…', isUnusual: true };
	if (state.paceSeconds !== undefined)
		return {
			text: `every ${seconds(state.paceSeconds)} (${seconds(state.delaySeconds)} asked: ${nodesIn(state)} nodes)`,
			isUnusual: true,
		};
	return { text: `every ${seconds(state.delaySeconds)}`, isUnusual: false };
}
