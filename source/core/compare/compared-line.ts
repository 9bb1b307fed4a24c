// One figure before and after, and what is said of it.

import type { Severity } from '../types.ts';
import type { ComparedFigure } from './compared-figures.ts';

export type Verdict = 'worse' | 'better' | 'other' | 'as-before' | 'too-few';

export type ComparedLine = {
	readonly figure: ComparedFigure;
	/** Undefined: not measured in that time. */
	readonly before?: number;
	readonly after?: number;
	readonly varied?: number;
	readonly readingsBefore: number;
	readonly readingsAfter: number;
	readonly verdict: Verdict;
	readonly severity?: Severity;
};
