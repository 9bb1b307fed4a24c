// The lines of INFO of which there are as many as a server has replicas, databases, commands, errors and modules.

import { isKnownCode } from '../findings/refusal-kinds.ts';
import type { CommandStat } from '../info.ts';
import { type Counted, countOfAnySize } from './counters.ts';
import type { Gathered } from './info-gathered.ts';
import type { Listed } from './info-names.ts';
import { keptName, safeText } from './info-values.ts';
import { addressOf, placelessName } from './parse-address.ts';

/** Of each kind the name with its number or other name, and the line from its begin. */
export const readAsListed: Readonly<
	Record<Listed, (gathered: Gathered, name: string, line: string) => void>
> = {
	command: (gathered, _, line) => readCommand(gathered, line.slice('cmdstat_'.length)),
	module: (gathered, name, line) => readModule(gathered, valueIn(line, name)),
	error: (gathered, _, line) => readErrorCount(gathered, line.slice('errorstat_'.length)),
	replica: (gathered, name, line) => readReplica(gathered, name, valueIn(line, name)),
	database: (gathered, name, line) => readDatabase(gathered, name, valueIn(line, name)),
	primary({ otherPrimaries }, name, line) {
		if (otherPrimaries.size < 64) otherPrimaries.set(name.replace(/^master_?/, ''), valueIn(line, name));
	},
};

const valueIn = (line: string, name: string) => line.slice(name.length + 1);

// A command may be renamed to anything, ':' and ',' included: only the last ':calls=' is the server's own.
function readCommand(gathered: Gathered, line: string): void {
	const cut = line.lastIndexOf(':calls=');
	const name = keptName(line.slice(0, Math.max(0, cut)));
	if (!name) return;
	gathered.commands.set(name, statOf(partsOf(line.slice(cut + 1))));
}

const statParts = [
	['calls', 'calls'],
	['usec', 'usec'],
	['rejected_calls', 'rejected'],
	['failed_calls', 'failed'],
] as const;

function statOf(parts: ReadonlyMap<string, string>): CommandStat {
	const stat: Record<string, number | undefined> = {};
	const exact: Record<string, bigint> = {};
	for (const [name, part] of statParts) {
		const counted = countedPart(parts, name);
		stat[part] = counted.value;
		if (counted.exact !== undefined) exact[part] = counted.exact;
	}
	return Object.keys(exact).length > 0 ? { ...stat, exact } : stat;
}

/** Servers stop at 128 since 7.2; before, each error that a script makes up stays for ever, and is read each time. */
const mostErrors = 1000;

function readErrorCount(gathered: Gathered, line: string): void {
	const cut = line.lastIndexOf(':count=');
	const name = keptName(line.slice(0, Math.max(0, cut)));
	if (!name) return;
	if (gathered.errors.size >= mostErrors && !isKnownCode(name) && !gathered.errors.has(name))
		gathered.hasMoreErrors = true;
	else gathered.errors.set(name, countOfAnySize(line, cut + 7, line.length).value);
}

const mostModules = 64;

function readModule(gathered: Gathered, line: string): void {
	const name = safeText(partsOf(line).get('name'));
	if (name && gathered.modules.length < mostModules) gathered.modules.push(name);
}

function readReplica(gathered: Gathered, name: string, line: string): void {
	const parts = partsOf(line);
	// The second connection of a full sync over two channels: its replica stands in the line of the main one.
	if (parts.get('type') === 'rdb-channel') return;
	const [ip, port] = [parts.get('ip'), parts.get('port')];
	if (ip === undefined && port === undefined) return;
	const address = addressOf(ip, port) ?? placelessName(`${ip || '?'}:${port ?? 0}`);
	const state = inStep.get(parts.get('state') ?? '') ?? safeText(parts.get('state'));
	const offset = countPart(parts, 'offset');
	gathered.replicas.set(name, { address, state, offset, lagSeconds: countPart(parts, 'lag') });
}

/** Other servers' words for a replica that has all and is sent each write. */
const inStep: ReadonlyMap<string, string> = new Map([['stable_sync', 'online']]);

function readDatabase(gathered: Gathered, name: string, line: string): void {
	const parts = partsOf(line);
	const keys = countPart(parts, 'keys');
	const expires = countPart(parts, 'expires');
	if (!parts.has('keys')) return;
	const avgTtlMilliseconds = countPart(parts, 'avg_ttl');
	const isPart = keys === undefined || expires === undefined || expires <= keys;
	const withTtl = isPart ? expires : undefined;
	const withFieldTtl = countPart(parts, 'subexpiry') ?? countPart(parts, 'keys_with_volatile_items');
	gathered.databases.set(name, {
		...{ db: Number(name.slice(2)), keys, expires: withTtl, avgTtlMilliseconds },
		...(withFieldTtl !== undefined && { withFieldTtl }),
	});
}

/** `ip=::1,port=6379` → its parts; at the first '=' each, so a value may hold one. */
function partsOf(line: string): Map<string, string> {
	const parts = new Map<string, string>();
	for (const part of line.split(',')) {
		const equals = part.indexOf('=');
		if (equals > 0) parts.set(part.slice(0, equals), part.slice(equals + 1));
	}
	return parts;
}

function countedPart(parts: ReadonlyMap<string, string>, name: string): Counted {
	const text = parts.get(name);
	return text === undefined ? {} : countOfAnySize(text, 0, text.length);
}

const countPart = (parts: ReadonlyMap<string, string>, name: string) => countedPart(parts, name).value;
