// The captured timelines of real clusters (kill-primary-timeline.txt and its like: each node's own CLUSTER NODES and
// CLUSTER INFO, polled every 30 ms, only changes written down) → rounds of samples as the poller would hand them on.

import { parseClusterInfo, parseClusterNodes } from '../../source/core/parse/parse-cluster.ts';
import type { ErrorReason, Sample } from '../../source/core/types.ts';
import { sampleOf } from './build.ts';
import { capture } from './captures.ts';
import { type Playing, playRound, startPlay } from './play.ts';

type Told = {
	/** Its peers by port, each the rest of its line: `master - epoch=1 connected 0-5460`. */
	readonly peers: Map<string, string>;
	readonly info: Map<string, string>;
	error?: ErrorReason;
};

export const epoch = 1_700_000_000_000;
const errors: Readonly<Record<string, ErrorReason>> = {
	ConnectionError: 'closed',
	ConnectionRefusedError: 'refused',
	TimeoutError: 'timeout',
};

export const nodeOf = (port: string) => `127.0.0.1:${port}`;

type Line = { readonly at: number; readonly port: string; readonly kind: string; readonly rest: string };

/** Lines `   0.007s node 7203: NODES …`. */
function linesIn(path: string): Line[] {
	return capture(path)
		.split('\n')
		.flatMap(line => {
			const [, seconds, port, kind, rest] =
				/^\s*([\d.]+)s node (\d+): (NODES|INFO|ERR) (.*)$/.exec(line) ?? [];
			return seconds ? [{ at: Number(seconds) * 1000, port: port!, kind: kind!, rest: rest! }] : [];
		});
}

const isWhole = ({ kind, rest }: Line) =>
	kind === 'NODES'
		? rest.includes('myself,') && rest.split(' | ').length > 3
		: rest.includes('cluster_slots_assigned:');

export type PlayOptions = {
	/** How often the nodes are asked, ms. */
	readonly every?: number;
	/** Nodes that are dead from the start, by port. */
	readonly silent?: readonly string[];
	/** Goes on with this one instead of starting anew; the time goes on, too. */
	readonly from?: Playing;
	/** Rounds after the last line, ms. */
	readonly after?: number;
	readonly runIds?: Readonly<Record<string, string>>;
	/** Lines to leave out: a poller that began late wrote down how it was before, after others had told the news. */
	readonly without?: RegExp;
};

/** Plays one timeline; the first state of each node stands in the file as whole lines. */
export function playTimeline(path: string, options: PlayOptions = {}): Playing {
	const { every = 250, after = 4000 } = options;
	const lines = linesIn(path);
	const told = new Map<string, Told>();
	const of = (port: string): Told => {
		const known = told.get(port) ?? { peers: new Map(), info: new Map() };
		told.set(port, known);
		return known;
	};
	const wholes = new Set<string>();
	for (const line of lines)
		if (line.kind !== 'ERR' && isWhole(line) && !wholes.has(`${line.port} ${line.kind}`)) {
			wholes.add(`${line.port} ${line.kind}`);
			take(of(line.port), line);
		}
	for (const port of options.silent ?? []) of(port).error = 'refused';
	const begin = (options.from?.at ?? epoch) + 1000;
	const ports = [
		...new Set([...told.values()].flatMap(each => [...each.peers.keys()]).concat([...told.keys()])),
	].sort();
	let playing = options.from ?? startPlay(ports.map(nodeOf), [], begin - 2000);
	const samples = (at: number, isFull: boolean) =>
		ports.map(port => sample(port, of(port), at, isFull, options.runIds?.[port]));
	for (const at of [begin - 1000, begin]) playing = playRound(playing, samples(at, true), at);
	const changes = lines.filter(
		line => (line.kind === 'ERR' || !isWhole(line) || line.at > 1000) && !options.without?.test(line.rest),
	);
	const last = (changes.at(-1)?.at ?? 0) + after;
	let next = 0;
	for (let at = every; at <= last; at += every) {
		while (next < changes.length && changes[next]!.at <= at) take(of(changes[next]!.port), changes[next++]!);
		playing = playRound(playing, samples(begin + at, at % 1000 === 0), begin + at);
	}
	return playing;
}

function take(told: Told, { kind, rest }: Line): void {
	if (kind === 'ERR') {
		told.error = errors[rest.split(' ')[0]!] ?? 'other';
		return;
	}
	told.error = undefined;
	if (kind === 'NODES')
		for (const entry of rest.split(' | ')) {
			const [port = '', ...more] = entry.trim().split(' ');
			told.peers.set(port, more.join(' '));
		}
	else for (const pair of rest.split(' ')) told.info.set(pair.split(':')[0]!, pair);
}

function sample(port: string, told: Told, at: number, isFull: boolean, runId = `run-${port}`): Sample {
	const node = nodeOf(port);
	if (told.error) return sampleOf(node, at, { error: { reason: told.error, text: told.error } });
	const text = [...told.peers].map(([peer, line]) => clusterNodesLine(peer, line)).join('\n');
	const role = /myself,slave/.test(text) ? ('replica' as const) : ('primary' as const);
	return sampleOf(node, at, {
		info: isFull
			? { isClusterEnabled: true, mode: 'cluster', role, runId, isLinkUp: role === 'replica' || undefined }
			: undefined,
		cluster: {
			...parseClusterInfo([...told.info.values()].join('\n')),
			peers: parseClusterNodes(text, node),
		},
	});
}

const idOf = (port: string) => port.padStart(40, 'a');

/** `master,fail - epoch=1 disconnected 0-5460` as a line of CLUSTER NODES. */
function clusterNodesLine(port: string, line: string): string {
	const [flags, primary = '-', epochText = 'epoch=0', link, ...slots] = line.trim().split(/\s+/);
	const above = primary === '-' ? '-' : idOf(primary);
	return [
		...[idOf(port), `${nodeOf(port)}@1${port}`, flags, above, '0', '0'],
		...[epochText.slice('epoch='.length), link, ...slots],
	].join(' ');
}
