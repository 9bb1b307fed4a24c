// The rules on lost data: a primary that came back without its keys, and a sudden loss. What is known of both is in
// the node's memory; here it becomes a severity and words. Judged every round, also while the node is silent: what can
// be saved must be said as long as it can.

import { count, duration } from '../text/quantity.ts';
import type { Comeback } from './came-back.ts';
import { keysOf } from './data-keys.ts';
import type { NodeRule, NodeView } from './findings-rule.ts';
import { howToKeep, secondsToKeep } from './keep-data.ts';
import { followsStranger, type KeyLoss, lossByFollowing } from './key-loss.ts';

export const cameBackEmpty: NodeRule = view => {
	const comeback = view.memory.data?.comeback;
	if (!comeback || comeback.isSeen) return { text: '', calm: 'its keys are back' };
	const { keys, keysNow } = comeback;
	return {
		severity: 'crit',
		value: keysNow / keys,
		text: comebackText(comeback, view),
		told: () =>
			`came back with ${count(keysNow)} of ${count(keys)} keys, ${comeback.holder} holds ${count(comeback.holderKeys)}`,
	};
};

function comebackText(comeback: Comeback, view: NodeView): string {
	const { keys, keysNow, holder, holderKeys, isHeld, isAboutToLoad } = comeback;
	const what = `back with ${count(keysNow)} of ${count(keys)} keys`;
	if (!isHeld) return `${what}; replica ${holder} has only ${count(holderKeys)} now`;
	if (!isAboutToLoad) return `${what}; ${holder} keeps ${count(holderKeys)}`;
	const keep = howToKeep(comeback, view.node.address, view.fleet, view.tracks);
	const left = secondsToKeep(comeback, view.track, view.at);
	const time = left === undefined ? '' : left < 1 ? ', <1s left' : `, ~${Math.round(left)}s left`;
	return keep.isPossible
		? `${what}${time}: ${keep.command.join(' ')} on ${keep.node} saves ${count(holderKeys)}`
		: `${what}${time}, replica ${holder} has ${count(holderKeys)}: ${keep.why}`;
}

export const keysLost: NodeRule = view => {
	const loss = view.memory.data?.loss;
	if (!loss) return aboutToLose(view);
	return {
		severity: 'crit',
		value: (loss.before - loss.after) / loss.before,
		text: lossEventText(loss),
	};
};

/** Until it is in step its keys are still there, and one word keeps them. */
function aboutToLose(view: NodeView): ReturnType<NodeRule> {
	const asPrimary = view.memory.data?.asPrimary;
	const above = asPrimary && followsStranger(asPrimary, view);
	const theirs = above === undefined ? undefined : keysOf(view.tracks.get(above)?.lastGood?.info);
	const own = keysOf(view.track.lastGood?.info);
	if (!asPrimary || !theirs || !own?.all) return undefined;
	if (lossByFollowing(asPrimary, theirs.all, view) === undefined) return undefined;
	const keep = view.fleet.mode === 'cluster' ? '' : ': REPLICAOF NO ONE here keeps them';
	return {
		severity: 'crit',
		value: Math.max(0, 1 - theirs.all / own.all),
		text: `about to lose ${count(own.all)} keys, it follows ${above}, which has ${count(theirs.all)}${keep}`,
	};
}

/** `100.0k keys to 0 in 1s by FLUSHALL by 10.0.0.9:51234`. */
export function lossEventText(loss: KeyLoss): string {
	const { before, after, seconds, db, by, isRestart } = loss;
	const what = `${db === undefined ? '' : `db${db}: `}${count(before)} keys to ${count(after)}`;
	if (isRestart) return `${what} over a restart`;
	const time = ` in ${duration(Math.max(1, Math.round(seconds)))}`;
	return `${what}${time}${by === undefined ? ', neither expired nor evicted' : ` by ${by}`}`;
}
