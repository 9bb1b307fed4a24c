// What the charts that are seen need of the time before, asked of Prometheus as data: it follows from the State after every
// message, as the focus does. An answer is kept; it is asked for again when it has grown old, and a Prometheus that failed
// is left alone for a while. Nothing else of the screen ever waits for it.

import type { Named } from '../core/prometheus/targets.ts';
import type { Address, NodeTrack } from '../core/types.ts';
import { comparisons, type Earlier, keyOfStretch, type Stretch, windowOfNode } from '../state/earlier.ts';
import { screenBehind } from '../state/shown.ts';
import type { Effect, FleetTrack, Message, State, Step } from '../state/state.ts';
import { fleetOfCharts, fleetWindow } from '../view/screens/fleet/charts.ts';
import { knownAs } from '../view/screens/node/facts.ts';

/** After a failure. */
const restMilliseconds = 30_000;
/** What was not found may be scraped by now. */
const lackingMilliseconds = 60_000;
/** Our own readings go on from where it ends, for the hour that they are kept. */
const oldMilliseconds = 600_000;
/** Stretches kept of a fleet, some kB each. */
const keptMost = 24;

export function followEarlier([state, effects]: Step): Step {
	const wanted = wantedStretches(state);
	if (!wanted) return [state, effects];
	const { fleet, stretches } = wanted;
	const earlier = fleet.earlier!;
	if (state.at < (earlier.restsUntil ?? 0)) return [state, effects];
	const due = stretches.filter(stretch => isDue(earlier, stretch, state.at));
	if (due.length === 0) return [state, effects];
	const asked = due.map((stretch): Effect => askFor(fleet, stretch, state.at));
	const kept = new Map(earlier.kept);
	for (const stretch of due) {
		const key = keyOfStretch(stretch);
		kept.set(key, { spans: kept.get(key)?.spans, askedAt: state.at, isAsked: true });
	}
	return [withEarlier(state, fleet.id, { ...earlier, kept: newest(kept) }), [...effects, ...asked]];
}

function isDue({ kept }: Earlier, stretch: Stretch, at: number): boolean {
	const known = kept.get(keyOfStretch(stretch));
	if (!known) return true;
	if (known.isAsked) return false;
	const isLacking = Object.keys(known.spans ?? {}).length === 0;
	if (isLacking) return at - known.askedAt > lackingMilliseconds;
	return stretch.until === undefined && at - known.askedAt > oldMilliseconds;
}

function newest(kept: Earlier['kept']): Earlier['kept'] {
	if (kept.size <= keptMost) return kept;
	const entries = [...kept].sort(([, a], [, b]) => b.askedAt - a.askedAt);
	return new Map(entries.slice(0, keptMost));
}

type Wanted = { readonly fleet: FleetTrack; readonly stretches: readonly Stretch[] };

function wantedStretches(state: State): Wanted | undefined {
	const screen = screenBehind(state);
	if (screen === 'node') return ofNode(state);
	return screen === 'fleet' ? ofFleet(state) : undefined;
}

function ofNode(state: State): Wanted | undefined {
	const { node } = state;
	const fleet = state.fleets.find(({ id }) => id === node?.fleet);
	if (!node || !fleet?.earlier || !fleet.isDiscovered) return undefined;
	const { seconds } = windowOfNode(node, true);
	const until = node.until ?? state.paused?.at;
	const address = knownAs(fleet, node.address);
	return { fleet, stretches: withComparison(state, { node: address, seconds, until }) };
}

/** Also where no charts are drawn: that there is no past is told before somebody looks for it. */
function ofFleet(state: State): Wanted | undefined {
	const fleet = fleetOfCharts(state);
	if (!fleet?.earlier || !fleet.isDiscovered) return undefined;
	const { seconds } = fleetWindow(state, fleet);
	return { fleet, stretches: withComparison(state, { seconds, until: state.paused?.at }) };
}

function withComparison({ comparison }: State, stretch: Omit<Stretch, 'before'>): readonly Stretch[] {
	const before = comparison === undefined ? undefined : comparisons[comparison]?.seconds;
	const shown = { ...stretch, before: 0 };
	return before === undefined ? [shown] : [shown, { ...stretch, before }];
}

function askFor(fleet: FleetTrack, stretch: Stretch, at: number): Effect {
	const { node, seconds, before, until = at } = stretch;
	const tracks = node === undefined ? [...fleet.tracks.values()] : [fleet.tracks.get(node)];
	const nodes = tracks.flatMap(track => (track && track.kind === 'data' ? namedOf(track, fleet) : []));
	const question = { nodes, isFleet: node === undefined, seconds, until: until - before * 1000 };
	return { type: 'ask-earlier', fleet: fleet.id, stretch, question };
}

/** Everything that it goes by: as its row, as its peers announce it, as it was reached. */
function namedOf({ address, announced, reached, lastGood }: NodeTrack, { aliases }: FleetTrack): Named {
	const port = address.slice(address.lastIndexOf(':') + 1);
	const others = [...aliases].filter(([, row]) => row === address).map(([alias]) => alias);
	const hostname = announced?.hostname && `${announced.hostname}:${port}`;
	const names = [address, announced?.reachedAs, announced?.ip, hostname, reached, ...others];
	const known = names.filter((name): name is Address => name !== undefined && name !== '');
	const runId = lastGood?.info?.runId;
	return { address, names: [...new Set(known)], ...(runId !== undefined && { runId }) };
}

/** What came: kept, or why it did not, once. */
export function takeEarlier(state: State, message: Extract<Message, { type: 'earlier' }>): State {
	const { fleet: id, stretch, answer, at } = message;
	const earlier = state.fleets.find(fleet => fleet.id === id)?.earlier;
	if (!earlier) return state;
	const key = keyOfStretch(stretch);
	const before = earlier.kept.get(key);
	const kept = new Map(earlier.kept);
	if ('problem' in answer) {
		// What was known stays; what was not is asked for again.
		if (before?.spans) kept.set(key, { ...before, isAsked: false });
		else kept.delete(key);
		const trouble = `no past: Prometheus: ${answer.problem}`;
		return withEarlier(state, id, { kept, trouble, restsUntil: at + restMilliseconds });
	}
	kept.set(key, { askedAt: before?.askedAt ?? at, spans: answer.spans, isAsked: false });
	const isLacking = answer.note !== undefined;
	return withEarlier(state, id, {
		kept,
		...(isLacking && { trouble: answer.note }),
	});
}

function withEarlier(state: State, id: number, earlier: Earlier): State {
	return { ...state, fleets: state.fleets.map(fleet => (fleet.id === id ? { ...fleet, earlier } : fleet)) };
}
