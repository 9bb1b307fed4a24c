// HOTKEYS, a server's own list: a session of Redis from 8.6 on that counts time and bytes, and windows of Valkey after
// 9.1 that sample accesses. A session must be asked for, and there is one for everybody: whose it is decides what may
// be done with it.

import { refusalOf } from '../../parse/parse-error.ts';
import {
	type Answer,
	type CommonWhy,
	type NodeFacts,
	notKnown,
	type RungOf,
	refusedBecause,
	type SessionOwner,
	type TooOld,
	tooOld,
} from './rung.ts';

/** HOTKEYS GET of Redis or of Valkey, as far as it decides what can be done. */
export type HotkeysFact =
	| { readonly kind: 'session'; readonly state: 'none' | 'active' | 'over'; readonly whose: SessionOwner }
	/** `isOn`: hotkey-top-k is above 0; undefined where CONFIG GET is refused and nothing is listed. */
	| { readonly kind: 'window'; readonly isOn?: boolean };

type Facts = NodeFacts & {
	readonly hotkeys?: Answer<HotkeysFact>;
	/** INFO says that a HOTKEYS session is at work, also to who may not read it. */
	readonly isTracked?: boolean;
};

export type HotkeysRung = RungOf<'hotkeys', Why, Shows, Cost, BlindSpot>;

type Why =
	| TooOld
	/** A session is at work now that this user may not read. */
	| { readonly kind: 'tracked'; readonly because: CommonWhy }
	/** hotkey-top-k is 0. */
	| { readonly kind: 'switched-off' }
	/** A session is over and keeps its result: another one would discard it. */
	| { readonly kind: 'result-kept'; readonly whose: SessionOwner };
type Shows =
	/** Accesses; usually of one second. */
	| { readonly kind: 'last-window' }
	/** Time and bytes, of one command of `sampleRatio`. */
	| { readonly kind: 'session'; readonly seconds: number; readonly sampleRatio: number }
	/** One that was begun without us. */
	| { readonly kind: 'session-there'; readonly whose: SessionOwner };
type Cost =
	| { readonly kind: 'sampled-anyway' | 'runs-anyway' | 'read-once' }
	/** `bytes` are kept until it is reset at its end. */
	| {
			readonly kind: 'session';
			readonly microsecondsPerCommand: number;
			readonly seconds: number;
			readonly bytes: number;
	  };
type BlindSpot = 'below-the-top' | 'reads-and-writes-alike' | 'no-counts' | 'scripts';

/** A HOTKEYS session that is asked for. */
export const sessionSeconds = 10;
/** What the server keeps for it until it is reset: 352 kB on 8.6.3, with 20 keys of each metric. */
export const sessionBytes = 352_000;
/** Server time for each command that is looked at: 0.3 us were measured on 8.6.3. */
const sessionMicroseconds = 0.3;
/** So much of a core a session may take, for its ten seconds: 200,000 commands a second are all looked at. */
const sessionCorePart = 0.06;
/** Of a node whose commands a second nobody knows. */
const cautiousRatio = 10;

/**
 * One command of how many a session is to look at. All of them wherever that is cheap: a slow command that comes every
 * two seconds is in one list of two at a ratio of ten.
 */
export function ratioFor(opsPerSecond: number | undefined): number {
	if (opsPerSecond === undefined) return cautiousRatio;
	return Math.max(1, Math.ceil((opsPerSecond * sessionMicroseconds) / (sessionCorePart * 1e6)));
}

export const hotkeys = { method: 'hotkeys', name: 'HOTKEYS', rungOf } as const;

function rungOf(facts: Facts): HotkeysRung {
	const { hotkeys: answer } = facts;
	const isWindow = answer && 'got' in answer ? answer.got.kind === 'window' : facts.server === 'valkey';
	const rung = isWindow ? windows : sessionOf(facts);
	if (!answer) return { ...rung, ...notKnown };
	if ('got' in answer) return ofAnswer(rung, answer.got);
	const { error, command = 'hotkeys get' } = answer;
	if (/disabled/i.test(error)) return { ...rung, ...switchedOff };
	if (refusalOf(command, error)?.why === 'unknown-command')
		return { ...rung, state: 'unavailable', why: tooOld(facts) };
	const refused = refusedBecause(command, error);
	if (!facts.isTracked) return { ...rung, ...refused };
	return { ...rung, ...refused, why: { kind: 'tracked', because: refused.why } };
}

function ofAnswer(rung: Omit<HotkeysRung, 'state'>, got: HotkeysFact): HotkeysRung {
	if (got.kind === 'window') return got.isOn ? { ...rung, state: 'ready' } : { ...rung, ...switchedOff };
	const { state, whose } = got;
	if (state === 'none') return { ...rung, state: 'asks' };
	if (whose === 'ours') return { ...rung, state: 'running' };
	const there = { ...rung, shows: { kind: 'session-there', whose } } as const;
	if (state === 'active') return { ...there, state: 'running', cost: { kind: 'runs-anyway' } };
	if (whose === 'left') return { ...there, state: 'ready', cost: { kind: 'read-once' } };
	return { ...rung, state: 'unavailable', why: { kind: 'result-kept', whose }, enable: 'HOTKEYS RESET' };
}

const windows: Omit<HotkeysRung, 'state'> = {
	method: 'hotkeys',
	shows: { kind: 'last-window' },
	cost: { kind: 'sampled-anyway' },
	blindSpots: ['below-the-top', 'reads-and-writes-alike'],
};

const sessionOf = ({ opsPerSecond }: NodeFacts): Omit<HotkeysRung, 'state'> => ({
	method: 'hotkeys',
	shows: { kind: 'session', seconds: sessionSeconds, sampleRatio: ratioFor(opsPerSecond) },
	cost: {
		...{ kind: 'session', microsecondsPerCommand: sessionMicroseconds },
		...{ seconds: sessionSeconds, bytes: sessionBytes },
	},
	blindSpots: ['no-counts', 'scripts'],
});

const switchedOff = {
	state: 'unavailable',
	why: { kind: 'switched-off' },
	enable: 'CONFIG SET hotkey-top-k 16',
} as const;
