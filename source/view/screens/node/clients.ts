// The part of the node screen about clients: how many INFO tells, and from CLIENT LIST who they are by address and by
// name, what they wait for, who came and went, who holds the output buffers. Where CLIENT LIST would walk too many it is
// not asked by itself, and what it would cost stands in its place.

import { type ClientChurn, churnSince } from '../../../core/node/client-churn.ts';
import {
	type ClientAxis,
	type ClientGroup,
	groupClients,
	isApplication,
	manyClients,
	outputHolders,
	sumByKind,
} from '../../../core/node/client-groups.ts';
import { busiestClients, sumLoads } from '../../../core/node/client-load.ts';
import type { Client } from '../../../core/parse/parse-client-list.ts';
import { bytes, count, duration } from '../../../core/text/quantity.ts';
import { type NodeFacts, refusedWords } from './facts.ts';
import { fact, type NodeLine, sentences, stacked, titled } from './lines.ts';

const groupsShown = 100;
const holdersShown = 20;

export function clientLines(facts: NodeFacts, columns: number): readonly NodeLine[] {
	const { close, info } = facts;
	if (!info) return [];
	const list = close.clients?.list;
	return stacked(
		countLines(facts),
		list ? busyLines(facts, list, columns) : [],
		list ? kindLines(list) : [],
		list ? groupLines(facts, list, 'host') : unlistedLines(facts, columns),
		list ? groupLines(facts, list, 'name') : [],
		list ? holderLines(list) : [],
	);
}

function countLines({ info, row, details, close }: NodeFacts): readonly NodeLine[] {
	const { connectedClients, blockedClients, maxClients, pubsubClients, trackingClients } = info!;
	const most = row?.maxClients ?? maxClients;
	const whole = (value: number | undefined) => (value === undefined ? undefined : String(value));
	const rate = (value: number | undefined) => (value === undefined ? '-' : `${count(value)}/s`);
	const came = `opened ${rate(row?.connectionsPerSecond)}, refused ${rate(row?.rejectedPerSecond)}`;
	const rejected = `refused since the start ${info!.rejectedConnections ?? '-'}`;
	const flags = `${whole(pubsubClients) ?? '-'} pub/sub, ${whole(trackingClients) ?? '-'} tracking`;
	const holds = close.memory?.stats.clientsBytes ?? info!.clientsNormalBytes;
	return [
		titled('CLIENTS'),
		fact('connected', whole(connectedClients), most === undefined ? undefined : `of ${most}`),
		fact('connections', came, rejected),
		fact('blocked', whole(blockedClients), flags),
		fact('memory', holds === undefined ? undefined : bytes(holds), 'that the server holds for them'),
		...(details.replicasWaiting ? [fact('waiting replicas', String(details.replicasWaiting))] : []),
	];
}

const kindNames = {
	normal: 'normal',
	pubsub: 'subscribers',
	monitor: 'MONITOR',
	replica: 'replicas',
	primary: 'primary',
	own: 'redis-top',
} as const;

function kindLines(list: readonly Client[]): readonly NodeLine[] {
	const kinds = sumByKind(list);
	const shown = (Object.keys(kindNames) as (keyof typeof kindNames)[]).filter(
		kind => kinds[kind].clients > 0,
	);
	return [
		titled('BY KIND', 'includes redis-top'),
		{ kind: 'head', table: 'kinds' },
		...shown.map((kind): NodeLine => ({ kind: 'sum', name: kindNames[kind], sum: kinds[kind] })),
	];
}

const busyShown = 10;

/** Who does most; nothing where the server tells of no client what it has done (before Valkey 8 and Redis 8.6). */
function busyLines(facts: NodeFacts, list: readonly Client[], columns: number): readonly NodeLine[] {
	const { clientLoads: loads, clientCounters } = facts.close;
	if (!clientCounters) return [];
	if (!loads) return [titled('BUSIEST CLIENTS'), ...sentences(secondListWords(facts), columns)];
	const busy = busiestClients(list, loads, busyShown);
	const note = `between the last two lists, ${duration(loads.seconds)} apart, without redis-top`;
	if (busy.length === 0) return [titled('BUSIEST CLIENTS', `none did anything ${note}`)];
	return [
		titled('BUSIEST CLIENTS', note),
		{ kind: 'head', table: 'busy' },
		...busy.map((each): NodeLine => ({ kind: 'busy', ...each })),
	];
}

const secondListWords = ({ info }: NodeFacts) =>
	(info?.connectedClients ?? 0) <= manyClients
		? 'their rates come with the second list'
		: 'their rates take a second list: s again';

/** What changed since the oldest list of the last minute. */
export function churnOf({ close }: NodeFacts): ClientChurn | undefined {
	const [before] = close.clientIds;
	const last = close.clientIds.at(-1);
	if (!before || !last || before === last || !close.clients) return undefined;
	return churnSince(before, close.clients.list, last.at, last.runId);
}

/** `+806 -12 in 1m`, and how old the list is. */
export function churnWords(facts: NodeFacts): string {
	const churn = churnOf(facts);
	const { clients } = facts.close;
	const words = churn ? [`+${churn.opened} -${churn.closed} in ${duration(churn.seconds)}`] : [];
	const old = clients ? (facts.at - clients.at) / 1000 : 0;
	return [...words, ...(old > 15 ? [`of ${duration(old)} ago`] : [])].join(', ');
}

const axes = { host: ['CLIENTS BY ADDRESS', 'ADDRESS'], name: ['CLIENTS BY NAME', 'NAME'] } as const;

/** Without replicas and the link to the primary. */
export const applicationsIn = (list: readonly Client[]) => list.filter(isApplication).length;

export function groupsOfNode(
	facts: NodeFacts,
	axis: ClientAxis,
): readonly { readonly group: ClientGroup; readonly opened: number }[] {
	const groups = groupClients(facts.close.clients?.list ?? [], axis);
	const opened = new Map(churnOf(facts)?.openedByHost.map(({ key, clients }) => [key, clients]));
	return groups.map(group => ({ group, opened: axis === 'host' ? (opened.get(group.key) ?? 0) : 0 }));
}

function groupLines(facts: NodeFacts, list: readonly Client[], axis: 'host' | 'name'): readonly NodeLine[] {
	const groups = groupsOfNode(facts, axis);
	const most = groups[0]?.group.clients ?? 1;
	const [title, label] = axes[axis];
	const hidden = groups.length - groupsShown;
	const words = [String(applicationsIn(list)), axis === 'host' ? churnWords(facts) : ''];
	return [
		titled(title, words.filter(word => word !== '').join(', ')),
		{ kind: 'head', table: 'groups', label },
		...groups.slice(0, groupsShown).map(
			({ group, opened }): NodeLine => ({
				kind: 'group',
				...{ group, opened, ofMost: group.clients / most },
				load: sumLoads(group.members, facts.close.clientLoads),
			}),
		),
		...(hidden > 0 ? [{ kind: 'words', text: `${hidden} more`, isDim: true } as const] : []),
	];
}

function holderLines(list: readonly Client[]): readonly NodeLine[] {
	const holders = outputHolders(list, holdersShown);
	if (holders.length === 0) return [titled('OUTPUT BUFFERS', 'no reply waits to be read')];
	return [
		titled('OUTPUT BUFFERS', 'who has replies waiting, the most first'),
		{ kind: 'head', table: 'clients' },
		...holders.map((client): NodeLine => ({ kind: 'client', client })),
	];
}

/** Why there is no list, and what it would cost. */
export function unlistedWords(facts: NodeFacts): string {
	const refused = refusedWords(facts, 'client list');
	if (refused) return refused;
	const clients = facts.info?.connectedClients ?? 0;
	if (clients <= manyClients) return 'CLIENT LIST is on its way';
	return `s asks CLIENT LIST once: ${listCost(clients)} of the server for ${clients} clients`;
}

/** At 0.7 to 3.5 us a client: what was measured on five versions, up to 10,000 clients. */
export const listCost = (clients: number): string =>
	`${duration((clients * 0.7) / 1e6)} to ${duration((clients * 3.5) / 1e6)}`;

const unlistedLines = (facts: NodeFacts, columns: number): readonly NodeLine[] => [
	titled('CLIENTS BY ADDRESS'),
	...sentences(unlistedWords(facts), columns, false),
];
