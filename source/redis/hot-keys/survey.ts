// The whole ladder once, for --hotkeys: every node by its best way, the free ones to their end (a walk over all LFU
// counters, two readings of the slots), what must be asked for where nothing better is there. Before anything that
// costs is begun, the ladders are told, so that it can be said what it will cost. It can be stopped at any time: what
// was found until then is the result.

import { joinResults, plusCost } from '../../core/keys/hot-join.ts';
import type { HotKeysResult, HotTarget } from '../../core/keys/hot-keys.ts';
import {
	askedRung,
	type HotKeysMethod,
	type HotPressure,
	isFree,
	type Ladder,
	tellsKeys,
} from '../../core/keys/hot-ladder.ts';
import { noResult, resultOfSeen } from '../../core/keys/hot-results.ts';
import type { Address } from '../../core/types.ts';
import { timeNow } from '../clock.ts';
import type { Call } from '../commands.ts';
import type { DialSettings } from '../dial.ts';
import { fleetFacts, KeyDetails } from './key-details.ts';
import { NodeWatch } from './node-watch.ts';
import { openSampling, type Sampling } from './sampling.ts';
import { withRest } from './watch.ts';

export type SurveyOptions = {
	readonly dial: DialSettings;
	/** Keys listed. */
	readonly top: number;
	/** Keys a second and node of the walk over LFU counters; 0 = no ceiling. */
	readonly rate: number;
	/** Told once, before anything is begun that must be asked for. */
	readonly onLadders: (ladders: readonly Ladder[]) => void;
	readonly pressure?: (node: Address) => HotPressure | undefined;
	/** Further connections of ours to a node, as it names them: their commands are no traffic. */
	readonly ownClients?: (node: Address) => Iterable<string>;
	readonly onSent?: (address: Address, calls: readonly Call[]) => void;
};

export type SurveyProgress = {
	readonly nodes: number;
	/** Of the nodes under an -lfu policy. */
	readonly walked: number;
	readonly toWalk: number;
	/** Of what is asked for, while it runs. */
	readonly sampling?: {
		readonly since: number;
		readonly methods: readonly HotKeysMethod[];
		readonly commands: number;
		readonly mostSeconds: number;
		readonly mostCommands: number;
	};
};

export type HotKeysSurvey = AsyncIterable<SurveyProgress> & {
	/** Ends it soon; what was found stays. */
	stop(): void;
	/** As they were known last. */
	ladders(): readonly Ladder[];
	/** Undefined where no node answered; without keys, and with the reasons, where none had a way. Never rejects. */
	readonly result: Promise<HotKeysResult | undefined>;
};

const lookMilliseconds = 100;
const progressMilliseconds = 250;

/** Starts at once. */
export function surveyHotKeys(targets: readonly HotTarget[], options: SurveyOptions): HotKeysSurvey {
	const { dial, onSent, top } = options;
	const nodes = targets.map(
		target =>
			new NodeWatch(target, {
				lean: { dial, onSent },
				...{ top, lfuRate: options.rate, prefersSession: true },
				pressure: options.pressure && (() => options.pressure!(target.address)),
				onChange: () => {},
			}),
	);
	const fleet = fleetFacts(targets, options.pressure);
	const details = new KeyDetails(targets, { dial, onSent });
	let ladders: readonly Ladder[] = [];
	let sampling: Sampling | undefined;
	let isStopped = false;
	let isOver = false;

	async function run(): Promise<HotKeysResult | undefined> {
		const startedAt = timeNow();
		await Promise.all(nodes.map(node => node.isAsked));
		const before = nodes.map(node => node.ladder());
		await Promise.all(nodes.map(node => node.readLeft()));
		// What a killed redis-top left is read and gone: how it was found is told as it stood.
		ladders = nodes.flatMap((node, at) => (isLeftRead(node) ? before[at] : ladderNow(node)) ?? []);
		options.onLadders(ladders);
		const sampled = await sampleAll();
		for (const node of nodes) if (sampled && foundNothing(sampled, node)) node.preferCounters();
		while (!isStopped && !nodes.every(node => node.isSettled())) await pause(lookMilliseconds);
		const found = sampled
			? withRest(sampled, nodes, top)
			: resultOfSeen(
					nodes.map(node => node.found()),
					top,
				);
		if (found && !isStopped) await details.learn(found.keys);
		const own = [...nodes.map(node => node.own()), ...details.own.values()];
		const areGone = nodes.every(node => node.found().lost !== undefined);
		ladders = nodes.flatMap(node => node.ladder() ?? []);
		await Promise.all(nodes.map(node => node.close()));
		if (found) return details.fill(plusCost(found, own), fleet);
		return areGone ? undefined : plusCost(noResult(ladders, startedAt), own);
	}

	/** A HOTKEYS session that is refused leaves MONITOR: so at most twice on a node. */
	async function sampleAll(): Promise<HotKeysResult | undefined> {
		const results: HotKeysResult[] = [];
		const done = new Set<NodeWatch>();
		for (let tries = 0; tries < 2 && !isStopped; tries++) {
			const chosen = nodes.filter(node => !done.has(node) && needsAsking(node));
			if (chosen.length === 0) break;
			sampling = openSampling(chosen, { dial, onSent, top, fleet, ownClients: options.ownClients });
			const result = await sampling.result;
			sampling = undefined;
			if (!result) break;
			results.push(result);
			const refused = new Set(
				result.nodes.filter(({ endedBy }) => endedBy === 'refused').map(({ node }) => node),
			);
			for (const node of chosen) if (!refused.has(node.target.address)) done.add(node);
		}
		return joinResults(results, top);
	}

	function progress(): SurveyProgress {
		const walks = nodes.flatMap(node => node.found().lfu ?? []);
		return {
			nodes: nodes.length,
			walked: walks.reduce((sum, { walked }) => sum + walked, 0),
			toWalk: walks.reduce((sum, { walked, of = 0 }) => sum + Math.max(walked, of), 0),
			sampling: sampling && {
				...{ since: sampling.since, methods: sampling.methods },
				commands: sampling.progress().commands,
				...{ mostSeconds: sampling.mostSeconds, mostCommands: sampling.mostCommands },
			},
		};
	}

	const result = run().finally(() => {
		isOver = true;
	});

	async function* iterate(): AsyncGenerator<SurveyProgress> {
		while (!isOver) {
			yield progress();
			await Promise.race([result, pause(progressMilliseconds)]);
		}
	}

	return {
		[Symbol.asyncIterator]: iterate,
		ladders: () => ladders,
		stop() {
			isStopped = true;
			sampling?.stop();
		},
		result,
	};
}

/** The best there is must be asked for: a HOTKEYS session, or MONITOR where nothing that goes on by itself finds keys. */
function needsAsking(node: NodeWatch): boolean {
	const ladder = node.ladder();
	const asked = ladder && askedRung(ladder);
	// What a killed redis-top left is read, and is as good as one of now.
	if (!ladder || asked === undefined || isLeftRead(node)) return false;
	const free = ladder.rungs.filter(isFree);
	const isCounted = free.some(({ method }) => method === 'lfu');
	if (asked === 'hotkeys') return !(isCounted && node.isIdle());
	return free.every(({ method }) => !tellsKeys(method));
}

function ladderNow(node: NodeWatch): Ladder | undefined {
	const ladder = node.ladder();
	return ladder && node.isIdle() ? { ...ladder, isIdle: true } : ladder;
}

const isLeftRead = (node: NodeWatch) => node.found().session?.whose === 'left';

/** Commands without a key, or none: then the counters of the minutes before say more, where there are any. */
const foundNothing = ({ keys, nodes }: HotKeysResult, { target }: NodeWatch) =>
	!keys.some(({ node }) => node === target.address) &&
	nodes.some(({ node, endedBy }) => node === target.address && endedBy === 'time');

const pause = (milliseconds: number) =>
	new Promise<void>(resolve => {
		setTimeout(resolve, milliseconds);
	});
