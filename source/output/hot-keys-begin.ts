// What --hotkeys is going to cost, said before it begins, and its progress as one line that is written over itself on
// stderr. Writes nothing itself.

import {
	askedRung,
	type HotKeysMethod,
	type Ladder,
	methodName,
	tellsKeys,
} from '../core/keys/hot-ladder.ts';
import { sessionSeconds } from '../core/keys/rungs/hotkeys.ts';
import { monitorCommands, monitorSeconds } from '../core/keys/rungs/monitor.ts';
import { fit, printableText } from '../core/text/printable.ts';
import { count, counted, percent } from '../core/text/quantity.ts';
import { said } from '../view/screens/hot-keys/clauses.ts';
import { costWords, lossWords, showsWords, whyText } from '../view/screens/hot-keys/rung-words.ts';
import { whole } from './text-table.ts';

/** More nodes than this are told of together. */
const mostLines = 8;

/** What the search will cost, a line each, before it begins. */
export function hotKeysCostLines(ladders: readonly Ladder[]): string[] {
	const lines = ladders.map(ladder => ({ ladder, text: beginWords(ladder) }));
	if (lines.length <= mostLines)
		return lines.map(({ ladder, text }) => `${printableText(ladder.node)}: ${text}`);
	const groups = new Map<HotKeysMethod | undefined, string[]>();
	for (const { ladder, text } of lines) {
		const method = methodOf(ladder);
		groups.set(method, [...(groups.get(method) ?? []), text]);
	}
	return [...groups.values()].map(
		texts => `${texts.length} nodes: ${texts[0]!}${texts.length > 1 ? ' (the first of them)' : ''}`,
	);
}

/** By what it will be looked at: what must be asked for only where nothing else finds keys. */
function methodOf(ladder: Ladder): HotKeysMethod | undefined {
	const isCounted = ladder.rungs.some(({ method, state }) => method === 'lfu' && state === 'ready');
	if (ladder.isIdle && isCounted) return 'lfu';
	if (askedRung(ladder) === 'hotkeys') return 'hotkeys';
	const { used } = ladder;
	return used !== undefined && !tellsKeys(used) ? (askedRung(ladder) ?? used) : used;
}

function beginWords(ladder: Ladder): string {
	const method = methodOf(ladder);
	const rung = ladder.rungs.find(each => each.method === method);
	const last = ladder.rungs.at(-1);
	const cost = rung === undefined ? '' : costWords(rung);
	switch (method) {
		case undefined:
			return `no way to its hot keys: ${printableText(last === undefined ? 'none is there' : (whyText(last) ?? 'none is there'))}`;
		case 'monitor':
			return `MONITOR for at most ${monitorSeconds}s or ${whole(monitorCommands)} commands; ${said(lossWords(ladder) ?? [cost])}`;
		case 'hotkeys':
			return rung!.state === 'asks'
				? `HOTKEYS for ${sessionSeconds}s; costs ${cost}`
				: `HOTKEYS, ${showsWords(rung!)}; costs ${cost}`;
		case 'lfu':
			return `OBJECT FREQ of all keys; costs ${cost}`;
		case 'slot-stats':
			return `SLOT-STATS alone; costs ${cost}`;
		default:
			return `${methodName(method)}; costs ${cost}`;
	}
}

/** How far a search is; the caller writes `\r` and clears what stood there. */
export function hotKeysProgressLine(
	progress: {
		readonly nodes: number;
		readonly walked: number;
		readonly toWalk: number;
		readonly sampling?: {
			readonly since: number;
			readonly methods?: readonly HotKeysMethod[];
			readonly commands: number;
			readonly mostSeconds: number;
		};
	},
	at: number,
	columns = 79,
): string {
	const { nodes, walked, toWalk, sampling } = progress;
	const parts = [
		`sampling ${counted(nodes, 'node')}`,
		...(sampling
			? [
					`${Math.min(sampling.mostSeconds, (at - sampling.since) / 1000).toFixed(1)}s of ${sampling.mostSeconds}s`,
					...(sampling.methods?.every(method => method === 'hotkeys')
						? ['HOTKEYS']
						: [`${whole(sampling.commands)} commands`]),
				]
			: []),
		...(toWalk > 0 ? [`${percent(Math.min(1, walked / toWalk))} of ${count(toWalk)} keys`] : []),
	];
	return fit(parts.join('  '), columns).trimEnd();
}
