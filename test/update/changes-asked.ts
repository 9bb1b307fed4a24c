// Every change that a runbook can offer, as a State in which it is asked for and takes keys: what stands in this table is
// what the tests of consent hold every event against. Those of other tests stand for one kind each.

import assert from 'node:assert/strict';
import { absorb, newTrack } from '../../source/core/fleet/track.ts';
import type { Client } from '../../source/core/parse/parse-client-list.ts';
import type { SentinelView } from '../../source/core/types.ts';
import { settingIn } from '../../source/runbooks/grounds.ts';
import type { RunbookInput } from '../../source/runbooks/runbook.ts';
import { runbookOf } from '../../source/state/runbook-runs.ts';
import type { RunbookId } from '../../source/state/runbook-screen.ts';
import type { FleetTrack, Key, State } from '../../source/state/state.ts';
import { update } from '../../source/update/update.ts';
import { sampleOf } from '../core/build.ts';
import {
	clientOf,
	eatenByClient,
	fragmentedNode,
	fullOfData,
	gigabyte,
	inputOf,
	megabyte,
	start,
} from '../runbooks/build.ts';
import { filled } from '../runbooks/filled.ts';
import { runbookState } from '../view/build-runbook.ts';
import { backEmpty, below, empty, primary, replica, round } from './back-empty.ts';
import { type Meanwhile, promptOf, readNow } from './consent.ts';

const press = (state: State, ...keys: readonly Key[]): State =>
	update(state, { type: 'keys', at: state.at, keys })[0];
const later = (state: State): State => update(state, { type: 'clock', at: state.at + 400 })[0];

/** The question about `entry` of a step, readable and past its first 0.3 s. */
function asked(state: State, step: string, entry: string): State {
	const { runbook } = state.runbook!;
	const number = runbookOf(runbook).steps.findIndex(({ id }) => id === step);
	const open = press({ ...state, runbook: { ...state.runbook!, step: number, entry } }, 'x');
	assert.equal(open.prompt?.kind === 'change' && open.prompt.change.id, entry, open.toast?.text);
	return later(open);
}

const highMemory = (input: RunbookInput, step: string, entry: string) => (): State =>
	asked(runbookState(input, { isChangesAllowed: true }), step, entry);

/** Pages that the allocator keeps, for longer than it takes to give them back by itself. */
const retained = (): RunbookInput =>
	inputOf({
		info: {
			...{ usedMemoryBytes: 0.6 * gigabyte, datasetBytes: 0.5 * gigabyte, rssBytes: 3.1 * gigabyte },
			...{ allocatedBytes: 0.62 * gigabyte, activeBytes: 0.65 * gigabyte, residentBytes: 3.05 * gigabyte },
		},
		extra: { retainedSince: start - 60_000 },
	});

/** One request of 200 MB that is not whole yet. */
function largeRequest(): RunbookInput {
	const input = filled('redis-8.0.2/query.txt');
	const uploader: Client = clientOf({
		...{ id: 900, queryBufferBytes: 200 * megabyte, totalBytes: 200 * megabyte, command: 'NULL' },
	});
	return { ...input, clients: [uploader] };
}

const lostData = (state: State, step: string, entry: string): State => {
	const runbook = { runbook: 'lost-data' as RunbookId, fleet: 0, address: primary };
	const place = { ...runbook, startedAt: state.at, step: 0, top: 0 };
	return asked({ ...state, screen: 'runbook', runbook: place }, step, entry);
};

const keepCopy = () => lostData(backEmpty({ isChangesAllowed: true }), 'keep', 'keep-copy');

/** The same where others lead the fleet: a cluster, or a Sentinel. */
const ledBy = (over: (fleet: FleetTrack) => Partial<FleetTrack>) => () => {
	const state = backEmpty({ isChangesAllowed: true });
	const [fleet] = state.fleets;
	const led = { ...state, fleets: [{ ...fleet!, ...over(fleet!) }] };
	return lostData(led, 'keep', 'keep-copy');
};
const inCluster = ledBy(({ now }) => ({ now: { ...now, fleet: { ...now.fleet, mode: 'cluster' } } }));
const sentinelAddress = '10.0.0.9:26379';
export const followed: SentinelView = { masters: [{ name: 'mymaster', address: primary, flags: [] }] };
const underSentinel = ledBy(({ now, tracks }) => {
	const info = { mode: 'sentinel' as const, runId: 's', uptimeSeconds: 500, version: '8.0.2' };
	const sample = sampleOf(sentinelAddress, start, { info, sentinel: followed });
	const track = absorb(newTrack(sentinelAddress, 'sentinel', 'seed', start), sample);
	const masters = [{ name: 'mymaster', primary, flags: [] }];
	const sentinels = [{ node: sentinelAddress, health: 'up' as const }];
	const fleet = { ...now.fleet, mode: 'sentinel' as const, sentinel: { masters, sentinels } };
	return { now: { ...now, fleet }, tracks: new Map(tracks).set(sentinelAddress, track) };
});

const bringBack = () => {
	const kept = below({ role: 'primary', primary: undefined, isLinkUp: undefined });
	const state = round(backEmpty({ isChangesAllowed: true }), 3, { [primary]: empty, [replica]: kept }).state;
	return lostData(state, 'back', 'keep-bring-back');
};

/** In the order of the runbooks. */
export const changes: Readonly<Record<string, () => State>> = {
	'memory-purge': highMemory(retained(), 'fragmentation', 'memory-purge'),
	activedefrag: highMemory(fragmentedNode(), 'fragmentation', 'activedefrag'),
	'client-kill-1': highMemory(eatenByClient(), 'relief', 'client-kill-1'),
	'script-flush': highMemory(filled('redis-8.0.2/scriptload.txt'), 'relief', 'script-flush'),
	'script-flush of 7.0': highMemory(filled('redis-7.0.15/eval.txt'), 'relief', 'script-flush'),
	'maxmemory-clients': highMemory(filled('redis-8.0.2/query.txt'), 'relief', 'maxmemory-clients'),
	'maxmemory-clients for MULTI': highMemory(filled('valkey-8.1.1/multi.txt'), 'relief', 'maxmemory-clients'),
	'tracking-table-max-keys': highMemory(
		filled('valkey-8.1.1/tracking.txt'),
		'relief',
		'tracking-table-max-keys',
	),
	'raise-maxmemory': highMemory(fullOfData(), 'relief', 'raise-maxmemory'),
	'raise-maxmemory-replica': highMemory(
		fullOfData(),
		'relief',
		`raise-maxmemory-replica ${[...fullOfData().tracks!.keys()][1]}`,
	),
	'policy-volatile-ttl': highMemory(fullOfData(), 'relief', 'policy-volatile-ttl'),
	'policy-allkeys-lru': highMemory(fullOfData(), 'relief', 'policy-allkeys-lru'),
	'output-buffer-limit': highMemory(eatenByClient(), 'durable', 'output-buffer-limit'),
	'query-buffer-limit': highMemory(largeRequest(), 'durable', 'query-buffer-limit'),
	'config-rewrite': () => asked(made(changes['raise-maxmemory']!()), 'durable', 'config-rewrite'),
	'keep-copy': keepCopy,
	'keep-copy in a cluster': inCluster,
	'keep-copy under Sentinels': underSentinel,
	'keep-bring-back': bringBack,
};

/** The question answered with yes, the change sent and done. */
export function made(open: State): State {
	const { change } = promptOf(open);
	const [sent] = readNow(press(open, ...change.node, 'enter'), true);
	const { id } = sent.changes?.at(-1) ?? { id: 0 };
	assert.equal(sent.changes?.at(-1)?.change.id, change.id, sent.prompt && promptOf(sent).closed);
	return update(sent, { type: 'changed', at: sent.at, id, reply: 'OK', isDone: true })[0];
}

/** The question whether a change that was made is taken back; undefined where nothing takes it back. */
export function undoing(open: State): State | undefined {
	const state = press(made(open), 'u');
	return state.prompt?.kind === 'change' ? later(state) : undefined;
}

/** What a reading tells where the change that is taken back still stands as it was made. */
export function asLeft({ change }: ReturnType<typeof promptOf>): Meanwhile {
	if (!change.undoes) return {};
	const setting = change.undo && settingIn({ command: change.undo });
	if (!setting) return change.undoes.role ? { info: { role: change.undoes.role } } : {};
	const { name, value } = setting;
	if (name === 'maxmemory') return { info: { maxmemoryBytes: Number(value) } };
	if (name === 'maxmemory-policy') return { info: { maxmemoryPolicy: value } };
	return { config: { [name]: value } };
}
