// What commands take from servers, as the servers count it themselves.

import { setTimeout as pause } from 'node:timers/promises';
import type { RunningServer } from '../servers/start.ts';

/**
 * Microseconds of commands a second on each node, our own question each second among them. Servers measure by the wall
 * clock, and one that is put aside for a moment counts that too: the fifth of the seconds with the most is left out.
 */
export async function serverTime(
	nodes: readonly RunningServer[],
	seconds: number,
): Promise<readonly number[]> {
	const spent = () => Promise.all(nodes.map(microsecondsOf));
	const each: number[][] = nodes.map(() => []);
	// The first question of a connection costs more than the later ones.
	await spent();
	let before = await spent();
	for (let second = 0; second < seconds; second++) {
		await pause(1000);
		const now = await spent();
		for (const [index, microseconds] of now.entries()) each[index]!.push(microseconds - before[index]!);
		before = now;
	}
	return each.map(all => mean([...all].sort((x, y) => x - y).slice(0, Math.ceil(all.length * 0.8))));
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

/** Without what the nodes say to each other. */
async function microsecondsOf(node: RunningServer): Promise<number> {
	const stats = Object.entries(await node.info('commandstats'));
	return stats
		.filter(([name]) => !/^cmdstat_(replconf|psync|ping$|select$)/.test(name))
		.reduce((sum, [, text]) => sum + Number(/usec=(\d+)/.exec(text)?.[1] ?? 0), 0);
}
