// A sentence in its clauses, so that a narrow screen shows as many whole ones as fit and never half of one. Each but
// the first begins with what stands between it and the one before: `, ` or `; `.

import { textWidth } from '../../theme.ts';

export type Clauses = readonly string[];

export const said = (clauses: Clauses): string => clauses.join('');

/** As many whole clauses as fit; undefined where not even one does. */
export function fittingClauses(clauses: Clauses, width: number): string | undefined {
	const forms = clauses.map((_, index) => said(clauses.slice(0, index + 1)));
	return forms.findLast(form => textWidth(form) <= width);
}
