// The figures of a check as monitoring plugins print them behind a bar: `label=value[unit];warn;crit;min;max`. Totals of
// each fleet, and of what has a limit the worst node, so that a graph shows how near it came. Labels are ours, or a
// fleet's name in quotes; what was not measured is `U`, never 0.

import { printableText } from '../core/text/printable.ts';
import type { FindingId, Limits } from '../core/thresholds.ts';
import { limitOf } from '../core/thresholds.ts';
import type { Fleet, RedisNode } from '../core/types.ts';
import type { State } from '../state/state.ts';

type Figure = {
	readonly label: string;
	readonly unit?: 's' | 'ms' | '%' | 'B';
	readonly value: (fleet: Fleet) => number | undefined;
	/** Whose limits stand behind it. */
	readonly id?: FindingId;
	/** The largest value that is possible. */
	readonly most?: (fleet: Fleet) => number | undefined;
};

const worst = (figure: (node: RedisNode) => number | undefined) => (fleet: Fleet) => {
	const values = fleet.nodes.flatMap(node => (node.health === 'up' ? (figure(node) ?? []) : []));
	return values.length === 0 ? undefined : Math.max(...values);
};

const percentOf = (share: number | undefined) => (share === undefined ? undefined : share * 100);

const figures: readonly Figure[] = [
	{
		label: 'nodes_up',
		value: fleet => fleet.nodes.filter(node => node.health === 'up').length,
		most: fleet => fleet.nodes.filter(node => !node.isGone).length,
	},
	{ label: 'ops', value: fleet => fleet.totals.opsPerSecond },
	{ label: 'hit_rate', unit: '%', value: fleet => percentOf(fleet.totals.hitRate) },
	{ label: 'evicted', value: fleet => fleet.totals.evictedPerSecond },
	{ label: 'expired', value: fleet => fleet.totals.expiredPerSecond },
	{ label: 'used_memory', unit: 'B', value: fleet => fleet.totals.usedMemoryBytes },
	{ label: 'rss', unit: 'B', value: fleet => fleet.totals.rssBytes },
	{ label: 'clients', value: fleet => fleet.totals.connectedClients },
	{ label: 'keys', value: fleet => fleet.totals.keys },
	{ label: 'memory', unit: '%', value: worst(node => percentOf(node.memoryShare)), id: 'memory-high' },
	{ label: 'cpu', unit: '%', value: worst(node => node.cpuPercent), id: 'cpu-high' },
	{ label: 'ping', unit: 'ms', value: worst(node => node.pingMilliseconds) },
	{ label: 'lag', unit: 'B', value: worst(node => node.replicationLagBytes) },
];

/** All on one line. */
export function performanceData({ fleets, limits }: Pick<State, 'fleets' | 'limits'>): string {
	const isOne = fleets.length === 1;
	return fleets
		.flatMap(({ now }) =>
			figures.map(figure => oneOf(figure, now.fleet, limits, isOne ? '' : now.fleet.name)),
		)
		.join(' ');
}

function oneOf({ label, unit, value, id, most }: Figure, fleet: Fleet, limits: Limits, name: string): string {
	const measured = value(fleet);
	const text = measured === undefined ? 'U' : `${rounded(measured)}${unit ?? ''}`;
	const limit = (severity: 'warn' | 'crit') => {
		const number = id === undefined ? undefined : limitOf(limits, id)[severity];
		// A share is printed as percent, and so are its limits.
		return number === undefined ? undefined : id === 'memory-high' ? number * 100 : number;
	};
	const rest = [limit('warn'), limit('crit'), 0, most?.(fleet)].map(number =>
		number === undefined ? '' : String(rounded(number)),
	);
	return `${labelOf(label, name)}=${text};${rest.join(';')}`.replace(/;+$/, '');
}

/** Quotes and equals signs are not allowed in a label. */
const labelOf = (label: string, name: string) =>
	name === '' ? label : `'${printableText(name).replace(/['=|]/g, '_')} ${label}'`;

const rounded = (value: number) => Math.round(value * 1000) / 1000;
