// What Sentinels publish (`+sdown master mymaster 10.0.0.1 6379`), as typed events, and the log that merges those of
// several Sentinels: each tells every event for itself, so one event of one master within some seconds is one entry with
// the list of who said it. Only a hint that comes earlier than the next poll: what is true, SENTINEL MASTERS says.

import { addressOf } from '../parse/parse-address.ts';
import { countIn } from '../reply.ts';
import { printable } from '../text/printable.ts';
import type { Address } from '../types.ts';

/** As it came: on our clock, from which Sentinel, byte strings. */
export type SentinelMessage = {
	readonly at: number;
	readonly sentinel: Address;
	readonly channel: string;
	readonly text: string;
};

/** Whom an event is about. */
export type Instance = {
	readonly role: 'primary' | 'replica' | 'sentinel';
	/** A master's name; of a replica its address, of a Sentinel its run id. */
	readonly name: string;
	readonly address: Address;
	/** Of a replica or a Sentinel: the master it belongs to. */
	readonly group: string;
	readonly primary: Address;
};

export type SentinelEvent =
	| { readonly kind: 'sdown'; readonly isOver: boolean; readonly instance: Instance }
	| {
			readonly kind: 'odown';
			readonly isOver: boolean;
			readonly instance: Instance;
			readonly votes?: number;
			readonly quorum?: number;
	  }
	| { readonly kind: 'try-failover' | 'elected-leader'; readonly instance: Instance }
	/** `select-replica`, `send-replicaof-noone`, `wait-promotion`, `reconf-replicas`… */
	| { readonly kind: 'failover-state'; readonly state: string; readonly instance: Instance }
	| { readonly kind: 'selected-replica' | 'promoted-replica'; readonly instance: Instance }
	| { readonly kind: 'reconf'; readonly stage: 'sent' | 'inprog' | 'done'; readonly instance: Instance }
	| { readonly kind: 'failover-end'; readonly isTimeout: boolean; readonly instance: Instance }
	| { readonly kind: 'failover-abort'; readonly why: string; readonly instance: Instance }
	| { readonly kind: 'switch'; readonly group: string; readonly from: Address; readonly to: Address }
	| { readonly kind: 'converted' | 'reboot'; readonly instance: Instance }
	| {
			readonly kind: 'role-change';
			readonly isExpected: boolean;
			readonly role?: string;
			readonly instance: Instance;
	  }
	| { readonly kind: 'found'; readonly instance: Instance }
	| { readonly kind: 'fixed-config' | 'reset' | 'monitor' | 'config-update'; readonly instance: Instance }
	| { readonly kind: 'new-epoch'; readonly epoch: number }
	| { readonly kind: 'vote'; readonly leader: string; readonly epoch: number }
	| { readonly kind: 'tilt'; readonly isOver: boolean }
	| { readonly kind: 'other'; readonly channel: string; readonly text: string };

/** The event of a message. Never undefined: what is not known, or not as it should be, is `other`, made printable. */
export function parseSentinelEvent(channel: string, message: string): SentinelEvent {
	return (
		parseKnown(channel, message) ?? {
			kind: 'other',
			channel: printable(channel, 64),
			text: printable(message, 512),
		}
	);
}

function parseKnown(channel: string, message: string): SentinelEvent | undefined {
	const words = message.split(' ');
	switch (channel) {
		case '+switch-master':
			return parseSwitch(words);
		case '+new-epoch': {
			const epoch = numberIn(words[0]);
			return epoch === undefined ? undefined : { kind: 'new-epoch', epoch };
		}
		case '+vote-for-leader': {
			const epoch = numberIn(words[1]);
			return epoch === undefined ? undefined : { kind: 'vote', leader: printable(words[0] ?? ''), epoch };
		}
		case '+tilt':
		case '-tilt':
			return { kind: 'tilt', isOver: channel === '-tilt' };
	}
	const parsed = parseInstance(words);
	return parsed && eventOf(channel, parsed.instance, parsed.rest);
}

const states: Readonly<Record<string, string>> = {
	'select-slave': 'select-replica',
	'send-slaveof-noone': 'send-replicaof-noone',
	'reconf-slaves': 'reconf-replicas',
};

const aborts: Readonly<Record<string, string>> = {
	'not-elected': 'not elected by a majority of the Sentinels',
	'no-good-slave': 'no replica is good enough',
	'master-is-slave': 'the primary has become a replica',
	'slave-timeout': 'the chosen replica did not become primary in time',
};

type Plain = Extract<SentinelEvent, { readonly instance: Instance }>['kind'];

/** Channels whose message is an instance and nothing else. */
const plain: Readonly<Record<string, Plain>> = {
	'+try-failover': 'try-failover',
	'+elected-leader': 'elected-leader',
	'+selected-slave': 'selected-replica',
	'+promoted-slave': 'promoted-replica',
	'+convert-to-slave': 'converted',
	'+reboot': 'reboot',
	'+slave': 'found',
	'+sentinel': 'found',
	'+fix-slave-config': 'fixed-config',
	'+reset-master': 'reset',
	'+monitor': 'monitor',
	'+config-update-from': 'config-update',
};

function eventOf(channel: string, instance: Instance, rest: string): SentinelEvent | undefined {
	const isOver = channel.startsWith('-');
	const name = channel.slice(1);
	if (Object.hasOwn(plain, channel)) return { kind: plain[channel]!, instance } as SentinelEvent;
	if (name === 'sdown') return { kind: 'sdown', isOver, instance };
	if (name === 'odown') return { kind: 'odown', isOver, instance, ...quorumIn(rest) };
	if (name === 'role-change') {
		const role = / is (\w{1,32})$/.exec(rest)?.[1];
		return { kind: 'role-change', isExpected: !isOver, role: role && roleWord(role), instance };
	}
	const stage = /^slave-reconf-(sent|inprog|done)$/.exec(name)?.[1];
	if (stage && !isOver) return { kind: 'reconf', stage: stage as 'sent' | 'inprog' | 'done', instance };
	const abort = /^failover-abort-([\w-]{1,64})$/.exec(name)?.[1];
	if (abort) return { kind: 'failover-abort', why: wordsOf(aborts, abort), instance };
	const end = /^failover-end(-for-timeout)?$/.exec(name);
	if (end) return { kind: 'failover-end', isTimeout: end[1] !== undefined, instance };
	const state = /^failover-state-([\w-]{1,64})$/.exec(name)?.[1];
	return state ? { kind: 'failover-state', state: wordsOf(states, state), instance } : undefined;
}

const roleWord = (role: string) => (role === 'master' ? 'primary' : role === 'slave' ? 'replica' : role);

/** `#quorum 3/2`. */
function quorumIn(rest: string): { votes?: number; quorum?: number } {
	const [, votes, quorum] = /^#quorum (\d{1,9})\/(\d{1,9})$/.exec(rest) ?? [];
	return votes === undefined ? {} : { votes: Number(votes), quorum: Number(quorum) };
}

/** `<name> <old ip> <old port> <new ip> <new port>`; a name may hold no space. */
function parseSwitch(words: readonly string[]): SentinelEvent | undefined {
	const [group = '', ip, port, newIp, newPort] = words;
	const from = addressOf(ip, port);
	const to = addressOf(newIp, newPort);
	return from && to && group !== '' ? { kind: 'switch', group: printable(group), from, to } : undefined;
}

const roles: Readonly<Record<string, Instance['role']>> = {
	master: 'primary',
	slave: 'replica',
	sentinel: 'sentinel',
};

/** `<type> <name> <ip> <port> [@ <master> <ip> <port>]`, and what stands behind. */
function parseInstance(words: readonly string[]): { instance: Instance; rest: string } | undefined {
	const [type = '', name = '', ip, port, at, master = '', masterIp, masterPort] = words;
	const role = Object.hasOwn(roles, type) ? roles[type] : undefined;
	const address = addressOf(ip, port);
	if (!role || !address || name === '') return undefined;
	if (at !== '@')
		return role === 'primary'
			? {
					instance: { role, name: printable(name), address, group: printable(name), primary: address },
					rest: words.slice(4).join(' '),
				}
			: undefined;
	const primary = addressOf(masterIp, masterPort);
	if (!primary || master === '') return undefined;
	return {
		instance: { role, name: printable(name), address, group: printable(master), primary },
		rest: words.slice(8).join(' '),
	};
}

const numberIn = (text: string | undefined) =>
	text === undefined ? undefined : countIn(text, 0, text.length);

// ---------------------------------------------------------------------------------------------------------
// Merged

/** One event, whoever told it. */
export type SentinelEntry = {
	/** When the first of them told it. */
	readonly at: number;
	readonly event: SentinelEvent;
	/** The Sentinels that told it, the first in front. */
	readonly by: readonly Address[];
};

/** Newest first. */
export type SentinelLog = readonly SentinelEntry[];

export const noSentinelLog: SentinelLog = [];

const sameMilliseconds = 5000;
const entriesKept = 200;
const tellersKept = 64;

/** The log with the message: a new entry, or one more Sentinel that says what is known. */
export function mergeSentinelMessage(log: SentinelLog, message: SentinelMessage): SentinelLog {
	const event = parseSentinelEvent(message.channel, message.text);
	const key = keyOf(event);
	const index = log.findIndex(
		entry => Math.abs(message.at - entry.at) <= sameMilliseconds && keyOf(entry.event) === key,
	);
	if (index === -1) {
		const entry: SentinelEntry = { at: message.at, event, by: [message.sentinel] };
		return [entry, ...log].sort((a, b) => b.at - a.at).slice(0, entriesKept);
	}
	const known = log[index]!;
	// The same Sentinel again is the same thing again: it went down twice, and that is news.
	const isOwnAgain = known.by.includes(message.sentinel);
	if (isOwnAgain && message.at - known.at > 1000)
		return [{ at: message.at, event, by: [message.sentinel] }, ...log].slice(0, entriesKept);
	if (isOwnAgain || known.by.length >= tellersKept) return log;
	const merged: SentinelEntry = {
		at: Math.min(known.at, message.at),
		event: known.event,
		by: message.at < known.at ? [message.sentinel, ...known.by] : [...known.by, message.sentinel],
	};
	return log.map((entry, at) => (at === index ? merged : entry));
}

/** Equal for what two Sentinels say of the same thing. */
function keyOf(event: SentinelEvent): string {
	switch (event.kind) {
		case 'switch':
			return `switch ${event.group} ${event.from} ${event.to}`;
		case 'new-epoch':
			return `new-epoch ${event.epoch}`;
		case 'vote':
			return `vote ${event.leader} ${event.epoch}`;
		case 'tilt':
			return `tilt ${event.isOver}`;
		case 'other':
			return `other ${event.channel} ${event.text}`;
		case 'sdown':
		case 'odown':
			return `${event.kind} ${event.isOver} ${instanceKey(event.instance)}`;
		case 'failover-state':
			return `${event.kind} ${event.state} ${instanceKey(event.instance)}`;
		case 'reconf':
			return `${event.kind} ${event.stage} ${instanceKey(event.instance)}`;
		case 'role-change':
			return `${event.kind} ${event.role} ${instanceKey(event.instance)}`;
		default:
			return `${event.kind} ${instanceKey(event.instance)}`;
	}
}

const instanceKey = ({ group, address }: Instance) => `${group} ${address}`;

/** What a Sentinel said, in our words where there are some. */
const wordsOf = (words: Readonly<Record<string, string>>, said: string): string =>
	Object.hasOwn(words, said) ? words[said]! : said;
