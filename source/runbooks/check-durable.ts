// So that it does not come back. Growth by pattern where two scans tell it, else of the node; how much memory
// that means in a month; which TTLs to set; limits that would have stopped it; an alert before the next time; and the
// findings as text for the ticket. A growth measured over minutes is no forecast for days, and says so.

import { bytes, duration, percent } from '../core/text/quantity.ts';
import { type Diagnosis, diagnose } from './cause.ts';
import { causeWords, isBesideData, isData } from './cause-words.ts';
import { changesOfFragmentation } from './change-allocator.ts';
import { limitQueryBuffer } from './change-buffers.ts';
import { limitOutputBuffers } from './change-clients.ts';
import { patternsWithoutTtl, withoutTtlBytes } from './check-ttl.ts';
import { compareScans } from './growth.ts';
import { runbookLimits } from './limits.ts';
import { extraOf, fact, infoOf, nameOf, sentences, textOf, timeOf, timeText } from './reading.ts';
import { replicationFix } from './replication-words.ts';
import type { Change, Fact, RunbookInput, Verdict } from './runbook.ts';
import { scanHere } from './scan-here.ts';

const why = 'Relief buys hours. What brought it here goes on: this is for the ticket, and for the day after.';

const daySeconds = 86_400;
const minutesADay = 1440;

export function checkDurable(input: RunbookInput): Verdict {
	const seen = diagnose(input);
	const facts = [
		...growthFacts(input),
		...(seen ? forecastFacts(seen) : []),
		...ttlFacts(input),
		...findingFacts(input),
	];
	if (!seen)
		return { answer: 'unknown', facts, text: 'Without an INFO of this node there is no forecast.', why };
	const isDue = seen.isTight || seen.cause !== 'none' || seen.secondsToLimit !== undefined;
	const isWorking =
		seen.isCache && seen.limit?.kind === 'maxmemory' && isData(seen.cause) && !seen.isHitRateFalling;
	return {
		answer: isDue && !isWorking ? 'look' : 'fine',
		facts,
		text: sentences(forecastText(seen), fixText(input, seen), alertText(seen)),
		why,
	};
}

function growthFacts(input: RunbookInput): readonly Fact[] {
	const growth = compareScans(scanHere(input, input.earlierScan), scanHere(input, input.scan));
	const source = ['two scans: SCAN', 'MEMORY USAGE'];
	if (!growth)
		return [
			fact('growth by pattern', 'not known', source, 'two scans of the same nodes, some time apart, tell it'),
		];
	const lines = growth.patterns
		.slice(0, 5)
		.map(({ name, perSecond }) =>
			fact(
				'pattern grows',
				`${nameOf(name)}: +${bytes(perSecond * daySeconds)} a day`,
				source,
				growth.seconds < runbookLimits.forecastSeconds
					? `from ${duration(growth.seconds)}: a rough figure`
					: undefined,
			),
		);
	return lines.length > 0 ? lines : [fact('growth by pattern', 'none grew', source)];
}

type Forecast = { readonly perDayBytes: number; readonly neededBytes: number; readonly isRough: boolean };

function forecastOf({ trend, limit, cause, causeBytes = 0 }: Diagnosis): Forecast | undefined {
	if (!trend || !limit) return undefined;
	const perDayBytes = trend.perSecond * daySeconds;
	// Buffers that nobody reads are to be freed, and no size is made for them; a backlog stays.
	const buffers = isBesideData(cause) && cause !== 'backlog' ? causeBytes : 0;
	const isRough = trend.seconds < runbookLimits.forecastSeconds;
	const days = isRough ? 0 : runbookLimits.forecastDays;
	const then = Math.max(0, limit.heldBytes - buffers) + Math.max(0, perDayBytes) * days;
	return {
		perDayBytes,
		neededBytes: then / runbookLimits.alertShare,
		isRough,
	};
}

function forecastFacts(seen: Diagnosis): readonly Fact[] {
	const forecast = forecastOf(seen);
	if (!forecast)
		return [fact('growth of this node', 'not known', 'INFO memory', 'watched for too short a time')];
	const { isRough, perDayBytes, neededBytes } = forecast;
	const grown = isRough ? `+${bytes(perDayBytes / minutesADay)} a minute` : `+${bytes(perDayBytes)} a day`;
	return [
		fact(
			'growth of this node',
			perDayBytes > 0 ? grown : seen.trend!.isFlat ? 'flat' : 'shrinking',
			'INFO memory',
			isRough ? `from ${duration(seen.trend!.seconds)} only: no forecast for days` : undefined,
		),
		fact(
			isRough ? 'size for what it holds now' : `size for ${runbookLimits.forecastDays} days`,
			bytes(neededBytes),
			'INFO memory',
			`what is held ${isRough ? 'now' : 'then'} is ${percent(runbookLimits.alertShare)} of it`,
		),
	];
}

function ttlFacts(input: RunbookInput): readonly Fact[] {
	return patternsWithoutTtl(input)
		.slice(0, 3)
		.map(group =>
			fact('TTL to set', `${nameOf(group.pattern)}: ${bytes(withoutTtlBytes(group))} without one`, [
				'SCAN',
				'PTTL',
			]),
		);
}

/** Each finding in one line, as the ticket wants it. */
function findingFacts(input: RunbookInput): readonly Fact[] {
	const ours = (input.findings ?? []).filter(({ node }) => node === undefined || node === input.node.address);
	return ours
		.slice(0, 12)
		.map(({ id, severity, text, since }) =>
			fact(
				`finding ${textOf(id)}`,
				`${severity === 'crit' ? 'critical' : 'warning'}: ${textOf(text)}`,
				'redis-top',
				`since ${timeText(since)}, ${duration((timeOf(input) - since) / 1000)}`,
			),
		);
}

function forecastText(seen: Diagnosis): string {
	const forecast = forecastOf(seen);
	if (!forecast || forecast.perDayBytes <= 0 || forecast.isRough) return '';
	return `At ${bytes(forecast.perDayBytes)} a day this node needs ${bytes(forecast.neededBytes)} in ${runbookLimits.forecastDays} days.`;
}

function fixText(input: RunbookInput, seen: Diagnosis): string {
	const [pattern] = patternsWithoutTtl(input);
	switch (seen.cause) {
		case 'clients':
			return 'Give normal clients an output buffer limit, and find out why this one does not read: a stalled consumer, a MONITOR left open, replies too large for it.';
		case 'replication':
			return replicationFix(seen);
		case 'fragmentation':
		case 'retained':
			return 'Leave the host room for it, and delete large amounts in steps: what a peak left behind is used again by the next.';
		case 'swap':
			return 'Keep swap away from this process: less on the host, or a maxmemory that leaves room for the fork and for fragmentation.';
		case 'none':
			return seen.limit?.kind === 'maxmemory'
				? ''
				: 'Set a maxmemory: without one the kernel decides what dies.';
		case 'data':
			return sentences(
				pattern && `Set a TTL on ${nameOf(pattern.pattern)} where it is written, if it is a cache.`,
				'Bound what grows where it is written: no setting of the server does that.',
				seen.limit?.kind !== 'maxmemory' &&
					'Set a maxmemory once there is room: without one the kernel decides what dies.',
			);
		default:
			return causeWords(seen.cause).fix(input, seen);
	}
}

function alertText({ limit }: Diagnosis): string {
	return limit?.kind === 'maxmemory'
		? `Alert at ${percent(runbookLimits.alertShare)} of maxmemory, that is ${bytes(limit.bytes * runbookLimits.alertShare)}, by (used_memory - mem_not_counted_for_evict) / maxmemory; redis-top --check does.`
		: `Alert at ${percent(runbookLimits.alertShare)} of the memory the process may use.`;
}

/** What lasts: limits that would have stopped it, and keeping what was changed. */
export function durableChanges(input: RunbookInput): readonly Change[] {
	if (infoOf(input).usedMemoryBytes === undefined) return [];
	const defrag = changesOfFragmentation(input).filter(({ id }) => id === 'activedefrag');
	return [...defrag, ...limitOutputBuffers(input), ...limitQueryBuffer(input), keepSettings(input)];
}

function keepSettings(input: RunbookInput): Change {
	const { configFile } = extraOf(input);
	const made = (input.changesMade ?? []).filter(
		({ change }) => change.lostAtRestart && change.node === input.node.address,
	);
	const reason =
		configFile === ''
			? 'this server was started without a configuration file, so there is none to write to'
			: made.length === 0
				? 'nothing was changed here that a restart would lose'
				: undefined;
	return {
		id: 'config-rewrite',
		title: 'keep settings over a restart',
		command: ['CONFIG', 'REWRITE'],
		node: input.node.address,
		effect: 'The server writes its present settings into its configuration file.',
		now: made.length === 0 ? 'nothing changed' : `${made.length} changed, lost at a restart`,
		after: 'kept over a restart',
		risk: 'It writes every setting that differs from the file, those that others set by hand as well. Where the file is made by a tool (Kubernetes, Ansible), that tool must know too, or it is lost at the next rollout.',
		lostAtRestart: false,
		also: ['Replicas and other nodes have their own files.'],
		order: 70,
		isOffered: reason === undefined,
		...(reason !== undefined && { reason }),
	};
}
