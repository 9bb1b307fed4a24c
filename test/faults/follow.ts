// What the rows have in common: an act, and how many seconds pass until what must come of it is printed.

import type { Printed, Run } from '../live/redis-top.ts';

export const delay = ['-d', '0.5'] as const;

export type Condition = (object: Printed) => unknown;

export const has =
	(id: string, severity?: string): Condition =>
	object =>
		object.findings.some(
			(finding: Printed) => finding.id === id && (severity === undefined || finding.severity === severity),
		);
export const isUp: Condition = object => object.nodes[0]?.health === 'up';
export const isWell: Condition = object => object.findings.length === 0 && isUp(object);
export const isMeasured: Condition = object => isUp(object) && object.nodes[0].opsPerSecond !== null;
export const all =
	(...conditions: readonly Condition[]): Condition =>
	object =>
		conditions.every(condition => condition(object));
export const not =
	(condition: Condition): Condition =>
	object =>
		!condition(object);
export const because =
	(reason: string): Condition =>
	object =>
		object.nodes[0]?.error?.reason === reason;
export const allUp =
	(count: number): Condition =>
	object =>
		object.nodes.length === count && object.nodes.every((node: Printed) => node.health === 'up');

export type Followed = { readonly seconds: number; readonly object: Printed };

/** Seconds from the end of the act until a refresh after it is as described. */
export async function follow(
	run: Run,
	what: string,
	act: () => unknown,
	condition: Condition,
	timeout = 60_000,
): Promise<Followed> {
	const began = Date.now();
	await act();
	const from = Date.now();
	const object = await run.when(what, each => each.seenAt > began && condition(each), { timeout });
	return { seconds: Math.max(0, object.seenAt - from) / 1000, object };
}

export const inSeconds = ({ seconds }: Pick<Followed, 'seconds'>) => `${seconds.toFixed(1)} s`;
