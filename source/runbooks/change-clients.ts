// Disconnecting the client whose buffers eat the memory, and the limit that would have done it before. A client is
// killed by its number and its address together: nothing else that a server or a client named becomes part of a command.

import { isApplication } from '../core/node/client-groups.ts';
import type { Client } from '../core/parse/parse-client-list.ts';
import { bytes, duration } from '../core/text/quantity.ts';
import { diagnose } from './cause.ts';
import { describeClient, heldBy, holdsMuch, placeOf } from './clients.ts';
import { infoOf, notTold, settingOf, trackOf } from './reading.ts';
import type { Change, RunbookInput } from './runbook.ts';

/**
 * CLIENT KILL of exactly this connection. An address may be another client's by now, and an id another's after a
 * restart: with both the server itself sees to it that they belong together (as far back as 2.8.12).
 */
export function killCommand(client: Client): readonly string[] | undefined {
	const { id } = client;
	const address = addressOf(client);
	if (!Number.isSafeInteger(id) || id! <= 0 || address === undefined) return undefined;
	return ['CLIENT', 'KILL', 'ID', String(id), 'ADDR', address];
}

/** As the server writes it; undefined for anything but an ip with its port, or the path of a socket. */
export function addressOf({ host, port, localAddress }: Client): string | undefined {
	if (host.startsWith('unix:/')) {
		if (!socketPath.test(host)) return undefined;
		const path = `${host.slice(5)}:0`;
		// Both ends of a socket are its path, which Valkey 9 writes as `[/run/valkey.sock:0]:0`.
		return localAddress === `[${path}]:0` ? localAddress : path;
	}
	if (port === undefined) return undefined;
	if (ipv4.test(host)) return `${host}:${port}`;
	return ipv6.test(host) ? `[${host}]:${port}` : undefined;
}

const ipv4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const ipv6 = /^[0-9a-fA-F]{0,4}(:[0-9a-fA-F.]{0,15}){2,8}(%[0-9A-Za-z]{1,16})?$/;
const socketPath = /^unix:\/[0-9A-Za-z_./-]{1,107}$/;

/** How many holders are offered at once: more is a limit's work, not an operator's. */
const mostOffered = 3;

/** One change for each client that holds much; empty where none does. */
export function killHolders(input: RunbookInput): readonly Change[] {
	const seen = diagnose(input);
	if (!seen) return [];
	const links = (input.clients ?? []).filter(client => !isApplication(client));
	return [...seen.holders, ...links]
		.filter(client => holdsMuch(client, seen.limit))
		.slice(0, mostOffered)
		.map((client, index) => killChange(input, client, index));
}

function killChange(input: RunbookInput, client: Client, index: number): Change {
	const command = killCommand(client);
	const held = bytes(heldBy(client));
	const reason = !isApplication(client)
		? 'it is a replication link: cutting it starts a resync, with a fork, at the worst moment'
		: command === undefined
			? 'the server does not tell its id and address'
			: undefined;
	return {
		id: `client-kill-${index + 1}`,
		title: `disconnect ${placeOf(client)}`,
		command: command ?? ['CLIENT', 'KILL'],
		node: input.node.address,
		effect: `The connection is closed and its ${held} of buffers are freed at once: ${describeClient(client)}.`,
		now: `client buffers ${bytes(infoOf(input).clientsNormalBytes ?? heldBy(client))}, ${held} of them here`,
		after: `${held} less used memory`,
		risk: 'Replies it has not read are lost to it, and a pipeline under way is cut off. It may connect again and do the same: find out why it does not read. No key is touched.',
		lostAtRestart: false,
		also: ['It may hold connections to other nodes too: step 1 there names it as well.'],
		order: 10 + index,
		...(command && { client: { id: client.id!, address: command[5]!, ageSeconds: client.ageSeconds } }),
		isOffered: reason === undefined,
		...(reason !== undefined && { reason }),
	};
}

const hardBytes = 256 * 1024 * 1024;
const softBytes = 64 * 1024 * 1024;
const softSeconds = 60;

/** `normal 0 0 0 slave …` → the three numbers of the class; undefined where it is not told. */
export function outputLimitOf(
	setting: string | undefined,
	kind: 'normal' | 'slave' | 'pubsub',
): { hard: number; soft: number; seconds: number } | undefined {
	const names = kind === 'slave' ? '(?:slave|replica)' : kind;
	const found = new RegExp(`(?:^| )${names} (\\d{1,15}) (\\d{1,15}) (\\d{1,9})(?: |$)`).exec(setting ?? '');
	return found ? { hard: Number(found[1]), soft: Number(found[2]), seconds: Number(found[3]) } : undefined;
}

/** A limit for normal clients, where there is none: the durable form of the kill. */
export function limitOutputBuffers(input: RunbookInput): readonly Change[] {
	const setting = settingOf(trackOf(input), 'client-output-buffer-limit');
	const normal = outputLimitOf(setting, 'normal');
	if (normal && (normal.hard > 0 || normal.soft > 0)) return [];
	const maxmemory = infoOf(input).maxmemoryBytes ?? 0;
	// A sixteenth of the limit for one client, within what replies of healthy clients need.
	const hard =
		maxmemory > 0 ? Math.max(softBytes, Math.min(hardBytes, wholeMegabytes(maxmemory / 16))) : hardBytes;
	const soft = Math.min(softBytes, hard / 4);
	const reason =
		normal === undefined
			? `the present limit is not known: ${notTold(input, 'CONFIG GET')}`
			: diagnose(input)?.cause === 'clients'
				? diagnose(input)?.kinds.some(({ id }) => id === 'client-buffers')
					? 'whether replies wait to be read is not known without CLIENT LIST'
					: undefined
				: 'no client holds much now: it relieves nothing, and can wait for a calm hour';
	return [
		{
			id: 'output-buffer-limit',
			title: "limit each client's output buffer",
			command: ['CONFIG', 'SET', 'client-output-buffer-limit', `normal ${hard} ${soft} ${softSeconds}`],
			node: input.node.address,
			effect: `The server itself disconnects a client that lets ${bytes(hard)} pile up, or ${bytes(soft)} for ${duration(softSeconds)}. MONITOR connections are normal clients too.`,
			now: 'normal 0 0 0: one client that does not read can take all memory',
			after: `normal ${bytes(hard)} ${bytes(soft)} ${softSeconds}`,
			risk: 'A client that rightly fetches replies as large (a big KEYS, LRANGE, SMEMBERS, MGET) is disconnected in the middle.',
			undo: ['CONFIG', 'SET', 'client-output-buffer-limit', 'normal 0 0 0'],
			lostAtRestart: true,
			also: [
				'Set it on every node: a replica becomes a primary with its own limits. From 7.0 on maxmemory-clients limits all clients together.',
			],
			order: 40,
			isOffered: reason === undefined,
			...(reason !== undefined && { reason }),
		},
	];
}

const wholeMegabytes = (amount: number) => Math.round(amount / 1024 / 1024) * 1024 * 1024;
