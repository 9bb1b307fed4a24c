// What was gathered of INFO, put together: what follows from several of its fields, and what servers say in other ways.

import { isKnownCode } from '../findings/refusal-kinds.ts';
import { type Info, infoFields } from '../info.ts';
import { hasMainThread } from '../known-servers.ts';
import type { Gathered } from './info-gathered.ts';
import { fractionIn } from './info-values.ts';
import { addressOf } from './parse-address.ts';
import { identityOf } from './server-identity.ts';

export const infoOf = (gathered: Gathered): Info => whole(join(gathered));

/** Of a reply that contradicts itself the part that would be larger than its whole is not known. */
function whole(info: Info): Info {
	const { blockedClients = 0, connectedClients = Number.POSITIVE_INFINITY } = info;
	return blockedClients > connectedClients ? { ...info, blockedClients: undefined } : info;
}

/** Written into the copy of what was read, part by part: to put the parts together first took longer than to read them. */
function join(gathered: Gathered): Info {
	const { exact, fields } = gathered;
	const identity = identityOf(gathered.identity);
	const info: Record<string, unknown> = { ...fields };
	Object.assign(info, identity, replicationOf(gathered), listsOf(gathered));
	addCpu(info, gathered.ingredients, identity.server);
	if (Object.keys(exact).length > 0) info.exact = { ...exact };
	info.luaBytes = luaBytesOf(fields);
	info.scriptsBytes = scriptsBytesOf(fields, identity);
	return info as Info;
}

const cpuFields = Object.entries(infoFields).flatMap(([field, { kind }]) => (kind === 'cpu' ? [field] : []));

// Where many threads run commands, that of one among them says nothing: Dragonfly tells of the one that answers.
function addCpu(
	info: Record<string, unknown>,
	found: ReadonlyMap<string, string>,
	server: Info['server'],
): void {
	for (const field of cpuFields) {
		const told = found.get(field);
		if (told === undefined || (field.endsWith('MainSeconds') && !hasMainThread(server))) continue;
		info[field] = secondsIn(told, server === 'dragonfly');
	}
}

/** `12.93`; of Dragonfly that is 12 s and 93 us, for it writes the microseconds without their zeros. */
function secondsIn(text: string, isUnpadded: boolean): number | undefined {
	const [, whole, micros] = /^(\d{1,15})\.(\d{1,6})$/.exec(text) ?? [];
	return isUnpadded && micros !== undefined
		? Number(whole) + Number(micros) / 1e6
		: fractionIn(text.slice(0, 40));
}

// `single` is a primary without replicas; KeyDB's `active-replica` takes writes and has a link to another.
const roles: ReadonlyMap<string, Info['role']> = new Map([
	['master', 'primary'],
	['primary', 'primary'],
	['single', 'primary'],
	['active-replica', 'primary'],
	['slave', 'replica'],
	['replica', 'replica'],
]);

function replicationOf({ ingredients, fields, replicas, otherPrimaries }: Gathered): Info {
	const role = roles.get(ingredients.get('role') ?? '');
	// Of several primaries the one word for all of their links.
	const link = ingredients.get('master_global_link_status') ?? ingredients.get('master_link_status');
	const others = othersOf(otherPrimaries);
	return {
		role,
		...(ingredients.get('role') === 'active-replica' && { isActiveReplica: true }),
		primary: addressOf(ingredients.get('master_host'), ingredients.get('master_port')),
		...(others.length > 0 && { otherPrimaries: others }),
		isLinkUp: link === 'up' ? true : link === 'down' ? false : undefined,
		...neverUp(fields),
		// A diskless sync does not know its size: the total is 0 or -1, and the percentage then stays 0.00 to the end.
		syncPercent: fields.syncTotalBytes ? (fields.syncPercent as number | undefined) : undefined,
		replicas: replicas.size > 0 || fields.connectedReplicas === 0 ? [...replicas.values()] : undefined,
	};
}

const othersOf = (found: ReadonlyMap<string, string>) =>
	[...found].flatMap(([name, host]) =>
		name.endsWith('_host') ? (addressOf(host, found.get(name.replace('_host', '_port'))) ?? []) : [],
	);

// Before 6.2 a link that never was up is down since 1970 (redis/redis#4667); later servers say -1. No link can be down
// for longer than its server runs.
function neverUp({ linkDownSeconds, uptimeSeconds }: Gathered['fields']): Pick<Info, 'linkDownSeconds'> {
	const isLonger =
		typeof linkDownSeconds === 'number' &&
		typeof uptimeSeconds === 'number' &&
		linkDownSeconds > uptimeSeconds + 60;
	return isLonger ? { linkDownSeconds: undefined } : {};
}

// Before 7.0 there was one interpreter; since then there are those of scripts and functions, of which that one is only
// the first. The cached scripts themselves are counted apart in all versions.
function luaBytesOf({ interpretersBytes, evalInterpreterBytes, scriptTextsBytes }: Info): number | undefined {
	const machines = interpretersBytes ?? evalInterpreterBytes;
	return machines === undefined ? undefined : machines + (scriptTextsBytes ?? 0);
}

// Their texts are part of used_memory everywhere; the interpreters with what they compiled only in Redis from 7.4 on,
// which allocates Lua as all else. Valkey and the older ones have them beside it: measured on 7.0, 8.0 and Valkey 8.1.
function scriptsBytesOf({ interpretersBytes, scriptTextsBytes }: Info, identity: Info): number | undefined {
	const machines = hasLuaInUsed(identity) ? interpretersBytes : 0;
	return scriptTextsBytes === undefined || machines === undefined ? undefined : scriptTextsBytes + machines;
}

function hasLuaInUsed({ server, version = '' }: Info): boolean {
	const [, major = 0, minor = 0] = (/^(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
	return server === 'redis' && (major > 7 || (major === 7 && minor >= 4));
}

// fromEntries makes own properties of any name, `__proto__` too, where an assignment would not.
function listsOf(gathered: Gathered): Info {
	const { databases, errors, commands, modules, hasKeyspace, hasErrors, hasModules } = gathered;
	return {
		...(hasModules && { modules }),
		databases: databases.size > 0 || hasKeyspace ? [...databases.values()] : undefined,
		...errorsOf(errors, hasErrors, gathered.hasMoreErrors),
		commands: commands.size > 0 ? Object.fromEntries(commands) : undefined,
	};
}

const switchedOff = 'ERRORSTATS_DISABLED';

const overflowed = 'ERRORSTATS_OVERFLOW';

function errorsOf(errors: Map<string, number | undefined>, hasSection: boolean, hasMore: boolean): Info {
	if (errors.has(switchedOff)) return { errors: undefined, errorsStopped: 'off' };
	// Which of the others come first changes with each new one, and one that is gone would pass for a restart.
	if (hasMore) for (const name of errors.keys()) if (!isKnownCode(name)) errors.delete(name);
	return {
		errors: errors.size > 0 || hasSection ? Object.fromEntries(errors) : undefined,
		...((hasMore || errors.has(overflowed)) && { errorsStopped: 'partly' }),
	};
}
