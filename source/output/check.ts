// --check: one line per finding, then the exit code, as monitoring plugins do: 0 fine, 1 warning, 2 critical,
// 3 unknown. It watches for as many refreshes as a hold needs and judges by the same table as the screen. Findings
// that a screen holds for longer than five readings are judged after five here: a check that takes half a minute
// is not used.

import { printableText } from '../core/text/printable.ts';
import { count } from '../core/text/quantity.ts';
import type { Limits } from '../core/thresholds.ts';
import type { Finding } from '../core/types.ts';
import type { State } from '../state/state.ts';

/** Refreshes a check takes: the longest hold it waits for. */
export const checkRefreshes = 5;

/** The limits with holds no longer than a check lasts. */
export function limitsForCheck(limits: Limits): Limits {
	const capped = Object.entries(limits).map(([id, limit]) => [
		id,
		{ ...limit, hold: Math.min(limit.hold, checkRefreshes) },
	]);
	return Object.fromEntries(capped) as Limits;
}

export type CheckResult = { readonly text: string; readonly code: 0 | 1 | 2 | 3 };

/** The verdict over everything that was watched. `wasReached` is whether any node ever answered. */
export function checkResult(state: State, wasReached: boolean): CheckResult {
	const findings = state.fleets.flatMap(fleet => fleet.now.findings);
	if (!wasReached) return { text: unknownText(state), code: 3 };
	if (findings.length === 0 && state.fleets.every(fleet => fleet.now.fleet.nodes.length === 0))
		return { text: 'UNKNOWN the Sentinels watch no primary', code: 3 };
	if (findings.length === 0) return { text: okText(state), code: 0 };
	const isCritical = findings.some(finding => finding.severity === 'crit');
	return { text: findings.map(lineOf).join('\n'), code: isCritical ? 2 : 1 };
}

function lineOf(finding: Finding): string {
	const word = finding.severity === 'crit' ? 'CRITICAL' : 'WARNING';
	const where = finding.node === undefined ? '' : ` ${printableText(finding.node)}`;
	return `${word} ${finding.id}${where}: ${printableText(finding.text)}`;
}

function okText(state: State): string {
	const nodes = state.fleets.flatMap(fleet => fleet.now.fleet.nodes);
	const ops = state.fleets.reduce((sum, fleet) => sum + (fleet.now.fleet.totals.opsPerSecond ?? 0), 0);
	return `OK ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}, ${count(ops)} ops/s, no findings`;
}

function unknownText(state: State): string {
	const nodes = state.fleets.flatMap(fleet => fleet.now.fleet.nodes);
	const reasons = nodes.map(
		node => `${printableText(node.address)}: ${printableText(node.error?.text ?? 'no answer')}`,
	);
	return `UNKNOWN no node could be reached: ${reasons.join('; ')}`;
}
