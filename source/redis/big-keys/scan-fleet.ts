// The scan for big keys over a whole fleet: every shard at once, one sum. An async iterator of progress that can be
// paused, resumed and stopped; whenever it ends, by itself, by a word or by the loss of a node, `result` has what was
// found, and says which shards are not complete and why. After the walk the listed keys are asked for what a hit each
// would have been too much for all: type, TTL, encoding, items. The parts are put together here: a walk for each
// shard (scan-node.ts), what they count, what they ask, what it cost.

import { performance } from 'node:perf_hooks';
import { addOwn } from '../../core/fleet/own-use.ts';
import type {
	BigKeysProgress,
	BigKeysResult,
	NodeKeysizes,
	PatternGroup,
	Pressure,
	ScanLimits,
	ScanPoint,
	ScanTarget,
} from '../../core/keys/big-keys.ts';
import { joinScans } from '../../core/keys/join-scans.ts';
import { parseKeysizes } from '../../core/parse/keysizes.ts';
import { sum } from '../../core/sums.ts';
import type { Address, OwnUse } from '../../core/types.ts';
import { timeNow } from '../clock.ts';
import { type Call, call } from '../commands.ts';
import type { DialSettings } from '../dial.ts';
import { createCounts } from './counts.ts';
import { createHitBudget } from './hit-budget.ts';
import { createListedKeys } from './listed-keys.ts';
import { createNames } from './names.ts';
import type { MarkedInfo, NodeLine } from './node-line.ts';
import { createCostMeter } from './scan-cost.ts';
import { NodeScan, type NodeScanOptions } from './scan-node.ts';
import { type Findings, patternGroups, resultOf } from './scan-result.ts';
import { createScanSpeed } from './scan-speed.ts';
import { BlockSample, Strata } from './strata.ts';
import { createTtlSample } from './ttl-sample.ts';
import { createWalkChanges } from './walk-changes.ts';

export type BigKeysOptions = {
	readonly dial: DialSettings;
	/** Keys a second and node; 0 = no ceiling. */
	readonly rate: number;
	/** Keys listed. */
	readonly top: number;
	/** Type, TTL and length of every key. */
	readonly isExact: boolean;
	readonly only?: ScanLimits;
	/** What an earlier scan of the same had found, and where it ended: this one goes on there. */
	readonly earlier?: BigKeysResult;
	/** Ends by itself, partial, after so long. */
	readonly mostSeconds?: number;
	/** How a node does that is scanned. */
	readonly pressure?: (node: Address) => Pressure | undefined;
	readonly onSent?: (address: Address, calls: readonly Call[]) => void;
	/** HLEN and its like, where CLIENT NO-TOUCH cannot be used, set the clocks of the listed keys: only when asked for. */
	readonly mayTouch?: boolean;
	/** A node that cannot be reached is given up after so long. */
	readonly patienceSeconds?: number;
	readonly progressMilliseconds?: number;
	/** 0 ≤ n < 1; for tests. */
	readonly random?: () => number;
};

export type BigKeysScan = AsyncIterable<BigKeysProgress> & {
	pause(): void;
	resume(): void;
	/** Ends it soon; what was found stays, marked partial. */
	stop(reason?: string): void;
	/** When it has ended, however. Never rejects for what servers do. */
	readonly result: Promise<BigKeysResult>;
	progress(): BigKeysProgress;
	/**
	 * What was found until now, as a result that is not complete. May be asked for every second: patterns are those of
	 * some seconds ago where there are very many. Each time some of the listed keys are asked for type, TTL, items and
	 * encoding, for the next time.
	 */
	soFar(): BigKeysResult;
	/** What it did on a node so far. */
	own(node: Address): OwnUse | undefined;
	/** INFO of a node, and what it had done there before the server wrote it. */
	markedInfo(node: Address): Promise<MarkedInfo | undefined>;
};

const usualProgressMilliseconds = 250;
/** A replica that restarts, a switch that reboots. */
const usualPatienceSeconds = 20;
/** Of the time, at most one part in so many is spent on the patterns of results that are not the last. */
const patternRest = 50;

/** Starts at once. */
export function scanFleet(all: readonly ScanTarget[], options: BigKeysOptions): BigKeysScan {
	const resumed = all.flatMap(target => goingOn(target, options.earlier));
	const targets = resumed.map(({ target }) => target);
	const startedAt = timeNow();
	const started = performance.now();
	const random = options.random ?? Math.random;
	const { top, isExact, only, earlier } = options;
	const names = createNames(
		Math.floor(random() * 2 ** 32),
		sum(targets, ({ keys = 0 }) => keys),
	);
	const counts = createCounts(top, isExact);
	const meter = createCostMeter();
	const changes = createWalkChanges();
	const keysKnown = () => sum(scans, ({ expected }) => expected);
	const done = () => sum(scans, scan => scan.scanned) / Math.max(1, keysKnown());
	const budget = createHitBudget(top, keysKnown, done);
	const strata = new Strata({ expected: keysKnown, hitsAllowed: budget.forSample, random });
	const sample = createTtlSample(strata);
	const scans: readonly NodeScan[] = targets.map(
		(target, index) => new NodeScan(target, walkOf(target, index)),
	);
	const listed = createListedKeys({
		...{ scans, counts, budget, top },
		mayTouch: options.mayTouch ?? false,
		isPaced: options.rate > 0,
	});
	const findings: Findings = {
		...{ targets, scans, counts, strata, sample, top, isExact, only },
		isResumed: earlier !== undefined,
		repeated: names.repeated,
		astray: names.astray,
		changes: changes.notes,
	};
	/** Of shards that an earlier scan had read to their end. */
	const keysDone = sum(
		all.filter(({ primary }) => targets.every(one => one.primary !== primary)),
		({ keys = 0 }) => keys,
	);
	let state: BigKeysProgress['state'] = 'scanning';
	let keysizes: readonly NodeKeysizes[] | undefined;
	/** What was asked of the nodes before they were read; answered long before the walk is over. */
	const opening: Promise<void>[] = [];

	function walkOf(target: ScanTarget, index: number): NodeScanOptions {
		// In a cluster a name is one key wherever it lies; elsewhere each primary has its own.
		const space = target.isCluster ? 0 : index;
		const block: { strata: Strata; block?: BlockSample } = { strata };
		return {
			lean: { dial: options.dial, onSent: options.onSent },
			rate: options.rate,
			isExact,
			only,
			begin: resumed[index]!.begin,
			mayTouch: options.mayTouch ?? false,
			patienceSeconds: options.patienceSeconds ?? usualPatienceSeconds,
			pressure: options.pressure,
			newOf: (list, db) => names.take(list, space * 65_536 + db),
			mayBeginAgain: names.areAllKnown,
			onMoved: (keys, db) => names.expectAgain(keys, space * 65_536 + db),
			onOpen(line) {
				opening.push(meter.begin(line), changes.begin(index, line), learnSizes(line));
				block.block ??= new BlockSample(strata, keysIn(line));
				for (const database of line.databases)
					if (only?.db === undefined || database.db === only.db)
						counts.database(index, database.db).start ??= database;
			},
			onBatch: batch => counts.take(batch, index, block.block),
			onSampled(drawn, ttls, types, sizes, db, fields) {
				sample.take(drawn, ttls, types, sizes, fields);
				listed.learn(index, db, drawn, ttls, types, fields);
			},
			sample: block,
		};
	}

	/** Free, and there before the walk has come far. */
	async function learnSizes(line: NodeLine): Promise<void> {
		if (!line.hasKeysizes) return;
		const reply = (await line.tell([call('info', 'keysizes')]))?.[0];
		const found = typeof reply === 'string' ? parseKeysizes(reply) : [];
		if (found.length > 0) keysizes = [...(keysizes ?? []), { node: line.address, keysizes: found }];
	}

	// -----------------------------------------------------------------------------------------------------
	// Progress

	const speed = createScanSpeed();

	function progress(): BigKeysProgress {
		const now = performance.now();
		const nodes = scans.flatMap(scan => scan.progress());
		const scanned = sum(nodes, node => node.scanned);
		const isKnown = nodes.some(({ of }) => of !== undefined);
		const of = isKnown ? sum(nodes, node => Math.max(node.of ?? 0, node.scanned)) : undefined;
		const walked = only?.pattern === undefined ? undefined : sum(nodes, node => node.walked ?? 0);
		const passed = walked ?? scanned;
		const keysPerSecond = state === 'paused' ? speed.pause() : speed.keysPerSecond(now, passed);
		const left =
			of === undefined || !keysPerSecond
				? undefined
				: Math.max(0, of - passed - (earlier?.walked ?? earlier?.scanned ?? 0)) / keysPerSecond;
		return {
			state,
			nodes,
			scanned: scanned + (earlier?.scanned ?? 0),
			of: of === undefined ? undefined : of + keysDone,
			...(walked !== undefined && { walked: walked + (earlier?.walked ?? 0) }),
			keysPerSecond,
			secondsLeft: state === 'scanning' ? left : undefined,
			seconds: (now - started) / 1000,
			hitsAdded: sum(nodes, ({ own }) => own.hits),
			cost: meter.cost(nodes.map(({ own }) => own)),
			keysizes,
		};
	}

	// -----------------------------------------------------------------------------------------------------
	// The whole

	async function run(): Promise<BigKeysResult> {
		const timer =
			options.mostSeconds === undefined
				? undefined
				: setTimeout(() => stop(`stopped after ${options.mostSeconds}s`), options.mostSeconds * 1000);
		await Promise.all(scans.map(scan => scan.run()));
		await Promise.all(opening);
		clearTimeout(timer);
		state = 'details';
		await listed.complete();
		await Promise.all(scans.flatMap(({ line }, index) => [changes.end(index, line), meter.end(line)]));
		for (const scan of scans) scan.close();
		state = 'done';
		return found(patternsNow('whole'));
	}

	let lastPatterns: readonly PatternGroup[] = [];
	let nextPatternsAt = Number.NEGATIVE_INFINITY;

	function patternsNow(how: 'quickly' | 'whole'): readonly PatternGroup[] {
		const before = performance.now();
		lastPatterns = patternGroups(findings, listed.list(), how);
		const now = performance.now();
		nextPatternsAt = now + (now - before) * patternRest;
		return lastPatterns;
	}

	function found(patterns: readonly PatternGroup[]): BigKeysResult {
		const own = ownFound(patterns);
		if (!earlier) return own;
		const joined = joinScans(earlier, own, top);
		const done = (earlier.rest ?? []).filter(({ primary }) => targets.every(one => one.primary !== primary));
		return {
			...joined,
			of: own.of === undefined ? undefined : own.of + keysDone,
			...(joined.rest && { rest: [...joined.rest, ...done] }),
		};
	}

	function ownFound(patterns: readonly PatternGroup[]): BigKeysResult {
		return {
			at: startedAt,
			...resultOf(findings, listed.list(), patterns),
			seconds: (performance.now() - started) / 1000,
			cost: meter.cost(scans.flatMap(scan => scan.progress().map(({ own }) => own))),
			keysizes,
		};
	}

	function soFar(): BigKeysResult {
		if (state === 'scanning') listed.lookAhead();
		return found(performance.now() < nextPatternsAt ? lastPatterns : patternsNow('quickly'));
	}

	function stop(reason = 'stopped'): void {
		for (const scan of scans) scan.stop(reason);
	}

	const result = run();

	return {
		[Symbol.asyncIterator]: () => progressUntil(result, progress, options.progressMilliseconds),
		result,
		progress,
		soFar,
		own: node => scans.reduce<OwnUse | undefined>((all, scan) => addOwn(all, scan.own(node)), undefined),
		markedInfo: async node => scans.find(scan => scan.own(node))?.markedInfo(node),
		stop,
		pause() {
			if (state === 'scanning') state = 'paused';
			for (const scan of scans) scan.pause();
		},
		resume() {
			if (state === 'paused') state = 'scanning';
			for (const scan of scans) scan.resume();
		},
	};
}

/**
 * A shard as it is read: from where an earlier scan had come to, on the node whose cursor it is; nothing where that
 * had read it to its end.
 */
function goingOn(
	target: ScanTarget,
	earlier: BigKeysResult | undefined,
): readonly { readonly target: ScanTarget; readonly begin?: ScanPoint }[] {
	const nodes = [target.primary, target.address, ...(target.standIns ?? [])];
	const begin = earlier?.rest?.find(
		({ primary, node }) => primary === target.primary || nodes.includes(node),
	);
	if (!begin || begin.runId === undefined) return [{ target }];
	if (begin.isDone) return [];
	return [{ target: { ...target, address: begin.node, standIns: [] }, begin }];
}

/** Now, every so often, and at the end. */
async function* progressUntil(
	result: Promise<unknown>,
	progress: () => BigKeysProgress,
	every = usualProgressMilliseconds,
): AsyncGenerator<BigKeysProgress> {
	let hasEnded = false;
	const ended = result.then(() => {
		hasEnded = true;
	});
	while (!hasEnded) {
		yield progress();
		let timer: NodeJS.Timeout | undefined;
		await Promise.race([
			ended,
			new Promise<void>(resolve => {
				timer = setTimeout(resolve, every);
			}),
		]);
		clearTimeout(timer);
	}
	yield progress();
}

const keysIn = ({ databases }: NodeLine) => sum(databases, ({ keys }) => keys);
