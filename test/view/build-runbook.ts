// Example States for the screen of a runbook, made from the incidents of test/runbooks/build.ts, so that a frame shows
// what the checks say of figures as real servers give them.

import { noCloseLook } from '../../source/core/node/close-look.ts';
import { groundsOf } from '../../source/runbooks/grounds.ts';
import type { RunbookInput } from '../../source/runbooks/runbook.ts';
import type { BigKeysTrack } from '../../source/state/key-screens.ts';
import { changeNow, runbookOf } from '../../source/state/runbook-runs.ts';
import type { RunbookState } from '../../source/state/runbook-screen.ts';
import type { State } from '../../source/state/state.ts';
import {
	eatenByClient,
	fragmentedNode,
	fullOfData,
	inputOf,
	start,
	unboundedHash,
} from '../runbooks/build.ts';
import { stateOf } from './build-state.ts';

/** What a runbook would be given, as a State that gives it; the runbook is open on its first step. */
export function runbookState(
	input: RunbookInput,
	over: Partial<State> = {},
	place: Partial<RunbookState> = {},
): State {
	const { address } = input.node;
	const fleet = { ...input.fleet!, name: 'cart-prod' };
	const scans: readonly BigKeysTrack[] =
		input.scan === undefined
			? []
			: [
					{
						...{ id: 1, scope: { fleet: 1 }, startedAt: start - 60_000, isExact: false, isOver: true },
						found: input.scan,
						...(input.earlierScan && { earlier: input.earlierScan }),
					},
				];
	const state = stateOf([{ fleet, findings: input.findings ?? [], events: [] }], {
		at: start,
		screen: 'runbook',
		cursor: address,
		focus: { fleet: 1, node: address, isCluster: false },
		runbook: {
			...{ fleet: 1, address, runbook: 'high-memory', startedAt: start - 90_000, step: 0, top: 0 },
			...place,
		},
		bigKeys: { scope: { fleet: 1 }, view: 'bytes', top: 0, scans },
		...over,
	});
	const extra = input.extras?.get(address);
	const [track] = state.fleets;
	const tracks = new Map(
		[...input.tracks!].map(([name, each]) => {
			const lastGood = each.lastGood && { infoText: infoText(extra), ...each.lastGood };
			return [name, { ...each, lastGood, ...(name === address && withHistory(input, extra)) }];
		}),
	);
	const close = new Map([
		[
			address,
			{
				...noCloseLook,
				...(input.clients && { clients: { at: start, list: input.clients } }),
				...(input.keysizes && { keysizes: input.keysizes }),
				...(input.details && { details: input.details }),
				...(input.memoryStats && { memory: { at: start, stats: input.memoryStats } }),
			},
		],
	]);
	return { ...state, fleets: [{ ...track!, tracks, close }] };
}

const withHistory = (input: RunbookInput, extra: { retainedSince?: number } | undefined) => ({
	...(input.usedHistory && { counted: input.usedHistory }),
	...(extra?.retainedSince !== undefined && { retainedSince: extra.retainedSince }),
});

const infoText = (extra: { allocator?: string; configFile?: string } | undefined) =>
	`mem_allocator:${extra?.allocator ?? 'libc'}\r\nconfig_file:${extra?.configFile ?? ''}\r\nexpired_stale_perc:0.50\r\n`;

const stepOf = (id: string) => runbookOf('high-memory').steps.findIndex(step => step.id === id);

export const runbookScope = (over: Partial<State> = {}) => runbookState(unboundedHash(), over);
export const runbookFragmentation = (over: Partial<State> = {}) =>
	runbookState(fragmentedNode(), over, { step: stepOf('fragmentation') });
export const runbookKeys = (over: Partial<State> = {}) =>
	runbookState(unboundedHash(), over, { step: stepOf('large-keys') });
export const runbookRelief = (over: Partial<State> = {}) =>
	runbookState(fullOfData(), over, { step: stepOf('relief') });
export const runbookClient = (over: Partial<State> = {}) =>
	runbookState(eatenByClient(), { isChangesAllowed: true, ...over }, { step: stepOf('relief') });
export const runbookDurable = (over: Partial<State> = {}) =>
	runbookState(unboundedHash(), over, { step: stepOf('durable') });
export const runbookAudit = (over: Partial<State> = {}) =>
	runbookState(inputOf(), over, { runbook: 'config-audit', step: 0 });
export const runbookCalm = (over: Partial<State> = {}) => runbookState(inputOf(), over);

export const runbookConfirm = (over: Partial<State> = {}): State => {
	const state = runbookRelief({ isChangesAllowed: true, ...over });
	const change = changeNow(state)!;
	const tracks = state.fleets[0]!.tracks;
	const prompt = {
		...({ kind: 'change', id: 1, text: '10.0', change, from: start } as const),
		...{ place: state.runbook!, grounds: groundsOf(change, tracks) },
	};
	return { ...state, lastId: 1, prompt };
};
/** One change made half a minute ago, and one that was refused. */
export const runbookMade = (over: Partial<State> = {}): State => {
	const state = runbookRelief({ isChangesAllowed: true, ...over });
	const change = changeNow(state)!;
	const before = 'maxmemory 4.0G, used 3.9G, rss 4.2G, 0 evicted/s, 12 OOM/s, hit rate 97%';
	const made = { fleet: 1, change, before, reply: 'OK', isDone: true };
	return {
		...state,
		changes: [
			{
				...made,
				id: 1,
				sentAt: start - 90_000,
				reply: 'no permission: the user needs +config|set',
				isDone: false,
			},
			{ ...made, id: 2, sentAt: start - 30_000 },
		],
	};
};
/** An address and a client's name made to do harm. */
export const runbookHostile = (over: Partial<State> = {}): State => {
	const input = eatenByClient();
	const clients = input.clients!.map(client => ({
		...client,
		name: '\x1b[2J\x1b]0;owned\x07',
		command: '\xff\xfe',
	}));
	return runbookState({ ...input, clients }, { isChangesAllowed: true, ...over }, { step: stepOf('relief') });
};
