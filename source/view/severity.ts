// How bad what is said of a node or of a column is: its colour and its mark.

import type { Finding, Severity } from '../core/types.ts';
import type { Column } from './columns.ts';
import type { Style } from './theme.ts';

/** The worst finding of a node that names this column. */
export function severityOf({ findings: names }: Column, findings: readonly Finding[]): Severity | undefined {
	return worstOf(findings.filter(({ column }) => column !== undefined && names.includes(column)));
}

/** Findings of the whole cluster have no column: the slots carry their colour. */
export const isAboutSlots = ({ id }: Finding): boolean =>
	id === 'slots-uncovered' || id === 'two-owners' || id === 'failover-impossible';

export function worstOf(findings: readonly Finding[]): Severity | undefined {
	if (findings.some(finding => finding.severity === 'crit')) return 'crit';
	return findings.length > 0 ? 'warn' : undefined;
}

export const severityStyle = (severity: Severity | undefined): Style | undefined => severity;
export const markerOf = (severity: Severity | undefined): string =>
	severity === 'crit' ? '!!' : severity === 'warn' ? '!' : '';
