// The rules on what goes to the disk: saves and rewrites that failed, and those that never end. A child process that is
// stuck (a lock that it inherited, a hung disk) is reported by no status: the server waits for it for ever, saves no more,
// and its last status stays `ok`. What tells it is that the child reports no more keys, and, where the server counts none
// (before 6.2), that it takes many times longer than the last one.

import { count, duration, percent } from '../text/quantity.ts';
import type { FindingId, Limits } from '../thresholds.ts';
import type { Info } from '../types.ts';
import { measure, type NodeRule, type NodeView, type Observation } from './findings-rule.ts';
import type { ChildMemory } from './save-memory.ts';

const statusOf = (info: Info | undefined, limits: Limits): Observation | undefined => {
	const { lastSaveStatus: status, failedSaves = 0 } = info ?? {};
	if (status === undefined) return undefined;
	return measure(limits, 'save-failing', status === 'err' ? 1 : 0, () => ({
		text: failedSaves > 1 ? `the last ${count(failedSaves)} rdb saves failed` : 'last rdb save failed',
	}));
};

const saveFailing: NodeRule = view => {
	const failed = statusOf(view.track.lastGood?.info, view.limits);
	return failed?.severity ? failed : (stuck(view, 'rdb') ?? failed);
};

const aofStatusOf = (info: Info | undefined, limits: Limits): Observation | undefined => {
	const { isAofEnabled, lastAofWriteStatus: write, lastAofRewriteStatus: rewrite } = info ?? {};
	if (!isAofEnabled) return undefined;
	const isFailing = write === 'err' || rewrite === 'err';
	return measure(limits, 'aof-failing', isFailing ? 1 : 0, () => ({
		text: write === 'err' ? 'aof write failed' : 'last aof rewrite failed',
	}));
};

const aofFailing: NodeRule = view => {
	const failed = aofStatusOf(view.track.lastGood?.info, view.limits);
	return failed?.severity ? failed : (stuck(view, 'aof') ?? waiting(view) ?? failed);
};

const words = { rdb: 'rdb save', aof: 'aof rewrite' } as const;

/** One that never ends; nothing while it gets on. */
function stuck(
	{ memory: { child }, limits, at }: NodeView,
	file: ChildMemory['file'],
): Observation | undefined {
	if (child?.file !== file) return undefined;
	const { stuckSeconds: warn, stuckCritSeconds: crit } = limits['save-failing'].extra;
	const value = quietSeconds(child, limits, at);
	if (value === undefined) return undefined;
	if (value === 'not decided') return { text: `${words[file]} gets on?`, isPending: true };
	const done = child.keys !== undefined && child.allKeys ? ` at ${percent(child.keys / child.allKeys)}` : '';
	return {
		severity: value >= crit ? 'crit' : 'warn',
		...{ value, limits: { warn, crit }, unit: 'seconds' as const },
		text: `${words[file]} stuck for ${duration(Math.floor(value))}${done}: no other can begin until its child process is killed`,
		told: () => `${words[file]} stuck${done}: no other can begin until its child process is killed`,
	};
}

/** For so long it has not got on; undefined where that may be well. */
function quietSeconds(child: ChildMemory, limits: Limits, at: number): number | 'not decided' | undefined {
	const { stuckSeconds, watchedSeconds, times, firstSeconds, untoldSeconds, untoldTimes } =
		limits['save-failing'].extra;
	const running = (at - child.begunAt) / 1000;
	const { lastSeconds, reportSeconds } = child;
	if (child.keys === undefined) {
		const most =
			lastSeconds === undefined ? firstSeconds : Math.max(untoldSeconds, lastSeconds * untoldTimes);
		return running >= most ? running : undefined;
	}
	// One large key is one step: a save may rest for as long as the last one did.
	if (running < stuckSeconds || running < (lastSeconds ?? 0) * times) return undefined;
	const watched = (at - child.movedAt) / 1000;
	if (watched >= stuckSeconds) return Math.max(watched, reportSeconds ?? 0);
	if ((reportSeconds ?? 0) < stuckSeconds) return undefined;
	// Its memory is measured more seldom than its keys: an old report alone is not a child that stands still.
	return watched >= watchedSeconds ? reportSeconds : 'not decided';
}

/** A rewrite that is due begins when no other child is there: saves that repeat (full syncs) keep it waiting for ever. */
function waiting({
	memory: { aofScheduledAt: since, child },
	limits,
	at,
}: NodeView): Observation | undefined {
	if (since === undefined) return undefined;
	const { waitingSeconds: warn } = limits['aof-failing'].extra;
	const value = (at - since) / 1000;
	if (value < warn) return undefined;
	const why = child?.file === 'rdb' ? ' for rdb saves to end' : '';
	return {
		severity: 'warn',
		...{ value, limits: { warn }, unit: 'seconds' as const },
		text: `aof rewrite waits${why}, due for ${duration(Math.floor(value))}`,
	};
}

/** Judged at each fresh INFO. */
export const saveRules: { readonly [Id in FindingId]?: NodeRule } = {
	'save-failing': saveFailing,
	'aof-failing': aofFailing,
};
