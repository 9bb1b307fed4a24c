// Atomic migrations as events: that one began, is tried again, ended or failed. They leave no marker in CLUSTER NODES, so
// they are told from what the nodes say of their tasks, at the servers' own times where their clocks can be ours. What
// was over before we looked is no news.

import type { Migration } from '../cluster/migration-record.ts';
import type { Migrations } from '../cluster/migrations.ts';
import { printable } from '../text/printable.ts';
import { duration } from '../text/quantity.ts';
import { slotsText } from '../text/slot-words.ts';
import type { FleetEvent } from '../types.ts';

/** A server's clock that is further off is not taken for ours. */
const clockMilliseconds = 30_000;

/** `since`: what ended before is no news; `at`: of this round. */
export function findAtomicEvents(
	before: Migrations,
	now: Migrations,
	{ since, at }: { readonly since: number; readonly at: number },
): FleetEvent[] {
	if (before.list === now.list) return [];
	const known = new Map(before.list.map(each => [each.id, each]));
	return now.list
		.filter(({ kind }) => kind === 'atomic')
		.flatMap(is => tell(known.get(is.id), is, since, momentOf(at)));
}

const momentOf = (at: number) => (told: number) =>
	at - told >= 0 && at - told <= clockMilliseconds ? told : at;

function tell(
	was: Migration | undefined,
	is: Migration,
	since: number,
	moment: (told: number) => number,
): FleetEvent[] {
	if (was?.endedAt !== undefined || (is.endedAt !== undefined && !was && is.endedAt <= since)) return [];
	const what = `migration of ${slotsText(is.slots)} to ${is.target}`;
	const why = printable(is.state, 200);
	const events: FleetEvent[] = [];
	const add = (event: Omit<FleetEvent, 'node'>) => events.push({ node: is.source, ...event });
	if (!was) {
		const text = is.startedAt > since ? `${what} started` : `${what} is under way`;
		add({ at: moment(is.startedAt), kind: 'migration-started', text });
	}
	if (is.endedAt === undefined && (is.retries ?? 0) > (was?.retries ?? 0))
		add({ at: moment(is.seenAt), kind: 'migration-started', severity: 'warn', text: `${what}: ${why}` });
	if (is.endedAt === undefined) return events;
	const took = duration(Math.max(0, is.endedAt - is.startedAt) / 1000);
	const at = moment(is.endedAt);
	if (is.hasFailed)
		add({ at, kind: 'migration-ended', severity: 'warn', text: `${what}: ${why}, after ${took}` });
	else add({ at, kind: 'migration-ended', text: `${what} ended, took ${took}` });
	return events;
}
