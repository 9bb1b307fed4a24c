// Findings through a stretch of time: each from when it crossed to when it was over, with the worst that it said. What
// --check makes of a recording, and what the report of an incident tells.

import type { Address, Finding, Severity } from '../types.ts';

export type Raised = {
	readonly id: string;
	readonly kind?: string;
	readonly node?: Address;
	/** The worst it was. */
	readonly severity: Severity;
	/** As it said at its worst. */
	readonly text: string;
	readonly since: number;
	/** Undefined: it still stood at the end. */
	readonly until?: number;
};

const isOf = (raised: Raised, { id, node, kind }: Finding) =>
	raised.id === id && raised.node === node && raised.kind === kind;

/** The list, oldest first, after the findings of one more moment. */
export function followRaised(
	before: readonly Raised[],
	findings: readonly Finding[],
	at: number,
): readonly Raised[] {
	const isOpen = (raised: Raised) => raised.until === undefined;
	if (findings.length === 0 && !before.some(isOpen)) return before;
	const kept = before.map(raised => {
		if (!isOpen(raised)) return raised;
		const now = findings.find(finding => isOf(raised, finding));
		if (!now) return { ...raised, until: at };
		return now.severity === 'crit' && raised.severity === 'warn'
			? { ...raised, severity: now.severity, text: now.text }
			: raised;
	});
	const added = findings
		.filter(finding => !before.some(raised => isOpen(raised) && isOf(raised, finding)))
		.map(
			({ id, node, kind, severity, text, since }): Raised => ({
				...{ id, severity, text, since: Math.min(since, at) },
				...(node !== undefined && { node }),
				...(kind !== undefined && { kind }),
			}),
		);
	return added.length === 0 ? kept : [...kept, ...added].sort((a, b) => a.since - b.since);
}
