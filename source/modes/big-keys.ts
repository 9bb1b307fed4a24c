// --bigkeys: a scan of all nodes of each fleet at once, printed as text or JSON. It slows down by what the polling tells
// of the nodes.

import { type BigKeysResult, scanTargets } from '../core/keys/big-keys.ts';
import type { Engine } from '../engine.ts';
import type { Flags } from '../flags.ts';
import { pressureOn } from '../key-work.ts';
import { bigKeysJson, bigKeysProgressLine, bigKeysText } from '../output/big-keys.ts';
import { type BigKeysScan, scanFleet } from '../redis/big-keys/scan-fleet.ts';
import type { DialSettings } from '../redis/dial.ts';
import { sizeHeapFor } from '../redis/heap.ts';
import type { SentLog } from '../sent-log.ts';
import type { FleetTrack, State } from '../state/state.ts';
import { runOnce, showProgress, whyNobody } from './once.ts';

export type ScanSessionOptions = {
	readonly flags: Flags;
	readonly state: State;
	readonly dials: ReadonlyMap<number, DialSettings>;
	readonly log?: SentLog;
};

export function runScanSession({ flags, state, dials, log }: ScanSessionOptions): void {
	let scan: BigKeysScan | undefined;
	// It reads millions of names and leaves: the garbage of a second is worth more than the memory.
	sizeHeapFor(false);

	const perform = async (fleet: FleetTrack, engine: Engine) => {
		const targets = scanTargets(fleet.now.fleet);
		if (targets.length === 0) {
			process.stderr.write(`redis-top: ${fleet.name}: no node to scan: ${whyNobody(fleet)}\n`);
			return false;
		}
		scan = scanFleet(targets, {
			dial: engine.dialOf(fleet.id),
			rate: flags.rate,
			top: flags.top,
			isExact: flags.isExact,
			onSent: log,
			pressure: address => pressureOn(engine.state(), address),
		});
		await showProgress(scan, bigKeysProgressLine);
		const result = await scan.result;
		process.stdout.write(
			`${flags.mode === 'json' ? JSON.stringify(bigKeysJson(result)) : bigKeysText(result)}\n`,
		);
		return !isRefused(result, targets.length);
	};

	const stop = () => {
		scan?.stop('stopped');
		return scan !== undefined;
	};

	runOnce({ state, dials, log, perform, stop });
}

/** No node let us read a key; why stands in the result. */
const isRefused = ({ scanned, partial }: BigKeysResult, nodes: number) =>
	scanned === 0 && partial.length >= nodes;
