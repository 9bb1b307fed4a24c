// CLUSTER INFO and CLUSTER NODES → what one node believes of the cluster. The lines are
// `<id> <ip:port@cport[,hostname][,aux=value…]> <flags> <primary|-> <ping> <pong> <epoch> <link> [slot|a-b…]
// [[slot->-id]|[slot-<-id]]`. A line of another shape is passed over, the others stay. CLUSTER SLOTS is never asked: 1.6 MB
// where these are 88 kB. Scanned by hand: 500 nodes with 16384 slots in single ranges come every second. What is very
// long is read in steps, between which whoever reads may do something else.
// It compares no views and judges nothing: that is agreement's.

import { digestInSteps } from '../cluster/peer-digest.ts';
import { countIn } from '../reply.ts';
import { slotsInCluster } from '../slots.ts';
import { finish, type Steps } from '../steps.ts';
import { printable } from '../text/printable.ts';
import type { ClusterView, Peer, SlotRange } from '../types.ts';
import { addressOf, portIn } from './parse-address.ts';

type Count = Exclude<keyof ClusterView, 'state' | 'peers' | 'unanswered'>;

const counts: ReadonlyMap<string, Count> = new Map<string, Count>([
	['cluster_current_epoch', 'epoch'],
	['cluster_my_epoch', 'myEpoch'],
	['cluster_slots_assigned', 'slotsAssigned'],
	['cluster_slots_ok', 'slotsOk'],
	['cluster_slots_pfail', 'slotsPfail'],
	['cluster_slots_fail', 'slotsFail'],
	['cluster_known_nodes', 'knownNodes'],
	['cluster_size', 'size'],
]);

/**
 * CLUSTER INFO: the view without its peers. Behind `cluster_stats_` it has only what no view tells and every message changes;
 * before that all nodes of a cluster say nearly the same, and each says the same for hours: the same view is the same object.
 */
export function parseClusterInfo(text: string): ClusterView {
	const end = text.indexOf('cluster_stats_');
	if (end < 0 || end > longestKnown) return readClusterInfo(text);
	const said = text.slice(0, end);
	const known = knownInfos.get(said);
	if (known !== undefined) return known;
	const view = readClusterInfo(said);
	if (knownInfos.size >= mostInfos) knownInfos.clear();
	// A copy: any piece of a reply keeps all of it.
	knownInfos.set(said.split('').join(''), view);
	return view;
}

const knownInfos = new Map<string, ClusterView>();
const mostInfos = 2000;

function readClusterInfo(text: string): ClusterView {
	const view: { -readonly [Field in keyof ClusterView]: ClusterView[Field] } = {};
	for (const line of linesOf(text)) {
		const colon = line.indexOf(':');
		if (line === 'cluster_state:ok' || line === 'cluster_state:fail')
			view.state = line === 'cluster_state:ok' ? 'ok' : 'fail';
		const field = counts.get(line.slice(0, Math.max(0, colon)));
		if (field) view[field] = countIn(line, colon + 1, line.length);
	}
	return view;
}

/** Both together; undefined when neither was asked. `peers` stays undefined where CLUSTER NODES was not. */
export function joinCluster(
	info: string | undefined,
	nodes: string | undefined,
	node?: string,
): ClusterView | undefined {
	if (info === undefined && nodes === undefined) return undefined;
	return {
		...(info !== undefined && parseClusterInfo(info)),
		...(nodes !== undefined && viewIn(nodes, node)),
	};
}

function viewIn(text: string, node: string | undefined): NodesView {
	const known = node === undefined ? undefined : readAhead.get(node);
	if (node !== undefined) readAhead.delete(node);
	return known?.text === text ? known.view : finish(readNodes(text, node)).view;
}

type NodesView = Pick<ClusterView, 'peers' | 'unanswered'>;
type ReadNodes = { readonly view: NodesView; readonly reply: KnownReply; readonly times: Times };
const readAhead = new Map<string, ReadNodes & { readonly text: string }>();

/** Reads a long reply to CLUSTER NODES: whoever asks for its view next has it at once. */
export function* readNodesAhead(text: string, node: string): Steps {
	const read = yield* readNodes(text, node);
	yield* digestInSteps(read.view.peers ?? []);
	readAhead.set(node, { text, ...read });
}

/** A reply to CLUSTER NODES by its lines; `lines` is the same array as the node's last time where no line differs. */
export type NodesLines = { readonly lines: readonly KnownLine[]; readonly times: Times };

/** Whoever asks for the view of it next has it at once. */
export function nodesLinesOf(text: string, node: string): NodesLines {
	let read = readAhead.get(node);
	if (read?.text !== text) {
		read = { text, ...finish(readNodes(text, node)) };
		readAhead.set(node, read);
	}
	return { lines: read.reply.lines, times: read.times };
}

function* readNodes(text: string, node: string | undefined): Steps<ReadNodes> {
	const waiting: Waiting[] = [];
	const reply = yield* replyInSteps(text, node, waiting);
	const times = { waiting, heard: waiting.length > 0 ? lastHeardIn(text) : undefined };
	const unanswered = unansweredOf(times);
	return { view: { peers: reply.peers, ...(unanswered && { unanswered }) }, reply, times };
}

const linesAStep = 200;
/** A slot stands in one line: what tells of more of them is no view of a cluster, and would fill the memory. */
const mostRanges = 4 * slotsInCluster;

/** A peer answers a ping in a trip, and each is asked for one every few seconds. */
const longUnansweredMilliseconds = 2000;

/** A peer that has not answered the last ping, ms since when, and its line. */
type Waiting = { readonly id: string; readonly since: number; readonly line: number };
/** Where any waits, when who was heard last was heard, ms. */
type Times = {
	readonly waiting: readonly Waiting[];
	readonly heard: { readonly at: number; readonly line: number } | undefined;
};

/**
 * Peers that have not answered the last ping of the node that was asked, for so long that they do not: it is told long
 * before it doubts them (half of the node timeout). Its clock is not ours: now is, at the earliest, when it last heard
 * from anybody.
 */
function unansweredOf({ waiting, heard }: Times): readonly string[] | undefined {
	if (!heard) return undefined;
	const unanswered = waiting.filter(({ since }) => heard.at - since >= longUnansweredMilliseconds);
	return unanswered.length > 0 ? unanswered.map(({ id }) => id) : undefined;
}

/** The newest of the times in the sixth fields. Most views have no use for it, and it is a third of what reading one costs. */
function lastHeardIn(text: string): Times['heard'] {
	let heard = { at: 0, line: 0 };
	let line = 0;
	for (let at = 0; at < text.length; line++) {
		const end = endOfLine(text, at);
		const ping = pingIn(text, at);
		const pong = ping > 0 ? text.indexOf(' ', ping) + 1 : 0;
		const time = pong > 0 && pong <= end ? countAt(text, pong) : 0;
		if (time > heard.at) heard = { at: time, line };
		at = end + 1;
	}
	return heard;
}

function endOfLine(text: string, at: number): number {
	const end = text.indexOf('\n', at);
	return end < 0 ? text.length : end;
}

/** Of a line from `at` to `end`, the `line`th; `ping` is where its fifth field begins. */
function noteWaiting(
	waiting: Waiting[],
	text: string,
	at: number,
	end: number,
	ping: number,
	line: number,
): void {
	// `0 `: nobody waits for it.
	if (text.charCodeAt(ping) === zero && text.charCodeAt(ping + 1) === space) return;
	const pong = ping > at ? text.indexOf(' ', ping) + 1 : 0;
	if (pong === 0 || pong > end) return;
	const since = countAt(text, ping);
	if (since > 0) waiting.push({ id: text.slice(at, text.indexOf(' ', at)), since, line });
}

/** Where the fifth field begins; 0 where there is none. */
function pingIn(text: string, at: number): number {
	let ping = at;
	for (let field = 0; field < 4; field++) {
		ping = text.indexOf(' ', ping) + 1;
		if (ping === 0) return 0;
	}
	return ping;
}

/** The digits that begin there; 0 without any. */
function countAt(text: string, from: number): number {
	let count = 0;
	for (let at = from; at < text.length; at++) {
		const digit = text.charCodeAt(at) - 48;
		if (digit < 0 || digit > 9) break;
		count = count * 10 + digit;
	}
	return count;
}

/**
 * CLUSTER NODES, one Peer a line, in the server's order. `node` is who was asked: the same peers as its last time are
 * the same array, and equal lines of all nodes the same Peer; neither is ever changed.
 */
export const parseClusterNodes = (text: string, node?: string): readonly Peer[] =>
	finish(replyInSteps(text, node, undefined)).peers;

function* replyInSteps(
	text: string,
	node: string | undefined,
	waiting: Waiting[] | undefined,
): Steps<KnownReply> {
	const last = (node !== undefined && lastReplies.get(node)) || nothing;
	const lines: KnownLine[] = [];
	let ranges = 0;
	let isSame = true;
	for (let at = 0; at < text.length; ) {
		if (lines.length % linesAStep === linesAStep - 1) yield;
		const guess = last.lines[lines.length];
		let end = guess ? endOf(guess, text, at) : -1;
		if (end !== -1) {
			if (waiting) noteWaiting(waiting, text, at, end, at + guess!.head.length, lines.length);
			lines.push(guess!);
		} else {
			isSame = false;
			end = endOfLine(text, at);
			const line = knownLine(text.slice(at, end));
			ranges += line.peer?.slots.length ?? 0;
			if (waiting) noteWaiting(waiting, text, at, end, pingIn(text, at), lines.length);
			lines.push(ranges > mostRanges ? withoutSlots(line) : line);
		}
		at = end + 1;
	}
	if (isSame && lines.length === last.lines.length) return last;
	const reply = { lines, peers: lines.flatMap(({ peer }) => peer ?? []) };
	if (node === undefined) return reply;
	if (lastReplies.size >= mostKnown) lastReplies.clear();
	lastReplies.set(node, reply);
	return reply;
}

/**
 * A line without the times of the last ping and pong, which nobody reads: `head` is what stands before them. 200 nodes
 * tell of each other in 40,000 lines every 2 s, and they are the same 400 lines: parsed anew each time they were half
 * of all our work and most of our memory.
 */
export type KnownLine = { readonly head: string; readonly tail: string; readonly peer: Peer | undefined };
type KnownReply = { readonly lines: readonly KnownLine[]; readonly peers: readonly Peer[] };

const nothing: KnownReply = { lines: [], peers: [] };
const lastReplies = new Map<string, KnownReply>();
const knownLines = new Map<string, KnownLine>();
const mostKnown = 10_000;
const longestKnown = 1000;
const space = 32;
const newline = 10;
const zero = 48;

const withoutSlots = (line: KnownLine): KnownLine => ({
	...line,
	peer: line.peer && { ...line.peer, slots: [] },
});

/** Where the known line that begins at `at` ends; -1 where another line stands. Cut and compared: it is twice as fast as `startsWith`. */
function endOf({ head, tail }: KnownLine, text: string, at: number): number {
	const ping = at + head.length;
	if (text.slice(at, ping) !== head) return -1;
	const pong = text.indexOf(' ', ping) + 1;
	const from = pong > 0 ? text.indexOf(' ', pong) + 1 : 0;
	if (from === 0) return -1;
	const end = from + tail.length;
	if (end < text.length && text.charCodeAt(end) !== newline) return -1;
	return text.slice(from, end) === tail && !text.slice(ping, from).includes('\n') ? end : -1;
}

function knownLine(line: string): KnownLine {
	const [head, tail] = aroundTimes(line);
	const key = `${head}0 0 ${tail}`;
	const known = knownLines.get(key);
	if (known !== undefined) return known;
	// Cut from the key and not from the reply, which would be kept whole by any piece of it.
	const added = {
		head: key.slice(0, head.length),
		tail: key.slice(head.length + 4),
		peer: parsePeer(key.endsWith('\r') ? key.slice(0, -1) : key),
	};
	if (key.length > longestKnown) return added;
	if (knownLines.size >= mostKnown) knownLines.clear();
	knownLines.set(key, added);
	return added;
}

/** What stands before the fifth field, ping-sent, and after the sixth, pong-received. */
function aroundTimes(line: string): [head: string, tail: string] {
	let at = 0;
	for (let field = 0; field < 4; field++) at = line.indexOf(' ', at) + 1 || line.length + 1;
	const ping = line.indexOf(' ', at) + 1;
	const pong = ping === 0 ? 0 : line.indexOf(' ', ping) + 1;
	return pong === 0 ? [line, ''] : [line.slice(0, at), line.slice(pong)];
}

function linesOf(text: string): string[] {
	return text.split('\n').map(line => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

const fixedFields = 8;

function parsePeer(line: string): Peer | undefined {
	const { fields, rest } = headOf(line);
	const [id = '', endpoint = '', flagText = '', primary = '', , , epochText = '', link = ''] = fields;
	const epoch = countIn(epochText, 0, epochText.length);
	// Of what is not a line nothing is kept; of one with an epoch or a link that cannot be read all the rest is.
	const readable = [epoch !== undefined, /^(dis)?connected$/.test(link), flagText !== ''];
	if (!/^\w{1,64}$/.test(id) || readable.filter(each => each).length < 2) return undefined;
	const flags = flagsOf(flagText);
	return {
		id,
		...placeOf(endpoint, flags.includes('noaddr')),
		...standingOf(flags),
		primaryId: /^\w{1,64}$/.test(primary) ? primary : undefined,
		// 0 is that of a node that was never given one: it wins against nobody.
		epoch: epoch ?? 0,
		isLinkUp: link !== 'disconnected',
		...slotsIn(line, rest),
	};
}

/** The eight fields every line has, and where the slots begin. */
function headOf(line: string): { fields: string[]; rest: number } {
	const fields: string[] = [];
	let start = 0;
	while (fields.length < fixedFields && start < line.length) {
		const space = line.indexOf(' ', start);
		const end = space === -1 ? line.length : space;
		fields.push(line.slice(start, end));
		start = end + 1;
	}
	return { fields, rest: start };
}

const longestFlag = 32;

function flagsOf(text: string): string[] {
	return text
		.split(',')
		.filter(flag => flag !== '' && flag !== 'noflags' && flag.length <= longestFlag)
		.map(flag => printable(flag));
}

function standingOf(
	flags: readonly string[],
): Pick<Peer, 'flags' | 'role' | 'isMyself' | 'isPfail' | 'isFail' | 'isHandshake'> {
	const isReplica = flags.includes('slave') || flags.includes('replica');
	const isPrimary = flags.includes('master') || flags.includes('primary');
	return {
		flags,
		role: isReplica ? 'replica' : isPrimary ? 'primary' : undefined,
		isMyself: flags.includes('myself'),
		// `fail?,fail` stands for a while where the address was lost (valkey-io/valkey#2012): it is agreed on.
		isPfail: flags.includes('fail?') && !flags.includes('fail'),
		isFail: flags.includes('fail'),
		isHandshake: flags.includes('handshake'),
	};
}

// `ip:port@cport,hostname,shard-id=…`: before 4.0 without @cport; IPv6 without brackets, so the last ':' counts.
function placeOf(endpoint: string, isLost: boolean): Pick<Peer, 'address' | 'port' | 'hostname'> {
	const [where = '', ...extras] = endpoint.split(',');
	const at = where.lastIndexOf('@');
	const socket = at === -1 ? where : where.slice(0, at);
	const colon = socket.lastIndexOf(':');
	const port = socket.slice(colon + 1);
	const ip = colon > 0 ? socket.slice(0, colon) : undefined;
	return {
		address: isLost ? undefined : addressOf(ip, port),
		port: portIn(port),
		hostname: hostnameOf(extras),
	};
}

function hostnameOf(extras: readonly string[]): string | undefined {
	const name = extras[0];
	return name && name !== '?' && !name.includes('=') ? printable(name, 255) : undefined;
}

type Slots = {
	slots: SlotRange[];
	migrating: { slot: number; to: string }[];
	importing: { slot: number; from: string }[];
};

const lastSlot = 16383;
const bracket = 91;

function slotsIn(line: string, from: number): Slots {
	const found: Slots = { slots: [], migrating: [], importing: [] };
	for (let start = from; start < line.length; ) {
		const space = line.indexOf(' ', start);
		const end = space === -1 ? line.length : space;
		// No two lines have the same slot, so no line has more of them.
		if (found.slots.length + found.migrating.length + found.importing.length > lastSlot) break;
		if (line.charCodeAt(start) === bracket) readMove(found, line.slice(start, end));
		else readRange(found, line, start, end);
		start = end + 1;
	}
	return found;
}

function readRange(found: Slots, line: string, start: number, end: number): void {
	const dash = dashIn(line, start, end);
	const first = slotIn(line, start, dash);
	const last = dash === end ? first : slotIn(line, dash + 1, end);
	if (first !== undefined && last !== undefined && first <= last) found.slots.push([first, last]);
}

function dashIn(line: string, start: number, end: number): number {
	let dash = start;
	while (dash < end && line.charCodeAt(dash) !== 45) dash++;
	return dash;
}

function slotIn(line: string, start: number, end: number): number | undefined {
	const slot = countIn(line, start, end);
	return slot !== undefined && slot <= lastSlot ? slot : undefined;
}

function readMove(found: Slots, token: string): void {
	const [, slotText = '', arrow, other = ''] = /^\[(\d{1,5})-([<>])-(\w{1,64})\]$/.exec(token) ?? [];
	const slot = slotIn(slotText, 0, slotText.length);
	if (slot === undefined) return;
	if (arrow === '>') found.migrating.push({ slot, to: other });
	else found.importing.push({ slot, from: other });
}
