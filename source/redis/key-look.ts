// One key, asked closely: type, encoding, size, items, idle time, frequency, TTL, and a few elements where that is
// asked for; of a hash whether its fields expire. On a connection of its own that closes behind it. What costs more than a moment is not sent: of its size as
// many elements are walked as the server's time allows, elements are read only where they are small. Idle time and frequency are asked
// first, for where CLIENT NO-TOUCH cannot be used, counting the items sets them anew.

import { serverAhead } from '../core/fleet/server-clock.ts';
import type { KeyLook, KeyNote } from '../core/keys/key-look.ts';
import { slotOf } from '../core/keys/key-slot.ts';
import {
	isOneBlock,
	keySize,
	nextSamples,
	type SizedKey,
	type SizeReading,
	timedSamples,
	usualSamples,
} from '../core/keys/size-estimate.ts';
import {
	countsPending,
	groupIdle,
	oldestPending,
	parseGroups,
	parseProducers,
	pendingOf,
	type StreamGroup,
	streamSize,
} from '../core/keys/stream-groups.ts';
import { classifyError, refusalOf } from '../core/parse/parse-error.ts';
import { parseInfo } from '../core/parse/parse-info.ts';
import { asCount, isError } from '../core/reply.ts';
import type { Address, OwnUse, Refusal, Reply } from '../core/types.ts';
import { lengthCommands } from './big-keys/key-questions.ts';
import { timeNow } from './clock.ts';
import { type Call, call } from './commands.ts';
import type { DialSettings } from './dial.ts';
import { askFieldTtls } from './field-ttls.ts';
import { elementsOf } from './key-elements.ts';
import { isLost, type LeanConnection, openLean } from './lean-connection.ts';
import { isHit, isPolicyError } from './server-counts.ts';
import { timeBetween } from './sizing-time.ts';

export type LookOptions = {
	readonly dial: DialSettings;
	readonly node: Address;
	readonly db: number;
	/** A byte string. */
	readonly key: string;
	readonly isCluster: boolean;
	readonly withElements: boolean;
	readonly onSent?: (address: Address, calls: readonly Call[]) => void;
};

/** `own`: what it did on `node`, which is where the key is when a cluster sent us on; not where it was sent on. */
export type Looked = KeyLook & { readonly own?: OwnUse };

/** Never rejects for what a server does: what could not be learnt is in `notes`. */
export async function lookAtKey(options: LookOptions): Promise<Looked> {
	const look = await lookAt(options, options.node);
	if (look.movedTo === undefined) return look;
	const { movedTo } = look;
	const there = await lookAt(options, movedTo);
	return {
		...there,
		owner: movedTo,
		notes: [{ kind: 'moved', node: movedTo }, ...there.notes],
	};
}

/** What is gathered while the questions go out. */
type Asking = {
	readonly connection: LeanConnection;
	readonly db: number;
	readonly key: string;
	/** As INFO tells it, once it was asked. */
	server?: Server;
	readonly notes: KeyNote[];
	readonly refused: Refusal[];
	/** Its idle time was set to 0 by a command of ours. */
	hasTouched: boolean;
	movedTo?: Address;
};

type Draft = { -readonly [Field in keyof KeyLook]?: KeyLook[Field] };

async function lookAt(options: LookOptions, node: Address): Promise<Looked & { movedTo?: Address }> {
	const { dial, onSent, key } = options;
	const at = timeNow();
	const slot = options.isCluster ? slotOf(key) : undefined;
	const connection = await openLean(node, { dial, onSent });
	if (isLost(connection)) return { at, node, slot, notes: [lost(connection.lost.text)] };
	const asking: Asking = { connection, db: options.db, key, notes: [], refused: [], hasTouched: false };
	const draft: Draft = connection.leavesClocksAlone ? {} : { isTouched: true };
	if (await prepare(asking, options)) await learn(asking, draft, options.withElements);
	connection.close();
	if (asking.refused.length > 0) asking.notes.push({ kind: 'not-allowed', refusals: asking.refused });
	if (asking.hasTouched) asking.notes.push({ kind: 'touched' });
	return { at, node, slot, ...draft, notes: asking.notes, own: connection.use(), movedTo: asking.movedTo };
}

/** A replica of a cluster answers after READONLY only; a primary does not mind it. */
async function prepare(asking: Asking, { isCluster, db }: LookOptions): Promise<boolean> {
	const calls = [...(isCluster ? [call('readonly')] : []), ...(db === 0 ? [] : [call('select', String(db))])];
	if (calls.length === 0) return true;
	const replies = await ask(asking, calls);
	return replies !== undefined && !replies.some(isError);
}

async function learn(asking: Asking, draft: Draft, withElements: boolean): Promise<void> {
	if (!(await learnFirst(asking, draft)) || draft.type === undefined) return;
	await learnItems(asking, draft);
	await learnSize(asking, draft);
	if (draft.type === 'stream') {
		await learnProducers(asking, draft);
		await learnGroups(asking, draft);
	}
	if (draft.type === 'hash' && draft.ttlSeconds === null) await learnFields(asking, draft);
	if (!withElements) return;
	const answer = await elementsOf(draft, asking.key, calls => ask(asking, calls));
	if (answer?.elements) draft.elements = answer.elements;
	if (answer?.note) asking.notes.push(answer.note);
}

const firstNames = ['type', 'pttl', 'objectEncoding'] as const;

/**
 * False where the key is not there or may not be read. MEMORY USAGE goes first: of a key that is not there the others
 * would be counted as misses of the application.
 */
async function learnFirst(asking: Asking, draft: Draft): Promise<boolean> {
	const size = await ask(asking, [call('memoryUsage', asking.key), call('info')]);
	if (!size || asking.movedTo !== undefined) return false;
	const [bytes, info] = size;
	const server = serverOf(info);
	const clocks = clocksOf(server.policy);
	const replies =
		bytes === null
			? []
			: await ask(
					asking,
					[...clocks, ...firstNames].map(name => call(name, asking.key)),
				);
	if (!replies || asking.movedTo !== undefined) return false;
	const [type, ttl, encoding] = replies.slice(clocks.length);
	const toldBy = (name: (typeof clocks)[number]) => asCount(replies[clocks.indexOf(name)]);
	if (bytes === null || type === 'none') {
		draft.exists = false;
		return false;
	}
	asking.server = server;
	draft.idleSeconds = toldBy('objectIdletime');
	draft.frequency = toldBy('objectFreq');
	if (server.policy?.endsWith('-lrm')) draft.isIdleSinceWrite = true;
	if (typeof type === 'string') draft.type = type;
	draft.ttlSeconds = secondsOf(ttl);
	if (typeof encoding === 'string') draft.encoding = encoding;
	draft.bytes = asCount(bytes);
	return true;
}

type Server = {
	readonly info?: string;
	readonly policy?: string;
	/** Hashes of which database may have fields that expire. */
	readonly fieldTtls: ReadonlySet<number>;
	/** How much its clock is before ours, milliseconds. */
	readonly ahead?: number;
	/** Streams may have idempotent producers: Redis from 8.6 on. */
	readonly hasProducers?: boolean;
};

function serverOf(reply: Reply | undefined): Server {
	if (typeof reply !== 'string') return { fieldTtls: new Set() };
	const read = parseInfo(reply);
	const { maxmemoryPolicy: policy, databases = [], server, version = '' } = read;
	const [major = 0, minor = 0] = version.split('.').map(Number);
	const hasProducers = server === 'redis' && (major > 8 || (major === 8 && minor >= 6));
	const withFields = databases.filter(({ withFieldTtl = 0 }) => withFieldTtl > 0);
	const ahead = serverAhead({ info: read, at: timeNow() });
	return { info: reply, policy, hasProducers, ahead, fieldTtls: new Set(withFields.map(({ db }) => db)) };
}

/** Only one of the two is kept, by the policy; asking for the other would be an error that the server counts. */
function clocksOf(policy: string | undefined): readonly ('objectIdletime' | 'objectFreq')[] {
	if (policy === undefined) return ['objectIdletime', 'objectFreq'];
	return policy.endsWith('-lfu') ? ['objectFreq'] : ['objectIdletime'];
}

function secondsOf(ttl: Reply | undefined): number | null | undefined {
	if (typeof ttl !== 'number' || ttl === -2) return undefined;
	return ttl === -1 ? null : Math.ceil(ttl / 1000);
}

async function learnItems(asking: Asking, draft: Draft): Promise<void> {
	if (draft.type === 'string') {
		draft.items = 1;
		return;
	}
	const name = Object.hasOwn(lengthCommands, draft.type!) ? lengthCommands[draft.type!] : undefined;
	if (name === undefined) return;
	const items = asCount((await ask(asking, [call(name, asking.key)]))?.[0]);
	if (items !== undefined) draft.items = items;
}

/** The reply has two whole entries: where these are large it is not asked. */
const largestEntry = 16 * 1024;

async function learnProducers(asking: Asking, draft: Draft): Promise<void> {
	const mean = (draft.bytes ?? 0) / Math.max(1, draft.items ?? 1);
	if (!asking.server?.hasProducers || mean > largestEntry) return;
	const reply = (await ask(asking, [call('xinfoStream', asking.key)]))?.[0];
	draft.producers = parseProducers(reply);
}

/** A hash without a TTL leaves all the same where its fields have one. */
async function learnFields(asking: Asking, draft: Draft): Promise<void> {
	if (!asking.server?.fieldTtls.has(asking.db)) return;
	const { known } = await askFieldTtls([asking.key], calls => ask(asking, calls));
	draft.fields = known.get(asking.key);
}

/** Of these MEMORY USAGE walks the items; of lists and streams blocks of them. */
const walkedByItem = new Set(['hash', 'set', 'zset']);

async function learnSize(asking: Asking, draft: Draft): Promise<void> {
	if (draft.bytes === undefined) return;
	if (isOneBlock(draft.type, draft.encoding)) {
		draft.isExact = true;
		return;
	}
	const items = walkedByItem.has(draft.type ?? '') ? draft.items : undefined;
	const sized = { type: draft.type, items };
	const readings = await readSize(asking, draft.bytes, sized);
	const size = keySize(readings, sized)!;
	draft.bytes = size.bytes;
	draft.isExact = !size.isEstimated;
	if (!size.isEstimated) return;
	draft.samples = readings.at(-1)!.samples;
	draft.sizeMargin = size.margin;
}

/** More and more samples, as far as the server's time for the last ones allows. */
async function readSize(asking: Asking, bytes: number, key: SizedKey): Promise<readonly SizeReading[]> {
	const readings: SizeReading[] = [{ samples: usualSamples, bytes }];
	let microseconds: number | undefined;
	for (let next = nextSamples(readings, key); next !== undefined; ) {
		const stats = call('infoCommandstats');
		const sized = call('memoryUsage', asking.key, 'SAMPLES', String(next));
		const replies = await ask(asking, next >= timedSamples ? [stats, sized, stats] : [sized]);
		const more = asCount(replies?.find(reply => typeof reply === 'number'));
		if (more === undefined) break;
		readings.push({ samples: next, bytes: more });
		microseconds = replies!.length < 3 ? undefined : timeBetween(replies![0], replies![2]);
		next = nextSamples(readings, key, microseconds);
	}
	return readings;
}

/** Of a group with more consumers it is not asked when they came last. */
const mostConsumers = 200;
const mostGroups = 20;

async function learnGroups(asking: Asking, draft: Draft): Promise<void> {
	const { key } = asking;
	const groups = parseGroups((await ask(asking, [call('xinfoGroups', key)]))?.[0]);
	if (groups.length === 0) return;
	const detailed: StreamGroup[] = [];
	const { ahead = 0 } = asking.server ?? {};
	for (const group of groups.slice(0, mostGroups)) {
		const isFew = (group.consumers ?? Number.POSITIVE_INFINITY) <= mostConsumers;
		const replies = await ask(asking, [
			call('xpending', key, group.name),
			...(isFew ? [call('xinfoConsumers', key, group.name)] : []),
		]);
		const addedAt = oldestPending(replies?.[0]);
		detailed.push({
			...group,
			oldestPendingAt: addedAt && addedAt - ahead,
			idleSeconds: groupIdle(replies?.[1]),
		});
	}
	draft.groups = [...detailed, ...groups.slice(mostGroups)];
	await boundSize(asking, draft, pendingOf(groups));
}

/** A stream has no more than the server uses in all, whatever that says of it. */
async function boundSize(asking: Asking, draft: Draft, pending: number): Promise<void> {
	if (draft.bytes === undefined || pending === 0) return;
	const { info } = asking.server ?? {};
	if (info !== undefined && countsPending(info)) return;
	const used = info === undefined ? Number.NaN : Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? Number.NaN);
	const known = { bytes: draft.bytes, isEstimated: draft.isExact !== true, margin: draft.sizeMargin };
	const size = streamSize(known, pending, Number.isNaN(used) ? undefined : used);
	draft.bytes = size.bytes;
	draft.isExact = !size.isEstimated;
	draft.sizeMargin = size.margin;
	draft.serverBytes = size.serverBytes;
}

/** Look a key up without setting its clock. */
const untouching: ReadonlySet<Call['name']> = new Set(['objectIdletime', 'objectFreq', ...firstNames]);

/** The replies; undefined where the connection is lost. Errors are noted, and stay in the replies. */
async function ask(asking: Asking, calls: readonly Call[]): Promise<readonly Reply[] | undefined> {
	const answer = await asking.connection.sendBytes(calls);
	if (isLost(answer)) {
		asking.notes.push(lost(answer.lost.text));
		return undefined;
	}
	for (const [index, reply] of answer.entries()) {
		const { name, feature } = calls[index]!;
		if (isError(reply)) noteError(asking, feature, reply.error);
		if (!isHit(calls[index]!, reply)) continue;
		if (!untouching.has(name) && !asking.connection.leavesClocksAlone) asking.hasTouched = true;
	}
	return answer;
}

function noteError(asking: Asking, feature: string, text: string): void {
	if (isPolicyError(text)) return;
	const moved = /^MOVED \d+ (\S+)$/.exec(text)?.[1];
	if (moved !== undefined) {
		// Without a host in it: the one that was asked.
		const host = asking.connection.address.replace(/:\d+$/, '');
		asking.movedTo = moved.startsWith(':') ? `${host}${moved}` : moved;
		return;
	}
	const refusal = refusalOf(feature, text);
	if (refusal?.why === 'no-permission') {
		if (!asking.refused.some(({ word }) => word === refusal.word)) asking.refused.push(refusal);
		return;
	}
	const note: KeyNote = /^(ASK|TRYAGAIN) /.test(text)
		? { kind: 'slot-on-its-way' }
		: { kind: 'error', text: classifyError(text).text };
	const isSaid = asking.notes.some(each => JSON.stringify(each) === JSON.stringify(note));
	if (!isSaid) asking.notes.push(note);
}

const lost = (text: string): KeyNote => ({ kind: 'lost', text });
