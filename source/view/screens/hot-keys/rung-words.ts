// The words for a rung: what it shows, what it costs, what it cannot see, and why it is not there. One row of the table
// a rung; screen, one-off output and JSON have them from here. The facts are core/keys/rungs.

import {
	type HotKeysMethod,
	hardlyNotices,
	type Ladder,
	type Rung,
	type RungWhy,
} from '../../../core/keys/hot-ladder.ts';
import { monitorCost } from '../../../core/keys/rungs/monitor.ts';
import type { CommonWhy, SessionOwner, TooOld } from '../../../core/keys/rungs/rung.ts';
import { bytes, count, percent, thousands } from '../../../core/text/quantity.ts';
import type { Refusal } from '../../../core/types.ts';
import { type Clauses, said } from './clauses.ts';

type WordsOf<One extends Rung> = {
	readonly shows: (shows: One['shows']) => string;
	readonly cost: (cost: One['cost']) => string;
	readonly blindSpots: Readonly<Record<One['blindSpots'][number], Clauses>>;
	readonly why: (why: Exclude<NonNullable<One['why']>, CommonWhy>) => Clauses;
};

const words: { readonly [Method in HotKeysMethod]: WordsOf<Extract<Rung, { method: Method }>> } = {
	hotkeys: {
		shows(shows) {
			switch (shows.kind) {
				case 'last-window':
					return 'accesses of its last window, usually 1 s';
				case 'session':
					return `time and bytes of ${shows.seconds} s, ${commandsWord(shows.sampleRatio)}`;
				case 'session-there':
					return `time and bytes of ${sessionWord(shows.whose)}`;
			}
		},
		cost(cost) {
			switch (cost.kind) {
				case 'sampled-anyway':
					return 'next to nothing: the server samples its accesses anyway';
				case 'runs-anyway':
					return 'nothing more: it runs anyway';
				case 'read-once':
					return 'nothing more: it is read once and reset';
				case 'session':
					return `${cost.microsecondsPerCommand}us a command for ${cost.seconds}s, and ${bytes(cost.bytes)} until it is reset at its end`;
			}
		},
		blindSpots: {
			'below-the-top': ['only its top keys', ', by a sample'],
			'reads-and-writes-alike': ['reads and writes are not told apart'],
			'no-counts': ['time and bytes', ', no counts'],
			scripts: ['keys of scripts stand for what the script does'],
		},
		why(why) {
			switch (why.kind) {
				case 'too-old':
					return ['HOTKEYS came with Redis 8.6 and after Valkey 9.1', `; this is ${serverOf(why)}`];
				case 'tracked':
					return [...whyOf('hotkeys', why.because), '; INFO says that a session is at work now'];
				case 'switched-off':
					return ['it is switched off', ': hotkey-top-k is 0'];
				case 'result-kept':
					return [`${sessionWord(why.whose)} is over and keeps its result`, ': another one would discard it'];
			}
		},
	},
	'slot-stats': {
		shows: ({ hasTime, seconds }) => `${hasTime ? 'time and ' : ''}bytes of each slot in ${seconds} s`,
		cost: ({ milliseconds, everySeconds }) =>
			`about ${milliseconds === 1 ? 'a millisecond' : `${milliseconds} ms`} every ${everySeconds} s`,
		blindSpots: { 'key-of-slot': ['the slot', ', not which key of it'] },
		why(why) {
			switch (why.kind) {
				case 'no-cluster':
					return ['there are no slots', ': not a cluster'];
				case 'too-old':
					return ['CLUSTER SLOT-STATS came with Valkey 8.0 and Redis 8.2', `; this is ${serverOf(why)}`];
				case 'bytes-only':
					return ['the server counts bytes by slot', ', but no time'];
				case 'keys-only':
					return [
						'the server counts keys by slot',
						', but neither time nor bytes',
						': cluster-slot-stats-enabled is off',
					];
			}
		},
	},
	lfu: {
		shows: () => 'accesses of the last minutes',
		cost: ({ keysPerSecond, corePart }) =>
			corePart === undefined
				? 'keys as fast as it answers, and a keyspace hit each'
				: `${count(keysPerSecond)} keys a second (${percent(corePart)} of a core), and a keyspace hit each`,
		blindSpots: {
			'no-rate': ['a rank by logarithm', ', no rate'],
			'absent-and-new': ['no keys that are not there', ', and one made anew starts anew'],
			'reads-elsewhere': ['of a replica only what is read there'],
		},
		why: why =>
			why.kind === 'policy-unknown'
				? ['its maxmemory-policy is not known']
				: [`the policy is ${why.policy}`, ', and counters are kept under an -lfu policy only'],
	},
	monitor: {
		shows: ({ seconds, commands }) => `commands of ${seconds} s, at most ${thousands(commands)}`,
		cost: cost => said(throughputWords('the', cost)),
		blindSpots: {
			'outside-the-window': ['what happens outside the window'],
			'reads-of-primary': ['on a replica the reads of its primary'],
		},
		why: () => [],
	},
};

// A row knows its own rung alone: whose row it is, the method says.
const wordsOf = ({ method }: Rung) => words[method] as WordsOf<Rung>;

/** `commands of 2 s, at most 20,000`. */
export const showsWords = (rung: Rung): string => wordsOf(rung).shows(rung.shows);

/** `about a millisecond every 5 s`. */
export const costWords = (rung: Rung): string => wordsOf(rung).cost(rung.cost);

/** `a rank by logarithm, no rate; no keys that are not there, and one made anew starts anew`. */
export function blindSpotWords(rung: Rung): Clauses {
	const { blindSpots } = wordsOf(rung);
	return rung.blindSpots.flatMap((spot, index) => {
		const [first = '', ...rest] = blindSpots[spot];
		return [`${index > 0 ? '; ' : ''}${first}`, ...rest];
	});
}

/** Why it is not there; undefined where nothing stands against it. */
export const whyWords = ({ method, why }: Rung): Clauses | undefined => why && whyOf(method, why);

/** The same as one sentence. */
export function whyText(rung: Rung): string | undefined {
	const why = whyWords(rung);
	return why && said(why);
}

/** The reason of a rung. */
export function whyOf(method: HotKeysMethod, why: RungWhy): Clauses {
	switch (why.kind) {
		case 'not-known':
			return ['not known'];
		case 'silent':
		case 'error':
			return [why.text];
		case 'refused':
			return [refusalWords(why.refusal)];
		default:
			return (words[method] as WordsOf<Rung>).why(why);
	}
}

const refusalWords = ({ command, why }: Refusal) =>
	`${why === 'unknown-command' ? 'this server has no' : 'this user may not use'} ${command.toUpperCase()}`;

const serverOf = ({ server, version }: TooOld) =>
	server === undefined ? 'this server' : `${server}${version === undefined ? '' : ` ${version}`}`;

// ---------------------------------------------------------------------------------------------------------
// What a MONITOR window does to a node

/** `20-35%`, of the peak throughput. */
export const briefCost = (): string => rangeWord(monitorCost.share);

const rangeWord = ([least, most]: readonly [number, number]) => `${Math.round(least * 100)}-${percent(most)}`;

const throughputWords = (whose: 'the' | 'its', { share, shareOfPipelinedWrites }: typeof monitorCost) => [
	`${rangeWord(share)} of ${whose} peak throughput while it runs`,
	`, ${rangeWord(shareOfPipelinedWrites)} with pipelined writes`,
];

/** `14.2k ops/s now, CPU 36%`; empty where neither is known. */
export const nowWords = ({ load }: Pick<Ladder, 'load'>): string =>
	[
		...(load?.opsPerSecond === undefined ? [] : [`${count(load.opsPerSecond)} ops/s now`]),
		...(load?.cpuPercent === undefined ? [] : [`CPU ${Math.round(load.cpuPercent)}%`]),
	].join(', ');

/** What a window is expected to do to it as it is now. */
export function expectedLoss(ladder: Pick<Ladder, 'load'>): Clauses {
	if (hardlyNotices(ladder)) return ['MONITOR will hardly be noticed'];
	const [first = '', ...rest] = throughputWords('its', monitorCost);
	return [`MONITOR takes ${first}`, ...rest];
}

/** Both; undefined until it was polled. */
export function lossWords(ladder: Pick<Ladder, 'load'>): Clauses | undefined {
	if (ladder.load === undefined) return undefined;
	const now = nowWords(ladder);
	const [first = '', ...rest] = expectedLoss(ladder);
	return [now === '' ? first : `${now}: ${first}`, ...rest];
}

// ---------------------------------------------------------------------------------------------------------
// Words that several need

/** `every command`, `one command of 4`. */
export const commandsWord = (ratio: number): string =>
	ratio === 1 ? 'every command' : `one command of ${count(ratio)}`;

/** Whose it is, as a noun. */
export function sessionWord(whose: SessionOwner): string {
	switch (whose) {
		case 'ours':
			return 'our own session';
		case 'left':
			return 'a session that a redis-top left when it was killed';
		case 'sibling':
			return 'a session of another redis-top';
		case 'somebody':
			return 'a session that somebody else has started';
	}
}

/** `26 s`, `2 minutes`: of a walk over all keys. */
export const walkText = (seconds: number): string =>
	seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} minutes`;
