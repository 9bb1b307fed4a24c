// The ways to hot keys that a node had, as they stand in a recording: one kind a rung, as there is one file a rung.

import type { HotKeysMethod, Ladder, Rung, RungWhy } from '../../core/keys/hot-ladder.ts';
import type { CommonWhy, SessionOwner, TooOld } from '../../core/keys/rungs/rung.ts';
import { knownServers } from '../../core/known-servers.ts';
import {
	bytes,
	few,
	flag,
	type Kind,
	maybe,
	named,
	number,
	oneOf,
	pair,
	tagged,
	text,
	type VariantOf,
} from '../memory/kinds.ts';
import { refusal } from './look-kinds.ts';

export const method: Kind<HotKeysMethod> = oneOf('hotkeys', 'slot-stats', 'lfu', 'monitor');
export const sessionOwner: Kind<SessionOwner> = oneOf('ours', 'left', 'sibling', 'somebody');

const nothing = named<object>({});

const commonWhys = {
	'not-known': nothing,
	silent: named<{ readonly text: string }>({ text: bytes }),
	refused: named<Omit<VariantOf<CommonWhy, 'refused'>, 'kind'>>({ refusal }),
	error: named<{ readonly text: string }>({ text: bytes }),
} as const;

type Whys<Word extends RungWhy['kind']> = Omit<VariantOf<RungWhy, Word>, 'kind'>;

const tooOld = named<Omit<TooOld, 'kind'>>({
	server: maybe(oneOf(...knownServers.map(({ name }) => name))),
	version: maybe(bytes),
});
const whose = named<{ readonly whose: SessionOwner }>({ whose: sessionOwner });

const whys = {
	hotkeys: {
		...commonWhys,
		'too-old': tooOld,
		tracked: named<Whys<'tracked'>>({ because: tagged<CommonWhy, 'kind'>('kind', commonWhys) }),
		'switched-off': nothing,
		'result-kept': whose,
	},
	'slot-stats': {
		...commonWhys,
		'too-old': tooOld,
		'no-cluster': nothing,
		'bytes-only': nothing,
		'keys-only': nothing,
	},
	lfu: { ...commonWhys, 'policy-unknown': nothing, policy: named<Whys<'policy'>>({ policy: bytes }) },
	monitor: commonWhys,
} as const;

export const rungWhy: Kind<RungWhy> = tagged<RungWhy, 'kind'>('kind', {
	...whys.hotkeys,
	...whys['slot-stats'],
	...whys.lfu,
});

type Of<Method extends HotKeysMethod> = Extract<Rung, { readonly method: Method }>;
type Part<T extends { readonly kind: string }, Word extends T['kind']> = Omit<VariantOf<T, Word>, 'kind'>;

const standing = {
	state: oneOf('ready', 'asks', 'running', 'unavailable'),
	enable: maybe(bytes),
	walkSeconds: maybe(number),
} as const;
const spots = <Word extends string>(...words: readonly Word[]) => few(oneOf(...words), 20);

type SessionShown = Of<'hotkeys'>['shows'];
type SessionCost = Of<'hotkeys'>['cost'];

const hotkeys = named<Omit<Of<'hotkeys'>, 'method'>>({
	...standing,
	why: maybe(tagged<NonNullable<Of<'hotkeys'>['why']>, 'kind'>('kind', whys.hotkeys)),
	shows: tagged<SessionShown, 'kind'>('kind', {
		'last-window': nothing,
		session: named<Part<SessionShown, 'session'>>({ seconds: number, sampleRatio: number }),
		'session-there': whose,
	}),
	cost: tagged<SessionCost, 'kind'>('kind', {
		'sampled-anyway': nothing,
		'runs-anyway': nothing,
		'read-once': nothing,
		session: named<Part<SessionCost, 'session'>>({
			microsecondsPerCommand: number,
			seconds: number,
			bytes: number,
		}),
	}),
	blindSpots: spots('below-the-top', 'reads-and-writes-alike', 'no-counts', 'scripts'),
});

const slotStats = named<Omit<Of<'slot-stats'>, 'method'>>({
	...standing,
	why: maybe(tagged<NonNullable<Of<'slot-stats'>['why']>, 'kind'>('kind', whys['slot-stats'])),
	shows: tagged<Of<'slot-stats'>['shows'], 'kind'>('kind', {
		slots: named<Part<Of<'slot-stats'>['shows'], 'slots'>>({ seconds: number, hasTime: flag }),
	}),
	cost: tagged<Of<'slot-stats'>['cost'], 'kind'>('kind', {
		slots: named<Part<Of<'slot-stats'>['cost'], 'slots'>>({ milliseconds: number, everySeconds: number }),
	}),
	blindSpots: spots('key-of-slot'),
});

const lfu = named<Omit<Of<'lfu'>, 'method'>>({
	...standing,
	why: maybe(tagged<NonNullable<Of<'lfu'>['why']>, 'kind'>('kind', whys.lfu)),
	shows: tagged<Of<'lfu'>['shows'], 'kind'>('kind', { minutes: nothing }),
	cost: tagged<Of<'lfu'>['cost'], 'kind'>('kind', {
		walk: named<Part<Of<'lfu'>['cost'], 'walk'>>({ keysPerSecond: number, corePart: maybe(number) }),
	}),
	blindSpots: spots('no-rate', 'absent-and-new', 'reads-elsewhere'),
});

const shares = pair(number, number);

const monitor = named<Omit<Of<'monitor'>, 'method'>>({
	...standing,
	why: maybe(tagged<CommonWhy, 'kind'>('kind', whys.monitor)),
	shows: tagged<Of<'monitor'>['shows'], 'kind'>('kind', {
		commands: named<Part<Of<'monitor'>['shows'], 'commands'>>({ seconds: number, commands: number }),
	}),
	cost: tagged<Of<'monitor'>['cost'], 'kind'>('kind', {
		throughput: named<Part<Of<'monitor'>['cost'], 'throughput'>>({
			share: shares,
			shareOfPipelinedWrites: shares,
		}),
	}),
	blindSpots: spots('outside-the-window', 'reads-of-primary'),
});

const rung = tagged<Rung, 'method'>('method', { hotkeys, 'slot-stats': slotStats, lfu, monitor });

const busy = {
	node: text,
	load: maybe(named<NonNullable<Ladder['load']>>({ opsPerSecond: maybe(number), cpuPercent: maybe(number) })),
} as const;

export const load = named<Pick<Ladder, 'node' | 'load'>>(busy);

export const ladder = named<Ladder>({
	...busy,
	rungs: few(rung, 10),
	used: maybe(method),
	isBusy: maybe(flag),
	isIdle: maybe(flag),
});
