// The end without a screen: one JSON object or one text table a refresh, at the delay, from the first moment that
// has rates. It decides when to print and when to stop; what is printed is json's and batch's.

import type { HotKeysResult } from '../core/keys/hot-keys.ts';
import type { FleetTrack, Message, State } from '../state/state.ts';
import type { BatchOptions } from './batch.ts';
import { eventsSince, jsonOf } from './json.ts';

export type Headless = {
	/** Called after each message with the state it led to. */
	readonly onState: (state: State, message: Message) => void;
};

export type HeadlessOptions = {
	readonly kind: 'json' | 'batch';
	/** What makes the text of a refresh, for `batch`: it is not loaded for JSON. */
	readonly batchText?: (state: State, options: BatchOptions) => string;
	/** Refreshes to print; undefined is for ever. */
	readonly count?: number;
	readonly write: (line: string) => void;
	/** All that was asked for is printed. */
	readonly onDone: () => void;
};

/** Of the fleet or of one of its shards. */
function newestHotKeys(state: State, fleet: number): HotKeysResult | undefined {
	const results = (state.hotKeys?.watches ?? [])
		.filter(({ scope }) => scope.fleet === fleet)
		.flatMap(({ result }) => result ?? []);
	return results.sort((a, b) => b.at - a.at)[0];
}

export function createHeadless({ kind, batchText, count, write, onDone }: HeadlessOptions): Headless {
	const printed = new Map<number, number>();
	const news = new Map<number, ReturnType<typeof eventsSince>>();
	let isDone = false;

	const print = (state: State, fleet: FleetTrack, refresh: number) => {
		if (kind === 'batch') return write(batchText!(state, { refresh, of: count }));
		const since = news.get(fleet.id) ?? eventsSince();
		news.set(fleet.id, since);
		const delaySeconds = state.paceSeconds ?? state.delaySeconds;
		const hotKeys = newestHotKeys(state, fleet.id);
		const json = jsonOf(fleet.now, delaySeconds, since(fleet.now.events), hotKeys, state.clockOffset);
		return write(JSON.stringify(json));
	};

	return {
		onState(state, message) {
			if (isDone || message.type !== 'round' || message.isExtra || state.isDiscovering) return;
			const fleet = state.fleets.find(each => each.id === message.fleet);
			// A text table shows all fleets, so it is printed once a refresh: with the first of them.
			if (!fleet || fleet.rounds < 1) return;
			if (kind === 'batch' && (fleet !== state.fleets[0] || state.fleets.some(each => each.rounds < 1)))
				return;
			const refresh = (printed.get(fleet.id) ?? 0) + 1;
			if (count === undefined || refresh <= count) {
				printed.set(fleet.id, refresh);
				print(state, fleet, refresh);
			}
			const rest = kind === 'batch' ? state.fleets.slice(0, 1) : state.fleets;
			isDone = count !== undefined && rest.every(each => (printed.get(each.id) ?? 0) >= count);
			if (isDone) onDone();
		},
	};
}
