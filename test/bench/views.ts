// A cluster of 500 nodes whose slots are scattered one by one, the longest CLUSTER NODES there can be for it: how long
// one reply takes to parse, and how long all 500 views take to compare, beside the frame of 33 ms that a terminal is
// drawn in. Without servers: what is measured is ours alone.

import { compareViews, groupViews } from '../../source/core/cluster/agreement.ts';
import { groupsOf } from '../../source/core/cluster/view-groups.ts';
import { clusterNodes, nodes, viewOf } from '../core/many-nodes.ts';
import { median, type Part } from './table.ts';

const frameMilliseconds = 33;

function timed(act: () => void, runs: number): number {
	const taken: number[] = [];
	for (let run = 0; run < runs; run++) {
		const from = performance.now();
		act();
		taken.push(performance.now() - from);
	}
	return median(taken);
}

export const viewsPart: Part = {
	name: 'views',
	title: `a cluster of ${nodes} nodes, each slot a range of its own, beside a frame of ${frameMilliseconds} ms`,
	async run() {
		// Sixteen of them are cut off and believe otherwise.
		const texts = Array.from({ length: nodes }, (_, index) => clusterNodes(index, index < 16 ? 400 : 0));
		let turn = 0;
		const parse = timed(() => void viewOf(turn, texts[turn++ % nodes]!), 100);
		const all = () => texts.map((text, index) => viewOf(index, text));
		const compared = Array.from({ length: 5 }, () => {
			const views = all();
			const groups = () =>
				void groupsOf(
					views,
					compareViews(views, () => false, 0, undefined, groupViews(views)),
				);
			const from = performance.now();
			groups();
			const first = performance.now() - from;
			const again = performance.now();
			groups();
			return { first, next: performance.now() - again };
		});
		const row = (what: string, milliseconds: number) =>
			[
				what,
				`${milliseconds.toFixed(2)} ms`,
				`${frameMilliseconds} ms`,
				`${(milliseconds / frameMilliseconds).toPrecision(2)} x`,
			] as const;
		return [
			row(`parse one reply of ${Math.round(texts[0]!.length / 1024)} kB`, parse),
			row(`compare ${nodes} views that are all new`, median(compared.map(({ first }) => first))),
			row(`compare ${nodes} views again`, median(compared.map(({ next }) => next))),
		];
	},
};
