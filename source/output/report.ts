// The report after an incident, as Markdown: its findings and events in the order of time, failovers with how long writes
// were lost, before and after each marker, charts beside it, what was changed, what redis-top cost. Times in UTC. Nothing
// in it that was not measured.

import { failoverReport, failoverTitle } from '../core/failover/failover-words.ts';
import type { Raised } from '../core/findings/raised.ts';
import { bytes, count, counted, duration } from '../core/text/quantity.ts';
import type { FleetEvent } from '../core/types.ts';
import { commandText } from '../runbooks/command-text.ts';
import { code, prose } from '../runbooks/markdown.ts';
import type { ChangeTrack } from '../state/runbook-screen.ts';
import type { FleetTrack, State } from '../state/state.ts';
import { comparedTables } from '../view/screens/compare/report.ts';
import { markerWords } from '../view/screens/compare/words.ts';
import { type ChartName, chartNames, type FleetIncident, type Incident } from './incident.ts';
import { svgChart } from './svg-chart.ts';

export type ReportFile = { readonly name: string; readonly text: string };

export type ReportOptions = {
	/** Of the recording, as it was given. */
	readonly recording: string;
	/** What the names of all files begin with. */
	readonly base: string;
	readonly version: string;
	/** Why the recording ended before its end. */
	readonly cut?: string;
};

/** The Markdown first, then the charts that it shows. */
export function incidentReport(
	incident: Incident,
	state: State,
	options: ReportOptions,
): readonly ReportFile[] {
	const offset = state.clockOffset ?? 0;
	const from = incident.from ?? state.at;
	const fleets = state.fleets.flatMap((fleet, index) => {
		const told = incident.fleets.get(fleet.id);
		return told ? [{ fleet, told, index }] : [];
	});
	const isOne = fleets.length === 1;
	const charts = fleets.map(({ told, index }) =>
		chartFiles(told, state, { from, offset, base: isOne ? options.base : `${options.base}-${index + 1}` }),
	);
	const text = [
		`# ${prose(fleets.map(({ fleet }) => fleet.name).join(', ') || 'Report')}: ${iso(from, offset)} to ${iso(state.at, offset)}`,
		'',
		`From the recording ${code(options.recording)}, ${lasted(state.at - from)} long, by redis-top ${options.version}. Times are UTC, of the machine that recorded.`,
		...(options.cut === undefined ? [] : ['', `${prose(options.cut)}.`]),
		...fleets.flatMap(({ fleet, told }, index) => fleetPart(fleet, told, state, charts[index]!, isOne)),
		...changePart(incident, state, offset),
		'',
	].join('\n');
	return [{ name: `${options.base}.md`, text }, ...charts.flatMap(files => files.map(({ file }) => file))];
}

const iso = (at: number, offset: number) => new Date(at + offset).toISOString();
const time = (at: number, offset: number) => iso(at, offset).slice(11, 23);

/** Milliseconds as `12.9s`, `3m 59s`, `2h 05m`: beside two times `3m` would be wrong by a minute. */
function lasted(milliseconds: number): string {
	if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)}s`;
	const seconds = Math.round(milliseconds / 1000);
	const two = (value: number) => String(value % 60).padStart(2, '0');
	const minutes = Math.floor(seconds / 60);
	return seconds < 3600 ? `${minutes}m ${two(seconds)}s` : `${Math.floor(minutes / 60)}h ${two(minutes)}m`;
}

function fleetPart(
	fleet: FleetTrack,
	told: FleetIncident,
	state: State,
	charts: readonly ChartFile[],
	isOne: boolean,
): readonly string[] {
	const offset = state.clockOffset ?? 0;
	return [
		...(isOne ? [] : ['', `# ${prose(fleet.name)}`]),
		...['', '## In short', '', ...shortPart(fleet, told, state)],
		...['', '## Findings', '', ...findingPart(told.raised, state)],
		...failoverPart(fleet),
		...told.compared.flatMap(({ marker, comparison }) => [
			'',
			`## Before and after: ${prose(markerWords(marker))}, ${time(marker.at, offset)}`,
			'',
			...comparedTables(comparison),
		]),
		...['', '## Events', '', ...eventPart(told.events, offset)],
		...['', '## Charts', '', ...charts.map(({ title, file }) => `![${prose(title)}](${file.name})`)],
		...['', '## What redis-top cost', '', costWords(told)],
	];
}

// ---------------------------------------------------------------------------------------------------------
// In short

function shortPart(fleet: FleetTrack, told: FleetIncident, state: State): readonly string[] {
	const { nodes, mode } = fleet.now.fleet;
	const versions = [
		...new Set(
			nodes.flatMap(({ server, version }) => (version ? [`${server ?? ''} ${version}`.trim()] : [])),
		),
	];
	const criticals = told.raised.filter(({ severity }) => severity === 'crit').length;
	const failovers = failoversOf(fleet);
	const offset = state.clockOffset ?? 0;
	const open = told.raised.filter(({ until }) => until === undefined).length;
	return [
		`- ${mode}, ${counted(nodes.length, 'node')}${versions.length > 0 ? `, ${prose(versions.join(', '))}` : ''}`,
		`- ${counted(told.raised.length, 'finding')}, ${criticals} critical, ${open} still there at the end (${iso(state.at, offset)})`,
		...(failovers.length === 0 ? ['- no failover'] : []),
		...failovers.map(
			failover => `- ${time(failover.startedAt, offset)} failover, ${prose(failoverTitle(failover))}`,
		),
	];
}

// ---------------------------------------------------------------------------------------------------------
// Findings, failovers, events

function findingPart(raised: readonly Raised[], state: State): readonly string[] {
	if (raised.length === 0) return ['None.'];
	const offset = state.clockOffset ?? 0;
	return [
		'From the refresh that raised a finding to the one that ended it.',
		'',
		'| from | to | lasted | | node | finding |',
		'|---|---|--:|---|---|---|',
		...raised.map(({ since, until, severity, node, id, text }) => {
			const end = until === undefined ? 'the end' : time(until, offset);
			const cells = [
				...[time(since, offset), end, lasted((until ?? state.at) - since)],
				...[severity === 'crit' ? '!!' : '!', prose(node ?? ''), `${prose(id)}: ${prose(text)}`],
			];
			return `| ${cells.join(' | ')} |`;
		}),
	];
}

/** Oldest first. */
const failoversOf = ({ failovers }: FleetTrack) =>
	failovers.filter(({ isSuspicion }) => !isSuspicion).sort((a, b) => a.startedAt - b.startedAt);

function failoverPart(fleet: FleetTrack): readonly string[] {
	return failoversOf(fleet).flatMap(failover => [
		'',
		'## Failover',
		'',
		'```',
		...failoverReport(failover),
		'```',
	]);
}

/** Of one reading what it led to follows a promotion: slots that are served again, a state that is ok. */
function eventPart(events: readonly FleetEvent[], offset: number): readonly string[] {
	const told = events.filter(({ kind }) => kind !== 'finding' && kind !== 'finding-over');
	if (told.length === 0) return ['None.'];
	return [
		'| at | | node | event |',
		'|---|---|---|---|',
		...[...told]
			.sort((a, b) => a.at - b.at || Number(b.kind === 'promoted') - Number(a.kind === 'promoted'))
			.map(
				({ at, severity, node, text }) =>
					`| ${time(at, offset)} | ${severity === 'crit' ? '!!' : severity === 'warn' ? '!' : ''} | ${prose(node ?? '')} | ${prose(text)} |`,
			),
	];
}

/** Changes of redis-top with what became of each, and settings that were seen to change, whoever did it. */
function changePart(incident: Incident, state: State, offset: number): readonly string[] {
	const changes = state.changes ?? [];
	const seen = [...incident.fleets.values()]
		.flatMap(({ events }) => events.filter(({ kind }) => kind === 'config-changed'))
		.sort((a, b) => a.at - b.at)
		.map(({ at, node, text }) => `- ${time(at, offset)} ${prose(node ?? '')} ${prose(text)}`);
	return [
		...['', '## What was changed', '', 'By redis-top:', ''],
		...(changes.length > 0 ? changes.map(track => changeLine(track, changes, offset)) : ['Nothing.']),
		...['', 'Settings seen to change, by whoever it was (read once a minute):', ''],
		...(seen.length > 0 ? seen : ['None.']),
	];
}

function changeLine(track: ChangeTrack, all: readonly ChangeTrack[], offset: number): string {
	const { change, sentAt, reply, isDone, after } = track;
	return [
		`- ${time(sentAt, offset)} ${code(commandText(change.command))} on ${prose(change.node)}`,
		`: ${isDone ? 'done' : 'not done'}${reply === undefined ? '' : `, ${prose(reply)}`}`,
		after === undefined ? '' : `; after a minute ${prose(after)}`,
		isDone ? `; ${undoneWords(track, all, offset)}` : '',
	].join('');
}

function undoneWords({ change, sentAt }: ChangeTrack, all: readonly ChangeTrack[], offset: number): string {
	const { undo, node } = change;
	if (!undo) return 'it has no undo';
	const words = commandText(undo);
	const undone = all.find(
		other =>
			other.sentAt > sentAt &&
			other.isDone &&
			other.change.node === node &&
			commandText(other.change.command) === words,
	);
	return undone ? `undone at ${time(undone.sentAt, offset)}` : `not undone: ${code(words)} undoes it`;
}

function costWords({ costs }: FleetIncident): string {
	if (costs.readings === 0) return 'Not measured.';
	const mean = (sum: number) => sum / costs.readings;
	return `${count(mean(costs.commands))} commands a second on all nodes together, ${duration(mean(costs.microseconds) / 1e6)} of server time a second, ${bytes(mean(costs.bytes))} a second; means of ${costs.readings} readings.`;
}

// ---------------------------------------------------------------------------------------------------------
// Charts

type ChartFile = { readonly title: string; readonly file: ReportFile };

const charts: Readonly<
	Record<
		ChartName,
		{ readonly title: string; readonly short: string; readonly show: (value: number) => string }
	>
> = {
	opsPerSecond: { title: 'ops a second, all primaries', short: 'ops', show: count },
	hitRate: { title: 'hit rate', short: 'hit-rate', show: value => `${(100 * value).toFixed(1)}%` },
	usedMemoryBytes: { title: 'memory, all primaries', short: 'memory', show: bytes },
	connectedClients: { title: 'clients, all nodes', short: 'clients', show: count },
	evictedPerSecond: { title: 'evicted a second', short: 'evicted', show: count },
	errorsPerSecond: { title: 'error replies a second', short: 'errors', show: count },
};

type ChartOptions = { readonly from: number; readonly offset: number; readonly base: string };

/** One that was never measured is none. */
function chartFiles(
	told: FleetIncident,
	state: State,
	{ from, offset, base }: ChartOptions,
): readonly ChartFile[] {
	const bands = told.raised.map(({ since, until, severity }) => ({
		...{ from: since + offset, to: (until ?? state.at) + offset },
		isCritical: severity === 'crit',
	}));
	const markers = (state.markers ?? [])
		.filter(({ kind }) => kind === 'set')
		.map(marker => ({ at: marker.at + offset, text: markerWords(marker) }));
	return chartNames.flatMap(name => {
		const points = told.charts[name].map(({ at, value }) => ({ at: at + offset, value }));
		if (!points.some(({ value }) => value !== undefined)) return [];
		const { title, short, show } = charts[name];
		const text = svgChart({
			...{ title, points, show, markers, bands },
			...{ from: from + offset, to: state.at + offset },
		});
		return [{ title, file: { name: `${base}-${short}.svg`, text: `${text}\n` } }];
	});
}
