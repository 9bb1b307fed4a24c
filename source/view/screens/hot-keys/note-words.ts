// The words for what a result cannot say and for how a look at a node ended. The facts are core/keys/hot-facts.ts.

import type { DescribedBy, EndWhy, HotNote, NoWay, SlotRanges } from '../../../core/keys/hot-facts.ts';
import type { HotKeysResult, HotNode } from '../../../core/keys/hot-keys.ts';
import { printable } from '../../../core/text/printable.ts';
import { bytes, count, duration, percent, thousands } from '../../../core/text/quantity.ts';
import type { Refusal } from '../../../core/types.ts';
import { type Clauses, said } from './clauses.ts';
import { sessionWord, whyOf } from './rung-words.ts';

/** Each note of a result, a sentence each. */
export const noteTexts = ({ notes }: Pick<HotKeysResult, 'notes'>): readonly string[] =>
	notes.map(note => said(noteWords(note)));

export function noteWords(note: HotNote): Clauses {
	switch (note.kind) {
		case 'mixed-methods':
			return ['the nodes have different ways: shares of one kind are of the nodes of that kind'];
		case 'node-silent':
			return [`${note.node} does not answer: ${note.text}`];
		case 'no-way':
			return [`${note.node}: no way to its hot keys: ${whysText(note.whys)}`];
		case 'counters-of-before':
			return [`no key was used in ${Math.round(note.seconds)}s: these are the counters of before`];
		case 'not-in-figures':
			return [
				`${note.node} is not in the figures: ${note.why ? endWhyText(note.why) : 'its window did not open'}`,
			];
		case 'several-keys':
			return ['a command with several keys counts for each of them'];
		case 'script-commands':
			return ['of scripts the commands they run are counted', ', not the EVAL itself'];
		case 'cut-commands':
			return [`${note.commands} commands were too long to be read whole: some of their keys are missing`];
		case 'estimated-keys':
			return ['more different keys than are counted one by one: the light ones are estimates'];
		case 'bare-quotes':
			return [
				'this Valkey (8.1.0 and 8.1.1) does not escape quotes in MONITOR: a key with `" "` in its name is taken for two',
			];
		case 'unread-lines':
			return [`${note.lines} lines of this server's MONITOR were not understood`];
		case 'no-server-end':
			return [
				'the server could not be told to end the window by itself (WAIT',
				', on primaries): it ended by redis-top alone',
			];
		case 'sampled-accesses':
			return [
				'accesses a second by the server’s own sample',
				', over its commands a second: a command with several keys is several',
			];
		case 'time-untold':
			return [
				'time cannot tell the order: that of most keys is a few calls that were held up',
				', or too little',
				'; without a share they are in the order of bytes',
			];
		case 'held-up':
			return [
				`the machine held the server up in commands of ${note.keys === 1 ? '1 key' : `${note.keys} keys`}: that is no time of theirs`,
				', and is left out',
			];
		case 'time-unsure':
			return note.isAll ? tooLittle(note.commandsMilliseconds) : someTooLittle;
		case 'short-commands':
			return [
				`commands are short: of the server's processor time ${percent(note.commandShare)} went into them`,
				', the rest into requests and replies',
				'; what a key costs is nearer to its share of the commands',
			];
		case 'only-slots':
			return [
				`${note.node === undefined ? '' : `${note.node}: `}the session is of ${slotsWord(note.slots)} alone: shares are of their time`,
			];
		case 'shares-of-time':
			return [
				'shares are of the time that commands with a key took',
				', not of their number',
				'; one with several keys is split evenly',
			];
		case 'one-command-of':
			return [
				`one command of ${count(note.sampleRatio)} was looked at: a slow one that seldom comes may be in no list (SLOWLOG has it)`,
			];
		case 'walk-open':
			return [
				`${note.node}: ${walkedWords(note.keys, note.of)} read so far`,
				', keys behind them are not known yet',
			];
		case 'counters-rank':
			return ['LFU counters are a rank by the logarithm of accesses over minutes', ', not a rate'];
		case 'counters-at-end':
			return ['a counter of 255 is at its end: such keys cannot be put in order'];
		case 'shared-integers':
			return [
				'maxmemory is 0: keys that hold a number 0-9999 share one object and one counter',
				', their frequency is not their own',
			];
		case 'noisy-slots':
			return ['commands took so little time that shares of slots are noisy: their bytes are surer'];
		case 'slots-by-bytes':
			return ['no time is counted by slot: shares are of the bytes of all slots'];
		case 'slots-not-keys':
			return ['SLOT-STATS tells slots: a key is named only where it is alone in a hot slot'];
		case 'not-described':
			return [`${note.node}: type`, ', TTL and size are not read', `: ${note.text}`];
		case 'not-read':
			return [`${describedBy[note.what]} is not read: ${notAllowedWords(note.refusal)}`];
		case 'several-databases':
			return [
				`${printable(note.key, 60)} is in several databases and the server does not say which is used: told of db${note.db}`,
			];
	}
}

const tooLittle = (milliseconds: number): Clauses => [
	`too little time to tell: commands took ${milliseconds < 1 ? 'under 1ms' : `${count(milliseconds)}ms`}`,
	', so the order is one of chance',
	'; that of bytes is surer',
];
const someTooLittle: Clauses = [
	'keys with a ? took too little time to tell: their shares are of chance',
	', those of bytes are surer',
];

const whysText = (whys: readonly NoWay[]) =>
	[...new Set(whys.map(({ method, why }) => said(whyOf(method, why))))].join('; ');

/** `2,000 of 61,000 keys`. */
const walkedWords = (keys: number, of: number | undefined) =>
	of === undefined ? `${thousands(keys)} keys` : `${thousands(Math.min(keys, of))} of ${thousands(of)} keys`;

const describedBy: Readonly<Record<DescribedBy, string>> = {
	type: 'the type',
	ttl: 'the TTL',
	encoding: 'the encoding',
	size: 'the size',
};

const notAllowedWords = ({ why, word }: Refusal) =>
	why === 'no-permission' ? `not allowed for this user: ${word}` : 'no such command';

const rangesShown = 4;

/** `slot 5`, `slots 0-5460, 16000`, the first few of many. */
export function slotsWord(ranges: SlotRanges): string {
	const shown = ranges
		.slice(0, rangesShown)
		.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
	const more = ranges.length > rangesShown ? ` and ${ranges.length - rangesShown} more ranges` : '';
	const isOne = ranges.length === 1 && ranges[0]![0] === ranges[0]![1];
	return `${isOne ? 'slot' : 'slots'} ${shown.join(', ')}${more}`;
}

// ---------------------------------------------------------------------------------------------------------
// How a look ended

const endings: Readonly<Record<HotNode['endedBy'], string>> = {
	time: 'to its end',
	commands: 'ended at its cap of commands',
	bytes: 'ended at its cap of bytes',
	'client-memory': 'stopped: its memory for clients grew',
	'event-loop': 'stopped: its event loop slowed down',
	'fell-behind': 'stopped: it was faster than we could read',
	stopped: 'stopped before its end',
	lost: 'the connection was lost',
	refused: 'refused',
	'going-on': 'goes on',
};

/** How the look at a node ended, in a few words. */
export const endWords = (node: Pick<HotNode, 'endedBy' | 'why' | 'session'>): string =>
	endText(node) ?? endings[node.endedBy];

/** The same where it is more than a plain end; of a session that is not ours, whose it is. */
export function endText({ why, session }: Pick<HotNode, 'why' | 'session'>): string | undefined {
	if (why) return endWhyText(why);
	return session && session.whose !== 'ours' ? sessionWord(session.whose) : undefined;
}

function endWhyText(why: EndWhy): string {
	switch (why.kind) {
		case 'behind':
			return `redis-top was ${duration(why.milliseconds / 1000)} behind and closed the window`;
		case 'wrote-late':
			return 'its event loop slowed: it wrote late and did not answer';
		case 'slow-answer':
			return `its event loop slowed: an answer took ${duration(why.milliseconds / 1000)}, ${duration(why.usualMilliseconds / 1000)} before`;
		case 'clients-grew':
			return `its memory for clients grew by ${bytes(why.bytes)}`;
		case 'by-server':
			return `the server ended the window after ${duration(why.milliseconds / 1000)}, as arranged`;
		case 'no-answer':
			return 'no answer to MONITOR';
		case 'refused':
			return refusedText(why.refusal, why.text);
		case 'not-begun':
			return 'stopped before it began';
		case 'reset':
			return 'the session was reset by somebody else';
		case 'error':
			return why.text;
	}
}

function refusedText(refusal: Refusal | undefined, text: string): string {
	if (!refusal) return `MONITOR was refused: ${text}`;
	return refusal.why === 'no-permission'
		? `MONITOR is not allowed for this user: ${refusal.word}`
		: 'this server has no MONITOR';
}

/** Ends that leave a result less than it was meant to be. */
export const isEarlyEnd = ({ endedBy }: Pick<HotNode, 'endedBy'>): boolean =>
	!['time', 'commands', 'bytes', 'going-on'].includes(endedBy);
