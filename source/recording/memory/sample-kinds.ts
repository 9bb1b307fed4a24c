// A reading that is still of use: the newest of a node, the one that its rates begin at, the one that was judged last.
// Of its replies INFO is kept, as what differs from the newest INFO of that node, which stands in the same frame.

import { parseInfo } from '../../core/parse/parse-info.ts';
import type { CommandStat, NodeError, OwnUse, Refusal, Sample, Stall } from '../../core/types.ts';
import { patched, patchOf } from '../reply-delta.ts';
import {
	bytes,
	dictionary,
	flag,
	type Kind,
	list,
	maybe,
	number,
	oneOf,
	record,
	shared,
	text,
	time,
	whole,
	yes,
} from './kinds.ts';

export const errorReasons = [
	...(['refused', 'timeout', 'host-not-found', 'unreachable', 'closed', 'tls', 'needs-password'] as const),
	...(['wrong-password', 'no-permission', 'max-clients', 'loading', 'busy', 'paused', 'masterdown'] as const),
	...(['gone', 'no-address', 'not-allowed', 'protocol', 'unknown-info', 'other'] as const),
];

export const nodeError = record<NodeError>({
	reason: oneOf(...errorReasons),
	text,
	retryAt: maybe(time),
	isTold: maybe(yes),
	isOfWay: maybe(yes),
	isAccepted: maybe(yes),
	isLogin: maybe(yes),
	isFunction: maybe(yes),
});

export const stall = record<Stall>({ at: time, seconds: number });

const refusal = record<Refusal>({
	command: bytes,
	why: oneOf('no-permission', 'unknown-command'),
	word: bytes,
});

export const refusals = shared(list(refusal));

export const ownUse = shared(
	record<OwnUse>({
		commands: number,
		hits: number,
		misses: maybe(number),
		inputBytes: number,
		outputBytes: number,
		calls: shared(dictionary(number)),
		errors: maybe(dictionary(number)),
	}),
);

const stat = record<CommandStat>({
	calls: maybe(number),
	usec: maybe(number),
	rejected: maybe(number),
	failed: maybe(number),
	exact: maybe(
		record<NonNullable<CommandStat['exact']>>({
			calls: maybe(whole),
			usec: maybe(whole),
			rejected: maybe(whole),
			failed: maybe(whole),
		}),
	),
});

export const commandStats = shared(dictionary(stat));

/** [0]: the newest INFO of the node; [1, patch]: what differs from it; [2, text]: whole. */
function infoText(node: string): Kind<string> {
	return {
		pack(value, { infoOf }) {
			const newest = infoOf(node);
			if (newest === value) return [0];
			const patch = newest === undefined ? undefined : patchOf(newest, value);
			return patch === undefined ? [2, value] : [1, patch];
		},
		unpack(packed, from) {
			const [how, told] = Array.isArray(packed) ? packed : [];
			const newest = from.infoOf(node);
			if (how === 0 && newest !== undefined) return newest;
			const given = bytes.unpack(told, from);
			return how === 1 && newest !== undefined ? bytes.unpack(patched(newest, given), from) : given;
		},
		told: 'info',
	};
}

/** Views, slow log and settings are in its track; what else was asked is not looked at again. */
const flat = record<
	Omit<Sample, 'cluster' | 'sentinel' | 'slowlog' | 'config' | 'seldom' | 'others' | 'info' | 'infoText'>
>({
	node: text,
	at: time,
	clock: number,
	pingMilliseconds: maybe(number),
	waitedMilliseconds: maybe(number),
	infoMilliseconds: maybe(number),
	longestWaitMilliseconds: maybe(number),
	tripMilliseconds: maybe(number),
	stalls: maybe(list(stall)),
	silentMilliseconds: maybe(number),
	isHeld: maybe(flag),
	refused: refusals,
	own: ownUse,
	isPasswordless: maybe(flag),
	isLoginRefused: maybe(flag),
	reached: maybe(text),
	error: maybe(nodeError),
});

const statistics = maybe(commandStats);

export const sample: Kind<Sample> = shared({
	pack(value, into) {
		const info = value.infoText === undefined ? null : infoText(value.node).pack(value.infoText, into);
		return [flat.pack(value, into), info, statistics.pack(value.info?.commands, into)];
	},
	unpack(packed, from) {
		const [rest, info, commands] = Array.isArray(packed) ? packed : [];
		const known = flat.unpack(rest, from);
		const stats = statistics.unpack(commands, from);
		if (info === null || info === undefined) return known;
		const told = infoText(known.node).unpack(info, from);
		return { ...known, infoText: told, info: { ...parseInfo(told), ...(stats && { commands: stats }) } };
	},
	told: `sample(${flat.told},info,${statistics.told})`,
});
