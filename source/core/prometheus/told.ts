// What redis-tops as services say of a fleet beside what an exporter tells, laid over the fleet that is made of its figures:
// figures that were measured there, and verdicts. Those stand: they are made of views, stalls and holds that nobody in
// front knows, so a node that has one is not judged again.

import type { FigureId } from '../figures.ts';
import { bytes, count, duration, percent } from '../text/quantity.ts';
import { rankOf } from '../thresholds.ts';
import type { Address, Finding, FindingUnit, Fleet, FleetEvent, RedisNode } from '../types.ts';

export type ToldFinding = Pick<Finding, 'id' | 'severity' | 'node' | 'value' | 'limit'> & {
	readonly unit: FindingUnit;
	/** The redis-top that found it. */
	readonly by: string;
};

export type ToldFleet = {
	readonly figures: ReadonlyMap<Address, Partial<Record<FigureId, number | boolean>>>;
	/** Nodes that have a verdict. */
	readonly judged: ReadonlySet<Address>;
	readonly findings: readonly ToldFinding[];
	/** Every rule has been judged, and every node was measured. */
	readonly isWhole: boolean;
	/** Why nothing of it is of now: whoever watched it tells of it no more. */
	readonly lost?: string;
	readonly hitRate?: number;
	readonly said?: { readonly state: 'ok' | 'fail'; readonly epoch?: number };
};

/** The fleet with them; of a node that was not read of late nothing is of now. */
export function withTold(fleet: Fleet, told: ToldFleet | undefined, live: ReadonlySet<Address>): Fleet {
	if (!told) return fleet;
	const nodes = fleet.nodes.map((node): RedisNode => {
		const figures =
			live.has(node.address) || node.health !== 'up' ? undefined : told.figures.get(node.address);
		// Each is of the kind that the table of figures says, by which it was read.
		return figures ? { ...node, ...(figures as Partial<RedisNode>) } : node;
	});
	const totals = { ...fleet.totals, hitRate: fleet.totals.hitRate ?? told.hitRate };
	return { ...fleet, nodes, totals, ...(!fleet.agreement && told.said && { said: told.said }) };
}

/** What is found by the services and by us; whom they have judged or we poll ourselves is judged once. */
export function withToldFindings(
	own: readonly Finding[],
	told: ToldFleet | undefined,
	before: readonly Finding[],
	live: ReadonlySet<Address>,
	at: number,
): readonly Finding[] {
	if (!told) return own;
	const isTold = (node: Address | undefined) =>
		node !== undefined && told.judged.has(node) && !live.has(node);
	const since = new Map(before.map(finding => [keyOf(finding), finding.since]));
	const theirs = told.findings
		.filter(({ node }) => node === undefined || !live.has(node))
		.map((finding): Finding => {
			const known = since.get(keyOf(finding));
			return { ...finding, since: known ?? at, text: wordsOf(finding) };
		});
	const known = new Set(theirs.map(keyOf));
	const kept = own.filter(finding => !isTold(finding.node) && !known.has(keyOf(finding)));
	return [...theirs, ...kept].sort(
		(a, b) => Number(b.severity === 'crit') - Number(a.severity === 'crit') || rankOf(a.id) - rankOf(b.id),
	);
}

const keyOf = ({ id, node = '' }: Pick<Finding, 'id' | 'node'>) => `${id} ${node}`;

const shown: Readonly<Partial<Record<FindingUnit, (value: number) => string>>> = {
	share: percent,
	bytes,
	seconds: duration,
	'per second': value => `${count(value)}/s`,
};

/** `memory-high: 93%, limit 90% (by 10.0.9.1:9399)`. */
function wordsOf({ id, value, limit, unit, by }: ToldFinding): string {
	const write = shown[unit] ?? count;
	const figure = value === undefined ? '' : `: ${write(value)}`;
	const most = value === undefined || limit === undefined ? '' : `, limit ${write(limit)}`;
	return `${id}${figure}${most} (by ${by})`;
}

/** What has come, got worse or gone since the refresh before. */
export function toldEvents(
	before: readonly Finding[],
	now: readonly Finding[],
	told: ToldFleet | undefined,
	at: number,
): readonly FleetEvent[] {
	if (!told && !before.some(({ by }) => by !== undefined)) return [];
	const theirs = new Set(told?.findings.map(keyOf));
	const was = new Map(before.map(finding => [keyOf(finding), finding]));
	const is = new Set(now.map(keyOf));
	const come = now.filter(finding => {
		const known = was.get(keyOf(finding));
		return (
			theirs.has(keyOf(finding)) && (!known || (known.severity === 'warn' && finding.severity === 'crit'))
		);
	});
	// That nobody tells of it does not say that it is over.
	const words = told && told.lost === undefined ? 'no longer' : 'no longer told';
	const gone = before.filter(finding => finding.by !== undefined && !is.has(keyOf(finding)));
	return [
		...come.map(({ node, severity, text }) => ({ at, kind: 'finding' as const, node, severity, text })),
		...gone.map(({ node, text }) => ({
			at,
			kind: 'finding-over' as const,
			node,
			text: `${words}: ${text}`,
		})),
	];
}
