// Faults of real servers: each is made on one of its own, and the figure is how many seconds passed until it was told,
// and until all was well again where it ends.

import { type Printed, type Run, runJson } from '../live/redis-top.ts';
import { anyServer } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import type { Row } from './row.ts';

const delay = ['-d', '0.5'];

type Fault = {
	readonly what: string;
	readonly config?: Readonly<Record<string, string>>;
	/** Makes it; what it gives ends it. */
	readonly make: (server: RunningServer) => Promise<() => Promise<unknown>>;
	/** That it is told. */
	readonly told: (object: Printed) => unknown;
	/** That it is over; where it leaves nothing behind, that there is no finding and the node is up. */
	readonly over?: (object: Printed) => unknown;
};

const has = (id: string, severity?: string) => (object: Printed) =>
	object.findings.some(
		(finding: Printed) => finding.id === id && (severity === undefined || finding.severity === severity),
	);
const isWell = (object: Printed) => object.findings.length === 0 && object.nodes[0]?.health === 'up';
const nothing = async () => {};

const faults: readonly Fault[] = [
	{
		what: 'a server is killed and started again',
		async make(server) {
			await server.kill();
			return () => server.restart();
		},
		told: has('unreachable', 'crit'),
		// That its keys are gone is said for longer.
		over: (object: Printed) => object.nodes[0]?.health === 'up' && !has('unreachable')(object),
	},
	{
		what: 'a server is frozen for three seconds',
		async make(server) {
			process.kill(server.pid, 'SIGSTOP');
			return async () => {
				await new Promise(resolve => setTimeout(resolve, 1500));
				process.kill(server.pid, 'SIGCONT');
			};
		},
		told: (object: Printed) => has('stalled')(object) || has('unreachable')(object),
		// What it was is said for a minute.
		over: (object: Printed) => object.nodes[0]?.health === 'up' && !has('unreachable')(object),
	},
	{
		what: 'CONFIG RESETSTAT: no figure falls below zero',
		async make(server) {
			await server.call('CONFIG', 'RESETSTAT');
			return nothing;
		},
		told: (object: Printed) => object.nodes[0]?.opsPerSecond >= 0,
		over: (object: Printed) => isWell(object) && object.nodes[0].opsPerSecond >= 0,
	},
	{
		what: 'a script that does not end',
		config: { 'busy-reply-threshold': '300' },
		async make(server) {
			const client = server.connect({ commandTimeout: undefined });
			const running = client.eval('while true do end', 0).catch(() => {});
			return async () => {
				await until(() => server.call('SCRIPT', 'KILL').catch(() => false), { what: 'it is ended' });
				await running;
				client.disconnect();
			};
		},
		told: has('blocked-by-script'),
		over: (object: Printed) => !has('blocked-by-script')(object) && object.nodes[0]?.health === 'up',
	},
	{
		what: 'no room for clients',
		config: { maxclients: '8' },
		async make(server) {
			const clients = Array.from({ length: 12 }, () => server.connect());
			for (const client of clients) client.on('error', () => {});
			return async () => {
				for (const client of clients) client.disconnect();
			};
		},
		told: (object: Printed) => has('clients-high')(object) || has('clients-rejected')(object),
		over: (object: Printed) => !has('clients-high')(object) && object.nodes[0]?.health === 'up',
	},
	{
		what: 'a password is set, and taken away',
		async make(server) {
			await server.call('CONFIG', 'SET', 'requirepass', 'x');
			await server.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
			return () => server.call('CONFIG', 'SET', 'requirepass', '');
		},
		told: (object: Printed) => object.nodes[0]?.error?.reason === 'needs-password',
	},
	{
		what: 'FLUSHALL of ten thousand keys',
		async make(server) {
			await server.call('FLUSHALL');
			return nothing;
		},
		told: has('keys-lost'),
		over: (object: Printed) => object.nodes[0]?.health === 'up',
	},
	{
		what: 'CLIENT KILL of our own connection',
		async make(server) {
			await server.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
			return nothing;
		},
		told: (object: Printed) => !has('unreachable')(object) && object.nodes[0]?.opsPerSecond !== null,
	},
];

/** Until it is well with figures, the fault, and well again. */
async function play({ make, told, over = isWell }: Fault, server: RunningServer, run: Run): Promise<string> {
	await run.when('all is well', object => isWell(object) && object.nodes[0].opsPerSecond !== null, {
		timeout: 60_000,
	});
	const from = Date.now();
	const end = await make(server);
	const first = await run.when('it is told', object => object.seenAt > from && told(object), {
		timeout: 60_000,
	});
	const seconds = (first.seenAt - from) / 1000;
	const endedAt = Date.now();
	await end();
	const last = await run.when('it is over', object => object.seenAt > endedAt && over(object), {
		timeout: 60_000,
	});
	return `told after ${seconds.toFixed(1)} s, well after ${((last.seenAt - endedAt) / 1000).toFixed(1)} s`;
}

export const rows: readonly Row[] = [
	...faults.map(
		(fault): Row => ({
			what: fault.what,
			async run() {
				const server = await startServer(await anyServer(), { config: { save: '', ...fault.config } });
				const run = runJson([...delay, '-p', String(server.port)]);
				try {
					await server.call('EVAL', "for i=1,10000 do redis.call('SET','k:'..i,i) end return 1", '0');
					return { figure: await play(fault, server, run), holds: true };
				} finally {
					await run.stop();
					await server.stop();
				}
			},
		}),
	),
	{
		what: 'redis-top is killed: nothing of it is left on the server',
		async run() {
			const server = await startServer(await anyServer(), { config: { save: '' } });
			const run = runJson([...delay, '-p', String(server.port)]);
			try {
				await run.when('it reads', object => object.nodes[0]?.health === 'up');
				run.child.kill('SIGKILL');
				await run.exited;
				const ours = async () => /name=redis-top/.test(String(await server.call('CLIENT', 'LIST')));
				const from = Date.now();
				await until(async () => !(await ours()), { what: 'its connections are gone' });
				return { figure: `gone after ${((Date.now() - from) / 1000).toFixed(1)} s`, holds: true };
			} finally {
				await server.stop();
			}
		},
	},
];
