// Changes for what is neither data nor output buffers: the script cache, all clients together, one client's request, the
// table of tracked keys. Each is offered only where it is the cause, for elsewhere it frees nothing and still costs.

import { bytes, count } from '../core/text/quantity.ts';
import { diagnose } from './cause.ts';
import { scriptFlush } from './cause-words.ts';
import { heldBy } from './clients.ts';
import { infoOf, notTold, numberSetting, settingOf, trackOf } from './reading.ts';
import type { Change, RunbookInput } from './runbook.ts';

const megabyte = 1024 * 1024;
const wholeMegabytes = (amount: number) => Math.max(1, Math.round(amount / megabyte)) * megabyte;

const withReason = (change: Omit<Change, 'isOffered' | 'reason'>, reason: string | undefined): Change =>
	reason === undefined ? { ...change, isOffered: true } : { ...change, isOffered: false, reason };

/** SCRIPT FLUSH where scripts are the cause; nothing elsewhere. */
export function flushScripts(input: RunbookInput): readonly Change[] {
	const seen = diagnose(input);
	if (!seen || (seen.cause !== 'scripts' && seen.cause !== 'interpreters')) return [];
	const held = bytes(seen.causeBytes ?? 0);
	return [
		withReason(
			{
				id: 'script-flush',
				title: 'empty the script cache',
				command: scriptFlush(seen.info),
				node: input.node.address,
				effect: `Cached scripts and their interpreter are freed, about ${held}. No key is touched; function libraries stay.`,
				now: `scripts ${held}`,
				after: 'empty, and filled again by whoever calls with other texts',
				risk: 'EVALSHA fails with NOSCRIPT until the client loads its script again: most do so by themselves, those in a pipeline or a MULTI do not.',
				lostAtRestart: false,
				also: ['Replicas and other nodes have their own cache.'],
				order: 15,
			},
			undefined,
		),
	];
}

/** maxmemory-clients where all clients together are the cause: the server disconnects the largest. */
export function boundClients(input: RunbookInput): readonly Change[] {
	const seen = diagnose(input);
	const isCause = seen && ['query-buffers', 'transactions', 'connections'].includes(seen.cause);
	if (!isCause) return [];
	const setting = settingOf(trackOf(input), 'maxmemory-clients');
	const limit = wholeMegabytes(
		Math.max(16 * megabyte, (infoOf(input).maxmemoryBytes || (seen.causeBytes ?? 0) * 2) / 10),
	);
	const reason =
		setting === undefined
			? `${notTold(input, 'CONFIG GET')}, or this server has no maxmemory-clients (7.0 and later)`
			: setting !== '0'
				? `it is set already: ${/^\d{1,15}%?$/.test(setting) ? setting : 'to another value'}`
				: undefined;
	return [
		withReason(
			{
				id: 'maxmemory-clients',
				title: `bound all clients together to ${bytes(limit)}`,
				command: ['CONFIG', 'SET', 'maxmemory-clients', String(limit)],
				node: input.node.address,
				effect: `The server disconnects the clients that hold most until all together hold less than ${bytes(limit)}, now and from then on. No key is touched.`,
				now: `maxmemory-clients ${setting ?? 'not known'}, clients hold ${bytes(infoOf(input).clientsNormalBytes ?? 0)}`,
				after: `clients hold at most ${bytes(limit)}`,
				risk: 'Who is disconnected loses the request or the replies under way, and may come back with the same. A client that rightly needs as much is disconnected too.',
				undo: ['CONFIG', 'SET', 'maxmemory-clients', '0'],
				lostAtRestart: true,
				also: ['Set it on every node: a replica becomes a primary with its own limits.'],
				order: 20,
			},
			reason,
		),
	];
}

/** client-query-buffer-limit, where one client holds so much that a limit of one finds it. */
export function limitQueryBuffer(input: RunbookInput): readonly Change[] {
	const seen = diagnose(input);
	if (seen?.cause !== 'query-buffers') return [];
	const now = numberSetting(trackOf(input), 'client-query-buffer-limit');
	const largest = seen.holders[0] ? heldBy(seen.holders[0]) : 0;
	const limit = queryLimit;
	const reason =
		now === undefined
			? `the present limit is not known: ${notTold(input, 'CONFIG GET')}`
			: now <= limit
				? `it is ${bytes(now)} already`
				: largest < limit
					? `no client holds ${bytes(limit)}: it is many together, and maxmemory-clients bounds these`
					: undefined;
	return [
		withReason(
			{
				id: 'query-buffer-limit',
				title: `limit query buffers to ${bytes(limit)} each`,
				command: ['CONFIG', 'SET', 'client-query-buffer-limit', String(limit)],
				node: input.node.address,
				effect: `The server disconnects a client whose unfinished request is over ${bytes(limit)}.`,
				now: `client-query-buffer-limit ${now === undefined ? 'not known' : bytes(now)}`,
				after: `client-query-buffer-limit ${bytes(limit)}`,
				risk: 'A client that rightly sends a value or a pipeline as large is disconnected in the middle.',
				...(now !== undefined && { undo: ['CONFIG', 'SET', 'client-query-buffer-limit', String(now)] }),
				lostAtRestart: true,
				also: ['Set it on every node.'],
				order: 41,
			},
			reason,
		),
	];
}

/** Larger than the values of most applications, a sixteenth of the default. */
const queryLimit = 64 * megabyte;

/** tracking-table-max-keys, to a tenth of what is tracked now. */
export function boundTracking(input: RunbookInput): readonly Change[] {
	const seen = diagnose(input);
	const tracked = input.details?.trackedKeys ?? 0;
	if (seen?.cause !== 'tracking' || tracked === 0) return [];
	const now = numberSetting(trackOf(input), 'tracking-table-max-keys');
	const limit = Math.max(1000, Math.round(tracked / 10));
	return [
		withReason(
			{
				id: 'tracking-table-max-keys',
				title: `track at most ${count(limit)} keys`,
				command: ['CONFIG', 'SET', 'tracking-table-max-keys', String(limit)],
				node: input.node.address,
				effect: `The server forgets tracked keys until ${count(limit)} are left, and tells their clients to drop them from their caches. No key is touched.`,
				now: `${count(tracked)} tracked, tracking-table-max-keys ${now === undefined ? 'not known' : now === 0 ? 'no limit' : count(now)}`,
				after: `${count(limit)} tracked`,
				risk: 'Clients read again what they had cached: more reads for some minutes, and for good where they cache more keys than that.',
				...(now !== undefined && { undo: ['CONFIG', 'SET', 'tracking-table-max-keys', String(now)] }),
				lostAtRestart: true,
				also: ['Each node tracks for its own clients.'],
				order: 20,
			},
			now === undefined ? `the present limit is not known: ${notTold(input, 'CONFIG GET')}` : undefined,
		),
	];
}
