// The runbook on the screen as it is answered now: each step with its verdict and what it offers, and the lines of the
// audit. Made from what is known, and kept until something of that changes: a frame and the keys ask for it often.

import type { AuditLine } from '../runbooks/audit.ts';
import { diagnose } from '../runbooks/cause.ts';
import { auditFleet, configAudit } from '../runbooks/config-audit.ts';
import { highMemory } from '../runbooks/high-memory.ts';
import { lostData } from '../runbooks/lost-data.ts';
import { type Run, runSteps, type StepRun } from '../runbooks/report.ts';
import type { Change, Runbook, RunbookInput } from '../runbooks/runbook.ts';
import { fleetOfRunbook, runbookInput } from './runbook-input.ts';
import type { RunbookId, RunbookState } from './runbook-screen.ts';
import type { FleetTrack, State } from './state.ts';

const runbooks: { readonly [Id in RunbookId]: Runbook } = {
	'high-memory': highMemory,
	'config-audit': configAudit,
	'lost-data': lostData,
};

export const runbookOf = (id: RunbookId): Runbook => runbooks[id];

/** A runbook of a node as it is answered now. */
export type Answered = {
	readonly runs: readonly StepRun[];
	/** Of the audit; empty for any other. */
	readonly lines: readonly AuditLine[];
};

type Known = {
	readonly place: RunbookState;
	readonly scans: unknown;
	readonly changes: unknown;
	readonly answered: Answered;
};

const kept = new WeakMap<FleetTrack, Known>();

/** Undefined where the node is not known any more. */
export function answeredNow(state: State): Answered | undefined {
	const place = state.runbook;
	const fleet = place && fleetOfRunbook(state, place);
	if (!place || !fleet) return undefined;
	const known = kept.get(fleet);
	if (known && isSame(known, state, place)) return known.answered;
	const input = runbookInput(state, place);
	if (!input) return undefined;
	const answered = answer(place.runbook, input, state.at);
	kept.set(fleet, { place, scans: state.bigKeys?.scans, changes: state.changes, answered });
	return answered;
}

const isSame = ({ place, scans, changes }: Known, state: State, now: RunbookState) =>
	place.address === now.address &&
	place.runbook === now.runbook &&
	place.began === now.began &&
	scans === state.bigKeys?.scans &&
	changes === state.changes;

function answer(id: RunbookId, input: RunbookInput, at: number): Answered {
	const runs = runSteps(runbooks[id], input, at);
	const { fleet, tracks, extras } = input;
	const lines = id === 'config-audit' && fleet && tracks ? auditFleet({ fleet, tracks, extras }) : [];
	return { runs, lines };
}

/** The step on the screen. */
export function stepNow(state: State): StepRun | undefined {
	const runs = answeredNow(state)?.runs;
	return runs?.[Math.min(state.runbook!.step, runs.length - 1)];
}

/** The lines of the audit in the step on the screen. */
export function auditLinesNow(state: State): readonly AuditLine[] {
	const step = stepNow(state);
	return (answeredNow(state)?.lines ?? []).filter(({ topic }) => topic === step?.step.id);
}

/** The change that is selected: the one chosen, else the first that is offered, else the first. */
export function changeNow(state: State): Change | undefined {
	const changes = stepNow(state)?.changes ?? [];
	const chosen = changes.find(({ id }) => id === state.runbook?.entry);
	return chosen ?? changes.find(({ isOffered }) => isOffered) ?? changes[0];
}

/** Memory is tight and how fast it grows is not known yet. */
export function lacksGrowth(state: State): boolean {
	const input = state.runbook && runbookInput(state, state.runbook);
	const seen = input && diagnose(input);
	const isSilent = input?.node.health === 'down' || input?.node.isGone === true;
	return seen !== undefined && !isSilent && seen.isTight && seen.trend === undefined;
}

/** The run of the runbook on the screen, for a report. */
export function runNow(state: State, input: RunbookInput): Run {
	const { runbook, startedAt } = state.runbook!;
	const fleet = fleetOfRunbook(state, state.runbook!);
	return {
		runbook: runbooks[runbook],
		fleetName: fleet?.name ?? '',
		node: input.node.address,
		startedAt,
		endedAt: state.at,
		writtenBy: `redis-top ${state.version}`,
		inShort: runbooks[runbook].inShort?.(input),
		steps: runSteps(runbooks[runbook], input, state.at),
		changesMade: input.changesMade ?? [],
		findings: (input.findings ?? []).filter(({ node }) => node === undefined || node === input.node.address),
	};
}
