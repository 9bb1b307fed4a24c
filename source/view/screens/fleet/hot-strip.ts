// HOT KEYS on the fleet screen: the three hottest that were last found in the fleet under the cursor, how they were
// found and how long ago. A photograph and not a reading, so it is never coloured; `4` has all of it.

import type { FleetSnapshot } from '../../../core/fleet/snapshot.ts';
import type { HotKey, HotKeysResult } from '../../../core/keys/hot-keys.ts';
import { methodName } from '../../../core/keys/hot-ladder.ts';
import { fitMiddle, printable } from '../../../core/text/printable.ts';
import { newestHotKeys } from '../../../state/hot-keys-found.ts';
import { shown } from '../../../state/shown.ts';
import type { State } from '../../../state/state.ts';
import { age, clock, none } from '../../format.ts';
import { blank, bold, crop, dim, type Line, plain } from '../../theme.ts';
import { sharePercent } from '../hot-keys/cells.ts';

const keysShown = 3;
/** Of each name, so that three and the method fit on 120 columns. */
const nameWidth = 24;

/** `HOT KEYS  35.2% promo:banner:home   12.7% cart:{8841}:items   by MONITOR at 14:33:17` */
export function hotStrip(state: State, around: FleetSnapshot | undefined): Line {
	const index = around === undefined ? -1 : shown(state).fleets.indexOf(around);
	const result = newestHotKeys(state, state.fleets[index]?.id);
	if (result === undefined) return blank;
	const keys = result.keys.slice(0, keysShown).map((key): Line => keySpans(key, state.isAscii));
	const seen: Line =
		keys.length === 0 ? [dim('none')] : keys.flatMap((key, at) => (at === 0 ? key : [plain('   '), ...key]));
	const line: Line = [bold('HOT KEYS'), plain('  '), ...seen, dim(`   ${howWords(state, result)}`)];
	return crop(line, state.size.columns, state.isAscii);
}

function keySpans({ key, share, counter }: HotKey, isAscii: boolean): Line {
	const name = key === '' ? '""' : fitMiddle(printable(key), nameWidth, isAscii);
	const much = share === undefined ? `${counter ?? none}` : sharePercent(share);
	return [plain(`${much} ${name}`)];
}

function howWords(state: State, { method, at, shareOf }: HotKeysResult): string {
	const what = shareOf === 'accesses' ? ' counters' : shareOf === 'time' ? ' (time)' : '';
	// The age in minutes: seconds would draw the line anew every second.
	const seconds = (state.at - at) / 1000;
	const old = seconds < 60 ? '' : `, ${age(seconds)} ago`;
	return `by ${methodName(method)}${what} at ${clock(at, state.clockOffset)}${old}`;
}
