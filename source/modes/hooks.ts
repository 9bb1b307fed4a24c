// --on-finding: runs a command when a finding begins and when it is over, with the finding as JSON on its input. One at a
// time, at most one a second, in the order in which they happened; one that takes too long is ended with what it started.
// A hook that fails is said once: a broken pager must not fill the screen. The finding's figures and texts are on its
// input; passwords, values and our environment's secrets are not in it.

import { type ChildProcess, spawn } from 'node:child_process';
import { printableText } from '../core/text/printable.ts';
import { duration } from '../core/text/quantity.ts';
import type { Finding } from '../core/types.ts';
import { environmentForOthers } from '../redis/child-environment.ts';
import type { State } from '../state/state.ts';

export type Hook = {
	readonly command: string;
	/** Only findings of this severity, only these ids; undefined is all. */
	readonly severity?: 'warn' | 'crit';
	readonly ids?: readonly string[];
};

export type Hooks = {
	/** Called after each round. */
	readonly onState: (state: State) => void;
	/** Ends what runs; nothing is begun any more. */
	readonly close: () => void;
};

export type HookOptions = {
	readonly hooks: readonly Hook[];
	readonly now: () => number;
	readonly toDate: (at: number) => string;
	readonly tell: (text: string) => void;
	readonly limitMilliseconds?: number;
	readonly gapMilliseconds?: number;
	/** So many wait; what comes beyond is dropped, and said. */
	readonly mostWaiting?: number;
};

type Known = { readonly finding: Finding; readonly fleet: string };

const isFor = ({ severity, ids }: Hook, known: Known | undefined): boolean =>
	known !== undefined &&
	(severity === undefined || severity === known.finding.severity) &&
	(ids === undefined || ids.includes(known.finding.id));

type Due = { readonly hook: Hook; readonly input: string };

export function openHooks(options: HookOptions): Hooks {
	const { hooks, now, toDate, tell } = options;
	const { limitMilliseconds = 10_000, gapMilliseconds = 1000, mostWaiting = 1000 } = options;
	const known = new Map<string, Known>();
	const failed = new Set<string>();
	const waiting: Due[] = [];
	let running: ChildProcess | undefined;
	let lastAt = Number.NEGATIVE_INFINITY;
	let timer: NodeJS.Timeout | undefined;
	let isClosed = false;
	let isFullTold = false;

	const enqueue = (hook: Hook, status: 'begun' | 'over', { finding, fleet }: Known, at: number) => {
		if (waiting.length < mostWaiting) {
			const input = JSON.stringify(told(status, finding, fleet, toDate(at), toDate(finding.since)));
			waiting.push({ hook, input });
		} else if (!isFullTold) {
			isFullTold = true;
			tell(`hooks cannot keep up: ${mostWaiting} are waiting, later findings are left out`);
		}
	};

	/** One that becomes critical begins for who asked for those, and is over for who asked for warnings. */
	const follow = (before: Known | undefined, after: Known | undefined, at: number) => {
		for (const hook of hooks) {
			const [was, is] = [isFor(hook, before), isFor(hook, after)];
			if (is && !was) enqueue(hook, 'begun', after!, at);
			if (was && !is) enqueue(hook, 'over', before!, at);
		}
	};

	const next = () => {
		if (isClosed || running || timer || waiting.length === 0) return;
		const wait = lastAt + gapMilliseconds - now();
		if (wait > 0) {
			timer = setTimeout(() => {
				timer = undefined;
				next();
			}, wait);
			return;
		}
		const { hook, input } = waiting.shift()!;
		isFullTold = waiting.length > 0 && isFullTold;
		lastAt = now();
		run(hook, input);
	};

	const fail = (command: string, why: string) => {
		if (failed.has(command) || isClosed) return;
		failed.add(command);
		tell(
			printableText(`hook ${command}: ${why}; it is run again for the next finding, and this is said once`),
		);
	};

	const run = ({ command }: Hook, input: string) => {
		const child = begin(command);
		if (child instanceof Error) return fail(command, child.message);
		running = child;
		let isLate = false;
		const limit = setTimeout(() => {
			isLate = true;
			endGroup(child.pid);
		}, limitMilliseconds);
		let isOver = false;
		const over = (why?: string) => {
			if (isOver) return;
			isOver = true;
			clearTimeout(limit);
			running = undefined;
			if (why !== undefined) fail(command, why);
			next();
		};
		child.on('error', error => over(error.message));
		child.on('exit', (code, signal) => {
			if (isLate) return over(`ended after ${duration(limitMilliseconds / 1000)}`);
			over(code === 0 ? undefined : signal ? `ended by ${signal}` : `exit code ${code}`);
		});
		// One that does not read its input is no failure. Where no file is left for a pipe there is none.
		child.stdin?.on('error', () => {});
		child.stdin?.end(`${input}\n`);
	};

	return {
		onState(state) {
			const present = new Set<string>();
			for (const { now: snapshot, name } of state.fleets)
				for (const finding of snapshot.findings) {
					const key = JSON.stringify([name, finding.id, finding.node, finding.kind]);
					present.add(key);
					const after = { finding, fleet: name };
					follow(known.get(key), after, state.at);
					known.set(key, after);
				}
			for (const [key, entry] of known)
				if (!present.has(key)) {
					known.delete(key);
					follow(entry, undefined, state.at);
				}
			next();
		},
		close() {
			isClosed = true;
			clearTimeout(timer);
			endGroup(running?.pid);
		},
	};
}

/** In a group of its own, so that what it starts ends with it. Some of what is short on a machine is thrown, not told. */
function begin(command: string): ChildProcess | Error {
	try {
		return spawn('/bin/sh', ['-c', command], {
			stdio: ['pipe', 'ignore', 'ignore'],
			detached: true,
			env: environmentForOthers(),
		});
	} catch (thrown) {
		return thrown as Error;
	}
}

function endGroup(pid: number | undefined): void {
	if (pid === undefined) return;
	try {
		process.kill(-pid, 'SIGKILL');
	} catch {
		// It has ended.
	}
}

function told(status: 'begun' | 'over', finding: Finding, fleet: string, at: string, since: string) {
	const { id, severity, node, value, limit, unit, text } = finding;
	return {
		version: 1,
		...{ status, at, fleet, id, severity, node: node ?? null },
		...{ value: value ?? null, limit: limit ?? null, unit: unit ?? null, since, text: printableText(text) },
	};
}
