// Faults of fleets: a way that loses everything, failovers of a cluster and under Sentinels, Sentinels that trust nothing.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Printed, runJson, runOnce } from '../live/redis-top.ts';
import { startCluster, startSentinels } from '../servers/fleets.ts';
import { anyServer } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { all, allUp, delay, follow, has, inSeconds, isMeasured, isUp, not } from './follow.ts';
import type { Row } from './row.ts';

/** A way to a server on which, from `lose` to `find`, nothing comes through: it is not closed, and nobody is told. */
async function startLosingWay(port: number) {
	const pairs = new Set<readonly [Socket, Socket]>();
	let isLosing = false;
	const join = ([client, server]: readonly [Socket, Socket]) => void client.pipe(server).pipe(client);
	const part = ([client, server]: readonly [Socket, Socket]) => {
		client.unpipe().pause();
		server.unpipe().pause();
	};
	const listening = createServer(client => {
		const pair = [client, connect(port, '127.0.0.1')] as const;
		pairs.add(pair);
		for (const socket of pair)
			socket
				.on('error', () => {})
				.on('close', () => {
					for (const each of pair) each.destroy();
					pairs.delete(pair);
				});
		if (isLosing) part(pair);
		else join(pair);
	});
	await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve));
	return {
		port: (listening.address() as AddressInfo).port,
		lose() {
			isLosing = true;
			for (const pair of pairs) part(pair);
		},
		find() {
			isLosing = false;
			for (const pair of pairs) join(pair);
		},
		async stop() {
			for (const pair of pairs) for (const socket of pair) socket.destroy();
			await new Promise(resolve => listening.close(resolve));
		},
	};
}

const isPrimary = (server: RunningServer) => (object: Printed) =>
	object.nodes.some(
		({ node, role, health }: Printed) => node === server.address && role === 'primary' && health === 'up',
	);

const eventsOf = (objects: readonly Printed[], kind: RegExp): readonly string[] =>
	objects.flatMap(({ events }) => events.filter((event: Printed) => kind.test(event.kind)).map(textOf));
const textOf = ({ text }: Printed): string => text;

export const rows: readonly Row[] = [
	{
		what: 'a partition: nothing comes through to a server, and then it does',
		async run() {
			const server = await startServer(await anyServer(), { config: { save: '' } });
			const way = await startLosingWay(server.port);
			const run = runJson([...delay, '-p', String(way.port)]);
			try {
				await run.when('it reads', isMeasured);
				const told = await follow(run, 'it is told', way.lose, object => !isUp(object));
				const down = await follow(run, 'it is a finding', () => {}, has('unreachable', 'crit'));
				const well = await follow(run, 'it is well', way.find, all(isMeasured, not(has('unreachable'))));
				return {
					figure: `told after ${inSeconds(told)}, critical ${inSeconds(down)} later, well after ${inSeconds(well)}`,
					holds: true,
				};
			} finally {
				await run.stop();
				await way.stop();
				await server.stop();
			}
		},
	},
	{
		what: 'kill -9 of a primary in a 3+3 cluster: failover, and it comes back',
		async run() {
			const cluster = await startCluster(await anyServer(), { config: { save: '' } });
			const [killed] = cluster.primaries;
			const [heir] = cluster.replicas;
			const run = runJson([...delay, '-p', String(cluster.primaries[1]!.port)]);
			try {
				await run.when('six are up', allUp(6));
				const told = await follow(run, 'it is told', () => killed!.kill(), has('unreachable', 'crit'));
				const served = await run.when('its replica serves', isPrimary(heir!), { timeout: 60_000 });
				const isServed = all(({ fleet }) => fleet.slotsCovered === 16_384, not(has('slots-uncovered')));
				await run.when('all slots are served', object => isPrimary(heir!)(object) && isServed(object));
				const well = await follow(
					run,
					'six are up',
					() => killed!.restart(),
					all(allUp(6), isServed),
					90_000,
				);
				const [story = 'no story'] = eventsOf(run.objects, /promoted/);
				const failover = (served.seenAt - told.object.seenAt) / 1000;
				return {
					figure: `told after ${inSeconds(told)}, failover told ${failover.toFixed(1)} s later: ${story}; six up ${inSeconds(well)} after the restart`,
					holds: story !== 'no story',
				};
			} finally {
				await run.stop();
				await cluster.stop();
			}
		},
	},
	{
		what: 'kill -9 of a primary under three Sentinels: failover',
		async run() {
			const trio = await startSentinels(await anyServer(), { config: { save: '' } });
			const run = runJson([...delay, '-p', String(trio.sentinels[0]!.port)]);
			try {
				await run.when('three are up', allUp(3));
				const told = await follow(run, 'it is told', () => trio.primary.kill(), has('unreachable', 'crit'));
				const isSwitched = ({ sentinel }: Printed) =>
					sentinel?.masters[0]?.primary !== trio.primary.address && sentinel?.masters[0]?.primary;
				const isTaken = (object: Printed) =>
					isSwitched(object) &&
					object.nodes.some(
						({ node, role }: Printed) => node === object.sentinel.masters[0].primary && role === 'primary',
					);
				const switched = await run.when('another is the primary', isTaken, { timeout: 60_000 });
				const isWhole = all(allUp(3), not(has('unreachable')));
				const well = await follow(run, 'three are up', () => trio.primary.restart(), isWhole, 90_000);
				const [story = 'no story'] = eventsOf(run.objects, /^switch$|promoted/);
				const failover = (switched.seenAt - told.object.seenAt) / 1000;
				return {
					figure: `told after ${inSeconds(told)}, failover told ${failover.toFixed(1)} s later: ${story}; three up ${inSeconds(well)} after the restart`,
					holds: story !== 'no story',
				};
			} finally {
				await run.stop();
				await trio.stop();
			}
		},
	},
	{
		what: 'three Sentinels in TILT: told, --check ends with 2, over by itself',
		async run() {
			const trio = await startSentinels(await anyServer(), { replicas: 1, config: { save: '' } });
			const [first] = trio.sentinels;
			const run = runJson([...delay, '-p', String(first!.port)]);
			try {
				await run.when('two are up', allUp(2));
				const stand = async () => {
					for (const { pid } of trio.sentinels) process.kill(pid, 'SIGSTOP');
					// What a Sentinel takes for a clock that cannot be trusted is 2 s.
					await new Promise(resolve => setTimeout(resolve, 2600));
					for (const { pid } of trio.sentinels) process.kill(pid, 'SIGCONT');
				};
				const told = await follow(run, 'it is told', stand, has('sentinel-tilt', 'crit'));
				const { code, stdout } = await runOnce(['-p', String(first!.port), '--check']);
				const isTold = code === 2 && /sentinel-tilt/.test(stdout);
				const over = await follow(run, 'it is over', () => {}, not(has('sentinel-tilt')), 60_000);
				return {
					figure: `told after ${inSeconds(told)}, --check ends with ${code}, over ${inSeconds(over)} later`,
					holds: isTold && over.seconds < 60,
				};
			} finally {
				await run.stop();
				await trio.stop();
			}
		},
	},
	{
		what: 'a replica is frozen: its row alone is down',
		async run() {
			const cluster = await startCluster(await anyServer(), { primaries: 3, config: { save: '' } });
			const [frozen] = cluster.replicas;
			const run = runJson([...delay, '-p', String(cluster.primaries[0]!.port)]);
			try {
				await run.when('six are up', allUp(6));
				const healthOf = (server: RunningServer, object: Printed) =>
					object.nodes.find(({ node }: Printed) => node === server.address)?.health;
				const isAlone = (object: Printed) =>
					healthOf(frozen!, object) !== 'up' &&
					object.nodes.filter(({ health }: Printed) => health === 'up').length === 5;
				const told = await follow(run, 'it is told', () => frozen!.freeze(), isAlone);
				const well = await follow(run, 'six are up', () => frozen!.thaw(), allUp(6));
				const others = run.objects.filter(
					object => object.seenAt > told.object.seenAt && !isUp({ nodes: object.nodes.slice(0, 1) }),
				).length;
				return {
					figure: `told after ${inSeconds(told)}, six up after ${inSeconds(well)}, others missed in ${others} refreshes`,
					holds: others === 0,
				};
			} finally {
				await run.stop();
				await cluster.stop();
			}
		},
	},
];
