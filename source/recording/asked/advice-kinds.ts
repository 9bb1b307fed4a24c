// What to do about a hot key, or why it would not help, as it stands in a recording. Several facts decide which of them
// it is, so each is told apart by their words together.

import type { CacheAdvice, HotMitigation, ReplicaAdvice, SplitAdvice } from '../../core/keys/key-advice.ts';
import {
	flag,
	type Kind,
	left,
	maybe,
	NotOfKind,
	named,
	number,
	oneOf,
	only,
	pair,
	text,
} from '../memory/kinds.ts';

type Helping<T> = Extract<T, { readonly helps: true }>;
type SplitNot = Extract<SplitAdvice, { readonly helps: false }>;
type Not<T, Why extends string> = Extract<T, { readonly helps: false; readonly why: Why }>;

const helps = { helps: only(true), remainingPerSecond: maybe(number) } as const;
const not = { helps: only(false), remainingPerSecond: left<undefined>(undefined) } as const;

const cache = only('cache');
const replica = only('replica');
const split = only('split');

/** By its words it is known which of them it is. */
const kinds = {
	cache: named<Helping<CacheAdvice>>({
		...{ id: cache, ...helps, keepSeconds: number, isOfAbsence: flag },
		reads: maybe(
			named<NonNullable<Helping<CacheAdvice>['reads']>>({
				perSecond: number,
				clients: number,
				leftPerSecond: pair(number, number),
			}),
		),
	}),
	'cache written': named<Not<CacheAdvice, 'written'>>({
		...{ id: cache, ...not, why: only('written'), writeShare: number },
	}),
	'cache few-reads': named<Not<CacheAdvice, 'few-reads'>>({
		...{ id: cache, ...not, why: only('few-reads'), clients: number, readsPerSecondEach: number },
	}),
	replica: named<Helping<ReplicaAdvice>>({
		...{ id: replica, ...helps, address: text, others: number },
		...{ lagSeconds: maybe(number), readsPerSecond: number },
	}),
	'replica written': named<Not<ReplicaAdvice, 'written'>>({
		...{ id: replica, ...not, why: only('written'), writeShare: number },
	}),
	'replica none': named<Not<ReplicaAdvice, 'none'>>({ id: replica, ...not, why: only('none') }),
	'replica down': named<Not<ReplicaAdvice, 'down'>>({
		...{ id: replica, ...not, why: only('down'), replicas: number },
	}),
	'replica behind': named<Not<ReplicaAdvice, 'behind'>>({
		...{ id: replica, ...not, why: only('behind'), lagSeconds: number },
	}),
	split: named<Helping<SplitAdvice>>({
		...{ id: split, ...helps, parts: number, perSecondEach: number },
		how: oneOf('read-one', 'write-one', 'by-field'),
	}),
	'split absent': notSplit('absent'),
	'split one-node': notSplit('one-node'),
	'split even-already': notSplit('even-already'),
} as const;

function notSplit(why: SplitNot['why']): Kind<SplitNot> {
	return named<SplitNot>({ id: split, ...not, why: only<SplitNot['why']>(why) });
}

const byWord = kinds as unknown as Readonly<Record<string, Kind<HotMitigation>>>;

const wordOf = (advice: Partial<Record<'id' | 'why', unknown>>): string =>
	advice.why === undefined ? `${advice.id}` : `${advice.id} ${advice.why}`;

export const mitigation: Kind<HotMitigation> = {
	pack: (value, into) => byWord[wordOf(value)]!.pack(value, into),
	unpack(packed, from) {
		const word = typeof packed === 'object' && packed !== null ? wordOf(packed) : '';
		if (!Object.hasOwn(byWord, word)) throw new NotOfKind('must be advice that is known');
		return byWord[word]!.unpack(packed, from);
	},
	told: Object.values(byWord)
		.map(({ told }) => told)
		.join('/'),
};
