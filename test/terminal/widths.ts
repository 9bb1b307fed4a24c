// A pane of a real tmux that is made narrower and wider at the same height, on every screen: at each width what is to be
// seen is compared with a drawing from nothing (^L). A paused recording stands still, so there every cell counts, its
// colour too; screens of keys need a server, and what a second changes on them does not count.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { programWords } from './built.ts';
import { openPane, type Pane } from './tmux.ts';

export const rows = 40;
export const widest = 140;
export const narrowest = 40;

const demo = fileURLToPath(new URL('../../media/demo.jsonl.gz', import.meta.url));

export type Screen = {
	readonly name: string;
	readonly args: (node: RunningServer) => readonly string[];
	/** Goes to the screen. */
	readonly open: (pane: Pane, node: RunningServer) => Promise<void>;
	readonly isExact: boolean;
};

const recorded = (name: string, key: string, shows: RegExp): Screen => ({
	name,
	args: () => ['--replay', demo],
	isExact: true,
	async open(pane) {
		await pane.shows(/ replica /);
		await pane.press('p');
		await pane.shows(/REPLAY PAUSED/);
		await pane.press(...(key === '' ? [] : [key]));
		await pane.shows(shows);
	},
});

const ofKeys = (name: string, key: string, ready: RegExp, shows: RegExp, still = shows): Screen => ({
	name,
	args: ({ port }) => ['-p', String(port)],
	isExact: false,
	async open(pane, node) {
		await pane.shows(/no findings/);
		await pane.press(key);
		await pane.shows(ready);
		await pane.press('s');
		// What is sampled must be used meanwhile.
		const found = pane.shows(shows);
		let isOver = false;
		const over = () => {
			isOver = true;
		};
		found.then(over, over);
		for (let used = 0; !isOver; used++) {
			await node.call('GET', `k:${used % 10}`);
			await pause(5);
		}
		await found;
		// What it costs now is told in other words than while it was used.
		await pane.shows(still);
	},
});

export const screens: readonly Screen[] = [
	recorded('fleet', '', /NODE/),
	recorded('node', '2', /OPS\/S/),
	recorded('cluster', '3', /SLOTS/),
	recorded('runbook', '6', /1 confirm scope/),
	recorded('help', '?', /MOVE/),
	ofKeys('hot keys', '4', /METHODS/, /^sampled /m, /^0 ops\/s now/m),
	ofKeys('big keys', '5', /not scanned yet/, /^scanned /m),
];

/** By every step from the widest to the narrowest. */
function widthsDown(step: number): readonly number[] {
	const down: number[] = [];
	for (let columns = widest; columns > narrowest; columns -= step) down.push(columns);
	return [...down, narrowest];
}

/** Without what a second changes. */
const timeless = (line: string) => line.replace(/\d[\d.]*[KMGsmhk]?/g, '0').replace(/ +/g, ' ');

const drawings = (pane: Pane) => pane.written().split('\x1b[?1049h').length;

/** Line 1 reaches from edge to edge, and ends as it does: of one that is cut off nobody knows the last character. */
async function isDrawn(pane: Pane, columns: number): Promise<boolean> {
	const [first] = await pane.lines();
	return first?.length === columns && /( \d\d:\d\d:\d\d| redis-top \d+\.\d+\.\d+| times UTC)$/.test(first);
}

export type Narrowed = {
	/** How many times the width was changed. */
	readonly changes: number;
	/** The longest time until every line was as it should be. */
	readonly milliseconds: number;
};

/** Throws where a line stays other than a fresh drawing has it. */
export async function narrow(screen: Screen, node: RunningServer, step: number): Promise<Narrowed> {
	const command = [...programWords, ...screen.args(node)];
	const pane = await openPane(command, { size: [widest, rows] });
	const seen = async () => {
		const lines = await pane.settled(screen.isExact);
		return screen.isExact ? lines : lines.map(timeless);
	};
	const down = widthsDown(step);
	const fresh = new Map<number, readonly string[]>();
	const drawFresh = async (columns: number) => {
		const isThere = () => isDrawn(pane, columns);
		await until(isThere, { what: `${screen.name} is drawn ${columns} wide`, every: 5 });
		const known = drawings(pane);
		await pane.press('C-l');
		await until(() => drawings(pane) > known, { what: 'it is drawn from nothing', every: 5 });
		await until(isThere, { what: `${screen.name} is drawn again ${columns} wide`, every: 5 });
		fresh.set(columns, await seen());
	};
	const change = async (columns: number): Promise<number> => {
		const from = performance.now();
		await pane.setWidth(columns);
		let last: readonly string[] = [];
		const isAsFresh = async () => {
			last = await seen();
			return last.join('\n') === fresh.get(columns)!.join('\n');
		};
		// An error of `until` says no lines.
		await until(isAsFresh, { what: `${columns} wide`, timeout: 1000, every: 5 }).catch(async () => {
			// What a server says may have come to have another length.
			if (!screen.isExact) await drawFresh(columns);
		});
		assert.deepEqual(last, fresh.get(columns), `${screen.name}, made ${columns} wide`);
		return performance.now() - from;
	};
	try {
		await screen.open(pane, node);
		for (const columns of down) {
			await pane.setWidth(columns);
			await drawFresh(columns);
		}
		const took: number[] = [];
		for (const columns of [...down.toReversed().slice(1), ...down.slice(1)]) took.push(await change(columns));
		return { changes: took.length, milliseconds: Math.max(...took) };
	} finally {
		await pane.stop();
	}
}
