// CLUSTER INFO and CLUSTER NODES → what one node believes of the cluster. The lines are
// `<id> <ip:port@cport[,hostname][,aux=value…]> <flags> <primary|-> <ping> <pong> <epoch> <link> [slot|a-b…]
// [[slot->-id]|[slot-<-id]]`. A line of another shape is passed over, the others stay. CLUSTER SLOTS is never asked: 1.6 MB
// where these are 88 kB. Scanned by hand: 500 nodes with 16384 slots in single ranges come every second.
// It compares no views and judges nothing: that is agreement's.

import { addressOf, portIn } from './parse-address.ts';
import { printable } from './printable.ts';
import { countIn } from './reply.ts';
import type { ClusterView, Peer, SlotRange } from './types.ts';

type Count = Exclude<keyof ClusterView, 'state' | 'peers'>;

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

/** CLUSTER INFO: the view without its peers. */
export function parseClusterInfo(text: string): ClusterView {
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
export function joinCluster(info: string | undefined, nodes: string | undefined): ClusterView | undefined {
	if (info === undefined && nodes === undefined) return undefined;
	return {
		...(info !== undefined && parseClusterInfo(info)),
		...(nodes !== undefined && { peers: parseClusterNodes(nodes) }),
	};
}

/** CLUSTER NODES, one Peer a line, in the server's order. */
export function parseClusterNodes(text: string): Peer[] {
	const peers: Peer[] = [];
	for (const line of linesOf(text)) {
		const peer = parsePeer(line);
		if (peer) peers.push(peer);
	}
	return peers;
}

function linesOf(text: string): string[] {
	return text.split('\n').map(line => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

const fixedFields = 8;

function parsePeer(line: string): Peer | undefined {
	const { fields, rest } = headOf(line);
	const [id = '', endpoint = '', flagText = '', primary = '', , , epochText = '', link = ''] = fields;
	const epoch = countIn(epochText, 0, epochText.length);
	if (!/^\w{1,64}$/.test(id) || epoch === undefined || !/^(dis)?connected$/.test(link)) return undefined;
	const flags = flagsOf(flagText);
	return {
		id,
		...placeOf(endpoint, flags.includes('noaddr')),
		...standingOf(flags),
		primaryId: /^\w{1,64}$/.test(primary) ? primary : undefined,
		epoch,
		isLinkUp: link === 'connected',
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
		isPfail: flags.includes('fail?'),
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
