// What will go by itself, and what never will. Keys without a TTL by database and, after a scan, by pattern with their
// bytes; hashes whose fields have one; whether expiry keeps up; and the policy that needs TTLs where there are few. Keys
// may be meant to live: it names them and does not call that a fault.

import { evictableKeys } from '../core/findings/eviction.ts';
import type { PatternGroup } from '../core/keys/big-keys.ts';
import { keysIn } from '../core/node/keyspace.ts';
import { bytes, count, counted, duration, percent } from '../core/text/quantity.ts';
import type { Info } from '../core/types.ts';
import { diagnose } from './cause.ts';
import { runbookLimits } from './limits.ts';
import {
	extraOf,
	fact,
	factOf,
	infoOf,
	limitsOf,
	nameOf,
	notTold,
	sentences,
	textOf,
	trackOf,
} from './reading.ts';
import type { Answer, Fact, NodeExtra, RunbookInput, Verdict } from './runbook.ts';
import { expiredInScan, unreadKeys } from './scan-effect.ts';
import { unreadText } from './scope-words.ts';

const why =
	'Room that comes back by itself is the cheapest. It also decides what a volatile policy may evict, and so whether the next step can use one.';

export function checkTtl(input: RunbookInput): Verdict {
	const info = infoOf(input);
	const space = evictableKeys(info);
	if (!space)
		return {
			answer: 'unknown',
			facts: [],
			text: `Keys and TTLs are not known: ${notTold(input, 'INFO')}.`,
			why,
		};
	const extra = extraOf(input);
	return {
		answer: answerOf(input, info, extra),
		facts: [...databaseFacts(info), ...expiryFacts(input, extra), ...patternFacts(input)],
		text: sentences(
			policyText(input, info),
			shareText(space, fieldTtlOf(info)),
			patternText(input),
			expiryText(input, extra),
		),
		why,
	};
}

const isVolatile = (info: Info) => info.maxmemoryPolicy?.startsWith('volatile-') ?? false;

/** The policy may evict only keys with a TTL, and hardly any has one. */
function lacksTtl(input: RunbookInput): boolean {
	const info = infoOf(input);
	const space = evictableKeys(info);
	const limit = limitsOf(input)['volatile-without-ttl'];
	if (!space || space.keys < limit.extra.keys) return false;
	return isVolatile(info) && space.withTtl / space.keys < limit.warn;
}

const isStale = ({ expiredStaleShare = 0, expiryCapsPerSecond }: NodeExtra) =>
	expiredStaleShare > runbookLimits.staleShare && expiryCapsPerSecond !== 0;

function answerOf(input: RunbookInput, info: Info, extra: NodeExtra): Answer {
	const isTight = diagnose(input)?.isTight ?? false;
	if (lacksTtl(input)) return isTight ? 'act' : 'look';
	if (isStale(extra) || expiredInScan(input)) return 'look';
	const space = evictableKeys(info)!;
	const without =
		space.keys === 0 ? 0 : Math.max(0, space.keys - space.withTtl - fieldTtlOf(info)) / space.keys;
	// Under allkeys-* eviction makes the room that a TTL would: not a fault.
	const isCache = info.maxmemoryPolicy?.startsWith('allkeys-') ?? false;
	if (isTight && !isCache && without >= runbookLimits.withoutTtlShare) return 'look';
	const unread = unreadKeys(input);
	return unread?.read !== undefined && unread.withTtl !== 0 ? 'unknown' : 'fine';
}

function databaseFacts(info: Info): readonly Fact[] {
	const databases = (info.databases ?? []).slice(0, 8);
	if (databases.length === 0) return [fact('keys', '0', 'INFO keyspace')];
	return databases.map(({ db, keys, expires, avgTtlMilliseconds, withFieldTtl }) =>
		fact(
			`db${db}`,
			keys === undefined || expires === undefined
				? `${keys === undefined ? '- keys' : counted(keys, 'key', count)}, without TTL -`
				: `${counted(keys, 'key', count)}, ${count(Math.max(0, keys - expires))} without TTL (${percent(keys === 0 ? 0 : Math.max(0, keys - expires) / keys)})`,
			'INFO keyspace',
			databaseNote(avgTtlMilliseconds, withFieldTtl),
		),
	);
}

function databaseNote(ttl: number | undefined, withFieldTtl: number | undefined): string | undefined {
	const notes = [
		...(withFieldTtl ? [`fields expire in ${counted(withFieldTtl, 'hash', count)}`] : []),
		...(ttl ? [`mean TTL about ${duration(ttl / 1000)}, a slow estimate of the server`] : []),
	];
	return notes.length === 0 ? undefined : notes.join('; ');
}

function expiryFacts(input: RunbookInput, extra: NodeExtra): readonly Fact[] {
	// What the scan of this run has expired is no pace of the server.
	const isOurs = expiredInScan(input)?.isReclaimed;
	const expired = isOurs ? input.beforeScan?.expiredPerSecond : trackOf(input)?.rates?.expired;
	const note =
		input.node.role === 'replica' ? 'a replica expires nothing itself: its primary sends DELs' : undefined;
	return [
		...inScanFacts(input),
		...factOf('expired', expired, value => `${count(value)}/s`, 'INFO stats', note),
		...factOf(
			'fields of hashes expired',
			fieldTtlOf(infoOf(input)) > 0 ? trackOf(input)?.rates?.expiredFields : undefined,
			value => `${count(value)}/s`,
			'INFO stats',
		),
		...factOf(
			'expired and still there',
			extra.expiredStaleShare,
			percent,
			'INFO stats',
			'expired_stale_perc, an estimate of the server',
		),
		...factOf(
			'expiry cycles cut short',
			extra.expiryCapsPerSecond,
			value => `${count(value)}/s`,
			'INFO stats',
			'expired_time_cap_reached_count',
		),
	];
}

function inScanFacts(input: RunbookInput): readonly Fact[] {
	const found = expiredInScan(input);
	if (!found) return [];
	const value = `${count(found.keys)} of ${counted(found.of, 'key', count)}, about ${bytes(found.bytes)}`;
	const note = found.isReclaimed ? 'removed by being read' : 'passed by: a replica removes nothing itself';
	return [fact('expired keys met by the scan', value, ['SCAN', 'INFO keyspace'], note)];
}

/** Patterns whose keys mostly have no TTL, the largest first. */
export function patternsWithoutTtl(input: RunbookInput): readonly PatternGroup[] {
	return (input.scan?.patterns ?? [])
		.filter(
			group =>
				// What has no pattern is written in no one place.
				group.pattern !== '*' &&
				group.keysWithoutTtl !== undefined &&
				group.keysWithoutTtl / Math.max(1, group.keys) >= runbookLimits.withoutTtlShare,
		)
		.sort((a, b) => withoutTtlBytes(b) - withoutTtlBytes(a));
}

/** Bytes of the keys without TTL: measured, else by the share of the keys. */
export const withoutTtlBytes = (group: PatternGroup) =>
	group.bytesWithoutTtl ?? (group.bytes * (group.keysWithoutTtl ?? 0)) / Math.max(1, group.keys);

function patternFacts(input: RunbookInput): readonly Fact[] {
	const source = ['SCAN', 'MEMORY USAGE', 'PTTL'];
	if (!input.scan) return [fact('by pattern', 'not known', source, 'step 3 scans the keys')];
	return patternsWithoutTtl(input)
		.slice(0, 5)
		.map(group =>
			fact(
				'without TTL',
				`${nameOf(group.pattern)}: ${bytes(withoutTtlBytes(group))} in ${counted(group.keysWithoutTtl ?? 0, 'key', count)}`,
				source,
				group.margin === undefined || !group.estimated
					? undefined
					: `of a sample, give or take ${percent(group.margin)} of the keys`,
			),
		);
}

function policyText(input: RunbookInput, info: Info): string {
	if (!isVolatile(info) || !info.maxmemoryBytes) return '';
	const policy = textOf(info.maxmemoryPolicy!);
	if (lacksTtl(input))
		return `The policy ${policy} evicts only keys with a TTL, and there are nearly none: at the limit it refuses writes like noeviction.`;
	return `The policy ${policy} evicts only keys with a TTL.`;
}

/** Hashes whose fields expire: whether all fields of each do, and whether the key does too, INFO does not tell. */
const fieldTtlOf = (info: Info) => keysIn(info.databases, 'withFieldTtl') ?? 0;

function shareText({ keys, withTtl }: { keys: number; withTtl: number }, withFieldTtl: number): string {
	if (keys === 0) return 'There are no keys.';
	const without = Math.max(0, keys - withTtl);
	if (without === 0) return 'Every key has a TTL.';
	const fading = Math.min(without, withFieldTtl);
	const staying = without - fading;
	if (staying === 0)
		return `${count(fading)} of ${counted(keys, 'key', count)} (${percent(fading / keys)}) ${fading === 1 ? 'has' : 'have'} no TTL, but ${fading === 1 ? 'is a hash' : 'are hashes'} whose fields have one: such a hash leaves with its last field.`;
	const fields =
		fading === 0
			? ''
			: ` ${count(fading)} more without one ${fading === 1 ? 'is a hash' : 'are hashes'} whose fields have a TTL: such a hash leaves with its last field.`;
	return `${fading === 0 ? '' : 'About '}${count(staying)} of ${counted(keys, 'key', count)} (${percent(staying / keys)}) ${staying === 1 ? 'has no TTL and leaves only when somebody deletes it or the policy evicts it' : 'have no TTL and leave only when somebody deletes them or the policy evicts them'}. That is right for data and wrong for a cache.${fields}`;
}

function patternText(input: RunbookInput): string {
	const [first] = patternsWithoutTtl(input);
	if (!first) return '';
	return `Most of it is ${nameOf(first.pattern)}: ${bytes(withoutTtlBytes(first))} without TTL. If these keys are a cache, set a TTL where they are written.`;
}

function expiryText(input: RunbookInput, extra: NodeExtra): string {
	const found = expiredInScan(input);
	if (found)
		return `Expiry does not keep up: ${count(found.keys)} of ${counted(found.of, 'key', count)} had expired and were still there when the scan came to them${extra.expiredStaleShare === undefined ? '' : `, while the server's own estimate says ${percent(extra.expiredStaleShare)}`}.`;
	if (isStale(extra))
		return `Expiry does not keep up: about ${percent(extra.expiredStaleShare!)} of the keys with a TTL have expired and still take memory. active-expire-effort makes it work harder, at the cost of the main thread.`;
	const unread = unreadKeys(input);
	if (unread?.read !== undefined && unread.withTtl !== 0)
		return `Whether expiry keeps up is not known. ${unreadText(input, unread)}`;
	if (input.node.role === 'replica' && unread) return 'Whether expiry keeps up its primary tells.';
	if (extra.expiredStaleShare !== undefined)
		return unread ? "Expiry keeps up by the server's own estimate." : 'Expiry keeps up.';
	return trackOf(input) ? 'Whether expiry keeps up is not known: expired_stale_perc has not been read.' : '';
}
