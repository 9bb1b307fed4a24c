// What the scan cost the servers: commands and bytes of its own connections, and the time its commands took by the
// servers' own commandstats, read before and after: the mean of all clients' calls of a command meanwhile, times our
// calls. Where that may not be asked the time stays unknown.

import type { ScanCost } from '../../core/keys/big-keys.ts';
import { sum } from '../../core/sums.ts';
import type { OwnUse } from '../../core/types.ts';
import { call } from '../commands.ts';
import type { NodeLine } from './node-line.ts';

type Stat = { readonly calls: number; readonly usec: number };

export type CostMeter = {
	/** Before anything is read of the node. */
	readonly begin: (line: NodeLine) => Promise<void>;
	/** After the last word with it. */
	readonly end: (line: NodeLine) => Promise<void>;
	readonly cost: (own: readonly OwnUse[]) => ScanCost;
};

export function createCostMeter(): CostMeter {
	const before = new Map<NodeLine, ReadonlyMap<string, Stat>>();
	let microseconds: number | undefined;

	const stats = async (line: NodeLine) => {
		const reply = (await line.tell([call('infoCommandstats')]))?.[0];
		return typeof reply === 'string' ? statsOf(reply) : undefined;
	};

	return {
		async begin(line) {
			const found = await stats(line);
			if (found) before.set(line, found);
		},
		async end(line) {
			const first = before.get(line);
			const last = first && (await stats(line));
			if (!first || !last) return;
			for (const [name, times] of Object.entries(line.own().calls)) {
				const calls = (last.get(name)?.calls ?? 0) - (first.get(name)?.calls ?? 0);
				const usec = (last.get(name)?.usec ?? 0) - (first.get(name)?.usec ?? 0);
				// After CONFIG RESETSTAT they stand lower than before.
				if (calls > 0 && usec >= 0) microseconds = (microseconds ?? 0) + (usec * times) / calls;
			}
		},
		cost: own => ({
			commands: sum(own, ({ commands }) => commands),
			inputBytes: sum(own, ({ inputBytes }) => inputBytes),
			outputBytes: sum(own, ({ outputBytes }) => outputBytes),
			serverMicroseconds: microseconds === undefined ? undefined : Math.round(microseconds),
		}),
	};
}

function statsOf(text: string): Map<string, Stat> {
	const lines = text.matchAll(/^cmdstat_(.+):calls=(\d+),usec=(\d+)/gm);
	return new Map(
		[...lines].map(([, name, calls, usec]) => [name!, { calls: Number(calls), usec: Number(usec) }]),
	);
}
