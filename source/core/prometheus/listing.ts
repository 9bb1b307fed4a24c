// Every node that a Prometheus knows, in groups by label: which rows there are, and of which target each series is. A target
// is told from another by all labels of its redis_up, so that two servers of one address in two clusters stay two; the same
// server scraped twice is one row of its group.

import { placelessName } from '../parse/parse-address.ts';
import { printableText } from '../text/printable.ts';
import type { Address } from '../types.ts';
import type { Labels, PromSeries } from './answer.ts';
import { labelOf, type NodeRule, namesOf } from './targets.ts';

export type ListedNode = {
	readonly key: string;
	readonly address: Address;
	/** Name of its group. */
	readonly group: string;
	readonly isUp: boolean;
	/** When it was scraped, milliseconds by Prometheus's clock. */
	readonly scrapedAt: number;
	/** The redis-top that has measured it; undefined is an exporter. */
	readonly by?: string;
};

export type Listing = {
	readonly nodes: readonly ListedNode[];
	/** The target that a series is of, as the key of its node. */
	readonly keyOf: (labels: Labels) => string;
};

/** Labels that tell fleets apart, the first that nearly all targets have. */
const groupLabels = [
	'cluster',
	'redis_cluster',
	'service',
	'environment',
	'env',
	'namespace',
	'job',
] as const;

const nearlyAll = 0.9;

/** From the answers to `redis_up`, `timestamp(redis_up)` and `redis_instance_info`. */
export function listNodes(
	up: readonly PromSeries[],
	stamps: readonly PromSeries[],
	infos: readonly PromSeries[],
	{ node: rule, groups }: { readonly node?: NodeRule; readonly groups?: string },
): Listing {
	const names = [...new Set(up.flatMap(({ labels }) => Object.keys(labels)))].filter(isOfTarget).sort();
	// The same object has the same key: a refresh has it in each metric.
	const keys = new Map<Labels, string>();
	const keyOf = (labels: Labels) => {
		const key = keys.get(labels) ?? names.map(name => labels[name] ?? '').join('\0');
		keys.set(labels, key);
		return key;
	};
	const scraped = new Map(
		stamps.flatMap(({ labels, values: [seconds] }) =>
			seconds === undefined ? [] : [[keyOf(labels), seconds * 1000] as const],
		),
	);
	const told = new Map(infos.map(({ labels }) => [keyOf(labels), labels]));
	const by = groups?.split(/[,/]/).filter(name => name !== '') ?? groupLabelOf(up);
	const rows = new Map<string, ListedNode>();
	for (const { labels, values, times } of up) {
		if (values.length === 0) continue;
		const key = keyOf(labels);
		const address = namesOf(labels, told.get(key), rule)[0] ?? placelessName(nameless(labels));
		const group = printableText(by.map(name => labels[name] ?? '-').join('/'), 120) || '-';
		const scrapedAt = scraped.get(key) ?? times.at(-1)!;
		const row = { key, address, group, isUp: values.at(-1)! > 0, scrapedAt };
		const place = `${group}\0${address}`;
		const before = rows.get(place);
		if (!before || before.scrapedAt < scrapedAt) rows.set(place, row);
	}
	return { nodes: [...rows.values()], keyOf };
}

/** Where no label is an address: who nobody can name is a row all the same. */
function nameless(labels: Labels): string {
	const label = labelOf(labels);
	if (label) return labels[label]!;
	const words = Object.entries(labels).filter(([name]) => isOfTarget(name) && name !== 'job');
	return words.map(([name, value]) => `${name}=${value}`).join(',') || '-';
}

const isOfTarget = (name: string) => name !== '__name__';

function groupLabelOf(up: readonly PromSeries[]): readonly string[] {
	const most = up.length * nearlyAll;
	const label = groupLabels.find(name => up.filter(({ labels }) => labels[name]).length >= most);
	return label === undefined ? [] : [label];
}
