// A run of a runbook as Markdown, as `w` writes it and --runbook prints it: of a node the steps, of the fleet the audit.

import { auditFleet } from '../../../runbooks/config-audit.ts';
import { auditReport, runReport } from '../../../runbooks/report.ts';
import { worstAnswer } from '../../../runbooks/runbook.ts';
import { runbookInput } from '../../../state/runbook-input.ts';
import { runNow } from '../../../state/runbook-runs.ts';
import type { State } from '../../../state/state.ts';

/** The report without its last newline, and what it comes to as an exit code. */
export type RunbookReport = { readonly text: string; readonly code: 0 | 1 | 2 | 3 };

/** Of the runbook that is open; undefined where its node is not known any more. */
export function runbookReport(state: State): RunbookReport | undefined {
	const place = state.runbook;
	const input = place && runbookInput(state, place);
	if (!input) return undefined;
	if (place.runbook !== 'config-audit') {
		const run = runNow(state, input);
		const code = worstAnswer(run.steps.map(({ verdict }) => verdict));
		// Of a node that does not answer what was read before is told; that it is well cannot be.
		const isSilent =
			input.node.isGone || input.node.health === 'down' || input.node.error?.reason === 'unknown-info';
		return { text: runReport(run).trimEnd(), code: isSilent && code === 0 ? 3 : code };
	}
	const { fleet, tracks, extras } = input;
	const lines = auditFleet({ fleet: fleet!, tracks: tracks!, extras });
	const report = auditReport({
		fleetName: fleet!.name,
		at: state.at,
		writtenBy: `redis-top ${state.version}`,
		nodeCount: fleet!.nodes.length,
		lines,
	});
	return {
		text: report.trimEnd(),
		code: worstAnswer(lines.map(({ severity }) => ({ answer: severity }))),
	};
}
