// What a change was shown with, and whether it is still so: the process at the address, its role and version, the
// setting that is set, the limit and the policy, the client that is disconnected. Held against a reading made right
// before the change is sent. What differs by nature (used memory, buffers) is not held against its figure: there the
// reason must still hold, and the harm not be much more than was told. Pure; it sends nothing and asks nothing.

import { processChange } from '../core/fleet/process-change.ts';
import { type Client, parseClientList } from '../core/parse/parse-client-list.ts';
import { isError } from '../core/reply.ts';
import { printableText } from '../core/text/printable.ts';
import { bytes, duration } from '../core/text/quantity.ts';
import type { Address, Info, NodeTrack, Sample } from '../core/types.ts';
import { addressOf, outputLimitOf } from './change-clients.ts';
import { describeClient } from './clients.ts';
import { runbookLimits } from './limits.ts';
import { textOf } from './reading.ts';
import type { Change } from './runbook.ts';

/** As it was when the question was asked. */
export type Grounds = {
	/** The newest reading with an INFO. */
	readonly sample?: Sample;
	readonly config?: Readonly<Record<string, string>>;
	/** The same of the other nodes that the offer rests on. */
	readonly beside?: ReadonlyMap<Address, Sample>;
};

export function groundsOf(
	{ node, restsOn = [] }: Pick<Change, 'node' | 'restsOn'>,
	tracks: ReadonlyMap<Address, NodeTrack> | undefined,
): Grounds {
	const { lastGood: sample, config } = tracks?.get(node) ?? {};
	const beside = restsOn.flatMap(address => {
		const newest = address === node ? undefined : tracks?.get(address)?.lastGood;
		return newest ? [[address, newest] as const] : [];
	});
	return { sample, config, beside: new Map(beside) };
}

/** Another server at the address of a node that the offer rests on; a primary that is back empty was restarted. */
export function whatDiffersBeside({ beside }: Grounds, now: readonly Sample[]): string | undefined {
	const strange = now.find(sample => {
		const then = sample.info && beside?.get(sample.node);
		return then && processChange(then, sample) === 'other-server';
	});
	return strange && `another server answers at ${textOf(strange.node)} now`;
}

/** The setting that a change sets, and to what; undefined for any other change. */
export function settingIn({
	command,
}: Pick<Change, 'command'>): { readonly name: string; readonly value: string } | undefined {
	const [first, second, name, value] = command;
	return first === 'CONFIG' && second === 'SET' && name !== undefined && value !== undefined
		? { name, value }
		: undefined;
}

/** What is another than when the question was asked, in words; undefined where nothing is. */
export function whatDiffers(change: Change, then: Grounds, now: Sample): string | undefined {
	if (now.error) return now.error.text;
	const { info } = now;
	if (!info) return 'it does not tell what it is: the user needs +info';
	const was = then.sample?.info ?? {};
	return (
		processText(then.sample, now) ??
		roleText(change, was, info) ??
		versionText(was, info) ??
		settingText(change, then, now) ??
		limitText(change, was, info) ??
		clientText(change, now)
	);
}

function processText(then: Sample | undefined, now: Sample): string | undefined {
	switch (then && processChange(then, now)) {
		case 'restarted':
			return 'it was restarted meanwhile';
		case 'other-server':
			return 'another server answers at this address now';
		default:
			return undefined;
	}
}

/** `sentinel` stands for one: it has no other role. */
const roleOf = ({ role, mode }: Info) => (mode === 'sentinel' ? 'sentinel' : role);

function roleText(change: Change, was: Info, is: Info): string | undefined {
	const before = change.undoes ? (change.undoes.role ?? roleOf(was)) : roleOf(was);
	const now = roleOf(is);
	if (before === now) return undefined;
	return `it is ${now === undefined ? 'of no known role' : `a ${now}`} now, not a ${before ?? 'node of a known role'}`;
}

function versionText(was: Info, is: Info): string | undefined {
	if (was.version === is.version && was.server === is.server) return undefined;
	return `it runs ${textOf(is.version ?? 'an unknown version')} now, not ${textOf(was.version ?? 'an unknown version')}`;
}

// ---------------------------------------------------------------------------------------------------------
// Settings

/** An undo rests on what the change has set; any other change on what was known. */
function settingText(change: Change, then: Grounds, now: Sample): string | undefined {
	const setting = settingIn(change);
	if (!setting) return undefined;
	const { name } = setting;
	const before = change.undoes ? change.undo?.[3] : settingValue(name, then.sample?.info, then.config);
	const is = settingValue(name, now.info, now.config);
	if (isSameSetting(name, before, is)) return undefined;
	if (is === undefined) return `${name} cannot be read any more`;
	return `${name} is ${shown(name, is)} now, not ${before === undefined ? 'unknown' : shown(name, before)}`;
}

/** INFO tells these two as well, to users who may not ask for settings. */
function settingValue(
	name: string,
	info: Info | undefined,
	config: Readonly<Record<string, string>> | undefined,
): string | undefined {
	if (name === 'maxmemory' && info?.maxmemoryBytes !== undefined) return String(info.maxmemoryBytes);
	if (name === 'maxmemory-policy' && info?.maxmemoryPolicy !== undefined) return info.maxmemoryPolicy;
	return config && Object.hasOwn(config, name) ? config[name] : undefined;
}

/** Of the output buffer limits one class is set, and CONFIG GET tells all three. */
function isSameSetting(name: string, before: string | undefined, is: string | undefined): boolean {
	if (before === is) return true;
	if (name !== 'client-output-buffer-limit') return false;
	const [one, other] = [outputLimitOf(before, 'normal'), outputLimitOf(is, 'normal')];
	return one !== undefined && JSON.stringify(one) === JSON.stringify(other);
}

const shown = (name: string, value: string) =>
	name === 'maxmemory' && /^\d{1,15}$/.test(value)
		? value === '0'
			? 'no limit'
			: bytes(Number(value))
		: textOf(value);

/** Every offer about memory rests on both, whatever it sets. */
function limitText(change: Change, was: Info, is: Info): string | undefined {
	const set = settingIn(change)?.name;
	for (const [name, before, now] of [
		['maxmemory', was.maxmemoryBytes, is.maxmemoryBytes],
		['maxmemory-policy', was.maxmemoryPolicy, is.maxmemoryPolicy],
	] as const) {
		if (name === set || before === now) continue;
		const words = (value: string | number | undefined) =>
			value === undefined ? 'unknown' : shown(name, String(value));
		return `${name} is ${words(now)} now, not ${words(before)}`;
	}
	return undefined;
}

// ---------------------------------------------------------------------------------------------------------
// A client

const longestError = 80;
/** Server clocks count whole seconds. */
const ageToleranceSeconds = 2;

/** What was told of the client that is disconnected; undefined where nothing was. */
export function clientIn({ client }: Change, sample: Sample): Client | undefined {
	return clientsIn(sample)?.find(({ id }) => id === client?.id);
}

function clientsIn({ others = [] }: Sample): readonly Client[] | undefined {
	const reply = others.find(([command]) => command.startsWith('client list'))?.[1];
	return typeof reply === 'string' ? parseClientList(reply) : undefined;
}

function clientText(change: Change, now: Sample): string | undefined {
	const { client } = change;
	if (!client) return undefined;
	const [, reply] = now.others?.find(([command]) => command.startsWith('client list')) ?? [];
	// Of a server that lists all or none it is asked only for the yes.
	if (reply === undefined) return undefined;
	if (isError(reply)) return `CLIENT LIST is refused now: ${printableText(reply.error, longestError)}`;
	const is = clientIn(change, now);
	const place = textOf(client.address);
	if (!is) return `client ${place} is gone`;
	const address = addressOf(is);
	if (address !== client.address) return `id ${client.id} is another client now: ${describeClient(is)}`;
	if (client.ageSeconds === undefined || is.ageSeconds === undefined) return undefined;
	return is.ageSeconds < client.ageSeconds - ageToleranceSeconds
		? `${place} is a new connection, ${duration(is.ageSeconds)} old: the one that was shown is gone`
		: undefined;
}

// ---------------------------------------------------------------------------------------------------------
// The reason

/**
 * What the same offer, made anew of what was just read, says against the one that was shown: it is not made any more, or
 * would do much more than was told. `anew` is undefined where it is not named at all.
 */
export function noMoreOffered(shownOne: Change, anew: Change | undefined): string | undefined {
	if (!anew) return 'what it was offered for is over';
	if (!anew.isOffered) return anew.reason ?? 'it is not offered any more';
	if (anew.node !== shownOne.node) return `it would be sent to ${printableText(anew.node)} now`;
	if (!settingIn(shownOne) && anew.command.join(' ') !== shownOne.command.join(' '))
		return `it takes another command now: ${printableText(anew.command.join(' '))}`;
	if (JSON.stringify(anew.undo) !== JSON.stringify(shownOne.undo))
		return 'the setting has changed meanwhile: look again';
	return moreHarmText(shownOne, anew) ?? roomText(shownOne, anew);
}

function moreHarmText({ evictsBytes: told }: Change, { evictsBytes: now }: Change): string | undefined {
	if (told === undefined || now === undefined) return undefined;
	const most = Math.max(told * runbookLimits.moreEvictedTimes, told + runbookLimits.moreEvictedBytes);
	return now > most ? `it would evict ${bytes(now)} at once by now, ${bytes(told)} was shown` : undefined;
}

function roomText(change: Change, { roomBytes }: Change): string | undefined {
	const value = Number(settingIn(change)?.value);
	if (roomBytes === undefined || !Number.isFinite(value) || value <= roomBytes) return undefined;
	return `there is room for ${bytes(roomBytes)} by now`;
}

/**
 * The offer that is this one among those made anew: of clients by who is disconnected, for their order changes. One that
 * would be sent elsewhere by now is the same offer, and is told so.
 */
export function sameOffer({ id, client, node }: Change, anew: readonly Change[]): Change | undefined {
	if (client)
		return anew.find(each => each.client?.id === client.id && each.client.address === client.address);
	const named = anew.filter(each => each.id === id);
	return named.find(each => each.node === node) ?? named[0];
}
