// What is drawn of the time before we connected: the spans of a stretch, the second line of another day, and the words that
// say what stands before the seam or why there is nothing.

import type { EarlierFigure } from '../../core/prometheus/queries.ts';
import { type Span, type Spans, shifted } from '../../core/prometheus/span.ts';
import { comparisons, keyOfStretch, type Stretch } from '../../state/earlier.ts';
import type { FleetTrack, State } from '../../state/state.ts';
import { glyphsFor } from '../theme.ts';

/** What is known of a stretch; of now, also while time stands. */
export function spansFor(state: State, { id }: FleetTrack, stretch: Stretch): Spans | undefined {
	const earlier = state.fleets.find(fleet => fleet.id === id)?.earlier;
	return earlier?.kept.get(keyOfStretch(stretch))?.spans;
}

/** The chosen other day, moved to where today is drawn. */
export function besideOf(
	state: State,
	fleet: FleetTrack,
	stretch: Omit<Stretch, 'before'>,
): ((figure: EarlierFigure) => Span | undefined) | undefined {
	const chosen = state.comparison === undefined ? undefined : comparisons[state.comparison];
	const spans = chosen && spansFor(state, fleet, { ...stretch, before: chosen.seconds });
	if (!spans) return undefined;
	return figure => spans[figure] && shifted(spans[figure], chosen.seconds * 1000);
}

/** Why there is no past. */
export const earlierTrouble = (state: State, { id }: FleetTrack): string | undefined =>
	state.fleets.find(fleet => fleet.id === id)?.earlier?.trouble;

/** `: before it Prometheus   . yesterday`, or why there is no past; undefined where no Prometheus is named. */
export function earlierWords(state: State, { id }: FleetTrack): string | undefined {
	const earlier = state.fleets.find(fleet => fleet.id === id)?.earlier;
	if (!earlier) return undefined;
	if (earlier.trouble !== undefined) return earlier.trouble;
	const { seam, beside } = glyphsFor(state.isAscii);
	const other = state.comparison === undefined ? undefined : comparisons[state.comparison]?.words;
	const isAsked = [...earlier.kept.values()].some(({ spans }) => !spans);
	if (isAsked) return 'asking Prometheus for the time before';
	return [`${seam} before it Prometheus`, ...(other ? [`${beside} ${other}`] : [])].join('   ');
}

type Cells = readonly (number | undefined)[];

/** As many lookups a second as make a hit rate elsewhere: 20 in 10 s. */
const fewLookups = 2;

export const shares = (hits: Cells, lookups: Cells): Cells =>
	hits.map((value, index) => {
		const all = lookups[index];
		return value === undefined || all === undefined || all < fewLookups ? undefined : value / all;
	});

/** Both must be known: of hits alone no share can be told. */
export const hitShares = (hits: Cells, misses: Cells): Cells =>
	shares(
		hits,
		misses.map((value, index) => (value === undefined ? undefined : value + (hits[index] ?? 0))),
	);
