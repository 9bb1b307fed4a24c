// A node that lies about who else there is.

import { leadingOn, naming, startRogue, watch } from '../redis/rogue.ts';
import { until } from '../servers/until.ts';
import type { Row } from './row.ts';

const login = { credentials: { password: 'x' }, sentinelCredentials: { password: 'x' } };

const row = (what: string, answer: Parameters<typeof startRogue>[0], most: number): Row => ({
	what,
	async run() {
		const rogue = await startRogue(answer);
		const watched = watch(`127.0.0.1:${rogue.port}`, login);
		try {
			const isSaid = () =>
				watched.fleet().now.findings.some(({ text }) => /named and not watched/.test(text));
			await until(isSaid, { what: 'the finding', timeout: 120_000 });
			const figure = `${rogue.hosts.size} hosts dialled, ${rogue.passwords.size} saw a password`;
			return { figure, holds: rogue.hosts.size <= most && rogue.passwords.size <= most };
		} finally {
			await watched.stop();
			rogue.stop();
		}
	},
});

export const rows: readonly Row[] = [
	row('a cluster node names 3,000 hosts: 1,000 at most are dialled', naming(3000), 1000),
	row('each replica leads to one more: it ends after 8 steps', leadingOn, 9),
];
