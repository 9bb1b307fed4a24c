// --keep-on critical DIR: when a critical finding comes, the last minutes are written, with a minute of what follows it.
// Findings of one incident come in numbers: what is written anyway, or was just now, is not written twice.

import type { Finding } from '../core/types.ts';
import type { State } from '../state/state.ts';

export type Keeper = {
	/** Called after each round. */
	readonly onState: (state: State) => void;
	/** What is due later is written now. */
	readonly close: () => Promise<void>;
};

export type KeeperOptions = {
	/** Settled with what is told of it. */
	readonly write: (name: string) => Promise<string>;
	readonly tell: (text: string) => void;
	readonly nameOf: (id: string) => string;
};

const afterMilliseconds = 60_000;
/** What is kept in memory reaches back for longer than that. */
export const gapMilliseconds = 600_000;

export function keepOnCritical({ write, tell, nameOf }: KeeperOptions): Keeper {
	let known = new Set<string>();
	let due: { readonly at: number; readonly id: string } | undefined;
	let writtenAt = Number.NEGATIVE_INFINITY;

	const writeNow = async (at: number, id: string) => {
		due = undefined;
		writtenAt = at;
		tell(await write(nameOf(id)));
	};

	return {
		onState({ at, fleets }) {
			const criticals = fleets.flatMap(({ now }) => now.findings.filter(isCritical));
			const fresh = criticals.find(finding => !known.has(nameOfFinding(finding)));
			known = new Set(criticals.map(nameOfFinding));
			if (fresh && !due)
				due = { at: Math.max(at + afterMilliseconds, writtenAt + gapMilliseconds), id: fresh.id };
			if (due && at >= due.at) void writeNow(at, due.id);
		},
		async close() {
			if (due) await writeNow(due.at, due.id);
		},
	};
}

const isCritical = ({ severity }: Finding) => severity === 'crit';
const nameOfFinding = ({ id, node, kind }: Finding) => `${id} ${node} ${kind}`;
