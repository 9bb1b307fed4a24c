// A failover in lines of plain text, for the screen and for the ticket it is copied into: `+8.16s  10.0.1.11  fail is
// agreed…`. Steps that were learnt in the same moment and are one thing to an operator stand in one line. Nothing is
// reckoned here beyond what the record holds, and what is not known is said to be unknown.

import { printable } from '../text/printable.ts';
import { bytes, duration } from '../text/quantity.ts';
import { rangesText } from '../text/slot-words.ts';
import type { Severity } from '../types.ts';
import {
	type Failover,
	type FailoverMoment,
	type FailoverStep,
	levelOf,
	type StepKind,
	type Unreplicated,
	unreplicatedOf,
} from './failover-record.ts';

/** `mark` as in the first column of the screen: `!` warn, `!!` crit, `*` somebody serves again. */
export type StoryLine = {
	readonly at: number;
	readonly mark: '' | '!' | '!!' | '*';
	readonly severity?: Severity;
	/** `+8.16s`, since the first sign. */
	readonly since: string;
	/** The node, or `all`. */
	readonly node: string;
	readonly text: string;
	readonly kinds: readonly StepKind[];
};

/** Kinds that one line may hold together, the first of them in front. */
const together: readonly (readonly StepKind[])[] = [
	['link-lost', 'unreachable', 'slots-uncovered'],
	['fail', 'state-fail', 'no-candidate'],
	['majority-lost', 'state-fail'],
	['promoted', 'switch', 'state-ok', 'slots-covered'],
	['returned', 'resynced'],
	['restored', 'state-ok', 'majority-back', 'slots-covered'],
];
const oneMomentMilliseconds = 500;

/** The steps as lines, in the order of time. */
export function storyLines(failover: Failover): StoryLine[] {
	const groups: FailoverStep[][] = [];
	for (const step of failover.steps) {
		const group = groups.findLast(
			candidate => step.at - candidate[0]!.at <= oneMomentMilliseconds && belong(candidate, step),
		);
		if (group) group.push(step);
		else groups.push([step]);
	}
	return groups.map(group => lineOf(failover, group));
}

const belong = (group: readonly FailoverStep[], step: FailoverStep) =>
	together.some(kinds => kinds.includes(step.kind) && group.every(each => kinds.includes(each.kind)));

function lineOf(failover: Failover, group: readonly FailoverStep[]): StoryLine {
	const order = together.find(kinds => group.every(each => kinds.includes(each.kind))) ?? [];
	const steps = [...group].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
	const at = group[0]!.at;
	const severity = steps.some(step => step.severity === 'crit')
		? 'crit'
		: steps.some(step => step.severity === 'warn')
			? 'warn'
			: undefined;
	const isGood = steps.some(step => ['promoted', 'switch', 'slots-covered', 'restored'].includes(step.kind));
	return {
		at,
		mark: severity === 'crit' ? '!!' : severity === 'warn' ? '!' : isGood ? '*' : '',
		severity,
		since: sinceText(at - failover.startedAt),
		node: steps.find(step => step.node !== undefined)?.node ?? 'all',
		text: steps.map(step => step.text).join('; '),
		kinds: steps.map(step => step.kind),
	};
}

/** `+0.00s`, `+14.2s`, `+125s`: as many digits as are worth reading. */
export function sinceText(milliseconds: number): string {
	const seconds = Math.max(0, milliseconds) / 1000;
	return `+${seconds < 9.995 ? seconds.toFixed(2) : seconds < 99.95 ? seconds.toFixed(1) : String(Math.round(seconds))}s`;
}

/** `shard 2  10.0.1.12:6379 > 10.0.1.22:6379  slots unserved 9.1s`. */
export function failoverTitle(failover: Failover): string {
	const place =
		failover.group !== undefined
			? printable(failover.group)
			: failover.shard === undefined
				? 'shard'
				: `shard ${failover.shard}`;
	const nodes =
		failover.newPrimary === undefined
			? failover.oldPrimary
			: `${failover.oldPrimary} > ${failover.newPrimary}`;
	return `${place}  ${nodes}  ${outcomeText(failover)}`;
}

/** What it was and what it cost, in a few words. */
export function outcomeText(failover: Failover): string {
	const time = failover.unservedMilliseconds;
	const what = failover.group === undefined ? 'slots' : 'clients';
	const unserved = `${what} unserved ${exact(time)}${isStill(failover)}`;
	switch (failover.kind) {
		case 'crash':
			return time > 0 ? unserved : 'the outage fell between two readings';
		case 'manual':
			return time > 0 ? `by hand, ${unserved}` : 'by hand, no outage seen';
		case 'lost':
			return `lost, nobody can take over, ${unserved}`;
		case 'back':
			return `came back by itself, no failover, ${unserved}`;
		case 'under-way':
			if (failover.isSuspicion) return 'suspected';
			return `${isGivenUp(failover) ? 'given up by the Sentinels' : 'under way'}, ${unserved}`;
	}
}

const attempts: ReadonlySet<StepKind> = new Set<StepKind>(['leader', 'selected', 'promoted', 'aborted']);

/** They try again after twice the failover timeout. */
const isGivenUp = ({ steps }: Failover) =>
	steps.findLast(({ kind }) => attempts.has(kind))?.kind === 'aborted';

const isStill = (failover: Failover) => (levelOf(failover, 'writes') === 'refused' ? ' so far' : '');

const exact = (milliseconds: number) =>
	milliseconds < 60_000 ? `${(milliseconds / 1000).toFixed(1)}s` : duration(milliseconds / 1000);

/** What was never replicated, and how sure that is; undefined while it cannot be told. */
export function lossText(failover: Failover): string | undefined {
	const loss = unreplicatedOf(failover);
	if (failover.newPrimary === undefined) return undefined;
	if (!loss) return 'bytes never replicated: not known, an offset was never read';
	const notes = loss.isEndKnown
		? ['by the offset that the old primary told when it was back']
		: failover.kind === 'manual'
			? []
			: unsureNotes(failover, loss);
	if (failover.hasRestarted === false && failover.kind === 'crash')
		notes.push('it was not restarted: what its clients had sent may have been answered OK, and is lost');
	const bytesText = loss.bytes > 0 ? `${sureness(loss)}${grouped(loss.bytes)}` : noneText(loss);
	return `bytes never replicated: ${bytesText}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`;
}

function sureness({ isEndKnown, isHeirExact }: Unreplicated): string {
	if (isHeirExact) return isEndKnown ? '' : 'at least ';
	return isEndKnown ? 'at most ' : 'about ';
}

const noneText = (loss: Unreplicated) => (loss.isEndKnown ? 'none' : 'none that we know of');

/** How old the offsets are that it is reckoned by. */
function unsureNotes(failover: Failover, loss: Unreplicated): string[] {
	const notes: string[] = [];
	if (loss.ageMilliseconds > 0) {
		const age = loss.ageMilliseconds < 50 ? 'at' : `${exact(loss.ageMilliseconds)} before`;
		const speed = failover.oldBytesPerSecond ? `, when it wrote ${bytes(failover.oldBytesPerSecond)}/s` : '';
		notes.push(`the old primary was last read ${age} the first sign${speed}`);
	}
	if (!loss.isHeirExact) notes.push("the replica's offset is as old: it may have got more");
	return notes;
}

/** 14508791 → `14,508,791`. */
export const grouped = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');

/** The whole story as plain text lines, for a ticket. No line holds more than what servers told, made printable. */
export function failoverReport(failover: Failover): string[] {
	const loss = lossText(failover);
	const node = Math.max(4, ...storyLines(failover).map(line => line.node.length));
	return [
		`FAILOVER  ${failoverTitle(failover)}  started ${timeOf(failover.startedAt)}`,
		...(failover.slots.length > 0 ? [`slots ${rangesText(failover.slots, 8)}`] : []),
		'',
		...storyLines(failover).map(line =>
			`${line.mark.padEnd(3)}${line.since.padStart(7)}  ${line.node.padEnd(node)}  ${line.text}`.trimEnd(),
		),
		...(loss === undefined ? [] : ['', loss]),
		'',
		...momentLines('BEFORE', failover.before),
		...(failover.after ? momentLines('AFTER', failover.after) : []),
	];
}

function momentLines(title: string, { at, nodes }: FailoverMoment): string[] {
	const wide = Math.max(0, ...nodes.map(each => each.node.length));
	return [
		`${title}  ${timeOf(at)}`,
		...nodes.map(each =>
			[
				`  ${each.node.padEnd(wide)}`,
				(each.health === 'up' ? (each.role ?? '-') : each.health).padEnd(7),
				each.epoch === undefined ? '' : `epoch ${each.epoch}`,
				each.offset === undefined ? '' : `offset ${grouped(each.offset)}`,
				each.lagBytes === undefined ? '' : `lag ${bytes(each.lagBytes)}`,
			]
				.filter(part => part !== '')
				.join('  '),
		),
	];
}

/** UTC: a ticket is read in other places than it was written. */
function timeOf(at: number): string {
	return Number.isFinite(at) && Math.abs(at) < 8e15 ? new Date(at).toISOString().replace('T', ' ') : '-';
}

/** Steps that the record has and had not before: what an event log or JSON tells of this round. */
export function newSteps(
	before: readonly Failover[],
	now: readonly Failover[],
): { readonly failover: Failover; readonly step: FailoverStep }[] {
	if (before === now) return [];
	const known = new Map(
		before.map(failover => [failover.id, new Set(failover.steps.map(step => step.kind))]),
	);
	return now.flatMap(failover =>
		failover.steps.filter(step => !known.get(failover.id)?.has(step.kind)).map(step => ({ failover, step })),
	);
}
