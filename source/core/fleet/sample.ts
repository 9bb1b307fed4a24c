// A Reading (commands and their replies) → a Sample (parsed). The one place that knows which parser a reply is for.
// What was not asked this time stays undefined, and an error reply leaves its part out: only INFO's error makes the
// whole node one that gave no reading. It keeps nothing from the last time; `mergeSentinel` does that for its track.

import type { InfoDetails } from '../info.ts';
import { joinCluster } from '../parse/parse-cluster.ts';
import { classifyError, explain, refusalOf } from '../parse/parse-error.ts';
import { parseInfo, parseInfoDetails } from '../parse/parse-info.ts';
import { parseCkquorum, parseSentinelMasters, parseSentinelPeers } from '../parse/parse-sentinel.ts';
import { parseSlowlog } from '../parse/parse-slowlog.ts';
import { isArray, isError, pairsOf } from '../reply.ts';
import { printable } from '../text/printable.ts';
import type {
	Info,
	NodeError,
	Reading,
	Refusal,
	Reply,
	Sample,
	SentinelMaster,
	SentinelView,
} from '../types.ts';
import { infoReaders } from './info-readers.ts';
import { seldomRead } from './seldom.ts';

/** Everything in the Reading, parsed. Never throws, whatever the replies are. */
export function sampleOf(reading: Reading): Sample {
	const {
		node,
		at,
		clock,
		pingMilliseconds,
		waitedMilliseconds,
		infoMilliseconds,
		refused,
		own,
		isPasswordless,
		isLoginRefused,
		reached,
	} = reading;
	const { longestWaitMilliseconds, tripMilliseconds, stalls, silentMilliseconds, isHeld } = reading;
	const others = reading.replies.filter(([command]) => !isReadHere(command));
	return {
		node,
		at,
		clock,
		pingMilliseconds,
		waitedMilliseconds,
		...(infoMilliseconds !== undefined && { infoMilliseconds }),
		...(longestWaitMilliseconds !== undefined && { longestWaitMilliseconds }),
		...(tripMilliseconds !== undefined && { tripMilliseconds }),
		...(stalls && { stalls }),
		...(silentMilliseconds !== undefined && { silentMilliseconds }),
		...(isHeld && { isHeld }),
		info: infoIn(reading),
		cluster: joinCluster(textOf(reading, 'cluster info'), textOf(reading, 'cluster nodes'), node),
		sentinel: sentinelIn(reading),
		slowlog: slowlogIn(reading),
		config: configIn(reading),
		...seldomIn(reading),
		infoText: textOf(reading, 'info'),
		...(others.length > 0 && { others }),
		refused,
		own,
		...(isPasswordless && { isPasswordless }),
		...(isLoginRefused && { isLoginRefused }),
		...(reached !== undefined && { reached }),
		error: unknownInfo(reading) ?? reading.error ?? infoError(reading),
	};
}

const readHere = new Map<string, boolean>();
/** The same few dozen each time; names of masters are made up by others. */
const mostCommands = 500;

function isReadHere(command: string): boolean {
	const known = readHere.get(command);
	if (known !== undefined) return known;
	const isRead = isReadAmong(command);
	if (readHere.size < mostCommands) readHere.set(command, isRead);
	return isRead;
}

const isReadAmong = (command: string) =>
	/^(info( commandstats)?|cluster (info|nodes)|slowlog get.*|config get.*|client (setname|no-).*|auth|sentinel .*)$/.test(
		command,
	) || Object.values(seldomRead).some(([seldom]) => seldom === command);

function replyTo({ replies }: Reading, command: string): Reply | undefined {
	for (const reply of replies) if (reply[0] === command) return reply[1];
	return undefined;
}

function repliesTo({ replies }: Reading, prefix: string): readonly (readonly [rest: string, reply: Reply])[] {
	const found: (readonly [string, Reply])[] = [];
	for (const [sent, reply] of replies)
		if (sent.startsWith(prefix)) found.push([sent.slice(prefix.length), reply]);
	return found;
}

function textOf(reading: Reading, command: string): string | undefined {
	const reply = replyTo(reading, command);
	return typeof reply === 'string' ? reply : undefined;
}

// Command statistics without the rest would pass for a reading of a node that tells nothing: they only come along.
function infoIn(reading: Reading): Info | undefined {
	const text = textOf(reading, 'info');
	if (text === undefined) return undefined;
	const info = readerOf(reading.node)(text);
	const statistics = textOf(reading, 'info commandstats');
	return statistics === undefined ? info : { ...info, commands: parseInfo(statistics).commands ?? {} };
}

/** Some 10 KB each. */
const mostReaders = 4000;
const readerOf = infoReaders(mostReaders);

const details = new WeakMap<Sample, InfoDetails>();

/** What INFO tells beside `Sample.info`: read of a node that is looked at, once, however often it is looked at. */
export function infoDetailsOf(sample: Sample): InfoDetails {
	const known = details.get(sample);
	if (known) return known;
	const read = sample.infoText === undefined ? {} : parseInfoDetails(sample.infoText);
	details.set(sample, read);
	return read;
}

// The server answers, but not with INFO: BUSY, NOAUTH, MASTERDOWN, or no right to it. The last is only told once.
function infoError(reading: Reading): NodeError | undefined {
	const reply = replyTo(reading, 'info');
	if (isError(reply))
		return infoRefused(refusalOf('info', String(reply.error))) ?? classifyError(String(reply.error));
	const refusal = infoRefused(reading.refused.find(({ command }) => command === 'info'));
	if (reply === undefined && refusal) return refusal;
	return reply === undefined || typeof reply === 'string' ? undefined : notInfo;
}

// Whoever read the line before this may have made less of it.
function unknownInfo(reading: Reading): NodeError | undefined {
	const error = reading.error?.reason === 'other' ? infoError(reading) : undefined;
	return error?.reason === 'unknown-info' ? { ...reading.error, ...error } : undefined;
}

/** Renamed (`rename-command INFO ""`), or a proxy that knows none, is not the same as a right that the user lacks. */
function infoRefused(refusal: Refusal | undefined): NodeError | undefined {
	if (!refusal) return undefined;
	return refusal.why === 'unknown-command'
		? { reason: 'unknown-info', text: explain('unknown-info') }
		: { reason: 'no-permission', text: 'no permission: the user needs +info' };
}

const notInfo: NodeError = { reason: 'protocol', text: 'the answer to INFO is not a text' };

function slowlogIn(reading: Reading): Sample['slowlog'] {
	const reply = repliesTo(reading, 'slowlog get')[0]?.[1];
	return isArray(reply) ? parseSlowlog(reply) : undefined;
}

const seldomEntries = Object.entries(seldomRead);

function seldomIn(reading: Reading): Pick<Sample, 'seldom'> {
	const found = seldomEntries.flatMap(([name, [command, read]]) => {
		const reply = replyTo(reading, command);
		const value = reply === undefined ? undefined : read(reply);
		return value === undefined ? [] : [[name, value] as const];
	});
	return found.length > 0 ? { seldom: Object.fromEntries(found) } : {};
}

// 6.0 takes one name a call, so there may be several.
function configIn(reading: Reading): Sample['config'] {
	const lists = repliesTo(reading, 'config get').filter(([, reply]) => isArray(reply));
	if (lists.length === 0) return undefined;
	const pairs = lists.flatMap(([, reply]) => [...pairsOf(reply)]);
	return Object.fromEntries(pairs.map(([name, value]) => [printable(name), printable(value)]));
}

/** The parts of a master that are asked more seldom than SENTINEL MASTERS. */
type Details = Partial<Pick<SentinelMaster, 'replicas' | 'sentinels' | 'isQuorumReachable' | 'quorumText'>>;

function sentinelIn(reading: Reading): SentinelView | undefined {
	if (!reading.replies.some(([command]) => command.startsWith('sentinel '))) return undefined;
	const masters = parseSentinelMasters(replyTo(reading, 'sentinel masters') ?? null);
	const details = detailsIn(reading);
	if (masters) return { masters: masters.map(master => ({ ...master, ...details.get(master.name) })) };
	if (details.size === 0) return undefined;
	const partial = [...details].map(([name, found]) => ({ name, address: '', flags: [], ...found }));
	return { masters: partial, isPartial: true };
}

function detailsIn(reading: Reading): Map<string, Details> {
	const details = new Map<string, Details>();
	const add = (name: string, found: Details) => {
		if (Object.values(found).some(value => value !== undefined))
			details.set(printable(name), { ...details.get(printable(name)), ...found });
	};
	for (const [name, reply] of repliesTo(reading, 'sentinel replicas '))
		add(name, { replicas: parseSentinelPeers(reply) });
	for (const [name, reply] of repliesTo(reading, 'sentinel sentinels '))
		add(name, { sentinels: parseSentinelPeers(reply) });
	for (const [name, reply] of repliesTo(reading, 'sentinel ckquorum ')) add(name, parseCkquorum(reply));
	return details;
}

/**
 * What a Sentinel told, brought up to date: SENTINEL MASTERS is the list, and replicas, Sentinels and quorum of each
 * master stay from before until they are asked again. A partial view changes only the masters that are known.
 */
export function mergeSentinel(before: SentinelView | undefined, next: SentinelView): SentinelView {
	if (next.isPartial) {
		const told = byName(next);
		return { masters: (before?.masters ?? []).map(master => updated(master, detailsOf(told, master))) };
	}
	const known = byName(before);
	return {
		masters: next.masters.map(master => ({ ...detailsOf(known, master), ...dropUndefined(master) })),
	};
}

/** The first of a name. */
const byName = (view: SentinelView | undefined): ReadonlyMap<string, SentinelMaster> =>
	new Map([...(view?.masters ?? [])].reverse().map(master => [master.name, master]));

function detailsOf(masters: ReadonlyMap<string, SentinelMaster>, { name }: SentinelMaster): Details {
	const master = masters.get(name);
	if (!master) return {};
	const { replicas, sentinels, isQuorumReachable, quorumText } = master;
	return { replicas, sentinels, isQuorumReachable, quorumText };
}

function updated(master: SentinelMaster, details: Details): SentinelMaster {
	return { ...master, ...dropUndefined(details) };
}

function dropUndefined<Some extends object>(some: Some): Some {
	return Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined)) as Some;
}
