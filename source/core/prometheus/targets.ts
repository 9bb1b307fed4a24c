// Which series are whose: the targets that Prometheus scrapes redis_exporter at, each with the names that its node may go
// by. A target is told by one label: `addr` where the exporter writes it, else `instance`. Its node is looked for by a
// rule of the settings first, then by labels that are an address, then by the host of the target with the port that the
// server itself tells. What is not found is said with the labels that were tried.

import { addressOf } from '../parse/parse-address.ts';
import { printableText } from '../text/printable.ts';
import type { Address } from '../types.ts';
import type { Labels, PromSeries } from './answer.ts';

export type Target = {
	/** Name and value of the label that tells it from the others. */
	readonly label: string;
	readonly value: string;
	/** Of redis_up. */
	readonly labels: Labels;
	/** Of its node, the best first. */
	readonly names: readonly Address[];
	readonly runId?: string;
	readonly isUp: boolean;
};

/** `{host}:{port}`, with labels in braces; undefined where there is no rule. */
export type NodeRule = string;

/** Labels that may be an address, in the order in which they are tried. */
const addressLabels = ['addr', 'target', 'redis_addr', 'alias', 'instance'] as const;

/** From the answers to `redis_up` and `redis_instance_info`, each once a target. */
export function targetsOf(
	up: readonly PromSeries[],
	infos: readonly PromSeries[],
	rule?: NodeRule,
): readonly Target[] {
	const known = new Map<string, PromSeries>();
	for (const series of infos) {
		const key = keyOf(series.labels);
		if (key !== undefined) known.set(key, series);
	}
	const targets = new Map<string, Target>();
	for (const { labels, values } of up) {
		const key = keyOf(labels);
		if (key === undefined) continue;
		const info = known.get(key)?.labels;
		const label = labelOf(labels)!;
		const isUp = (values.at(-1) ?? 0) > 0;
		const target: Target = {
			...{ label, value: labels[label]!, labels, isUp },
			names: namesOf(labels, info, rule),
			...(info?.run_id && { runId: info.run_id }),
		};
		const before = targets.get(key);
		if (!before || (isUp && !before.isUp)) targets.set(key, target);
	}
	return [...targets.values()];
}

/** Nodes that redis-tops as services watch, from the answer to `redis_top_up`: they tell the address itself. */
export const ownTargetsOf = (up: readonly PromSeries[]): readonly Target[] =>
	up.flatMap(({ labels, values }) =>
		labels.node
			? [{ label: 'node', value: labels.node, labels, names: [labels.node], isUp: (values.at(-1) ?? 0) > 0 }]
			: [],
	);

export function labelOf(labels: Labels): 'addr' | 'instance' | undefined {
	if (labels.addr) return 'addr';
	return labels.instance ? 'instance' : undefined;
}

/** The same for every series of one target. */
export function keyOf(labels: Labels): string | undefined {
	const label = labelOf(labels);
	return label && labels[label];
}

export function namesOf(
	labels: Labels,
	info: Labels | undefined,
	rule: NodeRule | undefined,
): readonly Address[] {
	const ruled = rule === undefined ? undefined : byRule(rule, { ...info, ...labels });
	if (rule !== undefined) return ruled === undefined ? [] : [ruled];
	const port = info?.tcp_port;
	const isExporter = (name: string) => name === 'instance' && port !== undefined;
	const told = addressLabels.flatMap(name => {
		const place = labels[name] === undefined ? undefined : placeIn(labels[name]);
		if (!place) return [];
		// The port of a target is the exporter's own where the server tells another.
		const own = addressOf(place.host, isExporter(name) && !place.isUrl ? port : (place.port ?? port));
		const literal = addressOf(place.host, place.port);
		return [own, literal].filter(each => each !== undefined);
	});
	return [...new Set(told)];
}

/** `redis://10.0.0.1:6379`, `10.0.0.1:6379`, `[::1]:6379`, `10.0.0.1`. */
function placeIn(text: string): { host: string; port?: string; isUrl: boolean } | undefined {
	const [, scheme, rest = ''] = /^([a-z]+:\/\/)?(?:[^@/]*@)?([^/]*)/i.exec(text) ?? [];
	const [, host, port] = /^(\[[^\]]+\]|[^:\s]+)(?::(\d{1,5}))?$/.exec(rest) ?? [];
	return host === undefined ? undefined : { host, port, isUrl: scheme !== undefined };
}

function byRule(rule: NodeRule, labels: Labels): Address | undefined {
	let isWhole = true;
	const text = rule.replace(/\{(\w+)\}/g, (_, name: string) => {
		const value = labels[name];
		if (!value) isWhole = false;
		return value ?? '';
	});
	const place = isWhole ? placeIn(text) : undefined;
	return place && addressOf(place.host, place.port);
}

/** A node of a fleet with everything that it goes by. */
export type Named = {
	readonly address: Address;
	readonly names: readonly Address[];
	readonly runId?: string;
};

export type Found = {
	readonly targets: ReadonlyMap<Address, Target>;
	/** Nodes that no series is of, or several that differ. */
	readonly unfound: readonly Address[];
};

/** The target of each node. Where one name leads to several, the one of the same process. */
export function findTargets(nodes: readonly Named[], targets: readonly Target[]): Found {
	const byName = new Map<Address, Target[]>();
	const byRun = new Map<string, Target>();
	for (const target of targets) {
		if (target.runId) byRun.set(target.runId, target);
		for (const name of target.names) byName.set(name, [...(byName.get(name) ?? []), target]);
	}
	const found = new Map<Address, Target>();
	for (const { address, names, runId } of nodes) {
		const named = [...new Set(names.flatMap(name => byName.get(name) ?? []))];
		const same = named.find(target => runId !== undefined && target.runId === runId);
		const target = same ?? (named.length === 1 ? named[0] : undefined) ?? byRun.get(runId ?? '');
		if (target) found.set(address, target);
	}
	return { targets: found, unfound: nodes.map(({ address }) => address).filter(each => !found.has(each)) };
}

const namedMost = 2;

/** One line: who was not found, and by which labels it was looked for. */
export function unfoundWords(
	{ unfound }: Found,
	targets: readonly Target[],
	rule: NodeRule | undefined,
): string {
	const who = unfound.slice(0, namedMost).join(', ');
	const more = unfound.length > namedMost ? ` and ${unfound.length - namedMost} more` : '';
	if (targets.length === 0) return 'Prometheus has no redis_up: does it scrape redis_exporter?';
	const example = targets[0]!;
	const tried =
		rule === undefined ? addressLabels.filter(name => targets.some(({ labels }) => labels[name])) : [rule];
	const seen = `${example.label}="${example.value}"`;
	return printableText(`Prometheus has no series of ${who}${more}: tried ${tried.join(', ')}, like ${seen}`);
}
