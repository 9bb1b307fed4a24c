// --bigkeys: a scan of all nodes of each fleet at once, printed as text or JSON. It slows down by what the polling tells
// of the nodes.

import { type BigKeysResult, type ScanTarget, scanTargets, shareRead } from '../core/keys/big-keys.ts';
import { percent } from '../core/text/quantity.ts';
import type { Engine } from '../engine.ts';
import type { Flags } from '../flags.ts';
import { pressureOn } from '../key-pressure.ts';
import { bigKeysJson, bigKeysProgressLine, bigKeysText } from '../output/big-keys.ts';
import { type BigKeysScan, scanFleet } from '../redis/big-keys/scan-fleet.ts';
import type { DialSettings } from '../redis/dial.ts';
import { sizeHeapFor } from '../redis/heap.ts';
import type { SentLog } from '../sent-log.ts';
import type { FleetTrack, State } from '../state/state.ts';
import { runOnce, showProgress, whyNobody } from './once.ts';
import { type KeptScan, readScanFile, removeScanFile, whyNotKept, writeScanFile } from './scan-file.ts';

export type ScanSessionOptions = {
	readonly flags: Flags;
	readonly state: State;
	readonly dials: ReadonlyMap<number, DialSettings>;
	readonly log?: SentLog;
};

export function runScanSession({ flags, state, dials, log }: ScanSessionOptions): void {
	const { cursorFile } = flags;
	const earlier = cursorFile === undefined ? undefined : keptScan(cursorFile, flags);
	let scan: BigKeysScan | undefined;
	sizeHeapFor('scan');

	const perform = async (fleet: FleetTrack, engine: Engine) => {
		const targets = scanTargets(fleet.now.fleet);
		if (targets.length === 0) {
			process.stderr.write(`redis-top: ${fleet.name}: no node to scan: ${whyNobody(fleet)}\n`);
			return false;
		}
		if (earlier && !isSameFleet(earlier, targets)) {
			say(`--cursor: ${cursorFile} is a scan of other servers: name another file`);
			process.exit(1);
		}
		scan = scanFleet(targets, {
			dial: engine.dialOf(fleet.id),
			rate: flags.rate,
			top: flags.top,
			isExact: flags.isExact,
			only: flags.scanOnly,
			earlier,
			onSent: log,
			pressure: address => pressureOn(engine.state(), address),
		});
		await showProgress(scan, bigKeysProgressLine);
		const result = await scan.result;
		process.stdout.write(
			`${flags.mode === 'json' ? JSON.stringify(bigKeysJson(result)) : bigKeysText(result)}\n`,
		);
		sayRest(result, cursorFile);
		return !isRefused(result, targets.length);
	};

	const stop = () => {
		scan?.stop('stopped');
		return scan !== undefined;
	};

	runOnce({ state, dials, log, perform, stop });
}

const say = (text: string) => process.stderr.write(`redis-top: ${text}\n`);

/** What the file has; one that is not what is asked for is wrong usage, and nothing is connected. */
function keptScan(path: string, { scanOnly, isExact }: Flags): BigKeysResult | undefined {
	const kept = readScanFile(path);
	if (kept === undefined) return undefined;
	const problem = 'problem' in kept ? kept.problem : whyNotKept(path, kept, scanOnly, isExact);
	if (problem === undefined) return (kept as KeptScan).found;
	say(problem);
	process.exit(1);
}

const isSameFleet = ({ rest = [] }: BigKeysResult, targets: readonly ScanTarget[]) =>
	rest.some(point =>
		targets.some(({ primary, address, standIns = [] }) =>
			[primary, address, ...standIns].some(one => one === point.primary || one === point.node),
		),
	);

/** Where it stopped, and how it goes on. */
function sayRest(result: BigKeysResult, path: string | undefined): void {
	if (result.rest === undefined) {
		if (path !== undefined) removeScanFile(path);
		return;
	}
	const read = shareRead(result);
	const where = `ended ${read === undefined ? 'early' : `at ${percent(read)}`}`;
	if (path === undefined) return void say(`${where}; with --cursor FILE it is kept, and goes on from there`);
	const failed = writeScanFile(path, result);
	say(
		failed ? `${where}, and is not kept: ${failed}` : `${where}, kept in ${path}: the same command goes on`,
	);
}

/** No node let us read a key; why stands in the result. */
const isRefused = ({ scanned, partial }: BigKeysResult, nodes: number) =>
	scanned === 0 && partial.length >= nodes;
