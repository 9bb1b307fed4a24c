// The screen of big keys before the first scan: what `s` would do, on which nodes, how long at most and how many hits
// it would add, so that the cost is said before it is paid. Opening the screen has sent nothing.

import type { ScanTarget } from '../../../core/keys/big-keys.ts';
import { limitWords } from '../../../core/keys/size-words.ts';
import { printableText } from '../../../core/text/printable.ts';
import { briefCount, count, duration, percent } from '../../../core/text/quantity.ts';
import { fleetOf, scopesOf, shardName, targetsOf } from '../../../state/key-scope.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow } from '../../columns.ts';
import { orDash } from '../../format.ts';
import { keyName } from '../../keymap.ts';
import { wrapped } from '../../parts/text-lines.ts';
import { blank, bold, dim, type Line, plain, textWidth } from '../../theme.ts';
import { costAhead, runningScans, scannedShare } from './rows.ts';
import { nodesWords } from './scan-head.ts';

/** Lines 2 and 3: nothing was scanned. */
export function introHead(state: State): readonly [Line, Line] {
	if (state.replay) return [[bold('not scanned')], [dim('A replay sends nothing.')]];
	const targets = targetsOf(state, state.bigKeys!.scope);
	const { keys } = costAhead(targets, state, false);
	const [doing, many] = ['not scanned yet', `, ${orDash(keys, count)} keys`];
	const room = state.size.columns - textWidth(`${doing}  ${many}`);
	const where = targets.length === 0 ? '' : `  ${nodesWords(state, targets, room)}${many}`;
	return [[bold(doing), plain(where)], [dim('Opening this screen sends nothing.')]];
}

export function introLines(state: State): readonly Line[] {
	const { columns } = state.size;
	const { scope } = state.bigKeys!;
	if (state.replay) return [[plain('No keys were scanned up to this moment of the recording.')]];
	const targets = targetsOf(state, scope);
	if (targets.length === 0) return [[plain(nobodyWords(state))]];
	const isSmall = isNarrow(columns);
	const key = (name: string, sentences: readonly string[]): readonly Line[] =>
		sentences
			.flatMap(sentence => wrapped(sentence, columns - 6))
			.map((text, index) => [plain('  '), index === 0 ? bold(name.padEnd(4)) : plain('    '), plain(text)]);
	const gap = isSmall ? [] : [blank];
	return [
		...key('s', scanSentences(state, targets)),
		...gap,
		...key('t', [exactSentence(state, targets)]),
		...scopeLines(state, key, gap),
		...(isSmall ? [] : [blank, ...targetLines(targets)]),
	];
}

/** What core/keys/key-look and the runbooks say as well: measured on five server versions, 2 to 4 us a key. */
const microsecondsPerKey = 4;

function scanSentences(state: State, targets: readonly ScanTarget[]): readonly string[] {
	const { scanRate } = state;
	const { keys, seconds, hits } = costAhead(targets, state, false);
	const { columns } = state.size;
	const time = seconds === undefined ? '' : `about ${duration(Math.max(1, seconds))}`;
	if (isNarrow(columns))
		return [
			`SCAN, and MEMORY USAGE of every key, on`,
			`${nodesWords(state, targets, columns - 6 - textWidth(`: ${time}`))}${time === '' ? '' : `: ${time}`}`,
			`at most ${orDash(hits, count)} hits, not in the hit rate`,
			'p holds it, s stops it',
		];
	const each = targets.length > 1 ? ' and node' : '';
	const all = `${orDash(keys, count)} keys`;
	const pace =
		scanRate > 0
			? `${all}, at most ${briefCount(scanRate)} a second${each}: ${time === '' ? '' : `${time}, `}${percent((scanRate * microsecondsPerKey) / 1e6)} of a core`
			: `${all} without a ceiling: as fast as the server answers`;
	const limits = limitWords(state.scanOnly);
	return [
		`reads ${nodesWords(state, targets)}: SCAN, and MEMORY USAGE of every key${limits === undefined ? '' : ` of ${limits}`}`,
		pace,
		`type and ttl of a sample: at most ${orDash(hits, count)} hits, taken out of the hit rate`,
		'slower when the ping rises, the CPU is busy or a fork runs',
		'p holds it, s stops it; it goes on when this screen is left',
	];
}

function exactSentence(state: State, targets: readonly ScanTarget[]): string {
	const { hits } = costAhead(targets, state, true);
	if (isNarrow(state.size.columns)) return `twice: type, ttl, length of all, ${orDash(hits, count)} hits`;
	return `pressed twice: the same with type, ttl and length of every key, ${orDash(hits, count)} hits`;
}

function scopeLines(
	state: State,
	key: (name: string, sentences: readonly string[]) => readonly Line[],
	gap: readonly Line[],
): readonly Line[] {
	const own = scopesOf(state).filter(({ fleet }) => fleet === state.bigKeys!.scope.fleet);
	const running = runningScans(state)[0];
	const arrows = state.isAscii ? '< >' : `${keyName('left', false)} ${keyName('right', false)}`;
	const lines = own.length < 2 ? [] : [...gap, ...key(arrows, [`one shard alone, or all ${own.length - 1}`])];
	if (running === undefined) return lines;
	const share = scannedShare(running);
	const name = shardName(state, running.scope) ?? `all of ${fleetOf(state, running.scope)?.name}`;
	const far = share === undefined ? '' : `, ${percent(share)}`;
	return [...lines, ...gap, [plain('  '), plain(`${printableText(name)} is being scanned${far}.`)]];
}

function targetLines(targets: readonly ScanTarget[]): readonly Line[] {
	return targets.map(({ address, primary, isReplica, keys }) => {
		const role = isReplica ? `replica of ${printableText(primary)}` : 'primary';
		return [
			plain(`  ${printableText(address).padEnd(22)} `),
			dim(role.padEnd(34)),
			plain(`${orDash(keys, count).padStart(6)} keys`),
		];
	});
}

function nobodyWords(state: State): string {
	const error = fleetOf(state, state.bigKeys!.scope)?.now.fleet.nodes.find(node => node.error)?.error;
	return error === undefined
		? 'There is no node to scan yet: none has answered.'
		: `There is no node to scan: ${printableText(error.text)}.`;
}
