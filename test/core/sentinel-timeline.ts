// The captured timelines of real Sentinel trios (kill-master-timeline.txt and its like: SENTINEL MASTERS of every Sentinel
// and the roles of the data nodes, polled every 30 ms, and the messages of the Sentinels) → rounds of samples.

import type { Info, Sample, SentinelMaster } from '../../source/core/types.ts';
import { sampleOf } from './build.ts';
import { capture } from './captures.ts';
import { type Playing, playRound, startPlay } from './play.ts';

export const epoch = 1_700_000_000_000;
export const nodeOf = (port: string) => `127.0.0.1:${port}`;

export type Message = {
	readonly at: number;
	readonly sentinel: string;
	readonly channel: string;
	readonly text: string;
};

/** The messages of a timeline, times as in the file, ms. */
export function messagesIn(path: string): Message[] {
	return capture(path)
		.split('\n')
		.flatMap(line => {
			const [, seconds, port, channel, text = ''] =
				/^\s*([\d.]+)s sentinel (\d+): ([+-][\w-]+) ?(.*)$/.exec(line) ?? [];
			return seconds
				? [{ at: Number(seconds) * 1000, sentinel: nodeOf(port!), channel: channel!, text }]
				: [];
		});
}

type Line = { readonly at: number; readonly kind: string; readonly port: string; readonly rest: string };

function linesIn(path: string): Line[] {
	return capture(path)
		.split('\n')
		.flatMap(line => {
			const [, seconds, kind = 'poll', port, rest] =
				/^\s*([\d.]+)s (?:(poll|data) )?(\d+): (.*)$/.exec(line) ?? [];
			return seconds ? [{ at: Number(seconds) * 1000, kind, port: port!, rest: rest! }] : [];
		});
}

type Play = { readonly playing: Playing; readonly begin: number };

/** Plays one timeline, asking every `every` ms, `after` ms more than it has lines for; lines that match `without` left out. */
export function playSentinels(path: string, every = 250, after = 4000, from?: Play, without?: RegExp): Play {
	const lines = linesIn(path).filter(line => !without?.test(line.rest));
	const data = [...new Set(lines.filter(line => line.kind === 'data').map(line => line.port))].sort();
	const sentinels = [...new Set(lines.filter(line => line.kind === 'poll').map(line => line.port))].sort();
	const told = new Map<string, string>();
	// The first line of each is how it was before.
	for (const line of lines)
		if (!told.has(line.port) && !/Error/.test(line.rest)) told.set(line.port, line.rest);
	const begin = (from?.playing.at ?? epoch) + 2000;
	let playing = from?.playing ?? startPlay(data.map(nodeOf), sentinels.map(nodeOf), begin - 2000);
	const samples = (at: number) => [
		...data.map(port => dataSample(port, told.get(port), at)),
		...sentinels.map(port => sentinelSample(port, told.get(port), at)),
	];
	for (const at of [begin - 1000, begin]) playing = playRound(playing, samples(at), at);
	const changes = [...lines].sort((a, b) => a.at - b.at);
	const last = (changes.at(-1)?.at ?? 0) + after;
	let next = 0;
	for (let at = every; at <= last; at += every) {
		while (next < changes.length && changes[next]!.at <= at) {
			told.set(changes[next]!.port, changes[next]!.rest);
			next++;
		}
		playing = playRound(playing, samples(begin + at), begin + at);
	}
	return { playing, begin };
}

const field = (text: string, name: string) => new RegExp(`${name}=(\\S*)`).exec(text)?.[1] ?? '';

function dataSample(port: string, told: string | undefined, at: number): Sample {
	const node = nodeOf(port);
	if (told === undefined || /Error/.test(told))
		return sampleOf(node, at, { error: { reason: 'refused', text: 'connection refused' } });
	const isReplica = field(told, 'role') === 'slave';
	const info: Info = {
		mode: 'standalone',
		runId: `run-${port}`,
		role: isReplica ? 'replica' : 'primary',
		...(isReplica && { primary: field(told, 'master'), isLinkUp: field(told, 'link') === 'up' }),
	};
	return sampleOf(node, at, { info });
}

function sentinelSample(port: string, told: string | undefined, at: number): Sample {
	const node = nodeOf(port);
	if (told === undefined || !/addr=[\d.]+:\d/.test(told))
		return sampleOf(node, at, { error: { reason: 'refused', text: 'connection refused' } });
	const stage = field(told, 'failover-state');
	const master: SentinelMaster = {
		name: 'mymaster',
		address: field(told, 'addr'),
		flags: field(told, 'flags').split(','),
		quorum: 2,
		otherSentinels: 2,
		configEpoch: Number(field(told, 'config-epoch')),
		failoverState: stage === 'None' ? undefined : stage,
		downAfterMilliseconds: 2000,
		isQuorumReachable: /CKQUORUM OK/.test(told),
	};
	return sampleOf(node, at, { info: { mode: 'sentinel' }, sentinel: { masters: [master] } });
}
