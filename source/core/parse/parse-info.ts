// INFO as text → Info, by the table of its fields (info.ts). Servers, versions and managed services differ, so every field
// may be absent, and one whose value is not what INFO promises (text for a number, NaN, -1 for "none") is left undefined
// while the rest stays. Unknown fields are passed by. One pass over the text and no regular expression on the way: a fleet
// of 100 nodes means 100 of these a second. It judges nothing and computes no ratio; texts are made safe for a terminal
// here, because they land on one.

import { isKnownCode } from '../findings/refusal-kinds.ts';
import {
	type CommandStat,
	closeInfoFields,
	type Database,
	type Info,
	type InfoDetails,
	type InfoField,
	type InfoKind,
	infoFields,
	infoIngredients,
	type JoinedInfo,
	type ReplicaLine,
} from '../info.ts';
import { hasMainThread } from '../known-servers.ts';
import { countIn } from '../reply.ts';
import { shapeOf } from '../shape.ts';
import { ownText } from '../text/own-text.ts';
import { printable } from '../text/printable.ts';
import { type Counted, countOfAnySize } from './counters.ts';
import { addressOf, placelessName } from './parse-address.ts';
import { identityOf, isOfIdentity, keepOfIdentity } from './server-identity.ts';

type Kind = InfoKind | 'ingredient';
type Entry = { readonly kind: Kind; readonly field: string };

const cpuFields = Object.entries(infoFields).flatMap(([field, { kind }]) => (kind === 'cpu' ? [field] : []));

/** By the names that servers have for them. */
const entries: ReadonlyMap<string, Entry> = new Map<string, Entry>([
	...rows(infoFields),
	...infoIngredients.map((name): [string, Entry] => [name, { kind: 'ingredient', field: name }]),
]);
const closeEntries: ReadonlyMap<string, Entry> = new Map(rows(closeInfoFields));

function rows(table: Readonly<Record<string, InfoField>>): [string, Entry][] {
	return Object.entries(table).flatMap(([field, { kind, names }]) =>
		names.map((name): [string, Entry] => [name, { kind: kind === 'cpu' ? 'ingredient' : kind, field }]),
	);
}

type Value = number | string | boolean | undefined;

/** What is joined, for each its name. */
const joinedNames = Object.keys({
	...{ server: 1, unknownServer: 1, version: 1, compatibleVersion: 1, service: 1, mode: 1 },
	...{ luaBytes: 1, scriptsBytes: 1, modules: 1, role: 1, isActiveReplica: 1, primary: 1 },
	...{ otherPrimaries: 1, isLinkUp: 1, replicas: 1, errors: 1, errorsStopped: 1, databases: 1 },
	...{ commands: 1, exact: 1 },
} satisfies Record<keyof JoinedInfo, 1>);

const blankInfo: Readonly<Record<string, undefined>> = shapeOf([
	...new Set([...Object.keys(infoFields), ...joinedNames]),
]);

/** What one pass gathers. Maps and not objects: names come from the server, and one may be `__proto__`. */
type Gathered = {
	readonly fields: Record<string, Value>;
	readonly exact: Record<string, bigint>;
	readonly ingredients: Map<string, string>;
	readonly identity: Map<string, string>;
	otherPrimaries: Map<string, string>;
	replicas: Map<string, ReplicaLine>;
	databases: Map<string, Database>;
	errors: Map<string, number | undefined>;
	commands: Map<string, CommandStat>;
	modules: string[];
	hasErrors: boolean;
	hasMoreErrors: boolean;
	hasKeyspace: boolean;
	hasModules: boolean;
};

/** INFO of any sections, any version; `text` as it came (a byte string). Never throws, whatever the text. */
export const parseInfo = (text: string): Info => infoOf(gather(text));

const infoOf = (gathered: Gathered): Info => whole(join(gathered));

/**
 * A text in parts, and what was gathered of it: the reader's own, written over at each text. A part is a line that has
 * changed before or one of a list, else as many lines as lie between two of those: they are compared at once.
 */
type Known = {
	text: string;
	/** Of each line; undefined where it is no field. */
	readonly names: readonly (Name | undefined)[];
	/** Of each part its first line, and where in the text it begins. */
	readonly parts: number[];
	readonly starts: number[];
	readonly gathered: Gathered;
};

/**
 * `parseInfo` for one text after the other of one node: of 200 lines some forty are not what they were a second ago, and
 * only those are read. It holds the last text.
 */
export function infoReader(): (text: string) => Info {
	let known: Known | undefined;
	return text => {
		if (known && gatherChanges(known, text)) return infoOf(known.gathered);
		known = undefined;
		const names: (Name | undefined)[] = [];
		const parts: number[] = [];
		const starts: number[] = [];
		const gathered = gather(text, (start, name) => {
			const line = names.length;
			if (line > mostLines) return;
			if (line === 0 || name?.listed || names[line - 1]?.listed) {
				parts.push(line);
				starts.push(start);
			}
			names.push(name);
		});
		if (names.length <= mostLines) known = { text, names: sameNames(names), parts, starts, gathered };
		return infoOf(gathered);
	};
}

/** Ten times as many as a server with all its sections has; of more each text is read by itself. */
const mostLines = 10_000;

function gather(text: string, each?: (start: number, name: Name | undefined) => void): Gathered {
	const gathered: Gathered = { fields: { ...blankInfo }, ...nothingListed(), exact: {}, ...noIngredients() };
	let last = firstName;
	eachLine(text, (start, end) => {
		const name = readLine(gathered, text, start, end, last);
		last = name ?? last;
		each?.(start, name);
	});
	return gathered;
}

const noIngredients = () => ({
	ingredients: new Map<string, string>(),
	identity: new Map<string, string>(),
});

const nothingListed = () => ({
	otherPrimaries: new Map<string, string>(),
	replicas: new Map<string, ReplicaLine>(),
	databases: new Map<string, Database>(),
	errors: new Map<string, number | undefined>(),
	commands: new Map<string, CommandStat>(),
	modules: [],
	hasErrors: false,
	hasMoreErrors: false,
	hasKeyspace: false,
	hasModules: false,
});

/**
 * Takes over what a text says; false where its lines are not those of before: then all of it is read anew, and what is
 * known is of no more use. Written into what is known: a copy of all of it at each text lives for one round, which is what
 * a collection of garbage takes longest over.
 */
function gatherChanges(known: Known, text: string): boolean {
	const { text: before, names, parts, starts, gathered } = known;
	if (!isEachOnce(names)) return false;
	let isListChanged = false;
	let at = 0;
	for (let part = 0; part < parts.length; ) {
		const same = before.slice(starts[part], starts[part + 1]);
		// Cut and compared: it is faster than startsWith, which goes letter by letter.
		const isSame = text.slice(at, at + same.length) === same;
		if (!isSame && (parts[part + 1] ?? names.length) - parts[part]! > 1) {
			fallApart(known, part, text, at);
			continue;
		}
		const name = names[parts[part]!];
		starts[part++] = at;
		if (isSame) {
			at += same.length;
			continue;
		}
		if (name === undefined || name.isIdentity || !text.startsWith(name.head, at)) return false;
		const end = endOfLine(text, at);
		if (name.entry) readField(gathered, name.entry, text, at + name.head.length, end.text);
		else if (name.listed) isListChanged = true;
		at = end.next;
	}
	if (at < text.length) return false;
	known.text = text;
	if (isListChanged) relist(known);
	return true;
}

/** Of a part of several lines: each that is another in `text` becomes one of its own. */
function fallApart(
	{ text: before, names, parts, starts }: Known,
	part: number,
	text: string,
	at: number,
): void {
	const behind = parts[part + 1] ?? names.length;
	const lines: number[] = [];
	const begins: number[] = [];
	let isRun = false;
	let from = starts[part]!;
	for (let line = parts[part]!; line < behind; line++) {
		const { next } = endOfLine(before, from);
		const same = before.slice(from, next);
		const isSame = text.slice(at, at + same.length) === same;
		if (!isSame || !isRun) {
			lines.push(line);
			begins.push(from);
		}
		isRun = isSame;
		at = isSame ? at + same.length : endOfLine(text, at).next;
		from = next;
	}
	parts.splice(part, 1, ...lines);
	starts.splice(part, 1, ...begins);
}

/** Replicas, databases and errors are as many as there are lines of them. */
function relist({ text, names, parts, starts, gathered }: Known): void {
	const { hasErrors, hasKeyspace, hasModules } = gathered;
	Object.assign(gathered, nothingListed(), { hasErrors, hasKeyspace, hasModules });
	for (let part = 0; part < parts.length; part++) {
		const { name, listed: as } = names[parts[part]!] ?? firstName;
		const start = starts[part]!;
		if (as) readAsListed[as](gathered, name, text.slice(start, endOfLine(text, start).text));
	}
}

const knownOnce = new WeakMap<Known['names'], boolean>();

/** Of a field that stands there twice the last counts, whichever of them has changed. */
function isEachOnce(names: Known['names']): boolean {
	const known = knownOnce.get(names);
	if (known !== undefined) return known;
	const fields = names.flatMap(name => name?.entry?.field ?? []);
	const isOnce = new Set(fields).size === fields.length;
	knownOnce.set(names, isOnce);
	return isOnce;
}

/** The nodes of a fleet have one list of names. */
function sameNames(names: Known['names']): Known['names'] {
	const same = lists.find(
		list => list.length === names.length && list.every((name, index) => name === names[index]),
	);
	if (same) return same;
	lists = [names, ...lists].slice(0, mostLists);
	return names;
}
let lists: readonly Known['names'][] = [];
const mostLists = 8;

/** What the screen and the runbooks of one node read besides; `text` as it came. Never throws, whatever the text. */
export function parseInfoDetails(text: string): InfoDetails {
	const details: Record<string, Value> = {};
	eachLine(text, (start, end) => {
		const colon = colonIn(text, start, Math.min(end, start + longestName));
		const entry = colon === -1 ? undefined : closeEntries.get(text.slice(start, colon));
		if (entry) details[entry.field] = readValue(entry.kind, text, colon + 1, end);
	});
	return details;
}

function eachLine(text: string, read: (start: number, end: number) => void): void {
	for (let start = 0; start < text.length; ) {
		const end = endOfLine(text, start);
		read(start, end.text);
		start = end.next;
	}
}

/** Of the line that begins at `start`: of its text, and where the next one begins. */
function endOfLine(text: string, start: number): { readonly text: number; readonly next: number } {
	const feed = text.indexOf('\n', start);
	const next = feed === -1 ? text.length : feed;
	return { text: text.charCodeAt(next - 1) === 13 ? next - 1 : next, next: next + 1 };
}

/** Of a reply that contradicts itself the part that would be larger than its whole is not known. */
function whole(info: Info): Info {
	const { blockedClients = 0, connectedClients = Number.POSITIVE_INFINITY } = info;
	return blockedClients > connectedClients ? { ...info, blockedClients: undefined } : info;
}

const hash = 35;
const longestName = 256;

/** `last` is the name of the field before; gives that of this one, undefined where the line is none. */
function readLine(
	gathered: Gathered,
	text: string,
	start: number,
	end: number,
	last: Name,
): Name | undefined {
	if (text.charCodeAt(start) === hash) {
		readHeading(gathered, text.slice(start, Math.min(end, start + longestName)));
		return undefined;
	}
	const known = nameIn(text, start, end, last);
	if (known === undefined) return undefined;
	const { name, entry, isIdentity, listed } = known;
	const from = start + name.length + 1;
	if (isIdentity) keepOfIdentity(gathered.identity, name, text.slice(from, Math.min(end, from + 256)));
	else if (entry) readField(gathered, entry, text, from, end);
	else if (listed) readAsListed[listed](gathered, name, text.slice(start, end));
	return known;
}

/** A name in front of a colon, and which one followed it last: INFO has its lines in the same order each time. */
type Name = {
	readonly name: string;
	readonly head: string;
	readonly entry?: Entry;
	readonly isIdentity: boolean;
	readonly listed?: Listed;
	next?: Name;
};
const firstName: Name = { name: '', head: ':', isIdentity: false };
const names = new Map<string, Name>();
/** A server has 200; what it and its clients make up is not remembered without end. */
const mostNames = 2000;

function nameIn(text: string, start: number, end: number, last: Name): Name | undefined {
	if (last.next !== undefined && text.startsWith(last.next.head, start)) return last.next;
	const colon = colonIn(text, start, Math.min(end, start + longestName));
	if (colon === -1) return undefined;
	const name = text.slice(start, colon);
	const known = names.get(name) ?? newName(name);
	last.next = known;
	return known;
}

function newName(text: string): Name {
	// A copy: any piece of a reply keeps all of it.
	const name = text.split('').join('');
	const [entry, isIdentity] = [entries.get(name), isOfIdentity(name)];
	const made: Name = {
		...{ name, head: `${name}:`, entry, isIdentity },
		listed: entry || isIdentity ? undefined : listedAs(name),
		next: undefined,
	};
	if (names.size < mostNames) names.set(name, made);
	return made;
}

// Not indexOf, which would look for a colon to the end of 10 MB of garbage once a line.
function colonIn(text: string, start: number, end: number): number {
	for (let index = start; index < end; index++) if (text.charCodeAt(index) === 58) return index;
	return -1;
}

// A section without a line under it still says something: no keys, no errors.
function readHeading(gathered: Gathered, heading: string): void {
	if (heading === '# Keyspace') gathered.hasKeyspace = true;
	if (heading === '# Errorstats') gathered.hasErrors = true;
	if (heading === '# Modules') gathered.hasModules = true;
}

function readField(gathered: Gathered, entry: Entry, text: string, start: number, end: number): void {
	if (entry.kind === 'ingredient') gathered.ingredients.set(entry.field, ownText(text.slice(start, end)));
	else if (entry.kind === 'count') readCount(gathered, entry.field, text, start, end);
	else gathered.fields[entry.field] = readValue(entry.kind, text, start, end);
}

function readCount(gathered: Gathered, field: string, text: string, start: number, end: number): void {
	const { value, exact } = countOfAnySize(text, start, end);
	gathered.fields[field] = value;
	if (exact !== undefined) gathered.exact[field] = exact;
	else if (field in gathered.exact) delete gathered.exact[field];
}

function readValue(kind: Kind, text: string, start: number, end: number): Value {
	switch (kind) {
		case 'count':
			return countOfAnySize(text, start, end).value;
		case 'fraction':
			return fractionIn(text.slice(start, Math.min(end, start + 40)));
		case 'percent':
			return shareIn(text.slice(start, Math.min(end, start + 40)));
		case 'moment':
			return momentIn(text, start, end);
		case 'text':
			return keptText(text.slice(start, end));
		case 'flag':
			return flagIn(text, start, end);
		case 'id':
			return idIn(text, start, end);
		case 'raw':
			return text.slice(start, Math.min(end, start + longestRaw));
		case 'cpu':
		case 'ingredient':
			return undefined;
	}
}

function flagIn(text: string, start: number, end: number): boolean | undefined {
	const number = countIn(text, start, end);
	return number === undefined ? undefined : number > 0;
}

/** Seconds since 1970 as milliseconds. */
function momentIn(text: string, start: number, end: number): number | undefined {
	const seconds = countIn(text, start, end);
	return seconds === undefined ? undefined : seconds * 1000;
}

function shareIn(text: string): number | undefined {
	const number = fractionIn(text);
	return number === undefined ? undefined : number / 100;
}

const idLength = 40;

// An id is compared, and only ever with another.
function idIn(text: string, start: number, end: number): string | undefined {
	const id = end - start === idLength ? text.slice(start, end) : '';
	return /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id) ? ownText(id) : undefined;
}

// Number() alone would also take '', ' 1', '0x1f' and 'Infinity'.
function fractionIn(text: string): number | undefined {
	if (text.charCodeAt(0) < 48 || text.charCodeAt(0) > 57 || text.charCodeAt(1) === 120) return undefined;
	const number = Number(text);
	return Number.isFinite(number) ? number : undefined;
}

const longestText = 256;
const longestRaw = 4096;

function safeText(text: string | undefined): string | undefined {
	return text ? printable(text, longestText) : undefined;
}

/** A copy: it stays while it is the same, and a piece of a reply would keep all of that one. */
function keptText(text: string): string | undefined {
	const safe = safeText(text);
	return safe && ownText(safe);
}

const keptNames = new Map<string, string>();

/** The name of a command or an error: the same hundred each time, made safe once. A copy: any piece of a reply keeps all of it. */
function keptName(text: string): string | undefined {
	const known = keptNames.get(text);
	if (known !== undefined) return known;
	const name = safeText(text);
	if (name !== text) return name;
	const copy = name.split('').join('');
	if (keptNames.size < mostNames) keptNames.set(copy, copy);
	return copy;
}

type Listed = 'command' | 'module' | 'error' | 'replica' | 'database' | 'primary';

/** slave0, db0, errorstat_OOM, cmdstat_get: names with a number or another name in them. */
function listedAs(name: string): Listed | undefined {
	if (name.startsWith('cmdstat_')) return 'command';
	if (name === 'module') return 'module';
	if (name.startsWith('errorstat_')) return 'error';
	if (isNumbered(name, 'slave')) return 'replica';
	if (isNumbered(name, 'db')) return 'database';
	return /^master_?\d{1,3}_(host|port)$/.test(name) ? 'primary' : undefined;
}

function isNumbered(name: string, prefix: string): boolean {
	return name.startsWith(prefix) && countIn(name, prefix.length, name.length) !== undefined;
}

/** Of each kind the name with its number or other name, and the line from its begin. */
const readAsListed: Readonly<Record<Listed, (gathered: Gathered, name: string, line: string) => void>> = {
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
