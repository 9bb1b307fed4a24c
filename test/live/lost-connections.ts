// What the tests of lost connections do to servers that stay well, and what must not be said of them.

import assert from 'node:assert/strict';
import type { RunningSentinels } from '../servers/fleets.ts';
import type { RunningServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import type { Printed, Run } from './redis-top.ts';

/**
 * Ends every client of these nodes but the one that asks, and waits for two refreshes more and until all are read anew:
 * a connection that is ended again before it had an answer is one that fails.
 */
export async function killOurs(run: Run, nodes: readonly RunningServer[]): Promise<void> {
	const from = run.objects.length;
	const killed = await Promise.all(nodes.map(node => node.call('CLIENT', 'KILL', 'TYPE', 'normal')));
	assert.ok(
		killed.every(count => Number(count) > 0),
		`each node ends a connection of ours: ${killed}`,
	);
	const isRead = ({ nodes }: Printed) => nodes.every(({ health }: Printed) => health === 'up');
	await run.when('two refreshes more', isRead, { from: from + 1, timeout: 60_000 });
}

/** SENTINEL FAILOVER, until every Sentinel names the new primary, all data nodes follow it, and we show it. */
export async function switchByHand(run: Run, fleet: RunningSentinels): Promise<void> {
	const [sentinel] = fleet.sentinels;
	const named = async (each: RunningServer) =>
		String(((await each.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', fleet.name)) as string[])[1]);
	const old = await named(sentinel!);
	// Refused while the one before is not over.
	await until(() => sentinel!.call('SENTINEL', 'FAILOVER', fleet.name), {
		what: 'a failover is begun',
		timeout: 60_000,
	});
	const all = [fleet.primary, ...fleet.replicas];
	await until(
		async () => {
			const names = new Set(await Promise.all(fleet.sentinels.map(named)));
			// One that the Sentinel has given up, on a machine that was held up, is begun again; refused while it goes on.
			if (names.size === 1 && names.has(old))
				await sentinel!.call('SENTINEL', 'FAILOVER', fleet.name).catch(() => {});
			const infos = await Promise.all(all.map(node => node.info('replication')));
			const links = infos.filter(info => info.role === 'slave' && info.master_link_status === 'up');
			return names.size === 1 && !names.has(old) && links.length === all.length - 1;
		},
		{ what: 'the switch', timeout: 60_000 },
	);
	const now = `127.0.0.1:${await named(sentinel!)}`;
	await run.when('it is shown', object => object.sentinel.masters[0].primary === now, {
		from: Math.max(0, run.objects.length - 1),
	});
}

/** No node was ever said to be down, lost or unreachable. */
export function assertNobodyMissed({ objects }: Run): void {
	const told = (object: Printed) => [
		...object.events.filter((event: Printed) => event.kind === 'unreachable'),
		...object.findings.filter((finding: Printed) => finding.id === 'unreachable'),
		...object.nodes.filter((node: Printed) => node.health === 'down' || node.error !== null),
	];
	assert.deepEqual(objects.flatMap(told), []);
}
