// What --bigkeys, --hotkeys and --runbook have in common: the fleet is found as every mode finds it, something is done once, its
// progress goes to stderr while that is a terminal, the result is printed and the program leaves. ^C ends the work and
// prints what there is. Polling goes on meanwhile: what it tells of the nodes is what the work is gentle by.

import { createEngine, type Engine } from '../engine.ts';
import { codeOfOutput, written } from '../output/written.ts';
import type { DialSettings } from '../redis/dial.ts';
import { type SentLog, watchedLog } from '../sent-log.ts';
import type { FleetTrack, State } from '../state/state.ts';
import { type Update, updateOutside } from '../update/outside.ts';
import { watchMemory } from './memory-left.ts';
import { keepOthersOut } from './others-options.ts';

export type OnceOptions = {
	readonly state: State;
	/** What keys do, where some are pressed. */
	readonly update?: Update;
	readonly dials: ReadonlyMap<number, DialSettings>;
	readonly log?: SentLog;
	/** Enough is known to begin; discovery is done by then. */
	readonly isReady?: (state: State) => boolean;
	/** Does it and prints it, fleet after fleet until one is told to end. False where no node could be reached. */
	readonly perform: (fleet: FleetTrack, engine: Engine) => Promise<boolean>;
	/** Ends what is at work; false where nothing is. */
	readonly stop: () => boolean;
	/** What is known now, while it is performed. */
	readonly onState?: (state: State) => void;
	/** The exit code when all is done; else 0, or 2 where no node could be reached. */
	readonly codeOf?: () => number;
};

const interrupted = 130;
const terminated = 143;
/** Longer than this a first answer is not waited for: a long way in takes seconds. */
const answerMilliseconds = 10_000;
/** Longer than this nothing is waited for once it has been told to end. */
const endMilliseconds = 3000;

/** It ends the process itself. */
export function runOnce(options: OnceOptions): void {
	const { state, dials, log, isReady, perform, stop, codeOf } = options;
	const startedAt = performance.now();
	let hasBegun = false;
	let isEnding = false;
	let code = 0;

	let hasGap = false;
	const noteGap = (reason: string) => {
		if (!hasGap) process.stderr.write(`redis-top: ${reason}\n`);
		hasGap = true;
	};

	const engine = createEngine({
		state,
		update: options.update ?? updateOutside,
		dials,
		onSent: log && watchedLog(log, noteGap),
		perform: () => {},
		onState(next) {
			options.onState?.(next);
			if (hasBegun || next.isDiscovering || isReady?.(next) === false) return;
			if (performance.now() - startedAt < answerMilliseconds && next.fleets.some(isSilent)) return;
			hasBegun = true;
			void performAll(next).then(leave, crash);
		},
	});

	const leave = async () => {
		engine.stop();
		await written();
		process.exit(code === 0 && hasGap ? 1 : code);
	};

	const crash = (error: unknown) => {
		process.stderr.write(`redis-top ${state.version}: a bug, please report it with this:\n`);
		process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
		process.exit(70);
	};

	const end = (status: number) => {
		code = status;
		// Told again, it does not wait for whoever reads either.
		if (isEnding) process.exit(code);
		isEnding = true;
		if (!hasBegun || !stop()) return void leave();
		setTimeout(() => void leave(), endMilliseconds).unref();
	};

	const performAll = async (found: State) => {
		let wasReached = false;
		for (const fleet of found.fleets) {
			wasReached = (await perform(fleet, engine)) || wasReached;
			if (code !== 0) return;
		}
		code = codeOf?.() ?? (wasReached ? 0 : 2);
	};

	watchMemory(text => {
		process.stderr.write(`redis-top ${state.version}: ${text}\n`);
		end(70);
	});
	keepOthersOut();
	process.on('SIGINT', () => end(interrupted));
	process.on('SIGTERM', () => end(terminated));
	process.on('uncaughtException', crash);
	process.on('unhandledRejection', crash);
	process.stdout.on('error', error => process.exit(codeOfOutput(error)));
	engine.start();
}

/** One line written over itself, and gone when the result comes. */
export async function showProgress<T>(
	progress: AsyncIterable<T>,
	line: (progress: T, columns: number) => string,
): Promise<void> {
	const { stderr } = process;
	for await (const now of progress)
		if (stderr.isTTY) stderr.write(`\r\x1b[K${line(now, (stderr.columns || 80) - 1)}`);
	if (stderr.isTTY) stderr.write('\r\x1b[K');
}

/** None of its nodes has said anything, nor that it will not. */
const isSilent = ({ now: { fleet } }: FleetTrack): boolean =>
	fleet.nodes.length > 0 && fleet.nodes.every(({ error }) => error?.reason === 'timeout');

/** Why none of its nodes could be asked. */
export function whyNobody(fleet: FleetTrack): string {
	const [node] = fleet.now.fleet.nodes;
	return node?.error?.text ?? 'no answer';
}
