// --replay FILE --check: which findings would have been raised with the limits of now, when and for how long. To tune a
// settings file against last week. The worst of them is the exit code, as of --check.

import type { Raised } from '../core/findings/raised.ts';
import { clock, localDay, zone } from '../core/text/local-time.ts';
import { printableText } from '../core/text/printable.ts';
import { counted, duration } from '../core/text/quantity.ts';
import type { State } from '../state/state.ts';
import type { CheckResult } from './check.ts';
import { eventsSince, jsonOf } from './json.ts';

export type Rehearsal = {
	/** At its end. */
	readonly state: State;
	/** By the id of the fleet. */
	readonly raised: ReadonlyMap<number, readonly Raised[]>;
	readonly from: number;
	readonly wasReached: boolean;
};

export function rehearsalText(rehearsal: Rehearsal): CheckResult {
	const { state, raised } = rehearsal;
	const all = state.fleets
		.flatMap(({ id }) => raised.get(id) ?? [])
		.sort((a, b) => weightOf(b) - weightOf(a) || a.since - b.since);
	const lines = [headOf(rehearsal, all), ...all.map(one => lineOf(one, rehearsal))];
	return { text: lines.map(line => printableText(line, 600)).join('\n'), code: codeOf(rehearsal, all) };
}

/** Of each fleet the object of --json at the end of the recording, with what was raised until then. */
export function rehearsalJson(rehearsal: Rehearsal): CheckResult {
	const { state, raised, from } = rehearsal;
	const all = state.fleets.flatMap(({ id }) => raised.get(id) ?? []);
	const code = codeOf(rehearsal, all);
	const iso = (at: number) => new Date(at + (state.clockOffset ?? 0)).toISOString();
	const objects = state.fleets.map(({ id, now }) => ({
		...jsonOf(now, state.delaySeconds, eventsSince()(now.events), undefined, state.clockOffset),
		check: { status: statuses[code], code, text: printableText(headOf(rehearsal, all), 600) },
		rehearsal: {
			from: iso(from),
			to: iso(state.at),
			raised: (raised.get(id) ?? []).map(({ since, until, node, kind, ...rest }) => ({
				...rest,
				...{ node: node ?? null, kind: kind ?? null },
				...{ since: iso(since), until: until === undefined ? null : iso(until) },
				seconds: ((until ?? state.at) - since) / 1000,
			})),
		},
	}));
	return { text: objects.map(object => JSON.stringify(object)).join('\n'), code };
}

const statuses = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const;
const weightOf = ({ severity }: Raised) => (severity === 'crit' ? 1 : 0);

function codeOf({ wasReached }: Rehearsal, all: readonly Raised[]): CheckResult['code'] {
	if (all.some(({ severity }) => severity === 'crit')) return 2;
	if (!wasReached) return 3;
	return all.length > 0 ? 1 : 0;
}

function headOf(rehearsal: Rehearsal, all: readonly Raised[]): string {
	const { state, from, wasReached } = rehearsal;
	const offset = state.clockOffset;
	const nodes = state.fleets.reduce((sum, { now }) => sum + now.fleet.nodes.length, 0);
	const when = `${localDay(from, offset)} ${clock(from, offset)} to ${clock(state.at, offset)} ${zone(from, offset)}`;
	const what = `${counted(nodes, 'node')}, ${when}`;
	if (!wasReached) return `UNKNOWN no node answered in the recording: ${what}`;
	const criticals = all.filter(({ severity }) => severity === 'crit').length;
	const found = all.length === 0 ? 'no findings' : `${counted(all.length, 'finding')}, ${criticals} critical`;
	return `${statuses[codeOf(rehearsal, all)]} ${found}: ${what}`;
}

function lineOf({ id, node, severity, text, since, until }: Raised, { state }: Rehearsal): string {
	const word = severity === 'crit' ? 'CRITICAL' : 'WARNING';
	const long = duration(((until ?? state.at) - since) / 1000);
	const end = until === undefined ? `to the end, ${long}` : `to ${clock(until, state.clockOffset)}, ${long}`;
	const where = node === undefined ? '' : ` ${node}`;
	return `${word} ${id}${where}: ${clock(since, state.clockOffset)} ${end}: ${text}`;
}
