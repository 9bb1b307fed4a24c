// How checks read their input: the newest INFO, a setting, what a refusal took away, and how facts and sentences are
// made of them. Whatever a server named passes `printable` here, on its way into a text, and nowhere later.

import { hostOf, isLoopback } from '../core/cluster/hosts.ts';
import { printable, printableText } from '../core/text/printable.ts';
import { counted } from '../core/text/quantity.ts';
import { defaultLimits, type Limits } from '../core/thresholds.ts';
import type { Address, Info, NodeTrack, RedisNode } from '../core/types.ts';
import type { Fact, NodeExtra, RunbookInput, Verdict } from './runbook.ts';
import { judgedInfo } from './scan-effect.ts';

/** Names in a sentence; the rest of a longer one says nothing at 3 a.m. */
const longestName = 160;

/** A byte string (key, pattern, client name) in a text. */
export const nameOf = (bytes: string) => printable(bytes, longestName);

/** A text that was decoded already (an address, a setting, a finding) in a text. */
export const textOf = (text: string) => printableText(text, longestName);

export const trackOf = (input: RunbookInput): NodeTrack | undefined =>
	input.track ?? input.tracks?.get(input.node.address);

/** The newest INFO, or that of before the scan where the scan itself has emptied the node. */
export const infoOf = (input: RunbookInput): Info => judgedInfo(input) ?? {};

export const extraOf = (input: RunbookInput): NodeExtra => input.extras?.get(input.node.address) ?? {};

export const limitsOf = (input: RunbookInput): Limits => input.limits ?? defaultLimits;

export const timeOf = (input: RunbookInput): number => input.at ?? trackOf(input)?.lastGood?.at ?? 0;

/** A setting of CONFIG GET; undefined where it was not told. */
export function settingOf(track: NodeTrack | undefined, name: string): string | undefined {
	const config = track?.config;
	return config && Object.hasOwn(config, name) ? config[name] : undefined;
}

/** A setting that is a whole number; undefined where it is not told or is none. */
export function numberSetting(track: NodeTrack | undefined, name: string): number | undefined {
	const text = settingOf(track, name);
	return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The ACL word that is missing for a command, when it was refused: `+client|list`. */
export function missingWord(input: RunbookInput, command: string): string | undefined {
	const refusals = [...input.node.refused, ...(trackOf(input)?.refused ?? [])];
	const refused = refusals.find(refusal => refusal.command.toLowerCase().startsWith(command.toLowerCase()));
	return refused && (refused.why === 'unknown-command' ? 'not known to this server' : textOf(refused.word));
}

/** `CLIENT LIST was not allowed: the user needs +client|list`, or that it was not asked. */
export function notTold(input: RunbookInput, command: string): string {
	const word = missingWord(input, command);
	if (word === undefined) return `${command} has not been read`;
	return word.startsWith('+') ? `${command} is not allowed: the user needs ${word}` : `${command} is ${word}`;
}

/** Of a runbook that was begun with another process than the one that answers now. */
export function changedWords({ node, changed }: RunbookInput): Pick<Verdict, 'text' | 'why'> {
	const place = textOf(node.address);
	const what =
		changed === 'other-server'
			? `Another server answers at ${place} since this runbook was begun.`
			: `${place} was restarted, or another server took its place, since this runbook was begun.`;
	return {
		text: `${what} Nothing that was found is of it, and nothing is sent to it: begin again.`,
		why: 'What was read of one process is no reason to change another.',
	};
}

/** Why there is no INFO of this node: its own trouble, or simply not yet. */
export function noReading(node: RedisNode): string {
	if (node.error) return textOf(node.error.text);
	return node.health === 'down' ? 'the node does not answer' : 'no INFO of this node has been read yet';
}

export type Source = string | readonly string[];

export function fact(name: string, value: string, source: Source, note?: string): Fact {
	const sources = typeof source === 'string' ? [source] : source;
	return note === undefined ? { name, value, sources } : { name, value, sources, note };
}

/** A fact whose figure may be missing: then there is none. */
export function factOf(
	name: string,
	value: number | undefined,
	show: (value: number) => string,
	source: Source,
	note?: string,
): readonly Fact[] {
	return value === undefined || !Number.isFinite(value) ? [] : [fact(name, show(value), source, note)];
}

/** `2026-11-23T14:33:20Z`, UTC. */
export function timeText(at: number): string {
	if (!Number.isFinite(at) || Math.abs(at) > 8.64e15) return 'unknown time';
	return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

export const sentences = (...parts: readonly (string | undefined | false)[]) =>
	parts.filter(part => typeof part === 'string' && part !== '').join(' ');

export { counted, hostOf, isLoopback };

/** The host with the most of these addresses, and those on it; `addresses` is not empty. */
export function mostOnOneHost(addresses: readonly Address[]): [host: string, together: Address[]] {
	const hosts = new Map<string, Address[]>();
	for (const address of addresses)
		hosts.set(hostOf(address), [...(hosts.get(hostOf(address)) ?? []), address]);
	return [...hosts].reduce((a, b) => (b[1].length > a[1].length ? b : a));
}
