// What redis-top takes from the servers while a failover is under way and it asks four times a second, beside the calm
// second before. The node timeout is long, so that the fast phase lasts as long as it is measured; the primary that is
// killed is not asked.

import { setTimeout as pause } from 'node:timers/promises';
import { startCluster } from '../servers/fleets.ts';
import { anyServer } from '../servers/servers.ts';
import { openRedisTop } from '../terminal/terminal.ts';
import { serverTime } from './server-time.ts';
import { median, type Part, times } from './table.ts';

const seconds = 15;
const size = [140, 40] as const;

export const failoverPart: Part = {
	name: 'failover',
	title:
		'server time of each living node of a cluster of six, four times a second in a failover, beside 1 Hz',
	async run() {
		const server = await anyServer();
		const cluster = await startCluster(server, { nodeTimeout: (seconds + 10) * 1000 });
		const living = cluster.nodes.slice(1);
		try {
			const idle = await serverTime(living, seconds);
			const terminal = openRedisTop(['-p', String(living[0]!.port)], { size });
			try {
				await terminal.shows(() => /^ops \d/m.test(terminal.text()));
				await pause(6000);
				const calm = await serverTime(living, seconds);
				await cluster.nodes[0]!.kill();
				await terminal.shows(() => /0\.25s/.test(terminal.lines()[0]!));
				const fast = await serverTime(living, seconds);
				if (!/0\.25s/.test(terminal.lines()[0]!))
					throw new Error('the fast phase ended before it was measured');
				const ours = (all: readonly number[]) => median(all.map((one, index) => one - idle[index]!));
				const [slow, quick] = [ours(calm), ours(fast)];
				const text = (value: number) => `${value.toFixed(0)} us`;
				return [
					['server time a second, each node (median)', text(quick), text(slow), times(quick, slow)],
					['of one core', `${(quick / 1e4).toFixed(3)} %`, `${(slow / 1e4).toFixed(3)} %`, ''],
				];
			} finally {
				await terminal.stop();
			}
		} finally {
			await cluster.stop();
		}
	},
};
