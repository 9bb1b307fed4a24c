// The servers that are named, and how they are reached: addresses, bastions, --nat, user and password.

import { resolve } from 'node:path';
import { wrong } from '../flag-words.ts';
import { parseSeed, type Seed } from '../seed.ts';
import { firstLine, type Given, type Text, type Way, wholeNumberOf } from './given.ts';

/** How connections are made, where it is not by a socket of our own. */
export function wayOf(text: Text, seeds: readonly Seed[]): Way {
	const way = checkedWay(text, { via: text('via'), ssh: text('ssh') }, seeds);
	// What is typed is for all; else each fleet of the settings has its own.
	const own = new Map(
		seeds.filter(({ via, ssh }) => via !== undefined || ssh !== undefined).map(seed => [seed.fleet, seed]),
	);
	for (const [fleet, { via, ssh }] of own)
		checkedWay(
			text,
			{ via, ssh },
			seeds.filter(seed => seed.fleet === fleet),
		);
	return way;
}

function checkedWay(text: Text, { via, ssh }: Way, seeds: readonly Seed[]): Way {
	if (via === undefined && ssh === undefined) return {};
	if (via !== undefined && ssh !== undefined) wrong('--ssh is a --via of its own: give one');
	const name = via === undefined ? 'ssh' : 'via';
	const other = ['replay', 'demo'].find(each => text(each) !== undefined);
	if (other) wrong(`--${name} is for live servers: leave it out with --${other}`);
	const socket = seeds.find(({ address }) => address.startsWith('unix:'));
	if (socket) wrong(`--${name} leads to hosts and ports, not to ${socket.address}`);
	if (via?.trim() === '') wrong('--via needs a command, like: ssh -W %h:%p bastion');
	if (via !== undefined && seeds.length > 1 && !/%h/.test(via))
		wrong('--via without %h leads to one server, and several are named');
	if (ssh !== undefined && !/^([^\s@-][^\s@]*@)?(\[[\da-f:]+\]|[\w][\w.-]*)(:\d{1,5})?$/i.test(ssh))
		wrong(`--ssh ${ssh}: must be [USER@]HOST[:PORT]`);
	return via === undefined ? { ssh } : { via };
}

export function seedsOf(given: Given, text: (name: string) => string | undefined): readonly Seed[] {
	const socket = text('socket');
	const uri = text('uri');
	const host = text('host');
	const port = wholeNumberOf('-p', text('port'), 1, 65535);
	const byFlags = [host !== undefined || port !== undefined, socket !== undefined, uri !== undefined].filter(
		Boolean,
	).length;
	if (byFlags > 1) wrong('-h/-p, -s and -u each name the server: give one of them');
	if (byFlags > 0 && given.addresses.length > 0 && (host !== undefined || port === undefined))
		wrong('the server is named twice: give an address, or -h, -p, -s, -u');
	const named =
		socket !== undefined
			? [socket.startsWith('unix:') ? socket : `unix:${resolve(socket)}`]
			: uri !== undefined
				? [uri]
				: given.addresses.length > 0
					? given.addresses
					: [host ?? '127.0.0.1'];
	const isTyped = text('via') !== undefined || text('ssh') !== undefined;
	return named.map(address => {
		const seed = parseSeed(address, port ?? 6379);
		if ('problem' in seed) return wrong(seed.problem);
		const fleet = given.fleetNames.get(address);
		return { ...seed, fleet, ...(isTyped ? {} : given.ways.get(fleet ?? '')) };
	});
}

/** The first line, so that an editor's newline is no part of it. */
export function passwordIn(
	content: Buffer | undefined,
	path: string | undefined,
	name = 'passfile',
): string | undefined {
	if (content === undefined) return undefined;
	return firstLine(content) || wrong(`--${name}: ${path} is empty: the password is its first line`);
}

/** The first that is not empty; where every server is named by valkey:// or redict://, its own before the others. */
const passwordVariables = ['REDISCLI_AUTH', 'VALKEYCLI_AUTH', 'REDICTCLI_AUTH'] as const;

export function passwordOf(
	env: Readonly<Record<string, string | undefined>>,
	seeds: readonly Seed[],
): string | undefined {
	const [family] = new Set(seeds.map(seed => seed.family));
	const isOne = seeds.every(seed => seed.family === family);
	const own = isOne && family ? `${family.toUpperCase()}CLI_AUTH` : '';
	return [own, ...passwordVariables].map(name => env[name]).find(Boolean);
}

export function natOf(rules: readonly string[] | undefined): ReadonlyMap<string, string> {
	const map = new Map<string, string>();
	for (const rule of rules ?? []) {
		const [from, to, more] = rule.split('=');
		if (!from || !to || more !== undefined)
			wrong(`--nat ${rule}: must be FROM=TO, e.g. 10.0.1.11:6379=bastion:16379`);
		const hasPort = (address: string) => /:\d+$/.test(address);
		if (hasPort(from!) !== hasPort(to!)) wrong(`--nat ${rule}: both sides with a port, or both without`);
		map.set(from!, to!);
	}
	return map;
}
