// Tapes of a small cluster through ten minutes: three primaries with a replica each, load with a swell and noise as in
// the demo. What a deploy does to them is told from a moment on. Seeded: the same each time.

import type { Tapes } from '../../../source/core/compare/read-tape.ts';
import {
	type Amount,
	addToTape,
	emptyTape,
	type Tape,
	type WholeKind,
} from '../../../source/core/compare/tape.ts';
import { randomFrom } from './noise.ts';

export const shopNodes = [
	'10.0.0.1:6379',
	'10.0.0.2:6379',
	'10.0.0.3:6379',
	'10.0.0.4:6379',
	'10.0.0.5:6379',
	'10.0.0.6:6379',
];
const shares = [0.42, 0.31, 0.27];
export const begin = 1_800_000_000_000;
const blockSeconds = 5;

/** Calls a second of all, and microseconds of one. */
const commands: Readonly<Record<string, readonly [calls: number, each: number]>> = {
	get: [1900, 2.4],
	hgetall: [300, 4],
	lrange: [300, 2.6],
	set: [290, 3.3],
	rpoplpush: [140, 3.4],
	hincrby: [80, 2.1],
	zincrby: [11, 17],
	replconf: [3, 1.4],
};

export type Shop = {
	readonly seed: number;
	readonly seconds: number;
	/** The deploy, seconds from the begin. */
	readonly deployAt?: number;
	/** Seconds at which this node was not read. */
	readonly missing?: (node: number, second: number) => boolean;
	/** Who is a primary at that second; the first three where it is not given. */
	readonly isPrimary?: (node: number, second: number) => boolean;
	/** Keys with a TTL beside those that there always are, of each node. */
	readonly expiring?: (second: number) => number;
};

export function shopTapes({ seed, seconds, deployAt, missing, isPrimary, expiring }: Shop): Tapes {
	const random = randomFrom(seed);
	const phase = 40 * random();
	const tapes = new Map<string, Tape>(shopNodes.map(node => [node, emptyTape]));
	for (let second = 0; second < seconds; second += blockSeconds) {
		for (const [index, node] of shopNodes.entries()) {
			const one = blockOf(index % 3, second, deployAt, random, phase, expiring?.(second));
			if (missing?.(index, second)) continue;
			const primary = isPrimary?.(index, second) ?? index < 3;
			const at = begin + 1000 * second + 500;
			tapes.set(node, addToTape(tapes.get(node)!, at, blockSeconds, primary, ...one));
		}
	}
	return tapes;
}

function blockOf(
	shard: number,
	second: number,
	deployAt: number | undefined,
	random: () => number,
	phase: number,
	expiring = 0,
): [Amount[], WholeKind[]] {
	const since = deployAt === undefined ? -1 : second - deployAt;
	const isNew = since >= 0;
	const load =
		shares[shard]! *
		(1 + 0.07 * Math.sin((second + phase + 5 * shard) / 6) + 0.03 * (random() + random() - 1));
	// The machine is busy with other things now and then: all calls take longer.
	const slowness = 0.8 + 0.5 * random() + (random() < 0.1 ? 2 * random() : 0);
	const amounts: Amount[] = [];
	const add = (kind: Amount['kind'], name: string, value: number, weight: number = blockSeconds) =>
		amounts.push({ kind, name, sum: value * weight, weight });
	let [calls, time] = [0, 0];
	for (const [name, [perSecond, each]] of Object.entries(commands)) {
		const called = perSecond * load * (name === 'hgetall' && isNew ? 2 : 1) * (1 + 0.04 * (random() - 0.5));
		const took = called * each * slowness * (0.9 + 0.2 * random());
		add('calls', name, called);
		add('microseconds', name, took);
		calls += called;
		time += took;
	}
	add('calls', '', calls);
	add('microseconds', '', time);
	add('figure', 'opsPerSecond', calls);
	add('figure', 'hits', 0.95 * calls + 8 * random());
	add('figure', 'lookups', calls);
	add('figure', 'evictedPerSecond', 0);
	add('figure', 'expiredPerSecond', random() < 0.2 ? 60 * random() : 20);
	add('figure', 'inputBytesPerSecond', 150 * calls);
	add('figure', 'outputBytesPerSecond', 1400 * calls);
	add('figure', 'connectionsPerSecond', isNew ? 0.4 : 0);
	add('figure', 'cpuPercent', time / 10_000 + random());
	add('figure', 'usedMemoryBytes', 28e6 + 4e5 * random(), 1);
	add('figure', 'rssBytes', 40e6 + 6e5 * random(), 1);
	add('figure', 'connectedClients', 2 + (isNew ? Math.floor(0.4 * since) : 0), 1);
	add('figure', 'blockedClients', 0, 1);
	const keys = 13_700 + 30 * random();
	const withTtl = keys * (0.875 - (isNew ? 0.5 * (1 - Math.exp(-since / 300)) : 0));
	add('keys', '0', keys + expiring, 1);
	add('keys-with-ttl', '0', withTtl + expiring, 1);
	add('error', '', random() < 0.05 ? 1 : 0);
	return [
		amounts,
		[
			{ kind: 'calls', weight: blockSeconds },
			{ kind: 'microseconds', weight: blockSeconds },
			{ kind: 'error', weight: blockSeconds },
		],
	];
}
