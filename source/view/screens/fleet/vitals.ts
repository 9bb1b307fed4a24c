// Lines 2 and 3: the whole fleet in a dozen numbers, always by the same name in the same order. Each item has a
// width it usually needs, so the ones behind it stand still while it changes; what does not fit goes as a whole, by
// rank and by those widths, so that a number that grows by one digit does not make another come and go.
// Several fleets are summed; a ratio is made from sums and never from ratios.

import { slotsInCluster } from '../../../core/slots.ts';
import { bytes, count, percent } from '../../../core/text/quantity.ts';
import type { Fleet, Severity, Totals } from '../../../core/types.ts';
import { shown } from '../../../state/shown.ts';
import type { State } from '../../../state/state.ts';
import { isNarrow, isWide } from '../../columns.ts';
import { byteRate, hitPercent, none, orDash, ratio, whole } from '../../format.ts';
import { isAboutSlots, severityStyle, worstOf } from '../../severity.ts';
import { dim, type Line, lineWidth, plain, type Span } from '../../theme.ts';

type Vital = {
	readonly spans: Line;
	/** Cells it is given even when it is shorter. */
	readonly usual: number;
	/** The highest goes first. */
	readonly rank: number;
};

export function vitals(state: State): readonly Line[] {
	const { columns } = state.size;
	const facts = factsOf(state);
	if (isNarrow(columns)) return [joined(narrowVitals(facts), columns, 3)];
	const gap = isWide(columns) ? 4 : 3;
	return [joined(flowVitals(facts), columns, gap), joined(stockVitals(facts), columns, 3)];
}

type Facts = {
	readonly fleets: readonly Fleet[];
	readonly totals: Totals;
	readonly severity: (column: string) => Severity | undefined;
};

function factsOf(state: State): Facts {
	const snapshot = shown(state).fleets;
	const fleets = snapshot.map(({ fleet }) => fleet);
	const findings = snapshot.flatMap(fleet => fleet.findings);
	return {
		fleets,
		totals: combinedTotals(fleets),
		severity: column =>
			worstOf(
				findings.filter(
					finding => finding.column === column || (column === 'slots' && isAboutSlots(finding)),
				),
			),
	};
}

/** What comes and goes every second. */
function flowVitals({ totals, severity }: Facts): readonly Vital[] {
	const perSecond = (value: number | undefined) => orDash(value, rate => `${count(rate)}/s`);
	const traffic = (value: number | undefined) => orDash(value, rate => `${byteRate(rate)}/s`);
	const net = `${traffic(totals.inputBytesPerSecond)} in  ${traffic(totals.outputBytesPerSecond)} out`;
	return [
		vital('ops', perSecond(totals.opsPerSecond), 11, 1),
		vital(
			'hit',
			orDash(totals.hitRate, share => `${hitPercent(share)}%`),
			9,
			2,
			severity('hit'),
		),
		vital('evict', perSecond(totals.evictedPerSecond), 12, 3, severity('evict')),
		vital('expire', perSecond(totals.expiredPerSecond), 12, 5),
		vital('net', net, 24, 4),
		vital(
			'slowlog',
			orDash(totals.slowlogIn15m, entries => `${count(entries)}${totals.isSlowlogLeast ? '+' : ''} in 15m`),
			16,
			7,
		),
		vital('errors', perSecond(totals.errorsPerSecond), 12, 6, severity('errors')),
	];
}

/** What is there. */
function stockVitals(facts: Facts): readonly Vital[] {
	const { totals } = facts;
	const ttl = ratioOf(totals.keysWithTtl, totals.keys);
	const keys = vital('keys', orDash(totals.keys, count), 11, 3);
	const withTtl: Vital = {
		spans: [...keys.spans, plain(`, ${percent(ttl ?? 0)}`), dim(' with ttl')],
		usual: 24,
		rank: 8,
	};
	return [
		vital('mem', ...memoryWords(facts)),
		vital('rss', orDash(totals.rssBytes, bytes), 9, 5),
		vital('frag', orDash(totals.fragmentationRatio, ratio), 9, 7),
		vital('clients', orDash(totals.connectedClients, whole), 12, 4),
		vital('blocked', orDash(totals.blockedClients, whole), 9, 6),
		keys,
		// Stands in for the short form where there is room.
		...(ttl === undefined ? [] : [withTtl]),
		...slotsVitals(facts),
		...epochVitals(facts),
	];
}

function narrowVitals(facts: Facts): readonly Vital[] {
	const { totals } = facts;
	const [flow, hit, evict] = flowVitals(facts) as [Vital, Vital, Vital];
	const memory =
		totals.memoryShare === undefined ? orDash(totals.usedMemoryBytes, bytes) : percent(totals.memoryShare);
	return [
		flow,
		{ ...hit, rank: 4 },
		vital('mem', memory, 7, 2),
		...slotsVitals(facts, true).map(slots => ({ ...slots, rank: 3 })),
		{ ...evict, rank: 5 },
		vital('clients', orDash(totals.connectedClients, whole), 12, 6),
	];
}

/** `24.6G of 36.0G  68%`, and what to say where not every node has a limit. */
function memoryWords({ fleets, totals }: Facts): readonly [value: string, usual: number, rank: number] {
	const used = orDash(totals.usedMemoryBytes, bytes);
	const primaries = fleets
		.flatMap(fleet => fleet.nodes)
		.filter(node => node.role === 'primary' && node.maxmemoryBytes !== undefined);
	const limited = primaries.filter(node => node.maxmemoryBytes !== 0);
	if (used === none || primaries.length === 0) return [used, 23, 1];
	if (limited.length === 0) return [`${used}, no limit`, 23, 1];
	const share = totals.memoryShare === undefined ? '' : `  ${percent(totals.memoryShare)}`;
	if (limited.length < primaries.length) return [`${used}${share} of limits`, 23, 1];
	return [`${used} of ${orDash(totals.maxmemoryBytes, bytes)}${share}`, 23, 1];
}

/** `slots 16384/16384 ok`, never ok where one is uncovered; for Sentinels how many are up. */
function slotsVitals({ fleets, severity }: Facts, isShort = false): readonly Vital[] {
	const views = fleets.map(fleet => fleet.agreement).filter(agreement => agreement !== undefined);
	if (views.length === 0) return sentinelVitals(fleets, isShort);
	const covered = views.reduce((sum, view) => sum + view.slotsCovered, 0);
	const state = views.some(view => view.state === 'fail')
		? 'fail'
		: views.every(view => view.state === 'ok')
			? 'ok'
			: none;
	const isOk = state === 'ok' && covered === views.length * slotsInCluster;
	// What most of its nodes say is not ok where some slot is served by nobody.
	const word = state === 'ok' && !isOk ? '' : ` ${state}`;
	const text = isShort
		? isOk
			? 'ok'
			: String(covered)
		: `${covered}/${views.length * slotsInCluster}${word}`;
	return [vital('slots', text, isShort ? 8 : 20, 2, isOk ? undefined : severity('slots'))];
}

function sentinelVitals(fleets: readonly Fleet[], isShort: boolean): readonly Vital[] {
	const sentinels = fleets.flatMap(fleet => fleet.sentinel?.sentinels ?? []);
	if (sentinels.length === 0) return [];
	const up = sentinels.filter(sentinel => sentinel.health === 'up').length;
	return [vital(isShort ? 'sent' : 'sentinels', `${up}/${sentinels.length}`, 13, 2)];
}

function epochVitals({ fleets }: Facts): readonly Vital[] {
	const epochs = fleets.map(fleet => fleet.agreement?.epoch).filter(epoch => epoch !== undefined);
	return epochs.length === 1 ? [vital('epoch', String(epochs[0]), 7, 9)] : [];
}

function vital(label: string, value: string, usual: number, rank: number, severity?: Severity): Vital {
	const text: Span = { text: value, style: severityStyle(severity) };
	return { spans: [dim(`${label} `), text], usual, rank };
}

/** In one line of at most `width`: room by the usual widths, then tighter, and only then without the least important. */
function joined(all: readonly Vital[], width: number, gap: number): Line {
	let kept = all;
	const usualWidth = () => merged(kept).reduce((sum, { usual }) => sum + usual + gap, -gap);
	while (kept.length > 1 && usualWidth() > width) kept = withoutLast(kept);
	let line = spaced(merged(kept), gap, true);
	if (lineWidth(line) > width) line = spaced(merged(kept), 2, false);
	while (kept.length > 1 && lineWidth(line) > width) {
		kept = withoutLast(kept);
		line = spaced(merged(kept), 2, false);
	}
	return line;
}

function withoutLast(items: readonly Vital[]): readonly Vital[] {
	const last = Math.max(...items.map(({ rank }) => rank));
	return items.filter(({ rank }) => rank !== last);
}

/** Of a short form and the long one behind it the long one. */
function merged(items: readonly Vital[]): readonly Vital[] {
	return items.filter((item, index) => items[index + 1]?.spans[0]?.text !== item.spans[0]?.text);
}

function spaced(items: readonly Vital[], gap: number, isPadded: boolean): Line {
	return items.flatMap((item, index) => {
		if (index === items.length - 1) return item.spans;
		const taken = lineWidth(item.spans);
		const place = isPadded ? Math.max(item.usual + gap, taken + 2) : taken + gap;
		return [...item.spans, plain(' '.repeat(place - taken))];
	});
}

// ---------------------------------------------------------------------------------------------------------
// Sums over fleets

/** The totals of several fleets as of one. */
function combinedTotals(fleets: readonly Fleet[]): Totals {
	if (fleets.length === 1) return fleets[0]!.totals;
	const totals = fleets.map(fleet => fleet.totals);
	const sum = (read: (one: Totals) => number | undefined) => sumOf(totals, read);
	const used = sum(one => one.usedMemoryBytes);
	const rss = sum(one => one.rssBytes);
	return {
		opsPerSecond: sum(one => one.opsPerSecond),
		hitRate: combinedHitRate(totals),
		evictedPerSecond: sum(one => one.evictedPerSecond),
		expiredPerSecond: sum(one => one.expiredPerSecond),
		usedMemoryBytes: used,
		maxmemoryBytes: sum(one => one.maxmemoryBytes),
		memoryShare: combinedMemoryShare(totals),
		rssBytes: rss,
		fragmentationRatio: ratioOf(rss, used),
		connectedClients: sum(one => one.connectedClients),
		blockedClients: sum(one => one.blockedClients),
		keys: sum(one => one.keys),
		keysWithTtl: sum(one => one.keysWithTtl),
		inputBytesPerSecond: sum(one => one.inputBytesPerSecond),
		outputBytesPerSecond: sum(one => one.outputBytesPerSecond),
		errorsPerSecond: sum(one => one.errorsPerSecond),
		slowlogIn15m: sum(one => one.slowlogIn15m),
		isSlowlogLeast: totals.some(one => one.isSlowlogLeast),
	};
}

/** Weighed by the lookups: hits of all fleets over lookups of all fleets. */
function combinedHitRate(totals: readonly Totals[]): number | undefined {
	const known = totals.filter(one => one.hitRate !== undefined && one.lookupsPerSecond !== undefined);
	const lookups = sumOf(known, one => one.lookupsPerSecond);
	return ratioOf(
		sumOf(known, one => one.hitRate! * one.lookupsPerSecond!),
		lookups,
	);
}

/** A share times its limit is what was counted of it. */
function combinedMemoryShare(totals: readonly Totals[]): number | undefined {
	const limited = totals.filter(one => one.memoryShare !== undefined && (one.maxmemoryBytes ?? 0) > 0);
	const limit = sumOf(limited, one => one.maxmemoryBytes);
	return ratioOf(
		sumOf(limited, one => one.memoryShare! * one.maxmemoryBytes!),
		limit,
	);
}

function sumOf(totals: readonly Totals[], read: (one: Totals) => number | undefined): number | undefined {
	const values = totals.map(read).filter(value => value !== undefined);
	return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

const ratioOf = (part: number | undefined, all: number | undefined): number | undefined =>
	part === undefined || !all ? undefined : part / all;
