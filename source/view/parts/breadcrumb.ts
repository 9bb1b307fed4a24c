// Line 1: where you are, what is at work on the servers behind another screen, and whether what you see is now.
// Paused and fast polling are said here and nowhere else first, because the far end of the last line is what a narrow
// terminal cuts off.

import { localDay } from '../../core/text/local-time.ts';
import { fit } from '../../core/text/printable.ts';
import { percent } from '../../core/text/quantity.ts';
import { repeatingTrack } from '../../state/hot-keys-found.ts';
import { shown } from '../../state/shown.ts';
import type { State } from '../../state/state.ts';
import { isNarrow } from '../columns.ts';
import { age, clock, seconds } from '../format.ts';
import type { Screen } from '../screen.ts';
import { runningScans, scannedShare } from '../screens/big-keys/rows.ts';
import { repeatWords } from '../screens/hot-keys/ways.ts';
import { bold, crop, dim, type Line, lineWidth, plain, type Span, spread } from '../theme.ts';
import { stoppedWords } from './stopped-words.ts';

const longestReason = 60;

export function breadcrumb(state: State, screen: Screen): Line {
	const { columns } = state.size;
	const note = state.note === undefined ? [] : [dim(`   ${state.note}`)];
	const stopped = stoppedWords(state, columns < 100);
	const rightWith = (isWhyTold: boolean): Line => [
		...stopped.map((text): Span => ({ text: `${fit(text, longestReason, state.isAscii)}  `, style: 'crit' })),
		...workWords(state, screen).map(text => plain(`${text}  `)),
		...whenLine(state, screen, isWhyTold),
	];
	const path = screen.path(state).flatMap(step => [dim(' > '), bold(step)]);
	const whole: Line = [bold('redis-top'), ...path];
	// Where the whole path has no room the last step of it says more than the first, and both more than the note.
	const tight = path.length > 2 ? path.slice(1) : whole;
	const isRoom = lineWidth(tight) + 2 + lineWidth(rightWith(true)) <= columns;
	const right = rightWith(isRoom);
	const fits = (left: Line) => lineWidth(left) + 2 + lineWidth(right) <= columns;
	const left = [[...whole, ...note], [...tight, ...note], whole].find(fits) ?? tight;
	const line = spread(left, right, columns, state.isAscii);
	return stopped.length > 0 ? crop(line, columns, state.isAscii) : line;
}

/** What is at work on the servers and not on this screen, and windows that repeat: it costs until it is ended. */
function workWords(state: State, screen: Screen): readonly string[] {
	const onScreen = screen.scan?.(state);
	const repeating = repeatingTrack(state)?.status?.repeating;
	const scans = runningScans(state)
		.filter(scan => scan !== onScreen)
		.slice(0, 1)
		.map(scan => {
			const share = scannedShare(scan);
			const doing = scan.progress?.state === 'paused' ? 'scan held' : 'scanning';
			return share === undefined ? doing : `${doing} ${percent(share)}`;
		});
	return repeating === undefined ? scans : [repeatWords(repeating), ...scans];
}

/** Why it is slower than asked is said where there is room for it. */
function whenLine(state: State, { hasOwnPace = false }: Screen, isWhyTold: boolean): Line {
	const isShort = isNarrow(state.size.columns);
	if (state.replay !== undefined) return replayWords(state, state.replay, isShort);
	if (state.paused !== undefined) {
		const ago = age((state.at - state.paused.at) / 1000);
		return isShort
			? [bold(`PAUSED ${clock(state.paused.at, state.clockOffset)}`)]
			: [bold(`PAUSED at ${clock(state.paused.at, state.clockOffset)}, ${ago} ago`)];
	}
	const words = pace(state, isWhyTold);
	if (isShort || (hasOwnPace && !words.isUnusual))
		return words.isUnusual ? [plain(words.text)] : [dim(clock(state.at, state.clockOffset))];
	const pad = words.isUnusual ? plain(words.text) : dim(words.text);
	return [pad, dim(`  ${clock(state.at, state.clockOffset)}`)];
}

/** In a replay time is the recording's: with its day, for a recording is seldom of today. */
function replayWords(state: State, replay: NonNullable<State['replay']>, isShort: boolean): Line {
	const at = state.paused?.at ?? state.at;
	const day = localDay(at, state.clockOffset);
	const how =
		replay.isPaused || state.paused ? 'PAUSED' : replay.endText ? 'ENDED' : speedWords(replay.speed);
	return [
		bold(
			isShort
				? `REPLAY ${how} ${clock(at, state.clockOffset)}`
				: `REPLAY ${how}  ${day} ${clock(at, state.clockOffset)}`,
		),
	];
}

const speedWords = (speed: number) => (Number.isFinite(speed) ? `x${speed}` : 'MAX');

const nodesIn = (state: State) => shown(state).fleets.reduce((sum, { fleet }) => sum + fleet.nodes.length, 0);

/** Of what is asked for no more fits: the nearest answer takes too long, or all of them are too much work. */
function whyLonger(state: State): string {
	const tracks = state.fleets.flatMap(({ tracks }) => [...tracks.values()]);
	const trips = tracks.flatMap(({ lastGood }) => lastGood?.tripMilliseconds ?? []);
	const least = trips.length === 0 ? 0 : Math.min(...trips);
	return least > state.delaySeconds * 500 ? `ping ${Math.round(least)}ms` : `${nodesIn(state)} nodes`;
}

function pace(state: State, isWhyTold: boolean): { text: string; isUnusual: boolean } {
	if (state.isFast) return { text: 'every 0.25s  failover', isUnusual: true };
	if (state.isDiscovering)
		return { text: state.isAscii ? 'discovering...' : 'discovering…', isUnusual: true };
	if (state.prometheus)
		return { text: `every ${seconds(state.paceSeconds ?? state.delaySeconds)}`, isUnusual: false };
	if (state.paceSeconds !== undefined)
		return {
			text: `every ${seconds(state.paceSeconds)} (${seconds(state.delaySeconds)} asked${isWhyTold ? `: ${whyLonger(state)}` : ''})`,
			isUnusual: true,
		};
	return { text: `every ${seconds(state.delaySeconds)}`, isUnusual: false };
}
