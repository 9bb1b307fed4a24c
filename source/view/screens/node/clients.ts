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
import { busiestClients, type ClientLoad, sumLoads } from '../../../core/node/client-load.ts';
import type { Client } from '../../../core/parse/parse-client-list.ts';
import { printable } from '../../../core/text/printable.ts';
import { bytes, count, duration } from '../../../core/text/quantity.ts';
import { shareBar } from '../../chart.ts';
import { isWide } from '../../columns.ts';
import { none, orDash } from '../../format.ts';
import type { Line } from '../../theme.ts';
import { type NodeFacts, refusedWords } from './facts.ts';
import {
	by,
	fact,
	left,
	type Page,
	restOf,
	right,
	sentences,
	stacked,
	table,
	titled,
	words,
} from './lines.ts';
import { perSecond } from './words.ts';

const groupsShown = 100;
const holdersShown = 20;

export function clientLines(facts: NodeFacts, page: Page): readonly Line[] {
	const { close, info } = facts;
	if (!info) return [];
	const list = close.clients?.list;
	return stacked(
		countLines(page, facts),
		list ? busyLines(page, facts, list) : [],
		list ? kindLines(page, list) : [],
		list ? groupLines(page, facts, list, 'host') : unlistedLines(page, facts),
		list ? groupLines(page, facts, list, 'name') : [],
		list ? holderLines(page, list) : [],
	);
}

function countLines(page: Page, { info, row, details, close }: NodeFacts): readonly Line[] {
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
		fact(page, 'connected', whole(connectedClients), most === undefined ? undefined : `of ${most}`),
		fact(page, 'connections', came, rejected),
		fact(page, 'blocked', whole(blockedClients), flags),
		fact(page, 'memory', holds === undefined ? undefined : bytes(holds), 'that the server holds for them'),
		...(details.replicasWaiting ? [fact(page, 'waiting replicas', String(details.replicasWaiting))] : []),
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

function kindLines(page: Page, list: readonly Client[]): readonly Line[] {
	const kinds = sumByKind(list);
	const shown = (Object.keys(kindNames) as (keyof typeof kindNames)[]).filter(
		kind => kinds[kind].clients > 0,
	);
	const { head, row } = table(page, [
		...[left('', 12), right('CLIENTS', 8), right('BLOCKED', by(page, 0, 8, 8)), right('OUT', 6)],
		...[right('IN', by(page, 0, 6, 6)), right('MEMORY', 7)],
	]);
	return [
		titled('BY KIND', 'includes redis-top'),
		head,
		...shown.map(kind => {
			const { clients, blocked, outputBytes, inputBytes, totalBytes } = kinds[kind];
			const memory = totalBytes > 0 ? bytes(totalBytes) : none;
			return row(
				kindNames[kind],
				...[String(clients), String(blocked), orDash(outputBytes, bytes), bytes(inputBytes), memory],
			);
		}),
	];
}

const busyShown = 10;

/** Who does most; nothing where the server tells of no client what it has done (before Valkey 8 and Redis 8.6). */
function busyLines(page: Page, facts: NodeFacts, list: readonly Client[]): readonly Line[] {
	const { clientLoads: loads, clientCounters } = facts.close;
	if (!clientCounters) return [];
	if (!loads) return [titled('BUSIEST CLIENTS'), ...sentences(secondListWords(facts), page)];
	const busy = busiestClients(list, loads, busyShown);
	const note = `between the last two lists, ${duration(loads.seconds)} apart, without redis-top`;
	if (busy.length === 0) return [titled('BUSIEST CLIENTS', `none did anything ${note}`)];
	const { head, row } = table(page, [
		...[left('CLIENT', by(page, 22, 22, 32)), right('CMD/S', 6), right('IN/S', 6), right('OUT/S', 6)],
		...[left('COMMAND', by(page, 0, 12, 16)), left('NAME', by(page, 0, restOf(page, 65), restOf(page, 80)))],
	]);
	return [
		titled('BUSIEST CLIENTS', note),
		head,
		...busy.map(({ client, load }) => row(addressOf(client), ...loadCells(load), ...whatAndWho(client))),
	];
}

const addressOf = ({ host, port }: Client) => printable(port === undefined ? host : `${host}:${port}`);

/** Its last command, and its name or else its library. */
const whatAndWho = ({ command, name, library }: Client): readonly string[] => [
	command === undefined ? none : printable(command),
	printable(name ?? library ?? ''),
];

/** Commands, bytes in and bytes out a second. */
const loadCells = (load: ClientLoad | undefined): readonly string[] => [
	orDash(load?.commandsPerSecond, perSecond),
	orDash(load?.inputPerSecond, bytes),
	orDash(load?.outputPerSecond, bytes),
];

const secondListWords = ({ info }: NodeFacts) =>
	(info?.connectedClients ?? 0) <= manyClients
		? 'their rates come with the second list'
		: 'their rates take a second list: s again';

/** What changed since the oldest list of the last minute. */
function churnOf({ close }: NodeFacts): ClientChurn | undefined {
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

function groupsOfNode(
	facts: NodeFacts,
	axis: ClientAxis,
): readonly { readonly group: ClientGroup; readonly opened: number }[] {
	const groups = groupClients(facts.close.clients?.list ?? [], axis);
	const opened = new Map(churnOf(facts)?.openedByHost.map(({ key, clients }) => [key, clients]));
	return groups.map(group => ({ group, opened: axis === 'host' ? (opened.get(group.key) ?? 0) : 0 }));
}

function groupLines(
	page: Page,
	facts: NodeFacts,
	list: readonly Client[],
	axis: 'host' | 'name',
): readonly Line[] {
	const groups = groupsOfNode(facts, axis);
	const most = groups[0]?.group.clients ?? 1;
	const [title, label] = axes[axis];
	const hidden = groups.length - groupsShown;
	const notes = [String(applicationsIn(list)), axis === 'host' ? churnWords(facts) : ''];
	const who = isWide(page.columns) ? 'WHO, WHAT THEY WAIT FOR' : 'WHO';
	const { head, row } = table(page, [
		...[left(label, by(page, 20, 21, 30)), right('CLIENTS', 7), left('', by(page, 0, 0, 8))],
		...[right('NEW', by(page, 0, 5, 5)), right('CMD/S', by(page, 0, 0, 6)), right('IN/S', by(page, 0, 0, 6))],
		...[right('OUT/S', by(page, 0, 0, 6)), right('OUT', 6), right('IN', by(page, 0, 6, 6))],
		...[right('AGE', by(page, 0, 4, 5)), right('IDLE', by(page, 0, 4, 5))],
		left(who, by(page, 0, restOf(page, 69), restOf(page, 116))),
	]);
	return [
		titled(title, notes.filter(note => note !== '').join(', ')),
		head,
		...groups
			.slice(0, groupsShown)
			.map(({ group, opened }) =>
				row(
					group.key === '' ? '(none)' : printable(group.key),
					String(group.clients),
					shareBar(group.clients / most, 8, page.isAscii),
					opened > 0 ? `+${opened}` : '',
					...loadCells(sumLoads(group.members, facts.close.clientLoads)),
					orDash(group.outputBytes, bytes),
					bytes(group.inputBytes),
					orDash(group.oldestSeconds, duration),
					orDash(group.idlestSeconds, duration),
					whoIn(group),
				),
			),
		...(hidden > 0 ? [words(`${hidden} more`, true)] : []),
	];
}

function whoIn({ waits, labels, own }: ClientGroup): string {
	const names = labels.slice(0, 3).map(({ text }) => printable(text));
	const ours = own > 0 && !names.includes('redis-top') ? [`${own} redis-top`] : [];
	const waiting = waits.map(({ text, clients }) => `${clients} wait in ${printable(text)}`);
	return [...names, ...ours, ...waiting].join(', ');
}

function holderLines(page: Page, list: readonly Client[]): readonly Line[] {
	const holders = outputHolders(list, holdersShown);
	if (holders.length === 0) return [titled('OUTPUT BUFFERS', 'no reply waits to be read')];
	const { head, row } = table(page, [
		...[left('CLIENT', by(page, 22, 22, 32)), right('OUT', 6), right('MEMORY', 7)],
		...[right('AGE', by(page, 0, 5, 5)), right('IDLE', by(page, 0, 5, 5))],
		...[left('COMMAND', by(page, 0, 12, 16)), left('NAME', by(page, 0, restOf(page, 71), restOf(page, 85)))],
	]);
	return [
		titled('OUTPUT BUFFERS', 'who has replies waiting, the most first'),
		head,
		...holders.map(client =>
			row(
				addressOf(client),
				orDash(client.outputBytes, bytes),
				orDash(client.totalBytes, bytes),
				orDash(client.ageSeconds, duration),
				orDash(client.idleSeconds, duration),
				...whatAndWho(client),
			),
		),
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

const unlistedLines = (page: Page, facts: NodeFacts): readonly Line[] => [
	titled('CLIENTS BY ADDRESS'),
	...sentences(unlistedWords(facts), page, false),
];
