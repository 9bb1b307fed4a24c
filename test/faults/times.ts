// Clocks that are set while we watch, and a program that is stopped for a while: how long until line 1, the figures and
// the questions are live again. How long it is stopped: REDIS_TOP_SUSPEND_SECONDS (20).

import { runJson } from '../live/redis-top.ts';
import { fakeTime, withoutFakeTime } from '../servers/fake-time.ts';
import { anyServer } from '../servers/servers.ts';
import { type RunningServer, startServer } from '../servers/start.ts';
import { openRedisTop, type Terminal } from '../terminal/terminal.ts';
import { delay, follow, has, inSeconds, isMeasured, not } from './follow.ts';
import type { Row } from './row.ts';

const suspendSeconds = Number(process.env.REDIS_TOP_SUSPEND_SECONDS ?? 20);

const clockOf = (terminal: Terminal) => / (\d\d:\d\d:\d\d)$/.exec(terminal.lines()[0]!)?.[1];
/** The clock of line 1 is that of the wall, or of a moment ago. */
const isClock = (terminal: Terminal, offsetSeconds: number) => () =>
	[0, 1, 2].some(
		ago =>
			new Date(Date.now() + (offsetSeconds - ago) * 1000).toISOString().slice(11, 19) === clockOf(terminal),
	);
const opsOf = (terminal: Terminal) => {
	const [, number, unit] = /^ops ([\d.]+)(k?)\/s/.exec(terminal.lines()[1]!) ?? [];
	return number === undefined ? undefined : Number(number) * (unit === 'k' ? 1000 : 1);
};

/** Seconds until all of it: line 1, the figures of a load that begins now, a question that is asked and answered. */
async function secondsUntilLive(terminal: Terminal, server: RunningServer, offsetSeconds: number) {
	const began = performance.now();
	const since = () => ((performance.now() - began) / 1000).toFixed(1);
	await terminal.shows(isClock(terminal, offsetSeconds));
	const line = since();
	let isOver = false;
	const client = server.connect();
	const load = (async () => {
		while (!isOver) await Promise.all(Array.from({ length: 50 }, () => client.get('k')));
	})();
	await terminal.shows(() => (opsOf(terminal) ?? 0) > 100);
	isOver = true;
	await load;
	client.disconnect();
	const figures = since();
	terminal.type('d');
	await terminal.shows(/delay in seconds/);
	terminal.type('\x15' + '0.5\r');
	await terminal.shows(/every 0\.5s/);
	terminal.type('d');
	await terminal.shows(/delay in seconds/);
	terminal.type('\x15' + '1\r');
	await terminal.shows(/every 1s/);
	return `line 1 ${line} s, figures ${figures} s, two questions ${since()} s`;
}

/** The screen on a server of its own, its clock ours to set. */
async function onScreen(
	env: Readonly<Record<string, string>>,
	act: (terminal: Terminal, server: RunningServer) => Promise<string>,
) {
	const server = await startServer(await anyServer(), { config: { save: '' } });
	const terminal = openRedisTop(['-p', String(server.port)], {
		size: [140, 40],
		env: { TZ: 'UTC', ...env },
	});
	try {
		await terminal.shows(() => /no findings/.test(terminal.text()) && clockOf(terminal) !== undefined);
		const figure = await act(terminal, server);
		const isBlamed = /\bdown\b|unreachable|restarted|stalled/.test(terminal.text());
		return { figure: isBlamed ? `${figure}; a server is blamed` : figure, holds: !isBlamed };
	} finally {
		await terminal.stop();
		await server.stop();
	}
}

const steps = [
	['10 minutes back', -600],
	['an hour on', 3600],
] as const;

export const rows: readonly Row[] = [
	...steps.map(
		([what, seconds]): Row => ({
			what: `the clock is set ${what}`,
			isNotMade: withoutFakeTime,
			async run() {
				const time = fakeTime();
				try {
					return await onScreen(time.env, (terminal, server) => {
						time.set(seconds);
						return secondsUntilLive(terminal, server, seconds);
					});
				} finally {
					time.remove();
				}
			},
		}),
	),
	{
		what: `the program is stopped for ${suspendSeconds} s (SIGSTOP) and goes on`,
		run: () =>
			onScreen({}, async (terminal, server) => {
				process.kill(terminal.pid, 'SIGSTOP');
				await new Promise(resolve => setTimeout(resolve, suspendSeconds * 1000));
				process.kill(terminal.pid, 'SIGCONT');
				return secondsUntilLive(terminal, server, 0);
			}),
	},
	{
		what: `text is stopped for ${suspendSeconds} s and goes on: no rate is of the gap`,
		async run() {
			const server = await startServer(await anyServer(), { config: { save: '' } });
			const run = runJson([...delay, '-p', String(server.port)]);
			try {
				await run.when('it reads', isMeasured);
				const stand = async () => {
					run.child.kill('SIGSTOP');
					await new Promise(resolve => setTimeout(resolve, suspendSeconds * 1000));
					run.child.kill('SIGCONT');
				};
				const well = await follow(run, 'it goes on', stand, isMeasured);
				const calm = await follow(run, 'no finding', () => {}, not(has('unreachable')));
				const blamed = run.objects.filter(
					object => object.seenAt > well.object.seenAt - 1000 && has('unreachable')(object),
				).length;
				return {
					figure: `figures ${inSeconds(well)} after, ${blamed} refreshes blamed the server`,
					holds: blamed === 0 && calm.seconds < 60,
				};
			} finally {
				await run.stop();
				await server.stop();
			}
		},
	},
];
