// How figures, totals and findings are called for Prometheus: names and units by its conventions, derived from the table
// of figures, so that a new figure of --json is a metric without a line here. Base units: seconds, bytes, ratios of 0..1.
// What --json tells as a rate is a counter here, for rate() to make one over any window. Values are made elsewhere.

import { type Figure, type FigureId, type FigureUnit, figures, printedFigures } from './figures.ts';
import type { Totals } from './types.ts';

export type MetricType = 'gauge' | 'counter' | 'summary';

export type Metric = {
	readonly name: string;
	readonly type: MetricType;
	readonly about: string;
	/** What a value is multiplied with. */
	readonly scale: number;
};

export const prefix = 'redis_top_';

/** Beside the figures of --json: what an alert is often made of. */
const alsoMeasured: readonly FigureId[] = [
	'memoryShare',
	'connectionsPerSecond',
	'errorsPerSecond',
	'isLinkUp',
	'lastSaveAt',
];

/** Where the words of the table name a unit that this is not in. */
const otherWords: Readonly<Partial<Record<FigureId, string>>> = {
	memoryShare: 'memory of maxmemory',
	cpuPercent: 'CPU in cores, of the main thread or of all threads: cpu_of of redis_top_node_info',
	pingMilliseconds: 'longest round trip from redis-top',
	lastSaveAt: 'when the last rdb save ended',
};

type Form = { readonly ending: string; readonly suffix: string; readonly scale: number };

/** How a name of a unit ends in the table, how it ends here, and what its values are multiplied with. */
const forms: Readonly<Partial<Record<FigureUnit, Form>>> = {
	share: { ending: 'Rate|Share|Ratio', suffix: '_ratio', scale: 1 },
	ratio: { ending: 'Ratio', suffix: '_ratio', scale: 1 },
	percent: { ending: 'Percent', suffix: '_ratio', scale: 0.01 },
	milliseconds: { ending: 'Milliseconds', suffix: '_seconds', scale: 0.001 },
	microseconds: { ending: 'Microseconds', suffix: '_seconds', scale: 1e-6 },
	moment: { ending: 'At', suffix: '_timestamp_seconds', scale: 0.001 },
	'per second': { ending: 'PerSecond', suffix: '_per_second', scale: 1 },
	'bytes per second': { ending: 'PerSecond', suffix: '_per_second', scale: 1 },
};

const plain: Form = { ending: '', suffix: '', scale: 1 };

const snake = (name: string) =>
	name
		.replace(/^is(?=[A-Z])/, '')
		.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
		.replace(/^_/, '');

function nameOf(id: string, { ending, suffix }: Form): string {
	return `${snake(id.replace(new RegExp(`(${ending})$`), ''))}${suffix}`;
}

const isRate = (unit: FigureUnit): boolean => unit === 'per second' || unit === 'bytes per second';

const tableOf = figures as Readonly<Record<FigureId, Figure>>;

function nodeMetric(id: FigureId): Metric {
	const { unit, about: words } = tableOf[id];
	const form = forms[unit] ?? plain;
	const about = otherWords[id] ?? words;
	if (!isRate(unit)) return { name: prefix + nameOf(id, form), type: 'gauge', about, scale: form.scale };
	const name = `${prefix}${nameOf(id, { ...form, suffix: '' })}_total`;
	return { name, type: 'counter', about: `counted by redis-top, its rate() is: ${about}`, scale: 1 };
}

const exported = [...printedFigures, ...alsoMeasured];

/** The metric of each figure of a node that is a number or a flag. */
export const figureMetrics: ReadonlyMap<FigureId, Metric> = new Map(
	exported.filter(id => tableOf[id].unit !== 'word').map(id => [id, nodeMetric(id)]),
);

/** Figures that are words: labels of redis_top_node_info. */
export const wordLabels: ReadonlyMap<FigureId, string> = new Map(
	exported.filter(id => tableOf[id].unit === 'word').map(id => [id, snake(id)]),
);

export type TotalId = FigureId & keyof Totals;

const totals = [
	'opsPerSecond',
	'hitRate',
	'evictedPerSecond',
	'expiredPerSecond',
	'usedMemoryBytes',
] as const;
const moreTotals = [
	'maxmemoryBytes',
	'memoryShare',
	'rssBytes',
	'fragmentationRatio',
	'connectedClients',
] as const;
const lastTotals = [
	'blockedClients',
	'keys',
	'keysWithTtl',
	'inputBytesPerSecond',
	'outputBytesPerSecond',
] as const;

/** The metric of each total of a fleet: a gauge, as in --json. */
export const totalMetrics: ReadonlyMap<TotalId, Metric> = new Map(
	[...totals, ...moreTotals, ...lastTotals].map(id => {
		const form = forms[tableOf[id].unit] ?? plain;
		const whose = id.endsWith('Clients') ? 'all nodes' : 'the primaries';
		const about = `${otherWords[id] ?? tableOf[id].about}; of ${whose} together`;
		return [id, { name: `${prefix}fleet_${nameOf(id, form)}`, type: 'gauge', about, scale: form.scale }];
	}),
);

/** The unit of a finding's value and limit, as the label `unit` names it, and what they are multiplied with. */
export const findingUnits = {
	share: ['ratio', 1],
	percent: ['ratio', 0.01],
	count: ['count', 1],
	'per second': ['per_second', 1],
	bytes: ['bytes', 1],
	seconds: ['seconds', 1],
	milliseconds: ['seconds', 0.001],
} as const;
