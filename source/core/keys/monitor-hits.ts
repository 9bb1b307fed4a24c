// Lines of MONITOR → hits on keys, every access once. MONITOR shows a script twice: the EVAL (or FCALL) with the keys
// it declares, and behind it every call it makes, as client `lua`. The calls are what happened, so they are counted,
// for the client that ran the script, and the EVAL is not; its declared keys are counted only where no call follows.
// A script runs alone, so its calls stand directly behind it. MULTI and EXEC have no keys, what is between them does.

import type { MonitorLine } from '../parse/parse-monitor.ts';
import { type KeyUse, keysOf, runsScript } from './command-keys.ts';

export type Hit = {
	readonly at: number;
	readonly db: number;
	/** Lower case. */
	readonly command: string;
	/** Undefined for a script's call whose EVAL was before the window. */
	readonly client?: string;
	readonly isScript: boolean;
	/** Each key once; empty for a command without keys. */
	readonly keys: readonly KeyUse[];
	/** The line was too long to be read whole: keys may be missing. */
	readonly isCut: boolean;
};

export type HitReader = {
	/** The hit that is sure now, if any: an EVAL waits for the line behind it, so one line may settle two. */
	readonly read: (line: MonitorLine, visit: (hit: Hit) => void) => void;
	/** At the end of the window: the EVAL that still waits. */
	readonly end: (visit: (hit: Hit) => void) => void;
};

/** One for each connection. */
export function createHitReader(): HitReader {
	let waiting: Hit | undefined;
	let caller: string | undefined;

	function read(line: MonitorLine, visit: (hit: Hit) => void): void {
		if (line.isScript) {
			waiting = undefined;
			visit(hitOf(line, caller));
			return;
		}
		end(visit);
		caller = undefined;
		const hit = hitOf(line, line.client);
		if (runsScript(hit.command)) {
			waiting = hit;
			caller = line.client;
		} else visit(hit);
	}

	function end(visit: (hit: Hit) => void): void {
		if (waiting) visit(waiting);
		waiting = undefined;
	}

	function hitOf(line: MonitorLine, client: string | undefined): Hit {
		const { at, db, isScript, isCut, args } = line;
		return { at, db, command: args[0]!.toLowerCase(), client, isScript, isCut, keys: keysOf(args) };
	}

	return { read, end };
}
