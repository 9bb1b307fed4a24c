// --bigkeys: finds the fleet as every mode does, scans all its nodes at once, prints what was found and leaves. The
// progress goes to stderr while that is a terminal; ^C ends the scan and prints what there is. Polling goes on
// meanwhile, for the scan slows down by what it tells of the nodes.

import type { BigKeysProgress } from './core/big-keys.ts';
import { scanTargets } from './core/big-keys.ts';
import { createEngine } from './engine.ts';
import type { Flags } from './flags.ts';
import { bigKeysJson, bigKeysProgressLine, bigKeysText } from './output/big-keys.ts';
import { type BigKeysScan, scanFleet } from './redis/big-keys/scan-fleet.ts';
import type { DialSettings } from './redis/dial.ts';
import type { SentLog } from './sent-log.ts';
import type { FleetTrack, State } from './state/state.ts';

export type ScanSessionOptions = {
	readonly flags: Flags;
	readonly state: State;
	readonly dials: ReadonlyMap<number, DialSettings>;
	readonly log?: SentLog;
};

const interrupted = 130;
const terminated = 143;
/** Longer than this nothing is waited for once it has been told to end. */
const endMilliseconds = 3000;

export function runScanSession({ flags, state, dials, log }: ScanSessionOptions): void {
	let scan: BigKeysScan | undefined;
	let isScanning = false;
	let code = 0;

	const engine = createEngine({
		state,
		dials,
		onSent: log,
		perform: () => {},
		onState(next) {
			if (isScanning || next.isDiscovering) return;
			isScanning = true;
			void scanAll(next).then(leave, crash);
		},
	});

	const leave = () => {
		engine.stop();
		process.exit(code);
	};

	const crash = (error: unknown) => {
		process.stderr.write(`redis-top ${state.version}: a bug, please report it with this:\n`);
		process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
		process.exit(70);
	};

	const end = (status: number) => {
		code = status;
		if (!scan) return leave();
		setTimeout(leave, endMilliseconds).unref();
		scan.stop('stopped');
	};

	const scanAll = async (found: State) => {
		let wasReached = false;
		for (const fleet of found.fleets) {
			const targets = scanTargets(fleet.now.fleet);
			if (targets.length === 0) {
				process.stderr.write(`redis-top: ${whyNobody(fleet)}\n`);
				continue;
			}
			wasReached = true;
			scan = scanFleet(targets, {
				dial: dials.get(fleet.id)!,
				rate: flags.rate,
				top: flags.top,
				isExact: flags.isExact,
				onSent: log,
				pressure: address => pressureOn(engine.state(), address),
			});
			await showProgress(scan);
			const result = await scan.result;
			process.stdout.write(
				`${flags.mode === 'json' ? JSON.stringify(bigKeysJson(result)) : bigKeysText(result)}\n`,
			);
			if (code !== 0) return;
		}
		if (!wasReached) code = 2;
	};

	process.on('SIGINT', () => end(interrupted));
	process.on('SIGTERM', () => end(terminated));
	process.on('uncaughtException', crash);
	process.on('unhandledRejection', crash);
	process.stdout.on('error', () => process.exit(0));
	engine.start();
}

/** One line written over itself, and gone when the result comes. */
async function showProgress(scan: AsyncIterable<BigKeysProgress>): Promise<void> {
	const { stderr } = process;
	for await (const progress of scan)
		if (stderr.isTTY) stderr.write(`\r\x1b[K${bigKeysProgressLine(progress, (stderr.columns || 80) - 1)}`);
	if (stderr.isTTY) stderr.write('\r\x1b[K');
}

function pressureOn(state: State, address: string) {
	for (const fleet of state.fleets) {
		const track = fleet.tracks.get(address);
		if (!track?.lastGood) continue;
		const { info, pingMilliseconds } = track.lastGood;
		return {
			pingMilliseconds,
			isForking: info?.isSaving || info?.isAofRewriting,
			cpuPercent: track.rates?.cpuPercent,
		};
	}
	return undefined;
}

function whyNobody(fleet: FleetTrack): string {
	const [node] = fleet.now.fleet.nodes;
	return `${fleet.name}: no node to scan: ${node?.error?.text ?? 'no answer'}`;
}
