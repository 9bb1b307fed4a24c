// Terminals: dragged about, narrowed, gone, hung, dumb, unnamed; keys that come apart and text that is pasted.

import { setTimeout as pause } from 'node:timers/promises';
import { anyServer } from '../servers/servers.ts';
import { isAlive, type RunningServer, startServer } from '../servers/start.ts';
import { until } from '../servers/until.ts';
import { program } from '../terminal/built.ts';
import { bytesOf, openRedisTop, openTerminal, type Size, type Terminal } from '../terminal/terminal.ts';
import { withoutTmux } from '../terminal/tmux.ts';
import { narrow, screens } from '../terminal/widths.ts';
import type { Outcome, Row } from './row.ts';

const withServer = async (act: (server: RunningServer) => Promise<Outcome>) => {
	const server = await startServer(await anyServer(), { config: { save: '' } });
	try {
		await server.call('EVAL', "for i=1,200 do redis.call('SET','k:'..i,i) end return 1", '0');
		return await act(server);
	} finally {
		await server.stop();
	}
};

const withTerminal = (act: (terminal: Terminal) => Promise<Outcome>, size: Size = [80, 24]) =>
	withServer(async server => {
		const terminal = openRedisTop(['-p', String(server.port)], { size });
		try {
			await terminal.shows(/no findings/);
			return await act(terminal);
		} finally {
			await terminal.stop();
		}
	});

async function goneIn(terminal: Terminal): Promise<string> {
	const began = performance.now();
	await until(() => !isAlive(terminal.pid), { what: 'it is gone', every: 5 });
	return `gone after ${((performance.now() - began) / 1000).toFixed(1)} s`;
}

/** Fills what lies between the program and a terminal that does not read. */
async function hang(terminal: Terminal): Promise<void> {
	terminal.stopReading();
	for (let frames = 0; frames < 60; frames++) {
		terminal.type('?');
		await pause(40);
	}
}

const withoutTerm = (args: readonly string[]) =>
	openTerminal('sh', ['-c', 'unset TERM; exec "$@"', 'sh', process.execPath, program, ...args]);

export const rows: readonly Row[] = [
	...screens.map(
		(screen): Row => ({
			what: `tmux, ${screen.name}: made narrower and wider by every width from 140 to 40`,
			isNotMade: withoutTmux,
			run: () =>
				withServer(async server => {
					const { changes, milliseconds } = await narrow(screen, server, 1);
					return {
						figure: `${changes} widths as a fresh drawing, the slowest after ${Math.round(milliseconds)} ms`,
						holds: true,
					};
				}),
		}),
	),
	{
		what: 'a window is dragged about: 100 sizes',
		run: () =>
			withTerminal(async terminal => {
				for (let index = 0; index < 100; index++) {
					terminal.resize(10 + ((index * 73) % 191), 3 + ((index * 31) % 58));
					await pause(20);
				}
				terminal.resize(100, 30);
				const isWhole = () => terminal.lines()[0]!.length === 100 && /q quit$/.test(terminal.lines().at(-1)!);
				await terminal.shows(isWhole);
				return { figure: 'drawn right at the last size', holds: true };
			}),
	},
	...(['q', 'SIGTERM', 'SIGHUP'] as const).map(
		(how): Row => ({
			what: `a terminal that does not read: ${how} ends it`,
			run: () =>
				withTerminal(
					async terminal => {
						await hang(terminal);
						if (how === 'q') terminal.type('qq');
						else process.kill(terminal.pid, how);
						const figure = await goneIn(terminal);
						return { figure, holds: true };
					},
					[140, 40],
				),
		}),
	),
	{
		what: 'the window is closed: hang-up',
		run: () =>
			withTerminal(async terminal => {
				terminal.close();
				return { figure: await goneIn(terminal), holds: true };
			}),
	},
	...[
		['dumb', (args: readonly string[]) => openRedisTop(args, { env: { TERM: 'dumb' } })] as const,
		['not set', withoutTerm] as const,
	].map(
		([what, open]): Row => ({
			what: `TERM is ${what}: text`,
			run: () =>
				withServer(async server => {
					const terminal = open(['-p', String(server.port), '-n', '2', '-d', '0.25']);
					try {
						const { code } = await terminal.exit;
						const bytes = bytesOf(terminal);
						const codes = bytes.split('\x1b').length - 1;
						return {
							figure: `exit ${code}, ${codes} codes, ${bytes.split('\n').length} lines`,
							holds: code === 0 && codes === 0 && /sample 2 of 2/.test(bytes),
						};
					} finally {
						await terminal.stop();
					}
				}),
		}),
	),
	{
		what: 'keys that come apart: arrows with 50 ms between their bytes are arrows',
		run: () =>
			withTerminal(async terminal => {
				terminal.type('?');
				await terminal.shows(/lines 1-/);
				for (let times = 0; times < 5; times++)
					for (const byte of '\x1b[B') {
						terminal.type(byte);
						await pause(50);
					}
				await terminal.shows(/lines 6-/);
				return { figure: '5 of 5 arrows, no escape', holds: true };
			}),
	},
	{
		what: 'text is pasted on a screen, with a stall of 2 s in it: no key',
		run: () =>
			withTerminal(async terminal => {
				terminal.type('\x1b[200~q\rq\r!x');
				await pause(2000);
				terminal.type('q\r\x03q\x1b[201~');
				await terminal.shows(/what is pasted goes into questions only/);
				terminal.type('%');
				await terminal.shows(/no such key: %/);
				return { figure: 'nothing was done, the next key is a key', holds: !terminal.hasExited() };
			}),
	},
];
