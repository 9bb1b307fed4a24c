// The program: flags and settings into one of the modes, and its exit codes (contract.md). Everything unexpected
// ends here: the terminal is given back first, then it is said what happened, and the code is 70.

import { appendFileSync, openSync, writeSync } from 'node:fs';
import { askPassword } from './ask-password.ts';
import type { Address } from './core/types.ts';
import { createEngine, type Engine, type OuterEffect } from './engine.ts';
import { type Flags, readFlags } from './flags.ts';
import { type Live, openLive } from './live.tsx';
import { farewell } from './output/farewell.ts';
import { createHeadless } from './output/headless.ts';
import { allowed, type Call } from './redis/commands.ts';
import type { DialSettings } from './redis/dial.ts';
import type { Seed } from './seed.ts';
import { defaultSettingsFile, readSettings, type Settings, writeSettings } from './settings.ts';
import type { Message, State } from './state/state.ts';
import { newFleetTrack } from './state/update-round.ts';
import { programVersion } from './version.ts';

const { stdin, stdout, stderr, env } = process;

const version = programVersion();
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Never longer than this between leaving and being gone. */
const leaveMilliseconds = 900;

async function main(): Promise<void> {
	const read = readFlags(process.argv.slice(2), {
		env,
		isTerminal: !!stdout.isTTY && !!stdin.isTTY,
		version,
	});
	if (read.kind === 'print') return void stdout.write(`${read.text}\n`);
	if (read.kind === 'wrong') return wrongUsage(read.text);
	const { flags } = read;
	const configFile = flags.configFile ?? defaultSettingsFile(env);
	const settings = readSettings(configFile, flags.configFile !== undefined);
	if ('problem' in settings) return wrongUsage(settings.problem);
	if (flags.isPasswordOnCommandLine)
		stderr.write(
			"Warning: Using a password with '-a' or '--pass' on the command line interface may not be safe.\n",
		);
	const password = flags.asksPassword ? await askPassword('Password: ') : flags.password;
	if (flags.asksPassword && password === undefined) return wrongUsage('--askpass needs a terminal to ask on');
	run({ ...flags, password }, settings.settings, configFile);
}

function wrongUsage(text: string): void {
	stderr.write(`redis-top: ${text}\n`);
	process.exitCode = 1;
}

function run(flags: Flags, settings: Settings, configFile: string): void {
	const log = openLog(flags.logFile);
	if (log === 'failed') return;
	let live: Live | undefined;
	let refreshes = 0;
	let wasReached = false;
	let isLeaving = false;
	const startedAt = Date.now();

	const leave = async (code: number, after?: () => void) => {
		if (isLeaving) return;
		isLeaving = true;
		setTimeout(() => process.exit(code), leaveMilliseconds).unref();
		engine.stop();
		await live?.close();
		after?.();
		if (live && (code === 0 || code === 130)) tellOnLeaving(engine, startedAt);
		const isNobodyReached = code === 0 && !wasReached;
		process.exit(isNobodyReached ? 2 : code);
	};

	const perform = (effect: OuterEffect) => {
		switch (effect.type) {
			case 'quit':
				return void leave(effect.code);
			case 'save-settings': {
				const { problem } = writeSettings(configFile, engine.state(), settings.thresholds);
				return engine.dispatch({
					type: 'told',
					at: Date.now(),
					text: problem ?? `settings written to ${configFile}`,
				});
			}
			default:
				return live?.perform(effect);
		}
	};

	const headless =
		flags.mode === 'live'
			? undefined
			: createHeadless({
					kind: flags.mode,
					count: flags.count,
					write: line => stdout.write(`${line}\n`),
					onDone: () => void leave(0),
				});

	const onState = (state: State, message: Message) => {
		if (message.type === 'round') wasReached ||= message.samples.some(sample => sample.info !== undefined);
		headless?.onState(state, message);
		live?.draw(state);
		if (live && message.type === 'round' && !message.isExtra && ++refreshes === flags.count) void leave(0);
		if (live && state.toast) scheduleClock(state.toast.until);
	};

	let clock: NodeJS.Timeout | undefined;
	const scheduleClock = (at: number) => {
		clearTimeout(clock);
		clock = setTimeout(
			() => engine.dispatch({ type: 'clock', at: Date.now() }),
			Math.max(10, at - Date.now() + 5),
		);
	};

	const state = firstState(flags, settings, configFile);
	const engine = createEngine({
		state,
		dials: new Map(flags.seeds.map((seed, id) => [id, dialSettings(flags, seed)])),
		onState,
		perform,
		onSent: log,
	});

	for (const [signal, code] of Object.entries(exitCodes)) process.on(signal, () => void leave(code));
	const crash = (error: unknown) =>
		void leave(70, () => {
			stderr.write(
				`redis-top ${version}: a bug, please report it with this:\n${error instanceof Error ? error.stack : String(error)}\n`,
			);
			if (flags.logFile) stderr.write(`The commands that were sent are in ${flags.logFile}\n`);
		});
	process.on('uncaughtException', crash);
	process.on('unhandledRejection', crash);
	// A reader that has left (| head) ends the program as it ends any other, without a word.
	stdout.on('error', () => void leave(flags.mode === 'live' ? exitCodes.SIGHUP : 0));

	if (flags.mode === 'live') {
		live = openLive({
			state,
			onKeys: keys => engine.dispatch({ type: 'keys', at: Date.now(), keys }),
			onResize: (columns, rows) => engine.dispatch({ type: 'resize', at: Date.now(), columns, rows }),
			onGone: () => void leave(exitCodes.SIGHUP),
			onCrash: crash,
		});
	}
	engine.start();
}

function firstState(flags: Flags, settings: Settings, configFile: string): State {
	const at = Date.now();
	return {
		at,
		version,
		fleets: flags.seeds.map((seed, id) => newFleetTrack(id, seed.address, seed.address, at)),
		past: [],
		delaySeconds: flags.delaySeconds ?? settings.delaySeconds ?? 1,
		isFast: false,
		isDiscovering: true,
		isDiscoveryOn: flags.isDiscoveryOn,
		limits: settings.limits,
		size: {
			columns: stdout.columns || Number(env.COLUMNS) || 80,
			rows: stdout.rows || Number(env.LINES) || 24,
		},
		isAscii: flags.isAscii || !isUtf8(),
		isColour: !flags.isColourOff && (settings.isColour ?? true),
		screen: 'fleet',
		top: 0,
		sort: settings.sort ?? { by: 'shards', isReversed: false },
		columnSet: settings.columnSet ?? 'overview',
		filter: '',
		configFile,
	};
}

/** The drawing characters are of ambiguous width in CJK locales: there ASCII keeps the columns straight. */
function isUtf8(): boolean {
	const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
	return /utf-?8/i.test(locale) && !/^(zh|ja|ko)/i.test(locale);
}

function dialSettings(flags: Flags, seed: Seed): DialSettings {
	const credentials = { user: seed.user ?? flags.user, password: seed.password ?? flags.password };
	const isSentinelNamed = flags.sentinelUser !== undefined || flags.sentinelPassword !== undefined;
	return {
		credentials,
		sentinelCredentials: isSentinelNamed
			? { user: flags.sentinelUser, password: flags.sentinelPassword }
			: credentials,
		tls:
			flags.isTls || seed.isTls
				? {
						ca: flags.ca,
						cert: flags.cert,
						key: flags.key,
						serverName: flags.serverName,
						isInsecure: flags.isInsecure,
					}
				: undefined,
		nat: flags.nat,
		connectTimeoutMilliseconds: 5000,
	};
}

type SentLog = (address: Address, calls: readonly Call[]) => void;

/** --log: each command with its node and time, written at once, so that a crash loses nothing. */
function openLog(path: string | undefined): SentLog | undefined | 'failed' {
	if (path === undefined) return undefined;
	let file: number;
	try {
		file = openSync(path, 'a', 0o600);
	} catch (thrown) {
		wrongUsage(`--log: cannot write ${path}: ${(thrown as NodeJS.ErrnoException).code}`);
		return 'failed';
	}
	return (address, calls) => {
		const at = new Date().toISOString();
		const lines = calls.map(
			call =>
				`${at} ${address} ${'isSecret' in allowed[call.name] ? call.feature.toUpperCase() : call.words.join(' ')}\n`,
		);
		try {
			appendFileSync(file, lines.join(''));
		} catch {
			// A full disk must not end the monitor; the log simply has a gap.
		}
	};
}

/** What stays in the scrollback when the screen is gone. */
function tellOnLeaving(engine: Engine, startedAt: number): void {
	try {
		writeSync(1, farewell(engine.state(), startedAt, Date.now()));
	} catch {
		// The terminal went away while leaving: there is nobody to tell.
	}
}

await main();
