// One key, asked closely: type, encoding, size, items, idle time, frequency, TTL, and a few elements where that is
// asked for. On a connection of its own that closes behind it. What costs more than a moment is not sent: the exact
// size only where few elements must be walked, elements only where they are small. Idle time and frequency are asked
// first, for on a server without CLIENT NO-TOUCH counting the items sets them anew.

import type { KeyLook } from '../core/keys/key-look.ts';
import { slotOf } from '../core/keys/key-slot.ts';
import { classifyError, refusalOf } from '../core/parse/parse-error.ts';
import { asCount, isError } from '../core/reply.ts';
import type { Address, OwnUse, Reply } from '../core/types.ts';
import { type Call, type CommandName, call } from './commands.ts';
import type { DialSettings } from './dial.ts';
import { elementsOf } from './key-elements.ts';
import { isLost, type LeanConnection, openLean } from './lean-connection.ts';
import { isHit, isPolicyError } from './server-counts.ts';

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

/** Walked one by one by MEMORY USAGE SAMPLES 0: 305 ms for a hash of a million on the slowest server measured. */
const mostWalked = 10_000;
/** Lists and streams are walked by their nodes of 4 to 8 KB: about 50 ns each, so 10 ms for this. */
const mostWalkedBytes = 1024 ** 3;
/** One block of memory, which is measured whole whatever SAMPLES says. */
const oneBlock = new Set(['raw', 'embstr', 'int', 'listpack', 'listpackex', 'ziplist', 'intset']);

/** Never rejects for what a server does: what could not be learnt is in `notes`. */
export async function lookAtKey(options: LookOptions): Promise<Looked> {
	const look = await lookAt(options, options.node);
	if (look.movedTo === undefined) return look;
	const { movedTo } = look;
	const there = await lookAt(options, movedTo);
	return {
		...there,
		owner: movedTo,
		notes: [`its slot is served by ${movedTo} now`, ...there.notes],
	};
}

/** What is gathered while the questions go out. */
type Asking = {
	readonly connection: LeanConnection;
	readonly key: string;
	readonly notes: string[];
	readonly refused: string[];
	/** Its idle time was set to 0 by a command of ours. */
	hasTouched: boolean;
	movedTo?: Address;
};

type Draft = { -readonly [Field in keyof KeyLook]?: KeyLook[Field] };

async function lookAt(options: LookOptions, node: Address): Promise<Looked & { movedTo?: Address }> {
	const { dial, onSent, key } = options;
	const at = Date.now();
	const slot = options.isCluster ? slotOf(key) : undefined;
	const connection = await openLean(node, { dial, onSent });
	if (isLost(connection)) return { at, node, slot, notes: [connection.lost.text] };
	const asking: Asking = { connection, key, notes: [], refused: [], hasTouched: false };
	const draft: Draft = connection.leavesClocksAlone ? {} : { isTouched: true };
	if (await prepare(asking, options)) await learn(asking, draft, options.withElements);
	connection.close();
	if (asking.refused.length > 0) asking.notes.push(`not allowed for this user: ${asking.refused.join(' ')}`);
	if (asking.hasTouched)
		asking.notes.push('reading it set its idle time to 0: this server has no CLIENT NO-TOUCH');
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
	await learnExactSize(asking, draft);
	if (!withElements) return;
	const answer = await elementsOf(draft, asking.key, calls => ask(asking, calls));
	if (answer?.elements) draft.elements = answer.elements;
	if (answer?.note) asking.notes.push(answer.note);
}

const firstNames = ['objectIdletime', 'objectFreq', 'type', 'pttl', 'objectEncoding'] as const;

/**
 * False where the key is not there or may not be read. MEMORY USAGE goes first: of a key that is not there the others
 * would be counted as misses of the application.
 */
async function learnFirst(asking: Asking, draft: Draft): Promise<boolean> {
	const size = await ask(asking, [call('memoryUsage', asking.key)]);
	if (!size || asking.movedTo !== undefined) return false;
	const [bytes] = size;
	const replies =
		bytes === null
			? []
			: await ask(
					asking,
					firstNames.map(name => call(name, asking.key)),
				);
	if (!replies || asking.movedTo !== undefined) return false;
	const [idle, frequency, type, ttl, encoding] = replies;
	if (bytes === null || type === 'none') {
		draft.exists = false;
		return false;
	}
	draft.idleSeconds = asCount(idle);
	draft.frequency = asCount(frequency);
	if (typeof type === 'string') draft.type = type;
	draft.ttlSeconds = secondsOf(ttl);
	if (typeof encoding === 'string') draft.encoding = encoding;
	draft.bytes = asCount(bytes);
	return true;
}

function secondsOf(ttl: Reply | undefined): number | null | undefined {
	if (typeof ttl !== 'number' || ttl === -2) return undefined;
	return ttl === -1 ? null : Math.ceil(ttl / 1000);
}

const lengths: Readonly<Record<string, CommandName>> = {
	hash: 'hlen',
	list: 'llen',
	set: 'scard',
	zset: 'zcard',
	stream: 'xlen',
};

async function learnItems(asking: Asking, draft: Draft): Promise<void> {
	if (draft.type === 'string') {
		draft.items = 1;
		return;
	}
	const name = Object.hasOwn(lengths, draft.type!) ? lengths[draft.type!] : undefined;
	if (name === undefined) return;
	const items = asCount((await ask(asking, [call(name, asking.key)]))?.[0]);
	if (items !== undefined) draft.items = items;
}

async function learnExactSize(asking: Asking, draft: Draft): Promise<void> {
	if (draft.bytes === undefined) return;
	if (oneBlock.has(draft.encoding ?? '')) {
		draft.isExact = true;
		return;
	}
	draft.isExact = false;
	if (!isAffordable(draft)) return;
	const bytes = asCount((await ask(asking, [call('memoryUsage', asking.key, 'SAMPLES', '0')]))?.[0]);
	if (bytes === undefined) return;
	draft.bytes = bytes;
	draft.isExact = true;
}

function isAffordable({ type, items, bytes }: Draft): boolean {
	switch (type) {
		case 'hash':
		case 'set':
		case 'zset':
			return items !== undefined && items <= mostWalked;
		case 'list':
		case 'stream':
			return bytes! <= mostWalkedBytes;
		default:
			return false;
	}
}

/** Look a key up without setting its clock. */
const untouching: ReadonlySet<Call['name']> = new Set(firstNames);

/** The replies; undefined where the connection is lost. Errors are noted, and stay in the replies. */
async function ask(asking: Asking, calls: readonly Call[]): Promise<readonly Reply[] | undefined> {
	const answer = await asking.connection.sendBytes(calls);
	if (isLost(answer)) {
		asking.notes.push(answer.lost.text);
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
		if (!asking.refused.includes(refusal.word)) asking.refused.push(refusal.word);
		return;
	}
	const note = /^(ASK|TRYAGAIN) /.test(text)
		? 'its slot is on its way to another node'
		: classifyError(text).text;
	if (!asking.notes.includes(note)) asking.notes.push(note);
}
