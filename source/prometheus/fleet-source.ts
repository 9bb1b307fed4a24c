// The fleets of a Prometheus as rounds, like those of a poller: one question a metric for all nodes together, at the pace
// at which it scrapes, each answer taken in by itself so that a key never waits for five thousand nodes. It connects to no
// server. A Prometheus that fails is said once and asked again; what was known stays, and grows old on its rows.

import { noUse } from '../core/fleet/own-use.ts';
import type { Answer, Labels, PromSeries } from '../core/prometheus/answer.ts';
import { type ListedNode, type Listing, listNodes } from '../core/prometheus/listing.ts';
import {
	addValue,
	clusterTextOf,
	counterNames,
	infoTextOf,
	metricNames,
	type NodeFields,
	noFields,
} from '../core/prometheus/metrics.ts';
import {
	addOwnInfo,
	addOwnValue,
	listOwn,
	ownCounterNames,
	ownKeyOf,
	ownMetricNames,
	ownNames,
	toldBy,
} from '../core/prometheus/own-listing.ts';
import { mayBeWatched, ownFleetsQuery, ownNodesQuery, toldOfLost } from '../core/prometheus/own-lost.ts';
import { selectorOf } from '../core/prometheus/queries.ts';
import type { ToldFleet } from '../core/prometheus/told.ts';
import type { Address, Reading, Round } from '../core/types.ts';
import { timeNow, wallOffset } from '../redis/clock.ts';
import { untilServed } from '../redis/in-steps.ts';
import type { PrometheusClient } from './client.ts';
import { aheadOf, type HistorySettings, scrapeOf, scrapesQuery } from './history.ts';

export type SourceRound = Round & {
	/** Every node of the fleet: who is not known yet gets a row. */
	readonly listed: readonly Address[];
	/** What redis-tops as services say of it. */
	readonly told?: ToldFleet;
};

export type FleetSourceOptions = {
	readonly client: PrometheusClient;
	readonly settings: HistorySettings & { readonly groups?: string };
	readonly delaySeconds: () => number;
	/** Groups that were not there a refresh before; told before their first round. */
	readonly onFleets: (fleets: readonly { readonly id: number; readonly name: string }[]) => void;
	readonly onRound: (fleet: number, round: SourceRound) => void;
	/** Why there is no refresh, or why it `isPartial`; undefined when there is a whole one again. */
	readonly onTrouble: (text: string | undefined, isPartial?: boolean) => void;
};

export type FleetSource = {
	readonly start: () => void;
	readonly refreshSoon: () => void;
	readonly stop: () => void;
};

/** So long before now is the first reading, so that there are rates at once. */
const firstAgoSeconds = 60;
/** So often it is looked who tells something at all, and how often. */
const lookMilliseconds = 60_000;
/** After a failure, at first and at most. */
const againMilliseconds = 2000;
const againMostMilliseconds = 30_000;

type Told = Pick<SourceRound, 'readings' | 'listed' | 'told'> &
	Partial<Pick<SourceRound, 'isExtra' | 'isSettled'>>;

type Listed = Listing & { readonly infos: readonly PromSeries[] };

type Scraped = {
	readonly nodes: readonly ListedNode[];
	/** By the key of the node. */
	readonly told: ReadonlyMap<string, NodeFields>;
	/** By the name of the group. */
	readonly verdicts: ReadonlyMap<string, ToldFleet>;
};

const nothing: Scraped = { nodes: [], told: new Map(), verdicts: new Map() };

/**
 * A fleet that a redis-top watches is that one's, by whatever names its nodes go with an exporter: counted twice it is wrong.
 * A group of more nodes than that is more than the fleet, and what is not watched of it stays, as a group of its own.
 */
function both(theirs: Scraped, ours: Scraped): Scraped {
	const watched = groupsOf(ours.nodes);
	const left = [...groupsOf(theirs.nodes)].flatMap(([group, nodes]) => {
		// By several services, it is several groups.
		const own = [...watched].filter(([name]) => name === group || name.startsWith(`${group} by `));
		if (own.length === 0) return nodes;
		const places = new Set(own.flatMap(([, its]) => its.map(({ address }) => address)));
		if (nodes.length <= places.size) return [];
		const others = nodes.filter(({ address }) => !places.has(address));
		return others.map(node => ({ ...node, group: `${group} (exporter)` }));
	});
	return {
		nodes: [...left, ...ours.nodes],
		told: new Map([...theirs.told, ...ours.told]),
		verdicts: ours.verdicts,
	};
}

function groupsOf(nodes: readonly ListedNode[]): Map<string, ListedNode[]> {
	const groups = new Map<string, ListedNode[]>();
	for (const node of nodes) {
		const known = groups.get(node.group);
		if (known) known.push(node);
		else groups.set(node.group, [node]);
	}
	return groups;
}

class Trouble extends Error {}

export function createFleetSource(options: FleetSourceOptions): FleetSource {
	const { client, settings, onFleets, onRound, onTrouble } = options;
	const selector = selectorOf([], settings.match);
	const fleets = new Map<string, number>();
	/** Those of which something was told in the refresh before. */
	let there: ReadonlySet<string> = new Set();
	let timer: NodeJS.Timeout | undefined;
	let isStopped = false;
	let isRunning = false;
	/** Was there a refresh, all of it? */
	let hasTold = false;
	let failures = 0;
	let scrape = 0;
	let ahead = 0;
	/** Of the refresh that goes on: what of it is missing. */
	let lack: string | undefined;
	let lookedAt = 0;
	let hasExporter = false;
	let hasOwn = false;
	/** Fleets of redis-tops, of late. */
	let known: readonly PromSeries[] = [];
	/** Why there may be others. */
	let unknown: string | undefined;

	const ask = async (expression: string, at?: number): Promise<readonly PromSeries[]> => {
		const answer = await client.query(expression, at);
		if ('problem' in answer) throw new Trouble(answer.problem);
		lack ??= answer.note;
		return answer.series;
	};

	/** A figure that it refuses to tell, for it would be too long, is not measured; the others are. */
	const askFigure = async (metric: string, at: number): Promise<readonly PromSeries[]> => {
		const answer = await askMore(`${metric}${selector}`, at);
		lack ??= 'series' in answer ? answer.note : `${metric}: ${answer.problem}`;
		return 'series' in answer ? answer.series : [];
	};

	/** What it may refuse, as some do a question about long ago. */
	const askMore = async (expression: string, at?: number): Promise<Answer> => {
		const answer = await client.query(expression, at);
		if ('problem' in answer && !answer.isRefusal) throw new Trouble(answer.problem);
		return answer;
	};

	/** Which fleets of redis-tops there should be. */
	const takeKnown = (answer: Answer, hasAny: boolean) => {
		if ('series' in answer) known = answer.series.filter(({ labels }) => labels.fleet);
		const why = 'series' in answer ? answer.note : `which fleets there were: ${answer.problem}`;
		unknown = hasAny || known.length > 0 ? why : undefined;
	};

	/** What time it is there, and how often it scrapes. */
	const lookAtClock = async () => {
		const asked = timeNow();
		const [theirs, infos, counted, ownCounted, fleetsOfLate] = await Promise.all([
			ask(`count(redis_up${selector})`),
			ask(`count(${ownNames.info}${selector})`),
			ask(scrapesQuery(selector)),
			ask(scrapesQuery(selector, ownNames.up)),
			askMore(ownFleetsQuery(selector)),
		]);
		const at = timeNow();
		lookedAt = at;
		takeKnown(fleetsOfLate, infos.length > 0);
		const ours = infos.length > 0 ? infos : known;
		[hasExporter, hasOwn] = [theirs.length > 0, ours.length > 0];
		// What was scraped once and is not any more is told of its rows.
		if (!hasExporter && !hasOwn && fleets.size === 0)
			throw new Trouble('it has no redis_up: does it scrape redis_exporter?');
		ahead = aheadOf(hasExporter ? theirs : ours, (asked + at) / 2, at - asked);
		scrape = scrapeOf(hasOwn ? ownCounted : counted);
	};

	/** The figures of all nodes at one moment, or of them what rates are made of. */
	const readAt = async (atSeconds: number, isFirst: boolean, listed?: Listed): Promise<Scraped> => {
		const theirs = hasExporter
			? await readExporter(
					atSeconds,
					isFirst ? counterNames : metricNames,
					listed ?? (await listExporter(atSeconds)),
				)
			: nothing;
		return hasOwn
			? both(theirs, await readOwn(atSeconds, isFirst ? ownCounterNames : ownMetricNames))
			: theirs;
	};

	/** The same of what redis-tops as services have measured. */
	const readOwn = async (atSeconds: number, metrics: readonly string[]): Promise<Scraped> => {
		const [infos, stamps, up, ages] = await Promise.all([
			ask(`${ownNames.info}${selector}`, atSeconds),
			ask(`timestamp(${ownNames.info}${selector})`, atSeconds),
			ask(`${ownNames.up}${selector}`, atSeconds),
			ask(`${ownNames.age}${selector}`, atSeconds),
		]);
		const listing = listOwn({ infos, stamps, up, ages, known });
		const watched = mayBeWatched(listing, infos)
			? await askMore(ownNodesQuery(selector), atSeconds)
			: undefined;
		const lost = toldOfLost(listing, infos, watched && 'series' in watched ? watched.series : []);
		const told = new Map<string, NodeFields>(listing.nodes.map(({ key }) => [key, noFields()]));
		addOwnInfo(infos, told);
		const answers = new Map<string, readonly PromSeries[]>();
		const take = async (metric: string) => {
			const series = await askFigure(metric, atSeconds);
			answers.set(metric, series);
			await untilServed();
			for (const { labels, values } of series) {
				const node = told.get(ownKeyOf(labels));
				if (node && values.length > 0) addOwnValue(node, metric, values.at(-1)!);
			}
		};
		await Promise.all(metrics.map(take));
		return { nodes: listing.nodes, told, verdicts: new Map([...lost, ...toldBy(listing, answers)]) };
	};

	/** Who is there, by three questions. */
	const listExporter = async (atSeconds: number): Promise<Listed> => {
		const [up, stamps, infos] = await Promise.all([
			ask(`redis_up${selector}`, atSeconds),
			ask(`timestamp(redis_up${selector})`, atSeconds),
			ask(`redis_instance_info${selector}`, atSeconds),
		]);
		return { ...listNodes(up, stamps, infos, settings), infos };
	};

	const readExporter = async (
		atSeconds: number,
		metrics: readonly string[],
		{ nodes, keyOf, infos }: Listed,
	): Promise<Scraped> => {
		const told = new Map<string, NodeFields>(nodes.map(({ key }) => [key, noFields()]));
		// The same labels are the same object in each metric.
		const byLabels = new Map<Labels, NodeFields | undefined>();
		const nodeOf = (labels: Labels) => {
			const known = byLabels.get(labels);
			if (known) return known;
			const node = told.get(keyOf(labels));
			byLabels.set(labels, node);
			return node;
		};
		const take = async (metric: string, series: readonly PromSeries[]) => {
			await untilServed();
			for (const { labels, values } of series) {
				const node = nodeOf(labels);
				if (node && values.length > 0) addValue(node, metric, labels, values.at(-1)!);
			}
		};
		await take('redis_instance_info', infos);
		const others = metrics.filter(metric => metric !== 'redis_instance_info');
		const answers = others.map(metric => askFigure(metric, atSeconds));
		// Taken in their order, so that the lines of a node are those of its refresh before; whoever fails is heard below.
		for (const answer of answers) answer.catch(() => {});
		for (const [index, metric] of others.entries()) await take(metric, await answers[index]!);
		return { nodes, told, verdicts: new Map() };
	};

	/** Names of the groups; those that were not there a refresh before are told of. */
	const nameGroups = (all: Iterable<string>): readonly string[] => {
		const names = [...new Set(all)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
		// One that was away is told of again: it may have been left out meanwhile.
		const added = names.filter(name => !there.has(name));
		for (const name of added) if (!fleets.has(name)) fleets.set(name, fleets.size);
		there = new Set(names);
		if (added.length > 0 && !isStopped) onFleets(added.map(name => ({ id: fleets.get(name)!, name })));
		return names;
	};

	const tellRound = async (name: string, round: Told) => {
		await untilServed();
		if (isStopped) return;
		onRound(fleets.get(name)!, {
			...{ at: timeNow(), isExtra: false, isSettled: true, clockOffset: wallOffset() },
			delaySeconds: paceSeconds(),
			...round,
		});
	};

	/** Who is there, before anything is known of them: a row each, of which nothing is said to be well or ill. */
	const tellListed = async ({ nodes }: Listed) => {
		const groups = groupsOf(nodes);
		for (const name of nameGroups(groups.keys()))
			await tellRound(name, {
				...{ readings: [], isExtra: true, isSettled: false },
				listed: groups.get(name)!.map(({ address }) => address),
			});
	};

	/** One round a group; of a node that was read before as well, both readings. */
	const tell = async ({ nodes, told, verdicts }: Scraped, before: Scraped | undefined) => {
		const groups = groupsOf(nodes);
		// One of which no node is told has its round as well: that it is lost is what is told of it.
		const names = nameGroups([...groups.keys(), ...verdicts.keys()]);
		const earlier = new Map(before?.nodes.map(node => [node.key, node]));
		// One of which nothing is scraped any more is told so: its rows grow old.
		for (const name of new Set([...names, ...fleets.keys()])) {
			const group = groups.get(name) ?? [];
			const readings: Reading[] = [];
			for (const node of group) {
				const known = earlier.get(node.key);
				if (known?.isUp) readings.push(readingOf(known, before!.told.get(node.key)!, ahead));
				readings.push(readingOf(node, told.get(node.key)!, ahead));
			}
			await tellRound(name, {
				readings,
				listed: group.map(({ address }) => address),
				...(verdicts.has(name) && { told: verdicts.get(name)! }),
			});
		}
	};

	const paceSeconds = () => Math.max(options.delaySeconds(), scrape);

	const run = async () => {
		if (isRunning || isStopped) return;
		isRunning = true;
		lack = undefined;
		const begun = timeNow();
		try {
			const isDue = scrape === 0 || failures > 0 || begun - lookedAt > lookMilliseconds;
			if (isDue) await lookAtClock();
			lack ??= unknown;
			const now = (timeNow() + ahead) / 1000;
			const isNew = !hasTold;
			const listed = hasExporter ? await listExporter(now) : undefined;
			// What redis-tops tell makes other groups of them.
			if (isNew && listed && !hasOwn) await tellListed(listed);
			const before = isNew ? await readAt(now - firstAgoSeconds, true) : undefined;
			await tell(await readAt(now, false, listed), before);
			hasTold = true;
			failures = 0;
			onTrouble(lack, lack !== undefined);
		} catch (thrown) {
			if (!(thrown instanceof Trouble)) throw thrown;
			failures++;
			if (!isStopped) onTrouble(thrown.message);
		} finally {
			isRunning = false;
		}
		const pause =
			failures > 0
				? Math.min(againMostMilliseconds, againMilliseconds * 2 ** (failures - 1))
				: Math.max(100, paceSeconds() * 1000 - (timeNow() - begun));
		schedule(pause);
	};

	const schedule = (milliseconds: number) => {
		clearTimeout(timer);
		if (!isStopped) timer = setTimeout(() => void run(), milliseconds);
	};

	return {
		start: () => void run(),
		refreshSoon: () => schedule(0),
		stop() {
			isStopped = true;
			clearTimeout(timer);
			client.close();
		},
	};
}

/** `at` is when it was scraped, on our clock: the age of a row is that of its figures. */
function readingOf({ address, isUp, scrapedAt, by }: ListedNode, fields: NodeFields, ahead: number): Reading {
	const reading = {
		...{ node: address, at: scrapedAt - ahead, clock: scrapedAt },
		...{ refused: [], own: noUse },
	};
	const cluster = clusterTextOf(fields);
	if (isUp)
		return {
			...reading,
			replies: [
				['info', infoTextOf(fields)],
				...(cluster === undefined ? [] : [['cluster info', cluster] as const]),
			],
		};
	const text =
		by === undefined
			? 'its exporter does not reach it (redis_up 0)'
			: `${by} does not read it (redis_top_up 0)`;
	return { ...reading, replies: [], error: { reason: 'unreachable', text } };
}
