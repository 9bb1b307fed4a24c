// Errors that a node answered to its clients, by kind, between two of its readings: errorstats (6.2 and later), the
// denied logins that ACLs count (7.2 and later), and where the server tells no kinds the total alone. Without what
// redis-top was answered itself. A reading nearer than a second to the last one makes no interval: at a delay of 0.25 s
// a single error would be four a second. Where a server counts no errors (6.0) nothing is measured, which is no zero.

import { breakBetween, secondsBetween } from '../fleet/rates.ts';
import { entryOf, risesBetween } from '../parse/counters.ts';
import type { Info, Sample } from '../types.ts';
import { kindNotTold, refusalKindOf } from './refusal-kinds.ts';

export type Refused = {
	readonly count: number;
	readonly perSecond: number;
	/** Of all commands that were sent to the node in that time, 0..1; undefined where they are not counted. */
	readonly share?: number;
};

export type Refusals = {
	/** The reading that the next interval begins with. */
	readonly from: Sample;
	/** The interval that ended there, by code; undefined where none could be measured. */
	readonly byKind?: ReadonlyMap<string, Refused>;
	/** The newest reading was too near: nothing new is known. */
	readonly isOld?: boolean;
	/** It counts errors, and the first interval is not over: nothing is known yet. */
	readonly isAwaited?: boolean;
	/** INFO commandstats as it was last read: which command the errors are of. */
	readonly commands?: Commands;
	readonly mostly?: Mostly;
};

type Commands = NonNullable<Info['commands']>;

/** The command that most errors of commands refused before they ran, and of those that failed, are of; if one has half. */
export type Mostly = { readonly rejected?: string; readonly failed?: string };

/** Shorter intervals tell no rate. */
const shortestSeconds = 0.9;

/** What is known after one more reading with INFO. */
export function nextRefusals(before: Refusals | undefined, now: Sample): Refusals {
	const from = before?.from;
	if (!from?.info || !now.info || !isSameCount(from.info, now.info))
		return { from: now, commands: now.info?.commands, isAwaited: countsErrors(now.info) };
	const seconds = secondsBetween(from, now);
	const mostly = mostlyOf(before, now.info.commands);
	if (seconds < shortestSeconds) return { ...before!, ...mostly, isOld: true };
	return { ...mostly, from: now, byKind: refusalsBetween(from, now, seconds) };
}

const countsErrors = (info: Info = {}) =>
	info.errors !== undefined || info.errorReplies !== undefined || info.deniedLogins !== undefined;

function mostlyOf(
	{ commands: last, mostly }: Pick<Refusals, 'commands' | 'mostly'> = {},
	commands: Commands | undefined,
): Pick<Refusals, 'commands' | 'mostly'> {
	if (!commands || !last) return { commands: commands ?? last, mostly };
	return {
		commands,
		mostly: { rejected: most(last, commands, 'rejected'), failed: most(last, commands, 'failed') },
	};
}

function most(last: Commands, now: Commands, which: 'rejected' | 'failed'): string | undefined {
	let sum = 0;
	let largest = { name: '', rise: 0 };
	for (const [name, stat] of Object.entries(now)) {
		const rise = (stat[which] ?? 0) - (entryOf(last, name)?.[which] ?? 0);
		sum += Math.max(0, rise);
		if (rise > largest.rise) largest = { name, rise };
	}
	return largest.rise > 0 && largest.rise >= sum / 2 ? largest.name : undefined;
}

/** A change of role starts no counter anew, and what is refused right after it is what counts. */
function isSameCount(before: Info, now: Info): boolean {
	const why = breakBetween(before, now);
	return why === undefined || why === 'role-changed';
}

function refusalsBetween(from: Sample, now: Sample, seconds: number): Refusals['byKind'] {
	const counts = countsBetween(from, now);
	if (!counts) return undefined;
	const asked = commandsBetween(from, now, counts);
	return new Map(
		[...counts].map(([code, count]) => [
			code,
			{
				count,
				perSecond: count / seconds,
				share: asked === undefined ? undefined : Math.min(1, count / Math.max(count, asked)),
			},
		]),
	);
}

function countsBetween(from: Sample, now: Sample): Map<string, number> | undefined {
	const own = ownErrors(from, now);
	const kinds =
		from.info?.errors && now.info?.errors ? risesBetween(from.info.errors, now.info.errors) : undefined;
	const counts = new Map<string, number>();
	const add = (code: string, count: number | undefined) => {
		const others = (count ?? 0) - own(code);
		if (others > (counts.get(code) ?? 0)) counts.set(code, others);
	};
	for (const [code, count] of kinds ?? []) add(code, count);
	const logins = riseOf(from, now, 'deniedLogins');
	add('WRONGPASS', logins);
	add('NOPERM', sumOf(rights.map(name => riseOf(from, now, name))));
	if (kinds) {
		add('TLS-CERT', riseOf(from, now, 'deniedCertificates'));
		return counts;
	}
	const total = riseOf(from, now, 'errorReplies');
	if (total !== undefined) add(kindNotTold, total - sumOf([...counts.values()]) - own());
	return total === undefined && logins === undefined ? undefined : counts;
}

/** What ACLs count of commands that a user had no right to. */
const rights = ['deniedCommands', 'deniedKeys', 'deniedChannels', 'deniedDatabases'] as const;

const sumOf = (values: readonly (number | undefined)[]) =>
	values.reduce((sum: number, value) => sum + (value ?? 0), 0);

type Counter = 'deniedLogins' | 'deniedCertificates' | 'errorReplies' | (typeof rights)[number];

function riseOf({ info: before }: Sample, { info: now }: Sample, name: Counter): number | undefined {
	const [from, to] = [before?.[name], now?.[name]];
	return from === undefined || to === undefined ? undefined : to - from;
}

/** Of one code, or of all. */
function ownErrors({ own: before }: Sample, { own: now }: Sample): (code?: string) => number {
	const rise = (code: string) =>
		(entryOf(now.errors ?? {}, code) ?? 0) - (entryOf(before.errors ?? {}, code) ?? 0);
	return code =>
		code === undefined
			? Object.keys(now.errors ?? {}).reduce((sum, each) => sum + rise(each), 0)
			: rise(code);
}

/** All that was asked of the node by others: what ran, and what was refused before it ran. */
function commandsBetween(
	{ info: before, own: ownBefore }: Sample,
	{ info: now, own }: Sample,
	counts: ReadonlyMap<string, number>,
): number | undefined {
	if (before?.commandsProcessed === undefined || now?.commandsProcessed === undefined) return undefined;
	const ran = now.commandsProcessed - before.commandsProcessed - (own.commands - ownBefore.commands);
	let rejected = 0;
	for (const [code, count] of counts) if (refusalKindOf(code)?.isRejected !== false) rejected += count;
	return Math.max(0, ran) + rejected;
}
