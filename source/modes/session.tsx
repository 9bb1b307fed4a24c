// One run of the program, from its source of readings (servers or a recording) to its end (screen, text, JSON,
// check). It owns the way out: whatever happens, the recording is closed, the demo is removed, the terminal is given
// back, and the exit code is the contract's.

import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import { clockDigits, localDay } from '../core/text/local-time.ts';
import { isAnswer } from '../core/text/node-trouble.ts';
import { duration } from '../core/text/quantity.ts';
import { createEngine, type Engine, type OuterEffect, type PrometheusFleets } from '../engine.ts';
import { homeFolder } from '../files/home-folder.ts';
import type { Opened } from '../files/safe-file.ts';
import type { Flags } from '../flags.ts';
import { checkJson, checkResult, endsCheck } from '../output/check.ts';
import { farewell } from '../output/farewell.ts';
import { createHeadless } from '../output/headless.ts';
import { codeOfOutput, written } from '../output/written.ts';
import type { OnAsked } from '../prometheus/client.ts';
import type { History } from '../prometheus/history.ts';
import { createDashcam, usualDashcam } from '../recording/dashcam.ts';
import { createFileSink, type FileSink, type Head } from '../recording/recorder.ts';
import type { Replayable } from '../recording/replayable.ts';
import { createSegments, type Segments } from '../recording/segments.ts';
import { createTape } from '../recording/tape.ts';
import { timeNow } from '../redis/clock.ts';
import type { DialSettings } from '../redis/dial.ts';
import { type AskedLog, type SentLog, watchedLog } from '../sent-log.ts';
import { type Settings, writeSettings } from '../settings.ts';
import type { Message, ScreenName, State, StoppedFile } from '../state/state.ts';
import { forgetLostTerminals } from '../terminal/lost-terminals.ts';
import { updateOutside } from '../update/outside.ts';
import { openGate } from './gate.ts';
import type { PrometheusEvents } from './histories.ts';
import { openHooks } from './hooks.ts';
import { keepOnCritical } from './keep-on.ts';
import type { Live } from './live.tsx';
import { openMarkSocket } from './mark-socket.ts';
import { watchMemory } from './memory-left.ts';
import type { MetricsPort } from './metrics.ts';
import { keepOthersOut } from './others-options.ts';

export type SessionOptions = {
	readonly flags: Flags;
	readonly settings: Settings;
	readonly configFile: string;
	readonly state: State;
	readonly dials: ReadonlyMap<number, DialSettings>;
	/** Play this instead of asking servers. */
	readonly playable?: Replayable;
	/** Of it only this: times of day. */
	readonly part?: { readonly from?: number; readonly to?: number };
	/** What has the time before, of fleets that a Prometheus is named for. */
	readonly historiesBy?: (onAsked: OnAsked | undefined) => (fleet: number) => History | undefined;
	/** The fleets are those of a Prometheus; told why it gives no figures. */
	readonly fleetsFrom?: (events: PrometheusEvents) => PrometheusFleets;
	readonly log?: SentLog;
	readonly asked?: AskedLog;
	/** The file of --record. */
	readonly recordFile?: Opened;
	/** What must be gone before the program is: the demo's servers. */
	readonly onLeave?: () => Promise<void>;
};

export type Session = {
	readonly leave: (code: number, after?: () => void) => Promise<void>;
	/** Sets a marker at this moment, as --mark does. */
	readonly mark: (text?: string) => void;
};

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const crashMilliseconds = 300;
/** Never longer than this between leaving and being gone. */
const leaveMilliseconds = 900;
/** The demo's six servers are given time to go as well. */
const leaveDemoMilliseconds = 3000;

/** Starts the run. It ends the process itself. */
export async function runSession(options: SessionOptions): Promise<Session> {
	const { flags, state } = options;
	let live: Live | undefined;
	let metrics: MetricsPort | undefined;
	let refreshes = 0;
	let wasReached = false;
	/** Whatever it said: a server that is busy or makes its clients wait is there. */
	let hasAnswered = false;
	let isLeaving = false;
	let isWriting = false;
	let isOutputLost = false;
	const startedAt = timeNow();

	const leave = async (code: number, after?: () => void) => {
		if (isWriting && code !== 0) exit(code);
		if (isLeaving) return;
		isLeaving = true;
		gate?.close();
		hooked?.close();
		marks?.close();
		metrics?.close();
		const final = () => finalCode(code, wasReached, engine.state());
		// All that was asked for is printed: whoever reads it slowly gets it whole. A signal ends also that.
		isWriting = !live && code === 0;
		if (isWriting) await written();
		isWriting = false;
		const limit = options.onLeave ? leaveDemoMilliseconds : leaveMilliseconds;
		setTimeout(() => exit(final()), limit).unref();
		// A terminal that does not read holds up none of the rest.
		const others = Promise.all([engine.stop(), options.onLeave?.()]);
		const recorded = (async () => {
			await keeper?.close();
			await tape?.close();
			await Promise.all([file, folder].map(each => each?.close(limit - 200)));
		})();
		await live?.close();
		// Whether all of it is in the file is part of the farewell.
		await recorded;
		after?.();
		const isToTell = code === 0 || code === exitCodes.SIGINT || engine.state().changes !== undefined;
		if (live && isToTell) await tellOnLeaving(engine, startedAt);
		await others;
		exit(final());
	};

	/** Once for each file; on the screen it stays on line 1, without one it stands in the output's own words. */
	const noteStopped = (what: StoppedFile, reason: string) => {
		if (engine.state().stopped?.[what] !== undefined) return;
		engine.dispatch({ type: 'file-stopped', what, reason });
		if (!live) process.stderr.write(`redis-top: ${stoppedText(what, flags, reason)}\n`);
	};

	const file = openFile(options, reason => noteStopped('recording', reason));
	const keeps = !options.playable && (flags.mode === 'live' || flags.keepOn !== undefined);
	const limits = options.settings.dashcam ?? usualDashcam;
	const dashcam = keeps && limits.seconds > 0 ? createDashcam(limits) : undefined;
	const folder = flags.recordFolder && openFolder(flags.recordFolder);
	const sinks = [file, folder, dashcam].filter(sink => sink !== undefined);
	const tape = sinks.length > 0 ? createTape({ sinks, state: () => engine.state() }) : undefined;

	function openFolder({ path, keep }: NonNullable<Flags['recordFolder']>): Segments {
		return createSegments({
			...{ folder: path, keep, session: `${process.pid} ${startedAt}` },
			head: () => headOf(engine.state()),
			now: () => timeNow() + (engine.state().clockOffset ?? 0),
			toDate: at => at + (engine.state().clockOffset ?? 0),
			onProblem: reason => noteStopped('recording', reason),
			onRecovered() {
				engine.dispatch({ type: 'file-goes-on', what: 'recording' });
				if (!live) process.stderr.write(`redis-top: recording goes on: ${path}\n`);
			},
			cut: () => void tape?.cut(),
		});
	}

	/** The last minutes as a recording; what is told of it is one line. */
	const writeDashcam = async (named: string): Promise<string> => {
		const path = named.replace(/^~(?=\/)/, homeFolder());
		if (!dashcam || !tape) return 'the last minutes are not kept: see "dashcam" in the settings';
		const last = await tape.finish();
		const { at } = engine.state();
		const done = dashcam.writeTo(path, headOf(engine.state()), last);
		if ('problem' in done) return done.problem;
		return `the last ${duration((at - done.from) / 1000)} written to ${path}`;
	};
	const log = options.log && watchedLog(options.log, reason => noteStopped('log', reason));
	const onAsked =
		options.asked &&
		((place: string, words: readonly string[]) => {
			const problem = options.asked!(place, words);
			if (problem !== undefined) noteStopped('log', problem);
		});

	/** Said once on the screen; without one on stderr. */
	const tell = (text: string) => {
		if (live) engine.dispatch({ type: 'told', at: engine.state().at, text });
		else process.stderr.write(`redis-top: ${text}\n`);
	};

	const perform = (effect: OuterEffect) => {
		switch (effect.type) {
			case 'quit':
				return void leave(effect.code);
			case 'save-settings': {
				const { problem } = writeSettings(options.configFile, engine.state(), options.settings);
				return tell(problem ?? `settings written to ${options.configFile}`);
			}
			case 'write':
				return void write(effect.screen, effect.path).then(tell);
			default:
				return live?.perform(effect);
		}
	};

	// Tables are made by the screen library, which nothing else of text and JSON needs.
	const write = async (screen: ScreenName, path: string) =>
		screen === 'fleet'
			? writeDashcam(path)
			: (await import('../output/write-screen.ts')).writeScreen(engine.state(), screen, path);

	const finishCheck = () => {
		const result = (flags.isJson ? checkJson : checkResult)(engine.state(), wasReached || hasAnswered);
		finishWith(result.text, result.code);
	};

	/** What nobody could read is no result, and a reader that has left makes no good one of a bad one. */
	const finishWith = (text: string, code: number) =>
		process.stdout.write(`${text}\n`, error => {
			const lost = error && !isOutputLost ? codeOfOutput(error) : 0;
			if (error) isOutputLost = true;
			void leave(lost || code);
		});

	const batchText = flags.mode === 'batch' ? (await import('../output/batch.ts')).batchText : undefined;
	const headless =
		flags.mode === 'json' || (flags.mode === 'batch' && !flags.isSilent)
			? createHeadless({
					kind: flags.mode,
					batchText,
					count: flags.count,
					write: line => process.stdout.write(`${line}\n`),
					onDone: () => void leave(0),
				})
			: undefined;

	const gate =
		flags.wait &&
		openGate({
			...{ wait: flags.wait, isJson: flags.isJson, now: timeNow },
			state: () => engine.state(),
			say: line => process.stderr.write(`redis-top: ${line}\n`),
			refreshAt: (fleet, at) => engine.refreshAt(fleet, at),
			onDone: ({ text, code }) => finishWith(text, code),
		});

	const hooks = [
		...(flags.hook === undefined ? [] : [{ command: flags.hook }]),
		...(options.settings.hooks ?? []),
	];
	const hooked =
		hooks.length > 0 && !options.playable && isWatching(flags)
			? openHooks({
					...{ hooks, now: timeNow, tell },
					toDate: at => new Date(at + (engine.state().clockOffset ?? 0)).toISOString(),
				})
			: undefined;

	const onState = (next: State, message: Message) => {
		if (message.type === 'round') {
			wasReached ||= message.samples.some(sample => sample.info !== undefined);
			hasAnswered ||= message.samples.some(sample => isAnswer(sample.error));
		}
		headless?.onState(next, message);
		gate?.onState(next, message);
		if (message.type === 'round') hooked?.onState(next);
		if (message.type === 'round') metrics?.onState(next);
		if (message.type === 'round') keeper?.onState(next);
		if (flags.mode === 'check' && endsCheck(next, message)) finishCheck();
		if (!live) return;
		live.draw(next);
		if (message.type === 'round' && !message.isExtra && ++refreshes === flags.count) void leave(0);
		if (next.toast && message.type !== 'clock') scheduleClock(next.toast.until - next.at);
		if (flags.rings) ringForNew(next);
	};

	const ringForNew = newCriticals(() => process.stdout.write('\x07'));

	let clock: NodeJS.Timeout | undefined;
	const scheduleClock = (milliseconds: number) => {
		clearTimeout(clock);
		const expire = () => {
			const now = engine.state();
			// In a recording time is the recording's, and it may stand: the toast goes all the same.
			engine.dispatch({ type: 'clock', at: now.replay ? (now.toast?.until ?? now.at) : timeNow() });
		};
		clock = setTimeout(expire, Math.max(10, milliseconds + 5));
	};

	/** Without a screen once on stderr; a check has nothing to wait for. */
	let toldTrouble: string | undefined;
	const onTrouble = (text: string | undefined, isPartial = false) => {
		if (flags.mode === 'check' && text !== undefined && !isPartial)
			return finishWith(`UNKNOWN Prometheus: ${text}`, unknownCode);
		if (!live && text !== undefined && text !== toldTrouble)
			process.stderr.write(`redis-top: Prometheus: ${text}\n`);
		toldTrouble = text;
		// So many refreshes were asked for, and there is nobody to have them from.
		if (!live && text !== undefined && !isPartial && flags.count !== undefined && !wasReached)
			void leave(unreached);
	};

	const engine = createEngine({
		...{ state, update: updateOutside },
		dials: options.dials,
		playable: options.playable,
		historyOf: options.historiesBy?.(onAsked),
		prometheus: options.fleetsFrom?.({ onTrouble, ...(onAsked && { onAsked }) }),
		part: options.part,
		isPaced: flags.mode === 'live',
		recorder: tape,
		onState,
		perform,
		onSent: log,
		onOver(text) {
			const isWrong = options.playable?.wrong() !== undefined;
			if (isWrong) return void leave(unreadable, () => process.stderr.write(`redis-top: ${text}\n`));
			if (flags.mode === 'live') return;
			if (options.playable?.cut() !== undefined) process.stderr.write(`redis-top: ${text}\n`);
			if (flags.mode === 'check') finishCheck();
			else void leave(0);
		},
	});

	const keeper =
		flags.keepOn !== undefined
			? keepOnCritical({
					write: name => writeDashcam(join(flags.keepOn!, name)),
					tell,
					nameOf: id => recordingName(engine.state(), id),
				})
			: undefined;

	const mark = (text?: string): string => {
		const at = timeNow();
		engine.dispatch({ type: 'mark', at, text });
		return new Date(at + (engine.state().clockOffset ?? 0)).toISOString();
	};
	const marks =
		!options.playable && isWatching(flags)
			? openMarkSocket({
					about: () => ({
						fleets: engine.state().fleets.map(({ name }) => name),
						...(recordPath(flags) !== undefined && { recording: resolve(recordPath(flags)!) }),
					}),
					onMark: mark,
				})
			: undefined;
	process.on('SIGUSR1', () => void (isLeaving || options.playable || mark()));

	const crash = async (error: unknown) => {
		// A file of --record has it already, and more.
		const kept = file || folder || !dashcam || isLeaving || isCrashed ? undefined : keepAfterCrash();
		isCrashed = true;
		const path = await kept;
		void leave(70, () => {
			const trace = error instanceof Error ? error.stack : String(error);
			process.stderr.write(`redis-top ${state.version}: a bug, please report it with this:\n${trace}\n`);
			if (flags.logFile) process.stderr.write(`The commands that were sent are in ${flags.logFile}\n`);
			if (recordPath(flags)) process.stderr.write(`The recording is ${recordPath(flags)}\n`);
			if (path !== undefined) process.stderr.write(`The minutes before it are in ${path}\n`);
		});
	};
	let isCrashed = false;
	/** The last minutes, in this folder or where there is room for everybody; nothing waits long for it. */
	const keepAfterCrash = async (): Promise<string | undefined> => {
		try {
			await Promise.race([tape?.flush(), setTimeoutAsync(crashMilliseconds)]);
			const name = recordingName(engine.state(), 'crash');
			const paths = ['.', tmpdir()].map(folder => resolve(folder, name));
			return paths.find(path => !('problem' in dashcam!.writeTo(path, headOf(engine.state()))));
		} catch {
			return undefined;
		}
	};
	watchMemory(text => {
		void leave(70, () => process.stderr.write(`redis-top ${state.version}: ${text}\n`));
	});
	keepOthersOut();
	for (const [signal, code] of Object.entries(exitCodes))
		process.on(signal, () => {
			// A service is told so to begin a new file; a terminal that is gone ends what was on it.
			if (signal !== 'SIGHUP' || !folder || live || process.stdout.isTTY) return void leave(code);
			folder.beginNew();
			void tape?.cut();
		});
	process.on('uncaughtException', error => void crash(error));
	process.on('unhandledRejection', error => void crash(error));
	// A reader that has left (| head) ends the program as it ends any other, without a word.
	process.stdout.on('error', error => {
		if (isOutputLost) return;
		isOutputLost = true;
		void leave(live ? exitCodes.SIGHUP : codeOfOutput(error));
	});

	if (flags.metrics) {
		const opened = await (await import('./metrics.ts')).openMetrics(flags.metrics, engine.state);
		if (isLeaving) return { leave, mark };
		if ('problem' in opened) {
			void leave(1, () => process.stderr.write(`redis-top: ${opened.problem}\n`));
			return { leave, mark };
		}
		metrics = opened;
		if (flags.mode === 'service') process.stderr.write(`redis-top: metrics on ${opened.url}\n`);
	}
	// The first readings are on their way while the screen library is loaded.
	engine.start();
	if (flags.mode === 'live') {
		const [{ openLive }, { update }] = await Promise.all([
			import('./live.tsx'),
			import('../update/update.ts'),
		]);
		engine.updateBy(update);
		if (isLeaving) return { leave, mark };
		live = openLive({
			state: engine.state(),
			// In a recording time is the recording's.
			onTyped: typed => engine.dispatch({ ...typed, at: options.playable ? engine.state().at : timeNow() }),
			onCopied: where => engine.dispatch({ type: 'copied', at: engine.state().at, where }),
			onResize: (columns, rows) => engine.dispatch({ type: 'resize', at: timeNow(), columns, rows }),
			onGone: () => void leave(exitCodes.SIGHUP),
			onCrash: error => void crash(error),
			onTold: tell,
		});
	}
	return { leave, mark };
}

const headOf = ({ version, at, delaySeconds, isDiscoveryOn, fleets }: State): Head => ({
	...{ version, at, delaySeconds, isDiscoveryOn },
	fleets: fleets.map(({ id, name, seeds, bounds }) => ({ id, name, seeds, bounds })),
});

/** `redis-top-20261130-143320-crash.jsonl.gz` */
function recordingName({ at, clockOffset }: State, why: string): string {
	const day = localDay(at, clockOffset).replaceAll('-', '');
	return `redis-top-${day}-${clockDigits(at, clockOffset)}-${why}.jsonl.gz`;
}

function openFile(
	{ flags, state, recordFile }: SessionOptions,
	onStop: (reason: string) => void,
): FileSink | undefined {
	if (flags.recordFile === undefined || !recordFile) return undefined;
	return createFileSink(flags.recordFile, recordFile, headOf(state), onStop);
}

/** Findings begin and end where somebody looks for longer than once. */
const isWatching = ({ mode }: Flags): boolean => mode !== 'check' && mode !== 'wait';

const unreadable = 1;
const unknownCode = 3;
const unreached = 2;

/** Nobody reached is worth more than a file of ours that failed, and that more than a good end. */
function finalCode(code: number, wasReached: boolean, { stopped }: State): number {
	if (code !== 0) return code;
	if (!wasReached) return 2;
	return stopped === undefined ? 0 : unreadable;
}

const recordPath = ({ recordFile, recordFolder }: Flags) => recordFile ?? recordFolder?.path;

const stoppedText = (what: StoppedFile, flags: Flags, reason: string) =>
	what === 'recording' ? `recording stopped: ${recordPath(flags)}: ${reason}` : `${flags.logFile}: ${reason}`;

/** Rings for a critical finding that was not there at the last look. */
function newCriticals(ring: () => void): (state: State) => void {
	let known = new Set<string>();
	return state => {
		const findings = state.fleets.flatMap(fleet => fleet.now.findings);
		const now = new Set(
			findings
				.filter(({ severity }) => severity === 'crit')
				.map(({ id, node, kind }) => `${id} ${node} ${kind}`),
		);
		if ([...now].some(finding => !known.has(finding))) ring();
		known = now;
	};
}

function exit(code: number): never {
	forgetLostTerminals();
	process.exit(code);
}

/** What stays in the scrollback when the screen is gone; settled when the terminal has taken it. */
function tellOnLeaving(engine: Engine, startedAt: number): Promise<void> {
	process.stdout.write(farewell(engine.state(), startedAt, timeNow()));
	return written();
}
