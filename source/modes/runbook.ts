// --runbook: the checks of one runbook, once, as Markdown for the ticket, with the exit code of their worst verdict.
// high-memory looks closely at one node for some seconds (rates, windows, clients) and scans its keys meanwhile, for half
// a minute at most;
// config-audit reads the settings of the whole fleet. It changes nothing and offers no way to.

import { manyClients } from '../core/node/client-groups.ts';
import type { Address, RedisNode } from '../core/types.ts';
import type { Engine } from '../engine.ts';
import type { Flags } from '../flags.ts';
import { bigKeysProgressLine } from '../output/big-keys.ts';
import { timeNow } from '../redis/clock.ts';
import type { DialSettings } from '../redis/dial.ts';
import type { SentLog } from '../sent-log.ts';
import { scanOfRunbook } from '../state/runbook-input.ts';
import { lacksGrowth } from '../state/runbook-runs.ts';
import type { RunbookId } from '../state/runbook-screen.ts';
import type { FleetTrack, State } from '../state/state.ts';
import { update } from '../update/update.ts';
import { runbookReport } from '../view/screens/runbook/report.ts';
import { runOnce, whyNobody } from './once.ts';

export type RunbookSessionOptions = {
	readonly flags: Flags;
	readonly runbook: RunbookId;
	readonly state: State;
	readonly dials: ReadonlyMap<number, DialSettings>;
	readonly log?: SentLog;
};

type ExitCode = 0 | 1 | 2 | 3;

/** A scan is ended after this long: who waits for a report waits no longer. */
const scanMilliseconds = 30_000;
/** How long a node is watched at least: rates and windows are of this time. */
const watchMilliseconds = 5000;
/** Where memory presses, also until its growth is known, which takes half a minute; as long as a scan may take. */
const growthMilliseconds = 34_000;
/** What has not been answered by then is told as not known. */
const patienceMilliseconds = 12_000;
/** Settings are asked beside the first reading; a round more and they are there. */
const auditRounds = 2;

export function runRunbookSession({ flags, runbook, state, dials, log }: RunbookSessionOptions): void {
	const codes: ExitCode[] = [];
	let waiting: ((state: State) => void) | undefined;
	let current: Engine | undefined;
	let isEnding = false;

	const perform = async (fleet: FleetTrack, engine: Engine) => {
		current = engine;
		const node = runbook === 'high-memory' ? nodeToLookAt(fleet, flags) : anyNode(fleet);
		if (!node) {
			process.stderr.write(`redis-top: ${fleet.name}: no node to look at: ${whyNobody(fleet)}\n`);
			codes.push(3);
			return true;
		}
		engine.dispatch({ type: 'open-runbook', at: timeNow(), fleet: fleet.id, node, runbook });
		await (runbook === 'high-memory' ? lookAtMemory(engine, flags) : readSettings(engine, fleet.id));
		const report = runbookReport(engine.state());
		process.stdout.write(`${report?.text ?? `${node} is no longer known`}\n`);
		codes.push(report?.code ?? 3);
		return true;
	};

	/** Settled when the condition holds for what is known. */
	const until = (engine: Engine, isMet: (state: State) => boolean): Promise<void> =>
		new Promise(resolve => {
			waiting = next => {
				if (!isEnding && !isMet(next)) return;
				waiting = undefined;
				clearInterval(tick);
				resolve();
			};
			// Time passes also where nobody answers.
			const tick = setInterval(() => waiting?.(engine.state()), 200);
			waiting(engine.state());
		});

	async function lookAtMemory(engine: Engine, { scansInRunbook }: Flags): Promise<void> {
		const begun = timeNow();
		const after = (milliseconds: number) => timeNow() - begun >= milliseconds;
		if (scansInRunbook) pressS(engine);
		const limit = setTimeout(() => scanRuns(engine.state()) && pressS(engine), scanMilliseconds);
		await until(engine, next => {
			showScan(next);
			const isWatched = after(watchMilliseconds) && (isKnownClosely(next) || after(patienceMilliseconds));
			const isGrowthAwaited = scansInRunbook && !after(growthMilliseconds) && lacksGrowth(next);
			return isWatched && !scanRuns(next) && !isGrowthAwaited;
		});
		clearTimeout(limit);
		if (isEnding && scanRuns(engine.state())) await scanEnd(engine);
		if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
	}

	/** It was told to stop, and hands over what it has. */
	async function scanEnd(engine: Engine): Promise<void> {
		isEnding = false;
		await until(engine, next => !scanRuns(next));
		isEnding = true;
	}

	const readSettings = (engine: Engine, fleet: number) => {
		const begun = timeNow();
		return until(engine, next => hasSettings(next, fleet) || timeNow() - begun >= patienceMilliseconds);
	};

	runOnce({
		update,
		state,
		dials,
		log,
		perform,
		onState: next => waiting?.(next),
		codeOf: () => worstOf(codes),
		stop() {
			isEnding = true;
			if (current && scanRuns(current.state())) pressS(current);
			waiting?.(current!.state());
			return true;
		},
	});
}

/** Of several fleets the worst; one that cannot be judged is worse than one that is well. */
export const worstOf = (codes: readonly ExitCode[]): ExitCode =>
	([2, 1, 3] as const).find(code => codes.includes(code)) ?? (codes.length === 0 ? 3 : 0);

/** The scan is the screen's, and so is its key: it starts one, and ends it. */
const pressS = (engine: Engine) => engine.dispatch({ type: 'keys', at: timeNow(), keys: ['s'] });

const scanRuns = (state: State) =>
	state.runbook !== undefined && scanOfRunbook(state, state.runbook)?.isOver === false;

function showScan(state: State): void {
	const { stderr } = process;
	const progress = state.runbook && scanOfRunbook(state, state.runbook)?.progress;
	if (!stderr.isTTY || !progress) return;
	stderr.write(`\r\x1b[K${bigKeysProgressLine(progress, (stderr.columns || 80) - 1)}`);
}

// ---------------------------------------------------------------------------------------------------------
// Which node, and when enough is known of it

const isThere = (fleet: FleetTrack, { address, isGone }: RedisNode) =>
	!isGone && fleet.tracks.get(address)?.lastGood !== undefined;

/** The audit is of the fleet; any node stands for it, and one that answered says that there is something to read. */
const anyNode = (fleet: FleetTrack): Address | undefined =>
	fleet.now.fleet.nodes.find(node => isThere(fleet, node))?.address;

/** The node that was named on the command line; of a named fleet, or from a Sentinel, the one with the worst memory. */
function nodeToLookAt(fleet: FleetTrack, { seeds }: Flags): Address | undefined {
	const { nodes } = fleet.now.fleet;
	const [seed] = fleet.seeds;
	const isNamed = fleet.seeds.length === 1 && !seeds.some(one => one.fleet === fleet.name);
	const named = nodes.find(({ address }) => address === (fleet.aliases.get(seed!) ?? seed));
	const there = nodes.filter(node => isThere(fleet, node));
	if (isNamed && named) return there.includes(named) ? named.address : undefined;
	const weight = (node: RedisNode) => weightOf(fleet, node);
	return [...there].sort((a, b) => weight(b) - weight(a))[0]?.address;
}

const memoryFindings = new Set([
	'memory-high',
	'evicting',
	'oom-errors',
	'output-buffers',
	'fragmented',
	'swapped',
]);

/** Findings first, primaries before replicas, then the share of the limit, then the size. */
function weightOf(
	fleet: FleetTrack,
	{ address, role, memoryShare = 0, usedMemoryBytes = 0 }: RedisNode,
): number {
	const found = fleet.now.findings.filter(({ id, node }) => node === address && memoryFindings.has(id));
	const crit = found.some(({ severity }) => severity === 'crit') ? 2 : 0;
	const severity = crit + (found.length > 0 ? 1 : 0);
	return severity * 1e6 + (role === 'primary' ? 1e5 : 0) + memoryShare * 1e3 + usedMemoryBytes / 2 ** 60;
}

const isRefused = (fleet: FleetTrack, address: Address, command: string) =>
	fleet.tracks.get(address)?.refused.some(refusal => refusal.command.toLowerCase().startsWith(command)) ===
	true;

/** Clients, parts of memory and two readings are there, or will not be. */
function isKnownClosely(state: State): boolean {
	const { fleet: id, address } = state.runbook!;
	const fleet = state.fleets.find(one => one.id === id);
	const track = fleet?.tracks.get(address);
	if (!fleet || !track) return true;
	const close = fleet.close.get(address);
	const has = (known: unknown, command: string) => known !== undefined || isRefused(fleet, address, command);
	const isThereTwice = track.rates !== undefined;
	// Of so many clients the list is asked for by hand only.
	const isListed = (track.lastGood?.info?.connectedClients ?? 0) <= manyClients;
	return (
		isThereTwice &&
		has(close?.memory, 'memory') &&
		(!isListed || has(close?.clients, 'client')) &&
		has(track.config, 'config')
	);
}

function hasSettings(state: State, id: number): boolean {
	const fleet = state.fleets.find(one => one.id === id);
	if (!fleet) return true;
	const unread = [...fleet.tracks.values()].filter(
		({ address, kind, config, error, gone }) =>
			kind === 'data' && !error && !gone && config === undefined && !isRefused(fleet, address, 'config'),
	);
	return fleet.rounds >= auditRounds && unread.length === 0;
}
