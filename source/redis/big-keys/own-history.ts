// What was done on a node until a moment that is past: whoever reads the node's counters learns some time after the
// reply was there, and at 20,000 commands a second a tenth of a second is 2,000 commands. Kept for some seconds, a mark
// every few milliseconds, in between by the share of the time. No clock: it is told the time.

import type { OwnUse } from '../../core/types.ts';

type Mark = { readonly at: number; readonly own: OwnUse };

const everyMilliseconds = 10;
const keptMilliseconds = 5000;

export type OwnHistory = {
	/** Called often; `own` is only asked for when it is time. */
	readonly mark: (at: number, own: () => OwnUse) => void;
	/** `now`: what it is by now. */
	readonly until: (at: number, now: Mark) => OwnUse;
};

export function createOwnHistory(): OwnHistory {
	let marks: Mark[] = [];
	return {
		mark(at, own) {
			const last = marks.at(-1);
			if (last && at - last.at < everyMilliseconds) return;
			marks.push({ at, own: own() });
			if (at - marks[0]!.at > 2 * keptMilliseconds)
				marks = marks.filter(one => at - one.at <= keptMilliseconds);
		},
		until(at, now) {
			let index = marks.length - 1;
			while (index >= 0 && marks[index]!.at > at) index--;
			const before = marks[index] ?? marks[0];
			if (!before || at >= now.at) return now.own;
			const after = marks[index + 1] ?? now;
			const share = (at - before.at) / (after.at - before.at);
			return between(before.own, after.own, Math.min(1, Math.max(0, share || 0)));
		},
	};
}

function between(a: OwnUse, b: OwnUse, share: number): OwnUse {
	const part = (from: number, to: number) => from + Math.round((to - from) * share);
	const names = Object.keys(b.calls);
	return {
		commands: part(a.commands, b.commands),
		hits: part(a.hits, b.hits),
		inputBytes: part(a.inputBytes, b.inputBytes),
		outputBytes: part(a.outputBytes, b.outputBytes),
		calls: Object.fromEntries(names.map(name => [name, part(a.calls[name] ?? 0, b.calls[name]!)])),
	};
}
